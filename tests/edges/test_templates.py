"""The words of every mail: whose template counts, what a broken one says, and what the seller reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.alarming import tell_alarms, watch_disk
from bot.breaking import stop_all
from bot.core.action import Move, State
from bot.core.case import Case
from bot.core.deadline import Deadline
from bot.core.event import CaseKey, Event, Kind, Party
from bot.core.policy import Seller
from bot.digesting import digest
from bot.edges.store import Row
from bot.edges.templates import PROGRAM, TemplateError, Templates, left
from bot.pipeline import handle
from bot.resolving import resolve_one
from bot.words import LANGUAGES
from tests.world import ORDER, World, buyer_writes, claim, mail

MARIE = Seller(name="Atelier Lumen", language="fr", timezone="Europe/Paris")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    (folder / "amazon").mkdir(parents=True)
    return folder


def written(folder: Path, name: str, text: str) -> Templates:
    (folder / name).write_text(text, "utf-8")
    return Templates(MARIE, folder)


# ---- which one counts


def test_own_template_comes_before_the_programs(own: Path) -> None:
    templates = written(own, "amazon/buyer_wrote.reply.fr.txt", "Subject: À nous\n\nBonjour, {{ seller.name }}\n")
    said = templates.render("buyer_wrote.reply", "fr", {}, marketplace="amazon")
    assert (said.subject, said.body) == ("À nous", "Bonjour, Atelier Lumen\n")


def test_without_an_own_template_the_programs_is_taken(own: Path) -> None:
    case = Case(key=CaseKey(marketplace="amazon", shop="amazon", reference=ORDER), order=ORDER)
    said = Templates(MARIE, own).render("return_opened.reply", "fr", {"case": case, "facts": {}}, marketplace="amazon")
    assert said.subject == f"Votre demande de retour, commande {ORDER}"


def test_marketplaces_template_comes_before_the_one_for_all(own: Path) -> None:
    (own / "hello.fr.txt").write_text("Subject: all\n\nx\n")
    templates = written(own, "amazon/hello.fr.txt", "Subject: amazon\n\nx\n")
    assert templates.render("hello", "fr", {}, marketplace="amazon").subject == "amazon"
    assert templates.render("hello", "fr", {}, marketplace="rakuten_fr").subject == "all"


def test_language_without_a_template_is_answered_in_english(own: Path) -> None:
    (own / "hello.fr.txt").write_text("Subject: bonjour\n\nx\n")
    templates = written(own, "hello.en.txt", "Subject: hello\n\nx\n")
    assert templates.render("hello", "pl", {}).subject == "hello"
    assert templates.render("hello", "fr", {}).subject == "bonjour"


def test_headers_beside_the_subject_are_handed_on(own: Path) -> None:
    templates = written(own, "hello.fr.txt", "Answers: true\nSubject: x\n\nBody: this is no header\n")
    said = templates.render("hello", "fr", {})
    assert said.headers == {"answers": "true"}
    assert said.body == "Body: this is no header\n"


# ---- what is wrong with one


def test_unknown_variable_names_itself_and_the_file(own: Path) -> None:
    templates = written(own, "hello.fr.txt", "Subject: x\n\n{{ byuer }}\n")
    with pytest.raises(TemplateError, match=r"hello\.fr\.txt .*'byuer'"):
        templates.render("hello", "fr", {})


def test_unknown_field_of_a_known_thing_names_itself(own: Path) -> None:
    templates = written(own, "hello.fr.txt", "Subject: x\n\n{{ seller.nmae }}\n")
    with pytest.raises(TemplateError, match="nmae"):
        templates.render("hello", "fr", {})


@pytest.mark.parametrize("text", ["Bonjour,\n\nMerci.\n", "\n\nBonjour\n", "Subject:\n\nBonjour\n",
                                  "Subject: x\nBonjour\n"])
def test_template_without_a_subject_is_refused(own: Path, text: str) -> None:
    with pytest.raises(TemplateError, match="hello must begin with a line «Subject: …»"):
        written(own, "hello.fr.txt", text).render("hello", "fr", {})


def test_template_that_is_nowhere_is_named() -> None:
    with pytest.raises(TemplateError, match=r"nowhere\.fr\.txt"):
        Templates(MARIE).render("nowhere", "fr", {})


def test_template_cannot_reach_into_the_program(own: Path) -> None:
    templates = written(own, "hello.fr.txt", "Subject: x\n\n{{ seller.__class__.__mro__ }}\n")
    with pytest.raises(TemplateError):
        templates.render("hello", "fr", {})


def test_check_reads_every_template_and_names_the_broken_one(own: Path) -> None:
    assert Templates(MARIE).check() == len(list(PROGRAM.rglob("*.txt")))
    with pytest.raises(TemplateError, match=r"hello\.fr\.txt"):
        written(own, "hello.fr.txt", "Subject: x\n\n{% if %}\n").check()


@pytest.mark.parametrize("raw", ["Subject: été\n\nx\n".encode("latin-1"), b"Subject: x\n\n{{ seller.name + 1 }}\n",
                                 b"Subject: x\n\n{{ 1 / 0 }}\n", b"Subject: x\n\n{% if %}\n"])
def test_template_that_is_wrong_in_any_way_is_named(own: Path, raw: bytes) -> None:
    (own / "hello.fr.txt").write_bytes(raw)
    with pytest.raises(TemplateError, match=r"hello\.fr\.txt cannot be used: ."):
        Templates(MARIE, own).render("hello", "fr", {})


# ---- what is printed must be there


EMPTY = Case(key=CaseKey(marketplace="amazon", shop="amazon", reference=ORDER))


@pytest.mark.parametrize(("printed", "named"), [
    ("{{ case.order }}", "'case.order' in line 3 is empty"),
    ("{{ facts.tracking }}", "'facts.tracking' in line 3 is empty"),
    ("{{ facts['tracking'] }}", r"'facts\['tracking'\]' in line 3 is empty"),
    ("{{ facts.get('tracking') }}", r"'facts.get\('tracking'\)' in line 3 is empty"),
    ("{{ text | quote }}", r"'text \| quote' in line 3 is empty"),
    ("{{ 'order ' ~ case.order }}", "'case.order' in line 3 is empty"),
    ("{% set said = 'order ' ~ case.order %}{{ said }}", "'case.order' in line 3 is empty"),
    ("{{ 'order %s' % case.order }}", "'case.order' in line 3 is empty"),
    ("{{ 'x' if case.order else case.item }}", "'case.item' in line 3 is empty"),
    ("{{ case.order or case.item }}", "'case.item' in line 3 is empty"),
    ("{% for one in [1] %}{{ case.order }}{% endfor %}", "'case.order' in line 3 is empty"),
    ("{{ case.ordre }}", "'case.ordre' in line 3 is not known"),
    ("{{ facts.items }}", "'facts.items' in line 3 is not known"),
    ("{% if byuer %}x{% endif %}", "'byuer' is undefined"),
    ("{{ byuer or 'x' }}", "'byuer' is undefined"),
])
def test_unknown_or_empty_variable_stops_the_mail_and_names_itself(own: Path, printed: str, named: str) -> None:
    templates = written(own, "hello.fr.txt", f"Subject: x\n\n{printed}\n")
    with pytest.raises(TemplateError, match=rf"hello\.fr\.txt cannot be used: .*{named}"):
        templates.render("hello", "fr", {"case": EMPTY, "facts": {}, "text": ""})


@pytest.mark.parametrize(("printed", "said"), [
    ("a{{ case.order or '' }}b", "ab"), ("a{{ facts.tracking or '?' }}b", "a?b"),
    ("a{% if case.order %}{{ case.order }}{% endif %}b", "ab"),
    ("a{{ ' ' ~ case.order if case.order else '' }}b", "ab"),
    ("a{% if facts.tracking == 'x' %}x{% endif %}b", "ab"), ("a{{ case.order | default('', true) }}b", "ab"),
    ("{{ 0 }}{{ count }}", "00"),
])
def test_a_template_may_say_what_to_do_without_a_variable(own: Path, printed: str, said: str) -> None:
    templates = written(own, "hello.fr.txt", f"Subject: x\n\n{printed}\n")
    assert templates.render("hello", "fr", {"case": EMPTY, "facts": {}, "count": 0}).body == f"{said}\n"


def test_last_try_to_tell_the_seller_prints_a_gap() -> None:
    said = Templates(MARIE, careful=False).render("question", "fr", {
        "case": replace(EMPTY, number=1), "headline": "", "deadlines": [], "text": "", "held": "", "draft": None,
        "links": {"order": ""}, "unknown": "", "orders": []})
    assert "  order : \n" in said.body


def test_error_names_the_file_that_was_really_taken(own: Path) -> None:
    templates = written(own, "amazon/hello.en.txt", "Subject: x\n\n{{ case.order }}\n")
    with pytest.raises(TemplateError, match=r"amazon/hello\.en\.txt"):
        templates.render("hello", "de", {"case": EMPTY}, marketplace="amazon")


def test_languages_are_those_of_the_marketplace_and_of_all(own: Path) -> None:
    (own / "hello.fr.txt").write_text("Subject: x\n\nx\n")
    templates = written(own, "amazon/hello.de.txt", "Subject: x\n\nx\n")
    assert templates.languages("hello", "amazon") == ("de", "fr")
    assert templates.languages("hello", "ebay") == ("fr",)
    assert templates.languages("hell", "amazon") == ()


@pytest.mark.parametrize(("moment", "said"), [
    (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "02/07/2026"), ("2026-11-16", "16/11/2026"),
    ("in November", "in November"),
])
def test_days_are_told_in_the_form_asked_for(own: Path, moment: object, said: str) -> None:
    templates = written(own, "hello.fr.txt", "Subject: x\n\n{{ day | when('%d/%m/%Y') }}\n")
    assert templates.render("hello", "fr", {"day": moment}).body == f"{said}\n"


# ---- small words


@pytest.mark.parametrize(("span", "said"), [
    (timedelta(minutes=59, seconds=59), "0 h 59 min"), (timedelta(hours=3, minutes=20), "3 h 20 min"),
    (timedelta(hours=24), "24 h"), (timedelta(days=2, hours=3), "2 jours 3 h"),
    (-timedelta(hours=2), "en retard de 2 h 0 min"),
])
def test_time_left_is_said_as_people_say_it(span: timedelta, said: str) -> None:
    assert left(span, "fr") == said


def test_moments_are_told_in_the_sellers_time(own: Path) -> None:
    templates = written(own, "hello.fr.txt", "Subject: x\n\n{{ now | local }}\n")
    assert templates.render("hello", "fr", {"now": datetime(2026, 7, 1, 10, tzinfo=UTC)}).body == "01/07/2026 12:00\n"


# ---- every mail to the seller, through the real path


def question(world: World) -> None:
    world.hears(buyer_writes())


def question_where_only_the_seller_can_click(world: World) -> None:
    world.hears(claim())


def reminder(world: World) -> None:
    world.hears(claim())
    world.later(hours=48)


def reminder_of_handed_words(world: World) -> None:
    world.hears(claim())
    world.says(Kind.DRAFT_APPROVED, draft=1)
    world.later(hours=48)


def missed(world: World) -> None:
    world.hears(buyer_writes())
    world.later(hours=25)


def released(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.DRAFT_APPROVED, draft=1)


def undelivered(world: World) -> None:
    released(world)
    world.store.move(Move(draft=1, frm=(State.READY,), to=State.FAILED, why=""), world.now)
    key = CaseKey(marketplace="amazon", shop="amazon", reference=ORDER)
    handle(world.guichet, Event(key="bounce", kind=Kind.MESSAGE_UNDELIVERED, case=key, at=world.now, mark="D-1:1",
                                source="outbox:D-1", text="550 5.1.1 no such user", draft=1), world.now)


def uncertain(world: World) -> None:
    released(world)
    world.store.move(Move(draft=1, frm=(State.READY,), to=State.TRANSMITTING, why=""), world.now)
    assert resolve_one(world.guichet, world.now + timedelta(minutes=15))


def nothing_to_answer(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.NO_REPLY_NEEDED)


def chosen(world: World) -> None:
    world.hears(buyer_writes())
    world.says(Kind.ANSWER_CHOSEN, choice="refund", amount="8 EUR")


def chosen_where_only_the_seller_can_click(world: World) -> None:
    world.hears(claim())
    world.says(Kind.ANSWER_CHOSEN, choice="return")


def catch_up(world: World) -> None:
    world.now -= timedelta(days=9)
    world.arrives(buyer_writes(order="404-0000000-0000001", date=world.now))
    world.now += timedelta(days=9)
    world.hears(buyer_writes(), claim())


def unknown_label(world: World) -> None:
    world.hears(mail("From: x@fr.shopping.rakuten.com\nSubject: Vitrine", "Bonjour", proof=""))


def drift(world: World) -> None:
    world.hears(mail("From: jean@home.example\nSubject: Remise 12", "Bonjour"))
    world.store.run("UPDATE mails SET sender = 'x@fr.shopping.rakuten.com', reason = ?",
                    "missing_fact: rakuten_fr last_call: no 'reference' in the mail «Remise 12»")
    world.store.run("UPDATE meta SET value = '0' WHERE name = 'drift'")
    world.work()


def after_stop(world: World) -> None:
    world.hears(buyer_writes(), claim())
    world.later(hours=50)


def over(world: World) -> None:
    world.hears(claim())
    end = Deadline(name="ship_back", due=world.now + timedelta(days=1), who=Party.BUYER, stated=False, rule="R12",
                   source="the guide", why="14 days")
    world.store.record_deadline(1, end, world.now, world.now, None)
    world.later(hours=25)


def heard(world: World) -> None:
    world.hears(buyer_writes())
    world.answers("ok")


def told_of_the_day(world: World) -> None:
    world.hears(buyer_writes(), claim())
    digest(world.guichet, world.now)


def alarm(world: World) -> None:
    watch_disk(world.guichet, world.now, 1 << 20)
    tell_alarms(world.guichet, world.now)


def stopped(world: World) -> None:
    stop_all(world.guichet, "11 / 10", world.now)


Way = Callable[[World], None]
SAYS: dict[Way, tuple[str, list[str]]] = {
    question: ("question", ["D-1", ORDER, "Jean Dupont", "  | La lampe ne s'allume pas.", "\n    ok\n"]),
    question_where_only_the_seller_can_click: ("question", [
        "itemid=871204553", "jean_d", "\n    ok\n", "remise 20%|discount 20%"]),
    reminder: ("reminder", ["24 h", "\n    ok\n", "plus tard 4h|later 4h"]),
    reminder_of_handed_words: ("reminder", ["24 h", "\n    fait\n|\n    done\n", "itemid=871204553"]),
    missed: ("missed", ["18/11/2026 11:00|2026-11-18 11:00", "A à Z|A-to-z", "\n    ok\n"]),
    undelivered: ("undelivered", ["  | 550 5.1.1 no such user", "\n    renvoyer\n|\n    resend\n"]),
    uncertain: ("uncertain", [
        "\n    fait\n|\n    done\n", "\n    renvoyer\n|\n    resend\n", "\n    non\n|\n    no\n"]),
    unknown_label: ("question", ["try --anonymise M-1 > sample.eml", "show mail M-1"]),
    drift: ("drift", ["try --anonymise M-1 > sample.eml", "show mail M-1", "Dernière relance|Last call", "Remise 12"]),
    after_stop: ("after_stop", ["C-1", "C-2", ORDER, "A à Z|A-to-z"]),
    over: ("over", ["ship_back", "\n    clore\n|\n    close\n"]),
    heard: ("heard", ["D-1", "relay|marketplace.amazon.fr"]),
    chosen: ("chosen", ["\n    ok\n", ORDER, "Jean Dupont", "8.00 EUR", "remboursement|refund"]),
    chosen_where_only_the_seller_can_click: ("chosen", ["\n    fait\n|\n    done\n", "itemid=871204553"]),
    nothing_to_answer: ("no_reply", ["M-1", "no-response-needed", "Jean Dupont"]),
    told_of_the_day: ("digest", ["C-1", "D-1", "C-2", "A à Z|A-to-z"]),
    alarm: ("alarm", ["Mio libres|MiB free", "run_bot.py check"]),
    stopped: ("paused", ["11 / 10", "\n    reprise |\n    resume "]),
    catch_up: ("catch_up", ["C-2", "C-3", ORDER, "1 affaire plus ancienne|1 older case"]),
}


OF_ONE_CASE = [way for way in SAYS if way not in (catch_up, after_stop, drift, told_of_the_day, alarm, stopped)]


def mail_to_seller(folder: Path, way: Way, language: str) -> Row:
    world = World(folder, language=language)
    if way is not catch_up:
        world.work()
    way(world)
    return world.to_marie()[-1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", SAYS, ids=lambda way: way.__name__)
def test_every_mail_to_the_seller_says_what_he_needs_in_his_language(tmp_path: Path, way: Way, language: str) -> None:
    template, says = SAYS[way]
    row = mail_to_seller(tmp_path, way, language)
    assert (row["template"], row["state"], row["error"]) == (template, "ready", "")
    for said in says:
        assert any(words in row["body"] for words in said.split("|")), said
    assert row["body"].endswith({"fr": "Guichet, pour Atelier Lumen\n", "en": "Guichet, for Atelier Lumen\n"}[language])
    assert not [trace for trace in ("{{", "}}", "{%", "None", "Undefined", "datetime.") if
                trace in row["subject"] + row["body"]]
    assert "\n" not in row["subject"]


@pytest.mark.parametrize("way", OF_ONE_CASE, ids=lambda way: way.__name__)
def test_subject_of_a_mail_to_the_seller_names_the_case_first(tmp_path: Path, way: Way) -> None:
    assert mail_to_seller(tmp_path, way, "fr")["subject"].startswith("[C-1] ")


@pytest.mark.parametrize("way", SAYS, ids=lambda way: way.__name__)
def test_seller_reads_one_language_whatever_the_terminal_speaks(tmp_path: Path, way: Way) -> None:
    body = mail_to_seller(tmp_path, way, "fr")["body"]      # the terminal speaks English in tests
    own = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("|") and "http" not in line)
    assert not [word for word in (" the ", " was ", " hours", " days", "Deadline", "Case  ", " wants ") if word in
                own.replace("Rakuten after-sales guide for professional sellers", "").partition("(règle")[0]]


def test_every_template_to_the_seller_is_seen_here() -> None:
    seen = {template for template, _ in SAYS.values()}
    to_others = {path for name in ("reply", "offer", "service") for path in PROGRAM.glob(f"*.{name}.*.txt")}
    assert {path.name.split(".")[0] for path in set(PROGRAM.glob("*.txt")) - to_others} == seen


def test_what_one_seller_had_compiled_prints_for_another_as_his_own_settings_say(own: Path) -> None:
    """A process that serves many sellers compiles a template once; what it prints is still each seller's."""
    (own / "hello.fr.txt").write_text("Subject: {{ titles }}\n\n{{ at | local }} {{ span | left }}\n", "utf-8")
    told = {"titles": "Bonjour", "at": datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "span": timedelta(days=3)}
    here = Templates(MARIE, own).render("hello", "fr", told).body
    there = Templates(Seller(name="Bob", language="en", timezone="Asia/Tokyo"), own).render("hello", "fr", told).body
    assert "3 jours" in here
    assert "3 days" in there
    assert here.split()[0] != there.split()[0]


def test_a_template_that_was_changed_is_compiled_anew(own: Path) -> None:
    assert written(own, "hello.fr.txt", "Subject: A\n\nune\n").render("hello", "fr", {}).body == "une\n"
    assert written(own, "hello.fr.txt", "Subject: A\n\ndeux\n").render("hello", "fr", {}).body == "deux\n"


def test_a_gap_that_one_may_leave_still_stops_the_other(own: Path) -> None:
    (own / "hello.fr.txt").write_text("Subject: A\n\nx{{ facts.gone }}\n", "utf-8")
    assert Templates(MARIE, own, careful=False).render("hello", "fr", {"facts": {}}).body == "x\n"
    with pytest.raises(TemplateError, match="gone"):
        Templates(MARIE, own).render("hello", "fr", {"facts": {}})
