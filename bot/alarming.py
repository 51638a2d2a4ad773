"""Alarms: something is wrong with the bot itself, and the seller hears of it; once a day while it stands."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import words
from bot.core.errors import BotError, UnreadableError
from bot.edges import EdgeError
from bot.edges.store import Row, Store, iso, moment
from bot.guichet import Guichet
from bot.settings import Mailbox
from bot.words import say

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=30)    # what may pass by itself is told only after so long
AGAIN = timedelta(days=1)           # how often it is told while it stands
LOW_DISK = 200 * 1024 * 1024        # bytes
ENOUGH = LOW_DISK * 5 // 4          # bytes: at the very edge the alarm would come and go with every mail
WRONG = timedelta(minutes=10)       # a clock so far off the mail server's is wrong
LATE_LOOKS = 3                      # one old mail may have been moved in; in three looks one would be fresh
CLOCK = "clock"


def raise_alarm(guichet: Guichet, name: str, sentence: str, now: datetime, *,
                patience: timedelta = timedelta()) -> None:
    """Note that something is wrong; told once it has stood for `patience`, and then once a day.

    What was told within the last day and comes back stands half an hour before it is told again.
    """
    store = guichet.store
    with store.write_tx():
        lately = store.row("SELECT 1 AS one FROM alarms WHERE name = ? AND ended IS NOT NULL AND told > ? LIMIT 1",
                           name, iso(now - AGAIN))
        due = iso(now + max(patience, PATIENCE if lately else timedelta()))
        store.run("INSERT OR IGNORE INTO alarms (name, sentence, since, due) VALUES (?, ?, ?, ?)",
                  name, sentence, iso(now), due)
        store.run("UPDATE alarms SET sentence = ?, due = CASE WHEN told IS NULL THEN min(due, ?) ELSE due END"
                  " WHERE name = ? AND ended IS NULL", sentence, due, name)


def end_alarm(guichet: Guichet, name: str, now: datetime) -> None:
    """Note that it works again; the seller hears of it if he heard of the alarm."""
    store = guichet.store
    if _open(store, name) is None:
        return
    with store.write_tx():
        row = _open(store, name)
        if row is None:
            return
        store.run("UPDATE alarms SET ended = ? WHERE id = ?", iso(now), row["id"])
        store.run("UPDATE outbox SET state = 'discarded', changed = ? WHERE step LIKE ? AND state = 'ready'",
                  iso(now), f"alarm/{row['id']}/%")
        if store.has("SELECT 1 FROM outbox WHERE step BETWEEN ? AND ? AND +state IN ('transmitting', 'sent') LIMIT 1",
                     f"alarm/{row['id']}/", f"alarm/{row['id']}/~"):
            _write(guichet, row, now, over=True)


def tell_alarms(guichet: Guichet, now: datetime) -> bool:
    """Write to the seller about each alarm whose time has come; say whether there was one."""
    due = "SELECT * FROM alarms WHERE ended IS NULL AND due <= ? ORDER BY id"
    if guichet.store.row(due, iso(now)) is None:
        return False
    with guichet.store.write_tx():
        for row in guichet.store.rows(due, iso(now)):
            guichet.store.run("UPDATE alarms SET told = ?, due = ? WHERE id = ?", iso(now), iso(now + AGAIN), row["id"])
            _write(guichet, row, now, over=False)
        told = guichet.store.rows("SELECT * FROM alarms WHERE told = ? AND ended IS NULL ORDER BY id", iso(now))
    _by_another_way(guichet, told)
    return True


def _by_another_way(guichet: Guichet, told: Sequence[Row]) -> None:
    """Hand alarms to Apprise, too, where the seller names an address: mail may be what is broken."""
    if guichet.settings.alarm is None:
        return
    from bot.edges.notifying import notify

    try:
        for row in told:
            notify(guichet.settings.alarm.read(), f"Guichet: {about(row['name'])}", row["sentence"])
    except BotError as error:  # the mail says it in any case
        log.error("%s", error)


def standing(store: Store) -> list[Row]:
    """Return the alarms that stand, the oldest first; what may still pass by itself is none yet."""
    return store.rows("SELECT * FROM alarms WHERE ended IS NULL AND told IS NOT NULL ORDER BY id")


def buyers_wait(store: Store) -> bool:
    """Say whether nothing is sent to a buyer or a marketplace now: by a wrong clock nobody knows what is too late."""
    return _open(store, CLOCK) is not None


def _open(store: Store, name: str) -> Row | None:
    return store.row("SELECT * FROM alarms WHERE name = ? AND ended IS NULL", name)


def _write(guichet: Guichet, row: Row, now: datetime, *, over: bool) -> None:
    from bot.core.action import Action, What
    from bot.core.event import Channel, Party
    from bot.core.policy import Mode
    from bot.writing import write_to_seller

    with words.speaking(guichet.seller.language):
        action = Action(what=What.NOTICE, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="alarm",
                        step="alarm", why=say("it works again") if over else say("something is wrong with the bot"))
        context = {"about": about(row["name"]), "sentence": row["sentence"], "since": moment(row["since"]), "now": now,
                   "over": over, "again": bool(row["told"]), "waits": row["name"] == CLOCK}
        write_to_seller(guichet, action, f"alarm/{row['id']}/{iso(now)}{'/over' if over else ''}", context, None, None,
                        now, mailbox=voice(guichet))


def about(name: str) -> str:
    """Return what an alarm is about, in a few words."""
    sort, _, which = name.partition(":")
    titles = {"mailbox": say("mailbox {name} is not read", name=which), "disk": say("the disk is nearly full"),
              "sending": say("nothing can be sent from {name}", name=which), "clock": say("the clock is wrong"),
              "clock_back": say("the clock went back"), "thread": say("a part of the program fails"),
              "shard": say("shard {name} of the fleet is not served", name=which),
              "calendar": say("the calendar file cannot be written"),
              "ledger": say("mailbox {name} and what was kept of it differ", name=which)}
    return titles.get(sort, name)


def voice(guichet: Guichet) -> Mailbox:
    """Return the mailbox from which an alarm leaves: the postbox, or another one where that one is broken."""
    settings = guichet.settings
    troubled = {row["name"] for row in guichet.store.rows("SELECT name FROM alarms WHERE ended IS NULL")}
    boxes = [box for box in (settings.postbox, *settings.mailboxes)
             if box.smtp and f"sending:{box.name}" not in troubled]
    sound = (box for box in boxes if f"mailbox:{box.name}" not in troubled)
    return next(sound, next(iter(boxes), settings.postbox))


# -- mailboxes -----------------------------------------------------------------------------------


def failed(guichet: Guichet, name: str, error: Exception, now: datetime) -> None:
    """Raise the alarm for what failed: at once if we are turned away or the fault is ours, else after half an hour.

    A mailbox that is not read is told of already: that it cannot send either has mostly the same cause.
    """
    sort, _, which = name.partition(":")
    if sort == "sending" and _open(guichet.store, f"mailbox:{which}"):
        return
    sentence = str(error) if isinstance(error, BotError) else say(
        "the program itself has a fault ({fault}); its log tells more", guichet.seller.language,
        fault=type(error).__name__)
    waits = isinstance(error, EdgeError) and not _turned_away(error)
    raise_alarm(guichet, name, sentence, now, patience=PATIENCE if waits else timedelta())


def _turned_away(error: Exception) -> bool:
    from bot.edges.imap import LoginRefusedError
    from bot.edges.oauth import GrantRefusedError
    from bot.edges.smtp import SubmissionRefusedError

    return isinstance(error, LoginRefusedError | SubmissionRefusedError | GrantRefusedError)


class Looks:
    """Knows since when each mailbox has not been looked at, by a clock that stands while the machine sleeps."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, float]] = {}

    def check(self, guichet: Guichet, now: datetime, seconds: float) -> None:
        """Raise the alarm for mailboxes whose thread says nothing at all; `seconds` is the monotonic clock."""
        for box in guichet.settings.mailboxes:
            found = guichet.store.row("SELECT max(looked) AS looked FROM folders WHERE mailbox = ?", box.name) or {}
            looked = found.get("looked") or ""
            before, at = self._seen.setdefault(box.name, (looked, seconds))
            if before != looked:
                self._seen[box.name] = (looked, seconds)
            elif seconds - at >= PATIENCE.total_seconds() and _open(guichet.store, f"mailbox:{box.name}") is None:
                raise_alarm(guichet, f"mailbox:{box.name}", _unread_since(guichet, box, looked), now)


def _unread_since(guichet: Guichet, box: Mailbox, looked: str) -> str:
    from bot.core.deadline import local

    when = local(moment(looked), guichet.seller) if looked else "-"
    return say("Mailbox {mailbox} has not been read since {when}, and nothing says why; start the bot anew",
               guichet.seller.language, mailbox=box.name, when=when)


def forget_idle(guichet: Guichet) -> None:
    """End in silence what nobody can prove any more: nothing is left to be sent, or the mailbox is gone."""
    boxes = {f"mailbox:{box.name}" for box in guichet.settings.mailboxes}
    for row in guichet.store.rows("SELECT id, name FROM alarms WHERE ended IS NULL"):
        sort, _, which = row["name"].partition(":")
        gone = sort == "mailbox" and row["name"] not in boxes
        if gone or (sort == "sending" and not _sends(guichet.store, which, row["id"])):
            guichet.store.run("UPDATE alarms SET ended = coalesce(told, since) WHERE id = ?", row["id"])
            guichet.store.run("UPDATE outbox SET state = 'discarded' WHERE step LIKE ? AND state = 'ready'",
                              f"alarm/{row['id']}/%")


def _sends(store: Store, which: str, alarm: int) -> bool:
    """Say whether a row, not the alarm's own mail, waits to leave from a mailbox or through a webservice."""
    box, marketplace = ("", which.removeprefix("webservice ")) if which.startswith("webservice ") else (which, "")
    return store.row("SELECT 1 AS one FROM outbox WHERE state IN ('ready', 'transmitting') AND step NOT LIKE ?"
                     " AND (mailbox = ? AND channel = 'email' OR channel = 'webservice' AND step LIKE ? || '/%')"
                     " LIMIT 1", f"alarm/{alarm}/%", box, marketplace or "-") is not None


# -- the machine ---------------------------------------------------------------------------------


def watch_disk(guichet: Guichet, now: datetime, free: int) -> None:
    """Raise or end the alarm of the disk; `free` is what it has left, in bytes."""
    if free < LOW_DISK:
        raise_alarm(guichet, "disk", say("only {free} MiB free in {folder}", guichet.seller.language,
                                         free=free >> 20, folder=guichet.settings.data), now)
    elif free >= ENOUGH:
        end_alarm(guichet, "disk", now)


def watch_clock(guichet: Guichet, now: datetime, since: datetime | None = None) -> None:
    """Raise or end the alarm of the clock. `since`: from when on mail was fetched without a pause, if it was.

    Only a mail is a witness: without one a clock that went back is told, and nothing is stopped.
    """
    _note_going_back(guichet, now)
    then = _later_mail(guichet.store, now) or (_late_mail(guichet.store, now, since) if since else None)
    if then is None:
        end_alarm(guichet, CLOCK, now)
        return
    from bot.core.deadline import local

    raise_alarm(guichet, CLOCK, say(
        "this machine's clock says {now}, the mail server's said {then} with the newest mail; set the clock right. "
        "Until then nothing is sent to buyers", guichet.seller.language,
        now=local(now, guichet.seller), then=local(then, guichet.seller)), now)


def _note_going_back(guichet: Guichet, now: datetime) -> None:
    """Tell once that the clock went back: nobody knows whether it is wrong now or was before."""
    last = guichet.store.meta("clock")
    if last and now < moment(last) - WRONG:
        from bot.core.deadline import local

        raise_alarm(guichet, "clock_back", say(
            "this machine's clock went back from {before} to {now}; if it is wrong now, set it right: deadlines are "
            "reckoned by it", guichet.seller.language,
            before=local(moment(last), guichet.seller), now=local(now, guichet.seller)), now)
        tell_alarms(guichet, now)
        guichet.store.run("UPDATE alarms SET ended = ? WHERE name = 'clock_back' AND ended IS NULL", iso(now))
    if not last or abs(now - moment(last)) > WRONG / 2:
        guichet.store.set_meta("clock", iso(now))


def _later_mail(store: Store, now: datetime) -> datetime | None:
    """Return the server's time of the newest mail if by our clock it is still to come; two stamps must say so."""
    newest = store.row("SELECT id, received FROM mails ORDER BY id DESC LIMIT 1")
    if newest is None or newest["received"] <= iso(now + WRONG):
        return None
    stamped = _stamp(store.raw_mail(newest["id"]))
    return moment(newest["received"]) if stamped and stamped > now + WRONG else None


def _stamp(raw: bytes | None) -> datetime | None:
    """Return when the last host took a mail: its Received line stands above all that the mail brought along."""
    from bot.core import header

    try:
        block = header.read_block(raw or b"", set())
    except UnreadableError:
        return None
    top = block.first("received")
    return header.moment(top.rpartition(";")[2]) if ";" in top else None


def _late_mail(store: Store, now: datetime, since: datetime) -> datetime | None:
    """Return the server's time of the newest mail if the last looks brought only mail that by our clock was old."""
    looks: Sequence[Row] = store.rows(
        "SELECT kept, max(received) AS received FROM (SELECT kept, received FROM mails WHERE cold = 0"
        " AND kept BETWEEN ? AND ? ORDER BY id DESC LIMIT 50) GROUP BY kept ORDER BY kept DESC LIMIT ?",
        iso(since), iso(now), LATE_LOOKS)
    late = len(looks) == LATE_LOOKS and all(moment(row["received"]) < moment(row["kept"]) - WRONG for row in looks)
    return moment(looks[0]["received"]) if late else None
