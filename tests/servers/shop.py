"""Marie's shop on real servers: her mailbox on Dovecot, her SMTP server, her mailboxes.toml, the program beside them.

    def test_story(shop):
        shop.once()                                   # an empty first pass ends the cold start
        shop.arrives("amazon/buyer_wrote_fr_2026")    # a sample, as if sent this minute
        shop.once()
        assert shop.show("deadlines")[0]["state"] == "open"
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import PASSWORD, heard, kept_in, nothing_in
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "bot" / "marketplaces"
SELLER = "marie@boutique.example"
HOST = "mx.boutique.example"

SETTINGS = """
[seller]
name = "Atelier Lumen"
notify = ["{seller}"]
data = "data"

{box}
[policy]
{policy}
"""

BOX = """\
[[mailbox]]
name = "{name}"
address = "{address}"
imap = {{ host = "localhost", port = {imap}, security = "tls" }}
{smtp}user = "{address}"
{secret}
ca_file = "ca.pem"
{more}
"""
RELAY = 'smtp = {{ host = "localhost", port = {port}, security = "starttls" }}\n'
TRUSTED = f'authserv_id = "{HOST}"'

_numbers = count(1)


def box(address: str, dovecot: Dovecot, smtp: SmtpServer | None, *, name: str = "ventes",
        secret: str = 'password_env = "VENTES_PASSWORD"', more: str = TRUSTED) -> str:
    """Return the lines of mailboxes.toml about a mailbox on these servers; without a relay it only reads."""
    return BOX.format(name=name, address=address, imap=dovecot.ports["imaps"], secret=secret, more=more,
                      smtp=RELAY.format(port=smtp.port) if smtp else "")


class Program(subprocess.Popen[str]):
    """The program; what it prints is listened to."""

    def communicate(self, words: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        out, err = super().communicate(words, timeout)
        assert nothing_in((out or "", err or "")), "a secret was printed"
        return out, err


class Shop:
    """One seller's world. `password` is what the program is told; change it to be refused."""

    def __init__(self, folder: Path, dovecot: Dovecot, smtp: SmtpServer) -> None:
        self.folder, self.dovecot, self.smtp = folder, dovecot, smtp
        self.address = f"ventes{next(_numbers)}-{folder.name[-12:].lower().replace('_', '-')}@boutique.example"
        self.password = PASSWORD
        dovecot.add(self.address, self.password)
        smtp.users[self.address] = self.password
        (folder / "ca.pem").write_text(dovecot.ca_file.read_text() + Path(smtp.ca_file).read_text())
        self.policy("")

    @property
    def settings(self) -> Path:
        return self.folder / "mailboxes.toml"

    def policy(self, lines: str) -> None:
        self.settings.write_text(SETTINGS.format(
            seller=SELLER, box=box(self.address, self.dovecot, self.smtp),
            policy=lines if "digest" in lines else f'digest = "off"\n{lines}'))

    def arrives(self, sample: str, *, dated: datetime | None = None, also: dict[bytes, bytes] | None = None) -> bytes:
        """Deliver a sample by LMTP, dated now unless told otherwise, with some bytes put in the place of others."""
        raw = (SAMPLES / sample.replace("/", "/samples/", 1)).with_suffix(".eml").read_bytes()
        when = format_datetime(dated or datetime.now(UTC)).encode()
        raw = re.sub(rb"^Date: .*$", b"Date: " + when, raw, count=1, flags=re.MULTILINE)
        for old, new in (also or {}).items():
            assert old in raw, f"{sample} has no {old!r}"
            raw = raw.replace(old, new)
        self.dovecot.deliver(self.address, raw)
        return raw

    # ---- the program, as its user starts it

    def start(self, *words: str, **more: Any) -> Program:
        environment = {"PATH": "/usr/bin:/bin", "LANG": "en_GB.UTF-8", "VENTES_PASSWORD": self.password,
                       "PYTHONDONTWRITEBYTECODE": "1"}
        return Program(
            [sys.executable, str(ROOT / "run_bot.py"), "--config", str(self.settings), *words], cwd=self.folder,
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def bot(self, *words: str, code: int = 0, **more: Any) -> tuple[str, str]:
        """Run a command to its end; return what it printed, out and err; fail on another exit code."""
        program = self.start(*words, **more)
        out, err = program.communicate(timeout=60)
        assert program.returncode == code, (program.returncode, out, err)
        return out, err

    def once(self, code: int = 0) -> str:
        return self.bot("once", code=code)[1]

    def show(self, what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.bot("show", what, "--json")[0])
        return found

    def to_seller(self) -> list[bytes]:
        return [mail.raw for mail in self.smtp.mails if mail.recipient == SELLER]

    def to_buyers(self) -> list[bytes]:
        return [mail.raw for mail in self.smtp.mails if mail.recipient != SELLER]


@pytest.fixture
def shop(tmp_path: Path, dovecot: Dovecot) -> Iterator[Shop]:
    with SmtpServer(security="starttls") as smtp:
        yield Shop(tmp_path, dovecot, smtp)
        assert not any(heard(mail.raw) for mail in smtp.mails), "a secret was mailed"
    assert not kept_in(tmp_path / "data"), "a secret was kept"
