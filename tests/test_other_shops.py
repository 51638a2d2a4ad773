"""A mailbox hears only the marketplaces that its `shops` name; what the others write is kept, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.edges.store import Store
from bot.guichet import Guichet
from bot.loop import database
from bot.settings import load
from tests.world import SHOP, World, buyer_writes, claim, try_file


def names(world: World, *shops: str) -> None:
    """Let Marie's mailbox name its shops."""
    path = world.folder / "mailboxes.toml"
    named = ", ".join(f'"{shop}"' for shop in shops)
    path.write_text(path.read_text("utf-8").replace("[policy]", f"shops = [{named}]\n\n[policy]"), "utf-8")
    settings = load(path)
    world.guichet = Guichet(settings, Store(database(settings)))


def tried(world: World, raw: bytes) -> dict[str, Any]:
    path: Path = world.folder / "mail.eml"
    path.write_bytes(raw)
    return try_file(path, world.guichet.settings, world.now, pinned=True)


def test_a_marketplace_among_the_shops_is_heard(world: World) -> None:
    names(world, "amazon")
    world.hears(buyer_writes())
    assert world.one("cases")["marketplace"] == "amazon"


def test_a_mail_of_another_shop_is_shelved_with_what_to_do(world: World) -> None:
    names(world, "rakuten_fr")
    world.hears(buyer_writes())
    shelved = world.one("mails")
    assert shelved["state"] == "shelved"
    assert shelved["reason"] == ("other_shop: de amazon, qui n'est pas parmi les `shops` de cette boîte ; si vous y "
                                 "vendez, ajoutez-la à `shops` dans mailboxes.toml")
    assert world.rows("cases") == world.rows("outbox") == []


def test_a_mailbox_that_names_no_shops_hears_them_all(world: World) -> None:
    world.hears(buyer_writes(), claim())
    assert {row["marketplace"] for row in world.rows("cases")} == {"amazon", "rakuten_fr"}


def test_a_stranger_stays_a_stranger_whatever_the_shops(world: World) -> None:
    names(world, "ebay")
    world.hears(buyer_writes().replace(b"marketplace.amazon.fr", b"marketplace.amazon.fr.example"))
    assert world.one("mails")["reason"].startswith("unknown_sender: ")


def test_trying_a_mail_of_another_shop_shows_what_it_says_and_why_nothing_is_done(world: World) -> None:
    names(world, "rakuten_fr")
    found = tried(world, buyer_writes())
    assert (found["marketplace"], found["kind"]) == ("amazon", "buyer_wrote")
    assert found["shelved"].startswith("other_shop: ")
    assert found["deadlines"] == found["actions"] == []


def test_trying_a_mail_to_no_mailbox_of_his_asks_every_marketplace(world: World) -> None:
    names(world, "rakuten_fr")
    found = tried(world, buyer_writes().replace(f"To: {SHOP}".encode(), b"To: autre@boutique.example"))
    assert (found["kind"], found["shelved"]) == ("buyer_wrote", None)
    assert found["deadlines"]


@pytest.mark.parametrize("shop", ["ebay", "leboncoin", "vinted", "etsy", "manomano", "cdiscount", "fnac", "darty",
                                  "mirakl"])
def test_a_light_marketplace_may_be_named_among_the_shops(world: World, shop: str) -> None:
    names(world, shop)
    assert world.guichet.settings.mailboxes[0].shops == (shop,)
