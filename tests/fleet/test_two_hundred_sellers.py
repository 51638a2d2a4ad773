"""Two hundred sellers, two workers, real servers: one worker is killed and PostgreSQL too, and nobody notices."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fleet.crowd import Crowd, crowd_of
from tests.servers.dovecot import PROGRAM as DOVECOT
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres

SELLERS = 200
MOST = SELLERS // 10         # replies may be on their way in one worker when it is killed


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """One that may be killed."""
    from tests.servers.postgres import NEEDED, PROGRAM

    if PROGRAM is None or DOVECOT is None:
        pytest.skip(NEEDED)
    with Postgres() as server:
        yield server


@pytest.fixture
def crowd(tmp_path: Path, own_postgres: Postgres) -> Iterator[Crowd]:
    with Dovecot(many=True) as dovecot:
        yield from crowd_of(tmp_path, dovecot, own_postgres.database())


@pytest.mark.timeout(900)
def test_a_killed_worker_and_a_killed_postgresql_lose_no_mail_and_send_nothing_twice(
        crowd: Crowd, own_postgres: Postgres) -> None:
    crowd.add(SELLERS)
    workers = {worker.pid: worker for worker in (crowd.worker(), crowd.worker())}
    crowd.until_visited(300)
    served = crowd.until(lambda: (found := crowd.served_by()) and set(found.values()) == workers.keys() and found, 120,
                         "a share for each worker")
    assert len(served) == SELLERS // 50

    with ThreadPoolExecutor(4) as hosts:
        list(hosts.map(crowd.write_to, crowd.names))
    crowd.until(lambda: len(crowd.notices()) > SELLERS // 10, 120, "the first notices")
    own_postgres.kill()                                     # amid the reading
    own_postgres.start()
    crowd.until(lambda: len(crowd.notices()) == SELLERS, 300, "a notice to each seller")
    assert all(worker.poll() is None for worker in workers.values()), "a worker did not outlive PostgreSQL"

    with ThreadPoolExecutor(2) as fingers:
        list(fingers.map(crowd.approve, crowd.names))
    crowd.until(lambda: len(crowd.replies()) > SELLERS // 10, 120, "the first replies")
    victim, killed = next((pid, workers[pid]) for pid in crowd.until(
        lambda: list(crowd.served_by().values()), 60, "shards that are served"))
    orphans = {number for number, pid in crowd.served_by().items() if pid == victim}
    killed.send_signal(signal.SIGKILL)                      # amid the sending
    killed.wait()
    crowd.until(lambda: victim not in crowd.served_by().values(), 60, f"another worker for the shards {orphans}")

    crowd.until(lambda: sum(crowd.replies().values()) >= SELLERS - len(waiting(crowd)), 300, "all replies")
    assert max(crowd.replies().values()) == 1, "a reply left twice"
    assert max(crowd.notices().values()) == 1, "a seller was told twice"
    unsent = waiting(crowd)
    assert len(unsent) <= MOST
    assert set(crowd.replies()) == {crowd.mailbox(name) for name in crowd.names} - unsent, "a reply is lost"
    handled_once(crowd)
    crowd.settle([name for name in crowd.names if crowd.mailbox(name) in unsent])
    assert crowd.replies() == {crowd.mailbox(name): 1 for name in crowd.names}


def waiting(crowd: Crowd) -> set[str]:
    """Return whose reply was on its way when the worker was killed and is still looked for: not lost, not repeated."""
    query = "SELECT 1 AS one FROM outbox WHERE what = 'reply' AND state IN ('transmitting', 'uncertain')"
    there = crowd.replies()
    return {crowd.mailbox(name) for name in crowd.names if crowd.mailbox(name) not in there
            and crowd.rows(name, query)}


def handled_once(crowd: Crowd) -> None:
    for name in crowd.names:
        [mail] = crowd.rows(name, "SELECT * FROM mails WHERE marketplace != ''")
        assert (mail["state"], mail["kind"]) == ("read", "buyer_wrote"), name
        assert len(crowd.rows(name, "SELECT * FROM cases")) == 1
        assert len(crowd.rows(name, "SELECT * FROM events WHERE kind = 'buyer_wrote'")) == 1
