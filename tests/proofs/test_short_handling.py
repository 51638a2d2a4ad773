"""The short ways of handling a mail leave in the database what the careful ones leave: batches done whole, new cases
written with what is known of them, and only what can matter asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks import mails
from bot import pipeline, reading, words, writing
from bot.core import case as cases
from bot.core import decide
from bot.core.event import Kind
from bot.edges.store import Row, Store
from bot.proofing import told
from tests.world import NOW, SHOP, World, buyer_writes, claim

POLICIES = ('', 'mode = "alone"\nmodes = { offer = "alone" }', 'modes = { "amazon.buyer_wrote" = "alone" }')
MADE_BY_CHANCE = ("message_id", "references_", "in_reply_to", "raw")    # of the salt of each database


@contextmanager
def carefully() -> Iterator[None]:
    """Take every short way away, so that only the careful one is left."""
    whole = Store.write_tx

    def in_parts(store: Store, **_whole: bool) -> AbstractContextManager[None]:
        return whole(store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "write_tx", in_parts)
        patch.setattr(pipeline, "_is_fresh", lambda *_: False)
        patch.setattr(pipeline, "may_leave_alone", lambda *_: True)
        patch.setattr(decide, "asked", lambda _kind: decide.DECISIONS)
        patch.setattr(cases, "_OF", dict.fromkeys(Kind, cases.TRANSITIONS))
        patch.setattr(reading, "MOST_READ", 1)
        patch.setattr(writing, "_waits_unseen", lambda *_: False)
        yield


def heard() -> Sequence[bytes]:
    """Return mails of each letter, buyers who write again, claims told twice, and what nobody proves."""
    letters = [mails.mail(number, at=NOW - timedelta(minutes=number), to=SHOP) for number in range(36)]
    again = [buyer_writes(number=f"{message}.{order}@again.example", message=message, order=f"404-{order:07}-8284590")
             for message in (1, 2) for order in range(3)]
    told = [claim(item=str(871204000 + number % 2), number=f"{number}@claim.example") for number in range(4)]
    doubted = [buyer_writes("Et alors ?", message=9, proof="", number="doubted@again.example"),
               claim(item="871204009", number="none@claim.example").replace(b"dmarc=pass", b"dmarc=fail")]
    return [*letters, *again, *told, *doubted, letters[0]]


def left(folder: Path, policy: str, *, cold: bool) -> dict[str, list[Row]]:
    """Return what stands in the database of a new shop when it has heard all."""
    world = World(folder, policy=policy)
    if not cold:
        world.work()
    world.hears(*heard())
    world.later(hours=2)
    found = {table: world.rows(table) for table in ("cases", "events", "deadlines", "outbox", "mails")}
    for row in found["outbox"]:
        hidden = (*MADE_BY_CHANCE, *(("body", "subject") if row["what"] not in ("reply", "offer") else ()))
        with words.speaking("fr"):
            row.update(dict.fromkeys(hidden), remarks=told(row))
    world.guichet.close()
    return found


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
@pytest.mark.parametrize("policy", POLICIES, ids=["draft", "alone", "one alone"])
def test_either_way_leaves_the_same_in_the_database(tmp_path: Path, policy: str, cold: bool) -> None:
    quick = left(tmp_path / "quick", policy, cold=cold)
    with carefully():
        careful = left(tmp_path / "careful", policy, cold=cold)
    assert len(quick["cases"]) > 20
    assert len(quick["deadlines"]) > 20
    for table, rows in quick.items():
        assert rows == careful[table], table


def test_the_short_ways_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what the other tests say of them would be said of nothing."""
    fresh: list[bool] = []
    is_fresh = pipeline._is_fresh

    def noted(*args: Any) -> bool:
        fresh.append(is_fresh(*args))
        return fresh[-1]
    monkeypatch.setattr(pipeline, "_is_fresh", noted)
    parts: list[str] = []
    world = World(tmp_path)
    world.store.connection.set_trace_callback(lambda sql: parts.append(sql) if sql.startswith("SAVEPOINT") else None)
    world.hears(*(mails.mail(number, at=NOW, to=SHOP) for number in range(12)))
    assert fresh.count(True) > 8
    assert parts == []


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_has_its_rows_and_no_others(kind: Kind) -> None:
    assert set(decide.asked(kind)) <= set(decide.DECISIONS)
    assert decide._ABOUT.keys() == set(decide.DECISIONS)
