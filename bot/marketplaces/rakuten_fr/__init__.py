"""Rakuten France. Patterns tell its claims apart; here the buyer's words are parted from Rakuten's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.core.event import Kind
from bot.core.message import Message
from bot.core.stated import stated
from bot.marketplaces.contract import Marketplace, Notification, plain

MARKETPLACE = Marketplace.from_folder(__file__)

_LOOKS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("notifications.toml").read_text("utf-8"))
_FLAGS = re.IGNORECASE | re.MULTILINE
_BEGINS = re.compile(_LOOKS["comment"]["begins"], _FLAGS)
_CLOCK = re.compile("|".join(_LOOKS["comment"]["clocks"]), _FLAGS)
_END = re.compile("|".join(_LOOKS["comment"]["ends"]), _FLAGS)
_CLAIMED_ON = re.compile(_LOOKS["comment"]["claimed_on"], _FLAGS)
_ORDER_PAGE = re.compile(_LOOKS["links"]["order_page"])
_ZONE = "Europe/Paris"
_CLAIMS = frozenset({Kind.NOT_CONFORMING_CLAIMED, Kind.NOT_RECEIVED_CLAIMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The words of the marketplace and those of the buyer."""

    rakuten: str
    buyer: str


@MARKETPLACE.reads
def claim(message: Message, note: Notification) -> Notification:
    """Add what a claim says beside its patterns: the buyer's words, the case's numbers, the stated time."""
    if note.kind not in _CLAIMS:
        return note
    parts = _part(message.text)
    item = note.facts.get("item") or _linked_item(parts.rakuten)
    order = note.facts.get("order")
    facts = {**note.facts, "item": item or "", "claimed_on": _claimed_on(parts.rakuten)}
    return replace(
        note, facts=facts, reference=item or order or "", mark=_mark(note.kind, facts, parts.buyer),
        order=order, item=item, buyer=note.facts.get("buyer"), language="fr", text=parts.buyer,
        links=_links(message, item), stated=stated(parts.rakuten, _ZONE),
    )


def _part(text: str) -> _Parts:
    """Part the buyer's comment from the mail around it.

    The mail goes on at the last sentence that gives the seller time: a comment that apes it ("vous avez
    30 jours") stands above Rakuten's own, and moves no deadline.
    """
    same = plain(text)      # character for character as long as `text`
    begins = _BEGINS.search(same)
    if not begins:
        return _Parts(rakuten=text, buyer="")
    clock = max((found.start() for found in _CLOCK.finditer(same, begins.end())), default=len(text))
    end = _END.search(same, begins.end(), clock)
    return _Parts(rakuten=f"{text[:begins.start()]}\n\n{text[clock:]}",
                  buyer=text[begins.end():end.start() if end else clock].strip())


def _claimed_on(text: str) -> str:
    """Return the day from which Rakuten counts, as 2026-11-16; empty when the mail names none."""
    found = _CLAIMED_ON.search(plain(text))
    try:
        return date(*map(int, reversed(found.groups()))).isoformat() if found else ""
    except ValueError:
        return ""


def _mark(kind: Kind, facts: Mapping[str, str], comment: str) -> str:
    """Equal in every copy of a claim, whatever its route did to blanks and apostrophes."""
    words = " ".join(plain(comment).casefold().split())
    said = "\n".join((facts.get("category", ""), facts.get("claimed_on", ""), words))
    return f"{kind}:{sha256(said.encode()).hexdigest()[:16]}"


def _order_pages(addresses: Iterator[str]) -> Iterator[re.Match[str]]:
    return (found for address in addresses if (found := _ORDER_PAGE.search(address)))


def _linked_item(text: str) -> str | None:
    """Return the item that the marketplace's own part of the mail links to, where it is not printed."""
    addresses = (found[0] for found in re.finditer(r"https?://[^\s<>\"]+", text))
    return next((page[1] for page in _order_pages(addresses)), None)


def _links(message: Message, item: str | None) -> dict[str, str]:
    """The page of the sale: as the mail gives it for this item, else built. Never one for another item."""
    if not item:
        return {}
    pages = _order_pages(iter(message.links))
    built = _LOOKS["links"]["order_page_of"].format(item=item)
    return {"order_page": next((page[0] for page in pages if page[1] == item), built)}
