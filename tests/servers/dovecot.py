"""A private Dovecot, 2.3 or 2.4: own configuration, own folder, free ports, nothing of /etc/dovecot.

    with Dovecot() as dovecot:
        dovecot.add("ventes@boutique.example", "secret")
        dovecot.deliver("ventes@boutique.example", raw)            # by LMTP, as a mail host would
        with dovecot.client("ventes@boutique.example") as phone:   # the seller's own mail program
            ...

It starts in 0.1 s. The port `imap` takes plain text and STARTTLS, `imaps` TLS.
"""

from __future__ import annotations

import base64
import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

import pytest
import trustme

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
NEEDED = "These tests speak with a real mail server: apt-get install dovecot-imapd dovecot-lmtpd"
START_WITHIN = 20.0

SHARED = """\
base_dir = {home}/run
state_dir = {home}/state
instance_name = {name}
log_path = {home}/dovecot.log
info_log_path = {home}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
first_valid_gid = 0
ssl = yes
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_chars =
mail_max_userip_connections = 200
mailbox_idle_check_interval = 1 secs
mail_fsync = never
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service lmtp {{
  chroot =
  user = {user}
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@boutique.example
}}
"""
ONLY_2_3 = """\
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.key
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users/%u
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
mail_location = maildir:~/Maildir:UTF-8
"""
ONLY_2_4 = """\
ssl_server_cert_file = {home}/server.pem
ssl_server_key_file = {home}/server.key
auth_allow_cleartext = yes
passdb passwd-file {{
  passwd_file_path = {home}/users/%{{user}}
  default_password_scheme = PLAIN
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {home}/mail/%{{user}}
  }}
}}
mail_driver = maildir
mail_path = ~/Maildir
mailbox_list_utf8 = yes
"""
XOAUTH2_2_3 = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
"""
XOAUTH2_KEYS = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
username_attribute = email
"""
QUOTA_2_3 = """\
mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage={quota}M
}}
"""
SILENT_2_3 = "imap_capability = IMAP4rev1 SASL-IR LITERAL+ ID ENABLE NAMESPACE SPECIAL-USE UIDPLUS ESEARCH\n"
SILENT_2_4 = "imap_capability {{\n  IDLE = no\n}}\n"
MANY = """\
default_process_limit = 3000
default_client_limit = 8000
service imap-login {{
  service_count = 0
  client_limit = 4000
}}
"""
VERSION_2_4 = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def is_2_4() -> bool:
    """Say whether the installed Dovecot wants the configuration of 2.4; neither reads the other's."""
    assert PROGRAM, NEEDED
    told = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"(\d+)\.(\d+)", told)
    assert found, f"dovecot --version says {told!r}"
    return (int(found[1]), int(found[2])) >= (2, 4)


class Dovecot:
    """One instance. `ports` names imap, imaps and lmtp; `ca_file` signed its certificate for `names`.

    With `token_key` tokens signed with it let in, too (tests/servers/tokens.py); `quota` is in MiB. Both: 2.3 only.
    `many`: more than a hundred connections at once, which is all that it takes by itself. `idle` off: without IDLE.
    """

    def __init__(self, *, names: tuple[str, ...] = ("localhost", "127.0.0.1"), token_key: bytes = b"",
                 quota: int = 0, many: bool = False, idle: bool = True) -> None:
        self.token_key, self.quota, self.many, self.idle = token_key, quota, many, idle
        self.home = Path(mkdtemp(prefix="dovecot-"))  # not tmp_path: that is closed to the user we drop to
        self.names = names
        self.ports = {name: free_port() for name in ("imap", "imaps", "lmtp")}
        self.passwords: dict[str, str] = {}
        # imap-login refuses to run as root; pwd's nobody needs no account of its own.
        self.owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        return self.home / "ca.pem"

    def __enter__(self) -> Self:
        try:
            self._write()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    # ---- starting and stopping

    def start(self) -> None:
        """Start, again if need be: right after a stop the ports may not be free yet."""
        until = time.monotonic() + START_WITHIN
        self._launch()
        while not self._greets():
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)
            if self._running is None or self._running.poll() is not None:
                self.stop()
                self._launch()

    def _launch(self) -> None:
        assert PROGRAM, NEEDED
        drop: dict[str, Any] = {}
        if os.getuid() == 0:
            drop = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        with (self.home / "stderr").open("wb") as stderr:
            self._running = subprocess.Popen(
                [PROGRAM, "-F", "-c", str(self.home / "dovecot.conf")], stdout=subprocess.DEVNULL,
                stderr=stderr, start_new_session=True, **drop)

    def stop(self, *, politely: bool = False) -> None:
        """Kill the whole group; politely, let it say BYE first, which takes a second."""
        if self._running is None:
            return
        if politely and self._running.poll() is None:
            self._running.terminate()
            self._running.wait(START_WITHIN)
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)  # our own session, so our own group
        self._running.wait(START_WITHIN)
        self._running = None

    def log(self) -> str:
        return "".join(path.read_text("utf-8", "replace") for path in
                       (self.home / "stderr", self.home / "dovecot.log") if path.exists())

    def _greets(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.ports["imap"]), 1.0) as line:
            line.settimeout(START_WITHIN)
            return line.recv(64).startswith(b"* OK")
        return False

    def _write(self) -> None:
        for folder in ("run", "state", "mail", "users"):
            (self.home / folder).mkdir()
        authority = trustme.CA()
        certificate = authority.issue_cert(*self.names)
        certificate.cert_chain_pems[0].write_to_path(str(self.home / "server.pem"))
        certificate.private_key_pem.write_to_path(str(self.home / "server.key"))
        authority.cert_pem.write_to_path(str(self.ca_file))
        (self.home / "dovecot.conf").write_text(self._configuration())
        if self.token_key:
            self._write_key()
        self._own(self.home, *self.home.rglob("*"))

    def _write_key(self) -> None:
        """Let in by signed tokens: the key stands under client, algorithm and key's name, each the default."""
        keys = self.home / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_text(base64.b64encode(self.token_key).decode())
        (self.home / "oauth2.conf").write_text(XOAUTH2_KEYS.format(home=self.home))

    def _configuration(self) -> str:
        parts = (VERSION_2_4, SHARED, ONLY_2_4) if is_2_4() else (self._shared(), ONLY_2_3)
        if self.token_key or self.quota:
            assert not is_2_4(), "log-in by token and quota are configured here for Dovecot 2.3 only"
            parts = (*parts, *((XOAUTH2_2_3,) if self.token_key else ()), *((QUOTA_2_3,) if self.quota else ()))
        if self.many:
            parts = (*parts, MANY)
        if not self.idle:
            parts = (*parts, SILENT_2_4 if is_2_4() else SILENT_2_3)
        group = subprocess.run(["id", "-gn", self.owner.pw_name], capture_output=True, text=True, check=True)
        return "".join(parts).format(
            **self.ports, home=self.home, quota=self.quota, name=f"t{os.getpid()}-{self.ports['imap']}",
            user=self.owner.pw_name, group=group.stdout.strip(), uid=self.owner.pw_uid, gid=self.owner.pw_gid)

    def _shared(self) -> str:
        ways = "auth_mechanisms = plain login"
        return SHARED.replace(ways, f"{ways} xoauth2") if self.token_key else SHARED

    def _own(self, *paths: Path) -> None:
        for path in paths if os.getuid() == 0 else ():
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    # ---- mailboxes

    def add(self, user: str, password: str = "secret") -> None:
        """Make a mailbox. One file each: Dovecot looks only once a second whether a file has changed."""
        self.passwords[user] = password
        path = self.home / "users" / user
        path.write_text(f"{user}:{{PLAIN}}{password}\n", "utf-8")
        self._own(path)

    def deliver(self, user: str, *raws: bytes) -> None:
        """Deliver mails as a mail host does; Dovecot adds Return-Path, Delivered-To and Received on top."""
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"]) as lmtp:
            for raw in raws:
                refused = lmtp.sendmail("marketplace@marketplace.example", [user], raw)
                assert not refused, refused

    def client(self, user: str) -> Any:
        """Return the seller's own mail program, logged in; made for a with statement."""
        from imapclient import IMAPClient

        phone = IMAPClient("127.0.0.1", self.ports["imaps"], timeout=START_WITHIN,
                           ssl_context=ssl.create_default_context(cafile=str(self.ca_file)))
        phone.plain_login(user, self.passwords[user])
        return phone

    def maildir(self, user: str) -> Path:
        return self.home / "mail" / user / "Maildir"

    def lose_numbers(self, user: str) -> None:
        """Restore the mailbox as from a backup without its index: a new UIDVALIDITY, UIDs from 1."""
        self.stop()
        for path in self.maildir(user).glob("dovecot*"):
            if path.name.startswith(("dovecot-uidlist", "dovecot.index", "dovecot.list")):
                path.unlink()
        self.start()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot for all tests of a worker; each test adds a mailbox of its own."""
    if PROGRAM is None:
        pytest.fail(NEEDED)
    with Dovecot() as server:
        yield server
