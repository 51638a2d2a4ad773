"""What is kept about one buyer: found, and erased on the seller's order; and what goes by itself with time.

What is erased leaves a keyed hash where it named a mail or an event, so that the same mail, sent again, is still
known and nobody is answered twice. Without the secret of this installation such a hash tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core import message
from bot.core.errors import BotError, UnreadableError
from bot.edges.store import Row, Store, iso
from bot.words import say

__all__ = ["ForgetError", "Traces", "erase", "find", "retire"]

SHORTEST = 4     # characters: a shorter name would be found inside other words
MARK = "…"       # stands where a name stood in what is about others
AT_HAND = timedelta(days=100)   # more than the 90 days of the numbers, and than the 14 of the sweep
AT_ONCE = 1000   # cases that are folded in one transaction, some 0.2 s
A_DAY = 100      # such transactions: of a database of years a part each day, some 20 s
NOTHING = 8      # bytes that nothing has in zlib: a mail dropped by an older version
_CASE = re.compile(r"[cC]-[0-9]+")

# Where what is written about others may name the buyer too: a digest, a catch-up.
SPOKEN = {
    "outbox": ("subject", "body", "why", "error", "parameters", "remarks", "references_", "in_reply_to", "to_addr"),
    "events": ("facts", "links", "text", "decided", "held", "mark", "source", "clocks"),
    "mails": ("sender", "subject", "reason", "references_", "message_id"),
    "deadlines": ("why", "source", "silence"),
    "tries": ("answer",),
}


class ForgetError(BotError):
    """What is kept about a buyer cannot be found or erased, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Where a buyer stands in the store; numbers of rows.

    Attributes:
        strings: what names him, and nobody else that we know.
        running: how many deadlines of his cases still run.
    """

    cases: tuple[int, ...]
    mails: tuple[int, ...]
    written: tuple[int, ...]
    strings: tuple[str, ...]
    running: int

    def __bool__(self) -> bool:
        return bool(self.cases or self.mails)


Told = Callable[[Sequence[Row]], Iterable[Row]]  # shows how far a long work is


# -- finding -------------------------------------------------------------------------------------


def find(store: Store, who: str, told: Told = lambda rows: rows) -> Traces:
    """Return what is kept about a buyer: by his name, his address, an order, a claim, or a case such as C-12.

    The same name at the same marketplace is taken for the same person.

    Raises:
        ForgetError: nothing is known of such a buyer.
    """
    everybody = store.rows("SELECT * FROM cases ORDER BY id")
    named = {row["id"] for row in everybody if _is_meant(row, who)}
    people = {(row["marketplace"], row["buyer"]) for row in everybody if row["id"] in named and row["buyer"]}
    cases = [row for row in everybody if row["id"] in named or (row["marketplace"], row["buyer"]) in people]
    numbers = tuple(row["id"] for row in cases)
    store.wake(cases=numbers)
    said = who.strip() if "@" in who or not (cases or _CASE.fullmatch(who.strip())) else ""
    strings = _strings(said, cases, [row for row in everybody if row["id"] not in set(numbers)])
    mails = (*_mails_of(store, numbers), *_strays(store, strings, told))
    if not (numbers or mails):
        raise ForgetError(say("Nothing is kept about {who}: give a buyer's name, his address, an order number, or a "
                              "case such as C-12", who=who))
    return Traces(cases=numbers, mails=tuple(dict.fromkeys(mails)), strings=strings,
                  written=tuple(_ids(store, "outbox", "case_id", numbers)),
                  running=len(_ids(store, "deadlines", "state = 'open' AND case_id", numbers)))


def _is_meant(row: Row, who: str) -> bool:
    asked = " ".join(who.split()).casefold()
    if asked == f"c-{row['id']}":
        return True
    names = (row["buyer"], row["answer_to"], row["order_number"], row["item"], row["reference"])
    return bool(asked) and any(" ".join(name.split()).casefold() == asked for name in names if name)


def _strings(said: str, cases: Sequence[Row], others: Sequence[Row]) -> tuple[str, ...]:
    """Return what names the buyer, the longest first: what the seller said, and what these cases alone hold.

    An address that other buyers' cases hold too is a marketplace's.
    """
    names = ("buyer", "answer_to", "order_number", "reference")
    shared = {row[name].casefold() for row in others for name in names if row[name]}
    found = {row[name] for row in cases for name in names if row[name] and len(row[name]) >= SHORTEST}
    own = {one for one in found if one.casefold() not in shared and not one.startswith("http")}
    asked = {said} if len(said) >= SHORTEST else set()
    return tuple(sorted(own | asked, key=lambda one: (-len(one), one)))


def _ids(store: Store, table: str, where: str, numbers: Sequence[int]) -> list[int]:
    marks = ", ".join("?" for _ in numbers)
    return [row["id"] for row in store.rows(f"SELECT id FROM {table} WHERE {where} IN ({marks})", *numbers)]


def _mails_of(store: Store, cases: Sequence[int]) -> list[int]:
    marks = ", ".join("?" for _ in cases)
    return [row["id"] for row in store.rows(
        f"SELECT id FROM mails WHERE case_id IN ({marks}) OR id IN"
        f" (SELECT mail FROM events WHERE case_id IN ({marks})) ORDER BY id", *cases, *cases)]


def _strays(store: Store, strings: Sequence[str], told: Told) -> Iterator[int]:
    """Yield the mails that belong to no case and name the buyer: on the shelf, ignored, not read yet."""
    rows = store.rows("SELECT id, sender, subject FROM mails WHERE case_id IS NULL ORDER BY id")
    raws = store.raws([row["id"] for row in rows])
    for row in told(rows) if strings else ():
        if _names_one_of(row, next(raws)[1], [one.casefold() for one in strings]):
            yield row["id"]


def _names_one_of(row: Row, raw: bytes, strings: Sequence[str]) -> bool:
    said = f"{row['sender']}\n{row['subject']}\n{raw.decode('utf-8', 'replace')}".casefold()
    if any(one in said for one in strings):
        return True
    try:
        seen = message.read(raw)
    except UnreadableError:
        return False
    said = " ".join(f"{seen.sender_name} {seen.reply_to} {seen.subject} {seen.text} {seen.html}".casefold().split())
    return any(one in said for one in strings)


# -- erasing -------------------------------------------------------------------------------------


def erase(store: Store, traces: Traces, now: datetime) -> bool:
    """Remove all that `find` found, from the file and its log too; say whether the log could be emptied.

    False: another program was reading just then; the rows are gone, and the next try empties the log.

    Raises:
        ForgetError: a mail about it is just on its way.
    """
    store.wake_mentions(traces.strings)
    with store.erasing():
        store.wake(cases=traces.cases, mails=traces.mails)
        _refuse_while_leaving(store, traces)
        for number in traces.cases:
            _erase_case(store, number, now)
        for number in traces.mails:
            _erase_mail(store, number, say("forgotten: erased on your order"))
        _erase_mentions(store, traces.strings)
        store.set_meta("calendar", "")      # its file names orders: the next round writes it anew
        store.drop_index()
    return store.compact()


def _refuse_while_leaving(store: Store, traces: Traces) -> None:
    leaving = [row for row in store.rows("SELECT * FROM outbox WHERE state = 'transmitting' OR"
                                         " (state = 'ready' AND case_id IS NULL)")
               if row["id"] in traces.written or (row["case_id"] is None and _mentions(row, traces.strings))]
    if leaving:
        raise ForgetError(say("D-{number} is just on its way: try again when it has left; nothing was erased",
                              number=leaving[0]["id"]))


def _mentions(row: Row, strings: Sequence[str]) -> bool:
    said = f"{row['subject']}\n{row['body']}".casefold()
    return any(one.casefold() in said for one in strings)


def _erase_case(store: Store, number: int, now: datetime) -> None:
    row = store.row("SELECT reference FROM cases WHERE id = ?", number) or {}
    store.run("UPDATE cases SET reference = ?, order_number = NULL, item = NULL, buyer = NULL, answer_to = '',"
              " stage = 'closed', turn = 'nobody', snoozed_until = NULL, untold = 0 WHERE id = ?",
              f"forgotten-{number}", number)
    store.run("DELETE FROM aliases WHERE case_id = ?", number)
    store.run("UPDATE deadlines SET state = 'cancelled', ended = ? WHERE case_id = ? AND state = 'open'",
              iso(now), number)
    store.run("UPDATE deadlines SET why = '' WHERE case_id = ?", number)
    for event in store.rows("SELECT id, key FROM events WHERE case_id = ?", number):
        store.run("UPDATE events SET key = ?, mark = '', facts = '{}', links = '{}', text = '', held = '',"
                  " clocks = '[]', decided = '[]',"
                  " source = CASE WHEN mail IS NULL THEN 'forgotten' ELSE source END WHERE id = ?",
                  store.keyed(event["key"]), event["id"])
    for written in store.rows("SELECT id, step, once, message_id FROM outbox WHERE case_id = ?", number):
        _erase_written(store, written, row.get("reference", ""), now)


def _erase_written(store: Store, row: Row, reference: str, now: datetime) -> None:
    """Blank a mail of ours; what was still to leave is discarded. Its own names stay as keyed hashes."""
    once = store.keyed(row["once"]) if row["once"] and reference in row["once"] else row["once"]
    store.run("UPDATE outbox SET step = ?, once = ?, message_id = ?, to_addr = '', subject = '', body = '', raw = NULL,"
              " why = '', error = '', parameters = '{}', remarks = '[]', in_reply_to = '', references_ = '',"
              " state = CASE WHEN state = 'sent' THEN state ELSE 'discarded' END, changed = ? WHERE id = ?",
              store.keyed(row["step"]), once, store.keyed(row["message_id"]), iso(now), row["id"])
    store.run("UPDATE tries SET answer = '' WHERE draft = ?", row["id"])


def _erase_mail(store: Store, number: int, reason: str) -> None:
    """Blank a mail; the same bytes, or the same content by another route, are still known again."""
    row = store.row("SELECT sha256, content_key, state FROM mails WHERE id = ?", number) or {}
    if row["sha256"].startswith(store.KEYED):
        return
    store.drop_raws([number])
    store.run("UPDATE mails SET sha256 = ?, content_key = ?, message_id = '', references_ = '', sender = '',"
              " subject = '', reason = ?, state = ? WHERE id = ?",
              store.keyed(row["sha256"]), store.keyed(row["content_key"]) if row["content_key"] else "", reason,
              "ignored" if row["state"] == "kept" else row["state"], number)


def _erase_mentions(store: Store, strings: Sequence[str]) -> None:
    """Put a mark in the place of the buyer's name where mails to the seller about several cases say it."""
    for one in strings:
        for said in dict.fromkeys((one, one.upper(), one.lower(), one.title())):
            store.run("UPDATE outbox SET raw = NULL WHERE state != 'ready' AND (instr(body, ?) OR instr(subject, ?))",
                      said, said)
            for table, columns in SPOKEN.items():
                for column in columns:
                    store.run(f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?)",
                              said, MARK, said)


# -- with time -----------------------------------------------------------------------------------


def retire(store: Store, after: timedelta | None, now: datetime) -> int:
    """Once a day, drop mails as they came and texts that are older than `after`, of cases that are closed or none.

    What was read out of them stays, and so do the hashes that know them again. What came one by one is packed
    together, and so are all rows of what is long past. Returns how many mails were emptied.
    """
    if store.meta("retired")[:10] == iso(now)[:10]:
        return 0
    emptied = _drop_old(store, iso(now - after)) if after else 0
    if after:
        _fold_old(store, now - max(after, AT_HAND))
    while store.gather_packs(now - timedelta(days=1)):
        pass
    store.give_back()
    store.set_meta("retired", iso(now))
    return emptied


def _drop_old(store: Store, before: str) -> int:
    with store.erasing():
        emptied = _retire_mails(store, before)
        blanked = store.run("UPDATE events SET text = '', links = '{}' WHERE (text != '' OR links != '{}')"
                            f" AND heard < ? AND case_id IN ({QUIET})", before, before)
        unsaid = store.run(
                  "UPDATE outbox SET raw = NULL, body = '', subject = '', remarks = '[]', in_reply_to = '',"
                  " references_ = '',"
                  " state = CASE WHEN state = 'draft' THEN 'discarded' ELSE state END WHERE changed < ? AND body != ''"
                  " AND state IN ('draft', 'sent', 'discarded', 'failed', 'handed')"
                  f" AND (case_id IS NULL OR case_id IN ({QUIET}))", before, before)
        if blanked or unsaid:
            store.drop_index()
    return emptied


def _fold_old(store: Store, before: datetime) -> None:
    """Put what is long past into packs, some at a time: others write in between, and what is killed goes on later."""
    last = 0
    for _ in range(A_DAY):
        if not (last := store.fold(before, last, AT_ONCE)):
            break
    for _ in range(A_DAY):
        if not store.fold_loose(before, AT_ONCE):
            break
    store.note_places()


def _retire_mails(store: Store, before: str) -> int:
    old = [row["id"] for row in store.rows(
        "SELECT id FROM mails WHERE state != 'kept' AND kept < ? AND (pack IS NOT NULL OR length(raw) > ?)"
        f" AND (case_id IS NULL OR case_id IN ({QUIET}))", before, NOTHING, before)]
    store.drop_raws(old)
    store.run_many("UPDATE mails SET subject = '', sender = '' WHERE id = ?", [(number,) for number in old])
    return len(old)


# Cases that are closed and of which nothing was heard since a moment.
QUIET = ("SELECT id FROM cases WHERE stage = 'closed' AND NOT EXISTS"
         " (SELECT 1 FROM events WHERE events.case_id = cases.id AND events.heard >= ?)")
