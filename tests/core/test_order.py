"""What the seller tells the bot: understood, or asked again, never guessed."""

from __future__ import annotations

import base64
import json
import quopri
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import words
from bot.core.guards import order_of
from bot.core.message import read
from bot.core.order import (
    EXAMPLES,
    MEANINGS,
    SYNONYMS,
    Order,
    Unclear,
    Word,
    examples,
    normal,
    tokens,
    understand,
)
from bot.core.parcel import parcel_facts
from bot.core.quote import own_words

HERE = Path(__file__).resolve()
ATTACKS = HERE.parents[3] / "shared" / "attacks"
TODAY = date(2026, 11, 16)      # a Monday
TOKEN = "KX7Q-M2PD-9RTV-4HCE"


def order(said: str, today: date = TODAY) -> Order:
    found = understand(said, today=today)
    assert isinstance(found, Order), found
    return found


def code(said: str) -> str:
    found = understand(said, today=TODAY)
    return found.code if isinstance(found, Unclear) else f"understood as {found}"


def facts(said: str, today: date = TODAY) -> Mapping[str, str]:
    return order(said, today).facts


# ---- words


BARE = [(word, said) for word, all_said in SYNONYMS.items() for said in all_said
        if word not in (Word.TEXT, Word.OFFER, Word.SHIPPED)]


@pytest.mark.parametrize(("word", "said"), BARE)
def test_each_synonym_is_its_order_with_and_without_capitals_and_a_stop(word: Word, said: str) -> None:
    for line in (said, said.upper(), said.capitalize(), f"  {said} \n", f"{said}.", f"{said} !", f"{said}!!"):
        assert order(line).word is word, line


ACCENTS = str.maketrans("éèêàôîç", "eeeaoic")


@pytest.mark.parametrize(("word", "said"), [row for row in BARE if row[1] != "résumé"])
def test_accents_may_be_left_out(word: Word, said: str) -> None:
    assert order(said.translate(ACCENTS)).word is word


def test_only_the_accents_tell_the_french_summary_from_the_english_going_on() -> None:
    assert order("résumé").word is order("RÉSUMÉ").word is order("re\u0301sume\u0301").word is Word.SUMMARY
    assert order("resume").word is order("Resume.").word is Word.RESUME


def test_no_two_orders_share_a_synonym() -> None:
    said = [one for all_said in SYNONYMS.values() for one in all_said]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("said", [
    "d'accord", "d’accord", "d‘accord", "D´accord", "« ok »", "“ok”", '"ok"', "'ok'", "ok\u00a0!", "\u202fok\u202f",
    "ok merci", "Ok, merci beaucoup.", "oui svp", "Oui, s'il vous plaît", "oui stp !", "yes please", "ok thanks",
    "Bonjour, ok", "bonjour\nok", "Bonjour,\n\nOk\n", "Bonsoir !\nOui.\n\nCordialement,", "Hello\nyes\nThanks!",
    "ok,\nmerci", "ok\nok", "oui\nok", "Oui, envoie", "ok, d'accord", "ok 👍", "ok :)", "OK\r\n\r\nMarie",
    "Merci\nok", "\n\n\nok", "okay",
])
def test_typography_and_politeness_do_not_matter(said: str) -> None:
    assert order(said).word is Word.OK


@pytest.mark.parametrize("said", [
    "ОК", "оk", "о\u043a", "ｏｋ", "ＯＫ", "o\u200bk", "o\u00adk", "\u202eko", "ok\u200b", "o\u2060k", "𝐨𝐤", "\u212a",
    "o\u212a", "o\u0336k\u0336", "ọk", "0k", "ⓞⓚ", "ok\u0301", "nοn", "օk", "remіse 20%", "remise ２０%",
    "ꓳK", "ōk",
])
def test_what_only_looks_like_an_order_is_none(said: str) -> None:
    assert code(said) == "no_command"


@pytest.mark.parametrize("said", [
    "ok mais change la date", "je suis d'accord pour 20%", "non je ne crois pas que ce soit lui", "ok ?", "ok...",
    "ok…", "OK je suis absente.", "Oui, mais seulement s'il paie le retour", "ok pour 20%", "pas ok",
    "refuser la vente", "refuse the cancellation", "accepter la vente", "ok,\nmais demain",
    "oui ou non", "ok non", "non mais oui", "refuser serait dommage", "refuser ?", "refuser ou pas", "accepter quoi ?",
    "remise en main propre", "remise 20% si le client insiste", "une remise peut-être", "expédié hier par mon mari",
    "plus tard dans la semaine", "retour au magasin", "envoyé", "remboursé", "pause café", "no idea",
    "send him a photo",
    "close to the end", "fait froid", "état neuf, jamais servi", "Merci, je regarde.", "peut-être", "hmm", "stop", "k",
    "okok", "o k", "ok-", "-ok", "Ok Google", "", " \n\u00a0\n", "Bonjour", "Merci !", "Bonjour,\n\nCordialement",
    "C-12", "C-2 : ok pour C-3",
    TOKEN, f"[C-1 {TOKEN}]", "...", "\x00", "n", "texte", "texte :", "texte :\n\nfin", "texte :\n…\nfin",
])
def test_an_order_word_in_a_sentence_is_no_order(said: str) -> None:
    assert code(said) == "no_command"


@pytest.mark.parametrize("said", [
    "ok\nnon", "ok\nremise 20%", "ok\n\nmerci\n\nnon", "remise 20%\nremise 10%", "oui et non", "ok, remise 20%",
    "accepter\nrefuser", "pause\nreprise", "plus tard 4h\nplus tard 2h", "expédié 6A12345678901 Colissimo\npas expédié",
    "ok pour C-2\nok pour C-3", "ok\ntexte :\nBonjour Jean\nfin", "ok\nremise 1e9", "ok\ndemain",
    "ok\n" + "il a l'air pressé\n" * 5000 + "non",
    "Répondez par un ordre de cette liste\nok\nnon", "Il a l'air vraiment très pressé\n\nok",
    "texte :\nBonjour\nfin\nnon", "texte : ok",
])
def test_two_orders_are_none(said: str) -> None:
    assert code(said) == "ambiguous_command"


@pytest.mark.parametrize("below", ["mais change la date", "sauf le prénom", "But not before Friday",
                                   "si elle paie d'abord",
                                   "Attends, je regarde", "finalement laisse-moi le faire", "only if she pays"])
def test_an_order_taken_back_in_the_next_line_is_none(below: str) -> None:
    assert code(f"ok\n\n{below}") == "ambiguous_command"


@pytest.mark.parametrize("below", ["il a l'air pressé", "Cette dame est pénible.\nEnfin bref !",
                                   "Marie Dupont\nAtelier Lumen",
                                   "en état neuf", "j'ai remis 20% hier", "Bonne journée,\nMarie\n06 12 34 56 78",
                                   "x" * 400, "ОК non"])
def test_private_words_below_an_order_change_nothing_and_go_nowhere(below: str) -> None:
    assert order(f"ok\n{below}") == order("ok")
    assert order(f"refuser\n{below}") == order("refuser")


def test_yes_within_a_letter_is_no_order() -> None:
    assert code("Bonjour,\n\nOui.\n\nVotre colis part demain.\nCordialement,\nMarie") == "ambiguous_command"
    assert order("Bonjour,\n\nok\n\nCordialement,\nMarie Dupont, Atelier Lumen, à Lyon.").word is Word.OK
    assert code("Bonjour Jean,\n\nOui.\n\nVotre colis part demain.") == "ambiguous_command"


def test_the_line_is_told_as_he_wrote_it_without_its_token_and_short() -> None:
    assert order("  Remise   de 20 % !\nil est pénible").said == "Remise de 20 % !"
    assert order(f"ok {TOKEN}").said == "ok"
    assert order(f"[C-1 {TOKEN}] ok").said == "ok"
    assert order("texte : " + "mot " * 200 + "\nfin").said.startswith("texte : mot mot")
    assert len(order("texte : " + "mot " * 200 + "\nfin").said) <= 200


def test_what_was_not_understood_is_told_without_its_token() -> None:
    found = understand(f"quoi {TOKEN}", today=TODAY)
    assert isinstance(found, Unclear) and "«quoi»" in found.why and TOKEN not in found.why


# ---- cases


@pytest.mark.parametrize("said", ["ok pour C-2", "ok C-2", "OK pour c-2.", "C-2 ok", "C-2 : ok", "ok (C-2)", "[C-2] ok",
                                  "ok pour le dossier C-2", "ok for case C-2, thanks", "ok C‑2", "ok, C-02",
                                  f"[c-2 {TOKEN.lower()}] ok", f"ok [C-2 {TOKEN}]"])
def test_a_case_may_be_named_beside_an_order(said: str) -> None:
    assert (order(said).word, order(said).case) == (Word.OK, "C-2")


@pytest.mark.parametrize(("said", "word", "told"), [
    ("remise 20% pour C-2", Word.OFFER, {"percent": "20"}), ("remise C-2 20%", Word.OFFER, {"percent": "20"}),
    ("refuser C-2 hors délai", Word.REFUSE, {"reason": "hors délai"}), ("plus tard 4h C-2", Word.LATER, {"span": "4h"}),
    ("C-2 rembourser 5 €", Word.REFUND, {"amount": "5.00 EUR"}), ("fermer C-2", Word.CLOSE, {}),
])
def test_a_case_is_no_fact(said: str, word: Word, told: Mapping[str, str]) -> None:
    found = order(said)
    assert (found.word, found.facts, found.case) == (word, told, "C-2")


# ---- money


@pytest.mark.parametrize(("said", "same"), [
    ("remise 20%", "20%"), ("remise 20 %", "20%"), ("Remise : 20\u202f%", "20%"), ("remise de 20%", "20%"),
    ("discount 20%", "20%"), ("a discount of 20 percent", "20%"), ("20% de remise", "20%"), ("20% discount", "20%"),
    ("remise 20 pour cent", "20%"), ("rabais 5 €", "5 €"), ("remise 5€", "5 €"), ("remise de 5,50 euros", "5,50 EUR"),
    ("remise 5.50 EUR", "5,50 EUR"), ("discount £5", "£5"), ("discount 5 gbp", "5 GBP"), ("réduction 1 euro", "1 EUR"),
    ("remise 1 200,00 €", "1200.00 EUR"), ("remise 150%", "150%"),
])
def test_a_discount_has_the_facts_that_the_terminal_gives_it(said: str, same: str) -> None:
    assert order(said).word is Word.OFFER
    assert facts(said) == order_of(same)


@pytest.mark.parametrize("sum_", [
    "1e9", "1e9 €", "-5", "-5 €", "−5 €", "0%", "0 €", "0,00 €", "000%", "5 € et 6 €", "5 € 6 €", "5-10 €",
    "10% ou 20%",
    "5", "12,50", "1.234 €", "5,5 %", "5 $", "€", "2 x 5 €", "5 €€", "%5", "1e2%", "99999999999 €", "5 € 50", "+5 €",
    "20％",
])
def test_a_sum_that_leaves_anything_open_is_asked_again(sum_: str) -> None:
    assert code(f"remise {sum_}") in ("ambiguous_command", "no_command")
    assert code(f"rembourser {sum_}") in ("ambiguous_command", "no_command")
    if re.search("[0-9]", sum_):
        assert code(f"remise {sum_}") == code(f"rembourser {sum_}") == "ambiguous_command"


def test_a_discount_needs_its_sum_and_a_refund_may_be_whole() -> None:
    assert code("remise") == code("discount") == "ambiguous_command"
    assert facts("rembourser") == facts("refund") == facts("rembourser tout") == facts("refund in full") == {}
    assert facts("rembourser 12,50 €") == facts("refund 12.50 EUR") == {"amount": "12.50 EUR"}
    assert code("rembourser 20%") == "ambiguous_command"


# ---- parcels


NUMBER = "6A12345678901"


@pytest.mark.parametrize(("said", "day"), [
    (f"expédié {NUMBER} Colissimo", "2026-11-16"), (f"Expédiée : Colissimo, {NUMBER}", "2026-11-16"),
    (f"expédié {NUMBER} Colissimo 15/11", "2026-11-15"), (f"expédié 15/11 Colissimo {NUMBER}", "2026-11-15"),
    (f"shipped Colissimo {NUMBER} yesterday", "2026-11-15"), (f"expédié hier {NUMBER} Colissimo", "2026-11-15"),
    (f"expédié avant-hier par Colissimo n° {NUMBER}", "2026-11-14"),
    (f"expédié {NUMBER} Colissimo aujourd’hui", "2026-11-16"),
    (f"expédié {NUMBER} Colissimo 2026-11-14", "2026-11-14"),
    (f"expédié {NUMBER} Colissimo le 14 novembre", "2026-11-14"),
    (f"expédié le 1er novembre {NUMBER} Colissimo", "2026-11-01"),
    (f"shipped {NUMBER} Colissimo 14th November", "2026-11-14"),
    (f"shipped {NUMBER} Colissimo November 14, 2026", "2026-11-14"),
    (f"expédié {NUMBER} Colissimo 14/11/26", "2026-11-14"),
    (f"expédié {NUMBER} Colissimo 14.11.2026", "2026-11-14"), (f"expédié {NUMBER} Colissimo 14 nov.", "2026-11-14"),
    (f"expédié {NUMBER} Colissimo 30/12", "2025-12-30"), (f"expédié {NUMBER} Colissimo 17/11", "2026-11-17"),
    (f"expédié n°{NUMBER} Colissimo", "2026-11-16"), (f"expédié {NUMBER} Colissimo\nhier\nil a râlé", "2026-11-15"),
    (f"expédié {NUMBER} Colissimo [14/11]", "2026-11-14"),
    (f"expédié {NUMBER} Colissimo\nhier il a râlé", "2026-11-16"),
    ("expédié 6a12345678901 Colissimo", "2026-11-16"), ("expédié 6A 123 456 78901 Colissimo", "2026-11-16"),
    ("expédié Colissimo 6A-1234-5678901", "2026-11-16"), (f"C'est expédié {NUMBER} Colissimo, merci !", "2026-11-16"),
])
def test_number_carrier_and_day_stand_in_any_sequence(said: str, day: str) -> None:
    assert order(said).word is Word.SHIPPED
    assert facts(said) == parcel_facts(NUMBER, "Colissimo", day)


@pytest.mark.parametrize(("said", "number", "carrier"), [
    ("expédié - La Poste", "-", "La Poste"), ("expédié – La Poste", "-", "La Poste"),
    ("expédié La Poste", "-", "La Poste"), ("expédié sans suivi La Poste", "-", "La Poste"),
    ("shipped Royal Mail no tracking", "-", "Royal Mail"), ("expédié La Poste normal", "-", "La Poste normal"),
    ("expédié 12345678 Mondial Relay", "12345678", "Mondial Relay"),
    (f"expédié {NUMBER} Colissimo recommandé R1", NUMBER, "Colissimo recommandé R1"),
    (f"expédié {NUMBER}", NUMBER, "Colissimo"), ("shipped 1Z12345E0205271688", "1Z12345E0205271688", "UPS"),
    ("shipped RR 473 124 829 GB Royal Mail", "RR473124829GB", "Royal Mail"),
    ("expédié 998877665544 Heppner", "998877665544", "Heppner"),
])
def test_a_parcel_has_the_facts_that_the_terminal_gives_it(said: str, number: str, carrier: str) -> None:
    assert facts(said) == parcel_facts(number, carrier, "2026-11-16")


@pytest.mark.parametrize("said", [
    "expédié", "expédié hier", f"expédié {NUMBER} Colissimo 31/02", f"expédié {NUMBER} Colissimo 15/11 16/11",
    f"expédié {NUMBER} Colissimo hier 15/10", f"expédié {NUMBER} 6A98765432109 Colissimo", "expédié 12345 Colissimo",
    "expédié 403-1234567-1234567 Colissimo", f"expédié {NUMBER} sans suivi Colissimo", "expédié demain",
    f"expédié {NUMBER} Colissimo demain", f"expédié {NUMBER} Colissimo lundi", "expédié 998877665544",
    f"expédié {NUMBER} Colissimo 11/17",
])
def test_a_parcel_that_leaves_anything_open_is_asked_again(said: str) -> None:
    assert code(said) == "ambiguous_command"


def test_the_first_of_january_knows_last_year() -> None:
    assert facts(f"expédié {NUMBER} Colissimo 31/12", date(2027, 1, 1))["shipped_on"] == "2026-12-31"
    assert facts(f"expédié {NUMBER} Colissimo hier", date(2027, 1, 1))["shipped_on"] == "2026-12-31"
    assert facts(f"expédié {NUMBER} Colissimo 29/02", date(2028, 3, 1))["shipped_on"] == "2028-02-29"


# ---- time, reasons, questions


@pytest.mark.parametrize(("said", "span"), [
    ("plus tard", "4h"), ("later", "4h"), ("plus tard 4h", "4h"), ("plus tard 4 h", "4h"), ("later 4 hours", "4h"),
    ("plus tard 2 jours", "2d"), ("later 2d", "2d"), ("plus tard 2j", "2d"), ("plus tard dans 30 min", "30m"),
    ("later in 30 minutes", "30m"), ("plus tard demain", "1d"), ("later tomorrow", "1d"), ("demain", "1d"),
    ("2 jours", "2d"), ("dans 4h", "4h"), ("plus tard 1 semaine", "7d"), ("plus tard : 24h, merci", "24h"),
])
def test_later_names_a_span_as_the_settings_do(said: str, span: str) -> None:
    from bot.settings import duration

    assert order(said).word is Word.LATER
    assert facts(said) == {"span": span}
    assert duration(span)


@pytest.mark.parametrize("said", ["plus tard 0h", "plus tard 4h 5h", "plus tard 4", "later -2h", "later 1e3 h"])
def test_a_span_that_leaves_anything_open_is_asked_again(said: str) -> None:
    assert code(said) == "ambiguous_command"


def test_a_reason_is_kept_to_the_letter_and_private_lines_are_not_in_it() -> None:
    assert facts("refuser") == {}
    assert facts("Refuser : délai dépassé, cf. CGV") == {"reason": "délai dépassé, cf. CGV"}
    assert facts("refuser [hors délai]") == facts("refuser - hors délai") == {"reason": "hors délai"}
    assert facts("refuse too late\nthis man is a pain") == {"reason": "too late"}
    assert facts("refuser\ntexte :\nDélai dépassé.\nVoir « CGV »\nfin") == {"reason": "Délai dépassé.\nVoir « CGV »"}
    assert facts("refuser délai dépassé\ntexte :\nVoir CGV") == {"reason": "délai dépassé"}, "no end, so not sure"


@pytest.mark.parametrize(("said", "about"), [
    ("état 403-1234567-1234567", "403-1234567-1234567"), ("état 403‑1234567‑1234567", "403-1234567-1234567"),
    ("state C-12", "C-12"), ("état de la commande n° 123", "123"), ("état dossier C-12", "C-12"),
     ("C-12 état", "C-12"), ("État : Zoé Martin ?", "Zoé Martin"), ("état", ""),
])
def test_one_may_ask_about_a_case_an_order_or_a_name(said: str, about: str) -> None:
    assert order(said).word is Word.STATE
    assert (facts(said), order(said).case) == ({"about": about}, "")


# ---- the seller's own words


LETTER = "Bonjour Zoé,\n\n  Votre colis « part » demain – à 9 h…\tMerci d’avoir\u00a0attendu !\n\nMarie"


@pytest.mark.parametrize("mark", ["texte", "Texte :", "TEXTE:", "texte\u00a0:", "text:", "Réponse :", "réponse",
                                  "reply:",
                                  "«texte :»", "« texte »", "bonjour\ntexte :"])
@pytest.mark.parametrize("end", ["fin", "FIN", "Fin.", "end", "« fin »"])
def test_a_marked_text_is_kept_to_the_letter(mark: str, end: str) -> None:
    found = order(f"{mark}\n{LETTER}\n{end}\nil est pénible, celui-là")
    assert (found.word, found.text, found.marked) == (Word.TEXT, LETTER, True)


def test_a_marked_text_may_begin_behind_its_mark_and_name_its_case() -> None:
    assert order(f"texte : {LETTER}\nfin").text == LETTER
    assert order("texte pour C-2 :\nBonjour\nfin").case == "C-2"
    long = "Votre colis part demain. " * 40
    assert order(f"texte : {long}\nfin").text == long.strip()


def test_a_text_without_its_end_is_shown_back_first() -> None:
    found = order(f"texte :\n{LETTER}\n\nMarie Dupont\nAtelier Lumen")
    assert (found.text, found.marked) == (f"{LETTER}\n\nMarie Dupont\nAtelier Lumen", False)


def test_a_text_with_two_ends_is_shown_back_first() -> None:
    found = order("texte :\nLe film finit par\nfin\net voilà\nfin")
    assert (found.text, found.marked) == ("Le film finit par\nfin\net voilà", False)


def test_orders_within_a_marked_text_are_words() -> None:
    assert order("texte :\nok\nnon\nremise 20%\nfin").text == "ok\nnon\nremise 20%"


def test_words_that_can_only_be_a_text_are_one_that_is_shown_back_first() -> None:
    for letter in (LETTER, "Votre colis est parti hier avec Colissimo.", "x" * 30 + " a b c", "Bonjour,\n\n" + LETTER):
        found = order(letter + "\n\n")
        assert (found.word, found.text, found.marked) == (Word.TEXT, letter, False)


@pytest.mark.parametrize("said", ["un deux trois", "a b c d e f", "abcdefghijklmnopqrstuvwxyz", "12 34 56 78 90",
                                  "-- -- -- --"])
def test_fewer_than_four_words_or_twenty_letters_are_no_text(said: str) -> None:
    assert code(said) == "no_command"


# ---- tokens


def test_tokens_are_found_in_their_order_each_once() -> None:
    text = f"Re: [C-1 {TOKEN}] Rappel\n> [C-2 W3ND-88QK-ZP5A-L6JY] {TOKEN.lower()}"
    assert tokens(text) == (TOKEN, "W3ND-88QK-ZP5A-L6JY")


@pytest.mark.parametrize("written", [
    TOKEN, TOKEN.lower(), TOKEN.replace("-", "\u2011"), TOKEN.replace("-", "\u2010"), TOKEN.replace("-", "–"),
    "KX7Q-M2PD-\r\n 9RTV-4HCE", "KX7Q-M2PD- 9RTV-4HCE", "KX7Q-\u00a0M2PD-9RTV-4HCE", f"[C-1 {TOKEN}]", f"({TOKEN}).",
    f"x:{TOKEN},y", f"[c-1\u00a0{TOKEN.title()}]",
])
def test_a_token_survives_what_mail_programs_do_to_it(written: str) -> None:
    assert tokens(f"Re: {written} Rappel") == (TOKEN,)


@pytest.mark.parametrize("text", [
    f"X{TOKEN}", f"{TOKEN}X", f"{TOKEN}-ABCD", f"ABCD-{TOKEN}", f"é{TOKEN}", "KX7Q-M2PD-9RTV", "KX7Q M2PD 9RTV 4HCE",
    "KX7Q--M2PD-9RTV-4HCE", "KX7Q_M2PD_9RTV_4HCE", "КX7Q-M2PD-9RTV-4HCE", "KX7Q-M2PD-9RTV-4H\u200bCE", "",
    "403-1234567-1234567",
    f"{TOKEN}_1",
])
def test_what_is_longer_or_otherwise_shaped_is_no_token(text: str) -> None:
    assert tokens(text) == ()


def test_a_token_is_normal_when_it_is_normal_already() -> None:
    assert normal(" kx7q‑m2pd-\n9rtv-4hce ") == TOKEN == normal(TOKEN)


# ---- examples and pages


@pytest.mark.parametrize("word", Word)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_example_is_the_order_it_is_an_example_of(word: Word, language: str) -> None:
    [(copied, _)] = examples([word], language)
    if word is Word.TEXT:
        assert code(copied) == "no_command", "dots left as they are must not reach a buyer"
        copied = copied.replace("…", "Bonjour Jean")
        assert order(copied).marked
    assert order(copied).word is word


def test_examples_come_in_the_order_asked_for_in_the_language_asked_for() -> None:
    assert examples([Word.OFFER, Word.OK], "en") == [
        ("discount 20%", "propose a discount, in percent or as a sum such as 5 €"),
        ("ok", "do what I propose: the draft leaves as it stands")]
    assert examples([Word.OFFER], "fr") == [("remise 20%", "proposer une remise, en pour cent ou en somme comme 5 €")]


def test_each_word_has_synonyms_an_example_and_a_meaning_in_french() -> None:
    assert set(SYNONYMS) == set(EXAMPLES) == set(MEANINGS) == set(Word)
    assert all(sentence in words.french() for sentence in MEANINGS.values())


@pytest.mark.parametrize("page", ["orders.md", "ordres.md"])
def test_each_word_synonym_and_example_stands_in_the_page(root: Path, page: str) -> None:
    text = (root / "docs" / page).read_text("utf-8")
    assert not [word for word in Word if f"| `{word}` |" not in text]
    assert not [said for all_said in SYNONYMS.values() for said in all_said if f"`{said}`" not in text]
    example = ["fr", "en"][page == "orders.md"]
    assert not [copied for copied, _ in examples(Word, example) if copied not in text]


@pytest.mark.parametrize("said", ["", "quoi", "texte :\nfin", "ok\nnon", "remise x1", "remise 1", "remise",
                                  "rembourser 2%",
                                  "plus tard 0h", "expédié demain", "expédié La Poste 31/02", "expédié 1 DHL",
                                  "expédié"])
def test_what_was_not_understood_is_answered_in_his_language(said: str) -> None:
    with words.speaking("fr"):
        french = understand(said, today=TODAY)
    english = understand(said, today=TODAY)
    assert isinstance(french, Unclear) and isinstance(english, Unclear)
    assert french.code == english.code and french.why != english.why and "{" not in french.why + english.why


# ---- anything


PIECES = st.sampled_from([
    *SYNONYMS[Word.OK], "non", "remise", "20%", "5 €", "expédié", NUMBER, "Colissimo", "17/11", "hier", "texte :",
    "fin",
    "refuser", "plus tard", "4h", "état", "C-2", TOKEN, "\n", "\r\n", " ", ",", ".", "!", "«", "»", "\u00a0", "\u200b",
    "-",
    "é", "e\u0301", "Bonjour", "merci", "mais", "\u212a", "9" * 30, "\ud800", "\x00", "C-999999999999", "31 fév", "0/0",
])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map(" ".join)),
       st.dates())
def test_whatever_is_said_is_an_order_or_unclear(said: str, today: date) -> None:
    found = understand(said, today=today)
    if isinstance(found, Unclear):
        assert found.code in ("no_command", "ambiguous_command") and found.why
    else:
        assert len(found.said) <= 200 and "\n" not in found.said and not tokens(found.said)
        assert (found.word is Word.TEXT) == bool(found.text)
    assert all(normal(token) == token for token in tokens(said))


@given(st.text())
def test_no_words_make_an_order_out_of_a_marked_text(said: str) -> None:
    found = understand(f"texte :\n{said}\nfin", today=TODAY)
    assert isinstance(found, Unclear) or found.word is Word.TEXT


@pytest.mark.parametrize("unit", ["ok\n", "a\n", "ok ", "1 ", "expédié 1 ", "merci ", '"', "!", "\u00a0", "\n", "AAAA-",
                                  "AAAA- \n", "fin\n", "é", "e\u0301", "5 € ", "C-2 ", "- ", ",", "remise 5 et ", "«"])
def test_a_megabyte_of_anything_is_read(unit: str) -> None:
    for said in (unit * (1_000_000 // len(unit)), f"ok\n{unit * (1_000_000 // len(unit))}"):
        assert isinstance(understand(said, today=TODAY), Order | Unclear)
        assert len(tokens(said)) <= 1


# ---- the mails that hurt


def attacks() -> list[dict[str, str]]:
    listed = ATTACKS / "expected.json"
    rows = json.loads(listed.read_text("utf-8")) if listed.exists() else []
    return [row for row in rows if re.match(r"003|004|060|061|12[0-9]|13[0-7]", row["file"])]


NON = {"132-command-bottom-posted.eml", "133-command-outlook-header-block.eml"}


@pytest.mark.skipif(not ATTACKS.exists(), reason="../shared/attacks is not here")
@pytest.mark.parametrize("row", attacks(), ids=lambda row: row["file"])
def test_an_order_mail_is_understood_as_expected(row: Mapping[str, str]) -> None:
    message = read((ATTACKS / row["file"]).read_bytes())
    found = understand(own_words(message.text), today=TODAY)
    if row["reason"] in ("no_command", "ambiguous_command"):
        assert isinstance(found, Unclear) and found.code == row["reason"]
    elif row["file"].startswith("061"):     # refused before anybody reads it, and no order even so
        assert isinstance(found, Unclear)
    else:
        assert isinstance(found, Order)
        assert found.word is (Word.NO if row["file"] in NON else Word.OK)
        assert found.case == ("C-2" if row["reason"] == "case_mismatch" else "")


@pytest.mark.skipif(not ATTACKS.exists(), reason="../shared/attacks is not here")
@pytest.mark.parametrize("row", attacks(), ids=lambda row: row["file"])
def test_an_order_mail_shows_its_one_token(row: Mapping[str, str]) -> None:
    message = read((ATTACKS / row["file"]).read_bytes())
    wanted = {"120": "AAAA-AAAA-AAAA-AAAA", "127": "AAAA-BBBB-CCCC-DDDD", "129": "W3ND-88QK-ZP5A-L6JY"}
    assert (tokens(message.subject) or tokens(message.text)) == (wanted.get(row["file"][:3], TOKEN),)


def test_all_order_mails_are_there() -> None:
    if not ATTACKS.exists():
        pytest.skip("../shared/attacks is not here")
    assert len(attacks()) == 22


# ---- real programs: raw bytes in, an order out


SUBJECT = f"Subject: Re: [C-1 {TOKEN}] Une question sur votre article"
# What the bot wrote, with all orders in it, as programs quote it.
ASKED = ["Jean Dupont demande : est-ce disponible ?", "Voici le brouillon :", "", "Bonjour Jean, oui, il l'est.", "",
         "Pour répondre, copiez un ordre :", "ok", "non", "remise 20%", "texte :", "…", "fin", "", "Guichet"]
MARKED = "".join(f"> {line}\r\n" for line in ASKED)
BELOW = "".join(f"{line}\r\n" for line in ASKED)
ASKED_HTML = "".join(f"<p>{line or '&nbsp;'}</p>" for line in ASKED)


def mail(content_type: str, body: str, *headers: str) -> bytes:
    lines = ["From: Marie <marie@boutique.example>", "To: ventes@boutique.example", SUBJECT,
             "Date: Mon, 16 Nov 2026 09:40:00 +0100", "Message-ID: <r1@boutique.example>", "MIME-Version: 1.0",
             f"Content-Type: {content_type}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body.encode()


def plain(said: str, quoted: str) -> bytes:
    body = re.sub("\r?\n", "\r\n", f"{said}\n\n{quoted}")
    return mail('text/plain; charset="UTF-8"', body, "Content-Transfer-Encoding: 8bit")


def html(said: str) -> bytes:
    body = quopri.encodestring(said.encode()).decode().replace("\n", "\r\n")
    return mail('text/html; charset="UTF-8"', body, "Content-Transfer-Encoding: quoted-printable")


def both(text: str, page: str) -> bytes:
    coded = base64.encodebytes(page.encode()).decode().replace("\n", "\r\n")
    return mail('multipart/alternative; boundary="b"',
                f'--b\r\nContent-Type: text/plain; charset="UTF-8"\r\n\r\n{text}\r\n--b\r\n'
                'Content-Type: text/html; charset="UTF-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
                f'{coded}--b--\r\n')


# What programs add below a reply. HTML is folded here as they would never, which no reader sees.
GMAIL_FR = f"Le lun. 16 nov. 2026 à 09:30, Guichet <ventes@boutique.example> a\r\nécrit :\r\n\r\n{MARKED}"
GMAIL_EN = f"On Mon, Nov 16, 2026 at 9:30 AM Guichet <ventes@boutique.example>\r\nwrote:\r\n\r\n{MARKED}"
GMAIL_QUOTE = f"""<br><div class="gmail_quote gmail_quote_container">
<div dir="ltr" class="gmail_attr">ATTRIBUTION<br></div>
<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);
padding-left:1ex">
{ASKED_HTML}</blockquote></div>"""
LINKED = '&lt;<a href="mailto:ventes@boutique.example">ventes@boutique.example</a>&gt;'
GMAIL_HTML_FR = GMAIL_QUOTE.replace("ATTRIBUTION", f"Le lun. 16 nov. 2026 à 09:30, Guichet {LINKED} a écrit :")
ANDROID_HTML_FR = GMAIL_QUOTE.replace("ATTRIBUTION", f"Le lun. 16 nov. 2026, 09:30, Guichet {LINKED} a écrit :")
ANDROID_HTML_EN = GMAIL_QUOTE.replace("ATTRIBUTION", f"On Mon, 16 Nov 2026, 09:30 Guichet, {LINKED} wrote:")
OUTLOOK_FR = f"""De : Guichet <ventes@boutique.example>\x20
Envoyé : lundi 16 novembre 2026 09:30
À : Marie <marie@boutique.example>
Objet : [C-1 {TOKEN}] Une question sur votre article

{BELOW}"""
OUTLOOK_EN = f"""From: Guichet <ventes@boutique.example>\x20
Sent: Monday, November 16, 2026 9:30 AM
To: Marie <marie@boutique.example>
Subject: [C-1 {TOKEN}] Une question sur votre article

{BELOW}"""
WORD_HTML = f"""<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<style>p.MsoNormal {{margin:0cm}}</style></head>
<body lang=FR><div class=WordSection1>
<p class=MsoNormal><span style="font-size:11.0pt">SAID<o:p></o:p></span></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class=MsoNormal>
<b>De&nbsp;:</b> Guichet &lt;ventes@boutique.example&gt; <br><b>Envoyé&nbsp;:</b> lundi 16 novembre 2026 09:30<br>
<b>À&nbsp;:</b> Marie &lt;marie@boutique.example&gt;<br><b>Objet&nbsp;:</b> [C-1 {TOKEN}] Une question<o:p></o:p></p>
</div></div>{ASKED_HTML}</div></body></html>"""
NEW_OUTLOOK_HTML = f"""<html><head>
<style type="text/css" style="display:none;"> P {{margin-top:0;margin-bottom:0;}} </style></head>
<body dir="ltr"><div class="elementToProof" style="font-family: Aptos, sans-serif; font-size: 12pt;">SAID</div>
<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">
<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">
<b>De :</b> Guichet &lt;ventes@boutique.example&gt;<br><b>Envoyé :</b> lundi 16 novembre 2026 09:30<br>
<b>À :</b> Marie &lt;marie@boutique.example&gt;<br><b>Objet :</b> [C-1 {TOKEN}] Une question</font>
<div>&nbsp;</div></div>
<div>{ASKED_HTML}</div></body></html>"""
IPHONE = f"> Le 16 nov. 2026 à 09:30, Guichet <ventes@boutique.example> a écrit :\r\n> \r\n> \ufeff{MARKED[2:]}"
IPHONE_HTML = f"""<html><head></head><body dir="auto">SAID<br id="lineBreakAtBeginningOfSignature">
<div dir="ltr">Envoyé de mon iPhone</div><div dir="ltr"><br><blockquote type="cite">Le 16 nov. 2026 à 09:30, Guichet
&lt;ventes@boutique.example&gt; a écrit :<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">
\ufeff{ASKED_HTML}
</div></blockquote></body></html>"""
ORANGE = f"""> Message du 16/11/26 09:30
> De : "Guichet" <ventes@boutique.example>
> A : marie@boutique.example
> Copie à :\x20
> Objet : [C-1 {TOKEN}] Une question
>\x20
"""
ORANGE_APP = f"""Envoyé depuis l'application Mail Orange
-----------------

De: ventes@boutique.example
Envoyé: lundi 16 novembre 2026 09:30
À: marie@boutique.example
Objet: [C-1 {TOKEN}] Une question

{BELOW}"""
FREE = f"""----- Mail original -----
De: "Guichet" <ventes@boutique.example>
À: "Marie" <marie@boutique.example>
Envoyé: Lundi 16 Novembre 2026 09:30:00
Objet: [C-1 {TOKEN}] Une question

{BELOW}"""
FREE_HTML = f"""<html><body><div style="font-family: arial, helvetica, sans-serif; font-size: 12pt; color: #000000">
<div>SAID</div><div><br></div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">
<b>De: </b>"Guichet" &lt;ventes@boutique.example&gt;<br><b>À: </b>"Marie" &lt;marie@boutique.example&gt;<br>
<b>Envoyé: </b>Lundi 16 Novembre 2026 09:30:00<br><b>Objet: </b>[C-1 {TOKEN}] Une question<br></div>
<div><br></div><div data-marker="__QUOTED_TEXT__">{ASKED_HTML}</div></div></body></html>"""
THUNDERBIRD = f"Le 16/11/2026 à 09:30, Guichet a écrit :\r\n{MARKED}"
FORWARD = f"""---------- Forwarded message ---------
De : Guichet <ventes@boutique.example>
Date: lun. 16 nov. 2026 à 09:30
Subject: [C-1 {TOKEN}] Une question
To: Marie <marie@boutique.example>


{BELOW}"""
OUTLOOK_IOS = f"Obtenir Outlook pour iOS<https://aka.ms/o0ukef>\n{'_' * 32}\n{OUTLOOK_FR}"
SIGNED = "-- \nMarie\nok, non, remise 20%\n"

# How a program writes a reply in which the seller said something.
PROGRAMS: Mapping[str, Callable[[str], bytes]] = {
    "Gmail": lambda said: both(f"{said}\r\n\r\n{GMAIL_FR}", f'<div dir="ltr">{said}</div>{GMAIL_HTML_FR}'),
    "Gmail, English": lambda said: plain(said, GMAIL_EN),
    "Gmail, HTML alone": lambda said: html(f'<div dir="ltr"><div>{said}</div></div>{GMAIL_HTML_FR}'),
    "Gmail for Android": lambda said: html(f'<div dir="auto">{said}</div>{ANDROID_HTML_FR}'),
    "Gmail for Android, English": lambda said: html(f'<div dir="auto">{said}</div>{ANDROID_HTML_EN}'),
    "Outlook": lambda said: plain(said, OUTLOOK_FR),
    "Outlook, signed": lambda said: plain(f"{said}\n\nCordialement,\nMarie Dupont\nAtelier Lumen", OUTLOOK_FR),
    "Outlook, English": lambda said: plain(said, OUTLOOK_EN),
    "Outlook, ruled": lambda said: plain(said, f"{'_' * 32}\n{OUTLOOK_FR}"),
    "Outlook, old": lambda said: plain(said, f"-----Message d'origine-----\n{OUTLOOK_FR}"),
    "Outlook, HTML": lambda said: html(WORD_HTML.replace("SAID", said)),
    "Outlook, new": lambda said: html(NEW_OUTLOOK_HTML.replace("SAID", said)),
    "Outlook for iOS": lambda said: plain(said, OUTLOOK_IOS),
    "iPhone": lambda said: plain(f"{said}\n\nEnvoyé de mon iPhone", IPHONE),
    "iPhone, below": lambda said: plain("", f"{IPHONE}\n\n{said}\n\nEnvoyé de mon iPhone\n"),
    "iPhone, HTML": lambda said: html(IPHONE_HTML.replace("SAID", said)),
    "Orange": lambda said: plain(said, ORANGE + MARKED),
    "Orange, marks lost": lambda said: plain(said, ORANGE + BELOW),
    "Orange for Android": lambda said: plain(said, ORANGE_APP),
    "Free": lambda said: plain(said, FREE),
    "Free, HTML": lambda said: html(FREE_HTML.replace("SAID", said)),
    "Thunderbird": lambda said: plain(said, THUNDERBIRD),
    "Thunderbird, below": lambda said: plain("", f"{THUNDERBIRD}\n{said}\n\n{SIGNED}"),
    "signature": lambda said: plain(said, "-- \nOK Boutique SARL\nok\nnon\n"),
}


def heard(raw: bytes) -> Order | Unclear:
    message = read(raw)
    assert tokens(message.subject) == (TOKEN,)
    return understand(own_words(message.text), today=TODAY)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("said", "word"), [
    ("ok", Word.OK), ("Non merci.", Word.NO), ("remise 10 %", Word.OFFER), (f"Expédié {NUMBER} Colissimo",
    Word.SHIPPED),
    ("D’accord !", Word.OK), ("plus tard 4h", Word.LATER), ("Rien à répondre", Word.NOTHING),
])
def test_an_order_is_heard_above_and_below_what_programs_quote(program: str, said: str, word: Word) -> None:
    found = heard(PROGRAMS[program](said))
    assert isinstance(found, Order) and found.word is word
    assert word is not Word.OFFER or found.facts == {"percent": "10"}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("said", ["", "Merci !", "Je regarde.", "quoi"])
def test_an_order_is_never_taken_from_what_programs_quote(program: str, said: str) -> None:
    found = heard(PROGRAMS[program](said))
    assert isinstance(found, Unclear) and found.code == "no_command"


def histories() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((HERE.parent / "quotes").glob("[!k]*.txt")):
        _, *parts = re.split(r"^#### (.+)\n", path.read_text("utf-8"), flags=re.M)
        found |= {f"{path.stem}: {title}": text for title, text in zip(parts[::2], parts[1::2], strict=True)}
    return found


HISTORIES = histories()


@pytest.mark.parametrize("history", HISTORIES)
def test_an_order_is_heard_above_every_history_we_know(history: str) -> None:
    assert order(own_words(f"remise 20%\n\n{HISTORIES[history]}")).facts == {"percent": "20"}
    assert understand(own_words(HISTORIES[history]), today=TODAY) == understand("", today=TODAY)


@pytest.mark.parametrize("above", ["", "Pour information", "FYI\r\n"])
def test_an_order_is_never_taken_from_a_forwarded_mail(above: str) -> None:
    found = heard(plain(above, FORWARD))
    assert isinstance(found, Unclear) and found.code == "no_command"


LINES = ["Bonjour Jean,", "", "Oui, il l'est. À bientôt à l'atelier !", "Marie"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_marked_text_comes_out_as_it_went_in(program: str) -> None:
    line_end = "<br>" if "text/html" in PROGRAMS[program]("x").decode().split("\r\n\r\n")[0] else "\r\n"
    if program == "Gmail":      # its plain part counts
        line_end = "\r\n"
    found = heard(PROGRAMS[program](line_end.join(["texte :", *LINES, "fin"])))
    assert isinstance(found, Order)
    assert (found.word, found.text, found.marked) == (Word.TEXT, "\n".join(LINES), True)
