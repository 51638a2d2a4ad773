"""Reminders to rate, and what needs no answer: once, neutral, only when allowed; and no link is opened for her."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.event import Kind
from bot.edges.store import Row
from tests.test_guards import GOOD, event, rakuten, sale
from tests.world import ITEM, ORDER, World, buyer_writes, mail, passed

DRAFT = '[policy.modes]\nrating_reminder = "draft"'
ALONE = '[policy.modes]\nrating_reminder = "alone"'
NAMED = '[policy.modes]\n"amazon.rating_reminder" = "draft"'


def reminders(world: World) -> list[Row]:
    return world.rows("outbox", "template LIKE 'rating_reminder%'")


def days(world: World, count: int) -> None:
    for _ in range(count):
        world.later(days=1)


@pytest.fixture
def shipped(world: World) -> World:
    """A carafe was sold at Rakuten, accepted and shipped."""
    world.configure(language="en", policy=DRAFT)
    world.hears(sale())
    world.says(Kind.SELLER_SHIPPED, **GOOD)
    return world


def test_ten_days_after_it_left_she_is_shown_one_reminder_and_only_one(shipped: World) -> None:
    days(shipped, 9)
    assert reminders(shipped) == []
    days(shipped, 2)
    [row] = reminders(shipped)
    assert (row["channel"], row["state"]) == ("seller", "draft")
    assert "évaluer la transaction" in row["body"] and "jean_d" in row["body"]
    assert [told["template"] for told in shipped.to_marie("question")][-1] == "chosen"
    days(shipped, 20)
    assert len(reminders(shipped)) == 1


def test_the_days_are_hers_to_set(world: World) -> None:
    world.configure(language="en", policy=f'rating_after = "2d"\n{DRAFT}')
    world.hears(sale())
    world.says(Kind.SELLER_SHIPPED, **GOOD)
    days(world, 3)
    assert len(reminders(world)) == 1


@pytest.mark.parametrize("policy", ["", 'mode = "alone"', '[policy.modes]\nrating_reminder = "off"'])
def test_nobody_is_reminded_unless_she_says_so(world: World, policy: str) -> None:
    world.configure(policy=policy)
    world.hears(sale())
    world.says(Kind.SELLER_SHIPPED, **GOOD)
    days(world, 15)
    assert reminders(world) == []
    assert world.rows("events", "kind = 'rating_due'") == []


def test_alone_it_is_handed_where_no_mail_goes(world: World) -> None:
    world.configure(policy=ALONE)
    world.hears(sale())
    world.says(Kind.SELLER_SHIPPED, **GOOD)
    days(world, 11)
    assert [row["state"] for row in reminders(world)] == ["handed"]


@pytest.mark.parametrize("kind", [Kind.NOT_CONFORMING_CLAIMED, Kind.WITHDRAWAL_OPENED, Kind.RETURN_OPENED,
                                  Kind.REFUND_ISSUED, Kind.SALE_CANCELLED])
def test_after_trouble_nobody_is_reminded(shipped: World, kind: Kind) -> None:
    event(shipped, kind)
    shipped.store.run("UPDATE deadlines SET state = 'met'")
    days(shipped, 15)
    assert reminders(shipped) == []


def test_after_a_rating_nobody_is_reminded(shipped: World) -> None:
    event(shipped, Kind.RATING_RECEIVED)
    days(shipped, 15)
    assert reminders(shipped) == []
    assert "a rating has come in" in shipped.one("events", "kind = 'rating_due'")["decided"]


def test_while_a_message_waits_nobody_is_reminded_and_afterwards_he_is(shipped: World) -> None:
    days(shipped, 9)
    shipped.hears(rakuten(f"Message de votre acheteur ({ITEM})", "Message de jean_d :\nMerci, bien reçu.",
                          date=shipped.now))
    shipped.store.run("UPDATE cases SET kind = 'buyer_wrote', turn = 'seller'")
    shipped.store.run("INSERT INTO deadlines (case_id, name, due, who, stated, rule, source, why, met_by, silence,"
                      " started) VALUES (1, 'a', '2027-01-01T00:00:00Z', 'seller', 0, '', '', '', 'reply', '', '')")
    days(shipped, 2)
    assert reminders(shipped) == []
    shipped.says(Kind.SELLER_ANSWERED)
    days(shipped, 1)
    assert len(reminders(shipped)) == 1


def test_a_buyer_who_has_long_received_is_not_written_to(shipped: World) -> None:
    shipped.configure(language="en", policy=f'rating_after = "20d"\n{DRAFT}')
    event(shipped, Kind.CLAIM_UPDATED, received_on="2026-11-18")
    with shipped.store.erasing():
        shipped.store.run("DELETE FROM events WHERE kind = 'claim_updated'")
    event(shipped, Kind.PAYMENT_SENT, received_on="2026-11-18")
    days(shipped, 23)
    assert reminders(shipped) == []
    assert "over 15" in shipped.one("events", "kind = 'rating_due'")["decided"]


def test_sales_long_past_are_not_reminded_of_when_the_policy_begins(shipped: World) -> None:
    shipped.configure(policy="")
    days(shipped, 20)
    shipped.configure(policy=DRAFT)
    days(shipped, 2)
    assert reminders(shipped) == []


@pytest.mark.parametrize(("policy", "count"), [(DRAFT, 0), (NAMED, 1)])
def test_at_amazon_only_under_its_own_name(world: World, policy: str, count: int) -> None:
    world.configure(policy=policy)
    world.hears(buyer_writes("Quand part-elle ?"))
    world.says(Kind.SELLER_ANSWERED)
    world.says(Kind.SELLER_SHIPPED, **GOOD)
    days(world, 11)
    assert [row["channel"] for row in reminders(world)] == ["email"] * count
    assert all(ORDER in row["body"] and row["state"] == "draft" for row in reminders(world))


# ---- nothing to answer


def test_no_reply_needed_hands_over_each_link_and_opens_none(world: World) -> None:
    world.configure(language="en")
    world.hears(buyer_writes("Merci !", message=1), buyer_writes("Tout va bien.", message=2))
    world.says(Kind.NO_REPLY_NEEDED)
    [told] = world.to_marie("notice")
    assert told["body"].count("https://sellercentral.amazon.fr/messaging/no-response-needed") == 2
    assert "takes effect when opened" in told["body"]
    assert world.one("deadlines")["state"] == "cancelled"
    world.now += timedelta(minutes=1)
    world.says(Kind.NO_REPLY_NEEDED)
    assert len(world.to_marie("notice")) == 1, "nothing new came: nothing new is handed over"


def test_where_there_is_no_such_link_nothing_is_handed_over(world: World) -> None:
    world.hears(sale())
    world.says(Kind.NO_REPLY_NEEDED)
    assert world.to_marie("notice") == []


# ---- the acknowledgement of a withdrawal


def test_a_withdrawal_is_acknowledged_with_the_day_the_hour_and_the_zone_of_its_receipt(world: World) -> None:
    world.hears(mail(
        "From: Rakuten <notification@fr.shopping.rakuten.com>\n"
        f"Subject: Demande de rétractation de l'acheteur ({ITEM})",
        f"Bonjour,\n\nL'acheteur jean_d souhaite annuler sa commande.\n\nCommande : 340118725/{ITEM}\n\nRakuten",
        proof=passed("fr.shopping.rakuten.com")))
    [row] = world.rows("outbox", "what = 'reply'")
    assert "17/11/2026 à 11:00 (heure de Europe/Paris)" in row["body"]
