"""What one request works with: the settings, a connection of its own, the moment, the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock as Turn

from flask import current_app, g

from bot import words
from bot.core.policy import Seller
from bot.dashboard.password import Attempts, Lock, lock_of
from bot.edges.reader import Reader
from bot.edges.store import Store
from bot.guichet import Guichet
from bot.settings import Settings


@dataclass(kw_only=True)
class Counter:
    """What all requests share.

    Attributes:
        names: host names besides those of this machine under which the page is reached.
        clock: what says the moment.
    """

    settings: Settings
    names: frozenset[str]
    clock: Callable[[], datetime]
    reader: Reader = field(default_factory=Reader)
    reading: Turn = field(default_factory=Turn)
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def lock(self) -> Lock:
        return lock_of(self.settings.data)


def shared() -> Counter:
    found: Counter = current_app.extensions["counter"]
    return found


def guichet() -> Guichet:
    """Return what this request works with: a connection of its own, so that none stands open between two."""
    if "guichet" not in g:
        settings = shared().settings
        g.guichet = Guichet(settings, Store(settings.database), shared().reader)
    found: Guichet = g.guichet
    return found


def store() -> Store:
    return guichet().store


def now() -> datetime:
    """Return the moment of this request: all of a page is reckoned from one."""
    if "now" not in g:
        g.now = shared().clock()
    found: datetime = g.now
    return found


def seller() -> Seller:
    """Return the seller as he reads this page: his zone, in the language that the page speaks."""
    return replace(shared().settings.seller, language=words.current())
