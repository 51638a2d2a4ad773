"""`show` and `why`: the objects people script on, to the key."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot import showing, telling
from bot.cli import main
from bot.core.event import Kind
from tests.world import ITEM, MARIE, ORDER, RELAY, World, buyer_writes, claim, mail

CASE = ["case", "shop", "reference", "order", "item", "buyer", "kind", "stage", "turn", "due", "opened", "origin"]
DEADLINE = ["case", "order", "item", "name", "due", "state", "stated", "rule", "source", "why"]
OUT = ["id", "case", "what", "to", "channel", "state", "subject", "message_id", "why", "error", "attempts",
       "not_before"]
SHELVED = ["mail", "mailbox", "from", "subject", "reason", "received"]


def test_case_is_shown_as_promised(world: World) -> None:
    world.hears(buyer_writes())
    [shown] = showing.cases(world.store)
    assert list(shown) == CASE
    assert shown == {
        "case": "C-1", "shop": "amazon", "reference": ORDER, "order": ORDER, "item": "Lampe de chevet",
        "buyer": "Jean Dupont", "kind": "buyer_wrote", "stage": "open", "turn": "seller",
        "due": "2026-11-18T10:00:00Z", "opened": "2026-11-17T10:00:00Z", "origin": "proven"}


def test_today_shows_what_waits_for_the_seller_the_most_urgent_first(world: World) -> None:
    world.hears(claim(), buyer_writes())
    assert [row["case"] for row in showing.today(world.store)] == ["C-2", "C-1"]
    world.says(Kind.CASE_CLOSED, 2)
    world.says(Kind.SELLER_ANSWERED, 1)
    assert showing.today(world.store) == []
    assert len(showing.cases(world.store)) == 2


def test_case_without_a_running_deadline_comes_last_and_has_no_due(world: World) -> None:
    world.hears(buyer_writes(), claim())
    world.says(Kind.CASE_CLOSED, 1)
    assert [(row["case"], row["due"]) for row in showing.cases(world.store)] == [
        ("C-2", "2026-11-20T10:00:00Z"), ("C-1", None)]


def test_deadline_is_shown_as_promised_the_running_ones_first(world: World) -> None:
    world.hears(buyer_writes(), claim())
    world.later(hours=25)
    running, missed = showing.deadlines(world.store)
    assert list(running) == list(missed) == DEADLINE
    assert (missed["case"], missed["order"], missed["name"], missed["due"], missed["state"], missed["stated"],
            missed["rule"]) == ("C-1", ORDER, "answer", "2026-11-18T10:00:00Z", "missed", False, "A1")
    assert missed["source"].startswith("Amazon seller webinar")
    assert "+ 24 heures =" in missed["why"]
    assert (running["state"], running["item"]) == ("open", ITEM)


def test_outbox_is_shown_as_promised_drafts_too(world: World) -> None:
    world.hears(buyer_writes())
    draft, question = showing.outbox(world.store)
    assert list(draft) == list(question) == OUT
    assert {key: draft[key] for key in ("id", "case", "what", "to", "channel", "state", "error", "attempts",
                                        "not_before")} == {
        "id": "D-1", "case": "C-1", "what": "reply", "to": RELAY, "channel": "email", "state": "draft",
        "error": None, "attempts": 0, "not_before": None}
    assert (question["id"], question["what"], question["to"], question["state"]) == (
        "D-2", "question", MARIE, "ready")


def test_mail_about_several_cases_belongs_to_none(world: World) -> None:
    world.store.run("DELETE FROM folders")      # as before the first look
    world.hears(buyer_writes(), claim())
    [digest] = [row for row in showing.outbox(world.store) if row["what"] == "digest"]
    assert digest["case"] is None


def test_no_subject_shows_an_order_tag(world: World) -> None:
    world.hears(buyer_writes(), claim())
    world.later(hours=25)
    world.later(hours=25)
    world.store.run("UPDATE outbox SET subject = '[C-1 ABCD-EFGH-JKLM] ' || subject WHERE id = 1")
    subjects = [row["subject"] for row in showing.outbox(world.store)]
    assert len(subjects) >= 6
    assert not [subject for subject in subjects if "[" in subject]
    assert all(subjects)


def test_waiting_row_says_until_when_and_one_that_does_not_wait_says_nothing(world: World) -> None:
    world.configure(policy='mode = "alone"')
    world.hears(buyer_writes())
    assert [row["not_before"] for row in showing.outbox(world.store)] == ["2026-11-17T10:03:00Z"]
    world.says(Kind.DRAFT_DISCARDED, draft=1)
    assert [row["not_before"] for row in showing.outbox(world.store)] == [None]


def test_shelf_is_shown_as_promised(world: World) -> None:
    world.hears(mail("From: jean@home.example\nSubject: Bonjour", "x"), b"\xff nothing of a mail")
    known, broken = showing.shelf(world.store)
    assert list(known) == list(broken) == SHELVED
    assert {**known, "reason": known["reason"].partition(":")[0]} == {
        "mail": "M-1", "mailbox": "ventes", "from": "jean@home.example", "subject": "Bonjour",
        "reason": "unknown_sender", "received": "2026-11-17T10:00:00Z"}
    assert (broken["from"], broken["subject"]) == (None, None)


def test_why_tells_what_was_heard_reckoned_decided_and_written(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.DRAFT_APPROVED, draft=1)
    told = showing.why(world.store, 1)
    assert list(told) == ["case", "events", "deadlines", "outbox"]
    mail_, word = told["events"]
    assert list(mail_) == ["at", "kind", "source", "origin", "held", "facts", "text", "decided", "rules",
                           "clocks", "heard", "number"]
    assert (mail_["kind"], mail_["source"], mail_["origin"], mail_["held"]) == ("buyer_wrote", "mail:1", "proven", None)
    assert [decision["action"] for decision in mail_["decided"]] == ["reply", "question"]
    assert (word["kind"], word["source"], word["origin"]) == ("draft_approved", "seller:terminal", None)
    assert word["decided"][0]["draft"] == "D-1"
    assert [row["id"] for row in told["outbox"]] == ["D-1", "D-2"]


def test_story_holds_the_arithmetic_and_the_words_of_the_mail(world: World) -> None:
    world.hears(buyer_writes())
    story = telling.story(showing.why(world.store, 1), world.guichet.seller)
    assert "    | La lampe ne s'allume pas. Que faire ?" in story
    assert "17/11/2026 11:00 + 24 heures = 18/11/2026 11:00" in story
    assert "    -> reply email draft: " in story
    assert f"  D-1  reply -> {RELAY}  draft" in story


def test_story_of_a_clocks_event_claims_no_origin(world: World) -> None:
    world.hears(claim())
    world.later(hours=48)
    near = telling.story(showing.why(world.store, 1), world.guichet.seller).partition("the clock")[2].partition("->")[0]
    assert near
    assert "origin" not in near


def test_table_is_aligned_and_dashes_stand_for_nothing(world: World) -> None:
    rows: list[dict[str, object]] = [{"case": "C-1", "due": None}, {"case": "C-1000", "due": "x" * 70}]
    lines = showing.table(rows, ("case", "due"), lambda text, how: text).splitlines()
    assert lines == ["case    due", "C-1     -", "C-1000  " + "x" * 39 + "…"]


def test_deadlines_of_a_day_long_ago_are_still_shown(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.SELLER_ANSWERED)
    world.now += timedelta(days=400)
    assert [row["state"] for row in showing.deadlines(world.store)] == ["met"]


# ---- a kept mail


def asked(world: World, *words: str) -> int:
    return main(["--config", str(world.folder / "mailboxes.toml"), "show", "mail", *words])


def test_kept_mail_is_shown_as_a_person_reads_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(mail("From: Jean <jean@home.example>\nSubject: Bonjour \x1b[31m", "Une question.\x1b[2J"))
    assert asked(world, "M-1") == 0
    out = capsys.readouterr().out
    assert "  from: jean@home.example\n" in out
    assert "  origin: unproven\n" in out
    assert "  reason: unknown_sender: " in out
    assert out.endswith("\n\nUne question.[2J\n")
    assert "\x1b" not in out


def test_kept_mail_has_its_object_for_scripts(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes())
    assert asked(world, "M-1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["mail", "mailbox", "from", "subject", "received", "state", "reason", "kind", "case", "origin",
                          "origin_why", "text", "attachments"]
    assert (told["mail"], told["case"], told["kind"], told["origin"]) == ("M-1", "C-1", "buyer_wrote", "proven")


def test_raw_mail_is_given_to_the_byte(world: World, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    raw = b"From: jean@home.example\r\nSubject: x\n\n\xff\x00\xfe"
    world.hears(raw)
    assert asked(world, "m-1", "--raw") == 0
    assert capsysbinary.readouterr().out == raw


def test_mail_nobody_can_read_is_shown_with_its_reason(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(b"From: a@b.example\nFrom: c@d.example\n\nBonjour")
    assert asked(world, "M-1") == 0
    assert "  reason: multiple_from: " in capsys.readouterr().out


@pytest.mark.parametrize("which", ["M-99", "C-1", "M-", "M-1x", "mailboxes.toml"])
def test_what_is_no_kept_mail_is_said_so(world: World, which: str, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes())
    assert asked(world, which) == 1
    assert f"There is no mail {which}" in capsys.readouterr().err
