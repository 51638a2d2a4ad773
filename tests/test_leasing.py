"""The fence beside the lock: one machine at a time, and another installation on the same mailbox is noticed."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from bot.edges import clock
from bot.leasing import BusyError, boot, here, leased, take
from bot.loop import database
from bot.pausing import paused
from tests.world import SHOP, World, mail, passed


def foreign(world: World, *, silent: float, starting: str = "another boot") -> None:
    world.store.set_lease("laptop/0123", 7, starting, world.now - timedelta(seconds=silent))


def test_a_machine_that_beats_keeps_another_out(world: World) -> None:
    foreign(world, silent=659)
    with pytest.raises(BusyError, match="laptop"):
        take(world.store, world.now)


def test_a_machine_that_was_silent_for_eleven_minutes_is_gone(world: World) -> None:
    foreign(world, silent=660)
    take(world.store, world.now)
    row = world.store.lease()
    assert row
    assert (row["host"], row["pid"], row["boot"]) == (here(), os.getpid(), boot())


def test_our_own_lease_of_before_a_crash_keeps_nobody_out(world: World) -> None:
    world.store.set_lease(here(), 1, "the boot before", world.now)
    take(world.store, world.now)


@pytest.mark.skipif(not boot(), reason="this system does not tell its starts apart")
def test_containers_of_one_kernel_see_each_others_lock_and_need_no_fence(world: World) -> None:
    foreign(world, silent=1, starting=boot())
    take(world.store, world.now)


def test_a_lease_is_given_back_at_the_end(world: World) -> None:
    with leased(database(world.guichet.settings)):
        assert world.store.lease()
    assert world.store.lease() is None


def test_once_leaves_everything_to_the_machine_at_work(world: World) -> None:
    from bot.loop import once

    world.store.set_lease("laptop/0123", 7, "another boot", clock.now())
    with pytest.raises(BusyError):
        once(world.guichet.settings)


OURS = f"From: Atelier Lumen <{SHOP}>\nSubject: Re: lampe\nX-Guichet: 0123456789abcdef"


def test_a_mail_of_another_installation_stops_automatic_sending_and_marie_hears_of_it(world: World) -> None:
    world.hears(mail(OURS, "Bonjour", proof=passed("boutique.example")))
    assert SHOP in paused(world.store)
    assert world.to_marie("notice")[0]["template"] == "paused"


@pytest.mark.parametrize("proof", ["", "dkim=fail header.d=boutique.example; dmarc=fail header.from=boutique.example"])
def test_nobody_stops_it_with_a_forged_one(world: World, proof: str) -> None:
    world.hears(mail(OURS, "Bonjour", proof=proof))
    assert not paused(world.store)


def test_after_a_restore_what_the_database_forgot_is_no_other_installation(world: World) -> None:
    world.store.set_meta("restored", "2026-11-17T09:00:00Z")
    world.hears(mail(OURS, "Bonjour", proof=passed("boutique.example")))
    assert not paused(world.store)
