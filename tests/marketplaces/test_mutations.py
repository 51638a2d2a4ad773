"""What mail systems do to a mail on its way changes nothing that is read in it.

Each mutation is one that real systems make: lines folded elsewhere, another transfer encoding or
charset, typographic signs and no-break blanks, a forwarding host's lines on top, a second copy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes
from email.charset import BASE64, QP, Charset
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import marketplaces
from bot.core.message import read
from bot.marketplaces.contract import Notification, plain

FOLDER = Path(marketplaces.__file__).parent
SAMPLES = sorted(FOLDER.glob("*/samples/*.eml"))
TRUSTED = frozenset({"mx.boutique.example"})

Mutation = Callable[[bytes], bytes]


def crlf(raw: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", raw)


def lf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def unfolded(raw: bytes) -> bytes:
    """Put each header on one line."""
    head, gap, body = lf(raw).partition(b"\n\n")
    return re.sub(rb"\n[ \t]+", b" ", head) + gap + body


def refolded(raw: bytes) -> bytes:
    """Fold the subject at every blank, as a narrow relay does."""
    head, gap, body = unfolded(raw).partition(b"\n\n")
    subject = re.search(rb"^Subject: .*$", head, re.MULTILINE)
    assert subject
    folded = b"Subject: " + subject[0][9:].replace(b" ", b"\n ")
    return head.replace(subject[0], folded) + gap + body


def encoded(raw: bytes, charset: str, way: int) -> bytes:
    """Write every text part anew, in a charset and a transfer encoding; left alone where the charset cannot say it."""
    mail = message_from_bytes(raw)
    for part in [part for part in mail.walk() if part.get_content_maintype() == "text"]:
        _encode(part, charset, way)
    return mail.as_bytes()


def _encode(part: Mail, charset: str, way: int) -> None:
    payload = part.get_payload(decode=True)
    said = str(part.get_content_charset() or "utf-8")
    assert isinstance(payload, bytes)
    try:
        text = payload.decode(said)
        text.encode(charset)
    except (UnicodeError, LookupError):
        return
    if part.get_content_type() == "text/html" and charset not in text.lower():
        text = re.sub(r"charset=[\w-]+", f"charset={charset}", text)
    how = Charset(charset)
    how.body_encoding = way
    for name in ("Content-Transfer-Encoding", "MIME-Version"):
        del part[name]
    part.set_payload(text, how)


def quoted_printable(raw: bytes) -> bytes:
    return encoded(raw, "utf-8", QP)


def base64(raw: bytes) -> bytes:
    return encoded(raw, "utf-8", BASE64)


def windows(raw: bytes) -> bytes:
    return encoded(raw, "windows-1252", QP)


def latin(raw: bytes) -> bytes:
    return encoded(raw, "iso-8859-1", BASE64)


def typographic(raw: bytes) -> bytes:
    """Put curly apostrophes for straight ones, and a no-break blank before each colon, in plain text."""
    mail = message_from_bytes(raw)
    for part in [part for part in mail.walk() if part.get_content_type() == "text/plain"]:
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        try:
            text = payload.decode(str(part.get_content_charset() or "utf-8"))
        except (UnicodeError, LookupError):
            continue
        text = re.sub(r"(?<=\w) :(?= )", "\u00a0:", re.sub(r"(?<=\w)'(?=\w)", "\u2019", text))
        del part["Content-Transfer-Encoding"]
        part.set_payload(text, "utf-8")
    return mail.as_bytes()


def forwarded(raw: bytes) -> bytes:
    """Let another host of the seller's hand the mail on: its lines come on top."""
    return (b"Return-Path: <ancienne@boutique.example>\nDelivered-To: ventes@boutique.example\n"
            b"Received: from old.example (old.example [192.0.2.9])\n"
            b"\tby mx.boutique.example (Postfix) with ESMTPS id 9F\n"
            b"\tfor <ventes@boutique.example>; Mon, 16 Nov 2026 09:40:02 +0100 (CET)\n"
            b"X-Forwarded-To: ventes@boutique.example\nResent-From: ancienne@boutique.example\n") + lf(raw)


def second_copy(raw: bytes) -> bytes:
    return re.sub(rb"^Message-ID: *<", b"Message-ID: <copy.", raw, count=1, flags=re.MULTILINE | re.IGNORECASE)


MUTATIONS: tuple[Mutation, ...] = (
    crlf, lf, unfolded, refolded, quoted_printable, base64, windows, latin, typographic, forwarded, second_copy)


def parsed(raw: bytes) -> Notification:
    message = read(raw, trusted=TRUSTED)
    found = marketplaces.recognise(message, marketplaces.installed())
    assert found, f"nobody claims «{message.subject}» from {message.sender}"
    marketplace, kind = found
    return marketplace.parse(message, kind)


def alike(value: Any) -> Any:
    """Return what was read less what mail systems swap: blanks and apostrophes."""
    if isinstance(value, str):
        return " ".join(plain(value).split())
    if isinstance(value, dict):
        return {name: alike(one) for name, one in value.items()}
    return value


def told(note: Notification) -> dict[str, Any]:
    own = note.reference.startswith("mail-")     # a case known only by the mail itself
    return {
        "marketplace": note.marketplace, "kind": note.kind, "reference": "own" if own else note.reference,
        "order": note.order, "item": alike(note.item), "buyer": alike(note.buyer), "language": note.language,
        "text": alike(note.text), "answer_to": note.answer_to, "facts": alike(dict(note.facts)),
        "links": dict(note.links), "stated": [(one.within, one.until) for one in note.stated],
        "held": bool(note.held),
    }


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_what_a_mail_system_does_changes_nothing_that_is_read(sample: Path, mutation: Mutation) -> None:
    raw = sample.read_bytes()
    assert told(parsed(mutation(raw))) == told(parsed(raw))


@given(sample=st.sampled_from(SAMPLES), ways=st.lists(st.sampled_from(MUTATIONS), min_size=2, max_size=4))
@settings(max_examples=150)
def test_several_in_a_row_change_nothing_either(sample: Path, ways: list[Mutation]) -> None:
    raw = sample.read_bytes()
    mutated = raw
    for way in ways:
        mutated = way(mutated)
    assert told(parsed(mutated)) == told(parsed(raw))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_copy_of_the_same_words_has_the_same_mark(sample: Path) -> None:
    raw = sample.read_bytes()
    assert parsed(crlf(second_copy(raw))).mark == parsed(raw).mark
