"""The calendar as RFC 5545 wants it, read back by our own eyes and by a library that others use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bot.core.ics import Entry, calendar, duration, fold, text, utc

DUE = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
HOSTILE = [
    "Lampe\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:payez ici", "a\nATTACH:https://evil.example", "a\rURL:x", "a\x85b",
    "a\u2028URL:x", "a\u2029b", "a\x0bb\x0cc\x1cd\x1de\x1ef", "x;y,z\\n\\,", "\x00\x1b[31m", ":=\"'", "\\", "é" * 200,
    "😀" * 80, " leading", "\ttab", "trailing ", "a\\nb",
]


def entry(**more: Any) -> Entry:
    return Entry(**{"uid": "c1-answer-0@x.guichet", "due": DUE, "stamp": DUE - timedelta(days=1), "sequence": 3,
                    "summary": "C-1", **more})


def made(*entries: Entry, **more: Any) -> str:
    return calendar(entries, name="Guichet", language="fr", **more)


def parsed(*entries: Entry, **more: Any) -> list[Any]:
    return list(Calendar.from_ical(made(*entries, **more)).walk("VTODO" if more.get("todo") else "VEVENT"))


def unfolded(told: str) -> list[str]:
    return told.replace("\r\n ", "").split("\r\n")


def test_an_open_deadline_is_an_event_with_its_alarms() -> None:
    [event] = parsed(entry(summary="C-1 Un acheteur vous écrit, 404-1", description="a + b\nsinon ; rien",
                           alarms=(timedelta(hours=24), timedelta(minutes=90))))
    assert event["dtstart"].dt == DUE and "dtend" not in event
    assert (str(event["uid"]), event["sequence"], str(event["status"])) == ("c1-answer-0@x.guichet", 3, "CONFIRMED")
    assert event["dtstamp"].dt == DUE - timedelta(days=1)
    assert str(event["summary"]) == "C-1 Un acheteur vous écrit, 404-1"
    assert str(event["description"]) == "a + b\nsinon ; rien"
    rings = event.walk("VALARM")
    assert [ring["trigger"].dt for ring in rings] == [timedelta(hours=-24), timedelta(minutes=-90)]
    assert all(str(ring["action"]) == "DISPLAY" and ring["description"] for ring in rings)


@pytest.mark.parametrize(("state", "event", "task"), [
    ("open", "CONFIRMED", "NEEDS-ACTION"), ("met", "CONFIRMED", "COMPLETED"), ("missed", "CONFIRMED", "NEEDS-ACTION"),
    ("cancelled", "CANCELLED", "CANCELLED")])
def test_what_has_ended_says_so_and_rings_no_more(state: str, event: str, task: str) -> None:
    one = entry(state=state, ended=DUE, alarms=(timedelta(hours=4),))
    [as_event], [as_task] = parsed(one), parsed(one, todo=True)
    assert (str(as_event["status"]), str(as_task["status"])) == (event, task)
    assert len(as_event.walk("VALARM")) == len(as_task.walk("VALARM")) == (state == "open")
    assert ("completed" in as_task) == (state == "met")


def test_a_task_rings_before_it_is_due() -> None:
    [task] = parsed(entry(alarms=(timedelta(hours=4),)), todo=True)
    assert task["due"].dt == DUE
    assert task.walk("VALARM")[0]["trigger"].params["RELATED"] == "END"


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", ["summary", "description", "category", "uid"])
def test_no_text_becomes_a_line_of_its_own(hostile: str, field: str) -> None:
    told = made(entry(**{field: hostile}))
    names = [line.partition(":")[0].partition(";")[0] for line in unfolded(told) if line]
    plain = [line.partition(":")[0].partition(";")[0] for line in unfolded(made(entry(**{field: "x"}))) if line]
    assert names == plain
    assert len(told.splitlines()) == told.count("\r\n")        # nor for a reader that knows other line ends
    assert len(parsed(entry(**{field: hostile}))) == 1


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_every_text_keeps_to_its_line(said: str) -> None:
    value = text(said)
    assert len(value.splitlines()) <= 1
    told = made(entry(description=said or "x"))
    assert told.count("BEGIN:VEVENT\r\n") == 1 and "\n" not in told.replace("\r\n", "")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1))
def test_a_text_is_read_back_as_it_was(said: str) -> None:
    [event] = parsed(entry(summary=said))
    assert str(event["summary"]) == said


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n")))
def test_lines_are_folded_at_75_octets_and_no_letter_is_cut(line: str) -> None:
    folded = fold(line)
    pieces = folded.encode().removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(piece) <= 75 for piece in pieces)
    assert all(piece.decode() for piece in pieces if piece)      # each is UTF-8 by itself
    assert all(piece.startswith(b" ") for piece in pieces[1:])
    assert folded.replace("\r\n ", "") == line + "\r\n"


@pytest.mark.parametrize("length", [73, 74, 75, 76, 149, 150])
def test_the_octets_are_counted_and_not_the_letters(length: int) -> None:
    for letter in "aé€😀":
        assert all(len(piece.encode()) <= 75 for piece in fold(letter * length).split("\r\n"))
    assert fold("a" * 75) == "a" * 75 + "\r\n" and fold("a" * 76) == "a" * 75 + "\r\n a\r\n"


def test_the_head_says_what_it_is() -> None:
    lines = made().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert {"VERSION:2.0", "PRODID:-//Guichet//Guichet//FR", "METHOD:PUBLISH"} <= set(lines)


@pytest.mark.parametrize(("span", "said"), [
    (timedelta(hours=24), "PT24H"), (timedelta(minutes=90), "PT90M"), (timedelta(seconds=1), "PT1S"),
    (timedelta(), "PT0S"), (timedelta(days=3), "PT72H")])
def test_a_length_of_time_is_written_as_the_standard_has_it(span: timedelta, said: str) -> None:
    assert duration(span) == said


def test_instants_are_told_in_utc() -> None:
    assert utc(datetime.fromisoformat("2026-10-25T02:30:00+02:00")) == "20261025T003000Z"
