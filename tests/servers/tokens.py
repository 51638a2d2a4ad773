"""A provider's log-in tokens on this machine: the endpoint that makes them, and Microsoft's short codes.

    with TokenServer() as tokens:
        tokens.answers.append((400, {"error": "invalid_grant"}))     # for the next question only
        ...
        assert tokens.asked[-1]["grant_type"] == "refresh_token"
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs

import pytest
import trustme

KEY = b"a key of this machine only, for tests"


def signed(user: str, seconds: int = 3600) -> str:
    """Return a token (JWT, HS256) as Dovecot's local validation takes it."""
    now = int(time.time())
    told = {"sub": user, "email": user, "iss": "https://id.example.org", "iat": now, "nbf": now - 5,
            "exp": now + seconds, "scope": "mail"}
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}).encode(), json.dumps(told).encode()]
    said = b".".join(_url64(part) for part in parts)
    return (said + b"." + _url64(hmac.new(KEY, said, hashlib.sha256).digest())).decode()


def _url64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


class TokenServer:
    """Makes `access-1`, `access-2` … unless `make` says otherwise; each refresh also renews the right to refresh.

    Attributes:
        answers: status and body for the next questions, each used once; then it makes tokens.
        asked: the forms it was sent, in order.
        before: called before each answer, for what must be true at that moment.
        tls: the authority to be trusted, where it speaks TLS, as msal wants.
    """

    def __init__(self, tls: Path | None = None) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[dict[str, str]] = []
        self.make: Callable[[int], str] = "access-{}".format
        self.before: Callable[[], None] = lambda: None
        self.tls, self.lasts, self.made = tls, 3600, 0
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
                outer.asked.append({name: values[0] for name, values in form.items()} | {"path": self.path})
                outer.before()
                self._say(*outer.answer(self.path))

            def do_GET(self) -> None:
                self._say(200, outer.discovery())

            def _say(self, status: int, told: Any) -> None:
                body = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.port = self.server.server_port
        if tls:
            self._secure(tls)

    def _secure(self, ca_file: Path) -> None:
        authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.cert_pem.write_to_path(str(ca_file))
        authority.issue_cert("localhost").configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self.tls else f"http://127.0.0.1:{self.port}"

    def answer(self, path: str) -> tuple[int, Any]:
        if self.answers:
            return self.answers.pop(0)
        if path.endswith("/devicecode"):
            return 200, {"device_code": "device-1", "user_code": "AB12CD", "verification_uri": f"{self.url}/device",
                         "expires_in": 60, "interval": 1, "message": "go there"}
        self.made += 1
        return 200, {"token_type": "Bearer", "access_token": self.make(self.made), "expires_in": self.lasts,
                     "refresh_token": f"refresh-{self.made}", "scope": "mail"}

    def discovery(self) -> dict[str, str]:
        return {"issuer": f"{self.url}/common/v2.0", "authorization_endpoint": f"{self.url}/common/authorize",
                "token_endpoint": f"{self.url}/common/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{self.url}/common/oauth2/v2.0/devicecode"}

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server
