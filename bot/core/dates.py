"""Days and moments as marketplaces write them: French, English, German, Italian, Spanish.

Own tables and no dateparser: that one is slow to load, and its search takes "12,50" for the year 2050.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from unicodedata import normalize

from bot.core.deadline import instant
from bot.core.pattern import later

__all__ = ["DAY", "HOUR", "OTHER_CLOCK", "clock_in", "day", "day_in", "folded", "moment"]


class _Folds(dict[int, str]):
    """One plain character for each character, so that a place in the folded text is one in the text."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = normalize("NFD", chr(code))[0]
        return plain


# The last two: without regard to case, Python takes them for an s and an i, and the tables know neither.
_FOLDS = _Folds({0x2019: "'", 0x2018: "'", 0xA0: " ", 0x202F: " ", 0x2009: " ", 0xB0: " ", ord("\t"): " ",
                 0x17F: "s", 0x131: "i"})


_FOREIGN = later(r"[^\x00-\x08\x0a-\x7f]")     # few signs of a text: str.translate looks at each


def folded(text: str) -> str:
    """Return `text` without accents, its odd blanks and apostrophes plain; as many characters as before."""
    return _FOREIGN.sub(lambda found: _FOLDS[ord(found[0])], text)


# All patterns below meet folded text, with blanks made one. No word means two months, so one table will do.

_MONTHS = {name: number + 1 for names in (
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "janv fevr mars avr mai juin juil aout sept oct nov dec",
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janner feber mrz apr mai jun jul aug sept okt nov dez",       # the first two: Austria
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago setiembre oct nov dic",
) for number, name in enumerate(names.split())}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_YEAR = "(?:19|20)[0-9]{2}"
_NTH = "(?:er|st|nd|rd|th|º|\\.)?"

DAY = (rf"(?:(?P<iso_y>{_YEAR})-(?P<iso_m>[0-9]{{2}})-(?P<iso_d>[0-9]{{2}})"
       rf"|(?P<d>[0-9]{{1,2}})(?P<sep>[/.-])(?P<m>[0-9]{{1,2}})(?P=sep)(?P<y>{_YEAR}|[0-9]{{2}})(?!(?P=sep)[0-9])"
       rf"|(?P<d_of>[0-9]{{1,2}}){_NTH}(?: de| of)?[ -]?(?P<of_m>{_MONTH})\.?(?: del?)?,?[ -](?P<of_y>{_YEAR})"
       rf"|(?P<m_us>{_MONTH})\.? (?P<us_d>[0-9]{{1,2}}){_NTH},? (?P<us_y>{_YEAR}))(?![0-9])")
HOUR = (r"(?:,? ?(?:a las|a|at|alle(?: ore)?|ore|um|-)? ?"
        r"(?P<hour>[0-9]{1,2})(?: ?(?:h(?:eures?)?|uhr)(?![a-z]) ?(?P<h_min>[0-9]{2})?"
        r"|[:.](?P<min>[0-9]{2}))(?![0-9]))?")

# "5 PM PST", "10:00 +0200": another clock than the reader's, and often another order of day and month.
OTHER_CLOCK = later(
    r"[^.\n]{0,12}?\b(?:(?:[0-9]{1,2}(?::[0-9]{2})? ?)?[ap]\.?m\b"
    r"|(?-i:[PMECA][SD]?T|GMT|UTC|BST|JST|IST)\b)|(?::[0-9]{2})? ?(?:(?-i:Z)|\+[0-9]{2}:?[0-9]{2}|-[0-9]{4})\b",
    re.IGNORECASE)

_DATE = later(rf"(?<![0-9a-z])(?<![0-9][/.-]){DAY}{HOUR}", re.IGNORECASE)

_DAY_FIRST = {"fr", "de", "it", "es"}       # 03/04 is the third of April, whoever writes; in English it is not


def day(text: str, language: str) -> date | None:
    """Return the one day that a text cut out of a mail names; None where it names none, or two.

    Digits are 0 to 9 alone, the year must be there, and 31 February is no day. In English, and in a
    language we do not know, 03/04/2026 is April's or March's: None, unless only one can be a month.
    """
    days = {day_in(match, day_first=language in _DAY_FIRST) for match in _dates(text)}
    return days.pop() if len(days) == 1 else None


def moment(text: str, language: str, timezone: str) -> datetime | None:
    """Return the one moment that a text names by day and hour, UTC; None where `day` would, or without an hour.

    Of an hour that comes twice, the earlier. Clocks other than `timezone` ("5 PM PST") are left, and
    so are AM and PM: who writes them has often another order of day and month, too.
    """
    moments = {_moment_in(match, language, timezone) for match in _dates(text)}
    return moments.pop() if len(moments) == 1 else None


def day_in(match: re.Match[str], *, day_first: bool) -> date | None:
    """Return the day of a match of DAY; None for one that is none, or that leaves open which is the month."""
    try:
        return _named(match) or _numbered(match, day_first)
    except ValueError:      # 31 February
        return None


def clock_in(match: re.Match[str]) -> time | None:
    """Return the time of day of a match of HOUR, None if it gives none; raise ValueError for 25:00.

    24:00 ends the day, so it is 23:59.
    """
    if not match["hour"]:
        return None
    if int(match["hour"]) == 24:
        return time(23, 59)
    return time(int(match["hour"]), int(match["h_min"] or match["min"] or 0))


def _dates(text: str) -> list[re.Match[str]]:
    return list(_DATE.finditer(" ".join(folded(normalize("NFC", text)).split())))


def _named(match: re.Match[str]) -> date | None:
    """A day whose month nobody can mistake: named, or in ISO's order."""
    if match["iso_y"]:
        return date(int(match["iso_y"]), int(match["iso_m"]), int(match["iso_d"]))
    for year, month, of_month in (("of_y", "of_m", "d_of"), ("us_y", "m_us", "us_d")):
        if match[year]:
            return date(int(match[year]), _MONTHS[match[month].lower()], int(match[of_month]))
    return None


def _numbered(match: re.Match[str], day_first: bool) -> date | None:
    year, month, of_month = int(match["y"]), int(match["m"]), int(match["d"])
    if not day_first and month != of_month and month <= 12 and of_month <= 12:
        return None
    if not day_first and month > 12:
        month, of_month = of_month, month
    return date(year + (2000 if year < 100 else 0), month, of_month)


def _moment_in(match: re.Match[str], language: str, timezone: str) -> datetime | None:
    found = day_in(match, day_first=language in _DAY_FIRST)
    try:
        clock = clock_in(match)
    except ValueError:
        return None
    if found is None or clock is None or OTHER_CLOCK.match(match.string, match.end()):
        return None
    return instant(datetime.combine(found, clock), timezone)
