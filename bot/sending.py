"""Mail out: at most once, and never silently. The one place from which anything leaves.

The row is committed with its Message-ID before any connection, and moved to `transmitting` before
DATA. A row found `transmitting` later is never sent again blindly: `resolving` looks for it. Call
these only while holding the lock of the data folder.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from bot import words
from bot.alarming import buyers_wait
from bot.breaking import is_alone, waits
from bot.calling import Called, call, marketplace_of, webservice_of
from bot.core.action import Move, State
from bot.core.draft import UnsafeMailError
from bot.core.event import Channel
from bot.edges import EdgeError
from bot.edges.smtp import Outcome, Relay, Sending, Smtp
from bot.edges.store import Row, Store, iso, moment
from bot.edges.webservice import Webservice
from bot.entering import bearer_of
from bot.guichet import Guichet
from bot.pausing import paused
from bot.receiving import SentLook
from bot.settings import Mailbox
from bot.settling import TO_BUYER, later, refused, sent, unknown
from bot.standing import forbidden_now
from bot.words import say

log = logging.getLogger(__name__)

RESTORED_FOR = timedelta(days=1)    # after a backup was put back every mail is looked for before it leaves
NO_ECHO_FOR = timedelta(days=7)     # a relay that refused the second recipient is asked again after that


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


def pretend_to_send(guichet: Guichet, now: datetime) -> bool:
    """Do with what is ready all that sending does, save the sending: the past is replayed, and nothing leaves.

    Says whether a row moved on: it counts as sent, unless the guards forbid it now.
    """
    rows = [row for row in _released(guichet, now) if not waits(guichet, row, now)]
    for row in rows:
        if row["what"] in TO_BUYER and (reason := _forbidden(guichet, row, now)):
            refused(guichet, row, reason, now)
            continue
        guichet.store.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row["id"])
        sent(guichet, {**row, "attempts": row["attempts"] + 1}, say("it would have left"), now)
    return bool(rows)


def _released(guichet: Guichet, now: datetime) -> list[Row]:
    """Return the rows whose time has come; while the switch is off, what was to leave alone waits as it is."""
    off, since = paused(guichet.store), restored_at(guichet.store, now)
    return [row for row in guichet.store.ready(now) if not (off and is_alone(row))
            and not (since and row["what"] in TO_BUYER and guichet.store.unswept(row["mailbox"], since))]


def restored_at(store: Store, now: datetime) -> datetime | None:
    """Return when the database was put back from a backup, for a day: what it does not know may have left since."""
    said = store.meta("restored")
    if not said:
        return None
    try:
        return since if now - (since := moment(said)) < RESTORED_FOR else None
    except (ValueError, TypeError):
        return now - RESTORED_FOR


def _way_out(row: Row) -> str:
    """Return what rests by itself when it fails: a mailbox, or a marketplace's webservice."""
    return f"webservice {marketplace_of(row)}" if row["channel"] == Channel.WEBSERVICE else str(row["mailbox"])


def _send_through(guichet: Guichet, rows: list[Row], clock: Callable[[], datetime]) -> Iterator[None]:
    if rows[0]["channel"] == Channel.WEBSERVICE:
        return _call_all(guichet, webservice_of(guichet.settings, marketplace_of(rows[0])), rows, clock)
    return _send_from(guichet, guichet.mailbox(rows[0]["mailbox"]), rows, clock)


def _call_all(guichet: Guichet, webservice: Webservice, rows: list[Row],
              clock: Callable[[], datetime]) -> Iterator[None]:
    for row in rows:
        if waits(guichet, row, clock()):
            continue
        if reason := _forbidden(guichet, row, clock()):
            refused(guichet, row, reason, clock())
            yield
            continue
        guichet.store.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row["id"])
        called = call(webservice, row, _claim(guichet, row, clock))
        if called:
            _settle_call(guichet, {**row, "attempts": row["attempts"] + 1}, called, clock())
        yield


def _settle_call(guichet: Guichet, row: Row, called: Called, now: datetime) -> None:
    if called.done:
        sent(guichet, row, called.words, now)
    elif called.refused:
        refused(guichet, row, called.words, now)
    elif called.pause:
        later(guichet, row, called.words, now, called.pause)
    else:
        unknown(guichet, row, called.words, now)


def _claim(guichet: Guichet, row: Row, clock: Callable[[], datetime], tries: int = 0) -> Callable[[], bool]:
    """Return what moves a row on to `transmitting` at the last moment at which it surely has not left.

    A mail takes two commits, this and what became of it, and not fewer: were `sent` to wait for the next mail's, a
    kill in between would leave a mail that was taken as one nobody knows of.
    """
    def claim() -> bool:
        return guichet.store.move(Move(draft=row["id"], frm=(State.READY,), to=State.TRANSMITTING, why=""), clock(),
                                  tries=tries)
    return claim


def _send_from(guichet: Guichet, mailbox: Mailbox, rows: list[Row], clock: Callable[[], datetime]) -> Iterator[None]:
    with Smtp(relay_of(mailbox)) as smtp, SentLook(mailbox) as look:
        for row in rows:
            if waits(guichet, row, clock()):
                continue
            if found := _went_out_already(guichet, look, row, clock()):
                sent(guichet, row, found, clock())
            elif row["what"] in TO_BUYER and (reason := _forbidden(guichet, row, clock())):
                refused(guichet, row, reason, clock())
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
    bearer = bearer_of(mailbox)
    return Relay(mailbox=mailbox.name, host=mailbox.smtp.host, port=mailbox.smtp.port, security=mailbox.smtp.security,
                 user=mailbox.user if mailbox.reference else "", bearer=bearer,
                 password=mailbox.secret() if mailbox.reference and not bearer else "",
                 ca_file=str(mailbox.ca_file or ""))


def _forbidden(guichet: Guichet, row: Row, now: datetime) -> str:
    with words.speaking(guichet.seller.language):
        return forbidden_now(guichet, row, now)


def _went_out_already(guichet: Guichet, look: SentLook, row: Row, now: datetime) -> str:
    """Return what proves that a mail left before: one that came back to us, or lies in Sent; empty for none.

    Looked for before a reply nobody approved, before any second try of a mail to a buyer, and before every mail
    after the database was put back: the same event gives the same Message-ID again.
    """
    again = row["what"] in TO_BUYER and (is_alone(row) or row["attempts"])
    if not again and not restored_at(guichet.store, now):
        return ""
    if guichet.store.came_back(row["message_id"]):
        return say("its copy to our own mailbox arrived")
    return say("found in the Sent folder") if look.holds(row["message_id"]) else ""


def _send_one(guichet: Guichet, smtp: Smtp, mailbox: Mailbox, row: Row, clock: Callable[[], datetime]) -> None:
    claim, made = _claim(guichet, row, clock, tries=1), list[bool]()

    def claimed() -> bool:
        made.append(claim())
        return made[-1]

    try:
        sending = smtp.send(row["raw"], mailbox.address, row["to_addr"], claimed,
                            echo=_echo(guichet, mailbox, row, clock()))
    except UnsafeMailError as error:
        sending = Sending(outcome=Outcome.REFUSED, reply=str(error))
    if sending.no_echo:
        _learn_no_echo(guichet, mailbox, sending.no_echo, clock())
    if not any(made) and sending.outcome is not Outcome.WITHDRAWN:
        guichet.store.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row["id"])
    _settle(guichet, {**row, "attempts": row["attempts"] + 1}, sending, clock())


def _echo(guichet: Guichet, mailbox: Mailbox, row: Row, now: datetime) -> str:
    """Return the second recipient of a mail to a buyer: the mailbox itself, where the relay allows it."""
    if not mailbox.echo or row["what"] not in TO_BUYER:
        return ""
    refused_at = guichet.store.meta(f"no_echo {mailbox.name}")
    return "" if refused_at and now - moment(refused_at) < NO_ECHO_FOR else mailbox.address


def _learn_no_echo(guichet: Guichet, mailbox: Mailbox, words: str, now: datetime) -> None:
    guichet.store.set_meta(f"no_echo {mailbox.name}", iso(now))
    log.warning("%s", say("Mailbox {mailbox}: the relay does not give a reply to the mailbox itself, too ({words}); "
                          "for a week replies leave without", mailbox=mailbox.name, words=words))


def _settle(guichet: Guichet, row: Row, sending: Sending, now: datetime) -> None:
    if sending.outcome is Outcome.SENT:
        sent(guichet, row, sending.reply, now)
    elif sending.outcome is Outcome.LATER:
        later(guichet, row, sending.reply, now)
    elif sending.outcome is Outcome.REFUSED:
        refused(guichet, row, sending.reply, now)
    elif sending.outcome is Outcome.UNKNOWN:
        words = say("the connection was lost after the mail was handed over: {words}", words=sending.reply)
        unknown(guichet, row, words, now)
