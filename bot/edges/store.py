"""What the bot remembers, in one SQLite file: mails, cases, events, deadlines, outbox."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bot.core.action import Move, Rewrite, State, mark_of
from bot.core.event import CaseKey, Event, Kind, Origin, Party
from bot.core.pack import MOST, MOST_BYTES, packed, together
from bot.edges import EdgeError
from bot.edges.copies import copy
from bot.edges.killpoint import killpoint_of_commit
from bot.edges.past import Past
from bot.edges.schema import migrations
from bot.words import say

if TYPE_CHECKING:
    from bot.core.case import Case
    from bot.core.deadline import Deadline
    from bot.core.grant import Grant
    from bot.core.message import Message

Row = dict[str, Any]

GONE = (State.SENT, State.FAILED, State.DISCARDED)  # a mail to the seller then drops its bytes, and so its token
ALIKE = 50  # cases of one alias; a buyer has some, a name that so many share costs each of their mails more
PAGE = 10_000     # numbers of mails held at once
LONG = 2**20      # bytes; a longer mail lies in a pack of its own, and is never whole in memory
PIECE = 2**19     # bytes of it at once
TOGETHER = 50     # mails, or small packs, that are open at once
FEW_PAGES = 250   # of 4 KiB: given back to the disk at once
SHRINKING = "PRAGMA auto_vacuum = INCREMENTAL"
REMEMBERED = "remembered:"  # whether anything is: asked once a transaction
AS_KEPT = "id, pack, start, size, raw"
FEW = 10          # mails read together that were tried once before, by a program that was killed
CACHE = 1000  # KiB of pages each connection holds, half of SQLite's own measure: 1 MiB less for 4 % of CPU
STATEMENTS = 512  # kept prepared: a mail on its way asks some fifty, and the parsing of one costs more than its answer
INDEXED = {"named": ("cases", "1", "buyer, order_number, reference, item, answer_to"),     # of the search: each with
           "written": ("outbox", "what IN ('reply', 'offer')", "subject, body")}    # its table and what of it
BUSY_SECONDS = 10  # how long a writer waits for another before the round is skipped


class StorageError(EdgeError):
    """The database could not be read or written; nothing was half done."""


class SpoiltError(StorageError):
    """A part of a transaction failed that is done whole or not at all: nothing of it was kept, and it is done again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Raw bytes as kept. `received` is the server's own time; `cold`: there before the first look.

    `oversize` is why only the headers were fetched; empty for a whole mail.
    """

    id: int
    mailbox: str
    raw: bytes | Pieces
    received: datetime
    cold: bool
    attempts: int
    oversize: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """A long mail on its way into the database: never whole in memory, and gone if the program is killed.

    Attributes:
        file: its bytes, compressed; without a name, so that the kernel drops it with the program.
        size: bytes before zlib.
    """

    file: IO[bytes]
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail as a reader fetched it: where it stood, its bytes (or their `spool`), and the server's time for it."""

    folder: str
    place: str
    raw: bytes
    received: datetime
    cold: bool = False
    oversize: bool = False
    spool: Spool | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        return self.spool.size if self.spool else len(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Mails ready to be kept: their hashes, their packs (size and bytes), and where in which of these each lies."""

    arrivals: Sequence[Arrival]
    digests: Sequence[str]
    packs: Sequence[tuple[int, bytes | Spool]] = field(repr=False)
    places: Sequence[tuple[int, int]]


def pack(arrivals: Sequence[Arrival]) -> Packed:
    """Return mails ready to be kept; any thread may do it."""
    digests = [one.spool.digest if one.spool else hashlib.sha256(one.raw).hexdigest() for one in arrivals]
    packs: list[tuple[int, bytes | Spool]] = []
    places = [(0, 0)] * len(arrivals)
    for at, one in enumerate(arrivals):
        if one.spool:
            places[at] = len(packs), 0
            packs.append((one.size, one.spool))
    short = [at for at, one in enumerate(arrivals) if not one.spool]
    for group in together([arrivals[at].raw for at in short]):
        start = 0
        for at in (short[one] for one in group):
            places[at] = len(packs), start
            start += arrivals[at].size
        packs.append((start, packed(arrivals[short[one]].raw for one in group)))
    return Packed(arrivals=arrivals, digests=digests, packs=packs, places=places)


class Pieces:
    """A long mail that is kept, read piece by piece as often as asked; `len` tells its bytes."""

    def __init__(self, store: Store, pack: int, size: int) -> None:
        self._store, self._pack, self._size = store, pack, size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """Yield it in order. Between two pieces nothing is open: it would keep this connection from writing."""
        unpacking, at = zlib.decompressobj(), 0
        with _plainly(self._store.path):
            while not unpacking.eof:
                octets = self._store.part_of_pack(self._pack, at)
                if not octets:
                    raise zlib.error("malformed: a pack ends too early")
                at += len(octets)
                while octets:
                    if piece := unpacking.decompress(octets, PIECE):
                        yield piece
                    octets = unpacking.unconsumed_tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An outbox row to be, its words rendered."""

    step: str
    what: str
    mailbox: str
    to: str
    channel: str
    mode: str
    state: str
    template: str
    subject: str
    body: str
    message_id: str
    why: str
    answers: bool = False
    in_reply_to: str = ""
    references: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    error: str = ""
    not_before: datetime | None = None
    remarks: str = "[]"  # JSON: what the linter said of the words
    once: str = ""
    words_from: str = ""  # the file of its words, `own:` before it where it is the seller's
    words_hash: str = ""


def iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class _Part:
    """A block inside a transaction that is done whole or not at all."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self._store.spoil()
        if isinstance(error, Exception) and not isinstance(error, SpoiltError):
            raise SpoiltError(str(self._store.path)) from error


class Store:
    """One connection to the database; one for each thread."""

    def __init__(self, path: Path) -> None:
        """Open or make the database, bring it up to date.

        Raises:
            StorageError: the folder or file cannot be read or written, is damaged, or is newer than this program.
        """
        self.path = path
        with _plainly(path, OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.connection = _open(path)
            self._known: dict[str, str] = {}    # of meta, while a transaction of ours keeps all others from writing
            self._salt = b""
            self._whole = False     # a transaction in which nothing may fail by itself is open, and
            self._spoilt = False    # something did
            self._past = Past(self.connection, lambda name: hmac.digest(self.salt(), name.encode(), "sha256"))
            applied = _applied(self.connection)
            _refuse_newer(applied, path)
            if pending := [name for name in migrations.names if name not in applied]:
                if applied:
                    copy(path, path.parent / "backups" / f"guichet-before-{pending[-1][:4]}.db")
                with self.write_tx():
                    self._migrate()

    def _migrate(self) -> None:
        """Apply what is missing; a second process that waited for its turn finds nothing left to do."""
        if self.connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            migrations.apply(self.db)
        else:
            migrations.begin(self.connection)
        self.run("INSERT OR IGNORE INTO meta (name, value) VALUES ('salt', ?)", secrets.token_hex(16))

    @cached_property
    def db(self) -> Any:
        """The same connection as sqlite-utils takes it."""
        from sqlite_utils import Database

        return Database(self.connection)

    def close(self) -> None:
        self.connection.close()

    def write_tx(self, *, whole: bool = False) -> AbstractContextManager[None]:
        """Do all of the block or nothing; wait for other writers at the start, where waiting is possible.

        Inside another block it is a savepoint: what fails in it takes nothing else back.
        sqlite-utils' atomic() begins deferred: reading first and writing later then fails at once
        with "database is locked" when another process wrote in between. BEGIN IMMEDIATE does not.

        Args:
            whole: a block inside it is no savepoint, each of which costs a copy of all it changes: what fails in one
                takes everything back, SpoiltError is raised, and whoever called does it again in parts.
        """
        if self._whole:
            return _Part(self)
        return self._savepoint() if self.connection.in_transaction else self._transaction(whole)

    @contextmanager
    def _transaction(self, whole: bool) -> Iterator[None]:
        connection = self.connection
        with _plainly(self.path):
            connection.execute("BEGIN IMMEDIATE")
            self._known.clear()
            self._whole, self._spoilt = whole, False
            try:
                yield
                if self._spoilt:
                    raise SpoiltError(str(self.path))
                killpoint_of_commit("before")
                connection.execute("COMMIT")
                killpoint_of_commit("after")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._whole = False

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        """Do all of the block or nothing, inside a transaction that goes on."""
        with _plainly(self.path):
            self.connection.execute("SAVEPOINT part")
            try:
                yield
            except BaseException:
                self._known.clear()
                if self.connection.in_transaction:  # SQLite itself takes all back where the disk is full
                    self.connection.execute("ROLLBACK TO part")
                    self.connection.execute("RELEASE part")
                raise
            self.connection.execute("RELEASE part")

    def spoil(self) -> None:
        """Have the transaction that is open taken back at its end, whoever may pass over what failed."""
        self._spoilt = True

    def version(self) -> int:
        """Return a number that changes whenever another connection has written; asking costs no look at any table."""
        with _plainly(self.path):
            return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    @property
    def has_written(self) -> bool:
        """Say whether anything was changed over this connection."""
        return self.connection.total_changes > 0

    @property
    def in_transaction(self) -> bool:
        return self.connection.in_transaction

    def rows(self, sql: str, *args: Any) -> list[Row]:
        try:
            cursor = self.connection.execute(sql, args)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, values, strict=True)) for values in cursor]
        except sqlite3.Error as error:
            raise _storage_error(error, self.path) from error

    def row(self, sql: str, *args: Any) -> Row | None:
        """Return the first row, or None."""
        try:
            cursor = self.connection.execute(sql, args)
            values = cursor.fetchone()
            return values and dict(zip([column[0] for column in cursor.description], values, strict=True))
        except sqlite3.Error as error:
            raise _storage_error(error, self.path) from error

    def has(self, sql: str, *args: Any) -> bool:
        """Say whether a query finds a row."""
        try:
            return self.connection.execute(sql, args).fetchone() is not None
        except sqlite3.Error as error:
            raise _storage_error(error, self.path) from error

    def run(self, sql: str, *args: Any) -> int:
        """Run one statement, in a transaction of its own unless one is open; return how many rows it changed.

        A claim believes this count.
        """
        if not self.connection.in_transaction:
            with self.write_tx():
                return self.run(sql, *args)
        try:
            if " meta " in sql:
                self._known.clear()
            return self.connection.execute(sql, args).rowcount
        except sqlite3.Error as error:
            raise _storage_error(error, self.path) from error

    def insert(self, sql: str, *args: Any) -> int:
        """Insert one row, as `run` does; return its number, 0 if it was there before and is ignored."""
        if not self.connection.in_transaction:
            with self.write_tx():
                return self.insert(sql, *args)
        try:
            cursor = self.connection.execute(sql, args)
            return int(cursor.lastrowid or 0) if cursor.rowcount else 0
        except sqlite3.Error as error:
            raise _storage_error(error, self.path) from error

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows, all or none."""
        with self.write_tx():
            self.connection.executemany(sql, rows)

    def salt(self) -> bytes:
        """Return the secret of this installation that keeps our Message-IDs from being guessed."""
        self._salt = self._salt or bytes.fromhex(self.meta("salt"))   # never changes under an open database
        return self._salt

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """Do all of the block or nothing; inside it what the journal holds may be blanked, or moved."""
        with self.write_tx():
            outer = self.meta("erasing")
            if not outer:
                self.set_meta("erasing", "1")
            yield
            if not outer:
                self.run("DELETE FROM meta WHERE name = 'erasing'")

    KEYED = "forgotten:"

    def keyed(self, name: str) -> str:
        """Return what stays of a name when it is forgotten: enough to know it again, too little to read it."""
        return self.KEYED + hmac.digest(self.salt(), name.encode(), "sha256").hex()[:32]

    def compact(self) -> bool:
        """Rewrite the file without what was deleted, and empty its log; False: others were reading just then."""
        with _plainly(self.path):
            self.connection.execute(SHRINKING)  # of a database made before this was set, only now
            self.connection.execute("VACUUM")
            [busy, *_] = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def give_back(self) -> None:
        """Let the file shrink by what is free in it, where that is worth the work; others wait a moment at most."""
        free = self._pages("freelist_count")
        while free > self._pages("page_count") // 50:
            with self.write_tx():
                self.connection.execute(f"PRAGMA incremental_vacuum({FEW_PAGES})").fetchall()
            before, free = free, self._pages("freelist_count")
            if free >= before:  # a database made before this was set
                return

    def _pages(self, which: str) -> int:
        with _plainly(self.path):
            return int(self.connection.execute(f"PRAGMA {which}").fetchone()[0])

    def meta(self, name: str) -> str:
        if name in self._known and self.connection.in_transaction:
            return self._known[name]
        row = self.row("SELECT value FROM meta WHERE name = ?", name)
        value = str(row["value"]) if row else ""
        if self.connection.in_transaction:
            self._known[name] = value
        return value

    def set_meta(self, name: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value)

    # -- mails ---------------------------------------------------------------------------------

    def spool(self, pieces: Iterable[bytes]) -> Spool:
        """Take a long mail in, piece by piece, onto the disk of the database and not into it yet."""
        from tempfile import TemporaryFile

        digest, packing, size = hashlib.sha256(), zlib.compressobj(1), 0
        with ExitStack() as dropped, _plainly(self.path, OSError):
            file = dropped.enter_context(TemporaryFile(dir=self.path.parent))
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                file.write(packing.compress(piece))
            file.write(packing.flush())
            dropped.pop_all()
        return Spool(file=file, size=size, digest=digest.hexdigest())

    def keep(self, mailbox: str, arrivals: Sequence[Arrival] | Packed, now: datetime) -> int:
        """Keep mails raw with where they stood, all in one transaction; return how many were new.

        Mails that are alike lie in one pack: a marketplace's mails are mostly the same frame. One that is known is
        not packed again.
        """
        batch = arrivals if isinstance(arrivals, Packed) else pack(arrivals)
        if not batch.arrivals:
            return 0
        with self.write_tx():
            return self.keep_within(mailbox, batch, now)

    def keep_within(self, mailbox: str, batch: Packed, now: datetime) -> int:
        """Do what `keep` does within a transaction of the caller's."""
        with ExitStack() as spools:
            for spool in filter(None, (one.spool for one in batch.arrivals)):
                spools.enter_context(spool.file)
            names = [self._known_as(mailbox, digest) for digest in batch.digests]
            fresh = {name: at for at, (name, known) in reversed(list(enumerate(names))) if known is None}
            new = batch if len(fresh) == len(names) else pack([batch.arrivals[at] for at in sorted(fresh.values())])
            self._insert_mails(mailbox, new, now)
            self.connection.executemany(
                "INSERT OR IGNORE INTO places (mailbox, folder, place, mail)"
                " SELECT ?, ?, ?, coalesce(?, (SELECT id FROM mails WHERE mailbox = ? AND sha256 = ?))",
                [(mailbox, one.folder, one.place, known, mailbox, name)
                 for one, (name, known) in zip(batch.arrivals, names, strict=True)])
            return len(fresh)

    def _insert_mails(self, mailbox: str, batch: Packed, now: datetime) -> None:
        """Insert mails that nobody knows, in the order they came."""
        numbers = [self._insert_pack(size, octets) for size, octets in batch.packs]
        reason = say("oversize: over 25 MiB; only its headers were fetched")
        self.connection.executemany(
            "INSERT INTO mails (mailbox, sha256, raw, pack, start, size, received, kept, cold, reason)"
            " VALUES (?, ?, x'', ?, ?, ?, ?, ?, ?, ?)",
            [(mailbox, digest, numbers[at], start, one.size, iso(one.received), iso(now), one.cold,
              reason if one.oversize else "")
             for one, digest, (at, start) in zip(batch.arrivals, batch.digests, batch.places, strict=True)])

    def _insert_pack(self, size: int, octets: bytes | Spool) -> int:
        sql = "INSERT INTO packs (size, octets) VALUES (?, ?)"
        if isinstance(octets, bytes):
            return int(self.connection.execute(sql, (size, octets)).lastrowid or 0)
        length = octets.file.seek(0, os.SEEK_END)
        number = int(self.connection.execute(sql.replace(", ?)", ", zeroblob(?))"), (size, length)).lastrowid or 0)
        octets.file.seek(0)
        with self.connection.blobopen("packs", "octets", number) as blob:
            while piece := octets.file.read(PIECE):
                blob.write(piece)
        return number

    def _known_as(self, mailbox: str, digest: str) -> tuple[str, int | None]:
        """Return under which name a mail stands here, a forgotten one under its keyed hash, and its number if it does.
        """
        keyed = self.keyed(digest)
        found = self.row("SELECT id, sha256 FROM mails WHERE mailbox = ? AND sha256 IN (?, ?)", mailbox, digest, keyed)
        if found:
            return found["sha256"], found["id"]
        return digest, next(iter(self._known_long_ago("mail", f"{mailbox}\0{digest}", f"{mailbox}\0{keyed}")), None)

    def _raws(self, rows: Sequence[Row]) -> Iterator[bytes | Pieces]:
        """Yield the bytes of mails as they came; `rows` are theirs with id, pack, start, size and raw."""
        found = self._unpacked([row for row in rows if row["pack"] and row["size"] <= LONG])
        for row in rows:
            if row["id"] in found:
                yield found.pop(row["id"])
            elif row["pack"]:
                yield Pieces(self, row["pack"], row["size"])
            else:   # of a version that kept each mail in its row; or dropped since
                yield zlib.decompress(row["raw"]) if row["raw"] else b""

    def _unpacked(self, rows: Sequence[Row]) -> dict[int, bytes]:
        """Return mails that lie in packs by their numbers; one pack at a time is whole in memory."""
        wanted: dict[int, list[Row]] = {}
        for row in rows:
            wanted.setdefault(row["pack"], []).append(row)
        found: dict[int, bytes] = {}
        with _plainly(self.path):
            for number, size, octets in self.connection.execute(
                    "SELECT id, size, octets FROM packs WHERE id IN (SELECT value FROM json_each(?))",
                    (_json([*wanted]),)):
                whole = zlib.decompress(octets, bufsize=size + 1)
                found |= {row["id"]: whole[row["start"]:row["start"] + row["size"]] for row in wanted[number]}
        return found

    def part_of_pack(self, pack: int, at: int) -> bytes:
        """Return the next bytes of a pack, as it is kept."""
        with (_plainly(self.path),
              self.connection.blobopen("packs", "octets", pack, readonly=True) as blob):
            blob.seek(at)
            return blob.read(PIECE)

    def raws(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Yield mails as they came, by their numbers; what was dropped is empty."""
        for at in range(0, len(numbers), TOGETHER):
            rows = self.rows(f"SELECT {AS_KEPT} FROM mails WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
                             _json(list(numbers[at:at + TOGETHER])))
            for row, raw in zip(rows, self._raws(rows), strict=True):
                yield row["id"], raw if isinstance(raw, bytes) else b"".join(raw)

    def drop_raws(self, numbers: Sequence[int]) -> None:
        """Drop mails as they came; those that lie in one pack with them are packed anew."""
        chosen = _json(list(numbers))
        packs = [row["pack"] for row in self.rows("SELECT DISTINCT pack FROM mails WHERE pack IS NOT NULL"
                                                  " AND id IN (SELECT value FROM json_each(?))", chosen)]
        self.run("UPDATE mails SET raw = x'', pack = NULL, start = 0 WHERE id IN (SELECT value FROM json_each(?))",
                 chosen)
        for pack_ in packs:
            self._pack_anew([pack_])

    def _pack_anew(self, packs: Sequence[int]) -> None:
        """Put what still lies in some packs into new ones."""
        old = _json(list(packs))
        rows = self.rows(f"SELECT {AS_KEPT} FROM mails WHERE pack IN (SELECT value FROM json_each(?)) ORDER BY id", old)
        raws = [raw for raw in self._raws(rows) if isinstance(raw, bytes)]
        assert len(raws) == len(rows), "a long mail lies alone"
        for group in together(raws):
            octets = packed(raws[at] for at in group)
            number, start = self._insert_pack(sum(len(raws[at]) for at in group), octets), 0
            for at in group:
                self.run("UPDATE mails SET pack = ?, start = ? WHERE id = ?", number, start, rows[at]["id"])
                start += len(raws[at])
        self.run("DELETE FROM packs WHERE id IN (SELECT value FROM json_each(?))", old)

    def gather_packs(self, before: datetime) -> bool:
        """Pack mails together that came one by one before a moment; say whether to ask again."""
        with self.write_tx():
            small = self.rows(
                "SELECT id FROM packs WHERE size < ? AND (SELECT count(*) FROM mails WHERE pack = packs.id) < ?"
                " AND NOT EXISTS (SELECT 1 FROM mails WHERE pack = packs.id AND (kept >= ? OR state = 'kept'))"
                " ORDER BY id LIMIT ?", MOST_BYTES // 4, MOST // 2, iso(before), TOGETHER)
            if len(small) > 1:
                self._pack_anew([row["id"] for row in small])
        return len(small) == TOGETHER

    def lacking(self, mailbox: str, folder: str, uidvalidity: int, spans: Sequence[range]) -> Iterator[int]:
        """Yield, ascending, the numbers of these runs (ascending, too) under which no mail was kept.

        Read page by page, so that no look at a folder holds all its numbers, nor a cursor while others write. A page
        without a gap, of which as many are known as it has, needs no second look.
        """
        where = "FROM places WHERE mailbox = ? AND folder = ? AND uidvalidity = ? AND uid BETWEEN ? AND ?"
        for page in _pages(spans):
            asked = (mailbox, folder, uidvalidity, page[0].start, page[-1].stop - 1)
            with _plainly(self.path):
                if len(page) == 1 and self.connection.execute(f"SELECT count(*) {where}", asked).fetchone()[0] == len(
                        page[0]):
                    continue
                known = {uid for (uid,) in self.connection.execute(f"SELECT uid {where}", asked)}
                known.update(uid for first, last in self.connection.execute(
                    "SELECT first, last FROM runs WHERE mailbox = ? AND folder = ? AND uidvalidity = ? AND last >= ?"
                    " AND first <= ?", asked) for uid in range(max(first, asked[3]), min(last, asked[4]) + 1))
            yield from (number for number in chain.from_iterable(page) if number not in known)

    def strange(self, mailbox: str, folder: str, places: Sequence[str]) -> list[str]:
        """Return, of some places, those at which no mail was kept."""
        with _plainly(self.path):
            found = self.connection.execute(
                "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM places WHERE mailbox = ? AND folder = ?"
                " AND place = value)", (json.dumps(list(places)), mailbox, folder)).fetchall()
        return [place for (place,) in found]

    def folder(self, mailbox: str, folder: str) -> Row | None:
        return self.row("SELECT * FROM folders WHERE mailbox = ? AND folder = ?", mailbox, folder)

    def set_folder(self, mailbox: str, folder: str, *, uidvalidity: int, last_uid: int, cold_below: int,
                   looked: datetime | None) -> None:
        self.run("INSERT OR REPLACE INTO folders (mailbox, folder, uidvalidity, last_uid, cold_below, looked)"
                 " VALUES (?, ?, ?, ?, ?, ?)",
                 mailbox, folder, uidvalidity, last_uid, cold_below, iso(looked) if looked else None)

    def next_mail(self) -> Mail | None:
        return next(iter(self.next_mails(1)), None)

    def next_mails(self, most: int, size: int = 0, beside: Collection[int] = ()) -> list[Mail]:
        """Take the oldest mails not read yet, their attempts counted and committed before the work begins.

        A mail that kills the process has thus been counted, and lands on the shelf after three times. Those that were
        tried once before come FEW at a time, and one tried twice comes alone: what was tried more often than others
        did it, and they did not.

        Args:
            size: bytes that the mails may have together, beyond the first.
            beside: mails that were taken before and are at work: none of them, and nothing that must come alone.
        """
        if not self.waiting_mails():
            return []
        with self.write_tx():
            taken = self._waiting(most, size, beside)
            if taken and taken[0]["attempts"] > 1:
                self.run("UPDATE mails SET attempts = 0 WHERE state = 'kept' AND attempts BETWEEN 1 AND ?",
                         taken[0]["attempts"] - 1)
            self.connection.executemany("UPDATE mails SET attempts = attempts + 1 WHERE id = ?",
                                        [(row["id"],) for row in taken])
        return [Mail(id=row["id"], mailbox=row["mailbox"], raw=raw,
                     received=moment(row["received"]), cold=bool(row["cold"]), attempts=row["attempts"] + 1,
                     oversize=row["reason"] if row["reason"].startswith("oversize: ") else "")
                for row, raw in zip(taken, self._raws(taken), strict=True)]

    def _waiting(self, most: int, size: int, beside: Collection[int]) -> list[Row]:
        """Return the mails that may be read together, of those whose turn it is."""
        rows = self._in_turn(most, beside)
        tried, many = rows[0]["attempts"] if rows else 0, 0
        if beside and tried:    # it would have to come without those that are being read already
            return []
        for row in rows[:{0: most, 1: FEW}.get(tried, 1)]:
            size -= row["size"]
            if many and (size < 0 or row["attempts"] != tried):
                break
            many += 1
        return self.rows(f"SELECT {AS_KEPT}, mailbox, received, cold, attempts, reason FROM mails WHERE id IN"
                         " (SELECT value FROM json_each(?)) ORDER BY id", _json([row["id"] for row in rows[:many]]))

    def _in_turn(self, most: int, beside: Collection[int]) -> list[Row]:
        """Return the oldest mails of each mailbox, an equal share of each; mailboxes with fresh mail go first.

        A mailbox's own mails keep their order, or a case would hear of its end before its beginning.
        """
        names = self.fresh_mailboxes() or [name for name, _ in self._heads()]
        share = -(-most // max(1, len(names)))
        lines = (self.rows("SELECT id, size, attempts FROM mails WHERE state = 'kept' AND mailbox = ? ORDER BY id"
                           " LIMIT ?", name, share + len(beside)) for name in names)
        others = ([row for row in line if row["id"] not in beside] for line in lines)
        turns = sorted((turn, row["id"], row) for line in others for turn, row in enumerate(line[:share]))
        return [row for *_, row in turns[:most]]

    def fresh_mailboxes(self) -> list[str]:
        """Return the mailboxes whose oldest mail that waits came after the first look: no backlog is before it."""
        return [name for name, cold in self._heads() if not cold]

    def _heads(self) -> list[tuple[str, int]]:
        """Return the mailboxes with mails that wait, and whether the oldest one is cold; never goes through the mails.
        """
        with _plainly(self.path):
            return self.connection.execute(_HEADS).fetchall()

    def uncount_attempt(self, mail: int) -> None:
        self.uncount_attempts([mail])

    def uncount_attempts(self, mails: Sequence[int]) -> None:
        """Take an attempt back: what stopped the work was not these mails."""
        self.run_many("UPDATE mails SET attempts = max(0, attempts - 1) WHERE id = ? AND state = 'kept'",
                      [(mail,) for mail in mails])

    def mails(self, numbers: Sequence[int]) -> list[Row]:
        """Return what became of mails, in the order of their numbers."""
        return self.rows("SELECT id, state, reason, marketplace, kind, case_id FROM mails WHERE id IN"
                         " (SELECT value FROM json_each(?)) ORDER BY id", _json(list(numbers)))

    def raw_mail(self, number: int) -> bytes | None:
        """Return a kept mail as it came, empty if that was dropped; None where there is none of that number."""
        self.wake(mails=[number])
        return next((raw for _, raw in self.raws([number])), None)

    def waiting_mails(self) -> bool:
        return self.has("SELECT 1 FROM mails WHERE state = 'kept' LIMIT 1")

    def describe_mail(self, mail: int, message: Message) -> None:
        self.run("UPDATE mails SET content_key = ?, message_id = ?, references_ = ?, sender = ?, subject = ?,"
                 " origin = ? WHERE id = ?", message.content_key, message.message_id, " ".join(message.references),
                 message.sender, message.subject, message.origin, mail)

    def settle_mail(self, mail: int, state: str, reason: str = "", *, marketplace: str = "", kind: str = "",
                    case: int | None = None) -> None:
        self.run("UPDATE mails SET state = ?, reason = ?, marketplace = ?, kind = ?, case_id = ? WHERE id = ?",
                 state, reason, marketplace, kind, case, mail)

    def known(self, mail: int, seen: Message) -> tuple[bool, int | None]:
        """Say whether we wrote a mail ourselves, and which earlier one has the same content.

        One that was less proven than this is none.
        """
        row = self.row(
            "SELECT (SELECT 1 FROM outbox WHERE ?1 != '' AND message_id IN (?1, ?2)) AS own, (SELECT id FROM mails"
            " WHERE content_key IN (?3, ?4) AND content_key != ''"      # or its index would not fit
            " AND id != ?5 AND state IN ('read', 'shelved') AND (origin IN ('proven', ?6) OR ?6 = 'forged') LIMIT 1)"
            " AS twin", seen.message_id, self.keyed(seen.message_id), seen.content_key, self.keyed(seen.content_key),
            mail, seen.origin)
        assert row, "a SELECT without FROM gives one row"
        return (bool(row["own"]) or self._wrote_long_ago(seen.message_id),
                row["twin"] or self._past_twin(mail, seen))

    def _past_twin(self, mail: int, seen: Message) -> int | None:
        if not seen.content_key:
            return None
        origins = tuple(Origin) if seen.origin is Origin.FORGED else {Origin.PROVEN, seen.origin}
        found = self._known_long_ago("content", *(f"{origin}\0{key}" for origin in origins
                                              for key in (seen.content_key, self.keyed(seen.content_key))))
        return next((number for number in found if number != mail), None)

    def _wrote_long_ago(self, message_id: str) -> bool:
        return bool(message_id and self._known_long_ago("letter", mark_of(message_id), self.keyed(message_id)))

    # -- what is long past ---------------------------------------------------------------------

    def fold(self, before: datetime, after: int, most: int) -> int:
        """Put the next cases that are closed, and of which nothing was heard since a moment, together with their rows.

        Args:
            after: the number of a case; 0, with which a round begins, also looks over all that is kept.

        Returns the number of the last, to go on after it; 0: there are no more.
        """
        with self._moving():
            if not after:
                self._past.look_over()
            cases = self._past.ripe(iso(before), after, most)
            if cases:
                self._past.fold(cases, (), iso(before))
                self.drop_index()       # its rows are gone
            return cases[-1] if cases else 0

    def fold_loose(self, before: datetime, most: int) -> bool:
        """Put mails of no case together that came before a moment, after the cases; say whether there were any."""
        with self._moving():
            mails = self._past.loose(iso(before), most)
            if mails:
                self._past.fold((), mails, iso(before))
            return bool(mails)

    def note_places(self) -> None:
        """End a round: keep the places of what was put together as runs of numbers."""
        with self.write_tx():
            self._past.note_places()
            self._past.end_look()

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """Do all of the block or nothing; what refers to a row that goes, goes with it, and is not looked for."""
        with _plainly(self.path):
            self.connection.execute("PRAGMA foreign_keys = OFF")    # else in whole tables, for each row
            try:
                with self.erasing():
                    yield
            finally:
                self.connection.execute("PRAGMA foreign_keys = ON")

    def _known_long_ago(self, kind: str, *names: str) -> list[int]:
        """Return the numbers that are remembered; where nothing ever went into a pack that costs next to nothing."""
        return self._past.known(kind, *names) if self._has_past() else []

    def _has_past(self) -> bool:
        if not self.connection.in_transaction:
            return self.has("SELECT 1 FROM remembered LIMIT 1")
        if REMEMBERED not in self._known:
            self._known[REMEMBERED] = "1" if self.has("SELECT 1 FROM remembered LIMIT 1") else ""
        return bool(self._known[REMEMBERED])

    def wake(self, *, cases: Sequence[int] = (), mails: Sequence[int] = (), drafts: Sequence[int] = ()) -> None:
        """Bring back what lies in packs of these cases, mails and mails of ours: as it was, under the same numbers."""
        for table, column, numbers, bring in (
                ("cases", "folded IS NOT NULL AND id", cases, self._past.bring_case),
                ("mails", "id", mails, self._past.bring_mail), ("outbox", "id", drafts, self._past.bring_draft)):
            found = {row["id"] for row in self.rows(f"SELECT id FROM {table} WHERE {column} IN ({_marks(numbers)})",
                                                    *numbers)} if numbers else set()
            for number in found if table == "cases" else set(numbers) - found:
                with self.erasing():
                    bring(number)

    def wake_mentions(self, strings: Sequence[str]) -> None:
        """Bring back every pack in which one of these strings stands."""
        for pack_ in self._past.packs_that_mention(strings) if strings else ():
            with self.erasing():
                self._past.bring_back(pack_)

    def past_rows(self, table: str, packs: str = "1", *args: Any) -> Iterator[Row]:
        """Yield a table's rows that lie in packs, with the columns that are asked for often.

        Args:
            packs: which ones, as it stands behind WHERE.
        """
        with _plainly(self.path):
            yield from self._past.often(table, packs, *args)

    # -- cases, events, deadlines --------------------------------------------------------------

    def case(self, key: CaseKey) -> Case:
        """Return the case under this key as it stands, or a new one."""
        row = self.row("SELECT * FROM cases WHERE marketplace = ? AND shop = ? AND reference = ?",
                       key.marketplace, key.shop, key.reference)
        return self._awake(row) if row else _new_case(key)

    def _awake(self, row: Row) -> Case:
        """Return a case by its row; all that was known of it is in its tables again."""
        if row["folded"] is not None:
            self.wake(cases=[row["id"]])
        return _case(row)

    def find_case(self, key: CaseKey, aliases: Sequence[str], answers: Sequence[str],
                  order: str | None = None, item: str | None = None) -> Case | None:
        """Return the case a notification belongs to: by its reference, by our mail that it answers, by an alias.

        An alias that more than one case knows joins none, nor does one whose case is about another order, or another
        item of the same order: a wrong case is worse than a new one. What more than ALIKE cases know tells none.
        """
        found = self.case(key)
        if found.number is not None:
            return found
        self._wake_written(answers)
        for sql, names in ((_BY_ANSWER, answers), (_BY_ALIAS, aliases)):
            for name in filter(None, names):
                alike = [row for row in self._knowing(sql, key.marketplace, name)
                         if not _differ(order, row["order_number"]) and not _differ(item, row["item"])]
                if len(alike) == 1:
                    return self._awake(alike[0])
        return None

    def _knowing(self, sql: str, marketplace: str, name: str) -> list[Row]:
        """Return the cases that know a name, none where too many do: their numbers are counted before one is read."""
        try:
            found = self.connection.execute(sql, (marketplace, name, ALIKE + 1)).fetchall()
        except sqlite3.Error as error:
            raise _storage_error(error, self.path) from error
        numbers = [number for (number,) in found] if len(found) <= ALIKE else []
        return self.rows(f"SELECT * FROM cases WHERE id IN ({_marks(numbers)})", *numbers) if numbers else []

    def record_aliases(self, key: CaseKey, case: int, aliases: Sequence[str]) -> None:
        if aliases:
            self.run_many("INSERT OR IGNORE INTO aliases (marketplace, alias, case_id) VALUES (?, ?, ?)",
                          [(key.marketplace, alias, case) for alias in aliases])

    def case_by_number(self, number: int) -> Case | None:
        row = self.row("SELECT * FROM cases WHERE id = ?", number)
        return self._awake(row) if row else None

    def has_event(self, *keys: str) -> bool:
        """Say whether an event of one of these keys is in the journal."""
        names = {name for key in keys for name in (key, self.keyed(key))}
        return self.has(f"SELECT 1 FROM events WHERE key IN ({_marks(names)})", *names) or bool(
            self._known_long_ago("event", *names))

    def record_case(self, case: Case, now: datetime, *, untold: bool = False, was: Case | None = None,
                    next_due: datetime | None = None) -> int:
        """Keep a case as it stands now; return its number.

        Args:
            next_due: of a new case, when the first of the deadlines ends that `record_deadline` will be told of.
            was: how it is kept, where the caller has looked within this transaction: only what changed is written,
                for each column that is named is written anew into its indexes.
        """
        values = _columns(case)
        if case.number is not None:
            kept = _columns(was) if was and was.number == case.number else {}
            changed = {name: value for name, value in values.items() if name not in kept or kept[name] != value}
            names = [*(f"{name} = ?" for name in changed), *(["untold = 1"] if untold else [])]
            if names:
                self.run(f"UPDATE cases SET {', '.join(names)} WHERE id = ?", *changed.values(), case.number)
            return case.number
        return self.insert(
            "INSERT INTO cases (mailbox, order_number, item, buyer, answer_to, language, kind, stage, turn, origin,"
            " snoozed_until, marketplace, shop, reference, opened, untold, next_due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *values.values(),
            case.key.marketplace, case.key.shop, case.key.reference, iso(case.opened or now), untold,
            iso(next_due) if next_due else None)

    def record_event(self, event: Event, case: int, now: datetime, decided: Sequence[Mapping[str, Any]], *,
                     rules: str = "", clocks: Sequence[Mapping[str, Any]] = ()) -> int:
        """Write into the journal what happened, by which version of the rules it was judged, what clocks it started."""
        mail = event.source.removeprefix("mail:") if event.source.startswith("mail:") else None
        if event.kind is Kind.SALE_MADE and event.origin is Origin.PROVEN:
            self.run("UPDATE cases SET sold = 1 WHERE id = ? AND sold = 0", case)
        return self.insert(
            "INSERT INTO events (key, case_id, kind, at, heard, source, mark, mail, facts, links, text, origin,"
            " held, decided, rules, clocks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            event.key, case, event.kind, iso(event.at), iso(now), event.source, event.mark, mail,
            _object(event.facts), _object(event.links), event.text, event.origin or "", event.held,
            _list(decided), rules, _list(clocks))

    def record_deadline(self, case: int, deadline: Deadline, started: datetime, now: datetime,
                        warned: int | None, look: datetime | None = None, *, first: bool = False) -> None:
        """Start a deadline. One of the same name that still runs stays, or becomes the earlier of the two.

        Amazon counts from the first message left unanswered, so a second one gains the seller no time.

        Args:
            look: before this moment the clock has nothing to tell of it; None: it is looked at with the next tick.
            first: the case is new, and was recorded with its `next_due`: nothing can run in it yet.
        """
        due = iso(deadline.due)
        running = None if first else self.row(
            "SELECT id, due FROM deadlines WHERE case_id = ? AND name = ? AND state = 'open'", case, deadline.name)
        if running and running["due"] <= due:
            return
        if running:
            self.run("DELETE FROM deadlines WHERE id = ?", running["id"])
        state = "missed" if deadline.due <= now else "open"
        self.run("INSERT INTO deadlines (case_id, name, due, who, state, stated, rule, source, why, met_by, silence,"
                 " warned, started, ended, look) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 case, deadline.name, due, deadline.who, state, deadline.stated, deadline.rule,
                 deadline.source, deadline.why, deadline.met_by, deadline.silence, warned, iso(started),
                 None if state == "open" else iso(now), iso(look) if look else "")
        if state == "open" and not first:
            self.run("UPDATE cases SET next_due = ?1 WHERE id = ?2 AND (next_due IS NULL OR next_due > ?1)", due, case)

    def keep_turn(self, case: int) -> None:
        """Give the turn back to the seller while a deadline of his runs, whatever the last mail was about."""
        self.run("UPDATE cases SET turn = 'seller' WHERE id = ? AND stage != 'closed'"
                 " AND turn != 'seller' AND EXISTS (SELECT 1"
                 " FROM deadlines WHERE case_id = cases.id AND state = 'open' AND who = 'seller')", case)

    def end_deadlines(self, case: int, state: str, now: datetime, *, met_by: str | None = None,
                      name: str | None = None) -> None:
        """End the running deadlines of a case: all, those that an action meets, or the one of a name."""
        self.run("UPDATE deadlines SET state = ?, ended = ? WHERE case_id = ? AND state = 'open'"
                 " AND (? IS NULL OR ' ' || met_by || ' ' LIKE '% ' || ? || ' %') AND (? IS NULL OR name = ?)",
                 state, iso(now), case, met_by, met_by, name, name)

    def reopen_deadlines(self, case: int, met_by: str, now: datetime) -> None:
        """Let the deadline run again that the last answer seemed to have met, when that answer did not arrive."""
        self.run("UPDATE deadlines SET state = CASE WHEN due > ? THEN 'open' ELSE 'missed' END, ended = NULL, look = ''"
                 " WHERE case_id = ? AND state = 'met' AND ' ' || met_by || ' ' LIKE '% ' || ? || ' %'"
                 " AND id = (SELECT max(id) FROM deadlines AS other"
                 " WHERE other.case_id = deadlines.case_id AND other.name = deadlines.name)",
                 iso(now), case, met_by)

    def answer_on_its_way(self, case: int) -> bool:
        """Say whether a reply that answers is ready and will leave without anybody's doing."""
        return self.has("SELECT 1 FROM outbox WHERE case_id = ? AND what = 'reply' AND answers = 1"
                        " AND state IN ('ready', 'transmitting') LIMIT 1", case)

    def deadlines_to_look_at(self, now: datetime) -> list[Row]:
        """Return the open deadlines of which the clock may have to tell, with what the ladder needs of their case."""
        return self.rows(
            "SELECT deadlines.*, cases.marketplace, cases.shop, cases.reference, cases.kind, cases.snoozed_until,"
            " cases.untold FROM deadlines INDEXED BY deadlines_look JOIN cases ON cases.id = deadlines.case_id"
            " WHERE deadlines.state = 'open' AND deadlines.look <= ? ORDER BY deadlines.due", iso(now))

    def look_at_all(self) -> None:
        """Have every open deadline looked at again: the seller's ladder of warnings is another one."""
        self.run("UPDATE deadlines SET look = '' WHERE state = 'open'")

    def look_later(self, looks: Sequence[tuple[datetime, int]]) -> None:
        """Leave deadlines alone until these moments."""
        self.run_many("UPDATE deadlines SET look = ? WHERE id = ?", [(iso(look), number) for look, number in looks])

    def warn(self, deadline: int, rung: int, look: datetime) -> None:
        """Note which rung of the ladder was told, in seconds before it is due, and when to look again."""
        self.run("UPDATE deadlines SET warned = ?, look = ? WHERE id = ?", rung, iso(look), deadline)

    def no_reply_links(self, case: int) -> dict[str, str]:
        """Return the links that take the buyer's messages since the last answer out of the response time, by mail."""
        rows = self.rows(
            "SELECT mail, links FROM events WHERE case_id = ? AND links LIKE '%\"no_response_needed\"%'"
            " AND source LIKE 'mail:%' AND id > (SELECT coalesce(max(id), 0) FROM events WHERE case_id = ?"
            " AND kind IN ('seller_answered', 'own_message_copied', 'no_reply_needed')) ORDER BY id", case, case)
        return {f"M-{row['mail']}": json.loads(row["links"])["no_response_needed"] for row in rows}

    # -- outbox --------------------------------------------------------------------------------

    def write(self, row: Written, case: int | None, event: int | None, now: datetime) -> int | None:
        """Put a row into the outbox; None if a row of that step is already there."""
        if row.once:
            self.wake(cases=self._known_long_ago("once", row.once, self.keyed(row.once)))
        return self.insert(
            "INSERT OR IGNORE INTO outbox (step, case_id, event, what, mailbox, to_addr, channel, mode, state,"
            " template, subject, body, answers, in_reply_to, references_, message_id, raw, why, error, not_before,"
            " remarks, parameters, once, words_from, words_hash, created, changed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.step, case, event, row.what, row.mailbox, row.to, row.channel, row.mode, row.state, row.template,
            row.subject, row.body, row.answers, row.in_reply_to, row.references, row.message_id, row.raw, row.why,
            row.error, iso(row.not_before) if row.not_before else None, row.remarks, _json(dict(row.parameters)),
            row.once, row.words_from, row.words_hash, iso(now), iso(now)) or None

    def move(self, move: Move, now: datetime, raw: bytes | None = None, *, tries: int = 0,
             untroubled: bool = False) -> bool:
        """Move an outbox row on, if it still stands where it must, and count the tries; say whether it did.

        Args:
            untroubled: what went wrong before, and its pause, are over.
        """
        error = ", error = '', not_before = NULL" if untroubled else ""
        return bool(self.run(
            "UPDATE outbox SET state = ?, changed = ?, attempts = attempts + ?, spent = max(spent, ?),"
            f" raw = CASE WHEN ? AND what NOT IN ('reply', 'offer') THEN NULL ELSE coalesce(?, raw) END{error}"
            f" WHERE id = ? AND state IN ({_marks(move.frm)})",
            move.to, iso(now), tries, move.to is State.SENT, move.to in GONE, raw, move.draft, *move.frm))

    def adopt(self, draft: int) -> None:
        """Make what was to leave alone the seller's own, once he has said yes: no pause and no cap holds it back."""
        self.run("UPDATE outbox SET mode = 'draft', answers = 1 WHERE id = ? AND mode = 'alone'", draft)

    def rewrite(self, rewrite: Rewrite, body: str, remarks: str, now: datetime) -> bool:
        """Give a draft other words, if it still stands where it must; say whether it did. Its bytes are made anew."""
        marks = ", ".join("?" for _ in rewrite.frm)
        return bool(self.run(
            "UPDATE outbox SET body = ?, remarks = ?, raw = NULL, error = '', words_from = 'seller', words_hash = '',"
            " changed = ? WHERE id = ?"
            f" AND state IN ({marks})", body, remarks, iso(now), rewrite.draft, *rewrite.frm))

    def record_answers(self, event: int, names: Sequence[str], now: datetime) -> None:
        for name in names:
            self.run("INSERT OR IGNORE INTO answered (event, answer, at) VALUES (?, ?, ?)", event, name, iso(now))

    def answers_of(self, event: int) -> list[str]:
        return [row["answer"] for row in
                self.rows("SELECT answer FROM answered WHERE event = ? ORDER BY answer", event)]

    def answered_since(self, since: datetime) -> dict[str, int]:
        """Return how often each of the seller's own answers was asked for since an instant."""
        return {row["answer"]: row["times"] for row in self.rows(
            "SELECT answer, count(*) AS times FROM answered WHERE at >= ? GROUP BY answer", iso(since))}

    def drop_others(self, row: Row, now: datetime) -> None:
        """Discard the other drafts about the same event: of accepting and refusing a sale one is left."""
        self.run("UPDATE outbox SET state = 'discarded', changed = ? WHERE event = ? AND what = 'reply' AND id != ?"
                 " AND state = 'draft'", iso(now), row["event"], row["id"])

    def note(self, draft: int, error: str, *, not_before: datetime | None = None) -> None:
        self.run("UPDATE outbox SET error = ?, not_before = ? WHERE id = ?",
                 error, iso(not_before) if not_before else None, draft)

    def record_try(self, row: Row, outcome: str, answer: str, now: datetime) -> None:
        """Write into the journal what came of a try of sending, in the server's own words."""
        self.run("INSERT INTO tries (draft, try, outcome, answer, at) VALUES (?, ?, ?, ?, ?)", row["id"],
                 row["attempts"], outcome, answer, iso(now))

    def ready(self, now: datetime, after: int = 0, most: int = -1) -> list[Row]:
        """Return the rows whose time has come, of the numbers above `after` so many at most; -1: all."""
        return self.rows("SELECT * FROM outbox WHERE state = 'ready' AND (not_before IS NULL OR not_before <= ?)"
                         " AND id > ? ORDER BY id LIMIT ?", iso(now), after, most)

    def left_transmitting(self) -> list[Row]:
        return self.rows("SELECT * FROM outbox WHERE state = 'transmitting' ORDER BY id")

    def outbox_row(self, number: int) -> Row | None:
        row = self.row("SELECT * FROM outbox WHERE id = ?", number)
        if row is None:
            self.wake(drafts=[number])
        return row or self.row("SELECT * FROM outbox WHERE id = ?", number)

    # -- orders by mail ------------------------------------------------------------------------

    def has_step(self, step: str) -> bool:
        return self.has("SELECT 1 FROM outbox WHERE step = ?", step)

    def mint(self, grant: Grant) -> str:
        """Return a new token of 80 bits for what is granted; only its hash is kept."""
        from bot.core.grant import ALPHABET

        bits = secrets.randbits(80)
        letters = "".join(ALPHABET[bits >> at & 31] for at in range(0, 80, 5))
        token = "-".join(letters[at:at + 4] for at in range(0, 16, 4))
        self.grant(token, grant)
        return token

    def grant(self, token: str, grant: Grant) -> None:
        self.run("INSERT INTO tokens (hash, address, case_id, words, draft, shown, expires)"
                 " VALUES (?, ?, ?, ?, ?, ?, ?)",
                 self._token_hash(token), grant.address, grant.case, " ".join(sorted(grant.words)), grant.draft,
                 grant.shown, iso(grant.expires))

    def granted(self, token: str) -> Row | None:
        """Return what a token allows, used up or expired though it may be; None for one that we never made."""
        return self.row("SELECT * FROM tokens WHERE hash = ?", self._token_hash(token))

    def forget_subject(self, mail: int, subject: str) -> None:
        """Keep a subject without the token that it came with."""
        self.run("UPDATE mails SET subject = ? WHERE id = ?", subject, mail)

    def use_token(self, token: str, now: datetime) -> None:
        self.run("UPDATE tokens SET used = coalesce(used, ?) WHERE hash = ?", iso(now), self._token_hash(token))

    def _token_hash(self, token: str) -> str:
        return hmac.digest(self.salt(), f"token {token}".encode(), "sha256").hex()

    def record_order(self, mail: int, case: int | None, sender: str, said: str, verdict: str, reason: str,
                     now: datetime) -> None:
        self.run("INSERT INTO orders (mail, case_id, sender, said, verdict, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                 mail, case, sender, said, verdict, reason, iso(now))

    def guesses_since(self, since: datetime, sender: str, origin: Origin) -> int:
        """Count the wrong tokens from a sender. To one who is proven, mails in his name that are not do not count."""
        row = self.row("SELECT count(*) AS many FROM orders JOIN mails ON mails.id = orders.mail"
                       " WHERE orders.sender = ? AND at >= ? AND orders.reason = 'bad_token'"
                       " AND (? != 'proven' OR mails.origin = 'proven')", sender, iso(since), origin)
        return int(row["many"]) if row else 0

    def unclear_since(self, since: datetime, sender: str) -> int:
        row = self.row("SELECT count(*) AS many FROM orders WHERE sender = ? AND at >= ? AND verdict = 'unclear'",
                       sender, iso(since))
        return int(row["many"]) if row else 0

    # -- what became of a sending --------------------------------------------------------------

    def record_echo(self, marks: Sequence[str], now: datetime) -> None:
        """Keep the marks of a mail of ours that came back, whether its row is known yet or not.

        Nobody can know a mark before he has the mail, so that whoever shows it proves that it left.
        """
        for mark in filter(None, marks):
            self.run("INSERT OR IGNORE INTO echoes (mark, at) VALUES (?, ?)", mark[:16], iso(now))

    def came_back(self, message_id: str) -> bool:
        return self.has("SELECT 1 FROM echoes WHERE mark = ?", mark_of(message_id))

    def echoed(self) -> Row | None:
        """Return a row of which nobody knew whether it left, and which has come back to us since."""
        return self.row("SELECT outbox.* FROM outbox INDEXED BY outbox_states"
                        " JOIN echoes ON mark = substr(message_id, 2, 16)"
                        " WHERE state IN ('transmitting', 'uncertain') AND channel = 'email' ORDER BY id LIMIT 1")

    def answered_by_mail(self, message_id: str, since: datetime) -> bool:
        """Say whether a mail that came since an instant refers to one of ours: then ours was there already."""
        return self.has("SELECT 1 FROM mails INDEXED BY mails_received WHERE received >= ? AND instr(references_, ?)"
                        " LIMIT 1", iso(since), message_id)

    def unfiled(self, before: datetime, now: datetime) -> Row | None:
        """Return a reply that left before an instant, and of which no copy was looked for in Sent since."""
        return self.row(
            "SELECT * FROM outbox INDEXED BY outbox_unfiled WHERE state = 'sent' AND filed = '' AND channel = 'email'"
            " AND raw IS NOT NULL AND what IN ('reply', 'offer') AND attempts > 0 AND changed <= ?"
            " AND (not_before IS NULL OR not_before <= ?) ORDER BY id LIMIT 1", iso(before), iso(now))

    def record_filed(self, draft: int, filed: str) -> None:
        self.run("UPDATE outbox SET filed = ? WHERE id = ?", filed, draft)

    def runs_out(self, case: int, met_by: str, now: datetime, within: timedelta) -> bool:
        """Say whether a running deadline of the seller's, which such an act meets, ends so soon."""
        return self.has(
            "SELECT 1 FROM deadlines WHERE case_id = ? AND state = 'open' AND who = 'seller' AND due > ?"
            " AND due <= ? AND ' ' || met_by || ' ' LIKE '% ' || ? || ' %' LIMIT 1",
            case, iso(now), iso(now + within), met_by)

    def stop_address(self, address: str, why: str, now: datetime) -> None:
        self.run("INSERT OR IGNORE INTO stopped_addresses (address, since, why) VALUES (?, ?, ?)",
                 address.lower(), iso(now), why[:200])

    def open_address(self, address: str) -> None:
        self.run("DELETE FROM stopped_addresses WHERE address = ?", address.lower())

    def stopped_address(self, address: str) -> str:
        """Return why nothing leaves to an address by itself; empty while it may."""
        row = self.row("SELECT why FROM stopped_addresses WHERE address = ?", address.lower())
        return row["why"] or "-" if row else ""

    def lease(self) -> Row | None:
        return self.row("SELECT * FROM leases WHERE name = 'writer'")

    def set_lease(self, host: str, pid: int, boot: str, now: datetime) -> None:
        self.run("INSERT OR REPLACE INTO leases (name, host, pid, boot, beaten) VALUES ('writer', ?, ?, ?, ?)",
                 host, pid, boot, iso(now))

    def drop_lease(self, host: str, pid: int) -> None:
        self.run("DELETE FROM leases WHERE name = 'writer' AND host = ? AND pid = ?", host, pid)

    # -- what is searched ----------------------------------------------------------------------

    def indexes(self) -> frozenset[str]:
        """Return what this SQLite can search: names (`named`), what was heard (`spoken`), our answers (`written`)."""
        rows = self.rows("SELECT name FROM sqlite_master WHERE name IN ('named', 'spoken', 'written')")
        return frozenset(row["name"] for row in rows)

    def index_words(self, most: int) -> bool:
        """Put the next events, cases and answers into the indexes of the search; say whether there were any left."""
        if not self.has("SELECT 1 FROM unindexed UNION ALL SELECT 1 FROM events WHERE id > ? UNION ALL"
                        " SELECT 1 FROM cases WHERE id > ? UNION ALL SELECT 1 FROM outbox WHERE id > ? LIMIT 1",
                        *(int(self.meta(name) or 0) for name in ("spoken", *INDEXED))):
            return False    # nobody who writes is waited for
        with self.write_tx():
            there = self.indexes()
            events = "spoken" in there and self._index_events(most)
            return any([events, *(self._index(name, most) for name in INDEXED if name in there)])

    def _index_events(self, most: int) -> bool:
        last = int(self.meta("spoken") or 0)
        found = self.row("SELECT max(id) AS id FROM (SELECT id FROM events WHERE id > ? ORDER BY id LIMIT ?)",
                         last, most) or {}
        if found.get("id") is None:
            return False
        self.run("INSERT INTO spoken (rowid, text, facts) SELECT id, text, facts FROM events"
                 " WHERE id > ? AND id <= ?", last, found["id"])
        self.set_meta("spoken", str(found["id"]))
        return True

    def _index(self, name: str, most: int) -> bool:
        """Index what is new by its number, and what changed since: words that stood there before stay in the index.

        By them, too, the case is found.
        """
        source, wanted, columns = INDEXED[name]
        last = int(self.meta(name) or 0)
        insert = f"INSERT INTO {name} (rowid, {columns}) SELECT id, {columns} FROM {source} WHERE {wanted} AND"
        if new := self.rows(f"SELECT id FROM {source} WHERE id > ? ORDER BY id LIMIT ?", last, most):
            self.run(f"{insert} id > ? AND id <= ?", last, new[-1]["id"])
            self.set_meta(name, str(new[-1]["id"]))
        changed = self.rows("SELECT id FROM unindexed WHERE what = ? ORDER BY id LIMIT ?", source, most)
        if changed:
            next_ = "FROM unindexed WHERE what = ? AND id <= ?"
            self.run(f"{insert} id <= ? AND id IN (SELECT id {next_})", last, source, changed[-1]["id"])
            self.run(f"DELETE {next_}", source, changed[-1]["id"])
        return bool(new or changed)

    def drop_index(self) -> None:
        """Throw the indexes of the search away, for something in them is forgotten; the next search makes them anew."""
        for name in self.indexes():
            self.run(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")
        self.run("DELETE FROM meta WHERE name IN ('spoken', 'named', 'written')")
        self.run("DELETE FROM unindexed")

    # -- what the guards ask -------------------------------------------------------------------

    def heard(self, key: CaseKey, order: str | None, about: str | None) -> list[Row]:
        """Return the events of a case and of others of the same order or item at the same shop, the oldest first.

        Of an order with several items each has a price, a parcel and a claim of its own.
        Of two orders the item joins nothing: Amazon's is the article's name, which many buyers share.
        """
        of_item = "SELECT id{} FROM cases WHERE marketplace = ?1 AND shop = ?2 AND item = ?4"
        if order is not None:   # so that it costs nothing how many others have bought the same
            of_item = f"{of_item} AND order_number = ?5 UNION {of_item} AND order_number IS NULL"
        joined = ("SELECT id{} FROM cases WHERE marketplace = ?1 AND shop = ?2 AND reference = ?3"
                  f" UNION {of_item} UNION SELECT id{{}} FROM cases INDEXED BY cases_of_order"
                  " WHERE marketplace = ?1 AND shop = ?2 AND order_number = ?5"
                  " AND (coalesce(item, '') = '' OR coalesce(?4, '') = '')")
        asked = (key.marketplace, key.shop, key.reference, about, order)
        rows = self.rows(
            f"SELECT id, kind, at, origin, source, facts FROM events WHERE case_id IN ({joined.replace('{}', '')})"
            " AND NOT (source LIKE 'seller:%' AND key LIKE '%/refused:%') ORDER BY id", *asked)
        past = self._has_past() and self.rows(
            f"SELECT id, folded FROM ({joined.replace('{}', ', folded')}) WHERE folded IS NOT NULL", *asked)
        return sorted([*rows, *self._heard_long_ago(past)], key=lambda row: row["id"]) if past else rows

    def _heard_long_ago(self, past: Sequence[Row]) -> Iterator[Row]:
        cases = {row["id"] for row in past}
        packs = _json([row["folded"] for row in past])
        return (row for row in self.past_rows("events", "id IN (SELECT value FROM json_each(?))", packs)
                if row["case_id"] in cases and not (
                    row["source"].startswith("seller:") and "/refused:" in row["key"]))

    def written(self, case: int | None, once: str) -> list[Row]:
        """Return the rows to the buyer or the marketplace of a case, and those that would use up the same."""
        if once:
            self.wake(cases=self._known_long_ago("once", once, self.keyed(once)))
        return self.rows(
            "SELECT outbox.id, step, outbox.case_id, event, what, to_addr, channel, state, template, once, spent,"
            " events.kind FROM outbox LEFT JOIN events ON events.id = outbox.event"
            " WHERE +what IN ('reply', 'offer') AND (outbox.case_id = ? OR (once != '' AND once IN (?, ?)))"
            " ORDER BY outbox.id", case, once, self.keyed(once))

    def is_strange(self, key: CaseKey, case: int | None, order: str | None) -> bool:
        """Say whether sales are told here, and of an order neither the marketplace nor the seller has spoken yet."""
        if order:
            self.wake(cases=[row["id"] for row in self.rows(
                "SELECT id FROM cases INDEXED BY cases_of_order WHERE marketplace = ? AND shop = ? AND order_number = ?"
                " AND folded IS NOT NULL", key.marketplace, key.shop, order)])
        return bool(order) and self.has(
            "SELECT 1 FROM cases WHERE marketplace = ?1 AND shop = ?2 AND sold = 1 AND NOT EXISTS (SELECT 1"
            " FROM events WHERE case_id IN (SELECT ?3 UNION SELECT id FROM cases INDEXED BY cases_of_order"
            " WHERE marketplace = ?1 AND shop = ?2 AND order_number = ?4) AND (source LIKE 'seller:%'"
            " OR (origin = 'proven' AND kind != 'buyer_wrote'))) LIMIT 1", key.marketplace, key.shop, case, order)

    def left_alone(self, now: datetime, *, case: int | None, domain: str, mailbox: str) -> dict[str, int]:
        """Count what left, or is about to, without the seller's yes: of a case, to a domain, from a mailbox."""
        return self.rows(
            "SELECT count(*) FILTER (WHERE case_id = ?1) AS case_day,"
            " count(*) FILTER (WHERE case_id = ?1 AND what = 'reply') AS replies_day,"
            " count(*) FILTER (WHERE ?2 != '' AND created > ?4 AND lower(to_addr) LIKE '%@' || ?2) AS domain_hour,"
            " count(*) FILTER (WHERE mailbox = ?3) AS mailbox_day FROM outbox"
            " WHERE what IN ('reply', 'offer') AND mode = 'alone' AND created > ?5"
            " AND state IN ('ready', 'transmitting', 'sent', 'uncertain', 'handed')",
            case, domain, mailbox, iso(now - timedelta(hours=1)), iso(now - timedelta(days=1)))[0]

    def alone_since(self, mailbox: str, since: datetime) -> tuple[int, int]:
        """Count the replies that were handed over without the seller's yes since an instant, and those that failed."""
        [row] = self.rows(
            "SELECT count(*) AS count, coalesce(sum(state IN ('failed', 'uncertain')), 0) AS failed FROM outbox"
            " WHERE what IN ('reply', 'offer') AND mode = 'alone' AND mailbox = ? AND attempts > 0 AND changed > ?"
            " AND state IN ('transmitting', 'sent', 'uncertain', 'failed')", mailbox, iso(since))
        return int(row["count"]), int(row["failed"])

    def unswept(self, mailbox: str, since: datetime) -> bool:
        """Say whether a folder of a mailbox was not looked at since, or a mail that came was not read."""
        return self.waiting_mails() or self.has(
            "SELECT 1 FROM folders WHERE mailbox = ? AND (looked IS NULL OR looked < ?) LIMIT 1",
            mailbox, iso(since))

    def only_held(self, case: int) -> bool:
        """Say whether all that left in a case is automatic words that do not answer: a copy of these meets nothing."""
        sent = self.rows("SELECT answers FROM outbox WHERE case_id = ? AND what = 'reply' AND state = 'sent'", case)
        return bool(sent) and not any(row["answers"] for row in sent)

    def own_mail(self, message_ids: Sequence[str]) -> Row | None:
        """Return the mail of ours to a buyer that one of these Message-IDs names."""
        self._wake_written(message_ids)
        found = (self.row("SELECT * FROM outbox WHERE message_id = ? AND what IN ('reply', 'offer')", one)
                 for one in message_ids)
        return next((row for row in found if row), None)

    def _wake_written(self, message_ids: Sequence[str]) -> None:
        """Bring back the cases of mails of ours, that old ones may be answered or come back as well."""
        marks = [mark_of(one) for one in message_ids if one]
        if marks and (cases := self._known_long_ago("letter", *marks)):
            self.wake(cases=cases)

    def wrote(self, mark: str) -> bool:
        return self.has("SELECT 1 FROM outbox WHERE message_id BETWEEN '<' || ?1 AND '<' || ?1 || char(1114111)"
                        " AND substr(message_id, 2, 16) = ?1", mark) or bool(self._known_long_ago("letter", mark))

    def is_own(self, message_id: str) -> bool:
        return bool(message_id) and (self.has("SELECT 1 FROM outbox WHERE message_id IN (?, ?)", message_id,
                                              self.keyed(message_id)) or self._wrote_long_ago(message_id))


_NEXT = "(SELECT mailbox FROM mails WHERE state = 'kept' AND mailbox > {} ORDER BY mailbox LIMIT 1)"
_HEADS = ("WITH RECURSIVE boxes (name) AS (SELECT " + _NEXT.format("''") + " UNION ALL SELECT " + _NEXT.format("name")
          + " FROM boxes WHERE name IS NOT NULL) SELECT name, (SELECT cold FROM mails WHERE state = 'kept'"
          " AND mailbox = name ORDER BY id LIMIT 1) FROM boxes WHERE name IS NOT NULL")
_BY_ANSWER = ("SELECT DISTINCT cases.id FROM cases JOIN outbox ON outbox.case_id = cases.id"
              " WHERE cases.marketplace = ? AND outbox.message_id = ? LIMIT ?")
_BY_ALIAS = "SELECT case_id FROM aliases WHERE marketplace = ? AND alias = ? LIMIT ?"


def _marks(names: Sized) -> str:
    return ", ".join("?" * len(names))


_json = json.JSONEncoder(ensure_ascii=False).encode   # json.dumps would make an encoder for each value


def _object(values: Mapping[str, Any]) -> str:
    return _json(dict(values)) if values else "{}"


def _list(values: Sequence[Any]) -> str:
    return _json(list(values)) if values else "[]"


def _pages(spans: Iterable[range]) -> Iterator[list[range]]:
    """Part runs into lists of about PAGE numbers."""
    page: list[range] = []
    held = 0
    for part in (span[at:at + PAGE] for span in spans for at in range(0, len(span), PAGE)):
        page.append(part)
        held += len(part)
        if held >= PAGE:
            yield page
            page, held = [], 0
    if page:
        yield page


def _differ(one: str | None, other: str | None) -> bool:
    return bool(one and other and one != other)


def _new_case(key: CaseKey) -> Case:
    from bot.core.case import Case

    return Case(key=key)


def _columns(case: Case) -> dict[str, str | None]:
    """Return what of a case may change, by its columns and in their order."""
    return {"mailbox": case.mailbox, "order_number": case.order, "item": case.item, "buyer": case.buyer,
            "answer_to": case.answer_to, "language": case.language, "kind": case.kind or "", "stage": case.stage,
            "turn": case.turn, "origin": case.origin or "",
            "snoozed_until": iso(case.snoozed_until) if case.snoozed_until else None}


def _case(row: Row) -> Case:
    from bot.core.case import Case, Stage

    return Case(
        key=CaseKey(marketplace=row["marketplace"], shop=row["shop"], reference=row["reference"]),
        number=row["id"], mailbox=row["mailbox"], order=row["order_number"], item=row["item"], buyer=row["buyer"],
        answer_to=row["answer_to"], language=row["language"], kind=Kind(row["kind"]), stage=Stage(row["stage"]),
        turn=Party(row["turn"]), opened=moment(row["opened"]),
        origin=Origin(row["origin"]) if row["origin"] else None,
        snoozed_until=moment(row["snoozed_until"]) if row["snoozed_until"] else None)


def _open(path: Path) -> sqlite3.Connection:
    _make(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=STATEMENTS)
    if not path.stat().st_size:
        connection.execute(SHRINKING)   # before the first page is written, or it would need a VACUUM
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF", "secure_delete = ON",
                   "recursive_triggers = ON",   # or INSERT OR REPLACE would pass by what keeps the journal
                   "temp_store = MEMORY",       # or each savepoint writes what it changes into a file beside
                   f"cache_size = -{CACHE}"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _make(path: Path) -> None:
    """Make the file for its owner only, before SQLite does; its -wal and -shm get the same rights.

    One that is there is never opened by us: closing it would drop the locks (POSIX) that SQLite holds on it for the
    other threads, and a second program would then take the log away from under them: sqlite.org/howtocorrupt, 2.2.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    path.chmod(0o600)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. Where two processes do so at once in a new file SQLite does not wait, whatever the timeout."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(0.05)


def _applied(connection: sqlite3.Connection) -> list[str]:
    """Return the migrations a database has behind it; none for a new one."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone():
        return []
    return [name for name, in connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?",
                                                 (migrations.name,))]


def _refuse_newer(applied: Sequence[str], path: Path) -> None:
    """Raise if a newer program has changed the tables: this one would write what that one cannot read."""
    if newer := [name for name in applied if name not in migrations.names]:
        raise StorageError(say("The database {path} was made by a newer Guichet ({names}): use that program, "
                               "or put back a backup of before", path=path, names=", ".join(newer)), permanent=True)


@contextmanager
def _plainly(path: Path, *also: type[OSError]) -> Iterator[None]:
    """Turn SQLite's errors (and others asked for) into one plain sentence."""
    caught: tuple[type[Exception], ...] = (sqlite3.Error, zlib.error, *also)
    try:
        yield
    except caught as error:
        raise _storage_error(error, path) from error


def _storage_error(error: Exception, path: Path) -> StorageError:
    return StorageError(_with_room(error, path, _sentence(error, path)))


def _is_full(error: Exception) -> bool:
    return "full" in str(error) or getattr(error, "errno", None) == ENOSPC


def _with_room(error: Exception, path: Path, sentence: str) -> str:
    """Let go of what was put by for a full disk, so that the next try can write down what happens."""
    ballast = path.parent / "ballast"
    if not _is_full(error) or not ballast.exists():
        return sentence
    size = ballast.stat().st_size >> 20
    ballast.unlink(missing_ok=True)
    return say("{sentence}; {size} MiB put by for this were let go, so that records can be written", sentence=sentence,
               size=size)


def _sentence(error: Exception, path: Path) -> str:
    words = str(error)
    if "locked" in words or "busy" in words:
        return say("The database {path} stayed busy for {seconds} s; this round is skipped, the next one tries again",
                   path=path, seconds=BUSY_SECONDS)
    if _is_full(error) or "disk I/O" in words:
        return say("The disk that holds {path} is full or failing ({words}): free some space; "
                   "nothing was lost, the mails are still on the server", path=path, words=words)
    if "not a database" in words or "malformed" in words:
        return say("The database {path} is damaged ({words}): put back the newest backup", path=path, words=words)
    return say("The database {path} cannot be used ({words}): check that its folder exists and may be written",
               path=path, words=words)
