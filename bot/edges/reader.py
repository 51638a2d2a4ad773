"""Mails read in a child process: what a mail may do to its reader, it does not do to the program.

What is to be made of a Message may be handed in by name, and is made in the child, too, within the same limits.

The child is started at the first mail and kept. One mail is one question and one answer over a socket pair, and
several questions are on their way at once: while the program works on an answer, the child reads the next mails.
What comes back may only be made of plain values. The child has neither the program's surroundings (no password),
nor its files, nor its memory.
"""

from __future__ import annotations

import gc
import pickle
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from io import BufferedReader, BytesIO, RawIOBase
from itertools import islice
from os.path import dirname, realpath
from typing import TYPE_CHECKING, Any, Never, Protocol
from weakref import finalize

from bot import words
from bot.core import message
from bot.core.errors import BotError, UnreadableError
from bot.core.message import Attachment, Message, Origin
from bot.core.slim import Slim, Slimming
from bot.edges import EdgeError
from bot.words import say

if TYPE_CHECKING:
    import subprocess  # else where it is used: the child reads this file, too, and starts the sooner

    from bot.core.dkim import Keys

SECONDS = 5.0  # wall time for one mail, questions to the caller not counted
MEMORY = 256 * 2**20  # bytes of address space of the child, its program included
GRACE = 1.0  # seconds after which the parent ends a child that did not end itself
START_WITHIN = 30.0  # seconds; a machine that is starting up is slow
MOST_MAILS = 5_000  # after which a new child takes over (0.1 s), whatever had it grow
OFTEN = 250  # mails after which the child gives back what Python keeps of tuples: it was 1.3 MiB after 2,500
LONG = 2**20  # bytes; of a longer mail only what is read of it is held
BIG = 4 * 2**20  # bytes; after a mail that long, too
REST = 60.0  # seconds without a mail after which the child is sent home
AHEAD = 32  # mails that may be on their way to the child or back
AHEAD_BYTES = 2**20  # bytes of them after which no other sets out

_FRAME = struct.Struct("!cQQ")
_READY, _MAIL, _ASKS, _ANSWER, _READ, _UNREADABLE = b"R", b"M", b"A", b"T", b"D", b"U"
_FULL = 71  # the child's exit status where its memory did not suffice
_ROOT = dirname(dirname(dirname(realpath(__file__))))
_CHILD = "import sys; sys.path[:] = {path!r}; from bot.edges.reader import serve; serve({beyond!r})"
_AT_ONCE = 2**17  # bytes asked of the line in one call
HELD = 0.02  # seconds of reading after which answers are held no longer
_SMALL = 2**12  # bytes; a mail below is copied to its head
_TOGETHER = 64  # pieces given to it in one call


TROUBLES = frozenset({"timeout", "memory", "crashed"})  # what a mail did to the child


class Pieces(Protocol):
    """A long mail that is never whole in the program's memory; it may be gone through again."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A mail to be read, or its pieces, with what `message.read` must know beside it.

    Attributes:
        about: plain values that the reader's `beyond` must know; None: it is only read.
    """

    raw: bytes | Pieces
    trusted: frozenset[str] = frozenset()
    keys: Keys | None = None
    received: datetime | None = None
    about: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A mail that was read.

    Attributes:
        told: what `beyond` made of it, which may only be plain values; None where it said nothing. Else the message
            comes without `html`, `page`, `links` and `attachments`, which are long, and were for `beyond` to look at.
    """

    message: Message
    told: Any = None


Beyond = Callable[[Message, Any], object]


class Reader:
    """Reads mails as `message.read` does, elsewhere. For one thread; costs nothing before the first mail.

    Args:
        beyond: `module:function` of a Beyond: what the child makes of a Message that it was asked `about`.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY, beyond: str = "") -> None:
        self.seconds, self.memory, self.beyond = seconds, memory, beyond
        self._child: _Child | None = None  # waits for the next mail
        self._reading: _Child | None = None
        self._used = 0.0

    def read(self, raw: bytes, *, trusted: frozenset[str] = frozenset(), keys: Keys | None = None,
             received: datetime | None = None) -> Message:
        """Return the mail as a Message; `keys` is asked here, for the child reaches nothing outside.

        Raises:
            UnreadableError: as `message.read` does; or `timeout`, `memory`, `crashed`: then the child is gone,
                and the next mail gets a new one.
            EdgeError: no child could be started; the mail has no part in it.
        """
        [answer] = self.read_many([Asked(raw=raw, trusted=trusted, keys=keys, received=received)])
        if isinstance(answer, UnreadableError):
            raise answer
        return answer.message

    def read_many(self, asked: Iterable[Asked]) -> Iterator[Read | UnreadableError]:
        """Yield one answer for each mail, in order; the child reads ahead while the caller works on one.

        A mail that ends the child gets its error; those that were on their way with it are read again, each by
        itself, for the child gives its answers many at a time. `asked` is drawn on as far as AHEAD allows. The
        caller may stop early, and may read other mails in between.

        Raises:
            EdgeError: no child could be started; the mails not answered yet have no part in it.
        """
        queue, alone = _Queue(asked), 0
        child, self._child = self._child, None  # ours while we read: whoever reads in between gets another
        try:
            while (child and child.told) or queue:
                child = self._reading = child or _Child(self.memory, self.beyond)
                child.take(queue, self.seconds, most=1 if alone else AHEAD)
                suspects = [*child.told]
                answer = child.answer(self.seconds)
                if isinstance(answer, UnreadableError) and answer.code in TROUBLES:
                    child.end()
                    child = None
                    if len(suspects) > 1:  # which of them it was shows when each comes by itself
                        queue.put_back(suspects)
                        alone = len(suspects)
                        continue
                elif child.worn and not child.told:
                    child.end()
                    child = None
                alone = max(0, alone - 1)
                yield answer
        finally:
            self._used, self._reading = time.monotonic(), None
            self._keep(child)

    def begin(self) -> None:
        """Start the child where there is none, and wait for nothing: it comes up while the caller does other things.

        Raises:
            EdgeError: it could not be started.
        """
        if not self._child and not self._reading:
            self._child, self._used = _Child(self.memory, self.beyond), time.monotonic()

    def _keep(self, child: _Child | None) -> None:
        """Keep the child for the next mail, unless it would answer that one with another."""
        if child and (child.told or child.worn or self._child):
            child.end()
        elif child:
            self._child = child

    @property
    def pid(self) -> int | None:
        """The child's process number, None while there is none."""
        child = self._reading or self._child
        return child.process.pid if child else None

    def rest(self, idle: float = REST) -> bool:
        """Send the child home if it had no mail for `idle` seconds: waiting should cost no memory.

        Says whether one stays.
        """
        if self._child and time.monotonic() - self._used >= idle:
            self.close()
        return self._child is not None

    def close(self) -> None:
        """End the child; the next mail starts another. Never raises."""
        child, self._child = self._child, None
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


class _Queue:
    """The mails that no child has yet."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        self._source = iter(asked)
        self._seen: deque[Asked] = deque()

    def __bool__(self) -> bool:
        if not self._seen:
            self._seen.extend(one for one in [next(self._source, None)] if one)
        return bool(self._seen)

    def take(self) -> Asked:
        return self._seen.popleft()

    def put_back(self, told: Iterable[Asked]) -> None:
        self._seen.extendleft(reversed(list(told)))


class _Child:
    """One child process and our end of the socket pair.

    Attributes:
        told: the mails it was given and has not answered, the one it reads now first.
    """

    def __init__(self, memory: int, beyond: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self.process = _start(theirs, beyond)
            except OSError as error:
                ours.close()
                raise EdgeError(say("The program that reads mails could not be started ({words}); the mail waits",
                                    words=error.strerror)) from error
        self.line = ours
        self.told: deque[Asked] = deque()
        self._mails, self._big, self._weight = 0, False, 0
        self._out: deque[memoryview] = deque()
        self._more: Iterator[bytes] = iter(())  # of a long mail: the last it is told, for it is worn then
        self._in = bytearray()
        self._poll = select.poll()
        self.end = finalize(self, _end, self.process, ours)
        self._until = time.monotonic() + START_WITHIN   # by when it must be there; then 0
        self.line.setblocking(False)
        self._poll.register(self.line)
        self._put(_READY, memory)
        self._flush()

    def _await_start(self) -> None:
        """Wait for its first word, which comes when all it needs is loaded; mails may be on their way before."""
        try:
            self._hear(self._until)
        except (OSError, EOFError) as error:
            self.end()
            raise EdgeError(say("The program that reads mails could not be started ({words}); the mail waits",
                                words=type(error).__name__)) from error
        self._until = 0.0

    @property
    def worn(self) -> bool:
        """Whether it has read enough, or so long a mail that it has grown."""
        return self._mails >= MOST_MAILS or self._big

    def take(self, queue: _Queue, seconds: float, most: int) -> None:
        """Give it as many mails as may be on their way, at least one if it has none; many at a time."""
        if len(self.told) > most // 2 or self._weight > AHEAD_BYTES // 2:
            return
        while len(self.told) < most and self._weight < AHEAD_BYTES and not self.worn and queue:
            self._tell(queue.take(), seconds)
        self._flush()

    def _tell(self, one: Asked, seconds: float) -> None:
        received = one.received.isoformat() if one.received else ""
        self._put(_MAIL, (one.trusted, one.keys is not None, received, words.current(), seconds, one.about), one.raw)
        self.told.append(one)
        self._mails, self._big = self._mails + 1, self._big or not isinstance(one.raw, bytes) or len(one.raw) > BIG
        self._weight += len(one.raw)

    def answer(self, seconds: float) -> Read | UnreadableError:
        """Return the answer to the first mail it was told. A time begins when we wait for it alone.

        Raises:
            EdgeError: the child did not start.
        """
        if self._until:
            self._await_start()
        one, until = self.told[0], time.monotonic() + seconds + GRACE
        try:
            tag, told = self._hear(until)
            while tag == _ASKS and one.keys is not None:
                asked = time.monotonic()
                self._put(_ANSWER, _looked_up(one.keys, str(told)))
                self._flush()
                until += time.monotonic() - asked
                tag, told = self._hear(until)
            answer = _believed(tag, told)
        except TimeoutError:
            answer = trouble("timeout")
        except (OSError, EOFError):
            answer = trouble(self._why_gone())
        self.told.popleft()
        self._weight -= len(one.raw)
        return answer

    def _why_gone(self) -> str:
        """Return what ended the child: its alarm and its share of the processor are limits of ours."""
        import subprocess

        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        ended = self.process.returncode
        if ended in (-signal.SIGALRM, -signal.SIGXCPU):
            return "timeout"
        return "memory" if ended == _FULL else "crashed"

    def _put(self, tag: bytes, told: object, raw: bytes | Pieces = b"") -> None:
        said = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
        head = _FRAME.pack(tag, len(said), len(raw)) + said
        if not isinstance(raw, bytes):
            self._out.append(memoryview(head))
            self._more = iter(raw)
        elif len(raw) < _SMALL:
            self._out.append(memoryview(head + raw))
        else:  # not copied: some dozens wait for the line at once
            self._out += (memoryview(head), memoryview(raw))

    def _hear(self, until: float) -> tuple[bytes, Any]:
        """Return the next frame; meanwhile what is to be sent is sent, for both ends may be full.

        Raises:
            EOFError: the other end is gone, or speaks otherwise.
            OSError: so is the line; TimeoutError: it was silent `until` then.
        """
        while not (frame := self._frame()):
            self._poll.modify(self.line, select.POLLIN | (select.POLLOUT if self._out else 0))
            if (left := until - time.monotonic()) <= 0 or not (ready := self._poll.poll(left * 1000 + 1)):
                raise TimeoutError
            if ready[0][1] & select.POLLOUT:
                self._flush()
            if ready[0][1] & ~select.POLLOUT:
                self._recv()
        return frame

    def _frame(self) -> tuple[bytes, Any] | None:
        """Take a whole frame out of what was heard, if there is one."""
        if len(self._in) < _FRAME.size:
            return None
        tag, length, _ = _FRAME.unpack_from(self._in)
        if length > MEMORY:
            raise EOFError("a frame longer than the child's memory")
        end = _FRAME.size + length
        if len(self._in) < end:
            return None
        told = _plain(self._in[_FRAME.size:end])
        del self._in[:end]
        return tag, told

    def _recv(self) -> None:
        if not (heard := self.line.recv(_AT_ONCE)):
            raise EOFError("the other end is gone")
        self._in += heard

    def _flush(self) -> None:
        """Send what the line takes without waiting; where the other end is gone, what it said before still counts."""
        try:
            while self._out or self._draw():
                self._sent(self.line.sendmsg(list(islice(self._out, _TOGETHER))))
        except BlockingIOError:
            return
        except OSError:
            self._out.clear()
            self._more = iter(())

    def _draw(self) -> bool:
        """Take the next piece of a long mail; say whether there was one."""
        self._out.extend(memoryview(piece) for piece in islice(self._more, 1))
        return bool(self._out)

    def _sent(self, count: int) -> None:
        while count and count >= len(self._out[0]):
            count -= len(self._out.popleft())
        if count:
            self._out[0] = self._out[0][count:]


def _looked_up(keys: Keys, name: str) -> tuple[bytes | None, str]:
    """Return a key, and why there is none to be had just now."""
    try:
        return keys(name), ""
    except BotError as error:
        return None, str(error)


def _believed(tag: bytes, told: Any) -> Read | UnreadableError:
    """Return what the child says, if it is what a child of ours says."""
    try:
        if tag == _READ:
            fields, beyond = told
            return Read(message=_message(*fields), told=beyond)
        if tag == _UNREADABLE:
            code, sentence = map(_text, told)
            return UnreadableError(code, sentence)
    except (TypeError, ValueError) as error:
        raise EOFError(type(error).__name__) from None
    raise EOFError("an answer nobody asked for")


def _start(theirs: socket.socket, beyond: str) -> subprocess.Popen[bytes]:
    import subprocess

    path = [_ROOT, *(entry for entry in sys.path if entry and entry != _ROOT)]
    # -S -E: sys.path is ours already, and looking for it takes a third of the start
    return subprocess.Popen(  # noqa: S603 – this very program, and no word of it comes from outside
        [sys.executable, "-S", "-E", "-B", "-X", "utf8", "-c", _CHILD.format(path=path, beyond=beyond)],
        stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={}, cwd="/")


def _end(process: subprocess.Popen[bytes], line: socket.socket) -> None:
    line.close()
    process.kill()
    process.wait()


# -- both ends -----------------------------------------------------------------------------------

_TEXTS = ("sender", "sender_name", "reply_to", "to", "subject", "message_id", "in_reply_to", "origin_why", "automatic",
          "text", "html", "page", "newest", "content_key")


def _fields(seen: Message) -> tuple[Any, ...]:
    """Return a Message as plain values."""
    return (tuple(getattr(seen, name) for name in _TEXTS), seen.date.isoformat() if seen.date else "",
            str(seen.origin), dict(seen.headers), seen.references, seen.links, seen.flaws,
            tuple((one.name, one.media_type, one.size) for one in seen.attachments))


def _short(seen: Message) -> Message:
    return replace(seen, html="", page="", links=(), attachments=())


def _message(texts: Any, date: Any, origin: Any, headers: Any, references: Any, links: Any, flaws: Any,
             attachments: Any) -> Message:
    """Return plain values as the Message they were; ValueError or TypeError for what never was one."""
    if type(headers) is not dict:
        raise TypeError
    return Message(
        **dict(zip(_TEXTS, _texts(texts), strict=True)), date=datetime.fromisoformat(date) if date else None,
        origin=Origin(origin), headers=dict(zip(_texts(tuple(headers)), _texts(tuple(headers.values())), strict=True)),
        references=_texts(references), links=_texts(links), flaws=_texts(flaws),
        attachments=tuple(Attachment(name=_text(name), media_type=_text(kind), size=_count(size))
                          for name, kind, size in attachments))


def _texts(said: Any) -> tuple[str, ...]:
    if type(said) is not tuple or not all(type(one) is str for one in said):
        raise TypeError
    return said


def _text(said: Any) -> str:
    if type(said) is not str:
        raise TypeError
    return said


def _count(said: Any) -> int:
    if type(said) is not int:
        raise TypeError
    return said


def _plain(packed: bytes | bytearray) -> Any:
    """Return plain values out of a frame; EOFError for anything else."""
    try:
        return _Plain(BytesIO(packed)).load()
    except (pickle.UnpicklingError, AttributeError, ImportError, IndexError, TypeError, ValueError, OverflowError,
            MemoryError, RecursionError) as error:
        raise EOFError(type(error).__name__) from None


class _Plain(pickle.Unpickler):
    """Makes no object of any class: nobody who took over the child can call anything here."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


# -- in the child --------------------------------------------------------------------------------


class _Line(RawIOBase):
    """The child's end of the socket pair: waits for what it hears, and for the program to hear.

    Answers are held while more mails are there already: to wake each other for every mail cost as much as to read it.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line, self._heard = line, BufferedReader(self, _AT_ONCE)
        self._held: list[bytes] = []
        self._kept: deque[tuple[bytes, Any, bytes]] = deque()  # mails that came while a key was looked for
        self._mails = 0

    def mail(self) -> tuple[bytes, Any, bytes]:
        self._mails += 1
        if not self._mails % OFTEN:
            gc.collect()  # in full, or freed tuples of twenty lengths are kept, 2,000 of each
        return self._kept.popleft() if self._kept else self._receive()

    def answer(self) -> Any:
        """Return the answer to a question; mails that were on their way before it wait."""
        while (frame := self._receive())[0] != _ANSWER:
            self._kept.append(frame)
        return frame[1]

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        """Wait for what comes next, when all that is held has left."""
        self.flush()
        return self._line.recv_into(room)

    def hold(self, packed: bytes) -> None:
        self._held.append(packed)

    def send(self, packed: bytes) -> None:
        self.hold(packed)
        self.flush()

    def flush(self) -> None:
        if self._held:
            self._line.sendall(b"".join(self._held))
            self._held.clear()

    def _receive(self) -> tuple[bytes, Any, bytes]:
        tag, length, more = _FRAME.unpack(self._exactly(_FRAME.size))
        told = _plain(self._exactly(length))
        slimmed = tag == _MAIL and more > LONG and not told[1]     # a signature is of the whole mail
        return tag, told, self._slim(more) if slimmed else self._exactly(more)

    def _slim(self, length: int) -> Slim:
        slimming = Slimming()
        while length:
            slimming.take(piece := self._exactly(min(length, _AT_ONCE)))
            length -= len(piece)
        return slimming.whole()

    def _exactly(self, length: int) -> bytes:
        got: bytes = self._heard.read(length)
        if len(got) < length:
            raise EOFError("the other end is gone")
        return got


def _packed(tag: bytes, told: object) -> bytes:
    said = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
    return _FRAME.pack(tag, len(said), 0) + said


def serve(beyond: str) -> Never:
    """Read mails until the program at the other end is gone, and do what goes `beyond`. Never returns."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the terminal and systemd tell all; we go when the program goes
        signal.signal(number, signal.SIG_IGN)
    try:
        with suppress(OSError, EOFError), socket.socket(fileno=0) as theirs:
            line = _Line(theirs)
            _, memory, _ = line.mail()
            _confine(memory)
            further = _named(beyond)
            line.send(_packed(_READY, None))
            limit = _Limit()
            while True:
                _serve_one(line, limit, further, *line.mail()[1:])
    except MemoryError:
        sys.exit(_FULL)
    sys.exit(0)


def _confine(memory: int) -> None:
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        with suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(limit, (value, value))


def _named(beyond: str) -> Beyond:
    """Return a function by its name; one that says nothing for no name."""
    if not beyond:
        return lambda _message, _about: None
    module, _, name = beyond.partition(":")
    found: Beyond = getattr(import_module(module), name)
    return found


def _serve_one(line: _Line, limit: _Limit, beyond: Beyond,
               told: tuple[frozenset[str], bool, str, str, float, Any], raw: bytes) -> None:
    trusted, asks, received, language, seconds, about = told
    limit.begin(seconds)
    try:
        with words.speaking(language):
            seen = message.read(raw, trusted=trusted, keys=_asking(line) if asks else None,
                                received=datetime.fromisoformat(received) if received else None)
            made = None if about is None else beyond(seen, about)
        answer = _packed(_READ, (_fields(seen if made is None else _short(seen)), made))
    except UnreadableError as error:
        answer = _packed(_UNREADABLE, (error.code, error.sentence))
    finally:
        left = limit.end()  # the program may be at work on other mails: it hears us later
    line.hold(answer)
    if seconds - left > HELD:
        line.flush()


class _Limit:
    """Lets the kernel end us: no signal of Python's own comes through while a pattern or libxml2 is at work.

    The share of the processor is the second belt, for a mail that holds the alarm off. To ask for it cost as much as
    to walk over a page, so it is set for twice the time of a mail, and again when one such time has passed.
    """

    def __init__(self) -> None:
        self._seconds, self._until = 0.0, 0.0

    def begin(self, seconds: float) -> None:
        if seconds != self._seconds or time.monotonic() > self._until:
            self._seconds, self._until = seconds, time.monotonic() + seconds
            used = resource.getrusage(resource.RUSAGE_SELF)
            soft = int(used.ru_utime + used.ru_stime + 2 * seconds) + 2
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def end(self) -> float:
        """Return the seconds left."""
        return signal.setitimer(signal.ITIMER_REAL, 0)[0]


def _asking(line: _Line) -> Keys:
    """Return a `keys` that asks the program; while it looks, our own time stands still."""
    def keys(name: str) -> bytes | None:
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        line.send(_packed(_ASKS, name))
        key, why = line.answer()
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))
        if why:
            raise BotError(why)
        return key if isinstance(key, bytes) else None
    return keys
