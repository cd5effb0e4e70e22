r"""What the theorems on one block say in words: hypotheses of T1–T3, T1p, T2n and G3, with what
they grant a proof, and two facts that see a part of them on a run.

The origin is u^k; e = u^{k+1} − u^k, Δ = u^k − u^{k−1}, d = u⁺ − u^k. Gradients are taken at
û = u^k + p2Δ, the proximal step is centred at ũ = u^k + p1Δ, and u^{k+1} = u^k + t d, clipped.
"""

from __future__ import annotations

from amverify.theorems.base import Context, Hypothesis, symbols
from amverify.theorems.properties import (
    ORIGIN,
    Above,
    Box,
    Change,
    Clipped,
    Convex,
    Curvature,
    Inner,
    Minimiser,
    Proximal,
    Smooth,
    Stretched,
    Sum,
    Term,
    gradient,
    vector,
)
from amverify.theorems.views.columns import BOXED, curved, fact, updated, where

L, s, t, p1, p2, gamma = symbols("L s t p1 p2 gamma")

STEP, PAST, STRETCH = vector("e"), vector("Delta"), vector("d")
"""e, Δ and d."""
AHEAD, CENTRE = p2 * PAST, p1 * PAST
"""û and ũ."""

TERMS: dict[str, Term] = {
    "dF": Change("F", ORIGIN, STEP),
    "e2": Inner(STEP, STEP),
    "de": Inner(PAST, STEP),
    "d2": Inner(PAST, PAST),
    "bend": Curvature("H", AHEAD, STEP),
}
TERMS_NONCONVEX: dict[str, Term] = {
    **{name: TERMS[name] for name in ("dF", "e2", "de", "d2")},
    "rise": Above("H", ORIGIN, STEP),
    "turn": Inner(gradient("H", AHEAD) - gradient("H", ORIGIN), STEP),
}


def _signs(ctx: Context) -> tuple[bool | None, str]:
    for name in ("modulus", "gamma"):
        negative = ctx.column("blocks", name) < 0
        if negative.any():
            return False, f"{where(ctx, negative)}: {name} is negative"
    return True, ""


MODULI = fact("moduli", "no modulus L and no proximal weight γ is negative", _signs)


def _third(ctx: Context) -> tuple[bool | None, str]:
    negative = ctx.column("blocks", "t") < 1
    if negative.any():
        return False, f"{where(ctx, negative)}: t = 1 + p3 is below 1"
    return True, ""


FORWARD = fact("third inertia", "p3 ≥ 0 in every update", _third)


CURVED = fact(
    "curvature seen",
    "⟨d,∇²H d⟩ ≥ 0 along d = e − p2Δ: what convexity of H implies there, and less than convexity",
    lambda ctx: curved(ctx, updated(ctx, b"gradient")),
)

A_BOX, NO_BOX = "g is a box", "g is convex and p3 = 0"
"""The two cases of T1."""

CONVEX = Hypothesis("H convex", "H is convex in the block", grants=Convex("H"))
SMOOTH = Hypothesis(
    "H smooth",
    "H is twice continuously differentiable in the block, and ⟨d,∇²H d⟩ its largest curvature "
    "from û to u^{k+1}",
    grants=Smooth("H"),
)
COMPOSITE = Hypothesis("F = H + g", "F = H + g in the block", grants=Sum("F", ("H", "g")))
BOX = Hypothesis(
    "box",
    "g is the indicator of a box that holds u^k and u^{k+1} (of the whole space, if g = 0)",
    monitored=(BOXED.name,),
    grants=Box("g", (ORIGIN, STEP)),
    case=A_BOX,
)
PROXIMAL = Hypothesis(
    "proximal step",
    "u⁺ minimises ⟨∇H(û), ·⟩ + (sL/2)‖· − ũ‖² + g, û = u^k + p2Δ, ũ = u^k + p1Δ",
    grants=Proximal(STRETCH, "H", AHEAD, s * L, CENTRE, "g"),
)
CLIPPED = Hypothesis(
    "extrapolation",
    "u^{k+1} is u^k + t(u⁺ − u^k), clipped to the box",
    grants=Clipped(STEP, STRETCH, t),
    case=A_BOX,
)
CONVEX_G = Hypothesis(
    "g convex", "g is convex (a box's indicator, or 0, is)", monitored=(BOXED.name,),
    grants=Convex("g"),
)  # fmt: skip
NO_THIRD = Hypothesis(
    "p3 = 0 unless a box", "p3 = 0 where g is convex and no box", t - 1, "=", (BOXED.name,),
    case=NO_BOX,
)  # fmt: skip
UNCLIPPED = Hypothesis(
    "no clipping",
    "u^{k+1} = u^k + t(u⁺ − u^k) where g is no box, or p3 = 0",
    grants=Stretched(STEP, STRETCH, t),
    case=NO_BOX,
)
MODULUS_SIGN = Hypothesis("L ≥ 0", "a modulus is not negative", L, ">=", (MODULI.name,))
WEIGHT_SIGN = Hypothesis("γ ≥ 0", "a proximal weight is not negative", gamma, ">=", (MODULI.name,))
THIRD_SIGN = Hypothesis("p3 ≥ 0", "the third inertia is not negative", t - 1, ">=", (FORWARD.name,))
MINIMISER = Hypothesis(
    "exact minimiser",
    "u^{k+1} minimises F + (γ/2)‖· − ũ‖², ũ = u^k + p1Δ",
    grants=Minimiser(STEP, "F", gamma, CENTRE),
)

DESCENT = (CONVEX, SMOOTH, COMPOSITE, BOX, PROXIMAL, CLIPPED, MODULUS_SIGN)
"""What T1 uses where g is a box."""
EITHER = (*DESCENT, CONVEX_G, NO_THIRD, UNCLIPPED)
"""What T1 uses for a box, or for a convex g without third inertia."""
