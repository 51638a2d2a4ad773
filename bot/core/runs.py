"""Many numbers in few words: ascending runs without a gap, as IMAP writes them, `1:5,7`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["parse", "runs", "united", "written"]

_SPAN = re.compile(r"(\d{1,10})(?::(\d{1,10}))?")


def runs(numbers: Iterable[int]) -> list[range]:
    """Return ascending numbers as runs."""
    return list(_runs(numbers))


def _runs(numbers: Iterable[int]) -> Iterator[range]:
    first = stop = None
    for number in numbers:
        if number != stop:
            if first is not None and stop is not None:
                yield range(first, stop)
            first = number
        stop = number + 1
    if first is not None and stop is not None:
        yield range(first, stop)


def written(numbers: Iterable[int]) -> str:
    return ",".join(f"{run[0]}:{run[-1]}" if len(run) > 1 else str(run[0]) for run in _runs(numbers))


def parse(said: str) -> list[range] | None:
    """Return what a server wrote as `1:5,7`; None for what is no such set."""
    found = [_SPAN.fullmatch(part) for part in said.split(",")]
    if not all(found):
        return None
    ends = (sorted((int(one[1]), int(one[2] or one[1]))) for one in found if one)
    return united(range(first, last + 1) for first, last in ends)


def united(spans: Iterable[range]) -> list[range]:
    """Return runs in any order, which may overlap, as ascending ones that do not."""
    apart: list[range] = []
    for span in sorted(spans, key=lambda one: one.start):
        if apart and span.start <= apart[-1].stop:
            apart[-1] = range(apart[-1].start, max(apart[-1].stop, span.stop))
        elif span:
            apart.append(span)
    return apart
