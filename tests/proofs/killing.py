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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import ROOT, Budget, Row
from tests.servers.dovecot import Dovecot
from tests.servers.shop import SELLER, Shop
from tests.servers.smtp import Received, SmtpServer

LETTER = "amazon/buyer_wrote_fr_order"
FIRST = (0, 240, 600)               # seconds: the approved reply leaves, the other after its hold, copies are filed
AGAIN = (900, 1300, 2500, 2800)     # and after the kill: all looks, and what follows from them


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run left behind: replies by how often each left, those asked about, and whether the database is sound."""

    left: tuple[int, ...]
    asked: int
    sound: bool
    killed: bool

    @property
    def lost(self) -> int:
        return max(0, 2 - len(self.left) - self.asked)

    @property
    def twice(self) -> int:
        return sum(times - 1 for times in self.left)


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
        left = Counter(mail.raw for mail in self.smtp.mails if mail.recipient != SELLER)
        with closing(sqlite3.connect(self.shop.folder / "data" / "guichet.db")) as db:
            sound = db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            [asked] = db.execute("SELECT count(*) FROM outbox WHERE what = 'reply' AND state = 'uncertain'").fetchone()
            [open_] = db.execute("SELECT count(*) FROM outbox WHERE state = 'transmitting'").fetchone()
        self.smtp.check()
        return Found(left=tuple(left.values()), asked=asked, sound=sound and not open_, killed=killed)


@contextmanager
def stand() -> Iterator[Stand]:
    with TemporaryDirectory(prefix="guichet-kill-") as folder, Dovecot() as dovecot, SmtpServer() as smtp:
        yield Stand(Path(folder), dovecot, smtp)


def cases(passages: Counter[str], rounds: int, lots: random.Random) -> list[tuple[str, int]]:
    """Return each point's first passage, then all passages, so many times over, in an order drawn by lot."""
    first = [(point, 1) for point in passages]
    rest = [(point, passage) for _ in range(rounds) for point, times in passages.items()
            for passage in range(1, times + 1)]
    lots.shuffle(first)
    lots.shuffle(rest)
    return first + rest


def prove(budget: Budget) -> Iterator[Row]:
    with stand() as one:
        passages = one.passages()
        found: list[tuple[str, int, Found]] = []
        for point, passage in cases(passages, 3, random.Random(budget.seed)):
            if budget.over:
                break
            found.append((point, passage, one.kill(point, passage)))
    bad = [f"{point}#{passage}" for point, passage, seen in found if seen.lost or seen.twice or not seen.sound]
    points = len({point for point, _, _ in found})
    yield Row(name=f"kill -9: replies due over {points} of {len(passages)} points", offered=2 * len(found),
              lost=sum(seen.lost for *_, seen in found), twice=sum(seen.twice for *_, seen in found),
              verdict=f"at {', '.join(bad[:5])}" if bad else "holds")
    yield Row(name="kill -9: replies asked about, as nobody can know", offered=sum(seen.asked for *_, seen in found))
