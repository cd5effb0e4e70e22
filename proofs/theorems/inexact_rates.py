r"""T6e: T6's recursion with what H1 and H2 lack.

With u = bc(‖e_k‖ + ‖e_{k−1}‖), v = cη_k: r_k^θ ≤ u + v, (u + v)² ≤ 2u² + 2v², u² ≤ 2b²c²(‖e_k‖² +
‖e_{k−1}‖²), and H1e pays for the squares.
"""

from __future__ import annotations

from amverify.theorems import inexact_rates as ir
from amverify.theorems.inexact import KL, NO_LESS, eta
from amverify.theorems.inexact_rates import DOUBLED, T6E, omega
from amverify.theorems.rates import a, b, c, e0, e1, r0, r1, rt, step02, step2, theta
from proofs.script import powers
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    a_norm,
    condition,
    declared,
    derived,
    fact,
    inverse,
    means,
    said,
    term,
)
from proofs.theorems.rates import conclusion

U, V = b * c * (e1 + e0), c * eta

_RECURSION: tuple[Step, ...] = (
    declared("a", a),
    declared("b", b),
    declared("c", c),
    declared("θ", theta),
    *inverse("a", a),
    *a_norm("‖e_k‖", e1, "e_k"),
    *a_norm("‖e_{k−1}‖", e0, "e_before"),
    means("‖e_k‖²", step2),
    means("‖e_{k−1}‖²", step02),
    said("Ψ* ≤ Ψ^k"),
    means("r^θ", rt),
    fact("telescope", powers.FALLS, "r0", "r1", "dpsi0", "dpsi"),
    *map(condition, (ir.H1E, ir.H1E_BEFORE, ir.H2E, KL, NO_LESS, ir.BELOW)),
    fact("r^θ ≥ 0", powers.SIGN, r1, theta, asks=("Ψ* ≤ Ψ^k", "θ")),
    derived("rt ≥ 0", rt, "a power", term(1, "r^θ ≥ 0"), zero=("r^θ",)),
    derived("error", U + V - rt, "r_k^θ ≤ u + v", term(1, "c", "H2e"), term(1, "KL")),
    derived("u + v", U + V, "a sum of products",
            term(1, "b", "c", "‖e_k‖"), term(1, "b", "c", "‖e_{k−1}‖"), term(1, "c", "η_k ≥ 0")),
    derived(
        "recursion", DOUBLED * (r0 - r1) + omega - rt**2,
        "r_k^{2θ} ≤ 2C(r_{k−2} − r_k) + ω",
        term(1, "errors below ω"),
        term(4, "1/a", "H1e", squares=(b * c,)),
        term(4, "1/a", "H1e before", squares=(b * c,)),
        term(2, squares=(b * c * (e1 - e0),)),
        term(1, squares=(U - V,)),
        term(1, "error", "u + v"),
        term(1, "error", "rt ≥ 0"),
        zero=("telescope", "·1/a", "‖e_k‖²", "‖e_{k−1}‖²"),
    ),
)  # fmt: skip

_LINEAR: tuple[Step, ...] = (
    said("θ = ½"),
    derived("2C", DOUBLED, "C ≥ 0", term(4, "1/a", squares=(b * c,)), zero=("·1/a",)),
    derived("1 + 2C", 1 + DOUBLED, "1 + 2C > 0", term(1), term(1, "2C"), kind=">"),
    *inverse("1 + 2C", 1 + DOUBLED),
    fact("(r^½)²", powers.HALVES, r1, theta, asks=("Ψ* ≤ Ψ^k", "θ = ½")),
    derived(
        "linear", (DOUBLED * r0 + omega) / (1 + DOUBLED) - r1,
        "r_k ≤ q·r_{k−2} + (1 − q)ω",
        term(1, "1/1 + 2C", "recursion"), zero=("(r^½)²", "r^θ", "·1/1 + 2C"),
    ),
)  # fmt: skip


def _end(name: str) -> tuple[Conclusion, ...]:
    return (Conclusion(conclusion(T6E, name), name.partition(",")[0]),)


CHAINS: tuple[Chain, ...] = (
    Chain(T6E, _RECURSION, _end(ir.RECURSION), "recursion"),
    Chain(T6E, (*_RECURSION, *_LINEAR), _end(ir.LINEAR), "θ = ½"),
)
