"""The demo is the real program on a real server: what it leaves must hold up, and what it names must work."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 30.0  # seconds the demo may take
SURROUNDINGS = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
WITHOUT_PYMAP = """
import sys
sys.modules["pymap"] = None
sys.path.insert(0, {root!r})
sys.argv = ["run_bot.py", "demo"]
import run_bot
sys.exit(run_bot.main())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A demo that has ended."""

    folder: Path
    language: str
    said: str
    warned: str
    code: int
    seconds: float

    def show(self, *words: str) -> Any:
        answer = bot("--config", str(self.folder / "kept" / "mailboxes.toml"), *words, "--json", folder=self.folder)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def mails(self, which: str) -> list[Message]:
        return [message_from_bytes(path.read_bytes())
                for path in sorted((self.folder / "kept" / "mails").glob(which))]


def bot(*words: str, folder: Path, language: str = "en_GB.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-X", "dev", str(ROOT / "run_bot.py"), *words], cwd=folder,
                          env={**SURROUNDINGS, "LANG": language}, capture_output=True, text=True, timeout=100)


@pytest.fixture(scope="module", params=["fr_FR.UTF-8", "en_GB.UTF-8"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    began = time.monotonic()
    answer = bot("demo", "--keep", "kept", folder=folder, language=request.param)
    return Played(folder=folder, language=request.param[:2], said=answer.stdout, warned=answer.stderr,
                  code=answer.returncode, seconds=time.monotonic() - began)


def test_demo_ends_by_itself_in_time_and_leaves_nothing_open(played: Played) -> None:
    assert (played.code, played.warned) == (0, "")  # -X dev: a socket or file left open would be warned of
    assert played.seconds < LIMIT


def test_it_speaks_the_language_asked_for(played: Played) -> None:
    said, other = ("brouillon", "draft  ") if played.language == "fr" else ("draft  ", "brouillon")
    assert said in played.said
    assert other not in played.said


def test_it_can_be_read_in_100_columns(played: Played) -> None:
    wide = [line for line in played.said.splitlines() if len(line) > 100]
    assert [line for line in wide if "--config" not in line] == []  # a command to copy stays in one line


def test_every_mail_that_came_is_kept_read_or_told_why_not(played: Played) -> None:
    came = list((played.folder / "kept" / "mails" / "in").iterdir())
    assert len(came) == 16
    assert re.search(rf"^ +{len(came)}  ", played.said, re.MULTILINE)
    shelf = played.show("show", "shelf")
    assert [row["reason"].partition(":")[0] for row in shelf] == ["multiple_from", "unknown_sender"]


def test_two_copies_of_a_message_are_one_case(played: Played) -> None:
    cases = played.show("show", "case")
    assert len(cases) == len({case["reference"] for case in cases}) == 11
    assert len([case for case in cases if case["buyer"] == "Noémie"]) == 1


def test_both_marketplaces_are_there_and_the_forgery_is_known_as_one(played: Played) -> None:
    cases = played.show("show", "case")
    assert {case["shop"] for case in cases} == {"amazon", "rakuten_fr"}
    [forged] = [case for case in cases if case["origin"] == "forged"]
    [reply] = [row for row in played.show("show", "outbox") if row["case"] == forged["case"] and row["what"] == "reply"]
    assert reply["state"] == "discarded"


def test_each_answer_went_once_to_its_buyer_in_his_thread_and_to_nobody_else(played: Played) -> None:
    asked = {mail["Message-ID"]: re.findall(r"<(.+)>", str(mail["From"]))[0]
             for mail in played.mails("in/*-amazon-*.eml") if "marketplace.amazon" in str(mail["From"])}
    answers = played.mails("out/*-to-buyer.eml")
    assert [mail["To"] for mail in answers] == [asked[mail["In-Reply-To"]] for mail in answers]
    assert len({mail["Message-ID"] for mail in answers}) == len(answers) == 4
    sent = [row for row in played.show("show", "outbox") if row["what"] == "reply" and row["channel"] == "email"]
    assert {row["message_id"] for row in sent if row["state"] == "sent"} == {mail["Message-ID"] for mail in answers}
    assert all(mail["To"] == "marie@atelier-lumen.example" for mail in played.mails("out/*-to-marie.eml"))


def test_what_leaves_and_what_marie_is_told_stands_in_the_telling(played: Played) -> None:
    for mail in played.mails("out/*-to-buyer.eml"):
        assert f"To: {mail['To']}" in played.said
        assert f"In-Reply-To: {mail['In-Reply-To']}" in played.said


def test_deadlines_are_met_missed_cancelled_and_still_running(played: Played) -> None:
    states = [row["state"] for row in played.show("show", "deadlines")]
    assert set(states) == {"met", "missed", "cancelled", "open"}
    assert states.count("missed") == 1
    assert "reminder" in {row["what"] for row in played.show("show", "outbox")}


def test_what_it_says_to_try_next_works(played: Played) -> None:
    commands = [line for line in played.said.splitlines() if "--config" in line]
    assert len(commands) >= 6
    for command in commands:
        answer = subprocess.run(shlex.split(command), cwd=played.folder, capture_output=True, text=True, timeout=60,
                                env={**SURROUNDINGS, "LANG": f"{played.language}_XX.UTF-8"})
        assert answer.returncode == 0, (command, answer.stderr)
        assert answer.stdout.strip(), command


def test_what_waits_now_has_its_time_still_before_it(played: Played) -> None:
    waiting = played.show("show", "today")
    assert len(waiting) == 2
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert all(row["due"] > now for row in waiting)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    answer = bot("demo", "--keep", "mine", folder=tmp_path)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "overwrites nothing" in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert os.listdir(tmp_path / "mine") == ["letter.txt"]


def test_without_pymap_one_sentence_says_so_and_no_folder_is_made(tmp_path: Path) -> None:
    answer = subprocess.run([sys.executable, "-c", WITHOUT_PYMAP.format(root=str(ROOT))], cwd=tmp_path,
                            env={**SURROUNDINGS, "LANG": "en_GB.UTF-8"}, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "library pymap" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert os.listdir(tmp_path) == []


def hears_ctrl_c() -> None:
    """Let the program hear Ctrl-C also where the tests themselves were started to ignore it, as by nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_ends_it_with_a_word_and_no_traceback(tmp_path: Path) -> None:
    demo = subprocess.Popen([sys.executable, "-X", "dev", str(ROOT / "run_bot.py"), "demo"], cwd=tmp_path,
                            env={**SURROUNDINGS, "LANG": "en_GB.UTF-8"}, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c)  # noqa: PLW1509 – nothing else runs here
    assert demo.stdout
    while "D-1 is approved" not in demo.stdout.readline():
        assert demo.poll() is None
    demo.send_signal(signal.SIGINT)
    said, warned = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Stopped." in said
    assert "Traceback" not in warned
    [folder] = tmp_path.iterdir()
    assert folder.name.startswith("guichet-demo-")
