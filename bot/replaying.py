"""The past again, by its own clock: every mail at the moment it came, every deadline at its own, by the same path.

All happens in a copy: an empty database in a folder of its own. Nothing leaves, and nothing of the real data folder
is opened. The seller says nothing, save where the past holds an answer of his.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.core import deadline, header
from bot.core.event import Kind, Origin
from bot.core.header import HeaderBlock
from bot.core.policy import Mode
from bot.due import RATING
from bot.edges.store import Arrival, Row, Store, iso, moment
from bot.gathering import Past, Spool, Told, head, recipients
from bot.guichet import Guichet
from bot.loop import Stop, reading_steps, until_idle
from bot.pipeline import order
from bot.sending import pretend_to_send
from bot.settings import Settings

LONG_AGO = timedelta(days=2)

# A year of mails in a few minutes: what is looked up for each.
_INDEXES = ("CREATE INDEX copied_outbox ON outbox (case_id)", "CREATE INDEX copied_deadlines ON deadlines (case_id)",
            "CREATE INDEX copied_mails ON mails (message_id)", "CREATE INDEX copied_orders ON cases (order_number)",
            "CREATE INDEX copied_items ON cases (item)", "CREATE INDEX copied_alone ON outbox (created)",
            "CREATE INDEX copied_ready ON outbox (id) WHERE state = 'ready'",
            "CREATE INDEX copied_once ON outbox (once)", "CREATE INDEX copied_changed ON outbox (changed)")


def copy_in(settings: Settings, folder: Path, *, check_dkim: bool) -> Guichet:
    """Return what a replay works with: the seller's own settings and templates over an empty database in `folder`.

    Args:
        check_dkim: ask the DNS for senders' keys where mailboxes.toml says so; else such mails are not proven.
    """
    boxes = tuple(replace(box, check_dkim=box.check_dkim and check_dkim) for box in settings.mailboxes)
    copied = replace(settings, data=folder, mailboxes=boxes, alarm=None, ping="")
    store = Store(copied.database)
    # The copy is thrown away: whether a power cut leaves it whole does not matter, and a year is replayed in less time.
    for statement in ("PRAGMA synchronous = OFF", "PRAGMA secure_delete = OFF", *_INDEXES):
        store.connection.execute(statement)
    return Guichet(copied, store)


def replay(guichet: Guichet, mails: Sequence[Past], spool: Spool, until: datetime, told: Told) -> None:
    """Let the mails, in order of time, and the clock up to `until` take their effect."""
    at = mails[0].received if mails else until
    _begin(guichet, at)
    for number, mail in enumerate(mails, start=1):
        _pass_by(guichet, at, mail.received)
        at = mail.received
        if mail.ours:
            _answer(guichet, spool.read(mail), at)
        else:
            _arrive(guichet, mail, spool, at)
        _work(guichet, at)
        _believe_copy(guichet, at)
        told(number, len(mails))
    _pass_by(guichet, at, until)
    _work(guichet, until)
    guichet.reader.close()


def _begin(guichet: Guichet, at: datetime) -> None:
    """End the cold start, as an empty first look does: what comes now is new.

    `restored` says that mails of ours left of which this database knows nothing: an echo among the mails of the past
    is no sign of a second installation at work.
    """
    for box in guichet.settings.mailboxes:
        guichet.store.set_folder(box.name, "INBOX", uidvalidity=0, last_uid=0, cold_below=0, looked=at)
    guichet.store.set_meta("restored", iso(at - LONG_AGO))


def _arrive(guichet: Guichet, mail: Past, spool: Spool, at: datetime) -> None:
    guichet.store.keep(mail.mailbox, [Arrival(folder=mail.folder, place=mail.place, raw=spool.read(mail), received=at,
                                              oversize=mail.oversize)], at)


def _work(guichet: Guichet, at: datetime) -> None:
    """Do what the daemon does at this moment. It has been at work all the time: no mail is told as after a stop."""
    guichet.store.set_meta("ticked", iso(at))
    steps = reading_steps(guichet, lambda: at)
    until_idle([*steps, lambda: pretend_to_send(guichet, at)], Stop())


# -- the clock -----------------------------------------------------------------------------------


def _pass_by(guichet: Guichet, at: datetime, until: datetime) -> None:
    """Let the time between two instants pass: work at each moment at which the clock has something to say."""
    while (at := min((one for one in _candidates(guichet, at) if one > at), default=until)) < until:
        _work(guichet, at)


def _candidates(guichet: Guichet, at: datetime) -> Iterator[datetime]:
    """Yield when something may be due: deadlines and their rungs, held rows, the times of day, reminders to rate."""
    policy, zone = guichet.policy, guichet.seller.timezone
    for row in guichet.store.rows("SELECT due FROM deadlines WHERE state = 'open'"):
        due = moment(row["due"])
        yield due
        yield from (due - rung for rung in policy.warnings)
    for row in guichet.store.rows("SELECT not_before FROM outbox WHERE state = 'ready' AND not_before IS NOT NULL"):
        yield moment(row["not_before"])
    for row in guichet.store.rows("SELECT due FROM alarms WHERE ended IS NULL"):
        yield moment(row["due"])
    for told in (policy.digest, policy.quiet_hours[1] if policy.quiet_hours else None):
        yield from _of_day(told, at, zone) if told else ()
    if any(name.endswith("rating_reminder") and mode is not Mode.OFF for name, mode in policy.modes.items()):
        yield at + RATING


def _of_day(told: time, at: datetime, zone: str) -> Iterator[datetime]:
    today = at.astimezone(ZoneInfo(zone)).date()
    for day in (today, today + timedelta(days=1)):
        yield deadline.instant(datetime.combine(day, told), zone)


# -- the seller ----------------------------------------------------------------------------------


def _answer(guichet: Guichet, raw: bytes, at: datetime) -> None:
    """Let an answer of the seller's own take its effect on the case it answers, where there is one."""
    block = head(raw)
    if block.first("auto-submitted").strip().lower() not in ("", "no"):
        return  # an automatic acknowledgement of ours, which answers nothing
    row = _asked_by(guichet.store, block) or _written_to(guichet.store, block)
    if row and (case := guichet.store.case_by_number(row["case_id"])):
        order(guichet, Kind.SELLER_ANSWERED, case, at, source="sent")


def _believe_copy(guichet: Guichet, at: datetime) -> None:
    """Take the marketplace's copy of an answer for the seller's, also after an acknowledgement sent alone.

    While at work the bot cannot tell such a copy from that of its own acknowledgement. In the past it sent none.
    """
    row = guichet.store.row("SELECT * FROM mails ORDER BY id DESC LIMIT 1")
    if row is None or row["kind"] != Kind.OWN_MESSAGE_COPIED or row["origin"] != Origin.PROVEN:
        return
    case = guichet.store.case_by_number(row["case_id"]) if row["case_id"] else None
    if case and row["received"] == iso(at) and guichet.store.only_held(row["case_id"]):
        order(guichet, Kind.SELLER_ANSWERED, case, at, source="copied")


def _asked_by(store: Store, block: HeaderBlock) -> Row | None:
    """Return the case of the mail that an answer names, the nearest first."""
    named = header.message_ids(block.first("in-reply-to")) + header.message_ids(block.first("references"))[::-1]
    found = (store.row("SELECT case_id FROM mails WHERE message_id = ? AND case_id IS NOT NULL", one) for one in named)
    return next((row for row in found if row), None)


def _written_to(store: Store, block: HeaderBlock) -> Row | None:
    """Return the newest case that is answered at one of the addresses written to: some programs name no mail."""
    to = recipients(block, "to", "cc")
    found = (store.row("SELECT id AS case_id FROM cases WHERE lower(answer_to) = ? AND stage != 'closed'"
                       " ORDER BY id DESC LIMIT 1", one) for one in sorted(to))
    return next((row for row in found if row), None)
