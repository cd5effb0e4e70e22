r"""TΨ: one Lyapunov function for a whole run of blocks in metrics of their own.

Scaled displacements are the variables: v_i = (δ_iM_i)^{1/2}Δ_i, δ_i being the weight that block i
carries and M_i the metric of the step that made Δ_i. Then

    Ψ(x, v) = F(x) + ½Σ_i‖v_i‖²

is one fixed function, although metrics, moduli and weights move from sweep to sweep; v⁰ = 0, so
that Ψ⁰ = F(x⁰), and F ≤ Ψ.

A block's step gives ΔF ≤ −α‖e‖²_M + c⟨Δ,e⟩_M + (q/2)‖Δ‖²_M, c = p1·s − p2:

| block | by | α | q |
|---|---|---|---|
| V_l (M = Q, no nonsmooth part) | TM-Q, with equality | s/t − ½ | 0 |
| z_L (M = Q, R convex, t = 1) | TM-Q, ≤ | s − ½ | 0 |
| (z_l, a_l) (M ⪰ Q, t = 1, u^k feasible) | TJ | (s − 1)/2 | p2² |
| W_l, b_l, a_l, z_L of TIAM under a penalty (M = L·I) | T1 | s/t − ½ | p2² |
| z_l, l < L, there (M = γ·I, exact minimiser) | T1p | ½ (c = p1) | 0 |

**A block.** With X = δ‖Δ‖²_before − q‖Δ‖²_M (the first length in the metric that made Δ) and
Y = 2(1−ϑ)α − δ', what is left is ½(Y‖e‖² − 2c⟨Δ,e⟩ + X). Where c²‖Δ‖² ≤ XY,

    (2c⟨Δ,e⟩)² ≤ 4c²‖Δ‖²‖e‖² ≤ 4XY‖e‖² ≤ (Y‖e‖² + X)².

**A sweep** adds its blocks' inequalities up; α_i ≥ α_min and M_i ⪰ λ⁻ give H1,
Ψ^{k+1} ≤ Ψ^k − a‖e‖² with a = ϑ·α_min·λ⁻, known before the run. Under a penalty ϑ is half of the
method's margin: certified |p1| ≤ (1 − margin)/2 in z_l leaves that much and no more.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import VIOLATION, Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.lengths import Lengths
from amverify.theorems.quantities import Total
from amverify.theorems.views.columns import CARRIED, CONSISTENT
from amverify.theorems.views.lyapunov import (
    FLOORS,
    MOVING,
    POTENTIAL,
    block_falls,
    sweep_falls,
)
from amverify.theorems.views.metric import METRIC_CARRIED

dF, e2, de, d2, old = symbols("dF e2 de d2 old")
s, p1, p2, alpha, q, delta, delta1 = symbols("s p1 p2 alpha q delta delta1")
theta, n2, dpsi, fall, step2, amin, low = symbols("theta n2 dpsi fall step2 amin low")

ZERO = sp.Integer(0)
COUPLING = p1 * s - p2
"""c."""
OLD = delta * old - q * d2
"""X: what the weight carried has to spare."""
NEW = 2 * (1 - theta) * alpha - delta1
"""Y: what the weight left has to spare."""
CHANGE = dF + delta1 / 2 * e2 - delta / 2 * old
"""A block's part of Ψ^{k+1} − Ψ^k."""
RATE = theta * amin * low
"""a of H1."""

COVERED = Inequality(
    "δ covers p2", q * d2, delta * old, "q‖Δ‖²_M ≤ δ‖Δ‖², the second in the metric that made Δ",
    costs=(VIOLATION,),
)  # fmt: skip
AFFORDABLE = Inequality(
    "δ' is affordable", delta1, 2 * (1 - theta) * alpha, "δ' ≤ 2(1−ϑ)α", costs=(VIOLATION * e2,)
)
PAID = Inequality(
    "c is paid", COUPLING**2 * d2, OLD * NEW, "c²‖Δ‖²_M ≤ (δ‖Δ‖² − q‖Δ‖²_M)(2(1−ϑ)α − δ')",
    costs=(sp.sqrt(VIOLATION * e2), VIOLATION / (2 * NEW)),
)  # fmt: skip

DESCENT = Hypothesis(
    "descent of a block",
    "each step gives ΔF ≤ −α‖e‖²_M + c⟨Δ,e⟩_M + (q/2)‖Δ‖²_M: theorem TM-Q for V_l and z_L "
    "(α = s/t − ½, q = 0), theorem TJ for (z_l, a_l) (α = (s−1)/2, q = p2²); under a penalty "
    "theorem T1 (M = L·I, α = s/t − ½, q = p2²) and, for z_l, T1p (M = γ·I, α = ½, c = p1, q = 0)",
    -alpha * e2 + COUPLING * de + q / 2 * d2 - dF,
)
METRIC = Hypothesis(
    "a metric",
    "‖e‖²_M, ⟨Δ,e⟩_M and ‖Δ‖²_M are of one inner product, that of the step's metric M",
    grants=Lengths(e2, de, d2),
)
WHOLE = ("sweep", "H1")
"""What is said of a whole sweep."""


def everywhere(condition: Inequality) -> Hypothesis:
    """A condition of one block, as a hypothesis on each block of a sweep."""
    return Hypothesis(
        f"{condition.name}, in every block",
        f"in every block {condition.text}",
        condition.rhs - condition.lhs,
        monitored=(condition.name,),
        only=WHOLE,
    )


EVERYWHERE = tuple(everywhere(c) for c in (COVERED, AFFORDABLE, PAID))
LAST = ("H1",)
SHARES = Hypothesis(
    "α_i ≥ α_min", "α_min is the least α", alpha - amin, monitored=(FLOORS.name,), only=LAST
)
ABOVE = Hypothesis(
    "M ⪰ λ⁻", "‖e‖²_M ≥ λ⁻‖e‖²: no metric is below λ⁻", e2 - low * n2, monitored=(FLOORS.name,),
    only=LAST,
)  # fmt: skip
SIGNS = (
    Hypothesis("ϑ ≥ 0", "the margin is not negative", theta, monitored=(FLOORS.name,), only=LAST),
    Hypothesis("α_min ≥ 0", "no α is negative", amin, monitored=(FLOORS.name,), only=LAST),
)

MEANING = {
    "dF": "ΔF of a block's update",
    "e2": "‖e‖²_M, M the metric of this step",
    "de": "⟨Δ, e⟩_M",
    "d2": "‖Δ‖²_M",
    "old": "‖Δ‖² in the metric of the step that made Δ",
    "n2": "‖e‖² of a block",
    "s": "step scale; 1 for z_l under a penalty",
    "p1": "inertia of the proximal centre",
    "p2": "inertia of the gradient's point",
    "alpha": "α: s/t − ½ where the block moves alone, (s − 1)/2 for (z_l, a_l), ½ for z_l under a "
    "penalty",
    "q": "p2² for (z_l, a_l) and in a modulus, 0 where the block moves alone in the metric Q and "
    "for z_l under a penalty",
    "delta": "δ^k, the weight that the block carries in Ψ",
    "delta1": "δ^{k+1}",
    "theta": "ϑ, the margin; half of it under a penalty",
    "dpsi": "Ψ^{k+1} − Ψ^k",
    "fall": "Σ_i α_i‖e_i‖²_{M_i}",
    "step2": "‖x^{k+1} − x^k‖²",
    "amin": "α_min, the least α that the settings allow",
    "low": "λ⁻ = min(μ, μ_b, ρ, the floor of κ); under a penalty min(μ, ρN + μ_b, ν, ρ, sρ)",
}

TPsi = Theorem(
    id="TPsi",
    title="TΨ, one Lyapunov function",
    statement=(
        "Blocks V_l = [W_l, b_l], (z_l, a_l) (l < L) and z_L, or W_l, b_l, z_l, a_l of TIAM under "
        "a penalty, each in a metric M_i of its own (there L_i·I, and γ·I for z_l, l < L); "
        "Ψ(x, v) = F(x) + ½Σ_i‖v_i‖², v_i = (δ_iM_i)^{1/2}Δ_i. If every block carries δ and "
        "leaves δ' with δ' ≤ 2(1−ϑ)α, q‖Δ‖²_M ≤ δ‖Δ‖² and c²‖Δ‖²_M ≤ (δ‖Δ‖² − q‖Δ‖²_M)"
        "(2(1−ϑ)α − δ'), then every update lowers Ψ by at least ϑα‖e‖²_M, every sweep of constant "
        "ε by ϑΣ_iα_i‖e_i‖²_{M_i}, and Ψ^{k+1} ≤ Ψ^k − a‖e^{k+1}‖² with a = ϑ·min α_i·λ⁻. ϑ is the "
        "method's margin, under a penalty half of it."
    ),
    latex=(
        r"\Psi^{k+1}\le\Psi^k-\vartheta\sum_i\alpha_i\|e_i\|_{M_i}^2"
        r"\le\Psi^k-\vartheta\,\alpha_{\min}\lambda^-\|e\|^2"
    ),
    source="amverify, specification of the joint method, TΨ; after iPALM (2016)",
    symbols=MEANING,
    conclusions=(
        Conclusion(
            Inequality("block", CHANGE, -theta * alpha * e2),
            block_falls,
            (COVERED, AFFORDABLE, PAID),
        ),
        Conclusion(Inequality("sweep", dpsi, -theta * fall), sweep_falls),
        Conclusion(Inequality("H1", dpsi, -RATE * step2), sweep_falls),
    ),
    facts=(MOVING, CARRIED, METRIC_CARRIED, CONSISTENT, POTENTIAL, FLOORS),
    hypotheses=(DESCENT, METRIC, *EVERYWHERE, SHARES, ABOVE, *SIGNS),
    constants={"a": RATE, "c": COUPLING},
    liveness=("motion",),
    terms={
        "dpsi": Total("i", CHANGE),
        "fall": Total("i", alpha * e2),
        "step2": Total("i", n2),
    },
)  # fmt: skip
