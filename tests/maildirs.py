"""A shop whose mailbox is a Maildir: for the program, started as its user starts it."""

from __future__ import annotations

from pathlib import Path

SELLER = """
[seller]
name = "Marie"
notify = ["marie@boutique.example"]
"""
SETTINGS = SELLER + """
[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
maildir = "mail"
"""


def maildir_in(folder: Path) -> Path:
    """Make an empty Maildir; return the folder."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    return folder


def shop_in(folder: Path, mails: int = 0) -> Path:
    """Make a shop in a folder, with so many new mails at which nobody has looked; return the folder."""
    maildir = maildir_in(folder / "mail")
    for number in range(mails):
        (maildir / "new" / f"{number}.mail").write_bytes(
            f"From: paul@example.org\r\nSubject: {number}\r\n\r\nBonjour\r\n".encode())
    (folder / "mailboxes.toml").write_text(SETTINGS, "utf-8")
    return folder
