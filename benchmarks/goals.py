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
        return f"{sign} {value:.3g} {self.unit}".strip()


def place(places: list[Place], name: str) -> Place | None:
    return next((one for one in places if one.name == name), None)


def ratio(other: str, of: Callable[[Place, Place], float], *, replies: bool) -> Figure:
    """Return what `of` makes of our place and another's, in this very run; None where one of them did not run."""
    def found_in(found: Found) -> float | None:
        if found.race is None:
            return None
        places = found.race.reply if replies else found.race.record
        mine, theirs = place(places, c.OURS), place(places, other)
        return of(mine, theirs) if mine and theirs else None
    return found_in


def times(other: str, *, replies: bool = False) -> Figure:
    """Return how many times as many mails a second we do as another does, on the clock."""
    return ratio(other, lambda mine, theirs: mine.rate / theirs.rate, replies=replies)


def cpu_times(other: str, *, replies: bool = False) -> Figure:
    """Return how many times our CPU seconds another takes for the same mails, children included."""
    return ratio(other, lambda mine, theirs: theirs.cpu / mine.cpu, replies=replies)


def beside(what: str, other: str, at_least: float, *, replies: bool = False) -> Goal:
    way = "with replies" if replies else "record only"
    return Goal(what=f"{way}, beside {what}", figure=times(other, replies=replies), at_least=at_least,
                by_cpu=cpu_times(other, replies=replies))


def further(name: str) -> Figure:
    return lambda found: found.further.get(name)


def size(name: str, what: str, at_most: float, unit: str = "×") -> Goal:
    return Goal(what=what, figure=further(name), at_most=at_most, unit=unit)


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
    size("peak memory of many, of that of few", "peak memory catching up 100,000 mails, of that for 10,000", 1.1),
    size("peak memory catching up, MiB", "peak memory catching up", 60, "MiB"),
    size("nothing new at many, of that at few", "a pass with nothing new at 100,000 mails, of that at 10,000", 2),
    size("sweep of many, s", "the sweep of 100,000 mails", 0.2, "s"),
    size("CPU a mail at many, of that at few", "CPU a mail at 100,000, of that at 10,000", 1.3),
    Goal(what="CPU rate with 1,000,000 mails of history, of the empty database's",
         figure=further("rate with a past, of that without"), at_least=0.6),
    size("due deadlines, ms", "due deadlines there", 0.1, "ms"),
    size("show today with a past, ms more than without", "`show today` there, more than with none", 100, "ms"),
    size("KiB a mail with raw kept", "a mail with raw kept", 6, "KiB"),
    size("KiB a mail after retention", "a mail after retention", 1, "KiB"),
    size("a 25 MiB attachment, MiB more at the peak", "a 25 MiB attachment, more at the peak", 25, "MiB"),
    size("notice to reply accepted, ms at the median", "the server's notice to our mail accepted, median", 10, "ms"),
    size("notice to reply accepted, ms at p99", "the same at p99", 50, "ms"),
    size("once with nothing new, of python -c pass", "`once` with nothing new, of `python -c pass` in CPU", 4),
    size("once with nothing new, MiB more", "`once` with nothing new, more than `python -c pass`", 30, "MiB"),
    size("run at rest, ms CPU a second", "`run` at rest, CPU a second", 0.5, "ms"),
    size("run at rest, MiB", "`run` at rest", 45, "MiB"),
    size("idle mailbox, KiB each", "one more IDLE mailbox, with TLS", 50, "KiB"),
    size("500 mailboxes, MiB", "500 of them in one process", 100, "MiB"),
    size("idle mailbox, ms CPU to connect", "connecting, CPU each", 5, "ms"),
    size("turns a batch of 100", "round trips a batch of 100", 3, ""),
    size("turns a reply", "round trips a reply", 2, ""),
    Goal(what="recording with 80 ms of delay, of its rate without",
         figure=further("rate with 80 ms of delay, of that without"), at_least=0.5),
    size("a mail answered with 20 ms of delay, of the tutorial's",
         "a mail answered with 20 ms of delay, of the tutorial's time", 1 / 6),
    Goal(what="recording while a slow relay takes mails, of its rate without",
         figure=further("rate of recording while a slow relay takes mails"), at_least=0.9),
    size("after kill -9: mails lost or done twice", "first sync after kill -9: mails lost or done twice", 0, ""),
    size("after kill -9: work of the rest, of its share", "first sync after kill -9: CPU of the rest, of its share",
         1.3),
    size("another mailbox's mail, of the time of the catching up",
         "a mail of another mailbox meanwhile, of the time of the sync", 0.1),
    Goal(what="two mailboxes, record only, beside one", figure=further("two mailboxes, record only"), at_least=1.3),
    Goal(what="two mailboxes, with replies, beside one", figure=further("two mailboxes, with replies"), at_least=1.6),
)
