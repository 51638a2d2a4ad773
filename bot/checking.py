"""`check`: is everything ready? One plain line for each thing, with the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.core.errors import BotError
from bot.edges import clock, disk, notifying
from bot.edges.store import Store
from bot.guichet import templates_of
from bot.loop import database
from bot.rehearsing import rehearse
from bot.settings import Mailbox, Reference, Settings, Shop, is_example
from bot.words import say

SAMPLES = 2                   # of each kind at each marketplace: the check stays quick, the tests try them all


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
    yield _templates(settings)
    yield _answers(settings)
    yield from _replies(settings)
    for mailbox in settings.mailboxes:
        yield from _mailbox(mailbox)
    for shop in settings.shops.values():
        if shop.has_token:
            yield _webservice(settings, shop)
    if settings.alarm:
        yield _alarm(settings.alarm)


def _alarm(reference: Reference) -> Finding:
    """Look whether an alarm could be sent; none is."""
    try:
        addresses = notifying.known(reference.read())
    except BotError as error:
        return _broken("alarm", error)
    return _ok("alarm", say("{count} addresses for alarms", count=addresses))


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
    folder = settings.data
    try:
        disk.must_be_here(folder)
    except BotError as error:
        return _broken("disk", error)
    if folder.exists() and folder.stat().st_mode & 0o077:
        return _attention("disk", say("{folder} can be entered by other users of this machine", folder=folder),
                          say("close it to them: chmod 700 {folder}", folder=folder))
    if (free := disk.free(folder)) < disk.LOW:
        return _attention("disk", say("only {free} MiB free in {folder}", free=free >> 20, folder=folder),
                          say("free some space: without it no mail can be kept"))
    return _ok("disk", say("{free} MiB free in {folder}", free=free >> 20, folder=folder))


def _templates(settings: Settings) -> Finding:
    try:
        count = templates_of(settings).check()
    except BotError as error:
        return _broken("templates", error)
    return _ok("templates", say("{count} templates can be read", count=count))


def _answers(settings: Settings) -> Finding:
    try:
        count = templates_of(settings).check_answers()
    except BotError as error:
        return _broken("answers", error)
    return _ok("answers", say("{count} answers of your own can be read", count=count))


def _replies(settings: Settings) -> Iterator[Finding]:
    """Try every reply on samples: what fails is broken, what the linter minds wants a look. Each thing once."""
    told: dict[str, Finding] = {}
    count = 0
    for tried in rehearse(settings, clock.now(), most=SAMPLES):
        count += 1
        if tried.error:
            told.setdefault(f"{tried.template}!", Finding(
                check="replies", verdict=Verdict.BROKEN, remedy=say("mend the template"),
                sentence=say("{template}, tried on {sample}: {error}", template=tried.template, sample=tried.sample,
                             error=tried.error)))
        for remark in tried.remarks:
            told.setdefault(f"{tried.template} {remark.code}", _attention("replies", say(
                "{template}, tried on {sample}: {error}", template=tried.template, sample=tried.sample,
                error=remark.sentence), say("mend the template")))
    yield from told.values()
    if not told:
        yield _ok("replies", say("{count} replies to samples were written, nothing is wrong with them", count=count))


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


def _webservice(settings: Settings, shop: Shop) -> Finding:
    """Ask what waits for the seller: it proves login and token, and changes nothing."""
    from bot.calling import webservice_of
    from bot.edges.webservice import Refusal, Silence

    name = f"webservice {shop.marketplace}"
    if fault := shop.token_fault():
        return Finding(check=name, verdict=Verdict.BROKEN, sentence=fault.sentence)
    try:
        found = webservice_of(settings, shop.marketplace).to_do()
    except BotError as error:
        return _broken(name, error)
    if isinstance(found, Silence) or (isinstance(found, Refusal) and found.pause):
        return _attention(name, found.words, say("run `check` again later; until then nothing is lost"))
    if isinstance(found, Refusal):
        return Finding(check=name, verdict=Verdict.BROKEN, sentence=found.words, remedy=say(
            "look at login and token in mailboxes.toml; without a token these actions are handed to you"))
    return _ok(name, say("login and token work; {count} items wait for you there", count=len(found)))
