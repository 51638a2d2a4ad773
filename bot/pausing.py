"""The switch that stops all automatic sending: thrown by the seller or by the breaker, put back by a person only.

While it is off, rows that were to leave alone wait as they are, what is newly decided becomes a draft, and what
the seller approved still leaves. Mails to the seller himself always leave.
"""

from __future__ import annotations

from datetime import datetime

from bot.edges.store import Store, iso, moment

SWITCH = "paused"       # meta: the instant, a space, and why
RESUMED = "resumed"     # meta: since when the breaker counts anew


def paused(store: Store) -> str:
    """Return why nothing leaves by itself; empty while it may."""
    return store.meta(SWITCH).partition(" ")[2]


def pause(store: Store, reason: str, now: datetime) -> bool:
    """Stop all automatic sending; False if it was stopped before, whose reason then stays."""
    with store.write_tx():
        if paused(store):
            return False
        store.set_meta(SWITCH, f"{iso(now)} {reason.strip() or '-'}")
    return True


def resume(store: Store, now: datetime) -> bool:
    """Let what waits leave again, and the breaker count from now; False if nothing was stopped."""
    with store.write_tx():
        if not paused(store):
            return False
        store.set_meta(SWITCH, "")
        store.set_meta(RESUMED, iso(now))
    return True


def resumed_at(store: Store) -> datetime | None:
    """Return when the switch was last put back."""
    said = store.meta(RESUMED)
    return moment(said) if said else None
