r"""A region larger than T2's where p1·s < p2 (T2z), and Lyapunov decrease in it (T3z).

For H convex with an L-Lipschitz gradient *in the whole space*, 0 < z ≤ 1 and k = z(2 − z),

    H(u^{k+1}) − H(u^k) ≤ ⟨∇H(û), e⟩ + (L/2k)‖e − z p2Δ‖²                                   (D_z)

(``proofs.theorems.wide``; z = 1 is T1's inequality, which needs no more than the segment). With the
proximal step's part ⟨∇H(û), e⟩ ≤ −(sL/t)‖e‖² + sLp1⟨Δ, e⟩, the same as in T1,

    ΔF ≤ −L[(s/t − 1/2k)‖e‖² − c_z⟨Δ, e⟩ − (z²p2²/2k)‖Δ‖²],        c_z = p1·s − z p2/k.

**T2z.** With δ_z = L(s/t − (1 − z²p2²)/2k) what is left of ΔF + (δ_z/2)(‖e‖² − ‖Δ‖²) is
−(L/2)(q_z − |c_z|)(‖e‖² + ‖Δ‖²), q_z = s/t − (1 + z²p2²)/2k, and −(L/2)|c_z|‖e ∓ Δ‖² besides.

**Which z.** For |p2| ≤ 1 and r = p1·s/p2 the largest q_z − |c_z| is that of

    z = 2 − 1/r, but not below 1/(1 + |p2|) and not above 1        (r ≤ 0: 1/(1 + |p2|); p2 = 0: 1).

So T2 is all there is where p1·s ≥ p2 ≥ 0; where c = p1·s − p2 ≤ −p2²/(1 + 2p2) the region is
2s/t − 1 > 2|c|, without p2². A run's rows are judged with that z, computed from their parameters,
unless the claim declares one z for all of them: any z in (0, 1] makes a true theorem.

**T3z** is T3 with (D_z) in T1's place: weights δ that blocks carry from sweep to sweep. It is what
the safeguard ``certified`` with ``region="wide"`` keeps to.

*What is covered.* g the indicator of a box that holds u^k, any p3 ≥ 0, clipped steps too: (D_z) is
about H alone, at u^k, û and u^{k+1}, of which û may lie outside the box, and the clipped step's
part is T1's. g convex with p3 = 0. Not covered: H that is convex and smooth near the run only, and
a curvature known along e − p2Δ only (``bend``): that is checked on a run, and less than is used.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Hypothesis,
    Inequality,
    Instances,
    Missing,
    Parameter,
    Theorem,
)
from amverify.theorems.blockwise import CURVED, EITHER, MODULI, TERMS
from amverify.theorems.properties import ConvexLipschitz, Falls
from amverify.theorems.tiam import (
    ANY_WEIGHT,
    LYAPUNOV_CHANGE,
    MEANING,
    MODULUS,
    POSITIVE_SCALE,
    T3,
    THIRD,
    L,
    block_gradient_steps,
    d2,
    de,
    delta,
    delta1,
    dF,
    e2,
    falls_at,
    lyapunov_updates,
    p1,
    p2,
    s,
    t,
    theta,
    unpaid,
)
from amverify.theorems.views.columns import BOXED, CARRIED, CONSISTENT, of_parameters

z = sp.Symbol("z", real=True)
INVERSE = 1 / (z * (2 - z))
"""1/k."""
COUPLING_Z = p1 * s - p2 / (2 - z)
"""c_z = p1·s − z p2/k, and z/k = 1/(2 − z)."""
PAST_SHARE = p2**2 * z / (2 - z)
"""z²p2²/k."""

MEMBER = Parameter("z", "the member of the family that is meant, 0 < z ≤ 1")
_MEANING = {**MEANING, "z": "z, 0 < z ≤ 1; k = z(2 − z)"}
_SYMBOLS = ("dF", "e2", "de", "d2", "bend", "L", "s", "t", "p1", "p2", "z")

ABOVE_ZERO = Inequality("z > 0", sp.Integer(0), z, "z is positive", strict=True)
AT_MOST_ONE = Inequality("z ≤ 1", z, sp.Integer(1), "z is at most 1")
POSITIVE_MODULUS = Inequality("L > 0", sp.Integer(0), L, "the modulus is positive", strict=True)
FAMILY = (POSITIVE_SCALE, THIRD, POSITIVE_MODULUS, ABOVE_ZERO, AT_MOST_ONE)

EVERYWHERE = Hypothesis(
    "H convex and smooth everywhere",
    "H is convex in the block and ∇H is L-Lipschitz in the whole space, not along the step alone",
    grants=ConvexLipschitz("H", L),
)
_SEGMENT = ("H convex", "H smooth")
HYPOTHESES = (EVERYWHERE, *(h for h in EITHER if h.name not in _SEGMENT))

BOUND = -L * ((s / t - INVERSE / 2) * e2 - COUPLING_Z * de - PAST_SHARE / 2 * d2)
"""The right-hand side of T1 with (D_z) in place of its inequality."""
REGION_Z = Inequality(
    "region",
    2 * sp.Abs(COUPLING_Z) + INVERSE + PAST_SHARE,
    2 * s / t,
    "the parameters lie in 𝓡_z: 2s/t − (1 + z²p2²)/k > 2|p1 s − z p2/k|, k = z(2 − z)",
    strict=True,
)
FALLS_Z = falls_at(BOUND)
WEIGHT_Z = L * (s / t - INVERSE / 2 + PAST_SHARE / 2)
MARGIN_Z = L * (REGION_Z.rhs - REGION_Z.lhs) / 4
"""(L/2)(q_z − |c_z|): positive in the region, 0 on its border."""


def best_member(
    s_: NDArray[np.float64], p1_: NDArray[np.float64], p2_: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The z of a row's parameters: 2 − p2/(p1 s), not below 1/(1 + |p2|) and not above 1."""
    centre = p1_ * s_
    away = (centre * p2_ <= 0) & (p2_ != 0)
    with np.errstate(over="ignore"):  # p1 s may be the smallest number that there is
        ratio = np.divide(p2_, centre, out=np.ones_like(centre), where=centre != 0)
    middle = np.where(away, -np.inf, 2 - ratio)
    found: NDArray[np.float64] = np.clip(middle, 1 / (1 + np.abs(p2_)), 1.0)
    return found


def _with_member(ctx: Context, found: Instances) -> Instances:
    """The rows with z bound: the declared one, else each row's own."""
    try:
        member = ctx.known(MEMBER).value
    except Missing:
        used = (found.values[name].mid for name in ("s", "p1", "p2"))
        member = Ball.of(best_member(*(np.asarray(x, dtype=np.float64) for x in used)))
    values = {**found.values, "z": member}
    return Instances(
        values, found.sweep, found.replicate, found.blocks, found.allowance, found.notes
    )


def _steps(ctx: Context) -> Instances:
    return _with_member(ctx, block_gradient_steps(ctx))


def _carrying(ctx: Context) -> Instances:
    return _with_member(ctx, lyapunov_updates(ctx))


T2z = Theorem(
    id="T2z",
    title="admissible region, larger where p1 s < p2",
    statement=(
        "H convex with an L-Lipschitz gradient in the whole space, L > 0, g a box (or 0) and "
        "u^k feasible, or g convex and p3 = 0; 0 < z ≤ 1, k = z(2 − z). The descent inequality of "
        "z has a Lyapunov weight that makes it a strict decrease for all (e, Δ) ≠ 0 if and only if "
        "2s/t − (1 + z²p2²)/k > 2|p1 s − z p2/k| (region 𝓡_z; z = 1 is T2's 𝓡). With "
        "δ = L(s/t − (1 − z²p2²)/2k): ΔF + (δ/2)(‖e‖² − ‖Δ‖²) ≤ −(L/4)(2s/t − (1 + z²p2²)/k − "
        "2|p1 s − z p2/k|)(‖e‖² + ‖Δ‖²), negative inside 𝓡_z, 0 at most on its border. δ is "
        "proportional to L: the decrease telescopes for constant L, s, t, p1, p2, z only. Where "
        "p2 ≥ 0 and p1 s − p2 ≤ −p2²/(1 + 2p2), z = 1/(1 + p2) makes it 2s/t − 1 > 2(p2 − p1 s)."
    ),
    latex=r"\tfrac{2s}t-\tfrac{1+z^2p_2^2}{k}>2\bigl|p_1s-\tfrac{zp_2}k\bigr|,\qquad k=z(2-z)",
    source="amverify, by performance estimation (proofs.pep)",
    symbols={name: _MEANING[name] for name in _SYMBOLS},
    conclusions=(
        Conclusion(REGION_Z, of_parameters(_steps), (*FAMILY, *FALLS_Z)),
        Conclusion(
            Inequality("decrease", dF + WEIGHT_Z / 2 * (e2 - d2), -MARGIN_Z * (e2 + d2)),
            _steps,
            (*FAMILY, MODULUS),
        ),
    ),
    facts=(BOXED, CONSISTENT, MODULI, CURVED),
    hypotheses=(
        *HYPOTHESES,
        Hypothesis(
            "a weight exists",
            "for the region's necessity: some weight δ makes the bound of z with (δ/2)(‖e‖² − "
            "‖Δ‖²) negative for all e, Δ that are not both 0",
            monitored=tuple(c.name for c in FALLS_Z),
            grants=Falls(BOUND + ANY_WEIGHT / 2 * (e2 - d2), e2, de, d2),
            only=(REGION_Z.name,),
        ),
    ),
    constants={"δ": WEIGHT_Z, "c_z": COUPLING_Z, "z": z},
    parameters=(MEMBER,),
    liveness=("motion", "inertia"),
    terms=TERMS,
)

FALL_Z = theta * L * (s / t - INVERSE / 2)
"""a_i of T3z."""
SPARE_NEW_Z = 2 * (1 - theta) * L * (s / t - INVERSE / 2) - delta1
SPARE_OLD_Z = delta - L * PAST_SHARE

T3z = Theorem(
    id="T3z",
    title="Lyapunov decrease, larger region",
    statement=(
        "T3 with T2z's inequality of 0 < z ≤ 1, k = z(2 − z), for H convex with an L-Lipschitz "
        "gradient in the whole space, L > 0. Ψ^k = F(x^k) + Σ_i (δ_i^k/2)‖Δ_i^k‖². If each block "
        "carries δ^k and leaves δ^{k+1} with L²(p1 s − z p2/k)² ≤ (δ^k − Lz²p2²/k)"
        "(2(1−ϑ)L(s/t − 1/2k) − δ^{k+1}), both factors ≥ 0, and the box did not shrink, then "
        "Ψ^{k+1} ≤ Ψ^k − Σ_i a_i‖e_i‖², a_i = ϑL(s/t − 1/2k): condition H1. z may differ from "
        "update to update, L as well."
    ),
    latex=(
        r"\Psi^{k+1}\le\Psi^k-\sum_i a_i\|e_i\|^2,\qquad "
        r"a_i=\vartheta L_i\bigl(\tfrac st-\tfrac1{2z_i(2-z_i)}\bigr)"
    ),
    source="amverify, by performance estimation (proofs.pep)",
    symbols={name: text for name, text in _MEANING.items() if name not in ("rise", "turn")},
    conclusions=(
        Conclusion(
            Inequality("Lyapunov decrease", LYAPUNOV_CHANGE, -FALL_Z * e2),
            _carrying,
            (
                *FAMILY,
                Inequality("a > 0", INVERSE, 2 * s / t, "1/k < 2s/t, so that a is positive", True),
                MODULUS,
                Inequality("δ covers p2", sp.Integer(0), SPARE_OLD_Z, "δ^k ≥ L z²p2²/k",
                           costs=(VIOLATION * d2,)),
                Inequality("δ' is affordable", sp.Integer(0), SPARE_NEW_Z,
                           "δ^{k+1} ≤ 2(1−ϑ)L(s/t − 1/2k)", costs=(VIOLATION * e2,)),
                Inequality("c is paid", (L * COUPLING_Z) ** 2, SPARE_OLD_Z * SPARE_NEW_Z,
                           "L²c_z² ≤ (δ − Lz²p2²/k)(2(1−ϑ)L(s/t − 1/2k) − δ')",
                           costs=unpaid(SPARE_OLD_Z, SPARE_NEW_Z)),
            ),
        ),
        T3.conclusions[1],
    ),
    facts=(BOXED, CARRIED, CONSISTENT, MODULI, CURVED),
    hypotheses=(*HYPOTHESES, *(h for h in T3.hypotheses if h not in EITHER)),
    constants={"a": FALL_Z, "c_z": COUPLING_Z, "z": z},
    parameters=(MEMBER,),
    liveness=("motion", "inertia"),
    terms=TERMS,
)  # fmt: skip
