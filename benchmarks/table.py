"""The figures as people read them: in the terminal, as JSON, and between two marks of docs/performance.md."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import contenders as c
from benchmarks.goals import GOALS, Found, place
from benchmarks.race import Place, Race

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: make bench ARGS=--write -->", "<!-- end of figures -->"
VERDICT = {True: "met", False: "missed", None: "not measured"}


def lines(found: Found) -> Iterator[str]:
    """Yield the tables as Markdown, which a terminal shows well enough."""
    yield f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}."
    yield ""
    if found.race:
        yield from _race(found.race)
    yield from _goals(found)
    for note in found.notes:
        yield f"* {note}"


def machine() -> str:
    load = os.getloadavg()[0]
    busy = f"; other programs were at work (load {load:.1f}): trust the CPU column" if load > 2.5 else ""
    return (f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, SQLite "
            f"{sqlite3.sqlite_version}{busy}")


def _race(race: Race) -> Iterator[str]:
    yield f"{race.mails} mails of {race.bytes / max(race.mails, 1) / 1024:.1f} KiB in the middle, Dovecot on loopback."
    yield ""
    for title, places in (("Record only: fetched, read, decided, committed", race.record),
                          ("With a reply for each, sent and committed", race.reply)):
        yield from _places(title, places)
    for name, why in race.absent.items():
        yield f"Absent: {name}: {why}."
        yield ""
    yield from _stages(race)


def _places(title: str, places: list[Place]) -> Iterator[str]:
    mine = place(places, c.OURS)
    yield f"| {title} | ours does × as many a second | it takes × our CPU | mails/s | CPU s per 1,000 | peak MiB |"
    yield "|---|---:|---:|---:|---:|---:|"
    for one in places:
        ratio = f"{mine.rate / one.rate:.2f}" if mine else "–"
        cpu = f"{one.cpu / mine.cpu:.2f}" if mine else "–"
        yield f"| {one.name} | {ratio} | {cpu} | {one.rate:,.0f} | {one.cpu:.2f} | {one.peak:.0f} |"
    yield ""


def _stages(race: Race) -> Iterator[str]:
    """Yield our own time by stage; of a pass that times itself, which costs some."""
    told: dict[str, Any] = race.stages
    if not told or "cpu" not in told.get("record", {}) or "cpu" not in told.get("reply", {}):
        return
    names = dict.fromkeys([*told["record"]["cpu"], *told["reply"]["cpu"]])
    yield "| Guichet, µs a mail | record only: CPU | on the clock | with replies: CPU | on the clock |"
    yield "|---|---:|---:|---:|---:|"
    rows = [(name, *(told[way][kind].get(name, 0.0) for way in ("record", "reply") for kind in ("cpu", "clock")))
            for name in names]
    for name, *took in [*rows, ("whole", *(sum(row[column] for row in rows) for column in range(1, 5)))]:
        yield f"| {name} | " + " | ".join(f"{one:,.0f}" for one in took) + " |"
    yield f"| commits a mail | {told['record']['commits']:.2f} | | {told['reply']['commits']:.2f} | |"
    yield ""
    if told["record"]["missing"]:
        yield f"Not timed, for nothing of it is there any more: {', '.join(told['record']['missing'])}."
        yield ""


def _goals(found: Found) -> Iterator[str]:
    yield "| Goal | wanted | found | | in CPU seconds |"
    yield "|---|---:|---:|---|---:|"
    for goal in GOALS:
        value = goal.figure(found)
        shown = "–" if value is None else f"{value:.3g} {goal.unit}".strip()
        cpu = goal.by_cpu(found)
        by_cpu = "" if cpu is None else f"{cpu:.3g} {goal.unit}"
        yield f"| {goal.what} | {goal.bound} | {shown} | {VERDICT[goal.met(found)]} | {by_cpu} |"
    yield ""


def as_json(found: Found) -> dict[str, Any]:
    return {"machine": machine(), "race": asdict(found.race) if found.race else None,
            "further": found.further, "notes": found.notes,
            "goals": [{"what": goal.what, "at_least": goal.at_least, "at_most": goal.at_most, "unit": goal.unit,
                       "found": goal.figure(found), "met": goal.met(found)} for goal in GOALS]}


def write(found: Found) -> None:
    """Put the tables between the marks of the page."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines(found)) + f"\n{END}{after}", "utf-8")
