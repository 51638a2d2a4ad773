"""The directory of sellers, in PostgreSQL: who they are, which shard and host has them, how they stand.

Nothing of a buyer is here, and nothing that could be lost with it: the mails and answers are in each seller's own
file, and a directory that was emptied can be filled again with `fleet add`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Any

from bot.fleet.addressing import Address, FleetError
from bot.words import say

if TYPE_CHECKING:
    from psycopg import Connection

Row = dict[str, Any]

SHARD = 50              # mailboxes of one job
ALIVE = 20              # seconds of silence after which a worker counts as dead
LOCK = 4711_2026        # of the transactions that share out shards

TABLES = """
CREATE TABLE IF NOT EXISTS fleet_shards (
    number integer PRIMARY KEY,
    host text NOT NULL,
    made timestamptz NOT NULL DEFAULT now(),
    ran timestamptz,                            -- when a worker last went round it
    worker text NOT NULL DEFAULT ''             -- who serves it now
);
CREATE TABLE IF NOT EXISTS fleet_sellers (
    name text PRIMARY KEY,
    host text NOT NULL,
    folder text NOT NULL,
    settings text NOT NULL,                     -- the file's name in that folder
    shard integer NOT NULL REFERENCES fleet_shards (number),
    addresses text[] NOT NULL,                  -- of his mailboxes: no two sellers answer from one
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'moving', 'packed')),
    agency boolean NOT NULL DEFAULT false,      -- hears the fleet's own alarms
    idle boolean NOT NULL DEFAULT false,        -- his server tells of news; else he is polled
    joined timestamptz NOT NULL DEFAULT now(),
    visited timestamptz,
    poked timestamptz,                          -- somebody wants him visited
    wake timestamptz,                           -- when his own clock next has something to do
    last_read timestamptz,
    next_deadline timestamptz,
    oldest_unread timestamptz,
    uncertain integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    rests jsonb NOT NULL DEFAULT '{}'           -- what failed of his, how often, and until when it is left alone
);
CREATE INDEX IF NOT EXISTS fleet_sellers_of_shard ON fleet_sellers (shard);
CREATE INDEX IF NOT EXISTS fleet_sellers_addresses ON fleet_sellers USING gin (addresses);
CREATE TABLE IF NOT EXISTS fleet_workers (
    name text PRIMARY KEY,
    host text NOT NULL,
    slots integer NOT NULL,                     -- how many shards it takes at once
    began timestamptz NOT NULL DEFAULT now(),
    beaten timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """One row of the directory, as far as the work needs it."""

    name: str
    host: str
    folder: Path
    settings: str
    shard: int
    state: str = "active"
    agency: bool = False
    rests: Mapping[str, Any] = field(default_factory=dict)
    poked: datetime | None = None
    wake: datetime | None = None
    visited: datetime | None = None

    @property
    def path(self) -> Path:
        return self.folder / self.settings


def seller_of(row: Row) -> Seller:
    names = ("name", "host", "settings", "shard", "state", "agency", "rests", "poked", "wake", "visited")
    return Seller(folder=Path(row["folder"]), **{name: row[name] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a shard stands while somebody serves it; `share`: how many shards are each worker's of this host."""

    worker: str
    sellers: tuple[Seller, ...]
    share: int
    crowded: bool


class Directory:
    """One connection, for any thread; connects again by itself at the next question."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._line: Connection[Row] | None = None
        self._alone = threading.RLock()

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._alone, suppress(OSError):
            if self._line is not None:
                self._line.close()
            self._line = None

    @contextmanager
    def tx(self) -> Iterator[Connection[Row]]:
        """Lend the connection for one transaction.

        Raises:
            FleetError: PostgreSQL is not there, or refuses.
        """
        import psycopg

        with self._alone:
            try:
                line = self._open()
                with line.transaction():
                    yield line
            except psycopg.OperationalError as error:
                self.close()
                raise FleetError(say("The fleet's directory cannot be reached ({reason})",
                                     reason=_reason(error))) from error
            except psycopg.errors.UndefinedTable as error:
                raise FleetError(say("There is no fleet in this database yet: run `run_bot.py fleet init`"),
                                 permanent=True) from error
            except psycopg.Error as error:
                raise FleetError(say("The fleet's directory refused ({reason})", reason=_reason(error))) from error

    def _open(self) -> Connection[Row]:
        import psycopg
        from psycopg.rows import dict_row

        if self._line is not None and _has_ended(self._line):
            self.close()
        if self._line is None:
            self._line = psycopg.connect(self.address.conninfo(), autocommit=True, row_factory=dict_row)
        return self._line

    def rows(self, query: str, **values: Any) -> list[Row]:
        with self.tx() as line:
            found = line.execute(query, values)
            return list(found.fetchall()) if found.description else []

    def run(self, query: str, **values: Any) -> None:
        self.rows(query, **values)

    # ---- making it

    def make(self) -> None:
        """Make what is missing; what is there stays. A database of a fleet may be made ready again at any time."""
        from procrastinate.schema import SchemaManager

        with self.tx() as line:
            line.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            there = line.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS there").fetchone()
            if not (there and there["there"]):
                line.execute(SchemaManager.get_schema().encode())
            for statement in TABLES.split(";\n"):
                line.execute(statement.encode())

    # ---- sellers

    def seller(self, name: str) -> Seller:
        """Return the seller of that name; raise FleetError if there is none."""
        found = self.rows("SELECT * FROM fleet_sellers WHERE name = %(name)s", name=name)
        if not found:
            raise FleetError(say("There is no seller {name} in the fleet; `run_bot.py fleet list` shows them",
                                 name=name), permanent=True)
        return seller_of(found[0])

    def everyone(self) -> list[Row]:
        return self.rows("SELECT * FROM fleet_sellers ORDER BY name")

    def enter(self, seller: Seller, addresses: Sequence[str]) -> int:
        """Enter a seller into a shard of his host with room for him; return its number.

        Raises:
            FleetError: his name, or one of his mailboxes, is there already.
        """
        wanted = sorted({one.lower() for one in addresses})
        with self.tx() as line:
            line.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            _must_be_new(line, seller.name, wanted)
            number = _room(line, seller.host, len(wanted))
            line.execute(
                "INSERT INTO fleet_sellers (name, host, folder, settings, shard, addresses, agency)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (seller.name, seller.host, str(seller.folder), seller.settings, number, wanted, seller.agency))
            return number

    def settle(self, name: str, host: str, folder: Path, frm: str) -> int:
        """Give a seller his new host and folder, if he still stands at `frm`; return his new shard."""
        with self.tx() as line:
            line.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            count = line.execute("SELECT cardinality(addresses) AS count FROM fleet_sellers WHERE name = %s AND state"
                                 " = %s FOR UPDATE", (name, frm)).fetchone()
            if count is None:
                raise _stands_otherwise(name)
            number = _room(line, host, count["count"])
            line.execute("UPDATE fleet_sellers SET host = %s, folder = %s, shard = %s, state = 'active', poked = now()"
                         " WHERE name = %s", (host, str(folder), number, name))
            return number

    def turn_to(self, name: str, frm: str, to: str) -> None:
        """Move a seller from one state to the next; raise FleetError where somebody else did first."""
        if not self.rows("UPDATE fleet_sellers SET state = %(to)s WHERE name = %(name)s AND state = %(frm)s"
                         " RETURNING name", name=name, frm=frm, to=to):
            raise _stands_otherwise(name)

    def leave(self, name: str) -> None:
        self.run("DELETE FROM fleet_sellers WHERE name = %(name)s", name=name)

    # ---- the work

    def claim(self, shard: int, worker: str) -> None:
        self.run("UPDATE fleet_shards SET worker = %(worker)s, ran = now() WHERE number = %(shard)s",
                 shard=shard, worker=worker)

    def turn(self, shard: int, queue: str) -> Turn:
        """Return how a shard stands, and note that it is gone round."""
        with self.tx() as line:
            told = line.execute(_TURN.encode(), {"shard": shard, "queue": queue, "alive": ALIVE}).fetchone()
            rows = line.execute("SELECT * FROM fleet_sellers WHERE shard = %s ORDER BY visited NULLS FIRST",
                                (shard,)).fetchall()
        if told is None:
            return Turn(worker="", sellers=(), share=1, crowded=False)
        share = -(-told["shards"] // max(1, told["workers"]))
        return Turn(worker=told["worker"], sellers=tuple(map(seller_of, rows)), share=max(1, share),
                    crowded=told["shards"] > told["slots"] and told["waiting"] > 0)

    def share(self, host: str) -> int:
        """Return how many shards of a host are each worker's."""
        [told] = self.rows(f"SELECT {_SHARDS} AS shards, {_WORKERS} AS workers", host=host, alive=ALIVE)
        return max(1, int(-(-told["shards"] // max(1, told["workers"]))))

    def note(self, visits: Sequence[Row]) -> None:
        """Write down how sellers were found, several at once."""
        with self.tx() as line, line.cursor() as cursor:
            cursor.executemany(_NOTE.encode(), [{**one, "rests": json.dumps(one["rests"])} for one in visits])

    def beat(self, worker: str, host: str, slots: int) -> None:
        self.run("INSERT INTO fleet_workers (name, host, slots) VALUES (%(worker)s, %(host)s, %(slots)s)"
                 " ON CONFLICT (name) DO UPDATE SET beaten = now(), slots = %(slots)s",
                 worker=worker, host=host, slots=slots)
        self.run("DELETE FROM fleet_workers WHERE beaten < now() - interval '1 day'")

    def go(self, worker: str) -> None:
        self.run("DELETE FROM fleet_workers WHERE name = %(worker)s", worker=worker)

    def unqueued(self, host: str) -> list[int]:
        """Return the shards of a host that have sellers, and no job that waits or runs."""
        return [row["number"] for row in self.rows(
            "SELECT number FROM fleet_shards AS shard WHERE host = %(host)s"
            " AND EXISTS (SELECT 1 FROM fleet_sellers WHERE shard = shard.number AND state = 'active')"
            " AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
            " AND lock = 'shard:' || shard.number) ORDER BY ran NULLS FIRST", host=host)]

    def poke_due(self, host: str) -> int:
        """Ask for a visit to each seller whose own clock has something to do; return how many there were."""
        return len(self.rows(
            "UPDATE fleet_sellers SET poked = now(), wake = NULL WHERE host = %(host)s AND state = 'active'"
            " AND wake <= now() RETURNING name", host=host))

    def poke_unseen(self, host: str) -> int:
        """Ask for a visit to each seller whom nobody saw for an hour: his digest and his backup hang on it."""
        return len(self.rows(
            "UPDATE fleet_sellers SET poked = now() WHERE host = %(host)s AND state = 'active'"
            " AND coalesce(visited, joined) < now() - interval '1 hour' RETURNING name", host=host))


_WORKERS = ("(SELECT count(*) FROM fleet_workers WHERE host = %(host)s"
            " AND beaten > now() - make_interval(secs => %(alive)s))")
_SHARDS = ("(SELECT count(DISTINCT shard) FROM fleet_sellers WHERE host = %(host)s AND state = 'active')")
_TURN = f"""
WITH mine AS (UPDATE fleet_shards SET ran = now() WHERE number = %(shard)s RETURNING host, worker)
SELECT worker, {_SHARDS.replace("%(host)s", "mine.host")} AS shards,
    {_WORKERS.replace("%(host)s", "mine.host")} AS workers,
    (SELECT coalesce(sum(slots), 0) FROM fleet_workers WHERE host = mine.host
        AND beaten > now() - make_interval(secs => %(alive)s)) AS slots,
    (SELECT count(*) FROM procrastinate_jobs WHERE queue_name = %(queue)s AND status = 'todo'
        AND coalesce(scheduled_at, now()) <= now()) AS waiting
FROM mine
"""
_NOTE = """
UPDATE fleet_sellers SET visited = now(), last_read = %(last_read)s, next_deadline = %(next_deadline)s,
    oldest_unread = %(oldest_unread)s, wake = %(wake)s, uncertain = %(uncertain)s, idle = %(idle)s,
    failures = %(failures)s, error = %(error)s, rests = %(rests)s::jsonb
WHERE name = %(name)s AND folder = %(folder)s AND state = 'active'
"""


def _has_ended(line: Connection[Row]) -> bool:
    """Say whether PostgreSQL has hung up meanwhile: an idle connection has nothing to read, save that."""
    import psycopg

    try:
        if not line.closed and select([line.fileno()], [], [], 0)[0]:
            line.execute("SELECT 1")
    except psycopg.Error:
        return True
    return line.closed


def _must_be_new(line: Connection[Row], name: str, addresses: list[str]) -> None:
    if line.execute("SELECT 1 FROM fleet_sellers WHERE name = %s", (name,)).fetchone():
        raise FleetError(say("There is a seller {name} in the fleet already", name=name), permanent=True)
    taken = line.execute("SELECT name FROM fleet_sellers WHERE addresses && %s", (addresses,)).fetchone()
    if taken:
        raise FleetError(say("The seller {other} has one of these mailboxes already: two would answer the same buyer",
                             other=taken["name"]), permanent=True)


def _room(line: Connection[Row], host: str, mailboxes: int) -> int:
    """Return the fullest shard of a host that has room, or a new one."""
    found = line.execute(
        "SELECT number FROM fleet_shards LEFT JOIN fleet_sellers ON shard = number WHERE fleet_shards.host = %s"
        " GROUP BY number HAVING coalesce(sum(cardinality(addresses)), 0) + %s <= %s"
        " ORDER BY coalesce(sum(cardinality(addresses)), 0) DESC, number LIMIT 1",
        (host, mailboxes, SHARD)).fetchone()
    if found is None:
        found = line.execute("INSERT INTO fleet_shards (number, host) SELECT coalesce(max(number), 0) + 1, %s"
                             " FROM fleet_shards RETURNING number", (host,)).fetchone()
    assert found
    number: int = found["number"]
    return number


def _stands_otherwise(name: str) -> FleetError:
    return FleetError(say("{name} is being moved, or was moved meanwhile; `run_bot.py fleet list` shows how he stands",
                          name=name), permanent=True)


def _reason(error: Exception) -> str:
    """Return PostgreSQL's first line, without what it tells of the rows. It never holds the password."""
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
