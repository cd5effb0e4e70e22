r"""S3: one batch for the whole sweep, with the constant derived for every number of blocks.

Block i of the sweep, n = i − 1 blocks before it, v_i the point of its update, g_i = ∇_iℓ(v_i;ξ):

    E⟨∇_if(w), D_ig_i⟩ ≥ E⟨∇_if(w), D_i∇_iℓ(w;ξ)⟩ − α_max‖∇_if(w)‖·E‖g_i − ∇_iℓ(w;ξ)‖
                       ≥ α_min‖∇_if(w)‖² − α_max‖∇_if(w)‖·L̄·E‖v_i − w‖,      E‖v_i − w‖ ≤ α_max·nG.

With E‖∇_jℓ‖² ≤ G² at w too, ‖∇_if(w)‖ ≤ G: each block costs L̄α_max²nG², Σn = B(B−1)/2, and the
descent lemma's (L̄/2)α_max²BG² makes it L̄α_max²G²·B²/2. The specification's B(B−½) follows.

*Without the bound at w it is false*: f = ½(x² + xy + y²) + x + 7y, one sample, w = 0, α = 12 for
both blocks. g_1 = 1, v_2 = (−12, 0), g_2 = 1, so G = 1, L̄ = 3/2, ∇f(w) = (1, 7): f(w⁺) = 120, but
f(w) − α‖∇f(w)‖² + 3L̄α²G² = −600 + 648 = 48.

**The rate.** That descent holds given the past; over all outcomes of the past (``samt_joins``) it
is F_{k+1} ≤ F_k − α_min E‖∇f(w^k)‖² + R, and F_k + kα_min·min ≤ f(w⁰) + kR by induction.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems.base import symbols
from amverify.theorems.expectation import G2, B, Lbar, amax, amin, dE, g0
from proofs.kernel.checker import Proved
from proofs.script import means
from proofs.script.chains import (
    Chain,
    Conclusion,
    condition,
    counts,
    credit,
    declared,
    define,
    derived,
    fact,
    inverse,
    rooted,
    said,
    square_root,
    term,
)
from proofs.script.chains import means as is_
from proofs.script.links import Bench, Join, Lemma, Link
from proofs.script.means import MOMENT, MOMENTS, PULL, PULLS, SIZE
from proofs.theorems.rates import conclusion

HALF = sp.Rational(1, 2)
slope, G = ex.slope, rooted(G2)
slopes, pulls_next, moments_next, slopes_next = symbols(
    "slopes_n pulls_next moments_next slopes_next"
)
SPECIFIED, SHARPER, BIAS, RATE = (
    conclusion(ex.S3, name)
    for name in ("expected descent", "expected descent, sharper", "bias", "rate")
)

_SIZES = (
    condition(ex.POSITIVE_BOUND),
    declared("L̄", Lbar),
    fact("α_min ≤ α", means.LOW),
    fact("α ≤ α_max", means.HIGH),
    derived("α_max", amax, "step sizes are positive",
            term(1, "0 < α_min"), term(1, "α_min ≤ α"), term(1, "α ≤ α_max")),
    fact("G²", means.NONNEGATIVE),
    *square_root("G²", G2),
)  # fmt: skip
_BLOCK = (
    *_SIZES,
    counts("n", B),
    fact("linear", means.DRIFTED),
    fact("drift", means.FAR),
    fact("at w", means.AT_W),
    fact("norm", means.NORM_AT_W),
    derived(
        "linear, n", PULL - (amin * SIZE**2 - amax**2 * SIZE * Lbar * B * G),
        "with E‖v_i − w‖ ≤ α_max nG",
        term(1, "linear"), term(1, "α_max", "L̄", "norm", "drift"),
    ),
    fact("‖∇_if(w)‖²", means.NAME, slope),
    derived(
        "block", PULL - (amin * slope - Lbar * amax**2 * B * G2), "block i costs L̄α_max²nG²",
        term(1, "linear, n"), term(1, "n", "√G²", "L̄", "at w", squares=(amax,)),
        zero=("√²G²", "‖∇_if(w)‖²"),
    ),
)  # fmt: skip
_COST = Lbar * amax**2 * G2 * B * (B - 1) / 2
_AFTER = Lbar * amax**2 * G2 * (B + 1) * B / 2
_SUM = (
    credit("block", PULL - (amin * slope - Lbar * amax**2 * B * G2), "proved block by block"),
    credit("hypothesis", PULLS - (amin * slopes - _COST), "Σ_{i≤n}E⟨∇_if, D_ig_i⟩ from below"),
    define("pulls", pulls_next, PULLS + PULL, "one block more"),
    define("slopes", slopes_next, slopes + slope, "one block more"),
    derived("next", pulls_next - (amin * slopes_next - _AFTER), "the same for n + 1",
            term(1, "hypothesis"), term(1, "block"), zero=("pulls", "slopes")),
)  # fmt: skip
_LENGTHS = (
    fact("length", means.SHORT),
    credit("hypothesis", B * amax**2 * G2 - MOMENTS, "Σ_{i≤n}E‖D_ig_i‖² ≤ nα_max²G²"),
    define("lengths", moments_next, MOMENTS + MOMENT, "one block more"),
    derived("next", (B + 1) * amax**2 * G2 - moments_next, "the same for n + 1",
            term(1, "hypothesis"), term(1, "length"), zero=("lengths",)),
)  # fmt: skip
_TOTAL = (
    *_SIZES,
    fact("lemma", means.SWEEP),
    is_("dE", dE),
    is_("B ≥ 1", B),
    derived("B", B, "there is a block", term(1, "B ≥ 1"), term(1)),
    credit("slopes", PULLS - (amin * g0 - _COST), "the sum over B blocks, Σ_i‖∇_if‖² = ‖∇f‖²"),
    credit("lengths", B * amax**2 * G2 - MOMENTS, "the sum over B blocks"),
    derived(
        "sharper", SHARPER.rhs - SHARPER.lhs, "B(B−1)/2 + B/2 = B²/2",
        term(1, "lemma"), term(1, "slopes"), term(HALF, "L̄", "lengths"), zero=("dE",),
    ),
    derived(
        "specified", SPECIFIED.rhs - SPECIFIED.lhs, "B²/2 ≤ B(B−½)",
        term(1, "sharper"), term(HALF, "L̄", "G²", "B", "B ≥ 1", squares=(amax,)),
    ),
)  # fmt: skip
_BIAS = (
    declared("L̄", Lbar),
    fact("biased", means.BIASED),
    fact("path", means.PATH, ex.earlier),
    is_("‖bias‖", ex.bias),
    derived("bias", BIAS.rhs - BIAS.lhs, "collected",
            term(1, "biased"), term(2, "L̄", "path"), zero=("‖bias‖",)),
)  # fmt: skip

value, gradient = ex.value, ex.descent
following = ex.after
REST = Lbar * ex.S3_COEFFICIENT * amax**2 * G2
_GROWN = ex.f0 + ex.K * REST - ex.K * amin * ex.lowest
_RATE = (
    condition(ex.POSITIVE_BOUND),
    credit("step", value - amin * gradient + REST - following, "S3, over the past"),
    is_("lowest", ex.lowest),
    credit("hypothesis", _GROWN - value, "F_k + kα_min·min ≤ f(w⁰) + kR"),
    derived("next", _GROWN.subs(ex.K, ex.K + 1) - following, "the same for k + 1",
            term(1, "hypothesis"), term(1, "step"), term(1, "0 < α_min", "lowest")),
    said("f* ≤ f"),
    derived("bounded", _GROWN - ex.fstar, "F_k ≥ f*", term(1, "hypothesis"), term(1, "f* ≤ f")),
)  # fmt: skip
_RATE_END = (
    is_("K ≥ 1", ex.K),
    derived("K", ex.K, "there is a sweep", term(1, "K ≥ 1"), term(1), kind=">"),
    condition(ex.POSITIVE_BOUND),
    *inverse("K", ex.K),
    *inverse("0 < α_min", amin),
    credit("sum", _GROWN - ex.fstar, "after K sweeps, by induction"),
    derived("rate", RATE.rhs - RATE.lhs, "divided by α_minK",
            term(1, "1/K", "1/0 < α_min", "sum"), zero=("·1/K", "·1/0 < α_min")),
)  # fmt: skip

CHAINS: tuple[Chain, ...] = (
    Chain(ex.S3, _BLOCK, (), "one block"),
    Chain(ex.S3, _SUM, (), "sum over blocks"),
    Chain(ex.S3, _LENGTHS, (), "lengths"),
    Chain(ex.S3, _TOTAL, (Conclusion(SHARPER, "sharper"), Conclusion(SPECIFIED, "specified"))),
    Chain(ex.S3, _BIAS, (Conclusion(BIAS, "bias"),), "bias"),
    Chain(ex.S3, _RATE, (), "one sweep"),
    Chain(ex.S3, _RATE_END, (Conclusion(RATE, "rate"),), "rate"),
)


def joins(past: Callable[[Bench], Proved]) -> tuple[Join, ...]:
    """The sums over blocks, and the rate, from ``past``: a sweep's descent over the past."""
    constants = (amin, amax, Lbar, G2, G)
    return (
        Lemma(("sum over blocks", "block"), lambda bench: bench.proved("one block", "block")),
        Link(
            "sum over blocks", ("hypothesis", "next"), ("", "slopes"), B, constants,
            follow={PULLS: pulls_next, slopes: slopes_next}, zero=(PULLS, slopes),
            ends={g0: slopes},
        ),
        Link(
            "lengths", ("hypothesis", "next"), ("", "lengths"), B, constants,
            follow={MOMENTS: moments_next}, zero=(MOMENTS,),
        ),
        Lemma(("one sweep", "step"), past),
        Link(
            "one sweep", ("hypothesis", "next"), ("rate", "sum"), ex.K,
            (*constants, B, ex.lowest, ex.f0, ex.fstar),
            follow={value: following}, first={value: ex.f0}, then="bounded",
        ),
    )  # fmt: skip
