"""What makes a shell complete our commands: click's own lines, made to fit a program without a place on the PATH."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from bot.core.errors import BotError
from bot.words import say

__all__ = ["CommandNameError", "completing"]

VARIABLE = "_RUN_BOT_PY_COMPLETE"    # as click reckons it from the program's name
RUN_BOT = Path(__file__).resolve().parent.parent / "run_bot.py"


class CommandNameError(BotError):
    """A name no shell would take for a command."""


def completing(command: click.Command, shell: str, name: str) -> str:
    """Return lines for a shell's start-up file: a command of a short name, and the completion of what follows it.

    Raises:
        CommandNameError: the short name is none.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", name):
        raise CommandNameError(say("{name} is no name for a command: write letters, digits, - and _", name=name))
    made = get_completion_class(shell)
    assert made, "one of the shells click knows"
    program = shlex.join((sys.executable, str(RUN_BOT)))
    lines = made(command, {}, name, VARIABLE).source()
    # click has the shell call the completed word itself, which here is a function that `env` cannot start.
    called = {"bash": ("=bash_complete $1)", f"=bash_complete {program})"),
              "zsh": (f"=zsh_complete {name})", f"=zsh_complete {program})"),
              "fish": (f"(commandline -t) {name})", f"(commandline -t) {program})")}[shell]
    assert called[0] in lines, f"click's lines for {shell} have changed"
    function = f"function {name}; {program} $argv; end" if shell == "fish" else f'{name}() {{ {program} "$@"; }}'
    return f"{function}\n{lines.replace(*called)}"
