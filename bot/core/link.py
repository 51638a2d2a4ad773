"""What opening a link does, told by its address alone. Nothing here opens one.

The label is for the seller, who must know that some links of a mail act the moment he clicks. So a
doubt goes to the side of caution: `shows` is said only of places we know.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from bot.core.pattern import later

__all__ = ["opens"]

_AMAZON = r"(?:[a-z0-9-]+\.)*amazon\.(?:fr|de|it|es|co\.uk|com|ca|nl|pl|se|ie|com\.(?:be|tr|mx|br|au))"
_RAKUTEN = r"(?:[a-z0-9-]+\.)*(?:rakuten\.com|priceminister\.com|pminteg\.fr)"
_OTHERS = (r"(?:[a-z0-9-]+\.)*(?:ebay\.(?:fr|de|it|es|com|co\.uk)|etsy\.com|vinted\.(?:fr|de|it|es|com|co\.uk)"
           r"|leboncoin\.fr|manomano\.(?:fr|de|it|es|co\.uk)|cdiscount\.com|octopia\.com|fnac\.com|darty\.com)")
_ANY = ".*"

# Host, then path and query in small letters, percent signs undone: the first row that fits. What acts
# stands above what shows, so that no harmless word in an address hides the other. V: seen in a real mail
# or said by the marketplace; P: likely.
_ROWS = tuple((later(host), later(address), does) for host, address, does in (
    # Amazon V: signed; opening it takes the message out of the response time, answered or not. Also before 2017.
    (_AMAZON, r"/no-response-needed\b", "acts"),
    # Amazon V: from the List-Unsubscribe header, One-Click.
    (_AMAZON, r"/notifications/preferences/optout\b|/header-one-click\b", "unsubscribes"),
    # Amazon V: "Signaler ce message", of the older and the newer layout.
    (_AMAZON, r"/messaging/.*(?:\breport=true\b|\bref_?=bsm_email_report\b)", "reports"),
    # Amazon P: returns are authorised, closed or refunded from the mail, and opinions given.
    (_AMAZON, r"^/(?:gp/)?returns?/[^?]*\b(?:authori[sz]e|close|refund|approve|deny)\b", "acts"),
    (_AMAZON, r"^/notifications/feedback\b", "acts"),
    # Amazon V: the seller must still choose a reason and confirm.
    (_AMAZON, r"^/orders-v3/order/[0-9-]+/cancel-order$", "shows"),
    # Rakuten V: the webservice takes its orders as plain addresses; even getiteminfos marks messages as read.
    (_RAKUTEN, r"^/\w+_ws\b", "acts"),
    # Rakuten P: "Cliquez ici si l'article n'est plus disponible", the sale refused.
    (_RAKUTEN, r"\baction=\w*(?:accept|refus|cancel|decline|confirm|annul|unavailable|indispo)", "acts"),
    # Everybody P: newsletters, in five languages.
    (_ANY, r"unsubscri|opt-?out\b|desinscri|desabonn|abmelde|abbestell|disiscri|cancella-?iscri|darse-?de-?baja",
     "unsubscribes"),
    (_ANY, r"\b(?:report-?abuse|signaler|report-?(?:message|member|user|spam))\b", "reports"),
    # Everybody P: a word that orders something, as a part of the path or as the action asked for.
    (_ANY, r"(?:^[^?]*/|[?&](?:action|do|cmd|op|act|answer|decision)=)(?:one-?click-?)?(?:confirm|accept|approve"
           r"|authori[sz]e|refuse|reject|decline|deny|cancel|close|refund|validate|verify|activate|mark-?as)"
           r"(?:[-_]\w+)*(?:[/?&.]|$)", "acts"),
    # Amazon V: places of the seller's account.
    (_AMAZON, r"^/messaging/(?:inbox\b|contact/|[0-9]+)|^/gp/(?:returns/list\b|help/|satisfaction/survey-form\b)"
              r"|^/orders-v3(?:/order/[0-9-]+)?/?(?:\?|$)|^/(?:help|performance|dp)/"
              r"|^/(?:notifications/preferences|home)\b", "shows"),
    # Rakuten V: the page of an item sold. P: the other pages of the account.
    (_RAKUTEN, r"^/(?:purchase|usersecure|user|wallet)\?(?:.*&)?action=(?:itemmonitoring|usrwstokenaccess)\b",
     "shows"),
    (_RAKUTEN, r"^/?$|^/offer/|^/help\b", "shows"),
    # The others P: a conversation, an order, an article.
    (_OTHERS, r"^/?$|^/(?:conversations?|messages?|inbox|itm|items?|your/(?:orders|shops)|transactions?|help|aide)"
              r"(?:[/?]|$)", "shows"),
))
_FORWARDS = later(r"^/nms/(?:sellermobile/)?redirect/")     # Amazon V: its notices pack the place they lead to
_LONGEST = 4096


@lru_cache(maxsize=64)      # of a mail's links, the draft and the mail to the seller ask
def opens(link: str) -> str:
    """Return what opening a link does: `acts` (takes effect at once), `unsubscribes`, `reports`, `shows`, or empty.

    Empty means unknown: also for what is no web address, or one that programs read differently.
    """
    host, address = _parts(link)
    if host and re.fullmatch(_AMAZON, host) and _FORWARDS.match(address):
        host, address = _parts(_target(link))
    if not host:
        return ""
    return next((does for what, does in _rows_of(host) if what.search(address)), "")


@lru_cache(maxsize=128)
def _rows_of(host: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((what, does) for whose, what, does in _ROWS if whose.fullmatch(host))


def _parts(link: str) -> tuple[str, str]:
    """Return host, and path with query; both empty for what browsers and we may take for two different places."""
    if len(link) > _LONGEST or re.search(r"[\s\\\x00-\x1f\x7f]", link.strip()):
        return "", ""
    try:
        parts = urlsplit(link.strip())
        host = parts.hostname or ""
    except ValueError:      # http://[ : a link anyone may write
        return "", ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or "/.." in unquote(parts.path):
        return "", ""
    return host.rstrip("."), unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path).lower()


def _target(link: str) -> str:
    """Return where one of Amazon's redirecting links leads to, packed in its `u`; empty if it cannot be read."""
    packed = parse_qs(urlsplit(link.strip()).query).get("u", [""])[0]
    try:
        return urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except ValueError:      # no base64, or no text in it
        return ""
