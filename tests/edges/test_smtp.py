"""Mail out, against a real server that fails where it is told to: what surely became of each mail."""

from __future__ import annotations

import smtplib
import socket
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from bot import words
from bot.core.draft import Outgoing, UnsafeMailError, compose
from bot.edges import EdgeError
from bot.edges.smtp import Outcome, Relay, Sending, Smtp, SubmissionRefusedError
from tests.servers.smtp import Fault, Faults, SmtpServer

SHOP = "ventes@boutique.example"
BUYER = "abc123+fr@marketplace.amazon.fr"
SECURITIES = ("starttls", "tls", "plain")


def mail(body: str = "Bonjour Zoé\n", to: str = BUYER) -> bytes:
    return compose(Outgoing(
        sender=SHOP, sender_name="Atelier Lumen", to=to, subject="Réponse", body=body,
        message_id="<0123456789abcdef@boutique.example>", date=datetime(2026, 11, 16, 8, 40, tzinfo=UTC)))


def relay(server: SmtpServer) -> Relay:
    return Relay(mailbox="ventes", host=server.host, port=server.port, security=server.security, user=SHOP,
                 password="secret", ca_file=server.ca_file)


def yes() -> bool:
    return True


class Asked:
    """The caller's moment before the mail leaves: says what it is told to, and remembers being asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.times = 0

    def __call__(self) -> bool:
        self.times += 1
        return self.answer


def send_one(to: Relay, before: Callable[[], bool] = yes) -> Sending:
    with Smtp(to) as out:
        return out.send(mail(), SHOP, BUYER, before)


@pytest.fixture(params=SECURITIES)
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    with SmtpServer(security=request.param) as started:
        yield started


def test_a_mail_taken_is_sent_and_arrives_byte_for_byte(server: SmtpServer) -> None:
    asked = Asked()
    assert send_one(relay(server), asked) == Sending(outcome=Outcome.SENT, reply="250 2.0.0 queued")
    [got] = server.wait_for(1)
    assert (got.sender, got.recipient, got.raw) == (SHOP, BUYER, mail())
    assert asked.times == 1


def test_many_mails_go_over_one_connection(server: SmtpServer) -> None:
    with Smtp(relay(server)) as out:
        said = [out.send(mail(f"{n}\n"), SHOP, BUYER, yes).outcome for n in range(5)]
    assert said == [Outcome.SENT] * 5
    assert [f"{n}\r\n".encode() in got.raw for n, got in enumerate(server.wait_for(5))] == [True] * 5
    assert server.spoken.count("CONNECT") == 1
    assert server.spoken[-1] == "QUIT"


def test_lines_that_begin_with_dots_arrive_as_they_were(smtp: SmtpServer) -> None:
    raw = mail("X\n").replace(b"\r\nX\r\n", b"\r\n.\r\n..\r\n.point\r\nfin\r\n.\r\n")
    with Smtp(relay(smtp)) as out:
        assert out.send(raw, SHOP, BUYER, yes).outcome is Outcome.SENT
    assert smtp.wait_for(1)[0].raw == raw


def test_a_large_mail_arrives_whole(server: SmtpServer) -> None:
    raw = mail("é" * 300_000 + "\n")
    with Smtp(relay(server)) as out:
        assert out.send(raw, SHOP, BUYER, yes).outcome is Outcome.SENT
    assert server.wait_for(1)[0].raw == raw


SURELY_NOT_SENT: list[tuple[Faults, Outcome, int]] = [
    ({"MAIL": "451 4.3.0 later"}, Outcome.LATER, 0),
    ({"MAIL": "550 5.7.1 not you"}, Outcome.REFUSED, 0),
    ({"MAIL": "421 4.7.0 too many"}, Outcome.LATER, 0),
    ({"MAIL": Fault.HANG_UP}, Outcome.LATER, 0),
    ({"MAIL": Fault.STALL}, Outcome.LATER, 0),
    ({"RCPT": "450 4.2.0 greylisted"}, Outcome.LATER, 0),
    ({"RCPT": "550 5.1.1 no such user"}, Outcome.REFUSED, 0),
    ({"RCPT": "354 what?"}, Outcome.LATER, 0),
    ({"RCPT": "nonsense"}, Outcome.LATER, 0),
    ({"RCPT": "250-" + "x" * 9000}, Outcome.LATER, 0),
    ({"RCPT": Fault.HANG_UP}, Outcome.LATER, 0),
    ({"RCPT": Fault.STALL}, Outcome.LATER, 0),
    ({"DATA": "451 4.3.0 later"}, Outcome.LATER, 1),
    ({"DATA": "552 5.2.2 quota"}, Outcome.REFUSED, 1),
    ({"DATA": "250 what?"}, Outcome.LATER, 1),
    ({"DATA": Fault.HANG_UP}, Outcome.LATER, 1),
    ({"DATA": Fault.STALL}, Outcome.LATER, 1),
    ({"DOT": "451 4.3.0 later"}, Outcome.LATER, 1),
    ({"DOT": "421 4.3.2 closing"}, Outcome.LATER, 1),
    ({"DOT": "552 5.2.2 quota"}, Outcome.REFUSED, 1),
    ({"DOT": "554 5.7.1 spam"}, Outcome.REFUSED, 1),
]


@pytest.mark.parametrize(("faults", "outcome", "asked"), SURELY_NOT_SENT, ids=lambda row: str(row)[:60])
def test_a_no_before_the_relay_took_the_mail_is_surely_not_sent(
        smtp: SmtpServer, faults: Faults, outcome: Outcome, asked: int) -> None:
    smtp.faults = dict(faults)
    before = Asked()
    with Smtp(replace(relay(smtp), timeout=1.0)) as out:
        said = out.send(mail(), SHOP, BUYER, before)
        assert said.outcome is outcome
        assert before.times == asked
        assert smtp.mails == []
        smtp.faults.clear()
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert len(smtp.wait_for(1)) == 1


@pytest.mark.parametrize(("answer", "connections"), [("250 what?", 2), ("nonsense", 2), ("451 later", 1)])
def test_a_relay_out_of_step_is_hung_up_on(smtp: SmtpServer, answer: str, connections: int) -> None:
    smtp.faults["DATA"] = [answer]
    with Smtp(relay(smtp)) as out:
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.LATER
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert smtp.spoken.count("CONNECT") == connections


def test_the_relays_words_come_back_in_one_clean_line(smtp: SmtpServer) -> None:
    smtp.faults["RCPT"] = "550-5.7.1 no\x1b[31m\r\n550 5.7.1 never secret"
    assert send_one(relay(smtp)).reply == "550 5.7.1 no [31m 5.7.1 never ***"


NOBODY_CAN_SAY: list[tuple[Faults, int]] = [
    ({"TEXT": Fault.HANG_UP}, 0),
    ({"TEXT": Fault.STALL}, 0),
    ({"DOT": Fault.HANG_UP}, 0),
    ({"DOT": Fault.STALL}, 0),
    ({"DOT": Fault.KEEP_AND_HANG_UP}, 1),
    ({"DOT": Fault.KEEP_AND_STALL}, 1),
    ({"DOT": "2xx what?"}, 1),
    ({"DOT": "250-" + "x" * 9000}, 1),
]


@pytest.mark.parametrize(("faults", "kept"), NOBODY_CAN_SAY, ids=lambda row: str(row)[:60])
def test_no_clear_answer_after_the_text_began_is_unknown(
        server: SmtpServer, faults: Faults, kept: int) -> None:
    server.faults = dict(faults)
    before = Asked()
    with Smtp(replace(relay(server), timeout=20.0, patience=1.0)) as out:
        assert out.send(mail(), SHOP, BUYER, before).outcome is Outcome.UNKNOWN
        assert before.times == 1
        assert len(server.wait_for(kept)) == kept
        server.faults.clear()
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert len(server.wait_for(kept + 1)) == kept + 1


def test_an_unclear_answer_is_never_tried_again_by_itself(smtp: SmtpServer) -> None:
    smtp.faults["DOT"] = Fault.KEEP_AND_HANG_UP
    assert send_one(relay(smtp)).outcome is Outcome.UNKNOWN
    assert smtp.spoken.count("DOT") == 1


def test_only_the_answer_after_the_dot_is_waited_for_longer(smtp: SmtpServer) -> None:
    assert relay(smtp).patience == 600.0
    smtp.late = 2.0
    assert send_one(replace(relay(smtp), timeout=1.0, patience=60.0)).outcome is Outcome.SENT
    smtp.faults["MAIL"] = Fault.STALL
    assert send_one(replace(relay(smtp), timeout=1.0, patience=60.0)).outcome is Outcome.LATER


def test_a_second_250_is_not_taken_for_the_next_mails(server: SmtpServer) -> None:
    server.faults["DOT"] = [Fault.TWICE]
    with Smtp(relay(server)) as out:
        said = [out.send(mail(f"{n}\n"), SHOP, BUYER, yes).outcome for n in range(3)]
    assert said == [Outcome.SENT] * 3
    assert [f"{n}\r\n".encode() in got.raw for n, got in enumerate(server.wait_for(3))] == [True] * 3


def test_a_late_second_250_never_passes_for_an_answer_to_a_mail(smtp: SmtpServer) -> None:
    """One that comes amid the next mail puts every answer one off: that mail is surely not sent."""
    smtp.faults["MAIL"] = [None, Fault.STRAY]
    with Smtp(relay(smtp)) as out:
        said = [out.send(mail(f"{n}\n"), SHOP, BUYER, yes).outcome for n in range(3)]
    assert said == [Outcome.SENT, Outcome.LATER, Outcome.SENT]
    assert len(smtp.wait_for(2)) == 2


def test_the_caller_may_withdraw_at_the_last_moment(server: SmtpServer) -> None:
    with Smtp(relay(server)) as out:
        assert out.send(mail(), SHOP, BUYER, Asked(answer=False)).outcome is Outcome.WITHDRAWN
        assert server.spoken[-2:] == ["RCPT", "RSET"]
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert server.spoken.count("CONNECT") == 1
    assert len(server.wait_for(1)) == 1


def test_the_caller_is_asked_when_the_relay_has_both_addresses_and_nothing_else(smtp: SmtpServer) -> None:
    heard: list[str] = []

    def look() -> bool:
        heard.extend(smtp.spoken)
        return True

    send_one(relay(smtp), look)
    assert heard[-2:] == ["MAIL", "RCPT"]


def test_the_callers_own_failure_passes_and_nothing_is_sent(smtp: SmtpServer) -> None:
    def fail() -> bool:
        raise LookupError("database is locked")

    with Smtp(relay(smtp)) as out:
        with pytest.raises(LookupError):
            out.send(mail(), SHOP, BUYER, fail)
        assert "DATA" not in smtp.spoken
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert len(smtp.wait_for(1)) == 1


def test_a_connection_that_died_between_two_mails_is_made_anew(server: SmtpServer) -> None:
    with Smtp(relay(server)) as out:
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
        server.stop()
        server.start()
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
    assert len(server.wait_for(2)) == 2
    assert server.spoken.count("CONNECT") == 2


@pytest.mark.parametrize(("sender", "recipient"), [
    (SHOP, "x@evil.example"), ("x@evil.example", SHOP),
    (SHOP, f"{BUYER}\r\nRCPT TO:<x@evil.example>"), (SHOP, f"{BUYER}> SIZE=1"), (SHOP, f"{BUYER} "),
    (f"{SHOP}\r\nRCPT TO:<x@evil.example>", BUYER), (f"{SHOP}>", BUYER), ("", BUYER), (SHOP, ""),
])
def test_an_address_that_is_not_the_mails_own_never_reaches_the_relay(
        smtp: SmtpServer, sender: str, recipient: str) -> None:
    asked = Asked()
    with Smtp(relay(smtp)) as out, pytest.raises(UnsafeMailError):
        out.send(mail(), sender, recipient, asked)
    assert (asked.times, smtp.spoken) == (0, [])


@pytest.mark.parametrize("raw", [
    mail().replace(b"To: ", b"Bcc: x@evil.example\r\nTo: ", 1),
    mail().replace(b"\r\n", b"\n"),
    mail() + b"\n.\r\nMAIL FROM:<x@evil.example>\r\n",
])
def test_unsafe_bytes_never_reach_the_relay(smtp: SmtpServer, raw: bytes) -> None:
    with Smtp(relay(smtp)) as out, pytest.raises(UnsafeMailError):
        out.send(raw, SHOP, BUYER, yes)
    assert smtp.spoken == []


# the relay as a whole


def test_a_wrong_password_is_told_in_a_sentence_and_is_permanent(server: SmtpServer) -> None:
    canary = "-".join(("canary", "5ecr3t"))  # a traceback shows this file's lines as well
    where = replace(relay(server), password=canary)
    with pytest.raises(SubmissionRefusedError, match=r"ventes: localhost:\d+ refused the log-in of") as told:
        send_one(where)
    assert told.value.permanent
    assert server.spoken.count("AUTH") == 1
    assert canary not in "".join(traceback.format_exception(told.value)) + repr(where)


@pytest.mark.parametrize("answer", ["454 4.7.0 later", Fault.HANG_UP, Fault.STALL])
def test_a_log_in_that_fails_for_now_may_be_tried_again(smtp: SmtpServer, answer: str | Fault) -> None:
    smtp.faults["AUTH"] = answer
    with pytest.raises(EdgeError, match=r"Mailbox ventes: .*localhost:\d+") as told:
        send_one(replace(relay(smtp), timeout=1.0))
    assert not told.value.permanent
    assert not isinstance(told.value, SubmissionRefusedError)


def test_a_relay_that_repeats_the_password_does_not_get_it_shown(smtp: SmtpServer) -> None:
    smtp.faults["AUTH"] = "535 5.7.8 AHZlbnRlc0Bib3V0aXF1ZS5leGFtcGxlAHNlY3JldA== is not secret c2VjcmV0"
    with pytest.raises(SubmissionRefusedError) as told:
        send_one(relay(smtp))
    assert "(535 5.7.8 *** is not *** ***)" in str(told.value)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
def test_a_password_with_an_accent_logs_in(mechanisms: str) -> None:
    with SmtpServer(users={SHOP: "été🎁"}, security="tls") as server:
        server.mechanisms = mechanisms
        assert send_one(replace(relay(server), password="été🎁")).outcome is Outcome.SENT


def test_a_relay_without_a_log_in_of_ours_is_told(smtp: SmtpServer) -> None:
    smtp.mechanisms = "GSSAPI CRAM-MD5"
    with pytest.raises(SubmissionRefusedError, match="no log-in with a password"):
        send_one(relay(smtp))


def test_a_relay_on_this_machine_may_want_no_log_in() -> None:
    with SmtpServer(users={}, security="plain") as server:
        assert send_one(replace(relay(server), user="")).outcome is Outcome.SENT


def test_a_relay_that_wants_a_log_in_nobody_gave_is_told(smtp: SmtpServer) -> None:
    with pytest.raises(SubmissionRefusedError, match="530"):
        send_one(replace(relay(smtp), user=""))


def test_a_stripped_starttls_gets_no_password_and_no_mail(smtp: SmtpServer) -> None:
    smtp.stripped = True
    with pytest.raises(EdgeError, match="does not offer STARTTLS") as told:
        send_one(relay(smtp))
    assert not told.value.permanent
    assert smtp.spoken == ["CONNECT", "EHLO"]


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", "220 go", Fault.HANG_UP, Fault.STALL])
def test_a_starttls_that_fails_gets_no_password(smtp: SmtpServer, answer: str | Fault) -> None:
    smtp.faults["STARTTLS"] = answer
    with pytest.raises(EdgeError, match=r"Mailbox ventes: .*localhost:\d+"):
        send_one(replace(relay(smtp), timeout=2.0))
    assert "AUTH" not in smtp.spoken


def test_words_slipped_in_before_starttls_are_not_believed(smtp: SmtpServer) -> None:
    """Whoever sits on the wire may send the answers to come ahead of the handshake."""
    smtp.faults["STARTTLS"] = "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n235 welcome"
    with pytest.raises(EdgeError):
        send_one(replace(relay(smtp), timeout=2.0))
    assert "AUTH" not in smtp.spoken


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_another_name_is_not_trusted(security: str) -> None:
    with SmtpServer(security=security, names=("elsewhere.example",)) as server:
        with pytest.raises(EdgeError, match=r"of localhost:\d+ is not to be trusted .*'localhost'"):
            send_one(relay(server))
        assert "AUTH" not in server.spoken


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_authority_is_not_trusted(security: str) -> None:
    with SmtpServer(security=security) as server:
        with pytest.raises(EdgeError, match=r"is not to be trusted .*ca_file"):
            send_one(replace(relay(server), ca_file=""))
        assert "AUTH" not in server.spoken


def test_an_authority_file_that_is_not_there_is_named(smtp: SmtpServer, tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match=r"ca_gone\.pem") as told:
        send_one(replace(relay(smtp), ca_file=str(tmp_path / "ca_gone.pem")))
    assert told.value.permanent


def test_tls_spoken_to_a_plain_port_is_told_as_such(smtp: SmtpServer) -> None:
    with pytest.raises(EdgeError, match="does not speak TLS as expected"):
        send_one(replace(relay(smtp), security="tls"))


def test_a_server_that_is_away_is_told_and_may_come_back(server: SmtpServer) -> None:
    server.stop()
    with pytest.raises(EdgeError, match=r"ventes: the mail server localhost:\d+ cannot be reached") as told:
        send_one(relay(server))
    assert not told.value.permanent
    server.start()
    assert send_one(relay(server)).outcome is Outcome.SENT


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70 + ".example"])
def test_a_host_that_does_not_exist_is_told(smtp: SmtpServer, host: str) -> None:
    with pytest.raises(EdgeError, match="cannot be reached"):
        send_one(replace(relay(smtp), host=host))


@pytest.mark.parametrize("answer", ["421 busy", "554 5.3.2 go away", "nonsense", Fault.HANG_UP, Fault.STALL])
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
def test_a_relay_that_does_not_let_us_in_is_told(smtp: SmtpServer, verb: str, answer: str | Fault) -> None:
    smtp.faults[verb] = answer
    with pytest.raises(EdgeError, match=r"Mailbox ventes: .*localhost:\d+") as told:
        send_one(replace(relay(smtp), timeout=1.0))
    assert not told.value.permanent


def test_plain_is_for_this_machine_only(smtp: SmtpServer) -> None:
    with pytest.raises(EdgeError, match="must be encrypted") as told:
        send_one(replace(relay(smtp), security="plain", host="smtp.example.net"))
    assert told.value.permanent
    assert smtp.spoken == []


def test_an_unknown_security_is_not_taken_for_plain(smtp: SmtpServer) -> None:
    with pytest.raises(EdgeError, match="tls, starttls or plain"):
        send_one(replace(relay(smtp), security="ssl"))
    assert smtp.spoken == []


def test_failures_are_told_in_french_too(smtp: SmtpServer) -> None:
    words.use("fr")
    with pytest.raises(EdgeError, match=r"Boîte ventes : .* a refusé la connexion de ventes@"):
        send_one(replace(relay(smtp), password="wrong"))


# verify


def test_verify_logs_in_asks_for_the_sender_and_leaves_no_mail(server: SmtpServer) -> None:
    Smtp(relay(server)).verify(SHOP)
    assert server.spoken[-4:] == ["AUTH", "MAIL", "RSET", "QUIT"]
    assert server.mails == []


def test_verify_without_a_sender_only_logs_in(server: SmtpServer) -> None:
    Smtp(relay(server)).verify()
    assert server.spoken[-2:] == ["AUTH", "QUIT"]


def test_verify_tells_that_the_sender_is_not_accepted(smtp: SmtpServer) -> None:
    smtp.faults["MAIL"] = "553 5.7.1 not owned by user"
    with pytest.raises(SubmissionRefusedError, match=r"no mail from ventes@boutique\.example \(553"):
        Smtp(relay(smtp)).verify(SHOP)


@pytest.mark.parametrize("answer", ["451 4.3.0 later", Fault.HANG_UP, Fault.STALL])
def test_verify_tells_a_passing_trouble_as_such(smtp: SmtpServer, answer: str | Fault) -> None:
    smtp.faults["MAIL"] = answer
    with pytest.raises(EdgeError) as told:
        Smtp(replace(relay(smtp), timeout=1.0)).verify(SHOP)
    assert not told.value.permanent


def test_verify_refuses_a_sender_that_is_no_plain_address(smtp: SmtpServer) -> None:
    with pytest.raises(UnsafeMailError):
        Smtp(relay(smtp)).verify(f"{SHOP}>\r\nRCPT TO:<x@evil.example>")
    assert smtp.spoken == []


def test_a_relay_that_never_answers_quit_is_left_anyway(
        smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.edges.smtp.QUIT_WAIT", 0.2)
    smtp.faults["QUIT"] = Fault.STALL
    assert send_one(relay(smtp)).outcome is Outcome.SENT


def test_a_certificate_is_checked_again_on_a_new_connection() -> None:
    """A server that took another's place between two mails gets nothing."""
    with SmtpServer() as good, Smtp(relay(good)) as out:
        assert out.send(mail(), SHOP, BUYER, yes).outcome is Outcome.SENT
        good.stop()
        evil = SmtpServer(names=("elsewhere.example",))
        evil.port = good.port
        with evil, pytest.raises(EdgeError, match="not to be trusted"):
            out.send(mail(), SHOP, BUYER, yes)
        assert "AUTH" not in evil.spoken
        good.start()


def test_a_server_of_another_language_is_told_as_a_failure() -> None:
    """An HTTP server, or anything that talks first and is no SMTP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def answer() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 20_000)
        Thread(target=answer, daemon=True).start()
        where = Relay(mailbox="ventes", host="127.0.0.1", port=listening.getsockname()[1], security="plain")
        with pytest.raises(EdgeError, match=r"Mailbox ventes: .*127\.0\.0\.1"):
            send_one(where)


# the test server itself


def test_the_test_server_fails_a_test_whose_mail_was_not_fit_to_leave() -> None:
    bad = mail().replace(b"To: ", b"Bcc: x@evil.example\r\nTo: ", 1)

    def run() -> None:
        with (SmtpServer(users={}, security="plain") as server,
              smtplib.SMTP(server.host, server.port) as client):
            client.sendmail(SHOP, [BUYER], bad)

    with pytest.raises(AssertionError, match="bcc"):
        run()
