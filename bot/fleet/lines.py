"""Connections that are kept between two visits: a log-in a minute for ten thousand mailboxes would be the whole load.

A line only looks. Whoever keeps what it brings holds the seller's lock meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from bot.edges import EdgeError
from bot.receiving import open_imap
from bot.settings import Mailbox

if TYPE_CHECKING:
    import ssl

    from bot.edges.imap import Imap


class Contexts:
    """One TLS context for each authority: shared it costs 12 KiB a connection, of its own 831."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path | None, int], ssl.SSLContext] = {}
        self._alone = Lock()

    def of(self, ca_file: Path | None) -> ssl.SSLContext:
        from bot.edges.imap import tls_context

        changed = 0
        with suppress(OSError):
            changed = ca_file.stat().st_mtime_ns if ca_file else 0
        text = (ca_file, changed)
        with self._alone:
            if text not in self._known:
                self._known[text] = tls_context(ca_file)
            return self._known[text]


class Line:
    """The connection to one mailbox, for one thread at a time; only `cut` may be called from another."""

    def __init__(self, mailbox: Mailbox, contexts: Contexts) -> None:
        self.mailbox, self._contexts = mailbox, contexts
        self.listening: int | None = None      # the descriptor that tells of news
        self.idles = False
        self._imap: Imap | None = None

    @contextmanager
    def lent(self) -> Iterator[Imap]:
        """Lend the connection, made anew where it broke; after an error it is given up."""
        try:
            yield self._standing()
        except EdgeError:
            self.close()
            raise

    def _standing(self) -> Imap:
        if self._imap is not None and self._hears():
            return self._imap
        self._imap = open_imap(self.mailbox, self._contexts.of(self.mailbox.ca_file))
        self._imap.connect()
        return self._imap

    def _hears(self) -> bool:
        """End the listening; say whether the line still stands: one that broke meanwhile is made anew."""
        try:
            if self.listening is not None and self._imap:
                self._imap.heed()
            elif self._imap:
                self._imap.folder(self.mailbox.folders[0])
        except EdgeError:
            self.close()
            return False
        finally:
            self.listening = None
        return True

    def rest(self) -> None:
        """Begin to listen for news, where the server tells of it; what fails here shows at the next use."""
        if self._imap is None:
            return
        try:
            self.listening = self._imap.listen(self.mailbox.folders[0])
            self.idles = self.listening is not None
        except EdgeError:
            self.close()

    def stirs(self) -> bool:
        """Say whether what it listens to has news, or broke; does not wait."""
        return self._imap is not None and self.listening is not None and self._imap.stirs()

    def look(self) -> bool:
        """Say whether there is news, or the line broke: then the next visit says why. Listens again afterwards."""
        if self._imap is None:
            return True
        try:
            news = self._imap.heed() if self.listening is not None else False
            self.listening = None
            news = any([self._imap.changed(name) for name in self.mailbox.folders]) or news  # noqa: C419 – each is seen
        except EdgeError:
            self.close()
            return True
        self.rest()
        return news

    def cut(self) -> None:
        """End at once what another thread waits for here."""
        if imap := self._imap:
            imap.interrupt()

    def close(self) -> None:
        imap, self._imap, listened, self.listening = self._imap, None, self.listening, None
        if imap is None:
            return
        if listened is not None:
            imap.interrupt()    # amid IDLE no LOGOUT is heard: fifty of them would wait two seconds each
        imap.close()
