"""The only place that asks the time. Every waiting time is reckoned from here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """Return this moment, aware, UTC, whole seconds."""
    return (datetime.now(UTC) + _ahead).replace(microsecond=0)


def set_ahead(by: timedelta) -> None:
    """Let the clock run `by` ahead of the machine's (behind, if negative): for the demo's week."""
    global _ahead
    _ahead = by
