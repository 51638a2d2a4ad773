"""Every sentence of the page has its French, and none is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bot import words
from bot.dashboard import lists, ruling, telling
from bot.words import counter

ROOT = Path(__file__).resolve().parents[2]
SAID = re.compile(r'''\bsay\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')''')


def pages() -> list[Path]:
    found = sorted((ROOT / "bot" / "dashboard" / "pages").glob("*.html"))
    assert found
    return found


def said_by_pages() -> Iterator[str]:
    for page in pages():
        text = page.read_text("utf-8")
        assert len(SAID.findall(text)) + text.count("say(listing.") == text.count("say("), page
        yield from (one or other for one, other in SAID.findall(text))


def said_by_tables() -> Iterator[str]:
    for table in (telling.LABELS, telling.STATES, telling.WHATS, telling.PEOPLE, lists.HEADS, lists.STAGES,
                  lists.CHANNELS, ruling.MODES):
        yield from table.values()
    for listing in lists.LISTS.values():
        yield from (listing.title, listing.nothing)


def test_what_the_page_says_has_its_french() -> None:
    assert not {*said_by_pages(), *said_by_tables()} - set(words.french())


def test_no_sentence_of_the_page_is_left_over() -> None:
    spoken = "".join(path.read_text("utf-8") for path in [*(ROOT / "bot" / "dashboard").glob("*.py"),
                                                          ROOT / "bot" / "cli.py"])
    joined = re.sub(r'"\s*\n\s*"', "", spoken)
    known = {*said_by_pages(), *said_by_tables()}
    assert not [one for one in counter.FRENCH if one not in known and one not in joined]
