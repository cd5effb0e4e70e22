r"""C1: the joint residual's formula, and that it is never below the block-wise one.

Coordinate by coordinate, upper side of the band active, with one multiplier λ ≥ 0 for both blocks,

    joint_j = (g_z − λh')² + (g_a + λ)²   at   λ* = max(0, (h'g_z − g_a)/(1 + h'²)),

because for λ ≥ 0, with n = 1 + h'² and b = h'g_z − g_a,

    b ≥ 0:  joint_j(λ) − joint_j(b/n) = n(λ − b/n)²,
    b ≤ 0:  joint_j(λ) − joint_j(0) = nλ² − 2bλ.

Block by block each square has its own multiplier, hence block_j ≤ joint_j; sum, and take roots.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.base import symbols
from amverify.theorems.criticality import block, joint
from proofs import checker
from proofs.analysis import MINIMAL
from proofs.checker import Proved, Relation
from proofs.ledger import Plus, Proof, Start
from proofs.lemmas import strictly_inverted, total_of
from proofs.translate import polynomial

gz, ga, slope, lam, at = symbols("g_z g_a slope_h lambda lambda_at")
own_z, own_a, both = symbols("own_z own_a joint_j")


def value(multiplier: sp.Expr) -> sp.Expr:
    """(g_z − λh')² + (g_a + λ)²."""
    return (gz - multiplier * slope) ** 2 + (ga + multiplier) ** 2


def formula(proof: Proof) -> Proved:
    """Value(λ) ≥ value(λ*) for λ ≥ 0, whatever the sign of b."""
    normal, balance = 1 + slope**2, slope * gz - ga
    square = proof.certificate("h'² ≥ 0", slope**2, [Plus(1, (), (slope,))])
    above = proof.certificate("1 + h'² > 0", normal, [Plus(1, (square,))], kind=">", slack=1)
    inverse, _ = strictly_inverted(proof, above)
    positive = checker.assume(Relation(polynomial(lam), ">="))
    proof.leaf(positive, "premise", "λ ≥ 0", "a normal cone's multiplier")
    goal = value(lam) - value(at)
    branches = {}
    best = proof.meaning("λ* = b/n", at, balance / normal, "λ* where b ≥ 0")
    branches[">="] = proof.certificate(
        "b ≥ 0", goal, [Plus(1, (above,), (lam - at,))], [best, inverse]
    )
    down = checker.assume(Relation(polynomial(-balance), ">="))
    none = proof.meaning("λ* = 0", at, 0, "λ* where b ≤ 0")
    branches["<="] = proof.certificate(
        "b ≤ 0", goal, [Plus(1, (above,), (lam,)), Plus(2, (down, positive))], [none]
    )
    found = checker.cases(polynomial(balance), branches)
    return proof.record("λ* is best", found, "cases", list(branches.values()))


def c1(start: Start) -> Sequence[Proof]:
    """The formula, then the order."""
    proof = start.proof(0)
    formula(proof)
    z = proof.assume(MINIMAL, {"fx": (gz - at * slope) ** 2, "fy": own_z}, "z_l's own multiplier")
    a = proof.assume(MINIMAL, {"fx": (ga + at) ** 2, "fy": own_a}, "a_l's own multiplier")
    one = proof.meaning("joint_j", both, value(at), "joint_j is the value at one λ*")
    less = proof.certificate(
        "coordinate", both - own_z - own_a, [Plus(1, (z,)), Plus(1, (a,))], [one]
    )
    names = [x.name for x in (gz, ga, slope, at, own_z, own_a, both)]
    total = proof.record("sum", checker.summation(less, names, "j"), "summation", [less])
    parts = symbols("blocks_z blocks_a")
    sums = [
        _sum_of(proof, "Σ own_z", parts[0], own_z),
        _sum_of(proof, "Σ own_a", parts[1], own_a),
        _sum_of(proof, "joint²", joint**2, both),
    ]
    squared = proof.meaning("block²", block**2, parts[0] + parts[1], "all blocks together")
    order = proof.certificate("squares", joint**2 - block**2, [Plus(1, (total,))], [*sums, squared])
    root = checker.assume(Relation(polynomial(joint), ">="))
    proof.leaf(root, "premise", "joint ≥ 0", "joint residual")
    goal = polynomial(joint - block)
    over = checker.assume(Relation(-goal, ">"))
    nothing = proof.certificate(
        "block > joint is absurd",
        0,
        [Plus(1, (over, over)), Plus(2, (over, root)), Plus(1, (order,))],
        kind=">",
    )
    ends = {
        ">=": checker.assume(Relation(goal, ">=")),
        "<": checker.absurd(nothing, Relation(goal, ">=")),
    }
    return [proof.conclude(proof.record("order", checker.cases(goal, ends), "cases", [order]))]


def _sum_of(proof: Proof, name: str, formula_: sp.Expr, summed: sp.Symbol) -> Proved:
    return total_of(proof, name, formula_, summed.name, "", f"{name} over all coordinates")


GROUP = {"C1": c1}
