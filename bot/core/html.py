"""HTML of a mail -> the text a person sees and the links he could click. Nothing is fetched, nothing runs.

Own walk over what lxml tells while it parses: inscriptis breaks a row with paragraphs in its cells over
several lines, and the marketplaces' labels and values stand in such rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import accumulate, takewhile
from typing import Any, NamedTuple, TypeVar

from bot.core.clean import UNEXPECTED

MAX_HTML = 512 * 1024
MAX_LINKS = 500
MAX_LINK = 4096
MAX_ROW = 2000
MAX_TAG = 10_000
MAX_DEPTH = 250  # elements in each other; libxml2 gives up some further down
MOST_LOOKED = 2**18  # parts of a page looked at ahead, to tell rows of facts from others

_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_NO_FACTS = frozenset({"table", "li", "pre", "blockquote"})
_NEVER_SEEN = frozenset("head iframe math noscript object script select style svg template textarea title".split())
_KINDS = {**dict.fromkeys(_BLOCKS, "block"), **dict.fromkeys(("br", "td", "th"), "laid out"),
          **dict.fromkeys(_NEVER_SEEN, "never seen")}
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)"
    r"|font(?:-size)?\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)[^<]{0,200}overflow\s*:\s*hidden",
    re.IGNORECASE,
)
_WHITE = re.compile(r"(?:^|;)\s*color\s*:\s*(?:#fff(?:fff)?|white|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))",
                    re.IGNORECASE)
_AT_RULE = re.compile(r"@[^{};]{0,300}\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\}")
_HIDDEN_CLASS = re.compile(r"\.([\w-]{1,80})\s{0,20}\{[^{}]{0,500}?display\s{0,9}:\s{0,9}none", re.IGNORECASE)
_DATA_URI = re.compile(r"\bdata:[\w/+.;=-]{0,100}+,[A-Za-z0-9+/=%]*+", re.ASCII)
_TAG = re.compile(r"<[A-Za-z]")
_TAG_END_IN_VALUE = re.compile(r"=\s*+(?:\"[^\">]*+>|'[^'>]*+>)")
_VALUES = (re.compile(r"=\s*+\"[^\"]*+\""), re.compile(r"=\s*+'[^']*+'"),
           re.compile(r"=\s*+(?:\"[^\"]*+\"|'[^']*+')"))
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_UNREAD = frozenset({"style", "script", "template"})  # whose text is no cell's
_BEYOND = 2**62  # no page has so many pieces
_What = TypeVar("_What")
_URL = re.compile(r"https?://[^\s<>\"'\u00a0]{1,4096}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an HTML part shows. `hidden` is text that follows visible text but that no person sees.

    `refused` says that the HTML was not parsed, because it would take longer than any honest one.
    """

    text: str
    links: tuple[str, ...] = ()
    hidden: str = ""
    refused: bool = False


def read_page(source: str) -> Page:
    """Return what a person sees of `source`, which is cut to MAX_HTML characters first.

    Cells of one row stand on one line with a tab between; paragraphs, list entries and line breaks
    on lines of their own. Never raises: HTML that cannot be parsed at all shows nothing.
    """
    source = source[:MAX_HTML]
    source = _DATA_URI.sub("", source) if "data:" in source else source
    try:
        heard = _heard(source)
        return _Walk(heard.told, _hidden_classes(heard)).page() if heard else Page(text="", refused=True)
    except _broken():
        return Page(text="")


@cache
def _broken() -> tuple[type[Exception], ...]:
    from lxml import etree

    return (*UNEXPECTED, etree.LxmlError)


_Told = str | tuple[str, Mapping[str, str]] | None
"""What a parser tells in its order: text, an element's name and attributes where it begins, None where one ends.

A comment is an empty text: nobody sees it, but it parts two words.
"""


class _Heard(NamedTuple):
    told: list[_Told]
    sheets: list[int]


class _Notes:
    """Writes down what lxml's parser tells while it reads: no tree is built, and none taken down again."""

    def __init__(self) -> None:
        self.told: list[_Told] = []
        self.sheets: list[int] = []  # where style sheets begin
        self.data = self.told.append  # lxml asks for it once

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.told.append((tag, attributes))
        if tag == "style":
            self.sheets.append(len(self.told))

    def end(self, _tag: str) -> None:
        self.told.append(None)

    def comment(self, _text: str) -> None:
        self.told.append("")

    def close(self) -> _Heard:
        heard = _Heard(self.told.copy(), self.sheets.copy())
        self.told.clear()
        self.sheets.clear()
        return heard


@cache
def _parser(notes: Any = None) -> Any:
    from lxml import etree

    return etree.HTMLParser(encoding="utf-8", remove_pis=True, no_network=True, target=notes)


_NOTES = _Notes()
_LAST: list[tuple[str, _Heard]] = []  # the page read last: Amazon's tables are asked for next
MOST_KEPT = 10_000  # parts of a page; what was told of a longer one is not kept


def _heard(source: str) -> _Heard | None:
    """Return what is told of a page; None for one that must not be parsed."""
    if _LAST and _LAST[0][0] == source:
        return _LAST[0][1]
    if _is_endless(source):
        return None
    _LAST.clear()  # before the next page is read: it takes its place
    heard = _heard_anew(source.encode("utf-8", "replace"))
    if len(heard.told) <= MOST_KEPT:
        _LAST.append((source, heard))
    return heard


def _heard_anew(octets: bytes) -> _Heard:
    from lxml import etree

    _NOTES.close()  # of a page that broke off
    heard: _Heard = etree.fromstring(octets, _parser(_NOTES))
    return _heard_by_tree(octets) if _is_deep(heard.told) else heard


def _is_deep(told: list[_Told]) -> bool:
    if len(told) <= 2 * MAX_DEPTH:  # each element begins and ends
        return False
    steps = accumulate(-1 if one is None else type(one) is not str for one in told)
    return max(steps) > MAX_DEPTH


def _heard_by_tree(octets: bytes) -> _Heard:
    """Return the same out of libxml2's tree, which ends where elements lie deeper in each other than it lets them."""
    from lxml import etree

    notes, tree = _Notes(), etree.fromstring(octets, _parser())
    events = etree.iterwalk(tree, events=("start", "end", "comment")) if tree is not None else ()
    for event, element in events:
        if event == "start":
            notes.start(element.tag, element.attrib)
        elif event == "end":
            notes.end(element.tag)
        else:
            notes.comment(element.text)
        if text := element.text if event == "start" else element.tail:
            notes.data(text)
    return notes.close()


def _is_endless(source: str) -> bool:
    """Say whether a tag is longer than MAX_TAG: libxml2 needs 22 s for one with 50,000 attributes.

    A quoted value may hold a `>`, and text may hold a quote: so it is asked with and without values.
    """
    if len(source) <= MAX_TAG:
        return False
    if not _TAG_END_IN_VALUE.search(source):  # without its values, a tag is only shorter
        return _has_long_tag(source)
    return any(map(_has_long_tag, (source, *(values.sub("=", source) for values in _VALUES))))


def _has_long_tag(source: str) -> bool:
    end = 0
    while len(source) - end > MAX_TAG:
        if (near := source.rfind(">", end, end + MAX_TAG + 1)) < 0:
            return _holds_long_tag(source)
        end = near + 1
    return False


def _holds_long_tag(source: str) -> bool:
    return any(len(piece) - tag.start() > MAX_TAG for piece in source.split(">")
               if len(piece) > MAX_TAG and (tag := _TAG.search(piece)))


def urls(text: str) -> list[str]:
    """Return the http and https addresses written out in `text`, in order."""
    return [found.rstrip(".,;:!?)]}>") for found in _URL.findall(text)]


@dataclass(slots=True)
class _Walk:
    """One pass over what the parser told, without recursion: a bomb of nested elements must not end it.

    Attributes:
        open: for each element that is open its name, whether it quotes and whether it paints its ground; nothing
            for one whose end changes nothing.
        unseen: up to where nobody sees what was told.
        row: how many elements are open within a row of facts, itself among them; 0 outside.
        looked: how much was looked at ahead, to tell rows of facts from others.
    """

    told: list[_Told]
    classes: frozenset[str]
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    links: dict[str, None] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    open: list[tuple[str, bool, bool] | tuple[()]] = field(default_factory=list)
    unseen: int = 0
    row: int = 0
    cells: int = 0
    preformatted: int = 0
    quoted: int = 0
    painted: int = 0
    looked: int = 0

    def page(self) -> Page:
        opened = self.open
        for at, one in enumerate(self.told, 1):
            if at <= self.unseen:
                continue
            if one is None:
                if closing := opened.pop():
                    self.leave(*closing)
                if not opened:  # what follows the page is in no tree of it
                    break
            elif type(one) is not str:
                self.enter(at, *one)
            elif one and (self.line or self.preformatted or one.strip(" \t\r\n\f")):
                self.say(one)
        self.end_line()
        text = "\n".join(self.lines).strip("\n")
        return Page(text=text, links=tuple(self.links)[:MAX_LINKS], hidden=" ".join(self.hidden))

    def enter(self, at: int, tag: str, attributes: Mapping[str, str]) -> None:
        hidden, paints = self.look(attributes) if attributes else (False, False)
        kind = _KINDS.get(tag)
        if hidden or kind == "never seen":
            self.hide(at, tag)
        elif kind:
            self.open_line(at, tag)
        elif tag == "a":
            self.link(attributes.get("href", ""))
        if not paints and kind != "block":
            self.open.append(())
            return
        quotes = tag == "blockquote" and _is_quote(attributes)
        self.open.append((tag, quotes, paints))
        self.painted += paints
        self.quoted += quotes
        self.preformatted += tag == "pre"

    def look(self, attributes: Mapping[str, str]) -> tuple[bool, bool]:
        """Return whether the attributes of an element hide it, and whether they paint its ground."""
        looks = _looks(attributes["style"]) if "style" in attributes else _PLAIN
        paints = looks.grounds or "class" in attributes or "bgcolor" in attributes or "background" in attributes
        if "hidden" in attributes or looks.hides:
            return True, paints
        if self.classes and not self.classes.isdisjoint(attributes.get("class", "").split()):
            return True, paints
        return looks.white and not self.painted and not paints, paints

    def hide(self, at: int, tag: str) -> None:
        """Pass over what is in an element."""
        self.unseen = end = self.end_of(at)
        # what is hidden before all visible text is a preheader, which nearly every marketplace sends
        if (tag not in _NEVER_SEEN or tag == "template") and (self.lines or self.line):
            said = "".join(one for one in self.told[at:end] if type(one) is str)
            self.hidden.append(_BLANKS.sub(" ", said))

    def end_of(self, at: int) -> int:
        """Return where the element ends within which `at` is."""
        depth = 1
        for place in range(at, len(self.told)):  # islice() would walk all the way to `at`
            one = self.told[place]
            if one is None:
                depth -= 1
                if not depth:
                    return place
            elif type(one) is not str:
                depth += 1
        return len(self.told)

    def leave(self, tag: str, quotes: bool, paints: bool) -> None:
        if len(self.open) < self.row:
            self.row = 0
        if tag in _BLOCKS and (self.line or self.row):
            self.end_line()
        self.painted -= paints
        self.quoted -= quotes
        self.preformatted -= tag == "pre"

    def open_line(self, at: int, tag: str) -> None:
        if tag in ("td", "th"):
            self.open_cell()
            return
        if self.line or self.row or tag == "br":
            self.end_line(always=tag == "br")
        if tag == "tr" and not self.row and self.is_row(at):
            self.row, self.cells = len(self.open) + 1, 0

    def is_row(self, at: int) -> bool:
        """Say whether the row that begins before `at` holds facts side by side, not the layout of a whole mail."""
        children, depth, length = 0, 1, 0
        told = self.told
        for place in range(at, len(told)):
            one = told[place]
            self.looked += 1
            if one is None:
                depth -= 1
                if not depth:
                    return children > 1 and self.looked < MOST_LOOKED
            elif type(one) is str:
                length += len(one)
                if length > MAX_ROW:
                    return False
            else:
                children += depth == 1
                depth += 1
                if one[0] in _NO_FACTS:
                    return False
        return False

    def open_cell(self) -> None:
        if not self.row:
            self.end_line()
        elif self.cells:
            self.line.append("\t")
        self.cells += 1

    def say(self, text: str) -> None:
        if self.preformatted and not self.row:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for other in others:
                self.end_line(always=True)
                self.line.append(other)
        elif text.strip(" \t\r\n\f"):
            plain = text.replace("\n", " ").replace("\t", " ").replace("\r", " ").replace("\f", " ")
            self.line.append(_SPACES.sub(" ", plain) if "  " in plain else plain)
        elif self.line:
            self.line.append(" ")

    def end_line(self, always: bool = False) -> None:
        if self.row:
            self.line.append(" ")
            return
        if not self.line and not always:
            return
        said = "".join(self.line)
        said = said.rstrip() if self.preformatted else _tidy(said)
        if said or (always and self.lines and self.lines[-1]):
            self.lines.append("> " + said if self.quoted else said)
        self.line = []

    def link(self, href: str) -> None:
        href = _BLANKS.sub("", href)
        if href[:8].lower().startswith(("http://", "https://", "mailto:")) and len(href) <= MAX_LINK:
            self.links.setdefault(href)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What a style does: hides its element, writes in white, gives it a ground of its own."""

    hides: bool
    white: bool
    grounds: bool


_PLAIN = _Looks(False, False, False)


def _looks(style: str) -> _Looks:
    return _known_looks(style) if len(style) <= _SHORT_STYLE else _looks_of(style)


def _looks_of(style: str) -> _Looks:
    return _Looks(bool(_HIDING.search(style)), bool(_WHITE.search(style)), "background" in style)


_SHORT_STYLE = 200  # characters; a mail repeats its styles, and what is kept of them must stay small
_known_looks = lru_cache(maxsize=256)(_looks_of)


def _tidy(line: str) -> str:
    if "\t" not in line:
        return _SPACES.sub(" ", line).strip() if "  " in line else line.strip()
    cells = (_SPACES.sub(" ", cell).strip() for cell in line.split("\t"))
    return "\t".join(cells).strip()


_SPACES = re.compile(" {2,}")


def read_tables(source: str) -> list[list[list[str]]]:
    """Return the innermost tables of `source` as rows of cells, each cell in one line; none of what is refused."""
    try:
        heard = _heard(source[:MAX_HTML])
        return _Tables().of(heard.told) if heard else []
    except _broken():
        return []


@dataclass(slots=True)
class _Tables:
    """One pass over what the parser told, for its tables. Places are counted in pieces of `said`.

    Attributes:
        open: name and place of each element that is open.
        said: all text so far, with a blank where an element begins or ends.
        last: where the innermost table begins; beyond all places once it has ended.
        unread: how many elements are open whose text nobody reads.
    """

    found: list[list[list[str]]] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    cells: list[tuple[int, str]] = field(default_factory=list)
    open: list[tuple[str, int]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    last: int = _BEYOND
    unread: int = 0

    def of(self, told: list[_Told]) -> list[list[list[str]]]:
        for one in told:
            if type(one) is str:
                if not self.unread:
                    self.said.append(one or " ")
                continue
            if one is not None:
                self.enter(one[0])
            else:
                self.leave(*self.open.pop())
                if not self.open:  # what follows the page is in no tree of it
                    break
            self.said.append(" ")
        return self.found

    def enter(self, tag: str) -> None:
        place = len(self.said)
        self.open.append((tag, place))
        if tag == "table":
            self.last, self.rows, self.cells = place, [], []
        elif tag in _UNREAD:
            self.unread += 1

    def leave(self, tag: str, begin: int) -> None:
        if tag in _UNREAD:
            self.unread -= 1
        if begin < self.last:
            return
        if tag in ("td", "th"):
            self.cells.append((begin, " ".join("".join(self.said[begin:]).split())))
        elif tag == "tr":
            within = takewhile(lambda cell: cell[0] > begin, reversed(self.cells))
            self.rows.append((begin, _in_order(within)))
        elif begin == self.last and tag == "table":
            self.found.append(_in_order(self.rows) or [_in_order(self.cells)])
            self.last = _BEYOND


def _in_order(placed: Iterable[tuple[int, _What]]) -> list[_What]:
    return [what for _, what in sorted(placed)]


def _is_quote(attributes: Mapping[str, str]) -> bool:
    return attributes.get("type") == "cite" or "gmail_quote" in attributes.get("class", "")


def _hidden_classes(heard: _Heard) -> frozenset[str]:
    """Return the classes a style sheet of the mail hides outside of @media."""
    if not heard.sheets:
        return frozenset()
    sheets = "".join("".join(_texts(heard.told, at)) for at in heard.sheets)[:65536]
    if "display" not in sheets.lower():
        return frozenset()
    return frozenset(_HIDDEN_CLASS.findall(_AT_RULE.sub("", sheets)))


def _texts(told: list[_Told], at: int) -> Iterator[str]:
    """Yield what is told in text from there on."""
    while at < len(told) and isinstance(one := told[at], str):
        yield one
        at += 1
