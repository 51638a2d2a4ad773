"""Every sample of every marketplace: claimed by exactly one, and read as the file beside it says.

Nothing here names a marketplace: a new folder's samples are walked because they are there.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot import marketplaces
from bot.core.deadline import Stated
from bot.core.event import Kind
from bot.core.message import Message, read
from bot.marketplaces.contract import Marketplace, Notification

FOLDER = Path(marketplaces.__file__).parent
SAMPLES = sorted(FOLDER.glob("*/samples/*.eml"))
TRUSTED = frozenset({"mx.boutique.example"})
NAMES = [path.parent.name for path in sorted(FOLDER.glob("*/notifications.toml"))]

ABSENT: dict[str, object] = {"answer_to": "", "facts": {}, "links": {}}

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
every_marketplace = pytest.mark.parametrize("name", NAMES)


@cache
def mail(sample: Path) -> Message:
    return read(sample.read_bytes(), trusted=TRUSTED)


@cache
def expected(sample: Path) -> dict[str, Any]:
    return tomllib.loads(sample.with_suffix(".toml").read_text("utf-8"))


def claimed(sample: Path) -> tuple[Marketplace, Kind]:
    found = marketplaces.recognise(mail(sample), marketplaces.installed())
    assert found, f"nobody claims «{mail(sample).subject}» from {mail(sample).sender}"
    return found


def parsed(sample: Path) -> Notification:
    marketplace, kind = claimed(sample)
    return marketplace.parse(mail(sample), kind)


def installed(name: str) -> Marketplace:
    return next(marketplace for marketplace in marketplaces.installed() if marketplace.name == name)


def deadline(said: Stated, rule: str) -> dict[str, object]:
    period = f"{said.within.amount} {said.within.unit}" if said.within else None
    return {"name": rule, "stated": said.words, "within": period, "until": said.until}


@every_sample
def test_a_sample_is_claimed_by_its_own_marketplace_alone(sample: Path) -> None:
    marketplace, kind = claimed(sample)
    assert (marketplace.name, str(kind)) == (sample.parts[-3], expected(sample)["kind"])


@every_sample
def test_a_sample_is_read_as_the_file_beside_it_says(sample: Path) -> None:
    note, said = parsed(sample), expected(sample)
    found = {"origin": str(mail(sample).origin), "reference": note.reference, "order": note.order,
             "item": note.item, "buyer": note.buyer, "language": note.language, "text": note.text,
             "answer_to": note.answer_to, "facts": dict(note.facts), "links": dict(note.links)}
    assert found == {name: said.get(name, ABSENT.get(name)) for name in found}
    assert said.get("mark", note.mark) == note.mark
    assert bool(note.held) == ("held" in said)


@every_sample
def test_a_sample_states_the_deadlines_that_the_file_beside_it_says(sample: Path) -> None:
    marketplace, kind = claimed(sample)
    rule = next((rule.name for rule in marketplace.terms.rules if rule.kind == kind), "respond")
    found = [deadline(said, rule) for said in parsed(sample).stated]
    wanted = expected(sample).get("deadlines", [])
    assert [row["stated"] for row in found] == [row["stated"] for row in wanted]
    assert [{key: row[key] for key in asked} for row, asked in zip(found, wanted, strict=True)] == wanted


@every_sample
def test_a_sample_says_what_of_it_was_ever_seen(sample: Path) -> None:
    assert re.search(r"\b(?:V(?:-old|-[a-z]{2})?|W|P)\b", expected(sample)["seen"])


@every_sample
def test_a_sample_read_twice_has_the_same_mark(sample: Path) -> None:
    marketplace, kind = claimed(sample)
    again = sample.read_bytes().replace(b"Message-ID: <", b"Message-ID: <copy.")
    assert again != sample.read_bytes()
    copy = marketplace.parse(read(again, trusted=TRUSTED), kind)
    assert copy.mark == parsed(sample).mark


@every_marketplace
def test_every_kind_with_a_label_has_at_least_three_samples(name: str) -> None:
    shown = Counter(expected(sample)["kind"] for sample in SAMPLES if sample.parts[-3] == name)
    few = {str(label.kind) for label in installed(name).looks.labels if shown[label.kind] < 3}
    assert not few


@every_marketplace
def test_samples_and_the_files_beside_them_come_in_pairs(name: str) -> None:
    folder = FOLDER / name / "samples"
    assert {path.stem for path in folder.glob("*.eml")} == {path.stem for path in folder.glob("*.toml")}


@every_marketplace
def test_every_marketplace_has_a_sample_that_its_own_mail_host_proves(name: str) -> None:
    assert any(mail(sample).origin == "proven" for sample in SAMPLES if sample.parts[-3] == name)


@every_marketplace
def test_samples_with_one_mark_are_copies_of_one_notification(name: str) -> None:
    said: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for note in (parsed(sample) for sample in SAMPLES if sample.parts[-3] == name):
        said[note.kind, note.reference, note.mark].add(note.text)
    assert {key: texts for key, texts in said.items() if len(texts) > 1} == {}


@every_marketplace
def test_the_same_mail_from_a_look_alike_is_nobodys(name: str) -> None:
    for sample in (sample for sample in SAMPLES if sample.parts[-3] == name):
        message = mail(sample)
        local, _, domain = message.sender.rpartition("@")
        dashed = domain.replace(".", "-")
        for sender in (f"{message.sender}.example", f"{local}@{dashed}.com", f"{domain}@evil.example"):
            own = re.compile(re.escape(message.sender.encode()), re.IGNORECASE)      # Darty writes a capital
            raw = own.sub(sender.encode(), sample.read_bytes())
            assert raw != sample.read_bytes()
            assert marketplaces.recognise(read(raw, trusted=TRUSTED), marketplaces.installed()) is None


@every_marketplace
def test_every_kind_with_a_label_knows_what_it_costs_not_to_move(name: str) -> None:
    for rule in installed(name).terms.rules:
        assert set(rule.silence) >= {"fr", "en"}, rule.id
        assert rule.source
