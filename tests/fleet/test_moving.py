"""A seller moves: lock, backup, copy, switch. At no moment may two folders be worked on."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.edges.store import StorageError, Store
from bot.fleet import moving
from bot.fleet.addressing import FleetError, address
from bot.fleet.directory import Directory
from bot.fleet.joining import add
from bot.loop import MOVED, once
from bot.settings import load
from tests.servers.postgres import Postgres
from tests.world import buyer_writes

SETTINGS = """
[seller]
name = "Atelier Lumen"
notify = ["marie@boutique.example"]
data = "data"

[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
maildir = "{maildir}"
"""


@pytest.fixture
def directory(postgres: Postgres) -> Iterator[Directory]:
    with Directory(address(postgres.database(), None)) as directory:
        directory.make()
        yield directory


@pytest.fixture
def marie(directory: Directory, tmp_path: Path) -> Path:
    """Marie's folder, with a mail that was read; her Maildir lies where her mail program has it."""
    home, mails = tmp_path / "old" / "marie", tmp_path / "Maildir"
    for name in ("new", "cur", "tmp"):
        (mails / name).mkdir(parents=True)
    (home / "templates").mkdir(parents=True)
    (home / "mailboxes.toml").write_text(SETTINGS.format(maildir=mails))
    add(directory, "marie", home / "mailboxes.toml", "old")
    once(load(home / "mailboxes.toml"))
    (mails / "new" / "1").write_bytes(buyer_writes("Bonjour, où est mon colis ?"))
    once(load(home / "mailboxes.toml"))
    return home


def mails_of(folder: Path) -> int:
    with closing(Store(load(folder / "mailboxes.toml").database)) as store:
        [row] = store.rows("SELECT count(*) AS count FROM mails")
        return int(row["count"])


def test_all_that_is_his_comes_along_and_the_directory_points_there(directory: Directory, marie: Path,
                                                                    tmp_path: Path) -> None:
    moving.move(directory, "marie", "new", tmp_path / "new" / "marie")
    moved = directory.seller("marie")
    assert (moved.host, moved.folder, moved.state) == ("new", tmp_path / "new" / "marie", "active")
    assert mails_of(moved.folder) == mails_of(marie) == 1
    assert (moved.folder / "templates").is_dir()


def test_nobody_works_on_the_old_folder_any_more(directory: Directory, marie: Path, tmp_path: Path) -> None:
    moving.move(directory, "marie", "new", tmp_path / "new")
    with pytest.raises(StorageError, match="moved elsewhere"):
        once(load(marie / "mailboxes.toml"))
    assert json.loads((marie / "data" / MOVED).read_text())["host"] == "new"
    once(load(tmp_path / "new" / "mailboxes.toml"))     # does not refuse
    assert mails_of(tmp_path / "new") == 1, "what was known before the move was received again"


def test_a_package_is_taken_up_once_and_nobody_works_on_it(directory: Directory, marie: Path, tmp_path: Path) -> None:
    package = tmp_path / "stick"
    moving.pack(directory, "marie", "new", package)
    assert directory.seller("marie").state == "packed"
    for folder in (marie, package):
        with pytest.raises(StorageError, match="moved elsewhere"):
            once(load(folder / "mailboxes.toml"))
    moving.unpack(directory, "marie", package, "new", tmp_path / "new")
    assert directory.seller("marie").host == "new"
    once(load(tmp_path / "new" / "mailboxes.toml"))     # does not refuse
    with pytest.raises(FleetError, match="taken up already"):
        moving.unpack(directory, "marie", package, "new", tmp_path / "twice")


def test_a_package_for_another_host_is_refused(directory: Directory, marie: Path, tmp_path: Path) -> None:
    moving.pack(directory, "marie", "new", tmp_path / "stick")
    with pytest.raises(FleetError, match="for new"):
        moving.unpack(directory, "marie", tmp_path / "stick", "third", tmp_path / "third")


def test_a_packed_seller_may_be_called_back_and_the_package_is_dead(directory: Directory, marie: Path,
                                                                    tmp_path: Path) -> None:
    moving.pack(directory, "marie", "new", tmp_path / "stick")
    moving.call_back(directory, "marie")
    once(load(marie / "mailboxes.toml"))     # does not refuse
    with pytest.raises(FleetError, match="taken up already"):
        moving.unpack(directory, "marie", tmp_path / "stick", "new", tmp_path / "new")


def test_a_copy_that_is_not_sound_leaves_him_where_he_was(directory: Directory, marie: Path, tmp_path: Path) -> None:
    database = marie / "data" / "guichet.db"
    with closing(sqlite3.connect(database)) as line:
        line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(database.read_bytes())
    raw[4096:8192] = b"\x55" * 4096
    database.write_bytes(raw)
    with pytest.raises(Exception, match=r"sound|damaged|malformed|cop"):
        moving.move(directory, "marie", "new", tmp_path / "new")
    assert not (marie / "data" / MOVED).exists()
    assert not (tmp_path / "new").exists()
    assert directory.seller("marie").state == "active"


def test_a_move_that_was_stopped_half_way_goes_on_with_the_same_command(directory: Directory, marie: Path,
                                                                        tmp_path: Path) -> None:
    """Marked, and then PostgreSQL was gone: nobody serves her, and nothing is lost."""
    directory.turn_to("marie", "active", "moving")
    (marie / "data" / MOVED).write_text("{}")
    shutil.copytree(marie, tmp_path / "new")
    moving.move(directory, "marie", "new", tmp_path / "new")
    assert directory.seller("marie").folder == tmp_path / "new"
    once(load(tmp_path / "new" / "mailboxes.toml"))     # does not refuse


def test_a_folder_that_is_not_empty_is_refused_before_anything_is_done(directory: Directory, marie: Path,
                                                                       tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine").touch()
    with pytest.raises(FleetError, match="not empty"):
        moving.move(directory, "marie", "new", tmp_path / "new")
    assert directory.seller("marie").state == "active"
    once(load(marie / "mailboxes.toml"))     # does not refuse


def test_secrets_beside_the_settings_come_along_closed(directory: Directory, tmp_path: Path) -> None:
    home = tmp_path / "paul"
    (home / "box").mkdir(parents=True)
    settings = SETTINGS.format(maildir="box").replace("ventes@", "paul@")
    (home / "mailboxes.toml").write_text(settings + '[shop.rakuten_fr]\nlogin = "lumen"\ntoken_file = "token"\n')
    (home / "token").write_text("x")
    (home / "token").chmod(0o600)
    add(directory, "paul", home / "mailboxes.toml", "old")
    moving.move(directory, "paul", "new", tmp_path / "new")
    assert (tmp_path / "new" / "token").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
