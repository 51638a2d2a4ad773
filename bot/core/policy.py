"""The seller, and what he lets the bot do alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum


class Mode(StrEnum):
    """How far the bot may go by itself."""

    OFF = "off"          # keep the case and its clock, say nothing
    SHADOW = "shadow"    # write down what it would do
    DRAFT = "draft"      # write it, and ask
    ALONE = "alone"      # do it


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who sells, and how he reads: his name signs what buyers read."""

    name: str = ""
    language: str = "fr"
    timezone: str = "Europe/Paris"
    holidays: str = "FR"
    notify: tuple[str, ...] = ()
    return_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Discounts the bot may propose: `steps` and `cap_percent` of the item's value, `cap_cents` of its currency.

    Without `cap_percent` or `cap_cents` the seller sets no limit of his own.
    """

    steps: tuple[int, ...] = ()
    cap_percent: int | None = None
    cap_cents: int | None = None
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the bot may do without asking, and when it speaks.

    Attributes:
        modes: by `kind` or `marketplace.kind`; the longer name wins.
        warnings: rungs before a deadline, the farthest first.
        quiet_hours: local times between which the seller hears no reminder; None: never quiet.
        targets: the seller's own times by `kind` or `marketplace.kind`, beside what the marketplace demands.
        max_age: older mail opens cases but sends nothing by itself.
        rating_after: so long after a parcel left or arrived the buyer may be reminded, once, to rate.
        digest: the local time of the mail that tells the day; None: there is none.
    """

    mode: Mode = Mode.DRAFT
    modes: Mapping[str, Mode] = field(default_factory=dict)
    warnings: tuple[timedelta, ...] = (timedelta(hours=24), timedelta(hours=4))
    quiet_hours: tuple[time, time] | None = None
    targets: Mapping[str, timedelta] = field(default_factory=dict)
    max_age: timedelta = timedelta(hours=72)
    digest: time | None = time(8)
    offer: Offer = Offer()
    rating_after: timedelta = timedelta(days=10)

    def mode_for(self, marketplace: str, kind: str) -> Mode:
        return self.modes.get(f"{marketplace}.{kind}", self.modes.get(kind, self.mode))

    def offer_mode(self, marketplace: str) -> Mode:
        """Return how far discounts go without the seller's order: nowhere, unless he named `offer` itself."""
        return self.modes.get(f"{marketplace}.offer", self.modes.get("offer", Mode.OFF))

    def rating_mode(self, marketplace: str, *, welcome: bool) -> Mode:
        """Return how far reminders to rate go: nowhere, unless he named them; by their bare name, only where `welcome`.

        Args:
            welcome: the marketplace's own documents want such a reminder.
        """
        named = self.modes.get("rating_reminder", Mode.OFF) if welcome else Mode.OFF
        return self.modes.get(f"{marketplace}.rating_reminder", named)

    def target_for(self, marketplace: str, kind: str) -> timedelta | None:
        return self.targets.get(f"{marketplace}.{kind}", self.targets.get(kind))
