"""Rakuten's webservice on this machine: a real HTTP server that answers as documented, and fails where told to.

    with RakutenServer() as rakuten:
        rakuten.faults["contactuseraboutitem"] = [Fault.QUOTA]     # once; a plain Fault means every time
        ...
        [call] = rakuten.calls("contactuseraboutitem")
        assert call.parameters["content"] == "Bonjour"

The XML is our own, in the documented shapes; names and numbers are invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Self
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import pytest

from tests.canaries import TOKEN

LOGIN = "atelier-lumen"

DONE = {
    "acceptsale": ("saleacceptanceresult", "Accepted"), "refusesale": ("salerefusalresult", "Refused"),
    "contactuseraboutitem": ("contactuseraboutitemresult", "SENT"),
    "contactusaboutitem": ("contactusaboutitemresult", "SENT"),
    "settrackingpackageinfos": ("setshippingpackageinfosresult", "OK"), "cancelitem": ("cancelitemresult", "CANCELLED"),
    "getiteminfos": ("getiteminfosresult", ""),
}


class Fault(Enum):
    """What the server may do instead of answering."""

    QUOTA = "say that the quota of the hour is used up"
    RIGHTS = "say that this account may not"
    SENDER = "say that a parameter is wrong, in words with accents"
    RECEIVER = "say that it had an error of its own"
    ECHO = "refuse, and repeat the address with the token in its words"
    CUT = "hear the request, do it, and close the connection without a word"
    HALF = "do it, and close the connection amid the answer"
    SLOW = "do it, and answer nothing for a long time"
    DRIP = "do it, and answer a letter at a time, for a long time"
    GARBAGE = "do it, and answer what is no XML"
    ENTITY = "do it, and answer XML with a DTD"
    STRANGE = "do it, and answer another status than documented"
    REDIRECT = "send the caller elsewhere, with the token in the new address"
    HTTP_500 = "answer 500 with a page"
    HTTP_503 = "answer 503 with a page"
    HTTP_404 = "answer 404 with a page"


NOT_DONE = {Fault.QUOTA, Fault.RIGHTS, Fault.SENDER, Fault.ECHO, Fault.REDIRECT, Fault.HTTP_503, Fault.HTTP_404}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request the server has heard whole; `query` is as it came, percent signs and all."""

    path: str
    query: str
    parameters: Mapping[str, str]
    done: bool


class RakutenServer:
    """Its address is `base`. `new` are the items of sales to confirm, `waiting` what getitemtodolist tells."""

    def __init__(self, login: str = LOGIN, token: str = TOKEN) -> None:
        self.login, self.token = login, token
        self.faults: dict[str, Fault | list[Fault | None]] = {}
        self.new: list[str] = []
        self.waiting: dict[str, list[str]] = {}
        self.heard: list[Call] = []
        self.patience = 5.0  # seconds of SLOW
        self._over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def calls(self, action: str) -> list[Call]:
        return [call for call in self.heard if call.parameters.get("action") == action]

    def done(self, action: str) -> list[Call]:
        return [call for call in self.calls(action) if call.done]

    # -- what it does

    def fault(self, action: str) -> Fault | None:
        found = self.faults.get(action)
        if isinstance(found, list):
            return found.pop(0) if found else None
        return found

    def hear(self, path: str, query: str) -> tuple[Mapping[str, str], Fault | None]:
        parameters = dict(parse_qsl(query, keep_blank_values=True, encoding="iso-8859-1", strict_parsing=True))
        fault = self.fault(parameters.get("action", ""))
        allowed = parameters.get("login") == self.login and parameters.get("pwd") == self.token
        fault = fault if allowed else Fault.RIGHTS
        done = fault not in NOT_DONE
        self.heard.append(Call(path=path, query=query, parameters=parameters, done=done))
        if done and parameters["action"] in ("acceptsale", "refusesale"):
            self.new = [one for one in self.new if one != parameters["itemid"]]
        return parameters, fault

    def over(self, seconds: float) -> bool:
        """Wait, and say whether the test has ended meanwhile."""
        return self._over.wait(seconds)

    def xml(self, parameters: Mapping[str, str], status: str = "") -> str:
        action, version = parameters["action"], parameters["version"]
        root, done = DONE.get(action, (f"{action}result", ""))
        request = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parameters.items()
                          if name in ("version", "itemid", "content", "comment"))
        word = f"<status>{status or done}</status>" if status or done else ""
        return (f'<?xml version="1.0" encoding="ISO-8859-1"?>\n\n'
                f'<{root} xmlns="http://pmcdn.priceminister.example/res/schema/{action}">'
                f"<request><user>{self.login}</user>{request}</request>"
                f"<response><lastversion>{version}</lastversion>{word}{self.listed(action)}</response></{root}>")

    def listed(self, action: str) -> str:
        if action == "getnewsales":
            sales = "".join(f"<sale><purchaseid>34011{n:04}</purchaseid><items><item><itemid>{one}</itemid>"
                            "<headline><![CDATA[Carafe gravée]]></headline><itemstatus><![CDATA[TO_CONFIRM]]>"
                            "</itemstatus></item></items></sale>" for n, one in enumerate(self.new))
            return f"<sellerid>4711</sellerid><sales>{sales}</sales>"
        if action == "getitemtodolist":
            rows = "".join(f"<item><itemid>{one}</itemid><causes>"
                           + "".join(f"<cause>{cause}</cause>" for cause in causes) + "</causes></item>"
                           for one, causes in self.waiting.items())
            return f"<sellerid>4711</sellerid><items>{rows}</items>"
        return ""


def error(kind: str, code: str, words: str, detail: str) -> str:
    """Return an error answer; the documented sample declares no charset."""
    return ('<errorresponse xmlns="http://pmcdn.priceminister.example/res/schema/error"><error>'
            f"<type>{kind}</type><code>{code}</code><message>{words}</message>"
            f"<details><detail><![CDATA[ {detail} ]]></detail></details></error></errorresponse>")


ERRORS = {
    Fault.QUOTA: error("Sender", "InvalidUserRights", "Quota exceeded.", "Too many requests in this hour."),
    Fault.RIGHTS: error("Sender", "InvalidUserRights", "Invalid user rights.", "No right to this action."),
    Fault.SENDER: error("Sender", "ParameterError", "Paramètre refusé.", "L'article a été reçu il y a trop longtemps."),
    Fault.RECEIVER: error("Receiver", "InternalError", "Internal error.", "Try again."),
}
PAGES = {Fault.HTTP_500: 500, Fault.HTTP_503: 503, Fault.HTTP_404: 404}
BOMB = '<!DOCTYPE x [<!ENTITY a "SENT">]><contactresult><response><status>&a;</status></response></contactresult>'


def _answering(server: RakutenServer) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            parameters, fault = server.hear(address.path, address.query)
            if fault is Fault.SLOW:
                server.over(server.patience)
            if fault in (Fault.CUT, Fault.SLOW):
                self.close_connection = True
                return
            self.answer(parameters, fault, address.query)

        def answer(self, parameters: Mapping[str, str], fault: Fault | None, query: str) -> None:
            text, status, more = server.xml(parameters), 200, {}
            if fault in ERRORS:
                text = ERRORS[fault]
            elif fault is Fault.ECHO:
                text = error("Sender", "InvalidUserRights", f"pwd {server.token}", escape(query))
            elif fault is Fault.STRANGE:
                text = server.xml(parameters, "PENDING")
            elif fault is Fault.ENTITY:
                text = BOMB
            elif fault is Fault.GARBAGE:
                text = "<html><body>Bienvenue & à bientôt"
            elif fault is Fault.REDIRECT:
                text, status, more = "", 302, {"Location": f"/elsewhere?{query}"}
            elif fault in PAGES:
                text, status = "<html><body>Erreur</body></html>", PAGES[fault]
            body = text.encode("iso-8859-1")
            self.head(len(body), status, more)
            self.tell(body[:len(body) // 2] if fault is Fault.HALF else body, drip=fault is Fault.DRIP)
            self.close_connection = True

        def tell(self, body: bytes, *, drip: bool) -> None:
            for at in range(len(body) if drip else 0):
                self.wfile.write(body[at:at + 1])
                if server.over(0.05):
                    return
            self.wfile.write(b"" if drip else body)

        def head(self, length: int, status: int, more: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "text/xml;charset=ISO-8859-1", "Content-Length": str(length),
                                "Connection": "close", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep still: what a test logs is what the program logs."""

    return Answering


def free_port() -> int:
    """Return a port nobody listens on."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return server.server_port


@pytest.fixture
def rakuten() -> Iterator[RakutenServer]:
    with RakutenServer() as server:
        yield server
