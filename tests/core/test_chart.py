"""Charts: what is drawn is what the table says, and every word of it is only text."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from bot.core.chart import Chart, Series, drawn, tabled

CHART = Chart(id="a", title="Mails & more", words="two weeks", head="week", labels=["2026-11-16", "2026-11-23"],
              marks=["16", "23"], series=[Series(name="claims", values=[3, 0]), Series(name="letters", values=[1, 2])])


def bars(chart: Chart) -> list[tuple[str, float]]:
    """Return what each bar says it is, and how high it is."""
    found = re.findall(r'height="([0-9.]+)"><title>(.*?)</title></rect>', drawn(chart))
    return [(told, float(height)) for height, told in found]


def test_a_bar_is_as_high_as_its_value_and_says_it() -> None:
    found = dict(bars(CHART))
    assert set(found) == {"2026-11-16: claims 3", "2026-11-16: letters 1", "2026-11-23: letters 2"}
    assert found["2026-11-16: claims 3"] == pytest.approx(3 * found["2026-11-16: letters 1"], abs=0.2)


def test_the_picture_is_sound_xml_with_title_and_words() -> None:
    picture = ElementTree.fromstring(drawn(CHART).partition("<ul")[0])
    assert picture.get("role") == "img"
    assert [picture.findtext(name) for name in ("title", "desc")] == ["Mails & more", "two weeks"]


def test_the_table_has_every_value_and_a_dash_where_there_is_none() -> None:
    cells = re.findall(r"<td>(.*?)</td>", tabled(replace(CHART, series=[Series(name="hours", values=[1.5, None])])))
    assert cells == ["1.5", "–"]


def test_nothing_a_name_holds_becomes_markup() -> None:
    evil = replace(CHART, title='"><script>', series=[Series(name="<img src=x>", values=[1, 1])])
    assert "<script" not in drawn(evil) + tabled(evil)
    assert "<img" not in drawn(evil) + tabled(evil)


def test_a_chart_of_nothing_is_drawn_too() -> None:
    assert not bars(replace(CHART, labels=[], marks=[], series=[Series(name="x", values=[])]))
