"""The switch that stops all automatic sending: what waits, what still leaves, who puts it back."""

from __future__ import annotations

from datetime import timedelta

from click.testing import CliRunner

from bot import cli
from bot.core.event import Kind
from bot.edges.store import iso
from bot.pausing import pause, paused, resume, resumed_at
from bot.sending import _released
from tests.world import World, buyer_writes

ALONE = 'mode = "alone"'


def ready(world: World) -> list[str]:
    soon = world.now + timedelta(minutes=5)
    return [row["what"] for row in _released(world.guichet, world.store.ready(soon), soon)]


def test_a_switch_thrown_twice_keeps_its_first_reason(world: World) -> None:
    assert pause(world.store, "too many at once", world.now)
    assert not pause(world.store, "another", world.now + timedelta(hours=1))
    assert paused(world.store) == "too many at once"
    assert world.store.meta("paused").startswith(iso(world.now))


def test_only_a_person_puts_it_back_and_once(world: World) -> None:
    pause(world.store, "why not", world.now)
    world.later(days=30)
    assert paused(world.store)
    assert resume(world.store, world.now)
    assert not resume(world.store, world.now)
    assert (paused(world.store), resumed_at(world.store)) == ("", world.now)


def test_what_was_to_leave_alone_waits_untouched_and_leaves_afterwards(world: World) -> None:
    world.configure(policy=ALONE)
    world.hears(buyer_writes())
    before = world.one("outbox", "what = 'reply'")
    assert ready(world) == ["reply"]
    pause(world.store, "a fault", world.now)
    assert ready(world) == []
    assert world.one("outbox", "what = 'reply'") == before
    resume(world.store, world.now)
    assert ready(world) == ["reply"]


def test_what_is_decided_meanwhile_becomes_a_draft_that_leaves_on_a_yes(world: World) -> None:
    world.configure(policy=ALONE)
    pause(world.store, "a fault", world.now)
    world.hears(buyer_writes())
    row = world.one("outbox", "what = 'reply'")
    assert row["state"] == "draft"
    assert "a fault" in row["why"]
    assert ready(world) == ["question"]       # he is told, whatever is stopped
    world.says(Kind.DRAFT_APPROVED, draft=row["id"])
    assert sorted(ready(world)) == ["question", "reply"]


def test_the_terminal_throws_it_and_puts_it_back(world: World) -> None:
    config = ["--config", str(world.folder / "mailboxes.toml")]
    run = CliRunner()
    assert "Nothing leaves" in run.invoke(cli.guichet, ["pause", *config]).output
    assert paused(world.store) == "vous l'avez arrêté"
    assert "stopped already" in run.invoke(cli.guichet, ["pause", *config]).output
    assert "0 waiting mails" in run.invoke(cli.guichet, ["resume", *config]).output
    assert "not stopped" in run.invoke(cli.guichet, ["resume", *config]).output
