"""A pass that would find nothing is a glance: it touches no database. Whatever stands otherwise makes it a pass."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import errands, foreseeing
from bot.edges import clock
from bot.edges.knock import OtherwiseError, knock
from bot.edges.store import Store, iso
from bot.glancing import CARD, glance
from bot.guichet import Guichet
from bot.living import silences
from bot.settings import Settings, load
from bot.working import BUSY, FAILED, OK, plainly
from tests.maildirs import SELLER, maildir_in
from tests.servers.dovecot import Dovecot
from tests.servers.web import Web
from tests.world import buyer_writes

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = SELLER + """
[[mailbox]]
name = "ventes"
address = "ventes@boutique.example"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Marie's folder; a pass by cron, and whether it was one."""

    folder: Path

    @property
    def user(self) -> str:
        return f"{self.folder.name}@boutique.example"

    @property
    def path(self) -> Path:
        return self.folder / "mailboxes.toml"

    @property
    def settings(self) -> Settings:
        return load(self.path)

    def once(self) -> int | None:
        return plainly(["once", "--config", str(self.path)])

    def only_glanced(self) -> bool:
        """Let cron come by; say whether it left the card where it was."""
        before, code = self.card.stat().st_ino, self.once()
        return code == OK and self.card.exists() and self.card.stat().st_ino == before

    @property
    def card(self) -> Path:
        return self.folder / "data" / CARD

    def asked(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "data" / "guichet.db")) as database:
            return database.execute(sql).fetchall()


@pytest.fixture(autouse=True)
def early_in_the_hour() -> Iterator[None]:
    """No test here begins just before an hour ends, and with it each card."""
    clock.set_ahead(timedelta(minutes=(70 - datetime.now(UTC).minute) % 60))
    yield
    clock.set_ahead(timedelta())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with an empty Maildir, of which the last pass left a card."""
    maildir_in(tmp_path / "mail")
    return settled(Shop(folder=tmp_path), 'maildir = "mail"\n')


@pytest.fixture
def online(tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The same on a mail server, over TLS."""
    monkeypatch.setenv("VENTES_PASSWORD", "secret")
    shop = Shop(folder=tmp_path)
    dovecot.add(shop.user, "secret")
    return settled(shop, f'user = "{shop.user}"\npassword_env = "VENTES_PASSWORD"\n'
                   f'ca_file = "{dovecot.ca_file}"\n'
                   f'imap = {{ host = "localhost", port = {dovecot.ports["imaps"]} }}\n')


def settled(shop: Shop, more: str, of: str = SETTINGS) -> Shop:
    shop.path.write_text(of + more, "utf-8")
    os.utime(shop.path, (0, 0))     # long before the pass that reads it
    for _ in range(2):              # the first makes the database, the second looks it over
        assert shop.once() == OK
    assert shop.card.exists()
    return shop


def test_what_stands_as_it_did_is_only_glanced_at(shop: Shop) -> None:
    assert [shop.only_glanced() for _ in range(3)] == [True, True, True]


def test_a_glance_leaves_the_database_alone(online: Shop) -> None:
    database = (online.folder / "data" / "guichet.db").stat()
    assert online.only_glanced()
    after = (online.folder / "data" / "guichet.db").stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_ino) == (
        database.st_mtime_ns, database.st_ctime_ns, database.st_ino)


def loaded_by(shop: Shop) -> set[str]:
    """Return what a program of its own loads for a glance, beside what Python loads for itself."""
    until = f"until\t{clock.seconds() + 86_400}"     # its clock is not ahead
    shop.card.write_text(re.sub(r"(?m)^until.*", until, shop.card.read_text("utf-8")), "utf-8")
    before = shop.card.stat().st_ino
    names = [set(re.findall(r"(?m)^import time: .*\| +([\w.]+)$", subprocess.run(
        [sys.executable, "-X", "importtime", *said], capture_output=True, text=True, check=True).stderr))
        for said in ((str(ROOT / "run_bot.py"), "once", "--config", str(shop.path)), ("-c", "pass"))]
    assert shop.card.stat().st_ino == before, "it was a pass"
    return names[0] - names[1]


LEAN = {"bot", "bot.working", "bot.core", "bot.core.errors", "bot.edges", "bot.edges.clock", "bot.glancing"}


def test_a_glance_loads_hardly_more_than_itself(shop: Shop) -> None:
    assert loaded_by(shop) <= LEAN | {"__future__", "fcntl", "ntpath", "nturl2path"}


def test_a_glance_at_a_mail_server_loads_no_library_for_mail_nor_for_settings_or_database(online: Shop) -> None:
    loaded = loaded_by(online)
    assert {name for name in loaded if name.startswith("bot")} == {*LEAN, "bot.edges.knock"}
    assert not loaded & {"imaplib", "imapclient", "sqlite3", "tomllib", "dataclasses", "logging", "pathlib", "typing",
                         "inspect", "json", "email", "datetime", "threading", "subprocess", "random", "encodings.idna"}


def test_a_mail_that_came_is_fetched_by_the_next_pass(online: Shop, dovecot: Dovecot) -> None:
    assert online.only_glanced()
    dovecot.deliver(online.user, buyer_writes())
    assert not online.only_glanced()
    assert online.asked("SELECT count(*) FROM mails") == [(1,)]


def test_a_mail_in_a_maildir_is_fetched_by_the_next_pass(shop: Shop) -> None:
    (shop.folder / "mail" / "new" / "1795000000.M1P1.marie").write_bytes(buyer_writes())
    assert not shop.only_glanced()
    assert shop.asked("SELECT count(*) FROM mails") == [(1,)]


def test_a_folder_numbered_anew_is_looked_through(online: Shop, dovecot: Dovecot) -> None:
    before = online.asked("SELECT uidvalidity FROM folders")
    dovecot.lose_numbers(online.user)
    online.once()
    assert online.asked("SELECT uidvalidity FROM folders") != before


def test_every_folder_and_every_mailbox_is_asked(tmp_path: Path, dovecot: Dovecot,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENTES_PASSWORD", "secret")
    boxes = ""
    for name in ("ventes", "contact"):
        dovecot.add(f"{name}@two.example", "secret")
        with dovecot.client(f"{name}@two.example") as phone:
            phone.create_folder("Réclamations")
        boxes += (f'\n[[mailbox]]\nname = "{name}"\naddress = "{name}@two.example"\nuser = "{name}@two.example"\n'
                  f'password_env = "VENTES_PASSWORD"\nfolders = ["INBOX", "Réclamations"]\n'
                  f'imap = {{ host = "127.0.0.1", port = {dovecot.ports["imap"]}, security = "plain" }}\n')
    shop = settled(Shop(folder=tmp_path), boxes, of=SELLER)
    assert shop.only_glanced()
    with dovecot.client("contact@two.example") as phone:
        phone.append("Réclamations", buyer_writes())
    assert not shop.only_glanced()
    assert shop.asked("SELECT mailbox, folder FROM places") == [("contact", "Réclamations")]


def write_a_row(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.folder / "data" / "guichet.db")) as database:
        database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('order', 'ship')")
        database.commit()


def keep_a_log(shop: Shop) -> None:
    """Write, and die before the log is folded back."""
    if not os.fork():
        database = sqlite3.connect(shop.folder / "data" / "guichet.db")
        database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('order', 'ship')")
        database.commit()
        os._exit(0)
    os.wait()


def edit_settings(shop: Shop) -> None:
    shop.path.write_text(shop.path.read_text("utf-8") + "\n# a remark\n", "utf-8")


def write_own_words(shop: Shop) -> None:
    (shop.folder / "templates").mkdir()


def let_the_hour_pass(_shop: Shop) -> None:
    clock.set_ahead(timedelta(minutes=(70 - datetime.now(UTC).minute) % 60, hours=1))


def set_the_clock_back(_shop: Shop) -> None:
    clock.set_ahead(timedelta(hours=-3))


def spoil_the_card(shop: Shop) -> None:
    shop.card.write_text(shop.card.read_text("utf-8")[:60], "utf-8")


def come_from_another_program(shop: Shop) -> None:
    shop.card.write_text(shop.card.read_text("utf-8").replace("glance 1", "glance 0"), "utf-8")


def ask_for_a_killpoint(_shop: Shop) -> None:
    os.environ["GUICHET_PASSED"] = os.devnull


@pytest.mark.parametrize("change", [
    write_a_row, keep_a_log, edit_settings, write_own_words, let_the_hour_pass, set_the_clock_back, spoil_the_card,
    come_from_another_program, ask_for_a_killpoint])
def test_whatever_changed_makes_it_a_pass(shop: Shop, change: Callable[[Shop], None],
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHET_PASSED", "")
    monkeypatch.delenv("GUICHET_PASSED")
    assert shop.only_glanced()
    change(shop)
    assert not glance(str(shop.path))
    os.environ.pop("GUICHET_PASSED", None)


def test_another_run_at_work_is_told_as_ever(shop: Shop) -> None:
    from bot.loop import alone_on

    with alone_on(shop.folder / "data"):
        assert shop.once() == BUSY


def test_a_password_turned_away_and_a_server_gone_are_told_as_ever(
        online: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VENTES_PASSWORD", "another")
    assert online.once() == FAILED
    assert "refused the log-in" in capfd.readouterr().err
    assert not online.card.exists(), "what failed is no ground to look less"


def test_json_and_the_code_are_those_of_a_pass(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["once", "--json", "--config", str(shop.path)]
    assert glance(str(shop.path))
    assert plainly(arguments) == OK
    glanced = capfd.readouterr()
    shop.card.unlink()
    assert plainly(arguments) == OK
    assert capfd.readouterr() == glanced


def test_a_glance_is_a_sign_of_life(shop: Shop) -> None:
    (shop.folder / "data" / "heartbeat").unlink()
    assert shop.only_glanced()
    told = json.loads((shop.folder / "data" / "heartbeat").read_text("utf-8"))
    assert list(told) == ["at", "pinged", "mailboxes"]
    assert told["mailboxes"] == {"ventes": told["at"]}
    assert abs(datetime.fromisoformat(told["at"]) - clock.now()) < timedelta(minutes=1)


def test_who_asks_whether_it_lives_hears_of_glances_too(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.folder / "data" / "guichet.db")) as database:
        database.execute("UPDATE folders SET looked = ?", (iso(clock.now() - timedelta(minutes=50)),))
        database.commit()
    assert silences(shop.settings, clock.now()) == []


def test_a_ping_goes_with_a_glance_and_one_that_fails_makes_it_a_pass(shop: Shop, web: Web) -> None:
    text = shop.path.read_text("utf-8").replace("[[mailbox]]", f'ping = "http://127.0.0.1:{web.port}/x"\n[[mailbox]]')
    shop.path.write_text(text, "utf-8")
    os.utime(shop.path, (0, 0))
    shop.once()
    asked = len(web.asked)
    os.utime(shop.card, (clock.seconds(),) * 2)
    assert not glance(str(shop.path)), "one a minute is enough"
    os.utime(shop.card, (clock.seconds() - 90,) * 2)
    assert glance(str(shop.path))
    assert len(web.asked) == asked + 1
    web.status = 500
    os.utime(shop.card, (clock.seconds() - 90,) * 2)
    assert not glance(str(shop.path))


# ---- what a card may say


def test_every_errand_is_asked_before_a_card_is_written() -> None:
    """Whoever adds an errand puts its question before it by `when`, and so here."""
    asked = {question.__name__ for question in errands.QUESTIONS}
    assert asked == {"sending", "alarms", "mails", "first_look", "drift", "digest", "rating", "calendar", "clock",
                     "echo", "unknown", "copy", "retiring"}


def test_a_deadline_within_the_hour_ends_the_card_before_it(shop: Shop) -> None:
    look = clock.now() + timedelta(minutes=20)
    with closing(Store(shop.folder / "data" / "guichet.db")) as store:
        store.run("INSERT INTO cases (id, marketplace, shop, reference, mailbox, kind, stage, turn, opened, origin)"
                  " VALUES (1, 'amazon', '', 'x', 'ventes', 'buyer_wrote', 'open', 'seller', ?, 'proven')",
                  iso(clock.now()))
        store.run("INSERT INTO deadlines (case_id, name, due, who, stated, rule, source, why, started, look)"
                  " VALUES (1, 'answer', ?, 'seller', 0, '', '', '', ?, ?)",
                  iso(look), iso(clock.now()), iso(look))
        guichet = Guichet(shop.settings, store)
        until = foreseeing._quiet_until(guichet, clock.now())
    assert look - foreseeing.STEP <= until <= look


def test_while_something_is_wrong_no_card_is_written(shop: Shop) -> None:
    with closing(Store(shop.folder / "data" / "guichet.db")) as store:
        store.run("INSERT INTO alarms (name, sentence, since, due) VALUES ('thread:x', 'broken', ?, ?)",
                  iso(clock.now()), iso(clock.now() + timedelta(days=2)))
    shop.once()
    assert not shop.card.exists()


def test_settings_written_while_a_pass_began_leave_no_card(shop: Shop) -> None:
    os.utime(shop.path)
    began = clock.seconds() - (clock.seconds() - shop.path.stat().st_mtime)
    shop.card.unlink()
    foreseeing.foresee(shop.settings, began)
    assert not shop.card.exists()
    foreseeing.foresee(shop.settings, began + 60)
    assert shop.card.exists()


def test_the_clock_hears_until_when_the_card_stood_in_for_it(shop: Shop) -> None:
    then = (clock.now() - timedelta(minutes=30)).timestamp()
    with closing(Store(shop.folder / "data" / "guichet.db")) as store:
        for name in ("ticked", "clock"):
            store.set_meta(name, iso(clock.now() - timedelta(minutes=80)))
    os.utime(shop.card, (then, then))
    used = foreseeing.forget(shop.settings)
    with closing(Store(shop.folder / "data" / "guichet.db")) as store:
        foreseeing.hand_over(store, used)
        assert [store.meta(name) for name in ("ticked", "clock")] == [clock.written(then)] * 2
        foreseeing.hand_over(store, used - 600)
        assert store.meta("ticked") == clock.written(then), "time does not go back"


# ---- the knock itself


def knocks(port: int, security: str = "tls", ca_file: str = "", password: str = "secret") -> None:
    for _ in knock("localhost", port, security, "nobody@safe.example", password, ca_file, [('"INBOX"', "1", "1")]):
        pass


def test_no_password_is_given_to_whom_the_certificate_does_not_prove(dovecot: Dovecot) -> None:
    dovecot.add("nobody@safe.example", "secret")
    for security, port in (("tls", dovecot.ports["imaps"]), ("starttls", dovecot.ports["imap"])):
        with pytest.raises(OSError, match="certificate"):
            knocks(port, security)
    assert "nobody@safe.example" not in dovecot.log()


@pytest.fixture
def liar() -> Iterator[Callable[[bytes], int]]:
    """A server that greets, says something to each line, and keeps what it heard."""
    servers: list[socket.socket] = []

    def start(answer: bytes) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=_lie, args=(server, answer), daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in servers:
        server.close()


def _lie(server: socket.socket, answer: bytes) -> None:
    line, _ = server.accept()
    with line, suppress(ConnectionError):
        line.sendall(b"* OK here\r\n")
        while line.recv(4096):
            line.sendall(answer)


@pytest.mark.parametrize("answer", [
    b"L NO wrong\r\n", b"L BAD what\r\n", b"* BYE too many\r\n", b"L OK [ALERT] {12}\r\n", b"* OK\r\n" * 20_000,
    b"L OK in\r\nF OK [READ-ONLY] done\r\nZ OK\r\n",
    b"L OK in\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 2] x\r\nF OK done\r\n",
    b"L OK in\r\n* OK [UIDVALIDITY 2] x\r\n* OK [UIDNEXT 1] x\r\nF OK done\r\n",
    b"L OK in\r\n* OK [UIDVALIDITY 11] x\r\n* OK [UIDNEXT 1] x\r\nF OK done\r\n",
    b"T OK go on\r\n* OK more\r\n"])
def test_whatever_is_not_as_expected_is_left_to_the_careful_look(liar: Callable[[bytes], int], answer: bytes) -> None:
    with pytest.raises(OtherwiseError):
        knocks(liar(answer), "starttls" if answer.startswith(b"T") else "plain")


def test_a_password_that_no_quoted_string_holds_is_left_to_the_careful_look(liar: Callable[[bytes], int]) -> None:
    with pytest.raises(OtherwiseError):
        knocks(liar(b"L OK\r\n"), "plain", password="clé\r\nZ")
