"""Outgoing bytes: what a reader makes of them, and what nobody can make them say."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.draft import (
    LOOP_HEADER,
    QUOTE_CAP,
    Outgoing,
    UnsafeMailError,
    check_outgoing,
    compose,
    message_id,
    quote,
    reply_subject,
)
from bot.core.message import read as own_read
from bot.words import use

SHOP = "ventes@boutique.example"
BUYER = "abc123+fr@marketplace.amazon.fr"
PARIS = ZoneInfo("Europe/Paris")
MAIL = Outgoing(
    sender=SHOP, sender_name="Atelier Lumen", to=BUYER, subject="Re: Question", body="Bonjour,\nmerci.\n",
    message_id="<0123456789abcdef@boutique.example>", date=datetime(2026, 11, 16, 9, 40, tzinfo=PARIS))


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def text_of(raw: bytes) -> str:
    return str(read(raw).get_content()).replace("\r\n", "\n")


def names_of(raw: bytes) -> list[str]:
    """Return the header names as a plain server sees them, in lower case."""
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    return [line.partition(":")[0].lower() for line in head.split("\r\n") if line[0] not in " \t"]


def is_safe(raw: bytes) -> bool:
    return raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998 and not re.search(
        rb"\r(?!\n)|(?<!\r)\n|\0", raw)


def test_french_emoji_and_long_lines_are_read_as_they_were_written() -> None:
    body = f"Bonjour Zoé,\n\nça coûte 12,50 € 🎁 — à bientôt !  \n{'très long ' * 300}\n.\n..deux\nFrom là\n"
    raw = compose(replace(MAIL, subject="Réponse à « été » 👩‍👩‍👧", sender_name="Chez Léa & Cie", body=body))
    assert is_safe(raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert text_of(raw) == body
    assert b"\nFrom " not in raw
    assert read(raw)["Subject"] == "Réponse à « été » 👩‍👩‍👧"
    assert read(raw)["From"].addresses[0].display_name == "Chez Léa & Cie"


def test_a_long_accented_subject_is_cut_between_characters() -> None:
    raw = compose(replace(MAIL, subject="é👍" * 60))
    words = re.findall(rb"=\?UTF-8\?B\?[^?]*\?=", raw)
    assert len(words) > 3
    assert max(map(len, words)) <= 75
    assert read(raw)["Subject"] == "é👍" * 60


def test_a_subject_cannot_turn_the_reading_direction() -> None:
    assert read(compose(replace(MAIL, subject="a\u202egpj.exe\u2066")))["Subject"] == "agpj.exe"


def test_a_builder_that_forgot_to_clean_would_be_caught_by_its_own_check(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.draft._clean", lambda value, cap: value)
    with pytest.raises(UnsafeMailError, match="header"):
        compose(replace(MAIL, subject="a\r\nBcc: x@evil.example"))


def test_the_same_mail_is_the_same_bytes_and_its_date_is_in_utc() -> None:
    assert compose(MAIL) == compose(MAIL)
    assert read(compose(MAIL))["Date"] == "Mon, 16 Nov 2026 08:40:00 +0000"


def test_a_name_is_quoted_so_that_it_stays_a_name() -> None:
    raw = compose(replace(MAIL, sender_name='Lumen, "Atelier" <x@evil.example>\\'))
    [only] = read(raw)["From"].addresses
    assert only.addr_spec == SHOP
    assert "<" not in only.display_name


def test_a_name_of_nothing_but_tricks_is_dropped() -> None:
    assert b"From: ventes@boutique.example\r\n" in compose(replace(MAIL, sender_name='<"=?>\r\n'))


def test_an_answer_comes_back_to_the_address_that_wrote() -> None:
    assert read(compose(MAIL))["Reply-To"] == SHOP


def test_thread_headers_name_the_original_and_its_forebears() -> None:
    raw = compose(replace(MAIL, in_reply_to="<b@x.example>", references=("<a@x.example>", "b@x.example")))
    assert read(raw)["In-Reply-To"] == "<b@x.example>"
    assert read(raw)["References"].split() == ["<a@x.example>", "<b@x.example>"]


def test_malformed_thread_ids_are_left_out() -> None:
    bad = ("", "no-at", "<a b@c>", "<a@b>\r\nBcc: <x@evil.example>", "<=?utf-8?q?a?=@b>", "<é@b>",
           "<a@b><c@d>", f"<{'a' * 900}@b>")
    raw = compose(replace(MAIL, in_reply_to="<a@b>\r\nBcc: x@evil.example", references=bad))
    assert not {"in-reply-to", "references", "bcc"} & set(names_of(raw))


def test_a_long_thread_keeps_its_first_mail_and_its_last_ones() -> None:
    thread = tuple(f"<{n}@x.example>" for n in range(500))
    kept = read(compose(replace(MAIL, references=thread)))["References"].split()
    assert kept[0] == "<0@x.example>"
    assert kept[-1] == "<499@x.example>"
    assert len(kept) == 20


@pytest.mark.parametrize("mark", ["auto-replied", "auto-generated"])
def test_automatic_mail_says_so_in_both_languages_of_robots(mark: str) -> None:
    mail = read(compose(replace(MAIL, automatic=mark, bot="0123456789abcdef")))
    assert mail["Auto-Submitted"] == mark
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail[LOOP_HEADER] == "0123456789abcdef"


def test_a_reply_the_seller_approved_carries_only_our_loop_header() -> None:
    names = names_of(compose(replace(MAIL, bot="0123456789abcdef")))
    assert LOOP_HEADER.lower() in names
    assert not {"auto-submitted", "x-auto-response-suppress"} & set(names)


INJECTIONS = [
    "a =?UTF-8?Q?=0ABcc:_x@evil.example?=",
    "a =?utf-8?b?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=",
    "==??UTF-8?Q?=0ABcc:_x@evil.example?=",
    "=\u202e?UTF-8?Q?=0ABcc:_x@evil.example?=",
    "a =?UTF-8?Q?=0ABcc:_x@evil.example?= é",
    "a\r\nBcc: x@evil.example",
    "a\nBcc: x@evil.example",
    "a\rBcc: x@evil.example",
    "a\x85Bcc: x@evil.example\u2028Bcc: x@evil.example",
    "é\r\n\r\n<script>",
    "\x00\x0b\x0c\x1b[31m",
    "\ud800\udfff",
    "x" * 5000,
    "é" * 5000,
    "",
]


@pytest.mark.parametrize("words", INJECTIONS, ids=range(len(INJECTIONS)))
@pytest.mark.parametrize("place", ["subject", "sender_name"])
def test_no_header_value_makes_another_header(words: str, place: str) -> None:
    raw = compose(replace(MAIL, **{place: words}))  # type: ignore[arg-type]
    assert is_safe(raw)
    assert sorted(names_of(raw)) == sorted(names_of(compose(MAIL)))
    rewritten = message_from_bytes(raw, policy=policy.default).as_bytes()
    assert not re.search(rb"(?mi)^bcc:", raw + rewritten)


@given(subject=st.text(), name=st.text(), body=st.text())
@example(subject=INJECTIONS[0], name=INJECTIONS[1], body="\r\n.\r\nMAIL FROM:<x@evil.example>\r\n")
def test_whatever_is_written_one_safe_mail_comes_of_it(subject: str, name: str, body: str) -> None:
    raw = compose(replace(MAIL, subject=subject, sender_name=name, body=body))
    assert is_safe(raw)
    assert sorted(names_of(raw)) == sorted(names_of(compose(MAIL)))
    assert raw.count(b"\r\n\r\n") >= 1
    assert "=?" not in str(read(raw)["Subject"])


@given(body=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_a_body_comes_out_as_it_went_in(body: str) -> None:
    got = message_from_bytes(compose(replace(MAIL, body=body))).get_payload(decode=True)
    assert isinstance(got, bytes)
    assert got.decode("utf-8") == body + "\r\n"


@pytest.mark.parametrize("address", [
    "", "x", "x@y", "a@b.example, c@d.example", "Zoé <a@b.example>", "<a@b.example>", "a b@c.example",
    "a@b.example\r\n", "a@b.example\nBcc: x@evil.example", "a@b.example>", "é@b.example", "a@é.example",
    '"a b"@c.example', "a@b.example(c)", ".a@b.example", "a..b@c.example", "a@b..example", "@b.example",
    "a@b@c.example", "=?utf-8?q?a?=@b.example", "a" * 250 + "@b.example", "a\x00@b.example",
])
@pytest.mark.parametrize("place", ["to", "sender"])
def test_anything_but_one_plain_address_is_refused(address: str, place: str) -> None:
    with pytest.raises(UnsafeMailError, match="not one plain mail address"):
        compose(replace(MAIL, **{place: address}))  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [
    {"message_id": ""}, {"message_id": "<a@b>\r\nBcc: x@evil.example"}, {"message_id": "<a b@c>"},
    {"automatic": "auto-replied\r\nBcc: x@evil.example"}, {"automatic": "no"},
    {"bot": "a\r\nBcc: x@evil.example"}, {"date": datetime(2026, 11, 16)},  # noqa: DTZ001
])
def test_what_cannot_be_cleaned_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnsafeMailError):
        compose(replace(MAIL, **change))  # type: ignore[arg-type]


GOOD = compose(replace(MAIL, subject="Réponse"))


@pytest.mark.parametrize("raw", [
    GOOD.replace(b"To: ", b"Bcc: x@evil.example\r\nTo: ", 1),
    GOOD.replace(b"To: ", b"Cc: x@evil.example\r\nTo: ", 1),
    GOOD.replace(b"\r\nTo: ", b"\r\nresent-bcc: x@evil.example\r\nTo: ", 1),
    GOOD.replace(b"Date: ", b"Subject: twice\r\nDate: "),
    GOOD.replace(b"Date: ", b"date: Mon, 16 Nov 2026 08:40:00 +0000\r\nDate: "),
    GOOD.replace(b"MIME-Version: 1.0\r\n", b""),
    re.sub(rb"Message-ID: [^\r]*\r\n", b"", GOOD),
    GOOD.replace(BUYER.encode(), b"x@evil.example"),
    GOOD.replace(b"To: " + BUYER.encode(), b"To: " + BUYER.encode() + b", x@evil.example"),
    GOOD.replace(b"<" + SHOP.encode() + b">", b"<x@evil.example>"),
    GOOD.replace(b"From: ", b"From: x@evil.example, "),
    GOOD.replace(b"Reply-To: ", b"Reply-To: x@evil.example, "),
    GOOD.replace(b"=?UTF-8?B?UsOp", b"=?UTF-8?Q?=0A?="),
    re.sub(rb"Subject: [^\r]*", b"Subject: =?UTF-8?B?YQpCY2M6IHhAZXZpbC5leGFtcGxl?=", GOOD),
    re.sub(rb"Subject: [^\r]*", b"Subject: =?UTF-8?B?YQ?=", GOOD),
    GOOD.replace(b"Subject: ", b"Subject: a\nBcc: x@evil.example "),
    GOOD.replace(b"Subject: ", b"Subject: a\rBcc: x@evil.example "),
    GOOD.replace(b"Subject: ", b"Subject: a\r\n \r\n Bcc: x@evil.example\r\n "),
    GOOD.replace(b"Subject: ", b"Subject:"),
    GOOD.replace(b"Subject: ", b"Subject : "),
    GOOD.replace(b"\r\n\r\n", b"\r\n"),
    GOOD.replace(b"\r\n", b"\n"),
    b" " + GOOD, GOOD + b"\xc3\xa9\r\n", GOOD + b"\0\r\n", GOOD + b"x" * 999 + b"\r\n", GOOD + b"no end", b"",
])
def test_bytes_that_are_not_the_one_mail_decided_are_refused(raw: bytes) -> None:
    check_outgoing(GOOD, SHOP, BUYER)
    assert raw != GOOD
    with pytest.raises(UnsafeMailError):
        check_outgoing(raw, SHOP, BUYER)


def test_a_mail_for_somebody_else_is_refused() -> None:
    with pytest.raises(UnsafeMailError, match=r"does not name .* only recipient"):
        check_outgoing(GOOD, SHOP, "other@marketplace.amazon.fr")
    with pytest.raises(UnsafeMailError, match="only sender"):
        check_outgoing(GOOD, "other@boutique.example", BUYER)


def test_one_key_makes_one_message_id_for_ever() -> None:
    first_half_of_sha256 = "38d6118238f9a0e568ecd1996e8ae5eb"
    assert message_id(b"salt", "key", "boutique.example") == f"<{first_half_of_sha256}@boutique.example>"


def test_another_key_or_salt_makes_another_message_id() -> None:
    made = {message_id(salt, key, "b.example") for salt in (b"s", b"t") for key in ("k", "l")}
    assert len(made) == 4


@pytest.mark.parametrize("domain", ["", "b", "b.example>", "b.example\r\nBcc: x", "é.example"])
def test_a_message_id_has_a_plain_domain(domain: str) -> None:
    with pytest.raises(UnsafeMailError):
        message_id(b"salt", "key", domain)


@pytest.mark.parametrize(("subject", "reply"), [
    ("Question", "Re: Question"),
    ("Re: Question", "Re: Question"),
    ("RE : Re: TR:  AW: Fwd: FW: Re[2]: Réf : Question", "Re: Question"),
    ("SV: Antw: RIF: Question", "Re: Question"),
    ("Re：Question", "Re: Question"),
    ("Retour : vase", "Re: Retour : vase"),
    ("Tristan: vase", "Re: Tristan: vase"),
    ("a\r\nBcc: x@evil.example", "Re: a Bcc: x@evil.example"),
    ("Re: =?UTF-8?Q?=0ABcc:_x@evil.example?=", "Re: UTF-8?Q?=0ABcc:_x@evil.example?="),
    ("", "Re:"),
    ("Re: ", "Re:"),
])
def test_a_reply_has_one_re_whatever_stood_there(subject: str, reply: str) -> None:
    assert reply_subject(subject) == reply


def test_the_original_is_quoted_under_a_line_in_the_readers_language() -> None:
    when = datetime(2026, 11, 16, 8, 40, tzinfo=UTC)
    assert quote("Où est\n\nmon colis ?\n", "Jean", when, "fr", PARIS) == (
        "Le 16/11/2026 à 09:40, Jean a écrit :\n> Où est\n>\n> mon colis ?")
    use("fr")
    assert quote("Where?", "Jean", when, "en", PARIS) == "On 2026-11-16 at 09:40, Jean wrote:\n> Where?"


def test_a_quote_of_a_long_mail_is_cut_and_says_so() -> None:
    text = quote("mot " * 5_000, "Jean", datetime(2026, 11, 16, tzinfo=UTC), "fr", PARIS)
    assert len(text) < QUOTE_CAP + 100
    assert text.endswith("\n> […]")


def test_a_quote_holds_no_line_that_is_not_quoted() -> None:
    text = quote("a\r\nb\rc\n\x0bd", "Jean\nBcc", datetime(2026, 11, 16, tzinfo=UTC), "en", PARIS)
    opening, *lines = text.split("\n")
    assert opening.endswith("Jean Bcc wrote:")
    assert lines == ["> a", "> b", "> c", "> d"]


def test_an_unnamed_writer_is_the_buyer() -> None:
    assert "l'acheteur a écrit" in quote("a", "", datetime(2026, 11, 16, tzinfo=UTC), "fr", PARIS)


# ---- the page after the plain words, in mails to the seller

TO_MARIE = replace(MAIL, to="marie@boutique.example", automatic="auto-generated", body="Bonjour é\n\nFrom là\n.\n",
                   html="<!DOCTYPE html>\n<html lang=\"fr\"><body><p>é = <b>1</b></p></body></html>\n")


def test_a_page_comes_after_the_plain_words_and_both_are_read_as_written() -> None:
    raw = compose(TO_MARIE)
    mail = read(raw)
    plain, page = mail.iter_parts()
    assert (mail.get_content_type(), is_safe(raw)) == ("multipart/alternative", True)
    assert [part.get_content_type() for part in (plain, page)] == ["text/plain", "text/html"]
    assert plain.get_content().replace("\r\n", "\n") == TO_MARIE.body
    assert page.get_content().replace("\r\n", "\n") == TO_MARIE.html
    assert Counter(names_of(raw)).most_common(1)[0][1] == 1


def test_our_own_reader_reads_the_plain_words_of_a_mail_with_a_page() -> None:
    assert own_read(compose(TO_MARIE)).text.strip() == TO_MARIE.body.strip()


def test_a_second_try_of_a_mail_with_a_page_is_the_same_to_the_byte() -> None:
    assert compose(TO_MARIE) == compose(replace(TO_MARIE))
    assert compose(TO_MARIE) != compose(replace(TO_MARIE, message_id="<other@boutique.example>"))


@given(body=st.text(max_size=300), html=st.text(min_size=1, max_size=300))
@example(body="--=_0", html="--=_0--\r\n")
def test_no_words_break_out_of_their_part(body: str, html: str) -> None:
    boundary = re.search(rb'boundary="(.*)"', compose(TO_MARIE))
    assert boundary
    fence = f"\r\n--{boundary[1].decode()}"
    for one in (replace(TO_MARIE, body=body + fence, html=html + fence), replace(TO_MARIE, body=body, html=html)):
        assert [part.get_content_type() for part in read(compose(one)).iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_to_a_buyer_has_no_page() -> None:
    for automatic in ("", "auto-replied"):
        with pytest.raises(UnsafeMailError, match="page of HTML"):
            compose(replace(MAIL, automatic=automatic, html="<p>x</p>"))


@pytest.mark.parametrize(("old", "new"), [
    (b"text/html", b"text/calendar"), (b"text/plain; charset=utf-8\r\n", b"text/plain; charset=utf-7\r\n"),
    (b"multipart/alternative", b"multipart/mixed"),
    (b"Content-Transfer-Encoding: 7bit", b"Content-Transfer-Encoding: 8bit"),
    (b"--\r\n", b"\r\n"), (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"),
    (b"--=_", b"preamble\r\n--=_"),
])
def test_parts_that_are_not_ours_do_not_leave(old: bytes, new: bytes) -> None:
    raw = compose(TO_MARIE)
    assert old in raw
    with pytest.raises(UnsafeMailError):
        check_outgoing(raw.replace(old, new, 1), TO_MARIE.sender, TO_MARIE.to)


def test_a_third_part_does_not_leave() -> None:
    raw = compose(TO_MARIE)
    head, gap, body = raw.partition(b"\r\n\r\n")
    part = body.split(b"\r\n--=_")[1]
    with pytest.raises(UnsafeMailError, match="plain text alone"):
        check_outgoing(head + gap + body.replace(b"\r\n--=_", b"\r\n--=_" + part + b"\r\n--=_", 1),
                       TO_MARIE.sender, TO_MARIE.to)


def test_a_lone_attachment_does_not_leave() -> None:
    raw = compose(MAIL).replace(b"text/plain; charset=utf-8", b"application/zip")
    with pytest.raises(UnsafeMailError, match="plain text alone"):
        check_outgoing(raw, MAIL.sender, MAIL.to)
