"""Rakuten France. Labels tell what a mail is; here the buyer's words are parted from Rakuten's, and read."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from unicodedata import normalize

from bot.core.dates import folded
from bot.core.event import Kind
from bot.core.message import Message
from bot.core.stated import stated
from bot.marketplaces.contract import Looks, Notification
from bot.marketplaces.rakuten_fr import facts, letter, subjects
from bot.marketplaces.rakuten_fr.letter import Parts

_ZONE = "Europe/Paris"
_CLAIMS = frozenset({Kind.NOT_CONFORMING_CLAIMED, Kind.NOT_RECEIVED_CLAIMED})
_MESSAGES = frozenset({Kind.BUYER_WROTE, Kind.QUESTION_ASKED})
_BY_ITSELF = frozenset({Kind.SALE_MADE, Kind.PAYMENT_SENT, Kind.NOTICE, Kind.BUYER_SIDE})
_URL = re.compile(r"https?://[^\s<>\"]+")


def numbers(message: Message, note: Notification) -> Notification:
    """Add what every mail says: the numbers of the sale, names, sums, days, and under what its case is kept."""
    parts = _parts(message, note)
    said = {**note.facts, **facts.read(parts.above, message.subject)}
    said["item"] = item = said.get("item") or _linked_item(message, parts)
    said["agent"] = subjects.agent(message.subject)
    order = said["order"] = "" if said.get("order") == item else said.get("order", "")   # "la commande" may be either
    return replace(
        note, facts=said, reference=item or order, aliases=tuple(filter(None, (item, order))), order=order or None,
        item=item or None, buyer=said.get("buyer"), language="fr",
        links=facts.links(message, parts.rakuten if parts.buyer else "", item))


def words(message: Message, note: Notification) -> Notification:
    """Add the words a person wrote and the time that Rakuten itself gives the seller."""
    parts = _parts(message, note)
    own = letter.own_words(parts.rakuten)
    if note.kind in _CLAIMS:
        said = {**note.facts, "claimed_on": facts.claimed_on(parts.rakuten)}
        mark = _mark(note.kind, said.get("category", ""), said["claimed_on"], parts.buyer)
        return replace(note, facts=said, text=parts.buyer, mark=mark, stated=stated(parts.rakuten, _ZONE))
    said = {**note.facts, **facts.turned(note.kind, own, note.facts)}
    if note.kind is Kind.MARKETPLACE_WROTE:
        said["label"] = subjects.label(message.subject)
    return replace(note, facts=said, text=_text(note.kind, message, parts), stated=stated(own, _ZONE),
                   mark=_mark(note.kind, _day(message), message.subject, message.newest or message.text))


def _parts(message: Message, note: Notification) -> Parts:
    """Part a mail. Claims are read whole; below a letter of an agent's stands what he answers, which is not his."""
    if note.kind in _CLAIMS:
        return letter.commented(message.text, claim=True)
    text = message.newest or message.text
    if note.kind in _MESSAGES:
        return letter.message(text)
    return letter.commented(text, claim="claim" in note.facts)


def _linked_item(message: Message, parts: Parts) -> str:
    """Return the item that Rakuten's own part links to, where it is not printed. HTML hides its addresses."""
    return facts.linked_item(_URL.findall(parts.rakuten)) or ("" if parts.buyer else facts.linked_item(message.links))


def _text(kind: Kind, message: Message, parts: Parts) -> str:
    if kind in _MESSAGES or kind is Kind.RATING_RECEIVED:
        return parts.buyer
    return "" if kind in _BY_ITSELF else letter.letter(message.newest or message.text)


def _day(message: Message) -> str:
    """The day a mail was written: the same reminder may come again, and says something new by coming."""
    return message.date.date().isoformat() if message.date else ""


def _mark(kind: Kind, *said: str) -> str:
    """Equal in every copy of a mail, whatever its route did to blanks, accents and apostrophes."""
    words = "\n".join(" ".join(folded(normalize("NFC", each)).casefold().split()) for each in said)
    return f"{kind}:{sha256(words.encode()).hexdigest()[:16]}"


LOOKS = Looks.from_folder(__file__, numbers, words, labels=subjects.labels(letter.LOOKS["subject"]))
