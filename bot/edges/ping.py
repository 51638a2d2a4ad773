"""A sign of life: one address is fetched, and what comes of it is nobody's concern."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.edges import EdgeError
from bot.words import say

__all__ = ["PingError", "ping"]

SECONDS = 10.0
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class PingError(EdgeError):
    """The address was not fetched. Never holds the address: who knows it can say that we are well."""


def ping(address: str) -> None:
    """GET an https address, or one on this machine; follows no redirection, sends nothing of ours, reads nothing.

    Raises:
        PingError: it could not be fetched.
    """
    import http.client
    import ssl

    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise PingError(say("The address of `ping` in mailboxes.toml is not safe: it must begin with https://"),
                        permanent=True)
    host, port = parts.hostname or "", parts.port
    line = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context()) \
        if parts.scheme == "https" else http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        line.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}",
                     headers={"User-Agent": "guichet"})
        status = line.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise PingError(say("The address of `ping` cannot be fetched ({kind})", kind=type(error).__name__)) from None
    finally:
        line.close()
    if not 200 <= status < 300:
        raise PingError(say("The address of `ping` cannot be fetched ({kind})", kind=status))
