"""Many sellers on real servers: each his folder and his mailbox on Dovecot, one SMTP server, one directory of them all.

    crowd.add(200)
    worker = crowd.worker()
    crowd.write_to(name); crowd.until(lambda: ..., 60)
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.core.event import Kind
from bot.edges.clock import now
from bot.edges.store import Row, Store, iso
from bot.fleet.addressing import address
from bot.fleet.directory import Directory
from bot.fleet.joining import add
from bot.fleet.working import Worker
from bot.guichet import Guichet
from bot.pipeline import order
from bot.resolving import LOOKS
from bot.settings import Settings, load
from tests.canaries import PASSWORD, nothing_in
from tests.servers import shop
from tests.servers.dovecot import Dovecot
from tests.servers.shop import ROOT, SETTINGS
from tests.servers.smtp import Received, SmtpServer

LETTER = ROOT / "bot" / "marketplaces" / "amazon" / "samples" / "buyer_wrote_fr_order.eml"
SELLER = "marie@boutique.example"
PLACE = "ici"


class Crowd:
    """The sellers of one test, and the programs that serve them."""

    def __init__(self, folder: Path, dovecot: Dovecot, smtp: SmtpServer, dsn: str) -> None:
        self.folder, self.dovecot, self.smtp, self.dsn = folder, dovecot, smtp, dsn
        self.directory = Directory(address(dsn, None))
        self.workers: list[subprocess.Popen[bytes]] = []
        self.names: list[str] = []
        smtp.on_keep = self._come_back
        (folder / "ca.pem").write_text(dovecot.ca_file.read_text() + Path(smtp.ca_file).read_text())

    # ---- sellers

    def mailbox(self, name: str) -> str:
        return f"{name}-{self.folder.name[-12:].lower().replace('_', '-')}@boutique.example"

    def make(self, name: str, *, digest: str = "off", password: str = PASSWORD, also: str = "",
             port: int = 0) -> Path:
        """Make a seller's folder and mailbox; return his settings. `port`: of another way to Dovecot."""
        home, box = self.folder / "sellers" / name, self.mailbox(name)
        home.mkdir(parents=True)
        self.dovecot.add(box, password)
        self.smtp.users[box] = password
        settings = home / "mailboxes.toml"
        lines = shop.box(box, self.dovecot, self.smtp).replace('"ca.pem"', f'"{self.folder / "ca.pem"}"')
        if port:
            lines = lines.replace(f'port = {self.dovecot.ports["imaps"]}', f"port = {port}")
        settings.write_text(SETTINGS.format(seller=SELLER, box=lines, policy=f'digest = "{digest}"') + also)
        return settings

    def add(self, count: int) -> None:
        for number in range(len(self.names), len(self.names) + count):
            self.enter(f"s{number}")

    def enter(self, name: str, **more: Any) -> None:
        add(self.directory, name, self.make(name, **more), PLACE)
        self.names.append(name)

    def settings(self, name: str) -> Settings:
        return load(self.directory.seller(name).path)

    def write_to(self, name: str, *abouts: int) -> None:
        """Deliver buyers' mails, each its own for each seller and number."""
        self.dovecot.deliver(self.mailbox(name), *(self._letter(name, about) for about in abouts or (0,)))

    def _letter(self, name: str, about: int) -> bytes:
        raw = re.sub(rb"^Date: .*$", b"Date: " + format_datetime(datetime.now(UTC)).encode(), LETTER.read_bytes(),
                     count=1, flags=re.MULTILINE)
        raw = re.sub(rb"^(Message-I[Dd]: <)", rb"\g<1>%d-%s-" % (about, name.encode()), raw, count=1,
                     flags=re.MULTILINE)
        if about:       # the same words again would be known as the twin of what was read
            raw = re.sub(rb"\d{3}-\d{7}-\d{7}", b"404-%07d-0000000" % about, raw)
        return raw

    def rows(self, name: str, query: str) -> list[Row]:
        with closing(Store(self.settings(name).database)) as store:
            return list(store.rows(query))

    def change(self, name: str, query: str, *values: Any) -> None:
        """Write into a seller's database unseen: his worker looks at when it was changed."""
        path = self.settings(name).database
        files = [(one, one.stat()) for one in (path, path.with_name(path.name + "-wal")) if one.exists()]
        with closing(Store(path)) as store:
            store.run(query, *values)
        for one, told in files:
            if one.exists():
                os.utime(one, ns=(told.st_atime_ns, told.st_mtime_ns))

    def approve(self, name: str, state: str = "draft") -> None:
        """Give the seller's yes to his draft, or to its being sent again, as the terminal does."""
        settings = self.settings(name)
        with closing(Store(settings.database)) as store:
            [row] = store.rows("SELECT * FROM outbox WHERE what = 'reply' AND state = ?", state)
            case = store.case_by_number(row["case_id"])
            assert case
            with store.write_tx():
                order(Guichet(settings, store), Kind.DRAFT_APPROVED, case, now(), source="terminal", row=row)

    def settle(self, names: list[str]) -> None:
        """Let a quarter of an hour pass for replies still looked for: their sellers are asked, and send them again."""
        for name in names:
            with closing(Store(self.settings(name).database)) as store:
                store.run("UPDATE outbox SET changed = ?, not_before = NULL WHERE state = 'transmitting'",
                          iso(now() - LOOKS[-1]))
        asked = "SELECT 1 AS one FROM outbox WHERE what = 'reply' AND state = 'uncertain'"
        still = "SELECT 1 AS one FROM outbox WHERE state IN ('ready', 'transmitting', 'uncertain')"
        for name in names:
            self.until(partial(self.rows, name, asked), 120, "a question to the seller")
            self.until(partial(self._asked, name), 120, "the question, sent")
            self.approve(name, "uncertain")
        self.until(lambda: not any(self.rows(name, still) for name in self.names), 180, "an end of every sending")

    def _asked(self, name: str) -> bool:
        return self.notices()[self.mailbox(name)] == 2

    # ---- what left

    def notices(self) -> Counter[str]:
        """Count the mails to sellers, by whose mailbox they left from."""
        return Counter(mail.sender for mail in list(self.smtp.mails) if mail.recipient == SELLER)

    def replies(self) -> Counter[str]:
        return Counter(mail.sender for mail in list(self.smtp.mails) if mail.recipient != SELLER)

    def _come_back(self, mail: Received) -> None:
        for other in {mail.recipient, *mail.others} & self.dovecot.passwords.keys():
            self.dovecot.deliver(other, mail.raw)

    # ---- programs

    def worker(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"worker{len(self.workers)}.log").open("wb") as log:
            started = subprocess.Popen(
                [sys.executable, str(ROOT / "run_bot.py"), "fleet", "worker", "--host", PLACE, *words],
                cwd=self.folder, env=self._environment(), stdout=log, stderr=log)
        self.workers.append(started)
        return started

    def fleet(self, *words: str, code: int = 0) -> str:
        """Run a command of the fleet to its end; return what it printed."""
        done = subprocess.run([sys.executable, str(ROOT / "run_bot.py"), "fleet", *words], cwd=self.folder,
                              env=self._environment(), capture_output=True, text=True, timeout=100)
        assert nothing_in((done.stdout, done.stderr)), "a secret was printed"
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def listed(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.fleet(*words, "--json", code=code))

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LANG": "en_GB.UTF-8", "GUICHET_FLEET": self.dsn, "VENTES_PASSWORD": PASSWORD,
                "PYTHONDONTWRITEBYTECODE": "1"}

    def run_task(self, name: str) -> None:
        """Have a task run now that comes by the clock, by whoever tends the queue."""
        app = Worker(address(self.dsn, None), PLACE, 1, None).app()
        with app.open():
            app.configure_task(name, queue=f"tending {PLACE}").defer(timestamp=0)

    def log(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("worker*.log")))

    def until(self, so: Callable[[], Any], seconds: float, what: str) -> Any:
        """Wait until something is so; fail if it is not within a generous time."""
        until = time.monotonic() + seconds
        while not (found := so()):
            assert time.monotonic() < until, f"{what} was expected within {seconds} s\n{self.log()[-6000:]}"
            time.sleep(0.2)
        return found

    def until_visited(self, seconds: float = 120.0) -> None:
        """Wait until each seller's first, empty look is done: what comes from then on is new."""
        self.until(lambda: all(row["last_read"] or row["failures"] for row in self.directory.everyone()), seconds,
                   "a visit to everyone")

    def served_by(self) -> dict[int, int]:
        """Return which process serves each shard."""
        return {row["number"]: int(row["worker"].split("/")[1]) for row in
                self.directory.rows("SELECT number, worker FROM fleet_shards WHERE worker != ''")}

    def close(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(30)
            worker.kill()
            worker.wait()
        self.directory.close()


def crowd_of(folder: Path, dovecot: Dovecot, dsn: str) -> Iterator[Crowd]:
    with SmtpServer(users={}, security="starttls") as smtp:
        crowd = Crowd(folder, dovecot, smtp, dsn)
        crowd.directory.make()
        try:
            yield crowd
        finally:
            crowd.close()
    assert nothing_in((crowd.log(),)), "a secret was logged"
