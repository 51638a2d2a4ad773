"""Text made fit for a database, a header line and a person's eyes: nothing unstorable, nothing unseen."""

from __future__ import annotations

import re

# what mail libraries were seen to raise on broken mail, all of it documented nowhere
UNEXPECTED: tuple[type[Exception], ...] = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RuntimeError, SyntaxError,
)

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f]")
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ZERO_WIDTH = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2060-\u2064\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
_HIDDEN_BIDI = re.compile(f"[{_BIDI}]")
_HIDDEN_WIDTH = re.compile(f"[{_ZERO_WIDTH}]")
_AT_A_DIGIT = re.compile(f"[0-9][{_BIDI}{_ZERO_WIDTH}]|[{_BIDI}{_ZERO_WIDTH}][0-9]")
# \d takes full-width and Arabic digits too; hyphens that only look like one break order numbers
_ODD_DIGITS = re.compile(r"(?:(?![0-9])\d){2}|\d[\u2010-\u2012\u2212]\d")
_BLANKS = re.compile(r"[ \t\n]+")
# Most text holds none of all this. What is ASCII and printed is dropped at the speed of memory; the accents are looked
# through one by one. Whatever a pattern above could find is in _SUSPECT, or it is no match of theirs.
_PRINTED = bytes([*range(0x20, 0x7F), 0x09, 0x0A])
_SUSPECT = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029{_BIDI}{_ZERO_WIDTH}"
    r"\u2010-\u2012\u2212]|(?![0-9])\d")


def clean(text: str, flaws: set[str]) -> str:
    """Return `text` storable and all visible; what had to be repaired is added to `flaws`.

    Flaws: `control_characters`, `bidi`, `zero_width`, and `digits_not_plain` where a number was
    not written in plain digits and hyphens, so that nobody acts on an order number made right by us.
    """
    if _is_plain(plain := text.replace("\r\n", "\n") if "\r" in text else text):
        return plain
    text = _LINE_ENDS.sub("\n", text)
    if _AT_A_DIGIT.search(text):
        flaws.add("digits_not_plain")
    for pattern, instead, flaw in (
        (_UNSTORABLE, "\ufffd", "control_characters"),
        (_CONTROL, "", "control_characters"),
        (_HIDDEN_BIDI, "", "bidi"),
        (_HIDDEN_WIDTH, "", "zero_width"),
    ):
        text, found = pattern.subn(instead, text)
        if found:
            flaws.add(flaw)
    if _ODD_DIGITS.search(text):
        flaws.add("digits_not_plain")
    return text


def _is_plain(text: str) -> bool:
    """Say whether nothing in `text` could need a repair; a doubt is no."""
    unusual = text.encode("utf-8", "surrogatepass").translate(None, _PRINTED)
    return not unusual or not _SUSPECT.search(unusual.decode("utf-8", "surrogatepass"))


def one_line(text: str, flaws: set[str]) -> str:
    """Return `text` clean and on one line: a name or subject with a line end in it forges headers."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split()) if "  " in text else text.strip()
    text = clean(text, flaws)
    if "\n" in text:
        flaws.add("header_newline")
    return _BLANKS.sub(" ", text).strip()


# A formula, a link, a template's braces, markup: what no person is called.
_NO_NAME = re.compile(r"[<>{}=|@/\\\[\]\"%$#*;:?!]|://|^[^\w(]*$")
_MOST_NAME = 80


def called(name: str | None) -> str:
    """Return a person's name as words to him may use it; empty where nobody is called so, and is better not greeted."""
    said = one_line(name or "", set())
    return "" if len(said) > _MOST_NAME or _NO_NAME.search(said) else said
