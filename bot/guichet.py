"""What one pass works with: the settings, the store, the templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.policy import Policy, Seller
from bot.edges.dns import Dns, resolver
from bot.edges.store import Store
from bot.settings import Mailbox, Settings
from bot.switching import in_force

if TYPE_CHECKING:
    from bot.core.dkim import Keys
    from bot.edges.reader import Reader
    from bot.edges.smtp import Lines
    from bot.edges.templates import Templates

UNDERSTANDING = "bot.understanding:told"    # a name: the program itself needs no pattern


@dataclass(frozen=True)
class Guichet:
    """What one pass works with. One for each thread: it holds a database connection, and may hold a child process."""

    settings: Settings
    store: Store
    given: Reader | None = None     # else one is made when the first mail is read
    dns: Dns = field(default_factory=resolver)
    progress: Callable[[str, int, int], None] | None = None     # is told of a first look: mailbox, mails kept, of all
    stays: bool = False             # waits for mail: a connection to a relay is kept for the next one

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
    def reader(self) -> Reader:
        return self.given or new_reader()

    @cached_property
    def lines(self) -> Lines:
        from bot.edges.smtp import Lines

        return Lines()

    def rest(self, after: float | None = None) -> bool:
        """Let go of the child that reads, and of relays, left idle for so many seconds; None: for their usual while.

        Says whether one of them stays, to be let go of later.
        """
        idle = () if after is None else (after,)
        kept = [self.__dict__[name].rest(*idle) for name in ("lines", "reader") if name in self.__dict__]
        return any(kept)

    def close(self) -> None:
        """End the child that reads, and the connections to relays and to the database."""
        if "lines" in self.__dict__:
            self.lines.rest(0)
        if "reader" in self.__dict__:
            self.reader.close()
        self.store.close()

    @cached_property
    def templates(self) -> Templates:
        return templates_of(self.settings)

    def mailbox(self, name: str) -> Mailbox:
        """Return the mailbox of that name, or the postbox if it has left the settings since."""
        return next((one for one in self.settings.mailboxes if one.name == name), self.settings.postbox)


def new_reader() -> Reader:
    """Return a reader whose child also finds what a mail says: patterns over a stranger's text need its limits, too."""
    from bot.edges.reader import Reader

    return Reader(beyond=UNDERSTANDING)


def leave(store: Store) -> None:
    """Close the database beside a daemon that may be at work there; ring for it, if something was written."""
    written = store.has_written
    store.close()
    if written:
        from bot.edges.bell import ring

        ring(store.path.parent)


def keys_of(settings: Settings) -> Keys | None:
    """Return the look-up of keys for mails of any mailbox; None, so that nothing is asked, where none wants it."""
    return resolver().txt if settings.checks_dkim else None


def own_words(settings: Settings) -> Path:
    """Return the folder of the seller's own templates, which need not be there."""
    return Path(settings.path).parent / "templates"


def has_own_words(settings: Settings) -> bool:
    """Say whether the seller has templates of his own; beside settings in the program's folder lie the program's."""
    own = own_words(settings)
    return own.is_dir() and not own.samefile(Path(__file__).parents[1] / "templates")


def templates_of(settings: Settings) -> Templates:
    from bot import marketplaces
    from bot.edges.templates import Templates

    return Templates(settings.seller, own_words(settings),
                     titles={one.name: one.title for one in marketplaces.installed()})
