"""Copies of the database: made while others write, checked, and told from files that are none."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bot.edges import EdgeError
from bot.words import say

__all__ = ["CopyError", "Progress", "copy", "damage", "exchange", "fingerprint", "is_ours"]

PAGES = 256  # a megabyte at a time: between two of them the progress is told
CACHE = 64  # KiB for each side: all is read once, and 2 MiB each were the most a whole pass took of memory
BUSY_SECONDS = 10

Progress = Callable[[int, int], None]  # pages left, pages in all


class CopyError(EdgeError):
    """A copy could not be made, or a file is no sound copy; the database in use was not touched."""


def copy(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy all that is committed in `source` at this moment, while others write; 0600, one file, looked over.

    What stood at `target` is replaced, and only by a whole copy.

    Raises:
        CopyError: `source` cannot be read, `target` cannot be written, or the copy is not sound.
    """
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    with _plainly(source, target):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            _fill(source, part, progress)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        _to_disk(target.parent)


def _fill(source: Path, part: Path, progress: Progress | None) -> None:
    with closing(_reading(source)) as old, closing(sqlite3.connect(part, isolation_level=None)) as new:
        for connection in (old, new):
            connection.execute(f"PRAGMA cache_size = -{CACHE}")
        old.execute("BEGIN")  # one moment's state: without it every write of another begins the copy anew
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        old.backup(new, pages=PAGES, progress=(lambda _, left, whole: progress(left, whole)) if progress else None)
        new.execute("PRAGMA journal_mode = DELETE")  # no -wal beside it that somebody could forget to carry along
        new.execute("PRAGMA synchronous = FULL")
        if words := _damage(new):
            raise CopyError(say("The copy of {path} is not sound ({words}); it was thrown away", path=source,
                                words=words))


def _reading(path: Path) -> sqlite3.Connection:
    """Open a database to be read: also a copy on a disk that cannot be written, where WAL needs help."""
    if not path.is_file():
        raise CopyError(say("There is no file {path}", path=path))
    wal = path.with_name(f"{path.name}-wal")
    how = "mode=rw" if wal.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)) else \
        "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def damage(path: Path) -> str:
    """Return what is wrong with a database file, in SQLite's words; empty: it is sound.

    Raises:
        CopyError: another program kept it locked, so nobody can say; or there is no such file.
    """
    try:
        with closing(_reading(path)) as connection:
            words = _damage(connection)
    except sqlite3.Error as error:
        words = str(error)
    if words.startswith("database is locked"):
        raise CopyError(say("Another program has {path} open: end it and try again", path=path))
    return words


def _damage(connection: sqlite3.Connection) -> str:
    try:
        words = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if words == "ok" else words.splitlines()[-1]


def is_ours(path: Path) -> bool:
    """Say whether a file is a database of Guichet, whatever its age."""
    try:
        with closing(_reading(path)) as connection:
            return bool(connection.execute(
                "SELECT count(*) FROM _sqlite_migrations WHERE migration_set = 'guichet'").fetchone()[0])
    except sqlite3.Error:
        return False


def fingerprint(path: Path) -> list[int]:
    """Return what changes whenever a database is written: size and time of change of its file and of its log."""
    found: list[int] = []
    for one in (path, path.with_name(f"{path.name}-wal")):
        with suppress(FileNotFoundError):
            stands = one.stat()
            found += [stands.st_size, stands.st_mtime_ns]
    return found


def exchange(fresh: Path, path: Path, aside: Path) -> None:
    """Put a database in the place of one that nobody has open; that one stays, with its log, as `aside`.

    At every moment there is a database at `path`: a crash amid it must not make the next start begin with none.

    Raises:
        CopyError: another program has it open, or the folder cannot be written.
    """
    with _plainly(path, aside):
        _closed(fresh)
        if path.exists():
            _closed(path)
            log = path.with_name(f"{path.name}-wal")
            if log.exists():  # left where it is SQLite would take it for the new one's
                log.rename(aside.with_name(f"{aside.name}-wal"))
            path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
            os.link(path, aside)
        os.replace(fresh, path)
        _to_disk(path.parent)


def _closed(path: Path) -> None:
    """Fold the log back into its database, which SQLite allows only while nobody else has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise CopyError(say("Another program has {path} open: end it and try again", path=path)) from error
    except sqlite3.DatabaseError:
        pass  # damaged: it is put aside as it is


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _plainly(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise CopyError(say("{path} cannot be copied to {target} ({words}): check the disk and the rights of this user",
                            path=source, target=target, words=words)) from error
