"""What a marketplace folder must say of itself, and the reading of its data files.

A folder holds `notifications.toml` (how its mails look), `rules.toml` (what it demands), `samples/`
(what proves both) and an `__init__.py` with `MARKETPLACE = Marketplace.from_folder(__file__)` and
the few readers for what patterns cannot say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.core.around import Limits
from bot.core.deadline import Period, Rule, Stated, Unit
from bot.core.errors import UnreadableError
from bot.core.event import Channel, Kind, Party
from bot.core.linter import Topic, WordsRules
from bot.core.message import Message
from bot.core.money import money
from bot.core.numbers import Answers, Cancellations, Demands

__all__ = ["Label", "Marketplace", "Notification", "Reader", "UnreadableError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A mail whose marketplace and kind are known, and what it says.

    Attributes:
        reference: what the case is kept under: the marketplace's own number for the matter.
        mark: tells this notification from the next of the same kind and case; equal in every copy of it.
        aliases: other names the same matter may go by, the surest first: a thread, a purchase number. A mail
            that brings no reference joins the one case that knows one of them.
        text: what the person wrote; fences, footers and quoted history cut.
        answer_to: where a reply by e-mail may go; empty when this marketplace offers no such way.
        stated: deadlines in the marketplace's own words, never in the buyer's.
    """

    marketplace: str
    kind: Kind
    reference: str
    mark: str
    aliases: tuple[str, ...] = ()
    order: str | None = None
    item: str | None = None
    buyer: str | None = None
    language: str | None = None
    text: str = ""
    answer_to: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    stated: tuple[Stated, ...] = ()
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A rule of the marketplace that starts no clock of ours; it is shown beside those that do."""

    id: str
    says: Mapping[str, str]
    source: str
    read: date


Reader = Callable[[Message, Notification], Notification]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How one kind's mails are told: every pattern given must be found. Rows stand in running order.

    Attributes:
        said: what the first group of `text` must say, such as the words after "Réclamation :".
        says: facts that the label tells by itself; what is read out of the mail beats them.
    """

    kind: Kind
    seen: str
    subject: re.Pattern[str] | None = None
    text: re.Pattern[str] | None = None
    sender: re.Pattern[str] | None = None
    links: re.Pattern[str] | None = None
    automatic: re.Pattern[str] | None = None
    headers: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    said: re.Pattern[str] | None = None
    says: Mapping[str, str] = field(default_factory=dict)

    def fits(self, message: Message) -> bool:
        """Say whether every pattern is found; what is short is looked at first."""
        if self.sender and not self.sender.search(message.sender):
            return False
        if self.automatic and not self.automatic.search(message.automatic):
            return False
        if not all(pattern.search(message.headers.get(name, "")) for name, pattern in self.headers.items()):
            return False
        if self.subject and not self.subject.search(plain(message.subject)):
            return False
        if self.links and not self.links.search("\n".join(message.links)):
            return False
        return not (self.text and not self.text.search(plain(message.text))) and self._says(message)

    def _says(self, message: Message) -> bool:
        if not (self.text and self.said):
            return True
        return bool(self.said.search(_first_group(self.text.search(plain(message.text)))))


@dataclass(slots=True)
class Marketplace:
    """Reads one marketplace's mails: patterns first, a function where patterns fall short."""

    name: str
    domains: tuple[str, ...]
    labels: tuple[Label, ...]
    facts: Mapping[Kind, Mapping[str, re.Pattern[str]]]
    required: Mapping[Kind, tuple[str, ...]]
    rules: tuple[Rule, ...]
    channels: Mapping[str, str]
    notes: tuple[Note, ...] = ()
    words: WordsRules = field(default_factory=WordsRules)
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    guards: Limits = field(default_factory=Limits)
    numbers: Demands = field(default_factory=Demands)
    readers: list[Reader] = field(default_factory=list)
    version: str = ""  # of the data files: other rules have another

    @classmethod
    def from_folder(cls, init_file: str) -> Marketplace:
        """Read a folder's data files; a bad one is a programming error and raises at import."""
        folder = Path(init_file).parent
        files = [(folder / name).read_text("utf-8") for name in ("notifications.toml", "rules.toml")]
        said, demanded = map(tomllib.loads, files)
        kinds = {Kind(name): kind for name, kind in said.get("kind", {}).items()}
        return cls(
            name=folder.name,
            domains=tuple(said["domains"]),
            labels=tuple(_label({**row, **each}) for row in said["label"] for each in row.get("each", ({},))),
            facts={kind: _patterns(said.get("facts", {}) | row.get("facts", {}))
                   for kind, row in kinds.items()},
            required={kind: tuple(row.get("required", ())) for kind, row in kinds.items()},
            rules=tuple(_rule(row) for row in demanded["rule"]),
            notes=tuple(Note(**row) for row in demanded.get("note", ())),
            channels={name: word for name, word in demanded["channels"].items() if isinstance(word, str)},
            limits=demanded["channels"].get("limits", {}),
            words=_words(demanded.get("words", {})),
            guards=_guards(demanded.get("guards", {}), demanded.get("words", {})),
            numbers=_numbers(demanded.get("numbers", {})),
            version=sha256("\0".join(files).encode()).hexdigest()[:12],
        )

    def reads(self, reader: Reader) -> Reader:
        """Register a function that adds to a notification what patterns cannot say."""
        self.readers.append(reader)
        return reader

    def channel(self, kind: Kind, action: str, *, token: bool = False) -> Channel:
        """Return how this marketplace lets us do `action` about a notification of `kind`.

        What goes through the webservice goes to the seller where the shop has no `token` for it.
        """
        channel = Channel(self._way(kind, action)[0])
        return Channel.SELLER if channel is Channel.WEBSERVICE and not token else channel

    def calls(self, kind: Kind, days: Mapping[str, int], *, amicable: bool) -> dict[str, str]:
        """Return what the webservice lets us do about a notification of `kind`, and its own word for each.

        Args:
            days: whole days since the item was `ordered` and `received`, as far as they are known.
            amicable: whether the parties are still among themselves.
        """
        actions = {name.rpartition(".")[2] for name in self.channels}
        ways = {action: self._way(kind, action) for action in sorted(actions)}
        return {action: call for action, (channel, call) in ways.items()
                if channel == Channel.WEBSERVICE and self._allows(call, days, amicable=amicable)}

    def _way(self, kind: Kind, action: str) -> tuple[str, str]:
        """Return a row of the channels: its word, and the webservice's action after it."""
        word, _, call = self.channels.get(f"{kind}.{action}", self.channels.get(action, "seller")).partition(" ")
        return word, call

    def _allows(self, call: str, days: Mapping[str, int], *, amicable: bool) -> bool:
        limits = self.limits.get(call, {})
        if limits.get("amicable") and not amicable:
            return False
        return all(passed <= limits[since] for since, passed in days.items() if since in limits)

    def is_sender(self, address: str) -> bool:
        """Say whether an address is one of this marketplace's, by its whole domain, never by a part of it."""
        domain = address.rpartition("@")[2].lower()
        return domain.endswith(self.domains) and any(
            domain == ours or domain.endswith("." + ours) for ours in self.domains)

    def recognise(self, message: Message) -> Kind | None:
        """Return what kind of notification this is, or None if it is not ours.

        A mail of ours with a label nobody knows is `marketplace_wrote`: never guessed into a kind that acts.
        """
        if not self.is_sender(message.sender):
            return None
        unknown = None if message.automatic else Kind.MARKETPLACE_WROTE
        return next((label.kind for label in self.labels if label.fits(message)), unknown)

    def parse(self, message: Message, kind: Kind) -> Notification:
        """Return what the notification says; raise UnreadableError naming the missing fact."""
        text = plain(message.text)
        found = {name: match for name, pattern in self.facts.get(kind, {}).items()
                 if (match := _first_group(pattern.search(text) or pattern.search(plain(message.subject))))}
        label = next((label for label in self.labels if label.kind is kind and label.fits(message)), None)
        found = {**(label.says if label else {}), **found}
        note = Notification(marketplace=self.name, kind=kind, reference="", mark="", facts=found)
        for reader in self.readers:
            note = reader(message, note)
        said = {**note.facts, "reference": note.reference}
        for fact in self.required.get(kind, ()):
            if not said.get(fact):
                raise UnreadableError(
                    "missing_fact", f"{self.name} {kind}: no {fact!r} in the mail «{message.subject}»")
        own = message.content_key[:16]  # a mail that names no order still makes a case, of its own
        return replace(note, facts={name: value for name, value in note.facts.items() if value},
                       reference=note.reference or next(iter(note.aliases), f"mail-{own}"), mark=note.mark or own)


_SAME = (("\u2019", "'"), ("\u2018", "'"), ("\u00a0", " "), ("\u202f", " "), ("\u2009", " "))


def plain(text: str) -> str:
    """Return `text` with the apostrophes and blanks that mail systems swap made alike, for matching only."""
    if text.isascii():
        return text
    return _made_alike(text) if len(text) > _LINE else _line_made_alike(text)


_LINE = 300  # characters: the lines of a mail must not drive its text out, which every label and fact asks for


def _alike(text: str) -> str:
    for one, same in _SAME:  # str.translate takes a hundred times as long
        text = text.replace(one, same)
    return text


_made_alike = lru_cache(maxsize=8)(_alike)
_line_made_alike = lru_cache(maxsize=64)(_alike)


def _first_group(match: re.Match[str] | None) -> str:
    return next((group.strip() for group in match.groups() if group), "") if match else ""


def _pattern(said: str) -> re.Pattern[str]:
    return re.compile(said, re.IGNORECASE | re.MULTILINE)


def _patterns(said: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: _pattern(pattern) for name, pattern in said.items()}


def _label(row: Mapping[str, Any]) -> Label:
    return Label(
        kind=Kind(row["kind"]),
        seen=row["seen"],
        subject=_pattern(row["subject"]) if "subject" in row else None,
        text=_pattern(row["text"]) if "text" in row else None,
        sender=_pattern(row["sender"]) if "sender" in row else None,
        links=_pattern(row["links"]) if "links" in row else None,
        automatic=_pattern(row["automatic"]) if "automatic" in row else None,
        headers=_patterns(row.get("headers", {})),
        said=_pattern(row["said"]) if "said" in row else None,
        says=row.get("says", {}),
    )


def _period(said: str) -> Period:
    amount, _, unit = said.partition(" ")
    return Period(amount=int(amount), unit=Unit(unit))


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        id=row["id"], kind=Kind(row["kind"]), name=row["name"], who=Party(row["who"]),
        within=_period(row["within"]), source=row["source"], read=row["read"],
        when=row.get("when", {}), met_by=row.get("met_by", ""), silence=row.get("silence", {}),
        others=tuple((_period(other["within"]), other["source"]) for other in row.get("other", ())),
    )


def _words(row: Mapping[str, Any]) -> WordsRules:
    """Return what `[words]` says; a topic nobody knows raises at import."""
    said = dict(row)
    for name in ("forbids", "allows"):
        if name in said:
            said[name] = frozenset(map(Topic, said[name]))
    for name in ("returns", "names"):
        if name in said:
            said[name] = tuple(said[name])
    return WordsRules(**said | {"max_for": tuple(said.get("max_for", {}).items())})


def _guards(said: Mapping[str, Any], words: Mapping[str, Any]) -> Limits:
    return Limits(
        one_answer=frozenset(map(Kind, said.get("one_answer", ()))),
        no_direct_after=frozenset(map(Kind, said.get("no_direct_after", ()))),
        discount_percent=said.get("discount_percent"), received_days=said.get("received_days"),
        ordered_days=said.get("ordered_days"), registered_above=money(said.get("registered_above", "")),
        accepts_sales=said.get("accepts_sales", False),
        customer_service=frozenset(said.get("customer_service", ())),
        rating_reminder=Topic.RATING_REMINDER in words.get("allows", ()))


def _numbers(said: Mapping[str, Any]) -> Demands:
    answers, cancellations = said.get("answers"), said.get("cancellations")
    if answers:
        answers = {**answers, "within": timedelta(hours=_period(answers["within"]).amount)}
    return Demands(
        answers=Answers(**answers) if answers else None,
        cancellations=Cancellations(**cancellations) if cancellations else None,
        on_time=tuple((sort, tuple(names)) for sort, names in said.get("on_time", {}).items()))
