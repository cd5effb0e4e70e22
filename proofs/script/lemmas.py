r"""Lemmas that several proofs use: |c|, 1/q > 0, squares of vectors, and sums over coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp

from amverify.theorems.base import symbols
from amverify.theorems.blockwise import PAST, STEP
from amverify.theorems.properties import Vector
from amverify.theorems.tiam import d2, de, e2
from proofs.kernel import checker
from proofs.kernel.atoms import atom, inside
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, const
from proofs.script import magnitude
from proofs.script.ledger import Plus, Proof
from proofs.script.translate import polynomial
from proofs.script.vectors import INDEX, coordinate, coordinate_name, inner

x, y = symbols("x_any y_any")
HALF = sp.Rational(1, 2)


def summed(
    proof: Proof, name: str, one: Proved, names: Iterable[str], index: str = INDEX
) -> Proved:
    """Σ_j of what holds of every coordinate; ``names`` are the coordinate's variables."""
    found = checker.summation(one, list(names), index)
    return proof.record(name, found, "summation", [one])


def coordinates(*vectors: Vector) -> list[str]:
    """The coordinate's variables of vectors."""
    return list(dict.fromkeys(coordinate_name(n) for v in vectors for n, _ in v.parts))


def square_of(proof: Proof, name: str, v: Vector) -> Proved:
    """⟨v, v⟩ ≥ 0."""
    own = coordinate(v)
    one = proof.certificate(f"{name}, coordinate", own * own, [Plus(1, (), (own,))])
    return summed(proof, f"{name}, sum", one, coordinates(v))


def squared(proof: Proof, name: str, along: sp.Expr, past: sp.Expr) -> Proved:
    """‖along·e + past·Δ‖² ≥ 0, written with ‖e‖², ⟨Δ,e⟩ and ‖Δ‖²."""
    total = square_of(proof, name, along * STEP + past * PAST)
    goal = along**2 * e2 + 2 * along * past * de + past**2 * d2
    own = {"e2": along**2, "de": along * past, "d2": past**2}
    equations = [proof.symbol(symbol) for symbol, c in own.items() if c != 0]
    return proof.certificate(name, goal, [Plus(1, (total,))], equations)


def vanishing(proof: Proof, zero: Vector, none: Proved, w: Vector, name: str) -> Proved:
    """⟨v, w⟩ = 0 where −⟨v, v⟩ ≥ 0: with p = ⟨v, w⟩ and q = ⟨w, w⟩,

    ‖−½(q + 1)v + p w‖² ≥ 0 is ¼(q + 1)²⟨v, v⟩ − p² ≥ 0.
    """
    p, q, v2 = inner(zero, w), inner(w, w), inner(zero, zero)
    any_ = square_of(proof, f"{name}: ‖xv + yw‖²", x * zero + y * w)
    first = const(-1) * polynomial(HALF) * (q + const(1))
    chosen = checker.substitute(any_, {x.name: first, y.name: p})
    put = proof.record(f"{name}: x, y chosen", chosen, "substitution", [any_])
    small = proof.certificate(
        f"{name}: −p² ≥ 0", -(p * p), [Plus(1, (put,)), Plus(1, (none,), (first,))]
    )
    assert put.conclusion.poly == first * first * v2 - p * p
    return proof.record(name, zero_of(proof, p, small, name), "cases", [small])


def zero_of(proof: Proof, p: Poly, small: Proved, name: str) -> Proved:
    """P = 0 from −p² ≥ 0."""
    goal = Relation(p, "=")
    branches = {"=": checker.assume(goal)}
    for kind, sign in ((">", 1), ("<", -1)):
        away = checker.assume(Relation(const(sign) * p, ">"))
        terms = [Plus(1, (away, away)), Plus(1, (small,))]
        nothing = proof.certificate(f"{name}: p {kind} 0 is absurd", 0, terms, kind=">")
        branches[kind] = checker.absurd(nothing, goal)
    return checker.cases(p, branches)


def rooted(
    proof: Proof, smaller: Any, larger: Any, squares: Proved, above: Proved, name: str
) -> Proved:
    """y ≥ x from y² − x² ≥ 0 and y ≥ 0: were z = x − y > 0, then (y² − x²) + 2yz + z² = 0."""
    y, x = (z if isinstance(z, Poly) else polynomial(z) for z in (larger, smaller))
    goal = Relation(y - x, ">=")
    apart = checker.assume(Relation(-goal.poly, ">"))
    terms = [Plus(1, (squares,)), Plus(2, (above, apart)), Plus(1, (apart, apart))]
    nothing = proof.certificate(f"{name}: absurd", 0, terms, kind=">")
    branches = {">=": checker.assume(goal), "<": checker.absurd(nothing, goal)}
    return proof.record(name, checker.cases(goal.poly, branches), "cases", [squares, above])


def between(proof: Proof, low: Proved, high: Proved, name: str) -> Proved:
    """P = 0 from p ≥ 0 and −p ≥ 0."""
    p, goal = low.conclusion.poly, Relation(low.conclusion.poly, "=")
    branches = {"=": checker.assume(goal)}
    for kind, sign, other in ((">", 1, high), ("<", -1, low)):
        away = checker.assume(Relation(const(sign) * p, ">"))
        terms = [Plus(1, (away,)), Plus(1, (other,))]
        nothing = proof.certificate(f"{name}: {kind} is absurd", 0, terms, kind=">")
        branches[kind] = checker.absurd(nothing, goal)
    return proof.record(name, checker.cases(p, branches), "cases", [low, high])


def strictly_inverted(proof: Proof, positive: Proved) -> tuple[Proved, Proved]:
    """1/q·q = 1 and 1/q > 0 from q > 0: were 1/q ≤ 0, then 1 = q·1/q ≤ 0."""
    q = positive.conclusion.poly
    inverse = proof.record(f"1/({q})", checker.inverse(positive), "inverse", [positive])
    inv = atom("1/({})", q)
    goal = Relation(inv, ">")
    down = checker.assume(Relation(-inv, ">="))
    nothing = proof.certificate(
        f"1/({q}) ≤ 0 is absurd", 0, [Plus(1, (positive, down))], [inverse], ">", 1
    )
    branches = {">": checker.assume(goal), "<=": checker.absurd(nothing, goal)}
    found = proof.record(f"1/({q}) > 0", checker.cases(inv, branches), "cases", [positive])
    return inverse, found


def size_below(proof: Proof, own: Poly, size: Poly, sign: Proved, name: str) -> Proved:
    """|c| ≤ ±c where ±c ≥ 0: were y = |c| ∓ c > 0, then y² ± 2yc = |c|² − c² = 0."""
    _, square = checker.absolute(inside_of(size))
    return _refuted(proof, own - size, sign, square, f"|{name}| below")


def _refuted(proof: Proof, poly: Poly, other: Proved, square: Proved, name: str) -> Proved:
    goal = Relation(poly, ">=")
    apart = checker.assume(Relation(-poly, ">"))
    terms = [Plus(1, (apart, apart)), Plus(2, (apart, other))]
    nothing = proof.certificate(f"{name}: absurd", 0, terms, [square], ">")
    branches = {">=": checker.assume(goal), "<": checker.absurd(nothing, goal)}
    return proof.record(name, checker.cases(poly, branches), "cases", [other, square])


def inside_of(size: Poly) -> Poly:
    """q of the atom |q|."""
    (name,) = size.names
    return inside(name)


def absolute_pair(proof: Proof, c: Poly, name: str) -> tuple[Proved, Proved]:
    """|c| − c ≥ 0 and |c| + c ≥ 0."""
    less = proof.record(f"|{name}| ≥ {name}", magnitude.above(c), "cases")
    return less, proof.record(f"|{name}| ≥ −{name}", magnitude.above(c, -1), "cases")
