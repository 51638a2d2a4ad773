"""Every reply and offer, tried on the marketplaces' own samples before a buyer ever reads it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot import marketplaces
from bot.core import message
from bot.core.case import Case
from bot.core.decide import ANSWERABLE
from bot.core.errors import BotError
from bot.core.event import CaseKey, Event
from bot.core.linter import Remark, Topic
from bot.core.policy import Mode
from bot.edges.templates import Templates
from bot.guichet import templates_of
from bot.pipeline import consider, event_of
from bot.proofing import remarks_on
from bot.settings import Settings
from bot.understanding import understand
from bot.words import say
from bot.writing import reply_words

OFFERED = {"percent": 10, "amount": "8.00 EUR"}
FOLDER = Path(marketplaces.__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One template in one language on one sample: what is wrong with it, or why it could not be written at all."""

    template: str
    sample: str
    remarks: tuple[Remark, ...] = ()
    error: str = ""


def rehearse(settings: Settings, now: datetime, *, most: int | None = None) -> Iterator[Rehearsal]:
    """Write each reply template for the samples of its kind, at most so many a kind, in each of its languages.

    Each is also written for a mail that tells nothing: what a marketplace may leave out, it leaves out one day.
    """
    templates, tried = templates_of(settings), Counter[tuple[str, str]]()
    for case, event in bare(templates, now):
        for language in templates.languages(f"{event.kind}.reply", case.key.marketplace):
            yield from _rehearsed(templates, settings, say("a mail that tells nothing"), case, event, "", language)
    for sample in sorted(FOLDER.glob("*/samples/*.eml")):
        marketplace, kind = sample.parts[-3], _kind(sample)
        languages = templates.languages(f"{kind}.reply", marketplace)
        if not languages or (most is not None and tried[marketplace, kind] >= most):
            continue
        tried[marketplace, kind] += 1
        if played := _played(sample, settings, now):
            for language in languages:
                yield from _rehearsed(templates, settings, sample.stem, *played, language)


def bare(templates: Templates, now: datetime) -> Iterator[tuple[Case, Event]]:
    """Yield a case and an event without one fact, for each kind that wants words.

    Each marketplace with words of its own is tried, and one of the others: they share theirs.
    """
    names = [one.name for one in marketplaces.installed()]
    apart = [name for name in names if any((folder / name).is_dir() for folder in templates.folders)]
    for name in (*apart, *[name for name in names if name not in apart][:1]):
        key = CaseKey(marketplace=name, shop=name, reference="1")
        for kind in sorted(ANSWERABLE):
            yield Case(key=key, number=1, kind=kind), Event(key="try", kind=kind, case=key, at=now, source="try")


def stages(settings: Settings, marketplace: str, kind: str, now: datetime,
           most: int) -> Iterator[tuple[str, Case, Event, str]]:
    """Yield what a template of a kind is tried on: samples by name, as case, event and subject, then a bare mail.

    Args:
        marketplace: whose template it is; empty: everybody's.
    """
    found = 0
    for sample in sorted(FOLDER.glob(f"{marketplace or '*'}/samples/*.eml")):
        if found < most and _kind(sample) == kind and (played := _played(sample, settings, now)):
            found += 1
            yield sample.stem, *played
    for case, event in bare(templates_of(settings), now):
        if event.kind == kind and marketplace in ("", case.key.marketplace):
            yield say("a mail that tells nothing"), case, event, ""
            return


def _kind(sample: Path) -> str:
    try:
        return str(tomllib.loads(sample.with_suffix(".toml").read_text("utf-8")).get("kind", ""))
    except (OSError, ValueError):
        return ""


def _played(sample: Path, settings: Settings, now: datetime) -> tuple[Case, Event, str] | None:
    """Return the case and event a sample makes, and its subject; None if it tells us nothing."""
    try:
        seen = message.read(sample.read_bytes(), trusted=settings.trusted())
        if (understood := understand(seen)) is None:
            return None
    except BotError:
        return None
    event = event_of(understood, source="try", received=seen.date or now, policy=settings.policy)
    return consider(Case(key=event.case, number=1), event, understood, settings, now).case, event, seen.subject


def _rehearsed(templates: Templates, settings: Settings, sample: str, case: Case, event: Event, subject: str,
               language: str) -> Iterator[Rehearsal]:
    for what in ("reply", "offer"):
        if language in templates.languages(f"{event.kind}.{what}", case.key.marketplace):
            yield _tried(templates, settings, sample, replace(case, language=language), event, subject, what)


def _tried(templates: Templates, settings: Settings, sample: str, case: Case, event: Event, subject: str,
           what: str) -> Rehearsal:
    name = f"{case.key.marketplace}/{event.kind}.{what}.{case.language}"
    try:
        said = reply_words(templates, f"{event.kind}.{what}", case, event, {"subject": subject}, offer=OFFERED)
    except BotError as error:
        return Rehearsal(template=name, sample=sample, error=str(error))
    alone = settings.policy.mode_for(case.key.marketplace, event.kind) is Mode.ALONE
    found = remarks_on(said.body, case, template=f"{event.kind}.{what}", automatic=alone)
    # a blank is the seller's to fill in; only where nobody looks at the draft it is a fault
    return Rehearsal(template=name, sample=sample,
                     remarks=tuple(remark for remark in found if alone or remark.code != Topic.BLANKS))
