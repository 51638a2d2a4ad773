"""The fence beside the lock: who works on this database, with a heartbeat in it.

flock holds on one machine. On a folder that two machines share it may not, so the database names the one at work,
and another machine leaves everything to it until it was silent for eleven minutes.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from bot.core.errors import BotError
from bot.edges.clock import now, until_next
from bot.edges.store import Row, StorageError, Store, moment
from bot.words import say

log = logging.getLogger(__name__)

SILENT = timedelta(minutes=11)
BEAT = 300.0    # seconds
AGAIN = 10.0    # seconds after which a beat is tried anew that could not be written


class BusyError(BotError):
    """Another process works on this data folder."""


@cache
def here() -> str:
    """Return what tells this machine from another: its name, and what its system was given at its making."""
    with suppress(OSError):
        return f"{socket.gethostname()}/{Path('/etc/machine-id').read_text('ascii').strip()}"
    return socket.gethostname()


@cache
def boot() -> str:
    """Return what changes with each start of the machine; empty where nobody says."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def is_foreign(row: Row | None, at: datetime) -> bool:
    """Say whether another machine works here: containers of one kernel see each other's flock, so they do not count."""
    if row is None or row["host"] == here() or (boot() and row["boot"] == boot()):
        return False
    return abs(at - moment(row["beaten"])) < SILENT


def take(store: Store, at: datetime) -> None:
    """Write down that we work here.

    Raises:
        BusyError: another machine does, and was heard of within eleven minutes.
    """
    with store.write_tx():
        row = store.lease()
        if is_foreign(row, at):
            raise BusyError(say("The machine {host} works on {folder}; this one leaves everything to it",
                                host=str((row or {})["host"]).partition("/")[0], folder=store.path.parent))
        store.set_lease(here(), os.getpid(), boot(), at)


@contextmanager
def leased(path: Path, lost: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lease of a database, beating while the block lasts; `lost` is called if another machine took it."""
    store = Store(path)
    end = threading.Event()
    try:
        take(store, now())
        beater = threading.Thread(target=_beat, args=(path, end, lost), daemon=True, name="lease")
        beater.start()
        yield
    finally:
        end.set()
        with suppress(StorageError):
            store.drop_lease(here(), os.getpid())
        store.close()


def _beat(path: Path, end: threading.Event, lost: Callable[[], None]) -> None:
    store: Store | None = None
    pause = until_next(BEAT)
    while not end.wait(pause):
        pause = until_next(BEAT)
        try:
            store = store or Store(path)
            take(store, now())
        except StorageError as error:
            log.warning("%s", error)
            pause = AGAIN
        except BusyError as error:
            log.error("%s", error)
            lost()
            break
    if store:
        store.close()
