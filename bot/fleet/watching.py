"""How the fleet stands, per host and shard; and the alarm for a shard that has not run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot import words
from bot.alarming import end_alarm, raise_alarm
from bot.edges.clock import now
from bot.edges.store import Store
from bot.fleet.directory import ALIVE, Directory, Row, seller_of
from bot.guichet import Guichet
from bot.leasing import BusyError
from bot.loop import Stop, at_work, database, work_through
from bot.settings import Settings, load
from bot.words import say

log = logging.getLogger(__name__)

SILENT = timedelta(minutes=5)   # a shard that nobody went round for so long has not run
NEAREST = 5                     # deadlines that `status` names

HOSTS = f"""
SELECT host, count(*) AS sellers, sum(cardinality(addresses)) AS mailboxes, count(DISTINCT shard) AS shards,
    count(*) FILTER (WHERE idle) AS idle, count(*) FILTER (WHERE failures > 0) AS failing,
    count(*) FILTER (WHERE state != 'active') AS moving, sum(uncertain) AS uncertain,
    min(oldest_unread) AS oldest_unread, min(last_read) AS last_read, min(next_deadline) AS next_deadline,
    (SELECT count(*) FROM fleet_workers AS one WHERE one.host = fleet_sellers.host
        AND beaten > now() - interval '{ALIVE} seconds') AS workers,
    (SELECT coalesce(sum(slots), 0) FROM fleet_workers AS one WHERE one.host = fleet_sellers.host
        AND beaten > now() - interval '{ALIVE} seconds') AS slots
FROM fleet_sellers GROUP BY host ORDER BY host
"""
SHARDS = """
SELECT number, fleet_shards.host, worker, ran, count(name) AS sellers, sum(cardinality(addresses)) AS mailboxes,
    coalesce(ran, made) < now() - %(silent)s AS silent, greatest(coalesce(ran, made), min(joined)) AS since
FROM fleet_shards JOIN fleet_sellers ON shard = number AND state = 'active'
GROUP BY number ORDER BY number
"""


def status(directory: Directory) -> dict[str, Any]:
    """Return how the fleet stands, for a person, a script or Prometheus alike."""
    shards = directory.rows(SHARDS, silent=SILENT)
    return {
        "at": now(), "hosts": directory.rows(HOSTS), "shards": shards,
        "deadlines": directory.rows("SELECT name AS seller, next_deadline AS due FROM fleet_sellers"
                                    " WHERE next_deadline IS NOT NULL ORDER BY next_deadline LIMIT %(most)s",
                                    most=NEAREST),
        "failing": directory.rows("SELECT name AS seller, failures, error FROM fleet_sellers WHERE failures > 0"
                                  " ORDER BY name"),
        "alarms": [sentence for _, sentence in silences(shards)],
    }


def silences(shards: Sequence[Row]) -> list[tuple[int, str]]:
    """Return each shard that has not run, with the sentence that says so."""
    return [(row["number"], say(
        "Shard {number} of {host} ({sellers} sellers) was not served for {minutes} minutes: is a worker running there "
        "(`run_bot.py fleet worker --host {host}`), and has it room?", number=row["number"], host=row["host"],
        sellers=row["sellers"], minutes=(now() - row["since"]) // timedelta(minutes=1)))
        for row in shards if row["silent"]]


# -- for Prometheus ------------------------------------------------------------------------------

GAUGES = (  # name, what of a host's row, what it is
    ("sellers", "sellers", "Sellers of a host."),
    ("mailboxes", "mailboxes", "Mailboxes of a host."),
    ("workers", "workers", "Workers that gave a sign of life lately."),
    ("slots", "slots", "Shards that these workers can serve at once."),
    ("sellers_failing", "failing", "Sellers of whom something failed at the last visit."),
    ("sellers_moving", "moving", "Sellers who are being moved."),
    ("uncertain_sendings", "uncertain", "Mails of which nobody knows whether they left."),
)
AGES = (
    ("oldest_unread_seconds", "oldest_unread", -1, "Age of the oldest mail that was fetched and not yet read."),
    ("next_deadline_seconds", "next_deadline", 1, "Time left to the nearest deadline; negative: it has passed."),
    ("last_read_seconds", "last_read", -1, "Age of the stalest mailbox's last look."),
)


def exposition(told: dict[str, Any]) -> str:
    """Return it as Prometheus reads it (text format 0.0.4): for node_exporter's textfile collector, by cron."""
    at: datetime = told["at"]
    lines: list[str] = []
    for name, column, what in GAUGES:
        lines += _gauge(name, what, [(f'host="{_label(row["host"])}"', row[column]) for row in told["hosts"]])
    for name, column, sign, what in AGES:
        lines += _gauge(name, what, [(f'host="{_label(row["host"])}"', sign * (row[column] - at).total_seconds())
                                     for row in told["hosts"] if row[column]])
    lines += _gauge("shard_round_seconds", "Time since a worker last went round a shard.", [
        (f'host="{_label(row["host"])}",shard="{row["number"]}"', (at - (row["ran"] or row["since"])).total_seconds())
        for row in told["shards"]])
    lines += _gauge("shards_silent", "Shards that have not run.", [("", len(told["alarms"]))])
    return "\n".join(lines) + "\n"


def _gauge(name: str, what: str, samples: Iterable[tuple[str, Any]]) -> list[str]:
    rows = [f"guichet_fleet_{name}{{{labels}}} {float(value or 0):g}" if labels else
            f"guichet_fleet_{name} {float(value or 0):g}" for labels, value in samples]
    return [f"# HELP guichet_fleet_{name} {what}", f"# TYPE guichet_fleet_{name} gauge", *rows]


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


# -- the alarm -----------------------------------------------------------------------------------


def alarm(directory: Directory, host: str) -> None:
    """Raise, end and send the fleet's alarms through the agency's own mailbox, where one of this host's sellers is it.

    They go the way of all alarms: by mail, through Apprise where his settings say so, and once a day while they stand.
    """
    found = directory.rows("SELECT * FROM fleet_sellers WHERE agency AND state = 'active' AND host = %(host)s"
                           " ORDER BY name LIMIT 1", host=host)
    if not found:
        return
    settings = load(seller_of(found[0]).path)
    with words.speaking(settings.seller.language):
        silent = dict(silences(directory.rows(SHARDS, silent=SILENT)))
    if _change(settings, silent):
        _send(settings)


def _change(settings: Settings, silent: dict[int, str]) -> bool:
    """Write down what is wrong and what is no longer; say whether there is something to tell."""
    store = Store(database(settings))
    try:
        guichet, at = Guichet(settings, store), now()
        known = {row["name"]: row for row in store.rows(
            "SELECT * FROM alarms WHERE name LIKE 'shard:%' AND ended IS NULL")}
        wrong = {f"shard:{number}": sentence for number, sentence in silent.items()}
        for name, sentence in wrong.items():
            if name not in known:
                raise_alarm(guichet, name, sentence, at)
        for name in known.keys() - wrong.keys():
            end_alarm(guichet, name, at)
        return known.keys() != wrong.keys()
    finally:
        store.close()


def _send(settings: Settings) -> None:
    """Send at once: the agency's own shard may be the one that is not served."""
    try:
        with at_work(settings, ballast=False):
            store = Store(database(settings))
            try:
                work_through(Guichet(settings, store), (), lambda *_: None, Stop())
            finally:
                store.close()
    except BusyError:
        log.info("%s", say("The agency's mailbox is being worked on; the alarm leaves with that"))
