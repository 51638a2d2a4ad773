"""Try every promise at length and print a table: `make torture`, or `python -m tests.proofs --minutes 5 mutants`.

A promise that ran out of time says how much of it was tried, and the last line counts those.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from tests.proofs import Budget, Row


def promises(asked: list[str]) -> list[ModuleType]:
    names = [found.name for found in iter_modules([str(Path(__file__).parent)]) if not found.name.startswith("test_")]
    found = [import_module(f"tests.proofs.{name}") for name in names if name != "__main__"]
    return [module for module in found if hasattr(module, "prove") and (not asked or short(module) in asked)]


def short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def full(modules: list[ModuleType]) -> float:
    """Return the minutes that all of them take at full length, at most."""
    return float(sum(module.MINUTES for module in modules))


def proven(modules: list[ModuleType], until: float, seed: int) -> Iterator[Row]:
    """Yield the rows of each promise; what one leaves of its share of the time falls to those after it."""
    for place, module in enumerate(modules):
        share = (until - time.monotonic()) * module.MINUTES / full(modules[place:])
        try:
            yield from module.prove(Budget.of(share, seed))
        except Exception as error:  # noqa: BLE001 – a proof that breaks is a row of its own, and the others go on
            yield Row(name=f"{short(module)} broke off", offered=0, verdict=repr(error)[:300])


def line(row: Row) -> str:
    verdict = f"{row.verdict}, CUT SHORT: {row.offered} of {row.intended}" if row.cut_short else row.verdict
    return f"{row.name:<64} {row.offered:>7} {row.lost:>5} {row.twice:>5}  {verdict}"


def last_line(rows: list[Row], minutes: float) -> str:
    cut = sum(row.cut_short for row in rows)
    held = "all hold" if all(row.holds for row in rows) else "NOT all hold"
    return f"{held}{f', {cut} cut short by the time given' if cut else ''}; {minutes:.1f} minutes"


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    ask.add_argument("--minutes", type=float, help="how long all of it may take (as long as it takes at full length)")
    ask.add_argument("--seed", type=int, default=1, help="draws the lots; a fault shows again under the same one")
    ask.add_argument("promises", nargs="*", help="some of them only")
    given = ask.parse_args()
    modules = promises(given.promises)
    if not modules:
        ask.error(f"no promise of that name; there are {', '.join(map(short, promises([])))}")
    logging.disable()       # what is said of each poisoned mail is not what is asked for here
    rows, began, minutes = [], time.monotonic(), given.minutes or full(modules)
    sys.stdout.write(f"{'promise':<64} {'offered':>7} {'lost':>5} {'twice':>5}  verdict\n")
    for row in proven(modules, began + minutes * 60, given.seed):
        sys.stdout.write(line(row) + "\n")
        sys.stdout.flush()
        rows.append(row)
    sys.stdout.write(last_line(rows, (time.monotonic() - began) / 60) + "\n")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
