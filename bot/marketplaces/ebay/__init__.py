"""eBay: members' messages through its relay, and the two requests whose period is known."""

from __future__ import annotations

from bot.marketplaces.contract import Marketplace

MARKETPLACE = Marketplace.from_folder(__file__)
