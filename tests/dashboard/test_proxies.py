"""The page behind a real nginx and a real Caddy, set up by the very examples of the docs: Marie logs in and acts."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from waitress.server import create_server

from bot.dashboard import password
from bot.dashboard.counter import counter
from bot.dashboard.serving import OFFERED
from tests.canaries import PAGE as PASSWORD
from tests.world import World, buyer_writes, claim

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAME = "guichet.boutique.example"
BLOCKS = {"nginx": "server {", "caddy": f"{NAME} {{"}
SECONDS = 30


def example(proxy: str, page: str = "dashboard.md") -> str:
    """Return the block of the docs for a proxy, without its indent."""
    text = (DOCS / page).read_text("utf-8")
    found = re.search(rf"^    {re.escape(BLOCKS[proxy])}\n(?:    +.*\n)*?    }}\n", text, re.MULTILINE)
    assert found, proxy
    return re.sub(r"^    ", "", found[0], flags=re.MULTILINE)


@pytest.mark.parametrize("proxy", BLOCKS)
def test_both_languages_give_the_same_example(proxy: str) -> None:
    assert example(proxy) == example(proxy, "tableau.md")


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """Return an example for this machine: other ports, the certificate of the test, and nothing else."""
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def nginx(folder: Path, port: int, page: int) -> list[str]:
    server = changed(example("nginx"), ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
                     ("127.0.0.1:8470", f"127.0.0.1:{page}"), ("/etc/ssl/boutique.pem", f"{folder}/boutique.pem"),
                     ("/etc/ssl/boutique.key", f"{folder}/boutique.key"))
    temporary = "".join(f"{one}_temp_path {folder}/{one};\n"
                        for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    who = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{who}pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{server}}}\n", "utf-8")
    return [shutil.which("nginx", path=PATH) or "", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def caddy(folder: Path, port: int, page: int) -> list[str]:
    head = f"{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {folder}/boutique.pem {folder}/boutique.key"
    site = changed(example("caddy"), (f"{NAME} {{", head), ("127.0.0.1:8470", f"127.0.0.1:{page}"))
    (folder / "Caddyfile").write_text(f"{{\n    admin off\n    auto_https disable_redirects\n}}\n{site}", "utf-8")
    return [shutil.which("caddy", path=PATH) or "", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
PROXIES = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not shutil.which(name, path=PATH):
        pytest.skip(f"no {name} on this machine (apt-get install {name})")
    return name


@pytest.fixture
def shop(world: World) -> World:
    world.work()
    world.hears(buyer_writes(), claim())
    with pytest.MonkeyPatch.context() as cheap:
        cheap.setattr(password, "METHOD", "scrypt:1024:2:1")
        password.set_password(world.guichet.settings.data, PASSWORD)
    return world


@pytest.fixture
def page(shop: World) -> Iterator[int]:
    """Yield the port of a page that answers as `dashboard --name guichet.boutique.example` does."""
    server = create_server(counter(shop.guichet.settings, names=[NAME], now=lambda: shop.now), host="127.0.0.1",
                           port=0, **OFFERED)

    def run() -> None:
        try:
            server.run()
        except OSError:     # closed under it
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()
    thread.join(5)


@pytest.fixture
def front(proxy: str, page: int, tmp_path: Path) -> Iterator[httpx.Client]:
    """Yield who opens https://guichet.boutique.example/, which is a proxy of ours before the page."""
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME)
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "boutique.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "boutique.key")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = PROXIES[proxy](tmp_path, port, page)
    checks = [*command, "-t"] if proxy == "nginx" else [command[0], "validate", *command[2:]]
    home = {"PATH": PATH, "HOME": str(tmp_path)}
    tried = subprocess.run(checks, capture_output=True, text=True, env=home, timeout=SECONDS)
    assert tried.returncode == 0, tried.stderr
    foreground = ["-g", "daemon off;"] if proxy == "nginx" else []
    with (tmp_path / "proxy.log").open("wb") as log:
        program = subprocess.Popen([*command, *foreground], stdout=log, stderr=log, env=home)
    try:
        _wait(port, program, tmp_path / "proxy.log")
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        with httpx.Client(transport=Here(port, trust), base_url=f"https://{NAME}", timeout=SECONDS) as browser:
            yield browser
    finally:
        program.terminate()
        program.wait(SECONDS)


class Here(httpx.HTTPTransport):
    """Leads every name to this machine, as /etc/hosts would; what is asked stays as it was asked."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        super().__init__(verify=trust)
        self.port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return super().handle_request(httpx.Request(
            request.method, request.url.copy_with(host="127.0.0.1", port=self.port), headers=request.headers,
            stream=request.stream, extensions={**request.extensions, "sni_hostname": request.url.host}))


def _wait(port: int, program: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert program.poll() is None, log.read_text("utf-8", "replace")
            assert time.monotonic() < until, log.read_text("utf-8", "replace")
            time.sleep(0.05)


def form(text: str, *words: str) -> dict[str, Any]:
    """Return the hidden fields of the first form that holds all these words."""
    for found in re.findall(r"<form method=\"post\".*?</form>", text, re.DOTALL):
        if all(word in found for word in words):
            return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found))
    raise AssertionError(f"no form with {words}")


def logs_in(front: httpx.Client, **more: Any) -> httpx.Response:
    token = form(front.get("/login").text, 'name="password"')["token"]
    return front.post("/login", data={"token": token, "password": PASSWORD},
                      headers={"Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin", **more})


def test_behind_a_proxy_she_logs_in_and_what_she_orders_is_done(shop: World, front: httpx.Client) -> None:
    entered = logs_in(front)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    assert "Secure" in entered.headers["Set-Cookie"]
    assert "default-src 'none'" in entered.headers["Content-Security-Policy"]
    today = front.get("/")
    assert today.status_code == 200
    order = {**form(today.text, 'value="ok"', "D-1"), "word": "ok"}
    answer = front.post("/case/1/order", data=order, headers={"Origin": f"https://{NAME}"})
    assert answer.status_code == 200, answer.text
    assert shop.rows("outbox", "id = 1")[0]["state"] == "ready"


def test_behind_a_proxy_today_renews_itself_and_all_of_it_comes(front: httpx.Client) -> None:
    logs_in(front)
    part = front.get("/", headers={"X-Part": "live"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "C-1" in part.text
    for address in ("/static/counter.js", "/static/counter.css", "/case/1/evidence.zip", "/cases.csv"):
        assert front.get(address).status_code == 200, address


def test_behind_a_proxy_another_site_orders_nothing(shop: World, front: httpx.Client) -> None:
    logs_in(front)
    order = {**form(front.get("/").text, 'value="ok"', "D-1"), "word": "ok"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert front.post("/case/1/order", data=order, headers=headers).status_code == 403
    assert shop.rows("outbox", "id = 1")[0]["state"] == "draft"
