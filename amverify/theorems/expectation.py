r"""S1, S2, S3, S6: what a stochastic sweep does in expectation, with predictable step sizes.

f = E ℓ(·;ξ); block i is updated at v_i by −D_ig_i, D_i = diag(α_i). *Predictable*: D_i is fixed
before the batch is drawn.

**S1.** E g_i = ∇_if(v_i), variance σ_j² per coordinate. The descent lemma along −U_iD_ig_i, in
expectation, with E g_j² = (∇_if)_j² + σ_j²:

    E f(v_i − U_iD_ig_i) − f(v_i) ≤ −Σ_j α_j(1 − L_iα_j/2)(∇_if)_j² + (L_i/2)Σ_j α_j²σ_j².

**S2.** With α_max ≤ 1/max L_i each factor is at least α_min/2; sum over blocks and K sweeps.

**S3.** One batch for the whole sweep: g_i = ∇_iℓ(v_i;ξ), v_i moved by the blocks before, so that
‖v_i − w‖ ≤ α_maxΣ_{j<i}‖g_j‖. The descent lemma from w along the whole sweep gives
−Σ_i E⟨∇_if(w), D_ig_i⟩ + (L̄/2)α_max²BG², and g_i differs from ∇_iℓ(w;ξ) by at most L̄‖v_i − w‖:

    E f(w⁺) ≤ f(w) − α_min‖∇f(w)‖² + L̄(B²/2)α_max²G²     (sharper than the specification's B(B−½)),

with E‖∇_jℓ‖² ≤ G² at v_j *and at w* for every block j: at the v_j alone it does not suffice
(``proofs/theorems/samt.py`` has a counterexample). **S6.** With α trained on the batch to which it
is applied E f may increase however small α is: ``amverify.families.sums.SameBatch``, on which a
step size that is fixed before decreases it below 1/74, and only there.

On finite sums the expectations are enumerated; on a network S1 and S3 are decided by replays, with
L_i and L̄ measured: ``amverify.expectation``.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from amverify.theorems.base import (
    VIOLATION,
    Conclusion,
    Context,
    Hypothesis,
    Inequality,
    Theorem,
    symbols,
)
from amverify.theorems.quantities import (
    Average,
    Between,
    Count,
    Expected,
    Largest,
    Moments,
    Predictable,
    Running,
    Smallest,
    Smooth,
    Total,
    Unbiased,
    Variance,
)
from amverify.theorems.stepwise import BOUNDED
from amverify.theorems.views.expectation import (
    BELOW,
    FLOOR,
    FRESH,
    HONEST,
    ONE_BATCH,
    PREDICTABLE,
    SAME,
    SAMPLE_MODULUS,
    averages,
    biases,
    block_expectations,
    fixed_steps,
    increases,
    rates,
    sweep_expectations,
)
from amverify.theorems.views.shared_batch import ANEW, PLAIN_STEPS

dE, pull, square, noise, L, alow, amin, amax = symbols("dE pull square noise L alow amin amax")
average, f0, fstar, K, level, Lmax = symbols("average f0 fstar K level Lmax")
g0, Lbar, B, G2, bias, earlier, lowest = symbols("g0 Lbar B G2 bias earlier lowest")
(dP,) = symbols("dP")
alpha, grad, sigma2, modulus = symbols("alpha grad sigma2 L_i")
"""Coordinate j: the step size, ∇_jf(v_i), the variance; and block i's modulus."""
value, slopes, noises, slope, descent = symbols("F_k slopes_k noises_k slope_i g_k")
"""E f after k sweeps; of sweep k Σ_iE‖∇_if‖² and Σ_iL_iσ_i²; ‖∇_if(w)‖²; E‖∇f(w^k)‖²."""
following, after = symbols("F_next F_after")
"""E f after one sweep more: in S2, in S3."""
ZERO, ONE, HALF = sp.Integer(0), sp.Integer(1), sp.Rational(1, 2)

MEANING = {
    "dE": "E f(w⁺) − f(w), given the past",
    "pull": "Σ_j α_j(∇_if)_j²",
    "square": "Σ_j α_j²(∇_if)_j²",
    "noise": "Σ_j α_j²σ_j²",
    "L": "L_i, modulus of ∇_if",
    "alow": "the smallest step size of the update",
    "amin": "α_min",
    "amax": "α_max",
    "average": "(1/K)Σ_k Σ_i E‖∇_if(v_i)‖²",
    "f0": "f(w⁰)",
    "fstar": "f*, or any lower bound of f",
    "K": "how many sweeps",
    "level": "Σ_i L_iσ_i², the largest of the sweeps so far",
    "Lmax": "max_i L_i",
    "g0": "‖∇f(w)‖²",
    "Lbar": "L̄, a modulus of ∇ℓ(·;ξ) for every ξ",
    "B": "how many blocks there are",
    "G2": "G², the largest E‖∇_jℓ‖² at v_j and at w",
    "bias": "‖E[g_i − ∇_if(v_i)]‖",
    "earlier": "Σ_{j<i} E‖g_j‖",
    "lowest": "min_{k<K} E‖∇f(w^k)‖²",
}
FIXED = Hypothesis(
    "predictable", "D_i is fixed before the batch is drawn to which it applies",
    monitored=(PREDICTABLE.name,), grants=Predictable(),
)  # fmt: skip
AT_V = Hypothesis(
    "unbiased", "given the past and D_i, E g_i = ∇_if(v_i)", monitored=(FRESH.name,),
    grants=Unbiased("v"),
)  # fmt: skip
SPREAD = Hypothesis("variance", "given the past, Var g_ij = σ_ij²", grants=Variance())
SAMPLES = Hypothesis(
    "∇ℓ Lipschitz", "∇ℓ(·;ξ) is L̄-Lipschitz for every ξ on a convex set that holds the sweep's "
    "points", grants=Smooth("ℓ", Lbar),
)  # fmt: skip
AT_W = Hypothesis(
    "unbiased at w", "E∇ℓ(w;ξ) = ∇f(w) given the past", monitored=(ANEW.name,),
    grants=Unbiased("w"),
)  # fmt: skip
BOUNDED_MOMENTS = Hypothesis(
    "moments", "E‖∇_jℓ‖² ≤ G² for every block j at w and at v_j: the largest that was seen",
    grants=Moments(G2),
)  # fmt: skip
USED = Hypothesis(
    "step sizes", "α_min ≤ α ≤ α_max: the least and the largest that were used",
    grants=Between(amin, amax),
)  # fmt: skip
IN_BLOCK = Hypothesis(
    "∇_if Lipschitz", "∇_if is L_i-Lipschitz along the block's step", grants=Smooth("f_i", L)
)
IN_EACH = Hypothesis(
    "∇_if Lipschitz", "∇_if is L_i-Lipschitz along each block's step",
    grants=Smooth("f_i", modulus),
)  # fmt: skip
LOWER = Hypothesis("f* ≤ f", "f* is a lower bound of f", value - fstar)
POSITIVE = Inequality("0 < α", ZERO, alow, "step sizes are positive", strict=True)
POSITIVE_BOUND = Inequality("0 < α_min", ZERO, amin, "α_min is positive", strict=True)
SHORT = Inequality("α ≤ 1/L", amax * Lmax, ONE, "α_max ≤ 1/max L_i", costs=(VIOLATION * average,))
"""With αL_i ≤ 1 + v a step takes α(1 − v)/2 of ‖∇_if‖², not α/2: v times the average is lost."""


def _meanings(*names: str) -> dict[str, str]:
    return {name: MEANING[name] for name in names}


def measured(ctx: Context) -> tuple[str, ...]:
    """Constants that were measured on the run rather than known, in words."""
    names = ctx.trace.settings.get("measured", ())
    return (f"measured on this run, not known: {', '.join(map(str, names))}",) if names else ()


S1 = Theorem(
    id="S1",
    title="expected block descent",
    statement=(
        "∇_if has modulus L_i, g_i is unbiased given the past and D_i, variance σ_ij² per "
        "coordinate, D_i predictable: E f(w − U_iD_ig_i) ≤ f(w) − Σ_j D_ij(1 − L_iD_ij/2)(∇_if)_j² "
        "+ (L_i/2)Σ_j D_ij²σ_ij²."
    ),
    latex=(
        r"\mathbb E f(w-U_iD_ig_i)\le f(w)-\sum_jD_{ij}\bigl(1-\tfrac{L_iD_{ij}}2\bigr)"
        r"(\nabla_if)_j^2+\tfrac{L_i}2\sum_jD_{ij}^2\sigma_{ij}^2"
    ),
    source="amverify, specification, S1",
    symbols=_meanings("dE", "pull", "square", "noise", "L", "alow"),
    conclusions=(
        Conclusion(
            Inequality("expected descent", dE, -(pull - L / 2 * square) + L / 2 * noise),
            block_expectations,
            (POSITIVE,),
        ),
    ),
    facts=(PREDICTABLE, FRESH, HONEST),
    hypotheses=(IN_BLOCK, FIXED, AT_V, SPREAD),
    options=("alpha",),
    remarks=measured,
    terms={
        "dE": Expected("f(v−Dg)−f(v)"),
        "pull": Total("j", alpha * grad**2),
        "square": Total("j", alpha**2 * grad**2),
        "noise": Total("j", alpha**2 * sigma2),
    },
)

S2_BOUND = 2 * (f0 - fstar) / (amin * K) + amax**2 / amin * level
"""The right-hand side of S2."""

S2 = Theorem(
    id="S2",
    title="rate with a fresh batch for every block",
    statement=(
        "D predictable, α_max ≤ 1/max L_i, a fresh batch for each block: the average over K sweeps "
        "of Σ_i E‖∇_if(v_i)‖² is at most 2(f(w⁰) − f*)/(α_min K) + (α_max²/α_min)Σ_i L_iσ_i²."
    ),
    latex=(
        r"\frac1K\sum_{k<K}\sum_i\mathbb E\|\nabla_if(v_i^k)\|^2\le\frac{2(f(w^0)-f^*)}"
        r"{\alpha_{\min}K}+\frac{\alpha_{\max}^2}{\alpha_{\min}}\sum_iL_i\sigma_i^2"
    ),
    source="amverify, specification, S2",
    symbols=_meanings("average", "f0", "fstar", "K", "level", "amin", "amax", "Lmax"),
    conclusions=(
        Conclusion(Inequality("rate", average, S2_BOUND), averages, (POSITIVE_BOUND, SHORT)),
    ),
    facts=(PREDICTABLE, FRESH, BOUNDED),
    hypotheses=(
        IN_EACH, FIXED, AT_V, SPREAD, USED,
        Hypothesis(LOWER.name, LOWER.text, LOWER.formula, ">=", (BOUNDED.name,)),
    ),
    parameters=(FLOOR,),
    remarks=measured,
    terms={
        "average": Average(slopes, K),
        "K": Count(1),
        "level": Largest(noises),
        "Lmax": Largest(modulus),
    },
    follows={"F_k": following},
    starts={"F_k": f0},
    fixed=("f0", "fstar", "amin", "amax", "level"),
)  # fmt: skip

S3_COEFFICIENT = B * (B - HALF)
"""What multiplies L̄α_max²G² in the specification."""
S3_SHARPER = B**2 / 2
"""What suffices."""


def _s3(coefficient: sp.Expr) -> sp.Expr:
    return -amin * g0 + Lbar * coefficient * amax**2 * G2


S3 = Theorem(
    id="S3",
    title="one batch for the whole sweep",
    statement=(
        "∇ℓ(·;ξ) is L̄-Lipschitz for every ξ, E‖∇_jℓ‖² ≤ G² at w and at the points of update, D "
        "predictable: E f(w⁺) ≤ f(w) − α_min‖∇f(w)‖² + L̄B(B−½)α_max²G² (B²/2 instead of B(B−½) "
        "suffices), although the estimator of block i is biased, by at most "
        "2L̄α_maxΣ_{j<i}E‖g_j‖; and min_k E‖∇f(w^k)‖² ≤ (f(w⁰) − f*)/(α_min K) + "
        "(α_max²/α_min)L̄B(B−½)G²."
    ),
    latex=(
        r"\mathbb E f(w^+)\le f(w)-\alpha_{\min}\|\nabla f(w)\|^2+\bar LB(B-\tfrac12)"
        r"\alpha_{\max}^2G^2"
    ),
    source="amverify, specification, S3, with E‖∇_jℓ‖² ≤ G² at w added",
    symbols=_meanings(
        *("dE", "g0", "amin", "amax", "Lbar", "B", "G2", "bias", "earlier"),
        *("lowest", "f0", "fstar", "K"),
    ),
    conclusions=(
        Conclusion(
            Inequality("expected descent", dE, _s3(S3_COEFFICIENT)),
            sweep_expectations,
            (POSITIVE_BOUND,),
        ),
        Conclusion(
            Inequality("expected descent, sharper", dE, _s3(S3_SHARPER)),
            sweep_expectations,
            (POSITIVE_BOUND,),
        ),
        Conclusion(Inequality("bias", bias, 2 * Lbar * amax * earlier), biases),
        Conclusion(
            Inequality(
                "rate",
                lowest,
                (f0 - fstar) / (amin * K) + amax**2 / amin * Lbar * S3_COEFFICIENT * G2,
            ),
            rates,
            (POSITIVE_BOUND,),
        ),
    ),
    facts=(PREDICTABLE, ONE_BATCH, PLAIN_STEPS, ANEW, HONEST),
    hypotheses=(SAMPLES, FIXED, AT_W, BOUNDED_MOMENTS, USED, LOWER),
    parameters=(SAMPLE_MODULUS,),
    options=("alpha",),
    constants={"L̄B(B−½)α_max²G²": Lbar * S3_COEFFICIENT * amax**2 * G2},
    remarks=measured,
    terms={
        "dE": Expected("f(w⁺)−f(w)"),
        "g0": Running(slope),
        "B": Count(1),
        "K": Count(1),
        "bias": Expected("‖bias of g_i‖"),
        "lowest": Smallest(descent),
    },
    follows={"F_k": after},
    starts={"F_k": f0},
    fixed=("f0", "fstar", "amin", "amax", "Lbar", "B", "G2", "lowest"),
)

SHIFTS = (2, 2, 2, -5)
"""S6's finite sum: ℓ(w; n) = ½(w + s_n)², from w = 0."""


def enumerated(step: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """E f(w⁺) − f(0), w⁺ = −α(s)s for the sample s that was drawn, α(s) = ``step``(s)."""
    shifts = [sp.Integer(s) for s in SHIFTS]
    changes = [_value(-step(s) * s) - _value(ZERO) for s in shifts]
    return sum(changes, ZERO) / len(changes)


def _value(w: sp.Expr) -> sp.Expr:
    """F of S6's finite sum."""
    return sum(((w + s) ** 2 / 2 for s in SHIFTS), ZERO) / len(SHIFTS)


S6 = Theorem(
    id="S6",
    title="step sizes trained on the batch to which they are applied",
    statement=(
        'meta="same" is not predictable. On the finite sum of four samples ½(w + s)², s = 2, 2, 2, '
        "−5 (L̄ = 1), at w = 0, with α(ξ) = α_min(1 + s²/32) E f increases for every α_min > 0, "
        "however small, although α_min ≤ α(ξ) ≤ 2α_min; a step size α that is fixed before the "
        "sample is drawn decreases E f if 0 < α < 1/74, and increases it beyond."
    ),
    latex=r"\mathbb E f(w-\alpha(\xi)\nabla\ell(w;\xi))>f(w)",
    source="amverify, specification, S6",
    symbols={
        **_meanings("dE", "amin", "alow", "amax", "Lbar"),
        "dP": "E f(w − α_max∇ℓ(w;ξ)) − f(w), α_max fixed before ξ is drawn",
    },
    conclusions=(
        Conclusion(
            Inequality("increase", ZERO, dE, "E f increases", strict=True),
            increases,
            (
                POSITIVE_BOUND,
                Inequality("α_min ≤ α", amin, alow, "α lies in its bounds"),
                Inequality("α ≤ 1/L̄", amax * Lbar, ONE, "α_max ≤ 1/L̄"),
            ),
        ),
        Conclusion(
            Inequality("predictable", dP, ZERO, "a fixed α_max decreases E f", strict=True),
            fixed_steps,
            (
                Inequality("0 < α_max", ZERO, amax, "α_max is positive", strict=True),
                Inequality("α_max < 1/74", BELOW * amax, ONE, "α_max < 1/74", strict=True),
            ),
        ),
    ),
    facts=(SAME,),
    hypotheses=(
        Hypothesis(
            "enumerated", "E f(w⁺) − f(w) is the mean over the four samples",
            dE - enumerated(lambda s: amin * (1 + s**2 / 32)), "=", (SAME.name,),
        ),
        Hypothesis(
            "enumerated, α fixed", "and so it is with α_max in place of α(ξ)",
            dP - enumerated(lambda s: amax), "=", (SAME.name,),
        ),
    ),
    parameters=(SAMPLE_MODULUS,),
)  # fmt: skip
