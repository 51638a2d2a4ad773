"""Marie's shop whose relay is real and whose clock stands still: what becomes of a mail that leaves.

    def test_story(relayed):
        relayed.approves()                            # a buyer wrote, Marie said yes
        relayed.smtp.faults = {"DOT": [Fault.KEEP_AND_HANG_UP]}
        relayed.sends()
        assert relayed.reply()["state"] == "transmitting"
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.event import Kind
from bot.edges.store import Row
from bot.filing import file_one
from bot.resolving import resolve_one, settle_echo
from bot.sending import send_ready
from tests.canaries import PASSWORD
from tests.servers.smtp import Received, SmtpServer
from tests.world import MARIE, SHOP, World, buyer_writes

RELAY_OF = """
smtp = {{ host = "localhost", port = {port}, security = "starttls" }}
user = "{shop}"
password_file = "password"
ca_file = "ca.pem"
{more}

[policy]
{policy}
"""


class Relayed(World):
    """`echoes`: what the relay takes for the mailbox itself lands in the Maildir, as at a real provider."""

    def __init__(self, folder: Path, smtp: SmtpServer, *, policy: str = "", more: str = "") -> None:
        self.smtp, self.echoes, self.more = smtp, True, more
        smtp.users[SHOP] = PASSWORD
        smtp.on_keep = self._come_back
        (folder / "password").write_text(f"{PASSWORD}\n")
        (folder / "password").chmod(0o600)
        (folder / "ca.pem").write_text(Path(smtp.ca_file).read_text())
        super().__init__(folder, policy=policy)

    def configure(self, *, language: str = "fr", policy: str = "") -> None:
        super().configure(language=language, policy=policy)
        path = self.folder / "mailboxes.toml"
        head = path.read_text().partition("\n[policy]")[0]
        path.write_text(head + RELAY_OF.format(port=self.smtp.port, shop=SHOP, policy=policy, more=self.more))
        self.reload()

    def _come_back(self, mail: Received) -> None:
        if self.echoes and SHOP in mail.others:
            self.arrives(mail.raw)

    def sends(self) -> list[str]:
        """Find out, send and read until nothing is left to do now; return what kept a mailbox from sending."""
        self.work()
        while any([settle_echo(self.guichet, self.now), resolve_one(self.guichet, self.now),
                   file_one(self.guichet, self.now)]):
            pass
        found = [str(error) for _, error in send_ready(self.guichet, lambda: self.now) if error]
        self.work()
        return found

    def passes(self, **span: float) -> None:
        self.later(**span)
        self.sends()

    def approves(self) -> Row:
        self.hears(buyer_writes())
        row = self.one("outbox", "what = 'reply'")
        self.says(Kind.DRAFT_APPROVED, draft=row["id"])
        return row

    def reply(self) -> Row:
        return self.rows("outbox", "what = 'reply'")[0]

    def to_buyers(self) -> list[Received]:
        return [mail for mail in self.smtp.mails if mail.recipient != MARIE]


@pytest.fixture
def relayed(tmp_path: Path) -> Iterator[Relayed]:
    with SmtpServer() as smtp:
        world = Relayed(tmp_path, smtp)
        world.work()
        yield world
