"""eBay: members' messages through its relay, and the two requests whose period is known.

notifications.toml says how they look; here the member's words are found in the HTML, and the line without
which eBay bounces an answer.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.core.event import Kind
from bot.core.message import Message
from bot.marketplaces.contract import Marketplace, Notification, plain
from bot.marketplaces.relay import Relay
from bot.words import say

MARKETPLACE = Marketplace.from_folder(__file__)

_LETTER: Mapping[str, str] = tomllib.loads(
    Path(__file__).with_name("notifications.toml").read_text("utf-8"))["letter"]
_LINE = re.compile(_LETTER["reference_line"], re.IGNORECASE)
_LABEL = re.compile(_LETTER["labels"], re.IGNORECASE)
_PHOTO = re.compile(_LETTER["photo"])


@MARKETPLACE.reads
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


MARKETPLACE.reads(Relay.from_folder(__file__).read)     # last: it takes the words from the facts
