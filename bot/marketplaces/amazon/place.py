"""Which of Amazon's sites a mail is about, and which of its addresses may be answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.core.message import Message
from bot.marketplaces.amazon.tables import Tables

DEFAULT_ZONE = "Europe/Paris"

_RELAY = re.compile(r"[^@]+@marketplace\.amazon\.([a-z.]+)")
_SITE = re.compile(r"(?:\A|\.)amazon\.([a-z.]{2,6})\Z")


def is_relay(address: str, tables: Tables) -> bool:
    """Say whether an address is a buyer's anonymous one: the whole domain counts, never a part of it."""
    found = _RELAY.fullmatch(address.lower())
    return found is not None and found[1] in tables.tlds


def relay_name(address: str, tables: Tables) -> str:
    """Return what stays the same in a buyer's address from message to message; empty for other addresses.

    `<base>+<case id>@`, and `<base> <message id>@` as some mail systems make of it.
    """
    return re.split(r"[+ ]", address.rpartition("@")[0].strip('"'))[0] if is_relay(address, tables) else ""


def tld(message: Message, tables: Tables) -> str:
    """Return the ending of the site: notices come from amazon.com for every one of them."""
    by_id = tables.marketplace_ids.get(message.headers.get("x-marketplace-id", "").strip(), "")
    sender = _ending(message.sender.rpartition("@")[2], tables)
    if by_id or is_relay(message.sender, tables):
        return by_id or sender
    return next((ending for ending in _linked(message, tables) if ending != "com"), sender)


def zone(message: Message, tables: Tables) -> str:
    """Return the IANA name of the clock that hours in this mail mean."""
    return tables.zones.get(tld(message, tables), DEFAULT_ZONE)


def is_amazons(where: str, tables: Tables) -> bool:
    """Say whether an address or a host is one of Amazon's."""
    return bool(_ending(where.rpartition("@")[2], tables))


def host(url: str) -> str:
    """Return a web link's host; empty for what is no web link."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:      # http://[ : a link anyone may write
        return ""


def _linked(message: Message, tables: Tables) -> Iterator[str]:
    return (ending for url in message.links if (ending := _ending(host(url), tables)))


def _ending(domain: str, tables: Tables) -> str:
    found = _SITE.search(domain.lower())
    return found[1] if found and found[1] in tables.tlds else ""

