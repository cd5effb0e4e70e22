r"""T1–T4: the algebra of inertial block descent.

**T1**, coordinate j (d = u⁺ − u, e = t_j d, D = Δ, g = ∇H(û), origin at u^k):

    sLp1·De − (sL/t)e² − ge  =  t_j·[(sL(d − p1D) + g)(0 − d)]  +  (sL t_j/t)(t − t_j)·d²

is nonnegative; summed over the coordinates, and added to convexity at û, the modulus from û to
u^{k+1}: T1. For a general convex g, p3 = 0, the proximal point's subgradient takes the first line's
place.

**T2.** With δ = L(s/t − ½ + p2²/2), minus what T1 leaves is (L/2)[q(e2 + d2) − 2c·de],
q = s/t − ½ − p2²/2 ≥ |c|. Necessity: e = 1, Δ = ±1 in any weight's decrease gives q > ±c.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems.base import symbols
from amverify.theorems.tiam import (
    COUPLING,
    HALF,
    B,
    L,
    Lmax,
    M,
    d2,
    de,
    dF,
    e0,
    e1,
    e2,
    extra,
    gamma,
    p1,
    p1max,
    p2,
    p2max,
    s,
    smax,
    t,
    w1,
)
from proofs import checker
from proofs.analysis import (
    CLIP_HIGH,
    CLIP_LOW,
    MINIMAL,
    MINKOWSKI,
    PROJECTION,
    PROXIMAL,
    SEGMENT,
    TANGENT,
)
from proofs.checker import Proved
from proofs.ledger import Plus, Proof, Start
from proofs.lemmas import total_of
from proofs.translate import polynomial

bend = sp.Symbol("bend", real=True)
d, D, e, g, tj = symbols("d_j Delta_j e_j g_j t_j")
H0, H1, Hu, ge, gD, g0, g1, gi = symbols("H0 H1 H_hat g_e g_Delta G0 G1 g_sub")
q = s / t - HALF - p2**2 / 2


def positive_t(proof: Proof, third: Proved) -> tuple[Proved, Proved]:
    """1/t·t = 1 and 1/t ≥ 0, from 1 ≤ t."""
    above = proof.certificate("t > 0", t, [Plus(1, (third,))], kind=">", slack=1)
    inverse = proof.record("1/t", checker.inverse(above), "inverse", [above])
    return inverse, proof.certificate("1/t ≥ 0", 1 / t, [Plus(1, (above,), (1 / t,))], [inverse])


def boxed_inner(proof: Proof) -> Proved:
    """⟨∇H(û), e⟩ ≤ −(sL/t)‖e‖² + sLp1⟨Δ, e⟩, for a box."""
    scale, third = proof.condition("s > 0"), proof.condition("p3 ≥ 0")
    modulus = proof.premise("L ≥ 0", L, ">=", "the block's modulus")
    inverse, inverted = positive_t(proof, third)
    optimal = proof.assume(
        PROJECTION, {"m": s * L, "v": d, "centre": p1 * D, "gradient": g, "w": 0}, "optimality"
    )
    low = proof.assume(CLIP_LOW, {"factor": tj}, "1 ≤ t_j")
    high = proof.assume(CLIP_HIGH, {"factor": tj, "top": t}, "t_j ≤ t")
    stretched = proof.meaning("e_j", e, tj * d, "e_j = t_j d_j, the clipped extrapolation")
    nonnegative = proof.certificate("t_j ≥ 0", tj, [Plus(1, (low,))], slack=1)
    one = proof.certificate(
        "coordinate",
        s * L * p1 * D * e - s * L / t * e**2 - g * e,
        [
            Plus(1, (nonnegative, optimal)),
            Plus(1, (scale, modulus, nonnegative, inverted, high), (d,)),
        ],
        [stretched, inverse],
    )
    names = [x.name for x in (d, D, e, g, tj)]
    total = proof.record("sum", checker.summation(one, names, "j"), "summation", [one])
    sums = [
        total_of(proof, "‖e‖²", e2, e.name, e.name, "‖e‖² = Σ e_j²"),
        total_of(proof, "⟨Δ,e⟩", de, D.name, e.name, "⟨Δ,e⟩ = Σ Δ_j e_j"),
        total_of(proof, "⟨∇H,e⟩", ge, g.name, e.name, "⟨∇H(û),e⟩ = Σ g_j e_j"),
    ]
    goal = s * L * p1 * de - s * L / t * e2 - ge
    return proof.certificate("⟨∇H(û),e⟩", goal, [Plus(1, (total,))], sums)


def _between(proof: Proof) -> tuple[Proved, Proved]:
    """Convexity from û to u^k, the modulus from û to u^{k+1}."""
    tangent = proof.assume(TANGENT, {"fx": H0, "fy": Hu, "slope": -p2 * gD}, "convexity at û")
    return tangent, _curved(proof)


def _curved(proof: Proof) -> Proved:
    return proof.assume(
        SEGMENT, {"fx": H1, "fy": Hu, "slope": ge - p2 * gD, "bend": bend}, "from û to u^{k+1}"
    )


def descent(proof: Proof) -> Proved:
    """T1's inequality from an object's own conditions."""
    inner = boxed_inner(proof)
    tangent, curved = _between(proof)
    change = proof.meaning("ΔF", dF, H1 - H0, "u^k and u^{k+1} lie in the box: ΔF = ΔH")
    modulus = proof.condition("modulus")
    added = [Plus(1, (tangent,)), Plus(1, (curved,)), Plus(HALF, (modulus,)), Plus(1, (inner,))]
    bound = -L * ((s / t - HALF) * e2 - COUPLING * de - p2**2 / 2 * d2)
    return proof.certificate("T1", bound - dF, added, [change])


def t1(start: Start) -> Sequence[Proof]:
    """T1 for a box, and for a convex g with p3 = 0."""
    box = start.proof(0)
    return box.conclude(descent(box)), convex_g(start, 0)


def convex_g(start: Start, part: int) -> Proof:
    """The same inequality where g is convex and p3 = 0: e is the proximal step itself."""
    bound = start.theorem.conclusions[part].inequality
    proof = start.proof(part, "g convex, p3 = 0")
    third = proof.condition("p3 ≥ 0")
    none = proof.premise("p3 = 0", t - 1, "=", "or convex, with p3 = 0")
    inverse, _ = positive_t(proof, third)
    unit = proof.certificate("1/t = 1", 1 / t - 1, zero=[none, inverse], kind="=")
    sub = proof.assume(PROXIMAL, {"gx": g0, "gy": g1, "inner": gi}, "proximal point")
    formula = -(s * L * (p1 * de - e2) - ge)
    is_ = proof.meaning(
        "its subgradient", gi, formula, "⟨sL(ũ − u⁺) − ∇H(û), u^k − u⁺⟩, e = u⁺ − u^k"
    )
    tangent, curved = _between(proof)
    change = proof.meaning("ΔF", dF, H1 + g1 - H0 - g0, "F = H + g")
    modulus = proof.condition("modulus")
    added = [Plus(1, (tangent,)), Plus(1, (curved,)), Plus(HALF, (modulus,)), Plus(1, (sub,))]
    equations = [change, is_, unit]
    return proof.conclude(proof.certificate("add up", bound.rhs - dF, added, equations))


def t1p(start: Start) -> Sequence[Proof]:
    """T1p: compare the minimiser with u^k."""
    proof = start.proof(0)
    F0, F1 = symbols("F0 F1")
    near, far = F1 + gamma / 2 * (e2 - 2 * p1 * de + p1**2 * d2), F0 + gamma / 2 * p1**2 * d2
    least = proof.assume(MINIMAL, {"fx": far, "fy": near}, "u⁺ against u^k")
    change = proof.meaning("ΔF", dF, F1 - F0, "ΔF = F(u^{k+1}) − F(u^k)")
    bound = start.theorem.conclusions[0].inequality
    last = proof.certificate("compare", bound.rhs - dF, [Plus(1, (least,))], [change])
    return [proof.conclude(last)]


def t4(start: Start) -> Sequence[Proof]:
    """T4: Minkowski over the blocks, and √B ≤ B."""
    proof = start.proof(0)
    r = sp.sqrt(B)
    used, gone, centre = symbols("n_smooth n_past n_centre")
    values = {"w": w1, "a": used, "b": gone, "x": centre, "y": extra * e1}
    added = proof.assume(MINKOWSKI, values, "Minkowski over the blocks")
    words = "M a Lipschitz modulus of ∇H"
    now = proof.premise("blocks updated since", r * M * e1 - used, ">=", words)
    past = proof.premise("points û", p2max * M * e0 - gone, ">=", words)
    steps = smax * Lmax * (e1 + p1max * e0) - centre
    near = proof.premise("proximal terms", steps, ">=", "L = max L_i")
    count = proof.premise("B ≥ 1", B - 1, ">=", "how many blocks there are")
    modulus = proof.premise("M ≥ 0", M, ">=", "Lipschitz modulus of ∇H")
    norm = proof.premise("‖e^{k+1}‖ ≥ 0", e1, ">=", "‖e^{k+1}‖ over all blocks")
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
    last = [Plus(1, (x,)) for x in (added, now, past, near)] + [Plus(1, (root, modulus, norm))]
    return [proof.conclude(proof.certificate("add up", bound.rhs - bound.lhs, last))]


GROUP = {"T1": t1, "T1p": t1p, "T4": t4}
