"""Mirakl: buyers' messages through its relay. notifications.toml says how they look."""

from __future__ import annotations

from bot.marketplaces.contract import Marketplace

MARKETPLACE = Marketplace.from_folder(__file__)
