"""Marie's week: two mailboxes on a real Dovecot, a real relay with TLS, the program as cron starts it, a shifted clock.

Her shop's mailbox is the one the program reads. What the program writes to her lands in her private one; what she
answers there lands in the shop's, with what the shop's mail host found out about the sender written on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from bot.cli import main as run_bot
from bot.edges import clock
from bot.edges.store import Row, Store
from tests.canaries import WEEK as PASSWORD
from tests.programs import PARIS, Program, answers
from tests.servers.dovecot import Dovecot
from tests.servers.shop import TRUSTED, box
from tests.servers.smtp import Received, SmtpServer
from tests.world import HOST, SHOP

MARIE = "marie.lumen@poste.example"
TOKEN = re.compile(r"(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}")
TAG = re.compile(rf"\[(C-\d+|Guichet) ({TOKEN.pattern})\]")

SETTINGS = """
[seller]
name = "Atelier Lumen"
language = "fr"
timezone = "Europe/Paris"
holidays = "FR"
notify = ["{marie}"]
return_address = "1 rue des Lilas, 75012 Paris"
data = "data"

{box}
[policy]
mode = "draft"
warnings = ["24h", "4h"]
quiet_hours = "21:00-08:00"

[policy.modes]
{modes}

[policy.offer]
steps = [10, 20]
cap_percent = 30
cap_amount = "25.00 EUR"
"""


class Letter:
    """A mail that Marie got, as it lies in her private mailbox."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        mail = message_from_bytes(raw, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mail = mail

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def about(self) -> str:
        """Return the case in its tag, or `Guichet`."""
        found = TAG.match(self.subject)
        return found[1] if found else ""

    @property
    def token(self) -> str:
        found = TAG.match(self.subject)
        assert found, self.subject
        return found[2]

    @property
    def title(self) -> str:
        return TAG.sub("", self.subject).strip()

    @property
    def text(self) -> str:
        part = self.mail.get_body(("plain",))
        assert part
        return str(part.get_content()).replace("\r\n", "\n")


class Week:
    """One seller's week. `now` is what the program takes for the time."""

    def __init__(self, folder: Path, dovecot: Dovecot, smtp: SmtpServer, begins: datetime) -> None:
        self.folder, self.dovecot, self.smtp = folder, dovecot, smtp
        self.present, self.now = clock.now(), begins
        self.seen = 0                   # mails of the relay that were delivered to Marie
        self.letters: list[Letter] = []
        for user in (SHOP, MARIE):
            dovecot.add(user, PASSWORD)
        smtp.users[SHOP] = PASSWORD
        (folder / "ca.pem").write_text(dovecot.ca_file.read_text() + Path(smtp.ca_file).read_text())
        self.allow()

    def allow(self, modes: str = "") -> None:
        """Write mailboxes.toml; `modes`: what Marie lets the program do alone."""
        self.settings.write_text(SETTINGS.format(
            marie=MARIE, modes=modes, box=box(SHOP, self.dovecot, self.smtp,
                                              more=f'{TRUSTED}\nshops = ["rakuten_fr", "amazon"]')), "utf-8")

    @property
    def settings(self) -> Path:
        return self.folder / "mailboxes.toml"

    def store(self) -> Store:
        return Store(self.folder / "data" / "guichet.db")

    def rows(self, table: str, where: str = "1") -> list[Row]:
        store = self.store()
        try:
            return store.rows(f"SELECT * FROM {table} WHERE {where} ORDER BY id")
        finally:
            store.close()

    def one(self, table: str, where: str = "1") -> Row:
        [row] = self.rows(table, where)
        return row

    # ---- time

    def at(self, day: int, time: str) -> None:
        """Let it be this time of the day of November 2026, in Paris; cron starts the program now and then."""
        hour, minute = map(int, time.split(":"))
        then = datetime(2026, 11, day, hour, minute, tzinfo=PARIS).astimezone(UTC)
        assert then >= self.now, "time does not go back"
        while (following := self.now.replace(minute=0) + timedelta(hours=2)) < then:
            self.now = following
            self.works()
        self.now = then

    def works(self, code: int = 0) -> list[Letter]:
        """Let cron start the program once; return what Marie got of it."""
        clock.set_ahead(self.now - self.present)
        found = run_bot(["--lang", "fr", "--config", str(self.settings), "once"])
        assert found == code, found
        return self.post()

    # ---- mail in

    def arrives(self, *mails: bytes) -> list[Letter]:
        """Let mails come to the shop; return what Marie gets of it."""
        for raw in mails:
            self.deliver(SHOP, raw)
        return self.works()

    def deliver(self, to: str, raw: bytes) -> None:
        with self.dovecot.client(to) as box:
            box.append("INBOX", raw, msg_time=self.now)

    def post(self) -> list[Letter]:
        """Bring what the relay took for Marie to her private mailbox; return what her phone finds there."""
        new = [mail.raw for mail in self.smtp.mails[self.seen:] if mail.recipient == MARIE]
        self.seen = len(self.smtp.mails)
        for raw in new:
            self.deliver(MARIE, raw)
        letters = list(self._fetched(len(new)))
        self.letters += letters
        return letters

    def _fetched(self, count: int) -> Iterator[Letter]:
        if not count:
            return
        with self.dovecot.client(MARIE) as phone:
            phone.select_folder("INBOX")
            for _, found in sorted(phone.fetch(phone.search("UNSEEN"), ["BODY[]"]).items()):
                yield Letter(found[b"BODY[]"])

    # ---- Marie

    def letter(self, about: str, title: str = "") -> Letter:
        """Return the newest mail she got about a case."""
        return [one for one in self.letters if one.about == about and title in one.title][-1]

    def says(self, program: Program, words: str, to: Letter | str, *, proven: bool = True) -> Letter:
        """Let Marie answer a mail; return the one mail that she gets for it."""
        letter = self.letter(to) if isinstance(to, str) else to
        [answer] = self.sends(answers(program, words, letter.mail, MARIE, self.now), proven=proven)
        return answer

    def sends(self, raw: bytes, *, proven: bool = True) -> list[Letter]:
        return self.arrives(received(raw, self.now, proven=proven))

    # ---- what left

    def to_buyers(self) -> list[Received]:
        return [mail for mail in self.smtp.mails if mail.recipient != MARIE]


def received(raw: bytes, at: datetime, *, proven: bool = True) -> bytes:
    """Return a mail of Marie's as the shop's mail host hands it over: its own lines stand on top."""
    domain = MARIE.partition("@")[2]
    said = "pass" if proven else "none"
    policy = "pass (p=QUARANTINE sp=QUARANTINE dis=NONE)" if proven else "none"
    return (f"Return-Path: <{MARIE}>\n"
            f"Authentication-Results: {HOST};\n\tdkim={said} header.i=@{domain} header.s=20230601 header.b=Zk1aQ0Xs;\n"
            f"\tspf={said} ({HOST}: domain of {MARIE} designates 192.0.2.53 as permitted sender) "
            f"smtp.mailfrom={MARIE};\n\tdmarc={policy} header.from={domain}\n"
            f"Received: from out.{domain} (out.{domain} [192.0.2.53])\n\tby {HOST} (Postfix) with ESMTPS id 4F7C73\n"
            f"\tfor <{SHOP}>; {format_datetime(at)}\n").encode() + raw


def words(raw: bytes) -> str:
    """Return what a buyer reads."""
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    assert mail.get_content_type() == "text/plain", "a buyer gets plain words"
    return str(mail.get_content()).replace("\r\n", "\n")


def titles(letters: Sequence[Letter]) -> list[Any]:
    return [(one.about, one.title) for one in letters]
