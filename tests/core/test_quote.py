"""What the writer himself wrote, in the styles of the mail programs our sellers and buyers use."""

from __future__ import annotations

import time

import pytest

from bot.core.quote import newest

OWN = "Non merci,\nje garde l'article."

STYLES = {
    "Gmail fr": "Le lun. 16 nov. 2026 à 09:30, Boutique <v@b.example> a écrit :\n\n> Bonjour\n> Vendeur",
    "Gmail fr, wrapped":
        "Le lun. 16 nov. 2026 à 09:30, Boutique Atelier Lumen\n<ventes@boutique.example> a\nécrit :\n> x",
    "Gmail fr, no-break blank": "Le lun. 16 nov. 2026 à 09:30, Boutique <v@b.example> a écrit\u00a0:\n> Bonjour",
    "Thunderbird fr": "Le 16/11/2026 à 09:30, Boutique a écrit :\n> Bonjour",
    "Gmail en": "On Mon, Nov 16, 2026 at 9:30 AM Boutique <v@b.example> wrote:\n> Hello",
    "Apple en": "On 16 Nov 2026, at 09:30, Boutique wrote:\n\nHello without marks",
    "Gmail de": "Am Mo., 16. Nov. 2026 um 09:30 Uhr schrieb Boutique <v@b.example>:\n> Hallo",
    "Thunderbird de": "Am 16.11.2026 um 09:30 schrieb Boutique:\n> Hallo",
    "Gmail it": "Il giorno lun 16 nov 2026 alle ore 09:30 Boutique <v@b.example> ha\nscritto:\n> Ciao",
    "Gmail es": "El lun, 16 nov 2026 a las 9:30, Boutique (<v@b.example>) escribió:\n> Hola",
    "Gmail date first": "2026-11-16 9:30 GMT+01:00 Boutique <v@b.example>:\n> Bonjour",
    "name alone, marked": "Boutique a écrit :\n> Bonjour",
    "Outlook fr":
        "________________________________\nDe : Boutique <v@b.example>\nEnvoyé : lundi 16 novembre 2026 09:30\n"
        "À : Marie\nObjet : Rappel\n\nRépondez OK",
    "Outlook en": "From: Boutique\nSent: Monday, November 16, 2026\nTo: Marie\nSubject: RE: x\n\nHello",
    "Outlook de": "Von: Boutique\nGesendet: Montag, 16. November 2026\nAn: Marie\nBetreff: x\n\nHallo",
    "Outlook it": "Da: Boutique\nInviato: lunedì 16 novembre 2026\nA: Marie\nOggetto: x\n\nCiao",
    "Outlook es": "De: Boutique\nEnviado: lunes, 16 de noviembre de 2026\nPara: Marie\nAsunto: x\n\nHola",
    "Outlook bold": "*De :* Boutique\n*Envoyé :* lundi\n*À :* Marie\n*Objet :* x\n\nBonjour",
    "Orange": "> Message du 16/11/26 09:30\n> De : Boutique\n> Bonjour",
    "original fr": "-----Message d'origine-----\nDe : Boutique\nBonjour",
    "original en": "-----Original Message-----\nHello",
    "original de": "-----Ursprüngliche Nachricht-----\nHallo",
    "forwarded": "---------- Forwarded message ---------\nHello",
    "forwarded Apple": "Début du message transféré :\n\nDe: x",
    "marks alone": "> Bonjour\n> Vendeur",
    "signature": "-- \nJean Dupont\n06 00 00 00 00",
    "signature, blank lost": "--\nJean Dupont",
    "telephone fr": "Envoyé de mon iPhone",
    "telephone en": "Sent from my Galaxy",
    "Outlook app": "Télécharger Outlook pour Android",
    "signature, then history": "-- \nJean\n\nLe 16/11/2026 à 09:30, Boutique a écrit :\n> Bonjour",
    "telephone, then history": "Envoyé de mon iPhone\n\nLe 16/11/2026 à 09:30, Boutique a écrit :\n> Bonjour",
}


@pytest.mark.parametrize("style", STYLES)
def test_history_and_signature_are_cut(style: str) -> None:
    assert newest(f"{OWN}\n\n{STYLES[style]}\n") == OWN


def test_an_answer_below_the_quote_is_kept() -> None:
    assert newest("Le 16/11/2026 à 09:30, bot a écrit :\n> OK ou NON ?\n\nnon\n") == "non"


def test_answers_between_the_lines_are_kept() -> None:
    assert newest("> Question un\noui\n> Question deux\nnon") == "oui\nnon"


@pytest.mark.parametrize("text", [
    "Le livreur a écrit :\nabsent\nMais j'étais là !",
    "Votre collègue m'a écrit le 12 novembre :\nremboursement accepté",
    "Le 12/11/2026 vous m'avez écrit :\nvoici la suite",
    "De : Paris\nPour : Lyon\nle colis a disparu",
    "Bonjour,\n-------------\nmerci",
    "------------- Message:  -------------\n\nOù est mon colis ?\n\n------------- Fin du message -------------",
    "Bonjour\n--\n" + "\n".join(f"ligne {n}" for n in range(40)),
    "On 12 November the parcel was sent.\nPlease explain the following:\nwhere is it?",
])
def test_the_writers_own_words_are_not_cut(text: str) -> None:
    assert newest(text) == text


@pytest.mark.parametrize("text", ["> tout est cité\n> vraiment", "-- \nJean", "-----Original Message-----\nHello",
                                  "Le 16/11/2026 à 09:30, x a écrit :\nBonjour", "Envoyé de mon iPhone"])
def test_a_text_of_which_nothing_would_be_left_is_kept_whole(text: str) -> None:
    assert newest(text) == text


def test_nothing_stays_nothing() -> None:
    assert newest("") == newest(" \n\n ") == ""


@pytest.mark.parametrize("line", ["> " * 80, ">", "a: b", "De : x", "Le 12/11/2026", "--", "_____", "Le 1 " * 60, " ",
                                  "", "On 1/1/2026 wrote", "wrote:", "-----"])
def test_time_grows_with_the_length_only(line: str) -> None:
    started = time.process_time()
    newest((line + "\n") * (500_000 // (len(line) + 1)))
    assert time.process_time() - started < 10
