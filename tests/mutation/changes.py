"""Small changes to Python code, each of a kind that people make by mistake."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

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
}


@dataclass(frozen=True, slots=True)
class Change:
    """One expression or statement put in the place of another.

    name         of the module, as a path below redbook/
    line         where it begins, from 1
    begin, end   of the text that goes, in UTF-8 bytes from the module's start
    now          what comes in its place
    """

    name: str
    line: int
    begin: int
    end: int
    before: str
    now: str

    def made(self, text: str) -> str:
        data = text.encode()
        return (data[: self.begin] + self.now.encode() + data[self.end :]).decode()

    def __str__(self) -> str:
        return f"{self.name}:{self.line}: {' '.join(self.before.split())} -> {' '.join(self.now.split())}"


def changes_in(name: str, text: str) -> list[Change]:
    """Every change that could be made to a module; type hints, docstrings and texts stay."""
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node, now in _changed(ast.parse(text)):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        before = text.encode()[begin:end].decode()
        if before != now:
            found.append(Change(name, node.lineno, begin, end, before, now))
    return sorted(found, key=lambda change: (change.begin, -change.end))


def _changed(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Each node that can be changed, with the code to put in its place."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from _changed(ast.Expression(node.value))
            continue
        if isinstance(node, ast.JoinedStr | ast.Raise):
            continue  # what is said; whether it is said hangs on the condition before
        if isinstance(node, ast.FunctionDef):
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            yield from _changed(ast.List(defaults))
            yield from _changed(ast.Module(node.body, []))
            continue
        if isinstance(node, ast.expr):
            yield from ((node, now) for now in _other_expression(node))
        elif isinstance(node, ast.stmt):
            yield from ((node, now) for now in _other_statement(node))
        yield from _changed(node)


def _other_expression(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = OTHER_COMPARISON[type(node.ops[0])]()
        yield f"({ast.unparse(ast.Compare(node.left, [other], node.comparators))})"
    elif isinstance(node, ast.BoolOp):
        other_op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield f"({ast.unparse(ast.BoolOp(other_op, node.values))})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.BinOp) and type(node.op) in OTHER_ARITHMETIC:
        yield f"({ast.unparse(ast.BinOp(node.left, OTHER_ARITHMETIC[type(node.op)](), node.right))})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield str(node.value + 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield str(node.value * 4 + 1)


def _other_statement(node: ast.stmt) -> Iterator[str]:
    """A step left out, and a condition that is always or never so."""
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        plain = isinstance(node.value, ast.Call)
        yield "pass" if plain else "None"
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute)
    ):
        yield "pass"
