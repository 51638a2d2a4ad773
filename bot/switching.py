"""Modes that the seller switched on the page. They lie over those of mailboxes.toml, which stays his own file.

Kept in the database: the daemon hears of a switch with the next event, without being started anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.policy import Mode, Policy
from bot.edges.store import Store, iso

MODES = "modes"     # meta: {"amazon.buyer_wrote": ["alone", "2026-11-22T09:40:00Z"]}


def switched(store: Store) -> dict[str, tuple[Mode, str]]:
    """Return what was switched on the page, by kind or marketplace.kind, each with the instant."""
    if not (said := store.meta(MODES)):
        return {}
    kept: Mapping[str, tuple[str, str]] = json.loads(said)
    return {name: (Mode(mode), since) for name, (mode, since) in kept.items()}


def switch(store: Store, name: str, mode: Mode | None, now: datetime) -> None:
    """Let a mode be in force from now on; None: the one of mailboxes.toml again."""
    with store.write_tx():
        kept = {one: list(said) for one, said in switched(store).items()}
        kept.pop(name, None)
        if mode is not None:
            kept[name] = [mode, iso(now)]
        store.set_meta(MODES, json.dumps(kept))


def in_force(policy: Policy, store: Store) -> Policy:
    """Return the policy with what was switched on the page."""
    over = switched(store)
    return replace(policy, modes={**policy.modes, **{name: mode for name, (mode, _) in over.items()}}) if over \
        else policy
