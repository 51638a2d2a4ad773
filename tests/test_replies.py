"""Every reply and every offer: tried on every sample of every marketplace, in every language there is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot import marketplaces
from bot.checking import Verdict, findings
from bot.core.case import ASKING, Case
from bot.core.choosing import FITS, Choice
from bot.core.decide import ANSWERABLE, WANTS_WORDS
from bot.core.event import CaseKey, Event, Kind
from bot.core.message import read
from bot.core.policy import Seller
from bot.edges.templates import PROGRAM, Templates, Words
from bot.loop import once
from bot.pipeline import consider, event_of
from bot.proofing import remarks_on
from bot.rehearsing import bare, rehearse
from bot.settings import Settings
from bot.understanding import understand
from bot.writing import reply_words
from tests.world import NOW, World

MARIE = Seller(name="Atelier Lumen", return_address="1 rue des Lilas, 75012 Paris")
TEMPLATES = Templates(MARIE)
SAMPLES = Path(marketplaces.__file__).parent
BLANKS = {"fr": "[à compléter]", "en": "[to fill in]", "de": "[bitte ergänzen]", "it": "[da completare]",
          "es": "[por completar]"}
TOLD = "a mail that tells nothing"
BEFORE_A_SALE = {Kind.QUESTION_ASKED}
OFFERS = (Kind.NOT_CONFORMING_CLAIMED, Kind.NOT_RECEIVED_CLAIMED, Kind.RETURN_OPENED)
LINK = re.compile(r"https?:|www\.|\w@\w", re.ASCII)
PHONE = re.compile(r"(?<![\w-])(?:\+|00)?[0-9](?:[ .-]?[0-9]){8,}(?![\w-])")

every_kind = pytest.mark.parametrize("kind", sorted(ANSWERABLE))
every_language = pytest.mark.parametrize("language", sorted(BLANKS))


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A mail, and what the path makes of it before anything is decided."""

    name: str
    subject: str
    case: Case
    event: Event


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[Rehearsal]:
    settings = World(tmp_path_factory.mktemp("rehearsal")).guichet.settings
    told_nothing = [Rehearsal(name=TOLD, subject="", case=case, event=event) for case, event in bare(TEMPLATES, NOW)]
    return [*told_nothing, *(found for path in sorted(SAMPLES.glob("*/samples/*.eml"))
                             if (found := sample(path, settings)))]


def sample(path: Path, settings: Settings) -> Rehearsal | None:
    seen = read(path.read_bytes())
    understood = understand(seen)
    if understood is None or understood.note.kind not in ANSWERABLE:
        return None
    event = event_of(understood, source="try", received=seen.date or NOW, policy=settings.policy)
    case = consider(Case(key=event.case), event, understood, settings, NOW).case
    return Rehearsal(name=path.name, subject=seen.subject, case=case, event=event)


def blank_in(body: str) -> str:
    return next((mark for mark in BLANKS.values() if mark in body), "")


def words(rehearsal: Rehearsal, language: str, what: str = "reply", template: str = "", **more: object) -> Words:
    case = replace(rehearsal.case, language=language)
    return reply_words(TEMPLATES, template or f"{rehearsal.event.kind}.{what}", case, rehearsal.event,
                       {"subject": rehearsal.subject}, **more)


def told(kind: Kind, *, marketplace: str = "ebay", buyer: str | None = None, order: str | None = None,
         facts: Mapping[str, str] | None = None) -> Rehearsal:
    key = CaseKey(marketplace=marketplace, shop=marketplace, reference="1")
    return Rehearsal(name="x", subject="Bonjour", case=Case(key=key, buyer=buyer, order=order, kind=kind),
                     event=Event(key="x", kind=kind, case=key, at=NOW, source="try", facts=facts or {}))


def without_facts(body: str, rehearsal: Rehearsal) -> str:
    """Cut what the marketplace itself tells: an order number looks like a telephone's."""
    case = rehearsal.case
    known = {case.order, case.item, case.buyer, MARIE.return_address, *rehearsal.event.facts.values()} - {None, ""}
    for said in sorted((said for said in known if said), key=len, reverse=True):
        body = body.replace(said, "")
    return body


# ---- every sample


def test_every_reply_to_every_sample_is_fit_to_be_sent(tried: list[Rehearsal]) -> None:
    assert sum(rehearsal.name != TOLD for rehearsal in tried) >= 20
    wrong = [f"{rehearsal.case.key.marketplace}/{rehearsal.name} {rehearsal.event.kind} {language}: {fault}"
             for rehearsal in tried for language in BLANKS for fault in unfit(rehearsal, language)]
    assert wrong == []


def unfit(rehearsal: Rehearsal, language: str) -> list[str]:
    said, case = words(rehearsal, language), rehearsal.case
    to_buyer = said.headers.get("to") != "marketplace"
    own = without_facts(said.body, rehearsal)
    checks = {
        "Jinja or None is left": not re.search(r"\{[{%]|[%}]\}|None|Undefined", said.subject + own),
        "too long": len(said.body) < 4_000,
        "outside ISO-8859-1": case.key.marketplace != "rakuten_fr" or own.isascii() or encodes(own),
        "a link, an address or a telephone": not LINK.search(own) and not PHONE.search(own),
        "not signed": said.body.endswith(f"\n{MARIE.name}\n"),
        "does not greet": not (to_buyer and case.buyer) or case.buyer in said.body.splitlines()[0],
        "does not name the order": not case.order or case.order in said.body or rehearsal.event.kind in BEFORE_A_SALE,
        "a blank of another form": set(re.findall(r"\[[^]]*\]", own)) <= {BLANKS[language]},
        "three empty lines": "\n\n\n" not in said.body,
        "a blank before a comma": not re.search(r" [,.)]|\( |  ", said.body),
    }
    return [fault for fault, fine in checks.items() if not fine]


def encodes(own: str) -> bool:
    try:
        return bool(own.encode("iso-8859-1"))
    except UnicodeEncodeError:
        return False


def test_the_linter_stops_none_of_the_programs_own_words(tmp_path: Path) -> None:
    settings = World(tmp_path).guichet.settings
    wrong = [f"{one.template} {one.sample}: {said}" for one in rehearse(settings, NOW)
             for said in ([one.error] if one.error else [remark.sentence for remark in one.remarks if remark.stops])]
    assert wrong == []


# ---- every kind


@every_kind
def test_every_kind_that_wants_words_has_them_in_five_languages(kind: Kind) -> None:
    assert TEMPLATES.languages(f"{kind}.reply") == ("de", "en", "es", "fr", "it")
    assert WANTS_WORDS[kind]


@every_kind
def test_every_kind_that_wants_words_is_one_the_seller_is_asked_about(kind: Kind) -> None:
    assert kind in ASKING


@pytest.mark.parametrize("path", sorted(PROGRAM.rglob("*.reply.*.txt")), ids=lambda path: path.name)
def test_every_reply_is_for_a_kind_that_wants_one(path: Path) -> None:
    assert path.name.split(".")[0] in {*ANSWERABLE, *Choice, "rating_reminder", "own"}


@every_language
def test_languages_differ_in_more_than_the_greeting(language: str) -> None:
    for kind in ANSWERABLE:
        others = {words(told(kind), other).body for other in BLANKS if other != language}
        assert words(told(kind), language).body not in others


# ---- what each situation wants


@pytest.mark.parametrize("marketplace", ["rakuten_fr", "ebay"])
@every_language
def test_answer_to_a_visitor_is_the_sellers_to_complete(marketplace: str, language: str) -> None:
    assert blank_in(words(told(Kind.QUESTION_ASKED, marketplace=marketplace), language).body) in BLANKS.values()


def test_rakutens_one_answer_invites_no_second_question() -> None:
    assert "autre question" in words(told(Kind.QUESTION_ASKED), "fr").body
    assert "autre question" not in words(told(Kind.QUESTION_ASKED, marketplace="rakuten_fr"), "fr").body


SHIPPED = {"tracking": "8R00042171828", "carrier": "Colissimo", "shipped_on": "2026-11-16"}


@every_language
@pytest.mark.parametrize("kind", [Kind.PROOF_DEMANDED, Kind.CARRIER_ENQUIRY_DEMANDED, Kind.GUARANTEE_CLAIMED,
                                  Kind.CHARGEBACK_OPENED])
def test_what_is_known_of_the_parcel_is_said_and_the_rest_left_blank(kind: Kind, language: str) -> None:
    known, unknown = words(told(kind, facts=SHIPPED), language).body, words(told(kind), language).body
    assert "8R00042171828" in known and "Colissimo" in known and "16" in known
    assert unknown.count(BLANKS[language]) == known.count(BLANKS[language]) + 3


@every_language
def test_buyer_who_waits_is_told_what_is_known_and_shown_no_gap(language: str) -> None:
    """Many of these leave by mail, where nobody fills a gap before they go."""
    known = words(told(Kind.NOT_RECEIVED_CLAIMED, facts=SHIPPED), language).body
    assert "8R00042171828" in known and "Colissimo" in known and "16" in known
    unknown = words(told(Kind.NOT_RECEIVED_CLAIMED), language).body
    assert not blank_in(known + unknown)


@every_language
def test_wrong_tracking_number_is_not_repeated(language: str) -> None:
    said = words(told(Kind.PROOF_DEMANDED, facts=SHIPPED | {"proof": "tracking", "asked": "proof"}), language)
    assert "8R00042171828" not in said.body
    assert BLANKS[language] in said.body


TO_MARKETPLACE = {Kind.PROOF_DEMANDED, Kind.DOCUMENTS_DEMANDED, Kind.CARRIER_ENQUIRY_DEMANDED, Kind.LAST_CALL,
                  Kind.GUARANTEE_CLAIMED, Kind.CHARGEBACK_OPENED}


@every_kind
@every_language
def test_words_to_the_marketplace_say_so_and_name_the_matter(kind: Kind, language: str) -> None:
    said = words(told(kind, buyer="Zélie", order="366000002"), language)
    assert (said.headers.get("to") == "marketplace") == (kind in TO_MARKETPLACE)
    if kind in TO_MARKETPLACE:
        assert "Zélie" not in said.body.splitlines()[0] and "366000002" in said.body


@every_language
def test_withdrawal_is_acknowledged_with_date_and_time(language: str) -> None:
    body = words(told(Kind.WITHDRAWAL_OPENED), language).body
    assert "11:00" in body and "(" in body and "Europe/Paris" in body      # NOW is 10:00 UTC
    assert re.search(r"17[./]11[./]2026|2026-11-17", body)


@pytest.mark.parametrize("facts", [{}, {"shipped": "no"}, SHIPPED, {"when": "after_receipt"}])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_withdrawal_at_rakuten_goes_to_customer_service_and_cancels_nothing(facts: dict[str, str],
                                                                            language: str) -> None:
    said = words(told(Kind.WITHDRAWAL_OPENED, marketplace="rakuten_fr", facts=facts), language)
    assert said.headers["to"] == "marketplace"
    assert not re.search("nous (?:l')?annul|we (?:have cancelled|are cancelling|cancel)", said.body)
    not_shipped = re.search("annuler vous-mêmes|cancel this sale yourselves", said.body)
    assert bool(not_shipped) == (facts in ({}, {"shipped": "no"}))
    assert ("8R00042171828" in said.body) == (facts is SHIPPED)
    assert bool(blank_in(said.body)) == (not facts)


@every_language
def test_cancellation_says_whether_it_is_too_late(language: str) -> None:
    texts = [words(told(Kind.CANCELLATION_REQUESTED, facts=facts), language).body
             for facts in ({}, {"shipped": "no"}, SHIPPED)]
    assert len(set(texts)) == 3
    assert [BLANKS[language] in text for text in texts] == [True, False, False]


@every_language
@pytest.mark.parametrize("fact", ["state", "status"])
def test_return_that_arrived_is_told_from_one_on_its_way(language: str, fact: str) -> None:
    here = words(told(Kind.RETURN_UPDATED, facts={fact: "delivered"}), language).body
    assert here != words(told(Kind.RETURN_UPDATED, facts={fact: "in_transit"}), language).body


# ---- offers


@every_language
@pytest.mark.parametrize("kind", OFFERS)
def test_offer_says_its_sum_and_that_it_is_free_to_take(kind: Kind, language: str) -> None:
    for offer, sums in (({"percent": 20}, ["20"]), ({"amount": "8.00 EUR"}, ["8.00 EUR"]),
                        ({"percent": 20, "amount": "8.00 EUR"}, ["20", "8.00 EUR"])):
        said = words(told(kind, buyer="Zélie", order="366000002"), language, "offer", offer=offer)
        assert all(sum_ in said.body for sum_ in sums)
        assert "Zélie" in said.body.splitlines()[0] and "366000002" in said.body
        assert said.body.endswith("Atelier Lumen\n") and "None" not in said.body
        said.body.encode("iso-8859-1")
        assert re.search("libre|free|annehmen oder nicht|accettarla o no|aceptarla o no", said.body)


@pytest.mark.parametrize("kind", OFFERS)
def test_offer_without_a_sum_is_no_offer(kind: Kind) -> None:
    with pytest.raises(Exception, match=r"offer\.amount"):
        words(told(kind), "fr", "offer", offer={})


def test_samples_know_which_kinds_they_are(tried: list[Rehearsal]) -> None:
    folder = Path(marketplaces.__file__).parent
    said = {path.stem for path in folder.glob("*/samples/*.toml")
            if tomllib.loads(path.read_text("utf-8"))["kind"] in ANSWERABLE}
    assert {Path(rehearsal.name).stem for rehearsal in tried if rehearsal.name != TOLD} == said


# ---- what the seller chooses


def chosen(choice: Choice, language: str, *, matter: Kind = Kind.NOT_CONFORMING_CLAIMED, template: str = "reply",
           known: bool = True, templates: Templates = TEMPLATES, **more: Any) -> Words:
    case = told(matter, marketplace="amazon", buyer="Zélie" if known else None, order="404-1" if known else None)
    return reply_words(templates, f"{choice}.{template}", replace(case.case, language=language), case.event,
                       {"subject": "Bonjour"}, choice={"matter": str(matter), **more})


PAIRS = [(choice, matter) for matter, fitting in FITS.items() for choice in fitting]


@every_language
@pytest.mark.parametrize(("choice", "matter"), PAIRS)
def test_what_he_chooses_is_said_in_the_buyers_language_within_every_rule(choice: Choice, matter: Kind,
                                                                         language: str) -> None:
    given: dict[str, Any] = {"reason": "Xyz", "amount": "8.00 EUR", "tracking": "8R1"}
    for known, more in ((True, given), (False, {})):
        said = chosen(choice, language, matter=matter, known=known, **more)
        for marketplace in ("amazon", "rakuten_fr", "ebay"):
            case = Case(key=CaseKey(marketplace=marketplace, shop="x", reference="1"), language=language)
            assert remarks_on(said.body, case, template=f"{choice}.reply", automatic=False) == ()
        assert len(said.body) < 1_000 and "None" not in said.body and "{" not in said.body
        assert "\n\n\n" not in said.body and said.body.endswith("Atelier Lumen\n") and not blank_in(said.body)
        assert encodes(said.body) and said.body.splitlines()[0].endswith((",", ":"))
        assert not known or ("Zélie" in said.body and ("404-1" in said.body))


@pytest.mark.parametrize("choice", Choice)
def test_every_choice_has_words_in_five_languages_and_for_customer_service_in_two(choice: Choice) -> None:
    assert TEMPLATES.languages(f"{choice}.reply") == ("de", "en", "es", "fr", "it")
    assert TEMPLATES.languages(f"{choice}.service") == ("en", "fr")
    assert len({chosen(choice, language).body for language in BLANKS}) == len(BLANKS)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("choice", "matter"), PAIRS)
def test_words_to_customer_service_name_the_matter_and_go_to_no_buyer(choice: Choice, matter: Kind,
                                                                     language: str) -> None:
    said = chosen(choice, language, matter=matter, template="service", reason="Xyz", amount="8.00 EUR")
    assert said.headers["to"] == "marketplace"
    assert "404-1" in said.body and "Zélie" not in said.body.splitlines()[0] and "Xyz" in said.body
    bare_ = chosen(choice, language, matter=matter, template="service", known=False)
    assert "\n\n\n" not in bare_.body and "None" not in bare_.body


@every_language
def test_a_refund_names_its_sum_where_one_was_given(language: str) -> None:
    assert "8.00 EUR" in chosen(Choice.REFUND, language, amount="8.00 EUR").body
    assert "EUR" not in chosen(Choice.REFUND, language).body


@every_language
def test_a_return_gives_the_address_or_says_where_it_will_come_from(language: str) -> None:
    assert "1 rue des Lilas" in chosen(Choice.RETURN, language).body
    without = chosen(Choice.RETURN, language, templates=Templates(Seller(name="Atelier Lumen"))).body
    assert "Lilas" not in without
    assert re.search("place de marché|marketplace|Marktplatz|piattaforma|plataforma", without)


@every_language
def test_a_reminder_to_rate_is_neutral_and_short(language: str) -> None:
    said = words(told(Kind.RATING_DUE, buyer="Zélie", order="404-1"), language, template="rating_reminder.reply")
    for marketplace in ("amazon", "rakuten_fr", "ebay"):
        case = Case(key=CaseKey(marketplace=marketplace, shop="x", reference="1"), language=language)
        found = remarks_on(said.body, case, template="rating_reminder.reply", automatic=True)
        assert [remark.sentence for remark in found if remark.stops] == []
        assert "positive_rating" not in {remark.code for remark in found}
    assert len(said.body) <= 475 and "Zélie" in said.body and "404-1" in said.body     # Rakuten's webservice


# ---- the seller's own templates, before a buyer waits for them


def broken(tmp_path: Path) -> World:
    folder = tmp_path / "templates" / "rakuten_fr"
    folder.mkdir(parents=True)
    (folder / "not_received_claimed.reply.fr.txt").write_text("Subject: x\n\nBonjour {{ case.buyer }},\n")
    (folder / "last_call.reply.en.txt").write_text("Subject: x\n\nHello {{ facts.agent }},\n")
    return World(tmp_path)


def test_check_tries_own_templates_on_the_samples_and_names_each_fault(tmp_path: Path) -> None:
    settings = broken(tmp_path).guichet.settings
    found = [one for one in findings(settings) if one.check == "replies" and one.verdict is Verdict.BROKEN]
    assert len(found) == 2
    told = " ".join(one.sentence for one in found)
    assert "rakuten_fr/not_received_claimed.reply.fr.txt cannot be used: 'case.buyer' in line 3 is empty" in told
    assert "rakuten_fr/last_call.reply.en.txt cannot be used: 'facts.agent' in line 3 is empty" in told
    assert "tried on a mail that tells nothing" in told


def test_check_says_on_how_many_mails_the_templates_were_tried(tmp_path: Path) -> None:
    found = [one for one in findings(World(tmp_path).guichet.settings) if one.check == "replies"]
    assert [(one.verdict, one.sentence) for one in found if one.verdict is not Verdict.OK] == []
    assert re.search(r"[0-9]{3,} replies to samples were written", found[0].sentence)


def test_a_pass_says_at_its_start_what_is_wrong_with_own_templates(tmp_path: Path,
                                                                  caplog: pytest.LogCaptureFixture) -> None:
    once(broken(tmp_path).guichet.settings)
    assert "'case.buyer' in line 3 is empty" in caplog.text


@pytest.mark.parametrize("page", ["README.md", "README.fr.md"])
def test_page_of_the_templates_names_each_of_them_and_every_blank(page: str) -> None:
    said = (PROGRAM / page).read_text("utf-8")
    names = {path.name.split(".")[0] for path in PROGRAM.rglob("*.txt")}
    assert [name for name in sorted(names) if f"`{name}`" not in said] == []
    assert all(mark in said for mark in BLANKS.values())
