r"""T1 and T1p: the algebra of inertial block descent.

**T1**, coordinate j (d = u⁺ − u, e = t_j d, D = Δ, g = ∇H(û), origin at u^k):

    sLp1·De − (sL/t)e² − ge  =  t_j·[(sL(d − p1D) + g)(0 − d)]  +  (sL t_j/t)(t − t_j)·d²

is nonnegative; summed over the coordinates, and added to convexity at û, the modulus from û to
u^{k+1}: T1. For a general convex g, p3 = 0, the proximal point's subgradient takes the first line's
place.
"""

from __future__ import annotations

from collections.abc import Sequence

from amverify.theorems.blockwise import AHEAD, PAST, STEP, STRETCH
from amverify.theorems.properties import ORIGIN, gradient
from amverify.theorems.tiam import COUPLING, HALF, L, d2, de, dF, e2, p1, p2, s, t
from proofs.kernel import checker
from proofs.kernel.checker import Proved
from proofs.kernel.polynomial import var
from proofs.script.facts import (
    CLIP,
    CLIP_HIGH,
    CLIP_LOW,
    INDICATOR,
    MINIMAL,
    PROJECTION,
    PROXIMAL,
    SEGMENT,
    STRETCHED,
    SUM,
    TANGENT,
    UNSTRETCHED,
)
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import coordinates, summed
from proofs.script.translate import polynomial, relation
from proofs.script.vectors import coordinate, coordinate_name, inner, value

SLOPE = gradient("H", AHEAD)
"""∇H(û)."""


def positive_t(proof: Proof, third: Proved) -> tuple[Proved, Proved]:
    """1/t·t = 1 and 1/t ≥ 0, from 1 ≤ t."""
    above = proof.certificate("t > 0", t, [Plus(1, (third,))], kind=">", slack=1)
    inverse = proof.record("1/t", checker.inverse(above), "inverse", [above])
    return inverse, proof.certificate("1/t ≥ 0", 1 / t, [Plus(1, (above,), (1 / t,))], [inverse])


def boxed_inner(proof: Proof) -> Proved:
    """⟨∇H(û), e⟩ ≤ −(sL/t)‖e‖² + sLp1⟨Δ, e⟩, for a box."""
    scale, third = proof.condition("s > 0"), proof.condition("p3 ≥ 0")
    modulus = proof.hypothesis("L ≥ 0")
    inverse, inverted = positive_t(proof, third)
    optimal = proof.fact(PROJECTION, STRETCH, ORIGIN, name="optimality")
    low = proof.fact(CLIP_LOW, STEP, name="1 ≤ t_j", sides=[third])
    high = proof.fact(CLIP_HIGH, STEP, name="t_j ≤ t", sides=[third])
    stretched = proof.fact(CLIP, STEP, name="e_j = t_j d_j", sides=[third])
    factor = coordinate_name(f"t[{STEP}]")
    nonnegative = proof.certificate("t_j ≥ 0", var(factor), [Plus(1, (low,))], slack=1)
    e, past, slope, d = (coordinate(v) for v in (STEP, PAST, SLOPE, STRETCH))
    weight = polynomial(s * L)
    goal = weight * polynomial(p1) * past * e - weight * polynomial(1 / t) * e * e - slope * e
    one = proof.certificate(
        "coordinate",
        goal,
        [
            Plus(1, (nonnegative, optimal)),
            Plus(1, (scale, modulus, nonnegative, inverted, high), (d,)),
        ],
        [stretched, inverse],
    )
    return summed(proof, "⟨∇H(û),e⟩", one, [*coordinates(STEP, PAST, SLOPE, STRETCH), factor])


def unit(proof: Proof, one: Proved) -> Proved:
    """1/t = 1 from t = 1."""
    above = proof.certificate("t > 0", t, zero=[one], kind=">", slack=1)
    inverse = proof.record("1/t", checker.inverse(above), "inverse", [above])
    return proof.certificate("1/t = 1", 1 / t - 1, zero=[one, inverse], kind="=")


def convex_inner(proof: Proof, one: Proved) -> Proved:
    """G(u^k) − g(u^{k+1}) − ⟨∇H(û), e⟩ ≥ sL‖e‖² − sLp1⟨Δ, e⟩, for a convex g and t = 1."""
    sub = proof.fact(PROXIMAL, STRETCH, ORIGIN, name="proximal point")
    along = [
        proof.fact(STRETCHED, STEP, w, name=f"e = t d, along {name}")
        for name, w in (("e", STEP), ("d", STRETCH), ("Δ", PAST), ("∇H(û)", SLOPE))
    ]
    same = proof.fact(UNSTRETCHED, "g", STEP, name="g(u^{k+1}) = g(u⁺)", sides=[one])
    gap = value("g", ORIGIN) - value("g", STEP) - inner(SLOPE, STEP)
    move = inner(STEP, STEP) - polynomial(p1) * inner(PAST, STEP)
    return proof.certificate(
        "g and ⟨∇H(û),e⟩",
        gap - polynomial(s * L) * move,
        [Plus(1, (sub,))],
        [*along, same, one],
    )


def _between(proof: Proof) -> tuple[Proved, Proved]:
    """Convexity from û to u^k, the modulus from û to u^{k+1}."""
    tangent = proof.fact(TANGENT, "H", ORIGIN, AHEAD, name="convexity at û")
    return tangent, proof.fact(SEGMENT, "H", STEP, AHEAD, name="from û to u^{k+1}")


def parts(proof: Proof) -> list[Proved]:
    """F = H + g at u^k and u^{k+1}."""
    return [proof.fact(SUM, "F", x, name=f"F = H + g at {x}") for x in (ORIGIN, STEP)]


NAMES = ("dF", "e2", "de", "d2", "bend")


def descent(proof: Proof) -> Proved:
    """T1's inequality from an object's own conditions, for a box."""
    bound = -L * ((s / t - HALF) * e2 - COUPLING * de - p2**2 / 2 * d2)
    own = boxed_inner(proof)
    tangent, curved = _between(proof)
    modulus = proof.condition("modulus")
    added = [Plus(1, (tangent,)), Plus(1, (curved,)), Plus(HALF, (modulus,)), Plus(1, (own,))]
    feasible = [proof.fact(INDICATOR, "g", x, name=f"g = 0 at {x}") for x in (ORIGIN, STEP)]
    equations = [*(proof.symbol(n) for n in NAMES), *parts(proof), *feasible]
    return proof.certificate("T1", bound - dF, added, equations)


def convex_descent(proof: Proof, one: Proved) -> Proved:
    """The same inequality where g is convex and t = 1: e is the proximal step itself."""
    bound = -L * ((s / t - HALF) * e2 - COUPLING * de - p2**2 / 2 * d2)
    own = convex_inner(proof, one)
    tangent, curved = _between(proof)
    modulus = proof.condition("modulus")
    added = [Plus(1, (tangent,)), Plus(1, (curved,)), Plus(HALF, (modulus,)), Plus(1, (own,))]
    equations = [*(proof.symbol(n) for n in NAMES), *parts(proof), unit(proof, one)]
    return proof.certificate("T1", bound - dF, added, equations)


def either(proof: Proof, convex: bool) -> Proved:
    """T1 for a box; for a convex g without third inertia, if that is meant."""
    return convex_descent(proof, proof.hypothesis(ALONE)) if convex else descent(proof)


ALONE = "p3 = 0 unless a box"
VARIANTS = ("", "g convex, p3 = 0")
"""Of a proof that T1 begins: g a box, or convex."""


def t1(start: Start) -> Sequence[Proof]:
    """T1 for a box, and for a convex g with p3 = 0."""
    made = []
    for variant in VARIANTS:
        proof = start.proof(0, variant)
        made.append(proof.conclude(either(proof, bool(variant))))
    return made


def least(proof: Proof) -> Proved:
    """F(u^k) + (γ/2)‖u^k − ũ‖² ≥ F(u^{k+1}) + (γ/2)‖u^{k+1} − ũ‖²."""
    return proof.fact(MINIMAL, STEP, ORIGIN, name="u^{k+1} against u^k")


def t1p(start: Start) -> Sequence[Proof]:
    """T1p: compare the minimiser with u^k."""
    proof = start.proof(0)
    goal = relation(start.theorem.conclusions[0].inequality).poly
    equations = [proof.symbol(n) for n in ("dF", "e2", "de", "d2")]
    last = proof.certificate("compare", goal, [Plus(1, (least(proof),))], equations)
    return [proof.conclude(last)]


GROUP = {"T1": t1, "T1p": t1p}
