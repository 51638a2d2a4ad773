"""One thing to be done: to whom, by which channel, why, and under which name it happens once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.event import Channel, Party
from bot.core.policy import Mode


class What(StrEnum):
    """What a row of the outbox is."""

    REPLY = "reply"
    OFFER = "offer"
    REMINDER = "reminder"
    QUESTION = "question"
    NOTICE = "notice"
    DIGEST = "digest"


class State(StrEnum):
    """Where a row of the outbox stands."""

    DRAFT = "draft"
    READY = "ready"
    TRANSMITTING = "transmitting"  # committed before DATA: after a crash nobody can say whether it left
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    HANDED = "handed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A mail to be written.

    Attributes:
        step: its name within the case; the same step never happens twice.
        template: the file of words, without language and ending.
        draft: the outbox row a mail to the seller is about, if it is about one.
        wait: how long it is held before it may leave.
        call: the webservice's action, where the channel is the webservice.
        ordered: the seller has just said it himself, so it waits for no second yes.
        once: what it uses up when it leaves, such as the one answer to a question; empty for most.
        facts: what its words may say beside what the event tells.
    """

    what: What
    to: Party
    channel: Channel
    mode: Mode
    template: str
    step: str
    why: str
    draft: int | None = None
    wait: timedelta = timedelta()
    call: str = ""
    ordered: bool = False
    once: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """Return where the row begins."""
        if self.mode is not Mode.ALONE and not self.ordered:
            return State.DRAFT
        return State.HANDED if self.channel is Channel.SELLER else State.READY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Other words for a draft, the seller's own: `frm` is where it must stand for that."""

    draft: int
    frm: tuple[State, ...]
    body: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A draft that the seller releases or throws away: `frm` is where it must stand for that."""

    draft: int
    frm: tuple[State, ...]
    to: State
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the guards say of an act: refused, with the sentence; or accepted, with what could not be checked."""

    refused: bool
    why: str


def mark_of(message_id: str) -> str:
    """Return what our own header says of a mail of ours, and what it is known by when it comes back."""
    return message_id.strip("<>")[:16]
