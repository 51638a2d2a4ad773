"""The shape of the program, held: who may import whom, who asks the time, what nothing is called."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "bot").rglob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *(ROOT / "docs").rglob("*.md"),
                *(ROOT / "bot").rglob("*.md"), *(ROOT / "templates").rglob("*.*")])

# The files where all parts meet, from the command line down: each may import those that stand after it.
FROM_THE_TOP = ("cli", "dashboard", "fleet",
                "helping", "completing", "demo", "beginning", "penning", "granting", "reporting", "backtesting",
                "replaying", "gathering", "checking", "inspecting", "finding", "trying", "evidence", "exporting",
                "telling", "showing", "anonymising", "expecting", "working", "loop", "foreseeing", "errands",
                "progressing", "leasing", "listening",
                "reconciling", "sending", "resolving", "filing", "settling", "reading", "hearing", "ordering",
                "reminding", "ticking", "digesting", "dating", "counting", "rehearsing", "pipeline", "drifting",
                "alarming", "calling", "receiving", "entering", "breaking", "writing", "proofing", "standing",
                "pausing", "forgetting", "living", "due", "guichet", "switching", "saving", "glancing",
                "settings", "understanding")
BENEATH = {"bot.words", "bot.core", "bot.marketplaces", "bot.edges"}

# What each part of bot/ may import of bot/, its own package's __init__ aside; a row also holds for the files
# beneath it, the longest row counts. No arrow points up, and none between two edges save store -> schema, past
# and copies, templates -> printing, and imap -> exchange.
MAY_IMPORT = {
    "bot": set[str](),                               # the map of the program: it imports nothing
    **{f"bot.{part}": BENEATH | {f"bot.{below}" for below in FROM_THE_TOP[place + 1:]}
       for place, part in enumerate(FROM_THE_TOP)},
    # It plays a seller at the command line.
    "bot.demo": BENEATH | {f"bot.{part}" for part in FROM_THE_TOP if part != "fleet"},
    # The page reads the store and gives orders: it starts no pass, fetches nothing and sends nothing.
    "bot.dashboard": BENEATH | {"bot.dashboard"} | {f"bot.{part}" for part in (
        "evidence", "telling", "showing", "ordering", "counting", "rehearsing", "pipeline", "alarming", "writing",
        "proofing", "standing", "pausing", "living", "guichet", "switching", "saving", "settings")},
    # One more way to drive the loop's steps: what it adds is between sellers, and nothing of one seller knows of it.
    "bot.fleet": BENEATH | {"bot.fleet"} | {f"bot.{part}" for part in (
        "helping", "loop", "leasing", "listening", "receiving", "alarming", "living", "due", "guichet", "settings")},
    "bot.settings": {"bot.core", "bot.words", "bot.marketplaces"},
    "bot.edges": {"bot.core", "bot.words", "bot.edges.killpoint"},      # which a test asks for, and nobody else
    "bot.edges.store": {"bot.core", "bot.words", "bot.edges.schema", "bot.edges.killpoint", "bot.edges.copies",
                        "bot.edges.past"},
    "bot.edges.imap": {"bot.core", "bot.words", "bot.edges.killpoint", "bot.edges.exchange"},
    "bot.edges.templates": {"bot.core", "bot.words", "bot.edges.printing"},
    "bot.marketplaces": {"bot.core", "bot.words", "bot.marketplaces"},
    "bot.core": {"bot.core", "bot.words"},
    "bot.words": {"bot.words"},
}

# The core computes; what of the standard library reaches outside, waits or draws lots is not for it.
REACHES_OUT = {
    "asyncio", "concurrent", "ctypes", "dbm", "fcntl", "ftplib", "getpass", "glob", "http", "imaplib",
    "logging", "mailbox", "mmap", "multiprocessing", "os", "pathlib", "pickle", "poplib", "queue", "random",
    "sched", "secrets", "select", "selectors", "shelve", "shutil", "signal", "smtplib", "socket",
    "socketserver", "sqlite3", "ssl", "subprocess", "sys", "syslog", "tempfile", "threading", "time",
    "urllib.request", "webbrowser",
}
READS_ITS_OWN_FILES = {"pathlib"}            # a marketplace is a folder; its contract reads what lies in it
PURE_LIBRARIES = {"authres", "bs4", "dkim", "holidays", "lxml"}
HEAVY_LIBRARIES = {"aiosmtpd", "bs4", "dkim", "dns", "flask", "holidays", "httpx", "imapclient", "jinja2", "lxml",
                   "msal", "procrastinate", "psycopg", "pymap", "requests", "rich", "schedule",
                   "sqlite_utils", "waitress", "werkzeug"}

BANNED = {"manager", "helper", "util", "common", "base", "misc", "data", "info",
          "process", "service", "handler"}
BANNED_ALONE = {"item"}                      # item_value is the marketplaces' word; a bare item is anything
DICTATED = {"handle_DATA": "aiosmtpd calls it"}

BROAD = {"Exception", "BaseException"}
MAY_CATCH_ALL = {"reading", "loop", "listening", "cli"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))     # a path, not an import: looking must run nothing
    return place.is_dir() or place.with_suffix(".py").is_file()


def imports(path: Path) -> Iterator[str]:
    """Yield what a file imports, `from bot.edges import store` as bot.edges.store."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides where its arrow points"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if is_module(name) else str(node.module) for name in whole)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def row_of(module: str) -> str | None:
    """Return the longest row of MAY_IMPORT that holds for a module; `bot` holds for itself only."""
    rows = [row for row in MAY_IMPORT if module == row or (row != "bot" and within(module, row))]
    return max(rows, key=len, default=None)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def package_of(path: Path) -> str:
    return module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]


def part_of(path: Path) -> str:
    return module_name(path).split(".")[1] if module_name(path) != "bot" else ""


def test_every_part_of_the_program_has_its_place_in_the_arrows() -> None:
    placeless = [named(path) for path in FILES if not row_of(module_name(path))]
    assert not placeless, "say in MAY_IMPORT what it may import"


def test_arrows_point_downwards() -> None:
    """A package's own __init__ may be asked by its files; a file beside another, only where a row says so."""
    wrong = [f"{named(path)} imports {name}" for path in FILES for name in imports(path)
             if within(name, "bot") and name != package_of(path)
             and not any(within(name, lower) for lower in MAY_IMPORT[row_of(module_name(path)) or "bot"])]
    assert not wrong


def marketplace_of(module: str) -> str:
    """Return the marketplace folder a module belongs to; empty for the contract and all that is none."""
    parts = module.split(".")
    below = parts[:2] == ["bot", "marketplaces"] and len(parts) > 2
    return parts[2] if below and ROOT.joinpath(*parts[:3]).is_dir() else ""


def test_a_marketplace_imports_no_sibling_and_nobody_names_one() -> None:
    wrong = [f"{named(path)} imports {name}" for path in FILES for name in imports(path)
             if marketplace_of(name) not in ("", marketplace_of(module_name(path)))]
    assert not wrong


def test_core_and_marketplaces_reach_nothing_outside() -> None:
    for path in (path for path in FILES if part_of(path) in ("core", "marketplaces")):
        forbidden = REACHES_OUT - (READS_ITS_OWN_FILES if part_of(path) == "marketplaces" else set())
        for name in imports(path):
            assert not any(within(name, outside) for outside in forbidden), f"{named(path)} imports {name}"
            known = sys.stdlib_module_names | PURE_LIBRARIES | {"bot"}
            assert name.split(".")[0] in known, f"{named(path)} imports {name}: is it pure? then say so here"
        assert "open" not in called_names(path), f"{named(path)} opens a file"


def called_names(path: Path) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}


ASKS_THE_TIME = re.compile(
    r"(^|\.)(utcnow|today)$|^time\.(time|time_ns|localtime|gmtime|ctime|strftime)$|(^|\.)utils\.localtime$|^localtime$"
    r"|^(?!(.*\.)?clock\.now$).*\.now$")


def times_asked(path: Path) -> set[str]:
    fetched = {f"time.{alias.name}" for node in ast.walk(tree(path))
               if isinstance(node, ast.ImportFrom) and node.module == "time" for alias in node.names}
    return {name for name in called_names(path) | fetched if ASKS_THE_TIME.search(name)}


def test_only_the_clock_asks_the_time() -> None:
    asked = {named(path): times_asked(path) for path in FILES if times_asked(path)}
    assert set(asked) == {"bot/edges/clock.py"}, asked


@pytest.mark.parametrize("asks", ["datetime.now", "datetime.datetime.now", "date.today", "datetime.utcnow",
                                  "time.time", "time.localtime", "email.utils.localtime"])
def test_asking_the_time_is_recognised(asks: str) -> None:
    assert ASKS_THE_TIME.search(asks)


@pytest.mark.parametrize("asks", ["clock.now", "edges.clock.now", "time.monotonic", "time.sleep", "now"])
def test_asking_our_clock_or_only_waiting_is_allowed(asks: str) -> None:
    assert not ASKS_THE_TIME.search(asks)


def words_of(name: str) -> set[str]:
    """Return the words a name is made of: `parse_HTTPInfo` is parse, http and info; plurals count as one."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z][a-z\d]*", name)
    return {word.lower().removesuffix("s") for word in found} | {word.lower() for word in found}


def names_made(path: Path) -> Iterator[tuple[str, int]]:
    yield (path.parent.name if path.stem == "__init__" else path.stem), 1
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno


def empty_words(name: str) -> set[str]:
    alone = {name.lower(), name.lower().removesuffix("s")} & BANNED_ALONE
    return set() if name in DICTATED else words_of(name) & BANNED | alone


def test_nothing_has_a_name_that_says_nothing() -> None:
    wrong = [f"{named(path)}:{line}: {name} says {empty_words(name)}" for path in FILES
             for name, line in names_made(path) if empty_words(name)]
    assert not wrong


def test_names_are_taken_apart_into_words() -> None:
    assert words_of("MailHandlers") >= {"mail", "handler"}
    assert words_of("parse_HTTPInfo") >= {"parse", "http", "info"}
    assert not words_of("webservice_of_database_handled_in_base64") & BANNED


def test_only_the_command_line_and_the_demo_print() -> None:
    """Every other file hands its sentence to the command line."""
    assert not [named(path) for path in FILES
                if part_of(path) not in ("cli", "demo") and "print" in called_names(path)]


def swallows_all(node: ast.ExceptHandler) -> bool:
    """Say whether it catches every error and keeps it; who tidies up and raises it again swallows nothing."""
    if isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None:
        return False
    if node.type is None:
        return True
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(ast.unparse(error).rpartition(".")[2] in BROAD for error in caught)


def test_every_error_is_caught_only_where_a_step_must_survive_it() -> None:
    places = {f"{named(path)}:{node.lineno}": part_of(path) for path in FILES for node in ast.walk(tree(path))
              if isinstance(node, ast.ExceptHandler) and swallows_all(node)}
    wrong = [place for place, part in places.items() if part not in MAY_CATCH_ALL]
    assert not wrong, "name the errors you mean"
    assert len(places) <= 3, list(places)


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's lines from `def` to its end, less its docstring: saying more is no fault."""
    first = node.body[0]
    spoken = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node) else 0
    return (node.end_lineno or 0) - node.lineno + 1 - spoken


def functions() -> dict[str, int]:
    return {f"{named(path)}:{node.lineno} {node.name}": length(node) for path in FILES
            for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_functions_are_short_and_their_tail_too() -> None:
    lines = functions()
    longest = sorted(lines.items(), key=lambda pair: -pair[1])[:8]
    middle, ninetieth = median(lines.values()), quantiles(lines.values(), n=10)[-1]
    report = f"{len(lines)} functions: median {middle}, 90th percentile {ninetieth}; longest {longest}"
    assert middle <= 8, report
    assert ninetieth <= 25, report


def test_help_loads_no_heavy_library() -> None:
    """Each would cost a cron run, and whoever asks for --help, a tenth of a second or more."""
    asked = "import sys, bot.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    answer = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert not set(answer.stdout.split()) & HEAVY_LIBRARIES


def test_run_bot_hands_over_to_the_command_line_and_knows_nothing_else() -> None:
    assert {name for name in imports(ROOT / "run_bot.py") if within(name, "bot")} == {
        "bot.cli", "bot.working", "bot.words"}      # working: `once` and `run`, without the other commands


BUILD_MACHINE = re.compile(r"(?<![\w.:/-])/(work|root|workspaces?|builds?)\b")
UPWARDS = re.compile(r"(?<![\w/.])(?:\.\./)+[\w.-]+")
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def test_pages_speak_of_nobodys_machine() -> None:
    """What a page says must be true for its reader: no folder of a build machine, no neighbour of a clone."""
    for page in PAGES:
        text = page.read_text("utf-8")
        ways = [(page.parent / way).resolve() for way in UPWARDS.findall(text)]
        assert not BUILD_MACHINE.search(text), named(page)
        assert all(way.is_relative_to(ROOT) and way.exists() for way in ways), f"{named(page)}: {ways}"


def test_links_between_pages_lead_somewhere() -> None:
    assert not [f"{named(page)}: {target}" for page in PAGES if page.suffix == ".md"
                for target in LINK.findall(page.read_text("utf-8")) if not (page.parent / target).exists()]


EXEMPTION = re.compile(r'\s+"[A-Z]+\d+"|"[\w/.*]+" = \[|\s+"\w+\.\*"')


def test_every_exemption_stands_beside_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    exempt = [line for line in lines if EXEMPTION.match(line)]
    assert exempt
    assert not [line for line in exempt if "#" not in line]
