"""A private Dovecot with mailboxes of so many mails, written straight into its Maildir: LMTP would take minutes."""

from __future__ import annotations

import imaplib
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks import mails
from tests.servers.dovecot import Dovecot

PASSWORD = "bench-secret"


def fill(dovecot: Dovecot, user: str, numbers: Sequence[int], *, of: Sequence[str] = mails.LETTERS,
         seed: int = mails.SEED) -> int:
    """Put mails in a mailbox, making it if need be; return their bytes. Dovecot's index is warm afterwards."""
    if user not in dovecot.passwords:
        dovecot.add(user, PASSWORD)
    current = _maildir(dovecot, user)
    size = 0
    for number in numbers:
        raw = mails.mail(number, of=of, seed=seed, to=user)
        size += len(raw)
        written = len(raw) + raw.count(b"\n")
        path = current / f"1700000000.M{number:08}.bench,S={len(raw)},W={written}:2,"
        path.write_bytes(raw)
        _own(dovecot, path)
    warm(dovecot, user)
    return size


def _maildir(dovecot: Dovecot, user: str) -> Path:
    maildir = dovecot.maildir(user)
    for folder in (maildir.parent, maildir, *(maildir / part for part in ("cur", "new", "tmp"))):
        if not folder.exists():
            folder.mkdir(parents=True)
            _own(dovecot, folder)
    return maildir / "cur"


def _own(dovecot: Dovecot, path: Path) -> None:
    if os.getuid() == 0:
        os.chown(path, dovecot.owner.pw_uid, dovecot.owner.pw_gid)


def warm(dovecot: Dovecot, user: str) -> int:
    """Let Dovecot number and index all there is, so that nobody who comes first pays for it; return how many."""
    client = imaplib.IMAP4("127.0.0.1", dovecot.ports["imap"])
    client.login(user, PASSWORD)
    _, told = client.select("INBOX", readonly=True)
    count = int(told[0] or b"0")
    if count:
        client.fetch("1:*", "(UID RFC822.SIZE INTERNALDATE)")
    client.logout()
    return count
