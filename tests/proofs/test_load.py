"""In short what `make torture` tries at length: a backlog and a stream of mail, a disk that fills up or fails."""

from __future__ import annotations

import pytest

from tests.proofs import Budget, Row
from tests.proofs.__main__ import last_line, line, promises
from tests.proofs.disk_errors import prove as on_a_failing_disk
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


def test_after_a_write_that_fails_all_is_in_the_ledger_and_no_reply_is_without_its_record() -> None:
    tried, *rest = on_a_failing_disk(Budget.of(110), most=6)
    if not tried.offered:
        pytest.skip("a C compiler is needed to let a write fail")
    assert tried.holds, tried
    assert len(rest) == 1


def test_a_proof_that_ran_out_of_time_says_so_in_its_line_and_in_the_last() -> None:
    rows = [Row(name="mails", offered=3, intended=5), Row(name="others", offered=5, intended=5)]
    assert "CUT SHORT: 3 of 5" in line(rows[0])
    assert "CUT" not in line(rows[1])
    assert last_line(rows, 1.0) == "all hold, 1 cut short by the time given; 1.0 minutes"


def test_every_promise_says_how_long_it_takes() -> None:
    assert len(promises([])) >= 14
    assert all(module.MINUTES > 0 for module in promises([]))
