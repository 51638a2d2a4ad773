"""Write the pages of docs/ that are lists of what the program knows; `--check` only says which are stale.

    python -m scripts.pages       (or `make pages`)

    docs/commands.md              every command's own help
    docs/rules.md, regles.md      every rule of every marketplace, with its source
    docs/kinds.md, genres.md      every kind of thing that can happen
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click

from bot import marketplaces, showing, words
from bot.cli import guichet
from bot.core.event import Kind
from bot.telling import kind_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDTH = 100
TITLES = {
    "rules": {"en": "Every rule, with its source", "fr": "Chaque règle, avec sa source"},
    "kinds": {"en": "Every kind of thing that can happen", "fr": "Tout ce qui peut arriver, genre par genre"},
}
INTRO = {
    "rules": {
        "en": "This is what `run_bot.py show rules` knows, marketplace by marketplace. A date or a number stated in a "
              "mail beats the table; where sources disagree, the earliest counts and all are shown. † and [P] mark "
              "what could not be checked against the marketplace's own live pages.",
        "fr": "Voici ce que sait `run_bot.py show rules`, place de marché par place de marché. Une date ou un nombre "
              "dit dans un message l'emporte sur le tableau ; où les sources se contredisent, la plus proche compte et "
              "toutes sont montrées. † et [P] marquent ce qui n'a pas pu être vérifié sur les pages actuelles de la "
              "place de marché. Les sources sont citées telles quelles.",
    },
    "kinds": {
        "en": "The closed list. A mail is one of these or it is on the shelf; a label of a marketplace that nobody "
              "knows is `marketplace_wrote`. `[policy.modes]` and `[policy.targets]` in mailboxes.toml take the names "
              "told by mails.",
        "fr": "La liste fermée. Un message est de l'un de ces genres, ou il est sur l'étagère ; un intitulé que "
              "personne ne connaît est `marketplace_wrote`. `[policy.modes]` et `[policy.targets]` dans mailboxes.toml "
              "prennent les noms que disent les messages.",
    },
}
HEADS = {
    "rules": {"en": ("rule", "when", "who", "within", "source"), "fr": ("règle", "quand", "qui", "délai", "source")},
    "kinds": {"en": ("kind", "what it is", "told by", "rules", "facts"),
              "fr": ("genre", "ce que c'est", "dit par", "règles", "faits")},
}
TELLERS = {"en": {"clock": "the clock", "seller": "you", "outbox": "our own outbox"},
           "fr": {"clock": "l'horloge", "seller": "vous", "outbox": "notre propre boîte d'envoi"}}
CLOCK = (Kind.DEADLINE_NEAR, Kind.DEADLINE_PASSED, Kind.RATING_DUE)
NAMES = {("commands", "en"): "commands.md", ("rules", "en"): "rules.md", ("rules", "fr"): "regles.md",
         ("kinds", "en"): "kinds.md", ("kinds", "fr"): "genres.md"}


def pages() -> dict[str, str]:
    """Return each page by its name."""
    found = {}
    for (what, language), name in NAMES.items():
        with words.speaking(language):
            found[name] = commands() if what == "commands" else listed(what, language)
    return found


def listed(what: str, language: str) -> str:
    other = "fr" if language == "en" else "en"
    turn = f"*[{'En français' if other == 'fr' else 'In English'}]({NAMES[what, other]})*"
    lines = rules(language) if what == "rules" else kinds(language)
    return "\n".join([f"# {TITLES[what][language]}", "", turn, "", INTRO[what][language], *lines]) + "\n"


def table(what: str, language: str) -> list[str]:
    heads = HEADS[what][language]
    return ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]


def line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


# -- rules and kinds -----------------------------------------------------------------------------


def rules(language: str) -> Iterator[str]:
    shop = ""
    for row in showing.rules():
        if row["shop"] != shop:
            shop = row["shop"]
            yield from ("", f"## {shop}", "", *table("rules", language))
        yield rule(row)


def rule(row: showing.Flat) -> str:
    source = "; ".join([row["source"], *row["others"]]) + f" ({row['read']})"
    if row["says"]:
        return line(f"`{row['rule']}`", row["says"], "", "", source)
    when = ", ".join(f"{name} = {value}" for name, value in row["when"].items())
    return line(f"`{row['rule']}` {row['name']}", f"`{row['kind']}`" + (f" ({when})" if when else ""), row["who"],
                row["within"], source)


def kinds(language: str) -> Iterator[str]:
    yield from ("", *table("kinds", language))
    started: dict[str, dict[str, None]] = {}
    known = facts()
    for row in showing.rules():
        if row["kind"]:
            started.setdefault(row["kind"], {})[f"{row['shop']} `{row['rule']}`"] = None
    for kind in Kind:
        yield line(f"`{kind}`", kind_of(str(kind)), teller(kind, language), ", ".join(started.get(str(kind), ())),
                   " ".join(f"`{name}`" for name in sorted(known.get(str(kind), ()))))


def facts() -> dict[str, set[str]]:
    """Return which facts the samples tell, by kind."""
    found: dict[str, set[str]] = {}
    for sample in Path(marketplaces.__file__).parent.glob("*/samples/*.toml"):
        said = tomllib.loads(sample.read_text("utf-8"))
        found.setdefault(said.get("kind", ""), set()).update(said.get("facts", {}))
    return found


def teller(kind: Kind, language: str) -> str:
    shops = [one.name for one in marketplaces.installed() if any(label.kind is kind for label in one.looks.labels)]
    if kind is Kind.MARKETPLACE_WROTE:
        shops = [one.name for one in marketplaces.installed()]
    own = "clock" if kind in CLOCK else "outbox" if kind is Kind.SENDING_UNCERTAIN else "seller"
    return ", ".join(shops) or TELLERS[language][own]


# -- commands ------------------------------------------------------------------------------------


def commands() -> str:
    """Return the help of every command, as the terminal prints it."""
    parts = ["# Every command", "", "*[En français](commandes.md)*", "",
             "What `--help` prints. `C-12` is a case, `D-3` a mail of ours, `M-7` a mail that came."]
    for names, command in walk(guichet, []):
        parts += ["", f"## `{' '.join(names)}`", "", "```text", command.get_help(called(names)), "```"]
    return "\n".join(parts) + "\n"


def called(names: list[str]) -> click.Context:
    """Return a command's context below those of its groups, as one who types it has it."""
    context = click.Context(guichet, info_name="run_bot.py", terminal_width=WIDTH, max_content_width=WIDTH,
                            help_option_names=["-h", "--help"])
    for name in names:
        assert isinstance(context.command, click.Group)
        context = click.Context(context.command.commands[name], info_name=name, parent=context)
    return context


def walk(command: click.Command, above: list[str]) -> Iterator[tuple[list[str], click.Command]]:
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            yield from walk(below, [*above, name])
    else:
        yield above, command


def main() -> int:
    written = {DOCS / name: text for name, text in pages().items()}
    stale = [path for path, text in written.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if "--check" not in sys.argv:
            path.write_text(written[path], "utf-8")
        told = "is stale: run `make pages`" if "--check" in sys.argv else "is written"
        sys.stdout.write(f"docs/{path.name} {told}\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
