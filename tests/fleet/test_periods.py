"""What comes by the clock for each seller though no mail does: his warnings, his digest and his daily copy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.policy import Seller
from bot.edges.clock import now
from bot.edges.store import iso
from bot.fleet.addressing import address
from bot.fleet.working import TEND, Worker
from bot.saving import backups_in
from tests.fleet.crowd import PLACE, Crowd, crowd_of
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.timeout(400)
SOON = timedelta(seconds=30)


@pytest.fixture
def crowd(tmp_path: Path, dovecot: Dovecot, postgres: Postgres) -> Iterator[Crowd]:
    yield from crowd_of(tmp_path, dovecot, postgres.database())


def an_hour_ago() -> str:
    """Return a time of day that has come, in the zone of a seller who names none."""
    return f"{now().astimezone(ZoneInfo(Seller().timezone)) - timedelta(hours=1):%H:%M}"


def told_of(crowd: Crowd, name: str) -> list[str]:
    return [row["template"] for row in crowd.rows(name, "SELECT template FROM outbox WHERE state = 'sent' ORDER BY id")]


def hours_later(crowd: Crowd) -> None:
    """Have the hour strike at which whoever was not seen is visited, though a worker looks each five minutes."""
    crowd.directory.run("UPDATE fleet_sellers SET visited = now() - interval '2 hours'")
    crowd.run_task("digests and backups")


def test_each_seller_is_warned_when_his_deadline_comes_near(crowd: Crowd) -> None:
    crowd.add(2)
    crowd.worker()
    crowd.until_visited()
    for name in crowd.names:
        crowd.write_to(name)
    crowd.until(lambda: sum(crowd.notices().values()) == 2, 120, "a notice to each")
    crowd.until(lambda: all(row["next_deadline"] for row in crowd.directory.everyone()), 60,
                "the directory told of both visits")
    rung = min(crowd.settings("s0").policy.warnings)
    for name in crowd.names:    # as if the buyer had written days ago
        crowd.change(name, "UPDATE deadlines SET due = ?, look = ? WHERE state = 'open'", iso(now() + rung + SOON),
                     iso(now() + SOON))
    crowd.directory.run("UPDATE fleet_sellers SET wake = now() + interval '30 seconds'")
    crowd.until(lambda: [crowd.notices()[crowd.mailbox(name)] for name in crowd.names] == [2, 2], 150,
                "a warning to each")
    for name in crowd.names:
        assert len(crowd.rows(name, "SELECT 1 AS one FROM events WHERE kind = 'deadline_near'")) == 1


def test_each_seller_has_his_digest_and_his_daily_copy(crowd: Crowd) -> None:
    for name in ("marie", "paul"):
        crowd.enter(name, digest=an_hour_ago())
    crowd.worker()
    crowd.until_visited()
    copies = [backups_in(crowd.settings(name)) for name in crowd.names]
    crowd.until(lambda: all(list(folder.glob("*.db")) for folder in copies), 60, "the first copy of each")
    for name, folder in zip(crowd.names, copies, strict=True):
        for copy in folder.glob("*.db"):
            copy.unlink()
        crowd.change(name, "UPDATE meta SET value = '2026-01-01' WHERE name = 'digest'")
    assert not any("digest" in told_of(crowd, name) for name in crowd.names)
    hours_later(crowd)
    crowd.until(lambda: all(list(folder.glob("*.db")) for folder in copies), 120, "a copy of each")
    crowd.until(lambda: all(told_of(crowd, name).count("digest") == 1 for name in crowd.names), 60, "a digest of each")


def test_what_comes_again_and_again_comes_by_the_clock_on_each_host(postgres: Postgres) -> None:
    app = Worker(address(postgres.database(), None), PLACE, 1, None).app()
    crons = {task.task.name: (task.cron, task.task.queue, task.periodic_id)
             for task in app.periodic_registry.periodic_tasks.values()}
    assert crons == {
        "tend": (f"* * * * * */{TEND}", f"tending {PLACE}", PLACE),
        "warnings": ("* * * * * */15", f"tending {PLACE}", PLACE),
        "digests and backups": ("*/10 * * * * 17", f"tending {PLACE}", PLACE),
        "alarm": ("* * * * * */30", f"tending {PLACE}", PLACE),
    }
