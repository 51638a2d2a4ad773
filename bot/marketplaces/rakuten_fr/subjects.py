"""The grammar of Rakuten's subjects: <label> (<item>) - <agent> (Service Clients Rakuten), many parts missing.

The rows of notifications.toml say the labels as people read them; here they become patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.core.event import Kind
from bot.core.pattern import later
from bot.marketplaces.contract import Label, Pattern, pattern, plain

__all__ = ["agent", "label", "labels"]

_FLAGS = re.IGNORECASE | re.MULTILINE
_ANSWER = r"\A\s*(?:(?:re|tr|fwd?) ?: ?){0,3}"
_WORD = r"(?-i:[^\sa-z0-9()])[^\s()]{0,29}"   # a name begins with a capital; its accents may come as two characters
_NAME = rf"{_WORD}(?: {_WORD}){{0,2}}"
_NUMBER = (r"(?: ?\((?:achat |article |commande )?(?:n° ?)?[\d /]{4,40}\)"
           r"|(?: (?:sur|pour|de|concernant))?(?: (?:la|votre|cette))?(?: (?:commande|vente|achat|article))?(?: n°)?"
           r" ?[0-9]{9,10}(?: ?/ ?[0-9]{9,10})?)")
_DASH = r"(?: |(?<=[)!?.…]))[-–—] ?"      # not the one of "Porte-Monnaie"
_SIGNATURE = rf"(?:{_DASH}(?:{_NAME} ?)?)? ?\(?service clients? ?(?:de )?(?:rakuten|priceminister).{{0,40}}"
_REST = (rf"(?: ?[!?.…]{{1,3}})?(?:{_NUMBER}(?:{_DASH}{_WORD})?)?"
         rf"(?:{_SIGNATURE}|{_DASH}(?:rakuten|priceminister)(?: france)?)? ?\Z")
_AGENT = later(rf"{_DASH}({_NAME}) ?\(service clients?\b|\){_DASH}(?!service )({_WORD})\Z", re.IGNORECASE)
_LABEL = later(rf"{_ANSWER}(.{{1,200}}?){_REST}", _FLAGS)


def labels(rows: Iterable[Mapping[str, Any]]) -> tuple[Label, ...]:
    """Return the rows of notifications.toml as the contract's labels, in their order."""
    return tuple(_label({**row, **each}) for row in rows for each in row.get("each", ({},)))


def agent(subject: str) -> str:
    """Return the first name that signs a subject; empty where Rakuten wrote by itself."""
    found = _AGENT.search(plain(subject))
    return (found[1] or found[2]) if found else ""


def label(subject: str) -> str:
    """Return a subject less what stands around its label: "Re:", the number, who signed."""
    found = _LABEL.match(plain(subject))
    return found[1].strip() if found else plain(subject).strip()


def _label(row: Mapping[str, Any]) -> Label:
    words, subject = row.get("words", ()), row.get("pattern")
    return Label(
        kind=Kind(row["kind"]), seen=row["seen"], says=row.get("says", {}),
        subject=pattern(subject if subject is not None else _worded(words)), hints=tuple(map(_hint, words)),
        text=_pattern(row.get("text")), said=_pattern(row.get("said")), sender=_pattern(row.get("sender")))


def _pattern(said: str | None) -> Pattern | None:
    return pattern(said) if said is not None else None


def _worded(words: Sequence[str]) -> str:
    """A label in words, then the rest of the grammar; after a `…` anything."""
    whole = "|".join(_loose(each) for each in words if not each.endswith("…"))
    begun = "|".join(_loose(each.rstrip(" …")) for each in words if each.endswith("…"))
    ways = [f"(?:{whole}){_REST}"] * bool(whole) + [rf"(?:{begun})(?!\w)"] * bool(begun)
    return f"{_ANSWER}(?:{'|'.join(ways)})"


def _hint(words: str) -> str:
    """Return the longest piece of a label that `_loose` leaves as it is, in small letters."""
    return max(_LOOSENED.split(words.rstrip(" !?…").lower()), key=len)


_LOOSENED = later(r" ?[:-]|[^\x00-\x7f]")


def _loose(words: str) -> str:
    """Words as mail systems bring them: accents lost or garbled, a blank before `:` or none."""
    loose = "".join(char if char.isascii() else ".{1,2}" for char in re.escape(words.rstrip(" !?")))
    return re.sub(r"(?:\\ | )?(:|-)", r" ?\1", loose)
