"""A marketplace's own words for a deadline are read; whatever might be something else is left."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.deadline import Period, Unit
from bot.core.stated import stated

PARIS = "Europe/Paris"
H48 = Period(amount=48, unit=Unit.HOURS)


def days(amount: int) -> Period:
    return Period(amount=amount, unit=Unit.DAYS)


def working(amount: int) -> Period:
    return Period(amount=amount, unit=Unit.WORKING_DAYS)


PERIODS = {
    "A partir d'aujourd'hui, 16/11/2026, vous avez 3 jours ouvrés pour trouver un accord.": working(3),
    "À partir d’aujourd’hui, vous avez 3\xa0jours ouvres pour trouver un accord.": working(3),
    "Merci de nous confirmer l'expédition sous 48 heures.": H48,
    "Répondez sous 48 h.": H48,
    "Repondez sous 48h.": H48,
    "Vous disposez d'un délai de 2 jours pour nous envoyer la preuve.": days(2),
    "Veuillez répondre dans un délai de 72 h.": Period(amount=72, unit=Unit.HOURS),
    "Sous 48 heures, confirmez l'expédition.": H48,
    "Si vous ne répondez pas sous 48 heures, la vente peut être annulée.": H48,
    "Vous avez 3 jours ouvrables pour répondre.": days(3),
    "Vous avez\n2 jours\npour répondre.": days(2),
    "Il vous reste 5 jours pour répondre.": days(5),
    "Répondez sous 48 h après réception de ce message.": H48,
    "Deve rispondere entro 3 giorni di calendario.": days(3),
    "Deve rispondere entro 2 giorni lavorativi.": working(2),
    "Please reply within 3 calendar days.": days(3),
    "You have 2 business days to respond.": working(2),
    "You must respond within 48 hours.": H48,
    "Bitte antworten Sie innerhalb von 48 Stunden.": H48,
    "Sie haben 3 Arbeitstage Zeit.": working(3),
    "Debe responder en un plazo de 3 días naturales.": days(3),
    "Responda en un plazo máximo de 2 días hábiles.": working(2),
    "Vous avez 2 semaines pour répondre.": days(14),
}


@pytest.mark.parametrize("sentence", PERIODS)
def test_a_period_given_to_the_seller_is_read(sentence: str) -> None:
    [said] = stated(f"Bonjour,\n\n{sentence}\nMerci de votre confiance.", PARIS)
    assert (said.within, said.until) == (PERIODS[sentence], None)


INSTANTS = {
    "Répondez avant le 24/10/2026 à 10h00.": (24, 8, 0),
    "Répondez avant le 24/10/2026 à 10 h.": (24, 8, 0),
    "Merci de répondre au plus tard le samedi 24 octobre 2026 à 10:00.": (24, 8, 0),
    "Vous avez jusqu'au 24/10/26 à 10h00 pour répondre.": (24, 8, 0),
    "Veuillez répondre d'ici le 24.10.2026 à 10h.": (24, 8, 0),
    "Reply by 2026-10-24 at 10:00.": (24, 8, 0),
    "Please respond by October 24, 2026, 10:00.": (24, 8, 0),
    "Reply by 24/10/2026 10:00.": (24, 8, 0),
    "Reply by 24 Oct 2026 10:00.": (24, 8, 0),
    "Reply by 24 Oct. 2026 at 10:00.": (24, 8, 0),
    "Bitte antworten Sie bis zum 24. Okt. 2026 um 10 Uhr.": (24, 8, 0),
    "Répondez avant le 24 oct. 2026 à 10 h.": (24, 8, 0),
    "Deve rispondere entro il 24/10/2026 alle ore 10:00.": (24, 8, 0),
    "Bitte antworten Sie bis zum 24. Oktober 2026 um 10:00 Uhr.": (24, 8, 0),
    "Debe responder antes del 24 de octubre de 2026 a las 10:00.": (24, 8, 0),
}


@pytest.mark.parametrize("sentence", INSTANTS)
def test_an_instant_is_read_on_the_sellers_clock(sentence: str) -> None:
    [said] = stated(sentence, PARIS)
    assert said.until == datetime(2026, 10, *INSTANTS[sentence], tzinfo=UTC)
    assert said.within is None


def test_the_hour_that_comes_twice_is_the_earlier_one() -> None:
    [said] = stated("Répondez avant le 25/10/2026 à 02:30.", PARIS)
    assert said.until == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_hour_that_never_comes_is_read_as_the_earlier_instant() -> None:
    [said] = stated("Répondez avant le 29/03/2026 à 02:30.", PARIS)
    assert said.until == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def test_a_day_without_an_hour_ends_at_its_last_minute_and_says_so() -> None:
    [said] = stated("Répondez avant le 24/10/2026.", PARIS)
    assert said.until == datetime(2026, 10, 24, 21, 59, tzinfo=UTC)
    assert said.words == "avant le 24/10/2026 [23:59 Europe/Paris]"


@pytest.mark.parametrize("sentence", [
    "Reply by 03/04/2026 5 PM PST.",
    "Reply by 25/04/2026 5 PM PST.",
    "Please respond by 25 April 2026, 17:00 PST.",
    "Please respond by 25 April 2026 at 5:00 p.m.",
    "Please respond by 25 April 2026 at 17:00 +0100.",
    "Please respond by 25 April 2026 at 25:00.",
    "Reply by 03/04/2026.",
    "Si aucune solution n'est trouvée après 3 jours ouvrés, le Service Clients reprendra la réclamation.",
    "Vous avez vendu cet article il y a 3 jours.",
    "L'acheteur doit répondre sous 5 jours.",
    "L'acheteur jdupont dispose de 14 jours.",
    "Nous vous rembourserons sous 5 jours.",
    "We will answer within 2 days.",
    "The buyer has 3 days to reply within the thread.",
    "Vous avez 14 jours à compter de la livraison.",
    "You have 30 days from delivery to appeal.",
    "Le colis devait arriver avant le 24/10/2026.",
    "Répondez sous ４８ h.",
    "Répondez sous 4８ h.",
    "Répondez sous 48 euros.",
    "Répondez sous 0 jours.",
    "Répondez avant le 31/02/2026 à 10h00.",
    "Répondez avant le ２４/10/2026 à 10h00.",
    "Vous avez 3 messages et 12 jours de congés.",
    "",
])
def test_what_may_be_something_else_is_left(sentence: str) -> None:
    assert stated(sentence, PARIS) == ()


def test_a_long_s_in_a_month_is_an_s() -> None:
    """Without regard to case the pattern takes it for one, so the table of months must, too."""
    [said] = stated("Please reply by 24 Auguſt 2026 10:00.", PARIS)
    assert said.until == datetime(2026, 8, 24, 8, 0, tzinfo=UTC)


def test_words_are_quoted_as_the_mail_has_them() -> None:
    [said] = stated("À partir d’aujourd’hui, vous avez 3 jours ouvrés pour répondre.", PARIS)
    assert said.words == "vous avez 3 jours ouvrés"


def test_two_deadlines_come_in_the_order_of_the_text_and_each_once() -> None:
    said = stated("Vous avez 48 heures pour répondre. Sous 48 heures, répondez !\n\n"
                  "Envoyez les photos avant le 24/10/2026 à 10h00.", PARIS)
    assert [(one.within, one.until) for one in said] == [
        (H48, None), (None, datetime(2026, 10, 24, 8, 0, tzinfo=UTC))]


def test_a_question_in_one_sentence_does_not_claim_the_time_of_the_next() -> None:
    assert stated("Répondez à cette question.\n\nLe transporteur livre sous 48 heures.", PARIS) == ()


def test_a_long_mail_of_nothing_is_read_without_growing_slow() -> None:
    """Ten times the text must not cost a hundred times the work: quadratic patterns would hang here."""
    assert stated("répondez avant le sous vous avez " * 20_000, PARIS) == ()
