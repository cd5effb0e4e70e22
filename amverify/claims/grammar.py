r"""The language of claims, and its reader.

    claim      = [quantifier ":"] side ("<=" | "<" | ">=" | ">" | "==") side
    quantifier = "for" range | "exists" range
    range      = "k" ["<=" N]  |  "k" ">=" N  |  N "<=" "k" "<=" N
    side       = numbers, constants, k, quantities, + - * / **, parentheses,
                 sqrt abs exp log (of one), max min (of several)
    quantity   = name "[" index "]"            value[k], value[k-1], value[0]
    running    = ("sum" | "mean" | "min" | "max") "(" side over slices ")"
                                               sum(regret[:k]), max(value[k-5:k]), sum(t[:k]*g[:k])
    expected   = "E[" side "]"                 E[value[k]], E[value[k+1] + c*step2[k+1]]

An expectation is over the draw of the batch with which the step to its newest index is made, given
all that was before: E[value[k]] is E(f(x^k) | x^{k-1} and the optimiser's state).

A slice is Python's: ``[:k]`` are the indices 0, …, k − 1, ``[:k+1]`` has k too, ``[k-5:k]`` the
five before k. Without a quantifier a claim is one for every k ≥ 1; index 0 is the start.

Python's own parser makes the tree of a side (it knows precedence, and the column of a fault); what
is then in the tree is admitted node by node, and nothing is compiled or evaluated. A number is the
decimal that is written: 0.1 is a tenth.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NoReturn

from amverify.errors import InvalidInput

LONGEST = 1_000
"""Characters of a claim."""
_DEEPEST = 60
_EXPECTATION = "; an expectation is written E[…]: E[value[k]] <= value[k-1]"
_DIGITS = 40
_FURTHEST = 1_000
"""Places that an index may be off k."""
OF_A_STEP = ("step", "step2", "eta", "momentum")
"""Quantities of the step to x^k: there is none to x⁰."""
FUNCTIONS = {"sqrt": 1, "abs": 1, "exp": 1, "log": 1}
RUNNING = ("sum", "mean", "min", "max")
Sign = Literal["<=", "<", ">=", ">", "=="]
_SIGNS: dict[type[ast.cmpop], Sign] = {
    ast.LtE: "<=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.Eq: "==",
}  # fmt: skip
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


@dataclass(frozen=True)
class Number:
    """A decimal, exactly."""

    value: Fraction


@dataclass(frozen=True)
class Constant:
    """A name without an index: declared, or k."""

    name: str


@dataclass(frozen=True)
class Index:
    """k + offset, or the index ``offset`` itself."""

    moving: bool
    offset: int


@dataclass(frozen=True)
class At:
    """A quantity at an index."""

    name: str
    index: Index
    column: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Slice:
    """A quantity at the indices from ``start`` up to ``stop``, without ``stop``."""

    name: str
    start: Index
    stop: Index
    column: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Running:
    """A sum, mean, least or largest over slices of one length."""

    how: str
    of: Node


@dataclass(frozen=True)
class Call:
    """A function or an operator of one or several sides."""

    how: str
    of: tuple[Node, ...]


@dataclass(frozen=True)
class Expected:
    """The expectation of a side over the draw of one step, given what was before it."""

    of: Node
    column: int = field(compare=False, default=0)

    @property
    def newest(self) -> int:
        """m, where the draw is that of the step to x^{k+m}."""
        return max(one.index.offset for one in quantities(self.of) if one.index.moving)


Node = Number | Constant | At | Slice | Running | Call | Expected


@dataclass(frozen=True)
class Range:
    """The k that a claim is about."""

    first: int = 1
    last: int | None = None
    exists: bool = False


@dataclass(frozen=True)
class Statement:
    """lhs, a sign, rhs, for some range of k."""

    text: str
    lhs: Node
    sign: Sign
    rhs: Node
    over: Range


def parsed(text: str) -> Statement:
    """The statement that a claim makes.

    Raises:
        InvalidInput: what is wrong, with the column at which it stands.
    """
    text = " ".join(text.split()) if isinstance(text, str) else _refuse("", 0, "it is no text")
    if not text or len(text) > LONGEST:
        _refuse(text[:60], 0, f"a claim has 1 to {LONGEST} characters, this one {len(text)}")
    head, colon, body = _divided(text)
    over = _range(text, head) if colon else Range()
    start = text.index(body, len(head) + 1) if colon else 0
    return _Reader(text, start).statement(body, over)


def _divided(text: str) -> tuple[str, str, str]:
    """Quantifier, colon and the rest; a colon within brackets is a slice's."""
    if not re.match(r"(for|exists)\b", text):
        return "", "", text
    head, colon, body = text.partition(":")
    if not colon:
        _refuse(text, len(text), "a colon is missing: write 'for k >= 5: …'")
    return head, colon, body.strip()


_HEAD = re.compile(
    r"(?P<how>for|exists)\s+(?:(?P<low>\d{1,9})\s*<=\s*)?k"
    r"(?:\s*(?P<sign><=|>=)\s*(?P<limit>\d{1,9}))?\s*"
)


def _range(text: str, head: str) -> Range:
    found = _HEAD.fullmatch(head)
    if found is None or (found["low"] and found["sign"] != "<="):
        return _refuse(
            text, 0, "the quantifier is 'for k >= 5:', 'for 5 <= k <= 9:' or 'exists k <= 25:'"
        )
    first, last = int(found["low"] or 1), None
    if found["sign"] == "<=":
        last = int(found["limit"])
    elif found["sign"] == ">=":
        first = int(found["limit"])
    if last is not None and last < first:
        _refuse(text, 0, f"there is no k from {first} to {last}")
    return Range(first, last, found["how"] == "exists")


def _refuse(text: str, column: int, why: str) -> NoReturn:
    """One line, with a mark where the fault is."""
    shown = f"{text[:column]}⟨here⟩{text[column:]}" if text else "⟨empty⟩"
    raise InvalidInput(f"claim, column {column + 1}: {why}: {shown}")


_OTHER_SIGNS = (
    ("≤", "<="), ("≥", ">="), ("=<", "<="), ("=>", ">="), ("≠", "== or <="), ("²", "**2")
)  # fmt: skip


def _hint(body: str) -> str:
    """What was probably meant, of the slips that are seen most."""
    for wrong, right in _OTHER_SIGNS:
        if wrong in body:
            return f" (write {right} for {wrong})"
    if body.count("(") != body.count(")") or body.count("[") != body.count("]"):
        return " (brackets do not pair)"
    if re.search(r"(?<![<>=!])=(?!=)", body):
        return " (write == for =)"
    return ""


class _Reader:
    """Admits the nodes of Python's tree one by one."""

    def __init__(self, text: str, start: int) -> None:
        self._text, self._start = text, start
        self._depth = 0

    def statement(self, body: str, over: Range) -> Statement:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(body, mode="eval").body
        except SyntaxError as error:
            place = self._start + max((error.offset or 1) - 1, 0)
            why = f"it cannot be read{_hint(body)}"
            _refuse(self._text, min(place, len(self._text)), why)
        except (RecursionError, MemoryError, ValueError):
            _refuse(self._text, 0, "it is nested too deeply")
        if not isinstance(tree, ast.Compare):
            self._bad(tree, "a claim compares two sides: lhs <= rhs")
        if len(tree.ops) != 1:
            self._bad(tree.comparators[0], "one comparison a claim: make two claims of it")
        sign = _SIGNS.get(type(tree.ops[0]))
        if sign is None:
            self._bad(tree.comparators[0], "the signs are <=, <, >=, > and ==")
        lhs, rhs = self._side(tree.left), self._side(tree.comparators[0])
        for side in (lhs, rhs):
            self._runs(side)
            self._linear(side)
        return Statement(self._text, lhs, sign, rhs, over)

    def _runs(self, node: Node, inside: bool = False) -> None:
        """A slice stands in a running sum, and what moves with k does not."""
        match node:
            case Slice(column=column) if not inside:
                _refuse(self._text, column, "a slice stands in sum, mean, min or max")
            case At(index=Index(moving=True), column=column) if inside:
                _refuse(self._text, column, "within sum, mean, min and max it takes a slice: [:k]")
            case Constant(name="k") | Running() if inside:
                _refuse(self._text, 0, "k and running sums cannot stand in a running sum")
        for part in parts(node):
            self._runs(part, inside or isinstance(node, Running))

    def _linear(self, node: Node, within: str = "") -> None:
        """An expectation is added, and multiplied by what is known: E[x]**2 is not E[x**2]."""
        if isinstance(node, Expected):
            self._one_draw(node, within)
            return
        for i, part in enumerate(parts(node)):
            how = node.how if isinstance(node, Running | Call) else ""
            other = parts(node)[1 - i] if how == "*" else None
            free = how in ("+", "-", "neg") or (how == "/" and i == 0)
            free |= other is not None and not every(other, _is_expected)
            self._linear(part, within or ("" if free else how))

    def _one_draw(self, node: Expected, within: str) -> None:
        """Refuse an expectation that is none of one draw, or stands under a function."""
        if within:
            why = (
                f"E[…] stands under {within}, which means something else than {within} inside E[…]"
            )
            _refuse(self._text, node.column, f"{why}: write all of it inside")
        if every(node.of, _is_expected):
            _refuse(self._text, node.column, "E in E: what is inside is a number already")
        if every(node.of, lambda one: isinstance(one, Running | Slice)):
            _refuse(self._text, node.column, "a running sum stands outside of E[…]")
        if not any(one.index.moving for one in quantities(node.of)):
            _refuse(self._text, node.column, "nothing in E[…] moves with k, as value[k] does")

    def _bad(self, node: ast.expr, why: str) -> NoReturn:
        line = self._text[self._start :].encode()[: node.col_offset].decode(errors="ignore")
        _refuse(self._text, self._start + len(line), why)

    def _column(self, node: ast.expr) -> int:
        return self._start + node.col_offset

    def _side(self, node: ast.expr) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._bad(node, "it is nested too deeply")
        found = self._admitted(node)
        self._depth -= 1
        return found

    def _admitted(self, node: ast.expr) -> Node:
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                return self._number(node)
            case ast.Name(id=name):
                return Constant(name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
                side = self._side(inner)
                return side if isinstance(node.op, ast.UAdd) else Call("neg", (side,))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return Call(_OPERATORS[type(op)], (self._side(left), self._side(right)))
            case ast.BinOp(op=ast.BitXor()):
                self._bad(node.right, "a power is written **")
            case ast.Subscript(value=ast.Name(id="E"), slice=inside):
                return Expected(self._side(inside), self._column(node))
            case ast.Subscript(value=ast.Name(id=name), slice=inside):
                return self._quantity(node, name, inside)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(node, name, args)
        self._bad(node, "only numbers, names, + - * / **, indices and functions may stand here")

    def _number(self, node: ast.Constant) -> Number:
        said = ast.get_source_segment(self._text[self._start :], node) or repr(node.value)
        said = said.replace("_", "")
        if len(said) > _DIGITS or not re.fullmatch(r"[0-9.]+(e[+-]?\d{1,3})?", said.lower()):
            self._bad(node, f"a number is a decimal of at most {_DIGITS} characters")
        value = Fraction(said)
        if value and not Fraction(1, 10**300) <= value <= 10**300:
            self._bad(node, "a number lies between 1e-300 and 1e300, or is 0")
        return Number(value)

    def _quantity(self, node: ast.Subscript, name: str, inside: ast.expr) -> Node:
        column = self._column(node)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            self._bad(node, "a quantity is a column: lower-case letters, digits and _")
        if not isinstance(inside, ast.Slice):
            index = self._index(inside)
            if name in OF_A_STEP and index == Index(False, 0):
                self._bad(node, f"no step leads to index 0: {name} begins at {name}[1]")
            return At(name, index, column)
        if inside.step is not None or inside.upper is None:
            self._bad(node, "a slice is [:k], [m:k] or [k-m:k], up to some index")
        start = Index(False, 0) if inside.lower is None else self._index(inside.lower)
        stop = self._index(inside.upper)
        if not stop.moving or (start.moving and start.offset >= stop.offset):
            self._bad(node, "a slice ends at k, k+1, …, after its start")
        if name in OF_A_STEP and start == Index(False, 0):
            self._bad(node, f"no step leads to index 0: write {name}[1:k+1]")
        return Slice(name, start, stop, column)

    def _index(self, node: ast.expr) -> Index:
        match node:
            case ast.Name(id="k"):
                return Index(True, 0)
            case ast.Constant(value=int(number)) if type(number) is int and number <= _FURTHEST:
                return Index(False, number)
            case ast.BinOp(
                left=ast.Name(id="k"),
                op=ast.Add() | ast.Sub(),
                right=ast.Constant(value=int(number)),
            ) if type(number) is int and number <= _FURTHEST:
                return Index(True, -number if isinstance(node.op, ast.Sub) else number)
        self._bad(node, f"an index is k, k-1, k+1, … or a number, {_FURTHEST} at most")

    def _call(self, node: ast.Call, name: str, args: list[ast.expr]) -> Node:
        if name in FUNCTIONS:
            if len(args) != FUNCTIONS[name]:
                self._bad(node, f"{name} takes one argument")
            return Call(name, (self._side(args[0]),))
        if name in RUNNING:
            sides = tuple(self._side(arg) for arg in args)
            if len(sides) == 1:
                if not _sliced(sides[0]):
                    self._bad(node, f"{name}(…) runs over a slice: {name}(value[:k])")
                return Running(name, sides[0])
            if name in ("min", "max") and sides:
                return Call(name, sides)
        known = ", ".join((*FUNCTIONS, *RUNNING))
        hint = _EXPECTATION if name == "E" else ""
        self._bad(node, f"{name} is no function here; there are {known}{hint}")


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes right below one."""
    if isinstance(node, Call):
        return node.of
    return (node.of,) if isinstance(node, Running | Expected) else ()


def every(node: Node, among: Callable[[Node], bool]) -> list[Node]:
    """All nodes of a tree for which ``among`` is so."""
    found = [node] if among(node) else []
    return found + [one for part in parts(node) for one in every(part, among)]


def element(node: Node, lead: Index) -> Node:
    """What a running sum adds up at index j, written as k, where its first slice is at j."""
    if isinstance(node, Slice):
        return At(node.name, Index(True, node.start.offset - lead.offset), node.column)
    if isinstance(node, Call):
        return Call(node.how, tuple(element(one, lead) for one in node.of))
    return node


def quantities(node: Node) -> list[At]:
    """All quantities of a tree that stand at an index."""
    return [one for one in every(node, lambda node: isinstance(node, At)) if isinstance(one, At)]


def slices(node: Node) -> list[Slice]:
    """All slices of a tree."""
    found = every(node, lambda node: isinstance(node, Slice))
    return [one for one in found if isinstance(one, Slice)]


def expectations(node: Node) -> list[Expected]:
    """All expectations of a tree."""
    return [one for one in every(node, _is_expected) if isinstance(one, Expected)]


def _is_expected(node: Node) -> bool:
    return isinstance(node, Expected)


def _sliced(node: Node) -> bool:
    return bool(slices(node))
