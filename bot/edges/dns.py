"""DNS: the keys by which signatures of mails are checked, and nothing else."""

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

    def _asked(self, name: str) -> bytes | None:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            answer = self._resolver().resolve(f"{name}.", "TXT", lifetime=self._timeout, search=False)
        except (NXDOMAIN, NoAnswer):
            return None
        except (DNSException, OSError, ValueError) as error:
            self._failed[name] = time.monotonic() + AFTER_FAILURE
            raise self._silent(name) from error
        return _record(answer)

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
