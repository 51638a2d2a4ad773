"""What the weeks were like: how many cases, how many deadlines met, how quick the answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template

from bot.dashboard.here import now, seller, store
from bot.edges.store import iso

PART = Blueprint("figures", "bot.dashboard.figures")

WEEKS = 12
LATELY = timedelta(days=90)


@PART.get("/numbers")
def numbers() -> str:
    weeks = _weeks()
    return render_template("numbers.html", weeks=weeks, most=max([1, *(one["opened"] for one in weeks)]),
                           shops=_shops(), days=LATELY.days, kinds=_kinds())


def _weeks() -> list[dict[str, Any]]:
    """Return the last weeks, the oldest first: cases opened in each, the seller's deadlines met and missed."""
    today = now().astimezone(ZoneInfo(seller().timezone)).date()
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    return [{"monday": start, **_week(start)} for start in starts]


def _week(start: date) -> dict[str, int]:
    begin, end = start.isoformat(), (start + timedelta(weeks=1)).isoformat()
    row = store().row(
        "SELECT (SELECT count(*) FROM cases WHERE opened >= ? AND opened < ?) AS opened,"
        " (SELECT count(*) FROM deadlines WHERE who = 'seller' AND state = 'met' AND ended >= ? AND ended < ?) AS met,"
        " (SELECT count(*) FROM deadlines WHERE who = 'seller' AND state = 'missed' AND ended >= ? AND ended < ?)"
        " AS missed", *[begin, end] * 3)
    return {name: int(value) for name, value in (row or {}).items()}


def _shops() -> list[dict[str, Any]]:
    """Return what each marketplace asked of the seller lately."""
    since = iso(now() - LATELY)
    return store().rows(
        "SELECT marketplace, count(*) AS cases, sum(stage != 'closed') AS open, sum(stage = 'escalated') AS escalated,"
        " (SELECT count(*) FROM deadlines JOIN cases AS c ON c.id = case_id WHERE c.marketplace = cases.marketplace"
        "  AND who = 'seller' AND state = 'met' AND ended >= ?) AS met,"
        " (SELECT count(*) FROM deadlines JOIN cases AS c ON c.id = case_id WHERE c.marketplace = cases.marketplace"
        "  AND who = 'seller' AND state = 'missed' AND ended >= ?) AS missed,"
        " (SELECT count(*) FROM outbox JOIN cases AS c ON c.id = case_id WHERE c.marketplace = cases.marketplace"
        "  AND what IN ('reply', 'offer') AND state = 'sent' AND changed >= ?) AS sent"
        " FROM cases WHERE opened >= ? GROUP BY marketplace ORDER BY marketplace", since, since, since, since)


def _kinds() -> list[dict[str, Any]]:
    return store().rows("SELECT kind, count(*) AS many FROM cases WHERE opened >= ? GROUP BY kind"
                        " ORDER BY many DESC LIMIT 12", iso(now() - LATELY))
