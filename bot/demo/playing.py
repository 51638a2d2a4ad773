"""The week, scene by scene, by what the program itself offers: a pass as `run_bot.py once`, orders as Marie types them.

The clock is shifted so that the last scene is the present: deadlines shown afterwards are true.
"""

from __future__ import annotations

import io
import logging
import sys
from contextlib import closing, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path

from bot.cli import main as run_bot
from bot.core.errors import BotError
from bot.demo.folder import MARIE, PASSWORD, Folder, FolderTakenError
from bot.demo.letters import ADDRESS
from bot.demo.servers import MailHost
from bot.demo.stage import Stage, Teller
from bot.demo.week import WEEK, Order, Scene
from bot.edges import clock
from bot.edges.store import Store
from bot.loop import database, once
from bot.settings import Settings, load
from bot.words import current, say

OK, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


class OutOfStepError(BotError):
    """The week did not go as written: the program, or the week, has a fault."""


def play_week(keep: Path | None) -> int:
    """Play the whole week; return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no é still gets its week
    logging.basicConfig(level=logging.ERROR)
    stage = Stage()
    try:
        folder = Folder.make(keep)
    except FolderTakenError as error:
        print(f"run_bot.py: {error}", file=sys.stderr)
        return WRONG
    try:
        with MailHost(ADDRESS, PASSWORD) as host:
            folder.furnish(host)
            return _play(stage, folder, host)
    except KeyboardInterrupt:
        stage.say()
        stage.say(say("Stopped. What was done so far stands in {folder}", folder=folder.path))
        return INTERRUPTED
    finally:
        clock.set_ahead(timedelta())


def _play(stage: Stage, folder: Folder, host: MailHost) -> int:
    settings = load(folder.settings)
    with closing(Store(database(settings))) as store:
        week = Week(stage, folder, host, settings, store)
        week.open()
        for scene in WEEK:
            week.play(scene)
        week.close()
        return FAILED if week.failures else OK


class Week:
    """What the scenes share."""

    def __init__(self, stage: Stage, folder: Folder, host: MailHost, settings: Settings, store: Store) -> None:
        self.stage, self.folder, self.host, self.settings, self.store = stage, folder, host, settings, store
        self.teller = Teller(stage, store, settings.seller)
        self.present = clock.now()
        self.delivered = self.told = 0
        self.failures: list[str] = []

    def open(self) -> None:
        self.stage.say(say("One week at {shop}, played by the program itself", shop=self.settings.seller.name), "bold")
        self.stage.paragraph(say(
            "Mail comes in by IMAP on port {imap} and leaves by SMTP on port {smtp} of this machine; "
            "nothing leaves it.", imap=self.host.imap, smtp=self.host.smtp))
        self.stage.paragraph(say(
            "Marie sells at Rakuten France and Amazon. Her buyers write French and Italian; the hours "
            "are those of Paris."))

    def play(self, scene: Scene) -> None:
        moment = scene.moment(self.present)
        clock.set_ahead(moment - self.present)
        self.stage.heading(moment, self.settings.seller, say(scene.note))
        for order in scene.orders:
            self._type(order)
        self._pass(self._deliver(scene, moment))

    def _deliver(self, scene: Scene, moment: datetime) -> list[bytes]:
        mails = [letter.write(moment) for letter in scene.letters]
        for letter, raw in zip(scene.letters, mails, strict=True):
            self.delivered += 1
            self.host.deliver(raw, moment)
            self.folder.save_delivered(self.delivered, letter.name, raw)
        return mails

    def _pass(self, mails: list[bytes]) -> None:
        """Let the program look once, and tell what came of it."""
        failures = once(self.settings).failures
        for failure in failures:
            self.stage.line(say("failed"), failure, "red", most=4)
        self.failures += failures
        posted = self.host.taken(self.told)
        for number, mail in enumerate(posted, self.told + 1):
            self.folder.save_posted(number, mail)
        self.told += len(posted)
        if not self.teller.tell(mails, posted):
            self.stage.line("", say("nothing to do"), "dim")

    # ---- Marie

    def _type(self, order: Order) -> None:
        """Let Marie type an order: the command line's own function carries it out."""
        said = [order.verb, self._named(order)]
        self.stage.line(say("Marie"), f"$ run_bot.py {' '.join(said)}", "bold")
        code, answer = self._run(*said)
        self.stage.quote(answer, most=7)
        if code:
            self.failures.append(f"run_bot.py {' '.join(said)}: {code}")
        self.stage.pause(0.15)

    def _run(self, *words: str) -> tuple[int, str]:
        with redirect_stdout(io.StringIO()) as out:
            code = run_bot(["--lang", current(), "--config", str(self.folder.settings), *words])
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        return code, out.getvalue()

    def _named(self, order: Order) -> str:
        """Return the ID an order is about: the case itself, or its draft."""
        case = self.store.row("SELECT id FROM cases WHERE reference = ?", order.reference)
        rows = self.store.rows("SELECT id FROM outbox WHERE case_id = ? AND what = 'reply'"
                               " AND state IN ('draft', 'handed') ORDER BY id", case["id"] if case else None)
        if case and order.verb == "close":
            return f"C-{case['id']}"
        if not rows:
            raise OutOfStepError(say("The demo lost its thread: there is no draft about {reference}",
                                     reference=order.reference))
        return f"D-{rows[0 if order.oldest else -1]['id']}"

    # ---- the end

    def close(self) -> None:
        """Tell how things stand, what is kept, and what to try."""
        self.stage.say()
        self.stage.say(say("What waits for Marie: run_bot.py show today"), "bold")
        self.stage.say(self._run("show", "today")[1].rstrip())
        self.stage.say()
        self.stage.say(say("The week in numbers"), "bold")
        for label, count in self._numbers().items():
            self.stage.say(f"  {count:>3}  {label}")
        self.stage.say()
        self.stage.say(say("All of it is kept in {folder}", folder=self.folder.path), "bold")
        for sentence in (say("mailboxes.toml, the database in data/, the mails in mails/in and mails/out."),
                         say("The mail server ends with the demo: what you approve now has nowhere to go.")):
            self.stage.paragraph(sentence, "  ")
        self.stage.say()
        self.stage.say(say("Try next:"), "bold")
        for command in self.folder.commands():
            self.stage.say(f"  {command}")

    def _numbers(self) -> dict[str, int]:
        marie = sum(mail.recipient == MARIE for mail in self.host.taken(0))
        return {
            say("mails came"): self._count("mails"),
            say("of them on the shelf, for a person to look at"): self._count("mails WHERE state = 'shelved'"),
            say("of them set aside: newsletters and copies"): self._count("mails WHERE state = 'ignored'"),
            say("cases"): self._count("cases"),
            say("deadlines, {missed} missed", missed=self._count("deadlines WHERE state = 'missed'")):
                self._count("deadlines"),
            say("answers drafted"): self._count("outbox WHERE what = 'reply'"),
            say("mails to Marie"): marie,
            say("answers to buyers"): len(self.host.taken(0)) - marie,
        }

    def _count(self, rows: str) -> int:
        found = self.store.row(f"SELECT count(*) AS count FROM {rows}")
        return int(found["count"]) if found else 0
