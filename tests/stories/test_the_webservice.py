"""A claim is answered through Rakuten's webservice, once, whatever breaks; without a token it is handed over."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.calling import Called
from bot.checking import Finding, Verdict, findings
from bot.core.action import State
from bot.core.event import CaseKey, Event, Kind
from bot.core.latin import MOST
from bot.core.message import Origin
from bot.edges.store import Row, iso
from bot.edges.webservice import ACTS
from bot.pipeline import OrderError, handle
from bot.resolving import resolve_one
from bot.sending import send_ready
from tests.canaries import TOKEN
from tests.servers.shop import Shop
from tests.servers.webservice import LOGIN, Fault, RakutenServer, free_port
from tests.world import ITEM, World, claim

CONTACT = "contactuseraboutitem"
PAGE = f"https://fr.shopping.rakuten.com/purchase?action=itemmonitoring&itemid={ITEM}"


def with_token(base: str) -> str:
    return f'\n[shop.rakuten_fr]\nlogin = "{LOGIN}"\ntoken_env = "RAKUTEN_TOKEN"\nwebservice = "{base}"\n'


@pytest.fixture
def marie(world: World, rakuten: RakutenServer, monkeypatch: pytest.MonkeyPatch) -> World:
    """Marie's shop, with a token for the webservice."""
    monkeypatch.setenv("RAKUTEN_TOKEN", TOKEN)
    world.configure(policy=with_token(rakuten.base))
    return world


def passes(world: World, times: int = 1) -> list[str]:
    """Find out what is unknown and send what is ready, as often; return what kept the webservice from it."""
    said = []
    for _ in range(times):
        while resolve_one(world.guichet, world.now):
            pass
        said += [str(error) for name, error in send_ready(world.guichet, lambda: world.now)
                 if error and name.startswith("webservice")]
        world.work()
    return said


def reply(world: World) -> Row:
    return world.rows("outbox", "what = 'reply'")[-1]


def deadline(world: World) -> str:
    return str(world.one("deadlines")["state"])


def claimed(world: World) -> None:
    world.hears(claim(date=world.now))


def shipped(world: World) -> bool:
    return world.says(Kind.SELLER_SHIPPED, tracking="6A15602676300", carrier="Colissimo")


def approved(world: World) -> None:
    claimed(world)
    world.says(Kind.DRAFT_APPROVED, draft=reply(world)["id"])


# ---- with a token


def test_claim_is_answered_by_one_get_and_its_deadline_is_met(marie: World, rakuten: RakutenServer) -> None:
    claimed(marie)
    row = reply(marie)
    assert (row["state"], row["channel"], row["to_addr"]) == ("draft", "webservice", f"{CONTACT} {ITEM}")
    passes(marie)
    assert rakuten.heard == [], "nothing without her yes"
    assert marie.says(Kind.DRAFT_APPROVED, draft=row["id"])
    assert reply(marie)["state"] == "ready"
    passes(marie, 2)
    [call] = rakuten.heard
    assert call.parameters == {"action": CONTACT, "login": LOGIN, "pwd": TOKEN, "version": "2011-02-02",
                               "itemid": ITEM, "content": row["body"].strip()}
    assert "jean_d" in call.parameters["content"]
    assert (reply(marie)["state"], deadline(marie)) == ("sent", "met")
    assert marie.one("cases")["turn"] == "buyer"


def test_question_to_the_seller_says_how_it_goes(marie: World) -> None:
    claimed(marie)
    [told] = marie.to_marie("question")
    assert "service web" in told["body"]
    assert "coller vous-même" not in told["body"]


def test_said_yes_twice_is_one_call(marie: World, rakuten: RakutenServer) -> None:
    approved(marie)
    assert not marie.says(Kind.DRAFT_APPROVED, draft=reply(marie)["id"])
    passes(marie, 2)
    marie.says(Kind.DRAFT_APPROVED, draft=reply(marie)["id"])
    passes(marie, 2)
    assert reply(marie)["state"] == "sent"
    assert len(rakuten.heard) == 1


def test_what_leaves_alone_is_held_first_and_an_acknowledgement_meets_nothing(
        marie: World, rakuten: RakutenServer) -> None:
    marie.configure(policy='mode = "alone"\n' + with_token(rakuten.base))
    claimed(marie)
    passes(marie)
    assert (reply(marie)["state"], rakuten.heard) == ("ready", [])
    marie.later(minutes=4)
    passes(marie, 2)
    assert (reply(marie)["state"], len(rakuten.heard), deadline(marie)) == ("sent", 1, "open")


def test_unproven_claim_is_never_answered_alone(marie: World, rakuten: RakutenServer) -> None:
    marie.configure(policy='mode = "alone"\n' + with_token(rakuten.base))
    marie.hears(claim(date=marie.now).replace(b"dmarc=pass", b"dmarc=fail").replace(b"dkim=pass", b"dkim=fail"))
    marie.later(minutes=4)
    passes(marie)
    assert (reply(marie)["state"], rakuten.heard) == ("draft", [])


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("category", ["Abimé", "En panne", "Différent", "Incomplet", "Colis vide", "Non conforme"])
def test_the_short_words_fit_for_every_claim(world: World, rakuten: RakutenServer, monkeypatch: pytest.MonkeyPatch,
                                             language: str, category: str) -> None:
    monkeypatch.setenv("RAKUTEN_TOKEN", TOKEN)
    world.configure(policy=with_token(rakuten.base), language=language)
    world.hears(claim(date=world.now).replace("Abimé".encode(), category.encode()))
    row = reply(world)
    assert row["channel"] == "webservice", row["why"]
    assert len(row["body"].strip()) <= MOST - 40, "room for a long pseudo and a long name"


def test_words_that_do_not_fit_go_to_the_sellers_hands_at_full_length(marie: World, rakuten: RakutenServer) -> None:
    own = marie.folder / "templates" / "rakuten_fr"
    own.mkdir(parents=True)
    (own / "not_conforming_claimed.message.fr.txt").write_text("Subject: x\n\n" + "mot " * 200, "utf-8")
    marie.configure(policy=with_token(rakuten.base))
    claimed(marie)
    row = reply(marie)
    assert (row["channel"], row["to_addr"]) == ("seller", PAGE)
    assert "475" in row["why"]
    assert "mot mot" not in row["body"]


# ---- what fails


def test_quota_waits_an_hour_and_then_it_leaves_once(marie: World, rakuten: RakutenServer) -> None:
    rakuten.faults = {CONTACT: [Fault.QUOTA]}
    approved(marie)
    passes(marie, 3)
    row = reply(marie)
    assert (row["state"], row["attempts"], row["not_before"]) == ("ready", 1, "2026-11-17T11:00:00Z")
    marie.later(minutes=59)
    passes(marie)
    assert len(rakuten.heard) == 1
    marie.later(minutes=2)
    passes(marie, 2)
    assert len(rakuten.done(CONTACT)) == 1
    assert (reply(marie)["state"], deadline(marie)) == ("sent", "met")


def test_refusal_fails_tells_the_seller_and_hands_him_text_and_link(marie: World, rakuten: RakutenServer) -> None:
    rakuten.faults = {CONTACT: [Fault.SENDER]}
    approved(marie)
    passes(marie, 2)
    assert (reply(marie)["state"], deadline(marie)) == ("failed", "open")
    [told] = marie.to_marie("notice")
    for words in ("L'article a été reçu il y a trop longtemps", PAGE, "Quelle solution", "\n    fait\n"):
        assert words in told["body"]
    assert len(rakuten.heard) == 1
    assert marie.says(Kind.SELLER_ANSWERED, draft=reply(marie)["id"])
    assert (reply(marie)["state"], deadline(marie)) == ("sent", "met")


def test_retry_after_a_refusal_asks_again(marie: World, rakuten: RakutenServer) -> None:
    rakuten.faults = {CONTACT: [Fault.RIGHTS]}
    approved(marie)
    passes(marie)
    assert marie.says(Kind.DRAFT_APPROVED, draft=reply(marie)["id"])
    passes(marie)
    assert reply(marie)["state"] == "sent"
    assert len(rakuten.done(CONTACT)) == 1


def test_no_connection_leaves_it_ready(marie: World, rakuten: RakutenServer) -> None:
    marie.configure(policy=with_token(f"http://127.0.0.1:{free_port()}"))
    approved(marie)
    [said] = passes(marie)
    assert "cannot be reached" in said
    assert reply(marie)["state"] == "ready"
    marie.configure(policy=with_token(rakuten.base))
    passes(marie)
    assert (reply(marie)["state"], len(rakuten.heard)) == ("sent", 1)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HALF, Fault.GARBAGE, Fault.RECEIVER, Fault.HTTP_500, Fault.STRANGE])
def test_unknown_end_is_never_asked_again_blindly(marie: World, rakuten: RakutenServer, fault: Fault) -> None:
    rakuten.faults = {CONTACT: [fault]}
    approved(marie)
    passes(marie, 2)
    assert reply(marie)["state"] == "transmitting"
    marie.later(minutes=2)
    passes(marie, 2)
    assert (reply(marie)["state"], deadline(marie)) == ("uncertain", "open")
    assert len(rakuten.heard) == 1, "no read of messages either: it would mark them"
    [asked] = marie.rows("outbox", "template = 'uncertain'")
    assert "Sent" not in asked["body"]
    assert "dossier" not in asked["body"]


def test_crash_between_claim_and_request_sends_nothing_twice(
        marie: World, rakuten: RakutenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    approved(marie)

    def dies(_: object, __: Row, claim: Any) -> Called:
        assert claim()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("bot.sending.call", dies)
        with pytest.raises(KeyboardInterrupt):
            list(send_ready(marie.guichet, lambda: marie.now))
    assert reply(marie)["state"] == "transmitting"
    passes(marie, 2)
    assert reply(marie)["state"] == "uncertain"
    assert rakuten.heard == []
    assert marie.says(Kind.DRAFT_APPROVED, draft=reply(marie)["id"])
    passes(marie, 2)
    assert len(rakuten.heard) == 1


# ---- without a token


def test_without_a_token_it_is_handed_over_with_text_link_and_countdown(world: World, rakuten: RakutenServer) -> None:
    claimed(world)
    row = reply(world)
    assert (row["channel"], row["to_addr"]) == ("seller", PAGE)
    [told] = world.to_marie("question")
    assert PAGE in told["body"]
    assert "avant le" in told["subject"]
    world.says(Kind.DRAFT_APPROVED, draft=row["id"])
    passes(world)
    assert (reply(world)["state"], deadline(world)) == ("handed", "open")
    assert rakuten.heard == []


def test_token_that_is_gone_when_she_says_yes_hands_it_over(marie: World, rakuten: RakutenServer) -> None:
    claimed(marie)
    marie.configure()
    marie.says(Kind.DRAFT_APPROVED, draft=reply(marie)["id"])
    passes(marie)
    row = reply(marie)
    assert (row["state"], row["channel"], row["to_addr"]) == ("handed", "seller", PAGE)
    assert rakuten.heard == []


def test_token_named_but_not_to_be_had_keeps_it_ready_and_says_so(
        marie: World, rakuten: RakutenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAKUTEN_TOKEN")
    approved(marie)
    [said] = passes(marie)
    assert "token_env" in said
    assert reply(marie)["state"] == "ready"
    assert rakuten.heard == []


# ---- shipping


def test_shipment_is_confirmed_where_number_and_carrier_are_known(marie: World, rakuten: RakutenServer) -> None:
    claimed(marie)
    shipped(marie)
    passes(marie, 2)
    [call] = rakuten.heard
    assert {name: call.parameters[name] for name in ("action", "itemid", "transporter_name", "tracking_number")} == {
        "action": "settrackingpackageinfos", "itemid": ITEM, "transporter_name": "Colissimo",
        "tracking_number": "6A15602676300"}
    assert reply(marie)["state"] == "sent"
    marie.later(minutes=1)
    shipped(marie)
    passes(marie)
    assert len(rakuten.heard) == 1, "the same parcel is told once"


def test_without_a_token_the_shipment_is_handed_over(world: World) -> None:
    claimed(world)
    shipped(world)
    row = reply(world)
    assert (row["state"], row["channel"], row["to_addr"]) == ("handed", "seller", PAGE)
    assert "6A15602676300" in row["body"]


def test_shipment_of_unknown_end_is_told_again_since_that_does_no_harm(marie: World, rakuten: RakutenServer) -> None:
    rakuten.faults = {"settrackingpackageinfos": [Fault.CUT]}
    claimed(marie)
    shipped(marie)
    passes(marie)
    assert reply(marie)["state"] == "transmitting"
    marie.later(minutes=2)
    passes(marie)
    marie.later(minutes=6)
    passes(marie, 2)
    assert (reply(marie)["state"], len(rakuten.heard)) == ("sent", 2)


# ---- sales


def sold(world: World, policy: str = "") -> None:
    """Let Rakuten tell of a sale of the item of C-1."""
    claimed(world)
    world.store.run("DELETE FROM outbox")
    key = CaseKey(marketplace="rakuten_fr", shop="rakuten_fr", reference=ITEM)
    handle(world.guichet, Event(key="sale", kind=Kind.SALE_MADE, case=key, at=world.now, source="try", mark="s1",
                                origin=Origin.PROVEN), world.now)


def drafts(world: World) -> dict[str, Row]:
    return {row["to_addr"].partition(" ")[0]: row for row in world.rows("outbox", "what = 'reply'")}


@pytest.mark.parametrize("mode", ["draft", "alone"])
def test_sale_is_never_accepted_or_refused_without_her_word(
        world: World, rakuten: RakutenServer, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setenv("RAKUTEN_TOKEN", TOKEN)
    world.configure(policy=f'mode = "{mode}"\n' + with_token(rakuten.base))
    sold(world)
    passes(world, 2)
    assert rakuten.heard == []
    assert {call: row["state"] for call, row in drafts(world).items()} == {"acceptsale": "draft", "refusesale": "draft"}


@pytest.mark.parametrize(("chosen", "other"), [("acceptsale", "refusesale"), ("refusesale", "acceptsale")])
def test_one_answer_to_a_sale_discards_the_other(
        marie: World, rakuten: RakutenServer, chosen: str, other: str) -> None:
    rakuten.new = [ITEM]
    sold(marie)
    marie.says(Kind.DRAFT_APPROVED, draft=drafts(marie)[chosen]["id"])
    with suppress(OrderError):  # refused, or without effect: what counts is what leaves
        marie.says(Kind.DRAFT_APPROVED, draft=drafts(marie)[other]["id"])
    passes(marie, 2)
    assert (drafts(marie)[chosen]["state"], drafts(marie)[other]["state"]) == ("sent", "discarded")
    assert [call.parameters["action"] for call in rakuten.heard] == [chosen]
    assert rakuten.heard[0].parameters.get("shippingfromcountry") == ("250" if chosen == "acceptsale" else None)


@pytest.mark.parametrize(("chosen", "clocks"), [("acceptsale", ["ship"]), ("refusesale", [])])
def test_accepted_sale_starts_the_48_hours_to_ship_and_a_refused_one_none(
        marie: World, rakuten: RakutenServer, chosen: str, clocks: list[str]) -> None:
    rakuten.new = [ITEM]
    sold(marie)
    marie.says(Kind.DRAFT_APPROVED, draft=drafts(marie)[chosen]["id"])
    passes(marie)
    running = marie.rows("deadlines", "state = 'open' AND rule != 'R4'")  # her other case is a claim
    assert [row["name"] for row in running] == clocks
    assert all((row["rule"], row["due"]) == ("R2", iso(marie.now + timedelta(hours=48))) for row in running)


def test_sale_of_unknown_end_is_looked_up_and_found_accepted(marie: World, rakuten: RakutenServer) -> None:
    rakuten.new, rakuten.faults = [ITEM, "1"], {"acceptsale": [Fault.CUT]}
    sold(marie)
    marie.says(Kind.DRAFT_APPROVED, draft=drafts(marie)["acceptsale"]["id"])
    passes(marie)
    marie.later(minutes=2)
    passes(marie, 2)
    assert drafts(marie)["acceptsale"]["state"] == "sent"
    assert len(rakuten.calls("acceptsale")) == 1


def test_sale_that_still_waits_after_an_unknown_end_is_accepted_again(marie: World, rakuten: RakutenServer) -> None:
    rakuten.new, rakuten.faults = [ITEM], {"acceptsale": [Fault.HTTP_500], "getnewsales": [Fault.HTTP_503]}
    sold(marie)
    marie.says(Kind.DRAFT_APPROVED, draft=drafts(marie)["acceptsale"]["id"])
    passes(marie)
    rakuten.new = [ITEM]                # its 500 had done nothing
    marie.later(minutes=2)
    passes(marie)
    assert drafts(marie)["acceptsale"]["state"] == "transmitting", "nobody could be asked"
    for minutes in (16, 6):
        marie.later(minutes=minutes)
        passes(marie)
    assert drafts(marie)["acceptsale"]["state"] == "sent"
    assert len(rakuten.calls("acceptsale")) == 2


def test_sale_from_its_mail_to_its_acceptance(marie: World, rakuten: RakutenServer, root: Path) -> None:
    sample = root / "bot" / "marketplaces" / "rakuten_fr" / "samples" / "sale_made.eml"
    marie.hears(sample.read_bytes())
    [told] = marie.to_marie("question")
    assert "\n    accepter\n" in told["body"]
    assert "\n    refuser\n" in told["body"]
    marie.says(Kind.DRAFT_APPROVED, draft=drafts(marie)["acceptsale"]["id"])
    passes(marie, 2)
    [call] = rakuten.heard
    assert (call.parameters["action"], call.parameters["itemid"]) == ("acceptsale", "874580842")
    assert [row["state"] for row in marie.rows("deadlines", "name = 'accept_sale'")] == ["met"]


# ---- when the buyer may not be written to


def test_old_orders_and_escalated_claims_are_not_written_to(marie: World) -> None:
    claimed(marie)
    marie.store.run("DELETE FROM outbox")
    marie.store.run("UPDATE cases SET opened = '2026-10-05T09:00:00Z'")      # 43 days ago
    marie.hears(claim(date=marie.now).replace("ébréchée".encode(), b"fendue"))
    assert reply(marie)["channel"] == "seller"
    marie.store.run("DELETE FROM outbox")
    marie.store.run("UPDATE cases SET opened = '2026-11-10T09:00:00Z', stage = 'escalated'")
    marie.hears(claim(date=marie.now).replace("ébréchée".encode(), "cassée".encode()))
    assert reply(marie)["channel"] == "seller"


# ---- the token, and the program as it is started


def test_token_stands_in_no_row_and_no_log(
        marie: World, rakuten: RakutenServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rakuten.faults = {CONTACT: [Fault.ECHO, Fault.REDIRECT, Fault.CUT]}
    approved(marie)
    for _ in range(3):
        passes(marie)
        marie.later(minutes=2)
        passes(marie)
        marie.says(Kind.DRAFT_APPROVED, draft=reply(marie)["id"])
    assert len(rakuten.heard) == 3
    marie.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in marie.folder.rglob("*") if path.is_file())
    told = "\n".join(marie.store.db.conn.iterdump()) + caplog.text
    for secret in (TOKEN, quote(TOKEN, safe=""), quote(TOKEN)):
        assert secret not in told
        assert secret.encode() not in kept


def checked(world: World) -> Finding:
    return next(found for found in findings(world.guichet.settings) if found.check == "webservice rakuten_fr")


def test_check_tries_the_webservice(marie: World, rakuten: RakutenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rakuten.waiting = {ITEM: ["CLAIM"]}
    assert checked(marie).verdict is Verdict.OK
    assert "1 items" in checked(marie).sentence
    for fault, verdict in ((Fault.QUOTA, Verdict.ATTENTION), (Fault.RIGHTS, Verdict.BROKEN),
                           (Fault.GARBAGE, Verdict.ATTENTION)):
        rakuten.faults = {"getitemtodolist": fault}
        assert checked(marie).verdict is verdict
        assert TOKEN not in repr(checked(marie))
    monkeypatch.delenv("RAKUTEN_TOKEN")
    assert checked(marie).verdict is Verdict.BROKEN
    assert {call.parameters["action"] for call in rakuten.heard} == {"getitemtodolist"}


def test_check_says_nothing_of_a_webservice_nobody_uses(world: World) -> None:
    assert not [found for found in findings(world.guichet.settings) if found.check.startswith("webservice")]


def test_from_the_mailbox_to_rakuten_with_the_program_as_it_is_started(shop: Shop, rakuten: RakutenServer) -> None:
    (shop.folder / "token").write_text(TOKEN + "\n")
    shop.policy(with_token(rakuten.base).replace('token_env = "RAKUTEN_TOKEN"', 'token_file = "token"'))
    shop.once()
    shop.arrives("rakuten_fr/not_conforming_damaged")
    shop.once()
    out, _ = shop.bot("approve", "C-1")
    assert "only you can click" not in out
    err = shop.once() + shop.once()
    [call] = rakuten.heard
    assert call.parameters["action"] == CONTACT
    [row] = [row for row in shop.show("outbox") if row["what"] == "reply"]
    assert (row["state"], row["channel"]) == ("sent", "webservice")
    assert [row["state"] for row in shop.show("deadlines")] == ["met"]
    shop.bot("shipped", "C-1", "6A15602676300", "--carrier", "Colissimo")
    shop.once()
    assert len(rakuten.calls("settrackingpackageinfos")) == 1
    out, _ = shop.bot("check", "--json")
    assert [one["state"] for one in json.loads(out) if one["check"].startswith("webservice")] == ["ok"]
    assert TOKEN not in out + err


def test_every_act_has_its_words_in_the_channels_page(root: Path) -> None:
    page = (root / "docs" / "channels.md").read_text("utf-8")
    assert [act for act in ACTS if f"`{act}`" not in page] == []
    assert f"`{State.HANDED}`" in page
