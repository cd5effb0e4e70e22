r"""T5e: finite length of steps that are not exact.

Newton's method in z_L, an inner solver, a gradient with an error and rounding all leave H1 and H2
true up to something only. Let T_k ≥ 0 be what is still to come of the errors in H1, and η_k ≥ 0 the
one in H2:

    H1e  Ψ^{k+1} ≤ Ψ^k − a‖e_{k+1}‖² + ε_k,  ε_k = T_k − T_{k+1};      T_k = Σ_{i≥k} ε_i does
    H2e  dist(0, ∂Ψ(x^k)) ≤ b(‖e_k‖ + ‖e_{k−1}‖) + η_k
    KL   r_k^θ ≤ c·dist(0, ∂Ψ(x^k))

Then Ψ^k + T_k decreases as Ψ^k does without errors. KL is known of r_k, not of ρ_k = r_k + T_k; but
(r + T)^θ ≤ r^θ + T^θ, so the errors cost T_k^θ besides, and T5's chain of steps goes through:

    Σ_{k≥K}‖e_{k+1}‖ ≤ ‖e_K‖ + ½‖e_{K−1}‖ + (2b/a)φ(r_K + T_K) + ½Σ_{k≥K}(η_k/b + T_k^θ/(bc)).

So the length is finite, and x^k converges, where Ση_k and ΣT_k^θ are: at θ = ½, errors ε_k of order
k^{−p} need p > 3. That Σε_k is finite is not enough for this bound, and no claim is made there.

**On a run.** ε_k and η_k are what H1 and H2 lack on the run, its rounding included, and T_k their
sum to the run's end. Their weighted sum is held to a *budget* τ that was declared before: a run
whose errors spend more is one that the theorem does not speak of. Nothing of it says that errors
after the run's end are summable; a run cannot show that.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import rates
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.parameters import INFIMUM, RELATIVE, SUFFICIENT
from amverify.theorems.properties import Norm, vector
from amverify.theorems.quantities import Power, Running, Square
from amverify.theorems.rates import (
    EXPONENT_BELOW,
    NEXT,
    WITHIN,
    a,
    b,
    c,
    dist,
    dpsi,
    e0,
    e1,
    rt,
    step2,
    tail,
    theta,
)
from amverify.theorems.stepwise import BOUNDED
from amverify.theorems.views.inexact import BUDGET, spent, tails
from amverify.theorems.views.path import CONSTANT, EXPONENT

rho, ahead, eps, eta, tt, drift, tau = symbols("rho ahead eps eta tt drift tau")

LEVEL = rho - ahead
"""r_k, of ρ_k = r_k + T_k."""
LOSS = eta / b + tt / (b * c)
"""What an error costs in length, twice."""
LENGTH = e1 + e0 / 2 + 2 * b / a * rates.DESINGULARISING + drift / 2

H1E = Inequality("H1e", dpsi, -a * step2 + eps, "Ψ^{k+1} ≤ Ψ^k − a‖e_{k+1}‖² + ε_k")
H2E = Inequality("H2e", dist, b * (e1 + e0) + eta, "dist(0, ∂Ψ(x^k)) ≤ b(‖e_k‖ + ‖e_{k−1}‖) + η_k")
KL = Inequality("KL", rt, c * dist, "r^θ ≤ c·dist(0, ∂Ψ)")
NO_LESS = Inequality("η_k ≥ 0", sp.Integer(0), eta, "errors of H2 are not negative")
TO_COME = Inequality("T_k ≥ 0", sp.Integer(0), ahead, "what is to come of H1's errors")
STILL = Inequality("T_{k+1} ≥ 0", eps, ahead, "and T_{k+1} = T_k − ε_k too")
WITHIN_BUDGET = Inequality(
    "errors within τ", drift, tau, "Σ_{k≥K}(η_k/b + T_k^θ/(bc)) ≤ τ, the declared budget"
)
_ERRORS = (H1E, H2E, KL, EXPONENT_BELOW, NO_LESS, TO_COME, STILL)
SUMMED, BUDGETED = "length and errors", "finite length"

T5E = Theorem(
    id="T5e",
    title="finite length with errors",
    statement=(
        "For all T_k ≥ 0, η_k ≥ 0: Ψ^{k+1} ≤ Ψ^k − a‖e_{k+1}‖² + T_k − T_{k+1}, ‖∂Ψ(x^k)‖ ≤ "
        "b(‖e_k‖ + ‖e_{k−1}‖) + η_k and KL with φ(r) = c·r^{1−θ}/(1−θ) along the tail: "
        "Σ_{k≥K} ‖e_{k+1}‖ ≤ ‖e_K‖ + ½‖e_{K−1}‖ + (2b/a)φ(r_K + T_K) + "
        "½Σ_{k≥K}(η_k/b + T_k^θ/(bc)), for every K; where the last sum stays within a budget τ, "
        "½τ stands for it, and the length is finite."
    ),
    latex=(
        r"\sum_{k\ge K}\|e_{k+1}\|\le\|e_K\|+\tfrac12\|e_{K-1}\|+\tfrac{2b}a\varphi(r_K+T_K)"
        r"+\tfrac12\sum_{k\ge K}\bigl(\tfrac{\eta_k}b+\tfrac{T_k^\theta}{bc}\bigr)"
    ),
    source=(
        "Frankel, Garrigos & Peypouquet (2015), errors in H2; Attouch, Bolte & Svaiter (2013), "
        "Lemma 2.6; errors in H1 by subadditivity of r^θ, with explicit constants"
    ),
    symbols={
        **{
            name: rates.MEANING[name]
            for name in ("tail", "e1", "e0", "step2", "dist", "rt", "dpsi", "a", "b", "c", "theta")
        },
        "phi": "(r_K + T_K)^{1−θ}",
        "rho": "ρ_k = r_k + T_k, r_k = Ψ^k − Ψ*",
        "ahead": "T_k, the sum of ε_k and those after it",
        "eps": "ε_k, the error of H1",
        "eta": "η_k, the error of H2",
        "tt": "T_k^θ",
        "drift": "Σ_{k≥K}(η_k/b + T_k^θ/(bc)) over the rest of the run",
        "tau": BUDGET.meaning,
    },
    conclusions=(
        Conclusion(Inequality(SUMMED, tail, LENGTH), tails, _ERRORS),
        Conclusion(
            Inequality(BUDGETED, tail, LENGTH - drift / 2 + tau / 2),
            tails,
            (*_ERRORS, WITHIN_BUDGET),
        ),
    ),
    facts=(BOUNDED,),
    hypotheses=(
        Hypothesis("Ψ* ≤ Ψ^k", "Ψ* is a lower bound: r_k ≥ 0", LEVEL, ">=", (WITHIN,)),
        Hypothesis("Ψ* ≤ Ψ^{k+1}", "and r_{k+1} ≥ 0", LEVEL + dpsi, ">=", (WITHIN,)),
    ),
    parameters=(SUFFICIENT, RELATIVE, EXPONENT, CONSTANT, INFIMUM, BUDGET),
    constants={"φ(r_K + T_K)": rates.DESINGULARISING},
    terms={
        "tail": Running(NEXT),
        "drift": Running(LOSS),
        "e1": Norm(vector("e_k")),
        "e0": Norm(vector("e_before")),
        "step2": Square(NEXT),
        "phi": Power(rho, 1 - theta),
        "rt": Power(LEVEL, theta),
        "tt": Power(ahead, theta),
    },
    follows={"e0": e1, "e1": NEXT, "rho": rho + dpsi - eps, "ahead": ahead - eps},
    remarks=spent,
)
