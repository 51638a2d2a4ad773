"""Outbox rows: what was decided becomes words, and words become bytes. Nothing leaves from here."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import draft
from bot.core.action import Action, State, What
from bot.core.blank import blank_in
from bot.core.case import Case
from bot.core.decide import question
from bot.core.event import Channel, Event, Kind
from bot.core.link import opens
from bot.core.message import Origin
from bot.core.policy import Mode
from bot.edges.store import Row, Store, Written, moment
from bot.edges.templates import TemplateError, Templates, Words
from bot.guichet import Guichet
from bot.settings import Mailbox
from bot.words import say
from bot.words.kinds import kind_words

log = logging.getLogger(__name__)


def write_reply(guichet: Guichet, action: Action, case: Case, event: Event, event_id: int, now: datetime) -> None:
    """Write the words for the buyer or the marketplace; where the template fails, a failed row that says so.

    Where nobody wrote words for such a case, nothing is written. The seller hears of what was to leave by itself
    and does not.
    """
    asked = action
    if guichet.templates.languages(action.template, case.key.marketplace):
        action = _write(guichet, action, case, event, event_id, now)
    else:
        action = replace(action, mode=Mode.DRAFT)
    if asked.state is State.READY and action.state is not State.READY:
        tell_seller(guichet, question(event, action.why), case, event_id, now)


def _write(guichet: Guichet, action: Action, case: Case, event: Event, event_id: int, now: datetime) -> Action:
    """Write the row; return what became of the action."""
    mailbox, mail = guichet.mailbox(case.mailbox), _answered_mail(guichet, event)
    said, error = _reply_words(guichet, action, case, event, mail)
    action = as_worded(action, said, error)
    step = f"{case.key.marketplace}/{case.key.reference}/{action.step}"
    by_mail = action.channel is Channel.EMAIL
    written = Written(
        step=step, what=action.what, mailbox=mailbox.name, channel=action.channel, mode=action.mode,
        to=case.answer_to if by_mail else where_to_click(event, case),
        state=State.FAILED if error else action.state, template=action.template, subject=said.subject,
        body=_with_quote(guichet, said.body, event, case) if by_mail and not error else said.body,
        message_id=_message_id(guichet, mailbox, step), why=action.why, error=error,
        answers=action.mode is not Mode.ALONE or said.headers.get("answers", "") == "true",
        in_reply_to=mail.get("message_id", ""),
        references=f"{mail.get('references_', '')} {mail.get('message_id', '')}".strip(),
        not_before=now + action.wait if action.wait else None,
    )
    guichet.store.write(frozen(guichet, written, now), case.number, event_id, now)
    return action


def as_worded(action: Action, said: Words, error: str = "") -> Action:
    """Return the action as its words allow it.

    Words to the marketplace (`To: marketplace`) never go to the buyer's address: the seller carries them. What
    has a blank in it, or no words at all, does not leave by itself.
    """
    if said.headers.get("to") == "marketplace":
        action = replace(action, channel=Channel.SELLER)
    if action.state is State.READY and (blank := error or blank_in(said.body)):
        why = say("{why}; {words}: nothing leaves by itself", why=action.why, words=blank)
        return replace(action, mode=Mode.DRAFT, wait=timedelta(), why=why)
    return action


def where_to_click(event: Event, case: Case) -> str:
    """Return the page on which the seller acts himself: never a link that takes effect when it is opened."""
    shown = (url for url in event.links.values() if opens(url) not in ("acts", "unsubscribes", "reports"))
    return next(shown, case.key.marketplace)


def labelled(links: Mapping[str, str]) -> dict[str, str]:
    """Return links with what opening them does beside their names: some take effect at once."""
    effects = {"acts": say("takes effect when opened"), "unsubscribes": say("unsubscribes when opened"),
               "reports": say("reports to the marketplace")}
    return {f"{name} ({effects[does]})" if (does := opens(url)) in effects else name: url
            for name, url in links.items()}


def _reply_words(guichet: Guichet, action: Action, case: Case, event: Event, mail: Row) -> tuple[Words, str]:
    """Return the words of a reply, or empty ones and what is wrong with the template."""
    try:
        return reply_words(guichet.templates, action.template, case, event, mail), ""
    except TemplateError as error:
        return Words(subject="", body=""), str(error)


def reply_words(templates: Templates, template: str, case: Case, event: Event, mail: Mapping[str, Any],
                **more: object) -> Words:
    """Return the words of a template to the buyer or the marketplace, in the buyer's language.

    Raises:
        TemplateError: it is missing, wrong, or prints what is unknown or empty.
    """
    context = {"case": case, "facts": event.facts, "text": event.text, "at": event.at, **more,
               "subject": draft.reply_subject(mail.get("subject", ""))}
    return templates.render(template, case.language or templates.seller.language, context,
                            marketplace=case.key.marketplace)


def _answered_mail(guichet: Guichet, event: Event) -> Row:
    if not event.source.startswith("mail:"):
        return {}
    return guichet.store.row("SELECT subject, message_id, references_ FROM mails WHERE id = ?",
                             int(event.source.removeprefix("mail:"))) or {}


def _with_quote(guichet: Guichet, body: str, event: Event, case: Case) -> str:
    """Add the message that is answered: Amazon wants the original quoted, eBay bounces an answer without its line."""
    quoted = ""
    if event.text:
        quoted = draft.quote(event.text, case.buyer or "", event.at, case.language or guichet.seller.language,
                             ZoneInfo(guichet.seller.timezone))
    line = event.facts.get("reference_line", "")
    kept = "\n".join(part for part in (quoted, f"> {line}" if line else "") if part)
    return f"{body.rstrip()}\n\n{kept}\n" if kept else body


def _message_id(guichet: Guichet, mailbox: Mailbox, step: str) -> str:
    return draft.message_id(guichet.store.salt(), step, mailbox.address.rpartition("@")[2])


def tell_seller(guichet: Guichet, action: Action, case: Case, event_id: int, now: datetime) -> None:
    """Write a mail about a case to each address of the seller."""
    context = seller_context(guichet, case, event_id, action, now)
    step = f"{case.key.marketplace}/{case.key.reference}/{action.step}"
    write_to_seller(guichet, action, step, context, case.number, event_id, now)


def write_to_seller(guichet: Guichet, action: Action, step: str, context: Mapping[str, Any], case: int | None,
                    event_id: int | None, now: datetime) -> None:
    mailbox = guichet.settings.postbox
    said = _seller_words(guichet, action.template, context)
    for address in guichet.seller.notify:
        own = f"{step}/{address}"
        guichet.store.write(frozen(guichet, Written(
            step=own, what=action.what, mailbox=mailbox.name, to=address, channel=Channel.EMAIL, mode=action.mode,
            state=State.READY, template=action.template, subject=said.subject, body=said.body,
            message_id=_message_id(guichet, mailbox, own), why=action.why), now), case, event_id, now)


def _seller_words(guichet: Guichet, template: str, context: Mapping[str, Any]) -> Words:
    """Return the words for the seller; where his own template is broken, the program's, so that he hears of it."""
    try:
        return guichet.templates.render(template, guichet.seller.language, context)
    except TemplateError as error:
        log.error("%s", error)
        return Templates(guichet.seller, careful=False).render(template, guichet.seller.language, context)


def seller_context(guichet: Guichet, case: Case, event_id: int, action: Action, now: datetime) -> dict[str, Any]:
    """Return what a mail to the seller about a case may say."""
    store, number = guichet.store, case.number or 0
    event = store.row("SELECT * FROM events WHERE id = ?", event_id) or {}
    return {
        "case": case, "headline": say(kind_words(case.kind or "")), "event": event, "why": action.why, "now": now,
        "draft": _draft(store, number, action.draft), "deadlines": open_deadlines(store, number, now),
        "last": '"last": "yes"' in event.get("facts", ""),
        "text": _last_text(store, number), "links": labelled(_last_links(store, number)), "held": _held(event),
        "unknown": f"M-{event['mail']}" if event.get("kind") == Kind.MARKETPLACE_WROTE and event["mail"] else "",
    }


def _draft(store: Store, case: int, number: int | None) -> Row | None:
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


def _last_links(store: Store, case: int) -> dict[str, str]:
    row = store.row("SELECT links FROM events WHERE case_id = ? AND links != '{}' ORDER BY id DESC LIMIT 1", case)
    return json.loads(row["links"]) if row else {}


def frozen(guichet: Guichet, row: Written, now: datetime) -> Written:
    """Return a row that is to leave with its bytes, dated now; failed, with the reason, if no safe mail can be made."""
    if row.state != State.READY:
        return row
    try:
        return replace(row, raw=freeze(guichet, asdict(row) | {"to_addr": row.to, "references_": row.references}, now))
    except draft.UnsafeMailError as error:
        return replace(row, state=State.FAILED, error=str(error))


def freeze(guichet: Guichet, row: Mapping[str, Any], now: datetime) -> bytes:
    """Return the bytes of an outbox row, dated now; a second try of sending is the same to the byte.

    Raises:
        UnsafeMailError: no safe mail can be made of it.
    """
    mailbox = guichet.mailbox(row["mailbox"])
    to_seller = row["what"] not in (What.REPLY, What.OFFER)
    automatic = "auto-generated" if to_seller else "auto-replied" if row["mode"] == Mode.ALONE else ""
    return draft.compose(draft.Outgoing(
        sender=mailbox.address, sender_name="Guichet" if to_seller else guichet.seller.name, to=row["to_addr"],
        subject=row["subject"], body=row["body"], message_id=row["message_id"], date=now,
        in_reply_to=row["in_reply_to"], references=tuple(row["references_"].split()), automatic=automatic,
        bot=row["message_id"].strip("<>")[:16]))
