"""Where the program's own time goes: one pass in a process that times what it calls, by stage.

Each function named in STAGES is timed less what the others of them take within it, in CPU seconds of its thread and
on the clock (a commit waits for the disk, and a read for the child). What the child processes took is added to read's.
A stage of which nothing is there any more is told.

    python -m benchmarks.stages MAILBOXES.toml OUT.json      runs `once`
"""

from __future__ import annotations

import inspect
import json
import os
import sqlite3
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

# What is done for a mail, and what of ours does it. Of two, the inner one is charged.
STAGES: dict[str, tuple[str, ...]] = {
    "fetch": ("bot.edges.imap:Imap.connect", "bot.edges.imap:Imap.folder", "bot.edges.imap:Imap.new_uids",
              "bot.edges.imap:Imap.all_uids", "bot.edges.imap:Imap.fetch", "bot.receiving:receive"),
    "keep": ("bot.edges.store:Store.keep",),
    "read": ("bot.edges.reader:Reader.read", "bot.edges.reader:Reader.read_many"),
    "recognise + parse": ("bot.understanding:taken_over",),
    "handle": ("bot.reading:read_one", "bot.reading:read_some", "bot.pipeline:handle"),
    "render + build": ("bot.writing:write_reply", "bot.writing:tell_seller", "bot.writing:write_to_seller",
                       "bot.writing:freeze", "bot.writing:frozen", "bot.writing:bytes_of", "bot.writing:renewed"),
    "clock": ("bot.ticking:tick", "bot.ticking:catch_up"),
    "send": ("bot.sending:send_ready", "bot.edges.smtp:Smtp.send"),
    "mark sent": ("bot.settling:sent",),
    "look again": ("bot.reconciling:reconcile",),
}
COMMIT = "commit"
REST = "start and the rest"


class Clock:
    """Seconds by stage: CPU of the thread, and on the clock."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = defaultdict(float)
        self.wall: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self.of_sending = 0.0           # seconds of the commits within sending
        self._here = threading.local()

    def _turn(self, change: Callable[[list[str]], object]) -> None:
        """Charge what passed to the stage at work, then let another begin or the last go on."""
        now, used = time.perf_counter(), time.thread_time()
        stack: list[str] = self._here.__dict__.setdefault("stack", [])
        if stack:
            wall, cpu = self._here.since
            self.cpu[stack[-1]] += used - cpu
            self.wall[stack[-1]] += now - wall
            if stack[-1] == COMMIT and {"send", "mark sent"} & set(stack):
                self.of_sending += now - wall
        change(stack)
        self._here.since = time.perf_counter(), time.thread_time()

    def enter(self, stage: str) -> None:
        self._turn(lambda stack: stack.append(stage))

    def leave(self) -> None:
        self._turn(lambda stack: stack.pop())

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):
            return self._timed_steps(stage, function)

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.calls[stage] += 1
            self.enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()
        return timed

    def _timed_steps(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Iterator[Any]:
            self.calls[stage] += 1
            steps = function(*args, **kwargs)
            while True:
                self.enter(stage)
                try:
                    found = next(steps)
                except StopIteration:
                    return
                finally:
                    self.leave()
                yield found
        return timed


def install(clock: Clock) -> list[str]:
    """Time all of STAGES, and every COMMIT; return the stages of which nothing is there."""
    import bot.cli
    import bot.edges.imap
    import bot.edges.smtp
    import bot.loop  # noqa: F401 – so that every name is taken before it is replaced

    missing = [stage for stage, names in STAGES.items()
               if not any([_time(clock, stage, name) for name in names])]  # noqa: C419 – a list: none is passed over
    _time_commits(clock)
    return missing


def _time(clock: Clock, stage: str, name: str) -> bool:
    """Time one function, wherever it is called from; say whether there is one of that name."""
    module_name, _, path = name.partition(":")
    owner: Any = import_module(module_name)
    *outer, last = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    if (found := getattr(owner, last, None)) is None:
        return False
    _replace(owner, last, found, clock.timed(stage, found))
    return True


def _replace(owner: Any, last: str, old: Any, new: Any) -> None:
    """Put a function in another's place, also where it was imported by name."""
    setattr(owner, last, new)
    if not inspect.ismodule(owner):
        return
    for module in [one for name, one in sys.modules.items() if name.startswith("bot")]:
        for name, value in list(vars(module).items()):
            if value is old:
                setattr(module, name, new)


def _time_commits(clock: Clock) -> None:
    """Have every connection be one that times its COMMIT."""
    class Timed(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if sql != "COMMIT" and not sql.startswith("PRAGMA wal_checkpoint"):
                return super().execute(sql, *args)
            clock.calls[COMMIT] += 1
            clock.enter(COMMIT)
            try:
                return super().execute(sql, *args)
            finally:
                clock.leave()

    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **kwargs: connect(*args, **{"factory": Timed, **kwargs})


def main(settings: str, out: str) -> None:
    clock = Clock()
    missing = install(clock)
    import bot.cli

    began = time.perf_counter()
    code = bot.cli.main(["--config", settings, "once"])
    used = os.times()
    clock.cpu["read"] += used.children_user + used.children_system
    clock.cpu[REST] = sum(used[:4]) - sum(clock.cpu.values())
    clock.wall[REST] = time.perf_counter() - began - sum(clock.wall.values())
    Path(out).write_text(json.dumps({
        "code": code, "missing": missing, "commits": clock.calls[COMMIT], "commits_of_sending": clock.of_sending,
        "wall": time.perf_counter() - began, "cpu": dict(clock.cpu), "clock": dict(clock.wall)}), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
