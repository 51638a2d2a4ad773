"""The page of a mail to the seller: what stands where, and that nothing in it can do anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as lxml_html

from bot.core.draft import UnsafeMailError
from bot.core.errors import UnreadableError
from bot.core.message import read
from bot.core.page import html_of

ATTACKS = Path(__file__).resolve().parents[3] / "shared" / "attacks"

LETTER = """\
Réclamation : article abîmé.

Affaire      C-12 (rakuten_fr, 871204553)
Acheteur     jean_d
Échéance     19/11/2026 11:00 (48 h 0 min)
             Rakuten accorde 48 heures
             Sinon : la réclamation est acceptée

Ce qu'il écrit :

  | La carafe est ébréchée.
  |
  | Voyez https://www.exemple.example/photo?a=1&b=2

Rien ne part sans vous :

  - répondez `ok`
  - ou `non`

    ok                envoyer le brouillon
    remise 20%        proposer une remise
    plus tard 4h

Guichet, pour Atelier Lumen
"""


def tree(text: str, title: str = "x") -> lxml_html.HtmlElement:
    return parsed(html_of(text, "fr", title))


def parsed(page: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(page.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))


def texts(found: lxml_html.HtmlElement, tag: str) -> list[str]:
    return [one.text_content() for one in found.iter(tag)]


def test_each_part_of_a_letter_has_its_form() -> None:
    page = tree(LETTER)
    assert page.get("lang") == "fr"
    assert texts(page, "h1") == ["Réclamation : article abîmé."]
    assert texts(page, "dt") == ["Affaire", "Acheteur", "Échéance"]
    assert texts(page, "dd")[-2:] == ["Rakuten accorde 48 heures", "Sinon : la réclamation est acceptée"]
    assert texts(page, "blockquote")[0].split("\n")[0] == "La carafe est ébréchée."
    assert texts(page, "code") == ["ok", "remise 20%", "plus tard 4h"]
    assert texts(page, "small") == ["envoyer le brouillon", "proposer une remise"]
    assert texts(page, "li") == ["répondez `ok`", "ou `non`"]


def test_a_mark_of_the_internet_quotes_too() -> None:
    assert texts(tree("Bonjour\n\n> un\n>\n> deux\n"), "blockquote") == ["un\n\ndeux"]


def test_lines_broken_for_the_eye_run_on_and_short_ones_do_not() -> None:
    page = html_of(f"Titre\n\n{'mot ' * 20}\nfin\n\nun\ndeux\n", "fr", "x")
    assert f"{'mot ' * 20}".strip() + " fin</p>" in page
    assert "<p>un<br>\ndeux</p>" in page


def test_an_address_is_copied_whole_but_no_mail_program_makes_a_link_of_it() -> None:
    page = html_of(LETTER, "fr", "x")
    assert "https://" not in page and "www." not in page and "exemple.example" not in page
    assert "https://www.exemple.example/photo?a=1&b=2" in tree(LETTER).text_content()


def test_the_page_fits_a_phone_and_knows_light_and_dark() -> None:
    page = html_of(LETTER, "fr", "x")
    assert "width=device-width" in page and "prefers-color-scheme:dark" in page and "color-scheme:light dark" in page
    assert not re.search(r"width:\s*\d+px|url\(|@import|<table", page)


def test_a_language_that_is_none_cannot_break_the_page() -> None:
    assert '<html lang="">' in html_of("x", '"><script>', "x")


def test_a_title_cannot_break_the_page() -> None:
    assert texts(tree("x", "</title><script>alert(1)</script>\u202e"), "title") == ["</title><script>alert(1)</script>"]


HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><a href="javascript:alert(1)">ici</a>',
    "javascript:alert(1)", "</pre></blockquote><iframe src=//evil.example>", "=?UTF-8?Q?=3Cscript=3E?=",
    "\u202egpj.exe\u2066", "<style>*{display:none}</style>", "<meta http-equiv=refresh content=0>", "]]><!--",
    "<svg/onload=x>", "&lt;script&gt;&#60;img&#62;", "\x00\x1b[31m\ufeff\u200b", "<base href=//evil.example>",
    "\ud800", "{{ 7*7 }}{title}",
)
FORMS = ("{}", "  | {}", "> {}", "    {}", "    ok    {}", "Label     {}", "{}     value", "  - {}", "a\n{}\nb")
INERT = {"html", "head", "meta", "title", "style", "body", "h1", "p", "br", "dl", "dt", "dd", "blockquote", "pre",
         "code", "small", "ul", "li", "span"}
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
ATTRIBUTES = {"html": {"lang"}, "meta": {"charset", "name", "content"}, "blockquote": {"dir"}}


def is_inert(page: str) -> bool:
    found = parsed(page)
    return all(one.tag in INERT and set(one.keys()) <= ATTRIBUTES.get(one.tag, set()) for one in found.iter()) \
        and len(list(found.iter("meta"))) == 5 and len(list(found.iter("style"))) == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_and_do_nothing(words: str, form: str) -> None:
    page = html_of("Titre\n\n" + form.format(words), "fr", words)
    assert is_inert(page)
    assert not UNSEEN.search(page)


@given(st.text(alphabet=st.sampled_from(list("<>&\"'=/ \n\t|>-:.@abz\u202e\x00é")), max_size=200))
@example("")
@example("\n\n")
@example("    ")
def test_no_text_at_all_makes_a_page_that_does_something(text: str) -> None:
    assert is_inert(html_of(text, "fr", text))


@given(st.lists(st.text(alphabet="abcé |>-:.", max_size=90), max_size=12))
def test_no_word_is_lost_on_the_page(lines: list[str]) -> None:
    """The marks of quotations and lists become forms; every letter is still there, in order."""
    said, shown = "\n".join(lines), tree("\n".join(lines)).find("body")
    letters = re.sub(r"[^abcé:.]", "", said)
    assert re.sub(r"[^abcé:.]", "", shown.text_content() if shown is not None else "") == letters


def test_what_attackers_wrote_is_inert() -> None:
    if not ATTACKS.is_dir():
        pytest.skip("no collection of hostile mails beside this folder")
    for path in sorted(ATTACKS.glob("*.eml")):
        try:
            mail = read(path.read_bytes())
        except (UnreadableError, UnsafeMailError):
            continue
        quoted = "\n".join(f"  | {line}" for line in mail.text[:20_000].splitlines())
        for text in (f"Titre\n\n{quoted}\n", f"{mail.subject}\n\n{mail.text[:20_000]}"):
            assert is_inert(html_of(text, "fr", mail.subject)), path.name


def test_an_order_of_several_lines_is_one_thing_to_copy_above_what_it_does() -> None:
    text = "Titre\n\n    texte :\n    …\n    fin\n        vos propres mots\n    ok\n        tel quel\n"
    page = html_of(text, "fr", "t")
    assert "<pre><code>texte :\n…\nfin</code>\n<small>vos propres mots</small></pre>" in page
    assert "<pre><code>ok</code>\n<small>tel quel</small></pre>" in page
