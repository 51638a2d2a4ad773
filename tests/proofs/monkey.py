"""A mailbox in which somebody else never keeps still: every mail that lay there at a look is kept, once.

A phone reads, flags, moves, deletes, appends and copies, on a real Dovecot; now and then the mailbox is numbered anew
or the line breaks. No flag changes by our looking.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.edges import EdgeError
from tests.proofs import Budget, Row, how_many
from tests.proofs.stage import Stage
from tests.servers.dovecot import Dovecot

MINUTES = 10
ELSEWHERE = "Archive"
FULL = 60  # mails in a folder above which the phone rather tidies up
NUMBER = re.compile(rb"^X-Number: (\d+)", re.MULTILINE)
FLAGS = (b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted", b"$Forwarded")


def letter(number: int, lots: random.Random) -> bytes:
    head = b"From: Jean <jean@buyer.example>\r\nX-Number: %d\r\nMessage-ID: <%d@buyer.example>\r\n" % (
        number, lots.randint(1, 50))
    return head + b"Subject: Lampe\r\n\r\n" + b"Bonjour\r\n" * lots.choice((1, 3, 500))


@dataclass(slots=True)
class Monkey:
    """The phone's hands; `stood` counts the looks that ended well at which each mail lay in the inbox."""

    stage: Stage
    lots: random.Random
    phone: Any
    now: datetime
    made: int = 0
    stood: Counter[int] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    flags_changed: int = 0

    # ---- what it does

    def act(self) -> None:
        name, act = self.lots.choice(DEEDS)
        self.done[name] += 1
        act(self)

    def _some(self, folder: str = "INBOX") -> list[int]:
        self.phone.select_folder(folder)
        uids = self.phone.search(["ALL"])
        return self.lots.sample(uids, min(len(uids), self.lots.choice((1, 1, 2, 5)))) if uids else []

    def read(self) -> None:
        if uids := self._some():
            self.phone.fetch(uids, ["BODY[]"])

    def flag(self) -> None:
        if uids := self._some():
            change = self.lots.choice((self.phone.add_flags, self.phone.remove_flags))
            change(uids, [self.lots.choice(FLAGS)])

    def append(self) -> None:
        self.made += 1
        came = datetime.now(UTC) - timedelta(hours=self.lots.choice((0, 0, 0, 1, 50, 200)))
        self.phone.append(self.lots.choice(("INBOX", "INBOX", "INBOX", ELSEWHERE)), letter(self.made, self.lots),
                          msg_time=came)

    def deliver(self) -> None:
        self.made += 1
        self.stage.dovecot.deliver(self.stage.address, letter(self.made, self.lots))

    def delete(self) -> None:
        if uids := self._some():
            self.phone.delete_messages(uids)
            self.phone.expunge()

    def away(self) -> None:
        if uids := self._some():
            self.phone.move(uids, ELSEWHERE)

    def back(self) -> None:
        if uids := self._some(ELSEWHERE):
            self.phone.move(uids, "INBOX")

    def copy(self) -> None:
        if uids := self._some(folder := self.lots.choice(("INBOX", ELSEWHERE))):
            self.phone.copy(uids, "INBOX" if folder == ELSEWHERE else self.lots.choice(("INBOX", ELSEWHERE)))

    def tidy(self) -> None:
        for folder in ("INBOX", ELSEWHERE):
            self.phone.select_folder(folder)
            uids = self.phone.search(["ALL"])
            if len(uids) > FULL:
                self.phone.delete_messages(self.lots.sample(uids, len(uids) - FULL // 2))
                self.phone.expunge()

    def break_line(self) -> None:
        self.stage.imap._cut()      # as a router does: neither side is told

    def renumber(self) -> None:
        if self.lots.random() < 0.15:       # it restarts the server
            self.append()                   # what came just before is what a cursor would lose
            self.stage.dovecot.lose_numbers(self.stage.address)
            self.phone = self.stage.dovecot.client(self.stage.address)

    # ---- what we do, and what it sees of that

    def look(self) -> None:
        self.now += timedelta(seconds=self.lots.choice((5, 30, 60, 300)))
        before = self._lying()
        try:
            self.stage.look(self.now)
            self.stood.update({number for number, _, _ in before})
        except EdgeError:
            self.stage.hang_up()
        self.flags_changed += before != self._lying()

    def _lying(self) -> list[tuple[int, int, tuple[bytes, ...]]]:
        """Return number, UID and flags of each mail in the inbox; \\Recent is the session's."""
        self.phone.select_folder("INBOX", readonly=True)
        uids = self.phone.search(["ALL"])
        told = self.phone.fetch(uids, ["FLAGS", "BODY.PEEK[HEADER.FIELDS (X-NUMBER)]"]) if uids else {}
        return sorted((number_of(answer[b"BODY[HEADER.FIELDS (X-NUMBER)]"]), uid,
                       tuple(sorted(flag for flag in answer[b"FLAGS"] if flag != b"\\Recent")))
                      for uid, answer in told.items())


DEEDS: tuple[tuple[str, Callable[[Monkey], None]], ...] = tuple(
    (name, getattr(Monkey, name)) for name in ("read flag append append deliver delete away back copy copy tidy "
                                               "break_line renumber").split())


def number_of(raw: bytes) -> int:
    found = NUMBER.search(raw)
    return int(found[1]) if found else 0


def ledger(stage: Stage) -> Counter[int]:
    return Counter(number_of(raw) for _, raw in stage.guichet.store.raws(
        [row["id"] for row in stage.rows("SELECT id FROM mails")]))


def play(stage: Stage, operations: int, budget: Budget) -> Monkey:
    """Let the monkey play, and look every few of its moves."""
    stage.look()
    with suppress(OSError):
        monkey = Monkey(stage=stage, lots=random.Random(budget.seed), now=datetime.now(UTC),
                        phone=stage.dovecot.client(stage.address))
        monkey.phone.create_folder(ELSEWHERE)
    while sum(monkey.done.values()) < operations and not budget.over:
        for _ in range(monkey.lots.randint(1, 8)):
            monkey.act()
        monkey.look()
    monkey.look()
    return monkey


def rows_of(monkey: Monkey, intended: int) -> list[Row]:
    kept = ledger(monkey.stage)
    lost = [number for number in monkey.stood if not kept[number]]
    twice = [number for number, times in kept.items() if times > 1]
    seed = f"mails {lost[:3] or twice[:3]}"
    offered = sum(monkey.done.values())
    return [Row(name="moves of a second mail program, mails kept once", offered=offered, intended=intended,
                lost=len(lost), twice=len(twice), verdict=seed if lost or twice else "holds"),
            Row(name="flags of the seller's mails left alone", offered=sum(monkey.stood.values()),
                lost=monkey.flags_changed, verdict="flags changed" if monkey.flags_changed else "holds")]


def prove(budget: Budget) -> Iterator[Row]:
    with Dovecot() as dovecot, TemporaryDirectory() as folder:
        stage = Stage(Path(folder), dovecot)
        moves = how_many("monkey", 10_000)
        yield from rows_of(play(stage, moves, budget), moves)
        stage.close()
