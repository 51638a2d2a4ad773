"""Backups, restoring one, and whether the database is sound. Restore only while holding the lock of the data folder."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.core.errors import BotError
from bot.edges.copies import CopyError, Progress, copy, damage, exchange, fingerprint, is_ours
from bot.edges.store import StorageError, Store, iso, moment
from bot.settings import Settings
from bot.words import say

log = logging.getLogger(__name__)

MOST = 60                            # backups in the folder, whatever their age: a disk is no archive
USUAL = timedelta(days=30)           # how long copies stay where daily ones are switched off
LOOK_AGAIN = timedelta(days=1)       # after it the database is looked over though nothing changed it


def backups_in(settings: Settings) -> Path:
    return settings.data / "backups"


# -- making them ---------------------------------------------------------------------------------


def back_up(settings: Settings, target: Path, *, force: bool = False, progress: Progress | None = None) -> None:
    """Copy the database to a file, while others work on it.

    Raises:
        CopyError: there is no database, the file is there already, or it cannot be written.
    """
    if not settings.database.exists():
        raise CopyError(say("There is no database yet in {folder}: run `run_bot.py once` first", folder=settings.data))
    if target.resolve() == settings.database.resolve():
        raise CopyError(say("{path} is the database itself: name another file", path=target))
    if target.exists() and not force:
        raise CopyError(say("There is a file {path} already: name another one, or write over it with --force",
                            path=target))
    copy(settings.database, target, progress)


def keep_daily(settings: Settings, now: datetime) -> bool:
    """Make today's copy if it is not there, and drop those past their time; say whether one was made."""
    today = backups_in(settings) / f"guichet-{now:%Y-%m-%d}.db"
    missing = settings.keeping.backups is not None and not today.exists()
    if missing:
        copy(settings.database, today)
    expire(settings, now)
    return missing


def expire(settings: Settings, now: datetime) -> None:
    """Drop the copies that are past their time, and the oldest beyond the number that is kept."""
    oldest = now - (settings.keeping.backups or USUAL)
    for rank, path in enumerate(copies(settings)):
        if rank >= MOST or _made(path) < oldest.timestamp():
            _drop(path)


def days_left(settings: Settings, now: datetime) -> int:
    """Return after how many days all copies that lie there now are gone."""
    span = settings.keeping.backups or USUAL
    newest = max((_made(path) for path in copies(settings)), default=0.0)
    return max(0, int((newest + span.total_seconds() - now.timestamp()) // 86_400) + 1)


def erase_all(settings: Settings) -> list[Path]:
    """Remove every copy that lies in the data folder; return which."""
    found = copies(settings)
    for path in found:
        _drop(path)
    return found


def copies(settings: Settings) -> list[Path]:
    """Return the copies in the data folder, the newest first: the daily ones and what a restore put aside."""
    found = [*backups_in(settings).glob("*.db"), *settings.data.glob("guichet.db.before-restore-*Z")]
    return sorted(found, key=_made, reverse=True)


def _made(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0


def _drop(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


# -- is the database sound? ----------------------------------------------------------------------


def look_over(settings: Settings, now: datetime) -> None:
    """Refuse to start on a damaged database. Looks only if it changed since the last clean end, or once a day.

    Raises:
        StorageError: it is damaged; names the newest good copy.
    """
    if not settings.database.exists():
        return
    if is_fresh(settings, now) and _known(settings).get("file") == fingerprint(settings.database):
        return
    if words := damage(settings.database):
        raise StorageError(_remedy(settings, words), permanent=True)
    _note(settings, {"checked": iso(now)})


def is_fresh(settings: Settings, at: datetime) -> bool:
    """Say whether the last look over the database counts at this moment, if nothing has changed it."""
    return bool(_known(settings).get("checked", "") > iso(at - LOOK_AGAIN))


def ended_well(settings: Settings) -> None:
    """Remember how the database stands at a clean end: unchanged, the next start need not look it over."""
    _note(settings, {**_known(settings), "file": fingerprint(settings.database)})


def _known(settings: Settings) -> dict[str, Any]:
    try:
        known = json.loads((settings.data / "sound.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _note(settings: Settings, known: dict[str, Any]) -> None:
    with suppress(OSError):  # without the note the next start looks once more than it must
        (settings.data / "sound.json").write_text(json.dumps(known), "utf-8")


def _remedy(settings: Settings, words: str) -> str:
    path, good = settings.database, newest_good(settings)
    if good:
        return say("The database {path} is damaged ({words}), so nothing is done with it. The newest good backup is "
                   "{backup}: `run_bot.py restore {backup}` puts it back", path=path, words=words, backup=good)
    return say("The database {path} is damaged ({words}), so nothing is done with it, and there is no good backup in "
               "{folder}: put one back with `run_bot.py restore FILE`; if you have none, move {path} away and begin "
               "anew, your mails are still on the server", path=path, words=words, folder=backups_in(settings))


def newest_good(settings: Settings) -> Path | None:
    return next((path for path in copies(settings) if is_ours(path) and not damage(path)), None)


# -- putting one back ----------------------------------------------------------------------------


def restore(settings: Settings, source: Path, now: datetime, progress: Progress | None = None) -> Path | None:
    """Put a backup in the place of the database; return where the present one was put aside, if there was one.

    What left since the backup was made is not in it. So the store remembers that it was restored, and each mailbox
    is listed anew: whoever sends looks into the Sent folder first.

    Raises:
        CopyError: the file is no sound database of Guichet; the present one was not touched.
        StorageError: it was made by a newer program.
    """
    _accept(source)
    fresh = settings.data / "guichet.db.restoring"
    try:
        copy(source, fresh, progress)
        _prepare(fresh, now)
        aside = settings.data / f"guichet.db.before-restore-{now:%Y%m%dT%H%M%SZ}"
        there = settings.database.exists()
        exchange(fresh, settings.database, aside)
    finally:
        _drop(fresh)
    _note(settings, {})
    return aside if there else None


def _accept(source: Path) -> None:
    if not source.is_file():
        raise CopyError(say("There is no file {path}", path=source))
    if words := damage(source):
        raise CopyError(say("{path} is not sound ({words}): take another backup; nothing was changed", path=source,
                            words=words))
    if not is_ours(source):
        raise CopyError(say("{path} is no database of Guichet; nothing was changed", path=source))


def _prepare(path: Path, now: datetime) -> None:
    """Bring a copy up to date, and tell it that it is one."""
    store = Store(path)
    try:
        with store.write_tx():
            store.set_meta("restored", iso(now))
            store.run("UPDATE folders SET looked = NULL, last_uid = 0")
    finally:
        store.close()


def restored(store: Store) -> datetime | None:
    """Return when this database was put back from a backup; None: never."""
    return moment(told) if (told := store.meta("restored")) else None


def daily(settings: Settings, now: datetime) -> None:
    """Make today's copy; where that fails say so and go on: the copies there are stay."""
    try:
        keep_daily(settings, now)
    except BotError as error:
        log.error("%s", error)
