"""The seller's numbers: what counts, which column, how it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import words
from bot.core import numbers
from bot.core.numbers import (
    Answers,
    Cancellations,
    Duty,
    Number,
    Said,
    Sale,
    Turn,
    caution,
    last_days,
    last_weeks,
    on_time,
    percent,
    response_times,
    shown,
    span,
    waitings,
)

NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PARIS = "Europe/Paris"
AMAZON = Answers(within=DAY, above=90, at_most=10)
RAKUTEN = Cancellations(below=5, warn=4, days=30)

moments = st.integers(0, 60 * 24 * 100).map(lambda minutes: NOW - timedelta(minutes=minutes))
said = st.builds(Said, at=moments, turn=st.sampled_from(Turn), automatic=st.booleans())
nows = st.integers(0, 60 * 24 * 366 * 15).map(lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + minutes * HOUR / 60)
zones = st.sampled_from([PARIS, "Europe/London", "UTC", "Atlantic/Azores", "America/New_York", "Asia/Kathmandu"])


def asked(hours: float) -> Said:
    return Said(at=NOW + hours * HOUR, turn=Turn.ASKED)


def answered(hours: float, draft: str = "") -> Said:
    return Said(at=NOW + hours * HOUR, turn=Turn.ANSWERED, draft=draft)


def returned(hours: float, draft: str = "") -> Said:
    return Said(at=NOW + hours * HOUR, turn=Turn.RETURNED, draft=draft)


def took(*words_: Said) -> list[float | None]:
    return [one.took / HOUR if one.took is not None else None for one in waitings(words_)]


# ---- messages and answers


def test_the_answer_counts_from_the_first_unanswered_message() -> None:
    assert took(asked(0), asked(5), asked(23), answered(23.5)) == [23.5]


def test_what_is_written_when_the_day_is_over_is_a_message_of_its_own() -> None:
    assert took(asked(0), asked(24), answered(30)) == [30, 6]


def test_an_answer_before_any_question_answers_nothing() -> None:
    assert took(answered(0), asked(1)) == [None]


def test_only_the_first_answer_counts() -> None:
    assert took(asked(0), answered(2), answered(3)) == [2]


def test_an_answer_that_came_back_is_no_answer_and_the_next_one_counts() -> None:
    assert took(asked(0), answered(2, "D-1"), returned(3, "D-1"), answered(26, "D-2")) == [26]


def test_what_never_left_takes_no_earlier_answer_back() -> None:
    assert took(asked(0), answered(2, "D-1"), asked(5), returned(6, "D-2")) == [2, None]


def test_a_return_that_names_nothing_takes_the_last_answer_back() -> None:
    assert took(asked(0), answered(2), asked(3), answered(4), returned(5)) == [2, None]


@given(st.lists(said, max_size=30))
def test_automatic_words_change_nothing(words_: list[Said]) -> None:
    assert waitings(words_) == waitings([one for one in words_ if not one.automatic])


@given(st.lists(said, max_size=30))
def test_no_answer_comes_before_its_message_and_no_message_counts_twice(words_: list[Said]) -> None:
    found = waitings(words_)
    assert all(one.took is None or one.took >= timedelta() for one in found)
    assert {one.asked for one in found} <= {one.at for one in words_ if one.turn is Turn.ASKED}
    assert len({one.asked for one in found}) == len(found) or len({one.at for one in words_}) < len(words_)


@given(st.lists(said, max_size=30), st.randoms())
def test_the_order_of_reading_does_not_matter_where_the_times_differ(words_: list[Said], dice: object) -> None:
    once = list({one.at: one for one in words_}.values())
    assert waitings(once) == waitings(list(reversed(once)))


@given(st.lists(said, max_size=40), st.sampled_from((7, 30, 90)))
def test_the_rows_add_up_and_nothing_known_has_no_share(words_: list[Said], days: int) -> None:
    [period] = last_days(NOW, PARIS, (days,))
    under, late, none, over, mean = response_times(waitings(words_), period, NOW, AMAZON)
    assert under.count is not None and over.count is not None and under.of == over.of == under.count + over.count
    assert (late.count is None) == (none.count is None) == (under.of == 0)
    assert over.count == (late.count or 0) + (none.count or 0)
    assert (under.percent is None) == (under.met is None) == (over.met is None) == (under.of == 0)
    assert (shown(under) == "-") == (under.of == 0) and (shown(mean) == "-") == (mean.mean is None)
    assert (mean.mean is None) == (under.count + (late.count or 0) == 0)


@given(st.lists(said, max_size=40))
def test_a_longer_period_never_holds_less(words_: list[Said]) -> None:
    wholes = [response_times(waitings(words_), period, NOW, AMAZON)[0].of or 0 for period in last_days(NOW, PARIS)]
    assert wholes == sorted(wholes)


@pytest.mark.parametrize(("hours", "late"), [(23.99, 0), (24, 1), (24.01, 1)])
def test_at_the_very_moment_it_is_too_late(hours: float, late: int) -> None:
    [period] = last_days(NOW + 3 * DAY, PARIS, (7,))
    rows = response_times(waitings([asked(0), answered(hours)]), period, NOW + 3 * DAY, AMAZON)
    assert rows[1].count == late


@pytest.mark.parametrize(("count", "of", "met"), [(9, 10, False), (91, 100, True), (10, 10, True), (181, 200, True)])
def test_the_target_is_more_than_ninety_percent(count: int, of: int, met: bool) -> None:
    words_ = [waiting for one in range(of) for waiting in
              waitings([asked(-one / 10), *([answered(-one / 10 + 1)] if one < count else [])])]
    [period] = last_days(NOW + 3 * DAY, PARIS, (30,))
    assert response_times(words_, period, NOW + 3 * DAY, AMAZON)[0].met is met


# ---- periods


@given(nows, zones, st.integers(1, 60))
def test_weeks_touch_one_another_and_the_last_holds_now(now: datetime, zone: str, weeks: int) -> None:
    found = last_weeks(now, zone, weeks)
    assert len(found) == weeks and found[-1].holds(now)
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(timedelta(hours=167) <= one.end - one.start <= timedelta(hours=169) for one in found)
    assert len({one.name for one in found}) == weeks


@pytest.mark.parametrize(("now", "hours"), [
    (datetime(2026, 3, 29, 20, tzinfo=UTC), 167), (datetime(2026, 10, 25, 20, tzinfo=UTC), 169),
    (datetime(2026, 11, 17, 10, tzinfo=UTC), 168)])
def test_a_week_in_which_the_clocks_change_is_an_hour_shorter_or_longer(now: datetime, hours: int) -> None:
    [week] = last_weeks(now, PARIS, 1)
    assert week.end - week.start == hours * HOUR
    assert week.start.astimezone(ZoneInfo(PARIS)).strftime("%a %H:%M") == "Mon 00:00"


def test_a_week_at_the_turn_of_the_year_has_the_year_of_its_thursday() -> None:
    assert [one.name for one in last_weeks(datetime(2027, 1, 5, tzinfo=UTC), PARIS, 2)] == ["2026-W53", "2027-W01"]


@given(nows, zones)
def test_days_go_back_to_the_same_time_of_day(now: datetime, zone: str) -> None:
    for period, days in zip(last_days(now, zone), (7, 30, 90), strict=True):
        assert abs(now - period.start - days * DAY) <= HOUR
        assert period.holds(now) and not period.holds(now + HOUR)


# ---- sales and duties


def sales(many: int, cancelled: int) -> list[Sale]:
    return [Sale(at=NOW - DAY, cancelled=NOW if one < cancelled else None) for one in range(many)]


@pytest.mark.parametrize(("many", "cancelled", "said_"), [
    (0, 0, None), (10, 0, None), (10, 1, "reached"), (19, 1, "reached"), (21, 1, "next"), (39, 1, "next"),
    (41, 1, None), (100, 4, "next"), (200, 8, "near"), (200, 7, None), (200, 10, "reached"),
    (1000, 40, "near"), (1000, 39, None)])
def test_the_warning_comes_before_the_limit(many: int, cancelled: int, said_: str | None) -> None:
    found = caution(sales(many, cancelled), NOW, PARIS, RAKUTEN)
    told = found and ("reached" if found.reached else "next" if found.next_reaches else "near")
    assert told == said_


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_limit_is_never_reached_without_a_warning(many: int, cancelled: int) -> None:
    known = sales(many, min(many, cancelled))
    number = numbers.cancellation_rate(known, last_days(NOW, PARIS, (30,))[0], RAKUTEN)
    assert (number.met is False) <= (caution(known, NOW, PARIS, RAKUTEN) is not None)


def test_withdrawals_and_refusals_are_left_out() -> None:
    known = [Sale(at=NOW, cancelled=NOW, withdrawn=True), Sale(at=NOW, cancelled=NOW, refused=True), Sale(at=NOW)]
    number = numbers.cancellation_rate(known, last_days(NOW, PARIS, (7,))[0], RAKUTEN)
    assert (number.count, number.of) == (0, 1)


def test_of_duties_only_the_known_ones_count() -> None:
    [period] = last_days(NOW, PARIS, (7,))
    duties = [Duty(sort="claims", begun=NOW, kept=kept) for kept in (True, True, False, None)]
    assert (shown(on_time(duties, "claims", period)), shown(on_time(duties, "shipped", period))) == (
        "67 % (2 of 3)", "-")


# ---- as people read it


@pytest.mark.parametrize(("count", "of", "told"), [(14, 18, 78), (26, 34, 76), (1, 2, 50), (0, 3, 0), (3, 3, 100),
                                                   (1, 200, 1), (1, 8, 13)])
def test_shares_are_rounded_as_the_slide_has_them(count: int, of: int, told: int) -> None:
    assert percent(count, of) == told


@pytest.mark.parametrize(("hours", "french", "english"), [
    (38.2, "1 jour 14 heures", "1 day 14 hours"), (13 + 4 / 60, "13 heures 4 minutes", "13 hours 4 minutes"),
    (24, "1 jour", "1 day"), (25, "1 jour 1 heure", "1 day 1 hour"), (1, "1 heure", "1 hour"),
    (0.5, "30 minutes", "30 minutes"), (0, "0 minutes", "0 minutes"), (1 / 60 + 0.001, "1 minute", "1 minute"),
    (48.9, "2 jours", "2 days"), (1.02, "1 heure 1 minute", "1 hour 1 minute")])
def test_a_length_of_time_is_said_in_its_two_greatest_units(hours: float, french: str, english: str) -> None:
    for language, told in (("fr", french), ("en", english)):
        with words.speaking(language):
            assert span(timedelta(hours=hours)) == told


def test_every_measure_has_a_name() -> None:
    for language in ("fr", "en"):
        with words.speaking(language):
            assert "{" not in "".join(numbers.named(measure) for measure in numbers.NAMES)


def test_nothing_known_is_a_dash() -> None:
    [period] = last_days(NOW, PARIS, (7,))
    assert shown(Number(measure="cancelled", period=period, count=0, of=0)) == "-"
    assert shown(Number(measure="mean", period=period)) == shown(Number(measure="unanswered", period=period)) == "-"
