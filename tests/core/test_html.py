"""What a person sees of an HTML mail."""

from __future__ import annotations

import time

import pytest

from bot.core.html import read_page


@pytest.mark.parametrize(("source", "text"), [
    ("<table><tr><td>Commande :</td><td>404-1</td></tr><tr><td>Client :</td><td>Jean</td></tr></table>",
     "Commande :\t404-1\nClient :\tJean"),
    ("<table><tr><th><p>\tArticle\n</p></th><th><p>ASIN</p></th></tr>"
     "<tr><td><p>Fer</p></td><td><p>B01</p></td></tr></table>", "Article\tASIN\nFer\tB01"),
    ("<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td><p>c</p></td></tr></table>", "a\tb\nc"),
    ("<table><tr><td><p>un</p><p>deux</p></td></tr></table>", "un\ndeux"),
    ("<ul><li><b>\tOrder ID:\n</b> 403-1</li><li>Date: 2026-08-24</li></ul>", "Order ID: 403-1\nDate: 2026-08-24"),
    ("un<br>deux<br><br>trois", "un\ndeux\n\ntrois"),
    ("<p>a <b>b</b>\n c</p>d", "a b c\nd"),
    ("<pre>ligne 1\n  ligne 2\n\nligne 4</pre>fin", "ligne 1\n  ligne 2\n\nligne 4\nfin"),
    ("<blockquote>Bonjour</blockquote>", "Bonjour"),
    ("Oui<blockquote type=cite><p>Non ?</p></blockquote>", "Oui\n> Non ?"),
    ("<title>t</title><style>p{}</style><script>s</script><p>ok</p><![if", "ok"),
    ("<p>caf&eacute; &#8364;</p>", "café €"),
    ("<meta charset=utf-16><p>été</p>", "été"),
    ("", ""), ("<", ""), ("<!-- x -->", ""),
])
def test_the_text_stands_as_it_is_seen(source: str, text: str) -> None:
    page = read_page(source)
    assert page.text.strip("<") == text


@pytest.mark.parametrize("hidden", [
    "<div style='display:none'>x</div>", "<div style='DISPLAY : none !important'>x</div>",
    "<span style='font-size:0'>x</span>", "<span style='font-size:0px;color:red'>x</span>",
    "<span style='font-size:0.0em'>x</span>", "<div style='visibility:hidden'>x</div>",
    "<div style='opacity:0'>x</div>",
    "<div style='max-height:0;overflow:hidden'>x</div>", "<p hidden>x</p>", "<template>x</template>", "<!-- x -->",
    "<style>.h{display:none}</style><p class='a h'>x</p>", "<span style='color:#fff'>x</span>",
    "<div style='display:none'><p>x</p><table><tr><td>x</td></tr></table></div>",
])
def test_what_nobody_sees_is_left_out(hidden: str) -> None:
    assert read_page(f"<p>avant</p>{hidden}<p>après</p>").text == "avant\naprès"


@pytest.mark.parametrize("seen", [
    "<span style='font-size:0.765em'>x</span>", "<span style='font-size:10px'>x</span>", "<p style='opacity:0.9'>x</p>",
    "<style>@media (max-width:9px){.h{display:none}}</style><p class=h>x</p>",
    "<div style='background:#333'><span style='color:#fff'>x</span></div>",
    "<table><tr><td bgcolor='#333' style='color:white'>x</td></tr></table>", "<p style='background-color:#fff'>x</p>",
])
def test_what_is_seen_is_kept(seen: str) -> None:
    assert read_page(f"<p>avant</p>{seen}<p>après</p>").text == "avant\nx\naprès"


def test_only_hidden_text_after_visible_text_is_held_against_a_mail() -> None:
    assert read_page("<p style='display:none'>avant</p><p>vu</p>").hidden == ""
    assert read_page("<p>vu</p><p style='display:none'>caché</p><template>aussi</template>").hidden == "caché aussi"


def test_a_tag_longer_than_any_honest_one_is_refused() -> None:
    assert read_page("<p " + " ".join(f"a{n}=1" for n in range(9_000)) + ">x").refused
    picture = "<img src='data:image/png;base64," + "QUJD" * 20_000 + "'>"
    assert read_page(f"{picture}<p>vu</p>").text == "vu"


@pytest.mark.parametrize("page", ["<table>" + "<tr><td>a<td>b" * 40_000, "<div><tr>" * 100 + "<i></i>" * 70_000,
                                  "x" + "<i hidden>y</i>" * 34_000, "<style>.a{display:none}</style>" * 16_000],
                         ids=["rows", "rows in rows", "hidden", "sheets"])
def test_time_grows_with_the_length_of_a_page_only(page: str) -> None:
    """Looking ahead from each of them would cost the square: half a minute where it is half a second."""
    began = time.process_time()
    read_page(page)
    assert time.process_time() - began < 10


def test_elements_deeper_than_the_tree_lets_them_be_end_the_page_as_the_tree_does() -> None:
    """libxml2 counts them only where it builds a tree: what the walk then sees must be what others see of the mail."""
    assert read_page("<p>a</p>" + "<div>" * 200 + "b" + "</div>" * 200 + "c").text == "a\nb\nc"
    assert read_page("<p>a</p>" + "<div>" * 3000 + "b" + "</div>" * 3000 + "c").text == "a"
