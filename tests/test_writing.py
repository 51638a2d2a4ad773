"""The words for the seller: which link he is sent to, and what opening each does."""

from __future__ import annotations

from bot.writing import labelled
from tests.world import World, buyer_writes

ACTS = "https://sellercentral.amazon.fr/messaging/no-response-needed?t=A1&m=A2&mp=A13V1IB3VIYZZH"


def test_link_that_takes_effect_when_opened_says_so() -> None:
    assert labelled({"no_response_needed": ACTS}) == {"say that no reply is needed (takes effect when opened)": ACTS}


def test_question_tells_which_link_acts(world: World) -> None:
    world.hears(buyer_writes())
    [question] = world.to_marie("question")
    assert "dire que rien n'est à répondre (agit dès qu'on l'ouvre) : https://" in question["body"]


def test_page_to_act_on_is_never_a_link_that_acts_when_opened(world: World) -> None:
    world.hears(buyer_writes().replace(b"marketplace.amazon.fr", b"amazon.fr").replace(b"jd7k2m9x4q1v8+3f1c",
                                                                                      b"notification-vendeur"))
    assert all("no-response-needed" not in row["to_addr"] for row in world.rows("outbox"))
