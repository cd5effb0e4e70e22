r"""S7: one batch for the whole sweep, with bounded variance in place of bounded gradients.

Block i moves by −D_ig_i, g_i = ∇_iℓ(v_i;ξ), v_i being w moved by the blocks before it on the *same*
batch ξ. E g_i is not ∇_if(v_i), and not ∇_if(w): the estimator is biased. The bias is paid for:

    g = ∇f(w) + n + r,    n = ∇ℓ(w;ξ) − ∇f(w) (mean 0),    r_i = ∇_iℓ(v_i;ξ) − ∇_iℓ(w;ξ),

and v_i − w has the parts of the blocks before i and none of block i, so that over the blocks

    ‖r‖² ≤ L̄²Σ_i(‖Dg‖² − ‖D_ig_i‖²) = L̄²(B−1)‖Dg‖²          for every batch.

With q = L̄α_max√(B−1) < 1 this gives ‖Dg‖ ≤ ‖D∇ℓ(w;ξ)‖/(1−q) in the mean square, where D is known
before the batch and ∇ℓ(w;ξ) unbiased: E‖D∇ℓ(w;ξ)‖² = Σα²(∂_jf)² + N, N = Σα_j²σ_j². The descent
lemma from w and −⟨∇f, Dr⟩ ≤ η‖∇f‖²_D + (α_max/4η)‖r‖² are the rest. Variances are asked for at w
alone, where the sweep begins; no gradient need be bounded (S3 asks for E‖∇_jℓ‖² ≤ G²).

*Random vectors.* In the proof a vector is a random one, ⟨x, y⟩ is E⟨x, y⟩ and f(x) is E f(x), given
the past: the space of square-integrable vectors, whose Σ_j runs over outcomes too, each coordinate
times the root of its outcome's probability. D and ∇f(w) are known before the draw.

That the bias is of first order in α, exactly: ``tests/theorems/test_shared_batch.py`` has a sum on
which one batch raises E f where fresh batches for the blocks lower it.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems.base import (
    Conclusion,
    Hypothesis,
    Inequality,
    Theorem,
    symbols,
)
from amverify.theorems.batches import OneBatch
from amverify.theorems.properties import (
    ORIGIN,
    Change,
    LipschitzGradient,
    entry,
    gradient,
    vector,
)
from amverify.theorems.quantities import Between, Count, Largest, Smallest, Total, Unbiased
from amverify.theorems.views.expectation import (
    HONEST,
    ONE_BATCH,
    PREDICTABLE,
    SAMPLE_MODULUS,
)
from amverify.theorems.views.shared_batch import ANEW, PLAIN_STEPS, SMOOTH, rates, sweeps

dE, pull, noise, g0, amin, amax = ex.dE, ex.pull, ex.noise, ex.g0, ex.amin, ex.amax
Lbar, B, K, f0, fstar, lowest = ex.Lbar, ex.B, ex.K, ex.f0, ex.fstar, ex.lowest
eta, variance, level = symbols("eta variance level")
alpha = ex.alpha
(spread,) = symbols("v_k")
"""EΣ_jσ_j² at w^k, over the past."""
ONE, HALF = sp.Integer(1), sp.Rational(1, 2)

SLOPE = gradient("f", ORIGIN)
"""∇f(w)."""
NOISE, DRIFT = vector("n"), vector("r")
PLAIN, DRIFTED = vector("Dh"), vector("Dr")
"""D∇ℓ(w;ξ) and Dr: the step is −(Dh + Dr)."""
STEP = PLAIN + DRIFTED

REACH = Lbar * amax * sp.sqrt(B - 1)
"""q."""
SHORT = Lbar * amax
"""p."""
SECOND = Lbar / 2 + SHORT * Lbar * (B - 1) / (4 * eta)
"""What multiplies E‖Dg‖²."""
GENERAL = -(1 - eta - amax * SECOND / (1 - REACH) ** 2) * pull + SECOND / (1 - REACH) ** 2 * noise
FALL, RATE = sp.Rational(1, 2), 2
"""c in −cΣα_j(∂_jf)², and 1/c."""
FALL_OF_TWO = sp.Rational(5, 8)

POSITIVE_BOUND = ex.POSITIVE_BOUND
CONTRACTS = Inequality(
    "q < 1", REACH, ONE, "q = L̄α_max√(B−1) < 1: the drift is smaller than the step", strict=True
)
POSITIVE_SHARE = Inequality("0 < η", sp.Integer(0), eta, "η is positive", strict=True)
SMALL = Inequality("4BL̄α_max ≤ 1", 4 * B * Lbar * amax, ONE, "α_max ≤ 1/(4BL̄)")
TWO = Inequality("2 ≤ B", sp.Integer(2), B, "there are two blocks or more")

AT_W = Hypothesis(
    "unbiased at w", "E∇ℓ(w;ξ) = ∇f(w) given the past", monitored=(ANEW.name,),
    grants=Unbiased("w"),
)  # fmt: skip
MEAN_SMOOTH = Hypothesis(
    "∇f Lipschitz", "and so is ∇f, the mean of ∇ℓ(·;ξ), on that set",
    grants=LipschitzGradient("f", Lbar),
)  # fmt: skip
SWEEP = Hypothesis(
    "sweep", "each block i is moved once, by −D_i∇_iℓ(v_i;ξ), v_i being w moved by the blocks "
    "before, all on one batch ξ", monitored=(ONE_BATCH.name, PLAIN_STEPS.name),
    grants=OneBatch(SLOPE, NOISE, DRIFT, PLAIN, DRIFTED, (SLOPE,)),
)  # fmt: skip
USED = Hypothesis(
    "step sizes", "α_min ≤ α ≤ α_max: the least and the largest that were used",
    grants=Between(amin, amax),
)  # fmt: skip
LOWER = Hypothesis("f* ≤ f", "f* is a lower bound of f", ex.value - fstar, only=("rate",))

MEANING = {
    **{name: ex.MEANING[name] for name in ("dE", "g0", "amin", "amax", "Lbar", "B", "K")},
    **{name: ex.MEANING[name] for name in ("f0", "fstar", "lowest")},
    "pull": "Σ_j α_j(∂_jf(w))²",
    "noise": "N = Σ_j α_j²σ_j², σ_j² the variance of ∂_jℓ(w;ξ)",
    "eta": "η, the share of ‖∇f‖²_D that pays for the bias; ¼ unless declared",
    "variance": "Σ_j σ_j² at w",
    "level": "σ², the largest EΣ_jσ_j² of the sweeps so far",
}

S7 = Theorem(
    id="S7",
    title="one batch for the whole sweep, no bound on gradients",
    statement=(
        "∇ℓ(·;ξ) is L̄-Lipschitz for every ξ, D = diag α predictable, 0 < α ≤ α_max, σ_j² the "
        "variance of ∂_jℓ(w;ξ), N = Σα_j²σ_j², p = L̄α_max, q = p√(B−1) < 1. For every η > 0: "
        "E f(w⁺) ≤ f(w) − [1 − η − (p/2 + q²/4η)/(1−q)²]Σα_j(∂_jf)² + "
        "[L̄/2 + pL̄(B−1)/4η]/(1−q)²·N. If 4BL̄α_max ≤ 1: E f(w⁺) ≤ f(w) − ½Σα_j(∂_jf)² + L̄N, with "
        "⅝ for ½ if B ≥ 2; and min_{k<K} E‖∇f(w^k)‖² ≤ 2(f(w⁰) − f*)/(α_min K) + "
        "2L̄(α_max²/α_min)σ²."
    ),
    latex=(
        r"\mathbb E f(w^+)\le f(w)-\tfrac12\sum_j\alpha_j(\partial_jf)^2"
        r"+\bar L\sum_j\alpha_j^2\sigma_j^2"
    ),
    source="amverify, specification of SAMT with extrapolation, A",
    symbols=MEANING,
    conclusions=(
        Conclusion(
            Inequality("expected descent", dE, GENERAL), sweeps,
            (POSITIVE_BOUND, POSITIVE_SHARE, CONTRACTS),
        ),
        Conclusion(
            Inequality("explicit", dE, -FALL * pull + Lbar * noise), sweeps,
            (POSITIVE_BOUND, SMALL),
        ),
        Conclusion(
            Inequality("explicit, two blocks or more", dE, -FALL_OF_TWO * pull + Lbar * noise),
            sweeps,
            (POSITIVE_BOUND, SMALL, TWO),
        ),
        Conclusion(
            Inequality(
                "rate", lowest,
                RATE * (f0 - fstar) / (amin * K) + RATE * Lbar * amax**2 / amin * level,
            ),
            rates,
            (POSITIVE_BOUND, SMALL),
        ),
    ),
    facts=(PREDICTABLE, ONE_BATCH, PLAIN_STEPS, ANEW, SMOOTH, HONEST),
    hypotheses=(
        ex.SAMPLES, MEAN_SMOOTH, ex.FIXED, AT_W, SWEEP, USED, LOWER,
    ),
    parameters=(SAMPLE_MODULUS,),
    options=("alpha", "eta", "fstar"),
    constants={"p": SHORT, "q": REACH},
    remarks=ex.measured,
    terms={
        "dE": Change("f", ORIGIN, -STEP),
        "pull": Total("j", alpha * entry(SLOPE) ** 2),
        "noise": Total("j", alpha**2 * entry(NOISE) ** 2),
        "g0": Total("j", entry(SLOPE) ** 2),
        "variance": Total("j", entry(NOISE) ** 2),
        "B": Count(1),
        "K": Count(1),
        "level": Largest(spread),
        "lowest": Smallest(ex.descent),
    },
    follows={"F_k": ex.after},
    starts={"F_k": f0},
    fixed=("f0", "fstar", "amin", "amax", "Lbar", "B", "level", "lowest"),
)  # fmt: skip
