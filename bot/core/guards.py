"""What is never done, whoever asks: GUARDS, in running order, each with the sentence of its refusal.

What is refused to the seller is refused to the bot as well. What is refused to the bot alone becomes a draft.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from hashlib import sha256

from bot.core import parcel
from bot.core.action import State, What
from bot.core.around import Left, Limits
from bot.core.case import Case
from bot.core.dates import folded
from bot.core.event import Channel, Event, Kind, Party
from bot.core.money import Money, money
from bot.core.policy import Policy
from bot.words import say

CASE_DAY, DOMAIN_HOUR, MAILBOX_DAY = 2, 20, 200  # what may leave alone

# What opens a withdrawal and what ends it; and what ends an escalation.
ENDED = frozenset({Kind.RETURN_CANCELLED, Kind.SALE_CANCELLED, Kind.REFUND_ISSUED, Kind.CLAIM_CLOSED,
                   Kind.CASE_CLOSED})
GONE = frozenset({State.READY, State.TRANSMITTING, State.UNCERTAIN, State.HANDED, State.SENT})


class Deed(StrEnum):
    """What somebody wants to be done."""

    REPLY = "reply"
    OFFER = "offer"
    SHIP = "ship"
    CANCEL = "cancel"


class By(StrEnum):
    """Who wants it."""

    BOT = "bot"        # alone, with nobody's yes
    SELLER = "seller"  # he ordered or approved it, or will be asked to


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that is about to be done, as the guards see it.

    Attributes:
        kind: what it answers.
        to: whom it speaks to: the buyer (or a visitor), or the marketplace.
        address: where an e-mail would go.
        once: what it would use up, as `once` names it; empty for most.
        row: the outbox row that is to leave; None while it is not written yet.
        facts: of an offer `percent` or `amount`; of a parcel `tracking`, `carrier` and `shipped_on`.
        held: why nothing may leave by itself on the mail's account; empty when nothing is in the way.
    """

    deed: Deed
    by: By
    case: Case
    policy: Policy
    now: datetime
    kind: Kind | None = None
    to: Party = Party.BUYER
    channel: Channel = Channel.SELLER
    address: str = ""
    once: str = ""
    row: Left | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    held: str = ""

    @property
    def by_mail(self) -> bool:
        return self.channel is Channel.EMAIL and self.deed in (Deed.REPLY, Deed.OFFER)


# -- who may be written to, and by whom ------------------------------------------------------------


def unproven(act: Act) -> str:
    return act.held if act.by is By.BOT else ""


def stranger(act: Act) -> str:
    domains = act.case.around.domains
    if domains is None or not act.by_mail or _is_below(act.address.rpartition("@")[2].lower(), domains):
        return ""
    return say("{address} is no address of {marketplace}: nothing is sent there; answer in your account",
               address=act.address, marketplace=act.case.key.marketplace)


def wrong_sender(act: Act) -> str:
    if not (act.by_mail and act.case.mailbox and act.case.around.sender == ""):
        return ""
    return say("the mailbox {mailbox} no longer stands in mailboxes.toml, and from another address the marketplace "
               "would refuse the mail; put it back, or answer in your account", mailbox=act.case.mailbox)


def no_direct(act: Act) -> str:
    """Rakuten: once Customer Service has the claim, or the order is old, a message to the buyer does not arrive."""
    if act.deed not in (Deed.REPLY, Deed.OFFER) or act.to is not Party.BUYER or act.kind is Kind.QUESTION_ASKED:
        return ""
    if act.kind in act.case.around.limits.no_direct_after:
        return ""  # they wrote it themselves, and are answered
    return _is_escalated(act) or _is_old(act)


def _is_escalated(act: Act) -> str:
    if not _is_open(act.case, act.case.around.limits.no_direct_after):
        return ""
    return say("the claim is in the hands of Customer Service: no direct message to the buyer any more; "
               "write to Customer Service on the page of the claim")


def _is_old(act: Act) -> str:
    limits, around = act.case.around.limits, act.case.around
    received = around.received and limits.received_days and (act.now.date() - around.received).days
    if received and received > (limits.received_days or 0):
        return say("received {days} days ago, over {limit}: no direct message to the buyer any more; "
                   "write to Customer Service", days=received, limit=limits.received_days)
    ordered = around.ordered and limits.ordered_days and (act.now - around.ordered).days
    if ordered and ordered > (limits.ordered_days or 0):
        return say("ordered {days} days ago, over {limit}: no direct message to the buyer any more; "
                   "write to Customer Service", days=ordered, limit=limits.ordered_days)
    return ""


# -- a visitor's question --------------------------------------------------------------------------


def answer_alone(act: Act) -> str:
    if act.deed is Deed.REPLY and act.once and act.by is By.BOT:
        return say("a visitor can be answered once only, and words that only acknowledge would spend it: "
                   "the answer waits for your yes")
    return ""


def second_answer(act: Act) -> str:
    if act.deed is not Deed.REPLY or not act.once:
        return ""
    if act.row and (act.row.spent or act.row.state is State.UNCERTAIN):
        return say("D-{number} has left, or may have, and a visitor can be answered once only; look in your account",
                   number=act.row.number)
    spent = next((row for row in _others(act) if row.once == act.once and _uses_up(row, act)), None)
    if spent is None:
        return ""
    return say("a visitor can be answered once only, and this question has D-{number} ({state})",
               number=spent.number, state=spent.state)


def _uses_up(row: Left, act: Act) -> bool:
    """Say whether a row stands in the way: it has left or is about to; a draft, where another would be written."""
    return row.spent or row.state in GONE or (act.row is None and row.state in (State.DRAFT, State.FAILED))


def once(case: Case, event: Event, limits: Limits) -> str:
    """Return the name of what an answer to this event uses up; empty where it may be answered again.

    The same question that comes in a second mail, another day, is the same: its words tell, not its mark.
    """
    if event.kind not in limits.one_answer:
        return ""
    words = " ".join(folded(f"{case.buyer or ''} {event.text}").casefold().split()) if event.text else event.mark
    key = case.key
    return f"answer:{key.marketplace}/{key.shop}/{case.item or ''}/{sha256(words.encode()).hexdigest()[:16]}"


# -- a discount ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount in full: what was ordered, the item's value, and what that makes; None where it is not known."""

    percent: int | None
    amount: Money | None
    value: Money | None

    def __str__(self) -> str:
        return f"{self.percent}%" if self.percent is not None else str(self.amount)

    @property
    def words(self) -> Mapping[str, str]:
        """Return what templates may say of it; empty text for what is not known."""
        return {"percent": str(self.percent or ""), "amount": str(self.amount or ""), "value": str(self.value or "")}


_PERCENT = re.compile(r"([0-9]{1,3}) ?%")


def order_of(said: str) -> Mapping[str, str] | None:
    """Return the facts of an offer that the seller orders as `20%`, `8 €` or `8.00 EUR`; None if it is none."""
    if match := _PERCENT.fullmatch(said.strip()):
        return {"percent": match[1]}
    found = money(said)
    return {"amount": str(found)} if found else None


def discount(act: Act) -> Discount:
    value = money(act.case.around.facts.get("price", ""))
    if "percent" not in act.facts:
        return Discount(percent=None, amount=money(act.facts.get("amount", "")), value=value)
    percent = int(act.facts["percent"])
    off = (value.amount * percent / 100).quantize(Decimal("0.01"), ROUND_DOWN) if value else None
    return Discount(percent=percent, value=value,
                    amount=Money(amount=off, currency=value.currency) if value and off is not None else None)


def wallet(act: Act) -> str:
    around = act.case.around
    if act.deed is not Deed.OFFER or around.wallet == "ok":
        return ""
    return say("your wallet at {marketplace} is empty, so no discount can be paid from it; once it is filled, write "
               'wallet = "ok" in mailboxes.toml', marketplace=act.case.key.marketplace) if around.wallet == "empty" \
        else say("your wallet at {marketplace} is blocked, so no discount can be paid from it; once it is free, write "
                 'wallet = "ok" in mailboxes.toml', marketplace=act.case.key.marketplace)


def discount_in_withdrawal(act: Act) -> str:
    if act.deed is Deed.OFFER and withdrawal_open(act.case):
        return say("a withdrawal is open for this order: no discount is offered until it is over")
    return ""


def nonsense(act: Act) -> str:
    if act.deed is not Deed.OFFER:
        return ""
    asked = discount(act)
    if asked.percent is not None and not 1 <= asked.percent <= 100:
        return say("a discount of {percent} % is none: order 1 to 100 %", percent=asked.percent)
    if asked.percent is None and (asked.amount is None or asked.amount.amount <= 0):
        return say("this is no sum to take off: order it as 20% or 8 EUR")
    return ""


def value_unknown(act: Act) -> str:
    if act.deed is not Deed.OFFER:
        return ""
    asked, offer = discount(act), act.policy.offer
    if asked.value or asked.percent is None:
        return ""
    if offer.cap_cents is None:
        return say("no mail says what the item is worth, so {percent} % of it cannot be reckoned; "
                   "order the sum instead, such as 8 EUR", percent=asked.percent)
    return say("no mail says what the item is worth, so nobody can tell whether {percent} % stay below your cap of "
               "{cap}; order the sum instead, such as 8 EUR", percent=asked.percent, cap=_cap(act.policy))


def above_the_marketplaces_limit(act: Act) -> str:
    most = act.case.around.limits.discount_percent
    if act.deed is not Deed.OFFER or most is None or not _above(discount(act), most):
        return ""
    return say("{offer} is above {most} % of the item's value ({value}), the most that {marketplace} allows",
               offer=discount(act), most=most, value=discount(act).value, marketplace=act.case.key.marketplace)


def above_own_cap(act: Act) -> str:
    if act.deed is not Deed.OFFER:
        return ""
    asked, offer = discount(act), act.policy.offer
    if offer.cap_percent is not None and _above(asked, offer.cap_percent):
        return say("{offer} is above your own cap of {cap} % (cap_percent in mailboxes.toml)", offer=asked,
                   cap=offer.cap_percent)
    if offer.cap_cents is None or asked.amount is None:
        return ""
    if asked.amount.currency != offer.currency:
        return say("{offer} cannot be held against your cap of {cap}: they are of two currencies", offer=asked,
                   cap=_cap(act.policy))
    if asked.amount.cents > offer.cap_cents:
        return say("{offer} ({amount}) is above your own cap of {cap} (cap_amount in mailboxes.toml)", offer=asked,
                   amount=asked.amount, cap=_cap(act.policy))
    return ""


def _above(asked: Discount, percent: int) -> bool:
    if asked.percent is not None and asked.percent > percent:
        return True
    if not (asked.amount and asked.value):
        return False
    return asked.amount.currency != asked.value.currency or asked.amount.amount * 100 > asked.value.amount * percent


def _cap(policy: Policy) -> str:
    return str(Money(amount=Decimal(policy.offer.cap_cents or 0) / 100, currency=policy.offer.currency))


def step_out_of_order(act: Act) -> str:
    """A step is proposed once, and none goes back; the bot itself takes them one after another."""
    if act.deed is not Deed.OFFER:
        return ""
    asked = discount(act)
    if row := next((row for row in _offers(act) if row.offer == str(asked)), None):
        return say("{offer} was proposed already (D-{number}); each step is proposed once", offer=asked,
                   number=row.number)
    if asked.percent is not None and asked.percent < max(proposed(act), default=0):
        return say("{most} % were proposed already; {offer} would go back", most=max(proposed(act)), offer=asked)
    if act.by is By.BOT and asked.percent != next_step(act):
        return say("{offer} is not the next of your steps", offer=asked)
    return ""


def next_step(act: Act) -> int | None:
    """Return the first of the seller's steps above all that was proposed; None where none is left."""
    return next((step for step in sorted(act.policy.offer.steps) if step > max(proposed(act), default=0)), None)


def proposed(act: Act) -> list[int]:
    return [int(match[1]) for row in _offers(act) if (match := _PERCENT.fullmatch(row.offer))]


def _offers(act: Act) -> list[Left]:
    return [row for row in _others(act) if row.what is What.OFFER and row.state not in (State.DISCARDED, State.FAILED)]


# -- a withdrawal, a parcel ------------------------------------------------------------------------


def cancelled_withdrawal(act: Act) -> str:
    if act.deed is not Deed.CANCEL or not withdrawal_open(act.case):
        return ""
    if Kind.SELLER_SHIPPED in act.case.around.told or act.case.around.facts.get("tracking"):
        return say("a withdrawal is never cancelled as a sale: it has shipped, so give the tracking number and the "
                   "date of shipment; whether an exception of the law holds, Customer Service decides")
    return say("a withdrawal is never cancelled as a sale, for that would count in your cancellation rate: not "
               "shipped, tell Customer Service, which cancels it; shipped, give the tracking number and the date; "
               "exceptions of the law (unsealed discs and software, made to measure, perishable, unsealed hygiene "
               "goods, inseparably mixed goods, press, digital content begun) are Customer Service's to apply")


def withdrawal_open(case: Case) -> bool:
    return _is_open(case, frozenset({Kind.WITHDRAWAL_OPENED}))


def tracking_missing(act: Act) -> str:
    if act.deed is not Deed.SHIP or act.facts.get("tracking"):
        return ""
    if withdrawal_open(act.case):
        return say("a withdrawal is refunded only with a valid tracking number: give the parcel's")
    if _promised(act) == _NORMAL or _method(act) == _NORMAL:
        return ""
    return say("the tracking number is missing: only Normal shipping needs none (then write the carrier as "
               '"La Poste normal")')


def tracking_form(act: Act) -> str:
    number, carrier = act.facts.get("tracking", ""), act.facts.get("carrier", "")
    if act.deed is not Deed.SHIP or not number or parcel.fits(number, carrier) is not False:
        return ""
    return say("{number} has not the form of a number of {carrier}'s: read it again on the receipt",
               number=number, carrier=carrier)


def not_registered(act: Act) -> str:
    limit, value = act.case.around.limits.registered_above, money(act.case.around.facts.get("price", ""))
    if act.deed is not Deed.SHIP or not (limit and value) or value.currency != limit.currency:
        return ""
    if value.amount <= limit.amount or _method(act) == _REGISTERED:
        return ""
    return say("the item is worth {value}, and above {limit} shipping must be registered; if it was, say so with the "
               'carrier, such as "Colissimo recommandé"', value=value, limit=limit)


def worse_than_promised(act: Act) -> str:
    promised = _promised(act)
    if act.deed is not Deed.SHIP or promised is None or _method(act) >= promised:
        return ""
    return say('the buyer was promised "{promised}", and this is less; if it was that or better, say so with the '
               'carrier, such as "Colissimo recommandé" or "Chronopost express"',
               promised=act.case.around.facts["shipping"])


def shipped_tomorrow(act: Act) -> str:
    """A day's grace: the seller's date is his own calendar's, and ours UTC."""
    day = act.facts.get("shipped_on", "")
    if act.deed is not Deed.SHIP or day <= (act.now + timedelta(days=1)).date().isoformat():
        return ""
    return say("{day} lies ahead: say that it was shipped once it was", day=day)


_NORMAL, _TRACKED, _REGISTERED, _EXPRESS = range(4)
# What the words of a shipping method promise, the best first.
_METHODS = (
    (_EXPRESS, r"express|chronopost|24 ?h"),
    (_REGISTERED, r"recommand|registered|contre signature|avec signature|\br[123]\b"),
    (_TRACKED, r"suivi|tracked|colissimo|mondial ?relay|point relais|relais colis"),
    (_NORMAL, r"normal|standard|ordinaire|lettre"),
)


def _rank(words: str) -> int | None:
    return next((rank for rank, named in _METHODS if re.search(named, folded(words).casefold())), None)


def _promised(act: Act) -> int | None:
    return _rank(act.case.around.facts.get("shipping", ""))


def _method(act: Act) -> int:
    named = _rank(f"{act.facts.get('method', '')} {act.facts.get('carrier', '')}")
    return named if named is not None else _TRACKED if act.facts.get("tracking") else _NORMAL


# -- how much --------------------------------------------------------------------------------------


def second_reply(act: Act) -> str:
    row = act.row
    if act.deed is not Deed.REPLY or row is None or row.event is None:
        return ""
    other = next((one for one in _others(act) if one.event == row.event and one.what is What.REPLY
                  and one.state in GONE), None)
    if other is None:
        return ""
    return say("D-{number} answers the same message already ({state}); one message gets one reply",
               number=other.number, state=other.state)


def too_many(act: Act) -> str:
    if act.by is not By.BOT or act.deed not in (Deed.REPLY, Deed.OFFER):
        return ""
    counts = act.case.around.counts
    if counts.case_day >= CASE_DAY:
        return say("{count} replies left alone in this case within 24 hours: the next one waits for your yes",
                   count=counts.case_day)
    if act.by_mail and counts.domain_hour >= DOMAIN_HOUR:
        return say("{count} replies left alone to {domain} within an hour: the next one waits for your yes",
                   count=counts.domain_hour, domain=act.address.rpartition("@")[2])
    if counts.mailbox_day >= MAILBOX_DAY:
        return say("{count} replies left alone from this mailbox within a day: the next one waits for your yes",
                   count=counts.mailbox_day)
    return ""


def stopped(act: Act) -> str:
    reason = act.case.around.stopped
    if act.by is not By.BOT or not act.by_mail or not reason:
        return ""
    return say("an answer to {address} came back ({reason}): the next one waits for your yes", address=act.address,
               reason=reason)


def paused(act: Act) -> str:
    reason = act.case.around.paused
    if act.by is not By.BOT or act.deed not in (Deed.REPLY, Deed.OFFER) or not reason:
        return ""
    return say("automatic sending is off ({reason}): this waits for your yes", reason=reason)


# -- the table -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A row of GUARDS: the check, a line of why, and where that is written."""

    check: Callable[[Act], str]
    why: str
    source: str

    @property
    def name(self) -> str:
        return self.check.__name__


def _row(check: Callable[[Act], str], why: str, source: str) -> Guard:
    return Guard(check=check, why=why, source=source)


_GUIDE = "Rakuten after-sales guide for professional sellers (000)"
_LIMITS = "our own limits for what leaves alone"

# Asked from top to bottom; the first sentence is the refusal.
GUARDS: tuple[Guard, ...] = (
    _row(unproven, "what is forged, stale or cold moves nothing by itself", "max_age in mailboxes.toml; RFC 8601"),
    _row(stranger, "a reply goes to the verified relay or the marketplace, nowhere else", "Amazon.fr help (003)"),
    _row(wrong_sender, "the marketplace knows the mailbox's own address only", "Amazon.fr help (003)"),
    _row(no_direct, "the buyer can no longer be written to", "Rakuten consumer page (001); Rakuten webservice †"),
    _row(answer_alone, "a visitor's one answer is never spent on an acknowledgement", _GUIDE),
    _row(second_answer, "a visitor gets one answer, whatever the path", _GUIDE),
    _row(wallet, "a discount is paid from the wallet", _GUIDE),
    _row(discount_in_withdrawal, "no discount while a withdrawal is open", _GUIDE),
    _row(nonsense, "a discount is more than nothing", "arithmetic"),
    _row(value_unknown, "a percentage of the unknown is a guess", "the seller's own cap"),
    _row(above_the_marketplaces_limit, "the marketplace limits discounts", _GUIDE),
    _row(above_own_cap, "the seller limits discounts", "[policy.offer] in mailboxes.toml"),
    _row(step_out_of_order, "steps go up, each once", "[policy.offer] in mailboxes.toml"),
    _row(cancelled_withdrawal, "a withdrawal is no cancellation", 'Rakuten "Annuler une commande" (002)'),
    _row(tracking_missing, "all but Normal shipping has a number", _GUIDE),
    _row(tracking_form, "a mistyped number proves nothing", "the carriers' own pages (bot/core/parcel.py)"),
    _row(not_registered, "registered shipping is compulsory for what is dear", _GUIDE),
    _row(worse_than_promised, "the promised method, or a better one", _GUIDE),
    _row(shipped_tomorrow, "what has not happened proves nothing", "arithmetic"),
    _row(second_reply, "one reply to a message", _LIMITS),
    _row(too_many, "a fault of ours must not become a flood", _LIMITS),
    _row(stopped, "a mail that came back once comes back again", "RFC 3464"),
    _row(paused, "what a person or the breaker stopped, a person starts again", _LIMITS),
)


def refused(act: Act) -> str:
    """Return the sentence of the first guard that refuses; empty when none does."""
    return next((sentence for guard in GUARDS if (sentence := guard.check(act))), "")


def remarks(act: Act) -> list[str]:
    """Return what could not be checked of an act that nothing forbids."""
    return [remark for remark in _remarks(act) if remark]


def _remarks(act: Act) -> Iterator[str]:
    if act.deed is Deed.SHIP:
        number, carrier, limits = act.facts.get("tracking", ""), act.facts.get("carrier", ""), act.case.around.limits
        if number and parcel.fits(number, carrier) is None:
            yield say("nothing is known of {carrier}'s numbers: {number} was taken as it is", carrier=carrier,
                      number=number)
        if limits.registered_above and not act.case.around.facts.get("price"):
            yield say("no mail says what the item is worth: above {limit} shipping must be registered",
                      limit=limits.registered_above)
    if act.deed is Deed.OFFER and not discount(act).value:
        yield say("no mail says what the item is worth: whether this is below the limits in percent was not checked")


def _others(act: Act) -> list[Left]:
    return [row for row in act.case.around.left if act.row is None or row.number != act.row.number]


def _is_open(case: Case, opening: frozenset[Kind]) -> bool:
    """Say whether the last word on a matter opened it: a later end of any kind closes it."""
    last = next((kind for kind in reversed(case.around.told) if kind in opening or kind in ENDED), None)
    return last in opening


def _is_below(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == ours or domain.endswith("." + ours) for ours in domains)
