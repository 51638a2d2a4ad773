"""What happened, in our words, whoever told us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.origin import Origin as Origin  # noqa: PLC0414 – half the program knows it as an event's


class Party(StrEnum):
    """Whose move a case waits for."""

    SELLER = "seller"
    BUYER = "buyer"
    MARKETPLACE = "marketplace"
    NOBODY = "nobody"


class Channel(StrEnum):
    """How what we do reaches its target."""

    EMAIL = "email"
    WEBSERVICE = "webservice"
    SELLER = "seller"  # he must click himself: we hand him text, link and countdown


class Kind(StrEnum):
    """Everything the bot can hear of. Past tense: it has already happened."""

    # from mails
    SALE_MADE = "sale_made"
    SALE_CANCELLED = "sale_cancelled"
    CANCELLATION_REQUESTED = "cancellation_requested"
    QUESTION_ASKED = "question_asked"
    BUYER_WROTE = "buyer_wrote"
    NOT_RECEIVED_CLAIMED = "not_received_claimed"
    NOT_CONFORMING_CLAIMED = "not_conforming_claimed"
    CLAIM_UPDATED = "claim_updated"
    CLAIM_CLOSED = "claim_closed"
    PROOF_DEMANDED = "proof_demanded"
    DOCUMENTS_DEMANDED = "documents_demanded"
    CARRIER_ENQUIRY_DEMANDED = "carrier_enquiry_demanded"
    LAST_CALL = "last_call"
    WITHDRAWAL_OPENED = "withdrawal_opened"
    RETURN_OPENED = "return_opened"
    RETURN_UPDATED = "return_updated"
    RETURN_CANCELLED = "return_cancelled"
    REFUND_ISSUED = "refund_issued"
    GUARANTEE_CLAIMED = "guarantee_claimed"
    GUARANTEE_DECIDED = "guarantee_decided"
    CHARGEBACK_OPENED = "chargeback_opened"
    OFFER_UPDATED = "offer_updated"
    RATING_RECEIVED = "rating_received"
    PAYMENT_SENT = "payment_sent"
    PERFORMANCE_WARNED = "performance_warned"
    OWN_MESSAGE_COPIED = "own_message_copied"
    MESSAGE_UNDELIVERED = "message_undelivered"
    AUTO_REPLY_RECEIVED = "auto_reply_received"
    MARKETPLACE_WROTE = "marketplace_wrote"
    NOTICE = "notice"
    BUYER_SIDE = "buyer_side"
    # from the clock
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_PASSED = "deadline_passed"
    RATING_DUE = "rating_due"
    # from the seller
    DRAFT_APPROVED = "draft_approved"
    DRAFT_EDITED = "draft_edited"
    DRAFT_DISCARDED = "draft_discarded"
    SELLER_ANSWERED = "seller_answered"
    SELLER_SHIPPED = "seller_shipped"
    OFFER_ORDERED = "offer_ordered"
    NO_REPLY_NEEDED = "no_reply_needed"
    SNOOZED = "snoozed"
    CASE_CLOSED = "case_closed"
    ANSWER_CHOSEN = "answer_chosen"
    # from our own outbox: nobody can say whether a mail went out, so the seller is asked
    SENDING_UNCERTAIN = "sending_uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKey:
    """One matter at one shop, as the marketplace itself numbers it."""

    marketplace: str
    shop: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one case.

    Attributes:
        key: names this event for ever; the same key heard twice has one effect.
        at: when it happened, aware, UTC: deadlines count from here.
        source: what told us: `mail:12`, `clock:2026-11-23T09:00:00Z:4h`, `seller:terminal`, `outbox:D-3`.
        mark: tells it from the next of its kind in the same case; the steps it leads to carry it.
        facts: what else was said, as templates may quote it.
        channel: how this marketplace lets us answer such an event.
        calls: what may be done about it through the webservice, and which of its actions that is; empty
            without a token.
        draft: the outbox row it is about, for what the seller and the outbox tell.
        cold: it was in the mailbox before we first looked, so the catch-up mail tells it.
        origin: how far its mail is proven; None where it is no mail.
        held: why nothing may leave by itself on this event's account; empty when nothing is in the way.
    """

    key: str
    kind: Kind
    case: CaseKey
    at: datetime
    source: str
    mark: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    origin: Origin | None = None
    held: str = ""
    channel: Channel = Channel.SELLER
    calls: Mapping[str, str] = field(default_factory=dict)
    draft: int | None = None
    cold: bool = False

    @property
    def answered(self) -> bool:
        """Whether the seller ordered it by mail: the answer to his order shows him what came of it."""
        return self.source.startswith("seller:mail:")

    @property
    def by_mail(self) -> bool:
        return self.source.startswith(("mail:", "try"))
