"""Etsy: sales, and buyers who ask for help. notifications.toml says how their mails look.

Here are read what patterns cannot say safely: where a buyer's note ends, and the year of "Dispatch by May 21".
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.core.message import Message
from bot.core.stated import stated
from bot.marketplaces.contract import Looks, Notification
from bot.marketplaces.relay import Relay

RELAY = Relay.from_folder(__file__)

_NOTE = re.compile(r"^[ \t]*note for seller ?:", re.IGNORECASE | re.MULTILINE)
_CONVERSATION = "https://www.etsy.com/conversations/"


def note_for_seller(message: Message, note: Notification) -> Notification:
    """A buyer may write Etsy's own link into his note: the last one in the mail is Etsy's."""
    begins = _NOTE.search(message.text)
    foot = message.text.rfind(_CONVERSATION)
    number = re.match(r"[0-9]+", message.text[foot + len(_CONVERSATION):]) if foot >= 0 else None
    facts = {**note.facts, "conversation": number[0] if number else ""}
    if begins:
        facts["said"] = message.text[begins.end():foot if foot >= begins.end() else None].strip()
    return replace(note, facts=facts)




def ship_by(message: Message, note: Notification) -> Notification:
    """The subject names a day without its year: the next such day after the mail."""
    if not (day := note.facts.get("ship_by")) or not message.date:
        return note
    found = (stated(f"You must ship by {day}, {message.date.year + later}", RELAY.zone) for later in (0, 1))
    after = [one for one in found if one and _until(one[0].until) >= message.date.date() - timedelta(days=1)]
    return replace(note, stated=after[0]) if after else note


def _until(moment: datetime | None) -> date:
    assert moment, "a day that was read has its moment"
    return moment.date()


LOOKS = Looks.from_folder(__file__, note_for_seller, RELAY.read, ship_by)
