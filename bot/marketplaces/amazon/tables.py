"""Amazon's own words, as notifications.toml lists them, made ready to be looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.event import Kind
from bot.core.pattern import later
from bot.marketplaces.contract import looks, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What is looked up while a mail is read; keys are as `key()` makes them.

    Attributes:
        tlds: the endings of Amazon's sites, `fr`, `co.uk`.
        begin: fence label -> language, or empty where the word is not one language's.
        fields: what stands before a colon in a notice's lists -> fact; by kind.
        columns: what heads a column of a notice's table -> fact; by kind.
        authorisation: how a value begins -> `automatic` or `no`.
        policies: how a value begins -> `within` or `out`.
        fulfilments: how a value begins -> `seller` or `amazon`.
        says: fact -> value and pattern, the first that is found counts; by kind.
        sums: what stands before a notice's sum of money, the sum in its first group; by kind.
        reasons: how a reason for a return begins -> our stable word.
        links: name -> pattern; by kind.
    """

    tlds: Sequence[str]
    marketplace_ids: Mapping[str, str]
    languages: Mapping[str, str]
    zones: Mapping[str, str]
    begin: Mapping[str, str]
    end: Mapping[str, str]
    above: re.Pattern[str]
    below: re.Pattern[str]
    foot: re.Pattern[str]
    inquiry: re.Pattern[str]
    details: re.Pattern[str]
    why: re.Pattern[str]
    photo: frozenset[str]
    fields: Mapping[str, Mapping[str, str]]
    columns: Mapping[str, Mapping[str, str]]
    authorisation: Mapping[str, str]
    policies: Mapping[str, str]
    fulfilments: Mapping[str, str]
    reasons: Mapping[str, str]
    says: Mapping[str, Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]]
    sums: Mapping[str, re.Pattern[str]]
    links: Mapping[str, Mapping[str, re.Pattern[str]]]

    @classmethod
    def from_folder(cls, init_file: str) -> Tables:
        """Read the folder's notifications.toml; a bad one is a programming error and raises at import."""
        said = looks(init_file)
        kinds: dict[str, Any] = said["kind"]
        return cls(
            tlds=tuple(domain.removeprefix("amazon.") for domain in said["domains"]),
            marketplace_ids=said["marketplace_ids"], languages=said["languages"], zones=said["zones"],
            begin=_keyed(said["fences"]["begin"]), end=_keyed(said["fences"]["end"]),
            above=_any(said["around"]["above"], r"\Z"), below=_any(said["around"]["below"]),
            foot=_any(said["around"]["foot"]), inquiry=_any([said["around"]["inquiry"]]),
            details=_any([said["around"]["details"]]), why=_any([said["around"]["why"]]),
            photo=frozenset(key(words) for words in said["around"]["photo"]),
            fields={kind: _turned(said["lists"]) | _turned(kinds.get(kind, {}).get("fields", {})) for kind in Kind},
            columns={name: _turned(kind.get("columns", {})) for name, kind in kinds.items()},
            authorisation=_turned(said["authorisation"]), reasons=_turned(said["reasons"]),
            policies=_turned(said["policies"]), fulfilments=_turned(said["fulfilments"]),
            says={name: {fact: _values(row) for fact, row in kind.get("says", {}).items()}
                  for name, kind in kinds.items()},
            sums={name: _sum(kind["amount_after"]) for name, kind in kinds.items() if "amount_after" in kind},
            links={name: {label: later(pattern) for label, pattern in kind.get("links", {}).items()}
                   for name, kind in kinds.items()},
        )


def key(words: str) -> str:
    """Return words as they are looked up: lower case, one kind of apostrophe and blank, no last colon."""
    return " ".join(plain(words).split()).rstrip(" :.").casefold()


def beginning(words: str, table: Mapping[str, str]) -> str:
    """Return what the table has for words that begin as one of its keys does; empty if none does."""
    said = key(words)
    if not said.startswith(tuple(table)):
        return ""
    return next(meant for start, meant in table.items() if said.startswith(start))


def _keyed(table: Mapping[str, str]) -> dict[str, str]:
    return {key(words): meant for words, meant in table.items()}


def _turned(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {key(words): meant for meant, many in table.items() for words in many}


def _values(row: Mapping[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((value, later(pattern, re.IGNORECASE)) for value, pattern in row.items())


_MONEY = r"(?:EUR|GBP|USD|PLN|SEK|CAD|€|£|\$)"
_NUMBER = r"[0-9]{1,3}(?:[., ]?[0-9]{1,3}){0,4}"
_SUM = rf"[^\n0-9€£$]{{0,80}}?({_MONEY} ?{_NUMBER}|{_NUMBER} ?{_MONEY})"      # bare digits may be an order's


def _sum(words: Sequence[str]) -> re.Pattern[str]:
    return later(rf"(?:{'|'.join(words)}){_SUM}", re.IGNORECASE)


def _any(patterns: Sequence[str], end: str = "") -> re.Pattern[str]:
    return later(rf"\A(?:{'|'.join(patterns)}){end}", re.IGNORECASE)
