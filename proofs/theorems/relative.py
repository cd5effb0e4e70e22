r"""T4: relative error.

    ‖w‖ ≤ √B M‖e^{k+1}‖ + p2M‖e^k‖ + sL(‖e^{k+1}‖ + p1‖e^k‖)
          + Lip(∇R)(t − 1)/t·‖e^{k+1}‖ + ν·Lip(h)‖e_a^{k+1}‖

by Minkowski over the parts, and √B ≤ B. Where the parts come from, block by block and coordinate by
coordinate, is in ``coq/RelativeError.v``.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.blockwise import STEP
from amverify.theorems.relative import PARTS, B
from proofs.kernel import checker
from proofs.script.facts import MINKOWSKI, NORM
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.translate import polynomial

SAID = ("smooth part", "points û", "proximal terms", "output", "penalty")
"""The hypotheses that bound a part each."""


def t4(start: Start) -> Sequence[Proof]:
    """T4: Minkowski over the blocks, and √B ≤ B."""
    proof = start.proof(0)
    r = sp.sqrt(B)
    added = proof.fact(MINKOWSKI, *PARTS, name="Minkowski over the blocks")
    total = proof.symbol("w1")
    said = [proof.hypothesis(name) for name in SAID]
    count, modulus = proof.hypothesis("B ≥ 1"), proof.hypothesis("M ≥ 0")
    norm = proof.fact(NORM, STEP, name="‖e^{k+1}‖ ≥ 0")
    number = proof.certificate("B ≥ 0", B, [Plus(1, (count,))], slack=1)
    nonnegative, square = checker.root(number)
    below = checker.assume(checker.Relation(polynomial(1 - r), ">"))
    terms = [Plus(1, (below, nonnegative)), Plus(1, (below,)), Plus(1, (count,))]
    nothing = proof.certificate("√B < 1 is absurd", 0, terms, [square], ">")
    goal = checker.Relation(polynomial(r - 1), ">=")
    branches = {">=": checker.assume(goal), "<": checker.absurd(nothing, goal)}
    one = proof.record("√B ≥ 1", checker.cases(polynomial(r - 1), branches), "cases", [count])
    root = proof.certificate("√B ≤ B", B - r, [Plus(1, (nonnegative, one))], [square])
    bound = start.theorem.conclusions[0].inequality
    last = [Plus(1, (x,)) for x in (added, *said)] + [Plus(1, (root, modulus, norm))]
    return [
        proof.conclude(
            proof.certificate("add up", bound.rhs - bound.lhs, last, [total, proof.symbol("e1")])
        )
    ]


GROUP = {"T4": t4}
