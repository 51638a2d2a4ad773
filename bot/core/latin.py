"""Text for a webservice that speaks ISO-8859-1 and cuts long messages: made to fit, or refused with the reason."""

from __future__ import annotations

from unicodedata import combining, name, normalize

from bot.core.errors import BotError
from bot.core.pattern import later
from bot.words import say

__all__ = ["MOST", "UnfitTextError", "fit"]

MOST = 475
"""Characters of a message at Rakuten. W: one public program cuts there; longer ones would lose their end unseen."""

_INSTEAD = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u02bc": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"', "\u2039": "«", "\u203a": "»",
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
    "\u2022": "-", "\u2026": "...", "\u2192": "->", "\u2122": "(TM)", "\u20ac": "EUR",
    "\u0152": "OE", "\u0153": "oe", "\u0141": "L", "\u0142": "l", "\u0131": "i",
    "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None, "\u00ad": None, "\ufe0f": None,
})
_BLANKS = later("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t]")
_EURO = later(r"(?<=\d)\u20ac")
_CONTROLS = later("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ENTITY = later(r"&(?:[A-Za-z]{2,8}|#[0-9]{2,6}|#x[0-9A-Fa-f]{2,5});")
_SHOWN = 5


class UnfitTextError(BotError):
    """The text cannot go through the webservice as it is."""


def fit(text: str) -> str:
    """Return the text in characters of ISO-8859-1: quotes, dashes, œ and € written plainly, no HTML entities.

    Raises:
        UnfitTextError: it is empty, longer than MOST, or holds what has no plain form (an emoji).
    """
    plain = _plain(text)
    if strange := [letter for letter in dict.fromkeys(plain) if ord(letter) > 255]:
        raise UnfitTextError(say(
            "The webservice cannot carry these characters: {letters}; write the text without them",
            letters=", ".join(map(_shown, strange[:_SHOWN]))))
    if not plain:
        raise UnfitTextError(say("The text is empty: the webservice would send a message without words"))
    if len(plain) > MOST:
        raise UnfitTextError(say("The text has {length} characters, and the webservice takes {most}: shorten it, or "
                                 "paste it into your account", length=len(plain), most=MOST))
    return plain


def _plain(text: str) -> str:
    """Return the text with whatever has a plain form in it; what has none stays, for the caller to name."""
    from html import unescape  # else where it is used: it brings the names of all signs, and few write to a webservice

    bare = _ENTITY.sub(lambda found: unescape(found[0]), text.replace("\r\n", "\n").replace("\r", "\n"))
    spaced = _BLANKS.sub(" ", _EURO.sub(" EUR", normalize("NFC", bare)))
    latin = "".join(map(_unaccented, _CONTROLS.sub("", spaced.translate(_INSTEAD))))
    return "\n".join(line.rstrip() for line in latin.split("\n")).strip()


def _unaccented(letter: str) -> str:
    """Return a letter that ISO-8859-1 lacks without its accent (the ő of a Hungarian name), others as they are."""
    if ord(letter) < 256:
        return letter
    parts = normalize("NFKD", letter)
    return "".join(part for part in parts if not combining(part))


def _shown(letter: str) -> str:
    return f"U+{ord(letter):04X} {name(letter, '').lower()}".strip()
