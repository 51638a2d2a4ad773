"""Our own check of DKIM signatures (RFC 6376), for mailboxes whose host writes no Authentication-Results.

dkimpy parses the key and does the arithmetic of the header's signature. What it would do in time that grows with
the square of a mail's blanks (the body's canonical form, RFC 6376 3.4), and what needs the clock (x= and t=),
is done here: this file is pure, keys and moments are given to it.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from bot.core.clean import UNEXPECTED, one_line
from bot.core.errors import BotError
from bot.core.header import HeaderBlock, moment
from bot.core.origin import SIGNED, aligned, tags
from bot.words import say

__all__ = ["Keys", "Mail", "canonical", "key_name", "verify"]

Keys = Callable[[str], bytes | None]
"""A DNS name -> its TXT record, None where there is none; raises BotError where nobody can say just now."""

MAX_SIGNATURES = 5              # each may cost a look-up
MAX_BODY = 16 * 1024 * 1024     # bytes
PIECE = 256 * 1024              # bytes of a body that are brought into form at a time
MAX_SIGNATURE = 4096            # bytes; dkimpy's patterns go over a signature's blanks many times
MAX_KEY = 2048                  # bytes; 4096 bits of RSA are 750, and a key of an attacker's length costs minutes
MIN_BITS = 1024                 # RFC 8301; below, anybody can forge
SLOP = timedelta(hours=1)       # how wrong two clocks may be
_BLANKS = re.compile(rb"\s{33}")
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,250}[a-z0-9_])?", re.ASCII)
_CANONICAL = frozenset({"", "simple", "relaxed", "simple/simple", "simple/relaxed", "relaxed/simple",
                        "relaxed/relaxed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What is checked. `domain` is its sender's; `received` is None where only its own Date tells the time."""

    raw: bytes
    block: HeaderBlock
    domain: str
    received: datetime | None = None

    @property
    def at(self) -> datetime | None:
        return self.received or moment(self.block.first("date"))


class _NoProofError(BotError):
    """Why a signature proves nothing: a stable code word, then a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


def verify(mail: Mail, keys: Keys | None) -> tuple[bool, str]:
    """Say whether a signature proves the sender, and why: a stable code word, then a sentence; empty: nothing to say.

    Only signatures of the sender's own organisation are looked at. Without `keys` none can prove, but what is
    plainly wrong with all of them is said. The code words beside those of `origin.judge`: `dkim_unchecked` where
    the key could not be asked for.
    """
    said = mail.block.all("dkim-signature")
    signatures = [(at, found) for at, found in enumerate(map(tags, said)) if aligned(found.get("d", ""), mail.domain)]
    if not signatures:
        return False, _no_signature(mail, said) if keys else ""
    faults = []
    for at, found in islice(signatures, MAX_SIGNATURES):
        try:
            _check(mail, at, found, keys)
            return True, "proven: " + say("the mail is signed by {domain}", domain=found["d"].lower())
        except _NoProofError as fault:
            faults.append(fault)
    if any(fault.code == _UNASKED for fault in faults):
        return False, ""
    # of several faults a look-up that failed is told first, for it may pass tomorrow
    return False, str(min(faults, key=lambda fault: fault.code != "dkim_unchecked"))


_UNASKED = "unasked"


def _no_signature(mail: Mail, said: list[str]) -> str:
    strangers = [one_line(found["d"], set())[:255] for found in map(tags, said) if found.get("d")]
    if strangers:
        return "dkim_not_aligned: " + say("the mail is signed by {stranger}, not by {domain}", stranger=strangers[0],
                                          domain=mail.domain)
    return "sender_unverified: " + say("the mail has no signature")


def _check(mail: Mail, at: int, found: Mapping[str, str], keys: Keys | None) -> None:
    """Return if the signature holds; else raise _NoProofError. What costs a look-up comes last."""
    _check_form(mail, found)
    _check_headers(mail, found)
    _check_times(mail, found)
    if keys is None:
        raise _NoProofError(_UNASKED, "")
    _check_body(mail, found)
    _check_key(mail, at, found, _key(found, keys))


def _check_form(mail: Mail, found: Mapping[str, str]) -> None:
    if "l" in found:
        raise _NoProofError("dkim_partial_body", say(
            "the signature of {domain} covers only the beginning of the mail", domain=mail.domain))
    if found.get("v") != "1" or found.get("q", "dns/txt") != "dns/txt" or found.get("c", "") not in _CANONICAL:
        raise _broken(mail)
    if found.get("a") != "rsa-sha256":     # RFC 8301 forbids rsa-sha1; whoever signs with ed25519 signs with RSA, too
        raise _NoProofError("dkim_fail", say(
            "the signature of {domain} is made in a way that is not believed ({algorithm})", domain=mail.domain,
            algorithm=one_line(found.get("a", ""), set())[:40]))
    identity = found.get("i", "").rpartition("@")[2].lower()
    if identity and identity != found["d"].lower() and not identity.endswith("." + found["d"].lower()):
        raise _broken(mail)


def _check_headers(mail: Mail, found: Mapping[str, str]) -> None:
    signed = Counter(found.get("h", "").lower().split(":"))
    if not set(signed) >= SIGNED:
        raise _NoProofError("sender_unverified", say(
            "the signature of {domain} leaves out the sender, the recipient, the subject or the date",
            domain=mail.domain))
    if twice := next((name for name, times in signed.items() if len(mail.block.all(name)) > times), ""):
        raise _NoProofError("sender_unverified", say(
            "the mail has the header {name} more than once", name=one_line(twice, set())))


def _check_times(mail: Mail, found: Mapping[str, str]) -> None:
    """Judge t= and x= by when the mail came, not by when we read it: a mail must not lose its proof by waiting."""
    signed, expires, at = (_instant(mail, found, "t"), _instant(mail, found, "x"), mail.at)
    if expires and (at is None or expires < at - SLOP or (signed and expires < signed)):
        raise _NoProofError("dkim_fail", say("the signature of {domain} had expired when the mail came",
                                             domain=mail.domain))
    if signed and (at is None or signed > at + SLOP):
        raise _NoProofError("dkim_fail", say("the signature of {domain} is dated in the future", domain=mail.domain))


def _instant(mail: Mail, found: Mapping[str, str], name: str) -> datetime | None:
    if name not in found:
        return None
    if not re.fullmatch(r"[0-9]{1,11}", found[name]):
        raise _broken(mail)
    return datetime.fromtimestamp(int(found[name]), UTC)


def _check_body(mail: Mail, found: Mapping[str, str]) -> None:
    if len(mail.raw) - mail.block.body_at > MAX_BODY:
        raise _NoProofError("dkim_unchecked", say("the mail is too long to check its signature"))
    relaxed = found.get("c", "").partition("/")[2] == "relaxed"
    digest = hashlib.sha256()
    for piece in canonical(mail.raw, mail.block.body_at, relaxed=relaxed):
        digest.update(piece)
    if found.get("bh") != binascii.b2a_base64(digest.digest(), newline=False).decode():
        raise _NoProofError("dkim_fail", say("the mail was changed after {domain} had signed it", domain=mail.domain))


def canonical(raw: bytes, start: int, *, relaxed: bool) -> Iterator[bytes]:
    """Yield the body from `start` on in one of the two forms of RFC 6376 3.4, in linear time whatever stands in it."""
    empty, held = True, 0     # line ends held back: those at the end of the mail do not count
    for lines in _pieces(raw, start):
        plain = _squeezed(lines) if relaxed else lines
        if kept := plain.rstrip(b"\n"):
            yield (b"\n" * held + kept).replace(b"\n", b"\r\n")
            empty, held = False, len(plain) - len(kept)
        else:
            held += len(plain)
    if not (empty and relaxed):
        yield b"\r\n"


def _pieces(raw: bytes, start: int) -> Iterator[bytes]:
    """Yield whole lines, some at a time so that a mail is not in memory twice, each ended by one LF."""
    while start < len(raw):
        end = raw.rfind(b"\n", start, start + PIECE) + 1 or raw.find(b"\n", start + PIECE) + 1 or len(raw)
        lines = raw[start:end].replace(b"\r\n", b"\n")
        yield lines if lines.endswith(b"\n") else lines + b"\n"
        start = end


def _squeezed(lines: bytes) -> bytes:
    lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \n", b"\n")


def key_name(found: Mapping[str, str]) -> str:
    """Return where the key of a signature stands in DNS; empty where its tags make no name."""
    name = f"{found.get('s', '')}._domainkey.{found.get('d', '')}".lower()
    return name if _NAME.fullmatch(name) and ".." not in name and name[0] != "." else ""


def _key(found: Mapping[str, str], keys: Keys) -> bytes:
    domain = found["d"].lower()
    if not (name := key_name(found)):
        raise _NoProofError("dkim_fail", say("the signature of {domain} cannot be read", domain=domain))
    try:
        key = keys(name)
    except BotError as trouble:
        raise _NoProofError("dkim_unchecked", str(trouble)) from trouble
    if key is None or len(key) > MAX_KEY:
        raise _NoProofError("dkim_fail", say("{domain} has no key {name} to check its signature by", domain=domain,
                                             name=name))
    return key


def _check_key(mail: Mail, at: int, found: Mapping[str, str], key: bytes) -> None:
    from dkim import DKIMException
    from dkim.util import InvalidTagValueList

    try:
        holds = _usable(found, key) and _holds(mail, at, key)
    except (*UNEXPECTED, DKIMException, InvalidTagValueList) as trouble:    # T24: dkimpy raises on broken headers
        raise _broken(mail) from trouble
    if not holds:
        raise _NoProofError("dkim_fail", say("the signature of {domain} is wrong", domain=mail.domain))


def _usable(found: Mapping[str, str], key: bytes) -> bool:
    """Say whether the key's owner lets it prove anything; dkimpy looks at none of this (RFC 6376 3.6.1)."""
    said = tags(key.decode("ascii", "replace"))
    flags = said.get("t", "").split(":")
    identity = found.get("i", "").rpartition("@")[2].lower()
    strict = "s" in flags and identity not in ("", found["d"].lower())
    return (said.get("k", "rsa") == "rsa" and "y" not in flags and not strict
            and "sha256" in said.get("h", "sha256").split(":")
            and bool({"*", "email"} & set(said.get("s", "*").split(":"))))


def _holds(mail: Mail, at: int, key: bytes) -> bool:
    from dkim import DKIM, evaluate_pk
    from dkim.util import parse_tag_value

    signer: Any = DKIM(mail.raw[: mail.block.body_at], minkey=MIN_BITS)
    read = [name.decode("ascii").lower() for name, _ in signer.headers]
    header = [pair for pair in signer.headers if pair[0].lower() == b"dkim-signature"][at]
    if read != [name for name, _ in mail.block.fields] or len(header[1]) > MAX_SIGNATURE or _BLANKS.search(header[1]):
        return False    # dkimpy and we must have read the same headers, or it vouches for others than we show
    said = parse_tag_value(header[1])
    del said[b"bh"]     # the body is checked already
    covered = [name.lower() for name in re.split(rb"\s*:\s*", said[b"h"])]
    signer.pk, signer.keysize, signer.ktag, signer.seqtlsrpt = evaluate_pk("", key)
    return signer.verify_sig_process(said, covered, header, None) is True


def _broken(mail: Mail) -> _NoProofError:
    return _NoProofError("dkim_fail", say("the signature of {domain} cannot be read", domain=mail.domain))
