"""Mails to the seller leave one behind the other where the relay lets them: a commit each, and the ladder as before."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import sending
from bot.core.event import Kind
from bot.sending import send_ready
from tests.relayed import Relayed
from tests.servers.smtp import Fault, SmtpServer
from tests.world import MARIE, buyer_writes

ORDERS = ("404-1000000-0000001", "404-1000000-0000002", "404-1000000-0000003", "404-1000000-0000004")
ROOT = Path(__file__).resolve().parents[1]
KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from bot import settings
from bot.edges.store import Store
from bot.guichet import Guichet
from bot.sending import send_ready
settings = settings.load(Path(sys.argv[1]))
for _ in send_ready(Guichet(settings, Store(settings.database)), lambda: datetime.fromisoformat(sys.argv[2])):
    pass
"""


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Relayed]:
    """Marie's shop with four questions to her, ready to leave."""
    with SmtpServer() as smtp:
        smtp.pipelining = True
        relayed = Relayed(tmp_path, smtp)
        relayed.work()
        for order in ORDERS:
            relayed.hears(buyer_writes(order=order))
        yield relayed


def states(relayed: Relayed) -> list[tuple[str, int]]:
    return [(row["state"], row["attempts"]) for row in relayed.rows("outbox", "what = 'question'")]


def commits_of_sending(relayed: Relayed) -> int:
    told: list[str] = []
    relayed.store.connection.set_trace_callback(told.append)
    for _ in send_ready(relayed.guichet, lambda: relayed.now):
        pass
    relayed.store.connection.set_trace_callback(None)
    return told.count("COMMIT")


def test_each_leaves_once_and_what_the_relay_said_is_in_the_journal(asked: Relayed) -> None:
    asked.sends()
    assert states(asked) == [("sent", 1)] * 4
    assert [mail.recipient for mail in asked.smtp.mails] == [MARIE] * 4
    assert [row["outcome"] for row in asked.rows("tries")] == ["sent"] * 4
    assert asked.smtp.spoken.count("CONNECT") == 1


def test_four_take_four_commits_and_two(asked: Relayed) -> None:
    """The first two are claimed apart, the last two settled apart; each other commit does both."""
    assert commits_of_sending(asked) == 6


def test_each_is_claimed_by_a_commit_before_its_envelope_is_said(asked: Relayed) -> None:
    seen: list[tuple[int, int]] = []

    def look(_: object) -> None:
        with closing(sqlite3.connect(asked.guichet.settings.database)) as db:
            [[claimed]] = db.execute("SELECT count(*) FROM outbox WHERE attempts > 0").fetchall()
        seen.append((asked.smtp.spoken.count("MAIL"), claimed))

    asked.smtp.on_keep = look
    asked.sends()
    assert len(seen) == 4
    assert all(claimed >= said for said, claimed in seen)


@pytest.mark.parametrize(("fault", "left"), [(Fault.KEEP_AND_HANG_UP, 4), (Fault.HANG_UP, 3)])
def test_of_one_that_is_lost_after_its_text_nobody_knows_and_the_others_leave(asked: Relayed, fault: Fault,
                                                                             left: int) -> None:
    asked.smtp.faults = {"DOT": [None, fault]}
    asked.sends()
    assert states(asked) == [("sent", 1), ("transmitting", 1), ("sent", 1), ("sent", 1)]
    assert len(asked.smtp.mails) == left


def test_one_that_is_refused_fails_alone(asked: Relayed) -> None:
    asked.smtp.faults = {"RCPT": [None, "550 5.1.1 nobody", "550 5.1.1 nobody"]}
    asked.sends()
    assert states(asked) == [("sent", 1), ("failed", 1), ("sent", 1), ("sent", 1)]


def test_a_relay_that_turns_us_away_amid_the_turn_leaves_the_rest_ready_and_untried(asked: Relayed) -> None:
    asked.smtp.faults = {"DOT": [None, Fault.HANG_UP], "AUTH": [None, "535 5.7.8 no", "535 5.7.8 no"]}
    [error] = asked.sends()
    assert "refused the log-in" in error
    assert states(asked) == [("sent", 1), ("transmitting", 1), ("ready", 0), ("ready", 0)]


def test_a_stop_amid_the_turn_leaves_the_rest_ready(asked: Relayed) -> None:
    turns = send_ready(asked.guichet, lambda: asked.now)
    next(turns)
    turns.close()     # type: ignore[attr-defined]
    assert states(asked) == [("sent", 1), ("ready", 0), ("ready", 0), ("ready", 0)]
    asked.sends()
    assert states(asked) == [("sent", 1)] * 4
    assert len(asked.smtp.mails) == 4


def test_one_whose_bytes_may_not_leave_is_refused_and_the_others_go(asked: Relayed) -> None:
    rows = asked.rows("outbox", "what = 'question'")
    asked.store.run("UPDATE outbox SET raw = ? WHERE id = ?", rows[1]["raw"] + b"Bcc: \r", rows[1]["id"])
    asked.sends()
    assert states(asked) == [("sent", 1), ("failed", 1), ("sent", 1), ("sent", 1)]


def test_a_mail_to_her_is_the_same_to_the_byte_at_every_try(asked: Relayed) -> None:
    written = {row["id"]: row["raw"] for row in asked.rows("outbox", "what = 'question'")}
    asked.smtp.faults = {"DATA": ["451 4.3.0 later", "451 4.3.0 later"]}
    asked.sends()
    assert ("ready", 1) in states(asked)
    asked.passes(hours=1)
    assert ("sent", 2) in states(asked)
    assert sorted(mail.raw for mail in asked.smtp.mails) == sorted(written.values())


def test_of_a_mail_to_her_only_the_token_is_kept_and_only_until_it_has_left(asked: Relayed) -> None:
    def kept() -> list[bytes | None]:
        return [row["raw"] for row in asked.store.rows("SELECT raw FROM outbox WHERE what = 'question'")]
    assert all(re.fullmatch(rb"(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}", token or b"") for token in kept())
    asked.sends()
    assert kept() == [None] * 4
    assert sorted(states(asked)) == [("sent", 1)] * 4


def test_one_that_an_older_version_froze_leaves_as_it_stands(asked: Relayed) -> None:
    [first, *_] = asked.rows("outbox", "what = 'question'")
    older = first["raw"].replace(b'"Guichet"', b'"Hublot"')
    asked.store.run("UPDATE outbox SET raw = ? WHERE id = ?", older, first["id"])
    asked.sends()
    assert older in [mail.raw for mail in asked.smtp.mails]


def test_a_mail_to_her_that_leaves_writes_few_pages(asked: Relayed) -> None:
    """It is claimed and settled by a commit each: what they write is most of what they cost."""
    asked.hears(*(buyer_writes(order=f"404-2000000-{number:07}", message=number) for number in range(40)))
    asked.store.connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    asked.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    list(send_ready(asked.guichet, lambda: asked.now))
    log = asked.store.path.with_name(f"{asked.store.path.name}-wal")
    assert len(asked.smtp.mails) == 44
    assert log.stat().st_size / 4120 < 44 * 9


def test_a_reply_to_a_buyer_is_settled_before_the_next_is_claimed(asked: Relayed) -> None:
    """What becomes of one may open the breaker for the next; so nothing of theirs travels ahead."""
    for row in asked.rows("outbox", "what = 'reply'"):
        asked.says(Kind.DRAFT_APPROVED, draft=row["id"])
    under_way: list[int] = []
    asked.smtp.on_keep = lambda _: under_way.append(transmitting(asked, "what = 'reply'"))
    asked.sends()
    assert sorted(under_way[:8]) == [0, 0, 0, 0, 1, 1, 1, 1], "one with each reply that leaves, none with a question"


def transmitting(relayed: Relayed, which: str) -> int:
    with closing(sqlite3.connect(relayed.guichet.settings.database)) as db:
        [[count]] = db.execute(f"SELECT count(*) FROM outbox WHERE state = 'transmitting' AND {which}").fetchall()
    return int(count)


@pytest.mark.parametrize("point", [
    "after commit of sending._writing_down#1", "smtp before the envelope in one stroke#1", "smtp amid the text#2",
    "smtp before the dot#2", "smtp after the dot#2", "smtp after the answer to the dot#2",
    "before commit of sending._writing_down#2", "after commit of sending._writing_down#2", "smtp after RCPT#2"])
def test_killed_amid_the_turn_none_is_lost_and_none_but_what_nobody_knew_of_comes_twice(asked: Relayed,
                                                                                       point: str) -> None:
    code = subprocess.run([sys.executable, "-c", KILLED, str(asked.folder / "mailboxes.toml"), asked.now.isoformat()],
                          cwd=ROOT, env={**os.environ, "GUICHET_KILL": point}, timeout=60).returncode
    assert code == -signal.SIGKILL
    under_way = transmitting(asked, "what = 'question'")
    assert under_way <= 2
    for minutes in (0, 2, 6, 20):
        asked.passes(minutes=minutes)
    assert {state for state, _ in states(asked)} == {"sent"}
    times = Counter(mail.raw for mail in asked.smtp.mails)
    assert len(times) == 4
    assert sum(times.values()) - 4 <= 1, "one whose answer was not written down; its bytes are the same"


def test_who_stays_keeps_the_connection_for_the_next_mail_and_who_leaves_says_goodbye(asked: Relayed) -> None:
    asked.sends()
    assert asked.smtp.spoken.count("QUIT") == 1
    asked.guichet = replace(asked.guichet, stays=True)
    for order in ("404-2000000-0000001", "404-2000000-0000002"):
        asked.hears(buyer_writes(order=order))
        asked.sends()
    assert asked.smtp.spoken.count("CONNECT") == 2
    asked.guichet.rest(0)
    assert asked.smtp.spoken.count("QUIT") == 2
    assert states(asked) == [("sent", 1)] * 6


def test_more_than_a_page_leave_whole_and_a_relay_that_fails_is_asked_once(asked: Relayed,
                                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PAGE", 3)
    asked.smtp.faults = {"AUTH": ["535 5.7.8 no"]}
    assert len(asked.sends()) == 1
    assert states(asked) == [("ready", 0)] * 4
    asked.sends()
    assert states(asked) == [("sent", 1)] * 4
