"""Cases found by order, buyer, or the words that were written in them, by others or by us."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot import showing
from bot.core.clean import one_line
from bot.dashboard.here import store
from bot.dashboard.lists import A_PAGE, LISTS, head, link, shown

PART = Blueprint("searching", "bot.dashboard.searching")

LONGEST = 100
A_CHUNK = 5000      # events put into the index at once: a writer waits no longer than for these
OF_AN_INDEX = 3     # characters: of fewer the index of names knows nothing
NAMED = ("buyer", "order_number", "reference", "item", "answer_to")


@PART.get("/search")
def search() -> str | Response:
    said = one_line(request.args.get("q", ""), set())[:LONGEST]
    found = re.fullmatch(r"[cC]-?([0-9]{1,9})", said)
    if found and store().case_by_number(int(found[1])):
        return redirect(url_for("desk.case", number=int(found[1])))
    rows = found_cases(said) if said else []
    return render_template("search.html", said=said, rows=rows[:A_PAGE], more=len(rows) > A_PAGE,
                           columns=LISTS["cases"].columns, shown=shown, head=head, link=link)


def found_cases(said: str) -> list[showing.Flat]:
    """Return the cases that a name, a number or words lead to, the newest first."""
    while store().index_words(A_CHUNK):
        pass
    ways, given = zip(*_ways(said, store().indexes()), strict=True)
    rows = store().rows(f"{showing.CASES} WHERE cases.id IN ({' UNION '.join(ways)})"
                        f" ORDER BY cases.id DESC LIMIT {A_PAGE + 1}", *given)
    return [showing.flat_case(row) for row in rows]


def _ways(said: str, indexes: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield SQL for the cases named so, and those in which it was said or written, with what is bound to it."""
    part = "%" + re.sub(r"([\\%_])", r"\\\1", said) + "%"
    if "named" in indexes and len(said) >= OF_AN_INDEX:
        quoted = said.replace('"', '""')
        yield f"SELECT * FROM (SELECT rowid FROM named WHERE {_newest('named')})", f'"{quoted}"'
    else:
        yield " || ' ' || ".join(f"coalesce({column}, '')" for column in NAMED).join(
            ("SELECT id FROM cases WHERE ", " LIKE ? ESCAPE '\\'")), part
    words = " ".join(f'"{word}"*' for word in re.findall(r"\w+", said))
    for index, table, text in (("spoken", "events", "text"), ("written", "outbox", "body")):
        if index not in indexes:
            yield f"SELECT case_id FROM {table} WHERE {text} LIKE ? ESCAPE '\\'", part
        elif words:
            yield (f"SELECT case_id FROM {table} WHERE id IN (SELECT rowid FROM {index} WHERE {_newest(index)})", words)


def _newest(index: str) -> str:
    return f"{index} MATCH ? ORDER BY rowid DESC LIMIT 2000"
