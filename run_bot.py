"""Starts Guichet: hands its arguments to bot.cli and says plainly what this Python lacks for it.

Kept readable by every Python 3, so that an old one gets a sentence and not a syntax error.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = os.path.join(HERE, ".venv")


def speaks_french() -> bool:
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
    return said.lower().startswith("fr")


def too_old() -> str:
    """Return the sentence for a Python before 3.11; bot.words cannot be asked, it is newer than that."""
    got = ".".join(str(part) for part in sys.version_info[:3])
    if speaks_french():
        return f"Guichet demande Python 3.11 ou plus récent, et {sys.executable} est un Python {got}."
    return f"Guichet needs Python 3.11 or later, and {sys.executable} is Python {got}."


def library_missing(name: str) -> str:
    """Return the sentence that names the library and the shortest way to it, or to a Python that has it."""
    from bot.words import say, use
    use("fr" if speaks_french() else "en")
    go = "" if os.path.realpath(os.getcwd()) == os.path.realpath(HERE) else f"cd {HERE} && "
    if os.path.realpath(sys.prefix) == os.path.realpath(OWN):
        return say("Guichet needs the library {name}, which {python} does not have: install it with "
                   "`{go}.venv/bin/python -m pip install -r requirements.txt`.",
                   name=name, python=sys.executable, go=go)
    if os.path.exists(os.path.join(OWN, "bin", "python")):
        return say("Guichet needs the library {name}, which {python} does not have: start it with "
                   "`{go}.venv/bin/python run_bot.py`.", name=name, python=sys.executable, go=go)
    return say("Guichet needs the library {name}, which {python} does not have: install it with "
               "`{go}python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`, "
               "then start `.venv/bin/python run_bot.py`.", name=name, python=sys.executable, go=go)


def main() -> int:
    if sys.version_info < (3, 11):
        sys.exit(too_old())
    try:
        if {"once", "run"} & set(sys.argv[1:]):     # what cron starts day and night needs no parser of arguments
            from bot.working import plainly
            code = plainly(sys.argv[1:])
            if code is not None:
                return code
        from bot.cli import main as run
        return run()
    except ModuleNotFoundError as missing:
        name = (missing.name or str(missing)).partition(".")[0]
        if name == "bot":
            raise
        sys.exit(library_missing(name))


if __name__ == "__main__":
    raise SystemExit(main())
