"""The page in a real browser: Debian's Chromium, led by Playwright. Screenshots lie in pytest's folder, or in
the one that GUICHET_SCREENSHOTS names."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from bot.dashboard import password
from tests.canaries import PAGE as PASSWORD
from tests.world import World, buyer_writes, claim

pytest.importorskip("playwright", reason="playwright is not installed (pip install -r requirements-dev.txt)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine (apt-get install chromium)")

ATTACKS = Path(__file__).resolve().parents[3] / "shared" / "attacks"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
LOOKS = {f"{scheme}-{name}": (scheme, size) for scheme in ("light", "dark")
         for name, size in (("desk", DESK), ("phone", PHONE))}
PAGES = ("/", "/case/1", "/case/2", "/mail/1", "/cases", "/shelf", "/outbox", "/deadlines", "/numbers", "/rules",
         "/words", "/words?file=buyer_wrote.reply.fr.txt", "/health", "/search?q=Dupont")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("GUICHET_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Served:
    """The page at an address of its own, and all that a browser does wrong on it."""

    def __init__(self, world: World, browser: Any, shots: Path, **options: Any) -> None:
        from waitress.server import create_server

        from bot.dashboard.counter import counter

        with pytest.MonkeyPatch.context() as cheap:
            cheap.setattr(password, "METHOD", "scrypt:1024:2:1")
            password.set_password(world.guichet.settings.data, PASSWORD)
        self.world, self.shots, self.faults = world, shots, list[str]()
        self.server = create_server(counter(world.guichet.settings, now=lambda: world.now), host="127.0.0.1", port=0)
        self.address = f"http://127.0.0.1:{self.server.effective_port}"
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.context = browser.new_context(viewport=DESK, **options)
        self.context.set_default_timeout(5000)
        self.page = self.context.new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("console", self._console)

    def _run(self) -> None:
        try:
            self.server.run()
        except OSError:     # closed under it
            return

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith(self.address):
            self.faults.append(f"foreign request: {request.url}")

    def _console(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:     # a refused form is no fault
            self.faults.append(f"console: {message.text}")

    def opens(self, address: str) -> Any:
        return self.page.goto(self.address + address)

    def logs_in(self) -> None:
        self.opens("/")
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_selector("#live")

    def shoots(self, name: str) -> None:
        self.page.screenshot(path=str(self.shots / f"{name}.png"), full_page=True)

    def notice(self) -> str:
        self.page.wait_for_selector("#notice")
        return str(self.page.inner_text("#notice"))

    def close(self) -> None:
        self.context.close()
        self.server.close()
        self.thread.join(5)


Serve = Callable[..., Served]


@pytest.fixture
def serve(browser: Any, shots: Path) -> Iterator[Serve]:
    open_: list[Served] = []

    def served(world: World, **options: Any) -> Served:
        open_.append(Served(world, browser, shots, **options))
        return open_[-1]

    yield served
    faults = [fault for one in open_ for fault in one.faults]
    for one in open_:
        one.close()
    assert not faults


@pytest.fixture(params=["fr", "en"])
def shop(request: pytest.FixtureRequest, world: World) -> World:
    world.configure(language=request.param)
    world.work()
    world.hears(buyer_writes(), claim())
    return world


def spoken(shop: World) -> str:
    return shop.guichet.seller.language


def test_the_first_visit_leads_through_the_log_in_to_how_to_begin(tmp_path: Path, serve: Serve) -> None:
    seen = serve(World(tmp_path))
    seen.opens("/")
    seen.shoots("log-in")
    seen.logs_in()
    assert "run_bot.py check" in seen.page.inner_text("main")
    seen.shoots("first-visit")


def test_a_claim_is_answered_with_the_keyboard_alone(shop: World, serve: Serve) -> None:
    seen = serve(shop)
    seen.logs_in()
    seen.shoots(f"today-{spoken(shop)}")
    seen.page.focus("article[aria-labelledby=c2] button.main")
    seen.page.keyboard.press("Enter")
    assert "rakuten" in seen.notice()
    assert shop.rows("outbox", "id = 3")[0]["state"] == "handed"
    seen.shoots(f"claim-answered-{spoken(shop)}")


def test_a_draft_is_edited_against_the_linter(shop: World, serve: Serve) -> None:
    seen = serve(shop)
    seen.logs_in()
    seen.opens("/case/1")
    seen.page.fill("#text-1", "Bonjour Jean, écrivez-moi à marie@boutique.example ou www.boutique.example")
    seen.page.wait_for_selector("#remarks-1 .bad")
    seen.shoots(f"linter-{spoken(shop)}")
    seen.page.fill("#text-1", "Bonjour Jean, l'ampoule de rechange part demain.")
    seen.page.wait_for_selector("#remarks-1 .good")
    seen.page.click("button[name=then][value=send]")
    assert "D-1" in seen.notice()
    row = shop.rows("outbox", "id = 1")[0]
    assert row["state"] == "ready"
    assert row["body"].startswith("Bonjour Jean, l'ampoule de rechange part demain.\n")


def test_an_uncertain_row_is_settled(shop: World, serve: Serve) -> None:
    shop.store.run("UPDATE outbox SET state = 'uncertain', attempts = 1 WHERE id = 1")
    seen = serve(shop)
    seen.logs_in()
    seen.page.click("section.over a")
    seen.shoots(f"uncertain-{spoken(shop)}")
    seen.page.click("#D-1 button[value=done]")
    seen.notice()
    assert shop.rows("outbox", "id = 1")[0]["state"] == "sent"


def test_a_mode_is_switched(shop: World, serve: Serve) -> None:
    seen = serve(shop)
    seen.logs_in()
    seen.opens("/rules?shop=amazon")
    form = seen.page.locator("form:has(input[value='amazon.buyer_wrote'])")
    form.locator("select").select_option("shadow")
    form.locator("button").click()
    seen.notice()
    seen.shoots(f"rules-{spoken(shop)}")
    assert str(shop.guichet.policy.mode_for("amazon", "buyer_wrote")) == "shadow"


def test_a_case_is_found_and_the_language_is_changed(shop: World, serve: Serve) -> None:
    seen = serve(shop)
    seen.logs_in()
    seen.opens("/search")
    seen.page.fill("#q", "Dupont")
    seen.page.press("#q", "Enter")
    seen.page.wait_for_selector("a[href='/case/1']")
    other = "en" if spoken(shop) == "fr" else "fr"
    seen.page.click(f"button[name=language][value={other}]")
    seen.page.wait_for_selector(f"html[lang={other}]")
    assert seen.page.url.endswith("/search?q=Dupont")
    seen.shoots(f"search-{other}")


def test_without_a_script_the_essential_acts_work(shop: World, serve: Serve) -> None:
    seen = serve(shop, java_script_enabled=False)
    seen.logs_in()
    seen.opens("/case/1")
    seen.page.fill("#text-1", "Bonjour Jean, écrivez-moi à marie@boutique.example")
    seen.page.click("button[formaction]")
    assert seen.page.locator("#remarks-1 .bad").count()
    seen.page.fill("#text-1", "Bonjour Jean, l'ampoule de rechange part demain.")
    seen.page.click("button[name=then][value=keep]")
    seen.page.click("#D-1 button.main")
    assert shop.rows("outbox", "id = 1")[0]["state"] == "ready"


def test_two_tabs_on_one_draft_have_one_effect_and_the_later_is_told(shop: World, serve: Serve) -> None:
    seen = serve(shop)
    seen.logs_in()
    seen.opens("/case/1")
    other = seen.context.new_page()
    other.goto(seen.address + "/case/1")
    seen.page.fill("#text-1", "Bonjour Jean, l'ampoule de rechange part demain.")
    seen.page.click("button[name=then][value=send]")
    seen.notice()
    other.click("#D-1 button.main")
    other.wait_for_selector("#notice.bad")
    assert len(shop.rows("events", "kind = 'draft_approved'")) == 1


@pytest.mark.parametrize("address", PAGES)
def test_a_phone_shows_every_page_without_sliding(world: World, serve: Serve, address: str) -> None:
    world.work()
    world.hears(buyer_writes(), claim())
    seen = serve(world)
    seen.logs_in()
    seen.page.set_viewport_size(PHONE)
    seen.opens(address)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    seen.shoots(f"phone-{named(address)}")


def axe() -> str:
    """Return axe-core's script, as a library of the developers brings it; empty where it is not installed."""
    with suppress(ModuleNotFoundError, FileNotFoundError):
        return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    return ""


@pytest.mark.timeout(600)
@pytest.mark.skipif(not axe(), reason="axe-core is not installed (pip install -r requirements-dev.txt)")
def test_the_checker_of_accessibility_finds_nothing(shop: World, serve: Serve) -> None:
    """WCAG 2.2 AA and its makers' best practice, on each page: light and dark, desk and phone, all that folds open."""
    shop.store.run("UPDATE outbox SET state = 'uncertain', attempts = 1 WHERE id = 3")
    shop.store.run("UPDATE mails SET state = 'shelved' WHERE id = 2")
    seen = serve(shop, bypass_csp=True)     # the checker itself is a foreign script
    found = {}
    for address in ("/login", *PAGES, "/mail/2", "/nothing"):
        seen.opens(address)
        if address == "/":
            seen.logs_in()
        seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        seen.page.evaluate(axe())
        for look, (scheme, size) in LOOKS.items():
            seen.page.emulate_media(color_scheme=scheme)
            seen.page.set_viewport_size(size)
            seen.shoots(f"{spoken(shop)}-{look}-{named(address)}")
            found[f"{address} {look}"] = violations(seen)
    assert not {address: wrong for address, wrong in found.items() if wrong}


def violations(seen: Served) -> list[str]:
    found = seen.page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', "
                               "'best-practice']})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


def named(address: str) -> str:
    return re.sub(r"\W+", "-", address).strip("-") or "today"


@pytest.mark.timeout(600)       # some two hundred pages in a real browser
@pytest.mark.skipif(not ATTACKS.is_dir(), reason="the attack mails are not beside this repository")
def test_no_attack_mail_does_anything_on_any_page(world: World, serve: Serve) -> None:
    """Every page that shows anything of it: no dialog, no request elsewhere, no word of the policy's."""
    world.work()
    world.hears(*[path.read_bytes() for path in sorted(ATTACKS.glob("*.eml"))])
    world.hears(*[buyer_writes(evil, order=f"404-9999999-{number:07}", message=number)
                  for number, evil in enumerate(EVIL, start=100)])
    seen = serve(world)
    seen.logs_in()
    mails, cases = world.rows("mails"), world.rows("cases")
    assert len(mails) > 100
    assert len(cases) > 10
    everywhere = [*PAGES, *(f"/mail/{row['id']}" for row in mails), *(f"/case/{row['id']}" for row in cases),
                  "/shelf?page=2", "/outbox?page=2", "/search?q=%3Cscript%3E"]
    for address in everywhere:
        answer = seen.opens(address)
        assert answer.status == 200, address
        assert len(answer.body()) < 100_000, address
        hrefs = seen.page.eval_on_selector_all("[href], [src], [action]", LEADS_TO)
        assert all(one.startswith(("/", "#")) for one in hrefs), address
        assert not seen.faults, f"{address}: {seen.faults}"


LEADS_TO = "all => all.map(one => one.getAttribute('href') || one.getAttribute('src') || one.getAttribute('action'))"
EVIL = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "{{ 7*7 }} {% raw %}",
        "</textarea><script>alert(1)</script>", "javascript:alert(1)", "<a href='https://evil.example'>x</a>",
        "<style>@import 'https://evil.example/x.css'</style>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "</title><base href='https://evil.example/'>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>")


def test_what_is_typed_on_the_page_is_only_text_too(world: World, serve: Serve) -> None:
    world.work()
    world.hears(buyer_writes())
    seen = serve(world)
    seen.logs_in()
    for evil in EVIL:
        seen.opens("/case/1")
        seen.page.fill("#text-1", f"Bonjour Jean, voici {evil} pour vous.")
        seen.page.click("button[name=then][value=keep]")
        seen.notice()
        assert "alert(1)" not in json.dumps(seen.page.evaluate(
            "[...document.scripts].map(one => one.textContent)"))
