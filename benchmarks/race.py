"""The race: every contender over the same mailboxes, in rounds, one after another; the median of a few rounds counts.

The table's ratios are of CPU seconds and of the clock. Where other programs are at work the clock says as much about
them as about us; CPU seconds are then the more trustworthy.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import mails, meter
from benchmarks.contenders import (
    CONTENDERS,
    ROOT,
    Contender,
    FailedError,
    Result,
    Task,
    prepare,
    surroundings,
)
from benchmarks.mailbox import fill
from benchmarks.sink import Sink
from tests.servers.dovecot import Dovecot

EMPTY, MIXED, ASKING = "empty@boutique.example", "mixed@boutique.example", "asking@boutique.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One contender's figures: the median of its rounds. Seconds and CPU seconds are for 1,000 mails; peak in MiB."""

    name: str
    rounds: int
    seconds: float
    cpu: float
    peak: float

    @property
    def rate(self) -> float:
        """Mails a second."""
        return 1000 / self.seconds


@dataclass(slots=True, kw_only=True)
class Race:
    """A race over `mails` mails each. `absent`: by name, why somebody could not run."""

    mails: int
    bytes: int = 0
    record: list[Place] = field(default_factory=list)
    reply: list[Place] = field(default_factory=list)
    stages: dict[str, dict[str, object]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


def run(count: int, rounds: int, only: Sequence[str] = ()) -> Race:
    race = Race(mails=count)
    with Dovecot() as dovecot, Sink() as sink, TemporaryDirectory(prefix="guichet-bench-") as folder:
        fill(dovecot, EMPTY, ())
        race.bytes = fill(dovecot, MIXED, range(count))
        fill(dovecot, ASKING, range(count), of=mails.ANSWERED)
        racers = [one for one in CONTENDERS if not only or any(word in one.name for word in only)]
        race.absent = {one.name: why for one in racers if (why := one.absent())}
        racers = [one for one in racers if one.name not in race.absent]
        for replies, places in ((False, race.record), (True, race.reply)):
            task = Task(imap=dovecot.ports["imap"], smtp=sink.port, user=ASKING if replies else MIXED, empty=EMPTY,
                        replies=replies, folder=Path(folder))
            took = _rounds([one for one in racers if one.replies or not replies], task, count, rounds, sink)
            places += [_place(name, ran, count) for name, ran in took.items()]
            race.stages["reply" if replies else "record"] = _stages(task, count)
    return race


def _rounds(racers: Sequence[Contender], task: Task, count: int, rounds: int, sink: Sink) -> dict[str, list[Result]]:
    took: dict[str, list[Result]] = {one.name: [] for one in racers}
    for number in range(rounds):
        for racer in racers:
            _say(f"round {number + 1} of {rounds}, {'with replies' if task.replies else 'record only'}: {racer.name}")
            took[racer.name].append(_one(racer, task, count, sink))
    return took


def _one(racer: Contender, task: Task, count: int, sink: Sink) -> Result:
    """Run once in an empty folder; fail if it did not do all of its work."""
    sink.reset()
    with TemporaryDirectory(dir=task.folder) as folder:
        done = racer.run(Task(imap=task.imap, smtp=task.smtp, user=task.user, empty=task.empty, replies=task.replies,
                              folder=Path(folder)))
    if done.mails != count or (task.replies and sink.count() < count):
        raise FailedError(f"{racer.name} did {done.mails} of {count} mails, {sink.count()} were sent: {done.ran.err}")
    return done


def _place(name: str, took: Sequence[Result], count: int) -> Place:
    return Place(name=name, rounds=len(took), seconds=median(one.ran.seconds for one in took) / count * 1000,
                 cpu=median(one.ran.cpu for one in took) / count * 1000, peak=median(one.ran.peak for one in took))


def _stages(task: Task, count: int) -> dict[str, object]:
    """Return microseconds a mail by stage, of one more pass that times itself."""
    _say("where our own time goes")
    with TemporaryDirectory(dir=task.folder) as folder:
        here = Path(folder)
        settings = prepare(Task(imap=task.imap, smtp=task.smtp, user=task.user, empty=task.empty,
                                replies=task.replies, folder=here))
        ran = meter.run([sys.executable, "-m", "benchmarks.stages", str(settings), str(here / "stages.json")],
                        cwd=ROOT, env=surroundings())
        if not (here / "stages.json").exists():
            return {"missing": [ran.err[-300:]]}
        told = json.loads((here / "stages.json").read_text("utf-8"))
    return {"cpu": {name: took / count * 1e6 for name, took in told["cpu"].items()},
            "clock": {name: took / count * 1e6 for name, took in told["clock"].items()},
            "commits": told["commits"] / count, "missing": told["missing"],
            "commits_of_sending": told["commits_of_sending"] / told["wall"]}


def _say(words: str) -> None:
    sys.stderr.write(f"... {words}\n")
