"""`login`: the seller grants access to a mailbox by OAuth, at the terminal and in his browser."""

from __future__ import annotations

import click

from bot.core.errors import BotError
from bot.entering import known_client, log_in
from bot.settings import Mailbox, Settings
from bot.words import say

__all__ = ["NotByGrantError", "Terminal", "grant", "grant_access"]


class NotByGrantError(BotError):
    """This mailbox is not there, or is entered by a password."""


class Terminal:
    """How one speaks with the seller while he is in his browser."""

    def show_code(self, address: str, code: str) -> None:
        click.echo(say("Open {address} in a browser and type the code {code} there; this waits until you have.",
                       address=address, code=code))

    def ask_answer(self, address: str) -> str:
        click.echo(say("Open this address in a browser, and allow access to the mailbox:\n\n{address}\n\nAt the end "
                       "the browser shows a page that does not load: that is right. Copy the whole address of that "
                       "page from the browser's top line.", address=address))
        return str(click.prompt(say("The address from the browser")))


def grant_access(settings: Settings, name: str, client: str = "", secret: str = "") -> str:
    """Log in to a mailbox of the settings by OAuth; return the sentence that says so.

    Raises:
        NotByGrantError: there is no such mailbox, or it has a password.
        OAuthError: the seller or the provider said no, or nothing.
    """
    return grant(_named(settings, name), client, secret)


def grant(mailbox: Mailbox, client: str = "", secret: str = "") -> str:
    """Ask for the program's name where it is not known, and log in."""
    known, kept = known_client(mailbox)
    title = mailbox.oauth.capitalize()
    client = client or known or click.prompt(say(
        "The program's name at {provider} (client ID; docs/providers.md tells how to make one)", provider=title))
    if mailbox.oauth == "google" and not secret:
        secret = kept if client == known else click.prompt(say("The program's secret at Google (client secret)"),
                                                           hide_input=True)
    log_in(mailbox, client.strip(), secret.strip(), Terminal())
    return say("Mailbox {mailbox}: logged in at {provider}; the bot renews the log-in by itself.",
               mailbox=mailbox.name, provider=title)


def _named(settings: Settings, name: str) -> Mailbox:
    box = next((one for one in settings.mailboxes if one.name.casefold() == name.casefold()), None)
    if box is None:
        raise NotByGrantError(say("There is no mailbox {mailbox} in mailboxes.toml; there are {names}", mailbox=name,
                                  names=", ".join(one.name for one in settings.mailboxes)))
    if not box.oauth:
        raise NotByGrantError(say(
            "Mailbox {mailbox} is entered by a password, not by OAuth: there is nothing to log in to; for OAuth write "
            "oauth = \"microsoft\" or \"google\" into its section of mailboxes.toml", mailbox=box.name))
    return box
