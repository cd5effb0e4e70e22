r"""S1–S6 and S4m: step sizes of any shape, full batch and in expectation.

From analysis: the descent lemma, linearity of the expectation, and Cauchy–Schwarz for it
((E‖X‖)² ≤ E‖X‖², ‖E X‖ ≤ E‖X‖). Predictability enters once: E⟨v, D g⟩ = ⟨v, D E g⟩ needs D fixed
before the batch is drawn. ``proofs/samt_s3.py`` has S3.

**S2.** Coordinate by coordinate α(1 − Lα/2)g² ≥ (α_min/2)g²; F_k = E f after k sweeps and the sum
T_k of the slopes satisfy F_k + (α_min/2)T_k ≤ f(w⁰) + k(α_max²/2)Σ_iL_iσ_i² by induction.

**S4, relative error.** With t = ‖e‖ and x_i = ‖e_i‖, ‖∇_if(w⁺)‖ ≤ Mt + x_i/α_min; Σx_i ≤ √B·t by
induction over the blocks.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems import samt
from amverify.theorems.base import Inequality, Theorem, symbols
from proofs.chains import (
    Chain,
    Conclusion,
    assumed,
    condition,
    derived,
    equal,
    given,
    positive,
    root,
    term,
)
from proofs.rates import conclusion

HALF = sp.Rational(1, 2)
LEMMA = "descent lemma: Nesterov (2004), Lemma 1.2.3"
LINEAR = "linearity and monotonicity of the expectation"
CAUCHY = "Cauchy–Schwarz for expectations: (E‖X‖)² ≤ E‖X‖²; the triangle inequality"

cross, length = symbols("E_cross E_length")
EXPECTED = conclusion(ex.S1, "expected descent")
_S1 = (
    assumed(
        "lemma", -cross + ex.L / 2 * length - ex.dE,
        "E f(v − UDg) − f(v) ≤ −E⟨∇_if, Dg⟩ + (L_i/2)E‖Dg‖²", f"{LEMMA}; {LINEAR}",
    ),
    equal(
        "unbiased", cross - ex.pull,
        "E⟨∇_if, Dg⟩ = Σα_j(∇_if)_jE g_j = Σα_j(∇_if)_j²: D is predictable, g unbiased",
        "assumption", LINEAR,
    ),
    equal(
        "variance", length - ex.square - ex.noise,
        "E‖Dg‖² = Σα_j²((∇_if)_j² + σ_j²)", "assumption", LINEAR,
    ),
    derived(
        "descent", EXPECTED.rhs - EXPECTED.lhs, "collected", term(1, "lemma"),
        zero=("unbiased", "variance"),
    ),
)  # fmt: skip

alpha, grad, modulus, sigma2 = symbols("alpha grad L_i sigma2")
value, following, slopes, noise, total, count, inv_k, inv_a = symbols(
    "F_k F_next slopes noise_k T_k k inv_K inv_alpha_min"
)
lowest, highest, level = ex.amin, ex.amax, ex.level
_S2_COORDINATE = (
    condition(ex.POSITIVE_BOUND),
    condition(ex.SHORT),
    given("α_min", alpha - lowest, "α_min ≤ α, the least step size"),
    given("α_max − α", highest - alpha, "α ≤ α_max, the largest"),
    given("L", modulus, "a modulus is not negative"),
    given("max L", ex.Lmax - modulus, "L_i ≤ max L_i"),
    given("σ²", sigma2, "a variance"),
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
    given(
        "sweep", value - lowest / 2 * slopes + highest**2 / 2 * noise - following,
        "S1 over the blocks of a sweep, with “slope” and “noise” (expectations over the past)",
        "hypothesis",
    ),
    given("level", level - noise, "Σ_iL_iσ_i² of no sweep is larger"),
    given(
        "hypothesis", ex.f0 + count * highest**2 / 2 * level - value - lowest / 2 * total,
        "F_k + (α_min/2)T_k ≤ f(w⁰) + k(α_max²/2)Σ_iL_iσ_i²", "hypothesis",
    ),
    derived(
        "next",
        ex.f0 + (count + 1) * highest**2 / 2 * level - following - lowest / 2 * (total + slopes),
        "the same for k + 1",
        term(1, "hypothesis"), term(1, "sweep"), term(HALF, "level", squares=(highest,)),
    ),
)  # fmt: skip
_S2_END = (
    positive("K", ex.K, "K > 0"),
    given("1/K", inv_k, "1/K > 0"),
    condition(ex.POSITIVE_BOUND),
    given("1/α_min", inv_a, "1/α_min > 0"),
    equal("K·1/K", ex.K * inv_k - 1, "the inverse of K"),
    equal("α_min·1/α_min", lowest * inv_a - 1, "the inverse of α_min"),
    given("f*", value - ex.fstar, "f* is a lower bound"),
    given(
        "sum",
        ex.f0 + ex.K * highest**2 / 2 * level - value - lowest / 2 * ex.K * ex.average,
        "after K sweeps, by induction; T_K = K times the average", "hypothesis",
    ),
    derived(
        "rate", 2 * (ex.f0 - ex.fstar) * inv_a * inv_k + highest**2 * inv_a * level - ex.average,
        "divided by α_minK/2", term(2, "1/K", "1/α_min", "sum"), term(2, "1/K", "1/α_min", "f*"),
        zero=("K·1/K", "α_min·1/α_min"),
    ),
)  # fmt: skip

DESCENT = conclusion(samt.S4, "descent")


def _asked(theorem: Theorem, name: str) -> Inequality:
    """A condition of a theorem object."""
    parts = (c for part in theorem.conclusions for c in part.conditions)
    return next(c for c in parts if c.name == name)


_S4 = (
    assumed(
        "lemma", samt.slope + samt.L / 2 * samt.e2 - samt.dF,
        "f(w⁺) − f(w) ≤ ⟨∇_if, e⟩ + (L_i/2)‖e‖²", LEMMA,
    ),
    condition(_asked(samt.S4, "formula"), 1),
    derived("descent", DESCENT.rhs - DESCENT.lhs, "collected", term(1, "lemma"),
            term(1, "formula")),
)  # fmt: skip

n, inv_n, squares, sums, x = symbols("n inv_n Q_n S_n x")
_BLOCKS = (
    positive("n", n, "n > 0"),
    given("1/n", inv_n, "1/n > 0"),
    equal("n·1/n", n * inv_n - 1, "the inverse of n"),
    given("hypothesis", n * squares - sums**2, "(Σx_i)² ≤ nΣx_i²", "hypothesis"),
    derived(
        "next", (n + 1) * (squares + x**2) - (sums + x) ** 2, "the same with one block more",
        term(1, "hypothesis"), term(1, "1/n", "hypothesis"),
        term(1, "1/n", squares=(sums - n * x,)), zero=("n·1/n",),
    ),
)  # fmt: skip

step, root_b, lengths, norm = symbols("t root_B sum_x g_norm")
_RELATIVE = (
    given("M", samt.M, "a modulus is not negative"),
    given("t", step, "a norm"),
    condition(_asked(samt.S4, "0 < α")),
    given("1/α_min", inv_a, "1/α_min > 0"),
    given("√B", root_b, "a root"),
    equal("B", root_b**2 - samt.B, "√B² = B"),
    given("Cauchy", samt.B * step**2 - lengths**2, "(Σx_i)² ≤ BΣx_i²", "hypothesis"),
    derived("Cauchy, √B", (root_b * step) ** 2 - lengths**2, "√B² = B", term(1, "Cauchy"),
            zero=("B",)),
    derived("√B t", root_b * step, "a product of nonnegative numbers", term(1, "√B", "t")),
    root("Σx ≤ √B t", lengths, root_b * step, "by its squares", "Cauchy, √B", "√B t"),
    given(
        "squares",
        samt.B * samt.M**2 * step**2 + 2 * samt.M * step * inv_a * lengths + inv_a**2 * step**2
        - norm**2,
        "‖∇f(w⁺)‖² ≤ Σ_i(Mt + x_i/α_min)², Σx_i² = t²", "hypothesis",
    ),
    derived(
        "squared", ((root_b * samt.M + inv_a) * step) ** 2 - norm**2, "squared",
        term(1, "squares"), term(2, "M", "t", "1/α_min", "Σx ≤ √B t"), zero=("B",),
    ),
    derived(
        "positive", (root_b * samt.M + inv_a) * step, "nonnegative factors",
        term(1, "√B", "M", "t"), term(1, "1/α_min", "t"),
    ),
    root(
        "relative error", norm, (root_b * samt.M + inv_a) * step,
        "‖∇f(w⁺)‖ ≤ (√B·M + 1/α_min)‖e‖", "squared", "positive",
    ),
)  # fmt: skip

M_DESCENT, M_FALL = (conclusion(samt.S4m, n) for n in ("descent", "Lyapunov decrease"))
_S4M = (
    assumed(
        "lemma", samt.slope + samt.L / 2 * samt.e2 - samt.dF,
        "f(w⁺) − f(w) ≤ ⟨∇_if, e⟩ + (L_i/2)‖e‖²", LEMMA,
    ),
    condition(_asked(samt.S4m, "formula"), 1),
    derived("descent", M_DESCENT.rhs - M_DESCENT.lhs, "collected",
            term(1, "lemma"), term(1, "formula")),
    condition(_asked(samt.S4m, "carried")),
    condition(_asked(samt.S4m, "affordable")),
    derived(
        "decrease", M_FALL.rhs - M_FALL.lhs, "Ψ falls by a‖e‖²",
        term(1, "descent"), term(HALF, "carried"), term(HALF, "affordable"),
    ),
)  # fmt: skip

theta, trained, bad = symbols("theta trained bad")
low, high = samt.amin, samt.amax
_S5 = (
    given("bounds", high - low, "α_min ≤ α_max"),
    equal("below", trained - low, "θ's value lies below α_min: the clamp gives α_min", "case"),
    derived("below: lower", trained - low, "equality", zero=("below",)),
    derived("below: upper", high - trained, "α_min ≤ α_max", term(1, "bounds"), zero=("below",)),
    equal("above", trained - high, "above α_max: the clamp gives α_max", "case"),
    derived("above: lower", trained - low, "α_min ≤ α_max", term(1, "bounds"), zero=("above",)),
    derived("above: upper", high - trained, "equality", zero=("above",)),
    given("σ", theta, "between: a share 0 ≤ σ of the way from α_min to α_max"),
    given("1 − σ", 1 - theta, "and σ ≤ 1"),
    equal("between", trained - low - theta * (high - low), "α = α_min + (α_max − α_min)σ", "case"),
    derived("between: lower", trained - low, "σ ≥ 0", term(1, "σ", "bounds"), zero=("between",)),
    derived("between: upper", high - trained, "σ ≤ 1", term(1, "1 − σ", "bounds"),
            zero=("between",)),
    given("α_low", samt.alow - low, "“lower” of every coordinate, in each of the three cases"),
    given("α_high", high - samt.ahigh, "“upper” of every coordinate"),
    derived("lower", samt.alow - low, "of the least step size", term(1, "α_low")),
    derived("upper", high - samt.ahigh, "of the largest", term(1, "α_high")),
    equal("guard", samt.bad * samt.moved, "by the guard: where the hypergradient is not finite "
          "(bad = 1) the old α is kept (moved = 0)"),
    derived("not finite", -samt.bad * samt.moved, "so", zero=("guard",)),
)  # fmt: skip

(first,) = symbols("alpha_0")
SMALL, LARGE = first * sp.Rational(9, 8), first * sp.Rational(57, 32)
_S6 = (
    condition(ex.POSITIVE),
    equal("least", ex.alow - SMALL, "the least step size is α₀(1 + 2²/32)"),
    derived("α₀", first, "α₀ > 0", term(sp.Rational(8, 9), "0 < α"), zero=("least",), kind=">"),
    equal(
        "E f",
        ex.dE + (6 * SMALL - 5 * LARGE) / 16 - (3 * (2 * SMALL) ** 2 + (5 * LARGE) ** 2) / 8,
        "four samples ½(w + s)², s = 2, 2, 2, −5, α(ξ) = α₀(1 + s²/32): E f(w⁺) − f(0) = "
        "−¼E[αs] + ½E[α²s²], enumerated",
    ),
    derived(
        "at least", ex.dE - sp.Rational(69, 512) * first, "E f increases by (69/512)α₀ at least",
        term(sp.Rational(3, 8), squares=(2 * SMALL,)),
        term(sp.Rational(1, 8), squares=(5 * LARGE,)), zero=("E f",),
    ),
    derived(
        "increase", ex.dE, "and (69/512)α₀ > 0",
        term(1, "at least"), term(sp.Rational(69, 512), "α₀"), kind=">",
    ),
)  # fmt: skip

CHAINS: tuple[Chain, ...] = (
    Chain(ex.S1, _S1, (Conclusion(EXPECTED, "descent"),)),
    Chain(ex.S2, _S2_COORDINATE, (), "one coordinate"),
    Chain(ex.S2, _S2, (), "one sweep"),
    Chain(
        ex.S2, _S2_END,
        (Conclusion(conclusion(ex.S2, "rate"), "rate"),), "",
        {inv_k: (ex.K, "K"), inv_a: (ex.amin, "0 < α_min")},
    ),
    Chain(samt.S4, _S4, (Conclusion(DESCENT, "descent"),)),
    Chain(samt.S4, _BLOCKS, (), "Σx_i ≤ √B‖x‖", {inv_n: (n, "n")}),
    Chain(
        samt.S4, _RELATIVE,
        (
            Conclusion(
                conclusion(samt.S4, "relative error"), "relative error",
                {sp.sqrt(samt.g1): norm, sp.sqrt(samt.B): root_b, sp.sqrt(samt.e2): step},
            ),
        ),
        "relative error", {inv_a: (samt.amin, "0 < α")},
    ),
    Chain(
        samt.S4m, _S4M, (Conclusion(M_DESCENT, "descent"), Conclusion(M_FALL, "decrease"))
    ),
    Chain(
        samt.S5, _S5,
        tuple(
            Conclusion(conclusion(samt.S5, name), at)
            for name, at in (
                ("lower bound", "lower"), ("upper bound", "upper"), ("not finite", "not finite")
            )
        ),
    ),
    Chain(ex.S6, _S6, (Conclusion(conclusion(ex.S6, "increase"), "increase"),)),
)  # fmt: skip
