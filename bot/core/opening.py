"""How a Message is made of the bytes of a mail. Only who reads mails loads it: the child."""

from __future__ import annotations

import re
from datetime import datetime

from bot.core import dkim
from bot.core.body import Body, media_type, read_body
from bot.core.clean import UNEXPECTED, one_line
from bot.core.dkim import Keys
from bot.core.errors import UnreadableError
from bot.core.header import (
    HeaderBlock,
    address,
    addresses,
    is_list,
    message_ids,
    moment,
    read_block,
    words,
)
from bot.core.message import Message
from bot.core.origin import judge, organisation
from bot.core.quote import newest
from bot.core.slim import Slim, begun_key, without_blanks
from bot.words import say

MAX_MAIL = 25 * 1024 * 1024
_AT_ONCE = 2**16  # bytes of a body hashed at once: a long one is never copied whole
_IN_QUOTES = re.compile(r'"[^"]*+"')
_KEPT = (
    "x-space-notification-type", "x-marketplace-id", "auto-submitted", "precedence", "list-id", "list-unsubscribe",
    "x-auto-response-suppress", "return-path", "x-autoreply", "x-guichet",
    "list-post",
)


def opened(raw: bytes, trusted: frozenset[str], keys: Keys | None, received: datetime | None) -> Message:
    """Do what `message.read` promises."""
    size = raw.size if isinstance(raw, Slim) else len(raw)
    if size > MAX_MAIL:
        raise UnreadableError("oversize", say(
            "The mail has {size} bytes, at most {limit} are read; look at it in your mail program",
            size=size, limit=MAX_MAIL))
    try:
        return _read(raw, trusted, keys, received)
    except UNEXPECTED as trouble:
        raise UnreadableError("unreadable", say(
            "The mail could not be read ({trouble}); look at it in your mail program",
            trouble=type(trouble).__name__)) from trouble


def _read(raw: bytes, trusted: frozenset[str], keys: Keys | None, received: datetime | None) -> Message:
    flaws: set[str] = set()
    block = read_block(raw, flaws)
    bounced = _is_bounce(block)
    sender, name = _bouncer(block, flaws) if bounced else _sender(block, flaws)
    body = read_body(raw, block, flaws)
    domain = sender.rpartition("@")[2]
    own = dkim.Mail(raw=raw, block=block, domain=domain, received=received)
    origin, why = judge(block, domain, trusted, lambda: dkim.verify(own, keys))
    returned = _returned_id(body) if bounced else []
    asked = message_ids(block.first("in-reply-to")) or returned
    subject = words(block.first("subject"), flaws)
    return Message(
        sender=sender,
        sender_name=name,
        reply_to=_reply_to(block, sender, flaws),
        to=", ".join(dict.fromkeys(found for value in block.all("to") for found in addresses(value))),
        subject=subject,
        date=_date(block, flaws),
        message_id=_message_id(block, flaws),
        in_reply_to=next(iter(asked), ""),
        references=tuple(dict.fromkeys(message_ids(" ".join(block.all("references"))) + returned)),
        origin=origin,
        origin_why=why,
        headers=_headers(block),
        automatic="bounce" if bounced else _automatic(block, subject),
        text=f"{body.text}\n\n{body.returned}".strip() if bounced else body.text,
        html=body.html,
        page=body.page,
        newest=newest(body.text),
        links=body.links,
        attachments=body.attachments,
        content_key=_content_key(raw, block),
        flaws=tuple(sorted(flaws)),
    )


def _sender(block: HeaderBlock, flaws: set[str]) -> tuple[str, str]:
    said = block.all("from")
    if len(said) > 1 or any(map(is_list, said)):
        raise UnreadableError("multiple_from", say(
            "The mail names more than one sender; look at it in your mail program and trust neither"))
    found = address(said[0], flaws) if said else None
    if found is None:
        raise UnreadableError("bad_from", say(
            "The mail must name its sender as «Name <someone@example.org>», but has «{got}»; "
            "look at it in your mail program", got=one_line(said[0][:200], set()) if said else ""))
    if "@" in found[1]:
        flaws.add("name_shows_address")
    return found


def _bouncer(block: HeaderBlock, flaws: set[str]) -> tuple[str, str]:
    said = block.all("from")
    # Postfix writes "MAILER-DAEMON@host (Mail Delivery System)"
    plain = re.sub(r"\s*\([^()]*+\)\s*$", "", said[0]) if len(said) == 1 else ""
    return address(plain, flaws) or ("mailer-daemon", "")


def _is_bounce(block: HeaderBlock) -> bool:
    content_type = block.first("content-type").lower()
    if "mailer-daemon" in _IN_QUOTES.sub("", block.first("from").lower()):
        return True
    if media_type(block) == "multipart/report":
        return "disposition-notification" not in content_type and "feedback-report" not in content_type
    return block.first("return-path").replace(" ", "") == "<>" and not _is_auto_reply(block, "")


def _returned_id(body: Body) -> list[str]:
    found = re.search(r"^(?:x-original-)?message-id\s*:(.{1,300})", body.returned, re.IGNORECASE | re.MULTILINE)
    return message_ids(found[1])[:1] if found else []


def _reply_to(block: HeaderBlock, sender: str, flaws: set[str]) -> str:
    said = block.first("reply-to")
    if not said.strip():
        return ""
    asked = [domain.rpartition("@")[2] for domain in addresses(said)]
    if any(organisation(domain) != organisation(sender.rpartition("@")[2]) for domain in asked):
        flaws.add("reply_to_foreign")
    found = address(said, set())
    if found is None:
        flaws.add("reply_to_broken")
    return found[0] if found else ""


def _message_id(block: HeaderBlock, flaws: set[str]) -> str:
    found = message_ids(block.first("message-id"))
    if not found and block.first("message-id"):
        flaws.add("message_id_broken")
    return found[0] if found else ""


def _date(block: HeaderBlock, flaws: set[str]) -> datetime | None:
    said = moment(block.first("date"))
    if said is None:
        flaws.add("date_unreadable")
    return said


def _headers(block: HeaderBlock) -> dict[str, str]:
    found = {name: words(value, set()) for name in _KEPT if (value := block.first(name))}
    return {**found, "content-type": media_type(block)}


_AWAY = re.compile(
    r"^(?:re\s?: )?(?:absence\b|absent|réponse automatique|message d['’]absence|auto(?:matic)?[- ]?reply"
    r"|out of (?:the )?office|abwesenheit|automatische antwort|risposta automatica|fuori ufficio|assenza"
    r"|respuesta automática|fuera de la oficina|ausencia)",
    re.IGNORECASE,
)


def _automatic(block: HeaderBlock, subject: str) -> str:
    """Return RFC 3834's reason never to answer. `auto-generated` is none: every marketplace's notice says so."""
    if _is_auto_reply(block, subject) or media_type(block) == "multipart/report":
        return "auto-replied"
    precedence = block.first("precedence").strip().lower()
    return "list" if block.first("list-id").strip() or precedence in ("bulk", "list", "junk") else ""


def _is_auto_reply(block: HeaderBlock, subject: str) -> bool:
    submitted = block.first("auto-submitted").strip().lower()
    if submitted.startswith("auto-replied") or block.first("precedence").strip().lower() == "auto_reply":
        return True
    if any(block.first(name).strip().lower() not in ("", "no") for name in ("x-autoreply", "x-autorespond")):
        return True
    # a buyer may well write "Absence du bureau": the subject counts beside another marker only
    marked = submitted not in ("", "no") or block.first("x-auto-response-suppress") or block.first("precedence")
    return bool(marked) and bool(_AWAY.match(subject))


def _content_key(raw: bytes, block: HeaderBlock) -> str:
    if isinstance(raw, Slim):
        return raw.content_key
    key = begun_key(block)
    for at in range(block.body_at, len(raw), _AT_ONCE):
        key.update(without_blanks(raw[at:at + _AT_ONCE]))
    return key.hexdigest()
