"""GOALS: what the figures are held to. Each is a ratio of figures of one run, or a size; none is a speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import contenders as c
from benchmarks.race import Place, Race

Figure = Callable[["Found"], "float | None"]


@dataclass(slots=True, kw_only=True)
class Found:
    """All figures of a run. `further` are those of the further measures, by the name GOALS has for them."""

    race: Race | None = None
    further: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`at_least` or `at_most` holds for what `figure` returns; None: it was not measured in this run."""

    what: str
    figure: Figure
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"
    by_cpu: Figure = lambda _: None  # the same ratio in CPU seconds, which other programs at work disturb less

    def met(self, found: Found) -> bool | None:
        value = self.figure(found)
        if value is None:
            return None
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    @property
    def bound(self) -> str:
        sign, value = ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most)
        return f"{sign} {value:g} {self.unit}"


def place(places: list[Place], name: str) -> Place | None:
    return next((one for one in places if one.name == name), None)


def times(other: str, *, replies: bool = False) -> Figure:
    """Return how many times as many mails a second we do as another does: on the clock, in this very run."""
    def ratio(found: Found) -> float | None:
        if found.race is None:
            return None
        places = found.race.reply if replies else found.race.record
        mine, theirs = place(places, c.OURS), place(places, other)
        return mine.rate / theirs.rate if mine and theirs else None
    return ratio


def cpu_times(other: str, *, replies: bool = False) -> Figure:
    """Return how many times our CPU seconds another takes for the same mails, children included."""
    def ratio(found: Found) -> float | None:
        if found.race is None:
            return None
        places = found.race.reply if replies else found.race.record
        mine, theirs = place(places, c.OURS), place(places, other)
        return theirs.cpu / mine.cpu if mine and theirs else None
    return ratio


def beside(what: str, other: str, at_least: float, *, replies: bool = False) -> Goal:
    way = "with replies" if replies else "record only"
    return Goal(what=f"{way}, beside {what}", figure=times(other, replies=replies), at_least=at_least,
                by_cpu=cpu_times(other, replies=replies))


def further(name: str) -> Figure:
    return lambda found: found.further.get(name)


def commit_price(found: Found) -> float | None:
    told = found.race.stages.get("reply", {}) if found.race else {}
    share = told.get("commits_of_sending")
    return 100 * share if isinstance(share, float) else None


GOALS = (
    beside("imapflow + postal-mime + better-sqlite3", c.POSTAL, 3),
    beside("imap_tools", c.IMAP_TOOLS, 5),
    beside("a tutorial's bot", c.TUTORIAL, 30),
    beside("raw FETCH", c.FETCH, 0.15),
    beside("imapflow + postal-mime + nodemailer", c.POSTAL, 1.4, replies=True),
    beside("imapflow + mailparser + nodemailer", c.MAILPARSER, 2, replies=True),
    beside("a tutorial's bot", c.TUTORIAL, 12, replies=True),
    beside("the floor", c.FLOOR, 0.35, replies=True),
    Goal(what="commits for sent mails, of the whole with replies", figure=commit_price, at_most=35, unit="%"),
)
