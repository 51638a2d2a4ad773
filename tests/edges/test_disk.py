"""Room on the disk: what is put by, when nothing more is fetched, and on which disks no database may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.edges import disk
from bot.edges.disk import DiskError, must_be_here, must_have_room, put_by

MOUNTS = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:40 / /srv rw shared:1 - nfs4 nas:/volume1 rw
31 30 8:2 / /srv/local rw - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/my\\040share rw - cifs //nas/share rw
half a line
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    (path := tmp_path / "mountinfo").write_text(MOUNTS)
    return path


@pytest.mark.parametrize("folder", ["/srv/guichet/data", "/srv", "/mnt/my share/data"])
def test_a_folder_of_another_machine_is_refused_by_its_kind(mounts: Path, folder: str) -> None:
    with pytest.raises(DiskError, match=r"nfs4|cifs") as refused:
        must_be_here(Path(folder), mounts)
    assert refused.value.permanent


@pytest.mark.parametrize("folder", ["/var/lib/guichet", "/srv/local/data", "/srvs/data"])
def test_a_folder_of_this_machine_is_taken(mounts: Path, folder: str) -> None:
    must_be_here(Path(folder), mounts)


def test_where_nobody_can_say_nothing_is_refused(tmp_path: Path) -> None:
    must_be_here(tmp_path, tmp_path / "no such file")
    must_be_here(tmp_path)


def test_too_little_room_is_told_with_both_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    must_have_room(tmp_path)
    monkeypatch.setattr(disk, "LOW", disk.free(tmp_path) + (1 << 30))
    with pytest.raises(DiskError, match="MiB are free"):
        must_have_room(tmp_path / "not" / "made" / "yet")


def test_room_is_put_by_once_and_only_where_there_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_by(tmp_path)
    ballast = tmp_path / "ballast"
    assert ballast.stat().st_size == disk.BALLAST
    assert ballast.stat().st_blocks * 512 >= disk.BALLAST, "a hole in a file keeps no room"
    ballast.unlink()
    monkeypatch.setattr(disk, "LOW", disk.free(tmp_path))
    put_by(tmp_path)
    assert not ballast.exists()
