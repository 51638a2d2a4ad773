"""`try --anonymise`: a kept mail as one that may be sent on, read by this program as it read the original."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bot import marketplaces
from bot.core import message
from bot.core.anonymise import Whose, anonymise, bare, is_role
from bot.core.clean import UNEXPECTED
from bot.core.errors import UnreadableError
from bot.core.event import Kind
from bot.core.message import Message
from bot.marketplaces.contract import Notification
from bot.settings import Settings
from bot.understanding import understand

_LETTERS = re.compile(r"[^\W\d_]+")
_ANY_WORD = re.compile(r"[^\W_]+")
_TITLES = ("title", "items", "buyer", "name", "seller", "pseudo", "address", "city", "visitor")  # facts of somebody's
# Kinds whose text a person wrote; so did he whom an answer reaches. That of all others is the marketplace's own.
PERSONAL = frozenset({
    Kind.BUYER_WROTE, Kind.QUESTION_ASKED, Kind.NOT_RECEIVED_CLAIMED, Kind.NOT_CONFORMING_CLAIMED, Kind.RETURN_OPENED,
    Kind.CANCELLATION_REQUESTED, Kind.RATING_RECEIVED, Kind.OWN_MESSAGE_COPIED, Kind.AUTO_REPLY_RECEIVED})
# What a reader stumbles over counts, too: that mail is the one to send on.
_UNREAD: tuple[type[Exception], ...] = (UnreadableError, *UNEXPECTED)
_MOST_TEXT = 20_000  # characters
_SEEN_TWICE = 2  # a word of two samples is the marketplace's own; of one it may be somebody's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymised:
    """A mail of nobody. `alike`: this program reads it as it reads the original."""

    raw: bytes
    alike: bool


def anonymous(raw: bytes, settings: Settings, seed: bytes) -> Anonymised:
    """Return the mail less all that tells whose it is.

    As much gives way as may: all that a person wrote, and every word that is not the marketplace's, save those
    without which the mail would be read otherwise. Where even that is not enough, amounts that are sums stay sums,
    the marketplace's words stay in what the person wrote, and at last names that are such words.

    Raises:
        UnreadableError: it cannot be read at all, so that nobody can say where names stand in it.
    """
    seen = message.read(raw)
    note, wanted = _note(seen), _outcome(seen)
    whose = whose_of(seen, note, settings)
    words = _spoken(seen) - (frozenset[str]() if whose.text else whose.kept)

    def is_alike(care: Whose, spared: frozenset[str]) -> bool:
        made = anonymise(raw, replace(care, spared=spared), seed)
        return _outcome(message.read(made)) == wanted

    for care in _cares(whose, seen, note, seed):
        if is_alike(care, words):
            spared = needed(sorted(words), lambda some, care=care: is_alike(care, some))  # type: ignore[misc]
            return Anonymised(raw=anonymise(raw, replace(care, spared=spared), seed), alike=True)
    return Anonymised(raw=anonymise(raw, whose, seed), alike=False)


def needed(words: Sequence[str], is_enough: Callable[[frozenset[str]], bool]) -> frozenset[str]:
    """Return words of which none can be spared, in a few tries each (QuickXplain, Junker 2004).

    `is_enough` holds for all of them, and for more wherever it holds for some.
    """
    return _needed(words, frozenset(), is_enough, grown=True)


def _needed(words: Sequence[str], fixed: frozenset[str], is_enough: Callable[[frozenset[str]], bool], *,
            grown: bool) -> frozenset[str]:
    if grown and is_enough(fixed):
        return frozenset()
    if len(words) == 1:
        return frozenset(words)
    left, right = words[:len(words) // 2], words[len(words) // 2:]
    of_right = _needed(right, fixed | frozenset(left), is_enough, grown=bool(left))
    of_left = _needed(left, fixed | of_right, is_enough, grown=bool(of_right)) if left else frozenset[str]()
    return of_left | of_right


def _spoken(seen: Message) -> frozenset[str]:
    """Return the words that may tell what a mail is; of an endless one only the first."""
    local = seen.sender.rpartition("@")[0]
    return _words([seen.subject, seen.text[:_MOST_TEXT], "" if re.search("[0-9]", local) else local])


def _cares(whose: Whose, seen: Message, note: Notification | None, seed: bytes) -> Iterator[Whose]:
    """Yield how to go about it, the most careful way first."""
    known = bool(note) and note.kind is not Kind.MARKETPLACE_WROTE if note else not _owner(seen)
    first = whose if known else replace(whose, strict=False, kept=whose.kept | _all_words())
    factor = 2 + seed[0] % 8 if seed else 2
    yield first
    yield replace(first, factor=factor)
    yield replace(first, factor=factor, text="")
    spared = tuple(name for name in whose.names if not _words([name]) <= whose.kept)
    yield replace(first, factor=factor, text="", names=spared)


def _note(seen: Message) -> Notification | None:
    try:
        understood = understand(seen)
    except _UNREAD:
        return None
    return understood.note if understood else None


def _outcome(seen: Message) -> tuple[object, ...]:
    """Return what the copy must have in common with the original."""
    try:
        understood = understand(seen)
    except UnreadableError as error:
        return "unread", error.code, error.sentence.partition(" in the mail «")[0]
    except UNEXPECTED as error:
        return "fault", type(error).__name__
    if understood is None:
        return ("unclaimed", _owner(seen))
    note = understood.note
    return (note.marketplace, note.kind, frozenset(note.facts), frozenset(note.links), note.language,
            tuple(stated.words for stated in note.stated),
            tuple(map(bool, (note.order, note.item, note.buyer, note.text, note.answer_to, note.held))))


def _owner(seen: Message) -> str:
    return next((one.name for one in marketplaces.installed() if one.is_sender(seen.sender)), "")


# -- whose it is ---------------------------------------------------------------------------------


def whose_of(seen: Message, note: Notification | None, settings: Settings) -> Whose:
    """Return what is known of the people in a mail, from what was read in it and from the settings."""
    owner = note.marketplace if note else _owner(seen)
    kept = vocabulary(owner) | _label_words(seen, note) if owner else frozenset[str]()
    own = [*settings.seller.notify, *(box.address for box in settings.mailboxes), *_addresses(seen.to)]
    return Whose(
        names=tuple(dict.fromkeys(_names(seen, note, settings, kept))), codes=_codes(note), kept=kept,
        text=note.text if note and (note.kind in PERSONAL or note.answer_to) else "" if owner else seen.text,
        domains=tuple(domain for one in marketplaces.installed() for domain in one.domains),
        own=tuple(dict.fromkeys(domain for address in own if (domain := address.rpartition("@")[2])
                                and not _is_theirs(domain))))


def _is_theirs(domain: str) -> bool:
    return any(one.is_sender(f"x@{domain}") for one in marketplaces.installed())


def _addresses(said: str) -> list[str]:
    return [one.strip() for one in said.split(",") if "@" in one]


def _names(seen: Message, note: Notification | None, settings: Settings, kept: frozenset[str]) -> Iterator[str]:
    if not is_role(seen.sender, kept) or not _owner(seen):
        yield from (word for word in _LETTERS.findall(seen.sender_name) if bare(word) not in kept)
    yield settings.seller.name
    if note is None:
        return
    yield note.buyer or ""
    for said in (note.item or "", *(note.facts.get(name, "") for name in _TITLES)):
        yield from (word for word in _LETTERS.findall(said) if bare(word) not in kept and len(word) > 2)


def _codes(note: Notification | None) -> tuple[str, ...]:
    """Return the numbers and tokens that were read: one word, with a digit in it."""
    if note is None:
        return ()
    said = (note.order or "", note.item or "", note.reference, *note.aliases, *note.facts.values())
    return tuple(code for code in said if re.fullmatch(r"(?=.*[0-9])[\w.-]{4,60}", code)
                 and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", code))


def _label_words(seen: Message, note: Notification | None) -> frozenset[str]:
    """Return the words by which the mail's own label is told: without them the copy would be of another kind."""
    owner = next((one for one in marketplaces.installed() if note and one.name == note.marketplace), None)
    if note is None or owner is None:
        return frozenset()
    label = next((label for label in owner.looks.labels if label.kind is note.kind and label.fits(seen)), None)
    if label is None:
        return frozenset()
    found = [label.subject.search(seen.subject) if label.subject else None,
             label.text.search(seen.text) if label.text else None]
    said = [match[0].rstrip().rpartition("\n")[2] for match in found if match]
    return frozenset(bare(word) for line in said for word in _LETTERS.findall(line))


# -- the marketplaces' own words -----------------------------------------------------------------


def _all_words() -> frozenset[str]:
    return frozenset[str]().union(*(vocabulary(one.name) for one in marketplaces.installed()))


@cache
def vocabulary(name: str) -> frozenset[str]:
    """Return the words that are a marketplace's own, made bare: of its labels, and of two samples at least."""
    folder = Path(marketplaces.__file__).parent / name
    lines = (folder / "notifications.toml").read_text("utf-8").splitlines()
    texts = [line for line in lines if not line.startswith("#")]  # a comment's R9 is no word of a mail's
    labels = _words(texts) | {bare(code) for text in texts for code in _ANY_WORD.findall(text)}
    seen = Counter(word for path in sorted(folder.glob("samples/*.eml")) for word in _sample_words(path))
    return labels | {word for word, count in seen.items() if count >= _SEEN_TWICE}


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(bare(word) for text in texts for word in _LETTERS.findall(text))


def _sample_words(path: Path) -> frozenset[str]:
    """Return the words of a sample less what its buyer wrote and is called."""
    seen = message.read(path.read_bytes())
    beside = path.with_suffix(".toml")
    said = tomllib.loads(beside.read_text("utf-8")) if beside.exists() else {}
    somebodys = " ".join(str(said.get(name, "")) for name in ("text", "buyer", "item"))
    return _words([seen.subject, seen.text]) - _words([somebodys])
