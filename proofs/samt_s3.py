r"""S3: one batch for the whole sweep, with the constant derived for every number of blocks.

Block i of the sweep, n = i − 1 blocks before it, v_i the point of its update, g_i = ∇_iℓ(v_i;ξ):

    E⟨∇_if(w), D_ig_i⟩ ≥ E⟨∇_if(w), D_i∇_iℓ(w;ξ)⟩ − α_max‖∇_if(w)‖·E‖g_i − ∇_iℓ(w;ξ)‖
                       ≥ α_min‖∇_if(w)‖² − α_max‖∇_if(w)‖·L̄·E‖v_i − w‖,      E‖v_i − w‖ ≤ α_max·nG.

*With E‖∇_jℓ‖² ≤ G² at w too*, ‖∇_if(w)‖ ≤ G: each block costs L̄α_max²nG², Σn = B(B−1)/2, and the
descent lemma's (L̄/2)α_max²BG² makes it L̄α_max²G²·B²/2. The specification's B(B−½) follows.

*With the bound at the v_i alone*, ‖∇_if(w)‖ ≤ G(1 + L̄α_max n) ≤ 2G as long as α_maxL̄(B−1) ≤ 1: each
block costs 2L̄α_max²nG², Σ2n = B(B−1), and B(B−1) + B/2 is the specification's B(B−½) exactly.

*Without either it is false*: f = ½(x² + xy + y²) + x + 7y, one sample, w = 0, α = 12 for both
blocks. g_1 = 1, v_2 = (−12, 0), g_2 = 1, so G = 1, L̄ = 3/2, ∇f(w) = (1, 7): f(w⁺) = 120, but
f(w) − α‖∇f(w)‖² + 3L̄α²G² = −600 + 648 = 48.
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems.base import symbols
from amverify.theorems.expectation import G2, B, Lbar, amax, amin, g0
from proofs.chains import (
    Chain,
    Conclusion,
    assumed,
    condition,
    derived,
    equal,
    given,
    positive,
    term,
)
from proofs.rates import conclusion
from proofs.samt import CAUCHY, HALF, LEMMA, LINEAR

n, G, slope, cross, drift, norm = symbols("n G slope_i cross_i drift_i norm_i")
slopes, crosses, moments, moment = symbols("S_n C_n Q_n q_i")

_INPUTS = (
    given("α_max", amax, "step sizes are positive"),
    given("L̄", Lbar, "a modulus is not negative"),
    given("n", n, "the number of blocks before"),
    given("G", G, "a root"),
    equal("G²", G**2 - G2, "G is the root of G²"),
    given("norm", norm, "‖∇_if(w)‖ is a norm"),
    assumed(
        "linear", cross - (amin * slope - amax * norm * Lbar * drift),
        "E⟨∇_if(w), D_ig_i⟩ ≥ α_min‖∇_if(w)‖² − α_max‖∇_if(w)‖L̄E‖v_i − w‖: D predictable, "
        "∇ℓ(·;ξ) L̄-Lipschitz", f"{LINEAR}; {CAUCHY}",
    ),
    assumed("drift", amax * n * G - drift, "E‖v_i − w‖ ≤ α_maxΣ_{j<i}E‖g_j‖ ≤ α_max nG", CAUCHY),
)  # fmt: skip
_BLOCK = (
    *_INPUTS,
    assumed("at w", G - norm, "‖∇_if(w)‖² ≤ E‖∇_iℓ(w;ξ)‖² ≤ G²: the bound at w", CAUCHY),
    derived(
        "block", cross - (amin * slope - Lbar * amax**2 * n * G2), "block i costs L̄α_max²nG²",
        term(1, "linear"), term(1, "α_max", "L̄", "norm", "drift"),
        term(1, "n", "G", "L̄", "at w", squares=(amax,)), zero=("G²",),
    ),
)  # fmt: skip
_BLOCK_USED = (
    *_INPUTS,
    assumed(
        "at v", G * (1 + Lbar * amax * n) - norm,
        "‖∇_if(w)‖ ≤ ‖E g_i‖ + L̄E‖v_i − w‖ ≤ G + L̄α_max nG: the bound at v_i alone", CAUCHY,
    ),
    given("short", 1 - amax * Lbar * n, "α_maxL̄(B − 1) ≤ 1, n ≤ B − 1"),
    derived(
        "block", cross - (amin * slope - 2 * Lbar * amax**2 * n * G2), "block i costs 2L̄α_max²nG²",
        term(1, "linear"), term(1, "α_max", "L̄", "norm", "drift"),
        term(1, "n", "G", "L̄", "at v", squares=(amax,)),
        term(1, "n", "short", "L̄", squares=(amax, G)), zero=("G²",),
    ),
)  # fmt: skip


def _induction(factor: int) -> tuple[sp.Expr, ...]:
    """Σ of the costs of n blocks, factor·n(n − 1)/2, and what it bounds from below."""
    cost = factor * Lbar * amax**2 * G2 * n * (n - 1) / 2
    after = factor * Lbar * amax**2 * G2 * (n + 1) * n / 2
    return (
        crosses - (amin * slopes - cost),
        cross - (amin * slope - factor * Lbar * amax**2 * n * G2),
        (crosses + cross) - (amin * (slopes + slope) - after),
    )


def _sum(factor: int) -> Chain:
    before, block, after = _induction(factor)
    steps = (
        given("hypothesis", before, "Σ_{i≤n}E⟨∇_if, D_ig_i⟩ ≥ α_minΣ‖∇_if‖² − cost", "hypothesis"),
        given("block", block, "proved block by block"),
        derived("next", after, "the same for n + 1", term(1, "hypothesis"), term(1, "block")),
        given("lengths", n * amax**2 * G2 - moments, "Σ_{i≤n}E‖D_ig_i‖² ≤ nα_max²G²", "hypothesis"),
        given("length", amax**2 * G2 - moment, "E‖D_ig_i‖² ≤ α_max²G²"),
        derived(
            "lengths, next", (n + 1) * amax**2 * G2 - (moments + moment), "the same for n + 1",
            term(1, "lengths"), term(1, "length"),
        ),
    )  # fmt: skip
    return Chain(ex.S3, steps, (), f"sum over blocks, {factor}n each")


SPECIFIED, SHARPER = (
    conclusion(ex.S3, name) for name in ("expected descent", "expected descent, sharper")
)


def _total(factor: int) -> tuple:  # type: ignore[type-arg]
    return (
        given("L̄", Lbar, "a modulus is not negative"),
        assumed(
            "lemma", -crosses + Lbar / 2 * moments - ex.dE,
            "E f(w⁺) − f(w) ≤ −Σ_iE⟨∇_if(w), D_ig_i⟩ + (L̄/2)Σ_iE‖D_ig_i‖²", f"{LEMMA}; {LINEAR}",
        ),
        given(
            "slopes", crosses - (amin * g0 - factor * Lbar * amax**2 * G2 * B * (B - 1) / 2),
            "the sum over B blocks, Σ_i‖∇_if(w)‖² = ‖∇f(w)‖²", "hypothesis",
        ),
        given("lengths", B * amax**2 * G2 - moments, "the sum over B blocks", "hypothesis"),
    )  # fmt: skip


_SHARP = (
    *_total(1),
    given("G²", G2, "a bound on squares"),
    given("B", B, "the number of blocks"),
    given("B ≥ 1", B - 1, "there is a block"),
    derived(
        "sharper", SHARPER.rhs - SHARPER.lhs, "B(B−1)/2 + B/2 = B²/2",
        term(1, "lemma"), term(1, "slopes"), term(HALF, "L̄", "lengths"),
    ),
    derived(
        "specified", SPECIFIED.rhs - SPECIFIED.lhs, "B²/2 ≤ B(B−½)",
        term(1, "sharper"), term(HALF, "L̄", "G²", "B", "B ≥ 1", squares=(amax,)),
    ),
)  # fmt: skip
_USED = (
    *_total(2),
    derived(
        "specified", SPECIFIED.rhs - SPECIFIED.lhs, "B(B−1) + B/2 = B(B−½)",
        term(1, "lemma"), term(1, "slopes"), term(HALF, "L̄", "lengths"),
    ),
)  # fmt: skip

drift_l, drift_f, moved = symbols("drift_l drift_f moved")
BIAS = conclusion(ex.S3, "bias")
_BIAS = (
    given("L̄", Lbar, "a modulus is not negative"),
    assumed("triangle", drift_l + drift_f - ex.bias,
            "E∇_iℓ(w;ξ) = ∇_if(w): the bias is at most E‖g_i − ∇_iℓ(w;ξ)‖ + E‖∇_if(v_i) − ∇_if(w)‖",
            f"{LINEAR}; {CAUCHY}"),
    given("ℓ", Lbar * moved - drift_l, "∇ℓ(·;ξ) is L̄-Lipschitz"),
    given("f", Lbar * moved - drift_f, "so is ∇f"),
    given("moved", amax * ex.earlier - moved, "E‖v_i − w‖ ≤ α_maxΣ_{j<i}E‖g_j‖"),
    derived("bias", BIAS.rhs - BIAS.lhs, "collected",
            term(1, "triangle"), term(1, "ℓ"), term(1, "f"), term(2, "L̄", "moved")),
)  # fmt: skip

k, value, following, gradient, rest, inv_k, inv_a = symbols(
    "k F_k F_next g_k R inv_K inv_alpha_min"
)
_RATE = (
    condition(ex.POSITIVE_BOUND),
    given("step", value - amin * gradient + rest - following, "S3 in expectation over the past"),
    given("lowest", gradient - ex.lowest, "the least of the slopes"),
    given("hypothesis", ex.f0 + k * rest - k * amin * ex.lowest - value,
          "F_k + kα_min·min ≤ f(w⁰) + kR", "hypothesis"),
    derived("next", ex.f0 + (k + 1) * rest - (k + 1) * amin * ex.lowest - following,
            "the same for k + 1",
            term(1, "hypothesis"), term(1, "step"), term(1, "0 < α_min", "lowest")),
)  # fmt: skip
_RATE_END = (
    positive("K", ex.K, "K > 0"),
    given("1/K", inv_k, "1/K > 0"),
    condition(ex.POSITIVE_BOUND),
    given("1/α_min", inv_a, "1/α_min > 0"),
    equal("K·1/K", ex.K * inv_k - 1, "the inverse of K"),
    equal("α_min·1/α_min", amin * inv_a - 1, "the inverse of α_min"),
    equal("R", rest - Lbar * ex.S3_COEFFICIENT * amax**2 * G2, "R = L̄B(B−½)α_max²G²"),
    given("f*", value - ex.fstar, "f* is a lower bound"),
    given("sum", ex.f0 + ex.K * rest - ex.K * amin * ex.lowest - value,
          "after K sweeps, by induction", "hypothesis"),
    derived(
        "rate",
        (ex.f0 - ex.fstar) * inv_a * inv_k + amax**2 * inv_a * Lbar * ex.S3_COEFFICIENT * G2
        - ex.lowest,
        "divided by α_minK", term(1, "1/K", "1/α_min", "sum"), term(1, "1/K", "1/α_min", "f*"),
        zero=("R", "K·1/K", "α_min·1/α_min"),
    ),
)  # fmt: skip

CHAINS: tuple[Chain, ...] = (
    Chain(ex.S3, _BLOCK, (), "one block"),
    _sum(1),
    Chain(ex.S3, _SHARP, (Conclusion(SHARPER, "sharper"), Conclusion(SPECIFIED, "specified"))),
    Chain(ex.S3, _BLOCK_USED, (), "one block, bound at v alone"),
    _sum(2),
    Chain(ex.S3, _USED, (Conclusion(SPECIFIED, "specified"),), "bound at v alone"),
    Chain(ex.S3, _BIAS, (Conclusion(BIAS, "bias"),), "bias"),
    Chain(ex.S3, _RATE, (), "one sweep"),
    Chain(
        ex.S3, _RATE_END,
        (Conclusion(conclusion(ex.S3, "rate"), "rate"),), "rate",
        {inv_k: (ex.K, "K"), inv_a: (amin, "0 < α_min")},
    ),
)  # fmt: skip


def unbounded_at_w() -> tuple[Fraction, Fraction]:
    """f(w⁺) and the right-hand side of S3 on the example of the module, G² at the v_i alone."""
    step = Fraction(12)

    def value(x: Fraction, y: Fraction) -> Fraction:
        return (x * x + x * y + y * y) / 2 + x + 7 * y

    def gradient(x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
        return x + y / 2 + 1, x / 2 + y + 7

    zero = Fraction(0)
    at_w = gradient(zero, zero)
    first = -step * at_w[0]
    second = gradient(first, zero)[1]
    most = max(at_w[0] ** 2, second**2)
    squared = at_w[0] ** 2 + at_w[1] ** 2
    modulus = Fraction(3, 2)
    bound = value(zero, zero) - step * squared + modulus * 3 * step**2 * most
    return value(first, -step * second), bound
