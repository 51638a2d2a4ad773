"""`fleet status` tells how it stands, and a shard that has not run is an alarm; the page's examples are run."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import main
from bot.edges.store import Store
from bot.fleet import watching
from bot.fleet.addressing import address
from bot.fleet.directory import Directory
from bot.fleet.joining import add
from bot.fleet.lines import Contexts
from bot.fleet.visiting import Kept, Readers, visit
from bot.settings import load
from tests.fleet.test_directory import seller
from tests.servers.postgres import Postgres
from tests.servers.smtp import SmtpServer
from tests.servers.web import Web
from tests.test_docs import calls, fenced
from tests.world import buyer_writes

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def directory(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    dsn = postgres.database()
    monkeypatch.setenv("GUICHET_FLEET", dsn)
    with Directory(address(dsn, None)) as directory:
        directory.make()
        yield directory


def visited(directory: Directory, name: str) -> None:
    """Visit a seller as a worker does, and write down how he was found."""
    kept, readers = Kept(directory.seller(name), Contexts()), Readers()
    found = visit(kept, readers)
    readers.rest(0)
    kept.close()
    directory.note([found.row()])


def test_what_another_program_writes_during_a_visit_calls_for_another(directory: Directory, tmp_path: Path) -> None:
    path = seller(tmp_path, "marie")
    for part in ("new", "cur"):
        (path.parent / "box0" / part).mkdir()
    add(directory, "marie", path, "ici")
    visited(directory, "marie")
    (path.parent / "box0" / "new" / "1").write_bytes(buyer_writes())
    kept, readers = Kept(directory.seller("marie"), Contexts()), Readers()

    def write() -> None:
        with closing(Store(load(path).database)) as other:
            while not other.rows("SELECT 1 FROM mails"):
                time.sleep(0.005)       # the visit now starts the child that reads, which takes longer
            other.set_meta("ordered", "amid a visit")

    with ThreadPoolExecutor() as pool:
        ordered = pool.submit(write)
        assert visit(kept, readers).stirred
        ordered.result()
    assert not visit(kept, readers).stirred
    readers.rest(0)
    kept.close()


def test_a_mailbox_that_rests_after_a_failure_still_fails(directory: Directory, tmp_path: Path) -> None:
    path = seller(tmp_path, "marie")
    add(directory, "marie", path, "ici")
    shutil.rmtree(path.parent / "box0")
    kept, readers = Kept(directory.seller("marie"), Contexts()), Readers()
    first = visit(kept, readers)
    assert first.row()["failures"] == 1
    kept.seller = replace(kept.seller, rests=first.rests)
    second = visit(kept, readers)
    assert not second.failures, "it was left alone"
    assert {name: second.row()[name] for name in ("failures", "error")} == {"failures": 1, "error": first.failures[0]}


def silence(directory: Directory) -> None:
    directory.run("UPDATE fleet_shards SET ran = now() - interval '1 hour 30 seconds', made = now() - interval '1 day'")
    directory.run("UPDATE fleet_sellers SET joined = now() - interval '1 day'")


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(["fleet", *words]) == code
    return capsys.readouterr().out


def test_status_counts_sellers_shards_and_deadlines_of_each_host(
        directory: Directory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, host in (("marie", "ici"), ("paul", "ici"), ("zoe", "la-bas")):
        path = seller(tmp_path, name)
        (path.parent / "box0" / "new").mkdir()
        (path.parent / "box0" / "cur").mkdir()
        add(directory, name, path, host)
        visited(directory, name)
    (tmp_path / "marie" / "box0" / "new" / "1").write_bytes(buyer_writes())
    visited(directory, "marie")
    said = json.loads(told(capsys, "status", "--json"))
    assert [(row["host"], row["sellers"], row["mailboxes"], row["shards"]) for row in said["hosts"]] == [
        ("ici", 2, 2, 1), ("la-bas", 1, 1, 1)]
    assert [row["seller"] for row in said["deadlines"]] == ["marie"], "her buyer waits for an answer"
    assert said["hosts"][0]["next_deadline"] == said["deadlines"][0]["due"]
    table = told(capsys, "status")
    assert re.search(r"^ici +2 +2 +1 +0 ", table, re.MULTILINE)
    assert "marie" in table


def test_uncertain_sendings_and_what_is_unread_are_counted(directory: Directory, tmp_path: Path,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    path = seller(tmp_path, "marie")
    for name in ("new", "cur"):
        (path.parent / "box0" / name).mkdir()
    add(directory, "marie", path, "ici")
    (path.parent / "box0" / "new" / "1").write_bytes(buyer_writes())
    visited(directory, "marie")
    (path.parent / "box0" / "new" / "2").write_bytes(buyer_writes(message=2))
    visited(directory, "marie")
    with closing(Store(load(path).database)) as store:
        store.run("UPDATE outbox SET state = 'uncertain', not_before = NULL")
        left = store.row("SELECT count(*) AS count FROM outbox")
    visited(directory, "marie")
    assert left
    assert left["count"]
    assert json.loads(told(capsys, "list", "--json"))[0]["uncertain"] == left["count"]


def test_prometheus_reads_every_line(directory: Directory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(directory, "marie", seller(tmp_path, "marie"), 'ho"st\\')
    text = told(capsys, "status", "--prometheus")
    sample = re.compile(r'^guichet_fleet_[a-z_]+(\{[a-z]+="(?:[^"\\]|\\.)*"(,[a-z]+="[^"]*")*\})? -?[\d.e+-]+$')
    lines = [line for line in text.splitlines() if not line.startswith("# ")]
    assert lines
    assert not [line for line in lines if not sample.match(line)]
    assert 'guichet_fleet_sellers{host="ho\\"st\\\\"} 1' in lines


def test_a_shard_that_has_not_run_is_said_and_ends_with_1(directory: Directory, tmp_path: Path,
                                                          capsys: pytest.CaptureFixture[str]) -> None:
    add(directory, "marie", seller(tmp_path, "marie"), "ici")
    assert json.loads(told(capsys, "status", "--json"))["alarms"] == [], "it was made this minute"
    silence(directory)
    [sentence] = json.loads(told(capsys, "status", "--json", code=1))["alarms"]
    assert "Shard 1 of ici (1 sellers) was not served for 60 minutes" in sentence
    assert "guichet_fleet_shards_silent 1" in told(capsys, "status", "--prometheus", code=1)


def test_the_agency_is_told_by_mail_once_and_when_it_is_over(directory: Directory, tmp_path: Path,
                                                             smtp: SmtpServer) -> None:
    add(directory, "marie", seller(tmp_path, "marie"), "la-bas")
    box = "us.0@boutique.example"
    smtp.users[box] = "secret"
    path = seller(tmp_path, "us")
    (path.parent / "password").write_text("secret")
    shutil.copy(smtp.ca_file, path.parent / "ca.pem")
    path.write_text(path.read_text() + (
        f'smtp = {{ host = "localhost", port = {smtp.port}, security = "starttls" }}\nuser = "{box}"\n'
        'password_file = "password"\nca_file = "ca.pem"\n'))
    add(directory, "us", path, "ici", agency=True)
    silence(directory)
    directory.run("UPDATE fleet_shards SET ran = now() WHERE host = 'ici'")
    before = len(smtp.mails)
    watching.alarm(directory, "ici")
    watching.alarm(directory, "ici")
    mails = [mail for mail in smtp.mails[before:] if mail.sender == box]
    assert len(mails) == 1
    directory.run("UPDATE fleet_shards SET ran = now()")
    watching.alarm(directory, "ici")
    assert len([mail for mail in smtp.mails[before:] if mail.sender == box]) == 2


def test_the_agency_is_told_where_apprise_leads_when_no_mail_can_leave(
        directory: Directory, tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHET_APPRISE", f"json://127.0.0.1:{web.port}/agency")
    add(directory, "marie", seller(tmp_path, "marie"), "la-bas")
    add(directory, "us", seller(tmp_path, "us", more='[alarm]\napprise_env = "GUICHET_APPRISE"\n'), "ici", agency=True)
    silence(directory)
    directory.run("UPDATE fleet_shards SET ran = now() WHERE host = 'ici'")
    watching.alarm(directory, "ici")
    watching.alarm(directory, "ici")
    [(asked, body)] = web.asked
    assert asked == "POST /agency"
    assert b"shard 1" in body.lower()
    assert b"la-bas" in body


def test_the_commands_of_the_page_work_as_it_shows_them(directory: Directory, tmp_path: Path,
                                                        monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("marie", "us"):
        seller(tmp_path / "sellers", name)
    typed = [call for block in fenced("console") if block.page == "docs/fleet.md"
             for call in calls(block.text.replace("$ ", "").replace("# ", ""))]
    assert len(typed) > 8
    for call in typed:
        if call[:2] == ["fleet", "worker"]:
            continue        # it runs until it is stopped: test_working.py starts some
        assert main(call) == 0, (call, capsys.readouterr())
