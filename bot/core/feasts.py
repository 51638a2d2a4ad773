"""France's public holidays: eleven days a year, which need no library of 300 modules and 18 MiB."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, timedelta
from functools import cache

SINCE = 2010        # the years before had other rules: Whit Monday was none from 2005 to 2007

_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)     # days: Easter Monday, Ascension, Whit Monday


class France:
    """The days of Code du travail, L3133-1; departments have others beside. `before` knows those before SINCE."""

    def __init__(self, before: Container[date]) -> None:
        self._before = before

    def __contains__(self, day: object) -> bool:
        assert isinstance(day, date)
        return day in (_feasts(day.year) if day.year >= SINCE else self._before)


@cache
def _feasts(year: int) -> frozenset[date]:
    return frozenset([*(date(year, month, day) for month, day in _FIXED),
                      *(easter(year) + timedelta(days=days) for days in _AFTER_EASTER)])


def easter(year: int) -> date:
    """Return Easter Sunday, by the Gregorian computus of Meeus, Jones and Butcher."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
