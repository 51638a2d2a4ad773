"""Backups are whole, restoring looks before it leaps, and a damaged database is told with its remedy."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.edges.copies import CopyError, damage, is_ours
from bot.edges.store import StorageError, Store
from bot.saving import back_up, backups_in, copies, ended_well, keep_daily, look_over, newest_good, restore, restored
from bot.settings import Keeping, Settings
from tests.world import NOW, World, buyer_writes

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def settings(world: World) -> Settings:
    return world.guichet.settings


def cases_in(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        return int(connection.execute("SELECT count(*) FROM cases").fetchone()[0])


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def spoil(path: Path) -> None:
    """Overwrite the middle of a database, as a failing disk does."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(b"\xa5" * (size // 2))


# ---- backups


def test_backup_is_one_sound_file_for_its_owner_only(world: World, settings: Settings, tmp_path: Path) -> None:
    world.hears(buyer_writes())
    back_up(settings, target := tmp_path / "copy.db")
    assert damage(target) == ""
    assert is_ours(target)
    assert rights(target) == 0o600
    assert cases_in(target) == 1
    assert [one.name for one in tmp_path.glob("copy.db*")] == ["copy.db"]


def test_backup_overwrites_only_with_force(world: World, settings: Settings, tmp_path: Path) -> None:
    (target := tmp_path / "copy.db").write_text("a letter to my mother")
    with pytest.raises(CopyError, match="--force"):
        back_up(settings, target)
    assert target.read_text() == "a letter to my mother"
    back_up(settings, target, force=True)
    assert is_ours(target)


def test_backup_never_overwrites_the_database_itself(world: World, settings: Settings) -> None:
    world.hears(buyer_writes())
    with pytest.raises(CopyError, match="the database itself"):
        back_up(settings, settings.database, force=True)
    assert cases_in(settings.database) == 1


def test_backup_into_a_folder_that_is_not_there_is_a_sentence(settings: Settings, world: World, tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="cannot be copied"):
        back_up(settings, tmp_path / "no" / "such" / "copy.db")


def test_backup_while_another_process_writes_is_one_moment_s_state(world: World, settings: Settings,
                                                                  tmp_path: Path) -> None:
    """Each write puts one row into both tables: in a copy of one moment they are as many."""
    with world.store.write_tx():
        for table in ("left_side", "right_side"):
            world.store.db.conn.execute(f"CREATE TABLE {table} (n INTEGER, filling BLOB)")
    code = ("import sys; from pathlib import Path; from bot.edges.store import Store\n"
            "store, n = Store(Path(sys.argv[1])), 0\n"
            "while True:\n"
            "    with store.write_tx():\n"
            "        for table in ('left_side', 'right_side'):\n"
            "            store.run(f'INSERT INTO {table} VALUES (?, zeroblob(50000))', n)\n"
            "    n += 1\n"
            "    print(n, flush=True)\n")
    writer = subprocess.Popen([sys.executable, "-c", code, str(settings.database)], cwd=ROOT, stdout=subprocess.PIPE,
                              text=True)
    assert writer.stdout
    try:
        while int(writer.stdout.readline()) < 40:
            pass
        back_up(settings, target := tmp_path / "copy.db")
    finally:
        writer.kill()
        writer.communicate()
    with sqlite3.connect(target) as copy:
        [left], [right] = (copy.execute(f"SELECT count(*) FROM {table}").fetchone()
                           for table in ("left_side", "right_side"))
    assert left == right >= 40


def test_a_copy_a_day_is_kept_and_old_ones_go(world: World, settings: Settings) -> None:
    for day in range(3):
        assert keep_daily(settings, NOW + timedelta(days=day))
        assert not keep_daily(settings, NOW + timedelta(days=day, hours=2))
    assert len(copies(settings)) == 3
    assert rights(backups_in(settings)) == 0o700
    old = backups_in(settings) / f"guichet-{NOW:%Y-%m-%d}.db"
    os.utime(old, times=(0, (NOW - timedelta(days=31)).timestamp()))
    keep_daily(settings, NOW + timedelta(days=1))
    assert len(copies(settings)) == 2
    assert not old.exists()


def test_copies_are_not_more_than_their_number(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
                                               ) -> None:
    monkeypatch.setattr("bot.saving.MOST", 2)
    for day in range(4):
        keep_daily(settings, NOW + timedelta(days=day))
    assert len(copies(settings)) == 2


def test_daily_copies_can_be_switched_off(world: World, settings: Settings) -> None:
    assert not keep_daily(replace(settings, keeping=Keeping(backups=None)), NOW)
    assert copies(settings) == []


def test_a_copy_is_made_before_the_tables_change(world: World, settings: Settings) -> None:
    world.hears(buyer_writes())
    world.store.run("DELETE FROM _sqlite_migrations WHERE name = (SELECT min(name) FROM _sqlite_migrations)")
    world.store.close()
    with pytest.raises(StorageError):  # the first migration cannot be done twice; what matters stands before it
        Store(settings.database)
    [copy] = copies(settings)
    assert cases_in(copy) == 1


# ---- is it sound?


def test_damaged_database_is_refused_naming_the_newest_good_backup(world: World, settings: Settings) -> None:
    keep_daily(settings, NOW)
    keep_daily(settings, NOW + timedelta(days=1))
    world.store.close()
    newest, good = copies(settings)
    spoil(newest)
    spoil(settings.database)
    os.utime(newest)
    with pytest.raises(StorageError) as refused:
        look_over(settings, NOW)
    assert f"run_bot.py restore {good}" in str(refused.value)
    assert newest_good(settings) == good


def test_without_a_good_backup_the_sentence_says_what_else_to_do(world: World, settings: Settings) -> None:
    world.store.close()
    spoil(settings.database)
    with pytest.raises(StorageError, match="begin anew"):
        look_over(settings, NOW)


def test_database_unchanged_since_a_clean_end_is_not_looked_over_again_that_day(world: World, settings: Settings,
                                                                               ) -> None:
    world.store.close()
    look_over(settings, NOW)
    ended_well(settings)
    stands = settings.database.stat()
    spoil(settings.database)
    os.truncate(settings.database, stands.st_size)
    os.utime(settings.database, ns=(stands.st_atime_ns, stands.st_mtime_ns))  # as if nobody had touched it
    look_over(settings, NOW + timedelta(hours=23))
    with pytest.raises(StorageError):
        look_over(settings, NOW + timedelta(hours=25))


def test_database_changed_since_the_clean_end_is_looked_over(world: World, settings: Settings) -> None:
    look_over(settings, NOW)
    ended_well(settings)
    world.store.close()
    spoil(settings.database)
    with pytest.raises(StorageError):
        look_over(settings, NOW)


def test_locked_database_is_not_taken_for_a_damaged_one(world: World, settings: Settings,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.edges.copies.BUSY_SECONDS", 0)
    world.store.close()
    other = sqlite3.connect(settings.database, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CopyError, match="Another program"):
        look_over(settings, NOW)
    other.close()


# ---- putting back


def test_restore_brings_back_what_was_and_puts_aside_what_is(world: World, settings: Settings, tmp_path: Path) -> None:
    world.hears(buyer_writes())
    back_up(settings, copy := tmp_path / "copy.db")
    world.hears(buyer_writes(order="404-1111111-1111111", message=2))
    world.store.close()
    aside = restore(settings, copy, NOW)
    assert aside == settings.data / "guichet.db.before-restore-20261117T100000Z"
    assert aside is not None
    assert (cases_in(settings.database), cases_in(aside)) == (1, 2)
    assert rights(settings.database) == 0o600
    assert cases_in(copy) == 1
    assert sorted(path.name for path in settings.data.glob("*restor*")) == [aside.name]


def test_restored_database_remembers_it_and_lists_its_mailboxes_anew(world: World, settings: Settings,
                                                                    tmp_path: Path) -> None:
    back_up(settings, copy := tmp_path / "copy.db")
    assert restored(world.store) is None
    world.store.close()
    restore(settings, copy, NOW)
    store = Store(settings.database)
    assert restored(store) == NOW
    assert [(row["looked"], row["last_uid"]) for row in store.rows("SELECT * FROM folders")] == [(None, 0)]


def test_damaged_database_can_be_replaced_too(world: World, settings: Settings, tmp_path: Path) -> None:
    back_up(settings, copy := tmp_path / "copy.db")
    world.store.close()
    spoil(settings.database)
    restore(settings, copy, NOW)
    look_over(settings, NOW)


def test_log_of_a_damaged_database_never_becomes_that_of_the_one_put_back(
        world: World, settings: Settings, tmp_path: Path) -> None:
    back_up(settings, copy := tmp_path / "copy.db")
    world.hears(buyer_writes())
    log = settings.database.with_name("guichet.db-wal").read_bytes()
    assert log
    world.store.close()
    settings.database.write_bytes(b"no database at all" * 500)
    settings.database.with_name("guichet.db-wal").write_bytes(log)
    restore(settings, copy, NOW)
    assert not settings.database.with_name("guichet.db-wal").exists()
    assert cases_in(settings.database) == 0
    assert damage(settings.database) == ""


def test_restore_refuses_while_another_program_has_the_database_open(world: World, settings: Settings, tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(settings, copy := tmp_path / "copy.db")
    monkeypatch.setattr("bot.edges.copies.BUSY_SECONDS", 0)
    with pytest.raises(CopyError, match="Another program"):
        restore(settings, copy, NOW)
    assert world.rows("cases") == []
    assert list(settings.data.glob("*restor*")) == []


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500, None])
def test_what_is_no_sound_database_of_ours_is_not_restored(world: World, settings: Settings, tmp_path: Path,
                                                           content: bytes | None) -> None:
    world.hears(buyer_writes())
    world.store.close()
    other = tmp_path / "other.db"
    if content is None:
        with sqlite3.connect(other) as connection:
            connection.execute("CREATE TABLE songs (title TEXT)")
    else:
        other.write_bytes(content)
    with pytest.raises(CopyError, match="nothing was changed"):
        restore(settings, other, NOW)
    assert cases_in(settings.database) == 1


def test_backup_of_a_newer_program_is_not_restored(world: World, settings: Settings, tmp_path: Path) -> None:
    back_up(settings, copy := tmp_path / "copy.db")
    world.store.close()
    with sqlite3.connect(copy) as connection:
        connection.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('guichet', 'm999_future')")
    with pytest.raises(StorageError, match="newer Guichet"):
        restore(settings, copy, NOW)
    assert list(settings.data.glob("*restor*")) == []


# ---- the files


def test_database_and_its_log_are_for_their_owner_only(world: World, settings: Settings) -> None:
    world.hears(buyer_writes())
    found = {path.name: rights(path) for path in settings.data.glob("guichet.db*")}
    assert found == {"guichet.db": 0o600, "guichet.db-wal": 0o600, "guichet.db-shm": 0o600}
    assert rights(settings.data) == 0o700


def test_every_connection_writes_through_and_leaves_nothing_behind(world: World, settings: Settings) -> None:
    asked = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "secure_delete": 1,
             "busy_timeout": 10_000}
    for store in (world.store, Store(settings.database)):
        assert {name: store.db.conn.execute(f"PRAGMA {name}").fetchone()[0] for name in asked} == asked
