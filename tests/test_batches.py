"""Many mails are settled together: each stands for itself all the same, and what is kept costs no mail more."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.case import Case
from bot.core.errors import UnreadableError
from bot.core.event import CaseKey, Kind
from bot.core.policy import Mode
from bot.edges.reader import Asked, Read, Reader
from bot.edges.store import ALIKE, FEW, Arrival, SpoiltError, StorageError, Store, moment
from bot.guichet import UNDERSTANDING
from bot.loop import Stop, resolving_steps, until_idle
from bot.reading import MOST, MOST_ATTEMPTS, read_some
from bot.receiving import receive_maildir
from bot.sending import send_ready
from bot.switching import switch
from bot.ticking import tick
from tests.proofs.poison import POISON, ChildKiller
from tests.world import NOW, World, buyer_writes, claim, mail, passed


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.work()
    return world


def order(number: int) -> str:
    return f"404-{number:07}-8284590"


def kept(world: World, *mails: bytes) -> None:
    """Let mails arrive that nobody has read yet."""
    world.arrives(*mails)
    receive_maildir(world.store, world.guichet.settings.mailboxes[0], world.now)


def attempts(world: World) -> list[int]:
    return [row["attempts"] for row in world.rows("mails")]


def states(world: World) -> list[str]:
    return [row["state"] for row in world.rows("mails")]


# ---- each mail for itself


def test_many_mails_are_settled_with_few_commits(world: World) -> None:
    commits: list[str] = []
    kept(world, *(buyer_writes(order=order(number)) for number in range(40)))
    world.store.connection.set_trace_callback(commits.append)
    assert read_some(world.guichet, world.now)
    world.store.connection.set_trace_callback(None)
    assert states(world) == ["read"] * 40
    assert len(world.rows("cases")) == 40
    assert commits.count("COMMIT") < 20      # the attempts, then so many mails together as HELD allows


def test_a_mail_that_kills_the_reader_in_a_batch_costs_its_neighbours_no_attempt(world: World) -> None:
    world.guichet = replace(world.guichet, given=ChildKiller())
    kept(world, *(buyer_writes(f"Bonjour {POISON.decode() if number == 2 else ''}", order=order(number))
                  for number in range(5)))
    assert read_some(world.guichet, world.now)
    assert states(world) == ["read", "read", "kept", "read", "read"]
    assert attempts(world) == [1] * 5
    world.work()
    world.guichet.reader.close()
    assert states(world) == ["read", "read", "shelved", "read", "read"]
    assert world.one("mails", "state = 'shelved'")["attempts"] == MOST_ATTEMPTS


def test_neighbours_of_a_mail_that_killed_the_program_get_their_attempts_back(world: World) -> None:
    kept(world, *(buyer_writes(order=order(number)) for number in range(FEW + 2)))
    every = list(range(1, FEW + 3))
    assert [one.id for one in world.store.next_mails(MOST, 2**20)] == every            # and the program dies
    assert [one.id for one in world.store.next_mails(MOST, 2**20)] == every[:FEW]      # again: one of these did it
    assert [one.id for one in world.store.next_mails(MOST, 2**20)] == [1]              # each alone from now on
    assert attempts(world) == [3, *[2] * (FEW - 1), 0, 0]                              # the others did not
    world.store.settle_mail(1, "read")
    assert [one.id for one in world.store.next_mails(MOST, 2**20)] == [2]              # and dies: this is the one
    assert [one.attempts for one in world.store.next_mails(MOST, 2**20)] == [MOST_ATTEMPTS + 1]
    assert attempts(world) == [3, 4, *[0] * FEW]


@pytest.mark.parametrize("tried", [1, 2])
def test_a_mail_tried_before_ends_the_batch_and_goes_without_those_that_were_not(world: World, tried: int) -> None:
    kept(world, *(buyer_writes(order=order(number)) for number in range(4)))
    world.store.run("UPDATE mails SET attempts = ? WHERE id = 3", tried)
    assert [one.id for one in world.store.next_mails(MOST, 2**20)] == [1, 2]
    for number in (1, 2):
        world.store.settle_mail(number, "read")
    assert [one.id for one in world.store.next_mails(MOST, 2**20)] == [3]


def test_a_batch_is_bounded_by_bytes_beyond_its_first_mail(world: World) -> None:
    kept(world, *(buyer_writes("x" * 5000, order=order(number)) for number in range(4)))
    size = world.rows("mails")[0]["size"]
    assert [one.id for one in world.store.next_mails(MOST, size // 2)] == [1]
    world.store.settle_mail(1, "read")
    assert [one.id for one in world.store.next_mails(MOST, 2 * size + 10)] == [2, 3]


def test_mails_taken_beside_others_are_none_of_those_and_none_that_must_come_alone(world: World) -> None:
    kept(world, *(buyer_writes(order=order(number)) for number in range(6)))
    first = world.store.next_mails(2, 2**20)
    assert [one.id for one in world.store.next_mails(2, 2**20, [one.id for one in first])] == [3, 4]
    assert attempts(world) == [1, 1, 1, 1, 0, 0]
    world.store.run("UPDATE mails SET attempts = 1 WHERE id = 5")
    assert world.store.next_mails(2, 2**20, range(1, 5)) == []
    assert attempts(world) == [1, 1, 1, 1, 1, 0]
    world.store.uncount_attempts([1, 2, 3, 4])
    world.store.run("UPDATE mails SET state = 'read' WHERE id < 5")
    assert [(one.id, one.attempts) for one in world.store.next_mails(2, 2**20)] == [(5, 2)]


def test_next_batch_is_counted_before_the_child_has_it_and_taken_before_the_last_is_settled(world: World) -> None:
    world.guichet = replace(world.guichet, given=(reader := Noted(world)))
    kept(world, *(buyer_writes(order=order(number)) for number in range(MOST + 20)))
    assert read_some(world.guichet, world.now, seconds=60)
    reader.close()
    assert reader.counted == [1] * (MOST + 20)
    assert 0 < reader.settled < MOST
    assert states(world) == ["read"] * (MOST + 20)


class Noted(Reader):
    """A reader that notes each mail's attempts when the child gets it, and how many are settled at the next batch."""

    def __init__(self, world: World) -> None:
        super().__init__(beyond=UNDERSTANDING)
        self.world, self.settled = world, 0
        self.counted: list[int] = []

    def read_many(self, asked: Iterable[Asked]) -> Iterator[Read | UnreadableError]:
        return super().read_many(map(self.noted, asked))

    def noted(self, one: Asked) -> Asked:
        if len(self.counted) == MOST:
            self.settled = states(self.world).count("read")
        self.counted.append(self.world.rows("mails")[len(self.counted)]["attempts"])
        return one


def test_fault_of_the_database_amid_two_batches_costs_no_mail_of_either_an_attempt(world: World) -> None:
    last = MOST - 10
    world.store.run("CREATE TRIGGER refuses BEFORE INSERT ON deadlines WHEN EXISTS (SELECT 1 FROM cases"
                    f" WHERE id = new.case_id AND order_number = '{order(last)}') BEGIN SELECT raise(ABORT, 'no'); END")
    kept(world, *(buyer_writes(order=order(number)) for number in range(MOST + 20)))
    with pytest.raises(StorageError):
        read_some(world.guichet, world.now, seconds=60)
    assert states(world) == ["read"] * last + ["kept"] * 30
    assert attempts(world)[last:] == [0] * 30


class Torn(Reader):
    """A reader one of whose mails says what no database can hold."""

    def read_many(self, asked: Iterable[Asked]) -> Iterator[Read | UnreadableError]:
        for one in super().read_many(asked):
            assert isinstance(one, Read)
            yield replace(one, message=replace(one.message, text=one.message.text.replace("TORN", "\ud800")))


def test_a_fault_in_one_mail_rolls_back_only_that_mail(world: World) -> None:
    world.guichet = replace(world.guichet, given=Torn())
    kept(world, *(buyer_writes("TORN" if number == 1 else "Bonjour", order=order(number)) for number in range(3)))
    assert read_some(world.guichet, world.now)
    world.guichet.reader.close()
    assert states(world) == ["read", "shelved", "read"]
    assert world.one("mails", "id = 2")["reason"].startswith("fault: ")
    assert world.one("mails", "id = 2")["sender"], "what it is stays known"
    assert [row["order_number"] for row in world.rows("cases")] == [order(0), order(2)]
    assert len(world.rows("events")) == len(world.rows("deadlines")) == 2


def test_a_mail_that_the_database_refuses_holds_up_none_before_it_and_costs_no_attempt(world: World) -> None:
    world.store.run("CREATE TRIGGER refuses BEFORE INSERT ON deadlines WHEN EXISTS (SELECT 1 FROM cases"
                    f" WHERE id = new.case_id AND order_number = '{order(1)}') BEGIN SELECT raise(ABORT, 'no'); END")
    kept(world, *(buyer_writes(order=order(number)) for number in range(3)))
    with pytest.raises(StorageError):
        read_some(world.guichet, world.now)
    assert states(world) == ["read", "kept", "kept"]
    assert attempts(world)[1:] == [0, 0]
    assert [row["order_number"] for row in world.rows("cases")] == [order(0)]
    world.store.run("DROP TRIGGER refuses")
    world.work()
    assert states(world) == ["read"] * 3


def test_an_order_that_is_refused_takes_back_nothing_of_the_batch_it_came_in(world: World) -> None:
    """Inside the transaction of a batch, what an order began is undone alone."""
    world.hears(buyer_writes())
    row = world.to_marie()[-1]
    token = re.search(rb"\[C-\d+ ([A-Z0-9-]+)\]", row["raw"])
    assert token
    said = mail(f"From: Marie <marie@boutique.example>\nSubject: Re: [C-1 {token[1].decode()}] x",
                "rembourser 99999 euros", proof=passed("boutique.example"), date=world.now)
    kept(world, buyer_writes(order=order(7)), said, claim())
    read_some(world.guichet, world.now)
    assert "kept" not in states(world)
    assert len(world.rows("cases")) == 3


# ---- a transaction within another


def _fail_after_writing(store: Store) -> None:
    with store.write_tx():
        store.set_meta("second", "2")
        assert store.meta("second") == "2"
        raise ZeroDivisionError


def test_what_fails_in_a_part_of_a_transaction_takes_back_that_part_alone(world: World) -> None:
    store = world.store
    with store.write_tx():
        store.set_meta("first", "1")
        with pytest.raises(ZeroDivisionError):
            _fail_after_writing(store)
        assert (store.meta("first"), store.meta("second")) == ("1", "")
    assert Store(store.path).meta("first") == "1"


def test_a_transaction_done_whole_is_taken_back_whole_whoever_passes_over_what_failed(world: World) -> None:
    store = world.store

    def passes_over() -> None:
        with store.write_tx(whole=True):
            store.set_meta("one", "1")
            with suppress(StorageError), store.write_tx():
                raise ValueError("the mail's fault")
    with pytest.raises(SpoiltError):
        passes_over()
    assert store.meta("one") == ""
    with store.write_tx(whole=True):
        with store.write_tx():
            store.set_meta("two", "2")
        store.set_meta("three", "3")
    assert (store.meta("two"), store.meta("three")) == ("2", "3")


def test_what_is_known_of_meta_is_never_older_than_the_transaction(world: World) -> None:
    store, other = world.store, Store(world.store.path)
    with store.write_tx():
        assert store.meta("paused") == ""
    other.set_meta("paused", "by another")
    assert store.meta("paused") == "by another"
    with store.write_tx():
        assert store.meta("paused") == "by another"
        store.run("DELETE FROM meta WHERE name = 'paused'")
        assert store.meta("paused") == ""


# ---- the clock looks at what is due


def looked_at(world: World) -> int:
    return len(world.store.deadlines_to_look_at(world.now))


def test_the_clock_looks_only_at_deadlines_of_which_it_has_something_to_tell(world: World) -> None:
    world.hears(*(claim(item=str(871204000 + number)) for number in range(5)))
    assert looked_at(world) == 0
    due = world.rows("deadlines")[0]["due"]
    world.now = NOW + timedelta(days=30)
    assert looked_at(world) == 5, due


def test_another_ladder_of_warnings_is_heard_of_by_deadlines_that_run_already(world: World) -> None:
    world.hears(claim())
    [deadline] = world.rows("deadlines")
    world.configure(policy='warnings = ["40h", "2h"]')
    world.now = moment(deadline["due"]) - timedelta(hours=39)
    world.work()
    assert [row["what"] for row in world.to_marie()].count("reminder") == 1


def test_a_kind_switched_on_again_is_reminded_of_although_the_clock_looked_before(world: World) -> None:
    world.hears(claim())
    kind = world.one("cases")["kind"]
    switch(world.store, kind, Mode.OFF, world.now)
    world.now = moment(world.one("deadlines")["due"]) - timedelta(hours=3)
    assert not tick(world.guichet, world.now)
    switch(world.store, kind, None, world.now)
    assert tick(world.guichet, world.now)


# ---- what is kept costs no mail more


GROWS = ("mails", "events", "outbox", "deadlines", "cases", "aliases", "echoes", "tokens", "places")
SMALL = re.compile(r"INDEX (?:mails_waiting|cases_untold|deadlines_look|outbox_unfiled|mails_shelved)")


POOR = re.compile(r"INDEX (?:outbox_channels|outbox_whats|cases_stages|cases_kinds|cases_shops|cases_turns)\b")


def scans(connection: sqlite3.Connection, sql: str) -> list[str]:
    """Return where a statement goes through a whole table that grows, or what an index hardly makes less."""
    marks = re.findall(r"\?\d+", sql)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * (len(set(marks)) or sql.count("?"))).fetchall()
    whole = re.compile(rf"SCAN (?:{'|'.join(GROWS)})\b")
    return [step for *_, step in plan if POOR.search(step) or (whole.match(step) and not SMALL.search(step))]


def test_the_queries_of_the_hot_path_use_indexes(world: World) -> None:
    asked: Counter[str] = Counter()
    connection = world.store.connection

    class Noted:
        """The connection itself, which notes what it is asked."""

        def __getattr__(self, name: str) -> Any:
            return getattr(connection, name)

        def execute(self, sql: str, *args: Any) -> Any:
            asked[sql] += 1
            return connection.execute(sql, *args)

    world.store.connection = Noted()  # type: ignore[assignment]
    world.hears(buyer_writes(), claim(), buyer_writes("Et alors ?", message=2),
                mail("From: jean@home.example\nSubject: Bonjour\nX-Guichet: 0123456789abcdef", "Bonjour"))
    world.later(hours=30)
    list(send_ready(world.guichet, lambda: world.now))
    until_idle(resolving_steps(world.guichet), Stop())
    world.store.connection = connection
    plans = {sql: found for sql in asked
             if re.match(r"SELECT|UPDATE|DELETE|WITH", sql) and (found := scans(connection, sql))}
    assert len(asked) > 50
    assert plans == {}


def writes(number: int) -> bytes:
    """One buyer among many, who writes about an order of his own for what all of them bought."""
    return buyer_writes(order=f"404-8284590-{number:07}").replace(b"jd7k2m9x4q1v8", b"jd%011d" % number)


def steps(world: World, numbers: range) -> int:
    """Let mails be read; return what that cost in the database's own steps, which no busy machine changes."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0
    kept(world, *map(writes, numbers))
    world.store.connection.set_progress_handler(step, 100)
    read_some(world.guichet, world.now)
    world.store.connection.set_progress_handler(None, 0)
    return count


def test_what_a_mail_asks_of_the_database_is_the_same_however_many_cases_there_are(world: World) -> None:
    few = steps(world, range(20))
    world.hears(*map(writes, range(100, 400)))
    assert len(world.rows("cases")) == 320
    assert steps(world, range(5000, 5020)) < 1.2 * few


def test_mails_are_kept_under_the_hash_they_were_forgotten_under(world: World) -> None:
    raw = buyer_writes()
    arrival = Arrival(folder="INBOX", place="1/1", raw=raw, received=NOW)
    world.store.keep("ventes", [arrival], NOW)
    world.store.run("UPDATE mails SET sha256 = ?", world.store.keyed(world.one("mails")["sha256"]))
    assert world.store.keep("ventes", [replace(arrival, place="1/2")], NOW) == 0


def test_a_name_that_very_many_cases_share_joins_none_of_them(world: World) -> None:
    key = CaseKey(marketplace="amazon", shop="amazon", reference="unheard of")
    for number in range(ALIKE):
        case = Case(key=replace(key, reference=str(number)), kind=Kind.BUYER_WROTE, order=order(number))
        world.store.record_aliases(key, world.store.record_case(case, NOW), ("shared",))
    found = world.store.find_case(key, ("shared",), (), order=order(7))
    assert found
    assert found.key.reference == "7"
    one_more = Case(key=replace(key, reference="one more"), kind=Kind.BUYER_WROTE, order=order(1000))
    world.store.record_aliases(key, world.store.record_case(one_more, NOW), ("shared",))
    assert world.store.find_case(key, ("shared",), (), order=order(7)) is None


def test_an_order_nobody_told_of_is_strange_only_where_sales_are_told(world: World) -> None:
    world.hears(buyer_writes())
    key = CaseKey(marketplace="amazon", shop="amazon", reference=world.one("cases")["reference"])
    assert not world.store.is_strange(key, 1, order(9))
    world.store.run("UPDATE cases SET sold = 1 WHERE id = 1")
    assert world.store.is_strange(key, 99, order(9))
    assert not world.store.is_strange(key, 99, None)
