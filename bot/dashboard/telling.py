"""Rows of the store -> what a page shows of them, in the language it speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for

from bot import words
from bot.core.action import State
from bot.core.case import Case
from bot.core.choosing import choices
from bot.core.clean import clean
from bot.core.deadline import local
from bot.core.grant import fitting
from bot.core.order import MEANINGS, Word
from bot.dashboard.here import guichet, now, seller, store
from bot.edges.store import Row, moment
from bot.edges.templates import left
from bot.marketplaces import titled
from bot.proofing import told
from bot.standing import standing
from bot.telling import kind_of, who
from bot.words import say
from bot.writing import fingerprint, open_deadlines, unquoted

OF_A_ROW = (Word.OK, Word.TEXT, Word.RESEND, Word.DONE, Word.NO)
MOST_DRAFTS = 6     # of a case; when one is settled the next one shows

LABELS: Mapping[Word, str] = {
    Word.OK: "Send it", Word.NO: "Throw away", Word.RESEND: "Send again", Word.DONE: "It did go out",
    Word.OFFER: "Offer a discount", Word.SHIPPED: "It has shipped", Word.NOT_SHIPPED: "It has not left",
    Word.ACCEPT: "Accept", Word.REFUSE: "Refuse", Word.RETURN: "Ask to send it back", Word.REFUND: "Refund",
    Word.LATER: "Remind me later", Word.NOTHING: "No reply needed", Word.CLOSE: "Close the case",
}

STATES: Mapping[str, str] = {
    "draft": "waits for your yes", "ready": "leaves with the next pass", "transmitting": "is just leaving",
    "sent": "has left", "failed": "failed", "uncertain": "nobody knows whether it left", "handed": "in your hands",
    "discarded": "thrown away", "open": "runs", "met": "met", "missed": "missed", "cancelled": "ended",
}

WHATS: Mapping[str, str] = {
    "reply": "Reply", "offer": "Discount", "reminder": "Reminder to you", "question": "Question to you",
    "notice": "Notice to you", "digest": "The day's mail to you",
}

PEOPLE: Mapping[str, str] = {
    "seller": "you", "buyer": "the buyer", "marketplace": "the marketplace", "nobody": "nobody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An outbox row to be decided on. `own`: its words less the quoted message; `shown`: what tells them from others.

    `text` are the words in the form, which may be other than those of the row.
    """

    row: Row
    own: str
    text: str
    shown: str
    words: tuple[Word, ...]
    remarks: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A case as Today lists it. `seen` is its newest event: an order given on this page is for what it showed."""

    row: Row
    deadlines: Sequence[Mapping[str, Any]]
    text: str
    drafts: Sequence[Draft]
    words: tuple[Word, ...]
    seen: int


def matter(case: Case) -> Matter:
    """Return a case with what the seller may order about it."""
    number = case.number or 0
    running = open_deadlines(store(), number, now())
    fits = fitting(case.kind, None, [row["met_by"] for row in running], choices(standing(guichet(), case)))
    row = store().row("SELECT * FROM cases WHERE id = ?", number)
    assert row, "it was found a moment ago"
    closed = row["stage"] == "closed"
    return Matter(row=row, deadlines=running, text=last_text(number), drafts=drafts(case), seen=newest(number),
                  words=() if closed else tuple(word for word in fits if word in LABELS))


def last_text(case: int) -> str:
    """Return what the buyer or the marketplace wrote last."""
    row = store().row("SELECT text FROM events WHERE case_id = ? AND text != '' AND source LIKE 'mail:%'"
                      " ORDER BY id DESC LIMIT 1", case)
    return row["text"] if row else ""


def newest(case: int) -> int:
    row = store().row("SELECT max(id) AS id FROM events WHERE case_id = ?", case)
    return int((row or {}).get("id") or 0)


def drafts(case: Case) -> list[Draft]:
    rows = store().rows("SELECT * FROM outbox WHERE case_id = ? AND what IN ('reply', 'offer') AND state IN"
                        " ('draft', 'handed', 'failed', 'uncertain', 'ready') ORDER BY state = 'ready', id DESC"
                        " LIMIT ?", case.number, MOST_DRAFTS)
    return [draft(row, case) for row in rows]


def draft(row: Row, case: Case) -> Draft:
    own = unquoted(guichet(), row, case)
    fits = fitting(None, State(row["state"]), (), ())
    return Draft(row=row, own=own, text=own, shown=fingerprint(row["body"]), remarks=told(row),
                 words=tuple(word for word in OF_A_ROW if word in fits))


# -- for the pages ---------------------------------------------------------------------------------


def safe(text: object) -> str:
    """Return a text without what is unseen or turns the reading direction round; the page escapes it."""
    return clean(str(text), set()) if text is not None else "–"


def shortened(text: str, most: int = 4000) -> str:
    """Return the beginning of a text that stands amid other things; a mail has a page of its own."""
    shown = safe(text)
    return shown if len(shown) <= most else f"{shown[:most].rstrip()}\n[…]"


def when(at: datetime | str | None) -> str:
    if not at:
        return "–"
    return local(moment(at) if isinstance(at, str) else at, seller())


def until(at: datetime | str) -> str:
    return left((moment(at) if isinstance(at, str) else at) - now(), words.current())


def instant(at: datetime | str) -> str:
    return at if isinstance(at, str) else at.isoformat()


def kind(name: str) -> str:
    return kind_of(name) if name else "–"


def label(word: Word) -> str:
    return say(LABELS[word])


def meaning(word: Word) -> str:
    return say(MEANINGS[word])


def state(name: str) -> str:
    return say(STATES[name]) if name in STATES else name


def what(name: str) -> str:
    return say(WHATS[name]) if name in WHATS else name


def person(name: str) -> str:
    return say(PEOPLE[name]) if name in PEOPLE else name


def facts(row: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = json.loads(row["facts"])
    return found


def decided(row: Mapping[str, Any]) -> list[str]:
    """Return why what was done was done, a sentence each."""
    return [one["why"] for one in json.loads(row["decided"]) if one.get("why")]


def here() -> str:
    """Return where we are, for what leads back."""
    return request.full_path.removesuffix("?") if request.method == "GET" else "/"


def say_of(english: str) -> str:
    """Say a sentence that stands in a table."""
    return say(english)


def more_pages() -> list[tuple[str, str]]:
    """Return the pages behind the lists, as the navigation shows them."""
    return [(url_for("figures.numbers"), say("Numbers")), (url_for("ruling.rules"), say("Rules")),
            (url_for("wording.words"), say("Words")), (url_for("health.health"), say("Health")),
            (url_for("searching.search"), say("Search"))]


GLOBALS = {
    "say": say, "say_of": say_of, "safe": safe,
    "shortened": shortened, "when": when, "until": until, "instant": instant, "kind": kind,
    "label": label, "meaning": meaning, "state": state, "what": what, "person": person, "facts": facts,
    "decided": decided, "titled": titled, "who": who, "here": here, "spoken": words.current, "now": now,
    "more_pages": more_pages,
}
