"""`init`: a few questions, a log-in at real servers, and settings that work at once."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import words
from bot.beginning import Answers, begin
from bot.checking import Verdict, findings
from bot.cli import main
from bot.edges.dns import Dns
from bot.edges.oauth import Grant, write_grant
from bot.settings import load
from tests.servers.dns import NameServer
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer
from tests.test_checking import BORDER, RESULTS, letters
from tests.world import HOST

ROOT = Path(__file__).resolve().parent.parent
USER = "ventes.lumen@boutique.example"


@pytest.fixture
def relay() -> Iterator[SmtpServer]:
    with SmtpServer(users={USER: "secret"}) as server:
        yield server


@pytest.fixture
def given(dovecot: Dovecot, relay: SmtpServer, tmp_path: Path) -> list[str]:
    """What stands on the command line: all but the password."""
    dovecot.add(USER, "secret")
    both = tmp_path / "ca.pem"
    both.write_text(dovecot.ca_file.read_text() + Path(relay.ca_file).read_text())
    return ["init", "--config", str(tmp_path / "mailboxes.toml"), "--address", USER, "--name", "Atelier Lumen",
            "--marketplaces", "rakuten_fr,amazon", "--notify", "marie@boutique.example", "--ca-file", str(both),
            "--imap", f"localhost:{dovecot.ports['imaps']}:tls", "--smtp", f"localhost:{relay.port}:starttls"]


def test_scripted_it_writes_settings_that_check_finds_sound(given: list[str], tmp_path: Path, dovecot: Dovecot,
                                                            monkeypatch: pytest.MonkeyPatch,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LUMEN_PASSWORD", "secret")
    dovecot.deliver(USER, *letters(RESULTS + BORDER, 8))
    assert main([*given, "--yes", "--password-env", "LUMEN_PASSWORD"]) == 0
    told = capsys.readouterr().out
    assert "Reading works: 8 mails in INBOX." in told
    assert "What leaves is filed in Sent." in told
    assert f"Sending works: localhost takes mail from {USER}." in told
    settings = load(tmp_path / "mailboxes.toml")
    [mailbox] = settings.mailboxes
    assert (mailbox.name, mailbox.authserv_id, mailbox.shops) == ("ventes-lumen", HOST, ("rakuten_fr", "amazon"))
    assert (settings.seller.name, settings.seller.notify) == ("Atelier Lumen", ("marie@boutique.example",))
    assert not [one for one in findings(settings) if one.verdict is Verdict.BROKEN]
    with dovecot.client(USER) as phone:
        phone.select_folder("INBOX", readonly=True)
        assert set(phone.get_flags(phone.search()).values()) <= {(), (b"\\Recent",)}


def test_the_password_stands_in_no_file_that_is_not_its_own(given: list[str], tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ventes-lumen.password").write_text("secret\n")
    assert main([*given, "--yes"]) == 0
    text = (tmp_path / "mailboxes.toml").read_text("utf-8")
    assert 'password_file = "secrets/ventes-lumen.password"' in text
    assert '"secret"' not in text


def test_without_mails_to_learn_from_signatures_are_checked(given: list[str], tmp_path: Path, dovecot: Dovecot,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    user = "empty@boutique.example"
    dovecot.add(user, "secret")
    monkeypatch.setenv("LUMEN_PASSWORD", "secret")
    assert main([*given, "--yes", "--password-env", "LUMEN_PASSWORD", "--user", user]) == 1, "the relay knows only USER"
    [mailbox] = load(tmp_path / "mailboxes.toml").mailboxes
    assert (mailbox.authserv_id, mailbox.check_dkim) == ("", True)


def test_a_refused_log_in_writes_nothing(given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LUMEN_PASSWORD", "faux")
    assert main([*given, "--yes", "--password-env", "LUMEN_PASSWORD"]) == 1
    assert "refused the log-in" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem"]


def test_settings_in_use_are_replaced_only_when_asked_and_kept(given: list[str], tmp_path: Path,
                                                               monkeypatch: pytest.MonkeyPatch,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LUMEN_PASSWORD", "secret")
    given += ["--yes", "--password-env", "LUMEN_PASSWORD"]
    assert main(given) == 0
    first = (tmp_path / "mailboxes.toml").read_bytes()
    assert main(given) == 2
    assert "only replaced with --force" in capsys.readouterr().err
    assert main([*given, "--force", "--no-login"]) == 0
    assert (tmp_path / "mailboxes.toml.old1").read_bytes() == first
    assert main([*given, "--force", "--no-login"]) == 0
    assert (tmp_path / "mailboxes.toml.old2").exists()


def test_the_example_that_comes_with_the_program_is_not_in_use(given: list[str], tmp_path: Path,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMEN_PASSWORD", "secret")
    example = (ROOT / "mailboxes.toml").read_bytes()
    (tmp_path / "mailboxes.toml").write_bytes(example)
    assert main([*given, "--yes", "--password-env", "LUMEN_PASSWORD"]) == 0
    assert (tmp_path / "mailboxes.toml.old1").read_bytes() == example


@pytest.mark.parametrize(("without", "wanted"), [
    ("--address", "--address must be given"), ("--imap", "is not in the table"),
    ("--password-env", "write the password into")])
def test_with_yes_what_is_lacking_is_named_and_nothing_asked(given: list[str], without: str, wanted: str,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    given += ["--yes", "--password-env", "NO_SUCH_VARIABLE"]
    at = given.index(without)
    del given[at:at + 2]
    assert main(given) == 2
    told = capsys.readouterr()
    assert wanted in told.out + told.err


@pytest.mark.parametrize(("option", "value", "wanted"), [
    ("--address", "Marie <marie@boutique.example>", "is no e-mail address"), ("--marketplaces", "amazone", "amazone"),
    ("--notify", "nobody", "is no e-mail address"), ("--imap", "https://imap.example.net/", "is no server"),
    ("--imap", "imap.boutique.example:143:plain", "readable over the network")])
def test_a_wrong_answer_is_told_with_the_reason(given: list[str], option: str, value: str, wanted: str,
                                                capsys: pytest.CaptureFixture[str],
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMEN_PASSWORD", "secret")
    given[given.index(option) + 1] = value
    assert main([*given, "--yes", "--password-env", "LUMEN_PASSWORD"]) == 2
    assert wanted in capsys.readouterr().err


# ---- finding the servers ----


def answers(tmp_path: Path, **more: str) -> Answers:
    rest: dict[str, Any] = {"password_env": "HOME", **more}
    return Answers(path=tmp_path / "mailboxes.toml", notify=("marie@boutique.example",), yes=True, look=False, **rest)


def test_a_domain_of_one_s_own_is_found_by_who_receives_its_mail(tmp_path: Path, name_server: NameServer,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    name_server.mx["boutique.example"] = ["50 mx2.mail.ovh.net.", "10 mx1.mail.ovh.net."]
    dns = Dns(nameserver="127.0.0.1", port=name_server.port, timeout=1.0)
    begin(answers(tmp_path, address="ventes@boutique.example"), dns)
    [mailbox] = load(tmp_path / "mailboxes.toml").mailboxes
    assert mailbox.imap and mailbox.smtp
    assert (mailbox.imap.host, mailbox.smtp.host, mailbox.smtp.port) == ("ssl0.ovh.net", "ssl0.ovh.net", 465)
    assert "OVHcloud" in capsys.readouterr().out
    assert dns.mx("boutique.example") == ["mx1.mail.ovh.net", "mx2.mail.ovh.net"]


@pytest.mark.parametrize("silent", [True, False])
def test_a_domain_nobody_knows_wants_its_servers_named(tmp_path: Path, name_server: NameServer, silent: bool) -> None:
    name_server.silent = silent
    dns = Dns(nameserver="127.0.0.1", port=name_server.port, timeout=0.3)
    with pytest.raises(Exception, match="--imap must be given"):
        begin(answers(tmp_path, address="ventes@boutique.example"), dns)


def test_a_known_provider_needs_no_dns_and_its_ways_are_told(tmp_path: Path,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    begin(answers(tmp_path, address="marie.lumen@free.fr"))
    [mailbox] = load(tmp_path / "mailboxes.toml").mailboxes
    assert (mailbox.user, mailbox.imap and mailbox.imap.host) == ("marie.lumen", "imap.free.fr")
    begin(Answers(path=tmp_path / "other.toml", address="marie@gmail.com", notify=("m@b.example",), yes=True,
                  look=False, password_env="HOME"))
    assert "app password, not your usual one: make it at https://myaccount.google.com" in capsys.readouterr().out


def test_at_microsoft_no_password_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="--client-id must be given"):
        begin(answers(tmp_path, address="marie@outlook.fr", password_env=""))
    write_grant(tmp_path / "data" / "oauth-marie.json", Grant(provider="microsoft", client="c", tokens="https://x.example/"))
    begin(answers(tmp_path, address="marie@outlook.fr", password_env=""))
    [mailbox] = load(tmp_path / "mailboxes.toml").mailboxes
    assert (mailbox.oauth, mailbox.reference and mailbox.reference.key) == ("microsoft", "oauth")
    assert mailbox.smtp and mailbox.smtp.security == "starttls"
    assert "takes no passwords from programs any more" in capsys.readouterr().out


def test_in_french_the_file_is_explained_in_french(tmp_path: Path) -> None:
    words.use("fr")
    begin(answers(tmp_path, address="marie@orange.fr", marketplaces="all"))
    text = (tmp_path / "mailboxes.toml").read_text("utf-8")
    assert "# signe ce que lisent vos acheteurs" in text
    assert 'language = "fr"' in text
    assert len(load(tmp_path / "mailboxes.toml").mailboxes[0].shops) > 2


def test_every_line_of_the_file_that_sets_something_is_explained(tmp_path: Path) -> None:
    begin(answers(tmp_path, address="marie@orange.fr"))
    lines = [line for line in (tmp_path / "mailboxes.toml").read_text("utf-8").splitlines() if " = " in line]
    assert len(lines) > 15
    assert [line for line in lines if "# " not in line and not line.startswith(("imap", "smtp"))] == []


# ---- at a terminal ----


class Person:
    """Somebody at a terminal: waits for a question, types an answer."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self.line, theirs = pty.openpty()
        surroundings = {**os.environ, "LC_ALL": "fr_FR.UTF-8", "PYTHONUTF8": "1", "TERM": "dumb"}
        self.program = subprocess.Popen([sys.executable, str(ROOT / "run_bot.py"), *arguments], cwd=folder,
                                        stdin=theirs, stdout=theirs, stderr=theirs, env=surroundings, close_fds=True)
        os.close(theirs)
        self.seen = ""

    def answers(self, question: str, answer: str) -> None:
        self.sees(question)
        os.write(self.line, f"{answer}\n".encode())
        self.seen = ""

    def sees(self, words: str, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while words not in self.seen:
            assert time.monotonic() < until, f"{words!r} was expected, seen: {self.seen}"
            if select.select([self.line], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.line, 4096).decode("utf-8", "replace").replace("\r", "")
                except OSError:
                    assert words in self.seen, self.seen
                    return


def test_at_a_terminal_a_person_answers_and_mistypes_her_password_once(given: list[str], tmp_path: Path) -> None:
    servers = given[given.index("--ca-file"):]
    person = Person(["init", *servers], tmp_path)
    person.answers("L'adresse e-mail", "Marie")
    person.answers("n'est pas une adresse e-mail", USER)
    person.answers("Quelles places de marché", "")
    person.answers("vous prévenir", "marie@boutique.example")
    person.answers("nom de votre boutique", "Atelier Lumen")
    person.answers("nom de connexion", "")
    person.answers("Mot de passe", "faux")
    person.answers("Mot de passe", "secret")
    person.sees("Écrit : ")
    person.sees("autorisez")
    assert person.program.wait(30) == 0
    assert "secret\n" not in person.seen
    secret = tmp_path / "secrets" / "ventes-lumen.password"
    assert secret.read_text() == "secret\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert load(tmp_path / "mailboxes.toml").mailboxes[0].secret() == "secret"


def test_at_a_terminal_a_password_goes_into_an_env_file_a_shell_can_read(given: list[str], tmp_path: Path) -> None:
    servers = given[given.index("--ca-file"):]
    (tmp_path / "secrets.env").write_text("OTHER='x'\nLUMEN_PASSWORD=old\n")
    person = Person([*given[:1], "--address", USER, "--name", "L", "--marketplaces", "all", "--notify", "m@b.example",
                     "--user", USER, "--password-env", "LUMEN_PASSWORD", *servers], tmp_path)
    person.answers("Mot de passe", "it's wrong")
    person.answers("Écrire le mot de passe", "oui")
    person.answers("Mot de passe", "secret")
    person.sees("set -a; . ./secrets.env; set +a")
    assert person.program.wait(30) == 0
    file = tmp_path / "secrets.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = subprocess.run(["sh", "-c", f"set -a; . {file}; printf '%s %s' \"$OTHER\" \"$LUMEN_PASSWORD\""],
                          capture_output=True, text=True)
    assert read.stdout == "x secret"
