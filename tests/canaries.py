"""Secrets that every test has about it, and an ear at everything that is logged: none of them may ever be heard.

The passwords of the test servers and the tokens of the webservice are the canaries. The ear hangs on the root of
all loggers for the whole suite, at DEBUG; what the program prints and keeps is searched where a shop is closed.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

PASSWORD = "un mot de passe"
TOKEN = "kanari0815tok3n+hunter/2=="     # of the webservice
CANARIES = (PASSWORD, TOKEN)


def shapes(secret: str) -> set[bytes]:
    """Return how a secret may look: plain, in hexadecimal, in Base64 at each of the three places of a triple."""
    plain = secret.encode()
    coded = {b64encode(b" " * shift + plain)[4 if shift else 0:-4] for shift in range(3)}
    return {plain, plain.hex().encode(), *coded}


ALL = frozenset(shape for secret in CANARIES for shape in shapes(secret))


def heard(octets: bytes) -> bool:
    return any(shape in octets for shape in ALL)


def kept_in(folder: Path) -> list[str]:
    """Return the files beneath a folder in which a canary sits."""
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))
            if path.is_file() and heard(path.read_bytes())]


class Ear(logging.Handler):
    """Listens to every logger; `told` names those that gave a canary away."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if record.exc_info:
            words += logging.Formatter().formatException(record.exc_info)
        if heard(words.encode("utf-8", "replace")):
            self.told.append(f"{record.name} in {record.pathname}:{record.lineno}")


def nothing_in(printed: Iterable[str]) -> bool:
    return not any(heard(words.encode("utf-8", "replace")) for words in printed)
