"""A copy of each reply in the seller's Sent folder, where his provider puts none: after it left, and never again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.due import FILING
from bot.edges import EdgeError
from bot.edges.store import Row, moment
from bot.guichet import Guichet
from bot.receiving import open_imap
from bot.settings import Mailbox

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=1)
GIVE_UP = timedelta(days=1)


def file_one(guichet: Guichet, now: datetime) -> bool:
    """See to the copy of one reply; say whether there was one to see to. What fails here never sends a mail again."""
    if (row := guichet.store.unfiled(now - FILING, now)) is None:
        return False
    mailbox = guichet.mailbox(row["mailbox"])
    if not mailbox.imap or not mailbox.save_sent:
        guichet.store.record_filed(row["id"], "no")
        return True
    try:
        guichet.store.record_filed(row["id"], _file(mailbox, row))
    except EdgeError as error:
        _put_off(guichet, row, error, now)
    return True


def _file(mailbox: Mailbox, row: Row) -> str:
    """Return who put a copy there: looked for first, since two copies would look like two mails."""
    with open_imap(mailbox) as imap:
        if imap.find_sent(row["message_id"]):
            return "theirs"
        return "ours" if imap.file_sent(row["raw"], moment(row["changed"])) else "nowhere"


def _put_off(guichet: Guichet, row: Row, error: EdgeError, now: datetime) -> None:
    log.warning("%s", error)
    if now - moment(row["changed"]) > GIVE_UP:
        guichet.store.record_filed(row["id"], "failed")
    else:
        guichet.store.note(row["id"], row["error"], not_before=now + AGAIN)
