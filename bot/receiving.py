"""Mail in: from a mailbox to raw rows in the store. Nothing is read here, and nothing of the mailbox is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.edges import EdgeError
from bot.edges.killpoint import killpoint
from bot.edges.store import Arrival, StorageError, Store, moment
from bot.entering import bearer_of
from bot.settings import Mailbox
from bot.words import say

if TYPE_CHECKING:
    import ssl

    from bot.edges.imap import FolderState, Imap
    from bot.edges.store import Row

SWEEP = timedelta(days=14)     # how far back the sweep looks: mails moved in, restored or missed
SWEEP_EVERY = timedelta(hours=1)
BATCH = 50                     # mails kept in one transaction


def open_imap(mailbox: Mailbox, context: ssl.SSLContext | None = None) -> Imap:
    """Return a reader for a mailbox, not connected yet; whoever keeps many connections shares their `context`.

    Raises:
        SettingsError: the password is not where mailboxes.toml says.
    """
    from bot.edges.imap import Account, Imap

    server, bearer = mailbox.imap, bearer_of(mailbox)
    assert server, "a Maildir has no IMAP server"
    return Imap(Account(mailbox=mailbox.name, host=server.host, port=server.port, security=server.security,
                        user=mailbox.user, password="" if bearer else mailbox.secret(), bearer=bearer,
                        ca_file=mailbox.ca_file), context=context)


def receive(store: Store, mailbox: Mailbox, imap: Imap, now: datetime) -> int:
    """Keep what is new in the folders of a mailbox; return how many mails were new."""
    return sum(_receive_folder(store, mailbox.name, folder, imap, now) for folder in mailbox.folders)


def receive_maildir(store: Store, mailbox: Mailbox, now: datetime) -> int:
    """Keep what is new in a Maildir; the files stay where they are."""
    assert mailbox.maildir, "an IMAP mailbox has no Maildir"
    try:
        return _receive_maildir(store, mailbox.name, mailbox.maildir, now)
    except StorageError:
        raise
    except EdgeError as error:
        raise EdgeError(say("Mailbox {mailbox}: {error}", mailbox=mailbox.name, error=error)) from error


def _receive_maildir(store: Store, mailbox: str, path: Path, now: datetime) -> int:
    from bot.edges.maildir import MaildirFolder

    folder, name = MaildirFolder(path), str(path)
    first = store.folder(mailbox, name) is None
    known = store.places(mailbox, name)
    fetched = folder.fetch(sorted(set(folder.keys()) - known))
    new = sum(store.keep(mailbox, batch, now) for batch in _batches(
        Arrival(folder=name, place=mail.place, raw=mail.raw, received=mail.received, oversize=mail.oversize, cold=first)
        for mail in fetched))
    store.set_folder(mailbox, name, uidvalidity=0, last_uid=0, cold_below=0, looked=now)
    return new


def _receive_folder(store: Store, mailbox: str, folder: str, imap: Imap, now: datetime) -> int:
    """Fetch what lies above the cursor, and now and then what the cursor may have missed.

    The cursor is only a speed-up. A mail moved back in has a new UID, a restored mailbox has new
    UIDs for all; what was kept already is known by its bytes.
    """
    stands = imap.folder(folder)
    known = store.folder(mailbox, folder) or _first_look(store, mailbox, folder, stands)
    renumbered = known["uidvalidity"] != stands.uidvalidity
    last, cold_below = (0, 0) if renumbered else (known["last_uid"], known["cold_below"])
    wanted = set() if renumbered or not known["looked"] else set(imap.new_uids(folder, last))
    if renumbered or not known["looked"] or _sweep_is_due(known["looked"], now):
        wanted |= _sweep(store, mailbox, folder, imap, stands.uidvalidity, now)
    restored = moment(known["looked"]) if renumbered and known["looked"] else None
    new = sum(store.keep(mailbox, batch, now) for batch in _batches(
        _arrivals(imap, folder, sorted(wanted), cold_below, restored)))
    store.set_folder(mailbox, folder, uidvalidity=stands.uidvalidity, cold_below=cold_below, looked=now,
                     last_uid=_reached(store, mailbox, folder, stands, wanted, last))
    return new


def _reached(store: Store, mailbox: str, folder: str, stands: FolderState, wanted: set[int], last: int) -> int:
    """Return where the next look begins: before the first mail the server named and did not give.

    It is deleted meanwhile, or its answer was garbled on the way; the next look tells which.
    """
    places = store.places(mailbox, folder) if wanted else set()
    missing = [uid for uid in wanted if f"{stands.uidvalidity}/{uid}" not in places]
    return min(missing) - 1 if missing else max([last, stands.uidnext - 1, *wanted])


def _first_look(store: Store, mailbox: str, folder: str, stands: FolderState) -> Row:
    """Remember what was there before us: it is never answered by itself. An empty folder ends the cold start."""
    store.set_folder(mailbox, folder, uidvalidity=stands.uidvalidity, last_uid=0, cold_below=stands.uidnext,
                     looked=None)
    return store.folder(mailbox, folder) or {}


def _sweep(store: Store, mailbox: str, folder: str, imap: Imap, uidvalidity: int, now: datetime) -> set[int]:
    """Return the UIDs of recent mails that we never saw at their place."""
    seen = store.places(mailbox, folder)
    return {uid for uid in imap.all_uids(folder, (now - SWEEP).date()) if f"{uidvalidity}/{uid}" not in seen}


def _sweep_is_due(looked: str, now: datetime) -> bool:
    """Say whether the hour has changed since the last look: one sweep an hour, whoever looks."""
    return datetime.fromisoformat(looked).replace(minute=0, second=0) != now.replace(minute=0, second=0)


def _arrivals(imap: Imap, folder: str, uids: list[int], cold_below: int,
              restored: datetime | None) -> Iterator[Arrival]:
    """Fetch mails; cold is what was there before the first look, and what a restored folder had before the last."""
    for mail in imap.fetch(folder, uids):
        uid = int(mail.place.rpartition("/")[2])
        yield Arrival(folder=folder, place=mail.place, raw=mail.raw, received=mail.received, oversize=mail.oversize,
                      cold=uid < cold_below or (restored is not None and mail.received < restored))


def _batches(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    """Part what arrives into batches; what came before a failure is kept before the failure is told."""
    batch: list[Arrival] = []
    try:
        for arrival in arrivals:
            killpoint("after FETCH of a mail")
            batch.append(arrival)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except EdgeError:
        yield batch
        raise
    yield batch


def look_for_sent(mailbox: Mailbox, message_id: str) -> bool:
    """Say whether the mailbox's Sent folder holds exactly this Message-ID of ours."""
    if mailbox.imap is None:
        return False
    with open_imap(mailbox) as imap:
        return bool(imap.find_sent(message_id))


