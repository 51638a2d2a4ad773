"""Domains that want to be taken for a marketplace's are told by name, honest ones are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import marketplaces
from bot.core.lookalike import imitated, readable

KNOWN = ("amazon.fr", "amazon.co.uk", "marketplace.amazon.fr", "rakuten.com", "ebay.fr", "etsy.com",
         "messagerie.leboncoin.fr", "marketplace.fnac.com")


@pytest.mark.parametrize(("domain", "like"), [
    ("xn--amazn-mye.fr", "amazon.fr"),              # Cyrillic о
    ("xn--mazon-3ve.fr", "amazon.fr"),              # Cyrillic а
    ("xn--rakutn-fva.com", "rakuten.com"),          # é
    ("amazon-fr.example", "amazon.fr"), ("amazon.fr.evil.example", "amazon.fr"), ("amazon.evil.example", "amazon.fr"),
    ("secure-amazon.example", "amazon.fr"), ("amazonfr.example", "amazon.fr"), ("my-etsy.example", "etsy.com"),
    ("amaz0n.fr", "amazon.fr"), ("arnazon.fr", "amazon.fr"), ("arnazon-services.example", "amazon.fr"),
    ("amazn.fr", "amazon.fr"), ("amazzon.fr", "amazon.fr"), ("amzaon.fr", "amazon.fr"), ("omazon.fr", "amazon.fr"),
    ("ama-zon.fr", "amazon.fr"), ("rakutem.com", "rakuten.com"), ("1eboncoin.example", "messagerie.leboncoin.fr"),
    ("e-bay.example", "ebay.fr"), ("amazon.zz", "amazon.fr"), ("mail.amaz0n.co.uk", "amazon.fr"),
])
def test_a_domain_made_to_be_mistaken_is_told(domain: str, like: str) -> None:
    assert imitated(domain, KNOWN) == like


@pytest.mark.parametrize("domain", [
    "amazon.fr", "mail.amazon.co.uk", "news.rakuten.com", "fnac.com", "boutique.example", "betsy.example",
    "bay.example",
    "ebray.example", "amazing.example", "", "fr", "co.uk", "xn--", "xn--\x7f.fr",
    "orange.fr", "laposte.net", "gmail.com",
])
def test_an_honest_domain_is_not(domain: str) -> None:
    assert imitated(domain, KNOWN) == ""


def test_punycode_is_shown_as_an_eye_reads_it() -> None:
    assert readable("xn--amazn-mye.fr") == "amazоn.fr"
    assert readable("amazon.fr") == "amazon.fr"
    assert readable("xn--é.fr") == "xn--é.fr"


def test_no_marketplace_here_is_a_look_alike_of_another() -> None:
    known = [domain for one in marketplaces.installed() for domain in one.domains]
    for domain in known:
        others = [one for one in known if one != domain]
        assert imitated(f"mail.{domain}", known) == ""
        assert imitated(domain, others) in ("", *others)


@given(st.text(max_size=80))
def test_no_domain_is_an_error(domain: str) -> None:
    assert imitated(domain, KNOWN) in ("", *KNOWN)
    readable(domain).encode("utf-8")
