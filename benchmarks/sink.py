"""An SMTP server in a process of its own: it takes every mail and counts it, and is never the slowest of those at work.

    with Sink() as sink:
        ...                     # 127.0.0.1, sink.port; PIPELINING, AUTH PLAIN and LOGIN, any password
        sink.count()            # mails taken since the last reset
        sink.times()            # CLOCK_MONOTONIC at each 250, in order

`python -m benchmarks.sink` is the server; XCOUNT, XTIMES and XRESET are what the benchmark asks it by.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
SAYS = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 50000000\r\n250 AUTH PLAIN LOGIN\r\n"
END = b"\r\n.\r\n"

taken: list[float] = []


class Connection(asyncio.Protocol):
    """One client: lines, and after DATA a mail up to the dot."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.in_mail = False
        self.secrets = 0        # lines still to come of AUTH LOGIN

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, more: bytes) -> None:
        self.buffer += more
        while self._mail() if self.in_mail else self._line():
            pass

    def _mail(self) -> bool:
        end = self.buffer.find(END)
        if end < 0:
            return False
        del self.buffer[:end + len(END)]
        self.in_mail = False
        taken.append(time.monotonic())
        self.transport.write(b"250 2.0.0 queued\r\n")
        return True

    def _line(self) -> bool:
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end])
        del self.buffer[:end + 2]
        self.transport.write(self._answer(line))
        if line[:4].upper() == b"QUIT":
            self.transport.close()
        return True

    def _answer(self, line: bytes) -> bytes:
        if self.secrets:
            self.secrets -= 1
            return b"334 UGFzc3dvcmQ6\r\n" if self.secrets else b"235 2.7.0 welcome\r\n"
        verb = line[:4].upper()
        if verb == b"DATA":
            self.in_mail = True
            return b"354 go on\r\n"
        if verb == b"AUTH":
            self.secrets = (0, 2, 1)[line.count(b" ")] if b"LOGIN" in line.upper() else 1 - (line.count(b" ") > 1)
            return b"334 VXNlcm5hbWU6\r\n" if self.secrets else b"235 2.7.0 welcome\r\n"
        return _ANSWERS.get(verb, lambda: b"250 2.0.0 ok\r\n")()


def _reset() -> bytes:
    taken.clear()
    return b"250 ok\r\n"


_ANSWERS = {b"EHLO": lambda: SAYS, b"QUIT": lambda: b"221 bye\r\n", b"XCOU": lambda: b"250 %d\r\n" % len(taken),
            b"XTIM": lambda: b"250 " + ",".join(map(repr, taken)).encode() + b"\r\n", b"XRES": _reset}


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


class Sink:
    """The server, from outside."""

    def __enter__(self) -> Self:
        self._running = subprocess.Popen([sys.executable, "-m", "benchmarks.sink"], cwd=ROOT, stdout=subprocess.PIPE)
        assert self._running.stdout
        self.port = int(self._running.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._running.kill()
        self._running.communicate()

    def _ask(self, verb: str) -> str:
        with smtplib.SMTP("127.0.0.1", self.port) as line:
            return line.docmd(verb)[1].decode()

    def count(self) -> int:
        return int(self._ask("XCOUNT"))

    def reset(self) -> None:
        self._ask("XRESET")

    def times(self) -> list[float]:
        with socket.create_connection(("127.0.0.1", self.port)) as line, line.makefile("rwb") as both:
            both.readline()
            both.write(b"XTIMES\r\n")
            both.flush()
            return [float(one) for one in both.readline()[4:].split(b",") if one.strip()]


if __name__ == "__main__":
    asyncio.run(serve())
