"""Rules: what the marketplaces demand, and how far the bot may go by itself, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, render_template, request

from bot import marketplaces, showing
from bot.core.decide import ANSWERABLE
from bot.core.event import Kind
from bot.core.policy import Mode
from bot.dashboard.here import guichet, now, shared, store
from bot.dashboard.telling import kind, person
from bot.switching import switch, switched
from bot.words import say

SPANS: Mapping[str, str] = {"hours": "{amount} hours", "days": "{amount} days", "working days": "{amount} working days",
                            "legal days": "{amount} legal days"}

PART = Blueprint("ruling", "bot.dashboard.ruling")

MODES: Mapping[Mode, str] = {
    Mode.OFF: "say nothing", Mode.SHADOW: "only note what it would do", Mode.DRAFT: "write, and ask you",
    Mode.ALONE: "do it alone",
}


@PART.get("/rules")
def rules() -> str:
    return _page("", good=True)


@PART.post("/rules")
def switch_mode() -> tuple[str, int]:
    """Switch a mode; what lets mail leave without a yes wants one more."""
    name, said = request.form.get("name", ""), request.form.get("mode", "")
    if name not in {row["name"] for row in _modes()} or said not in {"", *MODES}:
        abort(400)
    if said == Mode.ALONE and request.form.get("sure") != "yes":
        return _page(say("Nothing was switched: say that you mean it by the box beside «do it alone»."),
                     good=False), 422
    if request.form.get("was") != guichet().policy.mode_for(*name.split(".")):
        return _page(say("It was switched elsewhere since this page was shown: nothing was done."), good=False), 409
    switch(store(), name, Mode(said) if said else None, now())
    return _page(say("Switched. What comes from now on is treated so; what was decided before stays."), good=True), 200


def _page(sentence: str, *, good: bool) -> str:
    shop = request.args.get("shop", "")
    shops = _shops()
    chosen = shop if shop in shops else next(iter(shops), "")
    return render_template("rules.html", sentence=sentence, good=good, shops=shops, shop=chosen, modes=MODES,
                           kinds=[row for row in _modes() if row["shop"] == chosen],
                           rules=list(dict.fromkeys(_told(row) for row in showing.rules() if row["shop"] == chosen)))


def _told(row: showing.Flat) -> tuple[str, str, str]:
    """Return a rule as people read it: clocks of one rule that differ only in what starts them read alike."""
    source = f"{row['source']} ({row['read']})"
    if row["says"]:
        return row["rule"], row["says"], source
    amount, _, unit = row["within"].partition(" ")
    span = say(SPANS[unit], amount=amount)
    return row["rule"], f"{kind(row['kind'])} – {span} ({person(row['who'])})", source


def _shops() -> list[str]:
    """Return the marketplaces that write to him: those of his settings, else those that have; else all."""
    named = {shop for box in shared().settings.mailboxes for shop in box.shops}
    every = [one.name for one in marketplaces.installed()]
    seen = {name for name in every if store().row("SELECT 1 AS one FROM cases WHERE marketplace = ? LIMIT 1", name)}
    return sorted(named | seen) or every


def _modes() -> list[dict[str, Any]]:
    over, policy, own = switched(store()), guichet().policy, shared().settings.policy
    return [{"name": f"{shop}.{kind}", "shop": shop, "kind": str(kind), "mode": policy.mode_for(shop, kind),
             "own": own.mode_for(shop, kind), "since": over.get(f"{shop}.{kind}", ("", ""))[1]}
            for shop in _shops() for kind in sorted({*ANSWERABLE, Kind.SALE_MADE})]
