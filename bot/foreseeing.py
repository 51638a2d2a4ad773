"""What the next pass need not ask again: the card that a pass which ended well leaves for `glancing`.

The questions are those of the errands, asked of a later hour: once there is something to do, each says so until it is
done, so that a no then is a no for all the time before. They are asked between two looks at the files: had somebody
written meanwhile, it would show.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from bot import errands
from bot.edges import EdgeError
from bot.edges.clock import now as this_moment
from bot.edges.store import Store, iso, moment
from bot.glancing import CARD, FORM, MIXED, NOW, stands
from bot.guichet import Guichet, has_own_words, own_words
from bot.saving import backups_in, is_fresh
from bot.settings import Mailbox, Settings

__all__ = ["foresee", "forget", "hand_over"]

HOUR = timedelta(hours=1)           # each begins with a sweep
STEP = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
LEAST = timedelta(minutes=2)        # a card for less is not worth its writing
TICK = 0.004                        # seconds; so long a file system's clock may stand still
TICKS = 8


def forget(settings: Settings) -> float:
    """Take the card away, since a pass begins; return when it was last found to hold, in seconds, or 0."""
    card = settings.data / CARD
    with suppress(OSError):
        used = card.stat().st_mtime
        card.unlink()
        return used
    return 0.0


def hand_over(store: Store, used: float) -> None:
    """Let the clock know until when the card stood in for it: neither was the bot stopped, nor did time go back."""
    if not used:
        return
    told = iso(datetime.fromtimestamp(used, this_moment().tzinfo))
    with store.write_tx():
        for name in ("ticked", "clock"):
            if store.meta(name) and store.meta(name) < told:
                store.set_meta(name, told)


def foresee(settings: Settings, began: float) -> None:
    """Leave a card, if nothing can be due for a while; only while holding the lock, with the database closed.

    `began`, in seconds: before it, neither mailboxes.toml nor a template was read; 0 leaves no card. What
    cannot be foreseen costs the next pass its time, and nothing else, so this raises nothing.
    """
    if not began:
        return
    written = [settings.path, *_own_words(settings)]
    files = [*written, settings.database, Path(f"{settings.database}-wal"), backups_in(settings), *_maildirs(settings)]
    with suppress(EdgeError, OSError):
        if any(path.stat().st_mtime > began - TICK * TICKS for path in written if path.exists()):
            return
        before = [stands(str(path)) for path in files]
        lines = _lines(settings)
        fresh = settings.data / f"{CARD}.new"
        if lines and _clock_has_moved(fresh, files) and before == [stands(str(path)) for path in files]:
            lines += [("file", str(path), state) for path, state in zip(files, before, strict=True)]
            if not any(set(field) & {MIXED, "\n"} for line in lines for field in line):
                fresh.write_text("".join(f"{line}\n" for line in (FORM, *map(MIXED.join, lines))), "utf-8")
                os.replace(fresh, settings.data / CARD)


def _own_words(settings: Settings) -> list[Path]:
    """Return the seller's own templates and their folders: each pass tries those anew that he has changed."""
    own = own_words(settings)
    return [own, *own.rglob("*")] if has_own_words(settings) else [own]


def _maildirs(settings: Settings) -> list[Path]:
    return [box.maildir / part for box in settings.mailboxes if box.maildir for part in ("new", "cur")]


def _clock_has_moved(fresh: Path, files: list[Path]) -> bool:
    """Wait until what is written from now on gets a later time than these files have; False where that takes long.

    File systems give times of a tick, some of a second or two.
    """
    newest = max(path.stat().st_mtime_ns for path in files if path.exists())
    fresh.touch(0o600)
    for _ in range(TICKS):
        os.utime(fresh)
        if fresh.stat().st_mtime_ns > newest:
            return True
        time.sleep(TICK)
    return False


def _lines(settings: Settings) -> list[tuple[str, ...]]:
    """Return what the card says beside the files; nothing where no card can be written."""
    store = Store(settings.database)
    try:
        guichet, now = Guichet(settings, store), this_moment()
        rows = [_mailbox(store, box) for box in settings.mailboxes]
        until = _quiet_until(guichet, now)
        if None in rows or until - now < LEAST or store.lease():
            return []
        return [("settings", str(settings.path)), ("until", str(until.timestamp())), ("ping", settings.ping),
                ("beat", _beat(settings)), *(row for row in rows if row)]
    finally:
        store.close()


def _quiet_until(guichet: Guichet, now: datetime) -> datetime:
    """Return the last moment, by steps, until which nothing is due; at most the end of the hour of the last look."""
    looked = [moment(row["looked"]) for row in guichet.store.rows("SELECT looked FROM folders") if row["looked"]]
    until = min(looked, default=now - HOUR).replace(minute=0, second=0) + HOUR
    while until > now and (errands.any_due(guichet, until - SECOND) or not is_fresh(guichet.settings, until)):
        until -= STEP
    return until


def _beat(settings: Settings) -> str:
    """Return the heartbeat to be, as `living` writes it."""
    told = {"at": NOW, "pinged": NOW if settings.ping else "",
            "mailboxes": {box.name: NOW for box in settings.mailboxes}}
    return json.dumps(told).replace(json.dumps(NOW)[1:-1], NOW)


def _mailbox(store: Store, box: Mailbox) -> tuple[str, ...] | None:
    """Return how a mailbox is asked whether it stands as it did; None: that cannot be told in short."""
    if box.oauth:
        return None
    if box.maildir:
        from bot.edges.maildir import MaildirFolder

        return None if store.strange(box.name, str(box.maildir), MaildirFolder(box.maildir).keys()) else ("maildir",)
    from bot.edges.imap import is_plain

    if not (box.imap and box.reference and box.imap.host.isascii() and is_plain(box.user)):
        return None
    folders = list(_folders(store, box))
    return None if None in folders else ("imap", box.imap.host, str(box.imap.port), box.imap.security, box.user,
                                         box.reference.key, box.reference.said, str(box.ca_file or ""),
                                         *(field for folder in folders if folder for field in folder))


def _folders(store: Store, box: Mailbox) -> Iterator[tuple[str, str, str] | None]:
    from bot.edges.imap import as_sent

    for name in box.folders:
        row = store.folder(box.name, name)
        yield (as_sent(name), str(row["uidvalidity"]), str(row["last_uid"] + 1)) if row and row["looked"] else None
