"""The ladder of sending: what is unknown is looked for, proven by its echo, and asked about last."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.event import Kind
from bot.edges.store import iso
from bot.pausing import paused, resume
from bot.sending import NO_ECHO_FOR
from tests.relayed import Relayed, relayed
from tests.servers.smtp import Fault, SmtpServer
from tests.world import MARIE, RELAY, SHOP, buyer_writes

__all__ = ["relayed"]
ALONE = 'mode = "alone"'
LOST_AND_KEPT: dict[str, object] = {"DOT": [Fault.KEEP_AND_HANG_UP]}


def lost(relayed: Relayed, *, kept: bool, echoes: bool = False) -> None:
    """Let the answer to the dot get lost, once."""
    relayed.echoes = echoes
    relayed.smtp.faults = {"DOT": [Fault.KEEP_AND_HANG_UP if kept else Fault.HANG_UP]}
    relayed.sends()
    assert relayed.reply()["state"] == "transmitting"


# ---- the echo


def test_a_reply_has_the_mailbox_itself_as_second_recipient_and_no_header_says_so(relayed: Relayed) -> None:
    relayed.approves()
    relayed.sends()
    [mail] = relayed.to_buyers()
    assert (mail.recipient, mail.others) == (RELAY, (SHOP,))
    assert mail.raw.count(SHOP.encode()) == 2 + mail.raw.count(f"@{SHOP}".encode())      # From and Reply-To
    assert b"Bcc" not in mail.raw


def test_a_mail_to_marie_has_no_echo(relayed: Relayed) -> None:
    relayed.hears(buyer_writes())
    relayed.sends()
    assert [mail.others for mail in relayed.smtp.mails if mail.recipient == MARIE] == [()]


def test_an_echo_that_arrives_proves_that_a_lost_mail_left(relayed: Relayed) -> None:
    relayed.approves()
    relayed.echoes = True
    relayed.smtp.faults = {"DOT": [Fault.KEEP_AND_HANG_UP]}
    relayed.sends()
    relayed.passes(seconds=5)
    assert relayed.reply()["state"] == "sent"
    assert [row["state"] for row in relayed.rows("deadlines")] == ["met"]
    assert len(relayed.to_buyers()) == 1


def test_an_echo_that_comes_after_marie_was_asked_settles_it(relayed: Relayed) -> None:
    relayed.approves()
    lost(relayed, kept=True)
    relayed.passes(minutes=20)
    assert relayed.reply()["state"] == "uncertain"
    relayed.arrives(relayed.to_buyers()[0].raw)
    relayed.sends()
    relayed.sends()
    assert relayed.reply()["state"] == "sent"


def test_an_echo_whose_message_id_the_provider_rewrote_is_known_by_our_own_header(relayed: Relayed) -> None:
    relayed.approves()
    lost(relayed, kept=True)
    own = relayed.reply()["message_id"].encode()
    relayed.arrives(relayed.to_buyers()[0].raw.replace(own, b"<010001@eu-west-1.amazonses.example>", 1))
    relayed.sends()
    relayed.sends()
    assert relayed.reply()["state"] == "sent"


def test_a_relay_that_refuses_the_echo_gets_the_mail_for_the_buyer_alone(relayed: Relayed) -> None:
    relayed.approves()
    relayed.smtp.faults = {"RCPT": [None, "550 5.7.1 only one recipient"]}
    relayed.sends()
    assert relayed.reply()["state"] == "sent"
    assert [mail.others for mail in relayed.to_buyers()] == [()]
    assert relayed.store.meta("no_echo ventes") == iso(relayed.now)


def test_a_refused_echo_is_not_tried_again_for_a_week(relayed: Relayed) -> None:
    relayed.store.set_meta("no_echo ventes", iso(relayed.now))
    relayed.approves()
    relayed.sends()
    assert [mail.others for mail in relayed.to_buyers()] == [()]
    relayed.store.set_meta("no_echo ventes", iso(relayed.now - NO_ECHO_FOR))
    relayed.hears(buyer_writes("Et la facture ?", message=2))
    relayed.says(Kind.DRAFT_APPROVED, draft=max(row["id"] for row in relayed.rows("outbox", "what = 'reply'")))
    relayed.sends()
    assert [mail.others for mail in relayed.to_buyers()] == [(), (SHOP,)]


def test_a_relay_that_hangs_up_on_the_echo_does_not_keep_the_reply_for_ever(relayed: Relayed) -> None:
    relayed.approves()
    relayed.smtp.faults = {"RCPT": [None, Fault.HANG_UP]}
    relayed.sends()
    assert relayed.reply()["state"] == "ready"
    relayed.passes(minutes=6)
    assert relayed.reply()["state"] == "sent"


def test_echo_false_sends_to_the_buyer_alone(tmp_path: Path) -> None:
    with SmtpServer() as smtp:
        world = Relayed(tmp_path, smtp, more="echo = false")
        world.work()
        world.approves()
        world.sends()
        assert [mail.others for mail in world.to_buyers()] == [()]


# ---- the looks


def test_a_lost_reply_is_looked_for_three_times_and_then_marie_is_asked(relayed: Relayed) -> None:
    relayed.approves()
    lost(relayed, kept=True)
    began = relayed.now
    looks = []
    for minutes in (1, 5, 15):
        relayed.now = began + timedelta(minutes=minutes, seconds=-1)
        relayed.sends()
        looks.append(relayed.reply()["not_before"])
        assert relayed.reply()["state"] == "transmitting"
        relayed.now += timedelta(seconds=1)
        relayed.sends()
    assert looks == [iso(began + timedelta(minutes=minutes)) for minutes in (1, 5, 15)]
    assert relayed.reply()["state"] == "uncertain"
    assert relayed.to_marie()[-1]["template"] == "uncertain"
    assert len(relayed.to_buyers()) == 1


def test_an_answer_to_a_lost_reply_proves_that_it_left(relayed: Relayed) -> None:
    relayed.approves()
    lost(relayed, kept=True)
    own = relayed.reply()["message_id"]
    relayed.hears(buyer_writes("Merci !", message=2).replace(b"\nMIME", f"\nReferences: {own}\nMIME".encode(), 1))
    relayed.passes(minutes=1)
    assert relayed.reply()["state"] == "sent"


def test_a_lost_reply_whose_deadline_runs_out_is_sent_again_once(relayed: Relayed) -> None:
    relayed.approves()
    relayed.store.run("UPDATE deadlines SET due = ?", iso(relayed.now + timedelta(hours=3)))
    lost(relayed, kept=False)
    relayed.passes(minutes=15)
    assert (relayed.reply()["state"], len(relayed.to_buyers())) == ("sent", 1)


def test_a_reply_lost_twice_is_not_sent_a_third_time(relayed: Relayed) -> None:
    relayed.approves()
    relayed.store.run("UPDATE deadlines SET due = ?", iso(relayed.now + timedelta(hours=3)))
    relayed.echoes = False
    relayed.smtp.faults = {"DOT": Fault.KEEP_AND_HANG_UP}
    for _ in range(6):
        relayed.passes(minutes=16)
    assert relayed.reply()["state"] == "uncertain"
    assert len(relayed.to_buyers()) == 2


def test_a_lost_mail_to_marie_is_sent_again_after_the_last_look(relayed: Relayed) -> None:
    relayed.hears(buyer_writes())
    relayed.smtp.faults = {"DOT": [Fault.HANG_UP]}
    relayed.sends()
    relayed.passes(minutes=14)
    assert not relayed.smtp.mails
    relayed.passes(minutes=1)
    assert [mail.recipient for mail in relayed.smtp.mails] == [MARIE]


# ---- after a restore


def test_after_a_restore_nothing_leaves_to_a_buyer_before_the_mailbox_was_swept(relayed: Relayed) -> None:
    relayed.approves()
    relayed.store.set_meta("restored", iso(relayed.now + timedelta(minutes=1)))
    relayed.now += timedelta(minutes=2)
    list_of_faults = relayed.sends()
    assert not list_of_faults
    relayed.passes(minutes=1)
    assert relayed.reply()["state"] == "sent"


def test_after_a_restore_what_came_back_before_is_not_sent_again(relayed: Relayed) -> None:
    relayed.approves()
    relayed.sends()
    relayed.work()
    relayed.store.run("UPDATE outbox SET state = 'ready', attempts = 0 WHERE what = 'reply'")   # as an hour ago
    relayed.store.set_meta("restored", iso(relayed.now - timedelta(minutes=1)))
    relayed.passes(minutes=1)
    assert relayed.reply()["state"] == "sent"
    assert len(relayed.to_buyers()) == 1


# ---- the breaker


def flood(relayed: Relayed, count: int) -> None:
    relayed.configure(policy=ALONE)
    for number in range(count):
        relayed.hears(buyer_writes(order=f"404-0000000-{number:07}"))


def test_an_eleventh_automatic_reply_in_ten_minutes_throws_the_switch(relayed: Relayed) -> None:
    flood(relayed, 13)
    relayed.passes(minutes=4)
    assert len(relayed.to_buyers()) == 10
    assert paused(relayed.store)
    assert [row["state"] for row in relayed.rows("outbox", "what = 'reply'")].count("ready") == 3
    assert len(relayed.to_marie("notice")) == 1
    relayed.passes(hours=1)
    assert len(relayed.to_buyers()) == 10
    assert len(relayed.to_marie("notice")) == 1
    resume(relayed.store, relayed.now)
    relayed.passes(minutes=1)
    assert len(relayed.to_buyers()) == 13


def test_what_marie_approved_leaves_while_the_switch_is_off(relayed: Relayed) -> None:
    flood(relayed, 11)
    relayed.passes(minutes=4)
    relayed.configure()
    relayed.hears(buyer_writes())
    row = relayed.rows("outbox", "what = 'reply'")[-1]
    relayed.says(Kind.DRAFT_APPROVED, case=row["case_id"], draft=row["id"])
    relayed.sends()
    assert len(relayed.to_buyers()) == 11


@pytest.mark.parametrize(("failed", "stops"), [(2, False), (3, True)])
def test_more_than_a_fifth_of_failures_throws_the_switch(relayed: Relayed, failed: int, stops: bool) -> None:
    for number in range(11):
        relayed.configure(policy=ALONE)
        relayed.hears(buyer_writes(order=f"404-0000000-{number:07}"))
        relayed.sends()      # what Marie is told, before the relay refuses
        relayed.smtp.faults = {"RCPT": ["550 5.7.1 no"]} if number < failed else {}
        relayed.passes(minutes=11)
    assert bool(paused(relayed.store)) is stops


# ---- what comes back


def bounce(relayed: Relayed, *, action: str = "failed", about: str = RELAY) -> bytes:
    own = relayed.reply()["message_id"]
    return (f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: {SHOP}\nSubject: Undelivered\n"
            f"Date: Tue, 17 Nov 2026 10:00:00 +0000\nMessage-ID: <{action}{about}>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nSorry.\n\n"
            "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
            f"Final-Recipient: rfc822; {about}\nAction: {action}\nStatus: 5.1.1\n\n"
            f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {own}\nSubject: Re\n\n--b--\n").encode()


def test_an_answer_that_comes_back_opens_its_deadline_and_stops_its_address(relayed: Relayed) -> None:
    relayed.approves()
    relayed.sends()
    relayed.hears(bounce(relayed))
    assert relayed.reply()["state"] == "failed"
    assert [row["state"] for row in relayed.rows("deadlines")] == ["open"]
    relayed.configure(policy=ALONE)
    relayed.hears(buyer_writes("Et alors ?", message=2))
    second = relayed.rows("outbox", "what = 'reply'")[-1]
    assert second["state"] == "draft"
    assert RELAY in second["why"]


def test_a_yes_opens_the_address_again_and_the_answer_leaves_under_a_new_name(relayed: Relayed) -> None:
    relayed.approves()
    relayed.sends()
    first = relayed.reply()["message_id"]
    relayed.hears(bounce(relayed))
    relayed.says(Kind.DRAFT_APPROVED, draft=relayed.reply()["id"])
    relayed.sends()
    assert len(relayed.to_buyers()) == 2
    assert relayed.reply()["message_id"] != first
    assert not relayed.store.stopped_address(RELAY)
    assert [row["state"] for row in relayed.rows("deadlines")] == ["met"]


def test_an_answer_that_comes_back_twice_is_told_twice(relayed: Relayed) -> None:
    relayed.approves()
    relayed.sends()
    relayed.hears(bounce(relayed))
    relayed.says(Kind.DRAFT_APPROVED, draft=relayed.reply()["id"])
    relayed.sends()
    relayed.hears(bounce(relayed))
    assert relayed.reply()["state"] == "failed"


@pytest.mark.parametrize(("action", "about"), [("delayed", RELAY), ("failed", SHOP)])
def test_a_late_mail_and_a_lost_copy_to_ourselves_change_nothing(relayed: Relayed, action: str, about: str) -> None:
    relayed.approves()
    relayed.sends()
    relayed.hears(bounce(relayed, action=action, about=about))
    assert relayed.reply()["state"] == "sent"
    assert not relayed.store.stopped_address(RELAY)


def test_a_bounce_of_a_mail_nobody_knew_to_have_left_settles_it(relayed: Relayed) -> None:
    relayed.approves()
    lost(relayed, kept=True)
    relayed.hears(bounce(relayed))
    assert relayed.reply()["state"] == "failed"


def test_an_address_that_the_relay_knows_not_is_stopped(relayed: Relayed) -> None:
    relayed.hears(buyer_writes())
    relayed.sends()
    relayed.says(Kind.DRAFT_APPROVED, draft=relayed.reply()["id"])
    relayed.smtp.faults = {"RCPT": ["550 5.1.1 no such user"]}
    relayed.sends()
    assert relayed.reply()["state"] == "failed"
    assert "5.1.1" in relayed.store.stopped_address(RELAY)


def test_what_a_robot_wrote_is_answered_by_nobody_alone(relayed: Relayed) -> None:
    relayed.configure(policy=ALONE)
    relayed.hears(buyer_writes().replace(b"\nMIME", b"\nX-Auto-Response-Suppress: All\nMIME", 1))
    row = relayed.reply()
    assert row["state"] == "draft"
    assert "robot" in row["why"]
