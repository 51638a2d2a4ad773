"""Marie's shop without servers: a Maildir, a database, a mailboxes.toml, and a clock that stands still.

    def test_story(world):
        world.work()                              # an empty first pass ends the cold start
        world.arrives(buyer_writes())             # Jean Dupont asks Marie something through Amazon
        world.work()
        assert world.rows("cases")[0]["buyer"] == "Jean Dupont"
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

from bot.core.event import Kind
from bot.edges.store import Row, Store
from bot.guichet import Guichet, new_reader
from bot.loop import Stop, database, reading_steps, until_idle
from bot.pipeline import order
from bot.receiving import receive_maildir
from bot.settings import Settings, load
from bot.trying import sources, try_mail
from bot.writing import bytes_of

MARIE = "marie@boutique.example"
SHOP = "ventes@boutique.example"
HOST = "mx.boutique.example"
RELAY = "jd7k2m9x4q1v8+3f1c@marketplace.amazon.fr"
ORDER = "404-2718281-8284590"
ITEM = "871204553"
NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)      # a Tuesday, no holiday, winter time

SETTINGS = """
[seller]
name = "Atelier Lumen"
notify = ["{marie}"]
language = "{language}"

[[mailbox]]
name = "ventes"
address = "{shop}"
maildir = "mail"
authserv_id = "{host}"

[policy]
{policy}
"""

READER = new_reader()     # one for all worlds: its child starts once

_numbers = count(1)


# ---- mails: what the marketplaces write, cut down to what is read


def mail(headers: str, body: str, *, date: datetime = NOW, proof: str = "", number: str = "") -> bytes:
    """Return a mail as Marie's host hands it over; `proof` is what the host says of the sender."""
    results = f"Authentication-Results: {HOST}; {proof}\n" if proof else ""
    named = number or f"{next(_numbers)}@mail.example"
    return (f"{results}{headers.strip()}\nTo: {SHOP}\nDate: {format_datetime(date)}\nMessage-ID: <{named}>\n"
            f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n"
            ).encode()


def passed(domain: str) -> str:
    return f"dkim=pass header.d={domain}; dmarc=pass header.from={domain}"


def failed(domain: str) -> str:
    return f"dkim=fail header.d={domain}; dmarc=fail header.from={domain}"


def buyer_writes(text: str = "La lampe ne s'allume pas. Que faire ?", *, order: str = ORDER, message: int = 1,
                 proof: str | None = None, **more: Any) -> bytes:
    """Jean Dupont writes through Amazon; `message` is Amazon's number for what he says."""
    return mail(
        f"From: Jean Dupont - Amazon Marketplace <{RELAY}>\n"
        f"Subject: Demande de renseignements de la part du client Amazon Jean Dupont (Commande : {order})\n"
        "X-Marketplace-ID: A13V1IB3VIYZZH\nX-Space-Notification-Type: BBC_MESSAGE_SENT_TO_MERCHANT",
        f"Vous avez reçu un message.\n\n# {order}:\n1 / Lampe de chevet [ASIN: B0LUMEN001]\n\n"
        f"------------- Message:  -------------\n\n{text}\n\n------------- Fin du message -------------\n\n"
        "Résoudre le cas\nhttps://sellercentral.amazon.fr/messaging/no-response-needed?"
        f"t=A047THREAD{order[-7:]}&m=A098MESSAGE{order[-7:]}{message}&mp=A13V1IB3VIYZZH\n",
        proof=passed("marketplace.amazon.fr") if proof is None else proof, **more)


def claim(*, item: str = ITEM, **more: Any) -> bytes:
    """Jean Dupont claims at Rakuten that what he got is damaged; the mail itself states no time."""
    return mail(
        "From: Rakuten <service.clients@fr.shopping.rakuten.com>\n"
        f"Subject: Réclamation sur votre vente ({item}) - Service Clients Rakuten",
        f"Bonjour Atelier Lumen,\n\nL'acheteur jean_d vient de faire une réclamation concernant votre vente :\n\n"
        f"Commande : 340118725/{item}\nArticle : Carafe en verre\nRéclamation : Abimé\n"
        "Commentaire : La carafe est ébréchée.\n\nMerci de votre confiance et à bientôt,\nRakuten\n",
        proof=passed("fr.shopping.rakuten.com"), **more)


# ---- the shop


def try_file(path: Path, settings: Settings, now: datetime, *, pinned: bool, drafted: bool = False) -> dict[str, Any]:
    """Return what the program would understand and do with the mail in a file."""
    [source] = sources([path], lambda: None)
    return try_mail(source, settings, now, pinned=pinned, drafted=drafted)


class World:
    """One seller's world; `now` is what the program takes for the time."""

    def __init__(self, folder: Path, *, language: str = "fr", policy: str = "") -> None:
        self.folder, self.now = folder, NOW
        for part in ("new", "cur", "tmp"):
            (folder / "mail" / part).mkdir(parents=True, exist_ok=True)
        self.configure(language=language, policy=policy)

    def configure(self, *, language: str = "fr", policy: str = "") -> None:
        path = self.folder / "mailboxes.toml"
        path.write_text(SETTINGS.format(
            marie=MARIE, shop=SHOP, host=HOST, language=language,
            policy=policy if "digest" in policy else f'digest = "off"\n{policy}'), "utf-8")
        self.reload()

    def reload(self) -> None:
        settings = load(self.folder / "mailboxes.toml")
        self.guichet = Guichet(settings, Store(database(settings)), READER)

    @property
    def store(self) -> Store:
        return self.guichet.store

    def arrives(self, *mails: bytes) -> None:
        """Put mails into the Maildir, in this order, as having come this moment."""
        for raw in mails:
            name = f"{int(self.now.timestamp())}.M{next(_numbers):06}.box"
            (self.folder / "mail" / "new" / name).write_bytes(raw)

    def work(self) -> None:
        """Receive, read and tick until there is nothing left to do."""
        receive_maildir(self.store, self.guichet.settings.mailboxes[0], self.now)
        until_idle(reading_steps(self.guichet, lambda: self.now), Stop())

    def hears(self, *mails: bytes) -> None:
        self.arrives(*mails)
        self.work()

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)
        self.work()

    def says(self, kind: Kind, case: int = 1, *, draft: int | None = None, **facts: str) -> bool:
        """Let Marie order something in her terminal; say whether it had an effect."""
        found = self.store.case_by_number(case)
        assert found
        row = self.store.outbox_row(draft) if draft else None
        return order(self.guichet, kind, found, self.now, source="terminal", row=row, facts=facts) is not None

    def rows(self, table: str, where: str = "1") -> list[Row]:
        """Return rows as they stand; what waits to leave with the bytes that would leave."""
        found = self.store.rows(f"SELECT * FROM {table} WHERE {where} ORDER BY id")
        return [{**row, "raw": bytes_of(self.guichet, row)} if table == "outbox" and row["raw"] else row
                for row in found]

    def one(self, table: str, where: str = "1") -> Row:
        [row] = self.rows(table, where)
        return row

    def to_marie(self, what: str = "%") -> list[Row]:
        return self.rows("outbox", f"to_addr = '{MARIE}' AND what LIKE '{what}'")

    def answers(self, words: str, to: Row | None = None, *, proof: str | None = None, sender: str = MARIE,
                subject: str = "", headers: str = "") -> None:
        """Let Marie answer a mail of ours, the newest if none is given, the way a phone does: her words on top."""
        row = to or self.to_marie()[-1]
        sent = message_from_bytes(row["raw"], policy=default)
        plain = sent.get_body(("plain",))
        assert plain, "every mail to her has a plain part"
        quoted = "\n".join(f"> {line}" for line in plain.get_content().splitlines())
        self.hears(mail(
            f"From: Marie <{sender}>\nSubject: {subject or 'Re: ' + sent['subject']}\nIn-Reply-To: {sent['message-id']}"
            + (f"\n{headers}" if headers else ""),
            f"{words}\n\nLe mar. 17 nov. 2026 à 10:04, Guichet <{SHOP}> a écrit :\n\n{quoted}\n",
            proof=passed("boutique.example") if proof is None else proof, date=self.now))
