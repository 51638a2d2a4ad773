"""Every sentence the program says has its French, and every French sentence is said."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from string import Formatter
from types import ModuleType
from typing import NamedTuple

from bot import words

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "run_bot.py", *sorted((ROOT / "bot").rglob("*.py"))]


class Said(NamedTuple):
    sentence: str
    place: str
    given: frozenset[str]
    given_more: bool


def calls_of_say(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("say", "words.say"):
            yield node


def literals(asked: ast.expr) -> Iterator[str]:
    """Yield the sentences an argument may be: a literal, or each arm of a choice between literals."""
    if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
        yield asked.value
    elif isinstance(asked, ast.IfExp):
        yield from literals(asked.body)
        yield from literals(asked.orelse)


def said_in(path: Path) -> Iterator[Said]:
    for call in calls_of_say(path):
        given = frozenset(word.arg for word in call.keywords if word.arg)
        more = any(word.arg is None for word in call.keywords)
        for sentence in literals(call.args[0]):
            yield Said(sentence, f"{path.relative_to(ROOT)}:{call.lineno}", given, more)


def placeholders(sentence: str) -> set[str]:
    return {name.partition(".")[0].partition("[")[0] for _, name, _, _ in Formatter().parse(sentence) if name}


def areas() -> list[ModuleType]:
    return [import_module(f"bot.words.{found.name}") for found in iter_modules(words.__path__)]


SAID = [said for path in FILES for said in said_in(path)]
FRENCH = [(area.__name__, english, french) for area in areas() for english, french in area.FRENCH.items()]


def dynamic(area: ModuleType) -> set[str]:
    return set(getattr(area, "DYNAMIC", ()))


def test_what_is_said_has_its_french() -> None:
    lacking = [f"{said.place}: {said.sentence}" for said in SAID if said.sentence not in words.french()]
    assert not lacking


def test_what_is_said_is_given_its_names() -> None:
    wrong = [f"{said.place}: {said.sentence} is given {sorted(said.given)}" for said in SAID
             if placeholders(said.sentence) != said.given and not said.given_more]
    assert not wrong


def test_french_says_the_same_names() -> None:
    assert not [f"{area}: {english}" for area, english, french in FRENCH
                if placeholders(french) != placeholders(english)]


def test_no_french_sentence_is_left_over() -> None:
    """One that is said through a table, not as a literal, is named in its area's DYNAMIC set."""
    said = {said.sentence for said in SAID}.union(*(dynamic(area) for area in areas()))
    assert not [f"{area}: {english}" for area, english, _ in FRENCH if english not in said]


def test_sentences_said_through_a_table_have_french() -> None:
    assert not [f"{area.__name__}: {english}" for area in areas()
                for english in dynamic(area) - set(area.FRENCH)]


def test_no_sentence_is_glued_together_before_it_is_said() -> None:
    """A sentence with its values already in it has no French: hand them over by name."""
    glued = [f"{path.relative_to(ROOT)}:{call.lineno}: {ast.unparse(call.args[0])}" for path in FILES
             for call in calls_of_say(path) if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)]
    assert not glued


def test_one_english_sentence_has_one_french() -> None:
    first: dict[str, str] = {}
    assert not [f"{area}: {english}" for area, english, french in FRENCH
                if first.setdefault(english, french) != french]


def test_english_is_said_as_it_stands_and_french_by_its_table() -> None:
    _, english, french = next(row for row in FRENCH if placeholders(row[1]))
    values = dict.fromkeys(placeholders(english), "§")
    assert words.say(english, "en", **values) == english.format(**values)
    assert words.say(english, "fr", **values) == french.format(**values)
