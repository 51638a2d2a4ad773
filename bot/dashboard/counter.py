"""The Flask app put together."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, g
from jinja2 import StrictUndefined

from bot.dashboard import acts, desk, figures, gate, health, lists, ruling, searching, telling, wording
from bot.dashboard.here import Counter
from bot.dashboard.password import lock_of
from bot.edges import clock
from bot.guichet import leave
from bot.settings import Settings

LARGEST = 256 << 10     # bytes of a form: a draft has 20,000 characters at most


def counter(settings: Settings, *, names: Collection[str] = (), now: Callable[[], datetime] = clock.now) -> Flask:
    """Return the page as a WSGI app.

    Raises:
        PasswordError: no password was set.
    """
    app = Flask("bot.dashboard", template_folder="pages", static_folder="static")
    app.extensions["counter"] = Counter(settings=settings, names=frozenset(name.lower() for name in names), clock=now)
    app.session_interface = gate.Sessions()
    app.config.update(
        SECRET_KEY=lock_of(settings.data).key, MAX_CONTENT_LENGTH=LARGEST, MAX_FORM_MEMORY_SIZE=LARGEST,
        SESSION_COOKIE_NAME="guichet", SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12), SEND_FILE_MAX_AGE_DEFAULT=3600)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(telling.GLOBALS)
    gate.keep(app)
    for part in (desk, acts, lists, searching, figures, ruling, wording, health):
        app.register_blueprint(part.PART)
    app.teardown_appcontext(_close)
    return app


def _close(_: Any) -> None:
    if held := g.pop("guichet", None):
        leave(held.store)
