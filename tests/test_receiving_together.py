"""One pass over several mailboxes: received from at the same time, read meanwhile, and each fails for itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier

import pytest

from bot.edges import EdgeError
from bot.edges.clock import now
from bot.edges.store import Row, Store
from bot.guichet import Guichet
from bot.loop import Fetch, Pass, Stop, database, work_through
from bot.receiving import receive_maildir
from bot.settings import Mailbox, load

HEAD = """
[seller]
name = "Marie"
notify = ["marie@boutique.example"]
"""
BOX = """
[[mailbox]]
name = "{name}"
address = "{name}@boutique.example"
maildir = "{name}"
"""
MAIL = b"From: Paul <paul@example.org>\r\nSubject: bonjour\r\nMessage-ID: <1@example.org>\r\n\r\nBonjour\r\n"
LONG = 20.0     # seconds after which what must happen at the same time does not


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Guichet]:
    """A shop with two mailboxes, `ventes` and `retours`, each with one mail."""
    for name in ("ventes", "retours"):
        for part in ("cur", "new", "tmp"):
            (tmp_path / name / part).mkdir(parents=True)
        (tmp_path / name / "new" / "1.mail").write_bytes(MAIL.replace(b"bonjour", name.encode()))
    path = tmp_path / "mailboxes.toml"
    path.write_text(HEAD + BOX.format(name="ventes") + BOX.format(name="retours"), "utf-8")
    settings = load(path)
    guichet = Guichet(settings, Store(database(settings)))
    yield guichet
    guichet.close()


def passed(shop: Guichet, fetch: Fetch) -> Pass:
    return work_through(shop, shop.settings.mailboxes, fetch, Stop(), together=True)


def keep(guichet: Guichet, mailbox: Mailbox) -> None:
    receive_maildir(guichet.store, mailbox, now())


def test_mailboxes_are_received_from_at_the_same_time(shop: Guichet) -> None:
    both = Barrier(2, timeout=LONG)

    def fetch(guichet: Guichet, mailbox: Mailbox) -> None:
        both.wait()     # breaks where one is received from after the other
        keep(guichet, mailbox)

    assert passed(shop, fetch).failures == []
    assert {row["subject"] for row in shop.store.rows("SELECT subject FROM mails")} == {"ventes", "retours"}


def test_what_one_mailbox_brought_is_read_while_another_is_still_received_from(shop: Guichet) -> None:
    read: list[Row] = []

    def fetch(guichet: Guichet, mailbox: Mailbox) -> None:
        if mailbox.name == "ventes":
            keep(guichet, mailbox)
            return
        until = time.monotonic() + LONG
        while time.monotonic() < until and not read:
            read.extend(guichet.store.rows("SELECT * FROM mails WHERE state != 'kept'"))
            time.sleep(0.02)

    passed(shop, fetch)
    assert [row["subject"] for row in read] == ["ventes"]


def test_a_mailbox_that_fails_stops_no_other_and_has_its_alarm(shop: Guichet) -> None:
    def fetch(guichet: Guichet, mailbox: Mailbox) -> None:
        if mailbox.name == "ventes":
            raise EdgeError("ventes is away")
        keep(guichet, mailbox)

    done = passed(shop, fetch)
    assert done.failures == ["ventes is away"]
    assert list(done.stuck) == ["mailbox:ventes"]
    assert [row["name"] for row in shop.store.rows("SELECT name FROM alarms")] == ["mailbox:ventes"]
    assert shop.store.rows("SELECT state FROM mails WHERE subject = 'retours'") != []


def test_a_fault_of_our_own_in_one_mailbox_is_not_hidden(shop: Guichet) -> None:
    def fetch(guichet: Guichet, mailbox: Mailbox) -> None:
        if mailbox.name == "ventes":
            raise LookupError("ours")

    with pytest.raises(LookupError, match="ours"):
        passed(shop, fetch)
