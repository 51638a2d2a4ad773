"""The evidence pack of one case, for the marketplace that must decide: A-to-z, Rakuten's Customer Service.

Mails as they came, answers as they left, what the servers said, deadlines with their arithmetic, the SHA-256 of each
file. What the seller and the bot thought about it is not for the other side: no draft, no reminder, no decision.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot import __version__, showing, telling
from bot.core import message
from bot.core.deadline import local
from bot.core.dossier import Section, as_html, as_text
from bot.core.errors import UnreadableError
from bot.core.order import tokens
from bot.core.policy import Seller
from bot.edges.store import Row, Store, iso, moment
from bot.exporting import TO_BUYER, new_archive
from bot.settings import Settings
from bot.showing import Flat
from bot.words import say
from bot.words.kinds import kind_words
from bot.words.telling import ENDED, OUTCOMES

SUMS = "SHA256SUMS"
LEFT = ("sent", "handed")           # what left, or was handed over to be posted; a mere draft proves nothing
SECRET = ("draft_edited", "draft_approved", "draft_discarded", "snoozed", "deadline_near", "rating_due",
          "answer_chosen", "sending_uncertain", "offer_ordered")    # what only the seller and we are concerned with
OWN_RULES = ("policy", "OFFER")     # his own target, our own caution: no rule of the marketplace


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The files of an evidence pack, by name, in their order; the same case gives the same bytes.

    Attributes:
        left_out: mails of the case that are not in it, and why.
    """

    files: Mapping[str, bytes]
    mails: int
    answers: int
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """One mail or answer: its file, if there are bytes of it, and what is told of it."""

    told: Flat
    file: str = ""
    octets: bytes = b""
    text: str = ""


def pack(settings: Settings, store: Store, number: int, now: datetime) -> Pack:
    """Gather the evidence about a case, told in the current language."""
    told = showing.why(store, number)
    told = told | {"deadlines": [row for row in told["deadlines"] if row["rule"] not in OWN_RULES]}
    left_out = dict(_left_out(store, number))
    mails = list(_mails(store, number, told["events"], left_out))
    answers = list(_answers(store, told["outbox"]))
    pieces = [*mails, *answers]
    files = {piece.file: piece.octets for piece in pieces if piece.file}
    sections = list(_sections(settings.seller, told, pieces, left_out, now))
    title = say("Evidence: {shop}, order {order}", shop=told["case"]["shop"],
                order=told["case"]["order"] or told["case"]["reference"])
    pages = {f"{say('summary')}.html": as_html(title, sections, _language()).encode(),
             f"{say('summary')}.txt": as_text(title, sections).encode(),
             "manifest.json": _manifest(settings.seller, told, pieces, left_out, now)}
    whole = {**pages, **files}
    return Pack(files={**whole, SUMS: _sums(whole)}, mails=len(mails), answers=len(answers), left_out=left_out)


def write(found: Pack, target: Path) -> None:
    """Write a pack into a new archive, readable by its owner only.

    Raises:
        ExportError: the file is there already, or cannot be written.
    """
    with new_archive(target) as archive:
        _fill(archive, found)


def zipped(found: Pack) -> bytes:
    """Return a pack as the archive that `write` writes."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        _fill(archive, found)
    return made.getvalue()


def _fill(archive: ZipFile, found: Pack) -> None:
    for name, octets in found.files.items():
        entry = ZipInfo(name)       # no time of its own: the same evidence is the same archive
        entry.external_attr = 0o600 << 16
        archive.writestr(entry, octets, compress_type=ZIP_DEFLATED)


def _sums(files: Mapping[str, bytes]) -> bytes:
    """Return what `sha256sum -c` reads."""
    return "".join(f"{sha256(octets).hexdigest()}  {name}\n" for name, octets in files.items()).encode()


def _language() -> str:
    from bot import words

    return words.current()


# -- what came -----------------------------------------------------------------------------------


def _rows(store: Store, number: int) -> list[Row]:
    return store.rows("SELECT * FROM mails WHERE case_id = ? OR id IN (SELECT mail FROM events WHERE case_id = ?)"
                      " ORDER BY received, id", number, number)


def _left_out(store: Store, number: int) -> Iterator[tuple[str, str]]:
    for row in _rows(store, number):
        raw = store.raw_mail(row["id"]) or b""
        if store.row("SELECT 1 AS one FROM orders WHERE mail = ?", row["id"]) or _orders_us(store, raw):
            yield f"M-{row['id']}", say("the seller's own word to his program")
        elif not raw:
            yield f"M-{row['id']}", say("no longer kept as it came")


def _orders_us(store: Store, raw: bytes) -> bool:
    """Say whether a mail holds a token with which the bot can be ordered about."""
    said = raw.decode("utf-8", "replace")
    try:
        seen = message.read(raw)
        said += f"\n{seen.subject}\n{seen.text}\n{seen.html}"
    except UnreadableError:
        pass
    return any(store.granted(token) for token in tokens(said))


def _mails(store: Store, number: int, events: list[Flat], left_out: Mapping[str, str]) -> Iterator[_Piece]:
    for row in _rows(store, number):
        name = f"M-{row['id']}"
        if name in left_out:
            continue
        heard = next((event for event in events if event["source"] == f"mail:{row['id']}"), None)
        told = {"id": name, "what": "mail", "at": row["received"], "from": row["sender"], "subject": row["subject"],
                "message_id": row["message_id"], "kind": row["kind"], "origin": row["origin"]}
        yield _Piece(told=told, file=f"mails/{name}.eml", octets=store.raw_mail(row["id"]) or b"",
                     text=heard["text"] if heard else "")


# -- what left -----------------------------------------------------------------------------------


def _answers(store: Store, outbox: list[Flat]) -> Iterator[_Piece]:
    for told in outbox:
        row = store.outbox_row(int(told["id"][2:]))
        if row is None or told["what"] not in TO_BUYER or told["state"] not in LEFT:
            continue
        left = [one["at"] for one in told["tries"] if one["outcome"] == "sent"]
        yes = [one["at"] for one in told["yes"]]
        kept = {"id": told["id"], "what": told["what"], "at": next(iter([*left, *yes]), told["changed"]),
                "to": told["to"], "channel": told["channel"], "state": told["state"], "subject": told["subject"],
                "message_id": told["message_id"], "server": told["tries"]}
        words = f"{told['subject']}\n\n{row['body']}".encode()
        file, octets = (f"answers/{told['id']}.eml", row["raw"]) if row["raw"] else (f"answers/{told['id']}.txt", words)
        yield _Piece(told=kept, file=file, octets=octets, text=row["body"])


# -- what is told about it -----------------------------------------------------------------------


def _manifest(seller: Seller, told: Flat, pieces: list[_Piece], left_out: Mapping[str, str], now: datetime) -> bytes:
    files = [piece.told | ({"file": piece.file, "bytes": len(piece.octets),
                            "sha256": sha256(piece.octets).hexdigest()} if piece.file else {}) for piece in pieces]
    whole = {"guichet": __version__, "made": iso(now), "seller": seller.name, "timezone": seller.timezone,
             "case": told["case"], "files": files, "deadlines": told["deadlines"],
             "left_out": [{"id": name, "why": why} for name, why in left_out.items()]}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _sections(seller: Seller, told: Flat, pieces: list[_Piece], left_out: Mapping[str, str],
              now: datetime) -> Iterator[Section]:
    yield Section(heading=say("The matter"), rows=list(_matter(seller, told["case"], now)))
    yield Section(heading=say("What happened"), columns=(say("when"), say("what")),
                  rows=list(_course(seller, told, pieces)))
    for piece in sorted(pieces, key=lambda piece: str(piece.told["at"])):
        yield _letter(seller, piece)
    if told["deadlines"]:
        yield Section(heading=say("Deadlines, and where they come from"),
                      columns=(say("what"), say("by when"), say("how it ended"), say("arithmetic"), say("source")),
                      rows=[_deadline(seller, row) for row in told["deadlines"]])
    yield Section(heading=say("Files"), columns=(say("file"), "SHA-256"),
                  rows=[(piece.file, sha256(piece.octets).hexdigest()) for piece in pieces if piece.file]
                  + [(name, why) for name, why in left_out.items()])
    yield Section(heading=say("To verify"), rows=[(say("In the unpacked folder: sha256sum -c SHA256SUMS"),)],
                  columns=(say("how"),))


def _matter(seller: Seller, case: Flat, now: datetime) -> Iterator[tuple[str, str]]:
    yield from ((say("seller"), seller.name), (say("marketplace"), case["shop"]),
                (say("reference"), case["reference"]))
    known = ((say("order"), case["order"]), (say("article"), case["item"]), (say("buyer"), case["buyer"]))
    yield from ((name, said) for name, said in known if said)
    yield say("kind"), say(kind_words(case["kind"]))
    yield say("opened"), local(moment(case["opened"]), seller)
    yield say("gathered"), local(now, seller)
    yield say("all times"), seller.timezone


def _course(seller: Seller, told: Flat, pieces: list[_Piece]) -> list[tuple[str, str]]:
    """Return what happened, told to somebody who is no party to it."""
    steps = [(event["at"], telling.kind_of(event["kind"])) for event in told["events"]
             if event["kind"] not in SECRET and not event["source"].startswith("outbox:")
             and not _refused(event)]
    for piece in pieces:
        if piece.told["what"] in TO_BUYER:
            steps += list(_sent(piece.told))
    steps += [(row["ended"], f"{row['name']}: {say(ENDED[row['state']])}") for row in told["deadlines"] if row["ended"]]
    return [(local(moment(at), seller), said) for at, said in sorted(steps, key=lambda step: str(step[0]))]


def _refused(event: Flat) -> bool:
    """Say whether it was ordered and never done."""
    return any(decided["action"] == "refused" for decided in event["decided"])


def _sent(told: Flat) -> Iterator[tuple[str, str]]:
    if told["state"] == "handed":
        yield told["at"], say("{id}: posted in the marketplace's account by hand", id=told["id"])
    for one in told["server"]:
        yield one["at"], say("{id}, try {number}: {outcome}: {answer}", id=told["id"], number=one["try"],
                             outcome=say(OUTCOMES[one["outcome"]]), answer=one["answer"])


def _letter(seller: Seller, piece: _Piece) -> Section:
    told = piece.told
    names = {"from": say("from"), "to": say("to"), "subject": say("subject"), "message_id": "Message-ID",
             "origin": say("origin")}
    rows = [(name, telling.called(str(told[key]))) for key, name in names.items() if told.get(key)]
    rows += [(say("file"), piece.file), ("SHA-256", sha256(piece.octets).hexdigest())] if piece.file else []
    what = say(kind_words(told["kind"])) if told["what"] == "mail" else say("Answer of the seller")
    return Section(heading=f"{told['id']} · {local(moment(told['at']), seller)} · {what}", rows=rows, quoted=piece.text)


def _deadline(seller: Seller, row: Flat) -> tuple[str, ...]:
    ended = f", {local(moment(row['ended']), seller)}" if row["ended"] else ""
    source: Any = say("stated in the mail") if row["stated"] else row["source"]
    return (row["name"], local(moment(row["due"]), seller), f"{say(ENDED[row['state']])}{ended}", row["why"],
            " ".join(filter(None, (row["rule"], source))))
