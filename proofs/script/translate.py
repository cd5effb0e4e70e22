r"""Formulas of the theorem objects → polynomials of the kernel.

+, ·, non-negative integer powers and rationals are polynomials. What is not becomes a variable
that is named after what it contains: 1/(q), |q|, √(q); the kernel's rules ``inverse``, ``absolute``
and ``root`` say what it means. max(x, y) is (x + y + |x − y|)/2. Anything else is refused.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from amverify.theorems.base import Inequality
from proofs.kernel.atoms import atom, deep, plain
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused, const, var

HALF = const(Fraction(1, 2))


ESCAPE = "ǂ"


def spelt(name: str) -> str:
    """A name as the kernel takes it: an atom's or a plain one as it is, others spelt out.

    A sign that no plain name holds becomes its number between two ǂ; where no name has a ǂ of its
    own, no two become one.
    """
    if plain(name) or _atom(name):
        return name
    found = [c if plain(f"x{c}") and c != ESCAPE else f"{ESCAPE}{ord(c):x}{ESCAPE}" for c in name]
    return ("" if plain(found[0]) else ESCAPE) + "".join(found)


def _atom(name: str) -> bool:
    try:
        return not plain(name) and bool(deep(var(name)))
    except Refused:
        return False


def polynomial(formula: Any) -> Poly:
    """A formula as a polynomial in its symbols and atoms.

    Raises:
        Refused: for a float, or a function that the kernel does not know.
    """
    if isinstance(formula, int | Fraction):
        return const(formula)
    if isinstance(formula, sp.Symbol):
        return var(spelt(formula.name))
    if isinstance(formula, sp.Rational):
        return const(Fraction(int(formula.p), int(formula.q)))
    if isinstance(formula, sp.Add):
        total = const(0)
        for part in formula.args:
            total += polynomial(part)
        return total
    if isinstance(formula, sp.Mul):
        product = const(1)
        for part in formula.args:
            product = product * polynomial(part)
        return product
    if isinstance(formula, sp.Abs):
        return atom("|{}|", polynomial(formula.args[0]))
    if isinstance(formula, sp.Max | sp.Min) and len(formula.args) == 2:
        x, y = map(polynomial, formula.args)
        gap = atom("|{}|", x - y)
        return HALF * (x + y + (gap if isinstance(formula, sp.Max) else -gap))
    if isinstance(formula, sp.Pow) and formula.exp.is_Rational and formula.exp.q in (1, 2):
        return _power(formula)
    raise Refused(f"{formula} ({type(formula).__name__}) has no exact polynomial form")


def _power(formula: Any) -> Poly:
    base = polynomial(formula.base)
    if formula.exp.q == 2:
        base = atom("√({})", base)
    if formula.exp.is_negative:
        base = atom("1/({})", base)
    result = const(1)
    for _ in range(abs(int(formula.exp.p))):
        result = result * base
    return result


def relation(inequality: Inequality) -> Relation:
    """Lhs ≤ rhs as rhs − lhs ≥ 0 (> 0 if it is strict)."""
    difference = polynomial(inequality.rhs) - polynomial(inequality.lhs)
    return Relation(difference, ">" if inequality.strict else ">=")
