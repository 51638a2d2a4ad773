"""Mail out: one relay, one connection for many mails, and for each mail what surely became of it.

What concerns the relay as a whole (unreachable, certificate, log-in) is raised as an EdgeError that names
mailbox, host and port: no mail was touched. What concerns one mail is returned as its `Sending`.
"""

from __future__ import annotations

import os
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from socket import IPPROTO_TCP, TCP_NODELAY
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bot.core.draft import check_address, check_outgoing
from bot.edges import EdgeError
from bot.edges.killpoint import killpoint, pieces
from bot.words import say

if TYPE_CHECKING:
    from smtplib import SMTP
    from ssl import SSLContext

REPLY_CAP = 300
QUIT_WAIT = 5.0
KEPT = 60.0     # seconds for which a connection waits for another mail; most relays hang up after five minutes
EHLO_NAME = "[127.0.0.1]"
"""As K-9 Mail says it: the machine's own name would cost a slow DNS look-up and tell the world its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The server a mailbox sends through.

    Attributes:
        security: `tls`, `starttls`, or `plain`, which is for this machine only.
        user: empty: the relay wants no log-in.
        bearer: takes the place of a password: it is given the token just turned away, or nothing, and returns another.
        timeout: seconds for each answer but the last.
        patience: seconds for the answer after the dot; RFC 5321 4.5.3.2.6 asks for ten minutes, since
            giving up earlier is the second commonest cause of duplicates (RFC 1047).
    """

    mailbox: str
    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    bearer: Callable[[str], str] | None = field(default=None, repr=False, compare=False)
    ca_file: str = ""
    timeout: float = 30.0
    patience: float = 600.0


class Outcome(StrEnum):
    """What became of one mail."""

    SENT = "sent"            # the relay took it: acceptance, not delivery
    LATER = "later"          # surely not sent; another time may do
    REFUSED = "refused"      # surely not sent; another time will not do
    WITHDRAWN = "withdrawn"  # surely not sent; the caller changed his mind at the last moment
    UNKNOWN = "unknown"      # nobody can say


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What became of one mail, and the relay's own words, in one line.

    Attributes:
        no_echo: why the relay would not also give it to our own mailbox; empty where it did or was not asked.
    """

    outcome: Outcome
    reply: str = ""
    no_echo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail and its envelope; `echo`, our own mailbox, is a second recipient, named nowhere in the mail.

    Raises:
        UnsafeMailError: these bytes are not one mail from `sender` to `recipient`.
    """

    raw: bytes = field(repr=False)
    sender: str
    recipient: str
    echo: str = ""

    def __post_init__(self) -> None:
        check_outgoing(self.raw, self.sender, self.recipient)
        if self.echo:
            check_address(self.echo)


class SubmissionRefusedError(EdgeError):
    """The relay does not take mail from this account: wrong password, no log-in, or not this address."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, permanent=True)


def _committed() -> bool:
    """Say that it stays committed: asked for once, before the relay hung up on a connection we had kept."""
    return True


class _LostError(Exception):
    """The connection broke or what came back is no SMTP; never leaves this file."""


@dataclass(frozen=True, slots=True)
class _Reply:
    code: int
    line: str

    @property
    def kind(self) -> int:
        """The first digit; 0 for anything that is no reply code of RFC 5321."""
        return self.code // 100 if 200 <= self.code < 600 else 0


class Smtp:
    """One connection to a relay, opened when first needed, kept until the block ends."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._client: SMTP | None = None
        self._careful = False  # whether pipelining went wrong here: then step by step
        self._said_ahead = False  # whether the next mail's envelope was said, and its answers not heard yet
        self._token = ""  # the one last shown to the relay, never repeated
        self._untold: tuple[str, tuple[str, ...]] = "", ()  # what no answer may repeat, by the token it is made of

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.leave()

    def leave(self) -> None:
        """Say QUIT, as good manners are; a relay that does not answer soon is left anyway."""
        if self._client is None:
            return
        try:
            self._wait_at_most(QUIT_WAIT)
            killpoint("smtp before QUIT")
            self._ask("QUIT")
        except _LostError:
            pass
        self._drop()

    def send(self, raw: bytes, sender: str, recipient: str, before_data: Callable[[], bool], *,
             echo: str = "") -> Sending:
        """Send one mail, and say what surely became of it.

        `echo`, our own mailbox, is named in the envelope beside the recipient and nowhere in the mail: one DATA is
        taken for both or for neither, so that what arrives there was taken. A relay that refuses it gets the mail
        for the recipient alone.

        `before_data` is called once, when not a byte of the mail has left: there the caller commits that it is being
        transmitted, or returns False to withdraw it. What it raises passes through; the mail was then not sent.
        The relay has taken sender and recipient by then, unless it announced PIPELINING (RFC 2920): such a one is
        told both and DATA in one go, so that a mail costs two round trips.

        Raises:
            UnsafeMailError: these bytes are not one mail from `sender` to `recipient`.
            SubmissionRefusedError: the relay refused the log-in.
            EdgeError: the relay cannot be reached or trusted. In all three cases nothing was sent.
        """
        letter = Letter(raw=raw, sender=sender, recipient=recipient,
                        echo="" if echo.lower() == recipient.lower() else echo)
        kept = self._ready()
        if not self._pipelines:
            return self._send_by_steps(letter, before_data)
        return self._send_committed(letter, kept) if before_data() else Sending(outcome=Outcome.WITHDRAWN)

    def forgive(self) -> None:
        """Take a relay again at its word that it pipelines: what went wrong may have been the line."""
        self._careful = False

    def pipelines(self) -> bool:
        """Say whether the relay takes several commands at once, so that `send_in_turn` gains anything.

        Raises as `send` does.
        """
        self._ready()
        return self._pipelines

    def send_in_turn(self, letters: Iterator[Letter]) -> Iterator[Sending]:
        """Send mails one after another, one round trip each; yield what became of each, in their order.

        The envelope of the next travels with the last part of a mail (RFC 2920 3.1), so a mail is asked for when the
        one before it was not begun: whoever yields it has committed that it is being transmitted. What became of a
        mail is told before the one after the next is asked for; one commit can thus write down both.

        An envelope said ahead counts only where all of it was taken; else we hang up and the mail is tried by itself.

        Raises:
            SubmissionRefusedError, EdgeError: as `send` does. What was asked for and not told of has not left.
        """
        letter = next(letters, None)
        try:
            while letter:
                ahead = next(letters, None)
                begun = self._said_ahead and self._was_taken(letter.echo)
                yield self._hand_over(letter.raw, ahead) if begun else self._send_committed(
                    letter, self._ready(), ahead)
                letter = ahead
        finally:
            if self._said_ahead:
                self._drop()

    def _send_committed(self, letter: Letter, kept: bool, ahead: Letter | None = None) -> Sending:
        """Send a mail of which it is written down that it is being transmitted."""
        if self._pipelines:
            if sending := self._send_at_once(letter, kept, ahead):
                return sending
            self._ready()
        return self._send_by_steps(letter, _committed)

    def _send_by_steps(self, letter: Letter, before_data: Callable[[], bool]) -> Sending:
        if refused := self._offer(letter):
            return refused
        no_echo = self._add(letter.echo) if letter.echo else ""
        if not before_data():
            self._forget()
            return Sending(outcome=Outcome.WITHDRAWN)
        return replace(self._transmit(letter.raw), no_echo=no_echo)

    def verify(self, sender: str = "") -> None:
        """Log in, see that the relay takes mail from `sender`, and leave; raise as `send` does."""
        if sender:
            check_address(sender)
        self._ready()
        try:
            if sender:
                self._check_sender(sender)
        except _LostError as lost:
            raise self._unreachable(lost) from None
        finally:
            self.leave()

    def _check_sender(self, sender: str) -> None:
        said = self._ask(f"MAIL FROM:<{sender}>")
        if said.kind == 4:
            raise EdgeError(self._say_no(said))
        if said.kind != 2:
            raise SubmissionRefusedError(say(
                "Mailbox {mailbox}: {host}:{port} takes no mail from {sender} ({reply}); let this account "
                "send from that address, or change `address`",
                **self._where(), sender=sender, reply=said.line))
        self._forget()

    # one mail

    def _offer(self, letter: Letter) -> Sending | None:
        """Name sender and recipient; return what became of the mail if the relay would not have it."""
        try:
            for line in self._envelope(letter):
                said = self._ask(line)
                killpoint(f"smtp after {line[:4]}")
                if said.code == 530:  # Must log in first, or must start TLS first: no fault of this mail
                    raise SubmissionRefusedError(self._say_no(said))
                if said.kind != 2:
                    return self._refusal(said)
        except _LostError as lost:
            return self._lost(Outcome.LATER, lost)
        return None

    def _envelope(self, letter: Letter) -> list[str]:
        size_told = f" SIZE={len(letter.raw)}" if self._open().has_extn("size") else ""
        return [f"MAIL FROM:<{letter.sender}>{size_told}", f"RCPT TO:<{letter.recipient}>"]

    def _whole_envelope(self, letter: Letter) -> list[str]:
        return [*self._envelope(letter), *([f"RCPT TO:<{letter.echo}>"] if letter.echo else []), "DATA"]

    # one mail, its envelope in one go

    @property
    def _pipelines(self) -> bool:
        return not self._careful and self._client is not None and bool(self._client.has_extn("pipelining"))

    def _send_at_once(self, letter: Letter, kept: bool, ahead: Letter | None) -> Sending | None:
        """Send a mail in two strokes: the envelope with DATA, then the text with its dot.

        None: the connection that was kept turned out to be gone or out of step, so nothing was begun.
        """
        killpoint("smtp before the envelope in one stroke")
        try:
            reset, *said = self._ask_all(letter, kept)
        except _LostError as lost:
            self._careful = True
            return self._lost(Outcome.LATER, lost)
        if reset is None:
            self._careful = True
            self._drop()
            return None
        return self._go_on(letter.raw, said, ahead)

    def _ask_all(self, letter: Letter, kept: bool) -> list[_Reply | None]:
        """Say the whole envelope, and return what was answered to each part; first, that to RSET, None for no yes."""
        first: _Reply | None = _Reply(250, "")
        try:
            self._tell([*(["RSET"] if kept else []), *self._whole_envelope(letter)])
            first = self._hear("") if kept else first
        except _LostError:
            first = None
        if first is None or first.kind != 2:
            if kept:
                return [None]
            raise _LostError(say("no connection"))
        return [first, *self._hear_envelope(letter.echo)]

    def _hear_envelope(self, echo: str) -> list[_Reply]:
        names = ["smtp after MAIL", "smtp after RCPT", *(["smtp after RCPT of the echo"] if echo else []),
                 "smtp after DATA"]
        return [self._hear(name) for name in names]

    def _was_taken(self, echo: str) -> bool:
        """Hear what was answered to the envelope that was said ahead; unless all of it was taken, hang up."""
        self._said_ahead = False
        try:
            *named, data = self._hear_envelope(echo)
        except _LostError:      # a relay that forgets what it heard with a mail's end
            self._careful = True
        else:
            if all(one.kind == 2 for one in named) and data.code == 354 and not self._spoke_unasked():
                return True
        self._drop()
        return False

    def _go_on(self, raw: bytes, said: Sequence[_Reply | None], ahead: Letter | None) -> Sending:
        """Send the text if the relay took sender, recipient and DATA; else see that nothing leaves.

        RFC 2920 3.1: DATA may be taken though no recipient was; then a lone dot ends it. Where our own mailbox was
        taken beside the refused buyer that dot would send an empty mail to it, so we hang up instead.
        """
        mail, rcpt, *echoed, data = (one or _Reply(0, "") for one in said)
        no = next((one for one in (mail, rcpt) if one.kind != 2), None)
        if no is None and data.code != 354:
            return self._refusal(data)
        if no is not None:
            self._end_of_nothing(data, alone=all(one.kind != 2 for one in echoed))
            if no.code == 530:
                self._drop()
                raise SubmissionRefusedError(self._say_no(no))
            return self._refusal(no)
        if self._spoke_unasked():
            return self._lost(Outcome.LATER, _LostError(say("it spoke unasked")))
        no_echo = next((one.line for one in echoed if one.kind != 2), "")
        return replace(self._hand_over(raw, ahead), no_echo=no_echo)

    def _end_of_nothing(self, data: _Reply, *, alone: bool) -> None:
        if data.code == 354 and alone:
            try:
                self._tell(["."])
                self._hear("")
            except _LostError:
                self._drop()
        elif data.kind not in (4, 5):
            self._drop()

    def _tell(self, lines: Sequence[str]) -> None:
        try:
            self._open().send("".join(f"{line}\r\n" for line in lines))
        except (OSError, UnicodeError) as error:
            raise _LostError(self._clean(str(error))) from None

    def _hear(self, name: str) -> _Reply:
        """Return the next answer; `name` is where a test may kill us after it."""
        try:
            said = self._reply(*self._open().getreply())
        except OSError as error:
            raise _LostError(self._clean(str(error))) from None
        if name:
            killpoint(name)
        return said

    # one mail, step by step

    def _add(self, echo: str) -> str:
        """Name our own mailbox as a second recipient; return why the relay would not, empty where it did."""
        try:
            said = self._ask(f"RCPT TO:<{echo}>")
            killpoint("smtp after RCPT of the echo")
        except _LostError as lost:
            self._drop()
            return say("the connection was lost ({reason})", reason=lost)
        return "" if said.kind == 2 else said.line

    def _transmit(self, raw: bytes) -> Sending:
        killpoint("smtp before DATA")
        try:
            said = self._ask("DATA")
            killpoint("smtp after DATA")
        except _LostError as lost:  # not a byte of the mail has left
            return self._lost(Outcome.LATER, lost)
        if said.code != 354:
            return self._refusal(said)
        return self._hand_over(raw)

    def _hand_over(self, raw: bytes, ahead: Letter | None = None) -> Sending:
        try:
            return self._verdict(self._write(raw, ahead))
        except _LostError as lost:
            return self._lost(Outcome.UNKNOWN, lost)

    def _write(self, raw: bytes, ahead: Letter | None) -> _Reply:
        """Send the mail and its dot, the next one's envelope behind it, and wait as long as RFC 5321 asks."""
        client = self._open()
        stuffed = raw.replace(b"\r\n.", b"\r\n..")    # its first line is a header
        next_ = "".join(f"{line}\r\n" for line in self._whole_envelope(ahead)) if ahead and self._pipelines else ""
        points = "smtp amid the text", "smtp before the dot", "smtp after the dot"
        try:
            whole = b"%b.\r\n%b" % (stuffed, next_.encode("ascii"))
            for piece, point in zip(pieces(whole, len(stuffed) // 2, len(stuffed)), points, strict=False):
                client.send(piece)
                killpoint(point)
            self._said_ahead = bool(next_)
            self._wait_at_most(self._relay.patience)
            said = self._reply(*client.getreply())
            killpoint("smtp after the answer to the dot")
        except OSError as error:
            raise _LostError(self._clean(str(error))) from None
        self._wait_at_most(self._relay.timeout)
        return said

    def _verdict(self, said: _Reply) -> Sending:
        """Return what the answer to the dot means: any 2xx is the relay's yes, no code at all is nobody's."""
        if said.kind == 2:
            return Sending(outcome=Outcome.SENT, reply=said.line)
        if said.kind in (4, 5):
            return self._refusal(said)
        self._drop()
        return Sending(outcome=Outcome.UNKNOWN, reply=said.line)

    def _refusal(self, said: _Reply) -> Sending:
        """Return the relay's no; after an answer that is neither yes nor no, hang up: we are out of step."""
        if said.kind not in (4, 5):
            self._drop()
        return Sending(outcome=Outcome.REFUSED if said.kind == 5 else Outcome.LATER, reply=said.line)

    def _lost(self, outcome: Outcome, lost: _LostError) -> Sending:
        self._drop()
        return Sending(outcome=outcome, reply=say("the connection was lost ({reason})", reason=lost))

    # the connection

    def _ready(self) -> bool:
        """See that a connection stands and is in step; say whether it is one that was kept."""
        killpoint("smtp before the connection is ready")
        if self._client and not self._in_step():
            self._drop()
        kept = self._client is not None
        if not kept:
            self._connect()
        killpoint("smtp after the connection is ready")
        return kept

    def _in_step(self) -> bool:
        """Say whether the kept connection lives, and whether the next answer will answer our next command."""
        try:
            return not self._spoke_unasked() and (self._pipelines or self._ask("RSET").kind == 2)
        except _LostError:
            return False

    def _spoke_unasked(self) -> bool:
        """Say whether words wait that nothing asked for: a second 250, or a 421 on the relay's way out."""
        from ssl import SSLWantReadError

        client = self._open()
        self._wait_at_most(0)
        try:
            return bool(client.file and client.file.peek(1))
        except SSLWantReadError:
            return False
        except OSError:
            return True
        finally:
            self._wait_at_most(self._relay.timeout)

    def _connect(self) -> None:
        killpoint("smtp before connecting")
        self._check_security()
        context = None if self._relay.security == "plain" else self._context()
        try:
            self._client = self._dial(context)
            if line := self._client.sock:
                line.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)    # a mail's last part never waits for an ACK
            self._greet()
            if self._relay.security == "starttls":
                self._start_tls(context)
            killpoint("smtp before the log-in")
            self._log_in()
            killpoint("smtp after the log-in")
        except (OSError, UnicodeError, _LostError) as error:
            self._drop()
            raise self._unreachable(error) from None
        except EdgeError:
            self._drop()
            raise

    def _check_security(self) -> None:
        relay = self._relay
        if relay.security not in ("tls", "starttls", "plain"):
            raise EdgeError(say(
                "Mailbox {mailbox}: security must be tls, starttls or plain for {host}:{port}, not "
                "{security}", **self._where(), security=relay.security), permanent=True)
        if relay.security == "plain" and not _is_this_machine(relay.host):
            raise EdgeError(say(
                "Mailbox {mailbox}: {host}:{port} is not this machine, so its connection must be encrypted; "
                "set security to tls or starttls", **self._where()), permanent=True)

    def _context(self) -> SSLContext:
        file = self._relay.ca_file
        try:
            return _tls_context(file, os.stat(file).st_mtime_ns if file else 0, int(time.monotonic() // 86_400))
        except OSError as error:
            raise EdgeError(say(
                "Mailbox {mailbox}: the authority file {file} for {host}:{port} cannot be read ({reason})",
                **self._where(), file=file, reason=self._clean(str(error))), permanent=True) from None

    def _dial(self, context: SSLContext | None) -> SMTP:
        from smtplib import SMTP, SMTP_SSL

        relay = self._relay
        if relay.security == "tls":
            return SMTP_SSL(relay.host, relay.port, EHLO_NAME, timeout=relay.timeout, context=context)
        return SMTP(relay.host, relay.port, EHLO_NAME, timeout=relay.timeout)

    def _greet(self) -> None:
        code, words = self._open().ehlo()
        if code != 250:
            raise EdgeError(self._say_no(self._reply(code, words)))

    def _start_tls(self, context: SSLContext | None) -> None:
        client = self._open()
        if not client.has_extn("starttls"):
            raise EdgeError(say(
                "Mailbox {mailbox}: {host}:{port} does not offer STARTTLS, so nothing was sent, not even the "
                "password; try port 465 with security tls, or another network", **self._where()))
        client.starttls(context=context)
        self._greet()

    def _log_in(self) -> None:
        """Log in, in UTF-8: smtplib's own log-in dies of a password with an accent."""
        if not self._relay.user:
            return
        offered = self._open().esmtp_features.get("auth", "").upper().split()
        if self._relay.bearer:
            said = self._log_in_bearer(self._relay.bearer)
        elif "PLAIN" in offered:
            said = self._log_in_plain()
        elif "LOGIN" in offered:
            said = self._log_in_login()
        else:
            raise SubmissionRefusedError(self._say_no(_Reply(0, say("it offers no log-in with a password"))))
        self._check_log_in(said)

    def _log_in_bearer(self, bearer: Callable[[str], str]) -> _Reply:
        """Log in by XOAUTH2; a token turned away once may have been withdrawn before its time: try a fresh one."""
        self._token = bearer("")
        said = self._xoauth2()
        if said.kind == 5 and (fresh := bearer(self._token)) != self._token:
            self._token = fresh
            said = self._xoauth2()
        return said

    def _xoauth2(self) -> _Reply:
        """Say who we are; on a refusal the relay tells why in a 334, and waits for an empty line."""
        said = self._ask(f"AUTH XOAUTH2 {_base64(_bearing(self._relay.user, self._token))}")
        return self._ask("") if said.code == 334 else said

    def _log_in_plain(self) -> _Reply:
        return self._ask(f"AUTH PLAIN {_base64(f'{chr(0)}{self._relay.user}{chr(0)}{self._relay.password}')}")

    def _log_in_login(self) -> _Reply:
        said = self._ask("AUTH LOGIN")
        for secret in (self._relay.user, self._relay.password):
            if said.code == 334:
                said = self._ask(_base64(secret))
        return said

    def _check_log_in(self, said: _Reply) -> None:
        if said.code == 235:
            return
        if said.kind == 5:
            raise SubmissionRefusedError(self._turned_away(said))
        raise EdgeError(self._say_no(said))

    def _turned_away(self, said: _Reply) -> str:
        where = self._where() | {"user": self._relay.user, "reply": said.line}
        if self._relay.bearer:
            return say("Mailbox {mailbox}: {host}:{port} refused the log-in of {user} by OAuth ({reply}); see that "
                       "sending by programs (SMTP AUTH) is switched on for this mailbox, and log in again with "
                       "`run_bot.py login {mailbox}`", **where)
        if re.search(r"(outlook|office365|hotmail|live)\.", self._relay.host, re.IGNORECASE):
            return say("Mailbox {mailbox}: {host}:{port} refused the log-in of {user} ({reply}); Microsoft takes no "
                       "passwords from programs any more: write oauth = \"microsoft\" in the place of the password in "
                       "mailboxes.toml, and run `run_bot.py login {mailbox}`", **where)
        return say("Mailbox {mailbox}: {host}:{port} refused the log-in of {user} ({reply}); check user and "
                   "password, some hosts want a password made for programs", **where)

    def _open(self) -> SMTP:
        if self._client is None or self._client.sock is None:
            raise _LostError(say("no connection"))
        return self._client

    def _wait_at_most(self, seconds: float) -> None:
        sock = self._open().sock
        if sock:
            sock.settimeout(seconds)

    def _ask(self, line: str) -> _Reply:
        """Send a command and return its answer; the line may hold a secret and is never repeated."""
        try:
            return self._reply(*self._open().docmd(line))
        except OSError as error:  # smtplib's errors are OSErrors too, even its made-up "500 Line too long"
            raise _LostError(self._clean(str(error))) from None

    def _forget(self) -> None:
        """Take back sender and recipient; if even that fails, hang up."""
        try:
            self._ask("RSET")
        except _LostError:
            self._drop()

    def _drop(self) -> None:
        client, self._client, self._said_ahead = self._client, None, False
        if client:
            client.close()

    # what the relay said, and what we say of it

    def _reply(self, code: int, words: bytes) -> _Reply:
        return _Reply(code, self._clean(f"{code} {words.decode('utf-8', 'replace')}"))

    def _clean(self, words: str) -> str:
        """Return one line without control characters, and without our password if the relay repeats it."""
        for told in self._secrets():
            words = words.replace(told, "***")
        if not words.isprintable():
            words = "".join(letter if letter.isprintable() else " " for letter in words)
        return " ".join(words.split())[:REPLY_CAP]

    def _secrets(self) -> tuple[str, ...]:
        """Return password and token, in each form in which they may have been said."""
        token, forms = self._untold
        if not forms or token != self._token:
            user, secrets = self._relay.user, filter(None, (self._relay.password, self._token))
            forms = tuple(told for one in secrets for told in (
                one, _base64(one), _base64(f"\0{user}\0{one}"), _base64(_bearing(user, one))))
            self._untold = self._token, forms
        return forms

    def _say_no(self, said: _Reply) -> str:
        return say("Mailbox {mailbox}: {host}:{port} takes no mail from us ({reply})",
                   **self._where(), reply=said.line)

    def _where(self) -> dict[str, object]:
        return {"mailbox": self._relay.mailbox, "host": self._relay.host, "port": self._relay.port}

    def _unreachable(self, error: Exception) -> EdgeError:
        """Return the sentence for a failed connection. Waiting may help: the certificate of a station's
        wireless network is gone at home."""
        from smtplib import SMTPResponseException
        from ssl import SSLCertVerificationError, SSLError

        if isinstance(error, SMTPResponseException):
            words = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
            return EdgeError(self._say_no(self._reply(error.smtp_code, words)))
        where = self._where() | {"reason": self._clean(getattr(error, "verify_message", "") or str(error))}
        if isinstance(error, SSLCertVerificationError):
            return EdgeError(say(
                "Mailbox {mailbox}: the certificate of {host}:{port} is not to be trusted ({reason}); check "
                "the host's name, or give a private authority with ca_file", **where))
        if isinstance(error, SSLError):
            return EdgeError(say(
                "Mailbox {mailbox}: {host}:{port} does not speak TLS as expected ({reason}); check port and "
                "security: 465 is mostly tls, 587 starttls", **where))
        return EdgeError(say("Mailbox {mailbox}: the mail server {host}:{port} cannot be reached ({reason})",
                             **where))


class Lines:
    """Connections to relays, each kept a while for the next mail: connecting and the log-in take some six turns.

    For one thread. One that the relay has closed meanwhile is noticed before anything is begun, and made anew.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Relay, Smtp, float]] = {}

    @contextmanager
    def to(self, relay: Relay) -> Iterator[Smtp]:
        """Give the connection to a relay, and keep it unless something fails."""
        known, smtp, _ = self._kept.pop(relay.mailbox, (None, None, 0.0))
        if smtp and known != relay:
            smtp.leave()
        if smtp is None or known != relay:
            smtp = Smtp(relay)
        try:
            yield smtp
        except BaseException:
            smtp.leave()
            raise
        smtp.forgive()
        self._kept[relay.mailbox] = relay, smtp, time.monotonic()

    def rest(self, after: float = KEPT) -> bool:
        """Leave the relays to which nothing was sent for so many seconds; say whether a connection stays."""
        for name, (_, smtp, since) in list(self._kept.items()):
            if time.monotonic() - since >= after:
                del self._kept[name]
                smtp.leave()
        return bool(self._kept)


@lru_cache(maxsize=8)
def _tls_context(ca_file: str, _changed: int, _day: int) -> SSLContext:
    """Return the one context of an authority file; each costs 831 KiB and 34 ms. After a day it is made anew."""
    from ssl import create_default_context

    return create_default_context(cafile=ca_file or None)


def _bearing(user: str, token: str) -> str:
    return f"user={user}\1auth=Bearer {token}\1\1"


def _base64(words: str) -> str:
    return b64encode(words.encode("utf-8")).decode("ascii")


def _is_this_machine(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
