"""Where the fleet's directory is. Its secret is named, never typed: what is typed stands in `ps` and in the history."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.edges import EdgeError
from bot.words import say

VARIABLE, PASSWORD_FILE = "GUICHET_FLEET", "GUICHET_FLEET_PASSWORD_FILE"
PATIENCE = 10           # seconds for a connection to PostgreSQL


class FleetError(EdgeError):
    """The fleet's directory cannot be reached, or does not know what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the directory is; `dsn` may hold a password, and so is in no repr."""

    dsn: str = field(repr=False)
    password_file: Path | None = None

    def conninfo(self) -> str:
        """Return what libpq is given. The file is read anew each time, so that a changed password needs no restart.

        Raises:
            FleetError: the address is none, or its password cannot be read.
        """
        from psycopg.conninfo import make_conninfo

        more: dict[str, Any] = {"connect_timeout": PATIENCE, "application_name": "guichet"}
        if self.password_file:
            more["password"] = _password(self.password_file)
        return str(make_conninfo(**{**more, **_parsed(self.dsn), **more}))


def address(typed: str | None, password_file: Path | None) -> Address:
    """Return the address that was typed, or that the environment names.

    Raises:
        FleetError: there is none, it is no address, or the one typed holds a password.
    """
    said = typed or os.environ.get(VARIABLE, "")
    if not said:
        raise FleetError(say("Say where the fleet's directory is: --dsn, or the environment variable {name}, such as "
                             "\"host=/var/run/postgresql dbname=guichet\"", name=VARIABLE), permanent=True)
    if "password" in _parsed(said) and typed:
        raise FleetError(say("What is typed can be read by others of this machine: take the password out of --dsn, "
                             "and name a file with --password-file, or put the whole into {name}", name=VARIABLE),
                         permanent=True)
    named = password_file or (Path(found) if (found := os.environ.get(PASSWORD_FILE)) else None)
    return Address(dsn=said, password_file=named)


def _parsed(dsn: str) -> dict[str, Any]:
    """Return the parts of an address. libpq's own sentence for a wrong one repeats it, password and all."""
    _must_be_installed()
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(dsn))
    except Error:
        raise FleetError(say("The address of the fleet's directory cannot be understood: write it as "
                             "\"host=/var/run/postgresql dbname=guichet\" or \"postgresql://host/guichet\""),
                         permanent=True) from None


def _must_be_installed() -> None:
    from importlib.util import find_spec

    if not (find_spec("psycopg") and find_spec("procrastinate")):
        raise FleetError(say("A fleet needs procrastinate and psycopg: install them with "
                             "`.venv/bin/pip install -r requirements-fleet.txt`"), permanent=True)


def _password(path: Path) -> str:
    try:
        found = path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FleetError(say("The password file {path} cannot be read: write the password into it, alone on one line",
                             path=path), permanent=True) from error
    if not found:
        raise FleetError(say("The password file {path} is empty: write the password into it, alone on one line",
                             path=path), permanent=True)
    return found
