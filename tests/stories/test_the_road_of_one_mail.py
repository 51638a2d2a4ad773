"""From a real mailbox to a case, a deadline, a draft and a reminder; and the answer in the buyer's thread."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.servers.shop import SELLER, Shop

CLAIM = "rakuten_fr/not_conforming_damaged"
NOT_RECEIVED = "rakuten_fr/not_received_confirm_shipment"
LETTER = "amazon/buyer_wrote_fr_order"


def read(raw: bytes) -> tuple[Message, str]:
    mail = message_from_bytes(raw)
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    body = plain.get_payload(decode=True)
    assert isinstance(body, bytes)
    return mail, body.decode("utf-8")


def everything(shop: Shop) -> dict[str, object]:
    return {what: shop.show(what) for what in ("case", "deadlines", "outbox", "shelf")}


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


@contextmanager
def running(shop: Shop) -> Iterator[subprocess.Popen[str]]:
    daemon = shop.start("run")
    try:
        yield daemon
    finally:
        daemon.kill()
        daemon.communicate(timeout=10)


def test_claim_becomes_a_case_a_deadline_a_draft_and_one_mail_to_the_seller(shop: Shop) -> None:
    shop.once()
    shop.arrives(CLAIM)
    shop.once()
    [deadline] = shop.show("deadlines")
    assert (deadline["name"], deadline["state"], deadline["rule"]) == ("propose_solution", "open", "R4")
    [draft] = [row for row in shop.show("outbox") if row["what"] == "reply"]
    assert (draft["state"], draft["channel"]) == ("draft", "seller")
    [mail] = shop.smtp.mails
    assert mail.recipient == SELLER
    told, body = read(mail.raw)
    assert told["From"].endswith(f"<{shop.address}>")
    assert told["Auto-Submitted"] == "auto-generated"
    assert f"D-{draft['id'][2:]}" in body


def test_second_pass_does_nothing_at_all(shop: Shop) -> None:
    shop.arrives(CLAIM)
    shop.arrives(LETTER)
    shop.once()
    before, sent = everything(shop), len(shop.smtp.mails)
    shop.once()
    assert everything(shop) == before
    assert len(shop.smtp.mails) == sent == 1  # the catch-up after the first look


def test_approved_reply_leaves_once_to_the_relay_in_the_thread_from_our_address(shop: Shop) -> None:
    shop.once()
    raw_original = shop.arrives(LETTER)
    original = message_from_bytes(raw_original)
    shop.once()
    [case] = shop.show("today")
    shop.bot("approve", case["case"])
    shop.bot("approve", case["case"])
    shop.once()
    shop.once()
    [raw] = shop.to_buyers()
    reply, body = read(raw)
    assert reply["To"] == re.findall(rb"^From: .*<(.+)>", raw_original, re.MULTILINE)[0].decode()
    assert reply["From"].endswith(f"<{shop.address}>")
    assert reply["In-Reply-To"] == original["Message-ID"]
    assert original["Message-ID"] in reply["References"]
    assert reply["Auto-Submitted"] is None  # a person said yes: Amazon counts it as an answer
    assert "\n> " in body  # Amazon wants the original quoted
    assert [row["state"] for row in shop.show("deadlines")] == ["met"]
    assert shop.show("today") == []


def test_text_for_the_account_is_handed_over_and_its_deadline_runs_until_the_seller_has_done_it(shop: Shop) -> None:
    shop.once()
    shop.arrives(NOT_RECEIVED)
    shop.once()
    out, _ = shop.bot("approve", "C-1")
    assert "https://" in out
    shop.once()
    assert shop.to_buyers() == []
    assert [row["state"] for row in shop.show("outbox") if row["what"] == "reply"] == ["handed"]
    assert [row["state"] for row in shop.show("deadlines")] == ["open"]
    shop.bot("sent", "C-1")
    assert [row["state"] for row in shop.show("deadlines")] == ["met"]


def test_daemon_does_the_same_within_seconds_and_stops_within_five(shop: Shop) -> None:
    shop.once()
    with running(shop) as daemon:
        until(lambda: daemon.poll() is None and shop.dovecot.log() is not None)
        shop.arrives(CLAIM)
        shop.smtp.wait_for(1, 20)
        shop.arrives(LETTER)
        shop.smtp.wait_for(2, 20)
        shop.bot("approve", "C-2")
        until(shop.to_buyers)
        began = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=10)
        assert time.monotonic() - began < 5
        assert daemon.returncode == 0
    assert len(shop.smtp.mails) == 3


def test_three_passes_beside_the_daemon_send_nothing_twice_and_show_no_lock(shop: Shop) -> None:
    shop.once()
    with running(shop) as daemon:
        for sample in (CLAIM, LETTER, NOT_RECEIVED):
            shop.arrives(sample)
            passes = [shop.start("once") for _ in range(3)]
            for one in passes:
                _, err = one.communicate(timeout=60)
                assert one.returncode in (0, 75), err
                assert "locked" not in err.lower()
                assert "Traceback" not in err
        shop.smtp.wait_for(3, 30)
        daemon.terminate()
        _, err = daemon.communicate(timeout=10)
        assert "locked" not in err.lower()
    ids = [message_from_bytes(mail.raw)["Message-ID"] for mail in shop.smtp.mails]
    assert len(ids) == len(set(ids)) == 3


def test_passes_alone_at_the_same_time_send_nothing_twice(shop: Shop) -> None:
    shop.arrives(LETTER)
    passes = [shop.start("once") for _ in range(4)]
    codes = sorted(one.wait(timeout=60) for one in passes)
    for one in passes:
        one.communicate()
    assert set(codes) <= {0, 75}
    assert 0 in codes
    shop.once()
    assert len(shop.smtp.mails) == 1


def test_seller_s_flags_are_never_touched(shop: Shop) -> None:
    shop.arrives(CLAIM)
    with shop.dovecot.client(shop.address) as phone:
        phone.select_folder("INBOX")
        phone.add_flags([1], [b"\\Flagged"])
    shop.once()
    with shop.dovecot.client(shop.address) as phone:
        phone.select_folder("INBOX", readonly=True)
        flags = phone.get_flags([1])[1]
    assert b"\\Seen" not in flags
    assert b"\\Flagged" in flags


def test_lost_numbers_of_the_mailbox_bring_nothing_back(shop: Shop) -> None:
    shop.once()
    shop.arrives(CLAIM)
    shop.arrives(LETTER)
    shop.once()
    before = everything(shop)
    shop.dovecot.lose_numbers(shop.address)
    shop.once()
    assert everything(shop) == before


def test_mail_moved_away_and_back_is_one_mail(shop: Shop) -> None:
    shop.once()
    shop.arrives(CLAIM)
    shop.once()
    before = everything(shop)
    with shop.dovecot.client(shop.address) as phone:
        phone.select_folder("INBOX")
        phone.move([1], "Junk")
        phone.select_folder("Junk")
        phone.move([1], "INBOX")
    shop.once()
    assert everything(shop) == before


def test_forged_mail_is_followed_but_nothing_leaves_by_itself(shop: Shop) -> None:
    shop.policy('mode = "alone"')
    shop.once()
    shop.arrives(LETTER, also={b"dmarc=pass": b"dmarc=fail", b"dkim=pass": b"dkim=fail"})
    shop.once()
    [case] = shop.show("case")
    assert case["origin"] == "forged"
    [draft] = [row for row in shop.show("outbox") if row["what"] == "reply"]
    assert draft["state"] == "draft"
    assert [row["state"] for row in shop.show("deadlines")] == ["open"]
    assert shop.to_buyers() == []


def test_reply_sent_alone_is_held_and_says_when(shop: Shop) -> None:
    shop.policy('mode = "alone"')
    shop.once()
    shop.arrives(LETTER)
    shop.once()
    [reply] = [row for row in shop.show("outbox") if row["what"] == "reply"]
    assert reply["state"] == "ready"
    assert reply["not_before"] is not None
    assert shop.smtp.mails == []


def test_first_look_at_an_old_mailbox_answers_nobody_and_tells_the_seller_once(shop: Shop) -> None:
    shop.policy('mode = "alone"')
    for sample in (CLAIM, LETTER, NOT_RECEIVED):
        shop.arrives(sample)
    shop.once()
    assert shop.to_buyers() == []
    [mail] = shop.to_seller()
    body = read(mail)[1]
    assert all(case in body for case in ("C-1", "C-2", "C-3"))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_commands_speak_both_languages(shop: Shop, language: str) -> None:
    out, _ = shop.bot("--lang", language, "show", "today")
    assert out.strip() == {"fr": "Rien ne vous attend.", "en": "Nothing waits for you."}[language]


def test_why_prints_the_arithmetic(shop: Shop) -> None:
    shop.once()
    shop.arrives(CLAIM)
    shop.once()
    out, _ = shop.bot("why", "C-1")
    assert "3 jours ouvrés" in out
    assert "R4" in out


def test_discarded_draft_never_leaves(shop: Shop) -> None:
    shop.once()
    shop.arrives(LETTER)
    shop.once()
    shop.bot("discard", "C-1")
    shop.bot("approve", "C-1")
    shop.once()
    assert shop.to_buyers() == []


def test_unreadable_mail_goes_on_the_shelf_with_its_reason_and_the_next_is_read(shop: Shop) -> None:
    shop.once()
    shop.arrives(LETTER, also={b"\nFrom: ": b"\nFrom: x@evil.example\nFrom: "})
    shop.arrives(CLAIM)
    shop.once()
    [mail] = shop.show("shelf")
    assert mail["reason"].startswith("multiple_from:")
    assert [case["shop"] for case in shop.show("case")] == ["rakuten_fr"]


def test_help_is_quick() -> None:
    program = Path(__file__).resolve().parents[2] / "run_bot.py"
    import sys

    subprocess.run([sys.executable, str(program), "--help"], check=True, capture_output=True)
    before = os.times()
    subprocess.run([sys.executable, str(program), "--help"], check=True, capture_output=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    assert cpu < 0.75  # a quarter of a second is the aim, see benchmarks; this only catches a heavy import
