"""The drift alarm: a marketplace we know wrote in a way we do not, and the seller hears of it in the same pass."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from bot import due, marketplaces, words
from bot.core.action import Action, What
from bot.core.clean import UNEXPECTED
from bot.core.event import Channel, Kind, Origin, Party
from bot.core.pattern import later
from bot.core.policy import Mode
from bot.due import DRIFT
from bot.edges import EdgeError
from bot.edges.store import Row, Store
from bot.guichet import Guichet
from bot.words import say
from bot.words.kinds import kind_words
from bot.writing import write_to_seller

log = logging.getLogger(__name__)

MOST = 5  # mails a pass: a redesign of all of a marketplace's mails must not bury what the seller has to answer
CODES = frozenset({"missing_fact", "unknown_label", "ambiguous"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A mail that is not read as it should be.

    Attributes:
        layout: the same for all mails that look alike and lack the same.
        missing: what was missing, as a code that never changes with the mail.
    """

    mail: Row
    marketplace: str
    layout: str
    missing: str


def tell_drift(guichet: Guichet, now: datetime) -> bool:
    """Report what the mails read since the last time brought that is new to us; say whether there were any.

    It comes after the reading, so that nothing waits for it; the mails are settled by then, and stay so
    whatever happens here.
    """
    store = guichet.store
    if store.waiting_mails() or not due.drift(guichet, now):
        return False
    try:
        with store.write_tx(), words.speaking(guichet.seller.language):
            _report(guichet, [found for mail in _unseen(store) if (found := drift_of(mail))], now)
            _advance(store)
    except EdgeError:
        raise  # the disk's fault: tried again later
    except UNEXPECTED:  # ours: one report is less than a pass
        log.exception("The drift alarm failed")
        _advance(store)
    return True


def _unseen(store: Store) -> list[Row]:
    """Return the mails settled since the last time that may be drift; a first look settles 100,000 that are not."""
    return store.rows(
        "SELECT id, sender, subject, origin, state, reason, marketplace, kind, case_id FROM mails"
        " WHERE id > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?), 0)"
        " AND (state = 'shelved' OR (state = 'read' AND kind = ?)) ORDER BY id", DRIFT, Kind.MARKETPLACE_WROTE)


def _advance(store: Store) -> None:
    store.run("INSERT OR REPLACE INTO meta (name, value) SELECT ?, coalesce(max(id), 0) FROM mails", DRIFT)


# -- which mail ----------------------------------------------------------------------------------


def drift_of(mail: Row) -> Drift | None:
    """Return what is new about a settled mail; None for one that is read, nobody's, or forged."""
    missing = _missing(mail)
    if not missing or mail["origin"] not in (Origin.PROVEN, Origin.UNPROVEN):
        return None
    sent_by = next((one.name for one in marketplaces.installed() if one.is_sender(mail["sender"])), "")
    if not sent_by:
        return None
    seen = "\n".join((sent_by, _masked_address(mail["sender"]), masked(mail["subject"]), missing))
    return Drift(mail=mail, marketplace=sent_by, layout=sha256(seen.encode()).hexdigest()[:16], missing=missing)


def _missing(mail: Row) -> str:
    if mail["state"] == "read" and mail["kind"] == Kind.MARKETPLACE_WROTE:
        return "unknown_label"
    code = mail["reason"].partition(":")[0]
    if mail["state"] != "shelved" or code not in CODES:
        return ""
    return _without_subject(mail["reason"]) if code == "missing_fact" else str(code)


def _without_subject(reason: str) -> str:
    """Return which fact of which kind: the contract writes «… no 'order' in the mail «Subject»»."""
    return reason.partition(" in the mail «")[0]


def _masked_address(address: str) -> str:
    """Return an address less what tells one buyer's from the next: their local parts have digits."""
    local, _, domain = address.rpartition("@")
    return f"*@{domain}" if re.search(r"[0-9]", local) else address


_ANSWER = later(r"\A(?:(?:re|fwd?|tr|aw|wg|rif|rv)\s?:\s*)+", re.I)
_ASIDE = later(r"\([^()]*+\)?")
_QUOTED = later(r"«[^»]*+»?|“[^”]*+”?|\"[^\"]*+\"?")
_AGENT = later(r"[-–] [^()]{1,60}\(\)")  # "- Jean-Luc (Service Clients Rakuten)"
_PERSON = later(
    r"\b((?:cliente? amazon|acheteu(?:r|se)|cliente?|kund(?:e|in)|käufer(?:in)?|buyer|customer|acquirente"
    r"|compradora?|de|von|from|da)) (?:[^\W\d_a-zà-ÿ][\w.'’-]*+ ?){1,4}")
_NUMBER = later(r"[0-9][0-9 .,/-]*")


def masked(subject: str) -> str:
    """Return a subject less what changes from mail to mail: numbers, asides, names; accents and case lost."""
    said = _ANSWER.sub("", subject)
    said = _QUOTED.sub("*", _AGENT.sub("- *", _ASIDE.sub("()", said)))
    said = _NUMBER.sub("#", _PERSON.sub(r"\1 *", said))
    plain = "".join(char for char in normalize("NFKD", said) if not combining(char))
    return " ".join(plain.casefold().split())


# -- one mail to the seller ----------------------------------------------------------------------


def _report(guichet: Guichet, found: Sequence[Drift], now: datetime) -> None:
    """Write one mail a layout that was not told today, at most five; the last one counts the rest."""
    day = now.astimezone(ZoneInfo(guichet.seller.timezone)).date().isoformat()
    told = {step: list(alike) for step, alike in _by_step(found, day) if not _is_told(guichet, step)}
    shown = {step: alike for step, alike in told.items() if _is_wanted(guichet, alike[0])}
    rest = sum(map(len, list(shown.values())[MOST:]))
    for place, (step, alike) in enumerate(list(shown.items())[:MOST], start=1):
        _write(guichet, step, alike, rest if place == MOST else 0, now)


def _by_step(found: Iterable[Drift], day: str) -> list[tuple[str, list[Drift]]]:
    steps = sorted(found, key=lambda one: (one.marketplace, one.layout, one.mail["id"]))
    alike = [(f"drift/{key[0]}/{key[1]}/{day}", list(group))
             for key, group in groupby(steps, key=lambda one: (one.marketplace, one.layout))]
    return sorted(alike, key=lambda pair: int(pair[1][0].mail["id"]))


def _is_told(guichet: Guichet, step: str) -> bool:
    steps = [f"{step}/{address}" for address in guichet.seller.notify]
    marks = ", ".join("?" for _ in steps)
    return guichet.store.row(f"SELECT 1 AS one FROM outbox WHERE step IN ({marks}) LIMIT 1", *steps) is not None


def _is_wanted(guichet: Guichet, drift: Drift) -> bool:
    """Say whether a mail of its own is due: not where he switched it off, nor where the question tells it already."""
    if guichet.policy.mode_for(drift.marketplace, Kind.MARKETPLACE_WROTE) is Mode.OFF:
        return False
    return guichet.store.row(
        "SELECT 1 AS one FROM outbox JOIN events ON events.id = outbox.event"
        " WHERE events.mail = ? AND outbox.what = ? AND outbox.template = 'question' LIMIT 1",
        drift.mail["id"], What.QUESTION) is None


def _write(guichet: Guichet, step: str, alike: Sequence[Drift], rest: int, now: datetime) -> None:
    drift = alike[0]
    action = Action(what=What.NOTICE, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="drift",
                    step=step, why=say("{marketplace} wrote in a way that is not known here",
                                       marketplace=drift.marketplace))
    context = {"mail": f"M-{drift.mail['id']}", "case": f"C-{drift.mail['case_id']}" if drift.mail["case_id"] else "",
               "marketplace": drift.marketplace, "sender": drift.mail["sender"], "subject": drift.mail["subject"],
               "missing": in_words(drift), "others": [f"M-{one.mail['id']}" for one in alike[1:]], "rest": rest}
    write_to_seller(guichet, action, step, context, drift.mail["case_id"], None, now)


_FACT = later(r"\Amissing_fact: \S+ (\w+): no '(\w+)'")


def in_words(drift: Drift) -> str:
    """Return what was missing as the seller may read it."""
    if found := _FACT.match(drift.missing):
        return say("it was read as «{kind}», but «{fact}» was not found in it", kind=say(kind_words(found[1])),
                   fact=found[2])
    if drift.missing == "ambiguous":
        return say("more than one marketplace claims it")
    if drift.missing == "unknown_label":
        return say("no kind of mail that is known here looks like it")
    return drift.missing
