"""Mails that no robot may answer (RFC 3834, 2; RFC 5230, 4.6): another robot would answer back, for ever."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.message import Message, Origin
from bot.words import say

_SYSTEM = re.compile(r"(?:mailer-daemon|postmaster|listserv|majordomo|owner-.+|.+-(?:request|owner))@")


def null_sender(seen: Message) -> bool:
    return seen.headers.get("return-path", "").replace(" ", "") == "<>" or seen.automatic == "bounce"


def mailing_list(seen: Message) -> bool:
    return seen.automatic == "list" or any(seen.headers.get(name) for name in ("list-id", "list-post"))


def answered_by_a_robot(seen: Message) -> bool:
    """Say whether a robot wrote it. A proven marketplace's notice is generated, too, but somebody speaks in it."""
    said = seen.headers.get("auto-submitted", "").partition(";")[0].strip().lower()
    generated = said.startswith("auto-generated") and seen.origin is Origin.PROVEN
    return seen.automatic == "auto-replied" or (said not in ("", "no") and not generated)


def asks_for_silence(seen: Message) -> bool:
    said = {part.strip().lower() for part in seen.headers.get("x-auto-response-suppress", "").split(",")}
    return bool(said & {"all", "autoreply", "oof"})


def system_address(seen: Message) -> bool:
    written_by = (seen.sender, seen.headers.get("return-path", "").strip("<> "))
    return any(_SYSTEM.match(address.lower()) for address in written_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """A row of ROBOTS: how such a mail is known, and its line of why."""

    known: Callable[[Message], bool]
    why: str


# Asked from top to bottom; the first that knows the mail gives the reason.
ROBOTS: tuple[Robot, ...] = (
    Robot(known=null_sender, why="automatic: it has no sender to answer"),
    Robot(known=mailing_list, why="automatic: it came over a mailing list"),
    Robot(known=answered_by_a_robot, why="automatic: a robot wrote it"),
    Robot(known=asks_for_silence, why="automatic: it asks that no robot answers"),
    Robot(known=system_address, why="automatic: it comes from a system's address"),
)


def no_reply(seen: Message) -> str:
    """Return why nothing may answer a mail by itself; empty when nothing is in the way."""
    return next((say(robot.why) for robot in ROBOTS if robot.known(seen)), "")
