"""An hour-old copy of the database is put back: nothing is lost, and nothing leaves a second time."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.servers.shop import Shop

LETTER = "amazon/buyer_wrote_fr_order"
CLAIM = "rakuten_fr/not_conforming_damaged"


def provider_keeps_sent_copies(shop: Shop) -> None:
    """Put what left into Sent, as Gmail and the relays of most providers do."""
    with shop.dovecot.client(shop.address) as phone:
        for mail in shop.smtp.mails:
            phone.append("Sent", mail.raw)


def no_waiting(shop: Shop) -> None:
    """Let the three minutes be over for which a reply that leaves alone is held."""
    with closing(sqlite3.connect(shop.folder / "data" / "guichet.db", isolation_level=None)) as connection:
        connection.execute("UPDATE outbox SET not_before = NULL WHERE state = 'ready'")


def ids(raws: list[bytes]) -> list[bytes]:
    return [found for raw in raws for found in re.findall(rb"^Message-ID: (.*)", raw, re.MULTILINE | re.IGNORECASE)]


def test_reply_that_left_after_the_copy_was_made_does_not_leave_again(shop: Shop) -> None:
    """The copy is from before the mail came: mail, case and reply are all made anew, under the same Message-ID."""
    shop.policy('mode = "alone"')
    shop.once()
    shop.bot("backup", "copy.db")
    shop.arrives(LETTER)
    shop.once()
    no_waiting(shop)
    shop.once()
    assert len(shop.to_buyers()) == 1
    provider_keeps_sent_copies(shop)
    shop.bot("restore", "copy.db")
    assert shop.show("case") == []
    shop.once()
    no_waiting(shop)
    shop.once()
    assert len(shop.show("case")) == 1
    assert len(shop.to_buyers()) == 1
    assert [row["state"] for row in shop.show("outbox") if row["what"] == "reply"] == ["sent"]


def test_reply_that_was_ready_in_the_copy_and_has_left_since_does_not_leave_again(shop: Shop) -> None:
    shop.policy('mode = "alone"')
    shop.once()
    shop.arrives(LETTER)
    shop.once()
    no_waiting(shop)
    shop.bot("backup", "copy.db")
    shop.once()
    assert len(shop.to_buyers()) == 1
    provider_keeps_sent_copies(shop)
    shop.bot("restore", "copy.db")
    shop.once()
    assert len(shop.to_buyers()) == 1
    assert [row["state"] for row in shop.show("outbox") if row["what"] == "reply"] == ["sent"]


def test_approved_reply_and_mails_to_the_seller_do_not_leave_again_either(shop: Shop) -> None:
    shop.once()
    shop.arrives(LETTER)
    shop.once()
    shop.bot("approve", "C-1")
    shop.bot("backup", "copy.db")
    shop.arrives(CLAIM)
    shop.once()
    provider_keeps_sent_copies(shop)
    before = [mail.raw for mail in shop.smtp.mails]
    shop.bot("restore", "copy.db")
    shop.once()
    assert len(shop.show("case")) == 2
    after = [mail.raw for mail in shop.smtp.mails]
    assert ids(after) == ids(before)


def test_mail_that_came_after_the_copy_was_made_is_read_again(shop: Shop) -> None:
    shop.once()
    shop.bot("backup", "copy.db")
    shop.arrives(CLAIM)
    shop.once()
    shop.bot("restore", "copy.db")
    shop.once()
    assert [case["shop"] for case in shop.show("case")] == ["rakuten_fr"]


def test_restore_beside_a_running_daemon_is_refused(shop: Shop) -> None:
    shop.once()
    shop.bot("backup", "copy.db")
    daemon = shop.start("run")
    try:
        assert daemon.stderr
        daemon.stderr.readline()
        _, err = shop.bot("restore", "copy.db", code=75)
        assert len(err.splitlines()) == 1
        shop.bot("backup", "beside.db")
    finally:
        daemon.terminate()
        daemon.communicate(timeout=20)


def test_damaged_database_is_refused_and_the_command_it_names_mends_it(shop: Shop) -> None:
    shop.once()
    shop.arrives(CLAIM)
    shop.once()
    [today] = (shop.folder / "data" / "backups").glob("*.db")
    today.unlink()
    shop.once()
    for path in (shop.folder / "data").glob("guichet.db*"):
        path.write_bytes(b"no database at all" * 500)
    _, err = shop.bot("once", code=1)
    [told] = re.findall(r"`run_bot.py restore (.*?)`", err)
    assert Path(told).is_file()
    shop.bot("restore", told)
    shop.once()
    assert len(shop.show("case")) == 1
