"""Words on their way out: kept back where the marketplace forbids them, mended by the seller, answered by his own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import showing, telling
from bot.checking import Verdict, findings
from bot.cli import guichet as command
from bot.core.event import Kind
from bot.edges import clock
from bot.pipeline import OrderError, order
from bot.proofing import told
from bot.rehearsing import rehearse
from tests.world import NOW, World, buyer_writes, claim, mail, passed

ALONE = 'mode = "alone"'
QUESTION = "Bonjour, puis-je avoir une facture pour ma commande ?"
BILL = "Mots: facture, avoir / envoyer\n\nBonjour {{ case.buyer }},\n\nElle est dans « Vos commandes ».\n"
BULB = "Mots: ampoule*, fourni*\n\nSans ampoule.\n"


@pytest.fixture
def alone(tmp_path: Path) -> World:
    world = World(tmp_path / "alone", policy=ALONE)
    world.work()
    return world


def writes(world: World, name: str, text: str) -> None:
    """Marie writes a template or an answer of her own."""
    path = world.folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    world.configure(policy=ALONE if world.guichet.policy.mode == "alone" else "")


def template(world: World, body: str) -> None:
    writes(world, "amazon/buyer_wrote.reply.fr.txt", f"Subject: {{{{ subject }}}}\n\n{body}\n")


# ---- what was to leave alone


@pytest.mark.parametrize(("body", "code"), [
    ("Bonjour, visitez notre site www.lumen.example !", "links"),
    ("Écrivez à marie@boutique.example.", "mail_addresses"),
    ("Appelez le 06 12 34 56 78.", "phones"), ("Merci de laisser 5 étoiles.", "positive_rating"),
    ("Je viens de vérifier personnellement votre commande.", "posing"), ("Expédié le [à compléter].", "blanks"),
    ("Bonjour. " * 500, "length")])
def test_forbidden_words_never_leave_alone_but_become_a_draft_with_the_reason(alone: World, body: str,
                                                                              code: str) -> None:
    template(alone, body)
    alone.hears(buyer_writes())
    row = alone.one("outbox", "what = 'reply'")
    assert (row["state"], row["mode"], row["raw"], row["not_before"]) == ("draft", "draft", None, None)
    assert code in [remark["code"] for remark in told(row)]
    assert next(remark["sentence"] for remark in told(row) if remark["code"] == code) in row["why"]


def test_what_is_kept_back_is_asked_about_once_with_its_remarks(alone: World) -> None:
    template(alone, "Appelez le 06 12 34 56 78.")
    alone.hears(buyer_writes())
    [question] = alone.to_marie("question")
    assert "À revoir avant l'envoi :" in question["body"]
    assert "un numéro de téléphone, ce que la place de marché interdit" in question["body"]
    assert re.search(r"^    texte ", question["body"], re.M)


def test_ordinary_words_leave_alone_as_before(alone: World) -> None:
    alone.hears(buyer_writes())
    row = alone.one("outbox", "what = 'reply'")
    assert (row["state"], told(row)) == ("ready", [])
    assert not alone.to_marie("question")


def test_template_that_fails_where_it_was_to_leave_alone_is_asked_about(alone: World) -> None:
    template(alone, "{{ nobody_knows }}")
    alone.hears(buyer_writes())
    assert alone.one("outbox", "what = 'reply'")["state"] == "failed"
    [question] = alone.to_marie("question")
    assert "nobody_knows" in question["body"]


# ---- the seller's yes


def test_his_yes_does_not_carry_forbidden_words_out(world: World) -> None:
    template(world, "Écrivez-nous à marie@boutique.example.")
    world.hears(buyer_writes())
    with pytest.raises(OrderError, match=r"D-1 ne doit pas partir ainsi : ligne 1, « marie@boutique\.example » : une "
                                         r"adresse e-mail, .* approve D-1 --text FICHIER"):
        world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "draft"
    assert not world.rows("events", "kind = 'draft_approved'")     # refused whole: the same yes counts later


def test_advice_stops_nobody(world: World) -> None:
    template(world, "Vous trouverez la facture en pièce jointe.")
    world.hears(buyer_writes())
    assert [(remark["code"], remark["stops"]) for remark in told(world.one("outbox", "id = 1"))] == [
        ("attachments", False)]
    assert world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "ready"


def test_blanks_in_words_he_posts_himself_are_his_to_fill_in_there(world: World) -> None:
    writes(world, "rakuten_fr/not_conforming_claimed.reply.fr.txt", "Subject: x\n\nExpédié le [à compléter].\n")
    world.hears(claim())
    assert [remark["code"] for remark in told(world.one("outbox", "id = 1"))] == ["blanks"]
    assert world.says(Kind.DRAFT_APPROVED, draft=1)
    assert world.one("outbox", "id = 1")["state"] == "handed"


# ---- his own words


def test_his_own_words_take_the_drafts_place_and_the_original_stays_quoted(world: World) -> None:
    world.hears(buyer_writes("La lampe ne s'allume pas."))
    assert _edits(world, "Bonjour Jean,\n\nEssayez une autre ampoule.\n")
    row = world.one("outbox", "id = 1")
    assert row["body"] == ("Bonjour Jean,\n\nEssayez une autre ampoule.\n\n"
                           "Le 17/11/2026 à 11:00, Jean Dupont a écrit :\n> La lampe ne s'allume pas.\n")
    assert world.says(Kind.DRAFT_APPROVED, draft=1)
    assert b"Essayez une autre ampoule." in world.one("outbox", "id = 1")["raw"]


def test_his_own_words_are_looked_at_like_all_others(world: World) -> None:
    world.hears(buyer_writes())
    _edits(world, "Appelez-moi au 06 12 34 56 78.")
    assert [remark["code"] for remark in told(world.one("outbox", "id = 1"))] == ["phones"]
    with pytest.raises(OrderError, match="un numéro de téléphone"):
        world.says(Kind.DRAFT_APPROVED, draft=1)
    _edits(world, "Répondez simplement ici.")
    assert told(world.one("outbox", "id = 1")) == []
    assert world.says(Kind.DRAFT_APPROVED, draft=1)


def test_his_words_mend_a_draft_whose_template_failed(world: World) -> None:
    template(world, "{{ nobody_knows }}")
    world.hears(buyer_writes())
    _edits(world, "Bonjour, essayez une autre ampoule.")
    assert world.says(Kind.DRAFT_APPROVED, draft=1)
    row = world.one("outbox", "id = 1")
    assert (row["state"], row["error"]) == ("ready", "")


def test_no_words_change_nothing(world: World) -> None:
    world.hears(buyer_writes())
    with pytest.raises(OrderError, match="Il n'y a pas de texte pour D-1"):
        _edits(world, " \n")


def _edits(world: World, text: str) -> bool:
    case = world.store.case_by_number(1)
    assert case
    return order(world.guichet, Kind.DRAFT_EDITED, case, world.now, source="terminal", row=world.store.outbox_row(1),
                 text=text) is not None


@pytest.fixture
def terminal(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Marie at her terminal, at the world's time."""
    monkeypatch.setattr(clock, "now", lambda: world.now)
    monkeypatch.setenv("GUICHET_CONFIG", str(world.folder / "mailboxes.toml"))
    return world


def test_approve_with_text_sends_it_in_one_order(terminal: World) -> None:
    terminal.hears(buyer_writes())
    done = CliRunner().invoke(command, ["approve", "D-1", "--text", "-"], input="Bonjour Jean,\n\nessayez ceci.\n")
    assert (done.exit_code, done.output.splitlines()[0][:16]) == (0, "D-1 is approved,")
    row = terminal.one("outbox", "id = 1")
    assert row["state"] == "ready"
    assert row["body"].startswith("Bonjour Jean,\n\nessayez ceci.\n\nLe 17/11/2026")
    assert [event["kind"] for event in terminal.rows("events")][-2:] == ["draft_edited", "draft_approved"]


def test_approve_with_forbidden_text_changes_nothing(terminal: World, tmp_path: Path) -> None:
    terminal.hears(buyer_writes())
    before = terminal.one("outbox", "id = 1")
    (tmp_path / "own.txt").write_text("Voyez www.lumen.example", "utf-8")
    done = CliRunner().invoke(command, ["approve", "D-1", "--text", str(tmp_path / "own.txt")])
    assert isinstance(done.exception, OrderError)
    assert terminal.one("outbox", "id = 1") == before
    assert not terminal.rows("events", "kind LIKE 'draft_%'")


def test_approve_tells_advice_and_text_that_is_no_text_is_refused(terminal: World, tmp_path: Path) -> None:
    terminal.hears(buyer_writes())
    (tmp_path / "own.txt").write_bytes("été".encode("latin-1"))
    done = CliRunner().invoke(command, ["approve", "D-1", "--text", str(tmp_path / "own.txt")])
    assert "is not UTF-8 text" in str(done.exception)
    done = CliRunner().invoke(command, ["approve", "D-1", "--text", "-"], input="Ci-joint la facture.")
    assert "Mind: " in done.output and "attached" in done.output.replace("jointe", "attached")


def test_why_tells_the_remarks_and_the_list_keeps_its_shape(world: World) -> None:
    template(world, "Appelez le 06 12 34 56 78.")
    world.hears(buyer_writes())
    [row] = [row for row in showing.why(world.store, 1)["outbox"] if row["what"] == "reply"]
    assert [remark["code"] for remark in row["remarks"]] == ["phones"]
    assert "! ligne 1, « 06 12 34 56 78 »" in telling.story(showing.why(world.store, 1), world.guichet.seller)
    assert all("remarks" not in row for row in showing.outbox(world.store))


def test_a_draft_of_the_first_look_is_read_when_somebody_looks_at_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    template(world, "Appelez le 06 12 34 56 78.")
    world.hears(buyer_writes())
    row = world.one("outbox", "what = 'reply'")
    assert json.loads(row["remarks"]) == {"marketplace": "amazon", "language": "fr"}
    assert [remark["code"] for remark in told(row)] == ["phones"]
    assert "! line 1, «06 12 34 56 78»" in telling.story(showing.why(world.store, 1), world.guichet.seller)
    with pytest.raises(OrderError, match="06 12 34 56 78"):
        world.says(Kind.DRAFT_APPROVED, draft=row["id"])


# ---- his answers to frequent questions


def test_clear_match_becomes_the_draft_in_the_buyers_thread(world: World) -> None:
    writes(world, "answers/facture.md", BILL)
    writes(world, "answers/ampoule.md", BULB)
    world.hears(buyer_writes(QUESTION))
    row = world.one("outbox", "what = 'reply'")
    assert (row["template"], row["state"]) == ("answers/facture", "draft")
    assert row["body"].startswith("Bonjour Jean Dupont,\n\nElle est dans « Vos commandes ».\n\nLe 17/11/2026")
    assert row["subject"].startswith("Re: Demande de renseignements")
    assert "votre réponse facture convient" in row["why"]


def test_several_that_fit_leave_the_usual_draft_and_are_named_to_the_seller(world: World) -> None:
    writes(world, "answers/facture.md", BILL)
    writes(world, "answers/ampoule.md", BULB)
    world.hears(buyer_writes(f"{QUESTION} L'ampoule est-elle fournie ?"))
    assert world.one("outbox", "what = 'reply'")["template"] == "buyer_wrote.reply"
    assert "Plusieurs de vos réponses pourraient convenir (templates/answers) : ampoule, facture" in \
        world.to_marie("question")[0]["body"]


def test_none_that_fits_changes_nothing(world: World) -> None:
    writes(world, "answers/facture.md", BILL)
    world.hears(buyer_writes("La lampe ne s'allume pas."))
    assert world.one("outbox", "what = 'reply'")["template"] == "buyer_wrote.reply"
    assert "pourraient convenir" not in world.to_marie("question")[0]["body"]


@pytest.mark.parametrize(("header", "counts"), [("", 0), ("Répond: oui\n", 1)])
def test_answer_sent_alone_counts_as_one_only_if_it_says_so(alone: World, header: str, counts: int) -> None:
    writes(alone, "answers/facture.md", f"{header}{BILL}")
    alone.hears(buyer_writes(QUESTION))
    row = alone.one("outbox", "what = 'reply'")
    assert (row["template"], row["state"], row["answers"]) == ("answers/facture", "ready", counts)


def test_forbidden_words_in_his_own_answer_are_kept_back_too(alone: World) -> None:
    writes(alone, "answers/facture.md", BILL.replace("Elle", "Voyez www.lumen.example, elle"))
    alone.hears(buyer_writes(QUESTION))
    assert alone.one("outbox", "what = 'reply'")["state"] == "draft"
    assert len(alone.to_marie("question")) == 1


def test_answer_with_a_fault_says_so_and_a_broken_file_stops_nothing(world: World) -> None:
    writes(world, "answers/facture.md", BILL.replace("case.buyer", "case.nobody"))
    writes(world, "answers/broken.md", "no header at all\n\nx\n")
    world.hears(buyer_writes(QUESTION))
    row = world.one("outbox", "what = 'reply'")
    assert row["state"] == "failed"
    assert "answers/facture.md" in row["error"] and "nobody" in row["error"]


def test_recurring_question_comes_with_the_advice_to_add_it_to_the_listing(world: World) -> None:
    writes(world, "answers/facture.md", BILL)
    writes(world, "answers/ampoule.md", BULB)
    asked = []
    for times in range(1, 4):
        world.hears(buyer_writes(QUESTION, order=f"404-0000000-000000{times}", date=world.now))
        world.later(days=1)
        asked.append(_shown(world)["facture"])
    assert [(row["matched"], bool(row["advice"])) for row in asked] == [(1, False), (2, False), (3, True)]
    assert asked[-1]["advice"] == "asked 3 times in 90 days: add the answer to your listing"
    assert _shown(world)["ampoule"]["matched"] == 0
    world.later(days=89)
    assert _shown(world)["facture"]["matched"] == 1      # the first two are too long ago


def _shown(world: World) -> dict[str, showing.Flat]:
    rows = showing.answers(world.store, world.guichet.templates.answers(), world.now)
    assert {tuple(row) for row in rows} == {("answer", "words", "languages", "for", "matched", "advice")}
    return {row["answer"]: row for row in rows}


def test_examples_that_come_with_the_program_do_not_fire_by_themselves_but_would_work(world: World,
                                                                                     root: Path) -> None:
    assert world.guichet.templates.answers() == ()
    examples = sorted((root / "templates" / "answers").glob("*.md.example"))
    assert len(examples) >= 2
    for path in examples:
        writes(world, f"answers/{path.name.removesuffix('.example')}", path.read_text("utf-8"))
    assert world.guichet.templates.check_answers() == len(examples)
    world.hears(buyer_writes(QUESTION))
    row = world.one("outbox", "what = 'reply'")
    assert (row["template"], told(row)) == ("answers/facture", [])


# ---- check


def test_every_reply_of_the_program_passes_on_every_sample_in_all_its_languages(world: World) -> None:
    tried = list(rehearse(world.guichet.settings, NOW))
    assert len(tried) > 100
    assert not [one for one in tried if one.error or one.remarks]


def test_check_names_the_template_the_sample_and_what_is_wrong(world: World) -> None:
    template(world, "Visitez notre site www.lumen.example")
    found = [one for one in findings(world.guichet.settings) if one.check == "replies"]
    assert {one.verdict for one in found} == {Verdict.ATTENTION}
    assert {one.sentence.partition(",")[0] for one in found} == {"amazon/buyer_wrote.reply.fr"}
    assert any("«www.lumen.example»: a link" in one.sentence for one in found)


def test_check_finds_the_variable_only_some_mails_have(world: World) -> None:
    template(world, "Bonjour, {{ facts.colour }}")
    [found] = [one for one in findings(world.guichet.settings) if one.check == "replies"]
    assert found.verdict is Verdict.BROKEN
    assert "colour" in found.sentence


def test_check_names_the_answer_that_cannot_be_used(world: World) -> None:
    writes(world, "answers/facture.md", "Mots facture\n\nx\n")
    [found] = [one for one in findings(world.guichet.settings) if one.check == "answers"]
    assert found.verdict is Verdict.BROKEN
    assert "answers/facture.md" in found.sentence


def test_blanks_are_the_sellers_to_fill_in_but_a_fault_where_nobody_looks(world: World, alone: World) -> None:
    for shop, wanted in ((world, set[str]()), (alone, {"blanks"})):
        template(shop, "Expédié le [à compléter].")
        assert {remark.code for tried in rehearse(shop.guichet.settings, NOW) for remark in tried.remarks
                if tried.template == "amazon/buyer_wrote.reply.fr"} == wanted


def test_reminder_to_rate_is_welcome_where_the_marketplace_wants_it(world: World) -> None:
    body = "Bonjour, pensez à noter votre achat une fois la réclamation close."
    writes(world, "rakuten_fr/not_conforming_claimed.reply.fr.txt", f"Subject: x\n\n{body}\n")
    template(world, body)
    world.hears(buyer_writes(), claim())
    remarks = {row["template"]: [remark["code"] for remark in told(row)] for row in
               world.rows("outbox", "what = 'reply'")}
    assert remarks == {"buyer_wrote.reply": ["rating_reminder"], "not_conforming_claimed.reply": []}


def test_nothing_is_linted_that_goes_to_the_seller_himself(world: World) -> None:
    world.hears(mail("From: x@nowhere.example\nSubject: x", "x", proof=passed("nowhere.example")), buyer_writes())
    assert [told(row) for row in world.to_marie()] == [[]]
