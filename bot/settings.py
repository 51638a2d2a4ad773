"""mailboxes.toml -> Settings: all faults at once, each a sentence that names its place.

The schema below is a table of readers; `keys()` lists it for the documents and their test. It is read
by hand because pydantic costs 168 ms at every start and its sentences are not for sellers.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from bot.core.errors import BotError
from bot.core.event import Kind
from bot.core.policy import Mode, Offer, Policy, Seller
from bot.words import say

__all__ = ["Fault", "Keeping", "Mailbox", "Server", "Settings", "SettingsError", "Shop", "installed_names",
           "is_example", "is_loopback", "keys", "load", "refusal"]

Where = tuple[str | int, ...]


# ---- what is handed out ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in the file: where (`mailbox 'ventes' › imap.port`), and what to do about it."""

    place: str
    sentence: str
    line: int | None = None
    file: str = "mailboxes.toml"

    def __str__(self) -> str:
        line = say("line {line}", line=self.line) if self.line else ""
        where = ", ".join(part for part in (self.file, line, self.place) if part)
        return say("{where}: {sentence}", where=where, sentence=self.sentence)


class SettingsError(BotError):
    """Everything wrong in the file at once, one fault a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where a secret is found. Read anew each time, so that a changed password needs no restart.

    The reference is kept out of repr: people do write the password itself where its name belongs.

    Attributes:
        key: the setting that names it: `password_env`, `password_file`, `token_env`, `token_file` or `oauth`.
        settings: the settings file, absolute; `*_file` is looked for beside it.
    """

    key: str
    said: str = field(repr=False)
    settings: Path
    place: str
    line: int | None = None

    def read(self) -> str:
        """Return the secret without its newline; raise SettingsError if it cannot be had."""
        found = self._look()
        if isinstance(found, Fault):
            raise SettingsError((found,))
        return found

    def fault(self) -> Fault | None:
        """Return why the secret cannot be had, or None."""
        found = self._look()
        return found if isinstance(found, Fault) else None

    def _look(self) -> str | Fault:
        if self.key == "oauth":
            return self._fault(say("this mailbox has no password: it is logged in to by OAuth"))
        found = os.environ.get(self.said) if self.key.endswith("_env") else self._from_file()
        if isinstance(found, Fault):
            return found
        return (found or "").rstrip("\r\n") or self._fault(self._absent())

    def _absent(self) -> str:
        if self.key.endswith("_env"):
            return say(
                "the environment variable named here is not set, or empty: set it before starting the bot")
        return say(
            "the file named here does not exist, or is empty: write the secret into it, alone on one line")

    def _from_file(self) -> str | Fault | None:
        beside = self.settings.parent
        for folder in (beside, Path(os.environ.get("CREDENTIALS_DIRECTORY") or beside)):
            try:
                return (folder / os.path.expanduser(self.said)).read_text("utf-8")
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                return self._fault(say("the file named here cannot be read: {reason}", reason=error.strerror))
            except UnicodeDecodeError:
                return self._fault(say("the file named here is not text in UTF-8"))
        return None

    def _fault(self, sentence: str) -> Fault:
        return Fault(place=self.place, sentence=sentence, line=self.line, file=self.settings.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mail is fetched or handed in; `security` is `tls`, `starttls` or, on this machine, `plain`."""

    host: str
    port: int
    security: str = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mail account of the seller: either `imap` or `maildir` to read from; without `smtp` it cannot send.

    Attributes:
        authserv_id: whose Authentication-Results are believed; empty: nobody's.
        check_dkim: check the signatures ourselves where that host says nothing.
        shops: the marketplaces that write here, by name.
        echo: a reply also goes to this mailbox itself, unseen by its reader: what arrives was taken by the relay.
        save_sent: a copy of a reply is put into the Sent folder where the provider puts none.
        role: `bot` for the mailbox from which the seller is written to, else empty.
        oauth: whose log-in takes the place of a password: `microsoft` or `google`, else empty.
        grant: the file in the data folder that holds what the seller granted there; None without `oauth`.
    """

    name: str
    address: str
    imap: Server | None = None
    smtp: Server | None = None
    maildir: Path | None = None
    user: str = ""
    folders: tuple[str, ...] = ("INBOX",)
    authserv_id: str = ""
    check_dkim: bool = False
    shops: tuple[str, ...] = ()
    role: str = ""
    ca_file: Path | None = None
    oauth: str = ""
    grant: Path | None = None
    echo: bool = True
    save_sent: bool = True
    reference: Reference | None = field(default=None, repr=False)

    def secret(self) -> str:
        """Return the password; raise SettingsError when it is missing, empty, or to be had by OAuth only."""
        if not self.reference:
            place = say("mailbox '{name}'", name=self.name)
            raise SettingsError((Fault(place=place, sentence=_no_secret("password")),))
        return self.reference.read()

    def secret_fault(self) -> Fault | None:
        """Return why the password cannot be had; None if it can, or if this mailbox logs in nowhere, or by OAuth."""
        if self.grant:
            return self._grant_fault(self.grant)
        return self.reference.fault() if self.reference else None

    def _grant_fault(self, grant: Path) -> Fault | None:
        place = say("mailbox '{name}'", name=self.name)
        return None if grant.is_file() else Fault(place=place, sentence=say(
            "nobody has logged in by OAuth yet: run `run_bot.py login {name}`", name=self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The seller's account at one marketplace; without a token, what needs the webservice goes to him.

    Attributes:
        webservice: where the webservice is, if not at its usual place: a sandbox.
    """

    marketplace: str
    login: str = ""
    seller_type: str = "professional"
    webservice: str = ""
    wallet: str = "ok"
    reference: Reference | None = field(default=None, repr=False)

    @property
    def has_token(self) -> bool:
        """Whether one is named; `token_fault` says whether it can be had."""
        return self.reference is not None

    def token(self) -> str:
        """Return the webservice's token; raise SettingsError when none is named, or it cannot be had."""
        if not self.reference:
            raise SettingsError((Fault(place=f"[shop.{self.marketplace}]", sentence=_no_secret("token")),))
        return self.reference.read()

    def token_fault(self) -> Fault | None:
        """Return why a token that is named cannot be had, or None."""
        return self.reference.fault() if self.reference else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long what is kept stays.

    Attributes:
        raw: mails as they came, and the texts of closed cases; None: for ever.
        backups: the daily copies of the database; None: none are made.
    """

    raw: timedelta | None = timedelta(days=30)
    backups: timedelta | None = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that the seller wrote in mailboxes.toml; `path` and `data` are absolute.

    Attributes:
        ping: an address to be fetched after each good round; empty: none.
        calendar: the file in which the deadlines are kept as a calendar; None: there is none.
        alarm: where the address is found to which an alarm goes that must not travel by e-mail.
    """

    seller: Seller
    mailboxes: tuple[Mailbox, ...]
    shops: Mapping[str, Shop]
    policy: Policy
    path: Path
    data: Path
    keeping: Keeping = Keeping()
    ping: str = ""
    calendar: Path | None = None
    alarm: Reference | None = field(default=None, repr=False)

    @property
    def database(self) -> Path:
        return self.data / "guichet.db"

    @property
    def postbox(self) -> Mailbox:
        """The mailbox from which the seller is written to: the one with role "bot", or else the first."""
        return next((box for box in self.mailboxes if box.role == "bot"), self.mailboxes[0])

    def shop(self, marketplace: str) -> Shop:
        """Return the seller's shop there; a bare one when he wrote nothing of it."""
        return self.shops.get(marketplace) or Shop(marketplace=marketplace)

    @property
    def webservices(self) -> frozenset[str]:
        """The marketplaces whose webservice we may use: a login and a token are named."""
        return frozenset(name for name, shop in self.shops.items() if shop.login and shop.has_token)

    def trusted(self) -> frozenset[str]:
        """Return the hosts whose Authentication-Results are believed, of all mailboxes."""
        return frozenset(box.authserv_id for box in self.mailboxes if box.authserv_id)

    @property
    def checks_dkim(self) -> bool:
        """Whether signatures are checked by ourselves, for one mailbox at least."""
        return any(box.check_dkim for box in self.mailboxes)


_RESERVED = r"(?i)(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid|test)\.?$"


def is_example(mailbox: Mailbox) -> bool:
    """Say whether a server of this mailbox lies under a name that RFC 2606 keeps for examples."""
    return any(server and re.search(_RESERVED, server.host) for server in (mailbox.imap, mailbox.smtp))


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine by its very name: localhost, 127.0.0.0/8 or ::1. Asks no DNS."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


# Patterns are left as words, for `re` keeps what it compiles: most files need few of them.


# ---- one setting: a reader takes what TOML gave and returns what we keep, or refuses -----------------


class _RefusedError(BotError):
    """A value that is not what its setting wants; the reading adds the place."""


Reader = Callable[[Any], Any]


def _shown(value: object) -> str:
    """Return a value, shortened. What holds others is only named: it may hold a password."""
    if isinstance(value, dict):
        return say("a table")
    if isinstance(value, list):
        return say("a list")
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."


def _nearest(said: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the known word most like the one said, or nothing. (difflib costs 5 ms: only on a fault.)"""
    from difflib import get_close_matches

    return next(iter(get_close_matches(said.lower(), list(known), 1, cutoff)), "")


def _meant(said: str, known: Iterable[str]) -> str:
    names = sorted(known)
    if nearest := _nearest(said, names):
        return say("did you mean {nearest}?", nearest=nearest)
    shown = names if len(names) <= 16 else [*names[:16], "…"]
    return say("known are: {names}", names=", ".join(shown))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _RefusedError(say("this must be text in quotes, but it is {value}", value=_shown(value)))
    return value.strip()


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _line(value: Any) -> str:
    """Take one line of text: a line break in a name would end up in a mail's header."""
    text = _text(value)
    if _CONTROLS.search(text):
        raise _RefusedError(say("this must be on one line, without control characters"))
    return text


def _named(value: Any) -> str:
    if not (text := _line(value)):
        raise _RefusedError(say("this is empty: write a value, or leave the setting out"))
    return text


def _each(reader: Reader, example: str) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _RefusedError(say(
                "this must be a list in square brackets, such as {example}, but it is {value}",
                example=example, value=_shown(value)))
        return tuple(dict.fromkeys(map(reader, value)))
    return read


def _some(reader: Reader, example: str) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not (found := _each(reader, example)(value)):
            raise _RefusedError(say(
                "this list is empty: write at least one, such as {example}", example=example))
        return tuple(found)
    return read


def _one_of(*words: str) -> Reader:
    def read(value: Any) -> str:
        if (word := _text(value)) not in words:
            raise _RefusedError(say("{value} is not known here; {meant}", value=_shown(word),
                                    meant=_meant(word, words)))
        return word
    return read


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _RefusedError(say("this must be true or false, without quotes, but it is {value}", value=_shown(value)))
    return value


def _mode(value: Any) -> Mode:
    return Mode(_one_of(*(mode.value for mode in Mode))(value))


def _whole(least: int, most: int) -> Reader:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _RefusedError(say("this must be a whole number from {least} to {most}, but it is {value}",
                                    least=least, most=most, value=_shown(value)))
        return value
    return read


_DURATION = r"([0-9]{1,4}) ?([mhd])"
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def duration(value: Any) -> timedelta:
    match = re.fullmatch(_DURATION, _text(value))
    if not match or not int(match[1]):
        raise _RefusedError(say(
            '{value} is no length of time: write minutes, hours or days as "30m", "24h" or "2d"',
            value=_shown(value)))
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _rungs(value: Any) -> tuple[timedelta, ...]:
    return tuple(sorted(_each(duration, '["24h", "4h"]')(value), reverse=True))


_HOURS = r"([01]?[0-9]|2[0-3]):([0-5][0-9]) ?- ?([01]?[0-9]|2[0-3]):([0-5][0-9])"


def _quiet_hours(value: Any) -> tuple[time, time]:
    match = re.fullmatch(_HOURS, _text(value))
    start, end = (_time(match[1], match[2]), _time(match[3], match[4])) if match else (time(), time())
    if start == end:
        raise _RefusedError(say('{value} is no span of the day: write two different times as "21:00-08:00"',
                                value=_shown(value)))
    return start, end


def _time(hour: str, minute: str) -> time:
    return time(int(hour), int(minute))


_HOUR = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"


def _time_or_off(value: Any) -> time | None:
    if (said := _text(value)) == "off":
        return None
    if not (match := re.fullmatch(_HOUR, said)):
        raise _RefusedError(say('{value} is no time of day: write it as "08:00", or "off"', value=_shown(value)))
    return _time(match[1], match[2])


_MONEY = r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))? ?([A-Z]{3}|€)"


def _money(value: Any) -> tuple[int, str]:
    """Take `25.00 EUR` (a French comma and the € sign will do): cents, and the currency's code."""
    match = re.fullmatch(_MONEY, _text(value))
    if not match:
        raise _RefusedError(say('{value} is no amount of money: write it as "25.00 EUR"',
                                value=_shown(value)))
    cents = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return cents, match[3].replace("€", "EUR")


_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@(?:(?:[\w-]+\.)+[\w-]{2,}|localhost)")


def _address(value: Any) -> str:
    address = _line(value)
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise _RefusedError(say('{value} is no e-mail address: write it bare, as "marie@boutique.example"',
                                value=_shown(value)))
    return address


def _timezone(value: Any) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    zone = _named(value)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):   # an unknown name, "../x", or a folder such as "Europe"
        nearest = _nearest(zone, available_timezones(), 0.5) or "Europe/Paris"
        raise _RefusedError(say("there is no time zone {value}; did you mean {nearest}?",
                                value=_shown(zone), nearest=nearest)) from None
    return zone


def _holidays(value: Any) -> str:
    code = _text(value)
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
        raise _RefusedError(say(
            '{value} is no country or region: write its ISO 3166 code in capitals, as "FR", "FR-57" '
            '(Moselle) or "FR-6AE" (Alsace)', value=_shown(code)))
    return code


_HOST = r"\w[\w-]*(\.[\w-]+)*\.?"


def _host(value: Any) -> str:
    host = _line(value)
    if not (re.fullmatch(_HOST, host) or _is_ip(host)):
        raise _RefusedError(say('{value} is no server name: write it alone, as "imap.example.net"; '
                                "the port has a setting of its own", value=_shown(host)))
    return host


def _is_ip(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


_WEB_ADDRESS = r"(https?)://(\[[0-9A-Fa-f:]+\]|[\w.-]+)(?::[0-9]{1,5})?/?"


def _web_address(value: Any) -> str:
    """Take the place of a webservice. The token goes there: only over TLS, or to this very machine."""
    match = re.fullmatch(_WEB_ADDRESS, address := _line(value))
    if not match or (match[1] == "http" and not is_loopback(match[2].strip("[]"))):
        raise _RefusedError(say('{value} is no safe web address: write it as "https://ws.example.net", without a path',
                                value=_shown(address)))
    return address.rstrip("/")


_PING = r"(https?)://(\[[0-9A-Fa-f:]+\]|[\w.-]+)(?::[0-9]{1,5})?(?:/[\x21-\x7e]*)?"


def _ping(value: Any) -> str:
    """Take an address that is fetched as a sign of life. Never shows what was written: it may hold a secret."""
    match = re.fullmatch(_PING, address := _line(value))
    if not match or (match[1] == "http" and not is_loopback(match[2].strip("[]"))):
        raise _RefusedError(say('this is no safe web address: write it as "https://hc-ping.example/your-check"'))
    return address


def _span_or(word: str) -> Reader:
    """Take a length of time, or the word that stands for none."""
    def read(value: Any) -> timedelta | None:
        return None if _text(value) == word else duration(value)
    return read


def _variable(value: Any) -> str:
    """Take the name of an environment variable. Never shows what was written: it may be the secret itself."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise _RefusedError(say("this must be the name of an environment variable (letters, digits and _), "
                                "not the secret itself"))
    return value


def _secret_file(value: Any) -> str:
    """Take a path. Never shows what was written: it may be the secret itself."""
    if not isinstance(value, str) or not value.strip() or _CONTROLS.search(value):
        raise _RefusedError(say("this must be the path of a file that holds the secret, in quotes"))
    return value.strip()


# ---- the schema: section -> setting -> reader --------------------------------------------------------

Schema = Mapping[str, Any]

_SERVER: Schema = {"host": _host, "port": _whole(1, 65535), "security": _one_of("tls", "starttls", "plain")}
_SELLER: Schema = {
    "name": _line, "language": _one_of("fr", "en"), "timezone": _timezone, "holidays": _holidays,
    "notify": _some(_address, '["marie@boutique.example"]'), "return_address": _text, "data": _named,
    "keep_raw": _span_or("always"), "keep_backups": _span_or("off"), "ping": _ping, "calendar": _named,
}
_MAILBOX: Schema = {
    "name": _named, "address": _address, "imap": _SERVER, "smtp": _SERVER, "maildir": _named, "user": _named,
    "password_env": _variable, "password_file": _secret_file, "oauth": _one_of("microsoft", "google"),
    "ca_file": _named, "folders": _some(_named, '["INBOX"]'), "authserv_id": _line, "check_dkim": _yes,
    "shops": _some(_named, '["rakuten_fr"]'), "role": _one_of("bot", ""),
    "echo": _yes, "save_sent": _yes,
}
_SHOP: Schema = {
    "login": _line, "token_env": _variable, "token_file": _secret_file,
    "seller_type": _one_of("professional", "private"), "webservice": _web_address,
    "wallet": _one_of("ok", "empty", "blocked"),
}
_ALARM: Schema = {"apprise_env": _variable, "apprise_file": _secret_file}
_OFFER: Schema = {
    "steps": _each(_whole(1, 100), "[10, 20]"), "cap_percent": _whole(0, 100), "cap_amount": _money,
}
_POLICY: Schema = {
    "mode": _mode, "warnings": _rungs, "quiet_hours": _quiet_hours, "max_age": duration, "digest": _time_or_off,
    "rating_after": duration,
    "modes": lambda value: value, "targets": lambda value: value, "offer": _OFFER,
}
_SECTIONS: Schema = {"seller": _SELLER, "mailbox": _MAILBOX, "shop": _SHOP, "policy": _POLICY, "alarm": _ALARM}
_HEADERS = {"seller": "[seller]", "mailbox": "[[mailbox]]", "shop": "[shop.…]", "policy": "[policy]",
            "alarm": "[alarm]"}
_PASSWORDS = ("password_env", "password_file", "oauth")
_TOKENS = ("token_env", "token_file")
_ALARMS = ("apprise_env", "apprise_file")
_PORTS = {
    "imap": {"tls": 993, "starttls": 143, "plain": 143}, "smtp": {"tls": 465, "starttls": 587, "plain": 587},
}


def keys() -> tuple[str, ...]:
    """Return every setting there is, as `mailbox.imap.port`, for documents that must name them all."""
    return tuple(_keys(_SECTIONS, ""))


def _keys(schema: Schema, above: str) -> Iterator[str]:
    for key, rule in schema.items():
        yield from _keys(rule, f"{above}{key}.") if isinstance(rule, Mapping) else (f"{above}{key}",)


def refusal(key: str, value: object) -> str:
    """Return why a setting, named as `mailbox.address`, would not take a value; empty where it would."""
    reader: Any = _SECTIONS
    for part in key.split("."):
        reader = reader[part]
    try:
        reader(value)
    except _RefusedError as refused:
        return str(refused)
    return ""


def installed_names() -> frozenset[str]:
    """Return the names of the marketplace folders, without importing them."""
    folder = Path(__file__).parent / "marketplaces"
    return frozenset(found.parent.name for found in folder.glob("*/__init__.py"))


_LITERAL = r"(?i)pass|pasw|pwd|token|secret|mot_?de_?passe"


def _no_secret(what: str) -> str:
    return say("no secret is named: write {what}_env or {what}_file", what=what)


def _unknown(key: str, schema: Schema) -> str:
    if re.search(_LITERAL, key) and not key.lower().endswith(("env", "file")):
        name = "token_env" if "token_env" in schema else "password_env"
        return say(
            "secrets do not belong in this file: put it into an environment variable and write "
            '{name} = "NAME_OF_THE_VARIABLE" instead; if others have seen this file, change the secret',
            name=name)
    homes = [header for section, header in _HEADERS.items() if key in _SECTIONS[section]]
    if homes:
        return say("there is no such setting here; it belongs under {section}", section=homes[0])
    return say("there is no such setting; {meant}", meant=_meant(key, schema))


# ---- lines: tomllib names none, so the text is looked through for headers and keys -------------------

_KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER_LINE = re.compile(rf"\s*(?P<open>\[\[?)\s*(?P<names>{_KEYS})\s*\]")
_KEY_LINE = re.compile(rf"\s*(?P<names>{_KEYS})\s*=")


def _find_lines(text: str) -> dict[Where, int]:
    """Return the first line of each section and setting. A guess: text in \"\"\" may look like a setting."""
    found: dict[Where, int] = {}
    section: Where = ()
    boxes = -1
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER_LINE.match(line):
            section = _parts(header["names"])
            boxes += header["open"] == "[[" and section == ("mailbox",)
            found.setdefault(section, number)
            section = (*section[:1], boxes, *section[1:]) if section[0] == "mailbox" else section
            found.setdefault(section, number)
        elif key := _KEY_LINE.match(line):
            found.setdefault((*section, *_parts(key["names"])), number)
    return found


def _parts(names: str) -> Where:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, names))


# ---- the reading -------------------------------------------------------------------------------------


class _Reading:
    """One reading of the file: what is known, where things stand, and what was found wrong so far."""

    def __init__(self, path: Path, lines: Mapping[Where, int], marketplaces: Collection[str]) -> None:
        self.path = path
        self.lines = lines
        self.marketplaces = sorted(marketplaces)
        self.faults: list[Fault] = []
        self.data = path.parent / "data"
        self.names: dict[str | int, str] = {}

    def fault(self, where: Where, sentence: str) -> None:
        line = self.line(where)
        self.faults.append(Fault(place=self.place(where), sentence=sentence, line=line, file=self.path.name))

    def line(self, where: Where) -> int | None:
        """Return the line of a setting, or of the nearest thing around it that has one."""
        above = (where[:length] for length in range(len(where), 0, -1))
        return next((self.lines[part] for part in above if part in self.lines), None)

    def place(self, where: Where) -> str:
        match where:
            case ("mailbox", int(number), *rest):
                return " › ".join(part for part in (self._box(number), ".".join(map(str, rest))) if part)
            case ("shop", name, *rest) | ("policy", "offer" | "modes" | "targets" as name, *rest):
                return f"[{where[0]}.{name}] {'.'.join(map(str, rest))}".rstrip()
            case (section, *rest) if rest or section in _SECTIONS:
                return f"[{section}] {'.'.join(map(str, rest))}".rstrip()
        return str(where[0]) if where else ""

    def _box(self, number: int) -> str:
        if name := self.names.get(number):
            return say("mailbox '{name}'", name=name)
        return say("mailbox no. {number}", number=number + 1)

    def beside(self, said: str) -> Path:
        return self.path.parent / os.path.expanduser(said)

    def table(self, value: object, where: Where) -> dict[str, Any]:
        """Return a table as it is, or an empty one and a fault."""
        if isinstance(value, dict):
            return value
        self.fault(where, say("this must be a section or a table in curly brackets, but it is {value}",
                              value=_shown(value)))
        return {}

    def read(self, value: object, where: Where, schema: Schema) -> dict[str, Any]:
        """Return the settings of a table that are sound; what is not given or not sound is left out."""
        found: dict[str, Any] = {}
        for key, said in self.table(value, where).items():
            found |= self._setting(said, (*where, key), key, schema)
        return found

    def _setting(self, said: Any, where: Where, key: str, schema: Schema) -> dict[str, Any]:
        if key not in schema:
            self.fault(where, _unknown(key, schema))
            return {}
        if isinstance(schema[key], Mapping):
            return {key: self.read(said, where, schema[key])}
        try:
            return {key: schema[key](said)}
        except _RefusedError as refused:
            self.fault(where, str(refused))
            return {}

    def required(self, given: Mapping[str, Any], where: Where, **wanted: str) -> None:
        for key, why in wanted.items():
            if key not in given:
                self.fault((*where, key), say("this setting is missing: {why}", why=why))

    def marketplace(self, name: str, where: Where) -> bool:
        """Say whether this marketplace is known, and find fault if not."""
        if name in self.marketplaces:
            return True
        self.fault(where, say("there is no marketplace {value}; {meant}", value=_shown(name),
                              meant=_meant(name, self.marketplaces)))
        return False

    def reference(self, values: Mapping[str, Any], where: Where, names: tuple[str, ...]) -> Reference | None:
        """Return where the secret is found, and find fault with two of them."""
        given = [name for name in names if name in values]
        if len(given) > 1:
            self.fault((*where, given[1]), say("more than one secret is named: keep one of {names}",
                                               names=", ".join(given)))
        return next((self._refer(name, values[name], (*where, name)) for name in given), None)

    def _refer(self, key: str, said: str, where: Where) -> Reference:
        place, line = self.place(where), self.line(where)
        return Reference(key=key, said=said, settings=self.path, place=place, line=line)

    # -- sections --

    def sections(self, document: Mapping[str, Any]) -> None:
        for key, value in document.items():
            if key in _SECTIONS:
                continue
            stray = not isinstance(value, dict | list) or re.search(_LITERAL, key)
            self.fault((key,), _unknown(key, _SECTIONS) if stray else say(
                "there is no such section; {meant}", meant=_meant(key, _HEADERS)))

    def seller(self, document: Mapping[str, Any]) -> tuple[Seller, dict[str, Any]]:
        """Return who sells, and what of his section concerns the program: `data`, `keeping`, `ping`, `calendar`."""
        raw = document.get("seller", {})
        values = self.read(raw, ("seller",), _SELLER)
        if isinstance(raw, dict):
            self.required(raw, ("seller",), notify=say(
                'reminders and questions need an address to go to, as notify = ["marie@boutique.example"]'))
        own = {"data": self.beside(values.pop("data", "data")), "ping": values.pop("ping", ""),
               "calendar": self.beside(values.pop("calendar")) if "calendar" in values else None,
               "keeping": Keeping(**{name: values.pop(f"keep_{name}") for name in ("raw", "backups")
                                     if f"keep_{name}" in values})}
        self.data = own["data"]
        return Seller(**values), own

    def alarm(self, document: Mapping[str, Any]) -> Reference | None:
        return self.reference(self.read(document.get("alarm", {}), ("alarm",), _ALARM), ("alarm",), _ALARMS)

    def mailboxes(self, document: Mapping[str, Any]) -> tuple[Mailbox, ...]:
        raw = document.get("mailbox", [])
        if not isinstance(raw, list):
            self.fault(("mailbox",), say(
                "write the header of a mailbox with two brackets on each side: [[mailbox]]"))
            return ()
        if not raw:
            self.fault((), say(
                "there is no mailbox: write a section [[mailbox]] for each one the bot shall read"))
        self.names |= {at: box["name"] for at, box in enumerate(raw)
                       if isinstance(box, dict) and isinstance(box.get("name"), str)}
        boxes = tuple(self.mailbox(box, ("mailbox", at)) for at, box in enumerate(raw))
        self._twins(boxes)
        return boxes

    def _twins(self, boxes: tuple[Mailbox, ...]) -> None:
        seen: set[str] = set()
        for at, box in enumerate(boxes):
            if box.name and box.name.casefold() in seen:
                self.fault(("mailbox", at, "name"), say("another mailbox has this name: give each its own"))
            seen.add(box.name.casefold())
        bots = [at for at, box in enumerate(boxes) if box.role == "bot"]
        for at in bots[1:]:
            self.fault(("mailbox", at, "role"), say('only one mailbox can have role = "bot"'))

    def mailbox(self, raw: object, where: Where) -> Mailbox:
        values = self.read(raw, where, _MAILBOX)
        given = raw if isinstance(raw, dict) else {}
        if given:
            self._mailbox_needs(given, where)
        for name in values.get("shops", ()):
            self.marketplace(name, (*where, "shops"))
        reference = self.reference(values, where, _PASSWORDS)
        return Mailbox(
            name=values.get("name", ""), address=values.get("address", ""), user=values.get("user", ""),
            imap=self.server(values, where, "imap"), smtp=self.server(values, where, "smtp"),
            maildir=self.beside(values["maildir"]) if "maildir" in values else None,
            folders=values.get("folders", ("INBOX",)), authserv_id=values.get("authserv_id", ""),
            check_dkim=values.get("check_dkim", False),
            shops=values.get("shops", tuple(self.marketplaces)), role=values.get("role", ""),
            echo=values.get("echo", True), save_sent=values.get("save_sent", True),
            ca_file=self._ca_file(values, where), oauth=values.get("oauth", ""), reference=reference,
            grant=self._grant(values) if "oauth" in values else None,
        )

    def _grant(self, values: Mapping[str, Any]) -> Path:
        """Return the file of a mailbox's OAuth log-in; what a name may hold and a file's name may not is left out."""
        return self.data / f"oauth-{re.sub(r'[^a-z0-9]+', '-', values.get('name', '').lower()).strip('-')}.json"

    def _mailbox_needs(self, given: Mapping[str, Any], where: Where) -> None:
        self.required(given, where, name=say('the bot speaks of this mailbox by it, as name = "ventes"'),
                      address=say("it is what buyers and marketplaces write to"))
        if "imap" in given and "maildir" in given:
            self.fault((*where, "maildir"), say(
                "both imap and maildir are given: keep the one mail is read from"))
        if "imap" not in given and "maildir" not in given:
            self.fault(where, say(
                "neither imap nor maildir is given: the bot must know where mail is read from"))
        for key in ("imap", "smtp"):
            if isinstance(given.get(key), dict):
                self.required(given[key], (*where, key), host=say("the name of the server"))
        self._log_in_needs(given, where)

    def _log_in_needs(self, given: Mapping[str, Any], where: Where) -> None:
        """A Maildir is read without log-in, and a relay on this machine may ask for none."""
        if "imap" in given or any(name in given for name in _PASSWORDS):
            self.required(given, where, user=say("the name to log in with, often the address itself"))
        if "imap" in given and not any(re.search(_LITERAL, name) or name == "oauth" for name in given):
            self.fault(where, _no_secret("password"))

    def _ca_file(self, values: Mapping[str, Any], where: Where) -> Path | None:
        if "ca_file" not in values:
            return None
        path = self.beside(values["ca_file"])
        if not path.is_file():
            self.fault((*where, "ca_file"), say("there is no file {path}", path=path))
        return path

    def server(self, values: Mapping[str, Any], where: Where, key: str) -> Server | None:
        if key not in values:
            return None
        said = values[key]
        host, security = said.get("host", ""), said.get("security", "tls")
        if host and security == "plain" and not is_loopback(host):
            self.fault((*where, key, "security"), say(
                '"plain" would send the password readable over the network: it is for this machine only '
                '(localhost); write "tls" or "starttls"'))
        return Server(host=host, port=said.get("port", _PORTS[key][security]), security=security)

    def shops(self, document: Mapping[str, Any]) -> dict[str, Shop]:
        tables = self.table(document.get("shop", {}), ("shop",))
        return {name: self.shop(raw, name) for name, raw in tables.items()}

    def shop(self, raw: object, name: str) -> Shop:
        where = ("shop", name)
        if not isinstance(raw, dict):
            self.fault(where, _unknown(name, _SHOP) if name not in _SHOP else say(
                "write the marketplace's name into the header, as [shop.rakuten_fr]"))
            return Shop(marketplace=name)
        self.marketplace(name, where)
        values = self.read(raw, where, _SHOP)
        reference = self.reference(values, where, _TOKENS)
        plain = {key: value for key, value in values.items() if key not in _TOKENS}
        return Shop(marketplace=name, reference=reference, **plain)

    def policy(self, document: Mapping[str, Any]) -> Policy:
        values = self.read(document.get("policy", {}), ("policy",), _POLICY)
        offer, modes, targets = (values.pop(name, {}) for name in ("offer", "modes", "targets"))
        return Policy(modes=self.by_kind(modes, "modes", _mode), targets=self.by_kind(targets, "targets", duration),
                      offer=_offer(offer), **values)

    def by_kind(self, raw: object, section: str, reader: Reader) -> dict[str, Any]:
        """Take what is set by kind or marketplace.kind; unquoted, TOML makes a table of the latter."""
        found: dict[str, Any] = {}
        for key, said in self.table(raw, ("policy", section)).items():
            rows = said if isinstance(said, dict) else {"": said}
            for below, word in rows.items():
                where = ("policy", section, key, below) if below else ("policy", section, key)
                name = f"{key}.{below}" if below else key
                also = _ALSO_MODES if section == "modes" else ()
                if self._is_kind(name, where, also) or not re.search(_LITERAL, name):
                    found |= self._setting(word, where, name, {name: reader})
        return found

    def _is_kind(self, name: str, where: Where, also: tuple[str, ...] = ()) -> bool:
        """Say whether something can be set for this name, and find fault if not; `also` is set beside the kinds."""
        marketplace, _, kind = name.rpartition(".")
        known = not marketplace or self.marketplace(marketplace, where)
        if kind in {*Kind, *also}:
            return known
        self.fault(where, say("there is no kind {value}; {meant}", value=_shown(kind),
                              meant=_meant(kind, (*Kind, *also))))
        return False


_ALSO_MODES = ("offer", "rating_reminder")   # what has a mode of its own beside the kinds


def _offer(values: Mapping[str, Any]) -> Offer:
    """Make the limits on discounts; where no cap_percent is written, the largest step is the cap, if there is one."""
    steps = values.get("steps", ())
    cents, currency = values.get("cap_amount", (None, "EUR"))
    return Offer(steps=steps, cap_percent=values.get("cap_percent", max(steps, default=None)), cap_cents=cents,
                 currency=currency)


# ---- the file ----------------------------------------------------------------------------------------


def load(path: Path, *, marketplaces: Collection[str] | None = None) -> Settings:
    """Read and check the whole file; secrets are named, not read.

    Args:
        marketplaces: the names known; those that have a folder, if None.

    Raises:
        SettingsError: with every fault found.
    """
    path = path.absolute()
    text = _text_of(path)
    document = _document(path, text)
    reading = _Reading(path, _find_lines(text), installed_names() if marketplaces is None else marketplaces)
    reading.sections(document)
    seller, own = reading.seller(document)
    mailboxes, shops = reading.mailboxes(document), reading.shops(document)
    policy, alarm = reading.policy(document), reading.alarm(document)
    if reading.faults:
        raise SettingsError(sorted(reading.faults, key=lambda fault: fault.line or 0))
    return Settings(seller=seller, mailboxes=mailboxes, shops=shops, policy=policy, path=path, alarm=alarm, **own)


def _text_of(path: Path) -> str:
    """Read the text; Windows' Notepad puts a byte order mark before it, which TOML does not know."""
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        sentence = say("there is no settings file {path}: copy the example mailboxes.toml to this place and "
                       "fill it in, or name yours with --config FILE", path=path)
    except OSError as error:
        sentence = say("the settings file {path} cannot be read: {reason}", path=path, reason=error.strerror)
    except UnicodeDecodeError:
        sentence = say("this file is not text in UTF-8: save it again with that encoding")
    raise SettingsError((Fault(place="", sentence=sentence, file=path.name),))


def _document(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, position = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", position)
    number = int(line[1]) if line else text.rstrip().count("\n") + 1
    sentence = say("this line, or the one before it, cannot be understood as TOML ({reason}): look for a "
                   "missing quote, bracket or equals sign", reason=reason)
    raise SettingsError((Fault(place="", sentence=sentence, line=number, file=path.name),))
