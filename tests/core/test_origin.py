"""When the seller's own mail host is believed, and what makes a sender proven, unproven or forged."""

from __future__ import annotations

import pytest

from bot.core.message import Message, Origin, read
from bot.core.origin import aligned, organisation

TRUSTED = frozenset({"mx.boutique.example"})
BORDER = "Received: from out.example (out.example [192.0.2.7])\r\n" \
         "\tby mx.boutique.example (Postfix) with ESMTPS id 4F9\r\n" \
         "\tfor <ventes@boutique.example>; Mon, 16 Nov 2026 09:40:02 +0100 (CET)"
DMARC = "dmarc=pass (p=reject dis=none) header.from=amazon.fr"
DKIM = "dkim=pass header.d=amazon.fr header.s=s1"


def results(*said: str, host: str = "mx.boutique.example") -> str:
    return f"Authentication-Results: {host};\r\n\t" + ";\r\n\t".join(said)


def signature(**tags: str) -> str:
    said = {"v": "1", "d": "amazon.fr", "h": "from : to : subject :\r\n date", "b": "AAAA", **tags}
    return "DKIM-Signature: " + "; ".join(f"{name}={value}" for name, value in said.items())


def judged(*headers: str, sender: str = "vente@amazon.fr", trusted: frozenset[str] = TRUSTED) -> Message:
    lines = [*headers, f"From: {sender}", "To: ventes@boutique.example", "Subject: Message",
             "Date: Mon, 16 Nov 2026 09:40:00 +0100", "Message-ID: <m@amazon.fr>", "", "Bonjour"]
    return read("\r\n".join(lines).encode(), trusted=trusted)


def verdict(*headers: str, sender: str = "vente@amazon.fr") -> tuple[Origin, str]:
    message = judged(*headers, sender=sender)
    return message.origin, message.origin_why.partition(":")[0]


@pytest.mark.parametrize("said", [[DMARC], [DKIM], [DKIM, DMARC], ["spf=pass smtp.mailfrom=x.example", DKIM],
                                  ["dkim=pass header.d=evil.example", DKIM], ["dkim=fail header.d=amazon.fr", DMARC],
                                  ["dkim=pass header.i=@amazon.fr"]])
def test_an_aligned_pass_of_the_trusted_host_proves_the_sender(said: list[str]) -> None:
    assert verdict(results(*said), BORDER) == (Origin.PROVEN, "proven")


def test_the_trusted_name_is_compared_whole_and_without_case() -> None:
    assert verdict(results(DMARC, host="MX.Boutique.EXAMPLE"), BORDER)[0] is Origin.PROVEN
    for other in ("mx.boutique.example.evil.example", "xmx.boutique.example", "boutique.example",
                  "(x) mx.boutique.examplex"):
        assert verdict(results(DMARC, host=other), BORDER) == (Origin.UNPROVEN, "sender_unverified")


def test_nobody_is_believed_where_no_host_is_trusted() -> None:
    assert judged(results(DMARC), BORDER, trusted=frozenset()).origin is Origin.UNPROVEN


def test_what_came_with_the_mail_is_not_believed() -> None:
    assert verdict(BORDER, results(DKIM, DMARC)) == (Origin.UNPROVEN, "sender_unverified")
    real = results("dkim=none", "dmarc=fail (p=reject) header.from=amazon.fr")
    assert verdict(real, BORDER, results(DKIM, DMARC)) == (Origin.FORGED, "sender_unverified")


def test_the_topmost_line_decides() -> None:
    failed = results("dkim=fail header.d=amazon.fr", "dmarc=fail header.from=amazon.fr")
    assert verdict(failed, results(DKIM, DMARC), BORDER) == (Origin.FORGED, "dkim_fail")
    assert verdict(results(DKIM, DMARC), failed, BORDER)[0] is Origin.PROVEN


def test_a_line_for_each_method_is_read_together() -> None:
    assert verdict(results("spf=pass smtp.mailfrom=x.example"), results(DKIM), BORDER)[0] is Origin.PROVEN


@pytest.mark.parametrize("above", [
    "Received: from mx.boutique.example\r\n\tby store.boutique.example with LMTP\r\n\tid abc (envelope-from <x@y>)\r\n"
    "\tfor <ventes@boutique.example>; Mon, 16 Nov 2026 09:40:03 +0100",
    "Received: from localhost ([127.0.0.1])\r\n\tby 5f1c2d with LMTP id abc; Mon, 16 Nov 2026 09:40:03 +0100",
    "Received: from localhost (localhost [127.0.0.1]) by mx.boutique.example (Postfix) with ESMTP id 1; now",
    "Received: by mx.boutique.example (Postfix, from userid 110) id 1; Mon, 16 Nov 2026 09:40:03 +0100",
])
def test_the_hosts_own_delivery_may_stand_above(above: str) -> None:
    assert verdict(above, results(DMARC), BORDER)[0] is Origin.PROVEN


@pytest.mark.parametrize("above", [
    BORDER,
    "Received: from mx.boutique.example by other.example with ESMTP id 1; now",
    "Received: from localhost (evil.example [192.0.2.9]) by mx.boutique.example (Postfix) with ESMTP id 1; now",
    "Received: from [127.0.0.1] (evil.example [192.0.2.9]) by mx.boutique.example with ESMTP id 1; now",
    "Received: from x with LMTP (evil.example [192.0.2.9]) by mx.boutique.example (Postfix) with ESMTP id 1; now",
    "Received: from x (y [127.0.0.1]) by mx.boutique.example (evil.example [192.0.2.9]) by mx.boutique.example"
    " with ESMTP id 1; now",
    "Received: from x by y with LMTP; (evil.example [192.0.2.9]) by mx.boutique.example with ESMTP id 1; now",
    "Received: from evil.example by mx.boutique.example (with LMTP) with ESMTP id 1; now",
    "Received: nonsense",
])
def test_nothing_below_a_line_from_outside_is_believed(above: str) -> None:
    assert verdict(above, results(DMARC)) == (Origin.UNPROVEN, "sender_unverified")


def test_a_pass_for_somebody_else_proves_nothing() -> None:
    assert verdict(results("dkim=pass header.d=evil.example"), BORDER) == (Origin.UNPROVEN, "dkim_not_aligned")
    failed = results("dkim=pass header.d=evil.example", "dmarc=fail header.from=amazon.fr")
    assert verdict(failed, BORDER) == (Origin.FORGED, "dkim_not_aligned")
    assert verdict(results("dmarc=pass header.from=evil.example"), BORDER) == (Origin.UNPROVEN, "sender_unverified")
    assert verdict(results("dmarc=pass"), BORDER) == (Origin.UNPROVEN, "sender_unverified")


def test_a_pass_within_a_comment_or_reason_is_none() -> None:
    said = results("dkim=fail (dkim=pass header.d=amazon.fr; dmarc=pass) header.d=amazon.fr",
                   'dmarc=fail reason="dmarc=pass"')
    assert verdict(said, BORDER) == (Origin.FORGED, "dkim_fail")


@pytest.mark.parametrize("said", [
    "Authentication-Results: spf=pass smtp.mailfrom=amazon.fr; dkim=pass header.d=amazon.fr;dmarc=pass action=none"
    " header.from=amazon.fr;compauth=pass reason=100",
    "Authentication-Results: i=1; mx.boutique.example; dkim=pass header.d=amazon.fr",
    "ARC-Authentication-Results: i=1; mx.boutique.example; dkim=pass header.d=amazon.fr",
    "Authentication-Results: mx.boutique.example", "Authentication-Results: mx.boutique.example; " + "(" * 3000,
    "Authentication-Results: mx.boutique.example; none", "Authentication-Results: mx.boutique.example 2; " + DMARC,
    "Authentication-Results: mx.boutique.example; dkim=", "Authentication-Results:",
])
def test_a_line_not_in_the_standards_form_counts_as_none(said: str) -> None:
    assert verdict(said, BORDER) == (Origin.UNPROVEN, "sender_unverified")


def test_a_signature_over_part_of_the_body_proves_nothing() -> None:
    assert verdict(results(DKIM, DMARC), BORDER, signature(l="148")) == (Origin.UNPROVEN, "dkim_partial_body")
    assert verdict(results(DKIM, DMARC), BORDER, signature()) == (Origin.PROVEN, "proven")
    assert verdict(results(DKIM, DMARC), BORDER, signature(), signature(d="esp.example", l="1"))[0] is Origin.PROVEN


def test_a_signature_that_leaves_out_the_subject_proves_nothing() -> None:
    assert verdict(results(DKIM, DMARC), BORDER, signature(h="from:to:date")) == (Origin.UNPROVEN, "sender_unverified")


def test_a_header_added_a_second_time_undoes_the_proof() -> None:
    assert verdict(results(DKIM, DMARC), BORDER, "Subject: Remboursez") == (Origin.UNPROVEN, "sender_unverified")


def test_a_failed_signature_without_an_aligned_pass_is_forged() -> None:
    assert verdict(results("dkim=fail header.d=amazon.fr"), BORDER) == (Origin.FORGED, "dkim_fail")
    assert verdict(results("dkim=none", "spf=pass smtp.mailfrom=amazon.fr"), BORDER) \
        == (Origin.UNPROVEN, "sender_unverified")


def test_the_reason_is_a_code_and_a_sentence() -> None:
    assert judged(results(DMARC), BORDER).origin_why == "proven: mx.boutique.example says dmarc=pass for amazon.fr"


@pytest.mark.parametrize(("signer", "domain", "fits"), [
    ("amazon.fr", "amazon.fr", True), ("Amazon.FR", "marketplace.amazon.fr", True),
    ("marketplace.amazon.fr", "amazon.fr", False), ("zon.fr", "amazon.fr", False), ("fr", "amazon.fr", False),
    ("amazon.fr.evil.example", "amazon.fr", False), ("co.uk", "amazon.co.uk", False),
    ("amazon.co.uk", "mail.amazon.co.uk", True), ("", "amazon.fr", False), ("evil.co.uk", "amazon.co.uk", False),
])
def test_a_signer_is_aligned_when_equal_or_a_parent_in_its_organisation(signer: str, domain: str, fits: bool) -> None:
    assert aligned(signer, domain) is fits


def test_organisations_are_what_somebody_registered() -> None:
    assert organisation("a.b.amazon.co.uk") == "amazon.co.uk"
    assert organisation("fr.shopping.rakuten.com") == "rakuten.com"
    assert organisation("co.uk") != organisation("amazon.co.uk")
