"""The matrix: by which way each action goes, and that the page for people says the same."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot import marketplaces
from bot.core.event import Channel, Kind
from bot.edges.webservice import ACTS
from bot.marketplaces.contract import Marketplace

RAKUTEN = next(one for one in marketplaces.installed() if one.name == "rakuten_fr")
AMAZON = next(one for one in marketplaces.installed() if one.name == "amazon")


def calls(kind: Kind, days: Mapping[str, int] | None = None, *, amicable: bool = True) -> dict[str, str]:
    return RAKUTEN.terms.calls(kind, days or {}, amicable=amicable)


@pytest.mark.parametrize("marketplace", marketplaces.installed(), ids=lambda one: one.name)
def test_every_word_of_every_table_is_known(marketplace: Marketplace) -> None:
    for row, words in marketplace.terms.channels.items():
        channel, _, call = words.partition(" ")
        kind = row.rpartition(".")[0]
        assert channel in set(Channel), row
        assert not kind or kind in set(Kind), row
        assert (call in ACTS) if channel == Channel.WEBSERVICE else not call, row
    assert set(marketplace.terms.limits) <= set(ACTS)


@pytest.mark.parametrize(("kind", "call"), [
    (Kind.BUYER_WROTE, "contactuseraboutitem"), (Kind.NOT_CONFORMING_CLAIMED, "contactuseraboutitem"),
    (Kind.PROOF_DEMANDED, "contactusaboutitem"), (Kind.DOCUMENTS_DEMANDED, "contactusaboutitem"),
    (Kind.CARRIER_ENQUIRY_DEMANDED, "contactusaboutitem"), (Kind.LAST_CALL, "contactusaboutitem"),
    (Kind.WITHDRAWAL_OPENED, "contactusaboutitem")])
def test_replies_go_by_the_webservice_with_a_token_and_by_hand_without(kind: Kind, call: str) -> None:
    assert calls(kind)["reply"] == call
    assert RAKUTEN.terms.channel(kind, "reply", token=True) is Channel.WEBSERVICE
    assert RAKUTEN.terms.channel(kind, "reply") is Channel.SELLER


@pytest.mark.parametrize("kind", [Kind.QUESTION_ASKED, Kind.NOT_RECEIVED_CLAIMED])
def test_what_no_webservice_does_is_the_sellers_to_do(kind: Kind) -> None:
    assert "reply" not in calls(kind)
    assert RAKUTEN.terms.channel(kind, "reply", token=True) is Channel.SELLER


def test_no_discount_goes_by_the_webservice_and_nothing_is_cancelled_by_it() -> None:
    assert not any("offer" in calls(kind) or "cancelitem" in calls(kind).values() for kind in Kind)


def test_only_a_sale_is_accepted_or_refused() -> None:
    assert [kind for kind in Kind if {"accept", "refuse"} & set(calls(kind))] == [Kind.SALE_MADE]


@pytest.mark.parametrize(("days", "allowed"), [
    ({}, True), ({"ordered": 42}, True), ({"ordered": 43}, False), ({"received": 15}, True), ({"received": 16}, False),
    ({"ordered": 20, "received": 16}, False)])
def test_the_buyer_is_written_to_only_while_it_is_allowed(days: dict[str, int], allowed: bool) -> None:
    assert ("reply" in calls(Kind.BUYER_WROTE, days)) is allowed
    assert "reply" in calls(Kind.PROOF_DEMANDED, days), "Customer Service may always be"


def test_the_buyer_is_not_written_to_once_customer_service_has_the_claim() -> None:
    assert "reply" not in calls(Kind.BUYER_WROTE, amicable=False)
    assert calls(Kind.LAST_CALL, amicable=False)["reply"] == "contactusaboutitem"


def test_amazon_has_no_webservice() -> None:
    assert not any(AMAZON.terms.calls(kind, {}, amicable=True) for kind in Kind)
    assert AMAZON.terms.channel(Kind.BUYER_WROTE, "reply", token=True) is Channel.EMAIL
