"""The clock again: some days after a parcel left or arrived, the buyer may be reminded, once, that he can rate."""

from __future__ import annotations

import json
from datetime import datetime

from bot.core.event import CaseKey, Event, Kind
from bot.due import rating as is_time
from bot.edges.store import Row, iso, moment
from bot.guichet import Guichet
from bot.pipeline import handle

# The parcel's days as mails tell them, the surest first.
DAYS = ("received_on", "delivered_on", "shipped_on")


def remind_to_rate(guichet: Guichet, now: datetime) -> bool:
    """Let the sales whose time has come be events; say whether there was one. Without the policy's word, nothing.

    An order that waits for the seller is looked at again later; one whose time passed longer than `max_age` ago,
    as when the policy was switched on today, never.
    """
    if not is_time(guichet, now):
        return False
    after, store = guichet.policy.rating_after, guichet.store
    told = [_tell(guichet, row, left, now) for row, left in _parcels(guichet, now - after - guichet.policy.max_age)
            if left + after <= now]
    store.set_meta("ratings_looked", iso(now))
    return any(told)


def _parcels(guichet: Guichet, since: datetime) -> list[tuple[Row, datetime]]:
    """Return the cases nothing waits in, with the newest moment known of their parcel, if it is after `since`."""
    rows = guichet.store.rows(
        "SELECT cases.*, events.kind AS heard, events.at, events.facts, events.origin AS proof, events.source"
        " FROM events JOIN cases ON cases.id = events.case_id"
        " WHERE (events.origin = 'proven' OR events.source LIKE 'seller:%') AND (events.kind = 'seller_shipped'"
        " OR events.facts LIKE '%\"received_on\"%' OR events.facts LIKE '%\"delivered_on\"%'"
        " OR events.facts LIKE '%\"shipped_on\"%') AND events.key NOT LIKE '%/refused:%'"
        " AND cases.stage != 'closed' AND NOT EXISTS (SELECT 1 FROM deadlines WHERE deadlines.case_id = cases.id"
        " AND deadlines.state = 'open' AND deadlines.who = 'seller') ORDER BY events.id")
    newest: dict[int, tuple[Row, datetime]] = {}
    for row in rows:
        left = _moment(row)
        if row["id"] not in newest or left > newest[row["id"]][1]:
            newest[row["id"]] = row, left
    return [found for found in newest.values() if found[1] > since]


def _moment(row: Row) -> datetime:
    """Return when the parcel arrived or left: the day a mail or the seller names, at the hour he said so."""
    facts, said = json.loads(row["facts"]), moment(row["at"])
    for name in DAYS:
        try:
            day = datetime.fromisoformat(facts.get(name, "")[:10])
        except ValueError:
            continue
        return min(said, said.replace(year=day.year, month=day.month, day=day.day))
    return said


def _tell(guichet: Guichet, row: Row, left: datetime, now: datetime) -> bool:
    """Make the event of one sale. Its key is the order's where it is known: once, whatever cases it has."""
    key = CaseKey(marketplace=row["marketplace"], shop=row["shop"], reference=row["reference"])
    sale = row["order_number"] or key.reference
    event = Event(key=f"{key.marketplace}/{sale}/{Kind.RATING_DUE}", kind=Kind.RATING_DUE, case=key, at=now,
                  source=f"clock:{iso(left)}:rating", mark="rating", facts={"days": str((now - left).days)})
    return handle(guichet, event, now) is not None
