"""Which of the seller's own answers a message asks for: one, several, or none."""

from __future__ import annotations

import pytest

from bot.core.answers import Answer, AnswerError, fits, match, parse

BILL = parse("facture", "Mots: facture / justificatif d'achat, avoir / envoyer / besoin*\nSauf: rembours*\n"
                        "Langues: fr\nPour: amazon.buyer_wrote, question_asked\nRépond: oui\n\nBonjour,\n\nVoici.\n")
BULB = parse("ampoule", "Words: ampoule* / culot, fourni* / compri*\n\nSans ampoule.\n")
SHADE = parse("abat-jour", "Words: abat-jour, couleur*, lavable*, diamètre\n\nIl se lave.\n")


def names(text: str, *answers: Answer, language: str | None = "fr") -> list[str]:
    return [answer.name for answer in match(text, answers or (BILL, BULB, SHADE), language)]


def test_file_says_when_it_fits_and_what_it_says() -> None:
    assert (BILL.name, BILL.languages, BILL.places, BILL.answers) == (
        "facture", ("fr",), ("amazon.buyer_wrote", "question_asked"), True)
    assert BILL.body == "Bonjour,\n\nVoici.\n"
    assert (BULB.languages, BULB.places, BULB.answers, BULB.unless) == ((), (), False, None)


@pytest.mark.parametrize("text", [
    "Bonjour, puis-je avoir une facture ?", "PUIS-JE AVOIR UNE FACTURE", "J'ai besoin d'un justificatif d’achat.",
    "La facture... pouvez-vous me l'envoyer ?", "besoin\nd'une facture"])
def test_all_its_words_make_an_answer_clear(text: str) -> None:
    assert names(text) == ["facture"]


@pytest.mark.parametrize("text", [
    "Je voudrais une facture.",                         # one of two
    "Pouvez-vous m'envoyer deux factures ?",            # another word: no star stands behind facture
    "Ma manufacture voudrait avoir un devis",           # inside a word
    "Puis-je avoir une facture et être remboursé ?",    # unless
    "Puis-je avoir un justificatif de votre achat ?",   # the words of a phrase stand together
    "Bonjour", ""])
def test_too_few_words_or_a_forbidding_one_make_none(text: str) -> None:
    assert names(text) == []


def test_accents_and_capitals_do_not_count() -> None:
    assert names("UN ABAT JOUR EN QUELLE COULEUR, LAVABLE, DE QUEL DIAMETRE") == ["abat-jour"]
    oeuvre = parse("oeuvre", "Words: œuvre\n\nOui.\n")
    assert names("une OEUVRE", oeuvre) == names("une œuvre", oeuvre) == ["oeuvre"]


def test_quoted_text_is_not_looked_at() -> None:
    assert names("Merci !\n\n> Puis-je avoir une facture ?") == []
    assert names("Merci !\n\nLe 16/11/2026 à 09:30, Boutique a écrit :\n> avoir une facture") == []


def test_two_that_fit_are_both_candidates() -> None:
    assert names("Puis-je avoir une facture ? Et l'ampoule est-elle fournie ?") == ["facture", "ampoule"]


def test_one_that_comes_near_makes_another_unclear() -> None:
    """Three of its four words: he may mean that one."""
    assert names("Puis-je avoir une facture ? L'abat-jour, quelle couleur, lavable ?") == ["facture", "abat-jour"]
    assert names("Puis-je avoir une facture ? L'abat-jour, quelle couleur ?") == ["facture"]      # half is not near
    assert names("L'abat-jour, quelle couleur, lavable ?") == []                                   # near alone is none


def test_star_stands_for_an_ending() -> None:
    assert names("Les ampoules sont-elles fournies ?") == names("L'ampoule est comprise ?") == ["ampoule"]


def test_answer_is_for_its_languages() -> None:
    assert names("Puis-je avoir une facture ?", language="de") == []
    assert names("Puis-je avoir une facture ?", language=None) == ["facture"]
    assert names("Ampoule fournie?", language="it") == ["ampoule"]


@pytest.mark.parametrize(("marketplace", "kind", "is_for"), [
    ("amazon", "buyer_wrote", True), ("amazon", "return_opened", False), ("rakuten_fr", "buyer_wrote", False),
    ("rakuten_fr", "question_asked", True)])
def test_answer_is_for_its_marketplaces_and_kinds(marketplace: str, kind: str, is_for: bool) -> None:
    assert fits(BILL, marketplace, kind) is is_for
    assert fits(BULB, marketplace, kind)


@pytest.mark.parametrize("text", ["", "Bonjour\n\nVoici", "Mots: facture\n", "Mots: facture\n\n\n",
                                  "Mots: , /\n\nVoici",
                                  "Langues: fr\n\nVoici", "Mots: x\nCouleur: bleu\n\nVoici",
                                  "Mots: *\n\nVoici"])
def test_file_that_cannot_be_meant_is_named(text: str) -> None:
    with pytest.raises(AnswerError, match="The answer facture "):
        parse("facture", text)
