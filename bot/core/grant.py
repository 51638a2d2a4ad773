"""What the seller may order by answering a mail of ours: the token in its subject, and what that token grants."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.action import State
from bot.core.event import Kind
from bot.core.order import Word

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 letters, 16 of them make 80 bits; none looks like another
LEAST, MOST = timedelta(hours=48), timedelta(days=14)  # how long a token lives, at least and at most

# About the bot itself; these alone may be ordered in answer to a mail that is about no case.
ABOUT_US = frozenset({Word.STATE, Word.SUMMARY, Word.PAUSE, Word.RESUME, Word.HELP})

# What writes to a buyer or a marketplace, costs money, or lets the bot write again: the token is not enough,
# for whoever can read the seller's mail has it. The origin must be proven, too.
NEEDS_PROOF = frozenset({Word.OK, Word.TEXT, Word.OFFER, Word.SHIPPED, Word.NOT_SHIPPED, Word.ACCEPT, Word.REFUSE,
                         Word.RETURN, Word.REFUND, Word.RESEND, Word.RESUME})

# What the seller says of a row, by where the row stands.
_OF_A_ROW = {
    State.DRAFT: (Word.OK, Word.TEXT, Word.NO),
    State.FAILED: (Word.RESEND, Word.TEXT, Word.DONE, Word.NO),
    State.READY: (Word.NO,),
    State.HANDED: (Word.DONE,),
    State.UNCERTAIN: (Word.DONE, Word.RESEND, Word.NO),
}
_CLAIMS = frozenset({Kind.NOT_CONFORMING_CLAIMED, Kind.NOT_RECEIVED_CLAIMED, Kind.RETURN_OPENED})
_PARCELS = frozenset({Kind.SALE_MADE, Kind.NOT_RECEIVED_CLAIMED, Kind.WITHDRAWAL_OPENED, Kind.PROOF_DEMANDED,
                      Kind.CANCELLATION_REQUESTED, Kind.LAST_CALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one token allows.

    Attributes:
        address: of the seller it is written to.
        draft, shown: the outbox row whose words the mail shows, and a hash of them: his yes is for these words.
    """

    address: str
    words: frozenset[Word]
    expires: datetime
    case: int | None = None
    draft: int | None = None
    shown: str = ""


_ALL = frozenset(Word)


def granted(case: int | None, draft: State | None) -> frozenset[Word]:
    """Return what may be ordered in answer to a mail: of a mail nobody knows to have left, never a plain `ok`."""
    if case is None:
        return ABOUT_US
    return _ALL - {Word.OK, Word.TEXT} if draft is State.UNCERTAIN else _ALL


def fitting(kind: Kind | None, draft: State | None, met_by: Collection[str],
            choices: Iterable[str]) -> tuple[Word, ...]:
    """Return the orders that make sense about a case, as its mail lists them.

    Args:
        met_by: what meets the seller's running deadlines; empty where none runs.
        choices: the answers that the case's kind allows.
    """
    parcel = kind in _PARCELS or any("shipped" in names.split() for names in met_by)
    found = [*_OF_A_ROW.get(draft, ())] if draft else []
    found += [Word.OFFER] if kind in _CLAIMS else []
    found += [Word.SHIPPED] if parcel else []
    found += [Word(choice) for choice in choices]
    found += [Word.NOTHING] if kind is Kind.BUYER_WROTE else []
    found += [Word.LATER] if met_by else []
    return (*found, Word.CLOSE, Word.HELP)


def expiry(now: datetime, due: datetime | None) -> datetime:
    """Return until when a token is heard: as long as the deadline runs it is about, within LEAST and MOST."""
    return min(max(due or now, now + LEAST), now + MOST)


_TAG = re.compile(r"^\[(C-[0-9]+|Guichet)\] *")


def tagged(subject: str, token: str) -> str:
    """Return a subject with its tag, `[C-12 XXXX-XXXX-XXXX-XXXX]`."""
    found = _TAG.match(subject)
    return f"[{found[1] if found else 'Guichet'} {token}] {subject[found.end():] if found else subject}"

