"""A long mail taken in piece by piece: of what is attached to it only the beginning is held."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.core.errors import UnreadableError
from bot.core.header import HeaderBlock, read_block

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["READ", "Slim", "Slimming", "begun_key", "without_blanks"]

READ = 2 * 2**20    # bytes of a part that are read at most: what lies behind them in a run is left out
LONGEST = 1000      # bytes of a line of Base64, its end included
HEAD = 2**19        # bytes in which an honest header ends
_RUN = re.compile(rb"(?:^[A-Za-z0-9+/]{20,998}+\r?\n)++", re.MULTILINE)  # Base64, whose lines are never a boundary
_BLANKS = b" \t\r\n"


class Slim(bytes):
    """A mail without the greater part of its long runs of Base64: nothing that is read of it stood there.

    Attributes:
        size: bytes of the whole mail.
        content_key: of the whole mail.
        cuts: where something is left out: where its run begins here, how many bytes, how many line ends among them.
    """

    size: int
    content_key: str
    cuts: tuple[tuple[int, int, int], ...]

    def lacks(self, start: int, end: int) -> tuple[int, int]:
        """Return how many bytes, and how many line ends among them, are left out between two places."""
        inside = [cut for cut in self.cuts if start <= cut[0] < end]
        return sum(cut[1] for cut in inside), sum(cut[2] for cut in inside)


def begun_key(block: HeaderBlock) -> _Hash:
    """Return the hash of a mail's content as far as its header goes; the body without blanks follows."""
    key = sha256()
    for name in ("from", "to", "subject", "date", "message-id"):
        for value in block.all(name):
            key.update(f"{name}:{' '.join(value.split())}\n".encode("utf-8", "replace"))
    key.update(b"\n")
    return key


def without_blanks(octets: bytes) -> bytes:
    """Return what of a body counts: blanks and line ends change on the way."""
    return octets.translate(None, _BLANKS)


class Slimming:
    """Takes a mail in, piece by piece."""

    def __init__(self) -> None:
        self.size = 0
        self._held = bytearray()
        self._line = b""        # the beginning of a line whose end has not come
        self._torn = False      # such a beginning is held already
        self._run = 0           # bytes of the run of Base64 that goes on, and where it began
        self._begun_at = 0
        self._cuts: list[tuple[int, int, int]] = []
        self._key: _Hash | None = None
        self._head = bytearray()

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        self._hash(piece)
        lines = self._line + (self._after_the_torn(piece) if self._torn else piece)
        end = lines.rfind(b"\n") + 1
        self._hold(lines[:end])
        self._line = lines[end:]
        if len(self._line) > LONGEST:   # of no run: what follows of it must not look like a line of its own
            self._hold_other(self._line)
            self._line, self._torn = b"", True

    def _after_the_torn(self, piece: bytes) -> bytes:
        """Hold the rest of a line whose beginning is held; return what follows it."""
        end = piece.find(b"\n") + 1 or len(piece)
        self._hold_other(piece[:end])
        self._torn = not piece.endswith(b"\n", 0, end)
        return piece[end:]

    def whole(self) -> Slim:
        """Return what came, once all has come."""
        self._hold(self._line)
        if self._head:
            self._begin()
        mail = Slim(self._held)
        mail.size, mail.cuts = self.size, tuple(self._cuts)
        mail.content_key = self._key.hexdigest() if self._key else ""
        return mail

    def _hash(self, piece: bytes) -> None:
        if self._key:
            self._key.update(without_blanks(piece))
        else:
            self._head += piece
            if len(self._head) >= HEAD:
                self._begin()

    def _begin(self) -> None:
        """Begin the hash of the content; where the header is refused, so is the mail, and nobody asks for it."""
        head = bytes(self._head)
        self._head.clear()
        try:
            block = read_block(head, set())
        except UnreadableError:
            self._key = sha256()
            return
        self._key = begun_key(block)
        self._key.update(without_blanks(head[block.body_at:]))

    def _hold(self, lines: bytes) -> None:
        at = 0
        for run in _RUN.finditer(lines):
            self._hold_other(lines[at:run.start()])
            self._hold_run(run[0])
            at = run.end()
        self._hold_other(lines[at:])

    def _hold_other(self, lines: bytes) -> None:
        if lines:
            self._held += lines
            self._run = 0

    def _hold_run(self, run: bytes) -> None:
        """Hold a run as far as it is read, to the end of a line."""
        if not self._run:
            self._begun_at = len(self._held)
        room = max(0, READ - self._run)
        end = run.find(b"\n", room - 1) + 1 if 0 < room < len(run) else min(room, len(run))
        self._run += len(run)
        self._held += run[:end]
        if left_out := run[end:]:
            self._cuts.append((self._begun_at, len(left_out), left_out.count(b"\n") + left_out.count(b"\r")))
