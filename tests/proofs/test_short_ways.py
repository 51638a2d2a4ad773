"""The short ways through the reading say what the careful ones say: of every sample, every attack and mails broken
at random."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from bot.core import body, clean, header, html, origin, parcel, quote, stated
from bot.core.clean import one_line
from bot.core.errors import UnreadableError
from bot.core.header import HeaderBlock
from bot.core.message import Message, read
from bot.marketplaces import contract
from bot.marketplaces.amazon import letters
from bot.pipeline import understand
from tests.proofs import mutants

TRUSTED = frozenset({"mx.boutique.example"})
MUTANTS = 1200
SEED = 20261122


@contextmanager
def carefully() -> Iterator[None]:
    """Take every short way away, so that only the careful one is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clean, "_is_plain", lambda _text: False)
        patch.setattr(header, "_dated", lambda *_found: None)
        patch.setattr(body, "_usual", lambda _value: None)
        patch.setattr(origin, "_usual", lambda _value: None)
        patch.setattr(quote, "_may_announce", lambda _line: True)
        patch.setattr(quote, "is_normalized", lambda *_: False)
        patch.setattr(html, "_is_deep", lambda _told: True)
        patch.setattr(contract, "plain", contract._alike)
        for module, name in ((stated, "_SOME_AMOUNT"), (stated, "_SOME_DAY"), (letters, "_NUMERIC_DAY")):
            patch.setattr(module, name, re.compile(""))
        yield


def told(raw: bytes) -> object:
    """Return the Message and what a marketplace makes of it, or the reason."""
    try:
        seen = read(raw, trusted=TRUSTED)
        understood = understand(seen)
    except UnreadableError as error:
        return str(error)
    return seen, understood and (understood.marketplace.name, understood.note)


def differing(mails: list[bytes]) -> list[int]:
    quick = [told(raw) for raw in mails]
    with carefully():
        return [number for number, raw in enumerate(mails) if told(raw) != quick[number]]


def test_samples_and_attacks_read_the_same_by_either_way() -> None:
    assert differing(mutants.mails()) == []


def test_broken_mails_read_the_same_by_either_way() -> None:
    whole = [raw for raw in mutants.mails() if len(raw) < 20_000]
    assert differing([mutants.mutant(whole, SEED, number) for number in range(MUTANTS)]) == []


def test_samples_take_the_short_ways() -> None:
    """Else what the other tests say of them would be said of nothing."""
    seen = [one for raw in mutants.mails()[:200] if isinstance(one := told(raw), tuple)]
    assert len(seen) > 150
    assert origin._usual("mx.example; dkim=pass header.d=a.example; spf=pass smtp.mailfrom=a.example")
    assert body._usual('multipart/alternative; boundary="=_a"') == {"boundary": "=_a"}
    assert not html._is_deep(html._heard(b"<p>" * 500).told)
    assert clean._is_plain("Bonjour,\n\nLa lampe est arrivée à l’heure…")


DATES = tuple(format_datetime(datetime(2026, 11, 22, 9, 5, 7, tzinfo=zone)) for zone in (
    UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30)), timezone(timedelta(hours=13))))


@pytest.mark.parametrize("said", [
    *DATES, "22 Nov 2026 09:05:07 -0000", "Sun, 2 Nov 2026 09:05:07 +0100 (CET)", "Sun, 31 Feb 2026 09:05:07 +0100",
    "Sun, 22 Nov 2026 09:05:60 +0100", "Sun, 22 Nov 2026 24:05:00 +0100", "Sun, 22 Nov 2026 09:05:07 +2400",
    "Sun, 22 Nov 2026 09:05:07 +2359", "Sun, 22 Nov 2026 09:05:07 +0060", "Sun, 0 Nov 2026 09:05:07 +0100",
    "Mon, 22 Nov 1026 09:05:07 -2359", "Sun,22 Nov 2026 09:05:07 +0100", "Sun, 22 nov 2026 09:05:07 +0100",
    "Sun, 22 Nov 26 09:05:07 +0100", "Sun, 22 Nov 2026 09:05 +0100", "Sun, 22 Nov 2026 09:05:07 GMT", ""])
def test_date_is_the_moment_the_standard_library_reads(said: str) -> None:
    assert header.moment(said) == header._parsed(said)
    if said in DATES:
        assert header.moment(said) == parsedate_to_datetime(said)


METHODS = ("dkim=pass", "spf=fail", "dmarc=pass", "dkim=pass (ok)", "dmarc=fail (p=none; sp=x)", "dmarc=none (p=none)",
           "arc=pass(i=1)", "none", "nonesuch=pass", "Dkim=Pass", "dkim/1=pass", "dkim=", "dkim", "x-y=neutral",
           "dkim=pass ()", "dkim=pass (a (b))", "dkim=pass reason=x", 'dkim=fail reason="no key"', "dkim=pass (a) (b)",
           "dkim = pass")
PROPERTIES = ("header.d=a.example", "header.from=a.example", "header.i=@a.example", "header.i=a@b.example",
              "header.b=aB/c+d==", "smtp.mailfrom=x@a.example", "policy.dmarc=none", "header.D=b.example",
              "HEADER.d=c", "header.d=@a..b", 'header.d="a.example"', "header.d=a.example(c)", "header.d = a.example",
              "x.y=z", "header=d", "header.i=@a@b", "header.i=@a/b", "body.x=", "1", "é", "@", "(c)", "header.d=a;b",
              "header.d=", "reason=x")
HOSTS = ("mx.boutique.example", "mx.boutique.example 1", "mx_1", ".mx", "mx..example", "-mx", "(c) mx", "")


def results(lots: random.Random) -> str:
    """Return something like an Authentication-Results, often broken."""
    said = HOSTS[0] if lots.random() < 0.9 else lots.choice(HOSTS)
    for _ in range(lots.randint(0, 3)):
        said += lots.choice((";", "; ", " ;\t")) + (METHODS[lots.randrange(6 if lots.random() < 0.8 else len(METHODS))])
        for _ in range(lots.randint(0, 3)):
            said += lots.choice((" ", " ", "  ", "\t", "" if lots.random() < 0.2 else " "))
            said += PROPERTIES[lots.randrange(8 if lots.random() < 0.9 else len(PROPERTIES))]
    return said + lots.choice(("", "", "", " ", ";", "\t"))


def test_results_of_mail_hosts_are_what_authres_reads() -> None:
    lots = random.Random(SEED)
    headers = [results(lots) for _ in range(4000)]
    usual = [(said, found) for said in headers if (found := origin._usual(said.strip()))]
    assert len(usual) > 400
    assert [said for said, found in usual if found != origin._parsed(said)] == []


def parameters(lots: random.Random) -> str:
    """Return something like a Content-Type or Content-Disposition, often broken."""
    pieces = ("; ", ";", " ; ", "name=", "charset=", "boundary=", "utf-8", '"=_a b"', '"', "'", "x=y", "=", "*0*=",
              "\\", "attachment", "text/plain", " ", "filename=", '"a;b"', "<a>", "é", "\t", "a.pdf", '""', "NAME=",
              ";;", "charset*=")
    said = lots.choice(("text/plain", "multipart/mixed", "attachment", "inline", "text", "", "name"))
    for _ in range(lots.randint(0, 7)):
        said += lots.choice(pieces[:10] if lots.random() < 0.7 else pieces)
    return said


@pytest.mark.parametrize("name", ["charset", "boundary", "name", "filename"])
def test_parameters_are_what_the_standard_library_reads(name: str) -> None:
    lots = random.Random(f"{SEED}{name}")
    values = [parameters(lots) for _ in range(4000)]
    usual = [value for value in values if body._usual(value) is not None]
    assert len(usual) > 200
    assert [value for value in usual if body._usual(value).get(name, "") !=  # type: ignore[union-attr]
            body._parsed_parameter(value, "content-type", name)] == []


SIGNS = (*map(chr, range(0x300)), *map(chr, range(0x2000, 0x2100)), "\u0660", "\uff11", "\ufeff", "\ud800", "\uffff",
         "\u061c", "\u180b", "\U000e0001", "\U0001f600", "\u115f", "\ufffe", "1\u20101", "\r\r\n", "\r\n", "1\u200b")


def test_text_is_cleaned_the_same_by_either_way() -> None:
    lots = random.Random(SEED)
    for number in range(6000):
        text = "".join(lots.choice(("12-34", "mot ", "\n", "é")) for _ in range(5)) + (
            SIGNS[number] if number < len(SIGNS) else lots.choice(SIGNS) + lots.choice(SIGNS))
        quick: set[str] = set()
        careful: set[str] = set()
        said = clean.clean(text, quick), one_line(text, quick)
        with carefully():
            assert (clean.clean(text, careful), one_line(text, careful)) == said, ascii(text)
        assert quick == careful, ascii(text)


def test_names_of_a_header_block_are_found_in_their_order() -> None:
    block = HeaderBlock(fields=(("to", "a"), ("from", "b"), ("to", "c")), body_at=0)
    assert (block.first("to"), block.all("to"), block.first("cc"), block.all("cc")) == ("a", ["a", "c"], "", [])
    assert block == HeaderBlock(fields=block.fields, body_at=0)


def test_every_carrier_is_told_by_its_pattern() -> None:
    assert [each.name for each, _ in parcel._PATTERNS] == [each.name for each in parcel.CARRIERS]


def test_message_is_a_value() -> None:
    assert isinstance(told(b"From: a@b.example\n\nx"), tuple)
    assert read(b"From: a@b.example\n\nx") == read(b"From: a@b.example\n\nx") != Message(sender="a@b.example")
