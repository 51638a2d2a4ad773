"""Tracking numbers and carriers: whose number this is, and whether it can be that carrier's.

What is known of the numbers comes from the carriers' own help pages [V], from public programs and shops
that agree [W], or is only likely [P]. Digits alone name nobody: an item, an order or a telephone has as
many. So they count only where the carrier is named beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import combining, normalize

from bot.core.pattern import later

__all__ = ["CARRIERS", "Carrier", "Tracking", "carrier_called", "fits", "parcel_facts", "tracking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One carrier, as the seller knows it. All but `name` are patterns.

    Attributes:
        called: its names in small letters without accents, all but letters and digits made one blank.
        alone: numbers that can be nobody else's.
        s10: likewise, in UPU S10: the four letters, service and country; the check digit must be right.
        named: numbers that are its own only where it is named. Where this, `alone` and `s10` are all
            empty, nothing is known of its numbers.
    """

    name: str
    called: str
    alone: str = ""
    s10: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """A tracking number, in capitals without blanks; `carrier` is a name of CARRIERS, or empty."""

    number: str
    carrier: str


# In running order: the closer name and the closer number first, so La Poste comes after what it owns.
CARRIERS = (
    # V (colissimo.fr's help): a digit, a letter, 11 digits, such as 8D00432154798; 8R is a return.
    # P: 5 to 9 begin a parcel, 1 to 4 a letter. W: C..FR is a parcel abroad. The last digit is checked as in
    # an EAN where we could see (6A15602676300), but not in the help page's own: it is held against none.
    Carrier(name="Colissimo", called="(?:so ?)?colissimo|fr colis", alone="[5-9][A-Z][0-9]{11}", s10="C[A-Z]FR",
            named="[0-9][A-Z][0-9]{11}"),
    # W: 13 characters; E..FR is the express mail that it carries for the Post. P: X.. is its own, whether
    # its check digit is S10's we do not know; 15 characters from abroad.
    Carrier(name="Chronopost", called="chrono ?(?:post|relais)", alone="X[A-Z][0-9]{9}[A-Z]{2}", s10="E[A-Z]FR",
            named="[A-Z]{2}[0-9]{9}[A-Z]{2}|[0-9A-Z]{15}"),
    # W: 8 digits on the slip, 10 or 12 by the shops' interfaces.
    Carrier(name="Mondial Relay", called="mondial ?relay", named="[0-9]{8}|[0-9]{10}|[0-9]{12}"),
    # W: 1Z, six of the account, two of the service, seven of the parcel, a check digit.
    Carrier(name="UPS", called="ups|united parcel service", alone="1Z[0-9A-Z]{15}[0-9]"),
    # W: 14 digits, also with a check character; 28 under the bars. P: 10 or 12 in some countries.
    Carrier(name="DPD", called="dpd|exapaq", named="[0-9]{14}[0-9A-Z]?|[0-9]{27}[0-9A-Z]|[0-9]{10}|[0-9]{12}"),
    # V (gls-group.com/FR): 8 letters and digits, 00A6Z78A, or 11 digits. P: 12 with the check digit.
    Carrier(name="GLS", called="gls", named="[0-9A-Z]{8}|[0-9]{11,12}"),
    # W: JJD.. and JVGL.. name a piece, a waybill has 10 or 11 digits. P: 12 or 20 within Germany.
    Carrier(name="DHL", called="dhl|deutsche post", alone="J(?:JD|VGL)[0-9]{9,20}|0034[0-9]{16}", s10="[A-Z]{2}DE",
            named="[0-9]{10,12}|[0-9]{20}|GM[0-9]{10,20}"),
    # W: TBA and 12 digits in America. P: TBB and TBC likewise; in Europe a country and digits.
    Carrier(name="Amazon Logistics", called="amazon (?:logistics|shipping|transport)|amzl|^amazon$",
            alone="TB[A-C][0-9]{12}", named="[A-Z]{2}[0-9]{10,12}|AMZ[0-9A-Z]{9,15}"),
    # P: 12 or 17 letters and digits.
    Carrier(name="Colis Privé", called="colis ?prive", named="[0-9A-Z]{12}|[0-9A-Z]{17}"),
    # P: a consignment has 9 digits, a parcel in France 16.
    Carrier(name="TNT", called="tnt", named="[0-9]{9}|[0-9]{16}|GE[0-9]{9}[A-Z]{2}"),
    # W: 12 or 15 digits. P: 20 or 22.
    Carrier(name="FedEx", called="fed ?ex", named="[0-9]{12}|[0-9]{15}|[0-9]{20}|[0-9]{22}"),
    # V (an Amazon.it return notice): 1UW.. P: 12 or 13 characters.
    Carrier(name="Poste Italiane", called="poste ?italiane|sda", alone="[0-9]UW[0-9A-Z]{10}", s10="[A-Z]{2}IT",
            named="[0-9A-Z]{12}|[0-9][0-9A-Z]{12}"),
    # V (UPU S10) abroad. P: longer ones within Spain.
    Carrier(name="Correos", called="correos", s10="[A-Z]{2}ES", named="[0-9A-Z]{14,23}"),
    # V (UPU S10). P: shorter and longer ones within the country.
    Carrier(name="Royal Mail", called="royal ?mail|parcelforce", s10="[A-Z]{2}GB",
            named="[0-9A-Z]{9,12}|[0-9A-Z]{14,21}"),
    # Of these numbers nothing is known but that they exist.
    Carrier(name="Relais Colis", called="relais ?colis"),
    Carrier(name="BRT", called="brt|bartolini"),
    Carrier(name="SEUR", called="seur"),
    Carrier(name="MRW", called="mrw"),
    Carrier(name="Hermes", called="hermes|evri"),
    Carrier(name="InPost", called="inpost"),
    Carrier(name="Geodis", called="geodis|calberson"),
    Carrier(name="Vinted Go", called="vinted ?go"),
    # V (UPU S10), W: 1A to 4Z are tracked and registered letters. Its name stands on Colissimo's numbers, too.
    Carrier(name="La Poste", called="la ?poste(?! (?:italian|suisse))|lettre (?:suivie|recommandee)|courrier suivi",
            alone="[1-4][A-Z][0-9]{11}", s10="[A-Z]{2}FR", named="[0-9][A-Z][0-9]{11}"),
)

_PATTERNS = tuple((each, later(rf"\b(?:{each.called})(?![a-z])")) for each in CARRIERS)
_NUMBER = later(r"(?<![\w-])[0-9A-Za-z]{8,30}(?![\w-])")           # not 402-1234567-1234567: that is an order
_IN_PARTS = later(r"(?<![\w-])(?:[0-9A-Z]{0,3}[0-9][0-9A-Z]{0,3}|[A-Z]{2})(?: [0-9A-Z]{0,3}[0-9][0-9A-Z]{0,3}"
                  r"| [A-Z]{2}){1,8}(?![\w-])")                    # "6A 156 026 763 00"
_S10 = later(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")


def tracking(text: str) -> Tracking | None:
    """Return the first tracking number of a text cut out of a mail, and whose it is.

    A carrier named in the text goes first, then numbers that name theirs. Where neither helps, the text
    must be the number and no more, as it stands behind "N° de suivi :"; then `carrier` is empty.
    """
    carrier, numbers = _called(text), list(_numbers(text))
    for number in numbers:
        if carrier and _is_its(number, carrier) is not False:
            return Tracking(number=number, carrier=carrier.name)
    for number in numbers:
        if owner := next((each for each in CARRIERS if _tells(number, each)), None):
            return Tracking(number=number, carrier=owner.name)
    bare = text.strip().upper()
    return Tracking(number=bare, carrier="") if bare in numbers else None


def fits(number: str, carrier: str) -> bool | None:
    """Say whether this can be a number of that carrier, called as anyone may; None if we cannot tell.

    True proves little: most carriers' numbers have no more shape than their length.
    """
    known = _called(carrier)
    return _is_its(re.sub(r"[\s.-]", "", number).upper(), known) if known else None


def carrier_called(words: str) -> str:
    """Return the one name of CARRIERS for what a mail or a webservice calls it: "POSTE_ITALIANE"; empty if unknown."""
    known = _called(words)
    return known.name if known else ""


def parcel_facts(number: str, words: str, day: str) -> dict[str, str]:
    """Return the facts of a parcel as the seller names it; `-` or nothing is a parcel without number.

    The carrier gets the one name of CARRIERS where it has one; what else was said of it is the method.
    """
    bare = re.sub(r"[\s.-]", "", number).upper()
    facts = {"tracking": bare, "carrier": carrier_called(words) or words.strip(), "method": words.strip(),
             "shipped_on": day}
    return {name: said for name, said in facts.items() if said}


def _called(words: str) -> Carrier | None:
    plain = "".join(char for char in normalize("NFD", words.casefold()) if not combining(char))
    key = re.sub(r"[^a-z0-9]+", " ", plain).strip()
    return next((each for each, pattern in _PATTERNS if pattern.search(key)), None) if key else None


def _numbers(text: str) -> Iterator[str]:
    """Yield what may be numbers, those in one piece first; three digits are the fewest we saw."""
    pieces = [match[0].upper() for match in _NUMBER.finditer(text)]
    parts = [match[0].replace(" ", "") for match in _IN_PARTS.finditer(" ".join(text.split()))]
    return (number for number in pieces + parts if len(number) >= 8 and len(re.findall("[0-9]", number)) >= 3)


def _is_its(number: str, carrier: Carrier) -> bool | None:
    if not (carrier.alone or carrier.s10 or carrier.named):
        return None
    return _tells(number, carrier) or bool(carrier.named and re.fullmatch(carrier.named, number))


def _tells(number: str, carrier: Carrier) -> bool:
    """Say whether the number alone can be nobody else's."""
    if carrier.alone and re.fullmatch(carrier.alone, number):
        return True
    match = _S10.fullmatch(number)
    return bool(match and carrier.s10 and re.fullmatch(carrier.s10, match[1] + match[4])
                and int(match[3]) == _check_digit(match[2]))


def _check_digit(serial: str) -> int:
    """Return UPU S10's check digit of eight digits."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)
