"""ManoMano: buyers and support through its Zendesk relay. notifications.toml says how their mails look."""

from __future__ import annotations

from bot.marketplaces.contract import Marketplace
from bot.marketplaces.relay import Relay

MARKETPLACE = Marketplace.from_folder(__file__)
MARKETPLACE.reads(Relay.from_folder(__file__).read)
