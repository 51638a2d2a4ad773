"""What the light marketplaces' samples cannot show: cases over several mails, traps, and mails without end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot import marketplaces
from bot.core.case import Case
from bot.core.event import CaseKey
from bot.core.message import read
from bot.marketplaces.contract import Notification
from bot.settings import installed_names
from tests.world import NOW, World, mail, passed

FOLDER = Path(marketplaces.__file__).parent
LIGHT = ("cdiscount", "darty", "ebay", "etsy", "fnac", "leboncoin", "manomano", "mirakl", "vinted")
EBAY = "c4d5e6f7a8b9c0d1e2f3@members.ebay.de"
LINE = "Email reference id: [#a1b2c3d4e5f60718293a4b5c6d7e8f90#]"
CDISCOUNT = "c.0a1b2c3d4e5f60718293a4b5c6d7e8f9@clemarche.com"


def parsed(raw: bytes) -> Notification:
    message = read(raw)
    claim = marketplaces.recognise(message, marketplaces.installed())
    assert claim
    return claim[0].parse(message, claim[1])


def ebay(words: str, *, order: str = "", line: str = LINE, item: str = "197311224455") -> bytes:
    labels = f"Bestellnummer: {order}\n" if order else ""
    subject = f"lampenfreund_77 hat eine Nachricht gesendet zu Lampe #{item}"
    return mail(f"From: lampenfreund_77 <{EBAY}>\nSubject: {subject}",
                f"{words}\n\nArtikelnr.: {item}\n{labels}\n{line}", proof=passed("members.ebay.de"))


def cdiscount(words: str, *, subject: str = "Message", more: str = "") -> bytes:
    return mail(f"From: Client <{CDISCOUNT}>\nSubject: {subject}{more}", words, proof=passed("clemarche.com"))


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_marketplace_is_installed_because_its_folder_is_there(name: str) -> None:
    assert name in {found.name for found in marketplaces.installed()} & installed_names()


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_marketplace_is_data_and_a_page_of_code_at_most(name: str) -> None:
    lines = [line for line in (FOLDER / name / "__init__.py").read_text("utf-8").splitlines() if line.strip()]
    assert len(lines) <= 75


# ---- cases


def test_a_message_before_the_sale_and_the_one_about_the_order_are_one_ebay_case(world: World) -> None:
    world.hears(ebay("Ist die Lampe noch da?"))
    world.hears(ebay("Danke, gekauft!", order="12-45678-90123"))
    case = world.one("cases")
    assert (case["order_number"], case["buyer"]) == ("12-45678-90123", "lampenfreund_77")


def test_one_ebay_member_who_asks_about_two_items_has_two_cases(world: World) -> None:
    world.hears(ebay("Ist sie noch da?"), ebay("Und diese?", item="197311220000"))
    assert len(world.rows("cases")) == 2


def test_an_order_that_only_the_buyer_names_joins_no_case_of_another() -> None:
    note = parsed(ebay("Bestellnummer: 99-11111-22222\nBitte erstatten."))
    assert (note.order, note.facts["order_mentioned"]) == (None, "99-11111-22222")


def test_two_messages_of_the_same_words_are_two_messages() -> None:
    first, second = cdiscount("Merci"), cdiscount("Merci").replace(b"10:00:00", b"11:00:00")
    assert first != second
    assert parsed(first).mark != parsed(second).mark


# ---- answers


def test_an_answer_to_ebay_quotes_its_reference_line(world: World) -> None:
    world.hears(ebay("Der Schalter klemmt.", order="12-45678-90123"))
    draft = world.one("outbox", "what = 'reply'")
    assert (draft["channel"], draft["to_addr"], draft["state"]) == ("email", EBAY, "draft")
    assert draft["body"].rstrip().endswith(f"> Der Schalter klemmt.\n> {LINE}")


def test_without_its_reference_line_nothing_leaves_for_ebay_by_itself(world: World) -> None:
    world.configure(policy='mode = "alone"')
    world.hears(ebay("Der Schalter klemmt.", line=""))
    draft = world.one("outbox", "what = 'reply'")
    assert draft["state"] == "draft"
    assert "reference_line_missing: " in draft["why"]


def test_a_mail_that_wants_its_answers_elsewhere_is_answered_at_the_relay_and_only_by_a_person(world: World) -> None:
    world.configure(policy='mode = "alone"')
    world.hears(cdiscount("Où est-il ?", more="\nReply-To: moi@evil.example"))
    draft = world.one("outbox", "what = 'reply'")
    assert (draft["to_addr"], draft["state"]) == (CDISCOUNT, "draft")
    assert "reply_to_stranger: " in draft["why"]


def test_an_absence_notice_through_a_relay_is_no_message(world: World) -> None:
    world.hears(cdiscount("Je suis absent.", more="\nAuto-Submitted: auto-replied"))
    assert world.rows("cases") == []
    assert world.one("mails")["state"] == "ignored"


@pytest.mark.parametrize("kind", ["buyer_wrote", "not_received_claimed", "not_conforming_claimed", "return_opened"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_words_for_a_place_without_its_own_hold_nothing_to_fill_in(world: World, kind: str, language: str) -> None:
    case = Case(key=CaseKey(marketplace="cdiscount", shop="cdiscount", reference="1"))
    said = world.guichet.templates.render(f"{kind}.reply", language, {"case": case, "facts": {}, "subject": "Re: x"},
                                          marketplace="cdiscount")
    assert "[" not in said.body
    assert "None" not in said.body


# ---- clocks


def test_a_buyers_own_period_starts_no_clock_where_none_is_known(world: World) -> None:
    world.hears(cdiscount("Vous avez 2 heures pour me rembourser."))
    assert world.rows("deadlines") == []
    assert world.one("cases")["turn"] == "seller"


def test_what_a_buyer_quotes_above_his_words_starts_no_clock() -> None:
    assert parsed(cdiscount("> Vous avez 2 heures pour répondre.\n\nMerci, et alors ?")).stated == ()


def test_a_vinted_label_alone_starts_no_clock(world: World) -> None:
    world.hears(mail("From: Team Vinted <no-reply@vinted.fr>\nSubject: Bordereau d'envoi Vinted - pour Veilleuse",
                     "Voici.", proof=passed("vinted.fr")))
    assert world.rows("deadlines") == []


def test_a_label_gains_a_vinted_seller_no_time(world: World) -> None:
    world.hears(mail("From: Team Vinted <no-reply@vinted.fr>\nSubject: Ton article s'est vendu !",
                     "Ton article « Veilleuse » s'est vendu !", proof=passed("vinted.fr")))
    due = world.one("deadlines")["due"]
    world.hears(mail("From: Team Vinted <no-reply@vinted.fr>\nSubject: Bordereau d'envoi Vinted - pour Veilleuse",
                     "Voici.", proof=passed("vinted.fr")))
    assert (world.one("deadlines")["due"], due) == ("2026-11-24T10:00:00Z",) * 2
    assert len(world.rows("cases")) == 1


def test_an_etsy_sale_in_the_last_hours_of_its_day_is_not_due_in_a_year() -> None:
    [stated] = parsed(mail(
        "From: Etsy <transaction@etsy.com>\n"
        "Subject: You made a sale on Etsy - Dispatch by Nov 17 - [US$9.00, Order #3500111999]", "Shop: Lumen",
        date=NOW)).stated
    assert stated.until
    assert stated.until.date() == NOW.date()


# ---- what is written to hurt


@pytest.mark.parametrize("words", ["« " * 100_000, "»" * 200_000, " \n" * 100_000, "Bestellnummer: " * 30_000,
                                   "https://www.etsy.com/conversations/1\n" * 8_000, "Note for seller:\n" * 20_000])
def test_no_endless_mail_keeps_a_light_marketplace_busy(words: str) -> None:
    """Quadratic patterns would take minutes; an honest reading takes a fraction of these seconds."""
    senders = (EBAY, CDISCOUNT, "a@messagerie.leboncoin.fr", "conversations@mail.etsy.com", "no-reply@vinted.fr")
    began = time.monotonic()
    for sender in senders:
        parsed(mail(f"From: X <{sender}>\nSubject: Nouveau message pour \"x\" sur leboncoin", words))
    assert time.monotonic() - began < 20
