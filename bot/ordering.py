"""What the seller orders, carried out: one path, whether he writes a mail, types it, or clicks on a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.core.action import State, What
from bot.core.case import Case
from bot.core.deadline import local
from bot.core.event import Kind, Party
from bot.core.order import Order, Word, tokens
from bot.core.policy import Mode
from bot.edges.store import Row, iso, moment
from bot.guichet import Guichet
from bot.pausing import pause, paused, resume
from bot.pipeline import OrderError, RefusedError, note_refusal, order
from bot.proofing import remarks_on, stopping, told
from bot.settings import duration
from bot.words import say
from bot.writing import fingerprint

MOST_CASES = 5  # what `state` lists: a phone is small


class Verdict(StrEnum):
    """What became of an order."""

    DONE = "done"
    SHOWN = "shown"      # nothing has left: the words are shown, and wait for a second yes
    LATE = "late"        # what was ordered has been done, or undone, before
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One order, to be carried out.

    Attributes:
        source: where it was given, `terminal` or `mail:12`.
        row: the outbox row he means, as the mail that he answers showed it; None: the one of the case that fits.
        shown: the fingerprint of the words he read; empty where he was shown none.
    """

    guichet: Guichet
    order: Order
    now: datetime
    source: str
    case: Case | None = None
    row: Row | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an order, in sentences.

    Attributes:
        row: whose words he is to read.
        cases, words: the cases and the orders it lists.
        digest: what the digest says, where he asked for it.
    """

    verdict: Verdict
    sentences: tuple[str, ...] = ()
    row: Row | None = None
    cases: tuple[int, ...] = ()
    words: tuple[Word, ...] = ()
    digest: Mapping[str, Any] | None = None


def carry_out(asked: Asked) -> Outcome:
    """Let an order take its effect, and say what it was.

    Raises:
        OrderError: it cannot be carried out, or a guard refuses it. Nothing was changed.
    """
    store = asked.guichet.store
    try:
        with store.write_tx():
            return _carried_out(asked)
    except RefusedError as refusal:
        if not store.in_transaction:
            note_refusal(asked.guichet, refusal, asked.now)
        raise


def _carried_out(asked: Asked) -> Outcome:
    word = asked.order.word
    if any(asked.guichet.store.granted(token) for token in tokens("\n".join(_words_of(asked.order)))):
        raise OrderError(say("the words hold the mark of a mail of ours, which nobody else may read: leave it out"))
    if word in ABOUT_US:
        return ABOUT_US[word](asked)
    if asked.case is None:
        raise OrderError(say("«{said}» is about a case: say which, such as C-12", said=asked.order.said))
    return ABOUT_A_CASE[word](asked, asked.case)


def _words_of(given: Order) -> Sequence[str]:
    """Return the words of an order that somebody else may come to read."""
    return (given.text, *given.facts.values())


# -- words that wait ---------------------------------------------------------------------------------


def approve(asked: Asked, case: Case) -> Outcome:
    row = _row(asked, case, (State.DRAFT,), other=True)
    if row is None:
        return _late(asked, case)
    if asked.source.startswith("mail:") and not asked.shown:
        return Outcome(verdict=Verdict.SHOWN, row=row, sentences=(say(
            "That mail did not show D-{number}. This is how it stands; nothing has left.", number=row["id"]),))
    if not _has_read(asked, row):
        return Outcome(verdict=Verdict.SHOWN, row=row, sentences=(say(
            "D-{number} is not what that mail showed. This is how it stands; nothing has left.", number=row["id"]),))
    _say(asked, Kind.DRAFT_APPROVED, case, row)
    return _after(asked, case, row["id"])


def _has_read(asked: Asked, row: Row) -> bool:
    """Say whether his yes is for these words; in the terminal he names what he sees."""
    return not _is_another(asked, row) and asked.shown in ("", fingerprint(row["body"]))


def _is_another(asked: Asked, row: Row) -> bool:
    """Say whether a row takes the place of the one that he meant, and that has gone its way."""
    return asked.row is not None and bool(asked.row["id"] != row["id"])


def edit(asked: Asked, case: Case) -> Outcome:
    """Put his own words into the draft. Only words that he marked from beginning to end leave at once.

    What follows unmarked words may be a signature, or a remark that is none of the buyer's business.
    """
    row = _row(asked, case, (State.DRAFT, State.FAILED), other=True)
    if row is None and not _may_write(asked, case):
        return _late(asked, case)
    order(asked.guichet, Kind.DRAFT_EDITED, case, asked.now, source=asked.source, row=row, text=asked.order.text)
    row = row or _newest(asked, case)
    written = asked.guichet.store.outbox_row(row["id"]) or row
    must_go = stopping(remarks_on(written["body"], case, template=row["template"], automatic=False), row["channel"])
    if asked.order.marked and not must_go and not _is_another(asked, row):
        _say(asked, Kind.DRAFT_APPROVED, case, written)
        return _after(asked, case, row["id"])
    if must_go:
        sentence = say("D-{number} has your words now, but must not leave like this:", number=row["id"])
        return Outcome(verdict=Verdict.SHOWN, row=written, sentences=(sentence,))
    return Outcome(verdict=Verdict.SHOWN, row=written, sentences=(say(
        "These would be the words of D-{number} for {to}. Nothing has left: look whether they are what you want said.",
        number=row["id"], to=row["to_addr"]),))


def _may_write(asked: Asked, case: Case) -> bool:
    """Say whether words of his may begin where no draft waits: the buyer waits, and what left was no answer."""
    acknowledged = asked.row is None or (asked.row["mode"] == Mode.ALONE and not asked.row["answers"])
    leaving = asked.guichet.store.answer_on_its_way(case.number or 0)
    return case.turn is Party.SELLER and acknowledged and not leaving


def _newest(asked: Asked, case: Case) -> Row:
    row = asked.guichet.store.row("SELECT * FROM outbox WHERE case_id = ? AND what = 'reply' ORDER BY id DESC LIMIT 1",
                                  case.number)
    assert row, "it has just been written"
    return row


def discard(asked: Asked, case: Case) -> Outcome:
    row = _row(asked, case, (State.DRAFT, State.READY, State.FAILED, State.UNCERTAIN))
    if row is None:
        return _late(asked, case)
    _say(asked, Kind.DRAFT_DISCARDED, case, row)
    return _done(asked, case, say("{id} is discarded; nothing goes to {to}.", id=f"D-{row['id']}", to=row["to_addr"]))


def resend(asked: Asked, case: Case) -> Outcome:
    row = _row(asked, case, (State.FAILED, State.UNCERTAIN))
    if row is None:
        return _late(asked, case)
    _say(asked, Kind.DRAFT_APPROVED, case, row)
    return _after(asked, case, row["id"])


def did_it(asked: Asked, case: Case) -> Outcome:
    row = _row(asked, case, (State.UNCERTAIN, State.HANDED, State.FAILED))
    if row is None:
        return _late(asked, case)
    _say(asked, Kind.SELLER_ANSWERED, case, row)
    return _done(asked, case, say("{id} counts as sent, to {to}.", id=f"D-{row['id']}", to=row["to_addr"]))


def _say(asked: Asked, kind: Kind, case: Case, row: Row | None = None,
         facts: Mapping[str, str] | None = None) -> Case | None:
    return order(asked.guichet, kind, case, asked.now, source=asked.source, row=row, facts=facts)


def _row(asked: Asked, case: Case, states: Sequence[State], *, other: bool = False) -> Row | None:
    """Return the row that is meant, if it stands where it must; of a case that was not shown one, the only such row.

    `other`: where the row that was shown has gone its way, the only other one will do, for its words are shown first.
    """
    store = asked.guichet.store
    if asked.row and (row := store.outbox_row(asked.row["id"])) and row["state"] in states:
        return row
    if asked.row and not other:
        return None
    rows = [row for row in store.rows("SELECT * FROM outbox WHERE case_id = ? AND what IN ('reply', 'offer')"
                                      " ORDER BY id", case.number) if row["state"] in states]
    if len(rows) > 1:
        raise OrderError(say("{which} has several: {names}; say which", which=case.id,
                             names=", ".join(f"D-{row['id']}" for row in rows)))
    return rows[0] if rows else None


def _late(asked: Asked, case: Case) -> Outcome:
    """Say where the words stand that can no longer be decided on."""
    store = asked.guichet.store
    row = store.outbox_row(asked.row["id"]) if asked.row else store.row(
        "SELECT * FROM outbox WHERE case_id = ? AND what IN ('reply', 'offer') ORDER BY changed DESC, id DESC LIMIT 1",
        case.number)
    if row is None:
        return Outcome(verdict=Verdict.LATE, sentences=(say("{which} has no draft that waits for you.",
                                                            which=case.id), *_next(asked, case)))
    sentence = _stands(row, local(moment(row["changed"]), asked.guichet.seller))
    return Outcome(verdict=Verdict.LATE, sentences=(sentence, *_next(asked, case)))


def _stands(row: Row, when: str) -> str:
    stands = {
        State.SENT: "D-{number} has left already, for {to}: {when}.",
        State.READY: "D-{number} is approved already and leaves for {to} with the next pass.",
        State.TRANSMITTING: "D-{number} is just leaving for {to}.",
        State.DISCARDED: "D-{number} for {to} was discarded: {when}.",
        State.HANDED: "D-{number} is in your hands: it is to be pasted at {to}.",
        State.FAILED: "D-{number} for {to} failed: {error}",
        State.UNCERTAIN: "Nobody knows whether D-{number} has left for {to}: look in your account.",
        State.DRAFT: "D-{number} for {to} waits for your yes.",
    }[State(row["state"])]
    return say(stands, number=row["id"], to=row["to_addr"], when=when, error=row["error"])


def _after(asked: Asked, case: Case, number: int) -> Outcome:
    """Say what leaves, for where, and what he must still do himself."""
    row = asked.guichet.store.outbox_row(number)
    assert row, "it has just been moved"
    if row["state"] == State.DRAFT:
        sentence = say("D-{number} is written, for {to}. Nothing has left.", number=number, to=row["to_addr"])
        return Outcome(verdict=Verdict.SHOWN, sentences=(sentence, *_next(asked, case)), row=row)
    if row["state"] in (State.FAILED, State.UNCERTAIN, State.DISCARDED):
        return _late(replace(asked, row=row), case)
    minds = [say("Mind: {remark}", remark=remark["sentence"]) for remark in told(row)]
    if row["state"] == State.HANDED:
        sentence = say("It goes where only you can click: {to}", to=row["to_addr"])
        return Outcome(verdict=Verdict.DONE, row=row, sentences=(
            sentence, *minds, *_next(asked, case),
            say("This is the text to paste; when it is done, answer «{done}».", done=say("done"))))
    return _done(asked, case, say("D-{number} is approved and leaves for {to} with the next pass.", number=number,
                                  to=row["to_addr"]), *minds)


def _done(asked: Asked, case: Case, *sentences: str) -> Outcome:
    return Outcome(verdict=Verdict.DONE, sentences=(*sentences, *_next(asked, case)))


def _next(asked: Asked, case: Case) -> tuple[str, ...]:
    """Say what comes next in a case: the seller's own deadline, or whose move it is."""
    store = asked.guichet.store
    due = store.row("SELECT name, due, met_by FROM deadlines WHERE case_id = ? AND state = 'open' AND who = 'seller'"
                    " ORDER BY due LIMIT 1", case.number)
    if due and What.REPLY in due["met_by"].split() and store.answer_on_its_way(case.number or 0):
        return (say("That meets your deadline of {due}.", due=local(moment(due["due"]), asked.guichet.seller)),)
    if due:
        return (say("Still to be settled by {due}.", due=local(moment(due["due"]), asked.guichet.seller)),)
    return _turn(store.case_by_number(case.number or 0) or case)


def _turn(stands: Case) -> tuple[str, ...]:
    turns = {Party.BUYER: say("Now it is the buyer's move."), Party.MARKETPLACE: say("Now the marketplace decides."),
             Party.NOBODY: say("Nothing is left to do in this case.")}
    return (turns[stands.turn],) if stands.turn in turns else ()


# -- what he decides ---------------------------------------------------------------------------------


def offer(asked: Asked, case: Case) -> Outcome:
    _say(asked, Kind.OFFER_ORDERED, case, facts=asked.order.facts)
    return _written(asked, case, say("{which}: {said} is ordered.", which=case.id, said=asked.order.said))


def shipped(asked: Asked, case: Case) -> Outcome:
    facts = asked.order.facts
    _say(asked, Kind.SELLER_SHIPPED, case, facts=facts)
    sentence = say("{which}: shipped with {carrier}, {tracking}.", which=case.id, carrier=facts.get("carrier", "-"),
                   tracking=facts.get("tracking", "-"))
    return _written(asked, case, sentence)


def choose(asked: Asked, case: Case) -> Outcome:
    _say(asked, Kind.ANSWER_CHOSEN, case, facts={"choice": str(asked.order.word), **asked.order.facts})
    return _written(asked, case, say("{which}: «{said}» is noted.", which=case.id, said=asked.order.said))


def _written(asked: Asked, case: Case, sentence: str) -> Outcome:
    """Say what an order on a case has led to: words that wait, words to paste, or nothing to be said to anybody."""
    store = asked.guichet.store
    event = store.row("SELECT id, decided FROM events WHERE case_id = ? ORDER BY id DESC LIMIT 1", case.number)
    assert event, "it has just been recorded"
    ruled = [f"{one['why'].rstrip('.')}." for one in json.loads(event["decided"])
             if one["action"] == "accepted" and one["why"]]
    moved = [int(one["draft"][2:]) for one in json.loads(event["decided"]) if one.get("draft")]
    row = store.row("SELECT id, why FROM outbox WHERE event = ? AND what IN ('reply', 'offer')"
                    " ORDER BY id DESC LIMIT 1", event["id"])
    if row is None and not moved:
        return _done(asked, case, sentence, *ruled)
    found = _after(asked, case, row["id"] if row else moved[-1])
    # The first piece of a row's why is the order itself, which he has just given.
    ordered, _, more = row["why"].partition("; ") if row else ("", "", "")
    told = [one for one in ruled if one.lower() != f"{ordered}.".lower()]
    return replace(found, sentences=(sentence, *told, *([f"{more}."] if more else []), *found.sentences))


def later(asked: Asked, case: Case) -> Outcome:
    until = asked.now + duration(asked.order.facts["span"])
    _say(asked, Kind.SNOOZED, case, facts={"until": iso(until)})
    return _done(asked, case, say("{which} is quiet until {until}; the last warning still comes.", which=case.id,
                                  until=local(until, asked.guichet.seller)))


def nothing(asked: Asked, case: Case) -> Outcome:
    links = asked.guichet.store.no_reply_links(case.number or 0)
    _say(asked, Kind.NO_REPLY_NEEDED, case)
    found = _done(asked, case, say("{which}: nothing is answered.", which=case.id))
    if not links:
        return found
    told = say("For it not to count in your response time, open this yourself; it takes effect at once, and Guichet "
               "opens no link:")
    return replace(found, sentences=(*found.sentences, told, *links.values()))


def close(asked: Asked, case: Case) -> Outcome:
    _say(asked, Kind.CASE_CLOSED, case)
    return Outcome(verdict=Verdict.DONE, sentences=(say("{which} is closed.", which=case.id),))


ABOUT_A_CASE: Mapping[Word, Callable[[Asked, Case], Outcome]] = {
    Word.OK: approve, Word.TEXT: edit, Word.NO: discard, Word.RESEND: resend, Word.DONE: did_it,
    Word.OFFER: offer, Word.SHIPPED: shipped,
    Word.ACCEPT: choose, Word.REFUSE: choose, Word.RETURN: choose, Word.REFUND: choose, Word.NOT_SHIPPED: choose,
    Word.LATER: later, Word.NOTHING: nothing, Word.CLOSE: close,
}


# -- about the bot itself ------------------------------------------------------------------------------


def state(asked: Asked) -> Outcome:
    about = asked.order.facts.get("about", "") or (asked.case.id if asked.case else "")
    numbers = _found(asked.guichet, about)
    if not numbers:
        return Outcome(verdict=Verdict.UNCLEAR, sentences=(say(
            "No case is about «{about}»: give a case such as C-12, an order number or a buyer's name.", about=about),))
    only = asked.guichet.store.case_by_number(numbers[0]) if len(numbers) == 1 else None
    more = (say("{count} cases; these are the newest.", count=len(numbers)),) if len(numbers) > MOST_CASES else ()
    return Outcome(verdict=Verdict.DONE, cases=tuple(numbers[:MOST_CASES]), sentences=_turn(only) if only else more)


def _found(guichet: Guichet, about: str) -> list[int]:
    number = about.upper().removeprefix("C-")
    rows = guichet.store.rows(
        "SELECT id FROM cases WHERE order_number = ? OR reference = ? OR item = ? OR lower(buyer) = lower(?)"
        " OR id = ? ORDER BY id DESC", about, about, about, about,
        int(number) if about.upper().startswith("C-") and number.isdecimal() else -1) if about else []
    return [row["id"] for row in rows]


def summary(asked: Asked) -> Outcome:
    from bot.digesting import context  # which few orders ask for

    waiting = asked.guichet.store.rows("SELECT id FROM cases WHERE turn = 'seller' AND stage != 'closed' ORDER BY id")
    return Outcome(verdict=Verdict.DONE, cases=tuple(row["id"] for row in waiting), digest={
        **context(asked.guichet, asked.now), "asked": True}, sentences=(
        say("{count} cases wait for you.", count=len(waiting)) if waiting else say("Nothing waits for you."),))


OF_THE_BOT = (Word.STATE, Word.SUMMARY, Word.PAUSE, Word.RESUME, Word.HELP)


def stop(asked: Asked) -> Outcome:
    pause(asked.guichet.store, say("ordered by the seller"), asked.now)
    return Outcome(verdict=Verdict.DONE, words=OF_THE_BOT, sentences=(say(
        "Nothing leaves by itself any more ({reason}). What you approve still leaves, and you are still warned. "
        "«{resume}» lets it go on.", reason=paused(asked.guichet.store), resume=say("resume")),))


def go_on(asked: Asked) -> Outcome:
    went_on = resume(asked.guichet.store, asked.now)
    return Outcome(verdict=Verdict.DONE if went_on else Verdict.LATE, words=OF_THE_BOT, sentences=(
        say("What you let the bot do alone leaves by itself again.") if went_on else say("Nothing was paused."),))


def explain(_: Asked) -> Outcome:
    return Outcome(verdict=Verdict.DONE, words=tuple(Word), sentences=(say(
        "Answer any mail of Guichet with one order, alone on the first line. Only your newest words count."),))


ABOUT_US: Mapping[Word, Callable[[Asked], Outcome]] = {
    Word.STATE: state, Word.SUMMARY: summary, Word.PAUSE: stop, Word.RESUME: go_on, Word.HELP: explain}
