"""Cases found by order, buyer, or the words that were written in them."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot import showing
from bot.dashboard.here import store
from bot.dashboard.lists import A_PAGE, LISTS, head, link, shown

PART = Blueprint("searching", "bot.dashboard.searching")

LONGEST = 100
A_CHUNK = 5000      # events put into the index at once: a writer waits no longer than for these
NAMED = ("buyer", "order_number", "reference", "item", "answer_to")


@PART.get("/search")
def search() -> str | Response:
    said = " ".join(request.args.get("q", "").split())[:LONGEST]
    found = re.fullmatch(r"[cC]-?([0-9]{1,9})", said)
    if found and store().case_by_number(int(found[1])):
        return redirect(url_for("desk.case", number=int(found[1])))
    rows = found_cases(said) if said else []
    return render_template("search.html", said=said, rows=rows[:A_PAGE], more=len(rows) > A_PAGE,
                           columns=LISTS["cases"].columns, shown=shown, head=head, link=link)


def found_cases(said: str) -> list[showing.Flat]:
    """Return the cases that a name, a number or words lead to, the newest first."""
    part = "%" + re.sub(r"([\\%_])", r"\\\1", said) + "%"
    named = " OR ".join(f"cases.{column} LIKE ? ESCAPE '\\'" for column in NAMED)
    spoken, given = _spoken(said, part)
    rows = store().rows(f"{showing.CASES} WHERE {named} OR cases.id IN ({spoken})"
                        f" ORDER BY cases.id DESC LIMIT {A_PAGE + 1}", *[part] * len(NAMED), given)
    return [showing.flat_case(row) for row in rows]


def _spoken(said: str, part: str) -> tuple[str, str]:
    """Return SQL for the cases in which words were written, and what is bound to it."""
    words = re.findall(r"\w+", said)
    if not words or not store().has_index:
        return "SELECT case_id FROM events WHERE text LIKE ? ESCAPE '\\'", part
    while store().index_words(A_CHUNK):
        pass
    meant = " ".join(f'"{word}"*' for word in words)
    return ("SELECT case_id FROM events WHERE id IN (SELECT rowid FROM spoken WHERE spoken MATCH ?"
            " ORDER BY rowid DESC LIMIT 2000)", meant)
