r"""TC⁺: the model's least value, what it adds to a block's descent, and the sum along a run.

The gap is −⟨∇H(û), e⟩ + (s/2)(‖ũ‖² − ‖e − ũ‖²) + g(0) − g(e), the origin at u^k. Convexity of H
at û and its curvature to u^{k+1} give ΔF + gap ≤ ½‖e − p2Δ‖² + (s/2)(2p1⟨Δ,e⟩ − ‖e‖²). The weights
pay for c⟨Δ,e⟩ as in TΨ. Alone, with α = s − ½, (1 − ϑ)gap ≥ (1 − ϑ)(s/2)‖e‖² makes up for what the
weights spend: −ϑ((s−1)/2)‖e‖² is left.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import minimisers as mn
from amverify.theorems.base import Inequality, symbols
from amverify.theorems.blockwise import AHEAD, STEP
from amverify.theorems.complexity import before, dpsi, low, psi0
from amverify.theorems.inmetric import MODULUS
from amverify.theorems.lyapunov import CHANGE, COUPLING
from amverify.theorems.minimisers import K, TCplus, gap, swept, total
from amverify.theorems.properties import ORIGIN
from amverify.theorems.tiam import HALF, bend, d2, de, dF, e2, p2, s, theta
from proofs.script import facts, lengths, steps
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    condition,
    credit,
    define,
    derived,
    fact,
    means,
    root,
    said,
    term,
)
from proofs.script.links import Join, Link
from proofs.theorems.rates import conclusion

after, part, grown = symbols("Psi_next S_n S_next")
_SYMBOLS = ("dF", "e2", "de", "d2", "bend")
_MODEL = (
    fact("model", steps.MODEL, STEP, ORIGIN),
    fact("fall", lengths.GAP, STEP),
    derived("least", gap, "no point is below the minimiser", term(1, "model"), zero=("fall",)),
)
_DESCENT = (
    fact("fall", lengths.GAP, STEP),
    fact("at û", facts.TANGENT, "H", ORIGIN, AHEAD),
    fact("to u⁺", facts.SEGMENT, "H", STEP, AHEAD),
    fact("F at u^k", facts.SUM, "F", ORIGIN),
    fact("F at u⁺", facts.SUM, "F", STEP),
    condition(MODULUS),
    *(means(x.name, x) for x in (dF, e2, de, d2, bend)),
    derived(
        "descent", -(s - 1) / 2 * e2 + COUPLING * de + p2**2 / 2 * d2 - dF - gap,
        "ΔF + gap ≤ −((s−1)/2)‖e‖² + c⟨Δ,e⟩ + (p2²/2)‖Δ‖²",
        term(1, "at û"), term(1, "to u⁺"), term(HALF, MODULUS.name),
        zero=("fall", "F at u^k", "F at u⁺", *_SYMBOLS),
    ),
)  # fmt: skip


def _paid(conditions: tuple[Inequality, ...], alpha: sp.Expr) -> tuple[Step, ...]:
    """2c⟨Δ,e⟩ ≤ Y‖e‖² + X."""
    old, new, paid = conditions
    spare = mn.spare(alpha)
    whole = spare * e2 + mn.X
    return (
        *map(condition, conditions),
        fact("Cauchy–Schwarz", lengths.CAUCHY, e2),
        fact("‖e‖²", lengths.NONNEGATIVE, e2),
        derived("G ≥ 0", whole, "not negative", term(1, new.name, "‖e‖²"), term(1, old.name)),
        derived(
            "squares", whole**2 - (2 * COUPLING * de) ** 2, "(2c⟨Δ,e⟩)² ≤ G²",
            term(1, squares=(spare * e2 - mn.X,)), term(4, "‖e‖²", paid.name),
            term(4, "Cauchy–Schwarz", squares=(COUPLING,)),
        ),
        root("cross", 2 * COUPLING * de, whole, "2c⟨Δ,e⟩ ≤ G", "squares", "G ≥ 0"),
    )  # fmt: skip


_JOINT = (
    *_DESCENT,
    *_paid(mn.PAID_JOINT, mn.ALPHA_JOINT),
    derived(
        "joint", -theta * mn.ALPHA_JOINT * e2 - CHANGE - gap, "with the weights",
        term(1, "descent"), term(HALF, "cross"),
    ),
)  # fmt: skip
_ALONE = (
    *_DESCENT,
    *_paid(mn.PAID_ALONE, mn.ALPHA_ALONE),
    condition(mn.SCALE),
    said("ϑ ≥ 0"),
    said("ϑ ≤ 1"),
    fact("subgradient", facts.PROXIMAL, STEP, ORIGIN),
    derived(
        "strongly convex", gap - s / 2 * e2, "gap ≥ (s/2)‖e‖²", term(1, "subgradient"),
        zero=("fall", "e2"),
    ),
    derived(
        "alone", -CHANGE - theta * gap, "with the weights",
        term(1, "descent"), term(HALF, "cross"), term(1, "ϑ ≤ 1", "strongly convex"),
        term(HALF, "ϑ ≥ 0", "s ≥ 1", "‖e‖²"),
    ),
)  # fmt: skip
_SWEEP = (
    said("gaps of a sweep"),
    said("inf R ≤ Ψ"),
    define("Ψ^k", after, before + dpsi, "Ψ^k = Ψ^{k−1} + (Ψ^k − Ψ^{k−1})"),
    define("S_k", grown, part + swept, "the next partial sum"),
    credit("hypothesis", psi0 - before - theta * part, "ϑS_{k−1} ≤ Ψ⁰ − Ψ^{k−1}"),
    derived(
        "next", psi0 - after - theta * grown, "ϑS_k ≤ Ψ⁰ − Ψ^k",
        term(1, "hypothesis"), term(1, "gaps of a sweep"), zero=("Ψ^k", "S_k"),
    ),
    derived(
        "bounded", psi0 - low - theta * part, "Ψ ≥ inf R is dropped",
        term(1, "hypothesis"), term(1, "inf R ≤ Ψ"),
    ),
)  # fmt: skip
_SUM = (
    credit("all", psi0 - low - theta * total, "by induction"),
    derived("sum", psi0 - low - theta * total, "for every K", term(1, "all")),
)


def _end(name: str, step: str) -> tuple[Conclusion, ...]:
    return (Conclusion(conclusion(TCplus, name), step),)


CHAINS: tuple[Chain, ...] = (
    Chain(TCplus, _MODEL, _end(mn.LEAST, "least"), "least"),
    Chain(TCplus, _JOINT, _end(mn.JOINT, "joint"), "joint"),
    Chain(TCplus, _ALONE, _end(mn.ALONE, "alone"), "alone"),
    Chain(TCplus, _SWEEP, (), "one sweep"),
    Chain(TCplus, _SUM, _end(mn.SUM, "sum"), "sum"),
)
JOINS: dict[str, tuple[Join, ...]] = {
    "TCplus": (
        Link(
            "one sweep", ("hypothesis", "next"), ("sum", "all"), K, (psi0, low, theta),
            follow={before: after, part: grown}, first={before: psi0}, zero=(part,),
            ends={total: part}, then="bounded",
        ),
    )
}  # fmt: skip
