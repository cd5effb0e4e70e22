r"""T2's region where H is not convex in the block (T2n): iPALM's, with a step scale."""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import Conclusion, Context, Inequality, Instances, Theorem
from amverify.theorems.blockwise import (
    COMPOSITE,
    CONVEX_G,
    FORWARD,
    MODULI,
    MODULUS_SIGN,
    PROXIMAL,
    TERMS_NONCONVEX,
    THIRD_SIGN,
    UNCLIPPED,
)
from amverify.theorems.tiam import (
    HALF,
    MEANING,
    POSITIVE_SCALE,
    RISE,
    TURN,
    L,
    d2,
    dF,
    e2,
    noted,
    p1,
    p2,
    s,
    t,
)
from amverify.theorems.views.columns import (
    BOXED,
    CONSISTENT,
    applies_from,
    block_rows,
    boxes_kept,
    updated,
)

REGION_NONCONVEX = Inequality(
    "region",
    2 * (sp.Abs(p1) * s + sp.Abs(p2)) + 1,
    2 * s,
    "the parameters lie in iPALM's region: 2s − 1 > 2(|p1| s + |p2|)",
    strict=True,
)
T2N_WEIGHT = L * (s - HALF)
_T2N_SYMBOLS = ("dF", "e2", "de", "d2", "rise", "turn", "L", "s", "t", "p1", "p2")


def _nonconvex_steps(ctx: Context) -> Instances:
    """As T1's, with what H and ∇H did from u^k."""
    rows = updated(ctx, b"gradient") & boxes_kept(ctx)
    return noted(block_rows(ctx, rows, *_T2N_SYMBOLS), applies_from(ctx))


T2n = Theorem(
    id="T2n",
    title="admissible region, H not convex",
    statement=(
        "H with modulus L but not convex in the block (∇H is L-Lipschitz: |∇²H| ≤ L; used are "
        "H(u^{k+1}) ≤ H(u^k) + ⟨∇H(u^k), e⟩ + (L/2)‖e‖² and −⟨∇H(û) − ∇H(u^k), e⟩ ≤ "
        "(L|p2|/2)(‖e‖² + ‖Δ‖²), which are seen on a run), g convex, "
        "p3 = 0, 2s − 1 > 2(|p1| s + |p2|). With δ = L(s − ½): ΔF + (δ/2)(‖e‖² − ‖Δ‖²) ≤ 0. δ is "
        "proportional to L: the decrease telescopes for constant L and s only. "
        "A modulus from above alone is not enough: H = −50u², "
        "L = s = 1, p1 = 0, p2 = 2/5, u = −1 and Δ = 1001/400 give +7.94."
    ),
    latex=(
        r"2s-1>2(|p_1|s+|p_2|)\ \Rightarrow\ "
        r"\Delta F+\tfrac\delta2(\|e\|^2-\|\Delta\|^2)\le0"
    ),
    source="iPALM (Pock & Sabach 2016), with step scale; amverify, specification, T2n",
    symbols={k: MEANING[k] for k in _T2N_SYMBOLS},
    conclusions=(
        Conclusion(
            Inequality("decrease", dF + T2N_WEIGHT / 2 * (e2 - d2), sp.Integer(0)),
            _nonconvex_steps,
            (
                POSITIVE_SCALE,
                Inequality("p3 = 0", t, sp.Integer(1), "no third inertia"),
                RISE,
                TURN,
                REGION_NONCONVEX,
            ),
        ),
    ),
    facts=(BOXED, CONSISTENT, MODULI, FORWARD),
    hypotheses=(COMPOSITE, CONVEX_G, PROXIMAL, UNCLIPPED, MODULUS_SIGN, THIRD_SIGN),
    constants={"δ": T2N_WEIGHT},
    liveness=("motion", "inertia"),
    terms=TERMS_NONCONVEX,
)
