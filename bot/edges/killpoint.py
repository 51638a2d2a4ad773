"""Where a test kills the program, as a power cut would: at a named point, at its n-th passage.

Nothing happens unless the environment asks: GUICHET_KILL="smtp after dot#2" kills there at the second passage,
GUICHET_PASSED names a file that gets one line a passage. The commits of the database name themselves, after who
asked for them, so that none can be forgotten; what is done outside is named here by hand.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from itertools import pairwise

KILL, _, _NTH = os.environ.get("GUICHET_KILL", "").partition("#")
PASSED = os.environ.get("GUICHET_PASSED", "")

_passages: Counter[str] = Counter()


def killpoint(name: str) -> None:
    """Die here by SIGKILL, if a test wants it."""
    if KILL or PASSED:
        _pass(name)


def killpoint_of_commit(when: str) -> None:
    """Die before or after a commit, which is named after the functions that asked for it."""
    if KILL or PASSED:
        _pass(f"{when} commit of {_asker()}")


def pieces(whole: bytes, *cuts: int) -> list[bytes]:
    """Part what goes out in one go, so that a test may kill between two of its parts; else it stays one."""
    if not (KILL or PASSED):
        return [whole]
    return [whole[at:to] for at, to in pairwise([0, *cuts, len(whole)])]


def _pass(name: str) -> None:
    _passages[name] += 1
    if PASSED:
        with open(PASSED, "a", encoding="utf-8") as file:
            file.write(f"{name}\n")
    if name == KILL and _passages[name] == int(_NTH or 1):
        import signal

        os.kill(os.getpid(), signal.SIGKILL)


def _asker() -> str:
    """Return who wants a commit, as module.function, and by which method of the store."""
    frame, method = sys._getframe(2), ""
    while frame.f_back and frame.f_globals.get("__name__") in (__name__, "contextlib", "bot.edges.store"):
        name = frame.f_code.co_name
        if frame.f_globals.get("__name__") == "bot.edges.store" and name not in ("write_tx", "_transaction", "run"):
            method = name
        frame = frame.f_back
    module = str(frame.f_globals.get("__name__", "")).removeprefix("bot.")
    return f"{module}.{frame.f_code.co_name}" + (f" ({method})" if method else "")
