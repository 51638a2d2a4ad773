"""What the seller tells the bot, by e-mail, in the terminal or on a page: one grammar, exact words only.

Understood or asked again, never guessed: the order stands alone on the first line, and two that differ are
none. Accents, capitals, typographic signs and politeness do not count. Letters that only look like ours do,
so they are no order. Each pattern here sees one line of at most _LINE characters, so time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from unicodedata import normalize

from bot.core import parcel
from bot.core.clean import one_line
from bot.core.dates import day, folded
from bot.core.guards import order_of
from bot.core.pattern import later
from bot.words import say

__all__ = ["EXAMPLES", "MEANINGS", "SYNONYMS", "Order", "Unclear", "Word", "examples", "normal", "tokens", "understand",
           "without_tokens"]

_LINE = 300
_SAID = 200
_SHOWN = 60
_COURTESIES = 8


class Word(StrEnum):
    """What may be ordered; docs/orders.md tells what each does."""

    OK = "ok"
    NO = "no"
    TEXT = "text"
    OFFER = "offer"
    SHIPPED = "shipped"
    NOT_SHIPPED = "not_shipped"
    ACCEPT = "accept"
    REFUSE = "refuse"
    RETURN = "return"
    REFUND = "refund"
    LATER = "later"
    NOTHING = "nothing"
    CLOSE = "close"
    STATE = "state"
    SUMMARY = "summary"
    PAUSE = "pause"
    RESUME = "resume"
    HELP = "help"
    RESEND = "resend"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, understood.

    Attributes:
        said: the line as he wrote it, at most 200 characters and without any token, for the answer to him.
        facts: OFFER `percent` or `amount`; SHIPPED what `parcel_facts` gives; REFUSE `reason` if he gives one;
            REFUND `amount` if he gives one; LATER `span` (`30m`, `4h`, `2d`); STATE `about`, which may be empty.
        text: the words of a TEXT, to the letter.
        marked: he said where the text ends, so no signature and nothing private can be in it.
        case: `C-2` if he names one.
    """

    word: Word
    said: str
    facts: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    marked: bool = False
    case: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """No order: `code` is `no_command` or `ambiguous_command`, `why` what was got and what is wanted."""

    code: str
    why: str


# Nobody's words here are past participles that sound like an infinitive: "envoyé" is written for "envoyer", and
# "remboursé" may be what the seller has done already.
SYNONYMS: Mapping[Word, tuple[str, ...]] = {
    Word.OK: ("ok", "okay", "oui", "d'accord", "ok d'accord", "envoie", "envoyer", "envoyez", "ok envoie", "oui envoie",
              "approuver", "yes", "yes please", "agreed", "send", "send it", "ok send", "approve"),
    Word.NO: ("non", "ne pas envoyer", "n'envoie pas", "n'envoyez pas", "no", "don't send", "do not send", "discard"),
    Word.TEXT: ("texte", "réponse", "text", "reply", "answer"),
    Word.OFFER: ("remise", "une remise", "rabais", "réduction", "discount", "a discount"),
    Word.SHIPPED: ("expédié", "expédiée", "expédiés", "c'est expédié", "colis expédié", "shipped", "dispatched"),
    Word.NOT_SHIPPED: ("pas expédié", "pas encore expédié", "non expédié", "not shipped", "not yet shipped",
                       "not shipped yet"),
    Word.ACCEPT: ("accepter", "j'accepte", "accept", "i accept"),
    Word.REFUSE: ("refuser", "je refuse", "refuse", "i refuse"),
    Word.RETURN: ("retour", "demander le retour", "return", "ask for the return"),
    Word.REFUND: ("rembourser", "refund"),
    Word.LATER: ("plus tard", "later", "snooze"),
    Word.NOTHING: ("rien à répondre", "pas de réponse", "aucune réponse", "no reply needed", "no reply",
                   "no answer needed", "nothing to answer"),
    Word.CLOSE: ("clore", "fermer", "clôturer", "close"),
    Word.STATE: ("état", "statut", "state", "status"),
    Word.SUMMARY: ("résumé", "récapitulatif", "bilan", "summary"),
    Word.PAUSE: ("pause",),
    Word.RESUME: ("reprise", "reprendre", "resume"),
    Word.HELP: ("aide", "help", "?"),
    Word.RESEND: ("renvoyer", "envoyer à nouveau", "resend", "send again"),
    Word.DONE: ("fait", "c'est fait", "c'est parti", "done", "it's done", "it did go out"),
}

# To be copied, so none does harm as it stands: a text of dots is no text.
EXAMPLES: Mapping[Word, tuple[str, str]] = {
    Word.OK: ("ok", "ok"),
    Word.NO: ("non", "no"),
    Word.TEXT: ("texte :\n…\nfin", "text:\n…\nend"),
    Word.OFFER: ("remise 20%", "discount 20%"),
    Word.SHIPPED: ("expédié 6A12345678901 Colissimo", "shipped 6A12345678901 Colissimo"),
    Word.NOT_SHIPPED: ("pas expédié", "not shipped"),
    Word.ACCEPT: ("accepter", "accept"),
    Word.REFUSE: ("refuser", "refuse"),
    Word.RETURN: ("retour", "return"),
    Word.REFUND: ("rembourser", "refund"),
    Word.LATER: ("plus tard 4h", "later 4h"),
    Word.NOTHING: ("rien à répondre", "no reply needed"),
    Word.CLOSE: ("clore", "close"),
    Word.STATE: ("état C-12", "state C-12"),
    Word.SUMMARY: ("résumé", "summary"),
    Word.PAUSE: ("pause", "pause"),
    Word.RESUME: ("reprise", "resume"),
    Word.HELP: ("aide", "help"),
    Word.RESEND: ("renvoyer", "resend"),
    Word.DONE: ("fait", "done"),
}

MEANINGS: Mapping[Word, str] = {
    Word.OK: "do what I propose: the draft leaves as it stands",
    Word.NO: "send nothing: the draft is thrown away, the deadline stays",
    Word.TEXT: "send your own words instead of the draft",
    Word.OFFER: "propose a discount, in percent or as a sum such as 5 €",
    Word.SHIPPED: "the parcel has left: number, carrier and day",
    Word.NOT_SHIPPED: "it has not left",
    Word.ACCEPT: "accept what is asked",
    Word.REFUSE: "refuse what is asked; the reason may follow",
    Word.RETURN: "ask the buyer to send it back",
    Word.REFUND: "refund the buyer, in full or a sum such as 12.50 €",
    Word.LATER: "remind me again after that time",
    Word.NOTHING: "the message needs no reply",
    Word.CLOSE: "close the case",
    Word.STATE: "tell how a case stands: its number, the order's, or a name",
    Word.SUMMARY: "send the day's summary now",
    Word.PAUSE: "do nothing alone until I say so",
    Word.RESUME: "go on after a pause",
    Word.HELP: "list the orders",
    Word.RESEND: "it did not go out: send it again",
    Word.DONE: "it is done, or it did go out",
}


def examples(words: Iterable[Word], language: str) -> list[tuple[str, str]]:
    """Return an order to copy and what it does, for each of `words`, in the language (`fr`, or English)."""
    return [_example(word, language) for word in words]


@cache
def _example(word: Word, language: str) -> tuple[str, str]:
    return EXAMPLES[word][language != "fr"], say(MEANINGS[word], language)


# ---- Tokens ----

_HYPHEN = "[-\u2010-\u2015\u2212]"
_TOKEN = later(rf"(?<!\w)(?<!\w{_HYPHEN})[A-Za-z0-9]{{4}}(?:{_HYPHEN}\s{{0,3}}[A-Za-z0-9]{{4}}){{3}}"
               rf"(?!\w)(?!{_HYPHEN}\w)")
_LIKE_TOKEN = later(rf"[A-Za-z0-9]{{4}}(?:\s{{0,3}}{_HYPHEN}\s{{0,3}}[A-Za-z0-9]{{4}}){{3}}")
_ANY_HYPHEN = later(_HYPHEN)


def tokens(text: str) -> tuple[str, ...]:
    """Return every run shaped as a token in `text`, as `normal` writes it, in order, each once."""
    return tuple(dict.fromkeys(normal(found[0]) for found in _TOKEN.finditer(text)))


def without_tokens(text: str) -> str:
    """Return a text in which no token can be read any more, not even one that something is glued to."""
    return _LIKE_TOKEN.sub("…", text)


def normal(token: str) -> str:
    """Return a token as it is hashed: capitals, plain hyphens, no blanks."""
    return _ANY_HYPHEN.sub("-", "".join(token.split())).upper()


# ---- Lines ----

_TAG = later(r"\[\s?(?:[Cc]-[0-9]{1,9}\s?)?\]")     # what the subject's tag leaves without its token
_LINE_END = later("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
_BLANKS = dict.fromkeys([9, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F], " ")
_SIGNS = {**dict.fromkeys(map(ord, "’‘‛ʼ′´`"), "'"), **dict.fromkeys(map(ord, "“”„«»″‹›"), '"'),
          **dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-"), 0x2026: "...", 0xFE0F: ""}
# The signs of Kelvin and Ångström: the only ones that normalize() itself turns into plain letters.
_TYPOGRAPHY = {**_BLANKS, **_SIGNS, 0x212A: "\ufffd", 0x212B: "\ufffd"}
# Accents of Latin-1 alone: what else folds to a plain letter is more often a disguise than a spelling.
_KEY = {code: normalize("NFD", chr(code))[0].lower() for code in [*range(0x41, 0x5B), *range(0xC0, 0x100)]}


def _plain(line: str) -> str:
    """Return a line with its quotes, dashes and blanks as on a keyboard, without any token; empty if too long."""
    if len(line) > _LINE:
        return ""
    bare = _TOKEN.sub(" ", line)
    return " ".join(normalize("NFC", bare.translate(_TYPOGRAPHY)).split())


def _key(plain: str) -> str:
    """Return a line as orders are compared: no accents, no capitals, as many characters as before."""
    return plain.translate(_KEY)


_SYNONYM = {_key(said): word for word, all_said in SYNONYMS.items() for said in all_said}

_GREETING = r"(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|good (?:morning|afternoon|evening))"
_PLEASE = r"(?:svp|stp|s'il (?:vous|te) plait|please|pls)"
_THANKS = (r"(?:(?:merci|thanks|thank you|thx)"
           r"(?: (?:beaucoup|bien|d'avance|par avance|a vous|a toi|encore|a lot|very much|in advance))?)")
_CLOSING = (r"(?:(?:bien )?cordialement|cdlt|bien a vous|bonne (?:journee|soiree|nuit|reception)|a bientot"
            r"|(?:kind |best )?regards|cheers)")
_SMILE = r"(?:[:;]-?\)|[\U0001F44D\U0001F44C\U0001F64F\U0001F642\U0001F60A\U0001F609][\U0001F3FB-\U0001F3FF]?)"
_POLITE_ABOVE = later(rf"(?:{_GREETING}|{_PLEASE})(?:[ ,.!:]+|$)")
_POLITE_BELOW = later(rf"(?:^|[ ,.!])(?:{_PLEASE}|{_THANKS}|{_CLOSING})[.!,]?$|(?:^| ?){_SMILE}$")
_FINAL = later(r"(?<=[^.!])(?:\.| ?!{1,3})$")
_QUOTED = later(r'"\s?([^"]{1,200}?)\s?"|\'\s?([^\']{1,200}?)\s?\'')
_GREETS = later(rf"{_GREETING}[ ,.!]*")
_CLOSES = later(rf"{_CLOSING}[ ,.!]*")

_CASE = r"[\[(]? ?c-(?P<case>[0-9]{1,9}) ?[\])]?"
_CASE_ABOVE = later(rf"(?:(?:dossier|case|pour|for) )?{_CASE}(?:[ :,-]+|$)")
_CASE_BELOW = later(
    rf"(?:^|[ ,(])(?:(?:pour|for|sur|on|dans|in) )?(?:(?:le |the )?(?:dossier|case) )?{_CASE}$")


def _polished(plain: str) -> str:
    """Return a line less politeness, smiles, the final stop, and quotes around it all."""
    for _ in range(_COURTESIES):
        key = _key(plain)
        if found := _QUOTED.fullmatch(key):
            shorter = plain[found.start(found.lastindex or 0):found.end(found.lastindex or 0)]
        elif found := _POLITE_ABOVE.match(key):
            shorter = plain[found.end():]
        elif found := _POLITE_BELOW.search(key) or _FINAL.search(key):
            shorter = plain[:found.start()]
        else:
            break
        plain = shorter.strip(" ,")
    return plain


def _said(line: str) -> str:
    return one_line(_TAG.sub(" ", _TOKEN.sub("", line[:_LINE])), set())[:_SAID]


def _shown(line: str) -> str:
    said = _said(line)
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"


# ---- What follows the word ----

# The facts of an order; or the sentence why they make none; or None where this is no order but a sentence.
_Read = Mapping[str, str] | str | None

_LETTERS = later(r"[^\W\d_]")
_CURRENCY = r"(?:€|£|\$|euros?|eur|gbp|usd|chf|pln)"
_SUM_WORDS = later(rf"(?<![a-z]){_CURRENCY}(?![a-z])|(?<=[0-9])(?:{_CURRENCY}|e(?=[-+]?[0-9]))"
                   r"|(?<![a-z])(?:et|ou|a|and|or|to|x|moins|minus)(?![a-z])")
_FIGURE = r"[0-9][0-9 .,']{0,12}"
_ONE_SUM = later(rf"{_FIGURE}(?:%|{_CURRENCY})|{_CURRENCY} ?{_FIGURE}")
_PERCENT = later(r" ?(?:%|pour ?cents?|per ?cent|pct)(?![a-z])")
_OF = later(r"(?:de|of|a) (?=[-0-9€£$])")


def _sum(rest: str) -> _Read:
    """Return the facts of one sum as `order_of` gives them; the sentence for figures that are none."""
    key = _PERCENT.sub("%", _OF.sub("", _key(rest), count=1))
    if not re.search(r"[0-9]", key) or _LETTERS.search(_SUM_WORDS.sub("", key)):
        return None
    facts = order_of(key.upper()) if _ONE_SUM.fullmatch(key) else None
    if not facts or not re.search("[1-9]", "".join(facts.values())):
        return say("«{said}» is no sum I can be sure of: write one, such as 20% or 12.50 €", said=_shown(rest))
    return facts


def _offer(rest: str, _today: date) -> _Read:
    return _sum(rest) if rest else say("How much is the discount? Write it as «discount 20%» or «discount 5 €»")


_ALL_OF_IT = frozenset(("", "tout", "en entier", "integralement", "totalement", "in full", "all", "everything"))


def _refund(rest: str, _today: date) -> _Read:
    found = {} if _key(rest) in _ALL_OF_IT else _sum(rest)
    if isinstance(found, Mapping) and "percent" in found:
        return say("«{said}» is no sum to refund: write it as «refund 12.50 €»", said=_shown(rest))
    return found


# "refuser serait dommage" is a sentence, not an order with its reason.
_NO_REASON = later(r"(?:pas|ne|n'|serait|sera|est|ou|mais|is|was|would|will|not|or|but)\b|n'|.*\?$")


# Nor does "refuser la vente" say why: where the buyer asks to cancel it, it means the contrary of "refuser".
_NO_REASON_EITHER = later(
    r"(?:la |le |l'|cette |ce |the |this )?(?:vente|annulation|commande|retour|remboursement|reclamation|demande|offre"
    r"|sale|cancellation|order|return|refund|claim|request|offer)")
_FRAMED = later(r"[\[(]([^\[\]()]*)[\])]")


def _refuse(rest: str, _today: date) -> _Read:
    framed = _FRAMED.fullmatch(rest)
    reason = (framed[1] if framed else rest).lstrip("- ").rstrip()
    if _NO_REASON.match(_key(reason)) or _NO_REASON_EITHER.fullmatch(_key(reason)):
        return None
    return {"reason": reason} if reason else {}


_SPAN = later(r"(?:(?:dans|de|pour|in|for) )?(?:(?P<tomorrow>demain|tomorrow)|(?P<count>[0-9]{1,3}) ?"
              r"(?:(?P<m>m|mn|min|minutes?)|(?P<h>h|heures?|hrs?|hours?)|(?P<d>j|d|jours?|days?)"
              r"|(?P<w>sem|semaines?|w|weeks?)))")


def _later(rest: str, _today: date) -> _Read:
    if not rest:
        return {"span": "4h"}
    found = _SPAN.fullmatch(_key(rest))
    if found and found["tomorrow"]:
        return {"span": "1d"}
    if found and (count := int(found["count"])):
        return {"span": f"{count * 7}d" if found["w"] else f"{count}{found.lastgroup}"}
    if not re.search("[0-9]", rest) or len(rest.split()) > 3:
        return None
    return say("«{said}» is no length of time: write minutes, hours or days, such as 30m, 4h or 2d", said=_shown(rest))


_OF_CASE = later(r"(?:de |du |of )?(?:la |le |the )?(?:commande|dossier|order|case) (?:n[°º] ?)?|n[°º] ?")


def _state(rest: str, _today: date) -> _Read:
    named = _OF_CASE.match(_key(rest))
    about = rest[named.end() if named else 0:].rstrip(" ?.")
    return {"about": about} if "," not in about and len(about) <= 80 and len(about.split()) <= 6 else None


# ---- A parcel ----

_MONTH = r"(?:jan|fev|feb|mar|avr|apr|mai|may|jui|jun|jul|aou|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_NTH = r"(?:er|st|nd|rd|th)?"
_DAY = later(
    r"(?<![\w/.-])(?:(?:le|on|du) )?(?:"
    r"(?P<before>avant-hier|the day before yesterday)|(?P<yesterday>hier(?: matin| soir)?|yesterday)"
    r"|(?P<today>aujourd'hui|ce jour|ce matin|ce soir|today|this morning)"
    r"|(?P<full>(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}(?P<sep>[/.-])[0-9]{1,2}(?P=sep)(?:[0-9]{4}|[0-9]{2})"
    rf"|[0-9]{{1,2}}{_NTH}(?: of| de)? {_MONTH},? (?:19|20)[0-9]{{2}}"
    rf"|{_MONTH} [0-9]{{1,2}}{_NTH},? (?:19|20)[0-9]{{2}})"
    r"|(?P<d>[0-9]{1,2})[/.](?P<m>[0-9]{1,2})"
    rf"|(?P<d_of>[0-9]{{1,2}}){_NTH}(?: of| de)? (?P<of_m>{_MONTH})|(?P<m_us>{_MONTH}) (?P<us_d>[0-9]{{1,2}}){_NTH}"
    r")(?![\w/-])")
_NO_DAY = later(r"(?<!\w)(?:demain|tomorrow|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
                r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|bientot|soon)(?!\w)")
_NO_NUMBER = later(r"(?<!\w)(?:sans (?:numero(?: de suivi)?|suivi)|(?:no|without) (?:tracking(?: number)?|number)"
                   r"|untracked)(?!\w)")
_FILLERS = frozenset("par via avec chez by with numero number".split())
_METHOD = later(r"r[1-4]|24r?|48|[0-9]{1,2}h|j\+[0-9]")
_SENTENCE = frozenset(
    "mais but sauf except pas non not ne je tu il elle on nous vous ils i you he she we they que qui si if car parce "
    "because est is was sera will mon ma my le the dans in pour for".split())
_ORDER_NUMBER = later(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")


def _parcel(rest: str, today: date) -> _Read:
    """Return the facts of number, carrier and day in any sequence; the day is `today` where none is named."""
    key = _key(rest)
    if _NO_DAY.search(key):
        return say("Which day did it leave? Write it as 2026-11-17, «yesterday» or nothing for today, once it has left")
    found = [(match, _day(match, today)) for match in _DAY.finditer(key)]
    days = [(match, named) for match, named in found if named is not None or not (match["of_m"] or match["m_us"])]
    if len({named for _, named in days}) > 1 or any(named is None for _, named in days):
        return say("«{said}» does not name one day: write it as 2026-11-17", said=_shown(rest))
    bare = _without(rest, [match.span() for match, _ in days] + [match.span() for match in _NO_NUMBER.finditer(key)])
    shipped_on = next((named for _, named in days if named), today)
    return _shipped(bare, shipped_on, unnumbered=bool(_NO_NUMBER.search(key)))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return text


_AHEAD = 31      # days: "19/11" on the 17th is a slip that the guards refuse, and not a year ago


def _day(match: re.Match[str], today: date) -> date | None:
    for name, back in (("today", 0), ("yesterday", 1), ("before", 2)):
        if match[name]:
            return date.fromordinal(max(1, today.toordinal() - back))
    if match["full"]:
        return day(match["full"], "fr")
    said = f"{match['d']}/{match['m']}/" if match["d"] else \
        f"{match['d_of'] or match['us_d']} {(match['of_m'] or match['m_us']).rstrip('.')} "
    named = [found for year in range(today.year - 1, today.year + 2) if (found := day(f"{said}{year:04}", "fr"))]
    return max((one for one in named if (one - today).days <= _AHEAD), default=None)


def _shipped(bare: str, shipped_on: date, *, unnumbered: bool) -> _Read:
    pieces = [piece for piece in (each.strip(",;:()[]") for each in re.sub("[nN][°º]", " ", bare).split())
              if re.search(r"\w", piece) and _key(piece) not in _FILLERS]
    numbers, words = _numbers(pieces)
    if len(numbers) > 1 or (numbers and unnumbered) or _odd(words):
        return say("«{said}» does not give one tracking number: write it as «shipped 6A12345678901 Colissimo», or "
                   "«shipped - La Poste» where it has none", said=_shown(bare))
    number = next(iter(numbers), "")
    carrier = " ".join(words) or _tells(number)
    if not carrier:
        return say("With whom was it shipped? Write it as «shipped 6A12345678901 Colissimo»")
    if not _is_carrier(carrier, named=bool(number)):
        return None
    return parcel.parcel_facts(number, carrier, shipped_on.isoformat())


def _odd(words: Iterable[str]) -> bool:
    """Say whether a figure is left that is no method's, such as a number too short, or an order's."""
    return any(re.search("[0-9]", word) and not _METHOD.fullmatch(_key(word)) for word in words)


def _is_carrier(words: str, *, named: bool) -> bool:
    """Say whether these can be a carrier and a method; an unknown name counts beside a number only."""
    if any(word in _SENTENCE for word in re.findall(r"\w+", folded(words).lower())):
        return False
    known = bool(parcel.carrier_called(words))
    return len(words.split()) <= (6 if known else 3) and (known or named)


def _tells(number: str) -> str:
    found = parcel.tracking(number) if number else None
    return found.carrier if found else ""


def _numbers(pieces: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what are tracking numbers, in one piece or else in several, and all other words."""
    whole = [piece for piece in pieces if _is_number(re.sub("[.-]", "", piece)) and not _ORDER_NUMBER.fullmatch(piece)]
    if whole:
        return whole, [piece for piece in pieces if piece not in whole]
    numbers, words = list[str](), list[str]()
    for run in _runs(pieces):
        joined = "".join(run)
        if _is_number(joined):
            numbers.append(joined)
        else:
            words.extend(run)
    return numbers, words


def _is_number(bare: str) -> bool:
    return re.fullmatch("[0-9A-Za-z]{8,30}", bare) is not None and len(re.findall("[0-9]", bare)) >= 3


def _runs(pieces: Iterable[str]) -> Iterator[list[str]]:
    """Yield neighbours that may be parts of one number ("6A 123 456 78901", "RR 473 124 829 FR") together."""
    run = list[str]()
    for piece in pieces:
        part = re.fullmatch("[A-Z]{2}|[0-9A-Za-z]{0,6}[0-9][0-9A-Za-z]{0,6}", piece)
        if not part:
            yield run
            run = []
        run.append(piece)
        if not part:
            yield run
            run = []
    yield run


# ---- One line ----

_READERS: Mapping[Word, Callable[[str, date], _Read]] = {
    Word.OFFER: _offer, Word.SHIPPED: _parcel, Word.REFUSE: _refuse, Word.REFUND: _refund, Word.LATER: _later,
    Word.STATE: _state,
}


def _one_of(words: Iterable[Word]) -> str:
    said = sorted((key for key, word in _SYNONYM.items() if word in set(words)), key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, said))})"


_HEAD = later(rf"(?P<head>{_one_of(_READERS)})(?: ?[:,] ?| |$)")
_HEAD_BEHIND = later(rf"(?P<sum>{_FIGURE} ?(?:%|{_CURRENCY}) ?)(?:de |of )?{_one_of([Word.OFFER])}")
_ANY_WORD = later(rf"{_one_of(set(Word) - {Word.TEXT})}(?![\w-])")
_FIRST_WORDS = frozenset(re.split(r"[ ']", key)[0] for key in _SYNONYM)
_SPAN_ALONE = later(r"\W*[0-9]|demain|tomorrow|(?:dans|in) [0-9]")
_AND = later(r", | et | puis | and | then | ?; ?| \+ ")


def _is_worth_reading(key: str) -> bool:
    """Say quickly whether an order's word stands in a line: a mail of half a million lines must be done soon."""
    return not _FIRST_WORDS.isdisjoint(re.findall(r"\w+|\?", key)) or bool(_SPAN_ALONE.match(key))


def _order(line: str, today: date) -> Order | Unclear | None:
    """Return the order that a line is; None for one that is none, or that goes on like a sentence."""
    plain = _plain(line)
    if not _is_worth_reading(_key(plain)):
        return None
    plain, case = _without_case(_polished(plain))
    found = _worded(_polished(plain), today) or _several(plain, today)
    if not isinstance(found, Order):
        return found
    if found.word is Word.STATE:        # the case asked about, not the one the order is for
        return replace(found, said=_said(line), facts={"about": found.facts["about"] or case}, case="")
    if case and found.case not in ("", case):
        return _two(case, found.case)
    return replace(found, said=_said(line), case=case or found.case)


def _without_case(plain: str) -> tuple[str, str]:
    """Return a line less the case that it names before or behind the order, and that case."""
    key = _key(plain)
    if found := _CASE_ABOVE.match(key):
        return plain[found.end():], f"C-{int(found['case'])}"
    head = _HEAD.match(key)
    if head and _SYNONYM[head["head"]] is Word.STATE:
        return plain, ""
    found = _CASE_BELOW.search(key)
    return (plain[:found.start()].rstrip(" ,"), f"C-{int(found['case'])}") if found else (plain, "")


def _worded(plain: str, today: date) -> Order | Unclear | None:
    key = _key(plain)
    if key == "resume":     # English for what "reprise" says, and "résumé" for who leaves out accents: the accent tells
        return Order(word=Word.RESUME if plain.isascii() else Word.SUMMARY, said=plain)
    if (word := _SYNONYM.get(key)) and word not in _READERS and word is not Word.TEXT:
        return Order(word=word, said=plain)
    if found := _HEAD.match(key):
        return _with_rest(_SYNONYM[found["head"]], plain, plain[found.end():], today)
    if found := _HEAD_BEHIND.fullmatch(key):
        return _with_rest(Word.OFFER, plain, found["sum"].strip(), today)
    return _with_rest(Word.LATER, plain, plain, today) if _SPAN.fullmatch(key) else None


def _with_rest(word: Word, plain: str, rest: str, today: date) -> Order | Unclear | None:
    case = ""
    if word is not Word.STATE and (found := _CASE_ABOVE.match(_key(rest))):
        rest, case = rest[found.end():], f"C-{int(found['case'])}"
    facts = _READERS[word](rest, today)
    if isinstance(facts, str):
        return Unclear(code="ambiguous_command", why=facts)
    return None if facts is None else Order(word=word, said=plain, facts=facts, case=case)


def _several(plain: str, today: date) -> Order | Unclear | None:
    """Return the one order that a line says several times ("oui, envoie"); Unclear for two that differ."""
    parts = [part for part in map(_polished, _AND.split(plain)) if part]
    orders = [_worded(part, today) for part in parts] if len(parts) > 1 else []
    if not orders or None in orders:
        return None
    first = orders[0]
    for number, other in enumerate(orders):
        if isinstance(first, Unclear) or isinstance(other, Unclear) or (other and first and not _same(first, other)):
            return _two(parts[0], parts[number])
    return first


def _same(one: Order, other: Order) -> bool:
    return (one.word, dict(one.facts), one.case) == (other.word, dict(other.facts), other.case)


def _two(one: str, other: str) -> Unclear:
    return Unclear(code="ambiguous_command", why=say(
        "«{first}» and then «{second}» leave open what you want: nothing was done, write one order alone",
        first=_shown(one), second=_shown(other)))


# ---- The whole ----

_MARK = later(r'"? ?(?:(?:texte|text|reponse)(?: ?:)?|(?:reply|answer) ?:) ?"?')
_MARK_AND_WORDS = later(r"(?:texte|text|reponse|reply|answer) ?: ?(?=\S)")
_END = later(r'[("]? ?(?:fin|end) ?[.!")]*')
_TAKES_BACK = later(
    r"(?:mais|sauf|cependant|toutefois|par contre|plutot|attends|attendez|pas encore|pas tout de suite|si|s'il"
    r"|seulement|uniquement|a condition|finalement|en fait|oublie|annule|but|except|however|wait|rather|not yet|if"
    r"|only|unless|actually|cancel)\b")
_FEWEST_WORDS = 4
_FEWEST_LETTERS = 20


def understand(said: str, *, today: date) -> Order | Unclear:
    """Return the one order in the seller's own newest words (`own_words`), or why there is none. Never raises."""
    lines = _LINE_END.split(said)
    at = next((number for number, line in enumerate(lines) if not _says_nothing(line)), len(lines))
    if at == len(lines) or any(_closes(line) for line in lines[:at]):
        return Unclear(code="no_command", why=say(
            "I find no order in this: write one alone on the first line, such as «ok» or «later 4h»"))
    if (mark := _mark(lines[at])) is not None:
        return _block(lines, at, mark, today)
    found, end = _first(lines, at, today)
    if isinstance(found, Order):
        return _alone(found, lines, at, end, today)
    return found or _free(lines, at, today)


def _says_nothing(line: str) -> bool:
    """Say whether a line is empty, or politeness alone."""
    if len(line) > _LINE:
        return False
    plain = _plain(line)
    return not plain or not _polished(plain).strip(" ,.!")


def _first(lines: Sequence[str], at: int, today: date) -> tuple[Order | Unclear | None, int]:
    """Return the order at line `at` and the line after it.

    A comma at its end goes on below ("ok,", "merci"), and so does a parcel with its day.
    """
    found = _order(lines[at], today)
    below = next((number for number in range(at + 1, len(lines)) if lines[number].strip()), None)
    if below is None:
        return found, at + 1
    dated = isinstance(found, Order) and found.word is Word.SHIPPED and _DAY.fullmatch(_key(_plain(lines[below])))
    if dated or lines[at].rstrip().endswith(","):
        return _order(f"{lines[at]} {lines[below]}", today), below + 1
    return found, at + 1


def _alone(first: Order, lines: Sequence[str], at: int, end: int, today: date) -> Order | Unclear:
    """Return the order on the first line, if no line below is another order, or takes it back."""
    below = [number for number in _distinct(lines, end) if not _says_nothing(lines[number])]
    if below and _TAKES_BACK.match(_key(_plain(lines[below[0]]))):
        return _two(first.said, lines[below[0]])
    if first.word in (Word.OK, Word.NO) and any(_greets(line) for line in lines[:at]) and _is_letter(lines[end:]):
        return _two(first.said, lines[below[0]])
    for number in below:
        if (mark := _mark(lines[number])) is not None:
            return _with_reason(first, lines, number, mark)
        other = _order(lines[number], today)
        if isinstance(other, Unclear) or (other and _counts_below(other) and not _same(first, other)):
            return _two(first.said, lines[number])
    return first


def _distinct(lines: Sequence[str], at: int) -> Iterable[int]:
    """Return the numbers of the lines from `at` on, of equal ones the first."""
    first: dict[str, int] = {}
    for number in range(at, len(lines)):
        first.setdefault(lines[number], number)
    return first.values()


def _counts_below(other: Order) -> bool:
    """Say whether an order counts below another: "état neuf" in a remark asks about nothing."""
    return other.word is not Word.STATE or bool(re.search("[0-9]|^$", other.facts["about"]))


def _greets(line: str) -> bool:
    return _GREETS.fullmatch(_key(_plain(line))) is not None


def _closes(line: str) -> bool:
    return _CLOSES.fullmatch(_key(_plain(line))) is not None


def _is_letter(lines: Iterable[str]) -> bool:
    """Say whether sentences follow before any closing: "Bonjour, / Oui. / Votre colis part demain." is a buyer's."""
    for line in lines:
        if line.strip() and _says_nothing(line) and not _greets(line):
            return False
        if len(line.split()) >= _FEWEST_WORDS and line.rstrip().endswith((".", "!", "?", "…")):
            return True
    return False


def _with_reason(first: Order, lines: Sequence[str], at: int, mark: str) -> Order | Unclear:
    if first.word is not Word.REFUSE:
        return _two(first.said, lines[at])
    text, marked, _ = _between(lines, at, mark)
    if not marked:
        return first
    reason = "\n".join(filter(None, (first.facts.get("reason", ""), text)))
    return replace(first, facts={"reason": reason}, marked=True)


# ---- The seller's own words for a buyer ----

def _mark(line: str) -> str | None:
    """Return the words that stand on the line that begins a marked block, mostly none; None for another line."""
    key = _key(_plain(line[:_LINE]))
    if _MARK.fullmatch(_without_case(key.removesuffix(":").rstrip())[0] + (":" if key.endswith(":") else "")):
        return ""
    return line.partition(":")[2].strip() if _MARK_AND_WORDS.match(key) else None


def _block(lines: Sequence[str], at: int, mark: str, today: date) -> Order | Unclear:
    text, marked, end = _between(lines, at, mark)
    if not re.search(r"[^\W_]", text):
        return Unclear(code="no_command", why=say(
            "There are no words between «text:» and «end»: write there what the buyer is to read"))
    orders = [line for line in ([mark] if mark else []) + list(lines[end:]) if _order(line, today)]
    if orders:
        return _two(lines[at], orders[0])
    case = _without_case(_key(_plain(lines[at])).removesuffix(":").rstrip())[1] if not mark else ""
    return Order(word=Word.TEXT, said=_said(lines[at]), text=text, marked=marked, case=case)


def _between(lines: Sequence[str], at: int, mark: str) -> tuple[str, bool, int]:
    """Return the words of the block at line `at`, whether its end is certain, and the line after it.

    Of two lines «fin» one may be the writer's own or his signature's: then nobody knows which one ends it.
    """
    ends = [number for number in range(at + 1, len(lines)) if _END.fullmatch(_key(_plain(lines[number])))]
    end = ends[-1] if ends else len(lines)
    text = _trimmed([mark, *lines[at + 1:end]] if mark else lines[at + 1:end])
    return text, len(ends) == 1, end + 1


def _trimmed(lines: Sequence[str]) -> str:
    """Return lines less the empty ones above and below; what stands in them stays as it is."""
    said = [number for number, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[said[0]:said[-1] + 1]) if said else ""


def _free(lines: Sequence[str], at: int, today: date) -> Order | Unclear:
    """Return words without any mark as a text, if they can be nothing else; he must see it again before it leaves."""
    unknown = Unclear(code="no_command", why=say(
        "«{said}» is no order I know: write one alone on the first line, such as «ok» or «later 4h», or your words for "
        "the buyer between a line «text:» and a line «end»", said=_shown(lines[at])))
    if _ANY_WORD.match(_key(_polished(_plain(lines[at][:_LINE])))):
        return unknown
    orders = [lines[number] for number in _distinct(lines, at + 1) if (found := _order(lines[number], today)) and
              (isinstance(found, Unclear) or _counts_below(found))]
    if orders:
        return _two(lines[at], orders[0])
    end = next((number for number in range(at, len(lines)) if _closes(lines[number])), len(lines))
    if not _is_text("\n".join(lines[at:end])):
        return unknown
    return Order(word=Word.TEXT, said=_said(lines[at]), text=_trimmed(lines))


def _is_text(said: str) -> bool:
    return len(re.findall(r"[^\W\d_]+", said)) >= _FEWEST_WORDS and len(_LETTERS.findall(said)) >= _FEWEST_LETTERS
