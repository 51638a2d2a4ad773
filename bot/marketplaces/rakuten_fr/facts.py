"""Facts out of Rakuten's own words: numbers, names, sums, days, parcels, links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from bot.core import dates, link, money, parcel
from bot.core.event import Kind
from bot.core.message import Message
from bot.marketplaces.contract import Pattern, pattern, plain
from bot.marketplaces.rakuten_fr.letter import LOOKS, own_words

__all__ = ["claimed_on", "linked_item", "links", "read", "turned"]

_FLAGS = re.IGNORECASE | re.MULTILINE
_CLAIMED_ON = re.compile(LOOKS["comment"]["claimed_on"], _FLAGS)
_ORDER_PAGE = re.compile(LOOKS["links"]["order_page"])
_SALE_LIST = re.compile(LOOKS["links"]["sale_list"])
_HOST = re.compile(LOOKS["links"]["host"], re.IGNORECASE)
_READS = {where: {name: [*map(pattern, patterns)] for name, patterns in rows.items()}
          for where, rows in LOOKS["reads"].items()}
_WHEN = {Kind(kind): {name: {value: pattern(said) for value, said in values.items()}
                      for name, values in names.items()} for kind, names in LOOKS["when"].items()}
_Tell = Callable[[str], str]


def read(own: str, subject: str) -> dict[str, str]:
    """Return the facts of Rakuten's own part of a mail, and of its subject; what is not told is not there."""
    text = own_words(plain(own))
    found = {**_found("subject", plain(subject)), **_found("text", text), **_found("titles", plain(own))}
    for where, tell in _TELLS.items():
        found |= _found(where, text, tell)
    return found | _parcel(text, found)


def turned(kind: Kind, own: str, said: Mapping[str, str]) -> dict[str, str]:
    """Return the facts that part one kind in two; two words against each other leave them `unknown`."""
    text, found = " ".join(plain(own).split()), {}
    for name, values in _WHEN.get(kind, {}).items():
        fits = [value for value, words in values.items() if words.search(text)]
        if fits:
            found[name] = fits[0] if len(fits) == 1 else "unknown"
        elif not said.get(name) and name in ("when", "outcome"):
            found[name] = "unknown"
    return found


def claimed_on(text: str) -> str:
    """Return the day from which Rakuten counts, as 2026-11-16; empty when the mail names none."""
    found = _CLAIMED_ON.search(plain(text))
    try:
        return date(*map(int, reversed(found.groups()))).isoformat() if found else ""
    except ValueError:
        return ""


def linked_item(addresses: Iterable[str]) -> str:
    """Return the item whose page is linked to; empty for none, or for several."""
    items = {page[1] for page in _order_pages(addresses)}
    return items.pop() if len(items) == 1 else ""


def links(message: Message, own: str, item: str | None) -> dict[str, str]:
    """Return Rakuten's links by what they are, or by what opening them does.

    The page of the sale is the one the mail gives for this item, else built; never one for another item.
    """
    found = _labelled(address for address in message.links if _HOST.match(address) and (not own or address in own))
    if item:
        pages = _order_pages(message.links)
        built = LOOKS["links"]["order_page_of"].format(item=item)
        found["order_page"] = next((page[0] for page in pages if page[1] == item), built)
    return found


def _found(where: str, text: str, tell: _Tell = str.strip) -> dict[str, str]:
    return {name: said for name, patterns in _READS[where].items() if (said := _first(patterns, text, tell))}


def _first(patterns: Iterable[Pattern], text: str, tell: _Tell) -> str:
    matches = (found for each in patterns if (found := each.search(text)))
    return next((said for found in matches if (said := tell(found[1]))), "")


def _sum(words: str) -> str:
    said = money.money(words)
    return str(said) if said else ""


def _day(words: str) -> str:
    said = dates.day(words, "fr")
    return said.isoformat() if said else ""


_TELLS: Mapping[str, _Tell] = {"sums": _sum, "days": _day, "carriers": parcel.carrier_called}


def _parcel(text: str, found: Mapping[str, str]) -> dict[str, str]:
    """The tracking number and whose it is; a carrier named on a line of its own helps to tell."""
    words = _found("parcels", text).get("tracking", "")
    said = parcel.tracking(f"{found.get('carrier', '')} {words}") or parcel.tracking(words.split(" ")[0])
    if not (words and said):
        return {}
    carrier = found.get("carrier") or said.carrier
    return {"tracking": said.number} | ({"carrier": carrier} if carrier else {})


def _order_pages(addresses: Iterable[str]) -> Iterator[re.Match[str]]:
    return (found for address in addresses if (found := _ORDER_PAGE.search(address)))


def _labelled(addresses: Iterable[str]) -> dict[str, str]:
    """Links other than the page of the sale: `sale_list`, or `acts`, `unsubscribes`, `reports`, each the first."""
    found: dict[str, str] = {}
    for address in addresses:
        name = "sale_list" if _SALE_LIST.search(address) else link.opens(address)
        if name not in ("", "shows"):
            found.setdefault(name, address)
    return found
