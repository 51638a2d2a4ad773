"""How the mail programs of sellers answer a mail: their headers, their parts, and how they quote what they answer.

    raw = iphone(Answer(words="ok", to=mail, sender="marie@poste.example", at=now))

`mail` is the parsed mail that is answered, as it lay in her mailbox: what is quoted is what really stood there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from html import escape
from itertools import count
from quopri import encodestring
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
SHORT_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
          "décembre")
SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")

_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person writes, in answer to which mail.

    Attributes:
        words: what she types, above everything else.
    """

    words: str
    to: EmailMessage
    sender: str
    at: datetime

    @property
    def asked(self) -> tuple[str, str]:
        """The name and the address of who wrote the mail that is answered."""
        return parseaddr(str(self.to["From"]))

    @property
    def plain(self) -> str:
        return _part(self.to, "plain")

    @property
    def page(self) -> str:
        """What stands in the body of its HTML part, its styles included, as programs quote it."""
        found = re.search(r"<body[^>]*>(.*)</body>", _part(self.to, "html"), re.S | re.I)
        assert found, "every mail to a seller has a page"
        return found[1]

    @property
    def subject(self) -> str:
        said = str(self.to["Subject"])
        return said if re.match("re ?:", said, re.I) else f"Re: {said}"

    @property
    def sent(self) -> datetime:
        return self.to["Date"].datetime.astimezone(PARIS)  # type: ignore[no-any-return]


Program = Callable[[Answer], bytes]


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part, f"a mail to a seller has a {kind} part"
    return str(part.get_content()).replace("\r\n", "\n")


def _lines(text: str) -> str:
    """Return typed lines as a page writes them."""
    return "".join(f"<div>{escape(line, quote=False) or '<br>'}</div>" for line in text.splitlines())


def _head(answer: Answer, domain: str, *, subject: str = "", more: Mapping[str, str] | None = None) -> list[str]:
    number = sha256(f"{next(_numbers)}{answer.at}".encode()).hexdigest()[:32]
    name, address = answer.asked
    said = Header(subject or answer.subject, "utf-8", header_name="Subject").encode()
    return [f"From: Marie Lumen <{answer.sender}>", f"To: {name} <{address}>", f"Subject: {said}",
            f"Date: {format_datetime(answer.at.astimezone(PARIS))}", f"Message-ID: <{number}@{domain}>",
            f"In-Reply-To: {answer.to['Message-ID']}", f"References: {answer.to['Message-ID']}",
            *[f"{header}: {value}" for header, value in (more or {}).items()]]


def _written(head: list[str], parts: Mapping[str, str], boundary: str, *, version: str = "1.0",
             charset: str = "utf-8") -> bytes:
    """Return a mail of these parts, by their kind, each in quoted-printable; of one alone, no multipart."""
    blocks = [(f"Content-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: quoted-printable\n\n"
               + encodestring(text.encode(charset, "xmlcharrefreplace")).decode("ascii"))
              for kind, text in parts.items()]
    top = "\n".join([*head, f"MIME-Version: {version}"])
    if len(blocks) == 1:
        return f"{top}\n{blocks[0]}\n".encode()
    inside = "".join(f"--{boundary}\n{block}\n" for block in blocks)
    return f'{top}\nContent-Type: multipart/alternative; boundary="{boundary}"\n\n{inside}--{boundary}--\n'.encode()


def _quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() if not line else f"{mark}{line}" for line in text.splitlines())


def _wrapped(text: str, width: int) -> str:
    """Wrap as Gmail does in its plain part: at the blank before the width, and never inside a word."""
    return "\n".join("\n".join(wrap(line, width, break_long_words=False, break_on_hyphens=False)) or ""
                     for line in text.splitlines())


# ---- Gmail


def _gmail_date(at: datetime, comma: str) -> str:
    return f"{SHORT_DAYS[at.weekday()]} {at.day} {SHORT_MONTHS[at.month - 1]} {at.year}{comma} {at:%H:%M}"


def gmail(answer: Answer) -> bytes:
    """Gmail in a browser."""
    return _gmail(answer, f"Le {_gmail_date(answer.sent, ' à')}", "ltr")


def gmail_android(answer: Answer) -> bytes:
    """Gmail on an Android phone: another date, another direction of its blocks."""
    return _gmail(answer, f"Le {_gmail_date(answer.sent, ',')}", "auto")


def _gmail(answer: Answer, when: str, direction: str) -> bytes:
    name, address = answer.asked
    said = _wrapped(f"{when}, {name} <{address}> a écrit :", 76)
    plain = f"{_wrapped(answer.words, 76)}\n\n{said}\n\n{_quoted(_wrapped(answer.plain, 74))}\n"
    page = (f'<div dir="{direction}">{_lines(answer.words)}</div><br><div class="gmail_quote gmail_quote_container">'
            f'<div dir="ltr" class="gmail_attr">{when}, {name} &lt;<a href="mailto:{address}">{address}</a>&gt; '
            'a écrit :<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid '
            f'rgb(204,204,204);padding-left:1ex">{answer.page}</blockquote></div>\n')
    return _written(_head(answer, "mail.gmail.com"), {"plain": plain, "html": page}, "000000000000a1b2c3061e2f4d5a")


# ---- Outlook on a desktop


def outlook(answer: Answer) -> bytes:
    """Outlook for Windows: the header block in bold, no marks on what is quoted, a signature above it."""
    name, address = answer.asked
    sent = f"{DAYS[answer.sent.weekday()]} {answer.sent.day} {MONTHS[answer.sent.month - 1]} {answer.sent:%Y %H:%M}"
    block = {"De": f"{name} <{address}>", "Envoyé": sent, "À": answer.sender, "Objet": str(answer.to["Subject"])}
    signature = "Marie Lumen\nAtelier Lumen"
    labels = "\n".join(f"{label} : {value} " for label, value in block.items())
    plain = f"{answer.words}\n\n{signature}\n\n{labels}\n\n{answer.plain}\n"
    bold = "<br>".join(f"<b>{label}&nbsp;:</b> {escape(value, quote=False)}" for label, value in block.items())
    said = "".join(f'<p class="MsoNormal">{escape(line, quote=False) or "<o:p>&nbsp;</o:p>"}</p>'
                   for line in [*answer.words.splitlines(), "", *signature.splitlines(), ""])
    page = ('<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv="Content-Type" '
            'content="text/html; charset=utf-8"><style><!-- p.MsoNormal {margin:0cm;font-size:11.0pt;} --></style>'
            f'</head><body lang="FR"><div class="WordSection1">{said}<div style="border:none;border-top:solid #E1E1E1 '
            f'1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{bold}</p></div><p class="MsoNormal">'
            f"<o:p>&nbsp;</o:p></p>{answer.page}</div></body></html>\n")
    subject = "RE: " + re.sub("^re ?: ?", "", answer.subject, flags=re.I)
    more = {"X-Mailer": "Microsoft Outlook 16.0", "Thread-Index": "AdpYk3b1Q2mZVg0tTjW6m8r3v2yX4w=="}
    return _written(_head(answer, "DB9PR04MB8412.eurprd04.prod.outlook.com", subject=subject, more=more),
                    {"plain": plain, "html": page}, "----=_NextPart_000_0011_01DA5893.71B2E140")


# ---- iPhone


def iphone(answer: Answer) -> bytes:
    """Mail on an iPhone: what it quotes begins with an invisible sign, and its version with a remark."""
    name, address = answer.asked
    when = f"Le {answer.sent.day} {SHORT_MONTHS[answer.sent.month - 1]} {answer.sent.year} à {answer.sent:%H:%M}"
    said = f"{when}, {name} <{address}> a écrit :"
    plain = (f"{answer.words}\n\nEnvoyé de mon iPhone\n\n> {said}\n> \n{_quoted(chr(0xFEFF) + answer.plain)}\n")
    page = ('<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">'
            f'{_lines(answer.words)}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Envoyé de mon iPhone</div>'
            f'<div dir="ltr"><br><blockquote type="cite">{escape(said, quote=False)}<br><br></blockquote></div>'
            f'<blockquote type="cite"><div dir="ltr">\ufeff{answer.page}</div></blockquote></body></html>\n')
    return _written(_head(answer, "poste.example", more={"X-Mailer": "iPhone Mail (22B91)"}),
                    {"plain": plain, "html": page}, "Apple-Mail-4C1F6D0A-7B52-4E3F-9A11-0D2C5E8B7F63",
                    version="1.0 (1.0)")


# ---- Orange, in a browser


def orange(answer: Answer) -> bytes:
    """Orange's webmail: its own head above what it quotes, in both parts."""
    name, address = answer.asked
    head = [f"Message du {answer.sent:%d/%m/%y %H:%M}", f'De : "{name}" <{address}>', f"A : {answer.sender}",
            "Copie à : ", f"Objet : {answer.to['Subject']}", ""]
    plain = f"{answer.words}\n\n\n{_quoted(chr(10).join(head))}\n{_quoted(answer.plain)}\n"
    marks = "<br>".join(f"&gt; {escape(line, quote=False)}" for line in head)
    page = (f'<html><body><div>{_lines(answer.words)}<br><br></div><blockquote style="padding-left: 5px; margin-left: '
            f'5px; border-left: #ff6600 2px solid;">{marks}<br>{answer.page}</blockquote></body></html>\n')
    more = {"X-Mailer": "Open-Xchange Mailer v8.30", "X-Originating-IP": "[192.0.2.77]"}
    return _written(_head(answer, "wwinf1p22", more=more), {"plain": plain, "html": page},
                    "----=_Part_1200_1836174021.1794900000")


def html_only(answer: Answer) -> bytes:
    """A webmail that writes no plain part at all."""
    name, address = answer.asked
    when = f"Le {answer.sent:%d/%m/%Y} à {answer.sent:%H:%M}, {name} &lt;{address}&gt; a écrit :"
    page = (f"<html><body>{_lines(answer.words)}<br><div>{when}</div><blockquote>{answer.page}</blockquote>"
            "</body></html>\n")
    return _written(_head(answer, "webmail.poste.example"), {"html": page}, "")


PROGRAMS: Mapping[str, Program] = {
    "Gmail": gmail, "Gmail, Android": gmail_android, "Outlook": outlook, "iPhone": iphone, "Orange": orange,
    "HTML alone": html_only,
}


def answers(program: Program, words: str, to: EmailMessage, sender: str, at: datetime, **more: Any) -> bytes:
    return program(Answer(words=words, to=to, sender=sender, at=at, **more))
