"""`check` learns from the newest mails what a mail host writes of senders, and proposes the setting that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checking import Finding, Verdict, findings, senders
from bot.core.hosts import learn
from bot.edges.dns import Dns
from bot.settings import load
from tests.servers.dns import NameServer
from tests.servers.dovecot import Dovecot
from tests.world import HOST, World, buyer_writes

BORDER = f"Received: from out.example (out.example [192.0.2.7]) by {HOST} (Postfix) with ESMTPS id 4F9; now\n"
RESULTS = f"Authentication-Results: {HOST}; dkim=pass header.d=amazon.fr\n"
LETTER = "From: vente@amazon.fr\nTo: ventes@boutique.example\nSubject: {number}\nMessage-ID: <{number}@x.example>\n\n\n"
GMAIL = "Received: by 2002:a05:7300:1234:b0:1 with SMTP id a1; now\n" \
        "Received: from out.example (out.example [192.0.2.7]) by mx.google.com with ESMTPS id 1; now\n" \
        "Authentication-Results: mx.google.com; dkim=pass header.i=@amazon.fr\n"
OUTLOOK = "Received: from a.outlook.com (2603:10a6::1) by b.outlook.com with HTTPS; now\n" \
          "Authentication-Results: spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=amazon.fr; dkim=pass header.d=x\n"
SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=amazon.fr; s=s1; h=from; bh=A; b=A\n"


def letters(head: str, count: int = 5) -> list[bytes]:
    return [(head + LETTER.format(number=number)).encode() for number in range(count)]


def configured(world: World, line: str) -> None:
    """Give the mailbox this one setting about senders."""
    path = world.folder / "mailboxes.toml"
    text = "\n".join(one for one in path.read_text("utf-8").splitlines() if not one.startswith("authserv_id"))
    path.write_text(text.replace('maildir = "mail"', f'maildir = "mail"\n{line}'), "utf-8")


def said(world: World, dns: Dns | None = None) -> Finding:
    """Return the last word on the mailbox: what is found of its host."""
    settings = load(world.folder / "mailboxes.toml")
    return list(senders(settings, settings.mailboxes[0], dns))[-1]


@pytest.mark.parametrize(("setting", "head", "verdict", "remedy"), [
    ("", RESULTS + BORDER, Verdict.ATTENTION, f'authserv_id = "{HOST}"'),
    (f'authserv_id = "{HOST.upper()}"', RESULTS + BORDER, Verdict.OK, ""),
    ('authserv_id = "mx.other.example"', RESULTS + BORDER, Verdict.ATTENTION, f'authserv_id = "{HOST}"'),
    ("check_dkim = true", RESULTS + BORDER, Verdict.ATTENTION, f'authserv_id = "{HOST}"'),
    ("", GMAIL, Verdict.ATTENTION, "check_dkim = true"),
    ('authserv_id = "mx.google.com"', GMAIL, Verdict.ATTENTION, "check_dkim = true"),
    ("check_dkim = true", GMAIL, Verdict.OK, ""),
    ("", OUTLOOK, Verdict.ATTENTION, "check_dkim = true"),
    ("", BORDER, Verdict.ATTENTION, "check_dkim = true"),
    ("", BORDER + RESULTS, Verdict.ATTENTION, "check_dkim = true"),      # came with the mail: never proposed
])
def test_what_a_host_writes_decides_what_is_proposed(world: World, setting: str, head: str, verdict: Verdict,
                                                     remedy: str) -> None:
    configured(world, setting)
    world.arrives(*letters(head))
    found = said(world)
    assert (found.verdict, remedy in found.remedy) == (verdict, True)
    assert bool(found.remedy) == bool(remedy)


def test_of_gmail_it_is_said_where_its_word_stands(world: World) -> None:
    configured(world, "")
    world.arrives(*letters(GMAIL))
    assert "mx.google.com stands only where anybody could have written it" in said(world).sentence


def test_too_few_mails_tell_nothing(world: World) -> None:
    configured(world, "")
    world.arrives(*letters(RESULTS + BORDER, 2))
    assert "no authserv_id" in said(world).sentence
    configured(world, f'authserv_id = "{HOST}"')
    assert said(world).verdict is Verdict.OK


def test_kept_mails_are_looked_at_before_the_mailbox(world: World) -> None:
    world.hears(*(buyer_writes(text=f"Question {number}", message=number) for number in range(3)))
    for path in (world.folder / "mail").rglob("*.box"):
        path.unlink()
    assert "who sent them" not in said(world).sentence, "they bear no Received: nobody knows how they came"
    world.hears(*letters(RESULTS + BORDER, 4))
    for path in (world.folder / "mail").rglob("*.box"):
        path.unlink()
    assert f"{HOST} says of 4 of the newest 4 mails" in said(world).sentence


def test_mails_without_received_and_our_own_are_left_out() -> None:
    learnt = learn([*letters(RESULTS), *letters("X-Guichet: 1\n" + RESULTS + BORDER), b"", b"\xff\x00",
                    *letters(RESULTS + BORDER, 2), ("From: x\n" * 9999).encode()])
    assert (learnt.mails, dict(learnt.above), learnt.host) == (2, {HOST: 2}, "")


def test_a_word_in_a_few_mails_only_is_not_proposed() -> None:
    assert learn(letters(RESULTS + BORDER, 3) + letters(BORDER, 20)).host == ""
    assert learn(letters(RESULTS + BORDER, 10) + letters(BORDER, 20)).host == HOST


def test_dns_is_tried_where_signatures_are_checked(world: World, name_server: NameServer) -> None:
    configured(world, "check_dkim = true")
    world.arrives(*letters(GMAIL + SIGNED))
    asked = Dns(nameserver="127.0.0.1", port=name_server.port, timeout=0.5)
    assert said(world, dns=asked).sentence == "DNS answers when asked for a key (s1._domainkey.amazon.fr)"
    name_server.silent = True
    asked = Dns(nameserver="127.0.0.1", port=name_server.port, timeout=0.5)
    assert said(world, dns=asked).verdict is Verdict.BROKEN


IMAP = """
[seller]
name = "Atelier Lumen"
notify = ["marie@boutique.example"]

[[mailbox]]
name = "ventes"
address = "{user}"
imap = {{ host = "127.0.0.1", port = {port}, security = "plain" }}
user = "{user}"
password_env = "LEARNING_PASSWORD"
"""


def test_a_mailbox_on_a_server_is_looked_at_and_left_as_it_is(dovecot: Dovecot, tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    user = "learning@boutique.example"
    dovecot.add(user, "secret")
    monkeypatch.setenv("LEARNING_PASSWORD", "secret")
    dovecot.deliver(user, *letters(RESULTS + BORDER, 40))
    path = tmp_path / "mailboxes.toml"
    path.write_text(IMAP.format(user=user, port=dovecot.ports["imap"]), "utf-8")
    found = [one for one in findings(load(path)) if one.check == "mailbox ventes"][-1]
    assert found.remedy == f'write authserv_id = "{HOST}" into the section of this mailbox'
    assert "in 30 of the newest 30" in found.sentence
    with dovecot.client(user) as phone:
        phone.select_folder("INBOX", readonly=True)
        assert set(phone.get_flags(phone.search()).values()) <= {(), (b"\\Recent",)}
