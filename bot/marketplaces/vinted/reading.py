"""Vinted: sales and their labels. notifications.toml says how they look; here is read by when a label is good."""

from __future__ import annotations

from dataclasses import replace

from bot.core.message import Message
from bot.core.stated import stated
from bot.marketplaces.contract import Looks, Notification
from bot.marketplaces.relay import Relay

RELAY = Relay.from_folder(__file__)


def label_date(message: Message, note: Notification) -> Notification:
    """The day stands in the subject, "à utiliser avant …": nobody else could have written it."""
    if note.facts.get("told") != "label_dated":
        return note
    return replace(note, stated=stated(f"Veuillez envoyer : {message.subject}", RELAY.zone))


LOOKS = Looks.from_folder(__file__, RELAY.read, label_date)
