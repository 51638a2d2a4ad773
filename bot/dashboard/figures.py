"""The numbers that marketplaces measure by, as `show numbers` prints them, and the weeks as charts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from markupsafe import Markup

from bot import counting, words
from bot.core import numbers as reckoned
from bot.core.chart import Chart, Series, drawn, tabled
from bot.core.numbers import Period
from bot.core.sheet import sheet
from bot.counting import COLUMNS, UncountableError
from bot.dashboard.here import guichet, now, seller, store
from bot.dashboard.telling import when
from bot.edges.store import iso
from bot.marketplaces import titled
from bot.words import say

PART = Blueprint("figures", "bot.dashboard.figures")

WEEKS = 12
LATELY = timedelta(days=90)

Flat = counting.Flat
ANSWERS = ("answered_under", "answered_late", "unanswered")
SHARES = ("cancelled", "claims", "accepted", "shipped")
PARTS = {"cancelled": ("Cancelled", "Not cancelled")}   # of a share: what it counts, and what is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A marketplace's numbers: a row a measure, a cell a period."""

    name: str
    periods: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    charts: Sequence[tuple[Markup, Markup]]


@PART.get("/numbers")
def numbers() -> str:
    (rows, cautions), since = _counted(), counting.since(store())
    names = list(dict.fromkeys(row["marketplace"] for row in rows))
    return render_template(
        "numbers.html", tables=[_table(name, [row for row in rows if row["marketplace"] == name]) for name in names],
        cautions=cautions, asked=_asked(), kinds=_kinds(),
        shops=_shops(), days=LATELY.days, since=when(since)[:10] if since else "", cases=_pictured(_cases_chart()))


@PART.get("/numbers.<any(csv, json):form>")
def file(form: str) -> Response:
    rows, _ = _counted()
    if form == "json":
        made, media = json.dumps(rows, ensure_ascii=False), "application/json"
    else:
        made, media = sheet(rows, COLUMNS, ";" if words.current() == "fr" else ","), "text/csv"
    return Response(made, content_type=f"{media}; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="numbers.{form}"'})


def _asked() -> str:
    return request.args.get("marketplace", "")[:80]


def _counted() -> tuple[list[Flat], list[str]]:
    """Return every number of 7, 30 and 90 days, and of the last weeks, and the cautions; 404 where none is counted."""
    zone = seller().timezone
    periods = (*reckoned.last_days(now(), zone), *_weeks())
    try:
        return counting.counted(store(), guichet().settings, now(), periods, _asked())
    except UncountableError:
        abort(404)


def _weeks() -> tuple[Period, ...]:
    return reckoned.last_weeks(now(), seller().timezone, WEEKS)


# -- tables --------------------------------------------------------------------------------------


def _table(name: str, rows: Sequence[Flat]) -> Table:
    of_days = [row for row in rows if row["period"].endswith("d")]
    by = {(row["measure"], row["period"]): row for row in rows}
    periods = list(dict.fromkeys(row["period"] for row in of_days))
    measures = {row["measure"]: row for row in of_days}
    told = [{"name": row["name"], "target": row["target"] or "", "cells": [by[measure, one] for one in periods]}
            for measure, row in measures.items()]
    return Table(name=name, periods=[reckoned.titled(one) for one in periods], rows=told,
                 charts=[_pictured(chart) for chart in _charts(name, by, measures)])


# -- charts --------------------------------------------------------------------------------------


def _pictured(chart: Chart) -> tuple[Markup, Markup]:
    """Return a chart and its table; both escape what they are given."""
    return Markup(drawn(chart)), Markup(tabled(chart))   # noqa: S704


def _charts(name: str, by: Mapping[tuple[str, str], Flat], measures: Mapping[str, Flat]) -> Iterator[Chart]:
    weeks = [period.name for period in _weeks()]
    if ANSWERS[0] in measures:
        series = [Series(name=measures[one]["name"], values=[by[one, week]["count"] for week in weeks])
                  for one in ANSWERS]
        yield _chart(f"{name}-answers", say("{marketplace}: messages by week", marketplace=titled(name)), series)
    for measure in SHARES:
        if any(by[measure, week]["of"] for week in weeks if (measure, week) in by):
            yield _chart(f"{name}-{measure}", f"{titled(name)}: {measures[measure]['name']}",
                         _shares(measure, [by[measure, week] for week in weeks]))


def _shares(measure: str, rows: Sequence[Flat]) -> list[Series]:
    done, left = PARTS.get(measure, ("In time", "Not in time"))
    return [Series(name=say(done), values=[row["count"] for row in rows]),
            Series(name=say(left), values=[row["of"] - row["count"] if row["of"] else None for row in rows])]


def _cases_chart() -> Chart:
    counts = [store().row("SELECT count(*) AS many FROM cases WHERE opened >= ? AND opened < ?", iso(week.start),
                          iso(week.end)) for week in _weeks()]
    return _chart("cases", say("Cases a week"),
                  [Series(name=say("Cases"), values=[int(row["many"]) if row else 0 for row in counts])])


def _chart(name: str, title: str, series: Sequence[Series]) -> Chart:
    labels = [week.name for week in _weeks()]
    told = ", ".join(f"{one.name} {sum(value or 0 for value in one.values):g}" for one in series)
    return Chart(id=f"chart-{name}", title=title, head=say("Week"), labels=labels,
                 words=say("{count} weeks: {numbers}", count=len(labels), numbers=told),
                 marks=[label.partition("-")[2] for label in labels], series=series)


# -- beside what is measured ---------------------------------------------------------------------


def _shops() -> list[dict[str, Any]]:
    """Return what each marketplace asked of the seller lately."""
    since = iso(now() - LATELY)
    return store().rows(
        "SELECT marketplace, count(*) AS cases, sum(stage != 'closed') AS open, sum(stage = 'escalated') AS escalated"
        " FROM cases WHERE opened >= ? GROUP BY +marketplace ORDER BY marketplace", since)


def _kinds() -> list[dict[str, Any]]:
    return store().rows("SELECT kind, count(*) AS many FROM cases WHERE opened >= ? GROUP BY +kind"
                        " ORDER BY many DESC LIMIT 12", iso(now() - LATELY))
