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
from urllib.parse import urlencode

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
PAPER = {"width": 718, "height": 1047}      # A4 without its margins
WIDTHS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK}, "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True}}
LOOKS = {f"{scheme}-{name}": (scheme, size) for scheme in ("light", "dark")
         for name, size in (("desk", DESK), ("phone", PHONE))}
PAGES = ("/", "/case/1", "/case/2", "/mail/1", "/cases", "/shelf", "/outbox", "/deadlines", "/numbers", "/rules",
         "/words", "/words?file=buyer_wrote.reply.fr.txt", "/health", "/search?q=Dupont")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"])
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
        self.called, self.touched = "", bool(options.get("has_touch"))
        self.context = browser.new_context(**{"viewport": DESK} | options)
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

    def presses(self, selector: str) -> None:
        """Press what is there: with the finger on a phone."""
        (self.page.tap if self.touched else self.page.click)(selector)

    def tabs_to(self, selector: str) -> None:
        """Press Tab until it has the focus."""
        for _ in range(200):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"no Tab leads to {selector}")

    def shoots(self, name: str) -> None:
        """Keep what she sees, all of which fits into the width."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        name = f"{name}-{self.called}" if self.called else name
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


@pytest.fixture(params=WIDTHS)
def seen(request: pytest.FixtureRequest, shop: World, serve: Serve) -> Served:
    """Marie before Today, who has logged in: in each language, at her desk and on her phone."""
    found = serve(shop, **WIDTHS[request.param])
    found.called = f"{spoken(shop)}-{request.param}"
    found.logs_in()
    return found


def spoken(shop: World) -> str:
    return shop.guichet.seller.language


# ---- the plays: in each language, at each width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_first_visit_leads_through_the_log_in_to_how_to_begin(tmp_path: Path, serve: Serve, language: str,
                                                                  width: str) -> None:
    seen = serve(World(tmp_path, language=language), **WIDTHS[width])
    seen.called = f"{language}-{width}"
    seen.opens("/")
    assert seen.page.get_attribute("html", "lang") == language
    seen.shoots("log-in")
    seen.page.fill("#password", "ce n'est pas celui-là")
    seen.presses("main button")
    assert seen.page.inner_text(".notice.bad") == {"fr": "Ce n'est pas le mot de passe.",
                                                   "en": "That is not the password."}[language]
    seen.logs_in()
    assert "run_bot.py check" in seen.page.inner_text("main")
    seen.shoots("first-visit")


def test_a_claim_is_answered(seen: Served) -> None:
    seen.shoots("today")
    seen.presses("article[aria-labelledby=c2] button.main")
    assert "rakuten" in seen.notice()
    assert seen.world.rows("outbox", "id = 3")[0]["state"] == "handed"
    seen.shoots("claim-answered")


def test_a_draft_is_edited_against_the_linter(seen: Served) -> None:
    seen.presses("article[aria-labelledby=c1] h2 a")
    seen.page.wait_for_selector("#text-1")
    seen.page.fill("#text-1", "Bonjour Jean, écrivez-moi à marie@boutique.example ou www.boutique.example")
    seen.page.wait_for_selector("#remarks-1 .bad")
    seen.shoots("linter")
    seen.page.fill("#text-1", "Bonjour Jean, l'ampoule de rechange part demain.")
    seen.page.wait_for_selector("#remarks-1 .good")
    seen.presses("button[name=then][value=send]")
    assert "D-1" in seen.notice()
    row = seen.world.rows("outbox", "id = 1")[0]
    assert row["state"] == "ready"
    assert row["body"].startswith("Bonjour Jean, l'ampoule de rechange part demain.\n")
    seen.shoots("case")


def test_an_uncertain_row_is_settled(seen: Served) -> None:
    seen.world.store.run("UPDATE outbox SET state = 'uncertain', attempts = 1 WHERE id = 1")
    seen.opens("/")
    seen.presses("section.over a")
    seen.page.wait_for_selector("#D-1")
    seen.shoots("uncertain")
    seen.presses("#D-1 button[value=done]")
    seen.notice()
    assert seen.world.rows("outbox", "id = 1")[0]["state"] == "sent"


def test_a_mode_is_switched(seen: Served) -> None:
    seen.opens("/rules?shop=amazon")
    form = seen.page.locator("form:has(input[value='amazon.buyer_wrote'])")
    form.locator("select").select_option("shadow")
    seen.presses("form:has(input[value='amazon.buyer_wrote']) button")
    seen.notice()
    seen.shoots("rules")
    assert str(seen.world.guichet.policy.mode_for("amazon", "buyer_wrote")) == "shadow"


def test_a_case_is_found_and_the_language_is_changed(seen: Served) -> None:
    seen.presses("nav a[href='/search']")
    seen.page.wait_for_selector("#q")
    seen.page.fill("#q", "Dupont")
    seen.page.press("#q", "Enter")
    seen.page.wait_for_selector("a[href='/case/1']")
    seen.shoots("search")
    other = "en" if spoken(seen.world) == "fr" else "fr"
    seen.presses(f"button[name=language][value={other}]")
    seen.page.wait_for_selector(f"html[lang={other}]")
    assert seen.page.url.endswith("/search?q=Dupont")
    seen.presses("a[href='/case/1']")
    seen.page.wait_for_selector("#text-1")


@pytest.mark.parametrize("first", ["tab", "mail"])
def test_two_tabs_and_a_mail_on_one_draft_have_one_effect_and_the_later_are_told(seen: Served, first: str) -> None:
    question = next(row for row in seen.world.to_marie("question") if row["case_id"] == 1)
    tabs = [seen.page, seen.context.new_page()]
    for tab in tabs:
        tab.goto(seen.address + "/case/1")
    tabs[0].fill("#text-1", "Bonjour Jean, l'ampoule de rechange part demain.")
    tabs[1].fill("#text-1", "Bonjour Jean, je vous rembourse la lampe.")
    if first == "mail":
        seen.world.answers("ok", question)
    for tab in tabs:
        tab.click("button[name=then][value=send]")
        tab.wait_for_selector("#notice")
    if first == "tab":
        seen.world.answers("ok", question)
    assert [tab.locator("#notice.bad").count() for tab in tabs] == ([1, 1] if first == "mail" else [0, 1])
    assert all("D-1" in tab.inner_text("#notice") for tab in tabs)
    assert seen.world.rows("orders", "mail IS NOT NULL")[-1]["verdict"] == ("done" if first == "mail" else "late")
    [row] = seen.world.rows("outbox", "what = 'reply' AND case_id = 1")
    assert ("ampoule" in row["body"]) is (first == "tab")
    assert "rembourse" not in row["body"]
    assert len(seen.world.rows("events", "kind = 'draft_approved'")) == 1
    seen.shoots(f"too-late-{first}")


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


# ---- what is refused


def test_what_no_button_of_the_page_asked_for_is_refused(shop: World, serve: Serve) -> None:
    """An address that would act, another site's form, the page under a foreign name, a form from before the log-in."""
    seen = serve(shop)
    seen.logs_in()
    before = "\n".join(shop.store.db.conn.iterdump())
    form = seen.page.locator("article[aria-labelledby=c1] form:has(button.main)")
    fields = dict(form.locator("input").evaluate_all("all => all.map(one => [one.name, one.value])"))
    assert seen.opens(f"/case/1/order?word=ok&{urlencode(fields)}").status == 405
    away = seen.context.new_page()      # not listened to: it goes where our page never would
    assert away.goto(seen.address.replace("127.0.0.1", "evil.example")).status == 421
    forged = seen.context.new_page()
    forged.set_content(FORGED.format(address=seen.address, fields="".join(
        f"<input name='{name}' value='{value}'>" for name, value in fields.items())))
    with forged.expect_navigation() as gone:
        forged.click("button")
    assert gone.value.status == 403
    forged = seen.context.new_page()
    forged.set_content(f"<a href='{seen.address}/case/1'>A lamp for nothing</a>")
    with forged.expect_navigation() as gone:
        forged.click("a")
    assert gone.value.status == 403
    forged.click("main a")      # from our own page it is her again: no other site has logged her out
    forged.wait_for_selector("#live")
    forged.close()
    seen.opens("/")
    seen.page.wait_for_load_state("networkidle")     # an answer still under way would bring a cookie again
    seen.context.clear_cookies()
    with seen.page.expect_navigation() as gone:
        form.locator("button").click()
    assert gone.value.status == 400
    assert "\n".join(shop.store.db.conn.iterdump()) == before


FORGED = """<form method='post' action='{address}/case/1/order'>{fields}
<button name='word' value='ok'>Win!</button></form>"""


# ---- by the keyboard alone


def test_every_control_is_reached_by_tab_in_its_order_and_always_seen(shop: World, serve: Serve) -> None:
    for width in WIDTHS.values():
        seen = serve(shop, **width)
        seen.logs_in()
        for address in ("/", "/case/1", "/case/2", "/rules?shop=amazon", "/numbers"):
            seen.opens(address)
            seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            wanted, reached = seen.page.evaluate(CONTROLS), []
            for _ in wanted:
                seen.page.keyboard.press("Tab")
                reached.append(seen.page.evaluate(FOCUSED))
            assert [one["name"] for one in reached] == wanted, address
            assert not [one for one in reached if not one["seen"] or not one["ringed"]], address


def test_a_day_at_the_counter_needs_no_mouse(shop: World, serve: Serve) -> None:
    """From the log-in over the claim and the draft to the log-out: Tab, Enter, the space bar, and letters."""
    seen = serve(shop)
    seen.opens("/login")
    seen.page.keyboard.type(PASSWORD)       # the field has the focus
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#live")
    seen.tabs_to("a.skip")
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "main"
    seen.tabs_to("article[aria-labelledby=c2] button.main")
    seen.page.keyboard.press("Space")
    assert "rakuten" in seen.notice()
    assert seen.page.evaluate("document.activeElement.id") == "notice"
    assert shop.rows("outbox", "id = 3")[0]["state"] == "handed"
    seen.tabs_to("#D-3 button[value=done]")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#D-3 button[value=done]", state="detached")
    assert shop.rows("outbox", "id = 3")[0]["state"] == "sent"
    seen.tabs_to("nav a[href='/']")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#live")
    seen.tabs_to("article[aria-labelledby=c1] h2 a")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#text-1")
    seen.tabs_to("#text-1")
    seen.page.keyboard.press("Control+a")
    seen.page.keyboard.type("Bonjour Jean, l'ampoule de rechange part demain.")
    seen.tabs_to("button[name=then][value=send]")
    seen.shoots("keyboard")
    seen.page.keyboard.press("Enter")
    assert "D-1" in seen.notice()
    assert shop.rows("outbox", "id = 1")[0]["body"].startswith("Bonjour Jean, l'ampoule de rechange part demain.\n")
    seen.tabs_to("header form[action='/logout'] button")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#password")


NAME = """one => [one.tagName, one.id, one.name, one.value, one.textContent.trim(),
    one.closest('article, section, form')?.id]"""
CONTROLS = f"""() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].map({NAME})"""
FOCUSED = f"""() => {{
    const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const over = document.elementFromPoint(Math.min(Math.max((box.left + box.right) / 2, 0), innerWidth - 1),
        Math.min(Math.max((Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2, 0), innerHeight - 1));
    return {{name: ({NAME})(one), ringed: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight
            && (one === over || one.contains(over) || over?.contains(one) && over.tagName !== 'HTML')}};
}}"""


# ---- on paper


@pytest.mark.parametrize("address", ["/", "/case/1", "/case/2", "/numbers", "/deadlines"])
def test_paper_has_all_the_words_and_nothing_to_press(shop: World, serve: Serve, address: str) -> None:
    seen = serve(shop)
    seen.logs_in()
    seen.opens(address)
    folded = seen.page.locator("details").count()
    seen.page.evaluate("addEventListener('beforeprint', () => "
                       "{ window.left = document.querySelectorAll('details:not([open])').length; })")
    seen.page.pdf(path=str(seen.shots / f"paper-{named(address)}-{spoken(shop)}.pdf"), format="A4")
    assert seen.page.evaluate("window.left") == 0
    assert seen.page.locator("details:not([open])").count() == folded
    seen.page.emulate_media(media="print", color_scheme="dark")
    seen.page.set_viewport_size(PAPER)
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not seen.page.locator("button:visible, nav:visible, select:visible").count()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    seen.shoots(f"paper-{named(address)}-{spoken(shop)}")


# ---- readable, and reachable


@pytest.mark.parametrize("address", PAGES)
def test_a_phone_shows_every_page_without_sliding(world: World, serve: Serve, address: str) -> None:
    world.work()
    world.hears(buyer_writes(), claim())
    seen = serve(world, **WIDTHS["phone"])
    seen.logs_in()
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
