"""The past replayed is the past as it was: a backtest equals a live run on the same mails but for its times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.edges.store import Row, Store
from bot.gathering import Asked, Spool, gather
from bot.guichet import Guichet
from bot.replaying import copy_in, replay
from tests.relayed import Relayed
from tests.servers.smtp import SmtpServer
from tests.world import NOW, World, buyer_writes, claim, failed, mail, passed

STEP = timedelta(minutes=10)        # between two live passes, as cron makes them


def replayed(world: World, until: datetime, **asked: Any) -> Guichet:
    """Return the copy in which the past of Marie's mailbox, or what is asked for, was replayed."""
    folder = world.folder / f"copy{len(list(world.folder.glob('copy*')))}"
    folder.mkdir()
    spool = Spool(folder / "spool")
    settings = world.guichet.settings
    found = gather(settings, Asked(until=until, **asked), spool, lambda done, whole: None)
    assert not found.failures
    guichet = copy_in(settings, folder, check_dkim=False)
    replay(guichet, found.mails, spool, until, lambda done, whole: None)
    return guichet


# ---- one story, lived and replayed


def copied(order: str, at: datetime) -> bytes:
    """Amazon sends Marie the copy of what she answered on its page."""
    return mail('From: "Amazon Seller Central" <auto-communication@amazon.fr>\nSubject: Votre e-mail à Jean',
                f"Voici une copie de l'e-mail que vous avez envoyé à Jean.\n\n# {order}:\n"
                "1 / Lampe de chevet [ASIN: B0LUMEN001]\n\n------------- Début du message -------------\n\n"
                "Bonjour, la voici.\n\n------------- Fin du message -------------\n\n[commMgrTok:A1TOKENOWN001]",
                proof=passed("amazon.fr"), date=at)


def newsletter(at: datetime) -> bytes:
    return mail("From: Lettre <lettre@courrier.example>\nSubject: Nos conseils\nList-Id: <lettre.courrier.example>",
                "Bonjour", date=at)


def stranger(at: datetime) -> bytes:
    return mail("From: Marc <marc@ailleurs.example>\nSubject: Une question", "Bonjour ?", date=at)


def story() -> list[tuple[datetime, bytes]]:
    """Return a week's mails with when each came; all on whole passes, so that both clocks look at once."""
    def at(**span: float) -> datetime:
        return NOW + timedelta(**span)

    first = claim(date=at(hours=1))
    return [
        (at(minutes=10), buyer_writes(date=at(minutes=10))),
        (at(minutes=10), newsletter(at(minutes=10))),
        (at(minutes=20), buyer_writes("Et alors ?", message=2, date=at(minutes=20))),
        (at(hours=1), first),
        (at(hours=1, minutes=10), first.replace(b"@mail.example", b"@twin.example")),
        (at(hours=2), buyer_writes("Je veux un remboursement", order="404-1111111-1111111", date=at(hours=2),
                                   proof=failed("marketplace.amazon.fr"))),
        (at(hours=3), stranger(at(hours=3))),
        (at(days=1), buyer_writes("Avez-vous la facture ?", order="404-3333333-3333333", date=at(days=1))),
        (at(days=1, hours=2), copied("404-3333333-3333333", at(days=1, hours=2))),
        (at(days=3), claim(item="871204554", date=at(days=3))),
        (at(days=3, hours=1), buyer_writes("Merci", message=3, date=at(days=3, hours=1))),
        (at(days=6), buyer_writes("Toujours rien", order="404-3333333-3333333", message=2, date=at(days=6))),
    ]


POLICIES = {
    "draft": 'mode = "draft"\nwarnings = ["24h", "4h"]\nquiet_hours = "21:00-08:00"\ndigest = "08:00"',
    "alone": 'mode = "alone"\nwarnings = ["48h", "12h", "2h"]\ndigest = "off"',
    "shadow": 'mode = "shadow"\nwarnings = ["24h"]\nquiet_hours = "21:00-08:00"\ndigest = "07:30"',
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Relayed]:
    with SmtpServer() as smtp:
        world = Relayed(tmp_path, smtp)
        world.echoes = False
        yield world


def lived(world: Relayed, mails: list[tuple[datetime, bytes]], until: datetime) -> None:
    """Let the mails arrive one by one before a bot that passes every ten minutes, its clock shifted."""
    coming = list(mails)
    while world.now <= until:
        while coming and coming[0][0] <= world.now:
            world.arrives(coming.pop(0)[1])
            world.work()
        assert not world.sends()
        world.now += STEP


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def numbered(store: Store, table: str, select: str, *dropped: str) -> list[Any]:
    return [without(row, *dropped) for row in store.rows(f"SELECT {select} FROM {table}")]


def outcome(store: Store) -> dict[str, Any]:
    """Return all that a run left behind, less its times and what hangs on the installation's own secret."""
    return {
        "mails": numbered(store, "mails ORDER BY id", "state, reason, marketplace, kind, origin, subject, case_id"),
        "cases": numbered(store, "cases ORDER BY id", "*", "opened"),
        "events": [without(row, "decided") | {"decided": json.loads(row["decided"])} for row in store.rows(
            "SELECT id, case_id, kind, mark, facts, links, origin, held, decided FROM events"
            " WHERE source NOT LIKE 'outbox:%' ORDER BY id")],
        "deadlines": numbered(store, "deadlines ORDER BY id", "case_id, name, due, who, state, stated, rule, source,"
                              " why, met_by, silence, warned, started"),
        "outbox": sorted((list(without(row, "id").values()) for row in store.rows(
            "SELECT step, case_id, event, what, mailbox, to_addr, channel, mode, state, template, subject, body,"
            " answers, why, error, attempts, remarks, once, spent FROM outbox")), key=str),
    }


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_backtest_equals_a_live_run_on_the_same_mails_but_for_its_times(live: Relayed, policy: str) -> None:
    live.configure(policy=policy)
    live.work()
    until = NOW + timedelta(days=8)
    alone = 'mode = "alone"' in policy
    mails = [(at, raw) for at, raw in story() if not (alone and b"Seller Central" in raw)]     # see the next test
    lived(live, mails, until)
    was = outcome(live.store)
    again = outcome(replayed(live, until, maildir=live.folder / "mail").store)
    for part in was:
        assert again[part] == was[part], part
    assert len(was["cases"]) == 5
    assert {row["state"] for row in was["deadlines"]} == ({"missed"} if alone else {"met", "missed"})


def test_a_copy_of_her_answer_counts_also_after_an_acknowledgement_that_left_alone(world: World) -> None:
    """While at work nobody can tell it from the acknowledgement's own copy; in the past there was none."""
    world.configure(policy='mode = "alone"')
    world.arrives(buyer_writes(date=world.now))
    world.now += timedelta(hours=3)
    world.arrives(copied("404-2718281-8284590", world.now))
    again = replayed(world, NOW + timedelta(days=3), maildir=world.folder / "mail")
    [reply] = again.store.rows("SELECT * FROM outbox WHERE what = 'reply'")
    assert (reply["state"], reply["answers"]) == ("sent", 0)
    assert [row["state"] for row in again.store.rows("SELECT * FROM deadlines")] == ["met"]
