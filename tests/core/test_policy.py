"""What the seller lets the bot do alone."""

from __future__ import annotations

from datetime import timedelta

from bot.core.policy import Mode, Policy

POLICY = Policy(mode=Mode.DRAFT, modes={"buyer_wrote": Mode.ALONE, "amazon.buyer_wrote": Mode.OFF})


def test_longer_name_beats_the_kind() -> None:
    assert POLICY.mode_for("amazon", "buyer_wrote") is Mode.OFF


def test_kind_beats_the_mode_of_all() -> None:
    assert POLICY.mode_for("rakuten_fr", "buyer_wrote") is Mode.ALONE


def test_mode_of_all_holds_for_what_nobody_named() -> None:
    assert POLICY.mode_for("amazon", "return_opened") is Mode.DRAFT


def test_a_seller_who_says_nothing_is_asked_before_anything_leaves() -> None:
    silent = Policy()
    assert silent.mode_for("amazon", "buyer_wrote") is Mode.DRAFT
    assert silent.warnings == (timedelta(hours=24), timedelta(hours=4))
    assert silent.max_age == timedelta(hours=72)
    assert silent.offer.cap_percent is None
