"""Rakuten's webservice, every answer and every silence of it; and the token, which nobody ever sees."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from bot.core.latin import MOST, UnfitTextError, fit
from bot.edges import EdgeError
from bot.edges.webservice import ACTS, VERSIONS, Account, Answer, Refusal, Silence, Webservice
from tests.canaries import TOKEN
from tests.servers.webservice import LOGIN, Fault, RakutenServer, free_port

ITEM = "871204553"
CONTACT = "contactuseraboutitem"


def speaking_to(rakuten: RakutenServer, **waits: float) -> Webservice:
    return Webservice(Account(login=LOGIN, token=TOKEN, base=rakuten.base), **waits)


def act(rakuten: RakutenServer, action: str = CONTACT, *, words: str = "Bonjour", **waits: float) -> Any:
    parameters = {"itemid": ITEM, "content": words}
    return speaking_to(rakuten, **waits).act(action, parameters, lambda: True)


# ---- what is asked


def test_an_action_is_one_get_with_the_documented_parameters(rakuten: RakutenServer) -> None:
    assert isinstance(act(rakuten, words="Réponse à 25,50 ?\nMerci & à bientôt"), Answer)
    [call] = rakuten.heard
    assert call.path == "/sales_ws"
    assert call.parameters == {"action": CONTACT, "login": LOGIN, "pwd": TOKEN, "version": "2011-02-02",
                               "itemid": ITEM, "content": "Réponse à 25,50 ?\nMerci & à bientôt"}


def test_letters_travel_in_iso_8859_1(rakuten: RakutenServer) -> None:
    act(rakuten, words="é")
    assert "content=%E9" in rakuten.heard[0].query


@pytest.mark.parametrize("action", ACTS)
def test_every_act_is_understood_when_it_is_done(rakuten: RakutenServer, action: str) -> None:
    assert isinstance(act(rakuten, action), Answer)
    assert rakuten.heard[0].parameters["version"] == VERSIONS[action]


def test_sales_to_confirm_are_listed(rakuten: RakutenServer) -> None:
    rakuten.new = [ITEM, "871204599"]
    assert speaking_to(rakuten).new_sales() == frozenset({ITEM, "871204599"})


def test_what_waits_is_listed_with_its_causes(rakuten: RakutenServer) -> None:
    rakuten.waiting = {ITEM: ["CLAIM", "UNREAD_MESSAGE_FROM_BUYER"]}
    [one] = speaking_to(rakuten).to_do()  # type: ignore[misc]
    assert (one.item, one.causes) == (ITEM, ("CLAIM", "UNREAD_MESSAGE_FROM_BUYER"))


def test_nothing_we_ask_marks_messages_as_read(rakuten: RakutenServer) -> None:
    ws = speaking_to(rakuten)
    ws.new_sales(), ws.to_do(), act(rakuten)
    assert rakuten.calls("getiteminfos") == []


# ---- what comes back


def test_quota_is_tried_again_in_an_hour(rakuten: RakutenServer) -> None:
    rakuten.faults = {CONTACT: Fault.QUOTA}
    said = act(rakuten)
    assert isinstance(said, Refusal)
    assert said.pause == timedelta(hours=1)


@pytest.mark.parametrize(("fault", "words"), [
    (Fault.RIGHTS, "does not allow this account"), (Fault.SENDER, "L'article a été reçu il y a trop longtemps."),
    (Fault.HTTP_404, "HTTP 404"), (Fault.REDIRECT, "HTTP 302")])
def test_a_refusal_is_final_and_says_why(rakuten: RakutenServer, fault: Fault, words: str) -> None:
    rakuten.faults = {CONTACT: fault}
    said = act(rakuten)
    assert isinstance(said, Refusal)
    assert said.pause is None
    assert words in said.words
    assert len(rakuten.heard) == 1, "a redirect is not followed"


def test_overload_is_tried_again(rakuten: RakutenServer) -> None:
    rakuten.faults = {CONTACT: Fault.HTTP_503}
    said = act(rakuten)
    assert isinstance(said, Refusal)
    assert said.pause


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HALF, Fault.GARBAGE, Fault.ENTITY, Fault.STRANGE, Fault.RECEIVER,
                                   Fault.HTTP_500])
def test_what_does_not_tell_what_became_of_it_is_silence(rakuten: RakutenServer, fault: Fault) -> None:
    rakuten.faults = {CONTACT: fault}
    said = act(rakuten)
    assert isinstance(said, Silence)
    assert said.words


def test_an_answer_that_does_not_come_is_silence(rakuten: RakutenServer) -> None:
    rakuten.faults, rakuten.patience = {CONTACT: Fault.SLOW}, 30.0
    assert isinstance(act(rakuten, read=0.3), Silence)
    assert len(rakuten.heard) == 1


def test_an_answer_that_drips_is_not_waited_for(rakuten: RakutenServer) -> None:
    rakuten.faults = {CONTACT: Fault.DRIP}
    assert isinstance(act(rakuten, whole=0.5), Silence)


# ---- before anything has left


def test_no_connection_is_surely_not_done_and_claims_nothing() -> None:
    claims: list[bool] = []

    def claim() -> bool:
        claims.append(True)
        return True

    ws = Webservice(Account(login=LOGIN, token=TOKEN, base=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(EdgeError, match="cannot be reached") as caught:
        ws.act(CONTACT, {"itemid": ITEM, "content": "x"}, claim)
    assert claims == []
    assert not caught.value.permanent


def test_a_host_that_proves_nothing_is_not_told_the_token(rakuten: RakutenServer) -> None:
    ws = Webservice(Account(login=LOGIN, token=TOKEN, base=rakuten.base.replace("http:", "https:")))
    with pytest.raises(EdgeError):
        ws.to_do()
    assert rakuten.heard == []


def test_claim_comes_before_the_request_and_its_no_is_obeyed(rakuten: RakutenServer) -> None:
    seen: list[int] = []

    def claim() -> bool:
        seen.append(len(rakuten.heard))
        return False

    assert speaking_to(rakuten).act(CONTACT, {"itemid": ITEM, "content": "x"}, claim) is None
    assert seen == [0]
    assert rakuten.heard == []


def test_what_iso_8859_1_cannot_say_never_leaves(rakuten: RakutenServer) -> None:
    with pytest.raises(EdgeError, match="ISO-8859-1") as caught:
        act(rakuten, words="☂")
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert rakuten.heard == []


# ---- the token


@pytest.mark.parametrize("fault", [None, *(fault for fault in Fault if fault is not Fault.DRIP)])
def test_token_stands_in_no_log_no_value_and_no_error(
        rakuten: RakutenServer, fault: Fault | None, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, name)
    rakuten.faults = {CONTACT: fault} if fault else {}
    rakuten.patience = 2.0
    ws = speaking_to(rakuten, read=0.3)
    said = repr([ws.act(CONTACT, {"itemid": ITEM, "content": "x"}, lambda: True), ws, ws.to_do(), vars(ws)])
    with pytest.raises(EdgeError) as caught:
        Webservice(Account(login=LOGIN, token=TOKEN, base=f"http://127.0.0.1:{free_port()}")).to_do()
    told = "".join(traceback.format_exception(caught.value)) + said + caplog.text
    chain: list[BaseException | None] = [caught.value]
    while chain[-1] is not None:
        told += repr(vars(chain[-1])) + repr(chain[-1].args)
        chain.append(chain[-1].__context__)
    assert rakuten.calls(CONTACT)
    for secret in (TOKEN, quote(TOKEN, safe=""), quote(TOKEN)):
        assert secret not in told


# ---- text that must fit


@pytest.mark.parametrize(("said", "sent"), [
    ("l’œuvre « Été » – 25 €…", "l'oeuvre « Été » - 25 EUR..."), ("12,50€", "12,50 EUR"), ("“oui”", '"oui"'),
    ("a\u202f!", "a !"), ("e\u0301te\u0301", "été"), ("Erdős", "Erdos"), ("Prix&nbsp;: 5&euro;", "Prix : 5 EUR"),
    ("un\r\ndeux\n", "un\ndeux"), ("\u200bpropre\ufeff", "propre"), ("ça\x00 va\x85", "ça va"),
])
def test_text_is_written_plainly(said: str, sent: str) -> None:
    assert fit(said) == sent
    assert fit(said).encode("iso-8859-1")


def test_what_has_no_plain_form_is_refused_and_named() -> None:
    with pytest.raises(UnfitTextError, match=r"U\+1F600 grinning face"):
        fit("Merci 😀")


def test_text_over_the_limit_is_refused_and_never_cut() -> None:
    assert len(fit("é" * MOST)) == MOST
    with pytest.raises(UnfitTextError, match="476"):
        fit("é" * (MOST + 1))
    with pytest.raises(UnfitTextError, match="476"):
        fit("a" * (MOST - 2) + "…")


def test_empty_text_is_refused() -> None:
    with pytest.raises(UnfitTextError, match="empty"):
        fit(" \u00a0\n")
