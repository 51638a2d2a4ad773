"""Where a demo leaves everything: mailboxes.toml, the password's file, the database, the mails that came and went."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import BotError
from bot.demo.letters import ADDRESS, AUTHSERV, SHOP
from bot.demo.servers import HERE, MailHost, Posted
from bot.edges import clock
from bot.words import current, say

MARIE = "marie@atelier-lumen.example"
PASSWORD = "une semaine chez Marie"  # opens the demo's own server and nothing else

SETTINGS = """\
# The settings of a demo. Its mail server lived as long as the demo did; yours goes into imap and smtp.

[seller]
name = "{shop}"
language = "{language}"
timezone = "Europe/Paris"
holidays = "FR"
notify = ["{marie}"]
return_address = "1 rue des Lilas, 75012 Paris"
data = "data"

[[mailbox]]
name = "ventes"
address = "{address}"
imap = {{ host = "{host}", port = {imap}, security = "plain" }}      # plain: on this very machine only
smtp = {{ host = "{host}", port = {smtp}, security = "plain" }}
user = "{address}"
password_file = "ventes.password"
authserv_id = "{authserv}"
shops = ["rakuten_fr", "amazon"]

[shop.rakuten_fr]
login = "atelier-lumen"
seller_type = "professional"

[policy]
mode = "draft"                           # write, and ask Marie
warnings = ["24h", "4h"]
digest = "off"                           # the week is told as it goes

[policy.modes]
"amazon.return_opened" = "draft"
"""


class FolderTakenError(BotError):
    """The folder asked for is not an empty one, or cannot be made."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One demo's folder."""

    path: Path

    @classmethod
    def make(cls, keep: Path | None) -> Folder:
        """Make the folder asked for, or a new one here.

        Raises:
            FolderTakenError: something is in it already, or it cannot be made.
        """
        path = (keep or next(name for name in _names() if not name.exists())).absolute()
        try:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise FolderTakenError(say("{path} is not an empty folder, and the demo overwrites nothing: "
                                           "name another with --keep", path=path))
            for part in ("mails/in", "mails/out"):
                (path / part).mkdir(parents=True)
        except OSError as error:
            raise FolderTakenError(say("The folder {path} cannot be made ({words}): name another with --keep",
                                       path=path, words=error.strerror)) from error
        return cls(path)

    @property
    def settings(self) -> Path:
        return self.path / "mailboxes.toml"

    def furnish(self, host: MailHost) -> None:
        """Write the settings that lead to the demo's mail server."""
        secret = self.path / "ventes.password"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORD + "\n", "utf-8")
        self.settings.write_text(SETTINGS.format(
            shop=SHOP, language=current(), marie=MARIE, address=ADDRESS, host=HERE, imap=host.imap, smtp=host.smtp,
            authserv=AUTHSERV), "utf-8")

    def save_delivered(self, number: int, name: str, raw: bytes) -> None:
        (self.path / "mails" / "in" / f"{number:02}-{name}.eml").write_bytes(raw)

    def save_posted(self, number: int, mail: Posted) -> None:
        whose = "marie" if mail.recipient == MARIE else "buyer"
        (self.path / "mails" / "out" / f"{number:02}-to-{whose}.eml").write_bytes(mail.raw)

    def commands(self) -> Iterator[str]:
        """Yield what to try next, ready to be copied."""
        spoken = f" --lang {current()}" if any(word.startswith("--lang") for word in sys.argv) else ""
        [forged] = (self.path / "mails" / "in").glob("*-amazon-forged.eml")
        for words in ("show today", "show deadlines", "show outbox", "show shelf", "why C-1", f"try {_seen(forged)}"):
            yield f"{_program()} --config {_seen(self.settings)}{spoken} {words}"


def _names() -> Iterator[Path]:
    stem = f"guichet-demo-{clock.now().astimezone():%Y%m%d-%H%M}"
    return (Path(stem if number == 1 else f"{stem}-{number}") for number in itertools.count(1))


def _program() -> str:
    """Return how this program was started, as it can be typed again."""
    short = (name for name in ("python", "python3") if shutil.which(name) == sys.executable)
    return f"{next(short, _seen(Path(sys.executable)))} {shlex.quote(sys.argv[0])}"


def _seen(path: Path) -> str:
    """Return a path as seen from here: relative, where it lies below."""
    here = Path(os.getcwd())
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))
