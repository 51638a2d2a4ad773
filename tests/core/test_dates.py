"""Days and moments in five languages: what a person would read, and None where two people would differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from unicodedata import normalize
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.dates import day, folded, moment

PARIS = "Europe/Paris"
AUGUST = date(2026, 8, 24)

MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
SHORT = {
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "de": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "it": "gen feb mar apr mag giu lug ago set ott nov dic",
    "es": "ene feb mar abr may jun jul ago sept oct nov dic",
}
SHAPES = {
    "fr": ("{d} {month} {y}", "{d:02}/{m:02}/{y}", "{d}/{m}/{y}", "le lundi {d} {month} {y}", "{d} {short} {y}"),
    "en": ("{month} {d}, {y}", "{d} {month} {y}", "{d} {short} {y}", "{short} {d}, {y}", "{y}-{m:02}-{d:02}"),
    "de": ("{d}. {month} {y}", "{d:02}.{m:02}.{y}", "{d}.{m}.{y}", "Montag, {d}. {month} {y}", "{d}. {short} {y}"),
    "it": ("{d} {month} {y}", "{d:02}/{m:02}/{y}", "lunedì {d} {month} {y}", "{d}-{m}-{y}", "{d} {short} {y}"),
    "es": ("{d} de {month} de {y}", "{d:02}/{m:02}/{y}", "lunes, {d} de {month} de {y}", "{d} {short} {y}",
           "{d} de {month} del {y}"),
}
HOURS = {"fr": ("à {h}h{n:02}", "à {h:02}:{n:02}", "- {h} h {n:02}"), "en": ("at {h}:{n:02}", "{h:02}:{n:02}"),
         "de": ("um {h}:{n:02} Uhr", "um {h}.{n:02} Uhr"), "it": ("alle {h}:{n:02}", "alle ore {h}.{n:02}"),
         "es": ("a las {h}:{n:02}", "{h}:{n:02}")}


def written(given_day: date, language: str, shape: str) -> str:
    month = given_day.month - 1
    return shape.format(d=given_day.day, m=given_day.month, y=given_day.year,
                        month=MONTHS[language].split()[month], short=SHORT[language].split()[month])


shaped = st.sampled_from(sorted(MONTHS)).flatmap(
    lambda language: st.tuples(st.just(language), st.sampled_from(SHAPES[language])))
days = st.dates(date(1990, 1, 1), date(2099, 12, 31))
mangles = st.sampled_from([lambda text: text, str.upper, lambda text: text.replace(" ", "\xa0"), folded,
                           lambda text: normalize("NFD", text), lambda text: text.replace(" ", "\n ")])


@given(days, shaped, mangles)
def test_a_day_comes_back_from_each_way_of_writing_it(
    given_day: date, shaped: tuple[str, str], mangle: Callable[[str], str],
) -> None:
    """Without accents, in capitals, over two lines: mail systems do all of it."""
    language, shape = shaped
    assert day(mangle(written(given_day, language, shape)), language) == given_day


@given(days, st.times(), shaped, st.integers(0, 2))
def test_a_moment_comes_back_as_the_earlier_of_its_instants(
    given_day: date, at: time, shaped: tuple[str, str], place: int,
) -> None:
    language, shape = shaped
    hour = HOURS[language][place % len(HOURS[language])].format(h=at.hour, n=at.minute)
    wall = datetime.combine(given_day, at.replace(second=0, microsecond=0), tzinfo=ZoneInfo(PARIS))
    read = moment(f"{written(given_day, language, shape)} {hour}", language, PARIS)
    assert read == min(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


@pytest.mark.parametrize(("text", "language"), [
    ("24 août 2026", "fr"), ("24 aout 2026", "fr"), ("lundi 24 août 2026", "fr"), ("24/08/26", "fr"),
    ("24 AOÛT 2026", "fr"), ("24 août 2026.", "fr"), ("(24/08/2026)", "it"), ("2026-08-24", ""),
    ("24. August 2026", "de"), ("Mo., 24.08.2026", "de"), ("24.8.2026", "de"), ("24 agosto 2026", "it"),
    ("24 de agosto de 2026", "es"), ("August 24, 2026", "en"), ("August 24th 2026", "en"), ("24 Aug 2026", "en"),
    ("Aug. 24, 2026", "en"), ("24-Aug-2026", "en"), ("24/08/2026", "en"), ("08/24/2026", "en"),
    ("du 24/08/2026 au 24/08/2026", "fr"), ("2026-08-24T10:00:00Z", "en"), ("24 AUGUſT 2026", "en"),
])
def test_a_day_is_read(text: str, language: str) -> None:
    assert day(text, language) == AUGUST


def test_the_first_of_a_month_is_written_in_its_own_ways() -> None:
    assert {day("1er août 2026", "fr"), day("1° agosto 2026", "it"), day("1º de agosto de 2026", "es"),
            day("1st August 2026", "en"), day("1. August 2026", "de")} == {date(2026, 8, 1)}


@pytest.mark.parametrize(("text", "language"), [
    ("03/04/2026", "en"), ("03/04/2026", ""), ("03.04.2026", "en"),             # April or March
    ("12/08/2026 – 24/08/2026", "fr"), ("03/04/2026, 24 August 2026", "en"),    # which of the two
    ("31/02/2026", "fr"), ("0/4/2026", "fr"), ("13/13/2026", "fr"), ("2026-13-01", "fr"), ("15/15/2026", "en"),
    ("24 août", "fr"), ("24/08", "fr"), ("août 2026", "fr"), ("", "fr"),
    ("２４/08/2026", "fr"), ("24 aout ٢٠٢٦", "fr"),                              # digits are 0 to 9
    ("24/08/20261", "fr"), ("124/08/2026", "fr"), ("01.02.03.04.05", "fr"),     # the last: a telephone
    ("24/08/3026", "fr"), ("405-1732050-8075688", "en"), ("24/08-2026", "fr"),
])
def test_what_two_people_would_read_differently_is_no_day(text: str, language: str) -> None:
    assert day(text, language) is None


def test_the_same_two_numbers_twice_leave_nothing_open() -> None:
    assert day("04/04/2026", "en") == date(2026, 4, 4)


TEN = datetime(2026, 8, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("text", "language"), [
    ("24/08/2026 à 10h00", "fr"), ("24 août 2026 à 10 h", "fr"), ("24 août 2026, 10:00", "fr"),
    ("24. August 2026 um 10:00 Uhr", "de"), ("24. August 2026 um 10 Uhr", "de"), ("24 agosto 2026 alle 10:00", "it"),
    ("24 de agosto de 2026 a las 10:00", "es"), ("24 Aug 2026 10:00:00", "en"), ("24/08/2026 à 10 heures", "fr"),
])
def test_a_moment_is_read_on_the_clock_given(text: str, language: str) -> None:
    assert moment(text, language, PARIS) == TEN


@pytest.mark.parametrize("text", [
    "24 August 2026", "24 August 2026 25:00", "24 August 2026 10:61", "24 August 2026 5:00 PM",
    "24 August 2026 10:00 PST", "24 August 2026 10:00 UTC", "24 August 2026 10:00:00Z", "24 August 2026 10:00 +0200",
    "24 August 2026 10:00 -0500", "2026-08-24T10:00:00+02:00", "24 August 2026 10:00, 24 August 2026 11:00",
    "24 August 2026 10 hundred", "24 August 2026 １0:00", "10:00",
])
def test_a_moment_without_its_hour_or_on_another_clock_is_left(text: str) -> None:
    assert moment(text, "en", PARIS) is None


@given(st.text("0123456789/-.: aoutAUGUſıh,\n", max_size=60))
def test_nothing_that_looks_like_a_day_makes_it_raise(text: str) -> None:
    assert isinstance(day(text, "fr"), date | None)
    assert isinstance(moment(text, "fr", PARIS), datetime | None)


def test_folding_keeps_every_place() -> None:
    text = "À l’été ſ ı Å ﬁ\xa0½"
    assert len(folded(text)) == len(text)
