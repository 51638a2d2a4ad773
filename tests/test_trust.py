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
from bot.pipeline import event_of, unclaimed, understand
from tests.world import World

ATTACKS = Path(__file__).resolve().parents[2] / "shared" / "attacks"
SENDERS = "039"         # the attack mails before this number are about who sent them
NO_RESULTS = "mailbox setting: no A-R at this provider"


def _expected() -> list[dict[str, Any]]:
    path = ATTACKS / "expected.json"
    return [one for one in json.loads(path.read_text("utf-8")) if one["file"] < SENDERS] if path.exists() else []


EXPECTED = _expected()
if not EXPECTED:
    pytest.skip("the attack mails are not beside this copy of the project", allow_module_level=True)
WORLD = json.loads((ATTACKS / "world.json").read_text("utf-8"))
NOW = datetime.fromisoformat(WORLD["now"])
KEYS = {name.rstrip("."): text.encode() for name, text in
        json.loads((ATTACKS / "keys" / "dns.json").read_text("utf-8")).items()}


def seen(name: str, *, own_check: bool) -> Message:
    return read((ATTACKS / name).read_bytes(), trusted=frozenset(WORLD["trusted_authserv_ids"]),
                keys=KEYS.get if own_check else None, received=NOW)


def verdict(message: Message, world: World) -> tuple[str, str]:
    """Return verdict and reason as the attack mails word them, as far as reading tells."""
    if message.sender == WORLD["seller_address"]:
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
