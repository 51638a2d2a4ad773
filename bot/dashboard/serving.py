"""`run_bot.py dashboard`: waitress, bound to this machine unless the seller says otherwise."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from typing import Any

from bot.core.errors import BotError
from bot.dashboard.counter import counter
from bot.edges.store import Store
from bot.settings import Settings
from bot.words import say

log = logging.getLogger(__name__)

PORT, HOME = 8470, "127.0.0.1"
OFFERED: Mapping[str, Any] = {"threads": 4, "ident": None, "clear_untrusted_proxy_headers": True,
                              "max_request_body_size": 1 << 20, "channel_timeout": 60}
A_STEP = 1000   # events, cases, answers


class ServingError(BotError):
    """The page cannot be offered at that address."""


def serve(settings: Settings, *, bind: str = HOME, port: int = PORT, names: Collection[str] = ()) -> None:
    """Offer the page until the program ends.

    Raises:
        PasswordError: no password was set.
        ServingError: the port is taken, or is not ours to take.
    """
    server = _server(settings, bind, port, names)
    log.info(say("The page: http://{host}:{port}/", host=_shown(bind), port=port))
    server.run()


def beside(settings: Settings) -> Any:
    """Offer the page in a thread of its own, beside the daemon; return what ends it by `close()`."""
    server = _server(settings, HOME, PORT, ())
    threading.Thread(target=server.run, daemon=True, name="dashboard").start()
    log.info(say("The page: http://{host}:{port}/", host=HOME, port=PORT))
    return server


def _server(settings: Settings, bind: str, port: int, names: Collection[str]) -> Any:
    from waitress.server import create_server

    logging.getLogger("waitress").setLevel(logging.ERROR)
    try:
        server = create_server(counter(settings, names=names), host=bind, port=port, **OFFERED)
    except (OSError, ValueError) as error:
        raise ServingError(say("The page cannot be offered at {host}:{port} ({words}): is it open already? "
                               "--port takes another", host=bind, port=port, words=str(error))) from error
    threading.Thread(target=_index, args=(settings,), daemon=True, name="index").start()
    return server


def _index(settings: Settings) -> None:
    """Make the index of the search beforehand, in small steps between which others write; a search does the rest."""
    store = Store(settings.database)
    try:
        while store.index_words(A_STEP):
            pass
    except BotError as error:
        log.warning(str(error))
    finally:
        store.close()


def _shown(bind: str) -> str:
    return f"[{bind}]" if ":" in bind else bind
