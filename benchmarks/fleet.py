"""What a fleet costs: mails a second and CPU for 1,000 mailboxes, with one worker and with two, and idle memory.

    make bench-fleet                              (ARGS="--sellers 200 --mails 5 --json")

Real servers on this machine: Dovecot, SMTP, PostgreSQL. The figures of one run may be compared with each other, not
with those of another day: servers and workers share the same cores. CPU is that of the workers and their children.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.fleet.directory import SHARD
from tests.fleet.crowd import Crowd, crowd_of
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres

TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sellers", type=int, default=200, help="one mailbox each (default: 200)")
    asked.add_argument("--mails", type=int, default=5, help="to each of them (default: 5)")
    asked.add_argument("--idle", type=float, default=60.0, help="seconds in which nothing happens (default: 60)")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    rounds = [measured(workers, given.sellers, given.mails, given.idle) for workers in (1, 2)]
    if given.json:
        print(json.dumps(rounds))
        return
    for one in rounds:
        print(f"{one['workers']} worker{'s' * (one['workers'] > 1)}, {one['sellers']} mailboxes")
        print(f"  mails handled                 {one['mails_per_second']:8.1f} a second")
        print(f"  CPU of a mail, seller told    {one['cpu_ms_per_mail']:8.1f} ms")
        print(f"  1,000 idle mailboxes          {one['idle_cpu_ms_per_second_per_1000']:8.1f} ms CPU a second")
        print(f"                                {one['mib_per_1000_idle']:8.1f} MiB beside the workers' own")
        print(f"  a worker without a mailbox    {one['mib_of_a_bare_worker']:8.1f} MiB")
    print(f"two workers do {rounds[1]['mails_per_second'] / rounds[0]['mails_per_second']:.2f} times the mails of one")


def measured(workers: int, sellers: int, mails: int, idle: float) -> dict[str, Any]:
    """Return the figures of one fleet: started empty, filled, left alone, then written to."""
    with crowd() as fleet:
        pids = [fleet.worker().pid for _ in range(workers)]
        fleet.until(lambda: len(fleet.directory.rows("SELECT 1 AS one FROM fleet_workers")) == workers, 120, "workers")
        time.sleep(5)
        bare = sum(map(memory, pids))
        fleet.add(sellers)
        fleet.until_visited(900)
        shares = min(workers, -(-sellers // SHARD))
        fleet.until(lambda: len(set(fleet.served_by().values())) == shares, 180, "a share for each")
        time.sleep(20)
        before, began = cpu(pids), time.monotonic()
        time.sleep(idle)
        resting = (cpu(pids) - before) / (time.monotonic() - began)
        kept = sum(map(memory, pids))
        spent, seconds = written_to(fleet, pids, mails)
    count = sellers * mails
    return {"workers": workers, "sellers": sellers, "mails": count, "mails_per_second": count / seconds,
            "cpu_ms_per_mail": 1000 * spent / count,
            "idle_cpu_ms_per_second_per_1000": 1000 * resting * 1000 / sellers,
            "mib_per_1000_idle": (kept - bare) * 1000 / sellers, "mib_of_a_bare_worker": bare / workers}


def written_to(fleet: Crowd, pids: list[int], mails: int) -> tuple[float, float]:
    """Lay mails into every mailbox while the workers stand still; return CPU and seconds until all are handled."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for name in fleet.names:
        for number in range(mails):
            fleet.write_to(name, number)
    before, began = cpu(pids), time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    fleet.until(lambda: all_read(fleet, mails), 1800, "every mail read")
    fleet.until(lambda: sum(fleet.notices().values()) == mails * len(fleet.names), 1800, "a notice of each")
    return cpu(pids) - before, time.monotonic() - began


def all_read(fleet: Crowd, mails: int) -> bool:
    query = "SELECT count(*) AS count FROM mails WHERE state = 'read' AND marketplace != ''"
    return all(fleet.rows(name, query)[0]["count"] == mails for name in reversed(fleet.names))


@contextmanager
def crowd() -> Iterator[Crowd]:
    with TemporaryDirectory(prefix="fleet-") as folder, Postgres() as postgres, Dovecot(many=True) as dovecot:
        made = crowd_of(Path(folder), dovecot, postgres.database())
        yield next(made)
        with suppress(StopIteration):
            next(made)


def memory(pid: int) -> float:
    """Return what a process and its children hold for themselves, in MiB; what they share counts in parts."""
    total = 0
    for one in family(pid):
        with suppress(OSError):
            told = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(told.partition("Pss:")[2].split()[0])
    return total / 1024


def cpu(pids: list[int]) -> float:
    """Return the seconds of CPU of these processes, and of their children, those that ended too."""
    total = 0
    for pid in pids:
        for one in family(pid):
            with suppress(OSError):
                fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12]) + (int(fields[13]) + int(fields[14]) if one == pid else 0)
    return total / TICK


def family(pid: int) -> list[int]:
    with suppress(OSError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        found = {int(child) for task in tasks for child in (task / "children").read_text().split()}
        return [pid, *found]
    return [pid]


if __name__ == "__main__":
    main()
