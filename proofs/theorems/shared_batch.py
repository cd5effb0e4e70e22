r"""S7: what a sweep on one batch drifts, and what the drift costs.

Beside what ``drift`` has, coordinate by coordinate with G = ∇f(w):

    Gu ≥ (1−η)αG² + αGn − (α_max/4η)r²          αη(G + r/2η)² is what is left

and the sum of αGn vanishes. The rate is S3's induction, with E N of every sweep for its constant.
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems import shared_batch as sb
from amverify.theorems.base import symbols
from amverify.theorems.expectation import B, Lbar, amax, amin, dE, g0
from amverify.theorems.properties import ORIGIN, Vector, entry
from amverify.theorems.shared_batch import SLOPE, STEP, eta, level, noise, pull, variance
from proofs.script import facts, sweeps
from proofs.script.chains import (
    Chain,
    Conclusion,
    Product,
    Step,
    condition,
    credit,
    declared,
    derived,
    fact,
    inverse,
    said,
    term,
)
from proofs.script.chains import means as is_
from proofs.script.links import Join, Lemma, Link
from proofs.script.sweeps import sums
from proofs.theorems.drift import (
    BLOCK,
    HALF,
    MOMENT,
    QUARTER,
    ROOTS,
    RR,
    SHORT,
    SIGNS,
    alpha,
    n,
    names,
    p,
    past,
    r,
    read,
    reading,
    short,
    steps,
    summed,
    u,
)
from proofs.theorems.rates import conclusion

G = entry(SLOPE)
OWN = names(SLOPE)


def _share(part: sp.Expr) -> sp.Expr:
    """Gu − (1−η)αG² − αGn + (α_max/4η)r²."""
    return G * u - (1 - part) * alpha * G**2 - alpha * G * n + amax / (4 * part) * r**2


_COORDINATE = (
    *SIGNS, *steps(SLOPE),
    condition(sb.POSITIVE_SHARE),
    *inverse("0 < η", eta),
    derived("pull", _share(eta), "η pays for r",
            term(1, "α", "0 < η", squares=(G + r / (2 * eta),)),
            term(QUARTER, "1/0 < η", "α ≤ α_max", squares=(r,)), zero=("Dh", "Dr", "·1/0 < η")),
    derived("pull, a quarter", _share(QUARTER), "a quarter pays for r",
            term(QUARTER, "α", squares=(G + 2 * r,)),
            term(1, "α ≤ α_max", squares=(r,)), zero=("Dh", "Dr")),
)  # fmt: skip


def lemma(at: Vector, step: Vector) -> tuple[Step, ...]:
    """The descent lemma from a point along a step, in the mean."""
    return (fact("lemma", facts.DESCENT, "f", step, at), is_("dE", dE))


GENERAL = conclusion(sb.S7, "expected descent")
_GENERAL = (
    *read(SLOPE), *ROOTS, *lemma(ORIGIN, -STEP),
    condition(sb.POSITIVE_SHARE),
    *inverse("0 < η", eta),
    fact("E Gn = 0", sweeps.CENTRED, SLOPE, 1),
    credit("cost", sums(G * u) - (1 - eta) * sums(alpha * G**2) - sums(alpha * G * n)
           + amax / (4 * eta) * RR, "⟨G, u⟩, over the coordinates"),
    derived("descent", GENERAL.rhs - GENERAL.lhs, "collected",
            term(1, "lemma"), term(1, "cost"), term(QUARTER, "α_max", "1/0 < η", "blocks"),
            term(HALF, "L̄", "‖u‖²"), term(QUARTER, "α_max", "1/0 < η", "L̄", "L̄", "B ≥ 1", "‖u‖²"),
            zero=("dE", "pull", "E Gn = 0", "‖u‖²=")),
)  # fmt: skip


def _explicit(name: str, fall: sp.Rational, least: sp.Rational, *more: Product) -> tuple[Step, ...]:
    """A conclusion with ``fall`` in front, from p ≤ ``least``, which ``more`` proves."""
    goal = conclusion(sb.S7, name)
    return (
        *read(SLOPE), fact("‖u‖²=", facts.SQUARE, STEP), *SHORT, *lemma(ORIGIN, -STEP),
        derived("p is small", least - p, "4Bp ≤ 1", *more),
        fact("E Gn = 0", sweeps.CENTRED, SLOPE, 1),
        credit("cost", sums(G * u) - sp.Rational(3, 4) * sums(alpha * G**2) - sums(alpha * G * n)
               + amax * RR, "⟨G, u⟩ with η = ¼, over the coordinates"),
        derived("moments", HALF * Lbar + p * Lbar * (B - 1), "not negative",
                term(HALF, "L̄"), term(1, "p ≥ 0", "L̄", "B ≥ 1")),
        derived("first", -sp.Rational(3, 4) * pull + (HALF * Lbar + p * Lbar * (B - 1))
                * sp.Rational(64, 49) * MOMENT - dE, "with ‖r‖² and ‖u‖²",
                term(1, "lemma"), term(1, "cost"), term(1, "α_max", "blocks"),
                term(1, "moments", "‖u‖², explicit"), zero=("dE", "pull", "E Gn = 0", "‖u‖²=")),
        credit("pull ≥ 0", pull, "a sum of squares"),
        credit("noise ≥ 0", noise, "a sum of squares"),
        derived("p(B−1) ≤ 1/4", QUARTER - p * (B - 1), "4Bp ≤ 1",
                term(QUARTER, "4BL̄α_max ≤ 1"), term(1, "p ≥ 0")),
        derived("noise is paid", Lbar - sp.Rational(64, 49) * (HALF * Lbar + p * Lbar * (B - 1)),
                "(64/49)(½ + ¼) ≤ 1", term(sp.Rational(64, 49), "L̄", "p(B−1) ≤ 1/4"),
                term(sp.Rational(1, 49), "L̄")),
        derived("fall", sp.Rational(3, 4) - fall - sp.Rational(64, 49) * p * (HALF + p * (B - 1)),
                "p(½ + p(B−1)) ≤ ¾p",
                term(sp.Rational(64, 49), "p ≥ 0", "p(B−1) ≤ 1/4"),
                term(sp.Rational(48, 49), "p is small"),
                term(sp.Rational(3, 4) - fall - sp.Rational(48, 49) * least)),
        derived("descent", goal.rhs - goal.lhs, "collected",
                term(1, "first"), term(1, "fall", "pull ≥ 0"),
                term(1, "noise is paid", "noise ≥ 0")),
    )  # fmt: skip


_OF_ONE = _explicit(
    "explicit", sb.FALL, QUARTER, term(QUARTER, "4BL̄α_max ≤ 1"), term(1, "p ≥ 0", "B ≥ 1")
)
_GIVEN = (
    *_OF_ONE,
    credit("least", pull - amin * g0, "α ≥ α_min, over the coordinates"),
    credit("most", amax**2 * variance - noise, "α ≤ α_max, over the coordinates"),
    derived("given", Lbar * amax**2 * variance - sb.FALL * amin * g0 - dE, "given the past",
            term(1, "descent"), term(sb.FALL, "least"), term(1, "L̄", "most")),
)  # fmt: skip
_OF_TWO = _explicit(
    "explicit, two blocks or more", sb.FALL_OF_TWO, sp.Rational(1, 8),
    term(sp.Rational(1, 8), "4BL̄α_max ≤ 1"), term(HALF, "p ≥ 0", "2 ≤ B"),
)  # fmt: skip
_TWO = (condition(sb.TWO), *_OF_TWO)

value, slope, spread, following = ex.value, ex.descent, sb.spread, ex.after
FALL = sb.FALL * amin
REST = Lbar * amax**2 * level
_GROWN = ex.f0 + ex.K * REST - ex.K * FALL * ex.lowest
_SWEEP = (
    condition(sb.POSITIVE_BOUND),
    declared("L̄", Lbar),
    is_("level", level),
    credit("step", value - FALL * slope + Lbar * amax**2 * spread - following,
           "the descent, over the past"),
    is_("lowest", ex.lowest),
    credit("hypothesis", _GROWN - value, "F_k + ck·α_min·min ≤ f(w⁰) + kR"),
    derived("next", _GROWN.subs(ex.K, ex.K + 1) - following, "the same for k + 1",
            term(1, "hypothesis"), term(1, "step"), term(sb.FALL, "0 < α_min", "lowest"),
            term(1, "L̄", "level", squares=(amax,))),
    said("f* ≤ f"),
    derived("bounded", _GROWN - ex.fstar, "F_k ≥ f*", term(1, "hypothesis"), term(1, "f* ≤ f")),
)  # fmt: skip
RATE = conclusion(sb.S7, "rate")
_RATE = (
    is_("K ≥ 1", ex.K),
    derived("K", ex.K, "there is a sweep", term(1, "K ≥ 1"), term(1), kind=">"),
    condition(sb.POSITIVE_BOUND),
    *inverse("K", ex.K),
    *inverse("0 < α_min", amin),
    credit("sum", _GROWN - ex.fstar, "after K sweeps, by induction"),
    derived("rate", RATE.rhs - RATE.lhs, "divided by α_minK/2",
            term(sb.RATE, "1/K", "1/0 < α_min", "sum"), zero=("·1/K", "·1/0 < α_min")),
)  # fmt: skip

CHAINS: tuple[Chain, ...] = (
    Chain(sb.S7, _COORDINATE, (), "one coordinate"),
    Chain(sb.S7, BLOCK, (), "one block"),
    Chain(sb.S7, _GENERAL, (Conclusion(GENERAL, "descent"),)),
    Chain(sb.S7, _GIVEN, (Conclusion(conclusion(sb.S7, "explicit"), "descent"),), "explicit"),
    Chain(
        sb.S7, _TWO, (Conclusion(conclusion(sb.S7, "explicit, two blocks or more"), "descent"),),
        "two blocks",
    ),
    Chain(sb.S7, _SWEEP, (), "one sweep"),
    Chain(sb.S7, _RATE, (Conclusion(RATE, "rate"),), "rate"),
)  # fmt: skip


_CHANGE, _SLOPE, _SPREAD = symbols("change_w slope_w spread_w")
JOINS: tuple[Join, ...] = (
    *reading(OWN, ""),
    summed(OWN, "", "cost", "pull"),
    *short(OWN, "explicit"),
    summed(OWN, "explicit", "cost", "pull, a quarter"),
    summed(OWN, "explicit", "least", "", "pull", "g0"),
    summed(OWN, "explicit", "most", "", "variance", "noise"),
    *short(OWN, "two blocks"),
    summed(OWN, "two blocks", "cost", "pull, a quarter"),
    Lemma(
        ("one sweep", "step"),
        past(("explicit", "given"), Lbar * amax**2 * _SPREAD - FALL * _SLOPE - _CHANGE),
    ),
    Link(
        "one sweep", ("hypothesis", "next"), ("rate", "sum"), ex.K,
        (amin, amax, Lbar, B, level, ex.lowest, ex.f0, ex.fstar),
        follow={value: following}, first={value: ex.f0}, then="bounded",
    ),
)  # fmt: skip
