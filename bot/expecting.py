"""`try --write`: what was read in a sample as the file beside it, in the shape that the walk over all samples reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.core import message
from bot.core.clean import UNEXPECTED
from bot.core.deadline import Stated
from bot.core.errors import BotError
from bot.core.message import Message
from bot.marketplaces.contract import Marketplace, Notification
from bot.understanding import understand
from bot.words import say

# Says neither what was verified nor what is only plausible, so that the walk over the samples fails until a person
# has said it: a file nobody has looked at must not pass for a promise.
UNSEEN = "to be said by whoever adds this sample: which labels were seen in real mail, and which are only plausible?"


class ExpectationError(BotError):
    """An expectation that cannot be written: nobody claims the mail, or there is a file already."""


def write_beside(sample: Path, trusted: frozenset[str], *, force: bool = False) -> Path:
    """Write the expectation of a sample beside it; return its path.

    Raises:
        ExpectationError: no marketplace claims the mail, or the file is there and `force` is not given.
        UnreadableError: the mail cannot be read, or lacks a fact.
        OSError: the sample cannot be read or the file not written.
    """
    said = expectation(sample.read_bytes(), trusted)
    path = sample.with_suffix(".toml")
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(said)
    except FileExistsError as error:
        raise ExpectationError(say("{path} is there already; --force writes over it", path=path)) from error
    return path


def expectation(raw: bytes, trusted: frozenset[str]) -> str:
    """Return what is read in a mail, as TOML."""
    seen = message.read(raw, trusted=trusted)
    try:
        understood = understand(seen)
    except UNEXPECTED as error:
        raise ExpectationError(say("reading the mail «{subject}» failed ({trouble}); nothing is written",
                                   subject=seen.subject, trouble=type(error).__name__)) from error
    if understood is None:
        raise ExpectationError(say("no marketplace claims the mail «{subject}», so there is nothing to expect of it",
                                   subject=seen.subject))
    return "\n".join(_lines(seen, understood.marketplace, understood.note)) + "\n"


def _lines(seen: Message, marketplace: Marketplace, note: Notification) -> Iterator[str]:
    said = {"seen": UNSEEN, "kind": str(note.kind), "origin": str(seen.origin), "reference": note.reference,
            "mark": note.mark, "order": note.order, "item": note.item, "buyer": note.buyer, "language": note.language}
    yield from (f"{name} = {quoted(value)}" for name, value in said.items() if value is not None)
    yield f"text = {quoted(note.text)}"
    yield f"answer_to = {quoted(note.answer_to)}"
    if note.held:
        yield f"held = {quoted(note.held)}"
    yield from _table("facts", note.facts)
    yield from _table("links", note.links)
    rule = next((rule.name for rule in marketplace.terms.rules if rule.kind == note.kind), "respond")
    for stated in note.stated:
        yield from ("", "[[deadlines]]", *_deadline(stated, rule))


def _table(name: str, row: Mapping[str, str]) -> Iterator[str]:
    if row:
        yield from ("", f"[{name}]", *(f"{_key(key)} = {quoted(value)}" for key, value in row.items()))


def _deadline(stated: Stated, rule: str) -> Iterator[str]:
    yield from (f"name = {quoted(rule)}", f"stated = {quoted(stated.words)}")
    if stated.within:
        yield f'within = "{stated.within.amount} {stated.within.unit}"'
    if stated.until:
        yield f"until = {stated.until.isoformat()}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
_UNSAFE = re.compile(r'[\\"\x00-\x1f\x7f]')


def quoted(text: str) -> str:
    """Return a TOML string; one with line ends in it begins on a line of its own, as people read it best."""
    if "\n" not in text:
        return f'"{_UNSAFE.sub(_escaped, text)}"'
    lines = (_UNSAFE.sub(_escaped, line) for line in text.split("\n"))
    return '"""\n' + "\n".join(lines) + '"""'


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], f"\\u{ord(found[0]):04x}")
