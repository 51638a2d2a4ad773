"""Disks that fill up at every write: no reply leaves without its record, none twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import Budget, Row
from tests.servers.dovecot import Dovecot
from tests.servers.shop import Shop
from tests.servers.smtp import SmtpServer

MINUTES = 10
LETTER = "amazon/buyer_wrote_fr_order"
WIDE = 320 << 20        # bytes: below 200 MiB the program fetches no mail
PAGE = 4096
STEPS = 60              # pages left, from none to more than a pass writes


class NoDiskError(Exception):
    """No disk of our own can be made here: that takes root and mount."""


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """Yield an empty file system of its own, as large as the program wants.

    Raises:
        NoDiskError: this user may not mount one.
    """
    folder.mkdir(mode=0o700)
    if os.geteuid() or not (mount := shutil.which("mount")):
        raise NoDiskError
    made = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={WIDE},mode=700", "tmpfs", str(folder)], check=False,
                          capture_output=True)
    if made.returncode:
        raise NoDiskError
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def resize(folder: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


def used(folder: Path) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def play(shop: Shop, data: Path, number: int, room: int) -> None:
    """Approve a reply, and let a pass send it with so many pages left; then give the disk its room back."""
    shop.arrives(LETTER, also={b"404-2718281-8284590": f"404-{number:07}-8284590".encode()})
    shop.once()
    draft = next(row["id"] for row in json.loads(shop.bot("show", "outbox", "--json")[0]) if row["state"] == "draft")
    shop.bot("approve", draft)
    (data / "ballast").unlink(missing_ok=True)      # what is put by for need would hide the fault
    resize(data, used(data) + room * PAGE)
    program = shop.start("once")
    program.communicate(timeout=120)
    resize(data, WIDE)
    shop.once()


def wrong(shop: Shop) -> tuple[int, int]:
    """Return how many replies are lost or left without a record of it, and how many left twice."""
    left = [re.findall(rb"(?im)^message-id: (<[^>]+>)", mail.raw)[0].decode() for mail in shop.smtp.mails
            if mail.recipient.endswith("marketplace.amazon.fr")]
    rows = [row for row in shop.show("outbox") if row["what"] == "reply"]
    known = {row["message_id"] for row in rows if row["state"] in ("sent", "transmitting", "uncertain")}
    lost = [row for row in rows if row["message_id"] not in left and row["state"] == "sent"]
    return len(lost) + len(set(left) - known), len(left) - len(set(left))


def prove(budget: Budget, steps: int = STEPS) -> Iterator[Row]:
    name = "storage: passes on a disk that fills up at the n-th page"
    with TemporaryDirectory(prefix="guichet-disk-") as folder, Dovecot() as dovecot, \
            SmtpServer(security="starttls") as smtp:
        try:
            with disk(Path(folder) / "data") as data:
                shop = Shop(Path(folder), dovecot, smtp)
                shop.once()
                played = 0
                while played < steps and not budget.over:
                    play(shop, data, played, played * max(1, STEPS // steps))
                    played += 1
                lost, twice = wrong(shop)
                yield Row(name=name, offered=played, intended=steps, lost=lost, twice=twice)
        except NoDiskError:
            yield Row(name=f"{name} (not tried: root and mount are needed)", offered=0)
