"""The mails of the past, from wherever they lie, into a spool: read only, and in order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.core import header
from bot.core.errors import UnreadableError
from bot.core.header import HeaderBlock
from bot.edges import EdgeError
from bot.receiving import open_imap
from bot.settings import Mailbox, Settings
from bot.words import say

Told = Callable[[int, int], None]   # how much is done, and of how much

SPARE = timedelta(days=1)           # SINCE counts days of the server's own calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be replayed. Without maildir, mbox and files: the mailboxes of the settings, or the one of a name.

    Attributes:
        since: mails that came before are left out; None: none are.
        until: the end of the past, aware, UTC; what came later is left out.
    """

    until: datetime
    since: datetime | None = None
    mailbox: str = ""
    maildir: Path | None = None
    mbox: Path | None = None
    files: tuple[Path, ...] = ()

    def holds(self, at: datetime) -> bool:
        return at <= self.until and (self.since is None or at >= self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A mail of the past; its bytes lie in the spool.

    Attributes:
        received: when it came (or, of the seller's own, when it left), aware, UTC.
        place: where the seller finds it: a file, or the UID in its folder.
        ours: the seller's own answer, of which the header counts alone.
    """

    received: datetime
    mailbox: str
    folder: str
    place: str
    start: int
    length: int
    oversize: bool = False
    ours: bool = False


class Spool:
    """A file that holds the bytes of all mails, so that a large mailbox needs no memory."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")

    def keep(self, raw: bytes) -> tuple[int, int]:
        """Return where the bytes lie, and how many they are."""
        start = self._file.seek(0, 2)
        self._file.write(raw)
        return start, len(raw)

    def read(self, past: Past) -> bytes:
        self._file.seek(past.start)
        return self._file.read(past.length)

    def close(self) -> None:
        self._file.close()


@dataclass(slots=True)
class Gathered:
    """What was found: mails in order of time; sentences of what could not be read; how many lay outside the span."""

    mails: list[Past] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    outside: int = 0


def gather(settings: Settings, asked: Asked, spool: Spool, told: Told) -> Gathered:
    """Read all that is asked for into the spool. One mailbox, or mail, that fails stops no other.

    Raises:
        EdgeError: nothing at all could be read.
        SettingsError: a password is not where mailboxes.toml says.
    """
    found = Gathered()
    for source in _sources(settings, asked, told):
        try:
            for past, raw in source:
                _take(found, asked, past, raw, spool)
        except EdgeError as error:
            found.failures.append(str(error))
    if found.failures and not found.mails and not found.outside:
        raise EdgeError("\n".join(found.failures), permanent=True)
    found.mails.sort(key=lambda past: past.received)
    return found


Found = Iterator[tuple[Past, bytes]]


def _take(found: Gathered, asked: Asked, past: Past, raw: bytes, spool: Spool) -> None:
    if not asked.holds(past.received):
        found.outside += 1
        return
    start, length = spool.keep(raw)
    found.mails.append(Past(received=past.received, mailbox=past.mailbox, folder=past.folder, place=past.place,
                            start=start, length=length, oversize=past.oversize, ours=past.ours))


def _sources(settings: Settings, asked: Asked, told: Told) -> Iterator[Found]:
    """Yield one reader for each thing that was asked for."""
    boxes = named(settings, asked.mailbox)
    if not (asked.maildir or asked.mbox or asked.files):
        for box in boxes:
            yield _from_maildir(box, box.maildir, told) if box.maildir else _from_imap(box, asked, told)
        return
    if asked.maildir:
        yield _from_maildir(boxes[0] if asked.mailbox else settings.mailboxes[0], asked.maildir, told)
    if asked.mbox:
        yield _from_mbox(settings, asked, told)
    for path in asked.files:
        yield _from_files(settings, asked, path, told)


def named(settings: Settings, name: str) -> Sequence[Mailbox]:
    """Return the mailbox of a name, or all where none is named.

    Raises:
        EdgeError: there is none of that name.
    """
    found = [box for box in settings.mailboxes if name in ("", box.name)]
    if not found:
        raise EdgeError(say("mailboxes.toml has no mailbox {name}: there are {names}", name=name,
                            names=", ".join(box.name for box in settings.mailboxes)), permanent=True)
    return found


# -- mailboxes -----------------------------------------------------------------------------------


def _from_imap(box: Mailbox, asked: Asked, told: Told) -> Found:
    """Read a mailbox by EXAMINE and PEEK; of the Sent folder the headers alone."""
    since = (asked.since - SPARE).date() if asked.since else None
    with open_imap(box) as imap:
        for folder in box.folders:
            uids = imap.all_uids(folder, since)
            for number, mail in enumerate(imap.fetch(folder, uids), start=1):
                told(number, len(uids))
                yield _past(box, mail.folder, mail.place, mail.received, oversize=mail.oversize), mail.raw
        for folder in imap.sent_folders():
            for mail in imap.heads(folder, imap.all_uids(folder, since)):
                yield _past(box, folder, mail.place, mail.received, ours=True), mail.raw


def _from_maildir(box: Mailbox, path: Path, told: Told) -> Found:
    from bot.edges.maildir import MaildirFolder

    yield from _in_maildir(box, path, told, ours=False)
    for sent in _sent_beside(path):
        if MaildirFolder(sent).keys():
            yield from _in_maildir(box, sent, told, ours=True)


def _in_maildir(box: Mailbox, path: Path, told: Told, *, ours: bool) -> Found:
    from bot.edges.maildir import MaildirFolder

    folder = MaildirFolder(path)
    keys = folder.keys()
    for number, mail in enumerate(folder.fetch(keys), start=1):
        told(number, len(keys))
        yield _past(box, str(path), mail.place, mail.received.replace(microsecond=0), oversize=mail.oversize,
                    ours=ours), mail.raw


def _sent_beside(path: Path) -> Iterable[Path]:
    """Return the Sent folders of a Maildir, where it keeps any (Maildir++: `.Sent`)."""
    from bot.edges.imap import SENT_NAMES

    return sorted(one for one in path.iterdir() if one.name.startswith(".") and (one / "cur").is_dir()
                  and (one / "new").is_dir() and one.name.rpartition(".")[2].lower() in SENT_NAMES)


def _past(box: Mailbox, folder: str, place: str, received: datetime, *, oversize: bool = False,
          ours: bool = False) -> Past:
    return Past(received=received, mailbox=box.name, folder=folder, place=place, start=0, length=0, oversize=oversize,
                ours=ours)


# -- files ---------------------------------------------------------------------------------------


def _from_mbox(settings: Settings, asked: Asked, told: Told) -> Found:
    from bot.edges.archive import read_mbox

    assert asked.mbox, "it was asked for"
    for mail in read_mbox(asked.mbox, told):
        yield _filed(settings, asked, str(asked.mbox), mail.place, mail.raw, mail.touched,
                     oversize=mail.oversize), mail.raw


def _from_files(settings: Settings, asked: Asked, path: Path, told: Told) -> Found:
    from bot.edges.archive import mails_below, read_file

    paths, refusals = mails_below(path), list[EdgeError]()
    for number, one in enumerate(paths, start=1):
        told(number, len(paths))
        try:
            mail = read_file(one)
        except EdgeError as error:
            refusals.append(error)
            continue
        yield _filed(settings, asked, str(path), mail.place, mail.raw, mail.touched, oversize=mail.oversize), mail.raw
    if refusals:
        raise EdgeError("\n".join(map(str, refusals)), permanent=True)


def _filed(settings: Settings, asked: Asked, folder: str, place: str, raw: bytes, touched: datetime, *,
           oversize: bool) -> Past:
    block = head(raw)
    box = named(settings, asked.mailbox)[0] if asked.mailbox else _addressed(settings, block)
    return _past(box, folder, place, arrived(block, touched, asked.until), oversize=oversize,
                 ours=_is_ours(settings, block))


def head(raw: bytes) -> HeaderBlock:
    """Return the header of a mail; an empty one where it is heavier than any honest one."""
    try:
        return header.read_block(raw, set())
    except UnreadableError:
        return HeaderBlock(fields=(), body_at=0)


def arrived(block: HeaderBlock, touched: datetime, until: datetime) -> datetime:
    """Return when a mail in a file came: by its topmost Received line, else by its Date, else by the file's time.

    What would have come after the end of the past is not believed.
    """
    said = (block.first("received").rpartition(";")[2], block.first("date"))
    found = (at for value in said if (at := header.moment(value)) and at <= until)
    return next(found, touched).replace(microsecond=0)


def _addressed(settings: Settings, block: HeaderBlock) -> Mailbox:
    """Return the mailbox a mail was written to; the first one where it names none."""
    to = recipients(block, "to", "cc", "delivered-to", "x-original-to")
    return next((box for box in settings.mailboxes if box.address.lower() in to), settings.mailboxes[0])


def recipients(block: HeaderBlock, *names: str) -> set[str]:
    return {one.lower() for name in names for value in block.all(name) for one in header.addresses(value)}


def _is_ours(settings: Settings, block: HeaderBlock) -> bool:
    """Say whether a mail left from the seller himself: by a mailbox of his, and to somebody else."""
    own = {box.address.lower() for box in settings.mailboxes}
    sender = header.address(block.first("from"), set())
    to = recipients(block, "to", "cc")
    return bool(sender and sender[0] in own and to and not to & {*own, *settings.seller.notify})
