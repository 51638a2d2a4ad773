"""`try`: the object people script on, to the key, and that it touches nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.core.message import Message
from tests.world import HOST, ITEM, NOW, ORDER, RELAY, World, buyer_writes, claim, mail, try_file

KEYS = ["file", "marketplace", "kind", "origin", "order", "item", "case", "buyer", "language", "text", "facts",
        "links", "deadlines", "actions", "shelved"]
DEADLINE = ["name", "due", "stated", "rule", "source", "why"]
ACTION = ["action", "channel", "mode", "template", "step", "why"]


def tried(world: World, raw: bytes, *, pinned: bool = True) -> dict[str, Any]:
    path = world.folder / "mail.eml"
    path.write_bytes(raw)
    return try_file(path, world.guichet.settings, world.now, pinned=pinned)


def test_shape_is_the_one_promised(world: World) -> None:
    found = tried(world, buyer_writes())
    assert list(found) == KEYS
    assert [list(row) for row in found["deadlines"]] == [DEADLINE]
    assert [list(row) for row in found["actions"]] == [ACTION] * 2
    assert json.loads(json.dumps(found)) == found


def test_mail_is_told_with_its_facts_deadline_and_actions(world: World) -> None:
    found = tried(world, buyer_writes())
    assert {key: found[key] for key in KEYS[1:10]} == {
        "marketplace": "amazon", "kind": "buyer_wrote", "origin": "proven", "order": ORDER,
        "item": "Lampe de chevet", "case": ORDER, "buyer": "Jean Dupont", "language": "fr",
        "text": "La lampe ne s'allume pas. Que faire ?"}
    assert found["facts"]["asin"] == "B0LUMEN001"
    assert found["links"]["no_response_needed"].startswith("https://sellercentral.amazon.fr/")
    [deadline] = found["deadlines"]
    assert (deadline["name"], deadline["due"], deadline["stated"], deadline["rule"]) == (
        "answer", "2026-11-18T10:00:00Z", False, "A1")
    reply, question = found["actions"]
    assert (reply["action"], reply["channel"], reply["mode"], reply["template"]) == (
        "reply", "email", "draft", "buyer_wrote.reply")
    assert (question["action"], question["step"]) == ("question", reply["step"].replace("reply", "question"))
    assert found["shelved"] is None


def test_stated_deadline_is_told_as_stated(world: World) -> None:
    raw = claim().replace(b"Merci de votre confiance", "A partir d'aujourd'hui, 17/11/2026, vous avez 3 jours ouvrés "
                          "pour trouver un arrangement amiable.\nMerci de votre confiance".encode())
    [deadline] = tried(world, raw)["deadlines"]
    assert (deadline["stated"], deadline["due"]) == (True, "2026-11-20T10:00:00Z")
    assert "vous avez 3 jours ouvrés" in deadline["why"]


def test_absent_things_are_null(world: World) -> None:
    found = tried(world, claim().replace(b"Commande : 340118725/871204553\n", b"")
                  .replace("La carafe est ébréchée.".encode(), b""))
    assert (found["order"], found["item"], found["case"], found["text"]) == (None, ITEM, ITEM, None)


def test_mail_nobody_claims_says_why_and_nothing_else(world: World) -> None:
    found = tried(world, mail("From: jean@home.example\nSubject: Bonjour", "Une question."))
    assert list(found) == KEYS
    assert found.pop("shelved").startswith("unknown_sender: ")
    assert (found.pop("file"), found.pop("origin"), found.pop("text")) == (
        str(world.folder / "mail.eml"), "unproven", "Une question.")
    absent = dict.fromkeys(("marketplace", "kind", "order", "item", "case", "buyer", "language"))
    assert found == {**absent, "facts": {}, "links": {}, "deadlines": [], "actions": []}


def test_mail_nobody_can_read_says_why(world: World) -> None:
    found = tried(world, b"From: a@b.example\nFrom: c@d.example\n\nBonjour")
    assert found["shelved"].startswith("multiple_from: ")
    assert found["origin"] is None


def test_forged_mail_would_only_be_drafted(world: World) -> None:
    world.configure(policy='mode = "alone"')
    raw = buyer_writes(proof="dkim=fail header.d=marketplace.amazon.fr; dmarc=fail header.from=marketplace.amazon.fr")
    found = tried(world, raw)
    assert found["origin"] == "forged"
    assert found["actions"][0]["mode"] == "draft"
    assert "sender_unverified: " in found["actions"][0]["why"]
    assert tried(world, buyer_writes())["actions"][0]["mode"] == "alone"


def test_without_a_moment_asked_for_a_mail_counts_from_its_own_date(world: World) -> None:
    [deadline] = tried(world, buyer_writes(date=NOW - timedelta(days=40)), pinned=False)["deadlines"]
    assert deadline["due"] == "2026-10-09T10:00:00Z"


def test_old_mail_looked_at_from_a_moment_asked_for_is_stale(world: World) -> None:
    world.configure(policy='mode = "alone"')
    found = tried(world, buyer_writes(date=NOW - timedelta(days=40)))
    assert found["actions"][0]["mode"] == "draft"
    assert "stale: " in found["actions"][0]["why"]


def test_trying_touches_nothing(world: World) -> None:
    before = [(path, path.stat().st_mtime_ns) for path in sorted((world.folder / "mail").rglob("*"))]
    tried(world, buyer_writes())
    assert all(world.rows(table) == [] for table in ("mails", "cases", "events", "outbox"))
    assert [(path, path.stat().st_mtime_ns) for path in sorted((world.folder / "mail").rglob("*"))] == before


# ---- as its user calls it


def asked(world: World, *words: str) -> int:
    return main(["--config", str(world.folder / "mailboxes.toml"), "try", *words])


def test_now_sets_the_moment_reckoned_from(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    path = world.folder / "mail.eml"
    path.write_bytes(buyer_writes(date=NOW - timedelta(days=40)))
    assert asked(world, "--json", "--now", "2026-11-17T11:00:00+01:00", str(path)) == 0
    [deadline] = json.loads(capsys.readouterr().out)["deadlines"]
    assert deadline["due"] == "2026-11-18T10:00:00Z"


def test_one_object_a_file_and_one_a_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [world.folder / name for name in ("a.eml", "b.eml")]
    for path, raw in zip(paths, (buyer_writes(), claim()), strict=True):
        path.write_bytes(raw)
    assert asked(world, "--json", *map(str, paths)) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["file"], line["kind"]) for line in lines] == [
        (str(paths[0]), "buyer_wrote"), (str(paths[1]), "not_conforming_claimed")]


def test_file_that_is_not_there_stops_no_other(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    path = world.folder / "a.eml"
    path.write_bytes(claim())
    assert asked(world, "--json", str(world.folder / "none.eml"), str(path)) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["marketplace"] == "rakuten_fr"
    assert "none.eml cannot be read: No such file" in err


def test_moment_that_is_none_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(world.folder / "a.eml")
    path.write_bytes(claim())
    assert asked(world, "--now", "yesterday", str(path)) == 2
    assert "--now wants a moment such as" in capsys.readouterr().err


def test_people_read_the_same_in_lines(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    path = world.folder / "a.eml"
    path.write_bytes(buyer_writes())
    assert asked(world, "--now", "2026-11-17T10:00:00Z", str(path)) == 0
    out = capsys.readouterr().out
    assert "  buyer: Jean Dupont\n" in out
    assert "  answer: 2026-11-18T10:00:00Z\n" in out
    assert "  -> reply (email, draft): " in out
    assert RELAY not in out.replace("relay", "")
    assert HOST not in out


# ---- the draft it would write


def own_reply(world: World, body: str) -> None:
    folder = world.folder / "templates" / "amazon"
    folder.mkdir(parents=True)
    (folder / "buyer_wrote.reply.fr.txt").write_text(f"Subject: x\n\n{body}\n")


def drafted(world: World, raw: bytes) -> dict[str, Any]:
    path = world.folder / "mail.eml"
    path.write_bytes(raw)
    return try_file(path, world.guichet.settings, world.now, pinned=True, drafted=True)


def test_draft_is_shown_only_when_asked_for(world: World) -> None:
    found = drafted(world, buyer_writes())
    assert list(found) == [*KEYS, "no_draft", "draft"]
    assert found["no_draft"] is None
    assert (found["draft"]["to"], found["draft"]["channel"], found["draft"]["mode"]) == (RELAY, "email", "draft")
    assert found["draft"]["body"].startswith("Bonjour Jean Dupont,\n")


def test_draft_is_the_sellers_own_words_where_he_wrote_some(world: World) -> None:
    own_reply(world, "Tiens, {{ case.buyer }} !")
    assert drafted(world, buyer_writes())["draft"]["body"].partition("\n")[0] == "Tiens, Jean Dupont !"


def test_without_a_draft_the_reason_is_told(world: World) -> None:
    own_reply(world, "{{ facts.byuer }}")
    found = drafted(world, buyer_writes())
    assert found["draft"] is None and "'facts.byuer' in line 3 is empty" in found["no_draft"]
    world.configure(policy='mode = "off"')
    assert drafted(world, buyer_writes())["no_draft"] == "nothing to answer"


@pytest.mark.parametrize(("raw", "says"), [
    (buyer_writes(), f"Draft, to {RELAY}:"), (claim(), "Text to paste, at https://fr.shopping.rakuten.com/"),
])
def test_draft_is_printed_below_what_was_understood(world: World, capsys: pytest.CaptureFixture[str], raw: bytes,
                                                    says: str) -> None:
    path = world.folder / "a.eml"
    path.write_bytes(raw)
    assert asked(world, "--draft", str(path)) == 0
    out = capsys.readouterr().out
    assert says in out and "\nAtelier Lumen\n" in out.partition(says)[2]


def test_draft_quotes_the_message_it_answers_as_the_mail_will(world: World) -> None:
    assert "\n> La lampe ne s'allume pas." in drafted(world, buyer_writes())["draft"]["body"]


def test_kept_mail_is_tried_by_its_name(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes(), claim())
    assert asked(world, "--json", "M-2", "m-1") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["file"], line["kind"]) for line in lines] == [
        ("M-2", "not_conforming_claimed"), ("M-1", "buyer_wrote")]


def test_file_of_that_name_comes_first(world: World, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes())
    monkeypatch.chdir(world.folder)
    Path("M-1").write_bytes(claim())
    assert asked(world, "--json", "M-1") == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "not_conforming_claimed"


def test_mail_that_is_not_kept_cannot_be_read(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(buyer_writes())
    assert asked(world, "--json", "M-99", "M-1") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["file"] == "M-1"
    assert "M-99 cannot be read: no such mail is kept" in err


def test_folder_is_walked_in_order_for_mails_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    below = world.folder / "box" / "deep"
    below.mkdir(parents=True)
    (below / "b.eml").write_bytes(claim())
    (below.parent / "a.eml").write_bytes(buyer_writes())
    (below / "notes.txt").write_text("no mail")
    assert asked(world, "--json", str(below.parent)) == 0
    lines = [json.loads(line)["file"] for line in capsys.readouterr().out.splitlines()]
    assert lines == [str(below.parent / "a.eml"), str(below / "b.eml")]


def test_mail_that_trips_a_reader_of_ours_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    def stumble(seen: Message) -> None:
        if seen.subject == "trip":
            raise KeyError("a fault of ours")

    monkeypatch.setattr("bot.trying.understand", stumble)
    for name, subject in (("a", "trip"), ("b", "fine")):
        (world.folder / f"{name}.eml").write_bytes(mail(f"From: jean@home.example\nSubject: {subject}", "x"))
    assert asked(world, "--json", str(world.folder / "a.eml"), str(world.folder / "b.eml")) == 0
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first["shelved"] == "fault: KeyError"
    assert list(first) == list(second) == KEYS


def test_many_mails_cost_one_start(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Two thousand take some seconds, not two thousand starts of a program."""
    folder = world.folder / "many"
    folder.mkdir()
    for number in range(500):
        (folder / f"{number:04}.eml").write_bytes(buyer_writes() if number % 2 else claim())
    assert asked(world, "--json", str(folder)) == 0
    assert len(capsys.readouterr().out.splitlines()) == 500
