"""What Marie chooses - accept, refuse, return, refund, not shipped - is written in the buyer's words, shown to her,
and leaves on her yes; what only she can do is handed to her."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.core.choosing import FITS, Choice, choices, matter
from bot.core.event import Event, Kind
from bot.core.message import Origin
from bot.edges.store import Row, iso
from bot.pipeline import OrderError, handle
from bot.sending import send_ready
from bot.standing import allowed, look
from tests.canaries import TOKEN
from tests.servers.webservice import LOGIN, RakutenServer
from tests.test_guards import GOOD, event, question, sale, withdrawal
from tests.world import ITEM, RELAY, World, buyer_writes, claim


@pytest.fixture
def marie(world: World) -> World:
    world.configure(language="en")
    return world


@pytest.fixture
def with_token(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Marie has a token for Rakuten's webservice."""
    monkeypatch.setenv("RAKUTEN_TOKEN", TOKEN)
    world.configure(language="en", policy=TOKENED)
    return world


TOKENED = f'[shop.rakuten_fr]\nlogin = "{LOGIN}"\ntoken_env = "RAKUTEN_TOKEN"'


def chooses(world: World, choice: str, case: int = 1, **facts: Any) -> Row:
    """Let Marie choose; return the row that says so."""
    assert world.says(Kind.ANSWER_CHOSEN, case, choice=choice, **facts)
    return world.rows("outbox", "what = 'reply'")[-1]


def refuses(world: World, words: str, choice: str, case: int = 1, **facts: Any) -> None:
    before = [(row["id"], row["state"]) for row in world.rows("outbox")]
    with pytest.raises(OrderError, match=words):
        world.says(Kind.ANSWER_CHOSEN, case, choice=choice, **facts)
    assert [(row["id"], row["state"]) for row in world.rows("outbox")] == before
    assert json.loads(world.rows("events")[-1]["decided"])[0]["action"] == "refused"


def stands(world: World, number: int = 1) -> tuple[str, ...]:
    """Return the choices of a case, with all that stands around it."""
    case = world.store.case_by_number(number)
    assert case
    asked = Event(key="x", kind=Kind.SNOOZED, case=case.key, at=world.now, source="seller:test", mark="x")
    case = replace(case, around=look(world.store, case, asked, world.now))
    return choices(replace(case, around=allowed(case, asked, world.guichet.settings)))


# ---- words to the buyer


def test_a_refund_by_mail_is_shown_first_and_leaves_on_her_yes_in_the_buyers_thread(marie: World) -> None:
    marie.hears(buyer_writes("La lampe ne s'allume pas."))
    row = chooses(marie, "refund", amount="8 EUR")
    assert (row["state"], row["channel"], row["to_addr"], row["raw"]) == ("draft", "email", RELAY, None)
    assert "Nous vous remboursons 8.00 EUR" in row["body"] and "> La lampe ne s'allume pas." in row["body"]
    assert row["subject"].startswith("Re: Demande de renseignements") and row["in_reply_to"]
    shown = marie.to_marie("question")[-1]
    assert shown["template"] == "chosen" and "Nous vous remboursons 8.00 EUR" in shown["body"]
    assert "the refund itself is yours to make" in shown["body"] and "was not checked" in shown["body"]
    assert "Due" in shown["body"]
    assert marie.says(Kind.DRAFT_APPROVED, draft=row["id"])
    assert marie.one("outbox", f"id = {row['id']}")["state"] == "ready"


def test_the_holding_draft_gives_way_to_what_she_chose(marie: World) -> None:
    marie.hears(buyer_writes())
    chooses(marie, "return")
    assert [row["state"] for row in marie.rows("outbox", "what = 'reply'")] == ["discarded", "draft"]
    chooses(marie, "refund")
    assert [row["state"] for row in marie.rows("outbox", "what = 'reply'")] == ["discarded", "discarded", "draft"]


def test_the_same_choice_twice_has_one_effect(marie: World) -> None:
    marie.hears(buyer_writes())
    row = chooses(marie, "refund")
    marie.now = marie.now.replace(minute=5)
    refuses(marie, rf"D-{row['id']} says that already \(draft\)", "refund")
    assert chooses(marie, "refund", amount="5.00 EUR")["id"] > row["id"], "other words take its place"
    assert len(marie.rows("outbox", "state = 'draft'")) == 1


def test_a_claim_at_rakuten_is_handed_with_text_link_and_countdown(marie: World) -> None:
    marie.hears(sale(), claim())
    row = chooses(marie, "return", case=1)
    assert (row["state"], row["channel"]) == ("handed", "seller")
    assert "Vous pouvez nous renvoyer l'article" in row["body"]
    shown = marie.to_marie("question")[-1]["body"]
    assert "\n    done\n" in shown and "Or else:" in shown
    assert marie.says(Kind.SELLER_ANSWERED, draft=row["id"])
    assert marie.one("deadlines", "name = 'propose_solution'")["state"] == "met"


def test_what_she_does_in_her_account_meets_the_time_for_a_return(marie: World) -> None:
    marie.hears(buyer_writes())
    event_on(marie, Kind.RETURN_OPENED, authorised="no", policy="within")
    assert marie.one("deadlines", "name = 'decide_return'")["state"] == "open"
    row = chooses(marie, "accept")
    assert row["template"] == "return.reply" and "authorise the return yourself" in row["why"]
    assert marie.says(Kind.SELLER_ANSWERED, draft=row["id"])
    assert marie.one("deadlines", "name = 'decide_return'")["state"] == "met"


def event_on(world: World, kind: Kind, case: int = 1, **facts: Any) -> None:
    """Let something happen to a case of any marketplace, as a proven mail would tell it."""
    found = world.store.case_by_number(case)
    assert found
    mark = f"{kind}:{iso(world.now)}"
    world.store.run("UPDATE cases SET kind = ? WHERE id = ?", kind, case)
    assert handle(world.guichet, Event(
        key=f"{found.key.reference}/{mark}", kind=kind, case=found.key, at=world.now, source="mail:1", mark=mark,
        facts=facts, origin=Origin.PROVEN), world.now)


def test_once_customer_service_has_the_claim_the_words_are_for_it(marie: World) -> None:
    marie.hears(sale(), claim())
    event(marie, Kind.LAST_CALL)
    row = chooses(marie, "refund")
    assert (row["template"], row["state"]) == ("refund.service", "handed")
    assert "Nous acceptons de rembourser l'acheteur" in row["body"]


# ---- a sale


def drafts(world: World) -> dict[str, str]:
    return {row["to_addr"].partition(" ")[0]: row["state"] for row in world.rows("outbox", "what = 'reply'")}


@pytest.mark.parametrize(("choice", "other"), [("accept", "refuse"), ("refuse", "accept")])
def test_a_sale_with_a_token_releases_that_draft_and_drops_the_other(with_token: World, choice: str,
                                                                     other: str) -> None:
    with_token.hears(sale())
    assert drafts(with_token) == {"acceptsale": "draft", "refusesale": "draft"}
    chooses(with_token, choice)
    assert drafts(with_token) == {f"{choice}sale": "ready", f"{other}sale": "discarded"}
    with_token.now = with_token.now.replace(minute=5)
    refuses(with_token, "this sale has its answer already", choice)
    refuses(with_token, f"this sale has its answer already: D-[12], {choice}", other)


def test_a_sale_that_the_buyer_withdrew_from_is_not_refused(with_token: World) -> None:
    with_token.hears(sale(), withdrawal())
    refuses(with_token, "never cancelled as a sale", "refuse")


def test_without_a_token_a_sale_is_hers_to_accept_with_words_and_page(marie: World) -> None:
    marie.hears(sale())
    row = chooses(marie, "accept")
    assert (row["state"], row["channel"], row["template"]) == ("handed", "seller", "accept.reply")
    assert "accept the sale yourself, on its page" in row["why"]
    assert marie.says(Kind.SELLER_ANSWERED, draft=row["id"])
    states = {one["name"]: one["state"] for one in marie.rows("deadlines")}
    assert states == {"accept_sale": "met", "ship": "open"}     # R1, and R2 begins


def test_a_token_that_has_left_the_settings_leaves_the_sale_in_her_hands(with_token: World) -> None:
    with_token.hears(sale())
    with_token.configure(language="en")
    chooses(with_token, "accept")
    assert with_token.one("outbox", "step LIKE '%/accept:%'")["state"] == "handed"


# ---- a withdrawal, a cancellation, a parcel that never left


def test_a_withdrawal_not_shipped_is_told_to_customer_service(marie: World) -> None:
    marie.hears(sale(), withdrawal())
    row = chooses(marie, "not_shipped")
    assert (row["template"], row["state"]) == ("not_shipped.service", "handed")
    assert "Merci d'annuler vous-mêmes cette vente au titre de la rétractation" in row["body"]
    assert "do not cancel a withdrawal yourself" in row["why"]


def test_what_customer_service_was_told_is_its_move_and_not_the_buyers(marie: World) -> None:
    marie.hears(sale(), withdrawal())
    row = chooses(marie, "not_shipped")
    assert marie.says(Kind.SELLER_ANSWERED, draft=row["id"])
    assert json.loads(marie.rows("events")[-1]["facts"])["told"] == "marketplace"
    assert marie.one("deadlines", "name = 'answer_withdrawal'")["state"] == "met"


def test_with_a_token_customer_service_is_told_through_the_webservice_on_her_yes(with_token: World) -> None:
    with_token.hears(sale(), withdrawal())
    row = chooses(with_token, "not_shipped")
    assert (row["state"], row["to_addr"]) == ("draft", f"contactusaboutitem {ITEM}")
    assert with_token.says(Kind.DRAFT_APPROVED, draft=row["id"])


def test_what_customer_service_is_told_goes_out_once(world: World, rakuten: RakutenServer,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAKUTEN_TOKEN", TOKEN)
    world.configure(language="en", policy=f'{TOKENED}\nwebservice = "{rakuten.base}"')
    world.hears(sale(), withdrawal())
    row = chooses(world, "not_shipped")
    world.says(Kind.DRAFT_APPROVED, draft=row["id"])
    list(send_ready(world.guichet, lambda: world.now))
    [call] = rakuten.heard
    assert (call.parameters["action"], call.parameters["itemid"]) == ("contactusaboutitem", ITEM)
    assert "la rétractation" in call.parameters["content"]
    assert world.one("outbox", f"id = {row['id']}")["state"] == "sent"
    assert world.one("deadlines", "name = 'answer_withdrawal'")["state"] == "met"
    assert rakuten.heard == [call]


@pytest.mark.parametrize("choice", ["accept", "refuse"])
def test_a_withdrawal_is_neither_accepted_nor_refused(marie: World, choice: str) -> None:
    marie.hears(sale(), withdrawal())
    refuses(marie, "Customer Service", choice)


def test_a_withdrawal_is_refunded_with_a_number_only(marie: World) -> None:
    marie.hears(sale(), withdrawal())
    refuses(marie, "only with a valid tracking number", "refund")
    assert marie.says(Kind.SELLER_SHIPPED, **GOOD)
    assert "6A15602676300" in chooses(marie, "refund")["body"]


def test_what_has_shipped_is_never_called_not_shipped(marie: World) -> None:
    marie.hears(sale(), claim())
    marie.says(Kind.SELLER_SHIPPED, **GOOD)
    event_on(marie, Kind.NOT_RECEIVED_CLAIMED)
    refuses(marie, r"it has shipped, as was said before \(6A15602676300\)", "not_shipped")
    event_on(marie, Kind.CANCELLATION_REQUESTED)
    refuses(marie, "it has shipped", "accept")
    assert "6A15602676300" in chooses(marie, "refuse", reason="Le colis est en route.")["body"]


# ---- what does not fit


def test_what_does_not_fit_is_refused_with_what_would(marie: World) -> None:
    marie.hears(buyer_writes())
    refuses(marie, "not shipped does not fit this case; what fits: return, refund", "not_shipped")
    refuses(marie, "explode does not fit", "explode")


@pytest.mark.parametrize(("facts", "words"), [
    ({"amount": "50.01 EUR"}, r"50\.01 EUR is more than the item's value \(50\.00 EUR\)"),
    ({"amount": "5.00 USD"}, "two currencies"), ({"amount": "8"}, "no sum to refund"),
    ({"amount": "0 EUR"}, "no sum to refund"), ({"amount": "-5 EUR"}, "no sum to refund"),
])
def test_money_is_never_more_than_the_item_is_worth_nor_of_an_unknown_currency(
        marie: World, facts: dict[str, Any], words: str) -> None:
    marie.hears(sale(), claim())
    refuses(marie, words, "refund", **facts)
    refuses(marie, "a sum goes with a refund only", "return", **facts)
    assert "50.00 EUR" in chooses(marie, "refund", amount="50.00 EUR")["body"]


def test_a_visitors_question_has_no_choices(marie: World) -> None:
    marie.hears(question())
    refuses(marie, "answer in your own words", "refund")


def test_every_choice_fits_something_and_a_claim_goes_before_what_is_written_after_it(marie: World) -> None:
    assert {choice for fitting in FITS.values() for choice in fitting} == set(Choice)
    marie.hears(sale(), claim())
    event_on(marie, Kind.BUYER_WROTE)
    assert stands(marie) == ("return", "refund", "refuse")
    event_on(marie, Kind.CLAIM_CLOSED)
    assert stands(marie) == ()


def test_choices_of_a_case_nobody_looked_around_are_those_of_its_kind(marie: World) -> None:
    marie.hears(claim())
    case = marie.store.case_by_number(1)
    assert case and matter(case) is Kind.NOT_CONFORMING_CLAIMED
    assert choices(case) == ("return", "refund", "refuse")


def test_her_private_reason_is_shown_before_anything_leaves(marie: World) -> None:
    marie.hears(buyer_writes())
    event_on(marie, Kind.RETURN_OPENED, authorised="no", policy="within", reason="defective")
    row = chooses(marie, "refuse", reason="Le délai de retour est passé.")
    assert "Voici pourquoi : Le délai de retour est passé." in row["body"]
    assert row["state"] in ("draft", "handed") and row["raw"] is None
