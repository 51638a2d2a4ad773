"""Writes that fail: each write and each fsync of the program in its turn, with an I/O error or with no room.

The way of two replies, as in `killing`. After the failure the program is started again until it has nothing to do:
every mail is in the ledger, each reply left once, and none without its record. The failing call is made by a small
library in C, preloaded into the program; it takes a compiler and no root.
"""

from __future__ import annotations

import errno
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import Budget, Row
from tests.proofs.killing import AGAIN, FIRST, Found, Stand, on_stands, stand

MINUTES = 50
SOURCE = Path(__file__).with_name("failing_disk.c")
KINDS = {"an I/O error": errno.EIO, "no room": errno.ENOSPC}
SPANS = ("once", "on")      # this call alone, or this one and every one after it
Case = tuple[int, str, str]     # which call, which error, for how long


class NoCompilerError(Exception):
    """There is no C compiler here, or it does not make libraries."""


def built(folder: Path) -> Path:
    """Return the library that lets a write fail.

    Raises:
        NoCompilerError: it cannot be built here.
    """
    library, compiler = folder / "failing_disk.so", shutil.which("cc")
    if not compiler:
        raise NoCompilerError
    made = subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"], check=False,
                          capture_output=True)
    if made.returncode:
        raise NoCompilerError
    return library


def on_disk(one: Stand, library: Path, **more: str) -> None:
    """Let the program go the way of two replies, with the data folder on a disk that fails as `more` says."""
    one.put_back()
    one.run(*FIRST, LD_PRELOAD=str(library), GUICHET_DISK=str(one.shop.folder / "data"), **more)


def writes(one: Stand, library: Path) -> int:
    """Return how many calls write or sync beneath the data folder when none fails."""
    log = one.folder / "written"
    on_disk(one, library, GUICHET_WRITES=str(log))
    return len(log.read_text().splitlines())


def fail(one: Stand, library: Path, case: Case) -> Found:
    nth, kind, span = case
    on_disk(one, library, GUICHET_FAILS=f"{nth} {KINDS[kind]} {span}")
    one.run(*AGAIN)
    return one.found(killed=False)


def cases(count: int, lots: random.Random) -> list[Case]:
    """Return each write with each error, the span by turns; by lot, so that a short time tries all over the way."""
    found = [(nth, kind, SPANS[(nth + turn) % 2]) for turn, kind in enumerate(KINDS) for nth in range(1, count + 1)]
    lots.shuffle(found)
    return found


def prove(budget: Budget, most: int | None = None) -> Iterator[Row]:
    """`most`: how many of the cases, drawn by lot; all, unless told."""
    with TemporaryDirectory(prefix="guichet-broken-") as folder:
        try:
            library = built(Path(folder))
        except NoCompilerError:
            yield Row(name="storage: writes that fail (not tried: a C compiler is needed)", offered=0)
            return
        with stand() as one:
            todo = cases(writes(one, library), random.Random(budget.seed))[:most]
        found = on_stands(todo, lambda one, case: fail(one, library, case), budget)
    bad = [f"{kind} at write {nth} ({span}): {seen}" for (nth, kind, span), seen in found if not seen.holds]
    yield Row(name="storage: writes and syncs that fail, I/O error or no room", offered=len(found), intended=len(todo),
              lost=sum(seen.lost for _, seen in found), twice=sum(seen.twice for _, seen in found),
              verdict=f"{len(bad)} times: {'; '.join(bad[:3])}" if bad else "holds")
    yield Row(name="storage: replies asked about after a failed write", offered=sum(seen.asked for _, seen in found))
