r"""S8: SAMT as it is benchmarked: all blocks extrapolated before a sweep, one batch for the sweep.

    y = w + βΔ,   block i: −D_i∇_iℓ(v_i;ξ),  v_i = y moved by the blocks before,
    Δ⁺ = w⁺ − w = βΔ − Dg.

Step sizes are trained, on earlier batches (*lagged*): D is known before the batch is drawn, and may
change in any way from sweep to sweep between 0 and α_max. With m = 1 − β the point

    z = w + (β/m)Δ           moves by          z⁺ = z − Dg/m,

however D changes: a Lyapunov function asks for no ratio of step sizes. V = f(z) + λ‖Δ‖², with
λ = α_maxL̄²β⁴/(2m⁴), p = L̄α_max, q = p√(B−1) < 1 and

    κ = (L̄/2m²)[1 + p(B−1)m + pβ⁴/m³]/(1−q)²,
    E V⁺ ≤ V − (1/(2m) − κα_max)‖∇f(y)‖²_D + κN,            N = Σα_j²σ_j², variances at y alone.

*Proof.* The descent lemma at z along −Dg/m; with d = ∇f(z) − ∇f(y), ‖d‖ ≤ L̄β²‖Δ‖/m, and r the
drift of S7, −⟨∇f(z), D(∇f(y) + r)⟩ ≤ −½‖∇f(y)‖²_D + ½α_max(‖d‖² + ‖r‖²); Jensen gives
‖Δ⁺‖² ≤ β‖Δ‖² + ‖Dg‖²/m, and λ makes the terms in ‖Δ‖² cancel; ‖Dg‖² as in S7.

If p ≤ m²/4 and 4Bp ≤ 1 the step sizes pay for κ: E V⁺ ≤ V − (1/4m)‖∇f(y)‖²_D + κ₁N, κ₁ with 64/49
for 1/(1−q)². Summed over K sweeps this gives the rates; with α_max = O(1/√K), or s_k ≤ α ≤ ρs_k
where Σs_k = ∞ and Σs_k² < ∞, min_k E‖∇f(y^k)‖² → 0. A fixed α_min > 0 excludes the latter.

That p be of the order of m² is no artefact: ``tests/theorems/test_shared_batch.py`` has step sizes,
fixed before the run, that make the method diverge on ½w² at p = 5m².
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Theorem, symbols
from amverify.theorems.batches import OneBatch, Shrinks
from amverify.theorems.properties import Change, Inner, Vector, entry, gradient, vector
from amverify.theorems.quantities import Count, Largest, Running, Smallest, Total, Unbiased
from amverify.theorems.shared_batch import (
    CONTRACTS,
    DRIFT,
    DRIFTED,
    MEAN_SMOOTH,
    NOISE,
    PLAIN,
    POSITIVE_BOUND,
    REACH,
    SHORT,
    SMALL,
    STEP,
    USED,
    level,
    noise,
    pull,
    spread,
)
from amverify.theorems.views.expectation import (
    HONEST,
    ONE_BATCH,
    PREDICTABLE,
    SAMPLE_MODULUS,
)
from amverify.theorems.views.extrapolated import (
    EXTRAPOLATED,
    WEIGHT,
    beta,
    rates,
    scaled_rates,
    shrinking_rates,
    sweeps,
)
from amverify.theorems.views.shared_batch import ANEW, SMOOTH

dE, g0, amin, amax = ex.dE, ex.g0, ex.amin, ex.amax
Lbar, B, K, f0, fstar, lowest = ex.Lbar, ex.B, ex.K, ex.f0, ex.fstar, ex.lowest
df, d2, e2, ratio, scale = symbols("df d2 e2 ratio scale")
(rho,) = symbols("rho")
least_step, steps, squares = symbols("s_k steps squares")
"""s_k; Σs_k and Σs_k² of the sweeps so far."""
alpha = ex.alpha
m, HALF = 1 - beta, sp.Rational(1, 2)

PAST = vector("Delta")
"""Δ = w − w_prev, between ends of sweeps."""
START, AHEAD = beta * PAST, (beta / m) * PAST
"""y and z, from w."""
MOVED = beta * PAST - STEP
"""Δ⁺."""


def ahead(moved: Vector) -> Vector:
    """z⁺ from w: w⁺ + (β/m)Δ⁺ = w + Δ⁺/m."""
    found: Vector = (1 / m) * moved
    return found


SLOPE, SLOPE_AHEAD = gradient("f", START), gradient("f", AHEAD)

SECOND = Lbar / (2 * m**2) * (1 + SHORT * (B - 1) * m + SHORT * beta**4 / m**3)
"""What multiplies E‖Dg‖²."""
KAPPA = SECOND / (1 - REACH) ** 2
EXPLICIT = sp.Rational(64, 49) * SECOND
FALL = sp.Rational(1, 4) / m

BETA = (
    Inequality("0 ≤ β", sp.Integer(0), beta, "extrapolation is not negative"),
    Inequality("β < 1", beta, sp.Integer(1), "and less than 1", strict=True),
)
INSIDE = Inequality("p ≤ m²/4", SHORT, m**2 / 4, "L̄α_max ≤ (1−β)²/4")
RATED = (POSITIVE_BOUND, *BETA, SMALL, INSIDE)

SWEEP = Hypothesis(
    "sweep", "all blocks are extrapolated, y = w + βΔ; then each block i is moved once, by "
    "−D_i∇_iℓ(v_i;ξ), v_i being y moved by the blocks before, all on one batch ξ",
    monitored=(ONE_BATCH.name, EXTRAPOLATED.name),
    grants=OneBatch(SLOPE, NOISE, DRIFT, PLAIN, DRIFTED, (SLOPE, SLOPE_AHEAD)),
)  # fmt: skip
SAMPLES = Hypothesis(
    ex.SAMPLES.name, "∇ℓ(·;ξ) is L̄-Lipschitz for every ξ on a convex set that holds w, y, z, the "
    "points of the sweep and z⁺", grants=ex.SAMPLES.grants,
)  # fmt: skip
AT_Y = Hypothesis(
    "unbiased at y", "E∇ℓ(y;ξ) = ∇f(y) given the past", monitored=(ANEW.name,),
    grants=Unbiased("y"),
)  # fmt: skip
POTENTIAL = Hypothesis(
    "V", "V = f(z) + λ‖Δ‖², one λ = α_maxL̄²β⁴/(2m⁴) for all sweeps",
    dE - df - WEIGHT * (e2 - d2), "=", monitored=(EXTRAPOLATED.name,),
)  # fmt: skip
RATES = ("rate", "rate with α of order 1/√K", "rate with shrinking steps")
SHRINKING = Hypothesis(
    "step sizes of a sweep", "0 < s_k ≤ α ≤ ρs_k in sweep k, s_k fixed before the run: the least "
    "that was used in any past", grants=Shrinks(least_step, rho), only=RATES[2:],
)  # fmt: skip
LOWER = Hypothesis(
    "f* ≤ V", "f* is a lower bound of f, so of V", ex.value - fstar, only=RATES
)  # fmt: skip

MEANING = {
    **{name: ex.MEANING[name] for name in ("amin", "amax", "Lbar", "B", "K", "fstar")},
    "f0": "V⁰, which is f(w⁰): the first sweep extrapolates nothing, Δ⁰ = 0",
    "dE": "E V⁺ − V, given the past",
    "df": "E f(z⁺) − f(z), given the past",
    "d2": "‖Δ‖²",
    "e2": "E‖Δ⁺‖², given the past",
    "beta": "β, the extrapolation of all blocks before the sweep",
    "g0": "‖∇f(y)‖²",
    "lowest": "min_{k<K} E‖∇f(y^k)‖²",
    "pull": "Σ_j α_j(∂_jf(y))²",
    "noise": "N = Σ_j α_j²σ_j², σ_j² the variance of ∂_jℓ(y;ξ)",
    "variance": "Σ_j σ_j² at y",
    "level": "σ², the largest EΣ_jσ_j² of the sweeps so far",
    "ratio": "ρ, declared: at least α_max/α_min",
    "rho": "ρ, the largest α_max/α_min of one sweep so far",
    "scale": "a, declared: α_max√K ≤ a ≤ ρα_min√K",
    "s_k": "s_k, fixed before the run: a lower bound of the step sizes of sweep k",
    "steps": "Σ_{k<K} s_k, s_k ≤ α ≤ ρs_k in sweep k",
    "squares": "Σ_{k<K} s_k²",
}
FACTOR = 4 * m
"""R."""
RATE = FACTOR * (f0 - fstar) / (amin * K) + FACTOR * EXPLICIT * amax**2 / amin * level
ROOT_K = sp.sqrt(K)
SCALED = FACTOR * ratio * ((f0 - fstar) / scale + EXPLICIT * scale * level)
SHRUNK = FACTOR * (f0 - fstar + EXPLICIT * rho**2 * level * squares) / steps
POSITIVE_SCALE = Inequality("0 < a", sp.Integer(0), scale, "a is positive", strict=True)
BELOW = Inequality("α_max√K ≤ a", amax * ROOT_K, scale, "no step size is above a/√K")
ABOVE = Inequality("a ≤ ρα_min√K", scale, ratio * amin * ROOT_K, "none is below a/(ρ√K)")
FLOORED = Inequality("f* ≤ f(w⁰)", fstar, f0, "f* is a lower bound of f(w⁰)")
SPREAD = Inequality("0 ≤ σ²", sp.Integer(0), level, "a variance is not negative")
SOME = Inequality("0 < Σs", sp.Integer(0), steps, "the step sizes have a sum", strict=True)

S8 = Theorem(
    id="S8",
    title="SAMT with extrapolation of all blocks, one batch a sweep",
    statement=(
        "y = w + βΔ for all blocks, then w⁺ = y − Dg block by block on one batch; 0 ≤ β < 1, "
        "m = 1 − β; D predictable, 0 < α ≤ α_max, in any way trained; ∇ℓ(·;ξ) L̄-Lipschitz, σ_j² "
        "the variance of ∂_jℓ(y;ξ), N = Σα_j²σ_j², p = L̄α_max, q = p√(B−1) < 1. With "
        "z = w + (β/m)Δ, V = f(z) + λ‖Δ‖², λ = α_maxL̄²β⁴/(2m⁴) and "
        "κ = (L̄/2m²)[1 + p(B−1)m + pβ⁴/m³]/(1−q)²: E V⁺ ≤ V − (1/(2m) − κα_max)Σα_j(∂_jf(y))² "
        "+ κN. If p ≤ m²/4 and 4Bp ≤ 1: E V⁺ ≤ V − "
        "(1/4m)Σα_j(∂_jf(y))² + κ₁N, κ₁ = κ(1−q)²·64/49; then min_{k<K} E‖∇f(y^k)‖² ≤ "
        "4m(f(w⁰) − f*)/(α_min K) + 4mκ₁(α_max²/α_min)σ², at most (4mρ/√K)((f(w⁰) − f*)/a + κ₁aσ²) "
        "where α_max√K ≤ a ≤ ρα_min√K, and at most 4m(f(w⁰) − f* + κ₁ρ²σ²Σs_k²)/Σs_k where "
        "0 < s_k ≤ α ≤ ρs_k."
    ),
    latex=(
        r"\mathbb E V^+\le V-\Bigl(\tfrac1{2m}-\kappa\alpha_{\max}\Bigr)"
        r"\sum_j\alpha_j(\partial_jf(y))^2+\kappa\sum_j\alpha_j^2\sigma_j^2"
    ),
    source="amverify, specification of SAMT with extrapolation, B1, C2, C3",
    symbols=MEANING,
    conclusions=(
        Conclusion(
            Inequality(
                "expected descent", dE, -(HALF / m - amax * KAPPA) * pull + KAPPA * noise
            ),
            sweeps,
            (POSITIVE_BOUND, *BETA, CONTRACTS),
        ),
        Conclusion(
            Inequality("explicit", dE, -FALL * pull + EXPLICIT * noise), sweeps, RATED
        ),
        Conclusion(Inequality(RATES[0], lowest, RATE), rates, RATED),
        Conclusion(
            Inequality(RATES[1], lowest * ROOT_K, SCALED), scaled_rates,
            (*RATED, POSITIVE_SCALE, BELOW, ABOVE, FLOORED, SPREAD),
        ),
        Conclusion(
            Inequality(RATES[2], lowest, SHRUNK), shrinking_rates, (*RATED, SOME)
        ),
    ),
    facts=(PREDICTABLE, ONE_BATCH, EXTRAPOLATED, ANEW, SMOOTH, HONEST),
    hypotheses=(
        SAMPLES, MEAN_SMOOTH, ex.FIXED, AT_Y, SWEEP, USED, SHRINKING, POTENTIAL, LOWER,
    ),
    parameters=(SAMPLE_MODULUS,),
    options=("alpha", "fstar", "ratio", "scale"),
    constants={"λ": WEIGHT, "κ": KAPPA, "κ₁": EXPLICIT},
    remarks=ex.measured,
    terms={
        "df": Change("f", AHEAD, ahead(MOVED)),
        "d2": Inner(PAST, PAST),
        "e2": Inner(MOVED, MOVED),
        "pull": Total("j", alpha * entry(SLOPE) ** 2),
        "noise": Total("j", alpha**2 * entry(NOISE) ** 2),
        "g0": Total("j", entry(SLOPE) ** 2),
        "variance": Total("j", entry(NOISE) ** 2),
        "B": Count(1),
        "K": Count(1),
        "level": Largest(spread),
        "lowest": Smallest(ex.descent),
        "steps": Running(least_step),
        "squares": Running(least_step**2),
    },
    follows={"F_k": ex.after},
    starts={"F_k": f0},
    fixed=(
        *("f0", "fstar", "amin", "amax", "Lbar", "B", "beta", "level", "lowest"),
        *("ratio", "rho", "scale"),
    ),
)  # fmt: skip
