r"""Vectors, values and curvatures as polynomials in symbols that nobody chooses.

Coordinate j of a vector v is the variable v_j; ⟨x, y⟩ is bilinear in the kernel's own sums
Σ_j(v_j·w_j), so that what ``checker.summation`` makes of coordinates is an inner product here. f(x)
is a variable made from function and point: the same pair, the same symbol.
"""

from __future__ import annotations

import re
from fractions import Fraction

import sympy as sp

from amverify.theorems.properties import (
    Above,
    Change,
    Curvature,
    Hessian,
    Inner,
    Norm,
    Term,
    Value,
    Vector,
    gradient,
    legible,
    length,
    word,
)
from amverify.theorems.quantities import Expected, Power, Square, Total
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.script.translate import ESCAPE, polynomial, spelt

INDEX = "j"
"""The name of coordinates."""
OUTCOMES, CHANCE = "ω", "p_omega"
"""The label of outcomes, and the name of their probabilities."""
_BLOCKS = ("change_i", "s_i", "n_i", "E_change_i", "E_s_i", "E_n_i", "slopes_k", "noises_k")
_SWEEPS = ("slope_i", "change_w", "slope_w", "spread_w", "g_k", "v_k", "F_next", "F_after")
NAMED = frozenset((*_BLOCKS, *_SWEEPS))
"""What ``means.NAME`` names."""
_MADE = re.compile(rf"\w+_{INDEX}|\w+_at_\w+|(curvature|hessian|norm_of|argmin_of)_\w+|{CHANCE}")


def made(name: str) -> bool:
    """Whether this file, ``spelt`` or a template makes such a name: nobody defines one."""
    return ESCAPE in name or name in NAMED or _MADE.fullmatch(name) is not None


def coordinate_name(name: str) -> str:
    """The variable that stands for coordinate j of a named vector."""
    return f"{word(name)}_{INDEX}"


def coordinate(x: Vector) -> Poly:
    """Coordinate j of a vector."""
    found = const(0)
    for name, c in x.parts:
        found += polynomial(c) * var(coordinate_name(name))
    return found


def total(summand: Poly) -> Poly:
    """Σ_j of one monomial in coordinates, as the kernel names it."""
    return var(f"Σ_{INDEX}({summand})")


def inner(x: Vector, y: Vector) -> Poly:
    """⟨x, y⟩."""
    found = const(0)
    for name, c in x.parts:
        for other, d in y.parts:
            pair = var(coordinate_name(name)) * var(coordinate_name(other))
            found += polynomial(c) * polynomial(d) * total(pair)
    return found


def norm(x: Vector) -> Poly:
    """‖x‖ as a symbol; ``facts.NORM`` says what it is."""
    return var(length(x).name)


def value(function: str, x: Vector) -> Poly:
    """f(x)."""
    return var(f"{word(function)}_at_{word(x)}")


def curvature(function: str, x: Vector, y: Vector) -> Poly:
    """The largest ⟨y − x, ∇²f(z)(y − x)⟩ for z between x and y."""
    return var(f"curvature_{word(function)}_from_{word(x)}_to_{word(y)}")


def hessian(function: str, x: Vector, y: Vector) -> Poly:
    """⟨x, ∇²f y⟩ of a quadratic f: bilinear, and the same for y and x."""
    found = const(0)
    for name, c in x.parts:
        for other, d in y.parts:
            one, two = sorted((word(name), word(other)))
            pair = var(f"hessian_{word(function)}_of_{one}_and_{two}")
            found += polynomial(c) * polynomial(d) * pair
    return found


def exponent_of(q: sp.Expr | int) -> str:
    """How the name of a power ends."""
    return spelt(f"^[{sp.simplify(sp.sympify(q))}]".replace(" ", ""))


def power(base: sp.Expr | int, exponent: sp.Expr | int) -> sp.Symbol:
    """x^q as a symbol.

    Raises:
        Refused: if x or q is written as something else may be.
    """
    if not (legible(base) and legible(exponent)):
        raise Refused(f"({base})^({exponent}) reads as another power")
    polynomial(base), polynomial(exponent)
    return sp.Symbol(base_of(base) + exponent_of(exponent), real=True)


def base_of(base: sp.Expr | int) -> str:
    """How the name of a power begins."""
    return spelt(f"[{sp.expand(sp.sympify(base))}]".replace(" ", ""))


def expected(of: str) -> sp.Symbol:
    """The expectation, given the past, of what is named."""
    return sp.Symbol(spelt(f"E[{of}]"), real=True)


def summed(index: str, of: sp.Expr | int) -> Poly:
    """Σ_index of a formula, monomial by monomial, as the kernel names it."""
    found = const(0)
    for m, c in polynomial(sp.expand(of)).terms.items():
        found += const(c) * var(f"Σ_{index}({Poly({m: Fraction(1)})})")
    return found


def reading(term: Term) -> Poly:
    """A term as a polynomial.

    Raises:
        Refused: for a root, which is known by its square.
    """
    match term:
        case Inner(left, right):
            return inner(left, right)
        case Norm(of):
            return norm(of)
        case Value(function, at):
            return value(function, at)
        case Change(function, start, end):
            return value(function, end) - value(function, start)
        case Above(function, start, end):
            slope = inner(gradient(function, start), end - start)
            return value(function, end) - value(function, start) - slope
        case Curvature(function, start, end):
            return curvature(function, start, end)
        case Hessian(function, left, right):
            return hessian(function, left, right)
        case Power(base, exponent):
            return var(power(base, exponent).name)
        case Total(index, of):
            return summed(index, of)
        case Square(of):
            return polynomial(of) * polynomial(of)
        case Expected(of):
            return var(expected(of).name)
    raise Refused(f"{term} is known by its square")


HALF = const(Fraction(1, 2))
