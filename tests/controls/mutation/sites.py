"""All small faults that can be put into a module: comparisons, signs, numbers, logic, statements.

A fault is a piece of text in place of another, so that all else stays as it was written. Texts,
docstrings, annotations and what is inside an f-string are left alone: they change no verdict.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil"}
CALLS |= {"minimum": "maximum", "maximum": "minimum"}


@dataclass(frozen=True)
class Fault:
    """One fault: ``text[start:end]`` becomes ``new``.

    Args:
        line: where it stands, from 1.
        kind: a word.
        start: in characters.
        end: in characters.
        old: the text there.
        new: the text in its place.
        lines: those of the statement, by which tests that run it are found.
    """

    line: int
    kind: str
    start: int
    end: int
    old: str
    new: str
    lines: tuple[int, ...]

    def of(self, text: str) -> str:
        """The module with the fault."""
        return text[: self.start] + self.new + text[self.end :]

    def stands(self, text: str) -> bool:
        """Whether the module still has the old text there."""
        return text[self.start : self.end] == self.old

    def __str__(self) -> str:
        short = " ".join(self.old.split()), " ".join(self.new.split())
        return f"{self.line}: {self.kind}: {short[0][:150]}  ->  {short[1][:150]}"


def faults(text: str) -> list[Fault]:
    """All of a module's, in the order of its lines."""
    offsets = [0]
    for line in text.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line.encode()))
    raw = text.encode()

    def place(line: int, column: int) -> int:
        return len(raw[: offsets[line - 1] + column].decode())

    found = []
    for node, statement in _nodes(ast.parse(text)):
        start = place(node.lineno, node.col_offset)
        end = place(node.end_lineno or node.lineno, node.end_col_offset or 0)
        lines = tuple(range(statement.lineno, (node.end_lineno or node.lineno) + 1))
        for kind, new in _changed(node, statement):
            found.append(Fault(node.lineno, kind, start, end, text[start:end], new, lines))
    return sorted(set(found), key=lambda f: (f.start, f.end, f.new))


def _nodes(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, ast.stmt]]:
    """Expressions and statements, each with the smallest statement that it is in."""

    def walk(node: ast.AST, statement: ast.stmt | None) -> Iterator[tuple[ast.AST, ast.stmt]]:
        if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.pattern)):
            return
        inner = node if isinstance(node, ast.stmt) else statement
        if inner is not None and isinstance(node, (ast.expr, ast.stmt)):
            yield node, inner
        for name, child in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            for each in child if isinstance(child, list) else [child]:
                if isinstance(each, ast.AST):
                    yield from walk(each, inner)

    yield from walk(tree, None)  # type: ignore[misc]


def _changed(node: ast.expr | ast.stmt, statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """What may stand in its place: a word for the kind, and the text."""
    if isinstance(node, ast.stmt):
        yield from _statement(node)
        return
    if isinstance(statement, (ast.If, ast.While)) and node is statement.test:
        yield "condition", f"(not ({ast.unparse(node)}))"
    for kind, other in _expression(node):
        yield kind, f"({ast.unparse(other)})"


def _statement(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        other = copy.deepcopy(node)
        other.op = OPERATORS[type(node.op)]()
        yield "operator", ast.unparse(other)
    if isinstance(node, (ast.Raise, ast.AugAssign, ast.Continue, ast.Break)):
        yield "statement", "pass"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "statement", "pass"
    if isinstance(node, ast.Return) and node.value is not None:
        none = isinstance(node.value, ast.Constant) and node.value.value is None
        if not none:
            yield "return", "return None"


def _expression(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    other = copy.deepcopy(node)
    match other:
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                for kind in COMPARISONS[type(op)]:
                    again = copy.deepcopy(other)
                    again.ops[i] = kind()
                    yield "comparison", again
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            other.op = OPERATORS[type(op)]()
            yield "operator", other
        case ast.BoolOp(op=op, values=values):
            other.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "logic", other
            for i in range(len(values)):
                rest = [v for j, v in enumerate(values) if j != i]
                yield "logic", rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield "sign", operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield "branch", ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Constant(value=bool() as value):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield "constant", ast.Constant(value + 1)
            yield "constant", ast.Constant(value - 1) if value else ast.Constant(2)
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            other.func = ast.Name(CALLS[name])
            yield "call", other
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in CALLS:
            other.func = ast.Attribute(value, CALLS[name])
            yield "call", other
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            for i, part in enumerate(other.generators):
                for j in range(len(part.ifs)):
                    again = copy.deepcopy(other)
                    del again.generators[i].ifs[j]
                    yield "filter", again
