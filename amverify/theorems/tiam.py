r"""TIAM: block descent (T1, T1p), the region (T2; T2n in `nonconvex`), Lyapunov decrease (T3).

One block u of modulus L, Δ = u^k − u^{k−1}, e = u^{k+1} − u^k, t = 1 + p3, c = p1·s − p2.

**T1.** The proximal step's optimality at u^k, coordinatewise, times t_j ∈ [1, t] (clipping
shortens each coordinate's extrapolation separately): ⟨∇H(û), e⟩ ≤ −(sL/t)‖e‖² + sLp1⟨Δ, e⟩.
Convexity at û toward u^k and the modulus from û to u^{k+1}:
H(u^{k+1}) − H(u^k) ≤ ⟨∇H(û), e⟩ + (L/2)‖e − p2Δ‖². Add:

    ΔF ≤ −L[(s/t − ½)‖e‖² − c⟨Δ, e⟩ − (p2²/2)‖Δ‖²].

**T2.** Add (δ/2)(‖e‖² − ‖Δ‖²), δ/(2L) = (s/t − ½ + p2²/2)/2: what remains is minus a quadratic
form in (e, Δ) with both diagonal entries (L/2)(s/t − ½ − p2²/2) and off-diagonal Lc/2, which is
nonnegative if 2s/t − 1 − p2² ≥ 2|c|; no other weight does better.

**T3.** With weights δ that the block carries from sweep to sweep, T1 and 2|c⟨Δ,e⟩| ≤ |c|(κ‖e‖² +
‖Δ‖²/κ) give ΔF + (δ'/2)‖e‖² − (δ/2)‖Δ‖² ≤ −ϑL(s/t − ½)‖e‖² for some κ > 0 exactly if
c²L² ≤ (δ − Lp2²)(2(1−ϑ)L(s/t − ½) − δ') with both factors nonnegative.
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
    Theorem,
    symbols,
)
from amverify.theorems.blockwise import (
    CURVED,
    EITHER,
    MINIMISER,
    MODULI,
    TERMS,
    WEIGHT_SIGN,
)
from amverify.theorems.properties import Falls
from amverify.theorems.views.columns import (
    BOXED,
    CARRIED,
    CONSISTENT,
    applies_from,
    banded,
    block_rows,
    boxes_kept,
    of_parameters,
    shrinking,
    updated,
)

dF, e2, de, d2, bend = symbols("dF e2 de d2 bend")
rise, turn = symbols("rise turn")
L, s, t, p1, p2 = symbols("L s t p1 p2")
delta, delta1, gamma, theta = symbols("delta delta1 gamma theta")

HALF = sp.Rational(1, 2)
COUPLING = p1 * s - p2
"""c, what T1 leaves of p1 and p2 beside each other."""

MEANING = {
    "dF": "ΔF = F(u^{k+1}) − F(u^k)",
    "e2": "‖e‖²",
    "de": "⟨Δ, e⟩",
    "d2": "‖Δ‖²",
    "bend": "⟨d, ∇²H d⟩, d = e − p2Δ",
    "rise": "H(u^{k+1}) − H(u^k) − ⟨∇H(u^k), e⟩",
    "turn": "⟨∇H(û) − ∇H(u^k), e⟩, û = u^k + p2Δ",
    "L": "the block's modulus",
    "s": "step scale",
    "t": "1 + p3",
    "p1": "inertia of the proximal centre",
    "p2": "inertia of the gradient's point",
    "delta": "δ^k, the Lyapunov weight carried",
    "delta1": "δ^{k+1}",
    "gamma": "γ, the proximal weight",
    "theta": "ϑ, the margin",
}

POSITIVE_SCALE = Inequality("s > 0", sp.Integer(0), s, "the step scale is positive", strict=True)
THIRD = Inequality("p3 ≥ 0", sp.Integer(1), t, "the third inertia is not negative")
MODULUS = Inequality(
    "modulus",
    bend,
    L * (e2 - 2 * p2 * de + p2**2 * d2),
    "L is a modulus of ∇H along e − p2Δ",
    costs=(VIOLATION / 2,),
)

RISE = Inequality(
    "modulus along e",
    rise,
    L / 2 * e2,
    "H(u^{k+1}) is above its tangent at u^k by at most (L/2)‖e‖²",
    costs=(VIOLATION,),
)
TURN = Inequality(
    "modulus from û",
    -turn,
    L * sp.Abs(p2) * (e2 + d2) / 2,
    "∇H turns from u^k to û by at most what ‖∇H(û) − ∇H(u^k)‖ ≤ L|p2|‖Δ‖ allows along e",
    costs=(VIOLATION,),
)

T1_BOUND = -L * ((s / t - HALF) * e2 - COUPLING * de - p2**2 / 2 * d2)
"""The right-hand side of T1."""

_T1_SYMBOLS = ("dF", "e2", "de", "d2", "bend", "L", "s", "t", "p1", "p2")
_T1P_TERMS = {name: TERMS[name] for name in ("dF", "e2", "de", "d2")}


def block_gradient_steps(ctx: Context) -> Instances:
    """Inertial proximal-gradient updates whose box did not shrink under them."""
    rows = updated(ctx, b"gradient") & boxes_kept(ctx)
    return noted(block_rows(ctx, rows, *_T1_SYMBOLS), applies_from(ctx))


def noted(found: Instances, notes: tuple[str, ...]) -> Instances:
    """The instances with notes on them."""
    return Instances(
        found.values, found.sweep, found.replicate, found.blocks, found.allowance, notes
    )


T1 = Theorem(
    id="T1",
    title="block descent",
    statement=(
        "H convex in the block with modulus L at the points used, g a box (or 0), u^k feasible, "
        "s > 0, t = 1 + p3, p3 ≥ 0: F(u^{k+1}) ≤ F(u^k) − L[(s/t − ½)‖e‖² − (p1 s − p2)⟨Δ,e⟩ "
        "− (p2²/2)‖Δ‖²]."
    ),
    latex=(
        r"F(u^{k+1}) \le F(u^k) - L\Bigl[(\tfrac st-\tfrac12)\|e\|^2-(p_1s-p_2)\langle\Delta,e"
        r"\rangle-\tfrac{p_2^2}2\|\Delta\|^2\Bigr]"
    ),
    source="amverify, specification, T1",
    symbols={k: MEANING[k] for k in _T1_SYMBOLS},
    conclusions=(
        Conclusion(
            Inequality("descent", dF, T1_BOUND),
            block_gradient_steps,
            (POSITIVE_SCALE, THIRD, MODULUS),
        ),
    ),
    facts=(BOXED, CONSISTENT, MODULI, CURVED),
    hypotheses=EITHER,
    constants={"c": COUPLING, "s/t − ½": s / t - HALF},
    liveness=("motion", "inertia"),
    terms=TERMS,
)


def _proximal_updates(ctx: Context) -> Instances:
    rows = updated(ctx, b"proximal") & boxes_kept(ctx)
    return block_rows(ctx, rows, "dF", "e2", "de", "d2", "p1", "gamma", "delta", "delta1")


T1P_BOUND = -gamma / 2 * e2 + gamma * p1 * de

T1p = Theorem(
    id="T1p",
    title="descent of an exact proximal block",
    statement=(
        "u^{k+1} minimises F(·) + (γ/2)‖· − ũ‖², ũ = u^k + p1Δ: F(u^{k+1}) ≤ F(u^k) − (γ/2)‖e‖² "
        "+ γp1⟨e,Δ⟩. No convexity is used."
    ),
    latex=r"F(u^{k+1}) \le F(u^k) - \tfrac\gamma2\|e\|^2+\gamma p_1\langle e,\Delta\rangle",
    source="amverify, specification, T1p",
    symbols={k: MEANING[k] for k in ("dF", "e2", "de", "d2", "p1", "gamma")},
    conclusions=(
        Conclusion(
            Inequality("descent", dF, T1P_BOUND),
            _proximal_updates,
            (Inequality("γ ≥ 0", sp.Integer(0), gamma, "the proximal weight is not negative"),),
        ),
    ),
    facts=(CONSISTENT,),
    hypotheses=(MINIMISER,),
    liveness=("motion",),
    terms=_T1P_TERMS,
)

REGION = Inequality(
    "region",
    2 * sp.Abs(COUPLING) + p2**2 + 1,
    2 * s / t,
    "the parameters lie in 𝓡: 2s/t − 1 − p2² > 2|p1 s − p2|",
    strict=True,
)
T2_WEIGHT = L * (s / t - HALF + p2**2 / 2)
"""δ of T2: half-way between what ‖Δ‖² needs and what ‖e‖² can pay."""

ANY_WEIGHT = sp.Symbol("delta_any", real=True)


def falls_at(bound: sp.Expr) -> tuple[Inequality, Inequality]:
    """That a bound of T1's kind, over L, falls at e = ±Δ, where no weight makes a difference.

    It is what the existence of a weight comes to on a run.
    """
    found = []
    for name, sign in (("e = Δ", 1), ("e = −Δ", -1)):
        least = sp.expand(-2 * bound.xreplace({e2: sp.Integer(1), de: sp.Integer(sign),
                                               d2: sp.Integer(1)}) / L)  # fmt: skip
        text = f"the bound falls at {name}, as it does if any weight makes it fall"
        found.append(Inequality(f"falls at {name}", sp.Integer(0), least, text, strict=True))
    return found[0], found[1]


FALLS = falls_at(T1_BOUND)
WEIGHT_EXISTS = Hypothesis(
    "a weight exists",
    "for the region's necessity: some weight δ makes T1's bound with (δ/2)(‖e‖² − ‖Δ‖²) negative "
    "for all e, Δ that are not both 0",
    monitored=tuple(c.name for c in FALLS),
    grants=Falls(T1_BOUND + ANY_WEIGHT / 2 * (e2 - d2), e2, de, d2),
    only=(REGION.name,),
)

T2 = Theorem(
    id="T2",
    title="admissible region",
    statement=(
        "There is a Lyapunov weight that makes T1 a strict decrease for all (e, Δ) ≠ 0 if and "
        "only if 2s/t − 1 − p2² > 2|p1 s − p2| (region 𝓡). With δ = L(s/t − ½ + p2²/2): "
        "ΔF + (δ/2)(‖e‖² − ‖Δ‖²) ≤ −(L/4)(2s/t − 1 − p2² − 2|p1 s − p2|)(‖e‖² + ‖Δ‖²), negative "
        "inside 𝓡 and only ≤ 0 on its border. δ is proportional to L: the decrease telescopes over "
        "sweeps for constant L, s, t, p1, p2 only."
    ),
    latex=r"\tfrac{2s}t-1-p_2^2>2|p_1s-p_2|",
    source="amverify, specification, T2",
    symbols={k: MEANING[k] for k in _T1_SYMBOLS},
    conclusions=(
        Conclusion(REGION, of_parameters(block_gradient_steps), (POSITIVE_SCALE, THIRD, *FALLS)),
        Conclusion(
            Inequality("decrease", dF + T2_WEIGHT / 2 * (e2 - d2), sp.Integer(0)),
            block_gradient_steps,
            (POSITIVE_SCALE, THIRD, MODULUS, REGION),
        ),
    ),
    facts=(BOXED, CONSISTENT, MODULI, CURVED),
    hypotheses=(*EITHER, WEIGHT_EXISTS),
    constants={"δ": T2_WEIGHT, "c": COUPLING},
    liveness=("motion", "inertia"),
    terms=TERMS,
)

LYAPUNOV_CHANGE = dF + delta1 / 2 * e2 - delta / 2 * d2
"""A block's part of Ψ^{k+1} − Ψ^k."""
FALL = theta * L * (s / t - HALF)
"""a_i of T3."""
_SPARE_NEW = 2 * (1 - theta) * L * (s / t - HALF) - delta1
_SPARE_OLD = delta - L * p2**2


def unpaid(old: sp.Expr, new: sp.Expr) -> tuple[sp.Expr, ...]:
    """What it costs that c is not paid, α being ``old`` and β ``new``.

    With L²c² ≤ αβ + v, ½(βe² − 2Lc⟨Δ,e⟩ + αΔ²) is at least −√v‖Δ‖‖e‖, −ve²/(2α), −vΔ²/(2β); the
    first, where α ≥ −v' and β ≥ −v'', less v'Δ² and v''e².
    """
    return (sp.sqrt(VIOLATION * d2 * e2), VIOLATION * e2 / (2 * old), VIOLATION * d2 / (2 * new))


FALL_PROXIMAL = gamma / 4 * (1 - 2 * sp.Abs(p1))
"""a_i for a block of T1p: with δ = δ' = γ/2, −(γ/4)(‖e‖² − 4p1⟨Δ,e⟩ + ‖Δ‖²) is left."""


def _margin(ctx: Context) -> Ball:
    return Ball.of(float(ctx.setting("margin")))


def lyapunov_updates(ctx: Context) -> Instances:
    """Inertial proximal-gradient updates in sweeps whose box did not shrink, with weights."""
    mask = updated(ctx, b"gradient") & ~np.isin(ctx.column("blocks", "sweep"), _shrunk(ctx))
    rows = block_rows(ctx, mask, "dF", "e2", "de", "d2", "L", "s", "t", "p1", "p2", "delta",
                      "delta1", "bend")  # fmt: skip
    values = {**rows.values, "theta": _margin(ctx)}
    found = Instances(values, rows.sweep, rows.replicate, rows.blocks, rows.allowance)
    return noted(found, applies_from(ctx))


def _lyapunov_proximal(ctx: Context) -> Instances:
    rows = updated(ctx, b"proximal")
    return block_rows(ctx, rows, "dF", "e2", "d2", "p1", "gamma", "delta", "delta1")


def _shrunk(ctx: Context) -> NDArray[np.int64]:
    return shrinking(ctx) if banded(ctx) else np.empty(0, dtype=np.int64)


T3 = Theorem(
    id="T3",
    title="Lyapunov decrease",
    statement=(
        "Ψ^k = F(x^k) + Σ_i (δ_i^k/2)‖Δ_i^k‖². If each block carries δ^k and leaves δ^{k+1} with "
        "L²c² ≤ (δ^k − Lp2²)(2(1−ϑ)L(s/t − ½) − δ^{k+1}), both factors ≥ 0, and the box did not "
        "shrink, then Ψ^{k+1} ≤ Ψ^k − Σ_i a_i‖e_i‖², a_i = ϑL(s/t − ½): condition H1."
    ),
    latex=r"\Psi^{k+1}\le\Psi^k-\sum_i a_i\|e_i\|^2,\qquad a_i=\vartheta L_i(\tfrac st-\tfrac12)",
    source="amverify, specification, T3",
    symbols={k: v for k, v in MEANING.items() if k not in ("rise", "turn")},
    conclusions=(
        Conclusion(
            Inequality("Lyapunov decrease", LYAPUNOV_CHANGE, -FALL * e2),
            lyapunov_updates,
            (
                POSITIVE_SCALE,
                THIRD,
                Inequality("a > 0", t, 2 * s, "t < 2s, so that a is positive", strict=True),
                MODULUS,
                Inequality("δ covers p2", sp.Integer(0), _SPARE_OLD, "δ^k ≥ L p2²",
                           costs=(VIOLATION * d2,)),
                Inequality("δ' is affordable", sp.Integer(0), _SPARE_NEW,
                           "δ^{k+1} ≤ 2(1−ϑ)L(s/t − ½)", costs=(VIOLATION * e2,)),
                Inequality("c is paid", (L * COUPLING) ** 2, _SPARE_OLD * _SPARE_NEW,
                           "L²c² ≤ (δ − Lp2²)(2(1−ϑ)L(s/t − ½) − δ')",
                           costs=unpaid(_SPARE_OLD, _SPARE_NEW)),
            ),
        ),
        Conclusion(
            Inequality("Lyapunov decrease, proximal", LYAPUNOV_CHANGE, -FALL_PROXIMAL * e2),
            _lyapunov_proximal,
            (
                Inequality("p1 < ½", 2 * sp.Abs(p1), sp.Integer(1), "p1 < ½", strict=True),
                Inequality("δ ≥ γ/2", gamma / 2 * d2, delta * d2, "δ^k ≥ γ/2, where Δ ≠ 0",
                           costs=(VIOLATION / 2,)),
                Inequality("δ' ≤ γ/2", delta1, gamma / 2, "the weight left is γ/2",
                           costs=(VIOLATION * e2 / 2,)),
            ),
        ),
    ),
    facts=(BOXED, CARRIED, CONSISTENT, MODULI, CURVED),
    hypotheses=(*EITHER, MINIMISER, WEIGHT_SIGN),
    constants={"a": FALL, "c": COUPLING},
    liveness=("motion", "inertia"),
    terms=TERMS,
)  # fmt: skip
