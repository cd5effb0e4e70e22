r"""TC0 and TK: sums along a run by induction over its sweeps.

**TC0.** aS_k ≤ Ψ⁰ − Ψ^k goes from k − 1 to k by H1; so does a·k·m² ≤ Ψ⁰ − Ψ^k for m ≤ ‖e^k‖.

**TK.** (b1+b2)²(Ψ⁰ − Ψ^k) + aq‖e⁰‖² − aq‖e^k‖² − a·k·m² ≥ 0, q = b2(b1 + b2), m ≤ ‖w^k‖: the next
is this, (b1+b2)² times H1's remainder, a(p‖e^k‖² + q‖e^{k−1}‖² − ‖w^k‖²) and a(‖w^k‖² − m²).
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import complexity as cx
from amverify.theorems.base import symbols
from amverify.theorems.complexity import (
    BOTH,
    TC0,
    TK,
    K,
    a,
    b1,
    b2,
    before,
    dpsi,
    e0,
    e1,
    least,
    low,
    lowest,
    psi0,
    start,
    total,
    w1,
)
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    a_norm,
    condition,
    credit,
    define,
    derived,
    inverse,
    means,
    root,
    rooted,
    said,
    square_root,
    term,
)
from proofs.script.links import Join, Link
from proofs.theorems.rates import conclusion

after, part, grown, n = symbols("Psi_next S_n S_next n")
SQUARES = "‖e^k‖²"

_STEP = (
    said("a > 0"),
    condition(cx.H1),
    define("Ψ^k", after, before + dpsi, "Ψ^k = Ψ^{k−1} + (Ψ^k − Ψ^{k−1})"),
    said("inf R ≤ Ψ"),
)
_SUM = (
    *_STEP,
    define("S_k", grown, part + e1**2, "the next partial sum"),
    credit("hypothesis", psi0 - before - a * part, "aS_{k−1} ≤ Ψ⁰ − Ψ^{k−1}"),
    derived(
        "next", psi0 - after - a * grown, "aS_k ≤ Ψ⁰ − Ψ^k",
        term(1, "hypothesis"), term(1, "H1"), zero=("Ψ^k", "S_k"),
    ),
    derived(
        "bounded", psi0 - low - a * part, "Ψ ≥ inf R is dropped",
        term(1, "hypothesis"), term(1, "inf R ≤ Ψ"),
    ),
)  # fmt: skip
_SUM_END = (
    said("a > 0"),
    *inverse("a > 0", a),
    credit("sum", psi0 - low - a * total, "aΣ‖e^k‖² ≤ Ψ⁰ − inf R, by induction"),
    derived("summable", cx.BUDGET - total, "divided by a", term(1, "1/a > 0", "sum"),
            zero=("·1/a > 0",)),
)  # fmt: skip


_LEAST = (
    *_STEP,
    *a_norm("‖e^k‖", e1, "e_k"),
    means("m ≤ ‖e^k‖", least),
    said("least ≥ 0"),
    credit("hypothesis", psi0 - before - a * K * least**2, "a(k−1)m² ≤ Ψ⁰ − Ψ^{k−1}"),
    derived(
        "next", psi0 - after - a * (K + 1) * least**2, "a·k·m² ≤ Ψ⁰ − Ψ^k",
        term(1, "hypothesis"), term(1, "H1"), term(1, "a > 0", "m ≤ ‖e^k‖", "‖e^k‖"),
        term(1, "a > 0", "m ≤ ‖e^k‖", "least ≥ 0"), zero=("Ψ^k",),
    ),
    derived(
        "bounded", psi0 - low - a * K * least**2, "Ψ ≥ inf R is dropped",
        term(1, "hypothesis"), term(1, "inf R ≤ Ψ"),
    ),
)  # fmt: skip
_COUNT = (
    said("a > 0"),
    *inverse("a > 0", a),
    means("K ≥ 1", K),
    derived("K > 0", K, "K ≥ 1", term(1), term(1, "K ≥ 1"), kind=">"),
    *inverse("K > 0", K),
)


def _rooted(name: str, smaller: sp.Symbol, inside: sp.Expr, *pays: str) -> tuple[Step, ...]:
    """smaller ≤ √inside from inside·K·a ≥ smaller²·K·a, the credit ``all``."""
    return (
        derived("square", inside - smaller**2, "divided by aK",
                term(1, "1/a > 0", "1/K > 0", "all"), zero=("·1/a > 0", "·1/K > 0")),
        derived("room", inside, "so that is not negative",
                term(1, "square"), term(1, squares=(smaller,))),
        *square_root("room", inside),
        derived("squares", rooted(inside) ** 2 - smaller**2, "as squares", term(1, "square"),
                zero=("√²room",)),
        root(name, smaller, sp.sqrt(inside), "a square root", "squares", "√room"),
    )  # fmt: skip


_LEAST_END = (
    *_COUNT,
    credit("all", psi0 - low - a * K * least**2, "aKm² ≤ Ψ⁰ − inf R, by induction"),
    *_rooted("least step", least, cx.BUDGET / K),
)

Q = b2 * BOTH
LEVEL = BOTH**2 * (psi0 - before) + a * Q * (start**2 - e0**2)
_RESIDUAL = (
    *_STEP,
    said("b1 ≥ 0"), said("b2 ≥ 0"),
    condition(cx.H2),
    *a_norm("‖e^k‖", e1, "e_k"), *a_norm("‖e^{k−1}‖", e0, "e_before"),
    *a_norm("‖w^k‖", w1, "w_k"),
    means("m ≤ ‖w^k‖", lowest),
    said("lowest ≥ 0"),
    derived("b1‖e^k‖ + b2‖e^{k−1}‖", b1 * e1 + b2 * e0, "not negative",
            term(1, "b1 ≥ 0", "‖e^k‖"), term(1, "b2 ≥ 0", "‖e^{k−1}‖")),
    derived(
        "‖w^k‖²", b1 * BOTH * e1**2 + Q * e0**2 - w1**2, "‖w^k‖² ≤ p‖e^k‖² + q‖e^{k−1}‖²",
        term(1, "H2", "b1‖e^k‖ + b2‖e^{k−1}‖"), term(1, "H2", "‖w^k‖"),
        term(1, "b1 ≥ 0", "b2 ≥ 0", squares=(e1 - e0,)),
    ),
    credit("hypothesis", LEVEL - a * K * lowest**2, "after k − 1 sweeps"),
    derived(
        "next", BOTH**2 * (psi0 - after) + a * Q * (start**2 - e1**2) - a * (K + 1) * lowest**2,
        "after k sweeps",
        term(1, "hypothesis"), term(1, "H1", squares=(BOTH,)), term(1, "a > 0", "‖w^k‖²"),
        term(1, "a > 0", "m ≤ ‖w^k‖", "‖w^k‖"), term(1, "a > 0", "m ≤ ‖w^k‖", "lowest ≥ 0"),
        zero=("Ψ^k",),
    ),
    derived(
        "bounded", BOTH**2 * (psi0 - low) + a * Q * start**2 - a * K * lowest**2,
        "Ψ ≥ inf R and ‖e^k‖² ≥ 0 are dropped",
        term(1, "hypothesis"), term(1, "inf R ≤ Ψ", squares=(BOTH,)),
        term(1, "a > 0", "b2 ≥ 0", "b1 ≥ 0", squares=(e0,)),
        term(1, "a > 0", squares=(b2 * e0,)),
    ),
)  # fmt: skip
_RESIDUAL_END = (
    *_COUNT,
    credit("all", BOTH**2 * (psi0 - low) + a * Q * start**2 - a * K * lowest**2, "by induction"),
    *_rooted("complexity", lowest, (BOTH**2 * cx.BUDGET + Q * start**2) / K),
)

CHAINS: tuple[Chain, ...] = (
    Chain(TC0, _SUM, (), "one step"),
    Chain(TC0, _SUM_END, (Conclusion(conclusion(TC0, "summable"), "summable"),), "sum"),
    Chain(TC0, _LEAST, (), "one step, the least"),
    Chain(TC0, _LEAST_END, (Conclusion(conclusion(TC0, "least step"), "least step"),), "least"),
    Chain(TK, _RESIDUAL, (), "one step"),
    Chain(TK, _RESIDUAL_END, (Conclusion(conclusion(TK, "complexity"), "complexity"),), "least"),
)
JOINS: dict[str, tuple[Join, ...]] = {
    "TC0": (
        Link(
            "one step", ("hypothesis", "next"), ("sum", "sum"), n, (a, psi0, low),
            follow={before: after, part: grown}, first={before: psi0}, zero=(part,),
            ends={total: part}, then="bounded",
        ),
        Link(
            "one step, the least", ("hypothesis", "next"), ("least", "all"), K,
            (a, psi0, low, least), follow={before: after}, first={before: psi0}, then="bounded",
        ),
    ),
    "TK": (
        Link(
            "one step", ("hypothesis", "next"), ("least", "all"), K,
            (a, b1, b2, psi0, low, start, lowest),
            follow={before: after, e0: e1}, first={before: psi0, e0: start}, then="bounded",
        ),
    ),
}  # fmt: skip
