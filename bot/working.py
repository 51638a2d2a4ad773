"""`once` and `run`, and what every command shares: the language, the exit codes, the log.

Apart from the other commands, because cron starts `once` day and night: said plainly it needs no parser of arguments,
and where a glance shows that there is nothing to do, hardly anything else. So nothing is loaded here before it is used.
"""

from __future__ import annotations

import os
import sys

from bot.core.errors import BotError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.settings import Settings

OK, FAILED, WRONG, BUSY = 0, 1, 2, 75
STOPPED = 130       # by Ctrl-C
USUAL = "mailboxes.toml"
LANGUAGES = ("fr", "en")    # as in bot.words


def plainly(arguments: Sequence[str]) -> int | None:
    """Carry out `once` or `run` and return the exit code; None for anything else, or where there is more to parse."""
    if (said := _plain(arguments)) is None:
        return None
    command, path, as_json = said
    try:
        if command == "once" and _is_quiet(path):
            return _tell([], as_json=as_json)
        return _work(command, path, language(arguments), as_json=as_json)
    except KeyboardInterrupt:
        return STOPPED
    except BotError as error:
        _complain(error)
        return code_of(error)


def _is_quiet(path: str) -> bool:
    from bot.glancing import glance

    return glance(path)


def _work(command: str, path: str, spoken: str, *, as_json: bool) -> int:
    from pathlib import Path

    from bot import words
    from bot.edges.clock import seconds
    from bot.settings import load

    words.use(spoken)
    began = seconds()
    settings = load(Path(path))
    return once(settings, as_json=as_json, began=began) if command == "once" else run(settings)


def _plain(arguments: Sequence[str]) -> tuple[str, str, bool] | None:
    """Return command, settings and whether JSON is wanted, where nothing but these and the language is said."""
    command, as_json, said = "", False, iter(arguments)
    # Said before the command counts less than the environment, said after it more.
    before, after = "", os.environ.get("GUICHET_CONFIG") or ""
    for word in said:
        name, equals, value = word.partition("=")
        if name in ("--config", "--lang"):
            value = value if equals else next(said, "")
            if not value or (name == "--lang" and value not in LANGUAGES):
                return None
            if name == "--config":
                before, after = (before, value) if command else (value, after)
        elif word in ("once", "run") and not command:
            command = word
        elif word == "--json" and command == "once":
            as_json = True
        else:
            return None
    return (command, after or before or USUAL, as_json) if command else None


def language(arguments: Sequence[str]) -> str:
    """Return the language asked for by --lang, else the locale's."""
    for at, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.partition("=")[2]
        if argument == "--lang" and at + 1 < len(arguments):
            return arguments[at + 1]
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or _of_machine()
    return "fr" if spoken.lower().startswith("fr") else "en"


def _of_machine() -> str:
    import locale

    return locale.getlocale()[0] or ""


def code_of(error: BotError) -> int:
    return {"SettingsError": WRONG, "UncountableError": WRONG, "BeginningError": WRONG, "NotByGrantError": WRONG,
            "CommandNameError": WRONG, "BusyError": BUSY}.get(type(error).__name__, FAILED)


# -- the two commands ----------------------------------------------------------------------------


def once(settings: Settings, *, as_json: bool, began: float = 0.0) -> int:
    """Do one pass. `began`: the moment, in seconds, before the settings were read."""
    from bot.loop import once as one_pass

    log_here(quiet=True)
    return _tell(one_pass(settings, began).failures, as_json=as_json)


def _tell(failures: Sequence[str], *, as_json: bool) -> int:
    """Say what failed; return the exit code."""
    if as_json:
        sys.stdout.write(f'{{"failures": {_as_json(failures)}}}\n')
    for failure in failures:
        _complain(failure)
    return FAILED if failures else OK


def _as_json(sentences: Sequence[str]) -> str:
    if not sentences:
        return "[]"
    import json

    return json.dumps(sentences, ensure_ascii=False)


def run(settings: Settings) -> int:
    from bot.loop import run as watch

    log_here(quiet=False)
    watch(settings)
    return OK


def _complain(sentence: object) -> None:
    sys.stderr.write(f"run_bot.py: {sentence}\n")


def log_here(*, quiet: bool) -> None:
    """Let what is logged be seen: on stderr, in the journal's own form where systemd reads that."""
    import logging

    journal = _to_journal()
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR if quiet and not journal else logging.INFO,
                        format="%(levelname)s%(message)s" if journal else "%(asctime)s %(levelname)s %(message)s")
    for level, mark in ((logging.INFO, "<6>"), (logging.WARNING, "<4>"), (logging.ERROR, "<3>")) if journal else ():
        logging.addLevelName(level, mark)       # sd-daemon(3); the journal has its own time
    logging.getLogger("imapclient").setLevel(logging.WARNING)


def _to_journal() -> bool:
    """Say whether systemd's journal reads our stderr: systemd.exec(5), JOURNAL_STREAM."""
    try:
        stands = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stands.st_dev}:{stands.st_ino}"
