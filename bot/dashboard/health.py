"""Is the bot well? Mailboxes, alarms, backups, versions; and the switch that stops what leaves by itself."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request

from bot import alarming, saving
from bot.core.order import Order, Word
from bot.dashboard.here import guichet, now, shared, store
from bot.edges.store import moment
from bot.ordering import Asked, carry_out
from bot.pausing import paused

PART = Blueprint("health", "bot.dashboard.health")

LATE = timedelta(minutes=30)


@PART.get("/health")
def health() -> str:
    return _page(())


@PART.post("/health")
def switch() -> str:
    """Stop what leaves by itself, or let it go on: the order that a mail gives."""
    words = {"pause": Word.PAUSE, "resume": Word.RESUME}
    if (word := words.get(request.form.get("word", ""))) is None:
        abort(400)
    return _page(carry_out(Asked(guichet=guichet(), order=Order(word=word, said=word), now=now(),
                                 source="page")).sentences)


def _page(sentences: tuple[str, ...]) -> str:
    settings = shared().settings
    disk = shutil.disk_usage(settings.data)
    lease = store().lease()
    return render_template(
        "health.html", sentences=sentences, boxes=_boxes(), alarms=alarming.standing(store()), about=alarming.about,
        paused=paused(store()), working=bool(lease and now() - moment(lease["beaten"]) < LATE), lease=lease,
        copies=[(path.name, path.stat().st_size >> 10, _made(path.stat().st_mtime))
                for path in saving.copies(settings)][:10],
        size=settings.database.stat().st_size >> 20, free=disk.free >> 30,
        counts=_counts(), versions=_versions())


def _made(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _boxes() -> list[dict[str, Any]]:
    """Return each mailbox of the settings with its last good look, and whether that is too long ago."""
    found = []
    for box in shared().settings.mailboxes:
        row = store().row("SELECT min(looked) AS looked FROM folders WHERE mailbox = ?", box.name) or {}
        looked = row.get("looked")
        found.append({"name": box.name, "address": box.address, "looked": looked,
                      "late": not looked or now() - moment(looked) > LATE})
    return found


def _counts() -> dict[str, int]:
    row = store().row("SELECT (SELECT count(*) FROM mails) + (SELECT coalesce(sum(letters), 0) FROM past) AS mails,"
                      " (SELECT count(*) FROM mails WHERE state = 'kept') AS unread,"
                      " (SELECT count(*) FROM mails WHERE state = 'shelved') AS shelved,"
                      " (SELECT count(*) FROM outbox WHERE state = 'ready') AS ready")
    return dict(row or {})


def _versions() -> list[tuple[str, str]]:
    from importlib.metadata import version

    return [("Python", platform.python_version()), ("SQLite", sqlite3.sqlite_version),
            *((name, version(name)) for name in ("imapclient", "jinja2", "sqlite-utils", "flask", "waitress"))]
