"""The disk is full, nobody looks, and no secret gets out: on real servers, as the user starts the program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.canaries import shapes
from tests.servers.shop import ROOT, Shop

LETTER = "amazon/buyer_wrote_fr_order"
CLAIM = "rakuten_fr/not_conforming_damaged"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a disk of this size on a folder; where this machine lets nobody, the test is left out."""
    folder.mkdir(exist_ok=True, mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)],
                             capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_on_a_small_disk_no_mail_is_fetched_and_it_waits_on_the_server(shop: Shop) -> None:
    shop.arrives(CLAIM)
    with small_disk(shop.folder / "data", "20m"):
        _, err = shop.bot("once", code=1)
        [line] = err.splitlines()
        assert "MiB are free" in line
        assert shop.show("case") == []
    shop.once()
    assert len(shop.show("case")) == 1


def test_full_disk_is_a_sentence_and_what_is_there_stays_sound(shop: Shop) -> None:
    with small_disk(shop.folder / "data", "1m"):
        (shop.folder / "data" / "filling").write_bytes(b"x" * (1 << 20))
        _, err = shop.bot("once", code=1)
        assert "Traceback" not in err
        (shop.folder / "data" / "filling").unlink()
        assert "MiB are free" in shop.bot("once", code=1)[1]


def test_check_alive_is_quiet_when_well_and_fails_when_no_mailbox_was_read(shop: Shop) -> None:
    _, err = shop.bot("check", "--alive", code=1)
    assert "No run has worked" in err
    shop.once()
    assert shop.bot("check", "--alive") == ("", "")
    shop.password = "falsch"
    shop.once(code=1)
    for path in (shop.folder / "data").glob("heartbeat"):
        path.unlink()
    _, err = shop.bot("check", "--alive", code=1)
    assert len(err.splitlines()) == 1
    assert json.loads(shop.bot("check", "--alive", "--json", code=1)[0])["alive"] is False


def test_daemon_gives_signs_of_life(shop: Shop) -> None:
    shop.once()
    (beat := shop.folder / "data" / "heartbeat").unlink()
    daemon = shop.start("run")
    try:
        end = time.monotonic() + 40
        while not beat.exists():
            assert time.monotonic() < end, "no heartbeat in 40 s"
            time.sleep(0.1)
    finally:
        daemon.terminate()
        daemon.communicate(timeout=20)
    assert "ventes" in json.loads(beat.read_text())["mailboxes"]


def test_buyer_is_forgotten_while_the_daemon_works_and_his_mail_stays_on_the_server(shop: Shop) -> None:
    shop.once()
    daemon = shop.start("run")
    try:
        shop.arrives(LETTER)
        shop.smtp.wait_for(1, 30)
        [case] = shop.show("case")
        buyer, data = case["buyer"], shop.folder / "data"
        assert "Nothing was erased" in shop.bot("forget", buyer)[0]
        shop.bot("export", buyer, "buyer.zip")
        shop.bot("forget", buyer, "--yes", "--backups")
        for path in data.rglob("*"):
            assert not path.is_file() or buyer.encode() not in path.read_bytes(), path
        _, err = shop.bot("forget", buyer, code=1)
        assert "Nothing is kept" in err
    finally:
        daemon.terminate()
        daemon.communicate(timeout=20)
    shop.dovecot.lose_numbers(shop.address)
    shop.once()
    assert len(shop.smtp.mails) == 1, "listed anew, the same mail is known"
    assert len(shop.show("case")) == 1


# ---- canaries

BUYER_SAID = {
    "name": "Kanarina Vogelsang", "text": "Kanariwort-Stube", "door": "Digicode-Kanari-77",
    "phone": "Kanari-0612345678", "signature": "Kanari-Signatur", "html": "Kanari-Verborgen",
}
SECRETS = {
    "password": "Kanari-Passwort-1", "token": "Kanari-Token-2", "ping": "Kanari-Ping-3", "apprise": "Kanari-Apprise-4",
    "path": "Kanari-Umgebung-5", "other": "Kanari-Zweitbox-6",
}

LOUD = """
import logging, sys
logging.basicConfig(stream=sys.stderr, level=logging.DEBUG)
sys.path.insert(0, {root!r})
sys.argv = ["run_bot.py", *sys.argv[1:]]
from bot import cli
cli._log = lambda **_: None
raise SystemExit(cli.main())
"""


class Loud:
    """Marie's shop with the program at DEBUG; all that it says is kept, and what its processes are called."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.said, self.called = shop, "", ""
        self.environment = {"PATH": "/usr/bin:/bin", "LANG": "en_GB.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
                            "VENTES_PASSWORD": shop.password, "RAKUTEN_TOKEN": SECRETS["token"],
                            "GUICHET_APPRISE": f"json://127.0.0.1:1/{SECRETS['apprise']}",
                            "ZWEIT_PASSWORD": SECRETS["other"], "UNUSED": SECRETS["path"]}

    def bot(self, *words: str) -> str:
        program = subprocess.Popen(
            [sys.executable, "-c", LOUD.format(root=str(ROOT)), "--config", str(self.shop.settings), *words],
            cwd=self.shop.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with suppress(OSError):
            self.called += Path(f"/proc/{program.pid}/cmdline").read_text(errors="replace")
        out, err = program.communicate(timeout=90)
        assert "Traceback" not in err, err
        self.said += err
        return out


@pytest.fixture
def loud(shop: Shop) -> Loud:
    shop.password = SECRETS["password"]
    shop.dovecot.add(shop.address, shop.password)
    shop.smtp.users[shop.address] = shop.password
    text = shop.settings.read_text().replace("[seller]", f"""\
[alarm]
apprise_env = "GUICHET_APPRISE"

[shop.rakuten_fr]
login = "atelier"
token_env = "RAKUTEN_TOKEN"
webservice = "http://127.0.0.1:1"

[seller]
ping = "http://127.0.0.1:1/{SECRETS['ping']}\"""", 1)
    second = f"""\
[[mailbox]]
name = "zweit"
address = "zweit@boutique.example"
imap = {{ host = "localhost", port = {shop.dovecot.ports['imaps']}, security = "tls" }}
user = "{shop.address}"
password_env = "ZWEIT_PASSWORD"
ca_file = "ca.pem"

[policy]"""
    shop.settings.write_text(text.replace("[policy]", second))
    return Loud(shop)


def mail_of_a_canary(shop: Shop) -> None:
    said = "\n".join(BUYER_SAID[name] for name in ("text", "door", "phone", "signature", "html"))
    raw = (ROOT / "bot" / "marketplaces" / "amazon" / "samples" / "buyer_wrote_fr_order.eml").read_bytes()
    name = re.search(rb"^From: \"?([^<\"]+?) - Amazon", raw, re.MULTILINE)
    assert name, "the sample names its buyer"
    shop.arrives(LETTER, also={name[1]: BUYER_SAID["name"].encode()})
    shop.arrives(CLAIM)
    shop.dovecot.deliver(shop.address, (
        f"From: {BUYER_SAID['name']} <kanari@inconnu.example>\nTo: {shop.address}\nSubject: Frage\n"
        f"Message-ID: <kanari@inconnu.example>\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n\n{said}\n").encode())


def hits(where: str | bytes, canaries: dict[str, str]) -> list[str]:
    octets = where.encode() if isinstance(where, str) else where
    return [name for name, one in canaries.items() if any(shape in octets for shape in shapes(one))]


@pytest.mark.timeout(400)  # a dozen runs of the program, one after another, on whatever machine
def test_no_secret_and_no_buyer_s_word_gets_out_at_debug(loud: Loud) -> None:
    """Twelve canaries through a whole story, a refused log-in and a dead webservice among it: none is ever heard."""
    shop = loud.shop
    loud.bot("check")
    loud.bot("once")
    mail_of_a_canary(shop)
    loud.bot("once")
    loud.bot("approve", "C-1")
    shop.smtp.faults = {"RCPT": ["451 4.7.1 later"]}
    loud.bot("once")
    loud.bot("once")
    shown = "".join(loud.bot("show", what) for what in ("outbox", "case"))
    loud.bot("backup", "copy.db")
    loud.bot("export", "C-1", "buyer.zip")
    loud.bot("once")
    loud.environment["VENTES_PASSWORD"] = f"{SECRETS['password']}x"
    loud.bot("once")
    assert shop.to_seller(), "the story was lived through"
    assert "DEBUG" in loud.said
    assert hits(loud.said, {**SECRETS, **BUYER_SAID}) == []
    assert hits(loud.called, {**SECRETS, **BUYER_SAID}) == []
    assert hits(shown, SECRETS) == []
    assert hits(shown, BUYER_SAID) == ["name"], "the buyer is in the story"
    for path in (shop.folder / "data").rglob("*"):
        assert not path.is_file() or hits(path.read_bytes(), SECRETS) == [], path
    with ZipFile(shop.folder / "buyer.zip") as archive:
        assert [hits(archive.read(name), SECRETS) for name in archive.namelist()] == [[]] * len(archive.namelist())
    for mail in shop.smtp.mails:
        assert hits(mail.raw, SECRETS) == []


def test_a_canary_that_is_heard_would_be_found() -> None:
    assert hits(f"LOGIN ventes {SECRETS['password']}", SECRETS) == ["password"]
    for user in (b"", b"v", b"ve"):
        told = b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + SECRETS["token"].encode())
        assert hits(told, SECRETS) == ["token"]


LOUD_LIBRARIES = re.compile(r"imaplib\.Debug|\.set_debuglevel|\.debuglevel\s*=|\bDebug\s*=|debug=True")


def test_no_library_is_ever_told_to_print_what_it_sends() -> None:
    """imaplib.Debug prints LOGIN with its password, smtplib's debug level AUTH."""
    files = [ROOT / "run_bot.py", *(ROOT / "bot").rglob("*.py")]
    assert not [str(path) for path in files if LOUD_LIBRARIES.search(path.read_text("utf-8"))]
    assert LOUD_LIBRARIES.search("imaplib.Debug = 4")
    assert LOUD_LIBRARIES.search("smtp.set_debuglevel(1)")
