"""What became of a sending, written down: the row moves on, and what that means for its case happens with it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.calling import meets
from bot.core.action import Move, State, What
from bot.core.event import Event, Kind
from bot.edges.store import Row
from bot.guichet import Guichet
from bot.pipeline import handle
from bot.words import say

log = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))  # after each 4xx
_KNOWS_NOBODY = re.compile(r"55\d 5\.1\.")     # RFC 3463: the address is at fault, not the mail
TO_BUYER = (What.REPLY, What.OFFER)


def sent(guichet: Guichet, row: Row, words: str, now: datetime) -> None:
    """Write down that a mail left; a reply that answers also moves its case. Both or neither."""
    with guichet.store.write_tx():
        if not guichet.store.move(Move(draft=row["id"], frm=(State.READY, State.TRANSMITTING, State.UNCERTAIN),
                                       to=State.SENT, why=""), now, untroubled=True):
            return
        guichet.store.record_try(row, "sent", words, now)
        if row["what"] in TO_BUYER and row["answers"]:
            tell(guichet, row, Kind.SELLER_ANSWERED, words, now, meets(row))
    log.info("%s", say("D-{draft} has left: {words}", draft=row["id"], words=words))


def later(guichet: Guichet, row: Row, words: str, now: datetime, pause: timedelta | None = None) -> None:
    pause = PAUSES[min(row["attempts"], len(PAUSES)) - 1] if pause is None else pause
    with guichet.store.write_tx():
        move(guichet, row, (State.TRANSMITTING,), State.READY, now)
        guichet.store.note(row["id"], words, not_before=now + pause)
        guichet.store.record_try(row, "later", words, now)
    log.warning("%s", say("D-{draft} waits {minutes} minutes for another try: {words}", draft=row["id"],
                          minutes=pause // timedelta(minutes=1), words=words))


def refused(guichet: Guichet, row: Row, words: str, now: datetime) -> None:
    with guichet.store.write_tx():
        move(guichet, row, (State.READY, State.TRANSMITTING), State.FAILED, now)
        guichet.store.note(row["id"], words)
        guichet.store.record_try(row, "refused", words, now)
        if _KNOWS_NOBODY.match(words) and row["what"] in TO_BUYER:
            guichet.store.stop_address(row["to_addr"], words, now)
        if row["what"] in TO_BUYER:
            tell(guichet, row, Kind.MESSAGE_UNDELIVERED, words, now)
    log.error("%s", say("D-{draft} was refused: {words}", draft=row["id"], words=words))


def unknown(guichet: Guichet, row: Row, words: str, now: datetime) -> None:
    """Leave a row where nobody can say, and look for it in a minute."""
    with guichet.store.write_tx():
        guichet.store.note(row["id"], words, not_before=now + timedelta(minutes=1))
        guichet.store.record_try(row, "unknown", words, now)
    log.warning("%s", say("D-{draft}: nobody knows whether it left: {words}", draft=row["id"], words=words))


def ask_about(guichet: Guichet, row: Row, now: datetime) -> None:
    """Give up finding out, and ask the seller whether it went out."""
    with guichet.store.write_tx():
        move(guichet, row, (State.TRANSMITTING,), State.UNCERTAIN, now)
        tell(guichet, row, Kind.SENDING_UNCERTAIN, row["error"], now)


def move(guichet: Guichet, row: Row, frm: tuple[State, ...], to: State, now: datetime) -> bool:
    return guichet.store.move(Move(draft=row["id"], frm=frm, to=to, why=""), now)


def tell(guichet: Guichet, row: Row, kind: Kind, words: str, now: datetime,
         facts: Mapping[str, str] | None = None) -> None:
    """Let what became of a sending take its effect on the case, as an event like any other."""
    case = guichet.store.case_by_number(row["case_id"])
    assert case, "a reply always belongs to a case"
    mark = f"D-{row['id']}:{row['attempts']}"
    handle(guichet, Event(key=f"{case.key.marketplace}/{case.key.reference}/{kind}/{mark}", kind=kind, case=case.key,
                          at=now, source=f"outbox:D-{row['id']}", mark=mark, text=words,
                          facts=facts or {}, draft=row["id"]), now)
