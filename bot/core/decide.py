"""What is to be done about an event: DECISIONS, in running order, each with its line of why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from bot.core import choosing, guards, rating
from bot.core.action import Action, Move, Rewrite, Ruling, State, What
from bot.core.altering import altered
from bot.core.around import Left
from bot.core.case import ASKING, Case
from bot.core.event import Channel, Event, Kind, Origin, Party
from bot.core.guards import Act, By, Deed
from bot.core.holding import held
from bot.core.money import money
from bot.core.policy import Mode, Policy
from bot.words import say
from bot.words.kinds import kind_words

# A reply nobody approved waits this long, so that the seller's own answer, or a copy in Sent, is seen first.
HOLD = timedelta(minutes=3)

# What a mail may tell us that wants words to the buyer or the marketplace, and why.
WANTS_WORDS = {
    Kind.QUESTION_ASKED: "a visitor buys from him who answers; Rakuten allows one answer: the seller completes it",
    Kind.BUYER_WROTE: "a buyer who hears nothing complains",
    Kind.NOT_RECEIVED_CLAIMED: "the buyer is told date, carrier and number, for silence counts as not shipped",
    Kind.NOT_CONFORMING_CLAIMED: "the amicable phase is short, and begins with a proposal",
    Kind.CANCELLATION_REQUESTED: "the buyer must know whether it is too late",
    Kind.PROOF_DEMANDED: "the marketplace believes what is written with date, carrier and number",
    Kind.DOCUMENTS_DEMANDED: "papers are sent with words that say what they belong to",
    Kind.CARRIER_ENQUIRY_DEMANDED: "the marketplace waits for the carrier's findings, and to hear that he was asked",
    Kind.LAST_CALL: "the marketplace decides without us if we write nothing",
    Kind.WITHDRAWAL_OPENED: "it is acknowledged with date and time, and never cancelled by the seller himself",
    Kind.RETURN_OPENED: "the buyer wants to know whether to send it, and where",
    Kind.RETURN_UPDATED: "he who sent something back wants to hear that it arrived",
    Kind.GUARANTEE_CLAIMED: "the guarantee's team decides on what it is told",
    Kind.CHARGEBACK_OPENED: "the bank hears only him who answers",
}
ANSWERABLE = frozenset(WANTS_WORDS)

# Kinds with words of their own for a discount; others use those of a claim.
OFFERED = frozenset({Kind.NOT_CONFORMING_CLAIMED, Kind.NOT_RECEIVED_CLAIMED, Kind.RETURN_OPENED})

Decided = Action | Move | Rewrite | Ruling
Decision = Callable[[Case, Event, Policy, datetime], "Decided | tuple[Decided, ...] | None"]


def rewrite(case: Case, event: Event, policy: Policy, now: datetime) -> Rewrite | None:
    if event.kind is not Kind.DRAFT_EDITED or event.draft is None:
        return None
    return Rewrite(draft=event.draft, frm=(State.DRAFT, State.FAILED), body=event.text,
                   why=say("the seller wrote it himself"))


def own_words(case: Case, event: Event, policy: Policy, now: datetime) -> Action | Ruling | None:
    """His own words where no draft waits: an acknowledgement has left alone, or nobody wrote any for such a case."""
    if event.kind is not Kind.DRAFT_EDITED or event.draft is not None:
        return None
    return choosing.own_words(case, event, policy, now)


def release(case: Case, event: Event, policy: Policy, now: datetime) -> Move | Ruling | None:
    if event.kind is not Kind.DRAFT_APPROVED or event.draft is None:
        return None
    stands = (State.DRAFT, State.FAILED, State.UNCERTAIN)
    row = next((row for row in case.around.left if row.number == event.draft), None)
    if row and row.state in stands and (sentence := guards.refused(leaving(case, row, By.SELLER, policy, now))):
        return Ruling(refused=True, why=sentence)
    to = State.HANDED if event.channel is Channel.SELLER else State.READY
    return Move(draft=event.draft, frm=stands, to=to, why=say("the seller approved it"))


def choose(case: Case, event: Event, policy: Policy, now: datetime) -> Decided | tuple[Decided, ...] | None:
    """The seller chooses: the draft that says so already is released, else the words are written."""
    if event.kind is not Kind.ANSWER_CHOSEN:
        return None
    if sentence := choosing.refused(choosing.heard(case, event, policy, now)):
        return Ruling(refused=True, why=sentence)
    if (row := choosing.sale_draft(case, event)) is None:
        return choosing.answer(case, event, policy, now)
    return release(case, altered(event, kind=Kind.DRAFT_APPROVED, draft=row.number, channel=row.channel), policy, now)


def hand_choice(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    """Show the seller what his choice would say, before anything leaves, and what is his own to do."""
    found = choose(case, event, policy, now)
    written = next((one for one in found if isinstance(one, Action)), None) if isinstance(found, tuple) else None
    if written is None or event.answered:
        return None
    return _to_seller(What.QUESTION, f"{written.step}:hand", written.why, template="chosen")


def confirm(case: Case, event: Event, policy: Policy, now: datetime) -> Move | None:
    if event.kind is not Kind.SELLER_ANSWERED or event.draft is None:
        return None
    return Move(draft=event.draft, frm=(State.UNCERTAIN, State.HANDED, State.FAILED), to=State.SENT,
                why=say("the seller says it went out"))


def bounce(case: Case, event: Event, policy: Policy, now: datetime) -> Move | None:
    if event.kind is not Kind.MESSAGE_UNDELIVERED or event.draft is None:
        return None
    return Move(draft=event.draft, frm=(State.SENT, State.TRANSMITTING, State.UNCERTAIN), to=State.FAILED,
                why=event.text)


def passed_on(case: Case, event: Event, policy: Policy, now: datetime) -> Move | None:
    """The marketplace itself says that the discount, which only the seller could make there, is before the buyer."""
    told = event.facts.get("outcome") in ("passed_on", "accepted")
    if event.kind is not Kind.OFFER_UPDATED or event.origin is not Origin.PROVEN or not told:
        return None
    row = next((row for row in reversed(case.around.left) if row.what is What.OFFER and row.state is State.HANDED
                and _same_sum(row, case, event, policy, now)), None)
    return Move(draft=row.number, frm=(State.HANDED,), to=State.SENT,
                why=say("the marketplace says that it reached the buyer")) if row else None


def _same_sum(row: Left, case: Case, event: Event, policy: Policy, now: datetime) -> bool:
    """Say whether what the marketplace names may be this offer: another sum is another offer."""
    mine = guards.discount(_offer(case, event, policy, now, dict(guards.order_of(row.offer) or {}))).amount
    theirs = money(event.facts.get("amount", ""))
    return mine is None or theirs is None or mine == theirs


def drop(case: Case, event: Event, policy: Policy, now: datetime) -> Move | None:
    if event.kind is not Kind.DRAFT_DISCARDED or event.draft is None:
        return None
    return Move(draft=event.draft, frm=(State.DRAFT, State.READY, State.FAILED, State.UNCERTAIN), to=State.DISCARDED,
                why=say("the seller discarded it"))


def reply(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    if event.kind not in ANSWERABLE or case.turn is not Party.SELLER:
        return None
    mode = policy.mode_for(case.key.marketplace, event.kind)
    if mode is Mode.OFF:
        return None
    why = say("{kind}: wants an answer", kind=say(kind_words(event.kind)))
    act = _reply(case, event, policy, now)
    if away := guards.no_direct(act):
        act, why = _to_the_marketplace(act), f"{why}; {away}"
    if guards.refused(act):
        return None  # the question to the seller says why
    if mode is Mode.ALONE and (reason := guards.refused(altered(act, by=By.BOT))):
        mode, why = Mode.DRAFT, f"{why}; {reason}"
    return Action(
        what=What.REPLY, to=act.to, channel=act.channel, mode=mode, template=f"{event.kind}.reply",
        step=f"reply:{event.mark}", why=why, wait=HOLD if mode is Mode.ALONE else timedelta(), once=act.once,
        call=event.calls["reply"] if act.channel is Channel.WEBSERVICE else "",
    )


def _reply(case: Case, event: Event, policy: Policy, now: datetime) -> Act:
    channel = _channel(case, event)
    return Act(deed=Deed.REPLY, by=By.SELLER, case=case, policy=policy, now=now, kind=event.kind, channel=channel,
               address=case.answer_to if channel is Channel.EMAIL else "", held=held(case, event, policy, now),
               once=guards.once(case, event, case.around.limits))


def _to_the_marketplace(act: Act) -> Act:
    return altered(act, to=Party.MARKETPLACE, channel=Channel.SELLER, address="")


# Rows about these are told to the marketplace alone.
_TOLD_TO_IT = frozenset({Kind.SALE_MADE, Kind.SELLER_SHIPPED})


def leaving(case: Case, row: Left, by: By, policy: Policy, now: datetime, held: str = "") -> Act:
    """Return the act that the leaving of a written row is. Text the seller pastes himself goes where he pastes it."""
    deed = Deed.CANCEL if row.cancels else Deed.OFFER if row.what is What.OFFER else Deed.REPLY
    act = Act(deed=deed, by=by, case=case, policy=policy, now=now, kind=row.kind, channel=row.channel,
              address=row.address, once=row.once, row=row, held=held, facts=guards.order_of(row.offer) or {})
    theirs = row.channel is Channel.SELLER or row.kind in _TOLD_TO_IT or row.to_service
    return altered(act, to=Party.MARKETPLACE) if theirs else act


def _channel(case: Case, event: Event) -> Channel:
    if "reply" in event.calls:
        return Channel.WEBSERVICE
    return Channel.EMAIL if event.channel is Channel.EMAIL and case.answer_to else Channel.SELLER


def refuse_sale(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    return _sale("refuse", case, event, policy)


def accept_sale(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    return _sale("accept", case, event, policy)


def _sale(answer: str, case: Case, event: Event, policy: Policy) -> Action | None:
    """Draft an answer to a sale where the webservice takes one: only ever on the seller's word, in every mode."""
    mode = policy.mode_for(case.key.marketplace, event.kind)
    if event.kind is not Kind.SALE_MADE or answer not in event.calls or mode is Mode.OFF:
        return None
    return Action(
        what=What.REPLY, to=Party.MARKETPLACE, channel=Channel.WEBSERVICE, template="", step=f"{answer}:{event.mark}",
        mode=Mode.SHADOW if mode is Mode.SHADOW else Mode.DRAFT, call=event.calls[answer],
        why=say("a sale is accepted or refused on your word alone"))


def ship(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    """Tell the marketplace of a parcel whose carrier and tracking number the seller has told us."""
    tracking, carrier = event.facts.get("tracking"), event.facts.get("carrier")
    if event.kind is not Kind.SELLER_SHIPPED or not (tracking and carrier):
        return None
    call = event.calls.get("ship", "")
    return Action(
        what=What.REPLY, to=Party.MARKETPLACE, channel=Channel.WEBSERVICE if call else Channel.SELLER, mode=Mode.DRAFT,
        template="", step=f"ship:{tracking}", call=call, ordered=True, why=say("the seller says it has shipped"))


def reply_and_ask(case: Case, event: Event, policy: Policy, now: datetime) -> tuple[Action, ...]:
    drafted = reply(case, event, policy, now)
    return tuple(filter(None, (drafted, _ask(case, event, policy, now, drafted))))


def _ask(case: Case, event: Event, policy: Policy, now: datetime, drafted: Action | None) -> Action | None:
    if event.kind not in ASKING or not event.by_mail or case.turn is not Party.SELLER or event.cold:
        return None
    if policy.mode_for(case.key.marketplace, event.kind) in (Mode.OFF, Mode.SHADOW):
        return None
    if drafted and drafted.state is State.READY:
        return None  # it leaves by itself: he let us
    why = drafted.why if drafted else say("{kind}: wants the seller to move", kind=say(kind_words(event.kind)))
    told = "; ".join(part for part in (why, _warning(case, event, policy, now, drafted=drafted is not None),
                                       _next_step(case, event, policy, now)) if part)
    return question(event, told)


def question(event: Event, why: str) -> Action:
    """Return the question to the seller about an event; also for a reply that turned out not to leave by itself."""
    return _to_seller(What.QUESTION, f"question:{event.mark}", why)


def _warning(case: Case, event: Event, policy: Policy, now: datetime, *, drafted: bool) -> str:
    """Return why there is no draft, or why the sale must not be cancelled; empty where neither matters."""
    act = _reply(case, event, policy, now)
    if event.kind in ANSWERABLE and not drafted:
        return guards.refused(_to_the_marketplace(act) if guards.no_direct(act) else act)
    if event.kind in (Kind.WITHDRAWAL_OPENED, Kind.CANCELLATION_REQUESTED):
        return guards.cancelled_withdrawal(altered(act, deed=Deed.CANCEL))
    return ""


def offer(case: Case, event: Event, policy: Policy, now: datetime) -> Action | Ruling | None:
    """The seller orders a discount."""
    if event.kind is not Kind.OFFER_ORDERED:
        return None
    act = _offer(case, event, policy, now, dict(event.facts))
    if sentence := guards.refused(act):
        return Ruling(refused=True, why=sentence)
    return _offered(act, event, Mode.DRAFT, say("the seller ordered {offer}", offer=guards.discount(act)), ordered=True)


def propose(case: Case, event: Event, policy: Policy, now: datetime) -> Action | Ruling | None:
    """The next of the seller's steps, where he lets the bot propose them: on a claim, and on a refusal."""
    mode = policy.offer_mode(case.key.marketplace)
    if mode is Mode.OFF or not _asks_for_a_step(case, event) or event.cold:
        return None
    act = _offer(case, event, policy, now, {})
    if (step := guards.next_step(act)) is None:
        return None
    act = altered(act, facts={"percent": str(step)})
    if sentence := guards.refused(act):
        return Ruling(refused=True, why=sentence)
    why = say("your next step is {offer}", offer=guards.discount(act))
    if event.kind is Kind.DEADLINE_PASSED:
        why = f"{_silence(event)}; {why}"
    if mode is Mode.ALONE and (reason := guards.refused(altered(act, by=By.BOT))):
        mode, why = Mode.DRAFT, f"{why}; {reason}"
    return _offered(act, event, mode, why)


# The buyer's time to answer a discount: a rule of this name starts it when the discount has reached him.
ANSWER_OFFER = "answer_offer"


def _refused_or_silent(event: Event) -> bool:
    if event.kind is Kind.DEADLINE_PASSED:
        return event.facts["name"] == ANSWER_OFFER
    return event.kind is Kind.OFFER_UPDATED and event.facts.get("outcome") == "refused"


def _asks_for_a_step(case: Case, event: Event) -> bool:
    """Say whether a next step is due: on the first claim, and once on each refusal or silence.

    What the seller threw away is his no to more of it; what waits for him is not asked a second time.
    """
    offers = [row for row in case.around.left if row.what is What.OFFER]
    if any(row.state is State.DISCARDED for row in offers):
        return False
    if event.kind is Kind.NOT_CONFORMING_CLAIMED:
        return not offers
    again = any(row.kind in (Kind.OFFER_UPDATED, Kind.DEADLINE_PASSED) and row.state in (State.DRAFT, State.HANDED)
                for row in offers)
    return _refused_or_silent(event) and not again


def _offer(case: Case, event: Event, policy: Policy, now: datetime, facts: dict[str, str]) -> Act:
    by_mail = case.around.offer_channel is Channel.EMAIL and case.answer_to
    act = Act(deed=Deed.OFFER, by=By.SELLER, case=case, policy=policy, now=now, kind=case.kind, facts=facts,
              channel=Channel.EMAIL if by_mail else Channel.SELLER, address=case.answer_to if by_mail else "",
              held=held(case, event, policy, now))
    return act if by_mail else altered(act, to=Party.MARKETPLACE)   # made on the page of the sale


def _offered(act: Act, event: Event, mode: Mode, why: str, *, ordered: bool = False) -> Action:
    found = guards.discount(act)
    why = "; ".join([why, *guards.remarks(act)])
    return Action(
        what=What.OFFER, to=act.to, channel=act.channel, mode=mode, ordered=ordered, facts=found.words,
        template=f"{act.case.kind if act.case.kind in OFFERED else Kind.NOT_CONFORMING_CLAIMED}.offer",
        step=f"offer:{found}:{event.mark}", why=why,
        once=f"offer:{act.case.key.marketplace}/{act.case.key.shop}/{act.case.key.reference}/{found}",
        wait=HOLD if mode is Mode.ALONE else timedelta())


def hand_offer(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    """Hand the seller what only he can offer, or must agree to: the text, the link, the time left."""
    found = propose(case, event, policy, now) or offer(case, event, policy, now)
    if not isinstance(found, Action) or found.mode is Mode.SHADOW or found.state is State.READY or event.answered:
        return None
    return _to_seller(What.QUESTION, f"{found.step}:hand", found.why, template="chosen")


def remind_to_rate(case: Case, event: Event, policy: Policy, now: datetime) -> Action | Ruling | None:
    return rating.remind_to_rate(case, event, policy, now, HOLD)


def hand_reminder(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    """Show the seller a reminder to rate that waits for his yes, or for his own hand."""
    found = remind_to_rate(case, event, policy, now)
    if not isinstance(found, Action) or found.mode is Mode.SHADOW or found.state is State.READY:
        return None
    return _to_seller(What.QUESTION, "rating:hand", found.why, template="chosen")


def tell_no_reply(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    """Hand over the links that take messages out of the response time: they act when opened, so they are his (A3)."""
    if event.kind is not Kind.NO_REPLY_NEEDED or not event.links or event.answered:
        return None
    why = say("only the marketplace's own link takes a message out of your response time")
    return _to_seller(What.NOTICE, f"no_reply:{event.mark}", why, template="no_reply")


def shipped(case: Case, event: Event, policy: Policy, now: datetime) -> Ruling | None:
    if event.kind is not Kind.SELLER_SHIPPED:
        return None
    act = Act(deed=Deed.SHIP, by=By.SELLER, case=case, policy=policy, now=now, kind=case.kind, facts=event.facts)
    sentence = guards.refused(act)
    return Ruling(refused=bool(sentence), why=sentence or "; ".join(
        [say("the seller says it has shipped"), *guards.remarks(act)]))


def remind(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    if event.kind is not Kind.DEADLINE_NEAR or event.facts.get("told"):
        return None
    why = say("the deadline {name} is due at {due}", name=event.facts["name"], due=event.facts["due"])
    return _to_seller(What.REMINDER, f"remind:{event.mark}", why)


def tell_missed(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    if event.kind is not Kind.DEADLINE_PASSED or event.facts["who"] != Party.SELLER or event.facts.get("told"):
        return None
    if policy.mode_for(case.key.marketplace, case.kind or "") is Mode.OFF:
        return None
    why = say("the deadline {name} passed at {due}", name=event.facts["name"], due=event.facts["due"])
    return _to_seller(What.NOTICE, f"missed:{event.mark}", why, template="missed")


def tell_over(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    if event.kind is not Kind.DEADLINE_PASSED or event.facts["who"] != Party.BUYER:
        return None
    if policy.mode_for(case.key.marketplace, case.kind or "") is Mode.OFF:
        return None
    if hand_offer(case, event, policy, now):
        return None  # that mail says so
    why = "; ".join(filter(None, (_silence(event), _next_step(case, event, policy, now))))
    return _to_seller(What.NOTICE, f"over:{event.mark}", why, template="over")


def _silence(event: Event) -> str:
    return say("the buyer's time for {name} ended at {due}", name=event.facts["name"], due=event.facts["due"])


def _next_step(case: Case, event: Event, policy: Policy, now: datetime) -> str:
    """Return which discount the seller might order next, where his policy leaves proposing to him."""
    act = _offer(case, event, policy, now, {})
    if not _refused_or_silent(event) or not _asks_for_a_step(case, event) or (step := guards.next_step(act)) is None:
        return ""
    act = altered(act, facts={"percent": str(step)})
    return "" if guards.refused(act) else say("your next step would be {offer}, if you order it",
                                              offer=guards.discount(act))


def tell_undelivered(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    if event.kind is not Kind.MESSAGE_UNDELIVERED:
        return None
    why = say("the answer was refused: {words}", words=event.text)
    return _to_seller(What.NOTICE, f"undelivered:{event.mark}", why, template="undelivered", draft=event.draft)


def ask_uncertain(case: Case, event: Event, policy: Policy, now: datetime) -> Action | None:
    if event.kind is not Kind.SENDING_UNCERTAIN:
        return None
    why = say("nobody can say whether the mail went out")
    return _to_seller(What.QUESTION, f"uncertain:{event.mark}", why, template="uncertain", draft=event.draft)


# Asked from top to bottom; every row may add one thing to do.
DECISIONS: tuple[Decision, ...] = (
    rewrite,           # his own words, before anything is done with them
    own_words,         # or as a draft of their own, where none waits
    offer,             # the seller's order of a discount, or its refusal
    shipped,           # and his word that it has left
    choose,            # what he chose to do about it
    release,           # the seller's yes comes before anything we think of ourselves
    confirm,           # what he did himself, or found to have left
    passed_on,         # or the marketplace found
    drop,              # and so does his no
    bounce,            # what came back has not been said
    ship,              # what he has done is told as he told it
    refuse_sale,       # first, so that the question shows the other
    accept_sale,       # never by itself: it binds him
    reply_and_ask,     # the words for the buyer, then the seller, once for each event, with the draft in full
    propose,           # a discount of ours, when the question and its draft are written
    hand_offer,        # and the seller hears of it, with the link
    hand_choice,       # he reads what his choice says before anybody else does
    remind_to_rate,    # the buyer, once, where it is welcome
    hand_reminder,     # the seller sees it first
    tell_no_reply,     # what only he may open
    remind,            # the seller, never the buyer
    tell_missed,       # no deadline passes in silence
    tell_over,         # nor the buyer's, whose silence may settle the case
    tell_undelivered,  # an answer that did not arrive is no answer
    ask_uncertain,     # last: it asks about something already done
)


# Which kinds a row has anything to say about: it is not asked about the others.
_ABOUT: Mapping[Decision, Collection[Kind]] = {
    rewrite: (Kind.DRAFT_EDITED,), own_words: (Kind.DRAFT_EDITED,), offer: (Kind.OFFER_ORDERED,),
    shipped: (Kind.SELLER_SHIPPED,), choose: (Kind.ANSWER_CHOSEN,), release: (Kind.DRAFT_APPROVED,),
    confirm: (Kind.SELLER_ANSWERED,), passed_on: (Kind.OFFER_UPDATED,), drop: (Kind.DRAFT_DISCARDED,),
    bounce: (Kind.MESSAGE_UNDELIVERED,), ship: (Kind.SELLER_SHIPPED,), refuse_sale: (Kind.SALE_MADE,),
    accept_sale: (Kind.SALE_MADE,), reply_and_ask: ANSWERABLE | ASKING,
    propose: (Kind.NOT_CONFORMING_CLAIMED, Kind.OFFER_UPDATED, Kind.DEADLINE_PASSED),
    hand_offer: (Kind.NOT_CONFORMING_CLAIMED, Kind.OFFER_UPDATED, Kind.DEADLINE_PASSED, Kind.OFFER_ORDERED),
    hand_choice: (Kind.ANSWER_CHOSEN,), remind_to_rate: (Kind.RATING_DUE,), hand_reminder: (Kind.RATING_DUE,),
    tell_no_reply: (Kind.NO_REPLY_NEEDED,), remind: (Kind.DEADLINE_NEAR,), tell_missed: (Kind.DEADLINE_PASSED,),
    tell_over: (Kind.DEADLINE_PASSED,), tell_undelivered: (Kind.MESSAGE_UNDELIVERED,),
    ask_uncertain: (Kind.SENDING_UNCERTAIN,),
}


@cache
def asked(kind: Kind) -> tuple[Decision, ...]:
    """Return the rows that may have something to say about a kind, in running order."""
    return tuple(row for row in DECISIONS if kind in _ABOUT[row])


def decide(case: Case, event: Event, policy: Policy, now: datetime) -> Sequence[Decided]:
    """Return what is to be done, most urgent first."""
    answers = (row(case, event, policy, now) for row in asked(event.kind))
    return [one for answer in answers if answer for one in (answer if isinstance(answer, tuple) else (answer,))]


def _to_seller(what: What, step: str, why: str, *, template: str = "", draft: int | None = None) -> Action:
    return Action(what=what, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, draft=draft,
                  template=template or str(what), step=step, why=why)
