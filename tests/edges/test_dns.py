"""Keys are looked up over the wire, once, and a name server that fails is told apart from a key that is not there."""

from __future__ import annotations

import dns.rcode
import pytest

from bot.edges import EdgeError
from bot.edges.dns import Dns
from tests.servers.dns import NameServer

NAME = "s1._domainkey.amazon.fr"


def asking(server: NameServer, timeout: float = 5.0) -> Dns:
    return Dns(nameserver="127.0.0.1", port=server.port, timeout=timeout)


def test_a_long_record_comes_whole(name_server: NameServer) -> None:
    name_server.records[NAME] = key = "v=DKIM1; k=rsa; p=" + "A" * 700
    assert asking(name_server).txt(NAME) == key.encode()
    assert name_server.asked == [NAME]


def test_a_name_without_record_is_no_failure(name_server: NameServer) -> None:
    assert asking(name_server).txt(NAME) is None
    name_server.records[NAME] = []
    assert asking(name_server).txt(NAME) is None


def test_of_several_records_the_one_that_may_be_a_key_counts(name_server: NameServer) -> None:
    name_server.records[NAME] = ["v=spf1 -all", "v=DKIM1; p=AAAA"]
    assert asking(name_server).txt(NAME) == b"v=DKIM1; p=AAAA"
    name_server.records[NAME] = ["v=spf1 -all", "hello"]
    assert asking(name_server).txt(NAME) is None


def test_an_answer_is_remembered_and_so_is_its_absence(name_server: NameServer) -> None:
    resolver = asking(name_server)
    name_server.records[NAME] = "v=DKIM1; p=AAAA"
    assert [resolver.txt(NAME), resolver.txt(NAME), resolver.txt("x.example"), resolver.txt("x.example")] \
        == [b"v=DKIM1; p=AAAA"] * 2 + [None] * 2
    assert name_server.asked == [NAME, "x.example"]


@pytest.mark.parametrize("trouble", ["silent", "servfail", "refused"])
def test_a_server_that_fails_is_an_error_and_is_left_alone_for_a_while(name_server: NameServer, trouble: str) -> None:
    name_server.silent = trouble == "silent"
    name_server.rcode = {"servfail": dns.rcode.SERVFAIL, "refused": dns.rcode.REFUSED}.get(trouble)
    resolver = asking(name_server, timeout=0.5)
    with pytest.raises(EdgeError, match=f"DNS gave no answer about {NAME}"):
        resolver.txt(NAME)
    asked = len(name_server.asked)
    assert asked >= 1
    with pytest.raises(EdgeError):
        resolver.txt(NAME)
    assert len(name_server.asked) == asked


@pytest.mark.parametrize("name", ["a" * 80 + ".example", "a..example", ".", ".".join(["a" * 60] * 5)])
def test_a_name_no_server_can_be_asked_about_is_an_error_of_ours(name_server: NameServer, name: str) -> None:
    with pytest.raises(EdgeError):
        asking(name_server).txt(name)
    assert name_server.asked == []


def test_a_full_memory_is_emptied(name_server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.edges.dns.MOST", 3)
    resolver = asking(name_server)
    for number in range(10):
        assert resolver.txt(f"n{number}.example") is None
        assert len(resolver._known) <= 3
