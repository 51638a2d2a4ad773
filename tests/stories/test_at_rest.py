"""A daemon at rest wakes seldom: who gives it an order rings, and without a bell it looks by itself."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import errands, loop
from bot.edges import clock
from bot.edges.bell import BELL, hung, ring
from bot.edges.store import Store, moment
from bot.guichet import leave
from tests.servers.shop import ROOT, Shop
from tests.stories.test_the_road_of_one_mail import LETTER, until
from tests.world import World, claim

NEVER, SOON = 3600.0, 2.0      # seconds between two looks
DAEMON = """
import sys
sys.path.insert(0, {root!r})
from bot import loop
loop.PULSE = loop.ROUND = {pulse}
loop.LOOK = {look}
from bot.cli import main
raise SystemExit(main(["--config", {settings!r}, "run"]))
"""


@contextmanager
def resting(shop: Shop, pulse: float, look: float = NEVER) -> Iterator[subprocess.Popen[bytes]]:
    """Let a daemon that looks by itself as often as said tell the seller of a letter, and come to rest."""
    said = DAEMON.format(root=str(ROOT), pulse=pulse, look=look, settings=str(shop.settings))
    with (shop.folder / "log").open("wb") as log:
        daemon = subprocess.Popen([sys.executable, "-c", said], cwd=shop.folder, stdout=log, stderr=log, env={
            "PATH": "/usr/bin:/bin", "LANG": "en_GB.UTF-8", "VENTES_PASSWORD": shop.password})
    try:
        shop.arrives(LETTER)
        until(lambda: [row["state"] for row in shop.show("outbox") if row["what"] == "question"] == ["sent"])
        yield daemon
    finally:
        daemon.kill()
        daemon.wait(10)


def approved(shop: Shop) -> None:
    """Give the order in the terminal, and wait until it is carried out."""
    shop.bot("approve", "C-1")
    until(shop.to_buyers)


def test_an_order_in_the_terminal_rings_for_a_daemon_that_would_never_look(shop: Shop) -> None:
    shop.once()
    with resting(shop, NEVER):
        approved(shop)


def without_a_bell(folder: Path) -> None:
    (folder / BELL).unlink()


def with_a_deaf_one(folder: Path) -> None:
    (folder / BELL).unlink()
    (folder / BELL).touch(0o400)


@pytest.mark.parametrize("lost", [without_a_bell, with_a_deaf_one])
def test_where_nobody_can_ring_the_next_look_finds_the_order(shop: Shop, lost: Callable[[Path], None]) -> None:
    shop.once()
    with resting(shop, SOON):
        lost(shop.folder / "data")
        approved(shop)


def test_where_no_bell_can_hang_the_daemon_looks_whether_others_have_written(shop: Shop) -> None:
    shop.once()
    (shop.folder / "data" / BELL).mkdir()      # stands in for a disk that takes no sockets
    with resting(shop, NEVER, look=0.5):
        approved(shop)


def test_a_killed_daemon_leaves_a_bell_that_the_next_one_hangs_anew(shop: Shop) -> None:
    shop.once()
    with resting(shop, NEVER) as daemon:
        daemon.send_signal(signal.SIGKILL)
        daemon.wait(10)
        assert (shop.folder / "data" / BELL).is_socket()
        shop.bot("approve", "C-1")      # nobody listens, which is no fault
    with resting(shop, NEVER) as daemon:
        until(shop.to_buyers)
        daemon.terminate()
        assert daemon.wait(20) == 0
    assert not (shop.folder / "data" / BELL).exists(), "a daemon that ends takes its bell along"


# ---- the pauses between


@pytest.fixture
def time_passes() -> Iterator[Callable[[timedelta], None]]:
    yield clock.set_ahead
    clock.set_ahead(timedelta())


def patience(world: World) -> float:
    """Return the seconds for which a daemon would rest now, its idle child and relays let go of."""
    errands.retire_old(world.guichet, world.now)
    clock.set_ahead(world.now - datetime.now(UTC))
    return loop._patience(world.guichet, kept=False)


def test_while_nothing_will_be_due_a_daemon_goes_round_every_ten_minutes(
        world: World, time_passes: Callable[[timedelta], None]) -> None:
    world.work()
    assert patience(world) == pytest.approx(clock.until_next(loop.ROUND), abs=1)


def test_it_rests_no_longer_than_until_a_deadline_is_to_be_told(
        world: World, time_passes: Callable[[timedelta], None]) -> None:
    world.work()
    world.hears(claim())
    world.store.run("UPDATE outbox SET state = 'sent'")     # what is told of it at once has left
    rungs = [moment(row["look"]) for row in world.store.rows("SELECT look FROM deadlines WHERE state = 'open'")]
    assert rungs
    world.now = min(rungs) - timedelta(hours=1)
    world.work()
    assert patience(world) == pytest.approx(clock.until_next(loop.ROUND), abs=1)
    world.now = min(rungs) - timedelta(seconds=500)
    world.work()
    assert patience(world) <= loop.PULSE
    world.now = min(rungs) - timedelta(seconds=9)
    world.work()
    assert patience(world) <= 9


def test_it_is_awake_when_the_digest_is_due(tmp_path: Path, time_passes: Callable[[timedelta], None]) -> None:
    world = World(tmp_path, policy='digest = "08:00"')
    world.now = datetime(2026, 11, 18, 6, 52, tzinfo=UTC)     # in Paris eight minutes before
    world.work()
    assert patience(world) <= loop.PULSE


# ---- the bell itself


def rings(folder: Path, act: Callable[[], object]) -> bool:
    """Say whether somebody who listens hears a ring."""
    with hung(folder) as bell:
        assert bell
        act()
        heard = bool(select.select([bell], [], [], 0)[0])
        bell.heed()
        assert not select.select([bell], [], [], 0)[0], "all rings are one piece of news"
        return heard


def test_many_rings_neither_wait_nor_fail_and_are_heard_once(tmp_path: Path) -> None:
    def act() -> None:
        for _ in range(5000):
            ring(tmp_path)
    assert rings(tmp_path, act)


def test_only_who_has_written_rings(tmp_path: Path) -> None:
    path = tmp_path / "guichet.db"
    with closing(Store(path)):
        pass
    assert not rings(tmp_path, lambda: leave(Store(path)))
    (store := Store(path)).set_meta("one", "two")
    assert rings(tmp_path, lambda: leave(store))


def test_the_bell_is_its_owner_s(tmp_path: Path) -> None:
    with hung(tmp_path):
        assert (tmp_path / BELL).stat().st_mode & 0o777 == 0o600


def test_where_a_path_is_too_long_for_a_socket_there_is_no_bell_and_ringing_is_no_fault(tmp_path: Path) -> None:
    (deep := tmp_path / ("x" * 120)).mkdir()
    with hung(deep) as bell:
        assert bell is None
        ring(deep)
    assert list(deep.iterdir()) == []
