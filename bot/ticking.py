"""The clock as a source of events: deadlines that come near or pass, and the catch-up after the first look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import words
from bot.core import deadline as deadlines
from bot.core.action import Action, What
from bot.core.event import CaseKey, Channel, Event, Kind, Party
from bot.core.policy import Mode
from bot.edges.store import Row, iso, moment
from bot.guichet import Guichet
from bot.pipeline import handle
from bot.words import say
from bot.words.kinds import kind_words
from bot.writing import open_deadlines, tell_seller, write_to_seller


def tick(guichet: Guichet, now: datetime) -> bool:
    """Tell the deadlines that come near or have passed; say whether there was one."""
    farthest = max(guichet.policy.warnings, default=timedelta())
    told = [_tick_one(guichet, row, now) for row in guichet.store.running_deadlines(now + farthest)]
    return any(told)


def _tick_one(guichet: Guichet, row: Row, now: datetime) -> bool:
    due = moment(row["due"])
    if due <= now:
        return _clock_event(guichet, row, Kind.DEADLINE_PASSED, "passed", now)
    rung = deadlines.rung(due, now, guichet.policy.warnings)
    if rung is None or _silent(guichet, row, rung, due, now):
        return False
    with guichet.store.write_tx():
        _clock_event(guichet, row, Kind.DEADLINE_NEAR, f"{rung.total_seconds():.0f}s", now)
        guichet.store.run("UPDATE deadlines SET warned = ? WHERE id = ?", int(rung.total_seconds()), row["id"])
    return True


def _silent(guichet: Guichet, row: Row, rung: timedelta, due: datetime, now: datetime) -> bool:
    """Say whether a rung is not told now: told already, nobody's, switched off, put off, or in quiet hours."""
    policy, last = guichet.policy, rung == min(guichet.policy.warnings)
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
    return row["met_by"] == What.REPLY and guichet.store.answer_on_its_way(row["case_id"])


def _clock_event(guichet: Guichet, row: Row, kind: Kind, rung: str, now: datetime) -> bool:
    mark = f"{row['name']}:{row['due']}:{rung}"
    facts = {"name": row["name"], "who": row["who"], "due": deadlines.local(moment(row["due"]), guichet.seller)}
    key = CaseKey(marketplace=row["marketplace"], shop=row["shop"], reference=row["reference"])
    event = Event(key=f"{key.marketplace}/{key.reference}/{kind}/{mark}", kind=kind, case=key, at=now,
                  source=f"clock:{row['due']}:{rung}", mark=mark, facts=facts, text="")
    return handle(guichet, event, now) is not None


def catch_up(guichet: Guichet, now: datetime) -> bool:
    """Tell in one mail what the first look over an old mailbox found; say whether there was anything to tell."""
    store = guichet.store
    if store.waiting_mails():
        return False
    with store.write_tx(), words.speaking(guichet.seller.language):
        untold = store.rows("SELECT * FROM cases WHERE untold = 1 ORDER BY id")
        if not untold:
            return False
        oldest = iso(now - guichet.policy.max_age)
        fresh = [row for row in untold if row["opened"] >= oldest]
        if len(untold) == len(fresh) == 1:
            _ask_late(guichet, fresh[0]["id"], now)
        else:
            _write_catch_up(guichet, fresh, len(untold) - len(fresh), now)
        store.run("UPDATE cases SET untold = 0 WHERE untold = 1")
    return True


def _ask_late(guichet: Guichet, number: int, now: datetime) -> None:
    case, event = guichet.store.case_by_number(number), guichet.store.row(
        "SELECT * FROM events WHERE case_id = ? AND source LIKE 'mail:%' ORDER BY id DESC LIMIT 1", number)
    assert case and event, "an untold case was opened by a mail"
    action = Action(what=What.QUESTION, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="question",
                    step=f"question:{event['mark']}", why=say("found at the first look"))
    tell_seller(guichet, action, case, event["id"], now)


def _write_catch_up(guichet: Guichet, fresh: Sequence[Row], older: int, now: datetime) -> None:
    action = Action(what=What.DIGEST, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="catch_up",
                    step="catch_up", why=say("found at the first look"))
    told = [{**row, "headline": say(kind_words(row["kind"])),
             "deadlines": open_deadlines(guichet.store, row["id"], now)} for row in fresh]
    first = fresh[0]["id"] if fresh else 0
    context = {"cases": told, "older": older, "now": now}
    write_to_seller(guichet, action, f"catch_up/{iso(now)}/{first}", context, None, None, now)
