"""What a marketplace folder must say of itself, and how its mails are read.

A folder holds `notifications.toml` (how its mails look), `rules.toml` (what it demands), `samples/` (what proves both),
an `__init__.py` with `MARKETPLACE = Marketplace.from_folder(__file__)`, and a `reading.py` with
`LOOKS = Looks.from_folder(__file__, …)` and the few functions for what patterns cannot say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.deadline import Stated
from bot.core.errors import UnreadableError
from bot.core.event import Kind
from bot.core.message import Message

if TYPE_CHECKING:
    from bot.marketplaces.terms import Terms

__all__ = ["Label", "Looks", "Marketplace", "Notification", "Pattern", "Reader", "UnreadableError"]


class Pattern:
    """A regular expression of a data file, without regard to case, line by line, for what `plain` returns.

    It is compiled when it is first looked for: a mail meets few of the hundreds. Where all that it can find has the
    same piece in it, that is sought first, which takes a tenth of the time.
    """

    def __init__(self, said: str) -> None:
        self.said = said

    @cached_property
    def piece(self) -> str:
        return _piece(self.said)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.said, re.IGNORECASE | re.MULTILINE)

    def search(self, text: str) -> re.Match[str] | None:
        if not self.piece:
            self.__dict__["search"] = self.compiled.search      # from now on asked at once
        elif self.piece not in small(text):
            return None
        return self.compiled.search(text)


_NO_SIGN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEATED = re.compile(r".(?:[?*+]|\{[0-9,]*\})", re.DOTALL)
_RUN = re.compile("[a-z ,':-]{4,}")


def _piece(said: str) -> str:
    """Return the longest run of small letters that all a pattern finds has in it; empty where that is open.

    What stands in brackets of any kind is left out, and so is a sign that may stand there or not.
    """
    bare, depth = "", 0
    for sign in _NO_SIGN.sub("\0", said):
        depth += sign == "("
        bare += "\0" if depth else sign
        depth -= sign == ")"
    if "|" in bare or "[]" in said or "[^]" in said:
        return ""
    return max(_RUN.findall(_REPEATED.sub("\0", bare)), key=len, default="")


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


Reader = Callable[[Message, Notification], Notification]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How one kind's mails are told: every pattern given must be found. Rows stand in running order.

    Attributes:
        said: what the first group of `text` must say, such as the words after "Réclamation :".
        hints: pieces in small ASCII letters of which every subject that fits has one, sought before its pattern;
            empty where nobody knows any.
        says: facts that the label tells by itself; what is read out of the mail beats them.
    """

    kind: Kind
    seen: str
    subject: Pattern | None = None
    text: Pattern | None = None
    sender: Pattern | None = None
    links: Pattern | None = None
    automatic: Pattern | None = None
    headers: Mapping[str, Pattern] = field(default_factory=dict)
    said: Pattern | None = None
    says: Mapping[str, str] = field(default_factory=dict)
    hints: tuple[str, ...] = ()

    def fits(self, message: Message) -> bool:
        """Say whether every pattern is found; what is short is looked at first."""
        if self.hints and not self._is_hinted(message):
            return False
        if self.sender and not self.sender.search(message.sender):
            return False
        if self.automatic and not self.automatic.search(message.automatic):
            return False
        if self.headers and not self._is_headed(message):
            return False
        return self._is_worded(message)

    def _is_worded(self, message: Message) -> bool:
        if self.subject and not self.subject.search(plain(message.subject)):
            return False
        if self.links and not self.links.search("\n".join(message.links)):
            return False
        return not self.text or self._says(_first_said(self.text, plain(message.text)))

    def _is_headed(self, message: Message) -> bool:
        return all(pattern.search(message.headers.get(name, "")) for name, pattern in self.headers.items())

    def _is_hinted(self, message: Message) -> bool:
        return any(map(small(message.subject).__contains__, self.hints))

    def _says(self, found: str | None) -> bool:
        return found is not None and (not self.said or bool(self.said.search(found)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How one marketplace's mails are read: patterns first, a function where patterns fall short."""

    labels: tuple[Label, ...]
    facts: Mapping[Kind, Mapping[str, Pattern]]
    required: Mapping[Kind, tuple[str, ...]]
    readers: tuple[Reader, ...]

    @classmethod
    def from_folder(cls, file: str, *readers: Reader, labels: tuple[Label, ...] = ()) -> Looks:
        """Read the notifications.toml beside a file; a bad one is a programming error and raises at import.

        Args:
            readers: what adds to a notification what patterns cannot say, in running order.
            labels: those of a folder that words them in its own way.
        """
        said = looks(file)
        kinds = {Kind(name): kind for name, kind in said.get("kind", {}).items()}
        return cls(
            labels=labels or tuple(_label({**row, **each}) for row in said["label"] for each in row.get("each", ({},))),
            facts={kind: _patterns(said.get("facts", {}) | row.get("facts", {})) for kind, row in kinds.items()},
            required={kind: tuple(row.get("required", ())) for kind, row in kinds.items()},
            readers=readers)


@dataclass(kw_only=True)
class Marketplace:
    """One marketplace. People read its `title`.

    What it demands is for the program that decides, how its mails look for the child that reads them: each is loaded
    when it is first asked for, and neither has both.
    """

    name: str
    folder: Path
    title: str
    domains: tuple[str, ...]

    @classmethod
    def from_folder(cls, init_file: str) -> Marketplace:
        """Read the head of a folder's notifications.toml; a bad one is a programming error and raises at import."""
        folder = Path(init_file).parent
        head, _, _ = (folder / "notifications.toml").read_text("utf-8").partition("\n[")
        said = tomllib.loads(head)
        return cls(name=folder.name, folder=folder, title=said["title"], domains=tuple(said["domains"]))

    @cached_property
    def looks(self) -> Looks:
        """How its mails look, and the functions that read them: LOOKS of the folder's reading.py."""
        found: Looks = import_module(f"{__package__}.{self.name}.reading").LOOKS
        return found

    @cached_property
    def terms(self) -> Terms:
        """What it demands and allows: its rules.toml."""
        from bot.marketplaces.terms import Terms

        return Terms.from_folder(self.folder)

    @cached_property
    def version(self) -> str:
        """Return what tells its data files from others."""
        files = [(self.folder / name).read_text("utf-8") for name in ("notifications.toml", "rules.toml")]
        return sha256("\0".join(files).encode()).hexdigest()[:12]

    def is_sender(self, address: str) -> bool:
        """Say whether an address is one of this marketplace's, by its whole domain, never by a part of it."""
        domain = address.rpartition("@")[2].lower()
        return domain.endswith(self.domains) and f".{domain}".endswith(tuple(f".{ours}" for ours in self.domains))

    def recognise(self, message: Message) -> Kind | None:
        """Return what kind of notification this is, or None if it is not ours.

        A mail of ours with a label nobody knows is `marketplace_wrote`: never guessed into a kind that acts.
        """
        if not self.is_sender(message.sender):
            return None
        unknown = None if message.automatic else Kind.MARKETPLACE_WROTE
        return next((label.kind for label in self.looks.labels if label.fits(message)), unknown)

    def label(self, message: Message, kind: Kind) -> Label | None:
        """Return the first row of a kind that fits: where the kind was recognised, the row it was recognised by."""
        return next((label for label in self.looks.labels if label.kind is kind and label.fits(message)), None)

    def parse(self, message: Message, kind: Kind) -> Notification:
        """Return what the notification says; raise UnreadableError naming the missing fact."""
        text = plain(message.text)
        found = {name: match for name, pattern in self.looks.facts.get(kind, {}).items()
                 if (match := _first_group(pattern.search(text) or pattern.search(plain(message.subject))))}
        label = self.label(message, kind)
        found = {**(label.says if label else {}), **found}
        note = Notification(marketplace=self.name, kind=kind, reference="", mark="", facts=found)
        for reader in self.looks.readers:
            note = reader(message, note)
        said = {**note.facts, "reference": note.reference}
        for fact in self.looks.required.get(kind, ()):
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


# What `re.IGNORECASE` takes for an ASCII letter, beside the two of it.
_TWINS = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}
_TWIN = re.compile(f"[{''.join(_TWINS)}]")


def small(text: str) -> str:
    """Return `plain(text)` in small letters: words in ASCII stand in it wherever a pattern would find them."""
    return _made_small(text) if len(text) > _LINE else _line_made_small(text)


def _small(text: str) -> str:
    same = plain(text)
    return same.lower() if same.isascii() else _TWIN.sub(lambda found: _TWINS[found[0]], same).lower()


_made_small = lru_cache(maxsize=8)(_small)
_line_made_small = lru_cache(maxsize=64)(_small)


def _alike(text: str) -> str:
    for one, same in _SAME:  # str.translate takes a hundred times as long
        text = text.replace(one, same)
    return text


_made_alike = lru_cache(maxsize=8)(_alike)
_line_made_alike = lru_cache(maxsize=64)(_alike)


@lru_cache(maxsize=16)   # many rows of one marketplace ask the same of a mail
def _first_said(pattern: Pattern, text: str) -> str | None:
    """Return the first group that a pattern finds, stripped; None where it finds nothing."""
    match = pattern.search(text)
    return _first_group(match) if match else None


def _first_group(match: re.Match[str] | None) -> str:
    return next((group.strip() for group in match.groups() if group), "") if match else ""


_loaded = lru_cache(maxsize=2)(tomllib.loads)     # a folder's readers ask for the same file


def looks(init_file: str) -> Mapping[str, Any]:
    """Return what the notifications.toml beside a file says; nobody changes it."""
    return _loaded(Path(init_file).with_name("notifications.toml").read_text("utf-8"))


@cache   # rows that say the same share it
def pattern(said: str) -> Pattern:
    """Return what a data file's pattern looks for, without regard to case, line by line."""
    return Pattern(said)


def _patterns(said: Mapping[str, str]) -> dict[str, Pattern]:
    return {name: pattern(each) for name, each in said.items()}


def _label(row: Mapping[str, Any]) -> Label:
    return Label(
        kind=Kind(row["kind"]),
        seen=row["seen"],
        subject=pattern(row["subject"]) if "subject" in row else None,
        text=pattern(row["text"]) if "text" in row else None,
        sender=pattern(row["sender"]) if "sender" in row else None,
        links=pattern(row["links"]) if "links" in row else None,
        automatic=pattern(row["automatic"]) if "automatic" in row else None,
        headers=_patterns(row.get("headers", {})),
        said=pattern(row["said"]) if "said" in row else None,
        says=row.get("says", {}),
    )
