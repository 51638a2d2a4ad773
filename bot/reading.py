"""A kept mail is read, and becomes an event, an order of the seller's, or a row of the shelf with its reason."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from time import monotonic

from bot import marketplaces, words
from bot.breaking import stop_all
from bot.core import case as cases
from bot.core.action import mark_of
from bot.core.bounce import report
from bot.core.case import Case
from bot.core.errors import UnreadableError
from bot.core.event import Channel, Event, Kind
from bot.core.lookalike import imitated, readable
from bot.core.message import Message, Origin
from bot.core.policy import Seller
from bot.edges import EdgeError
from bot.edges.killpoint import killpoint
from bot.edges.reader import TROUBLES, Asked, Read
from bot.edges.store import Mail, Row, StorageError, Store
from bot.guichet import Guichet
from bot.hearing import hear
from bot.pipeline import event_of, handle
from bot.understanding import Understood, taken_over
from bot.words import say

log = logging.getLogger(__name__)

MOST = 50                   # mails a batch; their attempts are counted with one commit, and
MOST_BYTES = 4 * 2**20      # they and what is read of them are in memory together
STRETCH = 1.0               # seconds for which further batches are taken, so that the child never waits for them
MOST_READ = 25              # mails settled together: meanwhile the child reads the next ones
HELD = 0.1                  # seconds after which a transaction ends, however many mails wait for it
MOST_ATTEMPTS = 3  # a mail that stopped the program this often is not read again


def read_one(guichet: Guichet, now: datetime) -> bool:
    """Take the next kept mail all the way to the outbox; say whether there was one."""
    return _take_in(guichet, _Taken(guichet.store, guichet.store.next_mails(1)), now)


def read_some(guichet: Guichet, now: datetime, seconds: float = STRETCH) -> bool:
    """Take the next kept mails to the outbox, and for some seconds those after them; say whether there were any."""
    taken = _Taken(guichet.store, guichet.store.next_mails(MOST, MOST_BYTES), monotonic() + seconds)
    return _take_in(guichet, taken, now)


def _take_in(guichet: Guichet, taken: _Taken, now: datetime) -> bool:
    try:
        with words.speaking(guichet.seller.language):
            for part in _parts(_seen(guichet, taken), MOST_READ):
                _settle_all(guichet, part, now, taken.troubled)
                taken.settle([mail.id for mail, _ in part])
                if taken.is_backlog and guichet.store.fresh_mailboxes():
                    taken.put_back()
                    break   # a backlog lets the mail of another mailbox pass
    except EdgeError:   # not the mails' fault: they stay kept, and are tried again later
        taken.put_back()
        raise
    if log.isEnabledFor(logging.INFO):
        for line in became(guichet.store, taken.settled):
            log.info("%s", line)
    return bool(taken.settled)


class _Taken:
    """The mails of one stretch: a batch, and the next ones before the child has read it. Each is let go of when drawn.

    Attributes:
        waiting: those that have not had their turn, by their number, and whether they are cold.
        settled: those that have.
        troubled: those that keep their attempt though they are not settled.
    """

    def __init__(self, store: Store, first: Sequence[Mail], until: float = 0.0) -> None:
        self._store, self._until = store, until
        self._here = deque(first)
        self.waiting = {mail.id: mail.cold for mail in first}
        self.settled: list[int] = []
        self.troubled: set[int] = set()

    def __iter__(self) -> Iterator[Mail]:
        while self._here:
            alone = self._here[0].attempts > 1      # what was tried before
            while self._here:
                yield self._here.popleft()
            if not alone and monotonic() < self._until:
                self._here.extend(self._store.next_mails(MOST, MOST_BYTES, self.waiting))
                self.waiting |= {mail.id: mail.cold for mail in self._here}

    def poisoned(self) -> Mail | None:
        """Return the first mail if it stopped the program too often to be read again."""
        return self._here[0] if self._here and self._here[0].attempts > MOST_ATTEMPTS else None

    def settle(self, numbers: Sequence[int]) -> None:
        """Note that mails have had their turn."""
        self.settled += numbers
        for number in numbers:
            del self.waiting[number]

    @property
    def is_backlog(self) -> bool:
        return next(iter(self.waiting.values()), False)

    def put_back(self) -> None:
        """Take back the attempts that were none."""
        self._store.uncount_attempts([number for number in self.waiting if number not in self.troubled])


def _seen(guichet: Guichet, taken: _Taken) -> Iterator[tuple[Mail, Read | UnreadableError]]:
    """Read mails, the next ones while the caller works on one. One that stopped the program before comes alone."""
    if mail := taken.poisoned():
        yield mail, UnreadableError("poison", say("reading it stopped the program {count} times", count=MOST_ATTEMPTS))
        return
    killpoint("before reading a mail")
    under_way: deque[Mail] = deque()
    for answer in guichet.reader.read_many(_asked(guichet, taken, under_way)):
        killpoint("after reading a mail")
        yield under_way.popleft(), answer


def _asked(guichet: Guichet, mails: Iterable[Mail], under_way: deque[Mail]) -> Iterator[Asked]:
    """Ask about mails one by one; what was asked about is `under_way`."""
    for mail in mails:
        under_way.append(mail)
        box = guichet.mailbox(mail.mailbox)
        yield Asked(raw=mail.raw, received=mail.received, keys=guichet.dns.txt if box.check_dkim else None,
                    trusted=frozenset({box.authserv_id} if box.authserv_id else ()), about=box.shops)


def _parts(pairs: Iterator[tuple[Mail, Read | UnreadableError]],
           most: int) -> Iterator[list[tuple[Mail, Read | UnreadableError]]]:
    while part := list(islice(pairs, most)):
        yield part


def _settle_all(guichet: Guichet, part: Sequence[tuple[Mail, Read | UnreadableError]], now: datetime,
                troubled: set[int]) -> None:
    """Settle mails that are read, together; where one fails, each by itself, so that those before the fault stay."""
    waiting, most = list(part), len(part)
    while waiting:
        try:
            del waiting[:_settle_together(guichet, waiting[:most], now, troubled)]
        except StorageError:
            if most == 1:
                raise
            most = 1


def _settle_together(guichet: Guichet, part: Sequence[tuple[Mail, Read | UnreadableError]], now: datetime,
                     troubled: set[int]) -> int:
    """Settle mails in one transaction; return how many: others, such as the terminal, wait no longer than HELD."""
    until, many = monotonic() + HELD, 0
    with guichet.store.write_tx(whole=len(part) > 1):
        while many < len(part) and (not many or monotonic() < until):
            _settle(guichet, *part[many], now, troubled)
            many += 1
            killpoint("amid a batch")
    return many


def _settle(guichet: Guichet, mail: Mail, seen: Read | UnreadableError, now: datetime, troubled: set[int]) -> None:
    store = guichet.store
    try:
        if isinstance(seen, UnreadableError):
            raise seen
        _judge(guichet, mail, seen, now)
    except EdgeError:
        raise
    except UnreadableError as error:
        if error.code in TROUBLES and mail.attempts < MOST_ATTEMPTS:
            log.warning("M-%s: %s", mail.id, error)  # perhaps the machine's fault: it stays kept for another attempt
            troubled.add(mail.id)
        else:
            store.settle_mail(mail.id, "shelved", str(error))
    except Exception as error:  # the mail's fault, or ours: it is kept, shown, and the next one is read
        store.settle_mail(mail.id, "shelved", f"fault: {type(error).__name__}")
        log.exception("Mail %s went on the shelf", mail.id)


def became(store: Store, numbers: Sequence[int]) -> Iterator[str]:
    """Return in a line each what became of mails, without a word of them: not even the reason, which may quote."""
    return (_became(row) for row in store.mails(numbers))


def _became(row: Row) -> str:
    mail = f"M-{row['id']}"
    if row["state"] == "shelved":
        return say("{mail} is on the shelf: `run_bot.py show shelf` says why", mail=mail)
    if row["state"] == "kept":
        return say("{mail} waits for another try", mail=mail)
    if row["case_id"]:
        return say("{mail} is read: {kind} from {marketplace}, in C-{case}", mail=mail, kind=row["kind"],
                   marketplace=row["marketplace"], case=row["case_id"])
    return say("{mail} is read, and no case of its own: {code}", mail=mail,
               code=row["reason"].partition(":")[0] or row["state"])


def _judge(guichet: Guichet, mail: Mail, read: Read, now: datetime) -> None:
    """Let a mail that is read take its effect, and settle it."""
    store, seen = guichet.store, read.message
    store.describe_mail(mail.id, seen)
    if mark := seen.headers.get("x-guichet"):
        store.record_echo((mark_of(seen.message_id), mark), now)
        if _from_another_installation(guichet, mail, seen, mark):
            stop_all(guichet, say("another Guichet answers from {address}, too", address=seen.sender), now)
    if mail.oversize:  # its headers say whose it is; what it says nobody here knows
        store.settle_mail(mail.id, "shelved", mail.oversize)
    elif reason := _to_ignore(store, mail, seen):
        store.settle_mail(mail.id, "ignored", reason)
    elif _bounced(guichet, mail, seen, now):
        store.settle_mail(mail.id, "read", "bounce: " + say("one of our answers came back"))
    elif isinstance(found := taken_over(seen, read.told, shops := guichet.mailbox(mail.mailbox).shops), Understood):
        _take(guichet, mail, found, now)
    elif not hear(guichet, mail, seen, now):
        state, reason = unclaimed(seen, guichet.seller, shops, found)
        store.settle_mail(mail.id, state, reason)


def _from_another_installation(guichet: Guichet, mail: Mail, seen: Message, mark: str) -> bool:
    """Say whether a mail like ours, and proven to come from our own address, is none of ours.

    What lay there before the first look may be of a database that is gone, and after a restore of what it forgot.
    """
    if mail.cold or seen.origin is not Origin.PROVEN or guichet.store.meta("restored"):
        return False
    ours = {box.address.lower() for box in guichet.settings.mailboxes}
    return seen.sender in ours and not guichet.store.wrote(mark) and not guichet.store.is_own(seen.message_id)


def _to_ignore(store: Store, mail: Mail, seen: Message) -> str:
    own, twin = store.known(mail.id, seen)
    if own or seen.headers.get("x-guichet"):
        return "own_mail: " + say("we wrote it ourselves")
    if twin:
        return "duplicate: " + say("the same mail as M-{number}", number=twin)
    return ""


def unclaimed(seen: Message, seller: Seller, shops: Collection[str] | None = None,
              elsewhere: str = "") -> tuple[str, str]:
    """Return what becomes of a mail no marketplace claims, and the reason: nothing is dropped in silence.

    `elsewhere`: the marketplace that would claim it, were it among the mailbox's shops.
    """
    if seen.automatic == "bounce":
        return _unclaimed_bounce(seen)
    if elsewhere:
        return "shelved", other_shop(elsewhere)
    if seen.automatic:
        code = "list_mail" if seen.automatic == "list" else "auto_submitted"
        return "ignored", f"{code}: {say('an automatic mail is never answered')}"
    if seen.sender in seller.notify:
        return "shelved", "from_seller: " + say(
            "no order is in it, and it answers no mail of ours")
    if ours := next((one.name for one in marketplaces.among(shops) if one.is_sender(seen.sender)), ""):
        return "shelved", "unknown_label: " + say("from {marketplace}, but no kind of mail we know", marketplace=ours)
    return "shelved", "unknown_sender: " + _stranger(seen)


def _stranger(seen: Message) -> str:
    """Say that nobody knows the sender, and whom he may want to be taken for. The address is shown as it travels."""
    known = [domain for one in marketplaces.installed() for domain in one.domains]
    if like := imitated(domain := seen.sender.rpartition("@")[2], known):
        shown = "" if (plain := readable(domain)) == domain else say(", shown as {domain}", domain=plain)
        return say("no marketplace writes from {sender}{shown}: it looks like {like}, but is not", sender=seen.sender,
                   shown=shown, like=like)
    if "name_shows_address" in seen.flaws:
        return say("no marketplace writes from {sender}; the address in its name, {name}, is not where it comes from",
                   sender=seen.sender, name=seen.sender_name)
    return say("no marketplace writes from {sender}", sender=seen.sender)


def _unclaimed_bounce(seen: Message) -> tuple[str, str]:
    """Anybody can send a bounce. One that names another's mail changes nothing; one that names none is shown."""
    if not report(seen.text).is_final:
        return "ignored", "delayed: " + say("a mail is late, and the server goes on trying")
    if seen.in_reply_to:
        return "ignored", "bounce_unknown: " + say("it sends back a mail that is none of ours; nothing changes")
    return "shelved", "bounce: " + say(
        "a mail could not be delivered; read it, one of your answers may not have arrived")


def other_shop(name: str) -> str:
    """Return the reason where a marketplace that is not among this mailbox's shops would have claimed the mail."""
    return "other_shop: " + say(
        "from {marketplace}, which is not among the shops of this mailbox; if you sell there, add it to `shops` "
        "in mailboxes.toml", marketplace=name)


def _bounced(guichet: Guichet, mail: Mail, seen: Message, now: datetime) -> bool:
    """Let a bounce of our own answer (RFC 3464) take its effect; say whether it was one.

    Only a Message-ID of ours tells: anybody can send what looks like a bounce.
    """
    if seen.automatic != "bounce":
        return False
    row = guichet.store.own_mail((seen.in_reply_to, *seen.references))
    case = guichet.store.case_by_number(row["case_id"]) if row else None
    told = report(seen.text)
    if row is None or case is None or not told.is_final:
        return False
    if not told.is_about(row["to_addr"], guichet.mailbox(row["mailbox"]).address):
        return False
    mark = f"bounce:D-{row['id']}" + (f":{row['attempts']}" if row["attempts"] > 1 else "")
    handle(guichet, Event(
        key=f"{case.key.marketplace}/{case.key.reference}/{Kind.MESSAGE_UNDELIVERED}/{mark}", at=mail.received,
        kind=Kind.MESSAGE_UNDELIVERED, case=case.key, source=f"mail:{mail.id}", mark=mark, text=seen.newest[:500],
        draft=row["id"]), now)
    if row["channel"] == Channel.EMAIL:
        guichet.store.stop_address(row["to_addr"], seen.newest, now)
    return True


def _take(guichet: Guichet, mail: Mail, understood: Understood, now: datetime) -> None:
    """Handle the mail's event and settle the mail, both or neither."""
    note, store = understood.note, guichet.store
    event = event_of(understood, source=f"mail:{mail.id}", received=mail.received, policy=guichet.policy,
                     cold=mail.cold)
    with store.write_tx():
        state, reason, case = _settled(guichet, mail, understood, event, now)
        store.settle_mail(mail.id, state, reason, marketplace=note.marketplace, kind=note.kind,
                          case=case.number if case else None)


def _settled(guichet: Guichet, mail: Mail, understood: Understood, event: Event,
             now: datetime) -> tuple[str, str, Case | None]:
    """Let the event find its case and take its effect; return what becomes of the mail, why, and the case."""
    seen, kind = understood.message, event.kind
    if kind in cases.LOGGED:
        return "ignored", f"{kind}: {say('no matter of yours to act on')}", None
    if kind is Kind.MARKETPLACE_WROTE and seen.origin is Origin.FORGED:
        return "shelved", "unknown_label: " + say("it says it comes from {marketplace}, and your mail host denies it",
                                                  marketplace=event.case.marketplace), None
    note = understood.note
    found = guichet.store.find_case(event.case, note.aliases, (seen.in_reply_to, *seen.references), note.order,
                                    note.item)
    if found is None and kind in cases.JOINING:
        return "ignored", f"{kind}: {say('no case of ours knows it')}", None
    case = handle(guichet, replace(event, case=found.key) if found else event, now, understood=understood,
                  mailbox=mail.mailbox, before=found or Case(key=event.case))
    if case is None:
        return "ignored", "duplicate_event: " + say("told before in another mail"), found
    return "read", "", case
