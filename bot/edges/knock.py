"""A knock at a mailbox: do its folders stand as they did? Three turns over a bare line, and it hangs up.

Made of what lies beneath `socket` and `ssl`, which to load costs more than all else of a pass that finds nothing. It
never says more than "as they did": whatever is not exactly what was expected is left to edges/imap, which asks anew,
understands all that a server may say, and tells what is wrong.
"""

from __future__ import annotations

import os
import time

import _socket

from bot.edges import EdgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SECONDS = 30.0      # for one answer, and twice as much for all
FAREWELL = 2.0
LONGEST = 65_536    # bytes of all that a server may say

Folder = tuple[str, str, str]   # its name as it is sent, UIDVALIDITY, UIDNEXT


class OtherwiseError(EdgeError):
    """A mailbox does not stand as it did, or does not answer as expected. Nobody hears of it: the careful look tells."""


def knock(host: str, port: int, security: str, user: str, password: str, ca_file: str,
          folders: list[Folder]) -> Iterator[None]:
    """Ask whether these folders stand so; it stops after each question, so that many servers think at once.

    Raises:
        OtherwiseError, OSError, and what the C modules raise of what they do not understand: look carefully.
    """
    line = _Line(host, port)
    try:
        if security == "tls":
            line.secure(host, ca_file)
        yield
        line.hear(b"*")
        if security == "starttls":
            line.say(b"T STARTTLS")
            yield
            line.hear(b"T")
            line.secure(host, ca_file)
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
        self._socket = _connected(host, port)
        self._read, self._write = self._socket.recv, self._socket.sendall
        self._heard, self._octets = b"", 0

    def close(self) -> None:
        self._socket.close()

    def secure(self, host: str, ca_file: str) -> None:
        """Go on in TLS; what was said before it and not heard yet may be anybody's, so it ends all."""
        if self._heard:
            raise OtherwiseError("more was said before TLS")
        line = _trusting(ca_file)._wrap_socket(self._socket, False, server_hostname=host)
        line.do_handshake()
        self._read, self._write = line.read, line.write

    def take_leave(self) -> None:
        """Hear the answer to LOGOUT, if that is quick: to hang up before it looks like a fault in the server's log."""
        self._socket.settimeout(FAREWELL)
        try:
            self.hear(b"Z")
        except (OtherwiseError, OSError):
            pass

    def say(self, *commands: bytes) -> None:
        self._write(b"".join(command + b"\r\n" for command in commands))

    def hear(self, tag: bytes) -> list[bytes]:
        """Return the lines up to the one that says OK under this tag; any other end of the answer is another story."""
        heard: list[bytes] = []
        while not heard or not heard[-1].startswith(tag + b" "):
            heard.append(self._line())
        if not heard[-1][len(tag) + 1:].upper().startswith(b"OK"):
            raise OtherwiseError("refused")
        return heard

    def _line(self) -> bytes:
        while b"\r\n" not in self._heard:
            came = self._read(4096)
            self._octets += len(came)
            if not came or self._octets > LONGEST or time.monotonic() > self._until:
                raise OtherwiseError("hung up, or too much, or too slow")
            self._heard += came
        line, _, self._heard = self._heard.partition(b"\r\n")
        if line.endswith(b"}"):
            raise OtherwiseError("a literal")
        return line


def _connected(host: str, port: int) -> _socket.socket:
    """Connect to the first address that answers. Bytes, because a name in text loads all of IDNA."""
    last: OSError | None = None
    for family, kind, protocol, _, address in _socket.getaddrinfo(host.encode("ascii"), port, 0, _socket.SOCK_STREAM):
        line = _socket.socket(family, kind, protocol)
        line.settimeout(SECONDS)
        try:
            line.connect(address)
            return line
        except OSError as error:
            line.close()
            last = error
    raise last or OtherwiseError("no address")


def _trusting(ca_file: str) -> Any:
    """Return what tells a server's certificate: an OpenSSL context as `ssl.create_default_context` would make it.

    The authorities are looked up one by one where the system keeps them so; to read them all is 20 ms.
    """
    import _ssl

    context: Any = _ssl._SSLContext(_ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        context.load_verify_locations(ca_file, None, None)
    elif folder := _authorities(*_ssl.get_default_verify_paths()):
        context.load_verify_locations(None, folder, None)
    else:
        context.set_default_verify_paths()
    if not (context.check_hostname and context.verify_mode == _ssl.CERT_REQUIRED):
        raise OtherwiseError("this Python checks certificates elsewhere")
    return context


def _authorities(file_named_by: str, _file: str, folder_named_by: str, folder: str) -> str:
    """Return the folder in which each authority lies under its hash; empty where there is none, or another is named."""
    if os.environ.get(file_named_by) or os.environ.get(folder_named_by) or not os.path.isdir(folder):
        return ""
    return folder if any(name.endswith(".0") for name in os.listdir(folder)) else ""
