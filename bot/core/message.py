"""Raw bytes of a mail -> Message: who wrote it, whether that is proven, what a person would read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.origin import Origin

if TYPE_CHECKING:
    from bot.core.dkim import Keys

__all__ = ["Attachment", "Message", "Origin", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that was named but not opened. `size` is in bytes, decoded where that was cheap."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a person reading the mail would see, cleaned of all that a database or a header cannot hold.

    Attributes:
        sender: one strict address, lower case; the display name is apart, in `sender_name`.
        origin_why: the words of the trusted Authentication-Results, or of our own check, that decided `origin`.
        headers: the few headers marketplaces are told apart by; names in lower case.
        automatic: `auto-replied`, `bounce`, `list`, or empty: RFC 3834's reasons never to answer.
        text: the plain part, or the HTML part as text; hidden text left out. For a bounce also what it
            quotes from the mail that came back.
        page: the HTML part as text, whatever `text` is, and not cleaned once more.
        newest: `text` less quoted history and signature.
        in_reply_to: for a bounce the Message-ID of the mail that came back, where it says so.
        links: every address a person could click in the HTML or read in the text, in order. Never opened.
        content_key: the same mail by two routes has the same key; another mail has another.
        flaws: what had to be repaired or could not be believed, for `why`.
    """

    sender: str
    sender_name: str = ""
    reply_to: str = ""
    to: str = ""
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    origin: Origin = Origin.UNPROVEN
    origin_why: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    automatic: str = ""
    text: str = ""
    html: str = ""
    page: str = ""
    newest: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    content_key: str = ""
    flaws: tuple[str, ...] = ()


def read(raw: bytes, *, trusted: frozenset[str] = frozenset(), keys: Keys | None = None,
         received: datetime | None = None) -> Message:
    """Return the mail as a Message, or raise UnreadableError: never anything else, for any bytes.

    `trusted` are the authserv-ids whose Authentication-Results count. `keys` looks DKIM keys up, and is given
    only where the mailbox's host writes none; `received` is when the server took the mail, by which a signature
    expires (None: its own Date). The codes are `oversize`, `header_too_long`, `too_many_headers`,
    `too_many_recipients`, `too_many_parts`, `too_deep`, `multiple_from`, `bad_from`, and `unreadable` for what
    nobody has seen yet.
    """
    from bot.core.opening import opened

    return opened(raw, trusted, keys, received)
