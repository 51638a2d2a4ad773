"""The bell of a data folder: whoever has written there rings, so that a daemon at rest need not look so often.

Nothing hangs on it but time: a ring says no more than "look", and what was written is found at the daemon's next look
in any case. So nothing here raises where a bell cannot be had (a path of over a hundred bytes, a disk without sockets),
and whoever rings where nobody listens goes on.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BELL = "bell"


class Bell:
    """A bell that hangs; to be waited for as anything that has a `fileno`."""

    def __init__(self, ear: socket.socket) -> None:
        self._ear = ear

    def fileno(self) -> int:
        return self._ear.fileno()

    def heed(self) -> None:
        """Take in all rings so far: they are one piece of news."""
        with suppress(OSError):     # no more of them
            while True:
                self._ear.recv(64)


@contextmanager
def hung(folder: Path) -> Iterator[Bell | None]:
    """Hang the bell while the block lasts; None where none can be had. Only while holding the lock of the folder.

    One that a killed program left behind is taken away: nobody listens to it.
    """
    path = folder / BELL
    try:
        ear = _ear_at(path)
    except OSError:
        yield None
        return
    with ear:
        try:
            yield Bell(ear)
        finally:
            with suppress(OSError):
                path.unlink()


def _ear_at(path: Path) -> socket.socket:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        ear.setblocking(False)
        path.unlink(missing_ok=True)
        ear.bind(str(path))
        os.chmod(path, 0o600)
    except OSError:
        ear.close()
        raise
    return ear


def ring(folder: Path) -> None:
    """Ring, if somebody listens."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hand:
        hand.setblocking(False)     # one who has not heard a dozen rings yet need not hear this one
        hand.sendto(b".", str(folder / BELL))
