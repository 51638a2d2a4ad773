"""What Marie orders on her page has the effect of an order by mail, once; a page out of date changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.event import Kind
from tests.dashboard.counterpart import Marie, notice
from tests.world import World, buyer_writes, claim


@pytest.fixture
def marie(world: World) -> Marie:
    world.work()
    world.hears(buyer_writes(), claim())
    return Marie(world)


def test_the_draft_she_sends_is_ready_with_its_words(marie: Marie) -> None:
    answer = marie.presses(1, "ok", draft=1)
    assert answer.status_code == 200
    assert "D-1 est approuvé" in notice(answer)
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == "ready"
    assert marie.world.rows("events", "kind = 'draft_approved'")[0]["source"] == "seller:page"


def test_today_shows_the_least_time_left_first_with_what_silence_costs(marie: Marie) -> None:
    page = marie.reads("/")
    assert page.index("C-1</a>") < page.index("C-2</a>")
    assert "Garantie A à Z" in page
    assert "data-due=" in page


def test_nothing_to_do_is_a_good_page(world: World) -> None:
    world.work()
    assert "Rien ne vous attend." in Marie(world).reads("/")


def test_the_first_visit_says_how_to_begin(tmp_path: Path) -> None:
    page = Marie(World(tmp_path)).reads("/")
    assert "run_bot.py check" in page
    assert "run_bot.py run" in page


def test_pressed_twice_it_is_sent_once_and_the_second_is_told(marie: Marie) -> None:
    form = marie.form(1, "ok", draft=1)
    assert marie.orders(1, form).status_code == 200
    late = marie.orders(1, form)
    assert late.status_code == 409
    assert "D-1 est déjà approuvé" in notice(late)
    assert len(marie.world.rows("events", "kind = 'draft_approved'")) == 1


def test_two_tabs_and_a_mail_on_one_draft_have_one_effect_and_the_later_are_told(marie: Marie) -> None:
    first, second = marie.form(1, "ok", draft=1), marie.form(1, "text", draft=1)
    question = next(row for row in marie.world.to_marie("question") if row["case_id"] == 1)
    marie.world.answers("ok", question)
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == "ready"
    for form in (first, {**second, "text": "Un autre texte, plus long, pour Jean.", "then": "send"}):
        late = marie.orders(1, form)
        assert late.status_code == 409
        assert "D-1 est déjà approuvé" in notice(late)
    assert len(marie.world.rows("events", "kind = 'draft_approved'")) == 1
    assert "Un autre texte" not in marie.world.rows("outbox", "id = 1")[0]["body"]


def test_a_mail_on_what_the_page_has_sent_is_told_too(marie: Marie) -> None:
    question = next(row for row in marie.world.to_marie("question") if row["case_id"] == 1)
    marie.presses(1, "ok", draft=1)
    marie.world.answers("ok", question)
    assert marie.world.rows("orders")[-1]["verdict"] == "late"
    assert len(marie.world.rows("events", "kind = 'draft_approved'")) == 1


def test_words_changed_in_another_tab_are_not_sent_unseen(marie: Marie) -> None:
    old = marie.form(1, "ok", draft=1)
    marie.presses(1, "text", draft=1, text="Bonjour Jean, l'ampoule part demain.", then="keep")
    late = marie.orders(1, old)
    assert late.status_code == 409
    assert "a changé" in notice(late)
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == "draft"


def test_what_she_wrote_on_a_page_out_of_date_is_not_lost(marie: Marie) -> None:
    old = marie.form(1, "text", draft=1)
    marie.presses(1, "text", draft=1, text="Bonjour Jean, l'ampoule part demain.", then="keep")
    late = marie.orders(1, {**old, "text": "Une phrase à garder sous la main.", "then": "keep"})
    assert late.status_code == 409
    assert "Une phrase à garder sous la main." in late.text
    assert "l'ampoule" in marie.world.rows("outbox", "id = 1")[0]["body"]


def test_her_own_words_stand_above_the_quoted_question_once(marie: Marie) -> None:
    for text in ("Bonjour Jean, l'ampoule part demain.", "Bonjour Jean, l'ampoule part ce soir."):
        assert marie.presses(1, "text", draft=1, text=text, then="keep").status_code == 200
    body = marie.world.rows("outbox", "id = 1")[0]["body"]
    assert body.startswith("Bonjour Jean, l'ampoule part ce soir.\n\n")
    assert body.count("> La lampe ne s'allume pas.") == 1
    assert marie.form(1, "text", draft=1)["text"] == "Bonjour Jean, l'ampoule part ce soir."


def test_words_nobody_changed_are_sent_as_they_stand(marie: Marie) -> None:
    before = marie.world.rows("outbox", "id = 1")[0]["body"]
    assert marie.presses(1, "text", draft=1, then="send").status_code == 200
    row = marie.world.rows("outbox", "id = 1")[0]
    assert (row["state"], row["body"]) == ("ready", before)
    assert not marie.world.rows("events", "kind = 'draft_edited'")


def test_kept_words_wait_and_those_to_be_sent_leave(marie: Marie) -> None:
    marie.presses(1, "text", draft=1, text="Bonjour Jean, l'ampoule part demain.", then="keep")
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == "draft"
    marie.presses(1, "text", draft=1, text="Bonjour Jean, l'ampoule part ce soir.", then="send")
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == "ready"


FORBIDDEN = "Bonjour Jean, écrivez-moi plutôt à marie@boutique.example ou sur www.boutique.example."


def test_what_the_marketplace_forbids_is_told_while_she_types_and_keeps_nothing(marie: Marie) -> None:
    form = {**marie.form(1, "text", draft=1), "text": FORBIDDEN}
    answer = marie.sends("/case/1/check", data=form, headers={"X-Part": "remarks"})
    assert answer.status_code == 200
    assert "À corriger" in answer.text
    assert "<html" not in answer.text
    assert "écrivez-moi" not in marie.world.rows("outbox", "id = 1")[0]["body"]


def test_without_script_a_button_checks_and_her_words_stay_in_the_form(marie: Marie) -> None:
    answer = marie.sends("/case/1/check", data={**marie.form(1, "text", draft=1), "text": FORBIDDEN})
    assert "À corriger" in answer.text
    assert "écrivez-moi plutôt" in answer.text


def test_forbidden_words_are_kept_but_do_not_leave(marie: Marie) -> None:
    answer = marie.presses(1, "text", draft=1, text=FORBIDDEN, then="send")
    assert "ne doit pas partir ainsi" in notice(answer)
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == "draft"
    assert marie.presses(1, "ok", draft=1).status_code == 422
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == "draft"


def test_a_discount_is_ordered_in_the_grammar_of_mails(marie: Marie) -> None:
    answer = marie.presses(2, "offer", sum="8 EUR")
    assert answer.status_code == 200, notice(answer)
    assert marie.world.rows("outbox", "what = 'offer'")


@pytest.mark.parametrize("said", ["all of it", "20% or 30%", "-5", "close", "ok"])
def test_what_the_grammar_does_not_know_is_refused(marie: Marie, said: str) -> None:
    assert marie.presses(2, "offer", sum=said).status_code == 422
    assert not marie.world.rows("outbox", "what = 'offer'")


def test_a_second_discount_from_an_older_page_is_not_ordered(marie: Marie) -> None:
    form = {**marie.form(2, "offer"), "sum": "8 EUR"}
    assert marie.orders(2, form).status_code == 200
    late = marie.orders(2, form)
    assert late.status_code == 409
    assert "Il s'est passé quelque chose" in notice(late)
    assert len(marie.world.rows("events", "kind = 'offer_ordered'")) == 1


def test_a_case_is_closed_and_quiet_ones_wait(marie: Marie) -> None:
    assert marie.presses(1, "later", span="4h").status_code == 200
    assert marie.world.rows("cases")[0]["snoozed_until"]
    assert marie.presses(2, "close").status_code == 200
    assert marie.world.rows("cases")[1]["stage"] == "closed"


def test_a_refusal_takes_her_reason(marie: Marie) -> None:
    marie.presses(2, "refuse", reason="La carafe est partie entière, photo à l'appui.")
    assert "photo à l'appui" in marie.world.rows("events", "kind = 'answer_chosen'")[0]["facts"]


def uncertain(marie: Marie) -> None:
    marie.presses(1, "ok", draft=1)
    marie.world.store.run("UPDATE outbox SET state = 'uncertain', attempts = 1 WHERE id = 1")


@pytest.mark.parametrize(("word", "state"), [("done", "sent"), ("resend", "ready"), ("no", "discarded")])
def test_a_row_nobody_knows_of_is_settled(marie: Marie, word: str, state: str) -> None:
    uncertain(marie)
    assert "D-1" in marie.reads("/")
    assert marie.presses(1, word, draft=1).status_code == 200
    assert marie.world.rows("outbox", "id = 1")[0]["state"] == state


def test_a_row_of_another_case_is_none_of_this_forms_business(marie: Marie) -> None:
    assert marie.orders(2, {**marie.form(2, "close"), "word": "ok", "draft": "1"}).status_code == 404


def test_an_unknown_word_does_nothing(marie: Marie) -> None:
    for word in ("pause", "state", "erase", ""):
        assert marie.orders(1, {**marie.form(1, "close"), "word": word}).status_code == 400


def test_a_refused_order_stands_in_the_journal(marie: Marie) -> None:
    marie.world.says(Kind.CASE_CLOSED, 2)
    marie.world.now += timedelta(hours=1)
    page = marie.reads("/case/2")
    assert "rouvre" in page
