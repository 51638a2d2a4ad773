"""What the other pages show, what they let Marie change, and that forgetting reaches the search."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from html import unescape
from itertools import takewhile

import pytest
from click.testing import CliRunner

from bot import cli, words
from bot.checking import findings
from bot.core.event import Kind
from bot.counting import cautions, flat_numbers
from bot.edges.store import iso
from bot.evidence import pack
from bot.forgetting import erase, find
from tests.dashboard.counterpart import Marie, notice
from tests.world import NOW, World, buyer_writes, claim, mail


@pytest.fixture
def marie(world: World) -> Marie:
    world.work()
    world.hears(buyer_writes(), claim())
    return Marie(world)


# ---- search


@pytest.mark.parametrize("said", ["Dupont", "dupont", "404-2718281-8284590", "8284590", "459", "27", "allume", "ALLUMÉ",
                                  "lampe allum", "Jean Dup"])
def test_a_case_is_found_by_buyer_order_and_words(marie: Marie, said: str) -> None:
    page = marie.reads(f"/search?q={said}")
    assert "/case/1" in page
    assert "/case/2" not in page


def test_a_case_number_leads_to_the_case(marie: Marie) -> None:
    assert marie.opens("/search?q=c-2").headers["Location"] == "/case/2"


@pytest.mark.parametrize("said", ["%", "_", "'", '"', '" OR text:*', "NEAR(", "-", "*", "a" * 500, "<b>", "\\"])
def test_signs_of_the_search_language_are_only_signs(marie: Marie, said: str) -> None:
    page = marie.opens("/search", query_string={"q": said})
    assert page.status_code == 200
    assert "<b>" not in page.text


def test_a_case_is_found_by_what_we_wrote_ourselves(marie: Marie) -> None:
    assert "/case/" not in marie.reads("/search?q=crépuscule")
    marie.presses(1, "text", draft=1, text="Bonjour Jean, l'ampoule Crépuscule part ce soir.", then="send")
    page = marie.reads("/search?q=crepuscule")
    assert "/case/1" in page
    assert "/case/2" not in page


def test_an_answer_that_is_forgotten_is_in_no_index(marie: Marie) -> None:
    world = marie.world
    marie.presses(1, "text", draft=1, text="Bonjour Jean, l'ampoule crepuscule part ce soir.", then="keep")
    assert "/case/1" in marie.reads("/search?q=crepuscule")
    assert erase(world.store, find(world.store, "Jean Dupont"), world.now)
    held = b"".join(path.read_bytes() for path in world.guichet.settings.data.glob("guichet.db*"))
    assert b"crepuscule" not in held
    assert "/case/1" not in marie.reads("/search?q=crepuscule")
    assert "/case/1" not in marie.reads("/search?q=Dupont")


def test_what_comes_after_a_search_is_found_by_the_next(marie: Marie) -> None:
    assert "/case/" not in marie.reads("/search?q=abracadabra")
    marie.world.hears(buyer_writes("Abracadabra, où est mon colis ?", message=2))
    assert "/case/1" in marie.reads("/search?q=abracadabra")


def test_what_is_forgotten_is_in_no_index(marie: Marie) -> None:
    world = marie.world
    assert "/case/1" in marie.reads("/search?q=allume")
    assert erase(world.store, find(world.store, "Jean Dupont"), world.now)
    held = b"".join(path.read_bytes() for path in world.guichet.settings.data.glob("guichet.db*"))
    assert b"allume" not in held
    assert "/case/1" not in marie.reads("/search?q=allume")
    assert "/case/2" in marie.reads("/search?q=carafe"), "the others are found as before"


@pytest.mark.parametrize("lost", [["spoken", "named", "written"], ["named"]], ids=["no FTS5", "no trigrams"])
def test_an_sqlite_without_fts_is_searched_all_the_same(marie: Marie, lost: list[str]) -> None:
    marie.presses(1, "text", draft=1, text="Bonjour Jean, l'ampoule crepuscule part ce soir.", then="keep")
    for name in lost:
        marie.world.store.run(f"DROP TABLE {name}")
    for said in ("allume", "crepuscule", "Dupont", "8284590"):
        assert "/case/1" in marie.reads(f"/search?q={said}")
    marie.world.hears(buyer_writes("Abracadabra, où est mon colis ?", message=2))
    assert "/case/1" in marie.reads("/search?q=abracadabra")


# ---- lists


def test_a_filter_lives_in_the_address_and_in_the_files(marie: Marie) -> None:
    assert "/case/2" not in marie.reads("/cases?shop=amazon")
    assert "/case/1" in marie.reads("/cases?shop=amazon")
    rows = json.loads(marie.reads("/cases.json?shop=amazon"))
    assert [row["case"] for row in rows] == ["C-1"]
    assert set(rows[0]) >= {"shop", "reference", "order", "buyer", "kind", "stage", "turn", "due", "opened", "origin"}


def test_no_cell_of_a_file_is_a_formula(marie: Marie) -> None:
    for number, evil in enumerate(("=cmd|'/c calc'!A1", "+1+1", "-2", "@SUM(A1)", "\t=1", " =1"), start=10):
        marie.world.store.run("UPDATE cases SET buyer = ?, reference = ? WHERE id = 1", evil, str(number))
        rows = list(csv.DictReader(io.StringIO(marie.reads("/cases.csv").removeprefix("\ufeff")), delimiter=";"))
        assert rows[0]["case"] == "C-1"
        assert all(not cell.lstrip().startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_a_long_list_comes_in_pages(marie: Marie) -> None:
    store = marie.world.store
    with store.write_tx():
        for number in range(3, 2003):
            store.run("INSERT INTO cases (id, marketplace, shop, reference, mailbox, kind, stage, turn, opened, origin,"
                      " buyer) VALUES (?, 'amazon', 'amazon', ?, 'ventes', 'buyer_wrote', 'open', 'seller', ?,"
                      " 'proven', ?)", number, f"R-{number}", "2026-11-01T10:00:00Z", f"Jeanne {'x' * 60}")
    for address in ("/cases", "/cases?page=2", "/", "/search?q=Jeanne"):
        assert len(marie.opens(address).data) < 100_000, address
    assert "page=2" in marie.reads("/cases")


# ---- numbers, health


def test_numbers_and_health_are_shown(marie: Marie) -> None:
    page = marie.reads("/numbers")
    assert "<svg" in page
    assert "amazon" in page
    page = marie.reads("/health")
    assert "ventes@boutique.example" in page
    assert "ne tourne pas" in page


def test_numbers_are_those_that_the_command_prints(marie: Marie) -> None:
    world = marie.world
    page = unescape(marie.reads("/numbers"))
    with words.speaking("fr"):
        rows = flat_numbers(world.store, world.guichet.settings, world.now)
    for row in rows:
        assert row["name"] in page
        assert row["value"] in page
    assert "> 90 %" in page


def test_numbers_of_one_marketplace_are_a_file_too(marie: Marie) -> None:
    page = marie.reads("/numbers?marketplace=amazon")
    assert "/numbers.csv?marketplace=amazon" in page
    rows = json.loads(marie.reads("/numbers.json?marketplace=amazon"))
    assert {row["marketplace"] for row in rows} == {"amazon"}
    assert {row["period"] for row in rows} >= {"7d", "30d", "90d", "2026-W47"}
    assert "answered_under" in marie.reads("/numbers.csv?marketplace=amazon")
    assert marie.opens("/numbers?marketplace=<script>").status_code == 404


def test_a_cancellation_near_the_limit_warns_on_the_page(marie: Marie) -> None:
    world = marie.world
    assert 'class="notice mind"' not in marie.reads("/numbers")
    [case] = [row["id"] for row in world.rows("cases") if row["marketplace"] == "rakuten_fr"]
    world.store.run("INSERT INTO events (key, case_id, kind, at, heard, source, origin) VALUES"
                    " ('x/cancelled', ?, ?, ?, ?, 'test', 'proven')", case, Kind.SALE_CANCELLED, iso(world.now),
                    iso(world.now))
    with words.speaking("fr"):
        [said] = cautions(world.store, world.guichet.settings, world.now)
    assert said in unescape(marie.reads("/numbers"))


def test_evidence_pack_is_that_of_the_command_and_kept_nowhere(marie: Marie) -> None:
    answer = marie.opens("/case/1/evidence.zip")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    world = marie.world
    with words.speaking("fr"):
        made = pack(world.guichet.settings, world.store, 1, world.now)
    assert found == dict(made.files)
    assert "/case/1/evidence.zip" in marie.reads("/case/1")
    assert marie.opens("/case/99/evidence.zip").status_code == 404


def test_evidence_pack_is_for_who_is_logged_in(marie: Marie) -> None:
    assert Marie(marie.world, known=False).opens("/case/1/evidence.zip").status_code == 302


def test_the_switch_stops_what_leaves_by_itself_and_puts_it_back(marie: Marie) -> None:
    marie.sends("/health", data={"token": marie.token(), "word": "pause"})
    assert marie.world.store.meta("paused")
    assert "Remettre en marche" in marie.reads("/health")
    marie.sends("/health", data={"token": marie.token(), "word": "resume"})
    assert not marie.world.store.meta("paused")


# ---- modes


def switches(marie: Marie, name: str, mode: str, was: str = "draft", **more: str) -> int:
    return marie.sends("/rules", data={"token": marie.token(), "name": name, "mode": mode, "was": was,
                                       **more}).status_code


def test_a_mode_switched_on_the_page_is_in_force_with_the_next_mail(marie: Marie) -> None:
    assert switches(marie, "amazon.buyer_wrote", "off") == 200
    before = len(marie.world.rows("outbox"))
    marie.world.hears(buyer_writes("Et ma facture ?", order="404-1111111-2222222", message=7))
    assert len(marie.world.rows("outbox")) == before
    assert switches(marie, "amazon.buyer_wrote", "", was="off") == 200
    marie.world.hears(buyer_writes("Et ma facture ?", order="404-3333333-2222222", message=8))
    assert len(marie.world.rows("outbox")) > before


def test_check_and_try_know_what_was_switched_on_the_page(marie: Marie) -> None:
    settings, path = marie.world.guichet.settings, marie.world.folder / "new.eml"
    path.write_bytes(buyer_writes(order="404-7777777-2222222", message=9))

    def checked() -> list[str]:
        return [one.sentence for one in takewhile(lambda one: one.check != "disk", findings(settings))]

    def tried() -> list[str]:
        run = CliRunner().invoke(cli.guichet, ["--config", str(settings.path), "try", "--json", str(path)])
        return [action["mode"] for action in json.loads(run.output)["actions"]]

    assert not [sentence for sentence in checked() if "amazon.buyer_wrote" in sentence]
    assert "draft" in tried() and "shadow" not in tried()
    assert switches(marie, "amazon.buyer_wrote", "shadow") == 200
    assert any(sentence.startswith("amazon.buyer_wrote shadow:") for sentence in checked())
    assert "shadow" in tried() and "draft" not in tried()


def test_letting_mail_leave_without_her_yes_wants_a_second_sign(marie: Marie) -> None:
    assert switches(marie, "amazon.buyer_wrote", "alone") == 422
    assert str(marie.world.guichet.policy.mode_for("amazon", "buyer_wrote")) == "draft"
    assert switches(marie, "amazon.buyer_wrote", "alone", sure="yes") == 200
    assert str(marie.world.guichet.policy.mode_for("amazon", "buyer_wrote")) == "alone"


def test_a_mode_switched_elsewhere_meanwhile_is_told(marie: Marie) -> None:
    assert switches(marie, "amazon.buyer_wrote", "off") == 200
    assert switches(marie, "amazon.buyer_wrote", "shadow", was="draft") == 409


@pytest.mark.parametrize("name", ["buyer_wrote", "amazon.nonsense", "", "policy.mode"])
def test_only_known_modes_are_switched(marie: Marie, name: str) -> None:
    assert switches(marie, name, "off") == 400


# ---- words

FILE = "buyer_wrote.reply.fr.txt"


def template(marie: Marie) -> dict[str, str]:
    page = marie.reads(f"/words?file={FILE}")
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    return {"token": marie.token(), "file": fields["file"], "was": fields["was"]}


def test_a_template_is_shown_with_what_it_says_on_samples(marie: Marie) -> None:
    assert "Atelier Lumen" in marie.reads(f"/words?file={FILE}")


def test_a_template_that_holds_is_kept_in_her_own_folder(marie: Marie) -> None:
    text = "Subject: {{ subject }}\n\nBonjour,\n\nNous regardons cela aujourd'hui.\n\n{{ seller.name }}"
    answer = marie.sends("/words", data={**template(marie), "text": text})
    assert answer.status_code == 200, notice(answer)
    kept = marie.world.folder / "templates" / FILE
    assert "Nous regardons cela" in kept.read_text("utf-8")


@pytest.mark.parametrize("text", [
    "Bonjour sans objet", "Subject: {{ subject }}\n\n{% if %}", "Subject: x\n\nBonjour {{ case.secret }}",
    "Subject: {{ subject }}\n\nÉcrivez à marie@boutique.example ou sur https://boutique.example.",
    "Subject: x\n\n{{ ''.__class__.__mro__ }}"])
def test_a_template_that_does_not_hold_is_not_kept(marie: Marie, text: str) -> None:
    assert marie.sends("/words", data={**template(marie), "text": text}).status_code == 422
    assert not (marie.world.folder / "templates").exists()


@pytest.mark.parametrize("name", ["../mailboxes.toml", "/etc/passwd", "question.fr.txt", "nothing.reply.fr.txt", ""])
def test_only_templates_of_replies_are_opened(marie: Marie, name: str) -> None:
    answer = marie.sends("/words/try", data={**template(marie), "file": name, "text": "Subject: x\n\ny"})
    assert answer.status_code == 404


# ---- the shelf, and mails as they came


def test_a_mail_is_shown_as_words_alone(marie: Marie) -> None:
    world = marie.world
    world.hears(mail("From: Mallory <mallory@evil.example>\nSubject: <script>alert(1)</script>",
                     "<a href='https://evil.example'>Cliquez</a> \u202egnp.exe https://evil.example/x"))
    number = world.rows("mails")[-1]["id"]
    page = marie.reads(f"/mail/{number}")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert 'href="https' not in page


def test_a_closed_case_says_that_it_is_closed(marie: Marie) -> None:
    marie.world.says(Kind.CASE_CLOSED, 2)
    assert "rouvre" in marie.reads("/case/2")


@pytest.mark.parametrize("address", ["/case/99", "/mail/99", "/case/99999999999999999999", "/nothing", "/cases?page=x",
                                     "/cases?page=0x1", "/words?file=../run_bot.py"])
def test_what_is_not_there_is_said_plainly(marie: Marie, address: str) -> None:
    answer = marie.opens(address)
    assert answer.status_code == 404
    assert "Il n'y a rien ici" in answer.text or "Il n&#39;y a rien ici" in answer.text


def test_times_are_her_own(marie: Marie) -> None:
    assert NOW.strftime("%d/%m/%Y 11:00") in marie.reads("/case/1")
