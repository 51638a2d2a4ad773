"""A mail may end its reader, never the program: limits, replacement, and nothing left behind."""

from __future__ import annotations

import base64
import hashlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import marketplaces, words
from bot.core import message
from bot.core.dkim import Keys
from bot.core.errors import UnreadableError
from bot.core.event import Origin
from bot.core.message import Message
from bot.edges import EdgeError, reader
from bot.edges.reader import Asked, Read, Reader
from tests.canaries import PASSWORD

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


def descriptors() -> Counter[str]:
    """Name what is open, save what the canaries' thread looks at in /proc meanwhile.

    What is open later is taken less this, never counted against it: what an earlier test
    left behind may be collected, and closed, at any moment between the two.
    """
    links = (opened(number) for number in os.listdir("/proc/self/fd"))
    return Counter(link for link in links if link and not link.startswith("/proc"))


def opened(number: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except FileNotFoundError:
        return ""


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
    child.read(RAW)      # what a first start opens for good is open
    child.close()
    before, pids = descriptors(), set()
    child.read(RAW)
    of_one = (descriptors() - before).total()
    for number in range(200):
        if number % 20 == 0 and child.pid:
            os.kill(child.pid, signal.SIGKILL)
            assert refusal(child, RAW) == "crashed"
        child.read(RAW)
        pids.add(child.pid)
    assert (descriptors() - before).total() == of_one > 0
    last = child.pid
    child.close()
    assert len(pids) == 10
    assert {status(pid) for pid in pids | {last} if pid} == {"gone"}
    assert not descriptors() - before


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
    text = (f"import sys, time; from bot.edges.reader import Asked, Read, Reader; r = Reader(); r.read({RAW!r}); "
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
    monkeypatch.setenv("VENTES_PASSWORD", PASSWORD)
    with (tmp_path / "guichet.db").open("w"), socket.socket():
        child.read(RAW)
        assert PASSWORD.encode() not in Path(f"/proc/{child.pid}/environ").read_bytes()
        assert {os.readlink(entry) for entry in Path(f"/proc/{child.pid}/fd").iterdir()
                if "socket:" not in os.readlink(entry)} == {"/dev/null"}


class Gadget:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def test_answer_may_only_be_made_of_plain_values() -> None:
    """No class at all, not even our own: nobody who took over the child can call anything in the program."""
    seen = message.read(SAMPLES[0].read_bytes())
    assert reader._plain(pickle.dumps(reader._fields(seen))) == reader._fields(seen)
    for told in (Gadget(), seen, Origin.PROVEN, datetime(2026, 11, 16, tzinfo=UTC)):
        with pytest.raises(EOFError):
            reader._plain(pickle.dumps(told))


@pytest.mark.parametrize("sample", SAMPLES[::5], ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_plain_values_become_the_same_message_again(sample: Path) -> None:
    seen = message.read(sample.read_bytes(), trusted=TRUSTED)
    again = reader._believed(reader._READ, reader._plain(pickle.dumps((reader._fields(seen), None))))
    assert isinstance(again, Read) and again.message == seen and type(seen) is type(again.message) is Message


def test_plain_values_of_another_shape_are_no_message() -> None:
    texts, date, origin, headers, *others, attachments = reader._fields(message.read(RAW))
    whole = (texts, date, origin, headers, *others, attachments)
    assert isinstance(reader._believed(reader._READ, (whole, None)), Read)
    for broken in ((texts[1:], *whole[1:]), (list(texts), *whole[1:]), ((7, *texts[1:]), *whole[1:]), whole[1:], None,
                   (texts, 7, *whole[2:]), (texts, date, "sure", *whole[3:]), (texts, date, origin, [], *whole[4:]),
                   (*whole[:-1], (("a", "b", "c"),)), (*whole[:-1], 7)):
        with pytest.raises(EOFError):
            reader._believed(reader._READ, (broken, None))
    for told in (None, whole, (whole,), (whole, None, None)):
        with pytest.raises(EOFError):
            reader._believed(reader._READ, told)
    with pytest.raises(EOFError):
        reader._believed(reader._UNREADABLE, ("code", 7))


def test_no_child_to_be_had_is_no_fault_of_the_mail(child: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EdgeError, match="could not be started"):
        child.read(RAW)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EdgeError, match="could not be started"):
        child.read(RAW)


def test_question_of_the_reading_is_answered_by_the_program() -> None:
    """The child stands still for as long as the answer takes: a slow name server is no fault of the mail.

    Mails that were on their way before the answer are kept, and read after it.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(reader._packed(reader._MAIL, "the next") + reader._packed(reader._ANSWER, (b"v=DKIM1; p=abc", "")))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        line = reader._Line(theirs)
        assert reader._asking(line)("s1._domainkey.amazon.fr") == b"v=DKIM1; p=abc"
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert line.mail() == (reader._MAIL, "the next", b"")
        assert reader._Line(ours).mail()[:2] == (reader._ASKS, "s1._domainkey.amazon.fr")


# -- many at once --------------------------------------------------------------------------------


def numbered(count: int, body: bytes = b"Bonjour") -> list[Asked]:
    return [Asked(raw=b"From: Jean <jean@buyer.example>\r\nSubject: %d\r\n\r\n%s\r\n" % (number, body))
            for number in range(count)]


def told(answers: Iterator[Read | UnreadableError]) -> list[str]:
    return [one.code if isinstance(one, UnreadableError) else one.message.subject for one in answers]


def test_many_mails_have_one_answer_each_in_their_order(child: Reader) -> None:
    asked = [Asked(raw=sample.read_bytes(), trusted=TRUSTED) for sample in SAMPLES]
    asked[7:7] = [Asked(raw=b"From: nobody\n\nx")]
    answers = list(child.read_many(asked))
    assert isinstance(answers[7], UnreadableError) and answers.pop(7).code == "bad_from"  # type: ignore[union-attr]
    assert answers == [Read(message=message.read(sample.read_bytes(), trusted=TRUSTED)) for sample in SAMPLES]


def test_no_mails_need_no_child(child: Reader) -> None:
    assert list(child.read_many([])) == []
    assert child.pid is None


def test_both_ends_may_have_more_to_say_than_the_line_holds(child: Reader) -> None:
    asked = numbered(100, b"Bonjour " * 20_000)
    assert told(child.read_many(asked)) == [str(number) for number in range(100)]


def test_mail_that_takes_too_much_memory_costs_no_other_its_answer() -> None:
    child = Reader(memory=64 * 2**20)
    asked = numbered(40)
    asked[15:15] = [Asked(raw=HEAVY)]
    answers = told(child.read_many(asked))
    assert answers.pop(15) == "memory"
    assert answers == [str(number) for number in range(40)]


def told_while(child: Reader, signum: signal.Signals, at: int) -> list[str]:
    """Return what is told of thirty mails whose child gets a signal when the answer of one of them is there."""
    answers = []
    for number, answer in enumerate(child.read_many(numbered(30, b"x" * 50_000))):
        answers.append(answer)
        if number == at:
            assert child.pid
            os.kill(child.pid, signum)
    return told(iter(answers))


def test_child_that_stands_still_amid_many_costs_none(child: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "GRACE", 0.1)
    child.seconds = 3
    assert told_while(child, signal.SIGSTOP, at=5) == [str(number) for number in range(30)]


def test_child_killed_amid_many_costs_none(child: Reader) -> None:
    assert told_while(child, signal.SIGKILL, at=10) == [str(number) for number in range(30)]


def test_each_mail_that_ends_its_child_is_found_among_many() -> None:
    """The child holds answers back: its end alone does not say at which of the mails it came."""
    child = Reader(memory=64 * 2**20)
    asked = numbered(30)
    for at in (7, 8, 20):
        asked[at:at] = [Asked(raw=HEAVY)]
    answers = told(child.read_many(asked))
    child.close()
    assert [answers.pop(at) for at in (20, 8, 7)] == ["memory"] * 3
    assert answers == [str(number) for number in range(30)]


def test_answers_are_held_only_while_more_mails_are_there() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = reader._Line(theirs)
        line.hold(reader._packed(reader._MAIL, "one"))
        ours.sendall(reader._packed(reader._MAIL, "two") + reader._packed(reader._MAIL, "three"))
        ours.setblocking(False)
        assert line.mail()[1] == "two"
        assert reader._Line(ours).mail()[1] == "one"
        line.hold(reader._packed(reader._MAIL, "four"))
        assert line.mail()[1] == "three"     # it came with the one before: nothing to wait for
        with pytest.raises(BlockingIOError):
            ours.recv(1)
        line.send(reader._packed(reader._ASKS, "five"))
        assert reader._Line(ours).mail()[1] == "four"


def test_caller_who_works_longer_than_a_mail_may_take_loses_none(child: Reader) -> None:
    """The child's time ends when it has read; how long the answer lies there is not the mail's doing."""
    child.seconds = 2
    answers = child.read_many(numbered(12, b"mot " * 15_000))
    first = next(answers)
    time.sleep(2.5)
    assert told(iter([first, *answers])) == [str(number) for number in range(12)]


def test_caller_may_stop_early_and_read_another_in_between(child: Reader) -> None:
    answers = child.read_many(numbered(30))
    assert told(iter([next(answers), next(answers)])) == ["0", "1"]
    assert child.read(RAW).subject == "Lampe"
    assert told(iter([next(answers)])) == ["2"]
    del answers
    assert child.read(RAW).subject == "Lampe"


def test_mails_are_fetched_only_as_far_ahead_as_there_is_room(child: Reader) -> None:
    fetched = 0

    def source() -> Iterator[Asked]:
        nonlocal fetched
        for one in numbered(300, b"x" * 100_000):
            fetched += 1
            yield one

    answers = child.read_many(source())
    next(answers)
    assert fetched <= 2 + reader.AHEAD_BYTES // 100_000
    assert len(list(answers)) == 299
    assert fetched == 300


def test_worn_child_is_followed_by_another_without_a_mail_lost(child: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_MAILS", 7)
    told(child.read_many(numbered(1)))      # what a first start opens for good is open
    child.close()
    before = descriptors()
    assert told(child.read_many(numbered(30))) == [str(number) for number in range(30)]
    child.close()
    assert not descriptors() - before


def test_each_of_many_has_its_own_questions_answered(child: Reader) -> None:
    """The signed mail's key is asked for while others are on their way; only its own `keys` is asked."""
    names: list[tuple[int, str]] = []

    def asking(number: int) -> Keys:
        return lambda name: names.append((number, name))

    raw = (b"From: a@shop.example\r\nDKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=shop.example; s=k%d;"
           b" h=from:to:subject:date; bh=" + base64.b64encode(hashlib.sha256(b"x\r\n").digest())
           + b"; b=eA==\r\n\r\nx\r\n")
    asked = [Asked(raw=raw % number, keys=asking(number)) for number in range(5)]
    assert all(isinstance(one, Read) for one in child.read_many([*asked, *numbered(5)]))
    assert names == [(number, f"k{number}._domainkey.shop.example") for number in range(5)]
