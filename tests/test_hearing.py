"""Marie answers our mails from her phone: what is obeyed, what is not, and what she is told."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from bot.core.event import Event, Kind
from bot.core.order import Order, tokens, understand, without_tokens
from bot.edges.store import Row
from bot.ordering import Asked, Outcome, carry_out
from bot.pipeline import RefusedError, handle
from tests.world import ITEM, MARIE, World, buyer_writes, claim, failed, mail, passed

TOKEN = re.compile(r"\[(?:C-\d+|Guichet) ((?:[A-Z0-9]{4}-){3}[A-Z0-9]{4})\]")
PAUL = "paul@boutique.example"


@pytest.fixture
def asked(world: World) -> World:
    """A buyer has written, and Marie was sent the question with its draft."""
    world.work()
    world.hears(buyer_writes())
    return world


def token(row: Row) -> str:
    found = TOKEN.search(message_from_bytes(row["raw"], policy=default)["subject"])
    assert found, row["subject"]
    return found[1]


def draft(world: World, number: int = 1) -> Row:
    row = world.store.outbox_row(number)
    assert row
    return row


def told(world: World) -> Row:
    """Return the newest mail to Marie."""
    return world.to_marie()[-1]


# ---- the mark


def test_each_mail_to_her_carries_a_mark_of_its_own_in_subject_and_text(asked: World) -> None:
    sent = message_from_bytes(told(asked)["raw"], policy=default)
    found = TOKEN.search(sent["subject"])
    assert found
    assert found[0].startswith("[C-1 ")
    assert f"[C-1 {found[1]}]" in told(asked)["raw"].decode()


def test_the_database_keeps_no_mark_but_its_hash(asked: World) -> None:
    said = token(told(asked))
    row = told(asked)
    assert said not in row["subject"] + row["body"]
    [kept] = asked.store.rows("SELECT * FROM tokens")
    assert said not in "".join(map(str, kept.values()))
    asked.guichet.store.run("UPDATE outbox SET state = 'transmitting' WHERE id = ?", row["id"])
    from bot.core.action import Move, State
    asked.store.move(Move(draft=row["id"], frm=(State.TRANSMITTING,), to=State.SENT, why=""), asked.now)
    assert said.encode() not in asked.store.path.read_bytes() or asked.one("outbox", f"id = {row['id']}")["raw"] is None


def test_no_mail_to_a_buyer_carries_a_mark(asked: World) -> None:
    asked.answers("ok")
    [row] = asked.rows("outbox", "what = 'reply'")
    assert not TOKEN.search(row["raw"].decode())
    assert not re.search(r"(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}", row["raw"].decode())


# ---- what is obeyed


def test_ok_releases_the_draft_and_is_answered_with_what_leaves_and_where(asked: World) -> None:
    asked.answers("ok")
    assert draft(asked)["state"] == "ready"
    assert "C'est fait" in told(asked)["subject"]
    assert draft(asked)["to_addr"] in told(asked)["body"]


def test_an_order_is_answered_once(asked: World) -> None:
    before = len(asked.to_marie())
    asked.answers("ok")
    asked.work()
    assert len(asked.to_marie()) == before + 1


def test_the_answer_stands_in_the_thread_of_her_mail(asked: World) -> None:
    asked.answers("ok")
    hers = asked.rows("mails")[-1]
    assert told(asked)["in_reply_to"] == hers["message_id"]


def test_non_throws_the_draft_away(asked: World) -> None:
    asked.answers("non")
    assert draft(asked)["state"] == "discarded"


def test_marked_words_leave_at_once_as_they_were_written(asked: World) -> None:
    asked.answers("texte :\nBonjour, la lampe s'allume par l'interrupteur du câble.\nfin\nMarie")
    assert draft(asked)["state"] == "ready"
    assert "la lampe s'allume par l'interrupteur du câble." in draft(asked)["body"]
    assert "Marie" not in draft(asked)["body"].split("\n\n")[0]


def test_unmarked_words_are_shown_back_and_leave_after_a_second_yes_only(asked: World) -> None:
    asked.answers("Bonjour, la lampe s'allume par l'interrupteur du câble.")
    assert draft(asked)["state"] == "draft"
    assert "l'interrupteur du câble" in told(asked)["body"]
    asked.answers("ok")
    assert draft(asked)["state"] == "ready"
    assert "l'interrupteur du câble" in draft(asked)["body"]


def test_a_yes_to_a_mail_that_showed_other_words_shows_the_new_ones_first(asked: World) -> None:
    question = told(asked)
    asked.answers("Bonjour, la lampe s'allume par l'interrupteur du câble.", question)
    asked.later(hours=21)   # the reminder shows the new words, and has a mark of its own
    reminder = asked.to_marie("reminder")[-1]
    asked.answers("Bonjour, essayez une autre ampoule avant tout.", reminder)
    shown = told(asked)
    asked.later(hours=1)
    assert draft(asked)["state"] == "draft"
    asked.answers("ok", shown)
    assert "une autre ampoule" in draft(asked)["body"]
    assert draft(asked)["state"] == "ready"


def test_later_needs_no_more_than_the_mark(asked: World) -> None:
    asked.answers("plus tard 4h", proof="")
    assert asked.one("cases")["snoozed_until"]


def test_a_discount_is_ordered_by_mail(world: World) -> None:
    world.work()
    world.hears(claim())
    world.answers("remise 8 €")
    [row] = world.rows("outbox", "what = 'offer'")
    assert row["state"] == "handed"
    assert row["body"].strip() in told(world)["body"]


def test_pause_and_reprise_move_the_switch(asked: World) -> None:
    from bot.pausing import paused

    asked.answers("pause")
    assert paused(asked.store)
    asked.answers("reprise")
    assert not paused(asked.store)


def test_etat_shows_the_case_and_may_be_answered_with_an_order_about_it(asked: World) -> None:
    asked.answers("état C-1")
    assert "C-1" in told(asked)["subject"]
    asked.answers("ok")
    assert draft(asked)["state"] == "ready"


def test_a_refusal_says_why_and_changes_nothing(world: World) -> None:
    world.work()
    world.hears(claim())
    world.answers("remise 20%")        # no mail says what the item is worth
    assert not world.rows("outbox", "what = 'offer'")
    assert "Refusé" in told(world)["subject"]
    assert "8 EUR" in told(world)["body"]


# ---- what is not


def test_what_is_not_understood_is_answered_with_what_would_be(asked: World) -> None:
    asked.answers("bof")
    assert draft(asked)["state"] == "draft"
    assert "Pas compris" in told(asked)["subject"]
    assert re.search(r"^ +ok$", told(asked)["body"], re.M)
    asked.answers("ok")
    assert draft(asked)["state"] == "ready"


def test_a_robot_that_goes_on_is_not_answered_for_ever(asked: World) -> None:
    for _ in range(10):
        asked.answers("bof")
    assert len(asked.to_marie("notice")) == 3


def test_an_order_never_comes_from_quoted_text(asked: World) -> None:
    asked.answers("> ok")
    assert draft(asked)["state"] == "draft"


@pytest.mark.parametrize("proof", ["", failed("boutique.example")])
def test_words_to_a_buyer_need_a_proven_origin(asked: World, proof: str) -> None:
    asked.answers("ok", proof=proof)
    assert draft(asked)["state"] == "draft"
    assert asked.rows("mails")[-1]["reason"].startswith("sender_unverified")


def test_a_forged_mail_gives_not_even_a_harmless_order(asked: World) -> None:
    asked.answers("plus tard 4h", proof=failed("boutique.example"))
    assert asked.one("cases")["snoozed_until"] is None


def test_a_mark_is_good_for_one_order(asked: World) -> None:
    question = told(asked)
    asked.answers("plus tard 4h", question)
    asked.answers("ok", question)
    assert draft(asked)["state"] == "draft"
    assert asked.rows("mails")[-1]["reason"].startswith("token_used")
    asked.answers("ok")                # the answer brought a fresh one
    assert draft(asked)["state"] == "ready"


def test_a_mark_does_not_live_for_ever(asked: World) -> None:
    question = told(asked)
    asked.later(days=15)
    asked.answers("ok", question)
    assert draft(asked)["state"] == "draft"
    assert asked.rows("mails")[-1]["reason"].startswith("token_expired")


def test_a_mark_is_heard_as_long_as_its_deadline_runs(world: World) -> None:
    world.work()
    world.hears(claim())               # three days
    question = world.to_marie("question")[0]
    world.later(hours=71)
    world.answers("remise 8 €", question)
    assert world.rows("outbox", "what = 'offer'")


def test_a_stranger_with_the_mark_is_not_obeyed_and_she_hears_of_it(asked: World) -> None:
    asked.answers("ok", sender="stagiaire@evil.example", proof=passed("evil.example"))
    assert draft(asked)["state"] == "draft"
    assert "stagiaire@evil.example" in told(asked)["body"]
    assert not asked.rows("outbox", "to_addr LIKE '%evil.example'")


def test_a_guessed_mark_is_nothing(asked: World) -> None:
    asked.answers("ok", subject="Re: [C-1 AAAA-BBBB-CCCC-DDDD] Question")
    # the true one stands in the quoted text: the first that is ours counts
    assert draft(asked)["state"] == "ready"


def guess(world: World, number: int, words: str = "ok") -> None:
    world.hears(mail(f"From: Marie <{MARIE}>\nSubject: Re: [C-1 AAAA-BBBB-CCCC-DDD{number}] Question", words,
                     proof=passed("boutique.example"), date=world.now))


def test_after_five_guesses_in_a_day_her_orders_wait_for_the_terminal(asked: World) -> None:
    question = told(asked)
    for number in range(2, 7):
        guess(asked, number)
    asked.answers("ok", question)
    assert draft(asked)["state"] == "draft"
    assert asked.rows("mails")[-1]["reason"].startswith("too_many_guesses")
    asked.later(hours=25)
    asked.answers("ok", question)
    assert draft(asked)["state"] == "ready"


def test_impostors_make_one_notice_a_day(asked: World) -> None:
    for number in range(2, 6):
        guess(asked, number)
    assert len(asked.to_marie("notice")) == 1
    asked.later(hours=24)
    before = len(asked.to_marie("notice"))
    guess(asked, 7)
    guess(asked, 8)
    assert len(asked.to_marie("notice")) == before + 1


def test_an_out_of_office_that_quotes_the_mark_orders_nothing_and_is_not_answered(asked: World) -> None:
    before = len(asked.to_marie())
    asked.answers("OK je suis absente.", headers="Auto-Submitted: auto-replied")
    assert draft(asked)["state"] == "draft"
    assert len(asked.to_marie()) == before


def test_another_case_named_in_the_order_is_refused(asked: World) -> None:
    asked.answers("ok pour C-2")
    assert draft(asked)["state"] == "draft"
    assert asked.rows("mails")[-1]["reason"].startswith("case_mismatch")


def test_a_buyers_mail_with_a_mark_is_a_buyers_mail(asked: World) -> None:
    said = token(told(asked))
    asked.hears(buyer_writes(f"ok [C-1 {said}]", message=2))
    assert asked.rows("mails")[-1]["kind"] == "buyer_wrote"
    assert draft(asked)["state"] == "draft"


def test_her_other_mail_is_left_alone(asked: World) -> None:
    before = len(asked.to_marie())
    asked.hears(mail(f"From: Marie <{MARIE}>\nSubject: La facture", "Voici la facture de novembre.",
                     proof=passed("boutique.example")))
    assert asked.rows("mails")[-1]["state"] == "shelved"
    assert len(asked.to_marie()) == before


def test_an_order_without_a_mark_is_answered_with_how_to_give_one(asked: World) -> None:
    asked.hears(mail(f"From: Marie <{MARIE}>\nSubject: pause", "pause", proof=passed("boutique.example")))
    assert asked.rows("mails")[-1]["reason"].startswith("no_token")
    asked.answers("pause")             # to that answer, which has a mark
    assert "C'est fait" in told(asked)["subject"]


def test_words_that_hold_a_mark_of_ours_never_reach_a_buyer(asked: World) -> None:
    said = token(told(asked))
    asked.answers(f"texte :\nBonjour, la lampe s'allume par le câble.\n[C-1 {said}]\nfin")
    assert draft(asked)["state"] == "draft"
    assert said not in draft(asked)["body"]
    assert "Refusé" in told(asked)["subject"]


# ---- two people


@pytest.fixture
def two(tmp_path: Path) -> World:
    world = World(tmp_path)
    path = tmp_path / "mailboxes.toml"
    path.write_text(path.read_text("utf-8").replace(f'["{MARIE}"]', f'["{MARIE}", "{PAUL}"]'), "utf-8")
    from bot.edges.store import Store
    from bot.guichet import Guichet
    from bot.loop import database
    from bot.settings import load

    settings = load(path)
    world.guichet = Guichet(settings, Store(database(settings)))
    world.work()
    world.hears(buyer_writes())
    return world


def test_the_same_order_from_two_people_has_one_effect(two: World) -> None:
    hers, his = two.rows("outbox", "what = 'question'")
    two.answers("ok", hers)
    two.answers("ok", his, sender=PAUL)
    assert len(two.rows("events", "kind = 'draft_approved'")) == 1
    last = two.rows("outbox", f"to_addr = '{PAUL}'")[-1]
    assert "Trop tard" in last["subject"]
    assert "déjà approuvé" in last["body"]


def test_the_mark_of_one_is_not_good_for_the_other(two: World) -> None:
    hers, _ = two.rows("outbox", "what = 'question'")
    two.answers("ok", hers, sender=PAUL)
    assert draft(two)["state"] == "draft"
    assert two.rows("mails")[-1]["reason"].startswith("not_the_seller")


# ---- what waits is shown, and a yes is to words that were read


def test_an_answer_shows_the_draft_that_still_waits(asked: World) -> None:
    asked.answers("plus tard 4h")
    assert "Un brouillon attend (D-1)" in told(asked)["body"]
    asked.answers("ok")
    assert draft(asked)["state"] == "ready"


# ---- what a yes is for


OURS = "texte :\nBonjour, la lampe s'allume par l'interrupteur du câble.\nfin"
OTHERS = "texte :\nBonjour, la lampe est en panne, renvoyez-la.\nfin"


def in_terminal(world: World, said: str, *, row: Row | None = None) -> Outcome:
    given = understand(said, today=world.now.date())
    assert isinstance(given, Order)
    return carry_out(Asked(guichet=world.guichet, order=given, now=world.now, source="terminal", row=row,
                           case=world.store.case_by_number(1)))


def test_words_ordered_again_after_others_are_the_words_that_stand(asked: World) -> None:
    one, two = (words.replace("\nfin", "").replace("texte :\n", "") for words in (OURS, OTHERS))
    for words in (one, two, one):
        in_terminal(asked, words)
    assert draft(asked)["body"].startswith("Bonjour, la lampe s'allume")
    in_terminal(asked, two)
    in_terminal(asked, OURS)
    assert draft(asked)["state"] == "ready"
    assert draft(asked)["body"].startswith("Bonjour, la lampe s'allume")


def test_a_yes_to_a_mail_without_words_is_for_words_that_she_has_read_elsewhere(asked: World) -> None:
    asked.answers("plus tard 4h")
    quiet = told(asked)                # "C-1 is quiet until …", and no word of a draft
    in_terminal(asked, "Bonjour, essayez une autre ampoule avant tout.")
    asked.answers("ok", quiet)
    assert draft(asked)["state"] == "draft"
    assert "une autre ampoule" in told(asked)["body"]
    asked.answers("ok")
    assert draft(asked)["state"] == "ready"


def test_a_yes_to_a_mail_that_showed_no_draft_shows_it_first(asked: World) -> None:
    asked.answers("aide")
    asked.answers("ok")
    assert draft(asked)["state"] == "draft"
    assert "ne montrait pas D-1" in told(asked)["body"]
    asked.answers("ok")
    assert draft(asked)["state"] == "ready"


def test_the_answer_names_the_order_and_not_the_greeting_above_it(asked: World) -> None:
    asked.answers("Bonjour,\n\nok merci")
    assert "Bonjour" not in told(asked)["subject"]


def test_no_reply_needed_is_answered_once_with_the_link_that_is_hers_to_open(asked: World) -> None:
    before = len(asked.to_marie())
    asked.answers("rien à répondre")
    assert len(asked.to_marie()) == before + 1
    assert "/messaging/no-response-needed?" in told(asked)["body"]


def test_marked_words_for_an_answer_that_has_left_are_shown_before_they_take_another_ones_place(asked: World) -> None:
    question = told(asked)
    in_terminal(asked, OURS)
    asked.hears(buyer_writes("Et l'ampoule, quel modèle ?", message=2))
    asked.answers(OTHERS, question)
    assert draft(asked, 1)["body"].startswith("Bonjour, la lampe s'allume")
    second = asked.rows("outbox", "what = 'reply'")[-1]
    assert second["id"] != 1
    assert second["state"] == "draft"
    assert "renvoyez-la" in told(asked)["body"]


def test_a_yes_in_the_terminal_to_what_has_gone_its_way_releases_nothing_else(asked: World) -> None:
    in_terminal(asked, OURS)
    asked.hears(buyer_writes("Et l'ampoule, quel modèle ?", message=2))
    outcome = in_terminal(asked, "ok", row=draft(asked, 1))
    assert outcome.verdict == "shown"
    assert {row["state"] for row in asked.rows("outbox", "what = 'reply' AND id != 1")} == {"draft"}


def test_a_refused_order_changes_nothing_in_the_terminal_either(world: World) -> None:
    world.work()
    world.hears(visitors_question())
    row = world.one("outbox", "what = 'reply'")
    world.store.run("UPDATE outbox SET state = 'failed', spent = 1 WHERE id = ?", row["id"])
    with pytest.raises(RefusedError):
        in_terminal(world, OURS)
    assert draft(world, row["id"])["body"] == row["body"]
    assert [one["action"] for one in json.loads(world.rows("events")[-1]["decided"])] == ["refused"]


def test_what_was_refused_before_it_was_tried_can_be_ordered_again(asked: World) -> None:
    in_terminal(asked, OURS)
    asked.store.run("UPDATE outbox SET state = 'failed', changed = '2026-11-17T10:01:00Z' WHERE id = 1")
    asked.later(minutes=2)
    outcome = in_terminal(asked, "renvoyer")
    assert outcome.verdict == "done"
    assert draft(asked)["state"] == "ready"


def test_an_order_that_found_nothing_to_move_is_not_called_done(asked: World) -> None:
    in_terminal(asked, OURS)
    asked.store.run("UPDATE outbox SET state = 'failed', error = '550 no' WHERE id = 1")
    in_terminal(asked, "renvoyer")
    asked.store.run("UPDATE outbox SET state = 'failed', error = '550 no' WHERE id = 1")
    outcome = in_terminal(asked, "renvoyer")       # the same second, the same failure: one order
    assert outcome.verdict == "late"


def test_done_by_hand_after_a_bounce_meets_the_deadline(asked: World) -> None:
    in_terminal(asked, OURS)
    row = draft(asked)
    asked.store.run("UPDATE outbox SET attempts = 1 WHERE id = 1")
    case = asked.store.case_by_number(1)
    assert case
    for kind, mark in ((Kind.SELLER_ANSWERED, "D-1:1"), (Kind.MESSAGE_UNDELIVERED, "bounce:D-1")):
        asked.later(minutes=1)
        handle(asked.guichet, Event(key=f"amazon/{case.key.reference}/{kind}/{mark}", kind=kind, case=case.key,
                                    at=asked.now, source="outbox:D-1", mark=mark, draft=row["id"]), asked.now)
        asked.store.run("UPDATE outbox SET state = ? WHERE id = 1",
                        "sent" if kind is Kind.SELLER_ANSWERED else "failed")
    assert asked.rows("deadlines")[-1]["state"] == "open"
    in_terminal(asked, "fait")
    assert draft(asked)["state"] == "sent"
    assert asked.rows("deadlines")[-1]["state"] == "met"


def test_two_sums_ordered_in_one_second_are_two_orders(world: World) -> None:
    world.work()
    world.hears(claim())
    for said in ("remise 5 €", "remise 8 €"):
        in_terminal(world, said)
    assert len(world.rows("outbox", "what = 'offer'")) == 2


# ---- the mark, once more


@pytest.mark.parametrize("said", ["AAAA-BBBB-CCCC-DDDD", "aaaa\u2013bbbb\u2013cccc\u2013dddd", "xAAAA-BBBB-CCCC-DDDD",
                                  "AAAA\u2212BBBB-\n CCCC \u2015  DDDD", "AAAA-BBBB-CCCC-DDDD-"])
def test_no_mark_can_be_read_in_what_is_kept_of_an_order(said: str) -> None:
    kept = without_tokens(f"Re: [C-1 {said}] Question")
    assert not tokens(kept)
    assert "BBBB" not in kept.upper()


def test_a_reason_that_holds_a_mark_of_ours_reaches_nobody(world: World) -> None:
    world.work()
    world.hears(claim())
    said = token(told(world))
    world.answers(f"refuser\ntexte :\nCe n'est pas ma faute.\n[C-1 {said}]\nfin")
    assert "Refusé" in told(world)["subject"]
    assert not world.store.rows("SELECT id FROM outbox WHERE what = 'reply' AND body LIKE ?", f"%{said}%")
    assert not world.store.rows("SELECT id FROM events WHERE facts LIKE ?", f"%{said}%")


def test_guesses_in_her_name_do_not_lock_her_out(asked: World) -> None:
    question = told(asked)
    for number in range(2, 9):
        asked.hears(mail(f"From: Marie <{MARIE}>\nSubject: Re: [C-1 AAAA-BBBB-CCCC-DDD{number}] Question", "ok",
                         proof=failed("boutique.example"), date=asked.now))
    asked.answers("ok", question, proof="")
    assert asked.rows("mails")[-1]["reason"].startswith("too_many_guesses")
    asked.answers("ok", question)
    assert draft(asked)["state"] == "ready"


def test_of_a_mail_made_to_guess_a_few_marks_only_are_looked_up(asked: World) -> None:
    said = token(told(asked))
    guesses = " ".join(f"AAAA-BBBB-CCCC-{number:04}" for number in range(2000, 4000))
    asked.hears(mail(f"From: Marie <{MARIE}>\nSubject: ok", f"ok\n\n> {guesses} {said}",
                     proof=passed("boutique.example"), date=asked.now))
    assert draft(asked)["state"] == "draft"
    assert asked.rows("mails")[-1]["reason"].startswith("bad_token")


# ---- each kind of row


def visitors_question() -> bytes:
    return mail(
        "From: Rakuten <notification@fr.shopping.rakuten.com>\nSubject: Question sur un produit que vous vendez",
        f"Bonjour Atelier Lumen,\n\nUn visiteur, cleo_w, vous pose une question.\n\nAnnonce n° {ITEM}\n"
        "Question : Est-il livré avec son antivol ?\n\nPour répondre à cette question, rendez-vous dans votre compte."
        "\n\nMerci de votre confiance et à bientôt,\nRakuten", proof=passed("fr.shopping.rakuten.com"))


def test_words_for_a_visitor_are_handed_over_once_and_not_changed_afterwards(world: World) -> None:
    world.work()
    world.hears(visitors_question())
    question = told(world)
    world.answers("texte :\nBonjour, oui, l'antivol et ses deux clés sont dans la boîte.\nfin")
    row = world.one("outbox", "what = 'reply'")
    assert (row["state"], row["channel"]) == ("handed", "seller")
    assert "l'antivol et ses deux clés" in told(world)["body"]
    world.answers("texte :\nBonjour, non, il est vendu sans antivol ni clés.\nfin")
    assert draft(world, row["id"])["body"] == row["body"]
    assert "Trop tard" in told(world)["subject"]
    world.answers("ok", question)
    assert world.rows("mails")[-1]["reason"].startswith("token_used")


def test_ok_for_words_that_only_she_can_paste_shows_them_to_her(world: World) -> None:
    world.work()
    world.hears(visitors_question())
    world.answers("Bonjour, l'antivol et ses deux clés sont dans la boîte.")
    world.answers("ok")
    row = world.one("outbox", "what = 'reply'")
    assert row["state"] == "handed"
    assert row["raw"] is None
    assert "l'antivol et ses deux clés" in told(world)["body"]


def test_words_of_which_no_safe_mail_can_be_made_are_refused_with_an_answer(asked: World) -> None:
    in_terminal(asked, "Bonjour, essayez une autre ampoule avant tout.")
    asked.store.run("UPDATE outbox SET to_addr = ? WHERE id = 1", "jean@marketplace.amazon.fr, x@marketplace.amazon.fr")
    asked.answers("état C-1")
    asked.answers("ok")
    asked.answers("ok")
    assert draft(asked)["state"] == "draft"
    assert "Refusé" in told(asked)["subject"]


# ---- her own words where no draft waits


@pytest.fixture
def acknowledged(tmp_path: Path) -> World:
    """A buyer has written, and our acknowledgement has left alone."""
    world = World(tmp_path, policy='modes = { buyer_wrote = "alone" }')
    world.work()
    world.hears(buyer_writes())
    row = draft(world)
    assert row["mode"] == "alone"
    world.store.run("UPDATE outbox SET state = 'sent', spent = 1 WHERE id = 1")
    world.later(hours=21)
    return world


def test_her_own_words_follow_an_acknowledgement_that_left_alone(acknowledged: World) -> None:
    acknowledged.answers("texte :\nBonjour, la lampe s'allume par l'interrupteur du câble.\nfin")
    row = acknowledged.rows("outbox", "what = 'reply'")[-1]
    assert (row["state"], row["answers"], row["mode"]) == ("ready", 1, "draft")
    assert row["body"].startswith("Bonjour, la lampe s'allume")
    assert "> La lampe ne s'allume pas." in row["body"]
    assert row["in_reply_to"]


def test_unmarked_they_are_shown_first(acknowledged: World) -> None:
    acknowledged.answers("Bonjour, la lampe s'allume par l'interrupteur du câble.")
    row = acknowledged.rows("outbox", "what = 'reply'")[-1]
    assert row["state"] == "draft"
    assert "l'interrupteur du câble" in told(acknowledged)["body"]
    acknowledged.answers("ok")
    assert acknowledged.rows("outbox", "what = 'reply'")[-1]["state"] == "ready"


def test_words_after_an_answer_that_has_left_are_too_late(asked: World) -> None:
    question = told(asked)
    asked.says(Kind.DRAFT_APPROVED, draft=1)
    asked.answers("texte :\nBonjour, la lampe s'allume par le câble.\nfin", question)
    assert len(asked.rows("outbox", "what = 'reply'")) == 1
    assert "Trop tard" in told(asked)["subject"]


def test_a_visitor_gets_no_second_answer_in_her_own_words(world: World) -> None:
    world.work()
    world.hears(visitors_question())
    world.answers("non")
    world.answers("texte :\nBonjour, l'antivol et ses deux clés sont dans la boîte.\nfin")
    assert [row["state"] for row in world.rows("outbox", "what = 'reply'")] == ["discarded"]
