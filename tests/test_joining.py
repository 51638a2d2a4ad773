"""Which case a mail belongs to, and what it changes there: threads, copies, bounces, notices."""

from __future__ import annotations

import json

from bot.core.event import CaseKey, Kind
from bot.settling import sent
from tests.world import RELAY, SHOP, World, buyer_writes, claim, mail, passed

THREAD = "A047THREAD8284590"


def reply_left(world: World) -> str:
    """Let the approved reply of C-1 leave; return its Message-ID."""
    world.says(Kind.DRAFT_APPROVED, draft=1)
    row = world.store.outbox_row(1)
    assert row
    sent(world.guichet, row, "250 queued", world.now)
    return str(row["message_id"])


def state(world: World, name: str = "answer") -> str:
    return str(world.rows("deadlines", f"name = '{name}'")[-1]["state"])


def bounce(message_id: str) -> bytes:
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.isp.example\n"
        f"To: {SHOP}\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn1@mx.isp.example>\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="d"\n\n'
        "--d\nContent-Type: text/plain\n\nThe address does not exist.\n"
        "--d\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.isp.example\n\n"
        f"Final-Recipient: rfc822; {RELAY}\nAction: failed\nStatus: 5.1.1\n\n"
        f"--d\nContent-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\n\n--d--\n").encode()


def test_mail_with_an_order_joins_the_case_its_thread_began_without_one(world: World) -> None:
    before_sale = buyer_writes().replace(b"# 404-2718281-8284590:\n1 / Lampe de chevet [ASIN: B0LUMEN001]\n", b"")
    world.hears(before_sale.replace(b" (Commande : 404-2718281-8284590)", b""), buyer_writes(message=2))
    [case] = world.rows("cases")
    assert case["reference"] == THREAD
    assert case["order_number"] == "404-2718281-8284590"


def test_answer_to_our_own_mail_joins_its_case_and_reopens_it(world: World) -> None:
    world.hears(buyer_writes())
    ours = reply_left(world)
    world.says(Kind.CASE_CLOSED)
    answer = mail(f"From: Jean Dupont <{RELAY}>\nSubject: Re: votre commande\nIn-Reply-To: {ours}", "Toujours rien.",
                  proof=passed("marketplace.amazon.fr"))
    world.hears(answer)
    [case] = world.rows("cases")
    assert (case["stage"], case["turn"]) == ("open", "seller")


def test_an_alias_that_two_cases_know_joins_neither(world: World) -> None:
    for number, reference in enumerate(("404-0000000-0000001", "404-0000000-0000002"), 1):
        world.hears(buyer_writes(order=reference, message=number))
    for case in world.rows("cases"):
        key = CaseKey(marketplace="amazon", shop="amazon", reference=case["reference"])
        world.store.record_aliases(key, case["id"], ("shared",))
    nobody = CaseKey(marketplace="amazon", shop="amazon", reference="404-0000000-0000003")
    assert world.store.find_case(nobody, ("shared",), ()) is None
    one = world.store.find_case(nobody, ("shared",), (), order="404-0000000-0000001")
    assert one
    assert one.order == "404-0000000-0000001"  # the alias of two, but only one of them is about this order


def test_bounce_of_our_answer_fails_it_and_its_deadline_runs_again(world: World) -> None:
    world.hears(buyer_writes())
    ours = reply_left(world)
    assert state(world) == "met"
    world.hears(bounce(ours))
    row = world.store.outbox_row(1)
    assert row
    assert row["state"] == "failed"
    assert "address does not exist" in row["error"]
    assert state(world) == "open"
    assert [one["template"] for one in world.rows("outbox")][-1] == "undelivered"


def test_bounce_of_a_mail_that_is_not_ours_changes_nothing(world: World) -> None:
    world.hears(buyer_writes())
    reply_left(world)
    world.hears(bounce("<somebody@else.example>"))
    assert state(world) == "met"
    assert world.rows("mails")[-1]["state"] == "ignored"
    assert world.rows("mails")[-1]["reason"].startswith("bounce_unknown:")


def test_bounce_that_names_no_mail_is_shown(world: World) -> None:
    """It may have been one of ours."""
    world.hears(bounce(""))
    assert world.rows("mails")[-1]["state"] == "shelved"
    assert world.rows("mails")[-1]["reason"].startswith("bounce:")


def test_deadline_that_runs_keeps_the_turn_with_the_seller_whatever_comes_after(world: World) -> None:
    world.hears(buyer_writes(), claim())
    key = CaseKey(marketplace="amazon", shop="amazon", reference="404-2718281-8284590")
    case = world.store.case(key)
    world.guichet.store.run("UPDATE cases SET turn = 'nobody' WHERE id = ?", case.number)
    world.store.keep_turn(case.number or 0)
    assert world.store.case(key).turn == "seller"


def test_unknown_label_of_a_marketplace_makes_a_case_and_asks_the_seller(world: World) -> None:
    headers = "From: Rakuten <service.clients@fr.shopping.rakuten.com>\nSubject: Un libellé jamais vu (871204553)"
    world.hears(mail(headers, "Vous avez 2 jours pour nous répondre.", proof=passed("fr.shopping.rakuten.com")))
    case = world.one("cases")
    assert (case["kind"], case["turn"]) == ("marketplace_wrote", "seller")
    assert [row["what"] for row in world.rows("outbox")] == ["question"]


def test_unknown_label_that_the_mail_host_calls_forged_makes_no_case(world: World) -> None:
    world.hears(mail("From: Amazon <security@amazon.fr>\nSubject: Votre compte est suspendu", "Cliquez ici.",
                     proof="dkim=fail header.d=amazon.fr; dmarc=fail header.from=amazon.fr"))
    assert world.rows("cases") == []
    assert world.one("mails")["reason"].startswith("unknown_label:")


def test_decisions_are_kept_with_their_event(world: World) -> None:
    world.hears(buyer_writes())
    [decided] = [json.loads(row["decided"]) for row in world.rows("events")]
    assert [one["action"] for one in decided] == ["reply", "question"]


def test_another_item_of_the_same_order_is_another_case_with_a_deadline_of_its_own(world: World) -> None:
    world.hears(claim(), claim(item="871204554"))
    assert [row["item"] for row in world.rows("cases")] == ["871204553", "871204554"]
    assert [row["case_id"] for row in world.rows("deadlines", "name = 'propose_solution'")] == [1, 2]
