"""Pages stay light however much is kept: their size in bytes, and no table that grows is read from end to end.

How long they take is measured by benchmarks/pages.py, over 100,000 cases and mails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from benchmarks import pages
from bot.core.event import Kind
from bot.dashboard import password
from bot.edges.schema import migrations
from bot.edges.store import Store
from tests.world import World, buyer_writes, claim

CASES = 1500        # of which half are open: many pages of each list
LARGEST = 100_000   # bytes

# An index walked in its order ends with the page; the others are as small as what they hold. A search for two
# letters has no index: no page asks for it here.
IN_ORDER = ("cases_due", "deadlines_listed")
SMALL = ("mails_shelved", "mails_waiting", "COVERING INDEX mails_received")
GROWING = ("cases", "events", "mails", "deadlines", "outbox")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as cheap:
        cheap.setattr(password, "METHOD", "scrypt:1024:2:1")
        return pages.browser(pages.shop(tmp_path_factory.mktemp("shop"), CASES))


def address(name: str) -> str:
    """Return a page of the benchmark, in a shop that has fewer cases."""
    return re.sub(r"(?<=/case/|/mail/)\d+", str(CASES), pages.ADDRESSES[name].partition(" ")[0]).replace(
        "page=1000", "page=20")


@pytest.mark.parametrize("name", pages.ADDRESSES)
def test_a_page_is_small_and_reads_no_whole_table(browser: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    plans: list[tuple[str, str]] = []

    def watched(ask: Callable[..., Any]) -> Callable[..., Any]:
        def explained(store: Store, sql: str, *args: Any) -> Any:
            told = store.connection.execute(f"EXPLAIN QUERY PLAN {sql}", args)
            plans.extend((row[3], sql) for row in told.fetchall())
            return ask(store, sql, *args)
        return explained

    for asking in ("rows", "row", "has"):
        monkeypatch.setattr(Store, asking, watched(getattr(Store, asking)))
    answer = browser.get(address(name))
    assert answer.status_code == 200
    assert len(answer.data) < LARGEST
    assert plans
    assert not [(plan, sql) for plan, sql in plans if reads_all(plan, sql)]


def reads_all(plan: str, sql: str) -> bool:
    found = re.match(rf"SCAN ({'|'.join(GROWING)})\b(?: USING (.*))?", plan)
    if not found:
        return False
    how = found[2] or ""
    if how.endswith(SMALL):
        return False
    in_order = how.endswith(IN_ORDER) or (found[1] == "outbox" and not how and "ORDER BY id DESC" in sql)
    return not (in_order and "LIMIT" in sql)


def test_the_files_of_a_list_hold_all_of_it(browser: Any) -> None:
    assert len(browser.get("/cases.json").get_json()) == CASES


def test_the_next_deadline_beside_a_case_is_always_that_of_its_deadlines(world: World) -> None:
    def holds() -> None:
        for row in world.rows("cases"):
            [found] = world.store.rows("SELECT min(due) AS due FROM deadlines WHERE case_id = ? AND state = 'open'",
                                       row["id"])
            assert row["next_due"] == found["due"], row["id"]

    world.work()
    world.hears(buyer_writes(), claim())
    assert [row["next_due"] for row in world.rows("cases")] != [None, None]
    holds()
    world.says(Kind.DRAFT_APPROVED, 1, draft=1)
    holds()
    world.hears(buyer_writes("Et alors ?", message=2))
    holds()
    world.later(days=1)
    holds()
    world.later(days=30)
    holds()
    world.says(Kind.CASE_CLOSED, 2)
    holds()


def test_an_older_database_learns_the_next_deadline_of_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "guichet.db"
    older = Database(path)
    migrations.apply(older, stop_before="m022_lists_in_their_order")
    older.execute("INSERT INTO cases (id, marketplace, shop, reference, mailbox, kind, stage, turn, opened, origin)"
                  " VALUES (1, 'amazon', 'amazon', 'R-1', 'ventes', 'buyer_wrote', 'open', 'seller', '2026-11-01', '')")
    for name, state, due in (("first", "met", "2026-11-02"), ("second", "open", "2026-11-04"),
                             ("third", "open", "2026-11-03")):
        older.execute("INSERT INTO deadlines (case_id, name, due, who, state, stated, rule, source, why, started)"
                      " VALUES (1, ?, ?, 'seller', ?, 0, '', '', '', '2026-11-01')", [name, due, state])
    older.conn.commit()
    older.close()
    store = Store(path)
    assert store.rows("SELECT next_due FROM cases") == [{"next_due": "2026-11-03"}]
    store.close()
