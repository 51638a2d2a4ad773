"""A daemon, five cron runs and somebody at the terminal, all at once: nothing twice, and no lock is ever shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import Budget, Row
from tests.servers.dovecot import Dovecot
from tests.servers.shop import SELLER, Shop
from tests.servers.smtp import SmtpServer

LETTER = "amazon/buyer_wrote_fr_order"
CRON_RUNS = 5


def play(shop: Shop, number: int) -> list[str]:
    """Let one round happen; return what went wrong in it."""
    shop.arrives(LETTER, also={b"404-2718281-8284590": f"404-0000000-{number:07}".encode()})
    runs = [shop.start("once") for _ in range(CRON_RUNS)]
    runs += [shop.start("pause"), shop.start("resume")] + ([shop.start("approve", "C-1")] if number == 2 else [])
    wrong = []
    for program in runs:
        out, err = program.communicate(timeout=120)
        if program.returncode not in (0, 75) or "lock" in err or "stayed busy" in out + err:
            wrong.append(f"exit {program.returncode}: {err.strip()[:80]}")
    return wrong


def prove(budget: Budget, rounds: int = 100) -> Iterator[Row]:
    with TemporaryDirectory(prefix="guichet-many-") as folder, Dovecot() as dovecot, SmtpServer() as smtp:
        shop = Shop(Path(folder), dovecot, smtp)
        shop.once()
        daemon = shop.start("run")
        wrong: list[str] = []
        played = 0
        try:
            while played < rounds and not budget.over:
                played += 1
                wrong += play(shop, played)
            smtp.wait_for(played)
        finally:
            daemon.terminate()
            daemon.communicate(timeout=30)
        shop.once()
        told = Counter(mail.raw for mail in smtp.mails)
    lost = max(0, played - sum(mail.recipient == SELLER for mail in smtp.mails))
    yield Row(name="instances: rounds of a daemon, five cron runs, a terminal", offered=played, lost=lost,
              twice=sum(times - 1 for times in told.values()), verdict="; ".join(sorted(set(wrong))[:3]) or "holds")
