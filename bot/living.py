"""Signs of life: a heartbeat after each good round, for whoever watches the watcher; and the look at it."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.edges import EdgeError
from bot.edges.ping import ping
from bot.edges.store import Store, iso, moment
from bot.settings import Mailbox, Settings
from bot.words import say

log = logging.getLogger(__name__)

SILENCE = timedelta(minutes=30)      # after it something is wrong
ROUND = timedelta(minutes=10)        # a round is good if every mailbox was read within it
PING_EVERY = timedelta(seconds=55)   # at each beat of a daemon, and of a cron that comes each minute
BACKWARDS = timedelta(minutes=10)    # how far the clock may be set back without a word


def heartbeat(settings: Settings) -> Path:
    return settings.data / "heartbeat"


def read_times(settings: Settings, store: Store) -> dict[str, datetime | None]:
    """Return when each mailbox was last read to its end, its stalest folder counting; None: never."""
    looked = {(row["mailbox"], row["folder"]): row["looked"] for row in store.rows("SELECT * FROM folders")}
    found = {one.name: _oldest([looked.get((one.name, folder)) for folder in _folders(one)])
             for one in settings.mailboxes}
    glanced = _last(settings).get("mailboxes", {})      # a glance at a mailbox that stands as it did is told only there
    return {name: one and max(one, moment(glanced.get(name) or iso(one))) for name, one in found.items()}


def _folders(mailbox: Mailbox) -> tuple[str, ...]:
    return (str(mailbox.maildir),) if mailbox.maildir else mailbox.folders


def _oldest(times: list[str | None]) -> datetime | None:
    return None if None in times else min(moment(one) for one in times if one)


# -- giving one ----------------------------------------------------------------------------------


def beat(settings: Settings, store: Store, now: datetime) -> bool:
    """Write the heartbeat and fetch the ping address, if every mailbox was read lately; say whether it was so."""
    times = read_times(settings, store)
    if any(one is None or now - one > ROUND for one in times.values()):
        return False
    pinged = str(_last(settings).get("pinged", ""))
    due = bool(settings.ping) and not (pinged and timedelta() <= now - moment(pinged) < PING_EVERY)
    _write(heartbeat(settings), {"at": iso(now), "pinged": iso(now) if due else pinged,
                                 "mailboxes": {name: iso(one) for name, one in times.items() if one}})
    if due:
        _ping(settings.ping)
    return True


def _ping(address: str) -> None:
    try:
        ping(address)
    except EdgeError as error:
        log.info("%s", error)


def _write(path: Path, told: dict[str, Any]) -> None:
    """Put the file in its place whole: who reads it amid the writing must not take us for dead."""
    fresh = path.with_name(f"{path.name}.new")
    with suppress(OSError):  # a full disk: whoever watches hears our silence
        fresh.write_text(json.dumps(told) + "\n", "utf-8")
        os.replace(fresh, path)


def _last(settings: Settings) -> dict[str, Any]:
    try:
        told = json.loads(heartbeat(settings).read_text("utf-8"))
        for one in (told["at"], *told["mailboxes"].values()):
            moment(one)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return dict(told)


# -- looking for one -----------------------------------------------------------------------------


def silences(settings: Settings, now: datetime, within: timedelta = SILENCE) -> list[str]:
    """Return what is wrong, one sentence each: no network, nothing is changed. Empty: all is well.

    Raises:
        StorageError: the database cannot be read.
    """
    if not settings.database.exists():
        return [say("No run has worked in {folder} yet: start `run_bot.py run`, or `once` by cron",
                    folder=settings.data)]
    store = Store(settings.database)
    try:
        ticked = store.meta("ticked")
        if ticked and moment(ticked) - now > BACKWARDS:
            return [say("The clock of this machine says {now}, but at {ticked} there was work already: set it right",
                        now=iso(now), ticked=ticked)]
        return _unread(read_times(settings, store), now, within) or _no_beat(settings, now, within)
    finally:
        store.close()


def _unread(times: dict[str, datetime | None], now: datetime, within: timedelta) -> list[str]:
    never = [say("Mailbox {mailbox} was never read: `run_bot.py check` says why", mailbox=name)
             for name, one in times.items() if one is None]
    stale = [say("Mailbox {mailbox} was not read for {minutes} minutes: `run_bot.py check` says why", mailbox=name,
                 minutes=(now - one) // timedelta(minutes=1))
             for name, one in times.items() if one and now - one > within]
    return never + stale


def _no_beat(settings: Settings, now: datetime, within: timedelta) -> list[str]:
    """Say what is wrong though the mailboxes are read: what reads or sends stands still."""
    at = str(_last(settings).get("at", ""))
    if at and now - moment(at) <= within:
        return []
    return [say("Mail is fetched, but no round ended well for {minutes} minutes: look at what `run` or `once` says",
                minutes=(now - moment(at)) // timedelta(minutes=1) if at else within // timedelta(minutes=1))]
