"""Files for the seller's other programs: a spreadsheet, a calendar. Whole or not at all, and his alone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bot.edges import EdgeError
from bot.words import say

__all__ = ["PaperError", "write"]


class PaperError(EdgeError):
    """A file could not be written; what stood there is as it was."""


def write(path: Path, text: str) -> None:
    """Put a text in the place of a file in one stroke, UTF-8, line ends as given; its rights stay, a new one has 0600.

    Raises:
        PaperError: the file cannot be written; what stood there stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        rights = path.stat().st_mode & 0o777 if path.exists() else 0o600
        _fill(part, text.encode(), rights)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise PaperError(say("{path} cannot be written ({words}); name a file in a folder that is there", path=path,
                             words=error.strerror or str(error)), permanent=True) from error


def _fill(part: Path, octets: bytes, rights: int) -> None:
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    part.chmod(rights)
