r"""T6e: the rate of steps that are not exact, down to what their errors are.

H1 up to ε_k, H2 up to η_k (T5e), and KL: r^θ ≤ c·dist. (H2e, KL)² with (u + v)² ≤ 2u² + 2v² twice,
then H1e at both steps, give for every θ

    r_k^{2θ} ≤ 2C(r_{k−2} − r_k) + f_k,      f_k = 2C(ε_{k−1} + ε_k) + 2c²η_k²,      C = 2b²c²/a,

where ε_k is the error of the step to x^k. For θ = ½ and f_k ≤ ω, with q = 2C/(1 + 2C) < 1,

    r_k − ω ≤ q(r_{k−2} − ω):

linear, down to ω. The factor 2 beside T6's C is the price of η_k.

**On a run.** ε_k and η_k are what H1 and H2 lack on the run, its rounding included; ω was declared
before. A run with a larger error is one that the theorem does not speak of.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import rates
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.inexact import KL, NO_LESS, eta
from amverify.theorems.parameters import INFIMUM, RELATIVE, SUFFICIENT
from amverify.theorems.rates import (
    TWO_STEPS,
    WITHIN,
    a,
    b,
    c,
    dist,
    dpsi,
    dpsi0,
    e0,
    e1,
    r0,
    r1,
    rt,
    step02,
    step2,
    theta,
)
from amverify.theorems.stepwise import BOUNDED
from amverify.theorems.views.inexact import LEVEL, halves, levelled, steps
from amverify.theorems.views.path import CONSTANT, EXPONENT, REGIME

eps, eps0, omega = symbols("eps eps0 omega")

DOUBLED = 4 * b**2 * c**2 / a
"""2C."""
ERROR = DOUBLED * (eps + eps0) + 2 * c**2 * eta**2
"""f_k."""

H1E = Inequality("H1e", dpsi, -a * step2 + eps, "Ψ^k ≤ Ψ^{k−1} − a‖e_k‖² + ε_k")
H1E_BEFORE = Inequality("H1e before", dpsi0, -a * step02 + eps0, "and one step earlier")
H2E = Inequality("H2e", dist, b * (e1 + e0) + eta, "dist(0, ∂Ψ(x^k)) ≤ b(‖e_k‖ + ‖e_{k−1}‖) + η_k")
BELOW = Inequality(
    "errors below ω", ERROR, omega, "2C(ε_{k−1} + ε_k) + 2c²η_k² ≤ ω, the declared level"
)
_ERRORS = (H1E, H1E_BEFORE, H2E, KL, NO_LESS, BELOW)
RECURSION, LINEAR = "recursion", "linear, θ = ½"

T6E = Theorem(
    id="T6e",
    title="rate with errors",
    statement=(
        "Ψ^k ≤ Ψ^{k−1} − a‖e_k‖² + ε_k, ‖∂Ψ(x^k)‖ ≤ b(‖e_k‖ + ‖e_{k−1}‖) + η_k, η_k ≥ 0, and "
        "r^θ ≤ c·dist(0, ∂Ψ), C = 2b²c²/a, and errors of the level ω: 2C(ε_{k−1} + ε_k) + 2c²η_k² "
        "≤ ω. Then r_k^{2θ} ≤ 2C(r_{k−2} − r_k) + ω; θ = ½, q = 2C/(1 + 2C): "
        "r_k − ω ≤ q(r_{k−2} − ω)."
    ),
    latex=r"r_k-\omega\le q(r_{k-2}-\omega),\qquad q=\tfrac{2C}{1+2C}\quad(\theta=\tfrac12)",
    source="Attouch & Bolte (2009), Theorem 5, with errors in H1 and H2 and explicit constants",
    symbols={
        **{
            name: rates.MEANING[name]
            for name in ("e1", "e0", "step02", "dist", "rt", "r1", "a", "b", "c", "theta")
        },
        "step2": "‖e_k‖²",
        "dpsi": "Ψ^k − Ψ^{k−1}",
        "dpsi0": "Ψ^{k−1} − Ψ^{k−2}",
        "r0": "r_{k−2}",
        "eps": "ε_k, the error of H1 in the step to x^k",
        "eps0": "ε_{k−1}",
        "eta": "η_k, the error of H2",
        "omega": LEVEL.meaning,
    },
    conclusions=(
        Conclusion(Inequality(RECURSION, rt**2, DOUBLED * (r0 - r1) + omega), steps, _ERRORS),
        Conclusion(Inequality(LINEAR, r1, (DOUBLED * r0 + omega) / (1 + DOUBLED)), halves, _ERRORS),
    ),
    facts=(BOUNDED, REGIME),
    hypotheses=(
        Hypothesis("Ψ* ≤ Ψ^k", "Ψ* is a lower bound: r_k ≥ 0", r1, ">=", (WITHIN,)),
        Hypothesis(
            "θ = ½", "linear: θ = ½", theta - sp.Rational(1, 2), "=", (REGIME.name,), only=(LINEAR,)
        ),
    ),
    parameters=(SUFFICIENT, RELATIVE, EXPONENT, CONSTANT, INFIMUM, LEVEL),
    constants={"2C": DOUBLED},
    terms=TWO_STEPS,
    remarks=levelled,
)
