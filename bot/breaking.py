"""The breaker: when what leaves alone floods or fails, all of it stops, and the seller is told once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot import words
from bot.core.action import Action, What
from bot.core.event import Channel, Party
from bot.core.policy import Mode
from bot.edges.store import Row, Store, iso
from bot.guichet import Guichet
from bot.pausing import pause, paused, resumed_at
from bot.words import say
from bot.writing import write_to_seller

log = logging.getLogger(__name__)

FLOOD, FLOOD_SPAN = 10, timedelta(minutes=10)   # replies of one mailbox that leave alone; one more throws the switch
ENOUGH, FAILED_SPAN = 10, timedelta(days=1)     # so many make a share: one in five failed throws it, too


def is_alone(row: Row) -> bool:
    """Say whether a row speaks to a buyer or a marketplace without the seller's yes."""
    return row["what"] in (What.REPLY, What.OFFER) and row["mode"] == Mode.ALONE


def waits(guichet: Guichet, row: Row, now: datetime) -> bool:
    """Say whether a row must wait for a person, for nothing leaves by itself; throw the switch if it is time to."""
    if not is_alone(row):
        return False
    if not paused(guichet.store) and (reason := _fault(guichet, row["mailbox"], now)):
        stop_all(guichet, reason, now)
    return bool(paused(guichet.store))


def _fault(guichet: Guichet, mailbox: str, now: datetime) -> str:
    with words.speaking(guichet.seller.language):
        return _flood(guichet.store, mailbox, now) or _failing(guichet.store, mailbox, now)


def _flood(store: Store, mailbox: str, now: datetime) -> str:
    count, _ = store.alone_since(mailbox, _since(store, now, FLOOD_SPAN))
    if count < FLOOD:
        return ""
    return say("{count} replies left by themselves from {mailbox} within 10 minutes", count=count, mailbox=mailbox)


def _failing(store: Store, mailbox: str, now: datetime) -> str:
    count, failed = store.alone_since(mailbox, _since(store, now, FAILED_SPAN))
    if count < ENOUGH or failed * 5 <= count:
        return ""
    return say("{failed} of {count} replies that left by themselves from {mailbox} failed", failed=failed, count=count,
               mailbox=mailbox)


def _since(store: Store, now: datetime, span: timedelta) -> datetime:
    """Return the beginning of a span, or when a person last looked at what had happened before."""
    resumed = resumed_at(store)
    return max(now - span, resumed) if resumed else now - span


def stop_all(guichet: Guichet, reason: str, now: datetime) -> None:
    """Throw the switch and tell the seller, both or neither; once, however often it is asked."""
    with guichet.store.write_tx(), words.speaking(guichet.seller.language):
        if not pause(guichet.store, reason, now):
            return
        action = Action(what=What.NOTICE, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="paused",
                        step="paused", why=reason)
        write_to_seller(guichet, action, f"paused/{iso(now)}", {"reason": reason, "now": now}, None, None, now)
    log.error("%s", reason)
