"""A relay that announces PIPELINING: two round trips a mail, and what is refused is still surely not sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from socket import create_server
from threading import Thread

import pytest

from bot.core.draft import UnsafeMailError
from bot.edges.smtp import Letter, Lines, Outcome, Smtp, SubmissionRefusedError
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


# ---- many in turn


def letters(count: int, heard: list[str] | None = None, echo: str = "") -> Iterator[Letter]:
    for at in range(count):
        if heard is not None:
            heard.append(f"asked for {at}")
        yield Letter(raw=mail(f".{at}\n."), sender=SHOP, recipient=BUYER, echo=echo)


def number(raw: bytes) -> int:
    found = re.search(rb"\r\n\.+(\d)\r\n", raw)
    assert found, raw
    return int(found[1])


@pytest.mark.parametrize("echo", ["", SHOP])
def test_mails_in_turn_leave_whole_and_in_order_over_one_connection(echo: str, quick: SmtpServer) -> None:
    with Smtp(relay(quick)) as out:
        said = [one.outcome for one in out.send_in_turn(letters(5, echo=echo))]
    assert said == [Outcome.SENT] * 5
    assert [f"\r\n.{n}\r\n".encode() in got.raw for n, got in enumerate(quick.wait_for(5))] == [True] * 5
    assert (quick.spoken.count("CONNECT"), quick.spoken.count("RSET")) == (1, 0)


def test_the_next_envelope_travels_with_the_end_of_a_mail() -> None:
    with SmtpServer(users={}, security="plain") as server, Proxy(server.port) as proxy:
        server.pipelining = True
        there = replace(relay(server), user="", password="", host="127.0.0.1", port=proxy.port)
        with Smtp(there) as out:
            assert [one.outcome for one in out.send_in_turn(letters(3))] == [Outcome.SENT] * 3
    assert proxy.heard.count(b"\r\n.\r\nMAIL FROM:<") == 2, "nothing is waited for in between"


def test_what_became_of_a_mail_is_told_before_the_one_after_the_next_is_asked_for(quick: SmtpServer) -> None:
    heard: list[str] = []
    with Smtp(relay(quick)) as out:
        for number, _ in enumerate(out.send_in_turn(letters(4, heard))):
            heard.append(f"told of {number}")
    assert heard == ["asked for 0", "asked for 1", "told of 0", "asked for 2", "told of 1", "asked for 3", "told of 2",
                     "told of 3"]


@pytest.mark.parametrize(("verb", "answer", "outcome"), [
    ("MAIL", "552 5.3.4 too big", Outcome.REFUSED), ("RCPT", "550 5.1.1 nobody here", Outcome.REFUSED),
    ("RCPT", "450 4.2.0 later", Outcome.LATER), ("DATA", "451 4.3.0 later", Outcome.LATER)])
def test_an_envelope_refused_ahead_is_refused_to_its_own_mail_alone(verb: str, answer: str, outcome: Outcome,
                                                                    quick: SmtpServer) -> None:
    quick.faults[verb] = [None, answer, answer]     # ahead, and when it is tried by itself
    with Smtp(relay(quick)) as out:
        said = [one.outcome for one in out.send_in_turn(letters(4))]
    assert said == [Outcome.SENT, outcome, Outcome.SENT, Outcome.SENT]
    assert [number(got.raw) for got in quick.wait_for(3)] == [0, 2, 3]


@pytest.mark.parametrize(("verb", "fault"), [
    ("MAIL", "421 4.7.0 so many mails a connection"), ("RCPT", "450 4.2.0 later"), ("MAIL", Fault.HANG_UP),
    ("DATA", Fault.HANG_UP), ("RCPT", Fault.STRAY), ("DOT", Fault.TWICE)])
def test_what_goes_wrong_with_an_envelope_said_ahead_costs_another_connection_and_no_mail(
        verb: str, fault: Fault | str, quick: SmtpServer) -> None:
    quick.faults[verb] = [None, fault]
    with Smtp(relay(quick)) as out:
        said = [one.outcome for one in out.send_in_turn(letters(4))]
    assert said == [Outcome.SENT] * 4
    assert [number(got.raw) for got in quick.wait_for(4)] == [0, 1, 2, 3]
    assert quick.spoken.count("CONNECT") == 2


@pytest.mark.parametrize(("verb", "fault", "kept", "outcome"), [
    ("TEXT", Fault.HANG_UP, 3, Outcome.UNKNOWN), ("DOT", Fault.HANG_UP, 3, Outcome.UNKNOWN),
    ("DOT", Fault.KEEP_AND_HANG_UP, 4, Outcome.UNKNOWN), ("DOT", "451 4.3.0 later", 3, Outcome.LATER),
    ("DOT", "552 5.2.2 quota", 3, Outcome.REFUSED)])
def test_a_mail_that_is_lost_in_turn_is_the_only_one(verb: str, fault: Fault | str, kept: int, outcome: Outcome,
                                                     quick: SmtpServer) -> None:
    quick.faults[verb] = [None, fault]
    with Smtp(relay(quick)) as out:
        said = [one.outcome for one in out.send_in_turn(letters(4))]
    assert said == [Outcome.SENT, outcome, Outcome.SENT, Outcome.SENT]
    assert len(quick.wait_for(kept)) == kept


def test_turns_that_end_early_leave_nothing_begun_behind(quick: SmtpServer) -> None:
    with Smtp(relay(quick)) as out:
        turns = out.send_in_turn(letters(3))
        assert next(turns).outcome is Outcome.SENT
        turns.close()   # type: ignore[attr-defined]
        assert out.send(mail("another\n"), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert [b"another" in got.raw for got in quick.wait_for(2)] == [False, True]


def test_a_relay_without_pipelining_is_given_one_mail_after_the_other() -> None:
    with SmtpServer() as server, Smtp(relay(server)) as out:
        assert not out.pipelines()
        assert [one.outcome for one in out.send_in_turn(letters(3))] == [Outcome.SENT] * 3
        assert server.spoken.count("CONNECT") == 1


def test_a_relay_that_forgets_what_came_with_the_end_of_a_mail_is_spoken_to_step_by_step() -> None:
    def serve() -> None:
        while True:
            try:
                line, _ = door.accept()
            except OSError:     # the test is over
                return
            with line, line.makefile("rwb", 0) as talk:
                talk.write(b"220 relay\r\n")
                answers = {b"EHLO": b"250-relay\r\n250 PIPELINING\r\n", b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}
                while said := talk.readline().split():
                    talk.write(answers.get(said[0], b"250 ok\r\n"))
                    if said[0] == b"DATA":
                        got = b""
                        while b"\r\n.\r\n" not in got:
                            got += line.recv(1 << 16)
                        taken.append(got.partition(b"\r\n.\r\n")[0])
                        talk.write(b"250 queued\r\n")

    taken: list[bytes] = []
    with create_server(("127.0.0.1", 0)) as door:
        Thread(target=serve, daemon=True).start()
        with SmtpServer() as server:
            there = replace(relay(server), host="127.0.0.1", port=door.getsockname()[1], security="plain", user="",
                            ca_file="", timeout=0.5)
        with Smtp(there) as out:
            said = [one.outcome for one in out.send_in_turn(letters(3))]
    assert said == [Outcome.SENT] * 3
    assert [number(raw) for raw in taken] == [0, 1, 2]


def test_no_letter_is_other_than_it_says() -> None:
    with pytest.raises(UnsafeMailError):
        Letter(raw=mail(), sender=SHOP, recipient="another@buyer.example")
    with pytest.raises(UnsafeMailError):
        Letter(raw=mail(), sender=SHOP, recipient=BUYER, echo="two@shops.example>\r\nRCPT TO:<x@shops.example")


# ---- a connection kept for the next mail


def test_a_connection_is_kept_for_the_next_mail_and_left_when_none_comes(quick: SmtpServer) -> None:
    lines = Lines()
    for number in range(2):
        with lines.to(relay(quick)) as out:
            assert out.send(mail(f"{number}\n"), SHOP, BUYER, yes).outcome is Outcome.SENT
        lines.rest()
    assert (quick.spoken.count("CONNECT"), quick.spoken.count("QUIT")) == (1, 0)
    lines.rest(0)
    assert quick.spoken.count("QUIT") == 1


def test_a_connection_that_the_relay_closed_meanwhile_is_made_anew(quick: SmtpServer) -> None:
    lines = Lines()
    for number in range(3):
        with lines.to(relay(quick)) as out:
            assert out.send(mail(f"{number}\n"), SHOP, BUYER, yes).outcome is Outcome.SENT
        quick.hang_up()
    lines.rest(0)
    assert quick.spoken.count("CONNECT") == 3
    assert len(quick.wait_for(3)) == 3


def test_a_connection_in_which_something_failed_is_left(quick: SmtpServer) -> None:
    lines = Lines()
    with lines.to(relay(quick)) as out:
        out.pipelines()
    with pytest.raises(UnsafeMailError), lines.to(relay(quick)) as out:
        out.send(b"", SHOP, BUYER, yes)
    with lines.to(relay(quick)) as out:
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    lines.rest(0)
    assert quick.spoken.count("CONNECT") == 2


def test_another_password_is_another_connection(quick: SmtpServer) -> None:
    lines = Lines()
    with lines.to(relay(quick)) as out:
        out.pipelines()
    with pytest.raises(SubmissionRefusedError), lines.to(replace(relay(quick), password="wrong")) as out:
        out.pipelines()
