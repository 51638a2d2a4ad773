"""Somebody's mail made nobody's: names, addresses, numbers and what a person wrote replaced, the structure kept.

The labels of the marketplace stay, so that the copy is read like the original. Each character gives way to one of its
kind; parts, boundaries, encodings and folding stay as they were. What is attached is emptied.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

from bot.core import charsets, speech
from bot.core.body import Section, media_type, parameter, sections
from bot.core.header import ends, read_block
from bot.core.origin import organisation
from bot.core.veil import Veil


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """What is known of a mail that tells whose it is.

    Attributes:
        names: of people and shops, and titles of what was sold.
        codes: numbers and tokens that were read out of it.
        text: what a person wrote.
        kept: the marketplace's own words, made bare; they stay, save in what a person wrote.
        spared: words that stay even there.
        domains: the marketplace's; its addresses of a role (`no-reply@`) stay.
        own: domains of the seller.
        strict: every word that is not `kept` gives way; else only what looks like a name or an address.
        factor: what amounts are multiplied by, so that sums stay sums; 0: each gives way by itself.
    """

    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    text: str = ""
    kept: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    strict: bool = True
    factor: int = 0


def bare(word: str) -> str:
    """Return a word without case and accents, as `kept` has it."""
    return "".join(char for char in normalize("NFKD", word.casefold()) if not combining(char))


def is_role(address: str, kept: frozenset[str]) -> bool:
    """Say whether an address is a function's, such as `no-reply@`, and nobody's."""
    local = address.rpartition("@")[0]
    words = [bare(word) for word in _LETTERS.findall(local)]
    return not re.search(r"[0-9]", local) and all(word in kept or word in _SMALL or word in _ROLES for word in words)


_ROLES = frozenset("""
noreply reply donotreply do not no answer service services client clients customer support contact info notification
notifications order orders update commande commandes seller vendeur vendeurs marketplace auto confirm payments
messagerie message messages bonjour hello team mailer daemon postmaster
""".split())
_SMALL = frozenset(map(bare, speech.FUNCTION | speech.TRADE))
_LETTERS = re.compile(r"[^\W\d_]+")
_ANY_WORD = re.compile(r"[^\W_]+")
_INFRASTRUCTURE = ("amazonses.com",)


def anonymise(raw: bytes, whose: Whose, seed: bytes) -> bytes:
    """Return the mail of nobody.

    Raises:
        UnreadableError: its header is heavier than any honest one, or names two senders.
    """
    scribe = _Scribe(whose, Veil(seed))
    parts = sections(raw, read_block(raw, set()))
    done: list[bytes] = []
    at = 0
    for start, end, write in sorted(_pieces(raw, parts, scribe), key=lambda piece: piece[0]):
        done += [scribe.between(raw[at:start]), write(raw[start:end])]
        at = end
    return b"".join([*done, scribe.between(raw[at:])])


def _pieces(raw: bytes, parts: Sequence[Section],
            scribe: _Scribe) -> Iterator[tuple[int, int, Callable[[bytes], bytes]]]:
    for part in parts:
        yield part.head, ends(raw, part.head, part.end)[0], scribe.header
        if part.leaf and part.end > part.start:
            yield part.start, part.end, lambda octets, part=part: scribe.body(octets, part)  # type: ignore[misc]


class _Sheet:
    """A text while it is replaced: what one rule has written no later rule writes over."""

    def __init__(self, text: str) -> None:
        self.text, self.made, self._done = text, list(text), bytearray(len(text))

    def is_free(self, start: int, end: int) -> bool:
        return self._done.find(1, start, end) < 0

    def put(self, start: int, end: int, said: Sequence[str]) -> None:
        fits = len(said) == end - start
        self.made[start:end] = list(said) if fits else ["".join(said), *[""] * (end - start - 1)]
        self._done[start:end] = b"\1" * (end - start)

    def each(self, pattern: re.Pattern[str], write: Callable[[str], Sequence[str] | None],
             group: int | str = 0) -> None:
        """Let `write` replace every match, or a group of it, where nothing was written before.

        What it gives back unchanged stays as it is; for None later rules have their turn.
        """
        for found in pattern.finditer(self.text):
            start, end = found.span(group)
            if start < end and self.is_free(start, end) and (said := write(found[group])) is not None:
                self.put(start, end, said)


# -- patterns ------------------------------------------------------------------------------------

_MOMENT = re.compile(
    r"(?<![\w./-])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?Z?)?"
    r"|[0-9]{1,2}([/.-])[0-9]{1,2}\1(?:19|20)?[0-9]{2}|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?![./:-]?[0-9])(?!\w)")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,200}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_LINK = re.compile(r"https?://[^\s<>\"'\0]+", re.IGNORECASE)
_LINK_HEAD = re.compile(r"https?://[^/?#\s]+|(?<=[?&;#])[\w.\[\]-]+(?==)", re.IGNORECASE)
_ESCAPED = re.compile(r"%[0-9a-fA-F]{2}")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/_=-])")
_UUID = re.compile(r"(?<![0-9a-fA-F-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
_GROUPS = re.compile(r"(?<![\w.-])(?=(?:-?[0-9]){9})[0-9]+(?:-[0-9]+)+(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_SUM = r"(?:[0-9]{1,3}(?:[ .\u00a0\u202f][0-9]{3})+|[0-9]+)(?:[.,][0-9]{1,2})?"
_AMOUNT = re.compile(rf"(?:€|EUR|£|\$)[ \u00a0]?(?P<after>{_SUM})(?![\w])")
_AMOUNT_BEFORE = re.compile(rf"(?<![\w.,])(?P<before>{_SUM})(?=[ \u00a0\u202f]?(?:€|EUR\b|euros?\b|£))")
_PHONE = re.compile(
    r"(?<![\w./-])(?:\+[0-9]{1,3}|0)[ .\u00a0/-]?(?:\(0\))?[ .\u00a0]?[0-9](?:[ .\u00a0/-]?[0-9]){6,12}(?!\w)")
_HOST_NUMBER = re.compile(r"(?<![\w.])(?!127\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w])")
_MIXED = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{8,}(?![A-Za-z0-9])")
_NUMBER = re.compile(r"(?<![0-9])[0-9]{5,}(?![0-9])")
_OF_ITS_OWN = re.compile(r"[A-Z0-9]{10,}\Z")  # an ASIN, a tracking number: the first two signs tell which

_QUOTED = re.compile(r"^[ \t]*>.*$|^-- ?$[\s\S]*", re.MULTILINE)
_FIELD = re.compile(rf"^[ \t\0]*(?:{speech.OWN_FIELD})[ \u00a0\0]*:[ \t\0]*\n?(?P<value>.*(?:\n(?![^\n:]*:)[^\n]+)*)",
                    re.IGNORECASE | re.MULTILINE)
_CALLED = re.compile(rf"\b(?:{speech.GREETING})[ \0]+(?P<value>[^\n,!.:]{{2,60}})[,!\n]", re.IGNORECASE)
_PERSON = re.compile(rf"\b(?:{speech.PERSON})[ \0]+(?P<value>[^\W\d_][\w.'’-]*)", re.IGNORECASE)
_STREET = re.compile(rf"^.*\b[0-9]{{1,4}}(?: ?(?:bis|ter|[a-d]))?,? (?:{speech.STREET})\b.*$"
                     r"|^.*\b\w+stra(?:ß|ss)e [0-9].*$"
                     r"|(?<![0-9])[0-9]{4,5} +[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)*", re.IGNORECASE | re.MULTILINE)
_ALONE = re.compile(r"^[ \t\0]*(?P<value>[A-ZÀ-Þ][\w'’-]*(?:[ \0]+[A-ZÀ-Þ][\w'’-]*){0,3})[ \0]*$", re.MULTILINE)
_CAPITAL = re.compile(r"(?<=[\w,;'’)(\u00a0 \0])(?<![.!?:…] )\b[A-ZÀ-Þ][^\W\d_]+")
_LINE_START = re.compile(r"(?:^|[.!?:…•\n])[\s\0«\"(*–-]*\Z")

_SIGNED = re.compile(r"\b(?:b|bh)[ \t]*=(?P<value>[^;]+)")
_NAMED = re.compile(r"(?:file)?name(?:\*[0-9]*\*?)?\s*=\s*\"?(?:[\w-]+'[\w-]*')?(?P<value>[^\";]+)", re.IGNORECASE)
_RECEIVED_AS = re.compile(r"\bid[ \t\r\n]+(?P<value>[\w.-]+)")
_ATTRIBUTE = re.compile(r"(\b(?:href|src|alt|title|value|content|background|cite)\s*=\s*)"
                        r"(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_HEADER_LINE = re.compile(rb"([!-9;-~]+)([ \t]*:)((?:.|\r?\n[ \t])*)", re.DOTALL)
_HEADERS_APART = re.compile(rb"(?<=\n)(?![ \t])")

# what says how a mail is made or which it is, and nothing of anybody
_AS_IT_IS = frozenset({
    "date", "mime-version", "content-transfer-encoding", "x-space-notification-type", "x-marketplace-id",
    "auto-submitted", "precedence", "x-mailer", "content-language", "x-priority", "importance"})


class _Scribe:
    """Writes the parts of one mail again, all by one veil."""

    def __init__(self, whose: Whose, veil: Veil) -> None:
        self.whose, self.veil = whose, veil
        self.spared = whose.spared | _SMALL
        self.known = whose.kept | self.spared
        self.codes = _alternatives(code for code in whose.codes if len(code) > 3)
        self.names = [_in_sequence(words) for name in whose.names if (words := _ANY_WORD.findall(name))]
        self.name_words = frozenset(word for name in whose.names for said in _LETTERS.findall(name)
                                    if len(word := bare(said)) > 1) - self.known
        self.own = [re.compile(rf"(?<![\w-])(?:[\w-]+\.)*{re.escape(domain)}(?![\w-])", re.IGNORECASE)
                    for domain in whose.own]

    # -- bytes -----------------------------------------------------------------------------------

    def header(self, octets: bytes) -> bytes:
        return b"".join(map(self._field, _HEADERS_APART.split(octets)))

    def _field(self, octets: bytes) -> bytes:
        found = _HEADER_LINE.match(octets)
        name = found[1].decode("ascii").lower() if found else ""
        if name in _AS_IT_IS:
            return octets
        text, charset = charsets.read_text(octets[found.end(2):] if found else octets, "")
        new = charsets.header_text(text, lambda said: self._header_value(name, said))
        return (octets[:found.end(2)] if found else b"") + charsets.write_text(new, charset)

    def _header_value(self, name: str, said: str) -> Sequence[str]:
        if name in ("subject", "thread-topic", "comments"):
            return self.free(said)
        sheet = _Sheet(said)
        if name.startswith("content-"):
            sheet.each(_NAMED, self._file_name, "value")
            return sheet.made
        if name.endswith("signature") or name.startswith("arc-"):
            sheet.each(_SIGNED, self.veil.code, "value")
        if name == "received":
            sheet.each(_RECEIVED_AS, self.veil.code, "value")
        self._plain(sheet)
        return sheet.made

    def _file_name(self, said: str) -> str:
        stem, dot, ending = said.rpartition(".")
        return _ANY_WORD.sub(lambda word: self.veil.code(word[0]), stem) + dot + ending if dot else self.veil.code(said)

    def between(self, octets: bytes) -> bytes:
        """Return what stands between the parts: boundaries as they are, words of nobody's part replaced."""
        if not octets.strip():
            return octets
        return b"".join(line if line.startswith(b"--") or not line.strip() else self._text(line, "", html=False)
                        for line in octets.splitlines(keepends=True))

    def body(self, octets: bytes, part: Section) -> bytes:
        kind = media_type(part.block)
        encoding = part.block.first("content-transfer-encoding").strip().lower()
        if not kind.startswith(("text/", "message/", "multipart/")) or kind == "message/rfc822":
            return _emptied(octets, encoding)
        said = charsets.unpacked(octets, encoding)
        new = self._text(said, parameter(part.block, "content-type", "charset"), html=kind == "text/html")
        return octets if new == said else charsets.packed(new, encoding, octets)

    def _text(self, octets: bytes, charset: str, *, html: bool) -> bytes:
        text, known = charsets.read_text(octets, charset)
        new = self._page(text) if html else "".join(self.free(text))
        return charsets.write_text(new, known, html=html)

    # -- text ------------------------------------------------------------------------------------

    def _page(self, source: str) -> str:
        page = charsets.html_script(source)
        slices = [self._tag(said) if len(said) > 1 and said.startswith("<") else said for said in page.slices]
        return charsets.Script(text=page.text, slices=slices).written(self.free(page.text), charsets.as_html)

    def _tag(self, said: str) -> str:
        if said.startswith("<!--"):
            return "".join(self.plain(said))
        return said if said[:6].lower() == "<style" else _ATTRIBUTE.sub(
            lambda found: found[1] + self._attribute(found[2]), said)

    def _attribute(self, said: str) -> str:
        quote = said[0] if said[0] in "\"'" else ""
        value = charsets.entity_script(said.strip(quote) if quote else said)
        return f"{quote}{value.written(self.plain(value.text), charsets.as_html)}{quote}"

    def free(self, text: str) -> list[str]:
        """Return a text that people read, character by character."""
        sheet = _Sheet(text)
        self._codes(sheet)
        for start, end in [*letters(text, self.whose.text), *(found.span() for found in _QUOTED.finditer(text))]:
            self._letter(sheet, start, end)
        self._names(sheet)
        if self.whose.strict:
            sheet.each(_LETTERS, self._word)
        else:
            self._suspects(sheet)
        return sheet.made

    def plain(self, text: str) -> list[str]:
        sheet = _Sheet(text)
        self._plain(sheet)
        return sheet.made

    def _plain(self, sheet: _Sheet) -> None:
        self._codes(sheet)
        self._names(sheet)

    # -- rules -----------------------------------------------------------------------------------

    def _codes(self, sheet: _Sheet) -> None:
        sheet.each(_LINK, self._link)
        sheet.each(_ADDRESS, self._address)
        for own in self.own:
            sheet.each(own, self._host)
        sheet.each(self.codes, self._code)
        sheet.each(_MOMENT, str)
        sheet.each(_BASE64, self._base64)
        for pattern in (_UUID, _IBAN, _GROUPS, _MIXED):
            sheet.each(pattern, self._code)
        sheet.each(_AMOUNT, self._amount, "after")
        sheet.each(_AMOUNT_BEFORE, self._amount, "before")
        sheet.each(_HOST_NUMBER, self._host_number)
        sheet.each(_PHONE, self.veil.digits)
        sheet.each(_NUMBER, self.veil.digits)

    def _amount(self, said: str) -> str:
        if not self.whose.factor:
            return self.veil.digits(said, first=False)
        digits = re.sub(r"[^0-9]", "", said)
        more = str(int(digits) * self.whose.factor).rjust(len(digits), "0")
        left = iter(more[len(more) - len(digits):])
        return more[:len(more) - len(digits)] + re.sub(r"[0-9]", lambda _: next(left), said)

    def _code(self, said: str) -> str:
        if bare(said) in self.whose.kept:  # a constant of the marketplace's, such as the number of its site
            return said
        return self.veil.code(said, keep=2 if _OF_ITS_OWN.match(said) else 1 if len(said) > 8 else 0)

    def _address(self, said: str) -> str:
        local, _, domain = said.rpartition("@")
        ours = self._is_theirs(domain)
        if ours and is_role(said, self.known):
            return said
        kept = self.known if ours else frozenset[str]()
        local = _ANY_WORD.sub(lambda one: self._local(one[0], kept), local)
        return f"{local}@{domain if ours else self._host(domain)}"

    def _local(self, said: str, kept: frozenset[str]) -> str:
        """Return one sign of an address's local part; those of relays are told by short letters between their codes."""
        return said if said.isalpha() and (len(said) < 2 or bare(said) in kept) else self._code(said)

    def _is_theirs(self, host: str) -> bool:
        host = host.lower()
        return any(host == domain or host.endswith(f".{domain}") for domain in (*self.whose.domains, *_INFRASTRUCTURE))

    def _host(self, said: str) -> str:
        ending = organisation(said).partition(".")[2]
        head = said[:len(said) - len(ending)] if ending else said
        return _ANY_WORD.sub(lambda label: label[0] if label[0].lower() in _MACHINES else self.veil.code(label[0]),
                             head) + said[len(head):]

    def _host_number(self, said: str) -> str:
        """Return an IPv4 address; each number keeps its length, and none is over 255."""
        return re.sub(r"[0-9]+", lambda part: "1" + self.veil.digits(f"{said}/{part[0]}")[-len(part[0]) + 1:]
                      if len(part[0]) > 1 else part[0], said)

    def _link(self, said: str) -> Sequence[str]:
        read = charsets.percent_script(said)
        if _ESCAPED.search(read.text) and read.text != said:
            inner = list(self._link(read.text))
            return read.written(inner, charsets.as_percent) if len(inner) == len(read.text) else "".join(inner)
        sheet = _Sheet(read.text)
        for own in self.own:
            sheet.each(own, self._host)
        sheet.each(_LINK_HEAD, str)
        sheet.each(_ADDRESS, self._address)
        self._plain(sheet)
        return read.written(sheet.made, charsets.as_percent)

    def _base64(self, said: str) -> str | None:
        """Return a token with the text it holds replaced, such as a link within a link; None for what is no token."""
        body, signs = said.rstrip("="), b"-_" if "-" in said or "_" in said else b"+/"
        if inner := _unpacked(body, signs):
            new = "".join(self.plain(inner)).encode("ascii", "replace")
            return base64.b64encode(new, signs).decode().rstrip("=") + said[len(body):]
        return self.veil.code(said) if len(said) >= 24 and re.search(r"[0-9]", said) and body.isalnum() else None

    def _letter(self, sheet: _Sheet, start: int, end: int) -> None:
        for found in _LETTERS.finditer(sheet.text, start, end):
            if bare(found[0]) not in self.spared and sheet.is_free(*found.span()):
                sheet.put(*found.span(), self.veil.word(found[0]))

    def _names(self, sheet: _Sheet) -> None:
        for name in self.names:
            for found in name.finditer(sheet.text):
                for word in _ANY_WORD.finditer(sheet.text, *found.span()):
                    if sheet.is_free(*word.span()):
                        sheet.put(*word.span(), self._name(word[0]))
        if self.name_words:
            sheet.each(_LETTERS, lambda said: self.veil.word(said) if bare(said) in self.name_words else None)

    def _name(self, said: str) -> str:
        return self.veil.word(said) if said.isalpha() else self.veil.code(said)

    def _word(self, said: str) -> str:
        return said if len(said) < 2 or bare(said) in self.known else self.veil.word(said)

    def _suspects(self, sheet: _Sheet) -> None:
        """Replace what looks like somebody's in a mail of a layout nobody knows; its own new labels stay."""
        for pattern in (_FIELD, _CALLED, _PERSON, _ALONE):
            for found in pattern.finditer(sheet.text):
                self._unknown(sheet, *found.span("value"))
        for found in _STREET.finditer(sheet.text):
            self._unknown(sheet, *found.span())
        for found in _CAPITAL.finditer(sheet.text):
            if not _LINE_START.search(sheet.text, max(0, found.start() - 8), found.start()):
                self._unknown(sheet, *found.span())

    def _unknown(self, sheet: _Sheet, start: int, end: int) -> None:
        for found in _LETTERS.finditer(sheet.text, start, end):
            if bare(found[0]) not in self.known and sheet.is_free(*found.span()):
                sheet.put(*found.span(), self._word(found[0]))


_MACHINES = frozenset("mx www smtp imap mail relay out in mta ns web mobile email".split())


def _unpacked(said: str, signs: bytes) -> str:
    """Return the text that a base64 token holds; empty where it holds none."""
    try:
        inner = base64.b64decode(said + "=" * (-len(said) % 4), signs, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return inner if inner.isprintable() else ""


def _emptied(octets: bytes, encoding: str) -> bytes:
    """Return an attachment of the same size and shape that holds nothing."""
    if encoding == "base64":
        return re.sub(rb"[A-Za-z0-9+/]", b"A", octets)
    return re.sub(rb"[^\r\n]", b"x", octets)


def _alternatives(codes: Iterable[str]) -> re.Pattern[str]:
    longest = sorted(set(codes), key=lambda code: (-len(code), code))
    return re.compile("|".join(rf"(?<![A-Za-z0-9]){re.escape(code)}(?![A-Za-z0-9])" for code in longest) or r"(?!)",
                      re.IGNORECASE)


def _in_sequence(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])" + r"[\W_]{1,5}".join(map(re.escape, words)) + r"(?![^\W_])", re.IGNORECASE)


# -- where a person wrote ------------------------------------------------------------------------


_MOST_LINES = 500


def letters(text: str, wanted: str) -> list[tuple[int, int]]:
    """Return where `wanted` stands in `text`, whatever tags, marks and line ends part its words.

    Where it does not stand as one - a mail says it once with and once without what was cut out of it -
    its lines are looked for around the longest of them.
    """
    words = [(found[0].casefold(), found.start(), found.end()) for found in _ANY_WORD.finditer(text)]
    asked = [word.casefold() for word in _ANY_WORD.findall(wanted)]
    if not asked:
        return []
    said = [word for word, _, _ in words]
    found = [(words[at][1], words[at + len(asked) - 1][2]) for at in _places(said, asked)]
    return found or [(words[start][1], words[end - 1][2]) for start, end in _by_lines(said, wanted)]


def _places(said: Sequence[str], asked: Sequence[str]) -> list[int]:
    size = len(asked)
    return [at for at, word in enumerate(said[:len(said) - size + 1])
            if word == asked[0] and said[at:at + size] == asked]


def _by_lines(said: Sequence[str], wanted: str) -> list[tuple[int, int]]:
    if wanted.count("\n") > _MOST_LINES:
        return [(0, len(said))]  # all of it, before the search takes minutes
    lines = [words for line in wanted.splitlines() if (words := [one.casefold() for one in _ANY_WORD.findall(line)])]
    longest = max(range(len(lines)), key=lambda at: len(lines[at]))
    found: list[tuple[int, int]] = []
    for anchor in _places(said, lines[longest]):
        at = anchor
        for line in lines[longest:]:
            after = next((place for place in _places(said, line) if place >= at), None)
            if after is not None:
                found.append((after, at := after + len(line)))
        upto = anchor
        for line in reversed(lines[:longest]):
            before = next((place for place in reversed(_places(said, line)) if place + len(line) <= upto), None)
            if before is not None:
                found.append((before, before + len(line)))
                upto = before
    return found
