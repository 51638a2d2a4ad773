"""Who is believed: the attack mails about senders, and the mailboxes whose host writes nothing."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import UnreadableError
from bot.core.message import Message, Origin, read
from bot.core.policy import Policy
from bot.edges.dns import Dns
from bot.guichet import Guichet, keys_of
from bot.pipeline import event_of
from bot.reading import unclaimed
from bot.settings import load
from bot.showing import mail as shown
from bot.understanding import understand
from tests.core.test_dkim import KEY_AT, letter, record, signed
from tests.servers.dns import NameServer
from tests.world import HOST, MARIE, World

ATTACKS = Path(__file__).resolve().parents[2] / "shared" / "attacks"
SENDERS = "039"         # the attack mails before this number are about who sent them
NO_RESULTS = "mailbox setting: no A-R at this provider"


def _expected() -> list[dict[str, Any]]:
    path = ATTACKS / "expected.json"
    return [one for one in json.loads(path.read_text("utf-8")) if one["file"] < SENDERS] if path.exists() else []


EXPECTED = _expected()
ABSENT = pytest.mark.skipif(not EXPECTED, reason="the attack mails are not beside this copy of the project")
NOW = datetime.fromisoformat("2026-11-16T10:00:00+01:00")


def public_keys() -> dict[str, str]:
    said = json.loads((ATTACKS / "keys" / "dns.json").read_text("utf-8"))
    return {name.rstrip("."): text for name, text in said.items()}


def seen(name: str, *, own_check: bool) -> Message:
    keys = {at: text.encode() for at, text in public_keys().items()}
    return read((ATTACKS / name).read_bytes(), trusted=frozenset({HOST}), keys=keys.get if own_check else None,
                received=NOW)


def verdict(message: Message, world: World) -> tuple[str, str]:
    """Return verdict and reason as the attack mails word them, as far as reading tells."""
    if message.sender == MARIE:
        return "command", ""
    understood = understand(message)
    if understood is None:
        return "quarantine", unclaimed(message, world.guichet.seller)[1].partition(":")[0]
    event = event_of(understood, source="mail:1", received=NOW, policy=Policy())
    if message.origin is not Origin.PROVEN:
        return "case_hold", message.origin_why.partition(":")[0]
    if "reply_to_foreign" in message.flaws:
        return "case_hold", "reply_to_foreign"
    return ("case_hold", event.held.partition(":")[0]) if event.held else ("case", "")


@ABSENT
@pytest.mark.parametrize("said", EXPECTED, ids=[one["file"][:3] for one in EXPECTED])
@pytest.mark.parametrize("own_check", [False, True], ids=["by the host", "checked by us"])
def test_an_attack_on_the_sender_gets_the_verdict_it_deserves(said: dict[str, Any], own_check: bool,
                                                              world: World) -> None:
    if not own_check and said["setup"] == NO_RESULTS:
        assert seen(said["file"], own_check=False).origin is Origin.UNPROVEN, "nobody vouches for it"
        return
    try:
        found = verdict(message := seen(said["file"], own_check=own_check), world)
    except UnreadableError as error:
        found = "quarantine", error.code
    else:
        assert (message.origin is Origin.PROVEN) == (said["reason"] in ("", "stale", "reply_to_foreign",
                                                                       "unknown_sender"))
    wanted = said["verdict"].partition("_ok")[0], said["reason"]
    assert found == wanted, said["why"]


# ---- a mailbox whose host writes nothing


def checks_itself(world: World, server: NameServer) -> World:
    """Give the mailbox the setting, and the program a name server of the test's."""
    path = world.folder / "mailboxes.toml"
    path.write_text(path.read_text("utf-8").replace(f'authserv_id = "{HOST}"', "check_dkim = true"), "utf-8")
    world.guichet = Guichet(load(path), world.store, dns=Dns(nameserver="127.0.0.1", port=server.port, timeout=0.5))
    return world


def question(sender: str = "x@marketplace.amazon.fr", order: str = "404-2718281-8284590") -> bytes:
    """Return a buyer's mail through Amazon, unsigned."""
    raw = letter("X-Space-Notification-Type: BBC_MESSAGE_SENT_TO_MERCHANT", sender=sender,
                 body=f"# {order}:\r\n------------- Message:  -------------\r\nBonjour ?\r\n"
                      "------------- Fin du message -------------\r\n")
    return raw.replace(b"Subject: Message", f"Subject: Demande (Commande : {order})".encode()).replace(
        b"16 Nov 2026", b"17 Nov 2026")


def test_a_signed_mail_is_proven_where_the_mailbox_checks_itself(world: World, name_server: NameServer) -> None:
    name_server.records[KEY_AT] = record().decode()
    checks_itself(world, name_server).hears(signed(question()))
    assert world.one("cases")["origin"] == "proven"
    assert name_server.asked == [KEY_AT]


def test_nobody_is_asked_where_the_mailbox_does_not_want_it(world: World, name_server: NameServer) -> None:
    name_server.records[KEY_AT] = record().decode()
    world.guichet = Guichet(world.guichet.settings, world.store, dns=Dns(nameserver="127.0.0.1", port=name_server.port))
    world.hears(signed(question()))
    assert world.one("cases")["origin"] == "unproven"
    assert name_server.asked == []


def test_trying_a_mail_asks_nobody_unless_a_mailbox_checks_itself(world: World, name_server: NameServer) -> None:
    assert keys_of(world.guichet.settings) is None
    assert keys_of(checks_itself(world, name_server).guichet.settings) is not None


def test_a_name_server_that_is_silent_costs_the_proof_and_nothing_else(world: World, name_server: NameServer) -> None:
    name_server.silent = True
    checks_itself(world, name_server).hears(signed(question()))
    assert world.one("cases")["origin"] == "unproven"
    assert world.one("mails")["state"] == "read"
    told = shown(world.store, 1, world.store.raw_mail(1) or b"", frozenset(), world.guichet.dns.txt)
    assert told["origin_why"].startswith("dkim_unchecked: DNS gave no answer about s1._domainkey.amazon.fr")


def test_a_forgery_beside_the_real_mail_stays_unproven(world: World, name_server: NameServer) -> None:
    name_server.records[KEY_AT] = record().decode()
    real = signed(question())
    checks_itself(world, name_server).hears(real.replace(b"Bonjour ?", b"Argent !"), real)
    assert [row["origin"] for row in world.rows("mails")] == ["unproven", "proven"]


LOOKS = "it looks like amazon.fr, but is not"


@pytest.mark.parametrize(("sender", "told"), [
    ("Amazon <x@amazon-fr.example>", f"no marketplace writes from x@amazon-fr.example: {LOOKS}"),
    ("x@xn--amazn-mye.fr", f"no marketplace writes from x@xn--amazn-mye.fr, shown as amazоn.fr: {LOOKS}"),
    ('"Amazon <service@amazon.fr>" <x@evil.example>', "no marketplace writes from x@evil.example; the address in its "
                                                      "name, Amazon <service@amazon.fr>, is not where it comes from"),
    ("x@quelqun.example", "no marketplace writes from x@quelqun.example"),
])
def test_the_shelf_says_whom_a_stranger_wants_to_be_taken_for(world: World, sender: str, told: str) -> None:
    assert unclaimed(read(letter(sender=sender)), world.guichet.seller) == ("shelved", f"unknown_sender: {told}")
