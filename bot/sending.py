"""Mail out: at most once, and never silently. The one place from which anything leaves.

The row is committed with its Message-ID before any connection, and moved to `transmitting` before
DATA. A row found `transmitting` later is never sent again blindly: it is looked for in the Sent
folder; where nobody can say, the seller is asked. Call these only while holding the lock of the
data folder: then a `transmitting` row that is not ours to send is left from a crash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby

from bot import words
from bot.alarming import buyers_wait
from bot.calling import Called, call, meets, was_done, webservice_of
from bot.core.action import Move, State, What
from bot.core.draft import UnsafeMailError
from bot.core.event import Channel, Event, Kind
from bot.core.policy import Mode
from bot.edges import EdgeError
from bot.edges.smtp import Outcome, Relay, Sending, Smtp
from bot.edges.store import Row
from bot.edges.webservice import Webservice
from bot.guichet import Guichet
from bot.pausing import paused
from bot.pipeline import handle
from bot.receiving import look_for_sent
from bot.settings import Mailbox
from bot.standing import forbidden_now
from bot.words import say

log = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))  # after each 4xx
TO_BUYER = (What.REPLY, What.OFFER)


def send_ready(guichet: Guichet, clock: Callable[[], datetime],
               resting: Container[str] = ()) -> Iterator[tuple[str, EdgeError | None]]:
    """Send what is ready, mailbox by mailbox over one connection each, save from those that rest.

    Yields the mailbox after each mail dealt with, with None, or with what keeps it from sending: its rows stay ready.
    """
    wait = TO_BUYER if buyers_wait(guichet.store) else ()
    ready = sorted((row for row in _released(guichet, clock()) if row["what"] not in wait), key=_way_out)
    for name, rows in groupby(ready, key=_way_out):
        if name in resting:
            continue
        try:
            for _ in _send_through(guichet, list(rows), clock):
                yield name, None
        except EdgeError as error:
            yield name, error


def _released(guichet: Guichet, now: datetime) -> list[Row]:
    """Return the rows whose time has come; while the switch is off, what was to leave alone waits as it is."""
    off = paused(guichet.store)
    return [row for row in guichet.store.ready(now) if not (off and is_alone(row))]


def is_alone(row: Row) -> bool:
    """Say whether a row speaks to a buyer or a marketplace without the seller's yes."""
    return row["what"] in TO_BUYER and row["mode"] == Mode.ALONE


def _way_out(row: Row) -> str:
    """Return what rests by itself when it fails: a mailbox, or a marketplace's webservice."""
    return f"webservice {_marketplace(row)}" if row["channel"] == Channel.WEBSERVICE else str(row["mailbox"])


def _marketplace(row: Row) -> str:
    return str(row["step"]).partition("/")[0]


def _send_through(guichet: Guichet, rows: list[Row], clock: Callable[[], datetime]) -> Iterator[None]:
    if rows[0]["channel"] == Channel.WEBSERVICE:
        return _call_all(guichet, webservice_of(guichet.settings, _marketplace(rows[0])), rows, clock)
    return _send_from(guichet, guichet.mailbox(rows[0]["mailbox"]), rows, clock)


def _call_all(guichet: Guichet, webservice: Webservice, rows: list[Row],
              clock: Callable[[], datetime]) -> Iterator[None]:
    for row in rows:
        if reason := _forbidden(guichet, row, clock()):
            _refused(guichet, row, reason, clock())
            yield
            continue
        guichet.store.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row["id"])
        called = call(webservice, row, _claim(guichet, row, clock))
        if called:
            _settle_call(guichet, {**row, "attempts": row["attempts"] + 1}, called, clock())
        yield


def _settle_call(guichet: Guichet, row: Row, called: Called, now: datetime) -> None:
    if called.done:
        _sent(guichet, row, called.words, now)
    elif called.refused:
        _refused(guichet, row, called.words, now)
    elif called.pause:
        _later(guichet, row, called.words, now, called.pause)
    else:
        _unknown(guichet, row, called.words, now)


def _claim(guichet: Guichet, row: Row, clock: Callable[[], datetime]) -> Callable[[], bool]:
    """Return what moves a row on to `transmitting` at the last moment at which it surely has not left."""
    def claim() -> bool:
        return guichet.store.move(Move(draft=row["id"], frm=(State.READY,), to=State.TRANSMITTING, why=""), clock())
    return claim


def _send_from(guichet: Guichet, mailbox: Mailbox, rows: list[Row], clock: Callable[[], datetime]) -> Iterator[None]:
    with Smtp(relay_of(mailbox)) as smtp:
        for row in rows:
            if _went_out_already(mailbox, row):
                _sent(guichet, row, say("found in the Sent folder"), clock())
            elif row["what"] in TO_BUYER and (reason := _forbidden(guichet, row, clock())):
                _refused(guichet, row, reason, clock())
            else:
                _send_one(guichet, smtp, mailbox, row, clock)
            yield


def relay_of(mailbox: Mailbox) -> Relay:
    """Return where a mailbox's mail leaves.

    Raises:
        EdgeError: the settings name no smtp server for it.
    """
    if mailbox.smtp is None:
        raise EdgeError(say("Mailbox {mailbox} has no smtp server in mailboxes.toml, so nothing can be sent from it; "
                            "add smtp = {{ host = \"…\", port = 465, security = \"tls\" }}", mailbox=mailbox.name))
    return Relay(mailbox=mailbox.name, host=mailbox.smtp.host, port=mailbox.smtp.port, security=mailbox.smtp.security,
                 user=mailbox.user if mailbox.reference else "",
                 password=mailbox.secret() if mailbox.reference else "", ca_file=str(mailbox.ca_file or ""))


def _forbidden(guichet: Guichet, row: Row, now: datetime) -> str:
    with words.speaking(guichet.seller.language):
        return forbidden_now(guichet, row, now)


def _went_out_already(mailbox: Mailbox, row: Row) -> bool:
    """Look into Sent before a reply nobody approved, and before any second try of a mail to a buyer."""
    if row["what"] not in TO_BUYER or (row["mode"] != "alone" and not row["attempts"]):
        return False
    return look_for_sent(mailbox, row["message_id"])


def _send_one(guichet: Guichet, smtp: Smtp, mailbox: Mailbox, row: Row, clock: Callable[[], datetime]) -> None:
    guichet.store.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row["id"])
    try:
        sending = smtp.send(row["raw"], mailbox.address, row["to_addr"], _claim(guichet, row, clock))
    except UnsafeMailError as error:
        sending = Sending(outcome=Outcome.REFUSED, reply=str(error))
    _settle(guichet, {**row, "attempts": row["attempts"] + 1}, sending, clock())


def _settle(guichet: Guichet, row: Row, sending: Sending, now: datetime) -> None:
    if sending.outcome is Outcome.SENT:
        _sent(guichet, row, sending.reply, now)
    elif sending.outcome is Outcome.LATER:
        _later(guichet, row, sending.reply, now)
    elif sending.outcome is Outcome.REFUSED:
        _refused(guichet, row, sending.reply, now)
    elif sending.outcome is Outcome.UNKNOWN:
        words = say("the connection was lost after the mail was handed over: {words}", words=sending.reply)
        _unknown(guichet, row, words, now)


def _unknown(guichet: Guichet, row: Row, words: str, now: datetime) -> None:
    guichet.store.note(row["id"], words, not_before=now + timedelta(minutes=1))


def _sent(guichet: Guichet, row: Row, words: str, now: datetime) -> None:
    """Write down that a mail left; a reply that answers also moves its case. Both or neither."""
    with guichet.store.write_tx():
        _move(guichet, row, (State.READY, State.TRANSMITTING), State.SENT, now)
        guichet.store.note(row["id"], "")
        if row["what"] in TO_BUYER and row["answers"]:
            _tell(guichet, row, Kind.SELLER_ANSWERED, words, now, meets(row))
    log.info("D-%s sent: %s", row["id"], words)


def _later(guichet: Guichet, row: Row, words: str, now: datetime, pause: timedelta | None = None) -> None:
    pause = pause or PAUSES[min(row["attempts"], len(PAUSES)) - 1]
    with guichet.store.write_tx():
        _move(guichet, row, (State.TRANSMITTING,), State.READY, now)
        guichet.store.note(row["id"], words, not_before=now + pause)
    log.warning("D-%s waits %s: %s", row["id"], pause, words)


def _refused(guichet: Guichet, row: Row, words: str, now: datetime) -> None:
    with guichet.store.write_tx():
        _move(guichet, row, (State.READY, State.TRANSMITTING), State.FAILED, now)
        guichet.store.note(row["id"], words)
        if row["what"] in TO_BUYER:
            _tell(guichet, row, Kind.MESSAGE_UNDELIVERED, words, now)
    log.error("D-%s was refused: %s", row["id"], words)


def resolve_one(guichet: Guichet, now: datetime) -> bool:
    """Find out about one mail of which nobody knows whether it left; say whether there was one."""
    row = next((row for row in guichet.store.left_transmitting() if not _waits(row, now)), None)
    if row is None:
        return False
    if row["channel"] == Channel.WEBSERVICE:
        _resolve_call(guichet, row, now)
    elif look_for_sent(guichet.mailbox(row["mailbox"]), row["message_id"]):
        _sent(guichet, row, say("found in the Sent folder"), now)
    elif row["what"] not in TO_BUYER:  # to the seller himself: twice is better than never
        _move(guichet, row, (State.TRANSMITTING,), State.READY, now)
        guichet.store.note(row["id"], row["error"])
    else:
        _ask_about(guichet, row, now)
    return True


def _resolve_call(guichet: Guichet, row: Row, now: datetime) -> None:
    """Ask the webservice itself where it can tell; one that cannot be asked now is asked again in a quarter hour."""
    try:
        done = was_done(webservice_of(guichet.settings, _marketplace(row)), row)
    except EdgeError as error:
        guichet.store.note(row["id"], str(error), not_before=now + timedelta(minutes=15))
        return
    if done:
        _sent(guichet, row, say("the webservice says that it is done"), now)
    elif done is None or row["attempts"] > len(PAUSES):
        _ask_about(guichet, row, now)
    else:
        _later(guichet, row, row["error"], now)


def _ask_about(guichet: Guichet, row: Row, now: datetime) -> None:
    with guichet.store.write_tx():
        _move(guichet, row, (State.TRANSMITTING,), State.UNCERTAIN, now)
        _tell(guichet, row, Kind.SENDING_UNCERTAIN, row["error"], now)


def _waits(row: Row, now: datetime) -> bool:
    return bool(row["not_before"]) and datetime.fromisoformat(row["not_before"]) > now


def _move(guichet: Guichet, row: Row, frm: tuple[State, ...], to: State, now: datetime) -> None:
    guichet.store.move(Move(draft=row["id"], frm=frm, to=to, why=""), now)


def _tell(guichet: Guichet, row: Row, kind: Kind, words: str, now: datetime,
          facts: Mapping[str, str] | None = None) -> None:
    """Let what became of a sending take its effect on the case, as an event like any other."""
    case = guichet.store.case_by_number(row["case_id"])
    assert case, "a reply always belongs to a case"
    mark = f"D-{row['id']}:{row['attempts']}"
    handle(guichet, Event(key=f"{case.key.marketplace}/{case.key.reference}/{kind}/{mark}", kind=kind, case=case.key,
                          at=now, source=f"outbox:D-{row['id']}", mark=mark, text=words,
                          facts=facts or {}, draft=row["id"]), now)
