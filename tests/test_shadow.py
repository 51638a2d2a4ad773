"""Shadow mode: what would be done is decided, noted and told; nothing of it is written to a buyer."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot import digesting
from bot.cli import guichet
from bot.core.event import CaseKey
from bot.showing import shadow, why
from bot.telling import story
from tests.world import World, buyer_writes, claim


@pytest.fixture
def shadowed(world: World) -> World:
    world.configure(policy='mode = "shadow"')
    world.hears(buyer_writes(), claim())
    return world


def test_shadow_notes_what_it_would_do_and_writes_nothing_to_a_buyer(shadowed: World) -> None:
    assert [(row["case"], row["would"], row["kind"]) for row in shadow(shadowed.store)] == [
        ("C-1", "reply", "buyer_wrote"), ("C-2", "reply", "not_conforming_claimed")]
    assert not shadowed.rows("outbox", "what IN ('reply', 'offer', 'question')")


def test_why_tells_a_decision_of_shadow_mode(shadowed: World) -> None:
    assert "-> reply email shadow: " in story(why(shadowed.store, 1), shadowed.guichet.seller)


def test_the_digest_tells_what_would_have_been_written_since_the_last(shadowed: World) -> None:
    digesting.digest(shadowed.guichet, shadowed.now, asked=True)
    body = shadowed.to_marie("digest")[0]["body"]
    assert "Ce que j'aurais écrit" in body
    assert "C-2" in body.partition("Ce que j'aurais écrit")[2]
    shadowed.now += timedelta(days=2)
    digesting.digest(shadowed.guichet, shadowed.now, asked=True)
    assert "Ce que j'aurais écrit" not in shadowed.to_marie("digest")[1]["body"]


def test_show_shadow_lists_it_for_people_and_for_scripts(shadowed: World) -> None:
    asked = ["--config", str(shadowed.folder / "mailboxes.toml"), "show", "shadow"]
    found = json.loads(CliRunner().invoke(guichet, [*asked, "--json"]).output)
    assert [row["would"] for row in found] == ["reply", "reply"]
    assert "Jean Dupont" in CliRunner().invoke(guichet, asked).output


def test_what_shadow_notes_is_what_draft_writes(world: World) -> None:
    world.configure(policy='mode = "shadow"')
    world.hears(buyer_writes())
    world.configure(policy='mode = "draft"')
    world.hears(buyer_writes(order="404-1111111-1111111"))
    noted, (written,) = shadow(world.store), world.rows("outbox", "what = 'reply'")
    assert [(row["would"], row["channel"], row["template"]) for row in noted] == [
        (written["what"], written["channel"], written["template"])]


def test_the_article_that_two_buyers_share_joins_not_their_orders(world: World) -> None:
    world.hears(buyer_writes(), buyer_writes(order="404-1111111-1111111"))
    first, second = world.rows("cases")
    assert first["item"] == second["item"]
    key = CaseKey(marketplace="amazon", shop="amazon", reference=first["reference"])
    assert len(world.store.heard(key, first["order_number"], first["item"])) == 1
