"""Rakuten France: sales, claims, messages and letters of its agents."""

from __future__ import annotations

from bot.marketplaces.contract import Marketplace

MARKETPLACE = Marketplace.from_folder(__file__)
