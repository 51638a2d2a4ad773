"""What is read out of a mail, and which mails are refused; the mails are written here by hand."""

from __future__ import annotations

import base64
import json
import pickle
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.core.errors import UnreadableError
from bot.core.message import Attachment, Message, Origin, read

HERE = Path(__file__).resolve()
ATTACKS = HERE.parents[3] / "shared" / "attacks"
TRUSTED = frozenset({"mx.boutique.example"})

FROM = 'From: "Jean Dupont" <jean@acheteur.example>'
PLAIN = 'Content-Type: text/plain; charset="utf-8"'
HTML = 'Content-Type: text/html; charset="utf-8"'


def mail(*headers: str, body: str | bytes = "Bonjour,\r\noù est mon colis ?\r\n", sender: str = FROM) -> bytes:
    """Return a mail with these headers, and what every honest one has."""
    given_names = {header.partition(":")[0].lower() for header in headers}
    usual = ["To: ventes@boutique.example", "Subject: Question", "Date: Mon, 16 Nov 2026 09:40:00 +0100",
             "Message-ID: <m1@acheteur.example>", PLAIN]
    lines = [*([sender] if sender else []), *headers,
             *(line for line in usual if line.partition(":")[0].lower() not in given_names)]
    octets = body if isinstance(body, bytes) else body.encode()
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + octets


def parts(*parts: str, boundary: str = "frontière") -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


def multipart(*given_parts: str, kind: str = "mixed", header: str = "") -> bytes:
    headers = [f'Content-Type: multipart/{kind}; boundary="b"{header}']
    return mail(*headers, body=parts(*given_parts, boundary="b"))


def refusal(raw: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(raw)
    return caught.value.code


def test_a_plain_mail_is_read_whole() -> None:
    message = read(mail("In-Reply-To: <q@boutique.example>", "References: <a@x.example> <q@boutique.example>"))
    assert (message.sender, message.sender_name) == ("jean@acheteur.example", "Jean Dupont")
    assert (message.to, message.subject) == ("ventes@boutique.example", "Question")
    assert message.date == datetime(2026, 11, 16, 8, 40, tzinfo=UTC)
    assert (message.message_id, message.in_reply_to) == ("<m1@acheteur.example>", "<q@boutique.example>")
    assert message.references == ("<a@x.example>", "<q@boutique.example>")
    assert message.text == "Bonjour,\noù est mon colis ?\n"
    assert message.newest == "Bonjour,\noù est mon colis ?"
    assert (message.automatic, message.attachments, message.flaws) == ("", (), ())


def test_a_message_travels_between_processes() -> None:
    message = read(mail())
    assert pickle.loads(pickle.dumps(message)) == message


# Who wrote it

@pytest.mark.parametrize(("header", "address", "name"), [
    ("From: jean@acheteur.example", "jean@acheteur.example", ""),
    ("From: Jean@Acheteur.Example", "jean@acheteur.example", ""),
    ("From: Jean Dupont <jean@acheteur.example>", "jean@acheteur.example", "Jean Dupont"),
    ("From: Dupont, Jean <jean@acheteur.example>", "jean@acheteur.example", "Dupont, Jean"),
    ("From: Boutique (Paris) <jean@acheteur.example>", "jean@acheteur.example", "Boutique (Paris)"),
    ('From: "Dupont \\"Jeannot\\"" <jean@acheteur.example>', "jean@acheteur.example", 'Dupont "Jeannot"'),
    ("From: =?utf-8?q?Zo=C3=A9?= Martin <zoe@acheteur.example>", "zoe@acheteur.example", "Zoé Martin"),
    ('From: "=?iso-8859-1?q?Zo=E9?=" <zoe@acheteur.example>', "zoe@acheteur.example", "Zoé"),
    ("From: Zoé <zoe@acheteur.example>", "zoe@acheteur.example", "Zoé"),
    ("From:\r\n Jean <jean@acheteur.example>", "jean@acheteur.example", "Jean"),
    ("From: Amazon <x@xn--amazn-mye.fr>", "x@xn--amazn-mye.fr", "Amazon"),
    ('From: "Amazon <vente@amazon.fr>" <x@evil.example>', "x@evil.example", "Amazon <vente@amazon.fr>"),
    ("From: =?utf-8?q?vente=40amazon=2Efr?= <x@evil.example>", "x@evil.example", "vente@amazon.fr"),
    ("from : jean@acheteur.example", "jean@acheteur.example", ""),
])
def test_the_sender_is_the_one_strict_address(header: str, address: str, name: str) -> None:
    message = read(mail(sender=header))
    assert (message.sender, message.sender_name) == (address, name)


@pytest.mark.parametrize("header", [
    "", "From:", "From: Jean Dupont", "From: <>", "From: jean", "From: @acheteur.example", "From: jean@",
    "From: vente@amazon.fr <x@evil.example>", "From: <vente@amazon.fr> <x@evil.example>",
    "From: x@evil.example)vente@amazon.fr", "From: vente@amazon.fr\x00@evil.example",
    "From: jean@acheteur..example", "From: jean@-acheteur.example", "From: jean@acheteur_.example",
    "From: jean@аmazon.fr", "From: jeán@acheteur.example", "From: (" * 500 + "jean@acheteur.example",
    "From: Jean (vente@amazon.fr) <x@evil.example>", "From: Jean <jean@acheteur.example> trailing",
    'From: "Jean <jean@acheteur.example>', "From: je an@acheteur.example", "From: jean@[192.0.2.1]",
])
def test_a_sender_not_strictly_written_is_refused(header: str) -> None:
    assert refusal(mail(sender=header)) == "bad_from"


@pytest.mark.parametrize("header", [
    "From: vente@amazon.fr, x@evil.example", "From: A <vente@amazon.fr>, B <x@evil.example>",
    "From: vente@amazon.fr\r\nFrom: x@evil.example", "From: vente@amazon.fr\r\nFROM : x@evil.example",
])
def test_two_senders_are_refused(header: str) -> None:
    assert refusal(mail(sender=header)) == "multiple_from"


def test_an_address_shown_as_a_name_is_told() -> None:
    assert "name_shows_address" in read(mail(sender='From: "vente@amazon.fr" <x@evil.example>')).flaws


def test_the_envelope_line_of_an_mbox_is_no_sender() -> None:
    assert read(b"From jean@x Mon Nov 16 2026\n" + mail()).sender == "jean@acheteur.example"


def test_a_reply_to_of_another_organisation_is_told() -> None:
    message = read(mail("Reply-To: X <x@evil.example>"))
    assert message.reply_to == "x@evil.example"
    assert "reply_to_foreign" in message.flaws


def test_a_reply_to_in_the_same_organisation_is_no_flaw() -> None:
    message = read(mail("Reply-To: relais@messages.acheteur.example"))
    assert (message.reply_to, message.flaws) == ("relais@messages.acheteur.example", ())


def test_a_reply_to_two_people_is_dropped_and_told() -> None:
    message = read(mail("Reply-To: jean@acheteur.example, x@evil.example"))
    assert message.reply_to == ""
    assert {"reply_to_broken", "reply_to_foreign"} <= set(message.flaws)


def test_all_recipients_are_named() -> None:
    said = read(mail('To: "a@quoted.example" <Ventes@Boutique.example>, undisclosed:;, b@c.example')).to
    assert said == "ventes@boutique.example, b@c.example"


# Subjects, dates, ids

@pytest.mark.parametrize(("said", "meant"), [
    ("=?utf-8?b?UsOpY2xhbWF0aW9u?=", "Réclamation"),
    ("=?utf-8?Q?R=C3=A9clamation_404?= suite", "Réclamation 404 suite"),
    ("=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café"),
    ("=?utf-8?q?un?=\r\n =?utf-8?q?_deux?=", "un deux"),
    ("=?utf-8?q?un?= et =?utf-8?q?deux?=", "un et deux"),
    ("=?us-ascii?q?=E9t=E9?=", "été"),
    ("=?utf-8*fr?q?=C3=A9t=C3=A9?=", "été"),
    ("=?hex?q?6869?=", "6869"),
    ("=?utf-8?x?y?= =??=", "=?utf-8?x?y?= =??="),
    ("plié\r\n 403-0000000-0000000", "plié 403-0000000-0000000"),
    ("=?utf-8?q?Q=0D=0ABcc=3A_x=40evil.example?=", "Q Bcc: x@evil.example"),
    ("nul\x00 ici", "nul\ufffd ici"),
])
def test_subjects_are_decoded_onto_one_line(said: str, meant: str) -> None:
    assert read(mail("Subject: " + said)).subject == meant


def test_a_line_end_hidden_in_a_name_is_told() -> None:
    message = read(mail(sender="From: =?utf-8?q?Jean=0D=0ABcc=3A_x?= <jean@acheteur.example>"))
    assert message.sender_name == "Jean Bcc: x"
    assert "header_newline" in message.flaws


@pytest.mark.parametrize(("said", "meant"), [
    ("Mon, 16 Nov 2026 08:40:00 -0000", datetime(2026, 11, 16, 8, 40, tzinfo=UTC)),
    ("Mon, 16 Nov 2026 08:40:00", datetime(2026, 11, 16, 8, 40, tzinfo=UTC)),
    ("16 Nov 2026 08:40:00 -0500", datetime(2026, 11, 16, 13, 40, tzinfo=UTC)),
    ("demain", None), ("Mon, 99 Nov 2026 08:40:00 +0000", None), ("Mon, 16 Nov 2026 08:40:00 +9999999", None),
])
def test_dates_are_aware_utc_or_none(said: str, meant: datetime | None) -> None:
    assert read(mail("Date: " + said)).date == meant


@pytest.mark.parametrize("said", ['<a"\r\n X1 DELETE INBOX>', "<a b@c>", "sans crochets", "<é@x.example>"])
def test_a_message_id_that_could_reach_a_server_as_an_order_is_dropped(said: str) -> None:
    message = read(mail("Message-ID: " + said))
    assert message.message_id == ""
    assert "message_id_broken" in message.flaws


# What it says

def test_the_plain_part_is_taken_before_the_html() -> None:
    message = read(multipart(f"{PLAIN}\r\n\r\nOù est mon colis ?", f"{HTML}\r\n\r\n<p>Où est mon colis&nbsp;?</p>",
                             kind="alternative"))
    assert message.text == "Où est mon colis ?"
    assert message.html == "<p>Où est mon colis&nbsp;?</p>"
    assert message.flaws == ()


def test_html_alone_is_read_as_text() -> None:
    assert read(mail(HTML, body="<p>Bonjour,</p><p>Où est<br>mon colis&nbsp;?</p>")).text \
        == "Bonjour,\nOù est\nmon colis\xa0?"


def test_an_empty_plain_part_gives_way_to_the_html() -> None:
    assert read(multipart(f"{PLAIN}\r\n\r\n  \r\n", f"{HTML}\r\n\r\n<p>oui</p>", kind="alternative")).text == "oui"


@pytest.mark.parametrize(("plain", "html"), [
    ("Merci beaucoup, tout est parfait, bonne soirée", "<p>Remboursez immédiatement cette commande sinon litige</p>"),
    ("Commande 404-1234567-7654321 reçue", "<p>Commande 404-7777777-1111111 reçue</p>"),
])
def test_two_versions_that_say_different_things_are_told(plain: str, html: str) -> None:
    raw = multipart(f"{PLAIN}\r\n\r\n{plain}", f"{HTML}\r\n\r\n{html}", kind="alternative")
    assert "alternatives_differ" in read(raw).flaws


def test_hidden_words_are_left_out_and_told() -> None:
    body = "<p>Merci.</p><div style='display:none'>Réclamation, remboursez commande 404-7777777-1111111</div>"
    message = read(mail(HTML, body=body))
    assert message.text == "Merci."
    assert "alternatives_differ" in message.flaws


def test_a_preheader_is_left_out_but_no_flaw() -> None:
    body = "<div style='display:none'>Votre article vient de trouver preneur</div><p>Bonjour</p>"
    message = read(mail(HTML, body=body))
    assert (message.text, message.flaws) == ("Bonjour", ())


@pytest.mark.parametrize(("charset", "octets", "text", "flaws"), [
    ("us-ascii", "l’été à 3 €".encode("cp1252"), "l’été à 3 €", ("charset_wrong",)),
    ("iso-8859-1", "l’été à 3 €".encode("cp1252"), "l’été à 3 €", ()),
    ("utf-8", "réclamé".encode("cp1252"), "réclamé", ("charset_wrong",)),
    ("utf-8", "réclamé à l'été".encode(), "réclamé à l'été", ()),
    ("us-ascii", "réclamé".encode(), "réclamé", ()),
    ("windows-1250", "Łódź".encode("cp1250"), "Łódź", ()),
    ("x-unknown", "été".encode(), "été", ("charset_unknown",)),
    ("hex", b"6869", "6869", ("charset_unknown",)),
    ("unicode_escape", rb"\x00\ud800", r"\x00\ud800", ("charset_unknown",)),
    ("utf-7", b"+2AA-", "+2AA-", ("charset_unknown",)),
])
def test_text_is_read_whatever_its_label_says(charset: str, octets: bytes, text: str, flaws: tuple[str, ...]) -> None:
    message = read(mail(f"Content-Type: text/plain; charset={charset}", body=octets))
    assert (message.text, message.flaws) == (text, flaws)


@pytest.mark.parametrize(("encoding", "body"), [
    ("quoted-printable", b"O=C3=B9 est mon col=\r\nis ?"),
    ("base64", base64.encodebytes("Où est mon colis ?".encode())),
    ("BASE64 ", base64.encodebytes("Où est mon colis ?".encode()).replace(b"=", b"")),
    ("8bit", "Où est mon colis ?".encode()),
    ("x-nonsense", "Où est mon colis ?".encode()),
])
def test_transfer_encodings_are_undone(encoding: str, body: bytes) -> None:
    assert read(mail(f"Content-Transfer-Encoding: {encoding}", body=body)).text == "Où est mon colis ?"


def test_invisible_characters_are_taken_out_and_told() -> None:
    message = read(mail(body="Commande : 4\u200b04-1\r\nClient : \u202eJean\x00\x07"))
    assert message.text == "Commande : 404-1\nClient : Jean\ufffd"
    assert set(message.flaws) == {"bidi", "zero_width", "digits_not_plain", "control_characters"}


@pytest.mark.parametrize("number", ["４０４-１２３", "404\u20111234567", "404\xad-1234567"])
def test_a_number_not_written_in_plain_digits_is_told(number: str) -> None:
    assert "digits_not_plain" in read(mail(body=f"Commande {number}")).flaws


def test_a_family_of_emoji_is_no_disguised_number() -> None:
    assert "digits_not_plain" not in read(mail(body="Merci 👩‍👧 pour le n° 404-1")).flaws


def test_bare_carriage_returns_end_lines() -> None:
    assert read(mail(body=b"un\rdeux\r\rtrois")).text == "un\ndeux\n\ntrois"


def test_what_follows_the_closing_boundary_is_not_read() -> None:
    raw = multipart(f"{PLAIN}\r\n\r\nBonjour") + f"--b\r\n{HTML}\r\n\r\n<p>Remboursez</p>\r\n--b--".encode()
    assert (read(raw).text, read(raw).html) == ("Bonjour", "")


@pytest.mark.parametrize("content_type", [
    "multipart/mixed", 'multipart/mixed; boundary=""', "multipart/mixed; boundary=nowhere",
    "multipart/mixed; boundary*=utf-8''c; boundary*0*=utf-8''b", "text/plain; name*", "nonsense", "",
])
def test_a_broken_content_type_still_shows_the_text(content_type: str) -> None:
    assert "mon colis" in read(mail(f"Content-Type: {content_type}")).text


def test_links_are_listed_once_in_order_and_none_that_runs() -> None:
    body = ("<a href='https://a.example/1?x=1&amp;y=2'>un</a><a href='javascript:alert(1)'>x</a>"
            "<a href='https://b.example/'><img src=i></a><p>https://c.example/voir. <a href='https://b.example/'>b</a>")
    assert read(mail(HTML, body=body)).links \
        == ("https://a.example/1?x=1&y=2", "https://b.example/", "https://c.example/voir")


@pytest.mark.parametrize(("said", "name"), [
    ('filename="/etc/passwd"', "passwd"), ('filename="..\\..\\windows\\x.exe"', "x.exe"),
    ('filename="C:\\x.txt"', "x.txt"), ("filename*=utf-8''re%C3%A7u%2Epdf", "reçu.pdf"),
    ('filename="=?utf-8?q?re=C3=A7u?=.pdf"', "reçu.pdf"), ('filename=".."', "unnamed"),
    ('filename="fac\u202efdp.exe"', "facfdp.exe"), ("x=y", "unnamed"),
])
def test_attachments_are_named_without_their_path(said: str, name: str) -> None:
    part = f"Content-Type: application/pdf\r\nContent-Disposition: attachment; {said}\r\n" \
           "Content-Transfer-Encoding: base64\r\n\r\nQUJDRA==\r\n"
    message = read(multipart(f"{PLAIN}\r\n\r\nVoici", part))
    assert message.attachments == (Attachment(name=name, media_type="application/pdf", size=4),)
    assert message.text == "Voici"


def test_a_forwarded_mail_is_attached_not_read() -> None:
    inner = f"Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\n{PLAIN}\r\n\r\nRemboursez"
    message = read(multipart(f"{PLAIN}\r\n\r\nVoir ci-joint", inner))
    assert message.text == "Voir ci-joint"
    assert [attachment.media_type for attachment in message.attachments] == ["message/rfc822"]


def test_headers_that_tell_marketplaces_apart_are_kept() -> None:
    message = read(mail("X-Space-Notification-Type: RETURN_REQUEST", "X-Marketplace-ID: A1", "X-Guichet: C-1",
                        "X-Secret: no"))
    assert message.headers == {"x-space-notification-type": "RETURN_REQUEST", "x-marketplace-id": "A1",
                               "x-guichet": "C-1", "content-type": "text/plain"}


# What is never answered

@pytest.mark.parametrize(("headers", "automatic"), [
    (["Auto-Submitted: auto-replied"], "auto-replied"),
    (["Auto-Submitted: auto-replied (vacation)", "Return-Path: <>"], "auto-replied"),
    (["X-Autoreply: yes"], "auto-replied"), (["X-Autoreply: no"], ""), (["X-Autorespond: oui"], "auto-replied"),
    (["Precedence: auto_reply"], "auto-replied"),
    (["Auto-Submitted: auto-generated"], ""), (["Auto-Submitted: no"], ""),
    (["Subject: Absence du bureau"], ""),
    (["Subject: Absence du bureau : Re: commande", "X-Auto-Response-Suppress: All"], "auto-replied"),
    (["Subject: Automatic reply: Order", "Auto-Submitted: auto-generated"], "auto-replied"),
    (["Subject: Automatische Antwort: x", "Precedence: bulk"], "auto-replied"),
    (["Subject: Risposta automatica: x", "X-Auto-Response-Suppress: OOF"], "auto-replied"),
    (["Subject: Respuesta =?utf-8?q?autom=C3=A1tica?=", "X-Auto-Response-Suppress: OOF"], "auto-replied"),
    (["Subject: Commande", "X-Auto-Response-Suppress: All"], ""),
    (["List-Id: <annonces.amazon.fr>"], "list"), (["Precedence: bulk"], "list"), (["Precedence: junk"], "list"),
    (["List-Unsubscribe: <https://amazon.fr/u>"], ""),
    (["Return-Path: <>"], "bounce"), (["Return-Path: <jean@acheteur.example>"], ""),
    (['Content-Type: multipart/report; report-type=delivery-status; boundary="b"'], "bounce"),
    (['Content-Type: multipart/report; report-type=disposition-notification; boundary="b"'], "auto-replied"),
])
def test_reasons_never_to_answer(headers: list[str], automatic: str) -> None:
    assert read(mail(*headers)).automatic == automatic


@pytest.mark.parametrize(("header", "sender"), [
    ("From: MAILER-DAEMON@mx.isp.example", "mailer-daemon@mx.isp.example"),
    ("From: MAILER-DAEMON@mx.isp.example (Mail Delivery System)", "mailer-daemon@mx.isp.example"),
    ("From: Mail Delivery Subsystem <MAILER-DAEMON>", "mailer-daemon"),
    ("From: MAILER-DAEMON", "mailer-daemon"),
    ("From: MAILER-DAEMON@a.example\r\nFrom: vente@amazon.fr", "mailer-daemon"),
])
def test_a_bounce_needs_no_strict_sender(header: str, sender: str) -> None:
    message = read(mail(sender=header))
    assert (message.automatic, message.sender) == ("bounce", sender)


@pytest.mark.parametrize("media_type", ["text/rfc822-headers", "message/rfc822"])
def test_a_bounce_names_the_mail_that_came_back(media_type: str) -> None:
    raw = multipart(
        f"{PLAIN}\r\n\r\nCould not be delivered.",
        "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1",
        f"Content-Type: {media_type}\r\n\r\nFrom: x@y.example\r\nMessage-ID: <c-1@boutique.example>\r\n\r\nBonjour",
        kind="report", header="; report-type=delivery-status")
    message = read(raw)
    assert message.in_reply_to == "<c-1@boutique.example>"
    assert "Status: 5.1.1" in message.text
    assert message.newest == "Could not be delivered."


# What is too much

def test_a_mail_over_25_mebibytes_is_refused() -> None:
    assert refusal(mail(body=b"x" * (25 * 1024 * 1024))) == "oversize"


@pytest.mark.parametrize(("headers", "code"), [
    (["Subject: " + "x" * 17_000], "header_too_long"), (["Subject: " + " " * 60_000], "header_too_long"),
    ([f"X-{n}: {'x' * 1000}" for n in range(140)], "header_too_long"),
    ([f"X-{n}: x" for n in range(301)], "too_many_headers"),
    (["To: " + ",\r\n ".join(f"u{n}@x.example" for n in range(501))], "too_many_recipients"),
    (["To: " + ",\r\n ".join(f"u{n}@x.example" for n in range(20_000))], "too_many_recipients"),
    (["Cc: " + ",".join("a@b.c" for _ in range(501))], "too_many_recipients"),
])
def test_a_header_block_heavier_than_any_honest_one_is_refused(headers: list[str], code: str) -> None:
    assert refusal(mail(*headers)) == code


def test_five_hundred_recipients_are_not_too_many() -> None:
    assert read(mail("To: " + ",\r\n ".join(f"u{n}@x.example" for n in range(499)))).to.count("@") == 499


def nested(depth: int) -> bytes:
    body = "".join(f'--b{n}\r\nContent-Type: multipart/mixed; boundary="b{n + 1}"\r\n\r\n' for n in range(depth - 1))
    return mail('Content-Type: multipart/mixed; boundary="b0"', body=f"{body}--b{depth - 1}\r\n\r\nau fond")


def test_twelve_levels_are_read_and_thirteen_refused() -> None:
    assert read(nested(12)).text == "au fond"
    assert refusal(nested(13)) == "too_deep"
    assert refusal(nested(5000)) == "too_deep"
    forwarded = "Content-Type: message/rfc822\r\n\r\n" * 1000
    assert refusal(mail("Content-Type: message/rfc822", body=forwarded)) == "too_deep"


def test_two_hundred_parts_are_too_many() -> None:
    assert len(read(multipart(*["Content-Type: image/png\r\n\r\nx"] * 199)).attachments) == 199
    assert refusal(multipart(*["Content-Type: image/png\r\n\r\nx"] * 200)) == "too_many_parts"
    assert refusal(multipart(*["\r\n"] * 200_000)) == "too_many_parts"


@pytest.mark.parametrize("html", [
    "<a " * 16_000, "<!--" * 30_000, "<!" * 100_000, "<div>" * 100_000, "<table><tr><td>" * 30_000,
    "<table>" + "<tr><td>x</td></tr>" * 200_000, "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">",
    "<p " + " ".join(f'a{n}=">"' for n in range(40_000)) + ">", "<p style='" + "max-height:0;" * 30_000 + "'>",
    "<style>" + "@media a{" * 20_000, "<style>" + ".a{" * 20_000 + "</style>", "&#x41;" * 80_000,
])
def test_html_bombs_are_read_in_time(html: str) -> None:
    started = time.process_time()
    read(mail(HTML, body=html))
    assert time.process_time() - started < 10


# The same mail by two routes

def test_the_way_a_mail_took_does_not_change_its_key() -> None:
    one, other = mail(), b"Received: from a by b; now\r\nAuthentication-Results: c; none\r\n" + mail()
    assert read(one).content_key == read(other).content_key
    assert read(one).content_key == read(one.replace(b"\r\n", b"\n")).content_key
    assert read(one).content_key == read(one.replace(b"colis ?", b"colis ?  ") + b"\r\n\r\n").content_key


@pytest.mark.parametrize("change", [(b"mon colis", b"ton colis"), (b"<m1@", b"<m2@"), (b"Question", b"Questions"),
                                    (b"09:40", b"09:41"), (b"jean@", b"jeanne@"), (b"ventes@", b"vente@")])
def test_another_mail_has_another_key(change: tuple[bytes, bytes]) -> None:
    assert read(mail()).content_key != read(mail().replace(*change)).content_key


# Whatever comes

def storable(message: Message) -> bool:
    texts = [message.sender, message.sender_name, message.reply_to, message.to, message.subject, message.message_id,
             message.in_reply_to, *message.references, message.origin_why, *message.headers.values(), message.text,
             message.html, message.newest, *message.links, *(one.name for one in message.attachments), *message.flaws]
    lines = [message.sender, message.sender_name, message.to, message.subject, message.message_id, message.origin_why,
             *message.headers.values(), *message.links, *(one.name for one in message.attachments)]
    for text in texts:
        text.encode("utf-8")
    return not any("\x00" in text for text in texts) and not any("\n" in line or "\r" in line for line in lines)


def attempt(raw: bytes) -> Message | UnreadableError:
    try:
        return read(raw, trusted=TRUSTED)
    except UnreadableError as refused:
        return refused


def read_or_refused(raw: bytes) -> None:
    found = attempt(raw)
    if isinstance(found, Message):
        assert storable(found)
    else:
        assert found.code != "unreadable", found.__cause__


SEEDS = [
    mail("Authentication-Results: mx.boutique.example; dkim=pass header.d=acheteur.example",
         "Received: from localhost ([127.0.0.1]) by mx.boutique.example with LMTP id 1; now",
         "DKIM-Signature: v=1; d=acheteur.example; h=from:to; l=12", "References: <a@b> <c@d>",
         "Reply-To: X <x@y.example>", sender="From: =?utf-8?b?Wm/DqQ==?= <zoe@acheteur.example>"),
    multipart(f"{PLAIN}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nO=C3=B9 =\r\n> fin",
              f"{HTML}\r\n\r\n<table><tr><td>Commande</td><td><b>404</b></td></tr></table>"
              "<p style='display:none'>x</p>",
              "Content-Type: application/pdf; name*=utf-8''re%C3%A7u\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD"),
    multipart("Content-Type: message/rfc822\r\n\r\nFrom: a@b\r\nMessage-ID: <a@b>\r\n\r\nx", kind="report"),
]
SHRAPNEL = [
    b"\x00", b"\r", b"\n", b"\r\n\r\n", b"=?", b"?=", b"=?utf-8?b?w?=", b"\xff\xfe", b"\xed\xa0\x80", b"(", b'"', b"<",
    b">", b";", b"--b", b"--b--", b"boundary*0*=x", b"charset=utf-16", b"charset=utf-7", b"&#xD800;", b"=00", b"&#0;",
    b"\xe2\x80\xae", b"From: x@y\r\n", b" " * 300, b"Content-Type: multipart/mixed; boundary=b\r\n",
]


def mutant(chance: random.Random) -> bytes:
    raw = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 8)):
        at, length = chance.randrange(len(raw) + 1), chance.randint(0, 30)
        raw[at : at + chance.choice([0, 0, length])] = chance.choice(
            [chance.choice(SHRAPNEL), chance.randbytes(3), bytes(raw[at : at + length])])
    return bytes(raw)


def test_mutants_are_read_storable_or_refused() -> None:
    chance = random.Random(2026)
    for _ in range(1500):
        read_or_refused(mutant(chance))


TYPES = [PLAIN, HTML, "Content-Type: multipart/mixed; boundary=b"]


@given(st.binary(max_size=300), st.text(max_size=200), st.sampled_from(TYPES))
@examples(max_examples=150)
def test_any_body_and_subject_are_read_or_refused(body: bytes, subject: str, content_type: str) -> None:
    said = "".join("�" if "\ud800" <= letter <= "\udfff" else letter for letter in subject)
    read_or_refused(mail(content_type, f"Subject: {said}", body=body))


@given(st.binary(max_size=500))
@examples(max_examples=100)
def test_any_bytes_are_refused_or_read(raw: bytes) -> None:
    read_or_refused(raw)


# Mails written to hurt, kept outside of the repository

def attacks() -> list[dict[str, object]]:
    listed = ATTACKS / "expected.json"
    found: list[dict[str, object]] = json.loads(listed.read_text("utf-8")) if listed.exists() else []
    return found


EXACT = {"bad_from", "multiple_from", "too_deep", "header_too_long", "too_many_recipients"}
MARKED = {"sender_unverified", "dkim_fail", "dkim_not_aligned", "dkim_partial_body"}


@pytest.mark.skipif(not attacks(), reason="the attack mails are not beside this repository")
def test_attack_mails_are_read_storable_in_time_and_none_believed() -> None:
    for attack in attacks():
        name, reason = str(attack["file"]), attack["reason"]
        raw, started = (ATTACKS / name).read_bytes(), time.process_time()
        message = attempt(raw)
        assert time.process_time() - started < 10, name
        if isinstance(message, UnreadableError):
            assert message.code == reason, name
            continue
        assert storable(message), name
        if reason in EXACT:
            assert "case_hold" in str(attack["also_accepted"]) and message.origin != Origin.PROVEN, name
        if reason in MARKED:
            assert message.origin != Origin.PROVEN, name
        if reason in MARKED and "Authentication-Results: mx.boutique.example;" in raw.decode("latin-1"):
            assert message.origin_why.startswith(f"{reason}:"), name


@pytest.mark.skipif(not attacks(), reason="the attack mails are not beside this repository")
@pytest.mark.parametrize(("start", "origin", "automatic"), [
    ("000", Origin.PROVEN, ""), ("002", Origin.PROVEN, ""), ("003", Origin.PROVEN, ""), ("010", Origin.FORGED, ""),
    ("013", Origin.FORGED, ""), ("014", Origin.UNPROVEN, ""), ("032", Origin.UNPROVEN, ""),
    ("050", Origin.PROVEN, "auto-replied"), ("051", Origin.PROVEN, "auto-replied"), ("052", Origin.PROVEN, ""),
    ("056", Origin.UNPROVEN, "bounce"), ("058", Origin.PROVEN, "list"), ("060", Origin.UNPROVEN, "bounce"),
])
def test_attack_mails_have_their_origin(start: str, origin: Origin, automatic: str) -> None:
    [found] = ATTACKS.glob(f"{start}-*.eml")
    message = read(found.read_bytes(), trusted=TRUSTED)
    assert (message.origin, message.automatic) == (origin, automatic)
