"""The commands. Each says what it did in one or two plain sentences, or as JSON for scripts.

Exit codes: 0 done; 1 something outside failed (a mailbox, a server, the disk) or an order could not be
carried out; 2 settings or arguments wrong; 75 another run is at work.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from bot import __version__, words, working
from bot.core.errors import BotError
from bot.fleet.commands import fleet
from bot.helping import Chapter, complaint
from bot.words import say
from bot.working import FAILED, OK, STOPPED, WRONG, code_of, language, log_here

if TYPE_CHECKING:
    from bot.core.case import Case
    from bot.edges.store import Row, Store
    from bot.forgetting import Traces
    from bot.ordering import Outcome
    from bot.settings import Settings
    from bot.trying import Source


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code. No error of ours, and none of the seller's, shows a traceback."""
    words.use(language(arguments if arguments is not None else sys.argv[1:]))
    try:
        return int(guichet.main(args=arguments, prog_name="run_bot.py", standalone_mode=False) or OK)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        click.echo(complaint(error), err=True)
        return WRONG
    except (click.Abort, KeyboardInterrupt):
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except BotError as error:
        click.echo(f"run_bot.py: {error}", err=True)
        return code_of(error)


# -- what the commands share ---------------------------------------------------------------------

Command = Callable[..., int | None]


def settled(command: Command) -> Command:
    """Give a command --config and --lang, and its settings as first argument."""

    @click.option("--config", "path", type=click.Path(path_type=Path), envvar="GUICHET_CONFIG",
                  help="The settings (default: mailboxes.toml here).")
    @click.option("--lang", type=click.Choice(words.LANGUAGES), expose_value=False,
                  help="Language of what is printed.")
    @click.pass_context
    @wraps(command)
    def wrapped(context: click.Context, /, *args: Any, path: Path | None, **kwargs: Any) -> int | None:
        from bot.settings import load

        chosen = path or context.obj or Path(working.USUAL)
        return command(load(chosen), *args, **kwargs)

    return wrapped


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _write_octets(octets: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(octets)
    sys.stdout.buffer.flush()


def _paint(text: str, how: str) -> str:
    """Colour only on a terminal, and not where NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return click.style(text, bold=True) if how == "bold" else click.style(text, fg=how)


def _store(settings: Settings) -> Store | None:
    """Open the database, or return None where no run has made one yet."""
    from bot.edges.store import Store
    from bot.guichet import leave
    from bot.loop import database

    if not database(settings).exists():
        return None
    store = Store(database(settings))
    click.get_current_context().call_on_close(lambda: leave(store))
    return store


def _as_switched(settings: Settings) -> Settings:
    """Return the settings with the modes that were switched on the page; as they are, where no database can be read."""
    from bot.switching import in_force

    try:
        store = _store(settings)
        return replace(settings, policy=in_force(settings.policy, store)) if store else settings
    except BotError:
        return settings


@click.group(cls=Chapter, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "path", type=click.Path(path_type=Path), help="The settings (default: mailboxes.toml here).")
@click.option("--lang", type=click.Choice(words.LANGUAGES), expose_value=False, help="Language of what is printed.")
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def guichet(context: click.Context, path: Path | None) -> None:
    """Guichet reads a small seller's mailboxes, keeps every case and its deadline, and asks him before it answers.

    Each command explains itself: run_bot.py approve --help.
    """
    context.obj = path


guichet.add_command(fleet)      # what it needs is imported by its commands


# -- working -------------------------------------------------------------------------------------


@guichet.command()
@as_json
@settled
def once(settings: Settings, as_json: bool) -> int:
    """One pass over all mailboxes, for cron."""
    return working.once(settings, as_json=as_json)


@guichet.command()
@click.option("--dashboard", "page", is_flag=True, help="Offer the page, too: http://127.0.0.1:8470/")
@settled
def run(settings: Settings, page: bool) -> int:
    """Watch all mailboxes until told to stop (SIGTERM)."""
    if page:
        from bot.dashboard.serving import beside

        click.get_current_context().call_on_close(beside(settings).close)
    return working.run(settings)


@guichet.command()
@click.option("--port", default=8470, show_default=True, type=click.IntRange(1, 65535))
@click.option("--bind", default="127.0.0.1", show_default=True, metavar="ADDRESS",
              help="Where it listens; another one only behind a proxy with TLS (docs/dashboard.md).")
@click.option("--name", "names", multiple=True, metavar="HOST", help="A name under which a proxy offers it.")
@click.option("--set-password", "setting", is_flag=True, help="Ask for the password, keep it, and end.")
@settled
def dashboard(settings: Settings, port: int, bind: str, names: tuple[str, ...], setting: bool) -> int:
    """A page to look at and to order from, for a browser on this machine."""
    from bot.dashboard.password import set_password

    if setting:
        set_password(settings.data, _new_password())
        click.echo(say("The password is set; whoever was logged in no longer is."))
        return OK
    from bot.dashboard.serving import serve

    log_here(quiet=False)
    serve(settings, bind=bind, port=port, names=names)
    return OK


def _new_password() -> str:
    """Ask for it twice, or take the one line that a script gives."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt(say("Password"), hide_input=True, confirmation_prompt=say("Once more")))


@guichet.command("try")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER|M-12...")
@click.option("--now", "moment", metavar="ISO", help="The moment reckoned from (default: the mail's own).")
@click.option("--draft", "drafted", is_flag=True, help="Show the reply that would be written.")
@click.option("--write", is_flag=True, help="Write what was read beside each FILE, as NAME.toml.")
@click.option("--force", is_flag=True, help="With --write: over a file that is there.")
@click.option("--anonymise", is_flag=True, help="Print the one mail without names, addresses and numbers.")
@click.option("--seed", help="With --anonymise: always the same result (for tests; default: a random one).")
@as_json
@settled
def try_(settings: Settings, files: tuple[Path, ...], moment: str | None, drafted: bool, write: bool, force: bool,
         anonymise: bool, seed: str | None, as_json: bool) -> int:
    """What would we understand and do with these mails? Touches nothing, save with --write.

    A FOLDER is walked for *.eml; M-12 is a mail that was kept (`show shelf`).
    """
    from bot.edges import clock
    from bot.trying import sources, try_mail

    found = list(sources(files, lambda: _store(settings)))
    if anonymise:
        return _anonymise(settings, found, seed)
    now, settings = _moment(moment) if moment else clock.now(), _as_switched(settings)

    def tried(source: Source) -> None:
        told = try_mail(source, settings, now, pinned=bool(moment), drafted=drafted)
        _print_json(told) if as_json else click.echo(_tried(told))

    return _each(found, (lambda source: _write(settings, source, force)) if write else tried)


def _each(found: Sequence[Source], work: Callable[[Source], None]) -> int:
    """Do the work for each mail; one that cannot be read, or written about, stops no other."""
    code = OK
    for source in _with_progress(found):
        try:
            work(source)
        except (OSError, BotError) as error:
            sentence = str(error) if isinstance(error, BotError) else say(
                "{path} cannot be read: {words}", path=source.name, words=error.strerror)
            click.echo(f"run_bot.py: {sentence}", err=True)
            code = FAILED
    return code


def _write(settings: Settings, source: Source, force: bool) -> None:
    from bot.expecting import ExpectationError, write_beside

    if source.path is None:
        raise ExpectationError(say("{name} is no file: write it into one first, with --anonymise", name=source.name))
    click.echo(str(write_beside(source.path, settings.trusted(), force=force)))


def _anonymise(settings: Settings, found: Sequence[Source], seed: str | None) -> int:
    import secrets

    from bot.anonymising import anonymous

    if len(found) != 1:
        raise click.UsageError(say("--anonymise takes one mail, got {count}", count=len(found)))

    def printed(source: Source) -> None:
        made = anonymous(source.read(), settings, seed.encode() if seed else secrets.token_bytes(32))
        _write_octets(made.raw)
        click.echo(say("Read it before you send it on: a name that nothing marks as one may be left."), err=True)
        if not made.alike:
            click.echo(say("The copy is not read as the original is; say so when you send it on."), err=True)

    return _each(found, printed)


def _moment(said: str) -> datetime:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise click.BadParameter(say("--now wants a moment such as 2026-11-22T09:40:00+01:00, got {said}",
                                     said=said)) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _with_progress(files: Sequence[Source]) -> Any:
    if len(files) < 20 or not sys.stderr.isatty():
        return files
    from rich.console import Console
    from rich.progress import track

    return track(files, description="try", console=Console(stderr=True))


def _tried(found: dict[str, Any]) -> str:
    """Return what `try` found as a person reads it."""
    lines = [_paint(found["file"], "bold")]
    if found["shelved"]:
        return "\n".join([*lines, f"  {say('shelf')}: {found['shelved']}"])
    lines += [f"  {name}: {found[name]}" for name in
              ("marketplace", "kind", "origin", "order", "item", "case", "buyer", "language") if found[name]]
    lines += [f"  | {line}" for line in (found["text"] or "").splitlines()]
    lines += [f"  {name} = {value}" for name, value in found["facts"].items()]
    lines += [f"  {one['name']}: {one['due']}\n    {one['why']}" for one in found["deadlines"]]
    lines += [f"  -> {one['action']} ({one['channel']}, {one['mode']}): {one['why']}" for one in found["actions"]]
    return "\n".join([*lines, *_drafted(found)])


def _drafted(found: dict[str, Any]) -> list[str]:
    """Return the lines of `--draft`; none where it was not asked for."""
    if "draft" not in found:
        return []
    if not (draft := found["draft"]):
        return [f"\n  {say('No draft')}: {found['no_draft']}"]
    head = "Draft, to {to}:" if draft["channel"] == "email" else "Text to paste, at {to}:"
    return [f"\n  {say(head, to=draft['to'])}\n", draft["subject"], "", draft["body"]]


@guichet.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|FOLDER]...")
@click.option("--mailbox", metavar="NAME", default="", help="This mailbox of mailboxes.toml (default: all of them). "
              "With files: whose settings hold.")
@click.option("--maildir", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A Maildir instead.")
@click.option("--mbox", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="An mbox file instead.")
@click.option("--since", metavar="DAY", help="Leave out what came before this day, such as 2025-11-01.")
@click.option("--until", metavar="DAY", help="The last day that is replayed (default: until now).")
@click.option("--now", "pinned", metavar="ISO", help="The moment at which the replay ends, to the second.")
@click.option("--dkim", is_flag=True, help="Ask the DNS for senders' keys where mailboxes.toml says check_dkim.")
@click.option("--html", "written", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the whole report as one page, with charts.")
@as_json
@settled
def backtest(settings: Settings, files: tuple[Path, ...], mailbox: str, maildir: Path | None, mbox: Path | None,
             since: str | None, until: str | None, pinned: str | None, dkim: bool, written: Path | None,
             as_json: bool) -> int:
    """What would the bot have done with your mail of the past? Sends nothing, changes nothing.

    Your mailbox is opened read-only, and its mails are replayed in a copy by their own clock: what would have been
    understood, drafted, sent alone and refused, which deadlines were met and missed, and what nobody understood.
    """
    from bot.backtesting import backtest as replayed
    from bot.edges import clock
    from bot.gathering import Asked
    from bot.reporting import page, told

    if sum(map(bool, (maildir, mbox, files))) > 1:
        raise click.UsageError(say("Give one of --maildir, --mbox and files, not several"))
    now = _moment(pinned) if pinned else clock.now()
    zone = settings.seller.timezone
    asked = Asked(mailbox=mailbox, maildir=maildir, mbox=mbox, files=files,
                  since=_day(since, "--since", zone) if since else None,
                  until=min(now, _day(until, "--until", zone, after=1)) if until else now)
    _hush()
    with _replay_told() as (reading, replaying):
        report = replayed(settings, asked, check_dkim=dkim, reading=reading, replaying=replaying)
    with words.speaking(_asked_language() or settings.seller.language):
        if written:
            written.write_text(page(report, settings.seller), "utf-8")
        _print_json(report.flat()) if as_json else click.echo(told(report, settings.seller))
        if written and not as_json:
            click.echo("\n" + say("The whole report is in {path}; it holds your buyers' words.", path=written))
    return FAILED if report.failures else OK


def _day(said: str, option: str, zone: str, *, after: int = 0) -> datetime:
    """Return when a day begins where the seller is, or the one `after` it."""
    from datetime import date, time, timedelta

    from bot.core.deadline import instant

    try:
        day = date.fromisoformat(said) + timedelta(days=after)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(say("{option} wants a day such as 2025-11-01, got {said}", option=option,
                                     said=said)) from error
    return instant(datetime.combine(day, time()), zone)


def _asked_language() -> str:
    """Return the language that --lang named; empty where it was not given."""
    context: click.Context | None = click.get_current_context()
    while context:
        if context.get_parameter_source("lang") is click.core.ParameterSource.COMMANDLINE:
            return words.current()
        context = context.parent
    return ""


def _hush() -> None:
    """Until the command ends, let no warning of a pretended pass look like one of now: the report says what matters."""
    import logging

    ours = logging.getLogger("bot")
    click.get_current_context().call_on_close(partial(ours.setLevel, ours.level))
    ours.setLevel(logging.CRITICAL + 1)


@contextmanager
def _replay_told() -> Iterator[tuple[Callable[[int, int], None], Callable[[int, int], None]]]:
    """Give what shows how far the reading and the replay are; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield (lambda *_: None), (lambda *_: None)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks = [bar.add_task(title, total=None) for title in (say("reading"), say("replaying"))]
        yield (lambda done, whole: bar.update(tasks[0], completed=done, total=whole)), (
            lambda done, whole: bar.update(tasks[1], completed=done, total=whole))


@guichet.command()
@click.option("--alive", is_flag=True, help="For cron: only whether every mailbox was read lately. No network.")
@click.option("--within", "span", metavar="30m|2h", default="30m", help="With --alive: how lately.")
@as_json
@settled
def check(settings: Settings, alive: bool, span: str, as_json: bool) -> int:
    """Are the settings right, do the log-ins work? One line a thing: ok, attention or broken, and the remedy.

    Looks at settings, database, disk, backups, the clock (also against the mail servers'), the known holes of this
    Python, alarms that stand, templates and answers; then at each mailbox: log-in, folders, room left, the Sent folder,
    sending, the address as a sender, whose word on senders is believed or whether keys can be looked up; then at
    webservices and the way for alarms. Changes nothing, sends nothing.

    Exit codes: 0 nothing is broken; 1 something is; 2 the settings are wrong.
    """
    from bot.checking import Verdict, findings

    if alive:
        return _alive(settings, span, as_json)
    colours = {Verdict.OK: "green", Verdict.ATTENTION: "yellow", Verdict.BROKEN: "red"}
    found = []
    for finding in findings(settings):
        found.append(finding)
        if not as_json:
            mark = _paint(f"{say(str(finding.verdict)):<9}", colours[finding.verdict])
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            click.echo(f"{mark} {finding.check}: {finding.sentence}{remedy}")
    if as_json:
        _print_json([{"check": one.check, "state": one.verdict, "sentence": one.sentence, "remedy": one.remedy or None}
                     for one in found])
    return FAILED if any(one.verdict is Verdict.BROKEN for one in found) else OK


def _alive(settings: Settings, span: str, as_json: bool) -> int:
    from datetime import timedelta

    from bot.edges import clock
    from bot.living import silences
    from bot.settings import duration

    within = duration(span)
    found = silences(settings, clock.now(), within)
    if as_json:
        _print_json({"alive": not found, "silences": found})
    for sentence in found:
        click.echo(f"run_bot.py: {sentence}", err=True)
    if not found and not as_json and sys.stdout.isatty():  # cron sends by mail whatever is said: silence is well
        click.echo(say("All mailboxes were read within {minutes} minutes.", minutes=within // timedelta(minutes=1)))
    return FAILED if found else OK


@guichet.command()
@click.option("--address", default="", help="The e-mail address the marketplaces write to.")
@click.option("--marketplaces", default="", metavar="A,B|all", help="Which marketplaces write there.")
@click.option("--notify", multiple=True, metavar="ADDRESS", help="Where you are told; may be given more than once.")
@click.option("--name", default="", help="Your shop's name, as your buyers read it.")
@click.option("--user", default="", help="The name to log in with, where it is not the address.")
@click.option("--imap", default="", metavar="HOST[:PORT[:tls|starttls]]", help="Where mail is read, if not found.")
@click.option("--smtp", default="", metavar="HOST[:PORT[:tls|starttls]]", help="Where mail is sent, if not found.")
@click.option("--password-file", default="", metavar="FILE", help="The file that holds the password, or shall hold it.")
@click.option("--password-env", default="", metavar="NAME", help="The environment variable that holds the password.")
@click.option("--env-file", default="secrets.env", show_default=True, help="With --password-env: where it is kept.")
@click.option("--oauth", type=click.Choice(("microsoft", "google", "none")), help="Log in by OAuth, not by a password.")
@click.option("--client-id", "client", default="", help="With OAuth: the program's name at the provider.")
@click.option("--client-secret-env", "variable", default="", metavar="NAME", help="Google: the variable of its secret.")
@click.option("--ca-file", default="", metavar="FILE", help="Only for a server with a private authority.")
@click.option("--no-login", "look", flag_value=False, default=True, help="Write the file without trying the log-in.")
@click.option("--force", is_flag=True, help="Replace settings in use; the old file is kept beside the new one.")
@click.option("--yes", is_flag=True, help="Ask nothing: what is not given is left at its default.")
@click.option("--config", "path", type=click.Path(path_type=Path, dir_okay=False), envvar="GUICHET_CONFIG",
              help="The file to write (default: mailboxes.toml here).")
@click.option("--lang", type=click.Choice(words.LANGUAGES), expose_value=False, help="Language spoken and written.")
@click.pass_context
def init(context: click.Context, /, path: Path | None, variable: str, oauth: str | None, ca_file: str,
         **given: Any) -> int:
    """Set up your first mailbox: a few questions, a log-in, and an explained mailboxes.toml.

    Finds the servers of the common providers, and of your own domain by asking DNS who receives its mail. Logs in,
    looks at the newest mails (nothing in the mailbox is changed) to learn whom to believe about forged senders, and
    finds the Sent folder. The password is typed unseen and kept in a file of its own that only you can read. A file
    in use is never replaced unasked, and the earlier one is kept.

    Exit codes: 0 done; 1 the log-in failed (nothing written), or sending does not work yet; 2 an answer is wrong.
    """
    from bot.beginning import Answers, begin

    answers = Answers(path=(path or context.obj or Path("mailboxes.toml")).absolute(), oauth=oauth or "",
                      client_secret=os.environ.get(variable, ""), ca_file=ca_file and str(Path(ca_file).absolute()),
                      **given)
    return OK if begin(answers) else FAILED


@guichet.command()
@click.argument("mailbox")
@click.option("--client-id", "client", default="", help="The program's name at Microsoft or Google, made by you there.")
@click.option("--client-secret-env", "variable", default="", metavar="NAME",
              help="Google only: the environment variable that holds the client's secret.")
@settled
def login(settings: Settings, mailbox: str, client: str, variable: str) -> int:
    """Log in to MAILBOX by OAuth, once, in a browser; and again when the provider has ended it.

    For mailboxes with oauth = "microsoft" (you type a short code at Microsoft's page) or oauth = "google" (you open
    an address and paste back the one you end at). What is granted is kept in the data folder, for this program's user
    only, and renewed without you. docs/providers.md tells how to make the client ID.
    """
    from bot.granting import grant_access

    click.echo(grant_access(settings, mailbox, client, os.environ.get(variable, "")))
    return OK


@guichet.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.option("--name", default="guichet", show_default=True, help="The short name under which the program is called.")
def completion(shell: str, name: str) -> int:
    """Print what makes your shell complete commands and options, and know the program by a short name.

    The lines define the command `guichet`, which starts this run_bot.py with this Python from any folder; Tab then
    completes its commands and options.
    """
    from bot.completing import completing

    click.echo(completing(guichet, shell, name))
    return OK


@guichet.command()
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for its database and mails (default: a new one).")
@click.option("--lang", type=click.Choice(words.LANGUAGES), expose_value=False, help="Language of what is printed.")
def demo(keep: Path | None) -> int:
    """One seller's week on an embedded mail server; ends by itself."""
    from bot.demo import play

    return play(keep)


# -- keeping what is known -----------------------------------------------------------------------


@guichet.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Over a file that is there.")
@as_json
@settled
def backup(settings: Settings, file: Path, force: bool, as_json: bool) -> int:
    """Copy the database to FILE, while the daemon works; the copy is looked over."""
    from bot.saving import back_up

    with _pages_told("backup") as progress:
        back_up(settings, file, force=force, progress=progress)
    size = file.stat().st_size
    if as_json:
        _print_json({"file": str(file), "bytes": size, "sound": True})
    else:
        click.echo(say("{path}: a sound copy of {size} KiB. It holds your buyers' words: keep it as you keep those.",
                       path=file, size=size >> 10))
    return OK


@guichet.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_json
@settled
def restore(settings: Settings, file: Path, as_json: bool) -> int:
    """Put a backup in the place of the database; the present one is put aside. Stop `run` before."""
    from bot.edges import clock
    from bot.loop import alone_on
    from bot.saving import restore as put_back

    with alone_on(settings.data), _pages_told("restore") as progress:
        aside = put_back(settings, file, clock.now(), progress)
    if as_json:
        _print_json({"file": str(file), "aside": str(aside) if aside else None})
        return OK
    click.echo(say("{path} is back in its place. Your mailboxes are listed anew, and before anything leaves your Sent "
                   "folder is looked through for it.", path=file))
    if aside:
        click.echo(say("The database of before is {path}; it goes by itself as backups do.", path=aside))
    return OK


@guichet.command()
@click.argument("buyer")
@click.option("--yes", is_flag=True, help="Erase it; without, only say what would go.")
@click.option("--backups", is_flag=True, help="Erase all backups in the data folder too.")
@as_json
@settled
def forget(settings: Settings, buyer: str, yes: bool, backups: bool, as_json: bool) -> int:
    """Erase all that is kept about a BUYER: a name, an address, an order number, or C-12."""
    from bot import saving
    from bot.edges import clock
    from bot.forgetting import erase, find

    store = _open(settings)
    traces = find(store, buyer, _mails_told)
    clean = erase(store, traces, clock.now()) if yes else True
    dropped = saving.erase_all(settings) if yes and backups else []
    if as_json:
        _print_json({"buyer": buyer, "cases": [f"C-{one}" for one in traces.cases], "erased": yes and clean,
                     "mails": [f"M-{one}" for one in traces.mails], "deadlines": traces.running,
                     "written": [f"D-{one}" for one in traces.written], "backups": len(dropped)})
        return OK if clean else FAILED
    click.echo(_forgotten(buyer, traces, yes))
    left = saving.copies(settings)
    if yes and left:
        click.echo(say("{count} backups still hold it; the last goes in {days} days. --backups erases them now.",
                       count=len(left), days=saving.days_left(settings, clock.now())))
    if not clean:
        click.echo(say("Another program was reading, so the log of the database still holds what was erased: end that "
                       "program once (`run`, the dashboard), and it is gone."), err=True)
    return OK if clean else FAILED


def _forgotten(buyer: str, traces: Traces, yes: bool) -> str:
    kept = ", ".join([f"C-{one}" for one in traces.cases] + [f"M-{one}" for one in traces.mails]
                     + [f"D-{one}" for one in traces.written])
    if yes:
        return say("Erased: {kept}. The same mails, sent again, are still known and not answered again.", kept=kept)
    running = say(" {count} deadlines still run and would end.", count=traces.running) if traces.running else ""
    return say("About {who} is kept: {kept}.{running} Nothing was erased; add --yes to erase it for good.", who=buyer,
               kept=kept, running=running)


def _mails_told(rows: Sequence[Row]) -> Iterable[Row]:
    """Show how many mails are looked through, where it takes long and somebody watches."""
    if len(rows) < 500 or not sys.stderr.isatty():
        return rows
    from rich.console import Console
    from rich.progress import track

    return track(rows, description="mails", console=Console(stderr=True), transient=True)


@guichet.command()
@click.argument("given", nargs=-1, required=True, metavar="BUYER|case ID FILE.zip")
@as_json
@settled
def export(settings: Settings, given: tuple[str, ...], as_json: bool) -> int:
    """Write all that is kept about a BUYER into FILE.zip, or the evidence about one case.
    """
    if len(given) == 3 and given[0] == "case":
        return _export_case(settings, given[1], Path(given[2]), as_json)
    if len(given) != 2:
        raise click.UsageError(say("Say who or what, and the file: export \"Jean Dupont\" jean.zip, or "
                                   "export case C-12 preuves.zip"))
    return _export_buyer(settings, given[0], Path(given[1]), as_json)


def _export_buyer(settings: Settings, buyer: str, file: Path, as_json: bool) -> int:
    from bot.exporting import export as write
    from bot.forgetting import find

    store = _open(settings)
    with words.speaking(settings.seller.language):
        held = write(settings, store, buyer, find(store, buyer, _mails_told), file)
    if as_json:
        _print_json({"file": str(file), **held})
    else:
        click.echo(say("{path}: {cases} cases, {mails} mails, {answers} answers.", path=file, **held))
    return OK


def _export_case(settings: Settings, which: str, file: Path, as_json: bool) -> int:
    from bot import evidence
    from bot.edges import clock

    store = _open(settings)
    number = _case_of(store, which).number or 0
    with _his_language(settings):
        found = evidence.pack(settings, store, number, clock.now())
        evidence.write(found, file)
    if as_json:
        _print_json({"file": str(file), "case": f"C-{number}", "mails": found.mails, "answers": found.answers,
                     "left_out": dict(found.left_out)})
        return OK
    click.echo(say("{path}: {mails} mails, {answers} answers, each with its SHA-256.", path=file, mails=found.mails,
                   answers=found.answers))
    for name, reason in found.left_out.items():
        click.echo(say("Left out: {id}, {why}.", id=name, why=reason))
    return OK


@contextmanager
def _pages_told(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give what shows how much of a database is copied; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda left, whole: bar.update(task, total=whole, completed=whole - left)


# -- showing -------------------------------------------------------------------------------------


@guichet.group()
def show() -> None:
    """What waits, what runs, what was written, what nobody understood."""


def _list(settings: Settings, rows: Sequence[dict[str, Any]], columns: Sequence[str], as_json: bool,
          nothing: str) -> int:
    from bot.showing import readable, table

    if as_json:
        _print_json(list(rows))
    else:
        click.echo(table(readable(rows, settings.seller), columns, _paint) if rows else nothing)
    return OK


@show.command()
@as_json
@settled
def today(settings: Settings, as_json: bool) -> int:
    """The cases that wait for you, in order of time left."""
    from bot.showing import today as waiting

    store = _store(settings)
    if store and not as_json:
        _tell_alarms(store, settings)
    columns = ("case", "due", "buyer", "reference", "kind")
    return _list(settings, waiting(store) if store else [], columns, as_json,
                 say("Nothing waits for you."))


def _tell_alarms(store: Store, settings: Settings) -> None:
    """Say beside the list what is wrong with the bot itself: the list alone may be empty for that very reason."""
    from bot.alarming import about, standing
    from bot.core.deadline import local
    from bot.edges.store import moment

    for row in standing(store):
        since = local(moment(row["since"]), settings.seller)
        click.echo(say("Trouble since {since}: {about}. {sentence}", since=since, about=about(row["name"]),
                       sentence=row["sentence"]), err=True)


@show.command()
@click.argument("which", required=False, metavar="ID")
@click.option("--timeline", is_flag=True, help="With --json and an ID: also what happened, as a list `timeline`.")
@as_json
@settled
def case(settings: Settings, which: str | None, timeline: bool, as_json: bool) -> int:
    """All cases; or one (C-12), with what happened in it in the order of time."""
    from bot import showing

    store = _store(settings)
    columns = ("case", "stage", "turn", "due", "buyer", "reference", "kind")
    if store and which:
        return _show_case(settings, store, _case_of(store, which).number or 0, columns, timeline, as_json)
    return _list(settings, showing.cases(store) if store else [], columns, as_json, say("There is no case yet."))


def _show_case(settings: Settings, store: Store, number: int, columns: Sequence[str], timeline: bool,
               as_json: bool) -> int:
    from bot import showing, telling

    rows = showing.cases(store, "WHERE cases.id = ?", number)
    if as_json and not timeline:
        return _list(settings, rows, columns, as_json, "")
    with _his_language(settings):
        steps = telling.timeline(showing.why(store, number))
        if as_json:
            _print_json([row | {"timeline": steps} for row in rows])
        else:
            _list(settings, rows, columns, as_json, "")
            click.echo("\n" + telling.timeline_lines(steps, settings.seller))
    return OK


@show.command()
@click.option("--ics", "file", is_flag=False, flag_value="-", metavar="[FILE]",
              help="Write them as a calendar (iCalendar); without a FILE it is printed.")
@click.option("--todo", is_flag=True, help="With --ics: tasks, for programs that keep tasks; else events.")
@as_json
@settled
def deadlines(settings: Settings, file: str | None, todo: bool, as_json: bool) -> int:
    """Every deadline, the running ones first.

    Those of a case closed more than 100 days ago stand in `show case`.

    `calendar` in mailboxes.toml keeps such a file current.
    """
    from bot import showing

    store = _store(settings)
    if file:
        from bot.dating import calendar
        from bot.edges import clock

        text = calendar(store, settings, clock.now(), todo=todo)
        return _write_out(file, text, text.count("BEGIN:V") - text.count("BEGIN:VALARM") - 1)
    columns = ("case", "due", "state", "name", "order", "rule")
    return _list(settings, showing.deadlines(store) if store else [], columns, as_json,
                 say("No deadline runs."))


@show.command()
@as_json
@settled
def outbox(settings: Settings, as_json: bool) -> int:
    """What was written: drafts, mails that wait, mails that left.

    What was written in a case closed more than 100 days ago stands in `why`.
    """
    from bot import showing

    store = _store(settings)
    columns = ("id", "case", "what", "state", "to", "subject", "error")
    return _list(settings, showing.outbox(store) if store else [], columns, as_json,
                 say("Nothing was written yet."))


@show.command()
@as_json
@settled
def rules(settings: Settings, as_json: bool) -> int:
    """Every rule of the marketplaces, with its source and the day it was read."""
    from bot import showing

    rows = showing.rules()
    if as_json:
        return _list(settings, rows, (), as_json, "")
    for row in rows:
        click.echo(_paint(f"{row['shop']} {row['rule']}", "bold") + f"  {row['says'] or row['kind']}")
        if row["within"]:
            when = ", ".join(f"{name} = {value}" for name, value in row["when"].items())
            click.echo(f"    {row['within']} ({row['who']}: {row['name']})" + (f"  [{when}]" if when else ""))
        click.echo(f"    {row['source']} ({row['read']})")
    return OK


@show.command()
@as_json
@settled
def shelf(settings: Settings, as_json: bool) -> int:
    """Mails nobody claimed or nobody could read, with the reason."""
    from bot import showing

    store = _store(settings)
    columns = ("mail", "received", "from", "subject", "reason")
    return _list(settings, showing.shelf(store) if store else [], columns, as_json,
                 say("The shelf is empty."))


@show.command()
@as_json
@settled
def shadow(settings: Settings, as_json: bool) -> int:
    """What would have been written, where the mode is `shadow`: decided and noted, and nothing more."""
    from bot import showing

    store = _store(settings)
    columns = ("case", "at", "kind", "buyer", "would", "channel", "why")
    return _list(settings, showing.shadow(store) if store else [], columns, as_json,
                 say("Nothing was only noted: no mode is shadow, or nothing came."))


@show.command()
@as_json
@settled
def answers(settings: Settings, as_json: bool) -> int:
    """Your own answers to frequent questions, and how often each was asked for in 90 days."""
    from bot import showing
    from bot.edges import clock
    from bot.guichet import templates_of

    rows = showing.answers(_store(settings), templates_of(settings).answers(), clock.now())
    return _list(settings, rows, ("answer", "matched", "words", "advice"), as_json,
                 say("There is no answer yet in templates/answers: docs/answers.md says how to write one."))


@show.command()
@click.option("--marketplace", default="", metavar="NAME", help="Only this one: amazon, rakuten_fr.")
@click.option("--weeks", type=click.IntRange(1, 104), metavar="N",
              help="A column a week, so many of them (default: 7, 30 and 90 days).")
@click.option("--csv", "file", metavar="FILE|-", help="Write a table for a spreadsheet; - prints it.")
@as_json
@settled
def numbers(settings: Settings, marketplace: str, weeks: int | None, file: str | None, as_json: bool) -> int:
    """What marketplaces measure you by: response times, cancellations, what was done in time.

    Reckoned from mail alone; docs/numbers.md says how.
    """
    from bot import counting
    from bot.edges import clock

    store = _store(settings)
    rows = counting.flat_numbers(store, settings, clock.now(), marketplace=marketplace, weeks=weeks or 0)
    if file:
        from bot.core.sheet import sheet

        separator = ";" if words.current() == "fr" else ","
        return _write_out(file, sheet(rows, counting.COLUMNS, separator), len(rows))
    if as_json:
        _print_json(rows)
        return OK
    click.echo(counting.tables(rows, _paint))
    click.echo(_known_since(settings, counting.since(store)))
    return OK


def _known_since(settings: Settings, since: datetime | None) -> str:
    from bot.core.deadline import local

    if since is None:
        return "\n" + say("No mail has been read yet: there is nothing to reckon from.")
    return "\n" + say("Reckoned from the mails since {since} and from what you told the bot; nothing is known of what "
                      "was before.", since=local(since, settings.seller)[:10])


def _write_out(file: str, text: str, entries: int) -> int:
    """Write a text to a file as it stands, or print it."""
    from bot.edges.papers import write

    if file == "-":
        _write_octets(text.encode())
        return OK
    write(Path(file), text)
    click.echo(say("{path}: {count} entries", path=file, count=entries), err=True)
    return OK


@show.command()
@click.argument("which", metavar="ID")
@click.option("--raw", is_flag=True, help="Write the mail as it came, to the byte.")
@as_json
@settled
def mail(settings: Settings, which: str, raw: bool, as_json: bool) -> int:
    """A kept mail as a person reads it: M-12."""
    from bot import showing
    from bot.guichet import keys_of

    store = _open(settings)
    number = _mail_of(store, which)
    octets = store.raw_mail(number) or b""
    if raw:
        _write_octets(octets)
        return OK
    told = showing.mail(store, number, octets, settings.trusted(), keys_of(settings))
    _print_json(told) if as_json else click.echo(showing.letter(told, settings.seller))
    return OK


def _mail_of(store: Store, which: str) -> int:
    from bot.pipeline import OrderError
    from bot.trying import mail_number

    number = mail_number(which)
    if number is None or store.raw_mail(number) is None:
        raise OrderError(say("There is no mail {which}: give one such as M-12; `run_bot.py show shelf` lists them",
                             which=which))
    return number


@guichet.command()
@click.argument("which", metavar="ID")
@as_json
@settled
def why(settings: Settings, which: str, as_json: bool) -> int:
    """Why is it so? The story of a case (C-12), of a mail of ours (D-3) or of one that came (M-7).
    """
    with _his_language(settings):
        told, story = _told(_open(settings), which, settings)
        _print_json(told) if as_json else click.echo(story())
    return OK


def _told(store: Store, which: str, settings: Settings) -> tuple[dict[str, Any], Callable[[], str]]:
    """Return what an ID names as `why` tells it to scripts, and what tells it to a person."""
    from bot import showing, telling

    if which.upper().startswith("M-"):
        mail = telling.mail(store, _mail_of(store, which))
        return mail, lambda: telling.story_of_mail(mail, settings.seller)
    told = showing.why(store, _case_of(store, which).number or 0)
    if which.upper().startswith("D-"):
        return told, lambda: telling.story_of_draft(told, int(which[2:]), settings.seller)
    return told, lambda: telling.story(told, settings.seller)


@contextmanager
def _his_language(settings: Settings) -> Iterator[None]:
    """Tell a story in the seller's own language, as its sentences were written down; --lang chooses another."""
    from click.core import ParameterSource

    context = click.get_current_context()
    asked = any(one.get_parameter_source("lang") is ParameterSource.COMMANDLINE
                for one in (context, context.find_root()))
    with words.speaking(words.current() if asked else settings.seller.language):
        yield


# -- orders --------------------------------------------------------------------------------------


def _open(settings: Settings) -> Store:
    from bot.pipeline import OrderError

    if (store := _store(settings)) is None:
        raise OrderError(say("There is no database yet in {folder}: run `run_bot.py once` first", folder=settings.data))
    return store


def _case_of(store: Store, which: str) -> Case:
    """Return the case an ID names, C-12 itself or the case of D-3."""
    from bot.pipeline import OrderError

    letter, _, number = which.upper().partition("-")
    if letter == "D" and number.isdecimal() and (row := store.outbox_row(int(number))) and row["case_id"]:
        number = str(row["case_id"])
    elif letter != "C":
        number = ""
    found = store.case_by_number(int(number)) if number.isdecimal() else None
    if found is None:
        raise OrderError(say("There is no {which}: give a case such as C-12 or a draft such as D-3; "
                             "`run_bot.py show outbox` lists them", which=which))
    return found


def _row_of(store: Store, which: str, states: Sequence[str]) -> Row | None:
    """Return the outbox row an ID names: D-3 itself, or the one row of C-12 that stands in `states`."""
    from bot.pipeline import OrderError

    case = _case_of(store, which)
    if which.upper().startswith("D-"):
        return store.outbox_row(int(which[2:]))
    marks = ", ".join("?" for _ in states)
    rows = store.rows(
        "SELECT * FROM outbox WHERE case_id = ? AND what IN ('reply', 'offer')"
        f" AND state IN ({marks}) ORDER BY id", case.number, *states)
    if len(rows) > 1:
        raise OrderError(say("{which} has several: {names}; say which", which=which.upper(),
                             names=", ".join(f"D-{row['id']}" for row in rows)))
    return rows[0] if rows else None


def _carry_out(settings: Settings, which: str, kind: str, states: Sequence[str], done: str,
               facts: dict[str, str] | None = None, text: str | None = None) -> int:
    """Let the seller's word on a draft take effect, his own words first; the same word twice has one effect."""
    from bot.core.event import Kind
    from bot.edges import clock
    from bot.guichet import Guichet
    from bot.pipeline import OrderError, RefusedError, note_refusal, order

    store = _open(settings)
    case, row = _case_of(store, which), _row_of(store, which, states)
    if row and row["what"] not in ("reply", "offer"):
        raise OrderError(say("{which} is a mail to yourself; there is nothing to approve or discard", which=which))
    if row is None or row["state"] not in states:
        stands = _states(store, case) if row is None else f"D-{row['id']}: {row['state']}"
        click.echo(say("Nothing to do for {which} ({stands}).", which=which.upper(), stands=stands))
        return OK
    guichet, now = Guichet(settings, store), clock.now()
    try:
        with store.write_tx():  # his words and his yes, both or neither
            if text is not None:
                order(guichet, Kind.DRAFT_EDITED, case, now, source="terminal", row=row, text=text)
            order(guichet, Kind(kind), case, now, source="terminal", row=row, facts=facts)
    except RefusedError as refusal:
        note_refusal(guichet, refusal, now)
        raise
    click.echo(say(done, id=f"D-{row['id']}", to=row["to_addr"]))
    _tell_after(store.outbox_row(row["id"]) or row)
    return OK


def _tell_after(row: Row) -> None:
    """Say what remains for the seller to do or to mind about a draft that he has just decided on."""
    from bot.proofing import told

    if row["state"] in ("ready", "handed"):
        for remark in told(row):
            click.echo(say("Mind: {remark}", remark=remark["sentence"]))
    _paste(row)


def _states(store: Store, case: Case) -> str:
    rows = store.rows("SELECT id, state FROM outbox WHERE case_id = ? AND what IN ('reply', 'offer')", case.number)
    return ", ".join(f"D-{row['id']}: {row['state']}" for row in rows) or say("no draft")


@guichet.command()
@click.argument("which", metavar="ID")
@click.option("--text", "own", type=click.File("rb"), help="A file with your own words for it; - reads what you type.")
@settled
def approve(settings: Settings, which: str, own: BinaryIO | None) -> int:
    """Send a draft: D-3, or the one of C-12. The next pass or the running daemon sends it."""
    if own is None:
        return _carry_out(settings, which, "draft_approved", ("draft",), "{id} is approved, to {to}.")
    return _carry_out(settings, which, "draft_approved", ("draft", "failed"), "{id} is approved, to {to}.",
                      text=_own_words(own))


def _own_words(own: BinaryIO) -> str:
    from bot.pipeline import OrderError

    try:
        return own.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise OrderError(say("{path} is not UTF-8 text: save it as UTF-8 and try again", path=own.name)) from error


@guichet.command()
@click.argument("which", metavar="ID")
@settled
def discard(settings: Settings, which: str) -> int:
    """Throw a draft away, or a mail that has not left."""
    return _carry_out(settings, which, "draft_discarded", ("draft", "ready", "failed", "uncertain"),
                      "{id} is discarded; nothing goes to {to}.")


@guichet.command()
@click.argument("which", metavar="ID")
@settled
def retry(settings: Settings, which: str) -> int:
    """Send again what failed, or what nobody knows to have left."""
    return _carry_out(settings, which, "draft_approved", ("failed", "uncertain"), "{id} will be sent again, to {to}.")


@guichet.command()
@click.argument("which", metavar="ID")
@settled
def sent(settings: Settings, which: str) -> int:
    """Say that it did go out: an uncertain mail, or one you sent yourself in the marketplace."""
    return _carry_out(settings, which, "seller_answered", ("uncertain", "handed", "failed"),
                      "{id} counts as sent, to {to}.")


@guichet.command()
@click.argument("which", metavar="ID")
@click.argument("span", metavar="4h|2d")
@settled
def snooze(settings: Settings, which: str, span: str) -> int:
    """No reminder for a while; the last rung before the deadline still comes."""
    from bot.edges import clock
    from bot.edges.store import iso
    from bot.settings import duration

    until = iso(clock.now() + duration(span))
    done = say("{which} is quiet until {until}.", which=which.upper(), until=until)
    return _about_case(settings, which, "snoozed", done, {"until": until})


@guichet.command()
@click.argument("which", metavar="ID")
@settled
def close(settings: Settings, which: str) -> int:
    """Close a case; its deadlines end. A new mail of the buyer opens it again."""
    return _about_case(settings, which, "case_closed", say("{which} is closed.", which=which.upper()), {})


@guichet.command()
@click.argument("which", metavar="ID")
@click.argument("discount", metavar='20%|"8 EUR"')
@settled
def offer(settings: Settings, which: str, discount: str) -> int:
    """Offer the buyer a discount: offer C-12 20%, or offer C-12 8€."""
    from bot.core.guards import order_of
    from bot.pipeline import OrderError

    if (facts := order_of(discount)) is None:
        raise OrderError(say("{said} is no discount: write 20% or 8 EUR", said=discount))
    case = _order(settings, which, "offer_ordered", dict(facts))
    row = _open(settings).row("SELECT * FROM outbox WHERE case_id = ? AND what = 'offer' ORDER BY id DESC LIMIT 1",
                              case.number)
    if row is not None:
        click.echo(say("{id} offers {offer}, to {to}.", id=f"D-{row['id']}", offer=discount, to=row["to_addr"]))
        _paste(row)
    return OK


@guichet.command()
@click.argument("which", metavar="ID")
@click.argument("number", metavar="NUMBER|-")
@click.argument("by", metavar="CARRIER", required=False, default="")
@click.argument("day", metavar="[DAY]", required=False)
@click.option("--carrier", default="", help="The carrier's name exactly as the marketplace calls it.")
@click.option("--url", default="", help="Where the parcel is followed; Rakuten wants it with --carrier Autre.")
@settled
def shipped(settings: Settings, which: str, number: str, by: str, day: str | None, carrier: str, url: str) -> int:
    """Say that a parcel has left: shipped C-12 6A12345678901 Colissimo 2026-11-20. "-" where it has no number.

    The marketplace is told by its webservice, or you get the text for your account.
    """
    from bot.core.parcel import parcel_facts
    from bot.edges import clock
    from bot.edges.store import iso
    from bot.pipeline import OrderError

    if not (by or carrier):
        raise OrderError(say("Say with whom it was shipped: shipped {which} {number} Colissimo", which=which,
                             number=number))
    facts = parcel_facts(number, by or carrier, _shipped_on(day) if day else iso(clock.now())[:10])
    facts |= {name: said for name, said in (("carrier", carrier), ("tracking_url", url)) if said}
    case = _order(settings, which, "seller_shipped", facts)
    click.echo(say("{which}: shipped with {carrier}, {tracking}.", which=which.upper(), carrier=facts["carrier"],
                   tracking=facts.get("tracking", "-")))
    event = _open(settings).row("SELECT decided FROM events WHERE case_id = ? ORDER BY id DESC LIMIT 1", case.number)
    for one in json.loads(event["decided"] if event else "[]"):
        if one["action"] == "accepted":
            click.echo(f"  {one['why']}")
    return OK


@guichet.command("order")
@click.argument("which", metavar="ID")
@click.argument("words", nargs=-1, metavar="ORDER")
@as_json
@settled
def order_(settings: Settings, which: str, words: tuple[str, ...], as_json: bool) -> int:
    """Order in the words that a mail takes: order C-12 "remise 20%", order D-3 ok, order pause.

    docs/orders.md lists them all.
    """
    from bot.core.order import Unclear, understand
    from bot.edges import clock
    from bot.guichet import Guichet
    from bot.ordering import ABOUT_US, Asked, carry_out
    from bot.pipeline import OrderError

    named = _is_id(which)
    given = understand(" ".join(words if named else (which, *words)), today=clock.now().date())
    if isinstance(given, Unclear):
        raise OrderError(given.why)
    store = _open(settings)
    if not named and given.word not in ABOUT_US:
        raise OrderError(say("«{said}» is about a case: say which, such as run_bot.py order C-12 {said}",
                             said=given.said))
    row = store.outbox_row(int(which[2:])) if named and which.upper().startswith("D-") else None
    outcome = carry_out(Asked(guichet=Guichet(settings, store), order=given, now=clock.now(), source="terminal",
                              case=_case_of(store, which) if named else None, row=row))
    if as_json:
        _print_json({"verdict": outcome.verdict, "sentences": list(outcome.sentences),
                     "draft": f"D-{outcome.row['id']}" if outcome.row else None,
                     "cases": [f"C-{number}" for number in outcome.cases]})
    else:
        _print_outcome(settings, outcome)
    return FAILED if outcome.verdict == "unclear" else OK


def _is_id(said: str) -> bool:
    letter, _, number = said.upper().partition("-")
    return letter in ("C", "D") and number.isdecimal()


def _print_outcome(settings: Settings, outcome: Outcome) -> None:
    from bot.core.order import examples
    from bot.showing import cases as flat

    for sentence in outcome.sentences:
        click.echo(sentence)
    if outcome.row:
        click.echo(f"\n{outcome.row['body']}")
    for example, meaning in examples(outcome.words, settings.seller.language):
        click.echo(f"  {example:<28} {meaning}")
    if outcome.cases:
        store = _open(settings)
        rows = [row for number in outcome.cases for row in flat(store, "WHERE cases.id = ?", number)]
        _list(settings, rows, ("case", "stage", "turn", "due", "buyer", "reference", "kind"), False, "")


def _shipped_on(said: str) -> str:
    from datetime import date

    from bot.pipeline import OrderError

    try:
        return date.fromisoformat(said).isoformat()
    except ValueError as error:
        raise OrderError(say("{said} is no day: write it as 2026-11-20", said=said)) from error


def _order(settings: Settings, which: str, kind: str, facts: dict[str, str]) -> Case:
    """Let the seller's word on a case take effect; return the case."""
    from bot.core.event import Kind
    from bot.edges import clock
    from bot.guichet import Guichet
    from bot.pipeline import order

    store = _open(settings)
    case = _case_of(store, which)
    order(Guichet(settings, store), Kind(kind), case, clock.now(), source="terminal", facts=facts)
    return case


def _paste(row: Row) -> None:
    """Print what only the seller can post."""
    if row["state"] == "handed":
        click.echo(say("It goes where only you can click: {to}", to=row["to_addr"]))
        click.echo(f"{say('Text to paste:')}\n\n{row['body']}")


def _about_case(settings: Settings, which: str, kind: str, done: str, facts: dict[str, str]) -> int:
    _order(settings, which, kind, facts)
    click.echo(done)
    return OK


@guichet.command()
@settled
def pause(settings: Settings) -> int:
    """Stop all automatic sending, at once; what you approve still leaves."""
    from bot import pausing
    from bot.edges import clock

    store = _open(settings)
    if pausing.pause(store, say("you stopped it", settings.seller.language), clock.now()):
        click.echo(say("Nothing leaves by itself any more; what you approve still does. "
                       "`run_bot.py resume` starts it again."))
    else:
        click.echo(say("It was stopped already: {reason}.", reason=pausing.paused(store)))
    return OK


@guichet.command()
@settled
def resume(settings: Settings) -> int:
    """Let automatic replies leave again, after `pause` or after the breaker."""
    from bot import pausing
    from bot.edges import clock

    store = _open(settings)
    if not pausing.resume(store, clock.now()):
        click.echo(say("It was not stopped."))
        return OK
    row = store.row("SELECT count(*) AS count FROM outbox WHERE state = 'ready' AND mode = 'alone'"
                    " AND what IN ('reply', 'offer')")
    click.echo(say("Automatic sending is on again; {count} waiting mails leave with the next pass.",
                   count=row["count"] if row else 0))
    return OK
