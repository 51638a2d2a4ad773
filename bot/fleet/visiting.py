"""One seller, once: the loop's own steps, under his own lock, with a connection that may stand already."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, LifoQueue
from threading import current_thread
from typing import Any

from bot.core.errors import BotError
from bot.due import next_moment
from bot.edges import EdgeError
from bot.edges.clock import now
from bot.edges.reader import Reader
from bot.edges.store import Store, iso, moment
from bot.fleet.directory import Seller
from bot.fleet.lines import Contexts, Line
from bot.guichet import Guichet, new_reader
from bot.leasing import BusyError
from bot.listening import LOGIN_PAUSE
from bot.living import read_times
from bot.loop import Pass, Stop, at_work, database, receive_through, work_through
from bot.settings import Mailbox, Settings, load

LONGEST_REST = 900              # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What a visit found. `busy`: somebody else holds the seller's lock, and does his work;
    `polled`: a mailbox of his is a folder, which tells of nothing; `stirred`: another connection wrote to his database
    meanwhile, perhaps what the visit no longer looked for (or only our own lease); `still`: what failed
    earlier and rests.
    """

    name: str
    folder: str
    busy: bool = False
    idle: bool = False
    polled: bool = False
    stirred: bool = False
    failures: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    rests: Mapping[str, Any] = field(default_factory=dict)
    last_read: datetime | None = None
    next_deadline: datetime | None = None
    oldest_unread: datetime | None = None
    wake: datetime | None = None
    uncertain: int = 0

    def row(self) -> dict[str, Any]:
        """Return what the directory keeps of it. A sentence of ours names no buyer, and is no longer than a line."""
        failed = [*self.failures, *self.still]
        return {"name": self.name, "folder": self.folder, "idle": self.idle, "failures": len(failed),
                "error": failed[0][:500] if failed else "", "rests": dict(self.rests),
                "last_read": self.last_read, "next_deadline": self.next_deadline,
                "oldest_unread": self.oldest_unread, "wake": self.wake, "uncertain": self.uncertain}


class Readers:
    """The child processes that read mails, shared by all sellers of this process: the last one used is next."""

    def __init__(self) -> None:
        self._waiting: LifoQueue[Reader] = LifoQueue()

    def take(self) -> Reader:
        try:
            return self._waiting.get_nowait()
        except Empty:
            return new_reader()

    def give(self, reader: Reader) -> None:
        self._waiting.put(reader)

    def rest(self, idle: float = 60.0) -> None:
        """Send home the children that had no mail for `idle` seconds."""
        waiting: list[Reader] = []
        with suppress(Empty):
            while True:
                waiting.append(self._waiting.get_nowait())
        for reader in reversed(waiting):
            reader.rest(idle)
            self._waiting.put(reader)


class Kept:
    """What is kept of a seller between two visits: his settings as read, and his lines."""

    def __init__(self, seller: Seller, contexts: Contexts) -> None:
        self.seller, self.contexts = seller, contexts
        self.lines: dict[str, Line] = {}
        self.stop = Stop()
        self._settings: Settings | None = None
        self._stamp: tuple[int, int] = (0, 0)

    def settings(self) -> Settings:
        """Return his settings, read anew when the file has changed. Raises SettingsError."""
        stamp = (0, 0)
        with suppress(OSError):
            found = self.seller.path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
        if self._settings is None or stamp != self._stamp:
            self._settings, self._stamp = load(self.seller.path), stamp
        return self._settings

    def line(self, mailbox: Mailbox) -> Line:
        known = self.lines.get(mailbox.name)
        if known is None or known.mailbox != mailbox:
            if known:
                known.close()
            known = self.lines[mailbox.name] = Line(mailbox, self.contexts)
        return known

    def end(self) -> None:
        """Ask the visit to end, and cut what it waits for."""
        self.stop.ask()
        for line in list(self.lines.values()):
            line.cut()

    def close(self) -> None:
        for line in self.lines.values():
            line.close()
        self.lines.clear()

    def close_after(self, _: object) -> None:
        """Close once a visit that went on without us has ended."""
        self.close()


def visit(kept: Kept, readers: Readers) -> Visited:
    """Do all there is to be done for one seller now. Raises nothing that is outside our own faults."""
    kept.stop = Stop()
    current_thread().name = kept.seller.name      # the log says whose mail was read
    reader = readers.take()
    try:
        return _visit(kept, reader)
    except BusyError:
        return Visited(name=kept.seller.name, folder=str(kept.seller.folder), busy=True, rests=kept.seller.rests)
    except BotError as error:
        failed = Pass()
        failed.note(error, "seller" if isinstance(error, EdgeError) else "")
        failed.stuck.setdefault("seller", EdgeError(str(error)))
        return Visited(name=kept.seller.name, folder=str(kept.seller.folder), failures=(str(error),),
                       rests=rests_after(kept.seller.rests, failed, {}))
    finally:
        readers.give(reader)
        for line in kept.lines.values():
            line.rest()


def _visit(kept: Kept, reader: Reader) -> Visited:
    settings, resting = kept.settings(), set(_resting(kept.seller.rests, now()))
    boxes = [box for box in settings.mailboxes if f"mailbox:{box.name}" not in resting]
    with at_work(settings, kept.stop.ask, ballast=False):
        store = Store(database(settings))
        try:
            guichet = Guichet(settings, store, given=reader)
            silent = {name.partition(":")[2] for name in resting if name.startswith("sending:")}
            seen = store.version()
            done = work_through(guichet, boxes, lambda one, box: _fetch(kept, one, box), kept.stop, silent)
            return _found(kept, guichet, done, resting, seen)
        finally:
            store.close()


def _fetch(kept: Kept, guichet: Guichet, mailbox: Mailbox) -> None:
    if mailbox.maildir:
        receive_through(guichet, mailbox, None)
        return
    with kept.line(mailbox).lent() as imap:
        receive_through(guichet, mailbox, imap)


def _found(kept: Kept, guichet: Guichet, done: Pass, resting: set[str], seen: int) -> Visited:
    store, at = guichet.store, now()
    times = [one for one in read_times(guichet.settings, store).values() if one]
    unread = store.row("SELECT min(received) AS at FROM mails WHERE state = 'kept'")
    uncertain = store.row("SELECT count(*) AS count FROM outbox WHERE state IN ('uncertain', 'transmitting')")
    due = store.row("SELECT min(due) AS at FROM deadlines WHERE state = 'open'")
    tried = {name: one for name, one in kept.seller.rests.items() if name in resting}
    return Visited(
        name=kept.seller.name, folder=str(kept.seller.folder), failures=tuple(done.failures),
        still=tuple(one["error"] for one in tried.values() if "error" in one),
        rests=rests_after(kept.seller.rests, done, tried),
        idle=bool(kept.lines) and all(line.idles for line in kept.lines.values()),
        polled=any(box.maildir for box in guichet.settings.mailboxes),
        last_read=min(times, default=None), oldest_unread=_moment(unread), next_deadline=_moment(due),
        wake=next_moment(guichet, at), uncertain=uncertain["count"] if uncertain else 0,
        stirred=store.version() != seen)


def _moment(row: Mapping[str, Any] | None) -> datetime | None:
    return moment(row["at"]) if row and row["at"] else None


# -- what failed rests ---------------------------------------------------------------------------


def _resting(rests: Mapping[str, Any], at: datetime) -> list[str]:
    return [name for name, one in rests.items() if moment(one["until"]) > at]


def rests_after(before: Mapping[str, Any], done: Pass, still: Mapping[str, Any]) -> dict[str, Any]:
    """Return what rests now, and until when: 30, 60 … 900 s; a log-in that was refused at once a quarter of an hour."""
    after = dict(still)
    for name, error in done.stuck.items():
        times = int(before.get(name, {}).get("times", 0)) + 1
        seconds = LOGIN_PAUSE if error.permanent else min(LONGEST_REST, 30 * 2 ** min(times - 1, 6))
        after[name] = {"times": times, "until": iso(now() + timedelta(seconds=seconds)),
                       "error": str(error)[:500]}
    return after


def rests_whole(seller: Seller, at: datetime) -> bool:
    """Say whether nothing at all is to be done for a seller: his settings or his database are what failed."""
    return "seller" in _resting(seller.rests, at)
