"""Notifications as the marketplaces write them: the samples, with invented people and other numbers, from a seed.

The same number gives the same mail, whatever came before it. 1 to 30 KiB, as their mails are: what a person reads
is one or two of it, the rest is the style sheet and the tables of the HTML part.
"""

from __future__ import annotations

import binascii
import re
import tomllib
from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from functools import cache
from html import escape
from pathlib import Path
from random import Random

SAMPLES = Path(__file__).resolve().parent.parent / "bot" / "marketplaces"
SEED = 20261122
# What a seller's mailbox gets: most of it needs him. Those of ANSWERED are all told to him, one mail each.
ANSWERED = ("amazon/buyer_wrote_fr_order", "amazon/buyer_wrote_fr_several_items", "amazon/cancellation_requested_fr",
            "amazon/return_opened_fr_to_decide", "rakuten_fr/not_conforming_damaged",
            "rakuten_fr/not_conforming_out_of_order_html", "rakuten_fr/buyer_wrote_html",
            "rakuten_fr/not_received_lost_html")
TOLD = ("amazon/return_opened_fr_two_items", "amazon/sale_made_fr", "rakuten_fr/sale_made", "amazon/refund_issued_fr")
LETTERS = (*ANSWERED, *TOLD)
PEOPLE = ("Camille Roussel", "Odile Marchand", "Jean Dupont", "Lucie Bernard", "Marc Lefort", "Nadia Perrin",
          "Paul Girard", "Sonia Vidal", "Hugo Masson", "Claire Fabre")
ONE_HEADER = frozenset({"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "received",
                        "authentication-results", "content-transfer-encoding"})
NUMBERED = ("thread", "message", "relay", "item", "order", "buyer_id")
RULE = (".c{0} td.cell-{0},.c{0} a:link{{font-family:Arial,Helvetica,sans-serif;font-size:{1}px;line-height:{2}px;"
        "color:#{3:06x};padding:{4}px {5}px;border-collapse:collapse;mso-line-height-rule:exactly}}\n")
ROW = ('<tr><td class="cell-{0}" width="{1}" style="padding:0 {2}px"><img src="cid:line-{0}" alt="" width="{1}" '
       'height="1" border="0" style="display:block"></td></tr>\n')
PAGE = ('<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{title}</title>\n<style>\n{style}</style></head>\n'
        '<body bgcolor="#ffffff"><table width="600" cellpadding="0" cellspacing="0" border="0" align="center">\n'
        '{rows}<tr><td class="cell-1">\n{words}\n</td></tr>\n{rows}</table></body></html>\n')


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A sample taken apart. `numbers` are what must differ from mail to mail, `buyer` who is named in it."""

    name: str
    head: tuple[tuple[str, str], ...]
    sender: str
    subject: str
    text: str
    html: str
    numbers: tuple[str, ...]
    buyer: str
    day: str


@cache
def letter(name: str) -> Letter:
    path = (SAMPLES / name.replace("/", "/samples/", 1)).with_suffix(".eml")
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    expected = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    text = plain.get_content() if plain else ""
    words = html.get_content() if html else "<p>" + escape(text).replace("\n", "<br>\n") + "</p>"
    date = mail["date"].datetime
    return Letter(
        name=name, sender=str(mail["from"]), subject=str(mail["subject"]), text=text, html=_inner(words),
        head=tuple((key, str(value)) for key, value in mail.items() if key.lower() not in ONE_HEADER),
        numbers=_numbers(expected), buyer=expected.get("buyer", ""), day=f"{date:%d/%m/%Y}")


def _inner(html: str) -> str:
    """Return what stands in the body, without the page around it: ours is put there."""
    found = re.search(r"<body[^>]*>(.*)</body>", html, re.S | re.I)
    return found[1] if found else html


def _numbers(expected: dict[str, object]) -> tuple[str, ...]:
    """Return the references of an expectation, longest first: orders, threads, items, messages, relay addresses."""
    facts = expected.get("facts", {})
    aliases = expected.get("aliases", [])
    assert isinstance(facts, dict) and isinstance(aliases, list)
    said = [expected.get("reference"), expected.get("order"), expected.get("mark"), *aliases,
            *(facts.get(name) for name in NUMBERED)]
    found = {str(one) for one in said if re.fullmatch(r"(?=.*\d)[A-Za-z0-9-]{6,}", str(one))}
    return tuple(sorted(found, key=len, reverse=True))


def renumbered(old: str, number: int) -> str:
    """Return a reference of the same shape that no other number has; its first three signs stay."""
    digits = sum(sign.isdigit() for sign in old[3:])
    left = str(number).zfill(digits)
    if len(left) > digits or digits < 7:
        return f"{old}{number:06}"
    new, signs = list(old), iter(reversed(left))
    for place in range(len(old) - 1, 2, -1):
        if old[place].isdigit():
            new[place] = next(signs)
    return "".join(new)


def mail(number: int, *, of: Sequence[str] = LETTERS, seed: int = SEED, at: datetime | None = None,
         to: str = "ventes@boutique.example") -> bytes:
    """Return one notification, LF at its line ends as a mail host keeps it. `at`: when it was written, aware."""
    lots = Random(f"{seed}/{number}")
    model = letter(of[number % len(of)])
    when = at or datetime.now(UTC) - timedelta(seconds=lots.randrange(3600))
    swaps = [(old, renumbered(old, number)) for old in model.numbers]
    if len(model.buyer) > 3:
        person = lots.choice(PEOPLE)
        person = person if " " in model.buyer else person.split()[0]
        swaps += [(model.buyer, person), (model.buyer.upper(), person.upper())]
    swaps.append((model.day, f"{when:%d/%m/%Y}"))

    def said(words: str) -> str:
        for old, new in swaps:
            words = words.replace(old, new)
        return words

    domain = model.sender.rpartition("@")[2].rstrip(">")
    head = [f"Authentication-Results: mx.boutique.example;\n\tdkim=pass header.d={domain} header.s=k7q;\n"
            f"\tspf=pass smtp.mailfrom={domain}; dmarc=pass header.from={domain}",
            f"Received: from out.{domain} (out.{domain} [192.0.2.41])\n\tby mx.boutique.example (Postfix) with ESMTPS "
            f"id {number:X}\n\tfor <{to}>; {format_datetime(when)}",
            f"Date: {format_datetime(when)}", f"From: {_encoded_sender(said(model.sender))}", f"To: {to}",
            f"Message-ID: <{seed:x}.{number}.{lots.randrange(10**9)}@{domain}>",
            f"Subject: {Header(said(model.subject), 'utf-8' if not model.subject.isascii() else None).encode()}",
            *(f"{key}: {said(value)}" for key, value in model.head if value.isascii()), "MIME-Version: 1.0"]
    return "\n".join(head).encode() + b"\n" + _body(model, said, lots, number)


def _encoded_sender(sender: str) -> str:
    name, _, address = sender.rpartition(" <")
    name = name.strip('"')
    return f'"{name}" <{address}' if name.isascii() else f"{Header(name, 'utf-8').encode()} <{address}"


def _body(model: Letter, said: object, lots: Random, number: int) -> bytes:
    """Return Content-Type and body: one in five plain only, as the marketplaces' shortest are, the others both."""
    assert callable(said)
    text = said(model.text)
    if text and number % 5 == 4:
        return b"Content-Type: text/plain; charset=utf-8\n" + _encoded(text, number)
    html = PAGE.format(title="Message", style=_style(lots), rows=_rows(lots), words=said(model.html))
    parts = [b"Content-Type: text/html; charset=UTF-8\n" + _encoded(html, number)]
    if text:
        parts.insert(0, b"Content-Type: text/plain; charset=UTF-8\n" + _encoded(text, number))
    line = f"----=_Part_{number}_{lots.randrange(10**8)}".encode()
    return (b'Content-Type: multipart/alternative; \n\tboundary="' + line + b'"\n\n'
            + b"".join(b"--" + line + b"\n" + part + b"\n" for part in parts) + b"--" + line + b"--\n")


def _encoded(words: str, number: int) -> bytes:
    """Return the encoding's header, a blank line and the words: most quoted-printable, some base64 or 8bit."""
    plain = words.replace("\r\n", "\n").encode()
    if number % 10 == 3:
        return b"Content-Transfer-Encoding: base64\n\n" + encodebytes(plain)
    if number % 10 == 6:
        return b"Content-Transfer-Encoding: 8bit\n\n" + plain
    return b"Content-Transfer-Encoding: quoted-printable\n\n" + binascii.b2a_qp(plain)


def _style(lots: Random) -> str:
    """Return a style sheet of 0 to 16 KiB, half of them under 6."""
    return "".join(RULE.format(place, lots.randrange(10, 18), lots.randrange(14, 24), lots.randrange(1 << 24),
                               lots.randrange(20), lots.randrange(20))
                   for place in range(int(lots.random() ** 1.5 * 80)))


def _rows(lots: Random) -> str:
    return "".join(ROW.format(place, lots.randrange(600), lots.randrange(20)) for place in range(lots.randrange(1, 16)))
