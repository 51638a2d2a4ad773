"""What the program says, in English here and there, and its French in the files beside this one.

The English sentence is the key: `say("Nothing waits for you")`. A sentence without French is a
failing test, not a surprise for the seller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

LANGUAGES = ("fr", "en")

_current = "en"
_spoken: ContextVar[str] = ContextVar("language")  # for a while, in one thread: what is written to the seller


def use(language: str) -> None:
    """Speak this language from now on; English where it is neither French nor English."""
    global _current
    _current = language if language in LANGUAGES else "en"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language inside the block, in this thread only."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def current() -> str:
    return _spoken.get(_current)


def say(english: str, language: str | None = None, /, **values: object) -> str:
    """Return the sentence in the language asked for (else the current one), its {names} filled in."""
    sentence = french().get(english, english) if (language or current()) == "fr" else english
    return sentence.format(**values) if values else sentence


@cache
def french() -> dict[str, str]:
    """Return every French sentence by its English one, from all files of this folder."""
    from importlib import import_module
    from pkgutil import iter_modules

    sentences: dict[str, str] = {}
    for found in iter_modules(__path__):
        sentences |= import_module(f"{__name__}.{found.name}").FRENCH
    return sentences
