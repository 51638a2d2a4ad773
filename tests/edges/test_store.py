"""The store on real SQLite files, with other processes at the same file where that matters."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.action import Move, State
from bot.core.case import Case
from bot.core.deadline import Deadline
from bot.core.event import CaseKey, Kind, Party
from bot.core.message import Message, Origin
from bot.edges import EdgeError
from bot.edges.store import Arrival, Row, StorageError, Store, Written, iso

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)
KEY = CaseKey(marketplace="amazon", shop="amazon", reference="404-2718281-8284590")
REPLY = Written(step="amazon/404/reply:m1", what="reply", mailbox="ventes", to="jean@relay.example", channel="email",
                mode="draft", state="draft", template="t", subject="s", body="b", message_id="<1@boutique.example>",
                why="he asked")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "guichet.db"


@pytest.fixture
def store(path: Path) -> Store:
    return Store(path)


def mail(raw: bytes = b"From: jean@example.org\n\nBonjour\n", place: str = "7/1", folder: str = "INBOX") -> Arrival:
    return Arrival(folder=folder, place=place, raw=raw, received=NOW)


def a_case(store: Store) -> int:
    return store.record_case(Case(key=KEY, mailbox="ventes", kind=Kind.BUYER_WROTE, turn=Party.SELLER, opened=NOW,
                                  origin=Origin.PROVEN), NOW)


def a_deadline(due: datetime, name: str = "answer") -> Deadline:
    return Deadline(name=name, due=due, who=Party.SELLER, stated=False, rule="A1", source="the guide", why="sum",
                    met_by="reply")


def started(store: Store, case: int, due: datetime, now: datetime = NOW) -> None:
    store.record_deadline(case, a_deadline(due), NOW, now, None)


def dues(store: Store) -> list[tuple[str, str]]:
    return [(row["due"], row["state"]) for row in store.rows("SELECT due, state FROM deadlines ORDER BY id")]


def only(store: Store, table: str) -> Row:
    [row] = store.rows(f"SELECT * FROM {table}")
    return row


def start(code: str, path: Path) -> subprocess.Popen[str]:
    """Start another process on the database; `path` stands ready in its code."""
    head = f"from pathlib import Path\nfrom bot.edges.store import Store\npath = Path({str(path)!r})\n"
    return subprocess.Popen([sys.executable, "-c", head + code], cwd=ROOT, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(processes: list[subprocess.Popen[str]], rounds: int = 1) -> list[str]:
    """Let the processes go at one moment, so many times, and wait for them; return what they said on stderr."""
    for _ in range(rounds):
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "here\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
    return [process.communicate(timeout=90)[1] for process in processes]


WAIT = "print('here', flush=True); input()"


# ---- mails


def test_same_bytes_in_two_folders_are_one_mail_with_two_places(store: Store) -> None:
    assert store.keep("ventes", [mail(), mail(folder="Archive", place="3/9")], NOW) == 1
    places = [(row["folder"], row["place"], row["mail"]) for row in store.rows("SELECT * FROM places ORDER BY place")]
    assert places == [("Archive", "3/9", 1), ("INBOX", "7/1", 1)]
    assert only(store, "mails")["state"] == "kept"


def test_same_mail_in_two_mailboxes_is_two_mails(store: Store) -> None:
    assert store.keep("ventes", [mail()], NOW) == store.keep("contact", [mail()], NOW) == 1


def test_mail_is_kept_to_the_byte(store: Store) -> None:
    raw = bytes(range(256)) * 10
    store.keep("ventes", [mail(raw)], NOW)
    found = store.next_mail()
    assert found is not None
    assert (found.raw, found.received, found.mailbox) == (raw, NOW, "ventes")


def test_oversize_mail_says_so_when_its_turn_comes(store: Store) -> None:
    store.keep("ventes", [replace(mail(), oversize=True)], NOW)
    taken = store.next_mail()
    assert taken and taken.oversize.startswith("oversize: ")


def test_attempt_that_was_not_the_mails_fault_is_taken_back(store: Store) -> None:
    store.keep("ventes", [mail()], NOW)
    for _ in range(5):
        assert store.next_mail()
        store.uncount_attempt(1)
    taken = store.next_mail()
    assert taken and taken.attempts == 1


@pytest.mark.parametrize(("before", "now", "shadows"), [
    ("proven", "proven", True), ("proven", "unproven", True), ("proven", "forged", True), ("unproven", "forged", True),
    ("unproven", "unproven", True), ("unproven", "proven", False), ("forged", "unproven", False),
    ("forged", "proven", False)])
def test_less_proven_mail_never_shadows_a_better_proven_one(
        store: Store, before: str, now: str, *, shadows: bool) -> None:
    store.keep("ventes", [mail(b"one"), mail(b"two")], NOW)
    store.run("UPDATE mails SET content_key = 'k', origin = ?, state = 'read' WHERE id = 1", before)
    twin = 1 if shadows else None
    assert store.known(2, Message(sender="a@b.example", content_key="k", origin=Origin(now))) == (False, twin)


def test_attempt_is_counted_and_committed_before_the_work(store: Store, path: Path) -> None:
    store.keep("ventes", [mail()], NOW)
    assert [found.attempts for found in (store.next_mail(), Store(path).next_mail()) if found] == [1, 2]
    assert only(Store(path), "mails")["attempts"] == 2


def test_attempt_of_a_process_that_was_killed_is_counted(store: Store, path: Path) -> None:
    store.keep("ventes", [mail()], NOW)
    start("import os; Store(path).next_mail(); os._exit(9)", path).communicate(timeout=30)
    found = store.next_mail()
    assert found is not None
    assert found.attempts == 2


# ---- all or nothing, beside others


def test_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fails() -> None:
        with store.write_tx():
            store.keep("ventes", [mail()], NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert store.rows("SELECT * FROM mails") == store.rows("SELECT * FROM places") == []


def test_inner_transaction_ends_with_the_outer_one(store: Store) -> None:
    def fails() -> None:
        with store.write_tx():
            with store.write_tx():
                a_case(store)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert store.rows("SELECT * FROM cases") == []


def test_store_works_on_after_a_transaction_failed(store: Store) -> None:
    with pytest.raises(StorageError), store.write_tx():
        store.run("INSERT INTO nowhere VALUES (1)")
    assert store.keep("ventes", [mail()], NOW) == 1


def test_four_processes_read_then_write_without_a_lock_error(store: Store, path: Path) -> None:
    with store.write_tx():
        store.run("INSERT INTO meta (name, value) VALUES ('count', '0')")
    work = f"""store = Store(path)
{WAIT}
for _ in range(200):
    with store.write_tx():
        count = int(store.row("SELECT value FROM meta WHERE name = 'count'")["value"])
        store.run("UPDATE meta SET value = ? WHERE name = 'count'", str(count + 1))
"""
    assert ended([start(work, path) for _ in range(4)]) == [""] * 4
    assert store.row("SELECT value FROM meta WHERE name = 'count'") == {"value": "800"}


def test_every_connection_syncs_fully_and_writes_ahead(store: Store, path: Path) -> None:
    for each in (store, Store(path)):
        assert each.row("PRAGMA synchronous") == {"synchronous": 2}
        assert each.row("PRAGMA journal_mode") == {"journal_mode": "wal"}
        assert each.row("PRAGMA foreign_keys") == {"foreign_keys": 1}


def test_nobody_else_on_the_machine_may_read_the_database(path: Path) -> None:
    Store(path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


# ---- cases


def test_of_a_case_only_what_changed_is_written(store: Store) -> None:
    number = a_case(store)
    was = store.case(KEY)
    writes = store.connection.total_changes
    assert store.record_case(was, NOW, was=was) == number
    assert store.connection.total_changes == writes
    told: list[str] = []
    store.connection.set_trace_callback(told.append)
    store.record_case(replace(was, buyer="Jean Dupont", turn=Party.BUYER), NOW, was=was)
    store.connection.set_trace_callback(None)
    assert {line for line in told if line.startswith("UPDATE")} == {    # its triggers are told under its name
        f"UPDATE cases SET buyer = 'Jean Dupont', turn = 'buyer' WHERE id = {number}"}
    assert (store.case(KEY).buyer, store.case(KEY).turn, store.case(KEY).mailbox) == (
        "Jean Dupont", Party.BUYER, "ventes")


def test_a_name_that_too_many_cases_share_tells_none(store: Store) -> None:
    for number in range(60):
        key = replace(KEY, reference=f"404-{number:07}-1")
        store.record_aliases(key, store.record_case(Case(key=key, kind=Kind.CLAIM_CLOSED, opened=NOW), NOW), ["thread"])
    alone = a_case(store)
    store.record_aliases(KEY, alone, ["own"])
    asked = replace(KEY, reference="unheard")
    assert store.find_case(asked, ["thread"], []) is None
    found = store.find_case(asked, ["thread", "own"], [])
    assert found and found.number == alone


def test_an_answer_to_our_mail_is_found_among_the_mails_that_came_since(store: Store) -> None:
    store.keep("ventes", [mail()], NOW)
    store.run("UPDATE mails SET references_ = '<0@a.example> <1@boutique.example>'")
    assert store.answered_by_mail("<1@boutique.example>", NOW - timedelta(days=1))
    assert not store.answered_by_mail("<2@boutique.example>", NOW - timedelta(days=1))
    assert not store.answered_by_mail("<1@boutique.example>", NOW + timedelta(days=1))


# ---- deadlines


def test_second_deadline_of_a_name_does_not_give_more_time(store: Store) -> None:
    case = a_case(store)
    started(store, case, NOW + timedelta(hours=24))
    started(store, case, NOW + timedelta(hours=30))
    assert dues(store) == [(iso(NOW + timedelta(hours=24)), "open")]


def test_earlier_deadline_of_a_name_takes_the_place_of_the_later(store: Store) -> None:
    case = a_case(store)
    started(store, case, NOW + timedelta(hours=24))
    started(store, case, NOW + timedelta(hours=5))
    assert dues(store) == [(iso(NOW + timedelta(hours=5)), "open")]


def test_deadline_that_has_passed_when_it_is_heard_of_is_missed(store: Store) -> None:
    started(store, a_case(store), NOW - timedelta(minutes=1))
    assert dues(store) == [(iso(NOW - timedelta(minutes=1)), "missed")]


def test_after_one_was_met_the_next_of_its_name_runs(store: Store) -> None:
    case = a_case(store)
    started(store, case, NOW + timedelta(hours=24))
    store.end_deadlines(case, "met", NOW, met_by="reply")
    started(store, case, NOW + timedelta(hours=30))
    assert [state for _, state in dues(store)] == ["met", "open"]


def test_action_meets_the_deadlines_it_is_meant_for_alone(store: Store) -> None:
    case = a_case(store)
    started(store, case, NOW + timedelta(hours=24))
    other = replace(a_deadline(NOW + timedelta(hours=48), "decide_return"), met_by="")
    store.record_deadline(case, other, NOW, NOW, None)
    store.end_deadlines(case, "met", NOW, met_by="reply")
    assert [state for _, state in dues(store)] == ["met", "open"]


@pytest.mark.parametrize(("hours", "state"), [(1, "open"), (24, "missed"), (30, "missed")])
def test_deadline_met_by_an_answer_that_bounced_runs_again_or_is_missed(store: Store, hours: int, state: str) -> None:
    case = a_case(store)
    started(store, case, NOW + timedelta(hours=24))
    store.end_deadlines(case, "met", NOW, met_by="reply")
    store.reopen_deadlines(case, "reply", NOW + timedelta(hours=hours))
    assert dues(store) == [(iso(NOW + timedelta(hours=24)), state)]


def test_bounce_wakes_the_deadline_of_the_last_answer_alone(store: Store) -> None:
    case = a_case(store)
    for hour in (1, 2):
        started(store, case, NOW + timedelta(hours=24 + hour))
        store.end_deadlines(case, "met", NOW + timedelta(hours=hour), met_by="reply")
    store.reopen_deadlines(case, "reply", NOW + timedelta(hours=3))
    assert [state for _, state in dues(store)] == ["met", "open"]


def test_bounce_wakes_nothing_where_a_newer_deadline_runs(store: Store) -> None:
    case = a_case(store)
    started(store, case, NOW + timedelta(hours=24))
    store.end_deadlines(case, "met", NOW, met_by="reply")
    started(store, case, NOW + timedelta(hours=30))
    store.reopen_deadlines(case, "reply", NOW + timedelta(hours=1))
    assert [state for _, state in dues(store)] == ["met", "open"]


def test_bounce_wakes_no_deadline_that_was_cancelled(store: Store) -> None:
    case = a_case(store)
    started(store, case, NOW + timedelta(hours=24))
    store.end_deadlines(case, "cancelled", NOW)
    store.reopen_deadlines(case, "reply", NOW)
    assert [state for _, state in dues(store)] == ["cancelled"]


# ---- outbox


def test_same_step_is_written_once(store: Store) -> None:
    assert store.write(REPLY, None, None, NOW) == 1
    assert store.write(replace(REPLY, body="other words"), None, None, NOW) is None
    assert only(store, "outbox")["body"] == "b"


def test_claim_believes_its_row_count(store: Store, path: Path) -> None:
    store.write(replace(REPLY, state="ready"), None, None, NOW)
    claim = Move(draft=1, frm=(State.READY,), to=State.TRANSMITTING, why="")
    assert [each.move(claim, NOW) for each in (store, Store(path))] == [True, False]
    assert only(store, "outbox")["state"] == "transmitting"


def test_of_four_processes_that_claim_a_row_one_gets_it(store: Store, path: Path) -> None:
    store.write(replace(REPLY, state="ready"), None, None, NOW)
    work = f"""import sys
from datetime import datetime, UTC
from bot.core.action import Move, State
store = Store(path)
{WAIT}
sys.stderr.write("mine" if store.move(Move(draft=1, frm=(State.READY,), to=State.TRANSMITTING, why=""),
                                      datetime(2026, 11, 17, tzinfo=UTC)) else "")
"""
    assert sorted(ended([start(work, path) for _ in range(4)])) == ["", "", "", "mine"]


def test_row_that_waits_is_not_ready_before_its_time(store: Store) -> None:
    store.write(replace(REPLY, state="ready", not_before=NOW + timedelta(minutes=3)), None, None, NOW)
    assert store.ready(NOW + timedelta(minutes=2)) == []
    assert len(store.ready(NOW + timedelta(minutes=3))) == 1


# ---- the file


def test_processes_that_start_at_once_make_one_database(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) / "guichet.db" for number in range(25)]
    work = f"""Store(path).close()
for number in range(25):
    {WAIT}
    Store(path.parent / str(number) / "guichet.db").salt()
"""
    assert ended([start(work, tmp_path / "any.db") for _ in range(4)], len(paths)) == [""] * 4
    for path in paths:
        applied = [row["name"] for row in Store(path).rows("SELECT name FROM _sqlite_migrations ORDER BY id")]
        assert len(applied) == len(set(applied)) > 0


def test_database_keeps_its_salt(path: Path) -> None:
    assert Store(path).salt() == Store(path).salt() != Store(path.with_name("other.db")).salt()


def test_database_of_a_newer_program_is_refused_and_left_alone(store: Store, path: Path) -> None:
    store.run("INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
              " VALUES ('guichet', 'm999_of_tomorrow', '2030-01-01')")
    with pytest.raises(StorageError, match=r"newer Guichet \(m999_of_tomorrow\): use that program"):
        Store(path)
    assert len(store.rows("SELECT * FROM _sqlite_migrations WHERE name LIKE 'm999%'")) == 1


def test_migrations_of_another_program_in_the_file_are_none_of_our_business(store: Store, path: Path) -> None:
    store.run("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('other', 'm1', '2030')")
    Store(path)


def test_file_that_is_no_database_is_said_to_be_damaged(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database " * 500)
    with pytest.raises(StorageError, match=r"guichet\.db is damaged .*: put back the newest backup$"):
        Store(path)


def test_database_with_a_broken_page_is_said_to_be_damaged(store: Store, path: Path) -> None:
    store.keep("ventes", [mail(os.urandom(200_000))], NOW)
    store.close()
    size = int(sqlite3.connect(path).execute("PRAGMA page_size").fetchone()[0])
    with path.open("r+b") as file:
        file.seek(size)
        file.write(b"\xff" * (path.stat().st_size - size))
    with pytest.raises(StorageError, match="is damaged"):
        Store(path).next_mail()


def test_full_disk_is_said_plainly_and_no_mail_is_half_kept(store: Store) -> None:
    page = store.row("PRAGMA page_count")
    assert page
    store.row(f"PRAGMA max_page_count = {page['page_count'] + 5}")
    with pytest.raises(StorageError, match=r"is full or failing .*: free some space"):
        store.keep("ventes", [mail(), mail(os.urandom(500_000), "7/2")], NOW)
    assert store.rows("SELECT * FROM mails") == store.rows("SELECT * FROM places") == []
    store.row("PRAGMA max_page_count = 100000")
    assert store.keep("ventes", [mail(), mail(os.urandom(500_000), "7/2")], NOW) == 2


def test_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match=r"cannot be used .*: check that its folder exists"):
        Store(tmp_path / "data" / "guichet.db")


def test_every_trouble_of_the_store_is_an_edge_error_so_that_the_round_is_skipped() -> None:
    assert issubclass(StorageError, EdgeError)


LOOKS_AND_LEAVES = ("import sys; from pathlib import Path; from bot.edges.store import Store\n"
                    "store = Store(Path(sys.argv[1])); print(store.meta(sys.argv[2])); store.close()")


def another_program_reads(path: Path, name: str) -> str:
    answer = subprocess.run([sys.executable, "-c", LOOKS_AND_LEAVES, str(path), name], cwd=ROOT, capture_output=True,
                            text=True, check=True)
    return answer.stdout.strip()


def test_another_program_that_looks_and_leaves_takes_no_log_away_from_our_threads(tmp_path: Path) -> None:
    """Each thread has a connection; opening one must not drop the others' locks (sqlite.org/howtocorrupt, 2.2)."""
    first = Store(tmp_path / "guichet.db")
    first.set_meta("early", "written")
    second = Store(tmp_path / "guichet.db")
    assert another_program_reads(first.path, "early") == "written"
    assert (tmp_path / "guichet.db-wal").exists()
    first.set_meta("late", "written")
    assert another_program_reads(first.path, "late") == "written"
    second.close()
    assert another_program_reads(first.path, "late") == "written"
