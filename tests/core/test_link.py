"""A link is labelled by its address; one that acts is never said to show, and an unknown one is said nothing of."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.link import opens

CENTRAL = "https://sellercentral.amazon.it"
NO_RESPONSE = f"{CENTRAL}/messaging/no-response-needed?t=A07&m=A09&mp=APJ6JRA9NG5V4&c=AX5&h=0123abcd&s=1"


def redirect(target: str) -> str:
    packed = urlsafe_b64encode(target.encode()).decode().rstrip("=")
    return f"{CENTRAL}/nms/sellermobile/redirect/7d1e?nt=RETURN_REQUEST&sk=x&n=1&u={packed}"


LABELS = {
    NO_RESPONSE: "acts",
    "http://www.amazon.ca/gp/communication-manager/no-response-needed.html?msg=A1&d=1&mp=A1&v=1&t=4be1": "acts",
    NO_RESPONSE.replace("no-response", "no%2Dresponse").upper().replace("HTTPS", "https"): "acts",
    redirect(NO_RESPONSE): "acts",
    f"{CENTRAL}/messaging/inbox?next=/messaging/no-response-needed": "acts",
    f"{CENTRAL}/gp/returns/authorize?orderId=405-1732050-8075688": "acts",
    f"{CENTRAL}/notifications/feedback?d=abc": "acts",
    "https://ws.fr.shopping.rakuten.com/sales_ws?action=acceptsale&itemid=1": "acts",
    "https://ws.fr.shopping.rakuten.com/sales_ws?action=getiteminfos&itemid=1": "acts",
    "https://fr.shopping.rakuten.com/purchase?action=itemmonitoring&itemid=1&action=refusesale": "acts",
    "https://shop.example/orders/12/confirm?token=abc": "acts",
    "https://shop.example/x?action=accept&id=2": "acts",
    "https://www.amazon.it/messaging/5502196637714480029?marketplaceId=A&ref_=bsm_email_report&report=true": "reports",
    f"{CENTRAL}/messaging/inbox?fi=caseId&ss=u&cc=u&ref=bsm_email_report&lc=pt_BR": "reports",
    f"{CENTRAL}/notifications/preferences/optout/header-one-click?optoutId=uuid": "unsubscribes",
    "https://news.example/u/unsubscribe?id=1": "unsubscribes",
    "https://news.example/desinscription?id=1": "unsubscribes",
    f"{CENTRAL}/messaging/inbox?fi=RESPONSE_NEEDED&mons_sel_mkid=amzn1": "shows",
    f"{CENTRAL}/messaging/contact/returns?buyerID=A2&custType=buyer&orderID=405-1732050-8075688": "shows",
    f"{CENTRAL}/gp/returns/list/v2?searchString=405-1732050-8075688&tabId=viewAll": "shows",
    redirect(f"{CENTRAL}/gp/returns/list/v2?searchString=405-1732050-8075688&tabId=viewAll"): "shows",
    f"{CENTRAL}/orders-v3/order/405-1732050-8075688/cancel-order": "shows",
    f"{CENTRAL}/orders-v3/order/405-1732050-8075688": "shows",
    "https://sellercentral.amazon.co.uk/help/hub/reference/external/GQ6762Y9AB2FYDY8": "shows",
    "http://www.priceminister.com/purchase?action=itemmonitoring&itemid=1510346652#item_state_action_block": "shows",
    "https://fr.shopping.rakuten.com/usersecure?action=usrwstokenaccess": "shows",
    "https://www.etsy.com/conversations/123": "shows",
}


@pytest.mark.parametrize("link", LABELS)
def test_an_address_tells_what_opening_it_does(link: str) -> None:
    assert opens(link) == LABELS[link]


@pytest.mark.parametrize("link", [
    "https://sellercentral.amazon.it.evil.example/messaging/inbox", "https://amazon.fr@evil.example/messaging/inbox",
    "https://evil.example\\@amazon.fr/messaging/inbox", "https://evilamazon.fr/messaging/inbox",
    "https://аmazon.fr/messaging/inbox",        # a Cyrillic first letter
    f"{CENTRAL}/messaging/inbox/../other", f"{CENTRAL}/messaging/inbox/%2e%2e/other", f"{CENTRAL}/mess\taging/inbox",
    f"{CENTRAL}/some/new/place", redirect("https://evil.example/messaging/inbox"), redirect(""),
    redirect("javascript:x"),
    f"{CENTRAL}/nms/redirect/7d1e?u=%ff%ff", f"{CENTRAL}/nms/redirect/7d1e",
    "mailto:x@amazon.fr", "javascript:alert(1)", "ftp://amazon.fr/messaging/inbox", "http://[", "", "www.amazon.fr",
    "https://amazon.fr/messaging/inbox?" + "x" * 5000, "https://shop.example/closet",
    "https://shop.example/accessories",
])
def test_an_unknown_or_treacherous_address_is_said_nothing_of(link: str) -> None:
    assert opens(link) == ""


@given(st.text("/?&=#.%abc-", max_size=30), st.text("/?&=#abc", max_size=30))
def test_no_words_around_it_make_an_acting_link_seem_harmless(before: str, after: str) -> None:
    assert opens(f"{CENTRAL}/messaging/{before}/no-response-needed?{after}") in ("acts", "") or "#" in before


@given(st.text())
def test_no_text_makes_it_raise(link: str) -> None:
    assert opens(link) in ("acts", "unsubscribes", "reports", "shows", "")
    assert opens(redirect(link)) in ("acts", "unsubscribes", "reports", "shows", "")
