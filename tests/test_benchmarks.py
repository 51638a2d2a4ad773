"""The benchmarks stay true: their mails are read as mails of marketplaces, all contenders do their work, and
a generous ratio holds. The ratio is of CPU seconds, so that a busy machine cannot break it; it guards against
an accident of a whole order, and is no goal: those stand in benchmarks/goals.py.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import contenders, mails, meter, race
from benchmarks.goals import GOALS, Found
from benchmarks.table import BEGIN, END, PAGE, lines
from bot import marketplaces
from bot.core import message
from bot.core.message import Origin

HOST = "mx.boutique.example"
MAILS, ROUNDS = 200, 3
# Their CPU seconds for these mails, of ours, the start of the program in both: about half of what it was when written.
RECORD = {contenders.TUTORIAL: 0.35, contenders.FETCH: 0.007}
REPLY = {contenders.TUTORIAL: 0.4}


def test_every_mail_of_the_benchmark_is_a_marketplaces_and_about_a_case_of_its_own() -> None:
    references: Counter[tuple[str, str]] = Counter()
    for number in range(10 * len(mails.LETTERS)):
        seen = message.read(mails.mail(number), trusted=frozenset({HOST}))
        claim = marketplaces.recognise(seen, marketplaces.installed())
        assert claim, mails.LETTERS[number % len(mails.LETTERS)]
        assert seen.origin is Origin.PROVEN
        note = claim[0].parse(seen, claim[1])
        references[note.marketplace, note.reference] += 1
    assert max(references.values()) == 1


def test_the_same_number_gives_the_same_mail() -> None:
    at = message.read(mails.mail(1)).date
    assert at
    assert mails.mail(7, at=at) == mails.mail(7, at=at)
    assert mails.mail(7, at=at) != mails.mail(8, at=at)


def test_mails_are_of_one_to_thirty_kib() -> None:
    sizes = sorted(len(mails.mail(number)) for number in range(300))
    assert 500 < sizes[0] < 2048
    assert 20 * 1024 < sizes[-1] < 32 * 1024


@pytest.mark.timeout(1800)
def test_beside_a_tutorials_bot_and_raw_fetch_no_accident_of_a_whole_order_has_happened() -> None:
    ran = race.run(MAILS, ROUNDS, (contenders.OURS, *RECORD))
    for places, at_least in ((ran.record, RECORD), (ran.reply, REPLY)):
        cpu = {place.name: place.cpu for place in places}       # the median of the rounds
        slow = {name: cpu[name] / cpu[contenders.OURS] for name in at_least
                if cpu[name] < at_least[name] * cpu[contenders.OURS]}
        assert not slow, "see where the time goes: python -m benchmarks race --only Guichet"
    found = Found(race=ran)
    told = "\n".join(lines(found))
    assert all(goal.what in told for goal in GOALS)
    assert not ran.stages["record"]["missing"], "STAGES in benchmarks/stages.py names only what is gone"


def test_the_page_has_its_marks() -> None:
    page = PAGE.read_text("utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    assert page.index(BEGIN) < page.index(END)


HOLDS = 'import subprocess, sys; {0}; subprocess.run([sys.executable, "-c", "import time; {1}; time.sleep(0.5)"])'
LARGE = "held = b'a' * 40_000_000"


def test_memory_counts_what_two_hold_for_each_and_what_they_map_alike_once(tmp_path: Path) -> None:
    none, one, both = (meter.run([sys.executable, "-c", HOLDS.format(*said)], cwd=tmp_path, env=dict(os.environ))
                       for said in (("pass", "pass"), (LARGE, "pass"), (LARGE, LARGE)))
    assert none.peak < none.summed - 2      # the interpreter itself
    assert 30 < one.peak - none.peak < 50
    assert 30 < both.peak - one.peak < 50


def test_memory_that_a_fork_left_in_common_counts_once(tmp_path: Path) -> None:
    forked = f"import os, time; {LARGE}; time.sleep(0.5) if not os.fork() else os.wait()"
    assert meter.run([sys.executable, "-c", forked], cwd=tmp_path, env=dict(os.environ)).peak < 70
