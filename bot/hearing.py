"""Orders by mail: is this one, may he give it, what became of it. Every order is answered once.

The token is needed always. What reaches a buyer, costs money, or lets the bot write again needs a proven origin
besides. An order stands in his newest words alone, never in what he quotes; a token may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.action import Action, What
from bot.core.case import Case
from bot.core.event import Channel, Party
from bot.core.grant import NEEDS_PROOF
from bot.core.message import Message, Origin
from bot.core.order import Order, Unclear, Word, examples, tokens, understand, without_tokens
from bot.core.policy import Mode
from bot.core.quote import own_words
from bot.edges.store import Mail, Row, moment
from bot.guichet import Guichet
from bot.ordering import Asked, Outcome, Verdict, carry_out
from bot.pipeline import OrderError, RefusedError, note_refusal
from bot.proofing import told
from bot.standing import standing
from bot.words import say
from bot.writing import cases_told, draft_of, open_deadlines, orders_of, write_to_seller

MOST_GUESSES = 5      # bad tokens from one sender in a day; after that his orders wait for the terminal
MOST_MARKS = 50       # of one mail are looked up: a long thread quotes a dozen, a mail made to guess holds a million
MOST_UNCLEAR = 3      # answers a day to mails about a case in which no order is found: a robot would go on for ever
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A mail that may hold an order.

    Attributes:
        token, grant: the token it carries and what that grants; empty and None where it carries none of ours.
    """

    mail: Mail
    seen: Message
    token: str = ""
    grant: Row | None = None


class DistrustError(OrderError):
    """An order that is not obeyed because of who gives it, or how; `code` is the reason's word."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def hear(guichet: Guichet, mail: Mail, seen: Message, now: datetime) -> bool:
    """Let an order by mail take its effect, and settle the mail; say whether it was one."""
    heard = _heard(guichet, mail, seen)
    if heard is None:
        return False
    said = without_tokens(next(iter(own_words(seen.text).splitlines()), ""))[:200]
    try:
        case, given = _trusted(guichet, heard, now)
        said = given.said       # and not the greeting above it
        with guichet.store.write_tx():
            outcome = carry_out(_asked(guichet, heard, given, case, now))
            _settle(guichet, heard, said, outcome, case, now)
    except DistrustError as refusal:
        _distrust(guichet, heard, said, refusal, now)
    except OrderError as refusal:
        _decline(guichet, heard, said, refusal, now)
    return True


def _heard(guichet: Guichet, mail: Mail, seen: Message) -> Heard | None:
    """Return what may be an order: what carries a token of ours, or comes from the seller and means us."""
    found = tokens(f"{seen.subject}\n{seen.text}")[:MOST_MARKS]
    granted = next(((token, grant) for token in found if (grant := guichet.store.granted(token))), None)
    if granted:
        return Heard(mail=mail, seen=seen, token=granted[0], grant=granted[1])
    if seen.sender not in _sellers(guichet) or seen.automatic:
        return None
    means_us = found or _answers_us(guichet, seen) or _is_order(_read(guichet, seen, mail.received))
    return Heard(mail=mail, seen=seen, token=next(iter(found), "")) if means_us else None


def _is_order(given: Order | Unclear) -> bool:
    """Say whether a mail without a token is meant for us: free words are not, he writes to others too."""
    return isinstance(given, Order) and given.word is not Word.TEXT


def _sellers(guichet: Guichet) -> frozenset[str]:
    return frozenset(address.lower() for address in guichet.seller.notify)


def _answers_us(guichet: Guichet, seen: Message) -> bool:
    return any(guichet.store.is_own(one) for one in (seen.in_reply_to, *seen.references))


def _read(guichet: Guichet, seen: Message, now: datetime) -> Order | Unclear:
    return understand(own_words(seen.text), today=now.astimezone(ZoneInfo(guichet.seller.timezone)).date())


# -- may he? -------------------------------------------------------------------------------------------


def _trusted(guichet: Guichet, heard: Heard, now: datetime) -> tuple[Case | None, Order]:
    """Return the case and the order, if he who gives it may.

    Raises:
        DistrustError: he may not, or it is no order.
    """
    grant = _valid(guichet, heard, now)
    given = _read(guichet, heard.seen, now)
    if isinstance(given, Unclear):
        raise DistrustError(given.code, given.why)
    case = guichet.store.case_by_number(grant["case_id"]) if grant["case_id"] else None
    if given.case and (case is None or given.case != case.id):
        raise DistrustError("case_mismatch", say("that mail is about {ours}, and the order names {theirs}; answer the "
                                                 "mail that is about {theirs}", ours=case.id if case else "Guichet",
                                                 theirs=given.case))
    if str(given.word) not in grant["words"].split():
        raise DistrustError("not_granted", say("«{said}» is no answer to that mail", said=given.said))
    _prove(heard.seen, given.word)
    return case, given


def _valid(guichet: Guichet, heard: Heard, now: datetime) -> Row:
    """Return what the token grants. The order of these questions decides which reason is told."""
    seen, grant = heard.seen, heard.grant
    if seen.automatic:
        raise DistrustError("auto_submitted", say("an automatic mail gives no orders"))
    if guichet.store.guesses_since(now - DAY, seen.sender, seen.origin) >= MOST_GUESSES:
        raise DistrustError("too_many_guesses", say(
            "too many wrong marks came from {sender} today; until tomorrow give your orders in the terminal: "
            "run_bot.py order C-12 ok", sender=seen.sender))
    if grant is None:
        raise DistrustError("bad_token" if heard.token else "no_token", say(
            "the mark [C-… XXXX-XXXX-XXXX-XXXX] of one of our mails must stand in the subject or in the text: answer "
            "one of them, and leave the mark where it is"))
    if seen.sender not in _sellers(guichet) or seen.sender != grant["address"].lower():
        raise DistrustError("not_the_seller", say("{sender} is not whom we wrote to", sender=seen.sender))
    if seen.origin is Origin.FORGED:
        raise DistrustError("sender_unverified", say("your mail host says that it is forged"))
    if grant["used"]:
        raise DistrustError("token_used", say("that mail has been answered already; answer the newest one"))
    if moment(grant["expires"]) <= now:
        raise DistrustError("token_expired", say("that mail is too old to be answered with an order"))
    return grant


def _prove(seen: Message, word: Word) -> None:
    if word in NEEDS_PROOF and seen.origin is not Origin.PROVEN:
        raise DistrustError("sender_unverified", say(
            "your mail host does not vouch for it ({why}), and such an order needs that; `run_bot.py check` says how "
            "to get there, and the terminal takes the order: run_bot.py order", why=seen.origin_why))


# -- what became of it -----------------------------------------------------------------------------------


def _asked(guichet: Guichet, heard: Heard, given: Order, case: Case | None, now: datetime) -> Asked:
    grant = heard.grant
    assert grant, "only a valid token came so far"
    row = guichet.store.outbox_row(grant["draft"]) if grant["draft"] else None
    return Asked(guichet=guichet, order=given, now=now, source=f"mail:{heard.mail.id}", case=case, row=row,
                 shown=grant["shown"])


def headline(verdict: Verdict) -> str:
    return {Verdict.DONE: say("Done"), Verdict.SHOWN: say("To be looked at"), Verdict.LATE: say("Too late"),
            Verdict.REFUSED: say("Refused"), Verdict.UNCLEAR: say("Not understood")}[verdict]


def _settle(guichet: Guichet, heard: Heard, said: str, outcome: Outcome, case: Case | None, now: datetime,
            reason: str = "") -> None:
    """Write down what became of an order, use up its token, and answer it."""
    store = guichet.store
    store.use_token(heard.token, now)
    number = case.number if case else None
    store.record_order(heard.mail.id, number, heard.seen.sender, said, str(outcome.verdict), reason, now)
    store.settle_mail(heard.mail.id, "read", f"order_{outcome.verdict}: {said}", kind="order", case=number)
    store.forget_subject(heard.mail.id, without_tokens(heard.seen.subject))
    _answer(guichet, heard, said, outcome, case, f"order/M-{heard.mail.id}", now)


def _decline(guichet: Guichet, heard: Heard, said: str, refusal: OrderError, now: datetime) -> None:
    """Answer an order that may be given, but cannot be carried out: with the reason."""
    case = guichet.store.case_by_number(heard.grant["case_id"]) if heard.grant and heard.grant["case_id"] else None
    if isinstance(refusal, RefusedError):
        note_refusal(guichet, refusal, now)
    with guichet.store.write_tx():
        _settle(guichet, heard, said, Outcome(verdict=Verdict.REFUSED, sentences=(str(refusal),)), case, now,
                type(refusal).__name__)


def _distrust(guichet: Guichet, heard: Heard, said: str, refusal: DistrustError, now: datetime) -> None:
    """Write down what is not obeyed, and tell the seller: each time if it is he beyond doubt, else once a day."""
    store, grant = guichet.store, heard.grant
    unclear = refusal.code in ("no_command", "ambiguous_command")
    case = store.case_by_number(grant["case_id"]) if grant and grant["case_id"] else None
    with store.write_tx():
        before = store.unclear_since(now - DAY, heard.seen.sender)
        store.record_order(heard.mail.id, case.number if case else None, heard.seen.sender, said,
                           str(Verdict.UNCLEAR if unclear else Verdict.REFUSED), refusal.code, now)
        store.settle_mail(heard.mail.id, "shelved", f"{refusal.code}: {refusal}", kind="order",
                          case=case.number if case else None)
        store.forget_subject(heard.mail.id, without_tokens(heard.seen.subject))
        if refusal.code == "auto_submitted" or (unclear and before >= MOST_UNCLEAR):
            return
        if unclear and _is_his(guichet, heard):
            store.use_token(heard.token, now)  # the answer has a fresh one
            _answer(guichet, heard, said, Outcome(verdict=Verdict.UNCLEAR, sentences=(str(refusal),), words=(
                () if case else tuple(Word))), case, f"order/M-{heard.mail.id}", now)
        else:
            _notice(guichet, heard, said, refusal, case, now)


def _notice(guichet: Guichet, heard: Heard, said: str, refusal: DistrustError, case: Case | None,
            now: datetime) -> None:
    """Tell the seller of an order that was not obeyed. He hears of it once a day, whoever keeps trying."""
    his = _is_his(guichet, heard)
    day = now.astimezone(ZoneInfo(guichet.seller.timezone)).date().isoformat()
    step = f"order/{refusal.code}/{case.id}/{day}" if his and case else f"order/notice/{day}"
    why = say("An order from {sender} was not carried out: {why}.", sender=heard.seen.sender, why=str(refusal))
    outcome = Outcome(verdict=Verdict.LATE if refusal.code in ("token_used", "token_expired") else Verdict.REFUSED,
                      sentences=(why,))
    to = next((one for one in guichet.seller.notify
               if one.lower() in ((heard.grant or {}).get("address", "").lower(), heard.seen.sender)),
              guichet.seller.notify[0])
    _answer(guichet, heard, said if his else "", outcome, case if his else None, step, now, (to,))


def _is_his(guichet: Guichet, heard: Heard) -> bool:
    """Say whether the seller wrote it beyond doubt, in answer to a mail of ours."""
    seen, grant = heard.seen, heard.grant
    return bool(grant and seen.origin is Origin.PROVEN and seen.sender in _sellers(guichet)
                and seen.sender == grant["address"].lower())


def _answer(guichet: Guichet, heard: Heard, said: str, outcome: Outcome, case: Case | None, step: str,
            now: datetime, to: Sequence[str] = ()) -> None:
    if case is None and len(outcome.cases) == 1:
        case = guichet.store.case_by_number(outcome.cases[0])  # what he asked about, he may go on ordering about
    case = None if outcome.digest else case                    # the day's mail is about no case
    title, said = headline(outcome.verdict), said.rstrip(" .,:")
    waiting = draft_of(guichet.store, case.number or 0) if case and not (outcome.row or outcome.words) else None
    row = outcome.row or waiting    # what waits is shown, so that his next word may be a yes to it
    context = {
        "tag": case.id if case else "Guichet", "headline": f"{title} – {said}" if said else title, "now": now,
        "sentences": [_sentence(one) for one in outcome.sentences], "draft": row, "waits": bool(waiting),
        "remarks": told(row), "cases": cases_told(guichet, outcome.cases, now),
        "orders": _orders(guichet, outcome, case, row, now),
    }
    action = Action(what=What.NOTICE, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, step=step,
                    template="digest" if outcome.digest else "heard", why=say("an order is answered once"))
    context |= outcome.digest or {}
    write_to_seller(guichet, action, step, context, case.number if case else None, None, now,
                    to=to or (heard.seen.sender,), answers=heard.seen.message_id)


def _sentence(said: str) -> str:
    ends = said[-1:] in ".!?:…" or "://" in said.rpartition(" ")[2]     # an address is copied to its last sign
    return f"{said[:1].upper()}{said[1:]}{'' if ends else '.'}"


def _orders(guichet: Guichet, outcome: Outcome, case: Case | None, row: Row | None,
            now: datetime) -> list[tuple[str, str]]:
    if outcome.words or case is None:
        words = outcome.words or (Word.STATE, Word.SUMMARY, Word.PAUSE, Word.RESUME, Word.HELP)
        return examples(words, guichet.seller.language)
    return orders_of(guichet, standing(guichet, case), row, open_deadlines(guichet.store, case.number or 0, now))
