"""Thousands of mails at once: few questions, little memory, and what was kept stays kept after kill -9."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.core.runs import parse, runs, united, written
from bot.edges import EdgeError
from bot.edges.imap import BATCH, Imap
from bot.edges.store import Arrival
from bot.receiving import BATCH as TOGETHER
from bot.receiving import receive
from tests.proofs.stage import Stage
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

ROOT = Path(__file__).parents[1]
NOW = datetime.now(UTC).replace(microsecond=0)


def mail(number: int, size: int = 0) -> bytes:
    return (f"From: a{number}@shop.example\r\nSubject: Commande {number}\r\n\r\nBonjour {number}\r\n"
            + "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * (size // 72)).encode()


@pytest.fixture
def stage(tmp_path: Path, dovecot: Dovecot) -> Iterator[Stage]:
    stage = Stage(tmp_path, dovecot)
    yield stage
    stage.close()


@contextmanager
def tapped(stage: Stage) -> Iterator[tuple[Proxy, Imap]]:
    """A connection in plain text whose every word can be read."""
    with Proxy(stage.dovecot.ports["imap"]) as proxy:
        account = replace(stage.imap.account, port=proxy.port, security="plain")
        with Imap(account) as imap:
            proxy.heard = b""
            yield proxy, imap


def asked(proxy: Proxy) -> list[str]:
    """Return the commands that the server heard, without their tags."""
    return [line.partition(" ")[2] for line in proxy.heard.decode().split("\r\n") if line]


def bodies(commands: list[str]) -> list[int]:
    found = [re.fullmatch(r"UID FETCH (\S+) \(BODY\.PEEK\[\] INTERNALDATE\)", line) for line in commands]
    return [uid for one in found if one for run in parse(one[1]) or () for uid in run]


def kept(stage: Stage) -> int:
    return int(stage.guichet.store.rows("SELECT count(*) AS many FROM mails")[0]["many"])


def test_a_hundred_new_mails_cost_three_questions(stage: Stage) -> None:
    stage.look(NOW)
    stage.dovecot.deliver(stage.address, *[mail(number) for number in range(100)])
    with tapped(stage) as (proxy, imap):
        assert receive(stage.guichet.store, stage.mailbox, imap, NOW) == 100
        assert asked(proxy) == ['EXAMINE "INBOX"', "UID FETCH 1:100 (RFC822.SIZE)",
                                "UID FETCH 1:100 (BODY.PEEK[] INTERNALDATE)"]


def test_the_next_batch_is_asked_for_before_the_last_is_read(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, *[mail(number, 9000) for number in range(2 * BATCH + 1)])
    with tapped(stage) as (proxy, imap):
        mails = imap.fetch("INBOX", range(1, 2 * BATCH + 2))
        next(mails)
        assert bodies(asked(proxy)) == list(range(1, 2 * BATCH + 1))
        assert len(list(mails)) == 2 * BATCH
        assert bodies(asked(proxy)) == list(range(1, 2 * BATCH + 2)), "and no mail is asked for twice"


def test_a_folder_with_nothing_new_is_only_looked_at(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, *[mail(number) for number in range(30)])
    stage.look(NOW)
    with tapped(stage) as (proxy, imap):
        assert receive(stage.guichet.store, stage.mailbox, imap, NOW) == 0
        assert asked(proxy) == ['EXAMINE "INBOX"']


def test_the_sweep_asks_for_runs_and_fetches_what_was_passed_over_alone(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, *[mail(number) for number in range(40)])
    stage.look(NOW)
    stage.guichet.store.run("DELETE FROM places WHERE place LIKE '%/7' OR place LIKE '%/31'")
    with tapped(stage) as (proxy, imap):
        assert receive(stage.guichet.store, stage.mailbox, imap, NOW + timedelta(hours=1)) == 0, "the bytes are known"
        assert bodies(asked(proxy)) == [7, 31]
    assert stage.guichet.store.rows("SELECT count(*) AS many FROM places")[0]["many"] == 40


def test_the_day_is_asked_for_once_a_day(stage: Stage) -> None:
    """For that Dovecot may look at every file; the next sweep begins where the first did."""
    stage.dovecot.deliver(stage.address, mail(1), mail(2))
    stage.look(NOW)
    noon = NOW.replace(hour=12) + timedelta(days=1)
    for at, days in ((noon, 1), (noon + timedelta(hours=1), 0), (noon + timedelta(days=1), 1)):
        with tapped(stage) as (proxy, imap):
            stage.guichet.store.run("DELETE FROM places WHERE place LIKE '%/2'")
            receive(stage.guichet.store, stage.mailbox, imap, at)
            assert len([line for line in asked(proxy) if "RETURN (ALL) SINCE" in line]) == days
            assert bodies(asked(proxy)) == [2], "whatever it asks, it finds what was passed over"


def test_a_first_sync_killed_half_way_goes_on_where_it_was(stage: Stage) -> None:
    """The first look keeps TOGETHER mails a commit; after the second it is killed."""
    stage.dovecot.deliver(stage.address, *[mail(number) for number in range(3 * TOGETHER)])
    stage.hang_up()
    environment = dict(os.environ, GUICHET_KILL="after commit of receiving._keep (keep)#2")
    settings = stage.guichet.settings.path
    ended = subprocess.run([sys.executable, str(ROOT / "run_bot.py"), "--config", str(settings), "once"],
                           env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert kept(stage) == 2 * TOGETHER
    with tapped(stage) as (proxy, imap):
        assert receive(stage.guichet.store, stage.mailbox, imap, NOW) == TOGETHER
        assert bodies(asked(proxy)) == list(range(2 * TOGETHER + 1, 3 * TOGETHER + 1))
    assert {bool(row["cold"]) for row in stage.guichet.store.rows("SELECT cold FROM mails")} == {True}


def test_news_broken_off_half_way_goes_on_where_it_was(stage: Stage) -> None:
    stage.look(NOW)
    stage.dovecot.deliver(stage.address, *[mail(number) for number in range(2 * BATCH)])
    store = stage.guichet.store
    there = next(iter(store.rows("SELECT uidvalidity FROM folders")))["uidvalidity"]
    stage.imap.folder("INBOX")
    store.keep("ventes", [Arrival(folder="INBOX", place=one.place, raw=one.raw, received=one.received)
                          for one in stage.imap.fetch("INBOX", range(1, BATCH + 1))], NOW)
    assert next(store.lacking("ventes", "INBOX", there, [range(1, 2 * BATCH + 1)])) == BATCH + 1
    with tapped(stage) as (proxy, imap):
        assert receive(store, stage.mailbox, imap, NOW) == BATCH
        assert bodies(asked(proxy)) == list(range(BATCH + 1, 2 * BATCH + 1))


def test_mails_come_byte_for_byte_whatever_the_server_interleaves(stage: Stage) -> None:
    """Dovecot answers two questions at once as soon as one fills its buffer."""
    draw = Random(1)
    raws = [mail(number, draw.choice((0, 500, 40_000))) for number in range(250)]
    stage.dovecot.deliver(stage.address, *raws)
    got = list(stage.imap.fetch("INBOX", range(1, 251)))
    assert [one.place.rpartition("/")[2] for one in got] == [str(number) for number in range(1, 251)]
    assert all(one.raw.endswith(raw) for one, raw in zip(got, raws, strict=True))


def test_sizes_told_in_another_order_are_understood(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, mail(1))
    with tapped(stage) as (proxy, imap):
        proxy.change = (b"(UID 1 RFC822.SIZE ", b"(FLAGS () UID 1 MODSEQ (7) RFC822.SIZE ")
        assert [one.place.rpartition("/")[2] for one in imap.fetch("INBOX", [1])] == ["1"]


def test_a_mail_told_in_another_order_is_understood(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, mail(1), mail(2))
    with tapped(stage) as (proxy, imap):
        proxy.change = (b" INTERNALDATE ", b" X-GM-MSGID 12 FLAGS (\\Seen) INTERNALDATE ")
        got = list(imap.fetch("INBOX", [1, 2]))
    assert [one.raw.endswith(mail(number)) for number, one in enumerate(got, 1)] == [True, True]
    assert all(abs(one.received - datetime.now(UTC)) < timedelta(minutes=5) for one in got)


@pytest.mark.parametrize("garbled", [
    (b"FETCH (", b"F\xffTCH ]"), (b"* 2 FETCH (UID 2 RFC", b"* 2 FETCH (FLAGS () X-RFC"),
    (b"* 2 FETCH (UID 2 RFC", b"* OK 2 (UID 2 RFC")])
def test_a_mail_whose_answer_was_garbled_does_not_pass_for_gone(garbled: tuple[bytes, bytes], stage: Stage) -> None:
    stage.look(NOW)
    stage.dovecot.deliver(stage.address, mail(1), mail(2), mail(3))
    with tapped(stage) as (proxy, imap), suppress(EdgeError):
        proxy.change = garbled
        receive(stage.guichet.store, stage.mailbox, imap, NOW)
    with tapped(stage) as (_, imap):
        receive(stage.guichet.store, stage.mailbox, imap, NOW)
    assert kept(stage) == 3


def test_runs_say_what_the_numbers_said() -> None:
    draw = Random(7)
    for _ in range(300):
        numbers = sorted({draw.randrange(1, 60) for _ in range(draw.randrange(0, 40))})
        assert [number for run in runs(numbers) for number in run] == numbers
        if numbers:
            assert parse(written(numbers)) == runs(numbers)
        other = sorted({draw.randrange(1, 60) for _ in range(10)})
        assert [number for run in united([*runs(other), *runs(numbers)]) for number in run] == sorted(
            {*numbers, *other})


@pytest.mark.parametrize("said", ["", "x", "1:", ":4", "1:2:3", "1,,2", "*", "1:*"])
def test_what_is_no_set_of_numbers_is_none(said: str) -> None:
    assert parse(said) is None
