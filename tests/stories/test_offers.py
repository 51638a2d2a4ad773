"""A discount end to end: claim, order, marketplace or mail, answer or silence, the next step."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest

from bot.core.event import Kind
from bot.edges.smtp import Outcome, Sending
from bot.edges.store import Row
from bot.sending import _settle
from tests.servers.shop import Shop
from tests.test_guards import event, rakuten, refuses, sale
from tests.world import ITEM, RELAY, World, buyer_writes, claim

STEPS = "[policy.offer]\nsteps = [10, 20]\ncap_percent = 40"
PROPOSING = f'[policy.modes]\noffer = "draft"\n{STEPS}'


def heard(world: World, outcome: str, *, sum_: str = "", **more: Any) -> None:
    """Let Rakuten write what became of a discount."""
    words = {"passed_on": f"Votre rabais{sum_} a été transmis à votre acheteur.",
             "accepted": "L'acheteur a accepté votre rabais.", "refused": "L'acheteur a refusé votre rabais."}[outcome]
    subject = "Votre rabais a été transmis à votre acheteur" if outcome == "passed_on" else \
        "Réponse concernant votre rabais"
    world.hears(rakuten(f"{subject} ({ITEM}) - Service Clients Rakuten", f"{words}\n\nCommande : 340118725/{ITEM}\n",
                        date=world.now, **more))


def offers(world: World) -> list[Row]:
    return world.rows("outbox", "what = 'offer'")


def deadlines(world: World) -> dict[str, str]:
    return {row["name"]: row["state"] for row in world.rows("deadlines") if row["name"] != "accept_sale"}


def turn(world: World) -> str:
    return str(world.one("cases")["turn"])


@pytest.fixture
def claimed(world: World) -> World:
    """A carafe of 50 EUR was sold, accepted, and its buyer claims."""
    world.configure(language="en", policy=STEPS)
    world.hears(sale())
    world.store.run("UPDATE deadlines SET state = 'met'")
    world.hears(claim())
    return world


# ---- at Rakuten, where only the seller can click


def test_a_discount_is_handed_confirmed_by_rakutens_mail_and_taken(claimed: World) -> None:
    assert claimed.says(Kind.OFFER_ORDERED, percent="20")
    [row] = offers(claimed)
    assert (row["state"], turn(claimed)) == ("handed", "seller")
    shown = claimed.to_marie("question")[-1]
    assert shown["template"] == "chosen" and "20 %" in shown["body"] and "10.00 EUR" in shown["body"]
    assert "\n    done\n" in shown["body"] and "Or else:" in shown["body"]
    claimed.later(hours=2)
    heard(claimed, "passed_on", sum_=" de 10,00 €")
    assert (offers(claimed)[0]["state"], turn(claimed)) == ("sent", "buyer")
    assert deadlines(claimed) == {"propose_solution": "met", "answer_offer": "open"}
    claimed.later(hours=2)
    heard(claimed, "accepted")
    assert (turn(claimed), deadlines(claimed)["answer_offer"]) == ("nobody", "met")
    claimed.later(days=5)
    assert claimed.to_marie("notice") == [], "nobody waits for anything"


def test_another_sum_than_ordered_confirms_nothing_but_is_heard(claimed: World) -> None:
    claimed.says(Kind.OFFER_ORDERED, percent="20")
    heard(claimed, "passed_on", sum_=" de 15,00 €")
    assert (offers(claimed)[0]["state"], turn(claimed)) == ("handed", "buyer")


def test_a_mail_nobody_proves_confirms_nothing_and_ends_no_deadline(claimed: World) -> None:
    claimed.says(Kind.OFFER_ORDERED, percent="20")
    heard(claimed, "passed_on", proof="dkim=fail; dmarc=fail")
    assert (offers(claimed)[0]["state"], deadlines(claimed)["propose_solution"]) == ("handed", "open")
    assert turn(claimed) == "seller"


def test_a_refusal_tells_the_seller_and_names_the_next_step(claimed: World) -> None:
    claimed.says(Kind.OFFER_ORDERED, percent="10")
    heard(claimed, "passed_on")
    claimed.later(hours=1)
    heard(claimed, "refused")
    assert (turn(claimed), deadlines(claimed)["answer_offer"]) == ("seller", "met")
    assert "your next step would be 20%" in claimed.to_marie("question")[-1]["why"]
    assert len(offers(claimed)) == 1, "nothing is proposed where the policy does not name offers"


def test_silence_is_told_and_the_next_step_named(claimed: World) -> None:
    claimed.says(Kind.OFFER_ORDERED, percent="10")
    heard(claimed, "passed_on")
    claimed.later(days=3, minutes=1)
    [told] = claimed.to_marie("notice")
    assert told["template"] == "over" and "answer_offer" in told["body"] and "20%" in told["body"]
    claimed.later(days=9)
    assert len(claimed.to_marie("notice")) == 1


@pytest.mark.parametrize("answers", [["refused", "refused"], ["silence", "refused"], ["silence", "silence"]])
def test_the_next_step_is_proposed_once_whatever_the_buyer_does(claimed: World, answers: list[str]) -> None:
    claimed.says(Kind.OFFER_ORDERED, percent="10")
    heard(claimed, "passed_on")
    claimed.configure(language="en", policy=PROPOSING)
    for answer in answers:
        claimed.later(days=3, minutes=1) if answer == "silence" else claimed.later(hours=1)
        if answer == "refused":
            heard(claimed, "refused")
    assert [(row["state"], "20 %" in row["body"]) for row in offers(claimed)] == [("sent", False), ("draft", True)]
    shown = [row for row in claimed.to_marie("question") if row["template"] == "chosen" and "20 %" in row["body"]]
    assert len(shown) == 1


def test_after_the_last_step_nothing_more_is_proposed(claimed: World) -> None:
    claimed.configure(language="en", policy=PROPOSING)
    claimed.says(Kind.OFFER_ORDERED, percent="20")
    heard(claimed, "passed_on")
    claimed.later(hours=1)
    heard(claimed, "refused")
    assert len(offers(claimed)) == 1
    refuses(claimed, Kind.OFFER_ORDERED, "above your own cap of 40 %", percent="41")


def test_a_step_she_threw_away_is_her_no_to_more(world: World) -> None:
    world.configure(language="en", policy=PROPOSING)
    world.hears(sale(), claim())
    [row] = offers(world)
    world.says(Kind.DRAFT_DISCARDED, draft=row["id"])
    event(world, Kind.OFFER_UPDATED, outcome="refused")
    world.now += timedelta(hours=1)
    event(world, Kind.NOT_CONFORMING_CLAIMED)
    assert [row["state"] for row in offers(world)] == ["discarded"]


def test_a_claim_told_twice_proposes_one_step(world: World) -> None:
    world.configure(language="en", policy=PROPOSING)
    world.hears(sale(), claim())
    world.now += timedelta(hours=1)
    event(world, Kind.NOT_CONFORMING_CLAIMED)
    assert len(offers(world)) == 1


# ---- where the buyer is written to


@pytest.fixture
def written(world: World) -> World:
    world.configure(language="en", policy=STEPS)
    world.hears(buyer_writes("La lampe est rayée."))
    return world


def leaves(world: World) -> None:
    """Let what is ready leave, as the relay would say."""
    for row in world.rows("outbox", "state = 'ready' AND what IN ('reply', 'offer')"):
        world.store.run("UPDATE outbox SET attempts = 1, state = 'transmitting' WHERE id = ?", row["id"])
        _settle(world.guichet, {**row, "attempts": 1}, Sending(outcome=Outcome.SENT, reply="250 ok"), world.now)


def test_a_discount_by_mail_asks_the_buyer_in_his_thread(written: World) -> None:
    assert written.says(Kind.OFFER_ORDERED, amount="8.00 EUR")
    [row] = offers(written)
    assert (row["state"], row["to_addr"]) == ("ready", RELAY)
    assert "8.00 EUR" in row["body"] and "> La lampe est rayée." in row["body"] and row["in_reply_to"]
    leaves(written)
    assert (turn(written), deadlines(written)) == ("buyer", {"answer": "met", "answer_offer": "open"})
    written.later(hours=1)
    written.hears(buyer_writes("D'accord, merci.", message=2, date=written.now))
    assert (turn(written), deadlines(written)["answer_offer"]) == ("seller", "met")


def test_the_buyers_silence_by_mail_is_told_once(written: World) -> None:
    written.says(Kind.OFFER_ORDERED, amount="8.00 EUR")
    leaves(written)
    written.later(days=4)
    assert [row["template"] for row in written.to_marie("notice")] == ["over"]


def test_a_discount_reaches_the_relay_once_in_the_buyers_thread(shop: Shop) -> None:
    shop.policy("[policy.offer]\ncap_amount = \"10.00 EUR\"")
    shop.once()
    original = message_from_bytes(shop.arrives("amazon/buyer_wrote_fr_order"))
    shop.once()
    shop.bot("offer", "C-1", "8 EUR")
    shop.once()
    shop.once()
    [raw] = shop.to_buyers()
    mail = message_from_bytes(raw)
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes) and b"8.00 EUR" in body and b"\n> " in body
    assert mail["In-Reply-To"] == original["Message-ID"] and original["Message-ID"] in mail["References"]
    states = {row["name"]: row["state"] for row in shop.show("deadlines")}
    assert states == {"answer": "met", "answer_offer": "open"}
