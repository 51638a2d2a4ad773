"""The body of a mail -> its text, HTML, links and the names of what is attached.

Own walk over the parts: the standard library's parser raises on mixed RFC 2231 parameters, and
recursion over nested parts ends the program. Nothing here recurses, nothing is opened.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from bot.core.clean import UNEXPECTED, clean, one_line
from bot.core.errors import UnreadableError
from bot.core.header import MAX_HEADER, HeaderBlock, base64_octets, decode, part_block, words
from bot.core.html import MAX_HTML, MAX_LINKS, Page, read_page, urls
from bot.core.message import Attachment
from bot.core.slim import READ, Slim
from bot.words import say

MAX_PARTS = 200
MAX_DEPTH = 12
MAX_TEXT = 512 * 1024
MAX_PARAMETERS = 64

_TYPE = re.compile(r"\s*([\w!#$&^.+-]{1,60}/[\w!#$&^.+-]{1,80})\s*(?:;|$)", re.ASCII)
_RETURNED = frozenset({"message/delivery-status", "text/rfc822-headers", "message/rfc822", "message/global",
                       "message/global-headers", "message/global-delivery-status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a mail carries. `returned` is what a bounce says of, and quotes from, the mail that came back."""

    text: str = ""
    html: str = ""
    page: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    returned: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    block: HeaderBlock
    start: int
    end: int
    depth: int
    forwarded: bool = False


@dataclass(slots=True)
class _Found:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The mail itself or a part of it: its header begins at `head`, its body lies from `start` to `end`.

    `leaf`: it holds no other part.
    """

    block: HeaderBlock
    head: int
    start: int
    end: int
    leaf: bool


def sections(raw: bytes, block: HeaderBlock) -> list[Section]:
    """Return the mail and all its parts, also those of mails within it, in the order they stand."""
    found: list[Section] = []
    waiting = [(0, _Part(block, block.body_at, len(raw), 0))]
    while waiting and len(found) <= MAX_PARTS:
        head, part = waiting.pop()
        spans = _spans(raw, part) if media_type(part.block).startswith("multipart/") else []
        if media_type(part.block) == "message/rfc822" and _encoding(part.block) != "base64":
            spans = [(part.start, part.end)]
        spans = spans if part.depth < MAX_DEPTH else []
        found.append(Section(block=part.block, head=head, start=part.start, end=part.end, leaf=not spans))
        waiting += reversed([(start, _part(raw, start, end, part.depth + 1, False)) for start, end in spans])
    return found


def read_body(raw: bytes, block: HeaderBlock, flaws: set[str]) -> Body:
    """Return what the body says; raise UnreadableError for too many or too deeply nested parts."""
    found = _walk(raw, block, flaws)
    source = clean(_capped("\n".join(found.html), MAX_HTML, "html_cut", flaws), set())
    plain = _capped("\n".join(found.plain), MAX_TEXT, "text_cut", flaws)
    page = read_page(source) if source else Page(text="")
    if page.refused:
        flaws.add("html_refused")
    if _differ(plain, page, block):
        flaws.add("alternatives_differ")
    text = clean(plain if plain.strip() else page.text, flaws)
    links = dict.fromkeys(clean(link, set()) for link in (*page.links, *urls(text)))
    returned = clean(_capped("\n".join(found.returned), MAX_TEXT, "text_cut", flaws), set())
    return Body(text=text, html=source, page=page.text, links=tuple(links)[:MAX_LINKS],
                attachments=tuple(found.attachments), returned=returned)


def _capped(text: str, limit: int, flaw: str, flaws: set[str]) -> str:
    if len(text) > limit:
        flaws.add(flaw)
    return text[:limit]


def media_type(block: HeaderBlock) -> str:
    """Return the type of a mail or part in lower case; `text/plain` where none can be read (RFC 2045)."""
    value = block.first("content-type")
    return _known_type(value) if len(value) <= _SHORT else _type_of(value)


def _type_of(value: str) -> str:
    found = _TYPE.match(value)
    return found[1].lower() if found else "text/plain"


_known_type = lru_cache(maxsize=32)(_type_of)


def parameter(block: HeaderBlock, header: str, name: str) -> str:
    """Return a parameter of Content-Type or Content-Disposition, or an empty string."""
    if not (value := block.first(header)):
        return ""
    if len(value) <= _SHORT and (usual := _usual(value)) is not None:
        return usual.get(name, "")
    return _parsed_parameter(value, header, name)


_SHORT = 300  # characters
_PARAMETER = r"""[ \t]*;[ \t]*([A-Za-z-]+)=("[\w !#$%&'()+,./:=?@^{}~-]*"|[\w!#$%&'+./:=?^{}~-]+)"""
_PARAMETERS = re.compile(rf"[ \t]*(?:[\w.+-]+/[\w.+-]+|attachment|inline)(?:{_PARAMETER})*[ \t]*;?[ \t]*", re.ASCII)
_EACH = re.compile(_PARAMETER, re.ASCII)


@lru_cache(maxsize=16)  # of one header, several parameters are asked for; boundaries are not asked for again
def _usual(value: str) -> dict[str, str] | None:
    """Return the parameters of a value as most programs write it: none folded, escaped or in parts; else None."""
    if not _PARAMETERS.fullmatch(value):
        return None
    return {name.lower(): said.strip('"') for name, said in reversed(_EACH.findall(value))}


def _parsed_parameter(value: str, header: str, name: str) -> str:
    from email.message import Message
    from email.utils import collapse_rfc2231_value

    if value.count(";") > MAX_PARAMETERS:  # 4,000 of them take the standard library seconds
        return ""
    try:
        holder = Message()
        holder[header] = value
        said = holder.get_param(name, "", header)
        return collapse_rfc2231_value(said) if said else ""
    except UNEXPECTED:  # TypeError for `boundary*` beside `boundary*0*`, IndexError for `name*` alone
        return ""


def _walk(raw: bytes, block: HeaderBlock, flaws: set[str]) -> _Found:
    found, count = _Found(), 0
    waiting = [_Part(block, block.body_at, len(raw), 0)]
    while waiting:
        part = waiting.pop()
        count += 1
        if count > MAX_PARTS:
            raise UnreadableError("too_many_parts", say(
                "The mail has more than {limit} parts; look at it in your mail program", limit=MAX_PARTS))
        if part.depth > MAX_DEPTH:
            raise UnreadableError("too_deep", say(
                "The mail holds parts within parts, more than {limit} deep; look at it in your mail program",
                limit=MAX_DEPTH))
        inner = _inner(raw, part)
        if not part.forwarded:
            _note(raw, part, bool(inner), found, flaws)
        waiting += reversed(inner)
    return found


def _inner(raw: bytes, part: _Part) -> list[_Part]:
    kind = media_type(part.block)
    if kind.startswith("multipart/"):
        spans = _spans(raw, part)
        return [_part(raw, start, end, part.depth + 1, part.forwarded) for start, end in spans]
    if kind == "message/rfc822":
        return [_part(raw, part.start, part.end, part.depth + 1, True)]
    return []


def _part(raw: bytes, start: int, end: int, depth: int, forwarded: bool) -> _Part:
    block = part_block(raw, start, end)
    return _Part(block, block.body_at, end, depth, forwarded)


def _spans(raw: bytes, part: _Part) -> list[tuple[int, int]]:
    """Return where the parts between the boundary lines start and end; none where there is no boundary."""
    boundary = parameter(part.block, "content-type", "boundary").rstrip()
    if not boundary or len(boundary) > 200:
        return []
    spans: list[tuple[int, int]] = []
    open_at = -1
    mark = b"\n--" + boundary.encode("utf-8", "replace")
    for line, end, last in _marks(raw, mark, max(0, part.start - 1), part.end):
        if open_at >= 0:
            spans.append((open_at, _before_line_end(raw, open_at, line + 1)))
        open_at = -1 if last else min(end + 1, part.end)
        if last or len(spans) > MAX_PARTS:
            break
    return [*spans, (open_at, part.end)] if open_at >= 0 else spans


def _marks(raw: bytes, mark: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Yield where boundary lines begin, with the line end before them, and end; and whether it is the last of them."""
    while (start := raw.find(mark, start, end)) >= 0:
        line_end = raw.find(b"\n", start + len(mark), end)
        line_end = end if line_end < 0 else line_end
        said = raw[start + len(mark) : line_end]
        if said.removeprefix(b"--").removesuffix(b"\r").strip(b" \t"):
            start += 1
        else:
            yield start, line_end, said.startswith(b"--")
            start = line_end


def _before_line_end(raw: bytes, start: int, end: int) -> int:
    return max(start, end - 2 if raw[end - 2 : end] == b"\r\n" else end - 1)


def _note(raw: bytes, part: _Part, has_parts: bool, found: _Found, flaws: set[str]) -> None:
    kind = media_type(part.block)
    if kind in _RETURNED:
        found.returned.append(_text(raw, part, set())[:MAX_HEADER])
    if kind == "message/rfc822" or not has_parts:
        # a multipart without a boundary that is found is read as one text
        _leaf(raw, part, "text/plain" if kind.startswith("multipart/") else kind, found, flaws)


def _leaf(raw: bytes, part: _Part, kind: str, found: _Found, flaws: set[str]) -> None:
    name = _name(part.block)
    attached = part.block.first("content-disposition").lower().startswith("attachment")
    if kind == "text/html" and not attached:
        _add(found.html, raw, part, flaws)
    elif kind == "text/plain" and not attached and not name:
        _add(found.plain, raw, part, flaws)
    else:
        size = _size(raw, part)
        found.attachments.append(Attachment(name=name or "unnamed", media_type=kind, size=size))


def _add(texts: list[str], raw: bytes, part: _Part, flaws: set[str]) -> None:
    if sum(map(len, texts)) <= MAX_TEXT:  # what follows would be cut anyway
        texts.append(_text(raw, part, flaws))


def _name(block: HeaderBlock) -> str:
    said = parameter(block, "content-disposition", "filename") or parameter(block, "content-type", "name")
    name = words(said, set()).replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
    return one_line(name, set()).strip(". ")[:200]


def _size(raw: bytes, part: _Part) -> int:
    lacking, lacking_ends = raw.lacks(part.start, part.end) if isinstance(raw, Slim) else (0, 0)
    size = part.end - part.start + lacking
    if _encoding(part.block) != "base64":
        return size
    line_ends = raw.count(b"\n", part.start, part.end) + raw.count(b"\r", part.start, part.end) + lacking_ends
    padding = raw.count(b"=", max(part.start, part.end - 6), part.end)
    return max(0, (size - line_ends) * 3 // 4 - padding)


def _encoding(block: HeaderBlock) -> str:
    return block.first("content-transfer-encoding").strip().lower()


def _text(raw: bytes, part: _Part, flaws: set[str]) -> str:
    octets = raw[part.start : min(part.end, part.start + READ)]
    encoding = _encoding(part.block)
    if encoding == "base64":
        octets = base64_octets(octets) or b""
    elif encoding == "quoted-printable":
        octets = binascii.a2b_qp(octets)
    return decode(octets, parameter(part.block, "content-type", "charset"), flaws)


_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_LONG_NUMBER = re.compile(r"[0-9][0-9-]{4,}[0-9]")


def _differ(plain: str, page: Page, block: HeaderBlock) -> bool:
    """Say whether the mail tells one thing to people and another to programs."""
    if page.hidden and _hides(page, block.first("subject")):
        return True
    if not plain.strip() or not page.text.strip():
        return False
    left, right = _vocabulary(plain), _vocabulary(page.text)
    if min(len(left), len(right)) >= 3 and len(left & right) * 2 < min(len(left), len(right)):
        return True
    shown, said = set(_LONG_NUMBER.findall(page.text)), set(_LONG_NUMBER.findall(plain))
    return bool(shown and said) and shown.isdisjoint(said)


def _hides(page: Page, subject: str) -> bool:
    seen = page.text + " " + words(subject, set())
    numbers = set(_LONG_NUMBER.findall(page.hidden)) - set(_LONG_NUMBER.findall(seen))
    return bool(numbers) or len(_vocabulary(page.hidden) - _vocabulary(seen)) >= 3


def _vocabulary(text: str) -> set[str]:
    return set(map(str.lower, _LONG_WORD.findall(text[: MAX_TEXT // 4])))
