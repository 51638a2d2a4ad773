"""`backtest`: the past replayed, and what it would have come to: in numbers, in words, and week by week."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from bot import words
from bot.core.decide import ANSWERABLE
from bot.core.event import CaseKey, Kind, Party
from bot.core.money import Money, money
from bot.core.policy import Mode
from bot.edges.store import Row, Store, iso, moment
from bot.gathering import Asked, Gathered, Spool, Told, gather
from bot.guichet import Guichet
from bot.pausing import paused
from bot.replaying import copy_in, replay
from bot.settings import Settings

Flat = dict[str, Any]

MET, MISSED, OPEN = "met", "missed", "open"
WEEK = timedelta(days=7)

# What a later mail of the same matter says was lost, by the fact that holds the sum.
LOSSES = {Kind.REFUND_ISSUED: "amount", Kind.GUARANTEE_DECIDED: "amount", Kind.SALE_CANCELLED: "price"}
GUARANTEED = (Kind.GUARANTEE_CLAIMED, Kind.GUARANTEE_DECIDED, Kind.CHARGEBACK_OPENED, Kind.REFUND_ISSUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a replay came to.

    Attributes:
        first: when the first mail came, or the beginning that was asked for; `last`: the end of the past.
        kinds: how many mails of each kind, the most frequent first.
        origins: how many of the recognised mails are proven, unproven, forged.
        refused: what a guard would have kept from leaving, or from leaving alone, each with its why.
        ended: the seller's deadlines that ended or run, each with how it ended.
        unknown: mails on the shelf, with the reason.
        weeks: by the Monday each begins with.
        stopped: why all automatic sending would have stopped; empty while it would not.
    """

    first: datetime
    last: datetime
    read: int
    recognised: int
    ignored: int
    outside: int
    answers: int
    kinds: Mapping[str, int]
    origins: Mapping[str, int]
    cases: int
    drafts: int
    alone: int
    shadow: int
    asked: int
    warned: int
    refused: Sequence[Flat]
    ended: Sequence[Flat]
    cancelled: int
    unknown: Sequence[Flat]
    weeks: Sequence[Flat]
    stopped: str = ""
    unchecked: bool = False
    failures: Sequence[str] = ()

    def of(self, state: str) -> list[Flat]:
        return [row for row in self.ended if row["state"] == state]

    def sums(self, name: str) -> dict[str, str]:
        """Return by currency what was at stake, or was lost, in missed deadlines: each order counts once."""
        found: dict[str, Decimal] = {}
        once = {(row["shop"], row["order"] or row["item"] or row["case"]): money(row[name]) for row in self.of(MISSED)
                if row[name]}
        for each in filter(None, once.values()):
            found[each.currency] = found.get(each.currency, Decimal(0)) + each.amount
        return {currency: str(Money(amount=amount, currency=currency)) for currency, amount in sorted(found.items())}

    def flat(self) -> Flat:
        """Return what `--json` prints."""
        counts = {state: len(self.of(state)) for state in (MET, MISSED, OPEN)}
        return {
            "read": self.read, "recognised": self.recognised, "shelved": len(self.unknown), "kinds": dict(self.kinds),
            "cases": self.cases, "drafts": self.drafts, "alone": self.alone, "refused": len(self.refused),
            "deadlines": counts, "missed": self.of(MISSED),
            "met": self.of(MET), "open": self.of(OPEN), "cancelled": self.cancelled, "since": iso(self.first),
            "until": iso(self.last), "ignored": self.ignored, "outside": self.outside, "answers": self.answers,
            "origins": dict(self.origins), "shadow": self.shadow, "asked": self.asked, "warned": self.warned,
            "refusals": list(self.refused), "at_stake": self.sums("amount"), "lost": self.sums("lost"),
            "unknown": list(self.unknown), "weeks": list(self.weeks), "stopped": self.stopped or None,
            "failures": list(self.failures)}


def backtest(settings: Settings, asked: Asked, *, check_dkim: bool, reading: Told, replaying: Told) -> Report:
    """Replay the past that is asked for in a copy that is thrown away, and return what it came to.

    Args:
        check_dkim: ask the DNS for senders' keys where mailboxes.toml says so.
        reading: hears how much is fetched; `replaying`: how many mails were replayed.

    Raises:
        EdgeError: nothing could be read, or the copy cannot be written.
    """
    with TemporaryDirectory(prefix="guichet-backtest-") as place:
        spool = Spool(Path(place) / "spool")
        found = gather(settings, asked, spool, reading)
        guichet = copy_in(settings, Path(place), check_dkim=check_dkim)
        try:
            replay(guichet, found.mails, spool, asked.until, replaying)
            with words.speaking(settings.seller.language):
                report = report_of(guichet, found, asked)
        finally:
            guichet.reader.close()
            guichet.store.close()
            spool.close()
    checks = settings.checks_dkim and not check_dkim
    return replace(report, unchecked=checks)


def report_of(guichet: Guichet, found: Gathered, asked: Asked) -> Report:
    """Return what stands in a copy after the replay."""
    store = guichet.store
    mails = store.rows("SELECT id, state, reason, kind, received, sender, subject, origin FROM mails ORDER BY id")
    known = [row for row in mails if row["kind"]]
    ended = [_deadline(store, row) for row in _deadlines(store)]
    first = asked.since or (found.mails[0].received if found.mails else asked.until)
    return Report(
        first=first, last=asked.until, read=sum(not past.ours for past in found.mails), recognised=len(known),
        ignored=sum(row["state"] == "ignored" for row in mails), outside=found.outside,
        answers=_count(store, "events WHERE kind = 'own_message_copied' OR source = 'seller:sent'"),
        kinds=dict(Counter(row["kind"] for row in known).most_common()),
        origins=dict(Counter(row["origin"] for row in known)), cases=_count(store, "cases"),
        drafts=_count(store, "outbox WHERE what IN ('reply', 'offer') AND mode = 'draft'"),
        alone=_count(store, "outbox WHERE what IN ('reply', 'offer') AND mode = 'alone'"
                            " AND state IN ('sent', 'handed')"),
        shadow=_count(store, "events, json_each(decided) WHERE json_extract(value, '$.mode') = 'shadow'"),
        asked=_count(store, "events WHERE id IN (SELECT event FROM outbox WHERE what = 'question')"),
        warned=_count(store, "events WHERE id IN (SELECT event FROM outbox WHERE what = 'reminder')"),
        refused=list(_refused(guichet)), ended=ended, stopped=paused(store), failures=found.failures,
        cancelled=_count(store, "deadlines WHERE who = 'seller' AND state = 'cancelled'"),
        unknown=[_unknown(store, row) for row in mails if row["state"] == "shelved"],
        weeks=_weeks(guichet, known, ended, first, asked.until))


def _count(store: Store, of: str, *args: Any) -> int:
    [row] = store.rows(f"SELECT count(*) AS count FROM {of}", *args)
    return int(row["count"])


def _unknown(store: Store, row: Row) -> Flat:
    place = store.row("SELECT place FROM places WHERE mail = ? LIMIT 1", row["id"]) or {}
    return {"place": place.get("place"), "received": row["received"], "from": row["sender"] or None,
            "subject": row["subject"] or None, "reason": row["reason"]}


# -- what a guard kept back ----------------------------------------------------------------------


def _refused(guichet: Guichet) -> Iterator[Flat]:
    """Yield what a guard refused: to the bot alone, so that it became a draft, or to anybody."""
    for row in guichet.store.rows(
            "SELECT events.kind, events.at, events.decided, cases.id AS case_id, cases.marketplace FROM events"
            " JOIN cases ON cases.id = events.case_id ORDER BY events.id"):
        for one in _held_back(json.loads(row["decided"]), row, guichet):
            yield {"case": f"C-{row['case_id']}", "at": row["at"], "kind": row["kind"], "why": one["why"]}
    for row in guichet.store.rows(
            "SELECT outbox.*, events.kind FROM outbox JOIN events ON events.id = outbox.event"
            " WHERE what IN ('reply', 'offer') AND outbox.state = 'failed' AND error != '' ORDER BY outbox.id"):
        yield {"case": f"C-{row['case_id']}", "at": row["changed"], "kind": row["kind"], "why": row["error"]}


def _held_back(decided: Sequence[Flat], row: Row, guichet: Guichet) -> Iterator[Flat]:
    acts = {one["action"] for one in decided}
    mode = guichet.policy.mode_for(row["marketplace"], row["kind"])
    for one in decided:
        drafted = one["action"] == "reply" and one.get("mode") == Mode.DRAFT and mode is Mode.ALONE
        unanswered = one["action"] == "question" and "reply" not in acts and row["kind"] in ANSWERABLE
        if one["action"] == "refused" or (drafted and row["kind"] in ANSWERABLE) or unanswered:
            yield one


# -- deadlines -----------------------------------------------------------------------------------


def _deadlines(store: Store) -> list[Row]:
    return store.rows(
        "SELECT deadlines.*, cases.marketplace, cases.shop, cases.reference, cases.order_number, cases.item,"
        " coalesce((SELECT kind FROM events WHERE case_id = cases.id AND at = started ORDER BY id LIMIT 1), cases.kind)"
        " AS kind FROM deadlines JOIN cases ON cases.id = case_id WHERE who = ? AND state IN ('met', 'missed', 'open')"
        " ORDER BY due, deadlines.id", Party.SELLER)


def _deadline(store: Store, row: Row) -> Flat:
    """Return a deadline with how it ended: what was left, or how late an answer came, in minutes."""
    due = moment(row["due"])
    heard = store.heard(_key(row), row["order_number"], row["item"]) if row["state"] == MISSED else []
    answered = _answered_after(store, row) if row["state"] == MISSED else None
    return {
        "case": f"C-{row['case_id']}", "shop": row["shop"], "order": row["order_number"], "item": row["item"],
        "kind": row["kind"], "name": row["name"], "due": row["due"], "state": row["state"],
        "started": row["started"], "met_by": row["met_by"],
        "ended": row["ended"] if row["state"] == MET else iso(answered) if answered else None,
        "left": _minutes(due - moment(row["ended"])) if row["state"] == MET else None,
        "late": _minutes(answered - due) if answered else None,
        "amount": str(_stake(heard) or "") or None, "lost": str(_lost(heard, row["due"]) or "") or None,
        "rule": row["rule"] or None, "source": row["source"] or None, "why": row["why"],
        "silence": row["silence"] or None}


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _key(row: Row) -> CaseKey:
    return CaseKey(marketplace=row["marketplace"], shop=row["shop"], reference=row["reference"])


def _answered_after(store: Store, row: Row) -> datetime | None:
    """Return when an answer of the seller's came after all."""
    found = store.row("SELECT min(at) AS at FROM events WHERE case_id = ? AND at > ?"
                      " AND kind IN ('seller_answered', 'own_message_copied')", row["case_id"], row["due"])
    return moment(found["at"]) if found and found["at"] else None


def _stake(heard: Sequence[Row]) -> Money | None:
    """Return what a matter is about: the sum that is claimed, else the item's price; None where no mail names one."""
    told = [(Kind(row["kind"]), json.loads(row["facts"])) for row in heard if row["origin"] == "proven"]
    claimed = [money(facts.get("amount", "")) for kind, facts in told if kind in GUARANTEED]
    priced = [money(facts.get("price", "")) for _, facts in told]
    return next(filter(None, [*reversed(claimed), *reversed(priced)]), None)


def _lost(heard: Sequence[Row], due: str) -> Money | None:
    """Return what mails that came after a missed deadline say was taken back; None where they say nothing."""
    for row in heard:
        name, facts = LOSSES.get(Kind(row["kind"])), json.loads(row["facts"])
        spared = row["kind"] == Kind.GUARANTEE_DECIDED and facts.get("outcome") != "granted"
        if name and row["at"] > due and row["origin"] == "proven" and not spared and (
                sum_ := money(facts.get(name, ""))):
            return sum_
    return None


# -- week by week --------------------------------------------------------------------------------


def _weeks(guichet: Guichet, known: Iterable[Row], ended: Sequence[Flat], first: datetime,
           last: datetime) -> list[Flat]:
    """Return for each week its mails by kind, its deadlines by their end, and the hours to an answer (median)."""
    zone = ZoneInfo(guichet.seller.timezone)

    def week(at: str) -> date:
        return monday(moment(at).astimezone(zone).date())

    mails = Counter((week(row["received"]), row["kind"]) for row in known)
    ends = Counter((week(row["due"]), row["state"]) for row in ended)
    answers: dict[date, list[float]] = {}
    for row in ended:
        if row["state"] == MET and "reply" in row["met_by"].split():
            spent = moment(row["ended"]) - moment(row["started"])
            answers.setdefault(week(row["started"]), []).append(spent / timedelta(hours=1))
    return [{
        "week": begins.isoformat(),
        "kinds": {kind: count for (at, kind), count in sorted(mails.items()) if at == begins},
        **{state: ends[begins, state] for state in (MET, MISSED, OPEN)},
        "hours_to_answer": round(median(answers[begins]), 1) if begins in answers else None,
    } for begins in _mondays(first.astimezone(zone).date(), last.astimezone(zone).date())]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _mondays(first: date, last: date) -> Iterator[date]:
    begins = monday(first)
    while begins <= last:
        yield begins
        begins += WEEK
