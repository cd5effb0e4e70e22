r"""TB: the level sets of Ψ that hold a run of the joint method are bounded, and how.

F − inf R is a sum of what is not negative: (μ/2)‖W_l‖², (μ_b/2)‖b_l‖² and (ρ/2)‖r_l‖² of every
layer, r_l = z_l − a_{l−1}W_lᵀ − 1b_lᵀ, and R − inf R. So with F ≤ Ψ ≤ Ψ^{k₀} and
c = Ψ^{k₀} − inf R each is at most c:

    ‖W_l‖ ≤ ω = √(2c/μ),   ‖b_l‖ ≤ β = √(2c/μ_b),   ‖r_l‖ ≤ √(2c/ρ),

and with A_0 = ‖X‖, from layer to layer,

    ‖z_l‖ ≤ Z_l = ωA_{l−1} + √N β + √(2c/ρ),        ‖a_l‖ ≤ A_l = (|h(0)| + ε)√(N n_l) + Lip(h)Z_l.

Both ridges are needed. With μ_b = 0 and cross-entropy, or two layers, there are rays on which F
stays: (b_L, z_L) + t·1; or W_2 = 0, b_1 = t·1, z_1 and a_1 with it.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import reach
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.lengths import Image, Vanishes
from amverify.theorems.properties import Norm, length, vector
from amverify.theorems.quantities import Count
from amverify.theorems.reach import S, eps, h0, level, lip, mu, mub, rho
from amverify.theorems.views.lyapunov import KEPT
from amverify.theorems.views.reach import BELOW, activations, outputs, weights

w, b, z, an, below, gap, inputs = symbols("w b z an below gap inputs")

WEIGHT, BIAS, OUTPUT, ACTIVE = (vector(name) for name in ("W_l", "b_l", "z_l", "a_l"))
BEFORE, PRODUCT, SHIFT, REST = (vector(name) for name in ("a_before", "aW", "shift", "r_l"))
AT_ZERO, GROWN, OFF = (vector(name) for name in ("h_zero", "h_grown", "off_l"))
"""h(0), h(z) − h(0) and a − h(z), entry by entry."""
TERMS_OF_F = mu / 2 * w**2 + mub / 2 * b**2 + rho / 2 * length(REST) ** 2

LEVEL = Inequality("level", 2 * gap, level, "F − inf R ≤ c = Ψ^{k₀} − inf R (theorem TΨ)")
RIDGE = Inequality(
    "μ > 0", sp.Integer(0), mu,
    "μ > 0: without a ridge on W level sets of F are unbounded, and TB, TR, TK, TC0 and TC "
    "are lost",
    strict=True,
)  # fmt: skip
BIAS_RIDGE = Inequality(
    "μ_b > 0", sp.Integer(0), mub,
    "μ_b > 0: without a ridge on b level sets of F are unbounded (cross-entropy, or L ≥ 2), and "
    "TB, TR, TK, TC0 and TC are lost",
    strict=True,
)  # fmt: skip
PENALTY = Inequality("ρ > 0", sp.Integer(0), rho, "ρ > 0", strict=True)
_ASKED = (LEVEL, RIDGE, BIAS_RIDGE, PENALTY)
_AFTER_W = ("z_l", "a_l")
_IN_A = ("z_l", "a_l")

MEANING = {
    **reach.MEANING,
    "w": "‖W_l‖",
    "b": "‖b_l‖",
    "z": "‖z_l‖",
    "an": "‖a_l‖",
    "below": "‖a_{l−1}‖",
    "gap": "F − inf R after the sweep",
    "inputs": "‖X‖",
}
HYPOTHESES = (
    Hypothesis(
        "terms of F",
        "F − inf R is the sum of R − inf R ≥ 0 and, over the layers, of (μ/2)‖W_l‖², "
        "(μ_b/2)‖b_l‖² and (ρ/2)‖r_l‖²: no less than those of one layer",
        gap - TERMS_OF_F,
    ),
    Hypothesis(
        "residual", "r_l = z_l − a_{l−1}W_lᵀ − 1b_lᵀ",
        grants=Vanishes(OUTPUT - PRODUCT - SHIFT - REST), only=_AFTER_W,
    ),
    Hypothesis(
        "a_{l−1}W_lᵀ", "a product of matrices", grants=Image(PRODUCT, BEFORE, w), only=_AFTER_W
    ),
    Hypothesis(
        "1b_lᵀ", "b_l in each of N rows", grants=Image(SHIFT, BIAS, sp.sqrt(reach.N)),
        only=_AFTER_W,
    ),
    Hypothesis(
        "activation", "a_l = h(0) + (h(z_l) − h(0)) + (a_l − h(z_l))",
        grants=Vanishes(ACTIVE - AT_ZERO - GROWN - OFF), only=_IN_A,
    ),
    Hypothesis(
        "h Lipschitz", "|h(ζ) − h(0)| ≤ Lip(h)|ζ|", monitored=(BELOW.name,),
        grants=Image(GROWN, OUTPUT, lip), only=_IN_A,
    ),
    Hypothesis(
        "h(0)", "h(0) in each of N n_l entries", h0 * S - length(AT_ZERO), only=_IN_A
    ),
    Hypothesis(
        "band", "|a_l − h(z_l)| ≤ ε in each of N n_l entries", eps * S - length(OFF), only=_IN_A
    ),
    Hypothesis("Lip(h) ≥ 0", "a Lipschitz constant", lip, monitored=(BELOW.name,), only=_IN_A),
)  # fmt: skip

TB = Theorem(
    id="TB",
    title="bounded level sets",
    statement=(
        "μ, μ_b, ρ > 0, R ≥ inf R, h Lipschitz, |a_l − h(z_l)| ≤ ε. With k₀ the first sweep from "
        "which on ε is constant, c = Ψ^{k₀} − inf R, ω = √(2c/μ), β = √(2c/μ_b), A_0 = ‖X‖, "
        "Z_l = ωA_{l−1} + √N β + √(2c/ρ) and A_l = (|h(0)| + ε)√(N n_l) + Lip(h)Z_l: at every "
        "x^k, k ≥ k₀, with F(x^k) ≤ Ψ^{k₀} (theorem TΨ), ‖W_l‖ ≤ ω, ‖b_l‖ ≤ β, ‖z_l‖ ≤ Z_l "
        "(l = 1 … L) and ‖a_l‖ ≤ A_l (l < L)."
    ),
    latex=(
        r"\|W_l\|\le\sqrt{2c/\mu},\quad\|b_l\|\le\sqrt{2c/\mu_b},\quad\|z_l\|\le"
        r"\omega A_{l-1}+\sqrt N\beta+\sqrt{2c/\rho},\quad\|a_l\|\le(|h(0)|+\varepsilon)"
        r"\sqrt{Nn_l}+\operatorname{Lip}(h)Z_l"
    ),
    source="amverify, specification of the joint method, TB",
    symbols=MEANING,
    conclusions=(
        Conclusion(Inequality("W_l", w, reach.OMEGA), weights, _ASKED),
        Conclusion(Inequality("b_l", b, reach.BETA), weights, _ASKED),
        Conclusion(Inequality("z_l", z, reach.REACH_Z), outputs, _ASKED),
        Conclusion(Inequality("a_l", an, reach.REACH_A), activations, _ASKED),
    ),
    facts=(KEPT, BELOW),
    hypotheses=HYPOTHESES,
    constants={"ω": reach.OMEGA, "β": reach.BETA, "Z": reach.REACH_Z, "A": reach.REACH_A},
    liveness=("motion",),
    terms={
        "w": Norm(WEIGHT),
        "b": Norm(BIAS),
        "z": Norm(OUTPUT),
        "an": Norm(ACTIVE),
        "below": Norm(BEFORE),
        "N": Count(1),
    },
    follows={"below": an, "A": reach.REACH_A},
    starts={"below": inputs, "A": inputs},
    fixed=("level", "mu", "mub", "rho", "N", "h0", "lip", "eps"),
)
"""For l = 1 the layer before is the input: a_0 = X."""
