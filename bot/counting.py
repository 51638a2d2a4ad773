"""The seller's numbers out of the store: what the mails, the outbox and the deadlines tell, as a flat list.

All of it is reckoned from mail and from what the seller told us. An answer that no mail of the marketplace copies to
us, and that did not leave through us, counts as none.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import marketplaces
from bot.core import numbers
from bot.core.errors import BotError
from bot.core.event import Kind
from bot.core.numbers import Duty, Number, Period, Said, Sale, Turn, Waiting
from bot.edges.store import Row, Store, iso, moment
from bot.marketplaces.contract import Marketplace
from bot.pipeline import ENDED_BY_OFFER, ENDS
from bot.settings import Settings
from bot.words import say

Flat = dict[str, Any]

COLUMNS = ("marketplace", "period", "from", "to", "measure", "name", "value", "count", "of", "percent", "seconds",
           "target", "met")
TURNS = {
    Kind.BUYER_WROTE: Turn.ASKED, Kind.QUESTION_ASKED: Turn.ASKED, Kind.SELLER_ANSWERED: Turn.ANSWERED,
    Kind.OWN_MESSAGE_COPIED: Turn.ANSWERED, Kind.NO_REPLY_NEEDED: Turn.MARKED, Kind.MESSAGE_UNDELIVERED: Turn.RETURNED,
}
COPIED_WITHIN = timedelta(hours=1)                            # after a mail of ours left, its copy comes
COPIED_LATE = timedelta(days=1)                               # or later, where the words tell that it is one
AHEAD = timedelta(minutes=5)                                  # so far the marketplace's clock may differ from ours
TOLD_ELSEWHERE = frozenset({"accepted", "shipped"})           # done in the account, and no mail need tell
HEARD = "heard >= ?"                                          # packs in which anything is so young
_DRAFT = re.compile(r"D-\d+")


class UncountableError(BotError):
    """There are no such numbers, with what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one marketplace."""

    messages: Sequence[Waiting]
    sales: Sequence[Sale]
    duties: Sequence[Duty]


def flat_numbers(store: Store | None, settings: Settings, now: datetime, *, marketplace: str = "",
                 weeks: int = 0) -> list[Flat]:
    """Return every number of the seller's marketplaces, or of one, for 7, 30 and 90 days or for so many weeks.

    Raises:
        UncountableError: nothing is measured at such a marketplace.
    """
    zone = settings.seller.timezone
    periods = numbers.last_weeks(now, zone, weeks) if weeks else numbers.last_days(now, zone)
    return numbers_of(store, settings, now, periods, marketplace)


def numbers_of(store: Store | None, settings: Settings, now: datetime, periods: Sequence[Period],
               marketplace: str = "") -> list[Flat]:
    """Return every number of these periods, which may overlap: the store is read once for all of them.

    Raises:
        UncountableError: nothing is measured at such a marketplace.
    """
    rows, _ = counted(store, settings, now, periods, marketplace, warn=False)
    return rows


def counted(store: Store | None, settings: Settings, now: datetime, periods: Sequence[Period], marketplace: str = "",
            *, warn: bool = True) -> tuple[list[Flat], list[str]]:
    """Return every number of these periods, and of all marketplaces the cautions, out of one reading of the store.

    Raises:
        UncountableError: nothing is measured at such a marketplace.
    """
    measured = _measured(settings, marketplace)
    warning = _warning(settings, now) if warn else []
    since_ = min(period.start for period in (*periods, *(period for _, period in warning)))
    found = known_of(store, {one.name: one for one in (*measured, *(one for one, _ in warning))}, now, since_)
    return ([_flat(one, cell) for one in measured for cell in cells(one, found[one.name], periods, now)],
            _cautions(settings, warning, found, now))


def _measured(settings: Settings, marketplace: str) -> list[Marketplace]:
    """Return the marketplaces that measure the seller; without a name those whose mails he lets us read."""
    measuring = {one.name: one for one in marketplaces.installed() if one.terms.numbers}
    if marketplace and marketplace not in measuring:
        raise UncountableError(say("There are no numbers for «{name}»; there are some for: {names}", name=marketplace,
                                   names=", ".join(sorted(measuring))))
    shops = {name for box in settings.mailboxes for name in box.shops}
    wanted = {marketplace} if marketplace else shops
    return [one for name, one in sorted(measuring.items()) if name in wanted]


def cells(marketplace: Marketplace, found: Known, periods: Iterable[Period], now: datetime) -> list[Number]:
    """Return a marketplace's table, one period after the other."""
    return [cell for period in periods for cell in _column(marketplace, found, period, now)]


def _column(marketplace: Marketplace, found: Known, period: Period, now: datetime) -> list[Number]:
    asked = marketplace.terms.numbers
    column = numbers.response_times(found.messages, period, now, asked.answers) if asked.answers else []
    if asked.cancellations:
        column.append(numbers.cancellation_rate(found.sales, period, asked.cancellations))
    return column + [numbers.on_time(found.duties, sort, period) for sort, _ in asked.on_time]


def _flat(marketplace: Marketplace, cell: Number) -> Flat:
    rules, known_ = marketplace.terms.numbers.answers, cell.of != 0
    return {
        "marketplace": marketplace.name, "period": cell.period.name, "from": iso(cell.period.start),
        "to": iso(cell.period.end), "measure": cell.measure, "value": numbers.shown(cell),
        "name": numbers.named(cell.measure, rules.within) if rules else numbers.named(cell.measure),
        "count": cell.count if known_ else None, "of": cell.of if known_ else None, "percent": cell.percent,
        "seconds": int(cell.mean.total_seconds()) if cell.mean is not None else None, "target": cell.target or None,
        "met": cell.met}


# -- out of the store ----------------------------------------------------------------------------


def known_of(store: Store | None, measured: Mapping[str, Marketplace], now: datetime,
             since_: datetime | None = None) -> dict[str, Known]:
    """Return what the store knows of marketplaces that measure the seller, by their names.

    Args:
        since_: cases of which nothing was heard from then on are left out: no later period counts them.
    """
    if store is None:
        return dict.fromkeys(measured, Known(messages=(), sales=(), duties=()))
    cases = _events(store, list(measured), since_)
    return {name: _known(store, one, cases[name], now, since_) for name, one in measured.items()}


def _known(store: Store, marketplace: Marketplace, cases: Mapping[int, Sequence[Row]], now: datetime,
           since_: datetime | None) -> Known:
    asked = marketplace.terms.numbers
    names = {name: sort for sort, some in asked.on_time for name in some}
    return Known(
        messages=_messages(store, cases, asked.answers.within) if asked.answers else (),
        sales=[sale for events in cases.values() if (sale := _sale(events))] if asked.cancellations else (),
        duties=_duties(store, marketplace.name, cases, names, now, since_) if names else ())


def _events(store: Store, names: Sequence[str], since_: datetime | None) -> dict[str, dict[int, list[Row]]]:
    """Return what counts of every case, by marketplace and case.

    A forged mail never counts; of an unproven one who else should tell?
    """
    kinds = sorted({*TURNS, *ENDS, Kind.OFFER_UPDATED, Kind.SALE_MADE, Kind.SALE_CANCELLED, Kind.WITHDRAWAL_OPENED})
    rows = store.rows(
        "SELECT marketplace, case_id, events.kind, at, mark, facts, events.origin, CASE events.kind WHEN"
        " 'own_message_copied' THEN text ELSE '' END AS text FROM events JOIN cases ON cases.id = case_id"
        f" WHERE +marketplace IN ({_marks(names)}) AND events.origin != 'forged' AND events.kind IN ({_marks(kinds)})"
        " AND events.key NOT LIKE '%/refused:%' AND case_id IN (SELECT case_id FROM events WHERE at >= ?)"
        " ORDER BY case_id, at, events.id", *names, *kinds, _text(since_))
    found: dict[str, dict[int, list[Row]]] = {name: defaultdict(list) for name in names}
    for row in [*rows, *_long_past(store, names, kinds, since_)]:
        row["at"] = moment(row["at"])
        found[row["marketplace"]][row["case_id"]].append(row)
    return found


def _long_past(store: Store, names: Sequence[str], kinds: Sequence[str], since_: datetime | None) -> Iterator[Row]:
    """Yield the same of cases that lie in packs, whose texts are gone."""
    places = _marketplaces(store, names, since_)
    rows = [row for row in store.past_rows("events", HEARD, _text(since_)) if row["case_id"] in places]
    late = {row["case_id"] for row in rows if row["at"] >= _text(since_)}
    for row in sorted(rows, key=lambda row: (row["case_id"], row["at"], row["id"])):
        if row["case_id"] in late and row["kind"] in kinds and row["origin"] != "forged" and (
                "/refused:" not in row["key"]):
            yield {**row, "marketplace": places[row["case_id"]], "text": ""}


def _marketplaces(store: Store, names: Sequence[str], since_: datetime | None) -> dict[int, str]:
    """Return the marketplaces of the cases that lie in packs."""
    return {row["id"]: row["marketplace"] for row in store.rows(
        f"SELECT id, marketplace FROM cases WHERE folded IN (SELECT id FROM past WHERE {HEARD})"
        f" AND marketplace IN ({_marks(names)})", _text(since_), *names)}


def _marks(values: Iterable[str]) -> str:
    return ", ".join("?" for _ in values)


def _fact(event: Row, name: str, absent: str = "") -> str:
    """Return a fact of an event; nearly none has one that is asked for, so that its facts are seldom unpacked."""
    return str(json.loads(event["facts"]).get(name, absent)) if f'"{name}"' in event["facts"] else absent


def _text(since_: datetime | None) -> str:
    return iso(since_) if since_ else ""


def _messages(store: Store, cases: Mapping[int, Sequence[Row]], within: timedelta) -> list[Waiting]:
    copied = [number for number, events in cases.items()
              if any(one["kind"] == Kind.OWN_MESSAGE_COPIED for one in events)]
    ours = _left(store, copied)
    return [waiting for number, events in cases.items()
            for waiting in numbers.waitings(_said(events, ours.get(number, ())), within)]


def _left(store: Store, cases: Sequence[int]) -> dict[int, list[Row]]:
    """Return the mails to buyers that left through us, by case."""
    found, chosen = defaultdict[int, list[Row]](list), set(cases)
    for row in store.rows(
            "SELECT case_id, changed, body FROM outbox WHERE case_id IN (SELECT value FROM json_each(?))"
            " AND +what IN ('reply', 'offer') AND +channel = 'email' AND +state IN ('sent', 'failed') ORDER BY id",
            json.dumps(cases)):
        found[row["case_id"]].append(row)
    for row in store.past_rows(
            "outbox", "id IN (SELECT folded FROM cases WHERE id IN (SELECT value FROM json_each(?)))",
            json.dumps(cases)):
        if row["case_id"] in chosen and row["what"] in ("reply", "offer") and row["channel"] == "email" and (
                row["state"] in ("sent", "failed")):
            found[row["case_id"]].append({**row, "body": ""})
    return found


def _said(events: Sequence[Row], ours: Sequence[Row]) -> list[Said]:
    """Return what was said in a case. The copy of a mail of ours says nothing new: that it left is told by itself."""
    left = list(ours)
    return [_word(event, automatic=event["kind"] == Kind.OWN_MESSAGE_COPIED and _is_copy(event, left))
            for event in events if event["kind"] in TURNS]


def _word(event: Row, *, automatic: bool) -> Said:
    named = _DRAFT.search(event["mark"]) if event["mark"] else None
    return Said(at=event["at"], turn=TURNS[event["kind"]], automatic=automatic, draft=named[0] if named else "")


def _is_copy(event: Row, left: list[Row]) -> bool:
    """Say whether a copy is that of a mail of ours, each of which has one; what the seller wrote himself is none."""
    for row in left:
        after, alike = event["at"] - moment(row["changed"]), _alike(event, row)
        if -AHEAD <= after <= (COPIED_LATE if alike else COPIED_WITHIN) and alike is not False:
            left.remove(row)
            return True
    return False


def _alike(event: Row, row: Row) -> bool | None:
    """Compare the words; None where they are not kept any more."""
    said, written = (" ".join(text.split()) for text in (event["text"], row["body"]))
    return said[:60] in written if said and written else None


def _sale(events: Sequence[Row]) -> Sale | None:
    at = {event["kind"]: event["at"] for event in reversed(events)}     # the first of each kind
    cancelled, withdrawn = at.get(Kind.SALE_CANCELLED), at.get(Kind.WITHDRAWAL_OPENED)
    made = at.get(Kind.SALE_MADE) or cancelled
    return Sale(at=made, cancelled=cancelled, refused=any(_done(event) == "refusesale" for event in events),
                withdrawn=bool(cancelled and withdrawn and withdrawn <= cancelled)) if made else None


def _done(event: Row) -> str:
    return _fact(event, "done") if event["kind"] == Kind.SELLER_ANSWERED else ""


# -- what was due --------------------------------------------------------------------------------


def _duties(store: Store, marketplace: str, cases: Mapping[int, Sequence[Row]], names: Mapping[str, str],
            now: datetime, since_: datetime | None) -> list[Duty]:
    rows = store.rows(
        "SELECT deadlines.*, stage FROM deadlines JOIN cases ON cases.id = case_id WHERE +marketplace = ?"
        f" AND who = 'seller' AND name IN ({', '.join('?' for _ in names)}) AND started >= ?", marketplace, *names,
        _text(since_))
    rows += _due_long_ago(store, marketplace, names, since_)
    return [Duty(sort=names[row["name"]], begun=moment(row["started"]),
                 kept=_kept(row, names[row["name"]], cases.get(row["case_id"], ()), now)) for row in rows]


def _due_long_ago(store: Store, marketplace: str, names: Mapping[str, str], since_: datetime | None) -> list[Row]:
    places = _marketplaces(store, [marketplace], since_)
    return [row for row in store.past_rows("deadlines", HEARD, _text(since_)) if row["case_id"] in places
            and row["who"] == "seller" and row["name"] in names and row["started"] >= _text(since_)]


def _kept(row: Row, sort: str, events: Sequence[Row], now: datetime) -> bool | None:
    """Say whether a deadline was met in time: by what was done when, and not by when we heard of it."""
    started, due = moment(row["started"]), moment(row["due"])
    done = [event["at"] for event in events if event["at"] >= started and _meets(event, row["met_by"].split())]
    if done:
        return bool(min(done) < due)
    if row["state"] == "met" and row["ended"]:
        return moment(row["ended"]) < due
    cancelled = any(event["kind"] == Kind.SALE_CANCELLED and event["at"] >= due for event in events)
    if sort in TOLD_ELSEWHERE:
        return False if cancelled and sort == "accepted" else None
    return False if row["state"] != "cancelled" and due <= now else None


def _meets(event: Row, met_by: Sequence[str]) -> bool:
    kind = Kind(event["kind"])
    if kind is Kind.OFFER_UPDATED and event["origin"] == "proven":
        ended = ENDED_BY_OFFER.get(_fact(event, "outcome"), ())
        return any(state == "met" and by in met_by for state, by in ended)
    state, by = ENDS.get(kind, ("", ""))
    return state == "met" and any(one in met_by for one in _fact(event, "met_by", by).split())


# -- for people ----------------------------------------------------------------------------------


def lines(store: Store, settings: Settings, now: datetime) -> list[str]:
    """Return the last seven days in a line a marketplace, where anything is known; for the digest."""
    told = []
    for one in _measured(settings, ""):
        [period] = numbers.last_days(now, settings.seller.timezone, numbers.DAYS[:1])
        column = cells(one, known_of(store, {one.name: one}, now, period.start)[one.name], (period,), now)
        parts = [_part(one, cell) for cell in column if cell.measure in SPOKEN and numbers.shown(cell) != "-"]
        told += [f"{one.title}: {', '.join(parts)}"] if parts else []
    return told


SPOKEN = ("answered_under", "over", "mean", "cancelled", "claims", "accepted", "shipped")


def _part(marketplace: Marketplace, cell: Number) -> str:
    answers = marketplace.terms.numbers.answers
    name = numbers.named(cell.measure, answers.within) if answers else numbers.named(cell.measure)
    missed = "" if cell.met is not False else say(", target {target} missed", target=cell.target)
    return f"{name[:1].lower()}{name[1:]} {numbers.shown(cell)}{missed}"


def cautions(store: Store, settings: Settings, now: datetime) -> list[str]:
    """Return a warning a marketplace whose limit of cancellations is near or reached."""
    if not (warning := _warning(settings, now)):
        return []
    found = known_of(store, {one.name: one for one, _ in warning}, now, min(period.start for _, period in warning))
    return _cautions(settings, warning, found, now)


def _warning(settings: Settings, now: datetime) -> list[tuple[Marketplace, Period]]:
    """Return the marketplaces that limit cancellations, with the days over which they count them."""
    return [(one, numbers.last_days(now, settings.seller.timezone, (rules.days,))[0])
            for one in _measured(settings, "") if (rules := one.terms.numbers.cancellations)]


def _cautions(settings: Settings, warning: Iterable[tuple[Marketplace, Period]], found: Mapping[str, Known],
              now: datetime) -> list[str]:
    told = [_caution(settings, one, found[one.name].sales, now) for one, _ in warning]
    return [sentence for sentence in told if sentence]


def _caution(settings: Settings, one: Marketplace, sales: Sequence[Sale], now: datetime) -> str:
    rules = one.terms.numbers.cancellations
    found = rules and numbers.caution(sales, now, settings.seller.timezone, rules)
    if not found:
        return ""
    words = {"marketplace": one.title, "count": found.count, "all": found.of, "limit": found.rules.below,
             "days": found.rules.days, "percent": numbers.percent(found.count, found.of)}
    if found.reached:
        return say("{marketplace}: {percent} % of your sales of {days} days were cancelled ({count} of {all}); the "
                   "limit of {limit} % is reached. Refuse a sale you cannot serve before you accept it: a refusal "
                   "is no cancellation", **words)
    if found.next_reaches:
        return say("{marketplace}: {percent} % of your sales of {days} days were cancelled ({count} of {all}); one "
                   "more cancellation would reach the limit of {limit} %", **words)
    return say("{marketplace}: {percent} % of your sales of {days} days were cancelled ({count} of {all}); the limit "
               "is {limit} %", **words)


def since(store: Store | None) -> datetime | None:
    """Return when the oldest mail that we know came: of what was before it nothing is counted."""
    row = store.row("SELECT min(received) AS received FROM (SELECT min(received) AS received FROM mails"
                    " UNION ALL SELECT received FROM past)") if store else None
    return moment(row["received"]) if row and row["received"] else None


def tables(rows: Sequence[Flat], paint: Callable[[str, str], str]) -> str:
    """Return the numbers as one table a marketplace: a row a measure, a column a period."""
    names = dict.fromkeys(row["marketplace"] for row in rows)
    return "\n\n".join(_table(name, [row for row in rows if row["marketplace"] == name], paint) for name in names)


def _table(name: str, rows: Sequence[Flat], paint: Callable[[str, str], str]) -> str:
    periods, by = dict.fromkeys(row["period"] for row in rows), {(row["measure"], row["period"]): row for row in rows}
    measures = {row["measure"]: row for row in rows}
    target = say("target") if any(row["target"] for row in rows) else ""
    head = [name, *(numbers.titled(period) for period in periods), target]
    told = [[row["name"], *(_marked(by[measure, period]) for period in periods), row["target"] or ""]
            for measure, row in measures.items()]
    widths = [max(len(line[at]) for line in [head, *told]) for at in range(len(head))]
    out = [paint("  ".join(cell.ljust(wide) for cell, wide in zip(head, widths, strict=True)).rstrip(), "bold")]
    for line, measure in zip(told, measures, strict=True):
        met = [None, *(by[measure, period]["met"] for period in periods), None]
        out.append("  ".join(_painted(cell.ljust(wide), how, paint)
                             for cell, wide, how in zip(line, widths, met, strict=True)).rstrip())
    return "\n".join(out)


def _marked(row: Flat) -> str:
    return f"{row['value']}{'' if row['met'] is None else ' ✓' if row['met'] else ' ✗'}"


def _painted(cell: str, met: bool | None, paint: Callable[[str, str], str]) -> str:
    return cell if met is None else paint(cell, "green" if met else "red")
