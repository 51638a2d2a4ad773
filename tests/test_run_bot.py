"""The first thing a person meets when the set-up is not done: one sentence that says what to type."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOOKS_FOR_CLICK = "import click\n\ndef main() -> int:\n    return 0\n"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with run_bot.py, our words, and a command line that needs click, which -S keeps away."""
    shutil.copytree(ROOT / "bot" / "words", tmp_path / "bot" / "words")
    shutil.copy(ROOT / "run_bot.py", tmp_path)
    (tmp_path / "bot" / "cli.py").write_text(LOOKS_FOR_CLICK)
    return tmp_path


def start(program: Path, folder: Path, language: str = "C") -> subprocess.CompletedProcess[str]:
    """Run it with a Python that has no libraries beside its own."""
    surroundings = {**os.environ, "LC_ALL": language, "PYTHONPATH": "", "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, "-S", str(program)], cwd=folder, env=surroundings,
                          capture_output=True, text=True)


def test_without_libraries_it_says_how_to_have_them(bare: Path) -> None:
    answer = start(bare / "run_bot.py", bare)
    assert answer.returncode == 1
    assert "`python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`" in answer.stderr
    assert "library click" in answer.stderr
    assert answer.stderr.count("\n") == 1, "one sentence, no traceback"


def test_with_its_own_python_beside_it_that_one_is_named(bare: Path) -> None:
    (bare / ".venv" / "bin").mkdir(parents=True)
    (bare / ".venv" / "bin" / "python").touch()
    answer = start(bare / "run_bot.py", bare)
    assert "start it with `.venv/bin/python run_bot.py`" in answer.stderr
    assert "pip" not in answer.stderr


def test_started_from_elsewhere_what_to_type_works_from_there(bare: Path) -> None:
    answer = start(bare / "run_bot.py", Path("/"))
    assert f"`cd {bare} && python3 -m venv" in answer.stderr


def test_a_french_terminal_is_answered_in_french(bare: Path) -> None:
    answer = start(bare / "run_bot.py", bare, "fr_FR.UTF-8")
    assert "Guichet a besoin de la bibliothèque click" in answer.stderr


def test_a_fault_of_our_own_is_not_taken_for_a_missing_library(bare: Path) -> None:
    (bare / "bot" / "cli.py").write_text("import bot.nowhere\n")
    answer = start(bare / "run_bot.py", bare)
    assert "Traceback" in answer.stderr
    assert "bot.nowhere" in answer.stderr


def test_an_old_python_can_read_it_far_enough_to_be_turned_away() -> None:
    ast.parse((ROOT / "run_bot.py").read_text("utf-8"), feature_version=(3, 6))


def test_an_old_python_gets_one_sentence() -> None:
    pretend = "import sys; sys.version_info = (3, 9, 2); import run_bot; run_bot.main()"
    answer = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 1
    assert answer.stderr == f"Guichet needs Python 3.11 or later, and {sys.executable} is Python 3.9.2.\n"
