"""What a mail says: which marketplace wrote it, of what kind it is, its facts.

Patterns run over a stranger's text here, so the child that reads a mail does this too, within its limits (`told`), and
the program takes it over as plain values (`taken_over`). Where it has none it looks for itself: a child may be one that
only reads, and one of ours may have failed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import marketplaces
from bot.core.clean import UNEXPECTED
from bot.core.deadline import Period, Stated, Unit
from bot.core.errors import UnreadableError
from bot.core.event import Kind
from bot.core.message import Message
from bot.edges.reader import trouble
from bot.marketplaces.contract import Marketplace, Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A mail that a marketplace claims, and what it says."""

    message: Message
    marketplace: Marketplace
    note: Notification


def understand(seen: Message, shops: Collection[str] | None = None) -> Understood | None:
    """Return what the message tells us, or None if no marketplace claims it.

    Args:
        shops: the marketplaces that write to this mailbox; None: all.

    Raises:
        UnreadableError: it is a marketplace's, but a fact is missing or two claim it.
    """
    claim = marketplaces.recognise(seen, marketplaces.among(shops))
    if claim is None:
        return None
    marketplace, kind = claim
    return Understood(message=seen, marketplace=marketplace, note=marketplace.parse(seen, kind))


def claimed_elsewhere(seen: Message, shops: Collection[str] | None) -> str:
    """Return the name of a marketplace that is not among these shops and would claim the mail; empty for none."""
    strangers = () if shops is None else (one for one in marketplaces.installed() if one.name not in shops)
    return next((one.name for one in strangers if one.recognise(seen)), "")


# -- in the child --------------------------------------------------------------------------------


def told(seen: Message, shops: tuple[str, ...]) -> tuple[Any, ...] | None:
    """Return as plain values what a mail says; None after a fault of ours: it shows where the program does the same."""
    try:
        found = understand(seen, shops)
        return ("claimed", *_fields(found.note)) if found else ("unclaimed", claimed_elsewhere(seen, shops))
    except UnreadableError as error:
        return "unreadable", error.code, error.sentence
    except UNEXPECTED:
        return None


def _fields(note: Notification) -> tuple[Any, ...]:
    return (note.marketplace, str(note.kind), tuple(getattr(note, name) for name in _TEXTS),
            tuple(getattr(note, name) for name in _MAYBE), note.aliases, dict(note.facts), dict(note.links),
            tuple(map(_stated_fields, note.stated)))


def _stated_fields(one: Stated) -> tuple[Any, ...]:
    return (one.words, (one.within.amount, str(one.within.unit)) if one.within else None,
            one.until.isoformat() if one.until else "")


_TEXTS = ("reference", "mark", "text", "answer_to", "held")
_MAYBE = ("order", "item", "buyer", "language")


# -- in the program ------------------------------------------------------------------------------


def taken_over(seen: Message, said: Any, shops: Collection[str]) -> Understood | str:
    """Return what a mail says, or as `claimed_elsewhere` does if none of the shops claims it.

    Args:
        said: what the child told, if anything.

    Raises:
        UnreadableError: as `understand` does; or `crashed`: no child of ours says such things.
    """
    if said is None:
        return understand(seen, shops) or claimed_elsewhere(seen, shops)
    try:
        return _believed(seen, *said)
    except (TypeError, ValueError):
        raise trouble("crashed") from None


def _believed(seen: Message, how: str, *said: Any) -> Understood | str:
    if how == "unreadable":
        code, sentence = map(_text, said)
        raise UnreadableError(code, sentence)
    if how == "unclaimed":
        [elsewhere] = map(_text, said)
        return elsewhere
    note = _note(*said)
    if how != "claimed" or not (marketplace := marketplaces.named(note.marketplace)):
        raise ValueError
    return Understood(message=seen, marketplace=marketplace, note=note)


def _note(marketplace: Any, kind: Any, texts: Any, maybe: Any, aliases: Any, facts: Any, links: Any,
          stated: Any) -> Notification:
    """Return plain values as the Notification they were; ValueError or TypeError for what never was one."""
    return Notification(
        marketplace=_text(marketplace), kind=Kind(kind), **dict(zip(_TEXTS, map(_text, texts), strict=True)),
        **dict(zip(_MAYBE, map(_text_or_none, maybe), strict=True)),
        aliases=tuple(map(_text, aliases)), facts=_named(facts), links=_named(links),
        stated=tuple(_stated(*one) for one in stated))


def _stated(words: Any, within: Any, until: Any) -> Stated:
    amount, unit = within or (0, "")
    if type(amount) is not int:
        raise TypeError
    return Stated(words=_text(words), within=Period(amount=amount, unit=Unit(unit)) if within else None,
                  until=datetime.fromisoformat(until) if until else None)


def _named(said: Any) -> dict[str, str]:
    if type(said) is not dict or not all(type(one) is str for pair in said.items() for one in pair):
        raise TypeError
    return said


def _text_or_none(said: Any) -> Any:
    return None if said is None else _text(said)


def _text(said: Any) -> str:
    if type(said) is not str:
        raise TypeError
    return said
