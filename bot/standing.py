"""What stands around a case, looked up for the guards: what was heard of it, what was written, what has left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from bot import marketplaces
from bot.core import choosing, guards
from bot.core.action import State, What
from bot.core.altering import altered
from bot.core.around import Around, Counts, Left, Limits
from bot.core.case import Case
from bot.core.decide import leaving
from bot.core.event import Channel, Event, Kind, Origin
from bot.core.guards import By
from bot.core.holding import held, is_asked_of
from bot.core.policy import Mode, Policy
from bot.edges.store import Row, Store, moment
from bot.guichet import Guichet
from bot.pausing import paused
from bot.settings import Settings


def allowed(case: Case, event: Event, settings: Settings) -> Around:
    """Return what stands around a case with what the marketplace and the settings say, and the event itself. Pure."""
    marketplace = marketplaces.named(case.key.marketplace)
    kind = case.kind or event.kind
    box = next((box.address for box in settings.mailboxes if box.name == case.mailbox), "")
    told = () if event.kind in guards.ENDED and not _vouched(event.origin or "", event.source) else (event.kind,)
    said = _without_orders(event.kind, event.facts) if _vouched(event.origin or "", event.source) else {}
    around = altered(case.around, domains=marketplace.domains if marketplace else (), sender=box,
                     wallet=settings.shop(case.key.marketplace).wallet, told=(*case.around.told, *told),
                     facts={**case.around.facts, **said})
    if marketplace is None:
        return around
    asked = What.OFFER if What.OFFER in marketplace.terms.channels else What.REPLY
    about = choosing.matter_of(case.kind, around.told) or kind
    return altered(around, limits=marketplace.terms.guards, offer_channel=marketplace.terms.channel(kind, asked),
                   reply_channel=marketplace.terms.channel(about, What.REPLY))


def look(store: Store, case: Case, event: Event, now: datetime, *, alone: bool = True) -> Around:
    """Return what the database knows of what stands around a case.

    Args:
        alone: something may leave by itself; only then is asked what speaks against just that.
    """
    around = _history(store, case, event)
    return around if not alone else altered(
        around, paused=paused(store), stopped=store.stopped_address(case.answer_to), counts=_counts(store, case, now),
        strange_order=is_asked_of(event.kind) and store.is_strange(case.key, case.number, case.order))


def may_leave_alone(event: Event, policy: Policy) -> bool:
    """Say whether anything may leave by itself on an event's account, as far as mode and mail tell."""
    return not event.cold and Mode.ALONE in (policy.mode, *policy.modes.values())


def _history(store: Store, case: Case, event: Event) -> Around:
    """Return what was heard of a case and written in it: all that the seller's choices hang on."""
    heard = store.heard(case.key, case.order, case.item)
    rows = [row for row in heard if _vouched(row["origin"], row["source"])]
    facts: dict[str, str] = {}
    for row in rows:
        facts |= _without_orders(row["kind"], json.loads(row["facts"]))
    around = Around(told=tuple(_told(heard)), facts=facts, ordered=_ordered(rows, facts), limits=_limits_of(case),
                    received=_day(facts, ("received_on", "delivered_on")))
    once = _uses_up(store, case, event, around.limits)
    left = store.written(case.number, once) if once or case.number is not None else ()
    return altered(around, left=tuple(map(_left, left))) if left else around


def _told(heard: Sequence[Row]) -> Iterator[Kind]:
    """Yield the kinds that were heard: that something ended is believed of those alone who are believed."""
    return (kind for row in heard
            if (kind := Kind(row["kind"])) not in guards.ENDED or _vouched(row["origin"], row["source"]))


def _uses_up(store: Store, case: Case, event: Event, limits: Limits) -> str:
    """Return what an answer to an event would use up, or the draft that an order is about."""
    draft = store.outbox_row(event.draft) if event.draft else None
    return str(draft["once"]) if draft else guards.once(case, event, limits)


def standing(guichet: Guichet, case: Case) -> Case:
    """Return a case with what his choices about it hang on: what was heard, written, and is allowed."""
    last = guichet.store.row("SELECT key, kind, at, source FROM events WHERE case_id = ? ORDER BY id DESC LIMIT 1",
                             case.number)
    if last is None:
        return case
    event = Event(key=last["key"], kind=Kind(last["kind"]), case=case.key, at=moment(last["at"]), source=last["source"])
    case = altered(case, around=_history(guichet.store, case, event))
    return altered(case, around=altered(allowed(case, event, guichet.settings), told=case.around.told))


def forbidden_now(guichet: Guichet, row: Row, now: datetime) -> str:
    """Return why a row that is ready must not leave after all: what stands around it may have changed since.

    How much leaves alone was counted when it was written; what is paused is not asked, but waits.
    """
    case = guichet.store.case_by_number(row["case_id"]) if row["case_id"] else None
    asked = guichet.store.row("SELECT * FROM events WHERE id = ?", row["event"]) if row["event"] else None
    if case is None or asked is None:
        return ""
    event = Event(key=asked["key"], kind=Kind(asked["kind"]), case=case.key, at=moment(asked["at"]),
                  source=asked["source"], origin=Origin(asked["origin"]) if asked["origin"] else None,
                  held=asked["held"], draft=row["id"])
    case = altered(case, around=altered(look(guichet.store, case, event, now), counts=Counts(), paused=""))
    case = altered(case, around=altered(allowed(case, event, guichet.settings), told=case.around.told))
    by = By.BOT if row["mode"] == Mode.ALONE else By.SELLER
    mine = next(left for left in case.around.left if left.number == row["id"])
    reason = held(case, event, guichet.policy, now) if event.by_mail else ""
    return guards.refused(leaving(case, mine, by, guichet.policy, now, reason))


def _limits_of(case: Case) -> Limits:
    return next((one.terms.guards for one in marketplaces.installed() if one.name == case.key.marketplace), Limits())


def _vouched(origin: str, source: str) -> bool:
    """Say whether somebody is believed: a proven mail, or the seller himself."""
    return origin == Origin.PROVEN or source.startswith("seller:")


def _without_orders(kind: str, facts: Mapping[str, str]) -> dict[str, str]:
    """Leave out what a seller's order said of itself: `20 %` is no fact about the item."""
    if kind == Kind.ANSWER_CHOSEN:
        return {"shipped": "no"} if facts.get("choice") == choosing.Choice.NOT_SHIPPED else {}
    return {name: said for name, said in facts.items() if name not in ("percent", "amount", "until")}


def _ordered(rows: Sequence[Row], facts: Mapping[str, str]) -> datetime | None:
    """Return when the item was ordered: as a mail dates it, or when the first mail of the sale came."""
    if day := _day(facts, ("ordered_on", "order_date")):
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    return next((moment(row["at"]) for row in rows if row["kind"] == Kind.SALE_MADE), None)


def _day(facts: Mapping[str, str], names: Sequence[str]) -> date | None:
    for name in names:
        try:
            return date.fromisoformat(facts.get(name, "")[:10])
        except ValueError:
            continue
    return None


def _counts(store: Store, case: Case, now: datetime) -> Counts:
    domain = case.answer_to.rpartition("@")[2].lower()
    return Counts(**store.left_alone(now, case=case.number, domain=domain, mailbox=case.mailbox))


def _left(row: Row) -> Left:
    return Left(
        number=row["id"], what=What(row["what"]), state=State(row["state"]), channel=Channel(row["channel"]),
        address=row["to_addr"] if row["channel"] == Channel.EMAIL else "", event=row["event"],
        kind=Kind(row["kind"]) if row["kind"] else None, once=row["once"], spent=bool(row["spent"]),
        cancels=row["channel"] == Channel.WEBSERVICE and row["to_addr"].startswith(("refusesale", "cancelitem")),
        offer=row["step"].rpartition("/offer:")[2].partition(":")[0] if row["what"] == What.OFFER else "",
        choice=_choice(row["step"]), to_service=row["template"].endswith(".service"))


_CHOSEN = re.compile(r"/(?:choice:([a-z_]+:[a-z_]+)|(accept|refuse)):")


def _choice(step: str) -> str:
    found = _CHOSEN.search(step)
    return (found[1] or f"{found[2]}:{Kind.SALE_MADE}") if found else ""
