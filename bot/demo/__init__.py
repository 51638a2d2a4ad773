"""`run_bot.py demo`: one seller's week on a mail server of its own, played by the real program.

week.py       which mails come and what Marie types
letters.py    how the marketplaces write them
servers.py    the IMAP and the SMTP server
folder.py     where everything is kept: settings, database, mails
playing.py    scene by scene: deliver, make a pass, let Marie type
stage.py      what is printed: rows of the database and mails the server took
"""

from __future__ import annotations

from pathlib import Path


def play(keep: Path | None) -> int:
    """Play the week into `keep`, or a new folder here; return the exit code.

    Raises:
        BotError: the folder or the mail server cannot be made.
        ModuleNotFoundError: pymap or aiosmtpd is not installed; nothing was made then.
    """
    from bot.demo.playing import play_week

    return play_week(keep)
