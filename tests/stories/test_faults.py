"""Whatever fails outside: one plain sentence, the documented exit code, and nothing lost."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.canaries import PASSWORD
from tests.servers.dovecot import Dovecot
from tests.servers.shop import Shop
from tests.servers.smtp import Fault, SmtpServer

LETTER = "amazon/buyer_wrote_fr_order"


def one_sentence(err: str) -> str:
    [line] = err.strip().splitlines()
    assert line.startswith("run_bot.py: ")
    return line


def change(shop: Shop, old: str, new: str) -> None:
    text = shop.settings.read_text()
    assert old in text
    shop.settings.write_text(text.replace(old, new))


def recovers(shop: Shop) -> None:
    """The mail is still there, and its way is gone to the end."""
    shop.once()
    assert len(shop.show("case")) == 1
    assert len(shop.to_seller()) == 1


def test_wrong_password(shop: Shop) -> None:
    shop.arrives(LETTER)
    shop.password = "falsch"
    sentence = one_sentence(shop.once(code=1))
    assert "ventes" in sentence
    assert "falsch" not in sentence
    shop.password = PASSWORD
    recovers(shop)


def test_unreachable_server(shop: Shop) -> None:
    shop.arrives(LETTER)
    good = f"port = {shop.dovecot.ports['imaps']}"
    change(shop, good, "port = 1")
    assert "localhost:1" in one_sentence(shop.once(code=1))
    change(shop, "port = 1,", f"{good},")
    recovers(shop)


def test_wrong_certificate(shop: Shop, tmp_path: Path) -> None:
    shop.arrives(LETTER)
    good = (tmp_path / "ca.pem").read_text()
    (tmp_path / "ca.pem").write_text(Path(shop.smtp.ca_file).read_text())
    assert "certificate" in one_sentence(shop.once(code=1))
    (tmp_path / "ca.pem").write_text(good)
    recovers(shop)


def test_certificate_of_another_host(tmp_path: Path) -> None:
    with Dovecot(names=("autre.example",)) as dovecot, SmtpServer() as smtp:
        shop = Shop(tmp_path, dovecot, smtp)
        shop.arrives(LETTER)
        assert "certificate" in one_sentence(shop.once(code=1))


def test_misspelt_setting_names_its_line_and_the_nearest_known_one(shop: Shop) -> None:
    change(shop, "folders" if "folders" in shop.settings.read_text() else "authserv_id", "autserv_id")
    _, err = shop.bot("once", code=2)
    assert "authserv_id" in err
    assert "line 15" in err


def test_missing_settings_file_says_what_to_do(shop: Shop) -> None:
    shop.settings.unlink()
    _, err = shop.bot("check", code=2)
    assert "mailboxes.toml" in err
    assert "Traceback" not in err


def test_missing_password_is_a_fault_of_the_settings(shop: Shop) -> None:
    shop.password = ""
    _, err = shop.bot("once", code=2)
    assert "password_env" in err


@pytest.mark.parametrize("room", [4096, 60_000, 120_000])
def test_full_disk_loses_nothing(shop: Shop, room: int) -> None:
    shop.arrives(LETTER)

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    program = shop.start("once", preexec_fn=small)
    _, err = program.communicate(timeout=60)
    assert program.returncode == 1, err
    one_sentence(err)
    assert shop.to_buyers() == []
    recovers(shop)


def test_data_folder_that_cannot_be_written(shop: Shop, tmp_path: Path) -> None:
    shop.arrives(LETTER)
    (tmp_path / "data").write_text("a file stands in the way")
    one_sentence(shop.once(code=1))
    (tmp_path / "data").unlink()
    recovers(shop)


def test_damaged_database_is_refused_with_a_remedy(shop: Shop, tmp_path: Path) -> None:
    shop.once()
    for path in (tmp_path / "data").glob("guichet.db*"):
        path.write_bytes(b"no database at all" * 500)
    assert "backup" in one_sentence(shop.once(code=1))


def test_one_mailbox_that_fails_stops_no_other(shop: Shop, tmp_path: Path) -> None:
    shop.arrives(LETTER)
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    text = shop.settings.read_text()
    broken = '[[mailbox]]\nname = "weg"\naddress = "weg@boutique.example"\nmaildir = "nowhere"\n\n'
    shop.settings.write_text(text.replace("[policy]", broken + "[policy]"))
    assert "weg" in one_sentence(shop.once(code=1))
    assert len(shop.show("case")) == 1


def approved(shop: Shop) -> None:
    shop.once()
    shop.arrives(LETTER)
    shop.once()
    shop.bot("approve", "C-1")


def reply(shop: Shop) -> dict[str, object]:
    [row] = [row for row in shop.show("outbox") if row["what"] == "reply"]
    return row


def test_relay_that_says_later_is_asked_again_later(shop: Shop) -> None:
    approved(shop)
    shop.smtp.faults = {"RCPT": "451 4.7.1 greylisted"}
    shop.once()
    row = reply(shop)
    assert (row["state"], row["attempts"]) == ("ready", 1)
    assert row["not_before"] is not None
    assert "greylisted" in str(row["error"])


def test_refused_reply_fails_reopens_its_deadline_and_tells_the_seller(shop: Shop) -> None:
    approved(shop)
    told = len(shop.to_seller())
    shop.smtp.faults = {"RCPT": ["550 5.1.1 no such user"]}
    shop.once()
    shop.once()
    assert reply(shop)["state"] == "failed"
    assert [row["state"] for row in shop.show("deadlines")] == ["open"]
    assert len(shop.to_seller()) == told + 1
    shop.smtp.faults = {}
    shop.bot("retry", "C-1")
    shop.once()
    assert len(shop.to_buyers()) == 1
    assert [row["state"] for row in shop.show("deadlines")] == ["met"]


def test_relay_that_cannot_be_reached_keeps_the_reply_ready(shop: Shop) -> None:
    approved(shop)
    shop.smtp.stop()
    one_sentence(shop.once(code=1))
    assert reply(shop)["state"] == "ready"
    shop.smtp.start()
    shop.once()
    assert len(shop.to_buyers()) == 1


def test_connection_lost_after_the_dot_is_never_sent_again_blindly(shop: Shop) -> None:
    approved(shop)
    shop.smtp.faults = {"DOT": [Fault.KEEP_AND_HANG_UP]}
    shop.once()
    assert reply(shop)["state"] == "transmitting"
    assert len(shop.to_buyers()) == 1
    shop.once()
    assert len(shop.to_buyers()) == 1
