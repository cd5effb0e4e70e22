r"""S8: the Lyapunov function of a sweep that extrapolates first, and its rates.

What ``drift`` says of the step Dg serves from y, too. Coordinate by coordinate, with G = ∇f(y),
H = ∇f(z), u = Dh + Dr, x = Δ, i = 1/m:

    Hu ≥ ½αG² + αHn − ½α_max((H − G)² + r²)        ½α(H + r)² is what is left
    βx² + iu² − (βx − u)² ≥ 0                        βi(mx + u)²

and the sum of αHn vanishes: z is known before the batch, as y is. z − y = β²iΔ.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems import extrapolated as et
from amverify.theorems import shared_batch as sb
from amverify.theorems.base import symbols
from amverify.theorems.expectation import B, K, Lbar, amax, amin, dE, g0
from amverify.theorems.extrapolated import (
    AHEAD,
    MOVED,
    PAST,
    SECOND,
    SLOPE,
    SLOPE_AHEAD,
    START,
    ahead,
    d2,
    df,
    e2,
    m,
)
from amverify.theorems.properties import entry
from amverify.theorems.shared_batch import STEP, level, noise, pull, variance
from amverify.theorems.views.extrapolated import WEIGHT, beta
from proofs.script import facts, means, sweeps
from proofs.script.chains import (
    Chain,
    Conclusion,
    Step,
    condition,
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
from proofs.script.links import Join, Lemma, Link
from proofs.script.sweeps import sums
from proofs.theorems.drift import (
    BLOCK,
    HALF,
    QUARTER,
    ROOTS,
    RR,
    SHORT,
    SIGNS,
    UU,
    alpha,
    n,
    names,
    p,
    past,
    r,
    read,
    reading,
    steps,
    summed,
    u,
)
from proofs.theorems.rates import conclusion

G, H, x = (entry(v) for v in (SLOPE, SLOPE_AHEAD, PAST))
OWN = names(SLOPE, SLOPE_AHEAD, PAST)
least = et.least_step

NUMBERS: tuple[Step, ...] = (*(condition(c) for c in et.BETA), *inverse("β < 1", m))
_COORDINATE = (
    *SIGNS, *steps(SLOPE), *NUMBERS,
    derived("cost", H * u - HALF * alpha * G**2 - alpha * H * n
            + HALF * amax * ((H - G) ** 2 + r**2),
            "−(G+d)(G+r) ≤ −½G² + ½d² + ½r², d = H − G",
            term(HALF, "α", squares=(H + r,)), term(HALF, "α ≤ α_max", squares=(H - G,)),
            term(HALF, "α ≤ α_max", squares=(r,)), zero=("Dh", "Dr")),
    fact("s ≤ α", sweeps.LOW),
    fact("α ≤ ρs", sweeps.HIGH),
    derived("ρs", et.rho * least, "not negative", term(1, "α"), term(1, "α ≤ ρs")),
    derived("ρs + α", et.rho * least + alpha, "a sum", term(1, "ρs"), term(1, "α")),
    derived("least, shrinking", alpha * G**2 - least * G**2, "α ≥ s_k",
            term(1, "s ≤ α", squares=(G,))),
    derived("most, shrinking", et.rho**2 * least**2 * n**2 - alpha**2 * n**2, "α ≤ ρs_k",
            term(1, "α ≤ ρs", "ρs + α", squares=(n,))),
    derived("Jensen", beta * x**2 + u**2 / m - (beta * x - u) ** 2, "(βx − u)² ≤ βx² + u²/m",
            term(1, "0 ≤ β", "1/β < 1", squares=(m * x + u,)), zero=("·1/β < 1",)),
)  # fmt: skip

DD = sums(x**2)
_MOVED = beta**2 * DD - 2 * beta * sums(x * u) + UU
"""‖βΔ − u‖²."""
TURNED = sums((H - G) ** 2)


def _first() -> tuple[Step, ...]:
    """What both descents begin with: E V⁺ − V by Σα(∂_jf)² and ‖u‖², and what multiplies it."""
    return (
        *read(SLOPE), *NUMBERS,
        fact("lemma", facts.DESCENT, "f", ahead(MOVED), AHEAD),
        fact("Lipschitz", facts.LIPSCHITZ, "f", AHEAD, START),
        fact("E Hn = 0", sweeps.CENTRED, SLOPE_AHEAD, 1),
        is_("df", df), is_("d2", d2), is_("e2", e2), said("V"),
        credit("cost", sums(H * u) - HALF * sums(alpha * G**2) - sums(alpha * H * n)
               + HALF * amax * (TURNED + RR), "⟨∇f(z), u⟩, over the coordinates"),
        credit("Jensen", beta * DD + UU / m - _MOVED, "‖Δ⁺‖², over the coordinates"),
        derived("turned", Lbar**2 * beta**4 / m**2 * DD - TURNED, "z − y = β²Δ/m",
                term(1, "Lipschitz"), zero=("·1/β < 1",)),
        derived("fall of f", Lbar / (2 * m**2) * UU - sums(H * u) / m - df, "the descent lemma",
                term(1, "lemma"), zero=("df", "·1/β < 1")),
        derived("fall of f, paid", Lbar / (2 * m**2) * UU - HALF * pull / m
                + HALF * amax / m * (Lbar**2 * beta**4 / m**2 * DD + Lbar**2 * (B - 1) * UU) - df,
                "with d and r", term(1, "fall of f"), term(1, "1/β < 1", "cost"),
                term(HALF, "1/β < 1", "α_max", "turned"), term(HALF, "1/β < 1", "α_max", "blocks"),
                zero=("pull", "E Hn = 0")),
        derived("grown", WEIGHT * (beta * d2 + UU / m - e2), "λ‖Δ⁺‖² by Jensen",
                term(HALF, "α_max", "Jensen", squares=(Lbar * beta**2 / m**2,)), zero=("d2", "e2")),
        derived("first", SECOND * UU - HALF * pull / m - dE, "λ cancels ‖Δ‖²",
                term(1, "fall of f, paid"), term(1, "grown"), zero=("V", "d2", "·1/β < 1")),
        derived("p", p, "a product", term(1, "L̄", "α_max")),
        derived("second of u", SECOND, "no part is negative",
                term(HALF, "L̄", squares=(1 / m,)),
                term(HALF, "L̄", "p", "B ≥ 1", "1/β < 1"),
                term(HALF, "L̄", "p", "1/β < 1", squares=(beta**2 / m**2,)), zero=("·1/β < 1",)),
    )  # fmt: skip


GENERAL, EXPLICIT = (conclusion(et.S8, name) for name in ("expected descent", "explicit"))
_GENERAL = (
    *_first(), *ROOTS,
    derived("descent", GENERAL.rhs - GENERAL.lhs, "collected",
            term(1, "first"), term(1, "second of u", "‖u‖²"), zero=("‖u‖²=",)),
)  # fmt: skip
_PAID: tuple[Step, ...] = (
    condition(et.INSIDE),
    derived("m", m, "β < 1", term(1, "β < 1")),
    derived("p/m ≤ m/4", m / 4 - p / m, "p ≤ m²/4", term(1, "1/β < 1", "p ≤ m²/4"),
            zero=("·1/β < 1",)),
    derived("p/m² ≤ 1/4", QUARTER - p / m**2, "p ≤ m²/4", term(1, "1/β < 1", "p/m ≤ m/4"),
            zero=("·1/β < 1",)),
    derived("p(B−1) ≤ 1/4", QUARTER - p * (B - 1), "4Bp ≤ 1",
            term(QUARTER, "4BL̄α_max ≤ 1"), term(1, "p")),
    derived("p²(B−1) ≤ m²/16", m**2 / 16 - p**2 * (B - 1), "p ≤ m²/4",
            term(1, "p", "p(B−1) ≤ 1/4"), term(QUARTER, "p ≤ m²/4")),
    derived("p/m²", p / m**2, "a product", term(1, "p", squares=(1 / m,))),
    derived("p²/m⁴ ≤ 1/16", sp.Rational(1, 16) - p**2 / m**4, "p ≤ m²/4",
            term(QUARTER, "p/m² ≤ 1/4"), term(1, "p/m²", "p/m² ≤ 1/4")),
    derived("β⁴ ≤ β", beta - beta**4, "0 ≤ β < 1",
            term(1, "0 ≤ β", "m"), term(1, "0 ≤ β", "0 ≤ β", "m"),
            term(1, "0 ≤ β", "0 ≤ β", "0 ≤ β", "m")),
    derived("brackets", sp.Rational(5, 16) - p / m - p**2 * (B - 1) - p**2 * beta**4 / m**4,
            "m/4 + m²/16 + β⁴/16 ≤ 5/16",
            term(1, "p/m ≤ m/4"), term(1, "p²(B−1) ≤ m²/16"),
            term(1, "p²/m⁴ ≤ 1/16", squares=(beta**2,)), term(sp.Rational(1, 16), "β⁴ ≤ β"),
            term(QUARTER, "0 ≤ β"), term(sp.Rational(1, 16), "0 ≤ β", "m")),
    derived("paid", QUARTER / m - amax * et.EXPLICIT, "the step sizes pay for κ",
            term(sp.Rational(32, 49), "1/β < 1", "brackets"), term(sp.Rational(9, 196), "1/β < 1"),
            zero=("·1/β < 1",)),
)  # fmt: skip
_EXPLICIT = (
    *_first(), fact("‖u‖²=", facts.SQUARE, STEP), *SHORT, *_PAID,
    credit("pull ≥ 0", pull, "a sum of squares"),
    derived("descent", EXPLICIT.rhs - EXPLICIT.lhs, "collected",
            term(1, "first"), term(1, "second of u", "‖u‖², explicit"),
            term(1, "paid", "pull ≥ 0")),
)  # fmt: skip

_GIVEN = (
    *_EXPLICIT,
    credit("least", pull - amin * g0, "α ≥ α_min, over the coordinates"),
    credit("most", amax**2 * variance - noise, "α ≤ α_max, over the coordinates"),
    derived("κ₁", et.EXPLICIT, "not negative", term(sp.Rational(64, 49), "second of u")),
    derived("given", et.EXPLICIT * amax**2 * variance - et.FALL * amin * g0 - dE,
            "given the past", term(1, "descent"), term(QUARTER, "1/β < 1", "least"),
            term(1, "κ₁", "most")),
    credit("least, shrinking", pull - least * g0, "α ≥ s_k, over the coordinates"),
    credit("most, shrinking", et.rho**2 * least**2 * variance - noise,
           "α ≤ ρs_k, over the coordinates"),
    derived("given, shrinking",
            et.EXPLICIT * et.rho**2 * least**2 * variance - et.FALL * least * g0 - dE,
            "given the past", term(1, "descent"), term(QUARTER, "1/β < 1", "least, shrinking"),
            term(1, "κ₁", "most, shrinking")),
)  # fmt: skip

value, slope, spread, following = ex.value, ex.descent, sb.spread, ex.after
REST = et.EXPLICIT * amax**2
_GROWN = ex.f0 + K * REST * level - K * et.FALL * amin * ex.lowest
_KAPPA: tuple[Step, ...] = (
    *NUMBERS,
    declared("L̄", Lbar),
    condition(sb.POSITIVE_BOUND),
    fact("α_min ≤ α", means.LOW),
    fact("α ≤ α_max", means.HIGH),
    is_("B ≥ 1", B),
    derived("α_max", amax, "step sizes are positive",
            term(1, "0 < α_min"), term(1, "α_min ≤ α"), term(1, "α ≤ α_max")),
    derived("p", p, "a product", term(1, "L̄", "α_max")),
    derived("κ₁", et.EXPLICIT, "no part is negative",
            term(sp.Rational(32, 49), "L̄", squares=(1 / m,)),
            term(sp.Rational(32, 49), "L̄", "p", "B ≥ 1", "1/β < 1"),
            term(sp.Rational(32, 49), "L̄", "p", "1/β < 1", squares=(beta**2 / m**2,)),
            zero=("·1/β < 1",)),
    is_("level", level),
    is_("lowest", ex.lowest),
    said("f* ≤ V"),
)  # fmt: skip
_SWEEP = (
    *_KAPPA,
    credit("step", value - et.FALL * amin * slope + REST * spread - following, "over the past"),
    credit("hypothesis", _GROWN - value, "EV_k + (α_min/4m)k·min ≤ f(w⁰) + kκ₁α_max²σ²"),
    derived("next", _GROWN.subs(K, K + 1) - following, "the same for k + 1",
            term(1, "hypothesis"), term(1, "step"),
            term(QUARTER, "1/β < 1", "0 < α_min", "lowest"),
            term(1, "κ₁", "level", squares=(amax,))),
    derived("bounded", _GROWN - ex.fstar, "V ≥ f*", term(1, "hypothesis"), term(1, "f* ≤ V")),
)  # fmt: skip
RATE, SCALED, SHRUNK = (conclusion(et.S8, name) for name in et.RATES)
_RATED: tuple[Step, ...] = (
    *NUMBERS,
    condition(sb.POSITIVE_BOUND),
    derived("m", m, "β < 1", term(1, "β < 1")),
    is_("K ≥ 1", K),
    derived("K", K, "there is a sweep", term(1, "K ≥ 1"), term(1), kind=">"),
    *inverse("K", K),
    *inverse("0 < α_min", amin),
    credit("sum", _GROWN - ex.fstar, "after K sweeps, by induction"),
    derived("rate", RATE.rhs - RATE.lhs, "divided by α_minK/4m",
            term(4, "m", "1/K", "1/0 < α_min", "sum"),
            zero=("·1/K", "·1/0 < α_min", "·1/β < 1")),
)  # fmt: skip
F, ROOT = ex.f0 - ex.fstar, rooted(K)
_A, _RATIO, _RHO = et.scale, et.ratio, et.rho
_SCALED = (
    *_KAPPA[:-2],
    *_RATED[len(NUMBERS) + 1 :],
    *map(condition, (et.POSITIVE_SCALE, et.BELOW, et.ABOVE)),
    *map(condition, (et.FLOORED, et.SPREAD)),
    *inverse("0 < a", _A),
    derived("K ≥ 0", K, "so", term(1, "K")),
    *square_root("K ≥ 0", K),
    derived("a + α_max√K", _A + amax * ROOT, "a sum", term(1, "0 < a"), term(1, "α_max", "√K ≥ 0")),
    derived("a√K", _RATIO * amin * K - _A * ROOT, "a ≤ ρα_min√K",
            term(1, "√K ≥ 0", "a ≤ ρα_min√K"), zero=("√²K ≥ 0",)),
    derived("√K/α_minK", _RATIO / _A - ROOT / (amin * K), "√K/(α_minK) ≤ ρ/a",
            term(1, "a√K", "1/0 < a", "1/0 < α_min", "1/K"),
            zero=("·1/0 < a", "·1/0 < α_min", "·1/K")),
    derived("α_max²", _RATIO * _A * amin * K - amax**2 * ROOT * K, "α_max√K ≤ a ≤ ρα_min√K",
            term(1, "√K ≥ 0", "a ≤ ρα_min√K", "0 < a"),
            term(1, "√K ≥ 0", "α_max√K ≤ a", "a + α_max√K"), zero=("√²K ≥ 0",)),
    derived("α_max²√K", _RATIO * _A - amax**2 * ROOT / amin, "α_max²√K/α_min ≤ ρa",
            term(1, "α_max²", "1/0 < α_min", "1/K"), zero=("·1/0 < α_min", "·1/K")),
    derived("scaled", SCALED.rhs - SCALED.lhs, "times √K",
            term(1, "rate", "√K ≥ 0"), term(4, "m", "f* ≤ f(w⁰)", "√K/α_minK"),
            term(4, "m", "κ₁", "0 ≤ σ²", "α_max²√K")),
)  # fmt: skip

total, later, squared, after = symbols("s_sum s_sum_next s_squares s_squares_next")
PAID = et.EXPLICIT * _RHO**2 * level


def _shrunk(steps: sp.Expr, squares: sp.Expr) -> sp.Expr:
    return ex.f0 + PAID * squares - et.FALL * steps * ex.lowest


_SHRINKING = (
    *_KAPPA,
    fact("s ≤ α", sweeps.LOW),
    fact("α ≤ ρs", sweeps.HIGH),
    credit("step", value - et.FALL * least * slope + et.EXPLICIT * _RHO**2 * least**2 * spread
           - following, "over the past"),
    fact("s ≥ 0", sweeps.POSITIVE),
    define("Σs", later, total + least, "one sweep more"),
    define("Σs²", after, squared + least**2, "one sweep more"),
    credit("hypothesis", _shrunk(total, squared) - value, "EV_k + Σs·min/4m ≤ f(w⁰) + κ₁ρ²σ²Σs²"),
    derived("next", _shrunk(later, after) - following, "the same for k + 1",
            term(1, "hypothesis"), term(1, "step"), term(QUARTER, "1/β < 1", "s ≥ 0", "lowest"),
            term(1, "κ₁", "level", squares=(_RHO * least,)), zero=("Σs", "Σs²")),
    derived("bounded", _shrunk(total, squared) - ex.fstar, "V ≥ f*",
            term(1, "hypothesis"), term(1, "f* ≤ V")),
)  # fmt: skip
_SHRUNK = (
    *NUMBERS,
    derived("m", m, "β < 1", term(1, "β < 1")),
    condition(et.SOME),
    *inverse("0 < Σs", et.steps),
    credit("sum", _shrunk(et.steps, et.squares) - ex.fstar, "after K sweeps, by induction"),
    derived("rate", SHRUNK.rhs - SHRUNK.lhs, "divided by Σs/4m", term(4, "m", "1/0 < Σs", "sum"),
            zero=("·1/0 < Σs", "·1/β < 1")),
)  # fmt: skip

CHAINS: tuple[Chain, ...] = (
    Chain(et.S8, _COORDINATE, (), "one coordinate"),
    Chain(et.S8, BLOCK, (), "one block"),
    Chain(et.S8, _GENERAL, (Conclusion(GENERAL, "descent"),)),
    Chain(et.S8, _GIVEN, (Conclusion(EXPLICIT, "descent"),), "explicit"),
    Chain(et.S8, _SWEEP, (), "one sweep"),
    Chain(et.S8, _RATED, (Conclusion(RATE, "rate"),), "rate"),
    Chain(et.S8, _SCALED, (Conclusion(SCALED, "scaled"),), "1/√K"),
    Chain(et.S8, _SHRINKING, (), "one sweep, shrinking"),
    Chain(et.S8, _SHRUNK, (Conclusion(SHRUNK, "rate"),), "shrinking"),
)


def _own(chain: str) -> tuple[Join, ...]:
    return (summed(OWN, chain, "cost"), summed(OWN, chain, "Jensen"))


_CHANGE, _SLOPE, _SPREAD = symbols("change_w slope_w spread_w")
_CONSTANTS = (amin, amax, Lbar, B, beta, level, ex.lowest, ex.f0, ex.fstar)


def _induced(target: str) -> Link:
    """Over the sweeps, with one α_min and one α_max."""
    return Link(
        "one sweep", ("hypothesis", "next"), (target, "sum"), K, _CONSTANTS,
        follow={value: following}, first={value: ex.f0}, then="bounded",
    )  # fmt: skip


JOINS: tuple[Join, ...] = (
    *reading(OWN, ""), *_own(""),
    *reading(OWN, "explicit"), *_own("explicit"),
    summed(OWN, "explicit", "apart"),
    summed(OWN, "explicit", "pull ≥ 0", "", "pull"),
    summed(OWN, "explicit", "least", "", "pull", "g0"),
    summed(OWN, "explicit", "most", "", "variance", "noise"),
    summed(OWN, "explicit", "least, shrinking", "", "pull", "g0"),
    summed(OWN, "explicit", "most, shrinking", "", "variance", "noise"),
    Lemma(
        ("one sweep", "step"),
        past(("explicit", "given"), REST * _SPREAD - et.FALL * amin * _SLOPE - _CHANGE),
    ),
    _induced("rate"),
    _induced("1/√K"),
    Lemma(
        ("one sweep, shrinking", "step"),
        past(
            ("explicit", "given, shrinking"),
            et.EXPLICIT * _RHO**2 * least**2 * _SPREAD - et.FALL * least * _SLOPE - _CHANGE,
            "one sweep, shrinking",
        ),
    ),
    Link(
        "one sweep, shrinking", ("hypothesis", "next"), ("shrinking", "sum"), K,
        (*_CONSTANTS, _RHO),
        follow={value: following, total: later, squared: after}, first={value: ex.f0},
        zero=(total, squared), ends={et.steps: total, et.squares: squared}, then="bounded",
    ),
)  # fmt: skip
