"""The disk beneath the data folder: how much room is left, what is put by for need, and whether it is our own."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bot.edges import EdgeError
from bot.words import say

__all__ = ["LOW", "NETWORKED", "DiskError", "free", "must_be_here", "must_have_room", "put_by"]

LOW = 200 * 1024 * 1024            # bytes; below it no mail is fetched, and what is at hand can still be written
BALLAST = 16 * 1024 * 1024         # bytes put by; the store lets go of them when the disk is full

# Their locks and shared memory are not what SQLite's WAL needs: two writers may both believe they are alone.
NETWORKED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "fuse.sshfs", "fuse.rclone",
                       "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse"})


class DiskError(EdgeError):
    """The disk has no room, or is no place for a database."""


def free(folder: Path) -> int:
    """Return how many bytes are free where a folder is, or is to be."""
    room = os.statvfs(next(place for place in (folder, *folder.parents) if place.exists()))
    return room.f_bavail * room.f_frsize


def must_have_room(folder: Path) -> None:
    """Raise DiskError where there is too little room to fetch mail: it is safer where it is, on the server."""
    left = free(folder)
    if left < LOW:
        raise DiskError(say("Only {free} MiB are free in {folder}, so no mail is fetched; it stays on the server until "
                            "{low} MiB are free: make room", free=left >> 20, folder=folder, low=LOW >> 20))


def put_by(folder: Path) -> None:
    """Keep some room for the moment when the disk is full; where it is nearly so already there is nothing to keep."""
    ballast = folder / "ballast"
    with suppress(OSError):
        if ballast.exists() or free(folder) < LOW + BALLAST:
            return
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST)


def must_be_here(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> None:
    """Raise DiskError where a folder lies on a disk of another machine. Says nothing where that cannot be known."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return
    if (kind := _kind_of(folder.resolve(), lines)) in NETWORKED:
        raise DiskError(say("{folder} lies on a network disk ({kind}), where two programs can both believe they are "
                            "alone and send twice: set `data` in mailboxes.toml to a folder on a disk of this machine; "
                            "`run_bot.py backup FILE` may write to the network disk", folder=folder, kind=kind),
                        permanent=True)


def _kind_of(folder: Path, lines: list[str]) -> str:
    """Return the kind of file system a folder lies on: that of the longest mount point above it, the last one wins."""
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        if len(before.split()) < 5 or not after:
            continue
        place = Path(before.split()[4].replace("\\040", " "))
        if folder.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), after.split()[0]
    return kind
