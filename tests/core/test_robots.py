"""Which mails no robot answers, and which it may: RFC 3834 and RFC 5230, after the cases of Pigeonhole's vacation."""

from __future__ import annotations

import pytest

from bot.core import message
from bot.core.bounce import report
from bot.core.message import Origin
from bot.core.robots import no_reply

NEVER = {
    "a null sender": "Return-Path: <>\nFrom: relay@marketplace.example",
    "a bounce": 'From: MAILER-DAEMON@mail.example\nContent-Type: multipart/report; boundary="x"',
    "a mailing list by its id": "From: jean@home.example\nList-Id: <lampes.lists.example>",
    "a mailing list by where to post": "From: jean@home.example\nList-Post: <mailto:lampes@lists.example>",
    "bulk mail": "From: jean@home.example\nPrecedence: bulk",
    "junk mail": "From: jean@home.example\nPrecedence: junk",
    "a vacation notice": "From: jean@home.example\nAuto-Submitted: auto-replied (vacation)",
    "an unknown word of Auto-Submitted": "From: jean@home.example\nAuto-Submitted: yes",
    "another helpdesk": "From: desk@shop.example\nAuto-Submitted: auto-generated",
    "Exchange's wish for silence": "From: jean@home.example\nX-Auto-Response-Suppress: DR, OOF, AutoReply",
    "a system's address": "From: lampes-request@lists.example",
    "a list owner behind the envelope": "Return-Path: <owner-lampes@lists.example>\nFrom: jean@home.example",
    "a vacation notice by its subject": "From: jean@home.example\nSubject: Out of office: lamp\nPrecedence: special",
}

ALLOWED = {
    "normal mail": "From: jean@home.example\nAuto-Submitted: no\nPrecedence: normal",
    "mail without a word on it": "From: jean@home.example",
    "mail to an alias of ours": "From: jean@home.example\nTo: tous@boutique.example",
    "mail in copy": "From: jean@home.example\nTo: autre@boutique.example\nCc: ventes@boutique.example",
    "suppression of receipts only": "From: jean@home.example\nX-Auto-Response-Suppress: DR, RN, NRN",
    "a newsletter's way out in a letter": "From: jean@home.example\nList-Unsubscribe: <https://x.example/>",
    "a subject that only sounds like a robot's": "From: jean@home.example\nSubject: Absence du bureau de poste",
}


def read(headers: str) -> message.Message:
    return message.read(f"{headers}\nDate: Tue, 17 Nov 2026 10:00:00 +0000\nMessage-ID: <1@x.example>\n\nBonjour\n"
                        .encode())


@pytest.mark.parametrize("headers", NEVER.values(), ids=NEVER)
def test_a_robot_never_answers(headers: str) -> None:
    assert no_reply(read(headers)).startswith("automatic: ")


@pytest.mark.parametrize("headers", ALLOWED.values(), ids=ALLOWED)
def test_a_robot_may_answer(headers: str) -> None:
    assert no_reply(read(headers)) == ""


def test_a_proven_marketplace_may_generate_what_its_buyer_wrote() -> None:
    raw = (b"Authentication-Results: mx.boutique.example; dkim=pass header.d=marketplace.amazon.fr\n"
           b"From: x@marketplace.amazon.fr\nAuto-Submitted: auto-generated\n"
           b"Date: Tue, 17 Nov 2026 10:00:00 +0000\n\nB\n")
    seen = message.read(raw, trusted=frozenset({"mx.boutique.example"}))
    assert seen.origin is Origin.PROVEN
    assert no_reply(seen) == ""


FAILED = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; jean@home.example\nAction: failed\nStatus: 5.1.1\n"


def test_a_report_tells_whom_it_is_about_and_that_it_is_final() -> None:
    told = report(FAILED)
    assert told.recipients == {"jean@home.example"}
    assert told.is_final
    assert told.is_about("Jean@home.example", "ventes@boutique.example")


def test_a_late_mail_is_no_lost_one() -> None:
    assert not report(FAILED.replace("failed", "delayed")).is_final


def test_the_copy_to_ourselves_that_fails_is_not_the_answer_that_fails() -> None:
    told = report(FAILED.replace("jean@home.example", "ventes@boutique.example"))
    assert not told.is_about("jean@home.example", "ventes@boutique.example")


def test_words_without_fields_count_as_final_and_about_us() -> None:
    told = report("I'm afraid I wasn't able to deliver your message.")
    assert told.is_final
    assert told.is_about("jean@home.example", "ventes@boutique.example")
