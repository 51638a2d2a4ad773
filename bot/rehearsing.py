"""Replies and offers, tried on every sample before a real mail needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot import marketplaces
from bot.core import message
from bot.core.case import Case
from bot.core.decide import ANSWERABLE
from bot.core.errors import UnreadableError
from bot.core.event import CaseKey, Event, Kind
from bot.edges.templates import TemplateError, Templates
from bot.pipeline import consider, event_of, understand
from bot.settings import Settings
from bot.words import say
from bot.writing import reply_words

SAMPLES = Path(marketplaces.__file__).parent
OFFERED = {"percent": 10, "amount": "8.00 EUR"}
SOME_DAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A mail to try the templates on: a sample's, or one that tells nothing at all."""

    name: str
    subject: str
    case: Case
    event: Event


def rehearsals(settings: Settings) -> Iterator[Rehearsal]:
    """Yield every sample that wants an answer, and for each marketplace and kind a mail that tells nothing."""
    for marketplace in marketplaces.installed():
        for path in sorted((SAMPLES / marketplace.name / "samples").glob("*.eml")):
            yield from _sample(path, settings)
        yield from (_bare(marketplace.name, kind) for kind in sorted(ANSWERABLE))


def _sample(path: Path, settings: Settings) -> Iterator[Rehearsal]:
    try:
        seen = message.read(path.read_bytes())
        understood = understand(seen)
    except UnreadableError:
        return
    if understood and understood.note.kind in ANSWERABLE:
        at = seen.date or SOME_DAY
        event = event_of(understood, source="try", received=at, policy=settings.policy)
        case = consider(Case(key=event.case), event, understood, settings, at).case
        yield Rehearsal(name=path.name, subject=seen.subject, case=case, event=event)


def _bare(marketplace: str, kind: Kind) -> Rehearsal:
    key = CaseKey(marketplace=marketplace, shop=marketplace, reference="1")
    event = Event(key="try", kind=kind, case=key, at=SOME_DAY, source="try")
    return Rehearsal(name=say("a mail that tells nothing"), subject="", case=Case(key=key, kind=kind), event=event)


def faults(templates: Templates, tried: Iterable[Rehearsal]) -> Iterator[str]:
    """Yield what is wrong with the templates, each fault once, with the mail that showed it."""
    known: set[str] = set()
    for rehearsal in tried:
        for fault in _faults(templates, rehearsal):
            if fault not in known:
                known.add(fault)
                yield say("{fault} (kind {kind}, {mail})", fault=fault, kind=rehearsal.event.kind, mail=rehearsal.name)


def _faults(templates: Templates, rehearsal: Rehearsal) -> Iterator[str]:
    for name in (f"{rehearsal.event.kind}.reply", f"{rehearsal.event.kind}.offer"):
        for language in templates.languages(name, rehearsal.case.key.marketplace):
            case = replace(rehearsal.case, language=language)
            try:
                reply_words(templates, name, case, rehearsal.event, {"subject": rehearsal.subject}, offer=OFFERED)
            except TemplateError as error:
                yield str(error)
