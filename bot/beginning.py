"""`init`: asks the least, finds the rest, logs in, learns from the last mails, and writes mailboxes.toml.

Each answer may be given beforehand, so that it can be scripted; what is not given is asked, or with `yes` left at its
default. A password is typed unseen, read from its variable or its file, and never stands on the command line or in
mailboxes.toml. Nothing is written into mailboxes.toml before the log-in has worked.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from bot import words
from bot.core import providers
from bot.core.errors import BotError
from bot.core.hosts import Learnt, learn
from bot.core.providers import Place, Provider
from bot.edges import EdgeError
from bot.edges.dns import Dns, resolver
from bot.granting import grant
from bot.penning import Draft, written
from bot.settings import Mailbox, Server, SettingsError, installed_names, is_example, load, refusal
from bot.words import say

__all__ = ["Answers", "BeginningError", "begin"]

NEWEST = 30               # mails looked at to learn what a mail host writes
TRIES = 3                 # a password may be mistyped
USUAL = ("rakuten_fr", "amazon")
ALL = frozenset({"all", "toutes", "tout"})


class BeginningError(BotError):
    """The wizard cannot go on: an answer is missing or wrong, or the file cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was given on the command line; empty is not given.

    Attributes:
        imap, smtp: `host`, `host:port` or `host:port:security`.
        password_env: the variable that holds the password; `password_file`, the file; by default a file.
        oauth: `microsoft`, `google`, or `none` where a password is wanted in spite of the provider.
        yes: ask nothing; force: replace a file that is in use.
        look: log in and learn; else the file is written unproven.
    """

    path: Path
    address: str = ""
    marketplaces: str = ""
    notify: tuple[str, ...] = ()
    name: str = ""
    user: str = ""
    imap: str = ""
    smtp: str = ""
    password_env: str = ""
    password_file: str = ""
    env_file: str = "secrets.env"
    oauth: str = ""
    client: str = ""
    client_secret: str = field(default="", repr=False)
    ca_file: str = ""
    yes: bool = False
    force: bool = False
    look: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the mailbox told at the log-in; `sends` says whether it can also send."""

    learnt: Learnt
    sends: bool


def begin(answers: Answers, dns: Dns | None = None) -> bool:
    """Talk with the seller and write the file; return whether all that was tried worked.

    Raises:
        BeginningError, SettingsError: an answer is missing or wrong.
        EdgeError: the mailbox cannot be entered; nothing was written.
    """
    _may_write(answers)
    draft = _drafted(answers, dns or resolver())
    made = _keep_secret(answers, draft)
    try:
        found = _looked(answers, draft) if answers.look else None
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    if found:
        draft = replace(draft, authserv_id=found.learnt.host, learnt=found.learnt.enough)
        _tell_proof(found.learnt)
    _tell_end(answers, draft, made, _put(answers.path, written(draft)))
    return found is None or found.sends


# ---- asking ------------------------------------------------------------------------------------------


def _asked(answers: Answers, option: str, given: str, question: str, default: str, key: str = "",
           wrong: Callable[[str], str] | None = None) -> str:
    """Return an answer that its setting takes: the given one, the default with --yes, or what is typed."""
    judge = wrong or (lambda said: refusal(key, said))
    if given or answers.yes:
        said = given or default
        if not said:
            raise BeginningError(say("with --yes nothing is asked, so {option} must be given", option=option))
        if reason := judge(said):
            raise BeginningError(f"{option}: {reason}")
        return said.strip()
    while True:
        said = str(click.prompt(question, default=default or None)).strip()
        if not (reason := judge(said)):
            return said
        click.echo(reason)


def _drafted(answers: Answers, dns: Dns) -> Draft:
    """Ask for what cannot be found, and find the rest."""
    address = _asked(answers, "--address", answers.address, say("The e-mail address the marketplaces write to"), "",
                     "mailbox.address")
    box = re.sub(r"[^a-z0-9]+", "-", address.partition("@")[0].lower()).strip("-") or "mailbox"
    shops = _shops(answers)
    notify = answers.notify or (_asked(answers, "--notify", "", say("Where you want to be told (reminders, questions)"),
                                       address, wrong=lambda said: refusal("seller.notify", [said])),)
    seller = _asked(answers, "--name", answers.name, say("Your shop's name, as your buyers read it"),
                    box.replace("-", " ").title(), "seller.name")
    provider = _provider(answers, address, dns)
    imap, smtp = _servers(answers, address, provider)
    user = answers.user or (providers.user_for(provider, address) if provider or answers.yes else _asked(
        answers, "--user", "", say("The name you log in with"), address, "mailbox.user"))
    return Draft(address=address, box=box, seller=seller, language=words.current(), notify=notify, shops=shops,
                 imap=imap, smtp=smtp, user=user, secret=_secret(answers, box, provider), ca_file=answers.ca_file)


def _shops(answers: Answers) -> tuple[str, ...]:
    """Return the marketplaces that write here; none for all."""
    known = sorted(installed_names(), key=lambda name: (name not in USUAL, name))
    said = _asked(answers, "--marketplaces", answers.marketplaces,
                  say("Which marketplaces write there ({names}, or all)", names=", ".join(known)), ", ".join(USUAL),
                  wrong=lambda said: next((say("there is no marketplace {value}; known are: {names}", value=name,
                                               names=", ".join(known)) for name in _names(said)
                                           if name not in {*known, *ALL}), ""))
    names = _names(said)
    return () if ALL.intersection(names) else names


def _names(said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"[^\s,;]+", said.lower())))


def _provider(answers: Answers, address: str, dns: Dns) -> Provider | None:
    """Tell who has the mail of an address: by its domain, or by who receives that domain's mail."""
    if answers.imap:
        return providers.by_host(answers.imap.partition(":")[0])
    domain = address.rpartition("@")[2]
    found = providers.by_domain(domain)
    if found is None:
        try:
            found = providers.by_mx(dns.mx(domain))
        except EdgeError as error:
            click.echo(str(error))
    click.echo(say("Your mail is with {provider}: {imap} and {smtp}.", provider=found.title, imap=found.imap.host,
                   smtp=found.smtp.host) if found else
               say("Who receives the mail of {domain} is not in the table; your provider's help pages name the "
                   "servers.", domain=domain))
    if found and not found.confirmed:
        click.echo(say("† not confirmed; the log-in will tell."))
    if found and (told := providers.advice(found)):
        click.echo(f"{told}.")
    return found


def _servers(answers: Answers, address: str, provider: Provider | None) -> tuple[Server, Server]:
    domain = address.rpartition("@")[2]
    imap = provider.imap if provider and not answers.imap else _place(_asked(
        answers, "--imap", answers.imap, say("The server your mail is read from (IMAP)"),
        "" if answers.yes else f"imap.{domain}", wrong=_no_place), 993)
    smtp = provider.smtp if provider and not answers.smtp else _place(_asked(
        answers, "--smtp", answers.smtp, say("The server your mail is sent through (SMTP)"),
        "" if answers.yes else f"smtp.{domain}", wrong=_no_place), 465)
    return (Server(host=imap.host, port=imap.port, security=imap.security),
            Server(host=smtp.host, port=smtp.port, security=smtp.security))


_PLACE = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:]+\])(?::([0-9]{1,5}))?(?::(tls|starttls|plain))?")


def _no_place(said: str) -> str:
    return "" if _PLACE.fullmatch(said.strip()) else say(
        "{value} is no server: write it as imap.example.net, imap.example.net:993 or imap.example.net:143:starttls",
        value=said)


def _place(said: str, usual: int) -> Place:
    """Read `host:port:security`; 143 and 587 without a word for it are STARTTLS."""
    match = _PLACE.fullmatch(said)
    assert match, "asked for before"
    port = int(match[2] or usual)
    return Place(match[1].strip("[]"), port, match[3] or ("starttls" if port in (143, 587) else "tls"))


# ---- the secret --------------------------------------------------------------------------------------


def _secret(answers: Answers, box: str, provider: Provider | None) -> tuple[str, str]:
    """Return the setting by which the log-in is done: a password from a variable or a file, or OAuth."""
    if answers.password_env:
        return "password_env", answers.password_env
    if answers.password_file:
        return "password_file", answers.password_file
    only = provider.oauth if provider and provider.login is providers.Login.OAUTH else ""
    oauth = (answers.oauth or only).replace("none", "")
    return ("oauth", oauth) if oauth else ("password_file", f"secrets/{box}.password")


def _keep_secret(answers: Answers, draft: Draft) -> list[Path]:
    """See that the secret is where the settings will say; return the files made for it."""
    key, said = draft.secret
    if key == "oauth":
        _grant(answers, draft)
        return []
    if reason := refusal(f"mailbox.{key}", said):
        raise BeginningError(reason)
    if key == "password_env":
        return _keep_in_variable(answers, draft, said)
    path = answers.path.parent / os.path.expanduser(said)
    if path.exists():
        return []
    if answers.yes:
        raise BeginningError(say("with --yes nothing is asked: write the password into {path} first, or name a "
                                 "variable with --password-env", path=path))
    return [_hidden(path, f"{_typed(draft.user)}\n")]


def _keep_in_variable(answers: Answers, draft: Draft, name: str) -> list[Path]:
    if os.environ.get(name):
        return []
    if answers.yes:
        raise BeginningError(say("with --yes nothing is asked: put the password into the variable {variable} first",
                                 variable=name))
    os.environ[name] = _typed(draft.user)
    path = answers.path.parent / answers.env_file
    if not _agreed(say("Write the password into {path}, which only you can read?", path=path), default=True):
        return []
    new = not path.exists()
    _add_line(path, name, os.environ[name])
    return [path] if new else []


def _agreed(question: str, *, default: bool) -> bool:
    """Ask for a yes or a no, in either language; whatever is neither is asked again."""
    while True:
        said = str(click.prompt(f"{question} [{say('Y/n') if default else say('y/N')}]", default="",
                                show_default=False)).strip().lower()
        if said in ("", "y", "yes", "o", "oui", "n", "no", "non"):
            return said[0] in "yo" if said else default


def _typed(user: str) -> str:
    return str(click.prompt(say("Password of {user} (nothing is shown while you type)", user=user), hide_input=True))


def _add_line(path: Path, name: str, secret: str) -> None:
    """Put NAME='…' into an env file, in the place of an earlier one; shells and systemd read it."""
    earlier = path.read_text("utf-8").splitlines() if path.exists() else []
    kept = [line for line in earlier if not re.match(rf"\s*(export\s+)?{name}=", line)]
    _hidden(path, "\n".join([*kept, f"{name}={shlex.quote(secret)}"]) + "\n")


def _hidden(path: Path, text: str) -> Path:
    """Write a file that only its owner can read, all or nothing; return its path."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    return path


def _grant(answers: Answers, draft: Draft) -> None:
    """Let the seller grant access, unless he has."""
    mailbox = _mailbox(answers.path, draft)
    if mailbox.secret_fault() is None:
        return
    if answers.yes and not answers.client:
        raise BeginningError(say("with --yes nothing is asked, so {option} must be given", option="--client-id"))
    click.echo(grant(mailbox, answers.client, answers.client_secret))


# ---- looking -----------------------------------------------------------------------------------------


def _mailbox(path: Path, draft: Draft) -> Mailbox:
    """Return the mailbox as the settings will have it; what they would refuse is raised as SettingsError."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(written(draft), "utf-8")
        return load(fresh).mailboxes[0]
    except OSError as error:
        raise _unwritten(fresh, error) from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _looked(answers: Answers, draft: Draft) -> Found:
    """Log in, and look; a password that is refused may be typed again."""
    from bot.edges.imap import LoginRefusedError

    mailbox = _mailbox(answers.path, draft)
    for left in range(TRIES - 1, -1, -1):
        click.echo(say("Logging in …"))
        try:
            return Found(learnt=_read(mailbox), sends=_sends(mailbox))
        except LoginRefusedError as refused:
            if answers.yes or not left or draft.secret[0] == "oauth":
                raise
            click.echo(str(refused))
            _retype(answers, draft)
        except EdgeError as error:
            if answers.yes or not left:
                raise
            click.echo(str(error))
            if not _agreed(say("Try again?"), default=True):
                raise
    raise AssertionError("the last try returns or raises")


def _retype(answers: Answers, draft: Draft) -> None:
    key, said = draft.secret
    secret = _typed(draft.user)
    if key == "password_file":
        _hidden(answers.path.parent / os.path.expanduser(said), f"{secret}\n")
        return
    os.environ[said] = secret
    if (path := answers.path.parent / answers.env_file).exists():
        _add_line(path, said, secret)


def _read(mailbox: Mailbox) -> Learnt:
    from bot.receiving import open_imap

    with open_imap(mailbox) as imap:
        click.echo(say("Reading works: {count} mails in INBOX.", count=imap.folder("INBOX").exists))
        learnt, sent = learn(imap.newest_headers("INBOX", NEWEST)), imap.sent_folder()
    click.echo(say("What leaves is filed in {folder}.", folder=sent) if sent else
               say("There is no Sent folder: make one, so that you see what has left."))
    return learnt


def _sends(mailbox: Mailbox) -> bool:
    """Say whether the relay takes mail from the address; where it does not, the file is worth writing all the same."""
    from bot.edges.smtp import Smtp
    from bot.sending import relay_of

    relay = relay_of(mailbox)
    try:
        Smtp(relay).verify(mailbox.address)
    except EdgeError as error:
        click.echo(say("Sending does not work yet: {error}", error=error))
        return False
    click.echo(say("Sending works: {host} takes mail from {address}.", host=relay.host, address=mailbox.address))
    return True


def _tell_proof(learnt: Learnt) -> None:
    if learnt.host:
        click.echo(say("Senders are believed on the word of {host}: it stands in {times} of the newest {count} mails.",
                       host=learnt.host, times=learnt.above[learnt.host], count=learnt.mails))
    elif learnt.enough:
        click.echo(say("Your mail host tells nothing of senders that can be believed, so the bot checks signatures "
                       "itself (check_dkim)."))


# ---- writing -----------------------------------------------------------------------------------------


def _may_write(answers: Answers) -> None:
    """Ask before a file in use is replaced; the example that comes with the program is not in use."""
    if answers.force or not answers.path.exists() or _is_untouched(answers.path):
        return
    if answers.yes:
        raise BeginningError(say("{path} is there already, with a mailbox of yours: with --yes it is only replaced "
                                 "with --force", path=answers.path))
    if not _agreed(say("{path} is there already. Make a new one (the old one is kept beside it)?",
                             path=answers.path), default=False):
        raise BeginningError(say("Nothing was written."))


def _is_untouched(path: Path) -> bool:
    try:
        return all(is_example(mailbox) for mailbox in load(path).mailboxes)
    except SettingsError:
        return False


def _put(path: Path, text: str) -> Path | None:
    """Write the settings, and return where the earlier ones are kept, if there were any."""
    kept = _free(path) if path.exists() else None
    fresh = path.with_name(f"{path.name}.new")
    try:
        if kept:
            shutil.copy2(path, kept)
        fresh.write_text(text, "utf-8")
        load(fresh)
        fresh.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    return kept


def _free(path: Path) -> Path:
    """Return a name beside a file that nothing has yet."""
    number = 1
    while (kept := path.with_name(f"{path.name}.old{number}")).exists():
        number += 1
    return kept


def _unwritten(path: Path, error: OSError) -> BeginningError:
    return BeginningError(say("{path} cannot be written ({reason}); make room, or give yourself the right to write "
                              "there", path=path, reason=error.strerror))


def _tell_end(answers: Answers, draft: Draft, made: Sequence[Path], kept: Path | None) -> None:
    """Say what was written, and what is to be done next."""
    click.echo()
    click.echo(say("Written: {path}", path=answers.path))
    if kept:
        click.echo(say("The earlier one is kept as {path}.", path=kept))
    for path in made:
        click.echo(say("The password is in {path}, which only you can read.", path=path))
    if draft.secret[0] == "password_env":
        click.echo(say("Before each start:  set -a; . ./{path}; set +a", path=answers.env_file))
    click.echo(say("What next:"))
    program = _program(answers.path)
    steps = ((f"{program} check", say("is everything right? Each line says it, with the remedy")),
             (f"{program} once", say("one pass: your mailbox is only read, nothing leaves before you say yes")),
             (f"{program} show today", say("what waits for you")),
             (f"{program} run", say("keep watching (or cron, or systemd: see README)")))
    wide = max(len(command) for command, _ in steps)
    for command, why in steps:
        click.echo(f"  {command:<{wide}}   {why}")
    click.echo(say("And at each marketplace, authorise {address} as a sender in your seller account: what it does not "
                   "know, it throws away.", address=draft.address))


def _program(path: Path) -> str:
    """Return how the program is started from here."""
    here = Path.cwd()
    python, program = (one.relative_to(here) if one.is_relative_to(here) else one
                       for one in (Path(sys.executable), Path(__file__).parent.parent / "run_bot.py"))
    usual = path.resolve() == (here / "mailboxes.toml").resolve()
    return shlex.join((str(python), str(program))) + ("" if usual else f" --config {shlex.quote(str(path))}")
