"""Every mail written to hurt us gets what its expectation says: a real Maildir, database, pipeline and SMTP server.

The mails, their world and their expectations lie beside the project (ATTACKS); without them these tests are skipped.
Each mail has a fresh world; mails of one group are read in order in one world.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from bot.core.action import State
from bot.core.grant import Grant, granted
from bot.edges.dns import Dns
from bot.edges.store import Row, Store, iso
from bot.guichet import Guichet
from bot.loop import database
from bot.receiving import receive_maildir
from bot.resolving import resolve_one
from bot.sending import send_ready
from bot.settings import load
from bot.writing import fingerprint
from tests.canaries import TOKEN
from tests.servers.dns import NameServer
from tests.servers.smtp import SmtpServer
from tests.servers.webservice import LOGIN, RakutenServer
from tests.world import HOST, MARIE, World, mail, passed

ATTACKS = Path(__file__).resolve().parents[3] / "shared" / "attacks"
THERE = (ATTACKS / "expected.json").is_file()
BOT, SHOP = "bot@boutique.example", "ventes@boutique.example"

SETTINGS = """
[seller]
name = "Boutique"
notify = ["{marie}"]
language = "fr"

{boxes}

[shop.rakuten_fr]
login = "{login}"
token_env = "RAKUTEN_TOKEN"
webservice = "{webservice}"

[policy]
mode = "draft"
digest = "off"

[policy.modes]
buyer_wrote = "alone"
not_conforming_claimed = "alone"
"""

BOX = """
[[mailbox]]
name = "{name}"
address = "{address}"
maildir = "{name}"
smtp = {{ host = "localhost", port = {port}, security = "starttls" }}
user = "{address}"
password_env = "BOX_PASSWORD"
ca_file = "ca.pem"
{more}
"""


# ---- what is expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One row of expected.json."""

    file: str
    verdict: str
    also: tuple[str, ...]
    reason: str
    replies: int
    orders: int
    group: str
    setup: str

    @property
    def raw(self) -> bytes:
        return (ATTACKS / self.file).read_bytes()

    @property
    def is_order(self) -> bool:
        return self.verdict.startswith("command") or self.group == "replay"


def _expected() -> list[Expected]:
    if not THERE:
        return []
    rows = json.loads((ATTACKS / "expected.json").read_text("utf-8"))
    return [Expected(file=row["file"], verdict=row["verdict"], also=tuple(row["also_accepted"]), reason=row["reason"],
                     replies=row["auto_replies"],
                     orders=row["commands_executed"], group=row["group"], setup=row["setup"]) for row in rows]


ALONE = ("", "fresh world")
# Where we may say the same in another word.
OTHER_WORDS = {
    "035-dkim-expired-x-tag.eml": "sender_unverified",      # where nobody checks signatures, nobody has proven it
    "050-loop-auto-replied.eml": "auto_reply_received",
    "051-loop-vacation-no-marker-fr.eml": "auto_reply_received",
    "162-from-encoded-newline.eml": "unknown_sender",       # its name is mended, and it is nobody's we know
}


def _groups() -> Iterator[Any]:
    """Yield the mails of one world after another, each world named by its mails."""
    rows = sorted(_expected(), key=lambda row: row.file)
    for row in rows:
        if row.group in ALONE:
            yield pytest.param([row], id=row.file.removesuffix(".eml"))
    for name, group in groupby(sorted((row for row in rows if row.group not in ALONE),
                                      key=lambda row: (row.group, row.file)), key=lambda row: row.group):
        mails = list(group)
        yield pytest.param(mails, id=f"{name.split()[0]}-{mails[0].file[:3]}")


# ---- the world of world.json


class Boutique(World):
    """Marie's boutique, with a mailbox for buyers, one for the bot, and one more; what leaves goes to real servers."""

    def __init__(self, folder: Path, smtp: SmtpServer, rakuten: RakutenServer, *, port: int,
                 results: bool = True) -> None:
        self.smtp, self.rakuten, self.results, self.port = smtp, rakuten, results, port
        super().__init__(folder)
        for name in ("ventes", "second", "bot"):
            for part in ("new", "cur", "tmp"):
                (folder / name / part).mkdir(parents=True)

    def configure(self, *, language: str = "fr", policy: str = "") -> None:
        (self.folder / "ca.pem").write_bytes(Path(self.smtp.ca_file).read_bytes())
        path = self.folder / "mailboxes.toml"
        path.write_text(SETTINGS.format(marie=MARIE, login=LOGIN, webservice=self.rakuten.base, boxes="".join(
            self._box(*row) for row in (("ventes", SHOP, ""), ("second", "second@boutique.example", ""),
                                        ("bot", BOT, 'role = "bot"')))), "utf-8")
        settings = load(path)
        self.guichet = Guichet(settings, Store(database(settings)), dns=Dns(nameserver="127.0.0.1", port=self.port))

    def _box(self, name: str, address: str, more: str) -> str:
        self.smtp.users[address] = "secret"
        said = f'authserv_id = "{HOST}"' if self.results else "check_dkim = true"
        return BOX.format(name=name, address=address, port=self.smtp.port, more=f"{said}\n{more}")

    def arrives(self, *mails: bytes, box: str = "ventes") -> None:
        for raw in mails:
            number = len(list((self.folder / box / "new").iterdir()))
            (self.folder / box / "new" / f"{int(self.now.timestamp())}.M{number:06}.box").write_bytes(raw)

    def work(self) -> None:
        for box in self.guichet.settings.mailboxes:
            receive_maildir(self.store, box, self.now)
        super().work()

    def sends(self) -> None:
        """Send what may leave now, and hear what became of it."""
        while resolve_one(self.guichet, self.now):
            pass
        for _, error in send_ready(self.guichet, lambda: self.now):
            assert error is None, error
        self.work()

    def to_buyers(self) -> list[str]:
        """Return whom anything was sent to but Marie: an address, or an item of the webservice."""
        mailed = [one.recipient for one in self.smtp.mails if one.recipient != MARIE]
        return mailed + [call.parameters["itemid"] for call in self.rakuten.heard if "content" in call.parameters]

    # -- what was there before

    def seed(self, now: datetime) -> None:
        """Let the orders of world.json be sold the day before: Jean Dupont's is C-1, Zoé Martin's C-2."""
        self.work()                                    # an empty first pass ends the cold start
        self.now = now - timedelta(days=1)
        for order, buyer in (("404-1234567-7654321", "Jean Dupont"), ("404-7777777-1111111", "Zoé Martin")):
            self.arrives(sold(order, buyer, self.now))
            self.work()
        self.sends()
        self.seed_sent()
        self.seed_tokens()
        self.now = now
        self.work()
        self.sends()

    def seed_sent(self) -> None:
        """Let the reply that world.json names have left in C-1."""
        for number, message_id in enumerate(said()["sent_message_ids"]):
            self.store.run(
                "INSERT INTO outbox (step, case_id, what, mailbox, to_addr, channel, mode, state, template, subject,"
                " body, answers, message_id, why, spent, created, changed) VALUES (?, 1, 'reply', 'ventes',"
                " 'a1b2c3d4e5f6@marketplace.amazon.fr', 'email', 'draft', 'sent', '', 'Re', 'Bonjour', 1, ?, '', 1,"
                " ?, ?)", f"earlier:{number}", message_id, iso(self.now), iso(self.now))

    def seed_tokens(self) -> None:
        """Let the tokens of world.json have been given out: each for a draft that waits in its case."""
        for number, case in enumerate((1, 2)):
            self.store.run(
                "INSERT INTO outbox (step, case_id, what, mailbox, to_addr, channel, mode, state, template, subject,"
                " body, answers, message_id, why, created, changed) VALUES (?, ?, 'reply', 'ventes', ?, 'email',"
                " 'draft', 'draft', 'buyer_wrote.reply', 'Re', ?, 1, ?, '', ?, ?)", f"waits:{number}", case,
                "a1b2c3d4e5f6@marketplace.amazon.fr", "Bonjour, nous vous répondons demain.",
                f"<{number:032x}@boutique.example>", iso(self.now), iso(self.now))
        for token, told in said()["tokens"].items():
            case = int(told.removeprefix("case C-").partition(",")[0])
            address = next((word for word in re.findall(r"[a-z]+@[a-z.]+", told)), MARIE)
            end = re.search(r"expire[ds] ([0-9-]+)", told)
            row = self.one("outbox", f"step = 'waits:{case - 1}'")
            self.store.grant(token, Grant(
                address=address, words=granted(case, State.DRAFT), case=case, draft=row["id"],
                shown=fingerprint(row["body"]),
                expires=datetime.fromisoformat(end[1]).replace(tzinfo=UTC) if end else self.now + timedelta(days=9)))


def said() -> dict[str, Any]:
    return dict(json.loads((ATTACKS / "world.json").read_text("utf-8")))


def sold(order: str, buyer: str, now: datetime) -> bytes:
    return mail('From: "Amazon.fr" <notification-vendeur@amazon.fr>\nSubject: Vendu, expédiez maintenant : Lampe',
                f"Félicitations, vous avez vendu un article !\n\nNuméro de commande : {order}\nArticle : Lampe\n"
                f"Quantité : 1\nPrix : 79,90 €\nAcheteur : {buyer}\n", date=now, proof=passed("amazon.fr"))


# ---- what became of a mail, in the words of expected.json


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    verdict: str
    reasons: tuple[str, ...]


_CODE = re.compile(r"(?:^|; )([a-z]+(?:_[a-z]+)*): ")


def outcome(world: Boutique, row: Row) -> Outcome:
    """Return what became of a mail."""
    if row["kind"] == "order":
        obeyed = row["reason"].startswith("order_done")
        return Outcome(verdict="command_ok" if obeyed else "command_refused", reasons=codes(row["reason"]))
    if row["state"] == "shelved":
        return Outcome(verdict="quarantine", reasons=codes(row["reason"]))
    if row["state"] == "ignored" or row["reason"]:
        return Outcome(verdict="ignore", reasons=codes(row["reason"]))
    event = world.store.row("SELECT * FROM events WHERE mail = ?", row["id"])
    if event is None or event["kind"] == "auto_reply_received":
        return Outcome(verdict="ignore", reasons=("auto_submitted",) if event else ())
    why = [event["held"], *(decided["why"] for decided in json.loads(event["decided"]))]
    found = tuple(code for one in why for code in codes(one) if code not in ("buyer_wrote", "not_conforming_claimed"))
    return Outcome(verdict="case_hold" if found else "case", reasons=found)


def codes(words: str) -> tuple[str, ...]:
    return tuple(_CODE.findall(words))


# ---- the tests


@pytest.fixture
def keys() -> Iterator[NameServer]:
    """A name server with the keys of the mails' signatures, for a mailbox whose host writes nothing."""
    with NameServer(json.loads((ATTACKS / "keys" / "dns.json").read_text("utf-8"))) as server:
        yield server


@pytest.fixture
def boutique(tmp_path: Path, smtp: SmtpServer, rakuten: RakutenServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("BOX_PASSWORD", "secret")
    monkeypatch.setenv("RAKUTEN_TOKEN", TOKEN)
    return lambda **more: Boutique(tmp_path, smtp, rakuten, **more)


@pytest.mark.skipif(not THERE, reason=f"the mails written to hurt us are not at {ATTACKS}")
@pytest.mark.parametrize("mails", list(_groups()))
def test_a_mail_written_to_hurt_us_gets_what_it_should(mails: Sequence[Expected], boutique: Any,
                                                       keys: NameServer) -> None:
    world = boutique(results="no A-R" not in mails[0].setup, port=keys.port)
    world.seed(_now(mails[0]))
    for expected in mails:
        box = "bot" if f"To: {BOT}".encode() in expected.raw else "ventes"
        _meets(world, expected, [box, "second"] if "both" in expected.group else [box])


def _now(expected: Expected) -> datetime:
    found = re.search(r"now=(\S+)", expected.setup)
    return datetime.fromisoformat(found[1] if found else said()["now"])


def _meets(world: Boutique, expected: Expected, boxes: Sequence[str]) -> None:
    had, known = len(world.to_buyers()), {row["id"] for row in world.rows("mails")}
    orders, yeses = _ordered(world)
    for box in boxes:
        world.arrives(expected.raw, box=box)
    world.work()
    world.sends()
    world.later(minutes=4)
    world.sends()
    new = [row for row in world.rows("mails") if row["id"] not in known]
    found = outcome(world, new[0]) if new else Outcome(verdict="ignore", reasons=("duplicate",))
    assert found.verdict in (expected.verdict, *expected.also), found
    if found.verdict == expected.verdict and expected.reason:
        assert {expected.reason, OTHER_WORDS.get(expected.file, "")} & {*found.reasons}, found
    assert _ordered(world)[0] - orders == expected.orders
    assert len(world.to_buyers()) - had - (_ordered(world)[1] - yeses) == expected.replies
    assert all(one.endswith("@marketplace.amazon.fr") or one.isdigit() for one in world.to_buyers())
    _kept(world, expected, new, boxes)
    if also := ASSERTED.get(expected.file):
        assert also(world), world.rows("deadlines")


def _ordered(world: Boutique) -> tuple[int, int]:
    """Return how many orders by mail were carried out, and how many of them let a draft leave."""
    obeyed = world.rows("events", "source LIKE 'seller:mail:%' AND key NOT LIKE '%/refused:%'")
    return len(obeyed), sum(row["kind"] == "draft_approved" for row in obeyed)


def _due(world: Boutique) -> set[str]:
    return {row["due"] for row in world.rows("deadlines", "name = 'answer'")}


def _reckoned(world: Boutique) -> set[str]:
    return {row["due"] for row in world.rows("deadlines")}


def _bounced(world: Boutique) -> bool:
    row = world.one("outbox", "step = 'earlier:0'")
    told = [one for one in world.to_marie("notice") if one["template"] == "undelivered" and one["state"] == "sent"]
    return row["state"] == "failed" and len(told) == 1 and world.rows("cases")[0]["turn"] == "seller"


def _unchanged(world: Boutique) -> bool:
    return {row["state"] for row in world.rows("outbox", "step NOT LIKE 'waits:%'")} == {"sent"}


def _says_nothing_private(world: Boutique) -> bool:
    subjects = " ".join(row["subject"] for row in world.rows("outbox"))
    return not any(number in subjects for number in ("FR76", "4970", "06 12 34"))


# What else is asserted of some of them, in our own words.
ASSERTED: Mapping[str, Callable[[Boutique], bool]] = {
    "037-reply-to-hijack.eml": lambda world: b"evil.example" not in b"".join(
        one.raw for one in world.smtp.mails if one.recipient != MARIE),
    "056-dsn-for-our-reply.eml": _bounced,
    "057-dsn-forged-unknown-id.eml": _unchanged,
    "144-order-of-other-account.eml": lambda world: len(world.rows("cases")) == 3,     # neither C-1 nor C-2 hears of it
    "145-order-in-quoted-history-only.eml": lambda world: len(world.rows("cases")) == 2,
    "191-time-dst-autumn.eml": lambda world: "2026-10-26T08:00:00Z" in _reckoned(world),
    "192-time-local-ambiguous.eml": lambda world: "2026-10-25T00:30:00Z" in _reckoned(world),
    "194-time-working-days-may.eml": lambda world: _due(world) == {"2026-05-18T14:00:00Z"},
    "195-time-date-header-future.eml": lambda world: _due(world) == {"2026-11-17T09:00:00Z"},
    "185-dup-resent-new-id-b.eml": lambda world: _due(world) == {"2026-11-17T08:40:00Z"},
    "211-personal-data-in-body.eml": _says_nothing_private,
}


def _kept(world: Boutique, expected: Expected, new: Sequence[Row], boxes: Sequence[str]) -> None:
    """Hold that there is one row in each mailbox for these bytes, as they came, and that nothing broke."""
    same = world.rows("mails", f"sha256 = '{sha256(expected.raw).hexdigest()}'")
    assert [row["mailbox"] for row in same] == list(boxes), "exactly one row a mail"
    assert world.store.raw_mail(same[0]["id"]) == expected.raw
    assert {row["id"] for row in new} <= {row["id"] for row in same}
    assert not any(row["reason"].startswith("fault") or row["state"] == "kept" for row in world.rows("mails"))
