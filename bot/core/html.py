"""HTML of a mail -> the text a person sees and the links he could click. Nothing is fetched, nothing runs.

Own walk over lxml's tree: inscriptis breaks a row with paragraphs in its cells over several lines, and
the marketplaces' labels and values stand in such rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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
_VALUES = (re.compile(r"=\s*+\"[^\"]*+\""), re.compile(r"=\s*+'[^']*+'"),
           re.compile(r"=\s*+(?:\"[^\"]*+\"|'[^']*+')"))
_BLANKS = re.compile(r"[ \t\r\n\f]+")
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

    source = _DATA_URI.sub("", source[:MAX_HTML])
    if _is_endless(source):
        return Page(text="", refused=True)
    broken: tuple[type[Exception], ...] = (*UNEXPECTED, etree.LxmlError)
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = etree.fromstring(source.encode("utf-8", "replace"), parser)
        return _Walk(tree).page() if tree is not None else Page(text="")
    except broken:
        return Page(text="")


def _is_endless(source: str) -> bool:
    """Say whether a tag is longer than MAX_TAG: libxml2 needs 22 s for one with 50,000 attributes.

    A quoted value may hold a `>`, and text may hold a quote: so it is asked with and without values.
    """
    without = (source, *(values.sub("=", source) for values in _VALUES))
    return any(len(piece) - tag.start() > MAX_TAG for form in without for piece in form.split(">")
               if len(piece) > MAX_TAG and (tag := _TAG.search(piece)))


def urls(text: str) -> list[str]:
    """Return the http and https addresses written out in `text`, in order."""
    return [found.rstrip(".,;:!?)]}>") for found in _URL.findall(text)]


@dataclass(slots=True)
class _Walk:
    """One pass over the tree, without recursion: a bomb of nested elements must not end it."""

    tree: Any
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    links: dict[str, None] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
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
            elif self.is_hidden(element):
                self.hide(element)
                walker.skip_subtree()
            else:
                self.enter(element)
        self.end_line()
        text = "\n".join(self.lines).strip("\n")
        return Page(text=text, links=tuple(self.links)[:MAX_LINKS], hidden=" ".join(self.hidden))

    def is_hidden(self, element: Any) -> bool:
        if element.tag in _NEVER_SEEN or "hidden" in element.attrib:
            return True
        style = element.get("style", "")
        if style and _HIDING.search(style):
            return True
        if self.classes and not self.classes.isdisjoint(element.get("class", "").split()):
            return True
        return bool(style) and not self.painted and not _paints(element) and bool(_WHITE.search(style))

    def hide(self, element: Any) -> None:
        # what is hidden before all visible text is a preheader, which nearly every marketplace sends
        seen = element.tag not in _NEVER_SEEN or element.tag == "template"
        if seen and (self.lines or self.line):
            self.hidden.append(_BLANKS.sub(" ", "".join(element.itertext())))
        # leave() comes for it as well and takes back what enter() would have counted
        self.count(element, 1)

    def enter(self, element: Any) -> None:
        self.open_line(element)
        self.count(element, 1)
        if element.tag == "a":
            self.link(element.get("href", ""))
        self.say(element.text)

    def leave(self, element: Any) -> None:
        if element is self.row:
            self.row = None
        if element.tag in _BLOCKS:
            self.end_line()
        self.count(element, -1)
        self.say(element.tail)

    def count(self, element: Any, step: int) -> None:
        self.preformatted += step * (element.tag == "pre")
        self.quoted += step * _is_quote(element)
        self.painted += step * _paints(element)

    def open_line(self, element: Any) -> None:
        if element.tag == "br" or element.tag in _BLOCKS:
            self.end_line(always=element.tag == "br")
        if element.tag == "tr" and self.row is None and _is_row(element):
            self.row, self.cells = element, 0
        elif element.tag in ("td", "th"):
            self.open_cell()

    def open_cell(self) -> None:
        if self.row is None:
            self.end_line()
        elif self.cells:
            self.line.append("\t")
        self.cells += 1

    def say(self, text: str | None) -> None:
        if not text:
            return
        if self.preformatted and self.row is None:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for other in others:
                self.end_line(always=True)
                self.line.append(other)
        elif (flat := _BLANKS.sub(" ", text)) != " " or self.line:
            self.line.append(flat)

    def end_line(self, always: bool = False) -> None:
        if self.row is not None:
            self.line.append(" ")
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


def _tidy(line: str) -> str:
    cells = (re.sub(" {2,}", " ", cell).strip() for cell in line.split("\t"))
    return "\t".join(cells).strip()


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
    if element.tag != "blockquote":
        return False
    return element.get("type") == "cite" or "gmail_quote" in element.get("class", "")


def _paints(element: Any) -> bool:
    attributes = element.attrib
    if "bgcolor" in attributes or "background" in attributes or "class" in attributes:
        return True
    return "background" in attributes.get("style", "")


def _hidden_classes(tree: Any) -> frozenset[str]:
    """Return the classes a style sheet of the mail hides outside of @media."""
    sheets = "".join(style.text or "" for style in tree.iter("style"))[:65536]
    return frozenset(_HIDDEN_CLASS.findall(_AT_RULE.sub("", sheets)))
