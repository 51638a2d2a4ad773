"""Every folder here is a marketplace; there is no list to keep."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bot.core.errors import UnreadableError
from bot.core.event import Kind
from bot.core.message import Message
from bot.marketplaces.contract import Marketplace


@cache
def installed() -> tuple[Marketplace, ...]:
    """Return every marketplace that has a folder here, by name."""
    return tuple(import_module(f"{__name__}.{found.name}").MARKETPLACE
                 for found in iter_modules(__path__) if found.ispkg)


def among(names: Collection[str] | None) -> tuple[Marketplace, ...]:
    """Return the installed marketplaces of these names; all for None."""
    return installed() if names is None else tuple(one for one in installed() if one.name in names)


def named(name: str) -> Marketplace | None:
    """Return the marketplace of that name, or None if its folder is gone."""
    return next((one for one in installed() if one.name == name), None)


def titled(name: str) -> str:
    """Return how people call a marketplace; one without a folder by its name."""
    found = named(name)
    return found.title if found else name


def recognise(message: Message, marketplaces: Sequence[Marketplace]) -> tuple[Marketplace, Kind] | None:
    """Return the one marketplace that claims the message, and as what; None if nobody does.

    Raises:
        UnreadableError: two marketplaces claim it: a person must say.
    """
    claims = [(marketplace, kind) for marketplace in marketplaces if (kind := marketplace.recognise(message))]
    if len(claims) > 1:
        raise UnreadableError("ambiguous", f"claimed by {' and '.join(m.name for m, _ in claims)}")
    return claims[0] if claims else None
