r"""S1, S2, S4–S6 and S4m: step sizes of any shape, full batch and in expectation.

``means`` has the facts: the descent lemma in expectation, linearity of the expectation for step
sizes that are fixed before the draw, Cauchy–Schwarz. ``samt_s3`` has S3, ``samt_joins`` the sums.

**S2.** Coordinate by coordinate α(1 − Lα/2)g² ≥ (α_min/2)g²; F_k = E f after k sweeps and the sum
T_k of the slopes satisfy F_k + (α_min/2)T_k ≤ f(w⁰) + k(α_max²/2)Σ_iL_iσ_i² by induction.

**S4, relative error.** α_min‖∇_if(w⁺)‖ ≤ α_minMt + ‖e_i‖, t = ‖e‖; squared and summed over the
blocks, and Σ_i‖e_i‖ ≤ √B·t.

**S5.** min(max(x, l), h) lies between l and h whatever x is, for l ≤ h (``clamps``). Where the
hypergradient is not finite c = 0, and (θ⁺ − θ − βc)(θ − θ⁺) ≥ 0, what a projection satisfies, gives
θ⁺ = θ: the function α of θ does not change.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems import samt
from amverify.theorems.base import Inequality, Theorem, symbols
from amverify.theorems.properties import ORIGIN, length
from proofs.script import facts, means
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    case,
    clamped,
    condition,
    credit,
    declared,
    define,
    derived,
    either,
    fact,
    inverse,
    root,
    rooted,
    said,
    square_root,
    term,
)
from proofs.script.chains import means as is_
from proofs.script.translate import polynomial
from proofs.theorems.rates import conclusion

HALF = sp.Rational(1, 2)
EXPECTED = conclusion(ex.S1, "expected descent")
BLOCK: tuple[Step, ...] = (
    fact("lemma", means.DESCENT),
    fact("unbiased", means.UNBIASED),
    fact("variance", means.SECOND),
)
_S1 = (
    *BLOCK,
    is_("dE", ex.dE),
    is_("pull", ex.pull),
    is_("square", ex.square),
    is_("noise", ex.noise),
    derived(
        "descent", EXPECTED.rhs - EXPECTED.lhs, "collected", term(1, "lemma"),
        zero=("unbiased", "variance", "dE", "pull", "square", "noise"),
    ),
)  # fmt: skip

alpha, grad, sigma2, modulus = ex.alpha, ex.grad, ex.sigma2, ex.modulus
value, slopes, noise = ex.value, ex.slopes, ex.noises
following = ex.following
total, grown = symbols("T_k T_next")
lowest, highest, level = ex.amin, ex.amax, ex.level
_S2_COORDINATE = (
    condition(ex.POSITIVE_BOUND),
    condition(ex.SHORT),
    fact("α_min", means.LOW),
    fact("α_max − α", means.HIGH),
    fact("L", means.MODULUS, "f_i"),
    is_("max L", ex.Lmax),
    fact("σ²", means.SPREAD),
    derived("α", alpha, "step sizes are positive", term(1, "0 < α_min"), term(1, "α_min")),
    derived("α_max", highest, "so is the largest", term(1, "α"), term(1, "α_max − α")),
    derived("α_max + α", highest + alpha, "a sum", term(1, "α_max"), term(1, "α")),
    derived(
        "Lα ≤ 1", 1 - modulus * alpha, "α ≤ α_max ≤ 1/max L ≤ 1/L_i",
        term(1, "α ≤ 1/L"), term(1, "α_max", "max L"), term(1, "L", "α_max − α"),
    ),
    derived(
        "slope", alpha * (1 - modulus * alpha / 2) * grad**2 - lowest / 2 * grad**2,
        "α(1 − Lα/2)g² ≥ (α_min/2)g²",
        term(HALF, "α", "Lα ≤ 1", squares=(grad,)), term(HALF, "α_min", squares=(grad,)),
    ),
    derived(
        "noise", modulus / 2 * highest**2 * sigma2 - modulus / 2 * alpha**2 * sigma2,
        "(L/2)α²σ² ≤ (L/2)α_max²σ²", term(HALF, "L", "σ²", "α_max − α", "α_max + α"),
    ),
)  # fmt: skip
_S2 = (
    credit(
        "sweep", value - lowest / 2 * slopes + highest**2 / 2 * noise - following,
        "S1 over the blocks of a sweep, with “slope” and “noise”, over all outcomes of the past",
    ),
    is_("level", level),
    define("T_{k+1}", grown, total + slopes, "the next sum"),
    credit(
        "hypothesis", ex.f0 + ex.K * highest**2 / 2 * level - value - lowest / 2 * total,
        "F_k + (α_min/2)T_k ≤ f(w⁰) + k(α_max²/2)Σ_iL_iσ_i²",
    ),
    derived(
        "next",
        ex.f0 + (ex.K + 1) * highest**2 / 2 * level - following - lowest / 2 * grown,
        "the same for k + 1",
        term(1, "hypothesis"), term(1, "sweep"), term(HALF, "level", squares=(highest,)),
        zero=("T_{k+1}",),
    ),
    said("f* ≤ f"),
    derived(
        "bounded", ex.f0 + ex.K * highest**2 / 2 * level - ex.fstar - lowest / 2 * total,
        "F_k ≥ f*", term(1, "hypothesis"), term(1, "f* ≤ f"),
    ),
)  # fmt: skip
_S2_END = (
    is_("K ≥ 1", ex.K),
    derived("K", ex.K, "there is a sweep", term(1, "K ≥ 1"), term(1), kind=">"),
    condition(ex.POSITIVE_BOUND),
    *inverse("K", ex.K),
    *inverse("0 < α_min", lowest),
    credit(
        "sum", ex.f0 + ex.K * highest**2 / 2 * level - ex.fstar - lowest / 2 * ex.K * ex.average,
        "after K sweeps, by induction",
    ),
    derived(
        "rate", conclusion(ex.S2, "rate").rhs - ex.average, "divided by α_minK/2",
        term(2, "1/K", "1/0 < α_min", "sum"), zero=("·1/K", "·1/0 < α_min"),
    ),
)  # fmt: skip

DESCENT = conclusion(samt.S4, "descent")
SUFFICIENT = conclusion(samt.S4, "sufficient decrease")


def _asked(theorem: Theorem, name: str) -> Inequality:
    """A condition of a theorem object."""
    parts = (c for part in theorem.conclusions for c in part.conditions)
    return next(c for c in parts if c.name == name)


LEMMA: tuple[Step, ...] = (
    fact("lemma", facts.DESCENT, "f", samt.STEP, ORIGIN),
    is_("dF", samt.dF),
    is_("‖e‖²", samt.e2),
    is_("⟨∇f, e⟩", samt.slope),
)
_SYMBOLS = ("dF", "‖e‖²", "⟨∇f, e⟩")
_S4 = (
    *LEMMA,
    condition(samt.FORMULA, 1),
    derived("descent", DESCENT.rhs - DESCENT.lhs, "collected", term(1, "lemma"),
            term(1, "formula"), zero=_SYMBOLS),
)  # fmt: skip
_S4_H1 = (
    *_S4,
    condition(_asked(samt.S4, "0 < α_max")),
    *inverse("0 < α_max", samt.ahigh),
    fact("weighted", means.WEIGHTED, "w2", "e2", asks=("0 < α_max",)),
    derived(
        "H1", SUFFICIENT.rhs - SUFFICIENT.lhs, "Σe²/α ≥ ‖e‖²/α_max",
        term(1, "descent"), term(1, "1/0 < α_max", "weighted"), zero=("·1/0 < α_max",),
    ),
)  # fmt: skip

t, root_b, ROOT = (rooted(x) for x in (samt.e2, samt.B, samt.g1))
ends, moved = means.part(samt.END), means.part(samt.STEP)
_S4_BLOCK = (
    condition(_asked(samt.S4, "0 < α")),
    *inverse("0 < α", samt.amin),
    fact("after", means.AFTER, samt.END, samt.STEP, samt.e2, asks=("0 < α",)),
    fact("size", means.PART, samt.END),
    derived(
        "reach", samt.M * t + moved / samt.amin - ends,
        "‖∇_if(w⁺)‖ ≤ Mt + ‖e_i‖/α_min", term(1, "1/0 < α", "after"), zero=("·1/0 < α",),
    ),
    derived(
        "squares", (samt.M * t + moved / samt.amin) ** 2 - ends**2, "squared",
        term(1, "reach", "reach"), term(2, "reach", "size"),
    ),
)  # fmt: skip

lengths = sp.Symbol(f"Σ_i({polynomial(moved)})", real=True)
RELATIVE = conclusion(samt.S4, "relative error")
_RELATIVE = (
    declared("M", samt.LIPSCHITZ),
    condition(_asked(samt.S4, "0 < α")),
    *inverse("0 < α", samt.amin),
    is_("B", samt.B),
    derived("B ≥ 0", samt.B, "so", term(1, "B"), term(1)),
    *square_root("B ≥ 0", samt.B),
    fact("norm", facts.SQUARE, samt.STEP),
    is_("‖e‖²", samt.e2),
    derived("e² ≥ 0", samt.e2, "a square",
            term(1, squares=(length(samt.STEP),)), zero=("norm", "‖e‖²")),
    *square_root("e² ≥ 0", samt.e2),
    fact("norm of ∇f", facts.SQUARE, samt.END),
    is_("‖∇f‖²", samt.g1),
    derived("∇² ≥ 0", samt.g1, "a square",
            term(1, squares=(length(samt.END),)),
            zero=("norm of ∇f", "‖∇f‖²")),
    *square_root("∇² ≥ 0", samt.g1),
    credit("Cauchy", samt.B * samt.e2 - lengths**2, "(Σ‖e_i‖)² ≤ BΣ‖e_i‖²"),
    derived("Cauchy, √B", (root_b * t) ** 2 - lengths**2, "√B² = B", term(1, "Cauchy"),
            zero=("√²B ≥ 0", "√²e² ≥ 0")),
    derived("√B t", root_b * t, "a product", term(1, "√B ≥ 0", "√e² ≥ 0")),
    root("Σ ≤ √B t", lengths, root_b * t, "by its squares", "Cauchy, √B", "√B t"),
    credit(
        "squares",
        samt.B * samt.M**2 * samt.e2 + 2 * samt.M * t / samt.amin * lengths
        + samt.e2 / samt.amin**2 - samt.g1,
        "‖∇f(w⁺)‖² ≤ Σ_i(Mt + ‖e_i‖/α_min)²",
    ),
    derived(
        "squared", ((root_b * samt.M + 1 / samt.amin) * t) ** 2 - samt.g1, "squared",
        term(1, "squares"), term(2, "M", "√e² ≥ 0", "1/0 < α", "Σ ≤ √B t"),
        zero=("√²B ≥ 0", "√²e² ≥ 0"),
    ),
    derived(
        "positive", (root_b * samt.M + 1 / samt.amin) * t, "nonnegative factors",
        term(1, "√B ≥ 0", "M", "√e² ≥ 0"), term(1, "1/0 < α", "√e² ≥ 0"),
    ),
    derived(
        "roots", ((root_b * samt.M + 1 / samt.amin) * t) ** 2 - ROOT**2, "its root",
        term(1, "squared"), zero=("√²∇² ≥ 0",),
    ),
    root(
        "relative error", ROOT, (root_b * samt.M + 1 / samt.amin) * t,
        "‖∇f(w⁺)‖ ≤ (√B·M + 1/α_min)‖e‖", "roots", "positive",
    ),
)  # fmt: skip

M_DESCENT, M_FALL = (conclusion(samt.S4m, n) for n in ("descent", "Lyapunov decrease"))
_S4M = (
    *LEMMA,
    condition(_asked(samt.S4m, "formula"), 1),
    derived("descent", M_DESCENT.rhs - M_DESCENT.lhs, "collected",
            term(1, "lemma"), term(1, "formula"), zero=_SYMBOLS),
)  # fmt: skip
_S4M_FALL = (
    *_S4M,
    condition(_asked(samt.S4m, "carried")),
    condition(_asked(samt.S4m, "affordable")),
    derived(
        "decrease", M_FALL.rhs - M_FALL.lhs, "Ψ falls by a‖e‖²",
        term(1, "descent"), term(HALF, "carried"), term(HALF, "affordable"),
    ),
)  # fmt: skip

low, high = samt.amin, samt.amax
LOWEST, HIGHEST = (samt.clamp(x, low, high) for x in (samt.x_low, samt.x_high))
_S5_LOW = (
    condition(samt.BOUNDS),
    said("α's clamp, least"),
    clamped("at least α_min", LOWEST, low, high, 0, "α_min ≤ α_max"),
    derived("lower", samt.alow - low, "of the least step size", term(1, "at least α_min"),
            zero=("α's clamp, least",)),
)  # fmt: skip
_S5_HIGH = (
    said("α's clamp, largest"),
    clamped("at most α_max", HIGHEST, low, high, 1),
    derived("upper", high - samt.ahigh, "of the largest", term(1, "at most α_max"),
            zero=("α's clamp, largest",)),
)  # fmt: skip
first, then, used = samt.theta, samt.theta1, samt.used
CLAMPED = samt.clamp(first + samt.rate * used, samt.low, samt.high)
_S5_GUARD = (
    said("θ's clamp"),
    said("θ ≥ θ_min"),
    said("θ ≤ θ_max"),
    said("guard"),
    said("flag"),
    derived("θ_min ≤ θ_max", samt.high - samt.low, "θ is between",
            term(1, "θ ≥ θ_min"), term(1, "θ ≤ θ_max")),
    clamped("projection", CLAMPED, samt.low, samt.high, 2,
            "θ_min ≤ θ_max", "θ ≥ θ_min", "θ ≤ θ_max"),
    derived("projected", (then - first - samt.rate * used) * (first - then), "what it says of θ⁺",
            term(1, "projection"), zero=("θ's clamp",)),
    derived("stays", -samt.bad * (then - first) ** 2, "θ⁺ = θ where c = 0",
            term(1, "flag", "projected"), zero=("guard",)),
    fact("quotient", means.QUOTIENT, samt.moved),
    derived("no change", -samt.bad * samt.moved**2, "so α does not change",
            term(1, "stays", squares=(means.quotient(samt.moved),)), zero=("quotient",)),
    case("moved", samt.moved, "were there a change", ">"),
    *inverse("moved", samt.moved),
    derived("divided", -samt.bad * samt.moved, "divided by it",
            term(1, "1/moved", "no change"), zero=("·1/moved",)),
    case("not moved", -samt.moved, "or none"),
    derived("none", -samt.bad * samt.moved, "a product", term(1, "flag", "not moved")),
    either("not finite", -samt.bad * samt.moved, "in both cases", "moved", "divided", "none"),
)  # fmt: skip

_S6 = (
    condition(ex.POSITIVE_BOUND),
    said("enumerated"),
    derived(
        "increase", ex.dE, "E f(w⁺) − f(0) = (69/512)α_min + ½E[α²s²], enumerated",
        term(sp.Rational(69, 512), "0 < α_min"),
        term(sp.Rational(96777, 8192), squares=(ex.amin,)), zero=("enumerated",), kind=">",
    ),
)  # fmt: skip
_S6_FIXED = (
    condition(_asked(ex.S6, "0 < α_max")),
    condition(_asked(ex.S6, "α_max < 1/74")),
    said("enumerated, α fixed"),
    derived(
        "decrease", -ex.dP, "α/16 − (37/8)α² = (α/16)(1 − 74α)",
        term(sp.Rational(1, 16), "0 < α_max", "α_max < 1/74"),
        zero=("enumerated, α fixed",), kind=">",
    ),
)  # fmt: skip


def _end(theorem: Theorem, name: str, step: str) -> tuple[Conclusion, ...]:
    return (Conclusion(conclusion(theorem, name), step),)


CHAINS: tuple[Chain, ...] = (
    Chain(ex.S1, _S1, _end(ex.S1, "expected descent", "descent")),
    Chain(ex.S2, _S2_COORDINATE, (), "one coordinate"),
    Chain(ex.S2, BLOCK, (), "one block"),
    Chain(ex.S2, _S2, (), "one sweep"),
    Chain(ex.S2, _S2_END, _end(ex.S2, "rate", "rate")),
    Chain(samt.S4, _S4, _end(samt.S4, "descent", "descent")),
    Chain(samt.S4, _S4_H1, _end(samt.S4, "sufficient decrease", "H1"), "H1"),
    Chain(samt.S4, _S4_BLOCK, (), "one block's gradient"),
    Chain(
        samt.S4, _RELATIVE, _end(samt.S4, "relative error", "relative error"), "relative error"
    ),
    Chain(samt.S4m, _S4M, _end(samt.S4m, "descent", "descent")),
    Chain(samt.S4m, _S4M_FALL, _end(samt.S4m, "Lyapunov decrease", "decrease"), "decrease"),
    Chain(samt.S5, _S5_LOW, _end(samt.S5, "lower bound", "lower"), "lower"),
    Chain(samt.S5, _S5_HIGH, _end(samt.S5, "upper bound", "upper"), "upper"),
    Chain(samt.S5, _S5_GUARD, _end(samt.S5, "not finite", "not finite"), "not finite"),
    Chain(ex.S6, _S6, _end(ex.S6, "increase", "increase"), "trained"),
    Chain(ex.S6, _S6_FIXED, _end(ex.S6, "predictable", "decrease"), "fixed"),
)  # fmt: skip
