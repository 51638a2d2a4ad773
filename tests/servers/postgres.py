"""A private PostgreSQL: own folder, own socket, no port; the one of the machine, if there is one, is never touched.

    with Postgres() as postgres:
        postgres.dsn                    # "host=/tmp/… dbname=postgres"
        postgres.stop(); postgres.start()
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

import pytest

# Debian keeps each version's programs apart, and none on the PATH.
FOLDERS = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=lambda path: int(path.parent.name), reverse=True)
PROGRAM = shutil.which("initdb", path=os.pathsep.join([*map(str, FOLDERS), os.environ.get("PATH", "")]))
NEEDED = "These tests need PostgreSQL's own programs: apt-get install postgresql"


def owner() -> pwd.struct_passwd:
    """Return who may own it: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


class Postgres:
    """One instance. `dsn` needs no password; `dsn_of` names another of its databases."""

    def __init__(self) -> None:
        assert PROGRAM, NEEDED
        self.programs = Path(PROGRAM).parent
        self.home = Path(mkdtemp(prefix="postgres-"))
        self.owner = owner()
        self._made = 0

    @property
    def dsn(self) -> str:
        return self.dsn_of("postgres")

    def dsn_of(self, database: str) -> str:
        return f"host={self.home} user={self.owner.pw_name} dbname={database}"

    def __enter__(self) -> Self:
        self.home.chmod(0o755)
        if os.getuid() == 0:
            os.chown(self.home, self.owner.pw_uid, self.owner.pw_gid)
        try:
            self._run("initdb", "-D", str(self.home / "db"), "-A", "trust", "-E", "UTF8", "--no-sync")
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        options = f"-k {self.home} -c listen_addresses='' -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-D", str(self.home / "db"), "-l", str(self.home / "log"), "-w", "-o", options, "start")

    def stop(self) -> None:
        """Throw everybody out and stop."""
        self._run("pg_ctl", "-D", str(self.home / "db"), "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """End it as a machine's fault would; what it had promised is in its journal."""
        pid = int(re.split(r"\s", (self.home / "db" / "postmaster.pid").read_text())[0])
        os.kill(pid, signal.SIGQUIT)        # its own "immediate": SIGKILL would leave its children and shared memory
        self._run("pg_ctl", "-D", str(self.home / "db"), "-m", "immediate", "-w", "stop", check=False)

    def database(self) -> str:
        """Make an empty database; return where it is."""
        self._made += 1
        self._run("createdb", "-h", str(self.home), f"fleet{self._made}")
        return self.dsn_of(f"fleet{self._made}")

    def _run(self, program: str, *words: str, check: bool = True) -> None:
        drop: dict[str, Any] = {}
        if os.getuid() == 0:
            drop = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        subprocess.run([str(self.programs / program), *words], check=check, cwd=self.home, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
                       env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **drop)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for all tests of a worker; each test takes a database of its own."""
    if PROGRAM is None:
        pytest.skip(NEEDED)
    with Postgres() as server:
        yield server
