"""Mail out: at most once, and never silently. The one place from which anything leaves.

The row is committed with its Message-ID before any connection, and moved to `transmitting` before
DATA. A row found `transmitting` later is never sent again blindly: `resolving` looks for it. Call
these only while holding the lock of the data folder.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby, islice

from bot import words
from bot.alarming import buyers_wait
from bot.breaking import is_alone, waits
from bot.calling import Called, call, marketplace_of, webservice_of
from bot.core.action import Move, State
from bot.core.draft import UnsafeMailError
from bot.core.event import Channel
from bot.edges import EdgeError
from bot.edges.smtp import Letter, Outcome, Relay, Sending, Smtp
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
from bot.writing import bytes_of

log = logging.getLogger(__name__)

RESTORED_FOR = timedelta(days=1)    # after a backup was put back every mail is looked for before it leaves
PAGE = 500                          # rows held at once
AHEAD = 25                          # mails to the seller made at once: some 10 KiB each
NO_ECHO_FOR = timedelta(days=7)     # a relay that refused the second recipient is asked again after that


def send_ready(guichet: Guichet, clock: Callable[[], datetime],
               resting: Container[str] = ()) -> Iterator[tuple[str, EdgeError | None]]:
    """Send what is ready, mailbox by mailbox over one connection each, save from those that rest.

    Yields the mailbox after each mail dealt with, with None, or with what keeps it from sending: its rows stay ready.
    """
    wait, stuck = TO_BUYER if buyers_wait(guichet.store) else (), set[str]()
    for page in _pages(guichet, clock):
        ready = sorted((row for row in page if row["what"] not in wait),
                       key=lambda row: (_way_out(row), row["what"] not in TO_BUYER))    # the seller's own last
        for name, rows in groupby(ready, key=_way_out):
            if name in resting or name in stuck:
                continue
            try:
                for _ in _send_through(guichet, list(rows), clock):
                    yield name, None
            except EdgeError as error:
                stuck.add(name)
                yield name, error


def _pages(guichet: Guichet, clock: Callable[[], datetime]) -> Iterator[list[Row]]:
    """Yield what is ready, PAGE rows at most at a time: with their bytes they take 12 KiB each."""
    last = 0
    while page := guichet.store.ready(clock(), last, PAGE):
        yield _released(guichet, page, clock())
        last = page[-1]["id"]


def pretend_to_send(guichet: Guichet, now: datetime) -> bool:
    """Do with what is ready all that sending does, save the sending: the past is replayed, and nothing leaves.

    Says whether a row moved on: it counts as sent, unless the guards forbid it now.
    """
    rows = [row for row in _released(guichet, guichet.store.ready(now), now) if not waits(guichet, row, now)]
    for row in rows:
        if row["what"] in TO_BUYER and (reason := _forbidden(guichet, row, now)):
            refused(guichet, row, reason, now)
            continue
        guichet.store.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row["id"])
        sent(guichet, _tried(row), say("it would have left"), now)
    return bool(rows)


def _released(guichet: Guichet, rows: list[Row], now: datetime) -> list[Row]:
    """Return the rows that may go; while the switch is off, what was to leave alone waits as it is."""
    off, since = paused(guichet.store), restored_at(guichet.store, now)
    return [row for row in rows if not (off and is_alone(row))
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
            _settle_call(guichet, _tried(row), called, clock())
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
    """Return what moves a row on to `transmitting` at the last moment at which it surely has not left."""
    def claim() -> bool:
        return guichet.store.move(Move(draft=row["id"], frm=(State.READY,), to=State.TRANSMITTING, why=""), clock(),
                                  tries=tries)
    return claim


def _send_from(guichet: Guichet, mailbox: Mailbox, rows: list[Row], clock: Callable[[], datetime]) -> Iterator[None]:
    restored, relay = restored_at(guichet.store, clock()) is not None, relay_of(mailbox)
    with guichet.lines.to(relay) if guichet.stays else Smtp(relay) as smtp, SentLook(mailbox) as look:
        for asks, some in groupby(rows, key=lambda row: restored or row["what"] in TO_BUYER):
            if not asks and smtp.pipelines():
                yield from _send_in_turn(_Turn(guichet, mailbox, some, clock), smtp)
                continue
            for row in some:
                if _send_asking(guichet, smtp, look, mailbox, row, clock):
                    yield


def _send_asking(guichet: Guichet, smtp: Smtp, look: SentLook, mailbox: Mailbox, row: Row,
                 clock: Callable[[], datetime]) -> bool:
    """Send a mail once all is asked that may keep it here, and settle it before the next; False: it waits."""
    if waits(guichet, row, clock()):
        return False
    if found := _went_out_already(guichet, look, row, clock()):
        sent(guichet, row, found, clock())
    elif row["what"] in TO_BUYER and (reason := _forbidden(guichet, row, clock())):
        refused(guichet, row, reason, clock())
    else:
        _send_one(guichet, smtp, mailbox, row, clock)
    return True


class _Turn:
    """Mails to the seller, of which nothing is asked before they leave: one commit for each, and one round trip.

    It says what became of a mail, and that the one after the next is being transmitted. A kill thus leaves two of which
    nobody knows, where the careful way leaves one; the seller's own are then sent again, so nothing is asked. Buyers'
    and marketplaces' go one by one: each answer of theirs may change what the guards and the breaker say of the next.
    """

    def __init__(self, guichet: Guichet, mailbox: Mailbox, rows: Iterable[Row], clock: Callable[[], datetime]) -> None:
        self._guichet, self._mailbox, self._rows, self._clock = guichet, mailbox, rows, clock
        self._under_way: deque[Row] = deque()
        self._told: Sending | None = None

    def letters(self) -> Iterator[Letter]:
        """Yield each mail once it is claimed; what became of the one before the last is written down with that."""
        for row, (letter, unsafe) in self._made():
            with self._writing_down():
                claimed = _claim(self._guichet, row, self._clock, tries=1)()
                if unsafe and claimed:
                    refused(self._guichet, _tried(row), unsafe, self._clock())
            if letter and claimed:
                self._under_way.append(row)
                yield letter
        if self._told:
            with self._writing_down():
                pass

    def _made(self) -> Iterator[tuple[Row, tuple[Letter | None, str]]]:
        """Make the mails some at once: each between two commits takes half as long again, in a cache grown cold."""
        rows = iter(self._rows)
        while some := list(islice(rows, AHEAD)):
            yield from [(row, self._letter(row)) for row in some]

    def _letter(self, row: Row) -> tuple[Letter | None, str]:
        try:
            return Letter(raw=bytes_of(self._guichet, row), sender=self._mailbox.address, recipient=row["to_addr"]), ""
        except UnsafeMailError as error:
            return None, str(error)

    def hear(self, told: Sending) -> None:
        """Take what became of the mail that is longest under way."""
        self._told = told

    @contextmanager
    def _writing_down(self) -> Iterator[None]:
        """Do the block in the transaction that says what became of the mail last told of, if there is one."""
        with self._guichet.store.write_tx():
            if self._told:
                _settle(self._guichet, _tried(self._under_way[0]), self._told, self._clock())
            yield
        if self._told:      # only now: what is taken back with the transaction is to be written down again
            self._under_way.popleft()
            self._told = None

    def end(self) -> None:
        """Write down what became of the last; what else was claimed has surely not left, and is ready again."""
        with self._writing_down():
            for row in list(self._under_way)[1 if self._told else 0:]:
                self._guichet.store.move(Move(draft=row["id"], frm=(State.TRANSMITTING,), to=State.READY, why=""),
                                         self._clock(), tries=-1)
        self._under_way.clear()


def _tried(row: Row) -> Row:
    """Return a row as it stands once its try is counted."""
    return {**row, "attempts": row["attempts"] + 1}


def _send_in_turn(turn: _Turn, smtp: Smtp) -> Iterator[None]:
    try:
        for told in smtp.send_in_turn(turn.letters()):
            turn.hear(told)
            yield
    except (EdgeError, GeneratorExit):  # these only: after a fault of ours nobody knows what was handed over
        turn.end()
        raise
    turn.end()


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
        sending = smtp.send(bytes_of(guichet, row), mailbox.address, row["to_addr"], claimed,
                            echo=_echo(guichet, mailbox, row, clock()))
    except UnsafeMailError as error:
        sending = Sending(outcome=Outcome.REFUSED, reply=str(error))
    if sending.no_echo:
        _learn_no_echo(guichet, mailbox, sending.no_echo, clock())
    if not any(made) and sending.outcome is not Outcome.WITHDRAWN:
        guichet.store.run("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", row["id"])
    _settle(guichet, _tried(row), sending, clock())


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
