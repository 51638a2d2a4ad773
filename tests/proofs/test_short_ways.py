"""The short ways through the reading say what the careful ones say: of every sample, every attack and mails broken
at random."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from html import escape as html_escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from jinja2 import StrictUndefined, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from bot import marketplaces, writing
from bot.core import body, clean, dates, header, html, linter, origin, page, parcel, phrases, quote, stated
from bot.core.case import Case
from bot.core.choosing import choices
from bot.core.clean import UNEXPECTED, one_line
from bot.core.errors import UnreadableError
from bot.core.event import CaseKey
from bot.core.header import HeaderBlock
from bot.core.linter import Topic, WordsRules, lint
from bot.core.message import Message, read
from bot.core.policy import Seller
from bot.edges.printing import Careful
from bot.edges.templates import PROGRAM, Told
from bot.guichet import Guichet
from bot.marketplaces import contract, rakuten_fr
from bot.marketplaces.amazon import letters
from bot.marketplaces.amazon import page as amazon_page
from bot.marketplaces.rakuten_fr import facts, letter
from bot.standing import standing
from bot.understanding import understand
from tests.proofs import mutants
from tests.world import World

TRUSTED = frozenset({"mx.boutique.example"})
MUTANTS = 1200
SEED = 20261122


def carefully_sought(self: contract.Pattern, text: str) -> re.Match[str] | None:
    return self.compiled.search(text)


def tables_of_tree(source: str) -> list[list[list[str]]]:
    """Return what `read_tables` does, as libxml2's own tree and XPath tell it."""
    tree = whole_tree(source[:html.MAX_HTML])
    inner = (table for table in tree.iter("table") if next(table.iterdescendants("table"), None) is None)
    return [[cells_of_tree(row) for row in list(table.iterdescendants("tr")) or [table]] for table in inner]


def whole_tree(source: str) -> Any:
    broken: tuple[type[Exception], ...] = (*UNEXPECTED, etree.LxmlError)
    parser = etree.HTMLParser(encoding="utf-8", remove_pis=True, no_network=True)
    try:
        tree = None if html._is_endless(source) else etree.fromstring(source.encode("utf-8", "replace"), parser)
    except broken:
        tree = None
    return etree.Element("html") if tree is None else tree


def cells_of_tree(row: Any) -> list[str]:
    said = "descendant::text()[not(ancestor::style or ancestor::script or ancestor::template)]"
    return [" ".join(" ".join(cell.xpath(said)).split()) for cell in row.iterdescendants("th", "td")]


@contextmanager
def carefully() -> Iterator[None]:
    """Take every short way away, so that only the careful one is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clean, "_is_plain", lambda _text: False)
        patch.setattr(header, "_dated", lambda *_found: None)
        patch.setattr(body, "_usual", lambda _value: None)
        patch.setattr(origin, "_usual", lambda _value: None)
        patch.setattr(quote, "_may_announce", lambda _line: True)
        patch.setattr(quote, "is_normalized", lambda *_: False)
        patch.setattr(html, "_is_deep", lambda _told: True)
        patch.setattr(html, "_LAST", [])
        patch.setattr(stated, "_known", stated._in_sentence)
        patch.setattr(amazon_page, "read_tables", tables_of_tree)
        patch.setattr(contract, "plain", contract._alike)
        patch.setattr(contract.Label, "_is_hinted", lambda *_asked: True)
        patch.setattr(contract.Pattern, "search", carefully_sought)
        patch.setattr(linter, "_holds", lambda *_asked: True)
        for module, name in ((linter, "_IN_PHONES"), (linter, "_ANY_DIGIT"), (linter, "_IN_EACH"),
                             (stated, "_MAY_STATE"), (stated, "_SOME_AMOUNT"), (stated, "_SOME_DAY"),
                             (letters, "_NUMERIC_DAY")):
            patch.setattr(module, name, re.compile(""))
        yield


def told(raw: bytes) -> object:
    """Return the Message and what a marketplace makes of it, or the reason."""
    try:
        seen = read(raw, trusted=TRUSTED)
        understood = understand(seen)
    except UnreadableError as error:
        return str(error)
    return seen, understood and (understood.marketplace.name, understood.note)


def differing(mails: list[bytes]) -> list[int]:
    quick = [told(raw) for raw in mails]
    with carefully():
        return [number for number, raw in enumerate(mails) if told(raw) != quick[number]]


def test_samples_and_attacks_read_the_same_by_either_way() -> None:
    assert differing(mutants.mails()) == []


def test_broken_mails_read_the_same_by_either_way() -> None:
    whole = [raw for raw in mutants.mails() if len(raw) < 20_000]
    assert differing([mutants.mutant(whole, SEED, number) for number in range(MUTANTS)]) == []


TAGS = ("<table>", "<tr>", "<td>", "<th>", "<tbody>", "<p>", "<b>", "<br>", "<template>", "<style>", "<script>", "<li>",
        "</td>", "</tr>", "</table>", "</p>", "</style>", "</script>", "</template>", "</body>", "<?x y?>", "<!--c-->",
        "<![if]>", "&amp;", "&nbsp;", "x", " y ", "\n", "é", "<o:p>", "<select>", "<pre>", "data:text,ab")


def test_tables_of_a_page_are_those_of_its_tree_whether_its_text_was_read_before_or_not() -> None:
    lots = random.Random(SEED)
    pages = ["".join(lots.choices(TAGS, k=lots.randrange(120))) for _ in range(2000)]
    pages += ["<b>" * 400 + "<table><tr><td>a<!--x-->b" * 3, "<table><tr><td>" * 300 + "x", "<tr><td>" * 9000, ""]
    wanted = [tables_of_tree(each) for each in pages]
    assert sum(map(len, wanted)) > 1000
    assert [html.read_tables(each) for each in pages] == wanted
    assert [(html.read_page(each), html.read_tables(each))[1] for each in pages] == wanted


def test_comment_parts_two_cells_words_and_not_two_words_of_the_page() -> None:
    said = "<table><tr><td>one<!-- c -->two</td><td>three</td></tr></table>"
    assert html.read_tables(said) == [[["one two", "three"]]]
    assert html.read_page(said).text == "onetwo\tthree"


def test_page_that_was_heard_is_not_heard_again_for_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "<table><tr><td>heard</td><td>once</td></tr></table>"
    html.read_page(said)
    monkeypatch.setattr(html, "_heard_anew", lambda _octets: pytest.fail("it was parsed a second time"))
    assert html.read_tables(said) == [[["heard", "once"]]]


def test_samples_take_the_short_ways() -> None:
    """Else what the other tests say of them would be said of nothing."""
    seen = [one for raw in mutants.mails()[:200] if isinstance(one := told(raw), tuple)]
    assert len(seen) > 150
    assert origin._usual("mx.example; dkim=pass header.d=a.example; spf=pass smtp.mailfrom=a.example")
    assert body._usual('multipart/alternative; boundary="=_a"') == {"boundary": "=_a"}
    assert not html._is_deep(html._heard_anew(b"<p>" * 500).told)
    assert clean._is_plain("Bonjour,\n\nLa lampe est arrivée à l’heure…")


DATES = tuple(format_datetime(datetime(2026, 11, 22, 9, 5, 7, tzinfo=zone)) for zone in (
    UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30)), timezone(timedelta(hours=13))))


@pytest.mark.parametrize("said", [
    *DATES, "22 Nov 2026 09:05:07 -0000", "Sun, 2 Nov 2026 09:05:07 +0100 (CET)", "Sun, 31 Feb 2026 09:05:07 +0100",
    "Sun, 22 Nov 2026 09:05:60 +0100", "Sun, 22 Nov 2026 24:05:00 +0100", "Sun, 22 Nov 2026 09:05:07 +2400",
    "Sun, 22 Nov 2026 09:05:07 +2359", "Sun, 22 Nov 2026 09:05:07 +0060", "Sun, 0 Nov 2026 09:05:07 +0100",
    "Mon, 22 Nov 1026 09:05:07 -2359", "Sun,22 Nov 2026 09:05:07 +0100", "Sun, 22 nov 2026 09:05:07 +0100",
    "Sun, 22 Nov 26 09:05:07 +0100", "Sun, 22 Nov 2026 09:05 +0100", "Sun, 22 Nov 2026 09:05:07 GMT", ""])
def test_date_is_the_moment_the_standard_library_reads(said: str) -> None:
    assert header.moment(said) == header._parsed(said)
    if said in DATES:
        assert header.moment(said) == parsedate_to_datetime(said)


METHODS = ("dkim=pass", "spf=fail", "dmarc=pass", "dkim=pass (ok)", "dmarc=fail (p=none; sp=x)", "dmarc=none (p=none)",
           "arc=pass(i=1)", "none", "nonesuch=pass", "Dkim=Pass", "dkim/1=pass", "dkim=", "dkim", "x-y=neutral",
           "dkim=pass ()", "dkim=pass (a (b))", "dkim=pass reason=x", 'dkim=fail reason="no key"', "dkim=pass (a) (b)",
           "dkim = pass")
PROPERTIES = ("header.d=a.example", "header.from=a.example", "header.i=@a.example", "header.i=a@b.example",
              "header.b=aB/c+d==", "smtp.mailfrom=x@a.example", "policy.dmarc=none", "header.D=b.example",
              "HEADER.d=c", "header.d=@a..b", 'header.d="a.example"', "header.d=a.example(c)", "header.d = a.example",
              "x.y=z", "header=d", "header.i=@a@b", "header.i=@a/b", "body.x=", "1", "é", "@", "(c)", "header.d=a;b",
              "header.d=", "reason=x")
HOSTS = ("mx.boutique.example", "mx.boutique.example 1", "mx_1", ".mx", "mx..example", "-mx", "(c) mx", "")


def results(lots: random.Random) -> str:
    """Return something like an Authentication-Results, often broken."""
    said = HOSTS[0] if lots.random() < 0.9 else lots.choice(HOSTS)
    for _ in range(lots.randint(0, 3)):
        said += lots.choice((";", "; ", " ;\t")) + (METHODS[lots.randrange(6 if lots.random() < 0.8 else len(METHODS))])
        for _ in range(lots.randint(0, 3)):
            said += lots.choice((" ", " ", "  ", "\t", "" if lots.random() < 0.2 else " "))
            said += PROPERTIES[lots.randrange(8 if lots.random() < 0.9 else len(PROPERTIES))]
    return said + lots.choice(("", "", "", " ", ";", "\t"))


def test_results_of_mail_hosts_are_what_authres_reads() -> None:
    lots = random.Random(SEED)
    headers = [results(lots) for _ in range(4000)]
    usual = [(said, found) for said in headers if (found := origin._usual(said.strip()))]
    assert len(usual) > 400
    assert [said for said, found in usual if found != origin._parsed(said)] == []


def parameters(lots: random.Random) -> str:
    """Return something like a Content-Type or Content-Disposition, often broken."""
    pieces = ("; ", ";", " ; ", "name=", "charset=", "boundary=", "utf-8", '"=_a b"', '"', "'", "x=y", "=", "*0*=",
              "\\", "attachment", "text/plain", " ", "filename=", '"a;b"', "<a>", "é", "\t", "a.pdf", '""', "NAME=",
              ";;", "charset*=")
    said = lots.choice(("text/plain", "multipart/mixed", "attachment", "inline", "text", "", "name"))
    for _ in range(lots.randint(0, 7)):
        said += lots.choice(pieces[:10] if lots.random() < 0.7 else pieces)
    return said


@pytest.mark.parametrize("name", ["charset", "boundary", "name", "filename"])
def test_parameters_are_what_the_standard_library_reads(name: str) -> None:
    lots = random.Random(f"{SEED}{name}")
    values = [parameters(lots) for _ in range(4000)]
    usual = [value for value in values if body._usual(value) is not None]
    assert len(usual) > 200
    assert [value for value in usual if body._usual(value).get(name, "") !=  # type: ignore[union-attr]
            body._parsed_parameter(value, "content-type", name)] == []


SIGNS = (*map(chr, range(0x300)), *map(chr, range(0x2000, 0x2100)), "\u0660", "\uff11", "\ufeff", "\ud800", "\uffff",
         "\u061c", "\u180b", "\U000e0001", "\U0001f600", "\u115f", "\ufffe", "1\u20101", "\r\r\n", "\r\n", "1\u200b")


def test_text_is_cleaned_the_same_by_either_way() -> None:
    lots = random.Random(SEED)
    for number in range(6000):
        text = "".join(lots.choice(("12-34", "mot ", "\n", "é")) for _ in range(5)) + (
            SIGNS[number] if number < len(SIGNS) else lots.choice(SIGNS) + lots.choice(SIGNS))
        quick: set[str] = set()
        careful: set[str] = set()
        said = clean.clean(text, quick), one_line(text, quick)
        with carefully():
            assert (clean.clean(text, careful), one_line(text, careful)) == said, ascii(text)
        assert quick == careful, ascii(text)


def test_names_of_a_header_block_are_found_in_their_order() -> None:
    block = HeaderBlock(fields=(("to", "a"), ("from", "b"), ("to", "c")), body_at=0)
    assert (block.first("to"), block.all("to"), block.first("cc"), block.all("cc")) == ("a", ["a", "c"], "", [])
    assert block == HeaderBlock(fields=block.fields, body_at=0)


def test_every_carrier_is_told_by_its_pattern() -> None:
    assert [each.name for each, _ in parcel._PATTERNS] == [each.name for each in parcel.CARRIERS]


def test_message_is_a_value() -> None:
    assert isinstance(told(b"From: a@b.example\n\nx"), tuple)
    assert read(b"From: a@b.example\n\nx") == read(b"From: a@b.example\n\nx") != Message(sender="a@b.example")


HINTED = ((phrases.RATING, phrases.OF_RATINGS), (phrases.REVISES, phrases.OF_RATINGS),
          (phrases.LOGOS, phrases.OF_LOGOS), (phrases.ATTACHED, phrases.OF_ATTACHED),
          (phrases.BLANKS, (*phrases.OF_BLANKS, "[", "<", "(")),
          (linter._MAIL_ADDRESS, linter._AT), *((pattern, stems) for stems, pattern in phrases.MARKETING))


@pytest.mark.parametrize(("pattern", "pieces"), HINTED, ids=[each.pattern[:40] for each, _ in HINTED])
def test_whatever_a_pattern_of_the_linter_finds_holds_one_of_its_pieces(pattern: re.Pattern[str],
                                                                       pieces: tuple[str, ...]) -> None:
    unbound = re.compile(pattern.pattern.replace(r"\b", ""))    # hardly any text made at random has them all

    @settings(max_examples=150, database=None, deadline=None, derandomize=True)
    @given(strategies.from_regex(unbound, fullmatch=True))
    def holds(text: str) -> None:
        assert linter._holds(text, pieces)

    holds()


LINTED = ("Bonjour,\n\nLe colis est parti.", "Laissez-nous un avis 5/5 !", "Merci pour votre avis. [à compléter]",
          "(à préciser)", "Appelez le 06 12 34 56 78 ou écrivez à moi@exemple.fr", "Code promo: ____",
          "12 rue des Lilas, 75011 Paris",
          "Visitez notre boutique, suivez-nous sur Instagram", "Vous trouverez la facture ci-jointe.",
          "{{ case.buyer }} xxx", "<b>Prix</b> None &nbsp;", "Please leave us a good review, see attached.",
          "Suivi 6A12345678901, None of them")


def test_linter_says_the_same_by_either_way() -> None:
    lots = random.Random(SEED)
    texts = [*LINTED, *("\n".join(lots.sample(LINTED, 4)) for _ in range(300)),
             *(path.read_text("utf-8") for path in sorted(PROGRAM.rglob("*.txt")))]
    rules = WordsRules(forbids=frozenset(Topic), source="s")
    quick = [lint(text, rules, language="fr", automatic=True, purpose="buyer_wrote") for text in texts]
    with carefully():
        linter._rating_pleas.cache_clear()
        careful = [lint(text, rules, language="fr", automatic=True, purpose="buyer_wrote") for text in texts]
    assert quick == careful
    assert len({remark.code for each in quick for remark in each}) > 9


def test_folding_looks_at_foreign_signs_alone() -> None:
    signs = [chr(code) for code in range(0x3000)]
    lots = random.Random(SEED)
    for text in ("".join(lots.choices(signs, k=60)) for _ in range(2000)):
        assert phrases.fold(text) == text.translate(phrases._FOLDED).lower()
        assert dates.folded(text) == text.translate(dates._FOLDS)


def test_subject_that_fits_a_label_holds_one_of_its_hints() -> None:
    rows = [each for row in letter.LOOKS["subject"] for each in (row, *row.get("each", ()))]
    subjects = [words.rstrip(" …") for row in rows for words in row.get("words", ())]
    subjects += [f"Re: {said.upper()} ({number}) - Léa (Service Clients Rakuten)"
                 for number, said in enumerate(subjects, 871204553)]
    subjects += [said.translate({ord("i"): "ı", ord("s"): "ſ", ord("k"): "\u212a", ord("I"): "İ"}) for said in subjects]
    subjects += [said.replace("é", "Ã©").replace("'", "’").replace(" ", "\u00a0") for said in subjects]
    labels = [label for label in rakuten_fr.MARKETPLACE.looks.labels if label.hints]
    found = 0
    for said in subjects:
        seen = Message(sender="a@rakuten.com", subject=said)
        for label in labels:
            if label.subject and label.subject.search(contract.plain(said)):
                found += 1
                assert label._is_hinted(seen), (said, label.hints)
    assert found > 400


def patterns() -> Iterator[contract.Pattern]:
    for one in marketplaces.installed():
        for label in one.looks.labels:
            yield from filter(None, (label.subject, label.text, label.sender, label.links, label.automatic, label.said))
            yield from label.headers.values()
        for names in one.looks.facts.values():
            yield from names.values()
    for rows in facts._READS.values():
        yield from (each for listed in rows.values() for each in listed)
    for kinds in facts._WHEN.values():
        yield from (each for values in kinds.values() for each in values.values())


def runs(said: str) -> str:
    """Return what must stand in whatever a pattern finds, as Python reads it: letter by letter, `|` where one ends."""
    tree = re._parser.parse(said)  # type: ignore[attr-defined]
    return "".join(chr(what) if str(sort) == "LITERAL" else "|" for sort, what in tree)


def test_pieces_sought_before_a_pattern_are_in_all_it_can_find() -> None:
    """Reading each pattern shows as well that it compiles, which else only a seller's mail would."""
    pieces = {each.said: each.piece for each in patterns()}
    assert [said for said, piece in pieces.items() if piece not in runs(said)] == []
    assert sum(map(bool, pieces.values())) > 60


@pytest.mark.parametrize("said", ["abcd?", "abcde{0,2}", "abcd|abce", "(?:abcd)", "(?:abcd)?", "[abcd]", r"a\bcd",
                                  "[]abcd]", "[^]abcd]", "(?!abcd)", "(abcd(abcd)abcd)*", "abc*abcd?", "ABCDé",
                                  r"\[abcd?"])
def test_piece_is_told_only_where_it_must_stand(said: str) -> None:
    assert contract._piece(said) in runs(said)
    assert len(contract._piece(said)) != 3


ASCII = re.compile("[a-z]", re.IGNORECASE)


def test_small_letters_are_those_that_a_pattern_without_regard_to_case_finds() -> None:
    for sign in map(chr, range(0x110000)):
        if ASCII.match(sign):
            [one] = [letter for letter in map(chr, range(97, 123)) if re.match(letter, sign, re.IGNORECASE)]
            assert contract.small(f"é{sign}").endswith(one), hex(ord(sign))
        elif not sign.isascii():
            assert not contract.small(sign).isascii() or contract.small(sign) in " '", hex(ord(sign))


class Row(dict[str, object]):
    """A row of the database, with more columns than a dict has names."""


@pytest.mark.parametrize("said", [
    "row.due", "row.items", "row.missing", "row.__class__", "row._private", "row.get", "row['due']", "case.buyer",
    "case.key.shop", "case.__class__", "case.is_new", "case.missing", "told.missing", "told.title", "word.upper()",
    "word.format(1)", "seller.name", "case.key.__init__", "rows[0].due", "row.keys()"])
def test_templates_print_what_jinjas_own_sandbox_prints(said: str) -> None:
    case = Case(key=CaseKey(marketplace="amazon", shop="amazon", reference="1"), buyer="Jean")
    context = {"row": Row(due="5", items="many", _private=1), "case": case, "told": Told(title="Lampe"), "word": "a{}",
               "seller": Seller(name="Marie", notify=("a@b.example",)), "rows": [{"due": 1}]}

    def printed(environment: SandboxedEnvironment) -> str:
        try:
            return environment.from_string("{{ " + said + " or 'nothing' }}").render(context)
        except (UndefinedError, SecurityError) as error:
            return str(error)

    plain = SandboxedEnvironment(undefined=StrictUndefined)
    assert printed(Careful(careful=False)) == printed(plain)


def test_what_is_known_of_an_event_gives_the_choices_that_a_look_at_the_database_gives(tmp_path: Path) -> None:
    asked = []

    def both(guichet: Guichet, case: Case) -> Case:
        asked.append((choices(quick(guichet, case)), choices(standing(guichet, case))))
        return case

    quick = writing._stood
    world = World(tmp_path)
    world.work()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "_stood", both)
        for raw in mutants.mails():
            world.arrives(raw)
        world.work()
    assert len(asked) > 40
    assert [pair for pair in asked if pair[0] != pair[1]] == []


def test_nothing_but_a_letter_is_folded_to_one_and_no_sign_to_a_digit_or_what_parts_a_date() -> None:
    folds = [(sign, plain) for sign in map(chr, range(0x80, 0x110000)) if (plain := dates.folded(sign)).isascii()]
    assert {plain for _, plain in folds if not plain.isalpha()} <= set(" '`;<=>")
    assert [sign for sign, plain in folds if plain.isalpha() and not re.match(r"[^\W\d_]", sign)] == []
    assert [sign for sign, plain in folds if plain == " " and not sign.isspace()] == ["°"]


@pytest.mark.parametrize("said", ["Vous avez 3\n jours.", "Vous avez\u00a03\u202fjours ouvrés", "répondez sous 48h",
                                  "Répondez sous n°3 jours", "Répondez avant le 03/12/2026", "Vous avez °3 jours",
                                  "Répondez avant le 3 décembre 2026 à 10:00", "Please reply within 2-days of today"])
def test_a_text_that_states_a_deadline_is_never_left_out(said: str) -> None:
    text = f"Bonjour,\n\n{said} Merci de répondre.\n\nCordialement"
    quick = stated.stated(text, "Europe/Paris")
    with carefully():
        assert stated.stated(text, "Europe/Paris") == quick


PIECES = (" ", "\n", "\u00a0", "°", ".", "!", "-", "/", "a", "é", "Oct", "2", "9", "19", "20", "2026", "24", "٣", "_")


def test_what_may_state_a_deadline_and_where_a_sentence_ends_are_found_as_plainly_said() -> None:
    lots = random.Random(SEED)
    may_state = re.compile(rf"(?<=[\s°])[0-9]{{1,3}}[-\s°]*[^\W\d_]|{stated._SOME_DAY.pattern}")
    sentence = re.compile(r"(?<=[.!?])(?<! [0-9]\.)(?<! [0-9]{2}\.) +(?!(?:19|20)[0-9]{2}\b)")
    for text in ("".join(lots.choices(PIECES, k=lots.randrange(16))) for _ in range(20_000)):
        assert bool(stated._MAY_STATE.search(text)) == bool(may_state.search(text)), text
        line = " ".join(text.split())
        assert stated._SENTENCE.split(line) == sentence.split(line), line


def test_text_of_a_page_is_escaped_as_the_standard_library_does() -> None:
    text = "".join(map(chr, range(1, 0x400))) + "a &amp; b &#x27; <<b>>"
    assert page._escaped(text) == html_escape(text)
