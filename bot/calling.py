"""A marketplace's webservice as a way out: what a row of the outbox asks of it, and what became of it.

The same rows and the same care as for mail: claimed as `transmitting` when the connection stands and
before the request's first byte; what may have been heard is never asked again blindly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.core.action import What
from bot.core.errors import BotError
from bot.core.event import Channel
from bot.core.latin import UnfitTextError, fit
from bot.edges import EdgeError
from bot.edges.store import Row
from bot.edges.webservice import LIVE, Account, Answer, Refusal, Silence, Webservice
from bot.settings import Settings
from bot.words import say

WORDS = {"contactuseraboutitem": "content", "contactusaboutitem": "content", "cancelitem": "comment"}

# Asked twice, it has the same effect as asked once.
REPEATABLE = frozenset({"settrackingpackageinfos"})
TELLS_NEW_SALES = frozenset({"acceptsale", "refusesale"})
_OF_A_SALE = re.compile(r"/(accept|refuse):")


def meets(row: Row) -> dict[str, str]:
    """Return which deadlines the doing of a row meets, where a reply's are not all or none of them, and what was done.

    A choice that the seller carries out in his account himself - a refund, an authorised or closed return - also
    meets what a refund does. Words for a marketplace's Customer Service say so: then it decides, not the buyer.
    """
    told = {"told": "marketplace"} if row["template"].endswith(".service") else {}
    return {**_met(row), **told}


def _met(row: Row) -> dict[str, str]:
    done = str(row["to_addr"]).partition(" ")[0]
    if done not in TELLS_NEW_SALES and (found := _OF_A_SALE.search(row["step"])):
        done = f"{found[1]}sale"
    if done in TELLS_NEW_SALES:
        return {"met_by": "accept", "done": done}
    if row["what"] == What.OFFER:
        return {"done": "offer"}
    by_hand = "/choice:" in row["step"] and row["channel"] == Channel.SELLER
    return {"met_by": "reply refund"} if by_hand else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What became of a call: `done`, or surely not (`refused`, or to be tried again after `pause`), or unknown."""

    words: str
    done: bool = False
    refused: bool = False
    pause: timedelta | None = None


def webservice_of(settings: Settings, marketplace: str) -> Webservice:
    """Return the webservice of a shop.

    Raises:
        EdgeError: the settings name no login or token, or the token cannot be had.
    """
    shop = settings.shop(marketplace)
    if not shop.login:
        raise EdgeError(say("[shop.{marketplace}] names no login, so its webservice cannot be used",
                            marketplace=marketplace), permanent=True)
    try:
        return Webservice(Account(login=shop.login, token=shop.token(), base=shop.webservice or LIVE))
    except EdgeError:
        raise
    except BotError as error:
        raise EdgeError(str(error), permanent=True) from None


def call(webservice: Webservice, row: Row, claim: Callable[[], bool]) -> Called | None:
    """Do what a row of the outbox asks; return what became of it, or None if `claim` said no.

    Raises:
        EdgeError: no connection; surely not done, and nothing was claimed.
    """
    action, _, item_number = str(row["to_addr"]).partition(" ")
    try:
        words = {WORDS[action]: fit(row["body"])} if action in WORDS else {}
    except UnfitTextError as error:
        return Called(words=str(error), refused=True)
    heard = webservice.act(action, {"itemid": item_number, **json.loads(row["parameters"]), **words}, claim)
    return _called(action, heard) if heard else None


def _called(action: str, heard: Answer | Refusal | Silence) -> Called:
    if isinstance(heard, Answer):
        return Called(words=f"{action}: {heard.status}", done=True)
    if isinstance(heard, Silence):
        return Called(words=heard.words)
    return Called(words=heard.words, refused=heard.pause is None, pause=heard.pause)


def was_done(webservice: Webservice, row: Row) -> bool | None:
    """Find out, without acting, whether a call of unknown end was carried out; None if nobody can say.

    False also where asking again does no harm. No read tells whether a message arrived: the one that lists
    messages marks them all as read, and is the seller's to ask for.

    Raises:
        EdgeError: the webservice could not be asked.
    """
    action, _, item_number = str(row["to_addr"]).partition(" ")
    if action in REPEATABLE:
        return False
    if action not in TELLS_NEW_SALES:
        return None
    waiting = webservice.new_sales()
    if isinstance(waiting, Refusal | Silence):
        raise EdgeError(waiting.words)
    return item_number not in waiting


def marketplace_of(row: Row) -> str:
    """Return the marketplace a row belongs to: its step begins with it."""
    return str(row["step"]).partition("/")[0]
