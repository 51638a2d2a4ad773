"""Rows as a CSV file that a spreadsheet opens as it stands, and that runs nothing in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

BOM = "\ufeff"      # without it Excel reads UTF-8 as Windows-1252
# What makes Excel, LibreOffice or Google Sheets take a cell for a formula; the wide forms are taken for the narrow.
# A blank before it does not protect: some programs cut it when they import.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−", "﹢", "﹣", "﹦", "﹫")


def sheet(rows: Sequence[Mapping[str, object]], columns: Sequence[str], separator: str = ",") -> str:
    """Return rows as CSV (RFC 4180), with a byte order mark, and a heading even where there is no row."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=separator, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    return BOM + made.getvalue()


def cell(value: object) -> str:
    """Return a value as a cell that is no formula: text that begins like one gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\x00", "")
    bare = text.lstrip(" \u00a0\u200b\ufeff")
    return f"'{text}" if bare.startswith(_STARTS) or text.startswith(_STARTS) else text
