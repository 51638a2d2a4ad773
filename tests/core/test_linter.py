"""What must not leave is found, and ordinary sentences pass: in five languages."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import words
from bot.core.linter import WRONG, Remark, Topic, WordsRules, language_of, lint

AMAZON = WordsRules(
    max_characters=4000, max_for=(("closing", 1000),), source="Amazon, 003",
    forbids=frozenset({Topic.LINKS, Topic.MAIL_ADDRESSES, Topic.PHONES, Topic.POSTAL_ADDRESSES, Topic.MARKETING,
                       Topic.POSITIVE_RATING, Topic.LOGOS, Topic.OTHER_LANGUAGE}),
    names=("amazon.fr", "amazon.de", "amazon.it", "amazon.es"))
UNKNOWN = WordsRules()


def remarks(text: str, rules: WordsRules = AMAZON, *, language: str | None = "fr", automatic: bool = False,
            purpose: str = "buyer_wrote") -> tuple[Remark, ...]:
    return lint(text, rules, language=language, automatic=automatic, purpose=purpose)


def codes(text: str, **more: Any) -> list[str]:
    return [remark.code for remark in remarks(text, **more)]


# ---- what is ordinary passes

ORDINARY = {
    "fr": """\
Bonjour Jean Dupont,
Merci pour votre message au sujet de la commande 404-2718281-8284590 (Lampe de chevet).
Votre colis est parti le 17/11/2026 à 09:30 par Colissimo sous le numéro de suivi 8R00042171828.
Le numéro de suivi est 6A12345678901, et le second RR123456785FR.
Vente 871204553, achat n° 340118725, article 612345678.
L'article 871 204 553 a été livré entre le 12.11 et le 14.11.2026.
Nous sommes ouverts de 08.30 à 18.00, du lundi au vendredi, sauf le 25/12/2026.
Nous ouvrons de 08:30-12:00 puis 14:00-18:00.
La lampe mesure 120 x 45 x 300 mm et pèse 1 200 g ; elle coûte 1 234,56 €.
Référence EAN 3760123456789, numéro de série 0123456789.
Le transporteur a laissé un avis de passage dans votre boîte aux lettres.
Merci d'avoir laissé un avis positif, n'hésitez pas à nous récrire.
Merci de bien vouloir noter la référence positive.
Mettez la pile dans le bon sens, pôle positif vers le haut.
N'hésitez pas à nous dire si une bonne note d'information manque.
Nous prenons bonne note de votre demande et restons à votre disposition.
Merci pour votre avis positif, il nous a fait très plaisir.
Vous recevrez une réponse ici même dans les 24 heures.
Sur Amazon.fr, l'étiquette se trouve dans « Vos commandes », à la ligne « Retours ».
Notre boutique reste ouverte pendant les fêtes, sauf le 1er janvier.
Nous vous proposons une réduction de 20 % depuis la page de la commande.
Pouvez-vous nous envoyer une photo de l'article et de son emballage ?
Le produit est conforme à la norme EN 60598-1:2021/A11.
N'hésitez pas à nous répondre si le problème persiste.
Le code de la porte et le code postal manquent dans l'adresse de livraison.
Il faut 2 piles AAA et/ou un câble USB-C (5 V / 2 A).
Taille XXL ou XXXL ? Le maillot existe aussi en XS.
La notice est au format PDF : notice.pdf, page 12.
Ce commentaire nous aide à corriger la description.
Vous avez jusqu'au 30 novembre pour nous renvoyer l'article.
SIRET 732 829 320 00074, TVA FR 32 732829320.""",
    "en": """\
Hello John,
Thank you for your message about order 026-1234567-7654321.
Your parcel left on 2026-11-17 at 09:30 with tracking number H1234A0123456789.
The tracking number is 00340434161094015902.
None of our lamps is delivered with a bulb.
We are sorry that the item arrived damaged, and we would like to help.
Please send us a photo of the label and of the box, if you can.
The refund of £1,234.56 will reach you within 3-5 working days.
Did you find the parcel with a neighbour? The courier left a card on 12-11-2026.
You are welcome to keep the item, or to return it within 30 days.
Could you please share the serial number on the back of the lamp?
We share your disappointment and have noted your comments.
Thank you for your positive feedback, please tell us how the lamp does.
Please give us two days to look for it.
Your feedback about the lamp helps us to improve the description.""",
    "de": """\
Guten Tag Frau Müller,
vielen Dank für Ihre Nachricht zu Ihrer Bestellung 302-1234567-7654321.
Ihr Paket ist am 17.11.2026 um 09:30 Uhr mit DHL unterwegs, Sendungsnummer 00340434161094015902.
Die Lampe kostet 1.234,56 € und wiegt 1.200 g.
Bitte senden Sie uns ein Foto der Verpackung, z. B. von der Unterseite.
Wir sind von 08.30-18.00 Uhr für Sie da.
Das Ersatzteil wird am 24.12.2026 geliefert.
Es tut uns leid, dass der Artikel beschädigt angekommen ist.
Mit freundlichen Grüßen""",
    "it": """\
Buongiorno Giulia,
grazie per il suo messaggio sull'ordine 405-1732050-8075688.
Il pacco è partito il 17/11/2026 alle 09:30 con numero di spedizione 3UW1X2345678901.
Il numero di tracciamento è 3401187254.
La lampada si accende, p.es. con una pila nuova?
Le risponderemo via Amazon, entro 24 ore, con una soluzione.
Ci dispiace che l'articolo sia arrivato danneggiato.
Può inviarci una foto dell'etichetta?""",
    "es": """\
Buenos días Lucía,
gracias por su mensaje sobre el pedido 404-1234567-7654321.
El paquete salió el 17/11/2026 a las 09:30 con el número de seguimiento 612345678.
La lámpara cuesta 1.234,56 € y pesa 1.200 g.
¿Puede enviarnos una foto del embalaje?
Lamentamos que el artículo haya llegado dañado.
Le damos las gracias por su paciencia.
Reciba un cordial saludo""",
}
LINES = [(language, line) for language, text in ORDINARY.items() for line in text.splitlines()]


@pytest.mark.parametrize(("language", "line"), LINES)
@pytest.mark.parametrize("automatic", [False, True])
def test_ordinary_sentence_passes(language: str, line: str, automatic: bool) -> None:
    assert not remarks(line, language=language, automatic=automatic)


@given(st.sampled_from(list(ORDINARY)).flatmap(lambda language: st.tuples(
    st.just(language), st.permutations(ORDINARY[language].splitlines()), st.sampled_from(["\n", "\n\n", " "]))))
def test_ordinary_sentences_pass_in_any_order(said: tuple[str, list[str], str]) -> None:
    language, lines, gap = said
    found = remarks(gap.join(lines[:12]), language=language)
    assert not found


@given(st.text(max_size=400))
def test_any_text_at_all_is_read_and_each_place_lies_in_it(text: str) -> None:
    for remark in remarks(text, automatic=True):
        start, end = remark.where
        assert 0 <= start <= end
        assert remark.sentence


@given(st.integers(0, 999_9999), st.integers(0, 999_9999), st.sampled_from(["171", "303", "404", "026"]))
def test_no_order_number_of_amazon_is_a_telephone(first: int, last: int, head: str) -> None:
    assert not codes(f"Bonjour, votre commande {head}-{first:07}-{last:07} est partie.")
    assert not codes(f"Bonjour, {head}-{first:07}-{last:07} est partie.")


@given(st.integers(100_000_000, 9_999_999_999_999))
def test_no_number_without_blanks_or_a_leading_zero_is_a_telephone_by_itself(number: int) -> None:
    assert not codes(f"Il s'agit de {number}, merci.")


# ---- what must be found

CAUGHT = {
    Topic.LINKS: """\
Voyez https://www.colissimo.fr/suivi/8R00042171828 pour le suivi.
Voyez http://lumen.example/notice
La notice est sur www.atelier-lumen.fr.
La notice est sur atelier-lumen.fr, page 2
La notice est sur atelier-lumen.com/notice
Le suivi : laposte.info/x
Écrivez-nous sur wa.me/33612345678
Voir bit.ly/3xyz
Die Anleitung steht auf atelier-lumen.de
ftp://files.example/x.pdf""",
    Topic.MAIL_ADDRESSES: """\
Écrivez à marie@boutique.example
Écrivez à marie.dupont+sav@boutique.example, merci
marie (at) boutique.fr
marie[at]boutique [dot] fr
marie arobase boutique point fr
MARIE@BOUTIQUE.EXAMPLE""",
    Topic.PHONES: """\
Appelez le 06 12 34 56 78
Appelez le 0612345678.
06.12.34.56.78
06-12-34-56-78
Tél. : +33 6 12 34 56 78
+33 (0)6 12 34 56 78
0033 6 12 34 56 78
01 23 45 67 89
Joignable au 01 23 45 67 89 ou 06 98 76 54 32
Rufen Sie uns an: 030 1234567
0171/1234567
089-12345678
+49 30 1234567
0049 171 1234567
Chiamateci al 347 123 4567
+39 347 1234567
02 12345678
cellulare 3471234567
Llámenos al 612 345 678
+34 91 123 45 67
91 123 45 67
móvil 612345678
Call us on 020 7946 0958
07700 900123
+44 20 7946 0958
Phone: 01632 960983
WhatsApp 612345678
+1 (212) 555-0123""",
    Topic.POSTAL_ADDRESSES: """\
Passez nous voir au 12 rue des Lilas
Passez nous voir au 12 bis, avenue de la République, 75011 Paris
Wir sind in der Lindenstraße 12 zu finden
Kommen Sie in die Lindenstr. 5
Our shop is at 10 Downing Street
Our postcode is SW1A 2AA
Siamo in via Roma, 12, 20121 Milano
Estamos en la calle Mayor, 12""",
    Topic.MARKETING: """\
Profitez du code promo LUMEN10
Un bon d'achat vous attend
Visitez notre site, vous y trouverez d'autres lampes
Découvrez notre boutique en ligne
Suivez-nous sur les réseaux
Abonnez-vous à notre newsletter
10 % de réduction sur votre prochaine commande
Retrouvez-nous aussi sur Instagram
Notre compte : @atelierlumen
Use the discount code LUMEN10
Please visit our website for more lamps
Follow us for news
Get 10% off your next order
Ihr Gutscheincode lautet LUMEN10
Besuchen Sie unsere Webseite
Folgen Sie uns auf Facebook
Usa il codice sconto LUMEN10
Visitate il nostro sito
Seguiteci sui social
Use el código de descuento LUMEN10
Visite nuestra tienda
Síguenos""",
    Topic.POSITIVE_RATING: """\
Merci de nous laisser une évaluation positive.
Nous comptons sur vous pour une bonne note !
N'hésitez pas à mettre 5 étoiles.
Pourriez-vous laisser un avis favorable ?
Si vous êtes satisfait, laissez-nous un avis.
Merci pour votre achat et laissez-nous un avis positif !
Merci de retirer votre avis négatif.
Pourriez-vous modifier votre note ?
Please leave a positive review.
We would be glad if you could give us five stars.
If you are happy with the lamp, please leave us a review.
Could you please remove your negative feedback?
Bitte hinterlassen Sie eine positive Bewertung.
Wir freuen uns über eine gute Bewertung.
Geben Sie uns 5 Sterne!
Lasciate una recensione positiva.
La preghiamo di lasciare 5 stelle.
Por favor, deje una valoración positiva.
Nos gustaría que nos dejara cinco estrellas, ¿puede dejar una opinión?""",
    Topic.BLANKS: """\
Transporteur : [à compléter]
Date : [à remplir]
Name: [to fill in]
Datum: [auszufüllen]
Numero: [da completare]
Número: [por completar]
Bonjour XXX,
Bonjour {{ case.buyer }},
{% if x %}
N° de suivi : ______
Bonjour None,
Bonjour [Nom du client],
N° de suivi : ..........""",
    Topic.HTML: """\
Bonjour,<br>merci
<p>Bonjour</p>
Merci &amp; à bientôt
<a href='x'>ici</a>""",
    Topic.LOGOS: """\
[logo Atelier Lumen]
![logo](x)
cid:logo1""",
    Topic.ATTACHMENTS: """\
Vous trouverez la facture en pièce jointe.
Ci-joint la facture.
Please find the invoice attached.
Im Anhang finden Sie die Rechnung.
In allegato trova la fattura.
Adjunto le envío la factura.
Anbei die Rechnung.""",
}
VIOLATIONS = [(topic, line) for topic, text in CAUGHT.items() for line in text.splitlines()]


@pytest.mark.parametrize(("topic", "line"), VIOLATIONS)
def test_violation_is_caught(topic: Topic, line: str) -> None:
    assert str(topic) in codes(line, language=None)


@pytest.mark.parametrize(("topic", "line"), VIOLATIONS)
def test_violation_stops_where_the_marketplace_forbids_it_and_only_there(topic: Topic, line: str) -> None:
    found = [remark.stops for remark in remarks(line, language=None) if remark.code == topic]
    assert found == [topic in (AMAZON.forbids or ()) or topic is Topic.BLANKS] * len(found)


ELSEWHERE = [(topic, line) for topic, line in VIOLATIONS if topic in
             (Topic.LINKS, Topic.MAIL_ADDRESSES, Topic.PHONES, Topic.MARKETING, Topic.POSITIVE_RATING)]


@pytest.mark.parametrize(("topic", "line"), ELSEWHERE)
def test_where_no_rules_are_known_it_is_advice_to_the_seller_and_stops_what_leaves_alone(topic: Topic,
                                                                                         line: str) -> None:
    for automatic in (False, True):
        found = [remark for remark in remarks(line, UNKNOWN, language=None, automatic=automatic)
                 if remark.code == topic]
        assert found and all(remark.stops is automatic for remark in found)
        assert "marketplace forbids" not in found[0].sentence      # nobody says so


@pytest.mark.parametrize("line", [
    "Je viens de vérifier personnellement votre colis.", "J'ai regardé votre dossier.",
    "J'ai moi-même préparé le colis.", "Mon collègue vous répondra demain.",
    "I have personally checked the parcel.", "I've just spoken to the courier.",
    "I personally packed it.", "Ich habe das Paket persönlich geprüft.", "Ich selbst kümmere mich darum.",
    "Ho appena verificato il pacco.", "Ho controllato personalmente.", "Acabo de comprobar el paquete.",
    "Lo he comprobado personalmente."])
def test_no_automatic_mail_poses_as_a_person(line: str) -> None:
    found = remarks(line, UNKNOWN, language=None, automatic=True)
    assert {(remark.code, remark.stops) for remark in found} == {("posing", True)}
    assert not remarks(line, language=None, automatic=False)      # the seller's own words


# ---- ratings


@pytest.mark.parametrize("line", [
    "Pensez à noter votre achat.", "Vous pouvez laisser un avis sur votre commande.", "Please leave us a review.",
    "Bitte hinterlassen Sie uns eine Bewertung.", "Può lasciare una recensione.", "Puede dejar una valoración."])
def test_neutral_reminder_to_rate_is_advice_and_nothing_where_the_rule_allows_it(line: str) -> None:
    assert [(remark.code, remark.stops) for remark in remarks(line, language=None)] == [("rating_reminder", False)]
    allowed = WordsRules(forbids=frozenset({Topic.POSITIVE_RATING}), allows=frozenset({Topic.RATING_REMINDER}))
    assert not remarks(line, allowed, language=None)


# ---- length, places, languages


def test_a_message_has_its_limit_the_quoted_original_included() -> None:
    body = "Bonjour, tout va bien. " * 100
    quoted = "\n".join(["Le 17/11/2026 à 11:00, Jean Dupont a écrit :", *["> Bonjour, bonjour, bonjour."] * 80])
    [remark] = remarks(f"{body}\n\n{quoted}")
    assert (remark.code, remark.stops, remark.where[0]) == ("length", True, 4000)
    assert remark.sentence.startswith("4666 characters where 4000 are allowed (Amazon, 003)")
    assert not remarks(body)


def test_closing_message_has_its_own_limit() -> None:
    text = "Bonjour, tout va bien. " * 50
    assert not codes(text)
    assert codes(text, purpose="closing") == ["length"]


def test_address_for_returns_may_stand_in_a_return() -> None:
    street = "Notre adresse est 1 rue des Lilas, 75012 Paris."
    assert codes(street) == ["postal_addresses"]
    assert not codes(street, purpose="return_opened")
    assert not codes(f"Pour votre retour : {street}")


def test_what_the_buyer_wrote_is_not_ours_to_mend() -> None:
    assert not codes("Bonjour.\n\nLe 17/11/2026 à 11:00, marie@x.example a écrit :\n"
                     "> Mon numéro : 06 12 34 56 78\n> https://x.example")
    assert codes("Au 06 12 34 56 78.\n\n> Bonjour") == ["phones"]


@pytest.mark.parametrize("other", list(ORDINARY))
@pytest.mark.parametrize("language", list(ORDINARY))
def test_text_in_another_language_than_the_buyers_is_noticed(language: str, other: str) -> None:
    found = [remark for remark in remarks(ORDINARY[other], language=language) if remark.code == "other_language"]
    assert bool(found) is (language != other)
    assert not any(remark.stops for remark in found)      # the seller may know better
    alone = remarks(ORDINARY[other], language=language, automatic=True)
    assert any(remark.stops and remark.code == "other_language" for remark in alone) is (language != other)


def test_short_text_is_of_no_language_for_sure() -> None:
    assert not codes("Thank you and best regards, the seller", language="fr")
    assert not codes(ORDINARY["en"], language="nl")
    assert not codes(ORDINARY["en"], language=None)
    assert language_of(ORDINARY["de"])[0] == "de"


def test_place_is_told_by_line_words_and_numbers() -> None:
    text = "Bonjour,\n\nécrivez à marie@boutique.example.\n"
    [remark] = remarks(text)
    assert text[slice(*remark.where)] == "marie@boutique.example"
    assert remark.sentence == ("line 3, «marie@boutique.example»: an e-mail address, which the marketplace forbids "
                               "(Amazon, 003); take it out: the buyer answers to this very message")


def test_the_same_in_french() -> None:
    with words.speaking("fr"):
        [remark] = remarks("Voyez www.lumen.example")
    assert remark.sentence == ("ligne 1, « www.lumen.example » : un lien, ce que la place de marché interdit "
                               "(Amazon, 003) ; retirez-le et dites en mots ce qu'il montre")


def test_every_topic_says_what_is_wrong_and_what_to_do() -> None:
    assert set(WRONG) == set(Topic) - {Topic.LENGTH}
    assert all(sentence in words.french() for pair in WRONG.values() for sentence in pair)


def test_every_topic_stands_in_the_page_about_words(root: Path) -> None:
    page = (root / "docs" / "words.md").read_text("utf-8")
    assert not [topic for topic in Topic if f"| `{topic}` |" not in page]


def test_accents_written_apart_and_typographic_signs_hide_nothing() -> None:
    assert codes("Date : [a\u0300 comple\u0301ter]") == ["blanks"]
    assert codes("Appelez\u00a0le 06\u00a012\u00a034\u00a056\u00a078") == ["phones"]


def test_one_fault_said_over_and_over_is_told_three_times() -> None:
    assert codes("www.lumen.example " * 50) == ["links"] * 3


@pytest.mark.parametrize("unit", ["0 ", "a.", "a@", "1-", "rue ", "12 rue ", "via a ", "laissez une note ", "[", "x",
                                  "(0", "www.", "si vous ", "1.1.", "+33 ", "trouverez ", "<a ", "ich habe ", ":\n>"])
def test_no_text_takes_for_ever(unit: str) -> None:
    began = time.process_time()
    remarks((unit * 20_000)[:100_000], automatic=True)
    assert time.process_time() - began < 20
