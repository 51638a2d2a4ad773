"""One shard, served: its sellers visited when they are due, when there is news, or when somebody asks for it.

A job serves a shard as long as nobody else needs its place, since an IDLE connection lives in one process. It gives
way when its worker holds more than its share of the host's shards, or when shards wait that no worker has room for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Condition, get_ident
from typing import Any

from bot.core.errors import BotError
from bot.edges.clock import now
from bot.fleet.addressing import FleetError
from bot.fleet.directory import Directory, Seller, Turn
from bot.fleet.lines import Contexts
from bot.fleet.visiting import Kept, Readers, Visited, rests_whole, visit
from bot.words import say

log = logging.getLogger(__name__)

THREADS = 8             # visits at work at a time, of all shards of a process
SLOW = 3.0              # seconds after which a visit counts as one that waits for a silent server
MOST = 64               # visits at a time, those that wait among them
LOOK = 5.0              # seconds between two looks at the directory and at what the seller ordered himself
VISIT = 300.0           # seconds between two visits, whatever happens
PROBE = 60.0            # seconds between two looks over a standing line, as the daemon's poll
LIMIT = 120.0           # seconds for one visit; after it the others go on without waiting for it
SLICE = 60.0            # seconds a shard is served at least before it gives way to one that waits
AT_THE_END = 4.0        # seconds for the visits in hand once asked to stop


class Berths:
    """How many visits may be at work. One that is slow holds no berth: a mail host that is silent keeps nobody else."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._since: dict[int, float] = {}
        self._turn = Condition()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._turn:
            while not self._free():
                self._turn.wait(SLOW / 3)
            self._since[get_ident()] = time.monotonic()
        try:
            yield
        finally:
            with self._turn:
                del self._since[get_ident()]
                self._turn.notify()

    def _free(self) -> bool:
        return sum(time.monotonic() - since < SLOW for since in self._since.values()) < self._count


class Crew:
    """What the shards of one process share. `name` tells this worker from all others."""

    def __init__(self, directory: Directory, name: str, host: str, slots: int, threads: int = THREADS) -> None:
        self.directory, self.name, self.host, self.slots = directory, name, host, slots
        self.readers, self.contexts = Readers(), Contexts()
        self.berths = Berths(threads)
        self.pool = ThreadPoolExecutor(MOST, thread_name_prefix="visit")
        self.trying = ThreadPoolExecutor(MOST // 2, thread_name_prefix="again")     # who failed at his last visit
        self.asking = ThreadPoolExecutor(2, thread_name_prefix="directory")
        self.held: set[int] = set()
        self.ending = False         # for good
        self.dropped = False        # until PostgreSQL is back

    @property
    def queue(self) -> str:
        return f"shards of {self.host}"

    async def ask(self, question: Callable[..., Any], *given: Any) -> Any:
        """Ask the directory, while other shards go on."""
        return await asyncio.get_running_loop().run_in_executor(self.asking, lambda: question(*given))

    @property
    def stopping(self) -> bool:
        return self.ending or self.dropped

    def close(self) -> None:
        for pool in (self.pool, self.trying):
            pool.shutdown(wait=False, cancel_futures=True)
        self.asking.shutdown(wait=False, cancel_futures=True)
        self.readers.rest(0)


class Place:
    """A seller in his shard: when he is due, and what is being done for him."""

    def __init__(self, seller: Seller, crew: Crew) -> None:
        self.seller, self.crew, self.kept = seller, crew, Kept(seller, crew.contexts)
        self.due = 0.0
        self.probed = time.monotonic()
        self.visited = 0
        self.work: Future[Visited | bool] | None = None
        self.began: float | None = None     # when the work in hand was
        self.watched: list[int] = []
        self._stamp: tuple[float, ...] = ()
        self._looked = 0.0

    def refresh(self, seller: Seller) -> None:
        if seller.poked and (not self.seller.poked or seller.poked > self.seller.poked):
            self.due = 0.0
        rests = self.seller.rests if self.visited else seller.rests
        self.seller = self.kept.seller = Seller(**{**_fields(seller), "rests": rests})

    def is_due(self) -> bool:
        """Say whether a visit is due: by the time, or by what the seller wrote into his database himself."""
        if self.due > time.monotonic() >= self._looked + LOOK:
            self._looked = time.monotonic()
            if self._stamp != self._stamped():
                self.due = 0.0
        return self.due <= time.monotonic()

    def is_to_be_probed(self) -> bool:
        return bool(self.kept.lines) and time.monotonic() - self.probed >= PROBE

    def _stamped(self) -> tuple[float, ...]:
        """Return when the seller's database was last written, and its journal: his own orders come that way."""
        times = []
        with suppress(BotError):
            path = self.kept.settings().database
            for one in (path, path.with_name(path.name + "-wal")):
                with suppress(OSError):
                    times.append(one.stat().st_mtime)
        return tuple(times)

    def start(self, wake: Callable[[], None]) -> None:
        self.deafen()
        self.began, self.probed = None, time.monotonic()
        pool = self.crew.trying if self.seller.rests else self.crew.pool
        self.work = pool.submit(self._at_berth, self._visit if self.is_due() else self._probe)
        self.work.add_done_callback(lambda _: wake())

    def _at_berth(self, work: Callable[[], Visited | bool]) -> Visited | bool:
        with self.crew.berths.held():
            self.began = time.monotonic()
            return work() if not self.crew.stopping else False

    def _visit(self) -> Visited:
        return visit(self.kept, self.crew.readers)

    def _probe(self) -> bool:
        return any([line.look() for line in self.kept.lines.values()])  # noqa: C419 – each line is looked over

    def settle(self) -> Visited | None:
        """Take up what ended; a fault of our own is told whole, and rests this seller alone."""
        work, self.work = self.work, None
        assert work
        if fault := work.exception():
            log.error(say("Seller {name}: the program itself has a fault", name=self.seller.name), exc_info=fault)
            self.due = time.monotonic() + VISIT
            return None
        found = work.result()
        if isinstance(found, bool):
            self.due = 0.0 if found else self.due
            return None
        self.visited += 1
        self.due = time.monotonic() + (LOOK * 2 if found.busy else VISIT)
        self.seller = self.kept.seller = Seller(**{**_fields(self.seller), "rests": found.rests})
        self._stamp = self._stamped()
        if found.polled:
            self.due = time.monotonic() + PROBE
        if found.stirred:
            self.due = 0.0
        return None if found.busy else found

    def is_late(self) -> bool:
        running = self.work is not None and not self.work.done()
        return running and self.began is not None and time.monotonic() - self.began > LIMIT

    # ---- news

    def hearken(self, wake: Callable[[Place], None]) -> None:
        """Have the loop tell when a line becomes readable."""
        loop = asyncio.get_running_loop()
        for line in self.kept.lines.values():
            if line.listening is not None:
                loop.add_reader(line.listening, wake, self)
                self.watched.append(line.listening)
        wake(self)      # what came while we began to listen lies in our own buffer

    def stirs(self) -> bool:
        """Say whether one of the lines has news: a server passes the time with words that are none."""
        return any(line.stirs() for line in self.kept.lines.values())

    def deafen(self) -> None:
        loop = asyncio.get_running_loop()
        for descriptor in self.watched:
            loop.remove_reader(descriptor)
        self.watched.clear()


def _fields(seller: Seller) -> dict[str, Any]:
    return {name: getattr(seller, name) for name in Seller.__dataclass_fields__}


class Shard:
    """A shard while this process serves it."""

    def __init__(self, number: int, crew: Crew) -> None:
        self.number, self.crew = number, crew
        self.places: dict[str, Place] = {}
        self.found: list[Visited] = []
        self._news = asyncio.Event()
        self._began = time.monotonic()

    async def serve(self) -> None:
        """Serve until asked to stop, or until somebody else needs the place.

        Raises:
            FleetError: the directory is not there.
        """
        await self.crew.ask(self.crew.directory.claim, self.number, self.crew.name)
        try:
            while not self.crew.stopping:
                turn = await self.crew.ask(self.crew.directory.turn, self.number, self.crew.queue)
                if turn.worker != self.crew.name:
                    break
                self._take(turn)
                await self._go_round(LOOK)
                await self._tell()
                if self._gives_way(turn):
                    break
        finally:
            await self._end()
        await self._tell()

    def _gives_way(self, turn: Turn) -> bool:
        if not any(place.seller.state == "active" for place in self.places.values()):
            return True
        if len(self.crew.held) > turn.share:
            return True
        seen = all(place.visited or place.work for place in self.places.values())
        return turn.crowded and seen and time.monotonic() - self._began > SLICE

    def _take(self, turn: Turn) -> None:
        """Take over who belongs to the shard now."""
        active = {one.name: one for one in turn.sellers if one.state == "active"}
        for name in [name for name in self.places if name not in active and not self.places[name].work]:
            place = self.places.pop(name)
            place.deafen()
            place.kept.close()
        for name, seller in active.items():
            if name not in self.places or self.places[name].seller.folder != seller.folder:
                self.places[name] = Place(seller, self.crew)
            self.places[name].refresh(seller)
        self.gone = set(self.places) - set(active)

    async def _go_round(self, seconds: float) -> None:
        """Start who is due and settle who is done, for some seconds."""
        until, at = time.monotonic() + seconds, now()
        while not self.crew.stopping:
            self._settle()
            for place in self.places.values():
                resting = rests_whole(place.seller, at)
                if place.work is None and not resting and place.seller.name not in self.gone and (
                        place.is_due() or place.is_to_be_probed()):
                    place.start(self._wake())
            left = until - time.monotonic()
            if left <= 0:
                return
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left, 1.0))
            self._news.clear()

    def _wake(self) -> Callable[[], None]:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):    # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._news.set)
        return wake

    def _heard(self, place: Place) -> None:
        if place.work or not place.stirs():
            return
        place.deafen()
        place.due = 0.0
        self._news.set()

    def _settle(self) -> None:
        for place in self.places.values():
            if place.is_late():
                log.warning("%s", say("Seller {name}: his visit takes longer than {seconds:.0f} s and is ended; what "
                                      "is left is done at the next", name=place.seller.name, seconds=LIMIT))
                place.began = time.monotonic()
                place.kept.end()
            if place.work is None or not place.work.done():
                continue
            if found := place.settle():
                self.found.append(found)
            place.hearken(self._heard)

    async def _tell(self) -> None:
        """Write down what the visits found, all at once."""
        found, self.found = self.found, []
        if found:
            for one in found:
                for failure in one.failures:
                    log.warning("%s", say("Seller {name}: {failure}", name=one.name, failure=failure))
            await self.crew.ask(self.crew.directory.note, [one.row() for one in found])

    async def _end(self) -> None:
        """End what is in hand: asked to stop, a visit ends after its step; what is being sent is settled first."""
        running = [place for place in self.places.values() if place.work and not place.work.done()]
        for place in running:
            if place.work and not place.work.cancel():
                place.kept.stop.ask()
        until = time.monotonic() + AT_THE_END
        while any(place.work and not place.work.done() for place in running) and time.monotonic() < until:
            await asyncio.sleep(0.05)
        for place in self.places.values():
            place.deafen()
            if place.work and place.work.done() and not place.work.cancelled() and (found := place.settle()):
                self.found.append(found)
        for place in self.places.values():
            if place.work and not place.work.done():    # it ends as its server's line is cut
                place.kept.end()
                place.work.add_done_callback(place.kept.close_after)
        await self.crew.ask(_close_all, [place.kept for place in self.places.values()
                                         if place.work is None or place.work.done()])


def _close_all(idle: Sequence[Kept]) -> None:
    for kept in idle:
        kept.close()


async def served(crew: Crew, number: int) -> bool:
    """Serve a shard if this worker has not got its share already; say whether it did."""
    share = await crew.ask(crew.directory.share, crew.host)
    if len(crew.held) >= share or crew.stopping or number in crew.held:
        return False
    crew.held.add(number)
    try:
        await Shard(number, crew).serve()
    except FleetError:
        if not crew.stopping:
            raise
    finally:
        crew.held.discard(number)
    return True
