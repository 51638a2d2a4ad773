"""DNS: the keys by which signatures of mails are checked, and, once for `init`, who receives a domain's mail."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from bot.edges import EdgeError
from bot.words import say

if TYPE_CHECKING:
    from dns.resolver import Answer, Resolver

TIMEOUT = 5.0        # seconds a look-up may take in all
KEEP = 3600.0        # seconds an answer is believed; keys live for months
AFTER_FAILURE = 60.0  # seconds without asking again: a dead resolver must not cost 5 s a mail
MOST = 1000          # answers kept
PAYLOAD = 1232       # bytes of an answer by UDP: long keys fit, fragments do not occur (DNS flag day 2020)


class Dns:
    """Asks for TXT records, by this machine's own resolver unless a name server is given. For one thread."""

    def __init__(self, *, nameserver: str = "", port: int = 53, timeout: float = TIMEOUT) -> None:
        self._nameserver, self._port, self._timeout = nameserver, port, timeout
        self._known: dict[str, tuple[float, bytes | None]] = {}
        self._failed: dict[str, float] = {}

    def txt(self, name: str) -> bytes | None:
        """Return the TXT record at a name, None where there is none; raise EdgeError where nobody answers."""
        now = time.monotonic()
        until, found = self._known.get(name, (0.0, None))
        if until > now:
            return found
        if self._failed.get(name, 0.0) > now:
            raise self._silent(name)
        if len(self._known) + len(self._failed) >= MOST:
            self._known.clear()
            self._failed.clear()
        found = self._asked(name)
        self._known[name] = (now + KEEP, found)
        return found

    def mx(self, domain: str) -> list[str]:
        """Return the hosts that receive a domain's mail, the preferred first; raise EdgeError where nobody answers."""
        answer = self._answer(domain, "MX")
        found = sorted(answer, key=lambda record: record.preference) if answer else []
        return [record.exchange.to_text(omit_final_dot=True).lower() for record in found]

    def _asked(self, name: str) -> bytes | None:
        try:
            answer = self._answer(name, "TXT")
        except EdgeError:
            self._failed[name] = time.monotonic() + AFTER_FAILURE
            raise
        return _record(answer) if answer else None

    def _answer(self, name: str, kind: str) -> Answer | None:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            return self._resolver().resolve(f"{name}.", kind, lifetime=self._timeout, search=False)
        except (NXDOMAIN, NoAnswer):
            return None
        except (DNSException, OSError, ValueError) as error:
            raise self._silent(name) from error

    def _resolver(self) -> Resolver:
        from dns.resolver import Resolver

        resolver = Resolver(configure=not self._nameserver)
        if self._nameserver:
            resolver.nameservers, resolver.port = [self._nameserver], self._port
        resolver.use_edns(0, 0, PAYLOAD)
        return resolver

    def _silent(self, name: str) -> EdgeError:
        return EdgeError(say("DNS gave no answer about {name} within {seconds} s; check the network, or wait",
                             name=name, seconds=f"{self._timeout:g}"))


def _record(answer: Answer) -> bytes | None:
    """Return the one record, or of several the first that may be a key: RFC 6376 leaves those open."""
    records = [b"".join(record.strings) for record in answer]
    return next((record for record in records if len(records) == 1 or b"p=" in record), None)


@cache
def resolver() -> Dns:
    """Return the one of this process, which remembers."""
    return Dns()
