"""The ears themselves: a secret in a call, in an error, in a file or in a child's surroundings would be heard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canaries import PASSWORD, TOKEN, Watch, descendants, heard, left_in, shapes
from tests.world import World, buyer_writes

SLEEPS = "import time; time.sleep(60)"


CALLED = "kanari-im-aufruf"     # of these tests alone: the watch over the whole suite must not hear it


@pytest.fixture
def watch() -> Watch:
    """One that nobody runs: a test lets it look."""
    return Watch(lambda octets: CALLED.encode() in octets)


def test_every_shape_of_a_secret_is_heard_and_nothing_else() -> None:
    assert all(heard(b"AUTH " + shape) for shape in shapes(TOKEN))
    assert not heard(b"AUTH PLAIN dGVzdA==")


def test_a_secret_in_the_call_of_a_program_is_heard_while_it_runs(watch: Watch) -> None:
    """Started by a shell that finds the secret itself, so that only a look at the machine can tell."""
    shell = subprocess.Popen(["/bin/sh", "-c", f'{sys.executable} -c "{SLEEPS}" "$SAID" & wait'], env={"SAID": CALLED},
                             stdout=subprocess.DEVNULL)
    try:
        while len(list(descendants(shell.pid))) < 1 or not watch.told:
            watch.look()
        assert watch.told[0].startswith("the call of process")
    finally:
        for pid in [*descendants(shell.pid), shell.pid]:
            os.kill(pid, 9)
        shell.wait()


def test_the_reading_child_is_among_those_looked_at(watch: Watch, world: World) -> None:
    world.hears(buyer_writes())
    watch.look()
    assert world.guichet.reader.pid in watch.readers
    assert watch.told == []


def test_a_secret_in_a_file_is_found_save_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "guichet.log").write_bytes(b"\0" + PASSWORD.encode())
    assert left_in(tmp_path) == ["guichet.log"]
    (tmp_path / "guichet.log").unlink()
