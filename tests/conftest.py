"""What every test may count on. The servers' fixtures stand in tests/servers/, each beside its server."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from pkgutil import iter_modules

import pytest
from hypothesis import settings

from bot import words
from bot.core.errors import BotError
from tests.canaries import Ear, Watch, heard, left_in
from tests.world import World

ROOT = Path(__file__).resolve().parent.parent
SERVERS = ROOT / "tests" / "servers"
pytest.register_assert_rewrite("tests.servers")     # before one server's file imports another's
pytest_plugins = [f"tests.servers.{found.name}" for found in iter_modules([str(SERVERS)])]

# A slow machine is no fault of ours; and in CI the same commit gets the same examples.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def stay_on_this_machine(event: str, given: tuple[object, ...]) -> None:
    """Refuse a connection to anywhere else: no test may write to a real mailbox."""
    if event not in ("socket.connect", "socket.sendto") or not isinstance(given[1], tuple):
        return
    host = str(given[1][0])
    if not is_here(host):
        raise PermissionError(f"a test wanted to connect to {host}; tests stay on this machine")


def is_here(host: str) -> bool:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host in ("", "localhost")
    return address.is_loopback or address.is_unspecified


sys.addaudithook(stay_on_this_machine)


@pytest.fixture
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_logged() -> Iterator[None]:
    """Listen to every logger at DEBUG through the whole suite: no password and no token may be heard."""
    ear, root = Ear(), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    yield
    root.removeHandler(ear)
    root.setLevel(level)
    assert not ear.told, ear.told


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_in_an_error() -> Iterator[None]:
    """Listen to every error of ours as it is made, whoever catches it."""
    told: list[str] = []

    def listened(self: BotError, *words: object) -> None:
        Exception.__init__(self, *words)
        if heard(" ".join(map(str, words)).encode("utf-8", "replace")):
            told.append(type(self).__name__)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BotError, "__init__", listened, raising=False)
        yield
    assert not told, told


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_in_a_call() -> Iterator[Watch]:
    """Watch what is started, by the tests and by what they start, through the whole suite."""
    watch = Watch()
    watch.start()
    yield watch
    watch.end()
    assert not watch.told, watch.told


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_left_in_a_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Look into all that the tests leave: databases, backups, logs, exports, everything but the files for secrets."""
    yield
    left = left_in(tmp_path_factory.getbasetemp())
    assert not left, left


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English, and a machine whose own zone is nobody's: what leans on either must say so."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    time.tzset()
    words.use("en")
    yield
    words.use("en")
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Marie's shop after its first, empty look: what arrives now is new."""
    world = World(tmp_path)
    world.work()
    return world
