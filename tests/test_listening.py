"""One thread listens to all mailboxes of a daemon: on a real Dovecot, through a network that breaks as it is told."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot import listening
from bot.edges import clock, imap
from bot.edges.store import Store
from bot.listening import Listener
from bot.receiving import BATCH
from bot.receiving import receive as usual
from bot.reconciling import reconcile as compare
from bot.settings import load
from tests.canaries import PASSWORD
from tests.maildirs import SELLER
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

BOX = """
[[mailbox]]
name = "{name}"
address = "{user}"
imap = {{ host = "localhost", port = {port}, security = "{security}" }}
user = "{user}"
password_env = "MARIES_PASSWORD"
ca_file = "ca.pem"
folders = {folders}
"""
LONG = 30.0     # seconds: more than anything here takes
_numbers = count(1)


class Listening:
    """Mailboxes with a network of their own, and a listener at work."""

    def __init__(self, folder: Path, dovecot: Dovecot, names: tuple[str, ...], security: str,
                 folders: Sequence[str] = ("INBOX",), sleepers: Sequence[Callable[[], None]] = ()) -> None:
        self.dovecot, number = dovecot, next(_numbers)
        self.users = {name: f"{name}{number}-ecoute@boutique.example" for name in names}
        self.proxies = {name: Proxy(dovecot.ports["imaps" if security == "tls" else "imap"]) for name in names}
        for user in self.users.values():
            dovecot.add(user, PASSWORD)
            for other in folders[1:]:
                with dovecot.client(user) as phone:
                    phone.create_folder(other)
        (folder / "ca.pem").write_text(dovecot.ca_file.read_text())
        path = folder / "mailboxes.toml"
        path.write_text(SELLER + "".join(BOX.format(name=name, user=self.users[name], security=security,
                                                  folders=json.dumps(folders), port=self.proxies[name].port)
                                       for name in names), "utf-8")
        self.settings, self.news = load(path), threading.Semaphore(0)
        self.store = Store(self.settings.database)
        self.listener = Listener(self.settings, self.settings.mailboxes, self.news.release, None)
        self.listener.rouse(sleepers, None)
        self.thread = threading.Thread(target=self.listener.listen, daemon=True)

    def arrives(self, name: str, subject: str) -> None:
        self.dovecot.deliver(self.users[name], b"From: Paul <paul@example.org>\r\nSubject: %b\r\nMessage-ID: <%b-%b@e>"
                             b"\r\n\r\nBonjour\r\n" % (subject.encode(), subject.encode(), name.encode()))

    def puts(self, name: str, folder: str, subject: str) -> None:
        """Put a mail into a folder, as the seller's own filter does."""
        with self.dovecot.client(self.users[name]) as phone:
            phone.append(folder, b"Subject: %b\r\n\r\nBonjour\r\n" % subject.encode())

    def kept(self) -> list[tuple[str, str]]:
        found = ((row["mailbox"], self.store.raw_mail(row["id"]) or b"") for row in
                 self.store.rows("SELECT id, mailbox FROM mails ORDER BY mailbox, id"))
        return [(name, raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()) for name, raw in found]

    def looked(self, name: str) -> bool:
        row = self.store.folder(name, "INBOX")
        return bool(row and row["looked"])

    def rests(self, name: str) -> bool:
        """Say whether the server was asked to tell of news, and nobody receives from the mailbox."""
        [one] = [one for one in self.listener._watched if one.mailbox.name == name]
        return one.listening is not None and one not in self.listener._at_work

    def __enter__(self) -> Listening:
        for proxy in self.proxies.values():
            proxy.__enter__()
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.end()
        self.thread.join(LONG)
        for proxy in self.proxies.values():
            proxy.__exit__()
        assert not self.thread.is_alive(), "it did not end"
        self.store.close()


Place = Callable[..., Any]


@pytest.fixture
def place(tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("MARIES_PASSWORD", PASSWORD)

    @contextmanager
    def opened(*names: str, security: str = "tls", **more: Any) -> Iterator[Listening]:
        with Listening(tmp_path, dovecot, names, security, **more) as here:
            yield here
    return opened


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def hands() -> int:
    return sum(thread.name == "receiving" for thread in threading.enumerate())


@pytest.mark.parametrize("security", ["tls", "plain"])
def test_a_mail_is_received_when_the_server_tells_of_it(place: Place, security: str) -> None:
    with place("ventes", "retours", security=security) as here:
        for round_, name in enumerate(("ventes", "retours", "ventes")):
            until(lambda: here.rests("ventes") and here.rests("retours"))
            here.arrives(name, f"n{round_}")
            assert here.news.acquire(timeout=LONG)
        assert here.kept() == [("retours", "n1"), ("ventes", "n0"), ("ventes", "n2")]


def test_whoever_receives_goes_home_when_all_is_quiet_and_one_stays(place: Place,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "STAY", 0.2)
    with place(*"abcdef") as here:
        until(lambda: all(map(here.rests, "abcdef")))
        until(lambda: hands() == 1)
        for name in "abcdef":
            here.arrives(name, f"mail {name}")
        until(lambda: len(here.kept()) == 6)
        until(lambda: hands() == 1)
    until(lambda: hands() == 0)


@pytest.mark.parametrize("security", ["tls", "plain"])
def test_a_cut_connection_is_made_anew_and_what_came_meanwhile_is_kept(place: Place, security: str) -> None:
    with place("ventes", security=security) as here:
        until(lambda: here.rests("ventes"))
        here.proxies["ventes"].cut()
        here.arrives("ventes", "between")
        until(lambda: here.kept() == [("ventes", "between")])
        assert [row["name"] for row in here.store.rows("SELECT name FROM alarms")] == ["mailbox:ventes"]
        until(lambda: here.store.rows("SELECT 1 FROM alarms WHERE ended IS NULL") == [])


def test_a_silent_death_is_noticed_at_the_next_look(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tells of it, as behind a NAT that has forgotten the connection."""
    monkeypatch.setattr(listening, "POLL", 1.0)
    timeouts(monkeypatch, 1.0)
    with place("ventes", "retours") as here:
        until(lambda: here.rests("ventes") and here.rests("retours"))
        here.proxies["ventes"].stall()
        here.arrives("ventes", "in the dark")
        until(lambda: here.store.rows("SELECT 1 FROM alarms WHERE name = 'mailbox:ventes'"))
        here.proxies["ventes"].flow()
        until(lambda: here.kept() == [("ventes", "in the dark")])


def test_a_look_that_finds_all_as_it_was_is_not_written_down_each_time_and_misses_nothing(
        place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """IDLE tells of one folder only: what comes into another is found by the look."""
    monkeypatch.setattr(listening, "POLL", 0.3)
    with place("ventes", security="plain", folders=["INBOX", "Autre"]) as here:
        until(lambda: here.rests("ventes") and here.looked("ventes"))
        with closing(sqlite3.connect(here.settings.database)) as other:
            def version() -> int:
                return int(other.execute("PRAGMA data_version").fetchone()[0])

            before = version()
            looks = here.proxies["ventes"].heard.count(b"EXAMINE")
            until(lambda: here.proxies["ventes"].heard.count(b"EXAMINE") >= looks + 8)
            assert version() == before
            monkeypatch.setattr(listening, "NOTED", 0.0)
            until(lambda: version() != before)
        monkeypatch.setattr(listening, "NOTED", LONG * 2)
        here.puts("ventes", "Autre", "aside")
        until(lambda: here.kept() == [("ventes", "aside")])


@pytest.fixture
def time_passes() -> Iterator[Callable[[timedelta], None]]:
    yield clock.set_ahead
    clock.set_ahead(timedelta())


@pytest.mark.parametrize("by", [timedelta(hours=3), timedelta(hours=-3)], ids=["forward", "back"])
def test_a_clock_that_is_set_wakes_those_who_sleep_once(
        place: Place, monkeypatch: pytest.MonkeyPatch, time_passes: Callable[[timedelta], None], by: timedelta) -> None:
    monkeypatch.setattr(listening, "POLL", 0.3)
    woken = threading.Semaphore(0)
    with place("ventes", sleepers=[woken.release]) as here:
        until(lambda: here.rests("ventes"))
        assert not woken.acquire(timeout=1)
        time_passes(by)
        assert woken.acquire(timeout=LONG)
        assert not woken.acquire(timeout=1)


def test_silent_servers_keep_nobody_from_the_others(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "AT_ONCE", 1)
    monkeypatch.setattr(listening, "SLOW", 0.3)
    with place("a", "b", "c", "ventes") as here:
        until(lambda: all(map(here.rests, ("a", "b", "c", "ventes"))))
        for name in "abc":
            here.proxies[name].change = (b"nothing", b"")
            here.proxies[name].stall()
        for one in here.listener._watched[:3]:
            one.due = 0.0
        here.listener._ring()
        until(lambda: len(here.listener._at_work) == 3)
        here.arrives("ventes", "heard")
        until(lambda: here.kept() == [("ventes", "heard")] and here.rests("ventes"))
        assert len(here.listener._at_work) == 3


def test_the_end_comes_at_once_though_a_server_is_silent(place: Place) -> None:
    with place("ventes", "retours") as here:
        until(lambda: here.rests("ventes") and here.rests("retours"))
        here.proxies["ventes"].stall()
        for one in here.listener._watched:
            one.due = 0.0
        here.listener._ring()
        until(lambda: here.listener._at_work)
        began = time.monotonic()
        here.listener.end()
        here.thread.join(LONG)
        assert time.monotonic() - began < imap.PATIENCE * 5
        assert here.store.rows("SELECT 1 FROM alarms") == []


def test_a_server_that_refuses_idle_is_polled(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PROBE", 0.2)
    with place("ventes", "retours", security="plain") as here:
        here.proxies["ventes"].change = (b"+ idling", b"* 0 EXISTS")
        here.proxies["retours"].change = (b" IDLE", b"")
        until(lambda: here.looked("ventes") and here.looked("retours"))
        for name in ("ventes", "retours"):
            here.arrives(name, "polled")
        until(lambda: here.kept() == [("retours", "polled"), ("ventes", "polled")])
        assert b"IDLE" not in here.proxies["retours"].heard


def test_a_mail_that_comes_while_ledger_and_server_are_compared_is_received_at_once(
        place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison looks at the folder, too, and nothing tells twice of a mail."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly(*given: Any) -> list[str]:
        begun.set()
        assert go_on.wait(LONG)
        return compare(*given)

    monkeypatch.setattr(listening, "reconcile", slowly)
    with place("ventes") as here:
        assert begun.wait(LONG)
        here.arrives("ventes", "meanwhile")
        go_on.set()
        until(lambda: here.kept() == [("ventes", "meanwhile")])


def test_of_a_long_first_look_is_told_before_its_end(tmp_path: Path, dovecot: Dovecot,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what has come is read while the rest comes."""
    monkeypatch.setenv("MARIES_PASSWORD", PASSWORD)
    kept_when_told: list[int] = []

    def receive(store: Store, mailbox: Any, *rest: Any) -> int:
        new = usual(store, mailbox, *rest)
        looks.append((new, list(kept_when_told)))
        return new

    looks: list[tuple[int, list[int]]] = []
    monkeypatch.setattr(listening, "receive", receive)
    here = Listening(tmp_path, dovecot, ("ventes",), "plain")
    dovecot.deliver(here.users["ventes"], *(b"Subject: %d\r\n\r\nBonjour\r\n" % number for number in range(4 * BATCH)))
    here.listener.on_news = lambda: kept_when_told.append(kept_in(here.settings.database))
    with here:
        until(lambda: here.rests("ventes"))
    new, told = looks[0]
    assert new == 4 * BATCH
    assert any(0 < kept < new for kept in told)


def kept_in(database: Path) -> int:
    with closing(sqlite3.connect(database)) as db:
        return int(db.execute("SELECT count(*) FROM mails").fetchone()[0])


def test_a_farewell_is_followed_by_a_pause_that_grows(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """A server that says BYE to each IDLE is not run against in a loop."""
    with place("ventes", security="plain") as here:
        here.proxies["ventes"].change = (b"+ idling\r\n", b"+ idling\r\n* BYE Too many\r\n")
        until(lambda: sum("saying: Too many" in one.message for one in caplog.records) == 3)
        assert [one.message[-2:] for one in caplog.records if "saying: Too many" in one.message] == [" s"] * 3
        pauses = [int(one.message.split()[-2]) for one in caplog.records if "saying: Too many" in one.message]
        assert pauses == sorted(pauses)
        assert pauses[0] < pauses[2]


def test_a_fault_of_our_own_in_one_mailbox_stops_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def receive(store: Store, mailbox: Any, *rest: Any) -> int:
        if mailbox.name == "ventes":
            raise LookupError("ours")
        return usual(store, mailbox, *rest)

    monkeypatch.setattr(listening, "receive", receive)
    with place("ventes", "retours") as here:
        until(lambda: here.rests("retours"))
        here.arrives("retours", "read")
        until(lambda: here.kept() == [("retours", "read")])
        [row] = here.store.rows("SELECT * FROM alarms WHERE name = 'mailbox:ventes'")
        assert "LookupError" in row["sentence"]


def timeouts(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let servers be silent for so long only."""
    before = imap.Account.__init__

    def shorter(account: imap.Account, **given: Any) -> None:
        before(account, **given | {"timeout": seconds})

    monkeypatch.setattr(imap.Account, "__init__", shorter)
