"""Silence is heard: a heartbeat after good rounds only, and `check --alive` names the mailbox that was not read."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.edges.disk import put_by
from bot.edges.store import StorageError
from bot.living import beat, heartbeat, silences
from bot.loop import Stop, Worker, _beating
from bot.settings import Settings
from tests.servers.web import Web
from tests.world import World, buyer_writes


@pytest.fixture
def settings(world: World) -> Settings:
    return world.guichet.settings


def told(settings: Settings) -> dict[str, object]:
    found: dict[str, object] = json.loads(heartbeat(settings).read_text())
    return found


def test_a_good_round_leaves_a_heartbeat_with_each_mailbox_s_time(world: World, settings: Settings) -> None:
    assert beat(settings, world.store, world.now)
    assert told(settings)["mailboxes"] == {"ventes": "2026-11-17T10:00:00Z"}
    assert silences(settings, world.now) == []


def test_a_mailbox_not_read_lately_stops_the_heart(world: World, settings: Settings) -> None:
    beat(settings, world.store, world.now)
    assert not beat(settings, world.store, world.now + timedelta(minutes=11))
    assert told(settings)["at"] == "2026-11-17T10:00:00Z"


def test_silence_of_half_an_hour_names_the_mailbox(world: World, settings: Settings) -> None:
    beat(settings, world.store, world.now)
    assert silences(settings, world.now + timedelta(minutes=30)) == []
    [sentence] = silences(settings, world.now + timedelta(minutes=31))
    assert "ventes was not read for 31 minutes" in sentence
    assert silences(settings, world.now + timedelta(minutes=31), timedelta(hours=1)) == []


def test_mailbox_never_read_is_named(world: World, settings: Settings) -> None:
    beat(settings, world.store, world.now)
    also = replace(settings.mailboxes[0], name="contact", maildir=Path("elsewhere"))
    [sentence] = silences(replace(settings, mailboxes=(*settings.mailboxes, also)), world.now)
    assert "contact was never read" in sentence


def test_mail_fetched_but_no_round_done_is_a_silence_too(world: World, settings: Settings) -> None:
    beat(settings, world.store, world.now)
    world.store.run("UPDATE folders SET looked = '2026-11-17T11:00:00Z'")
    [sentence] = silences(settings, world.now + timedelta(hours=1))
    assert "no round ended well for 60 minutes" in sentence


def test_clock_set_back_is_told(world: World, settings: Settings) -> None:
    beat(settings, world.store, world.now)
    [sentence] = silences(settings, world.now - timedelta(hours=2))
    assert "clock" in sentence


def test_without_a_database_nothing_has_ever_run(world: World, settings: Settings, tmp_path: Path) -> None:
    [sentence] = silences(replace(settings, data=tmp_path / "none"), world.now)
    assert "No run has worked" in sentence


def test_database_that_cannot_be_read_is_an_error(world: World, settings: Settings) -> None:
    world.store.close()
    for path in settings.data.glob("guichet.db*"):
        path.write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError):
        silences(settings, world.now)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"at": 7}', '{"at": "yesterday"}'])
def test_spoiled_heartbeat_counts_as_none(world: World, settings: Settings, content: str) -> None:
    heartbeat(settings).write_text(content)
    assert silences(settings, world.now) != []
    assert beat(settings, world.store, world.now)


def test_ping_goes_at_most_once_a_minute_and_its_failure_stops_nothing(
        world: World, settings: Settings, web: Web) -> None:
    settings = replace(settings, ping=f"http://127.0.0.1:{web.port}/check")
    for seconds in (0, 20, 40, 60, 80):
        assert beat(settings, world.store, world.now + timedelta(seconds=seconds))
    assert len(web.asked) == 2
    web.status = 500
    assert beat(settings, world.store, world.now + timedelta(seconds=130))
    assert beat(replace(settings, ping="http://127.0.0.1:1/"), world.store, world.now + timedelta(seconds=300))


def test_heart_stops_when_the_thread_that_reads_stands_still(world: World, settings: Settings,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.loop.now", lambda: world.now)
    stuck = Worker(settings, Stop(), lambda guichet, stop: None)
    stuck.stop.turned -= 3600
    for thread, beats in ((stuck, False), (Worker(settings, Stop(), lambda guichet, stop: None), True)):
        heart = Worker(settings, Stop(), lambda guichet, stop: None)
        turning = threading.Timer(0.2, heart.end)
        turning.start()
        _beating([thread])(world.guichet, heart.stop)
        turning.join()
        assert heartbeat(settings).exists() is beats


def test_a_thread_that_wakes_from_a_long_pause_has_all_its_time_for_the_work_that_follows() -> None:
    stop = Stop()
    began = stop.turned
    stop.pause(0.3)
    assert stop.turned - began >= 0.3


# ---- the disk is full


def test_full_disk_lets_go_of_what_was_put_by_says_so_and_recovers(world: World, settings: Settings) -> None:
    put_by(settings.data)
    pages = world.store.db.conn.execute("PRAGMA page_count").fetchone()[0]
    world.store.db.conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="16 MiB put by for this were let go"):
        world.hears(*(buyer_writes("x" * 5000, message=one) for one in range(50)))
    assert not (settings.data / "ballast").exists()
    world.store.db.conn.execute("PRAGMA max_page_count = 1000000")
    world.work()
    assert len(world.rows("events", "kind = 'buyer_wrote'")) == 50


def test_disk_full_at_each_write_leaves_nothing_half_done(world: World) -> None:
    """Whatever the write that fails: afterwards each mail has its event, and each event its draft."""
    for room in range(0, 40, 3):
        pages = world.store.db.conn.execute("PRAGMA page_count").fetchone()[0]
        world.store.db.conn.execute(f"PRAGMA max_page_count = {pages + room % 7}")
        try:
            world.hears(buyer_writes("y" * 9000, message=room + 100))
        except StorageError:
            world.store.db.conn.execute("PRAGMA max_page_count = 1000000")
            world.work()
        world.store.db.conn.execute("PRAGMA max_page_count = 1000000")
    events = world.rows("events", "kind = 'buyer_wrote'")
    assert len(events) == 14
    assert {row["event"] for row in world.rows("outbox", "what = 'reply'")} == {row["id"] for row in events}
    assert {row["state"] for row in world.rows("mails")} == {"read"}
