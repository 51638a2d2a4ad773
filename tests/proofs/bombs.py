"""Mails made to hang or swell their reader: 2 s of the processor and 128 MiB each, and the next mail has its turn."""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.edges.reader import TROUBLES, Reader
from bot.guichet import UNDERSTANDING, Guichet
from tests.proofs import Budget, Row, attack_mails
from tests.world import World, buyer_writes

MINUTES = 3
SECONDS = 2.0  # of the processor, the start of a child included
MEMORY = 128 * 2**20  # bytes of address space

HEAD = b"From: Jean <jean@buyer.example>\nSubject: Lampe\nMIME-Version: 1.0\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\n\n"


def nested(depth: int) -> bytes:
    parts = (b"--m%d\nContent-Type: multipart/mixed; boundary=m%d\n\n" % (level, level + 1) for level in range(depth))
    return HEAD + b"Content-Type: multipart/mixed; boundary=m0\n\n" + b"".join(parts)


BOMBS = {
    "nested multiparts": nested(5000),
    "nested mails": HEAD + b"Content-Type: message/rfc822\n\n" * 5000 + b"x",
    "200,000 parts": HEAD + b"Content-Type: multipart/mixed; boundary=q\n\n" + b"--q\n\nx\n" * 200_000,
    "100,000 recipients": HEAD + b"To: " + b"a@b.example,\n " * 100_000 + b"\n\nx",
    "8,000 encoded words": b"Subject: " + b"=?utf-8?B?w6nDqcOp?= " * 8000 + b"\nFrom: a@b.example\n\nx",
    "4,000 parameters": HEAD + b"Content-Type: text/plain; " + b"a=b; " * 4000 + b"\n\nx",
    "a header of blanks": b"Subject: a" + b" " * 2_000_000 + b"b\nFrom: a@b.example\n\nx",
    "parentheses": b"From: " + b"(" * 2000 + b" a@b.example\n\nx",
    "open tags": HTML + b"<a " * 160_000,
    "comments": HTML + b"<!--" * 100_000,
    "declarations": HTML + b"<!" * 100_000,
    "deep page": HTML + b"<b><i><div>" * 40_000,
    "rows of a table": HTML + b"<table>" + b"<tr><td>x</td></tr>" * 200_000,
    "rows of cells": HTML + b"<table>" + b"<tr><td>a<td>b" * 40_000,
    "rows in rows": HTML + b"<div><tr>" * 100 + b"<i></i>" * 70_000,
    "hidden words": HTML + b"x" + b"<i hidden>y</i>" * 34_000,
    "style sheets": HTML + b"<style>.a{display:none}</style>" * 16_000,
    "character references": HTML + b"&lt;" * 300_000,
    "blanks in a line": HEAD + b"\n" + b" " * 500_000 + b"x",
    "quotes in quotes": HEAD + b"\n" + b"".join(b">" * (level % 400) + b" x\n" for level in range(5000)),
    "one line": HEAD + b"\n" + b"a" * (20 * 2**20),
    "lines": HEAD + b"\n" + b"\n" * (20 * 2**20),
    "base64": HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"AAAA" * (5 * 2**20),
    "links": HEAD + b"\n" + b"https://a.example/" * 50_000,
}


def bombs() -> dict[str, bytes]:
    """Return the built ones, and those of the folder of attacks: 07x to 09x, and all that are big."""
    kept = {path.name: path.read_bytes() for path in attack_mails()
            if re.match(r"0[789]\d", path.name) or path.parent.name == "big"}
    return BOMBS | kept


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fault_of(world: World, raw: bytes) -> str:
    """Return what goes wrong when a bomb arrives between two buyers; empty if all three have their verdict."""
    before = spent()
    calm, world.guichet = world.guichet, confined(world.guichet)
    number = len(world.rows("mails")) + 1
    world.hears(buyer_writes(message=number), raw, buyer_writes(message=number + 1))
    world.guichet.reader.close()
    world.guichet, used = calm, spent() - before
    for row in world.rows("mails", f"id >= {number}"):
        if row["reason"].partition(":")[0] in {*TROUBLES, "fault"} or row["state"] == "kept":
            return f"M-{row['id']} is {row['state']}: {row['reason']}"
        if row["id"] != number + 1 and row["state"] != "read":
            return f"a buyer's mail beside it is {row['state']}: {row['reason']}"
    return f"took {used:.1f} s" if used > SECONDS else ""


def confined(guichet: Guichet) -> Guichet:
    return replace(guichet, given=Reader(memory=MEMORY, beyond=UNDERSTANDING))


def prove(budget: Budget) -> Iterator[Row]:
    tried, faults = 0, []
    for name, raw in bombs().items():
        with TemporaryDirectory() as folder:
            world = World(Path(folder))
            world.work()
            tried += 1
            if fault := fault_of(world, raw):
                faults.append(f"{name}: {fault}")
            world.store.close()
        if budget.over:
            break
    yield Row(name="bombs, each between two buyers' mails", offered=tried, intended=len(bombs()), lost=len(faults),
              verdict=faults[0] if faults else "holds")
