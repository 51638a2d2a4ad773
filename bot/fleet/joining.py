"""`fleet add` and `fleet remove`: a seller comes with his folder, and his folder stays when he goes."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.fleet.addressing import FleetError
from bot.fleet.directory import Directory, Seller
from bot.leasing import BusyError
from bot.loop import alone_on
from bot.settings import Settings, SettingsError, load
from bot.words import say

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
PATIENCE = 120.0        # seconds for the visit in hand to end


def add(directory: Directory, name: str, path: Path, host: str, *, agency: bool = False) -> tuple[Seller, list[str]]:
    """Enter a seller with his settings; return him, and what is still wrong with his secrets, a sentence each.

    Raises:
        SettingsError: with every fault of his settings, as for one seller.
        FleetError: the name or the folder will not do, or he is there already.
    """
    settings = load(path)
    if not NAME.fullmatch(name):
        raise FleetError(say("{name} is no name for a seller: small letters, digits, dots and hyphens, at most 63",
                             name=name), permanent=True)
    seller = Seller(name=name, host=host, folder=settings.path.parent, settings=settings.path.name, shard=0,
                    agency=agency)
    _must_be_his_own(directory, seller, settings)
    shard = directory.enter(seller, [box.address for box in settings.mailboxes])
    faults = [box.secret_fault() for box in settings.mailboxes] + [one.token_fault() for one in settings.shops.values()]
    return directory.seller(name) if shard else seller, [str(one) for one in faults if one]


def _must_be_his_own(directory: Directory, seller: Seller, settings: Settings) -> None:
    """Refuse a folder that holds another seller's, and data that lies elsewhere: both would go wrong at a move."""
    if not settings.data.is_relative_to(seller.folder):
        raise FleetError(say("The data of {name} lies in {data}, outside {folder}: a seller of a fleet has all that is "
                             "his in one folder; set `data` to a folder in it", name=seller.name, data=settings.data,
                             folder=seller.folder), permanent=True)
    for row in directory.everyone():
        other = Path(row["folder"])
        if row["host"] == seller.host and (other.is_relative_to(seller.folder) or seller.folder.is_relative_to(other)):
            raise FleetError(say("The folder {folder} is, holds or lies in that of the seller {other}: give each one "
                                 "a folder of his own", folder=seller.folder, other=row["name"]), permanent=True)


def remove(directory: Directory, seller: Seller) -> None:
    """Take a seller out; his folder stays. The visit in hand, if there is one, ends by itself."""
    directory.leave(seller.name)


def erase(seller: Seller) -> list[Path]:
    """Delete what is a seller's own in his folder, once nobody works on it; return what is left there.

    Raises:
        FleetError: somebody works on it for longer than two minutes.
    """
    settings = load(seller.path)
    with waited_for(settings):
        shutil.rmtree(settings.data)
    for path in (*_secrets(settings), *([settings.calendar] if settings.calendar else []), seller.path):
        if path.is_relative_to(seller.folder):
            path.unlink(missing_ok=True)
    shutil.rmtree(seller.folder / "templates", ignore_errors=True)
    left = sorted(seller.folder.iterdir())
    if not left:
        seller.folder.rmdir()
    return left


@contextmanager
def waited_for(settings: Settings) -> Iterator[None]:
    """Hold the lock of a seller's data, once the visit in hand has ended. Raises FleetError where it does not."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with alone_on(settings.data):
                yield
                return
        except BusyError as error:
            if time.monotonic() > until:
                raise FleetError(say("{folder} is still being worked on after {seconds:.0f} s; try again later",
                                     folder=settings.data, seconds=PATIENCE)) from error
        time.sleep(0.2)


def belongings(settings: Settings) -> list[Path]:
    """Return the files and folders of a seller, less his data: what a move takes along."""
    folder = settings.path.parent
    found = [settings.path, folder / "templates", *_secrets(settings),
             *(box.ca_file for box in settings.mailboxes if box.ca_file)]
    return [path for path in dict.fromkeys(found) if path.exists() and path.is_relative_to(folder)]


def _secrets(settings: Settings) -> list[Path]:
    """Return the files that hold secrets of his and lie in his folder; those elsewhere stay where they are named."""
    references = [*(box.reference for box in settings.mailboxes), *(one.reference for one in settings.shops.values()),
                  settings.alarm]
    folder = settings.path.parent
    return [path for one in references if one and one.key.endswith("_file")
            if (path := folder / one.said).is_file() and path.resolve().is_relative_to(folder.resolve())]


def must_load(path: Path) -> Settings:
    """Load settings that were copied. Raises FleetError with their faults."""
    try:
        return load(path)
    except SettingsError as error:
        raise FleetError(str(error), permanent=True) from error
