"""A program run to its end, and what it took: itself and all its children."""

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
    """One run. `cpu` and `seconds` in seconds, children included; `peak` in MiB: the most the tree held at once.

    `own` is what of the CPU seconds the program's own process used, as last looked at.
    """

    seconds: float
    cpu: float
    own: float
    peak: float
    code: int
    out: str
    err: str


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], within: float = 3600.0) -> Ran:
    """Run a program and wait for it; after `within` seconds it is killed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        program = subprocess.Popen(argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        own = peak = 0.0      # not ru_maxrss: Linux hands a new program the most its parent ever held
        while True:
            pid, status, used = os.wait4(program.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, memory(program.pid))
            own = max(own, cpu_of(program.pid, children=False))
            if time.monotonic() - began > within:
                program.kill()
            time.sleep(LOOK)
        seconds = time.monotonic() - began
        program.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, err):
            file.seek(0)
        return Ran(seconds=seconds, cpu=used.ru_utime + used.ru_stime, own=own, peak=peak,
                   code=program.returncode, out=out.read().decode("utf-8", "replace"),
                   err=err.read().decode("utf-8", "replace"))


def memory(pid: int, field: str = "VmHWM") -> float:
    """Return MiB of a process and its children; VmHWM is the most each ever held, VmRSS what it holds now."""
    return sum(_field(one, field) for one in tree(pid))


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
