"""The first sync: taken up again after kill -9, others served meanwhile, two mailboxes on two cores."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from benchmarks import mails, meter
from benchmarks.contenders import command, surroundings, warm_up, write_settings
from benchmarks.goals import Found
from benchmarks.lab import Lab, Wire, asked, daemon, lab, once, settled, wait_until

MAILS = 100_000
BIG, OTHER, TWIN, TINY = (f"{name}@boutique.example" for name in ("big", "other", "twin", "tiny"))


def run(found: Found, scale: float) -> None:
    count = max(400, int(MAILS * scale / 2.5)) if scale < 1 else MAILS
    with lab() as here:
        here.fill(BIG, range(count))
        whole = once(here.settings("whole", {"ventes": BIG}))
        _killed(found, here, count, whole)
        _meanwhile(found, here, count)
        half = count // 2
        here.fill(OTHER, range(half), mails.ANSWERED)
        here.fill(TWIN, range(count, count + half), mails.ANSWERED)
        _two(found, here)
    found.notes.append(f"First sync: {count} mails.")


def _killed(found: Found, here: Lab, count: int, whole: meter.Ran) -> None:
    """Kill the program half way; a second run must end the work, and do little of it again."""
    settings = here.settings("killed", {"ventes": BIG})
    program = subprocess.Popen(command(settings, "once"), cwd=settings.parent, env=surroundings(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: program.poll() is not None or settled(settings) >= count // 2, 3600)
    program.kill()
    program.wait()
    done = settled(settings)
    rest = once(settings)
    twice = asked(settings, "SELECT count(*) - count(DISTINCT sha256) FROM mails")
    events = asked(settings, "SELECT count(*) - count(DISTINCT key) FROM events")
    found.further["after kill -9: mails lost or done twice"] = abs(count - settled(settings)) + twice + events
    left = max(count - done, 1) / count
    found.further["after kill -9: work of the rest, of its share"] = rest.cpu / (whole.cpu * left)


def _meanwhile(found: Found, here: Lab, count: int) -> None:
    """While a big mailbox is caught up, let a mail come to another; how soon is it read?

    As in `reaction` the clock starts with the server's own notice: Dovecot gathers news for half a second first.
    """
    here.fill(TINY, ())
    with Wire(here.imap) as wire:
        settings = here.settings("meanwhile", {"ventes": BIG, "autre": TINY}, imap=wire.port)
        began = time.monotonic()
        with daemon(settings):
            wait_until(lambda: settled(settings) >= count // 10, 3600)
            wire.notices.clear()
            here.drop(TINY, 5_000_000)
            wait_until(lambda: bool(wire.notices), 60, 0.01)
            sql = "SELECT 1 FROM mails WHERE mailbox = 'autre' AND state != 'kept'"
            wait_until(lambda: bool(asked(settings, sql)), 3600, 0.01)
            served = time.monotonic() - wire.notices[0]
            wait_until(lambda: settled(settings) > count, 3600)
    found.further["another mailbox's mail, of the time of the catching up"] = served / (time.monotonic() - began)
    found.notes.append(f"A mail of another mailbox: read {served:.2f} s after the server's notice.")


def _two(found: Found, here: Lab) -> None:
    """Compare two mailboxes to one of half the mails, on the clock: both cores at work give nearly 2.

    Where one mailbox keeps more than one core at work already, there is less than that to be had.
    """
    one = once(here.settings("one", {"ventes": OTHER}))
    two = once(here.settings("two", {"ventes": OTHER, "autre": TWIN}))
    found.further["two mailboxes, record only"] = 2 * one.seconds / two.seconds
    answered = once(here.warm("one-reply", OTHER))
    replied = _both(here, here.warm("two-reply", OTHER))
    found.further["two mailboxes, with replies"] = 2 * answered.seconds / replied.seconds
    found.notes.append(f"Two mailboxes: of the CPU seconds the one process that decides and writes takes "
                       f"{two.own / two.cpu:.0%} record only, {replied.own / replied.cpu:.0%} with replies; only the "
                       "rest can be on the other core.")
    found.notes.append(f"Cores in use (CPU seconds over seconds), one mailbox and two: {_cores(one):.2f} and "
                       f"{_cores(two):.2f} record only, {_cores(answered):.2f} and {_cores(replied):.2f} with replies; "
                       f"so two could be {two.cpu / two.own / _cores(one):.2f} and "
                       f"{replied.cpu / replied.own / _cores(answered):.2f} times one at most.")


def _cores(ran: meter.Ran) -> float:
    return ran.cpu / ran.seconds


def _both(here: Lab, settings: Path) -> meter.Ran:
    """Make a pass over two mailboxes whose first look was empty."""
    write_settings(settings.parent, {"ventes": OTHER, "autre": TWIN}, imap=here.imap, smtp=here.sink.port)
    warm_up(settings, "autre", here.imap, TWIN)
    return once(settings)
