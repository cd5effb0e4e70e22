r"""TBp: the level sets of Ψ that hold a run of TIAM under a penalty are bounded, and how.

As theorem TB, but a_l is held by a term of F instead of a band: (ν/2)‖a_l − h(z_l)‖² ≤ c, so

    ‖a_l − h(z_l)‖ ≤ √(2c/ν),     ‖a_l‖ ≤ A_l = |h(0)|√(N n_l) + Lip(h)Z_l + √(2c/ν).

Both ridges are needed here too: (b_L, z_L) + t·1, or W_2 = 0 and b_1, z_1, a_1 along h's ray.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from amverify.theorems import levels, reach
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem
from amverify.theorems.levels import TB, an, b, gap, inputs, w, z
from amverify.theorems.properties import length
from amverify.theorems.reach import nu
from amverify.theorems.views.penalty import PENALISED, activations, outputs, weights
from amverify.theorems.views.reach import BELOW

RIDGE = replace(
    levels.RIDGE,
    text="μ > 0: without a ridge on W level sets of F are unbounded, and TBp, TRp, TK, TC0 and TC "
    "are lost",
)
BIAS_RIDGE = replace(
    levels.BIAS_RIDGE,
    text="μ_b > 0 (mu_bias of the problem): without a ridge on b level sets of F are unbounded "
    "(cross-entropy, or L ≥ 2), and TBp, TRp, TK, TC0 and TC are lost",
)
NU = Inequality("ν > 0", sp.Integer(0), nu, "ν > 0", strict=True)
_ASKED = (levels.LEVEL, RIDGE, BIAS_RIDGE, levels.PENALTY)
_IN_A = ("z_l", "a_l")
HELD = Hypothesis(
    "penalty",
    "(ν/2)‖a_l − h(z_l)‖² is a term of F − inf R, and no other is negative",
    gap - nu / 2 * length(levels.OFF) ** 2,
    only=_IN_A,
)
HYPOTHESES = tuple(HELD if said.name == "band" else said for said in levels.HYPOTHESES)

TBp = Theorem(
    id="TBp",
    title="bounded level sets, penalty",
    statement=(
        "TIAM under (ν/2)‖a_l − h(z_l)‖². μ, μ_b, ρ, ν > 0, R ≥ inf R, h Lipschitz. With "
        "c = Ψ⁰ − inf R, ω = √(2c/μ), β = √(2c/μ_b), A_0 = ‖X‖, Z_l = ωA_{l−1} + √N β + √(2c/ρ) "
        "and A_l = |h(0)|√(N n_l) + Lip(h)Z_l + √(2c/ν): at every x^k with F(x^k) ≤ Ψ⁰ (theorem "
        "TΨ), ‖W_l‖ ≤ ω, ‖b_l‖ ≤ β, ‖z_l‖ ≤ Z_l (l = 1 … L) and ‖a_l‖ ≤ A_l (l < L)."
    ),
    latex=(
        r"\|W_l\|\le\sqrt{2c/\mu},\quad\|b_l\|\le\sqrt{2c/\mu_b},\quad\|z_l\|\le"
        r"\omega A_{l-1}+\sqrt N\beta+\sqrt{2c/\rho},\quad\|a_l\|\le|h(0)|"
        r"\sqrt{Nn_l}+\operatorname{Lip}(h)Z_l+\sqrt{2c/\nu}"
    ),
    source="amverify, specification of the joint method, TB, for the published kind of coupling",
    symbols={
        **{name: told for name, told in TB.symbols.items() if name != "eps"},
        "nu": "ν, the penalty's weight",
    },
    conclusions=(
        Conclusion(Inequality("W_l", w, reach.OMEGA), weights, _ASKED),
        Conclusion(Inequality("b_l", b, reach.BETA), weights, _ASKED),
        Conclusion(Inequality("z_l", z, reach.REACH_Z), outputs, (*_ASKED, NU)),
        Conclusion(Inequality("a_l", an, reach.REACH_A_PENALTY), activations, (*_ASKED, NU)),
    ),
    facts=(PENALISED, BELOW),
    hypotheses=HYPOTHESES,
    constants={
        "ω": reach.OMEGA, "β": reach.BETA, "Z": reach.REACH_Z, "A": reach.REACH_A_PENALTY
    },
    liveness=("motion",),
    terms=TB.terms,
    follows={"below": an, "A": reach.REACH_A_PENALTY},
    starts={"below": inputs, "A": inputs},
    fixed=("level", "mu", "mub", "rho", "N", "h0", "lip", "nu"),
)  # fmt: skip
"""z_l's bound goes by induction over the layers, so it needs ν as well."""
