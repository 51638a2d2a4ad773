"""A copy of the database an hour old is put back: what left since does not leave again, and nothing is lost.

Replies that left before the copy was made, that were ready in it, that left since, and that were due just then: to
all buyers once. What proves that a reply left is its echo, or the copy that the provider puts into Sent.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import ROOT, Budget, Row
from tests.servers.dovecot import Dovecot
from tests.servers.shop import SELLER, Shop
from tests.servers.smtp import Received, SmtpServer

MINUTES = 3
LETTER = "amazon/buyer_wrote_fr_order"
WAVES = 4           # before the copy and gone, before it and ready, since it and gone, since it and ready
EACH = 4            # letters a wave; more in ten minutes would be stopped by the breaker
GAP = 1200          # seconds between two waves: longer than the breaker looks back
HELD = 240          # seconds after which a reply that leaves alone has left


class Hour:
    """An hour at a shop where replies leave alone; `proof` brings what the relay took back to her mailbox."""

    def __init__(self, folder: Path, dovecot: Dovecot, smtp: SmtpServer, proof: Callable[[Shop, Received], None],
                 *, renumbered: bool) -> None:
        self.shop, self.renumbered, self.letters = Shop(folder, dovecot, smtp), renumbered, 0
        smtp.on_keep = lambda mail: proof(self.shop, mail)
        self.shop.policy('mode = "alone"')

    def passes(self, *seconds: int) -> None:
        subprocess.run([sys.executable, "-m", "tests.proofs.passes", str(self.shop.settings), *map(str, seconds)],
                       cwd=ROOT, env={"PATH": "/usr/bin:/bin", "VENTES_PASSWORD": self.shop.password},
                       stderr=subprocess.DEVNULL, check=False, timeout=300)

    def wave(self, at: int, *, leaves: bool) -> None:
        """Let letters arrive and be answered; the answers leave, or are still held."""
        for _ in range(EACH):
            self.letters += 1
            self.shop.arrives(LETTER, also={b"404-2718281-8284590": f"404-{self.letters:07}-8284590".encode()})
        self.passes(at, at + HELD) if leaves else self.passes(at)

    def play(self) -> None:
        self.passes(0)
        self.wave(GAP, leaves=True)
        self.wave(2 * GAP, leaves=False)
        self.shop.bot("backup", "copy.db")
        self.wave(3 * GAP, leaves=True)
        self.wave(4 * GAP, leaves=False)
        if self.renumbered:
            self.shop.dovecot.lose_numbers(self.shop.address)
        self.shop.bot("restore", "copy.db")
        self.passes(*(4 * GAP + after for after in (600, 900, 1600, 3000)))

    def replies(self) -> Counter[bytes]:
        return Counter(mail.raw for mail in self.shop.smtp.mails if mail.recipient != SELLER)


def by_echo(shop: Shop, mail: Received) -> None:
    for other in mail.others:
        shop.dovecot.deliver(other, mail.raw)


def by_provider(shop: Shop, mail: Received) -> None:
    with shop.dovecot.client(shop.address) as phone:
        phone.append("Sent", mail.raw)


PROOFS: dict[str, Callable[[Shop, Received], None]] = {"its echo": by_echo, "the provider's copy in Sent": by_provider}


def outcome(name: str, *, renumbered: bool) -> tuple[int, int]:
    """Return how many letters were never answered, and how many answers left more than once."""
    with TemporaryDirectory(prefix="guichet-hour-") as folder, Dovecot() as dovecot, \
            SmtpServer(security="starttls") as smtp:
        hour = Hour(Path(folder), dovecot, smtp, PROOFS[name], renumbered=renumbered)
        hour.play()
        left = hour.replies()
    return max(0, hour.letters - len(left)), left.total() - min(hour.letters, len(left))


def prove(_: Budget) -> Iterator[Row]:
    for name in PROOFS:
        found = [outcome(name, renumbered=renumbered) for renumbered in (False, True)]
        yield Row(name=f"restore: replies about a copy an hour old, known by {name}", offered=2 * WAVES * EACH,
                  lost=sum(lost for lost, _ in found), twice=sum(twice for _, twice in found))
