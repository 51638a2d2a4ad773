"""The mailbox monkey in short: 500 moves; `make torture` makes 10,000, GUICHET_MONKEY any number."""

from __future__ import annotations

from pathlib import Path

from tests.proofs import Budget, how_many
from tests.proofs.monkey import DEEDS, play, rows_of
from tests.proofs.stage import Stage
from tests.servers.dovecot import Dovecot


def test_every_mail_that_lay_there_at_a_look_is_kept_once_and_no_flag_changes(tmp_path: Path) -> None:
    with Dovecot() as dovecot:      # one of its own: it is restarted in the middle
        stage = Stage(tmp_path, dovecot)
        monkey = play(stage, moves := how_many("monkey", 500), Budget.of(90))
        rows = rows_of(monkey, moves)
        stage.close()
    assert [row for row in rows if not row.holds] == []
    assert set(monkey.done) == {name for name, _ in DEEDS}
    assert len(monkey.stood) > 20
