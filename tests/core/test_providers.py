"""The table of mail providers: whose mailbox it is, and what he wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.providers import PROVIDERS, Login, advice, by_domain, by_host, by_mx, user_for
from bot.settings import refusal


@pytest.mark.parametrize(("domain", "name"), [
    ("gmail.com", "Gmail"), ("HOTMAIL.FR", "Outlook.com"), ("wanadoo.fr", "Orange"), ("free.fr", "Free"),
    ("neuf.fr", "SFR"), ("laposte.net", "La Poste"), ("bbox.fr", "Bouygues"), ("yahoo.fr", "Yahoo"),
    ("me.com", "iCloud"), ("shop.onmicrosoft.com", "Microsoft 365"), ("ik.me", "Infomaniak"), ("gandi.net", "Gandi")])
def test_an_address_tells_its_provider(domain: str, name: str) -> None:
    found = by_domain(domain)
    assert found is not None
    assert found.name.startswith(name)


@pytest.mark.parametrize("domain", ["boutique.example", "notgmail.com", "gmail.com.example", "", "fr"])
def test_a_domain_of_one_s_own_is_nobody_s(domain: str) -> None:
    assert by_domain(domain) is None


@pytest.mark.parametrize(("hosts", "name"), [
    (["aspmx.l.google.com", "alt1.aspmx.l.google.com"], "Gmail"), (["mx0.mail.ovh.net."], "OVHcloud"),
    (["boutique-example.mail.protection.outlook.com"], "Microsoft 365"), (["hotmail-com.olc.protection.outlook.com"],
                                                                         "Outlook.com"),
    (["spool.mail.gandi.net"], "Gandi"), (["mta-gw.infomaniak.ch"], "Infomaniak"), (["mx00.ionos.fr"], "IONOS"),
    (["mx.unknown.example", "mx1.mail.ovh.net"], "OVHcloud")])
def test_who_receives_a_domain_s_mail_tells_its_provider(hosts: list[str], name: str) -> None:
    found = by_mx(hosts)
    assert found is not None
    assert found.name.startswith(name)


def test_a_stranger_who_receives_mail_is_no_provider() -> None:
    assert by_mx(["mail.boutique.example", "evil-google.com"]) is None


def test_what_the_table_says_is_what_the_settings_take() -> None:
    for one in PROVIDERS:
        for key, place in (("imap", one.imap), ("smtp", one.smtp)):
            wrong = [refusal(f"mailbox.{key}.{name}", getattr(place, name)) for name in ("host", "port", "security")]
            assert wrong == ["", "", ""], one.name
        assert not one.oauth or refusal("mailbox.oauth", one.oauth) == ""


def test_no_domain_and_no_exchanger_is_claimed_twice() -> None:
    for name in ("domains", "mx"):
        told = [entry for one in PROVIDERS for entry in getattr(one, name)]
        assert len(told) == len(set(told))
    assert by_mx(["x.olc.protection.outlook.com"]) is not by_mx(["x.mail.protection.outlook.com"])


def test_where_no_password_is_taken_or_a_special_one_the_advice_says_so() -> None:
    for one in PROVIDERS:
        told = advice(one)
        assert one.login is not Login.OAUTH or "OAuth" in told
        assert one.login is not Login.MADE or one.made_at in told


def test_at_free_one_logs_in_by_the_first_half() -> None:
    assert user_for(by_domain("free.fr"), "marie.lumen@free.fr") == "marie.lumen"
    assert user_for(by_domain("gmail.com"), "marie@gmail.com") == "marie@gmail.com"
    assert user_for(None, "ventes@boutique.example") == "ventes@boutique.example"


def test_a_server_tells_its_provider() -> None:
    assert by_host("SSL0.ovh.net") is not None
    assert by_host("mail.boutique.example") is None


def test_what_nobody_confirmed_is_marked() -> None:
    assert {one.title.endswith("†") for one in PROVIDERS} == {True, False}
    assert all(one.title.endswith("†") is not one.confirmed for one in PROVIDERS)


@pytest.mark.parametrize("page", ["providers.md", "fournisseurs.md"])
def test_the_page_of_the_providers_says_what_the_table_says(page: str) -> None:
    lines = (Path(__file__).resolve().parents[2] / "docs" / page).read_text("utf-8").splitlines()
    for one in PROVIDERS:
        [row] = [line for line in lines if line.startswith(f"| {one.title} |")]
        for place in (one.imap, one.smtp):
            assert f"`{place.host}` {place.port} {place.security}" in row
        assert one.made_at in row
        assert ("OAuth" in row) is bool(one.oauth)
    assert sum(line.startswith("| ") for line in lines) == len(PROVIDERS) + 1
