"""`try --write`: the file beside a sample says what was read, in the shape that the walk over all samples reads."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies

from bot import marketplaces
from bot.cli import main
from bot.expecting import UNSEEN, ExpectationError, expectation, quoted, write_beside
from tests.world import World, buyer_writes, claim, mail

TRUSTED = frozenset({"mx.boutique.example"})
SAMPLES = sorted(Path(marketplaces.__file__).parent.glob("*/samples/*.eml"))
ABSENT: dict[str, object] = {"answer_to": "", "facts": {}, "links": {}}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_what_is_written_beside_a_sample_says_what_its_own_file_says(sample: Path, tmp_path: Path) -> None:
    copy = tmp_path / sample.name
    shutil.copy(sample, copy)
    written = tomllib.loads(write_beside(copy, TRUSTED).read_text("utf-8"))
    said = tomllib.loads(sample.with_suffix(".toml").read_text("utf-8"))
    names = {"kind", "origin", "reference", "order", "item", "buyer", "language", "text", "answer_to", "facts", "links"}
    assert {name: written.get(name, ABSENT.get(name)) for name in names} == {
        name: said.get(name, ABSENT.get(name)) for name in names}
    assert said.get("mark", written["mark"]) == written["mark"]
    assert ("held" in said) == ("held" in written)
    pairs = zip(written.get("deadlines", []), said.get("deadlines", []), strict=True)
    assert all({key: row[key] for key in asked} == asked for row, asked in pairs)
    assert set(written) <= {*names, "seen", "mark", "held", "deadlines"}


def test_walk_refuses_the_file_until_a_person_has_said_what_was_seen() -> None:
    assert not re.search(r"\b(?:V(?:-old|-[a-z]{2})?|W|P)\b", UNSEEN)
    assert tomllib.loads(expectation(claim(), TRUSTED))["seen"] == UNSEEN


@given(strategies.text(strategies.characters(codec="utf-8"), max_size=60))
def test_any_text_comes_back_from_the_file(text: str) -> None:
    read: dict[str, Any] = tomllib.loads(f"x = {quoted(text)}\n")
    assert read["x"] == text


def test_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    sample = tmp_path / "a.eml"
    sample.write_bytes(claim())
    beside = sample.with_suffix(".toml")
    beside.write_text("mine")
    with pytest.raises(ExpectationError, match="is there already; --force"):
        write_beside(sample, TRUSTED)
    assert beside.read_text() == "mine"
    write_beside(sample, TRUSTED, force=True)
    assert tomllib.loads(beside.read_text("utf-8"))["kind"] == "not_conforming_claimed"


def test_mail_nobody_claims_has_no_expectation() -> None:
    with pytest.raises(ExpectationError, match="no marketplace claims the mail «Bonjour»"):
        expectation(mail("From: jean@home.example\nSubject: Bonjour", "x"), TRUSTED)


# ---- as its user calls it


def asked(world: World, *words: object) -> int:
    return main(["--config", str(world.folder / "mailboxes.toml"), "try", "--write", *map(str, words)])


def test_one_sample_that_cannot_be_expected_stops_no_other(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    folder = world.folder / "samples"
    folder.mkdir()
    for name, raw in {"a": b"From: jean@home.example\n\nx", "b": claim(), "c": buyer_writes()}.items():
        (folder / f"{name}.eml").write_bytes(raw)
    assert asked(world, folder) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(folder / "b.toml"), str(folder / "c.toml")]
    assert "no marketplace claims" in err
    assert sorted(path.name for path in folder.glob("*.toml")) == ["b.toml", "c.toml"]
    assert asked(world, folder / "b.eml") == 1
    assert asked(world, "--force", folder / "b.eml") == 0


def test_kept_mail_has_no_place_for_an_expectation(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.hears(claim())
    assert asked(world, "M-1") == 1
    assert "M-1 is no file" in capsys.readouterr().err
