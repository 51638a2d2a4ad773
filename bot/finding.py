"""What one line of `check` says: the thing, ok or not, a sentence, and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Verdict", "attention", "broken", "ok"]


class Verdict(StrEnum):
    OK = "ok"
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `remedy` is empty when there is nothing to do."""

    check: str
    verdict: Verdict
    sentence: str
    remedy: str = ""


def ok(check: str, sentence: str) -> Finding:
    return Finding(check=check, verdict=Verdict.OK, sentence=sentence)


def attention(check: str, sentence: str, remedy: str) -> Finding:
    return Finding(check=check, verdict=Verdict.ATTENTION, sentence=sentence, remedy=remedy)


def broken(check: str, sentence: str, remedy: str = "") -> Finding:
    return Finding(check=check, verdict=Verdict.BROKEN, sentence=sentence, remedy=remedy)
