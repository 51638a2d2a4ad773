"""The buttons: each is an order, carried out as one by mail is. A page that is out of date changes nothing.

What was ordered elsewhere meanwhile, in another tab or by mail, is told instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request

from bot.core.action import State
from bot.core.case import Case
from bot.core.clean import one_line
from bot.core.order import Order, Unclear, Word, understand
from bot.dashboard.desk import case_or_nothing, case_page
from bot.dashboard.here import guichet, now, seller, store
from bot.dashboard.telling import LABELS, OF_A_ROW, Draft, draft, newest
from bot.edges.store import Row
from bot.ordering import Asked, Outcome, Verdict, carry_out
from bot.pipeline import OrderError, RefusedError, note_refusal
from bot.proofing import kept, remarks_on, told
from bot.words import say
from bot.writing import fingerprint

PART = Blueprint("acts", "bot.dashboard.acts")

CODES = {Verdict.DONE: 200, Verdict.SHOWN: 200, Verdict.LATE: 409, Verdict.REFUSED: 422, Verdict.UNCLEAR: 422}
LONGEST = 20_000    # characters of a draft
ACTS = frozenset({*LABELS, Word.TEXT})


@PART.post("/case/<int:number>/order")
def order(number: int) -> tuple[str, int]:
    """Carry out what a button of a case orders, and show the case as it stands then."""
    case, row, changed = case_or_nothing(number), _row(number), None
    try:
        outcome = _carried_out(case, row)
    except OrderError as refusal:
        outcome = Outcome(verdict=Verdict.REFUSED, sentences=(str(refusal),))
        if isinstance(refusal, RefusedError):
            note_refusal(guichet(), refusal, now())
    if row and "text" in request.form and outcome.verdict in (Verdict.LATE, Verdict.REFUSED):
        changed = _with_text(row, case)
    stands = store().case_by_number(number) or case
    return case_page(stands, {"verdict": outcome.verdict, "sentences": outcome.sentences}, changed), \
        CODES[outcome.verdict]


def _row(number: int) -> Row | None:
    """Return the outbox row a form names; one of another case is none of its business."""
    said = request.form.get("draft", "")
    if not said:
        return None
    row = store().outbox_row(int(said)) if said.isdecimal() and len(said) < 19 else None
    if row is None or row["case_id"] != number or row["what"] not in ("reply", "offer"):
        abort(404)
    return row


def _carried_out(case: Case, row: Row | None) -> Outcome:
    word = _meant(_word(), row, case)
    if word in OF_A_ROW and row is None:
        abort(400)
    given = _text() if word is Word.TEXT else _given(word)
    with store().write_tx():    # nothing comes between the look and the act
        if stale := _stale(word, case, row):
            return stale
        return carry_out(Asked(guichet=guichet(), order=given, now=now(), source="page", case=case,
                               row=row if word in OF_A_ROW else None, shown=request.form.get("shown", "")))


def _word() -> Word:
    said = request.form.get("word", "")
    if said not in ACTS:
        abort(400)
    return Word(said)


def _meant(word: Word, row: Row | None, case: Case) -> Word:
    """Return what the button below a text means: words that nobody changed are approved, not edited."""
    if word is not Word.TEXT or row is None or request.form.get("then") != "send":
        return word
    same = _written("text") == draft(row, case).own.strip()
    return {State.DRAFT: Word.OK, State.FAILED: Word.RESEND}.get(State(row["state"]), word) if same else word


def _stale(word: Word, case: Case, row: Row | None) -> Outcome | None:
    """Return what to say of an order that is for something else than what stands there now."""
    if word in OF_A_ROW:
        fresh = store().outbox_row(row["id"]) if row else None
        waits = fresh and fresh["state"] in ("draft", "failed", "uncertain", "handed")
        if not waits or fresh is None or request.form.get("shown") == fingerprint(fresh["body"]):
            return None     # what has gone its way is told by the order itself, with where it stands
        return Outcome(verdict=Verdict.LATE, row=fresh, sentences=(say(
            "The words of D-{number} were changed since this page was shown: nothing was done. Below is how they "
            "stand now.", number=fresh["id"]),))
    if request.form.get("seen") == str(newest(case.number or 0)):
        return None
    return Outcome(verdict=Verdict.LATE, sentences=(say(
        "Something happened in {which} since this page was shown: nothing was done. Look at it again and order anew.",
        which=case.id),))


# -- what was filled in ----------------------------------------------------------------------------


def _given(word: Word) -> Order:
    """Return the order of a button with what was filled in beside it, read by the grammar that mails are read by."""
    if word is Word.REFUSE and (reason := _written("reason")):
        return Order(word=word, said=say(LABELS[word]), facts={"reason": reason}, marked=True)
    said = _line(word)
    if not said:
        return Order(word=word, said=say(LABELS[word]))
    given = understand(said, today=now().astimezone(ZoneInfo(seller().timezone)).date())
    if isinstance(given, Unclear):
        raise OrderError(given.why)
    if given.word is not word or given.case:
        raise OrderError(say("«{said}» is not what this button is for: nothing was done", said=given.said))
    return given


def _line(word: Word) -> str:
    """Return the line that a mail would say; empty for a word that stands alone."""
    if word is Word.OFFER:
        return f"discount {_filled('sum')}"
    if word is Word.REFUND and _filled("sum"):
        return f"refund {_filled('sum')}"
    if word is Word.SHIPPED:
        return f"shipped {_filled('tracking')} {_filled('carrier')} {_filled('day')}".strip()
    return f"later {_filled('span')}" if word is Word.LATER else ""


def _filled(name: str) -> str:
    return one_line(request.form.get(name, ""), set())[:120]


def _written(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:LONGEST]


def _text() -> Order:
    """Return his own words; only the button that says so lets them leave at once."""
    text = _written("text")
    if not text:
        raise OrderError(say("There are no words in it: nothing was changed"))
    return Order(word=Word.TEXT, said=say("Your words"), text=text, marked=request.form.get("then") == "send")


# -- what the linter says --------------------------------------------------------------------------


@PART.post("/case/<int:number>/check")
def check(number: int) -> str | tuple[str, int]:
    """Say what is wrong with words that stand in a form; nothing is kept. Without script, on the whole page."""
    case, row = case_or_nothing(number), _row(number)
    if row is None:
        abort(400)
    changed = _with_text(row, case)
    if request.headers.get("X-Part"):
        return render_template("remarks.html", remarks=changed.remarks)
    sentence = say("Nothing is wrong with these words.") if not changed.remarks else \
        say("What would be said of these words stands below them; nothing was kept yet.")
    return case_page(case, {"verdict": Verdict.SHOWN, "sentences": (sentence,)}, changed)


def _with_text(row: Row, case: Case) -> Draft:
    """Return a draft in the words that stand in its form, with the remarks on those."""
    text = _written("text")
    found = remarks_on(text, case, template=row["template"], automatic=False)
    remarks: list[Mapping[str, Any]] = list(told({"remarks": kept(found)}))
    return replace(draft(store().outbox_row(row["id"]) or row, case), text=text, remarks=remarks)
