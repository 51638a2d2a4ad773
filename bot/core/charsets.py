"""Text out of a mail's bytes and back: charsets, transfer encodings, encoded words, entities, percent signs.

Each reading gives the characters beside the slices they were written as, so that a replaced character is written in
its place and all others stay, to the byte.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from bot.core.header import base64_octets

Escape = Callable[[str, str], str]  # a new character and the slice it takes the place of -> what is written


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A text, and how each of its characters was written."""

    text: str
    slices: Sequence[str]

    def written(self, new: Sequence[str], escape: Escape) -> str:
        """Return the source with the characters that are new, each in its place."""
        return "".join(old if char == made else "".join(escape(one, old) for one in made)
                       for old, char, made in zip(self.slices, self.text, new, strict=True))


def script(pairs: Iterator[tuple[str, str]]) -> Script:
    found = list(pairs)
    return Script(text="".join(char for char, _ in found), slices=[slice_ for _, slice_ in found])


# -- charsets and transfer encodings -------------------------------------------------------------


def read_text(octets: bytes, charset: str) -> tuple[str, str]:
    """Return text, and the charset it can be written back in; any bytes have one."""
    for name in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            return octets.decode(name), codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
    return octets.decode("latin-1"), "latin-1"


def write_text(text: str, charset: str, *, html: bool = False) -> bytes:
    return text.encode(charset, "xmlcharrefreplace" if html else "replace")


def unpacked(octets: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64_octets(octets) or b""
    return binascii.a2b_qp(octets) if encoding == "quoted-printable" else octets


def packed(octets: bytes, encoding: str, like: bytes) -> bytes:
    """Return bytes in their transfer encoding, with the lines of the original `like`."""
    if encoding == "quoted-printable":
        return binascii.b2a_qp(octets, istext=True)
    if encoding != "base64":
        return octets
    end = b"\r\n" if b"\r\n" in like else b"\n"
    width = len(like.strip().split(b"\n")[0].strip()) or 76
    said = base64.b64encode(octets)
    lines = end.join(said[at:at + width] for at in range(0, len(said), width))
    return lines + like[len(like.rstrip()):]


# -- HTML ----------------------------------------------------------------------------------------

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,10});|."
_HTML = re.compile(rf"<!--.*?-->|<style\b.*?</style\s*>|<[a-zA-Z/!?][^<>]*>|{_ENTITY}", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:br|p|div|t[dhr]|table|li|ul|ol|h[1-6]|pre|blockquote|hr|center|title|body)\b",
                    re.IGNORECASE)


def html_script(source: str) -> Script:
    """Return what a page says; a tag is one character there, a line end where it ends a line, else NUL."""
    return script(_html(source))


def _html(source: str) -> Iterator[tuple[str, str]]:
    for found in _HTML.finditer(source):
        said = found[0]
        if said.startswith("<") and len(said) > 1:
            yield ("\n" if _BLOCK.match(said) else "\0"), said
        else:
            yield from _entity(said)


def _entity(said: str) -> Iterator[tuple[str, str]]:
    meant = unescape(said) if said.startswith("&") else said
    if len(meant) == 1:
        yield meant, said
    else:  # no entity after all
        yield from zip(said, said, strict=True)


def as_html(char: str, old: str) -> str:
    if char in "&<>\"":
        return {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}[char]
    return f"&#{ord(char)};" if old.startswith("&#") and not char.isascii() else char


def entity_script(source: str) -> Script:
    """Return an attribute's value, its entities read."""
    return script(pair for one in re.finditer(_ENTITY, source, re.DOTALL) for pair in _entity(one[0]))


# -- percent signs -------------------------------------------------------------------------------


def percent_script(source: str) -> Script:
    return script(_percent(source))


def _percent(source: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"(?:%[0-9a-fA-F]{2})+|.", source, re.DOTALL):
        said = found[0]
        if len(said) == 1:
            yield said, said
        else:
            yield from _octets_of(said)


def _octets_of(said: str) -> Iterator[tuple[str, str]]:
    octets, at = bytes.fromhex(said.replace("%", "")), 0
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
        yield from ((char, said[3 * n:3 * n + 3]) for n, char in enumerate(text))
        return
    for char in text:
        size = len(char.encode())
        yield char, said[3 * at:3 * (at + size)]
        at += size


def as_percent(char: str, old: str) -> str:
    if old.startswith("%") or not (char.isascii() and char.isprintable()):
        return "".join(f"%{octet:02X}" for octet in char.encode())
    return char


# -- header values -------------------------------------------------------------------------------

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")


def header_text(source: str, replaced: Callable[[str], Sequence[str]]) -> str:
    """Return a header's value with its text replaced, encoded words decoded for it and encoded again."""
    words = list(_WORD.finditer(source))
    if not words:
        return "".join(replaced(source))
    chars, owners, gaps = _logical(source, words)
    new = replaced("".join(chars))
    return _physical(new, owners, gaps, words)


def _logical(source: str, words: Sequence[re.Match[str]]) -> tuple[list[str], list[int], dict[int, str]]:
    """Return the characters, the number of the word each stands in (-1: none), and the blanks between words."""
    chars: list[str] = []
    owners: list[int] = []
    gaps: dict[int, str] = {}
    at, decoder, charset = 0, None, ""
    for number, word in enumerate(words):
        between = source[at:word.start()]
        adjacent = number > 0 and not between.strip()
        if adjacent:
            gaps[number] = between
        else:
            chars += between
            owners += [-1] * len(between)
        if decoder is None or not adjacent or word[1].lower() != charset:
            charset, decoder = word[1].lower(), _decoder(word[1])
        text = decoder.decode(_word_octets(word[2], word[3]))
        chars += text
        owners += [number] * len(text)
        at = word.end()
    return chars + list(source[at:]), owners + [-1] * len(source[at:]), gaps


def _decoder(charset: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(charset.partition("*")[0])("replace")
    except LookupError:
        return codecs.getincrementaldecoder("latin-1")("replace")


def _word_octets(encoding: str, said: str) -> bytes:
    if encoding in "bB":
        return base64_octets(said.encode("ascii", "replace")) or b""
    return binascii.a2b_qp(said.encode("utf-8"), header=True)


def _physical(new: Sequence[str], owners: Sequence[int], gaps: dict[int, str], words: Sequence[re.Match[str]]) -> str:
    made: list[str] = []
    at = 0
    while at < len(new):
        upto = at
        while upto < len(new) and owners[upto] == owners[at]:
            upto += 1
        said, owner = "".join(new[at:upto]), owners[at]
        made.append(said if owner < 0 else gaps.get(owner, "") + _as_word(said, words[owner]))
        at = upto
    return "".join(made)


def _as_word(said: str, like: re.Match[str]) -> str:
    charset = like[1]
    try:
        octets = said.encode(charset.partition("*")[0], "replace")
    except LookupError:
        octets = said.encode("latin-1", "replace")
    if like[2] in "bB":
        return f"=?{charset}?{like[2]}?{base64.b64encode(octets).decode()}?="
    plain = "".join(chr(octet) if (octet < 128 and chr(octet).isalnum()) or octet in b"!*+-/"
                    else "_" if octet == 32 else f"={octet:02X}" for octet in octets)
    return f"=?{charset}?{like[2]}?{plain}?="
