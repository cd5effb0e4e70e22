r"""T5e: T5's chain of steps for ρ_k = r_k + T_k, with what the errors cost.

With D = ρ_k^{1−θ} − ρ_{k+1}^{1−θ} ≥ 0, the tangent at ρ_k and (r + T)^θ ≤ r^θ + T^θ,

    (1−θ)a‖e_{k+1}‖² ≤ (1−θ)(ρ_k − ρ_{k+1}) ≤ ρ_k^θ D ≤ (c·dist + T_k^θ)D
                     ≤ bc(‖e_k‖ + ‖e_{k−1}‖ + E_k)D,      E_k = η_k/b + T_k^θ/(bc),

so ‖e_{k+1}‖ ≤ (‖e_k‖ + ‖e_{k−1}‖ + E_k)/4 + QD, Q = bc/(a(1−θ)). With U_n the
sum of the E_k so far, S_n + V_{K+n} ≤ V_K + ½U_n by induction.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import inexact as ie
from amverify.theorems import rates
from amverify.theorems.base import symbols
from amverify.theorems.inexact import T5E, ahead, drift, eps, eta, rho, tau, tt
from amverify.theorems.properties import vector
from amverify.theorems.rates import a, b, c, dpsi, e0, e1, phi, rt, step2, tail, theta
from proofs.script import facts, powers
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
from proofs.script.links import Join, Lemma, Link
from proofs.script.vectors import power
from proofs.theorems.rates import conclusion

HALF, QUARTER = sp.Rational(1, 2), sp.Rational(1, 4)
after, part, grown = symbols("rho_next S_n S_next")
lost, more, start, n = symbols("U_n U_next V_K n")
enext = rates.NEXT
now, later = power(rho, 1 - theta), power(after, 1 - theta)
spared = power(ahead, theta)
Q = b * c / (a * (1 - theta))
DROP = now - later


def _potential(first: sp.Expr, second: sp.Expr, level: sp.Expr) -> sp.Expr:
    return first + second / 2 + 2 * Q * level


_SIGNS: tuple[Step, ...] = (
    declared("a", a),
    declared("b", b),
    declared("c", c),
    condition(rates.EXPONENT_BELOW),
    *inverse("a", a),
    *inverse("b", b),
    *inverse("c", c),
    *inverse("θ < 1", 1 - theta),
)

_STEP: tuple[Step, ...] = (
    *_SIGNS,
    declared("θ", theta),
    *a_norm("e_k", e1, "e_k"),
    *a_norm("e_{k−1}", e0, "e_before"),
    fact("e_{k+1}", facts.NORM, vector("e_next")),
    means("square", step2),
    means("r_k^θ", rt),
    means("T_k^θ", tt),
    define("ρ_{k+1}", after, rho + dpsi - eps, "ρ_{k+1} = ρ_k + (Ψ^{k+1} − Ψ^k) − ε_k"),
    *(said(name) for name in ("Ψ* ≤ Ψ^k", "Ψ* ≤ Ψ^{k+1}")),
    *map(condition, (ie.TO_COME, ie.STILL, ie.NO_LESS, ie.H1E, ie.H2E, ie.KL)),
    derived("ρ_k ≥ 0", rho, "a sum", term(1, "Ψ* ≤ Ψ^k"), term(1, "T_k ≥ 0")),
    derived("ρ_{k+1} ≥ 0", after, "a sum", term(1, "Ψ* ≤ Ψ^{k+1}"), term(1, "T_{k+1} ≥ 0"),
            zero=("ρ_{k+1}",)),
    derived("H1, ρ", rho - after - a * enext**2, "a‖e_{k+1}‖² ≤ ρ_k − ρ_{k+1}",
            term(1, "H1e"), zero=("square", "ρ_{k+1}")),
    derived("ρ falls", rho - after, "ρ_{k+1} ≤ ρ_k",
            term(1, "H1, ρ"), term(1, "a", squares=(enext,))),
    fact("D", powers.MONOTONE, rho, after, 1 - theta, asks=("ρ falls", "ρ_{k+1} ≥ 0", "θ < 1")),
    fact("concave", powers.CONCAVE, rho, after, theta,
         asks=("ρ_k ≥ 0", "ρ_{k+1} ≥ 0", "θ", "θ < 1")),
    fact("subadditive", powers.SUBADDITIVE, rho - ahead, ahead, theta,
         asks=("Ψ* ≤ Ψ^k", "T_k ≥ 0", "θ", "θ < 1")),
    fact("T^θ ≥ 0", powers.SIGN, ahead, theta, asks=("T_k ≥ 0", "θ")),
    derived("E", ie.LOSS, "E_k ≥ 0", term(1, "1/b", "η_k ≥ 0"), term(1, "1/b", "1/c", "T^θ ≥ 0"),
            zero=("T_k^θ",)),
    derived("‖e_k‖ + ‖e_{k−1}‖ + E_k", e1 + e0 + ie.LOSS, "a sum of lengths",
            term(1, "e_k"), term(1, "e_{k−1}"), term(1, "E")),
    derived(
        "chain", (b * c * (e1 + e0) + c * eta + tt) * DROP - (1 - theta) * a * enext**2,
        "(1−θ)a‖e_{k+1}‖² ≤ (bc(‖e_k‖ + ‖e_{k−1}‖) + cη_k + T_k^θ)D",
        term(1, "θ < 1", "H1, ρ"), term(1, "concave"), term(1, "subadditive", "D"),
        term(1, "KL", "D"), term(1, "c", "H2e", "D"),
        zero=("r_k^θ", "T_k^θ"),
    ),
    derived(
        "divided", Q * (e1 + e0 + ie.LOSS) * DROP - enext**2, "divided by a(1−θ)",
        term(1, "1/a", "1/θ < 1", "chain"), zero=("·1/a", "·1/θ < 1", "·1/b", "·1/c"),
    ),
    derived(
        "AM–GM", (QUARTER * (e1 + e0 + ie.LOSS) + Q * DROP) ** 2 - enext**2, "uv ≤ (u/4 + v)²",
        term(1, "divided"), term(1, squares=(QUARTER * (e1 + e0 + ie.LOSS) - Q * DROP,)),
    ),
    derived("Q ≥ 0", Q, "a product", term(1, "b", "c", "1/a", "1/θ < 1")),
    derived(
        "u/4 + v", QUARTER * (e1 + e0 + ie.LOSS) + Q * DROP, "a sum of products",
        term(QUARTER, "‖e_k‖ + ‖e_{k−1}‖ + E_k"), term(1, "Q ≥ 0", "D"),
    ),
    root(
        "one step", enext, QUARTER * (e1 + e0 + ie.LOSS) + Q * DROP,
        "‖e_{k+1}‖ ≤ (‖e_k‖ + ‖e_{k−1}‖ + E_k)/4 + QD", "AM–GM", "u/4 + v",
    ),
    define("S_{n+1}", grown, part + enext, "the next partial sum"),
    define("U_{n+1}", more, lost + ie.LOSS, "and of what the errors cost"),
    credit("hypothesis", start + lost / 2 - part - _potential(e1, e0, now),
           "S_n + V_k ≤ V_K + ½U_n"),
    derived(
        "next", start + more / 2 - grown - _potential(enext, e1, later),
        "S_{n+1} + V_{k+1} ≤ V_K + ½U_{n+1}",
        term(1, "hypothesis"), term(2, "one step"), zero=("S_{n+1}", "U_{n+1}"),
    ),
    fact("ρ_k^{1−θ}", powers.SIGN, rho, 1 - theta, asks=("ρ_k ≥ 0", "θ < 1")),
    derived(
        "length", start + lost / 2 - part, "V_k ≥ 0 is dropped",
        term(1, "hypothesis"), term(1, "e_k"), term(HALF, "e_{k−1}"),
        term(2, "Q ≥ 0", "ρ_k^{1−θ}"),
    ),
)  # fmt: skip

_END: tuple[Step, ...] = (
    *_SIGNS,
    means("ρ_K^{1−θ}", phi),
    credit("sum", _potential(e1, e0, now) + drift / 2 - tail, "S_N ≤ V_K + ½U_N, by induction"),
    derived("length", ie.LENGTH - tail, "ρ_K^{1−θ} by its symbol",
            term(1, "sum"), zero=("ρ_K^{1−θ}",)),
)  # fmt: skip
_BUDGET: tuple[Step, ...] = (
    credit("length", ie.LENGTH - tail, "with the errors of the run"),
    condition(ie.WITHIN_BUDGET),
    derived("finite length", ie.LENGTH - drift / 2 + tau / 2 - tail, "they stay within τ",
            term(1, "length"), term(HALF, "errors within τ")),
)  # fmt: skip

CHAINS: tuple[Chain, ...] = (
    Chain(T5E, _STEP, (), "one step"),
    Chain(T5E, _END, (Conclusion(conclusion(T5E, ie.SUMMED), "length"),), "sum"),
    Chain(T5E, _BUDGET, (Conclusion(conclusion(T5E, ie.BUDGETED), "finite length"),), "budget"),
)


JOINS: dict[str, tuple[Join, ...]] = {
    "T5e": (
        Link(
            "one step", ("hypothesis", "next"), ("sum", "sum"), n, (a, b, c, theta, start),
            follow={part: grown, lost: more, e0: e1, e1: enext, rho: after, now: later},
            first={e0: e0, e1: e1, now: now}, zero=(part, lost), ends={tail: part, drift: lost},
            given={start: _potential(e1, e0, now)}, shift=True, then="length",
        ),
        Lemma(("budget", "length"), lambda bench: bench.proved("sum", "length")),
    )
}  # fmt: skip
"""The sums S_n and U_n."""
