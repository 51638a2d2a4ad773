"""Is the sender who he says he is? The seller's own mail host is believed (RFC 8601), or our own check of the mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Any

from bot.core.clean import UNEXPECTED, one_line
from bot.core.header import HeaderBlock
from bot.words import say


class Origin(StrEnum):
    """What the seller's own mail host says of the sender (RFC 8601), or else our own check; nobody else is asked."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    FORGED = "forged"


OwnCheck = Callable[[], tuple[bool, str]]
"""Our own check of the signatures: whether it proves the sender, and why; an empty why says nothing."""

_MAX_RESULTS = 5
_MAX_RESULT = 4096
_MAX_SIGNATURES = 20
SIGNED = frozenset({"from", "to", "subject", "date"})
_ONCE = ("from", "to", "subject", "date", "message-id", "reply-to", "content-type")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """One method's result as the trusted host wrote it; `domain` is header.from or header.d."""

    method: str
    result: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    host: str = ""
    dmarc: tuple[_Verdict, ...] = ()
    dkim: tuple[_Verdict, ...] = ()
    signatures: tuple[dict[str, str], ...] = field(default=())


def judge(block: HeaderBlock, domain: str, trusted: frozenset[str],
          own: OwnCheck | None = None) -> tuple[Origin, str]:
    """Return the origin of a mail whose From has this domain, and why: a stable code word, then a sentence.

    The code words are `proven`, `sender_unverified`, `dkim_fail`, `dkim_not_aligned` and `dkim_partial_body`;
    our own check adds `dkim_unchecked`. It is asked only where the trusted host says nothing of DKIM or DMARC.
    """
    evidence = _evidence(block, trusted)
    if own and not (evidence.dmarc or evidence.dkim) and (ours := _checked(block, own)):
        return ours
    signatures = tuple(said for said in evidence.signatures if aligned(said.get("d", ""), domain))
    passed = next((verdict for verdict in (*evidence.dmarc, *evidence.dkim)
                   if verdict.result == "pass" and aligned(verdict.domain, domain)), None)
    dmarc_failed = any(verdict.result == "fail" for verdict in evidence.dmarc)
    if passed is None or dmarc_failed:
        return _unproven(evidence, domain, dmarc_failed)
    if any("l" in said for said in signatures):
        return Origin.UNPROVEN, "dkim_partial_body: " + say(
            "the signature of {domain} covers only the beginning of the mail", domain=domain)
    if signatures and not any(_covers(said) for said in signatures):
        return Origin.UNPROVEN, "sender_unverified: " + say(
            "the signature of {domain} leaves out the sender, the recipient, the subject or the date",
            domain=domain)
    if twice := _twice(block):
        return Origin.UNPROVEN, twice
    return Origin.PROVEN, "proven: " + say(
        "{host} says {method}=pass for {domain}", host=evidence.host, method=passed.method, domain=passed.domain)


def _checked(block: HeaderBlock, own: OwnCheck) -> tuple[Origin, str] | None:
    proven, why = own()
    if proven and (twice := _twice(block)):
        return Origin.UNPROVEN, twice
    return (Origin.PROVEN if proven else Origin.UNPROVEN, why) if why else None


def _twice(block: HeaderBlock) -> str:
    name = next((name for name in _ONCE if len(block.all(name)) > 1), "")
    return name and "sender_unverified: " + say("the mail has the header {name} more than once", name=name)


def aligned(signer: str, domain: str) -> bool:
    """Say whether `signer` is `domain` itself or a parent of it within the same organisation."""
    signer, domain = signer.lower(), domain.lower()
    if not signer or organisation(signer) != organisation(domain):
        return False
    return domain == signer or domain.endswith("." + signer)


# registries that sell names at the third level; enough for where marketplaces and their customers are
_SECOND_LEVEL = frozenset("ac asso co com edu gob gouv gov gv mil ne net nom or org".split())


def organisation(domain: str) -> str:
    """Return the part of `domain` somebody registered: `amazon.co.uk` of `mail.amazon.co.uk`."""
    labels = domain.lower().split(".")
    third = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    suffix = 2 if third or _is_suffix(labels) else 1
    return ".".join(labels[-suffix - 1 :]) if len(labels) > suffix else "." + ".".join(labels)


def _is_suffix(labels: list[str]) -> bool:
    return len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND_LEVEL


def _unproven(evidence: _Evidence, domain: str, dmarc_failed: bool) -> tuple[Origin, str]:
    results = {verdict.result for verdict in evidence.dkim}
    ours = [verdict for verdict in evidence.dkim if aligned(verdict.domain, domain)]
    forged = dmarc_failed or ("fail" in results and not any(verdict.result == "pass" for verdict in ours))
    origin = Origin.FORGED if forged else Origin.UNPROVEN
    stranger = next((verdict.domain for verdict in evidence.dkim
                     if verdict.result == "pass" and verdict not in ours), "")
    if stranger:
        return origin, "dkim_not_aligned: " + say(
            "{host} says the mail is signed by {stranger}, not by {domain}",
            host=evidence.host, stranger=stranger, domain=domain)
    if results & {"fail", "permerror", "policy"}:
        return origin, "dkim_fail: " + say("{host} says the signature is wrong", host=evidence.host)
    if dmarc_failed:
        return origin, "sender_unverified: " + say(
            "{host} says the mail does not come from {domain}", host=evidence.host, domain=domain)
    if evidence.host:
        return origin, "sender_unverified: " + say("{host} found no proof of the sender", host=evidence.host)
    return origin, "sender_unverified: " + say("no mail host you trust says who sent this")


def _covers(said: dict[str, str]) -> bool:
    return set(said.get("h", "").lower().split(":")) >= SIGNED


def _evidence(block: HeaderBlock, trusted: frozenset[str]) -> _Evidence:
    hosts = frozenset(host.lower() for host in trusted if host)
    found = [(host, results) for value in islice(_from_our_host(block, hosts), _MAX_RESULTS)
             for host, results in [_results(value)] if host in hosts]
    signatures = tuple(tags(value) for value in block.all("dkim-signature")[:_MAX_SIGNATURES])
    if not found:
        return _Evidence(signatures=signatures)
    # the topmost line decides; Debian's opendkim and opendmarc write one each, so it does so by method
    decided = {method: next((said for _, results in found if (said := _of(results, method))), ())
               for method in ("dmarc", "dkim")}
    return _Evidence(host=found[0][0], dmarc=decided["dmarc"], dkim=decided["dkim"], signatures=signatures)


def _of(results: Iterable[_Verdict], method: str) -> tuple[_Verdict, ...]:
    return tuple(verdict for verdict in results if verdict.method == method)


def _from_our_host(block: HeaderBlock, hosts: frozenset[str]) -> Iterator[str]:
    """Yield the Authentication-Results written after the mail had come in from outside.

    The line with which the host took the mail from a stranger is the border: whatever stands below
    it came with the mail, and anyone can write our host's name there.
    """
    for name, value in block.fields:
        if name == "received" and not _own_delivery(value, hosts):
            return
        if name == "authentication-results" and len(value) <= _MAX_RESULT:
            yield value


def named_hosts(block: HeaderBlock) -> set[str]:
    """Return every host a mail's Authentication-Results name, whoever wrote them."""
    said = [value for value in block.all("authentication-results") if len(value) <= _MAX_RESULT]
    return {host.lower() for host, _ in map(_results, said[:_MAX_SIGNATURES]) if host}


def speaks_above(block: HeaderBlock, host: str) -> bool:
    """Say whether this host's word stands where, if it is the mailbox's own, nobody else can write."""
    return any(_results(value)[0].lower() == host for value in _from_our_host(block, frozenset({host})))


_BY = re.compile(r"\bby\s+", re.IGNORECASE)
_LMTP = re.compile(r"\swith\s+(?:LMTP|LMTPS|LMTPA|LMTPSA|UTF8LMTPS?A?|local)\b", re.IGNORECASE)
_LOOPBACK = re.compile(
    r"\s*from\s+\S{1,255}\s+\((?:[^\s()]{1,255}\s)?\[(?:127\.0\.0\.1|(?:IPv6:)?::1)\]\)\s", re.IGNORECASE)
_NOTE = re.compile(r"\([^()]*+\)|<[^<>]*+>")


def _own_delivery(received: str, hosts: frozenset[str]) -> bool:
    """Say whether this is a step inside the host: LMTP to its store (Dovecot), or its filter on loopback.

    Only what follows the last `by` is the host's own: Postfix prints the stranger's HELO, blanks
    and all, before it.
    """
    said = _NOTE.sub(" ", _NOTE.sub(" ", received)).rpartition(";")[0]
    ours = " " + _BY.split(said)[-1] if _BY.search(said) else ""
    if _LMTP.search(ours):
        return True
    if not ours or ours.split()[0].lower() not in hosts:
        return False
    loopback = _LOOPBACK.match(received) and received.count("[") == 1
    return bool(loopback) or not re.match(r"\s*from\b", received, re.IGNORECASE)


_RESULT = re.compile(
    r"[ \t]*(?!none)([a-z][a-z-]*)=([a-zA-Z]+)(?:[ \t]*\([\w \t,:=@/.+-]*\))?"
    r"((?:[ \t]+(?:smtp|header|body|policy)\.[A-Za-z-]+=(?:@[\w-]+(?:\.[\w-]+)*|[\w+/=.-][\w+/=.@-]*))*)[ \t]*",
    re.ASCII)
_PROPERTY = re.compile(r"([a-z]+)\.([A-Za-z-]+)=([\w+/=.@-]+)", re.ASCII)
_SERVER = re.compile(r"\w[\w-]*(?:\.[\w-]+)*", re.ASCII)


def _results(value: str) -> tuple[str, tuple[_Verdict, ...]]:
    """Return host and verdicts; no host for what is not RFC 8601, such as Outlook's and ARC's forms."""
    return _usual(value.strip()) or _parsed(value)


@lru_cache(maxsize=64)  # many a host writes the same of all mails of a marketplace
def _usual(value: str) -> tuple[str, tuple[_Verdict, ...]] | None:
    """Return them of a header as mail hosts write it, a hundred times as fast as authres does; None for any other."""
    server, *results = value.split(";")
    host = server.rstrip(" \t")
    found = [_RESULT.fullmatch(result) for result in results]
    if not results or not all(found) or not _SERVER.fullmatch(host):
        return None
    return host.lower(), tuple(_verdict_of(*each.groups()) for each in found if each)


def _verdict_of(method: str, result: str, properties: str) -> _Verdict:
    said = {(kind, name.lower()): value for kind, name, value in reversed(_PROPERTY.findall(properties))}
    return _Verdict(method=method, result=result.lower(), domain=_domain(method, said))


def _parsed(value: str) -> tuple[str, tuple[_Verdict, ...]]:
    from authres import AuthenticationResultsHeader, AuthResError

    try:
        header = AuthenticationResultsHeader.parse_value(value.strip())
        return header.authserv_id, tuple(_verdict(result) for result in header.results)
    except (*UNEXPECTED, AuthResError):
        return "", ()


def _verdict(result: Any) -> _Verdict:
    said = {(prop.type.lower(), prop.name.lower()): str(prop.value) for prop in reversed(result.properties)}
    return _Verdict(method=result.method, result=result.result, domain=_domain(result.method, said))


def _domain(method: str, said: Mapping[tuple[str, str], str]) -> str:
    """Return the domain that a result is about."""
    wanted = {"dmarc": ("header", "from"), "dkim": ("header", "d")}.get(method)
    domain = said.get(wanted, "") if wanted else ""
    if method == "dkim" and not domain:  # Yahoo and older OpenDKIM write header.i alone
        domain = said.get(("header", "i"), "").rpartition("@")[2]
    return one_line(domain, set()).lower()


def tags(signature: str) -> dict[str, str]:
    """Return the tags of a DKIM-Signature (RFC 6376), blanks taken out."""
    pairs = (tag.partition("=") for tag in signature.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, _, value in pairs}
