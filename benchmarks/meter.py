"""A program run to its end, and what it took: itself and all its children.

Memory is counted as the machine must have it, alike for every contender. What a process holds for itself alone counts
for each: what is there twice since a program was started twice counts twice. Pages of a file, and what a fork left in
common, lie in memory once however many map them: they count once, for the one that maps the most. (The sum of VmRSS
counts them for each. PSS shares them out among all that run on the machine, this program among them, and would flatter
whoever runs Python.) To know them means to walk all pages of a process, so it is done only when the tree has grown.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOOK = 0.02     # seconds between two looks at the memory of a tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run. `cpu` and `seconds` in seconds, children included; `peak` in MiB: the most the tree held.

    `own` is what of the CPU seconds the program's own process used, as last looked at. `summed` is the peak with
    pages that several processes map counted for each of them.
    """

    seconds: float
    cpu: float
    own: float
    peak: float
    summed: float
    code: int
    out: str
    err: str


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], within: float = 3600.0) -> Ran:
    """Run a program and wait for it; after `within` seconds it is killed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        program = subprocess.Popen(argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        own, memory = 0.0, Memory(program.pid)
        while True:
            pid, status, used = os.wait4(program.pid, os.WNOHANG)
            if pid:
                break
            memory.look()
            own = max(own, cpu_of(program.pid, children=False))
            if time.monotonic() - began > within:
                program.kill()
            time.sleep(LOOK)
        seconds = time.monotonic() - began
        program.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, err):
            file.seek(0)
        return Ran(seconds=seconds, cpu=used.ru_utime + used.ru_stime, own=own, code=program.returncode,
                   peak=memory.peak, summed=memory.summed, out=out.read().decode("utf-8", "replace"),
                   err=err.read().decode("utf-8", "replace"))


class Memory:
    """The most a process and its children held, in MiB, over all looks: `peak`, and `summed` (see Ran).

    Each counts with the most it ever held (VmHWM), so nothing between two looks is missed. Not ru_maxrss: Linux hands
    a new program the most its parent ever held. A child between fork and exec is still its parent's double, so one
    counts from the second look that finds it.
    """

    def __init__(self, pid: int) -> None:
        self.peak = self.summed = 0.0
        self._pid = pid
        self._seen = {pid}

    def look(self) -> None:
        there = tree(self._pid)
        stayed, self._seen = [one for one in there if one in self._seen], {*there}
        if (summed := sum(_field(one, "VmHWM") for one in stayed)) > self.summed:
            common = twice(stayed)
            if all(_field(one, "VmHWM") for one in stayed):     # what one that ended meanwhile shared, nobody can say
                self.summed, self.peak = summed, max(self.peak, summed - common)


def memory(pid: int) -> float:
    """Return MiB that a process and its children hold now, each page once."""
    there = tree(pid)
    return sum(_field(one, "VmRSS") for one in there) - twice(there)


def twice(pids: Sequence[int]) -> float:
    """Return MiB that processes map in common, save for the one that maps the most of each file."""
    mapped: dict[str, list[int]] = {}
    for pid in pids if len(pids) > 1 else ():
        for name, size in _common(pid).items():
            mapped.setdefault(name, []).append(size)
    return sum(sum(sizes) - max(sizes) for sizes in mapped.values()) / 1024


def _common(pid: int) -> dict[str, int]:
    """Return KiB of a process that others map, too, by the file or the use of the memory."""
    found: dict[str, int] = {}
    name = ""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            key, *more = line.split(maxsplit=5)
            if not key.endswith(":"):   # 7f…-7f… r-xp 00001000 08:01 2613 /usr/lib/…
                name = more[4] if len(more) > 4 else ""
            elif key in ("Shared_Clean:", "Shared_Dirty:"):
                found[name] = found.get(name, 0) + int(more[0])
    return found


def tree(pid: int) -> list[int]:
    found, at = [pid], 0
    while at < len(found):
        with suppress(OSError):
            for task in os.listdir(f"/proc/{found[at]}/task"):
                found += map(int, Path(f"/proc/{found[at]}/task/{task}/children").read_text().split())
        at += 1
    return found


def _field(pid: int, field: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_of(pid: int, *, children: bool = True) -> float:
    """Return the CPU seconds a living process has used so far, its waited-for children's too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15 if children else 13])) / os.sysconf("SC_CLK_TCK")
