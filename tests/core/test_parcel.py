"""A number names its carrier only where it can be nobody else's; the carrier's name decides the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.parcel import CARRIERS, Tracking, carrier_called, fits, tracking

TELL = {
    "6A15602676300": "Colissimo", "6M17554710224": "Colissimo", "8D00432154798": "Colissimo",
    "CB123456785FR": "Colissimo", "XY123456789FR": "Chronopost", "EE123456785FR": "Chronopost",
    "RR123456785FR": "La Poste", "1A00000000000": "La Poste", "1Z5R89390357567127": "UPS",
    "1Z410E7W0392751591": "UPS", "JJD0099999999": "DHL", "JVGL0999999990": "DHL", "00340434161094042557": "DHL",
    "RB123456785DE": "DHL", "TBA502887274000": "Amazon Logistics", "1UW7KQ0042190": "Poste Italiane",
    "RR123456785IT": "Poste Italiane", "RR123456785ES": "Correos", "RR123456785GB": "Royal Mail",
}


@pytest.mark.parametrize("number", TELL)
def test_a_number_of_its_own_names_its_carrier(number: str) -> None:
    assert tracking(f"Numéro de suivi : {number}.") == Tracking(number=number, carrier=TELL[number])
    assert fits(number, TELL[number]) is True


@pytest.mark.parametrize(("text", "number", "carrier"), [
    ("Mondial Relay : 12345678", "12345678", "Mondial Relay"),
    ("DPD n° 01234567890123", "01234567890123", "DPD"),
    ("Transporteur GLS, colis 00A6Z78A", "00A6Z78A", "GLS"),
    ("La Poste 6A15602676300", "6A15602676300", "La Poste"),
    ("La Poste - Colissimo 6a15602676300", "6A15602676300", "Colissimo"),
    ("Colissimo : 6A 156 026 763 00", "6A15602676300", "Colissimo"),
    ("UPS 1Z 5R8 939 03 5756 7127", "1Z5R89390357567127", "UPS"),
    ("RR 123 456 785 FR", "RR123456785FR", "La Poste"),
    ("RR\xa0123\xa0456\xa0785\xa0FR", "RR123456785FR", "La Poste"),
    ("https://www.mondialrelay.fr/suivi-de-colis?numeroExpedition=12345678&codePostal=75012", "12345678",
     "Mondial Relay"),
    ("https://www.laposte.fr/outils/suivre-vos-envois?code=RR123456785FR", "RR123456785FR", "La Poste"),
    ("BRT 123456789012", "123456789012", "BRT"),                # known, but not its numbers
    ("Mondial Relay, 6A15602676300", "6A15602676300", "Colissimo"),   # the number knows better
    ("873401765", "873401765", ""),
    (" ab12345678cd ", "AB12345678CD", ""),
])
def test_a_number_is_found_with_its_carrier(text: str, number: str, carrier: str) -> None:
    assert tracking(text) == Tracking(number=number, carrier=carrier)


@pytest.mark.parametrize("text", [
    "402-1234567-1234567", "UPS 402-1234567-1234567", "commande 873401765", "06 12 34 56 78", "Mondial Relay",
    "Mondial Relay 1234567", "RR123456789FR a été posté", "6A1560267630０", "DPD ２1234567890123", "IMPORTANT", "",
    "12345", "je l'ai déposé à la poste hier", "GLS COMMANDE",
])
def test_other_numbers_are_no_tracking_numbers(text: str) -> None:
    assert tracking(text) is None


CALLED = {
    "La Poste - Colissimo": "Colissimo", "So Colissimo": "Colissimo", "SoColissimo": "Colissimo",
    "COLISSIMO_RETOUR": "Colissimo", "Chronopost": "Chronopost", "Chrono Relais": "Chronopost", "La Poste": "La Poste",
    "LaPoste": "La Poste", "Lettre suivie": "La Poste", "FR_LAPOSTE": "La Poste", "Mondial Relay": "Mondial Relay",
    "Point relais Mondial Relay": "Mondial Relay", "mondialrelay": "Mondial Relay", "colisPrive": "Colis Privé",
    "COLIS PRIVÉ": "Colis Privé", "Colis Prive\u0301": "Colis Privé", "POSTE_ITALIANE": "Poste Italiane",
    "IT_POSTE_ITALIANE": "Poste Italiane", "DHL_API": "DHL", "DHL Express": "DHL", "DPD Predict": "DPD",
    "ups": "UPS", "Amazon Logistics": "Amazon Logistics", "AMZL_FR": "Amazon Logistics", "Amazon": "Amazon Logistics",
    "TNT Express": "TNT", "Fed-Ex": "FedEx", "Correos Express": "Correos", "BRT": "BRT", "GLS": "GLS",
    "Relais Colis": "Relais Colis", "Autre": "", "groups": "", "La Poste suisse": "", "Amazon.fr vous écrit": "",
    "": "",
}


@pytest.mark.parametrize("words", CALLED)
def test_a_carrier_has_one_name_whatever_it_is_called(words: str) -> None:
    assert carrier_called(words) == CALLED[words]


@pytest.mark.parametrize("name", [carrier.name for carrier in CARRIERS])
def test_every_carrier_answers_to_its_own_name(name: str) -> None:
    assert carrier_called(name) == name


@pytest.mark.parametrize(("number", "carrier", "answer"), [
    ("6A15602676300", "La Poste - Colissimo", True), ("6A 1560 2676 300", "colissimo", True),
    ("1A12345678901", "Colissimo", True), ("RR123456785FR", "La Poste", True),
    ("RR123456789FR", "La Poste", False),           # its check digit is 5
    ("RR123456785FR", "Colissimo", False), ("6A1560267630", "Colissimo", False), ("6A15602676300", "UPS", False),
    ("XY123456789FR", "Chronopost", True), ("1Z5R8939035756712", "UPS", False), ("1234567", "Mondial Relay", False),
    ("12345678", "Mondial Relay", True), ("0123.4567.8901.23", "DPD", True), ("36631234567", "GLS", True),
    ("12345678", "Jean le facteur", None), ("12345678", "BRT", None), ("", "UPS", False), ("", "", None),
])
def test_a_number_fits_its_carrier_or_does_not_or_nobody_can_say(
    number: str, carrier: str, answer: bool | None,
) -> None:
    assert fits(number, carrier) is answer


@pytest.mark.parametrize("serial", ["RR473124829", "RB123456785", "EE000000005", "CP000000080"])
def test_check_digits_are_those_of_the_universal_postal_union(serial: str) -> None:
    """The first is the standard's own example; the last two are its exceptions: 5 for 11, 0 for 10."""
    assert fits(f"{serial}GB", "Royal Mail") is True


@given(st.from_regex(r"[A-Z]{2}[0-9]{8}", fullmatch=True))
def test_of_ten_last_digits_one_is_right(begin: str) -> None:
    assert [fits(f"{begin}{digit}GB", "Royal Mail") for digit in range(10)].count(True) == 1


@given(st.text(), st.text())
def test_no_text_makes_it_raise(text: str, carrier: str) -> None:
    assert isinstance(tracking(text), Tracking | None)
    assert fits(text, carrier) in (True, False, None)


def test_a_long_text_of_nothing_is_read_without_growing_slow() -> None:
    assert tracking("12 AB 3C " * 20_000 + "1" * 100_000) is None
