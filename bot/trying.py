"""`try`: what would we understand and do? One object a mail; nothing is kept and nothing leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.core import message
from bot.core.action import Action, What
from bot.core.case import Case
from bot.core.clean import UNEXPECTED
from bot.core.deadline import Deadline
from bot.core.errors import UnreadableError
from bot.core.event import Channel, Event
from bot.core.message import Message
from bot.edges.store import Store, iso
from bot.guichet import keys_of, templates_of
from bot.marketplaces.contract import Notification
from bot.pipeline import Considered, consider, event_of, journal
from bot.reading import other_shop, unclaimed
from bot.settings import Settings
from bot.understanding import claimed_elsewhere, understand
from bot.words import say
from bot.writing import has_words, own_answers, shown, with_quote, worded

Flat = dict[str, Any]

_KEPT = re.compile(r"[Mm]-([0-9]{1,18})")


def mail_number(name: str) -> int | None:
    """Return the number of a kept mail such as M-12; None for any other name."""
    found = _KEPT.fullmatch(name)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A mail to be tried: a file, or one kept in the database, by its name there.

    Attributes:
        read: gives its bytes; raises OSError where there is no such file or kept mail.
        path: the file; None for a kept mail.
    """

    name: str
    read: Callable[[], bytes]
    path: Path | None = None


def sources(asked: Iterable[Path], store: Callable[[], Store | None]) -> Iterator[Source]:
    """Yield what was asked for: files, kept mails by name (M-12), and every *.eml below a folder, in order."""
    for path in asked:
        if (number := mail_number(str(path))) is not None and not path.exists():
            yield Source(name=f"M-{number}", read=partial(_kept, store, number))
        elif path.is_dir():
            yield from (_file(one) for one in sorted(path.rglob("*.eml")))
        else:
            yield _file(path)


def _file(path: Path) -> Source:
    return Source(name=str(path), read=path.read_bytes, path=path)


def _kept(opened: Callable[[], Store | None], number: int) -> bytes:
    store = opened()
    raw = store.raw_mail(number) if store else None
    if raw is None:
        raise FileNotFoundError(2, say("no such mail is kept"))
    return raw


def try_mail(source: Source, settings: Settings, now: datetime, *, pinned: bool, drafted: bool = False) -> Flat:
    """Return the object of design's contract for one mail.

    Args:
        now: the moment reckoned from; `pinned` when it was asked for. Otherwise a mail counts from its own Date.
        drafted: add `draft`: the reply it would write, or null with the reason in `no_draft`.

    Raises:
        OSError: there is no such file or kept mail, or it cannot be read.
    """
    found, raw = _empty(source.name), source.read()
    try:
        seen = message.read(raw, trusted=settings.trusted(), keys=keys_of(settings), received=now if pinned else None)
        found["origin"] = str(seen.origin)
        return found | _understood(seen, settings, now, pinned=pinned, drafted=drafted)
    except UnreadableError as error:
        return found | {"shelved": str(error)}
    except UNEXPECTED as error:  # a fault of ours stops no other mail; the pipeline puts it on the shelf likewise
        return found | {"shelved": f"fault: {type(error).__name__}"}


def _draft(seen: Message, event: Event, seen_then: Considered, settings: Settings) -> Flat:
    """Return the reply that would be written."""
    case = seen_then.case
    action = next((one for one in seen_then.decided if isinstance(one, Action) and one.what is What.REPLY), None)
    if action is None:
        return {"draft": None, "no_draft": say("nothing to answer")}
    templates, mail = templates_of(settings), {"subject": seen.subject}
    found = own_answers(templates, case, event)
    if not found and not has_words(templates, action, case):
        return {"draft": None, "no_draft": say("no template {name} for {marketplace}", name=action.template,
                                               marketplace=case.key.marketplace)}
    action, said, error = worded(templates, action, case, event, mail, found)
    if error:
        return {"draft": None, "no_draft": error}
    by_mail = action.channel is Channel.EMAIL
    return {"no_draft": None, "draft": {
        "to": case.answer_to if by_mail else shown(event.links) or case.key.marketplace,
        "channel": str(action.channel), "mode": str(action.mode), "subject": said.subject,
        "body": with_quote(settings.seller, said.body, case, event.text, event.at, event.facts) if by_mail
        else said.body}}


def _empty(file: str) -> Flat:
    names = ("marketplace", "kind", "origin", "order", "item", "case", "buyer", "language", "text")
    return {"file": file, **dict.fromkeys(names), "facts": {}, "links": {}, "deadlines": [], "actions": [],
            "shelved": None}


def _understood(seen: Message, settings: Settings, now: datetime, *, pinned: bool, drafted: bool) -> Flat:
    if (understood := understand(seen)) is None:
        return {"text": seen.newest or None, "shelved": unclaimed(seen, settings.seller)[1]}
    found = _told(understood.note)
    if elsewhere := claimed_elsewhere(seen, _shops(seen, settings)):
        return found | {"shelved": other_shop(elsewhere)}     # what it says is shown: he may well want to add the shop
    received = now if pinned or seen.date is None or seen.date > now else seen.date
    event = event_of(understood, source="try", received=received, policy=settings.policy)
    seen_then = consider(Case(key=event.case), event, understood, settings, now if pinned else received)
    return found | {
        "deadlines": [_deadline(deadline) for deadline in seen_then.deadlines],
        "actions": [journal(answer) for answer in seen_then.decided if isinstance(answer, Action)],
    } | (_draft(seen, event, seen_then, settings) if drafted else {})


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
