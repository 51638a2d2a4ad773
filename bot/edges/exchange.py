"""FETCH asked ahead: the question for the next mails is on its way before the last answer is read.

imaplib asks, waits and parses; over a line of 80 ms that wait is four fifths of the time, and parsing the other. So
here a question is sent at once and its answer read later, over imaplib's own connection and by its own reading.
What every server says in one form is taken apart here; all else by imapclient's parser, as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from bot.core.runs import written

__all__ = ["CHANGES", "GARBAGE", "Ahead", "Asked"]

CHANGES = frozenset({"EXISTS", "EXPUNGE"})      # what is told, unasked, of the folder that is open

LONGEST = 64 * 2**20    # bytes of one literal; above it what came is no mail of the size we asked for

# What imapclient's parsers raise on an answer that is not IMAP; MemoryError: a literal of 10**15 bytes.
GARBAGE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError, RecursionError)

_LITERAL = re.compile(rb"\{(\d{1,19})\}\r\n\Z")
_USUAL = re.compile(rb"\* \d+ FETCH \(UID (\d{1,10})"
                    rb' INTERNALDATE "([ \d]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"'
                    rb" BODY\[\] \{(\d{1,10})\}\r\n")
_USUAL_SIZE = re.compile(rb"\* \d+ FETCH \(UID (\d{1,10}) RFC822\.SIZE (\d{1,19})\)\r\n")
_ASIDE = re.compile(rb"(\d+ (EXISTS|EXPUNGE|RECENT)\b"
                    rb"|(OK|NO|BAD|FLAGS|SEARCH|ESEARCH|VANISHED|CAPABILITY|STATUS|LIST)\b)", re.I)
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"

Answer = dict[bytes, Any]


@dataclass(eq=False)
class Asked:
    """One UID FETCH that was sent over a line: what came of its answer so far, by UID.

    `numbering` is the UIDVALIDITY under which it was asked, for whoever asks.
    """

    line: Ahead
    tag: bytes
    uids: frozenset[int]
    numbering: int = 0
    told: dict[int, Answer] = field(default_factory=dict)
    is_over: bool = False
    failure: Exception | None = None


class Ahead:
    """What was asked over one connection, and not answered yet; read it to its end before imaplib asks on its own.

    A server may answer two questions at once, mail by mail, and end the second before the first: Dovecot does, as
    soon as one of them fills its buffer.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._imap = client._imap
        self._open: dict[bytes, Asked] = {}

    def ask(self, uids: Iterable[int], what: str) -> Asked:
        """Send a question. A line that broke is found out by whoever reads the answer."""
        wanted = list(uids)
        asked = Asked(self, self._imap._new_tag(), frozenset(wanted))
        self._open[asked.tag] = asked
        with suppress(OSError):
            self._imap.send(b"%b UID FETCH %b (%b)\r\n" % (asked.tag, written(wanted).encode(), what.encode()))
        return asked

    def answers(self, asked: Asked) -> dict[int, Answer]:
        """Return what the server told of each mail; raise as imaplib does."""
        while not asked.is_over:
            self._read()
        if asked.failure:
            raise asked.failure
        return asked.told

    def settle(self) -> None:
        """Read all that is still to come; what went wrong is raised when the answer is asked for."""
        while self._open:
            try:
                self._read()
            except (self._imap.error, OSError, *GARBAGE):
                return

    def _read(self) -> None:
        """Read one answer, whosever it is; one that cannot be read ends all."""
        try:
            self._hear(self._line())
        except Exception as error:
            for asked in self._open.values():
                asked.is_over, asked.failure = True, error
            self._open.clear()
            raise

    def _hear(self, line: bytes) -> None:
        if found := _USUAL_SIZE.fullmatch(line):
            self._give(int(found[1]), {b"RFC822.SIZE": int(found[2])})
        elif line.startswith(b"* "):
            for uid, answer in self._untagged(line):
                self._give(uid, answer)
        elif asked := self._open.pop(line.partition(b" ")[0], None):
            asked.is_over = True
            self._imap.tagged_commands.pop(asked.tag, None)
            if not line[len(asked.tag) + 1:].upper().startswith(b"OK"):
                asked.failure = self._imap.error(line[len(asked.tag):].strip().decode("utf-8", "replace"))
        else:
            raise self._imap.abort(f"unexpected response: {line[:40]!r}")

    def _give(self, uid: int, answer: Answer) -> None:
        for asked in self._open.values():
            if uid in asked.uids:
                asked.told.setdefault(uid, {}).update(answer)
                return

    def _untagged(self, line: bytes) -> Iterator[tuple[int, Answer]]:
        literal = _LITERAL.search(line)
        if not literal:
            yield from self._parsed(line, [])
            return
        octets = self._octets(int(literal[1]))
        usual, tail = _USUAL.fullmatch(line), self._line()
        if usual and tail == b")\r\n":
            yield int(usual[1]), {b"BODY[]": octets, b"INTERNALDATE": _instant(usual[2].decode("ascii"))}
        else:
            yield from self._parsed(tail, [(line[2:-2], octets)])

    def _parsed(self, line: bytes, parts: list[Any]) -> Iterator[tuple[int, Answer]]:
        """Take an answer apart in imapclient's way; `line` is what follows its last literal so far."""
        while literal := _LITERAL.search(line) if parts else None:
            parts.append((line[:-2], self._octets(int(literal[1]))))
            line = self._line()
        whole = [*parts, line[:-2]] if parts else [line[2:-2]]
        first = parts[0][0] if parts else line[2:]
        if first[:4].upper() == b"BYE ":
            self._imap.untagged_responses.setdefault("BYE", []).append(line[6:-2])
            raise self._imap.abort("the server said BYE")
        if re.match(rb"\d+ FETCH ", first, re.I):
            whole[0] = _without_name(whole[0])
            yield from _by_imapclient(whole)
        elif not (aside := _ASIDE.match(first)):    # a garbled answer must not pass for a mail that is gone
            raise self._imap.abort(f"unexpected response: {first[:40]!r}")
        elif aside[2]:      # where imaplib keeps it
            self._imap.untagged_responses.setdefault(aside[2].decode().upper(), []).append(aside[0])

    def _line(self) -> bytes:
        line: bytes = self._imap.readline()
        if not line:
            raise self._imap.abort("socket error: EOF")
        if len(line) > 1_000_000:   # as imaplib
            raise self._imap.error("got more than 1000000 bytes")
        if not line.endswith(b"\r\n"):
            raise self._imap.abort(f"unexpected response: {line[:40]!r}")
        return line

    def _octets(self, size: int) -> bytes:
        if size > LONGEST:
            raise self._imap.abort(f"unexpected response: a literal of {size} bytes")
        octets: bytes = self._imap.read(size)
        if len(octets) < size:
            raise self._imap.abort("socket error: EOF")
        return octets


def _instant(said: str) -> datetime | None:
    """Return `16-Nov-2026 09:00:00 +0100` as an aware instant; None for a day there is not."""
    offset = timedelta(hours=int(said[21:24]), minutes=int(said[21] + said[24:26]))
    with suppress(ValueError):
        return datetime(int(said[7:11]), _MONTHS.index(said[3:6].lower()) // 3 + 1, int(said[:2]), int(said[12:14]),
                        int(said[15:17]), int(said[18:20]), tzinfo=timezone(offset))
    return None


def _without_name(first: Any) -> Any:
    """Return the beginning of an answer as imaplib hands it on: the mail's number, then what is in the brackets."""
    if isinstance(first, tuple):
        return (_without_name(first[0]), first[1])
    number, _, rest = first.split(b" ", 2)
    return number + b" " + rest


def _by_imapclient(parts: list[Any]) -> Iterator[tuple[int, Answer]]:
    from imapclient.response_parser import parse_fetch_response

    for uid, answer in parse_fetch_response(parts, normalise_times=False, uid_is_key=True).items():
        yield int(uid), dict(answer)
