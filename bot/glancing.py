"""A glance: does all stand as the last pass left it, and is nothing due yet? Then a pass has nothing to do.

Cron starts `once` day and night, and most passes find nothing. A pass that ended well leaves a card (`foreseeing`
writes it): until when nothing can be due, how the files stood that it looked at, and each mailbox's numbers. Where all
of that still holds the glance gives the sign of life and the program ends; whatever else, and the pass takes its way.

Loads as little as it can: each module more is a twentieth of what such a pass costs, so no dataclasses, pathlib or
typing here.
"""

from __future__ import annotations

import fcntl
import os

from bot.edges import EdgeError
from bot.edges.clock import seconds, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CARD = "glance"             # in the data folder
FORM = "glance 1"           # of the card; another one is not understood
NOW = "\x1f"                # stands in the card's heartbeat where the time is to stand
MIXED = "\t"                # between the fields of a line; no setting holds a control character
ENOUGH = 250 * 2**20        # bytes free; with less the pass looks itself, and may have to tell
PING_EVERY = 60.0           # seconds

Card = dict[str, list[list[str]]]   # lines by their first word


def glance(settings: str) -> bool:
    """Say whether there is nothing to do, and give the sign of life then.

    Raises nothing: what goes wrong here goes wrong again in the pass, which says so.
    """
    try:
        data = _beside(settings)
        card = _read(data)
        with open(os.path.join(data, "lock"), "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _holds(card, settings, data) and _all_quiet(card, settings) and _holds(card, settings, data) \
                and _live(card, data)
    except (EdgeError, OSError, ValueError, LookupError):
        return False


def _beside(settings: str) -> str:
    """Return what `data` names, looked for by eye. A wrong guess costs a pass: the card says whose it is."""
    said = "data"
    with open(settings, encoding="utf-8") as file:
        for line in file:
            key, equals, value = line.partition("=")
            if equals and key.strip() == "data":
                said = value.strip()[1:].partition(value.strip()[0])[0]
                break
    return os.path.join(os.path.dirname(os.path.abspath(settings)), os.path.expanduser(said))


def _read(data: str) -> Card:
    card: Card = {}
    with open(os.path.join(data, CARD), encoding="utf-8") as file:
        if file.readline().rstrip("\n") != FORM:
            raise LookupError(CARD)
        for line in file:
            name, *fields = line.rstrip("\n").split(MIXED)
            card.setdefault(name, []).append(fields)
    return card


def _holds(card: Card, settings: str, data: str) -> bool:
    """Say whether it is not too late for the card, and every file stands as it says."""
    used = os.stat(os.path.join(data, CARD)).st_mtime
    [[until]], [[ping]] = card["until"], card["ping"]
    if not used - 1 <= seconds() < float(until) or (ping and seconds() - used < PING_EVERY):
        return False
    room = os.statvfs(data)
    return (room.f_bavail * room.f_frsize >= ENOUGH and not os.path.exists(os.path.join(data, "moved"))
            and "GUICHET_KILL" not in os.environ and "GUICHET_PASSED" not in os.environ
            and all(stands(path) == said for path, said in card["file"])
            and card["settings"] == [[os.path.abspath(settings)]])


def stands(path: str) -> str:
    """Return what changes with a file or a folder; the database's log, while it is empty, is as good as none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return ""
    if path.endswith("-wal") and not found.st_size:
        return ""
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns}"


def _all_quiet(card: Card, settings: str) -> bool:
    """Knock at every mailbox, all at the same time; raise where one is not as it was."""
    waiting = [_asked(line, settings) for line in card.get("imap", ())]
    while waiting:
        waiting = [one for one in waiting if next(one, waiting) is not waiting]
    return True


def _asked(line: list[str], settings: str) -> Iterator[None]:
    from bot.edges.knock import knock

    host, port, security, user, key, said, ca_file, *folders = line
    return knock(host, int(port), security, user, _secret(key, said, settings), ca_file,
                 list(zip(folders[::3], folders[1::3], folders[2::3], strict=True)))


def _secret(key: str, said: str, settings: str) -> str:
    """Return a password as settings.Reference finds it; raises where it is not there."""
    if key == "password_env":
        return os.environ[said].rstrip("\r\n")
    beside = os.path.dirname(os.path.abspath(settings))
    for folder in (beside, os.environ.get("CREDENTIALS_DIRECTORY") or beside):
        try:
            with open(os.path.join(folder, os.path.expanduser(said)), encoding="utf-8") as file:
                return file.read().rstrip("\r\n")
        except (FileNotFoundError, NotADirectoryError):
            continue
    raise LookupError(key)


def _live(card: Card, data: str) -> bool:
    """Give the sign of life, and touch the card: it tells the next pass when all was looked at last."""
    [[told]], [[address]], path = card["beat"], card["ping"], os.path.join(data, "heartbeat")
    if address:
        from bot.edges.ping import ping

        ping(address)
    os.utime(os.path.join(data, CARD))
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(told.replace(NOW, written(seconds())) + "\n")
    os.replace(f"{path}.new", path)
    return True
