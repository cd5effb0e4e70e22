r"""The language of claims, and its reader.

    claim      = [quantifier ":"] side ("<=" | "<" | ">=" | ">" | "==") side
    quantifier = "for" range | "exists" range
               | "for each block"              value[j] after the j-th update of a block, value[j-1]
                                               before it; a[j] is one constant for each block
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
from fractions import Fraction
from typing import NoReturn

from amverify.claims.fault import hint, refuse
from amverify.claims.scope import scoped
from amverify.claims.tree import (
    At,
    Call,
    Constant,
    Expected,
    Index,
    Node,
    Number,
    Range,
    Running,
    Sign,
    Slice,
    Statement,
    slices,
)

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
_SIGNS: dict[type[ast.cmpop], Sign] = {
    ast.LtE: "<=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">", ast.Eq: "==",
}  # fmt: skip
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


def parsed(text: str) -> Statement:
    """The statement that a claim makes.

    Raises:
        InvalidInput: what is wrong, with the column at which it stands.
    """
    text = " ".join(text.split()) if isinstance(text, str) else refuse("", 0, "it is no text")
    if not text or len(text) > LONGEST:
        refuse(text[:60], 0, f"a claim has 1 to {LONGEST} characters, this one {len(text)}")
    head, colon, body = _divided(text)
    over = _range(text, head) if colon else Range()
    start = text.index(body, len(head) + 1) if colon else 0
    return _Reader(text, start, "j" if over.blocks else "k").statement(body, over)


def _divided(text: str) -> tuple[str, str, str]:
    """Quantifier, colon and the rest; a colon within brackets is a slice's."""
    if not re.match(r"(for|exists)\b", text):
        return "", "", text
    head, colon, body = text.partition(":")
    if not colon:
        refuse(text, len(text), "a colon is missing: write 'for k >= 5: …'")
    return head, colon, body.strip()


_HEAD = re.compile(
    r"(?P<how>for|exists)\s+(?:(?P<low>\d{1,9})\s*<=\s*)?k"
    r"(?:\s*(?P<sign><=|>=)\s*(?P<limit>\d{1,9}))?\s*"
)


_EACH = re.compile(r"for\s+each\s+block\s*")


def _range(text: str, head: str) -> Range:
    if _EACH.fullmatch(head):
        return Range(blocks=True)
    found = _HEAD.fullmatch(head)
    if found is None or (found["low"] and found["sign"] != "<="):
        return refuse(
            text,
            0,
            "the quantifier is 'for k >= 5:', 'for 5 <= k <= 9:', 'exists k <= 25:' or "
            "'for each block:'",
        )
    first, last = int(found["low"] or 1), None
    if found["sign"] == "<=":
        last = int(found["limit"])
    elif found["sign"] == ">=":
        first = int(found["limit"])
    if last is not None and last < first:
        refuse(text, 0, f"there is no k from {first} to {last}")
    return Range(first, last, found["how"] == "exists")


class _Reader:
    """Admits the nodes of Python's tree one by one."""

    def __init__(self, text: str, start: int, letter: str = "k") -> None:
        self._text, self._start, self._letter = text, start, letter
        self._depth = 0

    def statement(self, body: str, over: Range) -> Statement:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(body, mode="eval").body
        except SyntaxError as error:
            place = self._start + max((error.offset or 1) - 1, 0)
            why = f"it cannot be read{hint(body)}"
            refuse(self._text, min(place, len(self._text)), why)
        except (RecursionError, MemoryError, ValueError):
            refuse(self._text, 0, "it is nested too deeply")
        if not isinstance(tree, ast.Compare):
            self._bad(tree, "a claim compares two sides: lhs <= rhs")
        if len(tree.ops) != 1:
            self._bad(tree.comparators[0], "one comparison a claim: make two claims of it")
        sign = _SIGNS.get(type(tree.ops[0]))
        if sign is None:
            self._bad(tree.comparators[0], "the signs are <=, <, >=, > and ==")
        lhs, rhs = self._side(tree.left), self._side(tree.comparators[0])
        for side in (lhs, rhs):
            scoped(self._text, side, over.blocks)
        return Statement(self._text, lhs, sign, rhs, over)

    def _bad(self, node: ast.expr, why: str) -> NoReturn:
        line = self._text[self._start :].encode()[: node.col_offset].decode(errors="ignore")
        refuse(self._text, self._start + len(line), why)

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
        form = r"[a-z][a-z0-9_]*" if self._letter == "k" else r"[A-Za-z][A-Za-z0-9_]*"
        if not re.fullmatch(form, name):
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
            case ast.Name(id=self._letter):
                return Index(True, 0, self._letter)
            case ast.Constant(value=int(number)) if type(number) is int and number <= _FURTHEST:
                return Index(False, number)
            case ast.BinOp(
                left=ast.Name(id=self._letter),
                op=ast.Add() | ast.Sub(),
                right=ast.Constant(value=int(number)),
            ) if type(number) is int and number <= _FURTHEST:
                offset = -number if isinstance(node.op, ast.Sub) else number
                return Index(True, offset, self._letter)
        k = self._letter
        self._bad(node, f"an index is {k}, {k}-1, {k}+1, … or a number, {_FURTHEST} at most")

    def _call(self, node: ast.Call, name: str, args: list[ast.expr]) -> Node:
        if name in FUNCTIONS:
            if len(args) != FUNCTIONS[name]:
                self._bad(node, f"{name} takes one argument")
            return Call(name, (self._side(args[0]),))
        if name in RUNNING:
            sides = tuple(self._side(arg) for arg in args)
            if len(sides) == 1:
                if not slices(sides[0]):
                    self._bad(node, f"{name}(…) runs over a slice: {name}(value[:k])")
                return Running(name, sides[0])
            if name in ("min", "max") and sides:
                return Call(name, sides)
        known = ", ".join((*FUNCTIONS, *RUNNING))
        also = _EXPECTATION if name == "E" else ""
        self._bad(node, f"{name} is no function here; there are {known}{also}")
