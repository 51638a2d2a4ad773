"""Ten faults on the way to an IMAP server, through a proxy: every mail is kept once when the way is free again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.edges import EdgeError, clock
from bot.edges.imap import Account, Imap
from bot.edges.store import Store
from bot.receiving import receive
from bot.settings import Mailbox
from tests.proofs import Budget, Row
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tests.world import SHOP, buyer_writes

MINUTES = 20
MAILS = 5
Broken = Callable[[Proxy, random.Random], None]


def cut(proxy: Proxy, lots: random.Random) -> None:
    proxy.cut_after = lots.randrange(1, 9000)


def stall(proxy: Proxy, lots: random.Random) -> None:
    proxy.stall_after = lots.randrange(1, 9000)


def slow(proxy: Proxy, lots: random.Random) -> None:
    proxy.drip = True


def changed(old: bytes, new: bytes) -> Broken:
    def change(proxy: Proxy, lots: random.Random) -> None:
        proxy.change = (old, new)
    return change


def cut_at(said: bytes) -> Broken:
    def cut(proxy: Proxy, lots: random.Random) -> None:
        proxy.cut_at = said
    return cut


FAULTS: dict[str, Broken] = {
    "cut at a byte drawn by lot": cut, "silence": stall, "one byte a tenth of a second": slow,
    "a refused log-in": changed(b"OK [CAPABILITY", b"NO [CAPABILITY"), "garbage": changed(b"FETCH (", b"F\xffTCH ]"),
    "BYE": changed(b"* FLAGS", b"* BYE gone\r\n* FLAGS"), "a literal too short": changed(b"} \r\n", b"}\r\n"),
    "UIDNEXT missing": changed(b"UIDNEXT", b"UIDNONE"), "lost at EXAMINE": cut_at(b"EXAMINE"),
    "lost at FETCH": cut_at(b"FETCH"),
}


@contextmanager
def shop(name: str, dovecot: Dovecot) -> Iterator[tuple[Store, Proxy, str]]:
    user = f"{sorted(FAULTS).index(name)}-{SHOP}"
    dovecot.add(user)
    with TemporaryDirectory(prefix="guichet-mail-") as folder, Proxy(dovecot.ports["imap"]) as proxy:
        yield Store(Path(folder, "guichet.db")), proxy, user


def look(store: Store, proxy: Proxy, user: str) -> None:
    account = Account(mailbox="ventes", host="127.0.0.1", port=proxy.port, security="plain", user=user,
                      password="secret", timeout=0.5)
    with Imap(account) as imap:
        receive(store, Mailbox(name="ventes", address=SHOP), imap, clock.now())


def kept(name: str, dovecot: Dovecot, seed: int) -> tuple[int, int]:
    """Return how many mails are kept after the fault and the recovery, and in how many places."""
    with shop(name, dovecot) as (store, proxy, user):
        look(store, proxy, user)
        dovecot.deliver(user, *[buyer_writes(f"{number}", message=number) for number in range(MAILS)])
        FAULTS[name](proxy, random.Random(seed))
        _try(store, proxy, user)
        proxy.cut_after, proxy.stall_after, proxy.drip, proxy.change, proxy.cut_at = None, None, False, (b"", b""), b""
        proxy.flow()
        _try(store, proxy, user)
        look(store, proxy, user)
        [row] = store.rows("SELECT count(*) AS count, count(DISTINCT sha256) AS once FROM mails")
        store.close()
    return row["once"], row["count"]


def _try(store: Store, proxy: Proxy, user: str) -> bool:
    try:
        look(store, proxy, user)
    except EdgeError:
        return False
    return True


def prove(budget: Budget, rounds: int = 20) -> Iterator[Row]:
    found: list[tuple[str, int, int]] = []
    for seed in range(rounds):
        with Dovecot() as dovecot:
            found += [(name, *kept(name, dovecot, budget.seed * 1000 + seed)) for name in FAULTS]
        if budget.over:
            break
    bad = sorted({name for name, once, count in found if (once, count) != (MAILS, MAILS)})
    yield Row(name="faults on the way to IMAP: mails", offered=MAILS * len(found),
              intended=MAILS * len(FAULTS) * rounds, verdict="; ".join(bad) or "holds",
              lost=sum(max(0, MAILS - once) for _, once, _ in found),
              twice=sum(count - once for _, once, count in found))
