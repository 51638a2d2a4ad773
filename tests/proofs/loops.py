"""Loops: robots that answer every answer, for a thousand turns: at most two replies a case and day, none to a robot."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs import Budget, Row
from tests.relayed import Relayed
from tests.servers.smtp import Received, SmtpServer
from tests.world import RELAY, SHOP, buyer_writes

MINUTES = 30
Robot = Callable[[Relayed, int, "Received | None"], bytes]


def vacation(relayed: Relayed, turn: int, ours: Received | None) -> bytes:
    """The buyer is away, and his programme says so each time, through the marketplace's relay."""
    raw = buyer_writes(f"Je suis absent ({turn}).", message=turn, date=relayed.now)
    return raw.replace(b"\nMIME", b"\nAuto-Submitted: auto-replied\nMIME", 1)


def helpdesk(relayed: Relayed, turn: int, ours: Received | None) -> bytes:
    """Another desk answers each answer, and marks nothing."""
    return buyer_writes(f"Votre demande a été enregistrée sous le numéro {turn}.", message=turn, date=relayed.now)


def own_alias(relayed: Relayed, turn: int, ours: Received | None) -> bytes:
    """What we wrote comes back to us through an alias."""
    return b"X-Forwarded-To: ventes\n" + ours.raw if ours else helpdesk(relayed, turn, ours)


def bouncing(relayed: Relayed, turn: int, ours: Received | None) -> bytes:
    """The address takes nothing, and the buyer goes on writing."""
    if ours is None:
        return helpdesk(relayed, turn, ours)
    own = next(line for line in ours.raw.split(b"\r\n") if line.startswith(b"Message-ID:")).decode()
    return (f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: {SHOP}\nSubject: Undelivered {turn}\n"
            f"Date: {format_datetime(relayed.now)}\nMessage-ID: <bounce{turn}@mx.example>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            f"--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; {RELAY}\nAction: failed\n\n"
            f"--b\nContent-Type: text/rfc822-headers\n\n{own}\n\n--b--\n").encode()


def list_mail(relayed: Relayed, turn: int, ours: Received | None) -> bytes:
    return helpdesk(relayed, turn, ours).replace(b"\nMIME", b"\nList-Id: <x.lists.example>\nPrecedence: list\nMIME", 1)


ROBOTS: dict[str, Robot] = {"a vacation echo": vacation, "another helpdesk": helpdesk, "our own alias": own_alias,
                            "a bouncing address": bouncing, "a mailing list": list_mail}
SILENT = (vacation, list_mail)      # these are never answered at all


@contextmanager
def stage(name: str) -> Iterator[Relayed]:
    with TemporaryDirectory(prefix="guichet-loop-") as folder, SmtpServer() as smtp:
        relayed = Relayed(Path(folder), smtp, policy='mode = "alone"')
        relayed.work()
        yield relayed


def play(relayed: Relayed, robot: Robot, turns: int, until: Budget | None = None) -> tuple[int, Counter[str]]:
    """Let a robot speak so many times, in answer to what we last sent; return turns, and our replies by day."""
    by_day: Counter[str] = Counter()
    for turn in range(1, turns + 1):
        before = len(relayed.to_buyers())
        relayed.now += timedelta(minutes=5)
        relayed.sends()
        new = relayed.to_buyers()[before:]
        by_day[relayed.now.date().isoformat()] += len(new)
        relayed.arrives(robot(relayed, turn, new[-1] if new else None))
        if until and until.over:
            return turn, by_day
    return turns, by_day


def faults(relayed: Relayed, robot: Robot, by_day: Counter[str]) -> list[str]:
    wrong = [f"{count} on {day}" for day, count in by_day.items() if count > 2]
    wrong += [f"to {mail.recipient or '<>'}" for mail in relayed.to_buyers() if mail.recipient in ("", SHOP)]
    return wrong + ([f"{by_day.total()} to a robot"] if robot in SILENT and by_day.total() else [])


def prove(budget: Budget, turns: int = 1000) -> Iterator[Row]:
    for place, (name, robot) in enumerate(ROBOTS.items()):
        share = Budget.of((budget.until - time.monotonic()) / (len(ROBOTS) - place))
        with stage(name) as relayed:
            played, by_day = play(relayed, robot, turns, share)
            wrong = faults(relayed, robot, by_day)
        yield Row(name=f"loops: turns of {name}, {by_day.total()} replies", offered=played, intended=turns,
                  verdict="; ".join(wrong[:3]) or "holds")
