"""Reaction: from the server's own notice that a mail is there to the mail of ours that it makes being accepted."""

from __future__ import annotations

import time
from statistics import median, quantiles

from benchmarks.goals import Found
from benchmarks.lab import Wire, daemon, lab, settled, wait_until

MAILS = 60
USER = "quick@boutique.example"


def run(found: Found, scale: float) -> None:
    count = max(12, int(MAILS * scale * 5)) if scale < 1 else MAILS
    with lab() as here, Wire(here.imap) as wire:
        here.fill(USER, ())
        settings = here.settings("reaction", {"ventes": USER}, imap=wire.port)
        took = []
        with daemon(settings):
            time.sleep(8)                       # connected, and waiting
            here.drop(USER, 1_000_000)          # the first one loads what is loaded once
            wait_until(lambda: here.sink.count() >= 1, 60)
            for number in range(count):
                time.sleep(1.5)
                here.sink.reset()
                wire.notices.clear()
                here.drop(USER, number)
                if wait_until(lambda: here.sink.count() >= 1, 30, 0.2) and wire.notices:
                    took.append((here.sink.times()[0] - wire.notices[0]) * 1000)
        if len(took) < count // 2:
            found.notes.append(f"Reaction: only {len(took)} of {count} mails were answered within 30 s, "
                               f"{settled(settings)} were settled.")
            return
    found.further["notice to reply accepted, ms at the median"] = median(took)
    found.further["notice to reply accepted, ms at p99"] = quantiles(took, n=100, method="inclusive")[98]
    found.notes.append(f"Reaction: {len(took)} mails, one at a time.")
