r"""Lemmas that several proofs use: |c|, 1/q > 0, and sums over coordinates."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from amverify.theorems.base import symbols
from amverify.theorems.tiam import d2, de, e2
from proofs import checker, magnitude
from proofs.atoms import atom, inside
from proofs.checker import Proved, Relation
from proofs.ledger import Plus, Proof
from proofs.polynomial import Poly, var

D, e = symbols("Delta_j e_j")


def total_of(proof: Proof, name: str, formula: sp.Expr, left: str, right: str, text: str) -> Proved:
    """A symbol as the sum over coordinates of left·right, or of left alone, that it stands for."""
    factors = [(left, 1), *([(right, 1)] if right else [])] if left != right else [(left, 2)]
    inside = Poly({tuple(sorted(factors)): Fraction(1)})
    return proof.meaning(name, formula, var(f"Σ_j({inside})"), text)


def products(proof: Proof) -> list[Proved]:
    """What ‖e‖², ⟨Δ,e⟩ and ‖Δ‖² are."""
    return [
        total_of(proof, "‖e‖²", e2, e.name, e.name, "‖e‖² = Σ e_j²"),
        total_of(proof, "⟨Δ,e⟩", de, D.name, e.name, "⟨Δ,e⟩ = Σ Δ_j e_j"),
        total_of(proof, "‖Δ‖²", d2, D.name, D.name, "‖Δ‖² = Σ Δ_j²"),
    ]


def squared(proof: Proof, name: str, x: sp.Expr, y: sp.Expr) -> Proved:
    """‖x e + y Δ‖² ≥ 0, written with ‖e‖², ⟨Δ,e⟩ and ‖Δ‖²."""
    vector = x * e + y * D
    one = proof.certificate(f"{name}, coordinate", vector**2, [Plus(1, (), (vector,))])
    summed = checker.summation(one, [D.name, e.name], "j")
    total = proof.record(f"{name}, sum", summed, "summation", [one])
    goal = x**2 * e2 + 2 * x * y * de + y**2 * d2
    return proof.certificate(name, goal, [Plus(1, (total,))], products(proof))


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
    _, square = checker.absolute(_inside(size))
    return _refuted(proof, own - size, sign, square, f"|{name}| below")


def _refuted(proof: Proof, poly: Poly, other: Proved, square: Proved, name: str) -> Proved:
    goal = Relation(poly, ">=")
    apart = checker.assume(Relation(-poly, ">"))
    terms = [Plus(1, (apart, apart)), Plus(2, (apart, other))]
    nothing = proof.certificate(f"{name}: absurd", 0, terms, [square], ">")
    branches = {">=": checker.assume(goal), "<": checker.absurd(nothing, goal)}
    return proof.record(name, checker.cases(poly, branches), "cases", [other, square])


def _inside(size: Poly) -> Poly:
    (name,) = size.names
    return inside(name)


def absolute_pair(proof: Proof, c: Poly, name: str) -> tuple[Proved, Proved]:
    """|c| − c ≥ 0 and |c| + c ≥ 0."""
    less = proof.record(f"|{name}| ≥ {name}", magnitude.above(c), "cases")
    return less, proof.record(f"|{name}| ≥ −{name}", magnitude.above(c, -1), "cases")
