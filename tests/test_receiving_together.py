"""One pass over several mailboxes: received from at the same time, read meanwhile, and each fails for itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Barrier

import pytest

from bot.core.errors import UnreadableError
from bot.edges import EdgeError
from bot.edges.clock import now
from bot.edges.reader import Asked, Read, Reader
from bot.edges.store import Arrival, Row, Store
from bot.guichet import UNDERSTANDING, Guichet
from bot.loop import Fetch, Pass, Stop, database, work_through
from bot.reading import MOST, MOST_READ, read_some
from bot.receiving import receive_maildir
from bot.settings import Mailbox, load
from tests.maildirs import SELLER, maildir_in
from tests.servers.smtp import SmtpServer
from tests.world import HOST, claim

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
        (maildir_in(tmp_path / name) / "new" / "1.mail").write_bytes(MAIL.replace(b"bonjour", name.encode()))
    path = tmp_path / "mailboxes.toml"
    path.write_text(SELLER + BOX.format(name="ventes") + BOX.format(name="retours"), "utf-8")
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


# ---- whose turn it is


class Watched(Reader):
    """Reads as every Reader does, and after so many mails lets something happen, once."""

    def __init__(self, after: int, then: Callable[[], object]) -> None:
        super().__init__(beyond=UNDERSTANDING)
        self.after, self.then = after, then

    def read_many(self, asked: Iterable[Asked]) -> Iterator[Read | UnreadableError]:
        for answer in super().read_many(asked):
            self.after -= 1
            if self.after == 0:
                self.then()
            yield answer


def lies(store: Store, mailbox: str, many: int, *, cold: bool) -> None:
    """Let mails be kept that nobody has read."""
    store.keep(mailbox, [Arrival(folder="INBOX", place=f"{number}", received=now(), cold=cold, raw=MAIL.replace(
        b"bonjour", f"{mailbox} {number}".encode())) for number in range(many)], now())


def read_so_far(store: Store, mailbox: str) -> int:
    return len(store.rows("SELECT 1 FROM mails WHERE mailbox = ? AND state != 'kept'", mailbox))


def test_fresh_mail_is_read_before_the_backlog_of_another_mailbox(shop: Guichet) -> None:
    lies(shop.store, "ventes", 2 * MOST, cold=True)
    lies(shop.store, "retours", 3, cold=False)
    read_some(shop, now())
    assert (read_so_far(shop.store, "ventes"), read_so_far(shop.store, "retours")) == (0, 3)


def test_two_backlogs_are_read_in_equal_shares(shop: Guichet) -> None:
    lies(shop.store, "ventes", 2 * MOST, cold=True)
    lies(shop.store, "retours", MOST, cold=True)
    read_some(shop, now(), seconds=0)
    assert (read_so_far(shop.store, "ventes"), read_so_far(shop.store, "retours")) == (MOST // 2, MOST // 2)


def test_two_backlogs_are_read_in_equal_shares_also_where_one_batch_follows_another(shop: Guichet) -> None:
    lies(shop.store, "ventes", 3 * MOST, cold=True)
    lies(shop.store, "retours", MOST, cold=True)
    other = Store(database(shop.settings))
    seen: list[int] = []
    reader = Watched(2 * MOST + 1, lambda: seen.extend(
        read_so_far(other, name) for name in ("ventes", "retours")))
    assert read_some(Guichet(shop.settings, shop.store, given=reader), now(), seconds=60)
    reader.close()
    other.close()
    assert seen == [MOST, MOST]
    assert (read_so_far(shop.store, "ventes"), read_so_far(shop.store, "retours")) == (3 * MOST, MOST)


def test_a_mailboxs_own_mails_keep_their_order_whether_cold_or_fresh(shop: Guichet) -> None:
    lies(shop.store, "ventes", 1, cold=True)
    lies(shop.store, "ventes", 3, cold=False)
    lies(shop.store, "retours", 2, cold=True)
    assert [(mail.mailbox, mail.cold) for mail in shop.store.next_mails(3, 2**20)] == [
        ("ventes", True), ("ventes", False), ("retours", True)]


def test_fresh_mail_that_comes_amid_a_batch_of_the_backlog_waits_for_no_more_of_it_than_is_settled_at_once(
        shop: Guichet) -> None:
    lies(shop.store, "ventes", 2 * MOST, cold=True)
    other = Store(database(shop.settings))
    reader = Watched(MOST_READ + 1, lambda: lies(other, "retours", 1, cold=False))
    busy = Guichet(shop.settings, shop.store, given=reader)
    while not read_so_far(other, "retours"):
        assert read_some(busy, now())
    assert read_so_far(other, "ventes") == 2 * MOST_READ
    while read_some(busy, now()):
        pass
    reader.close()
    other.close()
    assert {row["attempts"] for row in shop.store.rows("SELECT attempts FROM mails")} == {1}
    assert read_so_far(shop.store, "ventes") == 2 * MOST


def test_what_was_written_leaves_before_another_mailboxs_backlog_is_read(
        shop: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "secret")
    with SmtpServer(security="plain") as smtp:
        more = (f'authserv_id = "{HOST}"\nuser = "ventes@boutique.example"\npassword_env = "PASSWORD"\n'
                f'smtp = {{ host = "127.0.0.1", port = {smtp.port}, security = "plain" }}\n')
        path = Path(shop.settings.path)
        path.write_text(SELLER + BOX.format(name="ventes") + more + BOX.format(name="retours") + more, "utf-8")
        gone: list[int] = []
        reader = Watched(3 * MOST, lambda: gone.append(len(smtp.mails)))
        busy = Guichet(load(path), shop.store, given=reader)
        fresh = Arrival(folder="INBOX", place="1", received=now(), cold=False, raw=claim(date=now()))
        shop.store.keep("retours", [fresh], now())
        lies(shop.store, "ventes", 4 * MOST, cold=True)
        assert work_through(busy, busy.settings.mailboxes, lambda *_: None, Stop(), together=True).failures == []
        reader.close()
    assert gone == [1]      # the question about the claim, a hundred mails of the backlog before its end
    assert read_so_far(shop.store, "ventes") == 4 * MOST
