"""Cdiscount's mails are read as its relay writes them: all of it stands in notifications.toml."""

from __future__ import annotations

from bot.marketplaces.contract import Looks
from bot.marketplaces.relay import Relay

LOOKS = Looks.from_folder(__file__, Relay.from_folder(__file__).read)
