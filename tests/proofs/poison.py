"""A mail that kills whoever reads it: on the shelf after three attempts, and nobody else's mail is harmed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.core.errors import UnreadableError
from bot.edges.reader import Asked, Read, Reader
from bot.edges.store import Row as Kept
from bot.guichet import UNDERSTANDING
from bot.reading import MOST_ATTEMPTS
from tests.proofs import ROOT, Budget, Row
from tests.world import World, buyer_writes

MINUTES = 2

POISON = b"kills its reader"
WELL = b"From: a@b.example\n\nx"


class ChildKiller(Reader):
    """A reader whose child is really killed, from outside, when it gets the poison."""

    def read_many(self, asked: Iterable[Asked]) -> Iterator[Read | UnreadableError]:
        for one in asked:
            if POISON in one.raw:
                list(super().read_many([Asked(raw=WELL)]))
                assert self.pid
                os.kill(self.pid, signal.SIGKILL)
            yield from super().read_many([one])


class Suicide(Reader):
    """A reader that takes the whole program along, as a mail read in the program itself would."""

    def read_many(self, asked: Iterable[Asked]) -> Iterator[Read | UnreadableError]:
        return super().read_many(map(_survived, asked))


def _survived(one: Asked) -> Asked:
    if POISON in one.raw:
        os.kill(os.getpid(), signal.SIGKILL)
    return one


def arrive(world: World, count: int) -> int:
    """Deliver buyers' mails, every third one poisoned; return how many are."""
    poisoned = [number % 3 == 2 for number in range(1, count + 1)]
    world.arrives(*(buyer_writes(f"Bonjour {POISON.decode() if bad else ''}", message=number)
                    for number, bad in enumerate(poisoned, start=1)))
    return sum(poisoned)


def verdicts(world: World, mails: int, poisoned: int) -> Iterator[str]:
    """Yield what is wrong after all mails had their turn."""
    shelf = world.rows("mails", "state = 'shelved'")
    if len(shelf) != poisoned or not all(_is_poison(row) for row in shelf):
        yield f"{len(shelf)} on the shelf instead of {poisoned}: {[row['reason'][:40] for row in shelf]}"
    if len(world.rows("events", "kind = 'buyer_wrote'")) != mails - poisoned:
        yield "a mail beside the poison was harmed"
    if world.rows("mails", "state = 'kept'"):
        yield "a mail has no verdict"


def _is_poison(row: Kept) -> bool:
    return row["reason"].partition(":")[0] in ("crashed", "poison") and row["attempts"] <= MOST_ATTEMPTS + 1


def kill_the_child(folder: Path, mails: int) -> list[str]:
    """Let mails arrive of which some kill the child, in one round; return what is wrong."""
    world = World(folder)
    world.work()
    poisoned = arrive(world, mails)
    world.guichet = replace(world.guichet, given=ChildKiller(beyond=UNDERSTANDING))
    world.work()
    world.guichet.reader.close()
    return list(verdicts(world, mails, poisoned))


def kill_the_program(folder: Path, mails: int) -> list[str]:
    """The same where the whole program dies: it is started again, as systemd does; return what is wrong."""
    world = World(folder)
    world.work()
    poisoned = arrive(world, mails)
    starts, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL and starts <= MOST_ATTEMPTS * poisoned:
        code = subprocess.run([sys.executable, "-m", "tests.proofs.poison", str(folder)], cwd=ROOT, check=False,
                              env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode
        starts += 1
    wrong = [] if code == 0 else [f"still dying after {starts} starts"]
    return wrong + list(verdicts(world, mails, poisoned))


def prove(_: Budget) -> Iterator[Row]:
    for name, kill, mails in (("the child", kill_the_child, 30), ("the program", kill_the_program, 6)):
        with TemporaryDirectory() as folder:
            wrong = kill(Path(folder), mails)
        yield Row(name=f"mails, every third of which kills {name}", offered=mails, lost=len(wrong),
                  verdict=wrong[0] if wrong else "holds")


if __name__ == "__main__":
    again = World(Path(sys.argv[1]))       # the same folder once more
    again.guichet = replace(again.guichet, given=Suicide(beyond=UNDERSTANDING))
    again.work()
