r"""TC: the length of n sweeps by H1, and T5's finite length with b made from TR's.

**H2.** ‖(w, v)‖ ≤ ‖w‖ + ‖v‖ ≤ b1‖e_k‖ + b2‖e_{k−1}‖ + m‖e_k‖ ≤ b(‖e_k‖ + ‖e_{k−1}‖), because
(‖w‖ + ‖v‖)² − ‖(w, v)‖² = 2‖w‖‖v‖ ≥ 0. From here on it is T5's chain of steps.

**n sweeps.** r_K − r_{K+n} + anλ² ≥ 2aλS_n goes on by a(‖e‖ − λ)² ≥ 0.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import convergence as tc
from amverify.theorems import rates
from amverify.theorems.base import symbols
from amverify.theorems.convergence import TC, b1, b2, lam, m, n, v1, w1
from amverify.theorems.properties import vector
from amverify.theorems.rates import a, b, dist, dpsi, e0, e1, r1, tail, theta
from proofs.script import facts
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    a_norm,
    condition,
    credit,
    declared,
    define,
    derived,
    fact,
    inverse,
    means,
    root,
    said,
    term,
)
from proofs.script.links import Join, Link
from proofs.theorems import rates as t5
from proofs.theorems.rates import conclusion, enext

HALF = sp.Rational(1, 2)
rnext, part, grown, start = symbols("r_next S_n S_next r_K")


def _called(name: str, symbol: sp.Symbol, of: str) -> Step:
    """A hypothesis a > 0 under the name that T5's steps use for the declared a."""
    return derived(name, symbol, "positive", term(1, of), kind=">")


_SIGNS = (
    said("a > 0"), said("b > 0"),
    _called("a", a, "a > 0"), _called("b", b, "b > 0"),
    declared("c", rates.c),
    condition(rates.EXPONENT_BELOW),
    *inverse("a", a),
    *inverse("θ < 1", 1 - theta),
)  # fmt: skip


_RELATIVE = (
    said("b ≥ b1 + m"), said("b ≥ b2"), said("∂Ψ = ∂F × {v}"),
    condition(tc.RESIDUAL), condition(tc.SCALED),
    *a_norm("‖w‖", w1, "w_k"), *a_norm("‖v‖", v1, "v_k"),
    derived("‖w‖ + ‖v‖", w1 + v1, "a sum of norms", term(1, "‖w‖"), term(1, "‖v‖")),
    derived("squares", (w1 + v1) ** 2 - dist**2, "2‖w‖‖v‖", term(2, "‖w‖", "‖v‖"),
            zero=("∂Ψ = ∂F × {v}",)),
    root("‖(w, v)‖", dist, w1 + v1, "‖(w, v)‖ ≤ ‖w‖ + ‖v‖", "squares", "‖w‖ + ‖v‖"),
    derived(
        "H2", b * (e1 + e0) - dist, "dist(0, ∂Ψ) ≤ b(‖e_k‖ + ‖e_{k−1}‖)",
        term(1, "‖(w, v)‖"), term(1, "relative error"), term(1, "displacements"),
        term(1, "b ≥ b1 + m", "e_k"), term(1, "b ≥ b2", "e_{k−1}"),
    ),
)  # fmt: skip

_FINITE = t5.one_step(_SIGNS, _RELATIVE, said("KL"))
_FINITE_END = t5.all_steps(_SIGNS)

_PARTIAL = (
    said("a > 0"),
    fact("e_{k+1}", facts.NORM, vector("e_next")),
    means("square", rates.step2),
    define("r_{k+1}", rnext, r1 + dpsi, "r_{k+1} = r_k + (Ψ^{k+1} − Ψ^k)"),
    condition(rates.H1),
    said("Ψ* ≤ Ψ^k"),
    define("S_{n+1}", grown, part + enext, "the next partial sum"),
    credit("hypothesis", start - r1 + a * n * lam**2 - 2 * a * lam * part, "after n sweeps"),
    derived(
        "next", start - rnext + a * (n + 1) * lam**2 - 2 * a * lam * grown, "after one more",
        term(1, "hypothesis"), term(1, "H1"), term(1, "a > 0", squares=(enext - lam,)),
        zero=("square", "r_{k+1}", "S_{n+1}"),
    ),
    derived(
        "bounded", start + a * n * lam**2 - 2 * a * lam * part, "r ≥ 0 is dropped",
        term(1, "hypothesis"), term(1, "Ψ* ≤ Ψ^k"),
    ),
)  # fmt: skip
_PARTIAL_END = (
    said("a > 0"),
    *inverse("a > 0", a),
    condition(tc.LAMBDA),
    *inverse("λ > 0", lam),
    credit("sum", r1 + a * n * lam**2 - 2 * a * lam * tail, "by induction"),
    derived("length", tc.LENGTH - tail, "divided by 2aλ", term(HALF, "1/a > 0", "1/λ > 0", "sum"),
            zero=("·1/a > 0", "·1/λ > 0")),
)  # fmt: skip

CHAINS: tuple[Chain, ...] = (
    Chain(TC, _PARTIAL, (), "one sweep"),
    Chain(TC, _PARTIAL_END, (Conclusion(conclusion(TC, tc.PARTIAL), "length"),), "n sweeps"),
    Chain(TC, _FINITE, (), "one step"),
    Chain(TC, _FINITE_END, (Conclusion(conclusion(TC, tc.FINITE), "finite length"),), "sum"),
)
JOINS: dict[str, tuple[Join, ...]] = {
    "TC": (
        Link(
            "one sweep", ("hypothesis", "next"), ("n sweeps", "sum"), n, (a, lam, start),
            follow={part: grown, r1: rnext}, first={r1: r1}, zero=(part,), ends={tail: part},
            given={start: r1},
            shift=True, then="bounded",
        ),
        t5.summed_up("one step", "sum", b1, b2, m),
    )
}  # fmt: skip
