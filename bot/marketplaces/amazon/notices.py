"""Amazon's own notices: HTML alone, lists of "label: value" and a table known by its headers.

Three wrappers of the same content are in use, so nothing here leans on classes or on the order of things.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bot.core.errors import UnreadableError
from bot.core.html import read_page
from bot.core.message import Message
from bot.core.stated import stated
from bot.marketplaces.amazon import place
from bot.marketplaces.amazon.letters import ORDER
from bot.marketplaces.amazon.tables import Tables, beginning, key
from bot.marketplaces.contract import Notification, plain
from bot.words import say

if TYPE_CHECKING:
    from bs4 import Tag

_BOILERPLATE = 200      # a longer "value" is a paragraph that happens to begin like a label


def read_return(message: Message, note: Notification, tables: Tables) -> Notification:
    """Return what a return notice says; the buyer's comment is its text."""
    rows, lines = _rows_of(message.html, tables.columns["return_opened"]), _lines(message)
    fields = dict(_fields(lines, tables.fields["return_opened"]))
    order = _order(fields.pop("order", ""), message)
    authorised = beginning(fields.pop("authorised", ""), tables.authorisation) or "unknown"
    facts = {**fields, "authorised": authorised, **_rows(rows, tables)}
    return replace(
        note, reference=order, order=order, mark=_mark(fields.get("requested", ""), rows),
        item=facts.pop("title", "") or facts.get("asin") or None,
        language=tables.languages.get(place.tld(message, tables)), text=_column(rows, "comment"),
        facts={**note.facts, **facts}, links=_links(message, tables),
        stated=() if authorised == "automatic" else stated("\n".join(lines), place.zone(message, tables)),
    )


# ---- The HTML ----

def _rows_of(html: str, columns: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the table's rows by fact; the table lies somewhere within others that only make the layout."""
    if not html:
        return []
    from bs4 import BeautifulSoup  # 60 ms: only when there is a table to read

    tables = BeautifulSoup(html, "lxml").find_all("table")
    return [row for table in tables if not table.find("table") for row in _table(table, columns)]


def _table(table: Tag, columns: Mapping[str, str]) -> Iterator[dict[str, str]]:
    heads, *others = table.find_all("tr") or [table]
    facts = [columns.get(key(cell), "") for cell in _cells(heads)]
    for row in others if "asin" in facts else []:
        yield {fact: cell for fact, cell in zip(facts, _cells(row), strict=False) if fact}


def _cells(row: Tag) -> list[str]:
    return [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]


def _lines(message: Message) -> list[str]:
    """Return what a person sees of a notice, less the table's rows: only there the buyer writes."""
    text = read_page(message.html).text if message.html else message.text
    return [line for line in text.splitlines() if line.strip() and "\t" not in line]


# ---- Facts ----

def _fields(lines: Sequence[str], labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield facts from "label: value", the value in the same line or the next; the first of two is last."""
    after = ""
    for line in reversed(lines):
        label, colon, value = plain(line).partition(":")
        fact = labels.get(key(label), "") if colon else ""
        value = value.strip() or after
        if fact and value and len(value) < _BOILERPLATE:
            yield fact, value
        after = "" if fact else line.strip()


def _order(said: str, message: Message) -> str:
    found = ORDER.search(said) or ORDER.search(message.subject)
    if not found:
        raise UnreadableError(
            "missing_fact", say("no order number in Amazon's notice «{subject}»", subject=message.subject))
    return found[0]


def _rows(rows: Sequence[Mapping[str, str]], tables: Tables) -> dict[str, str]:
    """Return the facts of the first item, and all items in `items`."""
    if not rows:
        return {}
    reasons = [beginning(row["reason"], tables.reasons) or row["reason"] for row in rows if row.get("reason")]
    listed = [f"{row.get('quantity') or 1} × {row.get('title', '')} [{row.get('asin', '')}]" for row in rows]
    first = {fact: rows[0].get(fact, "") for fact in ("title", "asin", "sku", "quantity")}
    return {**first, "items": "\n".join(listed), "reason": ", ".join(dict.fromkeys(reasons)),
            "reason_words": _column(rows, "reason")}


def _column(rows: Sequence[Mapping[str, str]], fact: str) -> str:
    return "\n".join(dict.fromkeys(row[fact] for row in rows if row.get(fact)))


def _links(message: Message, tables: Tables) -> dict[str, str]:
    """Label the places the notice's signed, redirecting links lead to; the signature is left out."""
    targets = [target for url in message.links if (target := _target(url, tables))]
    return {name: target for name, pattern in tables.links["return_opened"].items()
            for target in reversed(targets) if pattern.search(target)}


def _target(url: str, tables: Tables) -> str:
    if not place.is_amazons(place.host(url), tables):
        return ""
    packed = parse_qs(urlsplit(url).query).get("u", [""])[0]
    try:
        target = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return target if place.is_amazons(place.host(target), tables) else ""


def _mark(requested: str, rows: Sequence[Mapping[str, str]]) -> str:
    said = "\n".join([requested, *(f"{row.get('asin', '')} {row.get('quantity', '')} {row.get('comment', '')}"
                                   for row in rows)])
    return sha256(said.encode()).hexdigest()[:16]
