"""Real mails, broken at random: none raises, hangs or swells; each is read or refused with a reason, and storable."""

from __future__ import annotations

import random
import re
import resource
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from bot.core.errors import UnreadableError
from bot.core.opening import MAX_MAIL
from bot.edges.reader import TROUBLES, Reader
from bot.understanding import understand
from tests.proofs import SAMPLES, Budget, Row, attack_mails, how_many

MINUTES = 15
TRUSTED = frozenset({"mx.boutique.example"})
SECONDS = 5.0  # of the processor, for recognising and taking the facts out of one mail
LONGEST = 300_000  # bytes of a mail that is mutated: the bombs are tried as they are

TOKENS = (
    b"\x00", b"\r", b"\n\n", b"\r\n\r\n", b"=?UTF-8?Q?=0A?=", b"=?utf-8?B?=", b"=?x-unknown?Q?a?=",
    b"=?utf-7?Q?+AGE-?=", b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xc2\xad",
    b"<![", b"<!--", b"<a ", b"</", b"&#0;", b"&#xD800;", b"--", b"boundary=", b"boundary*0*=", b"charset=hex",
    b"charset=undefined", b"charset=utf-16", b"Content-Type: multipart/mixed; boundary=x\n",
    b"Content-Type: message/rfc822\n", b"From: a@b.example\n", b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: uuencode\n", b"(" * 300, b" " * 3000, b"<" * 3000, b">" * 500, b"A" * 20_000,
    b"a@b.example, " * 200, b"%n%s", b"{{7*7}}", b"\x1b[2J", b"begin 644 x\n", b"=", b"=\n", b"\n.\n", b"\t\n",
    b"\x85", b"\xe2\x80\xa8", "\uff11\u0661".encode(), b"-----Original Message-----\n", b"> ",
)

Mutation = Callable[[random.Random, bytes], bytes]


def flip(lots: random.Random, raw: bytes) -> bytes:
    broken = bytearray(raw)
    for _ in range(lots.randint(1, 12)):
        broken[lots.randrange(len(broken))] = lots.randrange(256)
    return bytes(broken)


def drop(lots: random.Random, raw: bytes) -> bytes:
    start, length = span(lots, raw)
    return raw[:start] + raw[start + length:]


def double(lots: random.Random, raw: bytes) -> bytes:
    start, length = span(lots, raw)
    return raw[:start] + raw[start:start + length] * lots.choice((2, 2, 3, 40)) + raw[start + length:]


def insert(lots: random.Random, raw: bytes) -> bytes:
    for _ in range(lots.randint(1, 4)):
        place = lots.randrange(len(raw) + 1)
        raw = raw[:place] + lots.choice(TOKENS) + raw[place:]
    return raw


def cut(lots: random.Random, raw: bytes) -> bytes:
    return raw[:lots.randrange(len(raw) + 1)]


def shuffle(lots: random.Random, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    for _ in range(lots.randint(1, 6)):
        one, other = lots.randrange(len(lines)), lots.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def in_a_header(lots: random.Random, raw: bytes) -> bytes:
    """Put a token behind the colon of a header: most of what ever broke a reader stood there."""
    colons = [found.end() for found in re.finditer(rb"^[\w-]+:", raw.partition(b"\n\n")[0], re.MULTILINE)]
    place = lots.choice(colons or [0])
    return raw[:place] + lots.choice(TOKENS) + raw[place:]


def relabel(lots: random.Random, raw: bytes) -> bytes:
    """Let a part lie about its charset, its encoding or its type."""
    lie = lots.choice((b"charset=utf-16", b"charset=idna", b"charset=iso-2022-jp", b"charset=\x00", b"charset=''"))
    raw = re.sub(rb"(?i)charset=[\"\w-]+", lambda _: lie, raw, count=lots.randint(0, 2))
    said = lots.choice((b"base64", b"quoted-printable", b"uuencode", b"8bit", b""))
    return re.sub(rb"(?i)(transfer-encoding: *)[\w-]+", lambda found: found[1] + said, raw, count=lots.randint(0, 2))


def nest(lots: random.Random, raw: bytes) -> bytes:
    head, _, body = raw.partition(b"\n\n")
    for depth in range(lots.choice((1, 3, 14, 300))):
        mark = b"m%d" % depth
        body = b"--" + mark + b"\nContent-Type: multipart/mixed; boundary=m%d\n\n" % (depth - 1) + body
    return head + b"\nContent-Type: multipart/mixed; boundary=" + mark + b"\n\n" + body


MUTATIONS: tuple[Mutation, ...] = (flip, drop, double, insert, cut, shuffle, in_a_header, in_a_header, relabel, nest)


def span(lots: random.Random, raw: bytes) -> tuple[int, int]:
    return lots.randrange(len(raw)), lots.choice((1, 2, 10, 80, 500, 5000))


def mutant(mails: list[bytes], seed: int, number: int) -> bytes:
    """Return the same mail for the same seed and number, whatever came before."""
    lots = random.Random(f"{seed}/{number}")
    raw = lots.choice(mails)
    if lots.random() < 0.1:
        other = lots.choice(mails)
        raw = raw[:lots.randrange(len(raw))] + other[lots.randrange(len(other)):]
    for _ in range(lots.choice((1, 1, 2, 3))):
        raw = lots.choice(MUTATIONS)(lots, raw) if raw else b"x"
    return raw[:MAX_MAIL]


def fault_of(reader: Reader, raw: bytes) -> str:
    """Return what is wrong with how a mail is read; empty where it is read or refused with a reason."""
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    try:
        seen = reader.read(raw, trusted=TRUSTED)
        found = unstorable(seen)
        understood = understand(seen)
        found = found or (unstorable(understood.note) if understood else "")
    except UnreadableError as error:
        found = error.code if error.code in TROUBLES or not error.code else unstorable(str(error))
    except Exception as error:  # noqa: BLE001 – that there is none is the promise
        found = f"{type(error).__name__}: {error}"[:200]
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - began
    return found or (f"hangs: {spent:.1f} s" if spent > SECONDS else "")


def unstorable(value: Any) -> str:
    """Return the first text in a value that no database takes."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return "a lone surrogate"
        return "a NUL" if "\x00" in value else ""
    if is_dataclass(value):
        named = {one.name: getattr(value, one.name) for one in fields(value)}
        return next((f"{name}: {wrong}" for name, one in named.items() if (wrong := unstorable(one))), "")
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    return next((wrong for one in value if (wrong := unstorable(one))), "") if isinstance(value, list | tuple) else ""


def mails() -> list[bytes]:
    whole = [path.read_bytes() for path in [*SAMPLES, *attack_mails()]]
    return [raw for raw in whole if 0 < len(raw) <= LONGEST]


def attempt(count: int, budget: Budget) -> tuple[int, list[str]]:
    """Read mutants until enough or time is over; return how many, and the faults, each with its seed and number."""
    reader, whole, faults, number = Reader(), mails(), [], 0
    try:
        for number in range(1, count + 1):
            if found := fault_of(reader, mutant(whole, budget.seed, number)):
                faults.append(f"seed {budget.seed}, mutant {number}: {found}")
            if budget.over:
                break
    finally:
        reader.close()
    return number, faults


def prove(budget: Budget) -> Iterator[Row]:
    tried, faults = attempt(intended := how_many("mutants", 40_000), budget)
    yield Row(name="mutated mails, read or shelved with a reason", offered=tried, intended=intended, lost=len(faults),
              verdict=faults[0] if faults else "holds")
