"""The IMAP edge against a real Dovecot, over a network that fails where we tell it to."""

from __future__ import annotations

import imaplib
import logging
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from pathlib import Path

import pytest
import trustme

from bot import words
from bot.edges import EdgeError, imap
from bot.edges.imap import Account, Cursor, Fetched, Imap, LoginRefusedError, pauses, tls_context
from tests.canaries import IMAP as PASSWORD
from tests.servers.dovecot import Dovecot, free_port
from tests.servers.proxy import Proxy

LONG_AGO = date(2020, 1, 1)
WHOLE = 3600.0  # seconds: longer than a test may take
SOON = 20.0  # seconds: much longer than anything here takes, much shorter than what it must not wait for

_numbers = count(1)


def mail(number: int = 1, *, size: int = 200, message_id: str = "") -> bytes:
    line = b"Bonjour, o\xc3\xb9 est mon colis ? 0123456789 0123456789\r\n"
    return (f"From: Rakuten <contact@marketplace.example>\r\nTo: ventes@boutique.example\r\n"
            f"Subject: Commande {number}\r\nMessage-ID: {message_id or f'<m-{number}@marketplace.example>'}\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
            "\r\n").encode() + line * (size // len(line) + 1)


@pytest.fixture
def account(dovecot: Dovecot) -> Account:
    """A mailbox of its own for each test."""
    user = f"vendeur{next(_numbers)}@boutique.example"
    dovecot.add(user, PASSWORD)
    return Account(mailbox="ventes", host="localhost", port=dovecot.ports["imaps"], security="tls", user=user,
                   password=PASSWORD, ca_file=dovecot.ca_file, timeout=SOON)


@pytest.fixture
def reader(account: Account) -> Iterator[Imap]:
    with Imap(account) as reader:
        yield reader


@pytest.fixture
def plain(account: Account, dovecot: Dovecot) -> Account:
    return replace(account, security="plain", port=dovecot.ports["imap"])


@contextmanager
def through(account: Account, *, timeout: float = 2.0) -> Iterator[tuple[Proxy, Account]]:
    with Proxy(account.port) as proxy:
        yield proxy, replace(account, port=proxy.port, timeout=timeout)


def fetched(reader: Imap, name: str = "INBOX") -> list[Fetched]:
    return list(reader.fetch(name, reader.new_uids(name, 0)))


def failure_of(work: Callable[[], object]) -> EdgeError:
    """Return the sentence the seller would read; it must name mailbox, host and port and hold no password."""
    with pytest.raises(EdgeError) as caught:
        work()
    sentence = str(caught.value)
    assert "ventes" in sentence
    assert PASSWORD not in sentence
    assert "\n" not in sentence
    return caught.value


def named(error: EdgeError, account: Account) -> str:
    assert f"{account.host}:{account.port}" in str(error)
    return str(error)


# ---- what comes in


def test_delivered_mail_is_fetched_byte_for_byte(dovecot: Dovecot, account: Account, reader: Imap) -> None:
    dovecot.deliver(account.user, mail(1))
    [got] = fetched(reader)
    assert got.raw.endswith(mail(1))
    assert got.raw.startswith(b"Return-Path: <marketplace@marketplace.example>\r\n")
    assert got.size == len(got.raw)
    assert not got.oversize
    assert got.folder == "INBOX"
    assert abs(got.received - datetime.now(UTC)) < timedelta(minutes=5)
    assert got.received.utcoffset() == timedelta(0)


def test_appended_mail_of_any_bytes_is_fetched_byte_for_byte(dovecot: Dovecot, account: Account,
                                                             reader: Imap) -> None:
    any_byte = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")  # Maildir has line ends of its own
    strange = [b"\r\n", b"Subject: x)\r\n\r\n{12}\r\n* 1 FETCH (UID 9)\r\n" + any_byte + b"\r\n"]
    then = datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
    with dovecot.client(account.user) as phone:
        for raw in strange:
            phone.append("INBOX", raw, msg_time=then)
    assert [(got.raw, got.received) for got in fetched(reader)] == [(raw, then) for raw in strange]


def test_mails_come_in_order_and_in_more_than_one_batch(dovecot: Dovecot, account: Account,
                                                        reader: Imap) -> None:
    dovecot.deliver(account.user, *[mail(number) for number in range(1, 251)])
    got = fetched(reader)
    assert [f"Subject: Commande {number}\r\n".encode() in one.raw for number, one in enumerate(got, 1)] == [True] * 250
    uidvalidity = reader.folder("INBOX").uidvalidity
    assert [one.place for one in got] == [f"{uidvalidity}/{uid}" for uid in range(1, 251)]
    assert Cursor.at(got[-1].place) == Cursor(uidvalidity=uidvalidity, last_uid=250)


def test_flags_stay_as_they_were(dovecot: Dovecot, account: Account) -> None:
    dovecot.deliver(account.user, mail(1), mail(2))
    with Imap(account) as reader:
        assert len(fetched(reader)) == 2
        reader.all_uids("INBOX", LONG_AGO)
        reader.find_sent("<m-1@marketplace.example>")
        has_news(reader, 0.2)
    with dovecot.client(account.user) as phone:
        chosen = phone.select_folder("INBOX")
        assert chosen[b"RECENT"] == 2, "the first who may change the mailbox sees them as recent"
        assert set(phone.get_flags([1, 2]).values()) == {(b"\\Recent",)}


def test_nothing_is_ever_sent_but_questions(dovecot: Dovecot, plain: Account) -> None:
    dovecot.deliver(plain.user, mail(1))
    with through(plain, timeout=SOON) as (proxy, account):
        with Imap(account) as reader:
            assert len(fetched(reader)) == 1
            reader.all_uids("INBOX", LONG_AGO)
            reader.find_sent("<m-1@marketplace.example>")
            has_news(reader, 0.2)
            failure_of(lambda: reader.folder("Xyzzy"))
        lines = proxy.heard.decode().split("\r\n")[:-1]
    asked = {line.partition(" ")[2].removeprefix("UID ").partition(" ")[0] for line in lines if line != "DONE"}
    assert asked <= {"CAPABILITY", "LOGIN", "EXAMINE", "SEARCH", "FETCH", "LIST", "IDLE", "LOGOUT"}
    assert not [line for line in lines if "BODY[" in line or "RFC822 " in line or "UNSEEN" in line]


def test_nothing_new_is_nothing_though_the_server_names_its_last_mail(dovecot: Dovecot, account: Account,
                                                                      reader: Imap) -> None:
    dovecot.deliver(account.user, mail(1), mail(2))
    with dovecot.client(account.user) as phone:
        phone.select_folder("INBOX", readonly=True)
        assert phone.search(["UID", "900:*"]) == [2], "else this trap is gone"
    assert reader.new_uids("INBOX", 2) == []
    assert reader.new_uids("INBOX", 900) == []
    assert reader.new_uids("INBOX", 1) == [2]
    dovecot.deliver(account.user, mail(3))
    with dovecot.client(account.user) as phone:
        phone.select_folder("INBOX")
        phone.delete_messages([3])
        phone.expunge()
    assert reader.folder("INBOX").uidnext == 4
    assert reader.new_uids("INBOX", 2) == []


def test_last_mail_is_not_new_where_the_server_keeps_uidnext_to_itself(dovecot: Dovecot, plain: Account) -> None:
    dovecot.deliver(plain.user, mail(1), mail(2))
    with through(plain) as (proxy, account):
        proxy.change = (b"[UIDNEXT", b"[UIDNOXT")
        with Imap(account) as reader:
            assert reader.folder("INBOX").uidnext == 3
            assert reader.new_uids("INBOX", 2) == []
            assert reader.new_uids("INBOX", 1) == [2]


def test_sweep_finds_by_day_received_and_read_mails_too(dovecot: Dovecot, account: Account, reader: Imap) -> None:
    with dovecot.client(account.user) as phone:
        for day in (1, 10, 20):
            phone.append("INBOX", mail(day), flags=[b"\\Seen"], msg_time=datetime(2026, 6, day, 12, tzinfo=UTC))
    assert reader.all_uids("INBOX", date(2026, 6, 9)) == [2, 3]
    assert reader.all_uids("INBOX", None) == [1, 2, 3]


def test_a_search_too_long_for_one_line_is_asked_in_pieces(dovecot: Dovecot, account: Account, reader: Imap,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    dovecot.deliver(account.user, *[mail(number) for number in range(1, 24)])
    with dovecot.client(account.user) as phone:
        phone.select_folder("INBOX")
        phone.delete_messages([1, 2, 5])
        phone.expunge()
    monkeypatch.setattr(imap, "WINDOW", 7)
    left = [uid for uid in range(1, 24) if uid not in (1, 2, 5)]
    assert reader.all_uids("INBOX", None) == left
    assert reader.new_uids("INBOX", 4) == left[2:]


def test_mail_deleted_between_search_and_fetch_is_just_absent(dovecot: Dovecot, account: Account,
                                                              reader: Imap) -> None:
    dovecot.deliver(account.user, mail(1), mail(2), mail(3))
    uids = reader.new_uids("INBOX", 0)
    with dovecot.client(account.user) as phone:
        phone.select_folder("INBOX")
        phone.delete_messages([2])
        phone.expunge()
    got = list(reader.fetch("INBOX", [*uids, 77]))
    assert [Cursor.at(one.place).last_uid for one in got] == [1, 3]
    assert list(reader.fetch("INBOX", [77, 78])) == []
    assert list(reader.fetch("INBOX", [])) == []


def test_mail_too_big_comes_as_its_headers_and_is_never_pulled(dovecot: Dovecot, plain: Account,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "LIMIT", 100_000)
    monkeypatch.setattr(imap, "GROUP", 100_000)
    dovecot.deliver(plain.user, mail(1), mail(2, size=300_000), mail(3))
    with through(plain, timeout=SOON) as (proxy, account), Imap(account) as reader:
        small, big, other = fetched(reader)
        assert proxy.sent < 50_000
    assert big.oversize
    assert big.size > 300_000
    assert b"Subject: Commande 2\r\n" in big.raw
    assert big.raw.endswith(b"\r\n\r\n")
    assert not small.oversize
    assert not other.oversize


def test_big_mails_are_asked_for_a_few_at_a_time() -> None:
    sizes = {1: 10, 2: imap.GROUP, 3: 10, 4: 20, 5: imap.LIMIT + 1, 6: 30}
    assert list(imap._groups(sizes)) == [[1], [2], [3, 4], [5], [6]]


def test_other_calls_may_come_between_two_mails(dovecot: Dovecot, account: Account, reader: Imap,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BATCH", 1)
    dovecot.deliver(account.user, mail(1), mail(2))
    mails = reader.fetch("INBOX", [1, 2])
    first = next(mails)
    assert not reader.find_sent("<x@boutique.example>")
    [second] = mails
    assert first.raw.endswith(mail(1))
    assert second.raw.endswith(mail(2))


def test_a_restored_mailbox_shows_another_uidvalidity(dovecot: Dovecot, account: Account) -> None:
    dovecot.deliver(account.user, mail(1), mail(2))
    reader = Imap(account)
    with reader:
        before = reader.folder("INBOX")
    dovecot.lose_numbers(account.user)
    with reader:
        error = failure_of(lambda: list(reader.fetch("INBOX", [1, 2])))
        assert "anew" in named(error, account), "UIDs of the old numbering name other mails now"
        after = reader.folder("INBOX")
        assert after.uidvalidity != before.uidvalidity
        assert {one.place.split("/")[0] for one in fetched(reader)} == {str(after.uidvalidity)}


def test_a_length_the_server_belies_once_is_refused_and_twice_is_believed(dovecot: Dovecot,
                                                                          plain: Account) -> None:
    """As Exchange does, that estimates RFC822.SIZE; a literal that came whole twice is the mail."""
    dovecot.deliver(plain.user, mail(1), mail(2))
    with through(plain) as (proxy, account), Imap(account) as reader:
        proxy.change = (b"RFC822.SIZE ", b"RFC822.SIZE 1")
        assert [one.raw.endswith(mail(number)) for number, one in enumerate(fetched(reader), 1)] == [True, True]


def test_a_mail_the_server_refuses_stops_no_other(dovecot: Dovecot, account: Account, reader: Imap) -> None:
    dovecot.deliver(account.user, mail(1), mail(2), mail(3))
    uids = reader.new_uids("INBOX", 0)
    reader.fetch("INBOX", uids)
    spoilt = next(path for path in (dovecot.maildir(account.user) / "new").iterdir()
                  if b"Subject: Commande 2" in path.read_bytes())
    spoilt.chmod(0)  # at which Dovecot says BYE, in the middle of the batch
    got: list[bytes] = []
    with pytest.raises(EdgeError, match="number 2 of INBOX was left out"):
        got.extend(one.raw for one in reader.fetch("INBOX", uids))
    assert [raw.endswith(mail(number)) for raw, number in zip(got, (1, 3), strict=True)] == [True, True]


# ---- getting in


def test_starttls_is_used_and_verified(account: Account, dovecot: Dovecot) -> None:
    with Imap(replace(account, security="starttls", port=dovecot.ports["imap"])) as reader:
        assert reader.folder("INBOX").exists == 0
        assert isinstance(reader._client.socket(), ssl.SSLSocket)


def test_a_context_may_be_shared(account: Account, dovecot: Dovecot) -> None:
    context = tls_context(dovecot.ca_file)
    for security, port in (("tls", "imaps"), ("starttls", "imap")):
        with Imap(replace(account, security=security, port=dovecot.ports[port], ca_file=None),
                  context=context) as reader:
            assert reader.folder("INBOX").exists == 0


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_of_an_unknown_authority_is_refused(security: str, account: Account, dovecot: Dovecot,
                                                          tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    port = dovecot.ports["imaps" if security == "tls" else "imap"]
    for ca_file in (None, tmp_path / "another.pem"):
        wrong = replace(account, security=security, port=port, ca_file=ca_file)
        error = failure_of(Imap(wrong).connect)
        assert "ca_file" in named(error, wrong)
        assert error.permanent


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_for_another_name_is_refused(security: str) -> None:
    with Dovecot(names=("imap.elsewhere.example",)) as elsewhere:
        elsewhere.add("vendeur", PASSWORD)
        port = elsewhere.ports["imaps" if security == "tls" else "imap"]
        wrong = Account(mailbox="ventes", host="localhost", port=port, security=security, user="vendeur",
                        password=PASSWORD, ca_file=elsewhere.ca_file, timeout=SOON)
        assert "another name" in named(failure_of(Imap(wrong).connect), wrong)


def test_the_password_never_leaves_where_starttls_was_stripped(account: Account, dovecot: Dovecot) -> None:
    stripped = replace(account, security="starttls", port=dovecot.ports["imap"])
    with through(stripped) as (proxy, tapped):
        proxy.change = (b"STARTTLS", b"STARTLES")
        error = failure_of(Imap(tapped).connect)
        assert "offers no STARTTLS" in named(error, tapped)
        assert PASSWORD.encode() not in proxy.heard
        assert b"LOGIN" not in proxy.heard


def test_plain_text_goes_to_this_machine_only(account: Account, plain: Account) -> None:
    with Imap(plain) as reader:
        assert reader.folder("INBOX").exists == 0
    for far in ("imap.example.net", "192.0.2.1", "127.0.0.1.example.net"):
        wrong = replace(account, security="plain", host=far)
        error = failure_of(Imap(wrong).connect)
        assert "without TLS" in named(error, wrong)
        assert error.permanent


@pytest.mark.parametrize("password", ["faux", "", "a b\"c\\", "é" * 40])
def test_a_wrong_password_is_told_apart_from_all_else(password: str, account: Account) -> None:
    wrong = replace(account, password=password)
    with pytest.raises(LoginRefusedError) as caught:
        Imap(wrong).connect()
    assert "refused the log-in of vendeur" in named(caught.value, wrong)
    assert caught.value.permanent
    assert not password or f" {password} " not in str(caught.value)


def test_a_connection_lost_at_the_log_in_is_no_refusal(plain: Account) -> None:
    with through(plain) as (proxy, account):
        proxy.cut_at = b" LOGIN "
        error = failure_of(Imap(account).connect)
        assert not isinstance(error, LoginRefusedError)
        assert "was lost" in named(error, account)


@pytest.mark.parametrize(("user", "password"), [
    ("vendeuse@boutique.example", 'q"u\\o te'), ("amélie@boutique.example", "déjà vu"), ("a b@boutique.example", "x")])
def test_odd_users_and_passwords_get_in(user: str, password: str, account: Account, dovecot: Dovecot) -> None:
    dovecot.add(user, password)
    with Imap(replace(account, user=user, password=password)) as reader:
        assert reader.folder("INBOX").exists == 0


@pytest.mark.parametrize("words", ["[UNAVAILABLE] Temporary", "[ALERT] Too many simultaneous connections."])
def test_a_server_too_busy_to_let_us_in_did_not_refuse_us(words: str, plain: Account) -> None:
    with through(plain) as (proxy, account):
        proxy.change = (b"[AUTHENTICATIONFAILED]", words.encode())
        error = failure_of(Imap(replace(account, password="faux")).connect)
        assert not isinstance(error, LoginRefusedError)
        assert not error.permanent


def test_a_server_that_repeats_the_password_is_not_quoted(plain: Account) -> None:
    with through(plain) as (proxy, account):
        proxy.change = (b"Authentication failed", b"No such word: faux-mot-de-passe")
        wrong = replace(account, password="faux-mot-de-passe")
        assert "No such word: ***" in named(failure_of(Imap(wrong).connect), wrong)


@pytest.mark.parametrize(("host", "hint"), [("imap.gmail.com", "app password"), ("outlook.office365.com", "oauth"),
                                            ("imap.mail.yahoo.com", "app password"), ("ssl0.ovh.net", "check user")])
def test_the_hint_fits_the_provider(host: str, hint: str) -> None:
    assert hint in imap._hint(host)


def test_unreachable_servers_are_told_in_a_sentence(account: Account, dovecot: Dovecot) -> None:
    said = {
        "cannot be reached (Connection refused)": replace(account, port=free_port()),
        "nobody knows": replace(account, host="imap.nirgendwo.invalid"),
        "does not speak TLS": replace(account, port=dovecot.ports["imap"]),
        "is silent": replace(account, security="starttls", timeout=1.0),
        "is not IMAP": replace(account, security="plain", port=dovecot.ports["lmtp"]),
    }
    for words_of, wrong in said.items():
        error = failure_of(Imap(wrong).connect)
        assert words_of in named(error, wrong)
        assert not error.permanent, "waiting may help"


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_ca_file_that_is_none_is_named(content: bytes | None, account: Account, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EdgeError, match=str(path)) as caught:
        Imap(replace(account, ca_file=path)).connect()
    assert caught.value.permanent


def test_failures_are_told_in_french_too(account: Account) -> None:
    words.use("fr")
    error = failure_of(Imap(replace(account, password="faux")).connect)
    assert "a refusé la connexion de vendeur" in str(error)
    assert "vérifiez" in str(error)


def test_no_log_and_no_repr_shows_the_password(account: Account, dovecot: Dovecot,
                                               caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dovecot.deliver(account.user, mail(1))
    with Imap(account) as reader:
        assert fetched(reader)
        assert reader._client._imap.debug == 0, "above that imaplib writes out what it sends"
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(account)


# ---- folders


@pytest.mark.parametrize("name", ["INBOX\r\nA1 DELETE INBOX", "a\nb", "a\rb", "a\0b", ""])
def test_a_folder_name_that_could_be_a_command_is_refused(name: str, dovecot: Dovecot, plain: Account) -> None:
    with through(plain) as (proxy, account), Imap(account) as reader:
        heard = len(proxy.heard)
        for look in (reader.folder, lambda name: reader.new_uids(name, 0), lambda name: reader.all_uids(name, None),
                     lambda name: list(reader.fetch(name, [1])), reader.listen):
            assert "is never sent to" in named(failure_of(lambda look=look: look(name)), account)  # type: ignore[misc]
        assert len(proxy.heard) == heard
        assert reader.folder("INBOX").exists == 0, "the connection is as good as before"


def test_a_user_that_could_be_a_command_is_refused(account: Account) -> None:
    for wrong in (replace(account, user="x\r\nA1 LOGOUT"), replace(account, password="x\ny")):
        assert "control character" in named(failure_of(Imap(wrong).connect), account)


def test_a_missing_folder_is_told_with_its_neighbours(account: Account, reader: Imap) -> None:
    assert "did you mean Sent?" in named(failure_of(lambda: reader.folder("Sentt")), account)
    assert "did you mean INBOX?" in named(failure_of(lambda: reader.folder("Inbx")), account)
    error = failure_of(lambda: reader.folder("Xyzzy"))
    assert {"Sent", "Junk", "INBOX"} <= set(named(error, account).replace(",", "").split())
    assert error.permanent
    assert reader.folder("INBOX").exists == 0


def test_folder_names_beyond_ascii_are_found(dovecot: Dovecot, account: Account, reader: Imap) -> None:
    with dovecot.client(account.user) as phone:
        phone.create_folder('Réclamations & "co"')
        phone.append('Réclamations & "co"', mail(1))
    assert [one.raw for one in fetched(reader, 'Réclamations & "co"')] == [mail(1)]


# ---- what we sent


def test_sent_mail_is_found_by_its_exact_message_id(dovecot: Dovecot, account: Account, reader: Imap) -> None:
    with dovecot.client(account.user) as phone:
        phone.append("Sent", mail(1, message_id="<id-11@boutique.example>"))
        phone.append("Sent", mail(2, message_id="\r\n <ab(c)*%{d@boutique.example>"))
        phone.select_folder("Sent", readonly=True)
        assert phone.search(["HEADER", "Message-ID", "id-1"]) == [1], "else this trap is gone"
    assert reader.find_sent("<id-11@boutique.example>")
    assert reader.find_sent("id-11@boutique.example")
    assert reader.find_sent("<ab(c)*%{d@boutique.example>")
    for near in ("<id-1@boutique.example>", "<id-1>", "<id-11@boutique.exampl>", "<ID-11@boutique.example>"):
        assert not reader.find_sent(near)


def test_sent_mail_is_looked_for_where_mail_programs_put_it(dovecot: Dovecot, account: Account,
                                                            reader: Imap) -> None:
    with dovecot.client(account.user) as phone:
        phone.create_folder("Éléments envoyés")
        phone.create_folder("Junk/Sent Items")
        phone.append("Éléments envoyés", mail(1, message_id="<here@boutique.example>"))
        phone.append("Junk/Sent Items", mail(1, message_id="<there@boutique.example>"))
        phone.append("INBOX", mail(1, message_id="<not-sent@boutique.example>"))
    assert reader.find_sent("<here@boutique.example>")
    assert reader.find_sent("<there@boutique.example>")
    assert not reader.find_sent("<not-sent@boutique.example>")


@pytest.mark.parametrize("message_id", [
    '<a"b@x>', "<a\\b@x>", "<a\r\nA1 DELETE INBOX@x>", "<é@x>", "<a b@x>", "", "<>", "<a\0@x>", "<a@x>\n"])
def test_no_message_id_but_our_own_kind_is_searched_for(message_id: str, account: Account, reader: Imap) -> None:
    assert "never searched for" in named(failure_of(lambda: reader.find_sent(message_id)), account)


# ---- waiting


def has_news(reader: Imap, seconds: float) -> bool:
    """Listen to one mailbox as the listener does to many; say whether there was news before the time was over."""
    descriptor = reader.listen("INBOX")
    assert descriptor is not None
    until = time.monotonic() + seconds
    while not reader.stirs() and time.monotonic() < until:
        select.select([descriptor], [], [], until - time.monotonic())
    return reader.heed()


def test_listening_tells_when_a_mail_comes(dovecot: Dovecot, account: Account, reader: Imap) -> None:
    reader.new_uids("INBOX", 0)
    later = threading.Timer(1.0, dovecot.deliver, (account.user, mail(1)))
    later.start()
    assert has_news(reader, WHOLE)
    later.join()
    assert reader.new_uids("INBOX", 0) == [1]


@pytest.mark.parametrize("security", ["plain", "tls"])
def test_news_told_in_one_go_with_the_beginning_of_idle_is_news(dovecot: Dovecot, account: Account, plain: Account,
                                                                security: str) -> None:
    """It lies in our buffer, then, and the socket has nothing more to tell."""
    chosen = account if security == "tls" else plain
    with Imap(chosen) as reader:
        reader.new_uids("INBOX", 0)
        assert reader.listen("INBOX") is not None
        dovecot.deliver(chosen.user, mail(1))
        reader._client._imap.file.peek(1)       # what is told is taken off the socket
        assert reader.stirs()
        assert reader.heed()


@pytest.mark.parametrize("security", ["plain", "tls"])
def test_a_mail_that_came_between_the_look_and_listening_is_news(dovecot: Dovecot, account: Account, plain: Account,
                                                                 security: str) -> None:
    with Imap(account if security == "tls" else plain) as reader:
        reader.new_uids("INBOX", 0)
        dovecot.deliver(account.user, mail(1))
        reader.find_sent("<x@boutique.example>")
        list(reader.fetch("INBOX", [1]))
        assert reader.listen("INBOX") is not None
        assert reader.stirs()
        assert reader.heed()
        reader.folder("INBOX")
        assert not has_news(reader, 0.3), "told once"


@pytest.mark.parametrize("security", ["plain", "tls"])
def test_a_mail_that_came_right_after_the_look_is_told_as_soon_as_we_listen(
        dovecot: Dovecot, account: Account, plain: Account, security: str) -> None:
    """No second look is made for it: the folder is open already, and the server tells what changed in it."""
    with Imap(account if security == "tls" else plain) as reader:
        reader.folder("INBOX")
        dovecot.deliver(account.user, mail(1))
        assert has_news(reader, SOON)


@pytest.mark.parametrize(("gone", "come", "anew"), [(0, 1, False), (0, 3, False), (1, 1, True), (1, 2, True),
                                                   (2, 3, True)])
def test_after_news_of_mails_alone_the_folder_is_not_opened_anew_and_stands_as_if_it_were(
        dovecot: Dovecot, plain: Account, gone: int, come: int, anew: bool) -> None:
    dovecot.deliver(plain.user, mail(1), mail(2))
    with through(plain) as (proxy, tapped), Imap(tapped) as reader, Imap(plain) as fresh:
        reader.folder("INBOX")
        assert reader.listen("INBOX") is not None
        with dovecot.client(plain.user) as phone:
            phone.select_folder("INBOX")
            phone.delete_messages(range(1, gone + 1))
            phone.expunge()
        if gone:
            until_told(reader, b"EXPUNGE")
            assert not reader.stirs(), "that a mail went is no news, and is forgotten"
        dovecot.deliver(plain.user, *[mail(number) for number in range(3, 3 + come)])
        until_told(reader, b"* %d EXISTS" % (come - gone + 2))
        assert reader.heed()
        proxy.heard = b""
        assert reader.folder("INBOX") == fresh.folder("INBOX")
        assert reader.present("INBOX", 2) == [range(3, 3 + come)]
        assert (b"EXAMINE" in proxy.heard) is anew
        assert proxy.heard.count(b"RFC822.SIZE") == 1 + (anew and come > gone)
        assert list(reader.fetch("INBOX", range(3, 3 + come))) == list(fresh.fetch("INBOX", range(3, 3 + come)))
        assert (proxy.heard.count(b"FETCH") == 1) is not anew, "they came with their sizes"
        assert not has_news(reader, 0.3), "told once"


def test_of_news_a_long_mail_comes_by_itself_and_many_after_their_sizes(dovecot: Dovecot, plain: Account) -> None:
    with through(plain) as (proxy, tapped), Imap(tapped) as reader, Imap(plain) as fresh:
        for raws in ([mail(1), mail(2) + b"x" * imap.SHORT], [mail(number) for number in range(3, 9)]):
            reader.folder("INBOX")
            assert reader.listen("INBOX") is not None
            first = fresh.folder("INBOX")
            dovecot.deliver(plain.user, *raws)
            until_told(reader, b"* %d EXISTS" % (first.exists + len(raws)))
            assert reader.heed()
            proxy.heard = b""
            assert reader.folder("INBOX") == fresh.folder("INBOX")
            uids = range(first.uidnext, first.uidnext + len(raws))
            assert list(reader.fetch("INBOX", uids)) == list(fresh.fetch("INBOX", uids))
            assert b"EXAMINE" not in proxy.heard


@pytest.mark.parametrize("refusal", [(b" OK Fetch completed", b" NO I cannot read it"),
                                     (b"* 1 FETCH (UID 1 RFC822.SIZE", b"* BYE I am confused")], ids=["no", "bye"])
def test_a_server_that_refuses_news_with_their_sizes_is_asked_as_always(dovecot: Dovecot, plain: Account,
                                                                        refusal: tuple[bytes, bytes]) -> None:
    with through(plain) as (proxy, tapped), Imap(tapped) as reader:
        reader.folder("INBOX")
        assert reader.listen("INBOX") is not None
        dovecot.deliver(plain.user, mail(1))
        until_told(reader, b"* 1 EXISTS")
        assert reader.heed()
        proxy.change = refusal
        state = reader.folder("INBOX")
        proxy.change = (b"", b"")
        assert state.uidnext == 2
        assert [one.raw for one in reader.fetch("INBOX", [1])]


def until_told(reader: Imap, words: bytes) -> None:
    """Wait until the server has said this; it stays on the line."""
    until = time.monotonic() + WHOLE
    while words not in reader._client.socket().recv(1 << 16, socket.MSG_PEEK):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_flags_set_by_the_seller_and_what_a_server_says_to_pass_the_time_are_no_news(
        dovecot: Dovecot, account: Account, plain: Account) -> None:
    dovecot.deliver(account.user, mail(1))
    with through(plain) as (proxy, tapped), Imap(account) as reader, Imap(tapped) as other:
        proxy.change = (b"+ idling\r\n", b"+ idling\r\n* OK Still here\r\n")
        reader.folder("INBOX")
        other.folder("INBOX")
        assert reader.listen("INBOX") is not None
        assert other.listen("INBOX") is not None
        with dovecot.client(account.user) as phone:
            phone.select_folder("INBOX")
            phone.add_flags([1], [b"\\Seen"])
        until = time.monotonic() + 3.0
        while time.monotonic() < until:
            assert not reader.stirs()
            assert not other.stirs()
            time.sleep(0.1)
        assert not reader.heed()
        assert not other.heed()


def test_without_idle_there_is_nothing_to_listen_to(dovecot: Dovecot, plain: Account) -> None:
    with through(plain) as (proxy, account):
        proxy.change = (b" IDLE", b"")
        with Imap(account) as reader:
            reader.new_uids("INBOX", 0)
            assert reader.listen("INBOX") is None
            dovecot.deliver(plain.user, mail(1))
            assert reader.changed("INBOX")
        assert b"IDLE" not in proxy.heard


@pytest.mark.parametrize("kind", ["imaps", "imap"])
def test_a_silent_death_is_noticed_when_listening_is_ended(kind: str, account: Account, plain: Account) -> None:
    with through(account if kind == "imaps" else plain) as (proxy, tapped), Imap(tapped) as reader:
        reader.new_uids("INBOX", 0)
        threading.Timer(0.3, proxy.stall).start()
        began = time.monotonic()
        assert "is silent" in named(failure_of(lambda: has_news(reader, 1.0)), tapped)
        assert time.monotonic() - began < SOON


@pytest.mark.parametrize("kind", ["imaps", "imap"])
def test_a_cut_connection_is_noticed_at_once(kind: str, account: Account, plain: Account) -> None:
    with through(account if kind == "imaps" else plain) as (proxy, tapped), Imap(tapped) as reader:
        reader.new_uids("INBOX", 0)
        threading.Timer(0.5, proxy.cut).start()
        began = time.monotonic()
        assert "was lost" in named(failure_of(lambda: has_news(reader, 100.0)), tapped)
        assert time.monotonic() - began < SOON


def test_a_server_that_says_bye_is_quoted(dovecot: Dovecot, plain: Account) -> None:
    with through(plain) as (proxy, account), Imap(account) as reader:
        reader.new_uids("INBOX", 0)
        proxy.change = (b"* 1 EXISTS", b"* BYE Autologout; idle for too long")
        threading.Timer(0.5, dovecot.deliver, (plain.user, mail(1))).start()
        error = failure_of(lambda: has_news(reader, 100.0))
        assert "saying: Autologout; idle for too long" in named(error, account)
    with through(plain) as (proxy, account):
        proxy.change = (b"* OK [", b"* BYE [ALERT] Closed for the night [")
        assert "Closed for the night" in named(failure_of(Imap(account).connect), account)


def test_a_bye_that_comes_in_one_piece_with_the_beginning_of_idle_is_heard(plain: Account) -> None:
    """As on a busy machine, where more than one line has arrived when the first is read."""
    with through(plain) as (proxy, account), Imap(account) as reader:
        reader.new_uids("INBOX", 0)
        proxy.change = (b"+ idling\r\n", b"+ idling\r\n* BYE Autologout; idle for too long\r\n")
        error = failure_of(lambda: has_news(reader, WHOLE))
        assert "saying: Autologout; idle for too long" in named(error, account)


def test_after_a_refused_idle_the_folder_is_polled(dovecot: Dovecot, plain: Account) -> None:
    with through(plain) as (proxy, account):
        proxy.change = (b"+ idling", b"* 0 EXISTS")  # a server that speaks before its "+"
        reader = Imap(account)
        with reader:
            failure_of(lambda: reader.listen("INBOX"))
        with reader:
            assert reader.listen("INBOX") is None


# ---- a bad network


@pytest.mark.parametrize("kind", ["imaps", "imap"])
@pytest.mark.parametrize("after", [50, 2_000, 20_000, 150_000])
def test_a_connection_cut_at_any_byte_delivers_nothing_by_halves(kind: str, after: int, dovecot: Dovecot,
                                                                 account: Account, plain: Account) -> None:
    dovecot.deliver(account.user, *[mail(number, size=30_000) for number in range(1, 8)])
    with through(account if kind == "imaps" else plain) as (proxy, tapped):
        proxy.cut_after = after
        got: list[Fetched] = []
        failure_of(lambda: read_into(got, tapped))
        assert all(one.raw.endswith(mail(number, size=30_000)) for number, one in enumerate(got, 1))
        proxy.cut_after = None
        with Imap(tapped) as reader:
            assert len(fetched(reader)) == 7, "and all of it comes when the network is back"


def read_into(got: list[Fetched], account: Account) -> None:
    with Imap(account) as reader:
        for one in reader.fetch("INBOX", reader.new_uids("INBOX", 0)):
            got.append(one)


def test_batches_that_came_before_the_cut_are_whole(dovecot: Dovecot, plain: Account,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BATCH", 2)
    dovecot.deliver(plain.user, *[mail(number, size=30_000) for number in range(1, 8)])
    with through(plain) as (proxy, tapped):
        proxy.cut_after = 150_000
        got: list[Fetched] = []
        assert "was lost" in named(failure_of(lambda: read_into(got, tapped)), tapped)
    assert [one.raw.endswith(mail(number, size=30_000)) for number, one in enumerate(got, 1)] == [True] * 4


@pytest.mark.parametrize("kind", ["imaps", "imap"])
def test_silence_in_the_middle_of_a_mail_ends_in_time(kind: str, dovecot: Dovecot, account: Account,
                                                      plain: Account) -> None:
    dovecot.deliver(account.user, mail(1, size=3_000_000))
    with through(account if kind == "imaps" else plain) as (proxy, tapped), Imap(tapped) as reader:
        uids = reader.new_uids("INBOX", 0)
        proxy.stall_after = proxy.sent + 100_000
        assert "is silent" in named(failure_of(lambda: list(reader.fetch("INBOX", uids))), tapped)


def test_one_byte_at_a_time_is_as_good_as_silence(dovecot: Dovecot, plain: Account,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    dovecot.deliver(plain.user, mail(1))
    with through(plain, timeout=0.7) as (proxy, tapped), Imap(tapped) as reader:
        uids = reader.new_uids("INBOX", 0)
        proxy.drip = True
        began = time.monotonic()
        assert "slower than 0.7 s allow" in named(failure_of(lambda: list(reader.fetch("INBOX", uids))), tapped)
        assert time.monotonic() - began < SOON


@pytest.mark.parametrize("change", [
    (b"* SEARCH", b"* SEARCH x"), (b"* SEARCH", b"\xff\x00\xfe"), (b"* 1 FETCH (", b"* 1 FETCH "),
    (b"* 1 FETCH (", b"* 1 FETCH (((\""), (b"BODY[] {", b"BODY[] {9999999999999999"), (b"UIDVALIDITY", b"UIDVOLATILE"),
    (b"EXISTS", b"EXUSTS"), (b"A", b""), (b"\r\n", b"\n"), (b"* SEARCH", b"* SEARCH " + b"1 " * 600_000),
    (b"RFC822.SIZE ", b"RFC822.SIZE x"), (b"* 1 FETCH (", b"* 1 FETCH " + b"(" * 100_000)])
def test_answers_that_are_not_imap_are_told_in_a_sentence(change: tuple[bytes, bytes], dovecot: Dovecot,
                                                          plain: Account) -> None:
    dovecot.deliver(plain.user, mail(1))
    with through(plain) as (proxy, tapped), Imap(tapped) as reader:
        proxy.change = change
        named(failure_of(lambda: fetched(reader)), tapped)


def test_a_lost_connection_is_made_anew_by_connecting(dovecot: Dovecot, account: Account) -> None:
    dovecot.deliver(account.user, mail(1))
    with through(account) as (proxy, tapped), Imap(tapped) as reader:
        assert len(fetched(reader)) == 1
        proxy.cut()
        assert "was lost" in named(failure_of(lambda: reader.folder("INBOX")), tapped)
        assert "was lost" in named(failure_of(lambda: reader.folder("INBOX")), tapped)
        reader.connect()
        assert len(fetched(reader)) == 1


def test_closing_is_quick_and_never_fails(account: Account) -> None:
    with through(account, timeout=SOON) as (proxy, tapped):
        for spoil in (proxy.stall, proxy.cut, proxy.refuse):
            reader = Imap(tapped)
            proxy.flow()
            reader.connect()
            spoil()
            began = time.monotonic()
            reader.close()
            reader.close()
            assert time.monotonic() - began < SOON / 2
    Imap(account).close()


# ---- being told to stop


def test_interrupt_ends_listening_at_once(account: Account, plain: Account) -> None:
    for one in (account, plain):
        with Imap(one) as reader:
            threading.Timer(0.5, reader.interrupt).start()
            began = time.monotonic()
            assert "told to stop" in named(failure_of(lambda reader=reader: has_news(reader, 100.0)), one)  # type: ignore[misc]
            assert time.monotonic() - began < SOON
            assert "told to stop" in named(failure_of(lambda reader=reader: reader.folder("INBOX")), one)  # type: ignore[misc]


def test_interrupt_ends_a_fetch_at_once(dovecot: Dovecot, account: Account) -> None:
    dovecot.deliver(account.user, mail(1, size=3_000_000))
    with through(account, timeout=100.0) as (proxy, tapped), Imap(tapped) as reader:
        uids = reader.new_uids("INBOX", 0)
        proxy.stall_after = proxy.sent + 100_000
        threading.Timer(0.5, reader.interrupt).start()
        began = time.monotonic()
        assert "told to stop" in named(failure_of(lambda: list(reader.fetch("INBOX", uids))), tapped)
        assert time.monotonic() - began < SOON


def test_interrupt_before_the_connection_holds_too(account: Account) -> None:
    reader = Imap(account)
    reader.interrupt()
    assert "told to stop" in named(failure_of(reader.connect), account)


# ---- pauses


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    for pause, longest in zip(islice(pauses(), 14), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900],
                              strict=True):
        assert 0.75 * longest <= pause <= longest


def test_pauses_of_two_mailboxes_fall_out_of_step() -> None:
    assert list(islice(pauses(), 8)) != list(islice(pauses(), 8))


def test_imaplib_still_says_what_we_take_it_to_say() -> None:
    """Our sentences lean on these: an abort is an error, and its readonly an abort."""
    assert issubclass(imaplib.IMAP4.abort, imaplib.IMAP4.error)
    assert issubclass(imaplib.IMAP4.readonly, imaplib.IMAP4.abort)
