"""Mail of the past in files: an mbox, or folders of .eml. It reads and never writes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.edges import EdgeError
from bot.words import say

LIMIT = 25 * 2**20  # bytes; of a longer mail only the headers are read
HEADERS = 256 * 2**10  # bytes of headers kept of such a mail

# "From marie@boutique.example Tue Nov 17 10:00:00 2026": the year at the end tells it from a sentence.
_BEGINS = re.compile(rb"From \S.*\b(?:19|20)[0-9]{2}(?: [-+][0-9]{4})?\s*\Z")
_ESCAPED = re.compile(rb"^>(>*From )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """One mail out of a file; `touched` is the file's own time, aware, UTC; `oversize`: only its headers."""

    place: str
    raw: bytes
    touched: datetime
    oversize: bool = False


def mails_below(path: Path) -> list[Path]:
    """Return a file itself, or every *.eml below a folder, in order of their names.

    Raises:
        EdgeError: there is nothing of that name.
    """
    if path.is_dir():
        return sorted(one for one in path.rglob("*.eml") if one.is_file())
    if not path.exists():
        raise EdgeError(say("There is no file or folder {path}: give mails as .eml files, or a folder of them",
                            path=path), permanent=True)
    return [path]


def read_file(path: Path) -> Filed:
    """Return the mail in a file; raise EdgeError where it cannot be read."""
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            oversize = stat.st_size > LIMIT
            raw = _headers(file.read(HEADERS)) if oversize else file.read()
    except OSError as error:
        raise _unreadable(path, error) from error
    return Filed(place=str(path), raw=raw, touched=_touched(stat), oversize=oversize)


def read_mbox(path: Path, told: Callable[[int, int], None]) -> Iterator[Filed]:
    """Yield the mails of an mbox in order; `told` hears how many of its bytes are read, and how many there are.

    A line begins a mail where it looks like "From … 2026" and stands first or after an empty one (RFC 4155);
    `>From ` inside a mail loses one mark (mboxrd).

    Raises:
        EdgeError: it cannot be read, or is no mbox.
    """
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            yield from _parted(path, file, stat, told)
    except OSError as error:
        raise _unreadable(path, error) from error


def _parted(path: Path, lines: Iterator[bytes], stat: os.stat_result,
            told: Callable[[int, int], None]) -> Iterator[Filed]:
    mail, done, number, empty = _Growing(), 0, 0, True
    for line in lines:
        if empty and _BEGINS.match(line):
            if number:
                yield mail.ended(f"{path.name} {number}", stat)
            mail, number = _Growing(), number + 1
            told(done, stat.st_size)
        elif number:
            mail.add(_ESCAPED.sub(rb"\1", line))
        elif line.strip():
            raise EdgeError(say("{path} is no mbox: its first line is no «From …» with a date. A folder of .eml or one "
                                "mail is given without --mbox", path=path), permanent=True)
        done, empty = done + len(line), not line.strip()
    if number:
        yield mail.ended(f"{path.name} {number}", stat)
    told(stat.st_size, stat.st_size)


class _Growing:
    """A mail line by line; of one above the limit only the beginning is kept."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, line: bytes) -> None:
        self._size += len(line)
        if self._size <= LIMIT:
            self._lines.append(line)

    def ended(self, place: str, stat: os.stat_result) -> Filed:
        if self._lines and not self._lines[-1].strip():  # the empty line before the next "From " is the mbox's own
            self._lines.pop()
        raw, oversize = b"".join(self._lines), self._size > LIMIT
        return Filed(place=place, raw=_headers(raw[:HEADERS]) if oversize else raw, touched=_touched(stat),
                     oversize=oversize)


def _headers(start: bytes) -> bytes:
    """Return what stands before the first empty line, that line included, or all of it."""
    end = re.search(rb"\r?\n\r?\n", start)
    return start[: end.end()] if end else start


def _touched(stat: os.stat_result) -> datetime:
    return datetime.fromtimestamp(int(stat.st_mtime), UTC)


def _unreadable(path: Path, error: OSError) -> EdgeError:
    return EdgeError(say("{path} cannot be read: {words}", path=path, words=error.strerror), permanent=True)
