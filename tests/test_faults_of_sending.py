"""In short what `make torture` tries at length: loops, faults of the relay, faults on the way to the mailbox."""

from __future__ import annotations

import pytest

from tests.proofs import Budget, instances, loops, mail_faults, relay_faults
from tests.servers.dovecot import Dovecot


@pytest.mark.parametrize("name", loops.ROBOTS)
def test_a_robot_that_answers_every_answer_gets_two_a_day_at_most(name: str) -> None:
    robot = loops.ROBOTS[name]
    with loops.stage(name) as relayed:
        _, by_day = loops.play(relayed, robot, 40)
        assert loops.faults(relayed, robot, by_day) == []
        assert robot in loops.SILENT or by_day.total(), "a robot nobody answers proves nothing"


@pytest.mark.parametrize("name", relay_faults.FAULTS)
@pytest.mark.parametrize("echoes", [True, False], ids=["echo", "no echo"])
def test_a_fault_of_the_relay_loses_no_reply_and_doubles_none(name: str, echoes: bool) -> None:
    left, state = relay_faults.outcome(name, echoes=echoes)
    assert relay_faults.is_right(name, left, state), (left, state)


def test_with_the_echo_what_the_relay_kept_is_known_and_nobody_is_asked() -> None:
    assert relay_faults.outcome("lost after it is kept", echoes=True) == (1, "sent")


# One byte a tenth of a second takes half a minute: that one is for `make torture`.
@pytest.mark.parametrize("name", [name for name in mail_faults.FAULTS if "tenth" not in name])
def test_a_fault_on_the_way_to_the_mailbox_loses_no_mail(name: str, dovecot: Dovecot) -> None:
    assert mail_faults.kept(name, dovecot, 1) == (mail_faults.MAILS, mail_faults.MAILS)


def test_a_daemon_five_cron_runs_and_a_terminal_do_nothing_twice_and_show_no_lock() -> None:
    [row] = instances.prove(Budget.of(60), rounds=2)
    assert row.holds, row
