"""Amazon's own notices: HTML alone, lists of "label: value" and a table known by its headers.

What the words mean stands in notifications.toml, by kind; here stands what no pattern can say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.core.dates import day
from bot.core.deadline import Stated
from bot.core.event import Kind
from bot.core.message import Message
from bot.core.money import Money, money, total
from bot.core.parcel import carrier_called, tracking
from bot.core.stated import stated
from bot.marketplaces.amazon import place
from bot.marketplaces.amazon.letters import ORDER, ambiguous, told_on
from bot.marketplaces.amazon.page import Row, fields, lines_of, links_of, rows_of
from bot.marketplaces.amazon.tables import Tables, beginning
from bot.marketplaces.contract import Notification, plain

_RELAY = re.compile(r"(?<![\w.+-])[\w.+-]{1,120}@marketplace\.amazon\.[a-z.]{2,6}", re.ASCII)
_IMPORTANT = re.compile(r"mailto:[^?]{3,120}\?subject=.{0,9}\[(?:Important|Importante|Wichtig)\]", re.IGNORECASE)
_DAYS = ("requested", "delivered", "refunded", "decided", "sent", "ship_by")
_CURRENCIES = {"co.uk": "GBP", "pl": "PLN", "se": "SEK"}

_UNSAID = {"state": "unknown", "outcome": "unknown"}     # rules ask for these: they must always say something

# Whose own words the seller reads: they say what is wanted of him. Of the others only what the buyer wrote.
_TOLD = frozenset({Kind.GUARANTEE_CLAIMED, Kind.GUARANTEE_DECIDED, Kind.CHARGEBACK_OPENED, Kind.PERFORMANCE_WARNED,
                   Kind.MARKETPLACE_WROTE, Kind.MESSAGE_UNDELIVERED})
_STATES_NOTHING = frozenset({Kind.REFUND_ISSUED, Kind.RETURN_CANCELLED, Kind.MESSAGE_UNDELIVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice taken apart.

    Attributes:
        words: what Amazon says in it, line by line, less its foot and the table: only there others write.
        rows: the table's rows by fact.
        listed: the list's values by fact.
    """

    message: Message
    kind: Kind
    tables: Tables
    words: tuple[str, ...]
    rows: tuple[Row, ...]
    listed: Mapping[str, str]
    language: str


def read(message: Message, note: Notification, tables: Tables) -> Notification:
    """Return what a notice says."""
    notice = _look(message, note.kind, tables)
    facts = _facts(notice, note.facts)
    order, mark, told = _order(notice), _mark(notice), note.kind in _TOLD
    known = tuple(filter(None, (order, *_relays(message, tables))))
    return replace(
        note, reference=order, order=order or None, aliases=known or (f"notice-{mark}",), mark=mark,
        buyer=facts.pop("buyer", "") or None,
        item=facts.pop("title", "") or facts.get("asin") or None, language=notice.language or None,
        text="\n".join(notice.words) if told else _column(notice.rows, "comment"), facts=facts,
        links=links_of(message, tables.links.get(note.kind, {}), tables),
        stated=_stated(notice, facts), held=ambiguous("\n".join(notice.words)) if _asks(note.kind) else "",
    )


def read_unread(message: Message, note: Notification, tables: Tables) -> Notification:
    """Return what nobody in the seller's account acts on: that it came."""
    return replace(note, language=tables.languages.get(place.tld(message, tables)),
                   mark=told_on(message, message.sender, message.subject))


def _look(message: Message, kind: Kind, tables: Tables) -> Notice:
    lines, language = lines_of(message), tables.languages.get(place.tld(message, tables), "")
    foot = next((n for n, line in enumerate(lines) if tables.foot.match(plain(line).strip())), len(lines))
    return Notice(message=message, kind=kind, tables=tables, words=tuple(lines[:foot]), language=language,
                  rows=tuple(rows_of(message.html, tables.columns.get(kind, {}))),
                  listed=dict(fields(lines, tables.fields[kind])))


# ---- Facts ----

def _facts(notice: Notice, found: Mapping[str, str]) -> dict[str, str]:
    """Return everything the notice tells by name; those of the kind come last, for they settle the others."""
    listed = {fact: words for fact, words in notice.listed.items() if fact != "order"}
    facts = {**found, **listed, **_said(notice), **_rows(notice.rows, notice.tables)}
    facts |= _amount(notice, facts) | _parcel(facts)
    facts |= {fact: _date(facts[fact], notice.language) for fact in _DAYS if facts.get(fact)}
    return facts | _MORE.get(notice.kind, _nothing)(notice, facts)


def _order(notice: Notice) -> str:
    """Return the order that the list or the subject names, else the only one in Amazon's words."""
    found = ORDER.search(notice.listed.get("order", "")) or ORDER.search(notice.message.subject)
    named = set(ORDER.findall("\n".join(notice.words)))
    return found[0] if found else named.pop() if len(named) == 1 else ""


def _said(notice: Notice) -> dict[str, str]:
    words = plain("\n".join([notice.message.subject, *notice.words]))
    return {fact: next((value for value, pattern in values if pattern.search(words)), _UNSAID.get(fact, ""))
            for fact, values in notice.tables.says.get(notice.kind, {}).items()}


def _rows(rows: tuple[Row, ...], tables: Tables) -> dict[str, str]:
    """Return the facts of the first item, and all items in `items`."""
    if not rows:
        return {}
    reasons = [beginning(row["reason"], tables.reasons) or row["reason"] for row in rows if row.get("reason")]
    listed = [f"{row.get('quantity') or 1} × {row.get('title', '')} [{row.get('asin', '')}]" for row in rows]
    first = {fact: rows[0].get(fact, "") for fact in ("title", "asin", "sku", "quantity")}
    told = {"reason": ", ".join(dict.fromkeys(reasons)), "reason_words": _column(rows, "reason")} if reasons else {}
    return {**first, "items": "\n".join(listed), **told}


def _column(rows: tuple[Row, ...], fact: str) -> str:
    return "\n".join(dict.fromkeys(row[fact] for row in rows if row.get(fact)))


def _date(words: str, language: str) -> str:
    """Return a day as 2026-10-17, or the words where they leave it open."""
    found = day(words, language)
    return found.isoformat() if found else words


def _parcel(facts: Mapping[str, str]) -> dict[str, str]:
    """Return carrier and number by the names we know them by, else as they stand."""
    carrier, number = facts.get("carrier", ""), facts.get("tracking", "")
    found = tracking(f"{carrier} {number}") if number else None
    named = {"carrier": carrier_called(carrier) or carrier or (found.carrier if found else "")}
    return named | ({"tracking": found.number if found else number} if number else {})


# ---- Money ----

def _amount(notice: Notice, facts: Mapping[str, str]) -> dict[str, str]:
    """Return the sum of the notice in `amount`, as `119.00 EUR`; what cannot be read stays in `amount_words`."""
    pattern = notice.tables.sums.get(notice.kind)
    said = plain("\n".join([*notice.words, notice.message.subject]))
    found = pattern.search(said) if pattern else None
    words = facts.get("amount") or facts.get("price") or (found[1] if found else "")
    name = "price" if facts.get("price") else "amount"
    if not words:
        return {}
    sum_ = money(words, currency=_currency(notice))
    return {name: str(sum_)} if sum_ else {name: "", f"{name}_words": words}


def _currency(notice: Notice) -> str:
    """Return what a bare number is in: the currency the notice names, else its site's."""
    named = re.search(r"\b(?:EUR|GBP|PLN|SEK|USD|CAD)\b", "\n".join([notice.message.subject, *notice.words]))
    return named[0] if named else _CURRENCIES.get(place.tld(notice.message, notice.tables), "EUR")


def _lines_add_up(notice: Notice) -> Money | None:
    """Return what the rows come to; None if one of them cannot be read, for a part of a sum is no sum."""
    said = [row[fact] for row in notice.rows for fact in ("price", "shipping") if row.get(fact)]
    sums = [money(words, currency=_currency(notice)) for words in said]
    return total(each for each in sums if each) if all(sums) else None


# ---- What one kind has that the others have not ----

def _return(notice: Notice, facts: Mapping[str, str]) -> dict[str, str]:
    policy, tables = facts.get("policy", ""), notice.tables
    return {"authorised": beginning(facts.get("authorised", ""), tables.authorisation) or "unknown",
            "policy": beginning(policy, tables.policies) or "unknown", "policy_words": policy}


def _refund(notice: Notice, facts: Mapping[str, str]) -> dict[str, str]:
    """Let the rows give the sum where the sentence does not, and say so where the two differ."""
    lines = _lines_add_up(notice)
    priced = any(row.get("price") for row in notice.rows)
    who = beginning(facts.get("fulfilment", ""), notice.tables.fulfilments) or ("" if priced else "amazon")
    more = {"fulfilment": who if facts.get("fulfilment") or notice.rows else ""}
    if not lines or str(lines) == facts.get("amount"):
        return more
    return more | ({"amount_by_lines": str(lines)} if facts.get("amount") else {"amount": str(lines)})


def _undelivered(notice: Notice, facts: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001 – the rows of a table are called alike
    """Say whether Amazon still lets an urgent message through, with its mark in the subject."""
    important = any(_IMPORTANT.match(link) for link in notice.message.links)
    return {"important": "yes" if important else ""}


def _nothing(notice: Notice, facts: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001 – the rows of a table are called alike
    return {}


_MORE: Mapping[Kind, Callable[[Notice, Mapping[str, str]], dict[str, str]]] = {
    Kind.RETURN_OPENED: _return,
    Kind.REFUND_ISSUED: _refund,
    Kind.MESSAGE_UNDELIVERED: _undelivered,
}


# ---- Deadlines, copies, aliases ----

def _asks(kind: Kind) -> bool:
    return kind not in _STATES_NOTHING


def _stated(notice: Notice, facts: Mapping[str, str]) -> tuple[Stated, ...]:
    """Return the deadlines in Amazon's words, where there is something left for the seller to do."""
    if not _asks(notice.kind) or facts.get("authorised") == "automatic" or facts.get("outcome") == "denied":
        return ()
    return stated("\n".join(notice.words), place.zone(notice.message, notice.tables))


def _mark(notice: Notice) -> str:
    """Return what is equal in every copy: Amazon changes the watermark, the links and the second.

    The day is in it, for two refunds of one order may read alike.
    """
    cells = [f"{name}={cell}" for row in notice.rows for name, cell in row.items()]
    return told_on(notice.message, *notice.words, *cells)


def _relays(message: Message, tables: Tables) -> list[str]:
    """Return the one buyer whose address Amazon names in its notice; of two, none."""
    named = {place.relay_name(address, tables) for text in (message.text, *message.links)
             for address in _RELAY.findall(text)} - {""}
    return list(named) if len(named) == 1 else []
