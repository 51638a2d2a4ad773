"""Alarms: what is wrong with the bot itself is told once, again once a day, and once more when it works again."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot.alarming import (
    LOW_DISK,
    Looks,
    buyers_wait,
    end_alarm,
    failed,
    forget_idle,
    raise_alarm,
    standing,
    tell_alarms,
    voice,
    watch_clock,
    watch_disk,
)
from bot.edges import EdgeError
from bot.edges.imap import LoginRefusedError
from bot.edges.store import Arrival, iso
from bot.guichet import Guichet
from bot.sending import send_ready
from bot.settings import load
from bot.writing import bytes_of
from tests.servers.web import Web
from tests.world import MARIE, World, buyer_writes, mail

NAME = "mailbox:ventes"


def told(world: World) -> list[str]:
    """Return the subjects of what she was told, the newest last."""
    tell_alarms(world.guichet, world.now)
    return [row["subject"] for row in world.rows("outbox", "template = 'alarm'")]


def left(world: World) -> None:
    world.store.run("UPDATE outbox SET state = 'sent' WHERE template = 'alarm' AND state = 'ready'")


def passes(world: World, **span: float) -> None:
    world.now += timedelta(**span)


# ---- when it is told


def test_a_refused_log_in_is_told_at_once(world: World) -> None:
    failed(world.guichet, NAME, LoginRefusedError("le serveur refuse"), world.now)
    assert told(world) == ["Guichet : panne – la boîte ventes n'est pas lue"]
    row = world.one("outbox", "template = 'alarm'")
    assert "le serveur refuse" in row["body"]
    assert (row["to_addr"], row["state"], row["what"]) == (MARIE, "ready", "notice")


def test_an_unreachable_mailbox_is_told_after_half_an_hour(world: World) -> None:
    failed(world.guichet, NAME, EdgeError("niemand da"), world.now)
    passes(world, minutes=29)
    failed(world.guichet, NAME, EdgeError("niemand da"), world.now)
    assert told(world) == []
    assert standing(world.store) == []
    passes(world, minutes=1)
    assert len(told(world)) == 1
    assert [row["name"] for row in standing(world.store)] == [NAME]


def test_what_passes_by_itself_is_never_told(world: World) -> None:
    failed(world.guichet, NAME, EdgeError("kurz weg"), world.now)
    passes(world, minutes=10)
    end_alarm(world.guichet, NAME, world.now)
    passes(world, hours=5)
    assert told(world) == []


def test_a_fault_of_our_own_is_told_at_once_and_its_words_are_not(world: World) -> None:
    failed(world.guichet, "thread:reading", ValueError("Jean Dupont"), world.now)
    told(world)
    body = world.one("outbox", "template = 'alarm'")["body"]
    assert "ValueError" in body
    assert "Jean" not in body


def test_it_is_told_once_a_day_while_it_stands_and_once_when_it_works_again(world: World) -> None:
    for _ in range(71):
        failed(world.guichet, NAME, LoginRefusedError("non"), world.now)
        told(world)
        left(world)
        passes(world, hours=1)
    assert len(told(world)) == 3
    assert told(world)[1].startswith("Guichet : toujours en panne")
    end_alarm(world.guichet, NAME, world.now)
    end_alarm(world.guichet, NAME, world.now)
    assert [subject for subject in told(world) if "réparé" in subject] == told(world)[3:]
    assert len(told(world)) == 4
    assert standing(world.store) == []


def test_what_could_not_be_told_in_time_is_not_told_any_more(world: World) -> None:
    failed(world.guichet, NAME, LoginRefusedError("non"), world.now)
    told(world)
    end_alarm(world.guichet, NAME, world.now)
    assert [row["state"] for row in world.rows("outbox", "template = 'alarm'")] == ["discarded"]


def test_one_that_comes_and_goes_does_not_fill_her_mailbox(world: World) -> None:
    for _ in range(60):
        failed(world.guichet, NAME, LoginRefusedError("non"), world.now)
        told(world)
        left(world)
        passes(world, minutes=1)
        end_alarm(world.guichet, NAME, world.now)
        passes(world, minutes=1)
    assert len(told(world)) == 2        # that it broke, that it works: the rest passed by itself


def test_two_alarms_are_two(world: World) -> None:
    raise_alarm(world.guichet, "disk", "voll", world.now)
    raise_alarm(world.guichet, NAME, "weg", world.now)
    assert len(told(world)) == 2
    end_alarm(world.guichet, "disk", world.now)
    assert [row["name"] for row in standing(world.store)] == [NAME]


@pytest.mark.parametrize("name", [NAME, "sending:ventes", "disk", "clock", "clock_back", "thread:reading"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_alarm_has_its_words(tmp_path: Path, language: str, name: str) -> None:
    world = World(tmp_path, language=language)
    world.work()
    raise_alarm(world.guichet, name, "x y z", world.now)
    assert "–" in told(world)[0]
    assert ":" not in told(world)[0].partition("–")[2]
    assert "_" not in told(world)[0]
    left(world)
    end_alarm(world.guichet, name, world.now)
    assert len(told(world)) == 2


# ---- from which mailbox


def with_two(world: World) -> Guichet:
    path = world.folder / "mailboxes.toml"
    smtp = 'smtp = { host = "smtp.boutique.example", port = 465, security = "tls" }\nuser = "u"\npassword_env = "P"\n'
    text = path.read_text().replace('maildir = "mail"\n', f'maildir = "mail"\n{smtp}')
    path.write_text(text.replace("[policy]", '[[mailbox]]\nname = "deux"\naddress = "deux@boutique.example"\n'
                                 f'maildir = "mail"\n{smtp}\n[policy]'))
    return Guichet(load(path), world.store)


def test_an_alarm_leaves_from_another_mailbox_where_the_postbox_is_the_broken_one(world: World) -> None:
    guichet = with_two(world)
    assert voice(guichet).name == "ventes"
    raise_alarm(guichet, "sending:ventes", "weg", world.now)
    assert voice(guichet).name == "deux"
    raise_alarm(guichet, "mailbox:deux", "weg", world.now)
    assert voice(guichet).name == "deux"            # it can still send
    tell_alarms(guichet, world.now)
    rows = world.rows("outbox", "template = 'alarm'")
    assert {(row["mailbox"], row["state"]) for row in rows} == {("deux", "ready")}
    waiting = guichet.store.ready(world.now)
    assert all(b"deux@boutique.example" in bytes_of(guichet, row).partition(b"\r\n")[0] for row in waiting)


def test_with_one_mailbox_it_leaves_from_there_as_soon_as_it_can(world: World) -> None:
    raise_alarm(world.guichet, "sending:ventes", "weg", world.now)
    assert voice(world.guichet).name == "ventes"


def test_an_alarm_nobody_can_end_any_more_ends_in_silence(world: World) -> None:
    world.hears(buyer_writes())
    for name in ("mailbox:vendue", "sending:ventes", NAME, "sending:webservice rakuten_fr"):
        raise_alarm(world.guichet, name, "weg", world.now)
    told(world)
    forget_idle(world.guichet)
    assert [row["name"] for row in standing(world.store)] == ["sending:ventes", NAME]   # a mail to her waits there
    world.store.run("UPDATE outbox SET state = 'sent' WHERE state = 'ready'")
    forget_idle(world.guichet)
    assert [row["name"] for row in standing(world.store)] == [NAME]
    assert not [subject for subject in told(world) if "réparé" in subject]


# ---- the disk


def test_a_disk_nearly_full_is_told_and_its_edge_does_not_flutter(world: World) -> None:
    for free in (LOW_DISK, LOW_DISK - 1, LOW_DISK, LOW_DISK - 1):
        watch_disk(world.guichet, world.now, free)
        told(world)
        left(world)
    assert told(world) == ["Guichet : panne – le disque est presque plein"]
    watch_disk(world.guichet, world.now, LOW_DISK * 2)
    assert len(told(world)) == 2


# ---- the clock


def arrives(world: World, *, ahead: timedelta = timedelta(), received: str | None = None) -> None:
    """Keep a mail that the server took so much ahead of our clock."""
    then = world.now + ahead
    stamp = received or f"from out.example by mx.boutique.example; {format_datetime(then)}"
    raw = f"Received: {stamp}\r\n".encode() + mail("From: X <x@y.example>\nSubject: x", f"{then} {world.now}")
    world.store.keep("ventes", [Arrival(folder="x", place=str(then), raw=raw, received=then)], world.now)


def test_a_clock_behind_the_mail_server_stops_what_goes_to_buyers(world: World) -> None:
    world.hears(buyer_writes())
    draft = world.one("outbox", "what = 'reply'")["id"]
    world.store.run("UPDATE outbox SET state = 'ready' WHERE id = ?", draft)
    arrives(world, ahead=timedelta(minutes=11))
    watch_clock(world.guichet, world.now)
    assert told(world) == ["Guichet : panne – l'horloge n'est pas à l'heure"]
    assert buyers_wait(world.store)
    for _ in send_ready(world.guichet, lambda: world.now):
        pass
    assert world.one("outbox", f"id = {draft}")["error"] == ""
    assert world.one("outbox", f"id = {draft}")["attempts"] == 0
    passes(world, hours=1)
    watch_clock(world.guichet, world.now)
    assert not buyers_wait(world.store)
    assert standing(world.store) == []


@pytest.mark.parametrize("received", ["from x by y; no date", "from x by y",
                                      "from x by y; Tue, 17 Nov 2026 10:00:00 +0000"])
def test_a_date_that_the_topmost_stamp_does_not_confirm_is_no_witness(world: World, received: str) -> None:
    arrives(world, ahead=timedelta(hours=5), received=received)
    watch_clock(world.guichet, world.now)
    assert not buyers_wait(world.store)


def test_a_few_minutes_are_no_alarm(world: World) -> None:
    arrives(world, ahead=timedelta(minutes=9))
    watch_clock(world.guichet, world.now)
    assert told(world) == []


def test_a_clock_that_went_back_is_told_once_and_stops_nothing(world: World) -> None:
    watch_clock(world.guichet, world.now)
    passes(world, days=300)
    watch_clock(world.guichet, world.now)
    passes(world, days=-300)
    for _ in range(3):
        watch_clock(world.guichet, world.now)
    assert told(world) == ["Guichet : panne – l'horloge a reculé"]
    assert not buyers_wait(world.store)
    assert standing(world.store) == []


def test_a_clock_ahead_is_known_when_every_look_brings_only_old_mail(world: World) -> None:
    since = world.now
    for look in range(3):
        passes(world, minutes=1)
        arrives(world, ahead=timedelta(hours=-2, seconds=look))
        assert not buyers_wait(world.store)
        watch_clock(world.guichet, world.now, since)
    assert buyers_wait(world.store)
    passes(world, minutes=1)
    arrives(world)
    watch_clock(world.guichet, world.now, since)
    assert not buyers_wait(world.store)


def test_mails_moved_in_together_and_a_pass_now_and_then_are_no_witness(world: World) -> None:
    since = world.now
    passes(world, minutes=1)
    for look in range(5):
        arrives(world, ahead=timedelta(hours=-2, seconds=look))
    watch_clock(world.guichet, world.now, since)
    for look in range(3):
        passes(world, hours=1)
        arrives(world, ahead=timedelta(minutes=-30, seconds=look))
        watch_clock(world.guichet, world.now)
    assert not buyers_wait(world.store)


# ---- a thread that says nothing


def test_a_mailbox_nobody_looks_at_any_more_is_told_although_nothing_failed(world: World) -> None:
    looks = Looks()
    looks.check(world.guichet, world.now, 0.0)
    passes(world, days=1)       # the machine slept: its own clock did not run
    looks.check(world.guichet, world.now, 60.0)
    assert told(world) == []
    looks.check(world.guichet, world.now, 1799.0)
    assert told(world) == []
    looks.check(world.guichet, world.now, 1801.0)
    assert told(world) == ["Guichet : panne – la boîte ventes n'est pas lue"]


def test_a_mailbox_that_is_looked_at_is_not(world: World) -> None:
    looks = Looks()
    for minute in range(120):
        passes(world, minutes=1)
        world.store.run("UPDATE folders SET looked = ?", iso(world.now))
        looks.check(world.guichet, world.now, minute * 60.0)
    assert told(world) == []


# ---- by another way than mail


def test_an_alarm_also_goes_where_apprise_leads(world: World, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHET_APPRISE", f"json://127.0.0.1:{web.port}/alarm")
    path = world.folder / "mailboxes.toml"
    path.write_text(path.read_text("utf-8") + '\n[alarm]\napprise_env = "GUICHET_APPRISE"\n', "utf-8")
    world.reload()
    failed(world.guichet, "mailbox:ventes", LoginRefusedError("no"), world.now)
    assert tell_alarms(world.guichet, world.now)
    [(asked, body)] = web.asked
    assert asked == "POST /alarm"
    assert b"ventes" in body
