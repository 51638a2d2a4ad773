"""What one pass works with: the settings, the store, the templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bot.core.policy import Policy, Seller
from bot.edges.reader import Reader
from bot.edges.store import Store
from bot.edges.templates import Templates
from bot.settings import Mailbox, Settings


@dataclass(frozen=True)
class Guichet:
    """What one pass works with. One for each thread: it holds a database connection, and may hold a child process."""

    settings: Settings
    store: Store
    reader: Reader = field(default_factory=Reader)

    @property
    def seller(self) -> Seller:
        return self.settings.seller

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    @cached_property
    def templates(self) -> Templates:
        return templates_of(self.settings)

    def mailbox(self, name: str) -> Mailbox:
        """Return the mailbox of that name, or the postbox if it has left the settings since."""
        return next((one for one in self.settings.mailboxes if one.name == name), self.settings.postbox)


def templates_of(settings: Settings) -> Templates:
    return Templates(settings.seller, Path(settings.path).parent / "templates")
