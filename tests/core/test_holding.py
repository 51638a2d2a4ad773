"""What keeps a mail's answer from leaving by itself, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core import message
from bot.core.clean import called
from bot.core.event import Kind
from bot.core.holding import HOLDS, Sight, seen_in
from bot.core.message import Message, Origin
from bot.core.wishes import invokes_privacy, is_quarrel, speaks_of_law, wishes
from bot.understanding import understand

NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "bot" / "marketplaces").rglob("*.eml"))


def seen(text: str = "La lampe ne s'allume pas.", *, reader: str = "", kind: Kind = Kind.BUYER_WROTE,
         **more: Any) -> str:
    mail: dict[str, Any] = {"sender": "x@marketplace.amazon.fr", "origin": Origin.PROVEN, "date": NOW, **more}
    return seen_in(Sight(message=Message(**mail), kind=kind, text=text, reader=reader, received=NOW,
                         max_age=timedelta(hours=72)))


# ---- somebody's rights


@pytest.mark.parametrize("said", [
    "Je demande l'effacement de toutes mes données (article 17 RGPD).",
    "Merci de supprimer toutes mes données personnelles.",
    "J'exerce mon droit d'accès à mes données.",
    "Please delete all my personal data.", "I make a subject access request.", "This is a GDPR request.",
    "Bitte löschen Sie alle meine personenbezogenen Daten.", "Ich verlange Auskunft nach Art. 15 DSGVO.",
    "Quiero que borren todos mis datos.", "Ejerzo mi derecho de supresión.",
    "Vi chiedo di cancellare tutti i miei dati.", "Esercito il diritto all’oblio.",
])
def test_a_wish_about_ones_own_data_is_held(said: str) -> None:
    assert invokes_privacy(said)
    assert seen(said).startswith("legal_request: ")
    assert "forget" in seen(said)


@pytest.mark.parametrize("said", [
    "Sans réponse, mon avocat prendra contact.", "Je vais porter plainte.", "Je saisis la DGCCRF.",
    "Ceci vaut mise en demeure.", "Je signale sur SignalConso.", "Je m'adresse à la gendarmerie.",
    "My solicitor will write to you.", "I will take legal action.", "I report this to Trading Standards.",
    "I have informed the police.", "I'll see you in the small claims court.",
    "Mein Anwalt meldet sich.", "Ich erstatte Strafanzeige.", "Ich gehe zur Verbraucherzentrale.",
    "Ich behalte mir rechtliche Schritte vor.",
    "Hablaré con mi abogado.", "Voy a presentar una denuncia.", "Pido la hoja de reclamaciones.",
    "Il mio avvocato vi scriverà.", "Mi rivolgo ai carabinieri.", "Procederò per vie legali.",
])
def test_talk_of_lawyers_police_and_authorities_is_held(said: str) -> None:
    assert speaks_of_law(said)
    assert seen(said).startswith("legal_request: ")


@pytest.mark.parametrize("said", [
    "Bonjour, où est mon colis ? Merci.", "Je souhaite un remboursement.", "Comment faire un retour ?",
    "Pouvez-vous annuler ma commande et me rembourser ?", "La planche à avocat est cassée, retour ou remboursement ?",
    "Mes coordonnées ont changé, pouvez-vous modifier l'adresse ?", "J'ai droit à une garantie ?",
    "Le jeu de société « Tribunal » est-il en stock ?", "Avez-vous les données techniques de la lampe ?",
    "Where is my parcel? I want a refund or a return.", "Can I have access to the invoice?",
    "Please delete the second item from my order.", "Is the battery data sheet available?",
    "Die Lampe ist kaputt, ich möchte mein Geld zurück.", "Sind die technischen Daten richtig?",
    "Das Gericht im Bild, ist das der Teller?", "Quiero un reembolso, está roto.", "Los datos de envío son correctos?",
    "Vorrei un rimborso o un reso, è rotto.", "Quali sono i dati tecnici?", "È legale in Italia questa radio?",
])
def test_an_ordinary_question_is_not_taken_for_a_legal_one(said: str) -> None:
    assert seen(said) == ""


def test_no_sample_of_an_ordinary_mail_speaks_of_the_law_or_of_several_things_at_once() -> None:
    told = [understand(message.read(path.read_bytes())) for path in SAMPLES]
    words = [one.note.text for one in told if one]
    assert len(words) > 200
    assert [said for said in words if invokes_privacy(said) or speaks_of_law(said)] == []
    assert [said for said in words if is_quarrel(said) and len(wishes(said)) >= 3] == []


# ---- several things at once


@pytest.mark.parametrize("said", [
    "Cassé ! Remboursement ou retour, sinon j'ouvre un litige.",
    "Broken. I want a refund, or to return it, or I open a dispute.",
    "Defekt. Erstattung oder Rücksendung, sonst Käuferschutz.",
    "Está roto: reembolso o devolución, esto es una estafa.",
    "È rotto: rimborso o reso, è una truffa.",
])
def test_a_quarrel_with_several_wishes_is_the_sellers_to_decide(said: str) -> None:
    assert seen(said).startswith("ambiguous_intent: ")


def test_several_wishes_without_a_quarrel_are_an_ordinary_message() -> None:
    said = "Elle est cassée. Un remboursement, un retour, un échange : dites-moi, et envoyez la facture."
    assert len(wishes(said)) >= 3
    assert seen(said) == ""


# ---- the mail itself


@pytest.mark.parametrize(("code", "more"), [
    ("alternatives_differ", {"flaws": ("alternatives_differ",)}),
    ("reply_to_foreign", {"flaws": ("reply_to_foreign",)}),
    ("date_implausible", {"date": NOW + timedelta(hours=25)}),
    ("date_implausible", {"date": NOW + timedelta(days=1096)}),
    ("stale", {"date": NOW - timedelta(hours=73)}),
    ("sender_unverified", {"origin": Origin.UNPROVEN}),
])
def test_each_hold_tells_its_code_first(code: str, more: dict[str, Any]) -> None:
    assert seen(**more).startswith(f"{code}: ")


@pytest.mark.parametrize("date", [NOW + timedelta(hours=24), NOW - timedelta(hours=72), None])
def test_a_clock_that_is_a_little_wrong_holds_nothing(date: datetime | None) -> None:
    assert seen(date=date) == ""


def test_what_the_mail_host_says_of_a_forgery_is_told_with_it() -> None:
    said = seen(origin=Origin.FORGED, origin_why="dkim_fail: mx.boutique.example says the signature is wrong")
    assert said.startswith("sender_unverified: the sender is not proven (forged)")
    assert said.endswith("; dkim_fail: mx.boutique.example says the signature is wrong")


def test_all_reasons_are_told_the_readers_first() -> None:
    said = seen("Mon avocat vous écrira.", reader="order_in_quote: in the history", origin=Origin.UNPROVEN)
    assert [part.partition(":")[0] for part in said.split("; ")[:2]] == ["order_in_quote", "legal_request"]
    assert "sender_unverified: " in said


def test_a_foreign_answer_address_is_told_once() -> None:
    assert seen(reader="reply_to_foreign: x@evil.example", flaws=("reply_to_foreign",)).count("reply_to_") == 1


def test_the_copy_of_the_sellers_own_words_is_not_held_for_them() -> None:
    assert seen("Mon avocat vous écrira.", kind=Kind.OWN_MESSAGE_COPIED, flaws=("reply_to_foreign",)) == ""


# ---- the table


def test_every_hold_has_its_line_of_why_and_one_check() -> None:
    assert all(hold.why and hold.codes and (hold.mail is None) != (hold.around is None) for hold in HOLDS)


def test_every_hold_stands_in_the_docs_in_running_order(root: Path) -> None:
    page = (root / "docs" / "guards.md").read_text("utf-8").partition("## Holds")[2]
    codes = list(dict.fromkeys(code for hold in HOLDS for code in hold.codes))
    places = [page.find(f"| `{code}` |") for code in codes]
    assert -1 not in places, codes[places.index(-1)]
    assert places == sorted(places)


# ---- whom to greet


@pytest.mark.parametrize("name", ["Jean Dupont", "Zoé Martin-Ünal", "O’Neil, Aoife", "jean_d42", "Mme Dupont (Paris)"])
def test_a_person_is_greeted_by_his_name(name: str) -> None:
    assert called(name) == name


@pytest.mark.parametrize("name", [None, "", "{{ self.__init__ }}", '=HYPERLINK("http://x","y")', "<b>Jean</b>",
                                  "jean@evil.example", "...", "a" * 81, "Jean\r\nBcc: x"])
def test_what_nobody_is_called_is_not_greeted(name: str | None) -> None:
    assert called(name) == ""
