"""The path of everything that happens: an event is handled, the outbox is filled.

A mail, the clock and the seller are three sources of events. Each event takes the same way through
`handle`, in one transaction: event -> case -> deadlines -> decisions -> outbox. The one file where
all parts meet.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from bot import __version__, marketplaces, words
from bot.calling import meets
from bot.core import case as cases
from bot.core import choosing, decide
from bot.core import deadline as deadlines
from bot.core.action import Action, Move, Rewrite, Ruling, State, What
from bot.core.altering import altered
from bot.core.case import Case, Stage
from bot.core.deadline import Deadline
from bot.core.draft import UnsafeMailError
from bot.core.errors import BotError
from bot.core.event import CaseKey, Channel, Event, Kind, Party
from bot.core.holding import PLAUSIBLE, Sight, seen_in
from bot.core.message import Origin
from bot.core.policy import Mode, Policy
from bot.core.robots import no_reply
from bot.edges.store import Row, Store, iso
from bot.guichet import Guichet
from bot.proofing import remarks_on, sentences, stopping
from bot.settings import Settings
from bot.standing import allowed, look, may_leave_alone
from bot.understanding import Understood
from bot.words import say
from bot.writing import freeze, page_of, renewed, rewrite, tell_seller, write_reply

log = logging.getLogger(__name__)

UNPROVEN = "/unproven"  # ends the key and the mark of what nobody proves: a forgery never shadows the real one


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """What an event would do: the case after it, the deadlines it starts, what is decided."""

    case: Case
    deadlines: Sequence[Deadline]
    decided: Sequence[Action | Move | Rewrite | Ruling]


# -- from a mail to an event ---------------------------------------------------------------------


def event_of(understood: Understood, *, source: str, received: datetime, policy: Policy, cold: bool = False) -> Event:
    """Return the event a mail is, counted from the earlier of its own time and the server's."""
    seen, note = understood.message, understood.note
    proof = "" if seen.origin is Origin.PROVEN else UNPROVEN
    sight = Sight(message=seen, kind=note.kind, text=note.text, reader=note.held, received=received,
                  max_age=policy.max_age)
    return Event(
        key=f"{note.marketplace}/{note.reference}/{note.kind}/{note.mark}{proof}",
        kind=note.kind, case=CaseKey(marketplace=note.marketplace, shop=note.marketplace, reference=note.reference),
        at=_begins(seen.date, received), source=source, mark=f"{note.mark}{proof}", facts=note.facts, links=note.links,
        text=note.text, origin=seen.origin, held="; ".join(filter(None, (seen_in(sight), no_reply(seen)))),
        channel=understood.marketplace.terms.channel(note.kind, What.REPLY), cold=cold,
    )


def _begins(date: datetime | None, received: datetime) -> datetime:
    return min(date, received) if date and abs(received - date) <= PLAUSIBLE else received


def consider(before: Case, event: Event, understood: Understood | None, settings: Settings,
             now: datetime) -> Considered:
    """Return what an event does to a case. Pure: nothing is kept, nothing leaves."""
    return _considered(_joined(before, event, understood), event, understood, settings, now)


def _considered(joined: Case, event: Event, understood: Understood | None, settings: Settings,
                now: datetime) -> Considered:
    """Return the same of a case that knows what the mail says."""
    case = cases.apply(joined, event)
    case = altered(case, around=allowed(case, event, settings))
    if calls := _calls(joined, case, event, settings, now):
        event = altered(event, calls=calls)
    return Considered(case=case, deadlines=_due(case, event, understood, settings),
                      decided=decide.decide(case, event, settings.policy, now))


def _due(case: Case, event: Event, understood: Understood | None, settings: Settings) -> list[Deadline]:
    """Return the deadlines an event starts: by a mail, or by what the seller did (he confirmed, so now he proves)."""
    marketplace = marketplaces.named(case.key.marketplace)
    due = deadlines.reckon(
        marketplace.terms.rules if marketplace else (), understood.note.stated if understood else (), kind=event.kind,
        facts={**event.facts, "case": str(case.kind or "")}, start=event.at, seller=settings.seller)
    span = settings.policy.target_for(case.key.marketplace, event.kind) if understood else None
    own = deadlines.target(event.kind, span, due, event.at, settings.seller) if span else None
    return [*due, own] if own else list(due)


def _calls(before: Case, case: Case, event: Event, settings: Settings, now: datetime) -> dict[str, str]:
    """Return what may be done about an event through the webservice: nothing without a token, or without an item."""
    marketplace = marketplaces.named(case.key.marketplace)
    if marketplace is None or marketplace.name not in settings.webservices or not case.item:
        return {}
    amicable = Stage.ESCALATED not in (before.stage, case.stage)  # a buyer who writes amid it makes no peace
    about = choosing.matter(case) if event.kind is Kind.ANSWER_CHOSEN else event.kind
    return marketplace.terms.calls(about, _days(case, event, now), amicable=amicable) if about else {}


def _days(case: Case, event: Event, now: datetime) -> dict[str, int]:
    """Return the days since an item was ordered and received, as far as is known: a case is no older than its order."""
    known = {name: date.fromisoformat(event.facts[f"{name}_on"]) for name in ("ordered", "received")
             if event.facts.get(f"{name}_on")}
    if case.opened:
        known["ordered"] = min(known.get("ordered", case.opened.date()), case.opened.date())
    return {name: (now.date() - day).days for name, day in known.items()}


def _joined(case: Case, event: Event, understood: Understood | None) -> Case:
    """Return the case with what the notification adds to it; what is known is not forgotten.

    A mail nobody vouches for adds only what was not known: it never leads an answer astray.
    """
    if understood is None:
        return case
    note = understood.note
    said = {"order": note.order, "item": note.item, "buyer": note.buyer, "answer_to": note.answer_to,
            "language": note.language}
    new = {name: value for name, value in said.items()
           if value and (event.origin is Origin.PROVEN or not getattr(case, name))}
    return altered(case, kind=event.kind, opened=case.opened or event.at, **new)


# -- handling ------------------------------------------------------------------------------------


def handle(guichet: Guichet, event: Event, now: datetime, *, understood: Understood | None = None,
           mailbox: str = "", before: Case | None = None) -> Case | None:
    """Let one event - from a mail, the clock, the seller or the outbox - take its effect, all of it or nothing.

    Args:
        before: the event's case as it stands, where the caller has looked within this transaction.

    Returns the case as it stands afterwards, or None if the event had been heard before.
    """
    store = guichet.store
    with store.write_tx(), words.speaking(guichet.seller.language):
        if store.has_event(event.key, event.key.removesuffix(UNPROVEN)):
            return None
        stood, settings = before or store.case(event.case), guichet.in_force
        joined = _joined(stood if stood.mailbox else altered(stood, mailbox=mailbox), event, understood)
        around = look(store, joined, event, now, alone=may_leave_alone(event, settings.policy))
        found = _considered(altered(joined, around=around), event, understood, settings, now)
        if event.source.startswith("seller:"):
            _obey_guards(found, event)
        untold, fresh = event.cold and found.case.turn is Party.SELLER, _is_fresh(stood, event, found)
        running = [one for one in found.deadlines if one.due > now] if fresh else []
        number = store.record_case(_in_turn(found.case, running), now, untold=untold, was=stood,
                                   next_due=min((one.due for one in running), default=None))
        case = altered(found.case, number=number)
        event_id = store.record_event(
            event, number, now, [journal(answer) for answer in found.decided], rules=judged_by(case.key.marketplace),
            clocks=[clock(deadline) for deadline in found.deadlines])
        _record_deadlines(guichet, case, event, found, now, first=fresh)
        if not fresh:
            _end_deadlines(store, case, event, now)
            store.keep_turn(number)
        if understood:
            store.record_aliases(case.key, number, understood.note.aliases)
        for answer in found.decided:
            _carry_out(guichet, answer, case, event, event_id, now)
    return case


def _obey_guards(found: Considered, event: Event) -> None:
    """Raise the guards' sentence for what the seller ordered, before anything is written."""
    for answer in found.decided:
        if isinstance(answer, Ruling) and answer.refused:
            raise RefusedError(answer.why, event)


def journal(answer: Action | Move | Rewrite | Ruling) -> dict[str, Any]:
    """Return a decision as `why` and `try --json` show it."""
    if isinstance(answer, Ruling):
        return {"action": "refused" if answer.refused else "accepted", "why": answer.why}
    if isinstance(answer, Rewrite):
        return {"action": "rewrite", "draft": f"D-{answer.draft}", "why": answer.why}
    if isinstance(answer, Move):
        return {"action": str(answer.to), "draft": f"D-{answer.draft}", "why": answer.why}
    return {"action": str(answer.what), "channel": str(answer.channel), "mode": str(answer.mode),
            "template": answer.template, "step": answer.step, "why": answer.why}


def judged_by(marketplace: str) -> str:
    """Return by what an event is judged: the program's version, and that of the marketplace's rules and patterns."""
    found = marketplaces.named(marketplace)
    return f"{__version__}/{found.version if found else '-'}"


def clock(deadline: Deadline) -> dict[str, Any]:
    """Return a deadline as the journal keeps it, with its rule, its source and the arithmetic."""
    return {"name": deadline.name, "due": iso(deadline.due), "who": str(deadline.who), "stated": deadline.stated,
            "rule": deadline.rule, "source": deadline.source, "why": deadline.why}


def _is_fresh(stood: Case, event: Event, found: Considered) -> bool:
    """Say whether a case is new and its event ends none of the deadlines it starts: then all is known beforehand."""
    if stood.number is not None:
        return False
    ended = [met_by for _, met_by in _ends(found.case, event)]
    return not any(met_by is None or met_by in one.met_by.split() for one in found.deadlines for met_by in ended)


def _in_turn(case: Case, running: Sequence[Deadline]) -> Case:
    """Return a new case as `keep_turn` would leave it."""
    his = case.stage is not Stage.CLOSED and any(one.who is Party.SELLER for one in running)
    return altered(case, turn=Party.SELLER) if his and case.turn is not Party.SELLER else case


def _record_deadlines(guichet: Guichet, case: Case, event: Event, found: Considered, now: datetime, *,
                      first: bool) -> None:
    store, number, warnings = guichet.store, case.number, guichet.settings.policy.warnings
    assert number is not None, "the case has just been kept"
    for deadline in found.deadlines:
        rung = deadlines.rung(deadline.due, now, warnings)  # already passed: no mail of its own
        warned = int(rung.total_seconds()) if rung is not None else None
        look = deadlines.next_look(deadline.due, warned, warnings if deadline.who is Party.SELLER else ())
        store.record_deadline(number, deadline, event.at, now, warned, look, first=first)


# What ends a running deadline: how it ends, and which, told by the action that meets it.
ENDS = {
    Kind.SELLER_ANSWERED: ("met", str(What.REPLY)),
    Kind.OWN_MESSAGE_COPIED: ("met", str(What.REPLY)),
    Kind.SELLER_SHIPPED: ("met", "shipped"),
    Kind.NO_REPLY_NEEDED: ("cancelled", str(What.REPLY)),
    Kind.REFUND_ISSUED: ("met", "refund"),
    Kind.RETURN_CANCELLED: ("cancelled", "refund"),
}


# What an offer's fate ends: how, and whose deadlines. Only a proven mail ends one.
ENDED_BY_OFFER = {
    "passed_on": (("met", "reply"),),
    "accepted": (("met", "reply"), ("met", "offer")),
    "refused": (("met", "offer"),),
}


def _ends(case: Case, event: Event) -> Iterator[tuple[str, str | None]]:
    """Yield how an event ends running deadlines, and those of which action; None: all of them."""
    if event.kind is Kind.OFFER_UPDATED and event.origin is Origin.PROVEN:
        yield from ENDED_BY_OFFER.get(event.facts.get("outcome", ""), ())
    if event.kind is Kind.BUYER_WROTE and event.origin is Origin.PROVEN:
        yield "met", "offer"    # whatever he says of it, he is not silent
    if event.kind in ENDS:
        state, met_by = ENDS[event.kind]
        yield from ((state, one) for one in event.facts.get("met_by", met_by).split())
    if case.stage is Stage.CLOSED:
        yield "cancelled", None


def _end_deadlines(store: Store, case: Case, event: Event, now: datetime) -> None:
    number = case.number or 0
    if event.kind is Kind.OWN_MESSAGE_COPIED and store.only_held(number):
        return  # the copy of an automatic acknowledgement, which answers nothing
    for state, met_by in _ends(case, event):
        store.end_deadlines(number, state, now, met_by=met_by)
    if event.kind is Kind.DEADLINE_PASSED:
        store.end_deadlines(number, "missed", now, name=event.facts["name"])
    if event.kind is Kind.MESSAGE_UNDELIVERED:
        store.reopen_deadlines(number, str(What.REPLY), now)


def _carry_out(guichet: Guichet, answer: Action | Move | Rewrite | Ruling, case: Case, event: Event, event_id: int,
               now: datetime) -> None:
    if isinstance(answer, Ruling):
        return  # said in the journal
    if isinstance(answer, Rewrite):
        if not answer.body.strip():
            raise OrderError(say("There are no words for D-{number}: nothing is changed", number=answer.draft))
        rewrite(guichet, answer, case, now)
    elif isinstance(answer, Move):
        _move(guichet, answer, case, now)
    elif answer.to is Party.SELLER:
        tell_seller(guichet, answer, case, event_id, now)
    elif answer.mode is not Mode.SHADOW and (
            kept_back := write_reply(guichet, answer, case, event, event_id, now)):
        tell_seller(guichet, decide.question(event, kept_back), case, event_id, now)


def _move(guichet: Guichet, move: Move, case: Case, now: datetime) -> None:
    row = guichet.store.outbox_row(move.draft)
    assert row, "a draft is moved only after it was found"
    if move.to in (State.READY, State.HANDED):
        _release(guichet, move, row, case, now)
        return
    guichet.store.move(move, now)
    if move.to is State.FAILED and row["state"] in (State.SENT, State.TRANSMITTING, State.UNCERTAIN):
        guichet.store.note(move.draft, move.why)


def _release(guichet: Guichet, move: Move, row: Row, case: Case, now: datetime) -> None:
    """Let a draft leave, by mail, webservice or the seller's hands, on his word. One that has gone stays as it is."""
    if row["state"] not in move.frm:
        return
    _check_words(row, case)
    by_mail = move.to is State.READY and row["channel"] == Channel.EMAIL
    row = renewed(guichet, row) if by_mail else row
    if not guichet.store.move(move, now, raw=_frozen(guichet, row, now) if by_mail and not row["raw"] else None):
        return
    guichet.store.adopt(move.draft)
    if move.to is State.READY:
        guichet.store.drop_others(row, now)


def _frozen(guichet: Guichet, row: Row, now: datetime) -> bytes:
    """Return the bytes of a draft that is approved; the seller is told where no safe mail can be made of his words."""
    try:
        return freeze(guichet, row, now)
    except UnsafeMailError as error:
        raise OrderError(str(error)) from error


def _check_words(row: Row, case: Case) -> None:
    """Raise OrderError unless the words of a draft may leave: on whatever way the seller's yes came."""
    if not row["body"].strip():
        raise OrderError(say("D-{number} has no words, for its template failed: {error}; mend the template, "
                             "discard D-{number} and answer yourself", number=row["id"], error=row["error"]))
    found = remarks_on(row["body"], case, template=row["template"], automatic=False)
    if must_go := stopping(found, row["channel"]):
        raise OrderError(say("D-{number} must not leave like this: {remarks}. Answer its mail with words of "
                             "your own, or put them into a file and type `run_bot.py approve D-{number} --text FILE`; "
                             "`run_bot.py discard D-{number}` throws it away", number=row["id"],
                             remarks=sentences(must_go)))


# -- the seller ----------------------------------------------------------------------------------


class OrderError(BotError):
    """An order that cannot be carried out, with the reason."""


class RefusedError(OrderError):
    """An order that a guard refuses; the case's journal keeps the sentence.

    Attributes:
        event: what was ordered; inside a transaction of the caller's, whose end takes all back, `note_refusal` is his.
    """

    def __init__(self, sentence: str, event: Event) -> None:
        super().__init__(sentence)
        self.event = event


def order(guichet: Guichet, kind: Kind, case: Case, now: datetime, *, source: str, row: Row | None = None,
          facts: Mapping[str, str] | None = None, text: str = "") -> Case | None:
    """Let the seller's word take its effect, by the same path as everything else.

    Returns None when he had said the same about the same draft before: it has one effect.

    Raises:
        OrderError: it cannot be carried out, or a guard refuses it; then `why` tells so, too.
    """
    row = _reachable(guichet, row, case) if row and kind is Kind.DRAFT_APPROVED else row
    if kind is Kind.ANSWER_CHOSEN:
        for drafted in guichet.store.written(case.number, ""):
            _reachable(guichet, drafted, case)
    mark = _mark_of_draft(row, text) if row else _mark_of_case(f"{source}:{iso(now)}", facts or {})
    told = meets(row) if row else {}
    event = Event(
        key=f"{case.key.marketplace}/{case.key.reference}/{kind}/{mark}", kind=kind, case=case.key, at=now,
        source=f"seller:{source}", mark=mark, facts={**told, **(facts or {})}, text=text,
        links=guichet.store.no_reply_links(case.number or 0) if kind is Kind.NO_REPLY_NEEDED else {},
        draft=row["id"] if row else None,
        channel=Channel(row["channel"]) if row else Channel.SELLER)
    try:
        return handle(guichet, event, now)
    except RefusedError as refusal:
        if not guichet.store.in_transaction:
            note_refusal(guichet, refusal, now)
        raise


def _mark_of_draft(row: Row, text: str) -> str:
    """Return what tells an order about a draft from another: the same, said of a draft that stands as it stood, is one.

    What failed without an attempt, or after it was sent (a bounce), stands otherwise; so do words that were rewritten.
    """
    mark = f"D-{row['id']}:{row['attempts']}"
    mark += f":{row['changed']}" if row["state"] == State.FAILED else ""
    return f"{mark}:{_hashed(row['body'], text)}" if text else mark


def _mark_of_case(mark: str, facts: Mapping[str, str]) -> str:
    """Return what tells an order about a case from another: another sum in the same second is another order."""
    return f"{mark}:{_hashed(*(f'{name}={said}' for name, said in sorted(facts.items())))}" if facts else mark


def _hashed(*words: str) -> str:
    return sha256("\0".join(words).encode()).hexdigest()[:12]


def note_refusal(guichet: Guichet, refusal: RefusedError, now: datetime) -> None:
    """Write into the journal what was ordered and why it was refused. The order may come again, and be heard."""
    noted = altered(refusal.event, key=f"{refusal.event.key}/refused:{iso(now)}")
    with guichet.store.write_tx():
        number = guichet.store.case(noted.case).number
        if number is not None and not guichet.store.has_event(noted.key):
            guichet.store.record_event(noted, number, now, [journal(Ruling(refused=True, why=str(refusal)))],
                                       rules=judged_by(noted.case.marketplace))


def _reachable(guichet: Guichet, row: Row, case: Case) -> Row:
    """Return a draft for the webservice as one for the seller's own hands, if its token has left the settings."""
    waits = row["channel"] == Channel.WEBSERVICE and row["state"] in (State.DRAFT, State.FAILED, State.UNCERTAIN)
    if not waits or case.key.marketplace in guichet.settings.webservices:
        return row
    page = page_of(guichet.store, case)
    guichet.store.run("UPDATE outbox SET channel = 'seller', to_addr = ? WHERE id = ?", page, row["id"])
    return {**row, "channel": str(Channel.SELLER), "to_addr": page}
