"""The seller's numbers, out of mail: Marie's table as Amazon's slide shows it, and Rakuten's rates."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import cli, settling, words
from bot.core.action import State
from bot.core.event import Kind
from bot.core.numbers import NAMES, named
from bot.core.sheet import BOM
from bot.counting import COLUMNS, cautions, flat_numbers, lines, tables
from bot.digesting import digest
from tests.world import NOW, ORDER, World, buyer_writes, claim, failed, mail, passed

HOUR = timedelta(hours=1)


def order_of(number: int) -> str:
    return f"404-2718281-{number:07}"


def asks(world: World, number: int, at: datetime, text: str = "Où est ma commande ?", **more: Any) -> None:
    """A buyer writes through Amazon about order `number`."""
    world.now = at
    world.hears(buyer_writes(text, order=order_of(number), date=at, **more))


def copied(number: int, at: datetime, text: str = "Bonjour, votre colis est parti.", proof: str = "") -> bytes:
    """Amazon's copy of what Marie wrote about order `number`, in her account or her own mail program."""
    return mail(
        "From: Amazon Marketplace <donotreply@amazon.com>\nSubject: Votre e-mail à Jean\n"
        "X-Marketplace-ID: A13V1IB3VIYZZH\nX-Space-Notification-Type: BBC_MESSAGE_CONFIRMATION_TO_MERCHANT",
        f"Voici une copie de l'e-mail que vous avez envoyé à Jean.\n\n# {order_of(number)}:\n1 / Lampe\n\n"
        f"------------- Début du message -------------\n\n{text}\n\n------------- Fin du message -------------\n",
        date=at, proof=proof or passed("amazon.com"))


def answers(world: World, number: int, at: datetime, **more: Any) -> None:
    world.now = at
    world.hears(copied(number, at, **more))


def table(world: World, marketplace: str = "amazon", *, weeks: int = 0) -> dict[tuple[str, str], dict[str, Any]]:
    rows = flat_numbers(world.store, world.guichet.settings, world.now, marketplace=marketplace, weeks=weeks)
    return {(row["measure"], row["period"]): row for row in rows}


def values(world: World, measure: str, marketplace: str = "amazon") -> list[str]:
    found = table(world, marketplace)
    return [str(found[measure, period]["value"]) for period in ("7d", "30d", "90d")]


@pytest.fixture(autouse=True)
def french() -> Any:
    with words.speaking("fr"):
        yield


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.now = NOW - timedelta(days=100)
    made.work()
    return made


# ---- the slide


def approved(world: World, number: int, at: datetime) -> None:
    """Marie approves the draft about order `number`, and it leaves."""
    world.now = at
    case = world.one("cases", f"order_number = '{order_of(number)}'")
    row = world.rows("outbox", f"what = 'reply' AND state = 'draft' AND case_id = {case['id']}")[-1]
    assert world.says(Kind.DRAFT_APPROVED, row["case_id"], draft=row["id"])
    ready = world.store.outbox_row(row["id"])
    assert ready and ready["state"] == State.READY
    settling.sent(world.guichet, ready, "250 ok", at)


def the_slide() -> list[tuple[datetime, float | None]]:
    """When each buyer wrote, and after how many hours Marie answered: every third through us, else in her account.

    7 days: one of two under 24 h, 38.2 hours in the mean; 30 days: 14 of 18, 13 h 4 min; 90 days: 26 of 34.
    """
    week: list[tuple[datetime, float | None]] = [(NOW - timedelta(days=6), 72.0), (NOW - timedelta(days=3), 4.4)]
    month: list[tuple[datetime, float | None]] = [(NOW - timedelta(days=8 + one), 9.2) for one in range(13)]
    month += [(NOW - timedelta(days=24, hours=one), None) for one in range(3)]
    quarter: list[tuple[datetime, float | None]] = [(NOW - timedelta(days=33 + one), 5.0) for one in range(12)]
    quarter += [(NOW - timedelta(days=60 + one), 30.0) for one in range(4)]
    return week + month + quarter


@pytest.fixture
def slide(world: World) -> World:
    happenings: list[tuple[datetime, int, bool]] = []
    for number, (at, hours) in enumerate(the_slide(), 1):
        happenings.append((at, number, False))
        happenings += [(at + timedelta(hours=hours), number, True)] if hours is not None else []
    for at, number, answered in sorted(happenings):
        (asks if not answered else answers if number % 3 else approved)(world, number, at)
    world.now = NOW
    world.work()
    return world


def test_the_slides_own_figures_come_out_of_mail(slide: World) -> None:
    assert values(slide, "answered_under") == ["50 % (1 sur 2)", "78 % (14 sur 18)", "76 % (26 sur 34)"]
    assert values(slide, "answered_late") == ["1", "1", "5"]
    assert values(slide, "unanswered") == ["0", "3", "3"]
    assert values(slide, "over") == ["50 % (1 sur 2)", "22 % (4 sur 18)", "24 % (8 sur 34)"]
    assert values(slide, "mean")[:2] == ["1 jour 14 heures", "13 heures 4 minutes"]
    seven = table(slide)["mean", "7d"]
    assert seven["seconds"] == 38.2 * 3600
    assert not any(row["met"] for row in table(slide).values())


def test_the_table_is_aligned_and_says_what_is_missed(slide: World) -> None:
    rows = flat_numbers(slide.store, slide.guichet.settings, slide.now, marketplace="amazon")
    told = tables(rows, lambda text, _: text).splitlines()
    assert told[0].split() == ["amazon", "7", "jours", "30", "jours", "90", "jours", "objectif"]
    assert told[1].startswith("Réponses en moins de 24 heures") and told[1].endswith("> 90 %")
    assert len({line.find("objectif") if "objectif" in line else line.find("> 90") for line in told[:2]}) == 1
    assert [line.split("  ")[0] for line in told[2:]] == [
        "Réponses en retard", "Sans réponse depuis plus de 24 heures", "Plus de 24 heures", "Délai de réponse moyen"]


def test_the_same_in_english(slide: World) -> None:
    with words.speaking("en"):
        assert values(slide, "mean")[:2] == ["1 day 14 hours", "13 hours 4 minutes"]
        assert values(slide, "answered_under")[1] == "78 % (14 of 18)"


# ---- what counts


def test_an_approved_reply_is_an_answer_and_its_copy_is_not_another(world: World) -> None:
    asks(world, 1, NOW)
    approved(world, 1, NOW + 2 * HOUR)
    asks(world, 1, NOW + 3 * HOUR, message=2)
    body = str(world.rows("outbox", "state = 'sent'")[0]["body"])
    answers(world, 1, NOW + 3.1 * HOUR, text=body)
    world.now = NOW + 30 * HOUR
    assert values(world, "answered_under")[0] == "50 % (1 sur 2)"
    assert values(world, "mean")[0] == "2 heures"


def test_an_automatic_acknowledgement_and_its_copy_answer_nothing(world: World) -> None:
    asks(world, 1, NOW)
    row = world.rows("outbox", "what = 'reply'")[-1]
    world.store.run("UPDATE outbox SET state = 'sent', mode = 'alone', answers = 0, changed = ? WHERE id = ?",
                    "2026-11-17T10:03:00Z", row["id"])
    answers(world, 1, NOW + timedelta(minutes=4), text=row["body"])
    world.now = NOW + 25 * HOUR
    assert values(world, "unanswered")[0] == "1"
    answers(world, 1, NOW + 26 * HOUR)
    assert (values(world, "unanswered")[0], values(world, "answered_late")[0]) == ("0", "1")


def test_what_marie_writes_herself_after_an_acknowledgement_counts(world: World) -> None:
    asks(world, 1, NOW)
    row = world.rows("outbox", "what = 'reply'")[-1]
    world.store.run("UPDATE outbox SET state = 'sent', mode = 'alone', answers = 0, changed = ? WHERE id = ?",
                    "2026-11-17T10:03:00Z", row["id"])
    answers(world, 1, NOW + timedelta(minutes=10), text="Le colis est au point relais.")
    assert values(world, "mean")[0] == "10 minutes"


def test_a_buyers_absence_note_is_no_message(world: World) -> None:
    world.now = NOW
    world.hears(mail("From: Jean <jd7k2m9x4q1v8+3f1c@marketplace.amazon.fr>\nAuto-Submitted: auto-replied\n"
                     f"Subject: Réponse automatique d'absence du bureau : commande {ORDER}", "Je suis absent.",
                     proof=passed("marketplace.amazon.fr")))
    world.now += 30 * HOUR
    assert values(world, "answered_under")[0] == "-"


def test_no_response_needed_takes_it_out(world: World) -> None:
    asks(world, 1, NOW, "Merci !")
    world.now = NOW + HOUR
    assert world.says(Kind.NO_REPLY_NEEDED, world.rows("cases")[-1]["id"])
    world.now = NOW + 30 * HOUR
    assert values(world, "answered_under")[0] == values(world, "mean")[0] == "-"


def test_the_first_unanswered_message_counts_and_a_later_one_joins_it(world: World) -> None:
    asks(world, 1, NOW)
    asks(world, 1, NOW + 20 * HOUR, "Bonjour ?", message=2)
    answers(world, 1, NOW + 25 * HOUR)
    assert values(world, "answered_late")[0] == "1"
    assert values(world, "over")[0] == "100 % (1 sur 1)"


def test_a_buyers_reply_counts_again(world: World) -> None:
    asks(world, 1, NOW)
    answers(world, 1, NOW + HOUR)
    asks(world, 1, NOW + 2 * HOUR, "Et la facture ?", message=2)
    answers(world, 1, NOW + 5 * HOUR, text="La voici.")
    assert values(world, "answered_under")[0] == "100 % (2 sur 2)"
    assert values(world, "mean")[0] == "2 heures"
    assert table(world)["answered_under", "7d"]["met"] is True


def test_an_answer_that_came_back_is_none(world: World) -> None:
    asks(world, 1, NOW)
    approved(world, 1, NOW + HOUR)
    row = world.one("outbox", "state = 'sent'")
    settling.tell(world.guichet, {**row, "attempts": 1}, Kind.MESSAGE_UNDELIVERED, "550 no such user", NOW + 2 * HOUR)
    world.now = NOW + 30 * HOUR
    assert values(world, "unanswered")[0] == "1"


def test_a_message_still_in_time_stands_in_no_row_yet(world: World) -> None:
    asks(world, 1, NOW)
    world.now = NOW + 23 * HOUR
    assert values(world, "answered_under")[0] == "-"
    world.now = NOW + 24 * HOUR
    assert values(world, "answered_under")[0] == "0 % (0 sur 1)"


def test_a_forged_copy_answers_nothing(world: World) -> None:
    asks(world, 1, NOW)
    answers(world, 1, NOW + HOUR, proof=failed("amazon.com"))
    world.now = NOW + 30 * HOUR
    assert values(world, "unanswered")[0] == "1"


def test_of_nothing_known_there_is_no_percentage(world: World) -> None:
    for marketplace in ("amazon", "rakuten_fr"):
        for row in table(world, marketplace).values():
            assert row["value"] == "-" and row["count"] is row["percent"] is row["met"] is None
    assert values(world, "mean") == ["-", "-", "-"]
    assert lines(world.store, world.guichet.settings, world.now) == []


# ---- Rakuten


def sold(item: int, **more: Any) -> bytes:
    return mail(
        "From: Rakuten <notification@fr.shopping.rakuten.com>\n"
        f"Subject: Félicitations, vous avez une nouvelle vente ! ({item})",
        f"Bonjour Atelier Lumen,\n\nFélicitations, vous avez une nouvelle vente !\n\nCommande : 34{item}/{item}\n"
        "Article : Lampe\nAcheteur : gwen.lm\nPrix : 24,90 €\n\n"
        "Vous avez 3 jours ouvrés pour accepter ou refuser cette vente.\n\nMerci de votre confiance et à bientôt,\n"
        "Rakuten\n", proof=passed("fr.shopping.rakuten.com"), **more)


def cancelled(item: int, **more: Any) -> bytes:
    return mail(
        f"From: Rakuten <notification@fr.shopping.rakuten.com>\nSubject: Annulation de votre vente ({item}) - "
        "Service Clients Rakuten",
        f"Bonjour Atelier Lumen,\n\nLa vente ci-dessous est annulée.\nCommande : 34{item}/{item}\nArticle : Lampe\n\n"
        "Merci de votre confiance et à bientôt,\nRakuten\n", proof=passed("fr.shopping.rakuten.com"), **more)


def withdrawn(item: int, **more: Any) -> bytes:
    return mail(
        f"From: Rakuten <service.clients@fr.shopping.rakuten.com>\nSubject: Rétractation : l'acheteur souhaite annuler "
        f"sa commande ({item}) - Service Clients Rakuten",
        f"Bonjour Atelier Lumen,\n\nL'acheteur gwen.lm souhaite annuler sa commande.\n\nCommande : 34{item}/{item}\n"
        "Article : Lampe\n\nMerci de votre confiance et à bientôt,\nRakuten\n",
        proof=passed("fr.shopping.rakuten.com"), **more)


def sells(world: World, many: int) -> None:
    world.now = NOW
    world.hears(*(sold(874580000 + one, date=NOW) for one in range(many)))
    assert len(world.rows("events", "kind = 'sale_made'")) == many


def test_cancellations_are_counted_without_withdrawals(world: World) -> None:
    sells(world, 10)
    world.now += HOUR
    world.hears(cancelled(874580001, date=world.now), withdrawn(874580002, date=world.now))
    assert world.rows("events", "kind = 'withdrawal_opened'")
    world.now += HOUR
    world.hears(cancelled(874580002, date=world.now))
    row = table(world, "rakuten_fr")["cancelled", "30d"]
    assert (row["value"], row["met"], row["target"]) == ("11 % (1 sur 9)", False, "< 5 %")


def test_a_cancellation_of_a_sale_nobody_told_us_of_counts_once(world: World) -> None:
    world.now = NOW
    world.hears(cancelled(874589999, date=NOW))
    assert table(world, "rakuten_fr")["cancelled", "7d"]["value"] == "100 % (1 sur 1)"


def test_the_warning_comes_before_the_limit_and_stands_in_the_digest(world: World) -> None:
    sells(world, 39)
    assert cautions(world.store, world.guichet.settings, world.now) == []
    world.now += HOUR
    world.hears(cancelled(874580001, date=world.now))
    [sentence] = cautions(world.store, world.guichet.settings, world.now)
    assert sentence == ("Rakuten : 3 % de vos ventes des 30 derniers jours ont été annulées (1 sur 39) ; une "
                        "annulation de plus atteindrait la limite de 5 %")
    digest(world.guichet, world.now, asked=True)
    assert f"Attention : {sentence}" in world.to_marie("digest")[-1]["body"]
    world.now += HOUR
    world.hears(cancelled(874580002, date=world.now))
    [sentence] = cautions(world.store, world.guichet.settings, world.now)
    assert "limite de 5 % est atteinte" in sentence


def test_the_warning_ends_when_the_sales_are_over_thirty_days_old(world: World) -> None:
    sells(world, 39)
    world.now += HOUR
    world.hears(cancelled(874580001, date=world.now))
    world.now += timedelta(days=31)
    assert cautions(world.store, world.guichet.settings, world.now) == []


def test_claims_answered_in_time_and_too_late(world: World) -> None:
    world.now = NOW
    world.hears(*(claim(item=f"87120455{one}", date=NOW).replace(b"340118725", b"34011872%d" % one)
                  for one in (1, 2, 3)))
    for case, hours in ((1, 5), (2, 80)):
        world.now = NOW + hours * HOUR
        world.work()
        assert world.says(Kind.SELLER_ANSWERED, case)
    world.now = NOW + 81 * HOUR
    world.work()
    assert values(world, "claims", "rakuten_fr")[0] == "33 % (1 sur 3)"


def test_a_claim_heard_of_late_was_answered_when_it_was(world: World) -> None:
    """The deadline's own state says missed; what was done, and when, says otherwise."""
    world.now = NOW
    world.hears(claim(date=NOW))
    world.now = NOW + 5 * HOUR
    assert world.says(Kind.SELLER_ANSWERED, 1)
    world.store.run("UPDATE deadlines SET state = 'missed', ended = '2026-11-25T00:00:00Z'")
    world.now = NOW + timedelta(days=6)
    assert values(world, "claims", "rakuten_fr")[0] == "100 % (1 sur 1)"


def test_sales_accepted_in_time_are_those_somebody_told_of(world: World) -> None:
    sells(world, 3)
    world.now += HOUR
    assert world.says(Kind.SELLER_SHIPPED, 1, carrier="Colissimo", tracking="6A12345678901", shipped_on="2026-11-17")
    world.now = NOW + timedelta(days=5)
    world.work()
    assert values(world, "accepted", "rakuten_fr")[0] == "100 % (1 sur 1)"
    world.hears(cancelled(874580002, date=world.now))      # nobody had accepted it in time
    assert values(world, "accepted", "rakuten_fr")[0] == "50 % (1 sur 2)"


def test_a_withdrawal_is_no_missed_claim(world: World) -> None:
    world.now = NOW
    world.hears(claim(date=NOW))
    world.now += HOUR
    assert world.says(Kind.CASE_CLOSED, 1)
    world.now += timedelta(days=6)
    assert values(world, "claims", "rakuten_fr")[0] == "-"


# ---- the digest, weeks, the command


def test_the_digest_tells_the_week(world: World) -> None:
    asks(world, 1, NOW)
    answers(world, 1, NOW + 30 * HOUR)
    digest(world.guichet, world.now, asked=True)
    body = world.to_marie("digest")[-1]["body"]
    assert ("Sept jours      Amazon: réponses en moins de 24 heures 0 % (0 sur 1), objectif > 90 % manqué, plus de 24 "
            "heures 100 % (1 sur 1), objectif ≤ 10 % manqué, délai de réponse moyen 1 jour 6 heures\n") in body


def test_weeks_begin_on_monday_where_marie_lives(world: World) -> None:
    asks(world, 1, datetime(2026, 11, 15, 22, 59, tzinfo=UTC))      # Sunday, 23:59 in Paris
    asks(world, 2, datetime(2026, 11, 15, 23, 0, tzinfo=UTC))       # Monday, midnight
    answers(world, 1, datetime(2026, 11, 15, 23, 30, tzinfo=UTC))
    answers(world, 2, datetime(2026, 11, 16, 8, 0, tzinfo=UTC))
    world.now = NOW
    found = table(world, weeks=3)
    assert [period for measure, period in found if measure == "mean"] == ["2026-W45", "2026-W46", "2026-W47"]
    assert [found["mean", week]["value"] for week in ("2026-W45", "2026-W46", "2026-W47")] == [
        "-", "31 minutes", "9 heures"]


def run(world: World, *arguments: str) -> int:
    return cli.main(["--config", str(world.folder / "mailboxes.toml"), "show", "numbers", "--lang", "fr", *arguments])


def test_show_numbers_prints_a_table_json_and_csv(slide: World, capsys: pytest.CaptureFixture[str],
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.edges.clock.now", lambda: NOW)
    assert run(slide) == 0
    told = capsys.readouterr().out
    assert "78 % (14 sur 18) ✗" in told and "rakuten_fr" in told and "Calculé d'après les messages depuis" in told
    assert run(slide, "--json", "--marketplace", "amazon") == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 15 and all(set(row) == set(COLUMNS) for row in rows)
    assert run(slide, "--csv", "-") == 0
    text = capsys.readouterr().out
    assert text.startswith(BOM)
    assert next(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=";")) == list(COLUMNS)


def test_csv_goes_into_a_file_whole(slide: World, tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    assert run(slide, "--csv", str(path), "--weeks", "4") == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=";"))
    assert {row["period"] for row in rows} >= {f"2026-W{week}" for week in (44, 45, 46, 47)} or len(rows) == 36
    assert not list(tmp_path.glob(".*part"))


def test_a_marketplace_without_numbers_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(world, "--marketplace", "ebay") == 2
    assert "«ebay»" in capsys.readouterr().err.replace("« ebay »", "«ebay»")


def test_without_a_database_everything_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path)
    world.store.close()
    for file in (tmp_path / "data").glob("guichet.db*"):
        file.unlink()
    assert run(world) == 0
    told = capsys.readouterr().out
    assert "Aucun message n'a encore été lu" in told and "0 %" not in told.replace("90 %", "").replace("10 %", "")




# ---- the pages


@pytest.mark.parametrize(("page", "language"), [("numbers.md", "en"), ("chiffres.md", "fr")])
def test_the_page_shows_the_table_as_it_is_printed(slide: World, page: str, language: str) -> None:
    with words.speaking(language):
        told = tables(flat_numbers(slide.store, slide.guichet.settings, slide.now, marketplace="amazon"), _plain)
    said = (Path(__file__).parent.parent / "docs" / page).read_text("utf-8")
    assert told in said


def _plain(text: str, _: str) -> str:
    return text


@pytest.mark.parametrize(("page", "language"), [("numbers.md", "en"), ("chiffres.md", "fr")])
def test_every_row_column_and_option_stands_in_the_page(page: str, language: str) -> None:
    said = (Path(__file__).parent.parent / "docs" / page).read_text("utf-8")
    with words.speaking(language):
        names = [named(measure) for measure in NAMES]
    for word in [*names, *(f"`{one}`" for one in (*NAMES, *COLUMNS)), "--weeks", "--marketplace", "--csv", "--json",
                 "--ics", "--todo"]:
        assert word in said, word
