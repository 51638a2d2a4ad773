"""The seller's own answers to frequent questions: which one a message asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.errors import BotError
from bot.core.phrases import fold
from bot.core.quote import newest
from bot.words import say

__all__ = ["Answer", "AnswerError", "fits", "match", "parse"]

NEAR = 0.5  # an answer with more than this share of its words found comes near: it makes another one unclear

# What a header line may be called, in English and French.
HEADERS = {"words": "words", "mots": "words", "unless": "unless", "sauf": "unless", "languages": "languages",
           "langues": "languages", "for": "places", "pour": "places", "answers": "answers", "repond": "answers"}


class AnswerError(BotError):
    """A file of answers cannot be used; names the file and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One file of the seller's.

    Attributes:
        words: all of these must be found; each is a set of phrases of which one is enough.
        unless: with any of these the answer does not fit.
        languages: of the message; empty: any.
        places: marketplaces, kinds, or `marketplace.kind` it is for; empty: all.
        answers: sent alone it counts as an answer, not as an acknowledgement.
        body: a Jinja2 template.
    """

    name: str
    words: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None = None
    languages: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    answers: bool = False
    body: str = ""
    said: str = ""


def parse(name: str, text: str) -> Answer:
    """Return the answer a file holds: header lines, a blank line, the words.

    Raises:
        AnswerError: a header nobody knows, no `Words:`, or nothing to say.
    """
    head, _, body = text.replace("\r\n", "\n").lstrip("\ufeff\n").partition("\n\n")
    said = dict(_header(name, line) for line in head.splitlines())
    if not _phrases(said.get("words", "")) or not body.strip():
        raise AnswerError(say("The answer {name} needs a line «Words: …», a blank line, and then what it says",
                              name=name))
    return Answer(
        name=name, words=tuple(_one_of(group) for group in _phrases(said["words"])),
        unless=_one_of("/".join(_phrases(said.get("unless", "")))) if _phrases(said.get("unless", "")) else None,
        languages=_phrases(said.get("languages", "")), places=_phrases(said.get("places", "")),
        answers=said.get("answers", "").strip().lower() in ("true", "yes", "oui"), body=body.strip() + "\n",
        said=said["words"].strip())


def _header(name: str, line: str) -> tuple[str, str]:
    called, colon, said = line.partition(":")
    header = HEADERS.get(fold(called).strip())
    if not colon or header is None:
        raise AnswerError(say("The answer {name} begins with «{line}»: its first lines are Words, Unless, Languages, "
                              "For and Answers, each with a colon, and then comes a blank line",
                              name=name, line=line.strip()[:60]))
    return header, said


def _phrases(said: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in said.split(",") if _plain(part).replace("*", "").strip())


def _plain(text: str) -> str:
    """Return words and blanks only, folded; a star stays, for it stands for an ending."""
    whole = unicodedata.normalize("NFC", text).replace("œ", "oe").replace("Œ", "oe").replace("ß", "ss")
    return " ".join(re.sub(r"[^\w*]+", " ", fold(whole)).split())


def _one_of(group: str) -> re.Pattern[str]:
    phrases = (_plain(phrase) for phrase in group.split("/"))
    return re.compile("|".join(rf"(?<!\w){_with_endings(phrase)}(?!\w)" for phrase in phrases
                               if phrase.replace("*", "").strip()))


def _with_endings(phrase: str) -> str:
    return r"\w*".join(map(re.escape, phrase.split("*")))


def fits(answer: Answer, marketplace: str, kind: str) -> bool:
    """Say whether an answer is for messages of this marketplace and kind."""
    return not answer.places or any(name in answer.places for name in (marketplace, kind, f"{marketplace}.{kind}"))


def match(text: str, answers: Sequence[Answer], language: str | None) -> tuple[Answer, ...]:
    """Return the answers a message asks for: one is clear, several are candidates, none is none.

    An answer is asked for when all its words are found. One with more than half of its words found comes
    near: beside another it makes a second candidate, alone it is none. Accents, capitals and punctuation
    do not count, quoted text is not looked at, and a phrase is found only as whole words.
    """
    if not answers:
        return ()
    plain = _plain(newest(text).replace("*", " "))
    shares = [(answer, _share(answer, plain)) for answer in answers
              if not answer.languages or language is None or language in answer.languages]
    if not any(share == 1 for _, share in shares):
        return ()
    return tuple(answer for answer, share in shares if share > NEAR)


def _share(answer: Answer, plain: str) -> float:
    if answer.unless and answer.unless.search(plain):
        return 0.0
    return sum(bool(words.search(plain)) for words in answer.words) / len(answer.words)
