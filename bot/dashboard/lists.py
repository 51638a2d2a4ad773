"""Cases, deadlines, outbox and shelf: each as a page with filters in its address, as CSV, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from bot import showing, words
from bot.core.sheet import sheet
from bot.dashboard.here import store
from bot.dashboard.telling import kind, person, safe, state, until, what, when
from bot.edges.store import Row
from bot.marketplaces import titled
from bot.words import say

PART = Blueprint("lists", "bot.dashboard.lists")

A_PAGE = 50     # rows
MOST = 100_000  # rows of a file

Flat = showing.Flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of rows.

    Attributes:
        title, nothing: English sentences, said when it is shown.
        select: SQL up to WHERE; `flat` makes the row of `show --json` of what it gives.
        filters: the names that may stand in the address, each with the column it looks at.
        columns: what the page shows; the files hold all.
    """

    title: str
    nothing: str
    select: str
    order: str
    flat: Callable[[Row], Flat]
    filters: Mapping[str, str]
    columns: Sequence[str]
    fixed: str = "1"


LISTS: Mapping[str, Listing] = {
    "cases": Listing(
        title="Cases", nothing="There is no case yet.", select=showing.CASES,
        order="next_due IS NULL, next_due, cases.id DESC", flat=showing.flat_case,
        columns=("case", "kind", "buyer", "shop", "reference", "turn", "stage", "due"),
        filters={"stage": "cases.stage", "turn": "cases.turn", "shop": "cases.shop", "kind": "cases.kind"}),
    "deadlines": Listing(
        title="Deadlines", nothing="No deadline runs.", select=showing.DEADLINES,
        order="deadlines.state != 'open', due, deadlines.id", flat=showing.flat_deadline,
        columns=("case", "due", "state", "order", "why"), filters={"state": "deadlines.state"}),
    "outbox": Listing(
        title="Outbox", nothing="Nothing was written yet.", select="SELECT * FROM outbox", order="id DESC",
        flat=showing.flat_out, columns=("id", "case", "what", "state", "to", "subject", "error"),
        filters={"state": "outbox.state", "what": "outbox.what", "channel": "outbox.channel"}),
    "shelf": Listing(
        title="Shelf", nothing="The shelf is empty.", select="SELECT * FROM mails", order="id DESC",
        flat=showing.flat_shelved, columns=("mail", "received", "from", "subject", "reason"),
        filters={"mailbox": "mails.mailbox"}, fixed="mails.state = 'shelved'"),
}

HEADS: Mapping[str, str] = {
    "case": "Case", "kind": "What it is", "buyer": "Buyer", "shop": "Shop", "reference": "Reference",
    "turn": "Whose move", "stage": "Stage", "due": "Due", "state": "State", "name": "Name", "order": "Order",
    "why": "Why", "id": "No.", "what": "What", "to": "To", "subject": "Subject", "error": "What failed",
    "mail": "Mail", "received": "Received", "from": "From", "reason": "Reason", "channel": "Channel",
    "mailbox": "Mailbox",
}

STAGES: Mapping[str, str] = {"open": "open", "escalated": "escalated", "closed": "closed"}
CHANNELS: Mapping[str, str] = {"email": "by mail", "webservice": "by webservice", "seller": "by your hand"}


@PART.get("/<any(cases, deadlines, outbox, shelf):name>")
def page(name: str) -> str:
    listing = LISTS[name]
    where, bound = _where(listing)
    at = max(1, _whole(request.args.get("page", "1")))
    rows = store().rows(f"{listing.select} WHERE {where} ORDER BY {listing.order} LIMIT ? OFFSET ?", *bound,
                        A_PAGE + 1, (at - 1) * A_PAGE)
    return render_template(
        "list.html", name=name, listing=listing, rows=[listing.flat(row) for row in rows[:A_PAGE]], shown=shown,
        head=head, link=link, choices=_choices(listing), asked=_asked(listing), choice=shown,
        before=_address(name, listing, at - 1) if at > 1 else "",
        after=_address(name, listing, at + 1) if len(rows) > A_PAGE else "",
        files={form: _with(url_for("lists.file", name=name, form=form), _asked(listing)) for form in ("csv", "json")})


@PART.get("/<any(cases, deadlines, outbox, shelf):name>.<any(csv, json):form>")
def file(name: str, form: str) -> Response:
    listing = LISTS[name]
    where, bound = _where(listing)
    rows = [listing.flat(row) for row in store().rows(
        f"{listing.select} WHERE {where} ORDER BY {listing.order} LIMIT {MOST}", *bound)]
    made, media = (_csv(rows, listing), "text/csv") if form == "csv" else (json.dumps(rows, ensure_ascii=False),
                                                                           "application/json")
    return Response(made, content_type=f"{media}; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'})


def _csv(rows: Sequence[Flat], listing: Listing) -> str:
    plain = [{name: safe(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows]
    return sheet(plain, list(rows[0]) if rows else listing.columns, ";" if words.current() == "fr" else ",")


def _whole(said: str) -> int:
    if not said.isdecimal() or len(said) > 6:
        abort(404)
    return int(said)


# -- filters ---------------------------------------------------------------------------------------


def _asked(listing: Listing) -> dict[str, str]:
    args: MultiDict[str, str] = request.args
    return {name: args[name][:80] for name in listing.filters if args.get(name)}


def _where(listing: Listing) -> tuple[str, list[str]]:
    asked = _asked(listing)
    return (" AND ".join([listing.fixed, *(f"{listing.filters[name]} = ?" for name in asked)]), list(asked.values()))


def _choices(listing: Listing) -> dict[str, list[str]]:
    """Return what each filter may be set to: what there is, by leaps along the column's index."""
    found = {}
    for name, column in listing.filters.items():
        table = column.partition(".")[0]
        following = f"SELECT min({column}) FROM {table} WHERE {listing.fixed} AND {column} >"
        rows = store().rows(f"WITH RECURSIVE found(one) AS ({following} '' UNION ALL SELECT ({following} one)"
                            " FROM found WHERE one IS NOT NULL) SELECT one FROM found WHERE one IS NOT NULL LIMIT 40")
        found[name] = [row["one"] for row in rows]
    return found


def _address(name: str, listing: Listing, at: int) -> str:
    return _with(url_for("lists.page", name=name), {**_asked(listing), "page": str(at)})


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}?{urlencode(asked)}" if asked else address


# -- cells -----------------------------------------------------------------------------------------


def head(name: str) -> str:
    return say(HEADS[name])


def shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return "–"
    if name == "due":
        return f"{when(value)} ({until(value)})"
    ways: Mapping[str, Callable[[Any], str]] = {
        "received": when, "kind": kind, "turn": person, "state": state, "what": what, "shop": titled,
        "stage": lambda one: say(STAGES[one]) if one in STAGES else one,
        "channel": lambda one: say(CHANNELS[one]) if one in CHANNELS else one}
    return ways[name](value) if name in ways else safe(value)[:200]


def link(row: Flat, name: str) -> str:
    """Return where a cell leads: only ever to a page of ours."""
    value = row[name]
    if name == "case" and value:
        return url_for("desk.case", number=int(value[2:]))
    if name == "mail":
        return url_for("desk.mail", number=int(value[2:]))
    return f"{url_for('desk.case', number=int(row['case'][2:]))}#{value}" if name == "id" and row["case"] else ""
