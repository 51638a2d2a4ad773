"""The words that are to leave, against what the marketplace forbids: each fault in a sentence, and where it is."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from bot.core import phrases
from bot.core.pattern import later
from bot.core.phrases import STOP_WORDS, fold
from bot.words import say

__all__ = ["Remark", "Topic", "WordsRules", "language_of", "lint"]

MOST_REMARKS = 3   # of one topic: after the third he knows
SHOWN = 60         # characters of the words in question that a sentence quotes
SURE = 6           # stop words of another language, at least
SURELY = 3         # and this many times those of the buyer's own


class Topic(StrEnum):
    """What a text may be wrong about; the names that `forbids` and `allows` in rules.toml may list."""

    LENGTH = "length"
    LINKS = "links"
    MAIL_ADDRESSES = "mail_addresses"
    PHONES = "phones"
    POSTAL_ADDRESSES = "postal_addresses"
    MARKETING = "marketing"
    POSITIVE_RATING = "positive_rating"
    RATING_REMINDER = "rating_reminder"
    OTHER_LANGUAGE = "other_language"
    POSING = "posing"
    BLANKS = "blanks"
    HTML = "html"
    LOGOS = "logos"
    ATTACHMENTS = "attachments"


# No marketplace we know allows it: where one's own rules are not written down, it does not leave by itself.
COMMON = frozenset({Topic.LINKS, Topic.MAIL_ADDRESSES, Topic.PHONES, Topic.MARKETING, Topic.POSITIVE_RATING})


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsRules:
    """What a marketplace says about the words its sellers write; read from `[words]` in its rules.toml.

    Attributes:
        max_characters: of a whole message, the quoted original included; None: no limit known.
        max_for: other limits, by purpose, such as `closing`.
        forbids: what must not leave. None: nobody has written this marketplace's rules down yet.
        allows: what would else be advised against, such as a neutral reminder to rate.
        returns: purposes in which an address for returns may stand.
        names: places that may be named without being a link: `amazon.fr`.
        source: where it is written; `read` is the day somebody looked.
    """

    max_characters: int | None = None
    max_for: tuple[tuple[str, int], ...] = ()
    forbids: frozenset[Topic] | None = None
    allows: frozenset[Topic] = frozenset()
    returns: tuple[str, ...] = ("return_opened", "return_updated", "withdrawal_opened", "not_conforming_claimed")
    names: tuple[str, ...] = ()
    source: str = ""
    read: date | None = None

    def limit(self, purpose: str) -> int | None:
        return dict(self.max_for).get(purpose, self.max_characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing wrong with a text. `stops`: it must not leave so; else it is only advice.

    Attributes:
        code: one of Topic.
        where: first character and the one after the last, in the text as NFC writes it.
    """

    code: str
    sentence: str
    stops: bool
    where: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text as the checks see it: what is quoted of others, and what an earlier check found, is blank."""

    text: str
    rules: WordsRules
    language: str | None
    automatic: bool
    purpose: str
    folded: str = field(default="")

    def without(self, spans: list[tuple[int, int]]) -> Reading:
        if not spans:
            return self
        parts, at = [], 0
        for start, end in sorted(spans):
            parts += [self.text[at:start], _blank(self.text[max(at, start):end])]
            at = max(at, end)
        text = "".join([*parts, self.text[at:]])
        return replace(self, text=text, folded=fold(text))


Span = tuple[int, int]
Check = Callable[[Reading], Iterator[Span]]


def lint(text: str, words: WordsRules, *, language: str | None, automatic: bool, purpose: str) -> tuple[Remark, ...]:
    """Return what is wrong with a text, in the order it stands there; empty when nothing is.

    Args:
        language: the buyer's, `fr`; None where nobody knows.
        automatic: it would leave without anybody having read it.
        purpose: the kind it answers, `return_opened`, or `closing`.
    """
    whole = unicodedata.normalize("NFC", text)
    own = _own_words(whole)
    reading = Reading(text=own, folded=fold(own), rules=words, language=language, automatic=automatic, purpose=purpose)
    found = [(Topic.LENGTH, span) for span in _length(whole, reading)]
    for topic, check in CHECKS:
        spans = list(check(reading)) if topic not in words.allows else []
        found += [(topic, span) for span in spans[:MOST_REMARKS]]
        if topic in BLANKED:
            reading = reading.without(spans)
    return tuple(_remark(whole, reading, topic, span) for topic, span in sorted(found, key=lambda one: one[1]))


# ---- the text


_QUOTED = later(r"(?m)^(?:[^\n]*:[ \t]*\n(?=[ \t]*>)|[ \t]*>[^\n]*$)")


def _own_words(text: str) -> str:
    """Return the text with the quoted original, and the line that introduces it, blank; at its end, left out."""
    own = _QUOTED.sub(lambda match: _blank(match[0]), text)
    return own[:len(own.rstrip()) + 2]  # no check looks further into blanks


def _blank(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    return (match.span() for match in pattern.finditer(text))


def _holds(text: str, pieces: Iterable[str]) -> bool:
    """Say whether one of these stands in a text: what a pattern finds has one of them, and most texts have none."""
    return any(map(text.__contains__, pieces))


def _sentences(text: str) -> Iterator[Span]:
    return _spans(_SENTENCE, text)


_SENTENCE = later(r"[^.!?\n]+(?:\n(?![\n])[^.!?\n]+)*")


# ---- the checks


def _length(whole: str, reading: Reading) -> Iterator[Span]:
    limit = reading.rules.limit(reading.purpose)
    if limit is not None and len(whole.strip()) > limit:
        yield limit, len(whole)


# The places most links name; a bare name with another ending needs a path behind it to be one.
_ENDINGS = ("com|net|org|info|biz|fr|de|it|es|eu|be|ch|at|lu|nl|pt|pl|uk|co\\.uk|ie|shop|store|site|online|boutique|app"
            "|io|me/|ly/|gl/")
_LINK = later(
    r"\b(?:https?|ftp)://[^\s<>\"')\]]+"
    r"|\bwww\.[a-z0-9-]{1,63}\.[^\s<>\"')\]]+"
    rf"|(?<![@\w.-])(?=[a-z0-9-]*[a-z])[a-z0-9][a-z0-9-]{{1,62}}(?:\.[a-z0-9-]{{1,63}}){{0,3}}\.(?:{_ENDINGS})(?![\w@])"
    r"(?:/[^\s<>\"')\]]*)?"
    r"|(?<![@\w.-])(?:t|wa|fb|bit|goo)\.(?:me|ly|gl|com)/[^\s<>\"')\]]+"
    r"|(?<![@\w.-])[a-z0-9][a-z0-9-]{1,62}\.[a-z]{2,12}/[^\s<>\"')\]]+", re.IGNORECASE)
_SENTENCE_END = later(r"[a-z]{2,}\.[A-Z][a-z]?$")  # "le colis.It", a blank forgotten: no place


_IN_EACH = later(r"\.[a-z0-9-]|://", re.IGNORECASE)   # of what _LINK finds; sooner sought


def _links(reading: Reading) -> Iterator[Span]:
    for match in _LINK.finditer(reading.text) if _IN_EACH.search(reading.text) else ():
        said = match[0].rstrip(".,;:!?…")
        named = said.lower().removeprefix("www.") in reading.rules.names
        if not named and not _SENTENCE_END.search(said):
            yield match.start(), match.start() + len(said)


_MAIL_ADDRESS = later(
    r"[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}"
    r"|[a-z0-9._-]{2,64} ?(?:\(at\)|\[at\]|\(a\)|\[a\]| arobase | arobas | chiocciola | arroba ) ?[a-z0-9-]{2,63}"
    r"(?: ?(?:\.|\(dot\)|\[dot\]|\(point\)| point | punkt | punto ) ?[a-z]{2,24})?")


def _mail_addresses(reading: Reading) -> Iterator[Span]:
    if _holds(reading.folded, _AT):
        yield from _spans(_MAIL_ADDRESS, reading.folded)


_AT = ("@", "(a", "[a", " arob", " arro", " chio")


_DIGITS = later(r"(?<![\w#])(?:\+|\()?\d(?:[ .()/-]{0,3}\d){6,16}(?![\w])")
_IN_PHONES = later(r"\d(?:[ .()/-]{0,3}\d){6}")     # of what _DIGITS finds; sooner sought
_NO_PHONE = later(r"\d{3}-\d{7}-\d{7}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?: .{0,12})?"
                  r"|\d{1,2}[.:]\d{2} ?- ?\d{1,2}[.:]\d{2}|\d{5} ?- ?\d{5}")
_PHONE = later("|".join((
    r"0[1-9](?:[ .-]?\d{2}){4}",                                                    # French
    r"0\d{2,4}[ -]\d{3,4}[ -]\d{3,4}|0\d{4}[ -]\d{6}|\(0\d{2,4}\) ?\d[\d ]{4,9}",   # British
    r"0\d{2,4} ?[ /-] ?\d{5,9}|0\d{2,4} ?[ /-] ?\d{2,4}(?:[ -]\d{2,4}){1,3}",       # German
    r"3\d{2}[ .-]\d{3}[ .-]?\d{3,4}|3\d{2}[ .-]\d{6,7}|0\d{1,3}[ .-]\d{5,8}",       # Italian
    r"[6-9]\d{2}[ .-]\d{3}[ .-]\d{3}|[6-9]\d{2}(?:[ .-]\d{2}){3}|9\d[ .-]\d{3}[ .-]\d{2}[ .-]\d{2}",  # Spanish
)))
_ABROAD = later(r"(?:\+|00)(?:[1-9]\d{0,2})[ .()/-]{0,3}(?:\(0\)[ .-]?)?\d[\d .()/-]{5,16}\d")
_MONEY = later(r" ?(?:€|eur\b|euros?\b|\$|£|%|cm\b|mm\b|kg\b|g\b|ml\b)")


def _phones(reading: Reading) -> Iterator[Span]:
    for match in _DIGITS.finditer(reading.folded) if _IN_PHONES.search(reading.folded) else ():
        start, end = match.span()
        if _is_phone(match[0], reading.folded[max(0, start - 40):start], reading.folded[end:end + 8]):
            yield start, end


def _is_phone(said: str, before: str, after: str) -> bool:
    """Say whether digits are a telephone number: by the word that stands before them, else by their shape."""
    count = sum(map(str.isdigit, said))
    if not 8 <= count <= 15 or _NO_PHONE.fullmatch(said) or _MONEY.match(after):
        return False
    before = before.rpartition("\n")[2]
    phoned, numbered = (_last(pattern, before) for pattern in (phrases.PHONED, phrases.NUMBERED))
    if phoned != numbered:
        return phoned > numbered
    return bool(_PHONE.fullmatch(said) or (_ABROAD.fullmatch(said) and count >= 9))


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)


_ANY_DIGIT = later(r"\d")


def _postal_addresses(reading: Reading) -> Iterator[Span]:
    if not _ANY_DIGIT.search(reading.folded):     # each of ADDRESSES has one
        return
    if reading.purpose in reading.rules.returns or phrases.RETURNS.search(reading.folded):
        return
    yield from _spans(phrases.ADDRESSES, reading.folded)


def _marketing(reading: Reading) -> Iterator[Span]:
    folded = reading.folded
    for pattern in dict.fromkeys([pattern for stem, pattern in _ADVERTISED if stem in folded]):
        yield from _spans(pattern, folded)


_ADVERTISED = tuple((stem, pattern) for stems, pattern in phrases.MARKETING for stem in stems)


def _positive_rating(reading: Reading) -> Iterator[Span]:
    return (span for span, positive in _rating_pleas(reading.folded) if positive)


def _rating_reminder(reading: Reading) -> Iterator[Span]:
    return (span for span, positive in _rating_pleas(reading.folded) if not positive)


@lru_cache(maxsize=4)   # two topics ask
def _rating_pleas(folded: str) -> tuple[tuple[Span, bool], ...]:
    """Return each sentence that asks for a rating, and whether it asks for a good one."""
    return tuple(_pleas(folded))


def _pleas(folded: str) -> Iterator[tuple[Span, bool]]:
    for start, end in _sentences(folded) if _holds(folded, phrases.OF_RATINGS) else ():
        said = phrases.THANKED.sub(lambda match: _blank(match[0]), folded[start:end])
        lead = len(said) - len(said.lstrip())
        if phrases.REVISES.search(said):
            yield (start + lead, end), True
        elif phrases.RATING.search(said) and phrases.ASKS.search(said):
            wanted = any(pattern.search(said) for pattern in (phrases.PRAISE, phrases.STARS, phrases.HAPPY))
            if wanted or _RATED.search(said):
                yield (start + lead, end), wanted


# "Note", "comment" and the like mean much else: a neutral reminder is one only when it asks for the thing itself.
_RATED = later(
    r"\b(?:laiss|donn|depos|post|publi|attribu|partag|redig|ecri[rv])\w{1,3} (?:nous )?(?:un|une|votre"
    r"|vos) (?:\w+ )?(?:avis|note|evaluation|notation|commentaire)\b"
    r"|\b(?:notez|evaluez|noter|evaluer) (?:votre|cette|notre|la|l'|le) ?(?:commande|achat|vendeur|boutique|vente"
    r"|transaction|experience)"
    r"|\b(?:leave|give|write|post|share)\b[\w ']{0,20}\b(?:review|feedback|rating)\b|\brate (?:us|your|our)\b"
    r"|\b(?:hinterlassen|geben|schreiben)\b[\w ]{0,30}\b(?:bewertung|rezension)\b"
    r"|\bbewertung\b[\w ]{0,20}\b(?:hinterlassen|abgeben|schreiben|geben)\b|\bbewerten sie\b"
    r"|\b(?:lasci|scriv)\w{1,5} (?:una|la|un)[\w ' ]{0,12}(?:recensione|valutazione|feedback)"
    r"|\b(?:dej|escrib|d)\w{1,5} (?:una?|su)[\w ]{0,12}(?:resena|valoracion|opinion|comentario)")


_WORD = later(r"[a-z']+")


_SPOKEN = {word: tuple(language for language, known in STOP_WORDS.items() if word in known)
           for words in STOP_WORDS.values() for word in words}


def language_of(text: str) -> tuple[str, int, Counter[str]]:
    """Return the language most of whose frequent words stand in a text, how many, and the count of each language."""
    return _language_of(fold(text))


def _language_of(folded: str) -> tuple[str, int, Counter[str]]:
    counts: Counter[str] = Counter()
    said = Counter(_WORD.findall(folded))
    for word in said.keys() & _SPOKEN.keys():
        for language in _SPOKEN[word]:
            counts[language] += said[word]
    best = max(STOP_WORDS, key=lambda language: counts[language])
    return best, counts[best], counts


def _other_language(reading: Reading) -> Iterator[Span]:
    if reading.language not in STOP_WORDS:
        return
    best, count, counts = _language_of(reading.folded)
    if best != reading.language and count >= SURE and count >= SURELY * counts[reading.language]:
        first = re.search(r"\S[^\n]*", reading.text)
        yield first.span() if first else (0, 0)


def _posing(reading: Reading) -> Iterator[Span]:
    return _spans(phrases.POSING, reading.folded) if reading.automatic else iter(())


def _blanks(reading: Reading) -> Iterator[Span]:
    yield from _spans(phrases.BLANKS if _holds(reading.folded, phrases.OF_BLANKS) else phrases.BRACKETED,
                      reading.folded)
    if _holds(reading.text, ("None",)):
        yield from _spans(_NONE, reading.text)


# Where a template wrote out what was not there; "None of them" is English.
_NONE = later(r"\bNone\b(?! (?:of|were|was|is|are|ha[sd]|have|will|can)\b)")
_HTML = later(r"</?(?:br|p|b|i|u|a|div|span|img|table|t[rdh]|html|body|strong|em|font|ul|ol|li|h[1-6]|style)"
              r"(?:\s[^<>\n]{0,200})?/?>|&(?:nbsp|amp|lt|gt|quot|eacute|egrave|agrave|uuml|ouml|auml"
              r"|#\d{2,5});", re.IGNORECASE)


def _html(reading: Reading) -> Iterator[Span]:
    return _spans(_HTML, reading.text) if _holds(reading.text, ("<", "&")) else iter(())


def _logos(reading: Reading) -> Iterator[Span]:
    return _spans(phrases.LOGOS, reading.folded) if _holds(reading.folded, phrases.OF_LOGOS) else iter(())


def _attachments(reading: Reading) -> Iterator[Span]:
    return _spans(phrases.ATTACHED, reading.folded) if _holds(reading.folded, phrases.OF_ATTACHED) else iter(())


# In running order: what an earlier row finds is blank for the later ones if it is in BLANKED.
CHECKS: tuple[tuple[Topic, Check], ...] = (
    (Topic.HTML, _html),                          # before the links: a tag's address is its own fault
    (Topic.BLANKS, _blanks),
    (Topic.LOGOS, _logos),
    (Topic.MAIL_ADDRESSES, _mail_addresses),      # before the links: what stands behind @ is no link
    (Topic.LINKS, _links),                        # before the rest: digits in a link are no telephone
    (Topic.PHONES, _phones),
    (Topic.POSTAL_ADDRESSES, _postal_addresses),
    (Topic.MARKETING, _marketing),
    (Topic.POSITIVE_RATING, _positive_rating),
    (Topic.RATING_REMINDER, _rating_reminder),
    (Topic.POSING, _posing),
    (Topic.ATTACHMENTS, _attachments),
    (Topic.OTHER_LANGUAGE, _other_language),
)
BLANKED = frozenset({Topic.BLANKS, Topic.MAIL_ADDRESSES, Topic.LINKS, Topic.LOGOS})


# ---- what is said of it


def _stops(topic: Topic, reading: Reading) -> bool:
    """Say whether it must not leave so. What is nobody's rule, but right nowhere, stops too."""
    rules = reading.rules
    if topic in (Topic.BLANKS, Topic.LENGTH) or (topic is Topic.POSING and reading.automatic):
        return True
    forbidden = topic in (rules.forbids if rules.forbids is not None else COMMON if reading.automatic else ())
    # which language the buyer reads is our guess; the seller may know better
    return forbidden and (reading.automatic or topic is not Topic.OTHER_LANGUAGE)


WRONG = {  # what it is, and what to do
    Topic.LINKS: ("a link", "take it out and say in words what it shows"),
    Topic.MAIL_ADDRESSES: ("an e-mail address", "take it out: the buyer answers to this very message"),
    Topic.PHONES: ("a telephone number", "take it out: the buyer answers to this very message"),
    Topic.POSTAL_ADDRESSES: ("a postal address where no return is at issue", "take it out"),
    Topic.MARKETING: ("advertising", "take it out: a message only serves this order or question"),
    Topic.POSITIVE_RATING: ("a plea for a good rating", "take it out, or ask for any rating at all"),
    Topic.RATING_REMINDER: ("a reminder to rate", "leave it out unless you are sure that it is welcome here"),
    Topic.OTHER_LANGUAGE: ("another language than the buyer's", "write in the buyer's language"),
    Topic.POSING: ("words only a person can say, in a mail that leaves by itself", "say what the shop does instead"),
    Topic.BLANKS: ("a blank nobody has filled in", "fill it in"),
    Topic.HTML: ("HTML, which the buyer would see as it stands", "write plain text"),
    Topic.LOGOS: ("an image or logo", "take it out: only text is sent"),
    Topic.ATTACHMENTS: ("something attached is announced, but only text is sent",
                        "send it in your account, or take the words out"),
}


def _remark(whole: str, reading: Reading, topic: Topic, span: Span) -> Remark:
    stops = _stops(topic, reading)
    sentence = _sentence(whole, reading, topic, span, stops=stops)
    return Remark(code=str(topic), sentence=sentence, stops=stops, where=span)


def _sentence(whole: str, reading: Reading, topic: Topic, span: Span, *, stops: bool) -> str:
    if topic is Topic.LENGTH:
        return say("{count} characters where {limit} are allowed ({source}): shorten the text",
                   count=len(whole.strip()), limit=span[0], source=reading.rules.source)
    what, remedy = (say(words) for words in WRONG[topic])
    place = {"line": whole.count("\n", 0, span[0]) + 1, "words": _shown(whole[span[0]:span[1]]), "what": what,
             "remedy": remedy}
    if stops and topic in (reading.rules.forbids or ()):
        return say("line {line}, «{words}»: {what}, which the marketplace forbids ({source}); {remedy}", **place,
                   source=reading.rules.source)
    return say("line {line}, «{words}»: {what}; {remedy}", **place)


def _shown(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN - 1].rstrip()}…"
