"""Whatever is mailed, ordered and killed in whatever order: no visitor is answered twice, no cap is passed.

The machine of tests/test_orders_property.py, at length, each round from another seed.
"""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proofs import Budget, Row, how_many
from tests.test_orders_property import Orders, at_length

MINUTES = 15
ROUND = 20      # sequences; a round that has begun is ended


def prove(budget: Budget) -> Iterator[Row]:
    tried, drawn, wrong, intended = 0, budget.seed, "", how_many("orders", 200)
    while not wrong and tried < intended and not budget.over:
        wrong = _fault(drawn)
        tried, drawn = tried + ROUND, drawn + 1
    yield Row(name="sequences of mails, orders and crashes", offered=tried, intended=intended, twice=int(bool(wrong)),
              verdict=wrong or "holds")


def _fault(drawn: int) -> str:
    """Return what did not hold, with the seed that shows it again; empty where all held."""
    machine = seed(drawn)(type("Drawn", (Orders,), {}))
    try:
        run_state_machine_as_test(machine, settings=settings(at_length(ROUND, 16), derandomize=False))
    except AssertionError as error:
        return f"seed {drawn}: {str(error).splitlines()[0][:200]}"
    return ""
