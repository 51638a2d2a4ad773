"""A web server of our own for what the program tells to addresses: it writes down what it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest


class Web:
    """A web server that writes down what it is asked, and answers as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.status, self.headers = 200, dict[str, str]()
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((f"{self.command} {self.path}", body))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answers)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.server.shutdown()
    web.server.server_close()
