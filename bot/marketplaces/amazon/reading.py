"""Amazon: buyers' messages through its anonymous addresses, and its own notices in HTML.

Which mail is what, and what Amazon calls things, stands in notifications.toml; here stands how to read them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.core.event import Kind
from bot.core.message import Message
from bot.marketplaces.amazon import letters, notices, place
from bot.marketplaces.amazon.tables import Tables
from bot.marketplaces.contract import Looks, Notification

TABLES = Tables.from_folder(__file__)

READERS: Mapping[Kind, Callable[[Message, Notification, Tables], Notification]] = {
    Kind.BUYER_WROTE: letters.read,
    Kind.OWN_MESSAGE_COPIED: letters.read_copy,
    Kind.AUTO_REPLY_RECEIVED: letters.read_automatic,
    Kind.NOTICE: notices.read_unread,
    Kind.BUYER_SIDE: notices.read_unread,
}


def read(message: Message, note: Notification) -> Notification:
    unknown = note.kind is Kind.MARKETPLACE_WROTE and place.is_relay(message.sender, TABLES)
    reader = letters.read if unknown else READERS.get(note.kind, notices.read)
    return reader(message, note, TABLES)


LOOKS = Looks.from_folder(__file__, read)
