"""Mail in: from a mailbox to raw rows in the store. Nothing is read here, and nothing of the mailbox is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bot.core.runs import united
from bot.edges import EdgeError
from bot.edges.killpoint import killpoint
from bot.edges.store import Arrival, Packed, StorageError, Store, moment, pack
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
MOST_BYTES = 4 * 2**20         # and bytes, save for a single mail

Progress = Callable[[str, int, int], None]      # is told of a first look: mailbox, mails kept, of how many


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


def receive(store: Store, mailbox: Mailbox, imap: Imap, now: datetime, progress: Progress | None = None) -> int:
    """Keep what is new in the folders of a mailbox; return how many mails were new."""
    return sum(_receive_folder(store, mailbox.name, folder, imap, now, progress) for folder in mailbox.folders)


def receive_maildir(store: Store, mailbox: Mailbox, now: datetime, progress: Progress | None = None) -> int:
    """Keep what is new in a Maildir; the files stay where they are."""
    assert mailbox.maildir, "an IMAP mailbox has no Maildir"
    try:
        return _receive_maildir(store, mailbox.name, mailbox.maildir, now, progress)
    except StorageError:
        raise
    except EdgeError as error:
        raise EdgeError(say("Mailbox {mailbox}: {error}", mailbox=mailbox.name, error=error)) from error


def _receive_maildir(store: Store, mailbox: str, path: Path, now: datetime, progress: Progress | None) -> int:
    from bot.edges.maildir import MaildirFolder

    folder, name = MaildirFolder(path), str(path)
    first = store.folder(mailbox, name) is None
    wanted = sorted(store.strange(mailbox, name, folder.keys()))
    fetched = _counted(folder.fetch(wanted, in_pieces=True), mailbox, len(wanted), progress if first else None)
    new, rest = _keep(store, mailbox, (
        Arrival(folder=name, place=mail.place, raw=mail.raw, received=mail.received, oversize=mail.oversize, cold=first,
                spool=store.spool(mail.pieces) if mail.pieces else None) for mail in fetched), now)
    with store.write_tx():
        new += store.keep_within(mailbox, rest, now)
        store.set_folder(mailbox, name, uidvalidity=0, last_uid=0, cold_below=0, looked=now)
    return new


def _receive_folder(store: Store, mailbox: str, folder: str, imap: Imap, now: datetime,
                    progress: Progress | None) -> int:
    """Fetch what lies above the cursor, and now and then what the cursor may have missed.

    The cursor is only a speed-up. A mail moved back in has a new UID, a restored mailbox has new
    UIDs for all; what was kept already is known by its bytes.

    What is there and what of it was never kept is asked for as runs of numbers, never as a list: a folder of 100,000
    mails is one run. Killed half way, the next look goes on behind the last batch that was committed, for its mails
    have their places.
    """
    stands = imap.folder(folder)
    known = store.folder(mailbox, folder) or _first_look(store, mailbox, folder, stands)
    renumbered = known["uidvalidity"] != stands.uidvalidity
    last, cold_below = (0, 0) if renumbered else (known["last_uid"], known["cold_below"])
    whole = renumbered or not known["looked"]
    there = [] if whole else imap.present(folder, last)
    swept = ""
    if whole or _sweep_is_due(known["looked"], now):
        recent, swept = _recent(store, mailbox, folder, imap, stands, now)
        there = united([*there, *recent])
    restored = moment(known["looked"]) if renumbered and known["looked"] else None
    wanted = store.lacking(mailbox, folder, stands.uidvalidity, there)
    arrivals = _arrivals(store, imap, folder, wanted, cold_below, restored)
    if whole and progress:
        lacking = sum(1 for _ in store.lacking(mailbox, folder, stands.uidvalidity, there))
        arrivals = _counted(arrivals, mailbox, lacking, progress)
    new, rest = _keep(store, mailbox, arrivals, now)
    with store.write_tx():      # both with one turn of the disk: the cursor is behind what is kept, or it does not move
        new += store.keep_within(mailbox, rest, now)
        if swept:
            store.set_meta(_sweep_of(mailbox, folder), swept)
        store.set_folder(mailbox, folder, uidvalidity=stands.uidvalidity, cold_below=cold_below, looked=now,
                         last_uid=_reached(store, mailbox, folder, stands, there, last))
    return new


def _recent(store: Store, mailbox: str, folder: str, imap: Imap, stands: FolderState,
            now: datetime) -> tuple[list[range], str]:
    """Return what came within SWEEP and is still there, and what is to be remembered of the look, if anything.

    Asked for by date once a day, since for that Dovecot may look at every file; then from the mail it began with.
    """
    day = f"{stands.uidvalidity} {now:%Y-%m-%d}"
    known, _, first = store.meta(_sweep_of(mailbox, folder)).rpartition(" ")
    if known == day:
        return imap.present(folder, int(first) - 1), ""
    there = imap.present(folder, 0, (now - SWEEP).date())
    return there, f"{day} {there[0].start if there else stands.uidnext}"


def _sweep_of(mailbox: str, folder: str) -> str:
    return f"swept {mailbox} {folder}"


def _reached(store: Store, mailbox: str, folder: str, stands: FolderState, there: list[range], last: int) -> int:
    """Return where the next look begins: before the first mail the server named and did not give.

    It is deleted meanwhile, or its answer was garbled on the way; the next look tells which.
    """
    missing = next(store.lacking(mailbox, folder, stands.uidvalidity, there), None)
    return max([last, stands.uidnext - 1, *(run[-1] for run in there[-1:])]) if missing is None else missing - 1


def _first_look(store: Store, mailbox: str, folder: str, stands: FolderState) -> Row:
    """Remember what was there before us: it is never answered by itself. An empty folder ends the cold start."""
    store.set_folder(mailbox, folder, uidvalidity=stands.uidvalidity, last_uid=0, cold_below=stands.uidnext,
                     looked=None)
    return store.folder(mailbox, folder) or {}


def _sweep_is_due(looked: str, now: datetime) -> bool:
    """Say whether the hour has changed since the last look: one sweep an hour, whoever looks."""
    return datetime.fromisoformat(looked).replace(minute=0, second=0) != now.replace(minute=0, second=0)


def _arrivals(store: Store, imap: Imap, folder: str, uids: Iterable[int], cold_below: int,
              restored: datetime | None) -> Iterator[Arrival]:
    """Fetch mails; cold is what was there before the first look, and what a restored folder had before the last."""
    from bot.edges.imap import LeftOutError

    for mail in imap.fetch(folder, uids, in_pieces=True):
        uid = int(mail.place.rpartition("/")[2])
        try:
            spool = store.spool(mail.pieces) if mail.pieces else None
        except LeftOutError:
            continue
        yield Arrival(folder=folder, place=mail.place, raw=mail.raw, received=mail.received, oversize=mail.oversize,
                      spool=spool, cold=uid < cold_below or (restored is not None and mail.received < restored))


def _counted(arrivals: Iterable[Any], mailbox: str, whole: int, progress: Progress | None) -> Iterator[Any]:
    """Hand mails on and tell how many have come, a batch at a time; every one given must have been asked for."""
    done = 0
    for done, arrival in enumerate(arrivals, start=1):
        if progress and done % BATCH == 0 and done < whole:
            progress(mailbox, done, whole)
        yield arrival
    if progress and done:
        progress(mailbox, whole, whole)


def _keep(store: Store, mailbox: str, arrivals: Iterable[Arrival], now: datetime) -> tuple[int, Packed]:
    """Keep what arrives, batch by batch; while one is packed the next is on its way.

    Returns how many were new, and the rest that is no whole batch, to be kept together with the cursor.
    """
    rest: list[Arrival] = []
    new = 0
    for batch in _packed(_batches(arrivals, rest)):
        new += store.keep(mailbox, batch, now)
    return new, pack(rest)


def _batches(arrivals: Iterable[Arrival], batch: list[Arrival]) -> Iterator[list[Arrival]]:
    """Part what arrives into batches, and leave the rest in `batch`; after a failure it, too, is one, and told before.
    """
    octets = 0
    try:
        for arrival in arrivals:
            killpoint("after FETCH of a mail")
            batch.append(arrival)
            octets += arrival.size
            if len(batch) == BATCH or octets >= MOST_BYTES:
                yield [*batch]
                batch.clear()
                octets = 0
    except EdgeError:
        yield [*batch]
        raise


def _packed(batches: Iterator[list[Arrival]]) -> Iterator[list[Arrival] | Packed]:
    """Have batches packed by another thread, one behind what arrives; what came before a failure, by whoever keeps it.

    Hashing and zlib let go of Python's lock: they take half of what it takes to keep a mail.
    """
    first = next(batches, [])
    if len(first) < BATCH:
        yield first
        yield from batches
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="packing") as pool:
        before = pool.submit(pack, first)
        try:
            for batch in batches:
                ready, before = before, pool.submit(pack, batch)
                yield ready.result()
        except EdgeError:
            yield before.result()
            raise
        yield before.result()


class SentLook:
    """Looks for mails of ours in a mailbox's Sent folder, over one connection, made when first needed."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._imap: Imap | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._imap:
            self._imap.close()

    def holds(self, message_id: str) -> bool:
        """Say whether the folder holds exactly this Message-ID of ours."""
        if self._mailbox.imap is None:
            return False
        if self._imap is None:
            imap = open_imap(self._mailbox)
            imap.connect()
            self._imap = imap
        try:
            return self._imap.find_sent(message_id)
        except EdgeError:
            self._imap.close()
            self._imap = None
            raise


def look_for_sent(mailbox: Mailbox, message_id: str) -> bool:
    """Say whether the mailbox's Sent folder holds exactly this Message-ID of ours."""
    with SentLook(mailbox) as look:
        return look.holds(message_id)
