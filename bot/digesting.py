"""The digest: one mail a day that tells what was done, what waits and what nears; so that silence means something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import counting, words
from bot.alarming import about, standing
from bot.core.action import Action, What
from bot.core.event import Channel, Party
from bot.core.policy import Mode
from bot.due import DAY, DIGEST, newest_day
from bot.edges.store import Row, Store, iso, moment
from bot.guichet import Guichet
from bot.words import say
from bot.words.kinds import kind_words
from bot.writing import open_deadlines, write_to_seller

WEEK = timedelta(days=7)
NEAR = timedelta(days=3)    # what others must do is shown so long before
MOST = 25                   # lines of one list: the rest is counted
SINCE = "digest_told"       # in meta: when that was


def tell_digest(guichet: Guichet, now: datetime) -> bool:
    """Write the digest if its time of day has come; say whether it had.

    Once a local day, up to 18 hours late; never two for one day, whatever clock or zone do. The first one comes
    after the first pass over the mailboxes, on the next day if its hour is past.
    """
    at, store = guichet.policy.digest, guichet.store
    if at is None:
        return False
    day, due = newest_day(now, at, ZoneInfo(guichet.seller.timezone))
    last = store.meta(DIGEST)
    if not last:
        _begin(guichet, day, now)
        return False
    if last >= day or now - due > DAY / 4 * 3 or store.waiting_mails():
        return False
    with store.write_tx():
        if store.meta(DIGEST) >= day:
            return False
        _write(guichet, day, now)
        store.set_meta(DIGEST, day)
        store.set_meta(SINCE, iso(now))
    return True


def _begin(guichet: Guichet, day: str, now: datetime) -> None:
    """Let the days of digests begin, once all that was found at the first look is read."""
    looked = guichet.store.row("SELECT 1 AS one FROM folders WHERE looked IS NOT NULL LIMIT 1")
    if looked and not guichet.store.waiting_mails():
        guichet.store.set_meta(DIGEST, day)
        guichet.store.set_meta(SINCE, iso(now))


def digest(guichet: Guichet, now: datetime, *, asked: bool = False) -> dict[str, Any]:
    """Write the digest to the seller, and return what it says; `asked`: beside the daily one, which it leaves alone."""
    day = now.astimezone(ZoneInfo(guichet.seller.timezone)).date().isoformat()
    return _write(guichet, f"asked/{iso(now)}" if asked else day, now)


def _write(guichet: Guichet, step: str, now: datetime) -> dict[str, Any]:
    asked = step.startswith("asked/")
    with words.speaking(guichet.seller.language):
        told = context(guichet, now)
        action = Action(what=What.DIGEST, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="digest",
                        step="digest", why=say("asked for") if asked else say("once a day"))
        write_to_seller(guichet, action, f"digest/{step}", {**told, "asked": asked}, None, None, now)
    return told


def context(guichet: Guichet, now: datetime) -> dict[str, Any]:
    """Return what a digest says, in the language spoken now; of each list the first lines, and how many are `left`."""
    store = guichet.store
    since = moment(store.meta(SINCE) or iso(now - DAY))
    lists = {"sent": _sent(store, since), "shadow": _shadow(store, since), "ended": _ended(store, since),
             "waiting": _waiting(guichet, now), "near": _near(guichet, now), "shelf": _shelf(store, since),
             "uncertain": _uncertain(store)}
    return {"now": now, "since": since, "alarms": _alarms(store), "over": _over(store, since),
            "cautions": counting.cautions(store, guichet.settings, now),
            "measured": counting.lines(store, guichet.settings, now),
            "numbers": _numbers(store, since, now), "count": len(lists["waiting"]),
            **{name: rows[:MOST] for name, rows in lists.items()},
            "left": {name: max(0, len(rows) - MOST) for name, rows in lists.items()}}


def _sent(store: Store, since: datetime) -> list[Row]:
    """Return what left to buyers and marketplaces, or was handed to the seller, and by whose yes."""
    rows = store.rows(
        "SELECT outbox.*, cases.kind, cases.buyer, cases.shop FROM outbox JOIN cases ON cases.id = outbox.case_id"
        " WHERE what IN ('reply', 'offer') AND state IN ('sent', 'handed') AND changed >= ?"
        " ORDER BY changed, outbox.id", iso(since))
    return [{**row, "headline": say(kind_words(row["kind"])), "at": moment(row["changed"]),
             "by": say("by itself, as you allow") if row["mode"] == Mode.ALONE else _yes(store, row)} for row in rows]


def _shadow(store: Store, since: datetime) -> list[Row]:
    """Return what would have been written, were the mode not `shadow`."""
    rows = store.rows(
        "SELECT cases.id AS case_id, cases.kind, json_extract(value, '$.action') AS action FROM events"
        " JOIN cases ON cases.id = events.case_id, json_each(events.decided)"
        " WHERE json_extract(value, '$.mode') = ? AND heard >= ? ORDER BY events.id", Mode.SHADOW, iso(since))
    return [{**row, "headline": say(kind_words(row["kind"]))} for row in rows]


def _yes(store: Store, row: Row) -> str:
    """Return who said yes to a draft."""
    said = store.row("SELECT source FROM events WHERE case_id = ? AND kind IN ('draft_approved', 'offer_ordered')"
                     " AND key NOT LIKE '%/refused:%' AND (mark LIKE ? OR kind = 'offer_ordered')"
                     " ORDER BY mark LIKE ? DESC, id DESC LIMIT 1", row["case_id"], *[f"D-{row['id']}:%"] * 2)
    source = said["source"].removeprefix("seller:") if said else ""
    ordered = store.row("SELECT sender FROM orders WHERE mail = ?", source.removeprefix("mail:"))
    if ordered:
        return say("on the yes of {who}", who=ordered["sender"])
    return say("on your yes in the terminal") if source == "terminal" else say("on your yes")


def _ended(store: Store, since: datetime) -> list[Row]:
    """Return the seller's deadlines that were met or missed."""
    rows = store.rows(
        "SELECT deadlines.*, cases.kind, cases.buyer, cases.shop FROM deadlines JOIN cases ON cases.id = case_id"
        " WHERE who = 'seller' AND state IN ('met', 'missed') AND ended >= ? ORDER BY ended, deadlines.id", iso(since))
    return [{**row, "headline": say(kind_words(row["kind"])), "due": moment(row["due"]), "at": moment(row["ended"])}
            for row in rows]


def _waiting(guichet: Guichet, now: datetime) -> list[Row]:
    """Return the cases that wait for the seller: the least time left first, without a deadline last."""
    rows = [_case(guichet.store, row, now) for row in guichet.store.rows(
        "SELECT * FROM cases WHERE turn = 'seller' AND stage != 'closed' ORDER BY id") if _wanted(guichet, row)]
    return sorted(rows, key=lambda row: min((one["due"] for one in row["deadlines"] if one["state"] == "open"),
                                            default=now + timedelta(days=36500)))


def _wanted(guichet: Guichet, row: Row) -> bool:
    """Say whether the seller wants to hear of such cases at all."""
    return guichet.policy.mode_for(row["marketplace"], row["kind"]) is not Mode.OFF


def _case(store: Store, row: Row, now: datetime) -> Row:
    drafted = store.row("SELECT id FROM outbox WHERE case_id = ? AND what IN ('reply', 'offer') AND state = 'draft'"
                        " ORDER BY id DESC LIMIT 1", row["id"])
    return {**row, "headline": say(kind_words(row["kind"])), "draft": f"D-{drafted['id']}" if drafted else "",
            "deadlines": open_deadlines(store, row["id"], now)}


def _near(guichet: Guichet, now: datetime) -> list[Row]:
    """Return what buyers and marketplaces must do soon."""
    rows = guichet.store.rows(
        "SELECT deadlines.*, cases.kind, cases.buyer, cases.shop, cases.marketplace FROM deadlines"
        " JOIN cases ON cases.id = case_id WHERE state = 'open' AND who != 'seller' AND due <= ?"
        " ORDER BY due, deadlines.id", iso(now + NEAR))
    return [{**row, "headline": say(kind_words(row["kind"])), "due": moment(row["due"]),
             "left": moment(row["due"]) - now, "whose": _whose(row["who"])} for row in rows if _wanted(guichet, row)]


def _whose(who: str) -> str:
    return say("the buyer must move") if who == Party.BUYER else say("the marketplace must move")


def _shelf(store: Store, since: datetime) -> list[Row]:
    return store.rows("SELECT id, sender, subject, reason FROM mails WHERE state = 'shelved' AND kept >= ?"
                      " ORDER BY id", iso(since))


def _uncertain(store: Store) -> list[Row]:
    return store.rows("SELECT id, case_id, to_addr FROM outbox WHERE state = 'uncertain' ORDER BY id")


def _alarms(store: Store) -> list[Row]:
    return [_alarm(row) for row in standing(store)]


def _over(store: Store, since: datetime) -> list[Row]:
    rows = store.rows("SELECT * FROM alarms WHERE ended >= ? AND told IS NOT NULL ORDER BY id", iso(since))
    return [_alarm(row) for row in rows]


def _alarm(row: Row) -> Row:
    return {**row, "about": about(row["name"]), "since": moment(row["since"])}


def _numbers(store: Store, since: datetime, now: datetime) -> dict[str, int]:
    """Return counts since the last digest, and of the last seven days where their name says so."""
    week = iso(now - WEEK)
    return {
        "mails": _count(store, "mails WHERE state != 'kept' AND kept >= ?", iso(since)),
        "opened": _count(store, "cases WHERE opened >= ?", iso(since)),
        "closed": _count(store, "cases WHERE stage = 'closed' AND (SELECT max(heard) FROM events"
                                " WHERE case_id = cases.id) >= ?", iso(since)),
        "met_week": _count(store, "deadlines WHERE who = 'seller' AND state = 'met' AND ended >= ?", week),
        "missed_week": _count(store, "deadlines WHERE who = 'seller' AND state = 'missed' AND ended >= ?", week),
    }


def _count(store: Store, of: str, *args: Any) -> int:
    rows: Sequence[Row] = store.rows(f"SELECT count(*) AS count FROM {of}", *args)
    return int(rows[0]["count"])
