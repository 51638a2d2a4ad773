"""What `check` looks at beside settings and log-ins: the machine, its Python, and what a mailbox tells of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.deadline import local
from bot.core.errors import BotError
from bot.edges import interpreter
from bot.edges.store import Store, iso
from bot.finding import Finding, attention, broken, ok
from bot.saving import backups_in, copies, newest_good
from bot.settings import Mailbox, Settings
from bot.words import say

if TYPE_CHECKING:
    from bot.edges.imap import Imap

__all__ = ["backups", "clock_of_server", "clock_of_this_machine", "python", "quota", "sender", "sent_folder"]

FULL = 0.9                              # of a quota: above it mail may soon be refused
WRONG = timedelta(minutes=10)           # a clock so far off the mail server's is wrong
OLD = timedelta(days=2)                 # a daily backup is older only if none was made
LATELY = timedelta(days=30)
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


# ---- the machine -------------------------------------------------------------------------------------


def python() -> Finding:
    """Tell the known holes of this Python, each tried. They are no fault of the seller's, and each has our guard."""
    holes, version = interpreter.open_holes(), interpreter.version()
    if not holes:
        return ok("python", say("Python {version}: none of the known holes that concern mail is open", version=version))
    return attention("python", say(
        "Python {version} has known holes ({holes}); the bot has a guard of its own against each", version=version,
        holes=", ".join(holes)), say("update Python when your system offers it: apt upgrade"))


def clock_of_this_machine(synchronised: Path = SYNCHRONISED) -> Finding:
    if synchronised.exists():
        return ok("clock", say("set by the network"))
    return ok("clock", say("whether the network sets it cannot be told from here; the newest mails are compared below"))


def backups(settings: Settings, now: datetime) -> Finding:
    """Tell how old the newest backup is, and whether there is a good one."""
    if settings.keeping.backups is None:
        return attention("backups", say("none are made: keep_backups is \"off\""),
                         say("copy the database yourself: `run_bot.py backup FILE`, or take the line out"))
    if not settings.database.exists() or not (found := copies(settings)):
        return ok("backups", say("the first will be made in {folder} by the first pass", folder=backups_in(settings)))
    good = newest_good(settings)
    if good is None:
        return broken("backups", say("none of {count} in {folder} is sound", count=len(found),
                                     folder=backups_in(settings)), say("`run_bot.py backup FILE`, on another disk"))
    made = datetime.fromtimestamp(good.stat().st_mtime, now.tzinfo)
    if now - made > OLD:
        return attention("backups", say("the newest good one is of {when}", when=local(made, settings.seller)),
                         say("one is made by each day's first pass: is the bot running? `run_bot.py check --alive`"))
    return ok("backups", say("{count} in {folder}, the newest of {when}", count=len(found),
                             folder=backups_in(settings), when=local(made, settings.seller)))


# ---- a mailbox ---------------------------------------------------------------------------------------


def quota(name: str, imap: Imap) -> Finding:
    """Tell how full a mailbox is: what comes to a full one is refused, and a claim with it."""
    found = imap.quota()
    if found is None:
        return ok(name, say("the server tells nothing of a quota"))
    usage, limit = found
    room = {"used": usage >> 10, "limit": limit >> 10, "percent": round(100 * usage / limit)}
    if usage >= limit * FULL:
        return attention(name, say("{percent} % full ({used} of {limit} MiB)", **room),
                         say("delete or move old mail: to a full mailbox no claim is delivered"))
    return ok(name, say("{percent} % full ({used} of {limit} MiB)", **room))


def sent_folder(name: str, imap: Imap) -> Finding:
    if folder := imap.sent_folder():
        return ok(name, say("what leaves is looked for, and filed, in {folder}", folder=folder))
    return attention(name, say("there is no Sent folder"), say(
        "make a folder named Sent: after a broken connection it tells whether a reply has left"))


def clock_of_server(name: str, imap: Imap, now: datetime, settings: Settings) -> Finding:
    """Compare our clock with the newest mail's: IMAP tells no time, but a mail from the future proves ours late."""
    received = imap.newest_received("INBOX")
    if received and received > now + WRONG:
        return broken(name, say("this machine's clock says {now}, the server's said {then} with the newest mail",
                                now=local(now, settings.seller), then=local(received, settings.seller)),
                      say("set the clock right: deadlines are reckoned by it (timedatectl set-ntp true)"))
    return ok(name, say("the server's clock is not ahead of this machine's"))


def sender(settings: Settings, mailbox: Mailbox, now: datetime) -> Iterator[Finding]:
    """Say what nobody can know from here: whether a marketplace takes mail from this address. Replies tell."""
    name = f"mailbox {mailbox.name}"
    if turned := _turned_away(settings, mailbox, now):
        yield attention(name, say("{count} replies from {address} were refused in the last {days} days; see `show "
                                  "outbox`", count=turned, address=mailbox.address, days=LATELY.days),
                        _authorise(mailbox))
        return
    yield ok(name, say("whether {address} is authorised at {shops} cannot be seen from here. {remedy}",
                       address=mailbox.address, shops=", ".join(mailbox.shops), remedy=_authorise(mailbox)))


def _authorise(mailbox: Mailbox) -> str:
    """Return where an address is authorised. † The menu's words were read nowhere; the rule is in Amazon's help."""
    if "amazon" in mailbox.shops:
        return say("Authorise it in Seller Central, in the settings of buyer messages †; what comes from another "
                   "address never reaches a buyer")
    return say("Name it in your seller account as the address you write from")


def _turned_away(settings: Settings, mailbox: Mailbox, now: datetime) -> int:
    """Return how many replies failed for good lately: refused at once, or come back."""
    if not settings.database.exists():
        return 0
    try:
        with closing(Store(settings.database)) as store:
            row = store.row("SELECT count(*) AS times FROM outbox WHERE mailbox = ? AND state = 'failed'"
                            " AND channel = 'email' AND what IN ('reply', 'offer') AND changed > ?", mailbox.name,
                            iso(now - LATELY))
    except BotError:
        return 0
    return int(row["times"]) if row else 0
