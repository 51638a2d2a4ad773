"""What the linter says of a text for a case, as it is kept with its outbox row and shown to the seller."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot import marketplaces
from bot.core.case import Case
from bot.core.event import Channel, Kind
from bot.core.linter import Remark, Topic, WordsRules, lint


def words_rules(marketplace: str) -> WordsRules:
    """Return what a marketplace says of words; of one that has left the program, nothing is known."""
    return next((one.terms.words for one in marketplaces.installed() if one.name == marketplace), WordsRules())


def remarks_on(body: str, case: Case, *, template: str, automatic: bool) -> tuple[Remark, ...]:
    """Return what is wrong with the words of a template (or of the seller's, in its stead) for a case."""
    return lint(body, words_rules(case.key.marketplace), language=case.language, automatic=automatic,
                purpose=_purpose(template))


def _purpose(template: str) -> str:
    """Return the kind a template answers: `return_opened` of `return_opened.reply`; an own answer, a question."""
    return Kind.BUYER_WROTE if template.startswith("answers/") else template.partition(".")[0]


def stopping(remarks: Sequence[Remark], channel: str) -> list[Remark]:
    """Return what must be mended first. What he posts himself he may also fill in there himself."""
    return [remark for remark in remarks if remark.stops
            and not (channel == Channel.SELLER and remark.code == Topic.BLANKS)]


def kept(remarks: Sequence[Remark]) -> str:
    return json.dumps(_plain(remarks), ensure_ascii=False)


def _plain(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    return [{"code": remark.code, "sentence": remark.sentence, "stops": remark.stops} for remark in remarks]


def unread(case: Case) -> str:
    """Return what is kept in the place of remarks with a draft that nobody is shown yet: what `told` needs to read it.

    Of 10,000 drafts of a first look most are never looked at, and to read one costs as much as to write it.
    """
    return json.dumps({"marketplace": case.key.marketplace, "language": case.language})


def told(row: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the remarks on an outbox row, as they were kept or as its words are read now; none without a row."""
    found = json.loads(row["remarks"]) if row else []
    if row and isinstance(found, dict):
        found = _plain(lint(row["body"], words_rules(found.get("marketplace", "")), language=found.get("language"),
                            automatic=False, purpose=_purpose(row["template"])))
    return list(found)


def sentences(remarks: Sequence[Remark]) -> str:
    return "; ".join(remark.sentence for remark in remarks)
