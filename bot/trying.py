"""`try`: what would we understand and do? One object a file; nothing is kept and nothing leaves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from bot.core import message
from bot.core.action import Action
from bot.core.case import Case
from bot.core.deadline import Deadline
from bot.core.errors import UnreadableError
from bot.core.message import Message
from bot.edges.store import iso
from bot.marketplaces.contract import Notification
from bot.pipeline import consider, event_of, journal, other_shop, unclaimed, understand
from bot.settings import Settings

Flat = dict[str, Any]


def try_file(path: Path, settings: Settings, now: datetime, *, pinned: bool) -> Flat:
    """Return the object of design's contract for one file.

    Args:
        now: the moment reckoned from; `pinned` when it was asked for. Otherwise a mail counts from its own Date.

    Raises:
        OSError: the file cannot be read.
    """
    found = _empty(str(path))
    try:
        seen = message.read(path.read_bytes(), trusted=settings.trusted())
        found["origin"] = str(seen.origin)
        return found | _understood(seen, settings, now, pinned=pinned)
    except UnreadableError as error:
        return found | {"shelved": str(error)}


def _empty(file: str) -> Flat:
    names = ("marketplace", "kind", "origin", "order", "item", "case", "buyer", "language", "text")
    return {"file": file, **dict.fromkeys(names), "facts": {}, "links": {}, "deadlines": [], "actions": [],
            "shelved": None}


def _understood(seen: Message, settings: Settings, now: datetime, *, pinned: bool) -> Flat:
    if (understood := understand(seen)) is None:
        return {"text": seen.newest or None, "shelved": unclaimed(seen, settings.seller)[1]}
    found = _told(understood.note)
    if reason := other_shop(seen, _shops(seen, settings)):
        return found | {"shelved": reason}      # what it says is shown, for he may well want to add the shop
    received = now if pinned or seen.date is None or seen.date > now else seen.date
    event = event_of(understood, source="try", received=received, policy=settings.policy)
    seen_then = consider(Case(key=event.case), event, understood, settings, now if pinned else received)
    return found | {
        "deadlines": [_deadline(deadline) for deadline in seen_then.deadlines],
        "actions": [journal(answer) for answer in seen_then.decided if isinstance(answer, Action)],
    }


def _shops(seen: Message, settings: Settings) -> tuple[str, ...] | None:
    """Return the shops of the mailbox a mail is addressed to; None, so that all count, where that is none of his."""
    to = seen.to.lower().split(", ")
    return next((box.shops for box in settings.mailboxes if box.address.lower() in to), None)


def _told(note: Notification) -> Flat:
    return {
        "marketplace": note.marketplace, "kind": str(note.kind), "order": note.order, "item": note.item,
        "case": note.reference, "buyer": note.buyer, "language": note.language, "text": note.text or None,
        "facts": dict(note.facts), "links": dict(note.links),
    }


def _deadline(deadline: Deadline) -> Flat:
    return {"name": deadline.name, "due": iso(deadline.due), "stated": deadline.stated,
            "rule": deadline.rule or None, "source": deadline.source or None, "why": deadline.why}
