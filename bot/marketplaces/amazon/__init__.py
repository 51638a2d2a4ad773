"""Amazon: buyers' messages through its anonymous addresses, and its own notices in HTML.

Which mail is what, and what Amazon calls things, stands in notifications.toml; here stands how to read them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.core.event import Kind
from bot.core.message import Message
from bot.marketplaces.amazon import letters, notices
from bot.marketplaces.amazon.tables import Tables
from bot.marketplaces.contract import Marketplace, Notification

MARKETPLACE = Marketplace.from_folder(__file__)
TABLES = Tables.from_folder(__file__)

READERS: Mapping[Kind, Callable[[Message, Notification, Tables], Notification]] = {
    Kind.BUYER_WROTE: letters.read,
    Kind.RETURN_OPENED: notices.read_return,
}


@MARKETPLACE.reads
def read(message: Message, note: Notification) -> Notification:
    return READERS[note.kind](message, note, TABLES)
