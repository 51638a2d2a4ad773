"""A real SMTP server on this machine, with TLS and log-in, that fails where a test tells it to.

    with SmtpServer(users={"ventes@boutique.example": "secret"}, security="starttls") as smtp:
        smtp.faults["RCPT"] = ["450 4.2.0 later"]      # once; a plain string means every time
        ...
        [mail] = smtp.wait_for(1)

Every mail it takes must be one that may leave the bot (one of each header, one recipient, 7 bits, short
lines); if one is not, the test fails when the block ends, whatever it asked.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Any, AnyStr, Self

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, TLSSetupException

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecated names

USERS = {"ventes@boutique.example": "secret"}
NAMES = ("localhost", "127.0.0.1")


class Fault(Enum):
    """What a server may do instead of answering a verb."""

    HANG_UP = "close the connection; at DOT: without having kept the mail"
    KEEP_AND_HANG_UP = "at DOT: keep the mail, then close the connection before any 250"
    STALL = "never answer; at DOT: without having kept the mail"
    KEEP_AND_STALL = "at DOT: keep the mail and never answer"
    TWICE = "at DOT: keep the mail and answer 250 twice"
    STRAY = "say 250 unasked, then answer as usual"


Answer = str | Fault | None
Faults = dict[str, "Answer | list[Answer]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail the server has taken responsibility for, less its dots; `others` are the envelope's further recipients."""

    sender: str
    recipient: str
    raw: bytes
    others: tuple[str, ...] = ()


class SmtpServer:
    """Stops and starts again on the same port.

    Attributes:
        faults: by verb (CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, TEXT, DOT, RSET, QUIT) the words to
            answer or a Fault, always; or a list of such, one used up each time (None: as usual). DATA is
            the answer in place of 354, TEXT what happens amid the text, DOT the answer to the dot.
        late: seconds between keeping a mail and its 250.
        stripped: STARTTLS is neither offered nor known, and log-in is offered without it.
        tokens: by user the one token with which XOAUTH2 lets him in; add it to `mechanisms`.
        pipelining: whether it says in EHLO that it takes several commands at once.
        mechanisms: the ways to log in that it offers, in the words of EHLO.
        mails: what it has kept, in order.
        spoken: the verbs heard, in order, over all connections; CONNECT opens each.
        ca_file: the authority that vouches for it.
        on_keep: called with each mail taken, before its 250: to deliver it to a mailbox, for one.
        strict: off: take also mails that the bot may not send, as a buyer's or a marketplace's.
    """

    def __init__(self, users: Mapping[str, str] | None = None, security: str = "starttls", *,
                 names: tuple[str, ...] = NAMES, faults: Faults | None = None, strict: bool = True) -> None:
        self.users = dict(USERS if users is None else users)
        self.security = security
        self.faults: Faults = faults or {}
        self.late = 0.0
        self.stripped = False
        self.mechanisms = "PLAIN LOGIN"
        self.pipelining = False
        self.tokens: dict[str, str] = {}
        self.strict = strict
        self.on_keep: Callable[[Received], None] | None = None
        self.mails: list[Received] = []
        self.spoken: list[str] = []
        self.unsafe: list[str] = []
        self.host = "localhost"
        self.port = 0
        self.transports: list[Any] = []
        self._arrived = Condition()
        self._context = server_context(names)
        self._folder = TemporaryDirectory(prefix="guichet-smtp-")
        self.ca_file = str(Path(self._folder.name, "ca.pem"))
        authority().cert_pem.write_to_path(self.ca_file)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop()
        self._folder.cleanup()
        if kind is None:
            self.check()

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self.port,
            ssl=self._context if self.security == "tls" else None))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def hang_up(self) -> None:
        """Cut the connection made last; in the server's own thread, which else may sleep over it for a minute."""
        async def cut() -> None:
            self.transports[-1].abort()
            await asyncio.sleep(0.01)  # the socket is closed in the loop's next turns

        asyncio.run_coroutine_threadsafe(cut(), self._loop).result(10)

    async def _close(self) -> None:
        self._server.close()
        for transport in self.transports:
            with suppress(AttributeError):  # Python 3.11.2 (Debian 12): a TLS transport closed twice cannot abort
                transport.abort()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.01)  # the sockets are closed in the loop's next turns
        self.transports.clear()

    @property
    def tls_context(self) -> ssl.SSLContext | None:
        """What STARTTLS is answered with; None: it is not offered."""
        return self._context if self.security == "starttls" and not self.stripped else None

    def check(self) -> None:
        """Fail if a mail was taken that may not leave the bot."""
        assert not self.unsafe, self.unsafe

    def wait_for(self, count: int, seconds: float = 30.0) -> list[Received]:
        """Return all mails once `count` have arrived; fail if they do not in time."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.mails) >= count, seconds)
            assert came, f"{count} mails were expected within {seconds} s, these came: {self.mails}"
            return list(self.mails)

    def wait_until_spoken(self, verb: str, seconds: float = 30.0) -> None:
        """Return once a verb was heard; fail if it is not in time."""
        until = time.monotonic() + seconds
        while verb not in self.spoken:
            assert time.monotonic() < until, f"{verb} was expected within {seconds} s, heard: {self.spoken}"
            time.sleep(0.01)

    def hear(self, verb: str) -> Answer:
        """Note a verb and return the fault that answers it, if any."""
        self.spoken.append(verb)
        return self.fault(verb)

    def fault(self, verb: str) -> Answer:
        planned = self.faults.get(verb)
        if isinstance(planned, list):
            return planned.pop(0) if planned else None
        return planned

    def keep(self, envelope: Envelope) -> None:
        raw = bytes(envelope.original_content or b"")
        mail = Received(sender=envelope.mail_from or "", recipient=next(iter(envelope.rcpt_tos), ""), raw=raw,
                        others=tuple(envelope.rcpt_tos[1:]))
        if self.strict:
            self.unsafe += [f"{flaw}: {raw[:2000]!r}" for flaw in flaws(mail)]
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()
        if self.on_keep:
            self.on_keep(mail)


class _Connection(SMTP):
    """One client's connection, each verb of it answered as usual or by its fault."""

    def __init__(self, owner: SmtpServer) -> None:
        self.owner = owner
        super().__init__(
            self, hostname="smtp.test", ident="test server", loop=owner._loop, data_size_limit=30_000_000,
            tls_context=owner.tls_context, require_starttls=True,
            auth_require_tls=owner.tls_context is not None, authenticator=self.authenticate)
        self._auth_required = bool(owner.users)  # here: the constructor warns of log-in without TLS
        self._smtp_methods = {verb: self._faulty(verb, method) for verb, method in self._smtp_methods.items()}
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.owner.transports.append(transport)
        super().connection_made(transport)

    def authenticate(self, server: object, session: Session, envelope: Envelope, mechanism: str,
                     said: object) -> AuthResult:
        right = (isinstance(said, LoginPassword)
                 and self.owner.users.get(said.login.decode()) == said.password.decode())
        return AuthResult(success=right, handled=False)

    async def auth_XOAUTH2(self, server: object, args: list[str]) -> AuthResult:
        """Let in by token as Google and Microsoft do: a refusal is told in a 334 first."""
        said = base64.b64decode(args[1]).decode()
        user, _, rest = said.removeprefix("user=").partition("\1auth=Bearer ")
        if rest.removesuffix("\1\1") and self.owner.tokens.get(user) == rest.removesuffix("\1\1"):
            return AuthResult(success=True, auth_data=user)
        await self.challenge_auth('{"status":"400"}', encode_to_b64=True)
        return AuthResult(success=False, handled=False)

    def _faulty(self, verb: str, method: Callable[[str], Awaitable[None]]
                ) -> Callable[[str], Coroutine[Any, Any, None]]:
        async def answer(argument: str) -> None:
            fault = self.owner.hear(verb)
            if fault is Fault.STRAY:
                await super(_Connection, self).push("250 stray")
            elif fault:
                return await self._fail(fault)
            return await method(argument)
        return answer

    async def _fail(self, fault: str | Fault) -> None:
        if fault is Fault.HANG_UP:
            self._cut()
        if isinstance(fault, Fault):
            await asyncio.sleep(3600)
        else:
            await super().push(fault)
            if fault.startswith("421"):
                self._cut(gently=True)

    def _cut(self, gently: bool = False) -> None:
        transport: Any = self.transport
        if transport is not None:
            (transport.close if gently else transport.abort)()

    async def push(self, status: AnyStr) -> None:
        """Answer; the first answer of all is the greeting, the one to DATA may be followed by a cut."""
        if not self._greeted:
            self._greeted = True
            if fault := self.owner.hear("CONNECT"):
                return await self._fail(fault)
        await super().push(status)
        if status[:3] in ("354", b"354") and (fault := self.owner.fault("TEXT")):
            await self._reader.read(1)
            await self._fail(fault)
        return None

    async def handle_exception(self, error: Exception) -> str:
        """Fail the test at its end: what breaks here, and is no lost client, is this file's fault."""
        if not isinstance(error, OSError | TLSSetupException):
            self.owner.unsafe.append(f"the test server itself failed: {error!r}")
        return "451 4.3.0 the test server itself failed"

    async def handle_EHLO(self, server: object, session: Session, envelope: Envelope, hostname: str,
                          answers: list[str]) -> list[str]:
        session.host_name = hostname
        log_in = f"250-AUTH {self.owner.mechanisms}"
        more = ["250-PIPELINING"] if self.owner.pipelining else []
        known = [log_in if line.startswith("250-AUTH") else line for line in answers]
        return [*known[:1], *more, *known[1:]]

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        """Keep the mail, unless the fault for its dot says otherwise."""
        fault = self.owner.hear("DOT")
        if isinstance(fault, str) and not fault.startswith("2"):
            return fault
        if fault not in (Fault.HANG_UP, Fault.STALL):
            self.owner.keep(envelope)
        if fault in (Fault.HANG_UP, Fault.KEEP_AND_HANG_UP):
            await self._fail(Fault.HANG_UP)
        elif fault in (Fault.STALL, Fault.KEEP_AND_STALL):
            await self._fail(Fault.STALL)
        await asyncio.sleep(self.owner.late)
        yes = fault if isinstance(fault, str) else "250 2.0.0 queued"
        return f"{yes}\r\n{yes}" if fault is Fault.TWICE else yes


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def server_context(names: tuple[str, ...]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*names).configure_cert(context)
    return context


ONE_EACH = ("from", "to", "subject", "date", "message-id", "mime-version")
NEVER = ("bcc", "cc", "sender", "resent-to", "resent-bcc", "resent-cc", "apparently-to")


def flaws(mail: Received) -> Iterator[str]:
    """Yield what a mail of ours may not have: read as bytes, and not by the bot's own reader."""
    head, gap, _ = mail.raw.partition(b"\r\n\r\n")
    names = Counter(line.partition(b":")[0].decode("latin-1").lower()
                    for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t"))
    if not gap or not mail.raw.isascii() or re.search(rb"\r(?!\n)|(?<!\r)\n|\0", mail.raw):
        yield "no head and body in ASCII lines with CRLF"
    if max(map(len, mail.raw.split(b"\r\n"))) > 998:
        yield "a line is longer than 998"
    if [names[name] for name in ONE_EACH] != [1] * len(ONE_EACH) or any(names[name] for name in NEVER):
        yield f"headers {dict(names)}"
    to = re.findall(rb"(?mi)^To: (.*?)\r$", head)
    if to != [mail.recipient.encode()] or mail.recipient.count("@") != 1:
        yield f"To {to} is not the one recipient {mail.recipient}"
    if mail.others not in ((), (mail.sender,)):
        yield f"recipients {mail.others} beside {mail.recipient}: only our own mailbox may be one"
    if names["auto-submitted"] != names["x-auto-response-suppress"]:
        yield "only one of the two marks of automatic mail"


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """A relay with STARTTLS for ventes@boutique.example, whose password is `secret`."""
    with SmtpServer() as server:
        yield server
