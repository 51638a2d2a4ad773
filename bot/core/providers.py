"""Where the mail of the common providers is read and sent, and how one logs in there.

Nobody has logged in at all of them for this table: `confirmed` says that hosts and ports were read in the provider's
own pages or in the table Thunderbird keeps; the others are marked † wherever they are shown. A log-in proves them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.words import say

__all__ = ["PROVIDERS", "Login", "Place", "Provider", "advice", "by_domain", "by_host", "by_mx", "user_for"]


class Login(StrEnum):
    """What a provider takes from a program."""

    OWN = "own"            # the mailbox's own password
    MADE = "made"          # one made for programs; the mailbox's own is refused
    OAUTH = "oauth"        # no password at all


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    security: str = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider.

    Attributes:
        domains: addresses under these are his.
        mx: ends of the names of his mail exchangers, by which a domain of one's own is known to be with him.
        local_user: one logs in with the part before the @, not with the whole address.
        oauth: the name for `oauth` in mailboxes.toml, where he takes that.
        made_at: where an app password is made; empty where none is wanted or nobody told us.
        confirmed: hosts and ports were read in his own pages or in Thunderbird's table; else they are marked †.
    """

    name: str
    imap: Place
    smtp: Place
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    login: Login = Login.OWN
    local_user: bool = False
    oauth: str = ""
    made_at: str = ""
    confirmed: bool = False

    @property
    def title(self) -> str:
        return self.name if self.confirmed else f"{self.name} †"


# What no line below tells: many providers want IMAP, or sending by programs, switched on in the mailbox's settings.
PROVIDERS: tuple[Provider, ...] = (
    Provider(name="Gmail / Google Workspace", domains=("gmail.com", "googlemail.com"),
             mx=("google.com", "googlemail.com"), imap=Place("imap.gmail.com", 993), smtp=Place("smtp.gmail.com", 465),
             login=Login.MADE, oauth="google", made_at="https://myaccount.google.com/apppasswords",
             confirmed=True),
    # Passwords ended at Exchange Online in October 2022, at Outlook.com in September 2024.
    Provider(name="Outlook.com / Hotmail / Live",
             domains=("outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com"),
             mx=("olc.protection.outlook.com",), imap=Place("outlook.office365.com", 993),
             smtp=Place("smtp-mail.outlook.com", 587, "starttls"), login=Login.OAUTH, oauth="microsoft",
             confirmed=True),
    Provider(name="Microsoft 365", domains=("onmicrosoft.com",), mx=("mail.protection.outlook.com", "mx.microsoft"),
             imap=Place("outlook.office365.com", 993), smtp=Place("smtp.office365.com", 587, "starttls"),
             login=Login.OAUTH, oauth="microsoft", confirmed=True),
    Provider(name="Orange / Wanadoo", domains=("orange.fr", "wanadoo.fr"), mx=("orange.fr",),
             imap=Place("imap.orange.fr", 993), smtp=Place("smtp.orange.fr", 465), confirmed=True),
    Provider(name="Free", domains=("free.fr",), mx=("free.fr",), imap=Place("imap.free.fr", 993),
             smtp=Place("smtp.free.fr", 465), local_user=True, confirmed=True),
    Provider(name="SFR / Neuf", domains=("sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr", "9online.fr",
                                         "numericable.fr", "noos.fr"),
             mx=("sfr.fr",), imap=Place("imap.sfr.fr", 993), smtp=Place("smtp.sfr.fr", 465)),
    Provider(name="La Poste", domains=("laposte.net",), mx=("laposte.net",), imap=Place("imap.laposte.net", 993),
             smtp=Place("smtp.laposte.net", 465)),
    Provider(name="Bouygues Telecom", domains=("bbox.fr",), mx=("bbox.fr",), imap=Place("imap4.bbox.fr", 993),
             smtp=Place("smtp.bbox.fr", 465)),
    Provider(name="OVHcloud (MX Plan)", mx=("mail.ovh.net", "ovh.net"), imap=Place("ssl0.ovh.net", 993),
             smtp=Place("ssl0.ovh.net", 465), confirmed=True),
    Provider(name="IONOS", domains=("ionos.fr", "1and1.fr"), mx=("ionos.fr", "ionos.com", "ionos.de", "1and1.fr",
                                                                 "kundenserver.de"),
             imap=Place("imap.ionos.fr", 993), smtp=Place("smtp.ionos.fr", 465), confirmed=True),
    Provider(name="Gandi", domains=("gandi.net",), mx=("mail.gandi.net",), imap=Place("mail.gandi.net", 993),
             smtp=Place("mail.gandi.net", 465)),
    Provider(name="Infomaniak", domains=("ik.me", "ikmail.com", "etik.com"), mx=("infomaniak.ch", "infomaniak.com"),
             imap=Place("mail.infomaniak.com", 993), smtp=Place("mail.infomaniak.com", 465), confirmed=True),
    Provider(name="Yahoo", domains=("yahoo.com", "yahoo.fr", "ymail.com", "rocketmail.com"), mx=("yahoodns.net",),
             imap=Place("imap.mail.yahoo.com", 993), smtp=Place("smtp.mail.yahoo.com", 465),
             login=Login.MADE, made_at="https://login.yahoo.com/account/security"),
    Provider(name="iCloud", domains=("icloud.com", "me.com", "mac.com"), mx=("mail.icloud.com",),
             imap=Place("imap.mail.me.com", 993), smtp=Place("smtp.mail.me.com", 587, "starttls"),
             login=Login.MADE, made_at="https://account.apple.com"),
)


def by_domain(domain: str) -> Provider | None:
    """Return whose addresses end so; a name below one of his is his, too (`shop.onmicrosoft.com`)."""
    return next((one for one in PROVIDERS if any(_under(domain, own) for own in one.domains)), None)


def by_mx(hosts: Iterable[str]) -> Provider | None:
    """Return who receives the mail of a domain, told by its mail exchangers, the preferred first."""
    found = (one for host in hosts for one in PROVIDERS if any(_under(host, own) for own in one.mx))
    return next(found, None)


def by_host(host: str) -> Provider | None:
    """Return whose server this is, of those in the table."""
    return next((one for one in PROVIDERS if host.lower() in (one.imap.host, one.smtp.host)), None)


def _under(name: str, own: str) -> bool:
    name = name.rstrip(".").lower()
    return name == own or name.endswith(f".{own}")


def user_for(provider: Provider | None, address: str) -> str:
    """Return the name one logs in with."""
    return address.partition("@")[0] if provider and provider.local_user else address


def advice(provider: Provider) -> str:
    """Return what to know before the log-in at a provider; empty where the mailbox's own password does."""
    if provider.login is Login.OAUTH:
        return say("{provider} takes no passwords from programs any more: one logs in by OAuth, once, in a browser "
                   "(docs/providers.md tells how)", provider=provider.name)
    if provider.login is Login.MADE:
        return say("{provider} wants an app password, not your usual one: make it at {place} (two-step log-in must be "
                   "on there) and paste it here", provider=provider.name, place=provider.made_at)
    if provider.name == "Free":
        return say("at Free, sending by programs must be switched on once: in your account, \"SMTP authentifié\"")
    return ""
