"""kill -9 at every named point, at every passage, against a real Dovecot and a real SMTP server.

Two replies are due: one that the seller approved, one that leaves alone. The program is killed somewhere on the way
and then started again until it has nothing to do. Each must have left once; or, where it was killed between its last
word to the database and the first byte of the mail, the seller is asked, for nobody can know.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TypeVar

from tests.proofs import ROOT, Budget, Row, how_many
from tests.servers.dovecot import Dovecot
from tests.servers.shop import SELLER, Shop
from tests.servers.smtp import Received, SmtpServer

MINUTES = 30
SOON = 3            # passages of each point that come before all others
LETTER = "amazon/buyer_wrote_fr_order"
FIRST = (0, 240, 600)               # seconds: the approved reply leaves, the other after its hold, copies are filed
AGAIN = (900, 1300, 2500, 2800)     # and after the kill: all looks, and what follows from them
STANDS = 2

Case = TypeVar("Case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run left behind.

    Attributes:
        left: how often each reply left.
        asked: replies of which nobody can know; the seller is asked.
        unrecorded: replies that left, of which the database does not say so.
        unread: mails in the mailbox without a row, or without a verdict.
        sound: whether the database is, and nothing is still under way.
    """

    left: tuple[int, ...]
    asked: int
    unrecorded: int
    unread: int
    sound: bool
    killed: bool

    @property
    def lost(self) -> int:
        return max(0, 2 - len(self.left) - self.asked) + self.unrecorded + self.unread

    @property
    def holds(self) -> bool:
        return self.sound and not self.lost and not self.twice

    @property
    def twice(self) -> int:
        """More than two in all; a second one may differ in its date."""
        return sum(self.left) - min(2, len(self.left))


class Stand:
    """One shop, put back to the same moment before each kill."""

    def __init__(self, folder: Path, dovecot: Dovecot, smtp: SmtpServer) -> None:
        self.folder, self.dovecot, self.smtp = folder, dovecot, smtp
        (folder / "shop").mkdir()
        self.shop = Shop(folder / "shop", dovecot, smtp)
        smtp.on_keep = self._come_back
        self._prepare()

    def _come_back(self, mail: Received) -> None:
        for other in mail.others:
            self.dovecot.deliver(other, mail.raw)

    def _prepare(self) -> None:
        self.shop.once()
        self.shop.arrives(LETTER)
        self.shop.once()
        self.shop.bot("approve", "C-1")
        self.shop.policy('mode = "alone"')
        self.shop.arrives(LETTER, also={b"404-2718281-8284590": b"404-1414213-5623730"})
        for name, place in self._places():
            shutil.copytree(place, self.folder / name, symlinks=True)

    def _places(self) -> list[tuple[str, Path]]:
        return [("data before", self.shop.folder / "data"),
                ("mail before", self.dovecot.maildir(self.shop.address))]

    def put_back(self) -> None:
        self.smtp.mails.clear()
        for name, place in self._places():
            shutil.rmtree(place)
            shutil.copytree(self.folder / name, place, symlinks=True)
        place = self.dovecot.maildir(self.shop.address)
        for path in (place, *place.rglob("*")) if os.getuid() == 0 else ():
            os.chown(path, self.dovecot.owner.pw_uid, self.dovecot.owner.pw_gid)

    def run(self, *seconds: int, **environment: str) -> int:
        surroundings = {"PATH": "/usr/bin:/bin", "LANG": "en_GB.UTF-8", "VENTES_PASSWORD": self.shop.password,
                        "PYTHONDONTWRITEBYTECODE": "1", **environment}
        return subprocess.run(
            [sys.executable, "-m", "tests.proofs.passes", str(self.shop.settings), *map(str, seconds)], cwd=ROOT,
            env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120).returncode

    def passages(self) -> Counter[str]:
        """Return how often each point is passed when nobody kills."""
        self.put_back()
        log = self.folder / "passed"
        self.run(*FIRST, *AGAIN, GUICHET_PASSED=str(log))
        return Counter(log.read_text().splitlines())

    def kill(self, point: str, passage: int) -> Found:
        self.put_back()
        code = self.run(*FIRST, *AGAIN, GUICHET_KILL=f"{point}#{passage}")
        self.run(*AGAIN)
        return self.found(killed=code == -signal.SIGKILL)

    def found(self, *, killed: bool) -> Found:
        mails = [mail.raw for mail in self.smtp.mails if mail.recipient != SELLER]
        with closing(sqlite3.connect(self.shop.folder / "data" / "guichet.db")) as db:
            sound = db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            replies = dict(db.execute("SELECT message_id, state FROM outbox WHERE what = 'reply'").fetchall())
            [settled] = db.execute("SELECT count(*) FROM mails WHERE state != 'kept'").fetchone()
            [open_] = db.execute("SELECT count(*) FROM outbox WHERE state = 'transmitting'").fetchone()
        self.smtp.check()
        known = [number.encode() for number, state in replies.items() if state in ("sent", "uncertain")]
        return Found(left=tuple(Counter(mails).values()), asked=list(replies.values()).count("uncertain"),
                     unrecorded=sum(not any(number in raw for number in known) for raw in mails),
                     unread=max(0, len(self.inbox()) - settled), sound=sound and not open_, killed=killed)

    def inbox(self) -> list[Path]:
        place = self.dovecot.maildir(self.shop.address)
        return [path for folder in ("new", "cur") for path in (place / folder).iterdir()]


@contextmanager
def stand() -> Iterator[Stand]:
    with TemporaryDirectory(prefix="guichet-kill-") as folder, Dovecot() as dovecot, SmtpServer() as smtp:
        yield Stand(Path(folder), dovecot, smtp)


def on_stands(todo: Sequence[Case], play: Callable[[Stand, Case], Found], budget: Budget) -> list[tuple[Case, Found]]:
    """Play the cases in their order as long as there is time, on two shops at once: much of it is waiting."""
    waiting = SimpleQueue[Case]()
    for case in todo:
        waiting.put(case)

    def work() -> list[tuple[Case, Found]]:
        found = []
        with stand() as one:
            while not budget.over and not waiting.empty():
                case = waiting.get()
                found.append((case, play(one, case)))
        return found

    with ThreadPoolExecutor(STANDS) as pool:
        return [each for work in [pool.submit(work) for _ in range(STANDS)] for each in work.result()]


def cases(passages: Counter[str], rounds: int, lots: random.Random) -> list[tuple[str, int]]:
    """Return every passage of every point, so many times over, by lot; each point's first three come first."""
    every = [(point, passage) for point, times in passages.items() for passage in range(1, times + 1)]
    lots.shuffle(every)
    every.sort(key=lambda case: case[1] if case[1] <= SOON else SOON + 1)
    return every * rounds


def prove(budget: Budget) -> Iterator[Row]:
    with stand() as one:
        passages = one.passages()
    todo = cases(passages, how_many("kills", 1), random.Random(budget.seed))
    found = on_stands(todo, lambda one, case: one.kill(*case), budget)
    bad = [f"{point}#{passage}: {seen}" for (point, passage), seen in found if not seen.holds]
    points = len({point for (point, _), _ in found})
    yield Row(name=f"kill -9: replies due, at every passage of {points} named points", offered=2 * len(found),
              intended=2 * len(todo), lost=sum(seen.lost for _, seen in found),
              twice=sum(seen.twice for _, seen in found), verdict=f"at {', '.join(bad[:3])}" if bad else "holds")
    killed = sum(seen.killed for _, seen in found)
    yield Row(name="kill -9: runs in which the program did die there", offered=killed, lost=len(found) - killed)
    yield Row(name="kill -9: replies asked about, as nobody can know", offered=sum(seen.asked for _, seen in found))
