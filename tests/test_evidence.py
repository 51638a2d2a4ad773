"""The evidence pack: what it holds can be verified, and it holds nothing that is not for the other side."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot import evidence, settling
from bot.cli import main
from bot.core.dossier import Section, as_html, as_text
from bot.core.event import Kind
from bot.core.grant import Grant
from bot.core.order import without_tokens
from bot.exporting import ExportError
from bot.forgetting import retire
from tests.world import ITEM, MARIE, NOW, ORDER, RELAY, World, buyer_writes, claim

TOOK = "250 2.0.0 Ok: queued as 4F2A1"
ATTACK = "<script>alert(1)</script><img src=http://foreign.example/x.png> Que faire ?"


@pytest.fixture
def answered(world: World) -> World:
    """Jean has asked, Marie has said yes by mail, the answer has left; Anne has asked as well."""
    world.hears(buyer_writes())
    world.answers("ok")
    row = world.store.outbox_row(1)
    assert row and row["state"] == "ready", row
    world.store.run("UPDATE outbox SET attempts = 1, state = 'transmitting' WHERE id = 1")
    settling.sent(world.guichet, row | {"attempts": 1}, TOOK, world.now + timedelta(minutes=2))
    world.hears(anne())
    return world


def anne() -> bytes:
    raw = buyer_writes("Et ma lampe, Ursule ?", order="404-9999999-9999999", message=7)
    return raw.replace(b"Jean Dupont", b"Anne Petit").replace(RELAY.encode(), b"anne0001@marketplace.amazon.fr")


def unpacked(world: World, folder: Path, case: int = 1) -> Path:
    evidence.write(evidence.pack(world.guichet.settings, world.store, case, world.now), folder / "preuves.zip")
    with ZipFile(folder / "preuves.zip") as archive:
        archive.extractall(folder / "preuves")
    return folder / "preuves"


def told(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def test_every_file_has_the_hash_that_is_written_down(answered: World, tmp_path: Path) -> None:
    folder = unpacked(answered, tmp_path)
    verified = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr
    assert len(verified.stdout.splitlines()) == len(told(folder)) - 1
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert [(one["id"], one["file"]) for one in manifest["files"]] == [
        ("M-1", "mails/M-1.eml"), ("D-1", "answers/D-1.eml")]
    for one in manifest["files"]:
        octets = (folder / one["file"]).read_bytes()
        assert (one["sha256"], one["bytes"]) == (sha256(octets).hexdigest(), len(octets))


def test_mails_are_as_they_came_and_answers_as_they_left(answered: World, tmp_path: Path) -> None:
    folder = unpacked(answered, tmp_path)
    assert (folder / "mails/M-1.eml").read_bytes() == answered.store.raw_mail(1)
    row = answered.store.outbox_row(1)
    assert row and (folder / "answers/D-1.eml").read_bytes() == row["raw"]


@pytest.mark.parametrize("page", ["summary.txt", "summary.html", "manifest.json"])
def test_pages_tell_times_rules_arithmetic_and_what_the_server_said(
        answered: World, tmp_path: Path, page: str) -> None:
    said = told(unpacked(answered, tmp_path))[page]
    assert all(one in said for one in (ORDER, "Jean Dupont", TOOK, "A1", "+ 24 heures = 18/11/2026 11:00",
                                       "Amazon seller webinar"))


def test_it_is_told_in_the_language_of_the_seller(answered: World, tmp_path: Path) -> None:
    target = tmp_path / "preuves.zip"
    assert main(["--config", str(answered.folder / "mailboxes.toml"), "export", "case", "c-1", str(target)]) == 0
    with ZipFile(target) as archive:
        text = archive.read("resume.txt").decode()
    assert "Dossier de preuves : amazon, commande" in text
    assert "17/11/2026 11:02  D-1, essai 1 : c'est parti : 250" in text
    assert oct(target.stat().st_mode & 0o777) == "0o600"


def test_nothing_of_another_buyer_is_in_it(answered: World, tmp_path: Path) -> None:
    folder = unpacked(answered, tmp_path)
    assert not [name for name, text in told(folder).items() for word in ("Anne", "Ursule", "404-9999999")
                if word in text]
    (tmp_path / "hers").mkdir()
    assert "Ursule" in "".join(told(unpacked(answered, tmp_path / "hers", case=2)).values())


def test_no_token_and_no_word_between_the_seller_and_his_program_is_in_it(answered: World, tmp_path: Path) -> None:
    """His order by mail belongs to the case, and quotes a mail with a token."""
    assert answered.rows("orders")[0]["case_id"] == 1
    folder = unpacked(answered, tmp_path)
    for name, text in told(folder).items():
        assert without_tokens(text) == text, name
        assert MARIE not in text, name
    left_out = json.loads((folder / "manifest.json").read_text("utf-8"))["left_out"]
    assert [one["id"] for one in left_out] == ["M-2"]


def test_mail_that_carries_a_token_of_ours_is_left_out_whoever_sent_it(answered: World, tmp_path: Path) -> None:
    token = answered.store.mint(Grant(address=MARIE, words=frozenset(), expires=NOW, case=1))
    answered.hears(buyer_writes(f"Voici [C-1 {token}] ?", message=3))
    assert answered.rows("mails")[-1]["case_id"] in (None, 1)
    assert token not in "".join(told(unpacked(answered, tmp_path)).values())


def test_what_only_the_seller_is_concerned_with_is_not_in_it(world: World, tmp_path: Path) -> None:
    """Drafts, reminders, refusals, his own targets, his limits on discounts: the other side reads this."""
    world.configure(language="en", policy='[policy.targets]\nbuyer_wrote = "8h"')
    world.hears(buyer_writes())
    world.later(hours=21)
    assert [row["rule"] for row in world.rows("deadlines")] == ["A1", "policy"]
    assert world.rows("events", "kind = 'deadline_near'")
    said = "".join(told(unpacked(world, tmp_path)).values())
    assert not [word for word in ("D-1", "policy", "own target", "A deadline nears", "decided", "held") if word in said]


def test_answer_posted_by_hand_is_told_as_such(world: World, tmp_path: Path) -> None:
    world.configure(language="en", policy="")
    world.hears(claim())
    world.store.run("UPDATE outbox SET body = 'Vissez.', state = 'handed', channel = 'seller' WHERE id = 1")
    found = told(unpacked(world, tmp_path))
    assert "posted in the marketplace's account by hand" in found["summary.txt"]
    assert "Vissez." in found["answers/D-1.txt"]
    assert ITEM in found["manifest.json"]


def test_same_case_gives_the_same_archive_to_the_byte(answered: World, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    unpacked(answered, tmp_path)
    unpacked(answered, tmp_path / "again")
    assert (tmp_path / "preuves.zip").read_bytes() == (tmp_path / "again/preuves.zip").read_bytes()


def test_mail_no_longer_kept_as_it_came_is_said_so(answered: World, tmp_path: Path) -> None:
    answered.says(Kind.CASE_CLOSED)
    retire(answered.store, timedelta(days=30), answered.now + timedelta(days=31))
    manifest = json.loads(told(unpacked(answered, tmp_path))["manifest.json"])
    assert {one["id"]: one["why"] for one in manifest["left_out"]}["M-1"] == "no longer kept as it came"


def test_hostile_words_are_text_on_the_page(world: World, tmp_path: Path) -> None:
    world.hears(buyer_writes(ATTACK))
    page = told(unpacked(world, tmp_path))["summary.html"]
    assert "&lt;script&gt;" in page
    assert not [one for one in ("<script", "<img", "http-equiv=\"refresh", "@import", "url(") if one in page]
    assert "default-src 'none'" in page


def test_existing_file_stays(answered: World, tmp_path: Path) -> None:
    (tmp_path / "preuves.zip").write_text("mine")
    with pytest.raises(ExportError, match="already"):
        unpacked(answered, tmp_path)
    assert (tmp_path / "preuves.zip").read_text() == "mine"


@pytest.mark.parametrize("given", [["case"], ["a", "b", "c"], ["case", "C-1", "x.zip", "y.zip"]])
def test_wrong_arguments_are_told_the_right_ones(
        answered: World, given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(answered.folder / "mailboxes.toml"), "export", *given]) == 2
    assert "export case C-12" in capsys.readouterr().err


def test_buyer_called_case_is_still_exported(answered: World, tmp_path: Path) -> None:
    answered.store.run("UPDATE cases SET buyer = 'case' WHERE id = 1")
    target = tmp_path / "his.zip"
    assert main(["--config", str(answered.folder / "mailboxes.toml"), "export", "case", str(target)]) == 0
    with ZipFile(target) as archive:
        assert "buyer.json" in archive.namelist()


def test_export_of_a_case_has_its_object_for_scripts(
        answered: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "p.zip"
    asked = ["--config", str(answered.folder / "mailboxes.toml"), "export", "case", "C-1", str(target), "--json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["file", "case", "mails", "answers", "left_out"]
    assert (found["case"], found["mails"], found["answers"], list(found["left_out"])) == ("C-1", 1, 1, ["M-2"])


# ---- the pages


def test_page_as_text_keeps_columns_and_quotes() -> None:
    section = Section(heading="Files", columns=("file", "hash"), rows=[("a", "1"), ("b", "")], quoted="x\ny\u202e")
    assert as_text("T", [section]) == "T\n=\n\nFiles\n-----\na  1\nb\n  | x\n  | y\n"


def test_page_names_its_language_and_escapes_its_title() -> None:
    page = as_html("<T>", [Section(heading="&", rows=[("a", "b")])], "fr")
    assert '<html lang="fr">' in page and "<title>&lt;T&gt;</title>" in page
    assert '<tr><th scope="row">a</th><td>b</td></tr>' in page
