"""Domains made to be taken for a marketplace's: other letters that look the same, a slip of one, its name in theirs.

Nothing is decided by this: a mail from such a domain is on the shelf already, for no marketplace writes from it.
It only tells the seller what he is looking at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from bot.core.clean import one_line
from bot.core.origin import organisation

LONG_NAME = 5   # letters; of shorter ones too many honest names are one letter away, or hold them (betsy, etsy)

# after Unicode's confusables.txt: what of Cyrillic, Greek, Armenian and extended Latin reads as a plain letter,
# and the digits and pairs that do in most typefaces
_LIKE = str.maketrans({
    "а": "a", "ɑ": "a", "α": "a", "ь": "b", "в": "b", "с": "c", "ϲ": "c", "ԁ": "d", "ɗ": "d", "е": "e", "ҽ": "e",
    "є": "e", "ε": "e", "ғ": "f", "ɡ": "g", "ց": "g", "һ": "h", "հ": "h", "н": "h", "і": "i", "ı": "i", "ι": "i",
    "ɩ": "i", "ї": "i", "ј": "j", "ϳ": "j", "к": "k", "κ": "k", "ĸ": "k", "ӏ": "l", "ł": "l", "ⅼ": "l", "м": "m",
    "ո": "n", "η": "n", "ռ": "n", "п": "n", "о": "o", "ο": "o", "σ": "o", "օ": "o", "ø": "o", "р": "p", "ρ": "p",
    "ԛ": "q", "զ": "q", "г": "r", "ѕ": "s", "ʂ": "s", "т": "t", "τ": "t", "ŧ": "t", "υ": "u", "ս": "u", "ц": "u",
    "ν": "v", "ѵ": "v", "ѡ": "w", "ω": "w", "ԝ": "w", "х": "x", "χ": "x", "у": "y", "ү": "y", "γ": "y", "ʐ": "z",
    "0": "o", "1": "l", "3": "e", "5": "s", "8": "b", "đ": "d", "ð": "d", "þ": "p", "ß": "b", "æ": "ae", "œ": "oe",
})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def imitated(domain: str, known: Iterable[str]) -> str:
    """Return the known domain that a domain may be taken for; empty where there is none, or it is that one's own."""
    known = tuple(known)
    if any(organisation(one) == organisation(domain) for one in known):
        return ""
    return next((one for one in known if _alike(domain, one)), "")


def readable(domain: str) -> str:
    """Return a domain as a mail program may show it, its punycode decoded; as it is where that cannot be."""
    return one_line(".".join(map(_decoded, domain.split("."))), set())


def _alike(domain: str, known: str) -> bool:
    brand = _name(known)
    labels = [plain for label in domain.lower().split(".")[:-1] for plain in _readings(_decoded(label))]
    if any(brand in re.split(r"[^a-z]+", label) or brand == label.replace("-", "") for label in labels):
        return True
    if len(brand) < LONG_NAME:
        return False
    own = {plain for label in _name(domain).split(".") for plain in _readings(_decoded(label))}
    return any(brand in label for label in labels) or any(_one_apart(label, brand) for label in own)


def _name(domain: str) -> str:
    """Return the word somebody registered: `amazon` of marketplace.amazon.co.uk."""
    return organisation(domain).strip(".").partition(".")[0]


def _decoded(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _readings(label: str) -> set[str]:
    """Return what an eye may read in a label: accents off, look-alikes as the letters they look like."""
    plain = unicodedata.normalize("NFKC", label).lower().translate(_LIKE)
    plain = "".join(sign for sign in unicodedata.normalize("NFD", plain) if not unicodedata.combining(sign))
    found = {label.lower(), plain.translate(_LIKE)}
    for pair, letter in _PAIRS:
        found |= {one.replace(pair, letter) for one in found}
    return found


def _one_apart(said: str, brand: str) -> bool:
    """Say whether one letter put in, left out or changed, or two changed about, makes one word of the other."""
    if said == brand or abs(len(said) - len(brand)) > 1:
        return said == brand
    start = next((at for at, pair in enumerate(zip(said, brand, strict=False)) if pair[0] != pair[1]),
                 min(len(said), len(brand)))
    rest, other = said[start:], brand[start:]
    swapped = rest[:2] == other[:2][::-1] and rest[2:] == other[2:]
    return swapped or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]
