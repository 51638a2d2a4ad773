"""`check`: is everything ready? One plain line for each thing, with the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from bot import inspecting
from bot.alarming import about, standing
from bot.core.deadline import local
from bot.core.errors import BotError
from bot.core.hosts import FEWEST, Learnt, learn
from bot.core.policy import Mode
from bot.edges import clock, disk, notifying
from bot.edges.dns import Dns, resolver
from bot.edges.store import Store, moment
from bot.finding import Finding, Verdict
from bot.finding import attention as _attention
from bot.finding import ok as _ok
from bot.guichet import templates_of
from bot.loop import database
from bot.receiving import SWEEP
from bot.reconciling import last_found
from bot.rehearsing import rehearse
from bot.settings import Mailbox, Reference, Settings, Shop, is_example
from bot.switching import switched
from bot.words import say

__all__ = ["Finding", "Verdict", "findings", "senders"]

HEADERS = 128 * 1024          # bytes of each that are kept in memory
NEWEST = 30                   # mails looked at to learn what a mail host writes
SAMPLES = 2                   # of each kind at each marketplace: the check stays quick, the tests try them all


def findings(settings: Settings, dns: Dns | None = None) -> Iterator[Finding]:
    """Check everything, the quick things first; yields each finding as it is found.

    Args:
        dns: asked for keys, where a mailbox wants signatures checked; None: as this machine asks.
    """
    yield _ok("settings", say("{path} is read whole, {count} mailboxes", path=settings.path,
                              count=len(settings.mailboxes)))
    yield _database(settings)
    if over := _switched(settings):
        yield _modes(over)
        settings = replace(settings, policy=replace(settings.policy, modes={**settings.policy.modes, **over}))
    yield _disk(settings)
    yield inspecting.backups(settings, clock.now())
    yield inspecting.clock_of_this_machine()
    yield inspecting.python()
    yield from _alarms(settings)
    yield _templates(settings)
    yield _answers(settings)
    yield from _replies(settings)
    for mailbox in settings.mailboxes:
        yield from _mailbox(settings, mailbox, dns)
        yield from _compared(settings, mailbox)
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


def _broken(check: str, error: BotError) -> Finding:
    return Finding(check=check, verdict=Verdict.BROKEN, sentence=str(error))


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


def _switched(settings: Settings) -> dict[str, Mode]:
    """Return the modes that were switched on the page; where the database cannot be read, another line says so."""
    try:
        if not database(settings).exists():
            return {}
        with closing(Store(database(settings))) as store:
            return {name: mode for name, (mode, _) in sorted(switched(store).items())}
    except BotError:
        return {}


def _modes(over: Mapping[str, Mode]) -> Finding:
    return _ok("modes", say("{modes}: so it was switched on the page, whatever mailboxes.toml says",
                            modes=", ".join(f"{name} {mode}" for name, mode in over.items())))


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


def _alarms(settings: Settings) -> Iterator[Finding]:
    """Tell the alarms that stand; where the database cannot be read, another line says so."""
    path = database(settings)
    try:
        store = Store(path) if path.exists() else None
        rows = standing(store) if store else []
    except BotError:
        return
    for row in rows:
        yield _attention("alarm", say("since {since}: {about}. {sentence}", about=about(row["name"]),
                                      since=local(moment(row["since"]), settings.seller), sentence=row["sentence"]),
                         say("see what the other lines say; it ends by itself when it works again"))
    if store:
        store.close()


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


def _mailbox(settings: Settings, mailbox: Mailbox, dns: Dns | None) -> Iterator[Finding]:
    name = f"mailbox {mailbox.name}"
    if is_example(mailbox):
        yield _attention(name, say("still names the example servers"),
                         say("put your own address and servers into mailboxes.toml"))
        return
    if fault := mailbox.secret_fault():
        yield Finding(check=name, verdict=Verdict.BROKEN, sentence=fault.sentence)
        return
    told = list(_incoming(settings, name, mailbox))
    yield from told
    yield _outgoing(name, mailbox)
    yield from inspecting.sender(settings, mailbox, clock.now())
    if not any(one.verdict is Verdict.BROKEN for one in told[:1]):
        yield from senders(settings, mailbox, dns)


def senders(settings: Settings, mailbox: Mailbox, dns: Dns | None = None) -> Iterator[Finding]:
    """Learn from the newest mails what the host writes of senders, and propose the setting that fits."""
    name = f"mailbox {mailbox.name}"
    try:
        learnt = learn(_headers(settings, mailbox))
    except BotError as error:
        yield _broken(name, error)
        return
    yield _host(name, mailbox, learnt)
    if mailbox.check_dkim and learnt.key:
        yield _key(name, learnt.key, dns or resolver())


def _headers(settings: Settings, mailbox: Mailbox) -> list[bytes]:
    """Return the newest header blocks: of the mails kept already, else of those in the mailbox."""
    from bot.edges.maildir import MaildirFolder
    from bot.receiving import open_imap

    if len(kept := _kept(settings, mailbox)) >= FEWEST:
        return kept
    if mailbox.maildir:
        folder = MaildirFolder(mailbox.maildir)
        return [mail.raw[:HEADERS] for mail in folder.fetch(folder.keys()[-NEWEST:])]
    with open_imap(mailbox) as imap:
        return [raw for folder in mailbox.folders for raw in imap.newest_headers(folder, NEWEST)]


def _kept(settings: Settings, mailbox: Mailbox) -> list[bytes]:
    if not (path := database(settings)).exists():
        return []
    store = Store(path)
    try:
        rows = store.rows("SELECT id FROM mails WHERE mailbox = ? ORDER BY id DESC LIMIT ?", mailbox.name, NEWEST)
        return [raw[:HEADERS] for row in reversed(rows) if (raw := store.raw_mail(row["id"]))]
    finally:
        store.close()


def _host(name: str, mailbox: Mailbox, learnt: Learnt) -> Finding:
    ours, host = mailbox.authserv_id.lower(), learnt.host
    if ours and learnt.above[ours]:
        return _ok(name, say("{host} says of {times} of the newest {count} mails who sent them", host=ours,
                             times=learnt.above[ours], count=learnt.mails))
    if host:
        return _attention(
            name, say("your mail host says who sent a mail, in {times} of the newest {count}, and it is not believed "
                      "yet", times=learnt.above[host], count=learnt.mails),
            say('write authserv_id = "{host}" into the section of this mailbox', host=host))
    if mailbox.check_dkim:
        return _ok(name, say("signatures are checked by the bot itself; your mail host says nothing of senders"))
    if not learnt.enough:
        return _too_few(name, mailbox)
    return _attention(name, _silent(learnt), say(
        "write check_dkim = true into the section of this mailbox: then the bot checks signatures itself"))


def _too_few(name: str, mailbox: Mailbox) -> Finding:
    if mailbox.authserv_id:
        return _ok(name, say("{host} is believed; too few mails have come to see whether it says anything",
                             host=mailbox.authserv_id))
    return _attention(
        name, say("no authserv_id: no mail counts as proven, so nothing will ever leave by itself"),
        say("set authserv_id to the first word of the Authentication-Results header your mail host writes, or run "
            "`check` again when {count} mails have come", count=FEWEST))


def _silent(learnt: Learnt) -> str:
    if found := learnt.below.most_common(1):
        return say("the word of {host} stands only where anybody could have written it, below the line with which the "
                   "mail came in (Gmail writes so): no mail counts as proven", host=found[0][0])
    return say("your mail host wrote into none of the newest {count} mails who sent them, or did not name itself: "
               "no mail counts as proven", count=learnt.mails)


def _key(name: str, key: str, dns: Dns) -> Finding:
    try:
        dns.txt(key)
    except BotError as error:
        return _broken(name, error)
    return _ok(name, say("DNS answers when asked for a key ({key})", key=key))


def _incoming(settings: Settings, name: str, mailbox: Mailbox) -> Iterator[Finding]:
    from bot.edges.maildir import MaildirFolder
    from bot.receiving import open_imap

    try:
        if mailbox.maildir:
            yield _ok(name, say("{count} mails in {folder}", count=len(MaildirFolder(mailbox.maildir).keys()),
                                folder=mailbox.maildir))
            return
        with open_imap(mailbox) as imap:
            told = ", ".join(say("{folder}: {count} mails", folder=folder, count=imap.folder(folder).exists)
                             for folder in mailbox.folders)
            yield _ok(name, say("log-in works; {told}", told=told))
            yield inspecting.quota(name, imap)
            yield inspecting.sent_folder(name, imap)
            yield inspecting.clock_of_server(name, imap, clock.now(), settings)
    except BotError as error:
        yield _broken(name, error)


def _compared(settings: Settings, mailbox: Mailbox) -> Iterator[Finding]:
    """Tell what the daily comparison of server and database found; nothing where no pass was made yet."""
    if not database(settings).exists():
        return
    name = f"mailbox {mailbox.name}"
    try:
        with closing(Store(database(settings))) as store:
            last = last_found(store, mailbox.name)
    except BotError:
        return  # `database` says it
    if last is None:
        yield _ok(name, say("not compared with the server yet; a pass or the running program does it once a day"))
    elif not last[1]:
        yield _ok(name, say("compared on {at:%Y-%m-%d %H:%M} UTC: every mail of the last {days} days was kept and "
                            "read", at=last[0], days=SWEEP.days))
    for sentence in last[1] if last else ():
        yield _attention(name, sentence, say("see `run_bot.py show shelf`, and look into the mailbox with your mail "
                                             "program"))


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
