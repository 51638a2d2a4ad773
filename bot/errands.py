"""The pieces of work of a pass, each loaded only when there is something for it to do."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from datetime import datetime
from functools import wraps

from bot import alarming, due
from bot.edges import EdgeError
from bot.guichet import Guichet

Errand = Callable[[Guichet, datetime], bool]    # does one piece of work; says whether there was one
QUESTIONS: list[Errand] = [due.sending, due.alarms]     # what every errand asks first: is there something to do?


def when(is_due: Errand) -> Callable[[Errand], Errand]:
    """Let a piece of work be done, and its modules be loaded, only where there is something to do."""
    def only_then(errand: Errand) -> Errand:
        QUESTIONS.append(is_due)

        @wraps(errand)
        def asked(guichet: Guichet, now: datetime) -> bool:
            return is_due(guichet, now) and errand(guichet, now)
        return asked
    return only_then


@when(due.mails)
def read(guichet: Guichet, now: datetime) -> bool:
    guichet.reader.begin()      # it comes up while we load the rest
    from bot.reading import read_some
    return read_some(guichet, now)


@when(due.first_look)
def tell_first_look(guichet: Guichet, now: datetime) -> bool:
    from bot.ticking import catch_up
    return catch_up(guichet, now)


@when(due.drift)
def tell_drift(guichet: Guichet, now: datetime) -> bool:
    from bot.drifting import tell_drift as tell
    return tell(guichet, now)


@when(due.digest)
def tell_digest(guichet: Guichet, now: datetime) -> bool:
    from bot.digesting import tell_digest as tell
    return tell(guichet, now)


@when(due.rating)
def remind(guichet: Guichet, now: datetime) -> bool:
    from bot.reminding import remind_to_rate
    return remind_to_rate(guichet, now)


@when(due.calendar)
def keep_calendar(guichet: Guichet, now: datetime) -> bool:
    from bot.dating import keep_calendar as keep
    return keep(guichet, now)


@when(due.clock)
def tell_deadlines(guichet: Guichet, now: datetime) -> bool:
    from bot.ticking import tick
    return tick(guichet, now)


def look_at_clock(guichet: Guichet, now: datetime) -> bool:
    """Tell the deadlines that come near or have passed, and note in any case that the clock was looked at."""
    told = tell_deadlines(guichet, now)
    due.note_tick(guichet.store, now)
    return told


@when(due.echo)
def settle_echo(guichet: Guichet, now: datetime) -> bool:
    from bot.resolving import settle_echo as settle
    return settle(guichet, now)


@when(due.unknown)
def resolve(guichet: Guichet, now: datetime) -> bool:
    from bot.resolving import resolve_one
    return resolve_one(guichet, now)


@when(due.copy)
def file_copy(guichet: Guichet, now: datetime) -> bool:
    from bot.filing import file_one
    return file_one(guichet, now)


@when(due.retiring)
def retire_old(guichet: Guichet, now: datetime) -> bool:
    from bot.forgetting import retire
    return bool(retire(guichet.store, guichet.settings.keeping.raw, now))


def send(guichet: Guichet, clock: Callable[[], datetime],
         resting: Container[str] = ()) -> Iterator[tuple[str, EdgeError | None]]:
    """Send what is ready, as `sending.send_ready` says it."""
    if due.sending(guichet, clock()):
        from bot.sending import send_ready
        yield from send_ready(guichet, clock, resting)


def any_due(guichet: Guichet, at: datetime) -> bool:
    """Say whether by this moment there is something to do, for any of them."""
    return any(question(guichet, at) for question in QUESTIONS)


READING = (read, tell_first_look, tell_drift, alarming.tell_alarms, tell_digest, remind, keep_calendar, look_at_clock)
RESOLVING = (settle_echo, resolve, file_copy)
