"""Workers at work: who is due, who waits, who is told; and what one seller's trouble means for the others."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.edges.store import moment
from bot.fleet.joining import add
from tests.fleet.crowd import PLACE, Crowd, crowd_of
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.proxy import Proxy
from tests.servers.smtp import Fault

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


def test_what_the_seller_orders_leaves_without_waiting_for_the_next_visit(crowd: Crowd) -> None:
    crowd.add(2)
    crowd.worker()
    crowd.until_visited()
    crowd.write_to("s0")
    crowd.until(lambda: crowd.notices()[crowd.mailbox("s0")] == 1, 90, "a notice, by IDLE")
    crowd.approve("s0")
    crowd.until(lambda: crowd.replies()[crowd.mailbox("s0")] == 1, 90, "the reply")


def test_a_reply_of_which_nobody_knows_whether_it_left_is_asked_about_and_leaves_once(crowd: Crowd) -> None:
    crowd.add(1)
    crowd.worker()
    crowd.until_visited()
    crowd.write_to("s0")
    crowd.until(lambda: crowd.notices()[crowd.mailbox("s0")] == 1, 90, "a notice")
    crowd.smtp.faults["DOT"] = [Fault.HANG_UP]
    crowd.approve("s0")
    crowd.until(lambda: crowd.rows("s0", "SELECT 1 AS one FROM outbox WHERE what = 'reply' AND state = 'transmitting'"
                                         " AND not_before IS NOT NULL"), 90, "a reply that is looked for")
    assert crowd.replies() == {}
    crowd.settle(["s0"])
    assert crowd.replies() == {crowd.mailbox("s0"): 1}


def test_a_seller_whose_mailbox_fails_keeps_nobody_else_waiting(crowd: Crowd) -> None:
    crowd.add(2)
    settings = crowd.make("broken")
    crowd.dovecot.add(crowd.mailbox("broken"), "changed-meanwhile")
    crowd.fleet("add", "broken", "--settings", str(settings), "--host", "ici")
    crowd.worker("--threads", "1")
    crowd.until(lambda: crowd.directory.rows("SELECT 1 AS one FROM fleet_sellers WHERE failures > 0"), 90, "a failure")
    [row] = [one for one in crowd.listed("list") if one["name"] == "broken"]
    assert "refused the log-in" in row["error"]
    assert row["rests"]["mailbox:ventes"]["times"] == 1, "a refused log-in is not tried again at once"
    crowd.write_to("s0")
    crowd.until(lambda: crowd.notices()[crowd.mailbox("s0")] == 1, 90, "a notice to another")


def test_a_mail_server_that_says_nothing_keeps_nobody_else_waiting(crowd: Crowd) -> None:
    """One berth in the worker, and who has it waits for a server that lets a byte through now and then."""
    crowd.add(1)
    crowd.worker("--threads", "1")
    crowd.until_visited()
    with Proxy(crowd.dovecot.ports["imaps"]) as proxy:
        proxy.drip = True
        add(crowd.directory, "stuck", crowd.make("stuck", port=proxy.port), PLACE)
        crowd.until(lambda: proxy.heard, 90, "a visit to the seller whose server is slow")
        crowd.write_to("s0")
        crowd.until(lambda: crowd.notices()[crowd.mailbox("s0")] == 1, 90, "a notice to the other")
        [stuck] = crowd.until(lambda: crowd.directory.rows("SELECT rests FROM fleet_sellers WHERE failures > 0"), 120,
                              "an end of the visit to the slow one")
    gave_up = moment(stuck["rests"]["mailbox:ventes"]["until"]) - timedelta(seconds=30)    # the first pause
    [left] = crowd.rows("s0", "SELECT changed FROM outbox WHERE state = 'sent'")
    assert moment(left["changed"]) < gave_up, "the other had to wait"


def test_where_the_server_does_not_tell_of_news_it_is_asked(tmp_path: Path, postgres: Postgres) -> None:
    with Dovecot(idle=False) as dovecot:
        for crowd in crowd_of(tmp_path, dovecot, postgres.database()):
            crowd.add(2)
            crowd.worker()
            crowd.until_visited()
            assert [row["idle"] for row in crowd.directory.everyone()] == [False, False]
            crowd.write_to("s1")
            crowd.until(lambda: crowd.notices()[crowd.mailbox("s1")] == 1, 120, "a notice, without IDLE")  # noqa: B023


def test_a_seller_with_broken_settings_rests_alone(crowd: Crowd) -> None:
    crowd.add(2)
    crowd.settings("s0").path.write_text("[seller\n")
    crowd.worker()
    crowd.until(lambda: crowd.directory.rows("SELECT 1 AS one FROM fleet_sellers WHERE name = 's0' AND failures > 0"),
                90, "a failure")
    crowd.until(lambda: crowd.directory.rows("SELECT 1 AS one FROM fleet_sellers WHERE name = 's1' AND"
                                             " last_read IS NOT NULL"), 90, "a visit to the other")


def test_told_to_stop_a_worker_leaves_its_shards_to_the_next(crowd: Crowd) -> None:
    crowd.add(2)
    first = crowd.worker()
    crowd.until_visited()
    first.terminate()
    assert first.wait(60) == 0
    assert crowd.directory.rows("SELECT 1 AS one FROM fleet_workers") == []
    second = crowd.worker()
    crowd.until(lambda: crowd.served_by() == {1: second.pid}, 60, "the next worker at the shard")


def test_more_shards_than_places_take_turns(crowd: Crowd) -> None:
    """Sellers of two shards, one worker with one place: each is visited."""
    crowd.add(1)
    crowd.directory.run("INSERT INTO fleet_shards (number, host) VALUES (2, 'ici')")
    crowd.add(1)
    crowd.directory.run("UPDATE fleet_sellers SET shard = 2 WHERE name = 's1'")
    crowd.worker("--shards", "1")
    crowd.until_visited(200)


def test_a_seller_moves_while_the_workers_work(crowd: Crowd) -> None:
    crowd.add(2)
    crowd.worker()
    crowd.until_visited()
    target = crowd.folder / "moved"
    crowd.fleet("move", "s0", "--to", "ici", "--folder", str(target))
    crowd.write_to("s0")
    crowd.until(lambda: crowd.notices()[crowd.mailbox("s0")] == 1, 90, "a notice from the new folder")
    assert crowd.settings("s0").path.parent == target
    assert len(crowd.rows("s0", "SELECT 1 AS one FROM cases")) == 1


def test_two_workers_share_the_shards_of_a_host(crowd: Crowd) -> None:
    crowd.add(1)
    crowd.directory.run("INSERT INTO fleet_shards (number, host) VALUES (2, 'ici')")
    crowd.add(1)
    crowd.directory.run("UPDATE fleet_sellers SET shard = 2 WHERE name = 's1'")
    crowd.worker()
    crowd.until_visited()
    crowd.worker()
    crowd.until(lambda: len(set(crowd.served_by().values())) == 2, 90, "a shard for each")
