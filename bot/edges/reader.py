"""Mails read in a child process: what a mail may do to its reader, it does not do to the program.

The child is started at the first mail and kept. One mail is one question and one answer over a socket pair;
pickled both ways, but what comes back may only be made of the core's own classes. The child has neither the
program's surroundings (no password), nor its files, nor its memory.
"""

from __future__ import annotations

import pickle
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import Any, Never
from weakref import finalize

from bot import words
from bot.core import message
from bot.core.dkim import Keys
from bot.core.errors import BotError, UnreadableError
from bot.core.message import Message
from bot.edges import EdgeError
from bot.words import say

SECONDS = 5.0  # wall time for one mail, questions to the caller not counted
MEMORY = 256 * 2**20  # bytes of address space of the child, its program included
GRACE = 1.0  # seconds after which the parent ends a child that did not end itself
START_WITHIN = 30.0  # seconds; a machine that is starting up is slow
MOST_MAILS = 500  # mails after which a new child takes over: memory once asked for is seldom given back
BIG = 4 * 2**20  # bytes; after a mail that long, too
REST = 60.0  # seconds without a mail after which the child is sent home

_FRAME = struct.Struct("!cQ")
_READY, _MAIL, _ASKS, _ANSWER, _READ, _UNREADABLE = b"R", b"M", b"A", b"T", b"D", b"U"
_FULL = 71  # the child's exit status where its memory did not suffice
_ROOT = Path(__file__).resolve().parents[2]
_CHILD = "import sys; sys.path[:] = {path!r}; from bot.edges.reader import serve; serve()"
_PLAIN = frozenset({("datetime", "datetime"), ("datetime", "timezone"), ("datetime", "timedelta"),
                    ("builtins", "frozenset"), ("builtins", "set")})


TROUBLES = frozenset({"timeout", "memory", "crashed"})  # what a mail did to the child


class Reader:
    """Reads mails as `message.read` does, elsewhere. For one thread; costs nothing before the first mail."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self._child: _Child | None = None
        self._mails = 0
        self._used = 0.0

    def read(self, raw: bytes, *, trusted: frozenset[str] = frozenset(), keys: Keys | None = None,
             received: datetime | None = None) -> Message:
        """Return the mail as a Message; `keys` is asked here, for the child reaches nothing outside.

        Raises:
            UnreadableError: as `message.read` does; or `timeout`, `memory`, `crashed`: then the child is gone,
                and the next mail gets a new one.
            EdgeError: no child could be started; the mail has no part in it.
        """
        child = self._child = self._child or _Child(self.memory)
        self._mails += 1
        try:
            return child.read(raw, trusted, keys, received, self.seconds)
        except UnreadableError as trouble:
            if trouble.code in TROUBLES:
                self.close()
            raise
        except BaseException:
            self.close()  # between question and answer: it would answer the next mail with this one
            raise
        finally:
            self._used = time.monotonic()
            if self._mails >= MOST_MAILS or len(raw) > BIG:
                self.close()

    @property
    def pid(self) -> int | None:
        """The child's process number, None while there is none."""
        return self._child.process.pid if self._child else None

    def rest(self, idle: float = REST) -> None:
        """Send the child home if it had no mail for `idle` seconds: waiting should cost no memory."""
        if self._child and time.monotonic() - self._used >= idle:
            self.close()

    def close(self) -> None:
        """End the child; the next mail starts another. Never raises."""
        child, self._child, self._mails = self._child, None, 0
        if child is not None:
            child.end()


def trouble(code: str) -> UnreadableError:
    """Return the sentence for what a mail did to the child."""
    if code == "timeout":
        return UnreadableError(code, say("Reading the mail took more than {seconds:.0f} s; look at it in your mail "
                                         "program", seconds=SECONDS))
    if code == "memory":
        return UnreadableError(code, say("Reading the mail took more than {limit} MiB of memory; look at it in your "
                                         "mail program", limit=MEMORY >> 20))
    return UnreadableError(code, say("The mail ended the program that reads mails; look at it in your mail program"))


# -- in the program ------------------------------------------------------------------------------


class _Child:
    """One child process and our end of the socket pair."""

    def __init__(self, memory: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self.process = _start(theirs)
            except OSError as error:
                ours.close()
                raise EdgeError(say("The program that reads mails could not be started ({words}); the mail waits",
                                    words=error.strerror)) from error
        self.line = ours
        self.end = finalize(self, _end, self.process, ours)
        self._greet(memory)

    def _greet(self, memory: int) -> None:
        try:
            self.line.settimeout(START_WITHIN)
            _send(self.line, _READY, memory)
            _receive(self.line)
        except (OSError, EOFError) as error:
            self.end()
            raise EdgeError(say("The program that reads mails could not be started ({words}); the mail waits",
                                words=type(error).__name__)) from error

    def read(self, raw: bytes, trusted: frozenset[str], keys: Keys | None, received: datetime | None,
             seconds: float) -> Message:
        until = time.monotonic() + seconds + GRACE
        tag, told = self._ask(until, _MAIL, (raw, trusted, keys is not None, received, words.current(), seconds))
        while tag == _ASKS and keys is not None:
            asked = time.monotonic()
            answer = _looked_up(keys, str(told))
            until += time.monotonic() - asked
            tag, told = self._ask(until, _ANSWER, answer)
        return _believed(tag, told)

    def _ask(self, until: float, tag: bytes, told: object) -> tuple[bytes, Any]:
        try:
            self._within(until)
            _send(self.line, tag, told)
            self._within(until)
            return _receive(self.line)
        except TimeoutError:
            raise trouble("timeout") from None
        except (OSError, EOFError):
            raise trouble(self._why_gone()) from None

    def _within(self, until: float) -> None:
        self.line.settimeout(max(0.01, until - time.monotonic()))

    def _why_gone(self) -> str:
        """Return what ended the child: its alarm and its share of the processor are limits of ours."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        ended = self.process.returncode
        if ended in (-signal.SIGALRM, -signal.SIGXCPU):
            return "timeout"
        return "memory" if ended == _FULL else "crashed"


def _looked_up(keys: Keys, name: str) -> tuple[bytes | None, str]:
    """Return a key, and why there is none to be had just now."""
    try:
        return keys(name), ""
    except BotError as error:
        return None, str(error)


def _believed(tag: bytes, told: Any) -> Message:
    if tag == _READ and isinstance(told, Message):
        return told
    if tag == _UNREADABLE and isinstance(told, UnreadableError):
        raise told
    raise trouble("crashed")


def _start(theirs: socket.socket) -> subprocess.Popen[bytes]:
    path = [str(_ROOT), *(entry for entry in sys.path if entry and entry != str(_ROOT))]
    # -S -E: sys.path is ours already, and looking for it takes a third of the start
    return subprocess.Popen(  # noqa: S603 – this very program, and no word of it comes from outside
        [sys.executable, "-S", "-E", "-B", "-X", "utf8", "-c", _CHILD.format(path=path)],
        stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={}, cwd="/")


def _end(process: subprocess.Popen[bytes], line: socket.socket) -> None:
    line.close()
    process.kill()
    process.wait()


# -- both ends -----------------------------------------------------------------------------------


def _send(line: socket.socket, tag: bytes, told: object) -> None:
    packed = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
    line.sendall(_FRAME.pack(tag, len(packed)))
    line.sendall(packed)


def _receive(line: socket.socket) -> tuple[bytes, Any]:
    """Return the next frame.

    Raises:
        EOFError: the other end is gone, or speaks otherwise.
        OSError: so is the line; TimeoutError: it is silent.
    """
    tag, length = _FRAME.unpack(_exactly(line, _FRAME.size))
    try:
        return tag, _Answer(BytesIO(_exactly(line, length))).load()
    except (pickle.UnpicklingError, AttributeError, ImportError, IndexError, TypeError, ValueError) as error:
        raise EOFError(type(error).__name__) from None


def _exactly(line: socket.socket, length: int) -> bytearray:
    if length > MEMORY:
        raise EOFError("a frame longer than the child's memory")
    until = time.monotonic() + (line.gettimeout() or 0)
    got = bytearray(length)
    view, have = memoryview(got), 0
    while have < length:
        if line.gettimeout() is not None:
            line.settimeout(max(0.01, until - time.monotonic()))
        if not (count := line.recv_into(view[have:])):
            raise EOFError("the other end is gone")
        have += count
    return got


class _Answer(pickle.Unpickler):
    """Makes the core's own classes and a few plain ones: nobody who took over the child can call anything here."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _member
        found = super().find_class(module, name) if (module, name) in _PLAIN or module.startswith("bot.core.") else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no value")
        return found


def _member(of: object, name: str) -> Enum:
    """Return an enumeration's member: Python 3.11.0 to 3.11.3, Debian 12's among them, pickle it as a getattr."""
    if isinstance(of, type) and issubclass(of, Enum):
        return of[name]
    raise pickle.UnpicklingError("only an enumeration has members")


# -- in the child --------------------------------------------------------------------------------


def serve() -> Never:
    """Read mails until the program at the other end is gone. Never returns."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the terminal and systemd tell all; we go when the program goes
        signal.signal(number, signal.SIG_IGN)
    try:
        with suppress(OSError, EOFError), socket.socket(fileno=0) as line:
            _, memory = _receive(line)
            _confine(memory)
            _send(line, _READY, None)
            while True:
                _, told = _receive(line)
                _serve_one(line, *told)
                told = None  # 25 MiB that the next mail may want
    except MemoryError:
        sys.exit(_FULL)
    sys.exit(0)


def _confine(memory: int) -> None:
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        with suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(limit, (value, value))


def _serve_one(line: socket.socket, raw: bytes, trusted: frozenset[str], asks: bool, received: datetime | None,
               language: str, seconds: float) -> None:
    _limit(seconds)
    try:
        with words.speaking(language):
            keys = _asking(line) if asks else None
            tag, told = _READ, message.read(raw, trusted=trusted, keys=keys, received=received)
        _send(line, tag, told)
    except UnreadableError as error:
        _send(line, _UNREADABLE, error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit(seconds: float) -> None:
    """Let the kernel end us: no signal of Python's own comes through while a pattern or libxml2 is at work."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _asking(line: socket.socket) -> Keys:
    """Return a `keys` that asks the program; while it looks, our own time stands still."""
    def keys(name: str) -> bytes | None:
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        _send(line, _ASKS, name)
        _, (key, why) = _receive(line)
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))
        if why:
            raise BotError(why)
        return key if isinstance(key, bytes) else None
    return keys
