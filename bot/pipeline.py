"""The path of everything that happens: a mail is read, an event is handled, the outbox is filled.

A mail, the clock and the seller are three sources of events. Each event takes the same way through
`handle`, in one transaction: event -> case -> deadlines -> decisions -> outbox. The one file where
all parts meet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from bot import marketplaces, words
from bot.calling import meets
from bot.core import case as cases
from bot.core import choosing, decide, message
from bot.core import deadline as deadlines
from bot.core.action import Action, Move, Rewrite, Ruling, State, What
from bot.core.case import Case, Stage
from bot.core.deadline import Deadline
from bot.core.dkim import Keys
from bot.core.draft import UnsafeMailError
from bot.core.errors import BotError, UnreadableError
from bot.core.event import CaseKey, Channel, Event, Kind, Party
from bot.core.holding import PLAUSIBLE, Sight, seen_in
from bot.core.lookalike import imitated, readable
from bot.core.message import Message, Origin
from bot.core.policy import Mode, Policy, Seller
from bot.edges import EdgeError
from bot.edges.store import Mail, Row, Store, iso
from bot.guichet import Guichet
from bot.marketplaces.contract import Marketplace, Notification
from bot.proofing import remarks_on, sentences, stopping
from bot.settings import Settings
from bot.standing import allowed, look
from bot.words import say
from bot.writing import freeze, page_of, rewrite, tell_seller, write_reply

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3  # a mail that stopped the program this often is not read again
UNPROVEN = "/unproven"  # ends the key and the mark of what nobody proves: a forgery never shadows the real one


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A mail that a marketplace claims, and what it says."""

    message: Message
    marketplace: Marketplace
    note: Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """What an event would do: the case after it, the deadlines it starts, what is decided."""

    case: Case
    deadlines: Sequence[Deadline]
    decided: Sequence[Action | Move | Rewrite | Ruling]


# -- from a mail to an event ---------------------------------------------------------------------


def understand(seen: Message, shops: Collection[str] | None = None) -> Understood | None:
    """Return what the message tells us, or None if no marketplace claims it.

    Args:
        shops: the marketplaces that write to this mailbox; None: all.

    Raises:
        UnreadableError: it is a marketplace's, but a fact is missing or two claim it.
    """
    claim = marketplaces.recognise(seen, marketplaces.among(shops))
    if claim is None:
        return None
    marketplace, kind = claim
    return Understood(message=seen, marketplace=marketplace, note=marketplace.parse(seen, kind))


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
        text=note.text, origin=seen.origin, held=seen_in(sight),
        channel=understood.marketplace.channel(note.kind, What.REPLY), cold=cold,
    )


def _begins(date: datetime | None, received: datetime) -> datetime:
    return min(date, received) if date and abs(received - date) <= PLAUSIBLE else received


def consider(before: Case, event: Event, understood: Understood | None, settings: Settings,
             now: datetime) -> Considered:
    """Return what an event does to a case. Pure: nothing is kept, nothing leaves."""
    case = cases.apply(_joined(before, event, understood), event)
    case = replace(case, around=allowed(case, event, settings))
    event = replace(event, calls=_calls(before, case, event, settings, now))
    return Considered(case=case, deadlines=_due(case, event, understood, settings),
                      decided=decide.decide(case, event, settings.policy, now))


def _due(case: Case, event: Event, understood: Understood | None, settings: Settings) -> list[Deadline]:
    """Return the deadlines an event starts: by a mail, or by what the seller did (he confirmed, so now he proves)."""
    marketplace = marketplaces.named(case.key.marketplace)
    due = deadlines.reckon(
        marketplace.rules if marketplace else (), understood.note.stated if understood else (), kind=event.kind,
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
    return marketplace.calls(about, _days(case, event, now), amicable=amicable) if about else {}


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
    return replace(case, kind=event.kind, opened=case.opened or event.at, **new)  # type: ignore[arg-type]


# -- reading -------------------------------------------------------------------------------------


Hear = Callable[[Guichet, Mail, Message, datetime], bool]  # settles a mail that holds an order; says whether it did


def read_one(guichet: Guichet, now: datetime, hear: Hear) -> bool:
    """Take the next kept mail all the way to the outbox; say whether there was one."""
    store = guichet.store
    if (mail := store.next_mail()) is None:
        return False
    try:
        with words.speaking(guichet.seller.language):
            _read(guichet, mail, now, hear)
    except EdgeError:
        raise  # not the mail's fault: it stays kept, and is tried again later
    except UnreadableError as error:
        store.settle_mail(mail.id, "shelved", str(error))
    except Exception as error:  # the mail's fault, or ours: it is kept, shown, and the next one is read
        store.settle_mail(mail.id, "shelved", f"fault: {type(error).__name__}")
        log.exception("Mail %s went on the shelf", mail.id)
    return True


def _read(guichet: Guichet, mail: Mail, now: datetime, hear: Hear) -> None:
    store = guichet.store
    if mail.attempts > MOST_ATTEMPTS:
        raise UnreadableError("poison", say("reading it stopped the program {count} times", count=MOST_ATTEMPTS))
    seen = message.read(mail.raw, trusted=_trusted(guichet, mail), keys=_keys(guichet, mail),
                        received=mail.received)
    store.describe_mail(mail.id, seen)
    if reason := _to_ignore(store, mail, seen):
        store.settle_mail(mail.id, "ignored", reason)
    elif _bounced(guichet, mail, seen, now):
        store.settle_mail(mail.id, "read", "bounce: " + say("one of our answers came back"))
    elif understood := understand(seen, shops := guichet.mailbox(mail.mailbox).shops):
        _take(guichet, mail, understood, now)
    elif not hear(guichet, mail, seen, now):
        state, reason = unclaimed(seen, guichet.seller, shops)
        store.settle_mail(mail.id, state, reason)


def _trusted(guichet: Guichet, mail: Mail) -> frozenset[str]:
    trusted = guichet.mailbox(mail.mailbox).authserv_id
    return frozenset({trusted} if trusted else ())


def _keys(guichet: Guichet, mail: Mail) -> Keys | None:
    return guichet.dns.txt if guichet.mailbox(mail.mailbox).check_dkim else None


def _to_ignore(store: Store, mail: Mail, seen: Message) -> str:
    if store.is_own(seen.message_id) or seen.headers.get("x-guichet"):
        return "own_mail: " + say("we wrote it ourselves")
    if twin := store.twin(mail.id, seen.content_key, seen.origin):
        return "duplicate: " + say("the same mail as M-{number}", number=twin["id"])
    return ""


def unclaimed(seen: Message, seller: Seller, shops: Collection[str] | None = None) -> tuple[str, str]:
    """Return what becomes of a mail no marketplace claims, and the reason: nothing is dropped in silence."""
    if seen.automatic == "bounce":
        return _not_our_bounce(seen)
    if reason := other_shop(seen, shops):
        return "shelved", reason
    if seen.automatic:
        code = "list_mail" if seen.automatic == "list" else "auto_submitted"
        return "ignored", f"{code}: {say('an automatic mail is never answered')}"
    if seen.sender in seller.notify:
        return "shelved", "from_seller: " + say(
            "no order is in it, and it answers no mail of ours")
    if ours := next((one.name for one in marketplaces.among(shops) if one.is_sender(seen.sender)), ""):
        return "shelved", "unknown_label: " + say("from {marketplace}, but no kind of mail we know", marketplace=ours)
    return "shelved", "unknown_sender: " + _stranger(seen)


def _stranger(seen: Message) -> str:
    """Say that nobody knows the sender, and whom he may want to be taken for. The address is shown as it travels."""
    known = [domain for one in marketplaces.installed() for domain in one.domains]
    if like := imitated(domain := seen.sender.rpartition("@")[2], known):
        shown = "" if (plain := readable(domain)) == domain else say(", shown as {domain}", domain=plain)
        return say("no marketplace writes from {sender}{shown}: it looks like {like}, but is not", sender=seen.sender,
                   shown=shown, like=like)
    if "name_shows_address" in seen.flaws:
        return say("no marketplace writes from {sender}; the address in its name, {name}, is not where it comes from",
                   sender=seen.sender, name=seen.sender_name)
    return say("no marketplace writes from {sender}", sender=seen.sender)


def _not_our_bounce(seen: Message) -> tuple[str, str]:
    """Anybody can send a bounce. One that names another's mail changes nothing; one that names none is shown."""
    if seen.in_reply_to:
        return "ignored", "bounce_unknown: " + say("it sends back a mail that is none of ours; nothing changes")
    return "shelved", "bounce: " + say(
        "a mail could not be delivered; read it, one of your answers may not have arrived")


def other_shop(seen: Message, shops: Collection[str] | None) -> str:
    """Return the reason where a marketplace that is not among this mailbox's shops would have claimed the mail."""
    strangers = () if shops is None else (one for one in marketplaces.installed() if one.name not in shops)
    name = next((one.name for one in strangers if one.recognise(seen)), "")
    return name and "other_shop: " + say(
        "from {marketplace}, which is not among the shops of this mailbox; if you sell there, add it to `shops` "
        "in mailboxes.toml", marketplace=name)


def _bounced(guichet: Guichet, mail: Mail, seen: Message, now: datetime) -> bool:
    """Let a bounce of our own answer (RFC 3464) take its effect; say whether it was one.

    Only a Message-ID of ours tells: anybody can send what looks like a bounce.
    """
    if seen.automatic != "bounce":
        return False
    row = guichet.store.own_mail((seen.in_reply_to, *seen.references))
    case = guichet.store.case_by_number(row["case_id"]) if row else None
    if row is None or case is None:
        return False
    mark = f"bounce:D-{row['id']}"
    handle(guichet, Event(
        key=f"{case.key.marketplace}/{case.key.reference}/{Kind.MESSAGE_UNDELIVERED}/{mark}", at=mail.received,
        kind=Kind.MESSAGE_UNDELIVERED, case=case.key, source=f"mail:{mail.id}", mark=mark, text=seen.newest[:500],
        draft=row["id"]), now)
    return True


def _take(guichet: Guichet, mail: Mail, understood: Understood, now: datetime) -> None:
    """Handle the mail's event and settle the mail, both or neither."""
    note, store = understood.note, guichet.store
    event = event_of(understood, source=f"mail:{mail.id}", received=mail.received, policy=guichet.policy,
                     cold=mail.cold)
    with store.write_tx():
        state, reason, case = _settled(guichet, mail, understood, event, now)
        store.settle_mail(mail.id, state, reason, marketplace=note.marketplace, kind=note.kind,
                          case=case.number if case else None)


def _settled(guichet: Guichet, mail: Mail, understood: Understood, event: Event,
             now: datetime) -> tuple[str, str, Case | None]:
    """Let the event find its case and take its effect; return what becomes of the mail, why, and the case."""
    seen, kind = understood.message, event.kind
    if kind in cases.LOGGED:
        return "ignored", f"{kind}: {say('no matter of yours to act on')}", None
    if kind is Kind.MARKETPLACE_WROTE and seen.origin is Origin.FORGED:
        return "shelved", "unknown_label: " + say("it says it comes from {marketplace}, and your mail host denies it",
                                                  marketplace=event.case.marketplace), None
    note = understood.note
    found = guichet.store.find_case(event.case, note.aliases, (seen.in_reply_to, *seen.references), note.order,
                                  note.item)
    if found is None and kind in cases.JOINING:
        return "ignored", f"{kind}: {say('no case of ours knows it')}", None
    case = handle(guichet, replace(event, case=found.key) if found else event, now, understood=understood,
                  mailbox=mail.mailbox)
    if case is None:
        return "ignored", "duplicate_event: " + say("told before in another mail"), found
    return "read", "", case


# -- handling ------------------------------------------------------------------------------------


def handle(guichet: Guichet, event: Event, now: datetime, *, understood: Understood | None = None,
           mailbox: str = "") -> Case | None:
    """Let one event - from a mail, the clock, the seller or the outbox - take its effect, all of it or nothing.

    Returns the case as it stands afterwards, or None if the event had been heard before.
    """
    store = guichet.store
    with store.write_tx(), words.speaking(guichet.seller.language):
        if store.has_event(event.key) or store.has_event(event.key.removesuffix(UNPROVEN)):
            return None
        before = store.case(event.case)
        before = replace(before, mailbox=before.mailbox or mailbox)
        before = replace(before, around=look(store, _joined(before, event, understood), event, now))
        found = consider(before, event, understood, guichet.settings, now)
        if event.source.startswith("seller:"):
            _obey_guards(found, event)
        untold = event.cold and found.case.turn is Party.SELLER
        number = store.record_case(found.case, now, untold=untold)
        case = replace(found.case, number=number)
        event_id = store.record_event(event, number, now, [journal(answer) for answer in found.decided])
        _record_deadlines(guichet, case, event, found, now)
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


def _record_deadlines(guichet: Guichet, case: Case, event: Event, found: Considered, now: datetime) -> None:
    store, number = guichet.store, case.number
    assert number is not None, "the case has just been kept"
    for deadline in found.deadlines:
        rung = deadlines.rung(deadline.due, now, guichet.policy.warnings)  # already passed: no mail of its own
        store.record_deadline(number, deadline, event.at, now, int(rung.total_seconds()) if rung is not None else None)
    _end_deadlines(guichet.store, case, event, now)
    store.keep_turn(number)


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


def _end_deadlines(store: Store, case: Case, event: Event, now: datetime) -> None:
    number = case.number or 0
    if event.kind is Kind.OFFER_UPDATED and event.origin is Origin.PROVEN:
        for state, met_by in ENDED_BY_OFFER.get(event.facts.get("outcome", ""), ()):
            store.end_deadlines(number, state, now, met_by=met_by)
    if event.kind is Kind.BUYER_WROTE and event.origin is Origin.PROVEN:
        store.end_deadlines(number, "met", now, met_by="offer")  # whatever he says of it, he is not silent
    if event.kind is Kind.OWN_MESSAGE_COPIED and store.only_held(number):
        return  # the copy of an automatic acknowledgement, which answers nothing
    if event.kind in ENDS:
        state, met_by = ENDS[event.kind]
        for one in event.facts.get("met_by", met_by).split():
            store.end_deadlines(number, state, now, met_by=one)
    if case.stage is Stage.CLOSED:
        store.end_deadlines(number, "cancelled", now)
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
        row = guichet.store.outbox_row(answer.draft)
        assert row, "a draft is moved only after it was found"
        if answer.to in (State.READY, State.HANDED):
            _check_words(row, case)
        fresh = answer.to is State.READY and not row["raw"] and row["channel"] == Channel.EMAIL
        moved = guichet.store.move(answer, now, raw=_frozen(guichet, row, now) if fresh else None)
        if moved and answer.to in (State.READY, State.HANDED):
            guichet.store.adopt(answer.draft)
        if moved and answer.to is State.READY:
            guichet.store.drop_others(row, now)
        if answer.to is State.FAILED and row["state"] == State.SENT:
            guichet.store.note(answer.draft, answer.why)
    elif answer.to is Party.SELLER:
        tell_seller(guichet, answer, case, event_id, now)
    elif answer.mode is not Mode.SHADOW and (
            kept_back := write_reply(guichet, answer, case, event, event_id, now)):
        tell_seller(guichet, decide.question(event, kept_back), case, event_id, now)


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
    noted = replace(refusal.event, key=f"{refusal.event.key}/refused:{iso(now)}")
    with guichet.store.write_tx():
        number = guichet.store.case(noted.case).number
        if number is not None and not guichet.store.has_event(noted.key):
            guichet.store.record_event(noted, number, now, [journal(Ruling(refused=True, why=str(refusal)))])


def _reachable(guichet: Guichet, row: Row, case: Case) -> Row:
    """Return a draft for the webservice as one for the seller's own hands, if its token has left the settings."""
    waits = row["channel"] == Channel.WEBSERVICE and row["state"] in (State.DRAFT, State.FAILED, State.UNCERTAIN)
    if not waits or case.key.marketplace in guichet.settings.webservices:
        return row
    page = page_of(guichet.store, case)
    guichet.store.run("UPDATE outbox SET channel = 'seller', to_addr = ? WHERE id = ?", page, row["id"])
    return {**row, "channel": str(Channel.SELLER), "to_addr": page}
