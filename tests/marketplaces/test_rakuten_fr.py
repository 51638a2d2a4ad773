"""What Rakuten's samples cannot show: mails that are not claimed, and buyers who ape the mail around them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import marketplaces
from bot.core.deadline import Period, Unit
from bot.core.event import Channel, Kind
from bot.core.message import Message
from bot.core.policy import Seller
from bot.edges.templates import Templates, Words
from bot.marketplaces.contract import Notification, UnreadableError

RAKUTEN = next(found for found in marketplaces.installed() if found.name == "rakuten_fr")
CONFORMING, RECEIVED = Kind.NOT_CONFORMING_CLAIMED, Kind.NOT_RECEIVED_CLAIMED
ON_A_SALE = "Réclamation sur votre vente (912000001) - Service Clients Rakuten"
CLAIM = """Bonjour Atelier Lumen,

L'acheteur zelie.k vient de faire une réclamation concernant votre vente :

Commande : 366000002/912000001
Article : Théière
Réclamation : {category}
Commentaire : {comment}

A partir d'aujourd'hui, 16/11/2026, vous avez 3 jours ouvrés pour trouver un arrangement amiable.
Merci de votre confiance et à bientôt,
Rakuten
"""


def mail(subject: str = ON_A_SALE, *, category: str = "Abimé", comment: str = "Le bec est cassé.",
         text: str = "", links: tuple[str, ...] = (),
         sender: str = "notification@fr.shopping.rakuten.com") -> Message:
    return Message(sender=sender, subject=subject, links=links,
                   text=text or CLAIM.format(category=category, comment=comment))


def note(message: Message) -> Notification:
    kind = RAKUTEN.recognise(message)
    assert kind, message.subject
    return RAKUTEN.parse(message, kind)


@pytest.mark.parametrize(("category", "kind", "word"), [
    ("Abimé", CONFORMING, "damaged"), ("Abime", CONFORMING, "damaged"),
    ("Article endommagé", CONFORMING, "damaged"),
    ("En panne", CONFORMING, "out_of_order"), ("Article défectueux", CONFORMING, "out_of_order"),
    ("Différent", CONFORMING, "different"), ("Incomplet", CONFORMING, "incomplete"),
    ("Colis vide", CONFORMING, "empty_parcel"), ("Non conforme", CONFORMING, "unspecified"),
    ("Colis bloqué", RECEIVED, "blocked"), ("Erreur d'adresse", RECEIVED, "wrong_address"),
    ("Colis perdu", RECEIVED, "lost"), ("Retour à l'expéditeur", RECEIVED, "returned_to_sender"),
    ("Litige livraison", RECEIVED, "delivery_dispute"), ("Non reçu", RECEIVED, "unspecified"),
])
def test_the_category_says_the_kind(category: str, kind: Kind, word: str) -> None:
    said = note(mail(category=category))
    assert (said.kind, said.facts["category"]) == (kind, word)


@pytest.mark.parametrize("category", ["Autre", "", "Problème avec un article abimé", "réclamation"])
def test_a_category_nobody_knows_is_not_guessed(category: str) -> None:
    assert RAKUTEN.recognise(mail(category=category)) is None


@pytest.mark.parametrize("subject", [
    "Réclamation sur votre vente (912000001) - Service Clients Rakuten",
    "Réclamation sur votre vente (912000001) - Jean-Loup (Service Clients Rakuten)",
    "Réclamation sur votre vente sur la commande 912000001 - Service Clients Rakuten",
    "Re: Réclamation sur votre vente (912000001) - Jean (Service clients Rakuten)",
    "Re : Reclamation sur votre vente (912000001) - Service Clients Rakuten - PriceMinister",
    "RÃ©clamation sur votre vente (912000001)",
    "Réclamation sur votre vente",
])
def test_every_shape_of_the_subject_is_the_same_claim(subject: str) -> None:
    said = note(mail(subject))
    assert (said.kind, said.reference, said.item, said.order) == (
        CONFORMING, "912000001", "912000001", "366000002")


@pytest.mark.parametrize("subject", [
    "Enregistrement de votre réclamation (912000001) - Service Clients Rakuten)",
    "Réclamation transmise au vendeur (912000001) - (Service Clients Rakuten)",
    "Réclamation : nous contactons votre vendeur (912000001) - Lou (Service Clients Rakuten)",
    "Réclamation sur votre achat (912000001) - Service Clients Rakuten",
    "Annulation de votre achat (912000001) - Lou (Service Clients Rakuten)",
    "Réclamation sur votre vente : dossier clos (912000001) - Lou (Service Clients Rakuten)",
    "Réclamation close",
    "Vous avez annulé votre réclamation (912000001) - Lou (Service Clients Rakuten)",
    "Photos - Réclamation 912000001",
])
def test_what_the_account_bought_or_has_settled_is_no_claim(subject: str) -> None:
    assert RAKUTEN.recognise(mail(subject)) is None


@pytest.mark.parametrize("sender", [
    "promo@news-priceminister.com", "notification@rakuten.com.example", "notification@fakerakuten.com",
    "rakuten.com@evil.example",
])
def test_a_newsletter_or_a_look_alike_is_not_rakuten(sender: str) -> None:
    assert RAKUTEN.recognise(mail(sender=sender)) is None


def test_the_number_in_brackets_is_the_item_and_the_first_of_a_pair_the_order() -> None:
    said = note(mail("Article non reçu : confirmez l'expédition (912000009) - Lou (Service Clients Rakuten)",
                     text="Bonjour,\n\nCet article de l'achat n°366000002 n'est pas arrivé."))
    assert (said.order, said.item, said.reference) == ("366000002", "912000009", "912000009")


def test_a_claim_without_an_item_is_kept_under_its_order() -> None:
    said = note(mail("Article non reçu : confirmez l'expédition - Service Clients Rakuten",
                     text="Bonjour,\n\nAchat n°366000002."))
    assert (said.order, said.item, said.reference, dict(said.links)) == ("366000002", None, "366000002", {})


@pytest.mark.parametrize("number", ["９１２０００００１", "91200000", "91200000123", "٩١٢٠٠٠٠٠١"])
def test_a_claim_without_a_clean_number_goes_to_a_person(number: str) -> None:
    message = mail(f"Article non reçu : confirmez l'expédition ({number})", text="Bonjour,")
    with pytest.raises(UnreadableError, match="reference"):
        note(message)


@pytest.mark.parametrize("fake", [
    "Réclamation : Colis perdu", "Commande : 111111111/222222222", "Article : Un lingot",
    "L'acheteur mallory vient de parler.", "Achat n°111111111",
])
def test_a_buyer_who_apes_the_mail_changes_no_fact(fake: str) -> None:
    honest = note(mail())
    said = note(mail(comment=f"Le bec est cassé.\n{fake}"))
    assert dict(said.facts) == dict(honest.facts)
    assert (said.kind, said.order, said.item) == (honest.kind, honest.order, honest.item)
    assert said.buyer == honest.buyer
    assert said.text == f"Le bec est cassé.\n{fake}"


def test_a_mail_with_few_lines_takes_no_fact_from_the_comment() -> None:
    fake = "Réclamation : Abimé\nCommande : 111111111/222222222\nArticle : Or\nL'acheteur mal vient."
    said = note(mail("Article non reçu : confirmez l'expédition (912000001)",
                     text=f"Bonjour,\n\nAchat n°366000002.\nCommentaire : Rien reçu.\n{fake}"))
    assert dict(said.facts) == {"category": "unspecified", "order": "366000002", "item": "912000001"}
    text = f"Bonjour,\n\nCommentaire : Rien reçu.\n{fake}"
    with_subject = note(mail("Article non reçu : confirmez l'expédition (912000001)", text=text))
    assert (with_subject.order, with_subject.item) == (None, "912000001")
    assert RAKUTEN.recognise(mail(text=text)) is None


@pytest.mark.parametrize("fake", [
    "Répondez sous 2 heures.", "Vous avez 90 jours pour répondre.",
    "Merci de répondre avant le 31/12/2027 à 10h00.",
    "A partir d'aujourd'hui, 01/12/2026, vous avez 90 jours ouvrés pour répondre.",
    "Cassé.\n\nVous disposez de 90 jours.\n\nMerci de nous confirmer sous 90 jours.",
    "Merci de votre confiance et à bientôt,\nVous avez 90 jours pour répondre.",
])
def test_a_buyers_words_move_no_deadline(fake: str) -> None:
    said = note(mail(comment=fake))
    assert [one.within for one in said.stated] == [Period(amount=3, unit=Unit.WORKING_DAYS)]
    assert said.facts["claimed_on"] == "2026-11-16"


def test_a_copy_with_other_blanks_and_apostrophes_has_the_same_mark() -> None:
    once = note(mail(comment="L'anse est cassée, je suis déçue."))
    again = note(mail(comment="L’anse  est\ncassée,\xa0je suis déçue."))
    other = note(mail(comment="Le bec est cassé, je suis déçue."))
    assert once.mark == again.mark != other.mark
    assert once.mark != note(mail(category="En panne", comment="L'anse est cassée, je suis déçue.")).mark


def test_the_page_of_the_sale_is_never_one_the_buyer_wrote() -> None:
    page = "https://fr.shopping.rakuten.com/purchase?action=itemmonitoring&itemid="
    for link in ("https://evil.example/purchase?action=itemmonitoring&itemid=912000001", f"{page}912000002",
                 f"{page}912000001&next=https://evil.example", "javascript:alert(1)"):
        assert dict(note(mail(links=(link,))).links) == {"order_page": f"{page}912000001"}
    given = f"{page}912000001#item_state_action_block"
    assert dict(note(mail(links=("https://evil.example/", given))).links) == {"order_page": given}


def test_a_stated_hour_is_read_on_the_clock_of_paris() -> None:
    said = note(mail("Article non reçu : confirmez l'expédition (912000001)",
                     text="Bonjour,\n\nMerci de répondre avant le 25/10/2026 à 02:30."))
    assert [one.until for one in said.stated] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_rakuten_is_answered_in_the_account() -> None:
    said = note(mail())
    assert (said.answer_to, RAKUTEN.channel(CONFORMING, "reply"), RAKUTEN.channel(CONFORMING, "offer")) == (
        "", Channel.SELLER, Channel.SELLER)


def test_a_million_lines_below_the_category_are_read_in_a_moment() -> None:
    said = note(mail(comment="Réclamation :\n" * 50_000))
    assert said.facts["category"] == "damaged"


CATEGORIES = {
    CONFORMING: ("damaged", "out_of_order", "different", "incomplete", "empty_parcel", "unspecified"),
    RECEIVED: ("blocked", "wrong_address", "lost", "returned_to_sender", "delivery_dispute", "unspecified"),
}
REPLIES = [(kind, category, language) for kind, words in CATEGORIES.items() for category in words
           for language in ("fr", "en")]


class CaseWords:
    """What a template may ask of a case."""

    order, item, buyer = "366000002", "912000001", "zelie.k"


def reply(kind: Kind, category: str, language: str, case: object, seller: Seller) -> Words:
    context = {"case": case, "facts": {"category": category} if category else {}, "text": "Le bec est cassé."}
    return Templates(seller).render(f"{kind}.reply", language, context, marketplace="rakuten_fr")


@pytest.mark.parametrize(("kind", "category", "language"), REPLIES)
def test_a_reply_is_fit_for_rakutens_messages(kind: Kind, category: str, language: str) -> None:
    seller = Seller(name="Atelier Lumen", return_address="1 rue des Lilas, 75012 Paris")
    said = reply(kind, category, language, CaseWords(), seller)
    said.body.encode("iso-8859-1")      # Rakuten's webservice takes no other characters
    assert "zelie.k" in said.body
    assert said.body.rstrip().endswith("Atelier Lumen")
    assert not any(sign in said.body for sign in ("http", "www.", "@", "€", "%", "{", "\n\n\n"))
    assert "912000001" in said.subject


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_the_bot_does_not_know_of_a_shipment_is_left_blank_to_fill(language: str) -> None:
    blank = {"fr": "[à compléter]", "en": "[to fill in]"}[language]
    assert reply(RECEIVED, "lost", language, CaseWords(), Seller(name="A")).body.count(blank) == 3


@pytest.mark.parametrize("kind", CATEGORIES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_reply_needs_neither_names_nor_numbers(kind: Kind, language: str) -> None:
    class Bare:
        order, item, buyer = None, None, None

    said = reply(kind, "", language, Bare(), Seller(name="A"))
    assert "None" not in said.body + said.subject


def test_the_seller_can_be_told_what_silence_costs() -> None:
    assert {rule.kind: (rule.id, rule.name) for rule in RAKUTEN.rules} == {
        CONFORMING: ("R4", "propose_solution"), RECEIVED: ("R6", "confirm_shipment")}


def test_every_category_of_the_labels_has_words_in_the_replies() -> None:
    folder = Path(marketplaces.__file__).parents[2] / "templates" / "rakuten_fr"
    told = {(label.kind, label.says["category"]) for label in RAKUTEN.labels}
    for kind, category in told - {(CONFORMING, "unspecified"), (RECEIVED, "unspecified")}:
        for path in folder.glob(f"{kind}.reply.*.txt"):
            assert f'"{category}"' in path.read_text("utf-8"), (path.name, category)
