"""Who may come in, from where, and what every answer carries.

The page is bound to this machine, yet any site open in the seller's browser can send requests here. So the name
it is called by is looked at (against DNS rebinding), every act wants a token of the session and comes from the page
itself, the cookie is for this site alone, and no address that is merely opened does anything.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, g, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from bot import words
from bot.core.deadline import local
from bot.core.errors import BotError
from bot.dashboard.here import now, seller, shared
from bot.edges.store import iso
from bot.words import say

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN = frozenset({"gate.login", "gate.enter", "gate.language", "static"})   # what is shown before the log-in

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
                               "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

PART = Blueprint("gate", "bot.dashboard.gate")


class Sessions(SecureCookieSessionInterface):
    """Cookies that leave in clear only towards this machine itself."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 – Flask hands it over
        return _name(request.host) not in LOOPBACK

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """A picture that comes late must not bring back the cookie of a session that ended meanwhile."""
        return request.endpoint != "static" and super().should_set_cookie(app, session)


def keep(app: Flask) -> None:
    """Put the gate before everything that the app shows or does."""
    app.before_request(_known_name)
    app.before_request(_speak)
    app.before_request(_no_forgery)
    app.before_request(_known_person)
    app.after_request(_sealed)
    app.teardown_request(_hush)
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(BotError, _troubled)
    app.register_blueprint(PART)
    app.jinja_env.globals["token"] = token


# -- before a request ------------------------------------------------------------------------------


def _name(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


def _known_name() -> None:
    """Refuse a request under a foreign name: a page elsewhere may let its own name lead to this machine."""
    try:
        known = _name(request.host) in LOOPBACK | shared().names
    except ValueError:
        known = False
    if not known:
        abort(421)


def _speak() -> None:
    language = session.get("language") or shared().settings.seller.language
    g.speaking = words.speaking(language if language in words.LANGUAGES else "en")
    g.speaking.__enter__()


def _hush(_: Any) -> None:
    if speaking := g.pop("speaking", None):
        speaking.__exit__(None, None, None)


def _no_forgery() -> None:
    """Refuse what another site leads to, and an act that our own page did not ask for, with the session's token."""
    if request.headers.get("Sec-Fetch-Site", "") not in ("", "none", "same-origin"):
        abort(403)      # its cookie stays at home then: an answer with a fresh one would log him out
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if not _from_our_page():
        abort(403)
    given = request.form.get("token", "") or request.headers.get("X-Token", "")
    if not hmac.compare_digest(given.encode(), str(session.get("token") or secrets.token_hex()).encode()):
        abort(400)


def _from_our_page() -> bool:
    """Say whether the browser names no other site. By our own Referrer-Policy Chromium says `Origin: null` of ours."""
    origin, site = request.headers.get("Origin", ""), request.headers.get("Sec-Fetch-Site", "")
    if site not in ("", "same-origin"):
        return False
    if origin == "null":
        return site == "same-origin"
    return not origin or urlsplit(origin).netloc.lower() == request.host.lower()


def _known_person() -> AnyResponse | None:
    if request.endpoint in OPEN or is_known():
        return None
    if request.method != "GET" or request.headers.get("X-Part"):
        abort(401)
    return redirect(url_for("gate.login"))


def is_known() -> bool:
    return hmac.compare_digest(str(session.get("lock", "")).encode(), shared().lock.mark.encode())


def token() -> str:
    """Return what a form must bring back."""
    if "token" not in session:
        session["token"] = secrets.token_urlsafe(24)
    found: str = session["token"]
    return found


# -- after it --------------------------------------------------------------------------------------


def _sealed(response: Response) -> Response:
    for name, said in HEADERS.items():
        response.headers[name] = said
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _told(error: HTTPException) -> tuple[str, int] | AnyResponse:
    """Say what is wrong; of the request itself nothing is shown."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    page = render_template("trouble.html", sentence=_sentence(error.code), code=error.code)
    session.modified = session.modified and error.code not in (403, 421)
    return page, error.code


def _sentence(code: int) -> str:
    return {
        400: say("This form is too old, or not from this page: nothing was done. Open the page anew."),
        401: say("You are not logged in any more: nothing was done. Log in and try again."),
        403: say("This came from another site: nothing was done."),
        404: say("There is nothing here under that name."),
        405: say("What does something is ordered by a button only, never by an address: nothing was done."),
        413: say("That is too long: nothing was done."),
        421: say("The page does not answer under this name. If it is yours, start it with --name and that name."),
    }.get(code, say("That did not work; the log of the program tells more."))


def _troubled(error: BotError) -> tuple[str, int]:
    return render_template("trouble.html", sentence=str(error), code=503), 503


# -- coming and going ------------------------------------------------------------------------------


@PART.get("/login")
def login() -> str | AnyResponse:
    return redirect(url_for("desk.today")) if is_known() else render_template("login.html", sentence="")


@PART.post("/login")
def enter() -> tuple[str, int] | AnyResponse:
    counter = shared()
    if until := counter.attempts.refused_until(now()):
        return _refused(say("Too many wrong passwords: try again after {until}.", until=local(until, seller())), 429)
    counter.attempts.note(now())        # counted before it is tried: two at once are two
    if not counter.lock.opens(request.form.get("password", "")):
        return _refused(say("That is not the password."), 401)
    counter.attempts.forget()
    language = session.get("language")
    session.clear()
    session.permanent = True
    session.update(lock=counter.lock.mark, since=iso(now()), **({"language": language} if language else {}))
    return redirect(url_for("desk.today"), 303)


def _refused(sentence: str, code: int) -> tuple[str, int]:
    return render_template("login.html", sentence=sentence), code


@PART.post("/logout")
def leave() -> AnyResponse:
    session.clear()
    return redirect(url_for("gate.login"), 303)


@PART.post("/language")
def language() -> AnyResponse:
    if (asked := request.form.get("language")) in words.LANGUAGES:
        session["language"] = asked
    there = request.form.get("back", "/")
    known = there.startswith("/") and not there.startswith(("//", "/\\"))
    return redirect(there if known else "/", 303)
