r"""TJ: one block with any closed nonsmooth part, in a metric; (z_l, a_l) under the band.

The band's set {|a_j − h(z_j)| ≤ ε for every entry j} is not convex, so there is no subgradient
inequality. But u⁺ minimises its model exactly, and u^k is feasible: no more than the model's value
there,

    ⟨∇H(û), e⟩ + (s/2)(‖e − p1Δ‖²_M − ‖p1Δ‖²_M) + g⁺ − g ≤ 0,

which is half of what a convex g gives. Convexity of H at û toward u^k, and M ⪰ ∇²H from û to u⁺:

    ΔF ≤ −[((s−1)/2)‖e‖²_M − c⟨Δ,e⟩_M − (p2²/2)‖Δ‖²_M],        c = p1·s − p2,

where T1 has s − ½. So s > 1 is needed for a decrease: at s = 1 two global minimisers of the model
may have the same F, below it F can rise.

**Weights.** α = (s−1)/2, and as in TH: with c²‖Δ‖²_new ≤ (2(1−ϑ)α − δ')(δ‖Δ‖²_old − p2²‖Δ‖²_new),
both factors ≥ 0, ΔF + (δ'/2)‖e‖²_new − (δ/2)‖Δ‖²_old ≤ −ϑα‖e‖²_new. Here inertia with c = 0 is
live: M is not the Hessian.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import Conclusion, Context, Hypothesis, Inequality, Instances, Theorem
from amverify.theorems.blockwise import CONVEX, FORWARD, SMOOTH, THIRD_SIGN
from amverify.theorems.inmetric import (
    EXTRAPOLATED,
    METRIC_STEP,
    MODULUS,
    WEIGHED_CHANGE,
    old,
    told,
    weighed,
)
from amverify.theorems.properties import Sum
from amverify.theorems.tiam import (
    COUPLING,
    HALF,
    POSITIVE_SCALE,
    d2,
    de,
    delta,
    delta1,
    dF,
    e2,
    p2,
    s,
    t,
    theta,
)
from amverify.theorems.views.columns import CARRIED, CONSISTENT, applies_from
from amverify.theorems.views.metric import (
    CURVED,
    FEASIBLE,
    METRIC_CARRIED,
    TOGETHER,
    joint,
    margin,
    metric_rows,
)

COMPOSITE = Hypothesis(
    "F = H + g",
    "F = H + g in the block, g closed and finite at u^k (u^k is feasible for the present ε)",
    grants=Sum("F", ("H", "g")),
)
ALPHA_JOINT = HALF * (s - 1)
"""α, what the step gives."""
TJ_BOUND = -(ALPHA_JOINT * e2 - COUPLING * de - p2**2 / 2 * d2)
"""The right-hand side of TJ."""
FALL_JOINT = theta * ALPHA_JOINT
SPARE_JOINT = 2 * (1 - theta) * ALPHA_JOINT - delta1

NO_THIRD = Inequality("p3 = 0", t, sp.Integer(1), "no third inertia")
BORDER = Inequality("s ≥ 1", sp.Integer(1), s, "s ≥ 1: below it F can rise though TJ holds")
_TJ = ("dF", "e2", "de", "d2", "bend", "s", "t", "p1", "p2", "old", "delta", "delta1")


def _steps(ctx: Context) -> Instances:
    rows = metric_rows(ctx, joint(ctx), *_TJ)
    values = {**rows.values, "theta": margin(ctx)}
    return Instances(
        values, rows.sweep, rows.replicate, rows.blocks, rows.allowance, applies_from(ctx)
    )


MEANINGS_TJ, TERMS_TJ = told(*_TJ)
MEANINGS_TJ = {**MEANINGS_TJ, "theta": "ϑ, the margin"}
TJ = Theorem(
    id="TJ",
    title="descent of a joint block",
    statement=(
        "H convex in the block, M ⪰ ∇²H along e − p2Δ, M ≻ 0, g closed, convex or not, u^k "
        "feasible, u^{k+1} = u⁺ a global minimiser of its model, s ≥ 1: F(u^{k+1}) ≤ F(u^k) − "
        "[((s−1)/2)‖e‖²_M − (p1 s − p2)⟨Δ,e⟩_M − (p2²/2)‖Δ‖²_M]. If the block carries δ of its "
        "last metric and leaves δ' of this one with c²‖Δ‖²_new ≤ ((1−ϑ)(s−1) − δ')(δ‖Δ‖²_old − "
        "p2²‖Δ‖²_new), both factors ≥ 0, then F(u^{k+1}) + (δ'/2)‖e‖²_new ≤ F(u^k) + "
        "(δ/2)‖Δ‖²_old − ϑ((s−1)/2)‖e‖²_new."
    ),
    latex=(
        r"F(u^{k+1}) \le F(u^k) - \Bigl[\tfrac{s-1}2\|e\|_M^2-(p_1s-p_2)\langle\Delta,e\rangle_M"
        r"-\tfrac{p_2^2}2\|\Delta\|_M^2\Bigr]"
    ),
    source="amverify, specification, TJ",
    symbols=MEANINGS_TJ,
    conclusions=(
        Conclusion(
            Inequality("descent", dF, TJ_BOUND),
            _steps,
            (POSITIVE_SCALE, NO_THIRD, BORDER, MODULUS),
        ),
        Conclusion(
            Inequality("Lyapunov decrease", WEIGHED_CHANGE, -FALL_JOINT * e2),
            _steps,
            (
                POSITIVE_SCALE,
                NO_THIRD,
                BORDER,
                MODULUS,
                *weighed(COUPLING, SPARE_JOINT, delta * old - p2**2 * d2),
            ),
        ),
    ),
    facts=(TOGETHER, FEASIBLE, FORWARD, CONSISTENT, CURVED, CARRIED, METRIC_CARRIED),
    hypotheses=(CONVEX, SMOOTH, COMPOSITE, METRIC_STEP, EXTRAPOLATED, THIRD_SIGN),
    constants={"c": COUPLING, "(s−1)/2": ALPHA_JOINT, "a": FALL_JOINT},
    liveness=("motion", "inertia"),
    terms=TERMS_TJ,
)
