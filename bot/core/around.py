"""What stands around a case: what the marketplace and the seller allow there, what was heard, what has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.core.action import State, What
from bot.core.event import Channel, Kind
from bot.core.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a marketplace forbids: the section [guards] of its rules.toml.

    Attributes:
        one_answer: kinds of which each mail can be answered once, for ever.
        discount_percent: the most that may be taken off the item's value; None: it sets no limit.
        no_direct_after: kinds after which the buyer is no longer written to directly.
        received_days, ordered_days: after so many days he is not, either; None: no such limit.
        registered_above: above this value the parcel must be registered.
        accepts_sales: the seller accepts or refuses each sale.
        customer_service: kinds, and choices such as `not_shipped`, that its Customer Service is told, not the buyer.
        rating_reminder: a neutral word to the buyer, once, that he may rate is allowed.
    """

    one_answer: frozenset[Kind] = frozenset()
    discount_percent: int | None = None
    no_direct_after: frozenset[Kind] = frozenset()
    received_days: int | None = None
    ordered_days: int | None = None
    registered_above: Money | None = None
    accepts_sales: bool = False
    customer_service: frozenset[str] = frozenset()
    rating_reminder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A row of the outbox to the buyer or the marketplace, as far as the guards ask.

    Attributes:
        event: the row of the event it answers.
        once: what it uses up when it leaves, such as the one answer to a question; empty for most.
        spent: it has left once, whatever became of it.
        cancels: it would cancel or refuse the sale.
        offer: what it offers, `10%` or `8.00 EUR`; empty where it offers nothing.
        choice: which choice of the seller's it says, and about what, `refuse:return_opened`; empty for most.
        to_service: its words are for the marketplace's own people.
    """

    number: int
    what: What
    state: State
    channel: Channel
    address: str = ""
    kind: Kind | None = None
    event: int | None = None
    once: str = ""
    spent: bool = False
    offer: str = ""
    cancels: bool = False
    choice: str = ""
    to_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much left alone: in this case in 24 h (and of that replies), to this domain in an hour, from this mailbox
    in a day."""

    case_day: int = 0
    replies_day: int = 0
    domain_hour: int = 0
    mailbox_day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the guards know beside the case itself; empty where nobody looked.

    Attributes:
        domains: the marketplace's own; None where nobody looked, empty where no marketplace is installed.
        sender: the address of the case's mailbox; None where nobody looked, empty where the settings lost it.
        told: the kinds heard of this case and of others of the same order or item, in order, the newest last.
        left: what was written in this case, and what would use up the same.
        facts: what proven mails and the seller said, the newest word on each.
        stopped: why nothing leaves alone to the case's address: an answer came back; empty while it may.
        paused: why nothing leaves alone just now, for anybody; empty while it may.
        strange_order: the marketplace tells of its sales here, and of this order it has told nothing.
    """

    limits: Limits = Limits()
    domains: tuple[str, ...] | None = None
    sender: str | None = None
    wallet: str = "ok"
    offer_channel: Channel = Channel.SELLER
    reply_channel: Channel = Channel.SELLER
    told: tuple[Kind, ...] = ()
    left: tuple[Left, ...] = ()
    counts: Counts = Counts()
    facts: Mapping[str, str] = field(default_factory=dict)
    paused: str = ""
    stopped: str = ""
    ordered: datetime | None = None
    received: date | None = None
    strange_order: bool = False
