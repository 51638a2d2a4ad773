"""Marie's deadlines in her calendar: current, stable, and telling nobody who her buyers are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from bot import cli, forgetting
from bot.core.event import Kind
from bot.dating import calendar, keep_calendar
from tests.world import NOW, World, buyer_writes, claim

HOUR = timedelta(hours=1)


def configured(world: World, line: str) -> None:
    path = world.folder / "mailboxes.toml"
    path.write_text(path.read_text("utf-8").replace("[seller]", f"[seller]\n{line}"), "utf-8")
    world.reload()


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    configured(made, 'calendar = "data/deadlines.ics"')
    made.work()
    return made


def file(world: World) -> Path:
    return world.folder / "data" / "deadlines.ics"


def events(world: World) -> list[Any]:
    return list(Calendar.from_ical(file(world).read_bytes()).walk("VEVENT"))


def test_a_deadline_stands_in_the_file_in_the_pass_that_starts_it(world: World) -> None:
    world.hears(buyer_writes())
    [event] = events(world)
    assert event["dtstart"].dt == NOW + 24 * HOUR
    assert str(event["summary"]).startswith("C-1 ") and str(event["summary"]).endswith(", 404-2718281-8284590")
    assert [ring["trigger"].dt for ring in event.walk("VALARM")] == [timedelta(hours=-24), timedelta(hours=-4)]
    why, silence = world.one("deadlines")["why"], world.one("deadlines")["silence"]
    assert str(event["description"]) == f"{why}\n{silence}\nrun_bot.py why C-1"


def test_nobodys_name_address_or_words_stand_in_it(world: World) -> None:
    world.hears(buyer_writes("Ma lampe est cassée, je suis Solène Aubert."), claim(date=NOW))
    told = file(world).read_text("utf-8").replace("\r\n ", "")
    assert len(events(world)) == 2
    for word in ("Jean", "Dupont", "jean_d", "Solène", "cassée", "ébréchée", "jd7k2m9x4q1v8", "@marketplace"):
        assert word not in told


def test_an_answered_deadline_keeps_its_uid_and_a_greater_sequence(world: World) -> None:
    world.hears(buyer_writes())
    [before] = events(world)
    world.now += HOUR
    assert world.says(Kind.SELLER_ANSWERED)
    world.work()
    [after] = events(world)
    assert after["uid"] == before["uid"] and after["sequence"] > before["sequence"]
    assert after["dtstamp"].dt > before["dtstamp"].dt
    assert str(after["summary"]).startswith("Tenue : ") and not after.walk("VALARM")


def test_asked_again_it_is_another_entry(world: World) -> None:
    world.hears(buyer_writes())
    assert world.says(Kind.SELLER_ANSWERED)
    world.now += HOUR
    world.hears(buyer_writes("Et la facture ?", message=2, date=world.now))
    assert len({str(event["uid"]) for event in events(world)}) == 2


def test_an_earlier_due_time_moves_the_same_entry(world: World) -> None:
    world.hears(buyer_writes())
    [before] = events(world)
    world.store.run("UPDATE deadlines SET id = id + 1, due = '2026-11-18T08:00:00Z'")     # as record_deadline does
    read: Any = Calendar.from_ical(calendar(world.store, world.guichet.settings, world.now))
    [after] = read.walk("VEVENT")
    assert (after["uid"], after["dtstart"].dt) == (before["uid"], NOW + 22 * HOUR)


def test_a_cancelled_one_says_so_and_goes_after_thirty_days(world: World) -> None:
    world.hears(buyer_writes())
    assert world.says(Kind.CASE_CLOSED)
    world.work()
    assert [str(event["status"]) for event in events(world)] == ["CANCELLED"]
    world.later(days=31)
    assert events(world) == []


def test_a_missed_one_says_so(world: World) -> None:
    world.hears(buyer_writes())
    world.later(hours=25)
    [event] = events(world)
    assert str(event["summary"]).startswith("Dépassée : ")


def test_it_is_written_only_when_something_happened(world: World) -> None:
    world.hears(buyer_writes())
    before = file(world).stat().st_ino
    world.later(minutes=5)
    assert not keep_calendar(world.guichet, world.now)
    assert file(world).stat().st_ino == before
    file(world).unlink()
    world.work()
    assert len(events(world)) == 1


def test_nothing_is_written_unless_it_is_named(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.work()
    world.hears(buyer_writes())
    assert not list(tmp_path.rglob("*.ics"))


def test_it_is_the_sellers_alone_and_keeps_the_rights_he_gives_it(world: World) -> None:
    world.hears(buyer_writes())
    assert file(world).stat().st_mode & 0o777 == 0o600
    file(world).chmod(0o644)
    world.now += HOUR
    world.hears(claim(date=world.now))
    assert file(world).stat().st_mode & 0o777 == 0o644 and len(events(world)) == 2


def test_a_folder_that_is_gone_is_an_alarm_and_stops_no_mail(world: World) -> None:
    configured(world, "")
    path = world.folder / "mailboxes.toml"
    path.write_text(path.read_text("utf-8").replace("data/deadlines.ics", "gone/deadlines.ics"), "utf-8")
    world.reload()
    world.hears(buyer_writes())
    assert world.rows("cases")
    assert [row["name"] for row in world.rows("alarms", "ended IS NULL")] == ["calendar"]
    assert "gone/deadlines.ics" in world.one("alarms")["sentence"]
    (world.folder / "gone").mkdir()
    world.later(minutes=11)
    assert (world.folder / "gone" / "deadlines.ics").exists()
    assert not world.rows("alarms", "ended IS NULL")


def test_a_forgotten_buyers_order_goes_with_the_next_pass(world: World) -> None:
    world.hears(buyer_writes())
    assert "404-2718281" in file(world).read_text("utf-8")
    assert forgetting.erase(world.store, forgetting.find(world.store, "Jean Dupont"), world.now)
    world.work()
    assert "404-2718281" not in file(world).read_text("utf-8")


def test_a_hostile_reason_starts_no_line_of_its_own(world: World) -> None:
    world.hears(buyer_writes())
    world.store.run("UPDATE deadlines SET why = ?", "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nURL:https://evil.example\n\u2028y")
    world.store.run("UPDATE cases SET order_number = ?", "404\r\nATTACH:https://evil.example")
    told = calendar(world.store, world.guichet.settings, world.now)
    assert told.replace("\r\n ", "").count("\r\nBEGIN:VEVENT") == 1
    assert not any(line.startswith(("URL", "ATTACH")) for line in told.split("\r\n"))


def run(world: World, *arguments: str) -> int:
    return cli.main(["--config", str(world.folder / "mailboxes.toml"), "show", "deadlines", *arguments])


def test_show_deadlines_prints_or_writes_it(world: World, tmp_path: Path, capsysbinary: Any) -> None:
    world.hears(buyer_writes())
    assert run(world, "--ics", "--lang", "fr") == 0
    printed = capsysbinary.readouterr().out
    assert printed.startswith(b"BEGIN:VCALENDAR\r\n") and printed == file(world).read_bytes()
    assert run(world, "--ics", str(tmp_path / "mine.ics"), "--todo", "--lang", "fr") == 0
    assert (tmp_path / "mine.ics").read_bytes().count(b"BEGIN:VTODO") == 1
    assert b"1 entr" in capsysbinary.readouterr().err
    assert run(world, "--ics", str(tmp_path / "gone" / "mine.ics")) == 1
    assert b"gone/mine.ics" in capsysbinary.readouterr().err


def test_mails_of_a_kind_switched_off_ring_for_nobody(world: World) -> None:
    world.configure(policy='[policy.modes]\nbuyer_wrote = "off"')
    configured(world, 'calendar = "data/deadlines.ics"')
    world.hears(buyer_writes())
    [event] = events(world)
    assert not event.walk("VALARM")
