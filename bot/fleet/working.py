"""The worker: a process that takes shards as procrastinate's jobs, and outlives a PostgreSQL that goes away.

A shard is a job with `lock` and `queueing_lock` of its own: one runs, at most one waits. A worker that dies leaves its
jobs running in the table; whoever tends the queue sees its heart stand still and has them taken over.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.fleet import watching
from bot.fleet.addressing import Address, FleetError
from bot.fleet.directory import ALIVE, Directory
from bot.fleet.serving import AT_THE_END, Crew, served
from bot.words import say

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job

log = logging.getLogger(__name__)

SLOTS = 20              # shards of one worker
BEAT = 5.0              # seconds between two signs of life
TRIM = 6                # beats between two times that free memory is given back
M_ARENA_MAX = -8        # glibc's malloc.h
TEND = 10               # seconds between two looks at the queue
AGAIN = 10.0            # seconds, at most, between two tries to reach PostgreSQL
TURN_AWAY = 3           # seconds after which a shard is offered again that a worker had no room for


def here() -> str:
    return socket.gethostname()


def work(address: Address, *, host: str, slots: int = SLOTS, threads: int | None = None) -> None:
    """Serve the shards of a host until SIGTERM or SIGINT; wait where PostgreSQL is not there.

    Raises:
        FleetError: there is no fleet in this database, or the address is wrong.
    """
    with Directory(address) as directory:
        directory.everyone()    # a wrong address, or no fleet in it, ends it before it begins
    _many_files()
    _few_arenas()
    for name in ("procrastinate", "psycopg.pool", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)      # a PostgreSQL that restarts is told by us, in one line
    asyncio.run(Worker(address, host, slots, threads).run())


def _many_files() -> None:
    """Ask for as many open files as may be had: a mailbox is one, and the usual 1,024 are soon used up."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536) if hard > 0 else 65_536), hard))


def _few_arenas() -> None:
    """Have glibc keep two heaps, not eight a core: visits in many threads would leave holes in each."""
    with suppress(OSError, AttributeError):     # musl has one, and no such call
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _give_back() -> None:
    """Give back to the system what lies free in the heaps: a wave of visits needs it, and may be hours away."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Worker:
    """The process: its name, and the tasks that end together."""

    def __init__(self, address: Address, host: str, slots: int, threads: int | None) -> None:
        self.address, self.host, self.slots = address, host, slots
        self.name = f"{host}/{os.getpid()}/{secrets.token_hex(4)}"
        self.directory = Directory(address)
        more = {"threads": threads} if threads else {}
        self.tasks: list[asyncio.Task[None]] = []
        self.crew = Crew(self.directory, self.name, host, slots, **more)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, self._end)
        pause = 1.0
        log.info("%s", say("Worker {name} serves up to {slots} shards of {host}", name=self.name, slots=self.slots,
                           host=self.host))
        while not self.crew.ending:
            began = loop.time()
            self.crew.dropped = False
            reason = await self._until_something_ends()
            if self.crew.ending:
                break
            pause = 1.0 if loop.time() - began > 60 else min(AGAIN, pause * 2)
            log.warning("%s", say("PostgreSQL went away ({reason}); next try in {seconds:.0f} s", reason=reason,
                                  seconds=pause))
            await self._sleep(pause)
        self.crew.close()
        with suppress(FleetError):
            self.directory.go(self.name)
        self.directory.close()
        log.info("%s", say("Worker {name} has stopped", name=self.name))

    def _end(self) -> None:
        self.crew.ending = True
        self._stop()

    def _stop(self) -> None:
        self.crew.dropped = True
        for task in self.tasks:
            task.cancel()

    async def _sleep(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        while not self.crew.ending and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.1)

    async def _until_something_ends(self) -> str:
        """Work until PostgreSQL goes away or we are asked to end; return what was said of it."""
        from procrastinate.exceptions import ConnectorException

        app = self.app()
        try:
            await self._once(lambda: self.directory.beat(self.name, self.host, self.slots))
            async with app.open_async():
                await tend(app, self.crew)
                self.tasks = [asyncio.create_task(one) for one in (self._shards(app), self._tending(app),
                                                                  self._beating())]
                if self.crew.ending:
                    self._stop()
                done, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
                self._stop()
                await asyncio.wait(self.tasks, timeout=60)
                return next((_first_line(fault) for task in done if not task.cancelled()
                             and (fault := task.exception())), "-")
        except (ConnectorException, FleetError, OSError) as error:
            return _first_line(error)

    async def _once(self, question: Callable[[], None]) -> None:
        await self.crew.ask(question)

    async def _beating(self) -> None:
        turn = 0
        while not self.crew.stopping:
            await self.crew.ask(self.directory.beat, self.name, self.host, self.slots)
            self.crew.readers.rest()
            if (turn := turn + 1) % TRIM == 0:
                await asyncio.to_thread(_give_back)
            await asyncio.sleep(BEAT)

    def _shards(self, app: App) -> Coroutine[Any, Any, None]:
        return app.run_worker_async(
            queues=[self.crew.queue], name=self.name, concurrency=self.slots, fetch_job_polling_interval=2.0,
            shutdown_graceful_timeout=AT_THE_END + 2, **_HEART)

    def _tending(self, app: App) -> Coroutine[Any, Any, None]:
        return app.run_worker_async(queues=[f"tending {self.host}"], name=f"{self.name} tends", concurrency=1,
                                    fetch_job_polling_interval=2.0, shutdown_graceful_timeout=2.0, **_HEART)

    def app(self) -> App:
        """Return procrastinate's side of it: the tasks, and when those are due that come again and again."""
        from procrastinate import App, PsycopgConnector

        app = App(connector=PsycopgConnector(conninfo=self.address.conninfo(), min_size=1, max_size=6, timeout=10,
                                             reconnect_timeout=10))
        crew = self.crew

        @app.task(name="serve", queue=crew.queue, retry=_pauses())
        async def serve(number: int) -> None:
            if not await served(crew, number):
                await offer(app, crew.queue, number, TURN_AWAY)

        def again_and_again(cron: str, name: str, step: Callable[[], Awaitable[object]]) -> None:
            @app.periodic(cron=cron, periodic_id=self.host)
            @app.task(name=name, queue=f"tending {self.host}", queueing_lock=f"{name}:{self.host}",
                      retry=_pauses(again=False))
            async def turn(timestamp: int) -> None:     # noqa: ARG001 – procrastinate's own argument
                await step()

        # The sixth field is the seconds, as croniter reads it.
        # No `lock` here: one held by a dead worker would keep away the very step that lets go of it.
        again_and_again(f"* * * * * */{TEND}", "tend", lambda: tend(app, crew))
        again_and_again("* * * * * */15", "warnings", lambda: crew.ask(self.directory.poke_due, self.host))
        again_and_again("*/10 * * * * 17", "digests and backups",
                        lambda: crew.ask(self.directory.poke_unseen, self.host))
        again_and_again("* * * * * */30", "alarm", lambda: crew.ask(watching.alarm, self.directory, self.host))
        return app


_HEART: dict[str, Any] = {"install_signal_handlers": False, "update_heartbeat_interval": BEAT,
                          "stalled_worker_timeout": float(ALIVE), "delete_jobs": "always"}


def _first_line(error: BaseException) -> str:
    return str(error.__cause__ or error).strip().partition("\n")[0][:200] or type(error).__name__


def _pauses(*, again: bool = True) -> Any:
    """Return how procrastinate tries a shard again that failed as a whole: after 2, 4 … 300 s, for ever.

    What comes again and again anyway is only told.
    """
    from procrastinate import BaseRetryStrategy, RetryDecision

    class Pauses(BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
            seconds = min(300, 2 ** min(job.attempts + 1, 9))
            if not isinstance(exception, asyncio.CancelledError):
                log.error("%s", say("The job «{name}» failed ({reason})", name=job.lock or job.task_name,
                                    reason=_first_line(exception)),
                          exc_info=None if isinstance(exception, FleetError) else exception)
            return RetryDecision(retry_in={"seconds": seconds}) if again else None

    return Pauses()


async def offer(app: App, queue: str, number: int, seconds: int = 0) -> None:
    """Offer a shard to the workers, unless it is offered already."""
    from procrastinate.exceptions import AlreadyEnqueued

    with suppress(AlreadyEnqueued):
        await app.configure_task("serve", queue=queue, lock=f"shard:{number}", queueing_lock=f"shard:{number}",
                                 schedule_in={"seconds": seconds}).defer_async(number=number)


async def tend(app: App, crew: Crew) -> None:
    """Have taken over what a dead worker left running, and offer every shard that nobody serves."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=ALIVE):
        await _free(app, job)
    for number in await crew.ask(crew.directory.unqueued, crew.host):
        await offer(app, crew.queue, number)


async def _free(app: App, job: Job) -> None:
    """Let go of a job whose worker is dead: its shard is offered anew by the next step."""
    from procrastinate.jobs import Status

    assert job.id is not None
    await app.job_manager.finish_job_by_id_async(job_id=job.id, status=Status.FAILED, delete_job=True)
    log.warning("%s", say("A worker is gone; what it served is taken over ({work})", work=job.lock or job.task_name))
