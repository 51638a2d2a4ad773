"""A buyer's message: his words between two fences of dashes, Amazon's own words around them.

Only Amazon's own words say which order is meant and by when to answer; what the buyer writes moves neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from unicodedata import category, normalize
from urllib.parse import parse_qs, urlsplit

from bot.core.message import Message
from bot.core.pattern import later
from bot.core.quote import newest
from bot.core.stated import stated
from bot.marketplaces.amazon import place
from bot.marketplaces.amazon.tables import Tables, key
from bot.marketplaces.contract import Notification, plain
from bot.words import say

# [0-9] and not \d, which takes full-width and Arabic digits too.
ORDER = later(r"\b[0-9]{3}-[0-9]{7}-[0-9]{7}\b")

_ITEM = later(
    r"^[ \t]*([0-9]{1,4}) ?(?:/|of/sur|of|von|di|de|sur) ?(.{1,500}?) ?\[ASIN: ?([A-Z0-9]{10})\]", re.M)
_TITLE = later(r"^(?:Item|Articolo|Article|Artikel|Artículo) ?: ?(.{1,500})$", re.M)    # of an inquiry
_ASIN = later(r"^ASIN ?: ?([A-Z0-9]{10})\b", re.M)
_CLIENT = later(r"^(?:Client|Customer|Buyer|Kunde|Cliente) ?: ?(.{1,80})$", re.M)
_ADDRESSED = later(
    r"(?:e-?mail (?:à|a|to|an|para)|E-Mail an|correo electrónico a|mensaje a) (.{1,80}?)(?: ?\(.{0,40}\)?)?$", re.I)
_TOKEN = later(r"\[commMgrTok: ?([A-Z0-9]{8,20})\]")
_PRE = "-o-pre-wrap"    # marks the one block of Amazon's HTML that holds the buyer's words, in every language
_DASHED = later(r"-{5,}.{0,200}")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d"), "-")
_NOT_ASCII = later(r"[^\x00-\x7f]")
_NUMERIC_DAY = later("[0-9][/.-][0-9]{1,2}[/.-][0-9]")    # what each of the dates below holds
_US_DATE = later(
    r"\b(?:(?P<english>by|before|until)|avant le|entro il|bis zum|antes del)\s{1,3}(?:the )?"
    r"(?P<one>[0-9]{1,2})[/.-](?P<two>[0-9]{1,2})[/.-][0-9]{2,4}"
    r"(?P<clock>[ ,]{0,2}[0-9]{1,2}(?::[0-9]{2})? ?[AP]M\b)?", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message taken apart: Amazon's words above and below, the buyer's between.

    Attributes:
        said: the buyer's newest words; history, signature and the words for a photo cut.
        own: where Amazon alone can have written a deadline; where nothing parts the two, everything.
        inquiry: the reason that Amazon's customer service gives, where it writes for the buyer.
    """

    above: str
    said: str
    own: str
    language: str = ""
    photo: bool = False
    inquiry: str = ""


def read(message: Message, note: Notification, tables: Tables) -> Notification:
    """Return what a buyer's message says."""
    letter = take_apart(message, tables)
    links = _links(message, tables)
    thread, number = _ids(links.get("no_response_needed", ""))
    base = place.relay_name(message.sender, tables)
    order, held = _order(letter, message)
    aliases = tuple(filter(None, (order, thread, base)))
    holds = (_foreign_reply(message, tables), held, ambiguous(letter.own))
    facts = {"thread": thread, "message": number, "relay": base, "photo": "yes" if letter.photo else "",
             "token": _first(_TOKEN, message.text), "inquiry": letter.inquiry, **_items(letter.above),
             **_mentioned(letter, order)}
    return replace(
        note, reference=order, aliases=aliases, mark=number or _mark(letter, message, order), order=order or None,
        item=_item(letter.above), buyer=_buyer(message, letter, base),
        language=letter.language or tables.languages.get(place.tld(message, tables)), text=letter.said,
        answer_to=_answer_to(message, tables), facts={**note.facts, **facts}, links=links,
        stated=stated(letter.own, place.zone(message, tables)), held="; ".join(filter(None, holds)),
    )


def read_copy(message: Message, note: Notification, tables: Tables) -> Notification:
    """Return what the copy of the seller's own message says; its words state no deadline and want no answer."""
    said = read(message, note, tables)
    named = _ADDRESSED.search(plain(message.subject))
    return replace(said, buyer=named[1].strip() if named else None, answer_to="", stated=(), held="",
                   mark=said.facts.get("message") or told_on(message, message.subject, said.text))


def read_automatic(message: Message, note: Notification, tables: Tables) -> Notification:
    """Return what an absence notice says: it names its case, and nothing in it asks or states anything."""
    said = read(message, note, tables)
    mark = said.facts.get("message") or told_on(message, message.sender, said.text)
    return replace(said, stated=(), held="", mark=mark)


def told_on(message: Message, *words: str) -> str:
    """Return what is equal in every copy of a mail that acts on nothing twice a day: its words, and its day."""
    sent = f"{message.date:%Y-%m-%d}" if message.date else ""
    return sha256(key("\n".join([sent, *words])).encode()).hexdigest()[:16]


# ---- Taking apart ----

def take_apart(message: Message, tables: Tables) -> Letter:
    """Part Amazon's words from the buyer's: by fences, by the HTML block of his, else line by line."""
    letter = (_by_fences(message, tables) or _by_block(message) or _by_inquiry(message, tables)
              or _by_lines(message, tables))
    return _with_photo(letter, message, tables)


def _by_fences(message: Message, tables: Tables) -> Letter | None:
    lines = message.text.splitlines()
    fences = list(_fences(lines))
    begin = next((n for n, labels in fences if labels & tables.begin.keys()), None)
    if begin is None or lines[begin] not in (message.newest or message.text):   # fences of a quoted message
        return None
    ends = [n for n, labels in fences if n > begin and labels & tables.end.keys()]
    end = ends[0] if ends else _foot(lines, begin + 1, tables)
    below = lines[(ends[-1] + 1 if ends else end):]     # behind the last: a buyer may write a fence himself
    above, labels = "\n".join(lines[:begin]), dict(fences)
    return Letter(
        above=above, said=_newest("\n".join(lines[begin + 1:end])), own="\n\n".join([above, *below]),
        language=_language(labels.get(end, set()), tables.end) or _language(labels[begin], tables.begin),
    )


def _fences(lines: list[str]) -> Iterator[tuple[int, set[str]]]:
    """Yield the lines that are fences, with what they say; Canada's say it twice."""
    for number, line in enumerate(lines):
        line = line.strip()
        if len(line) < 200 and line.startswith("-----") and line.endswith("-----"):
            label = line.strip("- \t\xa0()")
            yield number, {key(part) for part in label.split(" / ")}


def _language(labels: set[str], table: Mapping[str, str]) -> str:
    """Return the one language of a fence; Canada's, in two, tells none."""
    told = {table.get(label, "") for label in labels} - {""}
    return told.pop() if len(told) == 1 else ""


def _foot(lines: list[str], start: int, tables: Tables) -> int:
    found = (n for n in range(start, len(lines)) if tables.below.match(plain(lines[n]).strip()))
    return next(found, len(lines))


def _by_block(message: Message) -> Letter | None:
    if _PRE not in message.html:
        return None
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(message.html, "lxml")
    blocks = [block for block in soup.find_all("pre") if _PRE in str(block.get("style", ""))]
    if len(blocks) != 1:
        return None
    said = blocks[0].extract().get_text()
    own = soup.get_text("\n")
    return Letter(above=own, said=_newest(said), own=own)


def _by_inquiry(message: Message, tables: Tables) -> Letter | None:
    """Part what Amazon's customer service hands on: an order, a reason, and the details as the customer told them."""
    lines = [plain(line).strip() for line in message.text.splitlines()]
    order = next((n for n, line in enumerate(lines) if tables.inquiry.match(line)), len(lines))
    start = next((n for n in range(order, len(lines)) if tables.details.match(lines[n])), None)
    if start is None or any(_DASHED.fullmatch(line) for line in lines[order:start]):
        return None
    first, end = tables.details.sub("", lines[start]), _foot(lines, start + 1, tables)
    above = "\n".join(lines[:start])
    why = next((found[1] for line in lines[order:start] if (found := tables.why.match(line))), "")
    said = "\n".join([first, *message.text.splitlines()[start + 1:end]])
    return Letter(above=above, said=said.strip(), own="\n\n".join([above, *lines[end:]]), inquiry=why.strip())


def _by_lines(message: Message, tables: Tables) -> Letter:
    """Part a message without fences: lines at its head that only Amazon writes, and the foot, are cut."""
    whole = message.newest.strip() or message.text.strip()
    lines = whole.splitlines()
    start = next((n for n, line in enumerate(lines) if not _is_above(line, tables)), len(lines))
    said = "\n".join(lines[start:_foot(lines, start, tables)]).strip()
    return Letter(above="\n".join(lines[:start]), said=said, own=whole)


def _is_above(line: str, tables: Tables) -> bool:
    line = plain(line).strip()
    return not line or (len(line) < 600 and tables.above.match(line) is not None)


def _newest(words: str) -> str:
    return newest(words).strip() or words.strip()


def _with_photo(letter: Letter, message: Message, tables: Tables) -> Letter:
    lines = [line for line in letter.said.splitlines() if key(line) not in tables.photo]
    said = "\n".join(lines).strip()
    photo = len(lines) < len(letter.said.splitlines()) or any(
        part.media_type.startswith("image/") for part in message.attachments)
    if not said and not photo:      # never an empty message: better too much of it
        said = (message.newest or message.text).strip()
    return replace(letter, said=said, photo=photo)


# ---- Facts ----

def _order(letter: Letter, message: Message) -> tuple[str, str]:
    """Return the order, and why nothing may leave by itself on its account."""
    found = _first(ORDER, letter.above) or _first(ORDER, message.subject)
    unclean = _unclean(letter.above) | _unclean(message.subject)
    if unclean or (found and "digits_not_plain" in message.flaws):
        return found, say("order_not_clean: the order number {order} is written with foreign characters",
                          order=", ".join(sorted(unclean)) or found)
    quoted = set(ORDER.findall(message.text)) - set(ORDER.findall(letter.said))
    if found or len(quoted) != 1 or ORDER.search(letter.said):
        return found, ""
    order = quoted.pop()
    return order, say("order_in_quote: the order {order} stands only in the quoted history", order=order)


def _unclean(text: str) -> set[str]:
    """Return order numbers that show only once foreign digits, dashes and invisible characters are mended."""
    if text.isascii():
        return set()
    mended = _NOT_ASCII.sub(_mend, normalize("NFKC", text).translate(_DASHES))
    return set(ORDER.findall(mended)) - set(ORDER.findall(text))


def _mend(found: re.Match[str]) -> str:
    char = found[0]
    if char.isdecimal():
        return str(int(char))
    return "" if category(char) == "Cf" else char


def _mentioned(letter: Letter, order: str) -> dict[str, str]:
    """An order that only the buyer names is shown, never linked: a wrong case is worse than none."""
    named = _first(ORDER, letter.said)
    return {"order_mentioned": named} if named and not order else {}


def _items(above: str) -> dict[str, str]:
    found = _ITEM.findall(plain(above))
    if not found:
        return {"asin": _first(_ASIN, above)}
    listed = "\n".join(f"{amount} × {title} [{asin}]" for amount, title, asin in found)
    return {"items": listed, "asin": found[0][2]}


def _item(above: str) -> str | None:
    found = _ITEM.search(plain(above))
    return found[2].strip() or found[3] if found else _first(_TITLE, plain(above)).strip() or None


def _buyer(message: Message, letter: Letter, base: str) -> str | None:
    """The display name is the buyer's only before his own address; one that shows an address is no name."""
    named = message.sender_name.removesuffix("Amazon Marketplace").rstrip(" -")
    own = named if base and "@" not in named and not letter.inquiry else ""
    return own or _first(_CLIENT, plain(letter.above)).strip() or None


def _links(message: Message, tables: Tables) -> dict[str, str]:
    """Label the links; of two alike the last, for the foot comes after the buyer's words."""
    patterns = tables.links["buyer_wrote"].items()
    named = ((next((name for name, pattern in patterns if pattern.search(url)), ""), url)
             for url in message.links if place.is_amazons(place.host(url), tables))
    return {name: url for name, url in named if name}


def _ids(url: str) -> tuple[str, str]:
    """Return the thread's and the message's number; the old layout calls the second `msg`."""
    said = parse_qs(urlsplit(url).query)
    thread, number = (said.get(name, [""])[-1] for name in ("t", "m" if "m" in said else "msg"))
    return thread if thread.isalnum() else "", number if number.isalnum() else ""


def _mark(letter: Letter, message: Message, order: str) -> str:
    """Return what is equal in every copy: the words, about one order.

    Without an order, or without words, only the mail itself can tell a second "Merci" from a copy of the first.
    """
    words = " ".join(plain(letter.said).casefold().split()) if order else ""
    told_by = words or message.content_key or message.message_id or letter.said
    return sha256(told_by.encode()).hexdigest()[:16] if told_by else ""


def _answer_to(message: Message, tables: Tables) -> str:
    ways = (message.reply_to, message.sender)
    return next((address for address in ways if place.is_relay(address, tables)), "")


# ---- What keeps a reply from leaving by itself ----

def _foreign_reply(message: Message, tables: Tables) -> str:
    foreign = message.reply_to and not place.is_amazons(message.reply_to, tables)
    if not foreign and not any(flaw.startswith("reply_to_foreign") for flaw in message.flaws):
        return ""
    return say("reply_to_foreign: answers would go to {address}, outside the marketplace",
               address=message.reply_to or "?")


def ambiguous(own: str) -> str:
    """Name a date that is 3 April or 4 March by who reads it."""
    for found in _US_DATE.finditer(plain(own)) if _NUMERIC_DAY.search(own) else ():
        one, two = int(found["one"]), int(found["two"])
        if found["clock"] or (found["english"] and one != two and max(one, two) <= 12):
            return say("deadline_ambiguous: «{words}» may be read in two ways", words=found[0])
    return ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[found.lastindex or 0] if found else ""
