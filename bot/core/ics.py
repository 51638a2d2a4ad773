"""Deadlines as an iCalendar file (RFC 5545), which every calendar reads and can subscribe to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

OCTETS = 75         # a line's, without its end (RFC 5545, 3.1)
END = "\r\n"
_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")   # what some reader takes for the end of a line
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f]")
_SPECIAL = re.compile(r"[\\;,]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A deadline in the calendar.

    Attributes:
        uid: the same for ever; nobody else's deadline anywhere has it.
        stamp: when it was last changed; sequence: grows with every change.
        state: open, met, missed or cancelled.
        alarms: so long before `due` the calendar rings.
    """

    uid: str
    due: datetime
    stamp: datetime
    sequence: int
    summary: str
    description: str = ""
    category: str = ""
    state: str = "open"
    ended: datetime | None = None
    alarms: tuple[timedelta, ...] = ()


def calendar(entries: Iterable[Entry], *, name: str, language: str, todo: bool = False) -> str:
    """Return the calendar: events, or tasks where `todo` says so."""
    head = [("VERSION", "2.0"), ("PRODID", f"-//Guichet//Guichet//{language.upper()}"), ("CALSCALE", "GREGORIAN"),
            ("METHOD", "PUBLISH"), ("NAME", text(name)), ("X-WR-CALNAME", text(name)),
            ("REFRESH-INTERVAL;VALUE=DURATION", "PT15M"), ("X-PUBLISHED-TTL", "PT15M")]
    body = [line for entry in entries for line in _entry(entry, todo=todo)]
    return "".join(fold(f"{key}:{value}") for key, value in [
        ("BEGIN", "VCALENDAR"), *head, *body, ("END", "VCALENDAR")])


def _entry(entry: Entry, *, todo: bool) -> Iterator[tuple[str, str]]:
    sort = "VTODO" if todo else "VEVENT"
    yield "BEGIN", sort
    yield "UID", text(entry.uid)
    yield "DTSTAMP", utc(entry.stamp)
    yield "LAST-MODIFIED", utc(entry.stamp)
    yield "SEQUENCE", str(entry.sequence)
    yield ("DUE" if todo else "DTSTART"), utc(entry.due)
    yield "SUMMARY", text(entry.summary)
    if entry.description:
        yield "DESCRIPTION", text(entry.description)
    if entry.category:
        yield "CATEGORIES", text(entry.category)
    yield "CLASS", "PRIVATE"
    yield from _state(entry) if todo else [("STATUS", _STATUS[entry.state]), ("TRANSP", "TRANSPARENT")]
    for before in entry.alarms if entry.state == "open" else ():
        yield from _alarm(entry, before, todo=todo)
    yield "END", sort


# An event knows no COMPLETED (3.8.1.11): its summary says what became of it.
_STATUS = {"open": "CONFIRMED", "met": "CONFIRMED", "missed": "CONFIRMED", "cancelled": "CANCELLED"}
_TASK = {"open": "NEEDS-ACTION", "met": "COMPLETED", "missed": "NEEDS-ACTION", "cancelled": "CANCELLED"}


def _state(entry: Entry) -> Sequence[tuple[str, str]]:
    done = [("COMPLETED", utc(entry.ended or entry.stamp)), ("PERCENT-COMPLETE", "100")]
    return [("STATUS", _TASK[entry.state]), *(done if entry.state == "met" else [])]


def _alarm(entry: Entry, before: timedelta, *, todo: bool) -> Sequence[tuple[str, str]]:
    trigger = "TRIGGER;RELATED=END" if todo else "TRIGGER"      # a task has no start to count from
    return [("BEGIN", "VALARM"), ("ACTION", "DISPLAY"), (trigger, f"-{duration(before)}"),
            ("DESCRIPTION", text(entry.summary)), ("END", "VALARM")]


def utc(moment: datetime) -> str:
    """Return an instant as RFC 5545 writes it in UTC: no time zone need be described."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def duration(span: timedelta) -> str:
    """Return a length of time, to the second: PT24H, PT90M, PT1S."""
    seconds = int(span.total_seconds())
    for unit, size in (("H", 3600), ("M", 60)):
        if seconds and seconds % size == 0:
            return f"PT{seconds // size}{unit}"
    return f"PT{seconds}S"


def text(said: str) -> str:
    """Return a text as a value: no line of its own can begin in it, and nothing in it is taken for another property."""
    plain = _CONTROLS.sub("", _LINE_ENDS.sub("\n", said)).encode("utf-8", "replace").decode()
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", plain).replace("\n", "\\n")


def fold(line: str) -> str:
    """Return a line cut into pieces of at most 75 octets, never inside a letter, each with its end."""
    octets, pieces, room = line.encode(), [], OCTETS
    while len(octets) > room:
        cut = room
        while octets[cut] & 0xC0 == 0x80:       # inside a letter
            cut -= 1
        pieces.append(octets[:cut])
        octets, room = octets[cut:], OCTETS - 1
    return (END + " ").join(piece.decode() for piece in [*pieces, octets]) + END
