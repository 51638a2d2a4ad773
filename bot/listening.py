"""Mailboxes that wait for news: one thread listens to all of them, and a few receive from those that have some.

A mailbox at rest is a connection and nothing else: a thread and a connection to the database for each would be most
of what it costs. It is looked at every 100 s whatever IDLE says: behind a NAT a connection dies silently.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from bot import alarming
from bot.core.errors import BotError
from bot.edges import EdgeError, clock
from bot.edges.clock import now, until_next
from bot.edges.disk import must_have_room
from bot.edges.imap import pauses
from bot.edges.store import Store
from bot.guichet import Guichet
from bot.receiving import Progress, open_imap, receive
from bot.reconciling import reconcile
from bot.settings import Mailbox, Settings
from bot.words import say

if TYPE_CHECKING:
    from bot.edges.bell import Bell
    from bot.edges.imap import FolderState, Imap

log = logging.getLogger(__name__)

POLL = 100.0           # seconds between looks at a mailbox, whatever IDLE says: Dovecot's "Still here" comes after 120
NOTED = 250.0          # seconds after which a look that found all as it was is written down
SET = 2.0              # seconds by which a clock that was not set may differ from the one that nobody sets
PROBE = 10.0           # seconds between two looks at a server without IDLE
AT_ONCE = 8            # mailboxes received from at a time: one interpreter does no more
SLOW = 3.0             # seconds after which a look waits for a silent server, and keeps nobody else from his
STAY = 10.0            # seconds for which whoever receives waits for another mailbox; the last one stays
SETTLED = 60.0         # seconds after which a connection that broke had been a good one: pauses begin anew
LOGIN_PAUSE = 900.0    # a refused log-in is tried at most four times an hour: more locks accounts


class Backoff:
    """Growing pauses after failures, 1 s to 15 minutes."""

    def __init__(self) -> None:
        self._pauses = pauses()
        self._until = 0.0

    def wait(self, error: EdgeError) -> float:
        """Say what failed and when the next try is; return the pause in seconds."""
        seconds = LOGIN_PAUSE if error.permanent else next(self._pauses)
        self._until = time.monotonic() + seconds
        log.warning("%s", say("{error}; next try in {seconds:.0f} s", error=error, seconds=seconds))
        return seconds

    def left(self) -> float:
        """Return the seconds until the next try; 0: it may be now."""
        return max(0.0, self._until - time.monotonic())


def failed(settings: Settings, name: str, alarm: str, error: Exception) -> EdgeError:
    """Raise the alarm for what failed, one of our own faults written down whole; return it as the world's."""
    if not isinstance(error, BotError):
        log.exception("%s failed", name)
    with suppress(EdgeError):   # where the database is what fails, the log has to do
        store = Store(settings.database)
        alarming.failed(Guichet(settings, store), alarm, error, now())
        store.close()
    return error if isinstance(error, EdgeError) else EdgeError(f"{name}: {error}")


class Watched:
    """A mailbox: its connection, when it is due, its pauses. For one thread at a time; `end` for any."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.due = 0.0          # by the monotonic clock, as all that follows
        self.listening: int | None = None       # the descriptor that tells of news
        self.ended = False
        self._imap: Imap | None = None
        self._connected = self._looked = self._noted = 0.0
        self._idles, self._told = True, False     # `_told`: that there is something to receive
        self._backoff = Backoff()

    def visit(self, guichet: Guichet, on_news: Callable[[], None]) -> None:
        """Receive what is new, then listen again. Raises what the mailbox or the database does."""
        must_have_room(guichet.settings.data)
        imap = self._standing()
        if imap is None:
            return
        if not self._stands_as_noted(imap):
            self._receive(imap, guichet, on_news)
        else:
            self._begin_to_rest(imap, imap.seen(self.mailbox.folders[0]))

    def _receive(self, imap: Imap, guichet: Guichet, on_news: Callable[[], None]) -> None:
        if receive(guichet.store, self.mailbox, imap, now(), _telling(on_news, guichet.progress)):
            on_news()
        seen, self._noted = imap.seen(self.mailbox.folders[0]), time.monotonic()
        alarming.end_alarm(guichet, f"mailbox:{self.mailbox.name}", now())
        reconcile(guichet, self.mailbox, imap, now())
        guichet.rest(0)
        self._begin_to_rest(imap, seen)

    def _stands_as_noted(self, imap: Imap) -> bool:
        """Say whether nothing was told of and all folders stand as they were lately written down to stand."""
        return (not self._told and time.monotonic() - self._noted < NOTED
                and not any(imap.changed(folder) for folder in reversed(self.mailbox.folders)))

    def _standing(self) -> Imap | None:
        """Return the connection with its listening ended; None where a server without IDLE has nothing new."""
        if self._imap is None:
            self._imap = open_imap(self.mailbox)
            self._imap.idles = self._idles
            self._connected, self._noted = time.monotonic(), 0.0
            if not self.ended:
                self._imap.connect()
        elif self.listening is not None:
            self._told = self._imap.heed()
            self.listening = None
        elif not self._told and time.monotonic() - self._looked < POLL:
            self._told = self._imap.changed(self.mailbox.folders[0])
            if not self._told:
                self.due = time.monotonic() + PROBE
                return None
        return self._imap

    def _begin_to_rest(self, imap: Imap, seen: FolderState | None) -> None:
        """Listen for what comes after the folder was `seen`, or look again where nothing tells of it."""
        folder, self._looked = self.mailbox.folders[0], time.monotonic()
        self.listening = imap.listen(folder, seen)
        self._told = self.listening is None and imap.seen(folder) != seen
        self.due = time.monotonic() + (PROBE if self.listening is None else until_next(POLL))

    def stirs(self) -> bool:
        """Say whether what it listens to has news, or broke."""
        return self._imap is not None and self.listening is not None and self._imap.stirs()

    def broke(self, settings: Settings, error: Exception) -> None:
        """Give up the connection and pause."""
        self.close()
        if self.ended:
            return
        if time.monotonic() - self._connected > SETTLED:
            self._backoff = Backoff()
        known = failed(settings, f"mailbox {self.mailbox.name}", f"mailbox:{self.mailbox.name}", error)
        self.due = time.monotonic() + self._backoff.wait(known)

    def close(self) -> None:
        """Give up the connection without a farewell, since amid IDLE none is heard; a refused IDLE is remembered."""
        imap, self._imap, self.listening = self._imap, None, None
        if imap:
            self._idles = imap.idles
            imap.interrupt()
            imap.close()

    def end(self) -> None:
        """End at once, and for good, what is waited for here."""
        self.ended = True
        if imap := self._imap:
            imap.interrupt()


def _telling(on_news: Callable[[], None], progress: Progress | None) -> Progress:
    """Return what hears how far a first look is: reading begins with its first mails, and not when all have come."""
    def told(mailbox: str, done: int, whole: int) -> None:
        on_news()
        if progress:
            progress(mailbox, done, whole)
    return told


def _ahead() -> float:
    """Return by how many seconds the clock is ahead of the one that nobody sets, and that stands while we sleep."""
    return clock.seconds() - time.monotonic()


class Listener:
    """Listens to all mailboxes in the thread that calls `listen`, and has other threads receive."""

    def __init__(self, settings: Settings, mailboxes: Sequence[Mailbox], on_news: Callable[[], None],
                 progress: Progress | None) -> None:
        self.settings, self.on_news, self.progress = settings, on_news, progress
        self._watched = [Watched(mailbox) for mailbox in mailboxes]
        self._at_work: dict[Watched, float] = {}        # since when
        self._given: SimpleQueue[Watched | None] = SimpleQueue()
        self._done: SimpleQueue[Watched] = SimpleQueue()
        self._hands = 0         # threads that receive
        self._counting = threading.Lock()
        self._ended = False
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._outside: Bell | None = None
        self._sleepers: Sequence[Callable[[], None]] = ()
        self._stirred = False
        self._ahead = _ahead()

    def rouse(self, sleepers: Sequence[Callable[[], None]], bell: Bell | None) -> None:
        """Wake these whenever somebody rings, when a mailbox stirs and when the clock was set; before `listen`.

        While a mail is fetched they find nothing yet, but what they work with lies ready when it comes: after a sleep
        that costs an idle machine more than the work.
        """
        self._sleepers, self._outside = sleepers, bell

    def listen(self) -> None:
        """Listen until `end` is called. Raises what only a fault of ours, or a system without resources, does."""
        with selectors.DefaultSelector() as ears:
            ears.register(self._ear, selectors.EVENT_READ)
            if self._outside:
                ears.register(self._outside, selectors.EVENT_READ, self._outside)
            for one in self._watched:
                self._attend(ears, one)
            while not self._ended:
                self._give(ears)
                self._wake_sleepers()   # after whoever fetches, on whom they wait
                for key, _ in ears.select(self._patience()):
                    self._hear(ears, key)
                self._take_back(ears)
                self._mind_clock()
        while self._at_work:
            self._at_work.pop(self._done.get())
        for one in self._watched:
            one.close()
        self._bell.close()
        self._ear.close()

    def end(self) -> None:
        """Have `listen` end, from any thread, and cut what is waited for."""
        self._ended = True
        for one in self._watched:
            one.end()
        for _ in range(self._hands):
            self._given.put(None)
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):     # it has rung often enough, or nobody listens any more
            self._bell.send(b".")

    def _hear(self, ears: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        if key.data is None:
            self._ear.recv(4096)
        elif self._outside and key.data is self._outside:
            self._outside.heed()
            self._stirred = True
        elif key.data.stirs():
            ears.unregister(key.fd)     # it stays readable until somebody has time for it
            key.data.due = 0.0
            self._stirred = True

    def _mind_clock(self) -> None:
        """Note that the clock was set, or that the machine has slept, since this thread woke last."""
        if abs((ahead := _ahead()) - self._ahead) > SET:
            self._ahead, self._stirred = ahead, True

    def _wake_sleepers(self) -> None:
        if self._stirred:
            self._stirred = False
            for wake in self._sleepers:
                wake()

    def _attend(self, ears: selectors.BaseSelector, one: Watched) -> None:
        """Have its descriptor tell of news, unless there are some already or somebody receives from it."""
        if one.listening is None or one in self._at_work:
            return
        if one.stirs():
            one.due = 0.0
        else:
            ears.register(one.listening, selectors.EVENT_READ, one)

    def _take_back(self, ears: selectors.BaseSelector) -> None:
        with suppress(Empty):
            while True:
                one = self._done.get_nowait()
                del self._at_work[one]
                self._attend(ears, one)

    def _give(self, ears: selectors.BaseSelector) -> None:
        """Have received from those that are due, the longest due first, as far as there are hands."""
        at = time.monotonic()
        due = [one for one in self._watched if one.due <= at and one not in self._at_work]
        free = AT_ONCE - self._busy(at)
        for one in sorted(due, key=lambda one: one.due)[:max(0, free)]:
            if one.listening is not None:
                with suppress(KeyError):    # it was heard, and told why it is due
                    ears.unregister(one.listening)
            with self._counting:
                self._at_work[one] = at
                if len(self._at_work) > self._hands:
                    self._hands += 1
                    threading.Thread(target=self._receive, daemon=True, name="receiving").start()
                self._given.put(one)

    def _busy(self, at: float) -> int:
        return sum(at - since < SLOW for since in self._at_work.values())

    def _patience(self) -> float:
        """Return the seconds until one is due, or until those at work may count as slow if there is no hand free."""
        at = time.monotonic()
        soonest = min((one.due - at for one in self._watched if one not in self._at_work), default=POLL)
        return max(soonest, SLOW / 10 if self._busy(at) >= AT_ONCE else 0.0)

    # ---- in the threads that receive

    def _receive(self) -> None:
        guichet: Guichet | None = None
        while one := self._next():
            try:
                guichet = guichet or Guichet(self.settings, Store(self.settings.database), progress=self.progress)
                one.visit(guichet, self.on_news)
            except Exception as error:  # noqa: BLE001 – ours or the world's: this mailbox is tried again
                if guichet:
                    guichet.close()
                guichet = None
                one.broke(self.settings, error)
                self.on_news()      # there may be an alarm to tell
            self._done.put(one)
            self._ring()
        if guichet:
            guichet.close()

    def _next(self) -> Watched | None:
        """Wait for a mailbox to receive from; None: this thread goes home. The last one stays, for a quick answer."""
        while not self._ended:
            with suppress(Empty):
                return self._given.get(timeout=STAY if self._hands > 1 else None)
            with self._counting:
                if self._hands > max(1, len(self._at_work)):
                    self._hands -= 1
                    return None
        return None
