"""What a backtest tells a person: in a few lines for the terminal, and as one page of HTML that fetches nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from html import escape
from statistics import median
from typing import Any

from bot.backtesting import MET, MISSED, OPEN, Report
from bot.core.chart import CLASSES, STYLE, Chart, Series, drawn, tabled
from bot.core.clean import one_line
from bot.core.deadline import local
from bot.core.policy import Seller
from bot.edges.store import moment
from bot.words import current, say
from bot.words.kinds import kind_words

MOST = 15       # lines of one list in the terminal; the page and --json have all
HEADLINE = 70   # characters of a subject

Flat = Mapping[str, Any]


def told(report: Report, seller: Seller) -> str:
    """Return the report as lines, in the language spoken now."""
    first, last = local(report.first, seller), local(report.last, seller)
    missed = [_missed(row, seller) for row in report.of(MISSED)]
    parts = ((say("Backtest from {first} to {last}", first=first, last=last), summary(report)),
             (say("Understood"), _kinds(report)), (say("What the bot would have done"), deeds(report)),
             (say("Deadlines"), kept(report)), (say("Missed"), _first(missed)),
             (say("Refused by a guard"), _first(_reasons(row["why"] for row in report.refused))),
             (say("Understood by nobody"), _first([_unknown(row) for row in report.unknown])),
             (say("Mind"), caveats(report)))
    return "\n\n".join("\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in parts if lines)


def summary(report: Report) -> list[str]:
    return [say("{read} mails; from a marketplace: {recognised}; understood by nobody: {shelf}",
                read=report.read, recognised=report.recognised, shelf=len(report.unknown)),
            *([say("{count} mails lie outside that time", count=report.outside)] if report.outside else []),
            say("Nothing was sent, and nothing of your data folder was touched.")]


def _kinds(report: Report) -> list[str]:
    return [f"{count:>6}  {say(kind_words(kind))}" for kind, count in report.kinds.items()]


def deeds(report: Report) -> list[str]:
    rows = ((report.cases, say("cases opened")), (report.asked, say("questions to you")),
            (report.drafts, say("drafts, for your yes")), (report.alone, say("replies that leave alone")),
            (report.shadow, say("replies in shadow mode: only written down")),
            (len(report.refused), say("refused by a guard, or left to you")),
            (report.warned, say("reminders before a deadline")), (report.answers, say("real answers of yours found")))
    return [f"{count:>6}  {what}" for count, what in rows if count or what != say(
        "replies in shadow mode: only written down")]


def kept(report: Report) -> list[str]:
    """Return how many deadlines were met and by how much, and what the missed ones cost as far as mails say."""
    met, left = len(report.of(MET)), [row["left"] for row in report.of(MET)]
    spare = say(", half of them with more than {left} to spare", left=span(median(left))) if len(left) > 1 else ""
    lines = [f"{met:>6}  {say('met in time')}{spare}", f"{len(report.of(MISSED)):>6}  {say('not met in time')}",
             f"{len(report.of(OPEN)):>6}  {say('still running')}"]
    if stake := report.sums("amount"):
        lines.append(say("At stake in those missed: {sums}", sums=", ".join(stake.values())))
    if lost := report.sums("lost"):
        lines.append(say("Taken back afterwards, as later mails say: {sums}", sums=", ".join(lost.values())))
    return lines


def span(minutes: float) -> str:
    """Return a time in words: 2 d 3 h, 5 h 12 min."""
    days, rest = divmod(int(minutes), 1440)
    hours, left = divmod(rest, 60)
    if days:
        return say("{days} d {hours} h", days=days, hours=hours)
    return say("{hours} h {minutes} min", hours=hours, minutes=left) if hours else say("{minutes} min", minutes=left)


def _missed(row: Flat, seller: Seller) -> str:
    about = row["order"] or row["item"] or row["case"]
    parts = [local(moment(row["due"]), seller), f"{row['shop']} {about}", say(kind_words(row["kind"])), _late(row)]
    return " · ".join(filter(None, [*parts, row["amount"]]))


def _late(row: Flat) -> str:
    return say("answered {late} late", late=span(row["late"])) if row["late"] is not None else say("no answer found")


def _unknown(row: Flat) -> str:
    said = one_line(row["subject"] or "", set())
    shown = said if len(said) <= HEADLINE else said[:HEADLINE - 1] + "…"
    return f"{row['from'] or '?'} · {shown or say('(no subject)')} · {row['reason']}"


def _reasons(whys: Iterator[str]) -> list[str]:
    """Return why things were refused, alike ones counted, the most frequent first."""
    return [f"{count:>4} × {why}" for why, count in Counter(whys).most_common()]


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MOST
    return [*lines[:MOST], *([say("and {count} more: --html FILE or --json has them all", count=more)]
                             if more > 0 else [])]


def caveats(report: Report) -> list[str]:
    """Return what the numbers cannot know."""
    lines = list(report.failures)
    if report.of(MISSED):
        lines.append(say("What you answered on a marketplace's own page leaves no mail, unless the marketplace sends a "
                         "copy: such deadlines count as missed here."))
    if report.unchecked:
        lines.append(say("Signatures were not checked, for that asks the DNS: such mails count as not proven, and "
                         "nothing leaves alone on their account. --dkim checks them."))
    elif sum(report.origins.values()) and report.origins.get("proven", 0) * 2 < sum(report.origins.values()):
        lines.append(say("Most mails are not proven to come from where they say; `run_bot.py check` says which "
                         "authserv_id to write into mailboxes.toml."))
    if report.stopped:
        lines.append(say("Automatic sending would have stopped until you look: {reason}", reason=report.stopped))
    return lines


# -- the page ------------------------------------------------------------------------------------

_STYLE = """\
:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--soft:#c4c4c4;--quiet:#595959}
@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#121212;--soft:#4a4a4a;--quiet:#b5b5b5}}
*{box-sizing:border-box}
body{margin:0 auto;padding:16px;max-width:72em;font:16px/1.5 system-ui,sans-serif;color:var(--ink);\
background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.5em;line-height:1.3}h2{font-size:1.2em;margin-top:2em}
.figures{display:flex;flex-wrap:wrap;gap:8px 32px;padding:0;list-style:none}
.figures b{display:block;font-size:1.7em;line-height:1.2}
.pair{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:16px;align-items:start}
@media (max-width:50em){.pair{grid-template-columns:minmax(0,1fr)}}
figure{margin:0}
.table{overflow:auto;max-height:22em}
table{border-collapse:collapse;font-size:.88em;width:100%}
caption{text-align:left;font-weight:bold;padding:4px 0}
th,td{padding:4px 8px;border-bottom:1px solid var(--soft);text-align:left;vertical-align:top}
th[scope=row]{white-space:nowrap}td{font-variant-numeric:tabular-nums}
p.quiet{color:var(--quiet)}
@media print{body{max-width:none;padding:0}figure{margin:0}
.table{overflow:visible;max-height:none}.pair{display:block}\
section{break-inside:avoid-page}tr{break-inside:avoid}}
"""


def page(report: Report, seller: Seller) -> str:
    """Return the whole report as one HTML page: no script, no link, nothing from elsewhere."""
    title = say("Guichet: backtest from {first} to {last}", first=local(report.first, seller)[:10],
                last=local(report.last, seller)[:10])
    return "".join((
        f'<!DOCTYPE html>\n<html lang="{current()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" '
        f'content="no-referrer">\n<title>{escape(title)}</title>\n<style>\n{_STYLE}{STYLE}</style>\n</head>\n<body>\n'
        f"<main>\n<h1>{escape(title)}</h1>\n", _paragraphs(summary(report)), _figures(report),
        *map(_pair, charts(report)), *_lists(report, seller), "</main>\n</body>\n</html>\n"))


def _paragraphs(lines: Sequence[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>\n" for line in lines)


def _figures(report: Report) -> str:
    rows = ((report.read, say("mails")), (report.recognised, say("recognised")), (report.cases, say("cases")),
            (report.drafts, say("drafts, for your yes")), (report.alone, say("replies that leave alone")),
            (len(report.of(MET)), say("deadlines met")), (len(report.of(MISSED)), say("deadlines missed")))
    figures = "".join(f"<li><b>{count}</b>{escape(what)}</li>" for count, what in rows)
    return f'<ul class="figures">{figures}</ul>\n'


def charts(report: Report) -> list[Chart]:
    """Return the three pictures: mails by kind, deadlines by their end, hours to an answer; a bar a week."""
    weeks = report.weeks
    by_week = _weekly(report)
    ends = [Series(name=name, values=[row[state] for row in weeks]) for state, name in
            ((MET, say("kept in time")), (MISSED, say("not met in time")), (OPEN, say("still running")))]
    hours = Series(name=say("hours"), values=[row["hours_to_answer"] for row in weeks])
    return [
        by_week(id="mails", title=say("Mails a week, by kind"), series=_by_kind(report),
                words=say("{count} mails in {weeks} weeks", count=report.recognised, weeks=len(weeks))),
        by_week(id="deadlines", title=say("Deadlines a week"), series=ends,
                words=say("{met} met, {missed} missed, {open} still running", met=len(report.of(MET)),
                          missed=len(report.of(MISSED)), open=len(report.of(OPEN)))),
        by_week(id="answers", title=say("Hours to your answer, median of each week"), series=[hours],
                words=say("{count} answers", count=sum("reply" in row["met_by"].split() for row in report.of(MET)))),
    ]


def _weekly(report: Report) -> Callable[..., Chart]:
    """Return what makes a chart over the weeks of a report, each named by its Monday."""
    days = [date.fromisoformat(row["week"]) for row in report.weeks]
    french = current() == "fr"
    return partial(Chart, head=say("week of"),
                   labels=[day.strftime("%d/%m/%Y" if french else "%Y-%m-%d") for day in days],
                   marks=[day.strftime("%d/%m" if french else "%m-%d") for day in days])


def _by_kind(report: Report) -> list[Series]:
    """Return the most frequent kinds, and all others as one."""
    kinds = list(report.kinds)
    alone = kinds if len(kinds) <= CLASSES else kinds[:CLASSES - 1]
    found = [Series(name=say(kind_words(kind)), values=[row["kinds"].get(kind, 0) for row in report.weeks])
             for kind in alone]
    rest = [sum(count for kind, count in row["kinds"].items() if kind not in alone) for row in report.weeks]
    return [*found, *([Series(name=say("all others"), values=rest)] if len(alone) < len(kinds) else [])]


def _pair(chart: Chart) -> str:
    return (f'<section><h2>{escape(chart.title)}</h2>\n<div class="pair"><figure>{drawn(chart)}</figure>'
            f"{tabled(chart)}</div></section>\n")


def _lists(report: Report, seller: Seller) -> Iterator[str]:
    yield _section(say("What the bot would have done"), [[line.strip()] for line in [*deeds(report), *kept(report)]])
    yield _section(say("Missed"), [
        [local(moment(row["due"]), seller), row["shop"], row["order"] or row["item"] or row["case"],
         say(kind_words(row["kind"])), _late(row), row["amount"] or "–", row["lost"] or "–", row["why"],
         row["silence"] or "–"] for row in report.of(MISSED)],
        [say("due"), say("shop"), say("order"), say("kind"), say("answer"), say("at stake"), say("taken back"),
         say("why"), say("what silence costs")])
    yield _section(say("Met"), [
        [local(moment(row["due"]), seller), row["shop"], row["order"] or row["item"] or row["case"],
         say(kind_words(row["kind"])), span(row["left"]), row["why"]] for row in report.of(MET)],
        [say("due"), say("shop"), say("order"), say("kind"), say("left"), say("why")])
    yield _section(say("Refused by a guard"), [
        [row["case"], local(moment(row["at"]), seller), say(kind_words(row["kind"])), row["why"]]
        for row in report.refused], [say("case"), say("when"), say("kind"), say("why")])
    yield _section(say("Understood by nobody"), [
        [local(moment(row["received"]), seller), row["from"] or "?", row["subject"] or say("(no subject)"),
         row["reason"], row["place"] or ""] for row in report.unknown],
        [say("received"), say("from"), say("subject"), say("reason"), say("where it lies")])
    if lines := caveats(report):
        yield f"<section><h2>{escape(say('Mind'))}</h2>\n{_paragraphs(lines)}</section>\n"


def _section(title: str, rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    if not rows:
        return ""
    titles = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join("<tr>" + "".join(f"<td>{_shown(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return (f"<section><h2>{escape(title)}</h2>\n<table>{f'<thead><tr>{titles}</tr></thead>' if head else ''}"
            f"<tbody>{lines}</tbody></table></section>\n")


def _shown(cell: str) -> str:
    """Return what a mail may have brought in as text and nothing else."""
    return escape(one_line(cell, set()))


