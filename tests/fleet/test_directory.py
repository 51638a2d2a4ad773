"""The directory of sellers: who may be entered, which shard takes him, and what never stands in an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import main
from bot.fleet.addressing import FleetError, address
from bot.fleet.directory import SHARD, Directory
from bot.fleet.joining import add, erase, remove
from bot.loop import alone_on
from bot.settings import SettingsError, load
from tests.servers.postgres import Postgres

SECRET = "kaninchen-im-hut-42"


@pytest.fixture
def directory(postgres: Postgres) -> Iterator[Directory]:
    with Directory(address(postgres.database(), None)) as directory:
        directory.make()
        yield directory


def seller(folder: Path, name: str, *, more: str = "", boxes: int = 1, data: str = "data") -> Path:
    home = folder / name
    home.mkdir(parents=True)
    for number in range(boxes):
        (home / f"box{number}").mkdir()
    (home / "mailboxes.toml").write_text(
        f'[seller]\nnotify = ["marie@boutique.example"]\ndata = "{data}"\n' + "".join(
            f'[[mailbox]]\nname = "v{number}"\naddress = "{name}.{number}@boutique.example"\nmaildir = "box{number}"\n'
            for number in range(boxes)) + more)
    return home / "mailboxes.toml"


def test_init_may_be_repeated_and_keeps_who_is_there(directory: Directory, tmp_path: Path) -> None:
    add(directory, "marie", seller(tmp_path, "marie"), "ici")
    directory.make()
    assert directory.seller("marie").folder == tmp_path / "marie"


def test_a_database_without_a_fleet_is_told_what_to_do(postgres: Postgres) -> None:
    with Directory(address(postgres.database(), None)) as empty, pytest.raises(FleetError, match="fleet init"):
        empty.everyone()


def test_settings_with_faults_are_refused_as_for_one_seller(directory: Directory, tmp_path: Path) -> None:
    path = seller(tmp_path, "marie", more='[policy]\nwarnings = ["soon"]\nfancy = 1\n')
    with pytest.raises(SettingsError) as found:
        add(directory, "marie", path, "ici")
    assert len(found.value.faults) == 2
    assert directory.everyone() == []


def test_a_shard_takes_fifty_mailboxes_and_no_seller_is_split(directory: Directory, tmp_path: Path) -> None:
    for number in range(17):
        add(directory, f"s{number}", seller(tmp_path, f"s{number}", boxes=3), "ici")
    counts = directory.rows("SELECT shard, sum(cardinality(addresses)) AS count FROM fleet_sellers GROUP BY shard"
                            " ORDER BY shard")
    assert [row["count"] for row in counts] == [48, 3]
    assert all(row["count"] <= SHARD for row in counts)


def test_each_host_has_shards_of_its_own(directory: Directory, tmp_path: Path) -> None:
    here, _ = add(directory, "marie", seller(tmp_path, "marie"), "ici")
    there, _ = add(directory, "paul", seller(tmp_path, "paul"), "la-bas")
    assert here.shard != there.shard


def test_two_sellers_never_answer_from_one_mailbox(directory: Directory, tmp_path: Path) -> None:
    add(directory, "marie", seller(tmp_path, "marie"), "ici")
    twin = seller(tmp_path / "other", "marie")
    twin.write_text(twin.read_text().replace("marie.0@", "MARIE.0@"))
    with pytest.raises(FleetError, match="marie has one of these mailboxes"):
        add(directory, "twin", twin, "ici")


def test_a_folder_belongs_to_one_seller(directory: Directory, tmp_path: Path) -> None:
    add(directory, "marie", seller(tmp_path, "marie"), "ici")
    with pytest.raises(FleetError, match="a folder of his own"):
        add(directory, "inner", seller(tmp_path / "marie", "inner"), "ici")


def test_data_outside_the_folder_is_refused(directory: Directory, tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="in one folder"):
        add(directory, "marie", seller(tmp_path, "marie", data=str(tmp_path / "elsewhere")), "ici")


@pytest.mark.parametrize("name", ["Marie", "../marie", "", "a b", "x" * 64])
def test_a_name_that_is_none_is_refused(directory: Directory, tmp_path: Path, name: str) -> None:
    with pytest.raises(FleetError, match="no name for a seller"):
        add(directory, name, seller(tmp_path, "marie"), "ici")


def test_a_secret_that_cannot_be_had_is_told_and_does_not_keep_him_out(directory: Directory, tmp_path: Path) -> None:
    path = seller(tmp_path, "marie", more='[shop.rakuten_fr]\nlogin = "lumen"\ntoken_file = "token"\n')
    _, faults = add(directory, "marie", path, "ici")
    assert len(faults) == 1
    assert "does not exist" in faults[0]


def test_removing_leaves_the_folder_and_erasing_deletes_what_is_his(directory: Directory, tmp_path: Path) -> None:
    path = seller(tmp_path, "marie", more='[shop.rakuten_fr]\nlogin = "lumen"\ntoken_file = "token"\n')
    (path.parent / "token").write_text(SECRET)
    (path.parent / "accounts.ods").write_text("not ours")
    with alone_on(load(path).data):
        pass
    one, _ = add(directory, "marie", path, "ici")
    remove(directory, one)
    assert directory.everyone() == []
    assert path.exists()
    left = erase(one)
    assert not path.exists()
    assert not (path.parent / "data").exists()
    assert not (path.parent / "token").exists()
    assert path.parent / "accounts.ods" in left


# ---- the address and its secret


def test_a_password_is_never_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "list", "--dsn", f"host=localhost password={SECRET} dbname=guichet"]) == 1
    said = capsys.readouterr()
    assert "can be read by others" in said.err
    assert SECRET not in said.err + said.out


@pytest.mark.parametrize("dsn", ["password={0} nonsense", "postgresql://u:{0}@[bad", "password={0} connect"])
def test_an_address_that_cannot_be_understood_is_not_repeated(monkeypatch: pytest.MonkeyPatch, dsn: str,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GUICHET_FLEET", dsn.format(SECRET))
    assert main(["fleet", "status"]) == 1
    said = capsys.readouterr()
    assert "cannot be understood" in said.err
    assert SECRET not in said.err + said.out


def test_a_server_that_is_not_there_is_told_without_the_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GUICHET_FLEET", f"host={tmp_path} user=guichet password={SECRET} dbname=guichet")
    assert main(["fleet", "list"]) == 1
    said = capsys.readouterr()
    assert "cannot be reached" in said.err
    assert SECRET not in said.err + said.out


def test_the_password_is_read_from_a_file_anew_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUICHET_FLEET_PASSWORD_FILE", raising=False)
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    where = address("host=/nowhere dbname=guichet", file)
    assert f"password={SECRET}" in where.conninfo()
    file.write_text("another\n")
    assert "password=another" in where.conninfo()
    assert SECRET not in repr(where)
    file.unlink()
    with pytest.raises(FleetError, match="cannot be read"):
        where.conninfo()


def test_without_an_address_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch,
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GUICHET_FLEET", raising=False)
    assert main(["fleet", "list"]) == 1
    assert "GUICHET_FLEET" in capsys.readouterr().err
