"""Whatever comes, in whatever order, and wherever it stops: no visitor is answered twice, no cap is passed.

A machine draws sequences of mails, orders by mail and in the terminal, hours, faults of the mail server, and crashes:
a pass that runs in a process of its own is killed (SIGKILL) at a commit, before or after it, or at a word it says to
the mail server. What holds is read from the database, from what the server kept, and from nothing that the bot says.

    GUICHET_EXAMPLES=2000 python -m pytest -n0 tests/test_orders_property.py      # at length
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.core import message
from bot.core.errors import UnreadableError
from bot.core.message import Message
from bot.core.order import Order, tokens, understand
from bot.edges import reader
from bot.edges.reader import Read, Reader
from bot.edges.store import Row, Store, moment
from bot.hearing import DAY
from bot.loop import Stop, reading_steps, until_idle
from bot.ordering import Asked, carry_out
from bot.pipeline import OrderError
from bot.receiving import receive_maildir
from bot.resolving import resolve_one, settle_echo
from bot.sending import send_ready
from tests.servers.smtp import Fault, Faults, SmtpServer
from tests.test_guards import answering, question, rakuten
from tests.world import MARIE, World, buyer_writes, claim, failed, mail, passed

EXAMPLES = int(os.environ.get("GUICHET_EXAMPLES", "15"))
PAUL, STRANGER = "paul@boutique.example", "stagiaire@evil.example"
SECOND = "contact@boutique.example"
OURS = (MARIE, PAUL)
RELAY_DOMAIN = "@marketplace.amazon.fr"
ITEMS = {"871204553": Decimal(50), "871204554": Decimal(20), "871204555": None}      # and what each is worth, if told
MAY_HAVE_LEFT = ("transmitting", "uncertain", "handed", "sent")
LIVE = ("ready", *MAY_HAVE_LEFT)
SHAPE = re.compile(r"(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}")
CAP_PERCENT, CAP_AMOUNT, THEIR_PERCENT = 30, Decimal(9), 50
CAPS = f'steps = [10, 20]\ncap_percent = {CAP_PERCENT}\ncap_amount = "{CAP_AMOUNT}.00 EUR"'

SHOP = """
[seller]
name = "Atelier Lumen"
notify = ["{marie}", "{paul}"]

[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
maildir = "mail"
authserv_id = "mx.boutique.example"
smtp = {{ host = "localhost", port = {port}, security = "plain" }}

[[mailbox]]
name = "contact"
address = "{second}"
maildir = "mail2"
authserv_id = "mx.boutique.example"
smtp = {{ host = "localhost", port = {port}, security = "plain" }}

[policy]
mode = "{mode}"
digest = "off"
[policy.modes]
offer = "{mode}"
[policy.offer]
{caps}
"""

WORDS = (
    "ok", "ok", "ok", "non", "texte :\nBonjour, la lampe s'allume par l'interrupteur du câble.\nfin",
    "texte :\nBonjour, renvoyez la lampe, nous la remplaçons.\nfin", "Bonjour, essayez une autre ampoule avant tout.",
    "remise 10%", "remise 20%", "remise 40%", "remise 60%", "remise 8 €", "remise 8 €", "remise 12,50 €",
    "remise 30 €", "plus tard 4h", "rien à répondre", "clore", "fait", "renvoyer", "pause", "reprise", "refuser",
    "refuser\ntexte :\nElle marchait au départ.\n{token}\nfin", "accepter", "retour", "rembourser", "résumé",
    "état C-1", "bof", "texte :\nBonjour, voici votre numéro {token}, gardez-le.\nfin",
    "expédié 6A15602676300 Colissimo", "pas expédié", "ok pour C-2")
FAULTS: tuple[Faults, ...] = (
    {}, {}, {}, {"RCPT": ["550 5.1.1 no such user"]}, {"RCPT": ["450 4.2.0 later"]}, {"DATA": ["451 4.3.0 later"]},
    {"TEXT": [Fault.HANG_UP]}, {"DOT": [Fault.HANG_UP]}, {"DOT": [None, Fault.HANG_UP]},
    {"DOT": [Fault.KEEP_AND_HANG_UP]}, {"DOT": [None, Fault.KEEP_AND_HANG_UP]}, {"DOT": ["552 5.3.4 too big"]},
    {"CONNECT": ["421 4.3.2 busy"]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """Where a process is killed: at its nth commit, before it or once it is done; or at a word to the mail server."""

    commit: int = 0
    done: bool = False
    verb: str = ""
    mails: int = 0      # so many are sent before


CRASHES = st.one_of(
    st.none(), st.none(),
    st.builds(Crash, commit=st.integers(1, 24), done=st.booleans()),
    st.builds(Crash, verb=st.sampled_from(("RCPT", "DATA", "DOT", "KEPT")), mails=st.integers(0, 2)))


class KillingServer(SmtpServer):
    """A mail server during whose work the client dies."""

    victim, planned = 0, Crash()

    def hear(self, verb: str) -> Any:
        self._kill(verb)
        return super().hear(verb)

    def keep(self, envelope: Any) -> None:
        super().keep(envelope)
        self._kill("KEPT")

    def _kill(self, verb: str) -> None:
        if self.victim and verb == self.planned.verb:
            if not self.planned.mails:
                os.kill(self.victim, signal.SIGKILL)
                self.victim = 0
            self.planned = Crash(verb=verb, mails=max(0, self.planned.mails - 1))


def killed_at(store: Store, crash: Crash) -> None:
    """Let this very process die at one of its commits."""
    commits = 0

    def see(statement: str) -> None:
        nonlocal commits
        if crash.done and commits == crash.commit:
            os.kill(os.getpid(), signal.SIGKILL)
        commits += statement == "COMMIT"
        if not crash.done and commits == crash.commit:
            os.kill(os.getpid(), signal.SIGKILL)

    if crash.commit:
        store.db.conn.set_trace_callback(see)


class Here(Reader):
    """Reads mails in the process that is to die: to start another for each would take all the time there is."""

    def begin(self) -> None:
        pass

    def read(self, raw: bytes, **more: Any) -> Message:
        return message.read(raw, **more)

    def read_many(self, asked: Iterable[reader.Asked]) -> Iterator[Read | UnreadableError]:
        for one in asked:
            try:
                assert isinstance(one.raw, bytes)
                yield Read(message=message.read(one.raw, trusted=one.trusted, keys=one.keys, received=one.received))
            except UnreadableError as error:
                yield error


class Town(World):
    """The world with two mailboxes, two people who answer for the shop, and a mail server that fails as it is told."""

    def __init__(self, folder: Path, server: KillingServer, *, mode: str, capped: bool) -> None:
        self.server, self.mode, self.capped = server, mode, capped
        for part in ("new", "cur", "tmp"):
            (folder / "mail2" / part).mkdir(parents=True)
        super().__init__(folder)
        answering(self)

    def configure(self, *, language: str = "fr", policy: str = "") -> None:
        caps = CAPS if self.capped else "steps = [10, 20]"
        path = self.folder / "mailboxes.toml"
        path.write_text(SHOP.format(marie=MARIE, paul=PAUL, second=SECOND, port=self.server.port, mode=self.mode,
                                    caps=caps), "utf-8")
        self.reload()

    def delivered(self, raw: bytes, number: int, *, second: bool) -> None:
        name = f"{int(self.now.timestamp())}.M{number:06}.box"
        (self.folder / ("mail2" if second else "mail") / "new" / name).write_bytes(raw)

    def work(self) -> None:
        """Do what `once` does, by this world's clock."""
        for mailbox in self.guichet.settings.mailboxes:
            receive_maildir(self.store, mailbox, self.now)
        until_idle(self._reading(), Stop())
        until_idle([lambda: settle_echo(self.guichet, self.now), lambda: resolve_one(self.guichet, self.now)], Stop())
        for _ in send_ready(self.guichet, lambda: self.now):
            pass
        until_idle(self._reading(), Stop())

    def _reading(self) -> list[Callable[[], bool]]:
        return reading_steps(self.guichet, lambda: self.now)

    def does(self, act: Callable[[], None], crash: Crash | None) -> None:
        """Do something here, or in a process that is killed meanwhile; then go on with what is in the database."""
        if crash is None:
            return act()
        self.store.close()
        given, taken = os.pipe()
        if (child := os.fork()) == 0:
            self._dies(act, crash, given)
        self.server.planned, self.server.victim = crash, child if crash.verb else 0
        os.write(taken, b"!")
        _, status = os.waitpid(child, 0)
        self.server.victim = 0
        os.close(given)
        os.close(taken)
        self.killed = os.WIFSIGNALED(status)
        said = self.folder / "traceback"
        assert not said.exists(), said.read_text("utf-8")
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
        self.reload()
        return None

    def _dies(self, act: Callable[[], None], crash: Crash, given: int) -> None:
        """Be the process that is killed; where it lives to the end, that is well, too."""
        try:
            os.read(given, 1)       # the server knows by now whom to kill
            self.reload()
            self.guichet = replace(self.guichet, given=Here())
            killed_at(self.store, crash)
            act()
            os._exit(0)
        except BaseException:  # noqa: BLE001 – a child of a fork must never go on as a second pytest
            (self.folder / "traceback").write_text(traceback.format_exc(), "utf-8")
            os._exit(1)

    # what holds is read from here

    def to_us(self) -> list[bytes]:
        return [one.raw for one in self.server.mails if one.recipient in OURS]

    def rows_to_buyers(self) -> list[Row]:
        return self.store.rows(
            "SELECT outbox.*, events.kind AS about, events.text AS asked, cases.item, cases.reference FROM outbox"
            " JOIN cases ON cases.id = outbox.case_id LEFT JOIN events ON events.id = outbox.event"
            " WHERE what IN ('reply', 'offer') ORDER BY outbox.id")


@cache
def letter(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


@cache
def plain(found: EmailMessage) -> str:
    body = found.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class Orders(RuleBasedStateMachine):
    """Rules are what may happen, invariants what must hold after each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.server = KillingServer(users={}, security="plain")
        self.server.__enter__()
        self.came: list[bytes] = []
        self.marks: dict[str, str] = {}             # Message-ID of an order -> the mark it carries
        self.left: dict[tuple[str, ...], set[int]] = {}     # what can be had once -> the rows that may have left
        self.whole = False                          # whether the last pass came to its end
        self.logged = _Heard()
        logging.getLogger().addHandler(self.logged)

    @initialize(mode=st.sampled_from(("draft", "alone")), capped=st.sampled_from((True, True, False)),
                begun=st.sampled_from((True, True, False)))
    def opens(self, mode: str, capped: bool, begun: bool) -> None:
        self.town = Town(Path(self.folder.name), self.server, mode=mode, capped=capped)
        self.town.work()
        if begun:       # a day at the shop, so that not every sequence spends its steps on making one
            item = next(iter(ITEMS))
            for raw in (self.sale(item), claim(item=item, date=self.town.now), self.question(0, item),
                        self.letter_of_buyer(0, 1)):
                self.hears(raw, False, None, {})

    def teardown(self) -> None:
        logging.getLogger().removeHandler(self.logged)
        try:
            if hasattr(self, "town"):
                self.comes_to_rest()
                self.town.store.close()
        finally:
            self.server.__exit__(None)
            self.folder.cleanup()

    def comes_to_rest(self) -> None:
        """Let all faults end: every word to the seller has left, and nothing is left in the middle."""
        self.server.faults = {}
        for _ in range(3):
            self.town.now += timedelta(hours=5)
            self.town.work()
            for name in dir(self):
                if name.startswith("never_") or name.startswith("always_"):
                    getattr(self, name)()
        assert not self.town.rows("outbox", "state = 'transmitting'")
        assert not self.town.rows("outbox", "state = 'ready' AND what NOT IN ('reply', 'offer')")

    # -- mails

    def hears(self, raw: bytes, second: bool, crash: Crash | None, faults: Faults) -> None:
        self.came.append(raw)
        self.town.delivered(raw, len(self.came), second=second)
        self.passes(crash, faults)

    def passes(self, crash: Crash | None, faults: Faults) -> None:
        self.server.faults = {verb: list(plan) for verb, plan in faults.items() if isinstance(plan, list)}
        self.town.does(self.town.work, crash)
        self.whole = crash is None

    @rule(number=st.integers(0, 1), item=st.sampled_from(tuple(ITEMS)), late=st.integers(0, 3), second=st.booleans(),
          proof=st.sampled_from((None, None, None, "", failed("fr.shopping.rakuten.com"))), crash=CRASHES,
          faults=st.sampled_from(FAULTS))
    def asks(self, number: int, item: str, late: int, second: bool, proof: str | None, crash: Crash | None,
             faults: Faults) -> None:
        self.hears(self.question(number, item, proof=proof, late=late), second, crash, faults)

    def question(self, number: int, item: str, *, proof: str | None = None, late: int = 0) -> bytes:
        return question(f"Question {number} : est-il livré avec son antivol ?", item=item, proof=proof,
                        date=self.town.now - timedelta(hours=late))

    @rule(item=st.sampled_from(tuple(ITEMS)), second=st.booleans(), forged=st.booleans(), crash=CRASHES)
    def is_sold(self, item: str, second: bool, forged: bool, crash: Crash | None) -> None:
        """Forged, it names a price that would lift every cap."""
        price = ITEMS[item] if not forged else Decimal(5000)
        if price is None:
            return
        self.hears(self.sale(item, price, forged=forged), second, crash, {})

    def sale(self, item: str, price: Decimal = Decimal(50), *, forged: bool = False) -> bytes:
        return rakuten(
            "Félicitations, vous avez une nouvelle vente !",
            f"Commande : 340118725/{item}\nArticle : Carafe en verre\nAcheteur : jean_d\nPrix : {price},00 €\n"
            "Mode d'envoi : Suivi\n", date=self.town.now, proof=failed("fr.shopping.rakuten.com") if forged else None)

    @rule(item=st.sampled_from(tuple(ITEMS)), second=st.booleans(), crash=CRASHES, faults=st.sampled_from(FAULTS))
    def is_claimed(self, item: str, second: bool, crash: Crash | None, faults: Faults) -> None:
        self.hears(claim(item=item, date=self.town.now), second, crash, faults)

    @rule(order=st.integers(0, 1), message=st.integers(1, 4), late=st.integers(0, 100), second=st.booleans(),
          proof=st.sampled_from((None, None, None, "", failed("marketplace.amazon.fr"))), crash=CRASHES,
          faults=st.sampled_from(FAULTS))
    def buyer_writes(self, order: int, message: int, late: int, second: bool, proof: str | None, crash: Crash | None,
                     faults: Faults) -> None:
        self.hears(self.letter_of_buyer(order, message, proof=proof, late=late), second, crash, faults)

    def letter_of_buyer(self, order: int, number: int, *, proof: str | None = None, late: int = 0) -> bytes:
        return buyer_writes(f"La lampe ne s'allume pas, message {number}. Que faire ?", message=number, proof=proof,
                            order=f"404-2718281-828459{order}", date=self.town.now - timedelta(hours=late))

    @precondition(lambda self: self.came)
    @rule(which=st.integers(0, 9), second=st.booleans(), renamed=st.booleans(), crash=CRASHES)
    def comes_again(self, which: int, second: bool, renamed: bool, crash: Crash | None) -> None:
        raw = self.came[-1 - which % len(self.came)]
        if renamed:
            raw = re.sub(rb"Message-ID: <", b"Message-ID: <again.%d." % len(self.came), raw)
            if (found := letter(raw))["Message-ID"] and (mark := self.marks.get(_plain_id(found, len(self.came)))):
                self.marks[str(found["Message-ID"])] = mark
        self.hears(raw, second, crash, {})

    # -- orders

    @precondition(lambda self: self.town.to_us())
    @rule(which=st.one_of(st.just(0), st.integers(0, 9)), words=st.sampled_from(WORDS), above=st.booleans(),
          second=st.booleans(), crash=CRASHES, faults=st.sampled_from(FAULTS))
    def answers(self, which: int, words: str, above: bool, second: bool, crash: Crash | None, faults: Faults) -> None:
        sent, subject = self.picked(which)
        self.orders(sent, subject, words, str(sent["to"]), True, above, False, second, crash, faults)

    @precondition(lambda self: self.town.to_us())
    @rule(which=st.integers(0, 9), word=st.sampled_from(("ok", "ok", "remise 10%", "remise 8 €", "renvoyer")),
          crash=CRASHES, faults=st.sampled_from(FAULTS))
    def decides(self, which: int, word: str, crash: Crash | None, faults: Faults) -> None:
        """What moves most, in answer to a mail that lists it."""
        listed = re.compile(rf"^ +{word.partition(' ')[0]} ", re.M)
        theirs = [raw for raw in reversed(self.town.to_us()) if listed.search(plain(letter(raw)))]
        if theirs:
            sent = letter(theirs[which % min(3, len(theirs))])
            self.orders(sent, str(sent["subject"]), word, str(sent["to"]), True, True, False, False, crash, faults)

    @precondition(lambda self: self.town.to_us())
    @rule(which=st.integers(0, 9), words=st.sampled_from(WORDS), strange=st.integers(0, 5),
          sender=st.sampled_from(("him", "other", "stranger")), proof=st.sampled_from((True, False, None)),
          robot=st.sampled_from((False, False, True)), second=st.booleans(), crash=CRASHES)
    def is_imitated(self, which: int, words: str, strange: int, sender: str, proof: bool | None, robot: bool,
                    second: bool, crash: Crash | None) -> None:
        """An answer that is not what it should be: another's, unproven, a robot's, with the mark of another mail."""
        sent, subject = self.picked(which)
        found = SHAPE.search(self.picked(strange)[1])
        assert found
        who = {"him": str(sent["to"]), "other": next(one for one in OURS if one != sent["to"]), "stranger": STRANGER}
        self.orders(sent, SHAPE.sub(found[0], subject), words, who[sender], proof, True, robot, second, crash, {})

    def picked(self, which: int) -> tuple[EmailMessage, str]:
        """Return a mail that was written to one of us, counted from the newest, and its subject."""
        theirs = self.town.to_us()
        sent = letter(theirs[-1 - which % len(theirs)])
        return sent, str(sent["subject"])

    def orders(self, sent: EmailMessage, subject: str, words: str, who: str, proof: bool | None, above: bool,
               robot: bool, second: bool, crash: Crash | None, faults: Faults) -> None:
        mark = SHAPE.findall(subject)[0]
        raw = self.order(who, subject, words.format(token=mark), sent, plain(sent), above=above, proof=proof,
                         robot=robot)
        self.marks[str(letter(raw)["Message-ID"])] = mark
        self.hears(raw, second, crash, faults)

    def order(self, who: str, subject: str, said: str, sent: EmailMessage, body: str, *, above: bool,
              proof: bool | None, robot: bool) -> bytes:
        quoted = "\n".join(f"> {line}" for line in body.splitlines())
        head = f"Le mar. 17 nov. 2026 à 10:04, Guichet <{sent['from']}> a écrit :"
        domain = who.rpartition("@")[2]
        results = {True: passed(domain), False: failed(domain), None: ""}[proof]
        return mail(f"From: Quelqu'un <{who}>\nSubject: Re: {subject}\nIn-Reply-To: {sent['message-id']}"
                    + ("\nAuto-Submitted: auto-replied" if robot else ""),
                    f"{said}\n\n{head}\n\n{quoted}\n" if above else f"{head}\n\n{quoted}\n\n{said}\n",
                    proof=results, date=self.town.now)

    @precondition(lambda self: self.town.rows("cases"))
    @rule(words=st.sampled_from(WORDS), case=st.integers(0, 9), draft=st.one_of(st.none(), st.integers(0, 9)),
          crash=CRASHES, faults=st.sampled_from(FAULTS))
    def types(self, words: str, case: int, draft: int | None, crash: Crash | None, faults: Faults) -> None:
        numbers = [row["id"] for row in self.town.rows("cases")]
        rows = self.town.rows_to_buyers()
        row = rows[draft % len(rows)] if rows and draft is not None else None
        about = row["case_id"] if row else numbers[case % len(numbers)]
        self.town.does(lambda: self.carried_out(words, about, row), crash)
        self.passes(None, faults)

    @rule(word=st.sampled_from(("ok", "ok", "ok", "non", "fait", "renvoyer")), which=st.integers(0, 3),
          second=st.booleans(), crash=CRASHES)
    def is_asked_again(self, word: str, which: int, second: bool, crash: Crash | None) -> None:
        """The visitor puts the same question another day, and of its answers one is decided on."""
        self.town.now += timedelta(days=1)
        self.hears(self.question(0, next(iter(ITEMS))), second, crash, {})
        rows = [row for row in self.town.rows_to_buyers() if row["about"] == "question_asked"]
        if rows:
            row = rows[-1 - which % len(rows)]
            self.town.does(lambda: self.carried_out(word, row["case_id"], row), crash)
            self.passes(None, {})

    def carried_out(self, words: str, case: int, row: Row | None) -> None:
        given = understand(words, today=self.town.now.date())
        if not isinstance(given, Order):
            return
        draft = self.town.store.outbox_row(row["id"]) if row else None
        try:
            carry_out(Asked(guichet=self.town.guichet, order=given, now=self.town.now, source="terminal", row=draft,
                            case=self.town.store.case_by_number(case)))
        except OrderError:
            pass

    @rule(hours=st.sampled_from((0.05, 0.2, 4, 21, 30)), crash=CRASHES, faults=st.sampled_from(FAULTS))
    def time_passes(self, hours: float, crash: Crash | None, faults: Faults) -> None:
        self.town.now += timedelta(hours=hours)
        self.passes(crash, faults)

    # -- what holds

    def had(self, what: tuple[str, ...], number: int) -> None:
        self.left.setdefault(what, set()).add(number)
        assert len(self.left[what]) == 1, (what, self.left[what])

    @invariant()
    def never_two_answers_to_a_visitor(self) -> None:
        for row in self.town.rows_to_buyers():
            if row["about"] == "question_asked" and row["what"] == "reply" and row["state"] in MAY_HAVE_LEFT:
                said = re.search(r"Question \d", row["asked"])
                assert said, row["asked"]
                self.had(("answer", row["item"], said[0]), row["id"])

    @invariant()
    def never_the_same_discount_twice(self) -> None:
        for row, offered in self.offers():
            if row["state"] in LIVE:
                self.had(("offer", row["reference"], offered), row["id"])

    @invariant()
    def never_above_a_cap(self) -> None:
        for row, offered in self.offers():
            percent, amount = self.worth(row, offered)
            ours = (CAP_PERCENT, CAP_AMOUNT) if self.town.capped else (THEIR_PERCENT, None)
            assert percent is None or percent <= ours[0], (row["step"], percent)
            assert ours[1] is None or (amount is not None and amount <= ours[1]), (row["step"], amount)

    def offers(self) -> Iterator[tuple[Row, str]]:
        for row in self.town.rows_to_buyers():
            if row["what"] == "offer":
                yield row, row["step"].rpartition("/offer:")[2].partition(":")[0]

    def worth(self, row: Row, offered: str) -> tuple[Decimal | None, Decimal | None]:
        """Return what was offered in percent and in euros; None where it cannot be known."""
        figure = Decimal(offered.rstrip("%").removesuffix(" EUR"))
        price = self.price(row)
        if offered.endswith("%"):
            assert price, f"{offered} of nobody knows what"
            return figure, price * figure / 100
        return (figure * 100 / price if price else None), figure

    def price(self, row: Row) -> Decimal | None:
        """Return the item's price as a proven mail had told it before the offer."""
        told = self.town.store.row("SELECT 1 AS one FROM events WHERE kind = 'sale_made' AND origin = 'proven' AND"
                                   " case_id = ? AND id <= ?", row["case_id"], row["event"])
        return ITEMS[row["item"]] if told else None

    @invariant()
    def never_more_than_two_alone_in_a_case_and_day(self) -> None:
        alone = [row for row in self.town.rows_to_buyers() if row["mode"] == "alone" and row["state"] in LIVE]
        assert not alone or self.town.mode == "alone"
        for row in alone:
            day = [one for one in alone if one["case_id"] == row["case_id"]
                   and timedelta() <= moment(row["created"]) - moment(one["created"]) < DAY]
            assert len(day) <= 2, [one["id"] for one in day]

    @invariant()
    def never_a_word_to_a_buyer_that_nobody_released(self) -> None:
        for one in self.town.server.mails:
            if one.recipient in OURS:
                continue
            assert one.recipient.endswith(RELAY_DOMAIN), one.recipient
            [row] = self.town.rows("outbox", f"message_id = '{letter(one.raw)['Message-ID']}'")
            alone = row["mode"] == "alone" and self.town.mode == "alone"
            assert alone or self.released(row), row["step"]
            assert _squeezed(row["body"]) in _squeezed(plain(letter(one.raw)))

    def released(self, row: Row) -> bool:
        """Say whether one of us said yes to these words, or ordered them."""
        return bool(self.town.rows(
            "events", "source LIKE 'seller:%' AND key NOT LIKE '%/refused:%' AND ((kind = 'draft_approved'"
                      f" AND mark LIKE 'D-{row['id']}:%') OR"
                      f" (kind IN ('offer_ordered', 'answer_chosen') AND id = {row['event']}))"))

    @invariant()
    def never_a_mail_to_a_buyer_twice_unless_he_was_asked_and_said_so(self) -> None:
        copies = Counter(str(letter(one.raw)["Message-ID"]) for one in self.town.server.mails
                         if one.recipient not in OURS)
        for named, count in copies.items():
            [row] = self.town.rows("outbox", f"message_id = '{named}'")
            asked = self.town.rows("events", f"kind = 'sending_uncertain' AND source = 'outbox:D-{row['id']}'")
            assert count <= 1 + len(asked), (row["step"], count)

    @invariant()
    def never_an_order_of_nobody(self) -> None:
        """What moved by mail was moved by a proven mail of ours, each kind of effect once."""
        done = self.town.store.rows("SELECT events.kind, events.source, mails.origin, mails.sender FROM events"
                                    " JOIN mails ON 'seller:mail:' || mails.id = events.source"
                                    " WHERE events.key NOT LIKE '%/refused:%'")
        assert all(count == 1 for count in Counter((row["source"], row["kind"]) for row in done).values()), done
        for row in done:
            assert row["sender"] in OURS, row
            assert row["origin"] != "forged", row
            if row["kind"] in ("draft_approved", "draft_edited", "offer_ordered", "answer_chosen", "seller_shipped"):
                assert row["origin"] == "proven", row

    @invariant()
    def never_two_orders_on_one_mark(self) -> None:
        heard = self.town.store.rows(
            "SELECT mails.message_id FROM orders JOIN mails ON mails.id = orders.mail"
            " WHERE orders.reason IN ('', 'OrderError', 'RefusedError') AND orders.verdict != 'unclear'")
        used = Counter(self.marks[found] for row in heard if (found := row["message_id"]) in self.marks)
        assert len(heard) == sum(used.values()), heard
        assert all(count == 1 for count in used.values()), used

    @invariant()
    def always_one_answer_to_an_order(self) -> None:
        for row in self.town.rows("mails", "kind = 'order'"):
            assert len(self.town.rows("orders", f"mail = {row['id']}")) == 1
            answers = self.town.rows("outbox", f"in_reply_to = '{row['message_id']}'")
            own = [one for one in answers if one["step"].startswith(f"order/M-{row['id']}/")]
            assert len(own) <= 1, [one["step"] for one in answers]
            assert row["state"] != "read" or len(own) == 1, row["reason"]

    @invariant()
    def never_a_mark_for_a_buyers_eyes(self) -> None:
        minted = {found for raw in self.town.to_us() for found in SHAPE.findall(str(letter(raw)["subject"]))}
        for one in self.town.server.mails:
            if one.recipient not in OURS:
                found = letter(one.raw)
                assert minted.isdisjoint(SHAPE.findall(f"{found['subject']} {plain(found)}".upper()))
        for row in self.town.rows_to_buyers():
            assert minted.isdisjoint(tokens(f"{row['subject']} {row['body']}")), row["step"]
        said = json.dumps([row["facts"] for row in self.town.rows("events")]) + "".join(self.logged.said)
        assert minted.isdisjoint(SHAPE.findall(said))

    @invariant()
    def always_a_whole_database(self) -> None:
        [row] = self.town.store.rows("PRAGMA quick_check")
        assert list(row.values()) == ["ok"]

    @invariant()
    def always_settled_once_a_pass_has_ended(self) -> None:
        if self.whole:
            assert not self.town.rows("mails", "state = 'kept'")


class _Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _plain_id(found: EmailMessage, count: int) -> str:
    return str(found["Message-ID"]).replace(f"<again.{count}.", "<", 1)


def _squeezed(words: str) -> str:
    return "".join(words.split())


def at_length(examples: int, steps: int) -> settings:
    return settings(max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck))


def test_no_sequence_of_mails_orders_and_crashes_answers_a_visitor_twice_or_passes_a_cap() -> None:
    run_state_machine_as_test(Orders, settings=at_length(EXAMPLES, 14))
