"""Promises with figures. `make test` tries each in short; `make torture` at length, and prints the table.

Every file here with a function `prove(budget) -> Iterator[Row]` is one promise; a new file needs no list. Its
`MINUTES` say how long it may take at full length on two busy cores: by them the time is shared out.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "bot" / "marketplaces").glob("*/samples/*.eml"))
ATTACKS = Path(os.environ.get("GUICHET_ATTACKS") or ROOT.parent / "shared" / "attacks")  # a folder of *.eml to try too


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        offered: how often it was tried, in the unit that `name` says.
        intended: how often it would have been tried, had there been time; 0: just as often.
        lost: what is gone without a verdict, or without a reason.
        twice: what happened more than once.
        verdict: `holds`, or what does not, with the seed that shows it again.
    """

    name: str
    offered: int
    intended: int = 0
    lost: int = 0
    twice: int = 0
    verdict: str = "holds"

    @property
    def holds(self) -> bool:
        return self.verdict == "holds" and not self.lost and not self.twice

    @property
    def cut_short(self) -> bool:
        return self.offered < self.intended


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may be spent: `until` is of time.monotonic(); `seed` draws the lots."""

    until: float
    seed: int = 1

    @classmethod
    def of(cls, seconds: float, seed: int = 1) -> Budget:
        return cls(until=time.monotonic() + seconds, seed=seed)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.until


def attack_mails() -> list[Path]:
    return sorted(ATTACKS.rglob("*.eml"))


def how_many(name: str, otherwise: int) -> int:
    """Return a count that the environment may raise, such as GUICHET_MUTANTS=40000."""
    return int(os.environ.get(f"GUICHET_{name.upper()}") or otherwise)
