"""A mail may end its reader, never the program: limits, replacement, and nothing left behind."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest

from bot import marketplaces, words
from bot.core import message
from bot.core.errors import UnreadableError
from bot.core.origin import Origin
from bot.edges import EdgeError, reader
from bot.edges.reader import Reader

SAMPLES = sorted(Path(marketplaces.__file__).parent.glob("*/samples/*.eml"))
TRUSTED = frozenset({"mx.boutique.example"})
RAW = b"From: Jean <jean@buyer.example>\r\nSubject: Lampe\r\nMessage-ID: <1@buyer.example>\r\n\r\nBonjour\r\n"
HEAVY = b"From: Jean <jean@buyer.example>\nContent-Type: text/plain\n\n" + b"x" * (24 * 2**20)
PAGE = b"From: Jean <jean@buyer.example>\nContent-Type: text/html\n\n" + b"<b><i><p>x" * 50_000


@pytest.fixture
def child() -> Iterator[Reader]:
    child = Reader()
    yield child
    child.close()


def refusal(child: Reader, raw: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        child.read(raw, trusted=TRUSTED)
    return caught.value.code


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "gone"


@pytest.mark.parametrize("sample", SAMPLES[::7], ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_child_reads_a_mail_as_the_program_itself_would(sample: Path, child: Reader) -> None:
    raw = sample.read_bytes()
    assert child.read(raw, trusted=TRUSTED) == message.read(raw, trusted=TRUSTED)


def test_no_child_before_the_first_mail_and_the_same_one_for_the_next(child: Reader) -> None:
    assert child.pid is None
    child.read(RAW)
    first = child.pid
    child.read(RAW)
    assert child.pid == first is not None


def test_what_cannot_be_read_comes_back_with_its_reason_and_the_child_stays(child: Reader) -> None:
    child.read(RAW)
    before = child.pid
    assert refusal(child, b"From: nobody\n\nx") == "bad_from"
    assert child.pid == before


def test_reason_is_in_the_language_the_program_speaks(child: Reader) -> None:
    with words.speaking("fr"), pytest.raises(UnreadableError) as caught:
        child.read(b"From: nobody\n\nx")
    assert "expéditeur" in caught.value.sentence


def test_mail_that_takes_too_long_ends_the_child_and_the_next_is_read() -> None:
    child = Reader(seconds=0.01)
    assert refusal(child, PAGE) == "timeout"
    assert child.pid is None
    child.seconds = reader.SECONDS
    assert child.read(RAW).subject == "Lampe"
    child.close()


def test_child_that_stands_still_is_ended_by_the_program(child: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "GRACE", 0.1)
    child.seconds = 0.1
    child.read(RAW)
    before = child.pid
    assert before
    os.kill(before, signal.SIGSTOP)
    assert refusal(child, RAW) == "timeout"
    assert status(before) == "gone"
    child.seconds = reader.SECONDS
    assert child.read(RAW).subject == "Lampe"


def test_mail_that_takes_too_much_memory_ends_the_child_and_the_next_is_read() -> None:
    child = Reader(memory=64 * 2**20)
    assert refusal(child, HEAVY) == "memory"
    assert child.read(RAW).subject == "Lampe"
    child.close()


def test_longest_mail_that_is_fetched_fits_into_the_memory_allowed(child: Reader) -> None:
    assert child.read(HEAVY).sender == "jean@buyer.example"


def test_killed_child_is_the_mails_reason_and_the_next_is_read(child: Reader) -> None:
    child.read(RAW)
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    assert refusal(child, RAW) == "crashed"
    assert child.read(RAW).subject == "Lampe"


def test_two_hundred_mails_and_many_replacements_leave_no_descriptor_and_no_zombie(child: Reader) -> None:
    child.read(RAW)
    before, pids = descriptors(), set()
    for number in range(200):
        if number % 20 == 0 and child.pid:
            os.kill(child.pid, signal.SIGKILL)
            assert refusal(child, RAW) == "crashed"
        child.read(RAW)
        pids.add(child.pid)
    assert descriptors() == before
    last = child.pid
    child.close()
    assert len(pids) == 10
    assert {status(pid) for pid in pids | {last} if pid} == {"gone"}
    assert descriptors() == before - 1


def test_child_that_was_idle_is_sent_home(child: Reader) -> None:
    child.read(RAW)
    before = child.pid
    assert before
    child.rest(idle=3600)
    assert child.pid == before
    child.rest(idle=0)
    assert status(before) == "gone"
    assert child.read(RAW).subject == "Lampe"


def test_forgotten_reader_takes_its_child_along() -> None:
    child = Reader()
    child.read(RAW)
    pid = child.pid
    assert pid
    del child
    assert status(pid) == "gone"


def test_child_does_not_outlive_a_program_that_is_killed(root: Path) -> None:
    """And it heeds neither the terminal's SIGINT nor systemd's SIGTERM, which tell the whole group."""
    text = (f"import sys, time; from bot.edges.reader import Reader; r = Reader(); r.read({RAW!r}); "
            "print(r.pid, flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", text], cwd=root, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        pid = int(program.stdout.readline())
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
        assert status(pid) in "SR"
        program.kill()
    until = time.monotonic() + 20
    while status(pid) not in ("gone", "Z") and time.monotonic() < until:     # init may reap it later
        time.sleep(0.01)
    assert status(pid) in ("gone", "Z")


def test_child_has_no_secret_of_the_surroundings_and_no_file_of_the_program(
        child: Reader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VENTES_PASSWORD", "un mot de passe")
    with (tmp_path / "guichet.db").open("w"), socket.socket():
        child.read(RAW)
        assert b"mot de passe" not in Path(f"/proc/{child.pid}/environ").read_bytes()
        assert {os.readlink(entry) for entry in Path(f"/proc/{child.pid}/fd").iterdir()
                if "socket:" not in os.readlink(entry)} == {"/dev/null"}


class Gadget:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def test_answer_may_only_be_made_of_the_cores_own_values() -> None:
    seen = message.read(SAMPLES[0].read_bytes())
    assert reader._Answer(BytesIO(pickle.dumps(seen))).load() == seen
    with pytest.raises(pickle.UnpicklingError):
        reader._Answer(BytesIO(pickle.dumps(Gadget()))).load()


class Fetched:
    """Pickles as Python 3.11.0 to 3.11.3 pickle an enumeration's member: as a call of getattr."""

    def __init__(self, of: object, name: str) -> None:
        self.of, self.name = of, name

    def __reduce__(self) -> tuple[object, tuple[object, str]]:
        return getattr, (self.of, self.name)


def test_answer_of_debian_12_s_python_is_read_and_its_getattr_fetches_nothing_else() -> None:
    assert reader._Answer(BytesIO(pickle.dumps(Fetched(Origin, "PROVEN")))).load() is Origin.PROVEN
    for of, name in ((message.Message, "__init__"), (Origin.PROVEN, "format"), (datetime, "now")):
        with pytest.raises(pickle.UnpicklingError):
            reader._Answer(BytesIO(pickle.dumps(Fetched(of, name)))).load()


def test_no_child_to_be_had_is_no_fault_of_the_mail(child: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EdgeError, match="could not be started"):
        child.read(RAW)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EdgeError, match="could not be started"):
        child.read(RAW)


def test_question_of_the_reading_is_answered_by_the_program() -> None:
    """The child stands still for as long as the answer takes: a slow name server is no fault of the mail."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader._send(ours, reader._ANSWER, (b"v=DKIM1; p=abc", ""))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        assert reader._asking(theirs)("s1._domainkey.amazon.fr") == b"v=DKIM1; p=abc"
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert reader._receive(ours) == (reader._ASKS, "s1._domainkey.amazon.fr")
