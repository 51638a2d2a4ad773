"""The recipe in CONTRIBUTING.md, followed to the letter on a copy of the program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

STEP = re.compile(r"^`(bot/marketplaces/brocante/[\w./]+)`\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "data")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The program with the folder that the recipe makes, and nothing else changed."""
    root, folder = Path(__file__).resolve().parents[2], tmp_path_factory.mktemp("recipe") / "guichet"
    shutil.copytree(root, folder, ignore=LEFT_OUT)
    for path, text in STEP.findall((root / "CONTRIBUTING.md").read_text("utf-8")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    yield folder
    shutil.rmtree(folder)   # it holds what the tests may leave nowhere: their own passwords, as they are written here


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=110)


def tried(folder: Path, mail: Path) -> dict[str, Any]:
    answer = run(folder, "run_bot.py", "try", "--json", str(mail))
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def sample(folder: Path) -> Path:
    return folder / "bot/marketplaces/brocante/samples/buyer_wrote.eml"


def test_the_recipe_makes_every_file_it_speaks_of(copy: Path) -> None:
    made = {str(path.relative_to(copy / "bot/marketplaces/brocante"))
            for path in (copy / "bot/marketplaces/brocante").rglob("*.*") if "__pycache__" not in path.parts}
    assert made == {"notifications.toml", "rules.toml", "__init__.py", "reading.py", "samples/buyer_wrote.eml",
                    "samples/buyer_wrote.toml"}


def test_a_mail_of_the_new_marketplace_is_recognised_read_and_gets_its_case_and_deadline(copy: Path) -> None:
    found = tried(copy, sample(copy))
    assert (found["marketplace"], found["kind"], found["shelved"]) == ("brocante", "buyer_wrote", None)
    assert (found["case"], found["buyer"], found["language"]) == ("B-100200", "Odile", "en")
    assert found["text"] == "Is the clock still going? My other order is B-999999."
    [deadline] = [deadline for deadline in found["deadlines"] if deadline["rule"] == "B1"]
    assert (deadline["name"], deadline["due"]) == ("answer", "2026-11-18T09:00:00Z")
    assert [(action["action"], action["channel"]) for action in found["actions"]] == [
        ("reply", "email"), ("question", "email")]


def test_a_mail_that_lacks_what_the_recipe_requires_is_shelved_naming_it(copy: Path) -> None:
    mail = copy / "without.eml"
    mail.write_bytes(sample(copy).read_bytes().replace(b"order B-100200", b"order"))
    assert "no 'order'" in tried(copy, mail)["shelved"]


def test_a_mail_it_does_not_know_is_a_case_for_a_person(copy: Path) -> None:
    mail = copy / "unknown.eml"
    mail.write_bytes(sample(copy).read_bytes().replace(b"New message about", b"News about"))
    assert tried(copy, mail)["kind"] == "marketplace_wrote"


def test_the_walk_over_all_samples_finds_the_new_folder_and_wants_three_samples_of_a_kind(copy: Path) -> None:
    answer = run(copy, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "tests/marketplaces/test_samples.py",
                 "-k", "brocante")
    told = re.search(r"1 failed, (\d+) passed", answer.stdout)
    assert told, answer.stdout
    assert int(told[1]) >= 8
    assert "test_every_kind_with_a_label_has_at_least_three_samples[brocante]" in answer.stdout
