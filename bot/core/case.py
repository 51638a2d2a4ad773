"""A case, and whose move it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.altering import altered
from bot.core.around import Around
from bot.core.event import CaseKey, Event, Kind, Origin, Party


class Stage(StrEnum):
    OPEN = "open"
    ESCALATED = "escalated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matter at one shop, from the first mail to its end.

    Attributes:
        number: what the seller calls it by, `C-12`; None until it is kept.
        mailbox: the mailbox its mails came to, and from which answers leave.
        answer_to: where a reply by e-mail may go; empty when there is no such way.
        origin: the best proof any of its mails had.
        around: what the guards ask beside the case; not kept, but looked up for each event.
    """

    key: CaseKey
    number: int | None = None
    mailbox: str = ""
    order: str | None = None
    item: str | None = None
    buyer: str | None = None
    answer_to: str = ""
    language: str | None = None
    kind: Kind | None = None
    stage: Stage = Stage.OPEN
    turn: Party = Party.NOBODY
    opened: datetime | None = None
    origin: Origin | None = None
    snoozed_until: datetime | None = None
    around: Around = field(default_factory=Around)

    @property
    def id(self) -> str:
        return f"C-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What an event does to a case: the stage and turn it leaves, and why. None leaves them as they were."""

    kind: Kind
    stage: Stage | None
    turn: Party | None
    why: str
    when: Mapping[str, str] = field(default_factory=dict)

    def fits(self, event: Event) -> bool:
        return event.kind is self.kind and all(event.facts.get(name) == said for name, said in self.when.items())


def _row(kind: Kind, stage: Stage | None, turn: Party | None, why: str, **when: str) -> Transition:
    return Transition(kind=kind, stage=stage, turn=turn, why=why, when=when)


_OPEN, _UP, _SHUT = Stage.OPEN, Stage.ESCALATED, Stage.CLOSED
_SELLER, _BUYER, _THEY, _NOBODY = Party.SELLER, Party.BUYER, Party.MARKETPLACE, Party.NOBODY

# The first row that fits counts. A kind that is not here leaves the case as it was.
TRANSITIONS: tuple[Transition, ...] = (
    # somebody wants something of the seller; a closed case reopens
    _row(Kind.BUYER_WROTE, _OPEN, _SELLER, "a buyer waits for an answer"),
    _row(Kind.QUESTION_ASKED, _OPEN, _SELLER, "a visitor waits for the one answer there can be"),
    _row(Kind.SALE_MADE, _OPEN, _SELLER, "a sale is to be accepted, or shipped"),
    _row(Kind.CANCELLATION_REQUESTED, _OPEN, _SELLER, "only before it ships can the sale be cancelled without harm"),
    _row(Kind.NOT_CONFORMING_CLAIMED, _OPEN, _SELLER, "the amicable phase is the seller's to use"),
    _row(Kind.NOT_RECEIVED_CLAIMED, _OPEN, _SELLER, "only the seller can say that it was shipped"),
    _row(Kind.PROOF_DEMANDED, _OPEN, _SELLER, "the marketplace waits for his proof"),
    _row(Kind.DOCUMENTS_DEMANDED, _OPEN, _SELLER, "the marketplace waits for his papers or photos"),
    _row(Kind.CARRIER_ENQUIRY_DEMANDED, _OPEN, _SELLER, "only the sender can have the carrier search"),
    _row(Kind.LAST_CALL, _UP, _SELLER, "the marketplace decides unless he moves"),
    _row(Kind.WITHDRAWAL_OPENED, _OPEN, _SELLER, "he says whether it has shipped; he never cancels it"),
    _row(Kind.RETURN_OPENED, _OPEN, _BUYER, "Amazon authorised it: the buyer sends the item", authorised="automatic"),
    _row(Kind.RETURN_OPENED, _OPEN, _SELLER, "the seller authorises, closes or refunds"),
    _row(Kind.RETURN_UPDATED, _OPEN, _SELLER, "the item is back: he checks it and refunds", state="delivered"),
    _row(Kind.RETURN_UPDATED, _OPEN, _SELLER, "the item is back: he checks it and refunds", status="delivered"),
    _row(Kind.GUARANTEE_CLAIMED, _UP, _SELLER, "the marketplace may ask him any day, and counts from then"),
    _row(Kind.CHARGEBACK_OPENED, _UP, _SELLER, "the bank hears only him who answers"),
    _row(Kind.PERFORMANCE_WARNED, _OPEN, _SELLER, "the account itself is at stake"),
    _row(Kind.MARKETPLACE_WROTE, None, _SELLER, "nobody knows what it wants, so he reads it"),
    _row(Kind.MESSAGE_UNDELIVERED, _OPEN, _SELLER, "the answer never arrived: it is his move again"),
    # what others decided or did
    _row(Kind.GUARANTEE_DECIDED, _SHUT, _NOBODY, "decided for the seller", outcome="denied"),
    _row(Kind.GUARANTEE_DECIDED, _UP, _SELLER, "decided against him, or nobody knows: he may appeal"),
    _row(Kind.OFFER_UPDATED, None, _BUYER, "the buyer has the offer before him", outcome="passed_on"),
    _row(Kind.OFFER_UPDATED, None, _NOBODY, "the buyer took it", outcome="accepted"),
    _row(Kind.OFFER_UPDATED, None, _SELLER, "the buyer refused it, or nobody knows"),
    _row(Kind.SALE_CANCELLED, _SHUT, _NOBODY, "there is no sale any more"),
    _row(Kind.CLAIM_CLOSED, _SHUT, _NOBODY, "the claim is over"),
    _row(Kind.RETURN_CANCELLED, None, _NOBODY, "the buyer keeps the item; he may ask again"),
    _row(Kind.REFUND_ISSUED, None, _NOBODY, "the money is on its way"),
    _row(Kind.OWN_MESSAGE_COPIED, None, _BUYER, "the seller has written, in his account or through us"),
    # what the seller did
    _row(Kind.SELLER_ANSWERED, None, _THEY, "its Customer Service has the words, and decides", told="marketplace"),
    _row(Kind.SELLER_ANSWERED, None, _BUYER, "the answer has left"),
    _row(Kind.SELLER_SHIPPED, None, _BUYER, "the parcel is on its way, and its number is known"),
    _row(Kind.NO_REPLY_NEEDED, None, _NOBODY, "the seller says there is nothing to answer"),
    _row(Kind.CASE_CLOSED, _SHUT, _NOBODY, "the seller closed it"),
)

_OF = {kind: tuple(row for row in TRANSITIONS if row.kind is kind) for kind in Kind}

# What wants something of the seller: he is asked about it when it comes. An answer that came back is told apart.
ASKING = frozenset(row.kind for row in TRANSITIONS if row.turn is Party.SELLER) - {Kind.MESSAGE_UNDELIVERED}

# Noted on a case that there is; none is opened for it.
JOINING = frozenset({Kind.RATING_RECEIVED, Kind.PAYMENT_SENT, Kind.AUTO_REPLY_RECEIVED, Kind.OWN_MESSAGE_COPIED})

# No matter of the seller's: logged, and no case hears of it.
LOGGED = frozenset({Kind.NOTICE, Kind.BUYER_SIDE})


_PROOF = (None, Origin.FORGED, Origin.UNPROVEN, Origin.PROVEN)


def _best(known: Origin | None, heard: Origin | None) -> Origin | None:
    return max(known, heard, key=_PROOF.index)


def apply(case: Case, event: Event) -> Case:
    """Return the case as it stands after the event."""
    origin = _best(case.origin, event.origin)
    if event.kind is Kind.SNOOZED:
        return altered(case, origin=origin, snoozed_until=datetime.fromisoformat(event.facts["until"]))
    row = next((row for row in _OF[event.kind] if row.fits(event)), None)
    return altered(case, origin=origin, stage=(row and row.stage) or case.stage, turn=(row and row.turn) or case.turn)
