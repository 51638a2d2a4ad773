"""Outbox rows: what was decided becomes words, and words become bytes. Nothing leaves from here."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import draft
from bot.core.action import Action, Rewrite, State, What, mark_of
from bot.core.answers import Answer, fits, match
from bot.core.case import Case
from bot.core.choosing import choices
from bot.core.clean import called
from bot.core.decide import ANSWERABLE
from bot.core.event import Channel, Event, Kind, Origin
from bot.core.grant import Grant, expiry, fitting, granted, tagged
from bot.core.latin import UnfitTextError, fit
from bot.core.link import opens
from bot.core.linter import Remark
from bot.core.order import Word, examples
from bot.core.page import html_of
from bot.core.policy import Mode, Seller
from bot.edges.store import Row, Store, Written, moment
from bot.edges.templates import TemplateError, Templates, Words
from bot.guichet import Guichet
from bot.proofing import kept, remarks_on, sentences, stopping, told, unread
from bot.settings import Mailbox
from bot.standing import standing
from bot.words import say, speaking
from bot.words.kinds import kind_words
from bot.words.links import link_words

log = logging.getLogger(__name__)


# What may be a question that the seller has answered before.
QUESTIONS = (Kind.BUYER_WROTE, Kind.QUESTION_ASKED)


def write_reply(guichet: Guichet, action: Action, case: Case, event: Event, event_id: int, now: datetime) -> str:
    """Write the words for the buyer or the marketplace; where the template fails, a failed row that says so.

    Returns why it stays although it was to leave by itself: its words failed, or the marketplace forbids them.
    Where nobody wrote words for such a case nothing is written, and the question goes out without a draft.
    """
    asked_by = _asked_by(guichet, case, event)
    planned, mailbox, mail = action, guichet.mailbox(case.mailbox), _answered_mail(guichet, asked_by)
    found = own_answers(guichet.templates, case, event)
    guichet.store.record_answers(event_id, [answer.name for answer in found], now)
    if not found and not has_words(guichet.templates, action, case):
        return action.why if action.state is State.READY else ""
    action, said, error = worded(guichet.templates, action, case, event, mail, found)
    step = f"{case.key.marketplace}/{case.key.reference}/{action.step}"
    by_mail = action.channel is Channel.EMAIL
    body = with_quote(guichet.seller, said.body, case, asked_by.text, asked_by.at, asked_by.facts) \
        if by_mail and not error else said.body
    unseen = not error and _waits_unseen(action, event)
    remarks = () if error or unseen else remarks_on(body, case, template=action.template,
                                                    automatic=_leaves_alone(action))
    asked = _asked_instead(action, error, remarks)
    written = Written(
        step=step, what=action.what, mailbox=mailbox.name, channel=action.channel, mode=asked.mode,
        to=_goes_to(guichet, action, case, event),
        state=State.FAILED if error else asked.state, template=action.template, subject=said.subject,
        body=body, remarks=unread(case) if unseen else kept(remarks),
        message_id=_message_id(guichet, mailbox, step), why=asked.why, error=error,
        answers=asked.mode is not Mode.ALONE or said.headers.get("answers", "") == "true",
        in_reply_to=mail.get("message_id", ""),
        references=f"{mail.get('references_', '')} {mail.get('message_id', '')}".strip(),
        parameters=called_with(action.call, event, guichet.seller),
        not_before=now + asked.wait if asked.wait else None, once=action.once,
        words_from=said.file, words_hash=said.version,
    )
    guichet.store.write(frozen(guichet, written, now), case.number, event_id, now)
    return asked.why if planned.state is State.READY and asked.state is not State.READY else ""


def has_words(templates: Templates, action: Action, case: Case) -> bool:
    return not action.template or templates.has(action.template, marketplace=case.key.marketplace)


def worded(templates: Templates, action: Action, case: Case, event: Event, mail: Mapping[str, Any],
           found: Sequence[Answer]) -> tuple[Action, Words, str]:
    """Return an action with its words, and what is wrong with them.

    Words to the marketplace (`To: marketplace`) never go to the buyer's address: the seller carries them.
    """
    action, said, error = _fitted(templates, _with_answer(action, found), case, event, mail, found)
    if said.headers.get("to") == "marketplace" and action.channel is Channel.EMAIL:
        action = replace(action, channel=Channel.SELLER)
    return action, said, error


def _goes_to(guichet: Guichet, action: Action, case: Case, event: Event) -> str:
    """Return an address, the webservice's action and its item, or the page where the seller must click."""
    if action.channel is Channel.EMAIL:
        return case.answer_to
    if action.channel is Channel.WEBSERVICE:
        return f"{action.call} {case.item}"
    return shown(event.links) or page_of(guichet.store, case)


def page_of(store: Store, case: Case) -> str:
    """Return the page of a case as its newest mail with links gave it, or the marketplace's name."""
    return shown(_last_links(store, case.number or 0)) or case.key.marketplace


def shown(links: Mapping[str, str]) -> str:
    """Return the page on which the seller acts himself: never a link that takes effect when it is opened."""
    return next((url for url in links.values() if opens(url) not in ("acts", "unsubscribes", "reports")), "")


def _fitted(templates: Templates, action: Action, case: Case, event: Event, mail: Mapping[str, Any],
            found: Sequence[Answer]) -> tuple[Action, Words, str]:
    """Return an action with its words, and what is wrong with them.

    A webservice takes a short message only: it has a template of its own, `KIND.message`, where there is one.
    Words that still do not fit go to the seller's own hands, and then at their full length.
    """
    if not action.template:
        return action, _call_words(action, case, event, templates.seller), ""
    if action.channel is not Channel.WEBSERVICE:
        return action, *_reply_words(templates, action, case, event, mail, found)
    short = action.template.replace(".reply", ".message")
    known = templates.has(short, marketplace=case.key.marketplace)
    trying = replace(action, template=short) if known else action
    said, error = _reply_words(templates, trying, case, event, mail, found)
    try:
        return action, said if error else replace(said, body=fit(said.body) + "\n"), error
    except UnfitTextError as unfit:
        handed = replace(action, channel=Channel.SELLER, call="", why=f"{action.why}; {unfit}")
        return handed, *_reply_words(templates, handed, case, event, mail, found)


def _call_words(action: Action, case: Case, event: Event, seller: Seller) -> Words:
    """Return what the seller reads of a thing done without words to anybody."""
    facts = {"item": case.item or case.order or case.key.reference, "country": _country(seller),
             "tracking": event.facts.get("tracking"), "carrier": event.facts.get("carrier")}
    if action.step.startswith("accept:"):
        return Words(subject=say("Accept the sale"), body=say(
            "Accept the sale of item {item}, shipped from {country}.\n\n"
            "To refuse it instead, approve the other draft of this case (run_bot.py show outbox); approving one "
            "discards the other.\n", **facts))
    if action.step.startswith("refuse:"):
        return Words(subject=say("Refuse the sale"), body=say("Refuse the sale of item {item}.\n", **facts))
    return Words(subject=say("Confirm the shipment"), body=say(
        "Item {item} has shipped.\n\nCarrier: {carrier}\nTracking number: {tracking}\n", **facts))


# Where Rakuten asks from which country a sale ships: ISO 3166-1's numbers, as in its official sample of acceptsale.
_NUMBERS = {"FR": "250", "BE": "56", "CH": "756", "DE": "276", "ES": "724", "IT": "380", "LU": "442", "NL": "528",
            "PT": "620", "GB": "826"}


def _country(seller: Seller) -> str:
    return seller.holidays.partition("-")[0]


def called_with(call: str, event: Event, seller: Seller) -> dict[str, str]:
    """Return what a call of the webservice is told beside its item and its words."""
    if call == "acceptsale":
        number = _NUMBERS.get(_country(seller), "")
        return {"shippingfromcountry": number} if number else {}
    if call == "settrackingpackageinfos":
        page = {"tracking_url": event.facts["tracking_url"]} if event.facts.get("tracking_url") else {}
        return {"transporter_name": event.facts["carrier"], "tracking_number": event.facts["tracking"], **page}
    return {}


def labelled(links: Mapping[str, str]) -> dict[str, str]:
    """Return links by what they are called, with what opening them does: some take effect at once."""
    effects = {"acts": say("takes effect when opened"), "unsubscribes": say("unsubscribes when opened"),
               "reports": say("reports to the marketplace")}
    named = {name: say(link_words(name)) for name in links}
    return {f"{named[name]} ({effects[does]})" if (does := opens(url)) in effects else named[name]: url
            for name, url in links.items()}


def _leaves_alone(action: Action) -> bool:
    """Say whether a buyer would read it before anybody else has; what the seller posts himself, he reads."""
    return action.mode is Mode.ALONE and action.channel is not Channel.SELLER


def _waits_unseen(action: Action, event: Event) -> bool:
    """Say whether nobody is shown a draft as it is written: of a first look one mail tells all cases, without words."""
    return event.cold and action.mode is not Mode.ALONE


def _asked_instead(action: Action, error: str, remarks: Sequence[Remark]) -> Action:
    """Return the action as a draft, and why, if it was to leave alone and its words must not."""
    must_go = stopping(remarks, action.channel)
    if action.mode is not Mode.ALONE or not (error or must_go):
        return action
    return replace(action, mode=Mode.DRAFT, wait=timedelta(), why=f"{action.why}; {error or sentences(must_go)}")


def _with_answer(action: Action, found: Sequence[Answer]) -> Action:
    """Return the action with the seller's own answer in place of its template, where one is clear."""
    if len(found) != 1:
        return action
    fitting = say("your answer {name} fits", name=found[0].name)
    return replace(action, template=f"answers/{found[0].name}", why=f"{action.why}; {fitting}")


def own_answers(templates: Templates, case: Case, event: Event) -> tuple[Answer, ...]:
    """Return which of the seller's own answers a message asks for."""
    if event.kind not in QUESTIONS or not event.text:
        return ()
    meant = [answer for answer in templates.answers() if fits(answer, case.key.marketplace, event.kind)]
    return match(event.text, meant, case.language)


def rewrite(guichet: Guichet, edit: Rewrite, case: Case, now: datetime) -> None:
    """Put the seller's own words into a draft; the message it answers stays quoted below."""
    row = guichet.store.outbox_row(edit.draft)
    assert row, "a draft is edited only after it was found"
    body = _over_quote(guichet, row, case, f"{edit.body.strip()}\n")
    remarks = remarks_on(body, case, template=row["template"], automatic=False)
    guichet.store.rewrite(edit, body, kept(remarks), now)


def _over_quote(guichet: Guichet, row: Row, case: Case, body: str) -> str:
    """Return words for a row with the message that it answers quoted below, where that leaves by mail."""
    event = guichet.store.row("SELECT text, at, facts, source FROM events WHERE id = ?", row["event"])
    if event and not event["source"].startswith("mail:"):
        event = _last_asked(guichet.store, case) or event
    if row["channel"] != Channel.EMAIL or event is None:
        return body
    return with_quote(guichet.seller, body, case, event["text"], moment(event["at"]), json.loads(event["facts"]))


def unquoted(guichet: Guichet, row: Row, case: Case) -> str:
    """Return the words of a row without the quoted message, which comes below them again when they are rewritten."""
    return str(row["body"]).removesuffix(_over_quote(guichet, row, case, "")).rstrip()


def _reply_words(templates: Templates, action: Action, case: Case, event: Event, mail: Mapping[str, Any],
                 found: Sequence[Answer]) -> tuple[Words, str]:
    """Return the words of a reply, or empty ones and what is wrong with the template."""
    try:
        if len(found) == 1:
            return templates.render_answer(found[0], _reply_context(case, event, mail)), ""
        return reply_words(templates, action.template, case, event, mail, offer=action.facts,
                           choice=action.facts), ""
    except TemplateError as error:
        return Words(subject="", body=""), str(error)


def reply_words(templates: Templates, template: str, case: Case, event: Event, mail: Mapping[str, Any],
                **more: object) -> Words:
    """Return the words of a template to the buyer or the marketplace, in the buyer's language.

    Raises:
        TemplateError: it is missing, wrong, or prints what is unknown or empty.
    """
    return templates.render(template, case.language or templates.seller.language,
                            {**_reply_context(case, event, mail), **more}, marketplace=case.key.marketplace)


def tried_words(templates: Templates, source: str, name: str, case: Case, event: Event, mail: Mapping[str, Any],
                **more: object) -> Words:
    """Return what a reply's template would say that is not kept yet.

    Raises:
        TemplateError: it is wrong, or prints what is unknown or empty.
    """
    return templates.render_text(source, name, {**_reply_context(case, event, mail), **more})


def _reply_context(case: Case, event: Event, mail: Mapping[str, Any]) -> dict[str, Any]:
    return {"case": replace(case, buyer=called(case.buyer) or None), "facts": event.facts, "text": event.text,
            "at": event.at, "subject": draft.reply_subject(mail.get("subject", ""))}


def _asked_by(guichet: Guichet, case: Case, event: Event) -> Event:
    """Return the mail that words answer: what the seller orders goes into the thread of the buyer's newest message."""
    if event.source.startswith(("mail:", "try")) or (row := _last_asked(guichet.store, case)) is None:
        return event
    return replace(event, source=row["source"], text=row["text"], at=moment(row["at"]), facts=json.loads(row["facts"]))


def _last_asked(store: Store, case: Case) -> Row | None:
    """Return the newest mail of a case that wants words, a person's own before a notice."""
    marks = ", ".join("?" for _ in ANSWERABLE)
    return store.row(f"SELECT * FROM events WHERE case_id = ? AND source LIKE 'mail:%' AND kind IN ({marks})"
                     " ORDER BY kind IN (?, ?) DESC, id DESC LIMIT 1", case.number, *sorted(ANSWERABLE), *QUESTIONS)


def _answered_mail(guichet: Guichet, event: Event) -> Row:
    if not event.source.startswith("mail:"):
        return {}
    return guichet.store.row("SELECT subject, message_id, references_ FROM mails WHERE id = ?",
                             int(event.source.removeprefix("mail:"))) or {}


def with_quote(seller: Seller, body: str, case: Case, text: str, at: datetime, facts: Mapping[str, str]) -> str:
    """Add the message that is answered: Amazon wants the original quoted, eBay bounces an answer without its line."""
    quoted = ""
    if text:
        quoted = draft.quote(text, called(case.buyer), at, case.language or seller.language, ZoneInfo(seller.timezone))
    line = facts.get("reference_line", "")
    kept_below = "\n".join(part for part in (quoted, f"> {line}" if line else "") if part)
    return f"{body.rstrip()}\n\n{kept_below}\n" if kept_below else body


def _message_id(guichet: Guichet, mailbox: Mailbox, step: str) -> str:
    return draft.message_id(guichet.store.salt(), step, mailbox.address.rpartition("@")[2])


def tell_seller(guichet: Guichet, action: Action, case: Case, event_id: int, now: datetime) -> None:
    """Write a mail about a case to each address of the seller."""
    context = seller_context(guichet, case, event_id, action, now)
    step = f"{case.key.marketplace}/{case.key.reference}/{action.step}"
    write_to_seller(guichet, action, step, context, case.number, event_id, now)


def write_to_seller(guichet: Guichet, action: Action, step: str, context: Mapping[str, Any], case: int | None,
                    event_id: int | None, now: datetime, *, to: Sequence[str] = (), answers: str = "",
                    mailbox: Mailbox | None = None) -> None:
    """Write a mail to each address of the seller, or to those in `to`; each has a token of its own.

    Args:
        answers: the Message-ID of his mail that it answers, if it answers one.
        mailbox: the one it leaves from, where it is not the postbox.
    """
    mailbox = mailbox or guichet.settings.postbox
    language = guichet.seller.language
    said = _seller_words(guichet, action.template, {
        "orders": examples((Word.STATE, Word.SUMMARY, Word.PAUSE, Word.RESUME, Word.HELP), language), **context})
    for address in to or guichet.seller.notify:
        own = f"{step}/{address}"
        if guichet.store.has_step(own):
            continue
        token = guichet.store.mint(_grant(address, context, case, now))
        guichet.store.write(Written(
            step=own, what=action.what, mailbox=mailbox.name, to=address, channel=Channel.EMAIL, mode=action.mode,
            state=State.READY, template=action.template, subject=said.subject, body=said.body,
            message_id=_message_id(guichet, mailbox, own), why=action.why, in_reply_to=answers, references=answers,
            words_from=said.file, words_hash=said.version, raw=token.encode("ascii")), case, event_id, now)


def _grant(address: str, context: Mapping[str, Any], case: int | None, now: datetime) -> Grant:
    """Return what may be ordered by answering a mail, and until when."""
    shown: Row | None = context.get("draft") if case is not None else None
    due = max((one["due"] for one in context.get("deadlines", ()) if one["state"] == "open"), default=None)
    return Grant(address=address, words=granted(case, State(shown["state"]) if shown else None), case=case,
                 expires=expiry(now, due), draft=shown["id"] if shown else None,
                 shown=fingerprint(shown["body"]) if shown else "")


def fingerprint(words: str) -> str:
    """Return what tells the words of a draft from other words."""
    return sha256(words.encode()).hexdigest()[:16]


def _seller_words(guichet: Guichet, template: str, context: Mapping[str, Any]) -> Words:
    """Return the words for the seller; where his own template is broken, the program's, so that he hears of it."""
    try:
        return guichet.templates.render(template, guichet.seller.language, context)
    except TemplateError as error:
        log.error("%s", error)
        return Templates(guichet.seller, careful=False, titles=guichet.templates.titles).render(
            template, guichet.seller.language, context)


def seller_context(guichet: Guichet, case: Case, event_id: int, action: Action, now: datetime) -> dict[str, Any]:
    """Return what a mail to the seller about a case may say."""
    store, number = guichet.store, case.number or 0
    event = store.row("SELECT * FROM events WHERE id = ?", event_id) or {}
    drafted = draft_of(store, number, action.draft)
    running = open_deadlines(store, number, now)
    return {
        "orders": orders_of(guichet, _stood(guichet, case), drafted, running), "case": case,
        "headline": say(kind_words(case.kind or "")), "event": event, "why": action.why, "now": now,
        "draft": drafted, "remarks": told(drafted), "candidates": store.answers_of(event_id),
        "deadlines": running,
        "last": '"last": "yes"' in event.get("facts", ""),
        "text": _last_text(store, number), "held": _held(event),
        "because": action.why.partition("; ")[2], "title": _title(store, number),
        "links": labelled(json.loads(event.get("links", "{}")) or _last_links(store, number)),
        "unknown": f"M-{event['mail']}" if event.get("kind") == Kind.MARKETPLACE_WROTE and event["mail"] else "",
    }


def orders_of(guichet: Guichet, case: Case, drafted: Row | None, running: Sequence[Row]) -> list[tuple[str, str]]:
    """Return the orders that make sense about a case as it stands.

    Args:
        case: with what stands around it.
        drafted: the row he is shown, if any.
        running: his deadlines that run.
    """
    words = fitting(case.kind, State(drafted["state"]) if drafted else None, [row["met_by"] for row in running],
                    choices(case))
    return examples(words, guichet.seller.language)


def _stood(guichet: Guichet, case: Case) -> Case:
    """Return a case with what its choices hang on, which `handle` has looked up: what it has written since, only a
    sale's hang on."""
    return case if case.around.told and case.kind is not Kind.SALE_MADE else standing(guichet, case)


def cases_told(guichet: Guichet, numbers: Sequence[int], now: datetime) -> list[Row]:
    """Return cases as mails to the seller list them, each with the seller's deadlines."""
    rows = [guichet.store.row("SELECT * FROM cases WHERE id = ?", number) or {} for number in numbers]
    return [{**row, "headline": say(kind_words(row["kind"])),
             "deadlines": open_deadlines(guichet.store, row["id"], now)} for row in rows]


def draft_of(store: Store, case: int, number: int | None = None) -> Row | None:
    """Return the outbox row a mail is about, else the newest of the case that waits for the seller."""
    if number is not None:
        return store.outbox_row(number)
    return store.row("SELECT * FROM outbox WHERE case_id = ? AND what IN ('reply', 'offer')"
                     " AND state IN ('draft', 'handed', 'failed') ORDER BY id DESC LIMIT 1", case)


def _held(event: Row) -> str:
    """Return why nothing leaves by itself on account of the mail behind an event."""
    if event.get("held") or not str(event.get("source", "")).startswith("mail:"):
        return str(event.get("held", ""))
    return "" if event["origin"] == Origin.PROVEN else say("the sender is not proven")


def open_deadlines(store: Store, case: int, now: datetime) -> list[dict[str, Any]]:
    return [{**row, "due": moment(row["due"]), "left": moment(row["due"]) - now} for row in store.rows(
        "SELECT * FROM deadlines WHERE case_id = ? AND state IN ('open', 'missed') AND who = 'seller'"
        " ORDER BY state DESC, due", case)]


def _last_text(store: Store, case: int) -> str:
    row = store.row("SELECT text FROM events WHERE case_id = ? AND text != '' AND source LIKE 'mail:%'"
                    " ORDER BY id DESC LIMIT 1", case)
    return row["text"] if row else ""


def _title(store: Store, case: int) -> str:
    """Return what the item of a case is called; at some marketplaces the case itself knows its number only."""
    rows = store.rows("SELECT facts FROM events WHERE case_id = ? AND source LIKE 'mail:%' ORDER BY id DESC", case)
    return next((title for row in rows if (title := json.loads(row["facts"]).get("title", ""))), "")


def _last_links(store: Store, case: int) -> dict[str, str]:
    row = store.row("SELECT links FROM events WHERE case_id = ? AND links != '{}' AND source LIKE 'mail:%'"
                    " ORDER BY id DESC LIMIT 1", case)
    return json.loads(row["links"]) if row else {}


def renewed(guichet: Guichet, row: Row) -> Row:
    """Return a row that a person releases, its address open again; one that came back gets a new Message-ID and bytes.

    Under the old one it would be found, in Sent or come back to us, and count as sent.
    """
    guichet.store.open_address(row["to_addr"])
    if not row["spent"]:
        return row
    again = _message_id(guichet, guichet.mailbox(row["mailbox"]), f"{row['step']}/again:{row['attempts']}")
    guichet.store.run("UPDATE outbox SET message_id = ?, raw = NULL, filed = '' WHERE id = ?", again, row["id"])
    return {**row, "message_id": again, "raw": None}


def frozen(guichet: Guichet, row: Written, now: datetime) -> Written:
    """Return a row that is to leave with its bytes, dated now; failed, with the reason, if no safe mail can be made."""
    if row.state != State.READY or row.channel != Channel.EMAIL:
        return row
    try:
        row_to_be = {"mailbox": row.mailbox, "what": row.what, "mode": row.mode, "subject": row.subject,
                     "body": row.body, "message_id": row.message_id, "in_reply_to": row.in_reply_to,
                     "to_addr": row.to, "references_": row.references}
        return replace(row, raw=freeze(guichet, row_to_be, now))
    except draft.UnsafeMailError as error:
        return replace(row, state=State.FAILED, error=str(error))


def freeze(guichet: Guichet, row: Mapping[str, Any], now: datetime) -> bytes:
    """Return the bytes of an outbox row, dated now, to be kept: a second try of sending is the same to the byte.

    Raises:
        UnsafeMailError: no safe mail can be made of it.
    """
    return draft.compose(_outgoing(guichet, row, now))


def bytes_of(guichet: Guichet, row: Row) -> bytes:
    """Return the mail that a row leaves as, alike at every try; whoever sends it checks it.

    Words to buyers and marketplaces were frozen. Of a mail to the seller `raw` keeps the token alone, and it is made of
    that, of its words and of its date whenever it is to leave: kept whole, each step it takes would write 8 KiB anew.
    The token stands in the subject and in the last line, since programs on phones drop the one or the other.

    Raises:
        UnsafeMailError: no safe mail can be made of it.
    """
    raw: bytes = row["raw"]
    if b"\n" in raw:      # frozen; or to the seller, and written by a version that kept those whole, too
        return raw
    with speaking(guichet.seller.language):
        subject, body = _with_token(row, raw.decode("ascii"))
        return draft.unchecked(_outgoing(guichet, {**row, "subject": subject, "body": body}, moment(row["created"])))


def _outgoing(guichet: Guichet, row: Mapping[str, Any], date: datetime) -> draft.Outgoing:
    mailbox = guichet.mailbox(row["mailbox"])
    to_seller = row["what"] not in (What.REPLY, What.OFFER)
    automatic = "auto-generated" if to_seller else "auto-replied" if row["mode"] == Mode.ALONE else ""
    return draft.Outgoing(
        sender=mailbox.address, sender_name="Guichet" if to_seller else guichet.seller.name, to=row["to_addr"],
        subject=row["subject"], body=row["body"], message_id=row["message_id"], date=date,
        in_reply_to=row["in_reply_to"], references=tuple(row["references_"].split()), automatic=automatic,
        bot=mark_of(row["message_id"]),
        html=html_of(row["body"], guichet.seller.language, _untagged(row["subject"])) if to_seller else "")


def _with_token(row: Mapping[str, Any], token: str) -> tuple[str, str]:
    subject = tagged(row["subject"], token)
    tag = subject.partition("]")[0] + "]"
    return subject, f"{row['body'].rstrip()}\n\n{say('Keep this mark in your answer: {tag}', tag=tag)}\n"


def _untagged(subject: str) -> str:
    """Return a subject without its tag, as the title of a page."""
    return re.sub(r"^\[[^\]]*\] *", "", subject)
