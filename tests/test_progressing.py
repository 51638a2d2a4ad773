"""The first look over a mailbox says on a terminal how far it is, and nowhere else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.maildirs import shop_in

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A shop with a Maildir of 300 mails at which nobody has looked."""
    return shop_in(tmp_path, 300)


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """Return what `once` says to a terminal."""
    ours, theirs = pty.openpty()
    surroundings = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "120"}
    with subprocess.Popen([sys.executable, str(ROOT / "run_bot.py"), *arguments, "once"], cwd=folder,
                          env=surroundings, stdin=theirs, stdout=theirs, stderr=theirs) as program:
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 4096):
                said += chunk
        except OSError:     # Linux says EIO when the last one who held the terminal is gone
            pass
        os.close(ours)
    assert program.returncode == 0, said
    return said.decode()


def test_a_first_look_names_mailbox_count_and_whole_on_a_terminal(shop: Path) -> None:
    said = on_a_terminal(shop)
    assert "Mailbox ventes: first look [######..............] 100 of 300 mails" in said
    assert "[####################] 300 of 300 mails\r\n" in said
    numbers = [int(found) for found in re.findall(r"(\d+) of 300", said)]
    assert numbers == sorted(numbers)


def test_it_speaks_french_too(shop: Path) -> None:
    assert "300 mails sur 300" in on_a_terminal(shop, "--lang", "fr")


def test_a_second_look_has_nothing_to_show(shop: Path) -> None:
    on_a_terminal(shop)
    (shop / "mail" / "new" / "one more.mail").write_bytes(b"Subject: x\r\n\r\n\r\n")
    assert on_a_terminal(shop) == ""


def test_without_a_terminal_nothing_is_shown(shop: Path) -> None:
    answer = subprocess.run([sys.executable, str(ROOT / "run_bot.py"), "once"], cwd=shop, capture_output=True,
                            env={**os.environ, "LC_ALL": "C.UTF-8"}, text=True)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
