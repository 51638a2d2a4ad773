"""A daemon, five cron runs, the terminal and the page, all at once: nothing twice, and no lock is ever shown."""

from __future__ import annotations

import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from bot.dashboard.password import set_password
from tests.canaries import PAGE as PASSWORD
from tests.proofs import Budget, Row
from tests.servers.dovecot import Dovecot
from tests.servers.shop import Shop
from tests.servers.smtp import SmtpServer

MINUTES = 20
LETTER = "amazon/buyer_wrote_fr_order"
CRON_RUNS = 5
WITHIN = 60.0       # seconds until a mail that arrived is on the page


class Page:
    """The seller's browser at the page of the running program."""

    def __init__(self, port: int) -> None:
        self.address, self.browser = f"http://127.0.0.1:{port}", build_opener(HTTPCookieProcessor(CookieJar()))

    def reads(self, address: str) -> str:
        with self.browser.open(self.address + address, timeout=60) as answer:
            return str(answer.read().decode())

    def sends(self, address: str, fields: dict[str, str]) -> str:
        with self.browser.open(self.address + address, urlencode(fields).encode(), timeout=60) as answer:
            return str(answer.read().decode())

    def logs_in(self) -> None:
        until = time.monotonic() + WITHIN
        while True:
            with suppress(URLError):
                found = re.search(r'name="token" value="([^"]+)"', self.reads("/login"))
                assert found
                self.sends("/login", {"token": found[1], "password": PASSWORD})
                return
            if time.monotonic() > until:
                raise TimeoutError("the page does not answer")
            time.sleep(0.2)

    def approves(self, case: int) -> str:
        """Press the button that sends the reply of a case, once its draft stands there; return what went wrong."""
        until = time.monotonic() + WITHIN
        while time.monotonic() < until:
            try:
                if fields := self._button(case):
                    self.sends(f"/case/{case}/order", fields)
                    return ""
            except HTTPError as error:
                if error.code not in (404, 409):        # not there yet; or the case moved on under her hands
                    return f"the page says {error.code}: {'lock' if b'lock' in error.read() else ''}"
            time.sleep(0.2)
        return f"the page never offered C-{case}"

    def _button(self, case: int) -> dict[str, str]:
        page = self.reads("/")
        for form in re.findall(rf'<form method="post" action="/case/{case}/order".*?</form>', page, re.DOTALL):
            if 'name="word" value="ok"' in form:
                hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
                return {**hidden, "word": "ok"}
        return {}


@contextmanager
def page_of(shop: Shop) -> Iterator[Page]:
    set_password(shop.folder / "data", PASSWORD)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = shop.start("dashboard", "--port", str(port))
    try:
        page = Page(port)
        page.logs_in()
        yield page
    finally:
        program.terminate()
        program.communicate(timeout=30)


def play(shop: Shop, page: Page, number: int) -> list[str]:
    """Let one round happen; return what went wrong in it."""
    shop.arrives(LETTER, also={b"404-2718281-8284590": f"404-0000000-{number:07}".encode()})
    runs = [shop.start("once") for _ in range(CRON_RUNS)] + [shop.start("pause"), shop.start("resume")]
    wrong = [said] if (said := page.approves(number)) else []
    for program in runs:
        out, err = program.communicate(timeout=120)
        if program.returncode not in (0, 75) or "lock" in err or "stayed busy" in out + err:
            wrong.append(f"exit {program.returncode}: {err.strip()[:80]}")
    return wrong


def prove(budget: Budget, rounds: int = 100) -> Iterator[Row]:
    with TemporaryDirectory(prefix="guichet-many-") as folder, Dovecot() as dovecot, SmtpServer() as smtp:
        shop = Shop(Path(folder), dovecot, smtp)
        shop.once()
        daemon = shop.start("run")
        wrong: list[str] = []
        played = 0
        try:
            with page_of(shop) as page:
                while played < rounds and not budget.over:
                    played += 1
                    wrong += play(shop, page, played)
            with suppress(AssertionError):      # what is missing is counted
                smtp.wait_for(2 * played)
        finally:
            daemon.terminate()
            daemon.communicate(timeout=30)
        shop.once()
        told = Counter(mail.raw for mail in smtp.mails)
    lost = max(0, 2 * played - sum(told.values()))      # one to the seller and one to the buyer, each round
    yield Row(name="instances: mails of rounds of a daemon, five cron runs, page, terminal", offered=2 * played,
              intended=2 * rounds, lost=lost, twice=told.total() - min(2 * played, len(told)),
              verdict="; ".join(sorted(set(wrong))[:3]) or "holds")
