"""Every guard: a story where it refuses, with its sentence, and one where it allows."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import BotError
from bot.core.event import CaseKey, Channel, Event, Kind
from bot.core.guards import DOMAIN_HOUR, GUARDS, MAILBOX_DAY
from bot.core.holding import REPLIES_DAY
from bot.core.message import Origin
from bot.edges.store import Arrival, Row, StorageError, iso, moment
from bot.guichet import Guichet
from bot.pipeline import OrderError, RefusedError, handle, note_refusal
from bot.reading import read_one
from bot.settings import load
from bot.standing import forbidden_now
from tests.world import ITEM, NOW, RELAY, World, buyer_writes, claim, mail, passed

RAKUTEN = "fr.shopping.rakuten.com"
LIVE = ("ready", "transmitting", "uncertain", "handed", "sent")


# ---- mails of Rakuten's, cut down to what is read


def rakuten(subject: str, body: str, *, proof: str | None = None, **more: Any) -> bytes:
    return mail(f"From: Rakuten <notification@{RAKUTEN}>\nSubject: {subject}",
                f"Bonjour Atelier Lumen,\n\n{body}\n\nMerci de votre confiance et à bientôt,\nRakuten",
                proof=passed(RAKUTEN) if proof is None else proof, **more)


def question(text: str = "Est-il livré avec son antivol ?", *, item: str = ITEM, **more: Any) -> bytes:
    return rakuten("Question sur un produit que vous vendez",
                   f"Un visiteur, cleo_w, vous pose une question.\n\nAnnonce n° {item}\nQuestion : {text}\n\n"
                   "Pour répondre à cette question, rendez-vous dans votre compte.", **more)


def sale(*, price: str = "50,00 €", shipping: str = "Suivi", **more: Any) -> bytes:
    return rakuten("Félicitations, vous avez une nouvelle vente !",
                   f"Commande : 340118725/{ITEM}\nArticle : Carafe en verre\nAcheteur : jean_d\nPrix : {price}\n"
                   f"Mode d'envoi : {shipping}\n", **more)


def withdrawal(**more: Any) -> bytes:
    return rakuten(f"Demande de rétractation de l'acheteur ({ITEM})",
                   f"L'acheteur jean_d souhaite annuler sa commande.\n\nCommande : 340118725/{ITEM}\n"
                   "Si vous n'avez pas encore expédié l'article, merci de ne pas l'envoyer.", **more)


def event(world: World, kind: Kind, **facts: Any) -> None:
    """Let something happen to the case of ITEM, as a proven mail of Rakuten's would tell it."""
    key = CaseKey(marketplace="rakuten_fr", shop="rakuten_fr", reference=ITEM)
    mark = f"{kind}:{iso(world.now)}"
    assert handle(world.guichet, Event(
        key=f"rakuten_fr/{ITEM}/{mark}", kind=kind, case=key, at=world.now, source="mail:1", mark=mark, facts=facts,
        origin=Origin.PROVEN), world.now)


def refuses(world: World, kind: Kind, words: str, *, draft: int | None = None, case: int = 1, **facts: Any) -> None:
    """Let Marie order something that is refused; the sentence stands in the journal, and nothing has left."""
    before = [(row["id"], row["state"]) for row in world.rows("outbox")]
    with pytest.raises(OrderError, match=words):
        world.says(kind, case, draft=draft, **facts)
    assert [(row["id"], row["state"]) for row in world.rows("outbox")] == before
    [told] = json.loads(world.rows("events")[-1]["decided"])
    assert told["action"] == "refused"


def drafts(world: World, what: str = "reply") -> list[Row]:
    return world.rows("outbox", f"what = '{what}'")


@pytest.fixture(autouse=True)
def own_words(world: World) -> None:
    answering(world)


@pytest.fixture
def sold(world: World) -> World:
    """A carafe of 50 EUR was sold, and its buyer claims."""
    world.configure(language="en", policy="[policy.offer]\nsteps = [10, 20]\ncap_percent = 60")
    world.hears(sale(), claim())
    return world


# ---- a visitor's one answer


def test_a_question_is_never_answered_by_the_bot_alone(world: World) -> None:
    world.configure(language="en", policy='mode = "alone"')
    world.hears(question())
    [draft] = drafts(world)
    assert (draft["state"], draft["once"] != "") == ("draft", True)
    assert "answered once only" in str(draft["why"])


def test_a_question_asked_again_in_another_mail_gets_no_second_answer(world: World) -> None:
    world.configure(language="en")
    world.hears(question())
    world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "handed"
    world.later(days=1)
    world.hears(question(date=world.now))
    assert len(drafts(world)) == 1
    assert "this question has D-1 (handed)" in world.to_marie("question")[-1]["why"]


def test_another_question_about_the_same_item_has_an_answer_of_its_own(world: World) -> None:
    world.hears(question(), question("De quelle couleur est-il ?"))
    assert all(world.says(Kind.DRAFT_APPROVED, draft=row["id"]) for row in drafts(world))


def second_row(world: World) -> int:
    """Write another answer to the same question, as an edit or another channel might."""
    world.store.run("INSERT INTO outbox (step, case_id, what, mailbox, to_addr, channel, mode, state, template,"
                    " subject, body, message_id, why, created, changed, once) SELECT step || '/again', case_id, what,"
                    " mailbox, to_addr, channel, mode, 'draft', template, subject, body, message_id || 'x', why,"
                    " created, changed, once FROM outbox WHERE id = 1")
    return int(world.rows("outbox")[-1]["id"])


@pytest.mark.parametrize("state", LIVE)
def test_a_second_answer_is_refused_wherever_the_first_stands(world: World, state: str) -> None:
    world.configure(language="en")
    world.hears(question())
    second = second_row(world)
    world.store.run("UPDATE outbox SET state = ? WHERE id = 1", state)
    refuses(world, Kind.DRAFT_APPROVED, "answered once only", draft=second)


def test_an_answer_that_left_once_is_spent_though_it_came_back(world: World) -> None:
    world.configure(language="en")
    world.hears(question())
    world.says(Kind.DRAFT_APPROVED, draft=1)
    world.says(Kind.SELLER_ANSWERED, draft=1)
    world.store.run("UPDATE outbox SET state = 'failed', attempts = 1 WHERE id = 1")
    refuses(world, Kind.DRAFT_APPROVED, "D-1 has left, or may have", draft=1)


def test_an_uncertain_answer_is_not_tried_again(world: World) -> None:
    world.configure(language="en")
    world.hears(question())
    world.store.run("UPDATE outbox SET state = 'uncertain' WHERE id = 1")
    refuses(world, Kind.DRAFT_APPROVED, "may have", draft=1)


def test_an_answer_that_surely_never_left_may_be_tried_again(world: World) -> None:
    world.hears(question())
    world.store.run("UPDATE outbox SET state = 'failed' WHERE id = 1")
    assert world.says(Kind.DRAFT_APPROVED, draft=1)


def test_the_database_itself_lets_no_second_answer_leave(world: World) -> None:
    world.hears(question())
    second = second_row(world)
    world.store.run("UPDATE outbox SET state = 'handed' WHERE id = 1")
    with pytest.raises(StorageError):
        world.store.run("UPDATE outbox SET state = 'ready' WHERE id = ?", second)


# ---- discounts


def test_an_ordered_discount_is_handed_over_with_text_link_and_countdown(sold: World) -> None:
    sold.says(Kind.OFFER_ORDERED, percent="20")
    [row] = drafts(sold, "offer")
    assert (row["state"], row["channel"]) == ("handed", "seller")
    assert str(row["to_addr"]).startswith("https://") or row["to_addr"] == "rakuten_fr"
    assert "20 %" in str(row["body"]) and "10.00 EUR" in str(row["body"])
    told = sold.to_marie("question")[-1]
    assert f"D-{row['id']}" in told["body"] and "20 %" in told["body"]


@pytest.mark.parametrize(("wallet", "words"), [("empty", "is empty"), ("blocked", "is blocked")])
def test_no_discount_from_a_wallet_that_has_nothing(sold: World, wallet: str, words: str) -> None:
    sold.configure(language="en", policy=f'[shop.rakuten_fr]\nwallet = "{wallet}"')
    refuses(sold, Kind.OFFER_ORDERED, words, percent="10")


def test_no_discount_while_a_withdrawal_is_open(sold: World) -> None:
    event(sold, Kind.WITHDRAWAL_OPENED, when="before_receipt")
    refuses(sold, Kind.OFFER_ORDERED, "withdrawal is open", percent="10")
    sold.now += timedelta(hours=1)
    event(sold, Kind.RETURN_CANCELLED)
    assert sold.says(Kind.OFFER_ORDERED, percent="10")


def test_a_withdrawal_nobody_vouches_for_is_not_ended_by_a_forged_mail(sold: World) -> None:
    event(sold, Kind.WITHDRAWAL_OPENED, when="before_receipt")
    key = CaseKey(marketplace="rakuten_fr", shop="rakuten_fr", reference=ITEM)
    handle(sold.guichet, Event(key="forged", kind=Kind.RETURN_CANCELLED, case=key, at=sold.now, source="mail:1",
                               mark="f", origin=Origin.FORGED), sold.now)
    refuses(sold, Kind.OFFER_ORDERED, "withdrawal is open", percent="10")


@pytest.mark.parametrize(("facts", "words"), [
    ({"percent": "51"}, "51% is above 50 % of the item's value"), ({"amount": "25.01 EUR"}, "above 50 %"),
    ({"amount": "5.00 USD"}, "above 50 %"), ({"percent": "0"}, "is none"), ({"percent": "150"}, "is none"),
    ({"amount": "0.00 EUR"}, "no sum to take off"), ({}, "no sum to take off"),
])
def test_a_discount_above_half_the_value_or_below_nothing_is_refused(
        sold: World, facts: dict[str, Any], words: str) -> None:
    refuses(sold, Kind.OFFER_ORDERED, words, **facts)


@pytest.mark.parametrize("facts", [{"percent": "50"}, {"amount": "25.00 EUR"}])
def test_half_the_value_may_be_offered(sold: World, facts: dict[str, Any]) -> None:
    assert sold.says(Kind.OFFER_ORDERED, **facts)


@pytest.mark.parametrize(("cap", "facts", "words"), [
    ("cap_percent = 15", {"percent": "20"}, "own cap of 15 %"), ("cap_percent = 15", {"amount": "8.00 EUR"}, "of 15 %"),
    ('cap_amount = "5.00 EUR"', {"percent": "20"}, r"own cap of 5\.00 EUR"),
    ('cap_amount = "5.00 EUR"', {"amount": "5.01 EUR"}, r"own cap of 5\.00 EUR"),
    ("steps = [10]", {"percent": "11"}, "own cap of 10 %"),
])
def test_a_discount_above_the_sellers_own_cap_is_refused(sold: World, cap: str, facts: dict[str, Any],
                                                         words: str) -> None:
    sold.configure(language="en", policy=f"[policy.offer]\n{cap}")
    refuses(sold, Kind.OFFER_ORDERED, words, **facts)


def test_percent_of_an_unknown_value_asks_for_the_sum(world: World) -> None:
    world.configure(language="en")
    world.hears(claim())
    refuses(world, Kind.OFFER_ORDERED, "order the sum instead", percent="20")
    assert world.says(Kind.OFFER_ORDERED, amount="8.00 EUR")
    assert "not checked" in str(drafts(world, "offer")[0]["why"])


def test_percent_of_an_unknown_value_under_a_cap_says_so(world: World) -> None:
    world.configure(language="en", policy='[policy.offer]\ncap_amount = "25.00 EUR"')
    world.hears(claim())
    refuses(world, Kind.OFFER_ORDERED, r"below your cap of 25\.00 EUR", percent="20")


def test_a_step_is_proposed_once_and_none_goes_back(sold: World) -> None:
    assert sold.says(Kind.OFFER_ORDERED, percent="20")
    sold.now += timedelta(hours=1)
    refuses(sold, Kind.OFFER_ORDERED, "20% was proposed already", percent="20")
    refuses(sold, Kind.OFFER_ORDERED, "10% would go back", percent="10")
    assert sold.says(Kind.OFFER_ORDERED, percent="30")


@pytest.mark.parametrize(("mode", "state"), [("draft", "draft"), ("alone", "handed")])
def test_the_bot_proposes_the_steps_in_order_where_the_policy_names_offers(world: World, mode: str, state: str) -> None:
    world.configure(language="en",
                    policy=f'[policy.modes]\noffer = "{mode}"\n[policy.offer]\nsteps = [20, 10]')
    world.hears(sale(), claim())
    [first] = drafts(world, "offer")
    assert (first["state"], "10 %" in str(first["body"])) == (state, True)
    world.now += timedelta(hours=1)
    event(world, Kind.OFFER_UPDATED, outcome="refused")
    [_, second] = drafts(world, "offer")
    assert "20 %" in str(second["body"])
    world.now += timedelta(hours=1)
    event(world, Kind.OFFER_UPDATED, outcome="refused")
    assert len(drafts(world, "offer")) == 2


def test_alone_for_everything_does_not_mean_discounts(world: World) -> None:
    world.configure(policy='mode = "alone"\n[policy.offer]\nsteps = [10]')
    world.hears(sale(), claim())
    assert drafts(world, "offer") == []


def test_no_discount_is_proposed_for_a_forged_claim(world: World) -> None:
    world.configure(language="en", policy='[policy.modes]\noffer = "alone"\n[policy.offer]\nsteps = [10]')
    world.hears(sale())
    key = CaseKey(marketplace="rakuten_fr", shop="rakuten_fr", reference=ITEM)
    handle(world.guichet, Event(key="f", kind=Kind.NOT_CONFORMING_CLAIMED, case=key, at=world.now, source="mail:1",
                                mark="f", origin=Origin.FORGED), world.now)
    assert [row["state"] for row in drafts(world, "offer")] == ["draft"]


# ---- a withdrawal is no cancellation


def test_the_seller_is_told_how_a_withdrawal_ends_and_that_it_is_not_cancelled(world: World) -> None:
    world.configure(language="en")
    world.hears(sale(), withdrawal())
    [told] = [row for row in world.to_marie("question") if "never cancelled as a sale" in row["why"]]
    assert "Customer Service" in told["why"] and "perishable" in told["why"]


def test_once_shipped_the_way_is_the_tracking_number(world: World) -> None:
    world.configure(language="en")
    world.hears(sale())
    world.says(Kind.SELLER_SHIPPED, tracking="6A15602676300", carrier="Colissimo", shipped_on="2026-11-17")
    event(world, Kind.WITHDRAWAL_OPENED, when="before_receipt")
    event(world, Kind.CANCELLATION_REQUESTED)
    [told] = [row for row in world.to_marie("question") if "cancellation" in row["step"]]
    assert "it has shipped, so give the tracking number" in told["why"]


def test_a_cancellation_without_a_withdrawal_is_free(world: World) -> None:
    world.configure(language="en")
    world.hears(sale())
    event(world, Kind.CANCELLATION_REQUESTED)
    assert not [row for row in world.to_marie() if "never cancelled" in row["why"]]


# ---- no direct message any more


def buyer_of(world: World) -> dict[str, Any]:
    event(world, Kind.BUYER_WROTE)
    [*_, draft] = drafts(world)
    return {"why": str(draft["why"]), "channel": str(draft["channel"])}


def test_once_customer_service_has_the_claim_the_reply_goes_there(sold: World) -> None:
    assert "no direct message" not in buyer_of(sold)["why"]
    event(sold, Kind.LAST_CALL)
    sold.now += timedelta(minutes=1)
    found = buyer_of(sold)
    assert "in the hands of Customer Service" in found["why"] and found["channel"] == "seller"
    event(sold, Kind.CLAIM_CLOSED)
    sold.now += timedelta(minutes=1)
    assert "no direct message" not in buyer_of(sold)["why"]


@pytest.mark.parametrize(("days", "told"), [(42, False), (43, True)])
def test_a_buyer_of_old_is_not_written_to(sold: World, days: int, told: bool) -> None:
    sold.now += timedelta(days=days)
    assert ("ordered 43 days ago, over 42" in buyer_of(sold)["why"]) is told


@pytest.mark.parametrize(("day", "told"), [("2026-11-02", False), ("2026-11-01", True)])
def test_a_buyer_who_has_long_received_is_not_written_to(sold: World, day: str, told: bool) -> None:
    event(sold, Kind.CLAIM_UPDATED, received_on=day)
    assert ("received 16 days ago, over 15" in buyer_of(sold)["why"]) is told


# ---- a parcel

GOOD: dict[str, Any] = {"tracking": "6A15602676300", "carrier": "Colissimo", "shipped_on": "2026-11-17"}


def test_shipping_meets_its_deadline_and_starts_the_next_of_the_chain(world: World) -> None:
    world.hears(claim())
    event(world, Kind.SALE_MADE, shipping="Suivi")
    world.store.run("UPDATE cases SET kind = 'not_received_claimed'")
    world.store.run("UPDATE deadlines SET name = 'confirm_shipment', met_by = 'reply shipped'"
                    " WHERE name = 'propose_solution'")
    assert world.says(Kind.SELLER_SHIPPED, **GOOD)
    states = {row["name"]: (row["state"], row["due"]) for row in world.rows("deadlines")}
    assert states["confirm_shipment"][0] == "met"
    assert states["send_proof"] == ("open", iso(world.now + timedelta(days=2)))


@pytest.mark.parametrize(("facts", "words"), [
    ({**GOOD, "tracking": "12345"}, "has not the form of a number of Colissimo's"),
    ({**GOOD, "tracking": ""}, "tracking number is missing"),
    ({**GOOD, "shipped_on": "2026-11-20"}, "lies ahead"),
    ({"carrier": "La Poste", "method": "La Poste normal", "shipped_on": "2026-11-17"}, 'promised "Suivi"'),
])
def test_a_parcel_that_proves_nothing_is_refused(sold: World, facts: dict[str, Any], words: str) -> None:
    refuses(sold, Kind.SELLER_SHIPPED, words, **facts)
    assert sold.says(Kind.SELLER_SHIPPED, **GOOD)


def test_a_carrier_nobody_knows_is_taken_at_his_word_with_a_remark(sold: World) -> None:
    assert sold.says(Kind.SELLER_SHIPPED, tracking="ABC12345", carrier="Vélo Express 75", shipped_on="2026-11-17")
    [told] = [one for one in json.loads(sold.rows("events")[-1]["decided"]) if one["action"] == "accepted"]
    assert "nothing is known of Vélo Express 75's numbers" in told["why"]


def test_normal_shipping_needs_no_number_but_a_withdrawal_does(world: World) -> None:
    world.configure(language="en")
    world.hears(sale(shipping="Normal"))
    event(world, Kind.WITHDRAWAL_OPENED, when="before_receipt")
    refuses(world, Kind.SELLER_SHIPPED, "refunded only with a valid tracking number", carrier="La Poste",
            shipped_on="2026-11-17")
    event(world, Kind.RETURN_CANCELLED)
    assert world.says(Kind.SELLER_SHIPPED, carrier="La Poste", shipped_on="2026-11-17")


@pytest.mark.parametrize(("price", "ok"), [("200,00 €", True), ("200,01 €", False)])
def test_above_two_hundred_euros_shipping_is_registered(world: World, price: str, ok: bool) -> None:
    world.configure(language="en")
    world.hears(sale(price=price))
    if not ok:
        refuses(world, Kind.SELLER_SHIPPED, "must be registered", **GOOD)
    assert world.says(Kind.SELLER_SHIPPED, **(GOOD if ok else {**GOOD, "method": "Colissimo recommandé"}))


def test_the_promised_method_or_a_better_one(world: World) -> None:
    world.configure(language="en")
    world.hears(sale(shipping="Recommandé"))
    refuses(world, Kind.SELLER_SHIPPED, 'promised "Recommandé"', **GOOD)
    assert world.says(Kind.SELLER_SHIPPED, **{**GOOD, "tracking": "XX123456789FR", "carrier": "Chronopost"})


# ---- to whom, from where, on whose word


def approve(world: World, **columns: str) -> None:
    for name, said in columns.items():
        world.store.run(f"UPDATE outbox SET {name} = ? WHERE id = 1", said)


def test_a_reply_goes_to_the_marketplaces_relay_and_nowhere_else(world: World) -> None:
    world.configure(language="en")
    world.hears(buyer_writes())
    approve(world, to_addr="jean.dupont@gmail.example", body="Bonjour")
    refuses(world, Kind.DRAFT_APPROVED, "no address of amazon", draft=1)
    approve(world, to_addr="x@marketplace.amazon.fr.evil.example")
    refuses(world, Kind.DRAFT_APPROVED, "no address of amazon", draft=1)
    approve(world, to_addr=RELAY)
    assert world.says(Kind.DRAFT_APPROVED, draft=1)


def test_a_reply_leaves_from_its_own_mailbox_or_not_at_all(world: World) -> None:
    world.configure(language="en")
    world.hears(buyer_writes())
    approve(world, body="Bonjour")
    path = world.folder / "mailboxes.toml"
    path.write_text(path.read_text("utf-8").replace('name = "ventes"', 'name = "autre"'), "utf-8")
    renamed = World.__new__(World)
    renamed.folder, renamed.now = world.folder, world.now
    renamed.guichet = Guichet(load(path), world.store)
    refuses(renamed, Kind.DRAFT_APPROVED, "no longer stands in mailboxes.toml", draft=1)
    assert world.says(Kind.DRAFT_APPROVED, draft=1)


ALONE = 'mode = "alone"'


def answering(world: World) -> None:
    """Give Marie words of her own without a blank, so that they may leave alone."""
    for name in ("amazon/buyer_wrote", "rakuten_fr/question_asked"):
        path = world.folder / "templates" / f"{name}.reply.fr.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Subject: {{ subject }}\n\nBonjour, oui.\n", "utf-8")


@pytest.mark.parametrize(("proof", "date", "state"), [
    (None, NOW, "ready"), ("", NOW, "draft"), (None, NOW - timedelta(hours=73), "draft")])
def test_only_a_proven_and_recent_mail_is_answered_alone(world: World, proof: str | None, date: object,
                                                         state: str) -> None:
    world.configure(policy=ALONE)
    world.hears(buyer_writes(proof=proof, date=date))
    assert [row["state"] for row in drafts(world)] == [state]


def test_what_grew_stale_while_it_waited_does_not_leave(world: World) -> None:
    world.configure(language="en", policy=ALONE)
    world.hears(buyer_writes())
    [row] = drafts(world)
    assert forbidden_now(world.guichet, row, world.now + timedelta(hours=1)) == ""
    assert "stale" in forbidden_now(world.guichet, row, world.now + timedelta(hours=73))


# ---- how much leaves alone


def test_the_second_reply_of_a_day_in_one_case_waits_for_a_yes(world: World) -> None:
    world.configure(language="en", policy=ALONE)
    for number in range(REPLIES_DAY + 1):
        world.hears(buyer_writes(f"Question {number}", message=number))
    assert [row["state"] for row in drafts(world)] == ["ready", "draft"]
    assert "reply_cap: " in world.to_marie("question")[-1]["why"]
    assert world.says(Kind.DRAFT_APPROVED, draft=drafts(world)[-1]["id"])
    world.now += timedelta(hours=25)
    world.hears(buyer_writes("Encore", message=9, date=world.now))
    assert drafts(world)[-1]["state"] == "ready"


def test_replies_alone_to_one_domain_are_capped_by_the_hour(world: World) -> None:
    world.configure(policy=ALONE)
    for number in range(DOMAIN_HOUR + 1):
        world.hears(buyer_writes(order=f"404-2718281-82845{number:02}"))
    states = [row["state"] for row in drafts(world)]
    assert states == ["ready"] * DOMAIN_HOUR + ["draft"]
    world.now += timedelta(minutes=61)
    world.hears(buyer_writes(order="404-2718281-8284599", date=world.now))
    assert drafts(world)[-1]["state"] == "ready"


def test_replies_alone_from_one_mailbox_are_capped_by_the_day(world: World) -> None:
    world.configure(language="en", policy=ALONE)
    world.hears(buyer_writes())
    for number in range(MAILBOX_DAY - 1):
        world.store.run("INSERT INTO outbox (step, what, mailbox, to_addr, channel, mode, state, template, subject,"
                        " body, message_id, why, created, changed) SELECT ?, what, mailbox, 'x@ebay.fr', channel, mode,"
                        " 'sent', template, subject, body, ?, why, created, changed FROM outbox WHERE id = 1",
                        f"s{number}", f"<{number}@x>")
    world.hears(buyer_writes(order="404-2718281-8284599"))
    assert drafts(world)[-1]["state"] == "draft"
    assert "200 replies left alone from this mailbox" in str(drafts(world)[-1]["why"])


def test_one_message_gets_one_reply_though_the_seller_approves_two(world: World) -> None:
    world.configure(language="en")
    world.hears(buyer_writes())
    approve(world, body="Bonjour")
    world.store.run("INSERT INTO outbox (step, case_id, event, what, mailbox, to_addr, channel, mode, state, template,"
                    " subject, body, message_id, why, created, changed) SELECT 'other', case_id, event, what, mailbox,"
                    " to_addr, channel, mode, 'failed', template, subject, body, 'x', why, created, changed FROM outbox"
                    " WHERE id = 1")
    assert world.says(Kind.DRAFT_APPROVED, draft=1)
    refuses(world, Kind.DRAFT_APPROVED, "D-1 answers the same message already", draft=world.rows("outbox")[-1]["id"])


# ---- modes, end to end


@pytest.mark.parametrize(("policy", "rows"), [
    ('mode = "off"', []), ('mode = "shadow"', []), ('mode = "draft"', [("reply", "draft"), ("question", "ready")]),
    ('mode = "alone"', [("reply", "ready")]),
    ('mode = "alone"\n[policy.modes]\nbuyer_wrote = "off"', []),
    ('mode = "off"\n[policy.modes]\n"amazon.buyer_wrote" = "alone"\nbuyer_wrote = "draft"', [("reply", "ready")]),
    ('mode = "alone"\n[policy.modes]\n"rakuten_fr.buyer_wrote" = "off"', [("reply", "ready")]),
])
def test_modes_hold_by_kind_and_marketplace(world: World, policy: str, rows: list[tuple[str, str]]) -> None:
    world.configure(policy=policy)
    world.hears(buyer_writes())
    assert [(row["what"], row["state"]) for row in world.rows("outbox")] == rows
    assert len(world.rows("cases")) == len(world.rows("deadlines")) == 1     # the clock runs in every mode
    decided = json.loads(world.one("events")["decided"])
    assert [one["mode"] for one in decided if one["action"] == "reply"] == (
        [] if "off" in policy.rpartition("buyer_wrote = ")[2] and not rows else ["shadow"] if "shadow" in policy
        else ["draft" if len(rows) == 2 else "alone"])


# ---- the table


def test_every_row_says_why_and_where_it_is_written() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
    assert all(guard.why and guard.source for guard in GUARDS)


def test_every_row_stands_in_the_page_in_its_order(root: Path) -> None:
    page = (root / "docs" / "guards.md").read_text("utf-8")
    places = [page.find(f"| `{guard.name}` |") for guard in GUARDS]
    assert -1 not in places and places == sorted(places)


# ---- whatever the order of orders

ORDERS = st.lists(st.tuples(st.sampled_from(["ask", "ask again", "approve", "sent", "discard", "fail", "uncertain",
                                             "write", "later"]), st.integers(0, 5)), max_size=14)


@given(ORDERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_sequence_of_orders_answers_a_visitor_twice_or_passes_the_caps(orders: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), policy=ALONE)
        answering(world)
        world.work()
        for order, number in orders:
            obeyed(world, order, number)
            at_most_once(world)
        world.store.close()


def obeyed(world: World, order: str, number: int) -> None:
    rows = drafts(world)
    row = rows[number % len(rows)]["id"] if rows else None
    if order.startswith("ask"):
        world.hears(question(date=world.now + timedelta(days=number) if order == "ask again" else world.now))
    elif order == "write":
        world.hears(buyer_writes(f"Message {number}", message=number))
    elif order == "later":
        world.later(hours=7)
    elif row is not None and order in ("fail", "uncertain"):       # what a server may do to what is on its way
        world.store.run("UPDATE outbox SET state = ? WHERE id = ? AND state = 'ready'",
                        "failed" if order == "fail" else "uncertain", row)
    elif row is not None:
        kinds = {"approve": Kind.DRAFT_APPROVED, "sent": Kind.SELLER_ANSWERED, "discard": Kind.DRAFT_DISCARDED}
        found = world.store.outbox_row(row)
        assert found
        try:
            world.says(kinds[order], found["case_id"], draft=row)
        except BotError:
            pass


def at_most_once(world: World) -> None:
    live = world.rows("outbox", f"once != '' AND (spent = 1 OR state IN {LIVE})")
    assert len({row["once"] for row in live}) == len(live)
    alone = world.rows("outbox", f"mode = 'alone' AND what = 'reply' AND state IN {LIVE}")
    for row in alone:
        day = [one for one in alone if one["case_id"] == row["case_id"]
               and timedelta() <= moment(row["created"]) - moment(one["created"]) < timedelta(hours=24)]
        assert len(day) <= REPLIES_DAY


# ---- the same events, the same decisions


def test_the_same_events_in_the_same_order_always_give_the_same_decisions(world: World, tmp_path: Path) -> None:
    answering(world)
    policy = f'{ALONE}\n[policy.modes]\noffer = "draft"\n[policy.offer]\nsteps = [10, 20]'
    world.configure(language="en", policy=policy)
    world.hears(sale(), claim(), question(), buyer_writes())
    for kind, facts in ((Kind.OFFER_ORDERED, {"percent": "20"}), (Kind.OFFER_ORDERED, {"percent": "20"}),
                        (Kind.SELLER_SHIPPED, GOOD), (Kind.SELLER_SHIPPED, {**GOOD, "tracking": "1"})):
        world.now += timedelta(minutes=5)
        try:
            world.says(kind, **facts)
        except OrderError:
            pass
    world.later(hours=30)
    world.hears(question(date=world.now))
    again = World(tmp_path / "again", language="en", policy=policy)
    answering(again)
    replay(world, again)
    asked = "SELECT key, kind, decided FROM events ORDER BY id"
    assert again.store.rows(asked) == world.store.rows(asked)
    clocks = "SELECT case_id, name, due, state, rule, why FROM deadlines ORDER BY id"
    assert again.store.rows(clocks) == world.store.rows(clocks)
    assert any('"refused"' in row["decided"] for row in world.rows("events"))


def replay(world: World, again: World) -> None:
    """Let a fresh database hear what the other heard, each at its time: mails as mails, the rest as it was noted."""
    for row in world.rows("events"):
        again.now = moment(row["heard"])
        if row["mail"]:
            hear_again(world, again, row["mail"])
            continue
        number = row["case_id"]
        case = again.store.case_by_number(number)
        assert case
        told = Event(key=row["key"].partition("/refused:")[0], kind=Kind(row["kind"]), case=case.key,
                     at=moment(row["at"]), source=row["source"], mark=row["mark"], facts=json.loads(row["facts"]),
                     text=row["text"], channel=Channel.SELLER)
        repeat(again, told)


def hear_again(world: World, again: World, number: int) -> None:
    mail = world.store.row("SELECT * FROM mails WHERE id = ?", number)
    assert mail
    raw = world.store.raw_mail(number) or b""
    again.store.keep(mail["mailbox"], [Arrival(folder="INBOX", place=str(number), raw=raw,
                                               received=moment(mail["received"]), cold=bool(mail["cold"]))], again.now)
    assert read_one(again.guichet, again.now)


def repeat(again: World, told: Event) -> None:
    try:
        handle(again.guichet, told, again.now)
    except RefusedError as refusal:
        note_refusal(again.guichet, refusal, again.now)



# ---- an order of two items


def test_a_discount_is_held_against_the_price_of_its_own_item(world: World) -> None:
    world.configure(language="en", policy="[policy.offer]\ncap_percent = 60")
    world.hears(sale(), claim(), rakuten(
        "Félicitations, vous avez une nouvelle vente !",
        "Commande : 340118725/871204554\nArticle : Vase\nAcheteur : jean_d\nPrix : 500,00 €\nMode d'envoi : Suivi\n"))
    refuses(world, Kind.OFFER_ORDERED, "above 50 % of the item's value", amount="30.00 EUR")


def test_what_the_seller_approves_is_his_and_no_pause_holds_it_back(world: World) -> None:
    world.configure(policy=ALONE)
    world.hears(buyer_writes())
    world.store.run("UPDATE outbox SET state = 'failed' WHERE id = 1")
    assert world.says(Kind.DRAFT_APPROVED, draft=1)
    assert (drafts(world)[0]["state"], drafts(world)[0]["mode"]) == ("ready", "draft")
