"""`check`: is everything ready? One plain line for each thing, with the remedy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.core.errors import BotError
from bot.edges.store import Store
from bot.guichet import templates_of
from bot.loop import database
from bot.rehearsing import faults, rehearsals
from bot.settings import Mailbox, Settings, is_example
from bot.words import say

LOW_DISK = 200 * 1024 * 1024  # bytes


class Verdict(StrEnum):
    OK = "ok"
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `remedy` is empty when there is nothing to do."""

    check: str
    verdict: Verdict
    sentence: str
    remedy: str = ""


def findings(settings: Settings) -> Iterator[Finding]:
    """Check everything, the quick things first; yields each finding as it is found."""
    yield _ok("settings", say("{path} is read whole, {count} mailboxes", path=settings.path,
                              count=len(settings.mailboxes)))
    yield _database(settings)
    yield _disk(settings)
    yield from _templates(settings)
    for mailbox in settings.mailboxes:
        yield from _mailbox(mailbox)


def _ok(check: str, sentence: str) -> Finding:
    return Finding(check=check, verdict=Verdict.OK, sentence=sentence)


def _broken(check: str, error: BotError) -> Finding:
    return Finding(check=check, verdict=Verdict.BROKEN, sentence=str(error))


def _attention(check: str, sentence: str, remedy: str) -> Finding:
    return Finding(check=check, verdict=Verdict.ATTENTION, sentence=sentence, remedy=remedy)


def _database(settings: Settings) -> Finding:
    path = database(settings)
    try:
        if not path.exists():
            return _ok("database", say("{path} will be made by the first run", path=path))
        store = Store(path)
        sound = store.row("PRAGMA quick_check")
        store.close()
    except BotError as error:
        return _broken("database", error)
    if sound != {"quick_check": "ok"}:
        return Finding(check="database", verdict=Verdict.BROKEN, sentence=say("{path} is damaged", path=path),
                       remedy=say("put back the newest backup"))
    return _ok("database", say("{path} is sound", path=path))


def _disk(settings: Settings) -> Finding:
    folder = next(parent for parent in (settings.data, *settings.data.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK:
        return _attention("disk", say("only {free} MiB free in {folder}", free=free >> 20, folder=folder),
                          say("free some space: without it no mail can be kept"))
    return _ok("disk", say("{free} MiB free in {folder}", free=free >> 20, folder=folder))


def _templates(settings: Settings) -> Iterator[Finding]:
    templates = templates_of(settings)
    try:
        count = templates.check()
    except BotError as error:
        yield _broken("templates", error)
        return
    tried = list(rehearsals(settings))
    found = list(faults(templates, tried))
    yield from (Finding(check="templates", verdict=Verdict.BROKEN, sentence=fault) for fault in found)
    if not found:
        yield _ok("templates", say("{count} templates can be read, and fit the {mails} mails they were tried on",
                                   count=count, mails=len(tried)))


def _mailbox(mailbox: Mailbox) -> Iterator[Finding]:
    name = f"mailbox {mailbox.name}"
    if is_example(mailbox):
        yield _attention(name, say("still names the example servers"),
                         say("put your own address and servers into mailboxes.toml"))
        return
    if fault := mailbox.secret_fault():
        yield Finding(check=name, verdict=Verdict.BROKEN, sentence=fault.sentence)
        return
    yield _incoming(name, mailbox)
    yield _outgoing(name, mailbox)
    if not mailbox.authserv_id:
        yield _attention(name, say("no authserv_id: no mail counts as proven, so nothing will ever leave by itself"),
                         say("set authserv_id to the first word of the Authentication-Results header "
                             "your mail host writes"))


def _incoming(name: str, mailbox: Mailbox) -> Finding:
    from bot.edges.maildir import MaildirFolder
    from bot.receiving import open_imap

    try:
        if mailbox.maildir:
            return _ok(name, say("{count} mails in {folder}", count=len(MaildirFolder(mailbox.maildir).keys()),
                                 folder=mailbox.maildir))
        with open_imap(mailbox) as imap:
            told = ", ".join(say("{folder}: {count} mails", folder=folder, count=imap.folder(folder).exists)
                             for folder in mailbox.folders)
        return _ok(name, say("log-in works; {told}", told=told))
    except BotError as error:
        return _broken(name, error)


def _outgoing(name: str, mailbox: Mailbox) -> Finding:
    from bot.edges.smtp import Smtp
    from bot.sending import relay_of

    if mailbox.smtp is None:
        return _attention(name, say("no smtp server: nothing can be sent from it"), say("add smtp to mailboxes.toml"))
    try:
        Smtp(relay_of(mailbox)).verify(mailbox.address)
        return _ok(name, say("{host} takes mail from {address}", host=mailbox.smtp.host, address=mailbox.address))
    except BotError as error:
        return _broken(name, error)
