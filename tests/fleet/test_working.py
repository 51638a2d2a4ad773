"""Workers at work: who is due, who waits, who is told; and what one seller's trouble means for the others."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.crowd import Crowd, crowd_of
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def crowd(tmp_path: Path, dovecot: Dovecot, postgres: Postgres) -> Iterator[Crowd]:
    yield from crowd_of(tmp_path, dovecot, postgres.database())


def test_a_dead_workers_shard_is_taken_over_within_a_minute(crowd: Crowd) -> None:
    crowd.add(3)
    first = crowd.worker()
    crowd.until_visited()
    second = crowd.worker()
    crowd.until(lambda: len(crowd.directory.rows("SELECT 1 FROM fleet_workers")) == 2, 60, "the second worker")
    first.send_signal(signal.SIGKILL)
    first.wait()
    crowd.until(lambda: crowd.served_by() == {1: second.pid}, 60, "the second worker at the shard")
    crowd.write_to("s1")
    crowd.until(lambda: crowd.notices()[crowd.mailbox("s1")] == 1, 60, "a notice to the seller")
