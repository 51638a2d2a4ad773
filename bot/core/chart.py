"""Charts as SVG inside a page: drawn here, so that nothing is fetched; each with its title, its words and its table.

Colours and hatches are the page's own classes `c0` … `c7`, so that light, dark and paper each have theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["CLASSES", "STYLE", "Chart", "Series", "drawn", "tabled"]

WIDTH, HEIGHT = 720, 260                    # units of the picture; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 12, 34    # room for the axes
CLASSES = 8                                 # as many series can be told apart
MOST_LABELS = 13                            # below the axis; more would run into each other
TICKS = 4

STYLE = """\
.chart{width:100%;height:auto;font:12px/1 sans-serif}
.chart text{fill:var(--ink)}
.chart .axis{stroke:var(--soft);stroke-width:1}
.chart rect{stroke:var(--paper);stroke-width:1}
.c0{fill:#0072b2}.c1{fill:#d55e00}.c2{fill:#009e73}.c3{fill:#cc79a7}
.c4{fill:#e69f00}.c5{fill:#56b4e9}.c6{fill:#8a6d3b}.c7{fill:#8a8a8a}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:4px 16px}
.legend svg{width:12px;height:12px;margin-right:6px}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of values, as many as the chart has labels; None where there is none to tell."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars over labels, the series of one label on top of one another.

    Attributes:
        words: what the picture shows, for who cannot see it.
        head: what the labels are: the heading of the table's first column.
        marks: the labels in few letters, below the axis.
    """

    id: str
    title: str
    words: str
    head: str
    labels: Sequence[str]
    marks: Sequence[str]
    series: Sequence[Series]


def drawn(chart: Chart) -> str:
    """Return the chart as SVG, and its legend where there is more than one series."""
    top = _top(chart)
    body = "".join([*_axis(top), *_names(chart), *_bars(chart, top)])
    return (f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{chart.id}-t {chart.id}-d">'
            f'<title id="{chart.id}-t">{escape(chart.title)}</title>'
            f'<desc id="{chart.id}-d">{escape(chart.words)}</desc>{body}</svg>{_legend(chart)}')


def tabled(chart: Chart) -> str:
    """Return the same numbers as a table."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (chart.head, *(one.name for one in chart.series)))
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{_number(one.values[at])}</td>" for one in chart.series) + "</tr>"
        for at, label in enumerate(chart.labels))
    return (f'<div class="table" tabindex="0" role="region" aria-label="{escape(chart.title)}"><table>'
            f"<caption>{escape(chart.title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _top(chart: Chart) -> float:
    """Return the end of the scale: the smallest 1, 2 or 5 times a power of ten that no bar passes, at least 4."""
    most = max((sum(one.values[at] or 0 for one in chart.series) for at in range(len(chart.labels))), default=0)
    step = 1.0
    while True:
        for times in (1, 2, 5):
            if step * times * TICKS >= most:
                return step * times * TICKS
        step *= 10


def _axis(top: float) -> Iterator[str]:
    for tick in range(TICKS + 1):
        y = _y(top * tick / TICKS, top)
        yield f'<line class="axis" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * tick / TICKS:g}</text>'


def _names(chart: Chart) -> Iterator[str]:
    every = -(-len(chart.labels) // MOST_LABELS) or 1
    for at, mark in enumerate(chart.marks):
        if at % every == 0:
            x = LEFT + _step(chart) * (at + 0.5)
            yield f'<text x="{x:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(mark)}</text>'


def _bars(chart: Chart, top: float) -> Iterator[str]:
    step = _step(chart)
    width = max(1.0, step * 0.8)
    for at, label in enumerate(chart.labels):
        below = 0.0
        for number, one in enumerate(chart.series):
            if not (value := one.values[at]):
                continue
            y, height = _y(below + value, top), _y(below, top) - _y(below + value, top)
            told = f"{label}: {one.name} {_number(value)}"
            yield (f'<rect class="c{number % CLASSES}" x="{LEFT + step * (at + 0.5) - width / 2:.1f}" y="{y:.1f}"'
                   f' width="{width:.1f}" height="{height:.1f}"><title>{escape(told)}</title></rect>')
            below += value


def _legend(chart: Chart) -> str:
    if len(chart.series) < 2:
        return ""
    rows = (f'<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="c{number % CLASSES}" width="12"'
            f' height="12"/></svg>{escape(one.name)}</li>' for number, one in enumerate(chart.series))
    return f'<ul class="legend">{"".join(rows)}</ul>'


def _step(chart: Chart) -> float:
    return (WIDTH - LEFT - RIGHT) / max(1, len(chart.labels))


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
