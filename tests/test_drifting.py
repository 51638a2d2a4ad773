"""The drift alarm: once a day and layout, in the same pass, one mail and never two."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import drifting
from bot.drifting import MOST, drift_of, masked
from tests.world import ITEM, MARIE, World, buyer_writes, claim, failed, mail, passed

RAKUTEN = "Rakuten <service.clients@fr.shopping.rakuten.com>"


def unknown(subject: str = "Votre vitrine change", *, proof: str | None = None) -> bytes:
    """Return a mail of Rakuten's with a label that nobody knows."""
    return mail(f"From: {RAKUTEN}\nSubject: {subject}", "Bonjour Atelier Lumen,\n\nVotre vitrine change en mars.",
                proof=passed("fr.shopping.rakuten.com") if proof is None else proof)


def incomplete(item: str = ITEM, subject: str = "") -> bytes:
    """Return a claim in which Rakuten names neither purchase nor item: the case has no reference."""
    raw = claim(item=item).replace(f"340118725/{item}".encode(), b"").replace(f" ({item})".encode(), subject.encode())
    return raw.replace("Réclamation : Abimé\n".encode(), b"")


def shelved(world: World, reason: str, *, subject: str = "Remise 12345", sender: str = "x@fr.shopping.rakuten.com",
            origin: str = "proven") -> int:
    """Put a mail that was read to the shelf, as the pipeline leaves it."""
    world.arrives(mail(f"From: {sender}\nSubject: {subject}", subject))
    world.guichet.store.run("UPDATE meta SET value = value WHERE name = 'drift'")
    from bot.receiving import receive_maildir

    receive_maildir(world.store, world.guichet.settings.mailboxes[0], world.now)
    number = int(world.rows("mails")[-1]["id"])
    world.store.run("UPDATE mails SET state = 'shelved', reason = ?, subject = ?, sender = ?, origin = ? WHERE id = ?",
                    reason, subject, sender, origin, number)
    return number


MISSING = "missing_fact: rakuten_fr not_received_claimed: no 'reference' in the mail «{}»"


def test_missing_fact_of_a_known_sender_is_told_in_the_same_pass(world: World) -> None:
    number = shelved(world, MISSING.format("Remise 12345"))
    world.work()
    [told] = world.to_marie()
    assert (told["what"], told["template"], told["state"], told["case_id"]) == ("notice", "drift", "ready", None)
    assert f"try --anonymise M-{number} > sample.eml" in told["body"]
    assert "Remise 12345" in told["body"]
    assert "«reference»" in told["body"] or "« reference »" in told["body"]
    assert "12345" not in told["subject"]


def test_two_mails_of_one_layout_are_told_once_a_day_and_again_the_next(world: World) -> None:
    shelved(world, MISSING.format("Remise 1"), subject="Remise 1")
    shelved(world, MISSING.format("Remise 2"), subject="Remise 2")
    world.work()
    shelved(world, MISSING.format("Remise 3"), subject="Remise 3")
    world.work()
    [told] = world.to_marie()
    assert "M-2" in told["body"]
    world.now += timedelta(days=1)
    shelved(world, MISSING.format("Remise 4"), subject="Remise 4")
    world.work()
    assert len(world.to_marie()) == 2


def test_day_is_the_sellers_own(world: World) -> None:
    world.now = world.now.replace(hour=22, minute=30)       # half past eleven in Paris
    shelved(world, MISSING.format("Remise 1"), subject="Remise 1")
    world.work()
    world.now += timedelta(hours=1)                         # the next day there, the same in UTC
    shelved(world, MISSING.format("Remise 2"), subject="Remise 2")
    world.work()
    assert len(world.to_marie()) == 2


def test_another_fact_or_another_subject_is_another_layout(world: World) -> None:
    shelved(world, MISSING.format("Remise 1"), subject="Remise 1")
    shelved(world, MISSING.format("Remise 1").replace("reference", "category"), subject="Remise 1")
    shelved(world, MISSING.format("Remise 1"), subject="Avoir 1")
    shelved(world, "ambiguous: claimed by amazon and rakuten_fr", subject="Remise 1")
    world.work()
    assert len(world.to_marie()) == 4


def test_mail_without_its_fact_goes_all_the_way_from_the_maildir(world: World) -> None:
    world.hears(incomplete())
    [row] = world.rows("mails")
    assert (row["state"], len(world.to_marie())) in {("shelved", 1), ("read", 1)}


def test_unknown_label_is_told_inside_the_question_of_its_case(world: World) -> None:
    world.hears(unknown())
    [told] = world.to_marie()
    assert (told["what"], told["template"]) == ("question", "question")
    assert "run_bot.py try --anonymise M-1 > sample.eml" in told["body"]
    assert "run_bot.py show mail M-1" in told["body"]


def test_question_about_a_known_kind_says_nothing_of_it(world: World) -> None:
    world.hears(buyer_writes(), claim())
    assert not [told for told in world.to_marie() if "anonymise" in told["body"]]
    assert {told["what"] for told in world.to_marie()} == {"question"}


def test_unknown_labels_of_a_first_look_are_told_once_a_layout(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = World(tmp_path_factory.mktemp("old"))
    world.hears(*(unknown(f"Votre vitrine {number} change") for number in range(12)))
    assert [told["what"] for told in world.to_marie()] == ["digest", "notice"]
    assert "M-12" in world.to_marie("notice")[0]["body"]


def test_at_most_five_are_told_in_a_pass_and_the_last_counts_the_rest(world: World) -> None:
    for letter in "abcdefgh":
        shelved(world, MISSING.format(letter), subject=f"Sujet {letter * 3}")
    world.work()
    told = world.to_marie()
    assert len(told) == MOST
    assert ["run_bot.py show shelf" in one["body"] for one in told] == [False] * 4 + [True]
    assert "Et 3 autres messages" in told[-1]["body"]


@pytest.mark.parametrize(("reason", "sender", "origin"), [
    (MISSING, "x@fr.shopping.rakuten.com", "forged"),
    ("unknown_label: so it says", "x@fr.shopping.rakuten.com", "forged"),
    (MISSING, "jean@home.example", "proven"),
    ("unknown_sender: nobody", "jean@home.example", "proven"),
    ("bounce: it came back", "x@fr.shopping.rakuten.com", "proven"),
    ("fault: KeyError", "x@fr.shopping.rakuten.com", "proven"),
])
def test_what_is_forged_or_nobodys_or_broken_otherwise_is_no_drift(
        world: World, reason: str, sender: str, origin: str) -> None:
    number = shelved(world, reason, sender=sender, origin=origin)
    assert drift_of(world.one("mails", f"id = {number}")) is None
    world.work()
    assert world.to_marie() == []


def test_forged_mail_with_an_unknown_label_raises_no_alarm(world: World) -> None:
    world.hears(unknown(proof=failed("fr.shopping.rakuten.com")))
    assert world.to_marie() == []


def test_unproven_mail_is_told_too(world: World) -> None:
    shelved(world, MISSING, origin="unproven")
    world.work()
    assert len(world.to_marie("notice")) == 1


def test_switched_off_means_no_mail_of_this_either(world: World) -> None:
    world.configure(policy='mode = "off"')
    shelved(world, MISSING)
    world.work()
    assert world.to_marie() == []


def test_shadow_tells_the_unknown_label_that_no_question_tells(world: World) -> None:
    world.configure(policy='mode = "shadow"')
    world.hears(unknown())
    [told] = world.to_marie()
    assert told["template"] == "drift"
    assert "C-1" in told["body"]


def test_own_template_that_is_broken_is_replaced_by_ours(world: World) -> None:
    (world.folder / "templates").mkdir()
    (world.folder / "templates" / "drift.fr.txt").write_text("Subject: {{ nonsense }}\n\nx", "utf-8")
    world.configure()
    shelved(world, MISSING)
    world.work()
    assert "anonymise" in world.to_marie()[0]["body"]


def test_fault_in_the_alarm_costs_the_report_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch,
                                                              caplog: pytest.LogCaptureFixture) -> None:
    def stumble(*_: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(drifting, "in_words", stumble)
    shelved(world, MISSING)
    world.hears(buyer_writes())
    assert [row["state"] for row in world.rows("mails")] == ["shelved", "read"]
    assert [told["what"] for told in world.to_marie()] == ["question"]
    assert "drift alarm failed" in caplog.text
    assert not drifting.tell_drift(world.guichet, world.now)        # and it is not tried for ever


def test_alarm_waits_for_no_mail_and_repeats_nothing(world: World) -> None:
    shelved(world, MISSING)
    world.arrives(unknown())
    assert drifting.tell_drift(world.guichet, world.now)
    assert not drifting.tell_drift(world.guichet, world.now)
    assert world.to_marie()[0]["to_addr"] == MARIE


def test_mails_kept_before_the_alarm_was_are_no_news(world: World) -> None:
    number = shelved(world, MISSING)
    world.store.run("DELETE FROM meta WHERE name = 'drift'")
    world.store.run("DELETE FROM _sqlite_migrations WHERE name LIKE 'm003%'")
    world.store.close()
    world.configure()
    assert world.store.row("SELECT value FROM meta WHERE name = 'drift'") == {"value": str(number)}


@pytest.mark.parametrize(("one", "other"), [
    ("Réclamation sur vente (871204553) - Amélie (Service Clients Rakuten)",
     "RE: Réclamation sur vente (12) - Jean-Luc (Service Clients Rakuten)"),
    ("Réclamation sur vente 871204553", "Reclamation sur vente 871204554"),
    ("Remboursement de 12,90 € pour la commande 404-2718281-8284590",
     "Remboursement de 8 € pour la commande 171-2718281-8284591"),
    ("Demande de renseignements de la part du client Amazon Jean Dupont (Commande : 404-2718281-8284590)",
     "Demande de renseignements de la part du client Amazon Aïcha (Commande : 171-1)"),
    ("Votre article « Lampe de chevet » est suspendu", "Votre article « Carafe » est suspendu"),
])
def test_subjects_that_differ_in_names_and_numbers_are_one_layout(one: str, other: str) -> None:
    assert masked(one) == masked(other)


@pytest.mark.parametrize(("one", "other"), [
    ("Réclamation sur vente (871204553)", "Réclamation sur achat (871204553)"),
    ("Ihre Auszahlung", "Ihre Kündigung"),
    ("Votre vitrine change", "Votre boutique ferme"),
])
def test_subjects_that_say_something_else_are_two(one: str, other: str) -> None:
    assert masked(one) != masked(other)
