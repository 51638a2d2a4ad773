"""Today, and one case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from bot import alarming, evidence
from bot.core.case import Case
from bot.core.errors import UnreadableError
from bot.dashboard.here import guichet, now, seller, shared, store
from bot.dashboard.telling import Draft, drafts, matter
from bot.edges.store import moment
from bot.pausing import paused

PART = Blueprint("desk", "bot.dashboard.desk")

MOST = 10           # cases on Today; the others have a list
MOST_EVENTS = 30
MOST_OF_A_MAIL = 30_000     # characters

WAITING = ("SELECT cases.id, (SELECT min(due) FROM deadlines WHERE case_id = cases.id AND state = 'open'"
           " AND who = 'seller') AS due FROM cases WHERE turn = 'seller' AND stage != 'closed'"
           " ORDER BY due IS NULL, due, cases.id")


@PART.get("/")
def today() -> str:
    """What needs him, in order of time left. Asked for its moving part only, that is all it gives."""
    part = request.headers.get("X-Part") == "live"
    waiting = store().rows(WAITING)
    found = [case for row in waiting[:MOST] if (case := store().case_by_number(row["id"]))]
    uncertain = store().rows("SELECT id, case_id, to_addr FROM outbox WHERE state = 'uncertain' ORDER BY id LIMIT 20")
    return render_template(
        "waiting.html" if part else "today.html", matters=[matter(case) for case in found], more=len(waiting) - MOST,
        alarms=alarming.standing(store()), about=alarming.about, paused=paused(store()), uncertain=uncertain,
        seller=seller(), fresh=_is_fresh())


def _is_fresh() -> bool:
    """Say whether no mailbox was read yet: then nothing can wait, and he is told how to begin."""
    return store().row("SELECT 1 AS one FROM folders WHERE looked IS NOT NULL LIMIT 1") is None


@PART.get("/case/<int:number>")
def case(number: int) -> str:
    return case_page(case_or_nothing(number))


@PART.get("/case/<int:number>/evidence.zip")
def evidence_pack(number: int) -> Response:
    """The evidence about a case: made when asked for, and kept nowhere."""
    found = case_or_nothing(number)
    pack = evidence.pack(guichet().settings, store(), found.number or 0, now())
    return Response(evidence.zipped(pack), content_type="application/zip",
                    headers={"Content-Disposition": f'attachment; filename="{found.id}.zip"'})


def case_or_nothing(number: int) -> Case:
    found = store().case_by_number(number) if number < 1 << 63 else None
    if found is None:
        abort(404)
    return found


def case_page(found: Case, notice: Mapping[str, Any] | None = None, changed: Draft | None = None) -> str:
    """Return the page of a case, with what became of an order above it.

    Args:
        changed: a draft that stands in its form in other words than in the store.
    """
    number, said = found.number or 0, request.args.get("before", "")
    before = int(said) if said.isdecimal() and len(said) < 19 else (1 << 63) - 1
    events = store().rows("SELECT * FROM events WHERE case_id = ? AND id < ? ORDER BY id DESC LIMIT ?", number, before,
                          MOST_EVENTS)
    count = store().row("SELECT count(*) AS many FROM events WHERE case_id = ? AND id < ?", number, before)
    deadlines = store().rows("SELECT * FROM deadlines WHERE case_id = ? ORDER BY state != 'open', due DESC LIMIT 50",
                             number)
    written = store().rows("SELECT * FROM outbox WHERE case_id = ? ORDER BY id DESC LIMIT 50", number)
    waiting = [changed if changed and one.row["id"] == changed.row["id"] else one for one in drafts(found)]
    return render_template("case.html", case=found, matter=matter(found), drafts=waiting, events=events,
                           older=int((count or {"many": 0})["many"]) - len(events), deadlines=deadlines,
                           written=written, notice=notice)


@PART.get("/mail/<int:number>")
def mail(number: int) -> str:
    """A kept mail as safe plain text: read in the child process, and nothing of it but its words is shown."""
    raw = store().raw_mail(number) if number < 1 << 63 else None
    row = store().row("SELECT * FROM mails WHERE id = ?", number) if raw is not None else None
    if row is None or raw is None:
        abort(404)
    seen, trouble = None, ""
    try:
        with shared().reading:
            seen = shared().reader.read(raw, trusted=guichet().settings.trusted(), received=moment(row["received"]))
    except UnreadableError as error:
        trouble = str(error)
    text = seen.text if seen else ""
    return render_template("mail.html", mail=row, seen=seen, trouble=trouble, text=text[:MOST_OF_A_MAIL],
                           cut=len(text) > MOST_OF_A_MAIL,
                           attached=[(_printable(one.name), one.media_type, one.size)
                                     for one in (seen.attachments if seen else ())][:30])


def _printable(name: str) -> str:
    return re.sub(r"\s+", " ", name)[:120]
