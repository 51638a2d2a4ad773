"""Secrets that every test has about it, and ears for all that is said: none of them may ever be heard.

The passwords of the test servers, of the page, and the tokens are the canaries. For the whole suite somebody listens
to every logger at DEBUG, to every error of ours, to what every program is called that the tests start or that those
start in turn, and looks into every file left behind. What a shop's program prints is listened to where it is started.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PASSWORD = "trois merles sur un toit"     # no words that a sentence of ours may hold
TOKEN = "kanari0815tok3n+hunter/2=="     # of the webservice
WEEK = "une semaine à la boutique"       # the password of the week by mail
PAGE = "quatre lampes sur la table"      # the page's
IMAP = "sesame-0815"                     # the mailbox of the IMAP tests
CANARIES = (PASSWORD, TOKEN, WEEK, PAGE, IMAP)

# files for secrets
MAY_HOLD = re.compile(r"(^|/)(password|token|secrets\.env|[^/]*\.password|[^/]*\.token|secrets/[^/]*)$")
STARTS = ("subprocess.Popen", "os.posix_spawn", "os.exec")
EVERY = 0.5     # seconds between two looks at what runs
READER = b"bot.edges.reader"    # in the call of the child that reads mails: that one may not even know them


def shapes(secret: str) -> set[bytes]:
    """Return how a secret may look: plain, in hexadecimal, in Base64 at each of the three places of a triple."""
    plain = secret.encode()
    coded = {b64encode(b" " * shift + plain)[4 if shift else 0:-4] for shift in range(3)}
    return {plain, plain.hex().encode(), *coded}


ALL = re.compile(b"|".join(re.escape(shape) for secret in CANARIES for shape in sorted(shapes(secret))))


def heard(octets: bytes) -> bool:
    return ALL.search(octets) is not None


def kept_in(folder: Path) -> list[str]:
    """Return the files beneath a folder in which a canary sits."""
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink() and heard(path.read_bytes())]


def left_in(folder: Path) -> list[str]:
    """Return the files beneath a folder in which a canary sits, save those that are there to hold one."""
    return [name for name in kept_in(folder) if not MAY_HOLD.search(name)]


def nothing_in(printed: Iterable[str]) -> bool:
    return not any(heard(words.encode("utf-8", "replace")) for words in printed)


class Ear(logging.Handler):
    """Listens to every logger; `told` names those that gave a canary away."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if record.exc_info:
            words += logging.Formatter().formatException(record.exc_info)
        if heard(words.encode("utf-8", "replace")):
            self.told.append(f"{record.name} in {record.pathname}:{record.lineno}")


class Watch(threading.Thread):
    """Looks at the programs that the tests start, and at those that these start, for as long as it lives.

    A program's surroundings may hold a password: that is how it is told. Its call may not, since everybody on the
    machine can read it; and the child that reads mails may hold it nowhere.
    """

    def __init__(self, hears: Callable[[bytes], bool] = heard) -> None:
        super().__init__(daemon=True, name="canaries")
        self.hears = hears
        self.told: list[str] = []
        self.seen: set[int] = set()
        self.readers: set[int] = set()
        self._ended = threading.Event()
        self._listening = True
        sys.addaudithook(self._on_event)     # cannot be taken away again, only told to be quiet

    def _on_event(self, event: str, given: tuple[object, ...]) -> None:
        if self._listening and event in STARTS and self.hears(_octets(given[1])):
            self.told.append(f"the call of {given[0]!r}")

    def run(self) -> None:
        while not self._ended.wait(EVERY):
            self.look()

    def look(self) -> None:
        for pid in descendants(os.getpid()):
            with suppress(OSError):
                self._look_at(pid)

    def _look_at(self, pid: int) -> None:
        called = Path(f"/proc/{pid}/cmdline").read_bytes()
        self.seen.add(pid)
        if self.hears(called):
            self.told.append(f"the call of process {pid}")
        if READER in called:
            self.readers.add(pid)
            if self.hears(Path(f"/proc/{pid}/environ").read_bytes()):
                self.told.append(f"the surroundings of the reading child {pid}")

    def end(self) -> None:
        self._listening = False
        self._ended.set()
        self.join()


def _octets(words: object) -> bytes:
    parts = words if isinstance(words, list | tuple) else [words]
    return b"\0".join(os.fsencode(part) if isinstance(part, str | bytes | os.PathLike) else b"" for part in parts)


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that a process started, and those that they started."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        waiting += children
        yield from children
