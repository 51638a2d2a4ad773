"""What is held waits for Marie, with the reason; what she approves leaves all the same."""

from __future__ import annotations

from datetime import timedelta

from bot.core.event import Kind
from bot.edges.store import Row
from bot.standing import forbidden_now
from tests.world import NOW, World, buyer_writes, mail, passed

ALONE = 'mode = "alone"'
OTHERS = "171-9999999-0000001"


def sold(order: str) -> bytes:
    return mail('From: "Amazon.fr" <notification-vendeur@amazon.fr>\nSubject: Vendu, expédiez maintenant : Lampe',
                f"Félicitations, vous avez vendu un article !\n\nNuméro de commande : {order}\nArticle : Lampe\n",
                proof=passed("amazon.fr"))


def reply(world: World) -> Row:
    return world.rows("outbox", "what = 'reply' AND mode IN ('alone', 'draft') AND template = 'buyer_wrote.reply'")[-1]


def test_an_order_nobody_told_of_is_held_where_sales_are_told(world: World) -> None:
    world.configure(language="en", policy=ALONE)
    world.hears(sold("404-2718281-8284590"), buyer_writes(order=OTHERS))
    assert reply(world)["state"] == "draft"
    assert "order_unknown: " in world.to_marie("question")[-1]["why"]
    world.hears(buyer_writes(order="404-2718281-8284590"))
    assert reply(world)["state"] == "ready"


def test_a_second_mail_about_a_strange_order_makes_it_no_better_known(world: World) -> None:
    world.configure(policy=ALONE)
    world.hears(sold("404-2718281-8284590"), buyer_writes(order=OTHERS))
    world.hears(buyer_writes("Alors ?", order=OTHERS, message=2))
    assert [row["state"] for row in world.rows("outbox", "template = 'buyer_wrote.reply'")] == ["draft", "draft"]


def test_an_order_is_known_once_marie_has_answered_about_it(world: World) -> None:
    world.configure(policy=ALONE)
    world.hears(sold("404-2718281-8284590"), buyer_writes(order=OTHERS))
    assert world.says(Kind.DRAFT_APPROVED, case=2, draft=reply(world)["id"])
    world.hears(buyer_writes("Merci, et la garantie ?", order=OTHERS, message=2))
    assert reply(world)["state"] == "ready"


def test_where_no_sales_are_told_no_order_is_strange(world: World) -> None:
    world.configure(policy=ALONE)
    world.hears(buyer_writes(order=OTHERS))
    assert reply(world)["state"] == "ready"


def test_an_unproven_mail_of_a_sale_tells_of_no_order(world: World) -> None:
    world.configure(policy=ALONE)
    forged = sold(OTHERS).replace(b"dmarc=pass", b"dmarc=fail").replace(b"dkim=pass", b"dkim=fail")
    world.hears(sold("404-2718281-8284590"), forged, buyer_writes(order=OTHERS))
    assert reply(world)["state"] == "draft"


def test_a_legal_matter_waits_for_marie_and_leaves_with_her_yes(world: World) -> None:
    world.configure(language="en", policy=ALONE)
    world.hears(buyer_writes("Supprimez toutes mes données, sinon mon avocat vous écrira."))
    [question] = world.to_marie("question")
    assert "legal_request: " in question["body"]
    assert "run_bot.py forget" in question["body"]
    assert world.says(Kind.DRAFT_APPROVED, draft=reply(world)["id"])
    assert reply(world)["state"] == "ready"
    assert forbidden_now(world.guichet, reply(world), world.now) == ""


def test_the_deadline_of_a_mail_from_the_future_counts_from_when_it_came(world: World) -> None:
    world.hears(buyer_writes(date=NOW + timedelta(days=1096)))
    assert world.one("deadlines")["due"] == "2026-11-18T10:00:00Z"
    assert "date_implausible: " in world.one("events")["held"]
