"""Sums of money as marketplaces write them: Decimal and a currency, never a float.

Own patterns and no price-parser: that one loses the minus sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.core.pattern import later

__all__ = ["Money", "money", "total"]

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A sum in whole cents. As text it is the stable `119.00 EUR`, which `money` reads again.

    Attributes:
        currency: its ISO 4217 code, `EUR`.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount % _CENT:
            raise ValueError(f"Money is whole cents, not {self.amount}")

    def __str__(self) -> str:
        return f"{self.amount + 0:.2f} {self.currency}"     # + 0: there is no -0.00

    @property
    def cents(self) -> int:
        return int(self.amount * 100)


# Amazon's markets and the French ones; in a longer list some codes are words, such as TRY.
_CODES = "EUR|USD|GBP|CHF|PLN|SEK|DKK|NOK|CZK|HUF|RON|CAD|AUD|BRL|MXN"
_WORDS = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "US$": "USD", "CA$": "CAD", "ZŁ": "PLN"}
_DOLLARS = {"USD", "CAD", "AUD", "MXN"}
_CURRENCY = rf"(?:€|£|US\$|CA\$|\$|(?<![^\W_])(?:euros?|eur|zł|(?-i:{_CODES}))(?![^\W_]))"
_AFTER = rf"(?:€|£|\$|(?:euros?|eur|zł|(?-i:{_CODES}))(?![^\W_]))"      # "12.00EUR" has no edge before it
_NUMBER = (r"(?P<whole>[0-9]{1,3}(?P<mark>[ .,'])[0-9]{3}(?:(?P=mark)[0-9]{3}){0,2}|[0-9]{1,9})"
           r"(?:(?!(?P=mark))[.,](?P<part>[0-9]{1,2}))?(?![ .,']?[0-9])(?!-)")
_SUM = later(
    rf"(?<!\w)(?<![0-9][ .,'/-])(?P<minus>-)?(?:(?P<before>{_CURRENCY}) ?(?P<inner_minus>-)?)?"
    rf"{_NUMBER}(?: ?(?P<after>{_AFTER}))?(?! ?[0-9])", re.IGNORECASE)
_ANY_CURRENCY = later(rf"{_CURRENCY}|(?<=[0-9]){_AFTER}", re.IGNORECASE)
_FACTOR = later(r"(?<![^\W\d_])[x×*](?![^\W\d_])", re.IGNORECASE)       # "2 x 12,00 €", but not "Prix 12,00 €"

_PLAIN = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2019": "'", "\u2212": "-"})


def money(text: str, *, currency: str = "") -> Money | None:
    """Return the one sum that a text cut out of a mail names; None where it names none, or leaves it open.

    Open is: "1,234" and "1.234" (thousands, or decimals?); two different sums, a range, a factor
    ("2 x 12,00 €"), "12 € 50"; a dash before the sum that may be a minus ("Total - 5,00 €"), though one
    that touches it or begins the text is one; "$" alone, for four countries have one. A blank within a
    number parts thousands. Nothing is added up, and digits are 0 to 9 alone.

    Args:
        currency: what the sum is in where the text does not say: a bare number must then be all there is.
            It also says which dollar is meant.
    """
    plain = " ".join(text.translate(_PLAIN).split())
    found = list(_SUM.finditer(plain))
    named = [match for match in found if match["before"] or match["after"]]
    if _FACTOR.search(plain) or len(_ANY_CURRENCY.findall(plain)) != _marks(named):
        return None
    if not named and currency:
        named = [match for match in found if plain.strip("- ") == match[0].strip("-")]
    sums = {_sum(match, currency) for match in named}
    return sums.pop() if len(sums) == 1 else None


def total(sums: Iterable[Money]) -> Money | None:
    """Return several sums as one, such as the refunds of an order's items; None for none, or two currencies."""
    listed = list(sums)
    if len({each.currency for each in listed}) != 1:
        return None
    return Money(amount=sum((each.amount for each in listed), Decimal(0)), currency=listed[0].currency)


def _marks(matches: Iterable[re.Match[str]]) -> int:
    return sum(bool(match["before"]) + bool(match["after"]) for match in matches)


def _sum(match: re.Match[str], hint: str) -> Money | None:
    codes = {_code(mark, hint) for mark in (match["before"], match["after"]) if mark} or {hint}
    sign, code = _sign(match), codes.pop()
    if sign is None or codes or not code or _is_open(match):
        return None
    whole = match["whole"].replace(match["mark"] or " ", "")
    return Money(amount=sign * Decimal(f"{whole}.{match['part'] or '0'}"), currency=code)


def _code(mark: str, hint: str) -> str:
    if mark == "$":
        return hint if hint in _DOLLARS else ""
    return _WORDS.get(mark.upper(), mark.upper())


def _sign(match: re.Match[str]) -> int | None:
    """Return 1 or -1; None for a dash that may only part the sum from the words before it."""
    before = match.string[:match.start()].rstrip()
    dashed = before.endswith(("-", "–", "—"))
    if match["minus"] or match["inner_minus"]:
        return None if dashed or (match["minus"] and match["inner_minus"]) else -1
    return (-1 if before == "-" else None) if dashed else 1


def _is_open(match: re.Match[str]) -> bool:
    return match["mark"] in (".", ",") and match["whole"].count(match["mark"]) == 1 and not match["part"]
