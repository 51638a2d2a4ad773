"""In short what `make torture` tries at length: a backlog and a stream of mail, a disk that fills up."""

from __future__ import annotations

import pytest

from tests.proofs import Budget
from tests.proofs.load import prove as under_load
from tests.proofs.storage import prove as on_a_full_disk


def test_a_backlog_and_a_stream_are_read_whole_and_memory_stays_flat() -> None:
    rows = list(under_load(Budget.of(120), mails=60, minutes=0.3))
    assert [row.offered for row in rows][:1] == [60]
    assert all(row.holds for row in rows), rows


def test_on_a_disk_that_fills_up_no_reply_leaves_without_its_record() -> None:
    [row] = on_a_full_disk(Budget.of(120), steps=4)
    if not row.offered:
        pytest.skip("root and mount are needed for a disk of its own")
    assert row.holds, row
