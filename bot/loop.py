"""Work until there is none, wait, look again; stop cleanly. `once` and `run` drive the same steps.

One process works on a data folder at a time: it holds `lock` there for as long as it lives, and the
kernel lets go of it even after kill -9. Orders from the terminal need no lock: they only write rows.
"""

from __future__ import annotations

import fcntl
import logging
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING

from bot import alarming, due, errands, foreseeing
from bot.core.errors import BotError
from bot.edges import EdgeError
from bot.edges.bell import hung
from bot.edges.clock import now, until_next
from bot.edges.disk import free, must_be_here, must_have_room, put_by
from bot.edges.killpoint import killpoint
from bot.edges.store import StorageError, Store
from bot.guichet import Guichet, has_own_words
from bot.leasing import BusyError, leased
from bot.living import beat
from bot.progressing import on_terminal
from bot.receiving import Progress, open_imap, receive, receive_maildir
from bot.reconciling import reconcile
from bot.saving import daily, ended_well, look_over
from bot.settings import Mailbox, Settings
from bot.words import say

if TYPE_CHECKING:
    from bot.edges.imap import Imap
    from bot.listening import Listener

log = logging.getLogger(__name__)

STEADY = 300.0         # seconds after the start until mail counts as fetched without a pause
MAILDIR_POLL = 2.0     # a look at a folder of this machine costs nothing
AT_ONCE = 8            # mailboxes that a pass receives from at the same time
MEANWHILE = 0.2        # seconds between looks whether they brought something to read
LOOK = 2.0             # seconds between looks whether another process has written, where it cannot ring
PULSE = 30.0           # seconds between two rounds of all steps where one of them has something to do soon
ROUND = 600.0          # seconds between two rounds where none of them will have
GIVE_WAY = 0.1         # seconds for which what follows the reading leaves database and processor to the sending
STOP_WITHIN = 4.0      # seconds for the work in hand once asked to stop
BEAT = 300.0           # seconds between two signs of life; the first is given once every mailbox was read
UNREAD = 15.0          # seconds until it is tried again to give one
STUCK = 1200.0         # seconds without a pause after which a thread counts as dead: one mail may take 600
MOVED = "moved"        # the mark in a data folder whose seller is served elsewhere

Step = Callable[[], bool]  # does one piece of work; says whether there was one


class Stop:
    """A wish to stop, and pauses that the wish, or news, cuts short."""

    def __init__(self) -> None:
        self.asked = False
        self.turned = time.monotonic()  # when whoever listens to it last began or ended a pause: proof that he lives
        self._wakes: SimpleQueue[int] = SimpleQueue()

    def listen(self) -> None:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_signal)

    def pause(self, seconds: float) -> bool:
        """Wait until there is news, and return True, or until time is over."""
        self.turned = time.monotonic()
        try:
            self._wakes.get(timeout=seconds)
            while not self._wakes.empty():      # what was told several times is one piece of news
                self._wakes.get_nowait()
        except Empty:
            return False
        finally:
            self.turned = time.monotonic()      # after a long pause the work that follows has all its time
        return True

    def pause_until_news(self, store: Store, seen: int, seconds: float) -> bool:
        """Wait until there is news, or others have written since the store was `seen`, such as the terminal's yes.

        Says whether it was the others. For where nobody can ring: each look wakes the machine.
        """
        until = time.monotonic() + seconds
        while not self.asked and not self.pause(min(LOOK, max(0.0, until - time.monotonic()))):
            if store.version() != seen:
                return True
            if time.monotonic() >= until:
                return False
        return False

    def wake(self) -> None:
        self._wakes.put(0)

    def ask(self) -> None:
        self.asked = True
        self.wake()

    def _on_signal(self, signum: int, _frame: object) -> None:
        # Only what is safe inside a handler: SimpleQueue.put is, logging and Event.set are not.
        self.asked = True
        self._wakes.put(signum)


@contextmanager
def alone_on(folder: Path) -> Iterator[IO[str]]:
    """Hold the lock of the data folder.

    Raises:
        BusyError: another process holds it.
        StorageError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = (folder / "lock").open("a")
    except OSError as error:
        raise StorageError(say("The data folder {folder} cannot be written ({words}); check `data` in mailboxes.toml "
                               "and the rights of this user", folder=folder, words=error.strerror)) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(say("Another run works on {folder}; this one leaves everything to it",
                                folder=folder)) from error
        yield handle


@contextmanager
def at_work(settings: Settings, on_loss: Callable[[], None] = lambda: None, *, ballast: bool = True,
            at_end: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock and the lease of the data folder, its disk and database looked over first; note a good end.

    `at_end` is called last, still under the lock, after a good end with the database closed.

    Without `ballast` no room is put by: 16 MiB are little for one seller, and 160 GiB for ten thousand.

    Raises:
        BusyError: another process is at work.
        StorageError: the folder is on a network disk, was moved away, or the database is damaged or cannot be used.
    """
    with alone_on(settings.data):
        must_be_here(settings.data)
        must_not_have_moved(settings.data)
        look_over(settings, now())
        if ballast:
            put_by(settings.data)
        with leased(database(settings), on_loss):
            yield
        ended_well(settings)
        at_end()


def must_not_have_moved(folder: Path) -> None:
    """Raise StorageError where `fleet move` left a mark: the seller's mails are answered from elsewhere."""
    if (folder / MOVED).exists():
        raise StorageError(say("{folder} was moved elsewhere ({mark} in it says where), so nothing is done with it",
                               folder=folder, mark=MOVED), permanent=True)


def database(settings: Settings) -> Path:
    return settings.database


def until_idle(steps: Sequence[Step], stop: Stop) -> bool:
    """Return when no step finds work, and whether one did; every step has its turn in every round."""
    did = False
    while not stop.asked and any([step() for step in steps]):  # noqa: C419 – a list: no step is passed over
        did = True
    return did


# -- one pass ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Pass:
    """What one pass met: sentences of what failed. Empty: all went well."""

    failures: list[str] = field(default_factory=list)
    stuck: dict[str, EdgeError] = field(default_factory=dict)   # what failed, by the name of its alarm

    def note(self, error: BotError, name: str = "") -> None:
        if str(error) not in self.failures:
            self.failures.append(str(error))
        if name and isinstance(error, EdgeError):
            self.stuck[name] = error

    def add(self, other: Pass) -> None:
        self.failures += [failure for failure in other.failures if failure not in self.failures]
        self.stuck |= other.stuck


def once(settings: Settings, began: float = 0.0) -> Pass:
    """Receive, read, tick and send until nothing is left to do; one mailbox that fails stops no other.

    `began`: the moment, in seconds, before the settings were read; without it the next pass is told nothing.

    Raises:
        BusyError: another process is at work.
        StorageError: the database cannot be used at all.
    """
    used, done = foreseeing.forget(settings), Pass()
    sound = try_templates(settings)
    with at_work(settings, at_end=lambda: foreseeing.foresee(settings, began if sound and not done.failures else 0)):
        killpoint("once, with the lock")
        guichet = Guichet(settings, Store(database(settings)), progress=on_terminal())
        foreseeing.hand_over(guichet.store, used)
        killpoint("once, with the database")
        done = work_through(guichet, settings.mailboxes, _receive_once, Stop(), together=True)
        killpoint("once, before the end")
        guichet.close()
    killpoint("once, without the lock")
    return done


def work_through(guichet: Guichet, mailboxes: Sequence[Mailbox], fetch: Callable[[Guichet, Mailbox], None],
                 stop: Stop, resting: Collection[str] = (), *, together: bool = False) -> Pass:
    """Receive from these mailboxes, then read, tick and send until nothing is left, or `stop` is asked.

    Only while holding the lock. `resting`: mailboxes from which nothing is sent this time; `together`: they are
    received from at once, and `fetch` is called by other threads, each with a database connection of its own.
    """
    done = Pass()
    silent: dict[str, EdgeError] = {}
    meanwhile: list[Step] = []
    if together and len(mailboxes) > 1:
        meanwhile = [lambda: _send_before_backlog(guichet, stop, resting, silent)]
        refused = _receive_together(done, guichet, mailboxes, fetch, stop, meanwhile)
    else:
        refused = _receive_in_turn(done, guichet, mailboxes, fetch, stop)
    watch_machine(guichet)
    until_idle([*reading_steps(guichet), *meanwhile], stop)
    _try(done, lambda: until_idle(resolving_steps(guichet), stop))
    _send(guichet, stop, resting, silent)
    for name, error in silent.items():
        if name not in refused:   # the same log-in is refused: told once is enough
            done.note(error, f"sending:{name}")
    until_idle(reading_steps(guichet), stop)  # what the sending has told us
    for thread in ("reading", "sending"):     # of a daemon that ran before
        alarming.end_alarm(guichet, f"thread:{thread}", now())
    keep_in_order(guichet)
    if not done.failures:
        beat(guichet.settings, guichet.store, now())
    return done


def _send(guichet: Guichet, stop: Stop, resting: Collection[str], silent: dict[str, EdgeError]) -> None:
    """Send what is ready; what cannot send is put among `silent`, which are not tried again in this pass."""
    for name, error in errands.send(guichet, now, {*resting, *silent}) if not stop.asked else ():
        _sent_safely(guichet, name, error)
        if error:
            silent[name] = error
        if stop.asked:
            break


def _send_before_backlog(guichet: Guichet, stop: Stop, resting: Collection[str], silent: dict[str, EdgeError]) -> bool:
    """Let what was written leave while only a backlog waits to be read: a mailbox's first look may take an hour."""
    if guichet.store.waiting_mails() and not guichet.store.fresh_mailboxes():
        _send(guichet, stop, resting, silent)
    return False    # whether a round follows the reading alone says


def try_templates(settings: Settings) -> bool:
    """Say at the start what is wrong with the seller's own templates, and not when a buyer waits for their words.

    Returns whether nothing is.
    """
    if not has_own_words(settings):     # the program's own are known to fit
        return True
    from bot.rehearsing import rehearse

    faults = dict.fromkeys(tried.error for tried in rehearse(settings, now(), most=1) if tried.error)
    for fault in faults:
        log.error("%s", fault)
    return not faults


def keep_in_order(guichet: Guichet) -> None:
    """What is to be done once a day; a run without anything to do costs nothing."""
    daily(guichet.settings, now())
    errands.retire_old(guichet, now())


def reading_steps(guichet: Guichet, clock: Callable[[], datetime] = now) -> list[Step]:
    """Return what is done with what was received, the clock's own step last."""
    return [lambda step=step: step(guichet, clock()) for step in errands.READING]  # type: ignore[misc]


def watch_machine(guichet: Guichet, since: datetime | None = None) -> None:
    """Look at the disk and the clock; `since`: from when on mail was fetched without a pause."""
    alarming.forget_idle(guichet)
    alarming.watch_disk(guichet, now(), free(guichet.settings.data))
    alarming.watch_clock(guichet, now(), since)


def _sent_safely(guichet: Guichet, name: str, error: EdgeError | None) -> None:
    """Raise the alarm for what cannot send, or end it."""
    if error:
        alarming.failed(guichet, f"sending:{name}", error, now())
    else:
        alarming.end_alarm(guichet, f"sending:{name}", now())


def resolving_steps(guichet: Guichet) -> list[Step]:
    return [lambda step=step: step(guichet, now()) for step in errands.RESOLVING]  # type: ignore[misc]


def _try(done: Pass, work: Callable[[], object]) -> None:
    try:
        work()
    except StorageError:
        raise
    except EdgeError as error:
        done.note(error)


Fetch = Callable[[Guichet, Mailbox], None]


def _receive_in_turn(done: Pass, guichet: Guichet, mailboxes: Sequence[Mailbox], fetch: Fetch, stop: Stop) -> list[str]:
    """Receive from one mailbox after the other; return the names of those that failed."""
    return [mailbox.name for mailbox in mailboxes
            if not stop.asked and not _receive_safely(done, guichet, mailbox, fetch)]


def _receive_together(done: Pass, guichet: Guichet, mailboxes: Sequence[Mailbox], fetch: Fetch, stop: Stop,
                      meanwhile: Sequence[Step]) -> list[str]:
    """Receive from some mailboxes at once, read meanwhile what has come, and do what else is to be done meanwhile.

    Returns the names of those that failed.
    """
    from concurrent.futures import ThreadPoolExecutor, wait

    with ThreadPoolExecutor(AT_ONCE, "receiving") as pool:
        receiving = {box.name: pool.submit(_receive_apart, guichet, box, fetch, stop) for box in mailboxes}
        while wait(receiving.values(), MEANWHILE).not_done:
            until_idle([lambda: errands.read(guichet, now()), *meanwhile], stop)
    passes = {name: one.result() for name, one in receiving.items()}
    for one in passes.values():
        done.add(one)
    return [name for name, one in passes.items() if one.failures]


def _receive_apart(shared: Guichet, mailbox: Mailbox, fetch: Fetch, stop: Stop) -> Pass:
    """Receive from one mailbox in a thread of its own."""
    guichet = Guichet(shared.settings, Store(database(shared.settings)), progress=shared.progress)
    try:
        done = Pass()
        _receive_in_turn(done, guichet, [mailbox], fetch, stop)
        return done
    finally:
        guichet.close()


def _receive_safely(done: Pass, guichet: Guichet, mailbox: Mailbox, fetch: Fetch) -> bool:
    """Receive once, and raise or end the mailbox's alarm; say whether it could be received from."""
    try:
        fetch(guichet, mailbox)
    except StorageError:
        raise
    except EdgeError as error:
        done.note(error, f"mailbox:{mailbox.name}")
        alarming.failed(guichet, f"mailbox:{mailbox.name}", error, now())
        return False
    alarming.end_alarm(guichet, f"mailbox:{mailbox.name}", now())
    return True


def _receive_once(guichet: Guichet, mailbox: Mailbox) -> None:
    if mailbox.maildir:
        receive_through(guichet, mailbox, None)
        return
    must_have_room(guichet.settings.data)
    with open_imap(mailbox) as imap:
        receive_through(guichet, mailbox, imap)


def receive_through(guichet: Guichet, mailbox: Mailbox, imap: Imap | None) -> None:
    """Keep what is new, over a connection that stands or, without one, from a Maildir; compare ledger and server."""
    must_have_room(guichet.settings.data)
    if imap is None:
        receive_maildir(guichet.store, mailbox, now(), guichet.progress)
    else:
        receive(guichet.store, mailbox, imap, now(), guichet.progress)
    reconcile(guichet, mailbox, imap, now())


# -- the daemon ----------------------------------------------------------------------------------


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT: one thread listens to the mailboxes, each Maildir, reading and sending have theirs.

    Raises:
        BusyError: another process is at work.
        StorageError: the database cannot be used at the start; later it is waited for.
    """
    from bot.listening import Listener

    stop = Stop()
    with at_work(settings, stop.ask), hung(settings.data) as bell:
        stop.listen()
        progress = on_terminal()
        sending = Worker(settings, stop, _sending(lambda: reading.stop.wake()))  # noqa: PLW0108 – made below
        reading = Worker(settings, stop, _reading(sending.stop.wake, rung=bell is not None))
        listener = Listener(settings, [box for box in settings.mailboxes if not box.maildir], reading.stop.wake,
                            progress)
        listener.rouse([reading.stop.wake, sending.stop.wake], bell)
        workers = [Worker(settings, stop, _listening(listener)),
                   *(_watcher(settings, stop, box, reading.stop.wake, progress)
                     for box in settings.mailboxes if box.maildir),
                   reading, sending, Worker(settings, stop, _beating([reading, sending]))]
        for worker in workers:
            worker.start()
        log.info(say("Guichet watches {count} mailboxes", count=len(settings.mailboxes)))
        try_templates(settings)
        while not stop.asked:
            stop.pause(3600)
        for worker in workers:
            worker.end()
        listener.end()
        until = time.monotonic() + STOP_WITHIN
        for worker in workers:
            worker.join(max(0.0, until - time.monotonic()))
        log.info(say("Stopped; nothing was left half done"))


class Worker(threading.Thread):
    """A thread that works until asked to stop; a failure outside makes it wait and try again, for ever."""

    def __init__(self, settings: Settings, stop: Stop, work: Callable[[Guichet, Stop], None]) -> None:
        super().__init__(daemon=True, name=work.__name__.strip("_"))
        self.settings, self.whole, self.stop, self.work = settings, stop, Stop(), work
        self.alarm = f"thread:{self.name}"
        self.progress: Progress | None = None

    def run(self) -> None:
        from bot.listening import SETTLED, Backoff, failed

        backoff = Backoff()
        while not self.stop.asked:
            began = time.monotonic()
            try:
                self.work(Guichet(self.settings, Store(database(self.settings)), progress=self.progress), self.stop)
            except Exception as error:  # noqa: BLE001 – ours or the world's: this thread tries again
                if self.stop.asked:
                    return
                if time.monotonic() - began > SETTLED:
                    backoff = Backoff()
                self.stop.pause(backoff.wait(failed(self.settings, self.name, self.alarm, error)))

    def end(self) -> None:
        self.stop.asked = True
        self.stop.wake()


def _watcher(settings: Settings, stop: Stop, mailbox: Mailbox, on_news: Callable[[], None],
             progress: Progress | None) -> Worker:
    watcher = Worker(settings, stop, _watching(mailbox, on_news))
    watcher.name, watcher.alarm = f"mailbox {mailbox.name}", f"mailbox:{mailbox.name}"
    watcher.progress = progress
    return watcher


def _watching(mailbox: Mailbox, on_news: Callable[[], None]) -> Callable[[Guichet, Stop], None]:
    """Return the work of receiving from a Maildir, which tells of nothing by itself."""
    def watching(guichet: Guichet, stop: Stop) -> None:
        while not stop.asked:
            must_have_room(guichet.settings.data)
            if receive_maildir(guichet.store, mailbox, now(), guichet.progress):
                on_news()
            alarming.end_alarm(guichet, f"mailbox:{mailbox.name}", now())
            reconcile(guichet, mailbox, None, now())
            stop.pause(MAILDIR_POLL)
    return watching


def _listening(listener: Listener) -> Callable[[Guichet, Stop], None]:
    def listening(guichet: Guichet, stop: Stop) -> None:
        alarming.end_alarm(guichet, "thread:listening", now())
        guichet.close()     # whoever receives has one of his own
        if not stop.asked:
            listener.listen()
    return listening


def _reading(on_news: Callable[[], None], *, rung: bool) -> Callable[[Guichet, Stop], None]:
    """Return the work of reading and deciding; `on_news` wakes whoever sends, so that no reply waits for a look.

    `rung`: other programs ring when they have written, so that nobody looks for it.
    """
    def reading(guichet: Guichet, stop: Stop) -> None:
        import schedule

        looks, steady, watched = alarming.Looks(), now() + timedelta(seconds=STEADY), time.monotonic()
        steps = [_telling(step, on_news) for step in reading_steps(guichet)]
        daily = schedule.Scheduler()    # by the clock on the wall, which may be set back: for what may wait
        daily.every(10).minutes.do(lambda: keep_in_order(guichet)).run()
        while not stop.asked:
            seen = guichet.store.version()
            if until_idle(steps[:1], stop):
                stop.pause(GIVE_WAY)
            until_idle(steps, stop)
            if time.monotonic() - watched >= PULSE / 2:
                watched = time.monotonic()
                _watch(guichet, looks, steady)
            daily.run_pending()
            patience = _patience(guichet, kept=guichet.rest())
            if rung:
                stop.pause(patience)
            elif stop.pause_until_news(guichet.store, seen, patience):
                on_news()   # one thread looks for all: these looks are half of what resting costs
    return reading


def _patience(guichet: Guichet, others: Iterable[float] = (), *, kept: bool) -> float:
    """Return the seconds until there is something to do by the seller's own clock, or is looked whether there is.

    That the clock was set the listening thread tells. `kept`: something waits to be let go of.
    """
    at = now()
    if not kept and not errands.any_due(guichet, at + timedelta(seconds=ROUND)):
        return min((until_next(ROUND), *others))
    coming = due.next_moment(guichet, at)
    return min(until_next(PULSE), *others, (coming - at).total_seconds() if coming else PULSE)


def _telling(step: Step, on_news: Callable[[], None]) -> Step:
    def told() -> bool:
        if did := step():
            on_news()
        return did
    return told


def _watch(guichet: Guichet, looks: alarming.Looks, steady: datetime) -> None:
    watch_machine(guichet, steady)
    looks.check(guichet, now(), time.monotonic())
    alarming.end_alarm(guichet, "thread:reading", now())


def _beating(watched: Sequence[Worker]) -> Callable[[Guichet, Stop], None]:
    """Return the work of giving signs of life, as long as the threads that read and send still turn."""
    def beating(guichet: Guichet, stop: Stop) -> None:
        while not stop.asked:
            lives = all(time.monotonic() - one.stop.turned < STUCK for one in watched)
            stop.pause(until_next(BEAT if lives and beat(guichet.settings, guichet.store, now()) else UNREAD))
    return beating


def _sending(on_news: Callable[[], None]) -> Callable[[Guichet, Stop], None]:
    """Return the work of sending what is ready; `on_news` wakes whoever tells what became of it.

    A mailbox that cannot send waits by itself, and the others go on.
    """
    def sending(guichet: Guichet, stop: Stop) -> None:
        from bot.listening import Backoff

        waiting: dict[str, Backoff] = {}
        guichet = replace(guichet, stays=True)
        steps = [_telling(step, on_news) for step in resolving_steps(guichet)]
        until_idle(steps, stop)
        while not stop.asked:
            resting = {name for name, backoff in waiting.items() if backoff.left()}
            did = False
            for name, error in errands.send(guichet, now, resting):
                did = True
                _sent_safely(guichet, name, error)
                if error:
                    waiting.setdefault(name, Backoff()).wait(error)
                else:
                    waiting.pop(name, None)
                if stop.asked:
                    return
            if did:
                on_news()
            alarming.end_alarm(guichet, "thread:sending", now())
            if until_idle(steps, stop):     # after what is ready: that waits for nobody
                continue
            stop.pause(_patience(guichet, (left for one in waiting.values() if (left := one.left())),
                                 kept=guichet.rest()))
    return sending
