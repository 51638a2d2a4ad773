"""The one password of the page: its scrypt hash, and the key that signs the cookies, in a file for the seller only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock as Turn

from bot.core.errors import BotError
from bot.words import say

FILE = "counter.json"
SHORTEST, LONGEST = 10, 200     # characters; scrypt of a megabyte would be a way to keep the machine busy
METHOD = "scrypt:32768:8:1"     # werkzeug's own default, named so that a change of it is ours


class PasswordError(BotError):
    """There is no password yet, or the new one will not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What opens the page."""

    hash: str = field(repr=False)
    key: str = field(repr=False)

    def opens(self, said: str) -> bool:
        """Say whether this is the password; takes its time, whatever was said."""
        from werkzeug.security import check_password_hash

        return len(said) <= LONGEST and check_password_hash(self.hash, said)

    @property
    def mark(self) -> str:
        """Return what a session remembers: with another password it ends."""
        return sha256(self.hash.encode()).hexdigest()[:16]


def set_password(folder: Path, said: str) -> None:
    """Keep a new password in the data folder; whoever was logged in no longer is.

    Raises:
        PasswordError: it is too short or too long, or the folder cannot be written.
    """
    from werkzeug.security import generate_password_hash

    if not SHORTEST <= len(said) <= LONGEST:
        raise PasswordError(say("The password wants {least} to {most} characters, got {count}: take a few words",
                                least=SHORTEST, most=LONGEST, count=len(said)))
    kept = json.dumps({"hash": generate_password_hash(said, METHOD), "key": secrets.token_hex(32)})
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(folder / FILE, kept)
    except OSError as error:
        raise PasswordError(say("The password cannot be kept in {path} ({words}): check the rights of this user",
                                path=folder / FILE, words=error.strerror)) from error


def _write(path: Path, kept: str) -> None:
    """Write a file that nobody else can read, not even for a moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(kept)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def lock_of(folder: Path) -> Lock:
    """Return the lock of a data folder.

    Raises:
        PasswordError: no password was set yet, or its file is damaged.
    """
    try:
        kept = json.loads((folder / FILE).read_text("utf-8"))
        return Lock(hash=kept["hash"], key=kept["key"])
    except FileNotFoundError as error:
        raise PasswordError(say("The page has no password yet: set one with "
                                "`run_bot.py dashboard --set-password`")) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PasswordError(say("{path} cannot be read: set the password anew with "
                                "`run_bot.py dashboard --set-password`", path=folder / FILE)) from error


MOST_WRONG, WITHIN = 5, timedelta(minutes=15)


class Attempts:
    """Counts wrong passwords, whoever gave them: from behind a proxy all come from one address."""

    def __init__(self) -> None:
        self._wrong: list[datetime] = []
        self._alone = Turn()

    def refused_until(self, now: datetime) -> datetime | None:
        """Return until when nobody is let in; None: one may try."""
        with self._alone:
            self._wrong = [at for at in self._wrong if now - at < WITHIN]
            return self._wrong[0] + WITHIN if len(self._wrong) >= MOST_WRONG else None

    def note(self, now: datetime) -> None:
        with self._alone:
            self._wrong.append(now)

    def forget(self) -> None:
        with self._alone:
            self._wrong.clear()
