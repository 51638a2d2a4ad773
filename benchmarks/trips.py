"""Round trips: how often the program waits for a server, and what a long wire costs it."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

from benchmarks import mails, meter
from benchmarks.contenders import PEERS, surroundings
from benchmarks.goals import Found
from benchmarks.lab import Lab, Wire, daemon, lab, once, settled, wait_until
from benchmarks.mailbox import PASSWORD

SMALL, LARGE, SLOW = "small@boutique.example", "large@boutique.example", "slow@boutique.example"
BATCH, BATCHES = 100, 4             # the difference of BATCHES and 1 is what each further batch takes
RECORDED, REPLIED = 5000, 300       # mails over a long wire; of the second always all: of 40 the start is half our time
BURST, SLOW_RELAY = 4000, 0.5       # mails recorded while a relay takes so many seconds for each answer


def run(found: Found, scale: float) -> None:
    with lab() as here:
        here.fill(SMALL, range(BATCH), mails.ANSWERED)
        here.fill(LARGE, range(BATCHES * BATCH), mails.ANSWERED)
        more = BATCHES - 1
        small, large = _turns(here, SMALL), _turns(here, LARGE)
        found.further["turns a batch of 100"] = (large[0] - small[0]) / more
        found.further["turns a reply"] = (large[1] - small[1]) / (more * BATCH)
        _recording(found, here, max(500, int(RECORDED * scale)))
        _replying(found, here)
        _recording_while_sending(found, here, max(400, int(BURST * scale)))


def _turns(here: Lab, user: str) -> tuple[int, int]:
    """Return the turns of a pass to the IMAP and the SMTP server."""
    with Wire(here.imap) as imap, Wire(here.sink.port) as smtp:
        once(here.warm(f"turns-{user}", user, imap=imap.port, smtp=smtp.port))
        return imap.turns, smtp.turns


def _recording(found: Found, here: Lab, count: int) -> None:
    """Compare a first sync with 80 ms of delay to one without."""
    here.fill(SLOW, range(count))
    took = []
    for rtt in (0.0, 0.08):
        with Wire(here.imap, rtt) as imap:
            took.append(once(here.settings(f"slow{rtt}", {"ventes": SLOW}, imap=imap.port)).seconds)
    found.further["rate with 80 ms of delay, of that without"] = took[0] / took[1]
    found.notes.append(f"Delay of 80 ms: {count} mails.")


def _replying(found: Found, here: Lab) -> None:
    """Compare whole runs with 20 ms of delay, ours and the tutorial's, each mail answered."""
    user = "delayed@boutique.example"
    here.fill(user, range(REPLIED), mails.ANSWERED)
    with Wire(here.imap, 0.02) as imap, Wire(here.sink.port, 0.02) as smtp:
        ours = once(here.warm("delayed", user, imap=imap.port, smtp=smtp.port))
        theirs = _tutorial(here.place("tutorial"), imap.port, user, smtp.port)
    found.further["a mail answered with 20 ms of delay, of the tutorial's"] = ours.seconds / theirs
    found.notes.append(f"Delay of 20 ms: {REPLIED} mails, {ours.seconds * 1000 / REPLIED:.1f} ms each, of which "
                       f"{ours.cpu * 1000 / REPLIED:.1f} of CPU; the tutorial's {theirs * 1000 / REPLIED:.1f}.")


def _recording_while_sending(found: Found, here: Lab, count: int) -> None:
    """Compare how long the daemon takes to settle mails while a slow relay takes its own, and while there is none."""
    user = "burst@boutique.example"
    here.fill(user, range(count), mails.ANSWERED)
    with Wire(here.sink.port, SLOW_RELAY) as slow, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))       # never listened on: whoever connects is refused
        took = [_settling(here.warm(f"burst{turn}", user, smtp=port), count)
                for turn, port in enumerate((closed.getsockname()[1], slow.port, closed.getsockname()[1]))]
    found.further["rate of recording while a slow relay takes mails"] = min(took[0], took[2]) / took[1]
    found.notes.append(f"Recording while sending: {count} mails, the relay {SLOW_RELAY} s behind.")


def _settling(settings: Path, count: int) -> float:
    """Return after how many seconds a daemon had settled so many mails more."""
    began, before = time.monotonic(), settled(settings)
    with daemon(settings):
        if not wait_until(lambda: settled(settings) >= before + count, 600):
            raise RuntimeError(f"{settled(settings) - before} of {count} mails were settled within 600 s")
        return time.monotonic() - began


def _tutorial(folder: Path, imap: int, user: str, smtp: int) -> float:
    ran = meter.run([sys.executable, str(PEERS / "tutorial.py"), str(imap), user, PASSWORD, str(smtp),
                     str(folder / "peer.db")], cwd=folder, env=surroundings())
    assert not ran.code, ran.err
    return ran.seconds
