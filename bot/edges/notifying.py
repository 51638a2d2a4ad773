"""An alarm by another way than e-mail: through Apprise, which speaks to phones, chats and most else."""

from __future__ import annotations

import logging
from typing import Any

from bot.edges import EdgeError
from bot.words import say

__all__ = ["NotifyError", "known", "notify"]


class NotifyError(EdgeError):
    """The alarm did not leave. Never holds the address: it is a secret."""


def known(address: str) -> int:
    """Return to how many places an address leads; sends nothing. Raises NotifyError as `notify`."""
    return len(_opened(address))


def notify(address: str, title: str, body: str) -> None:
    """Send an alarm to an Apprise address (`ntfys://…`, `tgram://…`, `json://…`); several stand apart by spaces.

    Raises:
        NotifyError: Apprise is not installed, does not know the address, or could not reach it.
    """
    if not _opened(address).notify(title=title, body=body, body_format="text"):
        raise NotifyError(say("The alarm «{title}» could not be handed to every address of [alarm]; look at them, or "
                              "at the network", title=title))


def _opened(address: str) -> Any:
    try:
        from apprise import Apprise
    except ModuleNotFoundError as error:
        raise NotifyError(say("[alarm] in mailboxes.toml needs the library apprise: install it with "
                              "`.venv/bin/pip install -r requirements-extras.txt`"), permanent=True) from error
    logging.getLogger("apprise").disabled = True  # it writes addresses, which are secrets
    found = Apprise()
    if not all([found.add(one) for one in address.split()]) or not len(found):  # noqa: C419 – each is added
        raise NotifyError(say("[alarm] in mailboxes.toml: Apprise does not know such an address; its list of "
                              "services says how yours is written"), permanent=True)
    return found
