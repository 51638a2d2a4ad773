"""Where a measure is made: a Dovecot, an SMTP server, a folder, and the wires between."""

from __future__ import annotations

import asyncio
import imaplib
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, Self

from benchmarks import mailbox, mails
from benchmarks.contenders import Task, bot, command, prepare, surroundings, write_settings
from benchmarks.meter import Ran
from benchmarks.sink import Sink
from tests.servers.dovecot import Dovecot

EMPTY = "empty@boutique.example"
# TLS is spoken by the log-in process for as long as a connection lives: the usual hundred would be all.
MANY = """
default_process_limit = 1500
default_client_limit = 20000
service imap-login {
  service_count = 0
  process_limit = 4
  client_limit = 2000
}
service imap {
  process_limit = 1500
}
"""


class BigDovecot(Dovecot):
    """The tests' Dovecot, with room for a thousand connections."""

    def _configuration(self) -> str:
        return super()._configuration() + MANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    dovecot: Dovecot
    sink: Sink
    folder: Path

    @property
    def imap(self) -> int:
        return self.dovecot.ports["imap"]

    def fill(self, user: str, numbers: Sequence[int], of: Sequence[str] = mails.LETTERS) -> None:
        mailbox.fill(self.dovecot, user, numbers, of=of)

    def place(self, name: str) -> Path:
        """Return an empty folder for one run."""
        path = self.folder / name
        path.mkdir()
        return path

    def settings(self, name: str, users: Mapping[str, str], *, imap: int = 0, smtp: int = 0, **more: Any) -> Path:
        return write_settings(self.place(name), users, imap=imap or self.imap, smtp=smtp or self.sink.port, **more)

    def warm(self, name: str, user: str, *, imap: int = 0, smtp: int = 0) -> Path:
        """Return settings after an empty first look: what lies in the mailbox counts as new, and is answered."""
        task = Task(imap=self.imap, smtp=self.sink.port, user=user, empty=EMPTY, replies=True, folder=self.place(name))
        settings = prepare(task)
        return write_settings(settings.parent, {"ventes": user}, imap=imap or self.imap, smtp=smtp or self.sink.port)

    def drop(self, user: str, number: int, of: Sequence[str] = mails.ANSWERED) -> None:
        """Let one mail arrive, as a mail host delivers it: by LMTP."""
        self.dovecot.deliver(user, mails.mail(number, of=of, to=user))


@contextmanager
def lab(*, big: bool = False) -> Iterator[Lab]:
    with (BigDovecot() if big else Dovecot()) as dovecot, Sink() as sink, \
            TemporaryDirectory(prefix="guichet-bench-") as folder:
        made = Lab(dovecot=dovecot, sink=sink, folder=Path(folder))
        made.fill(EMPTY, ())
        yield made


def once(settings: Path) -> Ran:
    ran = bot(settings, "once")
    if ran.code:
        raise RuntimeError(f"once ended with {ran.code}: {ran.err[-1000:]}")
    return ran


@contextmanager
def daemon(settings: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let `run` run; it is stopped at the end."""
    with (settings.parent / "run.log").open("wb") as log:
        program = subprocess.Popen(command(settings, "run"), cwd=settings.parent, env=surroundings(),
                                   stdout=log, stderr=log)
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(30)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def asked(settings: Path, sql: str) -> Any:
    """Return the first value of a question to the program's database; None while there is none."""
    path = settings.parent / "data" / "guichet.db"
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=30)) as db:
            row = db.execute(sql).fetchone()
    except sqlite3.OperationalError:    # not made yet
        return None
    return row[0] if row else None


def settled(settings: Path) -> int:
    return int(asked(settings, "SELECT count(*) FROM mails WHERE state != 'kept'") or 0)


def wait_until(true: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(every)
    return False


def idlers(dovecot: Dovecot, users: Sequence[str]) -> None:
    """Make empty mailboxes quickly."""
    for user in users:
        dovecot.add(user, mailbox.PASSWORD)
        client = imaplib.IMAP4("127.0.0.1", dovecot.ports["imap"])
        client.login(user, mailbox.PASSWORD)
        client.select("INBOX", readonly=True)
        client.logout()


class Wire:
    """A network to a port of this machine, with a delay, that counts turns and says when the server spoke.

    A turn is the client speaking after the server did: what costs a round trip. `rtt` in seconds, half each way.
    """

    def __init__(self, target: int, rtt: float = 0.0) -> None:
        self.target, self.rtt = target, rtt
        self.turns = 0
        self.bytes = 0
        self.notices: list[float] = []      # CLOCK_MONOTONIC when the server said EXISTS unasked

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = int(server.sockets[0].getsockname()[1])
        Thread(target=self._loop.run_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        last = {"spoke": "server"}
        await asyncio.gather(self._pump(client, to_server, "client", last),
                             self._pump(server, to_client, "server", last), return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, who: str,
                    last: dict[str, str]) -> None:
        while chunk := await source.read(1 << 18):
            if who == "client" and last["spoke"] == "server":
                self.turns += 1
            elif who == "server" and chunk.startswith(b"* ") and b" EXISTS" in chunk[:40] and len(chunk) < 200:
                self.notices.append(time.monotonic())
            last["spoke"] = who
            self.bytes += len(chunk)
            if self.rtt:
                self._loop.call_later(self.rtt / 2, to.write, chunk)
            else:
                to.write(chunk)
                await to.drain()
        self._loop.call_later(self.rtt / 2, to.close)
