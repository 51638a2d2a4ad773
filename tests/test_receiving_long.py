"""A mail of 25 MiB from a real server: kept to the byte, read, and never half kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from bot.edges import EdgeError
from bot.edges.imap import LIMIT, SLICE, Imap
from bot.edges.maildir import LIMIT as FILE_LIMIT
from bot.receiving import receive
from tests.proofs.stage import Stage
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tests.world import World, buyer_writes

ROOT = Path(__file__).parents[1]
NOW = datetime.now(UTC).replace(microsecond=0)


def photo(size: int, seed: int = 1) -> bytes:
    """Return a mail of about so many bytes, as it goes over the line."""
    return (b'From: Jean <jean@buyer.example>\r\nSubject: Photos\r\nMessage-ID: <%d@buyer.example>\r\n'
            b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
            b'Bonjour, voici la photo.\r\n--b\r\nContent-Type: image/jpeg; name="a.jpg"\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n' % seed
            + encodebytes(Random(seed).randbytes(size * 72 // 100)).replace(b"\n", b"\r\n") + b"--b--\r\n")


@pytest.fixture
def stage(tmp_path: Path, dovecot: Dovecot) -> Iterator[Stage]:
    stage = Stage(tmp_path, dovecot)
    yield stage
    stage.close()


def kept(stage: Stage) -> list[bytes]:
    store = stage.guichet.store
    return [raw for _, raw in store.raws([row["id"] for row in store.rows("SELECT id FROM mails ORDER BY id")])]


def plain(stage: Stage, proxy: Proxy) -> Imap:
    return Imap(replace(stage.imap.account, port=proxy.port, security="plain"))


def test_a_mail_as_long_as_may_be_is_kept_to_the_byte_and_read(stage: Stage) -> None:
    stage.look(NOW)
    raw = photo(LIMIT - 2**19)
    stage.dovecot.deliver(stage.address, raw, photo(3000, 2))
    stage.look(NOW)
    stage.read_all(NOW)
    [whole, short] = kept(stage)
    assert LIMIT - 2**20 < len(whole) <= LIMIT
    assert whole.endswith(raw), "LMTP puts its headers before it"
    assert short.endswith(photo(3000, 2))
    assert [(row["state"], row["subject"]) for row in stage.rows("SELECT state, subject FROM mails")] == [
        ("shelved", "Photos")] * 2


def test_a_long_mail_is_asked_for_in_slices(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, photo(4 * SLICE))
    with Proxy(stage.dovecot.ports["imap"]) as proxy, plain(stage, proxy) as imap:
        receive(stage.guichet.store, stage.mailbox, imap, NOW)
        heard = proxy.heard.decode()
    assert f"BODY.PEEK[]<{SLICE}.{SLICE}>" in heard
    assert "BODY.PEEK[] " not in heard


def test_killed_amid_a_long_mail_nothing_of_it_is_there_and_the_next_look_brings_it(stage: Stage) -> None:
    raw = photo(6 * SLICE)
    stage.dovecot.deliver(stage.address, photo(3000, 2), raw)
    stage.hang_up()
    data = stage.guichet.settings.data
    ended = subprocess.run(
        [sys.executable, str(ROOT / "run_bot.py"), "--config", str(stage.guichet.settings.path), "once"], check=False,
        env=dict(os.environ, GUICHET_KILL="imap amid a long mail#5"), capture_output=True, text=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert stage.rows("SELECT * FROM mails WHERE size > 9000") == stage.rows("SELECT * FROM packs WHERE size > 9000")
    assert not [path for path in data.iterdir() if path.stat().st_size > 9000 and path.name.startswith("tmp")]
    stage.look(NOW)
    assert sorted(map(len, kept(stage)))[-1] > len(raw)
    assert kept(stage)[-1].endswith(raw)


def test_a_line_cut_amid_a_long_mail_keeps_what_came_before_it(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, photo(3000, 2), photo(6 * SLICE))
    with Proxy(stage.dovecot.ports["imap"]) as proxy, plain(stage, proxy) as imap:
        mails = imap.fetch("INBOX", [1, 2], in_pieces=True)
        assert next(mails).raw
        pieces = next(mails).pieces
        assert pieces and next(pieces)
        proxy.cut()
        with pytest.raises(EdgeError):
            list(pieces)
    stage.look(NOW)
    assert len(kept(stage)) == 2


def test_a_long_mail_taken_away_while_it_comes_stops_no_other(stage: Stage) -> None:
    stage.dovecot.deliver(stage.address, photo(4 * SLICE), photo(3000, 2))
    found = []
    for mail in stage.imap.fetch("INBOX", [1, 2], in_pieces=True):
        if mail.pieces:
            phone = stage.dovecot.client(stage.address)
            phone.select_folder("INBOX")
            phone.delete_messages([1])
            phone.expunge()
            with pytest.raises(EdgeError, match="was taken away while it was fetched"):
                list(mail.pieces)
        else:
            found.append(mail.place)
    assert len(found) == 1


def test_a_long_file_of_a_maildir_is_kept_to_the_byte(tmp_path: Path) -> None:
    world = World(tmp_path)
    raw = buyer_writes("Voici la photo.") + photo(FILE_LIMIT // 2)
    world.hears(raw)
    assert world.store.raw_mail(1) == raw
    assert world.one("mails")["kind"] == "buyer_wrote"
