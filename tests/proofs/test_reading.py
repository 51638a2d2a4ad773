"""The promises about reading, in short; `make torture` tries them at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs import Budget, attack_mails, how_many
from tests.proofs.bombs import BOMBS, bombs, fault_of
from tests.proofs.mutants import attempt
from tests.proofs.poison import kill_the_child, kill_the_program
from tests.world import World

PARTS = 5


@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_every_mutated_mail_is_read_or_refused_with_a_reason_and_can_be_stored(part: int) -> None:
    tried, faults = attempt(how_many("mutants", 5000) // PARTS, Budget.of(100, seed=part))
    assert not faults, faults
    assert tried, "GUICHET_MUTANTS is too small"


@pytest.mark.parametrize("name", bombs())
def test_bomb_stays_within_its_limits_and_the_next_mail_is_handled_in_the_same_round(name: str, world: World) -> None:
    assert fault_of(world, bombs()[name]) == ""


def test_bombs_of_the_attack_folder_are_among_them() -> None:
    if not attack_mails():
        pytest.skip("there is no folder of attack mails; GUICHET_ATTACKS names one")
    assert len(bombs()) > len(BOMBS)


def test_mail_that_kills_the_child_is_shelved_after_three_attempts_and_harms_no_other(tmp_path: Path) -> None:
    assert kill_the_child(tmp_path, 6) == []


def test_mail_that_kills_the_program_is_shelved_after_three_starts_and_harms_no_other(tmp_path: Path) -> None:
    assert kill_the_program(tmp_path, 3) == []
