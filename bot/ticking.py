"""The clock as a source of events: deadlines that come near or pass, and the catch-up after the first look."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import words
from bot.core import deadline as deadlines
from bot.core.action import Action, What
from bot.core.event import CaseKey, Channel, Event, Kind, Party
from bot.core.policy import Mode, Policy
from bot.due import LADDER, STOP, ladder_of, note_tick
from bot.edges.store import Row, Store, iso, moment
from bot.guichet import Guichet
from bot.pipeline import handle
from bot.words import say
from bot.writing import cases_told, tell_seller, write_to_seller

BROKEN_OFF = timedelta(minutes=10)      # without a mail for so long a first look does not go on
LISTED = 100    # cases that one mail lists, the most urgent first; nobody reads more, and a first look may find 100,000


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that is to be told now: as passed, or at a rung of the ladder."""

    row: Row
    rung: timedelta | None

    @property
    def kind(self) -> Kind:
        return Kind.DEADLINE_PASSED if self.rung is None else Kind.DEADLINE_NEAR


def tick(guichet: Guichet, now: datetime) -> bool:
    """Tell the deadlines that come near or have passed; say whether there was one.

    After a stop they are told in one mail, not in a flood.
    """
    _climb(guichet)
    rows = guichet.store.deadlines_to_look_at(now)
    policy = guichet.policy if rows else guichet.settings.policy
    due = [one for row in rows if (one := _due(guichet, policy, row, now))]
    _leave_alone(guichet, rows, now)
    together = len([one for one in due if one.row["who"] == Party.SELLER]) > 1 and _was_stopped(guichet, now)
    with guichet.store.write_tx() if due else nullcontext():
        told = [_tell(guichet, one, now, together=together) for one in due]
        if together:
            _write_all(guichet, due, now)
    note_tick(guichet.store, now)
    return any(told)


def _climb(guichet: Guichet) -> None:
    """Have all deadlines looked at anew when the seller has changed his ladder of warnings."""
    ladder, store = ladder_of(guichet), guichet.store
    if store.meta(LADDER) != ladder:
        with store.write_tx():
            store.look_at_all()
            store.set_meta(LADDER, ladder)


def _leave_alone(guichet: Guichet, rows: Sequence[Row], now: datetime) -> None:
    """Note until when the clock need not look at what it has looked at in vain."""
    looks = [(look, row["id"]) for row in rows if (look := _look(guichet, row, row["warned"])) > now]
    if looks:
        guichet.store.look_later(looks)


def _look(guichet: Guichet, row: Row, told: int | None) -> datetime:
    """Return when there is something to tell of a deadline: only the seller is warned before it passes."""
    warnings = guichet.settings.policy.warnings if row["who"] == Party.SELLER else ()
    return deadlines.next_look(moment(row["due"]), told, warnings)


def _due(guichet: Guichet, policy: Policy, row: Row, now: datetime) -> Due | None:
    due = moment(row["due"])
    if due <= now:
        return Due(row, None)
    rung = deadlines.rung(due, now, policy.warnings)
    return None if rung is None or _silent(guichet, policy, row, rung, due, now) else Due(row, rung)


def _tell(guichet: Guichet, one: Due, now: datetime, *, together: bool) -> bool:
    seconds = int(one.rung.total_seconds()) if one.rung is not None else None
    if seconds is not None:
        guichet.store.warn(one.row["id"], seconds, _look(guichet, one.row, seconds))
    return _clock_event(guichet, one, "passed" if seconds is None else f"{seconds}s", now, together=together)


def _was_stopped(guichet: Guichet, now: datetime) -> bool:
    last = guichet.store.meta("ticked")
    return bool(last) and now - moment(last) > STOP


def _write_all(guichet: Guichet, due: Sequence[Due], now: datetime) -> None:
    """Write the one mail that tells all that came due while the bot stood still."""
    numbers = list(dict.fromkeys(one.row["case_id"] for one in due if one.row["who"] == Party.SELLER))
    with words.speaking(guichet.seller.language):
        action = Action(what=What.DIGEST, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE,
                        template="after_stop", step="after_stop", why=say("told together after a stop"))
        context = {"cases": cases_told(guichet, numbers[:LISTED], now), "more": len(numbers[LISTED:]), "now": now}
        write_to_seller(guichet, action, f"after_stop/{iso(now)}", context, None, None, now)


def _silent(guichet: Guichet, policy: Policy, row: Row, rung: timedelta, due: datetime, now: datetime) -> bool:
    """Say whether a rung is not told now: told already, nobody's, switched off, put off, or in quiet hours."""
    last = rung == min(policy.warnings)
    if row["warned"] is not None and row["warned"] <= rung.total_seconds():
        return True
    if row["who"] != Party.SELLER or row["untold"] or policy.mode_for(row["marketplace"], row["kind"]) is Mode.OFF:
        return True
    if not last and _put_off(guichet, row, now):
        return True
    return deadlines.is_quiet(now, due, policy.quiet_hours, guichet.seller.timezone, last=last)


def _put_off(guichet: Guichet, row: Row, now: datetime) -> bool:
    """Say whether the seller wants to hear later, or an answer is about to leave that meets the deadline."""
    if row["snoozed_until"] and row["snoozed_until"] > iso(now):
        return True
    return What.REPLY in row["met_by"].split() and guichet.store.answer_on_its_way(row["case_id"])


def _clock_event(guichet: Guichet, one: Due, rung: str, now: datetime, *, together: bool) -> bool:
    row, mark = one.row, f"{one.row['name']}:{one.row['due']}:{rung}"
    last = one.rung == min(guichet.settings.policy.warnings)
    facts = {"name": row["name"], "who": row["who"], "due": deadlines.local(moment(row["due"]), guichet.seller),
             "told": "together" if together else "", "last": "yes" if last else ""}
    key = CaseKey(marketplace=row["marketplace"], shop=row["shop"], reference=row["reference"])
    event = Event(key=f"{key.marketplace}/{key.reference}/{one.kind}/{mark}", kind=one.kind, case=key, at=now,
                  source=f"clock:{row['due']}:{rung}", mark=mark, facts=facts, text="")
    return handle(guichet, event, now) is not None


def catch_up(guichet: Guichet, now: datetime) -> bool:
    """Tell in one mail what the first look over an old mailbox found; say whether there was anything to tell."""
    store = guichet.store
    if store.waiting_mails() or _is_looking(store, now):
        return False
    with store.write_tx(), words.speaking(guichet.seller.language):
        untold = "FROM cases INDEXED BY cases_untold WHERE untold = 1 AND opened"
        oldest = iso(now - guichet.policy.max_age)
        older, fresh = (store.rows(f"SELECT count(*) AS many {untold} {which} ?", oldest)[0]["many"]
                        for which in ("<", ">="))
        first = [row["id"] for row in store.rows(
            f"SELECT id {untold} >= ? ORDER BY next_due IS NULL, next_due, id LIMIT {LISTED}", oldest)]
        if not older and not fresh:
            return False
        if not older and fresh == 1:
            _ask_late(guichet, first[0], now)
        else:
            _write_catch_up(guichet, first, fresh - len(first), older, now)
        store.run("UPDATE cases SET untold = 0 WHERE untold = 1")
    return True


def _is_looking(store: Store, now: datetime) -> bool:
    """Say whether a first look goes on: where the reading is faster than the server, each pause would bring a mail."""
    return store.has("SELECT 1 FROM folders, mails WHERE folders.looked IS NULL AND mails.kept > ?"
                     " AND mails.id = (SELECT max(id) FROM mails) LIMIT 1", iso(now - BROKEN_OFF))


def _ask_late(guichet: Guichet, number: int, now: datetime) -> None:
    case, event = guichet.store.case_by_number(number), guichet.store.row(
        "SELECT * FROM events WHERE case_id = ? AND source LIKE 'mail:%' ORDER BY id DESC LIMIT 1", number)
    assert case and event, "an untold case was opened by a mail"
    action = Action(what=What.QUESTION, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="question",
                    step=f"question:{event['mark']}", why=say("found at the first look"))
    tell_seller(guichet, action, case, event["id"], now)


def _write_catch_up(guichet: Guichet, fresh: Sequence[int], more: int, older: int, now: datetime) -> None:
    action = Action(what=What.DIGEST, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="catch_up",
                    step="catch_up", why=say("found at the first look"))
    context = {"cases": cases_told(guichet, fresh, now), "more": more, "older": older, "now": now}
    write_to_seller(guichet, action, f"catch_up/{iso(now)}/{min(fresh, default=0)}", context, None, None, now)
