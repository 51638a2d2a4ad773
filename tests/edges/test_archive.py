"""Mail of the past in files: an mbox and .eml files give back what was put in, to the byte."""

from __future__ import annotations

import mailbox
from email import message_from_bytes
from pathlib import Path

import pytest

from bot.edges import EdgeError, archive
from bot.edges.archive import mails_below, read_file, read_mbox

MAILS = (b"Subject: one\n\nFrom here on it is text.\n\nFrom the heart\n>From quoted\n",
         b"Subject: two\r\n\r\nbody\r\n", b"Subject: three\n\n")


def written(path: Path) -> Path:
    """Write an mbox as mboxrd has it."""
    path.write_bytes(b"".join(b"From a@b.example Tue Nov 17 10:00:00 2026\n" + b"".join(
        (b">" + line if line.lstrip(b">").startswith(b"From ") else line) for line in raw.splitlines(keepends=True))
        + b"\n" for raw in MAILS))
    return path


def test_an_mbox_gives_its_mails_back_to_the_byte(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    found = list(read_mbox(written(tmp_path / "a.mbox"), lambda done, whole: steps.append((done, whole))))
    assert [mail.raw for mail in found] == list(MAILS)
    assert [mail.place for mail in found] == ["a.mbox 1", "a.mbox 2", "a.mbox 3"]
    assert steps[-1][0] == steps[-1][1] > 0


def test_an_mbox_of_the_standard_library_is_read(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "b.mbox")
    for raw in MAILS:
        box.add(message_from_bytes(raw))
    box.close()
    assert [message_from_bytes(mail.raw)["subject"] for mail in read_mbox(tmp_path / "b.mbox", lambda *_: None)] == [
        "one", "two", "three"]


def test_a_sentence_that_begins_with_from_begins_no_mail(tmp_path: Path) -> None:
    path = tmp_path / "c.mbox"
    path.write_bytes(b"From a Tue Nov 17 10:00:00 2026\nSubject: x\n\nFrom Paris we ship in 2026, and more\n")
    assert len(list(read_mbox(path, lambda *_: None))) == 1


def test_of_a_mail_above_the_limit_only_the_headers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LIMIT", 40)
    path = tmp_path / "d.eml"
    path.write_bytes(b"Subject: long\n\n" + b"x" * 100)
    assert (read_file(path).raw, read_file(path).oversize) == (b"Subject: long\n\n", True)


def test_an_empty_mbox_holds_nothing_and_a_text_is_none(tmp_path: Path) -> None:
    (tmp_path / "e.mbox").write_bytes(b"")
    assert not list(read_mbox(tmp_path / "e.mbox", lambda *_: None))
    (tmp_path / "f.mbox").write_bytes(b"Hello\n")
    with pytest.raises(EdgeError, match="is no mbox"):
        list(read_mbox(tmp_path / "f.mbox", lambda *_: None))


def test_a_folder_gives_its_eml_files_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b.eml", "a.eml", "sub/c.eml", "note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [str(path.relative_to(tmp_path)) for path in mails_below(tmp_path)] == ["a.eml", "b.eml", "sub/c.eml"]
