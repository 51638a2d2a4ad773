"""A long mail of which only the beginning of each attachment is held reads as the whole one does."""

from __future__ import annotations

from base64 import encodebytes
from random import Random

import pytest

from bot.core import body, slim
from bot.core.errors import UnreadableError
from bot.core.message import Message, read
from bot.core.slim import Slim, Slimming
from tests.proofs import mutants

LITTLE = 4096       # bytes of a part that are read, for the test's mails to be short ones


@pytest.fixture
def reads_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slim, "READ", LITTLE)
    monkeypatch.setattr(body, "READ", LITTLE)


def slimmed(raw: bytes, lots: Random) -> Slim:
    slimming, at = Slimming(), 0
    while at < len(raw):
        length = lots.choice((1, 7, 100, 3000, 50_000))
        slimming.take(raw[at:at + length])
        at += length
    return slimming.whole()


def told(raw: bytes) -> Message | str:
    try:
        return read(raw, trusted=frozenset({"mx.boutique.example"}))
    except UnreadableError as error:
        return str(error)


def attached(lots: Random, end: str) -> str:
    """Return a part of a mail as programs attach it, or as nobody should."""
    octets = lots.randbytes(lots.choice((0, 10, 2000, 4000, 30_000)))
    encoded = encodebytes(octets).decode()
    kind = lots.choice(("image/jpeg; name=a.jpg", "text/plain", "text/html", "application/pdf", "message/rfc822",
                        "text/plain; name=b.txt"))
    shape = lots.choice(("usual", "usual", "usual", "one line", "torn", "not said", "boundary within"))
    encoded = {"one line": encoded.replace("\n", ""), "torn": encoded.replace("\n", "\n\n", 3),
               "boundary within": encoded.replace("\n", "\n--other\n", 2)}.get(shape, encoded)
    said = "" if shape == "not said" else "Content-Transfer-Encoding: base64\n"
    return f"Content-Type: {kind}\n{said}\n{encoded}".replace("\n", end)


def whole(number: int) -> bytes:
    lots = Random(number)
    end = lots.choice(("\n", "\r\n"))
    head = ('From: a@shop.example\nSubject: Photos\nMessage-ID: <1@shop.example>\n'
            'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nBonjour, voici.\n')
    head = head.replace("\n", end)
    parts = "".join(f"--b{end}{attached(lots, end)}" for _ in range(lots.randrange(1, 4)))
    return (head + parts + lots.choice(("", f"--b--{end}", f"{end}--b--"))).encode()


def test_mails_with_attachments_read_the_same(reads_little: None) -> None:
    shorter = 0
    for number in range(400):
        raw = whole(number)
        mail = slimmed(raw, Random(number))
        assert told(mail) == told(raw), number
        shorter += len(mail) < len(raw)
    assert shorter > 100, "else the test would say nothing"


def test_samples_attacks_and_broken_mails_read_the_same(reads_little: None) -> None:
    mails = [raw for raw in mutants.mails() if len(raw) < 200_000]
    mails += [mutants.mutant([whole(number) for number in range(20)], 7, number) for number in range(300)]
    for number, raw in enumerate(mails):
        assert told(slimmed(raw, Random(number))) == told(raw), number


def test_of_a_photo_of_many_megabytes_little_is_held() -> None:
    raw = (b"From: a@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/jpeg\n"
           b"Content-Transfer-Encoding: base64\n\n" + encodebytes(Random(1).randbytes(8 * 2**20)) + b"--b--\n")
    mail = slimmed(raw, Random(1))
    assert len(mail) < slim.READ + 2**10
    assert told(mail) == told(raw)


def test_a_mail_over_the_limit_is_refused_by_its_whole_size(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.core import opening

    monkeypatch.setattr(opening, "MAX_MAIL", 2**20)
    raw = b"From: a@shop.example\n\n" + encodebytes(bytes(2**20))
    assert told(slimmed(raw, Random(1))) == told(raw)
    assert str(told(raw)).startswith("oversize: ")
