"""What `show` and `why` print: rows of the store as flat objects, and as lines for people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot import marketplaces, words
from bot.core import message
from bot.core.answers import Answer
from bot.core.deadline import local
from bot.core.dkim import Keys
from bot.core.errors import UnreadableError
from bot.core.policy import Mode, Seller
from bot.edges.store import Row, Store, iso, moment
from bot.marketplaces.contract import Marketplace
from bot.proofing import told
from bot.words import say
from bot.words.kinds import kind_words

Flat = dict[str, Any]

LATELY = timedelta(days=90)
OFTEN = 3  # times within LATELY: the listing does not say it clearly enough

_MOMENTS = frozenset({"at", "due", "opened", "received", "not_before"})

_TAG = re.compile(r"^\[C-[0-9]+[^\]]*\] *")

CASES = "SELECT cases.*, next_due AS due FROM cases"

DEADLINES = ("SELECT deadlines.*, cases.order_number, cases.item FROM deadlines JOIN cases"
             " ON cases.id = deadlines.case_id")


def cases(store: Store, where: str = "", *args: Any) -> list[Flat]:
    rows = store.rows(f"{CASES} {where} ORDER BY next_due IS NULL, next_due, cases.id", *args)
    return [flat_case(row) for row in rows]


def today(store: Store) -> list[Flat]:
    """Return the cases that wait for the seller, in order of time left."""
    return cases(store, "WHERE cases.id IN (SELECT id FROM cases INDEXED BY cases_waiting"
                        " WHERE turn = 'seller' AND stage != 'closed')")


def flat_case(row: Row) -> Flat:
    return {"case": f"C-{row['id']}", "shop": row["shop"], "reference": row["reference"],
            "order": row["order_number"], "item": row["item"], "buyer": row["buyer"], "kind": row["kind"],
            "stage": row["stage"], "turn": row["turn"], "due": row["due"], "opened": row["opened"],
            "origin": row["origin"]}


def deadlines(store: Store) -> list[Flat]:
    rows = store.rows(f"{DEADLINES} ORDER BY deadlines.state != 'open', due, deadlines.id")
    return [flat_deadline(row) for row in rows]


def flat_deadline(row: Row) -> Flat:
    return {"case": f"C-{row['case_id']}", "order": row["order_number"], "item": row["item"], "name": row["name"],
            "due": row["due"], "state": row["state"], "stated": bool(row["stated"]), "rule": row["rule"] or None,
            "source": row["source"] or None, "why": row["why"]}


def outbox(store: Store, where: str = "", *args: Any) -> list[Flat]:
    return [flat_out(row) for row in store.rows(f"SELECT * FROM outbox {where} ORDER BY id", *args)]


def flat_out(row: Row) -> Flat:
    return {"id": f"D-{row['id']}", "case": f"C-{row['case_id']}" if row["case_id"] else None, "what": row["what"],
            "to": row["to_addr"], "channel": row["channel"], "state": row["state"],
            "subject": _TAG.sub("", row["subject"]), "message_id": row["message_id"], "why": row["why"],
            "error": row["error"] or None, "attempts": row["attempts"],
            "not_before": row["not_before"] if row["state"] in ("ready", "transmitting") else None}


def shadow(store: Store, since: datetime | None = None) -> list[Flat]:
    """Return what would have been written, were the mode not `shadow`; the newest last."""
    rows = store.rows(
        "SELECT events.heard, events.decided, cases.id, cases.shop, cases.buyer, cases.kind FROM events"
        " JOIN cases ON cases.id = events.case_id WHERE events.decided LIKE '%\"mode\": \"shadow\"%' AND heard >= ?"
        " ORDER BY events.id", iso(since) if since else "")
    return [{"case": f"C-{row['id']}", "at": row["heard"], "shop": row["shop"], "buyer": row["buyer"],
             "kind": row["kind"], "would": one["action"], "channel": one["channel"],
             "template": one["template"] or None, "why": one["why"]}
            for row in rows for one in json.loads(row["decided"]) if one.get("mode") == Mode.SHADOW]


def shelf(store: Store) -> list[Flat]:
    rows = store.rows("SELECT * FROM mails WHERE state = 'shelved' ORDER BY id")
    return [flat_shelved(row) for row in rows]


def flat_shelved(row: Row) -> Flat:
    return {"mail": f"M-{row['id']}", "mailbox": row["mailbox"], "from": row["sender"] or None,
            "subject": row["subject"] or None, "reason": row["reason"], "received": row["received"]}


def mail(store: Store, number: int, raw: bytes, trusted: frozenset[str], keys: Keys | None = None) -> Flat:
    """Return a kept mail as a person reads it, cleaned of all that plays tricks on a terminal."""
    row = store.row("SELECT * FROM mails WHERE id = ?", number)
    assert row, "the mail was found a moment ago"
    told = {"mail": f"M-{number}", "mailbox": row["mailbox"], "from": row["sender"] or None,
            "subject": row["subject"] or None, "received": row["received"], "state": row["state"],
            "reason": row["reason"] or None, "kind": row["kind"] or None,
            "case": f"C-{row['case_id']}" if row["case_id"] else None, "origin": row["origin"] or None}
    try:
        seen = message.read(raw, trusted=trusted, keys=keys, received=moment(row["received"]))
    except UnreadableError as error:
        return {**told, "reason": told["reason"] or str(error), "origin_why": None, "text": None, "attachments": []}
    return {**told, "from": seen.sender, "subject": seen.subject, "origin": str(seen.origin),
            "origin_why": seen.origin_why, "text": seen.text,
            "attachments": [f"{one.name} ({one.media_type}, {one.size})" for one in seen.attachments]}


def why(store: Store, case: int) -> Flat:
    """Return everything that led to where a case stands: what was heard, reckoned, decided, written and sent."""
    rows = store.rows(f"{DEADLINES} WHERE case_id = ? ORDER BY deadlines.id", case)
    heard = events(store, "case_id = ?", case)
    return {
        "case": next(iter(cases(store, "WHERE cases.id = ?", case))),
        "events": heard,
        "deadlines": [flat_deadline(row) | {"started": row["started"], "ended": row["ended"]} for row in rows],
        "outbox": [_written(store, row, heard) for row in
                   store.rows("SELECT * FROM outbox WHERE case_id = ? ORDER BY id", case)],
    }


def events(store: Store, where: str, *args: Any) -> list[Flat]:
    """Return what was heard, the oldest first, and what was decided about it, by which version of the rules."""
    return [{"at": row["at"], "kind": row["kind"], "source": row["source"], "origin": row["origin"] or None,
             "held": row["held"] or None, "facts": json.loads(row["facts"]), "text": row["text"],
             "decided": json.loads(row["decided"]), "rules": row["rules"] or None, "clocks": json.loads(row["clocks"]),
             "heard": row["heard"], "number": row["id"]}
            for row in store.rows(f"SELECT * FROM events WHERE {where} ORDER BY id", *args)]


def _written(store: Store, row: Row, heard: Sequence[Flat]) -> Flat:
    """Return a mail of ours, whose words it has, by whose yes it left, and what the servers said to each try."""
    name = f"D-{row['id']}"
    yes = [event for event in heard for decided in event["decided"]
           if decided.get("draft") == name and decided["action"] in ("ready", "handed", "sent")
           and event["source"].startswith("seller:")]
    tries = store.rows("SELECT try, outcome, answer, at FROM tries WHERE draft = ? ORDER BY id", row["id"])
    return flat_out(row) | {
        "remarks": told(row), "event": row["event"], "mode": row["mode"],
        "words": row["words_from"] or row["template"] or None, "version": row["words_hash"] or None,
        "written": row["created"], "changed": row["changed"],
        "yes": [{"at": event["heard"], "source": event["source"]} for event in yes], "tries": tries}


def answers(store: Store | None, own: Sequence[Answer], now: datetime) -> list[Flat]:
    """Return the seller's own answers, with how often each was asked for lately."""
    asked = store.answered_since(now - LATELY) if store else {}
    return [{"answer": one.name, "words": one.said, "languages": list(one.languages), "for": list(one.places),
             "matched": asked.get(one.name, 0), "advice": _advice(asked.get(one.name, 0))} for one in own]


def _advice(times: int) -> str | None:
    if times < OFTEN:
        return None
    return say("asked {times} times in {days} days: add the answer to your listing", times=times, days=LATELY.days)


def rules() -> list[Flat]:
    """Return every rule of every marketplace: its clock, or what it says where it starts none."""
    return [row for one in marketplaces.installed() for row in _rules(one)]


def _rules(one: Marketplace) -> list[Flat]:
    nothing = dict.fromkeys(("kind", "name", "who", "within", "says"))
    clocks: list[Flat] = [{
        **nothing, "shop": one.name, "rule": rule.id, "kind": str(rule.kind), "name": rule.name, "who": str(rule.who),
        "within": f"{rule.within.amount} {rule.within.unit}", "when": dict(rule.when),
        "others": [f"{period.amount} {period.unit}: {source}" for period, source in rule.others],
        "source": rule.source, "read": rule.read.isoformat()} for rule in one.terms.rules]
    notes: list[Flat] = [{
        **nothing, "shop": one.name, "rule": note.id, "when": {}, "others": [], "source": note.source,
        "read": note.read.isoformat(), "says": note.says.get(words.current(), note.says["en"])}
        for note in one.terms.notes]
    return clocks + notes


# -- for people ----------------------------------------------------------------------------------


def table(rows: Sequence[Flat], columns: Sequence[str], paint: Callable[[str, str], str]) -> str:
    """Return rows as aligned columns, the heading painted."""
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[at]) for line in [list(columns), *cells]) for at in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
             for line in [list(columns), *cells]]
    return "\n".join([paint(lines[0], "bold"), *lines[1:]])


def readable(rows: Sequence[Flat], seller: Seller) -> list[Flat]:
    """Return rows as the seller reads them: his own time of day, kinds in his words."""
    return [{name: _readable(name, value, seller) for name, value in row.items()} for row in rows]


def _readable(name: str, value: object, seller: Seller) -> object:
    if name in _MOMENTS and value:
        return local(moment(str(value)), seller)
    return say(kind_words(str(value))) if name == "kind" else value


def _cell(value: object) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def letter(mail: Flat, seller: Seller) -> str:
    """Return a kept mail as lines."""
    [told] = readable([mail], seller)
    heads = [f"  {say(name)}: {told[name]}" for name in
             ("from", "subject", "received", "origin", "origin_why", "state", "reason", "kind", "case") if told[name]]
    attached = [f"  {say('attached')}: {one}" for one in told["attachments"]]
    return "\n".join([str(told["mail"]), *heads, *attached, "", told["text"] or ""]).rstrip()
