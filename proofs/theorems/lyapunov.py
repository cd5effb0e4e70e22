r"""TΨ: Cauchy–Schwarz and a square root for a block, then sums over the blocks of a sweep.

With X = δ‖Δ‖²_before − q‖Δ‖², Y = 2(1−ϑ)α − δ' and G = Y‖e‖² + X,

    G² − (2c⟨Δ,e⟩)² = (Y‖e‖² − X)² + 4‖e‖²(XY − c²‖Δ‖²) + 4c²(‖Δ‖²‖e‖² − ⟨Δ,e⟩²) ≥ 0,

and G ≥ 0, so 2c⟨Δ,e⟩ ≤ G. Half of that and the block's descent are TΨ for the block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

from amverify.theorems import lyapunov as ly
from amverify.theorems.base import Inequality
from amverify.theorems.joint import TJ
from amverify.theorems.lyapunov import COUPLING, NEW, OLD, d2, de, e2
from amverify.theorems.metric import TMQ, eta
from amverify.theorems.tiam import HALF, T1, L, T1p, gamma, t
from proofs.kernel.checker import Proved
from proofs.script.cited import Cited
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import rooted, summed
from proofs.script.lengths import CAUCHY, NONNEGATIVE
from proofs.script.translate import relation

Taken = Callable[[Inequality], Proved]
"""How a condition of a block is taken: as one, or as a hypothesis on every block."""

BLOCK = tuple(
    x.name
    for x in (
        *(ly.dF, e2, de, d2, ly.old, ly.s, ly.p1, ly.p2),
        *(ly.alpha, ly.q, ly.delta, ly.delta1, ly.n2),
    )
)
"""What each block has of its own."""


def block(proof: Proof, taken: Taken) -> Proved:
    """ΔF + (δ'/2)‖e‖² − (δ/2)‖Δ‖²_before ≤ −ϑα‖e‖²."""
    old, new, paid = taken(ly.COVERED), taken(ly.AFFORDABLE), taken(ly.PAID)
    falls = proof.hypothesis("descent of a block")
    cauchy, square = proof.fact(CAUCHY, e2), proof.fact(NONNEGATIVE, e2)
    whole = NEW * e2 + OLD
    above = proof.certificate("G ≥ 0", whole, [Plus(1, (new, square)), Plus(1, (old,))])
    apart = proof.certificate(
        "(2c⟨Δ,e⟩)² ≤ G²", whole**2 - (2 * COUPLING * de) ** 2,
        [Plus(1, (), (NEW * e2 - OLD,)), Plus(4, (square, paid)), Plus(4, (cauchy,), (COUPLING,))],
    )  # fmt: skip
    cross = rooted(proof, 2 * COUPLING * de, whole, apart, above, "2c⟨Δ,e⟩ ≤ G")
    goal = -ly.theta * ly.alpha * e2 - ly.CHANGE
    return proof.certificate("block", goal, [Plus(1, (falls,)), Plus(HALF, (cross,))])


def everywhere(proof: Proof) -> Proved:
    """The same for every block of a sweep."""
    return block(proof, lambda c: proof.hypothesis(f"{c.name}, in every block"))


def sweep(start: Start) -> Proof:
    """Summed over the blocks."""
    proof = start.proof(1)
    total = summed(proof, "over the blocks", everywhere(proof), BLOCK, "i")
    goal = relation(start.theorem.conclusions[1].inequality).poly
    equations = [proof.symbol("dpsi"), proof.symbol("fall")]
    return proof.conclude(proof.certificate("sweep", goal, [Plus(1, (total,))], equations))


def h1(start: Start) -> Proof:
    """With α_i‖e_i‖² ≥ α_min λ⁻‖e_i‖² besides."""
    proof = start.proof(2)
    one = everywhere(proof)
    share, metric = proof.hypothesis("α_i ≥ α_min"), proof.hypothesis("M ⪰ λ⁻")
    margin, least = proof.hypothesis("ϑ ≥ 0"), proof.hypothesis("α_min ≥ 0")
    square = proof.fact(NONNEGATIVE, e2)
    goal = -ly.RATE * ly.n2 - ly.CHANGE
    terms = [Plus(1, (one,)), Plus(1, (margin, share, square)), Plus(1, (margin, least, metric))]
    plain = proof.certificate("block, in the Euclidean norm", goal, terms)
    total = summed(proof, "over the blocks", plain, BLOCK, "i")
    equations = [proof.symbol("dpsi"), proof.symbol("step2")]
    goal_ = relation(start.theorem.conclusions[2].inequality).poly
    return proof.conclude(proof.certificate("H1", goal_, [Plus(1, (total,))], equations))


def tpsi(start: Start) -> Sequence[Proof]:
    """A block, a sweep, and H1."""
    proof = start.proof(0)
    own = proof.conclude(block(proof, lambda c: proof.condition(c.name)))
    return own, sweep(start), h1(start)


GROUP = {"TPsi": tpsi}

_FALLS = ly.DESCENT.name
_SHARE, _HALF = ly.s / t - HALF, sp.Rational(1, 2)
_SCALED = {x: (L * x, gamma * x) for x in (e2, de, d2)}
"""Lengths in the metrics L·I and γ·I."""
CITED: tuple[Cited, ...] = (
    Cited(_FALLS, TMQ, "no more", {ly.alpha: _SHARE, ly.q: sp.Integer(0)}, {eta: sp.Integer(0)}),
    Cited(_FALLS, TJ, "descent", {ly.alpha: (ly.s - 1) / 2, ly.q: ly.p2**2}),
    Cited(_FALLS, T1, "descent",
          {ly.alpha: _SHARE, ly.q: ly.p2**2, **{x: by[0] for x, by in _SCALED.items()}}),
    Cited(_FALLS, T1p, "descent",
          {ly.alpha: _HALF, ly.q: sp.Integer(0), ly.s: sp.Integer(1), ly.p2: sp.Integer(0),
           **{x: by[1] for x, by in _SCALED.items()}}),
)  # fmt: skip
"""Whose conclusion the descent of a block is: V_l and z_L, (z_l, a_l), and two under a penalty."""
