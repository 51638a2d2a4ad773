"""At rest: what a pass costs that finds nothing, a daemon to which nothing comes, and one more mailbox."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

from benchmarks import meter
from benchmarks.contenders import surroundings
from benchmarks.goals import Found
from benchmarks.lab import EMPTY, Lab, asked, daemon, idlers, lab, once, wait_until
from bot.loop import PULSE

ROUNDS = 7
SETTLE = 45.0       # seconds until a daemon is at rest: its first look at the clock, after 20, loads what it needs
WATCH = 600.0       # seconds for which its rest is measured: all that wakes by the clock does so in each such span
FEW, MANY = 20, 500             # IDLE mailboxes in one process: what one more costs lies between them


def run(found: Found, scale: float) -> None:
    with lab(big=True) as here:
        _once(found, here)
        alone = _idle(found, here, 1, "rest")
        few = _idle(found, here, FEW, "few")
        many = max(FEW + 100, int(MANY * scale)) if scale < 1 else MANY
        crowd = _idle(found, here, many, "many")
        found.notes.append(
            f"After {PULSE:.0f} s of rest a loop takes {_coldness():.1f} times as much CPU on this machine as at once: "
            "so does all that a daemon at rest does, and the first of what follows.")
        each = (crowd[0] - few[0]) / (many - FEW)
        found.further["idle mailbox, KiB each"] = each * 1024
        found.further["idle mailbox, ms CPU to connect"] = (crowd[1] - few[1]) * 1000 / (many - FEW)
        found.further["500 mailboxes, MiB"] = crowd[0] + each * (MANY - many)
        found.notes.append(f"IDLE mailboxes: measured with {FEW} and with {many} in one process, over TLS; "
                           f"the first of all took {alone[0]:.0f} MiB with the program.")


def _coldness() -> float:
    """Return how many times as much CPU a loop takes after a rest as long as the daemon's as at once.

    An idle virtual machine gives its memory and processor back to its host, and pays for having them again.
    """
    def loop() -> float:
        began = time.process_time()
        sum(number * number for number in range(20_000))
        return time.process_time() - began

    loop()
    at_once = min(loop() for _ in range(5))
    time.sleep(PULSE)
    return loop() / at_once


def _once(found: Found, here: Lab) -> None:
    """Compare `once` with nothing new to a Python that does nothing, in turns: as a glance, and as a whole pass."""
    settings = here.settings("nothing", {"ventes": EMPTY})
    card = settings.parent / "data" / "glance"
    bare: list[meter.Ran] = []
    passes: list[meter.Ran] = []
    whole = [once(settings)]
    for _ in range(ROUNDS):
        card.unlink(missing_ok=True)
        whole.append(once(settings))
        while not card.exists():    # in the last minutes of an hour a pass leaves none
            time.sleep(SETTLE)
            once(settings)
        bare.append(meter.run([sys.executable, "-c", "pass"], cwd=here.folder, env=surroundings()))
        passes.append(once(settings))
    found.further["once with nothing new, of python -c pass"] = (
        median(one.cpu for one in passes) / median(one.cpu for one in bare))
    found.further["once with nothing new, on the clock"] = (
        median(one.seconds for one in passes) / median(one.seconds for one in bare))
    found.further["once at each new hour, of python -c pass"] = (
        median(one.cpu for one in whole) / median(one.cpu for one in bare))
    found.notes.append(
        "`once` with nothing new is a glance; the whole pass, at each new hour and when something is due, takes "
        f"{found.further['once at each new hour, of python -c pass']:.1f} times as much as `python -c pass`.")
    found.further["once with nothing new, MiB more"] = max(one.peak for one in passes) - _bare_memory(here.folder)


def _bare_memory(folder: Path) -> float:
    """Return MiB of a Python that does nothing; it is gone too soon to be looked at, so it says so itself."""
    ran = meter.run([sys.executable, "-c", "print(open('/proc/self/status').read())"], cwd=folder, env=surroundings())
    return next(int(line.split()[1]) / 1024 for line in ran.out.splitlines() if line.startswith("VmHWM"))


def _idle(found: Found, here: Lab, count: int, name: str) -> tuple[float, float]:
    """Return MiB and CPU seconds of a daemon with so many mailboxes, all at rest."""
    users = {f"box{number}": f"{name}{number}@boutique.example" for number in range(count)}
    idlers(here.dovecot, list(users.values()))
    settings = here.settings(name, users, imap=here.dovecot.ports["imaps"], security="tls",
                             more=f'ca_file = "{here.dovecot.ca_file}"\n')
    with daemon(settings) as program:
        looked = wait_until(lambda: (asked(settings, "SELECT count(*) FROM folders WHERE looked IS NOT NULL") or 0)
                            >= count, 60 + count)
        time.sleep(SETTLE)
        used = _used(program.pid)
        if name == "rest":
            time.sleep(WATCH)
            found.further["run at rest, ms CPU a second"] = (_used(program.pid) - used) * 1000 / WATCH
            found.further["run at rest, MiB"] = meter.memory(program.pid)
        if not looked:
            found.notes.append(f"Only {asked(settings, 'SELECT count(*) FROM folders')} of {count} were connected.")
        return meter.memory(program.pid), used


def _used(pid: int) -> float:
    """Return the CPU seconds of a living process, to the microsecond: /proc tells no more than hundredths.

    clock_getcpuclockid(3) makes the number so; its children do not count, and at rest there are none.
    """
    return time.clock_gettime((~pid << 3) | 2)
