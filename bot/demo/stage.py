"""The telling: what each pass left in the database, and what the mail server took.

Nothing is told that is not there.
"""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from zoneinfo import ZoneInfo

from bot.core import deadline
from bot.core.event import Party
from bot.core.header import words
from bot.core.policy import Seller
from bot.demo.servers import Posted
from bot.edges.store import Row, Store, moment
from bot.words import say
from bot.words.kinds import kind_words

WIDTH = 100
INDENT = 15
COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
ORIGINS = {"proven": "sender proven", "unproven": "sender not proven", "forged": "sender forged"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Stage:
    """Prints, in colour and with pauses where a person watches."""

    def __init__(self) -> None:
        self.watched = sys.stdout.isatty()
        self.coloured = self.watched and not os.environ.get("NO_COLOR")
        self.printed = 0

    def paint(self, text: str, how: str) -> str:
        return f"\033[{COLOURS[how]}m{text}\033[0m" if self.coloured and text else text

    def pause(self, seconds: float) -> None:
        if self.watched:
            time.sleep(seconds)

    def say(self, text: str = "", how: str = "") -> None:
        print(self.paint(text, how) if how else text, flush=True)

    def paragraph(self, text: str, indent: str = "") -> None:
        self.say(textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent))

    def heading(self, at: datetime, seller: Seller, note: str) -> None:
        day = at.astimezone(ZoneInfo(seller.timezone))
        self.say()
        self.say(f"{say(WEEKDAYS[day.weekday()])} {deadline.local(at, seller)[-5:]} – {note}", "bold")
        self.pause(0.15)

    def line(self, label: str, text: str, how: str = "", *, most: int = 2) -> None:
        """Print a line under its label; a long text goes on below, at most so many lines."""
        self.printed += 1
        flat = " ".join(text.split())
        lines = [_cut(flat, WIDTH - INDENT)] if most == 1 else textwrap.wrap(
            flat, WIDTH - INDENT, max_lines=most, placeholder=" …", break_on_hyphens=False)
        for at, one in enumerate(lines):
            head = f"  {label if at == 0 else '':<{INDENT - 2}}"
            print(self.paint(head, how) + one if how else head + one, flush=True)

    def quote(self, text: str, *, most: int) -> None:
        """Print the first lines of somebody's words."""
        lines = [line for line in text.strip().splitlines() if line.strip()]
        for line in lines[:most]:
            print(" " * INDENT + self.paint("│ ", "dim") + _cut(line.rstrip(), WIDTH - INDENT - 2), flush=True)
        if len(lines) > most:
            print(" " * INDENT + self.paint("│ …", "dim"), flush=True)


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[:width - 1] + "…"


def readable(raw: bytes, header: str) -> str:
    """Return a header as a mail program shows it; of several, all."""
    found = message_from_bytes(raw).get_all(header, [])
    return ", ".join(words("".join(str(value).splitlines()), set()) for value in found)


def body(raw: bytes) -> str:
    """Return the text of one of the bot's own mails."""
    said: Message = message_from_bytes(raw)
    plain = next((part for part in said.walk() if part.get_content_type() == "text/plain"), said)
    octets = plain.get_payload(decode=True)
    return octets.decode("utf-8", "replace") if isinstance(octets, bytes) else ""


class Teller:
    """Knows what has been told; tells the rest."""

    def __init__(self, stage: Stage, store: Store, seller: Seller) -> None:
        self.stage, self.store, self.seller = stage, store, seller
        self.last = dict.fromkeys(("mails", "events", "deadlines", "outbox"), 0)
        self.shown = False  # what a mail to the seller looks like
        self.stood: dict[int, str] = {}  # deadlines, by how they were last told to stand

    def tell(self, delivered: Sequence[bytes], posted: Sequence[Posted]) -> bool:
        """Tell what one pass did with what was delivered, and what it handed in; say whether there was anything."""
        before = self.stage.printed
        sent = {readable(mail.raw, "Message-ID"): mail for mail in posted}
        for raw, mail in zip(delivered, self._new("mails"), strict=True):
            self._mail(raw, mail, sent)
        for event in self._new("events"):
            self._event(event, sent)
        for row in self.store.rows("SELECT * FROM outbox WHERE state = 'sent' AND what IN ('reply', 'offer')"):
            if row["message_id"] in sent:
                self._to_buyer(row, sent[row["message_id"]])
        self._ended()
        return self.stage.printed > before

    def _new(self, table: str) -> list[Row]:
        rows = self.store.rows(f"SELECT * FROM {table} WHERE id > ? ORDER BY id", self.last[table])
        self.last[table] = max((row["id"] for row in rows), default=self.last[table])
        return rows

    # ---- a mail

    def _mail(self, raw: bytes, mail: Row, sent: Mapping[str, Posted]) -> None:
        self.stage.line(say("arrives"), readable(raw, "From"), "cyan", most=1)
        self.stage.line("", readable(raw, "Subject"))
        if mail["state"] == "shelved":
            self.stage.line(say("on the shelf"), mail["reason"], "yellow", most=3)
        elif mail["state"] == "ignored":
            self.stage.line(say("set aside"), mail["reason"], "yellow", most=3)
        self.stage.pause(0.1)
        if event := self.store.row("SELECT * FROM events WHERE mail = ?", mail["id"]):
            self._understood(event)
            self._clock(event)
            self._drafted(event)
            self._told(event, sent)

    def _understood(self, event: Row) -> None:
        case = self._case(event)
        parts = [say(kind_words(event["kind"])), case["marketplace"]]
        parts += [say("order {order}", order=case["order_number"])] if case["order_number"] else []
        parts += [say(ORIGINS[event["origin"]])] if event["origin"] == "proven" else []
        self.stage.line(say("understood"), f"C-{case['id']} – {', '.join(parts)}", "cyan")
        if event["origin"] != "proven":
            self.stage.line(say("attention"), say(ORIGINS[event["origin"]]), "red")
        self.stage.quote(event["text"], most=2)

    def _clock(self, event: Row) -> None:
        """Tell the deadlines a mail started, or why it started none."""
        found = [row for row in self._deadlines(event["case_id"]) if row["id"] not in self.stood]
        for row in found:
            self.stood[row["id"]] = row["state"]
            self.stage.line(say("deadline"), f"{self._local(row['due'])} – {row['why']}", "yellow", most=3)
        running = [row for row in self._deadlines(event["case_id"]) if row["state"] == "open"]
        if not found and running:
            self.stage.line(say("deadline"), say("unchanged, {due}: it counts from {start}",
                                                 due=self._local(running[0]["due"]),
                                                 start=self._local(running[0]["started"])), "yellow")
        elif not found and self._case(event)["turn"] != Party.SELLER:
            self.stage.line(say("deadline"), say("none for you: it is the buyer's move"), "yellow")

    def _drafted(self, event: Row) -> None:
        for row in self.store.rows("SELECT * FROM outbox WHERE event = ? AND what IN ('reply', 'offer')", event["id"]):
            self.stage.line(say("draft"), say("D-{id}, to {to}", id=row["id"], to=row["to_addr"]), "blue", most=1)
            self.stage.quote(row["body"], most=3)

    def _told(self, event: Row, sent: Mapping[str, Posted]) -> None:
        """Tell which mails to the seller left on account of an event."""
        for row in self.store.rows("SELECT * FROM outbox WHERE event = ? AND what NOT IN ('reply', 'offer')"
                                   " AND state = 'sent'", event["id"]):
            if mail := sent.get(row["message_id"]):
                self._to_marie(mail)
        self.stage.pause(0.05)

    def _to_marie(self, mail: Posted) -> None:
        """Tell a mail to the seller: of the first one the beginning, of all what they warn of."""
        self.stage.line(say("to Marie"), readable(mail.raw, "Subject"), "green", most=1)
        if not self.shown:
            self.shown = True
            self.stage.quote(body(mail.raw), most=12)
        for line in body(mail.raw).splitlines():
            if line.startswith((say("Mind:"), say("What it may cost:"))):
                self.stage.line("", line, "red", most=3)

    # ---- what no mail told

    def _event(self, event: Row, sent: Mapping[str, Posted]) -> None:
        if event["source"].startswith("clock:"):
            near = event["kind"] == "deadline_near"
            self.stage.line(say("near") if near else say("missed"), f"C-{event['case_id']} – {self._why(event)}",
                            "yellow" if near else "red")
            self._told(event, sent)

    def _why(self, event: Row) -> str:
        row = self.store.row("SELECT why FROM outbox WHERE event = ? ORDER BY id", event["id"])
        return str(row["why"]) if row else say(kind_words(event["kind"]))

    def _to_buyer(self, row: Row, mail: Posted) -> None:
        self.stage.line(say("to the buyer"), say("D-{id} of C-{case}; the mail server took:", id=row["id"],
                                                 case=row["case_id"]), "green")
        for name in ("From", "To", "Subject", "In-Reply-To"):
            self.stage.line("", f"{name}: {readable(mail.raw, name)}")
        self.stage.quote(body(mail.raw), most=4)
        self.stage.pause(0.15)

    def _ended(self) -> None:
        """Tell the deadlines that ended well; one that was missed is an event and has been told."""
        ends = {"met": say("met"), "cancelled": say("cancelled")}
        for row in self.store.rows("SELECT * FROM deadlines ORDER BY id"):
            before, self.stood[row["id"]] = self.stood.get(row["id"], ""), row["state"]
            if before != row["state"] and row["state"] in ends:
                self.stage.line(say("deadline"), f"C-{row['case_id']}, {self._local(row['due'])} – "
                                                 f"{ends[row['state']]}", "yellow")

    # ---- looking up

    def _case(self, event: Row) -> Row:
        case = self.store.row("SELECT * FROM cases WHERE id = ?", event["case_id"])
        assert case, "an event belongs to a case"
        return case

    def _deadlines(self, case: int) -> list[Row]:
        return self.store.rows("SELECT * FROM deadlines WHERE case_id = ? ORDER BY due", case)

    def _local(self, instant: str) -> str:
        return deadline.local(moment(instant), self.seller)
