"""Our own check of signatures: what it takes for one to prove the sender, and what none survives."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from bot.core.dkim import MAX_SIGNATURES, canonical
from bot.core.errors import BotError, UnreadableError
from bot.core.message import Message, Origin, read

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SIGNED = ("from", "to", "subject", "date", "message-id")
KEY_AT = "s1._domainkey.amazon.fr"
BODY = "Bonjour,\r\n\r\noù est  mon colis ?\t \r\n\r\n\r\n"
BORDER = "Received: from out.example (out.example [192.0.2.7])\r\n" \
         "\tby mx.boutique.example (Postfix) with ESMTPS id 4F9; Mon, 16 Nov 2026 09:40:02 +0100\r\n"
TRUSTED = frozenset({"mx.boutique.example"})


@cache
def keypair(bits: int = 1024) -> tuple[bytes, str]:
    """Return a private key as PEM, and its public half as it stands in DNS."""
    if bits < 1024:
        return weak_keypair(bits)
    made = rsa.generate_private_key(65537, bits)
    private = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                 serialization.NoEncryption())
    public = made.public_key().public_bytes(serialization.Encoding.DER,
                                            serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, base64.b64encode(public).decode()


def weak_keypair(bits: int) -> tuple[bytes, str]:
    """As `keypair`, shorter than the library makes them."""
    lots = Random(bits)
    p, q = (next(n for n in iter(lambda: lots.getrandbits(bits // 2) | 3 << (bits // 2 - 2) | 1, 0)
                 if all(pow(a, n - 1, n) == 1 for a in (2, 3, 5)) and n % 65537 != 1) for _ in "pq")
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = (0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    private, public = der(*numbers), der(*numbers[1:3])
    pem = b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.b64encode(private) + b"\n-----END RSA PRIVATE KEY-----\n"
    return pem, base64.b64encode(public).decode()


def der(*numbers: int) -> bytes:
    """Return a sequence of integers as DER."""
    def element(tag: int, content: bytes) -> bytes:
        size = len(content)
        return bytes([tag, size] if size < 128 else [tag, 0x82, size >> 8, size & 255]) + content
    return element(0x30, b"".join(element(2, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in numbers))


def record(tags: str = "v=DKIM1; k=rsa;", bits: int = 1024) -> bytes:
    return f"{tags} p={keypair(bits)[1]}".encode()


def letter(*more: str, sender: str = "vente@amazon.fr", body: str = BODY) -> bytes:
    lines = [*more, f"From: {sender}", "To: ventes@boutique.example", "Subject: Message",
             "Date: Mon, 16 Nov 2026 09:40:00 +0100", "Message-ID: <m@amazon.fr>",
             "Content-Type: text/plain; charset=utf-8"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def signed(raw: bytes | None = None, *, domain: str = "amazon.fr", headers: tuple[str, ...] = SIGNED,
           canonicalize: str = "relaxed/relaxed", bits: int = 1024, length: bool = False,
           tags: str = "",
           algorithm: str = "rsa-sha256") -> bytes:
    """Return the mail with a signature on top; `tags` take the place of those dkimpy would write."""
    raw = letter() if raw is None else raw
    made = dkim.DKIM(raw, minkey=512, signature_algorithm=algorithm.encode())
    forms = tuple(form.encode() for form in canonicalize.split("/"))
    made.gen_header = with_tags(made.gen_header, tags if "t=" in tags else f"t={seconds(NOW)};{tags}".rstrip(";"))
    head = made.sign(b"s1", domain.encode(), keypair(bits)[0], canonicalize=forms, length=length,
                     include_headers=[name.encode() for name in headers])
    return bytes(head) + raw


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def with_tags(gen_header: Callable, tags: str) -> Callable:
    split = (tag.partition("=") for tag in tags.split(";"))
    more = [(name.strip().encode(), value.encode()) for name, _, value in split]

    def generated(fields: list, *rest: object, **named: object) -> object:
        told = [pair for pair in fields if pair and pair[0] not in dict(more)]
        return gen_header([*told[:-1], *more, told[-1]], *rest, **named)
    return generated


def checked(raw: bytes, key: bytes | None = None, *, received: datetime | None = NOW) -> Message:
    found = {KEY_AT: record() if key is None else key, "s1._domainkey.evil.example": record()}
    return read(raw, keys=found.get, received=received)


def verdict(raw: bytes, key: bytes | None = None, **more: datetime | None) -> tuple[Origin, str]:
    message = checked(raw, key, **more)
    return message.origin, message.origin_why.partition(":")[0]


PROVEN = (Origin.PROVEN, "proven")
BROKEN = (Origin.UNPROVEN, "dkim_fail")


@pytest.mark.parametrize("canonicalize", ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"])
def test_a_signature_of_the_senders_domain_proves_him(canonicalize: str) -> None:
    assert verdict(BORDER.encode() + signed(canonicalize=canonicalize)) == PROVEN
    assert checked(signed()).origin_why == "proven: the mail is signed by amazon.fr"


def test_a_parent_domain_may_sign_and_no_other() -> None:
    assert verdict(signed(letter(sender="x@marketplace.amazon.fr"))) == PROVEN
    assert verdict(signed(domain="evil.example")) == (Origin.UNPROVEN, "dkim_not_aligned")
    assert verdict(signed(letter(sender="vente@notamazon.fr"))) == (Origin.UNPROVEN, "dkim_not_aligned")


def test_line_ends_and_blanks_that_change_on_the_way_do_no_harm() -> None:
    raw = signed()
    assert verdict(raw.replace(b"\r\n", b"\n")) == PROVEN
    assert verdict(raw.replace(b"\xc3\xb9 est", b"\xc3\xb9   est") + b"\r\n\r\n") == PROVEN


@pytest.mark.parametrize(("was", "becomes"), [
    (b"colis", b"argent"), (b"vente@", b"achat@"), (b"Subject: Message", b"Subject: Remboursez"),
    (b"ventes@boutique", b"paul@boutique"), (b" 09:40:00", b" 09:41:00"),
])
def test_what_was_changed_after_signing_is_not_proven(was: bytes, becomes: bytes) -> None:
    raw = signed()
    assert verdict(raw) == PROVEN
    assert was in raw
    assert verdict(raw.replace(was, becomes)) == BROKEN


def test_without_a_look_up_nothing_is_proven_and_nothing_asked() -> None:
    assert read(signed(), received=NOW).origin_why == "sender_unverified: no mail host you trust says who sent this"


def test_a_mail_without_signature_is_not_proven() -> None:
    assert verdict(letter()) == (Origin.UNPROVEN, "sender_unverified")


def test_a_signature_over_part_of_the_body_proves_nothing() -> None:
    assert verdict(signed(length=True)) == (Origin.UNPROVEN, "dkim_partial_body")


@pytest.mark.parametrize("left_out", ["to", "subject", "date"])
def test_a_signature_that_leaves_out_what_we_act_on_proves_nothing(left_out: str) -> None:
    headers = tuple(name for name in SIGNED if name != left_out)
    assert verdict(signed(headers=headers)) == (Origin.UNPROVEN, "sender_unverified")


def test_a_header_that_stands_twice_undoes_the_proof() -> None:
    raw = signed()
    assert verdict(b"Subject: Remboursez\r\n" + raw) == (Origin.UNPROVEN, "sender_unverified")
    assert verdict(b"Reply-To: a@amazon.fr\r\nReply-To: b@amazon.fr\r\n" + raw) == (Origin.UNPROVEN,
                                                                                   "sender_unverified")
    more = signed(letter("X-Space-Notification-Type: SALE"), headers=(*SIGNED, "x-space-notification-type"))
    assert verdict(more) == PROVEN
    assert verdict(b"X-Space-Notification-Type: REFUND\r\n" + more) == (Origin.UNPROVEN, "sender_unverified")


def test_a_header_only_one_of_two_readers_sees_undoes_the_proof() -> None:
    """dkimpy takes `From :` for an mbox's envelope and leaves it out; a mail program shows it."""
    raw = signed(letter("From : x@amazon.fr").replace(b"From: vente@amazon.fr\r\n", b""))
    assert verdict(raw) == BROKEN


def test_a_signature_expires_by_when_the_mail_came() -> None:
    raw = signed(tags=f"x={seconds(NOW + timedelta(days=1))}; t={seconds(NOW)}")
    assert verdict(raw) == PROVEN
    assert verdict(raw, received=NOW + timedelta(days=2)) == BROKEN
    assert verdict(raw, received=None) == PROVEN, "its own Date tells"
    assert verdict(signed(tags=f"x={seconds(NOW - timedelta(days=900))}")) == BROKEN
    assert verdict(signed(tags=f"x={seconds(NOW + timedelta(days=1))}; t={seconds(NOW + timedelta(days=2))}")) \
        == BROKEN


def test_a_signature_from_the_future_proves_nothing() -> None:
    assert verdict(signed(tags=f"t={seconds(NOW + timedelta(minutes=30))}")) == PROVEN
    assert verdict(signed(tags=f"t={seconds(NOW + timedelta(days=2))}")) == BROKEN


@pytest.mark.parametrize("tags", ["x=soon", "t=-1", "x=99999999999999999", "v=2", "q=dns/other", "c=odd/relaxed",
                                  "i=@evil.example", "i=@xamazon.fr", "s=..", "s=a b/c", "bh=", "bh=AAAA"])
def test_a_signature_out_of_form_proves_nothing(tags: str) -> None:
    assert verdict(signed(tags=tags)) == BROKEN


def test_weak_keys_and_algorithms_prove_nothing() -> None:
    assert verdict(signed(bits=768), record(bits=768)) == BROKEN
    assert verdict(signed(algorithm="rsa-sha1")) == BROKEN
    assert verdict(signed(bits=2048), record(bits=2048)) == PROVEN


@pytest.mark.parametrize("key", [
    b"", b"v=DKIM1; k=rsa; p=", b"v=DKIM1", b"v=DKIM1; p=AAAA", b"p=%%%", b"\xff\xfe", b"v=DKIM2; p=AAAA", b"=;=;",
    b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    record("v=DKIM1; t=y;"), record("v=DKIM1; h=sha1;"), record("v=DKIM1; s=tlsrpt;"), record("v=DKIM1; s=other;"),
    record() + b" " * 3000, record("v=DKIM1; k=rsa; k=rsa;"),
])
def test_a_key_that_is_withdrawn_broken_or_for_something_else_proves_nothing(key: bytes) -> None:
    assert verdict(signed(), key) == BROKEN


def test_a_strict_key_holds_only_for_its_own_domain() -> None:
    raw = signed(letter(sender="x@mail.amazon.fr"), tags="i=@mail.amazon.fr")
    assert verdict(raw) == PROVEN
    assert verdict(raw, record("v=DKIM1; t=s;")) == BROKEN


def test_a_look_up_that_fails_proves_nothing_and_is_said() -> None:
    def nobody(name: str) -> bytes | None:
        raise BotError(f"no answer about {name}")
    message = read(signed(), keys=nobody, received=NOW)
    assert (message.origin, message.origin_why) == (Origin.UNPROVEN, f"dkim_unchecked: no answer about {KEY_AT}")


def test_a_second_signature_that_holds_is_enough() -> None:
    twice = signed(signed(), tags="s=s2")
    asked: list[str] = []

    def keys(name: str) -> bytes | None:
        asked.append(name)
        return record() if name == KEY_AT else None
    assert read(twice, keys=keys, received=NOW).origin is Origin.PROVEN
    assert asked == ["s2._domainkey.amazon.fr", KEY_AT]


def test_no_more_than_a_few_keys_are_looked_up() -> None:
    raw = signed()
    wrong = raw[: raw.index(b"From:")]
    asked: list[str] = []

    def keys(name: str) -> bytes | None:
        asked.append(name)
        return None
    read(wrong * 40 + raw, keys=keys, received=NOW)
    assert len(asked) == MAX_SIGNATURES


def test_no_key_of_a_stranger_is_asked_for() -> None:
    asked: list[str] = []

    def keys(name: str) -> bytes | None:
        asked.append(name)
        return None
    read(signed(domain="evil.example"), keys=keys, received=NOW)
    assert asked == []


# ---- beside the host's word


def results(said: str) -> bytes:
    return f"Authentication-Results: mx.boutique.example; {said}\r\n".encode() + BORDER.encode()


@pytest.mark.parametrize(("said", "origin"), [
    ("dkim=fail header.d=amazon.fr", Origin.FORGED), ("dmarc=fail header.from=amazon.fr", Origin.FORGED),
    ("dkim=none", Origin.UNPROVEN), ("dkim=pass header.d=evil.example", Origin.UNPROVEN),
    ("spf=pass smtp.mailfrom=amazon.fr", Origin.PROVEN), ("none", Origin.PROVEN),
    ("dkim=pass header.d=amazon.fr", Origin.PROVEN),
])
def test_the_hosts_word_goes_before_our_own_check(said: str, origin: Origin) -> None:
    found = {KEY_AT: record()}
    assert read(results(said) + signed(), trusted=TRUSTED, keys=found.get, received=NOW).origin is origin


def test_what_a_host_wrote_below_its_own_line_is_not_needed() -> None:
    """Gmail's way: its Authentication-Results stand below its Received, where anybody could have put them."""
    gmail = b"Received: by 2002:a05:7300:1234:b0:1 with SMTP id a1; Mon, 16 Nov 2026 00:40:02 -0800 (PST)\r\n" \
            b"Authentication-Results: mx.google.com; dkim=fail header.i=@amazon.fr; dmarc=fail\r\n"
    assert read(gmail + signed(), trusted=frozenset({"mx.google.com"}), keys={KEY_AT: record()}.get,
                received=NOW).origin is Origin.PROVEN


# ---- what is written to hurt


BOMBS = [
    ("blanks in b=", b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=amazon.fr; s=s1; h=from:to:subject:date;"
                     b" bh=AAAA; b=AAAA" + b" " * 15000 + b"!\r\n"),
    ("folds in b=", b"DKIM-Signature: v=1; a=rsa-sha256; d=amazon.fr; s=s1; h=from:to:subject:date; bh=AAAA; b=AA"
                    + b"\r\n \t" * 4000 + b"!\r\n"),
    ("names in h=", b"DKIM-Signature: v=1; a=rsa-sha256; d=amazon.fr; s=s1; h=from:to:subject:date"
                    + b":from" * 3000 + b"; bh=AAAA; b=AAAA\r\n"),
    ("no value", b"DKIM-Signature:\r\n"), ("no tags", b"DKIM-Signature: d=amazon.fr\r\n"),
    ("not text", b"DKIM-Signature: d=amazon.fr; v=1; \xff\xfe=\x00; a=rsa-sha256; h=from:to:subject:date; b=A\r\n"),
    ("twice the same tag", b"DKIM-Signature: v=1; a=rsa-sha256; d=amazon.fr; d=amazon.fr; s=s1; h=from:to:subject:date;"
                           b" bh=AAAA; b=AAAA\r\n"),
]


@pytest.mark.parametrize("bomb", [bomb for _, bomb in BOMBS], ids=[name for name, _ in BOMBS])
@pytest.mark.timeout(20)
def test_a_signature_made_to_hurt_is_only_not_proven(bomb: bytes) -> None:
    honest = re.search(rb"bh=([^;]+);", signed())
    assert honest
    raw = bomb.replace(b"bh=AAAA", b"bh=" + re.sub(rb"\s", b"", honest[1])) + letter()
    assert checked(raw).origin is Origin.UNPROVEN


@pytest.mark.timeout(20)
def test_a_body_of_blanks_costs_no_more_than_any_other() -> None:
    body = " " * 4_000_000 + "x" + "\r\n" * 1_000_000 + "y " * 1_000_000
    assert verdict(signed(letter(body="a"))[:-1] + body.encode()) == BROKEN


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\n", b"a", b"b c", b"\xc3\xa9"]), max_size=30).map(b"".join))
def test_the_forms_of_a_body_are_those_dkimpy_signs(body: bytes) -> None:
    from dkim.canonicalization import Relaxed, Simple

    whole = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    whole = whole if whole.endswith(b"\r\n") or not whole else whole + b"\r\n"    # where dkimpy leaves a last blank
    for piece in (1, 3, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bot.core.dkim.PIECE", piece)
            assert b"".join(canonical(b"x" + body, 1, relaxed=False)) == Simple.canonicalize_body(whole)
            assert b"".join(canonical(b"x" + body, 1, relaxed=True)) == Relaxed.canonicalize_body(whole)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=6))
def test_no_mutant_of_a_signed_mail_is_an_error(at: int, junk: bytes) -> None:
    raw = signed()
    mutant = raw[: at % len(raw)] + junk + raw[at % len(raw) + len(junk) :]
    code = ""
    try:
        read(mutant, keys=lambda name: record(), received=NOW)
    except UnreadableError as error:
        code = error.code
    assert code != "unreadable"
