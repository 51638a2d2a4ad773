"""A mail's words parted: Rakuten's own, and those of the buyer it quotes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.core.pattern import later
from bot.marketplaces.contract import looks, plain

__all__ = ["LOOKS", "Parts", "commented", "letter", "message", "own_words"]

LOOKS: Mapping[str, Any] = looks(__file__)
_FLAGS = re.IGNORECASE | re.MULTILINE
_BEGINS = later(LOOKS["comment"]["begins"], _FLAGS)
_MESSAGE_BEGINS = later(LOOKS["comment"]["message_begins"], _FLAGS)
_CLOCK = later("|".join(LOOKS["comment"]["clocks"]), _FLAGS)
_CLAIM_CLOCK = later("|".join(LOOKS["comment"]["clocks"] + LOOKS["comment"]["claim_clocks"]), _FLAGS)
_END = later("|".join(LOOKS["comment"]["ends"]), _FLAGS)
_LETTER_END = later(LOOKS["comment"]["letter_ends"], _FLAGS)
_GREETING = later(LOOKS["comment"]["greeting"], re.IGNORECASE)
_QUOTED = later(r"«[^«»]{0,4000}»")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The words of the marketplace, above the buyer's and around them, and those of the buyer."""

    above: str
    rakuten: str
    buyer: str


@lru_cache(maxsize=4)    # each reader of a mail asks
def commented(text: str, *, claim: bool) -> Parts:
    """Part the buyer's comment from the mail around it.

    The mail goes on at the last sentence that gives the seller time: a comment that apes it ("vous avez
    30 jours") stands above Rakuten's own, and moves no deadline. Only a `claim` is known to have one there.
    """
    same = plain(text)      # character for character as long as `text`
    begins = _BEGINS.search(same)
    if not begins:
        return Parts(above=text, rakuten=text, buyer="")
    clocks = (_CLAIM_CLOCK if claim else _CLOCK).finditer(same, begins.end())
    clock = max((found.start() for found in clocks), default=len(text))
    end = _END.search(same, begins.end(), clock)
    above = text[:begins.start()]
    return Parts(above=above, rakuten=f"{above}\n\n{text[clock:]}",
                 buyer=text[begins.end():end.start() if end else clock].strip())


def message(text: str) -> Parts:
    """Part a message from the mail that brings it. Nothing below its first word is Rakuten's to state.

    Where no line says that it begins, all may be the buyer's: it is shown whole, and states no time.
    """
    same = plain(text)
    begins = _MESSAGE_BEGINS.search(same)
    if not begins:
        return Parts(above=text, rakuten="", buyer=letter(text))
    end = _END.search(same, begins.end())
    above = text[:begins.start()]
    return Parts(above=above, rakuten=above, buyer=text[begins.end():end.start() if end else len(text)].strip())


def letter(text: str) -> str:
    """Return what Rakuten writes, less greeting, thanks and name."""
    same = plain(text)
    greeting, end = _GREETING.match(same), _LETTER_END.search(same)
    cut = text[greeting.end() if greeting else 0:end.start() if end else len(text)].strip()
    return cut or text.strip()


def own_words(text: str) -> str:
    """Return a letter without what it quotes between « and »: those are somebody else's words."""
    return _QUOTED.sub("«»", text)
