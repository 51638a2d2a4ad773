"""The demo's mail host: a real IMAP server (pymap) and a real SMTP server (aiosmtpd), in one thread, on loopback.

One mailbox, in memory, gone when the block ends. pymap drops keywords and marks no folder as Sent: nothing
here leans on either.
"""

from __future__ import annotations

import asyncio
import logging
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from imaplib import IMAP4, Time2Internaldate
from threading import Event, Lock, Thread
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Login
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from bot.core.errors import BotError
from bot.words import say

HERE = "127.0.0.1"
START_WITHIN = 20.0  # seconds
STOP_WITHIN = 10.0


class _Kept(set["asyncio.Task[Any]"]):
    """Makes tasks and holds on to them: pymap's connections hold themselves by nothing, and since Python 3.12
    the loop lets go of them in the middle of a command."""

    def __call__(self, loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
        self.add(task)
        task.add_done_callback(self.discard)
        return task


class NoServerError(BotError):
    """The demo's own mail server could not be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A mail the SMTP server took: to whom by the envelope, and its bytes."""

    recipient: str
    raw: bytes


class _Config(Config):
    """pymap's settings, less its look-up of this machine's name, which takes seconds without a network."""

    @property
    def greeting(self) -> bytes:
        return b"Guichet demo"


class MailHost:
    """Both servers, from the beginning of a `with` block to its end.

    Attributes:
        imap, smtp: their ports, known once the block has begun.
        posted: every mail that was handed in, in order.
    """

    def __init__(self, user: str, password: str) -> None:
        self.user, self.password = user, password
        self.imap = self.smtp = 0
        self.posted: list[Posted] = []
        self._lock, self._begun = Lock(), Event()
        self._trouble = ""
        self._end: Callable[[], None] = lambda: None
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="mail host", daemon=True)
        self._postman: IMAP4 | None = None

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecated names
        self._thread.start()
        self._begun.wait(START_WITHIN)
        if not self.smtp:
            self.__exit__()
            raise NoServerError(say("The demo's own mail server cannot listen on {host}: {words}",
                                    host=HERE, words=self._trouble or "?"))
        self._postman = IMAP4(HERE, self.imap, timeout=START_WITHIN)
        self._postman.login(self.user, self.password)
        return self

    def __exit__(self, *_: object) -> None:
        if self._postman:
            with suppress(OSError, IMAP4.error):
                self._postman.logout()
        self._end()
        self._thread.join(STOP_WITHIN)

    def deliver(self, raw: bytes, at: datetime) -> None:
        """Put a mail into INBOX, received `at` (aware)."""
        assert self._postman, "only inside the block"
        answer, words = self._postman.append("INBOX", "", Time2Internaldate(at), raw)
        if answer != "OK":
            raise NoServerError(say("The demo's own mail server refused a mail: {words}", words=words))

    def taken(self, after: int) -> list[Posted]:
        """Return the mails handed in after the first `after` ones."""
        with self._lock:
            return self.posted[after:]

    # ---- in the thread

    async def _serve(self) -> None:
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_task_factory(_Kept())
        try:
            imap = await asyncio.start_server(await self._imap(), HERE, 0)
            smtp = await loop.create_server(self._smtp, HERE, 0)
        except OSError as error:
            self._trouble = str(error)
            self._begun.set()
            return
        self._end = lambda: _ask_to_end(loop, end)
        self.imap, self.smtp = (server.sockets[0].getsockname()[1] for server in (imap, smtp))
        self._begun.set()
        await end.wait()
        imap.close()  # not waited for: since Python 3.12 that would wait for every client to leave
        smtp.close()

    async def _imap(self) -> Any:
        """Return what speaks IMAP on a new connection."""
        config = _Config(
            Namespace(passlib_cfg=None, proxy_protocol=None), host=HERE, port=0, tls_enabled=False,
            reject_dnsbl=False, demo_data=False, demo_user=self.user, demo_password=self.password,
            hash_context=Cleartext(), cpu_subsystem=Subsystem.for_asyncio())
        config.apply_context()
        login = Login(config)
        await login.demo_user_identity.set(UserMetadata(config, self.user, password=self.password))
        return ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config))

    def _smtp(self) -> SMTP:
        return SMTP(self, hostname="localhost", ident="Guichet demo", loop=asyncio.get_running_loop(),
                    auth_require_tls=False, authenticator=self._knows)

    def _knows(self, server: object, session: Session, envelope: Envelope, mechanism: str, said: object) -> AuthResult:
        right = (isinstance(said, LoginPassword)
                 and (said.login.decode(), said.password.decode()) == (self.user, self.password))
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(self, server: object, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:
        if not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.mail_from = address
        return "250 2.1.0 ok"

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        with self._lock:
            self.posted.append(Posted(recipient=envelope.rcpt_tos[0],
                                      raw=bytes(envelope.original_content or b"")))
        return "250 2.0.0 taken"


def _ask_to_end(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has closed by itself
        loop.call_soon_threadsafe(end.set)
