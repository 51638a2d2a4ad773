"""Due times, against the calendar on the wall: nights of 23 and 25 hours, holidays, leap days."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.deadline import Deadline, Period, Rule, Stated, Unit, add, instant, is_quiet, reckon, rung, target
from bot.core.event import Party
from bot.core.feasts import France
from bot.core.policy import Seller

MARIE = Seller(name="Atelier Lumen", language="en")
HOURS, DAYS, WORKING = Unit.HOURS, Unit.DAYS, Unit.WORKING_DAYS
NIGHT = (time(21), time(8))
LADDER = (timedelta(hours=24), timedelta(hours=4))


def after(amount: int, unit: Unit, start: str, seller: Seller = MARIE) -> str:
    return add(Period(amount=amount, unit=unit), datetime.fromisoformat(start), seller).strftime("%Y-%m-%dT%H:%MZ")


DAY = Period(amount=24, unit=HOURS)


def rule(within: Period = DAY, *, others: tuple[tuple[Period, str], ...] = (),
         when: dict[str, str] | None = None, name: str = "answer") -> Rule:
    return Rule(id="A1", kind="buyer_wrote", name=name, who=Party.SELLER, within=within, source="the guide",
                read=date(2026, 11, 1), others=others, when=when or {}, met_by="reply",
                silence={"en": "It costs stars.", "fr": "Cela coûte des étoiles."})


def reckoned(*rules: Rule, stated: tuple[Stated, ...] = (), facts: dict[str, str] | None = None,
             start: str = "2026-11-17T10:00:00+00:00", seller: Seller = MARIE) -> tuple[Deadline, ...]:
    return reckon(rules, stated, kind="buyer_wrote", facts=facts or {}, start=datetime.fromisoformat(start),
                  seller=seller)


# ---- hours, days, working days


def test_48_hours_over_the_night_of_25_hours_end_an_hour_earlier_by_the_clock() -> None:
    assert after(48, HOURS, "2026-10-24T10:00:00+02:00") == "2026-10-26T08:00Z"     # 09:00 in Paris


def test_48_hours_over_the_night_of_23_hours_end_an_hour_later_by_the_clock() -> None:
    assert after(48, HOURS, "2026-03-28T10:00:00+01:00") == "2026-03-30T09:00Z"     # 11:00 in Paris


def test_days_keep_the_time_of_day_over_both_nights() -> None:
    assert after(2, DAYS, "2026-10-24T10:00:00+02:00") == "2026-10-26T09:00Z"
    assert after(2, DAYS, "2026-03-28T10:00:00+01:00") == "2026-03-30T08:00Z"


def test_local_time_that_comes_twice_is_the_earlier_one() -> None:
    assert after(1, DAYS, "2026-10-24T02:30:00+02:00") == "2026-10-25T00:30Z"


def test_local_time_that_does_not_exist_is_the_earlier_reading() -> None:
    wall = datetime.fromisoformat("2026-03-29T02:30")
    assert instant(wall, "Europe/Paris") == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def test_ascension_day_is_no_working_day() -> None:
    assert after(2, WORKING, "2026-05-13T16:00:00+02:00") == "2026-05-18T14:00Z"


@pytest.mark.parametrize(("place", "due"), [("FR", "04-03"), ("FR-57", "04-07"), ("FR-6AE", "04-07")])
def test_good_friday_is_no_working_day_in_alsace_and_moselle(place: str, due: str) -> None:
    seller = Seller(holidays=place)
    assert after(1, WORKING, "2026-04-02T10:00:00+02:00", seller) == f"2026-{due}T08:00Z"   # Maundy Thursday


@pytest.mark.parametrize(("place", "due"), [("FR", "12-26"), ("FR-57", "12-27"), ("FR-6AE", "12-27")])
def test_boxing_day_is_no_working_day_in_alsace_and_moselle(place: str, due: str) -> None:
    seller = Seller(holidays=place)
    assert after(1, WORKING, "2024-12-24T10:00:00+01:00", seller) == f"2024-{due}T09:00Z"   # 26 is a Thursday


def test_working_days_from_a_saturday_begin_on_monday() -> None:
    assert after(1, WORKING, "2026-11-14T10:00:00+01:00") == "2026-11-16T09:00Z"


def test_day_after_28_february_is_the_leap_day_in_leap_years_alone() -> None:
    assert after(1, DAYS, "2028-02-28T10:00:00+01:00") == "2028-02-29T09:00Z"
    assert after(1, DAYS, "2027-02-28T10:00:00+01:00") == "2027-03-01T09:00Z"
    assert after(366, DAYS, "2028-02-29T10:00:00+01:00") == "2029-03-01T09:00Z"


def test_our_own_feasts_of_france_are_those_of_the_library() -> None:
    """It knows every year since the law of 1947, and what each changed; ours are asked from 2010 on."""
    library = holidays.country_holidays("FR")
    ours = France(library)
    day = date(2005, 1, 1)
    while day.year < 2100:
        assert (day in ours) == (day in library), day
        day += timedelta(days=1)


def test_a_french_seller_needs_no_library_for_his_working_days() -> None:
    code = ("import sys; from datetime import *; from bot.core.deadline import *; from bot.core.policy import Seller; "
            "add(Period(amount=9, unit=Unit.WORKING_DAYS), datetime(2026, 5, 1, tzinfo=UTC), Seller()); "
            "sys.exit('holidays' in sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


# An independent calendar: slow, with Europe's summer time and France's holidays written out by hand.

EASTER = {2024: date(2024, 3, 31), 2025: date(2025, 4, 20), 2026: date(2026, 4, 5), 2027: date(2027, 3, 28),
          2028: date(2028, 4, 16), 2029: date(2029, 4, 1), 2030: date(2030, 4, 21), 2031: date(2031, 4, 13)}
FIXED = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}


def is_off(day: date) -> bool:
    movable = {EASTER[day.year] + timedelta(days=after) for after in (1, 39, 50)}
    return day.isoweekday() in (6, 7) or (day.month, day.day) in FIXED or day in movable


def last_sunday(year: int, month: int) -> datetime:
    day = datetime(year, month, 31, 1, tzinfo=UTC)
    while day.isoweekday() != 7:
        day -= timedelta(days=1)
    return day


def paris(moment: datetime) -> datetime:
    summer = last_sunday(moment.year, 3) <= moment < last_sunday(moment.year, 10)
    return (moment + timedelta(hours=2 if summer else 1)).replace(tzinfo=None)


def from_paris(wall: datetime) -> datetime:
    tries = [wall.replace(tzinfo=UTC) - timedelta(hours=ahead) for ahead in (2, 1)]
    return next((one for one in tries if paris(one) == wall), tries[0])


def slowly(amount: int, unit: Unit, start: datetime) -> datetime:
    if unit is HOURS:
        for _ in range(amount):
            start += timedelta(hours=1)
        return start
    wall = paris(start)
    if unit is Unit.LEGAL_DAYS:
        return legally(amount, wall)
    while amount:
        wall += timedelta(days=1)
        amount -= unit is DAYS or not is_off(wall.date())
    return from_paris(wall)


def legally(amount: int, wall: datetime) -> datetime:
    """Walk midnight by midnight to the end of the last day, and on while that day is one off."""
    day = wall.date()
    for _ in range(amount):
        day += timedelta(days=1)
    while is_off(day):
        day += timedelta(days=1)
    return from_paris(datetime.combine(day, datetime.min.time()) + timedelta(days=1))


@given(start=st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2030-06-30"),
                          timezones=st.just(UTC)),
       amount=st.integers(1, 60), unit=st.sampled_from(Unit))
def test_any_period_ends_where_counting_day_by_day_ends(start: datetime, amount: int, unit: Unit) -> None:
    start = start.replace(microsecond=0)
    assert add(Period(amount=amount, unit=unit), start, MARIE) == slowly(amount, unit, start)


@given(hours=st.integers(-30, 30), minutes=st.integers(0, 59), spring=st.booleans(), amount=st.integers(1, 4),
       unit=st.sampled_from(Unit))
def test_nights_when_the_clocks_change_hold_no_surprise(
        hours: int, minutes: int, spring: bool, amount: int, unit: Unit) -> None:
    start = last_sunday(2026, 3 if spring else 10) + timedelta(hours=hours, minutes=minutes)
    assert add(Period(amount=amount, unit=unit), start, MARIE) == slowly(amount, unit, start)


def test_fourteen_legal_days_end_at_midnight_after_the_last_day_that_is_not_off() -> None:
    # from Friday 1 May: the fourteenth day is Friday 15 May, its end midnight of the 16th
    assert after(14, Unit.LEGAL_DAYS, "2026-05-01T10:00:00+02:00") == "2026-05-15T22:00Z"
    # from Saturday 2 May: Saturday 16 moves to Monday 18
    assert after(14, Unit.LEGAL_DAYS, "2026-05-02T10:00:00+02:00") == "2026-05-18T22:00Z"
    # from Thursday 30 April: Thursday 14 May is Ascension
    assert after(14, Unit.LEGAL_DAYS, "2026-04-30T10:00:00+02:00") == "2026-05-15T22:00Z"


def test_own_target_stands_beside_the_rule_unless_the_rule_is_as_strict() -> None:
    start = datetime(2026, 11, 17, 10, tzinfo=UTC)
    own = target("buyer_wrote", timedelta(hours=8), reckoned(rule()), start, MARIE)
    assert own
    assert (own.name, own.due, own.rule, own.met_by) == ("own_answer", start + timedelta(hours=8), "policy", "reply")
    assert target("buyer_wrote", timedelta(hours=24), reckoned(rule()), start, MARIE) is None


# ---- which deadline an event starts


def test_stated_deadline_beats_the_reckoned_one() -> None:
    [found] = reckoned(rule(), stated=(Stated(words="you have 3 days", within=Period(amount=3, unit=DAYS)),))
    assert (found.stated, found.due) == (True, datetime(2026, 11, 20, 10, tzinfo=UTC))
    assert (found.name, found.rule, found.source, found.met_by) == ("answer", "A1", "the guide", "reply")


def test_stated_deadline_shows_its_words_its_sum_and_what_the_rule_would_give() -> None:
    [found] = reckoned(rule(), stated=(Stated(words="you have 3 days", within=Period(amount=3, unit=DAYS)),))
    assert "«you have 3 days»" in found.why
    assert "2026-11-17 11:00 + 3 days = 2026-11-20 11:00" in found.why
    assert "the rule A1 alone would give 2026-11-18 11:00" in found.why


def test_earliest_of_several_stated_times_counts() -> None:
    late = Stated(words="by 20 November", until=datetime(2026, 11, 20, 22, 59, tzinfo=UTC))
    soon = Stated(words="within 36 hours", within=Period(amount=36, unit=HOURS))
    [found] = reckoned(rule(), stated=(late, soon))
    assert found.due == datetime(2026, 11, 18, 22, tzinfo=UTC)


def test_stated_deadline_counts_without_any_rule() -> None:
    [found] = reckoned(stated=(Stated(words="by 20 November", until=datetime(2026, 11, 20, 23, tzinfo=UTC)),))
    assert (found.name, found.who, found.rule, found.stated) == ("respond", Party.SELLER, "", True)


def test_earliest_of_several_readings_counts_and_both_are_shown() -> None:
    days = Period(amount=3, unit=DAYS)
    [found] = reckoned(rule(Period(amount=3, unit=WORKING), others=((days, "the help page"),)),
                       start="2026-11-13T10:00:00+00:00")      # a Friday
    assert (found.due, found.source) == (datetime(2026, 11, 16, 10, tzinfo=UTC), "the help page")
    assert "3 days = 2026-11-16 11:00" in found.why
    assert "another reading, the guide: 3 working days = 2026-11-18 11:00" in found.why


def test_rule_holds_only_when_the_facts_it_asks_for_are_there() -> None:
    asked = rule(when={"authorised": "no"})
    assert reckoned(asked, facts={"authorised": "yes"}) == ()
    assert reckoned(asked) == ()
    assert len(reckoned(asked, facts={"authorised": "no"})) == 1


def test_two_rules_start_two_deadlines_the_nearest_first() -> None:
    found = reckoned(rule(Period(amount=3, unit=DAYS), name="later"), rule(name="sooner"))
    assert [deadline.name for deadline in found] == ["sooner", "later"]


def test_what_silence_costs_and_the_sum_are_told_in_the_sellers_language_and_time() -> None:
    [found] = reckoned(rule(), seller=Seller(language="fr", timezone="America/Guadeloupe"))
    assert found.silence == "Cela coûte des étoiles."
    assert found.why.startswith("17/11/2026 06:00 + 24 heures = 18/11/2026 06:00")


# ---- the ladder, and the night


@pytest.mark.parametrize(("left", "stands"), [
    (25, None), (24, 24), (23, 24), (5, 24), (4, 4), (1, 4), (-3, 4),
])
def test_the_nearest_rung_already_passed_stands(left: int, stands: int | None) -> None:
    due = datetime(2026, 11, 20, 10, tzinfo=UTC)
    found = rung(due, due - timedelta(hours=left), LADDER)
    assert found == (timedelta(hours=stands) if stands else None)


def test_no_ladder_has_no_rung() -> None:
    due = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert rung(due, due, ()) is None


def quiet(now: str, due: str = "2026-11-25T12:00", hours: tuple[time, time] | None = NIGHT, *,
          last: bool = False) -> bool:
    return is_quiet(datetime.fromisoformat(f"{now}+01:00"), datetime.fromisoformat(f"{due}+01:00"), hours,
                    "Europe/Paris", last=last)


@pytest.mark.parametrize(("hour", "told"), [("20:59", True), ("21:00", False), ("23:59", False), ("00:00", False),
                                            ("07:59", False), ("08:00", True), ("12:00", True)])
def test_nobody_is_woken_between_nine_in_the_evening_and_eight(hour: str, told: bool) -> None:
    assert quiet(f"2026-11-17T{hour}") is not told


@pytest.mark.parametrize(("hour", "told"), [("11:59", True), ("12:00", False), ("13:59", False), ("14:00", True)])
def test_quiet_hours_within_one_day_are_quiet_too(hour: str, told: bool) -> None:
    assert quiet(f"2026-11-17T{hour}", hours=(time(12), time(14))) is not told


def test_without_quiet_hours_no_hour_is_quiet() -> None:
    assert not quiet("2026-11-17T03:00", hours=None)


def test_last_rung_wakes_when_the_morning_would_be_too_late() -> None:
    assert not quiet("2026-11-17T23:00", "2026-11-18T08:30", last=True)
    assert not quiet("2026-11-18T02:00", "2026-11-18T08:59", last=True)
    assert quiet("2026-11-17T23:00", "2026-11-18T08:30", last=False)


def test_last_rung_waits_for_the_morning_when_an_hour_is_left_then() -> None:
    assert quiet("2026-11-17T23:00", "2026-11-18T09:00", last=True)
    assert quiet("2026-11-18T06:00", "2026-11-18T09:00", last=True)
