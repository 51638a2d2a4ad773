"""Deadlines as a marketplace words them: French, English, Italian, German, Spanish.

Pure, and wary: a false deadline costs more than a missed phrase, for the rules still know one. So a
period counts only behind words that give the seller time ("vous avez 3 jours"), or beside words that
ask something of him ("répondez sous 48 h"); digits are 0 to 9 alone; what may mean two days is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, time
from functools import lru_cache
from unicodedata import normalize

from bot.core.dates import DAY, HOUR, OTHER_CLOCK, clock_in, day_in, folded
from bot.core.deadline import Period, Stated, Unit, instant
from bot.core.pattern import later

__all__ = ["stated"]

_REACH = 160     # characters a phrase may stand away from the words that ask something of the seller


def _any(*patterns: str) -> re.Pattern[str]:
    return later(r"\b(?:" + "|".join(patterns) + ")", re.IGNORECASE)


# All patterns below meet folded text, with blanks made one.

# Begins with the blank, of which there are few. Not within "24. Oktober 2026", nor within "24 Oct. 2026".
_SENTENCE = later(r" (?<=[.!?] )(?<! [0-9]\. )(?<! [0-9]{2}\. )(?!(?:19|20)[0-9]{2}\b)")

_PARAGRAPH = later(r"\n[ \t]*\n")

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

_PERIOD = later(
    rf"\b(?:(?P<gives>{'|'.join(_GIVES)})|{'|'.join(_BOUNDS)}) +"
    rf"(?P<amount>[0-9]{{1,3}})(?:-| )?(?:{_UNIT})\b", re.IGNORECASE)

_FROM_ELSEWHERE = later(       # "14 jours à compter de la livraison": not from this mail
    r" *,? *(?:apres|suivant|a (?:compter|partir)|after|following|from|of (?:receipt|receiving|the)"
    r"|dal|dopo|nach|ab|desde|tras|a contar)(?!.{0,40}?\b(?:aujourd'hui|ce (?:jour|message|mail|courriel)"
    r"|cet e-?mail|maintenant|today|now|this|oggi|quest[ao]|heute|dieser|hoy|este))\b", re.IGNORECASE)

_BEFORE = (
    r"(?:avant|au plus tard|jusqu'au|d'ici|date limite[^:.]{0,30}:)(?: (?:le|au))?",
    r"(?P<english>by|before|until|no later than|not later than)(?: the)?",
    r"(?:entro(?: e non oltre)?|prima)(?: (?:il|le|del))?", r"(?:bis|spatestens)(?: (?:zum|am|bis|bis zum))?",
    r"(?:antes|hasta|a mas tardar|como maximo)(?: (?:el|del?))?",
)
_WEEKDAY = (r"(?:(?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun|gio|mit|don|fre|die|son|mie|vie)"
            r"[a-z]{0,8},? )?")
# What every match of _PERIOD and of _DATE holds, found at the speed of its digits, which are few.
_SOME_AMOUNT = later(rf" [0-9]{{1,3}}(?:-| )?(?:{'|'.join(words for words, _, _ in _UNITS)})\b", re.IGNORECASE)
_SOME_DAY = later("(?:19|20)[0-9]{2}|[0-9][/.-][0-9]{1,2}[/.-][0-9]{2}")
# What both of these hold before it is folded and its blanks are made one: a degree sign is folded to a blank. All
# three ways begin with one digit, for which a text is searched ten times as fast.
_MAY_STATE = later(r"[0-9](?:(?<=[\s°].)[0-9]{0,2}[-\s°]*[^\W\d_]|(?:(?<=1)9|(?<=2)0)[0-9]{2}"
                   r"|[/.-][0-9]{1,2}[/.-][0-9]{2})")
_DATE = later(rf"\b(?:{'|'.join(_BEFORE)}) *{_WEEKDAY}{DAY}{HOUR}", re.IGNORECASE)


def stated(text: str, zone: str) -> tuple[Stated, ...]:
    """Return the deadlines that a marketplace's text gives the seller, in its order, each once.

    Give it the marketplace's own words alone: a buyer's "répondez sous 48 h" moves nothing.

    Args:
        zone: IANA name of the clock that the text's hours mean; an hour that comes twice is the earlier,
            and a day without an hour ends at 23:59, which `words` then says in brackets.
    """
    kept: dict[tuple[Period | None, datetime | None], Stated] = {}
    for sentence in _sentences(normalize("NFC", text)):
        for found in (_known if len(sentence) <= _SHORT else _in_sentence)(sentence, zone):
            kept.setdefault((found.within, found.until), found)
    return tuple(kept.values())


def _sentences(text: str) -> Iterator[str]:
    """Sentences in one line each, for mails break their lines anywhere; those that may state something."""
    for part in _PARAGRAPH.split(text):
        if _MAY_STATE.search(part):
            yield from filter(_MAY_STATE.search, _SENTENCE.split(" ".join(part.split())))


def _in_sentence(sentence: str, zone: str) -> tuple[Stated, ...]:
    plain = folded(sentence)
    found = [(match.start(), said) for some, pattern, read in _readers(zone) if some.search(plain)
             for match in pattern.finditer(plain) if _is_sellers(match, plain) and (said := read(match, sentence))]
    return tuple(said for _, said in sorted(found, key=lambda placed: placed[0]))


_SHORT = 300  # characters; a marketplace says the same in each of its mails, and what is kept of it must stay small
_known = lru_cache(maxsize=128)(_in_sentence)


_Read = Callable[[re.Match[str], str], Stated | None]


def _readers(zone: str) -> list[tuple[re.Pattern[str], re.Pattern[str], _Read]]:
    return [(_SOME_AMOUNT, _PERIOD, _period),
            (_SOME_DAY, _DATE, lambda match, sentence: _instant(match, sentence, zone))]


def _is_sellers(match: re.Match[str], plain: str) -> bool:
    """Say whether the time is the seller's, not the buyer's to ask or the marketplace's to promise."""
    before = plain[max(0, match.start() - _REACH):match.start()]
    if _OTHERS_MOVE.search(before):
        return False
    if match.groupdict().get("gives"):
        return True
    near = plain[max(0, match.start() - _REACH):match.end() + _REACH]
    return bool(_ASKS.search(near))


def _period(match: re.Match[str], sentence: str) -> Stated | None:
    amount = int(match["amount"])
    if not amount or _FROM_ELSEWHERE.match(match.string, match.end()):
        return None
    unit, times = next((unit, times) for place, (_, unit, times) in enumerate(_UNITS) if match[f"u{place}"])
    return Stated(words=_words(match, sentence), within=Period(amount=amount * times, unit=unit))


def _instant(match: re.Match[str], sentence: str, zone: str) -> Stated | None:
    day = day_in(match, day_first=not match["english"])
    if day is None or OTHER_CLOCK.match(match.string, match.end()):
        return None
    try:
        clock = clock_in(match)
    except ValueError:      # 25:00
        return None
    words = _words(match, sentence)
    return Stated(words=words if clock else f"{words} [23:59 {zone}]",
                  until=instant(datetime.combine(day, clock or time(23, 59)), zone))


def _words(match: re.Match[str], sentence: str) -> str:
    return sentence[match.start():match.end()].strip()
