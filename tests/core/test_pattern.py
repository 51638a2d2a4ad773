"""Patterns compiled when they are first asked for say what those compiled at once say, and each of ours compiles."""

from __future__ import annotations

import copy
import gc
import re
from importlib import import_module
from pkgutil import walk_packages

import pytest

import bot.core
import bot.marketplaces
from bot.core import pattern
from bot.core.pattern import later


def test_pattern_says_what_one_compiled_at_once_says() -> None:
    said, text = r"(?P<day>[0-9]+) (nov)", "le 22 NOV, le 23 nov"
    found, known = later(said, re.IGNORECASE), re.compile(said, re.IGNORECASE)
    assert [one.span() for one in found.finditer(text)] == [one.span() for one in known.finditer(text)]
    for ask in ("search", "match", "fullmatch", "findall", "split"):
        assert str(getattr(later(said, re.IGNORECASE), ask)(text)) == str(getattr(known, ask)(text))
    assert found.sub("x", text) == known.sub("x", text)
    assert (found.pattern, found.flags, found.groupindex) == (known.pattern, known.flags, known.groupindex)
    assert later(rb"\s+").sub(b"", b"a b") == b"ab"


def test_pattern_is_not_compiled_before_it_is_asked() -> None:
    broken = later("(")
    assert copy.copy(broken).pattern == "("
    with pytest.raises(re.error):
        broken.search("")


def test_every_pattern_of_ours_compiles() -> None:
    for package in (bot.core, bot.marketplaces):
        for found in walk_packages(package.__path__, package.__name__ + "."):
            import_module(found.name)
    ours = [one for one in gc.get_objects() if type(one) is pattern._Later and one.pattern != "("]
    assert len(ours) > 200
    for one in ours:
        assert one.search
