"""Who runs: the program as its user starts it, the peers, the floors. All are given the same mailbox and the same work.

A peer fetches, parses, takes subject, sender, order number and text out and commits them with synchronous=FULL, a
hundred at a time (the tutorial: one at a time); with replies it renders a small template, sends it, and commits that
it is sent, each by itself. The program does what it always does: keeps the raw mail first, reads it in its guarded
child, finds the case, reckons deadlines, decides, writes; with replies every mail becomes one to the seller, with its
draft in it (nothing leaves alone more than ten times in ten minutes, so no run can measure that).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import meter
from benchmarks.mailbox import PASSWORD
from benchmarks.meter import Ran

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).resolve().parent / "peers"
MODULES = ROOT / ".bench" / "npm"
SETTINGS = """
[seller]
name = "Atelier Lumen"
notify = ["marie@boutique.example"]
data = "data"
{mailboxes}
[policy]
mode = "draft"
digest = "off"
"""
MAILBOX = """
[[mailbox]]
name = "{name}"
address = "{user}"
imap = {{ host = "127.0.0.1", port = {imap}, security = "{security}" }}
smtp = {{ host = "127.0.0.1", port = {smtp}, security = "plain" }}
user = "{user}"
password_env = "BENCH_PASSWORD"
authserv_id = "mx.boutique.example"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a contender is given; `folder` is its own, empty. `empty` is a mailbox without mail, of the same server."""

    imap: int
    smtp: int
    user: str
    empty: str
    replies: bool
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run did, as it says itself or its database shows, and what it took."""

    ran: Ran
    mails: int
    replies: int


class FailedError(Exception):
    """A contender did not do its work: its figures would be none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One row of the table. `absent` says why it cannot run here; empty: it can."""

    name: str
    run: Callable[[Task], Result]
    replies: bool = True
    absent: Callable[[], str] = lambda: ""


def surroundings() -> dict[str, str]:
    """Return the environment of every contender: nothing of ours but the path."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "en_GB.UTF-8", "BENCH_PASSWORD": PASSWORD,
            "HOME": os.environ.get("HOME", "/")}


# ---- the program


def write_settings(folder: Path, mailboxes: Mapping[str, str], *, imap: int, smtp: int, security: str = "plain",
                   more: str = "") -> Path:
    """Write a mailboxes.toml for these mailboxes, by name their users; return its path."""
    boxes = "".join(MAILBOX.format(name=name, user=user, imap=imap, smtp=smtp, security=security) + more
                    for name, user in mailboxes.items())
    path = folder / "mailboxes.toml"
    path.write_text(SETTINGS.format(mailboxes=boxes), "utf-8")
    return path


def command(settings: Path, *words: str) -> list[str]:
    return [sys.executable, str(ROOT / "run_bot.py"), "--config", str(settings), *words]


def bot(settings: Path, *words: str, within: float = 3600.0) -> Ran:
    return meter.run(command(settings, *words), cwd=settings.parent, env=surroundings(), within=within)


def settled(settings: Path) -> tuple[int, int]:
    """Return how many mails are settled and how many of ours are sent, from the database itself."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(settings.parent / "data" / "guichet.db")) as db:
        read = db.execute("SELECT count(*) FROM mails WHERE state IN ('read', 'ignored')").fetchone()[0]
        return int(read), int(db.execute("SELECT count(*) FROM outbox WHERE state = 'sent'").fetchone()[0])


def ours(task: Task) -> Result:
    """One pass, `once`. Without replies it is the first sync: all is cold. With replies the first look was empty."""
    settings = prepare(task)
    ran = _must(bot(settings, "once"))
    mails, replies = settled(settings)
    return Result(ran=ran, mails=mails, replies=replies)


def prepare(task: Task) -> Path:
    """Return settings with which `once` does the task."""
    settings = write_settings(task.folder, {"ventes": task.user}, imap=task.imap, smtp=task.smtp)
    if task.replies:
        write_settings(task.folder, {"ventes": task.empty}, imap=task.imap, smtp=task.smtp)
        _must(bot(settings, "once"))
        write_settings(task.folder, {"ventes": task.user}, imap=task.imap, smtp=task.smtp)
        warm_up(settings, "ventes", task.imap, task.user)
    return settings


def warm_up(settings: Path, mailbox: str, imap: int, user: str) -> None:
    """Let what lies there count as having come after the first look, as mail does on every day but the first."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(settings.parent / "data" / "guichet.db")) as db, db:
        db.execute("INSERT OR REPLACE INTO folders (mailbox, folder, uidvalidity, last_uid, cold_below) "
                   "VALUES (?, 'INBOX', ?, 0, 0)", (mailbox, _numbering(imap, user)))


def _numbering(imap: int, user: str) -> int:
    import imaplib
    import re

    client = imaplib.IMAP4("127.0.0.1", imap)
    client.login(user, PASSWORD)
    _, told = client.status("INBOX", "(UIDVALIDITY)")
    client.logout()
    found = re.search(rb"UIDVALIDITY (\d+)", told[0] or b"")
    assert found
    return int(found[1])


def _must(ran: Ran) -> Ran:
    if ran.code:
        raise FailedError(f"exit {ran.code}: {ran.err[-2000:]}")
    return ran


# ---- the others


def _program(*argv: str, last: str = "") -> Callable[[Task], Result]:
    def run(task: Task) -> Result:
        words = [*argv, str(task.imap), task.user, PASSWORD, str(task.smtp if task.replies else 0),
                 str(task.folder / "peer.db")]
        ran = _must(meter.run([*words, last] if last else words, cwd=task.folder, env=surroundings()))
        told = json.loads(ran.out.splitlines()[-1])
        return Result(ran=ran, mails=told["mails"], replies=told["replies"])
    return run


def _python(name: str, last: str = "") -> Callable[[Task], Result]:
    return _program(sys.executable, str(PEERS / f"{name}.py"), last=last)


def _node(parser: str) -> Callable[[Task], Result]:
    return _program("node", str(PEERS / "bot.mjs"), parser, str(MODULES))


def install_npm() -> str:
    """Install the peers that npm has into .bench/, once; return why they are absent, or nothing."""
    wanted = (PEERS / "package.json").read_text("utf-8")
    stamp = MODULES / "installed"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return ""
    if not shutil.which("npm") or not shutil.which("node"):
        return "no npm on this machine"
    sys.stderr.write("Installing the peers that npm has into .bench/ (some minutes, the first time) ...\n")
    MODULES.mkdir(parents=True, exist_ok=True)
    (MODULES / "package.json").write_text(wanted, "utf-8")
    done = subprocess.run(["npm", "install", "--prefix", str(MODULES), "--no-audit", "--no-fund", "--loglevel=error"],
                          cwd=MODULES, capture_output=True, text=True)
    works = 'require("better-sqlite3")(":memory:"); require("imapflow"); require("mailparser"); require("postal-mime")'
    if done.returncode or subprocess.run(["node", "-e", works], cwd=MODULES, capture_output=True).returncode:
        return f"npm could not install them ({(done.stderr.strip().splitlines() or ['no reason given'])[0][:100]})"
    stamp.write_text(wanted, "utf-8")
    return ""


def _without_imap_tools() -> str:
    return "" if find_spec("imap_tools") else "imap_tools is not installed (requirements-dev.txt)"


OURS = "Guichet, once"
POSTAL = "imapflow + postal-mime + better-sqlite3 (+ nodemailer)"
MAILPARSER = "imapflow + mailparser + better-sqlite3 (+ nodemailer)"
IMAP_TOOLS = "imap_tools, bulk 100"
TUTORIAL = "a tutorial's bot"
FETCH = "raw FETCH, nothing else"
FLOOR = "the floor: raw sockets, hand-cut bytes"

CONTENDERS = (
    Contender(name=OURS, run=ours),
    Contender(name=POSTAL, run=_node("postal-mime"), absent=install_npm),
    Contender(name=MAILPARSER, run=_node("mailparser"), absent=install_npm),
    Contender(name=IMAP_TOOLS, run=_python("imap_tools_bot"), absent=_without_imap_tools),
    Contender(name=TUTORIAL, run=_python("tutorial")),
    Contender(name=FETCH, run=_python("floor", "fetch"), replies=False),
    Contender(name=FLOOR, run=_python("floor")),
)
