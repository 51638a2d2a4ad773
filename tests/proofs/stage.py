"""A mailbox on a real Dovecot with the program's receiving and reading on it, and the seller's phone beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bot.edges.imap import Imap
from bot.edges.store import Row, Store
from bot.guichet import Guichet
from bot.loop import database
from bot.reading import read_one
from bot.receiving import open_imap, receive
from bot.settings import Mailbox, load
from tests.canaries import PASSWORD
from tests.servers.dovecot import Dovecot
from tests.servers.shop import TRUSTED, box

SETTINGS = """
[seller]
name = "Atelier Lumen"
language = "en"
notify = ["marie@boutique.example"]
data = "data"

"""

_numbers = count(1)


class Stage:
    """One mailbox; `imap` is the program's own connection, opened at the first look and after each break."""

    def __init__(self, folder: Path, dovecot: Dovecot, more: str = "") -> None:
        self.dovecot, self.address = dovecot, f"stage{next(_numbers)}-{id(self):x}@boutique.example"
        folder.mkdir(parents=True, exist_ok=True)
        dovecot.add(self.address, PASSWORD)
        (folder / "password").write_text(f"{PASSWORD}\n")
        (folder / "password").chmod(0o600)
        (folder / "ca.pem").write_text(dovecot.ca_file.read_text())
        path = folder / "mailboxes.toml"
        path.write_text(SETTINGS + box(self.address, dovecot, None, secret='password_file = "password"',
                                       more=f"{TRUSTED}\n{more}"))
        settings = load(path)
        self.guichet = Guichet(settings, Store(database(settings)))
        self._imap: Imap | None = None

    @property
    def mailbox(self) -> Mailbox:
        return self.guichet.settings.mailboxes[0]

    @property
    def imap(self) -> Imap:
        if self._imap is None:
            self._imap = open_imap(self.mailbox)
            self._imap.connect()
        return self._imap

    def hang_up(self) -> None:
        if self._imap is not None:
            self._imap.close()
            self._imap = None

    def close(self) -> None:
        self.hang_up()
        self.guichet.reader.close()
        self.guichet.store.close()

    def look(self, now: datetime | None = None) -> int:
        return receive(self.guichet.store, self.mailbox, self.imap, now or datetime.now(UTC))

    def read_all(self, now: datetime | None = None) -> None:
        while read_one(self.guichet, now or datetime.now(UTC)):
            pass

    def rows(self, sql: str, *args: Any) -> list[Row]:
        return self.guichet.store.rows(sql, *args)
