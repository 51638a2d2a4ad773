"""Every --help is a page a seller can read: in French and English, under headings, with examples that can be copied."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from inspect import cleandoc
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot import words
from bot.cli import guichet, main
from bot.helping import EXAMPLES, contexts, first_sentence, full_name, homeless, paragraphs, sentences

ROOT = Path(__file__).resolve().parent.parent
PAGES = {full_name(context): context for context in contexts(guichet)}


def page_of(name: str, language: str = "en") -> str:
    words.use(language)
    found = CliRunner().invoke(guichet, [*name.split(), "--help"], prog_name="run_bot.py")
    assert found.exit_code == 0
    return found.output


def test_every_sentence_of_every_help_has_its_french() -> None:
    """Whoever adds a command or an option adds its French to bot/words/help.py."""
    assert sorted(sentences(guichet) - words.french().keys()) == []


def test_every_command_stands_under_a_heading() -> None:
    """Whoever adds a command puts it into SECTIONS of bot/helping.py."""
    assert homeless(guichet) == []


def test_every_command_has_an_example() -> None:
    """Whoever adds a command adds one to EXAMPLES of bot/helping.py, or to its docstring."""
    assert [name for name, context in PAGES.items()
            if name not in EXAMPLES and "\nExamples:" not in cleandoc(context.command.help or "")] == []


def test_examples_are_understood_by_the_commands_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsed, not run: a wrong option, or an argument too many, is found."""
    monkeypatch.chdir(tmp_path)
    Path("answer.txt").write_text("Bonjour,")
    Path("takeout.mbox").touch()
    for name, typed in [(page, typed) for page in PAGES for typed, _ in EXAMPLES.get(page, ())]:
        context = PAGES[""]
        given = shlex.split(re.split(" >>? ", typed)[0])
        while isinstance(context.command, click.Group):
            called = given.pop(0)
            context = click.Context(context.command.commands[called], info_name=called, parent=context)
        context.command.make_context(context.info_name, given, parent=context.parent)
        assert full_name(context).startswith(name), f"{typed} stands with {name}"


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_names_the_command_its_options_and_its_examples(name: str, language: str) -> None:
    told = page_of(name, language)
    if name:
        assert ("Usage: " if language == "en" else "Emploi : ") + f"run_bot.py {name}" in told
    for option in PAGES[name].command.params:
        assert not isinstance(option, click.Option) or max(option.opts, key=len) in told
    for typed, _ in EXAMPLES.get(name, ()):
        assert f"run_bot.py {typed}" in told


def test_program_s_page_lists_every_command_exit_codes_files_and_pages() -> None:
    told = page_of("")
    assert [name for name in guichet.commands if f"\n  {name} " not in told] == []
    for word in ("Exit codes:", "75", "mailboxes.toml", "CREDENTIALS_DIRECTORY", "docs/"):
        assert word in told


def test_french_page_is_french(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "fr", "approve", "--help"]) == 0
    told = capfd.readouterr().out
    assert "Envoyer un brouillon" in told
    assert "Exemples" in told
    assert "Send" not in told


def test_lines_to_be_typed_stay_lines_in_every_language() -> None:
    assert paragraphs("Says\nthis.\n\n\b\nExamples:\n  run_bot.py once\n\nAnd that.") == \
        ["Says this.", "\b\nExamples:\n  run_bot.py once", "And that."]


def test_list_of_commands_shows_the_first_sentence_whole() -> None:
    assert first_sentence("Send a draft: D-3, or the one of C-12. The next pass sends it.") == \
        "Send a draft: D-3, or the one of C-12"
    assert first_sentence("Fermer. Écrire") == "Fermer"


def test_help_of_the_program_started_as_people_start_it() -> None:
    told = subprocess.run([sys.executable, "run_bot.py", "snooze", "-h"], cwd=ROOT, capture_output=True, text=True,
                          env={"LANG": "fr_FR.UTF-8", "PATH": ""})
    assert "run_bot.py snooze C-12 4h" in told.stdout
    assert "pas de rappel pendant quatre heures" in told.stdout


@pytest.mark.parametrize(("typed", "told"), [
    (["--lang", "fr", "shov"], "Il n'y a pas de commande shov ; vouliez-vous dire show ?"),
    (["shov"], "There is no command shov, did you mean show?"),
    (["show", "todya"], "There is no command todya, did you mean today?"),
    (["zzz"], "There is no command zzz"),
    (["approve"], "ID is missing"),
    (["approve", "C-1", "--lang", "fr", "--txt", "a"], "Il n'y a pas d'option --txt"),
    (["check", "--lang", "de"], "is not right"),
])
def test_what_is_typed_wrong_gets_a_sentence_and_the_way_to_help(typed: list[str], told: str,
                                                                 capfd: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 2
    said = capfd.readouterr().err
    assert told in said
    assert "--help`" in said
    assert "Usage" not in said


@pytest.mark.parametrize("typed", [[], ["show"]])
def test_nothing_typed_is_answered_with_the_page(typed: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    main(typed)
    out, err = capfd.readouterr()
    assert (out + err).startswith("Usage: run_bot.py")
    assert (out + err).count("run_bot.py show today") == 1
    assert "with examples." not in out + err
