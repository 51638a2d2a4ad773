"""HTML of a mail -> the text a person sees and the links he could click. Nothing is fetched, nothing runs.

Own walk over lxml's tree: inscriptis breaks a row with paragraphs in its cells over several lines, and
the marketplaces' labels and values stand in such rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from bot.core.clean import UNEXPECTED

MAX_HTML = 512 * 1024
MAX_LINKS = 500
MAX_LINK = 4096
MAX_ROW = 2000
MAX_TAG = 10_000

_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_LAID_OUT = _BLOCKS | {"br", "td", "th"}
_NEVER_SEEN = frozenset("head iframe math noscript object script select style svg template textarea title".split())
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
_WIDE_BLANKS = re.compile(r"[\t\r\n\f][ \t\r\n\f]*+| [ \t\r\n\f]++")  # all of _BLANKS but a single space
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
    from lxml import etree

    source = source[:MAX_HTML]
    source = _DATA_URI.sub("", source) if "data:" in source else source
    if _is_endless(source):
        return Page(text="", refused=True)
    broken: tuple[type[Exception], ...] = (*UNEXPECTED, etree.LxmlError)
    try:
        tree = etree.fromstring(source.encode("utf-8", "replace"), _parser())
        return _Walk(tree).page() if tree is not None else Page(text="")
    except broken:
        return Page(text="")


@cache
def _parser(*, comments: bool = False) -> Any:
    from lxml import etree

    return etree.HTMLParser(encoding="utf-8", remove_comments=not comments, remove_pis=True, no_network=True)


def _tree(source: str) -> Any:
    """Return the tree of a page, its comments in their places; None for one that cannot or must not be parsed."""
    from lxml import etree

    broken: tuple[type[Exception], ...] = (*UNEXPECTED, etree.LxmlError)
    try:
        return None if _is_endless(source) else etree.fromstring(
            source.encode("utf-8", "replace"), _parser(comments=True))
    except broken:
        return None


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
    return any(len(piece) - tag.start() > MAX_TAG for piece in source.split(">")
               if len(piece) > MAX_TAG and (tag := _TAG.search(piece)))


def urls(text: str) -> list[str]:
    """Return the http and https addresses written out in `text`, in order."""
    return [found.rstrip(".,;:!?)]}>") for found in _URL.findall(text)]


@dataclass(slots=True)
class _Walk:
    """One pass over the tree, without recursion: a bomb of nested elements must not end it.

    Attributes:
        open: for each element that is open its name, whether it quotes and whether it paints its ground.
    """

    tree: Any
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    links: dict[str, None] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    open: list[tuple[str, bool, bool]] = field(default_factory=list)
    classes: frozenset[str] = frozenset()
    row: Any = None
    cells: int = 0
    preformatted: int = 0
    quoted: int = 0
    painted: int = 0

    def page(self) -> Page:
        from lxml import etree

        self.classes = _hidden_classes(self.tree)
        walker = etree.iterwalk(self.tree, events=("start", "end"))
        for event, element in walker:
            if event == "end":
                self.leave(element)
            elif self.enter(element):
                walker.skip_subtree()
        self.end_line()
        text = "\n".join(self.lines).strip("\n")
        return Page(text=text, links=tuple(self.links)[:MAX_LINKS], hidden=" ".join(self.hidden))

    def enter(self, element: Any) -> bool:
        """Open an element; say whether nobody sees what is in it. leave() comes for that one as well."""
        tag = element.tag
        hidden, paints = self.look(element, names) if (names := element.keys()) else (False, False)
        hidden = hidden or tag in _NEVER_SEEN
        if hidden:
            self.hide(element)
        elif tag in _LAID_OUT:
            self.open_line(element, tag)
        quotes = tag == "blockquote" and _is_quote(element)
        self.open.append((tag, quotes, paints))
        self.painted += paints
        if quotes or tag == "pre":
            self.quoted += quotes
            self.preformatted += tag == "pre"
        if not hidden:
            if tag == "a":
                self.link(element.get("href", ""))
            if text := element.text:
                self.say(text)
        return hidden

    def look(self, element: Any, names: list[str]) -> tuple[bool, bool]:
        """Return whether the attributes of an element hide it, and whether they paint its ground."""
        looks = _looks(element.get("style", "")) if "style" in names else _PLAIN
        paints = looks.grounds or "class" in names or "bgcolor" in names or "background" in names
        if "hidden" in names or looks.hides:
            return True, paints
        if self.classes and not self.classes.isdisjoint(element.get("class", "").split()):
            return True, paints
        return looks.white and not self.painted and not paints, paints

    def hide(self, element: Any) -> None:
        # what is hidden before all visible text is a preheader, which nearly every marketplace sends
        seen = element.tag not in _NEVER_SEEN or element.tag == "template"
        if seen and (self.lines or self.line):
            self.hidden.append(_BLANKS.sub(" ", "".join(element.itertext())))

    def leave(self, element: Any) -> None:
        tag, quotes, paints = self.open.pop()
        if element is self.row:
            self.row = None
        if tag in _BLOCKS and (self.line or self.row is not None):
            self.end_line()
        self.painted -= paints
        if quotes or tag == "pre":
            self.quoted -= quotes
            self.preformatted -= tag == "pre"
        if tail := element.tail:
            self.say(tail)

    def open_line(self, element: Any, tag: str) -> None:
        if tag in ("td", "th"):
            self.open_cell()
            return
        if self.line or self.row is not None or tag == "br":
            self.end_line(always=tag == "br")
        if tag == "tr" and self.row is None and _is_row(element):
            self.row, self.cells = element, 0

    def open_cell(self) -> None:
        if self.row is None:
            self.end_line()
        elif self.cells:
            self.line.append("\t")
        self.cells += 1

    def say(self, text: str) -> None:
        if self.preformatted and self.row is None:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for other in others:
                self.end_line(always=True)
                self.line.append(other)
        elif text.strip(" \t\r\n\f"):
            self.line.append(_WIDE_BLANKS.sub(" ", text))
        elif self.line:
            self.line.append(" ")

    def end_line(self, always: bool = False) -> None:
        if self.row is not None:
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
    tree = _tree(source[:MAX_HTML])
    if tree is None:
        return []
    inner = (table for table in tree.iter("table") if next(table.iterdescendants("table"), None) is None)
    return [[_cells(row) for row in list(table.iterdescendants("tr")) or [table]] for table in inner]


def _cells(row: Any) -> list[str]:
    said = _said()
    return [" ".join(" ".join(said(cell)).split()) for cell in row.iterdescendants("th", "td")]


@cache
def _said() -> Any:
    from lxml import etree

    return etree.XPath("descendant::text()[not(ancestor::style or ancestor::script or ancestor::template)]",
                       smart_strings=False)


def _is_row(row: Any) -> bool:
    """Say whether a row holds facts side by side, not the layout of a whole mail."""
    if len(row) < 2 or next(row.iterdescendants("table", "li", "pre", "blockquote"), None) is not None:
        return False
    length = 0
    for text in row.itertext():
        length += len(text)
        if length > MAX_ROW:
            return False
    return True


def _is_quote(element: Any) -> bool:
    return element.get("type") == "cite" or "gmail_quote" in element.get("class", "")


def _hidden_classes(tree: Any) -> frozenset[str]:
    """Return the classes a style sheet of the mail hides outside of @media."""
    sheets = "".join(style.text or "" for style in tree.iter("style"))[:65536]
    if "display" not in sheets.lower():
        return frozenset()
    return frozenset(_HIDDEN_CLASS.findall(_AT_RULE.sub("", sheets)))
