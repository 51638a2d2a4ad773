"""The HTML of a notice: its table by what heads the columns, its list, its links.

Three wrappers of the same content are in use, so nothing here leans on classes or on the order of things.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from bot.core.html import read_page, read_tables
from bot.core.message import Message
from bot.marketplaces.amazon import place
from bot.marketplaces.amazon.tables import Tables, key
from bot.marketplaces.contract import plain

Row = Mapping[str, str]

_BOILERPLATE = 200      # a longer "value" is a paragraph that happens to begin like a label


def rows_of(html: str, columns: Mapping[str, str]) -> list[Row]:
    """Return the table's rows by fact; the table lies somewhere within others that only make the layout."""
    tables = read_tables(html) if html and columns else []
    return [row for heads, *others in tables for row in _table(heads, others, columns)]


def _table(heads: Sequence[str], others: Sequence[Sequence[str]], columns: Mapping[str, str]) -> Iterator[Row]:
    facts = [columns.get(key(cell), "") for cell in heads]
    for row in others if "asin" in facts else []:
        yield {fact: cell for fact, cell in zip(facts, row, strict=False) if fact}


def lines_of(message: Message) -> list[str]:
    """Return what a person sees of a notice, less the table's rows: only there the buyer writes."""
    text = (message.page or read_page(message.html).text) if message.html else message.text
    return [line.strip() for line in text.splitlines() if "\t" not in line and any(map(str.isalnum, line))]


def fields(lines: Sequence[str], labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield facts from "label: value", the value in the same line or the next; the first of two is last."""
    after = ""
    for line in reversed(lines):
        label, colon, value = plain(line).partition(":")
        fact = labels.get(key(label), "") if colon else ""
        value = value.strip() or after
        if fact and value and len(value) < _BOILERPLATE:
            yield fact, value
        after = "" if fact else line.strip()


def links_of(message: Message, patterns: Mapping[str, re.Pattern[str]], tables: Tables) -> dict[str, str]:
    """Label the places a notice's links lead to; the signature of those that redirect is left out."""
    targets = [target for url in message.links if (target := _target(url, tables))]
    return {name: target for name, pattern in patterns.items()
            for target in reversed(targets) if pattern.search(target)}


def _target(url: str, tables: Tables) -> str:
    if url[:7].lower() == "mailto:":
        return url if place.is_relay(url[7:].partition("?")[0], tables) else ""
    if not place.is_amazons(place.host(url), tables):
        return ""
    packed = parse_qs(urlsplit(url).query).get("u", [""])[0]
    if not packed:
        return url
    try:
        target = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
    except ValueError:      # no base64, no text in it, or signs that ASCII has not
        return ""
    return target if place.is_amazons(place.host(target), tables) else ""
