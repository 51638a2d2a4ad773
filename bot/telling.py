"""The journal told to a person: why a case, a mail of ours, a mail that came stands where it stands; the timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot import showing, words
from bot.core.deadline import local
from bot.core.order import without_tokens
from bot.core.policy import Seller
from bot.edges.store import Store, moment
from bot.showing import Flat
from bot.words import say
from bot.words.kinds import kind_words
from bot.words.telling import CALLED, ENDED, OURS, OUTCOMES, STATES


def who(source: str) -> str:
    """Return who told us something, as a person says it: `seller:mail:5` is "you, by mail (M-5)"."""
    teller, _, rest = source.partition(":")
    if teller == "seller":
        place, _, number = rest.partition(":")
        by = {"terminal": say("you, in the terminal"), "page": say("you, on the page")}
        return say("you, by mail (M-{number})", number=number) if place == "mail" else by.get(place, say("you"))
    tellers = {"mail": say("mail M-{number}", number=rest), "clock": say("the clock"),
               "outbox": say("what became of {id}", id=rest)}
    return tellers.get(teller, source)


def kind_of(kind: str) -> str:
    """Return what an event is called, whoever told it."""
    return say(OURS.get(kind, kind_words(kind)))


def called(word: str) -> str:
    """Return one of our own words as people say it: a state, a mode, a channel, what a mail is."""
    return CALLED[words.current()].get(word, word)


# -- the story -----------------------------------------------------------------------------------


def story(told: Mapping[str, Any], seller: Seller) -> str:
    """Return `why C-12` as a person reads it: mail, facts, rule, decision, words, and what the server said."""
    case = told["case"]
    lines = [f"{case['case']} · {case['shop']} · {case['reference']} · {say(kind_words(case['kind']))}", ""]
    for event in told["events"]:
        lines += _event(event, seller)
    lines += ["", say("Deadlines:")] if told["deadlines"] else []
    for row in told["deadlines"]:
        lines += _deadline(row, seller)
    lines += ["", say("Written:")] if told["outbox"] else []
    for row in told["outbox"]:
        lines += _written(row, seller)
    return "\n".join(lines)


def story_of_draft(told: Mapping[str, Any], number: int, seller: Seller) -> str:
    """Return `why D-3`: the mail of ours, and what it was written about."""
    [row] = [row for row in told["outbox"] if row["id"] == f"D-{number}"]
    step = [event for event in told["events"] if event["number"] == row["event"]]
    lines = [f"{row['id']} · {row['subject']}", "", say("It was written because of this:"), ""]
    for event in step:
        lines += _event(event, seller)
    lines += ["", say("What became of it:"), *_written(row, seller), "",
              say("The whole story: run_bot.py why {case}", case=told["case"]["case"])]
    return "\n".join(lines)


def mail(store: Store, number: int) -> Flat:
    """Return why a mail that came is where it is: what was read out of it, what was ordered by it."""
    row = store.row("SELECT * FROM mails WHERE id = ?", number)
    assert row, "the mail was found a moment ago"
    ordered = store.rows("SELECT sender, said, verdict, reason, at FROM orders WHERE mail = ? ORDER BY id", number)
    return {"mail": {"mail": f"M-{number}", "mailbox": row["mailbox"], "from": row["sender"] or None,
                     "subject": without_tokens(row["subject"]) or None, "received": row["received"],
                     "origin": row["origin"] or None, "state": row["state"], "reason": row["reason"] or None,
                     "kind": row["kind"] or None, "case": f"C-{row['case_id']}" if row["case_id"] else None},
            "events": showing.events(store, "mail = ?", number), "orders": ordered}


def story_of_mail(told: Mapping[str, Any], seller: Seller) -> str:
    """Return `why M-7` as a person reads it."""
    mail = told["mail"]
    lines = [f"{mail['mail']} · {mail['subject'] or '-'}",
             say("came into {mailbox} at {at}, from {sender}", mailbox=mail["mailbox"],
                 at=local(moment(mail["received"]), seller), sender=mail["from"] or "-")]
    lines += [say(STATES[mail["state"]])]
    lines += [f"  {say('reason')}: {mail['reason']}"] if mail["reason"] else []
    lines += [say("It was an order of yours: «{said}», {verdict}. {reason}", **_order(one)) for one in told["orders"]]
    for event in told["events"]:
        lines += ["", *_event(event, seller)]
    lines += ["", say("The whole story: run_bot.py why {case}", case=mail["case"])] if mail["case"] else []
    return "\n".join(lines)


def _order(row: Mapping[str, str]) -> dict[str, str]:
    return {"said": row["said"], "verdict": row["verdict"], "reason": row["reason"]}


def _event(event: Flat, seller: Seller) -> list[str]:
    lines = [f"{local(moment(event['at']), seller)}  {kind_of(event['kind'])} ({who(event['source'])})"]
    lines += [f"    {say('origin')}: {called(event['origin'] or '-')}"] if event["source"].startswith("mail:") else []
    lines += [f"    {say('held')}: {event['held']}"] if event["held"] else []
    lines += [f"    {name}: {value}" for name, value in event["facts"].items() if value]
    lines += [f"    | {line}" for line in event["text"].splitlines()]
    for clock in event["clocks"]:
        lines.append(f"    {say('clock')}: {clock['name']}: {_rule(clock)}{clock['why']}")
    lines += [f"    -> {_decision(decision)}" for decision in event["decided"]]
    lines += [f"    {_judged(event['rules'])}"] if event["rules"] else []
    return lines


def _rule(row: Flat) -> str:
    """Return the rule and its source, where the arithmetic does not name them already."""
    if not row["rule"] or row["rule"] in row["why"]:
        return ""
    return say("rule {rule} ({source}): ", rule=row["rule"], source=row["source"] or "-")


def _judged(rules: str) -> str:
    program, _, version = rules.partition("/")
    return say("judged by Guichet {program}, rules {version}", program=program, version=version)


def _deadline(row: Flat, seller: Seller) -> list[str]:
    ended = f"  {local(moment(row['ended']), seller)}" if row["ended"] else ""
    return [f"  {row['name']}  {local(moment(row['due']), seller)}  {say(ENDED[row['state']])}{ended}",
            f"    {_rule(row)}{row['why']}"]


def _written(row: Flat, seller: Seller) -> list[str]:
    lines = [f"  {row['id']}  {called(row['what'])} -> {row['to']}  {called(row['state'])}", f"    {row['why']}"]
    lines += [f"    {say('words')}: {_words(row)}"] if row["words"] else []
    lines += [f"    {say('yes')}: {said}" for said in _yes(row, seller)]
    lines += [f"    {one}" for one in _tries(row, seller)]
    tried = {one["answer"] for one in row["tries"]}
    lines += [f"    {row['error']}"] if row["error"] and row["error"] not in tried else []
    return lines + [f"    ! {remark['sentence']}" for remark in row["remarks"]]


def _words(row: Flat) -> str:
    if row["words"] == "seller":
        return say("your own")
    file = row["words"].removeprefix("own:")
    version = f" ({row['version']})" if row["version"] else ""
    return (say("your template {file}", file=file) if file != row["words"] else file) + version


def _yes(row: Flat, seller: Seller) -> Iterator[str]:
    for one in row["yes"]:
        yield f"{local(moment(one['at']), seller)}, {who(one['source'])}"
    if row["mode"] == "alone" and row["what"] in ("reply", "offer") and not row["yes"]:
        yield say("nobody's: your settings let it leave alone")


def _tries(row: Flat, seller: Seller) -> Iterator[str]:
    for one in row["tries"]:
        yield say("try {number}, {at}: {outcome}: {answer}", number=one["try"], at=local(moment(one["at"]), seller),
                  outcome=say(OUTCOMES[one["outcome"]]), answer=one["answer"])


def _decision(decision: Mapping[str, str]) -> str:
    how = " ".join(called(decision[key]) for key in ("action", "channel", "mode", "draft") if decision.get(key))
    return f"{how}: {decision['why']}"


# -- the timeline --------------------------------------------------------------------------------


def timeline(told: Mapping[str, Any]) -> list[Flat]:
    """Return what happened in a case, in the order of time, as flat objects with a sentence each.

    `what` is one of event, deadline, ended, written, try, moved.
    """
    case = told["case"]["case"]
    steps = [*_heard(told["events"]), *_ends(told["deadlines"]), *_left(told["outbox"])]
    return [{"case": case, **step} for step in sorted(steps, key=lambda step: str(step["at"]))]


def _heard(events: Sequence[Flat]) -> Iterator[Flat]:
    for event in events:
        yield _step(event["at"], "event", event["source"], f"{kind_of(event['kind'])} ({who(event['source'])})")
        for clock in event["clocks"]:
            yield _step(event["at"], "deadline", clock["name"], f"{clock['name']}: {clock['why']}")


def _ends(deadlines: Sequence[Flat]) -> Iterator[Flat]:
    for row in deadlines:
        if row["ended"]:
            yield _step(row["ended"], "ended", row["name"], f"{row['name']}: {say(ENDED[row['state']])}")


def _left(outbox: Sequence[Flat]) -> Iterator[Flat]:
    for row in outbox:
        yield _step(row["written"], "written", row["id"], f"{row['id']}: {called(row['what'])} -> {row['to']}")
        for one in row["tries"]:
            yield _step(one["at"], "try", row["id"], f"{row['id']}: {say(OUTCOMES[one['outcome']])}: {one['answer']}")
        if row["state"] in ("handed", "discarded"):
            yield _step(row["changed"], "moved", row["id"], f"{row['id']}: {called(row['state'])}")


def _step(at: str, what: str, about: str, said: str) -> Flat:
    return {"at": at, "what": what, "about": about, "said": said}


def timeline_lines(steps: Sequence[Flat], seller: Seller) -> str:
    """Return a timeline as a person reads it."""
    return "\n".join(f"  {local(moment(step['at']), seller)}  {step['said']}" for step in steps)
