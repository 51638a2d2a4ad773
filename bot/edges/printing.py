"""Jinja2's sandbox, with one rule more: what a template prints must be there."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, StrictUndefined, Undefined, UndefinedError, nodes
from jinja2.bccache import Bucket
from jinja2.sandbox import SandboxedEnvironment

from bot.words import say

_GUARD = "printed"
_NAMED = (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Filter)
_SAYS_SO = ("default", "d")     # filters that say themselves what stands for an empty thing


MOST = 1000     # templates kept compiled: some 10 KiB each


class Compiled(BytecodeCache):
    """Templates as compiled, for all sellers of a process: compiling one takes far longer than printing it.

    A template that changed is another one. No filter of ours depends on the seller where what it is given is constant,
    and so folded into the code.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._known.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        assert bucket.code
        self._known[bucket.key] = bucket.checksum, bucket.code


_COMPILED = {careful: Compiled() for careful in (True, False)}      # what is guarded is other code


class Careful(SandboxedEnvironment):
    """Stops where an unknown or empty variable would be printed, or joined to other words with `~`, and names it.

    Jinja's own `finalize` hook sees the value alone, and could not say whose it was.
    """

    def __init__(self, *, careful: bool = True, **options: Any) -> None:
        self.careful = careful
        super().__init__(undefined=StrictUndefined, bytecode_cache=_COMPILED[careful], **options)
        self.filters[_GUARD] = _printed

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what the sandbox does. A template asks mostly for columns of rows and fields of our values.

        What is no attribute of a dict, and does stand in it, is what stands there; a field is never unsafe.
        """
        if attribute in _fields(obj.__class__):
            return getattr(obj, attribute)
        if isinstance(obj, dict) and attribute not in _OF_DICTS and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for words in tree.find_all((nodes.Output, nodes.Concat)) if self.careful else ():
            assert isinstance(words, nodes.Output | nodes.Concat)
            words.nodes = [_guarded(node) for node in words.nodes]
        return tree


_OF_DICTS = frozenset(dir(dict))


@cache
def _fields(sort: type) -> frozenset[str]:
    """Return the names of what a value of ours tells templates; none for what others made."""
    if not is_dataclass(sort) or not sort.__module__.startswith("bot."):
        return frozenset()
    return frozenset(field.name for field in fields(sort) if not field.name.startswith("_"))


def _guarded(node: nodes.Expr) -> nodes.Expr:
    """Return the expression with a guard around each variable of it that may come out as words."""
    if isinstance(node, nodes.CondExpr):
        node.expr1, node.expr2 = _guarded(node.expr1), node.expr2 and _guarded(node.expr2)
    elif isinstance(node, nodes.Or | nodes.Mod):     # of `x or y`, x may be empty; of "… %s" % x, x may not
        node.right = _guarded(node.right)
    elif isinstance(node, nodes.Tuple):
        node.items = [_guarded(each) for each in node.items]
    elif isinstance(node, _NAMED) and not _settled(node):
        name = nodes.Const(_written(node))
        return nodes.Filter(node, _GUARD, [name, nodes.Const(node.lineno)], [], None, None, lineno=node.lineno)
    return node


def _settled(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Filter) and node.name in (_GUARD, *_SAYS_SO)


def _written(node: nodes.Node | None) -> str:
    """Return an expression about as it stands in the template."""
    said = "…"
    match node:
        case nodes.Name():
            said = node.name
        case nodes.Getattr():
            said = f"{_written(node.node)}.{node.attr}"
        case nodes.Getitem(arg=nodes.Const(value=value)):
            said = f"{_written(node.node)}[{value!r}]"
        case nodes.Filter():
            said = f"{_written(node.node)} | {node.name}"
        case nodes.Call(args=[nodes.Const(value=value), *_]):
            said = f"{_written(node.node)}({value!r})"
    return said


def _printed(value: object, name: str, line: int) -> object:
    if value.__class__ is str and value and not value.isspace():    # most of what is printed
        return value
    if isinstance(value, Undefined) or callable(value):
        raise UndefinedError(say("'{name}' in line {line} is not known", name=name, line=line))
    if value is None or str(value).strip() == "":
        raise UndefinedError(say("'{name}' in line {line} is empty", name=name, line=line))
    return value
