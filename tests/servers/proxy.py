"""A network between us and a server, that breaks where a test tells it to.

    with Proxy(dovecot.ports["imaps"]) as proxy:
        proxy.cut_after = 5000        # bytes from the server, then both sides lose the connection
        proxy.stall()                 # not a byte more, in either direction, and no FIN
        proxy.change = (b" IDLE", b"")    # in what the server says; for plain text only
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Event, Thread
from typing import Self


class Proxy:
    """Forwards each connection to a port of this machine. Its own port is `port`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.cut_after: int | None = None  # bytes
        self.stall_after: int | None = None  # bytes
        self.cut_at = b""  # as soon as the client says this, and before the server hears it
        self.drip = False  # one byte a tenth of a second, from the server
        self.change: tuple[bytes, bytes] = (b"", b"")
        self.sent = 0  # bytes that came from the server, over all connections
        self.heard = b""  # all that was said to it
        self._flows = Event()
        self._flows.set()
        self._lines: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._flows.set()

    def stall(self) -> None:
        """Hold every byte back from now on; the connections stay open and silent."""
        self._flows.clear()

    def flow(self) -> None:
        """Let go what was held back, and all that follows."""
        self._flows.set()

    def cut(self) -> None:
        """Let all connections go at once, as a router that restarts."""
        while self._lines:
            line = self._lines.pop()
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def refuse(self) -> None:
        """Take no connection any more, for good, and let all go."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):  # refuse() closed the door
            while True:
                ours, _ = self._door.accept()
                self._lines.append(ours)
                self._connect(ours)

    def _connect(self, ours: socket.socket) -> None:
        try:
            theirs = socket.create_connection(("127.0.0.1", self.target), 20.0)
        except OSError:
            ours.close()
            return
        theirs.settimeout(None)
        self._lines.append(theirs)
        Thread(target=self._pump, args=(ours, theirs, False), daemon=True).start()
        Thread(target=self._pump, args=(theirs, ours, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, from_server: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(16384):
                self._flows.wait()
                if from_server:
                    self._forward(chunk, target)
                else:
                    self.heard += chunk
                    if self.cut_at and self.cut_at in chunk:
                        raise OSError("cut")
                    target.sendall(chunk)
        for line in (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _forward(self, chunk: bytes, target: socket.socket) -> None:
        chunk = chunk.replace(*self.change) if self.change[0] else chunk
        if self.cut_after is not None and self.sent + len(chunk) >= self.cut_after:
            target.sendall(chunk[: max(0, self.cut_after - self.sent)])
            raise OSError("cut")
        if self.stall_after is not None and self.sent + len(chunk) >= self.stall_after:
            self.stall()
        self.sent += len(chunk)
        if self.drip:
            for byte in chunk:
                target.sendall(bytes([byte]))
                time.sleep(0.1)
        else:
            target.sendall(chunk)
