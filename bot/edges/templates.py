"""The words of every mail: Jinja2 files, the seller's own first, in a sandbox.

Where a template prints something, what is printed must be there: an unknown or empty variable stops the mail
and names itself. `{{ x or "…" }}`, `{{ … if x else "" }}` and `{% if x %}` say what to do without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from os import listdir, stat
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.core.answers import Answer, AnswerError, parse
from bot.core.clean import UNEXPECTED
from bot.core.deadline import local
from bot.core.policy import Seller
from bot.edges import EdgeError
from bot.words import say

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

PROGRAM = Path(__file__).parents[2] / "templates"


class TemplateError(EdgeError):
    """A template is missing, wrong, or asks for something that is not known; names the file and the thing."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, permanent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A rendered template: its subject, its other headers (lower case), its body; the file, and a hash of it.

    `own:` stands before the name of a file that is the seller's.
    """

    subject: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    version: str = ""


class Told(dict[str, Any]):
    """What a mail may tell or not, such as `facts`: what it does not tell is empty, so that it can be asked for."""

    def __missing__(self, name: str) -> str:
        return ""


class Templates:
    """Finds and renders templates: `<marketplace>/<name>.<language>.txt`, then `<name>.<language>.txt`.

    The folder `templates/` beside mailboxes.toml is looked at first, then the program's. `careful` is off for the
    last try to tell the seller something: better a mail with a gap than none. `titles`: how people call the
    marketplaces, by name.
    """

    def __init__(self, seller: Seller, own: Path | None = None, *, careful: bool = True,
                 titles: Mapping[str, str] | None = None) -> None:
        self.seller, self.careful, self.titles = seller, careful, titles or {}
        self.folders = [folder for folder in (own, PROGRAM) if folder and folder.is_dir()]
        self._environment: SandboxedEnvironment | None = None
        self._listed: dict[str, tuple[int, frozenset[str]]] = {}
        self._read: dict[str, tuple[tuple[int, int], str, Answer | None]] = {}

    def render(self, name: str, language: str, context: Mapping[str, Any], *, marketplace: str = "") -> Words:
        """Return the words of a template in a language, or in English where it has none in that one.

        Raises:
            TemplateError: no such template, a fault in it, or a variable that is unknown, or empty where it is printed.
        """
        file = f"{name}.{language}.txt"
        tries = [f"{folder}{name}.{tongue}.txt" for tongue in dict.fromkeys((language, "en", "fr"))
                 for folder in (f"{marketplace}/" if marketplace else "", "")]
        try:
            template = self.environment.get_template(next(filter(self._place_of, tries), tries[0]))
            file = template.name or file
            rendered = template.render({**_told(context), "seller": self.seller})
        except _faults() as error:
            raise TemplateError(say("The template {name} cannot be used: {words}",
                                    name=file, words=str(error) or tries[0])) from error
        found, version = self._written_in(file)
        return replace(_split(rendered, name), file=found, version=version)

    def _written_in(self, file: str) -> tuple[str, str]:
        """Return which file words come from, and the version of its text as it stands."""
        folder = self._place_of(file)
        if folder is None:
            return file, ""
        own = "own:" if folder != str(PROGRAM) else ""
        return f"{own}{file}", self._known(f"{folder}/{file}")[0]

    def _place_of(self, file: str) -> str | None:
        """Return the folder that a file lies in, the seller's own before the program's."""
        place, _, name = file.rpartition("/")
        return next((folder for folder in map(str, self.folders) if name in self._names(f"{folder}/{place}")), None)

    def _names(self, folder: str) -> frozenset[str]:
        """Return the names in a folder, read anew when one is added or taken away; none where there is no folder."""
        try:
            changed = stat(folder).st_mtime_ns
        except OSError:
            return frozenset()
        if self._listed.get(folder, (0, ()))[0] != changed:
            self._listed[folder] = changed, frozenset(listdir(folder))
        return self._listed[folder][1]

    def _known(self, file: str) -> tuple[str, Answer | None]:
        """Return the version of a file, and the answer that it holds, if it holds one; read anew when it changes."""
        told = stat(file)
        changed = told.st_mtime_ns, told.st_size
        if file not in self._read or self._read[file][0] != changed:
            path = Path(file)
            words = path.read_bytes()
            answer = None
            with suppress(AnswerError, UnicodeDecodeError):
                answer = parse(path.stem, words.decode("utf-8")) if path.suffix == ".md" else None
            self._read[file] = changed, _version(words), answer
        return self._read[file][1:]

    def render_text(self, source: str, name: str, context: Mapping[str, Any]) -> Words:
        """Return what a template would say that is not kept yet; `name` is for its errors.

        Raises:
            TemplateError: as `render`.
        """
        try:
            rendered = self.environment.from_string(source).render({**_told(context), "seller": self.seller})
        except _faults() as error:
            raise TemplateError(say("The template {name} cannot be used: {words}", name=name,
                                    words=error)) from error
        return _split(rendered, name)

    def languages(self, name: str, marketplace: str = "") -> tuple[str, ...]:
        """Return the languages there are words in; empty where nobody wrote any."""
        form = re.compile(rf"{re.escape(name.rpartition('/')[2])}\.(..)\.txt")
        return tuple(sorted({found[1] for names in self._names_of(name, marketplace) for file in names
                             if (found := form.fullmatch(file))}))

    def _names_of(self, name: str, marketplace: str) -> Iterator[frozenset[str]]:
        """Yield the names in each folder that may hold words of this name."""
        inside = name.rpartition("/")[0]
        for folder in map(str, self.folders):
            for place in dict.fromkeys((f"{marketplace}/{inside}", inside)):
                yield self._names(f"{folder}/{place}")

    def answers(self) -> tuple[Answer, ...]:
        """Return the seller's own answers, `answers/*.md`, as they are now; a broken file is left to `check`."""
        found = []
        for path in self._answer_files():
            with suppress(OSError):
                found.append(self._known(str(path))[1])
        return tuple(answer for answer in found if answer)

    def _answer_files(self) -> list[Path]:
        """Return one file for each name, his own before the program's."""
        found: dict[str, Path] = {}
        for folder in self.folders:
            for name in sorted(name for name in self._names(f"{folder}/answers") if name.endswith(".md")):
                found.setdefault(name.removesuffix(".md"), folder / "answers" / name)
        return list(found.values())

    def render_answer(self, answer: Answer, context: Mapping[str, Any]) -> Words:
        """Return the words of an answer, under the subject of `context`.

        Raises:
            TemplateError: a fault in it, or a variable that is unknown.
        """
        try:
            body = self.environment.from_string(answer.body).render({**_told(context), "seller": self.seller})
        except _faults() as error:
            raise TemplateError(say("The template {name} cannot be used: {words}", name=f"answers/{answer.name}.md",
                                    words=error)) from error
        return Words(subject=str(context["subject"]), headers={"answers": "true"} if answer.answers else {},
                     file=f"own:answers/{answer.name}.md", version=_version(answer.body.encode()),
                     body=re.sub(r"\n{3,}", "\n\n", body).strip() + "\n")

    def check_answers(self) -> int:
        """Read every answer of the seller's; return how many there are.

        Raises:
            TemplateError: one has a fault in its Jinja2, or its words are not said.
        """
        files = self._answer_files()
        for path in files:
            try:
                self.environment.from_string(parse(path.stem, path.read_text("utf-8")).body)
            except _faults() as error:
                raise TemplateError(say("The template {name} cannot be used: {words}", name=f"answers/{path.name}",
                                        words=error)) from error
        return len(files)

    def has(self, name: str, *, marketplace: str) -> bool:
        """Say whether a template of this name is there, in any language."""
        start = f"{name.rpartition('/')[2]}."
        return any(file.startswith(start) and file.endswith(".txt") and len(file) == len(start) + 6
                   for names in self._names_of(name, marketplace) for file in names)

    def check(self) -> int:
        """Read every template; return how many there are.

        Raises:
            TemplateError: one has a fault in its Jinja2.
        """
        names = [name for name in self.environment.list_templates() if name.endswith(".txt")]
        for name in names:
            try:
                self.environment.get_template(name)
            except _faults() as error:
                raise TemplateError(
                    say("The template {name} cannot be used: {words}", name=name, words=error)) from error
        return len(names)

    @property
    def environment(self) -> SandboxedEnvironment:
        if self._environment is None:
            self._environment = _environment(self.folders, self.seller, self.titles, careful=self.careful)
        return self._environment


def _version(words: bytes) -> str:
    return sha256(words).hexdigest()[:12]


def _faults() -> tuple[type[Exception], ...]:
    """Return what a template may raise: Jinja's own, a file in Latin-1, a sum of text and a number ..."""
    from jinja2 import TemplateError as JinjaError

    return (JinjaError, AnswerError, OSError, *UNEXPECTED)


def _told(context: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Told(value) if name in ("facts", "offer", "choice") and isinstance(value, Mapping) else value
            for name, value in context.items()}


def _environment(folders: list[Path], seller: Seller, titles: Mapping[str, str], *,
                 careful: bool) -> SandboxedEnvironment:
    from jinja2 import FileSystemLoader

    from bot.edges.printing import Careful

    environment = Careful(careful=careful, loader=FileSystemLoader(folders), trim_blocks=True, lstrip_blocks=True)
    environment.filters["local"] = lambda moment: local(moment, seller)
    environment.filters["left"] = lambda span: left(span, seller.language)
    environment.filters["when"] = lambda moment, form: when(moment, form, seller)
    environment.filters["quote"] = lambda text: "\n".join(f"  | {line}".rstrip() for line in text.splitlines())
    environment.filters["listed"] = listed
    environment.filters["titled"] = lambda name: titles.get(name, name)
    return environment


def listed(orders: Iterable[tuple[str, str]]) -> str:
    """Return orders as a mail lists them: what to copy, which may be several lines, and beneath it what it does.

    Side by side they are wider than a phone.
    """
    return "\n".join("\n".join([f"    {line}" for line in order.splitlines()] + [f"        {meaning}"])
                     for order, meaning in orders)


_HEADER = re.compile(r"([A-Za-z][A-Za-z-]*): ?(.*)")


def _split(rendered: str, name: str) -> Words:
    """Part the header lines from the body at the first blank line."""
    head, _, body = rendered.lstrip("\n").partition("\n\n")
    matches = [_HEADER.fullmatch(line.strip()) for line in head.splitlines()]
    headers = {match[1].lower(): match[2].strip() for match in matches if match}
    if not all(matches) or not headers.get("subject"):
        raise TemplateError(say("The template {name} must begin with a line «Subject: …» and a blank line", name=name))
    return Words(subject=headers.pop("subject"), headers=headers, body=re.sub(r"\n{3,}", "\n\n", body).strip() + "\n")


def when(moment: datetime | str, form: str, seller: Seller) -> str:
    """Return a moment in the seller's zone, or a day such as 2026-11-17, in a form such as `%d/%m/%Y`.

    Words that are no day stay as they are: a marketplace may write "in November".
    """
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(seller.timezone)).strftime(form)
    try:
        return date.fromisoformat(moment).strftime(form)
    except ValueError:
        return moment


def left(span: timedelta, language: str) -> str:
    """Return a length of time as a person says it: `2 days 3 h`, `3 h 20 min`, `late by 2 h`."""
    if span < timedelta():
        return say("late by {span}", language, span=left(-span, language))
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    if hours >= 48:
        return say("{days} days {hours} h", language, days=hours // 24, hours=hours % 24)
    return say("{hours} h {minutes} min", language, hours=hours, minutes=minutes) if hours < 24 \
        else say("{hours} h", language, hours=hours)


