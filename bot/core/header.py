"""The header block of a mail: weighed, split, decoded. Own code, because the standard library's header
parser raises on real mail and believes forgers about addresses."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from bot.core.clean import one_line
from bot.core.errors import UnreadableError
from bot.words import say

MAX_BLOCK = 128 * 1024
MAX_HEADER = 16 * 1024
MAX_HEADERS = 300
MAX_RECIPIENTS = 500

_COUNTED = 2 * 1024 * 1024
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_RECIPIENTS = re.compile(rb"^(?:to|cc)[ \t]*:[^\n]*+(?:\n[ \t][^\n]*+)*+", re.IGNORECASE | re.MULTILINE)

# browsers read these as cp1252 too, and the mails of French webmails need it
_CP1252 = frozenset({"iso-8859-1", "iso8859-1", "latin-1", "latin1", "cp1252", "windows-1252"})
_ASCII = frozenset({"", "us-ascii", "ascii", "ansi_x3.4-1968", "utf-8", "utf8"})
# Python has codecs such as hex and unicode_escape that raise, or make NUL and surrogates: only these are asked
_CHARSETS = frozenset({
    *(f"iso-8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    *(f"windows-{n}" for n in range(1250, 1259)), *(f"cp{n}" for n in range(1250, 1259)),
    "koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr",
    "macintosh", "utf-16", "utf-16le", "utf-16be", "tis-620",
})


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderBlock:
    """A mail's header lines in order, names in lower case, values unfolded but not decoded.

    Attributes:
        body_at: where the body begins, in bytes from the start of the mail.
    """

    fields: tuple[tuple[str, str], ...]
    body_at: int
    _named: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in self.fields:
            self._named.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        return list(self._named.get(name, ()))

    def first(self, name: str) -> str:
        found = self._named.get(name)
        return found[0] if found else ""


def read_block(raw: bytes, flaws: set[str]) -> HeaderBlock:
    """Return the header block; raise UnreadableError where it is heavier than any honest one."""
    end, body_at = ends(raw, 0, len(raw))
    _count_recipients(raw[: min(end, _COUNTED)])
    if end > MAX_BLOCK:
        raise _too_long(end, MAX_BLOCK)
    lines = _unfolded(raw[:end])
    found = _matches(lines)
    if len(found) < len(lines):
        flaws.add("header_broken")
    if len(found) > MAX_HEADERS:
        raise UnreadableError("too_many_headers", say(
            "The mail has {count} header lines, at most {limit} are read; look at it in your mail program",
            count=len(found), limit=MAX_HEADERS))
    if (longest := max((each.end() for each in found), default=0)) > MAX_HEADER:
        raise _too_long(longest, MAX_HEADER)
    return HeaderBlock(fields=_fields(found), body_at=body_at)


def ends(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the header block between `start` and `end` ends and where its body begins."""
    if first := _LINE_END.match(raw, start, end):
        return start, first.end()
    blank = _BLANK_LINE.search(raw, start, end)
    return (blank.start(), blank.end()) if blank else (end, end)


def part_block(raw: bytes, start: int, end: int) -> HeaderBlock:
    """Return the header block of a part, of which no more than MAX_HEADER bytes are read."""
    block_end, body_at = ends(raw, start, end)
    lines = _unfolded(raw[start : min(block_end, start + MAX_HEADER)])
    return HeaderBlock(fields=_fields(_matches(lines)), body_at=body_at)


def _count_recipients(block: bytes) -> None:
    if block.count(b",") + block.count(b"\n") < MAX_RECIPIENTS:  # with every comma and line an address
        return
    count = sum(line[0].count(b",") + 1 for line in _RECIPIENTS.finditer(block))
    if count > MAX_RECIPIENTS:
        raise UnreadableError("too_many_recipients", say(
            "The mail is addressed to {count} people, at most {limit} are read; "
            "look at it in your mail program", count=count, limit=MAX_RECIPIENTS))


def _too_long(size: int, limit: int) -> UnreadableError:
    return UnreadableError("header_too_long", say(
        "A header of the mail has {size} bytes, at most {limit} are read; look at it in your mail program",
        size=size, limit=limit))


def _unfolded(block: bytes) -> list[bytes]:
    lines: list[bytes] = []
    for line in block.replace(b"\r\n", b"\n").split(b"\n"):
        if lines and line[:1] in (b" ", b"\t"):
            lines[-1] += b" " + line[1:]
        elif line and (lines or not line.startswith(b"From ")):  # an mbox begins with its envelope
            lines.append(line)
    return lines


def _matches(lines: list[bytes]) -> list[re.Match[bytes]]:
    return [found for line in lines if (found := _FIELD.match(line))]


def _fields(found: list[re.Match[bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("ascii").lower(),
                  (value.decode("ascii") if value.isascii() else decode(value, "", set())).strip(" \t"))
                 for name, value in (each.groups() for each in found))


def decode(octets: bytes, charset: str, flaws: set[str]) -> str:
    """Return text from `octets`, whatever the mail says of them; a wrong label adds a flaw, never raises."""
    charset = charset.strip("\"' ").lower().replace("_", "-").replace("shift-jis", "shift_jis")
    if charset in _CHARSETS:
        try:
            return octets.decode(charset)
        except UnicodeDecodeError:
            flaws.add("charset_wrong")
    elif charset not in _ASCII and charset not in _CP1252:
        flaws.add("charset_unknown")
    if charset in _CP1252:
        return octets.decode("cp1252", "replace")
    return _utf8_or_cp1252(octets, flaws)


def _utf8_or_cp1252(octets: bytes, flaws: set[str]) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        flaws.add("charset_wrong")
    text = octets.decode("utf-8", "replace")
    broken, whole = text.count("\ufffd"), sum(map(text.count, "éèàçùâêîôûëïüäöñóíáß’€"))
    return text if broken * 10 < whole else octets.decode("cp1252", "replace")


_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")


def words(value: str, flaws: set[str]) -> str:
    """Return a header's text with its encoded words (RFC 2047) read, on one line; broken ones stay as they are."""
    if "=?" not in value:
        return one_line(value, flaws)
    out: list[str] = []
    run, run_charset, at = b"", "", 0
    for word in _WORD.finditer(value):
        octets = _word_octets(word[2], word[3])
        if octets is None:
            continue
        between, charset = value[at : word.start()], word[1].partition("*")[0].lower()
        if between.strip() or not at or charset != run_charset:
            # a character may be cut across two words, so bytes of one charset are joined before decoding
            out += [decode(run, run_charset, flaws), "" if at and not between.strip() else between]
            run = b""
        run, run_charset, at = run + octets, charset, word.end()
    out += [decode(run, run_charset, flaws), value[at:]]
    return one_line("".join(out), flaws)


def _word_octets(encoding: str, said: str) -> bytes | None:
    octets = said.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    return base64_octets(octets)


_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def base64_octets(said: bytes) -> bytes | None:
    """Return decoded bytes, a cut end dropped; None if nothing can be decoded."""
    kept = said.translate(None, _NOT_BASE64)
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    try:
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)) if kept else None
    except binascii.Error:
        return None


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = rf"{_ATOM}++(?:\.{_ATOM}++)*+@{_LABEL}(?:\.{_LABEL})*+"
_BARE = re.compile(rf"[ \t]*({_ADDRESS})[ \t]*")
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_IN_QUOTES = re.compile(_QUOTED)
_ESCAPED = re.compile(r"\\(.)")
_NAMED = re.compile(rf"((?:{_QUOTED}|\([^()\"<>@\\]*+\)|[^\"<>@()\\])*+)<({_ADDRESS})>[ \t]*")
_FOUND = re.compile(rf"(?<![\w.@!#$%&'*+/=?^`{{|}}~-]){_ADDRESS}(?![\w.@-])", re.ASCII)
_UNSEEN = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


def address(value: str, flaws: set[str]) -> tuple[str, str] | None:
    """Return (address in lower case, display name) of the one strict form, or None.

    The forms are `name <local@domain>` and `local@domain`; an address as unquoted name, a second
    one, a comment with one in it or any control character is refused: readers disagree about those.
    The name is decoded only after the address was split off.
    """
    if len(value) > 2000 or _UNSEEN.search(value):
        return None
    if bare := _BARE.fullmatch(value):
        return bare[1].lower(), ""
    named = _NAMED.fullmatch(value)
    return (named[2].lower(), words(_unquoted(named[1]), flaws).strip()) if named else None


def _unquoted(name: str) -> str:
    return _IN_QUOTES.sub(lambda quoted: _ESCAPED.sub(r"\1", quoted[0][1:-1]), name)


def is_list(value: str) -> bool:
    """Say whether an address header names more than one address."""
    if "," not in value:
        return False
    plain = _IN_QUOTES.sub("", value)
    return plain.count("@") > 1 and "," in plain


def addresses(value: str) -> list[str]:
    """Return every strict address in a To or Reply-To header, lower case, quoted names left out."""
    return [found.lower() for found in _FOUND.findall(_IN_QUOTES.sub("", value))]


_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")


def message_ids(value: str) -> list[str]:
    """Return the Message-IDs in a header, at most 100; none that could carry a blank or line end onwards."""
    return _MESSAGE_ID.findall(value)[:100]


_MONTHS = {name: number for number, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)}
_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?([0-9]{1,2}) (" + "|".join(_MONTHS) + r") ([12][0-9]{3}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([01][0-9]|2[0-3])([0-5][0-9])(?: \([A-Z]{2,5}\))?")


def moment(value: str) -> datetime | None:
    """Return a Date header as aware UTC (naive and -0000 are UTC), or None where it is no date."""
    if (found := _DATE.fullmatch(value)) and (said := _dated(*found.groups())):
        return said
    return _parsed(value)


def _dated(day: str, month: str, year: str, hour: str, minute: str, second: str, sign: str, hours: str,
           minutes: str) -> datetime | None:
    """Return the moment of a date as RFC 5322 writes it; None where there is no such moment."""
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        return datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC) - ahead
    except (ValueError, OverflowError):
        return None


def _parsed(value: str) -> datetime | None:
    from email.utils import parsedate_tz

    try:
        said = parsedate_tz(value[:200])
        if said is None:
            return None
        return datetime(*said[:6], tzinfo=timezone(timedelta(seconds=said[9] or 0))).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
