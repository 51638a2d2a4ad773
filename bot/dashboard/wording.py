"""Words: the templates of replies, tried on real samples while they are changed, and kept only if they hold."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Blueprint, abort, render_template, request

from bot import showing
from bot.core.case import Case
from bot.core.errors import BotError
from bot.core.event import Event
from bot.core.linter import Remark, Topic
from bot.core.policy import Mode
from bot.dashboard.here import guichet, now, shared, store
from bot.edges.templates import PROGRAM
from bot.proofing import remarks_on, stopping
from bot.rehearsing import OFFERED, stages
from bot.words import say
from bot.writing import fingerprint, tried_words

PART = Blueprint("wording", "bot.dashboard.wording")

FILE = re.compile(r"(?:([a-z_]+)/)?([a-z_]+)\.(reply|offer)\.([a-z]{2})\.txt")
SAMPLES = 2
LONGEST = 20_000    # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A template on one sample: what it says, what the linter says of that, or why it says nothing."""

    sample: str
    subject: str = ""
    body: str = ""
    remarks: tuple[Remark, ...] = ()
    stops: bool = False
    error: str = ""


@PART.get("/words")
def words() -> str:
    """All templates, or one with what it says on samples."""
    if not (name := request.args.get("file", "")):
        return render_template("words.html", files=_files(), name="", answers=showing.answers(
            store(), guichet().templates.answers(), now()))
    source = _path(name).read_text("utf-8")
    return _page(name, source, "", good=True)


@PART.post("/words/try")
def try_words() -> str:
    name, source = _given()
    if request.headers.get("X-Part"):
        return render_template("trials.html", trials=_trials(name, source))
    return _page(name, source, say("This is what it would say; nothing was kept yet."), good=True)


@PART.post("/words")
def keep_words() -> tuple[str, int]:
    """Keep a template in the seller's own folder, if it holds on every sample; else the last good one stays."""
    name, source = _given()
    if request.form.get("was") != _mark(name):
        return _page(name, source, say("The template was changed elsewhere since this page was shown: nothing was "
                                       "kept."), good=False), 409
    if any(one.error or one.stops for one in _trials(name, source)):
        return _page(name, source, say("Nothing was kept: see below what does not hold."), good=False), 422
    try:
        _write(_own() / name, source)
    except OSError as error:
        return _page(name, source, say("It cannot be written to {path} ({words}): check the rights of this user",
                                       path=_own() / name, words=error.strerror or ""), good=False), 500
    return _page(name, source, say("Kept in {path}. A bot that is running uses it from the next mail on; where it is "
                                   "your first own template, start it anew.", path=_own() / name), good=True), 200


def _own() -> Path:
    return Path(shared().settings.path).parent / "templates"


def _files() -> list[str]:
    found = {str(path.relative_to(folder)) for folder in (_own(), PROGRAM) for path in folder.glob("**/*.txt")}
    return sorted(name for name in found if FILE.fullmatch(name))


def _path(name: str) -> Path:
    if name not in _files():
        abort(404)
    return next(path for folder in (_own(), PROGRAM) if (path := folder / name).is_file())


def _mark(name: str) -> str:
    return fingerprint(_path(name).read_text("utf-8"))


def _given() -> tuple[str, str]:
    name = request.form.get("file", "")
    _path(name)
    return name, request.form.get("text", "").replace("\r\n", "\n").strip()[:LONGEST] + "\n"


def _page(name: str, source: str, sentence: str, *, good: bool) -> str:
    return render_template("words.html", files=(), name=name, source=source, sentence=sentence, good=good,
                           trials=_trials(name, source), was=_mark(name), own=(_own() / name).is_file())


def _trials(name: str, source: str) -> list[Trial]:
    found = FILE.fullmatch(name)
    assert found, "only such names are listed"
    marketplace, kind, what, language = found.groups(default="")
    return [_trial(source, f"{kind}.{what}", language, *stage) for stage in
            stages(shared().settings, marketplace, kind, now(), SAMPLES)]


def _trial(source: str, template: str, language: str, sample: str, case: Case, event: Event, subject: str) -> Trial:
    case = replace(case, language=language)
    try:
        said = tried_words(guichet().templates, source, template, case, event, {"subject": subject}, offer=OFFERED)
    except BotError as error:
        return Trial(sample=sample, error=str(error))
    alone = guichet().policy.mode_for(case.key.marketplace, event.kind) is Mode.ALONE
    remarks = remarks_on(said.body, case, template=template, automatic=alone)
    blanks = [one for one in remarks if one.code == Topic.BLANKS]    # his to fill in, where somebody looks at it
    must_go = [one for one in stopping(remarks, "email") if alone or one not in blanks]
    return Trial(sample=sample, subject=said.subject, body=said.body, remarks=remarks, stops=bool(must_go))


def _write(path: Path, source: str) -> None:
    """Put the new words in the place of the old ones all at once: the bot may be reading them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(source)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
