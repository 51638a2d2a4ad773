"""Why nothing may leave by itself on a mail's account: HOLDS, in running order, each with its code word and its why.

What is held is a case like any other: its deadline runs, the seller is asked and told why. What he approves leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.case import Case
from bot.core.event import Event, Kind
from bot.core.message import Message, Origin
from bot.core.policy import Policy
from bot.core.wishes import invokes_privacy, is_quarrel, speaks_of_law, wishes
from bot.words import say

PLAUSIBLE = timedelta(hours=24)  # how far a Date header may be from the server's own time to be believed
REPLIES_DAY = 1                  # replies alone to one case within 24 h: a second one may be a loop
MANY_WISHES = 3                  # of so many wishes beside a quarrel nobody can say which is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A mail as the holds see it.

    Attributes:
        kind: what the mail was understood to be.
        text: what the person wrote, empty where no person did.
        reader: why the marketplace's own reader holds it; empty when it does not.
        received: the server's own time for it.
        max_age: how old it may be.
    """

    message: Message
    kind: Kind
    received: datetime
    max_age: timedelta
    text: str = ""
    reader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """An event in its case, as the holds see what stands around its mail."""

    case: Case
    event: Event
    policy: Policy
    now: datetime


# -- in the mail itself ----------------------------------------------------------------------------


def by_its_reader(sight: Sight) -> str:
    return sight.reader


def reply_to_foreign(sight: Sight) -> str:
    if "reply_to_foreign" not in sight.message.flaws or "reply_to_" in sight.reader:
        return ""
    return say("reply_to_foreign: the mail wants its answers at another domain than its own")


def alternatives_differ(sight: Sight) -> str:
    if "alternatives_differ" not in sight.message.flaws:
        return ""
    return say("alternatives_differ: the mail holds words that nobody sees, or shows a person others than a program; "
               "only what is seen was read")


def ambiguous_intent(sight: Sight) -> str:
    stern = is_quarrel(sight.text) or speaks_of_law(sight.text)
    if not stern or len(wishes(sight.text)) < MANY_WISHES:
        return ""
    return say("ambiguous_intent: the message wants several things at once, and speaks of a dispute: you decide")


def legal_request(sight: Sight) -> str:
    if invokes_privacy(sight.text):
        return say("legal_request: the buyer asks for his personal data, or for their erasure: answer within a month "
                   "(GDPR, article 12); what Guichet keeps of him is erased with run_bot.py forget")
    if speaks_of_law(sight.text):
        return say("legal_request: the buyer speaks of the law, the police or an authority: you answer yourself")
    return ""


def date_implausible(sight: Sight) -> str:
    date = sight.message.date
    if date is None or date - sight.received <= PLAUSIBLE:
        return ""
    return say("date_implausible: dated {date:%Y-%m-%d}, after it arrived; deadlines count from when it arrived",
               date=date)


def dated_long_ago(sight: Sight) -> str:
    date = sight.message.date
    if date is None or sight.received - date <= sight.max_age:
        return ""
    return say("stale: dated {date:%Y-%m-%d}, long before it arrived; nothing leaves by itself", date=date)


def not_proven(sight: Sight) -> str:
    if sight.message.origin is Origin.PROVEN:
        return ""
    why = sight.message.origin_why.removeprefix("sender_unverified: ")
    return "; ".join(filter(None, [_unverified(sight.message.origin), why]))


def _unverified(origin: Origin | None) -> str:
    return say("sender_unverified: the sender is not proven ({origin}); the case is kept, nothing leaves by itself",
               origin=origin)


# -- around it -------------------------------------------------------------------------------------


def order_unknown(matter: Matter) -> str:
    case = matter.case
    if not case.around.strange_order:
        return ""
    return say("order_unknown: no mail of {marketplace}'s ever told of the order {order}, though its sales are told "
               "here; it may be another account's", marketplace=case.key.marketplace, order=case.order or "")


def reply_cap(matter: Matter) -> str:
    if matter.case.around.counts.replies_day < REPLIES_DAY:
        return ""
    return say("reply_cap: a reply left alone in this case within 24 hours; another might answer a machine")


def origin_unproven(matter: Matter) -> str:
    return "" if matter.event.origin is Origin.PROVEN else _unverified(matter.event.origin)


def stale(matter: Matter) -> str:
    if matter.now - matter.event.at <= matter.policy.max_age:
        return ""
    return say("stale: the mail is older than max_age; the case is kept, nothing leaves by itself")


def cold_start(matter: Matter) -> str:
    if not matter.event.cold:
        return ""
    return say("cold_start: it was in the mailbox before the first look; nothing leaves by itself")


# -- the table -------------------------------------------------------------------------------------

InMail = Callable[[Sight], str]
AroundIt = Callable[[Matter], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A row of HOLDS: a check of the mail, or of what stands around it; its code words, and a line of why."""

    codes: tuple[str, ...]
    why: str
    mail: InMail | None = None
    around: AroundIt | None = None


def _mail(check: InMail, why: str, *codes: str) -> Hold:
    return Hold(mail=check, codes=codes or (check.__name__,), why=why)


def _around(check: AroundIt, why: str, *codes: str) -> Hold:
    return Hold(around=check, codes=codes or (check.__name__,), why=why)


# Asked from top to bottom; all that the mail itself gives is told, the first of the others.
HOLDS: tuple[Hold, ...] = (
    _mail(by_its_reader, "the marketplace's folder knows what its mails never look like",
          "order_not_clean", "order_in_quote", "deadline_ambiguous", "reply_to_stranger"),
    _mail(reply_to_foreign, "an answer goes to the marketplace's own domains, nowhere else"),
    _mail(alternatives_differ, "words that nobody sees must move nothing"),
    _mail(ambiguous_intent, "one template cannot answer a dispute, a refund and a return"),
    _mail(legal_request, "an automatic answer to a lawyer or to a right is worse than none"),
    _mail(date_implausible, "a clock years ahead is broken, or a trick"),
    _mail(dated_long_ago, "an old mail sent again is no news", "stale"),
    _mail(not_proven, "anybody can write a marketplace's name", "sender_unverified", "dkim_fail", "dkim_not_aligned",
          "dkim_partial_body"),
    _around(origin_unproven, "the same, for what no longer has its mail at hand", "sender_unverified"),
    _around(stale, "an answer to an old mail astonishes"),
    _around(cold_start, "what lay there before was perhaps answered by hand"),
    _around(order_unknown, "nothing is told of an order that is another account's"),
    _around(reply_cap, "two machines that thank each other never end"),
)


def seen_in(sight: Sight) -> str:
    """Return why nothing may leave by itself on account of what stands in the mail; empty when nothing is in the way.

    All reasons are told, in running order, each as `code: sentence`, parted by semicolons. The copy of the
    seller's own message is his: only its origin counts.
    """
    if sight.kind is Kind.OWN_MESSAGE_COPIED:
        return sight.reader or not_proven(sight)
    return "; ".join(_reasons(sight))


def _reasons(sight: Sight) -> Iterator[str]:
    return (said for hold in HOLDS if hold.mail and (said := hold.mail(sight)))


def held(case: Case, event: Event, policy: Policy, now: datetime) -> str:
    """Return why nothing may leave by itself on this event's account; empty when nothing is in the way."""
    matter = Matter(case=case, event=event, policy=policy, now=now)
    around = (hold.around(matter) for hold in HOLDS if hold.around)
    return event.held or next(filter(None, around), "")


def is_asked_of(kind: Kind) -> bool:
    """Say whether an order must be known when such a mail names it: the marketplace's own notices tell of theirs."""
    return kind is Kind.BUYER_WROTE
