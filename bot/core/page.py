"""The plain text of a mail to the seller -> the same as one small page of HTML that does nothing but show.

Whatever a mail brought in is text here: escaped, without a link, an image, a script or a style of its own.
Mail programs make links of what looks like one, so a dot, colon or @ inside a word stands in an element of its
own: what is copied is still whole. Nothing is fetched from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, pairwise

from bot.core.pattern import later

__all__ = ["html_of"]

LABEL_CAP = 24          # characters: `Commande     404-…` is a label and its value, a sentence is none
WRAPPED = 66            # a line as long as this was broken for the eye only: it runs on with the next one
INDENT = 4              # spaces before an order that is ready to copy

_STYLE = """\
:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:16px;max-width:40em;font:16px/1.5 -apple-system,"Segoe UI",Roboto,Arial,sans-serif;\
color:#1a1a1a;background:#fff;overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
h1{font-size:20px;line-height:1.3;margin:0 0 16px}
p,dl,ul{margin:0 0 14px}
ul{padding-left:20px}
dt{font-size:13px;color:#595959}
dd{margin:0 0 8px}
blockquote{margin:0 0 14px;padding:8px 12px;border-left:4px solid #8a8a8a;background:#f3f3f3}
pre{margin:0 0 8px;padding:8px 12px;border:1px solid #8a8a8a;border-radius:4px;white-space:pre-wrap;\
font:16px/1.5 Menlo,Consolas,monospace}
small{font:13px/1.4 Arial,sans-serif}
@media (prefers-color-scheme:dark){body{color:#eee;background:#121212}dt{color:#b5b5b5}\
blockquote{background:#262626}}
"""

_HEAD = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
"""

# Controls, lone surrogates, and what turns the reading direction round or has no width.
_UNSEEN = later("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]")
_JOINTS = later(r"(?<=\S)([.:@])(?=\S)")
_QUOTED = later(r"(?:>|  \|) ?(.*)")
_BULLET = later(r" {2}- (.*)")
_LABELLED = later(rf"(\S(?:[^\n]{{0,{LABEL_CAP - 2}}}\S)?) {{2,}}(\S.*)")
_LANGUAGE = later(r"[a-z]{2}")


@dataclass(slots=True)
class _Block:
    """Neighbouring lines of one sort."""

    tag: str
    lines: list[str] = field(default_factory=list)


def html_of(text: str, language: str, title: str) -> str:
    """Return a whole page that says what `text` says, in that language (two letters; else none is named).

    The first line becomes the heading; `>` or `  |` before a line makes it a quotation, four spaces something to
    copy, eight beneath it what that does, `Label   value` a label above its value, `  - ` an entry of a list.
    """
    told = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " " * INDENT)
    lines = [line.rstrip() for line in _UNSEEN.sub("", told).split("\n")]
    first, *others = [tuple(stretch) for filled, stretch in groupby(lines, key=bool) if filled] or [()]
    head = _HEAD.format(language=language if _LANGUAGE.fullmatch(language) else "", style=_STYLE,
                        title=_escaped(" ".join(_UNSEEN.sub("", title).split())))
    return f"{head}{_shown(_headed(list(_parted(first))))}{''.join(map(_stretch, others))}</body>\n</html>\n"


def _headed(blocks: list[_Block]) -> list[_Block]:
    """Return the blocks with the first line as the heading, if it is one of a paragraph."""
    if not blocks or blocks[0].tag != "p":
        return blocks
    first, *rest = blocks[0].lines
    return [_Block("h1", [first]), *([_Block("p", rest)] if rest else []), *blocks[1:]]


@lru_cache(maxsize=64)      # what our templates say, such as the orders, stands in every mail alike
def _stretch(lines: tuple[str, ...]) -> str:
    """Return lines without a blank one between them; a blank line ends a block, by its mark a quotation's is none."""
    return _shown(_parted(lines))


def _shown(blocks: Iterable[_Block]) -> str:
    return "".join(f"{_RENDERED[block.tag](block.lines)}\n" for block in blocks)


def _parted(lines: Sequence[str]) -> Iterator[_Block]:
    if not lines:
        return
    block = _Block("")
    for line in lines:
        plain = line[0] not in "> " and "  " not in line    # most lines: `_sort` would find nothing else
        tag, said = ("p", line.strip()) if plain else _sort(line, block.tag)
        if tag != block.tag:
            if block.lines:
                yield block
            block = _Block(tag)
        block.lines.append(said)
    yield block


def _sort(line: str, before: str) -> tuple[str, str]:
    """Return which block a line belongs to, given the one before it, and what it says there."""
    indent = len(line) - len(line.lstrip(" "))
    if found := _QUOTED.fullmatch(line):
        return "blockquote", found[1]
    if before == "dl" and indent > INDENT:      # beneath the value of the label above
        return "dl", f"\t{line.strip()}"
    if found := _BULLET.fullmatch(line):
        return "ul", found[1]
    if indent >= INDENT:
        return "pre", line[INDENT:]
    if found := _LABELLED.fullmatch(line):
        return "dl", f"{found[1]}\t{found[2]}"
    return "p", line.strip()


# -- what each block looks like ------------------------------------------------------------------


def _text(line: str) -> str:
    """Return a line as HTML that no mail program takes for a link."""
    return _JOINTS.sub(r"<span>\1</span>", _escaped(line))


def _paragraph(lines: list[str]) -> str:
    told = _text(lines[0])
    for before, line in pairwise(lines):
        told += (" " if len(before) >= WRAPPED else "<br>\n") + _text(line)
    return f"<p>{told}</p>"


def _heading(lines: list[str]) -> str:
    return f"<h1>{_text(lines[0])}</h1>"


def _quotation(lines: list[str]) -> str:
    told = "<br>\n".join(map(_text, lines))
    return f'<blockquote dir="auto">{told}</blockquote>'


def _listing(lines: list[str]) -> str:
    told = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f"<ul>{told}</ul>"


def _labels(lines: list[str]) -> str:
    """Return labels above their values: side by side they do not fit on a phone."""
    told = []
    for line in lines:
        label, _, value = line.partition("\t")
        told.append(f"<dt>{_text(label)}</dt>" if label else "")
        told.append(f"<dd>{_text(value)}</dd>")
    return f"<dl>{''.join(told)}</dl>"


def _orders(lines: list[str]) -> str:
    """Return each order alone, ready to copy, with what it does beneath: said on its line, or on the next, set in."""
    told, order = list[str](), list[str]()
    for line in lines:
        if order and line.startswith(" " * INDENT):
            told.append(_order("\n".join(order), line.strip()))
            order = []
            continue
        said, _, meaning = line.strip().partition("  ")
        if meaning:
            told += [*map(_order, order), _order(said, meaning.strip())]
            order = []
        else:
            order.append(said)
    return "\n".join([*told, *map(_order, order)])


def _order(order: str, meaning: str = "") -> str:
    beneath = f"\n<small>{_text(meaning)}</small>" if meaning else ""
    return f"<pre><code>{_text(order)}</code>{beneath}</pre>"


_RENDERED = {"h1": _heading, "p": _paragraph, "blockquote": _quotation, "ul": _listing, "dl": _labels, "pre": _orders}


def _escaped(text: str) -> str:
    """Return what `html.escape` does, whose module brings all names of all signs, a quarter of a MiB of them."""
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")):
        text = text.replace(sign, name)
    return text
