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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.fleet.directory import SHARD
from tests.fleet.crowd import Crowd, crowd_of
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres

GO_HOME = 75.0      # seconds after which the children that read are gone
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
        print(f"  of a visit for one mail       {one['cpu_ms_of_a_visit']:8.1f} ms")
        print(f"  cores that the workers had    {one['cores_of_workers']:8.2f}, "
              f"the machine {one['machine_busy']:.0%} busy")
        print(f"  1,000 idle mailboxes          {one['idle_cpu_ms_per_second_per_1000']:8.1f} ms CPU a second")
        print(f"                                {one['mib_per_1000_idle']:8.1f} MiB beside the workers' own")
        print(f"  a worker with one mailbox     {one['mib_of_a_bare_worker']:8.1f} MiB, "
              f"{one['idle_cpu_ms_per_second_of_a_worker']:.1f} ms CPU a second")
    print(f"two workers do {rounds[1]['mails_per_second'] / rounds[0]['mails_per_second']:.2f} times the mails of one")


def measured(workers: int, sellers: int, mails: int, idle: float) -> dict[str, Any]:
    """Return the figures of one fleet: started, filled, left alone, then written to.

    Each worker has served one seller before anything is measured, so that its libraries count as its own.
    """
    with crowd() as fleet:
        pids = [fleet.worker().pid for _ in range(workers)]
        fleet.until(lambda: len(fleet.directory.rows("SELECT 1 AS one FROM fleet_workers")) == workers, 120, "workers")
        warmed(fleet, workers)
        time.sleep(GO_HOME)
        bare, bare_cpu = sum(map(memory, pids)), resting(pids, idle / 2)
        fleet.add(sellers)
        fleet.until_visited(900)
        shares = min(workers, -(-sellers // SHARD))
        fleet.until(lambda: len(set(fleet.served_by().values())) >= shares, 180, "a share for each")
        written_to(fleet, pids, [0])        # the children that read start, and what is compiled once is
        time.sleep(GO_HOME)
        full_cpu, kept = resting(pids, idle), sum(map(memory, pids))
        single, _, _ = written_to(fleet, pids, [1])
        spent, seconds, busy = written_to(fleet, pids, list(range(2, 2 + mails)))
    count = len(fleet.names) * mails
    return {"workers": workers, "sellers": sellers, "mails": count, "mails_per_second": count / seconds,
            "cpu_ms_per_mail": 1000 * spent / count, "cpu_ms_of_a_visit": 1000 * single / len(fleet.names),
            "cores_of_workers": spent / seconds, "machine_busy": busy,
            "idle_cpu_ms_per_second_per_1000": 1000 * (full_cpu - bare_cpu) * 1000 / sellers,
            "idle_cpu_ms_per_second_of_a_worker": 1000 * bare_cpu / workers,
            "mib_per_1000_idle": (kept - bare) * 1000 / sellers, "mib_of_a_bare_worker": bare / workers}


def warmed(fleet: Crowd, workers: int) -> None:
    """Give each worker a shard with one seller and a mail of his: from then on all that is loaded once is loaded."""
    for number in range(1, workers + 1):
        fleet.directory.run("INSERT INTO fleet_shards (number, host) VALUES (%(number)s, 'ici') ON CONFLICT DO NOTHING",
                            number=number)
        fleet.add(1)
        fleet.directory.run("UPDATE fleet_sellers SET shard = %(number)s WHERE name = %(name)s", number=number,
                            name=fleet.names[-1])
    fleet.until_visited(120)
    fleet.until(lambda: len(set(fleet.served_by().values())) == workers, 120, "a shard for each")
    for name in fleet.names:
        fleet.write_to(name, 1000)
    fleet.until(lambda: len(fleet.notices()) == workers, 120, "a notice to each")


def resting(pids: list[int], seconds: float) -> float:
    """Return the CPU that is used while nothing happens, in seconds a second."""
    before, began = cpu(pids), time.monotonic()
    time.sleep(seconds)
    return (cpu(pids) - before) / (time.monotonic() - began)


def written_to(fleet: Crowd, pids: list[int], numbers: list[int]) -> tuple[float, float, float]:
    """Lay mails into every mailbox while the workers stand still; return CPU, seconds and how busy the machine was."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(8) as hosts:    # within the 20 s after which a worker that is still counts as dead
        list(hosts.map(lambda name: fleet.write_to(name, *numbers), fleet.names))
    before, began, machine = cpu(pids), time.monotonic(), ticks()
    told = sum(fleet.notices().values())
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    due = told + len(numbers) * len(fleet.names)
    fleet.until(lambda: sum(fleet.notices().values()) == due, 1800, "a notice of each")
    seconds, (idle, every) = time.monotonic() - began, (now - then for now, then in zip(ticks(), machine, strict=True))
    return cpu(pids) - before, seconds, 1 - idle / every


def ticks() -> tuple[int, int]:
    """Return how long the machine had nothing to do, and how long it ran, all cores together."""
    told = [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return told[3] + told[4], sum(told)


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
