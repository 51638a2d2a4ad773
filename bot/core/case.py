"""A case, and whose move it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.core.event import CaseKey, Event, Kind, Party
from bot.core.message import Origin


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


# The first row that fits counts. A kind that is not here leaves the case as it was.
TRANSITIONS: tuple[Transition, ...] = (
    Transition(kind=Kind.BUYER_WROTE, stage=Stage.OPEN, turn=Party.SELLER,
               why="a buyer waits for an answer; a closed case reopens"),
    Transition(kind=Kind.NOT_CONFORMING_CLAIMED, stage=Stage.OPEN, turn=Party.SELLER,
               why="the amicable phase is the seller's to use"),
    Transition(kind=Kind.NOT_RECEIVED_CLAIMED, stage=Stage.OPEN, turn=Party.SELLER,
               why="only the seller can say that it was shipped"),
    Transition(kind=Kind.RETURN_OPENED, stage=Stage.OPEN, turn=Party.BUYER, when={"authorised": "automatic"},
               why="Amazon authorised it: the buyer sends the item"),
    Transition(kind=Kind.RETURN_OPENED, stage=Stage.OPEN, turn=Party.SELLER,
               why="the seller authorises, closes or refunds"),
    Transition(kind=Kind.SELLER_ANSWERED, stage=None, turn=Party.BUYER, why="the answer has left"),
    Transition(kind=Kind.NO_REPLY_NEEDED, stage=None, turn=Party.NOBODY,
               why="the seller says there is nothing to answer"),
    Transition(kind=Kind.MESSAGE_UNDELIVERED, stage=Stage.OPEN, turn=Party.SELLER,
               why="the answer never arrived: it is the seller's move again"),
    Transition(kind=Kind.CASE_CLOSED, stage=Stage.CLOSED, turn=Party.NOBODY, why="the seller closed it"),
)


def _best(known: Origin | None, heard: Origin | None) -> Origin | None:
    proof = (None, Origin.FORGED, Origin.UNPROVEN, Origin.PROVEN)
    return max(known, heard, key=proof.index)


def apply(case: Case, event: Event) -> Case:
    """Return the case as it stands after the event."""
    case = replace(case, origin=_best(case.origin, event.origin))
    if event.kind is Kind.SNOOZED:
        return replace(case, snoozed_until=datetime.fromisoformat(event.facts["until"]))
    row = next((row for row in TRANSITIONS if row.fits(event)), None)
    if row is None:
        return case
    return replace(case, stage=row.stage or case.stage, turn=row.turn or case.turn)
