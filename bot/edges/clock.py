"""The only place that asks the time. Every waiting time is reckoned from here."""

from __future__ import annotations

import time

TYPE_CHECKING = False   # typing costs a pass that finds nothing a fifth of its time, datetime a tenth
if TYPE_CHECKING:
    from datetime import datetime, timedelta

_ahead = 0.0    # seconds


def now() -> datetime:
    """Return this moment, aware, UTC, whole seconds."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds() // 1, UTC)


def seconds() -> float:
    """Return this moment as the machine counts it: seconds since 1970."""
    return time.time() + _ahead


def until_next(pulse: float) -> float:
    """Return the seconds until the next moment that is a multiple of so many seconds, by the clock nobody sets.

    What waits for the same moments wakes together: on an idle machine the waking is most of what a short look costs.
    """
    return pulse - time.monotonic() % pulse


def written(moment: float) -> str:
    """Return an instant in seconds as everywhere in our files: `2026-11-22T09:00:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def set_ahead(by: timedelta) -> None:
    """Let the clock run `by` ahead of the machine's (behind, if negative): for the demo's week."""
    global _ahead
    _ahead = by.total_seconds()
