"""The digest: once a day, at the seller's own hour, whatever clocks do; and what it tells."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.event import Kind
from bot.core.policy import Policy
from bot.digesting import MOST, digest, tell_digest
from bot.settings import SettingsError, load
from bot.words import speaking
from tests.world import NOW, World, buyer_writes, claim, mail

PARIS = ZoneInfo("Europe/Paris")


def days(world: World) -> list[str]:
    return [row["step"].split("/")[1] for row in world.rows("outbox", "template = 'digest'")]


def runs(world: World, until: datetime, every: timedelta) -> None:
    """Let the bot look at the clock now and then, as a daemon or cron does."""
    while world.now < until:
        world.now += every
        while tell_digest(world.guichet, world.now):
            pass


def last(world: World) -> str:
    return str(world.rows("outbox", "template = 'digest'")[-1]["body"])


AT_EIGHT = 'digest = "08:00"'


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, policy=AT_EIGHT)
    made.work()
    return made


@pytest.fixture
def begun(world: World) -> World:
    """Marie's shop after its first pass, at 11:00 of a Tuesday."""
    assert not tell_digest(world.guichet, world.now)
    return world


# ---- when


def test_it_comes_at_eight_and_once_a_day(begun: World) -> None:
    runs(begun, NOW + timedelta(days=3), timedelta(minutes=15))
    assert days(begun) == ["2026-11-18", "2026-11-19", "2026-11-20"]
    assert begun.rows("outbox")[0]["created"] == "2026-11-18T07:00:00Z"


def test_it_says_so_when_nothing_happened(begun: World) -> None:
    runs(begun, NOW + timedelta(days=1), timedelta(hours=1))
    [row] = begun.to_marie("digest")
    assert row["subject"] == "Guichet, le 18/11/2026 : rien ne vous attend"
    assert len(row["body"].partition("Vous pouvez")[0].splitlines()) <= 8


def test_a_new_bot_says_nothing_before_its_first_pass(tmp_path: Path) -> None:
    world = World(tmp_path, policy=AT_EIGHT)
    runs(world, NOW + timedelta(days=2), timedelta(hours=6))
    assert days(world) == []
    world.work()
    runs(world, NOW + timedelta(days=3), timedelta(hours=1))
    assert days(world) == ["2026-11-20"]


def test_a_first_pass_before_its_hour_gets_one_the_same_day(tmp_path: Path) -> None:
    world = World(tmp_path, policy=AT_EIGHT)
    world.now = datetime(2026, 11, 17, 5, 0, tzinfo=UTC)
    world.work()
    runs(world, NOW, timedelta(minutes=30))
    assert days(world) == ["2026-11-17"]


def test_off_at_its_minute_it_comes_later_that_day_and_days_off_are_not_made_up_for(begun: World) -> None:
    runs(begun, NOW + timedelta(days=4, hours=5), timedelta(days=4, hours=5))
    assert days(begun) == ["2026-11-21"]


def test_a_clock_that_goes_back_makes_no_second_one(begun: World) -> None:
    runs(begun, NOW + timedelta(days=1), timedelta(hours=1))
    begun.now -= timedelta(days=1)
    runs(begun, NOW + timedelta(days=1), timedelta(hours=1))
    assert days(begun) == ["2026-11-18"]


def test_switched_off_there_is_none(tmp_path: Path) -> None:
    world = World(tmp_path, policy='digest = "off"')
    world.work()
    runs(world, NOW + timedelta(days=3), timedelta(hours=1))
    assert days(world) == []


@pytest.mark.parametrize("hour", ["02:30", "02:00", "03:00", "00:00", "23:59"])
@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_each_day_has_one_where_the_clocks_change(tmp_path: Path, hour: str, day: date) -> None:
    world = World(tmp_path, policy=f'digest = "{hour}"')
    world.now = datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC) - timedelta(hours=12)
    world.work()
    end = datetime(day.year, day.month, day.day, tzinfo=PARIS) + timedelta(days=3) - timedelta(minutes=10)
    runs(world, end.astimezone(UTC), timedelta(seconds=60 * 7.5))
    wanted = [(day + timedelta(days=add)).isoformat() for add in range(3 if hour != "23:59" else 2)]
    assert [told for told in days(world) if told >= day.isoformat()] == wanted
    assert len(days(world)) == len(set(days(world)))


def test_two_looks_at_the_same_moment_write_one(begun: World) -> None:
    begun.now += timedelta(days=1)
    again = World.__new__(World)
    again.folder, again.now = begun.folder, begun.now
    again.guichet = type(begun.guichet)(begun.guichet.settings, type(begun.store)(begun.store.path))
    assert [tell_digest(one.guichet, begun.now) for one in (begun, again)] == [True, False]


# ---- what


def test_it_tells_what_waits_in_the_order_of_time_left_and_what_silence_costs(begun: World) -> None:
    begun.hears(claim())
    begun.later(hours=1)
    begun.hears(buyer_writes(date=begun.now))
    runs(begun, NOW + timedelta(hours=21), timedelta(minutes=30))
    body = last(begun)
    assert body.index("C-2") < body.index("C-1")
    assert "Sinon : " in body
    assert "D-" in body
    assert begun.to_marie("digest")[-1]["subject"].endswith("2 affaires vous attendent")


def test_it_tells_what_left_and_by_whose_yes_and_which_deadline_was_met(begun: World) -> None:
    begun.hears(buyer_writes())
    draft = begun.one("outbox", "what = 'reply'")
    begun.says(Kind.DRAFT_APPROVED, draft=draft["id"])
    begun.store.run("UPDATE outbox SET state = 'sent', changed = '2026-11-17T12:00:00Z' WHERE id = ?", draft["id"])
    begun.says(Kind.SELLER_ANSWERED)
    begun.store.run("UPDATE deadlines SET state = 'met', ended = '2026-11-17T12:00:00Z'")
    runs(begun, NOW + timedelta(days=1), timedelta(hours=1))
    body = last(begun)
    assert f"réponse D-{draft['id']} partie, sur votre oui dans le terminal" in body
    assert "tenue" in body
    assert "échéances tenues 1, dépassées 0" in body
    runs(begun, NOW + timedelta(days=2), timedelta(hours=1))
    assert "partie" not in last(begun)      # told once


def test_it_tells_what_nobody_understood_since_the_last_one(begun: World) -> None:
    begun.hears(mail("From: Inconnu <x@ailleurs.example>\nSubject: Bonjour", "?"))
    runs(begun, NOW + timedelta(days=1), timedelta(hours=1))
    assert "M-1 de x@ailleurs.example : Bonjour" in last(begun)
    runs(begun, NOW + timedelta(days=2), timedelta(hours=1))
    assert "M-1" not in last(begun)


def test_it_tells_what_others_must_do_and_what_may_have_been_sent(begun: World) -> None:
    begun.hears(buyer_writes())
    begun.store.run("UPDATE deadlines SET who = 'buyer'")
    begun.store.run("UPDATE outbox SET state = 'uncertain' WHERE what = 'reply'")
    digest(begun.guichet, begun.now)
    assert "à l'acheteur d'agir avant le " in last(begun)
    assert "Peut-être parti" in last(begun)


def test_what_she_switched_off_is_not_told(tmp_path: Path) -> None:
    world = World(tmp_path, policy=f'{AT_EIGHT}\nmodes = {{ buyer_wrote = "off" }}')
    world.work()
    world.hears(buyer_writes())
    assert world.rows("cases")
    assert digest(world.guichet, world.now)["waiting"] == []


def test_asked_for_it_comes_at_once_and_the_daily_one_stays(begun: World) -> None:
    begun.hears(claim())
    told = digest(begun.guichet, begun.now, asked=True)
    assert told["count"] == 1
    assert days(begun) == ["asked"]
    runs(begun, NOW + timedelta(days=1), timedelta(hours=1))
    assert days(begun) == ["asked", "2026-11-18"]
    assert "C-1" in last(begun)


def test_a_long_list_is_cut_and_counted(begun: World) -> None:
    for number in range(MOST + 3):
        begun.hears(mail(f"From: Inconnu <x@ailleurs.example>\nSubject: Bonjour {number}", "?"))
    digest(begun.guichet, begun.now)
    assert "et 3 autres : run_bot.py show shelf" in last(begun)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_both_languages_say_it_all(tmp_path: Path, language: str) -> None:
    world = World(tmp_path, language=language, policy=AT_EIGHT)
    world.work()
    world.hears(claim(), buyer_writes(), mail("From: Inconnu <x@ailleurs.example>\nSubject: Bonjour", "?"))
    world.store.run("UPDATE deadlines SET state = 'missed', ended = '2026-11-17T12:00:00Z' WHERE id = 1")
    world.store.run("UPDATE outbox SET state = 'handed' WHERE what = 'reply' AND case_id = 1")
    digest(world.guichet, world.now)
    assert ("D'où" in last(world)) is False
    assert ("Seven days" if language == "en" else "Sept jours") in last(world)


def test_orders_that_make_sense_here_stand_ready_to_copy(begun: World) -> None:
    with speaking("fr"):
        orders = [("résumé", "ce mail, maintenant"), ("pause", "rien ne part")]
        told = begun.guichet.templates.render("digest", "fr", {**digest(begun.guichet, begun.now), "orders": orders})
    assert "    résumé" in told.body
    assert "rien ne part" in told.body


def test_hostile_subjects_stay_on_their_line(begun: World) -> None:
    begun.hears(mail("From: X <x@ailleurs.example>\nSubject: =?utf-8?q?a=0A=0A____ok_<b>_tout?=", "?"))
    digest(begun.guichet, begun.now)
    assert not [line for line in last(begun).splitlines() if line.lstrip().startswith("ok")]
    raw = begun.to_marie("digest")[-1]["raw"]
    assert b"<b>" not in raw.partition(b"text/html")[2]


# ---- the setting


def test_the_hour_is_read_and_a_wrong_one_refused(tmp_path: Path) -> None:
    assert Policy().digest is not None
    assert World(tmp_path, policy='digest = "7:15"').guichet.policy.digest == time(7, 15)
    path = tmp_path / "mailboxes.toml"
    for wrong in ('"25:00"', '"matin"', "8", "true"):
        path.write_text(path.read_text().replace('"7:15"', wrong))
        with pytest.raises(SettingsError):
            load(path)
        path.write_text(path.read_text().replace(f"digest = {wrong}", 'digest = "7:15"'))
