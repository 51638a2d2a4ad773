"""Every rule of the two marketplaces in depth, walked from a mail to the instant it is due.

The instants are reckoned by hand from the Date of the sample; the zone is Paris, winter time from 25 October 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import marketplaces
from bot.settings import Settings, load
from tests.world import try_file

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "bot" / "marketplaces"
NOW = datetime(2027, 1, 1, tzinfo=UTC)

# rule, sample, deadline, due: reckoned by the rule where the mail states nothing
WALKS = [
    ("A1", "amazon/buyer_wrote_fr_order", "answer", "2026-10-07T17:21:09Z"),                      # 24 hours
    ("A4", "amazon/return_opened_de_accident_forwarded", "decide_return", "2026-10-23T08:12:11Z"),  # the earlier
    ("A7", "amazon/return_updated_en_delivered", "refund_return", "2026-10-30T09:15:00Z"),        # 2 working days
    ("A8", "amazon/guarantee_claimed_fr_asks", "answer_claim", "2026-10-24T09:15:00Z"),           # the earlier: 48 h
    ("A9", "amazon/guarantee_decided_de_granted", "appeal", "2026-11-21T10:15:00Z"),              # 30 days
    ("A10", "amazon/chargeback_opened_en_notification", "answer_chargeback", "2026-10-29T10:15:00Z"),  # 7 days
    ("A11", "amazon/cancellation_requested_de", "cancel_or_ship", "2026-10-22T21:15:00Z"),        # 12 hours
    ("R1", "rakuten_fr/sale_made_no_number", "accept_sale", "2026-11-25T09:12:00Z"),              # 3 working days
    ("R2", "rakuten_fr/proof_ship_as_soon_as_you_can", "ship", "2026-11-14T09:12:00Z"),
    ("R3", "rakuten_fr/question_about_an_item", "answer_question", "2026-11-21T13:12:00Z"),       # our own 4 hours
    ("R4", "rakuten_fr/claim_contact_the_buyer", "propose_solution", "2026-11-05T09:12:00Z"),     # stated
    ("R6", "rakuten_fr/claim_stock_taken_together", "confirm_shipment", "2026-11-05T09:12:00Z"),  # stated
    ("R7", "rakuten_fr/proof_of_deposit_registered_parcel", "send_proof", "2026-11-12T09:12:00Z"),  # 2 days
    ("R9", "rakuten_fr/claim_papers_asked_of_the_buyer", "send_papers", "2026-11-14T09:12:00Z"),  # 5 days
    ("R10", "rakuten_fr/carrier_delivery_trouble", "return_findings", "2026-11-30T09:12:00Z"),    # 25 days
    ("R11", "rakuten_fr/withdrawal_nobody_says_when", "answer_withdrawal", "2026-11-13T09:12:00Z"),  # 3 days
    ("R12", "rakuten_fr/withdrawal_after_receipt", "return_item", "2026-11-24T23:00:00Z"),        # 14 legal days
    ("OFFER", "rakuten_fr/offer_passed_on", "answer_offer", "2026-11-09T09:12:00Z"),              # our own 3 days
    ("R13", "rakuten_fr/return_delivered", "check_return", "2026-11-19T09:12:00Z"),               # 48 hours
]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load(ROOT / "mailboxes.toml")


@pytest.mark.parametrize(("rule", "sample", "name", "due"), WALKS, ids=[f"{row[0]}-{row[2]}" for row in WALKS])
def test_rule_is_walked_from_mail_to_due_instant(
        settings: Settings, rule: str, sample: str, name: str, due: str) -> None:
    path = FOLDER / sample.replace("/", "/samples/", 1)
    found = try_file(path.with_suffix(".eml"), settings, NOW, pinned=False)
    [deadline] = [one for one in found["deadlines"] if one["name"] == name]
    assert (deadline["rule"], deadline["due"]) == (rule, due)
    assert deadline["why"]


@pytest.mark.parametrize(("marketplace", "letter", "last"), [("rakuten_fr", "R", 15), ("amazon", "A", 11)])
def test_every_rule_of_the_domain_is_a_row_with_source_and_day(marketplace: str, letter: str, last: int) -> None:
    [one] = [one for one in marketplaces.installed() if one.name == marketplace]
    rows = [(row.id, row.source, row.read) for row in one.terms.rules]
    rows += [(row.id, row.source, row.read) for row in one.terms.notes]
    assert {f"{letter}{number}" for number in range(1, last + 1)} <= {number for number, _, _ in rows}
    assert all(source and read for _, source, read in rows)


@pytest.mark.parametrize("marketplace", ["rakuten_fr", "amazon"])
def test_every_rule_that_starts_a_clock_is_walked(marketplace: str) -> None:
    [one] = [one for one in marketplaces.installed() if one.name == marketplace]
    own = {"DOC", "LAST", "OFFER"}   # our own cautions, where the marketplace names no time
    assert {rule.id for rule in one.terms.rules} - own <= {row[0] for row in WALKS}
