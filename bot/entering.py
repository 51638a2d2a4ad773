"""By which secret a mailbox is entered: its password, or what the seller granted by OAuth; and how he grants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.edges import clock
from bot.settings import Mailbox

if TYPE_CHECKING:
    from bot.edges.oauth import Authority, Grant

__all__ = ["Talk", "bearer_of", "known_client", "log_in"]


class Talk(Protocol):
    """How one speaks with the seller while he is in his browser."""

    def show_code(self, address: str, code: str) -> None:
        """Tell him the page and the short code he types there."""

    def ask_answer(self, address: str) -> str:
        """Send him to the page, and return what he pastes from it."""


def bearer_of(mailbox: Mailbox) -> Callable[[str], str] | None:
    """Return what hands out log-in tokens for a mailbox; None where it is entered by a password."""
    return partial(_token, mailbox.grant, mailbox.name) if mailbox.grant else None


def _token(path: Path, mailbox: str, refused: str) -> str:
    from bot.edges.oauth import access_token

    return access_token(path, mailbox, clock.now(), refused)


def known_client(mailbox: Mailbox) -> tuple[str, str]:
    """Return the program's name and secret at the provider as the last log-in used them; empty where there was none."""
    from bot.edges.oauth import GrantRefusedError, read_grant

    assert mailbox.grant, "a mailbox without oauth has no grant"
    try:
        known = read_grant(mailbox.grant, mailbox.name)
    except GrantRefusedError:
        return "", ""
    return (known.client, known.secret) if known.provider == mailbox.oauth else ("", "")


def log_in(mailbox: Mailbox, client: str, secret: str, talk: Talk, authority: Authority | None = None) -> None:
    """Let the seller grant access to a mailbox, and keep what he granted.

    Raises:
        OAuthError: he did not, or the provider cannot be reached.
    """
    from bot.edges import oauth

    assert mailbox.grant, "a mailbox without oauth has no grant"
    chosen = authority or oauth.PROVIDERS[mailbox.oauth]
    grant = oauth.Grant(provider=mailbox.oauth, client=client, secret=secret, tokens=chosen.tokens,
                        scopes=chosen.scopes)
    granted = _by_device(mailbox, grant, chosen, talk) if mailbox.oauth == "microsoft" else \
        _by_browser(mailbox, grant, chosen, talk)
    oauth.write_grant(mailbox.grant, replace(granted, tokens=chosen.tokens))


def _by_device(mailbox: Mailbox, grant: Grant, authority: Authority, talk: Talk) -> Grant:
    from bot.edges.oauth import by_device

    return by_device(mailbox.name, grant, authority, talk.show_code, clock.now())


def _by_browser(mailbox: Mailbox, grant: Grant, authority: Authority, talk: Talk) -> Grant:
    from bot.edges import oauth

    asking = oauth.ask(authority, grant.client, mailbox.user)
    return oauth.redeem(mailbox.name, grant, asking, talk.ask_answer(asking.address), clock.now())
