"""Starting: what is started often loads little, and plain arguments mean what the full parser takes them for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.working import plainly
from tests.maildirs import shop_in

ROOT = Path(__file__).resolve().parent.parent
LOADED = re.compile(r"^import time: .*\| +([\w.]+)$", re.MULTILINE)


@pytest.fixture
def settled(tmp_path: Path) -> Path:
    """A shop with an empty Maildir, looked at once."""
    shop_in(tmp_path)
    first = start(tmp_path, "once")
    assert first.returncode == 0, first.stderr
    return tmp_path


def start(folder: Path, *arguments: str, python: tuple[str, ...] = (),
          config: str = "") -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "LC_ALL": "C.UTF-8", "GUICHET_CONFIG": config}
    return subprocess.run([sys.executable, *python, str(ROOT / "run_bot.py"), *arguments], cwd=folder,
                          env=surroundings, capture_output=True, text=True)


def test_a_pass_that_finds_nothing_loads_nothing_that_would_do_something(settled: Path) -> None:
    (settled / "data" / "glance").unlink(missing_ok=True)
    answer = start(settled, "once", python=("-X", "importtime"))
    loaded = set(LOADED.findall(answer.stderr))
    assert answer.returncode == 0
    assert "bot.loop" in loaded
    assert not [name for name in loaded if name.split(".")[0] in {"click", "jinja2", "bs4", "sqlite_utils", "schedule"}
                or name.startswith(("bot.marketplaces", "bot.core.message", "bot.pipeline", "bot.writing", "bot.cli"))]


@pytest.mark.parametrize("arguments", [
    ("--config", "mailboxes.toml", "once"), ("once", "--config=mailboxes.toml"), ("--lang", "fr", "once"),
    ("once", "--json"), ("--config", "nowhere.toml", "once", "--config", "mailboxes.toml"),
])
def test_plain_arguments_mean_what_the_parser_of_all_takes_them_for(settled: Path, arguments: tuple[str, ...],
                                                                   monkeypatch: pytest.MonkeyPatch,
                                                                   capfd: pytest.CaptureFixture[str]) -> None:
    from bot.cli import main

    monkeypatch.chdir(settled)
    parsed = main(arguments), capfd.readouterr()
    assert (plainly(arguments), capfd.readouterr()) == parsed


@pytest.mark.parametrize("arguments", [
    ("once", "--help"), ("run", "--dashboard"), ("check",), (), ("once", "once"), ("--config", "once"),
    ("--lang", "de", "once"), ("run", "--json"), ("once", "--config"),
])
def test_all_else_is_left_to_the_parser_of_all(arguments: tuple[str, ...]) -> None:
    assert plainly(arguments) is None


def test_the_settings_named_by_the_surroundings_count_as_with_every_command(settled: Path) -> None:
    named = str(settled / "mailboxes.toml")
    assert start(Path("/"), "once", config=named).returncode == 0
    assert start(Path("/"), "once", "--config", "nowhere.toml", config=named).returncode == 2
    refused = start(Path("/"), "once")
    assert refused.returncode == 2
    assert "there is no settings file" in refused.stderr
