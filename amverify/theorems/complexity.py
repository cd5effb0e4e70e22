r"""TC0 and TK: what one Lyapunov function and a relative error give without any growth condition.

    H1  Ψ^{k+1} ≤ Ψ^k − a‖e^{k+1}‖² (theorem TΨ)
    H2  ‖w^k‖ ≤ b1‖e^k‖ + b2‖e^{k−1}‖ (theorem TR; of TIAM under a penalty TRp)

are looked at in every sweep, with a, b1, b2 from the settings: known before the run.

**TC0.** H1 added up: aΣ_{k≤K}‖e^k‖² ≤ Ψ⁰ − Ψ^K ≤ Ψ⁰ − inf R, for every K. So Σ‖e^k‖² < ∞ and
e^k → 0; with H2 w^k → 0, w^k ∈ ∂F(x^k), and every cluster point is critical because the graph of ∂F
is closed along values that converge (Rockafellar & Wets 1998, 8.7; F is continuous on its domain).
A run that ends shows the sums; the limit is the analysis'.

**TK.** With p = b1(b1 + b2) and q = b2(b1 + b2), p + q = (b1 + b2)²,

    ‖w^k‖² ≤ (b1‖e^k‖ + b2‖e^{k−1}‖)² = p‖e^k‖² + q‖e^{k−1}‖² − b1b2(‖e^k‖ − ‖e^{k−1}‖)²,

and (b1+b2)²(Ψ⁰ − Ψ^k) + aq‖e⁰‖² − aq‖e^k‖² − a·k·min‖w‖² ≥ 0 goes from k − 1 to k. At the start
e⁰ = 0.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.properties import Norm, vector
from amverify.theorems.quantities import Count, Running, Smallest
from amverify.theorems.rates import COVERED
from amverify.theorems.views.lyapunov import FLOORS, MOVING
from amverify.theorems.views.membership import MEMBER, unseen
from amverify.theorems.views.reach import BELOW
from amverify.theorems.views.residuals import ADDED, RIDGES, SIGNS
from amverify.theorems.views.telescoped import RATE, residuals, steps

psi0, before, dpsi, low, a = symbols("psi0 before dpsi low a")
e1, e0, start, w1, b1, b2, K = symbols("e1 e0 start w1 b1 b2 K")
total, least, lowest = symbols("total least lowest")

BUDGET = (psi0 - low) / a
"""(Ψ⁰ − inf R)/a ≥ Σ‖e^k‖²."""
BOTH = b1 + b2
LEAST_RESIDUAL = sp.sqrt((BOTH**2 * BUDGET + b2 * BOTH * start**2) / K)
"""What the least ‖w^k‖ of K sweeps is at most; e⁰ = 0 where ε is constant from the start."""

H1 = Inequality("H1", dpsi, -a * e1**2, "Ψ^k ≤ Ψ^{k−1} − a‖e^k‖² (theorem TΨ)", costs=COVERED)
H2 = Inequality(
    "H2", w1, b1 * e1 + b2 * e0,
    "‖w^k‖ ≤ b1‖e^k‖ + b2‖e^{k−1}‖ (theorem TR, under a penalty TRp)", costs=COVERED,
)  # fmt: skip
POSITIVE = Hypothesis("a > 0", "a = ϑ·α_min·λ⁻ > 0", a, ">", (RATE.name,))
BEYOND = Hypothesis(
    "inf R ≤ Ψ", "Ψ ≥ F ≥ R ≥ inf R: the other terms of F and of Ψ are not negative", before - low
)
NOT_NEGATIVE = (
    Hypothesis("b1 ≥ 0", "a sum of coefficients", b1, monitored=(SIGNS.name,)),
    Hypothesis("b2 ≥ 0", "a coefficient", b2, monitored=(SIGNS.name,)),
)


def no_less(symbol: sp.Symbol, only: str = "") -> Hypothesis:
    """That the least of norms is not negative."""
    return Hypothesis(
        f"{symbol} ≥ 0", "the least of norms is not negative", symbol,
        only=(only,) if only else (),
    )  # fmt: skip


MEANING = {
    "psi0": "Ψ^{k₀}; k₀ = 0, and Ψ⁰ = F(x⁰), where ε is constant",
    "before": "Ψ^{k−1}",
    "dpsi": "Ψ^k − Ψ^{k−1}",
    "low": "inf R",
    "a": "a of H1: ϑ·α_min·λ⁻",
    "e1": "‖e^k‖",
    "e0": "‖e^{k−1}‖",
    "start": "‖e^{k₀}‖; 0 at the start",
    "w1": "‖w^k‖, w^k ∈ ∂F(x^k)",
    "b1": "b1 of H2",
    "b2": "b2 of H2",
    "K": "how many sweeps since k₀",
    "total": "Σ_{k≤K} ‖e^k‖²",
    "least": "min_{k≤K} ‖e^k‖",
    "lowest": "min_{k≤K} ‖w^k‖",
}


def meanings(*names: str) -> dict[str, str]:
    """Of some symbols."""
    return {name: MEANING[name] for name in names}


TC0 = Theorem(
    id="TC0",
    title="summable steps; cluster points are critical",
    statement=(
        "TΨ with a > 0, R ≥ inf R: for every K, Σ_{k=1}^K ‖e^k‖² ≤ (Ψ⁰ − inf R)/a and "
        "min_{k≤K} ‖e^k‖ ≤ √((Ψ⁰ − inf R)/(aK)). So e^k → 0; with TR and TB (TIAM under a "
        "penalty: TRp and TBp) w^k → 0, w^k ∈ ∂F(x^k), the run is bounded, and every cluster point "
        "of it is critical for F (closedness of ∂F: analysis, not on a run). No "
        "Kurdyka–Łojasiewicz inequality is used."
    ),
    latex=r"\sum_{k=1}^K\|e^k\|^2\le\frac{\Psi^0-\inf R}a\quad\text{for every }K",
    source="Bolte, Sabach & Teboulle (2014), Lemma 5, with constants; specification, TC0",
    symbols=meanings("psi0", "before", "dpsi", "low", "a", "e1", "K", "total", "least"),
    conclusions=(
        Conclusion(Inequality("summable", total, BUDGET), steps, (H1,)),
        Conclusion(Inequality("least step", least, sp.sqrt(BUDGET / K)), steps, (H1,)),
    ),
    facts=(MOVING, FLOORS, BELOW, RIDGES, RATE, MEMBER),
    hypotheses=(POSITIVE, BEYOND, no_less(least, "least step")),
    constants={"(Ψ⁰ − inf R)/a": BUDGET},
    terms={
        "e1": Norm(vector("e_k")),
        "K": Count(1),
        "total": Running(e1**2),
        "least": Smallest(e1),
    },
    follows={"before": before + dpsi},
    starts={"before": psi0},
    fixed=("psi0", "low", "a", "least"),
    remarks=unseen,
)

TK = Theorem(
    id="TK",
    title="complexity",
    statement=(
        "TΨ with a = ϑ·α_min·λ⁻ > 0, TR (TIAM under a penalty: TRp) with b1 and b2, R ≥ inf R: "
        "for every K, "
        "min_{1≤k≤K} dist(0, ∂F(x^k)) ≤ min_{1≤k≤K} ‖w^k‖ ≤ "
        "√(((b1 + b2)²(Ψ^{k₀} − inf R)/a + b2(b1 + b2)‖e^{k₀}‖²)/K), k counted from k₀, the sweep "
        "from which on ε is constant; for k₀ = 0, where e⁰ = 0 and Ψ⁰ = F(x⁰), that is "
        "(b1 + b2)√((F(x⁰) − inf R)/(aK)). All constants are known before the run."
    ),
    latex=(
        r"\min_{1\le k\le K}\operatorname{dist}(0,\partial F(x^k))\le(b_1+b_2)"
        r"\sqrt{\frac{F(x^0)-\inf R}{aK}}"
    ),
    source="amverify, specification of the joint method, TK",
    symbols=meanings(
        *("psi0", "before", "dpsi", "low", "a", "e1", "e0", "start", "w1", "b1", "b2", "K"),
        "lowest",
    ),
    conclusions=(
        Conclusion(Inequality("complexity", lowest, LEAST_RESIDUAL), residuals, (H1, H2)),
    ),
    facts=(MOVING, FLOORS, BELOW, RIDGES, SIGNS, RATE, ADDED, MEMBER),
    hypotheses=(POSITIVE, BEYOND, *NOT_NEGATIVE, no_less(lowest)),
    constants={"b1 + b2": BOTH, "bound": LEAST_RESIDUAL},
    terms={
        "e1": Norm(vector("e_k")),
        "e0": Norm(vector("e_before")),
        "w1": Norm(vector("w_k")),
        "K": Count(1),
        "lowest": Smallest(w1),
    },
    follows={"before": before + dpsi, "e0": e1},
    starts={"before": psi0, "e0": start},
    fixed=("psi0", "low", "a", "b1", "b2", "start", "lowest"),
    remarks=unseen,
)
