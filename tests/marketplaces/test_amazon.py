"""What Amazon's samples cannot show: look-alikes, copies, forgeries, and buyers who ape Amazon's own words."""

from __future__ import annotations

import contextlib
import time
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import marketplaces
from bot.core.deadline import Period, Unit, reckon
from bot.core.event import Channel, Kind
from bot.core.message import Attachment, Message, Origin, read
from bot.core.policy import Seller
from bot.edges.templates import Templates, Words
from bot.marketplaces.amazon.place import is_relay, tld, zone
from bot.marketplaces.amazon.reading import TABLES
from bot.marketplaces.amazon.tables import beginning
from bot.marketplaces.contract import Notification, UnreadableError

AMAZON = next(found for found in marketplaces.installed() if found.name == "amazon")
SAMPLES = Path(marketplaces.__file__).parent / "amazon" / "samples"
TRUSTED = frozenset({"mx.boutique.example"})
RELAY = "a1b2c3d4e5f6g7h@marketplace.amazon.fr"
ORDER, OTHER = "404-1234567-7654321", "404-7777777-1111111"
PLAIN = f"Commande : {ORDER}\nClient : Jean Dupont\n\nBonjour, où est mon colis ? Merci."
NO_ANSWER = ("https://sellercentral.amazon.fr/messaging/no-response-needed"
             "?t=A0THREAD00000000000TT&m=A0MESSAGE0000000000MM&s=1")
FENCED = """Vous avez reçu un message.

# {order}:
1 / Théière [ASIN: B0LUMEN042]

------------- Message:  -------------

{words}

------------- Fin du message -------------

{below}Cet e-mail a-t-il été utile ?
SPC-EUAmazon-1234567890123456
"""


def mail(text: str = PLAIN, **changed: Any) -> Message:
    """A mail as a host we trust hands it over: written out and read again, so that no test dreams up a Message."""
    letter = EmailMessage()
    letter["From"] = changed.pop("sender", f'"Jean Dupont" <{RELAY}>')
    letter["To"] = "ventes@boutique.example"
    letter["Subject"] = changed.pop("subject", f"Message client pour la commande {ORDER}")
    letter["Date"] = "Mon, 16 Nov 2026 09:40:00 +0100"
    letter["Message-ID"] = changed.pop("message_id", "<m1@marketplace.amazon.fr>")
    for name, value in changed.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(text, cte="8bit")
    return read(letter.as_bytes(), trusted=TRUSTED)


def fenced(words: str, *, order: str = ORDER, below: str = "", **changed: Any) -> Message:
    return mail(FENCED.format(words=words, order=order, below=below), **changed)


def note(message: Message) -> Notification:
    kind = AMAZON.recognise(message)
    assert kind, f"{message.sender} «{message.subject}»"
    return AMAZON.parse(message, kind)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


# ---- Whose mail it is ----

@pytest.mark.parametrize("address", [
    "x@marketplace.amazon.fr", "x@marketplace.amazon.co.uk", "x@marketplace.amazon.com.be", "X+1@Marketplace.Amazon.DE",
    "abc d100@marketplace.amazon.fr",
])
def test_a_buyers_address_is_known_by_its_whole_domain(address: str) -> None:
    assert is_relay(address, TABLES)


@pytest.mark.parametrize("address", [
    "x@marketplace.amazon.fr.evil.com", "x@evil.com@marketplace.amazon.fr", "@marketplace.amazon.fr", "x@fr",
    "x@amazon.fr",
    "x@marketplace-amazon.fr", "x@a.marketplace.amazon.fr", "x@marketplace.amazon.evil", "x@marketplace.amazon.", "",
])
def test_what_only_looks_like_a_buyers_address_is_none(address: str) -> None:
    assert not is_relay(address, TABLES)


@pytest.mark.parametrize("sender", [
    "x@marketplace.amazon.fr.evil.com", "seller-notification@amazon-fr.example", "seller-notification@xn--amazn-mye.fr",
    '"seller-notification@amazon.fr" <x@evil.example>',
])
def test_a_look_alike_domain_is_nobodys(sender: str) -> None:
    assert AMAZON.recognise(mail(sender=sender)) is None
    assert AMAZON.recognise(mail(sender=sender, X_Space_Notification_Type="BBC_MESSAGE_SENT_TO_MERCHANT")) is None


def test_an_address_beside_the_buyers_own_is_no_buyers() -> None:
    assert AMAZON.recognise(mail(sender="x@notmarketplace.amazon.fr")) is Kind.MARKETPLACE_WROTE


@pytest.mark.parametrize("subject", [
    "Demande de renseignements de la part du client Amazon Zoé", "Re: Facture", "Absence du bureau", "RE: RE: RE:",
    "Notification d'autorisation de retour pour la commande 404-1234567-7654321",
])
def test_whatever_a_buyers_address_sends_is_a_buyers_message(subject: str) -> None:
    assert AMAZON.recognise(mail("Bonjour", subject=subject)) is Kind.BUYER_WROTE


def test_an_absence_notice_without_a_mark_is_a_buyers_message_of_his_own_case() -> None:
    said = note(mail("Je suis absent jusqu'au 30 novembre.", subject="Absence du bureau"))
    assert (said.order, said.reference, said.text) == (None, "a1b2c3d4e5f6g7h", "Je suis absent jusqu'au 30 novembre.")


@pytest.mark.parametrize("header", [
    {"Auto_Submitted": "auto-replied"}, {"Precedence": "auto_reply"},
    {"X_Space_Notification_Type": "BBC_MESSAGE_SENT_TO_MERCHANT", "Auto_Submitted": "auto-replied"},
])
def test_an_absence_notice_that_says_so_is_noted_and_never_answered(header: dict[str, str]) -> None:
    said = note(mail("Je suis absent. Répondez avant le 30/11/2026.", **header))
    assert (said.kind, said.order, said.stated) == (Kind.AUTO_REPLY_RECEIVED, ORDER, ())


def test_a_list_is_nobodys_message() -> None:
    assert AMAZON.recognise(mail(List_Id="<annonces.amazon.fr>")) is None


@pytest.mark.parametrize("type_", ["REFUND_ISSUED", "A_Z_CLAIM_RESPONDENT_NOTIFY", "BUYER_OPTED_OUT_BSM_MESSAGES",
                                   "SOMETHING_NEW", "RETURN_REQUEST"])
def test_a_notices_type_on_a_buyers_address_is_shown_and_not_believed(type_: str) -> None:
    assert AMAZON.recognise(mail(X_Space_Notification_Type=type_)) is Kind.MARKETPLACE_WROTE


NOTICES = {
    "RETURN_REQUEST": Kind.RETURN_OPENED, "REFUND_ISSUED": Kind.REFUND_ISSUED,
    "A_Z_CLAIM_RESPONDENT_NOTIFY": Kind.GUARANTEE_CLAIMED, "A_Z_CLAIM_RESPONDENT_CLOSE": Kind.GUARANTEE_DECIDED,
    "BRC_SELLER_NOTIFICATION": Kind.CANCELLATION_REQUESTED, "BUYER_OPTED_OUT_BSM_MESSAGES": Kind.MESSAGE_UNDELIVERED,
    "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT": Kind.OWN_MESSAGE_COPIED,
}


@pytest.mark.parametrize(("type_", "kind"), NOTICES.items())
def test_the_header_names_the_type_and_so_does_the_foot_where_it_is_lost(type_: str, kind: Kind) -> None:
    foot = f"https://sellercentral.amazon.fr/notifications/feedback?deliveryId=7&communicationName={type_}&d=EMAIL"
    by_header = mail("x", sender="donotreply@amazon.com", subject="Rien", X_Space_Notification_Type=type_)
    by_foot = mail(f"x\n{foot}", sender="donotreply@amazon.com", subject="Rien")
    assert (AMAZON.recognise(by_header), AMAZON.recognise(by_foot)) == (kind, kind)
    assert AMAZON.recognise(mail(f"x\n{foot}")) in (Kind.BUYER_WROTE, Kind.MARKETPLACE_WROTE)


ACTING = [      # (sender, subject): each makes a kind that acts where no type is named
    ("donotreply@amazon.com", f"Notification d'autorisation de retour pour la commande {ORDER}"),
    ("donotreply@amazon.com", f"Remboursement initié pour la commande {ORDER}"),
    ("donotreply@amazon.com", f"rimborso 169.01 EUR avviato - ordine {ORDER}"),
    ("do-not-reply@amazon.fr", f"Refund initiated for order {ORDER}"),
    ("donotreply@amazon.com", f"Demande de retour annulée pour la commande {ORDER}"),
    ("donotreply@amazon.com", f"Return delivered for order {ORDER}"),
    ("donotreply@amazon.com", f"Décision concernant la réclamation {ORDER}"),
    ("atoz-guarantee-no-reply@amazon.it", f"Richiesta di rimborso ricevuta per l’ordine {ORDER}"),
    ("donotreply@amazon.com", f"Richiesta di annullamento per l'ordine numero: {ORDER}"),
    ("auto-communication@amazon.com", "Il tuo messaggio all'acquirente non è stato consegnato."),
    ("auto-communication@amazon.fr", "Votre e-mail à Zoé"),
    ("seller-notification@amazon.de", "Verkauft, jetzt versenden: Windlicht"),
    ("notification-vendeur@amazon.fr", f"Message client pour la commande {ORDER}"),
]


@pytest.mark.parametrize(("sender", "subject"), ACTING)
def test_a_type_we_do_not_know_is_not_overruled_by_the_subject(sender: str, subject: str) -> None:
    foot = "\nhttps://sellercentral.amazon.fr/notifications/feedback?communicationName=SOMETHING_NEW"
    plain = AMAZON.recognise(mail("x", sender=sender, subject=subject))
    assert plain not in (Kind.MARKETPLACE_WROTE, Kind.NOTICE, None)
    by_header = mail("x", sender=sender, subject=subject, X_Space_Notification_Type="SOMETHING_NEW")
    assert AMAZON.recognise(by_header) is Kind.MARKETPLACE_WROTE
    if plain is not Kind.BUYER_WROTE:
        assert AMAZON.recognise(mail(f"x{foot}", sender=sender, subject=subject)) is Kind.MARKETPLACE_WROTE


@pytest.mark.parametrize(("sender", "subject"), ACTING)
def test_a_subject_alone_makes_no_notice_of_another_senders_mail(sender: str, subject: str) -> None:
    assert AMAZON.recognise(mail("x", sender="someone@amazon.com", subject=subject)) is Kind.MARKETPLACE_WROTE
    assert AMAZON.recognise(mail("x", subject=subject)) is Kind.BUYER_WROTE


def test_no_subject_alone_makes_an_a_to_z_claim() -> None:
    subject = f"Richiesta di rimborso ricevuta per l’ordine {ORDER}"
    silent, told = (mail(text, sender="donotreply@amazon.com", subject=subject)
                    for text in ("Una richiesta.", "Un reclamo dalla A alla Z di 12,00 €."))
    assert AMAZON.recognise(silent) is Kind.MARKETPLACE_WROTE
    assert AMAZON.recognise(told) is Kind.GUARANTEE_CLAIMED
    by_sender = mail("x", sender="atoz-guarantee-no-reply@amazon.fr", subject="x")
    assert AMAZON.recognise(by_sender) is Kind.GUARANTEE_CLAIMED


@pytest.mark.parametrize(("sender", "kind"), [
    ("cb-seller-query@amazon.com", Kind.CHARGEBACK_OPENED), ("performance-vendeur@amazon.fr", Kind.PERFORMANCE_WARNED),
    ("confirmation-commande@amazon.fr", Kind.BUYER_SIDE), ("listing-error-feedback@amazon.com", Kind.NOTICE),
    ("fba-eu@amazon.lu", Kind.NOTICE), ("seller-answers@amazon.fr", Kind.NOTICE),
])
def test_an_address_that_writes_one_thing_only_needs_no_type(sender: str, kind: Kind) -> None:
    assert AMAZON.recognise(mail("x", sender=sender, subject="x")) is kind
    assert AMAZON.recognise(mail("x", sender=sender, subject="x", X_Space_Notification_Type="NEW_ONE")) is kind


def test_no_news_of_the_catalogue_names_an_order() -> None:
    subject = "Notification de compte vendeur Amazon"
    assert AMAZON.recognise(mail("x", sender="donotreply@amazon.com", subject=subject)) is Kind.NOTICE
    about_order = mail("x", sender="donotreply@amazon.com", subject=f"{subject} : {ORDER}")
    assert AMAZON.recognise(about_order) is Kind.MARKETPLACE_WROTE


def test_a_mail_on_a_buyers_address_with_the_foot_of_a_copy_is_neither() -> None:
    """A buyer could have written that link: a copy ends deadlines, so a person looks."""
    foot = "https://sellercentral.amazon.fr/x?customAttribute1Value=BBC_MESSAGE_{}_TO_MERCHANT&y=1"
    own, asked = (mail(f"Bonjour\n\n{foot.format(way)}") for way in ("CONFIRMATION", "SENT"))
    assert AMAZON.recognise(own) is Kind.MARKETPLACE_WROTE
    assert AMAZON.recognise(asked) is Kind.BUYER_WROTE


def test_a_buyers_link_makes_his_message_no_notice() -> None:
    letter = fenced("Voyez https://sellercentral.amazon.fr/x?nt=RETURN_REQUEST&u=aGk et dites-moi")
    assert AMAZON.recognise(letter) is Kind.BUYER_WROTE


@pytest.mark.parametrize("subject", [
    f"Notification d’autorisation de retour pour la commande {ORDER}",
    f"Demande d'autorisation de retour pour la commande {ORDER}",
    f"TR: Notification d'autorisation de retour pour la commande {ORDER}",
    f"Notifica di autorizzazione del reso per l’ordine {ORDER}",
    f"Notificación de autorización de devolución para el pedido {ORDER}",
    f"Return authorization request for order # {ORDER}",
])
def test_a_return_is_known_by_its_subject_where_all_else_is_lost(subject: str) -> None:
    said = note(mail("", sender="donotreply@amazon.com", subject=subject))
    assert (said.kind, said.order, said.facts["authorised"]) == (Kind.RETURN_OPENED, ORDER, "unknown")
    assert AMAZON.recognise(mail("", sender="someone@amazon.com", subject=subject)) is Kind.MARKETPLACE_WROTE


# ---- Forgeries: tracked, never trusted ----

def test_a_forged_notification_opens_its_case_but_offers_nowhere_to_answer() -> None:
    said = note(mail(sender="seller-notification@amazon.fr"))
    assert (said.kind, said.order, said.buyer, said.answer_to) == (Kind.BUYER_WROTE, ORDER, "Jean Dupont", "")
    assert mail(sender="seller-notification@amazon.fr").origin is not Origin.PROVEN


def test_an_answer_never_goes_where_a_foreign_reply_to_points() -> None:
    said = note(mail(Reply_To="jean.dupont@evil.example"))
    assert said.answer_to == RELAY
    assert said.held.startswith("reply_to_foreign: ")
    assert "jean.dupont@evil.example" in said.held


def test_a_reply_to_within_the_marketplace_is_followed() -> None:
    said = note(mail(Reply_To="a1b2c3d4e5f6g7h+77@marketplace.amazon.fr"))
    assert (said.answer_to, said.held) == ("a1b2c3d4e5f6g7h+77@marketplace.amazon.fr", "")


# ---- Which order ----

@pytest.mark.parametrize("written", [
    "４０４-１２３４５６７-７６５４３２１", "404‑1234567\u00ad‑7654321", "4\u200b04-1234567-7654321",
    "٤٠٤-١٢٣٤٥٦٧-٧٦٥٤٣٢١", "404–1234567–7654321",
])
def test_an_order_number_that_must_be_mended_holds_the_answer(written: str) -> None:
    said = note(mail(f"Commande : {written}\n\nBonjour", subject="Message client"))
    assert said.held.startswith(f"order_not_clean: the order number {ORDER}")


def test_an_order_number_in_foreign_digits_is_not_linked() -> None:
    said = note(mail("Commande : ４０４-１２３４５６７-７６５４３２１\n\nBonjour", subject="Message client"))
    assert (said.order, said.reference) == (None, "a1b2c3d4e5f6g7h")


def test_an_order_only_in_the_history_is_linked_and_held() -> None:
    said = note(mail(f"Merci !\n\n> Commande : {ORDER}", subject="Re: votre message"))
    assert (said.order, said.reference, said.text) == (ORDER, ORDER, "Merci !")
    assert said.held.startswith("order_in_quote: ")


def test_two_orders_in_the_history_link_nothing() -> None:
    said = note(mail(f"Merci !\n\n> {ORDER} ou {OTHER} ?", subject="Re: votre message"))
    assert (said.order, said.held) == (None, "")


@pytest.mark.parametrize("words", [
    f"C'est pour {OTHER}.", f"# {OTHER}:\n1 / Autre [ASIN: B0LUMEN999]", f"Merci\n\n> Commande : {OTHER}",
    f"x\n------------- Fin du message -------------\n# {OTHER}:\nCommande : {OTHER}",
])
def test_what_the_buyer_writes_names_no_order_where_amazon_does(words: str) -> None:
    said = note(fenced(words, subject="Demande"))
    assert (said.order, said.item, said.held) == (ORDER, "Théière", "")


def test_an_order_that_only_the_buyer_names_is_shown_and_not_linked() -> None:
    said = note(mail(f"Bonjour, il s'agit de {OTHER}.", subject="Demande"))
    assert (said.order, said.facts["order_mentioned"], said.held) == (None, OTHER, "")


@pytest.mark.parametrize("subject", [
    f"Return policy inquiry from Amazon customer Sakina(Order: {ORDER}", f"Paket nicht angekommen(Bestellung: {ORDER})",
    f"Demande de renseignements (Commande : {ORDER})", f"Solicitud (Pedido：{ORDER}",
])
def test_an_order_glued_to_the_subject_is_found(subject: str) -> None:
    assert note(mail("Bonjour", subject=subject)).order == ORDER


# ---- The words ----

def test_a_fence_of_the_buyers_own_makes_nothing_amazons() -> None:
    said = note(fenced("Bonjour\n------------- Fin du message -------------\nRépondez sous 2 h."))
    assert (said.text, said.stated) == ("Bonjour", ())


def test_fences_in_the_history_of_an_unfenced_mail_are_not_this_mails() -> None:
    history = FENCED.format(words="ancien message", order=OTHER, below="")
    said = note(mail(f"Nouveau message.\n\n-----Message d'origine-----\n{history}"))
    assert said.text == "Nouveau message."


def test_the_buyers_own_history_is_cut() -> None:
    said = note(fenced("D'accord.\n\nLe lun. 2 nov. 2026 à 10:00, Atelier <v@b.example> a écrit :\n\n> Bonjour Zoé"))
    assert said.text == "D'accord."


def test_nothing_but_a_quote_is_better_than_nothing() -> None:
    assert note(fenced("> et ceci ?")).text == "> et ceci ?"


def test_a_message_cut_off_before_its_end_fence_loses_its_foot_all_the_same() -> None:
    said = note(mail("------------- Message:  -------------\n\nBonjour\n\nCet e-mail a-t-il été utile ?\nhttps://x.example"))
    assert said.text == "Bonjour"


@pytest.mark.parametrize(("begin", "end", "language"), [
    ("Message: ", "Fin du message", "fr"), ("Début du message", "Fin du message", "fr"),
    ("Messaggio:", "Fine messaggio", "it"), ("Inizio messaggio", "Fine messaggio", "it"),
    ("Message:", "End message", "en"), ("Begin message", "End message", "en"),
    ("Anfang der Nachricht", "Ende der Nachricht", "de"),
    ("Message: ", "Finalizar mensaje", "es"), ("Iniciar mensaje", "Finalizar mensaje", "es"),
])
def test_every_fence_parts_the_words_and_tells_the_language(begin: str, end: str, language: str) -> None:
    dashes = "-------------"
    said = note(mail(f"{dashes} {begin} {dashes}\n\nLes mots\n\n{dashes} {end} {dashes}\npied"))
    assert (said.text, said.language) == ("Les mots", language)


def test_a_photo_that_is_attached_is_told_even_beside_words() -> None:
    letter = fenced("Voici.")
    pictured = replace(letter, attachments=(Attachment(name="a.jpg", media_type="image/jpeg", size=9),))
    assert "photo" not in note(letter).facts
    assert (note(pictured).facts["photo"], note(pictured).text) == ("yes", "Voici.")


@pytest.mark.parametrize("name", ["", "Jean Bcc: x@evil.example", "x@evil.example"])
def test_a_display_name_that_shows_an_address_is_nobodys_name(name: str) -> None:
    assert note(replace(mail(), sender_name=name)).buyer == "Jean Dupont"
    assert note(replace(fenced("x"), sender_name=name)).buyer is None


# ---- Deadlines ----

@pytest.mark.parametrize(("sentence", "within"), [
    ("Répondez sous 48 h.", Period(amount=48, unit=Unit.HOURS)),
    ("Répondez sous 2 jours ouvrés.", Period(amount=2, unit=Unit.WORKING_DAYS)),
])
def test_a_mail_without_fences_may_state_a_deadline_anywhere(sentence: str, within: Period) -> None:
    (said,) = note(mail(f"{PLAIN}\n{sentence}")).stated
    assert said.within == within


def test_of_an_hour_that_comes_twice_the_earlier_counts() -> None:
    (said,) = note(mail(f"{PLAIN}\nRépondez avant le 25/10/2026 à 02:30.")).stated
    assert said.until == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_between_fences_only_amazon_states_deadlines() -> None:
    assert note(fenced("Répondez sous 2 h.")).stated == ()
    (said,) = note(fenced("Bonjour", below="Vous avez 12 heures pour répondre.\n\n")).stated
    assert said.within == Period(amount=12, unit=Unit.HOURS)


def test_a_date_that_two_countries_read_differently_holds_the_answer() -> None:
    said = note(mail(f"{PLAIN}\nReply by 03/04/2026 5 PM PST."))
    assert said.stated == ()
    assert said.held.startswith("deadline_ambiguous: ")
    assert note(mail(f"{PLAIN}\nRépondez avant le 03/04/2026 à 17:00.")).held == ""


@pytest.mark.parametrize(("ending", "clock"), [
    ("fr", "Europe/Paris"), ("co.uk", "Europe/London"), ("es", "Europe/Madrid"),
])
def test_the_site_says_by_which_clock(ending: str, clock: str) -> None:
    message = mail(sender=f"x@marketplace.amazon.{ending}")
    assert (tld(message, TABLES), zone(message, TABLES)) == (ending, clock)


def test_a_notice_from_amazon_com_is_about_the_site_it_links_to() -> None:
    links = ("https://evil.example/amazon.de", "https://[", "https://sellercentral.amazon.it/x")
    assert tld(Message(sender="donotreply@amazon.com", links=links), TABLES) == "it"


# ---- Copies ----

def test_copies_of_a_message_have_one_mark_whatever_amazon_changes_around_it() -> None:
    original = sample("buyer_wrote_fr_order")
    copy = (original.replace(b"0102019b4e51a7c2", b"0102019b4e51b8d4").replace(b"_Part_118204_", b"_Part_118231_")
            .replace(b"7100000000000017", b"7100000000000024").replace(b"17:21:09", b"17:21:13"))
    first, second = (note(read(raw, trusted=TRUSTED)) for raw in (original, copy))
    assert copy != original
    assert (first.mark, first.reference) == (second.mark, second.reference)


def test_the_same_words_about_the_same_order_are_one_message_and_other_words_another() -> None:
    first, again = note(mail(message_id="<1@x>")), note(mail(message_id="<2@x>"))
    assert first.mark == again.mark
    assert first.mark != note(mail(f"{PLAIN} Alors ?")).mark


def test_without_an_order_the_same_words_may_be_a_second_message() -> None:
    first, again = (note(mail("Merci", subject="Re:", message_id=f"<{n}@x>")) for n in (1, 2))
    assert first.mark != again.mark


def test_the_message_number_comes_from_the_foot_and_not_from_the_buyer() -> None:
    planted = NO_ANSWER.replace("m=A0", "m=A9")
    said = note(fenced(f"voyez {planted}", below=f"Résoudre le cas\n{NO_ANSWER}\n\n"))
    assert (said.mark, said.facts["thread"]) == ("A0MESSAGE0000000000MM", "A0THREAD00000000000TT")
    assert said.links["no_response_needed"] == NO_ANSWER


def test_a_link_outside_amazon_is_never_labelled() -> None:
    evil = NO_ANSWER.replace("amazon.fr", "amazon.fr.evil.example")
    assert dict(note(fenced("x", below=f"{evil}\n")).links) == {}


# ---- Returns ----

def test_a_return_without_an_order_is_unreadable_and_says_what_is_missing() -> None:
    raw = sample("return_opened_it").replace(b"403-3183098-8618379", b"rien")
    with pytest.raises(UnreadableError, match="reference"):
        note(read(raw, trusted=TRUSTED))


def test_a_return_notice_that_is_only_text_is_still_read() -> None:
    text = (f"Order ID : {ORDER}\nDate de la demande de retour : 2026-11-02\nAutorisation :\n"
            "Autorisé automatiquement par Amazon\n")
    said = note(mail(text, sender="donotreply@amazon.com", X_Space_Notification_Type="RETURN_REQUEST"))
    wanted = {"requested": "2026-11-02", "authorised": "automatic", "policy": "unknown"}
    assert (said.order, dict(said.facts)) == (ORDER, wanted)


@pytest.mark.parametrize(("said", "meant"), [
    ("Autorisé automatiquement par Amazon", "automatic"), ("Non autorisé automatiquement par Amazon", "no"),
    ("Autorizado automáticamente por Amazon", "automatic"), ("En attente de votre décision", "no"), ("Oui", "unknown"),
])
def test_only_plain_words_make_a_return_authorised(said: str, meant: str) -> None:
    raw = sample("return_opened_en_forwarded").replace(b"See Seller Central", b"%s")
    page = raw.replace(b"%s", said.encode("ascii", "xmlcharrefreplace"))
    assert note(read(page, trusted=TRUSTED)).facts["authorised"] == meant


def test_a_buyers_comment_in_the_table_states_no_deadline() -> None:
    raw = sample("return_opened_en_forwarded").replace(b"Quite another reason", b"You have 2 hours to reply")
    said = note(read(raw, trusted=TRUSTED))
    assert said.facts["reason"] == "You have 2 hours to reply"
    assert said.stated == ()


def test_a_second_return_for_the_same_order_is_another_event() -> None:
    raw = sample("return_opened_it")
    later = raw.replace(b"2026-10-17", b"2026-10-25")
    assert later != raw
    assert note(read(raw, trusted=TRUSTED)).mark != note(read(later, trusted=TRUSTED)).mark


def test_a_return_is_never_answered_by_mail() -> None:
    assert note(read(sample("return_opened_it"), trusted=TRUSTED)).answer_to == ""
    assert AMAZON.terms.channel(Kind.RETURN_OPENED, "reply") is Channel.SELLER
    assert AMAZON.terms.channel(Kind.BUYER_WROTE, "reply") is Channel.EMAIL


def test_all_twelve_reasons_of_the_seller_guide_have_a_word() -> None:
    assert len(set(TABLES.reasons.values())) == 12


REASONS = {     # the twelve as the five languages may say them
    "ordered_by_accident": ("Commandé par erreur", "Ordered by accident", "Versehentlich bestellt",
                            "Ordinato per errore", "Pedido por error"),
    "better_price": ("Meilleur prix ailleurs", "Better price available", "Besserer Preis verfügbar",
                     "Miglior prezzo altrove", "Mejor precio en otro sitio"),
    "performance": ("Performances ou qualité non adéquates", "Performance or quality not adequate",
                    "Leistung oder Qualität ungenügend", "Prestazioni o qualità non adeguate",
                    "Rendimiento o calidad no adecuados"),
    "incompatible": ("Incompatible ou inutile", "Incompatible or not useful", "Inkompatibel oder nicht hilfreich",
                     "Incompatibile o non utile", "No compatible o poco útil"),
    "item_damaged": ("Article endommagé, emballage intact", "Outer packaging intact but item damaged",
                     "Artikel beschädigt, Verpackung intakt", "Imballaggio esterno intatto, articolo danneggiato",
                     "Artículo dañado, embalaje intacto"),
    "late": ("Date de livraison estimée non respectée", "Missed estimated delivery date",
             "Voraussichtliches Lieferdatum verpasst", "Data di consegna stimata superata",
             "Fecha de entrega estimada superada"),
    "parts_missing": ("Pièces ou accessoires manquants", "Missing parts or accessories", "Fehlende Teile oder Zubehör",
                      "Parti o accessori mancanti", "Faltan piezas o accesorios"),
    "packaging_and_item_damaged": ("Emballage et article endommagés", "Packaging and item damaged",
                                   "Verpackung und Artikel beschädigt", "Confezione e articolo danneggiati",
                                   "Producto y embalaje dañados"),
    "different": ("Différent de la commande", "Different from what was ordered", "Anders als bestellt",
                  "Diverso da quanto ordinato", "Diferente de lo pedido"),
    "defective": ("Défectueux/Ne fonctionne pas correctement", "Defective / does not work", "Defekt", "Difettoso",
                  "Defectuoso"),
    "extra": ("Reçu en plus de la commande", "Arrived in addition to the order", "Zusätzlicher Artikel",
              "Ricevuto in aggiunta all’ordine", "Artículo adicional"),
    "no_longer_wanted": ("Plus nécessaire", "No longer wanted", "Nicht mehr gebraucht", "Non più desiderato",
                         "Ya no lo quiero"),
}


@pytest.mark.parametrize(("reason", "words"), REASONS.items())
def test_a_reason_is_known_in_every_language(reason: str, words: tuple[str, ...]) -> None:
    assert [beginning(said, TABLES.reasons) for said in words] == [reason] * 5


@pytest.mark.parametrize(("policy", "words"), {
    "within": ("Retour conforme à la politique", "Return within policy", "Innerhalb der Richtlinien",
               "Reso previsto dalle politiche", "Conforme a la política"),
    "out": ("Retour hors politique", "Return out of policy", "Außerhalb der Richtlinien",
            "Reso non previsto dalle politiche", "Devolución fuera de la política"),
    "": ("Voir Seller Central", "Oui", ""),
}.items())
def test_what_keeps_within_the_policy_is_told_plainly_or_not_at_all(policy: str, words: tuple[str, ...]) -> None:
    assert {beginning(said, TABLES.policies) for said in words} == {policy}


# ---- Rules ----

START = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)     # a Saturday


def due(kind: Kind, facts: dict[str, str]) -> dict[str, timedelta]:
    found = reckon(AMAZON.terms.rules, (), kind=kind, facts=facts, start=START, seller=Seller())
    return {deadline.name: deadline.due - START for deadline in found}


def test_a_buyer_is_answered_within_a_day_of_any_week() -> None:
    assert due(Kind.BUYER_WROTE, {}) == {"answer": timedelta(hours=24)}


def test_a_return_gives_a_deadline_only_where_the_seller_must_decide() -> None:
    for policy in ("within", "out", "unknown"):
        assert due(Kind.RETURN_OPENED, {"authorised": "automatic", "policy": policy}) == {}


@pytest.mark.parametrize(("policy", "hours"), [("within", 48), ("out", 24), ("unknown", 24)])
@pytest.mark.parametrize("authorised", ["no", "unknown"])
def test_a_return_out_of_the_policy_gives_half_the_time(authorised: str, policy: str, hours: int) -> None:
    facts = {"authorised": authorised, "policy": policy}    # where it is not told, the earlier reading counts
    assert due(Kind.RETURN_OPENED, facts) == {"decide_return": timedelta(hours=hours)}


@pytest.mark.parametrize(("kind", "facts", "wanted"), [
    (Kind.RETURN_UPDATED, {"state": "delivered"}, {"refund_return": timedelta(days=3)}),     # Saturday to Tuesday
    (Kind.RETURN_UPDATED, {"state": "in_transit"}, {}),
    (Kind.GUARANTEE_CLAIMED, {"state": "information_asked"}, {"answer_claim": timedelta(hours=48)}),
    (Kind.GUARANTEE_CLAIMED, {"state": "unknown"}, {"answer_claim": timedelta(hours=48)}),
    (Kind.GUARANTEE_CLAIMED, {"state": "under_review"}, {}),
    (Kind.GUARANTEE_DECIDED, {"outcome": "granted"}, {"appeal": timedelta(days=30)}),
    (Kind.GUARANTEE_DECIDED, {"outcome": "unknown"}, {"appeal": timedelta(days=30)}),
    (Kind.GUARANTEE_DECIDED, {"outcome": "denied"}, {}),
    (Kind.CHARGEBACK_OPENED, {}, {"answer_chargeback": timedelta(days=7)}),
    (Kind.CANCELLATION_REQUESTED, {}, {"cancel_or_ship": timedelta(hours=12)}),
    (Kind.REFUND_ISSUED, {}, {}), (Kind.RETURN_CANCELLED, {}, {}), (Kind.MARKETPLACE_WROTE, {}, {}),
])
def test_every_demand_of_amazons_has_its_clock(kind: Kind, facts: dict[str, str], wanted: dict[str, timedelta]) -> None:
    assert due(kind, facts) == wanted


def test_a_message_to_the_buyer_answers_neither_a_claim_nor_a_chargeback() -> None:
    met = {rule.id: rule.met_by for rule in AMAZON.terms.rules}
    assert met == {"A1": "reply", "A4": "refund", "A7": "refund", "A8": "", "A9": "", "A10": "", "A11": "",
                   "OFFER": "offer"}


# ---- Money, decisions, aliases ----

def notice(text: str, type_: str, subject: str = "x", **changed: Any) -> Notification:
    return note(mail(text, sender="donotreply@amazon.com", subject=subject, X_Space_Notification_Type=type_,
                     X_Marketplace_ID="A13V1IB3VIYZZH", **changed))


@pytest.mark.parametrize(("sentence", "amount"), [
    ("abbiamo avviato un rimborso di EUR 169.01 a Mattia", "169.01 EUR"), ("Un rimborso di EUR 39.9 a Bo", "39.90 EUR"),
    ("Erstattung von 1.249,50 € an Jonas", "1249.50 EUR"), ("a refund of £36 to Rowan", "36.00 GBP"),
    ("un remboursement de 12,00\u00a0€ à Zoé", "12.00 EUR"),
])
def test_a_refund_is_read_with_point_or_comma_and_any_decimals(sentence: str, amount: str) -> None:
    assert notice(f"Order ID: {ORDER}\n{sentence}", "REFUND_ISSUED").facts["amount"] == amount


@pytest.mark.parametrize("sentence", [
    f"Remboursement de la commande {ORDER}", "a refund of $24.00", "rimborso di EUR 1,234",
])
def test_a_sum_that_is_open_is_no_sum(sentence: str) -> None:
    assert "amount" not in notice(f"Order ID: {ORDER}\n{sentence}", "REFUND_ISSUED").facts


def test_two_refunds_of_one_order_are_two_events_and_a_copy_is_none() -> None:
    raw = sample("refund_issued_it_seller")
    copy = raw.replace(b"09:15:00", b"09:15:04").replace(b"SPC-EUAmazon-73", b"SPC-EUAmazon-99")
    later = raw.replace(b"22 Oct 2026", b"25 Oct 2026")
    marks = [note(read(one, trusted=TRUSTED)).mark for one in (raw, copy, later)]
    assert copy != raw
    assert marks[0] == marks[1] != marks[2]


def test_lines_that_do_not_come_to_the_sum_are_told_beside_it() -> None:
    raw = sample("refund_issued_it_two_lines").replace(b"EUR 34.5", b"EUR 30.5")
    facts = note(read(raw, trusted=TRUSTED)).facts
    assert (facts["amount"], facts["amount_by_lines"]) == ("84.40 EUR", "80.40 EUR")


@pytest.mark.parametrize(("words", "outcome"), [
    ("Hemos concedido una reclamación", "granted"), ("No hemos concedido la reclamación", "denied"),
    ("Nous avons accordé la réclamation", "granted"), ("Nous n'avons pas accordé la réclamation", "denied"),
    ("We have granted the claim", "granted"), ("We have denied the claim", "denied"),
    ("Abbiamo accolto il reclamo", "granted"), ("Non abbiamo accolto il reclamo", "denied"),
    ("Wir haben dem Antrag stattgegeben", "granted"), ("Wir haben dem Antrag nicht stattgegeben", "denied"),
    ("Une décision a été prise", "unknown"),
])
def test_who_won_is_told_in_words_that_leave_no_doubt(words: str, outcome: str) -> None:
    said = notice(f"{words} {ORDER}.", "A_Z_CLAIM_RESPONDENT_CLOSE")
    assert (said.facts["outcome"], said.reference) == (outcome, ORDER)


def test_a_claim_that_reviews_and_asks_asks() -> None:
    both = "Aucune action n'est requise pour le moment. Veuillez fournir la preuve de livraison."
    assert notice(both, "A_Z_CLAIM_RESPONDENT_NOTIFY").facts["state"] == "information_asked"
    if_ever = "Aucune action n'est requise pour le moment. Si nous avons besoin de renseignements, nous écrirons."
    assert notice(if_ever, "A_Z_CLAIM_RESPONDENT_NOTIFY").facts["state"] == "under_review"


def test_a_message_is_also_known_by_its_order_its_thread_and_the_buyers_address() -> None:
    said = note(fenced("Bonjour", below=f"Résoudre le cas\n{NO_ANSWER}\n\n"))
    assert said.aliases == (ORDER, "A0THREAD00000000000TT", "a1b2c3d4e5f6g7h")
    unordered = note(mail("Bonjour", subject="Question"))
    assert (unordered.reference, unordered.aliases) == ("a1b2c3d4e5f6g7h", ("a1b2c3d4e5f6g7h",))


def test_an_undelivered_message_names_the_buyers_address() -> None:
    said = note(read(sample("message_undelivered_it_opted_out"), trusted=TRUSTED))
    assert said.aliases == ("406-8814427-3309912", "m4r10q8w2e6t0")
    assert (said.facts["reason"], said.answer_to) == ("opted_out", "")


def test_a_claim_without_an_order_still_makes_a_case_and_its_copy_the_same() -> None:
    said, copy = (notice("Un reclamo dalla A alla Z di 12,00 €.", "A_Z_CLAIM_RESPONDENT_NOTIFY", message_id=f"<{n}@x>")
                  for n in (1, 2))
    assert said.reference == f"notice-{said.mark}" == copy.reference


def test_what_customer_service_quotes_states_no_deadline() -> None:
    said = note(read(sample("buyer_wrote_en_customer_service"), trusted=TRUSTED))
    assert (said.stated, said.buyer, said.facts["inquiry"]) == ((), None, "Where is my item")


# ---- Bombs ----

@pytest.mark.parametrize("text", [
    "-" * 200_000, ("----- " + "x " * 80 + "-----\n") * 3_000, "Commande : " + " " * 200_000,
    "1 / " + "[ASIN: " * 30_000, "by 03/04/" * 20_000, ("Commande : " + "4" * 190 + "\n") * 2_000,
    "[commMgrTok:" * 20_000, "\u200b" * 100_000,
])
def test_reading_takes_no_longer_than_the_mail_is_long(text: str) -> None:
    message = replace(mail(), text=text, newest=text)
    started = time.monotonic()
    note(message)
    note(replace(message, text=f"{text}\n------------- Message: -------------\nx"))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("text", [
    "a" * 200_000, "a+" * 100_000, "rimborso " * 30_000, ("Order ID: " + "4" * 190 + "\n") * 2_000,
    "wir haben " * 20_000,
    "rimborso " + "1,2" * 60_000, "un remboursement de " + " " * 200_000, "Nachricht an " * 20_000, "a " * 100_000,
])
@pytest.mark.parametrize("type_", [*NOTICES, "SOMETHING_NEW", ""])
def test_reading_a_notice_takes_no_longer_than_it_is_long(type_: str, text: str) -> None:
    message = replace(mail(sender="donotreply@amazon.com", X_Space_Notification_Type=type_), text=text, newest=text)
    started = time.monotonic()
    kind = AMAZON.recognise(message)
    assert kind
    with contextlib.suppress(UnreadableError):
        AMAZON.parse(message, kind)
    assert time.monotonic() - started < 20


# ---- The words we send ----

LANGUAGES = ("fr", "en", "de", "it", "es")
SHOP = Seller(name="Atelier Lumen", return_address="1 rue des Lilas, 75012 Paris")


def words(kind: Kind, language: str, facts: dict[str, str], seller: Seller = SHOP, buyer: str | None = "Zoé") -> Words:
    case = SimpleNamespace(order=ORDER if buyer else None, item="Théière" if buyer else None, buyer=buyer)
    context = {"case": case, "facts": facts, "text": "Bonjour", "subject": "Re: Demande"}
    return Templates(seller).render(f"{kind}.reply", language, context, marketplace="amazon")


FACTS = [{}, {"photo": "yes"}, *({"reason": reason, "authorised": authorised} for reason, authorised in product(
    (*sorted(set(TABLES.reasons.values())), "autre"), ("automatic", "no", "unknown")))]
FORBIDDEN = ("http", "www.", "@", "{{", "{%", "None", "  ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", FACTS, ids=lambda facts: "-".join(facts.values()) or "plain")
def test_our_words_hold_nothing_amazon_forbids(language: str, facts: dict[str, str]) -> None:
    body = words(Kind.RETURN_OPENED if "reason" in facts else Kind.BUYER_WROTE, language, facts).body
    assert len(body) < 1_000       # what a return's message may have; a buyer's answer may have four times that
    assert not [mark for mark in FORBIDDEN if mark in body]
    assert "Atelier Lumen" in body
    assert "Zoé" in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_before_the_sale_is_answered_without_an_order_or_a_name(language: str) -> None:
    said = words(Kind.BUYER_WROTE, language, {}, buyer=None)
    assert said.subject == "Re: Demande"
    assert "None" not in said.body
    assert " ," not in said.body
    assert "24" in said.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_own_words(language: str) -> None:
    for kind in (Kind.BUYER_WROTE, Kind.RETURN_OPENED):
        others = {words(kind, other, {}).body for other in LANGUAGES if other != language}
        assert words(kind, language, {}).body not in others


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_return_address_stands_where_the_seller_gave_one(language: str) -> None:
    assert "75012 Paris" in words(Kind.RETURN_OPENED, language, {}).body
    assert "\n\n\n" not in words(Kind.RETURN_OPENED, language, {}, seller=Seller(name="Atelier Lumen")).body


# ---- The samples' own files ----

@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_sample_is_answered_where_the_file_beside_it_says(path: Path) -> None:
    said = note(read(path.with_suffix(".eml").read_bytes(), trusted=TRUSTED))
    wanted = tomllib.loads(path.read_text("utf-8"))
    assert said.answer_to == wanted["answer_to"]
    assert list(said.aliases) == wanted.get("aliases", [])
    assert said.mark == wanted.get("mark", said.mark)
    assert said.held == ""
