"""What must not grow with the mails ever read: memory, a look that finds nothing, CPU a mail, room on the disk."""

from __future__ import annotations

import sqlite3
import sys
import time
from base64 import encodebytes
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from os import urandom
from pathlib import Path
from statistics import median

from benchmarks import mailbox, mails, meter
from benchmarks.contenders import bot, warm_up, write_settings
from benchmarks.goals import Found
from benchmarks.lab import EMPTY, Lab, asked, lab, once, settled

FEW, MANY, NEW = 10_000, 100_000, 1_000     # mails of a full measure
HISTORY = 1_000_000
ROUNDS = 5
ATTACHED = 18 * 2**20       # bytes before base64: with it the mail stays below 25 MiB
LITTLE, LARGE, FRESH, HEAVY = (f"{name}@boutique.example" for name in ("little", "large", "fresh", "heavy"))
# What a row of the past must not have in common with another: by table, column and the number of the copy.
UNIQUE = {"mails": ("sha256", "message_id", "content_key"),
          "cases": ("reference", "order_number"), "events": ("key",), "aliases": ("alias",)}
POINTS = {"mails": ("case_id",), "places": ("mail",), "events": ("case_id", "mail"), "aliases": ("case_id", "case"),
          "deadlines": ("case_id", "event", "event_id")}
COPIED = ("cases", "mails", "places", "events", "aliases", "deadlines")
# The past is past: of ten deadlines one still runs, the buyer's, due in weeks; of a thousand cases one waits for the
# seller, and of the others those are closed of which nothing is open.
PAST = (
    "UPDATE deadlines SET state = 'met' WHERE id % 10 != 0 AND state = 'open'",
    "UPDATE deadlines SET due = '2027-12-01T10:00:00Z', who = 'buyer' WHERE state = 'open'",
    "UPDATE cases SET next_due = NULL, stage = 'closed', turn = 'nobody'",
    "UPDATE cases SET next_due = found.due, stage = 'open', turn = CASE WHEN id % 100 THEN 'buyer' ELSE 'seller' END "
    "FROM (SELECT case_id, min(due) AS due FROM deadlines WHERE state = 'open' GROUP BY case_id) AS found "
    "WHERE found.case_id = cases.id",
)


def run(found: Found, scale: float, row: str = "") -> None:
    """Make all rows, or the one named, each with mailboxes of its own."""
    for name in [row] if row else ROWS:
        with lab() as here:
            ROWS[name](found, here, scale)
        sys.stderr.write(f"... growth:{name} {found.further}\n")


def _catching_up(found: Found, here: Lab, scale: float) -> None:
    few, many = max(200, int(FEW * scale / 4)), max(1000, int(MANY * scale / 4))
    if scale >= 1:
        few, many = FEW, MANY
    found.notes.append(f"Growth: {many} mails beside {few}.")
    here.fill(LITTLE, range(few))
    here.fill(LARGE, range(many))
    little, large = here.settings("little", {"ventes": LITTLE}), here.settings("large", {"ventes": LARGE})
    one, other = once(little), once(large)
    found.further["peak memory of many, of that of few"] = other.peak / one.peak
    found.further["peak memory catching up, MiB"] = other.peak
    found.notes.append(f"Peak memory, pages of program and child counted for both: {other.summed:.0f} MiB.")
    start = once(here.settings("start", {"ventes": EMPTY})).cpu     # the same for few and for many
    found.further["CPU a mail at many, of that at few"] = (other.cpu - start) / many / ((one.cpu - start) / few)
    _polls(found, little, large)
    found.further["KiB a mail with raw kept"] = _room(large) / many
    found.further["KiB a mail after retention"] = _retired(large) / many


def _polls(found: Found, little: Path, large: Path) -> None:
    """Compare looks that find nothing. One an hour sweeps the last 14 days: what that takes is what a whole pass with
    it takes more than one without.
    """
    found.further["nothing new at many, of that at few"] = _poll(large) / _poll(little)
    with_, without = (median(_whole(large, sweeps=one).cpu for _ in range(ROUNDS)) for one in (True, False))
    found.further["sweep of many, s"] = max(0.0, with_ - without)


def _poll(settings: Path) -> float:
    once(settings)
    return median(once(settings).cpu for _ in range(ROUNDS))


def _whole(settings: Path, *, sweeps: bool) -> meter.Ran:
    """Make a pass that is no glance; `sweeps`: as if the last one had been in another hour."""
    if sweeps:
        with closing(sqlite3.connect(settings.parent / "data" / "guichet.db")) as db, db:
            db.execute("UPDATE folders SET looked = '2026-01-01T00:00:00Z'")
        _was_us(settings)
    (settings.parent / "data" / "glance").unlink(missing_ok=True)
    return once(settings)


def _room(settings: Path) -> float:
    return (settings.parent / "data" / "guichet.db").stat().st_size / 1024


def _retired(settings: Path) -> float:
    """Return KiB of the database once all its cases are closed, as nothing is due in them, and older than what is kept.
    """
    from bot.edges.clock import now
    from bot.edges.store import Store
    from bot.forgetting import retire

    store = Store(settings.parent / "data" / "guichet.db")
    with store.write_tx():
        store.run("UPDATE cases SET stage = 'closed'")
        store.run("UPDATE deadlines SET state = 'met', ended = due WHERE state = 'open'")
        store.run("DELETE FROM meta WHERE name = 'retired'")
    retire(store, timedelta(days=1), now() + timedelta(days=400))
    store.compact()
    store.close()
    return _room(settings)


# ---- a million mails of the past


def _history(found: Found, here: Lab, scale: float) -> None:
    """Compare what new mails cost with a past to what they cost without one."""
    count, new = int(HISTORY * min(scale, 1)), max(200, int(NEW * scale))
    here.fill(LITTLE, range(200))
    here.fill(FRESH, range(2_000_000, 2_000_000 + new), mails.ANSWERED)
    empty, full = here.warm("empty", FRESH), here.warm("full", FRESH)
    seed = here.settings("seed", {"ventes": LITTLE})
    once(seed)
    once(here.warm("first", FRESH))     # of which it keeps, compiled, what the others load
    held = _multiply(seed, full, count)
    for settings in (empty, full):
        _look_over(here, settings)
    found.further["rate with a past, of that without"] = _read(empty, new).cpu / _read(full, new).cpu
    found.notes.append(f"A past of {held} mails, {new} new ones.")
    _today(found, empty, full)
    _due(found, full)


def _read(settings: Path, new: int) -> meter.Ran:
    """Make a pass that must read so many mails: one that takes them for known would be quick."""
    before = settled(settings)
    ran = once(settings)
    if (found := settled(settings) - before) != new:
        raise RuntimeError(f"{found} mails were read, not {new}")
    return ran


def _look_over(here: Lab, settings: Path) -> None:
    """Let a pass without mail do what is done once a day: look the database over, copy it."""
    write_settings(settings.parent, {"ventes": EMPTY}, imap=here.imap, smtp=here.sink.port)
    (settings.parent / "data" / "backups").rename(settings.parent / "data" / "before")
    once(settings)
    write_settings(settings.parent, {"ventes": FRESH}, imap=here.imap, smtp=here.sink.port)
    warm_up(settings, "ventes", here.imap, FRESH)
    _was_us(settings)


def _was_us(settings: Path) -> None:
    """Have the program know what we wrote into its database ourselves: else it looks all of it over, as after a crash.
    """
    from bot.saving import ended_well
    from bot.settings import load

    ended_well(load(settings))


def _multiply(seed: Path, into: Path, count: int) -> int:
    """Copy the rows of a small past again and again, each time under other numbers; return the mails there are then.

    Indexes are made when all rows are there: kept up row by row they would take most of an hour.
    """
    with closing(sqlite3.connect(into.parent / "data" / "guichet.db", isolation_level=None)) as db:
        db.execute("ATTACH ? AS seed", (str(seed.parent / "data" / "guichet.db"),))
        for pragma in ("foreign_keys = OFF", "journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
            db.execute(f"PRAGMA {pragma}")
        step = max(int(db.execute(f"SELECT coalesce(max(id), 0) FROM seed.{table}").fetchone()[0])
                   for table in ("mails", "cases", "events", "deadlines")) + 1000
        copies = max(1, count // int(db.execute("SELECT count(*) FROM seed.mails").fetchone()[0]))
        db.execute("BEGIN")
        apart = db.execute("SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL AND tbl_name IN "
                           f"{COPIED} AND type IN ('index', 'trigger')").fetchall()
        for kind, name, _ in apart:
            db.execute(f"DROP {kind} {name}")
        for table in COPIED:
            _copy(db, table, copies, step)
        for sql in PAST:
            db.execute(sql)
        for _, _, sql in apart:
            db.execute(sql)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")
        return int(db.execute("SELECT count(*) FROM mails").fetchone()[0])


def _copy(db: sqlite3.Connection, table: str, copies: int, step: int) -> None:
    columns = [row[1] for row in db.execute(f"PRAGMA seed.table_info({table})")]
    terms = [_term(table, column, step) for column in columns]
    db.execute("WITH RECURSIVE copies(copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < ?) "
               f"INSERT INTO main.{table} ({', '.join(columns)}) SELECT {', '.join(terms)} FROM copies, seed.{table}",
               (copies,))


def _term(table: str, column: str, step: int) -> str:
    if column == "id" or column in POINTS.get(table, ()):
        return f"{column} + copy * {step}"
    if column in UNIQUE.get(table, ()):
        return f"CASE WHEN {column} IS NULL OR {column} = '' THEN {column} ELSE {column} || '~' || copy END"
    if (table, column) == ("places", "place"):      # other numbers, even where both mailboxes have one UIDVALIDITY
        return f"substr(place, 1, instr(place, '/')) || ({10 ** 9} + uid + copy * {step})"
    if (table, column) == ("mails", "pack"):
        return "NULL"       # the bytes are dropped with time, as the settings say
    if table == "deadlines" and column == "look":     # nothing of the past has anything to tell
        return "'2027-11-01T10:00:00Z'"
    return column


def _today(found: Found, empty: Path, full: Path) -> None:
    """Time `show today`: what the past adds to it, in CPU."""
    def shown(settings: Path) -> float:
        return median(bot(settings, "show", "today", "--json").cpu for _ in range(ROUNDS))
    found.further["show today with a past, ms more than without"] = max(0.0, shown(full) - shown(empty)) * 1000


def _due(found: Found, settings: Path) -> None:
    """Time the question which deadlines have something to tell, where none has."""
    from bot.edges.clock import now
    from bot.edges.store import Store

    store = Store(settings.parent / "data" / "guichet.db")
    ask = getattr(store, "deadlines_to_look_at", None)
    asked_with = (now(),)
    if ask is None:
        ask = getattr(store, "running_deadlines")  # noqa: B009 – as it was called before
    ask(*asked_with)
    began = time.process_time()
    for _ in range(200):
        ask(*asked_with)
    found.further["due deadlines, ms"] = (time.process_time() - began) / 200 * 1000
    found.notes.append(f"{asked(settings, 'SELECT count(*) FROM deadlines')} deadlines, "
                       f"{asked(settings, 'SELECT count(*) FROM cases')} cases in that past.")
    store.close()


# ---- a mail as big as mails may be


def _attachment(found: Found, here: Lab, _scale: float) -> None:
    """Compare the memory of a pass over a few mails to one with a mail of 25 MiB among them."""
    here.fill(LITTLE, range(50))
    plain, heavy = here.settings("light", {"ventes": LITTLE}), here.settings("heavy", {"ventes": HEAVY})
    here.fill(HEAVY, range(50))
    with_it = mails.mail(7, to=HEAVY).replace(b"Message-ID: <", b"Message-ID: <heavy.", 1)
    head, _, text = with_it.partition(b"\nContent-Type: ")
    mail = (head + b'\nContent-Type: multipart/mixed; boundary="heavy"\n\n--heavy\nContent-Type: ' + text
            + b'\n--heavy\nContent-Type: image/jpeg; name="photo.jpg"\nContent-Transfer-Encoding: base64\n\n'
            + encodebytes(urandom(ATTACHED)) + b"--heavy--\n")
    here.dovecot.deliver(HEAVY, mail)
    mailbox.warm(here.dovecot, HEAVY)
    del mail
    light: meter.Ran = once(plain)
    found.further["a 25 MiB attachment, MiB more at the peak"] = once(heavy).peak - light.peak


ROWS: dict[str, Callable[[Found, Lab, float], None]] = {
    "catching-up": _catching_up, "history": _history, "attachment": _attachment}
