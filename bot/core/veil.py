"""Words and numbers replaced by others of the same shape: one way, and always the same within one mail.

Whoever does not have the seed cannot tell what stood there: each replacement is a keyed hash of what it replaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b
from unicodedata import category

_VOWELS = "aeiouy"
_CONSONANTS = "bcdfghjklmnpqrstvwxz"
_HEX = re.compile(r"(?=[^0-9]*[0-9])(?:[0-9a-f-]+|[0-9A-F-]+)\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_UUID_KEEPS = frozenset({14, 19})  # version and variant
_POSTAL = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}\Z")  # UPU S10: service, eight digits, check digit, country
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_TRIES = 16

Turn = Callable[[str, int, bool], str]  # a character, a lot of 0 to 255, whether it is the first -> another character


class Veil:
    """Replaces by a seed. Same original, whatever its case: same replacement."""

    def __init__(self, seed: bytes) -> None:
        self._seed = blake2b(seed).digest()

    def word(self, said: str) -> str:
        """Return a word of the same length, case and sound; letters with accents stay, so the language shows."""
        return self._other(said, said.casefold(), _as_letter)

    def digits(self, said: str, *, first: bool = True) -> str:
        """Return `said` with other digits, all else kept; the first tells the kind of a long number, and stays."""
        key = re.sub(r"[^0-9]", "", said)
        kept = range(len(said) - len(said.lstrip("+")) + 1) if first and len(key) > 4 else ()
        return self._other(said, f"#{key}", _as_digit, frozenset(kept))

    def code(self, said: str, *, keep: int = 0) -> str:
        """Return a code of letters and digits of the same shape, its first `keep` characters as they were."""
        if not re.search(r"[A-Za-z]", said):
            return self.digits(said)
        if _POSTAL.match(said):
            return self._postal(said)
        kept = frozenset(range(keep)) | (_UUID_KEEPS if _UUID.match(said) else frozenset())
        return self._other(said, f"={said.casefold()}", _as_hex if _HEX.match(said) else _as_sign, kept)

    def _postal(self, said: str) -> str:
        digits = self.digits(said[2:10], first=False)
        rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
        return f"{said[:2]}{digits}{({10: 0, 11: 5}.get(rest, rest))}{said[11:]}"

    def _other(self, said: str, key: str, turn: Turn, kept: frozenset[int] = frozenset()) -> str:
        made = said
        for attempt in range(_TRIES):  # what fell on itself is drawn again
            lots = self._lots(f"{attempt}:{key}", len(said))
            made = "".join(char if at in kept else turn(char, lots[at], at == 0) for at, char in enumerate(said))
            if made != said:
                break
        return made

    def _lots(self, key: str, count: int) -> bytes:
        drawn = b""
        while len(drawn) < count:
            drawn += blake2b(f"{len(drawn)}:{key}".encode("utf-8", "replace"), key=self._seed).digest()
        return drawn


def _as_digit(char: str, lot: int, first: bool) -> str:
    if char not in "0123456789":
        return char
    return str(1 + lot % 9) if first and char != "0" else str(lot % 10)


def _as_letter(char: str, lot: int, first: bool) -> str:
    if not char.isalpha():
        return _as_digit(char, lot, first)
    if char.isascii():
        row = _VOWELS if char.lower() in _VOWELS else _CONSONANTS
        return row[lot % len(row)].upper() if char.isupper() else row[lot % len(row)]
    return char if ord(char) < 0x250 else _of_its_script(char, lot)


def _of_its_script(char: str, lot: int) -> str:
    """Return another letter of the same 32 in Unicode's table: Greek stays Greek, capitals stay capitals."""
    block = [other for other in map(chr, range(ord(char) & ~31, (ord(char) & ~31) + 32))
             if category(other) == category(char)]
    return block[lot % len(block)]


def _as_hex(char: str, lot: int, first: bool) -> str:
    if not char.isalpha():
        return _as_digit(char, lot, first)
    return "ABCDEF"[lot % 6] if char.isupper() else "abcdef"[lot % 6]


def _as_sign(char: str, lot: int, first: bool) -> str:
    if not (char.isascii() and char.isalpha()):
        return _as_letter(char, lot, first)
    return chr((65 if char.isupper() else 97) + lot % 26)
