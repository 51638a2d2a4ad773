"""Mails that are alike lie together, to the byte; each can be dropped alone; a long one is never whole in memory."""

from __future__ import annotations

import os
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.edges.store import LONG, Arrival, Pieces, Store, pack

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "data" / "guichet.db")
    yield store
    store.close()


def letter(number: int, sender: str = "a") -> bytes:
    frame = Random(sender).randbytes(3000)
    return f"From: {sender}@shop.example\nSubject: Commande\n\n{number}\n".encode() + frame


def arrivals(*raws: bytes) -> list[Arrival]:
    return [Arrival(folder="INBOX", place=f"7/{at}", raw=raw, received=NOW) for at, raw in enumerate(raws, start=1)]


def kept(store: Store) -> list[bytes]:
    return [raw for _, raw in store.raws([row["id"] for row in store.rows("SELECT id FROM mails")])]


def octets(store: Store) -> int:
    return int(store.rows("SELECT coalesce(sum(length(octets)), 0) AS many FROM packs")[0]["many"])


def packs(store: Store) -> int:
    return len(store.rows("SELECT id FROM packs"))


def test_what_is_alike_in_different_mails_is_kept_once(store: Store) -> None:
    store.keep("ventes", arrivals(*(letter(number, sender) for number in range(10) for sender in "abcdefghij")), NOW)
    assert octets(store) < 100 * 3000 / 5


def test_mails_keep_the_order_they_came_in_and_their_bytes(store: Store) -> None:
    raws = [letter(number, sender) for number in range(40) for sender in "cab"]
    store.keep("ventes", arrivals(*raws), NOW)
    assert kept(store) == raws
    assert [one.raw for one in store.next_mails(100, LONG)] == raws[:100]


def test_what_is_known_is_not_kept_again(store: Store) -> None:
    store.keep("ventes", arrivals(letter(1), letter(2)), NOW)
    before = octets(store), packs(store)
    again = [replace(one, place=f"8/{one.place}") for one in arrivals(letter(2), letter(1))]
    assert store.keep("ventes", again, NOW) == 0
    assert (octets(store), packs(store)) == before
    assert len(store.rows("SELECT * FROM places")) == 4


def test_of_a_batch_only_what_is_new_is_kept(store: Store) -> None:
    store.keep("ventes", arrivals(letter(2)), NOW)
    batch = pack(arrivals(letter(1), letter(2), letter(3), letter(1)))
    assert store.keep("ventes", batch, NOW) == 2
    assert kept(store) == [letter(2), letter(1), letter(3)]
    assert sum(row["size"] for row in store.rows("SELECT size FROM packs")) == sum(map(len, kept(store)))


def test_a_mail_is_dropped_without_its_neighbours(store: Store) -> None:
    raws = [letter(number) for number in range(60)]
    store.keep("ventes", arrivals(*raws), NOW)
    store.drop_raws([1, 2, 30])
    assert kept(store) == [b"" if at in (0, 1, 29) else raw for at, raw in enumerate(raws)]
    held = b"".join(zlib.decompress(row["octets"]) for row in store.rows("SELECT octets FROM packs"))
    assert len(held) == sum(map(len, kept(store))), "nothing of them is left in a pack"


def test_a_pack_goes_with_its_last_mail(store: Store) -> None:
    store.keep("ventes", arrivals(*(letter(number) for number in range(60))), NOW)
    store.drop_raws(list(range(1, 61)))
    assert (packs(store), kept(store)) == (0, [b""] * 60)


def test_mails_that_came_one_by_one_are_packed_together_when_they_are_read(store: Store) -> None:
    raws = [letter(number) for number in range(120)]
    for one in arrivals(*raws):
        store.keep("ventes", [one], NOW)
    before = octets(store)
    assert not store.gather_packs(NOW + timedelta(days=1)), "while they wait they stay where they are"
    assert packs(store) == 120
    store.run("UPDATE mails SET state = 'read'")
    assert not store.gather_packs(NOW), "nor on the day they came"
    while store.gather_packs(NOW + timedelta(days=1)):
        pass
    assert packs(store) <= 7
    assert octets(store) < before / 5
    assert kept(store) == raws
    there = store.rows("SELECT id FROM packs")
    store.gather_packs(NOW + timedelta(days=2))
    assert len(store.rows("SELECT id FROM packs")) <= len(there), "and it comes to an end"


def test_mails_of_a_version_that_kept_each_in_its_row_are_still_there(store: Store) -> None:
    store.keep("ventes", arrivals(letter(1), letter(2)), NOW)
    store.run("UPDATE mails SET raw = ?, pack = NULL WHERE id = 1", zlib.compress(letter(1), 1))
    assert kept(store) == [letter(1), letter(2)]
    assert [one.raw for one in store.next_mails(2, LONG)] == [letter(1), letter(2)]
    store.drop_raws([1])
    assert kept(store) == [b"", letter(2)]


def test_the_file_shrinks_when_mails_are_dropped(store: Store) -> None:
    store.keep("ventes", arrivals(*(os.urandom(100_000) for _ in range(60))), NOW)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = store.path.stat().st_size
    store.drop_raws(list(range(1, 61)))
    store.give_back()
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert store.path.stat().st_size < before / 2


# ---- long mails


def long_mail() -> bytes:
    return b"From: a@shop.example\n\n" + os.urandom(6 * LONG)


def in_pieces(raw: bytes) -> Iterator[bytes]:
    return (raw[at:at + 100_000] for at in range(0, len(raw), 100_000))


def spooled(store: Store, raw: bytes) -> Arrival:
    return Arrival(folder="INBOX", place="7/99", raw=b"", received=NOW, spool=store.spool(in_pieces(raw)))


def test_a_long_mail_is_kept_to_the_byte_and_known_again(store: Store) -> None:
    raw = long_mail()
    assert store.keep("ventes", [spooled(store, raw), *arrivals(letter(1))], NOW) == 2
    [taken] = store.next_mails(1)
    assert isinstance(taken.raw, Pieces)
    assert len(taken.raw) == len(raw)
    assert b"".join(taken.raw) == b"".join(taken.raw) == raw
    assert kept(store) == [raw, letter(1)]
    assert store.keep("ventes", [spooled(store, raw)], NOW) == 0
    whole = replace(arrivals(raw)[0], place="7/98")
    assert store.keep("ventes", [whole], NOW) == 0, "nor when it came whole"


def test_while_a_long_mail_is_read_this_connection_may_write_whoever_wrote_before(store: Store) -> None:
    store.keep("ventes", [spooled(store, long_mail())], NOW)
    other = Store(store.path)
    [taken] = store.next_mails(1)
    assert isinstance(taken.raw, Pieces)
    for at, _ in enumerate(taken.raw):
        other.set_meta("other", str(at))
        store.set_meta("own", str(at))
    other.close()


def test_a_long_mail_is_never_whole_in_memory(store: Store) -> None:
    raw = long_mail()
    tracemalloc.start()
    try:
        store.keep("ventes", [spooled(store, raw)], NOW)
        [taken] = store.next_mails(1)
        assert sum(map(len, taken.raw if isinstance(taken.raw, Pieces) else [])) == len(raw)
        assert tracemalloc.get_traced_memory()[1] < len(raw) / 2
    finally:
        tracemalloc.stop()


def test_of_a_long_mail_that_was_not_kept_no_file_is_left(store: Store) -> None:
    before = sorted(path.name for path in store.path.parent.iterdir())
    waiting = store.spool(in_pieces(long_mail()))
    assert sorted(path.name for path in store.path.parent.iterdir()) == before, "it has no name: nothing survives us"
    waiting.file.close()
