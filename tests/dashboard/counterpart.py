"""Marie at her page, without a browser: she logs in, reads forms as they stand, and presses their buttons."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bot.dashboard import password
from bot.dashboard.counter import counter
from bot.dashboard.password import set_password
from tests.canaries import PAGE as PASSWORD
from tests.world import World


class Marie:
    """One browser of hers: a cookie jar, and the page she last saw."""

    def __init__(self, world: World, *, known: bool = True, **options: Any) -> None:
        self.world = world
        if not (world.guichet.settings.data / "counter.json").exists():
            with pytest.MonkeyPatch.context() as cheap:     # what it costs is tried once, in test_gate
                cheap.setattr(password, "METHOD", "scrypt:1024:2:1")
                set_password(world.guichet.settings.data, PASSWORD)
        self.app = counter(world.guichet.settings, now=lambda: world.now, **options)
        self.browser = self.app.test_client()
        if known:
            assert self.logs_in().status_code == 303

    def opens(self, address: str, **more: Any) -> TestResponse:
        return self.browser.get(address, **more)

    def reads(self, address: str) -> str:
        answer = self.opens(address)
        assert answer.status_code == 200, f"{address}: {answer.status}"
        return answer.text

    def sends(self, address: str, **more: Any) -> TestResponse:
        return self.browser.post(address, **more)

    def logs_in(self, password: str = PASSWORD) -> TestResponse:
        return self.sends("/login", data={"token": self.token("/login"), "password": password})

    def token(self, address: str = "/") -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.reads(address))
        assert found
        return found[1]

    def form(self, case: int, word: str, address: str = "", draft: int | None = None) -> dict[str, str]:
        """Return what the form with this button would send, as the page stands now."""
        page = self.reads(address or ("/" if word == "ok" else f"/case/{case}"))
        for form in re.findall(rf'<form method="post" action="/case/{case}/order".*?</form>', page, re.DOTALL):
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
            words = re.findall(r'name="word" value="(\w+)"', form)
            if word in words and (draft is None or fields.get("draft") == str(draft)):
                text = re.search(r'<textarea [^>]*name="text"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
                return {**fields, "word": word, **({"text": unescape(text[1])} if text else {})}
        raise AssertionError(f"no button {word} on {address or case}")

    def presses(self, case: int, word: str, draft: int | None = None, **filled: str) -> TestResponse:
        return self.orders(case, {**self.form(case, word, draft=draft), **filled})

    def orders(self, case: int, form: dict[str, str]) -> TestResponse:
        return self.sends(f"/case/{case}/order", data=form)


def notice(answer: TestResponse) -> str:
    """Return what the page says of an order."""
    found = re.search(r'<div class="notice[^>]*>(.*?)</div>', answer.text, re.DOTALL)
    assert found, answer.text
    return unescape(re.sub("<[^>]+>", "", found[1])).strip()
