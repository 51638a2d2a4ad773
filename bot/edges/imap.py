"""Mail in by IMAP: it looks and never touches.

Only EXAMINE and BODY.PEEK are used, so that no flag of the seller's mail changes, \\Seen least of all. One thing is
written: a copy of what we sent, into Sent (`file_sent`).
Whatever goes wrong leaves as an EdgeError: one sentence that names the mailbox, the host and the port.
"""

from __future__ import annotations

import random
import re
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from ipaddress import ip_address
from itertools import islice
from math import inf
from pathlib import Path
from threading import Condition, Event, Thread
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bot.core.runs import parse, runs
from bot.edges import EdgeError
from bot.edges.exchange import CHANGES, GARBAGE, Ahead, Asked
from bot.edges.killpoint import killpoint
from bot.words import say

if TYPE_CHECKING:
    import ssl

LIMIT = 25 * 2**20  # bytes; a longer mail is fetched as its headers only
HEADERS = 256 * 2**10  # bytes of headers kept of such a mail
BATCH = 100  # mails asked for at once: 25 MiB of memory for 10,000 mails, against 140 for one FETCH of all
GROUP = 2 * 2**20  # bytes asked for at once; as many again are on their way
LONG = 2**20  # bytes; a longer mail is fetched in slices where the caller can take them
SLICE = 2**19  # bytes of it at once
FEW, SHORT = 4, 2**16  # so few new mails come with their sizes, as far as they are shorter; bytes
AHEAD = 10  # batches whose sizes are asked for at once
WINDOW = 50_000  # mails searched at once: imaplib gives up on a line above 1,000,000 bytes
SLOWEST = 8 * 2**10  # bytes a second; a server that sends less is as good as silent
PATIENCE = 3  # how many timeouts one exchange may take in all, beside its bytes
FAREWELL = 2.0  # seconds we wait for the answer to LOGOUT
REFUSALS = 10  # mails not handed out before we take the server for ill
LONGEST_PAUSE = 900.0  # seconds
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SENT_NAMES = frozenset({  # the last part of the name, where no folder is marked as \\Sent
    "sent", "sent items", "sent messages", "sent mail",
    "éléments envoyés", "messages envoyés", "courrier envoyé",
})
JUNK_NAMES = frozenset({  # the same, where none is marked as \\Junk
    "junk", "spam", "junk e-mail", "junk email", "bulk mail", "courrier indésirable", "indésirables", "pourriel",
    "spam-verdacht", "posta indesiderata", "correo no deseado",
})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OWN_MESSAGE_ID = re.compile(r"<?[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]+>?")
_NO_NEWS = re.compile(rb"(?:\* (?:OK|\d+ (?:RECENT|EXPUNGE|FETCH))\b[^\r\n{]*\r\n)+", re.I)
_BUSY = re.compile(r"\[(UNAVAILABLE|LIMIT|INUSE|SERVERBUG|CONTACTADMIN)\]|too many|temporar", re.I)


class LoginRefusedError(EdgeError):
    """The server knows us not: trying again with the same password only locks the mailbox."""


class LeftOutError(EdgeError):
    """A mail in pieces does not come to its end. The next ones do; if the server refused it, `fetch` says so last."""


class _CommandRefusedError(EdgeError):
    """The server answered NO or BAD; the connection still stands."""


class _DismissedError(EdgeError):
    """The server said BYE; the connection is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a mailbox is and how we get in. `security` is tls, starttls or plain; `timeout` in seconds.

    `bearer` takes the place of a password: it is given the token just turned away, or nothing, and returns another.
    """

    mailbox: str
    host: str
    port: int
    security: str
    user: str
    password: str = field(default="", repr=False)
    bearer: Callable[[str], str] | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 30.0

    @property
    def where(self) -> dict[str, object]:
        """Return what every sentence about this account names."""
        return {"mailbox": self.mailbox, "host": _printable(self.host), "port": self.port}


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """What EXAMINE told: the numbering, the lowest UID no mail has had yet, and how many mails there are."""

    uidvalidity: int
    uidnext: int
    exists: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where we stood in a folder. Only a speed-up: the sweep finds what it missed."""

    uidvalidity: int
    last_uid: int

    @classmethod
    def at(cls, place: str) -> Cursor:
        """Return the cursor that stands on the mail fetched from `place`."""
        uidvalidity, uid = place.split("/")
        return cls(uidvalidity=int(uidvalidity), last_uid=int(uid))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One mail as the server gave it; the same fields as the Maildir reader's.

    Attributes:
        place: `uidvalidity/uid`, the mail's key in its folder.
        raw: the whole mail, or the first headers only when `oversize`.
        received: INTERNALDATE, aware, UTC.
        size: bytes of the whole mail.
        pieces: in place of `raw` a long mail as it comes, for who asked so; to be drawn before the next mail.
    """

    folder: str
    place: str
    raw: bytes
    received: datetime
    size: int
    oversize: bool = False
    pieces: Iterator[bytes] | None = None


def pauses() -> Iterator[float]:
    """Yield for ever the seconds to wait before each new try: 1, 2, 4 … 900, less up to a quarter.

    The jitter keeps twenty mailboxes of one host from knocking in step when it comes back.
    """
    longest = 1.0
    while True:
        yield longest * random.uniform(0.75, 1.0)
        longest = min(longest * 2, LONGEST_PAUSE)


class _Watch:
    """Ends what takes too long: one thread for all connections, where a Timer would start one for each exchange."""

    def __init__(self) -> None:
        self._ends: dict[object, tuple[float, Callable[[], None]]] = {}
        self._turn = Condition()
        self._next = inf        # when the thread looks again, by the monotonic clock
        self._thread: Thread | None = None

    @contextmanager
    def over(self, seconds: float, give_up: Callable[[], None]) -> Iterator[None]:
        """Call `give_up`, from another thread, if the block takes longer than so many seconds."""
        mine, until = object(), time.monotonic() + seconds
        with self._turn:
            self._ends[mine] = until, give_up
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._keep, daemon=True, name="watch")
                self._thread.start()
            elif until < self._next:
                self._turn.notify()
        try:
            yield
        finally:
            with self._turn:
                self._ends.pop(mine, None)

    def _keep(self) -> None:
        while True:
            for _, give_up in self._late():
                give_up()

    def _late(self) -> list[tuple[float, Callable[[], None]]]:
        """Wait for the next end, and take out what should have been over by now."""
        with self._turn:
            self._next = min((until for until, _ in self._ends.values()), default=inf)
            self._turn.wait(None if self._next == inf else max(0.0, self._next - time.monotonic()))
            late = [mine for mine, (until, _) in self._ends.items() if until <= time.monotonic()]
            return [self._ends.pop(mine) for mine in late]


_WATCH = _Watch()


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return the verifying context of an authority file, one for all connections: each costs 831 KiB and 34 ms.

    A day later, or when the file has changed, it is made anew. Raises EdgeError, permanent, if `ca_file` cannot be
    read as certificates.
    """
    try:
        changed = ca_file.stat().st_mtime_ns if ca_file else 0
        return _tls_context(ca_file, changed, int(time.monotonic() // 86_400))
    except OSError as error:  # SSLError, of bytes that are no certificate, is one too
        raise EdgeError(say(
            "The authority file {file} cannot be read ({reason}); give as ca_file the PEM file of whoever "
            "signed the mail server's certificate",
            file=ca_file, reason=_reason(error)), permanent=True) from error


@lru_cache(maxsize=8)
def _tls_context(ca_file: Path | None, _changed: int, _day: int) -> ssl.SSLContext:
    import ssl

    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


class Imap:
    """One connection to one mailbox, for one thread; only `interrupt` may be called from another.

    Every method raises EdgeError, and after one that is not a refusal the connection is gone: connect again.
    """

    def __init__(self, account: Account, *, context: ssl.SSLContext | None = None) -> None:
        self.account = account
        self._context = context
        self._client: Any = None
        self._open = ""  # the folder under EXAMINE
        self._seen: dict[str, FolderState] = {}  # as last looked at; outlives the connection
        self._sent: list[str] | None = None
        self._stopped = Event()
        self._too_slow = False
        self.idles = True  # until this very server refuses; whoever connects anew with another Imap hands it on
        self._stands: FolderState | None = None  # how the folder under EXAMINE stood when it was opened
        self._news = False  # came before we listened
        self._exists = 0  # how many mails there are, by IDLE; 0 where that told of other things, too
        self._rough_sizes = False
        self._told: dict[int, int] = {}  # sizes that came with the question what there is
        self._came: dict[int, Fetched] = {}  # and the mails that came with them, until they are fetched
        self._ahead: Ahead | None = None  # what was asked, and not read yet

    def __enter__(self) -> Imap:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- coming and going

    def connect(self) -> None:
        """Connect, secure the line, log in. Raises LoginRefusedError apart from all else."""
        self._drop()
        self._check_account()
        context = self._tls()
        killpoint("imap before connecting")
        self._client = self._dial(context)
        self._ahead = Ahead(self._client)
        try:
            with self._talking() as client:
                self._tune(client)
                if self.account.security == "starttls":
                    self._secure(client, context)
                killpoint("imap before the log-in")
                self._log_in(client)
                killpoint("imap after the log-in")
        except EdgeError:
            self._drop()
            raise

    def close(self) -> None:
        """Take leave if that is quick. Never raises."""
        client = self._client
        if client is not None and not self._stopped.is_set():
            with suppress(*_failures()):
                client.socket().settimeout(FAREWELL)
                client.logout()
        self._drop()

    def interrupt(self) -> None:
        """End at once, and for good, what another thread waits for here; to go on, make a new Imap."""
        self._stopped.set()
        self._cut()

    def _check_account(self) -> None:
        for value in (self.account.host, self.account.user, self.account.password):
            if _CONTROL.search(value):
                raise EdgeError(say(
                    "Mailbox {mailbox}: host, user or password for {host}:{port} holds a line break or "
                    "another control character; take it out",
                    **self.account.where), permanent=True)

    def _tls(self) -> ssl.SSLContext | None:
        if self.account.security in ("tls", "starttls"):
            return self._context or tls_context(self.account.ca_file)
        if self.account.security == "plain" and _is_loopback(self.account.host):
            return None
        raise EdgeError(say(
            "Mailbox {mailbox}: without TLS we speak only to this very machine, and {host}:{port} is not; "
            "set security to tls or starttls",
            **self.account.where), permanent=True)

    def _dial(self, context: ssl.SSLContext | None) -> Any:
        account = self.account
        try:
            return _client_class()(account.host, account.port, ssl=account.security == "tls",
                                   ssl_context=context, timeout=account.timeout)
        except _failures() as error:
            raise _unreachable(account, error) from error

    def _tune(self, client: Any) -> None:
        if self._stopped.is_set():
            raise EdgeError(self._interrupted())
        client._imap.debug = 0  # imapclient sets 5: a third of the speed, three times the memory
        client.normalise_times = False
        _keep_alive(client.socket())

    def _secure(self, client: Any, context: ssl.SSLContext | None) -> None:
        if not client.has_capability("STARTTLS"):
            raise EdgeError(say(
                "Mailbox {mailbox}: {host}:{port} offers no STARTTLS, so nothing was sent, not even the "
                "password; try port 993 with security tls, or another network",
                **self.account.where), permanent=True)
        client.starttls(context)

    def _log_in(self, client: Any) -> None:
        import imaplib

        from imapclient.exceptions import LoginError

        try:
            if self.account.bearer:
                _identify_bearer(client, self.account, self.account.bearer)
            else:
                _identify(client, self.account)
            if "CAPABILITY" in client._imap.untagged_responses:
                client.capabilities()   # told with the log-in; EXAMINE would sweep it away, and we had to ask
        except LoginError as error:
            cause = error.__context__
            if isinstance(cause, imaplib.IMAP4.abort):  # imapclient calls a lost connection a refusal, too
                raise cause from None
            raise self._login_refusal(_words(cause or error)) from None

    def _login_refusal(self, words: str) -> EdgeError:
        words = words.replace(self.account.password, "***") if self.account.password else words
        if _BUSY.search(words):
            return EdgeError(say(
                "Mailbox {mailbox}: {host}:{port} lets nobody in just now ({words}); we try again later",
                **self.account.where, words=words))
        return LoginRefusedError(say(
            "Mailbox {mailbox}: {host}:{port} refused the log-in of {user} ({words}); {hint}",
            **self.account.where, user=self.account.user, words=words,
            hint=_hint_bearer(self.account) if self.account.bearer else _hint(self.account.host)), permanent=True)

    # ---- looking

    def folder(self, name: str) -> FolderState:
        """Return how the folder stands now. Never by SELECT: that would take \\Recent from the mails."""
        state = self._grown(name) or self._examine(name)
        self._seen[name] = state
        return state

    def _grown(self, name: str) -> FolderState | None:
        """Return how the open folder stands if all that IDLE told is how many mails it has now; None: ask anew.

        The sizes of those that came are the next question in any case. If just as many follow the last one, without a
        gap and without one more, no mail was taken away meanwhile, and nothing is asked for twice.
        """
        stood, exists, self._exists = self._stands, self._exists, 0
        if stood is None or self._open != name or stood != self._seen.get(name):
            return None
        if not 0 < (many := exists - stood.exists) <= BATCH:
            return None
        with self._talking() as client:
            client._imap.untagged_responses.pop("EXISTS", None)     # what comes from here on is news
        uidnext = stood.uidnext + many
        came = range(stood.uidnext, uidnext + 1)
        if [*(self._ask_whole if many <= FEW else self._ask_sizes)(name, came)] != [*came[:-1]]:
            return None
        self._stands = replace(stood, exists=exists, uidnext=uidnext)
        return self._stands

    def _ask_whole(self, name: str, uids: Sequence[int]) -> dict[int, int]:
        """Ask for the sizes of mails, and with them for those that are not long; empty where the server gives none."""
        try:
            uidvalidity = self._stand_in(name)
            with self._talking():
                answers = self._answers(uids, f"RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.{SHORT}>")
        except (_CommandRefusedError, _DismissedError):     # for the sake of a mail that it cannot read
            if self._client is None:
                self.connect()
            return {}
        sizes = {uid: int(answers[uid][b"RFC822.SIZE"]) for uid in sorted(answers)
                 if b"RFC822.SIZE" in answers[uid] and uid in uids}
        self._told, self._came = sizes, {
            uid: Fetched(folder=name, place=f"{uidvalidity}/{uid}", raw=raw, size=size,
                         received=_received(answers[uid]))
            for uid, size in sizes.items() if len(raw := _value(answers[uid], b"BODY[]") or b"") == size < SHORT}
        return sizes

    def new_uids(self, name: str, after: int) -> list[int]:
        """Return the UIDs above `after`, ascending."""
        state = self.folder(name)
        if state.uidnext <= after + 1:
            return []
        found = self._search(["UID", f"{after + 1}:*"], state.exists)
        return [uid for uid in found if uid > after]  # "n:*" names the last mail even if it stands below n

    def all_uids(self, name: str, since: date | None) -> list[int]:
        """Return all UIDs, or those received since a day of the server's own calendar: take one to spare."""
        state = self.folder(name)
        return self._search(["SINCE", since] if since else ["ALL"], state.exists)

    def present(self, name: str, after: int, since: date | None = None) -> list[range]:
        """Return the UIDs above `after`, those received since a day only, as runs: 100,000 mails are one of them.

        The folder is taken as `folder` saw it last.
        """
        self._stand_in(name)
        state = self._seen[name]
        if state.uidnext <= after + 1:
            return []
        if not since and state.uidnext - after <= AHEAD * BATCH:
            wanted = range(after + 1, state.uidnext)
            sizes = self._told if self._told.keys() == set(wanted) else self._ask_sizes(name, wanted)
            if len(sizes) == state.uidnext - after - 1:
                return runs(sizes)      # none is missing; else a search must say that it is not there
        criteria = [*(["UID", f"{after + 1}:*"] if after else []), *(["SINCE", since] if since else [])]
        found = self._search_runs(criteria or ["ALL"], state.exists)
        return [range(max(run.start, after + 1), run.stop) for run in found if run.stop > after + 1]

    def fetch(self, name: str, uids: Iterable[int], *, in_pieces: bool = False) -> Iterator[Fetched]:
        """Yield the mails in order of UID, which must ascend; those deleted or moved meanwhile are just absent.

        A mail is yielded whole or not at all. Other calls may come between two mails. A mail the server
        refuses to give stops no other: the EdgeError comes after the last one.

        Args:
            in_pieces: a long mail comes as `pieces`, so that it is never whole in memory.
        """
        refusals: list[EdgeError] = []
        before: tuple[dict[int, int], Asked | None] | None = None
        for sizes in self._to_ask(name, uids):
            sliced = in_pieces and LONG < max(sizes.values(), default=0) <= LIMIT
            now = sizes, None if sliced else self._ask_ahead(name, sizes)
            if before:
                yield from self._take(name, *before, refusals)
            before = now
            if sliced and (mail := self._sliced(name, sizes, refusals)):
                before = None
                yield mail
        if before:
            yield from self._take(name, *before, refusals)
        if refusals:
            raise refusals[0]

    def _to_ask(self, name: str, uids: Iterable[int]) -> Iterator[dict[int, int]]:
        """Yield what to ask for at once, the size of each mail by its UID."""
        for many in _batches(uids, AHEAD * BATCH):
            killpoint("imap before FETCH")
            sizes = self._sizes(name, many)
            killpoint("imap after the sizes")
            for group in _groups(sizes):
                yield {uid: sizes[uid] for uid in group}

    def _ask_ahead(self, name: str, sizes: Mapping[int, int]) -> Asked | None:
        """Send the question for whole mails, before the answer to the last one is read; None where that cannot be."""
        if self._too_long(sizes) or sizes.keys() <= self._came.keys() or self._ahead is None or self._open != name:
            return None
        asked = self._ahead.ask(sizes, "BODY.PEEK[] INTERNALDATE")
        asked.numbering = self._seen[name].uidvalidity
        return asked

    def _too_long(self, sizes: Mapping[int, int]) -> bool:
        return any(size > LIMIT for size in sizes.values())

    def _take(self, name: str, sizes: dict[int, int], asked: Asked | None,
              refusals: list[EdgeError]) -> Iterator[Fetched]:
        if self._too_long(sizes):
            for uid, size in sizes.items():
                yield from self._headers(name, uid, size)
        else:
            mine = asked is not None and self._ahead is not None and asked.line is self._ahead
            yield from self._whole(name, sizes, refusals, asked if mine else None)

    def _examine(self, name: str) -> FolderState:
        self._refuse_control(name)
        self._open, self._told, self._came = "", {}, {}
        killpoint("imap before EXAMINE")
        try:
            with self._talking() as client:
                answer = client.select_folder(name, readonly=True)
                for told in CHANGES:    # what else comes of these is news
                    client._imap.untagged_responses.pop(told, None)
                state = FolderState(uidvalidity=int(answer[b"UIDVALIDITY"]), exists=int(answer[b"EXISTS"]),
                                    uidnext=int(answer.get(b"UIDNEXT") or _uidnext(client)))
        except _CommandRefusedError as error:
            raise self._missing(name) or error from error
        self._open, self._stands = name, state
        return state

    def _stand_in(self, name: str) -> int:
        """Open the folder unless it is, and return its UIDVALIDITY, the one the caller's UIDs belong to."""
        known = self._seen.get(name)
        if known is None or self._open != name:
            state = self._examine(name)
            if known and known.uidvalidity != state.uidvalidity:
                raise EdgeError(say(
                    "Mailbox {mailbox}: {host}:{port} has numbered the mails of {folder} anew; we look at "
                    "all again",
                    **self.account.where, folder=name))
            known = self._seen.setdefault(name, state)  # not the newer: `wait` asks what came since the look
        return known.uidvalidity

    def _search(self, criteria: list[object], exists: int) -> list[int]:
        """Search from the top down: a mail deleted meanwhile moves others into windows still to come."""
        found: set[int] = set()
        top = exists
        while True:
            bottom = max(1, top - WINDOW + 1)
            window = [f"{bottom}:{top if top < exists else '*'}"] if exists > WINDOW else []
            with self._talking() as client:
                found.update(client.search([*window, *criteria]))
            top = bottom - 1
            if top < 1:
                return sorted(found)

    def _search_runs(self, criteria: list[object], exists: int) -> list[range]:
        """Search, and have what is found told in runs where the server can (RFC 4731)."""
        with self._talking() as client:
            short = client.has_capability("ESEARCH")
            if short:
                arguments = [str(one) if isinstance(one, str) else f"{one:%d-%b-%Y}" for one in criteria]
                client._imap.untagged_responses.pop("ESEARCH", None)
                said, words = client._imap.uid("SEARCH", "RETURN", "(ALL)", *arguments)
                if said != "OK":
                    raise client._imap.error(words[0])
                found = _runs_told(client._imap.response("ESEARCH")[1])
                if found is not None:
                    return found
        return runs(self._search(criteria, exists))

    def _sizes(self, name: str, uids: list[int]) -> dict[int, int]:
        told = self._told if set(uids) <= self._told.keys() and self._open == name else self._ask_sizes(name, uids)
        self._told = {}
        return {uid: told[uid] for uid in uids if uid in told}

    def _ask_sizes(self, name: str, uids: Sequence[int]) -> dict[int, int]:
        """Ask which of these mails there are and how long they are; remembered for the one `fetch` that follows."""
        self._stand_in(name)
        with self._talking():
            answers = self._answers(uids, "RFC822.SIZE")
            told = {uid: int(answers[uid][b"RFC822.SIZE"]) for uid in sorted(answers)
                    if b"RFC822.SIZE" in answers[uid] and uid in uids}
        self._told = told
        return told

    def _whole(self, name: str, sizes: Mapping[int, int], refusals: list[EdgeError],
               asked: Asked | None = None) -> Iterator[Fetched]:
        try:
            found = self._bodies(name, sizes, asked)
        except (_CommandRefusedError, _DismissedError) as error:
            yield from self._one_by_one(name, sizes, refusals, error)
            return
        for uid, mail in found.items():
            sure = mail if self._rough_sizes or mail.size == sizes[uid] else self._again(name, uid, mail)
            if sure:
                yield sure

    def _sliced(self, name: str, sizes: Mapping[int, int], refusals: list[EdgeError]) -> Fetched | None:
        """Return the one mail, to come in slices; None where it is not as long as told, or is refused: whole, then."""
        [(uid, size)] = sizes.items()
        uidvalidity = self._stand_in(name)
        try:
            with self._talking():
                answer = self._answers(sizes, f"BODY.PEEK[]<{size - 1}.2> INTERNALDATE").get(uid, {})
        except (_CommandRefusedError, _DismissedError):
            if self._client is None:
                self.connect()
            return None
        if len(_value(answer, b"BODY[]") or b"") != 1:  # Exchange estimates its sizes
            return None
        return Fetched(folder=name, place=f"{uidvalidity}/{uid}", raw=b"", size=size, received=_received(answer),
                       pieces=self._slices(name, uid, size, refusals))

    def _slices(self, name: str, uid: int, size: int, refusals: list[EdgeError]) -> Iterator[bytes]:
        for at in range(0, size, SLICE):
            killpoint("imap amid a long mail")
            try:
                self._stand_in(name)
                with self._talking(SLICE / SLOWEST):
                    answer = self._answers([uid], f"BODY.PEEK[]<{at}.{SLICE}>").get(uid, {})
            except (_CommandRefusedError, _DismissedError) as error:
                self._leave_out(name, uid, refusals, error)
                raise LeftOutError(str(error)) from error
            yield self._whole_slice(name, uid, _value(answer, b"BODY[]"), min(SLICE, size - at))

    def _whole_slice(self, name: str, uid: int, octets: bytes | None, size: int) -> bytes:
        if octets is None:
            raise LeftOutError(say("Mailbox {mailbox}: mail {uid} of {folder} was taken away while it was fetched",
                                   mailbox=self.account.mailbox, uid=uid, folder=name))
        if len(octets) != size:
            raise EdgeError(say(
                "Mailbox {mailbox}: {host}:{port} gave mail {uid} of {folder} in two lengths, {first} and "
                "{second} bytes; we try again later",
                **self.account.where, uid=uid, folder=name, first=size, second=len(octets)))
        return octets

    def _one_by_one(self, name: str, sizes: Mapping[int, int], refusals: list[EdgeError],
                    error: EdgeError) -> Iterator[Fetched]:
        """Leave out only what is refused alone, too: one mail it cannot read and Exchange refuses the whole
        batch, Dovecot says BYE.
        """
        if len(sizes) > 1:
            if self._client is None:
                self.connect()
            for uid, size in sizes.items():
                yield from self._whole(name, {uid: size}, refusals)
            return
        self._leave_out(name, next(iter(sizes)), refusals, error)

    def _leave_out(self, name: str, uid: int, refusals: list[EdgeError], error: EdgeError) -> None:
        if self._client is None:
            self.connect()
        refusals.append(EdgeError(say(
            "{error}; so mail number {uid} of {folder} was left out",
            error=error, folder=name, uid=uid)))
        if len(refusals) > REFUSALS:  # no longer a matter of single mails
            raise error

    def _bodies(self, name: str, sizes: Mapping[int, int], asked: Asked | None = None) -> dict[int, Fetched]:
        if sizes.keys() <= self._came.keys() and self._open == name:
            return {uid: self._came.pop(uid) for uid in sizes}
        uidvalidity = asked.numbering if asked else self._stand_in(name)
        with self._talking(sum(sizes.values()) / SLOWEST, ahead=asked is not None):
            answer = self._answers(sizes, "BODY.PEEK[] INTERNALDATE", asked)
            raws = {uid: answer[uid].get(b"BODY[]") for uid in sizes if uid in answer}
            return {uid: Fetched(folder=name, place=f"{uidvalidity}/{uid}", raw=raw, size=len(raw),
                                 received=_received(answer[uid]))
                    for uid, raw in raws.items() if isinstance(raw, bytes)}

    def _answers(self, uids: Iterable[int], what: str, asked: Asked | None = None) -> dict[int, dict[bytes, Any]]:
        """Return what the server tells of these mails, asked already or not."""
        assert self._ahead, "only while talking"
        return self._ahead.answers(asked or self._ahead.ask(uids, what))

    def _again(self, name: str, uid: int, first: Fetched) -> Fetched | None:
        """Believe a length other than RFC822.SIZE only if it comes twice: Exchange estimates its sizes."""
        second = self._bodies(name, {uid: first.size}).get(uid)
        if second and second.raw != first.raw:
            raise EdgeError(say(
                "Mailbox {mailbox}: {host}:{port} gave mail {uid} of {folder} in two lengths, {first} and "
                "{second} bytes; we try again later",
                **self.account.where, uid=uid, folder=name, first=first.size, second=second.size))
        self._rough_sizes = second is not None
        return second

    def _headers(self, name: str, uid: int, size: int) -> Iterator[Fetched]:
        uidvalidity = self._stand_in(name)
        with self._talking(HEADERS / SLOWEST) as client:
            answer = client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{HEADERS}>", "INTERNALDATE"]).get(uid, {})
            raw = _value(answer, b"BODY[HEADER]")
        if raw is not None:
            yield Fetched(folder=name, place=f"{uidvalidity}/{uid}", raw=raw, size=size, oversize=True,
                          received=_received(answer))

    def newest_headers(self, name: str, count: int) -> list[bytes]:
        """Return the header blocks of the newest mails, in order of UID."""
        uids = self.all_uids(name, None)[-count:]
        with self._talking(len(uids)) as client:
            answer = client.fetch(uids, [f"BODY.PEEK[HEADER]<0.{HEADERS}>"]) if uids else {}
        return [raw for uid in uids if (raw := _value(answer.get(uid, {}), b"BODY[HEADER]")) is not None]

    def heads(self, name: str, uids: Iterable[int]) -> Iterator[Fetched]:
        """Yield the header blocks alone, in order of UID; of the rest of a mail nothing is fetched."""
        for batch in _batches(sorted(set(uids))):
            uidvalidity = self._stand_in(name)
            with self._talking(len(batch)) as client:
                answer = client.fetch(batch, [f"BODY.PEEK[HEADER]<0.{HEADERS}>", "INTERNALDATE"])
            for uid in batch:
                if (raw := _value(answer.get(uid, {}), b"BODY[HEADER]")) is not None:
                    yield Fetched(folder=name, place=f"{uidvalidity}/{uid}", raw=raw, size=len(raw),
                                  received=_received(answer[uid]))

    # ---- what went astray

    def junk_folders(self) -> list[str]:
        """Return the folders into which the host puts what it takes for junk."""
        return self._folders_for(b"\\junk", JUNK_NAMES)

    def is_empty(self, name: str) -> bool:
        """Say whether a folder holds no mail at all, without opening it."""
        self._refuse_control(name)
        with self._talking() as client:
            return int(client.folder_status(name, ["MESSAGES"]).get(b"MESSAGES", 1)) == 0

    def senders(self, name: str, uids: Iterable[int]) -> dict[int, bytes]:
        """Return the From line of each mail, as it stands there; those deleted or moved meanwhile are absent."""
        found: dict[int, bytes] = {}
        for batch in _batches(sorted(set(uids))):
            self._stand_in(name)
            with self._talking() as client:
                answer = client.fetch(batch, ["BODY.PEEK[HEADER.FIELDS (FROM)]"])
            found |= {uid: _value(told, b"BODY[HEADER.FIELDS") or b"" for uid, told in answer.items()}
        return found

    # ---- waiting

    def listen(self, name: str, seen: FolderState | None = None) -> int | None:
        """Begin to idle and return the descriptor that becomes readable when something comes; None without IDLE.

        Nothing but `stirs` and `heed` may follow. What came since the folder was `seen`, or last looked at, is news.
        """
        seen = seen or self.seen(name)
        self._news = self._now(name) != seen and seen is not None
        with self._talking() as client:
            if not (self.idles and client.has_capability("IDLE")):
                return None
            self._start_idle(client)
            return int(client.socket().fileno())

    def _now(self, name: str) -> FolderState:
        """Return how the folder stands now, without asking where it is open and the server told of no change."""
        if self._open == name and self._stands:
            with self._talking() as client:
                if not CHANGES & client._imap.untagged_responses.keys():
                    return self._stands
        return self.folder(name)

    def stirs(self) -> bool:
        """Say, without waiting, whether what `listen` began is to be ended by `heed`: there is news, or it broke.

        Words that tell of no mail are taken off the line: "* OK Still here" comes every two minutes. They may lie in
        our own buffer, where no descriptor tells of them: Dovecot sends "+ idling" and news in one go.
        """
        if self._client is None or self._news:
            return True
        line, words = self._client.socket(), self._client._imap.file
        line.setblocking(False)
        try:
            while _NO_NEWS.fullmatch(told := words.peek(1)):
                words.read(len(told))
            if not told and self.account.security == "plain":
                line.recv(1, socket.MSG_PEEK)   # the end of the line, or an error: peek does not tell them apart
            return True     # news, a farewell, the end of the line, half a line
        except OSError:     # nothing more; TLS says so by an error
            return False
        finally:
            line.settimeout(self.account.timeout)

    def heed(self) -> bool:
        """End what `listen` began; say whether there is news. A dead line is found out here: nothing answers DONE."""
        with self._talking() as client:
            told = self._end_idle(client)
        counts = [one[0] for one in told if one[1:2] == (b"EXISTS",)]
        others = [one for one in told if one[1:2] not in ((b"EXISTS",), (b"RECENT",))]
        self._exists = 0 if others or self._news else max(counts, default=0)
        return self._news or bool(counts)

    def seen(self, name: str) -> FolderState | None:
        """Return how the folder stood at the last look."""
        return self._seen.get(name)

    def changed(self, name: str) -> bool:
        """Say whether the folder stands otherwise than at the last look."""
        before = self.seen(name)
        return self.folder(name) != before and before is not None

    def _start_idle(self, client: Any) -> None:
        import imaplib

        try:
            client.idle()
        except imaplib.IMAP4.error as error:
            # A server that offers IDLE and refuses it, or speaks before its "+": after reconnecting we poll.
            self.idles = isinstance(error, imaplib.IMAP4.abort)
            raise imaplib.IMAP4.abort(*error.args) from error

    def _end_idle(self, client: Any) -> list[Any]:
        """Have DONE answered and return what else was said: BYE, too, if it came in one piece with the server's "+"."""
        _, told = client.idle_done()
        self._heed_farewell(told)
        return list(told)

    def _heed_farewell(self, news: Iterable[Any]) -> None:
        for told in news:
            if told[0] == b"BYE":
                self._drop()
                raise _farewell(self.account, b" ".join(map(_as_bytes, told[1:])))

    # ---- what we sent

    def find_sent(self, message_id: str) -> bool:
        """Return whether a mail of our own making lies in Sent; False too where there is no such folder.

        Never give it a Message-ID that came in by mail: SEARCH would carry the sender's text to the server.
        """
        if not _OWN_MESSAGE_ID.fullmatch(message_id):
            raise EdgeError(say(
                "Mailbox {mailbox}: a Message-ID that is not of our own making is never searched for at "
                "{host}:{port}",
                **self.account.where), permanent=True)
        return any(self._holds(name, message_id.strip("<>")) for name in self.sent_folders())

    def file_sent(self, raw: bytes, at: datetime) -> bool:
        """Put a copy of a mail of ours into Sent, read, dated `at` (aware); False where there is no such folder.

        The one thing that is ever written into a mailbox.
        """
        folder = next(iter(self.sent_folders()), None)
        if folder is None:
            return False
        with self._talking(len(raw) / SLOWEST) as client:
            killpoint("imap before APPEND")
            client.append(folder, raw, flags=[b"\\Seen"], msg_time=at)
            killpoint("imap after APPEND")
        return True

    def sent_folder(self) -> str:
        """Return the folder into which what we sent is filed; empty where there is none."""
        return next(iter(self.sent_folders()), "")

    def quota(self) -> tuple[int, int] | None:
        """Return how many KiB the mailbox takes, and how many it may; None where the server says nothing of it."""
        with self._talking() as client:
            if not client.has_capability("QUOTA"):
                return None
            _, found = client.get_quota_root("INBOX")
        limits = [(one.usage, one.limit) for one in found if one.resource == "STORAGE" and one.limit]
        return max(limits, key=lambda limit: limit[0] / limit[1], default=None)

    def newest_received(self, name: str) -> datetime | None:
        """Return when the server took the newest mail of a folder, by the server's clock; None where it is empty."""
        uids = self.all_uids(name, None)[-1:]
        with self._talking() as client:
            answer = client.fetch(uids, ["INTERNALDATE"]) if uids else {}
        return next((_received(told) for told in answer.values()), None)

    def sent_folders(self) -> list[str]:
        """Return the folders that hold what the seller sent."""
        if self._sent is None:
            self._sent = self._folders_for(b"\\sent", SENT_NAMES)
        return self._sent

    def _folders_for(self, use: bytes, names: frozenset[str]) -> list[str]:
        """Return the marked folder and those of a usual name: mail programs file where servers do not."""
        with self._talking() as client:
            folders = [({flag.lower() for flag in flags}, _leaf(name, mark), name)
                       for flags, mark, name in client.list_folders() if b"\\Noselect" not in flags]
        marked = [name for flags, _, name in folders if use in flags]
        named = [name for flags, leaf, name in folders if leaf in names]
        return list(dict.fromkeys(marked + named))

    def _holds(self, name: str, message_id: str) -> bool:
        self._examine(name)
        with self._talking() as client:
            # SEARCH HEADER finds substrings in any case: id-1 finds ID-11. So what it finds is compared.
            killpoint("imap before the look into Sent")
            found = client.search(f'HEADER Message-ID "{message_id}"')
            killpoint("imap after the look into Sent")
        return any(message_id in self._message_ids(batch) for batch in _batches(found))

    def _message_ids(self, uids: list[int]) -> set[str]:
        with self._talking() as client:
            answer = client.fetch(uids, ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])
            headers = [_value(told, b"BODY[HEADER.FIELDS") or b"" for told in answer.values()]
        return {header.decode("ascii", "replace").partition(":")[2].strip().strip("<>") for header in headers}

    # ---- talking, and saying what went wrong

    @contextmanager
    def _talking(self, seconds: float = 0.0, *, ahead: bool = False) -> Iterator[Any]:
        """Lend the connection for one exchange that takes some `seconds` even if all is well.

        What was asked `ahead` is read first, unless this exchange is about it.
        """
        client = self._client
        if client is None:
            raise EdgeError(self._interrupted() if self._stopped.is_set() else self._lost())
        try:
            # The socket's timeout starts anew with each byte: against one byte a second it needs a second watch.
            with _WATCH.over(self.account.timeout * PATIENCE + seconds, self._give_up):
                if self._ahead and not ahead:
                    self._ahead.settle()
                yield client
        except _failures() as error:
            raise self._failed(client, error) from error

    def _give_up(self) -> None:
        self._too_slow = True
        self._cut()

    def _cut(self) -> None:
        client = self._client
        if client is not None:
            with suppress(OSError):  # past SSLSocket's own shutdown, which is not made for a second thread
                socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._open, self._too_slow, self._sent, self._told, self._came = "", False, None, {}, {}
        self._ahead = None
        if client is not None:
            with suppress(*_failures()):
                client.shutdown()

    def _failed(self, client: Any, error: BaseException) -> EdgeError:
        if _is_refusal(error) and not self._stopped.is_set():
            return _CommandRefusedError(say(
                "Mailbox {mailbox}: {host}:{port} refused what we asked ({words})",
                **self.account.where, words=_words(error)))
        failure = self._broken(client, error)
        self._drop()
        return failure

    def _broken(self, client: Any, error: BaseException) -> EdgeError:
        import ssl

        bye = client._imap.untagged_responses.get("BYE")
        if self._stopped.is_set():
            return EdgeError(self._interrupted())
        if isinstance(error, ssl.SSLCertVerificationError):
            return _distrusted(self.account, error)
        if self._too_slow or isinstance(error, TimeoutError):
            return _silent(self.account)
        if bye:
            return _farewell(self.account, bye[-1])
        if _is_garbage(error):
            return _not_imap(self.account)
        return EdgeError(self._lost())

    def _missing(self, name: str) -> EdgeError | None:
        with self._talking() as client:
            names = [str(told[2]) for told in client.list_folders()]
        if name in names:
            return None
        near = _near(name, names)
        if near:
            return EdgeError(say(
                "Mailbox {mailbox}: there is no folder {folder} at {host}:{port}; did you mean {names}?",
                **self.account.where, folder=name, names=", ".join(near)), permanent=True)
        return EdgeError(say(
            "Mailbox {mailbox}: there is no folder {folder} at {host}:{port}; there are {names}",
            **self.account.where, folder=name, names=", ".join(names[:10]) or "–"), permanent=True)

    def _refuse_control(self, name: str) -> None:
        if not name or _CONTROL.search(name):
            raise EdgeError(say(
                "Mailbox {mailbox}: the folder name {folder} is empty or holds a line break or another "
                "control character, which is never sent to {host}:{port}; correct it",
                **self.account.where, folder=_printable(name)), permanent=True)

    def _lost(self) -> str:
        return say("Mailbox {mailbox}: the connection with {host}:{port} was lost; we connect again",
                   **self.account.where)

    def _interrupted(self) -> str:
        return say("Mailbox {mailbox}: we were told to stop, and left {host}:{port}", **self.account.where)


def _failures() -> tuple[type[BaseException], ...]:
    """Return all that imapclient lets through: its own, imaplib's, the network's, its parsers' surprises."""
    import imaplib

    return (imaplib.IMAP4.error, OSError, *GARBAGE)


def _is_refusal(error: BaseException) -> bool:
    """Whether the server said NO or BAD, in good order."""
    import imaplib

    from imapclient.exceptions import CapabilityError, ProtocolError

    if not isinstance(error, imaplib.IMAP4.error) or "got more than" in str(error):
        return False
    return not isinstance(error, imaplib.IMAP4.abort | ProtocolError | CapabilityError)


def _is_garbage(error: BaseException) -> bool:
    import imaplib

    if isinstance(error, imaplib.IMAP4.abort):
        return "unexpected" in str(error)
    return not isinstance(error, OSError)


def _unreachable(account: Account, error: BaseException) -> EdgeError:
    """Say why there is no connection at all."""
    import imaplib
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrusted(account, error)
    if isinstance(error, ssl.SSLError):
        return EdgeError(say(
            "Mailbox {mailbox}: {host}:{port} does not speak TLS as expected ({reason}); check port and "
            "security: 993 is mostly tls, 143 starttls",
            **account.where, reason=_reason(error)))
    if isinstance(error, TimeoutError):
        return _silent(account)
    if isinstance(error, imaplib.IMAP4.error):
        return _unwelcome(account, error)
    if isinstance(error, socket.gaierror | UnicodeError):
        return EdgeError(say(
            "Mailbox {mailbox}: nobody knows the mail server {host}:{port}; check its spelling, and the "
            "network",
            **account.where))
    return EdgeError(say(
        "Mailbox {mailbox}: the mail server {host}:{port} cannot be reached ({reason}); check host and "
        "port, or wait",
        **account.where, reason=_reason(error)))


def _unwelcome(account: Account, error: BaseException) -> EdgeError:
    import imaplib

    words = _words(error)
    if words.upper().startswith("* BYE"):
        return _farewell(account, words[5:].encode())
    if isinstance(error, imaplib.IMAP4.abort) and not _is_garbage(error):
        return EdgeError(say(
            "Mailbox {mailbox}: {host}:{port} hung up without a greeting; check port and security: 993 is "
            "mostly tls, 143 starttls",
            **account.where))
    return _not_imap(account)


def _distrusted(account: Account, error: ssl.SSLCertVerificationError) -> EdgeError:
    """Say what is wrong with the certificate; the numbers are OpenSSL's X509_V_ERR_*."""
    if error.verify_code in (18, 19, 20, 21):
        return EdgeError(say(
            "Mailbox {mailbox}: the certificate of {host}:{port} is signed by an authority we do not know; "
            "if it is your own, name its certificate in ca_file",
            **account.where), permanent=True)
    if error.verify_code in (62, 64):
        return EdgeError(say(
            "Mailbox {mailbox}: the certificate shown at {host}:{port} is for another name; write the host "
            "as it stands in the certificate",
            **account.where), permanent=True)
    return EdgeError(say(
        "Mailbox {mailbox}: the certificate of {host}:{port} is not to be trusted ({reason}); its owner "
        "must renew it, unless this machine's clock is wrong or ca_file is not the right one",
        **account.where, reason=error.verify_message), permanent=True)


def _silent(account: Account) -> EdgeError:
    return EdgeError(say(
        "Mailbox {mailbox}: {host}:{port} is silent, or slower than {seconds} s allow; check host, port and "
        "security, or wait",
        **account.where, seconds=f"{account.timeout:g}"))


def _not_imap(account: Account) -> EdgeError:
    return EdgeError(say(
        "Mailbox {mailbox}: what {host}:{port} answered is not IMAP; check host and port, or wait",
        **account.where))


def _farewell(account: Account, words: bytes) -> EdgeError:
    return _DismissedError(say(
        "Mailbox {mailbox}: {host}:{port} closed the connection, saying: {words}",
        **account.where, words=_printable(words.decode("utf-8", "replace").strip())))


def _hint(host: str) -> str:
    """Return what most often helps at this provider."""
    if re.search(r"(outlook|office365|hotmail|live)\.", host, re.I):
        return say("Microsoft takes no passwords by IMAP any more: write oauth = \"microsoft\" in the place of the "
                   "password in mailboxes.toml, and run `run_bot.py login`")
    if re.search(r"(gmail|googlemail|google|yahoo|aol|icloud|mail\.me)\.|\bme\.com", host, re.I):
        return say("this provider wants an app password, made in the security settings of the mailbox there")
    return say("check user and password; some hosts want a password made for programs, or IMAP switched on")


def _hint_bearer(account: Account) -> str:
    return say("the log-in was granted by {user} at the provider: see that it is for this mailbox, that IMAP is "
               "switched on there, and log in again with `run_bot.py login {mailbox}`",
               user=account.user, mailbox=account.mailbox)


def _words(error: BaseException) -> str:
    """Return what the server said, fit to be shown. imaplib wraps its bytes in b'...'."""
    said = error.args[0] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return _printable(re.sub(r"""^b(['"])(.*)\1$""", r"\2", said))


def _printable(text: str) -> str:
    return _CONTROL.sub("?", text)[:200]


def _reason(error: BaseException) -> str:
    told = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
    return _printable(str(told))


def _spare_version() -> None:
    """Spare imapclient asking its package's papers for its version: 15 ms at every start, and nobody wants to know."""
    if "imapclient" not in sys.modules:
        sys.modules["imapclient.version"] = version = ModuleType("imapclient.version")
        version.version, version.version_info = "", ()      # type: ignore[attr-defined]


@cache
def _client_class() -> Any:
    """Return imapclient's class, made to heed the CAPABILITY in a greeting over TLS: imaplib asks for it once more."""
    _spare_version()
    from imapclient import IMAPClient, tls

    class Line(tls.IMAP4_TLS):  # type: ignore[misc]
        def _get_capabilities(self) -> None:
            told = self.untagged_responses.pop("CAPABILITY", None)
            if told and told[-1]:
                self.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())
            else:
                super()._get_capabilities()

    class Client(IMAPClient):   # type: ignore[misc]
        def _create_IMAP4(self) -> Any:
            return Line(self.host, self.port, self.ssl_context, self._timeout.connect) if self.ssl else \
                super()._create_IMAP4()

    return Client


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _keep_alive(line: socket.socket) -> None:
    """Let the kernel find a dead line in two minutes; where it knows no such times, in its own."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _identify(client: Any, account: Account) -> None:
    """Log in by LOGIN where imaplib can: it neither quotes the user nor encodes either beyond ASCII."""
    if is_plain(account.user) and account.password.isascii():
        client.login(account.user, account.password)
    else:
        client.plain_login(account.user, account.password)


def is_plain(user: str) -> bool:
    """Say whether imaplib sends such a name as it stands."""
    return re.fullmatch(r"[A-Za-z0-9._+@=/-]+", user) is not None


def as_sent(folder: str) -> str:
    """Return a folder's name as it stands in a command."""
    from imapclient.imap_utf7 import encode

    return '"{}"'.format(encode(folder).decode("ascii").replace("\\", "\\\\").replace('"', '\\"'))


def _identify_bearer(client: Any, account: Account, bearer: Callable[[str], str]) -> None:
    """Log in by XOAUTH2; a token turned away once may have been withdrawn before its time, so a fresh one is tried."""
    from imapclient.exceptions import LoginError

    token = bearer("")
    try:
        _xoauth2(client, account.user, token)
    except LoginError:
        if (fresh := bearer(token)) == token:
            raise
        _xoauth2(client, account.user, fresh)


def _xoauth2(client: Any, user: str, token: str) -> None:
    """Say who we are, once: on a refusal the server tells why and waits for an empty line."""
    import imaplib

    from imapclient.exceptions import LoginError

    said = iter((f"user={user}\1auth=Bearer {token}\1\1".encode(),))
    try:
        client._imap.authenticate("XOAUTH2", lambda _: next(said, b""))
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise LoginError(_words(error).replace(token, "***")) from None
    client._cached_capabilities = None  # the log-in changes what the server offers


def _uidnext(client: Any) -> int:
    """Return one more than the highest UID, for a server that keeps UIDNEXT to itself."""
    return max(client.search(["ALL"]), default=0) + 1


def _received(answer: Mapping[bytes, Any]) -> datetime:
    """Return INTERNALDATE in UTC; 1970 where there is none: on old mail nothing goes out by itself."""
    told = answer.get(b"INTERNALDATE")
    try:
        return told.astimezone(UTC) if isinstance(told, datetime) else EPOCH
    except (OverflowError, ValueError):
        return EPOCH


def _value(answer: Mapping[bytes, Any], start: bytes) -> bytes | None:
    """Return the section asked for; servers echo its name in forms of their own."""
    found = (value for key, value in answer.items() if key.upper().startswith(start))
    return next((value for value in found if isinstance(value, bytes)), None)


def _near(name: str, names: list[str]) -> list[str]:
    """Return the few names that may have been meant: those that hold it, then those spelt like it."""
    from difflib import get_close_matches

    spelt = {known.casefold(): known for known in names}
    holding = [known for folded, known in spelt.items() if name.casefold() in folded]
    alike = [spelt[folded] for folded in get_close_matches(name.casefold(), spelt, n=3)]
    return list(dict.fromkeys(holding + alike))[:5]


def _leaf(name: str, mark: bytes | None) -> str:
    """Return the last part of a folder's name, to be compared."""
    return name.rsplit(mark.decode("ascii", "replace"), 1)[-1].casefold() if mark else name.casefold()


def _as_bytes(told: object) -> bytes:
    return told if isinstance(told, bytes) else str(told).encode()


def _batches(uids: Iterable[int], most: int = 0) -> Iterator[list[int]]:
    left = iter(uids)
    while batch := list(islice(left, most or BATCH)):
        yield batch


def _runs_told(said: Sequence[bytes | None]) -> list[range] | None:
    """Return what ESEARCH found; None where its answer is not as it should be."""
    words = said[-1].decode("ascii", "replace").partition(")")[2].split() if said and said[-1] else []
    if words[:1] != ["UID"]:
        return None
    return parse(words[words.index("ALL") + 1]) if "ALL" in words[:-1] else []


def _groups(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Yield UIDs to be asked for together, in order; one longer than LONG always stands alone."""
    group: list[int] = []
    total = 0
    for uid, size in sizes.items():
        if group and (total + size > GROUP or len(group) == BATCH or max(size, sizes[group[-1]]) > LONG):
            yield group
            group, total = [], 0
        group.append(uid)
        total += size
    if group:
        yield group
