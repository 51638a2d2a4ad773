"""`fleet move`: lock, backup, copy, switch. At every moment at most one folder is worked on, and after a fault none.

The order is what makes it sound: the old folder is marked before the directory points to the new one. Who is stopped
in between has a seller nobody serves, whose mail waits on the server; the same command again goes on.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.core.errors import BotError
from bot.edges.clock import now
from bot.edges.copies import copy, damage, is_ours
from bot.edges.store import Store, iso
from bot.fleet.addressing import FleetError
from bot.fleet.directory import Directory, Seller
from bot.fleet.joining import belongings, must_load, waited_for
from bot.leasing import here, take
from bot.loop import MOVED
from bot.settings import Settings, load
from bot.words import say

# Of the data folder: what belongs to a run, and the database, which is copied as a whole by SQLite itself.
STAYS = ("guichet.db*", "lock", "ballast", "bell", "heartbeat*", "glance*", "sound.json", MOVED)


def move(directory: Directory, name: str, host: str, folder: Path) -> int:
    """Move a seller to a folder that can be reached from here; return his new shard."""
    with _copied(directory, name, host, folder):
        return directory.settle(name, host, folder, "moving")


def pack(directory: Directory, name: str, host: str, package: Path) -> None:
    """Write a package for a host whose disk cannot be reached from here; nobody serves the seller until it is there."""
    with _copied(directory, name, host, package) as seller:
        copied = must_load(package / seller.settings)
        _mark(copied.data, host, package)        # nobody works on a package
        (package / "package.json").write_text(json.dumps(
            {"seller": name, "to": host, "settings": seller.settings, "made": iso(now())}) + "\n", "utf-8")
        directory.turn_to(name, "moving", "packed")


@contextmanager
def _copied(directory: Directory, name: str, host: str, folder: Path) -> Iterator[Seller]:
    """Copy all of a seller and mark his old folder; for the block nobody works on it, nor may anybody after it."""
    seller = _begin(directory, name, folder)
    settings = load(seller.path)
    with waited_for(settings):
        _still_there(directory, seller)
        try:
            _copy_all(settings, folder)
        except BaseException:
            _undo(directory, seller, folder)
            raise
        _mark(settings.data, host, folder)
        yield seller


def unpack(directory: Directory, name: str, package: Path, host: str, folder: Path) -> int:
    """Take a package up on the host it was made for; return the seller's shard there."""
    try:
        told = json.loads((package / "package.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise FleetError(say("{folder} is no package of `fleet move`", folder=package), permanent=True) from error
    if (told.get("seller"), told.get("to")) != (name, host):
        raise FleetError(say("The package in {folder} is of {seller}, for {host}", folder=package,
                             seller=told.get("seller"), host=told.get("to")), permanent=True)
    _must_be_free(folder)
    if directory.seller(name).state != "packed":
        raise FleetError(say("{name} was taken up already, or called back", name=name), permanent=True)
    settings = must_load(package / told["settings"])
    with waited_for(settings):
        try:
            _copy_all(settings, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return directory.settle(name, host, folder, "packed")


def call_back(directory: Directory, name: str) -> None:
    """Give up a move that did not end: the old folder is worked on again. Only while nobody took the package up."""
    seller = directory.seller(name)
    if seller.state == "active":
        raise FleetError(say("{name} is not being moved", name=name), permanent=True)
    settings = load(seller.path)
    with waited_for(settings):
        directory.turn_to(name, seller.state, "active")
        (settings.data / MOVED).unlink(missing_ok=True)


def _begin(directory: Directory, name: str, folder: Path) -> Seller:
    """Have everybody leave the seller alone; go on where a move stopped half-way."""
    seller = directory.seller(name)
    if not seller.path.is_file():
        raise FleetError(say("The folder {folder} of {name} is not on this machine: run this on {host}",
                             folder=seller.folder, name=name, host=seller.host), permanent=True)
    if seller.state == "packed":
        raise FleetError(say("{name} is packed for another host: take the package up there, or `fleet move {name} "
                             "--back`", name=name), permanent=True)
    if seller.state == "active":
        _must_be_free(folder)
        directory.turn_to(name, "active", "moving")
    return seller


def _still_there(directory: Directory, seller: Seller) -> None:
    """Raise FleetError if, while we waited for the lock, another move of the same seller came to its end."""
    stands = directory.seller(seller.name)
    if (stands.state, stands.folder) != ("moving", seller.folder):
        raise FleetError(say("{name} is being moved, or was moved meanwhile; `run_bot.py fleet list` shows how he "
                             "stands", name=seller.name), permanent=True)


def _must_be_free(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise FleetError(say("{folder} is not empty: name a new folder", folder=folder), permanent=True)


def _undo(directory: Directory, seller: Seller, folder: Path) -> None:
    """Have him served where he was; without PostgreSQL he stays as he is, and the same command again goes on."""
    shutil.rmtree(_part(folder), ignore_errors=True)
    with suppress(BotError):
        directory.turn_to(seller.name, "moving", "active")
        (load(seller.path).data / MOVED).unlink(missing_ok=True)


def _part(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.part")


def _copy_all(settings: Settings, folder: Path) -> None:
    """Copy all that is a seller's into a new folder, whole or not at all, and look it over there."""
    part, old = _part(folder), settings.path.parent
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    for path in belongings(settings):
        target = part / path.relative_to(old)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copytree(path, target) if path.is_dir() else shutil.copy2(path, target)
    inside = settings.data.relative_to(old)
    if settings.data.is_dir():
        shutil.copytree(settings.data, part / inside, ignore=shutil.ignore_patterns(*STAYS))
    if settings.database.exists():
        _copy_database(settings.database, part / inside / settings.database.name)
    if folder.exists():
        if any(folder.iterdir()):       # a move that stopped after this: what lies there is older than what we have
            shutil.rmtree(folder)
        else:
            folder.rmdir()
    os.replace(part, folder)
    if must_load(folder / settings.path.name).data != folder / inside:
        raise FleetError(say("`data` in {path} names a folder by its whole path: write it as \"{inside}\", so that it "
                             "moves along", path=settings.path, inside=inside), permanent=True)


def _copy_database(source: Path, target: Path) -> None:
    """Copy the database as SQLite does; the lease in it is let go of: the next host need not wait for it."""
    copy(source, target)
    if (words := damage(target)) or not is_ours(target):
        raise FleetError(say("The copy {path} is not sound ({words}); nothing was switched", path=target, words=words))
    store = Store(target)
    try:
        take(store, now())
        store.drop_lease(here(), os.getpid())
    finally:
        store.close()


def _mark(data: Path, host: str, folder: Path) -> None:
    """Leave word in a folder that nobody may work on it any more, and have it on the disk before we go on."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / MOVED).open("w", encoding="utf-8") as file:
        file.write(json.dumps({"host": host, "folder": str(folder), "at": iso(now())}) + "\n")
        file.flush()
        os.fsync(file.fileno())
