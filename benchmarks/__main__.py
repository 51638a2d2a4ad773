"""Measure, and print the table.

    python -m benchmarks                              all measures, small enough for half an hour
    python -m benchmarks race --mails 1000            one of them
    python -m benchmarks race --only Guichet          one contender
    python -m benchmarks growth:history --scale 1     one row of growth: catching-up, history or attachment
    python -m benchmarks --full                       the sizes the goals are written for; hours
    python -m benchmarks --write                      and put the table into docs/performance.md
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module

from benchmarks import race, table
from benchmarks.contenders import FailedError
from benchmarks.goals import Found

FURTHER = ("growth", "reaction", "rest", "trips", "sync")
MEASURES = ("race", *FURTHER)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast, beside whom")
    asked.add_argument("names", nargs="*", metavar="MEASURE", help=f"{', '.join(MEASURES)}; none: all")
    asked.add_argument("--mails", type=int, default=1000, help="mails in the race")
    asked.add_argument("--rounds", type=int, default=3, help="rounds of the race; medians count")
    asked.add_argument("--only", action="append", default=[], help="only contenders with this word in their name")
    asked.add_argument("--scale", type=float, default=0.1, help="of the sizes of the further measures")
    asked.add_argument("--full", action="store_true", help="10,000 mails, 5 rounds, --scale 1")
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    given = asked.parse_args()
    if unknown := {name.partition(":")[0] for name in given.names} - set(MEASURES):
        asked.error(f"there is no measure {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    if given.full:
        given.mails, given.rounds, given.scale = 10_000, 5, 1.0
    found = measure(given.names or MEASURES, given)
    print(json.dumps(table.as_json(found), indent=2) if given.json else "\n".join(table.lines(found)))
    if given.write:
        table.write(found)


def measure(names: tuple[str, ...] | list[str], given: argparse.Namespace) -> Found:
    found = Found()
    if "race" in names:
        found.race = race.run(given.mails, given.rounds, given.only)
    for name in (one for one in names if one.partition(":")[0] in FURTHER):
        _further(name, found, given.scale)
    return found


def _further(name: str, found: Found, scale: float) -> None:
    """Make one measure, or one row of it; where it fails, say so, and let the others have their turn."""
    measure, _, row = name.partition(":")
    run: Callable[..., None] = import_module(f"benchmarks.{measure}").run
    sys.stderr.write(f"... {name}\n")
    try:
        run(found, scale, *([row] if row else []))
    except (RuntimeError, AssertionError, OSError, FailedError) as error:
        found.notes.append(f"{name} could not be measured to its end: {type(error).__name__}: {str(error)[:300]}")


if __name__ == "__main__":
    main()
