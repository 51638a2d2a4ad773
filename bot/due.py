"""What there is to do, asked of the database alone: a pass that finds nothing need not load what would do it.

Each question may say yes in vain, for whoever does the work asks for himself; it never says no where there is work.
And what it says yes to stays until it is done, so that a no for an hour to come is a no until then.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.core.policy import Mode
from bot.edges.store import iso, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.edges.store import Store
    from bot.guichet import Guichet

DAY = timedelta(days=1)
STOP = timedelta(hours=1)       # without a tick for so long, the bot was stopped
RATING = timedelta(hours=1)     # nobody minds an hour, and the look reads all recent events
FILING = timedelta(minutes=2)  # Gmail and others put a copy there themselves, some take a moment
CALENDAR = "calendar"           # in meta: of what the file tells, or until when it is left alone after a failure
LADDER = "ladder"               # in meta: the rungs by which each deadline knows when it is to be looked at
DIGEST = "digest"               # in meta: the last local day that had its digest
DRIFT = "drift"                 # in meta: the last mail that was looked at for a layout nobody knows


def mails(guichet: Guichet, _now: datetime) -> bool:
    return guichet.store.waiting_mails()


def first_look(guichet: Guichet, _now: datetime) -> bool:
    """Say whether a first look found cases that the seller has not been told of."""
    return guichet.store.has("SELECT 1 FROM cases WHERE untold = 1 LIMIT 1")


def drift(guichet: Guichet, _now: datetime) -> bool:
    return guichet.store.has(
        "SELECT 1 FROM mails WHERE id > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?), 0) LIMIT 1",
        DRIFT)


def digest(guichet: Guichet, now: datetime) -> bool:
    at = guichet.policy.digest
    if at is None:
        return False
    last = guichet.store.meta(DIGEST)
    return not last or last < newest_day(now, at, _zone(guichet))[0]


def _zone(guichet: Guichet) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(guichet.seller.timezone)


def newest_day(now: datetime, at: time, zone: ZoneInfo) -> tuple[str, datetime]:
    """Return the last local day whose hour `at` has come, and when it came.

    Of an hour that comes twice the first counts; one that is skipped comes when the clocks have been put forward.
    """
    day = now.astimezone(zone).date()
    due = _at(day, at, zone)
    if now < due:
        day -= DAY
        due = _at(day, at, zone)
    return day.isoformat(), due


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def rating(guichet: Guichet, now: datetime) -> bool:
    """Say whether buyers are reminded to rate at all, and it is time to look for whom."""
    wanted = any(name.rpartition(".")[2] == "rating_reminder" and mode is not Mode.OFF
                 for name, mode in guichet.policy.modes.items())
    if not wanted:
        return False
    last = guichet.store.meta("ratings_looked")
    return not last or now - moment(last) >= RATING


def calendar(guichet: Guichet, now: datetime) -> bool:
    """Say whether the calendar's file tells something else than it should; one that could not be written, too."""
    path = guichet.settings.calendar
    return path is not None and not (guichet.store.meta(CALENDAR) == calendar_told(guichet, now) and path.exists())


def calendar_told(guichet: Guichet, now: datetime) -> str:
    """Return what the file depends on: no deadline begins or ends without an event; what has ended goes day by day."""
    last = guichet.store.row("SELECT coalesce(max(id), 0) AS last FROM events") or {}
    rungs = ",".join(str(int(rung.total_seconds())) for rung in guichet.policy.warnings)
    day = now.astimezone(_zone(guichet)).date()
    return f"{last.get('last')} {day} {rungs} {guichet.seller.language} {guichet.settings.calendar}"


def alarms(guichet: Guichet, _now: datetime) -> bool:
    """Say whether something is wrong: it may have to be told, or be over."""
    return guichet.store.has("SELECT 1 FROM alarms WHERE ended IS NULL LIMIT 1")


def clock(guichet: Guichet, now: datetime) -> bool:
    """Say whether a deadline is to be looked at, or the seller has changed his ladder of warnings."""
    return guichet.store.meta(LADDER) != ladder_of(guichet) or guichet.store.has(
        "SELECT 1 FROM deadlines INDEXED BY deadlines_look WHERE state = 'open' AND look <= ? LIMIT 1", iso(now))


def ladder_of(guichet: Guichet) -> str:
    return " ".join(str(rung) for rung in guichet.settings.policy.warnings)


def note_tick(store: Store, now: datetime) -> None:
    """Remember that the clock was looked at, every ten minutes: a write costs a disk a turn."""
    last = store.meta("ticked")
    if not last or now - moment(last) > STOP / 6:
        store.set_meta("ticked", iso(now))


def echo(guichet: Guichet, _now: datetime) -> bool:
    return guichet.store.echoed() is not None


def unknown(guichet: Guichet, _now: datetime) -> bool:
    """Say whether there are rows of which nobody knows whether they left."""
    return guichet.store.has("SELECT 1 FROM outbox WHERE state = 'transmitting' LIMIT 1")


def copy(guichet: Guichet, now: datetime) -> bool:
    """Say whether of a reply that left no copy was looked for in Sent."""
    return guichet.store.unfiled(now - FILING, now) is not None


def sending(guichet: Guichet, now: datetime) -> bool:
    return guichet.store.has("SELECT 1 FROM outbox WHERE state = 'ready' AND (not_before IS NULL OR not_before <= ?)"
                             " LIMIT 1", iso(now))


def next_moment(guichet: Guichet, now: datetime) -> datetime | None:
    """Return when the seller's own clock next has something to do: a rung, a deadline, a mail that waits, an alarm.

    What is past and still waits, waits for something else. None: nothing is known to come.
    """
    coming = (guichet.store.row(question, iso(now)) for question in (
        "SELECT min(look) AS at FROM deadlines WHERE state = 'open' AND look > ?",
        "SELECT min(not_before) AS at FROM outbox WHERE state = 'ready' AND not_before > ?",
        "SELECT min(due) AS at FROM alarms WHERE ended IS NULL AND due > ?"))
    return min((moment(row["at"]) for row in coming if row and row["at"]), default=None)


def retiring(guichet: Guichet, now: datetime) -> bool:
    """Say whether what is past its time was not dropped today."""
    return guichet.store.meta("retired")[:10] != iso(now)[:10]
