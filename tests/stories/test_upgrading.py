"""An old database meets a new program: it comes up to date, what was in it stays, and a copy of before is there."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.core.event import Kind
from bot.edges.copies import damage, is_ours
from bot.edges.schema import migrations
from bot.edges.store import Store
from bot.loop import once
from bot.saving import back_up, restore
from bot.settings import Settings
from tests.world import NOW, World, buyer_writes

NAMES = [one.name for one in migrations.pending(Database(memory=True))]
RELEASED = "m006_what_can_be_had_once"        # as far as the program of parts one to three came
CASE = ("INSERT INTO cases (marketplace, shop, reference, mailbox, order_number, buyer, kind, stage, turn, opened,"
        " origin)"
        " VALUES ('amazon', 'amazon', ?, 'ventes', ?, 'Jean Dupont', 'buyer_wrote', 'open', 'seller',"
        " '2026-11-16T10:00:00Z', 'proven')")
ORDER = "404-2718281-8284590"


def old_database(path: Path, last: str) -> None:
    """Make a database as the program left it whose last migration was `last`, with one case in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    following = NAMES[NAMES.index(last) + 1:]
    old = Database(path)
    migrations.apply(old, stop_before=following[:1] or None)
    old.execute("INSERT INTO meta (name, value) VALUES ('salt', '00112233445566778899aabbccddeeff')")
    old.execute(CASE, [ORDER, ORDER])
    old.conn.commit()
    old.close()


def tables(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        return dict(connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall())


def notes(path: Path) -> list[tuple[int, str, str, str]]:
    """Return what is noted of each migration, digits of its moment as nines; those of a new database we note ourselves.

    sqlite-utils writes microseconds, we milliseconds.
    """
    with sqlite3.connect(path) as connection:
        return [(number, name, of, re.sub("[0-9]", "9", at[:23] + at[-6:]))
                for number, name, of, at in connection.execute(
                    "SELECT id, name, migration_set, applied_at FROM _sqlite_migrations ORDER BY id")]


def buyers(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        return [buyer for buyer, in connection.execute("SELECT buyer FROM cases ORDER BY id")]


@pytest.mark.parametrize("last", NAMES[:-1])
def test_database_of_any_former_program_becomes_that_of_a_new_one(tmp_path: Path, last: str) -> None:
    old_database(path := tmp_path / "old" / "guichet.db", last)
    Store(path).close()
    Store(fresh := tmp_path / "new" / "guichet.db").close()
    assert tables(path) == tables(fresh)
    assert notes(path) == notes(fresh)
    assert damage(path) == ""
    assert buyers(path) == ["Jean Dupont"]


@pytest.mark.parametrize("last", NAMES[:-1])
def test_a_copy_of_before_is_made_whole_and_named_for_the_change(tmp_path: Path, last: str) -> None:
    old_database(path := tmp_path / "guichet.db", last)
    Store(path).close()
    [copy] = (tmp_path / "backups").iterdir()
    assert copy.name == f"guichet-before-{NAMES[-1][:4]}.db"
    assert damage(copy) == ""
    assert is_ours(copy)
    assert buyers(copy) == ["Jean Dupont"]
    with sqlite3.connect(copy) as connection:
        applied = [name for name, in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert applied[-1] == last


def old_shop(tmp_path: Path) -> World:
    """Marie's shop on the day of the upgrade: her settings are read, her database is an old one."""
    world = World(tmp_path)
    settings = world.guichet.settings
    world.store.close()
    for path in settings.data.glob("guichet.db*"):
        path.unlink()
    old_database(settings.database, RELEASED)
    return world


def test_first_pass_of_the_new_program_works_on_the_old_database(tmp_path: Path) -> None:
    world = old_shop(tmp_path)
    settings = world.guichet.settings
    assert once(settings).failures == []
    world.reload()
    world.hears(buyer_writes(order="404-1111111-1111111"))
    assert buyers(settings.database) == ["Jean Dupont", "Jean Dupont"]


def test_the_copy_of_before_leads_back_to_the_former_program(tmp_path: Path) -> None:
    """Its tables are those that program knows: `restore`, typed in the former program, takes it."""
    world = old_shop(tmp_path / "shop")
    Store(world.guichet.settings.database).close()
    [copy] = (world.guichet.settings.data / "backups").glob("guichet-before-*.db")
    old_database(former := tmp_path / "former.db", RELEASED)
    assert tables(copy) == tables(former)


def test_shop_moves_to_another_machine_by_copy_settings_and_secrets(tmp_path: Path) -> None:
    """`backup` here, three things carried over, `restore` there: the case goes on, and no mail is read twice."""
    here = World(tmp_path / "here")
    here.work()
    here.hears(buyer_writes())
    back_up(here.guichet.settings, carried := tmp_path / "carried.db")
    there = World(tmp_path / "there")
    there.store.close()
    settings: Settings = there.guichet.settings
    restore(settings, carried, NOW)
    there.reload()
    there.hears(*here_mails(here))
    assert buyers(settings.database) == ["Jean Dupont"]
    assert len(there.rows("mails")) == 1
    assert there.says(Kind.DRAFT_APPROVED, draft=there.one("outbox", "what = 'reply'")["id"])
    assert there.one("outbox", "what = 'reply'")["state"] == "ready"


def here_mails(world: World) -> list[bytes]:
    return [path.read_bytes() for path in sorted((world.folder / "mail").rglob("*")) if path.is_file()]
