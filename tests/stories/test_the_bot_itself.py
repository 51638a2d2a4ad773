"""What is wrong with the bot itself, on real servers: the mailbox, the relay, and a digest on its way."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.shop import SELLER, Shop, box
from tests.servers.smtp import SmtpServer


def subjects(shop: Shop) -> list[str]:
    """Return what the mails to her are about, their marks left out."""
    subjects = (str(message_from_bytes(raw, policy=policy.default)["Subject"]) for raw in shop.to_seller())
    return [re.sub(r"^\[Guichet [^\]]+\] ", "", subject) for subject in subjects]


def ago(shop: Shop, hours: int) -> None:
    """Let all alarms have begun so many hours earlier."""
    with sqlite3.connect(shop.folder / "data" / "guichet.db") as db:
        db.execute(f"UPDATE alarms SET since = strftime('%Y-%m-%dT%H:%M:%SZ', since, '-{hours} hours'),"
                   f" due = strftime('%Y-%m-%dT%H:%M:%SZ', due, '-{hours} hours')")


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


@pytest.fixture
def two(shop: Shop, dovecot: Dovecot) -> Shop:
    """Marie's shop with a second mailbox on the same servers, whose password stands in a file."""
    address = shop.address.replace("ventes", "deux", 1)
    dovecot.add(address, "autre mot")
    shop.smtp.users[address] = "autre mot"
    (shop.folder / "deux.password").write_text("autre mot")
    second = box(address, dovecot, shop.smtp, name="deux", secret='password_file = "deux.password"', more="")
    shop.settings.write_text(shop.settings.read_text().replace("[policy]", f"{second}\n[policy]", 1))
    return shop


@pytest.fixture
def own_dovecot(tmp_path: Path) -> Iterator[Shop]:
    """Marie's shop on a mail server of its own, which a test may stop."""
    with Dovecot() as dovecot, SmtpServer(security="starttls") as smtp:
        yield Shop(tmp_path, dovecot, smtp)


def test_a_refused_log_in_is_told_from_the_other_mailbox_and_so_is_its_end(two: Shop) -> None:
    good, two.password = two.password, "falsch"
    two.once(code=1)
    assert subjects(two) == ["Guichet : panne – la boîte ventes n'est pas lue"]
    [mail] = two.smtp.mails
    assert mail.recipient == SELLER
    assert b"deux" in mail.raw.partition(b"Subject")[0]
    assert b"falsch" not in mail.raw
    two.once(code=1)
    assert len(subjects(two)) == 1
    two.password = good
    two.once()
    assert subjects(two)[1:] == ["Guichet : c'est réparé – la boîte ventes n'est pas lue"]


def test_a_mailbox_unreachable_for_half_an_hour_is_told_and_shown(own_dovecot: Shop) -> None:
    shop = own_dovecot
    shop.once()
    shop.dovecot.stop()
    shop.once(code=1)
    assert subjects(shop) == []
    assert shop.bot("show", "today")[1] == ""
    ago(shop, 1)
    shop.once(code=1)
    assert subjects(shop) == ["Guichet : panne – la boîte ventes n'est pas lue"]
    out, err = shop.bot("show", "today")
    assert "Trouble since" in err
    assert "Trouble" not in out
    assert shop.bot("show", "today", "--json") == ("[]\n", "")
    assert "alarm" in shop.bot("check", code=1)[0]
    shop.dovecot.start()
    shop.once()
    assert len(subjects(shop)) == 2
    assert shop.bot("show", "today")[1] == ""


def test_a_relay_that_refuses_the_log_in_is_told_from_the_other_mailbox(two: Shop) -> None:
    two.once()
    two.arrives("amazon/buyer_wrote_fr_order")
    two.smtp.users[two.address] = "changé"
    two.once(code=1)
    two.once(code=1)
    assert "Guichet : panne – rien ne peut partir de ventes" in subjects(two)
    two.smtp.users[two.address] = two.password
    two.once()
    assert any("réparé" in subject for subject in subjects(two) + _later(two))


def _later(shop: Shop) -> list[str]:
    """Return what the next pass tells: what ends while sending is told by it."""
    shop.once()
    return subjects(shop)


def gives(dovecot: Dovecot, shop: Shop, password: str) -> None:
    """Have the server ask for this password from now on: Dovecot looks once a second whether its file has changed."""
    dovecot.add(shop.address, password)
    time.sleep(1.5)


def test_the_daemon_raises_the_alarm_and_ends_it(two: Shop, dovecot: Dovecot) -> None:
    two.once()
    gives(dovecot, two, "inconnu")
    program = two.start("run")
    try:
        until(lambda: any("panne" in subject for subject in subjects(two)))
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0
        program.communicate()
    gives(dovecot, two, two.password)
    two.once()
    assert any("réparé" in subject for subject in subjects(two))


def test_a_digest_leaves_with_plain_words_and_a_page(shop: Shop) -> None:
    shop.policy(f'digest = "{datetime.now(ZoneInfo("Europe/Paris")):%H}:00"')
    shop.arrives("rakuten_fr/not_conforming_damaged")
    shop.once()
    with sqlite3.connect(shop.folder / "data" / "guichet.db") as db:
        db.execute("UPDATE meta SET value = '2026-01-01' WHERE name = 'digest'")
    shop.once()
    [raw] = [raw for raw in shop.to_seller() if b"digest" in raw or re.search(rb"attend", raw)][-1:]
    mail = message_from_bytes(raw, policy=policy.default)
    plain, page = mail.iter_parts()
    assert "C-1" in plain.get_content()
    assert page.get_content_type() == "text/html"
    assert "<a" not in page.get_content()
    shop.once()
    assert sum("attend" in subject for subject in subjects(shop)) == 1
