"""Everything kept about one buyer, in one archive: for him, or for whoever has a right to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from bot import showing, telling
from bot.core.deadline import local
from bot.edges import EdgeError
from bot.edges.store import Store, moment
from bot.forgetting import Traces
from bot.settings import Settings
from bot.words import say

TO_BUYER = ("reply", "offer")


class ExportError(EdgeError):
    """The archive could not be written."""


def export(settings: Settings, store: Store, who: str, traces: Traces, target: Path) -> dict[str, int]:
    """Write what is kept about a buyer into a new archive, readable by its owner only; return what is in it.

    The seller's own reminders are told by their subject: their bytes hold what orders the bot about.

    Raises:
        ExportError: the file is there already, or cannot be written.
    """
    cases = [showing.why(store, number) for number in traces.cases]
    mails = [_mail(store, number) for number in traces.mails]
    with new_archive(target) as archive:
        archive.writestr(f"{say('summary')}.txt", summary(settings, who, cases, mails))
        archive.writestr("buyer.json", json.dumps({"buyer": who, "cases": cases, "mails": mails},
                                                  ensure_ascii=False, indent=1))
        for number in traces.mails:
            archive.writestr(f"mails/M-{number}.eml", store.raw_mail(number) or b"")
        sent = _write_answers(archive, store, traces)
    return {"cases": len(cases), "mails": len(mails), "answers": sent}


@contextmanager
def new_archive(target: Path) -> Iterator[ZipFile]:
    """Open a new archive, readable by its owner only.

    Raises:
        ExportError: the file is there already, or cannot be written.
    """
    try:
        opened = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(opened, "wb") as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
            yield archive
    except FileExistsError as error:
        raise ExportError(say("There is a file {path} already: name another one", path=target)) from error
    except OSError as error:
        raise ExportError(say("{path} cannot be written ({words}): check the disk and the rights of this user",
                              path=target, words=error.strerror)) from error


def _write_answers(archive: ZipFile, store: Store, traces: Traces) -> int:
    rows = [row for number in traces.written if (row := store.outbox_row(number)) and row["what"] in TO_BUYER]
    for row in rows:
        archive.writestr(f"answers/D-{row['id']}.txt", f"{row['subject']}\n\n{row['body']}")
        if row["raw"]:
            archive.writestr(f"answers/D-{row['id']}.eml", row["raw"])
    return len(rows)


def _mail(store: Store, number: int) -> dict[str, Any]:
    row = store.row("SELECT mailbox, received, sender, subject, state, reason, kind, case_id, origin FROM mails"
                    " WHERE id = ?", number) or {}
    return {"mail": f"M-{number}", **{name: row[name] for name in row if name != "case_id"},
            "case": f"C-{row['case_id']}" if row["case_id"] else None}


def summary(settings: Settings, who: str, cases: list[dict[str, Any]], mails: list[dict[str, Any]]) -> str:
    """Return what is kept as a person reads it, in the current language."""
    seller = settings.seller
    lines = [say("What {shop} keeps about {who}", shop=seller.name or settings.postbox.address, who=who), "",
             say("Cases: {cases}. Mails: {mails}. The whole of it stands in buyer.json, the mails as they came in "
                 "mails/, the answers in answers/.", cases=len(cases), mails=len(mails)), ""]
    for mail in mails:
        lines.append(f"{mail['mail']}  {local(moment(mail['received']), seller)}  {mail['sender']}  {mail['subject']}")
    for case in cases:
        lines += ["", "-" * 72, telling.story(case, seller)]
    return "\n".join(lines) + "\n"
