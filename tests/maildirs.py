"""A shop whose mailbox is a Maildir: for the program, started as its user starts it."""

from __future__ import annotations

from pathlib import Path

SETTINGS = """
[seller]
name = "Marie"
notify = ["marie@boutique.example"]

[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
maildir = "mail"
"""


def shop_in(folder: Path, mails: int = 0) -> Path:
    """Make a shop in a folder, with so many new mails at which nobody has looked; return the folder."""
    for part in ("cur", "new", "tmp"):
        (folder / "mail" / part).mkdir(parents=True)
    for number in range(mails):
        (folder / "mail" / "new" / f"{number}.mail").write_bytes(
            f"From: paul@example.org\r\nSubject: {number}\r\n\r\nBonjour\r\n".encode())
    (folder / "mailboxes.toml").write_text(SETTINGS, "utf-8")
    return folder
