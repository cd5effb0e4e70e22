r"""Facts about real powers x^q and about values along a run, as templates.

x^q is a symbol made from x and q (``vectors.power``); nobody types one. 0^0 may be 0 or 1: no
template says which. Where one needs signs of x or q they are side conditions (``asks``).
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import Theorem
from amverify.theorems.quantities import Fall, Gap
from proofs.kernel.checker import Kind, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.script.facts import Instance, fact
from proofs.script.translate import polynomial
from proofs.script.vectors import power

TWO = const(2)


def _power(base: sp.Expr | int, exponent: sp.Expr | int) -> Poly:
    return var(power(base, exponent).name)


def _is(formula: sp.Expr | int, kind: Kind) -> Relation:
    return Relation(polynomial(sp.sympify(formula)), kind)


@fact("power", "x^q ≥ 0 for x, q ≥ 0", "definition of a power")
def SIGN(theorem: Theorem, x: sp.Expr, q: sp.Expr) -> Instance:
    """x^q ≥ 0."""
    del theorem
    return Instance(_power(x, q), ">=", (), (_is(x, ">="), _is(q, ">=")))


@fact("power of a positive number", "x^q > 0 for x > 0", "definition of a power")
def POSITIVE(theorem: Theorem, x: sp.Expr, q: sp.Expr) -> Instance:
    """x^q > 0."""
    del theorem
    return Instance(_power(x, q), ">", (), (_is(x, ">"),))


@fact("monotone power", "x^q ≥ y^q for x ≥ y ≥ 0 and q > 0", "calculus: (x^q)' = qx^{q−1} > 0")
def MONOTONE(theorem: Theorem, x: sp.Expr, y: sp.Expr, q: sp.Expr) -> Instance:
    """x^q − y^q ≥ 0."""
    del theorem
    asks = (_is(x - y, ">="), _is(y, ">="), _is(q, ">"))
    return Instance(_power(x, q) - _power(y, q), ">=", (), asks)


@fact(
    "concave power",
    "x^θ(x^{1−θ} − y^{1−θ}) ≥ (1−θ)(x − y) for x, y ≥ 0 and 0 ≤ θ < 1: the tangent at x, times x^θ",
    "Rockafellar (1970), Theorem 25.1; calculus",
)
def CONCAVE(theorem: Theorem, x: sp.Expr, y: sp.Expr, theta: sp.Expr) -> Instance:
    """x^θ(x^{1−θ} − y^{1−θ}) − (1−θ)(x − y) ≥ 0; at x = 0 it says y(1 − θ − [θ = 0]·0^0) ≥ 0."""
    del theorem
    fall = _power(x, 1 - theta) - _power(y, 1 - theta)
    poly = _power(x, theta) * fall - polynomial((1 - theta) * (x - y))
    asks = (_is(x, ">="), _is(y, ">="), _is(theta, ">="), _is(1 - theta, ">"))
    return Instance(poly, ">=", (), asks)


@fact(
    "subadditive power",
    "(x + y)^θ ≤ x^θ + y^θ for x, y ≥ 0 and 0 ≤ θ < 1",
    "calculus: t ↦ t^{θ−1} does not increase, so (x + y)^θ = (x + y)^{θ−1}(x + y) ≤ x^θ + y^θ",
)
def SUBADDITIVE(theorem: Theorem, x: sp.Expr, y: sp.Expr, theta: sp.Expr) -> Instance:
    """x^θ + y^θ − (x + y)^θ ≥ 0; at θ = 0 and x = y = 0 it says 0^0 ≥ 0."""
    del theorem
    poly = _power(x, theta) + _power(y, theta) - _power(x + y, theta)
    asks = (_is(x, ">="), _is(y, ">="), _is(theta, ">="), _is(1 - theta, ">"))
    return Instance(poly, ">=", (), asks)


@fact(
    "convex power",
    "y^{−p} ≥ x^{−p} + p·x^{−p−1}(x − y) for x, y > 0 and p ≥ 0: above the tangent at x",
    "Rockafellar (1970), Theorem 25.1; calculus",
)
def CONVEX(theorem: Theorem, x: sp.Expr, y: sp.Expr, p: sp.Expr) -> Instance:
    """y^{−p} − x^{−p} − p·x^{−p−1}(x − y) ≥ 0."""
    del theorem
    gain = polynomial(p) * _power(x, -p - 1) * polynomial(x - y)
    asks = (_is(x, ">"), _is(y, ">"), _is(p, ">="))
    return Instance(_power(y, -p) - _power(x, -p) - gain, ">=", (), asks)


@fact(
    "powers agree in sign",
    "u ↦ u^q is monotone for q = p/(1+p): (u − 2v)(u^q − 2^q v^q) ≥ 0, u = y^{−p−1}, v = x^{−p−1}",
    "calculus: (u^q)' = qu^{q−1} ≥ 0; (y^a)^q = y^{aq}",
)
def AGREE(theorem: Theorem, x: sp.Expr, y: sp.Expr, p: sp.Expr) -> Instance:
    """(y^{−p−1} − 2x^{−p−1})(y^{−p} − 2^{p/(1+p)}x^{−p}) ≥ 0."""
    del theorem
    steep = _power(y, -p - 1) - TWO * _power(x, -p - 1)
    grown = _power(y, -p) - _power(2, p / (1 + p)) * _power(x, -p)
    return Instance(steep * grown, ">=", (), (_is(x, ">"), _is(y, ">"), _is(p, ">=")))


@fact("power of 2", "2^{p/(1+p)} ≥ 1 for p ≥ 0", "calculus: powers are monotone")
def ABOVE_ONE(theorem: Theorem, p: sp.Expr) -> Instance:
    """2^{p/(1+p)} − 1 ≥ 0."""
    del theorem
    return Instance(_power(2, p / (1 + p)) - const(1), ">=", (), (_is(p, ">="),))


@fact("inverse power", "x^{−2q}·(x^q)² = 1 for x > 0", "powers multiply")
def INVERSE(theorem: Theorem, x: sp.Expr, q: sp.Expr) -> Instance:
    """x^{−2q}·(x^q)² − 1 = 0."""
    del theorem
    own = _power(x, q)
    return Instance(_power(x, -2 * q) * own * own - const(1), "=", (), (_is(x, ">"),))


@fact("square root", "(x^q)² = x for x ≥ 0 and q = ½", "powers multiply")
def HALVES(theorem: Theorem, x: sp.Expr, q: sp.Expr) -> Instance:
    """(x^q)² − x = 0."""
    del theorem
    own = _power(x, q)
    half = _is(q - sp.Rational(1, 2), "=")
    return Instance(own * own - polynomial(x), "=", (), (_is(x, ">="), half))


@fact("power 0", "x^q = 1 for x > 0 and q = 0", "definition of a power")
def ZEROTH(theorem: Theorem, x: sp.Expr, q: sp.Expr) -> Instance:
    """x^q − 1 = 0."""
    del theorem
    return Instance(_power(x, q) - const(1), "=", (), (_is(x, ">"), _is(q, "=")))


@fact("falls", "Ψ(x) − Ψ* at the end is that at the start and what Ψ changed", "a telescoping sum")
def FALLS(theorem: Theorem, start: str, end: str, *falls: str) -> Instance:
    """(Ψ(end) − Ψ*) − (Ψ(start) − Ψ*) − Σ changes = 0, for symbols that ``terms`` say are these."""
    terms = theorem.terms
    first, last = terms.get(start), terms.get(end)
    if not (isinstance(first, Gap) and isinstance(last, Gap)):
        raise Refused(f"{start} and {end} are not said to be values above Ψ*")
    poly, at = var(end) - var(start), first.at
    for name in falls:
        change = terms.get(name)
        if not (isinstance(change, Fall) and change.start == at):
            raise Refused(f"{name} is not said to be a change from {at}")
        poly, at = poly - var(name), change.end
    if at != last.at:
        raise Refused(f"the changes end at {at}, not at {last.at}")
    return Instance(poly, "=")
