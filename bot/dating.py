"""The deadlines as a calendar: printed when asked for, and kept current in a file where the seller names one.

It may lie where others see it, on a phone or a server, so nothing in it names a buyer or quotes him: the case, what it
is about, the order number, the arithmetic and what silence costs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import words
from bot.alarming import end_alarm, failed
from bot.core import ics
from bot.core.event import Party
from bot.core.policy import Mode
from bot.due import CALENDAR, calendar_told
from bot.edges import papers
from bot.edges.store import Row, Store, iso, moment
from bot.guichet import Guichet
from bot.settings import Settings
from bot.words import say
from bot.words.kinds import kind_words

ENDED = timedelta(days=30)          # so long what has ended stands in it: calendars then know that it has
AGAIN = timedelta(minutes=10)       # after a failure
ALARM = "calendar"


def keep_calendar(guichet: Guichet, now: datetime) -> bool:
    """Write the file anew if something happened since; say whether it was. One that cannot be written is an alarm."""
    path = guichet.settings.calendar
    if path is None:
        return False
    store, told = guichet.store, calendar_told(guichet, now)
    kept = store.meta(CALENDAR)
    if (kept == told and path.exists()) or kept > f"~{iso(now)}":
        return False
    with words.speaking(guichet.seller.language):
        try:
            papers.write(path, calendar(store, guichet.settings, now))
        except papers.PaperError as error:
            failed(guichet, ALARM, error, now)
            store.set_meta(CALENDAR, f"~{iso(now + AGAIN)}")
            return False
        end_alarm(guichet, ALARM, now)
    store.set_meta(CALENDAR, told)
    return True


def calendar(store: Store | None, settings: Settings, now: datetime, *, todo: bool = False) -> str:
    """Return every deadline that runs or has ended lately, as events or as tasks, in the language spoken now."""
    rows = store.rows(ROWS, iso(now - ENDED)) if store else []
    place = store.keyed("calendar").removeprefix(store.KEYED)[:16] if store else "guichet"
    return ics.calendar([_entry(row, settings, place) for row in rows], name=say("Guichet: deadlines"),
                        language=words.current(), todo=todo)


# A deadline that becomes an earlier one is another row, but the same entry: it is named by how many of its name
# ended before it in its case. Each change of one comes with an event, so their number tells changes apart.
ROWS = """
SELECT every.*, cases.order_number, cases.marketplace, cases.kind,
    (SELECT count(*) FROM events WHERE events.case_id = every.case_id) AS changes,
    (SELECT max(heard) FROM events WHERE events.case_id = every.case_id) AS heard
FROM (SELECT *, row_number() OVER (PARTITION BY case_id, name ORDER BY id) - 1 AS before FROM deadlines) AS every
JOIN cases ON cases.id = every.case_id
WHERE every.state = 'open' OR coalesce(every.ended, every.due) >= ?
ORDER BY every.due, every.id
"""


def _entry(row: Row, settings: Settings, place: str) -> ics.Entry:
    return ics.Entry(
        uid=f"c{row['case_id']}-{row['name']}-{row['before']}@{place}.guichet", due=moment(row["due"]),
        stamp=moment(row["heard"] or row["started"]), sequence=row["changes"], summary=_summary(row),
        description=_description(row), category=row["marketplace"], state=row["state"],
        ended=moment(row["ended"]) if row["ended"] else None, alarms=_alarms(row, settings))


def _summary(row: Row) -> str:
    head = ", ".join(filter(None, (f"C-{row['case_id']} {say(kind_words(row['kind']))}", row["order_number"])))
    if row["state"] == "met":
        return say("Met: {what}", what=head)
    if row["state"] == "missed":
        return say("Missed: {what}", what=head)
    return head


def _description(row: Row) -> str:
    whose = {Party.BUYER: say("the buyer must move"), Party.MARKETPLACE: say("the marketplace must move")}
    parts = (whose.get(Party(row["who"]), ""), row["why"], row["silence"], f"run_bot.py why C-{row['case_id']}")
    return "\n".join(filter(None, parts))


def _alarms(row: Row, settings: Settings) -> tuple[timedelta, ...]:
    """Return when it rings: as the reminders come, for what is the seller's to do and not switched off."""
    quiet = row["who"] != Party.SELLER or settings.policy.mode_for(row["marketplace"], row["kind"]) is Mode.OFF
    return () if quiet else tuple(settings.policy.warnings)
