"""A mailbox entered by OAuth: real servers that take tokens, and a token endpoint on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.alarming import _turned_away
from bot.cli import main
from bot.edges import EdgeError
from bot.edges.imap import LoginRefusedError
from bot.edges.oauth import Authority, Grant, GrantRefusedError, read_grant, write_grant
from bot.edges.smtp import Smtp, SubmissionRefusedError
from bot.entering import known_client, log_in
from bot.receiving import open_imap
from bot.sending import relay_of
from bot.settings import Mailbox, Server, load
from tests.servers.dovecot import Dovecot, is_2_4
from tests.servers.smtp import SmtpServer
from tests.servers.tokens import KEY, TokenServer, signed

USER = "ventes@boutique.example"


@pytest.fixture(scope="module")
def taking_tokens() -> Iterator[Dovecot]:
    if is_2_4():
        pytest.skip("tokens are configured here for Dovecot 2.3 only")
    with Dovecot(token_key=KEY) as server:
        server.add(USER, "never told")
        yield server


def settings_entered_by(folder: Path, secret: str) -> Path:
    path = folder / "mailboxes.toml"
    path.write_text(f"""
        [seller]
        notify = ["marie@boutique.example"]
        [[mailbox]]
        name = "ventes"
        address = "{USER}"
        user = "{USER}"
        {secret}
        imap = {{ host = "127.0.0.1", port = 1, security = "plain" }}
        """)
    return path


@pytest.fixture
def mailbox(tmp_path: Path, tokens: TokenServer) -> Mailbox:
    path = settings_entered_by(tmp_path, 'oauth = "google"')
    box = load(path).mailboxes[0]
    assert box.grant
    write_grant(box.grant, Grant(provider="google", client="client-7", secret="secret-8", refresh="refresh-0",
                                 tokens=f"{tokens.url}/token"))
    return box


def test_imap_is_entered_by_token_and_a_new_one_is_made_each_hour(taking_tokens: Dovecot, mailbox: Mailbox,
                                                                  tokens: TokenServer) -> None:
    tokens.make = lambda number: signed(USER)
    box = replace(mailbox, imap=Server(host="127.0.0.1", port=taking_tokens.ports["imap"], security="plain"))
    with open_imap(box) as imap:
        assert imap.folder("INBOX").exists == 0
        imap.connect()
        assert imap.folder("INBOX").exists == 0
    assert tokens.made == 1


def test_a_token_ended_before_its_time_is_replaced_at_once(taking_tokens: Dovecot, mailbox: Mailbox,
                                                           tokens: TokenServer) -> None:
    tokens.make = lambda number: signed(USER, seconds=-60 if number == 1 else 3600)
    box = replace(mailbox, imap=Server(host="127.0.0.1", port=taking_tokens.ports["imap"], security="plain"))
    with open_imap(box) as imap:
        assert imap.folder("INBOX").exists == 0
    assert tokens.made == 2


def test_a_server_that_takes_no_token_of_ours_is_a_refusal_that_tells_no_token(taking_tokens: Dovecot,
                                                                               mailbox: Mailbox) -> None:
    box = replace(mailbox, imap=Server(host="127.0.0.1", port=taking_tokens.ports["imap"], security="plain"))
    with pytest.raises(LoginRefusedError, match=r"run_bot\.py login ventes") as caught:
        open_imap(box).connect()
    assert "access-" not in str(caught.value)


def test_an_ended_grant_is_a_log_in_refused_and_told_at_once(taking_tokens: Dovecot, mailbox: Mailbox,
                                                             tokens: TokenServer) -> None:
    tokens.answers.append((400, {"error": "invalid_grant"}))
    box = replace(mailbox, imap=Server(host="127.0.0.1", port=taking_tokens.ports["imap"], security="plain"))
    with pytest.raises(GrantRefusedError, match="no longer takes the log-in") as caught:
        open_imap(box).connect()
    assert caught.value.permanent, "so it is tried again four times an hour at most"
    assert _turned_away(caught.value)


@pytest.fixture
def relay() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        server.mechanisms = "XOAUTH2"
        yield server


def sends(mailbox: Mailbox, relay: SmtpServer) -> Smtp:
    box = replace(mailbox, smtp=Server(host="localhost", port=relay.port, security="starttls"),
                  ca_file=Path(relay.ca_file))
    return Smtp(relay_of(box))


def test_smtp_is_entered_by_token(mailbox: Mailbox, relay: SmtpServer, tokens: TokenServer) -> None:
    relay.tokens[USER] = "access-1"
    sends(mailbox, relay).verify(USER)
    assert "MAIL" in relay.spoken


def test_smtp_tries_a_fresh_token_once(mailbox: Mailbox, relay: SmtpServer, tokens: TokenServer) -> None:
    relay.tokens[USER] = "access-2"
    sends(mailbox, relay).verify(USER)
    assert tokens.made == 2


def test_a_relay_that_takes_no_token_is_a_refusal_that_tells_none(mailbox: Mailbox, relay: SmtpServer) -> None:
    relay.faults["AUTH"] = "535 5.7.3 no: access-1 access-2"
    with pytest.raises(SubmissionRefusedError, match=r"by OAuth \(535 5.7.3 no") as caught:
        sends(mailbox, relay).verify(USER)
    assert "access-2" not in str(caught.value)


def test_the_token_is_in_the_file_before_a_server_sees_it(mailbox: Mailbox, relay: SmtpServer) -> None:
    relay.faults["AUTH"] = "421 4.7.0 closing"
    with pytest.raises(EdgeError):
        sends(mailbox, relay).verify(USER)
    assert mailbox.grant
    assert read_grant(mailbox.grant, "ventes").refresh == "refresh-1"


class Browser:
    """A seller who grants what he is asked for."""

    def show_code(self, address: str, code: str) -> None:
        raise AssertionError("Google shows no code")

    def ask_answer(self, address: str) -> str:
        state = address.partition("state=")[2].partition("&")[0]
        return f"http://127.0.0.1:8765/?state={state}&code=4/abc"


def test_a_seller_logs_in_anew_without_naming_the_program_again(mailbox: Mailbox, tokens: TokenServer) -> None:
    assert known_client(mailbox) == ("client-7", "secret-8")
    authority = Authority(name="google", authorise="https://accounts.example/auth", tokens=f"{tokens.url}/token",
                          scopes=("https://mail.google.com/",))
    log_in(mailbox, *known_client(mailbox), Browser(), authority)
    assert mailbox.grant
    grant = read_grant(mailbox.grant, "ventes")
    assert (grant.access, grant.refresh, grant.tokens) == ("access-1", "refresh-1", f"{tokens.url}/token")


def test_a_grant_of_another_provider_names_no_program(mailbox: Mailbox) -> None:
    assert known_client(replace(mailbox, oauth="microsoft")) == ("", "")


@pytest.mark.parametrize(("asked", "wanted"), [("nowhere", "there are ventes"), ("ventes", "nothing to log in")])
def test_login_says_where_there_is_nothing_to_log_in_to(asked: str, wanted: str, tmp_path: Path,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    path = settings_entered_by(tmp_path, 'password_env = "NOT_SET"')
    assert main(["login", asked, "--config", str(path)]) == 2
    assert wanted in capsys.readouterr().err


def test_check_tells_the_seller_to_log_in_where_nobody_has(mailbox: Mailbox, tmp_path: Path,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    assert mailbox.grant
    mailbox.grant.unlink()
    assert main(["check", "--json", "--config", str(tmp_path / "mailboxes.toml")]) == 1
    assert "run_bot.py login ventes" in capsys.readouterr().out
