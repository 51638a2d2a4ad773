"""A relay that announces PIPELINING: two round trips a mail, and what is refused is still surely not sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from socket import create_server
from threading import Thread

import pytest

from bot.edges.smtp import Outcome, Smtp, SubmissionRefusedError
from tests.edges.test_smtp import BUYER, SHOP, Asked, mail, relay, yes
from tests.servers.proxy import Proxy
from tests.servers.smtp import Fault, SmtpServer


@pytest.fixture
def quick() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        server.pipelining = True
        yield server


def test_many_mails_leave_over_one_connection_and_each_is_whole(quick: SmtpServer) -> None:
    with Smtp(relay(quick)) as out:
        said = [out.send(mail(f".{n}\n."), SHOP, BUYER, yes, echo=SHOP).outcome for n in range(5)]
    assert said == [Outcome.SENT] * 5
    assert [f"\r\n.{n}\r\n".encode() in got.raw for n, got in enumerate(quick.wait_for(5))] == [True] * 5
    assert quick.spoken.count("CONNECT") == 1
    assert all(got.others == (SHOP,) for got in quick.mails)


def test_the_envelope_is_one_stroke_and_the_text_another() -> None:
    with SmtpServer(users={}, security="plain") as server, Proxy(server.port) as proxy:
        server.pipelining = True
        with Smtp(replace(relay(server), user="", password="", host="127.0.0.1", port=proxy.port)) as out:
            out.send(mail("one\n"), SHOP, BUYER, yes)
            proxy.heard = b""
            out.send(mail("two\n"), SHOP, BUYER, yes)
            said = proxy.heard
        assert said.startswith(b"RSET\r\nMAIL FROM:<")
        assert b"RCPT TO:<" + BUYER.encode() + b">\r\nDATA\r\n" in said, "nothing is waited for in between"


def test_the_caller_is_asked_once_and_before_the_envelope(quick: SmtpServer) -> None:
    heard: list[str] = []

    def look() -> bool:
        heard.extend(quick.spoken)
        return True

    with Smtp(relay(quick)) as out:
        assert out.send(mail(), SHOP, BUYER, look).outcome is Outcome.SENT
    assert "MAIL" not in heard


def test_a_mail_withdrawn_is_never_offered(quick: SmtpServer) -> None:
    with Smtp(relay(quick)) as out:
        assert out.send(mail(), SHOP, BUYER, Asked(answer=False)).outcome is Outcome.WITHDRAWN
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert quick.spoken.count("MAIL") == 1


@pytest.mark.parametrize("echo", ["", SHOP])
@pytest.mark.parametrize(("verb", "answer", "outcome"), [
    ("RCPT", "550 5.1.1 nobody here", Outcome.REFUSED), ("RCPT", "450 4.2.0 later", Outcome.LATER),
    ("MAIL", "552 5.3.4 too big", Outcome.REFUSED), ("DATA", "451 4.3.0 later", Outcome.LATER),
    ("DATA", "250 what", Outcome.LATER), ("MAIL", "999 what", Outcome.LATER)])
def test_a_refused_recipient_in_a_pipelined_envelope_sends_nothing(verb: str, answer: str, outcome: Outcome, echo: str,
                                                                   quick: SmtpServer) -> None:
    quick.faults[verb] = [answer]
    with Smtp(relay(quick)) as out:
        assert out.send(mail("one\n"), SHOP, BUYER, yes, echo=echo).outcome is outcome
        assert not quick.mails, "neither to the buyer nor, empty, to ourselves"
        assert out.send(mail("two\n"), SHOP, BUYER, yes, echo=echo).outcome is Outcome.SENT
    assert [b"two" in got.raw for got in quick.wait_for(1)] == [True]


def test_data_taken_though_the_recipient_was_refused_is_ended_by_a_lone_dot() -> None:
    """RFC 2920, 3.1: such a relay says 354 all the same, and refuses the dot."""
    heard: list[str] = []

    def serve() -> None:
        line, _ = door.accept()
        with line, line.makefile("rwb", 0) as talk:
            talk.write(b"220 relay\r\n")
            answers = {"EHLO": b"250-relay\r\n250 PIPELINING\r\n", "MAIL": b"250 ok\r\n", "RCPT": b"550 no\r\n",
                       "DATA": b"354 go\r\n", ".": b"554 no valid recipients\r\n", "QUIT": b"221 bye\r\n"}
            while said := talk.readline().decode().strip():
                heard.append(said.split()[0].upper())
                talk.write(answers[heard[-1]])

    with create_server(("127.0.0.1", 0)) as door:
        Thread(target=serve, daemon=True).start()
        with SmtpServer() as server:
            there = replace(relay(server), host="127.0.0.1", port=door.getsockname()[1], security="plain", user="",
                            ca_file="")
        with Smtp(there) as out:
            assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.REFUSED
    assert heard == ["EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"]


def test_a_refused_echo_leaves_the_mail_for_the_buyer(quick: SmtpServer) -> None:
    quick.faults["RCPT"] = [None, "550 5.7.1 one recipient only"]
    with Smtp(relay(quick)) as out:
        sending = out.send(mail(), SHOP, BUYER, yes, echo=SHOP)
    assert sending.outcome is Outcome.SENT
    assert "one recipient only" in sending.no_echo
    assert [got.others for got in quick.wait_for(1)] == [()]


@pytest.mark.parametrize(("verb", "fault", "outcome"), [
    ("MAIL", Fault.HANG_UP, Outcome.LATER), ("DATA", Fault.HANG_UP, Outcome.LATER),
    ("TEXT", Fault.HANG_UP, Outcome.UNKNOWN), ("DOT", Fault.HANG_UP, Outcome.UNKNOWN),
    ("DOT", Fault.KEEP_AND_HANG_UP, Outcome.UNKNOWN), ("DOT", "451 4.3.0 later", Outcome.LATER)])
def test_what_is_known_of_a_mail_when_the_line_breaks(verb: str, fault: Fault | str, outcome: Outcome,
                                                      quick: SmtpServer) -> None:
    quick.faults[verb] = [fault]
    with Smtp(relay(quick)) as out:
        assert out.send(mail(), SHOP, BUYER, yes).outcome is outcome
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT


def test_a_connection_that_died_between_two_mails_is_made_anew_and_the_caller_not_asked_again(
        quick: SmtpServer) -> None:
    asked = Asked()
    with Smtp(relay(quick)) as out:
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
        quick.faults["RSET"] = ["421 4.4.2 idle too long"]
        assert out.send(mail(), SHOP, BUYER, asked).outcome is Outcome.SENT
    assert asked.times == 1
    assert len(quick.wait_for(2)) == 2


def test_a_late_second_250_never_passes_for_an_answer_to_a_mail(quick: SmtpServer) -> None:
    quick.faults["MAIL"] = [None, Fault.STRAY]
    with Smtp(relay(quick)) as out:
        said = [out.send(mail(f"{n}\n"), SHOP, BUYER, yes).outcome for n in range(3)]
    assert said == [Outcome.SENT, Outcome.LATER, Outcome.SENT]
    assert len(quick.wait_for(2)) == 2


def test_a_relay_that_wants_a_log_in_is_told(quick: SmtpServer) -> None:
    quick.faults["MAIL"] = ["530 5.7.0 log in first"]
    with Smtp(relay(quick)) as out, pytest.raises(SubmissionRefusedError):
        out.send(mail(), SHOP, BUYER, yes)
    assert not quick.mails
