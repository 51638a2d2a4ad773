"""What docs/fleet.md has an agency type as root, and the unit that it shows: tried on a PostgreSQL and by systemd."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.cli import main
from tests.servers.postgres import Postgres
from tests.test_docs import fenced

AS_POSTGRES = ["runuser", "-u", "postgres", "--"]
KNOWN = {"apt-get", "adduser", "runuser", ".venv/bin/pip", "export", "python3"}
TYPED = [shlex.split(line.lstrip("#$ ")) for block in fenced("console") if block.page == "docs/fleet.md"
         for line in block.text.splitlines()]
[UNIT] = [block.text for block in fenced("ini") if block.page == "docs/fleet.md"]


def exported() -> str:
    [line] = [words[1] for words in TYPED if words[0] == "export"]
    name, _, value = line.partition("=")
    assert name == "GUICHET_FLEET"
    return value


def test_every_line_of_the_page_calls_a_program_that_is_named_here() -> None:
    assert {words[0] for words in TYPED} == KNOWN


def test_the_lines_for_postgresql_make_the_database_that_the_address_names(
        postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [words[len(AS_POSTGRES):] for words in TYPED if words[:len(AS_POSTGRES)] == AS_POSTGRES]
    assert [words[0] for words in lines] == ["createuser", "createdb"]
    for words in lines:
        subprocess.run([str(postgres.programs / words[0]), *words[1:]], check=True, env={
            "PGHOST": str(postgres.home), "PGUSER": postgres.owner.pw_name, "PATH": "/usr/bin:/bin"})
    monkeypatch.setenv("GUICHET_FLEET", exported().replace("/var/run/postgresql", str(postgres.home)) + " user=guichet")
    assert main(["fleet", "init"]) == 0, capsys.readouterr()
    assert main(["fleet", "list", "--json"]) == 0
    assert capsys.readouterr().out.strip().endswith("[]")


def test_the_address_of_the_unit_is_the_one_that_was_exported() -> None:
    assert re.findall(r'^Environment="GUICHET_FLEET=(.*)"$', UNIT, re.MULTILINE) == [exported()]


def test_the_unit_starts_a_worker() -> None:
    [started] = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    program, *words = shlex.split(started)
    assert program == "/srv/guichet/.venv/bin/python"
    assert words[1:] in [words[2:] for words in TYPED if words[0] == "python3"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="this machine has no systemd-analyze")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    python = tmp_path / "srv" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/true")
    (tmp_path / "guichet@.service").write_text(UNIT.replace("/srv/guichet", str(tmp_path / "srv")))
    answer = subprocess.run(["systemd-analyze", "verify", str(tmp_path / "guichet@1.service")], capture_output=True,
                            text=True)
    ours = [line for line in answer.stderr.splitlines() if "guichet" in line and "man:" not in line]
    assert (answer.returncode, ours) == (0, [])
