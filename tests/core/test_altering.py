"""A copy with other values is what `dataclasses.replace` makes, and leaves the first as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.altering import altered
from bot.core.around import Around
from bot.core.case import Case
from bot.core.event import CaseKey, Event, Kind, Party

KEY = CaseKey(marketplace="amazon", shop="amazon", reference="R-1")
CASE = Case(key=KEY, buyer="Jean Dupont", turn=Party.SELLER)
EVENT = Event(key="k", kind=Kind.BUYER_WROTE, case=KEY, at=datetime(2026, 11, 17, tzinfo=UTC), source="mail:1")


@pytest.mark.parametrize(("one", "values"), [
    (CASE, {"number": 3, "turn": Party.BUYER}), (CASE, {}), (CASE.around, {"paused": "why"}), (EVENT, {"cold": True}),
    (Around(facts={"price": "1 EUR"}), {"told": (Kind.SALE_MADE,)})])
def test_a_copy_has_the_other_values_and_the_rest(one: Any, values: dict[str, Any]) -> None:
    before = replace(one)
    assert altered(one, **values) == replace(one, **values)
    assert one == before


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError):
        altered(CASE, buyers="Jean")
