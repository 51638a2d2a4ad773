"""The documents: what there is stands in them, and what they show works as they show it.

A sentence of a page is no promise unless something runs it. `make pages` writes the lists anew.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from jinja2 import Environment

from bot import showing
from bot.cli import guichet, main
from bot.core.event import Kind
from bot.core.policy import Seller
from bot.edges.templates import Templates
from bot.settings import Settings, keys, load
from bot.writing import seller_context
from tests.servers.smtp import SmtpServer
from tests.world import World, buyer_writes, mail

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "templates").glob("*.md"),
                *(ROOT / "bot" / "marketplaces").glob("*/README.md")])
SHARED = {"--config", "--lang", "--json", "--help"}     # told once for all commands
CELLS = re.compile(r"(?<!\\)\|")
CODE = re.compile(r"`([^`]+)`")


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def code_of(name: str) -> list[str]:
    """Return what a page sets as code amid its sentences."""
    return CODE.findall(re.sub(r"^ *```.*?^ *```$", "", page(name), flags=re.MULTILINE | re.DOTALL))


def rows_of(name: str) -> Iterator[list[str]]:
    for line in page(name).splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in CELLS.split(line)[1:-1]]


def bare(cell: str) -> str:
    """Return what stands in a cell's code."""
    found = CODE.search(cell)
    return found[1] if found else ""


# ---- lists that are written by the program


def test_lists_are_as_the_program_writes_them() -> None:
    found = subprocess.run([sys.executable, "-m", "scripts.pages", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("name", ["docs/kinds.md", "docs/genres.md"])
def test_every_kind_stands_in_the_docs(name: str) -> None:
    assert [bare(row[0]) for row in rows_of(name)] == [str(kind) for kind in Kind]


@pytest.mark.parametrize("name", ["docs/rules.md", "docs/regles.md"])
def test_every_rule_stands_in_the_docs_with_its_source(name: str) -> None:
    said = page(name)
    lacking = [f"{row['shop']} {row['rule']}" for row in showing.rules()
               if f"| `{row['rule']}`" not in said or row["source"].replace("|", "\\|") not in said]
    assert not lacking


# ---- settings


SETTINGS_PAGES = ["docs/settings.md", "docs/reglages.md"]
BASE: dict[str, dict[str, Any]] = {
    "seller": {"notify": ["marie@boutique.example"]},
    "mailbox": {"name": "ventes", "address": "ventes@boutique.example", "user": "ventes@boutique.example",
                "imap": {"host": "imap.example.net"}, "smtp": {"host": "smtp.example.net"},
                "password_env": "VENTES_PASSWORD"},
    "shop": {"login": "atelier-lumen", "token_env": "RAKUTEN_TOKEN"},
    "policy": {},
    "alarm": {},
}
INSTEAD = {     # what a setting takes the place of
    "mailbox.maildir": ("imap",), "mailbox.password_file": ("password_env",), "mailbox.oauth": ("password_env",),
    "shop.token_file": ("token_env",),
}


@pytest.mark.parametrize("name", SETTINGS_PAGES)
def test_every_setting_stands_in_the_docs_once_and_no_other(name: str) -> None:
    assert sorted(bare(row[0]) for row in rows_of(name)) == sorted(keys())


def test_every_setting_stands_in_the_example_settings() -> None:
    said = page("mailboxes.toml")
    assert not [key for key in keys() if not re.search(rf"\b{key.rpartition('.')[2]}\b", said)]


def test_both_languages_show_the_same_settings() -> None:
    english, french = ([[row[0], row[2]] for row in rows_of(name)] for name in SETTINGS_PAGES)
    assert english == french


def settings_with(folder: Path, key: str, value: str | None) -> Settings:
    """Return the settings of a file where one setting is as a page shows it, or left out."""
    section, _, rest = key.partition(".")
    tables: dict[str, Any] = deepcopy(BASE)
    for taken in INSTEAD.get(key, ()):
        tables[section].pop(taken, None)
    *above, last = rest.split(".")
    table = tables[section]
    for name in above:
        table = table.setdefault(name, {})
    table.pop(last, None)
    if value is not None:
        table[last] = tomllib.loads(f"value = {value}")["value"]
    (folder / "ca.pem").touch()
    (folder / "mailboxes.toml").write_text(written(tables), "utf-8")
    return load(folder / "mailboxes.toml")


def written(tables: dict[str, Any]) -> str:
    headers = {"mailbox": "[[mailbox]]", "shop": "[shop.rakuten_fr]"}
    return "\n".join(line for name, table in tables.items() for line in
                     (headers.get(name, f"[{name}]"), *(f"{key} = {toml(value)}" for key, value in table.items())))


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {toml(one)}' for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


ROWS = [(name, row) for name in SETTINGS_PAGES for row in rows_of(name)]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name[5:]} {bare(row[0])}" for name, row in ROWS])
def test_example_of_a_setting_can_be_written_so(name: str, row: list[str], tmp_path: Path) -> None:
    assert settings_with(tmp_path, bare(row[0]), bare(row[2])).path.is_file()


@pytest.mark.parametrize(("name", "row"), [(name, row) for name, row in ROWS if bare(row[1])],
                         ids=[f"{name[5:]} {bare(row[0])}" for name, row in ROWS if bare(row[1])])
def test_what_a_page_says_holds_without_a_setting_does(name: str, row: list[str], tmp_path: Path) -> None:
    key, default = bare(row[0]), bare(row[1])
    left_out, said = (repr(settings_with(tmp_path, key, value)) for value in (None, default))
    assert left_out == said


# ---- commands


def commands(command: click.Command, above: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, (*above, name))
    else:
        yield " ".join(above), command


COMMANDS = dict(commands(guichet))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_stands_in_the_docs(name: str) -> None:
    """In English as its own help (a page that the program writes), in French in a table."""
    french = {bare(row[0]): " ".join(row) for row in rows_of("docs/commandes.md")}
    assert f"## `{name}`" in page("docs/commands.md")
    assert name in french, "docs/commandes.md lacks it"
    options = {option for one in COMMANDS[name].params if isinstance(one, click.Option) for option in one.opts
               if option.startswith("--")}
    assert not [option for option in sorted(options - SHARED) if option not in french[name]]


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_readme_names_every_command(name: str) -> None:
    words = set(re.findall(r"[a-z]+", " ".join(code_of(name))))
    assert not [one for one in COMMANDS if not set(one.split()) <= words]


def test_commandes_names_no_command_that_there_is_not() -> None:
    assert not [bare(row[0]) for row in rows_of("docs/commandes.md") if bare(row[0]) not in COMMANDS]


# ---- templates


TEMPLATE_PAGES = ["templates/README.md", "templates/README.fr.md"]


def variables_used() -> set[str]:
    from jinja2 import meta

    environment = Templates(Seller()).environment
    found = [meta.find_undeclared_variables(environment.parse(path.read_text("utf-8")))
             for path in (ROOT / "templates").rglob("*.txt")]
    return set().union(*found)


def variables_told(name: str) -> set[str]:
    return {word for code in code_of(name) for word in re.findall(r"[a-z_]+", code)}


@pytest.mark.parametrize("name", TEMPLATE_PAGES)
def test_every_variable_that_a_template_uses_stands_in_the_docs(name: str) -> None:
    assert len(variables_used()) > 40
    assert not variables_used() - variables_told(name)


@pytest.mark.parametrize("name", TEMPLATE_PAGES)
def test_every_variable_that_mails_to_the_seller_are_given_stands_in_the_docs(world: World, name: str) -> None:
    world.hears(buyer_writes())
    case, [event] = world.store.case_by_number(1), world.rows("events")
    assert case
    decided = _any_action()
    assert not set(seller_context(world.guichet, case, event["id"], decided, world.now)) - variables_told(name)


def _any_action() -> Any:
    from bot.core.action import Action, What
    from bot.core.event import Channel, Party
    from bot.core.policy import Mode

    return Action(what=What.QUESTION, to=Party.SELLER, channel=Channel.EMAIL, mode=Mode.ALONE, template="question",
                  step="x", why="x")


@pytest.mark.parametrize("name", TEMPLATE_PAGES)
def test_every_filter_stands_in_the_docs(name: str) -> None:
    mine = set(Templates(Seller()).environment.filters) - set(Environment().filters)
    assert "titled" in mine
    assert not mine - {"printed"} - variables_told(name)    # which the parser puts around everything by itself


@pytest.mark.parametrize("name", TEMPLATE_PAGES)
def test_every_template_stands_in_the_docs(name: str) -> None:
    names = {path.name.partition(".")[0] for path in (ROOT / "templates").rglob("*.txt")}
    assert not names - variables_told(name)


# ---- examples


class Example(NamedTuple):
    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


FENCE = re.compile(r"^[ >]*```(\w*)\s*$")


def fenced(language: str) -> Iterator[Example]:
    """Yield what stands between fences of a language, a block at a time."""
    for path in PAGES:
        begun, block = 0, ""
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if (fence := FENCE.match(line)) and not begun:
                begun, kind, block = number, fence[1], ""
            elif fence:
                if kind == language:
                    yield Example(str(path.relative_to(ROOT)), begun + 1, block)
                begun = 0
            elif begun:
                block += f"{line}\n"


def calls(block: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of the program in a block of shell, comments taken off."""
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        at = next((place for place, word in enumerate(words) if word.endswith("run_bot.py")), None)
        if at is not None:
            yield words[at + 1:]


# What is not run here, and why.
NOT_RUN = {
    "demo": "it plays a week: tests/demo runs it",
    "dashboard": "it runs until it is stopped: tests/dashboard open it",
    "run": "it runs until it is stopped: tests/stories run it",
    "init": "it asks questions and looks servers up: tests/test_beginning.py answers them",
    "login": "it asks Microsoft or Google, and a person in a browser: tests/test_entering.py plays both",
}
MADE_UP = {"brocante": "the marketplace of CONTRIBUTING.md: tests/marketplaces/test_recipe.py builds it and tries it"}
SHELL = [Example(one.page, one.line, shlex.join(call)) for one in fenced("sh") for call in calls(one.text)]
SETTINGS_EXAMPLES = list(fenced("toml"))


def named_command(words: list[str]) -> str:
    """Return which command a line calls, its options set aside."""
    for length in (2, 1):
        if (name := " ".join(words[:length])) in COMMANDS:
            return name
    return ""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Marie's folder with twelve cases, as the examples count them, and the files that they name."""
    world = World(tmp_path_factory.mktemp("docs"))
    world.work()
    world.hears(*[buyer_writes(order=f"404-{number:07}-0000000", message=number) for number in range(1, 13)],
                mail("From: jean@home.example\nSubject: Bonjour", "x"))
    (world.folder / "mail.eml").write_bytes(buyer_writes())
    for name in ("mots.txt", "words.txt"):
        (world.folder / name).write_text("Bonjour,\n\nVissez l'ampoule à fond.\n\nAtelier Lumen\n", "utf-8")
    world.store.close()
    return world.folder


RUN = [one for one in fenced("sh") if list(calls(one.text)) and not any(name in one.text for name in MADE_UP)]


@pytest.mark.parametrize("block", RUN, ids=str)
def test_example_of_the_shell_works(block: Example, shop: Path, smtp: SmtpServer, tmp_path: Path,
                                    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A page's lines are run in their order, in a folder of their own, with a relay that takes the mail."""
    shutil.copytree(shop, folder := tmp_path / "shop")
    with_relay(folder, smtp)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("VENTES_PASSWORD", "secret")
    for call in calls(block.text):
        assert named_command(call), f"{block}: {call} is no command"
        if named_command(call) not in NOT_RUN:
            code = main(call)
            assert code == 0, f"{block}: run_bot.py {shlex.join(call)} ended with {code}: {capsys.readouterr()}"


def with_relay(folder: Path, smtp: SmtpServer) -> None:
    shutil.copy(smtp.ca_file, folder / "ca.pem")
    settings = folder / "mailboxes.toml"
    relay = (f'smtp = {{ host = "localhost", port = {smtp.port}, security = "starttls" }}\n'
             'user = "ventes@boutique.example"\npassword_env = "VENTES_PASSWORD"\nca_file = "ca.pem"')
    said = settings.read_text("utf-8")
    settings.write_text(said.replace('maildir = "mail"', f'maildir = "mail"\n{relay}'), "utf-8")


def test_examples_of_the_shell_are_found() -> None:
    assert len(SHELL) > 15


@pytest.mark.parametrize("block", SETTINGS_EXAMPLES, ids=str)
def test_example_in_toml_can_be_read(block: Example, tmp_path: Path) -> None:
    """One that is settings is taken by the settings, with what it leaves out beside it."""
    found = tomllib.loads(re.sub(r"^ {3}", "", block.text, flags=re.MULTILINE))
    if set(found) <= {"seller", "mailbox", "shop", "policy", "alarm"}:
        rest = {name: table for name, table in BASE.items() if name in ("seller", "mailbox") and name not in found}
        (tmp_path / "mailboxes.toml").write_text(f"{block.text}\n{written(rest)}", "utf-8")
        assert load(tmp_path / "mailboxes.toml").mailboxes


def test_examples_in_toml_are_found() -> None:
    assert len(SETTINGS_EXAMPLES) >= 4


INLINE = re.compile(r"`[^`]*run_bot\.py ([^`]+)`|^ {4}run_bot\.py (.+)$", re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_a_page_names_is_one_and_knows_its_options(path: Path) -> None:
    """Also amid a sentence, where FILE and ID stand for something."""
    if path.name == "CHANGELOG.md":
        return      # tells what was, too
    wrong = []
    for found in INLINE.finditer(path.read_text("utf-8")):
        said = re.split(r" {2,}|…|\.\.\.", found[1] or found[2])[0]
        words = said.replace('"', "").split()
        names = [word for word in words if not word.startswith("-")]
        name = named_command(names) or (names[0] if names and names[0] == "show" else "")
        known = {option for one in COMMANDS[name].params for option in one.opts} if name in COMMANDS else set()
        options = {word for word in words if word.startswith("--")}
        if not name or options - known - SHARED:
            wrong.append(said)
    assert not wrong
