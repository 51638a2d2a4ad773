"""What is long past lies in packs: it is told as before, comes back as it was, and is answered to nobody again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import forgetting, showing
from bot.core.event import Kind
from bot.core.folding import Rows, folded, unfolded
from bot.counting import flat_numbers, since
from bot.edges.store import Arrival, Store
from bot.evidence import pack as dossier
from bot.forgetting import erase, find, retire
from bot.settling import sent
from tests.proofs.stage import Stage
from tests.servers.dovecot import Dovecot
from tests.test_forgetting import found_in
from tests.test_joining import bounce
from tests.test_replaying import copied, newsletter, stranger
from tests.world import NOW, ORDER, RELAY, World, buyer_writes, claim, mail, passed

KEEP = timedelta(days=30)
TABLES = ("cases", "events", "deadlines", "outbox", "mails", "aliases", "tries", "orders")
# What a row has that comes back under another name, or under another number that nobody knows.
UNTOLD = {"cases": ("folded",), "mails": ("sha256", "content_key"), "deadlines": ("id",), "tries": ("id",),
          "orders": ("id",)}
OTHER = "404-9999999-9999999"
LATER = "404-1111111-1111111"
QUESTION = buyer_writes("Est-elle en stock ?").replace(
    b"# 404-2718281-8284590:\n1 / Lampe de chevet [ASIN: B0LUMEN001]\n", b"").replace(
    b" (Commande : 404-2718281-8284590)", b"").replace(b"8284590", b"7777777")


def live(folder: Path, monkeypatch: pytest.MonkeyPatch, *, folding: bool = True) -> World:
    """Return Marie's shop half a year after some matters of which all are closed, her last mail being fresh."""
    monkeypatch.setattr(forgetting, "AT_HAND", timedelta(days=100 if folding else 36500))
    folder.mkdir(exist_ok=True)
    world = World(folder)
    world.store.set_meta("salt", "00112233445566778899aabbccddeeff")
    world.reload()
    world.work()
    world.hears(*PAST)
    draft = world.rows("outbox", "what = 'reply' AND case_id = 1")[0]["id"]
    world.says(Kind.DRAFT_APPROVED, draft=draft)
    sent(world.guichet, world.store.outbox_row(draft) or {}, "250 queued as 7", world.now)
    world.hears(copied(OTHER, world.now + timedelta(minutes=5)))
    world.answers("je ne comprends pas", to=world.to_marie("question")[0])
    world.answers("clore", to=world.to_marie("question")[1])
    for case in world.rows("cases"):
        world.says(Kind.CASE_CLOSED, case["id"])
    world.store.run("UPDATE outbox SET state = 'sent', raw = NULL, attempts = 1, filed = 'before'"
                    " WHERE state = 'ready'")
    world.now += timedelta(days=160)
    world.hears(claim(item="999000111", date=world.now).replace(b"340118725", b"340999999"))
    retire(world.store, KEEP, world.now)
    return world


PAST = (buyer_writes("La voisine Ursule a pris le colis"), claim(),
        buyer_writes("Où est-elle ?", order=OTHER, message=3).replace(b"Jean Dupont", b"Anne Petit"),
        QUESTION, newsletter(NOW), stranger(NOW))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return live(tmp_path / "folded", monkeypatch)


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same shop, in which nothing was folded."""
    return live(tmp_path / "plain", monkeypatch, folding=False)


def told(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return all rows as they are told; what lies in packs is brought back before."""
    world.store.wake(cases=[row["id"] for row in world.rows("cases")], mails=range(1, 30))
    assert world.rows("past") == []
    found = {}
    for table in TABLES:
        rows = world.store.rows(f"SELECT * FROM {table}")
        without = UNTOLD.get(table, ())
        found[table] = sorted(({name: _plain(value) for name, value in row.items() if name not in without}
                               for row in rows), key=lambda row: json.dumps(row, default=str))
    return found


def _plain(value: Any) -> Any:
    """Leave out what is drawn by lot: tokens in mails to Marie, and the numbers this test gives its mails."""
    if isinstance(value, bytes):
        return bool(value)
    return re.sub(r"<[0-9]+@mail\.example>", "<mail>", value) if isinstance(value, str) else value


def counts(world: World) -> dict[str, int]:
    return {table: len(world.rows(table)) for table in ("events", "mails", "outbox", "deadlines", "past")}


# ---- there and back


def test_rows_come_back_as_they_were(world: World, plain: World) -> None:
    assert len(world.rows("cases", "folded IS NOT NULL")) == 4
    assert counts(world)["events"] < counts(plain)["events"]
    assert told(world) == told(plain)


def test_rows_of_any_value_are_put_together_and_taken_apart_again() -> None:
    rows: Rows = {
        "mails": [{"id": 3, "case_id": None, "subject": "É\"\n\\ “x”"}, {"id": 2**40, "case_id": 1, "subject": ""}],
        "events": [{"id": 1, "case_id": 1, "key": "a", "facts": '{"a": "1"}', "links": "{}"}], "tries": []}
    assert unfolded(*folded(rows)) == rows
    assert unfolded(folded(rows)[0])["events"] == [{"id": 1, "case_id": 1, "key": "a", "facts": '{"a": "1"}'}]


def test_no_number_of_a_row_is_given_again(world: World, plain: World) -> None:
    for one in (world, plain):
        one.hears(buyer_writes("Et une de plus", order="404-3333333-3333333", message=5, date=one.now))
    assert [world.rows(table)[-1]["id"] for table in ("cases", "events", "mails", "outbox")] == [
        plain.rows(table)[-1]["id"] for table in ("cases", "events", "mails", "outbox")]


def test_nothing_refers_to_a_row_that_went(world: World) -> None:
    assert world.store.rows("PRAGMA foreign_key_check") == []
    assert world.store.rows("PRAGMA foreign_keys") == [{"foreign_keys": 1}]


def test_what_runs_waits_is_young_or_always_kept_stays_in_its_rows(tmp_path: Path,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "AT_HAND", timedelta(days=100))
    world = World(tmp_path)
    world.work()
    world.hears(*PAST)
    world.hears(buyer_writes("Bonjour", order=LATER, message=9))
    before = counts(world)
    retire(world.store, KEEP, world.now + timedelta(days=400))      # all are open
    for case in world.rows("cases"):
        world.says(Kind.CASE_CLOSED, case["id"])
    open_ = {name: count for name, count in counts(world).items() if name != "mails"}
    assert before["past"] == 0
    assert [len(world.rows("events", f"case_id = {case['id']}")) > 0 for case in world.rows("cases")] == [True] * 4
    world.store.set_meta("retired", "")
    retire(world.store, None, world.now + timedelta(days=401))      # keep_raw = "always"
    retire(world.store, KEEP, world.now + timedelta(days=99))
    assert {name: count for name, count in counts(world).items() if name != "mails"} == open_


# ---- what comes again


@pytest.mark.parametrize("again", [
    PAST[0], b"Received: from elsewhere\n" + PAST[0], PAST[0].replace(b"Message-ID: <", b"Message-ID: <again."),
    claim(), PAST[4]], ids=["to the byte", "another route", "sent again", "told again", "newsletter"])
def test_a_mail_that_comes_again_opens_nothing_and_is_answered_to_nobody(world: World, again: bytes) -> None:
    stood = [(row["id"], row["stage"], row["folded"]) for row in world.rows("cases")]
    outbox, events = world.rows("outbox"), world.rows("events")
    world.hears(again)
    assert [(row["id"], row["stage"]) for row in world.rows("cases")] == [one[:2] for one in stood]
    assert world.rows("outbox", f"id > {outbox[-1]['id']}") == []
    assert world.rows("events", f"id > {events[-1]['id']}") == []


def test_a_restored_mailbox_brings_nothing_back_and_nothing_is_fetched_twice(world: World) -> None:
    """Under other numbers: each mail is known by its bytes, without its case coming back."""
    before, mailbox = counts(world), world.guichet.settings.mailboxes[0].name
    for first in (1, 1001):
        arrivals = [Arrival(folder="INBOX", place=f"77/{first + at}", raw=raw, received=world.now)
                    for at, raw in enumerate(raw for raw in PAST if raw != PAST[5])]
        assert world.store.keep(mailbox, arrivals, world.now) == 0
    world.store.note_places()
    assert counts(world) == before
    assert list(world.store.lacking(mailbox, "INBOX", 77, [range(1, 8), range(1000, 1006)])) == [6, 7, 1000]
    assert [(row["first"], row["last"]) for row in world.store.rows("SELECT * FROM runs ORDER BY first")] == [
        (1, 5), (1001, 1005)]
    assert list(world.store.lacking(mailbox, "INBOX", 78, [range(1, 3)])) == [1, 2], "of another numbering"


def test_a_mailbox_restored_on_its_server_brings_nothing_back(tmp_path: Path, dovecot: Dovecot) -> None:
    """All of it is fetched again under new numbers, and known by its bytes."""
    stage = Stage(tmp_path, dovecot)
    stage.look()
    stage.dovecot.deliver(stage.address, *PAST[:3], claim(item="999000111"))
    stage.look()
    stage.read_all()
    store, later = stage.guichet.store, datetime.now(UTC) + timedelta(days=160)
    store.run("UPDATE cases SET stage = 'closed', untold = 0")
    store.run("UPDATE deadlines SET state = 'met', ended = due WHERE state = 'open'")
    store.run("UPDATE outbox SET state = 'sent', raw = NULL, filed = 'before'")
    retire(store, KEEP, later)
    assert [len(store.rows(f"SELECT * FROM {table}")) for table in ("past", "runs", "places")] == [1, 1, 1]
    outbox = store.rows("SELECT id FROM outbox")
    stage.hang_up()
    stage.dovecot.lose_numbers(stage.address)
    assert stage.look() == 0
    stage.read_all()
    assert store.rows("SELECT id FROM outbox") == outbox
    assert len(store.rows("SELECT * FROM cases WHERE folded IS NOT NULL")) == 3
    assert len(store.rows("SELECT * FROM mails")) == 1
    stage.close()


def test_our_own_mail_that_comes_back_is_known_for_ours(world: World) -> None:
    ours = f"<{world.store.meta('salt')}>"
    assert not world.store.is_own(ours)
    message_id = message_id_of(world, next(world.store.past_rows("outbox"))["id"])
    world.store.fold(world.now, 0, 100)
    assert world.store.is_own(message_id)
    assert world.store.wrote(message_id[1:17])


def message_id_of(world: World, draft: int) -> str:
    row = world.store.outbox_row(draft)
    assert row
    return str(row["message_id"])


def answer_to(message_id: str, world: World) -> bytes:
    return mail(f"From: Jean Dupont <{RELAY}>\nSubject: Re: votre commande\nIn-Reply-To: {message_id}",
                "Toujours rien.", proof=passed("marketplace.amazon.fr"), date=world.now, number="late@mail.example")


LATE: dict[str, Callable[[World, str], bytes]] = {
    "the buyer writes again": lambda world, _: buyer_writes("Bonjour, une panne", message=2, date=world.now),
    "the buyer answers our mail": lambda world, ours: answer_to(ours, world),
    "our answer comes back": lambda world, ours: bounce(ours),
    "a second claim": lambda world, _: claim(date=world.now).replace("ébréchée".encode(), "brisée".encode()),
    "a copy of what she wrote": lambda world, _: copied(OTHER, world.now).replace(b"la voici", b"la revoici"),
    "a question about the article": lambda world, _: QUESTION.replace(b"en stock", b"disponible").replace(
        b"7777777", b"8888888"),
    "an unproven mail": lambda world, _: buyer_writes("Bonjour, remboursez", message=4, date=world.now, proof=" "),
    "the same as before": lambda world, _: PAST[0],
}


@pytest.mark.parametrize("late", LATE)
def test_late_mail_finds_what_it_would_have_found(world: World, plain: World, late: str) -> None:
    """Row by row the same as in a shop that never folds anything."""
    ours = next(row["message_id"] for row in plain.rows("outbox", "case_id = 1 AND what = 'reply'"))
    for one in (world, plain):
        one.hears(LATE[late](plain, ours))
        one.later(days=2)
    assert told(world) == told(plain)


def test_what_was_had_once_is_had_once_for_ever(world: World, plain: World) -> None:
    for one in (world, plain):
        one.store.wake(cases=[1])
        one.store.run("UPDATE outbox SET once = 'offer:x', spent = 1 WHERE case_id = 1 AND what = 'reply'")
        one.store.fold(one.now, 0, 100)
    assert world.store.rows("SELECT id FROM outbox WHERE once = 'offer:x'") == []
    wanted = [row["id"] for row in plain.store.written(3, "offer:x")]
    assert wanted
    assert [row["id"] for row in world.store.written(3, "offer:x") if row["once"]] == [
        row["id"] for row in plain.store.written(3, "offer:x") if row["once"]]


# ---- what is told


def test_numbers_of_three_years_are_the_same(world: World, plain: World) -> None:
    def numbers(one: World) -> Any:
        return [row for marketplace in ("amazon", "rakuten_fr") for weeks in (0, 156)
                for row in flat_numbers(one.store, one.guichet.settings, one.now, marketplace=marketplace, weeks=weeks)]
    assert numbers(world) == numbers(plain)
    assert any(row["of"] for row in numbers(world))
    assert since(world.store) == since(plain.store)
    assert world.rows("past"), "nothing came back for it"


def test_view_of_the_months_counts_what_is_past(world: World, plain: World) -> None:
    view = "SELECT * FROM kept_by_month"
    assert world.store.rows(view) == plain.store.rows(view) != []
    world.store.wake(cases=[1, 2, 3, 4])
    assert world.store.rows(view) == plain.store.rows(view)


@pytest.mark.parametrize("case", [1, 2, 3, 4])
def test_story_of_a_case_is_told_as_before(world: World, plain: World, case: int) -> None:
    assert world.store.case_by_number(case) == plain.store.case_by_number(case)
    assert showing.why(world.store, case) == showing.why(plain.store, case)


def test_evidence_of_a_case_holds_the_same(world: World, plain: World) -> None:
    assert world.store.case_by_number(1)
    found = [dossier(one.guichet.settings, one.store, 1, one.now) for one in (world, plain)]
    assert list(found[0].files) == list(found[1].files)
    assert [(one.mails, one.answers) for one in found] == [(found[0].mails, found[0].answers)] * 2
    assert found[0].left_out == found[1].left_out
    assert len(found[0].left_out) + found[0].mails > 0


def test_mails_and_mails_of_ours_are_found_by_their_numbers(world: World, plain: World) -> None:
    for number in (1, 2, 4, 5):
        assert world.store.row("SELECT 1 FROM mails WHERE id = ?", number) is None
        assert world.store.raw_mail(number) == b""
        assert world.store.row("SELECT subject FROM mails WHERE id = ?", number)
    assert world.store.raw_mail(999) is None
    assert world.store.outbox_row(999) is None
    row, other = world.store.outbox_row(1), plain.store.outbox_row(1)
    assert row == other is not None


# ---- forgetting


def test_a_buyer_whose_matter_is_past_is_found_and_forgotten(world: World) -> None:
    assert found_in(world.guichet.settings.data, (ORDER, RELAY))
    traces = find(world.store, "Jean Dupont")
    assert 1 in traces.cases
    erase(world.store, traces, world.now)
    words = ("Jean Dupont", RELAY, ORDER, "Ursule")
    everything = [str(row) for rows in told(world).values() for row in rows]
    assert [row for word in words for row in everything if word in row and "'case_id': 1," in row] == []
    assert world.one("cases", "id = 1")["buyer"] is None


def test_what_another_s_pack_says_of_him_is_erased_too(world: World) -> None:
    world.store.wake(cases=[2])
    with world.store.erasing():
        world.store.run("UPDATE events SET facts = '{\"told\": \"Voir JEAN DUPONT\"}' WHERE case_id = 2")
    world.store.set_meta("retired", "")
    retire(world.store, KEEP, world.now)
    assert world.rows("events", "case_id = 2") == []
    erase(world.store, find(world.store, "Jean Dupont"), world.now)
    assert {row["facts"] for row in world.rows("events", "case_id = 2")} == {'{"told": "Voir …"}'}


def test_what_is_remembered_names_nobody(world: World) -> None:
    names = [row["name"] for row in world.store.rows("SELECT name FROM remembered")]
    assert {len(name) for name in names} == {10}
    world.store.set_meta("salt", "ff")
    other = Store(world.store.path)
    assert not other.has_event(world.store.rows("SELECT key FROM events")[0]["key"] + "?")


# ---- the journal, and what breaks in between


def test_packs_of_the_past_are_as_lasting_as_the_journal(world: World) -> None:
    from bot.edges.store import StorageError

    for sql in ("UPDATE past SET often = x''", "DELETE FROM past"):
        with pytest.raises(StorageError, match="append-only"):
            world.store.run(sql)


KILLED = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from bot import forgetting
from bot.edges.store import Store

forgetting.AT_ONCE = 1
forgetting.retire(Store(Path(sys.argv[1])), timedelta(days=30), datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.parametrize("point", [f"{point} commit of forgetting._fold_old ({step})" for point, step in (
    ("before", "fold"), ("after", "fold"), ("before", "note_places"))])
def test_killed_amid_it_nothing_is_lost_and_the_rest_is_folded_the_next_time(world: World, plain: World,
                                                                            monkeypatch: pytest.MonkeyPatch,
                                                                            point: str) -> None:
    world.store.wake(cases=[1, 2, 3, 4], mails=range(1, 20))
    world.store.set_meta("retired", "")
    nth = "" if "places" in point else "#3"
    run = subprocess.run([sys.executable, "-c", KILLED, str(world.store.path), world.now.isoformat()], check=False,
                         env={**os.environ, "GUICHET_KILL": f"{point}{nth}"}, cwd=Path(__file__).parent.parent)
    assert run.returncode == -signal.SIGKILL
    done = {"before commit": [1, 2], "after commit ": [1, 2, 3]}.get(point[:13] if nth else "", [1, 2, 3, 4])
    assert [row["id"] for row in world.rows("cases", "folded IS NOT NULL")] == done
    monkeypatch.setattr(forgetting, "AT_HAND", timedelta(days=100))
    retire(world.store, KEEP, world.now)
    assert [row["id"] for row in world.rows("cases", "folded IS NOT NULL")] == [1, 2, 3, 4]
    assert len(world.rows("past")) == 1, "small packs are packed anew with the next"
    assert told(world) == told(plain)
