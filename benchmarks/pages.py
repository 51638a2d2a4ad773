"""How long each page of the dashboard takes, and how large it is, over a database with 100,000 cases and mails.

    python -m benchmarks.pages [FOLDER]      makes the database in FOLDER (or finds it there), prints a table
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.dashboard import password
from bot.dashboard.counter import counter
from bot.edges.store import Store, iso
from bot.settings import load

NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
CASES = 100_000
YEARS = timedelta(days=3 * 365)     # the time over which they came: some ninety a day
OPEN = 3_000        # the newest, which are not closed
ROUNDS = 5          # the best of them counts: what else the machine does is no merit of ours
PASSWORD = "quatre lampes sur la table"
WORDS = ("bonjour commande lampe colis reçu cassée abîmé merci retour remboursement livraison facture quand où vis "
         "manque notice ampoule carafe ébréchée délai transporteur suivi adresse réponse rapide urgent photo").split()
BUYERS = "Dupont Martin Bernard Petit Robert Durand Leroy Moreau Simon Laurent Roux Fournier Girard Bonnet".split()
SHOPS = (("amazon", "buyer_wrote"), ("rakuten_fr", "not_conforming_claimed"), ("rakuten_fr", "sale_made"),
         ("amazon", "return_opened"))
SETTINGS = """
[seller]
name = "Atelier Lumen"
notify = ["marie@boutique.example"]
language = "fr"

[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
maildir = "mail"
authserv_id = "mx.boutique.example"
shops = ["amazon", "rakuten_fr"]
"""
RAW = ("From: Jean Dupont <jd@marketplace.amazon.fr>\nTo: ventes@boutique.example\nSubject: Commande {number}\n"
       "Date: Tue, 17 Nov 2026 10:00:00 +0000\nMessage-ID: <{number}@mail.example>\n\n{text}\n")

ADDRESSES = {
    "Today": "/", "Today, renewed": "/ live", "Case": f"/case/{CASES}", "Mail": f"/mail/{CASES}",
    "Cases": "/cases", "Cases, page 1000": "/cases?page=1000", "Cases, filtered": "/cases?shop=amazon&turn=seller",
    "Cases, closed": "/cases?stage=closed", "Shelf": "/shelf", "Outbox": "/outbox",
    "Outbox, filtered": "/outbox?state=sent&what=reply", "Deadlines": "/deadlines",
    "Deadlines, met": "/deadlines?state=met", "Numbers": "/numbers", "Rules": "/rules", "Words": "/words",
    "A template": "/words?file=buyer_wrote.reply.fr.txt", "Health": "/health",
    "Search, a rare word": "/search?q=abracadabra", "Search, a frequent word": "/search?q=lampe",
    "Search, a buyer": "/search?q=Dupont", "Search, an order": "/search?q=404-0099999-0099999",
    "Search, nothing": "/search?q=zzzzz",
}


# ---- the database


def shop(folder: Path, cases: int = CASES) -> Path:
    """Return the settings of a shop that has so many cases and mails; what stands there already is taken."""
    path = folder / "mailboxes.toml"
    if not (folder / "data" / "counter.json").exists():     # which is made last
        for part in ("cur", "new", "tmp"):
            (folder / "mail" / part).mkdir(parents=True, exist_ok=True)
        path.write_text(SETTINGS, "utf-8")
        settings = load(path)
        store = Store(settings.database)
        fill(store, cases)
        store.close()
        password.set_password(settings.data, PASSWORD)
    return path


def fill(store: Store, cases: int) -> None:
    """Put so many cases into an empty store, each with a mail, three events, a deadline and an answer."""
    chance = random.Random(8)
    with store.write_tx():
        for table, rows in {"cases": _cases(cases, chance), "mails": _mails(cases, chance),
                            "events": _events(cases, chance), "deadlines": _deadlines(cases),
                            "outbox": _outbox(cases, chance)}.items():
            _insert(store, table, rows)
        store.run("UPDATE cases SET next_due = (SELECT min(due) FROM deadlines WHERE case_id = cases.id"
                  " AND state = 'open')")
        store.set_folder("ventes", "", uidvalidity=1, last_uid=cases, cold_below=0, looked=NOW)
    while store.index_words(20_000):
        pass


def _insert(store: Store, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    sql = f"INSERT INTO {table} ({', '.join(first)}) VALUES ({', '.join('?' for _ in first)})"
    store.db.conn.execute(sql, tuple(first.values()))
    store.db.conn.executemany(sql, (tuple(row.values()) for row in rows))


def _at(number: int, cases: int, **later: float) -> str:
    return iso(NOW - YEARS * ((cases - number) / cases) - timedelta(hours=1) + timedelta(**later))


def _closed(number: int, cases: int) -> bool:
    return number <= cases - min(OPEN, cases // 2)


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def _cases(cases: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, cases + 1):
        marketplace, kind = SHOPS[number % len(SHOPS)]
        yield {"id": number, "marketplace": marketplace, "shop": marketplace, "reference": f"R-{number}",
               "mailbox": "ventes", "order_number": f"404-{number:07}-{number:07}", "item": f"Lampe {number % 500}",
               "buyer": f"Jean {chance.choice(BUYERS)}", "answer_to": f"{number:x}@marketplace.amazon.fr",
               "language": "fr", "kind": kind, "stage": "closed" if _closed(number, cases) else "open",
               "turn": "nobody" if _closed(number, cases) else ("seller", "buyer", "marketplace")[number % 3],
               "opened": _at(number, cases), "origin": "proven"}


def _mails(cases: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, cases + 1):
        raw = RAW.format(number=number, text=_sentence(chance, 40)).encode()
        shelved = number % 50 == 0
        yield {"id": number, "mailbox": "ventes", "sha256": sha256(raw).hexdigest(), "raw": zlib.compress(raw, 1),
               "size": len(raw), "received": _at(number, cases), "kept": _at(number, cases),
               "state": "shelved" if shelved else "read", "reason": "nobody knows this layout" if shelved else "",
               "message_id": f"<{number}@mail.example>", "sender": "jd@marketplace.amazon.fr",
               "subject": f"Commande {number}", "origin": "proven", "marketplace": SHOPS[number % len(SHOPS)][0],
               "kind": SHOPS[number % len(SHOPS)][1], "case_id": None if shelved else number}


def _events(cases: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, cases + 1):
        kind = SHOPS[number % len(SHOPS)][1]
        rare = "abracadabra " if number % 25_000 == 0 else ""
        said = [(kind, f"mail:{number}", 0.0, rare + _sentence(chance, 25)),
                ("draft_approved", "seller:mail", 1.0, ""), ("seller_answered", "seller:mail", 1.1, "")]
        for at, (what, source, hours, text) in enumerate(said):
            if what == kind or _closed(number, cases):
                yield {"key": f"{number}/{at}", "case_id": number, "kind": what,
                       "at": _at(number, cases, hours=hours), "heard": _at(number, cases, hours=hours),
                       "source": source, "mail": number if not at else None,
                       "facts": json.dumps({"order": f"404-{number:07}-{number:07}", "buyer": "Jean"}),
                       "text": text, "origin": "proven" if not at else "",
                       "decided": json.dumps([{"action": "reply", "why": "the buyer wrote; an answer is due"}])}


def _deadlines(cases: int) -> Iterator[dict[str, Any]]:
    for number in range(1, cases + 1):
        yield {"case_id": number, "name": "answer", "due": _at(number, cases, days=2), "who": "seller",
               "state": "met" if _closed(number, cases) else "open", "stated": 0, "rule": "A1",
               "source": "the marketplace's own page", "why": "48 hours from the buyer's message", "met_by": "reply",
               "silence": "the marketplace counts it as late", "started": _at(number, cases),
               "ended": _at(number, cases, hours=1) if _closed(number, cases) else None}


def _outbox(cases: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, cases + 1):
        yield {"step": f"{number}/reply", "case_id": number, "what": "reply", "mailbox": "ventes",
               "to_addr": f"{number:x}@marketplace.amazon.fr", "channel": "email", "mode": "draft",
               "state": "sent" if _closed(number, cases) else "draft", "template": "buyer_wrote.reply",
               "subject": f"Re: Commande {number}", "body": f"Bonjour,\n\n{_sentence(chance, 30)}\n",
               "message_id": f"<{number}.out@boutique.example>", "why": "the buyer wrote",
               "created": _at(number, cases), "changed": _at(number, cases, hours=1)}


# ---- the pages


def browser(settings: Path) -> Any:
    """Return a test client of the page that has logged in."""
    client = counter(load(settings), now=lambda: NOW).test_client()
    found = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
    assert found
    client.post("/login", data={"token": found[1], "password": PASSWORD})
    return client


def measure(folder: Path | None = None) -> list[tuple[str, float, float]]:
    """Return each page with its time in milliseconds (of the processor, the best of some) and its size in kB.

    Args:
        folder: where the database lies, or is made; a temporary one else.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            return measure(Path(made))
    client = browser(shop(folder))
    return [(name, *_measured(client, address)) for name, address in ADDRESSES.items()]


def _measured(client: Any, address: str) -> tuple[float, float]:
    address, _, part = address.partition(" ")
    best, size = float("inf"), 0
    for _ in range(ROUNDS):
        begun = _spent()
        answer = client.get(address, headers={"X-Part": part} if part else {})
        best, size = min(best, _spent() - begun), len(answer.data)
        assert answer.status_code == 200, f"{address}: {answer.status}"
    return best * 1000, size / 1000


def _spent() -> float:
    """Return the seconds of the processor that this process has had; a mail is read in another, by the clock."""
    return time.process_time()


def main() -> None:
    rows = measure(Path(sys.argv[1]) if sys.argv[1:] else None)
    for name, milliseconds, kilobytes in rows:
        sys.stdout.write(f"{name:<28}{milliseconds:8.0f} ms{kilobytes:8.1f} kB\n")


if __name__ == "__main__":
    main()
