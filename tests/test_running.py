"""What stands in docs/running/ works as its pages say: units, cron line, container, and what the log tells."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import guichet, main
from bot.helping import contexts, full_name
from bot.settings import load
from bot.words import use
from tests.world import MARIE, World, buyer_writes, mail

ROOT = Path(__file__).resolve().parent.parent
RUNNING = ROOT / "docs" / "running"
PAGES = (ROOT / "docs" / "running.md", ROOT / "docs" / "exploitation.md")
SERVICES = sorted(RUNNING.glob("*.service"))
UNITS = sorted([*SERVICES, *RUNNING.glob("*.timer")])
COMMANDS = {full_name(context) for context in contexts(guichet)} - {""}


def settings_of(unit: Path) -> dict[str, list[str]]:
    """Return a unit's settings; each may stand more than once."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


# ---- units


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_service_may_do_nothing_it_does_not_need(unit: Path) -> None:
    said = settings_of(unit)
    for name, value in {"User": "guichet", "StateDirectory": "guichet", "StateDirectoryMode": "0700", "UMask": "0077",
                        "ProtectSystem": "strict", "ProtectHome": "yes", "NoNewPrivileges": "yes",
                        "PrivateDevices": "yes", "PrivateTmp": "yes", "MemoryDenyWriteExecute": "yes",
                        "RestrictNamespaces": "yes", "CapabilityBoundingSet": ""}.items():
        assert said[name] == [value], name
    assert said["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert said["MemoryMax"]
    assert not [value for value in said.get("Environment", []) if "PASSWORD" in value or "TOKEN" in value]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_service_starts_a_command_there_is(unit: Path) -> None:
    [start] = settings_of(unit)["ExecStart"]
    python, program, *typed = shlex.split(start)
    assert (python, program) == ("/opt/guichet/.venv/bin/python", "/opt/guichet/run_bot.py")
    assert typed[0] in COMMANDS


def test_services_that_log_in_are_handed_the_password_by_systemd_and_the_one_that_only_looks_is_not() -> None:
    handed = {unit.name for unit in SERVICES if "LoadCredential" in settings_of(unit)}
    assert handed == {"guichet.service", "guichet-once.service"}
    assert "AF_INET" not in settings_of(RUNNING / "guichet-alive.service")["RestrictAddressFamilies"][0]


def test_wrong_settings_do_not_make_the_daemon_start_for_ever_and_another_run_is_no_failure() -> None:
    assert settings_of(RUNNING / "guichet.service")["RestartPreventExitStatus"] == ["2"]
    assert settings_of(RUNNING / "guichet.service")["Restart"] == ["on-failure"]
    assert settings_of(RUNNING / "guichet-once.service")["SuccessExitStatus"] == ["75"]


def test_every_timer_has_its_service() -> None:
    assert [timer.name for timer in UNITS if timer.suffix == ".timer"
            and not timer.with_suffix(".service").exists()] == []


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would stand on a machine that has a program at the place they name."""
    for unit in UNITS:
        told = unit.read_text("utf-8").replace("/opt/guichet/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(told)
    return tmp_path


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="this machine has no systemd-analyze")


@needs_systemd
def test_systemd_finds_no_fault_in_the_units(installed: Path) -> None:
    answer = subprocess.run(["systemd-analyze", "verify", *(str(installed / unit.name) for unit in UNITS)],
                            capture_output=True, text=True)
    ours = [line for line in answer.stderr.splitlines() if "guichet" in line and "man:" not in line]
    assert (answer.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_systemd_finds_the_services_hard_to_misuse(unit: Path) -> None:
    """systemd's own measure: 0 is the best of 10, and an ordinary service has 9."""
    answer = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
                            capture_output=True, text=True)
    if "unrecognized" in answer.stderr or "Unknown" in answer.stderr:
        pytest.skip("this systemd cannot look at a file")
    assert answer.returncode == 0, answer.stdout[-300:]


def test_a_password_is_found_where_systemd_and_docker_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (handed := tmp_path / "credentials").mkdir()
    (handed / "ventes.password").write_text("the password\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    (tmp_path / "mailboxes.toml").write_text(
        f'[seller]\nname = "Atelier Lumen"\nnotify = ["{MARIE}"]\n[[mailbox]]\nname = "ventes"\n'
        'address = "ventes@boutique.example"\nimap = { host = "imap.example.net" }\n'
        'user = "ventes"\npassword_file = "ventes.password"\n')
    [mailbox] = load(tmp_path / "mailboxes.toml").mailboxes
    assert mailbox.reference is not None
    assert mailbox.reference.read() == "the password"


# ---- cron, the wrapper, the log's rotation


def test_cron_lines_type_commands_there_are() -> None:
    lines = [line for line in (RUNNING / "guichet.cron").read_text().splitlines()
             if line and not line.startswith("#") and "=" not in line.split()[0]]
    assert len(lines) == 2
    for line in lines:
        user, program, command = line.split()[5:8]
        assert (user, program) == ("guichet", "/usr/local/bin/guichet")
        assert command in COMMANDS


def test_the_wrapper_is_sound_shell_and_hands_its_words_over(tmp_path: Path) -> None:
    assert subprocess.run(["sh", "-n", str(RUNNING / "guichet")]).returncode == 0
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (python := tmp_path / ".venv" / "bin" / "python").write_text(
        '#!/bin/sh\nshift\nprintf "%s|" "$@" "$GUICHET_CONFIG" "$CREDENTIALS_DIRECTORY"\n')
    python.chmod(0o755)
    (whoami := tmp_path / "id").write_text("#!/bin/sh\necho guichet\n")     # as if we were that user already
    whoami.chmod(0o755)
    answer = subprocess.run([str(RUNNING / "guichet"), "order", "C-12", "remise 20%"], capture_output=True, text=True,
                            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "GUICHET_HOME": str(tmp_path)})
    assert answer.stdout == "order|C-12|remise 20%|/etc/guichet/mailboxes.toml|/etc/guichet/secrets|"


@pytest.mark.skipif(not shutil.which("logrotate"), reason="this machine has no logrotate")
def test_logrotate_finds_no_fault() -> None:
    answer = subprocess.run(["logrotate", "-d", str(RUNNING / "guichet.logrotate")], capture_output=True, text=True)
    faults = [line for line in answer.stderr.splitlines() if "error" in line and "guichet" in line
              and "unknown user" not in line and "unknown group" not in line]
    assert faults == []


# ---- Docker


def test_the_image_takes_only_what_is_named_and_all_of_it_is_there() -> None:
    said = (RUNNING / "Dockerfile").read_text()
    copied = [one for line in re.findall(r"^COPY (?!--from)(.+)$", said, re.M) for one in line.split()[:-1]]
    assert copied
    assert "." not in copied
    assert [one for one in copied if not (ROOT / one).exists()] == []
    assert {"bot", "templates", "run_bot.py", "requirements.txt"} <= set(copied)


def test_the_container_is_nobody_and_its_health_is_that_of_the_mailboxes() -> None:
    said = (RUNNING / "Dockerfile").read_text()
    assert "USER 10001:10001" in said
    assert re.search(r'HEALTHCHECK [^\n]*\\\n\s+CMD \[.*"check", "--alive"\]', said)
    assert "VOLUME /data" in said
    compose = (RUNNING / "compose.yaml").read_text()
    for word in ("read_only: true", "no-new-privileges:true", "cap_drop:\n      - ALL", 'user: "10001:10001"',
                 "dockerfile: docs/running/Dockerfile", "max-size:"):
        assert word in compose, word
    assert "PASSWORD" not in compose


def test_compose_s_secret_bears_the_name_that_the_pages_use() -> None:
    compose = (RUNNING / "compose.yaml").read_text()
    [name] = re.findall(r"^secrets:\n  (\S+):$", compose, re.M)
    assert f"- {name}\n" in compose
    assert all(f'password_file = "{name}"' in page.read_text() for page in PAGES)


# ---- the pages


def typed_in(page: Path) -> Iterator[list[str]]:
    """Yield what a page lets its reader type of the program: what follows `guichet` or run_bot.py."""
    blocks = re.findall(r"^\s*```(?:sh|cron)\n(.*?)```", page.read_text("utf-8"), re.M | re.S)
    inline = re.findall(r"`(guichet [^`]+|check [^`]+)`", page.read_text("utf-8"))
    for line in [line.strip() for block in blocks for line in block.splitlines()] + inline:
        found = re.search(r"(?:^|run_bot\.py )(?:guichet )?((?:check|once|run|show|backup|restore|try)\b.*)", line)
        if found and (line.startswith("guichet ") or "run_bot.py" in line or line in inline):
            yield shlex.split(found.group(1).partition(" 2>>")[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_of_the_page_are_commands_with_options_there_are(page: Path) -> None:
    typed = list(typed_in(page))
    assert len(typed) >= 9
    for words in typed:
        named = " ".join(words[:2]) if words[0] == "show" else words[0]
        assert named in COMMANDS, words
        [context] = [one for one in contexts(guichet) if full_name(one) == named]
        known = {name for param in context.command.params for name in param.opts}
        assert [word for word in words if word.startswith("--") and word not in known] == [], words


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_files_of_the_page_are_there_and_all_files_are_on_the_page(page: Path) -> None:
    said = page.read_text("utf-8")
    named = set(re.findall(r"docs/running/([\w.-]+)", said)) | set(re.findall(r"\]\(running/([\w.-]+)\)", said))
    assert [name for name in sorted(named) if not (RUNNING / name).exists()] == []
    assert [path.name for path in RUNNING.iterdir() if f"`{path.name}`" not in said and path.name not in said
            and path.name != "Dockerfile"] == []


def test_both_pages_have_the_same_shape() -> None:
    """Headings, blocks, rows and list items in the same order: what one tells, the other tells."""
    def shape(page: Path) -> list[str]:
        marks = (re.match(r"\s*(##|```|\||\*|\d\.)", line) for line in page.read_text("utf-8").splitlines())
        return [mark.group(1) for mark in marks if mark]
    english, french = (shape(page) for page in PAGES)
    assert english == french


# ---- what the log tells


def test_log_tells_in_one_line_what_became_of_each_mail_and_not_a_word_of_it(
        world: World, caplog: pytest.LogCaptureFixture) -> None:
    use("en")
    caplog.set_level(logging.INFO)
    world.hears(buyer_writes("Ma lampe turquoise clignote."))
    world.hears(mail("From: Stranger <x@elsewhere.example>\nSubject: Turquoise", "turquoise"))
    told = [record.getMessage() for record in caplog.records if record.name == "bot.reading"]
    assert told == ["M-1 is read: buyer_wrote from amazon, in C-1",
                    "M-2 is on the shelf: `run_bot.py show shelf` says why"]
    assert "urquoise" not in caplog.text


LOGS = "import logging, bot.working; bot.working.log_here(quiet=True); log = logging.getLogger('bot'); " \
       "log.info('well'); log.error('trouble')"


def logged(file: Path, stream: str = "") -> str:
    """Let a pass say something to a file; `stream` is what systemd says of the journal, else that it is this file."""
    with file.open("w") as stderr:
        stands = os.fstat(stderr.fileno())
        subprocess.run([sys.executable, "-c", LOGS], cwd=ROOT, check=True, stderr=stderr,
                       env={**os.environ, "JOURNAL_STREAM": stream or f"{stands.st_dev}:{stands.st_ino}"})
    return file.read_text()


def test_under_systemd_each_line_has_its_weight_and_no_second_time(tmp_path: Path) -> None:
    assert logged(tmp_path / "journal") == "<6>well\n<3>trouble\n"


def test_under_cron_one_pass_says_only_what_is_wrong(tmp_path: Path) -> None:
    """Also where JOURNAL_STREAM is left over from whoever started cron."""
    assert re.fullmatch(r"\S+ \S+ ERROR trouble\n", logged(tmp_path / "log", "1:2"))


def test_makefile_s_help_names_every_target() -> None:
    told = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.+)$", told, re.M)
    assert targets
    for target in targets.group(1).split():
        assert target == "help" or f'"make {target} ' in told, target


def test_exit_code_of_wrong_settings_is_the_one_the_unit_minds(tmp_path: Path) -> None:
    (tmp_path / "mailboxes.toml").write_text("[seller]\n")
    assert main(["once", "--config", str(tmp_path / "mailboxes.toml")]) == 2


PROMISES = {"README.md": ("## What is promised, and what cannot be", 8), "README.fr.md": (
    "## Ce qui est promis, et ce qui ne peut pas l'être", 8)}


@pytest.mark.parametrize("page", PROMISES)
def test_readme_says_what_is_promised_and_each_thing_that_cannot_be(page: str) -> None:
    heading, count = PROMISES[page]
    section = (ROOT / page).read_text("utf-8").partition(f"{heading}\n")[2].partition("\n## ")[0]
    promised, _, not_promised = section.partition("\n**")
    assert promised.count("\n* **") >= 6
    assert not_promised.count("\n* **") == count
    assert "`echo = false`" in promised
    assert "`save_sent = false`" in promised


@pytest.mark.parametrize("page", PROMISES)
def test_readme_s_table_names_every_command(page: str) -> None:
    said = (ROOT / page).read_text("utf-8")
    rows = "\n".join(line for line in said.splitlines() if line.startswith("| `"))
    cells = [cell.split() for cell in re.findall(r"`([^`]+)`", rows)]
    typed = {" ".join(words[:count]) for words in cells for count in (1, 2)}
    listed = {f"show {one}" for one in typed}      # `show today` `case [ID]` `deadlines` stand in one row
    assert sorted(COMMANDS - typed - listed) == []
