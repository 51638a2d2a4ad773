"""A buyer who is forgotten leaves no word behind, and his mail, sent again, is answered to nobody."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.core.event import Kind
from bot.exporting import ExportError, export
from bot.forgetting import ForgetError, erase, find, retire
from bot.saving import copies, erase_all, keep_daily
from tests.world import NOW, ORDER, RELAY, World, buyer_writes, claim, mail

WORDS = "Ma voisine Ursule a pris le colis, digicode 47B12"
PERSONAL = ("Jean Dupont", "JEAN DUPONT", "jean dupont", RELAY, "Ursule", "47B12", ORDER)
OTHER = "404-9999999-9999999"


@pytest.fixture
def told(world: World) -> World:
    """Jean has asked, was answered in a draft, and Marie has said yes; Anne has asked as well."""
    world.hears(buyer_writes(WORDS))
    world.hears(anne())
    world.says(Kind.DRAFT_APPROVED, draft=world.rows("outbox", "what = 'reply' AND case_id = 1")[0]["id"])
    return world


def anne() -> bytes:
    raw = buyer_writes("Et ma lampe ?", order=OTHER, message=7)
    return raw.replace(b"Jean Dupont", b"Anne Petit").replace(RELAY.encode(), b"anne0001@marketplace.amazon.fr")


def forget(world: World, who: str = "Jean Dupont") -> None:
    assert erase(world.store, find(world.store, who), world.now)


def found_in(folder: Path, words: tuple[str, ...] = PERSONAL) -> list[str]:
    """Return which words stand in any file of a folder, plain, packed as a mail's Base64, or in its log."""
    octets = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [f"{word} in {name}" for name, content in octets.items() for word in words
            if word.encode() in content or b64encode(word.encode())[:-4] in content]


def found_in_rows(world: World, words: tuple[str, ...] = PERSONAL) -> list[str]:
    """The same in every value of every row, raw mails unpacked: zlib hides words from a look at the file."""
    tables = [row["name"] for row in world.store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    seen = []
    for table in tables:
        for row in world.store.rows(f"SELECT * FROM {table}"):
            if table == "mails":
                row["raw"] = world.store.raw_mail(row["id"])
            if table == "packs":
                row["octets"] = zlib.decompress(row["octets"])
            seen += [f"{table}.{name}: {word}" for name, value in row.items() for word in words
                     if word in (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))]
    return seen


def test_before_he_is_forgotten_his_words_are_there(told: World) -> None:
    """Else the tests below would prove nothing."""
    assert found_in_rows(told)
    assert found_in(told.guichet.settings.data)


def test_nothing_of_a_forgotten_buyer_is_left_in_rows_file_or_log(told: World) -> None:
    forget(told)
    assert found_in_rows(told) == []
    assert found_in(told.guichet.settings.data) == []


@pytest.mark.parametrize("who", ["Jean Dupont", "jean  dupont", RELAY, RELAY.upper(), ORDER, "C-1", "c-1"])
def test_a_buyer_is_found_by_name_address_order_or_case(told: World, who: str) -> None:
    traces = find(told.store, who)
    assert traces.cases == (1,)
    assert len(traces.mails) == 1
    forget(told, who)
    assert found_in_rows(told) == []


def test_other_buyers_keep_their_cases(told: World) -> None:
    before = told.one("cases", "id = 2")
    texts = [row["text"] for row in told.rows("events", "case_id = 2")]
    forget(told)
    assert told.one("cases", "id = 2") == before
    assert [row["text"] for row in told.rows("events", "case_id = 2")] == texts
    assert told.store.raw_mail(2)


def test_same_mail_sent_again_is_known_and_nothing_is_written(told: World) -> None:
    raw = told.store.raw_mail(1)
    assert raw
    forget(told)
    before = (told.rows("cases"), told.rows("events"), told.rows("outbox"))
    told.hears(raw)                                              # to the byte
    told.hears(b"Received: from elsewhere\n" + raw)             # by another route
    told.hears(buyer_writes(WORDS))                              # a resend under a new Message-ID
    assert (told.rows("cases"), told.rows("events"), told.rows("outbox")) == before
    assert {row["state"] for row in told.rows("mails")} <= {"read", "ignored"}


def test_new_mail_of_a_forgotten_buyer_opens_a_new_case(told: World) -> None:
    forget(told)
    told.hears(buyer_writes("Encore moi.", message=2))
    assert told.rows("cases")[-1]["buyer"] == "Jean Dupont"
    assert told.rows("cases")[-1]["id"] != 1


def test_what_was_still_to_leave_does_not(told: World) -> None:
    forget(told)
    assert told.rows("outbox", "case_id = 1 AND state NOT IN ('discarded', 'sent')") == []
    assert told.rows("deadlines", "case_id = 1 AND state = 'open'") == []
    told.later(days=3)
    assert not told.rows("events", "case_id = 1 AND kind LIKE 'deadline%'")


def test_mail_that_is_just_leaving_is_not_forgotten_amid_it(told: World) -> None:
    told.store.run("UPDATE outbox SET state = 'transmitting' WHERE case_id = 1 AND what = 'reply'")
    with pytest.raises(ForgetError, match="on its way"):
        forget(told)
    assert found_in_rows(told)


def test_mails_on_the_shelf_that_name_him_go_too(told: World) -> None:
    letter = b64encode(b"Ici Jean Dupont, rappelez-moi.")
    told.hears(mail("From: x@inconnu.example\nSubject: Bonjour", "").replace(
        b"8bit\n\n", b"base64\n\n" + letter))
    assert told.rows("mails")[-1]["state"] == "shelved"
    assert len(find(told.store, "Jean Dupont").mails) == 2
    forget(told)
    assert told.store.raw_mail(told.rows("mails")[-1]["id"]) == b""


def test_stranger_of_the_shelf_is_forgotten_by_his_address(told: World) -> None:
    told.hears(mail("From: Paul <paul@inconnu.example>\nSubject: Bonjour", "Je cherche une lampe."))
    forget(told, "paul@inconnu.example")
    assert found_in_rows(told, ("paul@inconnu", "je cherche")) == []


def test_catch_up_mail_that_names_many_loses_his_name_only(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.arrives(buyer_writes(WORDS), anne())
    world.work()
    [catch_up] = world.to_marie()
    assert "Jean Dupont" in catch_up["body"]
    world.store.run("UPDATE outbox SET state = 'sent'")
    forget(world)
    assert found_in_rows(world) == []
    assert "Anne Petit" in world.to_marie()[0]["body"]


def test_nobody_is_forgotten_by_a_name_that_is_not_there(told: World) -> None:
    for who in ("Personne", "", "C-99", "e"):
        with pytest.raises(ForgetError):
            find(told.store, who)


def test_forgetting_twice_says_that_nothing_is_left(told: World) -> None:
    forget(told)
    with pytest.raises(ForgetError):
        find(told.store, "Jean Dupont")


def test_backups_hold_him_until_they_are_erased(told: World) -> None:
    settings = told.guichet.settings
    keep_daily(settings, NOW)
    forget(told)
    assert found_in(settings.data)
    assert erase_all(settings)
    assert copies(settings) == []
    assert found_in(settings.data) == []


def test_claim_at_rakuten_is_forgotten_by_its_buyer_s_name(world: World) -> None:
    world.hears(claim())
    forget(world, "jean_d")
    assert found_in_rows(world, ("jean_d", "ébréchée")) == []


# ---- with time


def test_raw_mails_and_texts_of_closed_cases_go_after_their_time_and_facts_stay(told: World) -> None:
    told.says(Kind.CASE_CLOSED)
    told.store.run("UPDATE outbox SET state = 'sent' WHERE state = 'ready'")
    told.now += timedelta(days=31)
    assert retire(told.store, timedelta(days=30), told.now) == 1
    assert told.store.raw_mail(1) == b""
    assert [row["text"] for row in told.rows("events", "case_id = 1 AND kind = 'buyer_wrote'")] == [""]
    assert told.one("cases", "id = 1")["order_number"] == ORDER
    assert json.loads(told.rows("events", "case_id = 1")[0]["facts"])
    assert told.store.raw_mail(2), "Anne's case is open"
    assert "47B12" not in "".join(found_in_rows(told))


def test_mail_whose_raw_bytes_are_gone_is_still_known(told: World) -> None:
    raw = told.store.raw_mail(1)
    assert raw
    told.says(Kind.CASE_CLOSED)
    told.now += timedelta(days=31)
    retire(told.store, timedelta(days=30), told.now)
    told.hears(raw)
    told.hears(b"Received: from elsewhere\n" + raw)
    assert len(told.rows("events", "case_id = 1 AND kind = 'buyer_wrote'")) == 1


def test_nothing_goes_before_its_time_nor_where_all_is_kept(told: World) -> None:
    told.says(Kind.CASE_CLOSED)
    assert retire(told.store, timedelta(days=30), told.now + timedelta(days=29)) == 0
    assert retire(told.store, None, told.now + timedelta(days=400)) == 0
    assert told.store.raw_mail(1)


# ---- handing over


def test_export_holds_mails_words_facts_answers_and_a_summary(told: World, tmp_path: Path) -> None:
    held = export(told.guichet.settings, told.store, "Jean Dupont", find(told.store, "Jean Dupont"),
                  target := tmp_path / "jean.zip")
    assert held == {"cases": 1, "mails": 1, "answers": 1}
    assert target.stat().st_mode & 0o777 == 0o600
    with ZipFile(target) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    assert content["mails/M-1.eml"] == told.store.raw_mail(1)
    everything = json.loads(content["buyer.json"])
    assert everything["cases"][0]["case"]["order"] == ORDER
    assert any(WORDS in event["text"] for event in everything["cases"][0]["events"])
    assert WORDS in content["summary.txt"].decode()
    assert [name for name in content if name.startswith("answers/D-")]
    assert b"Anne Petit" not in b"".join(content.values())


def test_export_overwrites_nothing(told: World, tmp_path: Path) -> None:
    (target := tmp_path / "jean.zip").write_text("mine")
    with pytest.raises(ExportError):
        export(told.guichet.settings, told.store, "C-1", find(told.store, "C-1"), target)
    assert target.read_text() == "mine"


