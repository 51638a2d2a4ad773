"""The reading that light marketplaces share: somebody's words, sent on through an address made for him.

What a folder's mails look like stands under [relay] in its notifications.toml; nothing here names a
marketplace. `LOOKS = Looks.from_folder(__file__, Relay.from_folder(__file__).read)` is all its reading.py needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from bot.core.deadline import Stated
from bot.core.event import Kind
from bot.core.message import Message
from bot.core.pattern import later
from bot.core.quote import newest
from bot.core.stated import stated
from bot.marketplaces.contract import Notification, looks, plain
from bot.words import say

__all__ = ["Relay"]

# Where a person writes: without a pattern for his words, all that is new in the mail is taken for them.
_WRITTEN = frozenset({Kind.BUYER_WROTE, Kind.QUESTION_ASKED, Kind.DOCUMENTS_DEMANDED, Kind.MARKETPLACE_WROTE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """How one marketplace sends people's words on.

    Attributes:
        address: an address whose mails somebody wrote; the part before the @ is his name there, the fact `relay`.
        answers: whether an answer to that address reaches him; otherwise the seller answers in his account.
        name: facts that the sender's display name tells, such as `buyer`.
        cases: rows of names; the first row that is known in full names the case. Beside facts: `day`, the mail's.
        aliases: rows of names by which a mail without the first of `cases` finds its case. Only what never
            names two matters: a wrong case is worse than a new one.
        subject: facts that the subject alone may tell, such as an order that a body full of words must not.
        links: what a link is called that a person might open; each pattern names the whole host.
        languages: words that tell the mail's language, in running order.
        zone: the clock a stated hour means.
    """

    address: re.Pattern[str] | None = None
    answers: bool = False
    name: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    cases: tuple[tuple[str, ...], ...] = ()
    aliases: tuple[tuple[str, ...], ...] = ()
    subject: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    links: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    languages: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    zone: str = "Europe/Paris"

    @classmethod
    def from_folder(cls, init_file: str) -> Relay:
        """Read [relay] of a folder's notifications.toml; a bad one is a programming error and raises at import."""
        said = looks(init_file)["relay"]
        return cls(
            address=_pattern(said["address"]) if "address" in said else None, answers=said.get("answers", False),
            zone=said.get("zone", "Europe/Paris"), name=_patterns(said, "name"), subject=_patterns(said, "subject"),
            links=_patterns(said, "links"), languages=_patterns(said, "languages"),
            cases=_rows(said, "cases"), aliases=_rows(said, "aliases"),
        )

    def read(self, message: Message, note: Notification) -> Notification:
        """Add to a notification who wrote, what, in which matter, and where an answer goes.

        A fact named `said` is the person's words, and becomes the text.
        """
        way = self._way(message)
        said = self._said(message, note)
        facts = self._believed(message, note, said) | {"relay": way.partition("@")[0]}
        known = facts | {"day": f"{message.date:%Y-%m-%d}" if message.date else ""}
        names = _filled(self.cases, known)
        return replace(
            note, reference=next(iter(names), ""), aliases=tuple(_filled(self.aliases, known)), mark=_mark(message),
            order=facts.get("order"), item=facts.get("item"), buyer=facts.get("buyer"),
            language=self._language(message), text=said, answer_to=way if self.answers else "", facts=facts,
            links=self._links(message), stated=self._stated(message, note, said), held=note.held or self._held(message),
        )

    def _is_relay(self, address: str) -> bool:
        return bool(self.address and self.address.search(address))

    def _way(self, message: Message) -> str:
        return next((way for way in (message.reply_to, message.sender) if self._is_relay(way)), "")

    def _held(self, message: Message) -> str:
        """A mail that wants its answers elsewhere may be a trap: a person looks first."""
        if not self.answers or not message.reply_to or self._is_relay(message.reply_to):
            return ""
        return say("reply_to_stranger: the mail wants its answers at {address}, which is no relay of this marketplace",
                   address=message.reply_to)

    def _said(self, message: Message, note: Notification) -> str:
        said = note.facts.get("said", "")
        if not said:
            return message.newest.strip() if note.kind in _WRITTEN else ""
        at = plain(message.text).find(said)     # his own apostrophes, not those made alike for matching
        return newest(message.text[at:at + len(said)] if at >= 0 else said).strip()

    def _believed(self, message: Message, note: Notification, said: str) -> dict[str, str]:
        """Return the facts; what would name the case but stands in the person's words alone is only shown."""
        surely = _found(self.subject, message.subject) | _found(self.name, message.sender_name)
        facts = {name: value for name, value in note.facts.items() if name != "said"}
        naming = {name for row in (*self.cases, *self.aliases) for name in row}
        theirs = _one_line(message.text).replace(_one_line(said), " ", 1) if said else message.text
        theirs = f"{theirs} {message.subject}"
        shown = {f"{name}_mentioned" if name in naming and value not in theirs else name: value
                 for name, value in facts.items()}
        return shown | surely

    def _language(self, message: Message) -> str | None:
        words = plain(f"{message.subject}\n{message.text}")
        return next((language for language, pattern in self.languages.items() if pattern.search(words)), None)

    def _links(self, message: Message) -> dict[str, str]:
        """Label the links; of two alike the last, for the marketplace's own foot comes after a person's words."""
        return {name: url for url in message.links for name, pattern in self.links.items() if pattern.search(url)}

    def _stated(self, message: Message, note: Notification, said: str) -> tuple[Stated, ...]:
        """Only the marketplace's words state a deadline: never where a person writes, nor below his words."""
        if note.kind in _WRITTEN:
            return ()
        return stated(message.text.partition(said)[0] if said else message.text, self.zone)


def _pattern(said: str) -> re.Pattern[str]:
    return later(said, re.IGNORECASE | re.MULTILINE)


def _patterns(said: Mapping[str, Any], table: str) -> dict[str, re.Pattern[str]]:
    return {name: _pattern(pattern) for name, pattern in said.get(table, {}).items()}


def _rows(said: Mapping[str, Any], table: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row.split()) for row in said.get(table, ()))


def _found(patterns: Mapping[str, re.Pattern[str]], text: str) -> dict[str, str]:
    matches = {name: pattern.search(plain(text)) for name, pattern in patterns.items()}
    return {name: next(filter(None, found.groups()), '').strip() for name, found in matches.items() if found}


def _filled(rows: tuple[tuple[str, ...], ...], known: Mapping[str, str]) -> list[str]:
    return ["/".join(known[name] for name in row) for row in rows if all(known.get(name) for name in row)]


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())


def _mark(message: Message) -> str:
    """Return what is equal in every copy, and differs for a second "Merci" on the next day.

    No light marketplace is known to number its messages; the words and the moment they were sent do.
    """
    said = "\n".join((message.subject, _one_line(message.newest), f"{message.date}"))
    return sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
