r"""One block that moves in a metric M of its own: TM, TMG, TMQ, TH.

V_l = [W_l, b_l] has no nonsmooth part, z_L has the convex R and t = 1. In the variable M^{1/2}u the
step is T1's with L = 1; c = p1·s − p2, α = s/t − ½.

**TM.** ⟨∇H(û), e⟩ + g⁺ − g ≤ −(s/t)‖e‖²_M + s·p1⟨Δ,e⟩_M (an equality where g = 0), convexity at û
toward u^k, and M ⪰ ∇²H from û to u^{k+1}: T1's inequality, in M.

**TMG.** H quadratic, Q = ∇²H: ΔH = ⟨∇H(u^k), e⟩ + ½⟨e,Qe⟩ and ∇H(û) = ∇H(u^k) + p2QΔ, so nothing is
given away but by R's convexity:

    ΔF = −(s/t)‖e‖²_M + ½⟨e,Qe⟩ + s·p1⟨Δ,e⟩_M − p2⟨Δ,Qe⟩            (≤ for z_L).

**TMQ.** M = Q: ΔF = −α‖e‖²_Q + c⟨Δ,e⟩_Q. p1 and p2 are felt through c alone: with c = 0 the inertia
of such a block does *nothing*.

An identity has no slack, and no float decides it (nor TM, where M = Q and p2 = 0). TM, TMG and TMQ
leave it a *width* η‖e‖²_M and are proved for every η ≥ 0: it says how finely a run is looked at.
Undeclared, it is u^{1/4}, a quarter of the digits of the run's format (0.016 in float32, 10⁻⁴ in
float64): what bounds on the rounding of a float32 run leave to see. What is outside is VIOLATED.

**TH**, the certified heavy ball. With weights δ that the block carries from sweep to sweep, each of
its own metric, TM and 2|c⟨Δ,e⟩| ≤ Y‖e‖² + c²‖Δ‖²/Y give a decrease by ϑα‖e‖²_M: two scalars, no
eigenvalue. p2 = 0 and δ = δ' = (1−ϑ)α make it |c|√(‖Δ‖²_new) ≤ δ√(‖Δ‖²_old).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy as sp

from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Inequality,
    Instances,
    Missing,
    Parameter,
    Theorem,
    View,
    declare,
    symbols,
)
from amverify.theorems.inmetric import (
    ALONE,
    CONVEX_G,
    MODULUS,
    MOVES,
    NO_THIRD,
    NOTHING,
    QUADRATIC,
    WEIGHED_CHANGE,
    old,
    q_de,
    q_e,
    told,
    weighed,
)
from amverify.theorems.tiam import (
    COUPLING,
    HALF,
    POSITIVE_SCALE,
    THIRD,
    d2,
    de,
    delta,
    delta1,
    dF,
    e2,
    p1,
    p2,
    s,
    t,
    theta,
)
from amverify.theorems.views.columns import CARRIED, CONSISTENT, unit
from amverify.theorems.views.metric import (
    CURVED,
    IN_METRIC,
    METRIC_CARRIED,
    SIMPLE,
    in_metric,
    margin,
    metric_rows,
    smooth_alone,
)

ALPHA = s / t - HALF
"""α, what the step gives."""

(eta,) = symbols("eta")
WIDTH = Parameter("eta", "the width η‖e‖²_M in which an identity is looked at", "nonnegative")
"""Undeclared: u^{1/4} of the run's format."""
_TM = ("dF", "e2", "de", "d2", "bend", "s", "t", "p1", "p2")
TM_BOUND = -(ALPHA * e2 - COUPLING * de - p2**2 / 2 * d2)
"""The right-hand side of TM."""


def _wide(rows: View) -> View:
    """A view with η bound: declared, or u^{1/4}."""

    def view(ctx: Context) -> Instances:
        found = rows(ctx)
        try:
            width = ctx.known(WIDTH).value
        except Missing:
            if not np.isfinite(unit(ctx)):
                raise Missing("constant eta", declare("eta")) from None
            width = Ball.of(unit(ctx) ** 0.25)
        values = {**found.values, WIDTH.name: width}
        return Instances(
            values, found.sweep, found.replicate, found.blocks, found.allowance, found.notes
        )

    return view


def _steps(ctx: Context) -> Instances:
    return metric_rows(ctx, in_metric(ctx), *_TM)


MEANINGS_TM, TERMS_TM = told(*_TM)
TM = Theorem(
    id="TM",
    title="descent in a metric",
    statement=(
        "H convex in the block, M ⪰ ∇²H along e − p2Δ, M ≻ 0, s > 0, t = 1 + p3 ≥ 1, g = 0; or g "
        "convex and t = 1: F(u^{k+1}) ≤ F(u^k) − [(s/t − ½)‖e‖²_M − (p1 s − p2)⟨Δ,e⟩_M "
        "− (p2²/2)‖Δ‖²_M], M the metric of this step. T1 in the variable M^{1/2}u. An equality "
        "where g = 0, M = ∇²H and p2 = 0: hence to a width η‖e‖²_M, proved for every η ≥ 0."
    ),
    latex=(
        r"F(u^{k+1}) \le F(u^k) - \Bigl[(\tfrac st-\tfrac12)\|e\|_M^2-(p_1s-p_2)\langle\Delta,e"
        r"\rangle_M-\tfrac{p_2^2}2\|\Delta\|_M^2\Bigr]"
    ),
    source="amverify, specification, TM",
    symbols={**MEANINGS_TM, "eta": WIDTH.meaning},
    conclusions=(
        Conclusion(
            Inequality("descent", dF, TM_BOUND + eta * e2),
            _wide(_steps),
            (POSITIVE_SCALE, THIRD, MODULUS),
        ),
    ),
    facts=(IN_METRIC, SIMPLE, CONSISTENT, CURVED),
    hypotheses=ALONE,
    constants={"c": COUPLING, "s/t − ½": ALPHA, "η": eta},
    parameters=(WIDTH,),
    liveness=("motion", "inertia"),
    terms=TERMS_TM,
)

QUADRATIC_CHANGE = -(s / t) * e2 + q_e / 2 + s * p1 * de - p2 * q_de
"""ΔF of TMG."""
OWN_CHANGE = -ALPHA * e2 + COUPLING * de
"""ΔF of TMQ."""
ABOVE, BELOW = "no more", "no less"
_TMG = ("dF", "e2", "de", "q_e", "q_de", "s", "t", "p1", "p2")


def _quadratic_steps(ctx: Context) -> Instances:
    return metric_rows(ctx, in_metric(ctx), *_TMG)


def _identities(ctx: Context) -> Instances:
    return metric_rows(ctx, smooth_alone(ctx), *_TMG)


OF_QUADRATIC = (
    QUADRATIC,
    *MOVES,
    NOTHING,
    replace(CONVEX_G, only=(ABOVE,)),
    replace(NO_THIRD, only=(ABOVE,)),
)
MEANINGS_TMG, TERMS_TMG = told(*_TMG)
MEANINGS_TMG = {**MEANINGS_TMG, "eta": WIDTH.meaning}


TMG = Theorem(
    id="TMG",
    title="change of a quadratic block, in any metric",
    statement=(
        "H quadratic in the block, Q = ∇²H of any sign, M ≻ 0, t ≥ 1, g = 0: ΔF = −(s/t)‖e‖²_M + "
        "½⟨e,Qe⟩ + s p1⟨Δ,e⟩_M − p2⟨Δ,Qe⟩. For a convex g and t = 1, ≤. Both sides to a width "
        "η‖e‖²_M, η ≥ 0."
    ),
    latex=(
        r"\Delta F=-\tfrac st\|e\|_M^2+\tfrac12\langle e,Qe\rangle+sp_1\langle\Delta,e\rangle_M"
        r"-p_2\langle\Delta,Qe\rangle"
    ),
    source="amverify, specification, TM-Q",
    symbols=MEANINGS_TMG,
    conclusions=(
        Conclusion(
            Inequality(ABOVE, dF, QUADRATIC_CHANGE + eta * e2), _wide(_quadratic_steps), (THIRD,)
        ),
        Conclusion(
            Inequality(BELOW, QUADRATIC_CHANGE - eta * e2, dF), _wide(_identities), (THIRD,)
        ),
    ),
    facts=(IN_METRIC, SIMPLE, CONSISTENT),
    hypotheses=OF_QUADRATIC,
    parameters=(WIDTH,),
    liveness=("motion", "inertia"),
    terms=TERMS_TMG,
)


def _same(name: str, low: sp.Expr, high: sp.Expr, text: str, cost: sp.Expr) -> Inequality:
    return Inequality(name, low, high, text, costs=(cost,))


_LENGTH, _TURN = "M = Q: ⟨e,Qe⟩ = ‖e‖²_M", "M = Q: p2⟨Δ,Qe⟩ = p2⟨Δ,e⟩_M"
Q_BELOW = _same("Q ≤ M along e", q_e, e2, _LENGTH, VIOLATION / 2)
Q_ABOVE = _same("M ≤ Q along e", e2, q_e, _LENGTH, VIOLATION / 2)
TURN_BELOW = _same("M ≤ Q from Δ", p2 * de, p2 * q_de, _TURN, VIOLATION)
TURN_ABOVE = _same("Q ≤ M from Δ", p2 * q_de, p2 * de, _TURN, VIOLATION)
TMQ = Theorem(
    id="TMQ",
    title="change of a quadratic block, in its own Hessian",
    statement=(
        "H quadratic in the block, M = Q = ∇²H ≻ 0, t ≥ 1, g = 0: ΔF = −(s/t − ½)‖e‖²_Q + "
        "(p1 s − p2)⟨Δ,e⟩_Q. For a convex g and t = 1, ≤. Both sides to a width η‖e‖²_M, η ≥ 0. "
        "p1 and p2 are felt through c = p1 s − p2 alone: with c = 0 the inertia of such a block "
        "does nothing. Region: 2s/t − 1 > 2|c|, larger than 𝓡."
    ),
    latex=r"\Delta F=-(\tfrac st-\tfrac12)\|e\|_Q^2+(p_1s-p_2)\langle\Delta,e\rangle_Q",
    source="amverify, specification, TM-Q",
    symbols=MEANINGS_TMG,
    conclusions=(
        Conclusion(
            Inequality(ABOVE, dF, OWN_CHANGE + eta * e2),
            _wide(_quadratic_steps),
            (THIRD, Q_BELOW, TURN_BELOW),
        ),
        Conclusion(
            Inequality(BELOW, OWN_CHANGE - eta * e2, dF),
            _wide(_identities),
            (THIRD, Q_ABOVE, TURN_ABOVE),
        ),
    ),
    facts=(IN_METRIC, SIMPLE, CONSISTENT),
    hypotheses=OF_QUADRATIC,
    constants={"c": COUPLING, "s/t − ½": ALPHA, "η": eta},
    parameters=(WIDTH,),
    liveness=("motion", "inertia"),
    terms=TERMS_TMG,
)

FALL = theta * ALPHA
"""a of TH, in the metric."""
SPARE = 2 * (1 - theta) * ALPHA - delta1
CARRIED_LESS = delta * old - p2**2 * d2
_TH = (*_TM, "old", "delta", "delta1")


def _weighted(ctx: Context) -> Instances:
    rows = metric_rows(ctx, in_metric(ctx), *_TH)
    values = {**rows.values, "theta": margin(ctx)}
    return Instances(values, rows.sweep, rows.replicate, rows.blocks, rows.allowance)


MEANINGS_TH, TERMS_TH = told(*_TH)
MEANINGS_TH = {**MEANINGS_TH, "theta": "ϑ, the margin"}
TH = Theorem(
    id="TH",
    title="certified heavy ball in a metric",
    statement=(
        "TM's block, α = s/t − ½, c = p1 s − p2. It carries δ of its last metric and leaves δ' of "
        "this one: if c²‖Δ‖²_new ≤ (2(1−ϑ)α − δ')(δ‖Δ‖²_old − p2²‖Δ‖²_new), both factors ≥ 0, then "
        "F(u^{k+1}) + (δ'/2)‖e‖²_new ≤ F(u^k) + (δ/2)‖Δ‖²_old − ϑα‖e‖²_new. With p2 = 0 and "
        "δ = δ' = (1−ϑ)α: |c|·√(‖Δ‖²_new) ≤ δ·√(‖Δ‖²_old). Two scalars, no eigenvalue, whatever "
        "became of the metric."
    ),
    latex=(
        r"F(u^{k+1})+\tfrac{\delta'}2\|e\|_{M^{k+1}}^2\le F(u^k)+\tfrac\delta2\|\Delta\|_{M^k}^2"
        r"-\vartheta(\tfrac st-\tfrac12)\|e\|_{M^{k+1}}^2"
    ),
    source="amverify, specification, TH",
    symbols=MEANINGS_TH,
    conclusions=(
        Conclusion(
            Inequality("Lyapunov decrease", WEIGHED_CHANGE, -FALL * e2),
            _weighted,
            (
                POSITIVE_SCALE,
                THIRD,
                Inequality("a > 0", t, 2 * s, "t < 2s, so that α is positive", strict=True),
                MODULUS,
                *weighed(COUPLING, SPARE, CARRIED_LESS),
            ),
        ),
    ),
    facts=(IN_METRIC, SIMPLE, CONSISTENT, CURVED, CARRIED, METRIC_CARRIED),
    hypotheses=ALONE,
    constants={"a": FALL, "c": COUPLING},
    liveness=("motion", "inertia"),
    terms=TERMS_TH,
)
