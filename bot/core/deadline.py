"""Due times: what the mail states, or what the rules reckon; the ladder of warnings."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from bot.core.event import Party
from bot.core.feasts import France
from bot.core.policy import Seller
from bot.words import say


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working days"
    LEGAL_DAYS = "legal days"  # Regulation 1182/71: over at the end of the last day, never on a day off


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """A length of time as people state it: 48 hours, 3 days, 3 working days."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """By when somebody must move, as a marketplace demands it: a row of its rules.toml.

    Attributes:
        id: the row's name in the marketplace's documents, such as `R4`.
        kind: the event that starts it: a notification's kind, or what the seller did (`seller_shipped`).
        when: facts the event must have for the rule to apply; `case` is the kind of the case itself.
        others: other readings of the same rule; the earliest counts, all are shown.
        met_by: what meets it, in words: `reply` once one has left, `shipped`, or both; empty when we cannot see it.
        silence: what it costs not to move, by language.
    """

    id: str
    kind: str
    name: str
    who: Party
    within: Period
    source: str
    read: date
    when: Mapping[str, str] = field(default_factory=dict)
    others: tuple[tuple[Period, str], ...] = ()
    met_by: str = ""
    silence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A deadline that a mail states itself: a period from the mail's moment, or an instant (aware, UTC)."""

    words: str
    within: Period | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By when the party in turn must move, and how that was found.

    Attributes:
        due: aware, UTC.
        stated: the mail itself said so; otherwise the rules reckon it.
        why: the arithmetic, in the seller's language and local time.
        silence: what it costs not to move.
    """

    name: str
    due: datetime
    who: Party
    stated: bool
    rule: str
    source: str
    why: str
    met_by: str = ""
    silence: str = ""


def reckon(
    rules: Sequence[Rule], stated: Sequence[Stated], *, kind: str, facts: Mapping[str, str],
    start: datetime, seller: Seller,
) -> tuple[Deadline, ...]:
    """Return the deadlines an event starts: what the mail states beats what the rules reckon.

    Where several readings exist the earliest counts and all of them are shown in `why`.
    """
    asked = [rule for rule in rules if rule.kind == kind and _applies(rule, facts)]
    found = {rule.name: _by_rule(rule, start, seller) for rule in reversed(asked)}
    if stated:
        rule = asked[0] if asked else None
        found[rule.name if rule else "respond"] = _by_mail(stated, rule, start, seller)
    return tuple(sorted(found.values(), key=lambda deadline: deadline.due))


def target(kind: str, span: timedelta, due: Sequence[Deadline], start: datetime, seller: Seller) -> Deadline | None:
    """Return the seller's own target for a kind, beside the rule: None where the rule is as strict already."""
    end = start.astimezone(UTC) + span
    rule = next((deadline for deadline in due if deadline.who is Party.SELLER), None)
    if rule and rule.due <= end:
        return None
    hours = int(span.total_seconds()) // 3600
    return Deadline(
        name=f"own_{rule.name if rule else 'answer'}", due=end, who=Party.SELLER, stated=False, rule="policy",
        source="[policy.targets]", met_by=rule.met_by if rule else "reply",
        why=say("{start} + {within} = {due} (your own target for {kind})", seller.language, kind=kind,
                start=local(start, seller), due=local(end, seller),
                within=say("{amount} hours", seller.language, amount=hours)),
        silence=say("Nothing is lost yet: it is your own target.", seller.language))


def add(period: Period, start: datetime, seller: Seller) -> datetime:
    """Return the instant `period` after `start`, UTC.

    Hours are added in UTC, so that a night of 25 hours does not make the deadline an hour late.
    Days keep the local time of day; working days are Monday to Friday less public holidays. Legal days
    end at 24 h of the last day, which moves on while it is a Saturday, a Sunday or a holiday (Regulation
    1182/71, article 3).
    """
    if period.unit is Unit.HOURS:
        return start.astimezone(UTC) + timedelta(hours=period.amount)
    wall = start.astimezone(ZoneInfo(seller.timezone)).replace(tzinfo=None)
    if period.unit is Unit.DAYS:
        return instant(wall + timedelta(days=period.amount), seller.timezone)
    if period.unit is Unit.LEGAL_DAYS:
        last = _next_open(wall.date() + timedelta(days=period.amount), seller)
        return instant(datetime.combine(last + timedelta(days=1), time()), seller.timezone)
    return instant(datetime.combine(_working_day(wall.date(), period.amount, seller), wall.time()), seller.timezone)


def instant(wall: datetime, timezone: str) -> datetime:
    """Return the UTC instant of a local time; of two (autumn) or none (spring), the earlier reading."""
    return min(wall.replace(tzinfo=ZoneInfo(timezone), fold=fold).astimezone(UTC) for fold in (0, 1))


def rung(due: datetime, now: datetime, warnings: Sequence[timedelta]) -> timedelta | None:
    """Return the rung of the ladder that stands at `now`: the nearest to the deadline already passed."""
    return min((before for before in warnings if now >= due - before), default=None)


def next_look(due: datetime, told: int | None, warnings: Sequence[timedelta]) -> datetime:
    """Return when the ladder has something to tell next: its farthest rung below the one `told`, or the deadline."""
    rest = [before for before in warnings if told is None or before.total_seconds() < told]
    return due - max(rest, default=timedelta())


def is_quiet(now: datetime, due: datetime, quiet: tuple[time, time] | None, timezone: str, *, last: bool) -> bool:
    """Say whether a reminder waits for the end of the quiet hours.

    The last rung waits too, unless that would leave less than an hour before the deadline.
    """
    if quiet is None:
        return False
    start, end = quiet
    local = now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    over_midnight = start > end
    inside = local.time() >= start or local.time() < end if over_midnight else start <= local.time() < end
    if not inside:
        return False
    tomorrow = over_midnight and local.time() >= start
    wakes = instant(datetime.combine(local.date() + timedelta(days=tomorrow), end), timezone)
    return not last or wakes + timedelta(hours=1) <= due


def _applies(rule: Rule, facts: Mapping[str, str]) -> bool:
    return all(facts.get(name) == value for name, value in rule.when.items())


def _working_day(day: date, amount: int, seller: Seller) -> date:
    while amount:
        day += timedelta(days=1)
        amount -= _is_open(day, seller)
    return day


def _next_open(day: date, seller: Seller) -> date:
    while not _is_open(day, seller):
        day += timedelta(days=1)
    return day


def _is_open(day: date, seller: Seller) -> bool:
    return day.weekday() < 5 and day not in _holidays(seller.holidays)


@cache
def _holidays(place: str) -> Container[date]:
    return France(_Elsewhere(place)) if place == "FR" else _Elsewhere(place)


class _Elsewhere:
    """The holidays of any country or region, by a library that takes 180 ms and 18 MiB: loaded when it is asked."""

    def __init__(self, place: str) -> None:
        self._country, _, self._part = place.partition("-")

    @cached_property
    def _days(self) -> Container[date]:
        import holidays

        return holidays.country_holidays(self._country, subdiv=self._part or None)

    def __contains__(self, day: object) -> bool:
        return day in self._days


def _by_rule(rule: Rule, start: datetime, seller: Seller) -> Deadline:
    readings = [(rule.within, rule.source), *rule.others]
    due, within, source = min((add(period, start, seller), period, source) for period, source in readings)
    why = say("{start} + {within} = {due} (rule {rule}: {source})", seller.language, rule=rule.id, source=source,
              start=local(start, seller), within=_words(within, seller), due=local(due, seller))
    for period, other in readings:
        if (period, other) != (within, source):
            why += say("; another reading, {source}: {within} = {due}", seller.language, source=other,
                       within=_words(period, seller), due=local(add(period, start, seller), seller))
    return Deadline(name=rule.name, due=due, who=rule.who, stated=False, rule=rule.id, source=source, why=why,
                    met_by=rule.met_by, silence=rule.silence.get(seller.language, ""))


def _by_mail(stated: Sequence[Stated], rule: Rule | None, start: datetime, seller: Seller) -> Deadline:
    due, words, within = min((_due(one, start, seller), one.words, one.within) for one in stated)
    sum_ = f"{local(start, seller)} + {_words(within, seller)} = " if within else ""
    why = say("the mail says «{words}»: {sum}{due}", seller.language, words=words, sum=sum_, due=local(due, seller))
    if rule and (reckoned := _by_rule(rule, start, seller)).due != due:
        why += say("; the rule {rule} alone would give {due}", seller.language,
                   rule=rule.id, due=local(reckoned.due, seller))
    return Deadline(name=rule.name if rule else "respond", due=due, who=rule.who if rule else Party.SELLER,
                    stated=True, rule=rule.id if rule else "", source=rule.source if rule else "", why=why,
                    met_by=rule.met_by if rule else "",
                    silence=rule.silence.get(seller.language, "") if rule else "")


def _due(stated: Stated, start: datetime, seller: Seller) -> datetime:
    if stated.until:
        return stated.until
    assert stated.within, "a stated deadline has a period or an instant"
    return add(stated.within, start, seller)


def _words(period: Period, seller: Seller) -> str:
    sentences = {Unit.HOURS: "{amount} hours", Unit.DAYS: "{amount} days",
                 Unit.WORKING_DAYS: "{amount} working days", Unit.LEGAL_DAYS: "{amount} legal days"}
    return say(sentences[period.unit], seller.language, amount=period.amount)


def local(moment: datetime, seller: Seller) -> str:
    """Return a moment as the seller reads it: his language, his time of day."""
    day = moment.astimezone(ZoneInfo(seller.timezone))
    at = f"{day.hour:02}:{day.minute:02}"   # strftime takes five times as long, and a mail has four of these
    return f"{day.day:02}/{day.month:02}/{day.year:04} {at}" if seller.language == "fr" else f"{day.date()} {at}"
