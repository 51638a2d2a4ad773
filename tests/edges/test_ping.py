"""The ping and the alarm, against a real web server of this machine."""

from __future__ import annotations

import logging
import sys

import pytest

from bot.edges.notifying import NotifyError, notify
from bot.edges.ping import PingError, ping
from tests.servers.web import Web

SECRET = "hush-4711"


def test_the_address_is_fetched_whole(web: Web) -> None:
    ping(f"http://127.0.0.1:{web.port}/{SECRET}?a=b")
    assert web.asked == [(f"GET /{SECRET}?a=b", b"")]


@pytest.mark.parametrize("status", [404, 500, 302])
def test_an_answer_that_is_no_yes_is_told_without_the_address(web: Web, status: int) -> None:
    web.status, web.headers = status, {"Location": f"http://127.0.0.1:{web.port}/elsewhere"}
    with pytest.raises(PingError) as failed:
        ping(f"http://127.0.0.1:{web.port}/{SECRET}")
    assert SECRET not in str(failed.value)
    assert len(web.asked) == 1, "no redirection is followed"


@pytest.mark.parametrize("address", ["http://ping.example/x", "ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_an_unsafe_address_is_not_fetched(address: str) -> None:
    with pytest.raises(PingError, match="not safe"):
        ping(address)


def test_nobody_at_the_address_is_a_sentence_without_it() -> None:
    with pytest.raises(PingError) as failed:
        ping(f"http://127.0.0.1:1/{SECRET}")
    assert SECRET not in str(failed.value)
    assert failed.value.__cause__ is None


# ---- the alarm


def test_an_alarm_reaches_an_apprise_address(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    notify(f"json://127.0.0.1:{web.port}/{SECRET}", "Guichet", "La boîte ventes n'a pas été lue")
    [(asked, body)] = web.asked
    assert asked == f"POST /{SECRET}"
    assert b"n'a pas" in body
    told = [record for record in caplog.records if SECRET in record.getMessage()]
    assert {record.name.partition(".")[0] for record in told} <= {"urllib3"}  # its own DEBUG, which we never switch on


def test_an_alarm_that_is_refused_is_told_without_the_address(web: Web) -> None:
    web.status = 500
    with pytest.raises(NotifyError) as failed:
        notify(f"json://127.0.0.1:{web.port}/{SECRET}", "Guichet", "x")
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize("address", ["", "nonsense", "nosuchscheme://x"])
def test_an_address_apprise_does_not_know_is_a_sentence(address: str) -> None:
    with pytest.raises(NotifyError, match="does not know"):
        notify(address, "Guichet", "x")


def test_without_apprise_the_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotifyError, match="requirements-extras"):
        notify("json://127.0.0.1", "Guichet", "x")
