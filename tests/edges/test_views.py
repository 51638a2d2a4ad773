"""The views for who looks into the database by himself: each can be asked, and says what is there."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.edges.copies import copy
from tests.world import World, buyer_writes, claim, mail

ROOT = Path(__file__).resolve().parent.parent.parent
METADATA_FILE = ROOT / "docs" / "datasette.json"
METADATA = json.loads(METADATA_FILE.read_text("utf-8"))["databases"]["guichet"]
VIEWS = {"cases_now": "C-1", "deadlines_now": "C-1", "outbox_now": "D-1", "shelf": "M-3", "story": "C-1"}


@pytest.fixture
def database(world: World) -> Path:
    world.work()
    world.hears(buyer_writes(), claim(), mail("From: jean@home.example\nSubject: Bonjour", "x"))
    return world.store.path


def asked(path: Path, question: str) -> list[tuple[Any, ...]]:
    """Ask as `sqlite3 -readonly` does: without the program."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchall()


@pytest.mark.parametrize(("view", "named"), VIEWS.items())
def test_view_names_what_is_there_as_the_program_does(database: Path, view: str, named: str) -> None:
    assert any(named in row for row in asked(database, f"SELECT * FROM {view}"))


def test_closed_case_and_met_deadline_stand_in_no_list_of_what_waits(database: Path, world: World) -> None:
    world.store.run("UPDATE cases SET stage = 'closed'")
    world.store.run("UPDATE deadlines SET state = 'met', ended = '2026-11-17T12:00:00Z'")
    assert asked(database, "SELECT * FROM cases_now") == asked(database, "SELECT * FROM deadlines_now") == []
    assert {(month, missed) for month, _, _, _, missed in asked(database, "SELECT * FROM kept_by_month")} == {
        ("2026-11", 0)}


def test_what_left_waits_no_more(database: Path, world: World) -> None:
    assert asked(database, "SELECT * FROM outbox_now")
    world.store.run("UPDATE outbox SET state = 'sent'")
    assert asked(database, "SELECT * FROM outbox_now") == []


def test_views_hold_no_secret_and_no_mail_as_it_came(database: Path) -> None:
    columns = {row[1] for view in (*VIEWS, "kept_by_month") for row in asked(database, f"PRAGMA table_info({view})")}
    assert not columns & {"raw", "hash", "value", "body"}


@pytest.mark.parametrize("name", sorted(METADATA["queries"]))
def test_question_of_the_metadata_can_be_asked(database: Path, name: str) -> None:
    asked(database, METADATA["queries"][name]["sql"])


def test_metadata_names_every_view_and_only_what_there_is(database: Path) -> None:
    there = {name for name, in asked(database, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    views = {name for name, in asked(database, "SELECT name FROM sqlite_master WHERE type = 'view'")}
    assert views <= set(METADATA["tables"]) <= there


@pytest.mark.parametrize("name", ["datasette.md", "datasette.fr.md"])
def test_every_view_stands_in_the_docs(name: str) -> None:
    said = (ROOT / "docs" / name).read_text("utf-8")
    assert not [view for view in (*VIEWS, "kept_by_month") if f"| `{view}` |" not in said]


# ---- by Datasette itself


def answered(path: Path, address: str) -> Any:
    """Return what Datasette answers over a copy of the database with our metadata, asked within this process."""
    app = pytest.importorskip("datasette.app", reason="datasette is not installed: requirements-dev.txt")
    copied = path.with_name("copy") / path.name     # as docs/datasette.md says; the one in use has a log beside it
    copied.parent.mkdir(exist_ok=True)
    if not copied.exists():
        copy(path, copied)
    shown = app.Datasette(immutables=[str(copied)], metadata=json.loads(METADATA_FILE.read_text("utf-8")))
    answer = asyncio.run(shown.client.get(address))
    assert answer.status_code == 200, f"{address}: {answer.text}"
    return answer


@pytest.mark.parametrize(("view", "named"), VIEWS.items())
def test_datasette_shows_each_view_with_its_words_and_facets(database: Path, view: str, named: str) -> None:
    told = METADATA["tables"][view]
    found = answered(database, f"/{database.stem}/{view}.json?_shape=objects").json()
    assert any(named in row.values() for row in found["rows"])
    assert set(found["facet_results"]) == set(told.get("facets", ()))
    assert told["description"].removesuffix(".") in answered(database, f"/{database.stem}/{view}").text


def test_datasette_counts_what_was_kept_by_month(database: Path, world: World) -> None:
    world.store.run("UPDATE deadlines SET state = 'met', ended = '2026-11-17T12:00:00Z'")
    found = answered(database, f"/{database.stem}/kept_by_month.json?_shape=array").json()
    assert {row["month"] for row in found} == {"2026-11"}


@pytest.mark.parametrize("name", sorted(METADATA["queries"]))
def test_datasette_answers_the_questions_asked_beforehand(database: Path, name: str) -> None:
    assert "rows" in answered(database, f"/{database.stem}/{name}.json").json()


def test_datasette_hides_what_is_only_the_programs(database: Path) -> None:
    tables = answered(database, f"/{database.stem}.json").json()["tables"]
    hidden = {name for name, told in METADATA["tables"].items() if told.get("hidden")}
    assert hidden <= {one["name"] for one in tables if one["hidden"]}
