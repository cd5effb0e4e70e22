r"""TC: a whole run converges to a critical point: the joint method's, or TIAM's under a penalty.

What it is joined from (under a penalty TRp and TBp stand for TR and TB):

    TΨ   Ψ^{k+1} ≤ Ψ^k − a‖e^{k+1}‖²                                      (H1)
    TR   ‖w^k‖ ≤ b1‖e^k‖ + b2‖e^{k−1}‖, w^k ∈ ∂F(x^k)
    TB   the run stays in a bounded set, so that it has cluster points
    K1   R and h are definable in one o-minimal structure, so F and Ψ are, and have the KL property

∂Ψ(x, v) = ∂F(x) × {v}, because Ψ = F + ½‖v‖² with a variable of its own, and ‖v^k‖ ≤ m‖e^k‖ with
m² = max δ_iΛ_i. So dist(0, ∂Ψ(x^k, v^k)) ≤ √(‖w^k‖² + ‖v^k‖²) ≤ b(‖e^k‖ + ‖e^{k−1}‖) with
b = max(b1 + m, b2): two-step H2, in ‖e‖ alone. Uniformised KL (Bolte, Sabach & Teboulle 2014,
Lemma 6) and T5's algebra, from some K on,

    Σ_{k≥K}‖e^{k+1}‖ ≤ ‖e^K‖ + ½‖e^{K−1}‖ + (2b/a)φ(Ψ^K − Ψ*),        φ(r) = c·r^{1−θ}/(1−θ).

A sum that is finite makes x^k a Cauchy sequence; its limit is critical since w^k → 0, F is
continuous on its closed domain, and the graph of ∂F is closed. What is taken from analysis: KL of
definable functions and its uniformised form, the sum rule for a separable sum, closedness; the
abstract theorem as a whole is in Coq (``proofs/coq``).

**What a run that ends can be held to.** The inequality above needs θ, c and Ψ*: with declared
numbers it is evaluated, and KL at the points visited; without, it is not asked. Always there is
what H1 gives of the length: a‖e‖² + aλ² ≥ 2aλ‖e‖, so Σ over n sweeps ≤ ½((Ψ^K − inf R)/(aλ) + nλ)
for every λ > 0. No exponent is claimed: ℝ_exp gives a φ, not a power.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import rates
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.parameters import INFIMUM
from amverify.theorems.properties import Norm, vector
from amverify.theorems.quantities import Count, Power, Running, Square
from amverify.theorems.rates import (
    COVERED,
    H1,
    NEXT,
    a,
    b,
    c,
    dist,
    dpsi,
    e0,
    e1,
    r1,
    rt,
    tail,
    theta,
)
from amverify.theorems.views.convergence import lengths, tails
from amverify.theorems.views.lyapunov import FLOORS, MOVING
from amverify.theorems.views.membership import MEMBER, unseen
from amverify.theorems.views.path import CONSTANT, EXPONENT
from amverify.theorems.views.reach import BELOW
from amverify.theorems.views.residuals import ADDED, RIDGES, SIGNS
from amverify.theorems.views.telescoped import RATE

w1, v1, b1, b2, m, n, lam = symbols("w1 v1 b1 b2 m n lam")

ZERO = sp.Integer(0)
FINITE, PARTIAL = "finite length", "length of n sweeps"
RESIDUAL = Inequality(
    "relative error", w1, b1 * e1 + b2 * e0,
    "‖w^k‖ ≤ b1‖e^k‖ + b2‖e^{k−1}‖ (theorem TR, under a penalty TRp)",
    costs=COVERED,
)  # fmt: skip
SCALED = Inequality(
    "displacements", v1, m * e1, "‖v^k‖ ≤ m‖e^k‖, v_i = (δ_iM_i)^{1/2}e_i", costs=COVERED
)
SEEN = Inequality(
    "KL along the run", rt, c * dist, "r^θ ≤ c·√(‖w‖² + ‖v‖²) at the points visited",
    costs=COVERED,
)  # fmt: skip
LAMBDA = Inequality("λ > 0", ZERO, lam, "any λ > 0; √((Ψ^K − inf R)/(an)) is the best", strict=True)
LENGTH = (r1 / (a * lam) + n * lam) / 2
_FINITE, _PARTIAL = (FINITE,), (PARTIAL,)

HYPOTHESES = (
    Hypothesis("a > 0", "a = ϑ·α_min·λ⁻ > 0", a, ">", (RATE.name,)),
    Hypothesis("b > 0", "b is positive", b, ">", (RATE.name,), only=_FINITE),
    Hypothesis("b ≥ b1 + m", "b = max(b1 + m, b2)", b - b1 - m, ">=", (SIGNS.name,), only=_FINITE),
    Hypothesis("b ≥ b2", "b = max(b1 + m, b2)", b - b2, ">=", (SIGNS.name,), only=_FINITE),
    Hypothesis(
        "∂Ψ = ∂F × {v}",
        "(w^k, v^k) ∈ ∂Ψ(x^k, v^k): a separable sum (Rockafellar & Wets 1998, 10.5 and 8.8)",
        dist**2 - w1**2 - v1**2, "=", only=_FINITE,
    ),
    Hypothesis(
        "KL",
        "K1: R and h are definable in one o-minimal structure, so that Ψ has the "
        "Kurdyka–Łojasiewicz property; uniformised on the cluster set, which is compact and on "
        "which Ψ is constant (Bolte, Sabach & Teboulle 2014, Lemma 6): r^θ ≤ c·dist(0, ∂Ψ) along "
        "the tail. It is not monitored; with declared θ, c, Ψ* the points visited are looked at",
        c * dist - rt, only=_FINITE,
    ),
    Hypothesis(
        "Ψ* ≤ Ψ^k", "Ψ* is a lower bound of Ψ (inf R is one): r_k ≥ 0", r1,
    ),
    Hypothesis("Ψ* ≤ Ψ^{k+1}", "and r_{k+1} ≥ 0", r1 + dpsi, only=_FINITE),
)  # fmt: skip

_OF_T5 = ("tail", "e1", "e0", "step2", "phi", "dist", "rt", "dpsi", "a", "b", "c", "theta")
MEANING = {
    **{name: rates.MEANING[name] for name in _OF_T5},
    "dist": "√(‖w^k‖² + ‖v^k‖²) ≥ dist(0, ∂Ψ(x^k, v^k))",
    "r1": "r_k = Ψ^k − Ψ*, Ψ* ≤ Ψ: the declared Ψ*, or inf R",
    "w1": "‖w^k‖, w^k ∈ ∂F(x^k)",
    "v1": "‖v^k‖, v_i = (δ_iM_i)^{1/2}e_i",
    "b1": "b1 of TR, or TRp",
    "b2": "b2 of TR, or TRp",
    "m": "√(max δ_i · max Λ_i); √(max δ_i) of weights of plain lengths",
    "n": "how many sweeps the tail has",
    "lam": "λ",
}

TC = Theorem(
    id="TC",
    title="convergence to a critical point",
    statement=(
        "Joint blocks in metrics of their own, ε constant from k₀ on and x^{k₀} feasible, "
        "μ, μ_b, ρ > 0, inf α_i > 0, M ⪰ Q, exact argmin in (z_l, a_l) and z_L, R convex, finite "
        "and bounded below, h continuous, R and h definable in one o-minimal structure (K1); or "
        "TIAM under a penalty, certified, with exact moduli and exact minimisers in z_l, "
        "μ, μ_b, ρ, ν > 0, R and h as before, ∇R Lipschitz: "
        "then Σ_k ‖e^k‖ < ∞, x^k → x*, 0 ∈ ∂F(x*) and F(x^k) → F(x*). From TΨ, TR, TB (under a "
        "penalty TRp, TBp), K1. Of it a run shows, for every K: Σ over n sweeps of ‖e^{k+1}‖ ≤ "
        "½((Ψ^K − inf R)/(aλ) + nλ), "
        "every λ > 0; and with declared θ, c, Ψ*, Σ_{k≥K} ‖e^{k+1}‖ ≤ ‖e_K‖ + ½‖e_{K−1}‖ + "
        "(2b/a)φ(r_K), φ(r) = c·r^{1−θ}/(1−θ), b = max(b1 + m, b2). No exponent is claimed."
    ),
    latex=(
        r"\sum_k\|e^k\|<\infty,\quad x^k\to x^*,\quad 0\in\partial F(x^*);\qquad"
        r"\sum_{k\ge K}\|e_{k+1}\|\le\|e_K\|+\tfrac12\|e_{K-1}\|+\tfrac{2b}a\varphi(r_K)"
    ),
    source=(
        "Attouch, Bolte & Svaiter (2013); Bolte, Sabach & Teboulle (2014); Ochs (2019); "
        "specification of the joint method, TC"
    ),
    symbols=MEANING,
    conclusions=(
        Conclusion(Inequality(PARTIAL, tail, LENGTH), lengths, (H1, LAMBDA)),
        Conclusion(
            Inequality(FINITE, tail, e1 + e0 / 2 + 2 * b / a * rates.DESINGULARISING),
            tails,
            (H1, RESIDUAL, SCALED, SEEN, rates.EXPONENT_BELOW),
        ),
    ),
    facts=(MOVING, FLOORS, BELOW, RIDGES, SIGNS, RATE, ADDED, MEMBER),
    hypotheses=HYPOTHESES,
    parameters=(EXPONENT, CONSTANT, INFIMUM),
    constants={"a": a, "b": b},
    terms={
        "tail": Running(NEXT),
        "e1": Norm(vector("e_k")),
        "e0": Norm(vector("e_before")),
        "step2": Square(NEXT),
        "phi": Power(r1, 1 - theta),
        "rt": Power(r1, theta),
        "w1": Norm(vector("w_k")),
        "v1": Norm(vector("v_k")),
        "n": Count(),
    },
    follows={"e0": e1, "e1": NEXT, "r1": r1 + dpsi},
    fixed=("a", "b", "b1", "b2", "m", "lam"),
    remarks=unseen,
)
