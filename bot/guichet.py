"""What one pass works with: the settings, the store, the templates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bot import marketplaces
from bot.core.dkim import Keys
from bot.core.policy import Policy, Seller
from bot.edges.dns import Dns, resolver
from bot.edges.reader import Reader
from bot.edges.store import Store
from bot.edges.templates import Templates
from bot.settings import Mailbox, Settings
from bot.switching import in_force


@dataclass(frozen=True)
class Guichet:
    """What one pass works with. One for each thread: it holds a database connection, and may hold a child process."""

    settings: Settings
    store: Store
    reader: Reader = field(default_factory=Reader)
    dns: Dns = field(default_factory=resolver)

    @property
    def seller(self) -> Seller:
        return self.settings.seller

    @property
    def policy(self) -> Policy:
        """What the seller lets the bot do alone: his settings, and over them what he switched on the page."""
        return in_force(self.settings.policy, self.store)

    @property
    def in_force(self) -> Settings:
        """The settings, with the policy that is in force."""
        policy = self.policy
        return self.settings if policy is self.settings.policy else replace(self.settings, policy=policy)

    @cached_property
    def templates(self) -> Templates:
        return templates_of(self.settings)

    def mailbox(self, name: str) -> Mailbox:
        """Return the mailbox of that name, or the postbox if it has left the settings since."""
        return next((one for one in self.settings.mailboxes if one.name == name), self.settings.postbox)


def keys_of(settings: Settings) -> Keys | None:
    """Return the look-up of keys for mails of any mailbox; None, so that nothing is asked, where none wants it."""
    return resolver().txt if settings.checks_dkim else None


def templates_of(settings: Settings) -> Templates:
    return Templates(settings.seller, Path(settings.path).parent / "templates",
                     titles={one.name: one.title for one in marketplaces.installed()})
