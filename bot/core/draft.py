"""The words of one mail -> the bytes that leave, built in one place and checked as bytes.

Python's own writer is not trusted with this: it let a subject add a Bcc (CVE-2024-6923, and
CVE-2026-1299 on the bytes path that smtplib takes), and which Python the seller has is not ours to say.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import b2a_qp
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from hashlib import sha256

from bot.core.errors import BotError
from bot.core.pattern import later
from bot.words import say

__all__ = ["LOOP_HEADER", "Outgoing", "UnsafeMailError", "check_address", "check_outgoing", "compose",
           "message_id", "quote", "reply_subject"]

LOOP_HEADER = "X-Guichet"
"""Names every mail of ours, so that we know it again when it comes back."""

SUBJECT_CAP = 250
NAME_CAP = 80
QUOTE_CAP = 1_500
"""Characters of the original kept under a reply: Amazon wants it quoted and allows 4,000 in all."""

REFERENCES_KEPT = 20
LINE_CAP = 998          # RFC 5322, 2.1.1; octets without CRLF
WORD_BYTES = 39         # makes "Subject: =?UTF-8?B?…?=" stay under the 76 of RFC 2047

_ONE_EACH = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type",
             "content-transfer-encoding")
_AT_MOST_ONE = ("reply-to", "in-reply-to", "references", "auto-submitted", "x-auto-response-suppress",
                LOOP_HEADER.lower())
_MARKS = ("", "auto-replied", "auto-generated")
_PLAIN = "text/plain; charset=utf-8"
_PAGE = "text/html; charset=utf-8"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
_ADDRESS_FORM = later(rf"{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}")
_DOMAIN_FORM = later(_DOMAIN)
_ID_FORM = later(r"[!-;=?-~]{1,400}@[!-;=?-~]{1,400}")
_LOOP_FORM = later(r"[A-Za-z0-9._-]{1,64}")
_BREAKS = later("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BODY_BREAKS = later("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = later("[\ud800-\udfff]")
_UNFIT = later("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")     # either of the two
_BIDI = later("[\u202a-\u202e\u2066-\u2069]")
_REPLY_PREFIX = later(
    r"(?:re|ré|rép|réf|fwd?|tr|aw|wg|sv|vs|antw|rif|res|rv|enc|r|i) ?(?:[\[(]\d{1,3}[\])] ?)?[:\uff1a] ?",
    re.IGNORECASE)
_TRAVELLING = bytes((*b"\t\r\n", *range(0x20, 0x7f)))
_UNTRAVELLED = later(rb"\r(?!\n)|(?<!\r)\n|[^\t\r\n\x20-\x7e]")
_HEADER_LINE = later(r"([A-Za-z][A-Za-z0-9-]*): (\S.*)", re.DOTALL)
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_BOTH = later(r'multipart/alternative; boundary="(=_[0-9a-f]{32})"')
_ENCODED_WORD = later(rf"=\?UTF-8\?B\?({_BASE64})\?=")


class UnsafeMailError(BotError):
    """A mail that must not leave: its bytes would say something other than what was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail to one person, in words.

    Attributes:
        to: exactly one address; marketplaces' relays take no second one.
        date: aware; frozen with the row, so that a second attempt is byte-identical.
        in_reply_to: a Message-ID, with or without its angle brackets; a malformed one is left out.
        automatic: `auto-replied`, `auto-generated` (RFC 3834), or empty for what the seller approved.
        bot: what our loop header says, the first 16 hex of the action's key.
        html: the same words as a page, after the plain ones; only in mails to the seller, who are `auto-generated`.
    """

    sender: str
    sender_name: str
    to: str
    subject: str
    body: str
    message_id: str
    date: datetime
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: str = ""
    bot: str = ""
    html: str = ""


def message_id(salt: bytes, key: str, domain: str) -> str:
    """Return `<32 hex@domain>`; the same key makes the same one, after a retry or a restored database too."""
    if not _DOMAIN_FORM.fullmatch(domain):
        raise UnsafeMailError(say("{domain} is no domain to make a Message-ID of", domain=_clean(domain, 80)))
    return f"<{sha256(salt + b'|' + key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{domain}>"


def reply_subject(subject: str) -> str:
    """Return the subject with one `Re: `, whatever prefixes and in whatever language stood there."""
    bare = _clean(subject, SUBJECT_CAP)
    while found := _REPLY_PREFIX.match(bare):
        bare = bare[found.end():]
    return f"Re: {bare}".strip()


def quote(text: str, who: str, when: datetime, language: str, zone: tzinfo) -> str:
    """Return the original as it stands under a reply; `when` is aware and told in `zone`."""
    local = when.astimezone(zone)
    day = local.strftime("%d/%m/%Y" if language == "fr" else "%Y-%m-%d")
    opening = say("On {day} at {hour}, {who} wrote:", language, day=day, hour=local.strftime("%H:%M"),
                  who=_clean(who, NAME_CAP) or say("the buyer", language))
    return "\n".join((opening, *(f"> {line}".rstrip() for line in _shortened(text).split("\n"))))


def _shortened(text: str) -> str:
    whole = _clean_body(text).strip("\n")
    return whole if len(whole) <= QUOTE_CAP else f"{whole[:QUOTE_CAP].rstrip()}\n[…]"


def compose(out: Outgoing) -> bytes:
    """Return the bytes to send: CRLF, 7 bits, checked; raise UnsafeMailError if they cannot be made safe."""
    raw = unchecked(out)
    check_outgoing(raw, out.sender, out.to)
    return raw


def unchecked(out: Outgoing) -> bytes:
    """Return the same bytes for one who checks them himself before a byte leaves."""
    head = "\r\n".join(f"{name}: {value}" for name, value in _headers(out) if value)
    return head.encode("ascii") + b"\r\n\r\n" + (_both_parts(out) if out.html else _printable(out.body))


def _both_parts(out: Outgoing) -> bytes:
    """Return the plain words and then the page, as RFC 2046 (5.1.4) wants them: the best one last."""
    if out.automatic != "auto-generated":
        raise UnsafeMailError(say("The mail to {recipient} is for a buyer and has a page of HTML: it is not sent",
                                  recipient=out.to))
    line = b"--" + _boundary(out.message_id).encode("ascii")
    parts = [_part_head(sort) + _printable(text) for sort, text in ((_PLAIN, out.body), (_PAGE, out.html))]
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _boundary(message_id: str) -> str:
    """Return what parts this mail: the same at every try. Quoted-printable never holds `=_`."""
    return f"=_{sha256(message_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _part_head(sort: str) -> bytes:
    return f"Content-Type: {sort}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")


def _headers(out: Outgoing) -> list[tuple[str, str]]:
    """Return what stands above the body; empty values are left out."""
    check_address(out.sender)
    check_address(out.to)
    return [
        ("From", _from(out.sender_name, out.sender)),
        ("Reply-To", out.sender),
        ("To", out.to),
        ("Subject", _words(_clean(out.subject, SUBJECT_CAP)) or "-"),
        ("Date", _date(out.date)),
        ("Message-ID", _own_id(out.message_id)),
        ("In-Reply-To", _ids((out.in_reply_to,))),
        ("References", _ids(out.references)),
        *_marks(out),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{_boundary(out.message_id)}"' if out.html else _PLAIN),
        ("Content-Transfer-Encoding", "7bit" if out.html else "quoted-printable"),
    ]


def _marks(out: Outgoing) -> list[tuple[str, str]]:
    """Return what tells other robots not to answer us (RFC 3834; Exchange reads the second)."""
    if out.automatic not in _MARKS or (out.bot and not _LOOP_FORM.fullmatch(out.bot)):
        raise UnsafeMailError(say("The mail to {recipient} carries a mark that is not ours: it is not sent",
                                  recipient=out.to))
    return [("Auto-Submitted", out.automatic),
            ("X-Auto-Response-Suppress", "All" if out.automatic else ""),
            (LOOP_HEADER, out.bot)]


def _from(name: str, address: str) -> str:
    shown = re.sub(r'[<>"\\]', "", _clean(name, NAME_CAP)).strip()
    shown = _without_openings(shown)
    if not shown:
        return address
    return f'"{shown}" <{address}>' if shown.isascii() else f"{_words(shown)}\r\n <{address}>"


def _date(when: datetime) -> str:
    """Return RFC 5322's date, in UTC, and in English whatever the locale."""
    if when.tzinfo is None:
        raise UnsafeMailError("a mail's date must be aware: a naive one would shift by the zone")
    utc = when.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year} {utc:%H:%M:%S} +0000"


def _own_id(said: str) -> str:
    bare = _bare_id(said)
    if not bare:
        raise UnsafeMailError(say("{id} is no Message-ID: the mail is not sent", id=_clean(said, 80)))
    return f"<{bare}>"


def _ids(said: tuple[str, ...]) -> str:
    """Return the well-formed ones: the first names the thread, the last ones the place in it."""
    good = [f"<{bare}>" for one in said if (bare := _bare_id(one))]
    if len(good) > REFERENCES_KEPT:
        good = [good[0], *good[1 - REFERENCES_KEPT:]]
    return "\r\n ".join(good)


def _bare_id(said: str) -> str:
    bare = said.strip().removeprefix("<").removesuffix(">")
    return bare if _ID_FORM.fullmatch(bare) and "=?" not in bare else ""


def _clean(value: str, cap: int) -> str:
    """Return one line of at most `cap` characters that no header reader can take for two."""
    line = _BIDI.sub("", _BREAKS.sub(" ", value))
    return _without_openings(" ".join(line.split()))[:cap].strip()


def _without_openings(line: str) -> str:
    """Return the line without any `=?`: a reader would decode what follows, line ends included."""
    while "=?" in line:
        line = line.replace("=?", "")
    return line


def _words(line: str) -> str:
    """Return a clean line as a header holds it: as it is, or as RFC 2047's words."""
    if line.isascii():
        return line
    rest, chunks = line.encode("utf-8"), list[bytes]()
    while rest:
        end = WORD_BYTES
        while len(rest) > end and rest[end] & 0xC0 == 0x80:  # RFC 2047, 5(3): no word may end inside a character
            end -= 1
        chunks.append(rest[:end])
        rest = rest[end:]
    return "\r\n ".join(f"=?UTF-8?B?{b64encode(chunk).decode('ascii')}?=" for chunk in chunks)


def _clean_body(text: str) -> str:
    """Return the text with one kind of line end and nothing that SMTP or a database cannot hold."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _UNFIT.search(lines):
        return lines
    return _SURROGATES.sub("\ufffd", _BODY_BREAKS.sub("", lines))


_AS_IT_IS = later(r"[!-<>-~](?:[ -<>-~]{0,70}[!-<>-~])")    # most lines: nothing to encode, nothing to break


def _coded(line: str) -> bytes:
    return line.encode("ascii") if _AS_IT_IS.fullmatch(line) else b2a_qp(line.encode("utf-8"), istext=False)


def _printable(text: str) -> bytes:
    words = _clean_body(text).rstrip("\n")
    if " \n" in words or "\t\n" in words or words.endswith((" ", "\t")):     # a line would become too long with it
        coded = b"\n".join(map(_coded, words.split("\n"))) + b"\n"
    else:
        coded = b2a_qp(words.encode("utf-8"), istext=True) + b"\n"
    # some relays would write ">From " for it, in the middle of a sentence to a buyer
    return (b"\n" + coded).replace(b"\nFrom ", b"\n=46rom ")[1:].replace(b"\n", b"\r\n")


def check_address(address: str) -> None:
    """Raise unless this is one plain address: no name, no comment, nothing to misread."""
    if len(address) > 254 or "=?" in address or not _ADDRESS_FORM.fullmatch(address):
        raise UnsafeMailError(say("{address} is not one plain mail address: nothing is sent to it or from it",
                                  address=_clean(address, 80) or "''"))


def check_outgoing(raw: bytes, sender: str, recipient: str) -> None:
    """Raise UnsafeMailError unless these bytes are one mail from `sender` to `recipient` and nobody else."""
    check_address(sender)
    check_address(recipient)
    _check_bytes(raw, recipient)
    headers = _read_headers(raw, recipient)
    _check_counts(headers, recipient)
    _check_people(dict(headers), sender, recipient)
    for name, value in headers:
        _check_encoded(name, value, recipient)
    _check_parts(raw, dict(headers), recipient)


def _check_bytes(raw: bytes, recipient: str) -> None:
    lines = raw.count(b"\r\n")     # told apart by counts, which is quick; the place is sought where they differ
    whole = raw.count(b"\r") == raw.count(b"\n") == lines and not raw.translate(None, _TRAVELLING)
    if not whole and (found := _UNTRAVELLED.search(raw)):
        raise UnsafeMailError(say(
            "The mail to {recipient} holds a byte that may not travel, at place {place}: it is not sent",
            recipient=recipient, place=found.start()))
    longest = max(map(len, raw.split(b"\r\n")))
    if longest > LINE_CAP or not raw.endswith(b"\r\n"):
        raise UnsafeMailError(say(
            "The mail to {recipient} has a line of {length} characters, or no end to its last one: "
            "it is not sent", recipient=recipient, length=longest))


def _read_headers(raw: bytes, recipient: str) -> list[tuple[str, str]]:
    """Return name (lower case) and value of each header, continued lines joined to it."""
    said, gap, _ = raw.partition(b"\r\n\r\n")
    head = said.decode("ascii")
    found = [_HEADER_LINE.fullmatch(line) for line in re.split(r"\r\n(?![ \t])", head)]
    if not gap or re.search(r"\r\n[ \t]*(?:\r\n|$)", head) or not all(found):
        raise UnsafeMailError(say("The mail to {recipient} has a header that cannot be read: it is not sent",
                                  recipient=recipient))
    return [(line[1].lower(), re.sub(r"\r\n[ \t]+", " ", line[2])) for line in found if line]


def _check_counts(headers: list[tuple[str, str]], recipient: str) -> None:
    """Raise unless each header stands as often as it may: an unknown one, such as Bcc or Cc, not at all."""
    counts = Counter(name for name, _ in headers)
    for name in (*_ONE_EACH, *counts):
        allowed = (1,) if name in _ONE_EACH else (0, 1) if name in _AT_MOST_ONE else (0,)
        if counts[name] not in allowed:
            raise UnsafeMailError(say(
                "The mail to {recipient} has {count} header(s) {name}, allowed: {allowed}; it is not sent",
                recipient=recipient, count=counts[name], name=name, allowed=allowed[-1]))


def _check_people(said: dict[str, str], sender: str, recipient: str) -> None:
    name = rf'(?:"[^"\\<>]*" |{_ENCODED_WORD.pattern}(?: {_ENCODED_WORD.pattern})* )?'
    from_form = rf"{name}<{re.escape(sender)}>|{re.escape(sender)}"
    ours = re.fullmatch(from_form, said["from"]) and said.get("reply-to", sender) == sender
    if not ours or said["to"] != recipient:
        raise UnsafeMailError(say("The mail to {recipient} does not name {sender} as its only sender and "
                                  "{recipient} as its only recipient: it is not sent",
                                  recipient=recipient, sender=sender))


def _check_encoded(name: str, value: str, recipient: str) -> None:
    """Raise if a reader that decodes the value, once or twice, could find more in it than one line."""
    if "=?" not in value:
        return
    rest = _ENCODED_WORD.sub("", value)
    text = b"".join(b64decode(word) for word in _ENCODED_WORD.findall(value)).decode("utf-8", "replace")
    misplaced = rest != value and name not in ("from", "subject")
    if misplaced or "=?" in rest or "=?" in text or _BREAKS.search(text):
        raise UnsafeMailError(say(
            "The mail to {recipient} hides something in its header {name}: it is not sent",
            recipient=recipient, name=name))


def _check_parts(raw: bytes, said: dict[str, str], recipient: str) -> None:
    """Raise unless the body is plain text, or plain text and a page, each in its place and nothing beside them."""
    if (said["content-type"], said["content-transfer-encoding"]) == (_PLAIN, "quoted-printable"):
        return
    found = _BOTH.fullmatch(said["content-type"])
    body = raw.partition(b"\r\n\r\n")[2]
    gap, *parts = body.split(b"--" + found[1].encode("ascii")) if found else [body]
    heads = [b"\r\n" + _part_head(sort) for sort in (_PLAIN, _PAGE)]
    placed = len(parts) == 3 and not gap and parts[2] == b"--\r\n" and all(
        part.startswith(head) and part.endswith(b"\r\n") for part, head in zip(parts, heads, strict=False))
    if not placed or said["content-transfer-encoding"] != "7bit":
        raise UnsafeMailError(say("The mail to {recipient} is not plain text alone, nor with one page after it: "
                                  "it is not sent", recipient=recipient))
