"""What a mail says is found in the child that reads it: what the program would find, within the child's limits."""

from __future__ import annotations

import pickle
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from bot import marketplaces, words
from bot.core import message
from bot.core.errors import UnreadableError
from bot.core.message import Message
from bot.edges import reader
from bot.edges.reader import Asked, Read, Reader
from bot.guichet import UNDERSTANDING, new_reader
from bot.marketplaces.contract import Marketplace
from bot.reading import MOST_ATTEMPTS
from bot.understanding import Understood, claimed_elsewhere, taken_over, told, understand
from tests.proofs import mutants
from tests.world import World, buyer_writes, claim

TRUSTED = frozenset({"mx.boutique.example"})
ALL = tuple(one.name for one in marketplaces.installed())
SHOPS = (ALL, ALL[:1], ALL[1::2], ())
MUTANTS = 600
SEED = 20261122


def found_here(seen: Message, shops: Collection[str]) -> Understood | str:
    """Return what the program finds by itself; a reason where it refuses."""
    try:
        return understand(seen, shops) or claimed_elsewhere(seen, shops)
    except UnreadableError as error:
        return f"refused, {error.code}: {error.sentence}"


def found_there(seen: Message, said: object, shops: Collection[str]) -> Understood | str:
    """Return what it takes over from a child that said so."""
    try:
        return taken_over(seen, reader._plain(pickle.dumps(said)), shops)
    except UnreadableError as error:
        return f"refused, {error.code}: {error.sentence}"


def seen_of(raw: bytes) -> Message | None:
    try:
        return message.read(raw, trusted=TRUSTED)
    except UnreadableError:
        return None


def without_digits(seen: Message) -> Message:
    """Return a mail whose numbers were lost: where one is required, a fact is missing."""
    return replace(seen, text=re.sub("[0-9]", "", seen.text), subject=re.sub("[0-9]", "", seen.subject), links=())


def differing(mails: Iterable[Message]) -> list[tuple[str, tuple[str, ...]]]:
    return [(seen.subject, shops) for seen in mails for shops in SHOPS
            if found_there(seen, told(seen, shops), shops) != found_here(seen, shops)]


def samples() -> list[Message]:
    seen = [one for raw in mutants.mails() if (one := seen_of(raw))]
    return [*seen, *map(without_digits, seen)]


def test_samples_and_attacks_say_the_same_to_child_and_program() -> None:
    assert differing(samples()) == []


def test_broken_mails_say_the_same_to_child_and_program() -> None:
    whole = [raw for raw in mutants.mails() if len(raw) < 20_000]
    seen = [one for number in range(MUTANTS) if (one := seen_of(mutants.mutant(whole, SEED, number)))]
    assert len(seen) > MUTANTS / 2
    assert differing(seen) == []


def test_samples_meet_every_way_a_mail_can_go() -> None:
    """Else what the other tests say would be said of little."""
    ways = {said[0] for seen in samples() for shops in SHOPS if (said := told(seen, shops))}
    assert ways == {"claimed", "unclaimed", "unreadable"}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_real_child_finds_what_the_program_finds_and_keeps_the_long_parts_to_itself(language: str) -> None:
    child = new_reader()
    mails = [raw for raw in mutants.mails() if seen_of(raw)]
    with words.speaking(language):
        answers = list(child.read_many(Asked(raw=raw, trusted=TRUSTED, about=ALL[1:]) for raw in mails))
        for raw, answer in zip(mails, answers, strict=True):
            seen = message.read(raw, trusted=TRUSTED)
            short = replace(seen, html="", page="", links=(), attachments=())
            assert isinstance(answer, Read) and answer.message == short
            found = found_there(answer.message, answer.told, ALL[1:])
            here = found_here(seen, ALL[1:])
            assert found == (replace(here, message=short) if isinstance(here, Understood) else here)
    child.close()


def test_mail_that_is_only_read_comes_whole() -> None:
    child = new_reader()
    raw = claim()
    [answer] = child.read_many([Asked(raw=raw, trusted=TRUSTED)])
    child.close()
    assert answer == Read(message=message.read(raw, trusted=TRUSTED))


def test_values_of_another_shape_are_what_a_broken_child_says() -> None:
    seen = message.read(buyer_writes(), trusted=TRUSTED)
    whole = told(seen, ALL)
    assert whole and isinstance(found_there(seen, whole, ALL), Understood)
    _, name, kind, texts, maybe, aliases, facts, links, stated = whole
    parts = (name, kind, texts, maybe, aliases, facts, links, stated)
    broken: tuple[Any, ...] = (
        7, (), ("sure",), ("sure", *parts), ("claimed",), ("unclaimed", 7), ("unclaimed",), ("unreadable", "code", 7),
        ("unreadable", "code"), ("claimed", "nobody", *parts[1:]), ("claimed", name, "no_such_kind", *parts[2:]),
        ("claimed", name, kind, texts[1:], *parts[3:]), ("claimed", name, kind, (7, *texts[1:]), *parts[3:]),
        ("claimed", *parts[:3], (7, *maybe[1:]), *parts[4:]), ("claimed", *parts[:4], (7,), *parts[5:]),
        ("claimed", *parts[:5], {"a": 7}, *parts[6:]), ("claimed", *parts[:6], [("a", "b")], stated),
        ("claimed", *parts[:7], (("two days", ("2", "days"), ""),)), ("claimed", *parts[:7], (("x", (2, "eons"), ""),)),
        ("claimed", *parts[:7], (("x", None, 7),)), ("claimed", *parts[:7], 7))
    for said in broken:
        found = found_there(seen, said, ALL)
        assert isinstance(found, str) and found.startswith("refused, crashed"), said


def test_fault_of_ours_in_the_child_shows_where_the_program_makes_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_asked: object) -> NoReturn:
        raise KeyError("ours")

    seen = message.read(buyer_writes(), trusted=TRUSTED)
    monkeypatch.setattr(Marketplace, "parse", faulty)
    said = told(seen, ALL)
    assert said is None
    with pytest.raises(KeyError, match="ours"):
        taken_over(seen, said, ALL)


def hangs(seen: Message, shops: tuple[str, ...]) -> object:
    """Look for a pattern that never ends, as one of a folder's might over words made for it; else as usual."""
    if "hang" in seen.text:
        re.search(r"(?:a|aa|aaa)+$", "a" * 5000 + "b")
    return told(seen, shops)


def test_pattern_that_never_ends_costs_its_own_mail_three_attempts_and_no_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.work()
    child = Reader(seconds=1, beyond=f"{__name__}:hangs")
    world.guichet = replace(world.guichet, given=child)
    world.hears(*(buyer_writes("Bonjour, hang" if number == 2 else "Bonjour", order=f"404-000000{number}-8284590",
                               message=number) for number in range(1, 5)))
    child.close()
    assert [row["state"] for row in world.rows("mails")] == ["read", "shelved", "read", "read"]
    assert world.one("mails", "state = 'shelved'")["reason"].startswith("timeout: ")
    assert world.one("mails", "state = 'shelved'")["attempts"] == MOST_ATTEMPTS


def test_reader_of_the_program_has_its_child_understand() -> None:
    assert new_reader().beyond == UNDERSTANDING
