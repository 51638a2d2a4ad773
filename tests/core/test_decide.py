"""Every row of DECISIONS: when it acts, and when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.action import Action, Move, Rewrite, Ruling, State, What
from bot.core.around import Around, Left
from bot.core.case import ASKING, Case
from bot.core.decide import ANSWERABLE, DECISIONS, HOLD, decide
from bot.core.event import CaseKey, Channel, Event, Kind, Party
from bot.core.message import Origin
from bot.core.policy import Mode, Offer, Policy

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)
RELAY = "jd7k2m9x4q1v8+3f1c@marketplace.amazon.fr"
KEY = CaseKey(marketplace="amazon", shop="amazon", reference="404-2718281-8284590")
CASE = Case(key=KEY, number=1, turn=Party.SELLER, answer_to=RELAY, kind=Kind.BUYER_WROTE)
ALONE, DRAFT = Policy(mode=Mode.ALONE), Policy(mode=Mode.DRAFT)

Found = list[Action | Move | Rewrite | Ruling]


def event(kind: Kind = Kind.BUYER_WROTE, **more: Any) -> Event:
    given = {"key": "k", "at": NOW, "source": "mail:1", "mark": "m1", "origin": Origin.PROVEN,
             "channel": Channel.EMAIL, "case": KEY, **more}
    return Event(kind=kind, **given)


def decided(policy: Policy = DRAFT, *, case: Case = CASE, now: datetime = NOW, **more: Any) -> Found:
    return list(decide(case, event(**more), policy, now))


def test_what_the_seller_writes_himself_takes_the_place_of_the_drafts_words() -> None:
    [edit] = decide(CASE, event(kind=Kind.DRAFT_EDITED, draft=3, text="Bonjour."), DRAFT, NOW)
    assert isinstance(edit, Rewrite)
    assert (edit.draft, edit.body, edit.frm) == (3, "Bonjour.", (State.DRAFT, State.FAILED))


def action(found: Found, what: What) -> Action:
    [one] = [one for one in found if isinstance(one, Action) and one.what is what]
    return one


def seen(found: Found) -> list[str]:
    return [str(one.what) if isinstance(one, Action) else f"move to {one.to}" if isinstance(one, Move)
            else "rewritten" if isinstance(one, Rewrite) else "refused" if one.refused else "accepted" for one in found]


# ---- reply and ask


@pytest.mark.parametrize("kind", sorted(ANSWERABLE))
def test_what_waits_for_words_is_drafted_and_the_seller_asked(kind: Kind) -> None:
    found = decided(kind=kind)
    reply, question = action(found, What.REPLY), action(found, What.QUESTION)
    assert (reply.mode, reply.state, reply.to, reply.wait) == (Mode.DRAFT, State.DRAFT, Party.BUYER, timedelta())
    assert (reply.template, reply.step) == (f"{kind}.reply", "reply:m1")
    assert (question.to, question.state, question.step) == (Party.SELLER, State.READY, "question:m1")
    assert seen(found) == ["reply", "question"]     # the draft first, so that the question can show it


@pytest.mark.parametrize("kind", sorted(ASKING - ANSWERABLE))
def test_what_wants_him_to_move_but_has_no_words_of_ours_is_asked_alone(kind: Kind) -> None:
    assert seen(decided(ALONE, kind=kind)) == ["question"]
    assert decided(Policy(mode=Mode.OFF), kind=kind) == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ANSWERABLE | ASKING | {
    Kind.DEADLINE_NEAR, Kind.DEADLINE_PASSED, Kind.MESSAGE_UNDELIVERED, Kind.SENDING_UNCERTAIN,
    Kind.OFFER_ORDERED, Kind.SELLER_SHIPPED, Kind.ANSWER_CHOSEN, Kind.DRAFT_EDITED}])
def test_everything_else_asks_for_no_words(kind: Kind) -> None:
    assert decided(ALONE, kind=kind) == []


def test_nothing_is_written_when_it_is_not_the_sellers_move() -> None:
    assert decided(ALONE, case=replace(CASE, turn=Party.BUYER)) == []


def test_off_says_nothing() -> None:
    assert decided(Policy(mode=Mode.OFF)) == []


def test_shadow_says_what_it_would_do_and_asks_nobody() -> None:
    found = decided(Policy(mode=Mode.SHADOW))
    assert seen(found) == ["reply"]
    assert action(found, What.REPLY).mode is Mode.SHADOW


def test_alone_is_held_a_while_and_asks_nobody() -> None:
    found = decided(ALONE)
    assert seen(found) == ["reply"]
    reply = action(found, What.REPLY)
    assert (reply.mode, reply.state, reply.wait) == (Mode.ALONE, State.READY, HOLD)


def test_alone_where_only_the_seller_can_click_is_handed_to_him() -> None:
    found = decided(ALONE, channel=Channel.SELLER)
    assert seen(found) == ["reply", "question"]
    assert action(found, What.REPLY).state is State.HANDED


def test_without_an_address_the_words_go_where_the_seller_clicks() -> None:
    reply = action(decided(case=replace(CASE, answer_to="")), What.REPLY)
    assert reply.channel is Channel.SELLER


@pytest.mark.parametrize(("reason", "more"), [
    ("sender_unverified", {"origin": Origin.UNPROVEN}),
    ("sender_unverified", {"origin": Origin.FORGED}),
    ("order_in_quote", {"held": "order_in_quote: only in the history"}),
    ("stale", {"at": NOW - timedelta(hours=73)}),
    ("cold_start", {"cold": True}),
])
def test_alone_becomes_a_draft_with_the_reason(reason: str, more: dict[str, Any]) -> None:
    reply = action(decided(ALONE, **more), What.REPLY)
    assert (reply.mode, reply.wait) == (Mode.DRAFT, timedelta())
    assert f"; {reason}: " in reply.why


def test_mail_of_exactly_max_age_is_still_answered_alone() -> None:
    reply = action(decided(ALONE, at=NOW - timedelta(hours=72)), What.REPLY)
    assert reply.mode is Mode.ALONE


def test_cold_mail_is_drafted_and_left_to_the_catch_up_mail() -> None:
    assert seen(decided(cold=True)) == ["reply"]


def test_mode_of_a_kind_beats_the_mode_of_all() -> None:
    policy = Policy(mode=Mode.ALONE, modes={"buyer_wrote": Mode.OFF})
    assert decided(policy) == []
    assert seen(decided(policy, kind=Kind.RETURN_OPENED)) == ["reply"]


# ---- the seller's word


@pytest.mark.parametrize(("channel", "to"), [(Channel.EMAIL, State.READY), (Channel.SELLER, State.HANDED)])
def test_approval_releases_a_draft_or_what_failed(channel: Channel, to: State) -> None:
    [move] = decided(kind=Kind.DRAFT_APPROVED, draft=3, channel=channel)
    assert isinstance(move, Move)
    assert (move.draft, move.to, set(move.frm)) == (3, to, {State.DRAFT, State.FAILED, State.UNCERTAIN})


def test_discarding_stops_all_that_has_not_left() -> None:
    [move] = decided(kind=Kind.DRAFT_DISCARDED, draft=3)
    assert isinstance(move, Move)
    assert (move.draft, move.to) == (3, State.DISCARDED)
    assert not {State.SENT, State.TRANSMITTING} & set(move.frm)


def test_what_the_seller_says_has_gone_out_counts_as_sent() -> None:
    [move] = decided(kind=Kind.SELLER_ANSWERED, draft=3)
    assert isinstance(move, Move)
    assert (move.draft, move.to, set(move.frm)) == (3, State.SENT, {State.UNCERTAIN, State.HANDED, State.FAILED})


@pytest.mark.parametrize("kind", [Kind.DRAFT_APPROVED, Kind.DRAFT_DISCARDED, Kind.SELLER_ANSWERED])
def test_word_about_no_draft_moves_none(kind: Kind) -> None:
    assert decided(kind=kind) == []


# ---- the clock and the outbox

NEAR = {"name": "answer", "who": "seller", "due": "18/11/2026 11:00"}


def test_near_deadline_reminds_the_seller() -> None:
    found = action(decided(kind=Kind.DEADLINE_NEAR, facts=NEAR), What.REMINDER)
    assert (found.to, found.step, found.template) == (Party.SELLER, "remind:m1", "reminder")
    assert "18/11/2026 11:00" in found.why


def test_near_deadline_of_the_sellers_is_told_whoever_wrote_last() -> None:
    assert seen(decided(kind=Kind.DEADLINE_NEAR, facts=NEAR, case=replace(CASE, turn=Party.BUYER))) == ["reminder"]


def test_passed_deadline_is_told() -> None:
    found = action(decided(kind=Kind.DEADLINE_PASSED, facts=NEAR), What.NOTICE)
    assert (found.template, found.step) == ("missed", "missed:m1")


def test_passed_deadline_of_the_buyer_is_news_and_not_the_sellers_fault() -> None:
    found = action(decided(kind=Kind.DEADLINE_PASSED, facts={**NEAR, "who": "buyer"}), What.NOTICE)
    assert found.template == "over"
    assert decided(Policy(mode=Mode.OFF), kind=Kind.DEADLINE_PASSED, facts={**NEAR, "who": "buyer"}) == []


@pytest.mark.parametrize("kind", [Kind.DEADLINE_NEAR, Kind.DEADLINE_PASSED])
def test_what_is_told_together_after_a_stop_has_no_mail_of_its_own(kind: Kind) -> None:
    assert decided(kind=kind, facts={**NEAR, "told": "together"}) == []


def test_passed_deadline_is_not_told_where_the_bot_is_switched_off() -> None:
    assert decided(Policy(mode=Mode.OFF), kind=Kind.DEADLINE_PASSED, facts=NEAR) == []
    assert decided(Policy(modes={"buyer_wrote": Mode.OFF}), kind=Kind.DEADLINE_PASSED, facts=NEAR) == []


def test_answer_that_did_not_arrive_is_told_with_the_servers_words() -> None:
    found = action(decided(kind=Kind.MESSAGE_UNDELIVERED, draft=3, text="550 no such user"), What.NOTICE)
    assert (found.template, found.draft) == ("undelivered", 3)
    assert "550 no such user" in found.why


def test_sending_nobody_knows_about_is_asked_about() -> None:
    found = action(decided(kind=Kind.SENDING_UNCERTAIN, draft=3), What.QUESTION)
    assert (found.template, found.draft) == ("uncertain", 3)


def test_mails_to_the_seller_leave_whatever_he_lets_the_bot_do_alone() -> None:
    for found in (decided(kind=Kind.DEADLINE_NEAR, facts=NEAR), decided(kind=Kind.SENDING_UNCERTAIN, draft=3)):
        assert [one.state for one in found if isinstance(one, Action)] == [State.READY]


def test_every_row_has_an_event_that_makes_it_act() -> None:
    calls = {"accept": "acceptsale", "refuse": "refusesale"}
    parcel = {"tracking": "6A15602676300", "carrier": "Colissimo"}
    told = ({**NEAR, **parcel}, {**NEAR, "who": "buyer"}, {**NEAR, "choice": "refund"},
            {**NEAR, "outcome": "passed_on"}, {**NEAR, "outcome": "refused"})
    links = {"M-1": "https://sellercentral.amazon.fr/messaging/no-response-needed"}
    own = event(Kind.DRAFT_EDITED, text="Bonjour")
    events = [event(), own, *(event(kind, draft=3, facts={"days": "10", **facts}, calls=calls, links=links)
                         for kind in Kind for facts in told)]
    policy = Policy(modes={"offer": Mode.DRAFT, "amazon.rating_reminder": Mode.DRAFT}, offer=Offer(steps=(10,)))
    handed = Left(number=9, what=What.OFFER, state=State.HANDED, channel=Channel.SELLER, offer="5%")
    worth = replace(CASE, around=Around(facts={"price": "100.00 EUR"}, left=(handed,)))
    idle = [row.__name__ for row in DECISIONS if not any(row(case, one, policy, NOW) for one in events
                                                                 for case in (worth, replace(worth, turn=Party.BUYER)))]
    assert idle == []
