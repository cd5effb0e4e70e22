r"""What the theorems on one block in a metric say in words, and what that grants a proof.

The variable is M^{1/2}u, M ≻ 0 the metric of *this* step: lengths and inner products are M's
(‖e‖² is ⟨e,Me⟩), so the step's modulus is 1, and ⟨∇H, e⟩, ⟨d,∇²H d⟩ and values are what they were.
The origin is u^k; e = u^{k+1} − u^k, Δ = u^k − u^{k−1}, d = u⁺ − u^k, û = u^k + p2Δ,
ũ = u^k + p1Δ, u^{k+1} = u^k + t d. ``old`` is ‖Δ‖² in the metric of the step that made Δ: the
length of another vector.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import VIOLATION, Hypothesis, Inequality, symbols
from amverify.theorems.blockwise import (
    AHEAD,
    CENTRE,
    COMPOSITE,
    CONVEX,
    PAST,
    SMOOTH,
    STEP,
    STRETCH,
)
from amverify.theorems.blockwise import TERMS as BLOCK_TERMS
from amverify.theorems.properties import (
    Convex,
    Hessian,
    Inner,
    Proximal,
    Quadratic,
    Stretched,
    Term,
    Zero,
    vector,
)
from amverify.theorems.tiam import MEANING, bend, d2, de, delta, delta1, dF, e2, p2, s, t
from amverify.theorems.views.metric import SIMPLE

old, q_e, q_de = symbols("old q_e q_de")
BEFORE = vector("Delta_before")
"""Δ in the coordinates of the metric that it was made in."""

MEANINGS = {
    **MEANING,
    "e2": "‖e‖²_M, M the metric of this step",
    "de": "⟨Δ, e⟩_M",
    "d2": "‖Δ‖²_M",
    "old": "‖Δ‖² in the metric of the step that made Δ",
    "q_e": "⟨e, Qe⟩, Q = ∇²H",
    "q_de": "⟨Δ, Qe⟩",
}
TERMS: dict[str, Term] = {
    **BLOCK_TERMS,
    "old": Inner(BEFORE, BEFORE),
    "q_e": Hessian("H", STEP, STEP),
    "q_de": Hessian("H", PAST, STEP),
}

NO_PART, CONVEX_PART = "g = 0", "g is convex and p3 = 0"
"""The two cases of a block that moves alone."""

METRIC_STEP = Hypothesis(
    "proximal step",
    "u⁺ minimises ⟨∇H(û), ·⟩ + (s/2)‖· − ũ‖²_M + g, û = u^k + p2Δ, ũ = u^k + p1Δ, M ≻ 0 "
    "(all lengths are M's: the variable is M^{1/2}u)",
    grants=Proximal(STRETCH, "H", AHEAD, s, CENTRE, "g"),
)
EXTRAPOLATED = Hypothesis(
    "extrapolation",
    "u^{k+1} = u^k + t(u⁺ − u^k)",
    grants=Stretched(STEP, STRETCH, t),
)
NOTHING = Hypothesis(
    "g = 0", "g = 0 (a block V_l)", monitored=(SIMPLE.name,), grants=Zero("g"), case=NO_PART
)
CONVEX_G = Hypothesis(
    "g convex", "g is convex (z_L)", monitored=(SIMPLE.name,), grants=Convex("g"), case=CONVEX_PART
)
NO_THIRD = Hypothesis(
    "p3 = 0 unless g = 0", "p3 = 0 where g is not 0", t - 1, "=", (SIMPLE.name,), case=CONVEX_PART
)
QUADRATIC = Hypothesis(
    "H quadratic", "H is quadratic in the block, with Hessian Q", grants=Quadratic("H")
)
MOVES = (COMPOSITE, METRIC_STEP, EXTRAPOLATED)
ALONE = (CONVEX, SMOOTH, *MOVES, NOTHING, CONVEX_G, NO_THIRD)
"""What descent in a metric uses."""

MODULUS = Inequality(
    "M is above",
    bend,
    e2 - 2 * p2 * de + p2**2 * d2,
    "M ⪰ ∇²H along e − p2Δ: ⟨d,∇²H d⟩ ≤ ‖d‖²_M",
    costs=(VIOLATION / 2,),
)

WEIGHED_CHANGE = dF + delta1 / 2 * e2 - delta / 2 * old
"""A block's part of Ψ^{k+1} − Ψ^k: each ‖·‖² in the metric of the step that made it."""


def weighed(
    coupling: sp.Expr, spare: sp.Expr, carried: sp.Expr
) -> tuple[Inequality, Inequality, Inequality]:
    """That ½(spare‖e‖² − 2c⟨Δ,e⟩ + carried) is not negative; carried = δ·old − p2²‖Δ‖².

    Where both factors fail, by v' and v'', their product is v'v'' too large, and 2√(v'v''‖e‖²) ≤
    v' + v''‖e‖²: hence whole costs where one alone would cost a half.
    """
    return (
        Inequality(
            "δ covers p2",
            sp.Integer(0),
            carried,
            "p2²‖Δ‖²_M ≤ δ‖Δ‖², on the right in the metric that made Δ",
            costs=(VIOLATION,),
        ),
        Inequality(
            "δ' is affordable",
            sp.Integer(0),
            spare,
            "δ' ≤ 2(1−ϑ)α",
            costs=(VIOLATION * e2,),
        ),
        Inequality(
            "c is paid",
            coupling**2 * d2,
            spare * carried,
            "c²‖Δ‖²_M ≤ (2(1−ϑ)α − δ')(δ‖Δ‖² − p2²‖Δ‖²_M), δ's ‖Δ‖² in the metric that made Δ",
            costs=(sp.sqrt(VIOLATION * e2), VIOLATION / (2 * spare)),
        ),
    )


def told(*names: str) -> tuple[dict[str, str], dict[str, Term]]:
    """Meanings and terms of the symbols of a theorem."""
    return {n: MEANINGS[n] for n in names}, {n: TERMS[n] for n in names if n in TERMS}
