"""Rows of what is long past, put together: table by table and column by column.

What stands beneath one another in a column is alike: what was heard, reckoned and written about a case, some 2 KiB
in its rows, takes 160 bytes so. Columns that are asked for often lie apart from the others.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Rows", "folded", "mentions", "unfolded"]

Rows = dict[str, list[dict[str, Any]]]  # by table

LEVEL = 9   # of zlib: it is done once
OFTEN: Mapping[str, tuple[str, ...]] = {
    "mails": ("id", "case_id"),
    "events": ("id", "case_id", "key", "kind", "at", "origin", "source", "mark", "facts"),
    "deadlines": ("case_id", "name", "who", "state", "due", "started", "ended", "met_by"),
    "outbox": ("id", "case_id", "what", "channel", "state", "changed"),
}


def folded(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[bytes, bytes]:
    """Return rows as two pieces: what is asked for often, and the rest."""
    often, seldom = {}, {}
    for table, some in rows.items():
        columns = {name: [row[name] for row in some] for name in (some[0] if some else ())}
        first = OFTEN.get(table, ())
        often[table] = {name: values for name, values in columns.items() if name in first}
        seldom[table] = {name: values for name, values in columns.items() if name not in first}
    return _packed(often), _packed(seldom)


def unfolded(*pieces: bytes, tables: Container[str] | None = None) -> Rows:
    """Return the rows of which these are the pieces; of `often` alone with the columns that it has.

    Args:
        tables: of these only; to make rows of columns takes longer than all the rest.
    """
    columns: dict[str, dict[str, list[Any]]] = {}
    for piece in pieces:
        for table, some in json.loads(zlib.decompress(piece)).items():
            columns.setdefault(table, {}).update(some)
    return {table: [dict(zip(some, values, strict=True)) for values in zip(*some.values(), strict=True)]
            for table, some in columns.items() if tables is None or table in tables}


def mentions(pieces: Iterable[bytes], strings: Sequence[str]) -> bool:
    """Say whether one of these strings stands anywhere in the pieces, in capitals or not."""
    said = "\n".join(zlib.decompress(piece).decode() for piece in pieces).casefold()
    return any(json.dumps(one, ensure_ascii=False)[1:-1].casefold() in said for one in strings)


def _packed(columns: Mapping[str, Mapping[str, Sequence[Any]]]) -> bytes:
    return zlib.compress(json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode(), LEVEL)
