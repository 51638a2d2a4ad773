"""Once a day: every mail on the server has a row and a verdict, and nothing of a marketplace lies in the junk.

What is found is an alarm, and is kept in `meta` for `check`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot import words
from bot.alarming import end_alarm, raise_alarm
from bot.core.errors import UnreadableError
from bot.core.event import Origin
from bot.edges import EdgeError
from bot.edges.store import Store, iso, moment
from bot.guichet import Guichet
from bot.receiving import SWEEP
from bot.settings import Mailbox
from bot.words import say

if TYPE_CHECKING:
    from bot.core.message import Message
    from bot.edges.imap import Imap

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)   # a mail not read by then, a folder not looked at by then
SHOWN = 5                   # numbers named in a sentence

_ADDRESS = re.compile(rb"[\w.+=-]{1,80}@[\w.-]{1,120}")


def reconcile(guichet: Guichet, mailbox: Mailbox, imap: Imap | None, now: datetime) -> list[str]:
    """Compare what the server has with what we have, if that is due; return what differs, a sentence each.

    Due is it once a day, and once an hour for as long as something differs. `imap` is None for a Maildir.
    """
    if not _is_due(guichet.store, mailbox.name, now):
        return []
    with words.speaking(guichet.seller.language):
        try:
            found = differences(guichet.store, mailbox, imap, now)
            found += in_junk(guichet, mailbox, imap, now) if imap else []
        except EdgeError as error:  # receiving says so, too, and tries again; here it must stop nothing
            found = [say("Mailbox {mailbox}: it could not be compared with what was kept ({error})",
                         mailbox=mailbox.name, error=error)]
    guichet.store.set_meta(f"reconciled:{mailbox.name}", json.dumps({"at": iso(now), "found": found}))
    for sentence in found:
        log.error("%s", sentence)
    if found:
        raise_alarm(guichet, f"ledger:{mailbox.name}", "\n".join(found), now)
    else:
        end_alarm(guichet, f"ledger:{mailbox.name}", now)
    return found


def last_found(store: Store, mailbox: str) -> tuple[datetime, list[str]] | None:
    """Return when a mailbox was compared last, and what differed; None if it never was."""
    kept = store.meta(f"reconciled:{mailbox}")
    if not kept:
        return None
    told = json.loads(kept)
    return moment(told["at"]), told["found"]


def _is_due(store: Store, mailbox: str, now: datetime) -> bool:
    last = last_found(store, mailbox)
    if last is None:
        return True
    at, found = last
    return at.date() != now.date() or (bool(found) and at.hour != now.hour)


# -- what was not kept, what was not read --------------------------------------------------------


def differences(store: Store, mailbox: Mailbox, imap: Imap | None, now: datetime) -> list[str]:
    """Return a sentence for each folder with mails of the last 14 days that have no row, and for rows without verdict.

    What lies above the cursor only came while nobody looked, unless nobody has looked for an hour.
    """
    found = [sentence for folder in mailbox.folders if imap
             if (sentence := _not_kept(store, mailbox.name, folder, imap, now))]
    late = "FROM mails WHERE mailbox = ? AND state = 'kept' AND kept < ?"
    waiting = store.rows(f"SELECT id {late} ORDER BY id LIMIT {SHOWN + 1}", mailbox.name, iso(now - LATE))
    if waiting:
        [counted] = store.rows(f"SELECT count(*) AS many {late}", mailbox.name, iso(now - LATE))
        found.append(say("Mailbox {mailbox}: {count} mails came more than an hour ago and are not read yet ({which}); "
                         "see whether the program is running", mailbox=mailbox.name,
                         count=counted["many"], which=_some([f"M-{row['id']}" for row in waiting])))
    return found


def _not_kept(store: Store, mailbox: str, folder: str, imap: Imap, now: datetime) -> str:
    known = store.folder(mailbox, folder)
    if known is None or not known["looked"]:
        return ""  # never looked at: that is told by whoever cannot
    late = now - moment(known["looked"]) > LATE
    seen = None if late else imap.seen(folder)
    uidvalidity = (seen or imap.folder(folder)).uidvalidity
    there = imap.present(folder, 0, (now - SWEEP).date())
    last = known["last_uid"] if known["uidvalidity"] == uidvalidity else 0
    missed = [uid for uid in store.lacking(mailbox, folder, uidvalidity, there) if late or uid <= last]
    return say("Mailbox {mailbox}: {count} mails in {folder} were never kept (numbers {which}); look at them in your "
               "mail program, and move them out and back in: then they count as new", mailbox=mailbox, folder=folder,
               count=len(missed), which=_some([str(uid) for uid in missed])) if missed else ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


# -- what the host took for junk -----------------------------------------------------------------


def in_junk(guichet: Guichet, mailbox: Mailbox, imap: Imap, now: datetime) -> list[str]:
    """Return a sentence for each junk folder with recent mails of the mailbox's marketplaces; it is only looked at."""
    found = []
    for folder in imap.junk_folders():
        if folder in mailbox.folders or imap.is_empty(folder):
            continue
        names = sorted(set(_of_marketplaces(guichet, mailbox, folder, imap, now)))
        if names:
            found.append(say("Mailbox {mailbox}: mails of {names} lie in {folder}, where nobody reads them; move them "
                             "to {inbox} and tell your mail host that they are no junk", mailbox=mailbox.name,
                             names=", ".join(names), folder=folder, inbox=mailbox.folders[0]))
    return found


def _of_marketplaces(guichet: Guichet, mailbox: Mailbox, folder: str, imap: Imap, now: datetime) -> Iterator[str]:
    lines = imap.senders(folder, imap.all_uids(folder, (now - SWEEP).date()))
    if not lines:
        return  # most junk folders; then no marketplace is loaded

    from bot import marketplaces
    from bot.core.case import LOGGED

    shops = marketplaces.among(mailbox.shops)
    said = [uid for uid, line in lines.items() if any(one.is_sender(_address(line)) for one in shops)]
    trusted = frozenset({mailbox.authserv_id} if mailbox.authserv_id else ())
    for mail in imap.fetch(folder, sorted(said)):
        try:
            seen = guichet.reader.read(mail.raw, trusted=trusted)
            claim = marketplaces.recognise(seen, shops)
        except UnreadableError:
            continue  # what a person must judge is judged in the junk folder as well as on the shelf
        if claim and claim[1] not in LOGGED and _is_believed(seen, trusted):
            yield claim[0].name


def _is_believed(seen: Message, trusted: frozenset[str]) -> bool:
    """Say whether a mail may be what it says: in the junk most is forged, so where the host can prove it, it must."""
    return seen.origin is Origin.PROVEN or (not trusted and seen.origin is not Origin.FORGED)


def _address(line: bytes) -> str:
    found = _ADDRESS.findall(line[:4096])
    return found[-1].decode("ascii", "replace").lower() if found else ""
