"""Every mail on the server has a row and a verdict, and none of a marketplace's lies in the junk: else it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.edges.imap import Imap
from bot.reconciling import differences, in_junk, last_found, reconcile
from tests.proofs import SAMPLES
from tests.proofs.stage import Stage
from tests.servers.dovecot import Dovecot
from tests.world import buyer_writes, failed

LETTER = next(path for path in SAMPLES if path.stem == "buyer_wrote_fr_order").read_bytes()
NEWSLETTER = next(path for path in SAMPLES if path.stem == "notice_fr_newsletter_list").read_bytes()


@pytest.fixture
def stage(tmp_path: Path, dovecot: Dovecot) -> Iterator[Stage]:
    stage = Stage(tmp_path, dovecot)
    stage.look()
    yield stage
    stage.close()


def now(**later: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**later)


def found(stage: Stage, at: datetime) -> list[str]:
    return differences(stage.guichet.store, stage.mailbox, stage.imap, at)


def forget(stage: Stage) -> None:
    """Lose what was kept, as a damaged database does."""
    stage.guichet.store.run("DELETE FROM places")


def test_mailbox_all_kept_and_read_differs_in_nothing(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, LETTER, buyer_writes())
    stage.look()
    stage.read_all()
    assert found(stage, now(hours=2)) == []


def test_mail_passed_over_is_named(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, LETTER, buyer_writes())
    stage.look()
    forget(stage)
    [sentence] = found(stage, now())
    assert "2 mails in INBOX were never kept (numbers 1, 2)" in sentence


def test_mail_that_came_this_minute_is_no_difference_until_nobody_looks_for_an_hour(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, LETTER)
    assert found(stage, now()) == []
    [sentence] = found(stage, now(minutes=61))
    assert "1 mails in INBOX were never kept" in sentence


def test_mail_kept_and_not_read_for_an_hour_is_named(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, LETTER)
    stage.look()
    assert found(stage, now(minutes=59)) == []
    [sentence] = found(stage, now(minutes=61))
    assert "not read yet (M-1)" in sentence


def test_mail_of_a_marketplace_in_the_junk_is_told_and_left_alone(stage: Stage) -> None:
    with stage.dovecot.client(stage.address) as phone:
        phone.append("Junk", LETTER)
        [sentence] = in_junk(stage.guichet, stage.mailbox, stage.imap, now())
        assert "mails of amazon lie in Junk" in sentence
        phone.select_folder("Junk", readonly=True)
        assert b"\\Seen" not in phone.get_flags([1])[1]
    assert not stage.rows("SELECT 1 FROM mails")


@pytest.mark.parametrize("junk", [
    buyer_writes(proof=failed("marketplace.amazon.fr")), buyer_writes(proof=""), NEWSLETTER,
    b"From: x@evil.example\n\nwin", b"From: <a@amazon.fr>, <b@evil.example>\n\nwin", b"no header at all"],
    ids=["forged", "unproven", "newsletter", "stranger", "two senders", "broken"])
def test_junk_that_is_junk_is_not_told(stage: Stage, junk: bytes) -> None:
    with stage.dovecot.client(stage.address) as phone:
        phone.append("Junk", junk)
    assert in_junk(stage.guichet, stage.mailbox, stage.imap, now()) == []


def test_comparison_is_made_once_a_day_and_hourly_while_something_differs(stage: Stage) -> None:
    morning = now().replace(hour=9)
    stage.dovecot.deliver(stage.address, LETTER)
    stage.look(morning)
    forget(stage)
    assert len(compare(stage, morning)) == 1
    assert compare(stage, morning) == []                       # said already
    assert len(compare(stage, morning + timedelta(hours=1))) == 1
    stage.guichet.store.run("UPDATE folders SET last_uid = 0")
    stage.look(morning + timedelta(hours=2))
    stage.read_all()
    assert compare(stage, morning + timedelta(hours=2)) == []
    assert last_found(stage.guichet.store, "ventes") == (morning + timedelta(hours=2), [])
    forget(stage)
    assert compare(stage, morning + timedelta(hours=3)) == []   # nothing differed today: not looked again
    assert len(compare(stage, morning + timedelta(days=1))) == 1


def compare(stage: Stage, at: datetime) -> list[str]:
    return reconcile(stage.guichet, stage.mailbox, stage.imap, at)


def test_server_that_refuses_the_comparison_stops_nothing(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    gone = Imap(stage.imap.account)      # never connected
    [sentence] = reconcile(stage.guichet, stage.mailbox, gone, now())
    assert "could not be compared" in sentence
    assert sentence in caplog.text


def test_restored_mailbox_answers_nothing_that_was_there_before(stage: Stage) -> None:
    """A new UIDVALIDITY: what is unknown and older than the last look is cold, what came after is new."""
    stage.hang_up()
    with stage.dovecot.client(stage.address) as phone:
        phone.append("INBOX", LETTER, msg_time=now(hours=-5))
        phone.append("INBOX", buyer_writes(), msg_time=now(seconds=5))
    stage.dovecot.lose_numbers(stage.address)
    assert stage.look(now(minutes=1)) == 2
    assert [row["cold"] for row in stage.rows("SELECT cold FROM mails ORDER BY received")] == [1, 0]
