"""Mails that are kept together: a marketplace's mails are mostly the same frame, which is then kept once."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence

__all__ = ["MOST", "MOST_BYTES", "packed", "together"]

MOST = 25               # mails in one pack: to read one, or to forget it, all are unpacked
MOST_BYTES = 2**19      # bytes of them
LOOKED_AT = 2**12       # bytes; who wrote, and of what, stands at the beginning
LEVEL = 5               # of zlib: 6 saves 3 % more in a fifth more time, 1 takes a third more room in 30 % less

_ALIKE = re.compile(rb"\n(?:From|Subject):.{0,40}")


def together(raws: Sequence[bytes]) -> list[list[int]]:
    """Part mails, by their places in `raws`, into packs of those that are most alike.

    zlib looks back 32 KiB, some three mails: like must stand beside like.
    """
    groups: list[list[int]] = []
    size = MOST_BYTES
    for at in sorted(range(len(raws)), key=lambda at: sorted(_ALIKE.findall(b"\n" + raws[at][:LOOKED_AT]))):
        size += len(raws[at])
        if size > MOST_BYTES or len(groups[-1]) == MOST:
            groups.append([])
            size = len(raws[at])
        groups[-1].append(at)
    return groups


def packed(raws: Iterable[bytes]) -> bytes:
    """Return mails, one after the other, compressed."""
    packing = zlib.compressobj(LEVEL)
    return b"".join([*map(packing.compress, raws), packing.flush()])
