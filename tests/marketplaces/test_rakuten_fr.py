"""What Rakuten's samples cannot show: mails that are not claimed, and buyers who ape the mail around them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize

import pytest

from bot import marketplaces
from bot.core.deadline import Period, Unit, reckon
from bot.core.event import Channel, Kind, Party
from bot.core.message import Message
from bot.core.policy import Seller
from bot.edges.templates import Templates, Words
from bot.marketplaces.contract import Notification
from bot.marketplaces.rakuten_fr import subjects
from bot.marketplaces.rakuten_fr.letter import LOOKS

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
def test_a_category_nobody_knows_is_not_guessed_but_its_clock_runs(category: str) -> None:
    said = note(mail(category=category))
    assert (said.kind, said.facts["claim"], said.item) == (Kind.MARKETPLACE_WROTE, "unknown", "912000001")
    assert [one.within for one in said.stated] == [Period(amount=3, unit=Unit.WORKING_DAYS)]


def test_a_claim_of_an_unknown_category_without_a_time_starts_the_earlier_clock() -> None:
    said = note(mail(text="Bonjour,\n\nRéclamation : Autre\n"))
    found = reckon(RAKUTEN.terms.rules, said.stated, kind=said.kind, facts=said.facts, seller=Seller(),
                   start=datetime(2026, 11, 16, 9, tzinfo=UTC))
    assert [(one.name, one.due) for one in found] == [("answer_claim", datetime(2026, 11, 18, 9, tzinfo=UTC))]


@pytest.mark.parametrize("subject", [
    "Réclamation sur votre vente (912000001) - Service Clients Rakuten",
    "Réclamation sur votre vente (912000001) - Jean-Loup (Service Clients Rakuten)",
    "Réclamation sur votre vente sur la commande 912000001 - Service Clients Rakuten",
    "Re: Réclamation sur votre vente (912000001) - Jean (Service clients Rakuten)",
    "Re : Reclamation sur votre vente (912000001) - Service Clients Rakuten - PriceMinister",
    "RÃ©clamation sur votre vente (912000001)",
    "Réclamation sur votre vente",
    "Réclamation sur vente (912000001)",
    "Réclamation sur vente : contactez l'acheteur (912000001) - Service Clients Rakuten",
])
def test_every_shape_of_the_subject_is_the_same_claim(subject: str) -> None:
    said = note(mail(subject))
    assert (said.kind, said.reference, said.item, said.order) == (
        CONFORMING, "912000001", "912000001", "366000002")


W, B, P, D = Kind.MARKETPLACE_WROTE, Kind.BUYER_SIDE, Kind.PROOF_DEMANDED, Kind.DOCUMENTS_DEMANDED
LABELS = {                      # the labels collected from code that sorts real mails
    "Réclamation en cours : faisons le point ensemble": W,
    "Réclamation sur vente : contactez l'acheteur": W,
    "Je n'ai pas reçu mon colis en retour (912000001) - Lou (Service Clients Rakuten)": W,
    "Avez-vous expédié l'article ? (912000001) - Service Clients Rakuten - PriceMinister": P,
    "Rétractation : l'acheteur souhaite annuler sa commande (912000001) - Lou (Service Clients Rakuten)":
        Kind.WITHDRAWAL_OPENED,
    "Question sur la commande 912000001": Kind.BUYER_WROTE,
    "Précisions sur votre vente (forum)": Kind.BUYER_WROTE,
    "Précisions sur votre achat": B,
    "Nouveau message de zelie.k": Kind.BUYER_WROTE,
    "Vous avez des nouveaux messages": Kind.BUYER_WROTE,
    "Article non reçu : confirmez l'expédition (912000001) - Lou (Service Clients Rakuten)": RECEIVED,
    "Dernière relance : envoyez un transporteur (912000001) - Lou (Service Clients Rakuten)": Kind.LAST_CALL,
    "Dernière relance pour l'envoi des documents demandés (912000001) - Lou (Service Clients Rakuten)": Kind.LAST_CALL,
    "Application de la garantie : dernière relance avant annulation (912000001)": Kind.LAST_CALL,
    "Garantie : confirmez-nous la prise en charge (912000001) - Lou (Service Clients Rakuten)": Kind.LAST_CALL,
    "Finalisation de votre vente (912000001) - Lou (Service Clients Rakuten)": W,
    "Colis non reçu par l'acheteur : contactez immédiatement votre transporteur (912000001)":
        Kind.CARRIER_ENQUIRY_DEMANDED,
    "Problème de livraison : contactez votre transporteur (912000001) - Lou (Service Clients Rakuten)":
        Kind.CARRIER_ENQUIRY_DEMANDED,
    "Anomalie dans l'acheminement du colis (912000001) - Lou (Service Clients Rakuten)": W,
    "Votre numéro de suivi est incorrect (912000001) - Lou (Service Clients Rakuten)": P,
    "Envoyez-nous la preuve de dépôt du colis (912000001) - Lou (Service Clients Rakuten)": P,
    "Envoyez-nous la preuve de livraison (912000001) - Lou (Service Clients Rakuten)": P,
    "Confirmez-nous l'expédition de la commande (912000001) - Lou (Service Clients Rakuten)": P,
    "Confirmez l'enregistrement de votre colis (912000001) - Lou (Service Clients Rakuten)": P,
    "N'oubliez pas d'expédier votre commande ! (912000001)": P,
    "Votre commande n'a toujours pas été expédiée (912000001)": P,
    "Envoyez au plus vite la commande (912000001) - Lou (Service Clients Rakuten)": P,
    "Problème de livraison : nouvelle expédition (912000001) - Lou (Service Clients Rakuten)": P,
    "Problème de livraison : renvoyez l'article (912000001) - Lou (Service Clients Rakuten)": P,
    "Nouvelle adresse : renvoyez l'article (912000001) - Lou (Service Clients Rakuten)": P,
    "Nouvelle réclamation - Envoyez-nous des documents (912000001) - Lou (Service Clients Rakuten)": D,
    "Nouvelle réclamation : article absent du colis (912000001) - Lou (Service Clients Rakuten)": CONFORMING,
    "Envoyez-nous des photos (912000001) - Lou (Service Clients Rakuten)": D,
    "Envoyez-nous tous les documents demandés (912000001) - Lou (Service Clients Rakuten)": D,
    "Relance : document en attente (912000001) - Lou (Service Clients Rakuten)": D,
    "Renvoyez-nous les documents (912000001) - Lou (Service Clients Rakuten)": D,
    "Réponse non recevable : envoyez-nous le bon document (912000001) - Lou (Service Clients Rakuten)": D,
    "Problème de livraison : envoyez-nous le document (912000001) - Lou (Service Clients Rakuten)": D,
    "Réclamation : informations supplémentaires requises": D,
    "Repostez votre message pour zelie.k (912000001) - Service Clients Rakuten": Kind.MESSAGE_UNDELIVERED,
    "Nous n'avons pas reçu votre message - Lou (Service Clients Rakuten)": Kind.MESSAGE_UNDELIVERED,
    "Contactez votre acheteur (912000001) - Lou (Service Clients Rakuten)": W,
    "A propos de votre demande de photos (912000001) - Lou (Service Clients Rakuten)": W,
    "Votre rabais a été transmis à votre acheteur (912000001) - Service Clients Rakuten": Kind.OFFER_UPDATED,
    "Réponse concernant votre rabais sur la commande 912000001 - Service Clients Rakuten": Kind.OFFER_UPDATED,
    "Votre proposition de rabais": Kind.OFFER_UPDATED,
    "Re: Une réclamation est en cours sur ma vente - Lou (Service Clients Rakuten)": W,
    "Photos - Réclamation 912000001": W,
    "Re: Je propose la réparation (912000001) - Lou (Service Clients Rakuten)": W,
    "Vous avez annulé votre réclamation (912000001) - Lou (Service Clients Rakuten)": Kind.CLAIM_CLOSED,
    "Délai de réclamation dépassé (912000001) - Lou (Service Clients Rakuten)": Kind.CLAIM_CLOSED,
    "Réclamation close": Kind.CLAIM_CLOSED,
    "Réclamation : traitement en cours (912000001) - Lou (Service Clients Rakuten)": Kind.CLAIM_UPDATED,
    "Réception de vos documents - Rakuten": Kind.CLAIM_UPDATED,
    "Retour de votre article : traitement en cours (912000001) - Lou (Service Clients Rakuten)": Kind.RETURN_UPDATED,
    "Confirmez le retour de l'article chez le vendeur - Lou (Service Clients Rakuten)": B,
    "Annulation de votre vente (912000001) - Lou (Service Clients Rakuten)": Kind.SALE_CANCELLED,
    "Félicitations, vous avez une nouvelle vente !": Kind.SALE_MADE,
    "Finalisation de votre paiement": Kind.PAYMENT_SENT,
    "Reversement par virement": Kind.PAYMENT_SENT,
    "Note et commentaire validés": Kind.RATING_RECEIVED,
    "Modification de votre note": Kind.RATING_RECEIVED,
    "Question sur un produit que vous vendez": Kind.QUESTION_ASKED,
    "Enregistrement de votre réclamation (912000001) - Service Clients Rakuten)": B,
    "Enregistrement de votre commande (achat n°366000002)": B,
    "Bilan de votre commande (achat n°366000002)": B,
    "Le vendeur vous envoie le complément (912000001) - Lou (Service Clients Rakuten)": B,
    "Réclamation transmise au vendeur (912000001) - (Service Clients Rakuten)": B,
    "Réclamation : nous contactons votre vendeur (912000001) - Lou (Service Clients Rakuten)": B,
    "Annulation de votre achat (912000001) - Lou (Service Clients Rakuten)": B,
    "Remboursement de votre achat (912000001) - Lou (Service Clients Rakuten)": B,
    "Confirmez la réception de l'article (912000001) - Service Clients Rakuten": B,
    "Votre commande est en cours de préparation ! (912000001) - Lou": B,
    "Avez-vous bien reçu l'intégralité de votre commande": B,
    "Suite à votre appel : enquête de satisfaction (Service Clients Rakuten)": Kind.NOTICE,
    "Votre facture RAKUTEN France du 10/11/2020": Kind.NOTICE,
    "Planning opérations commerciales Février 21 Rakuten - Sales operations planning": Kind.NOTICE,
    "Je rentre de vacances": Kind.NOTICE,
    "Re : Je souhaite créditer mon Porte-Monnaie - Lou (Service Clients Rakuten)": W,
}


@pytest.mark.parametrize(("subject", "kind"), LABELS.items())
def test_every_label_ever_collected_has_its_kind(subject: str, kind: Kind) -> None:
    assert RAKUTEN.recognise(mail(subject, text="Bonjour,\n\nVoir votre compte.")) is kind


@pytest.mark.parametrize("subject", LABELS)
def test_a_label_that_lost_its_accents_is_the_same(subject: str) -> None:
    bare = "".join(char for char in normalize("NFD", subject) if not combining(char)).replace("'", "\u2019")
    assert RAKUTEN.recognise(mail(bare, text="Bonjour,")) is RAKUTEN.recognise(mail(subject, text="Bonjour,"))


@pytest.mark.parametrize("name", ["Solène", "Jean-Loup", "Marie Ève", "SOLÈNE"])
def test_an_agents_accents_may_come_as_two_characters(name: str) -> None:
    subject = f"Envoyez-nous la preuve de livraison (912000001) - {name} (Service Clients Rakuten)"
    for seen in (subject, normalize("NFD", subject), subject.encode().decode("latin-1")):
        assert RAKUTEN.recognise(mail(seen, text="Bonjour,")) is P, seen
    assert subjects.agent(subject) == name


def test_every_label_of_a_real_mail_knows_who_signed_it_and_its_number() -> None:
    for subject in LABELS:
        said = note(mail(subject, text="Bonjour,"))
        assert said.item == ("912000001" if "912000001" in subject else None), subject
        assert said.order == ("366000002" if "366000002" in subject else None), subject
        assert said.facts.get("agent", "") == ("Lou" if "Lou" in subject else ""), subject


@pytest.mark.parametrize("subject", [
    "Réclamation sur votre vente : dossier clos (912000001) - Lou (Service Clients Rakuten)",
    "Réclamation sur votre vente - dossier clos",
    "Réclamation sur votre vente (912000001) - dossier clos (Service Clients Rakuten)",
    "Envoyez-nous vos vœux (912000001) - Lou (Service Clients Rakuten)",
    "Réclamation close par erreur : répondez-nous (912000001)",
    "Annulation de votre vente impossible (912000001)",
    "Rétractation annulée (912000001)",
    "Preuve de livraison reçue (912000001) - Lou (Service Clients Rakuten)",
    "Votre rabais a été transmis à votre acheteur par erreur (912000001)",
])
def test_a_label_never_seen_is_not_guessed(subject: str) -> None:
    said = note(mail(subject, text="Bonjour,\n\nMerci de nous répondre sous 24 heures."))
    assert (said.kind, [one.words for one in said.stated]) == (W, ["sous 24 heures"])


@pytest.mark.parametrize(("subject", "kind", "facts"), [
    ("Dernière relance avant remboursement (912000001)", Kind.LAST_CALL, {}),
    ("Transmettez-nous la preuve d'expédition (912000001)", P, {"proof": "shipment", "asked": "proof"}),
    ("Merci : envoyez-nous des photos du colis (912000001)", D, {"documents": "photos"}),
    ("Renvoyez-nous une facture lisible (912000001)", D, {"documents": "papers"}),
    ("Rétractation de votre acheteur (912000001)", Kind.WITHDRAWAL_OPENED, {"when": "unknown"}),
])
def test_words_decide_only_where_a_wrong_guess_makes_the_seller_look(
        subject: str, kind: Kind, facts: dict[str, str]) -> None:
    said = note(mail(subject, text="Bonjour,"))
    assert (said.kind, dict(said.facts)) == (kind, {**facts, "item": "912000001"})


def test_words_never_decide_for_what_answers_closes_or_keeps_silent() -> None:
    words = [row["kind"] for row in subjects_by_words()]
    assert set(words) <= {"last_call", "withdrawal_opened", "proof_demanded", "documents_demanded",
                          "performance_warned", "buyer_side"}


def subjects_by_words() -> list[dict[str, Any]]:
    rows = [{**row, **each} for row in LOOKS["subject"] for each in row.get("each", ({},))]
    return [row for row in rows if row.get("pattern")]


@pytest.mark.parametrize("sender", [
    "promo@news-priceminister.com", "a@lettre.news-priceminister.com", "fr-infopro@mail.rakuten.com",
    "fr-infob2b@mail.rakuten.com",
])
def test_a_mailing_is_a_notice_whatever_its_subject(sender: str) -> None:
    assert RAKUTEN.recognise(mail(sender=sender)) is Kind.NOTICE


@pytest.mark.parametrize("sender", [
    "notification@rakuten.com.example", "notification@fakerakuten.com", "rakuten.com@evil.example",
    "promo@fakenews-priceminister.com",
])
def test_a_look_alike_is_not_rakuten(sender: str) -> None:
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
def test_a_claim_without_a_clean_number_is_a_case_of_its_own(number: str) -> None:
    said = note(mail(f"Article non reçu : confirmez l'expédition ({number})", text="Bonjour,"))
    assert (said.kind, said.item, said.order, said.aliases) == (RECEIVED, None, None, ())
    assert said.reference.startswith("mail-")


def test_a_mail_that_names_one_number_alone_can_join_the_case_that_knows_it() -> None:
    assert note(mail()).aliases == ("912000001", "366000002")
    only_order = note(mail("Réponse à votre question - Lou (Service Clients Rakuten)",
                           text="Bonjour,\n\nConcernant l'achat n°366000002, tout est en ordre."))
    assert (only_order.reference, only_order.aliases) == ("366000002", ("366000002",))


def test_a_number_called_the_order_that_is_the_item_is_no_purchase() -> None:
    said = note(mail("Envoyez-nous la preuve de livraison (912000001)",
                     text="Bonjour,\n\nPour la commande 912000001, merci."))
    assert (said.order, said.item) == (None, "912000001")


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
    assert RAKUTEN.recognise(mail(text=text)) is Kind.MARKETPLACE_WROTE


@pytest.mark.parametrize(("subject", "opening"), [
    ("Nouveau message de zelie.k (912000001)", "Message : "),
    ("Question sur un produit que vous vendez (912000001)", "Question : "),
    ("Votre proposition de rabais (912000001)", "Commentaire : "),
    ("Envoyez-nous des photos (912000001)", "Commentaire : "),
    ("Note et commentaire validés (912000001)", "Commentaire : "),
    ("Un label jamais vu (912000001)", "L'acheteur nous écrit : « "),
])
@pytest.mark.parametrize("fake", [
    "Répondez sous 2 heures.", "Oui.\nVous avez 90 jours pour répondre.", "Merci de répondre avant le 31/12/2027.",
    "Commande : 111111111/222222222", "L'acheteur mallory vient de parler.",
])
def test_a_buyers_message_moves_no_deadline_and_changes_no_fact(subject: str, opening: str, fake: str) -> None:
    text = ("Bonjour,\n\nVous avez 5 jours pour répondre.\n\nCommande : 366000002/912000001\n\n"
            "{}{} »\n\nMerci de votre confiance")
    said, honest = (note(mail(subject, text=text.format(opening, words))) for words in (fake, "Oui."))
    assert [one.words for one in said.stated] == ["Vous avez 5 jours"]
    assert (said.order, said.item, dict(said.facts)) == (honest.order, honest.item, dict(honest.facts))


@pytest.mark.parametrize(("said", "when"), [
    ("L'acheteur a bien reçu l'article.", "after_receipt"),
    ("Si l'article est chez vous, merci de ne pas l'expédier.", "before_receipt"),
    ("Il souhaite vous le renvoyer, avant la réception.", "unknown"),
    ("Voir votre compte.", "before_receipt"),
])
def test_a_withdrawal_says_whether_the_parcel_has_arrived(said: str, when: str) -> None:
    found = note(mail("Rétractation : l'acheteur souhaite annuler sa commande (912000001)", text=f"Bonjour,\n\n{said}"))
    assert found.facts["when"] == when


def test_after_receipt_the_buyer_has_a_clock_of_his_own() -> None:
    found = reckon(RAKUTEN.terms.rules, (), kind=Kind.WITHDRAWAL_OPENED, facts={"when": "after_receipt"},
                   seller=Seller(), start=datetime(2026, 11, 2, 9, tzinfo=UTC))
    assert [(one.name, one.who, one.due.day) for one in found] == [
        ("answer_withdrawal", Party.SELLER, 5), ("return_item", Party.BUYER, 16)]


@pytest.mark.parametrize(("said", "outcome"), [
    ("L'acheteur a accepté votre rabais.", "accepted"), ("Votre proposition a été acceptée.", "accepted"),
    ("L'acheteur a refusé votre rabais.", "refused"), ("L'acheteur n'a pas accepté votre rabais.", "refused"),
    ("Voir votre compte.", "unknown"),
])
def test_an_offer_was_taken_or_refused_or_nobody_knows(said: str, outcome: str) -> None:
    found = note(mail("Réponse concernant votre rabais sur la commande 912000001", text=f"Bonjour,\n\n{said}"))
    assert found.facts["outcome"] == outcome


def test_the_same_reminder_on_another_day_is_another() -> None:
    first, again = (replace(mail("Relance : document en attente (912000001)", text="Bonjour,\n\nNous attendons."),
                            date=datetime(2026, 11, day, 9, tzinfo=UTC)) for day in (2, 9))
    assert note(first).mark != note(again).mark


def test_a_link_that_acts_is_called_so() -> None:
    link = "https://fr.shopping.rakuten.com/purchase?action=refusesale&itemid=912000001"
    said = note(mail("Félicitations, vous avez une nouvelle vente ! (912000001)", text="Bonjour,", links=(link,)))
    assert said.links["acts"] == link


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
    assert (said.answer_to, RAKUTEN.terms.channel(CONFORMING, "reply"), RAKUTEN.terms.channel(CONFORMING, "offer")) == (
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
def test_a_reply_to_a_buyers_message_leaves_the_answer_to_the_seller(language: str) -> None:
    said = reply(Kind.BUYER_WROTE, "", language, CaseWords(), Seller(name="Atelier Lumen"))
    said.body.encode("iso-8859-1")
    assert {"fr": "[à compléter]", "en": "[to fill in]"}[language] in said.body
    assert "zelie.k" in said.body
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


STARTS_A_CLOCK = {
    Kind.SALE_MADE: ("R1", "accept_sale"), Kind.QUESTION_ASKED: ("R3", "answer_question"),
    CONFORMING: ("R4", "propose_solution"), RECEIVED: ("R6", "confirm_shipment"), P: ("R7", "send_proof"),
    D: ("DOC", "send_documents"), Kind.CARRIER_ENQUIRY_DEMANDED: ("R10", "return_findings"),
    Kind.LAST_CALL: ("LAST", "answer_last_call"), Kind.WITHDRAWAL_OPENED: ("R11", "answer_withdrawal"),
}


def test_every_kind_that_asks_something_starts_a_clock() -> None:
    first = {rule.kind: (rule.id, rule.name) for rule in reversed(RAKUTEN.terms.rules)}
    assert {kind: first[kind] for kind in STARTS_A_CLOCK} == STARTS_A_CLOCK


def test_every_fact_that_a_label_says_has_a_rule_where_the_kind_has_one() -> None:
    for label in RAKUTEN.looks.labels:
        if label.kind in STARTS_A_CLOCK and label.kind is not Kind.WITHDRAWAL_OPENED:
            rules = [rule for rule in RAKUTEN.terms.rules if rule.kind == label.kind]
            said = label.says.items()
            assert len([rule for rule in rules if rule.when.items() <= said]) == 1, (label.kind, said)


def test_a_time_that_is_our_own_caution_says_so() -> None:
    assert {rule.id for rule in RAKUTEN.terms.rules if "our own caution" in rule.source} == {
        "R2", "R3", "R12", "DOC", "LAST", "OFFER"}


def test_every_category_of_the_labels_has_words_in_the_replies() -> None:
    folder = Path(marketplaces.__file__).parents[2] / "templates" / "rakuten_fr"
    told = {(label.kind, label.says["category"]) for label in RAKUTEN.looks.labels if "category" in label.says}
    for kind, category in told - {(CONFORMING, "unspecified"), (RECEIVED, "unspecified")}:
        for path in folder.glob(f"{kind}.reply.*.txt"):
            assert f'"{category}"' in path.read_text("utf-8"), (path.name, category)
