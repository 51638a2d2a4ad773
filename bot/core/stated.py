"""Deadlines as a marketplace words them: French, English, Italian, German, Spanish.

Pure, and wary: a false deadline costs more than a missed phrase, for the rules still know one. So a
period counts only behind words that give the seller time ("vous avez 3 jours"), or beside words that
ask something of him ("répondez sous 48 h"); digits are 0 to 9 alone; what may mean two days is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from unicodedata import normalize
from zoneinfo import ZoneInfo

from bot.core.deadline import Period, Stated, Unit

__all__ = ["stated"]

_REACH = 160     # characters a phrase may stand away from the words that ask something of the seller


class _Folds(dict[int, str]):
    """One plain character for each character, so that a place in the folded text is one in the text."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = normalize("NFD", chr(code))[0]
        return folded


_FOLDS = _Folds({0x2019: "'", 0x2018: "'", 0xA0: " ", 0x202F: " ", 0x2009: " ", 0xB0: " ", ord("\t"): " "})


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + ")", re.IGNORECASE)


# All patterns below meet text without accents, with blanks made one.

_SENTENCE = re.compile(r"(?<=[.!?])(?<! [0-9]\.)(?<! [0-9]{2}\.) +|\n{2,}")    # not within "24. Oktober 2026"

_ASKS = _any(       # the seller is told to do something
    r"repond(?:ez|re)\b", r"confirm(?:ez|er)\b", r"envoy(?:ez|er)\b", r"expedi(?:ez|er)\b",
    r"indiqu(?:ez|er)\b", r"fourni(?:ssez|r)\b", r"transmett(?:ez|re)\b", r"adress(?:ez|er)\b",
    r"propos(?:ez|er)\b", r"contact(?:ez|er)\b", r"communiqu(?:ez|er)\b", r"justifi(?:ez|er)\b",
    r"trouv(?:ez|er)\b", r"agi(?:ssez|r)\b", r"accept(?:ez|er)\b", r"rembours(?:ez|er)\b", r"veuillez\b",
    r"merci de\b", r"vous (?:devez|avez|disposez)\b", r"votre reponse\b", r"date limite\b",
    r"reply\b", r"respond\b", r"answer\b", r"confirm\b", r"provide\b", r"send\b", r"ship\b", r"submit\b",
    r"appeal\b", r"please\b", r"you (?:must|need|have|should)\b", r"your (?:reply|response|answer)\b",
    r"risponder\w*", r"rispond(?:a|i|ete)\b", r"deve\b", r"devi\b", r"dovete\b", r"inviare?\b", r"fornire\b",
    r"confermare?\b", r"presentare\b", r"h(?:a|ai) tempo\b", r"(?:la )?sua risposta\b",
    r"antworten\b", r"bestatigen\b", r"senden\b", r"bitte\b", r"mussen\b", r"sie haben\b", r"reagieren\b",
    r"respond(?:a|er|e|an)\b", r"contest(?:e|ar)\b", r"envi(?:e|ar)\b", r"debe\b", r"tiene (?:que|hasta)\b",
    r"proporcion(?:e|ar)\b", r"presentar\b",
)

_OTHERS_MOVE = _any(        # somebody else is told, or promises
    r"(?:l'|votre |le |un )?(?:acheteur|client)(?: \S+)? (?:doit|devra|dispose|peut|pourra|a)\b",
    r"nous (?:vous |lui |y )?\w+rons\b", r"service clients? (?:doit|devra|dispose|vous \w+ra)\b",
    r"(?:buyer|customer) (?:must|has|may|can|should|will)\b", r"we (?:will|shall|aim)\b", r"we'll\b",
    r"(?:acquirente|cliente|comprador) (?:deve|ha|puo|dovra|debe|tiene|puede|dispone)\b",
    r"(?:kaufer|kunde) (?:muss|hat|kann|soll)\b", r"wir werden\b",
)

_GIVES = (          # words that give the seller time by themselves
    r"vous (?:avez|aurez|disposez)(?: (?:alors|desormais|donc|encore|maintenant))?"
    r"(?: (?:jusqu'a|d'un delai (?:maximum |maximal )?de|un delai (?:maximum |maximal )?de|de|seulement))?",
    r"il vous reste(?: encore)?",
    r"you (?:now |still |only )?have(?: (?:up to|only|a maximum of|another|the next))?",
    r"hai(?: ancora)?", r"avete(?: ancora)?", r"lei ha", r"ha a disposizione", r"ha tempo",
    r"sie haben(?: noch| nun)?", r"ihnen bleiben(?: noch)?",
    r"tienes?(?: aun| todavia)?", r"dispones? de",
)

_BOUNDS = (         # words that bound a time, whoever's it is
    r"(?:dans|sous) un delai (?:maximum |maximal )?de", r"(?:sous|dans les|en moins de|d'ici)(?: maximum)?",
    r"within(?: (?:the next|a maximum of))?", r"in the next",
    r"entro(?: e non oltre)?(?: (?:i|le)(?: prossim[ie])?)?(?: un termine di)?",
    r"innerhalb(?: (?:von|der nachsten))?", r"binnen",
    r"en un plazo (?:maximo )?de", r"dentro de(?: l[oa]s)?(?: proxim[oa]s)?", r"en l[oa]s proxim[oa]s",
)

# Working days that include Saturdays (ouvrables, Werktage) are reckoned as days: the earlier reading.
_UNITS: tuple[tuple[str, Unit, int], ...] = (
    (r"jours? ouvres?|(?:business|working) days?|giorn[oi] lavorativ[oi]|arbeitstage?n?"
     r"|dias? (?:habil(?:es)?|laborables?)", Unit.WORKING_DAYS, 1),
    (r"jours?(?: calendaires?| ouvrables?)?|(?:calendar )?days?|giorn[oi](?: di calendario)?"
     r"|(?:kalender|werk)?tage?n?|dias?(?: naturales)?", Unit.DAYS, 1),
    (r"heures?|hours?|hrs?|h|ore|stunden?|horas?", Unit.HOURS, 1),
    (r"semaines?|weeks?|settimane?|wochen?|semanas?", Unit.DAYS, 7),
)
_UNIT = "|".join(f"(?P<u{place}>{words})" for place, (words, _, _) in enumerate(_UNITS))

_PERIOD = re.compile(
    rf"\b(?:(?P<gives>{'|'.join(_GIVES)})|{'|'.join(_BOUNDS)}) +"
    rf"(?P<amount>[0-9]{{1,3}})(?:-| )?(?:{_UNIT})\b", re.IGNORECASE)

_FROM_ELSEWHERE = re.compile(       # "14 jours à compter de la livraison": not from this mail
    r" *,? *(?:apres|suivant|a (?:compter|partir)|after|following|from|of (?:receipt|receiving|the)"
    r"|dal|dopo|nach|ab|desde|tras|a contar)(?!.{0,40}?\b(?:aujourd'hui|ce (?:jour|message|mail|courriel)"
    r"|cet e-?mail|maintenant|today|now|this|oggi|quest[ao]|heute|dieser|hoy|este))\b", re.IGNORECASE)

_MONTHS = {name: number + 1 for language in (
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
) for number, name in enumerate(language.split())}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))

_BEFORE = (
    r"(?:avant|au plus tard|jusqu'au|d'ici|date limite[^:.]{0,30}:)(?: (?:le|au))?",
    r"(?P<english>by|before|until|no later than|not later than)(?: the)?",
    r"(?:entro(?: e non oltre)?|prima)(?: (?:il|le|del))?", r"(?:bis|spatestens)(?: (?:zum|am|bis|bis zum))?",
    r"(?:antes|hasta|a mas tardar|como maximo)(?: (?:el|del?))?",
)
_WEEKDAY = (r"(?:(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun|gio|mit|don|fre|die|son|mie|vie)"
            r"[a-z]{0,8},? )?")
_DAY = (r"(?:(?P<iso_y>[0-9]{4})-(?P<iso_m>[0-9]{2})-(?P<iso_d>[0-9]{2})"
        r"|(?P<d>[0-9]{1,2})(?P<sep>[/.-])(?P<m>[0-9]{1,2})(?P=sep)(?P<y>[0-9]{4}|[0-9]{2})"
        rf"|(?P<d_of>[0-9]{{1,2}})(?:er|st|nd|rd|th|\.)?(?: de| of)? (?P<of_m>{_MONTH})(?: de)?,?"
        r" (?P<of_y>[0-9]{4})"
        rf"|(?P<m_us>{_MONTH}) (?P<us_d>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<us_y>[0-9]{{4}}))(?![0-9])")
_HOUR = (r"(?:,? ?(?:a las|a|at|alle(?: ore)?|ore|um|-)? ?"
         r"(?P<hour>[0-9]{1,2})(?: ?h(?:eures?)? ?(?P<h_min>[0-9]{2})?|[:.](?P<min>[0-9]{2}))(?![0-9]))?")
_DATE = re.compile(rf"\b(?:{'|'.join(_BEFORE)}) *{_WEEKDAY}{_DAY}{_HOUR}", re.IGNORECASE)

# "5 PM PST": another clock than the seller's, and often another order of day and month.
_OTHER_CLOCK = re.compile(
    r"[^.\n]{0,12}?\b(?:(?:[0-9]{1,2}(?::[0-9]{2})? ?)?[ap]\.?m\b"
    r"|(?-i:[PMECA][SD]?T|GMT|UTC|BST|JST|IST)\b)", re.IGNORECASE)


def stated(text: str, zone: str) -> tuple[Stated, ...]:
    """Return the deadlines that a marketplace's text gives the seller, in its order, each once.

    Give it the marketplace's own words alone: a buyer's "répondez sous 48 h" moves nothing.

    Args:
        zone: IANA name of the clock that the text's hours mean; an hour that comes twice is the earlier,
            and a day without an hour ends at 23:59, which `words` then says in brackets.
    """
    kept: dict[tuple[Period | None, datetime | None], Stated] = {}
    for sentence in _sentences(normalize("NFC", text)):
        for found in _in_sentence(sentence, ZoneInfo(zone)):
            kept.setdefault((found.within, found.until), found)
    return tuple(kept.values())


def _sentences(text: str) -> Iterator[str]:
    """Sentences in one line each: mails break their lines anywhere."""
    for part in re.split(r"\n[ \t]*\n", text):
        yield from _SENTENCE.split(re.sub(r"\s+", " ", part).strip())


def _in_sentence(sentence: str, zone: ZoneInfo) -> list[Stated]:
    folded = sentence.translate(_FOLDS)
    found = [(match.start(), said) for pattern, read in _readers(zone) for match in pattern.finditer(folded)
             if _is_sellers(match, folded) and (said := read(match, sentence))]
    return [said for _, said in sorted(found, key=lambda placed: placed[0])]


def _readers(zone: ZoneInfo) -> list[tuple[re.Pattern[str], Callable[[re.Match[str], str], Stated | None]]]:
    return [(_PERIOD, _period), (_DATE, lambda match, sentence: _instant(match, sentence, zone))]


def _is_sellers(match: re.Match[str], folded: str) -> bool:
    """Say whether the time is the seller's, not the buyer's to ask or the marketplace's to promise."""
    before = folded[max(0, match.start() - _REACH):match.start()]
    if _OTHERS_MOVE.search(before):
        return False
    if match.groupdict().get("gives"):
        return True
    near = folded[max(0, match.start() - _REACH):match.end() + _REACH]
    return bool(_ASKS.search(near))


def _period(match: re.Match[str], sentence: str) -> Stated | None:
    amount = int(match["amount"])
    if not amount or _FROM_ELSEWHERE.match(match.string, match.end()):
        return None
    unit, times = next((unit, times) for place, (_, unit, times) in enumerate(_UNITS) if match[f"u{place}"])
    return Stated(words=_words(match, sentence), within=Period(amount=amount * times, unit=unit))


def _instant(match: re.Match[str], sentence: str, zone: ZoneInfo) -> Stated | None:
    day = _day(match)
    if day is None or _OTHER_CLOCK.match(match.string, match.end()):
        return None
    until = _earliest(day, _clock(match), zone)
    if until is None:
        return None
    words = _words(match, sentence)
    return Stated(words=words if match["hour"] else f"{words} [23:59 {zone.key}]", until=until)


def _day(match: re.Match[str]) -> tuple[int, int, int] | None:
    """Year, month, day; None when an English mail leaves open which of two numbers is the month."""
    if match["iso_y"]:
        return int(match["iso_y"]), int(match["iso_m"]), int(match["iso_d"])
    if match["of_y"]:
        return int(match["of_y"]), _MONTHS[match["of_m"].lower()], int(match["d_of"])
    if match["us_y"]:
        return int(match["us_y"]), _MONTHS[match["m_us"].lower()], int(match["us_d"])
    year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
    if match["english"] and day != month and day <= 12 and month <= 12:
        return None
    if match["english"] and month > 12:
        month, day = day, month
    return year + (2000 if year < 100 else 0), month, day


def _clock(match: re.Match[str]) -> tuple[int, int]:
    if not match["hour"] or int(match["hour"]) == 24:
        return 23, 59
    return int(match["hour"]), int(match["h_min"] or match["min"] or 0)


def _earliest(day: tuple[int, int, int], clock: tuple[int, int], zone: ZoneInfo) -> datetime | None:
    """The earlier instant of a local time that comes twice; None for a day that is none."""
    try:
        local = datetime(*day, *clock, tzinfo=zone)
        return min(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError):
        return None


def _words(match: re.Match[str], sentence: str) -> str:
    return sentence[match.start():match.end()].strip()
