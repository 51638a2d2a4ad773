"""A name server of our own on UDP: it answers TXT from a dict, and what a test tells it to.

    with NameServer({"s1._domainkey.amazon.fr": "v=DKIM1; p=..."}) as server:
        Dns(nameserver="127.0.0.1", port=server.port).txt("s1._domainkey.amazon.fr")
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from threading import Thread
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest


class NameServer:
    """Names it has not are NXDOMAIN; `mx` holds records such as "10 mx0.mail.ovh.net.".

    `asked` tells every question in order; `rcode` answers all questions alike.
    """

    def __init__(self, records: Mapping[str, str | list[str]] | None = None) -> None:
        self.mx: dict[str, list[str]] = {}
        self.records = {name.rstrip(".").lower(): text for name, text in (records or {}).items()}
        self.asked: list[str] = []
        self.silent = False
        self.rcode: dns.rcode.Rcode | None = None
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", 0))
        self.port = int(self._line.getsockname()[1])

    def __enter__(self) -> Self:
        Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                question, peer = self._line.recvfrom(4096)
                if not question:
                    return      # a socket shut down reads as an empty datagram
                answer = self._answer(question)
                if not self.silent:
                    self._line.sendto(answer, peer)

    def _answer(self, question: bytes) -> bytes:
        asked = dns.message.from_wire(question)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        name = asked.question[0].name
        self.asked.append(name.to_text(omit_final_dot=True).lower())
        if asked.question[0].rdtype == dns.rdatatype.MX and self.rcode is None:
            return self._exchangers(answer, name)
        found = self.records.get(self.asked[-1])
        if self.rcode is not None or found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN if self.rcode is None else self.rcode)
        elif texts := [found] if isinstance(found, str) else found:
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", "TXT", *map(_quoted, texts)))
        return answer.to_wire()

    def _exchangers(self, answer: dns.message.Message, name: dns.name.Name) -> bytes:
        if found := self.mx.get(self.asked[-1]):
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", "MX", *found))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


def _quoted(text: str) -> str:
    """Return a record in strings of 255 bytes, as long keys stand in DNS."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)) or '""'


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    """An empty one; a test adds records."""
    with NameServer() as server:
        yield server
