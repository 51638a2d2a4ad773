"""Fourteen faults of a relay, with the echo and without: no reply lost, none twice, what is unknown is asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import Budget, Row
from tests.relayed import Relayed
from tests.servers.smtp import Fault, Faults, SmtpServer

MINUTES = 3


def off(smtp: SmtpServer) -> None:
    smtp.stop()


def without_tls(smtp: SmtpServer) -> None:
    smtp.stripped = True


def late(smtp: SmtpServer) -> None:
    smtp.late = 1.0


FAULTS: dict[str, Faults | Callable[[SmtpServer], None]] = {
    "refused": off,
    "STARTTLS stripped": without_tls,
    "log-in refused": {"AUTH": ["535 5.7.8 no", "535 5.7.8 no"]},
    "later at MAIL": {"MAIL": ["451 4.3.0 later"]},
    "later at RCPT": {"RCPT": ["450 4.2.0 greylisted"]},
    "later at DATA": {"DATA": ["451 4.3.0 later"]},
    "later at the dot": {"DOT": ["451 4.3.0 later"]},
    "never at RCPT": {"RCPT": ["550 5.7.1 no"]},
    "quota at the dot": {"DOT": ["552 5.2.2 quota"]},
    "lost amid the text": {"TEXT": [Fault.HANG_UP]},
    "lost before it is kept": {"DOT": [Fault.HANG_UP]},
    "lost after it is kept": {"DOT": [Fault.KEEP_AND_HANG_UP]},
    "a late 250": late,
    "250 twice": {"DOT": [Fault.TWICE]},
}
TELLS = ("never at RCPT", "quota at the dot")      # a no is a no: the seller is told, and may try again
PASSES = (0, 1, 5, 6, 15, 20, 60, 240)      # minutes from one to the next


def outcome(name: str, *, echoes: bool) -> tuple[int, str]:
    """Return how often the reply left, and where its row ended."""
    with TemporaryDirectory(prefix="guichet-relay-") as folder, SmtpServer() as smtp:
        relayed = Relayed(Path(folder), smtp)
        relayed.echoes = echoes
        relayed.work()
        relayed.approves()
        relayed.store.run("DELETE FROM outbox WHERE what = 'question'")     # its mail would use up the fault
        fault = FAULTS[name]
        if isinstance(fault, dict):
            smtp.faults = deepcopy(fault)      # a list is used up
        else:
            fault(smtp)
        relayed.sends()
        if fault is off:
            smtp.start()
        smtp.stripped, smtp.late = False, 0.0
        for minutes in PASSES:
            with suppress(ConnectionError):
                relayed.passes(minutes=minutes)
        return len(relayed.to_buyers()), str(relayed.reply()["state"])


def is_right(name: str, left: int, state: str) -> bool:
    if name in TELLS:
        return (left, state) == (0, "failed")
    return (left, state) == (1, "sent") or (left <= 1 and state == "uncertain")


def prove(budget: Budget) -> Iterator[Row]:
    for echoes in (True, False):
        found = {name: outcome(name, echoes=echoes) for name in FAULTS}
        bad = [f"{name}: {seen}" for name, seen in found.items() if not is_right(name, *seen)]
        asked = sum(state == "uncertain" for _, state in found.values())
        how = "with the echo" if echoes else "without an echo"
        yield Row(name=f"faults of the relay {how}, {asked} asked", offered=len(FAULTS),
                  twice=sum(max(0, left - 1) for left, _ in found.values()), verdict="; ".join(bad) or "holds")
