"""What a marketplace demands and allows: its rules.toml, for the program that decides."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.core.around import Limits
from bot.core.deadline import Period, Rule, Unit
from bot.core.event import Channel, Kind, Party
from bot.core.linter import Topic, WordsRules
from bot.core.money import money
from bot.core.numbers import Answers, Cancellations, Demands

__all__ = ["Note", "Terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A rule of the marketplace that starts no clock of ours; it is shown beside those that do."""

    id: str
    says: Mapping[str, str]
    source: str
    read: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Rules that start clocks, ways by which something may be done, limits of them, and of words."""

    rules: tuple[Rule, ...]
    channels: Mapping[str, str]
    notes: tuple[Note, ...] = ()
    words: WordsRules = field(default_factory=WordsRules)
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    guards: Limits = field(default_factory=Limits)
    numbers: Demands = field(default_factory=Demands)

    @classmethod
    def from_folder(cls, folder: Path) -> Terms:
        """Read a folder's rules.toml; a bad one is a programming error and raises."""
        demanded = tomllib.loads((folder / "rules.toml").read_text("utf-8"))
        return cls(
            rules=tuple(_rule(row) for row in demanded["rule"]),
            notes=tuple(Note(**row) for row in demanded.get("note", ())),
            channels={name: word for name, word in demanded["channels"].items() if isinstance(word, str)},
            limits=demanded["channels"].get("limits", {}),
            words=_words(demanded.get("words", {})),
            guards=_guards(demanded.get("guards", {}), demanded.get("words", {})),
            numbers=_numbers(demanded.get("numbers", {})))

    def channel(self, kind: Kind, action: str, *, token: bool = False) -> Channel:
        """Return how this marketplace lets us do `action` about a notification of `kind`.

        What goes through the webservice goes to the seller where the shop has no `token` for it.
        """
        channel = Channel(self._way(kind, action)[0])
        return Channel.SELLER if channel is Channel.WEBSERVICE and not token else channel

    def calls(self, kind: Kind, days: Mapping[str, int], *, amicable: bool) -> dict[str, str]:
        """Return what the webservice lets us do about a notification of `kind`, and its own word for each.

        Args:
            days: whole days since the item was `ordered` and `received`, as far as they are known.
            amicable: whether the parties are still among themselves.
        """
        actions = {name.rpartition(".")[2] for name in self.channels}
        ways = {action: self._way(kind, action) for action in sorted(actions)}
        return {action: call for action, (channel, call) in ways.items()
                if channel == Channel.WEBSERVICE and self._allows(call, days, amicable=amicable)}

    def _way(self, kind: Kind, action: str) -> tuple[str, str]:
        """Return a row of the channels: its word, and the webservice's action after it."""
        word, _, call = self.channels.get(f"{kind}.{action}", self.channels.get(action, "seller")).partition(" ")
        return word, call

    def _allows(self, call: str, days: Mapping[str, int], *, amicable: bool) -> bool:
        limits = self.limits.get(call, {})
        if limits.get("amicable") and not amicable:
            return False
        return all(passed <= limits[since] for since, passed in days.items() if since in limits)


def _period(said: str) -> Period:
    amount, _, unit = said.partition(" ")
    return Period(amount=int(amount), unit=Unit(unit))


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        id=row["id"], kind=Kind(row["kind"]), name=row["name"], who=Party(row["who"]),
        within=_period(row["within"]), source=row["source"], read=row["read"],
        when=row.get("when", {}), met_by=row.get("met_by", ""), silence=row.get("silence", {}),
        others=tuple((_period(other["within"]), other["source"]) for other in row.get("other", ())),
    )


def _words(row: Mapping[str, Any]) -> WordsRules:
    """Return what `[words]` says; a topic nobody knows raises at import."""
    said = dict(row)
    for name in ("forbids", "allows"):
        if name in said:
            said[name] = frozenset(map(Topic, said[name]))
    for name in ("returns", "names"):
        if name in said:
            said[name] = tuple(said[name])
    return WordsRules(**said | {"max_for": tuple(said.get("max_for", {}).items())})


def _guards(said: Mapping[str, Any], words: Mapping[str, Any]) -> Limits:
    return Limits(
        one_answer=frozenset(map(Kind, said.get("one_answer", ()))),
        no_direct_after=frozenset(map(Kind, said.get("no_direct_after", ()))),
        discount_percent=said.get("discount_percent"), received_days=said.get("received_days"),
        ordered_days=said.get("ordered_days"), registered_above=money(said.get("registered_above", "")),
        accepts_sales=said.get("accepts_sales", False),
        customer_service=frozenset(said.get("customer_service", ())),
        rating_reminder=Topic.RATING_REMINDER in words.get("allows", ()))


def _numbers(said: Mapping[str, Any]) -> Demands:
    answers, cancellations = said.get("answers"), said.get("cancellations")
    if answers:
        answers = {**answers, "within": timedelta(hours=_period(answers["within"]).amount)}
    return Demands(
        answers=Answers(**answers) if answers else None,
        cancellations=Cancellations(**cancellations) if cancellations else None,
        on_time=tuple((sort, tuple(names)) for sort, names in said.get("on_time", {}).items()))
