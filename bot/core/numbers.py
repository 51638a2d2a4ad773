"""The numbers a seller is measured by: response times as Amazon shows them, cancellations, what was done in time.

Nothing known has no share: of no message at all 0 % would be a lie, and 100 % another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.deadline import instant
from bot.words import say

DAYS = (7, 30, 90)   # the columns of Amazon's table (004)
ALMOST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a marketplace demands of response times.

    Attributes:
        within: an answer after that is late; at the very moment, too.
        above: percent of answers in time that must be exceeded.
        at_most: percent of late and missing answers that may be reached.
    """

    within: timedelta
    above: int
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellations:
    """What a marketplace tolerates: less than `below` percent of the sales of `days` days; `warn`: said before it."""

    below: int
    warn: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a marketplace measures its sellers by: the table `[numbers]` of its rules.toml.

    Attributes:
        on_time: names of deadlines, by `claims`, `accepted` and `shipped`.
    """

    answers: Answers | None = None
    cancellations: Cancellations | None = None
    on_time: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.answers or self.cancellations or self.on_time)


# -- periods -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From an instant to before another, UTC; `name` is `7d` or `2026-W47`."""

    name: str
    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def last_days(now: datetime, timezone: str, days: Sequence[int] = DAYS) -> tuple[Period, ...]:
    """Return the periods that end now and began so many days ago, at the same local time of day."""
    wall = now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return tuple(Period(name=f"{many}d", start=instant(wall - timedelta(days=many), timezone),
                        end=now + timedelta(microseconds=1)) for many in days)


def last_weeks(now: datetime, timezone: str, weeks: int) -> tuple[Period, ...]:
    """Return so many weeks, the oldest first, the running one last; each from Monday 0 h local time to the next.

    A week in which the clocks change has 167 or 169 hours.
    """
    today = now.astimezone(ZoneInfo(timezone)).date()
    monday = today - timedelta(days=today.weekday())
    return tuple(_week(monday - timedelta(weeks=back), timezone) for back in reversed(range(weeks)))


def _week(monday: date, timezone: str) -> Period:
    year, week, _ = monday.isocalendar()
    start, end = (instant(datetime.combine(day, time()), timezone) for day in (monday, monday + timedelta(days=7)))
    return Period(name=f"{year}-W{week:02}", start=start, end=end)


# -- messages and answers ------------------------------------------------------------------------


class Turn(StrEnum):
    ASKED = "asked"          # a buyer wrote
    ANSWERED = "answered"    # the seller wrote
    MARKED = "marked"        # he said that no answer is needed
    RETURNED = "returned"    # an answer did not arrive


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word in a case; automatic ones never count, either way. `draft`: which row of the outbox it was."""

    at: datetime
    turn: Turn
    automatic: bool = False
    draft: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A buyer's message and its first true answer; marked: it needs none, and counts nowhere."""

    asked: datetime
    answered: datetime | None = None
    marked: bool = False

    @property
    def took(self) -> timedelta | None:
        return self.answered - self.asked if self.answered else None


def waitings(said: Iterable[Said], within: timedelta = ALMOST) -> list[Waiting]:
    """Return the messages of one case that count, each with its first true answer.

    What the buyer adds while his first message waits in time is one with it: the time runs from the FIRST one.
    What he writes when that time is over is a message of its own, as it starts a deadline of its own.
    """
    found: list[Waiting] = []
    open_: list[Waiting] = []
    for one in _arrived(sorted((one for one in said if not one.automatic), key=lambda one: one.at)):
        if one.turn is Turn.ASKED:
            if not (open_ and one.at - open_[-1].asked < within):
                open_.append(Waiting(asked=one.at))
        elif one.turn is Turn.ANSWERED:
            found += [Waiting(asked=waiting.asked, answered=one.at) for waiting in open_]
            open_ = []
        elif one.turn is Turn.MARKED:
            found += [Waiting(asked=waiting.asked, marked=True) for waiting in open_]
            open_ = []
    return found + open_


def _arrived(said: Sequence[Said]) -> list[Said]:
    """Return what was said without the answers that came back: the one named, else the last before."""
    lost: set[int] = set()
    for at, one in enumerate(said):
        if one.turn is Turn.RETURNED:
            before = [place for place in range(at) if said[place].turn is Turn.ANSWERED and place not in lost]
            named = [place for place in before if said[place].draft == one.draft]
            lost.update((named if one.draft else before)[-1:])
    return [one for place, one in enumerate(said) if place not in lost]


# -- sales and what was due ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale as far as mails tell of it; a withdrawal told before the cancellation leaves it out of the rate.

    Attributes:
        at: when it was made; of a sale nobody told us of, when it was cancelled.
        refused: by the seller, before he accepted it.
    """

    at: datetime
    cancelled: datetime | None = None
    withdrawn: bool = False
    refused: bool = False

    @property
    def counts(self) -> bool:
        return not (self.withdrawn or self.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A deadline of the seller's. kept: in time, or not; None: nobody has told, or it is not due yet."""

    sort: str
    begun: datetime
    kept: bool | None = None


# -- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One cell: a measure in a period.

    Attributes:
        of: what `count` is a part of; None: no share is told.
        mean: instead of a count.
        met: whether the target is met; None: there is none, or nothing is known.
    """

    measure: str
    period: Period
    count: int | None = None
    of: int | None = None
    mean: timedelta | None = None
    target: str = ""
    met: bool | None = None

    @property
    def percent(self) -> int | None:
        return percent(self.count, self.of) if self.count is not None and self.of else None


def percent(count: int, of: int) -> int:
    """Return a share as Amazon shows it, without decimals: 14 of 18 is 78, 26 of 34 is 76, 1 of 200 is 1."""
    return (200 * count + of) // (2 * of)


def response_times(messages: Iterable[Waiting], period: Period, now: datetime, rules: Answers) -> list[Number]:
    """Return Amazon's five rows (004) for the messages that were asked in a period.

    A message that waits and is still in time stands in no row yet. Without any in a row nothing is known.
    """
    asked = [one for one in messages if not one.marked and period.holds(one.asked) and one.asked <= now]
    took = [one.took for one in asked if one.took is not None]
    under = sum(span < rules.within for span in took)
    late, none = len(took) - under, sum(one.took is None and now - one.asked >= rules.within for one in asked)
    whole = under + late + none
    met = (100 * under > rules.above * whole, 100 * (late + none) <= rules.at_most * whole)
    return [
        Number(measure="answered_under", period=period, count=under, of=whole, target=f"> {rules.above} %",
               met=met[0] if whole else None),
        Number(measure="answered_late", period=period, count=late if whole else None),
        Number(measure="unanswered", period=period, count=none if whole else None),
        Number(measure="over", period=period, count=late + none, of=whole, target=f"≤ {rules.at_most} %",
               met=met[1] if whole else None),
        Number(measure="mean", period=period, mean=sum(took, timedelta()) / len(took) if took else None),
    ]


def cancellation_rate(sales: Iterable[Sale], period: Period, rules: Cancellations) -> Number:
    """Return how many of the sales of a period were cancelled."""
    count, of = _cancelled(sales, period)
    return Number(measure="cancelled", period=period, count=count, of=of, target=f"< {rules.below} %",
                  met=100 * count < rules.below * of if of else None)


def _cancelled(sales: Iterable[Sale], period: Period) -> tuple[int, int]:
    counted = [one for one in sales if one.counts and period.holds(one.at)]
    return sum(one.cancelled is not None for one in counted), len(counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """The cancellation rate nears its limit, or has reached it."""

    count: int
    of: int
    rules: Cancellations

    @property
    def reached(self) -> bool:
        return 100 * self.count >= self.rules.below * self.of

    @property
    def next_reaches(self) -> bool:
        """Whether one more of the same sales, cancelled, would reach the limit."""
        return 100 * (self.count + 1) >= self.rules.below * self.of


def caution(sales: Sequence[Sale], now: datetime, timezone: str, rules: Cancellations) -> Caution | None:
    """Return the warning, or None while the rate is far from its limit.

    A seller of few sales is always one cancellation away from it: nobody hears of that before the first one.
    """
    [period] = last_days(now, timezone, (rules.days,))
    count, of = _cancelled(sales, period)
    found = Caution(count=count, of=of, rules=rules)
    near = count and (100 * count >= rules.warn * of or found.next_reaches)
    return found if near else None


def on_time(duties: Iterable[Duty], sort: str, period: Period) -> Number:
    """Return how many of the duties that began in a period were done in time, of those of which it is known."""
    known = [one.kept for one in duties if one.sort == sort and period.holds(one.begun) and one.kept is not None]
    return Number(measure=sort, period=period, count=sum(known), of=len(known))


# -- as people read it ---------------------------------------------------------------------------


def named(measure: str, within: timedelta = ALMOST) -> str:
    """Return the name of a row; the hours are the marketplace's."""
    return say(NAMES[measure], hours=int(within.total_seconds()) // 3600) if "{hours}" in NAMES[measure] else say(
        NAMES[measure])


NAMES = {
    "answered_under": "Answered under {hours} hours",
    "answered_late": "Late answers",
    "unanswered": "No answer for more than {hours} hours",
    "over": "Over {hours} hours",
    "mean": "Mean response time",
    "cancelled": "Sales cancelled",
    "claims": "Claims answered in time",
    "accepted": "Sales accepted in time",
    "shipped": "Shipped in time",
}


def shown(number: Number) -> str:
    """Return a cell as people read it; `-` where nothing is known."""
    if number.measure == "mean":
        return span(number.mean) if number.mean is not None else "-"
    if number.count is None:
        return "-"
    if number.of is None:
        return str(number.count)
    if not number.of:
        return "-"
    return say("{percent} % ({count} of {all})", percent=number.percent, count=number.count, all=number.of)


def span(time_: timedelta) -> str:
    """Return a length of time in its two greatest units, as Amazon writes it: 1 jour 14 heures, 13 heures 4 minutes."""
    minutes = int(time_.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _joined(_days(days), _hours(hours) if hours else "")
    if hours:
        return _joined(_hours(hours), _minutes(minutes) if minutes else "")
    return _minutes(minutes)


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _days(many: int) -> str:
    return say("1 day") if many == 1 else say("{many} days", many=many)


def _hours(many: int) -> str:
    return say("1 hour") if many == 1 else say("{many} hours", many=many)


def _minutes(many: int) -> str:
    return say("1 minute") if many == 1 else say("{many} minutes", many=many)


def titled(period: str) -> str:
    """Return the heading of a column by its period's name: `7 days`, or the week as it is."""
    return _days(int(period[:-1])) if period.endswith("d") else period
