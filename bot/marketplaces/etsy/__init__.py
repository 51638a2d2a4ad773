"""Etsy: sales, and buyers who ask for help. notifications.toml says how their mails look."""

from __future__ import annotations

from bot.marketplaces.contract import Marketplace

MARKETPLACE = Marketplace.from_folder(__file__)
