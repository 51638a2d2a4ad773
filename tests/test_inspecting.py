"""What `check` says of the machine, its Python, and a mailbox beside its log-in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import inspecting
from bot.checking import Finding, Verdict, findings
from bot.cli import main
from bot.edges import clock, interpreter
from bot.edges.imap import Account, Imap
from bot.saving import keep_daily
from bot.settings import Settings, load
from tests.servers.dovecot import Dovecot, is_2_4
from tests.servers.proxy import Proxy
from tests.world import World, buyer_writes

FROM_TOMORROW = b"From: a@amazon.fr\r\nSubject: x\r\n\r\nx\r\n"


@pytest.fixture
def settings(world: World) -> Settings:
    return load(world.folder / "mailboxes.toml")


def account(dovecot: Dovecot, user: str) -> Account:
    dovecot.add(user)
    return Account(mailbox="ventes", host="127.0.0.1", port=dovecot.ports["imap"], security="plain", user=user,
                   password="secret")


# ---- a mailbox ----


@pytest.fixture(scope="module")
def narrow() -> Iterator[Dovecot]:
    """A server that gives each mailbox one MiB."""
    if is_2_4():
        pytest.skip("a quota is configured here for Dovecot 2.3 only")
    with Dovecot(quota=1) as server:
        yield server


def test_a_mailbox_nearly_full_wants_room(narrow: Dovecot) -> None:
    with Imap(account(narrow, "full@boutique.example")) as imap:
        assert inspecting.quota("mailbox ventes", imap).verdict is Verdict.OK
        narrow.deliver("full@boutique.example", FROM_TOMORROW + (b"x" * 70 + b"\r\n") * 13_500)
        found = inspecting.quota("mailbox ventes", imap)
    assert found.verdict is Verdict.ATTENTION
    assert found.sentence.endswith("(0 of 1 MiB)")
    assert "no claim is delivered" in found.remedy


def test_a_server_without_quota_is_no_fault(dovecot: Dovecot) -> None:
    with Imap(account(dovecot, "endless@boutique.example")) as imap:
        assert imap.quota() is None
        assert inspecting.quota("mailbox ventes", imap).verdict is Verdict.OK


def test_the_sent_folder_is_named_and_its_lack_is_told(dovecot: Dovecot) -> None:
    user = "sent@boutique.example"
    with Imap(account(dovecot, user)) as imap:
        assert "in Sent" in inspecting.sent_folder("mailbox ventes", imap).sentence
    with Proxy(dovecot.ports["imap"]) as proxy:
        proxy.change = (b"Sent", b"Gone")
        with Imap(replace(account(dovecot, user), port=proxy.port)) as imap:
            assert "make a folder named Sent" in inspecting.sent_folder("mailbox ventes", imap).remedy


def test_a_mail_from_the_future_proves_our_clock_late(dovecot: Dovecot, settings: Settings) -> None:
    user = "clock@boutique.example"
    with Imap(account(dovecot, user)) as imap:
        assert inspecting.clock_of_server("x", imap, clock.now(), settings).verdict is Verdict.OK, "an empty mailbox"
        dovecot.deliver(user, FROM_TOMORROW)
        assert inspecting.clock_of_server("x", imap, clock.now(), settings).verdict is Verdict.OK
        late = inspecting.clock_of_server("x", imap, clock.now() - timedelta(hours=2), settings)
    assert late.verdict is Verdict.BROKEN
    assert "timedatectl" in late.remedy


def test_where_to_authorise_the_address_is_told_and_nothing_claimed(settings: Settings) -> None:
    [found] = inspecting.sender(settings, settings.mailboxes[0], clock.now())
    assert found.verdict is Verdict.OK
    assert "cannot be seen from here" in found.sentence
    assert "Seller Central" in found.sentence


def test_refused_replies_put_the_address_in_doubt(world: World, settings: Settings) -> None:
    world.hears(buyer_writes())
    world.store.run("UPDATE outbox SET state = 'failed', what = 'reply', channel = 'email', changed = ?",
                    "2026-11-17T10:00:00Z")
    found = next(inspecting.sender(settings, settings.mailboxes[0], world.now))
    assert found.verdict is Verdict.ATTENTION
    assert "were refused in the last 30 days" in found.sentence
    later = next(inspecting.sender(settings, settings.mailboxes[0], world.now + timedelta(days=60)))
    assert later.verdict is Verdict.OK


# ---- the machine ----


def test_the_age_of_the_backups_is_told(world: World, settings: Settings) -> None:
    assert inspecting.backups(settings, world.now).verdict is Verdict.OK, "none yet: the first pass makes one"
    keep_daily(settings, world.now)
    [made] = (settings.data / "backups").glob("*.db")
    os.utime(made, (world.now.timestamp(), world.now.timestamp()))
    assert inspecting.backups(settings, world.now + timedelta(hours=30)).verdict is Verdict.OK
    assert inspecting.backups(settings, world.now + timedelta(days=3)).verdict is Verdict.ATTENTION
    made.write_bytes(b"no database")
    assert inspecting.backups(settings, world.now).verdict is Verdict.BROKEN


def test_no_backups_wanted_is_said(world: World) -> None:
    path = world.folder / "mailboxes.toml"
    path.write_text(path.read_text("utf-8").replace("[seller]", '[seller]\nkeep_backups = "off"', 1), "utf-8")
    assert "keep_backups" in inspecting.backups(load(path), world.now).sentence


def test_a_clock_set_by_the_network_is_known_by_systemd_s_mark(tmp_path: Path) -> None:
    assert "cannot be told" in inspecting.clock_of_this_machine(tmp_path / "synchronized").sentence
    (tmp_path / "synchronized").touch()
    assert inspecting.clock_of_this_machine(tmp_path / "synchronized").sentence == "set by the network"


def test_holes_of_this_python_are_those_that_can_be_shown() -> None:
    """Each trial against what this interpreter does when nobody pretends: they must not disagree."""
    from email.utils import parseaddr

    found = interpreter.open_holes()
    assert set(found) <= {hole.cve for hole in interpreter.HOLES}
    assert ("CVE-2023-27043" in found) is bool(parseaddr("alice@example.org)bob@example.com")[1])


def test_a_mended_python_is_praised(monkeypatch: pytest.MonkeyPatch) -> None:
    import imaplib

    def refuses(self: object, name: str, *arguments: object) -> None:
        raise ValueError("Control characters not allowed in commands")

    monkeypatch.setattr(imaplib.IMAP4, "_command", refuses)
    monkeypatch.setattr("email.utils.parseaddr", lambda address: ("", ""))
    assert not {"CVE-2025-15366", "CVE-2023-27043"} & set(interpreter.open_holes())
    monkeypatch.setattr(interpreter, "HOLES", ())
    assert inspecting.python().verdict is Verdict.OK


def test_check_names_everything_it_looked_at(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", "--json", "--config", str(world.folder / "mailboxes.toml")])
    told = json.loads(capsys.readouterr().out)
    assert {"settings", "database", "disk", "backups", "clock", "python", "templates", "answers", "replies",
            "mailbox ventes"} <= {one["check"] for one in told}
    assert all(one["remedy"] for one in told if one["state"] == "attention")
    assert code == (1 if any(one["state"] == "broken" for one in told) else 0)


def test_each_finding_that_is_not_ok_has_a_remedy_or_says_it(settings: Settings) -> None:
    found: list[Finding] = list(findings(settings))
    assert [one for one in found if one.verdict is Verdict.ATTENTION and not one.remedy] == []
