"""A few pages to be read and printed by somebody who knows nothing of us: as text, and as one page of HTML.

Whatever a mail brought in is text here: escaped, without link, image or script. Nothing is fetched from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_STYLE = """\
:root{color-scheme:light dark}
body{margin:0 auto;padding:16px;max-width:60em;font:16px/1.5 -apple-system,"Segoe UI",Roboto,Arial,sans-serif;\
color:#1a1a1a;background:#fff;overflow-wrap:anywhere}
h1{font-size:22px;line-height:1.3}h2{font-size:18px;margin:28px 0 8px;border-bottom:1px solid #8a8a8a}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0}
th{color:#595959;font-weight:600}tr{break-inside:avoid}
pre{margin:8px 0;padding:8px 12px;border-left:4px solid #8a8a8a;background:#f3f3f3;white-space:pre-wrap;font:inherit}
@media (prefers-color-scheme:dark){body{color:#eee;background:#121212}th{color:#b5b5b5}pre{background:#262626}}
@media print{body{max-width:none;font-size:12px}}
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

# Controls, lone surrogates, and what turns the reading direction round or has no width.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                     "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part under a heading: rows of a table, its columns named or not, and words that somebody wrote."""

    heading: str
    rows: Sequence[Sequence[str]] = ()
    columns: Sequence[str] = ()
    quoted: str = ""


def as_text(title: str, sections: Sequence[Section]) -> str:
    return "\n".join([_seen(title), "=" * len(title), *(line for one in sections for line in _lines(one))]) + "\n"


def _lines(section: Section) -> Iterator[str]:
    yield from ("", _seen(section.heading), "-" * len(section.heading))
    for row in section.rows:
        yield "  ".join(_seen(cell) for cell in row if cell).rstrip()
    yield from (f"  | {_seen(line)}".rstrip() for line in section.quoted.splitlines())


def as_html(title: str, sections: Sequence[Section], language: str) -> str:
    """Return the same as one page of HTML that needs nothing beside itself."""
    parts = "\n".join(part for one in sections for part in _parts(one))
    return (f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_safe(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
            f"<h1>{_safe(title)}</h1>\n{parts}\n</body>\n</html>\n")


def _parts(section: Section) -> Iterator[str]:
    yield f"<h2>{_safe(section.heading)}</h2>"
    if section.rows:
        yield "<table>"
        if section.columns:
            heads = "".join(f'<th scope="col">{_safe(one)}</th>' for one in section.columns)
            yield f"<thead><tr>{heads}</tr></thead>"
        yield from (_row(row, named=bool(section.columns)) for row in section.rows)
        yield "</table>"
    if section.quoted:
        yield f"<pre>{_safe(section.quoted)}</pre>"


def _row(row: Sequence[str], *, named: bool) -> str:
    """Return a row; without columns, its first cell says what the second is."""
    first = f"<td>{_safe(row[0])}</td>" if named else f'<th scope="row">{_safe(row[0])}</th>'
    return f"<tr>{first}{''.join(f'<td>{_safe(cell)}</td>' for cell in row[1:])}</tr>"


def _seen(said: str) -> str:
    return _UNSEEN.sub("", said)


def _safe(said: str) -> str:
    return escape(_seen(said))
