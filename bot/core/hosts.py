"""What a mail host writes of senders, learnt from the mails it delivered; whom to believe, the seller says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.dkim import key_name
from bot.core.errors import UnreadableError
from bot.core.header import HeaderBlock, read_block
from bot.core.origin import named_hosts, speaks_above, tags

FEWEST = 3      # mails before anything is proposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What the mails of one mailbox say.

    Attributes:
        mails: how many were looked at; those the seller's own programs put there, without a Received, are left out.
        above: by name, in how many of them a host's word stands where only the mailbox's own host can write it.
        below: the same of those that stand where a stranger may have written them, too.
        key: where the key of the newest signature is found in DNS; empty where no mail is signed.
    """

    mails: int
    above: Counter[str]
    below: Counter[str]
    key: str = ""

    @property
    def host(self) -> str:
        """The host whose word may be believed, since it stands in many mails; empty where there is none."""
        name, times = next(iter(self.above.most_common(1)), ("", 0))
        return name if times >= FEWEST and times * 4 >= self.mails else ""

    @property
    def enough(self) -> bool:
        return self.mails >= FEWEST


def learn(headers: Iterable[bytes]) -> Learnt:
    """Look at the header blocks of mails that came in, and count whose Authentication-Results stand where."""
    blocks = [block for raw in headers if (block := _block(raw)) and block.first("received")
              and not block.first("x-guichet")]
    above, below = Counter[str](), Counter[str]()
    for block in blocks:
        for host in named_hosts(block):
            (above if speaks_above(block, host) else below)[host] += 1
    keys = [key for block in reversed(blocks) for said in block.all("dkim-signature") if (key := key_name(tags(said)))]
    return Learnt(mails=len(blocks), above=above, below=below, key=next(iter(keys), ""))


def _block(raw: bytes) -> HeaderBlock | None:
    try:
        return read_block(raw, set())
    except UnreadableError:
        return None
