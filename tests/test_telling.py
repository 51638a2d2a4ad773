"""The journal: nothing in it changes, and `why` tells from it how a mail became an answer that a server took."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot import marketplaces, pipeline, settling, showing, telling
from bot.cli import main
from bot.core.event import Kind
from bot.core.order import without_tokens
from bot.edges.store import StorageError
from bot.forgetting import erase, find, retire
from tests.world import MARIE, RELAY, World, buyer_writes, claim, mail

TOOK = "250 2.0.0 Ok: queued as 4F2A1"
SQL_ON_EVENTS = ["UPDATE events SET text = ''", "UPDATE events SET rules = 'x'", "DELETE FROM events"]


@pytest.fixture
def answered(world: World) -> World:
    """Jean has asked, Marie has said yes in her terminal, a server said 451 first and took it then."""
    world.configure(language="en", policy="")
    world.hears(buyer_writes())
    world.says(Kind.DRAFT_APPROVED, draft=1)
    leaves(world, settling.later, "451 4.7.1 greylisted, try again")
    leaves(world, settling.sent, TOOK)
    return world


def leaves(world: World, what: object, words: str) -> None:
    """Let a server say this to the next try of D-1."""
    world.now += timedelta(minutes=5)
    world.store.run("UPDATE outbox SET attempts = attempts + 1, state = 'transmitting' WHERE id = 1")
    row = world.store.outbox_row(1)
    assert row and callable(what)
    what(world.guichet, row, words, world.now)


def why(world: World, *words: str) -> int:
    return main(["--config", str(world.folder / "mailboxes.toml"), *words])


# ---- append-only


@pytest.mark.parametrize("sql", SQL_ON_EVENTS)
def test_event_is_never_changed_and_never_removed(answered: World, sql: str) -> None:
    before = answered.rows("events")
    with pytest.raises(StorageError, match="append-only"):
        answered.store.run(sql)
    assert answered.rows("events") == before


@pytest.mark.parametrize("sql", ["UPDATE tries SET answer = '250 ok'", "DELETE FROM tries"])
def test_what_a_server_said_stays(answered: World, sql: str) -> None:
    with pytest.raises(StorageError, match="append-only"):
        answered.store.run(sql)
    assert len(answered.rows("tries")) == 2


def test_forgetting_may_still_erase_and_leaves_the_journal_closed(answered: World) -> None:
    assert erase(answered.store, find(answered.store, "Jean Dupont"), answered.now)
    assert {row["text"] for row in answered.rows("events")} == {""}
    assert {row["clocks"] for row in answered.rows("events")} == {"[]"}
    assert {row["answer"] for row in answered.rows("tries")} == {""}
    with pytest.raises(StorageError, match="append-only"):
        answered.store.run("UPDATE events SET text = 'x'")


def test_texts_of_closed_cases_still_go_with_time(answered: World) -> None:
    answered.says(Kind.CASE_CLOSED)
    assert retire(answered.store, timedelta(days=30), answered.now + timedelta(days=31)) == 1
    assert {row["text"] for row in answered.rows("events")} == {""}


def test_erasing_that_fails_leaves_the_journal_as_it_was_and_closed(answered: World) -> None:
    before = answered.rows("events")
    with pytest.raises(StorageError), answered.store.erasing():
        answered.store.run("UPDATE events SET text = NULL")
    assert answered.rows("events") == before
    assert answered.store.meta("erasing") == ""


# ---- what is written down


def test_event_names_the_version_of_the_rules_that_judged_it(world: World) -> None:
    world.hears(buyer_writes(), claim())
    amazon, rakuten = (marketplaces.named(name) for name in ("amazon", "rakuten_fr"))
    assert amazon and rakuten and amazon.version != rakuten.version
    assert [row["rules"].partition("/")[2] for row in world.rows("events")] == [amazon.version, rakuten.version]
    assert {len(one.version) for one in marketplaces.installed()} == {12}


def test_event_keeps_the_clock_it_started_though_the_deadline_moves_on(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.SELLER_ANSWERED)
    [clock] = json.loads(world.rows("events")[0]["clocks"])
    assert (clock["name"], clock["due"], clock["rule"]) == ("answer", "2026-11-18T10:00:00Z", "A1")
    assert "+ 24 heures =" in clock["why"]


def test_refused_order_names_its_rules_too(world: World) -> None:
    world.hears(buyer_writes())
    with pytest.raises(pipeline.RefusedError):
        world.says(Kind.OFFER_ORDERED, percent="90")
    assert world.rows("events")[-1]["rules"].count("/") == 1


def test_draft_names_its_template_and_the_version_of_its_words(world: World) -> None:
    world.hears(buyer_writes())
    programs = world.one("outbox", "id = 1")
    assert programs["words_from"] == "amazon/buyer_wrote.reply.fr.txt"
    own = world.folder / "templates" / "amazon"
    own.mkdir(parents=True)
    (own / "buyer_wrote.reply.fr.txt").write_text("Subject: {{ subject }}\n\nBonjour.\n", "utf-8")
    world.reload()
    world.hears(buyer_writes(order="404-1111111-1111111", message=2))
    mine = world.rows("outbox", "what = 'reply'")[-1]
    assert mine["words_from"] == "own:amazon/buyer_wrote.reply.fr.txt"
    assert len(mine["words_hash"]) == len(programs["words_hash"]) == 12
    assert mine["words_hash"] != programs["words_hash"]


def test_words_of_the_sellers_own_are_no_templates_any_more(world: World) -> None:
    world.hears(buyer_writes())
    case = world.store.case_by_number(1)
    assert case
    pipeline.order(world.guichet, Kind.DRAFT_EDITED, case, world.now, source="terminal",
                   row=world.store.outbox_row(1), text="Vissez l'ampoule.")
    assert world.one("outbox", "id = 1")["words_from"] == "seller"


def test_each_answer_of_a_server_is_kept(answered: World) -> None:
    assert [(row["try"], row["outcome"], row["answer"], row["at"]) for row in answered.rows("tries")] == [
        (1, "later", "451 4.7.1 greylisted, try again", "2026-11-17T10:05:00Z"),
        (2, "sent", TOOK, "2026-11-17T10:10:00Z")]


# ---- the story


def test_story_goes_from_the_mail_to_the_servers_answer(answered: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(answered, "why", "C-1") == 0
    out = capsys.readouterr().out
    said = ["2026-11-17 11:00  A buyer wrote (mail M-1)", "origin: proven", "| La lampe ne s'allume pas. Que faire ?",
            "clock: answer: ", "+ 24 hours = ", "(rule A1: Amazon seller webinar", "-> reply email draft: ",
            "judged by Guichet 0.1.0, rules ", "Written:", "words: amazon/buyer_wrote.reply.fr.txt (",
            "yes: 2026-11-17 11:00, you, in the terminal", "try 1, 2026-11-17 11:05: to be tried again: 451 4.7.1",
            f"try 2, 2026-11-17 11:10: it has left: {TOOK}"]
    places = [out.find(one) for one in said]
    assert -1 not in places, said[places.index(-1)]
    assert places == sorted(places)


def test_story_is_in_the_sellers_language_unless_another_is_asked_for(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes())
    assert why(world, "why", "C-1") == 0
    assert "Un acheteur vous a écrit (message M-1)" in capsys.readouterr().out
    assert why(world, "why", "C-1", "--lang", "en") == 0
    assert "A buyer wrote (mail M-1)" in capsys.readouterr().out
    assert why(world, "--lang", "en", "why", "C-1") == 0
    assert "A buyer wrote (mail M-1)" in capsys.readouterr().out


def test_why_of_a_draft_tells_of_it_alone(answered: World, capsys: pytest.CaptureFixture[str]) -> None:
    answered.hears(buyer_writes("Et le câble ?", message=2))
    assert why(answered, "why", "D-1") == 0
    out = capsys.readouterr().out
    assert "La lampe ne s'allume pas" in out and "Et le câble" not in out
    assert TOOK in out and "D-2" not in out
    assert out.rstrip().endswith("run_bot.py why C-1")


def test_why_of_a_mail_tells_what_came_of_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes(), mail("From: jean@home.example\nSubject: Bonjour", "x"))
    assert why(world, "why", "M-1") == 0
    assert "run_bot.py why C-1" in capsys.readouterr().out
    assert why(world, "why", "m-2", "--lang", "en") == 0
    out = capsys.readouterr().out
    assert "on the shelf" in out and "unknown_sender: " in out
    assert why(world, "why", "M-2", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["mail", "events", "orders"]
    assert (told["mail"]["state"], told["events"]) == ("shelved", [])


def test_order_by_mail_is_told_with_who_gave_it_and_without_its_token(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes())
    world.answers("ok")
    assert why(world, "why", "C-1", "--lang", "en") == 0
    story = capsys.readouterr().out
    assert "A draft was approved (you, by mail (M-2))" in story
    assert "yes: 2026-11-17" in story.replace("17/11/2026", "2026-11-17")
    assert why(world, "why", "M-2", "--lang", "en") == 0
    out = capsys.readouterr().out
    assert "It was an order of yours: «ok», done" in out and MARIE in out
    assert without_tokens(out + story) == out + story


def test_reply_that_left_alone_says_that_nobody_was_asked(world: World) -> None:
    world.configure(language="en", policy='mode = "alone"')
    world.hears(buyer_writes())
    told = showing.why(world.store, 1)
    assert "your settings let it leave alone" in telling.story(told, world.guichet.seller)


@pytest.mark.parametrize("which", ["C-9", "D-9", "M-9", "X-1", "M-"])
def test_what_there_is_not_is_said_so(world: World, which: str, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes())
    assert why(world, "why", which) == 1
    assert which in capsys.readouterr().err


# ---- the timeline


def test_case_is_shown_with_its_timeline_in_the_order_of_time(
        answered: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(answered, "show", "case", "C-1") == 0
    out = capsys.readouterr().out
    said = ["A buyer wrote (mail M-1)", f"D-1: reply -> {RELAY}", "A draft was approved (you, in the terminal)",
            "D-1: to be tried again: 451", f"D-1: it has left: {TOOK}", "answer: kept in time"]
    assert all(one in out for one in said)
    steps = telling.timeline(showing.why(answered.store, 1))
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)


def test_case_for_scripts_keeps_its_shape_and_gets_a_timeline_only_when_asked(
        answered: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(answered, "show", "case", "C-1", "--json") == 0
    [plain] = json.loads(capsys.readouterr().out)
    assert why(answered, "show", "case", "C-1", "--json", "--timeline") == 0
    [more] = json.loads(capsys.readouterr().out)
    steps = more.pop("timeline")
    assert more == plain
    assert {tuple(step) for step in steps} == {("case", "at", "what", "about", "said")}


def test_every_kind_and_state_has_words() -> None:
    assert not [kind for kind in Kind if telling.kind_of(str(kind)) == str(kind)]
