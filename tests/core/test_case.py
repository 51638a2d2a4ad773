"""A case, and whose move it is after each event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.case import TRANSITIONS, Case, Stage, apply
from bot.core.event import CaseKey, Event, Kind, Party
from bot.core.message import Origin

KEY = CaseKey(marketplace="amazon", shop="amazon", reference="404-2718281-8284590")
CASE = Case(key=KEY, number=12, stage=Stage.ESCALATED, turn=Party.MARKETPLACE)


def event(kind: Kind, origin: Origin | None = Origin.PROVEN, **facts: str) -> Event:
    return Event(key="k", kind=kind, case=KEY, at=datetime(2026, 11, 17, tzinfo=UTC), source="mail:1", facts=facts,
                 origin=origin)


def test_case_is_called_by_its_number() -> None:
    assert CASE.id == "C-12"


@pytest.mark.parametrize("kind", [Kind.BUYER_WROTE, Kind.NOT_CONFORMING_CLAIMED, Kind.NOT_RECEIVED_CLAIMED,
                                  Kind.RETURN_OPENED, Kind.MESSAGE_UNDELIVERED])
def test_whoever_waits_for_the_seller_gives_him_the_turn_and_reopens_the_case(kind: Kind) -> None:
    after = apply(replace(CASE, stage=Stage.CLOSED, turn=Party.NOBODY), event(kind))
    assert (after.stage, after.turn) == (Stage.OPEN, Party.SELLER)


def test_return_that_amazon_authorised_waits_for_the_buyer() -> None:
    assert apply(CASE, event(Kind.RETURN_OPENED, authorised="automatic")).turn is Party.BUYER
    assert apply(CASE, event(Kind.RETURN_OPENED, authorised="no")).turn is Party.SELLER


def test_words_for_customer_service_give_the_marketplace_the_turn() -> None:
    assert apply(replace(CASE, turn=Party.SELLER), event(Kind.SELLER_ANSWERED, told="marketplace")).turn \
        is Party.MARKETPLACE


def test_an_answer_gives_the_buyer_the_turn_and_leaves_the_stage() -> None:
    after = apply(replace(CASE, turn=Party.SELLER), event(Kind.SELLER_ANSWERED))
    assert (after.stage, after.turn) == (Stage.ESCALATED, Party.BUYER)


def test_no_reply_needed_leaves_nobody_to_wait_for() -> None:
    after = apply(replace(CASE, turn=Party.SELLER), event(Kind.NO_REPLY_NEEDED))
    assert (after.stage, after.turn) == (Stage.ESCALATED, Party.NOBODY)


def test_seller_closes_the_case() -> None:
    after = apply(CASE, event(Kind.CASE_CLOSED))
    assert (after.stage, after.turn) == (Stage.CLOSED, Party.NOBODY)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in {row.kind for row in TRANSITIONS}
                                  and kind is not Kind.SNOOZED])
def test_what_no_row_names_leaves_the_case_as_it_was(kind: Kind) -> None:
    case = replace(CASE, origin=Origin.PROVEN)
    assert apply(case, event(kind)) == case


def test_snoozing_changes_nobodys_turn() -> None:
    after = apply(CASE, event(Kind.SNOOZED, until="2026-11-18T10:00:00Z"))
    assert after == replace(CASE, origin=Origin.PROVEN, snoozed_until=datetime(2026, 11, 18, 10, tzinfo=UTC))


def test_case_keeps_the_best_proof_that_any_of_its_mails_had() -> None:
    proven = apply(CASE, event(Kind.BUYER_WROTE))
    assert proven.origin is Origin.PROVEN
    assert apply(proven, event(Kind.BUYER_WROTE, Origin.FORGED)).origin is Origin.PROVEN


def test_unproven_mail_is_better_proof_than_a_forged_one_and_no_mail_is_none() -> None:
    forged = apply(CASE, event(Kind.BUYER_WROTE, Origin.FORGED))
    assert forged.origin is Origin.FORGED
    assert apply(forged, event(Kind.DEADLINE_NEAR, None)).origin is Origin.FORGED
    assert apply(forged, event(Kind.BUYER_WROTE, Origin.UNPROVEN)).origin is Origin.UNPROVEN


def test_every_row_says_why() -> None:
    assert all(row.why for row in TRANSITIONS)
