"""The path of everything that happens, on a real database: mails, the clock, the seller's word."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from bot.core.errors import BotError
from bot.core.event import Kind
from bot.core.message import read
from bot.edges import EdgeError
from bot.edges.reader import Reader
from bot.edges.store import Arrival
from bot.edges.templates import PROGRAM
from bot.reading import MOST_ATTEMPTS, read_one, unclaimed
from bot.receiving import receive_maildir
from bot.ticking import LISTED, tick
from tests.world import ITEM, MARIE, NOW, ORDER, RELAY, World, buyer_writes, claim, failed, mail

TABLES = ("cases", "events", "deadlines", "outbox")


def everything(world: World) -> dict[str, object]:
    return {table: world.rows(table) for table in TABLES}


# ---- the way of a mail


def test_mail_becomes_a_case_a_deadline_a_draft_and_a_question(world: World) -> None:
    world.hears(buyer_writes())
    case, deadline = world.one("cases"), world.one("deadlines")
    assert (case["buyer"], case["turn"], case["stage"]) == ("Jean Dupont", "seller", "open")
    assert (deadline["name"], deadline["due"], deadline["state"]) == ("answer", "2026-11-18T10:00:00Z", "open")
    draft, question = world.rows("outbox")
    assert (draft["what"], draft["state"], draft["to_addr"]) == ("reply", "draft", RELAY)
    assert (question["what"], question["state"], question["to_addr"]) == ("question", "ready", MARIE)
    assert draft["body"].strip() in question["body"].replace("  | ", "").replace("  |", "")
    settled = world.one("mails")
    assert (settled["state"], settled["kind"], settled["case_id"]) == ("read", "buyer_wrote", 1)


def test_draft_answers_the_mail_in_its_thread_and_quotes_it(world: World) -> None:
    world.hears(buyer_writes("Où est mon colis ?", number="q1@amazon.example"))
    draft = world.one("outbox", "what = 'reply'")
    assert draft["in_reply_to"] == draft["references_"] == "<q1@amazon.example>"
    assert "> Où est mon colis ?" in draft["body"]
    assert draft["raw"] is None     # its bytes are made when it is released


def test_mail_too_long_to_fetch_is_shelved_with_its_sender_and_subject(world: World) -> None:
    world.store.keep("ventes", [Arrival(folder="INBOX", place="1/1", raw=buyer_writes(), received=NOW, oversize=True)],
                     NOW)
    world.work()
    shelved = world.one("mails")
    assert (shelved["state"], shelved["sender"]) == ("shelved", RELAY)
    assert shelved["reason"].startswith("oversize: ")
    assert "Jean Dupont" in shelved["subject"]
    assert not world.rows("cases")


def test_what_fails_outside_costs_the_mail_no_attempt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.arrives(buyer_writes())
    receive_maildir(world.store, world.guichet.settings.mailboxes[0], NOW)
    world.guichet = replace(world.guichet, given=Reader())
    with monkeypatch.context() as without:
        without.setattr(sys, "executable", "/nowhere/python")
        for _ in range(MOST_ATTEMPTS + 2):
            with pytest.raises(EdgeError):
                read_one(world.guichet, NOW)
    world.work()
    world.guichet.reader.close()
    assert world.one("mails")["state"] == "read"


def test_mail_read_twice_changes_nothing(world: World) -> None:
    world.hears(buyer_writes(number="q1@amazon.example"))
    before = everything(world)
    world.store.run("UPDATE mails SET state = 'kept'")      # as a crash between two transactions would leave it
    world.work()
    assert everything(world) == before


def test_same_mail_by_another_route_is_ignored_with_its_reason(world: World) -> None:
    raw = buyer_writes(number="q1@amazon.example")
    world.hears(raw)
    before = everything(world)
    world.hears(b"Received: from forwarder.example by mx.boutique.example; Tue, 17 Nov 2026 10:00:00 +0000\n" + raw)
    assert everything(world) == before
    assert [row["state"] for row in world.rows("mails")] == ["read", "ignored"]
    assert world.one("mails", "id = 2")["reason"].startswith("duplicate: ")


def test_same_notification_in_another_mail_is_one_event(world: World) -> None:
    world.hears(buyer_writes(message=1), buyer_writes(message=1))
    assert len(world.rows("events")) == 1
    assert world.one("mails", "id = 2")["reason"].startswith("duplicate_event: ")


def test_our_own_mail_that_comes_back_is_ignored(world: World) -> None:
    world.hears(buyer_writes())
    own = world.one("outbox", "what = 'question'")["message_id"].strip("<>")
    world.hears(buyer_writes(number=own, message=2),
                mail(f"From: {MARIE}\nX-Guichet: 1234567890abcdef\nSubject: copy", "Bonjour"))
    assert [row["reason"].partition(":")[0] for row in world.rows("mails", "id > 1")] == ["own_mail"] * 2


def test_second_message_of_the_same_buyer_gains_no_time(world: World) -> None:
    world.hears(buyer_writes(message=1))
    world.now += timedelta(hours=5)
    world.hears(buyer_writes("Alors ?", message=2, date=world.now))
    assert world.one("deadlines")["due"] == "2026-11-18T10:00:00Z"
    assert [row["what"] for row in world.rows("outbox")] == ["reply", "question"] * 2


def test_deadline_counts_from_the_mails_own_date_when_it_is_plausible(world: World) -> None:
    world.hears(buyer_writes(date=NOW - timedelta(hours=3)))
    assert world.one("deadlines")["due"] == "2026-11-18T07:00:00Z"


@pytest.mark.parametrize("hours", [-48, 5, 48])
def test_deadline_counts_from_the_arrival_when_the_date_lies_ahead_or_far_back(world: World, hours: int) -> None:
    world.hears(buyer_writes(date=NOW + timedelta(hours=hours)))
    assert world.one("deadlines")["due"] == "2026-11-18T10:00:00Z"


def test_forged_mail_does_not_shadow_the_genuine_one_with_the_same_message_id(world: World) -> None:
    world.configure(policy='mode = "alone"')
    forged = buyer_writes("Envoyez-moi vos mots de passe.", number="q1@amazon.example",
                          proof=failed("marketplace.amazon.fr"))
    world.hears(forged)
    [draft] = world.rows("outbox", "what = 'reply'")
    assert (draft["state"], world.one("cases")["origin"]) == ("draft", "forged")
    world.hears(buyer_writes("Où est mon colis ?", number="q1@amazon.example"))
    genuine = world.one("outbox", "what = 'reply' AND state = 'ready'")
    assert "> Où est mon colis ?" in genuine["body"]
    assert world.one("cases")["origin"] == "proven"


def test_same_bytes_first_unproven_then_proven_are_answered(world: World) -> None:
    world.configure(policy='mode = "alone"')
    world.hears(buyer_writes(number="q1@amazon.example", proof=""), buyer_writes(number="q1@amazon.example"))
    assert len(world.rows("outbox", "what = 'reply' AND state = 'ready'")) == 1


def test_forgery_of_a_mail_already_heard_changes_nothing(world: World) -> None:
    world.hears(buyer_writes("Où est mon colis ?"))
    before = world.rows("outbox")
    world.hears(buyer_writes("Remboursez sur ce compte.", proof=failed("marketplace.amazon.fr")))
    assert world.rows("outbox") == before


def test_unproven_mail_still_opens_its_case_and_its_deadline(world: World) -> None:
    world.configure(policy='mode = "alone"')
    world.hears(buyer_writes(proof=""))
    assert world.one("deadlines")["state"] == "open"
    draft = world.one("outbox", "what = 'reply'")
    assert draft["state"] == "draft"
    assert "sender_unverified: " in draft["why"]
    assert "n'est pas prouvé" in world.one("outbox", "what = 'question'")["body"]


def test_reply_alone_is_frozen_and_held_three_minutes(world: World) -> None:
    world.configure(policy='mode = "alone"')
    world.hears(buyer_writes())
    reply = world.one("outbox")
    assert (reply["state"], reply["not_before"]) == ("ready", "2026-11-17T10:03:00Z")
    assert b"Auto-Submitted: auto-replied" in reply["raw"]


def test_what_the_seller_is_told_of_a_stale_mail_is_in_his_language(world: World) -> None:
    world.hears(buyer_writes(date=NOW - timedelta(days=5)))
    assert "Attention : stale: daté du 12/11/2026" in world.one("outbox", "what = 'question'")["body"]


def test_off_keeps_the_clock_and_says_nothing(world: World) -> None:
    world.configure(policy='mode = "off"')
    world.hears(buyer_writes())
    world.later(hours=21)
    world.later(hours=4)
    assert world.one("deadlines")["state"] == "missed"
    assert world.rows("outbox") == []


def test_shadow_writes_down_what_it_would_do_and_writes_nothing_to_the_buyer(world: World) -> None:
    world.configure(policy='mode = "shadow"')
    world.hears(buyer_writes())
    [decision] = json.loads(world.one("events")["decided"])
    assert (decision["action"], decision["mode"]) == ("reply", "shadow")
    assert world.rows("outbox") == []


# ---- what is not read


def test_mail_that_stops_the_program_is_shelved_after_three_attempts(world: World) -> None:
    world.arrives(buyer_writes())
    receive_maildir(world.store, world.guichet.settings.mailboxes[0], world.now)
    for _ in range(MOST_ATTEMPTS):
        assert world.store.next_mail()      # the process is killed at work, three times
    assert read_one(world.guichet, world.now)
    shelved = world.one("mails")
    assert shelved["state"] == "shelved"
    assert shelved["reason"].startswith("poison: ")
    assert not read_one(world.guichet, world.now)


def test_claim_that_names_no_number_still_makes_a_case_and_starts_its_clock(world: World) -> None:
    world.hears(claim().replace(f"340118725/{ITEM}".encode(), b"").replace(f" ({ITEM})".encode(), b""))
    assert world.one("mails")["state"] == "read"
    assert world.one("cases")["reference"].startswith("mail-")
    assert world.one("deadlines")["name"] == "propose_solution"


def test_broken_mail_stops_no_other(world: World) -> None:
    world.hears(b"\xff\xfe\x00 nothing of a mail", buyer_writes())
    assert [row["state"] for row in world.rows("mails")] == ["shelved", "read"]


@pytest.mark.parametrize(("headers", "state", "code"), [
    ("From: MAILER-DAEMON@mx.boutique.example\nSubject: Undelivered", "shelved", "bounce"),
    ("From: news@shop.example\nList-Id: <news.shop.example>\nSubject: Soldes", "ignored", "list_mail"),
    ("From: jean@home.example\nAuto-Submitted: auto-replied\nSubject: Absent", "ignored", "auto_submitted"),
    (f"From: {MARIE}\nSubject: Re: [C-1]", "shelved", "from_seller"),
    ("From: jean@home.example\nSubject: Bonjour", "shelved", "unknown_sender"),
])
def test_mail_nobody_claims_is_kept_with_the_reason(world: World, headers: str, state: str, code: str) -> None:
    raw = mail(headers, "Bonjour")
    world.hears(raw)
    settled = world.one("mails")
    assert (settled["state"], settled["reason"].partition(":")[0]) == (state, code)
    assert unclaimed(read(raw), world.guichet.seller)[0] == state
    assert world.rows("cases") == world.rows("outbox") == []


# ---- the first look


@pytest.fixture
def old(tmp_path: Path) -> World:
    """Marie's shop before its first look: what lies in the mailbox is old."""
    return World(tmp_path)


def test_one_case_found_at_the_first_look_is_asked_as_a_question(old: World) -> None:
    old.hears(buyer_writes())
    [told] = old.to_marie()
    assert told["what"] == "question"
    assert "D-1" in told["body"]


def test_several_cases_found_at_the_first_look_are_told_in_one_mail(old: World) -> None:
    old.hears(buyer_writes(), claim())
    [told] = old.to_marie()
    assert told["what"] == "digest"
    assert ORDER in told["body"]
    assert ITEM in told["body"]
    assert len(old.rows("outbox", "what = 'reply' AND state = 'draft'")) == 2


def test_a_first_look_that_finds_many_cases_lists_the_most_urgent_and_counts_the_others(old: World) -> None:
    old.hears(*(claim(item=str(871204000 + number)) for number in range(LISTED)), buyer_writes())
    [told] = old.to_marie()
    assert f"{LISTED + 1} affaires en cours" in told["subject"]
    assert "Et 1 autre affaire en cours, moins urgente :" in told["body"]
    urgent = sorted(old.rows("cases"), key=lambda row: (row["next_due"], row["id"]))
    listed = [int(number) for number in re.findall(r"(?m)^C-([0-9]+)  ", told["body"])]
    assert listed == [row["id"] for row in urgent[:LISTED]]


def begins_to_look(world: World, looked: datetime | None) -> None:
    """Stand for a folder on a server whose first look began, and ended or not."""
    world.store.set_folder("ventes", "INBOX", uidvalidity=1, last_uid=0, cold_below=100, looked=looked)


def test_a_first_look_that_goes_on_is_told_of_when_it_ends(old: World) -> None:
    begins_to_look(old, None)
    old.hears(buyer_writes(), claim())
    assert old.to_marie() == []
    begins_to_look(old, old.now)
    old.work()
    assert [row["template"] for row in old.to_marie()] == ["catch_up"]


def test_a_first_look_that_was_broken_off_is_told_of_all_the_same(old: World) -> None:
    begins_to_look(old, None)
    old.hears(buyer_writes(), claim())
    old.later(minutes=11)
    assert [row["template"] for row in old.to_marie()] == ["catch_up"]


def test_cases_older_than_max_age_are_only_counted(old: World) -> None:
    old.now -= timedelta(days=10)
    old.arrives(buyer_writes(date=old.now))
    old.now = NOW
    old.hears(claim())
    [told] = old.to_marie()
    assert "1 affaire plus ancienne" in told["body"]
    assert ORDER not in told["body"]
    assert ITEM in told["body"]


def test_nobody_is_reminded_of_a_case_before_the_catch_up_told_it(old: World) -> None:
    old.arrives(claim(), buyer_writes())
    receive_maildir(old.store, old.guichet.settings.mailboxes[0], old.now)
    assert read_one(old.guichet, old.now)
    assert not tick(old.guichet, old.now + timedelta(hours=50))
    assert old.to_marie() == []


def test_nothing_of_the_first_look_is_sent_alone(old: World) -> None:
    old.configure(policy='mode = "alone"')
    old.hears(buyer_writes())
    assert old.one("outbox", "what = 'reply'")["state"] == "draft"
    assert "cold_start: " in old.one("outbox", "what = 'reply'")["why"]


def test_catch_up_is_written_once(old: World) -> None:
    old.hears(buyer_writes(), claim())
    old.work()
    assert len(old.to_marie()) == 1


def test_an_empty_first_look_ends_the_cold_start(world: World) -> None:
    world.hears(buyer_writes(), claim())
    assert [row["what"] for row in world.to_marie()] == ["question", "question"]
    assert [row["cold"] for row in world.rows("mails")] == [0, 0]


def test_what_arrives_after_a_first_look_at_old_mail_is_new(old: World) -> None:
    old.hears(claim())
    old.hears(buyer_writes())
    assert [row["cold"] for row in old.rows("mails")] == [1, 0]
    assert [row["what"] for row in old.to_marie()] == ["question", "question"]


# ---- the clock


def test_each_rung_is_told_once(world: World) -> None:
    world.hears(claim())            # three days: the question comes before any rung
    told = []
    for _ in range(71):
        world.later(hours=1)
        told.append(len(world.to_marie("reminder")))
    assert (told[46], told[47], told[66], told[67], told[-1]) == (0, 1, 1, 2, 2)


def test_rung_already_passed_is_part_of_the_question(world: World) -> None:
    world.hears(buyer_writes())     # 24 hours, and a rung at 24 hours
    assert [row["what"] for row in world.to_marie()] == ["question"]
    world.later(hours=19)
    assert len(world.to_marie("reminder")) == 0
    world.later(hours=1)
    assert len(world.to_marie("reminder")) == 1


def test_missed_deadline_is_told_once(world: World) -> None:
    world.hears(buyer_writes())
    for _ in range(3):
        world.later(hours=25)
    assert world.one("deadlines")["state"] == "missed"
    [told] = world.to_marie("notice")
    assert told["template"] == "missed"


def test_mail_that_comes_too_late_tells_its_missed_deadline_in_the_question(world: World) -> None:
    world.now += timedelta(hours=30)
    raw = buyer_writes(date=NOW)
    (world.folder / "mail" / "new" / f"{int(NOW.timestamp())}.M000001.late").write_bytes(raw)
    world.work()
    assert world.one("deadlines")["state"] == "missed"
    [told] = world.to_marie()
    assert "Dépassée" in told["body"]


def test_snooze_silences_every_rung_but_the_last(world: World) -> None:
    world.hears(claim())
    world.says(Kind.SNOOZED, until="2026-11-25T10:00:00Z")
    world.later(hours=49)
    assert world.to_marie("reminder") == []
    world.later(hours=20)
    assert len(world.to_marie("reminder")) == 1


def test_snooze_that_ends_lets_the_rung_be_told(world: World) -> None:
    world.hears(claim())
    world.says(Kind.SNOOZED, until="2026-11-19T12:00:00Z")
    world.later(hours=49)
    assert world.to_marie("reminder") == []
    world.later(hours=1)
    assert len(world.to_marie("reminder")) == 1


def test_quiet_hours_keep_a_rung_for_the_morning(world: World) -> None:
    world.configure(policy='quiet_hours = "21:00-08:00"')
    world.now += timedelta(hours=12)                # 23:00 in Paris
    world.hears(claim(date=world.now))
    assert len(world.to_marie("question")) == 1     # a question is no reminder: it is there to be found
    world.later(hours=49)                           # midnight: the rung of 24 hours has passed
    assert world.to_marie("reminder") == []
    world.later(hours=7, minutes=59)
    assert world.to_marie("reminder") == []
    world.later(minutes=1)
    assert len(world.to_marie("reminder")) == 1


def test_last_rung_breaks_the_quiet_hours_when_the_morning_is_too_late(world: World) -> None:
    world.configure(policy='quiet_hours = "21:00-08:00"')
    world.now += timedelta(hours=20)                # 07:00 in Paris
    world.hears(buyer_writes(date=world.now))
    world.later(hours=20)                           # 03:00: due at 07:00, before the quiet ends
    assert len(world.to_marie("reminder")) == 1


def test_nobody_is_reminded_once_it_is_the_buyers_move(world: World) -> None:
    world.hears(claim())
    world.says(Kind.DRAFT_APPROVED, draft=1)        # handed: a page where only Marie can click
    world.says(Kind.SELLER_ANSWERED, draft=1)
    for _ in range(4):
        world.later(hours=24)
    assert [row["what"] for row in world.to_marie()] == ["question"]
    assert world.one("deadlines")["state"] == "met"


# ---- the seller's word


def test_approving_twice_has_one_effect(world: World) -> None:
    world.hears(buyer_writes())
    assert world.says(Kind.DRAFT_APPROVED, draft=1)
    before = everything(world)
    assert not world.says(Kind.DRAFT_APPROVED, draft=1)
    assert everything(world) == before
    released = world.one("outbox", "id = 1")
    assert released["state"] == "ready"
    assert b"Auto-Submitted" not in released["raw"]     # a person said yes


def test_discarding_a_draft_leaves_the_deadline_running(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.DRAFT_DISCARDED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "discarded"
    assert world.one("deadlines")["state"] == "open"
    world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "discarded"


def test_closing_cancels_the_deadlines_and_a_new_mail_opens_the_case_again(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.CASE_CLOSED)
    assert (world.one("cases")["stage"], world.one("deadlines")["state"]) == ("closed", "cancelled")
    world.later(hours=30)
    assert len(world.to_marie()) == 1
    world.hears(buyer_writes("Encore moi", message=2, date=world.now))
    assert world.one("cases")["stage"] == "open"
    assert [row["state"] for row in world.rows("deadlines")] == ["cancelled", "open"]


def test_no_reply_needed_cancels_the_deadline_an_answer_would_meet(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.NO_REPLY_NEEDED)
    assert (world.one("cases")["turn"], world.one("deadlines")["state"]) == ("nobody", "cancelled")


# ---- broken words


def break_template(world: World, name: str, text: str = "Subject: x\n\n{{ byuer }}\n") -> None:
    (world.folder / "templates").mkdir(exist_ok=True)
    (world.folder / "templates" / name).write_text(text)


def test_broken_own_template_makes_a_failed_row_and_the_question_still_goes(world: World) -> None:
    break_template(world, "buyer_wrote.reply.fr.txt")
    (world.folder / "templates" / "amazon").mkdir()
    break_template(world, "amazon/buyer_wrote.reply.fr.txt")
    world.configure()
    world.hears(buyer_writes())
    draft, question = world.rows("outbox")
    assert (draft["state"], draft["body"]) == ("failed", "")
    assert "byuer" in draft["error"]
    assert question["state"] == "ready"
    assert "byuer" in question["body"]
    assert world.one("mails")["state"] == "read"


def test_row_without_words_is_never_released(world: World) -> None:
    (world.folder / "templates" / "amazon").mkdir(parents=True)
    break_template(world, "amazon/buyer_wrote.reply.fr.txt")
    world.configure()
    world.hears(buyer_writes())
    with pytest.raises(BotError, match="D-1"):
        world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "failed"


def test_broken_template_of_a_mail_to_the_seller_gives_way_to_the_programs(world: World) -> None:
    break_template(world, "question.fr.txt")
    world.configure()
    world.hears(buyer_writes())
    assert "Ce qu'il écrit" in world.one("outbox", "what = 'question'")["body"]


# ---- words that may not leave by themselves


def own_reply(world: World, text: str) -> None:
    (world.folder / "templates" / "amazon").mkdir(parents=True)
    break_template(world, "amazon/buyer_wrote.reply.fr.txt", text)


def test_blank_in_a_reply_keeps_it_from_leaving_by_itself_and_the_seller_is_asked(world: World) -> None:
    own_reply(world, "Subject: x\n\nBonjour,\n\n[à compléter]\n")
    world.configure(policy='mode = "alone"')
    world.hears(buyer_writes())
    draft, question = world.rows("outbox")
    assert (draft["state"], draft["mode"], draft["not_before"]) == ("draft", "draft", None)
    assert "[à compléter]" in draft["why"]
    assert (question["what"], question["state"]) == ("question", "ready")
    assert "[à compléter]" in question["body"]


def test_blank_stops_the_sending_even_when_it_is_approved(world: World) -> None:
    own_reply(world, "Subject: x\n\nBonjour,\n\n[to fill in]\n")
    world.configure()
    world.hears(buyer_writes())
    with pytest.raises(BotError, match=r"D-1 .*\[to fill in\]"):
        world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "draft"


def test_blank_that_the_buyer_wrote_himself_stops_nothing(world: World) -> None:
    world.hears(buyer_writes(text="Que veut dire [to fill in] ?"))
    world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "ready"


def test_words_to_the_marketplace_never_go_to_the_buyers_address(world: World) -> None:
    own_reply(world, "To: marketplace\nSubject: x\n\nBonjour,\n")
    world.configure(policy='mode = "alone"')
    world.hears(buyer_writes())
    draft, question = world.rows("outbox")
    assert (draft["channel"], draft["state"], draft["raw"]) == ("seller", "handed", None)
    assert "marketplace.amazon" not in draft["to_addr"]
    assert question["what"] == "question"


def test_reply_that_failed_instead_of_leaving_alone_is_asked_about(world: World) -> None:
    own_reply(world, "Subject: x\n\n{{ byuer }}\n")
    world.configure(policy='mode = "alone"')
    world.hears(buyer_writes())
    draft, question = world.rows("outbox")
    assert draft["state"] == "failed"
    assert "byuer" in question["body"]


@pytest.mark.parametrize("mode", ["draft", "alone"])
def test_where_nobody_wrote_words_the_question_goes_without_a_draft(world: World, mode: str) -> None:
    world.configure(policy=f'mode = "{mode}"')
    folder = copytree(PROGRAM, world.folder / "program")
    for path in folder.rglob("buyer_wrote.reply.*"):
        path.unlink()
    world.guichet.templates.folders = [folder]
    world.hears(buyer_writes())
    [question] = world.rows("outbox")
    assert (question["what"], question["state"]) == ("question", "ready")
    assert "approve" not in question["body"]
