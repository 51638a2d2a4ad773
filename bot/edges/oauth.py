"""Log-in by OAuth: what was granted, kept in a file, and the short-lived tokens made from it.

A grant is a file of mode 0600 in the data folder. A fresh token is written into it before anyone uses it, so that
what the provider has replaced is never lost; a lock beside it keeps two programs from refreshing at once.
Nothing of a grant, and nothing a provider answered beside its error's name, is ever repeated in a sentence.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.edges import EdgeError
from bot.words import say

__all__ = ["PROVIDERS", "Asking", "Authority", "Grant", "GrantRefusedError", "OAuthError", "access_token", "ask",
           "by_device", "read_grant", "redeem", "write_grant"]

SECONDS = 20.0                        # an answer of the token endpoint may take
LEAST = timedelta(minutes=5)          # a token with less to live is replaced before it is used
MOST = 64 * 1024                      # bytes of an answer that are read
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
REDIRECT = "http://127.0.0.1:8765/"   # nobody listens there: the browser's address line shows the code
# RFC 6749 5.2; Google says invalid_grant of a revoked or expired grant, Microsoft also interaction_required.
REFUSED = frozenset({"invalid_grant", "interaction_required", "invalid_client", "unauthorized_client",
                     "access_denied", "expired_token", "consent_required"})


class OAuthError(EdgeError):
    """No token could be had now; unless `permanent`, waiting may help."""


class GrantRefusedError(OAuthError):
    """The grant is gone or was never given: only the seller can go on, in a browser."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, permanent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who grants: where one asks for the code, where tokens are made, for what."""

    name: str
    authorise: str
    tokens: str
    scopes: tuple[str, ...]


PROVIDERS: Mapping[str, Authority] = {
    "google": Authority(name="google", authorise="https://accounts.google.com/o/oauth2/v2/auth",
                        tokens="https://oauth2.googleapis.com/token", scopes=("https://mail.google.com/",)),
    "microsoft": Authority(name="microsoft", authorise="https://login.microsoftonline.com/common",
                           tokens="https://login.microsoftonline.com/common/oauth2/v2.0/token",
                           scopes=("https://outlook.office.com/IMAP.AccessAsUser.All",
                                   "https://outlook.office.com/SMTP.Send")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the seller granted, as it stands in the file.

    Attributes:
        client: the program's name at the provider, made by the seller there; no secret.
        tokens: the address where tokens are made.
        until: when `access` ends, ISO in UTC; empty: now.
    """

    provider: str
    client: str
    tokens: str
    scopes: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    access: str = field(default="", repr=False)
    until: str = ""

    def lives(self, now: datetime) -> bool:
        """Say whether the token at hand can still be used."""
        return bool(self.access and self.until) and datetime.fromisoformat(self.until) > now + LEAST


# ---- the file ----------------------------------------------------------------------------------------


def read_grant(path: Path, mailbox: str) -> Grant:
    """Return the grant of a mailbox; raise GrantRefusedError where there is none that can be read."""
    try:
        told = json.loads(path.read_text("utf-8"))
        return Grant(**{**told, "scopes": tuple(told.get("scopes", ()))})
    except FileNotFoundError:
        raise GrantRefusedError(say("Mailbox {mailbox}: nobody has logged in by OAuth yet; run `run_bot.py login "
                                    "{mailbox}`", mailbox=mailbox)) from None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise GrantRefusedError(say("Mailbox {mailbox}: the file of its log-in, {path}, cannot be read ({kind}); run "
                                    "`run_bot.py login {mailbox}`", mailbox=mailbox, path=path,
                                    kind=type(error).__name__)) from None


def write_grant(path: Path, grant: Grant) -> None:
    """Put the grant into its file, all or nothing, for the user of the program only.

    Raises:
        OAuthError: it cannot be written; the old one stands.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            fresh.unlink()
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(grant), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise OAuthError(say("The file of a log-in, {path}, cannot be written ({reason}); make room, or give the "
                             "program the right", path=path, reason=error.strerror)) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one program at a time refresh a grant."""
    import fcntl

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---- tokens ------------------------------------------------------------------------------------------


def access_token(path: Path, mailbox: str, now: datetime, refused: str = "") -> str:
    """Return a token that lives; where a fresh one is made, it is kept before it is returned.

    Args:
        refused: the token a server has just turned away, if one has: it is not handed out again.

    Raises:
        GrantRefusedError: there is no grant, or the provider takes it no more.
        OAuthError: the provider cannot be reached, or the token not be kept; waiting may help.
    """
    read_grant(path, mailbox)
    with _alone(path):
        grant = read_grant(path, mailbox)
        if grant.lives(now) and grant.access != refused:
            return grant.access
        told = _asked(mailbox, grant, {"grant_type": "refresh_token", "refresh_token": grant.refresh}, now)
        write_grant(path, told)
        return told.access


def _asked(mailbox: str, grant: Grant, wish: Mapping[str, str], now: datetime) -> Grant:
    """Ask for a token and return the grant with it, and with the new right to refresh where one was sent."""
    form = {"client_id": grant.client, **wish, **({"client_secret": grant.secret} if grant.secret else {})}
    if grant.provider == "microsoft":
        form["scope"] = " ".join((*grant.scopes, "offline_access"))
    told = _post(mailbox, grant, form)
    access, seconds = told.get("access_token"), told.get("expires_in")
    if not isinstance(access, str) or not access or not access.isprintable():
        raise _unclear(mailbox, grant)
    lasts = timedelta(seconds=int(seconds)) if isinstance(seconds, int | str) and str(seconds).isdigit() else LEAST
    return replace(grant, access=access, until=(now + lasts).isoformat(),
                   refresh=str(told.get("refresh_token") or grant.refresh))


def _post(mailbox: str, grant: Grant, form: Mapping[str, str]) -> dict[str, Any]:
    """POST to the token endpoint; return its answer, or raise what its error means."""
    import http.client

    try:
        status, body = _sent(grant.tokens, urlencode(form))
    except (OSError, http.client.HTTPException) as error:
        raise OAuthError(say("Mailbox {mailbox}: {host}, where {provider} makes its log-in tokens, cannot be reached "
                             "({kind}); we try again later", mailbox=mailbox, provider=grant.provider.capitalize(),
                             host=urlsplit(grant.tokens).hostname, kind=type(error).__name__)) from None
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if status == 200 and isinstance(told, dict):
        return told
    raise _refusal(mailbox, grant, status, str(told.get("error", "")) if isinstance(told, dict) else "")


def _sent(address: str, body: str) -> tuple[int, bytes]:
    """POST a form over TLS, or to this very machine; no redirection is followed: a secret goes only where it should."""
    import http.client
    import ssl

    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise OAuthError(say("A log-in token is asked for over https only; log in again with `run_bot.py login`"),
                         permanent=True)
    line = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=SECONDS,
                                       context=ssl.create_default_context()) if parts.scheme == "https" \
        else http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        line.request("POST", parts.path or "/", body, {"Content-Type": "application/x-www-form-urlencoded",
                                                       "Accept": "application/json"})
        answer = line.getresponse()
        return answer.status, answer.read(MOST)
    finally:
        line.close()


def _refusal(mailbox: str, grant: Grant, status: int, error: str) -> OAuthError:
    error = error if error.isascii() and error.isprintable() and len(error) <= 60 else "?"
    if error in REFUSED:
        return GrantRefusedError(say(
            "Mailbox {mailbox}: {provider} no longer takes the log-in that was granted ({error}): it has ended, or was "
            "withdrawn. Log in again with `run_bot.py login {mailbox}`; nothing is lost meanwhile",
            mailbox=mailbox, provider=grant.provider.capitalize(), error=error))
    return OAuthError(say("Mailbox {mailbox}: {provider} gave no log-in token ({status} {error}); we try again later",
                          mailbox=mailbox, provider=grant.provider.capitalize(), status=status, error=error))


def _unclear(mailbox: str, grant: Grant) -> OAuthError:
    return OAuthError(say("Mailbox {mailbox}: the answer of {provider} holds no log-in token; we try again later",
                          mailbox=mailbox, provider=grant.provider.capitalize()))


# ---- the seller in his browser -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question put to the seller's browser: where he goes, and what proves that the answer is to it."""

    address: str
    state: str
    verifier: str = field(repr=False)


def ask(authority: Authority, client: str, user: str) -> Asking:
    """Return where the seller grants access; the program opens nothing itself (RFC 8252, with PKCE)."""
    verifier, state = token_urlsafe(48), token_urlsafe(16)
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = urlencode({"client_id": client, "redirect_uri": REDIRECT, "response_type": "code", "state": state,
                       "scope": " ".join(authority.scopes), "access_type": "offline", "prompt": "consent",
                       "login_hint": user, "code_challenge": digest, "code_challenge_method": "S256"})
    return Asking(address=f"{authority.authorise}?{query}", state=state, verifier=verifier)


def redeem(mailbox: str, grant: Grant, asking: Asking, pasted: str, now: datetime) -> Grant:
    """Turn what the seller pasted, the whole address or only its code, into a grant.

    Raises:
        OAuthError: it is no answer to this question, or the provider does not take it.
    """
    given = parse_qs(urlsplit(pasted.strip()).query)
    code = given.get("code", [pasted.strip()])[0]
    if given.get("state", [asking.state])[0] != asking.state or "error" in given or not code or " " in code:
        raise GrantRefusedError(say("Mailbox {mailbox}: what was pasted is no answer to this log-in; begin again, and "
                                    "paste the whole address your browser shows at the end", mailbox=mailbox))
    told = _asked(mailbox, grant, {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
                                   "code_verifier": asking.verifier}, now)
    return _lasting(mailbox, told)


def by_device(mailbox: str, grant: Grant, authority: Authority, show: Callable[[str, str], None],
              now: datetime, **how: Any) -> Grant:
    """Let the seller type a short code at Microsoft's page, wait until he has, and return the grant.

    Args:
        show: is given the page's address and the code.
        how: for msal, beside the client and the authority: a proxy or a certificate of one's own.

    Raises:
        OAuthError: msal is not installed, Microsoft cannot be reached, or the seller said no, or nothing.
    """
    try:
        from msal import PublicClientApplication
    except ModuleNotFoundError as error:
        raise OAuthError(say("Log-in at Microsoft needs the library msal: install it with "
                             "`.venv/bin/pip install -r requirements-extras.txt`"), permanent=True) from error
    from requests import RequestException

    try:
        client = PublicClientApplication(grant.client, authority=authority.authorise, **how)
        flow = client.initiate_device_flow(list(authority.scopes))
        if "user_code" not in flow:
            raise _refusal(mailbox, grant, 400, str(flow.get("error", "")))
        show(str(flow["verification_uri"]), str(flow["user_code"]))
        told = client.acquire_token_by_device_flow(flow)
    except (RequestException, ValueError, OSError) as error:
        raise OAuthError(say("Mailbox {mailbox}: {host}, where {provider} makes its log-in tokens, cannot be reached "
                             "({kind}); we try again later", mailbox=mailbox, provider="Microsoft",
                             host=urlsplit(authority.authorise).hostname, kind=type(error).__name__)) from None
    if "access_token" not in told:
        raise _refusal(mailbox, grant, 400, str(told.get("error", "")))
    lasts = timedelta(seconds=int(told.get("expires_in", 0)))
    return _lasting(mailbox, replace(grant, access=told["access_token"], refresh=str(told.get("refresh_token", "")),
                                     until=(now + lasts).isoformat()))


def _lasting(mailbox: str, grant: Grant) -> Grant:
    if not grant.refresh:
        raise GrantRefusedError(say("Mailbox {mailbox}: {provider} granted access for an hour only; allow the program "
                                    "to stay logged in, and begin again", mailbox=mailbox,
                                    provider=grant.provider.capitalize()))
    return grant
