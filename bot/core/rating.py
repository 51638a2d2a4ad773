"""The reminder to rate: once a sale, neutral, only where the marketplace welcomes it, never where there was trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import guards
from bot.core.action import Action, Ruling, What
from bot.core.case import Case
from bot.core.event import Channel, Event, Kind, Party
from bot.core.guards import Act, By, Deed
from bot.core.policy import Mode, Policy
from bot.words import say
from bot.words.kinds import kind_words

# After one of these a reminder is out of place for good, however it ended.
TROUBLE = frozenset({
    Kind.NOT_RECEIVED_CLAIMED, Kind.NOT_CONFORMING_CLAIMED, Kind.CLAIM_UPDATED, Kind.CLAIM_CLOSED, Kind.PROOF_DEMANDED,
    Kind.DOCUMENTS_DEMANDED, Kind.CARRIER_ENQUIRY_DEMANDED, Kind.LAST_CALL, Kind.CANCELLATION_REQUESTED,
    Kind.SALE_CANCELLED, Kind.WITHDRAWAL_OPENED, Kind.RETURN_OPENED, Kind.RETURN_UPDATED, Kind.RETURN_CANCELLED,
    Kind.REFUND_ISSUED, Kind.GUARANTEE_CLAIMED, Kind.GUARANTEE_DECIDED, Kind.CHARGEBACK_OPENED, Kind.OFFER_UPDATED,
})


def rated(case: Case) -> str:
    if Kind.RATING_RECEIVED not in case.around.told:
        return ""
    return say("a rating has come in: nobody is reminded")


def troubled(case: Case) -> str:
    found = next((kind for kind in case.around.told if kind in TROUBLE), None)
    return say("no reminder to rate after this: {kind}", kind=say(kind_words(found))) if found else ""


def waiting(case: Case) -> str:
    if case.turn is not Party.SELLER or case.kind is Kind.SALE_MADE:
        return ""
    return say("the buyer waits for an answer himself: nobody is reminded")


# Asked from top to bottom; the first sentence says why nobody is reminded. Those of guards.py come besides.
CHECKS: tuple[Callable[[Case], str], ...] = (rated, troubled, waiting)


def refused(act: Act) -> str:
    found = next((sentence for check in CHECKS if (sentence := check(act.case))), "")
    return found or guards.no_direct(act) or guards.refused(act)


def remind_to_rate(case: Case, event: Event, policy: Policy, now: datetime, wait: timedelta) -> Action | Ruling | None:
    """Return the reminder, or why there is none; None where the policy wants none.

    Args:
        wait: how long what leaves alone is held.
    """
    mode = policy.rating_mode(case.key.marketplace, welcome=case.around.limits.rating_reminder)
    if event.kind is not Kind.RATING_DUE or mode is Mode.OFF:
        return None
    act = _act(case, event, policy, now)
    if sentence := refused(act):
        return Ruling(refused=True, why=sentence)
    why = say("the parcel was on its way or there {days} days ago, and no rating is known", days=event.facts["days"])
    if mode is Mode.ALONE and (reason := refused(replace(act, by=By.BOT))):
        mode, why = Mode.DRAFT, f"{why}; {reason}"
    return Action(what=What.REPLY, to=Party.BUYER, channel=act.channel, mode=mode, template="rating_reminder.reply",
                  step="rating", why=why, wait=wait if mode is Mode.ALONE else timedelta(), once=act.once,
                  call=event.calls["reply"] if act.channel is Channel.WEBSERVICE else "")


def _act(case: Case, event: Event, policy: Policy, now: datetime) -> Act:
    by_mail = bool(case.around.reply_channel is Channel.EMAIL and case.answer_to)
    channel = Channel.WEBSERVICE if "reply" in event.calls else Channel.EMAIL if by_mail else Channel.SELLER
    return Act(deed=Deed.REPLY, by=By.SELLER, case=case, policy=policy, now=now, kind=Kind.RATING_DUE,
               channel=channel, address=case.answer_to if channel is Channel.EMAIL else "")
