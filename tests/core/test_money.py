"""Money is read to the cent and with its sign, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.money import Money, money, total


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


SUMS = {
    "119,00 €": "119.00 EUR", "119,00\xa0€": "119.00 EUR", "EUR 169.01": "169.01 EUR", "39.9 EUR": "39.90 EUR",
    "1 234,50 €": "1234.50 EUR", "1\xa0234,50\xa0€": "1234.50 EUR", "1\u202f234,50\u202f€": "1234.50 EUR",
    "€ 12": "12.00 EUR", "€12.5": "12.50 EUR", "£4.99": "4.99 GBP", "1.234,50 EUR": "1234.50 EUR",
    "1,234.50 USD": "1234.50 USD", "US$4.99": "4.99 USD", "1'234.50 CHF": "1234.50 CHF", "12,00 zł": "12.00 PLN",
    "12.00EUR": "12.00 EUR", "49,90 eur": "49.90 EUR", "12 euros": "12.00 EUR", "1,234,567 €": "1234567.00 EUR",
    "1 234 €": "1234.00 EUR", "0,05 €": "0.05 EUR", "d'1 €": "1.00 EUR",
    "-5,00 €": "-5.00 EUR", "\u22125,00 €": "-5.00 EUR", "- 5,00 €": "-5.00 EUR", "€ -5.00": "-5.00 EUR",
    "-€5.00": "-5.00 EUR", "EUR -5.00": "-5.00 EUR", "(-5,00 €)": "-5.00 EUR", "-0,00 €": "0.00 EUR",
    "Prix 12,00 € TTC": "12.00 EUR", "Remboursement : 12,00 €.": "12.00 EUR",
    "119,00 € (EUR 119.00)": "119.00 EUR", "EUR 119,00 €": "119.00 EUR",
    "abbiamo ricevuto un reclamo di 119,00\xa0€ per l’ordine 402-1234567-1234567": "119.00 EUR",
}


@pytest.mark.parametrize("text", SUMS)
def test_a_sum_is_read_to_the_cent(text: str) -> None:
    assert str(money(text)) == SUMS[text]


@pytest.mark.parametrize("text", [
    "1,234 €", "1.234 EUR", "0.123 EUR",                                    # thousands, or decimals?
    "10-20 €", "10,00 € - 20,00 €", "12,00 € 13,00 €", "EUR 12.00 EUR 13.00",     # which?
    "2 x 12,00 €", "2x12,00 €", "12,00 € × 2", "12 € 50", "12€50", "12 3456 €", "24/08/2026 150,00 €",
    "Total - 5,00 €", "Total – 5,00 €", "–5,00 €", "Total-5,00 €", "--5,00 €", "5,00- €", "EUR 5,00-", "-€-5",
    "402-1732050-8075688 EUR", "1.234.50 €", "1234.567 €", "12,345,6 €", "1 23 €", "EUR 5 USD",
    "$12", "12 $", "12,00", "12,00 XYZ", "EUROPE 12", "12 EUROPE", "12 neuros", "１2,00 €", "12,0０ €", "٣ €", "EUR",
    "€", "", "NaN €", "1e5 €", "9999999999 €",
])
def test_what_is_open_or_no_money_is_none(text: str) -> None:
    assert money(text) is None


def test_a_bare_number_takes_the_currency_it_is_given() -> None:
    assert money("39.9", currency="EUR") == euros("39.9")
    assert money("-1 234,50", currency="EUR") == euros("-1234.5")
    assert money("- 5", currency="EUR") == euros("-5")
    assert money("2 articles", currency="EUR") is None
    assert money("ASIN B012345678", currency="EUR") is None
    assert money("1,234", currency="EUR") is None


def test_the_currency_written_beats_the_one_given() -> None:
    assert str(money("4.99 GBP", currency="EUR")) == "4.99 GBP"


def test_a_dollar_is_the_one_it_is_said_to_be() -> None:
    assert [str(money("$4.99", currency=code)) for code in ("CAD", "USD", "EUR")] == ["4.99 CAD", "4.99 USD", "None"]


amounts = st.decimals("-999999.99", "999999.99", places=2)
SHAPES = ("{fr} €", "{fr}\xa0€", "{fr} EUR", "EUR {en}", "€{en}", "{de} EUR", "{de} Euro",
          "Remboursement de {fr} € TTC")


@given(amounts, st.sampled_from(SHAPES))
def test_money_comes_back_from_each_way_of_writing_it(amount: Decimal, shape: str) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    text = shape.format(en=english, de=german, fr=german.replace(".", "\u202f"))
    assert money(text) == euros(str(amount))


@given(amounts, st.sampled_from(["EUR", "GBP", "PLN"]))
def test_a_fact_is_read_again_as_it_was_written(amount: Decimal, currency: str) -> None:
    written = Money(amount=amount, currency=currency)
    assert money(str(written)) == written
    assert str(money(str(written))) == str(written)


@given(st.text("0123456789 .,-'€$EURx\u2212\xa0", max_size=40), st.sampled_from(["", "EUR"]))
def test_nothing_that_looks_like_money_makes_it_raise(text: str, currency: str) -> None:
    assert isinstance(money(text, currency=currency), Money | None)


def test_refunds_add_up_in_one_currency_only() -> None:
    assert str(total([euros("119.00"), euros("0.01"), euros("-19.01")])) == "100.00 EUR"
    assert total([]) is None
    assert total([euros("1"), Money(amount=Decimal(1), currency="GBP")]) is None


def test_cents_are_whole_and_exact() -> None:
    assert (euros("0.29").cents, euros("-1234.5").cents) == (29, -123450)
    for broken in ("0.001", "NaN", "Infinity"):
        with pytest.raises(ValueError, match="whole cents"):
            euros(broken)
