"""A knock at a mailbox: do its folders stand as they did? Three turns over a bare line, and it hangs up.

Without imaplib and imapclient, which to load costs five times what a pass costs that finds nothing. It never says more
than "as they did": whatever is not exactly what was expected is left to edges/imap, which asks anew, understands all
that a server may say, and tells what is wrong.
"""

from __future__ import annotations

import os
import socket
import time

from bot.edges import EdgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

SECONDS = 30.0      # for one answer, and twice as much for all
FAREWELL = 2.0
LONGEST = 65_536    # bytes of all that a server may say

Folder = tuple[str, str, str]   # its name as it is sent, UIDVALIDITY, UIDNEXT


class OtherwiseError(EdgeError):
    """A mailbox does not stand as it did, or does not answer as expected. Nobody is told: the careful look follows."""


def knock(host: str, port: int, security: str, user: str, password: str, ca_file: str,
          folders: list[Folder]) -> Iterator[None]:
    """Ask whether these folders stand so; it stops after each question, so that many servers think at once.

    Raises:
        OtherwiseError, OSError: look carefully.
    """
    line = _Line(host, port)
    try:
        if security == "tls":
            line.secure(ca_file)
        yield
        line.hear(b"*")
        if security == "starttls":
            line.say(b"T STARTTLS")
            yield
            line.hear(b"T")
            line.secure(ca_file)
        line.say(b"L LOGIN %b %b" % (_quoted(user), _quoted(password)))
        yield
        line.hear(b"L")
        line.say(*(b"F EXAMINE %b" % name.encode("ascii") for name, _, _ in folders), b"Z LOGOUT")
        yield
        for folder in folders:
            _compare(folder, line.hear(b"F"))
        line.take_leave()
    finally:
        line.close()


def _compare(folder: Folder, answer: list[bytes]) -> None:
    for name, wanted in zip(("UIDVALIDITY", "UIDNEXT"), folder[1:], strict=True):
        if not any(line.upper().startswith(f"* OK [{name} {wanted}]".encode("ascii")) for line in answer):
            raise OtherwiseError(f"another {name}")


def _quoted(text: str) -> bytes:
    if not (text.isascii() and text.isprintable()):
        raise OtherwiseError("no quoted string holds this")
    return b'"%b"' % text.replace("\\", "\\\\").replace('"', '\\"').encode("ascii")


class _Line:
    """A connection, in the clear at first, heard line by line."""

    def __init__(self, host: str, port: int) -> None:
        self._until = time.monotonic() + 2 * SECONDS
        self._host = host.encode("ascii")      # in bytes, for a name in text loads all of IDNA
        self._socket = socket.create_connection((self._host, port), SECONDS)  # type: ignore[arg-type]
        self._heard, self._octets = b"", 0

    def close(self) -> None:
        self._socket.close()

    def secure(self, ca_file: str) -> None:
        """Go on in TLS; what was said before it and not heard yet may be anybody's, so it ends all."""
        if self._heard:
            raise OtherwiseError("more was said before TLS")
        self._socket = _trusting(ca_file).wrap_socket(self._socket, server_hostname=self._host)

    def take_leave(self) -> None:
        """Hear the answer to LOGOUT, if that is quick: to hang up before it looks like a fault in the server's log."""
        self._socket.settimeout(FAREWELL)
        try:
            self.hear(b"Z")
        except (OtherwiseError, OSError):
            pass

    def say(self, *commands: bytes) -> None:
        self._socket.sendall(b"".join(command + b"\r\n" for command in commands))

    def hear(self, tag: bytes) -> list[bytes]:
        """Return the lines up to the one that says OK under this tag; any other end of the answer is another story."""
        heard: list[bytes] = []
        while not heard or not heard[-1].startswith(tag + b" "):
            heard.append(self._line())
            if tag != b"Z" and heard[-1].upper().startswith(b"* BYE"):
                raise OtherwiseError("sent away")
        if not heard[-1][len(tag) + 1:].upper().startswith(b"OK"):
            raise OtherwiseError("refused")
        return heard

    def _line(self) -> bytes:
        while b"\r\n" not in self._heard:
            came = self._socket.recv(4096)
            self._octets += len(came)
            if not came or self._octets > LONGEST or time.monotonic() > self._until:
                raise OtherwiseError("hung up, or too much, or too slow")
            self._heard += came
        line, _, self._heard = self._heard.partition(b"\r\n")
        if line.endswith(b"}"):
            raise OtherwiseError("a literal")
        return line


def _trusting(ca_file: str) -> ssl.SSLContext:
    """Return the verifying context of an authority file, or of this machine's authorities.

    These are looked up one by one, where the machine keeps each under its hash: to read all of them takes 25 ms. One
    that stands only in the machine's own file of all is not found so, and the careful look finds it.
    """
    import ssl

    places = ssl.get_default_verify_paths()
    named = os.environ.get(places.openssl_cafile_env) or os.environ.get(places.openssl_capath_env)
    if ca_file or named or not places.capath or not any(name.endswith(".0") for name in os.listdir(places.capath)):
        return ssl.create_default_context(cafile=ca_file or None)
    return ssl.create_default_context(capath=places.capath)
