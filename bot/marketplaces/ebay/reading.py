"""eBay: members' messages through its relay, and the two requests whose period is known.

notifications.toml says how they look; here the member's words are found in the HTML, and the line without
which eBay bounces an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.core.event import Kind
from bot.core.message import Message
from bot.marketplaces.contract import Looks, Notification, looks, plain
from bot.marketplaces.relay import Relay
from bot.words import say

_LETTER: Mapping[str, str] = looks(__file__)["letter"]
_LINE = re.compile(_LETTER["reference_line"], re.IGNORECASE)
_LABEL = re.compile(_LETTER["labels"], re.IGNORECASE)
_PHOTO = re.compile(_LETTER["photo"])


def letter(message: Message, note: Notification) -> Notification:
    """Add the member's words, whether he sent photos, and the line that an answer must quote."""
    if note.kind is not Kind.BUYER_WROTE:
        return note
    lines = _LINE.findall(message.text) or _LINE.findall(message.html)
    words, photo = _page(message.html)
    line = lines[-1] if lines else ""
    facts = {**note.facts, "said": words or _above(message.text), "photo": photo, "reference_line": line}
    return replace(note, facts=facts, held="" if line else say(
        "reference_line_missing: eBay refuses an answer that does not quote its reference line, "
        "and this mail has none"))


def _above(text: str) -> str:
    """Return what stands above eBay's last lines of numbers, in a mail without HTML."""
    lines = plain(text).split("\n")
    end = next((at + 1 for at in range(len(lines) - 1, -1, -1) if _LABEL.match(lines[at])), 0)
    while end and (not lines[end - 1].strip() or _LABEL.match(lines[end - 1])):
        end -= 1
    return "\n".join(text.split("\n")[:end]).strip()


def _page(html: str) -> tuple[str, str]:
    """Return the words of the member's own block, and "yes" if photos stand beside them."""
    if _LETTER["words"] not in html:
        return "", ""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "lxml")
    block = soup.find(id=_LETTER["words"])
    photos = any(_PHOTO.match(str(image.get("src", ""))) and str(image.get("alt", "")).startswith("Attachment")
                 for image in soup.find_all("img"))
    return (block.get_text("\n", strip=True) if block else ""), "yes" if photos else ""


LOOKS = Looks.from_folder(__file__, letter, Relay.from_folder(__file__).read)     # it takes the words from the facts
