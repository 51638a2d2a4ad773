"""`--help`, as long as a page of a manual: in the reader's language, under headings, with examples to copy.

What a command says of itself stands in its docstring and options, in English; the French stands in words/help.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from inspect import cleandoc

import click

from bot.words import say

Row = tuple[str, str]

# In which order the commands are shown, and under which heading. A new command joins one of them.
SECTIONS: dict[str, tuple[str, ...]] = {
    "To begin": ("demo", "init", "login", "check", "try", "backtest", "completion"),
    "To keep working": ("run", "once", "pause", "resume", "dashboard"),
    "To see": ("show", "why"),
    "To order": ("approve", "discard", "order", "offer", "shipped", "snooze", "close", "retry", "sent"),
    "To keep, move and erase": ("backup", "restore", "export", "forget"),
    "For an agency": ("fleet",),
}
ELSE = "Also"

# By the command's full name (or, in its docstring, a paragraph that begins with \b and "Examples:"). Each row is what
# to type after run_bot.py, and what it does.
EXAMPLES: dict[str, tuple[Row, ...]] = {
    "": (
        ("demo", "see it at work, without a mailbox"),
        ("check", "are the settings right, do the log-ins work?"),
        ("once", "one pass, for cron"),
        ("run", "keep watching"),
        ("show today", "what waits for me?"),
        ("why C-1", "why, with the arithmetic"),
        ("approve C-1", "send the draft"),
        ('order C-1 "remise 20%"', "the words that a mail takes, too"),
    ),
    "dashboard": (("dashboard --set-password", "once: its password"),
                  ("dashboard", "then open http://127.0.0.1:8470/ in a browser"),),
    "demo": (("demo", "in a new folder"), ("demo --lang fr --keep week", "in French, and in the folder week")),
    "backtest": (("backtest --since 2025-11-01", "all mailboxes, since that day"),
                 ("backtest --mailbox ventes --html report.html", "one of them, as a page with charts"),
                 ("backtest --mbox takeout.mbox --json", "an export, for scripts"),
                 ("backtest mails/", "a folder of .eml files")),
    "init": (("init", "asks what it needs, and tries the log-in"),
             ("init --address ventes@boutique.example --lang fr", "in French, for this address"),
             ("init --yes --address ventes@boutique.example --marketplaces rakuten_fr,amazon "
              "--notify marie@boutique.example --password-env VENTES_PASSWORD", "asks nothing, for scripts")),
    "login": (("login ventes --client-id 0000aaaa-11bb-22cc-33dd-4444eeee5555", "the first time"),
              ("login ventes", "again, with the client ID of the last time")),
    "completion": (("completion bash >> ~/.bashrc", "then open a new terminal"),
                   ("completion zsh >> ~/.zshrc", "then open a new terminal"),
                   ("completion fish > ~/.config/fish/conf.d/guichet.fish", "then open a new terminal")),
    "run": (("run", "until Ctrl-C or SIGTERM"), ("run --dashboard", "with the page beside it"),
            ("run --config /etc/guichet/mailboxes.toml", "with the settings of this file")),
    "once": (("once", "one pass over all mailboxes"), ("once --json", "what failed, for scripts")),
    "check": (("check", "try everything, with the remedy beside what is wrong"),
              ("check --json", "for scripts: each finding with its state"),
              ("check --alive", "for cron: silent while every mailbox was read lately"),
              ("check --alive --within 2h", "the same, more patient")),
    "try": (("try mail.eml", "what one mail would lead to"),
            ("try --draft mail.eml", "with the reply that would be written"),
            ("try --now 2026-11-22T09:40:00+01:00 inbox/", "every mail of a folder, as seen at that moment"),
            ("try --anonymise M-12 > sample.eml", "a copy without names, to send on")),
    "show": (("show today", "what waits for you"), ("show deadlines --json", "for scripts")),
    "show today": (("show today", "the cases that wait for you"), ("show today --lang fr", "the same in French")),
    "show case": (("show case", "all cases"), ("show case C-12", "one of them"),
                  ("show case --json", "for scripts")),
    "show deadlines": (("show deadlines", "the running ones first"),
                       ("show deadlines --ics deadlines.ics", "for your calendar, with its alarms"),
                       ("show deadlines --ics --todo", "as tasks, printed"), ("show deadlines --json", "for scripts")),
    "show outbox": (("show outbox", "drafts, what waits, what left"), ("show outbox --json", "for scripts")),
    "show rules": (("show rules", "every rule with its source"),),
    "show shadow": (("show shadow", "what the bot would have written by itself"),),
    "show shelf": (("show shelf", "what nobody understood, and why"),),
    "show answers": (("show answers", "which questions are asked most"),),
    "show numbers": (("show numbers", "for 7, 30 and 90 days"), ("show numbers --weeks 8", "week by week"),
                     ("show numbers --marketplace amazon --json", "for scripts"),
                     ("show numbers --csv numbers.csv", "for a spreadsheet")),
    "show mail": (("show mail M-12", "as a person reads it"),
                  ("show mail M-12 --raw > mail.eml", "to the byte, into a file")),
    "why": (("why C-12", "mail, facts, rules, decisions, words, and what the servers said"),
            ("why D-3", "why it was written, whose words it has, who said yes, whether it left"),
            ("why M-7", "what was understood of it, or why it is on the shelf"),
            ("why C-12 --json", "for scripts")),
    "approve": (("approve C-12", "the one draft of a case"), ("approve D-3", "a draft by its own number"),
                ("approve D-3 --text answer.txt", "your own words in its place"),
                ("approve D-3 --text -", "type them; Ctrl-D ends")),
    "discard": (("discard D-3", "nothing is sent; the deadline stays"),),
    "order": (('order C-12 "remise 20%"', "propose a discount"), ("order D-3 ok", "send a draft"),
              ('order C-12 "shipped 6A12345678901 Colissimo"', "tell that a parcel has left"),
              ("order pause", "nothing leaves by itself any more")),
    "offer": (("offer C-12 20%", "in percent of the item's value"), ('offer C-12 "8 EUR"', "as a sum")),
    "shipped": (("shipped C-12 6A12345678901 Colissimo", "today"),
                ("shipped C-12 6A12345678901 Colissimo 2026-11-20", "on another day"),
                ('shipped C-12 - "La Poste"', "without a number")),
    "snooze": (("snooze C-12 4h", "no reminder for four hours"), ("snooze C-12 2d", "for two days")),
    "close": (("close C-12", "its deadlines end"),),
    "retry": (("retry D-3", "send again what failed"),),
    "sent": (("sent D-3", "it did go out, or you did it yourself"),),
    "fleet": (("fleet init", "the tables, once"), ("fleet status", "how it stands")),
    "fleet init": (("fleet init", "the tables, once"),),
    "fleet add": (("fleet add marie --settings marie/mailboxes.toml", "a seller whose folder is on this machine"),
                  ("fleet add us --settings us/mailboxes.toml --agency", "yourselves, to hear the fleet's alarms")),
    "fleet remove": (("fleet remove marie", "his folder stays"),
                     ("fleet remove marie --erase", "and delete what was kept of him")),
    "fleet list": (("fleet list", "where everybody is"), ("fleet list --json", "for scripts")),
    "fleet worker": (("fleet worker", "this machine's sellers, until SIGTERM"),
                     ("fleet worker --host disk1", "the sellers of a disk that moves between machines")),
    "fleet status": (("fleet status", "hosts, shards, deadlines; code 1 if a shard has not run"),
                     ("fleet status --json", "for scripts"), ("fleet status --prometheus", "for node_exporter")),
    "fleet move": (("fleet move marie --to disk2 --folder /srv/disk2/marie", "to a disk that can be reached from here"),
                   ("fleet move marie --to host2 --package /mnt/usb/marie", "for a host that cannot"),
                   ("fleet move marie --from /mnt/usb/marie --folder /srv/sellers/marie", "there"),
                   ("fleet move marie --back", "he stays after all")),
    "pause": (("pause", "nothing leaves by itself any more"),),
    "resume": (("resume", "automatic replies leave again"),),
    "backup": (("backup guichet.db", "a copy beside you"),
               ("backup --force /mnt/usb/guichet.db", "over the one of last time")),
    "restore": (("restore data/backups/guichet-2026-11-20.db", "the copy of that day"),),
    "forget": (('forget "Jean Dupont"', "only say what would go"),
               ('forget "Jean Dupont" --yes --backups', "erase it, in the backups too"),
               ("forget C-12 --yes", "the buyer of a case")),
    "export": (('export "Jean Dupont" jean.zip', "all that is kept about him"),
               ("export 404-1234567-1234567 order.zip", "by the number of an order"),
               ("export case C-12 evidence.zip", "for A-to-z or Customer Service, with a SHA-256 of each part")),
}

EXITS: tuple[Row, ...] = (
    ("0", "done"),
    ("1", "something outside failed (a mailbox, a server, the disk), or an order could not be carried out"),
    ("2", "the settings or what you typed are wrong; every fault is listed at once"),
    ("75", "another run is at work on the same data; it does everything"),
)
PLACES: tuple[Row, ...] = (
    ("mailboxes.toml", "the settings, each explained; --config or GUICHET_CONFIG names another file"),
    ("templates/", "beside it: your own words, looked at before the program's"),
    ("data/", "beside it, or where `data` says: the database, and in backups/ a copy of each day"),
    ("CREDENTIALS_DIRECTORY", "where password_file is looked for when it is not beside the settings"),
    ("LANG", "the language where --lang says none; NO_COLOR takes the colours away"),
)
PAGES = ("README.md, and docs/: running.md keeps it going, orders.md lists the orders, guards.md says what is never "
         "done.")


def paragraphs(help_: str | None) -> list[str]:
    """Return a docstring's paragraphs, each on one line: these are the keys of their French.

    One that begins with \\b stays as it is, line by line: what is to be typed has no French.
    """
    parts = [part.strip("\n") for part in re.split(r"\n\s*\n", cleandoc(help_ or "")) if part.strip()]
    return [part if part.startswith("\b") else " ".join(part.split()) for part in parts]


def first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?!])\s+(?=[A-ZÀ-ÞŒ])", text)[0].rstrip(".")


def full_name(context: click.Context) -> str:
    """Return the command's name without the program's: `show mail`; empty for the program itself."""
    return context.command_path.partition(" ")[2]


class Spoken(click.Command):
    """A command that explains itself in the current language and ends with examples."""

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 – click's own name
        """Return its first sentence, whole: the list of commands is broken into lines as need be."""
        return first_sentence(say(next(iter(paragraphs(self.help)), "")))

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=say("Usage: "))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 – click's
        for one in paragraphs(self.help):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(one if one.startswith("\b") else say(one))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _list(formatter, "Options", options(self, ctx))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _list(formatter, "Examples", [(f"{ctx.find_root().command_path} {typed}", does)
                                      for typed, does in EXAMPLES.get(full_name(ctx), ())])


class Chapter(Spoken, click.Group):
    """A group of commands, shown under headings; the program itself is one, `show` another."""

    command_class = Spoken
    group_class = type                  # a group within is one of its kind

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        for heading, names in self._headed(ctx):
            _list(formatter, heading, [(name, self.commands[name].get_short_help_str()) for name in names])

    def resolve_command(self, ctx: click.Context, args: list[str]
                        ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            ctx.fail(unknown(args[0], list(self.commands)))
        return super().resolve_command(ctx, args)

    def _headed(self, ctx: click.Context) -> Iterator[tuple[str, Sequence[str]]]:
        if ctx.parent is not None:
            yield "Commands", list(self.commands)
            return
        yield from ((heading, [name for name in names if name in self.commands])
                    for heading, names in SECTIONS.items())
        yield ELSE, homeless(self)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if ctx.parent is None:
            _list(formatter, "Exit codes", EXITS)
            _list(formatter, "Files and surroundings", PLACES)
            with formatter.section(say("To read on")):
                formatter.write_text(say(PAGES))


def homeless(program: click.Group) -> list[str]:
    """Return the commands that stand under no heading."""
    return [name for name in program.commands if not any(name in names for names in SECTIONS.values())]


def options(command: click.Command, context: click.Context) -> list[tuple[str, str, str]]:
    """Return each option's names, what is said of it, and what click adds: its default, its range."""
    found = (one.get_help_record(context) for one in command.get_params(context) if isinstance(one, click.Option))
    return [(names, *_parted(said)) for names, said in filter(None, found)]


def _parted(said: str) -> Row:
    text, bracket, added = said.rpartition("[") if said.endswith("]") else (said, "", "")
    return text.strip(), bracket + added


def _list(formatter: click.HelpFormatter, heading: str, rows: Sequence[tuple[str, ...]]) -> None:
    """Write two columns under a heading, the right one in the current language; nothing without rows."""
    if rows:
        with formatter.section(say(heading)):
            formatter.write_dl([(left, " ".join([said and say(said), *added]).strip())
                                for left, said, *added in rows])


def unknown(typed: str, names: Sequence[str]) -> str:
    near = get_close_matches(typed, names, n=1)
    return say("There is no command {name}, did you mean {near}?", name=typed, near=near[0]) if near else \
        say("There is no command {name}", name=typed)


def complaint(error: click.ClickException) -> str:
    """Return what is wrong with what was typed, in one sentence, and below it where help is."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context and error.message == context.get_help():     # nothing was typed: click hands over the whole page
        return error.message
    if context is None:
        return f"run_bot.py: {_wrong(error)}"
    return f"run_bot.py: {_wrong(error)}\n" + say("`{command} --help` explains it, with examples.",
                                                 command=context.command_path)


def _wrong(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        return say("There is no option {name}", name=error.option_name)
    if isinstance(error, click.MissingParameter) and error.param:
        return say("{what} is missing", what=error.param.make_metavar(error.ctx) if error.ctx else error.param.name)
    if isinstance(error, click.BadParameter) and error.param and error.ctx:
        return say("{what} is not right: {words}", what=error.param.get_error_hint(error.ctx), words=error.message)
    return error.format_message()


def sentences(program: click.Group) -> set[str]:
    """Return every English sentence that a --help of the program shows: each has its French."""
    fixed = {*SECTIONS, ELSE, "Commands", "Options", "Examples", "Exit codes", "Files and surroundings", "To read on",
             "Usage: ", PAGES, *(said for _, said in (*EXITS, *PLACES))}
    return fixed | {does for rows in EXAMPLES.values() for _, does in rows} | {
        said for context in contexts(program)
        for said in (*paragraphs(context.command.help), *(one[1] for one in options(context.command, context)))
        if said and not said.startswith("\b")}


def contexts(program: click.Group, name: str = "run_bot.py") -> Iterator[click.Context]:
    """Yield the context of the program and of each command in it."""
    def below(context: click.Context) -> Iterator[click.Context]:
        yield context
        if isinstance(context.command, click.Group):
            for called, command in context.command.commands.items():
                yield from below(click.Context(command, info_name=called, parent=context,
                                               help_option_names=context.help_option_names))
    return below(click.Context(program, info_name=name, **program.context_settings))
