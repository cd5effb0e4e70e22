r"""C1: the block-wise residual is never above the joint one, and the joint one's formula.

A coordinate's share of the joint residual is the least value of (g_z − λh')² + (g_a + λ)² over
λ ≥ 0, attained at one λ*. Block by block each square has a multiplier of its own, so that neither
share is above its square at λ*: add, sum over the coordinates, take roots.

With n = 1 + h'² and b = h'g_z − g_a the least value is attained at λ* = max(0, b/n):

    b ≥ 0:  joint_j(λ) − joint_j(b/n) = n(λ − b/n)²,
    b ≤ 0:  joint_j(λ) − joint_j(0) = nλ² − 2bλ            for λ ≥ 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.criticality import (
    FOR_A,
    FOR_Z,
    block,
    both,
    ga,
    gz,
    joint,
    multiplier,
    own_a,
    own_z,
    slope,
)
from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.script.facts import ATTAINED, LEAST, WHERE, attained
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import strictly_inverted, summed
from proofs.script.translate import polynomial

JOINT = FOR_Z + FOR_A


def formula(proof: Proof) -> tuple[Proved, Proved]:
    """No λ ≥ 0 is better than b/n where b ≥ 0, nor than 0 where b ≤ 0."""
    normal, balance = 1 + slope**2, slope * gz - ga
    square = proof.certificate("h'² ≥ 0", slope**2, [Plus(1, (), (slope,))])
    above = proof.certificate("1 + h'² > 0", normal, [Plus(1, (square,))], kind=">", slack=1)
    inverse, _ = strictly_inverted(proof, above)
    positive = checker.assume(Relation(polynomial(multiplier), ">="))
    best = balance / normal
    inside = proof.certificate(
        "b ≥ 0: λ* = b/n",
        JOINT - JOINT.xreplace({multiplier: best}),
        [Plus(1, (above,), (multiplier - best,))],
        [inverse],
    )
    down = checker.assume(Relation(polynomial(-balance), ">="))
    border = proof.certificate(
        "b ≤ 0: λ* = 0",
        JOINT - JOINT.xreplace({multiplier: sp.Integer(0)}),
        [Plus(1, (above,), (multiplier,)), Plus(2, (down, positive))],
    )
    return inside, border


def shares(proof: Proof) -> Proved:
    """Own_z + own_a ≤ joint_j, and the sum over the coordinates."""
    at = attained(both.name)
    where = proof.fact(WHERE, both.name, name="λ* ≥ 0")
    one = proof.fact(ATTAINED, both.name, name="joint_j at λ*")
    z = proof.fact(LEAST, own_z.name, at, name="z_l's own multiplier", sides=[where])
    a = proof.fact(LEAST, own_a.name, at, name="a_l's own multiplier", sides=[where])
    less = proof.certificate(
        "coordinate", both - own_z - own_a, [Plus(1, (z,)), Plus(1, (a,))], [one]
    )
    return summed(proof, "sum", less, [x.name for x in (gz, ga, slope, at, own_z, own_a, both)])


def c1(start: Start) -> Sequence[Proof]:
    """The formula, then the order."""
    proof = start.proof(0)
    formula(proof)
    total = shares(proof)
    squares = [proof.symbol("joint"), proof.symbol("block")]
    order = proof.certificate("squares", joint**2 - block**2, [Plus(1, (total,))], squares)
    root = proof.sign("joint")
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


GROUP = {"C1": c1}
