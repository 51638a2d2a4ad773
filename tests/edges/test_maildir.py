"""The Maildir edge, on real files and on those a real Dovecot wrote."""

from __future__ import annotations

import os
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.edges import EdgeError, imap, maildir
from bot.edges.maildir import Fetched, MaildirFolder
from tests.servers.dovecot import Dovecot

RAW = b"From: contact@marketplace.example\nSubject: Commande 1\n\nBonjour\n"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def put(box: Path, name: str, raw: bytes = RAW, *, folder: str = "new") -> Path:
    path = box / folder / name
    path.write_bytes(raw)
    return path


def state(box: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return what a reader might have changed: names, inodes, mtimes, bytes."""
    return {str(path.relative_to(box)): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
            for path in box.rglob("*") if path.is_file()}


def fetched(box: Path) -> list[Fetched]:
    folder = MaildirFolder(box)
    return list(folder.fetch(folder.keys()))


def test_mails_come_in_order_of_arrival_without_their_flags(box: Path) -> None:
    put(box, "1795309182.M5P1.host")
    put(box, "1795309181.M900P1.host,S=266,W=276:2,FS", folder="cur")
    put(box, "1795309181.M2P1.host")
    put(box, "1795309182.R7.host:2,", folder="cur")
    assert MaildirFolder(box).keys() == ["1795309181.M2P1.host", "1795309181.M900P1.host,S=266,W=276",
                                         "1795309182.R7.host", "1795309182.M5P1.host"]


def test_a_mail_is_its_bytes_and_when_it_came(box: Path) -> None:
    put(box, "1795309181.M507191P1.host:2,S", b"\xff\x00raw\r\n", folder="cur")
    [mail] = fetched(box)
    assert mail == Fetched(folder="INBOX", place="1795309181.M507191P1.host", raw=b"\xff\x00raw\r\n", size=7,
                           received=datetime(2026, 11, 22, 0, 59, 41, 507191, tzinfo=UTC))


def test_a_name_without_a_time_came_when_the_file_was_written(box: Path) -> None:
    path = put(box, "copied-by-hand.eml")
    os.utime(path, (1_750_000_000, 1_750_000_000))
    [mail] = fetched(box)
    assert mail.received == datetime.fromtimestamp(1_750_000_000, UTC)
    assert mail.place == "copied-by-hand.eml"


def test_reading_changes_nothing(box: Path) -> None:
    put(box, "1795309181.M1P1.host")
    put(box, "1795309182.M1P1.host:2,F", folder="cur")
    before = state(box)
    assert len(fetched(box)) == 2
    assert state(box) == before


def test_a_mail_moved_to_cur_meanwhile_is_found_by_its_key(box: Path) -> None:
    for second in (1, 2, 3):
        put(box, f"179530918{second}.M1P1.host", b"mail %d" % second)
    folder = MaildirFolder(box)
    mails = folder.fetch(folder.keys())
    first = next(mails)
    (box / "new" / "1795309182.M1P1.host").rename(box / "cur" / "1795309182.M1P1.host:2,S")
    (box / "new" / "1795309183.M1P1.host").rename(box / "cur" / "1795309183.M1P1.host:2,")
    assert [first.raw, *(mail.raw for mail in mails)] == [b"mail 1", b"mail 2", b"mail 3"]


def test_a_mail_deleted_meanwhile_is_just_absent(box: Path) -> None:
    for second in (1, 2, 3):
        put(box, f"179530918{second}.M1P1.host", b"mail %d" % second)
    folder = MaildirFolder(box)
    keys = folder.keys()
    (box / "new" / keys[1]).unlink()
    assert [mail.place for mail in folder.fetch([*keys, "1795309189.never.host"])] == [keys[0], keys[2]]


def test_what_is_no_mail_is_not_read(box: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_bytes(b"not a mail")
    put(box, ".hidden")
    put(box, "1795309181.M1P1.host", folder="tmp")
    (box / "new" / "1795309182.folder.host").mkdir()
    (box / "new" / "1795309183.link.host").symlink_to(secret)
    os.mkfifo(box / "new" / "1795309184.fifo.host")
    assert fetched(box) == []
    assert list(MaildirFolder(box).fetch(["../secret", "1795309183.link.host", ".hidden"])) == []


def test_a_mail_too_big_comes_as_its_headers(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildir, "LIMIT", 1_000)
    head = b"Subject: Photos\nX-Long: " + b"x" * 50 + b"\n\n"
    put(box, "1795309181.M1P1.host", head + b"y" * 5_000)
    put(box, "1795309182.M1P1.host")
    big, small = fetched(box)
    assert (big.raw, big.size, big.oversize) == (head, len(head) + 5_000, True)
    assert (small.raw, small.size, small.oversize) == (RAW, len(RAW), False)


@pytest.mark.parametrize("lacking", ["new", "cur", "."])
def test_a_folder_that_is_no_maildir_is_named(lacking: str, box: Path) -> None:
    (box / "tmp").rmdir()
    wrong = box / "nowhere" if lacking == "." else box
    if lacking != ".":
        (box / lacking).rmdir()
    folder = MaildirFolder(wrong)
    for look in (folder.keys, lambda: list(folder.fetch(["x"]))):
        with pytest.raises(EdgeError, match="is no Maildir") as caught:
            look()
        assert str(wrong) in str(caught.value)
        assert caught.value.permanent


def test_a_file_where_the_maildir_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "mbox").write_bytes(RAW)
    with pytest.raises(EdgeError, match="mbox"):
        MaildirFolder(tmp_path / "mbox").keys()


def test_a_file_that_cannot_be_read_stops_no_other(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for second in (1, 2, 3):
        put(box, f"179530918{second}.M1P1.host")
    spoil(box / "new" / "1795309182.M1P1.host", monkeypatch)
    folder = MaildirFolder(box)
    got: list[str] = []
    with pytest.raises(EdgeError, match=r"1795309182\.M1P1\.host cannot be read \("):
        got.extend(mail.place for mail in folder.fetch(folder.keys()))
    assert got == ["1795309181.M1P1.host", "1795309183.M1P1.host"]


def spoil(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a file unreadable, for root too, whom no mode keeps out."""
    path.chmod(0)
    if os.access(path, os.R_OK):
        really = os.open

        def refuse(name: str | Path, flags: int) -> int:
            if Path(name) == path:
                raise PermissionError(13, "Permission denied")
            return really(name, flags)

        monkeypatch.setattr(os, "open", refuse)


def test_a_real_servers_maildir_is_read(dovecot: Dovecot) -> None:
    user = "maildir@boutique.example"
    dovecot.add(user)
    dovecot.deliver(user, b"Subject: un\r\n\r\nBonjour\r\n", b"Subject: deux\r\n\r\nBonsoir\r\n")
    folder = MaildirFolder(dovecot.maildir(user))
    keys = folder.keys()
    with dovecot.client(user) as phone:  # which moves them from new/ to cur/ and writes flags into their names
        phone.select_folder("INBOX")
        phone.add_flags([1], [b"\\Seen"])
    assert folder.keys() == keys
    assert [mail.raw.splitlines()[-3:] for mail in folder.fetch(keys)] == [
        [b"Subject: un", b"", b"Bonjour"], [b"Subject: deux", b"", b"Bonsoir"]]


def test_both_readers_give_the_same_shape() -> None:
    """The pipeline treats mail from either alike; edges do not import one another, so it is held here."""
    assert [(field.name, field.type) for field in fields(maildir.Fetched)] == [
        (field.name, field.type) for field in fields(imap.Fetched)]
    assert maildir.LIMIT == imap.LIMIT
