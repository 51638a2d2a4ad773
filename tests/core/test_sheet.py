"""A spreadsheet opens what we write, and runs nothing in it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sheet import BOM, cell, sheet

HOSTILE = [
    "=1+1", '=HYPERLINK("http://evil.example","x")', "+33612345678", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1", "－1", "＠x", "−1", " =1+1", "\u00a0=1", "\ufeff=1+1", "\u200b=1",
    "\x00=1+1", "=cmd|'/C calc'!A0;x", '="\n"&1',
]


def read(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), delimiter=separator))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_name_that_is_a_formula_gets_an_apostrophe(name: str, separator: str) -> None:
    [_, row] = read(sheet([{"buyer": name, "case": "C-1"}], ("buyer", "case"), separator), separator)
    assert row == ["'" + name.replace("\x00", ""), "C-1"]


@pytest.mark.parametrize("name", ["Jean Dupont", "O'Brien", "a=b", "1-2", "Léa; Zoé, \"x\"", "", "…"])
def test_a_name_that_is_none_stays_as_it_is(name: str) -> None:
    [_, row] = read(sheet([{"buyer": name, "n": 1}], ("buyer", "n")))
    assert row == [name, "1"]


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_no_cell_begins_like_a_formula(name: str) -> None:
    told = cell(name)
    starts = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
    assert not told.lstrip(" \u00a0\u200b\ufeff").startswith(starts)
    assert told.removeprefix("'").endswith(name.replace("\x00", "").removeprefix("'"))


@given(st.lists(st.lists(st.text(alphabet=st.characters(codec="utf-8")), min_size=3, max_size=3), max_size=5),
       st.sampled_from([",", ";"]))
def test_rows_and_columns_stay_where_they_are(rows: list[list[str]], separator: str) -> None:
    text = sheet([dict(zip("abc", row, strict=True)) for row in rows], "abc", separator)
    assert read(text, separator) == [list("abc"), *([cell(one) for one in row] for row in rows)]


def test_numbers_stay_numbers_and_what_is_unknown_is_empty() -> None:
    assert [cell(value) for value in (-3, 1.5, None, True, False)] == ["-3", "1.5", "", "true", "false"]


def test_it_begins_with_a_byte_order_mark_and_has_a_heading_without_rows() -> None:
    assert sheet([], ("a", "b")) == f"{BOM}a,b\r\n"
