"""A mailboxes.toml of one's own, explained line by line, from what the seller answered and what the mailbox told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bot.settings import Server
from bot.words import say

__all__ = ["Draft", "written"]

WIDTH = 58      # columns before a comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in the file.

    Attributes:
        shops: the marketplaces that write here; empty: all.
        secret: the setting that names the password, and its value: `password_file`, `password_env` or `oauth`.
        learnt: whether the last mails told whom to believe; else signatures are checked.
    """

    address: str
    box: str
    seller: str
    language: str
    notify: tuple[str, ...]
    shops: tuple[str, ...]
    imap: Server
    smtp: Server
    user: str
    secret: tuple[str, str]
    ca_file: str = ""
    authserv_id: str = ""
    learnt: bool = False


def written(draft: Draft) -> str:
    """Return the file's text, its comments in the language spoken."""
    return "\n".join([*_head(), *_seller(draft), "", *_mailbox(draft), "", *_rest(draft)]) + "\n"


def _head() -> Iterator[str]:
    yield say("# Your mailbox, your marketplaces, and what the bot may do without asking you.")
    yield say("# Made by `run_bot.py init`; change what you like, then run `run_bot.py check`.")


def _seller(draft: Draft) -> Iterator[str]:
    yield "[seller]"
    yield _line("name", draft.seller, say("signs what your buyers read"))
    yield _line("language", draft.language, say("yours: reminders come in it (fr or en)"))
    yield _line("timezone", "Europe/Paris", say("hours and days are counted where you are"))
    yield _line("holidays", "FR", say("days that are no working days; FR-57 in Moselle, FR-6AE in Alsace"))
    yield _line("notify", list(draft.notify), say("reminders and questions go here; only they may give orders"))
    yield _line("data", "data", say("folder of the database, beside this file"))


def _mailbox(draft: Draft) -> Iterator[str]:
    yield "[[mailbox]]"
    yield _line("name", draft.box, say("how the bot speaks of this mailbox"))
    yield _line("address", draft.address, say("must be authorised as a sender at each marketplace"))
    yield f"imap = {_server(draft.imap)}"
    yield f"smtp = {_server(draft.smtp)}"
    yield _line("user", draft.user, say("the name to log in with"))
    yield _line(*draft.secret, _of_secret(draft.secret[0]))
    if draft.ca_file:
        yield _line("ca_file", draft.ca_file, say("the private authority that signed your server's certificate"))
    yield _line("folders", ["INBOX"], say("add those into which your filters sort mail"))
    yield from _proof(draft)
    if draft.shops:
        yield _line("shops", list(draft.shops), say("only these write here; left out: all the bot knows"))


def _of_secret(key: str) -> str:
    return {"password_file": say("the file that holds the password, and nothing else"),
            "password_env": say("the environment variable that holds the password"),
            "oauth": say("no password: `run_bot.py login` asks the provider")}[key]


def _proof(draft: Draft) -> Iterator[str]:
    if draft.authserv_id:
        yield _line("authserv_id", draft.authserv_id, say("whose word on forged senders is believed; your mails told"))
        return
    why = say("your mail host says nothing of senders that can be believed") if draft.learnt else \
        say("too few mails to learn from yet; `check` will tell")
    yield _line("check_dkim", True, say("the bot checks signatures itself: {why}", why=why))


def _rest(draft: Draft) -> Iterator[str]:
    if "rakuten_fr" in draft.shops or not draft.shops:
        yield "[shop.rakuten_fr]"
        yield _line("seller_type", "professional", say("or \"private\": other rules and deadlines hold"))
        yield ""
    yield "[policy]"
    yield _line("mode", "draft", say("off, shadow, draft (write, and ask you) or alone (write and send)"))
    yield _line("warnings", ["24h", "4h"], say("how long before a deadline you are reminded"))
    yield _line("quiet_hours", "21:00-08:00", say("no reminder then, unless the last would come too late"))
    yield _line("digest", "08:00", say("once a day one mail that tells it all; or \"off\""))


def _line(key: str, value: object, comment: str) -> str:
    return f"{f'{key} = {_toml(value)}':<{WIDTH}} # {comment}"


def _server(server: Server) -> str:
    return f"{{ host = {_toml(server.host)}, port = {server.port}, security = {_toml(server.security)} }}"


def _toml(value: object) -> str:
    """Return a value as TOML: JSON writes text, lists of text and yes or no in the same way."""
    return json.dumps(value, ensure_ascii=False)
