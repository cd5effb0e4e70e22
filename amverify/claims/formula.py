r"""A side of a claim as a formula of sympy over *atoms*: what a run has to bind.

The judge evaluates + − · /, integer powers, √, |·|, max and min of symbols and rationals. All else
(a quantity at an index, a running sum, k, q**k, exp, log) is an atom: one symbol, named as it is
printed, whose balls the view makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy as sp

from amverify.claims.notation import UNICODE, written
from amverify.claims.tree import (
    Call,
    Constant,
    Node,
    Number,
    Statement,
    parts,
    slices,
)
from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.formulas import evaluate
from amverify.theorems.parameters import CHANGE, UPDATE_CHANGE, UPDATED, VALUE

_LARGEST_POWER = 32


@dataclass(frozen=True)
class Change:
    """f(x^k) − f(x^{k−1}), of which a recorder knows more than of either."""


Atom = Node | Change
Atoms = dict[str, Atom]


@dataclass(frozen=True)
class Comparison:
    """lhs ≤ rhs over atoms; ``strict`` for <."""

    lhs: sp.Expr
    rhs: sp.Expr
    strict: bool
    atoms: Atoms


def comparisons(said: Statement) -> tuple[Comparison, ...]:
    """The inequalities that a statement is: one, or two for ==."""
    atoms: Atoms = {}
    lhs, rhs = expression(said.lhs, atoms), expression(said.rhs, atoms)
    evaluated(lhs - rhs, dict.fromkeys(atoms, Ball.of(1.0)), said.text)
    strict = said.sign in ("<", ">")
    if said.sign == "==" and said.over.exists:
        return (Comparison(sp.Abs(lhs - rhs), sp.Integer(0), False, atoms),)
    if said.sign == "==":
        both = Comparison(lhs, rhs, False, atoms), Comparison(rhs, lhs, False, atoms)
        return sharpened(both[0]), sharpened(both[1])
    if said.sign in (">", ">="):
        lhs, rhs = rhs, lhs
    return (sharpened(Comparison(lhs, rhs, strict, atoms)),)


def evaluated(formula: sp.Expr, values: Mapping[str, Ball], text: str = "") -> Ball:
    """A formula's balls; symbols without a value count as 1, to see that it can be evaluated.

    Raises:
        InvalidInput: for √−1, 1/0 and nested roots, written out.
    """
    ones = {symbol.name: Ball.of(1.0) for symbol in formula.free_symbols}
    try:
        found: Ball = evaluate(formula, ones | dict(values))
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"claim {text or str(formula)!r}: it has no real value, or a root of a root "
            "(a fourth root is written x**(1/4))"
        ) from None
    return found


def sharpened(found: Comparison) -> Comparison:
    """With f(x^k) − f(x^{k−1}) as one atom, where f(x^k) and f(x^{k−1}) occur in no other way.

    The difference of two recorded values has the errors of both, a recorded change its own.
    """
    letter = "j" if UPDATED in found.atoms else "k"
    now = sp.Symbol(VALUE if letter == "k" else UPDATED, real=True)
    before = sp.Symbol(f"f(x_{{{letter}−1}})", real=True)
    if not {now.name, before.name} <= set(found.atoms):
        return found
    rest = sp.expand(found.lhs - found.rhs)
    weight = rest.coeff(now, 1)
    name = CHANGE if letter == "k" else UPDATE_CHANGE
    change = sp.Symbol(name, real=True)
    rest = sp.expand(rest - weight * (now - before))
    if not weight.is_number or not weight or rest.free_symbols & {now, before}:
        return found
    atoms = {n: atom for n, atom in found.atoms.items() if n not in (now.name, before.name)}
    atoms |= {name: Change()}
    if weight > 0:
        return Comparison(change, -rest / weight, found.strict, atoms)
    return Comparison(-rest / weight, change, found.strict, atoms)


def expression(node: Node, atoms: Atoms) -> sp.Expr:
    """The formula of a side; its atoms are added to ``atoms``."""
    match node:
        case Number(value):
            return sp.Rational(value.numerator, value.denominator)
        case Constant(name) if name != "k":
            return sp.Symbol(name, real=True)
        case Call(how, of) if not _apart(node):
            return _applied(how, [expression(one, atoms) for one in of])
    name = written(node, UNICODE)
    atoms[name] = node
    return sp.Symbol(name, real=True)


def _apart(node: Call) -> bool:
    """Whether a call is an atom: exp, log, and powers that are not of a small integer."""
    if node.how == "**":
        power = _whole(node.of[1])
        return power is None or abs(power) > _LARGEST_POWER
    return node.how in ("exp", "log")


def _whole(node: Node) -> int | None:
    if isinstance(node, Number) and node.value.denominator == 1:
        return int(node.value)
    if isinstance(node, Call) and node.how == "neg":
        inner = _whole(node.of[0])
        return None if inner is None else -inner
    return None


def _applied(how: str, of: list[sp.Expr]) -> sp.Expr:
    match how:
        case "neg":
            return -of[0]
        case "+":
            return of[0] + of[1]
        case "-":
            return of[0] - of[1]
        case "*":
            return of[0] * of[1]
        case "/":
            return of[0] / of[1]
        case "**":
            return of[0] ** of[1]
        case "sqrt":
            return sp.sqrt(of[0])
        case "abs":
            return sp.Abs(of[0])
    return (sp.Max if how == "max" else sp.Min)(*of)


def divisors(node: Node) -> Iterator[Node]:
    """All that is divided by, in a side."""
    if isinstance(node, Call) and node.how == "/" and not slices(node):
        yield node.of[1]
    for one in parts(node):
        yield from divisors(one)


def constants(node: Node) -> list[str]:
    """Names of the constants of a side, in order."""
    if isinstance(node, Constant):
        return [] if node.name == "k" else [node.name]
    return list(dict.fromkeys(name for one in parts(node) for name in constants(one)))
