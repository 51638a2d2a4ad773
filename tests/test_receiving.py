"""What was fetched is kept, whatever comes after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.edges import EdgeError
from bot.edges.store import Arrival
from bot.receiving import BATCH, _batches

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


def arrivals(count: int, failure: EdgeError | None = None) -> Iterator[Arrival]:
    for number in range(count):
        yield Arrival(folder="INBOX", place=f"1/{number}", raw=b"", received=NOW)
    if failure:
        raise failure


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 3])
def test_every_arrival_is_in_one_batch_or_in_the_rest(count: int) -> None:
    rest: list[Arrival] = []
    batches = list(_batches(arrivals(count), rest))
    assert [one.place for batch in [*batches, rest] for one in batch] == [f"1/{n}" for n in range(count)]
    assert {len(batch) for batch in batches} <= {BATCH}


def test_what_came_before_a_failure_is_handed_over_before_it() -> None:
    got: list[Arrival] = []

    def keep_all() -> None:
        for batch in _batches(arrivals(BATCH + 3, EdgeError("the server said BYE")), []):
            got.extend(batch)

    with pytest.raises(EdgeError):
        keep_all()
    assert len(got) == BATCH + 3
