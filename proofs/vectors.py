r"""Vectors, values and curvatures as polynomials in symbols that nobody chooses.

Coordinate j of a vector v is the variable v_j; ⟨x, y⟩ is bilinear in the kernel's own sums
Σ_j(v_j·w_j), so that what ``checker.summation`` makes of coordinates is an inner product here. f(x)
is a variable made from function and point: the same pair, the same symbol.
"""

from __future__ import annotations

from fractions import Fraction

from amverify.theorems.properties import (
    Change,
    Curvature,
    Inner,
    Norm,
    Term,
    Value,
    Vector,
    length,
    word,
)
from proofs.polynomial import Poly, Refused, const, var
from proofs.translate import polynomial

INDEX = "j"
"""The name of coordinates."""


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
        case Curvature(function, start, end):
            return curvature(function, start, end)
    raise Refused(f"{term} is known by its square")


HALF = const(Fraction(1, 2))
