"""What the writer himself wrote, in the styles of the mail programs our sellers and buyers use.

quotes/ holds, by language, what each program adds below a mail: patterns of real mails with invented
names. quotes/kept.txt holds what buyers write that only looks like it.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.quote import newest, own_words

HERE = Path(__file__).parent / "quotes"
OWN = "Non merci,\nje garde l'article."


def sections(name: str) -> dict[str, str]:
    """Return the texts of a file by their name; each begins with a line "#### name"."""
    _, *found = re.split(r"^#### (.+)\n", (HERE / name).read_text("utf-8"), flags=re.M)
    return {f"{name[:-4]}: {title}": text for title, text in zip(found[::2], found[1::2], strict=True)}


STYLES = {title: text for path in sorted(HERE.glob("*.txt")) if path.stem != "kept"
          for title, text in sections(path.name).items()}
KEPT = sections("kept.txt")


@pytest.mark.parametrize("style", STYLES)
def test_history_and_signature_are_cut(style: str) -> None:
    assert newest(f"{OWN}\n\n{STYLES[style]}") == OWN


@pytest.mark.parametrize("style", STYLES)
def test_what_only_a_program_wrote_is_nobodys_own_words(style: str) -> None:
    assert own_words(STYLES[style]) == ""
    assert newest(STYLES[style]) == STYLES[style].strip(), "but something must be shown"


@pytest.mark.parametrize("style", STYLES)
def test_blanks_do_not_matter(style: str) -> None:
    """French programs put a no-break blank before a colon, and HTML turned to text loses blanks at line ends."""
    fixed = STYLES[style].replace(" :", "\u00a0:").replace("-- \n", "--\n")
    assert newest(f"{OWN}\n\n{fixed}") == OWN
    assert newest(f"{OWN}\n\n{STYLES[style]}".replace("\n", "\r\n")).split() == OWN.split()


@pytest.mark.parametrize("style", STYLES)
def test_accents_written_as_signs_of_their_own_do_not_matter(style: str) -> None:
    assert newest(f"{OWN}\n\n{normalize('NFD', STYLES[style])}") == OWN


LETTERS = "abcdefghijklmnopqrstuvwxyzàâçèéêîïôœùûäöüßìòñóúÀÉÖÜÑ0123456789.,?!'’«»()€:; "
LINES = st.text(LETTERS, min_size=1, max_size=60).map(str.strip).filter(bool)
TRAPS = st.sampled_from([
    "Bonjour,", "De : rien", "Le livreur a écrit : absent", "Date : 12/11/2026", "Le 12/11/2026 j'ai commandé",
    "On Monday I wrote to you", "Am 12.11.2026 bestellt", "mon adresse : jean@m.example", "- un vase", "À : Lyon",
    "Envoyé par La Poste", "Il corriere ha scritto:", "", "El 12 escribió:", "Sent from Germany", "1 > 0",
])


@given(st.lists(LINES | TRAPS, min_size=1, max_size=8), st.sampled_from(sorted(STYLES)))
def test_no_word_of_the_buyer_is_lost_whatever_his_program_adds(lines: list[str], style: str) -> None:
    text = "\n".join(lines).strip()
    if text:
        assert newest(f"{text}\n\n{STYLES[style]}") == text


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_the_writers_own_words_are_not_cut(text: str) -> None:
    assert newest(text) == own_words(text) == text.strip()


@pytest.mark.parametrize("style", [style for style in STYLES if re.search("Gmail$|Outlook$|Thunderbird$", style)])
@pytest.mark.parametrize("title", KEPT)
def test_they_are_not_cut_above_history_either(title: str, style: str) -> None:
    assert newest(f"{KEPT[title]}\n{STYLES[style]}") == KEPT[title].strip()


def test_many_signature_lines_are_words() -> None:
    text = "Bonjour\n--\n" + "\n".join(f"ligne {n}" for n in range(40))
    assert newest(text) == text


# ---- Answers below and between ----

@pytest.mark.parametrize("above", [
    "Le 16/11/2026 à 09:40, bot a écrit :\n> OK ou NON ?\n",
    "Am 16.11.2026 um 09:40 schrieb bot:\n> OK ou NON ?\n\n> -- \n> bot\n",
    "----- Original Message ----- \nFrom: bot\nTo: Marie\nSent: Monday, November 16, 2026 9:40 AM\n\n> OK ou NON ?\n",
    "De : bot <b@b.example>\nEnvoyé : lundi 16 novembre 2026 09:40\nÀ : Marie\nObjet : x\n\n> OK ou NON ?\n",
    "> Message du 16/11/26 09:40\n> De : bot\n> Objet : x\n>\n> OK ou NON ?\n",
])
def test_an_answer_below_the_quote_is_kept(above: str) -> None:
    assert newest(f"{above}\nnon\n") == own_words(f"{above}\nnon\n-- \nMarie") == "non"


@pytest.mark.parametrize("told", ["Le livreur a écrit :", "Le 16/11/2026 le livreur a écrit :", "Mein Nachbar schrieb:",
                                  "Am 16.11.2026 um 09:40 schrieb der Fahrer:", "On 16/11/2026 you wrote:"])
def test_who_quotes_by_hand_keeps_the_words_before_it(told: str) -> None:
    assert newest(f"Bonjour\n{told}\n> absent\nMais non !") == f"Bonjour\n{told}\nMais non !"


def test_answers_between_the_lines_are_kept() -> None:
    assert newest("> Question un\noui\n> Question deux\nnon") == "oui\nnon"


def test_answers_between_the_lines_are_kept_above_a_signature() -> None:
    text = ("Bonjour,\nmes réponses :\n\nLe 16/11/2026 à 09:40, Boutique a écrit :\n> Quelle taille ?\n\n38\n\n"
            "> Quelle couleur ?\nbleu\n\n> Merci\n\nMerci à vous\n--\nMarie\n")
    assert newest(text).split() == "Bonjour, mes réponses : 38 bleu Merci à vous".split()


def test_a_signature_above_the_quote_does_not_hide_the_answer_below() -> None:
    text = "Bonjour\n-- \nMarie\n\nLe 16/11/2026 à 09:40, bot a écrit :\n> OK ?\n\nnon"
    assert newest(text) == "Bonjour\nnon"


def test_a_line_above_a_wrapped_introduction_is_no_part_of_it() -> None:
    history = "Le lun. 16 nov. 2026 à 09:40, Boutique\nLumen <v@b.example> a\nécrit :\n> x"
    for line in ("Le samedi 12 novembre j'ai reçu le colis", "Écrivez-moi à m@m.example", "On 12/11 it came"):
        assert newest(f"{line}\n{history}") == line
    assert newest("Am 12.11.2026 bestellt\nBoutique hat geschrieben:\n> ja\nnein").startswith("Am 12.11.2026 best")


# ---- Forwards, and mails without words of their own ----

def test_words_below_a_forward_marker_are_never_the_writers() -> None:
    mail = "Pour info\n\n---------- Message transféré ----------\nDe : bot\n\n> OK ou NON ?\n\nOK"
    assert own_words(mail) == newest(mail) == "Pour info"
    assert own_words(mail.removeprefix("Pour info")) == ""


def test_a_mail_that_is_only_a_forward_is_kept_whole() -> None:
    mail = "---------- Forwarded message ---------\nFrom: Boutique <v@b.example>\n\nWhere is it?"
    assert newest(mail) == mail


@pytest.mark.parametrize("text", [
    "> tout est cité\n> vraiment", "-- \nOK Boutique", "-----Original Message-----\nHello", "Envoyé de mon iPhone",
    "Le 16/11/2026 à 09:40, x a écrit :\n\nBonjour",
])
def test_a_text_of_which_nothing_would_be_left_is_kept_whole(text: str) -> None:
    assert newest(text) == text
    assert own_words(text) == ""


def test_nothing_stays_nothing() -> None:
    assert newest("") == newest(" \n\n ") == own_words("") == ""


# ---- Any text, in time ----

@given(st.text() | st.lists(LINES | TRAPS | st.sampled_from("".join(STYLES.values()).splitlines())).map("\n".join))
def test_any_text_is_read_and_none_of_it_invented(text: str) -> None:
    said = newest(text)
    assert bool(said) == bool(text.strip())
    assert own_words(text) in (said, "")
    assert {line.strip() for line in said.split("\n")} <= {line.strip() for line in text.split("\n")}


@pytest.mark.parametrize("line", [
    "> " * 80, ">", "a: b", "De : x", "De : x@y", "Le 12/11/2026", "--", "_____", "Le 1 " * 60, " ", "", "wrote:",
    "-----", "On 1/1/2026 wrote", "a écrit :", "Le 1/1/2026 à 09:40, a écrit :", "a@b a@b a@b", "> Message du 1",
    "> De : x", "-" * 299, "Envoyé de " + "mon " * 70, "https://" * 37, "x écrit :\n", "De : x Envoyé : y " * 20,
    "Sent from " + "A" * 280, "> Message du 1\n> De : x\n> De : y", "<a@" * 90, "a wrote " * 40,
    "This email is free from viruses " * 9,
])
def test_time_grows_with_the_length_only(line: str) -> None:
    """A pattern that looks again at what it has seen needs minutes for these, 20,000 lines and more."""
    started = time.process_time()
    newest((line + "\n") * max(20_000, 500_000 // (len(line) + 1)))
    assert time.process_time() - started < 20


def test_one_endless_line_is_read_in_time() -> None:
    started = time.process_time()
    for text in ("> " * 500_000, " " * 1_000_000, "-" * 1_000_000, "a@" * 500_000, "De : " * 200_000):
        newest(f"x\n{text}\ny")
    assert time.process_time() - started < 20
