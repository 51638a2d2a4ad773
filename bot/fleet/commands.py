"""`run_bot.py fleet …`: read at every start of the program, so that whatever costs time is imported by the commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot import words
from bot.helping import Chapter
from bot.words import say

if TYPE_CHECKING:
    from bot.fleet.directory import Directory

OK, FAILED = 0, 1


@click.group(cls=Chapter)
def fleet() -> None:
    """Many sellers on one or more hosts: an agency, a hosted service.

    docs/fleet.md tells how to begin. Each seller keeps a folder of his own; PostgreSQL knows where it is.
    """


def _located(command: Callable[..., Any]) -> Callable[..., Any]:
    @click.option("--dsn", metavar="ADDRESS", help="Where PostgreSQL is, without a password (default: GUICHET_FLEET).")
    @click.option("--password-file", type=click.Path(path_type=Path),
                  help="The file that holds PostgreSQL's password.")
    @click.option("--lang", type=click.Choice(words.LANGUAGES), expose_value=False,
                  help="Language of what is printed.")
    @wraps(command)
    def wrapped(*args: Any, dsn: str | None, password_file: Path | None, **kwargs: Any) -> Any:
        from bot.fleet.addressing import address

        return command(address(dsn, password_file), *args, **kwargs)
    return wrapped


def _asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the directory as first argument."""

    @_located
    @wraps(command)
    def wrapped(where: Any, *args: Any, **kwargs: Any) -> Any:
        from bot.fleet.directory import Directory

        with Directory(where) as directory:
            return command(directory, *args, **kwargs)
    return wrapped


_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
_host = click.option("--host", help="The host, or the disk, under which his folder is found (default: this machine).")


def _here(host: str | None) -> str:
    from bot.fleet.working import here

    return host or here()


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False,
                          default=lambda one: one.isoformat() if isinstance(one, datetime) else str(one)))


@fleet.command()
@_asking
def init(directory: Directory) -> int:
    """Make the tables of a fleet in PostgreSQL; what is there stays."""
    directory.make()
    click.echo(say("The directory is ready. Enter the first seller: run_bot.py fleet add NAME --settings FILE"))
    return OK


@fleet.command()
@click.argument("name")
@click.option("--settings", "path", required=True, type=click.Path(path_type=Path),
              help="His mailboxes.toml; its folder is his.")
@click.option("--agency", is_flag=True, help="It is yourselves: the fleet's own alarms are sent from this mailbox.")
@_host
@_asking
def add(directory: Directory, name: str, path: Path, agency: bool, host: str | None) -> int:
    """Enter a seller; his settings are looked at as `check` does before a log-in."""
    from bot.fleet.joining import add as enter

    seller, faults = enter(directory, name, path, _here(host), agency=agency)
    click.echo(say("{name} is in shard {shard} of {host}; a worker there serves him within a minute.", name=name,
                   shard=seller.shard, host=seller.host))
    for fault in faults:
        click.echo(say("Mind: {remark}", remark=fault))
    return OK


@fleet.command()
@click.argument("name")
@click.option("--erase", "erasing", is_flag=True, help="Delete his folder, too: mails, cases, backups, secrets.")
@click.option("--yes", is_flag=True, help="With --erase: do not ask.")
@_asking
def remove(directory: Directory, name: str, erasing: bool, yes: bool) -> int:
    """Take a seller out. His folder stays, unless --erase."""
    from bot.fleet.joining import erase
    from bot.fleet.joining import remove as take_out

    seller = directory.seller(name)
    if erasing and not yes:
        click.confirm(say("Delete all that is kept of {name} in {folder}?", name=name, folder=seller.folder),
                      abort=True)
    take_out(directory, seller)
    if not erasing:
        click.echo(say("{name} is out; all that is his stays in {folder} on {host}.", name=name, folder=seller.folder,
                       host=seller.host))
        return OK
    left = erase(seller)
    click.echo(say("{name} is out, and what was kept of him in {folder} is deleted.", name=name, folder=seller.folder))
    if left:
        click.echo(say("What is not ours stays there: {files}", files=", ".join(path.name for path in left)))
    return OK


@fleet.command("list")
@_as_json
@_asking
def list_(directory: Directory, as_json: bool) -> int:
    """The sellers: where each one is, and how he stands."""
    rows = directory.everyone()
    if as_json:
        _print_json(rows)
        return OK
    _table(("seller", "host", "shard", "state", "read", "deadline", "uncertain", "failures", "folder"), [
        (row["name"], row["host"], row["shard"], row["state"], _moment(row["last_read"]), _moment(row["next_deadline"]),
         row["uncertain"], row["failures"], row["folder"]) for row in rows])
    return OK


def _moment(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "-"


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    for row in (columns, *texts):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@fleet.command()
@click.option("--shards", "slots", default=20, show_default=True, type=click.IntRange(1, 400),
              help="How many shards of 50 mailboxes it serves at once.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64),
              help="How many sellers it works on at once.")
@_host
@_located
def worker(where: Any, slots: int, threads: int, host: str | None) -> int:
    """Serve the sellers of a host until told to stop (SIGTERM); one for each core."""
    import logging
    import sys

    from bot.fleet.working import work

    logging.basicConfig(stream=sys.stderr, level=logging.INFO,
                        format="%(asctime)s %(levelname)s %(threadName)s: %(message)s")
    logging.getLogger("imapclient").setLevel(logging.WARNING)
    work(where, host=_here(host), slots=slots, threads=threads)
    return OK


@fleet.command()
@_as_json
@click.option("--prometheus", is_flag=True, help="Print it as Prometheus reads it.")
@_asking
def status(directory: Directory, as_json: bool, prometheus: bool) -> int:
    """How the fleet stands: hosts, shards, what is unread, uncertain or due. Code 1 if a shard has not run."""
    from bot.fleet import watching

    told = watching.status(directory)
    if prometheus:
        click.echo(watching.exposition(told), nl=False)
    elif as_json:
        _print_json(told)
    else:
        _tell(told)
    return FAILED if told["alarms"] else OK


def _tell(told: dict[str, Any]) -> None:
    _table(("host", "sellers", "mailboxes", "shards", "workers", "unread since", "uncertain", "failing", "deadline"), [
        (row["host"], row["sellers"], row["mailboxes"], row["shards"], row["workers"], _moment(row["oldest_unread"]),
         row["uncertain"], row["failing"], _moment(row["next_deadline"])) for row in told["hosts"]])
    if told["shards"]:
        click.echo()
        _table(("shard", "host", "sellers", "mailboxes", "served", "by"), [
            (row["number"], row["host"], row["sellers"], row["mailboxes"], _moment(row["ran"]), row["worker"] or "-")
            for row in told["shards"]])
    if told["deadlines"]:
        click.echo()
        _table(("next deadlines", "seller"), [(_moment(row["due"]), row["seller"]) for row in told["deadlines"]])
    for row in told["failing"]:
        click.echo(f"{row['seller']}: {row['error']}")
    for sentence in told["alarms"]:
        click.echo(sentence)


@fleet.command()
@click.argument("name")
@click.option("--to", "host", help="The host he moves to.")
@click.option("--folder", type=click.Path(path_type=Path), help="His new folder, if its disk can be reached from here.")
@click.option("--package", type=click.Path(path_type=Path),
              help="Else: write him into this folder, to be carried over.")
@click.option("--from", "taken", type=click.Path(path_type=Path),
              help="On the other host: the package, with --folder.")
@click.option("--back", is_flag=True, help="Give up a move that did not end.")
@_asking
def move(directory: Directory, name: str, host: str | None, folder: Path | None, package: Path | None,
         taken: Path | None, back: bool) -> int:
    """Shift a seller to another disk or host: lock, backup, copy, switch. His old folder stays, marked as moved."""
    from bot.fleet import moving

    if back:
        moving.call_back(directory, name)
        click.echo(say("{name} is served where he was.", name=name))
    elif taken and folder:
        shard = moving.unpack(directory, name, taken.absolute(), _here(host), folder.absolute())
        click.echo(say("{name} is in shard {shard} of {host}; delete the package in {folder}.", name=name, shard=shard,
                       host=_here(host), folder=taken))
    elif host and package and not folder:
        moving.pack(directory, name, host, package.absolute())
        click.echo(say("Nobody serves {name} until this is run on {host}, with the package there: run_bot.py fleet "
                       "move {name} --from {folder} --folder …", name=name, host=host, folder=package))
    elif host and folder and not package:
        shard = moving.move(directory, name, host, folder.absolute())
        click.echo(say("{name} is in shard {shard} of {host}, in {folder}; his old folder stays, marked as moved.",
                       name=name, shard=shard, host=host, folder=folder))
    else:
        raise click.UsageError(say("Say --to HOST with --folder or --package, or --from PACKAGE with --folder, or "
                                   "--back"))
    return OK
