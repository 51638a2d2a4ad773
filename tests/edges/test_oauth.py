"""OAuth: tokens are refreshed and kept before they are used; a refusal is a sentence that says how to go on."""

from __future__ import annotations

import json
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.edges import oauth
from bot.edges.oauth import Authority, Grant, GrantRefusedError, OAuthError, access_token, read_grant, write_grant
from tests.servers.tokens import TokenServer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def granted(tmp_path: Path, server: TokenServer, **more: Any) -> Path:
    path = tmp_path / "data" / "oauth-ventes.json"
    write_grant(path, Grant(**{"provider": "google", "client": "client-7", "secret": "secret-8",
                               "tokens": f"{server.url}/token", "refresh": "refresh-0", **more}))
    return path


def test_a_token_is_made_kept_and_used_until_it_nears_its_end(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens)
    assert access_token(path, "ventes", NOW) == "access-1"
    assert access_token(path, "ventes", NOW + timedelta(minutes=54)) == "access-1"
    assert access_token(path, "ventes", NOW + timedelta(minutes=56)) == "access-2"
    assert [form["refresh_token"] for form in tokens.asked] == ["refresh-0", "refresh-1"]
    assert tokens.asked[0] | {"path": ""} == {"client_id": "client-7", "client_secret": "secret-8", "path": "",
                                              "grant_type": "refresh_token", "refresh_token": "refresh-0"}


def test_a_fresh_token_is_in_the_file_before_it_is_returned(tmp_path: Path, tokens: TokenServer,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    path = granted(tmp_path, tokens)
    access_token(path, "ventes", NOW)
    assert (read_grant(path, "ventes").access, read_grant(path, "ventes").refresh) == ("access-1", "refresh-1")
    path.with_name(f"{path.name}.new").mkdir()     # nothing can be written there: the token must not be handed out
    with pytest.raises(OAuthError, match="cannot be written"):
        access_token(path, "ventes", NOW + timedelta(hours=2))
    assert read_grant(path, "ventes").refresh == "refresh-1"


def test_the_file_is_for_the_program_s_user_only(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens)
    access_token(path, "ventes", NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_without_a_new_right_to_refresh_the_old_one_stays(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens)
    tokens.answers.append((200, {"access_token": "short", "expires_in": 3599}))     # as Google answers
    assert access_token(path, "ventes", NOW) == "short"
    assert read_grant(path, "ventes").refresh == "refresh-0"


def test_a_token_a_server_turned_away_is_not_handed_out_again(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens)
    first = access_token(path, "ventes", NOW)
    assert access_token(path, "ventes", NOW, refused=first) == "access-2"


def test_many_who_need_a_token_at_once_make_one(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens)
    with ThreadPoolExecutor(8) as many:
        told = list(many.map(lambda _: access_token(path, "ventes", NOW), range(16)))
    assert set(told) == {"access-1"}
    assert tokens.made == 1


@pytest.mark.parametrize("error", ["invalid_grant", "interaction_required", "invalid_client"])
def test_a_grant_taken_back_is_a_log_in_refused_that_says_how_to_go_on(tmp_path: Path, tokens: TokenServer,
                                                                       error: str) -> None:
    path = granted(tmp_path, tokens)
    tokens.answers.append((400, {"error": error, "error_description": "AADSTS70000 marie@boutique.example"}))
    with pytest.raises(GrantRefusedError, match=r"run_bot\.py login ventes") as caught:
        access_token(path, "ventes", NOW)
    assert caught.value.permanent
    assert error in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("refresh-0", "secret-8", "marie"))


@pytest.mark.parametrize("answer", [(500, b"<html>"), (503, {"error": "temporarily_unavailable"}), (200, b"[]"),
                                    (200, {"access_token": ""}), (200, {"access_token": "two\nlines"}), (302, {}),
                                    (400, {"error": "x" * 999})])
def test_any_other_answer_is_waited_out(tmp_path: Path, tokens: TokenServer, answer: tuple[int, Any]) -> None:
    path = granted(tmp_path, tokens)
    tokens.answers.append(answer)
    with pytest.raises(OAuthError, match="we try again later") as caught:
        access_token(path, "ventes", NOW)
    assert not caught.value.permanent
    assert access_token(path, "ventes", NOW) == "access-1"


def test_an_endpoint_nobody_answers_at_is_waited_out(tmp_path: Path) -> None:
    with TokenServer() as gone:
        path = granted(tmp_path, gone)
    with pytest.raises(OAuthError, match=r"127\.0\.0\.1, where Google makes its log-in tokens, cannot be reached"):
        access_token(path, "ventes", NOW)


def test_a_secret_goes_over_tls_only(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens, tokens="http://oauth.boutique.example/token")
    with pytest.raises(OAuthError, match="https only"):
        access_token(path, "ventes", NOW)


@pytest.mark.parametrize("text", ["", "[]", '{"provider": "google"}', '{"unknown": 1}', "\x00"])
def test_a_file_that_cannot_be_read_wants_a_new_log_in(tmp_path: Path, text: str) -> None:
    path = tmp_path / "oauth-ventes.json"
    path.write_text(text)
    with pytest.raises(GrantRefusedError, match="login ventes"):
        access_token(path, "ventes", NOW)


def test_secrets_do_not_stand_in_a_repr(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens)
    access_token(path, "ventes", NOW)
    told = repr(read_grant(path, "ventes"))
    assert not any(secret in told for secret in ("refresh-1", "access-1", "secret-8"))


# ---- the seller in his browser ----


def google(tokens: TokenServer) -> Authority:
    return Authority(name="google", authorise="https://accounts.example/auth", tokens=f"{tokens.url}/token",
                     scopes=("https://mail.google.com/",))


def test_what_the_seller_pastes_becomes_a_grant(tokens: TokenServer) -> None:
    grant = Grant(provider="google", client="client-7", secret="secret-8", tokens=f"{tokens.url}/token")
    asking = oauth.ask(google(tokens), "client-7", "ventes@boutique.example")
    query = {name: values[0] for name, values in parse_qs(urlsplit(asking.address).query).items()}
    assert (query["login_hint"], query["code_challenge_method"]) == ("ventes@boutique.example", "S256")
    pasted = f"http://127.0.0.1:8765/?state={query['state']}&code=4/abc-def&scope=x\n"
    got = oauth.redeem("ventes", grant, asking, pasted, NOW)
    assert (got.access, got.refresh) == ("access-1", "refresh-1")
    assert tokens.asked[-1]["code"] == "4/abc-def"
    assert tokens.asked[-1]["code_verifier"] == asking.verifier


@pytest.mark.parametrize("pasted", ["", "http://127.0.0.1:8765/?state=another&code=x", "no idea what this is",
                                    "http://127.0.0.1:8765/?error=access_denied"])
def test_what_is_no_answer_is_never_sent_on(tokens: TokenServer, pasted: str) -> None:
    grant = Grant(provider="google", client="client-7", tokens=f"{tokens.url}/token")
    asking = oauth.ask(google(tokens), "client-7", "v@b.example")
    with pytest.raises(GrantRefusedError, match="no answer to this log-in"):
        oauth.redeem("ventes", grant, asking, pasted, NOW)
    assert not tokens.asked


def test_access_for_an_hour_only_is_no_grant(tokens: TokenServer) -> None:
    grant = Grant(provider="google", client="client-7", tokens=f"{tokens.url}/token")
    tokens.answers.append((200, {"access_token": "x", "expires_in": 3600}))
    with pytest.raises(GrantRefusedError, match="an hour only"):
        oauth.redeem("ventes", grant, oauth.ask(google(tokens), "c", "v@b.example"), "4/abc", NOW)


# ---- Microsoft's short code ----


def microsoft(tokens: TokenServer) -> tuple[Grant, Authority]:
    authority = Authority(name="microsoft", authorise=f"{tokens.url}/common", tokens=f"{tokens.url}/token",
                          scopes=("https://outlook.office.com/IMAP.AccessAsUser.All",))
    return Grant(provider="microsoft", client="client-7", tokens=authority.tokens, scopes=authority.scopes), authority


def test_a_short_code_becomes_a_grant_when_the_seller_has_typed_it(tmp_path: Path,
                                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    shown: list[tuple[str, str]] = []
    with TokenServer(tmp_path / "ca.pem") as tokens:
        grant, authority = microsoft(tokens)
        got = oauth.by_device("ventes", grant, authority, lambda page, code: shown.append((page, code)), NOW,
                              instance_discovery=False)
    assert shown == [(f"{tokens.url}/device", "AB12CD")]
    assert (got.access, got.refresh) == ("access-1", "refresh-1")
    assert "offline_access" in tokens.asked[0]["scope"]


def test_a_seller_who_says_no_at_microsoft_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with TokenServer(tmp_path / "ca.pem") as tokens:
        grant, authority = microsoft(tokens)
        tokens.answers += [tokens.answer("/devicecode"), (400, {"error": "access_denied"})]
        with pytest.raises(GrantRefusedError, match="access_denied"):
            oauth.by_device("ventes", grant, authority, lambda page, code: None, NOW,
                            instance_discovery=False)


def test_without_msal_the_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch,
                                                          tokens: TokenServer) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    with pytest.raises(OAuthError, match=r"requirements-extras\.txt"):
        oauth.by_device("ventes", *microsoft(tokens), lambda page, code: None, NOW)


def test_microsoft_is_asked_to_refresh_for_the_mailbox_and_not_for_more(tmp_path: Path, tokens: TokenServer) -> None:
    path = granted(tmp_path, tokens, provider="microsoft", secret="", scopes=("https://outlook.office.com/SMTP.Send",))
    access_token(path, "ventes", NOW)
    assert tokens.asked[0]["scope"] == "https://outlook.office.com/SMTP.Send offline_access"
    assert "client_secret" not in tokens.asked[0]


def test_the_file_is_plain_json_that_moves_with_the_data_folder(tmp_path: Path, tokens: TokenServer) -> None:
    assert json.loads(granted(tmp_path, tokens).read_text())["provider"] == "google"
