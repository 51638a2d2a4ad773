"""How far the first look over a mailbox is: on a terminal, where a person waits; nowhere else."""

from __future__ import annotations

import sys
from threading import Lock
from typing import TextIO

from bot.words import say

FEW = 200       # mails that are there before anybody has read a line about them
WIDE = 20       # characters of a bar


def on_terminal() -> Bars | None:
    """Return what shows progress where stderr is a terminal; None under cron, in the journal, in a file."""
    return Bars(sys.stderr) if sys.stderr and sys.stderr.isatty() else None


class Bars:
    """One line of a terminal for all mailboxes that are looked at for the first time. Any thread may tell it."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal, self._lock = terminal, Lock()
        self._at: dict[str, str] = {}

    def __call__(self, mailbox: str, done: int, whole: int) -> None:
        """Show that of so many mails of a mailbox so many are kept; the line of one that is through stays."""
        if whole < FEW:
            return
        with self._lock:
            said = _line(mailbox, done, whole)
            self._at[mailbox] = said
            if done >= whole:
                del self._at[mailbox]
                self._write(said, "\n")
            self._write("   ".join(self._at.values()))

    def _write(self, line: str, end: str = "") -> None:
        from shutil import get_terminal_size

        wide = get_terminal_size().columns - 1       # a line that breaks is not taken back by \r
        self._terminal.write(f"\r\x1b[K{line[:wide]}{end}")
        self._terminal.flush()


def _line(mailbox: str, done: int, whole: int) -> str:
    full = WIDE * done // whole
    return say("Mailbox {mailbox}: first look {bar} {done} of {whole} mails", mailbox=mailbox,
               bar=f"[{'#' * full}{'.' * (WIDE - full)}]", done=done, whole=whole)
