"""kill -9, in short: the points are many, named once, and one drawn from each kind loses and doubles nothing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.killing import Stand, stand

ROOT = Path(__file__).resolve().parents[1]

# One of each kind; `python -m tests.proofs killing` takes them all, at every passage.
SAMPLE = ("after commit of sending.claim (move)", "smtp after the dot", "smtp after the answer to the dot",
          "before commit of settling.sent", "smtp amid the text", "after FETCH of a mail")


@pytest.fixture(scope="module")
def standing() -> Iterator[Stand]:
    with stand() as one:
        yield one


@pytest.fixture(scope="module")
def passages(standing: Stand) -> Counter[str]:
    return standing.passages()


def named_by_hand() -> list[str]:
    calls = (node for path in (ROOT / "bot").rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))
             if isinstance(node, ast.Call) and ast.unparse(node.func) == "killpoint")
    return [ast.unparse(call.args[0]) for call in calls]


def test_no_two_points_have_one_name() -> None:
    names = named_by_hand()
    assert len(names) == len(set(names))


def test_every_commit_is_a_point_since_there_is_one_place_that_commits() -> None:
    """Beside it, only the opening of a database writes; and nobody begins a transaction of his own."""
    commits = {path.name: len(re.findall(r'"COMMIT"|\.commit\(\)|\.atomic\(\)', path.read_text("utf-8")))
               for path in (ROOT / "bot").rglob("*.py")}
    assert {name: count for name, count in commits.items() if count} == {"store.py": 1}


def test_forty_points_and_more_are_passed_on_the_way_of_two_replies(passages: Counter[str]) -> None:
    assert len(passages) >= 40, sorted(passages)
    for verb in ("connecting", "the log-in", "MAIL", "RCPT", "RCPT of the echo", "DATA", "the text", "the dot", "QUIT"):
        assert any(name.startswith("smtp") and name.endswith(verb) for name in passages), verb


def test_when_nobody_kills_both_leave_once(standing: Stand) -> None:
    found = standing.kill("nowhere", 1)
    assert (found.left, found.asked, found.killed) == ((1, 1), 0, False)


@pytest.mark.parametrize("point", SAMPLE)
def test_killed_there_no_reply_is_lost_and_none_leaves_twice(standing: Stand, passages: Counter[str],
                                                             point: str) -> None:
    assert point in passages, sorted(passages)
    found = standing.kill(point, 1)
    assert found.killed
    assert found.sound
    assert (found.lost, found.twice) == (0, 0), found
