"""Small changes to Python code, each of a kind that people make by mistake."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

OTHER_COMPARISON: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OTHER_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
OTHER_FUNCTION = {"all": "any", "any": "all", "min": "max", "max": "min"}


@dataclass(slots=True)
class Called:
    """What is known of all functions or classes of one name.

    optional  parameters that may be left out, and what they are then
    alike     whether the first two are of one type, so that nobody but a test notices them swapped
    """

    optional: dict[str, set[str]] = field(default_factory=dict)
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One expression or statement put in the place of another.

    name         of the module, as a path below redbook/
    line, last   where it begins and ends, from 1
    begin, end   of the text that goes, in UTF-8 bytes from the module's start
    now          what comes in its place
    """

    name: str
    line: int
    last: int
    begin: int
    end: int
    before: str
    now: str

    def made(self, text: str) -> str:
        data = text.encode()
        return (data[: self.begin] + self.now.encode() + data[self.end :]).decode()

    def __str__(self) -> str:
        return f"{self.name}:{self.line}: {' '.join(self.before.split())} -> {' '.join(self.now.split())}"


def callees(texts: Iterable[str]) -> dict[str, Called]:
    """By name: what these modules define."""
    found: dict[str, Called] = {}
    for node in (node for text in texts for node in ast.walk(ast.parse(text))):
        if isinstance(node, ast.FunctionDef):
            plain = [one for one in node.args.args if one.arg != "self"]
            named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            last = zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)
            optional = {one.arg: value for one, value in (*named, *last) if value is not None}
            types = [one.annotation for one in plain[:2]]
        elif isinstance(node, ast.ClassDef):
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            optional = {ast.unparse(one.target): one.value for one in fields if one.value is not None}
            types = [one.annotation for one in fields[:2]]
        else:
            continue
        called = found.setdefault(node.name, Called())
        for name, value in optional.items():
            called.optional.setdefault(name, set()).add(ast.unparse(value))
        called.alike |= len({ast.unparse(one) for one in types if one}) == 1 and len(types) == 2
    return found


def changes_in(name: str, text: str, known: Mapping[str, Called]) -> list[Change]:
    """Every change that could be made to a module; type hints, docstrings and texts stay."""
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = {}
    for node, now in _Changes(known).of(ast.parse(text)):
        last = node.end_lineno or node.lineno
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[last - 1] + (node.end_col_offset or 0)
        before = text.encode()[begin:end].decode()
        if before != now:
            found[begin, end, now] = Change(name, node.lineno, last, begin, end, before, now)
    return sorted(found.values(), key=lambda change: (change.begin, -change.end))


Changed = Iterator[tuple[ast.expr | ast.stmt, str]]
"""A node that can be changed, with the code to put in its place."""


class _Changes:
    def __init__(self, known: Mapping[str, Called]) -> None:
        self.known = known
        self.assigned: set[str] = (
            set()
        )  # by the function so far: to leave such a step out is no error at once

    def of(self, node: ast.AST) -> Changed:
        if isinstance(node, ast.Assign) and _is_subscript(node.value, "Callable", "Generator"):
            return  # the name of a type
        if isinstance(node, ast.AnnAssign):
            if node.value is not None and not _is_name(node.annotation, "TypeAlias"):
                yield from self.of(node.value)
            return
        if isinstance(node, ast.JoinedStr):
            return
        if isinstance(node, ast.Raise):  # what is said; whether it is said hangs on the condition before
            if node.exc is None:
                yield node, "pass"
            return
        if isinstance(node, ast.ClassDef):
            yield from self._all(node.body)
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from self._all([*node.args.defaults, *filter(None, node.args.kw_defaults)])
            outer = self.assigned
            self.assigned = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
            yield from self._all(node.body)
            self.assigned = outer
            return
        if isinstance(node, ast.expr):
            yield from ((node, now) for now in _other_expression(node, self.known))
        elif isinstance(node, ast.stmt):
            yield from ((node, now) for now in self._other_statement(node))
        yield from self._parts(node)
        yield from self._all(ast.iter_child_nodes(node))

    def _all(self, nodes: Iterable[ast.AST]) -> Changed:
        for node in nodes:
            yield from self.of(node)

    def _parts(self, node: ast.AST) -> Changed:
        """A condition that is always or never so, and an error that is not caught."""
        if isinstance(node, ast.If | ast.IfExp) and not _is_name(node.test, "TYPE_CHECKING"):
            yield from ((node.test, now) for now in ("True", "False"))
        elif isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
            yield node.test, "False"
        elif isinstance(node, ast.comprehension):
            yield from ((condition, "True") for condition in node.ifs)
        elif isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple):
            for number in range(len(node.type.elts)):
                yield node.type, ast.unparse(_without(node.type, "elts", number))

    def _other_statement(self, node: ast.stmt) -> Iterator[str]:
        """A step left out."""
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
            yield "pass" if isinstance(node.value, ast.Call) else "None"
        elif isinstance(node, ast.AugAssign | ast.Continue | ast.Break):
            yield "pass"
        elif isinstance(node, ast.Assign):
            names = {
                one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)
            }
            plain = all(isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
            if not plain or names <= self.assigned:
                yield "pass"
            self.assigned |= names if plain else set()


def _other_expression(node: ast.expr, known: Mapping[str, Called]) -> Iterator[str]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = OTHER_COMPARISON[type(node.ops[0])]()
        yield f"({ast.unparse(ast.Compare(node.left, [other], node.comparators))})"
    elif isinstance(node, ast.BoolOp):
        other_op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield f"({ast.unparse(ast.BoolOp(other_op, node.values))})"
        for number in range(len(node.values)):
            less = _without(node, "values", number)
            yield f"({ast.unparse(less if len(less.values) > 1 else less.values[0])})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from (f"({ast.unparse(side)})" for side in (node.left, node.right))
    elif isinstance(node, ast.BinOp) and type(node.op) in OTHER_ARITHMETIC:
        yield f"({ast.unparse(ast.BinOp(node.left, OTHER_ARITHMETIC[type(node.op)](), node.right))})"
        if isinstance(node.op, ast.Add | ast.Sub):
            yield f"({ast.unparse(node.left)})"
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        yield ast.unparse(node.value)
    elif isinstance(node, ast.Call):
        yield from _other_call(node, known)
    elif isinstance(node, ast.Constant):
        yield from _other_constant(node.value)


def _other_call(node: ast.Call, known: Mapping[str, Called]) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if _is_name(node.func, *OTHER_FUNCTION):
        yield ast.unparse(ast.Call(ast.Name(OTHER_FUNCTION[name]), node.args, node.keywords))
    called = known.get(name, Called())
    if called.alike and len(node.args) > 1 and not isinstance(node.args[1], ast.Starred):
        first, second, *more = node.args
        yield ast.unparse(ast.Call(node.func, [second, first, *more], node.keywords))
    for number, keyword in enumerate(node.keywords):
        otherwise = called.optional.get(keyword.arg or "")
        if otherwise and ast.unparse(keyword.value) not in otherwise:
            yield ast.unparse(_without(node, "keywords", number))


def _other_constant(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield str(value + 1)
        if value > 2:
            yield str(value // 2)
    elif isinstance(value, float):
        yield str(value * 4 + 1)


def _is_name(node: ast.expr, *names: str) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_subscript(node: ast.expr, *names: str) -> bool:
    return isinstance(node, ast.Subscript) and _is_name(node.value, *names)


def _without(node: Node, part: str, number: int) -> Node:
    """A copy, one of its parts left out."""
    less = copy.copy(node)
    setattr(less, part, [one for place, one in enumerate(getattr(node, part)) if place != number])
    return less
