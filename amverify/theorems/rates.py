r"""Finite length (T5), rates (T6) and the Kurdyka–Łojasiewicz inequality along a run (K2).

Ψ is the Lyapunov function (F where there is no inertia), r_k = Ψ^k − Ψ*, e_k = x^k − x^{k−1}, and
w_k = dist(0, ∂Ψ(x^k)). The hypotheses, checked on every step of the run with declared constants:

    H1  Ψ^{k+1} ≤ Ψ^k − a‖e_{k+1}‖²        H2  w_k ≤ b(‖e_k‖ + ‖e_{k−1}‖)        K2  r_k^θ ≤ c·w_k

K2 is φ'(r)w ≥ 1 for φ(r) = c·r^{1−θ}/(1−θ), which is concave. **T5.** By concavity
‖e_{k+1}‖² ≤ (b/a)(φ(r_k) − φ(r_{k+1}))(‖e_k‖ + ‖e_{k−1}‖); √(uv) ≤ u/4 + v; sum over k ≥ K.

**T6.** (H2, K2 at k+1)² and (u + v)² ≤ 2u² + 2v² give r_{k+1}^{2θ} ≤ C(r_{k−1} − r_{k+1}) with
C = 2b²c²/a. One-step methods have H2 without ‖e_{k−1}‖: C = b²c²/a, and r_k in place of r_{k−1}.
So C = κb²c²/a with κ = 2 or 1, the declared *memory*, and the run is looked at every κ sweeps.
Real powers are atoms of the formulas: symbols that the view binds to enclosures of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.parameters import INFIMUM, RELATIVE, SUFFICIENT
from amverify.theorems.properties import Norm, Term, length, vector
from amverify.theorems.quantities import Count, Fall, Gap, Power, Running, Square
from amverify.theorems.stepwise import BOUNDED
from amverify.theorems.views.needed import needed, needed_of_points
from amverify.theorems.views.path import (
    CONSTANT,
    EXPONENT,
    LOOK,
    REGIME,
    finite_steps,
    kl_points,
    linear_steps,
    recursion_steps,
    sublinear_steps,
    superlinear_steps,
    tails,
)

tail, e1, e0, step2, step02, phi, dist, rt = symbols("tail e1 e0 step2 step02 phi dist rt")
dpsi, dpsi0, r1, r0, A0, Aj, j, two, kappa = symbols("dpsi dpsi0 r1 r0 A0 Aj j two kappa")
a, b, c, theta = symbols("a b c theta")

ZERO, ONE = sp.Integer(0), sp.Integer(1)

DESINGULARISING = c * phi / (1 - theta)
"""φ(r_K), with r_K^{1−θ} as an atom."""
RATE_CONSTANT = kappa * b**2 * c**2 / a
"""C of T6."""
POWER = 2 * theta - 1
"""p of T6."""
GAIN = sp.Min(POWER / (2 * RATE_CONSTANT), (two - 1) * A0)
"""ν of T6."""

COVERED = (ZERO,)
"""What rounding leaves open of a hypothesis is in the allowance of the conclusion already."""

H1 = Inequality("H1", dpsi, -a * step2, "Ψ^{k+1} ≤ Ψ^k − a‖e_{k+1}‖²", costs=COVERED)
H1_BEFORE = Inequality(
    "H1 before", dpsi0, -(kappa - 1) * a * step02, "H1 one step earlier", costs=COVERED
)
H2_TAIL = Inequality(
    "H2", dist, b * (e1 + e0), "dist(0, ∂Ψ(x^k)) ≤ b(‖e_k‖ + ‖e_{k−1}‖)", costs=COVERED
)
H2_RATE = Inequality(
    "H2",
    dist,
    b * (e1 + (kappa - 1) * e0),
    "dist(0, ∂Ψ(x^k)) ≤ b(‖e_k‖ [+ ‖e_{k−1}‖])",
    costs=COVERED,
)
KL = Inequality("KL", rt, c * dist, "r^θ ≤ c·dist(0, ∂Ψ)", costs=COVERED)
EXPONENT_BELOW = Inequality("θ < 1", theta, ONE, "the exponent is below one", strict=True)

WITHIN = BOUNDED.name
NEXT = length(vector("e_next"))
"""‖e_{k+1}‖."""
BEYOND = Hypothesis("Ψ* ≤ Ψ^k", "Ψ* is a lower bound: r_k ≥ 0", r1, ">=", (WITHIN,))
BEYOND_NEXT = Hypothesis("Ψ* ≤ Ψ^{k+1}", "and r_{k+1} ≥ 0", r1 + dpsi, ">=", (WITHIN,))
TWICE = Hypothesis("κ ≥ 1", "κ is 1 or 2", kappa - 1, ">=", (LOOK.name,))
_REGIME = (REGIME.name,)
_LINEAR, _SUBLINEAR, _FINITE = ("linear, θ = ½",), ("sublinear, θ > ½",), ("finite, θ = 0",)
AT_HALF = Hypothesis(
    "θ = ½", "linear: θ = ½", theta - sp.Rational(1, 2), "=", _REGIME, only=_LINEAR
)
ABOVE_HALF = Hypothesis("θ > ½", "sublinear: θ > ½", POWER, ">", _REGIME, only=_SUBLINEAR)
AT_ZERO = Hypothesis("θ = 0", "finite: θ = 0", theta, "=", _REGIME, only=_FINITE)
NOT_YET = Hypothesis(
    "s_j > 0", "sublinear: s_j > 0 (r ≥ 0; at r = 0 s^{−p} is +∞ and says nothing)",
    r1, ">", (WITHIN,), only=_SUBLINEAR,
)  # fmt: skip
NOT_BEFORE = Hypothesis("s_{j−1} > 0", "and s_{j−1} > 0", r0, ">", (WITHIN,), only=_SUBLINEAR)
(s0,) = symbols("s_0")
FROM_START = Hypothesis("s_0 > 0", "and s_0 > 0", s0, ">", (WITHIN,), only=_SUBLINEAR)
POSITIVE = Inequality("0 < r_k", ZERO, r1, "the minimum is not reached yet", strict=True)

MEANING = {
    "tail": "Σ_{k≥K} ‖e_{k+1}‖ over the rest of the run",
    "e1": "‖e_k‖",
    "e0": "‖e_{k−1}‖",
    "step2": "‖e_{k+1}‖² (T6: ‖e_k‖²)",
    "step02": "‖e_{k−1}‖²",
    "phi": "r_K^{1−θ}",
    "dist": "dist(0, ∂Ψ(x^k))",
    "rt": "r_k^θ",
    "dpsi": "Ψ^{k+1} − Ψ^k (T6: Ψ^k − Ψ^{k−1})",
    "dpsi0": "Ψ^{k−1} − Ψ^{k−2}; 0 where κ = 1",
    "r1": "r_k",
    "r0": "r_{k−κ}",
    "A0": "s_0^{−p}, p = 2θ − 1",
    "Aj": "s_j^{−p}, s_j = r_{κj}",
    "j": "j",
    "two": "2^{p/(1+p)}",
    "kappa": "κ, 2 or 1: how many steps H2 looks back",
    "a": "a of H1",
    "b": "b of H2",
    "c": "c of KL",
    "theta": "θ, the KL exponent",
}

_DECLARED = (SUFFICIENT, RELATIVE, EXPONENT, CONSTANT, INFIMUM)


def _meanings(*names: str) -> dict[str, str]:
    return {name: MEANING[name] for name in names}


T5 = Theorem(
    id="T5",
    title="finite length",
    statement=(
        "H1 with a, ‖∂Ψ(x^k)‖ ≤ b(‖e_k‖ + ‖e_{k−1}‖) and KL with φ(r) = c·r^{1−θ}/(1−θ) along the "
        "tail: Σ_{k≥K} ‖e_{k+1}‖ ≤ ‖e_K‖ + ½‖e_{K−1}‖ + (2b/a)φ(r_K), for every K."
    ),
    latex=r"\sum_{k\ge K}\|e_{k+1}\|\le\|e_K\|+\tfrac12\|e_{K-1}\|+\tfrac{2b}a\varphi(r_K)",
    source="Attouch, Bolte & Svaiter (2013), Lemma 2.6, with two-step H2; specification, T5",
    symbols=_meanings(
        *("tail", "e1", "e0", "step2", "phi", "dist", "rt", "dpsi", "a", "b", "c", "theta")
    ),
    conclusions=(
        Conclusion(
            Inequality("finite length", tail, e1 + e0 / 2 + 2 * b / a * DESINGULARISING),
            tails,
            (H1, H2_TAIL, KL, EXPONENT_BELOW),
        ),
    ),
    facts=(BOUNDED,),
    hypotheses=(BEYOND, BEYOND_NEXT),
    parameters=_DECLARED,
    constants={"φ(r_K)": DESINGULARISING},
    terms={
        "tail": Running(NEXT),
        "e1": Norm(vector("e_k")),
        "e0": Norm(vector("e_before")),
        "step2": Square(NEXT),
        "phi": Power(r1, 1 - theta),
        "rt": Power(r1, theta),
    },
    follows={"e0": e1, "e1": NEXT, "r1": r1 + dpsi},
    remarks=needed,
)

TWO_STEPS: Mapping[str, Term] = {
    "e1": Norm(vector("e_k")),
    "e0": Norm(vector("e_before")),
    "step2": Square(e1),
    "step02": Square(e0),
    "rt": Power(r1, theta),
    "dpsi": Fall("before", "now"),
    "dpsi0": Fall("long before", "before"),
    "r1": Gap("now"),
    "r0": Gap("long before"),
}
"""What the symbols of two steps in a row stand for."""
_RATE = (H1, H1_BEFORE, H2_RATE, KL, EXPONENT_BELOW)

T6 = Theorem(
    id="T6",
    title="rates from the KL exponent",
    statement=(
        "H1, H2 and r^θ ≤ c·dist(0, ∂Ψ), C = κb²c²/a (κ = 2; 1 for one-step methods): "
        "r_{k+κ}^{2θ} ≤ C(r_k − r_{k+κ}). θ = ½: r_{k+κ} ≤ C/(1+C)·r_k. θ ∈ (½,1), s_j = r_{κj}, "
        "p = 2θ−1: s_j ≤ (s_0^{−p} + jν)^{−1/p}, ν = min{p/(2C), (2^{p/(1+p)} − 1)s_0^{−p}}. "
        "θ ∈ (0,½): r_{k+κ}^{2θ} ≤ C·r_k. θ = 0: r_{k+κ} > 0 only while r_k − r_{k+κ} ≥ 1/C."
    ),
    latex=(
        r"r_{k+1}^{2\theta}\le C(r_{k-1}-r_{k+1}),\qquad "
        r"s_j\le\bigl(s_0^{-p}+j\nu\bigr)^{-1/p}\quad(\theta>\tfrac12)"
    ),
    source="Attouch & Bolte (2009), Theorem 5, with explicit constants; specification, T6",
    symbols=_meanings(
        *("e1", "e0", "step2", "step02", "dist", "rt", "dpsi", "dpsi0", "r1", "r0"),
        *("A0", "Aj", "j", "two", "kappa", "a", "b", "c", "theta"),
    ),
    conclusions=(
        Conclusion(
            Inequality("recursion", rt**2, RATE_CONSTANT * (r0 - r1)), recursion_steps, _RATE
        ),
        Conclusion(
            Inequality("linear, θ = ½", r1, RATE_CONSTANT / (1 + RATE_CONSTANT) * r0),
            linear_steps,
            _RATE,
        ),
        Conclusion(
            Inequality("sublinear, θ > ½", A0 + j * GAIN, Aj),
            sublinear_steps,
            _RATE,
        ),
        Conclusion(
            Inequality("superlinear, θ < ½", rt**2, RATE_CONSTANT * r0),
            superlinear_steps,
            _RATE,
        ),
        Conclusion(
            Inequality("finite, θ = 0", ONE, RATE_CONSTANT * (r0 - r1)),
            finite_steps,
            (*_RATE, POSITIVE),
        ),
    ),
    facts=(BOUNDED, LOOK, REGIME),
    hypotheses=(BEYOND, TWICE, AT_HALF, ABOVE_HALF, AT_ZERO, NOT_YET, NOT_BEFORE, FROM_START),
    parameters=_DECLARED,
    options=("memory",),
    constants={"C": RATE_CONSTANT, "ν": GAIN},
    terms={
        **TWO_STEPS,
        "A0": Power(s0, -POWER),
        "Aj": Power(r1, -POWER),
        "j": Count(),
        "two": Power(2, POWER / (1 + POWER)),
    },
    follows={"r0": r1},
    starts={"r0": s0},
    fixed=("kappa", "A0", "two", "s_0"),
    remarks=needed,
)

K2 = Theorem(
    id="K2",
    title="Kurdyka–Łojasiewicz inequality along the run",
    statement="With declared θ, c, Ψ*: (Ψ^k − Ψ*)^θ ≤ c·dist(0, ∂Ψ(x^k)) at every point recorded.",
    latex=r"(\Psi^k-\Psi^*)^\theta\le c\,\operatorname{dist}(0,\partial\Psi(x^k))",
    source="Łojasiewicz (1963); Kurdyka (1998); monitored with declared constants",
    symbols=_meanings("rt", "dist", "c", "theta"),
    conclusions=(Conclusion(KL, kl_points, (EXPONENT_BELOW,)),),
    facts=(BOUNDED,),
    parameters=(EXPONENT, CONSTANT, INFIMUM),
    remarks=needed_of_points,
)
