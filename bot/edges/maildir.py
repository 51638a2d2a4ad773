"""Mail in from a Maildir on this machine: it reads files and never moves, renames or deletes one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.edges import EdgeError
from bot.words import say

LIMIT = 25 * 2**20  # bytes; of a longer mail only the headers are read
LONG = 2**20  # bytes; a longer mail is read in slices where the caller can take them
SLICE = 2**19  # bytes of it at once
HEADERS = 256 * 2**10  # bytes of headers kept of such a mail
FOLDER = "INBOX"

_ARRIVAL = re.compile(r"(\d{8,11})\.(?:[^.:]*?M(\d{1,6}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One mail as its file holds it; the same fields as the IMAP reader's.

    Attributes:
        place: the file's unique name, without its flags.
        raw: the whole mail, or the first headers only when `oversize`.
        received: from the file's name, else its mtime; aware, UTC.
        size: bytes of the whole mail.
        pieces: in place of `raw` a long mail as it is read, for who asked so; to be drawn before the next mail.
    """

    folder: str
    place: str
    raw: bytes
    received: datetime
    size: int
    oversize: bool = False
    pieces: Iterator[bytes] | None = None


class MaildirFolder:
    """One Maildir. Every method raises EdgeError, one sentence that names the path."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> list[str]:
        """Return the unique names of all mails, in order of arrival."""
        return list(self._files())

    def fetch(self, keys: Iterable[str], *, in_pieces: bool = False) -> Iterator[Fetched]:
        """Yield the mails in the order asked for; those deleted meanwhile are just absent.

        A file that cannot be read stops no other: the EdgeError comes after the last one.

        Args:
            in_pieces: a long mail comes as `pieces`, so that it is never whole in memory.
        """
        files = self._files()
        refusals: list[EdgeError] = []
        for key in keys:
            try:
                if key in files and not os.path.exists(files[key]):
                    files = self._files()  # a mail program moved it to cur/ or changed its flags
                mail = self._read(key, files.get(key), in_pieces)
            except EdgeError as error:
                refusals.append(error)
            else:
                yield from [mail] if mail else []
        if refusals:
            raise refusals[0]

    def _files(self) -> dict[str, str]:
        """Return the paths by unique name, in order of arrival. new/ before cur/: that way mails move."""
        found = [row for folder in ("new", "cur") for row in self._listed(self.path / folder)]
        return {key: path for _, key, path in sorted(found)}

    def _listed(self, folder: Path) -> list[tuple[float, str, str]]:
        try:
            with os.scandir(folder) as entries:
                return [row for entry in entries if (row := _row(entry))]
        except FileNotFoundError as error:
            raise EdgeError(say(
                "{path} is no Maildir, it lacks the folder {folder}; check maildir in mailboxes.toml",
                path=self.path, folder=folder.name), permanent=True) from error
        except OSError as error:
            raise self._unreadable(folder, error) from error

    def _read(self, key: str, path: str | None, in_pieces: bool) -> Fetched | None:
        try:
            mail = _fetched(key, path, in_pieces) if path else None
            return replace(mail, pieces=self._sliced(path)) if mail and path and in_pieces and not mail.raw else mail
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(Path(path or self.path), error) from error

    def _sliced(self, path: str) -> Iterator[bytes]:
        try:
            with _opened(path) as file:
                while piece := file.read(SLICE):
                    yield piece
        except OSError as error:
            raise self._unreadable(Path(path), error) from error

    def _unreadable(self, path: Path, error: OSError) -> EdgeError:
        return EdgeError(say("{path} cannot be read ({reason}); let the user the program runs as read it",
                             path=path, reason=error.strerror or type(error).__name__))


def _row(entry: os.DirEntry[str]) -> tuple[float, str, str] | None:
    if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
        return None
    key = entry.name.partition(":")[0]
    try:
        return _named_arrival(key) or entry.stat().st_mtime, key, entry.path
    except FileNotFoundError:  # renamed since; the next look finds it
        return None


def _opened(path: str) -> BinaryIO:
    # NOFOLLOW and the list's is_file(): a link put there would show us a file outside the Maildir.
    return open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")


def _fetched(key: str, path: str, in_pieces: bool) -> Fetched:
    """Return a mail; without its bytes where they are to come in pieces."""
    with _opened(path) as file:
        stat = os.fstat(file.fileno())
        oversize = stat.st_size > LIMIT
        sliced = in_pieces and LONG < stat.st_size <= LIMIT
        raw = b"" if sliced else _headers(file.read(HEADERS)) if oversize else file.read()
    arrival = _named_arrival(key) or stat.st_mtime
    return Fetched(folder=FOLDER, place=key, raw=raw, received=datetime.fromtimestamp(arrival, UTC),
                   size=max(stat.st_size, len(raw)), oversize=oversize)


def _headers(start: bytes) -> bytes:
    """Return what stands before the first empty line, that line included, or all of it."""
    end = re.search(rb"\r?\n\r?\n", start)
    return start[: end.end()] if end else start


def _named_arrival(key: str) -> float | None:
    """Return when the mail came: most servers begin the name with seconds, many add M and microseconds."""
    named = _ARRIVAL.match(key)
    return int(named[1]) + int(named[2] or 0) / 1e6 if named else None
