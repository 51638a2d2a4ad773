"""What nobody knows to have left, found out: looks at growing distances, and then the seller is asked.

Between the final dot and the answer neither side knows (RFC 1047). Looked for: our own mail come back to us (its
echo), the Sent folder, an answer that refers to it. Each proves that it left; nothing proves that it did not. Call
these only while holding the lock of the data folder: then a `transmitting` row is left from a crash.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.calling import marketplace_of, was_done, webservice_of
from bot.core.event import Channel
from bot.edges import EdgeError
from bot.edges.store import Row, moment
from bot.guichet import Guichet
from bot.receiving import look_for_sent
from bot.settling import PAUSES, TO_BUYER, ask_about, later, sent
from bot.words import say

log = logging.getLogger(__name__)

LOOKS = (timedelta(seconds=60), timedelta(minutes=5), timedelta(minutes=15))  # after it was handed over
ANSWERED_BEFORE = timedelta(days=30)  # an answer is older than its row where an old backup was put back
SOON = timedelta(hours=4)  # a deadline so near that missing it costs more than a second copy


def settle_echo(guichet: Guichet, now: datetime) -> bool:
    """Count as sent what has come back to us, whether we still look for it or have asked; say whether there was one."""
    if (row := guichet.store.echoed()) is None:
        return False
    sent(guichet, row, say("its copy to our own mailbox arrived"), now)
    return True


def resolve_one(guichet: Guichet, now: datetime) -> bool:
    """Find out about one mail of which nobody knows whether it left; say whether there was one."""
    row = next((row for row in guichet.store.left_transmitting() if not _waits(row, now)), None)
    if row is None:
        return False
    if row["channel"] == Channel.WEBSERVICE:
        _resolve_call(guichet, row, now)
    else:
        _resolve_mail(guichet, row, now)
    return True


def _resolve_mail(guichet: Guichet, row: Row, now: datetime) -> None:
    found, looked = _found(guichet, row)
    if found:
        sent(guichet, row, found, now)
    elif next_look := _next_look(row, now):
        guichet.store.note(row["id"], row["error"], not_before=next_look)
    elif row["what"] not in TO_BUYER or (looked and _better_twice(guichet, row, now)):
        later(guichet, row, row["error"], now, timedelta())
    else:
        ask_about(guichet, row, now)


def _found(guichet: Guichet, row: Row) -> tuple[str, bool]:
    """Return what proves that a mail left, empty if nothing does; and whether the Sent folder could be looked at."""
    if guichet.store.answered_by_mail(row["message_id"], moment(row["created"]) - ANSWERED_BEFORE):
        return say("an answer to it arrived"), True
    try:
        return (say("found in the Sent folder") if look_for_sent(
            guichet.mailbox(row["mailbox"]), row["message_id"]) else ""), True
    except EdgeError as error:
        log.warning("%s", error)
        return "", False


def _next_look(row: Row, now: datetime) -> datetime | None:
    """Return when to look again; None after the last look."""
    began = moment(row["changed"])
    return next((began + after for after in LOOKS if began + after > now), None)


def _better_twice(guichet: Guichet, row: Row, now: datetime) -> bool:
    """Say whether a reply is sent again, once, because its deadline runs out: missing it costs more than a double.

    Never what may be answered once only.
    """
    if row["attempts"] > 1 or row["once"] or not row["answers"]:
        return False
    return guichet.store.runs_out(row["case_id"], row["what"], now, SOON)


def _resolve_call(guichet: Guichet, row: Row, now: datetime) -> None:
    """Ask the webservice itself where it can tell; one that cannot be asked now is asked again in a quarter hour."""
    try:
        done = was_done(webservice_of(guichet.settings, marketplace_of(row)), row)
    except EdgeError as error:
        guichet.store.note(row["id"], str(error), not_before=now + timedelta(minutes=15))
        return
    if done:
        sent(guichet, row, say("the webservice says that it is done"), now)
    elif done is None or row["attempts"] > len(PAUSES):
        ask_about(guichet, row, now)
    else:
        later(guichet, row, row["error"], now)


def _waits(row: Row, now: datetime) -> bool:
    return bool(row["not_before"]) and datetime.fromisoformat(row["not_before"]) > now
