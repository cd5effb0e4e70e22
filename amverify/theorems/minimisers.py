r"""TC⁺: at the limit every block without over-relaxation minimises its own model, globally.

A block with t = 1 goes to u⁺, a minimiser of its model ⟨∇H(û), u⟩ + (s/2)‖u − ũ‖²_M + g(u). The
gap, model(u^k) − model(u⁺) ≥ 0, is 0 where u^k minimises the model too. Convexity of H at û and
M ⪰ ∇²H give more than descent:

    ΔF + gap ≤ −((s−1)/2)‖e‖²_M + c⟨Δ,e⟩_M + (p2²/2)‖Δ‖²_M,

which is TJ with the gap on the left. With the weights of TΨ, for (z_l, a_l),

    gap + ϑ((s−1)/2)‖e‖²_M ≤ −ΔΨ_i,

ΔΨ_i the block's part of Ψ's change. For z_L (R convex, M = Q, s ≥ 1) the weights are those of
α = s − ½, which spend the gap in part; strong convexity gives gap ≥ (s/2)‖e‖²_M, and

    ϑ·gap ≤ −ΔΨ_i.

Blocks with t > 1 only lower Ψ. Added up, **ϑΣ_kΣ_i gap_i^k ≤ Ψ⁰ − inf R**: the gaps are summable,
with a bound that is known before the run, whatever R, h and the limit are. At a cluster point the
gap is 0 by continuity (analysis): u* ∈ argmin ⟨∇_iH(x*), u⟩ + (s/2)‖u − u*‖²_M + g_i(u) for every
block with t = 1. So 0 lies in the regular subdifferential ∂̂F(x*), jointly: more than TC0 says. At
ReLU's corner limiting normals allow points that this step leaves.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import VIOLATION, Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.blockwise import (
    AHEAD,
    CENTRE,
    COMPOSITE,
    CONVEX,
    PAST,
    SMOOTH,
    STEP,
)
from amverify.theorems.complexity import BEYOND, before, dpsi, low, psi0
from amverify.theorems.inmetric import MODULUS
from amverify.theorems.lengths import Lengths, ModelGap
from amverify.theorems.lyapunov import CHANGE, COUPLING
from amverify.theorems.properties import ORIGIN, Change, Convex, Curvature, Inner, Proximal
from amverify.theorems.quantities import Count, Running
from amverify.theorems.tiam import HALF, d2, de, delta, delta1, e2, p2, s, theta
from amverify.theorems.views.columns import CARRIED, CONSISTENT
from amverify.theorems.views.lyapunov import FLOORS, KEPT
from amverify.theorems.views.metric import CURVED, METRIC_CARRIED, SIMPLE
from amverify.theorems.views.minimisers import alone, gaps, joint, unstretched
from amverify.theorems.views.reach import BELOW

old, gap, swept, total, K = symbols("old gap swept total K")

ZERO = sp.Integer(0)
LEAST, JOINT, ALONE, SUM = "the model's least value", "joint block", "block alone", "summable gaps"
ALPHA_JOINT, ALPHA_ALONE = (s - 1) / 2, s - HALF
X = delta * old - p2**2 * d2


def spare(alpha: sp.Expr) -> sp.Expr:
    """Y = 2(1−ϑ)α − δ'."""
    return 2 * (1 - theta) * alpha - delta1


def _paid(case: str, alpha: sp.Expr) -> tuple[Inequality, Inequality, Inequality]:
    """What the weights have to pay for, with an α."""
    new = spare(alpha)
    return (
        Inequality(f"δ covers p2, {case}", ZERO, X, "p2²‖Δ‖²_M ≤ δ‖Δ‖² of the old metric",
                   costs=(VIOLATION,)),
        Inequality(f"δ' is affordable, {case}", ZERO, new, "δ' ≤ 2(1−ϑ)α",
                   costs=(VIOLATION * e2,)),
        Inequality(f"c is paid, {case}", COUPLING**2 * d2, X * new, "c²‖Δ‖²_M ≤ XY",
                   costs=(sp.sqrt(VIOLATION * e2), VIOLATION / (2 * new))),
    )  # fmt: skip


PAID_JOINT, PAID_ALONE = _paid(JOINT, ALPHA_JOINT), _paid(ALONE, ALPHA_ALONE)
SCALE = Inequality("s ≥ 1", sp.Integer(1), s, "the step scale is at least 1")
_STEPS = (LEAST, JOINT, ALONE)
_FALLS = (JOINT, ALONE)


def only(said: Hypothesis, *names: str) -> Hypothesis:
    """A hypothesis of some of the conclusions."""
    return Hypothesis(
        said.name, said.text, said.formula, said.kind, said.monitored, said.grants, names, said.case
    )


HYPOTHESES = (
    only(CONVEX, *_FALLS),
    only(SMOOTH, *_FALLS),
    only(COMPOSITE, *_FALLS),
    Hypothesis(
        "exact minimiser",
        "u^{k+1} = u⁺ is a global minimiser of ⟨∇H(û), ·⟩ + (s/2)‖· − ũ‖²_M + g, t = 1",
        grants=Proximal(STEP, "H", AHEAD, s, CENTRE, "g"), only=_STEPS,
    ),
    Hypothesis(
        "gap", "the gap is model(u^k) − model(u⁺)", grants=ModelGap(gap, STEP), only=_STEPS
    ),
    Hypothesis(
        "a metric", "‖e‖²_M, ⟨Δ,e⟩_M and ‖Δ‖²_M are of one inner product, that of M",
        grants=Lengths(e2, de, d2), only=_FALLS,
    ),
    Hypothesis(
        "g convex", "g is convex where the block moves alone", monitored=(SIMPLE.name,),
        grants=Convex("g"), only=(ALONE,),
    ),
    Hypothesis("ϑ ≥ 0", "the margin", theta, monitored=(FLOORS.name,), only=(ALONE,)),
    Hypothesis("ϑ ≤ 1", "the margin", 1 - theta, monitored=(FLOORS.name,), only=(ALONE,)),
    Hypothesis(
        "gaps of a sweep",
        "ϑΣ_i gap_i ≤ −ΔΨ over a sweep: the two claims on a block added up, and TΨ where t > 1",
        -dpsi - theta * swept, only=(SUM,),
    ),
    only(BEYOND, SUM),
)  # fmt: skip

MEANING = {
    "dF": "ΔF of a block's update",
    "e2": "‖e‖²_M",
    "de": "⟨Δ, e⟩_M",
    "d2": "‖Δ‖²_M",
    "old": "‖Δ‖² in the metric of the step that made Δ",
    "bend": "⟨d, ∇²H d⟩, d = e − p2Δ",
    "gap": "model(u^k) − model(u⁺)",
    "s": "step scale",
    "p1": "inertia of the proximal centre",
    "p2": "inertia of the gradient's point",
    "delta": "δ^k, the weight that the block carries in Ψ",
    "delta1": "δ^{k+1}",
    "theta": "ϑ, the margin",
    "psi0": "Ψ^{k₀}",
    "before": "Ψ^{k−1}",
    "dpsi": "Ψ^k − Ψ^{k−1}",
    "low": "inf R",
    "swept": "Σ_i gap_i over the blocks of sweep k with t = 1",
    "total": "Σ_{i ≤ k} of these",
    "K": "how many sweeps since k₀",
}

TCplus = Theorem(
    id="TCplus",
    title="TC⁺, blocks minimise their models at the limit",
    statement=(
        "Blocks as in TΨ. For a block with t = 1 that goes to a global minimiser u⁺ of its model "
        "⟨∇H(û), u⟩ + (s/2)‖u − ũ‖²_M + g(u): gap = model(u^k) − model(u⁺) ≥ 0. If M ⪰ ∇²H, H "
        "convex, and TΨ's weights: gap + ϑ((s−1)/2)‖e‖²_M ≤ −ΔΨ_i for (z_l, a_l), with any g; "
        "ϑ·gap ≤ −ΔΨ_i for a block that moves alone with convex g, s ≥ 1. So for every K, "
        "ϑΣ_{k≤K}Σ_i gap_i^k ≤ Ψ⁰ − inf R, and gap_i^k → 0. Hence at every cluster point x* each "
        "such block is a global minimiser of ⟨∇_iH(x*), u⟩ + (s/2)‖u − u*‖²_M + g_i(u) "
        "(continuity of the model's least value: analysis, not on a run): 0 ∈ ∂̂F(x*). No KL "
        "inequality is used."
    ),
    latex=(
        r"\vartheta\sum_{k\le K}\sum_{i:\,t_i=1}\bigl[m_i^k(u_i^k)-\min m_i^k\bigr]"
        r"\le\Psi^0-\inf R\quad\text{for every }K"
    ),
    source="amverify, specification of the joint method, TC⁺; the explicit bound is ours",
    symbols=MEANING,
    conclusions=(
        Conclusion(Inequality(LEAST, ZERO, gap), unstretched),
        Conclusion(
            Inequality(JOINT, CHANGE + gap, -theta * ALPHA_JOINT * e2),
            joint,
            (MODULUS, *PAID_JOINT),
        ),
        Conclusion(
            Inequality(ALONE, CHANGE + theta * gap, ZERO), alone, (MODULUS, *PAID_ALONE, SCALE)
        ),
        Conclusion(Inequality(SUM, theta * total, psi0 - low), gaps),
    ),
    facts=(KEPT, SIMPLE, FLOORS, BELOW, CARRIED, METRIC_CARRIED, CONSISTENT, CURVED),
    hypotheses=HYPOTHESES,
    constants={"c": COUPLING},
    liveness=("motion",),
    terms={
        "dF": Change("F", ORIGIN, STEP),
        "e2": Inner(STEP, STEP),
        "de": Inner(PAST, STEP),
        "d2": Inner(PAST, PAST),
        "bend": Curvature("H", AHEAD, STEP),
        "K": Count(1),
        "total": Running(swept),
    },
    follows={"before": before + dpsi},
    starts={"before": psi0},
    fixed=("psi0", "low", "theta"),
)
