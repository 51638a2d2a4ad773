"""Who comes in at the page, and what is refused."""

from __future__ import annotations

import stat
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from bot.dashboard.counter import counter
from bot.dashboard.password import PasswordError, lock_of, set_password
from tests.canaries import PAGE as PASSWORD
from tests.dashboard.counterpart import Marie
from tests.world import World, buyer_writes, claim

PAGES = ("/", "/case/1", "/mail/1", "/cases", "/shelf", "/outbox", "/deadlines", "/numbers", "/rules", "/words",
         "/words?file=buyer_wrote.reply.fr.txt", "/health", "/search?q=Dupont", "/cases.csv", "/outbox.json")

ASKED = "word=ok&draft=1&mode=alone&name=amazon.buyer_wrote"


@pytest.fixture
def shop(world: World) -> World:
    world.work()
    world.hears(buyer_writes(), claim())
    return world


def test_without_a_password_there_is_no_page(world: World) -> None:
    with pytest.raises(PasswordError, match="--set-password"):
        counter(world.guichet.settings)


def test_a_short_password_is_refused(world: World) -> None:
    with pytest.raises(PasswordError, match="10"):
        set_password(world.guichet.settings.data, "lampe")


def test_only_a_hash_of_the_password_is_kept_and_only_for_this_user(world: World) -> None:
    set_password(world.guichet.settings.data, PASSWORD)
    path = world.guichet.settings.data / "counter.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert '"scrypt:' in path.read_text()
    assert lock_of(world.guichet.settings.data).hash not in repr(lock_of(world.guichet.settings.data))


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_sees_the_log_in_and_nothing_else(shop: World, address: str) -> None:
    answer = Marie(shop, known=False).opens(address)
    assert (answer.status_code, answer.headers["Location"]) == (303 if answer.status_code == 303 else 302, "/login")
    assert "Dupont" not in answer.text


def test_a_wrong_password_lets_nobody_in(shop: World) -> None:
    marie = Marie(shop, known=False)
    assert marie.logs_in("quatre lampes sous la table").status_code == 401
    assert marie.opens("/").status_code == 302


def test_after_five_wrong_passwords_the_right_one_waits_too(shop: World) -> None:
    marie = Marie(shop, known=False)
    for _ in range(5):
        assert marie.logs_in("lampe lampe lampe").status_code == 401
    assert marie.logs_in().status_code == 429
    shop.now += timedelta(minutes=16)
    assert marie.logs_in().status_code == 303


def test_a_new_password_ends_every_session(shop: World) -> None:
    marie = Marie(shop)
    assert marie.opens("/").status_code == 200
    set_password(shop.guichet.settings.data, "une autre phrase encore")
    assert marie.opens("/").status_code == 302


def test_logging_out_ends_the_session(shop: World) -> None:
    marie = Marie(shop)
    assert marie.sends("/logout", data={"token": marie.token()}).status_code == 303
    assert marie.opens("/").status_code == 302


def test_the_cookie_is_for_this_site_and_no_script(shop: World) -> None:
    marie = Marie(shop, known=False)
    cookie = marie.logs_in().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie, "on this machine it comes over plain HTTP"


def test_behind_a_proxy_the_cookie_never_leaves_in_clear(shop: World) -> None:
    marie = Marie(shop, known=False, names=["guichet.boutique.example"])
    answer = marie.opens("/login", base_url="https://guichet.boutique.example/")
    assert answer.status_code == 200
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8470",
                                  "guichet.boutique.example", "[::ffff:1.2.3.4]", "[", "0.0.0.0", ""])
def test_a_foreign_name_is_refused(shop: World, host: str) -> None:
    marie = Marie(shop)
    answer = marie.browser.get("/", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert "Dupont" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8470", "[::1]:8470", "LOCALHOST:8470"])
def test_this_machine_is_known_by_its_own_names(shop: World, host: str) -> None:
    assert Marie(shop, known=False).browser.get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
def test_an_act_without_the_sessions_token_is_refused(shop: World, token: str | None) -> None:
    marie = Marie(shop)
    form = marie.form(1, "ok")
    form.pop("token") if token is None else form.update(token=token)
    assert marie.orders(1, form).status_code == 400
    assert shop.rows("outbox", "id = 1")[0]["state"] == "draft"


def test_the_token_of_another_session_is_refused(shop: World) -> None:
    marie, other = Marie(shop), Marie(shop)
    assert marie.orders(1, {**marie.form(1, "ok"), "token": other.token()}).status_code == 400


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"},
                                     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_an_act_from_another_site_is_refused_even_with_its_token(shop: World, headers: dict[str, str]) -> None:
    marie = Marie(shop)
    answer = marie.sends("/case/1/order", data=marie.form(1, "ok"), headers=headers)
    assert answer.status_code == 403
    assert shop.rows("outbox", "id = 1")[0]["state"] == "draft"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_of_another_site_shows_nothing_and_logs_nobody_out(shop: World, site: str) -> None:
    """Her cookie does not come with it: an answer that set a fresh one would end her session."""
    for address in ("/", "/login", "/case/1", "/nothing"):
        answer = Marie(shop, known=False).opens(address, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    assert Marie(shop).opens("/", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_an_act_without_a_session_is_refused(shop: World) -> None:
    stranger = Marie(shop, known=False)
    form = {**Marie(shop).form(1, "ok"), "token": stranger.token("/login")}
    assert stranger.orders(1, form).status_code == 401
    assert shop.rows("outbox", "id = 1")[0]["state"] == "draft"


def test_an_address_that_is_merely_opened_does_nothing(shop: World) -> None:
    marie = Marie(shop)
    before = "\n".join(shop.store.db.conn.iterdump())
    for rule in marie.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            address = rule.rule.replace("<int:number>", "1")
            answer = marie.opens(f"{address}?{ASKED}&token={marie.token()}")
            assert answer.status_code == (200 if address in PAGES else 302 if address == "/login" else 405), address
    for address in PAGES:
        if not address.startswith("/search"):     # which may put words into its index
            marie.opens(address + ("&" if "?" in address else "?") + ASKED)
    assert "\n".join(shop.store.db.conn.iterdump()) == before


@pytest.mark.parametrize("address", [*PAGES, "/login", "/nothing", "/static/counter.css", "/case/99", "/case/1/order"])
def test_every_answer_forbids_what_is_not_ours(shop: World, address: str) -> None:
    headers = Marie(shop).opens(address).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert address.startswith("/static") or headers["Cache-Control"] == "no-store"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("address", [one for one in PAGES if "." not in one])
def test_a_page_holds_nothing_that_the_policy_would_stop(shop: World, address: str) -> None:
    seen = Tags()
    seen.feed(Marie(shop).reads(address))
    for tag, given in seen.found:
        assert not {"style", "onclick", "onload", "srcset"} & set(given), tag
        assert tag not in ("style", "iframe", "img", "object", "embed", "base"), tag
        for name in ("href", "src", "action", "formaction"):
            assert (given.get(name) or "/").startswith(("/", "#")), f"{tag} {given}"
        assert tag != "script" or given.get("src")


def test_back_to_where_one_was_never_leads_elsewhere(shop: World) -> None:
    marie = Marie(shop)
    for there in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = marie.sends("/language", data={"token": marie.token(), "language": "en", "back": there})
        assert answer.headers["Location"] == "/"


def test_the_page_speaks_both_languages(shop: World) -> None:
    marie = Marie(shop)
    assert 'lang="fr"' in marie.reads("/")
    marie.sends("/language", data={"token": marie.token(), "language": "en", "back": "/"})
    assert 'lang="en"' in marie.reads("/")
    assert "A buyer wrote" in marie.reads("/")


def test_a_form_too_long_is_refused(shop: World) -> None:
    marie = Marie(shop)
    assert marie.orders(1, {**marie.form(1, "text"), "text": "a" * 300_000}).status_code == 413
