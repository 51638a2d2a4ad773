"""What is long past: rows of closed cases lie together in packs, and come back as they were when somebody asks.

The case itself stays in its row, and what must be known again – a mail, its content, an event, a mail of ours, what
could be had once – in `remembered`, as the beginning of a keyed hash: who has no secret of this installation reads
nothing in it. What is remembered once is never removed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.core.action import mark_of
from bot.core.folding import Rows, folded, mentions, unfolded
from bot.core.runs import runs, united

__all__ = ["Past"]

A_PACK = 100        # cases, or mails of no case: to bring one back all are unpacked
SMALL = A_PACK // 2  # a pack that is smaller is packed anew with the next
SHORT = 10          # bytes of a hash: of a billion names and a billion questions one is mistaken in a million cases
NO_RAW = 8          # bytes that nothing has in zlib
FINAL = "('sent', 'discarded', 'failed', 'handed')"
PLACED = " WHERE uidvalidity > 0 AND NOT EXISTS (SELECT 1 FROM mails WHERE mails.id = places.mail)"

# Of this connection only, and in memory.
LOOK = (
    # A case stays while a row of another one is about its event, or the other way round.
    "CREATE TEMP TABLE lent_cases AS SELECT DISTINCT value AS id FROM (SELECT events.case_id AS one, outbox.case_id"
    " AS other FROM outbox JOIN events ON events.id = outbox.event WHERE outbox.case_id IS NOT events.case_id),"
    " json_each(json_array(one, other)) WHERE value IS NOT NULL",
    "CREATE TEMP TABLE lent_mails AS SELECT DISTINCT mails.id FROM events JOIN mails ON mails.id = events.mail"
    " WHERE mails.case_id IS NOT events.case_id",
    "CREATE TEMP TABLE mails_of AS SELECT case_id, id AS mail FROM mails WHERE case_id IS NOT NULL",
    "CREATE INDEX temp.mails_of_case ON mails_of (case_id)",
)

Named = Callable[[str], bytes]      # the keyed hash of a name, whole


class Past:
    """The packs of one database. Whoever calls `fold` and those that bring back has a transaction open."""

    def __init__(self, connection: sqlite3.Connection, named: Named) -> None:
        self._connection, self._named = connection, named

    # -- what must be known again --------------------------------------------------------------

    def known(self, kind: str, *names: str) -> list[int]:
        """Return the numbers that are remembered under names of a kind: of a case, of mails for `mail`, `content`."""
        short = [self._short(kind, name) for name in names]
        marks = ", ".join("?" for _ in short)
        return [number for number, in self._connection.execute(
            f"SELECT number FROM remembered WHERE name IN ({marks}) ORDER BY number", short)]

    def _short(self, kind: str, name: str) -> bytes:
        return self._named(f"{kind}\0{name}")[:SHORT]

    def _remember(self, rows: Rows) -> None:
        self._connection.executemany("INSERT OR IGNORE INTO remembered (name, number) VALUES (?, ?)",
                                     [(self._short(kind, name), number) for kind, name, number in _names(rows)])

    # -- folding -------------------------------------------------------------------------------

    def ripe(self, before: str, after: int, most: int) -> list[int]:
        """Return the next cases, by their numbers, of which nothing was heard, due or sent since a moment."""
        return [number for number, in self._connection.execute(
            "SELECT id FROM cases WHERE folded IS NULL AND stage = 'closed' AND untold = 0 AND id > ?1 AND NOT EXISTS"
            " (SELECT 1 FROM events WHERE case_id = cases.id AND heard >= ?2) AND NOT EXISTS"
            " (SELECT 1 FROM deadlines WHERE case_id = cases.id AND (state = 'open' OR coalesce(ended, due) >= ?2))"
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE case_id = cases.id"
            f" AND (state NOT IN {FINAL} OR changed >= ?2 OR raw IS NOT NULL))"
            # The newest rows stay: their numbers would be given again.
            " AND id NOT IN (SELECT case_id FROM events WHERE id = (SELECT max(id) FROM events) UNION ALL"
            " SELECT case_id FROM outbox WHERE id = (SELECT max(id) FROM outbox) AND case_id IS NOT NULL UNION ALL"
            " SELECT id FROM lent_cases) ORDER BY id LIMIT ?3", (after, before, most))]

    def look_over(self) -> None:
        """Find once, for all that is folded after it, what no index tells: mails by case, and what others refer to."""
        self.end_look()
        for statement in LOOK:
            self._connection.execute(statement)

    def end_look(self) -> None:
        for name in ("lent_cases", "lent_mails", "mails_of"):
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{name}")

    def loose(self, before: str, most: int) -> list[int]:
        """Return mails that belong to no case and came before a moment; what is on the shelf stays."""
        return [number for number, in self._connection.execute(
            f"SELECT id FROM mails WHERE case_id IS NULL AND {self._bare()} LIMIT ?2", (before, most))]

    def _bare(self) -> str:
        """Return which mails may go: of which no bytes are kept, and that no row of another case is about."""
        return ("state IN ('read', 'ignored') AND kept < ?1 AND pack IS NULL"
                f" AND length(raw) <= {NO_RAW} AND id != (SELECT max(id) FROM mails)"
                " AND id NOT IN (SELECT id FROM lent_mails)")

    def fold(self, cases: Sequence[int], loose: Sequence[int], before: str) -> None:
        """Move what is known of these cases, and these mails, into packs; small packs are packed anew with them."""
        rows = self._rows_of(cases, loose, before)
        self._remember(rows)
        self._tally(cases, 1)
        self._remove(rows)
        small = [number for number, in self._connection.execute(
            "SELECT id FROM past WHERE cases + letters < ? ORDER BY id DESC LIMIT 2", (SMALL,))]
        for number in small:
            _join(rows, self._unpacked(number))
        self._delete_packs(small)
        for some in _parted(rows):
            self._insert(some)

    def _rows_of(self, cases: Sequence[int], loose: Sequence[int], before: str) -> Rows:
        of_cases = (json.dumps(list(cases)),)
        mails = self._select(f"* FROM mails WHERE {self._bare()} AND id IN (SELECT mail FROM mails_of WHERE case_id IN"
                             " (SELECT value FROM json_each(?2)) UNION ALL SELECT value FROM json_each(?3))"
                             " ORDER BY id",
                             (before, *of_cases, json.dumps(list(loose))))
        heard = "(SELECT id FROM events WHERE case_id IN (SELECT value FROM json_each(?)))"
        ours = "(SELECT id FROM outbox WHERE case_id IN (SELECT value FROM json_each(?)))"
        of = "* FROM {} WHERE case_id IN (SELECT value FROM json_each(?)) ORDER BY id"
        return {"mails": mails, "events": self._select(of.format("events"), of_cases),
                "deadlines": self._select(of.format("deadlines"), of_cases),
                "outbox": self._select(of.format("outbox"), of_cases),
                "tries": self._select(f"* FROM tries WHERE draft IN {ours} ORDER BY id", of_cases),
                "answered": self._select(f"* FROM answered WHERE event IN {heard}", of_cases),
                "orders": self._select("* FROM orders WHERE mail IN (SELECT value FROM json_each(?)) ORDER BY id",
                                       (json.dumps([row["id"] for row in mails]),))}

    def _select(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        cursor = self._connection.execute(f"SELECT {sql}", args)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor]

    def _remove(self, rows: Rows) -> None:
        for table, column in (("orders", "id"), ("tries", "id"), ("answered", "event"), ("outbox", "id"),
                              ("deadlines", "id"), ("events", "id"), ("mails", "id")):
            self._connection.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
                                     (json.dumps([row[column] for row in rows[table]]),))
        for table, without in LEFT_OUT.items():
            rows[table] = [{name: value for name, value in row.items() if name not in without} for row in rows[table]]

    def _insert(self, rows: Rows) -> None:
        cases, letters = _cases(rows), [row["id"] for row in rows["mails"]]
        ours, often = [row["id"] for row in rows["outbox"]], folded(rows)
        number = self._connection.execute(
            "INSERT INTO past (cases, letters, heard, received, first_mail, last_mail, first_draft, last_draft, often,"
            " seldom) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (len(cases), len(letters), max((row["at"] for row in rows["events"]), default=""),
             min((row["received"] for row in rows["mails"]), default=None), min(letters, default=0),
             max(letters, default=0), min(ours, default=0), max(ours, default=0), *often)).lastrowid
        self._connection.executemany("UPDATE cases SET folded = ? WHERE id = ?", [(number, case) for case in cases])

    def _delete_packs(self, packs: Iterable[int]) -> None:
        self._connection.executemany("DELETE FROM past WHERE id = ?", [(number,) for number in packs])

    def _tally(self, cases: Sequence[int], sign: int) -> None:
        """Count the seller's deadlines of cases that go, or come back, for the view `kept_by_month`."""
        self._connection.execute(
            "INSERT INTO past_by_month (month, marketplace, name, met, missed)"
            " SELECT coalesce(substr(ended, 1, 7), ''), cases.marketplace, name, ?1 * count(*) FILTER (WHERE state ="
            " 'met'), ?1 * count(*) FILTER (WHERE state = 'missed') FROM deadlines JOIN cases ON cases.id = case_id"
            " WHERE who = 'seller' AND state IN ('met', 'missed') AND case_id IN (SELECT value FROM json_each(?2))"
            " GROUP BY 1, 2, 3 ON CONFLICT DO UPDATE SET met = met + excluded.met, missed = missed + excluded.missed",
            (sign, json.dumps(list(cases))))

    def note_places(self) -> None:
        """Keep places of mails that went as runs of numbers, which tell the same: there is nothing to be fetched."""
        gone: dict[tuple[Any, ...], list[int]] = {}
        for *folder, uid in self._connection.execute(
                f"SELECT mailbox, folder, uidvalidity, uid FROM places{PLACED} ORDER BY 1, 2, 3, 4"):
            gone.setdefault(tuple(folder), []).append(uid)
        of = "FROM runs WHERE mailbox = ? AND folder = ? AND uidvalidity = ?"
        for folder_, numbers in gone.items():
            there = self._connection.execute(f"SELECT first, last {of}", folder_).fetchall()
            self._connection.execute(f"DELETE {of}", folder_)
            spans = united([*(range(one, end + 1) for one, end in there), *runs(numbers)])
            self._connection.executemany("INSERT INTO runs (mailbox, folder, uidvalidity, first, last)"
                                         " VALUES (?, ?, ?, ?, ?)",
                                         [(*folder_, run[0], run[-1]) for run in spans])
        self._connection.execute(f"DELETE FROM places{PLACED}")

    # -- coming back ---------------------------------------------------------------------------

    def _pack_with(self, table: str, first: str, last: str, number: int) -> int | None:
        """Return the pack that holds a row. The numbers of packs' first and last rows overlap but a little."""
        for pack, often in self._connection.execute(
                f"SELECT id, often FROM past WHERE {first} <= ?1 AND {last} >= ?1", (number,)).fetchall():
            if any(row["id"] == number for row in unfolded(often, tables=(table,))[table]):
                return int(pack)
        return None

    def packs_that_mention(self, strings: Sequence[str]) -> list[int]:
        return [number for number, *pieces in self._connection.execute("SELECT id, often, seldom FROM past")
                if mentions(pieces, strings)]

    def bring_back(self, pack: int, wanted: Callable[[Mapping[str, Any]], bool] | None = None) -> None:
        """Put rows of a pack where they came from: those of the mails and cases that are wanted, or all.

        Args:
            wanted: says of a row of OF_CASES whether it, and all of its case, is.
        """
        rows = self._unpacked(pack)
        chosen = [row for table in OF_CASES for row in rows[table] if wanted is None or wanted(row)]
        cases = {row["case_id"] for row in chosen if row["case_id"] is not None}
        back, rest = _split(rows, cases, {row["id"] for row in chosen if row["case_id"] is None})
        self._delete_packs([pack])
        if any(rest.values()):
            self._insert(rest)
        self._restore("mails", back["mails"])
        self._bring_mails(row["mail"] for row in back["events"])
        for table in ORDER[1:]:
            self._restore(table, back[table])
        self._connection.executemany("UPDATE cases SET folded = NULL WHERE id = ?", [(case,) for case in cases])
        self._tally(sorted(cases), -1)

    def _bring_mails(self, numbers: Iterable[int | None]) -> None:
        """Bring back the mails that events are about, where these belong to no case or to another one."""
        for number in numbers:
            if number is not None and not self._connection.execute("SELECT 1 FROM mails WHERE id = ?",
                                                                   (number,)).fetchone():
                self.bring_mail(number)

    def bring_case(self, case: int) -> None:
        """Bring back a case, if it is folded."""
        [pack] = self._connection.execute("SELECT folded FROM cases WHERE id = ?", (case,)).fetchone() or [None]
        if pack is not None:
            self.bring_back(pack, lambda row: row["case_id"] == case)

    def bring_mail(self, number: int) -> None:
        """Bring back a mail, if there is one, and all of its case."""
        pack = self._pack_with("mails", "first_mail", "last_mail", number)
        if pack is not None:
            case = next(row["case_id"] for row in self._unpacked(pack)["mails"] if row["id"] == number)
            self.bring_back(pack, lambda row: row["case_id"] == case and (case is not None or row["id"] == number))

    def bring_draft(self, number: int) -> None:
        """Bring back the case that a mail of ours belongs to, if there is one of this number."""
        pack = self._pack_with("outbox", "first_draft", "last_draft", number)
        if pack is not None:
            self.bring_case(next(row["case_id"] for row in self._unpacked(pack)["outbox"] if row["id"] == number))

    def _restore(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            filled = {**row, **({"raw": b"", "sha256": f"past:{row['id']}"} if table == "mails" else {})}
            self._connection.execute(f"INSERT INTO {table} ({', '.join(filled)})"
                                     f" VALUES ({', '.join('?' for _ in filled)})", tuple(filled.values()))

    def _unpacked(self, pack: int) -> Rows:
        return unfolded(*self._connection.execute("SELECT often, seldom FROM past WHERE id = ?", (pack,)).fetchone())

    # -- reading -------------------------------------------------------------------------------

    def often(self, table: str, packs: str, *args: Any) -> Iterator[dict[str, Any]]:
        """Yield what is asked for often of a table's rows; `packs` is what stands behind WHERE."""
        for octets, in self._connection.execute(f"SELECT often FROM past WHERE {packs} ORDER BY id", args).fetchall():
            yield from unfolded(octets, tables=(table,))[table]


# What is not packed: it is remembered, empty, or a number that nobody names and that may be given again meanwhile.
LEFT_OUT = {"mails": ("raw", "sha256", "content_key", "pack", "start"), "outbox": ("raw",), "deadlines": ("id",),
            "tries": ("id",), "orders": ("id",)}
OF_CASES = ("mails", "events", "deadlines", "outbox")
ORDER = ("mails", "events", "deadlines", "outbox", "tries", "answered", "orders")


def _names(rows: Rows) -> Iterator[tuple[str, str, int]]:
    """Yield what must be known again, by kind and name, with the number of its case or mail."""
    for row in rows["mails"]:
        yield "mail", f"{row['mailbox']}\0{row['sha256']}", row["id"]
        if row["content_key"] and row["state"] == "read":
            yield "content", f"{row['origin']}\0{row['content_key']}", row["id"]
    for row in rows["events"]:
        yield "event", row["key"], row["case_id"]
    for row in rows["outbox"]:
        name = row["message_id"]
        yield "letter", mark_of(name) if name.startswith("<") else name, row["case_id"]
        if row["once"]:
            yield "once", row["once"], row["case_id"]


def _cases(rows: Rows) -> set[int]:
    return {row["case_id"] for table in OF_CASES for row in rows[table] if row["case_id"] is not None}


def _join(rows: Rows, others: Rows) -> None:
    for table in ORDER:
        rows[table] = [*others.get(table, ()), *rows[table]]


def _parted(rows: Rows) -> Iterator[Rows]:
    """Part rows into packs: what belongs to a case lies with it, mails of none with one another."""
    cases = sorted(_cases(rows))
    loose = [row["id"] for row in rows["mails"] if row["case_id"] is None]
    for at in range(0, max(len(cases), len(loose)), A_PACK):
        yield _split(rows, set(cases[at:at + A_PACK]), set(loose[at:at + A_PACK]))[0]


def _split(rows: Rows, cases: set[int], loose: set[int]) -> tuple[Rows, Rows]:
    """Return the rows of some cases, with some mails of no case, and the others."""
    mails = {row["id"] for row in rows["mails"] if row["case_id"] in cases or row["id"] in loose}
    ours = {row["id"] for row in rows["outbox"] if row["case_id"] in cases}
    heard = {row["id"] for row in rows["events"] if row["case_id"] in cases}
    column = {"mails": ("id", mails), "events": ("id", heard), "deadlines": ("case_id", cases), "outbox": ("id", ours),
              "tries": ("draft", ours), "answered": ("event", heard), "orders": ("mail", mails)}
    taken: tuple[Rows, Rows] = {}, {}
    for table, (name, chosen) in column.items():
        for those in taken:
            those[table] = []
        for row in rows.get(table, ()):
            taken[row[name] not in chosen][table].append(row)
    return taken
