"""Try every promise at length and print a table: `make torture`, or `python -m tests.proofs --minutes 5 mutants`."""

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


def proven(modules: list[ModuleType], until: float, seed: int) -> Iterator[Row]:
    """Yield the rows of each promise; each has an equal share of the time that is left."""
    for place, module in enumerate(modules):
        share = (until - time.monotonic()) / (len(modules) - place)
        yield from module.prove(Budget.of(share, seed))


def line(row: Row) -> str:
    return f"{row.name:<52} {row.offered:>9} {row.lost:>6} {row.twice:>6}  {row.verdict}"


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    ask.add_argument("--minutes", type=float, default=20.0, help="how long all of it may take (20)")
    ask.add_argument("--seed", type=int, default=1, help="draws the lots; a fault shows again under the same one")
    ask.add_argument("promises", nargs="*", help="some of them only")
    given = ask.parse_args()
    modules = promises(given.promises)
    if not modules:
        ask.error(f"no promise of that name; there are {', '.join(map(short, promises([])))}")
    logging.disable()       # what is said of each poisoned mail is not what is asked for here
    began, held = time.monotonic(), True
    sys.stdout.write(f"{'promise':<52} {'offered':>9} {'lost':>6} {'twice':>6}  verdict\n")
    for row in proven(modules, began + given.minutes * 60, given.seed):
        sys.stdout.write(line(row) + "\n")
        sys.stdout.flush()
        held = held and row.holds
    sys.stdout.write(f"{'all hold' if held else 'NOT all hold'}; {(time.monotonic() - began) / 60:.1f} minutes\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
