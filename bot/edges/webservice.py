"""Rakuten France's webservice: one GET an action, answers in XML of ISO-8859-1.

The token travels in the address, as Rakuten wants it. So nothing here logs, httpx is kept from
logging, no exception of httpx leaves this file (each holds the address), and the server's own words
are cleared of it. A GET may act: once its first byte may have left, only an answer that we understand
tells what became of it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from bot.edges import EdgeError
from bot.words import say

if TYPE_CHECKING:
    import httpx
    from lxml.etree import _Element

__all__ = ["ACTS", "LIVE", "Account", "Answer", "Refusal", "Silence", "ToDo", "Webservice"]

LIVE = "https://ws.fr.shopping.rakuten.com"
QUOTA_PAUSE = timedelta(hours=1)  # the quota is one of requests an hour
MOST_BYTES = 8 * 1024 * 1024      # of an answer; a year of new sales is far below
MOST_WORDS = 300                  # characters of the server's own words that are passed on

# The version each action is spoken in (official pages, and public programs of 2020-2023 that use them).
VERSIONS = {
    "getnewsales": "2017-08-07", "getitemtodolist": "2011-09-01",
    "acceptsale": "2021-04-08", "refusesale": "2010-09-20", "contactuseraboutitem": "2011-02-02",
    "contactusaboutitem": "2011-09-01", "settrackingpackageinfos": "2016-03-16", "cancelitem": "2011-02-02",
}

# What an action answers when it was done. The word of refusesale was never seen: P.
ACTS = {
    "acceptsale": ("accepted",), "refusesale": ("refused",), "contactuseraboutitem": ("sent",),
    "contactusaboutitem": ("sent",), "settrackingpackageinfos": ("ok",), "cancelitem": ("cancelled",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose webservice it is, and where: `base` is https, or http on this machine."""

    login: str
    token: str = field(repr=False)
    base: str = LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The webservice did what it was asked, or told it. `status` is its own word, empty for a list."""

    status: str
    response: _Element = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Surely not done; `pause` is how long to wait before another try, None where none will do."""

    code: str
    words: str
    pause: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The request may have been heard, and nothing came back that tells what became of it."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """An item that waits for the seller, and why: `CLAIM`, `UNREAD_MESSAGE_FROM_BUYER` …"""

    item: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    status: int
    body: bytes


class _WithdrawnError(Exception):
    """The caller changed his mind just before the request; never leaves this file."""


Claim = Callable[[], bool]
Heard = Answer | Refusal | Silence


class Webservice:
    """Asks one question or does one thing at a time; each over a connection of its own."""

    def __init__(self, account: Account, *, connect: float = 10.0, read: float = 60.0, whole: float = 120.0) -> None:
        """Take an account, and the seconds to wait: for a connection, for the next byte, for the whole answer."""
        self._account, self._connect, self._read, self._whole = account, connect, read, whole

    def act(self, action: str, parameters: Mapping[str, str], claim: Claim) -> Heard | None:
        """Do one of ACTS; return what came of it, or None if `claim` said no.

        `claim` is called when the connection stands and before the first byte of the request: what fails
        earlier was surely not done, and raises.

        Raises:
            EdgeError: no connection; surely not done.
        """
        heard = self._ask(action, parameters, claim)
        if isinstance(heard, Answer) and heard.status.casefold() not in ACTS[action]:
            return Silence(words=say("it answered «{status}» to {action}, which we do not know",
                                     status=heard.status, action=action))
        return heard

    def new_sales(self) -> frozenset[str] | Refusal | Silence:
        """Return the items of sales that are still to be confirmed. Harmless. Raises EdgeError as `act`."""
        heard = self._ask("getnewsales", {})
        if not isinstance(heard, Answer):
            return heard or Silence(words="")
        return frozenset(_texts(heard.response, "itemid"))

    def to_do(self) -> tuple[ToDo, ...] | Refusal | Silence:
        """Return what waits for the seller. Harmless. Raises EdgeError as `act`."""
        heard = self._ask("getitemtodolist", {})
        if not isinstance(heard, Answer):
            return heard or Silence(words="")
        found = [part for part in heard.response.iter() if _name(part) == "item"]
        return tuple(ToDo(item=next(iter(_texts(part, "itemid")), ""), causes=tuple(_texts(part, "cause")))
                     for part in found)

    # -- asking --

    def _ask(self, action: str, parameters: Mapping[str, str], claim: Claim | None = None) -> Heard | None:
        begun: list[bool] = []
        page = self._fetch(self._address(action, parameters), claim or (lambda: True), begun)
        if isinstance(page, _Page):
            return self._understood(action, page)
        if page is None:
            return None
        if begun:
            return Silence(words=say("the connection was lost after the request had left ({reason})", reason=page))
        raise EdgeError(say("The webservice {base} cannot be reached ({reason}); check the network, or `webservice` in "
                            "mailboxes.toml", base=self._account.base, reason=page))

    def _address(self, action: str, parameters: Mapping[str, str]) -> str:
        said = {"action": action, "login": self._account.login, "pwd": self._account.token,
                "version": VERSIONS[action], **parameters}
        fits = all(value.encode("iso-8859-1", "replace").decode("iso-8859-1") == value for value in said.values())
        if not fits:  # asked beforehand: the exception of a strict encoding holds the token
            raise EdgeError(say("The webservice takes only characters of ISO-8859-1, and login, token or {names} hold "
                                "others", names=", ".join(parameters) or action), permanent=True)
        return f"{self._account.base.rstrip('/')}/sales_ws?{urlencode(said, encoding='iso-8859-1', quote_via=quote)}"

    def _fetch(self, address: str, claim: Claim, begun: list[bool]) -> _Page | str | None:
        """Return the answer; or why there is none, in a word; or None if the claim was refused.

        The reason is returned and not raised: what httpx raises holds the address, and with it the token.
        """
        import ssl

        import httpx

        _silence_httpx()
        try:
            with httpx.Client(verify=ssl.create_default_context(), trust_env=False, follow_redirects=False,
                              timeout=httpx.Timeout(self._read, connect=self._connect),
                              headers={"Accept-Encoding": "identity", "User-Agent": "Guichet"}) as client, \
                    client.stream("GET", address, extensions={"trace": _before_sending(claim, begun)}) as response:
                return self._received(response)
        except _WithdrawnError:
            return None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            return self._clean(_reason(error))

    def _received(self, response: httpx.Response) -> _Page | str:
        body, until = b"", time.monotonic() + self._whole
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                return "over 8 MiB"
            if time.monotonic() > until:
                return "too slow"
        return _Page(status=response.status_code, body=body)

    # -- understanding --

    def _understood(self, action: str, page: _Page) -> Heard:
        root = _parsed(page.body)
        if root is not None and (error := _first(root, "error")) is not None:
            return self._error(action, error)
        if page.status != 200:
            return self._bare(action, page.status)
        response = _first(root, "response") if root is not None else None
        if response is None:
            return Silence(words=say("its answer to {action} cannot be understood", action=action))
        return Answer(status=self._clean(next(iter(_texts(response, "status")), "")), response=response)

    def _error(self, action: str, error: _Element) -> Refusal | Silence:
        kind, code, words, details = (self._clean(" ".join(_texts(error, name)))
                                      for name in ("type", "code", "message", "detail"))
        said = ": ".join(part for part in (code, words, details) if part)[:MOST_WORDS]
        if "quota" in f"{words} {details}".casefold():
            return Refusal(code=code, pause=QUOTA_PAUSE, words=say(
                "the webservice's quota of requests an hour is used up; it is tried again in an hour"))
        if kind and kind.casefold() != "sender":  # it was not our request that was wrong: it may have been carried out
            return Silence(words=say("the webservice had an error of its own in {action} ({words})",
                                     action=action, words=said))
        if code == "InvalidUserRights":
            return Refusal(code=code, words=say(
                "the webservice does not allow this account {action} ({words}); look at the token's rights in your "
                "Rakuten account", action=action, words=said))
        return Refusal(code=code, words=say("the webservice refused {action} ({words})", action=action, words=said))

    def _bare(self, action: str, status: int) -> Refusal | Silence:
        """Judge an answer that has no XML of Rakuten's by its HTTP status."""
        words = say("the webservice answered {action} with HTTP {status}", action=action, status=status)
        if status in (429, 503):
            return Refusal(code=str(status), words=words, pause=QUOTA_PAUSE if status == 429 else timedelta(minutes=5))
        return Refusal(code=str(status), words=words) if 300 <= status < 500 else Silence(words=words)

    def _clean(self, words: str) -> str:
        """Return the words in one line, short, and without the token, should the server repeat it."""
        for secret in (self._account.token, quote(self._account.token, safe="")):
            words = words.replace(secret, "…") if secret else words
        return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", words).split())[:MOST_WORDS]


def _before_sending(claim: Claim, begun: list[bool]) -> Callable[[str, Mapping[str, Any]], None]:
    """Return what httpx calls as it goes: the claim is made where the connection stands and nothing has left."""
    def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            if not claim():
                raise _WithdrawnError
            begun.append(True)
    return trace


def _silence_httpx() -> None:
    """httpx logs each address it asks, at INFO; httpcore the headers of answers, and a redirect may repeat one."""
    known = [name for name in logging.root.manager.loggerDict if name.startswith(("httpx.", "httpcore."))]
    for name in ("httpx", "httpcore", *known):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _reason(error: Exception) -> str:
    """Return a word for a failure: httpx's sentences may hold the address, its class names do not."""
    cause = error.__cause__ or error.__context__ or error
    return getattr(cause.__context__ or cause, "strerror", "") or re.sub(r"(?<=[a-z])(?=[A-Z])", " ",
                                                                          type(error).__name__).lower()


def _parsed(body: bytes) -> _Element | None:
    """Return the root, or None where it is no XML, or one with a DTD: entities are nobody's business here."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(_readable(body.strip()), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if b"<!DOCTYPE" in body else root


def _readable(body: bytes) -> bytes | str:
    """Return what the parser takes: bytes that declare their charset, else text. Some answers declare none."""
    if body.startswith(b"<?xml") and b"encoding" in body[:100]:
        return body
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("iso-8859-1")
    return re.sub(r"\A<\?xml[^>]*\?>", "", text)


def _name(part: _Element) -> str:
    """Return a tag without its namespace, which changes from action to action and year to year."""
    return str(part.tag).rpartition("}")[2]


def _first(root: _Element, name: str) -> _Element | None:
    return next((part for part in root.iter() if _name(part) == name), None)


def _texts(root: _Element, name: str) -> list[str]:
    return [text for part in root.iter() if _name(part) == name and (text := (part.text or "").strip())]
