"""What the bot cannot know is left blank in a draft, and marked: nothing leaves before the seller filled it in."""

from __future__ import annotations

BLANKS = {
    "fr": "[à compléter]",
    "en": "[to fill in]",
    "de": "[bitte ergänzen]",
    "it": "[da completare]",
    "es": "[por completar]",
}


def blank_in(words: str) -> str:
    """Return the first mark that still stands in the words; empty when they are complete.

    What is quoted below them is another's, and may hold anything.
    """
    own = "\n".join(line for line in words.splitlines() if not line.startswith(">"))
    return min((mark for mark in BLANKS.values() if mark in own), key=own.find, default="")
