"""Amazon: buyers' messages through its anonymous addresses, and its own notices in HTML."""

from __future__ import annotations

from bot.marketplaces.contract import Marketplace

MARKETPLACE = Marketplace.from_folder(__file__)
