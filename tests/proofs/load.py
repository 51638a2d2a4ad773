"""Load: a backlog over many mailboxes in one pass, then a steady stream into the daemon; what it uses stays flat."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import Budget, Row
from tests.servers.dovecot import Dovecot
from tests.servers.shop import SAMPLES, SELLER, Shop, box
from tests.servers.smtp import SmtpServer

MINUTES = 40
MAILS, MAILBOXES = 10_000, 20
HOURLY, STREAM = 1_000, 10     # mails, and minutes of them
WARM = 0.4              # of the stream: until then caches and the reading child fill up
MOST_GROWTH = 8         # MiB of the program between the warm middle and the end; it frees by the page
LETTER = "amazon/buyer_wrote_fr_order"
UNREAD = "SELECT count(*) FROM mails WHERE state = 'kept'"


class Crowd(Shop):
    """One seller with many mailboxes, told nothing a day: only her mail counts here."""

    def policy(self, lines: str) -> None:
        self.boxes = [f"box{number}-{self.address}" for number in range(MAILBOXES)]
        for address in self.boxes:
            self.dovecot.add(address, self.password)
            self.smtp.users[address] = self.password
        boxes = "".join(box(address, self.dovecot, self.smtp, name=f"box{number}")
                        for number, address in enumerate(self.boxes))
        self.settings.write_text(f'[seller]\nname = "Atelier Lumen"\nnotify = ["{SELLER}"]\ndata = "data"\n{boxes}\n'
                                 f'[policy]\ndigest = "off"\n{lines}')

    def fill(self, mails: int) -> None:
        """Deliver so many mails, spread over the mailboxes."""
        for place, address in enumerate(self.boxes):
            self.dovecot.deliver(address, *(numbered(number) for number in range(place, mails, MAILBOXES)))

    def rows(self, sql: str) -> int:
        with closing(sqlite3.connect(self.folder / "data" / "guichet.db")) as db:
            return int(db.execute(sql).fetchone()[0])


def numbered(number: int) -> bytes:
    """Return the letter about another order, with a Message-ID of its own, dated now."""
    raw = (SAMPLES / LETTER.replace("/", "/samples/", 1)).with_suffix(".eml").read_bytes()
    raw = re.sub(rb"^Date: .*$", b"Date: " + format_datetime(datetime.now(UTC)).encode(), raw, count=1, flags=re.M)
    raw = re.sub(rb"(?im)^(message-id: <)", rb"\g<1>n%d." % number, raw, count=1)
    return raw.replace(b"404-2718281-8284590", f"404-{number:07}-8284590".encode())


def backlog(shop: Crowd, mails: int, seconds: float) -> Row:
    """Let one pass read everything; the first look is cold, so all is told in one mail."""
    shop.fill(mails)
    began = time.monotonic()
    program = shop.start("once")
    try:
        program.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        program.kill()
        program.communicate()
    took = time.monotonic() - began
    settled = shop.rows("SELECT count(*) FROM mails WHERE state != 'kept'")
    twice = shop.rows("SELECT count(*) - count(DISTINCT sha256 || mailbox) FROM mails")
    cut = took >= seconds       # and killed by us: what it had not come to is no loss
    verdict = "holds" if cut or program.returncode == 0 else f"exit {program.returncode} after {took:.0f} s"
    return Row(name=f"load: a backlog over {MAILBOXES} mailboxes, {took:.0f} s", offered=settled if cut else mails,
               lost=0 if cut else mails - settled, twice=twice, verdict=verdict)


class Meter:
    """What a program and its children use: MiB, and file descriptors of the program itself."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def memory(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def stream(shop: Crowd, seconds: float, first: int, *, calm: bool) -> Row:
    """Let mail come at a steady pace while the daemon runs; measure it in the warm middle and at the end.

    `calm`: nothing of the backlog is left, so that all must be read in the end.
    """
    daemon = shop.start("run")
    try:
        meter, began, sent = Meter(daemon.pid), time.monotonic(), 0
        before: tuple[float, int] | None = None
        while (passed := time.monotonic() - began) < seconds:
            shop.dovecot.deliver(shop.boxes[sent % MAILBOXES], numbered(first + sent))
            sent += 1
            if before is None and passed > seconds * WARM:
                before = meter.memory(), meter.descriptors()
            time.sleep(max(0.0, began + sent * 3600 / HOURLY - time.monotonic()))
        if calm:
            settle(shop)
        after = meter.memory(), meter.descriptors()
    finally:
        daemon.terminate()
        daemon.communicate(timeout=30)
    before = before or after
    unread = shop.rows(UNREAD) if calm else 0
    flat = after[0] - before[0] <= MOST_GROWTH and after[1] - before[1] <= MAILBOXES
    return Row(name=f"load: {HOURLY} mails an hour, {before[0]:.0f} -> {after[0]:.0f} MiB, {after[1]} descriptors",
               offered=sent, lost=first + sent - shop.rows("SELECT count(*) FROM mails"),
               verdict=f"{unread} unread" if unread else "holds" if flat else f"grew from {before} to {after}")


def settle(shop: Crowd) -> None:
    """Wait until all is read, or until nobody would wait any longer."""
    until = time.monotonic() + 90
    while time.monotonic() < until and shop.rows(UNREAD):
        time.sleep(0.5)


def prove(budget: Budget, mails: int = MAILS, minutes: float = STREAM) -> Iterator[Row]:
    with TemporaryDirectory(prefix="guichet-load-") as folder, Dovecot() as dovecot, \
            SmtpServer(security="starttls") as smtp:
        shop = Crowd(Path(folder), dovecot, smtp)
        left = budget.until - time.monotonic()
        offered = min(mails, int(left * 10))    # a slow machine offers less, and says how much
        yield (first := replace(backlog(shop, offered, left - minutes * 60), intended=mails))
        streamed = stream(shop, min(minutes * 60, max(20.0, budget.until - time.monotonic())), offered,
                          calm=first.offered == offered)
        yield replace(streamed, intended=int(minutes * HOURLY / 60))
