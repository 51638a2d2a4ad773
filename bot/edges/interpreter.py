"""Known holes of Python itself, tried on this very interpreter: distributions mend them without a new version.

Guichet leans on none of the mended ways: it has a guard of its own for each. They are told because whoever reads it
may want to mend the machine. Nothing here reaches outside, and each trial takes less than a millisecond.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import EmailMessage

__all__ = ["Hole", "open_holes", "version"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A hole by its number in the CVE list; `is_open` tries it here."""

    cve: str
    is_open: Callable[[], bool]


def version() -> str:
    return platform.python_version()


def open_holes() -> list[str]:
    """Return the numbers of the holes that this interpreter has."""
    return [hole.cve for hole in HOLES if hole.is_open()]


def _mail_that_breaks_out() -> EmailMessage:
    """Return a mail with a header whose own way of folding smuggles in a second one."""
    from email import message_from_string, policy

    class Smuggling(str):
        name = "Subject"

        def fold(self, **_: object) -> str:
            return f"{self}"

    mail = message_from_string("From: a@boutique.example\n\n", policy=policy.default)
    mail["Subject"] = "x"
    mail._headers[-1] = ("Subject", Smuggling("Subject: x\r\nBcc: b@boutique.example\r\n"))  # type: ignore[attr-defined]
    return mail


def _text_breaks_out() -> bool:
    """The text of a mail is written without a look at the line breaks in its headers."""
    from email.errors import MessageError

    try:
        return "\nBcc:" in _mail_that_breaks_out().as_string()
    except MessageError:
        return False


def _bytes_break_out() -> bool:
    """The same of its bytes, which is how a mail is sent."""
    from email.errors import MessageError

    try:
        return b"\nBcc:" in _mail_that_breaks_out().as_bytes()
    except MessageError:
        return False


def _address_misread() -> bool:
    """An address that is none is read as one of another domain."""
    from email.utils import parseaddr

    return bool(parseaddr("alice@example.org)bob@example.com")[1])


def _open_comment_is_text() -> bool:
    """What a mended parser ends at the end of the page, the old one goes through again and again."""
    from html.parser import HTMLParser

    class Listening(HTMLParser):
        comments = 0

        def handle_comment(self, data: str) -> None:
            self.comments += len(data)

    parser = Listening()
    parser.feed("<!--x")
    parser.close()
    return not parser.comments


def _imap_takes_line_breaks() -> bool:
    """A line break in an argument becomes a command of its own."""
    from imaplib import IMAP4

    class Deaf(IMAP4):
        """A client without a connection, that keeps what it would send."""

        def __init__(self) -> None:
            self.said = b""
            self.debug, self.state, self.tagnum = 0, "SELECTED", 0
            self.tagpre = b"A"  # type: ignore[assignment]
            self.literal, self._encoding = None, "ascii"
            self.untagged_responses, self.tagged_commands = {}, {}
            self._cmd_log: dict[int, object] = {}
            self._cmd_log_idx, self._cmd_log_len = 0, 10

        def send(self, data: Any) -> None:
            self.said += bytes(data)

    deaf = Deaf()
    try:
        deaf._command("SEARCH", "x\r\nA1 DELETE INBOX")
    except (ValueError, IMAP4.error):
        return False
    except (AttributeError, TypeError):  # another imaplib than those we know: we cannot say
        return False
    return b"\r\nA1 DELETE" in deaf.said


HOLES = (
    Hole(cve="CVE-2024-6923", is_open=_text_breaks_out),
    Hole(cve="CVE-2026-1299", is_open=_bytes_break_out),
    Hole(cve="CVE-2023-27043", is_open=_address_misread),
    Hole(cve="CVE-2025-6069", is_open=_open_comment_is_text),
    Hole(cve="CVE-2025-15366", is_open=_imap_takes_line_breaks),
)
