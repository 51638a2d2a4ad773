"""What the seller may choose about a case - accept, refuse, take it back, refund, say that it never left - and what
that makes. Words to the buyer are shown to him first; money and clicks stay his.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core import guards
from bot.core.action import Action, Move, Ruling, State, What
from bot.core.around import Left
from bot.core.case import Case, Stage
from bot.core.event import Channel, Event, Kind, Party
from bot.core.guards import Act, By, Deed
from bot.core.money import money
from bot.core.policy import Mode, Policy
from bot.words import say


class Choice(StrEnum):
    """What he may choose; the values of the fact `choice` of an `answer_chosen`."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    RETURN = "return"
    REFUND = "refund"
    NOT_SHIPPED = "not_shipped"


# What fits which matter. A withdrawal is neither accepted nor refused: that is Customer Service's (002).
FITS: Mapping[Kind, tuple[Choice, ...]] = {
    Kind.SALE_MADE: (Choice.ACCEPT, Choice.REFUSE),
    Kind.CANCELLATION_REQUESTED: (Choice.ACCEPT, Choice.REFUSE, Choice.NOT_SHIPPED),
    Kind.BUYER_WROTE: (Choice.RETURN, Choice.REFUND),
    Kind.NOT_RECEIVED_CLAIMED: (Choice.NOT_SHIPPED, Choice.REFUND, Choice.REFUSE),
    Kind.NOT_CONFORMING_CLAIMED: (Choice.RETURN, Choice.REFUND, Choice.REFUSE),
    Kind.PROOF_DEMANDED: (Choice.NOT_SHIPPED, Choice.REFUND),
    Kind.DOCUMENTS_DEMANDED: (Choice.REFUND,),
    Kind.CARRIER_ENQUIRY_DEMANDED: (Choice.REFUND,),
    Kind.LAST_CALL: (Choice.RETURN, Choice.REFUND, Choice.NOT_SHIPPED),
    Kind.WITHDRAWAL_OPENED: (Choice.NOT_SHIPPED, Choice.RETURN, Choice.REFUND),
    Kind.RETURN_OPENED: (Choice.ACCEPT, Choice.REFUSE, Choice.REFUND, Choice.RETURN),
    Kind.RETURN_UPDATED: (Choice.REFUND, Choice.REFUSE),
    Kind.GUARANTEE_CLAIMED: (Choice.REFUND,),
}

# The marketplace decides about these, so the words are for its people.
TO_MARKETPLACE = frozenset({Kind.PROOF_DEMANDED, Kind.DOCUMENTS_DEMANDED, Kind.CARRIER_ENQUIRY_DEMANDED,
                            Kind.LAST_CALL, Kind.GUARANTEE_CLAIMED})

_WAITS = (State.DRAFT, State.FAILED)
_OPEN_CHOICE = (State.DRAFT, State.FAILED, State.HANDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A choice for a case, as the checks see it. `given`: he added a reason or an amount."""

    choice: str
    matter: Kind | None
    case: Case
    policy: Policy
    now: datetime
    facts: Mapping[str, str]

    @property
    def given(self) -> bool:
        return bool(self.facts.get("reason") or self.facts.get("amount"))


# -- what fits -------------------------------------------------------------------------------------


def matter(case: Case) -> Kind | None:
    """Return what a choice would be about: a claim that is open goes before the message that came after it."""
    return matter_of(case.kind, case.around.told)


def matter_of(kind: Kind | None, told: Sequence[Kind]) -> Kind | None:
    """Return the same of a case of a kind, of which this was told."""
    own = kind if kind in FITS else None
    if own and own is not Kind.BUYER_WROTE:
        return own
    weighty = FITS.keys() - {Kind.BUYER_WROTE, Kind.SALE_MADE}
    last = next((one for one in reversed(told) if one in weighty or one in guards.ENDED), None)
    return last if last in weighty else own


def choices(case: Case) -> tuple[str, ...]:
    """Return which choices make sense for a case now; what stands around it counts where it was looked up."""
    if case.stage is Stage.CLOSED:
        return ()
    about = Kind.WITHDRAWAL_OPENED if guards.withdrawal_open(case) else matter(case)
    return tuple(str(choice) for choice in FITS.get(about, ()) if _possible(choice, about, case)) if about else ()


def _possible(choice: Choice, about: Kind, case: Case) -> bool:
    if about is Kind.SALE_MADE:
        return (case.around.limits.accepts_sales or bool(_sale_rows(case))) and not _settled_sale(case)
    cancels = choice is Choice.ACCEPT and about is Kind.CANCELLATION_REQUESTED
    return not ((cancels or choice is Choice.NOT_SHIPPED) and has_shipped(case))


def has_shipped(case: Case) -> bool:
    """Say whether the seller, or a proven mail, said that the parcel has left."""
    return Kind.SELLER_SHIPPED in case.around.told or bool(case.around.facts.get("tracking"))


def _sale_rows(case: Case) -> list[Left]:
    return [row for row in case.around.left if row.choice.endswith(f":{Kind.SALE_MADE}")]


def _settled_sale(case: Case) -> Left | None:
    return next((row for row in _sale_rows(case) if row.state in guards.GONE), None)


def sale_draft(case: Case, event: Event) -> Left | None:
    """Return the draft of the webservice that waits for exactly this choice about a sale."""
    asked = f"{event.facts.get('choice', '')}:{Kind.SALE_MADE}"
    return next((row for row in reversed(_sale_rows(case))
                 if row.choice == asked and row.state in (*_WAITS, State.UNCERTAIN)), None)


# -- what is refused -------------------------------------------------------------------------------


def sale_settled(asked: Chosen) -> str:
    row = _settled_sale(asked.case)
    if row is None or asked.matter is not Kind.SALE_MADE or asked.choice not in FITS[Kind.SALE_MADE]:
        return ""
    return say("this sale has its answer already: D-{number}, {choice} ({state})", number=row.number,
               choice=_spoken(row.choice.partition(":")[0]), state=row.state)


def never_cancelled(asked: Chosen) -> str:
    """A withdrawal is no cancellation, and its exceptions are not the seller's to apply (000, 002)."""
    if asked.choice not in (Choice.ACCEPT, Choice.REFUSE):
        return ""
    return guards.cancelled_withdrawal(Act(deed=Deed.CANCEL, by=By.SELLER, case=asked.case, policy=asked.policy,
                                           now=asked.now))


def shipped_already(asked: Chosen) -> str:
    cancels = asked.choice == Choice.ACCEPT and asked.matter is Kind.CANCELLATION_REQUESTED
    if not (cancels or asked.choice == Choice.NOT_SHIPPED) or not has_shipped(asked.case):
        return ""
    return say("it has shipped, as was said before ({number}): it can be neither cancelled nor called not shipped; "
               "refuse, or take it back once it has arrived", number=asked.case.around.facts.get("tracking") or "–")


def unfit(asked: Chosen) -> str:
    fitting = choices(asked.case)
    if asked.choice in fitting:
        return ""
    if not fitting:
        return say("{choice} does not fit this case, nor does any other such order: answer in your own words",
                   choice=_spoken(asked.choice))
    return say("{choice} does not fit this case; what fits: {fitting}", choice=_spoken(asked.choice),
               fitting=", ".join(map(_spoken, fitting)))


def amount_without_refund(asked: Chosen) -> str:
    if not asked.facts.get("amount") or asked.choice == Choice.REFUND:
        return ""
    return say("a sum goes with a refund only: order the refund of {amount}, or leave it out",
               amount=asked.facts["amount"])


def no_sum(asked: Chosen) -> str:
    said = asked.facts.get("amount", "")
    found = money(said) if said else None
    if not said or (found and found.amount > 0):
        return ""
    return say("{said} is no sum to refund: write it with its currency, such as 8 EUR", said=said)


def above_the_value(asked: Chosen) -> str:
    found, value = money(asked.facts.get("amount", "")), money(asked.case.around.facts.get("price", ""))
    if found is None or value is None:
        return ""
    if found.currency != value.currency:
        return say("{amount} cannot be held against the item's value of {value}: they are of two currencies",
                   amount=found, value=value)
    if found.amount > value.amount:
        return say("{amount} is more than the item's value ({value}): no more than that is refunded", amount=found,
                   value=value)
    return ""


def withdrawal_without_number(asked: Chosen) -> str:
    if asked.choice != Choice.REFUND or not guards.withdrawal_open(asked.case):
        return ""
    if asked.case.around.facts.get("tracking"):
        return ""
    return say("a withdrawal is refunded only with a valid tracking number: give the parcel's")


def said_already(asked: Chosen) -> str:
    """The same order has one effect; a draft, or a text not posted yet, gives way to one with other words.

    A sale's drafts wait for exactly this order: `sale_settled` says when they no longer do.
    """
    if asked.matter is Kind.SALE_MADE:
        return ""
    row = next((row for row in reversed(asked.case.around.left) if row.choice == f"{asked.choice}:{asked.matter}"
                and (row.state in guards.GONE or row.state in _WAITS)), None)
    if row is None or (asked.given and row.state in _OPEN_CHOICE):
        return ""
    return say("D-{number} says that already ({state})", number=row.number, state=row.state)


# Asked from top to bottom; the first sentence is the refusal.
CHECKS: tuple[Callable[[Chosen], str], ...] = (
    sale_settled,               # a sale is answered once
    never_cancelled,            # before `unfit`, for it says what is done instead
    shipped_already,            # the same
    unfit,
    amount_without_refund,
    no_sum,                     # a sum without its currency is a guess
    above_the_value,
    withdrawal_without_number,
    said_already,               # last: what is wrong was wrong the first time, too
)


def refused(asked: Chosen) -> str:
    return next((sentence for check in CHECKS if (sentence := check(asked))), "")


def heard(case: Case, event: Event, policy: Policy, now: datetime) -> Chosen:
    about = Kind.WITHDRAWAL_OPENED if guards.withdrawal_open(case) else matter(case)
    return Chosen(choice=event.facts.get("choice", ""), matter=about, case=case, policy=policy, now=now,
                  facts=event.facts)


# -- what it makes ---------------------------------------------------------------------------------


def answer(case: Case, event: Event, policy: Policy, now: datetime) -> Ruling | tuple[Action | Move, ...]:
    """Return the words that a choice makes, and the drafts that give way to them; or a guard's refusal."""
    asked = heard(case, event, policy, now)
    act = _act(asked, event)
    if sentence := guards.refused(act):
        return Ruling(refused=True, why=sentence)
    return (*_giving_way(asked), _written(asked, act, event))


def own_words(case: Case, event: Event, policy: Policy, now: datetime) -> Ruling | Action:
    """Return a draft of the seller's own words, or why there is none: the template holds nothing but them."""
    if case.kind in case.around.limits.one_answer:
        return Ruling(refused=True, why=say("a visitor can be answered once only: answer him in your account"))
    act = _act(heard(case, event, policy, now), event)
    if sentence := guards.refused(act):
        return Ruling(refused=True, why=sentence)
    return Action(what=What.REPLY, to=act.to, channel=act.channel, mode=Mode.DRAFT, template="own.reply",
                  step=f"own:{event.mark}", why=say("the seller wrote it himself"))


def _act(asked: Chosen, event: Event) -> Act:
    """Return whom the words speak to, and how they get there."""
    case, about = asked.case, asked.matter
    by_mail = bool(case.around.reply_channel is Channel.EMAIL and case.answer_to)
    channel = Channel.WEBSERVICE if "reply" in event.calls else Channel.EMAIL if by_mail else Channel.SELLER
    act = Act(deed=Deed.REPLY, by=By.SELLER, case=case, policy=asked.policy, now=asked.now, kind=about,
              channel=channel, address=case.answer_to if channel is Channel.EMAIL else "")
    theirs = about in TO_MARKETPLACE or about in case.around.limits.customer_service
    if not (theirs or asked.choice in case.around.limits.customer_service or guards.no_direct(act)):
        return act
    kept = theirs and channel is Channel.WEBSERVICE     # its row in [channels] speaks to the marketplace, too
    return replace(act, to=Party.MARKETPLACE, channel=channel if kept else Channel.SELLER, address="")


def _giving_way(asked: Chosen) -> Iterator[Move]:
    """Yield the drafts that say less about the same matter: of several answers one is left."""
    for row in asked.case.around.left:
        about = row.kind is asked.matter or row.kind is Kind.ANSWER_CHOSEN
        open_ = row.state in _WAITS or (row.state is State.HANDED and row.kind is Kind.ANSWER_CHOSEN)
        if row.what is What.REPLY and about and open_:
            yield Move(draft=row.number, frm=_OPEN_CHOICE, to=State.DISCARDED,
                       why=say("the seller chose another answer"))


def _written(asked: Chosen, act: Act, event: Event) -> Action:
    matter_words = "reply" if act.to is Party.BUYER else "service"
    sale = asked.matter is Kind.SALE_MADE
    return Action(
        what=What.REPLY, to=act.to, channel=act.channel, mode=Mode.DRAFT,
        template=f"{_template(asked)}.{matter_words}", why="; ".join(filter(None, _whys(asked, act))),
        step=f"{asked.choice}:{event.mark}" if sale else f"choice:{asked.choice}:{asked.matter}:{event.mark}",
        ordered=act.channel is Channel.SELLER,      # nothing of it leaves: he reads it where he posts it
        call=event.calls.get("reply", "") if act.channel is Channel.WEBSERVICE else "", facts=_told(asked))


def _template(asked: Chosen) -> str:
    """Return whose words are used: to accept a return is to say how it comes back."""
    accepts_return = asked.choice == Choice.ACCEPT and asked.matter is Kind.RETURN_OPENED
    return Choice.RETURN if accepts_return else asked.choice


def _told(asked: Chosen) -> dict[str, str]:
    """Return what templates may say as `choice.…`; empty text for what is not known."""
    known = asked.case.around.facts
    found = money(asked.facts.get("amount", ""))
    return {"matter": str(asked.matter), "reason": asked.facts.get("reason", "").strip(),
            "amount": str(found or ""), **{name: known.get(name, "") for name in ("tracking", "carrier", "shipped_on")}}


def _whys(asked: Chosen, act: Act) -> Iterator[str]:
    yield say("you chose: {choice}", choice=_spoken(asked.choice))
    yield _yours(asked)
    yield guards.no_direct(replace(act, to=Party.BUYER)) if act.to is Party.MARKETPLACE else ""
    if asked.choice == Choice.REFUND and asked.facts.get("amount") and not asked.case.around.facts.get("price"):
        yield say("no mail says what the item is worth: whether the sum is below it was not checked")
    if asked.choice == Choice.REFUND and Kind.REFUND_ISSUED in asked.case.around.told:
        yield say("a refund was started for this order before: look before you refund again")


_SALE, _ASKED, _BACK = Kind.SALE_MADE, Kind.CANCELLATION_REQUESTED, Kind.RETURN_OPENED

# What no words do and only the seller can, in his account; the first row that fits. None: whatever the matter.
YOURS: tuple[tuple[Choice, Kind | None, str], ...] = (
    (Choice.REFUND, None, "the refund itself is yours to make, in your account: the words move no money"),
    (Choice.ACCEPT, _SALE, "accept the sale yourself, on its page"),
    (Choice.REFUSE, _SALE, "refuse the sale yourself, on its page"),
    (Choice.ACCEPT, _ASKED,
     "cancel the order yourself, with the reason that the buyer asked for it: then it does not count"),
    (Choice.ACCEPT, _BACK, "authorise the return yourself, in your account"),
    (Choice.RETURN, _BACK, "authorise the return yourself, in your account"),
    (Choice.REFUSE, _BACK, "close the request yourself, in your account, with one of the reasons offered there; the "
                           "message may have 1,000 characters at Amazon"),
    (Choice.NOT_SHIPPED, None, "do not ship it any more, and do not cancel a withdrawal yourself: that would count in "
                               "your cancellation rate"),
)


def _yours(asked: Chosen) -> str:
    words = next((words for choice, about, words in YOURS
                  if choice == asked.choice and about in (None, asked.matter)), "")
    return say(words) if words else ""


_SPOKEN = {"accept": "accept", "refuse": "refuse", "return": "return", "refund": "refund",
           "not_shipped": "not shipped"}


def _spoken(choice: str) -> str:
    return say(_SPOKEN[choice]) if choice in _SPOKEN else choice
