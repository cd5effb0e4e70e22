r"""What a sweep on one batch drifts: what S7 and S8 have in common, from whichever point it begins.

Coordinate by coordinate, then summed over coordinates (and outcomes, see ``proofs.script.sweeps``),
with G = ∇f at the sweep's first point, u = Dh + Dr the step, h = ∇ℓ there = G + n:

    (Dh)² ≤ α_maxαG² + α²n² + 2α²Gn
    (Dr)² ≤ α_max²r²
    (Dh)² ≥ (7/8)u² − 7(Dr)²                       (u − 8Dr)²/8 is what is left

The sum of α²Gn vanishes. Over the blocks ‖r‖² ≤ L̄²(B−1)‖u‖², so that ‖Dr‖ ≤ q‖u‖ and
(1−q)‖u‖ ≤ ‖Dh‖. With 4Bp ≤ 1: p²(B−1) ≤ (4Bp)²/64 since 4(B−1) ≤ B², and the last line gives
‖u‖² ≤ (64/49)‖Dh‖² without a root.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import sympy as sp

from amverify.theorems import expectation as ex
from amverify.theorems import shared_batch as sb
from amverify.theorems.base import symbols
from amverify.theorems.expectation import B, Lbar, amax, amin
from amverify.theorems.properties import Vector, entry, length
from amverify.theorems.shared_batch import DRIFT, DRIFTED, NOISE, PLAIN, STEP, noise, pull
from proofs.kernel import checker
from proofs.kernel.atoms import atom
from proofs.kernel.checker import Proved
from proofs.script import facts, means, sweeps
from proofs.script.chains import (
    Step,
    condition,
    credit,
    declared,
    derived,
    fact,
    inverse,
    root,
    square_root,
    term,
)
from proofs.script.chains import means as is_
from proofs.script.links import Bench, Credit, Lemma
from proofs.script.sweeps import sums
from proofs.script.translate import polynomial
from proofs.script.vectors import coordinate_name
from proofs.theorems.outcomes import over_outcomes

ONE, HALF, QUARTER = Fraction(1), sp.Rational(1, 2), sp.Rational(1, 4)
alpha = ex.alpha
n, r, v, c = (entry(x) for x in (NOISE, DRIFT, PLAIN, DRIFTED))
u = v + c
U, V, C = (length(x) for x in (STEP, PLAIN, DRIFTED))
UU, RR = sums(u**2), sums(r**2)


def names(*vectors: Vector) -> list[str]:
    """What each coordinate has of its own: α, the sweep's vectors and these."""
    own = [*vectors, NOISE, DRIFT, PLAIN, DRIFTED]
    return [alpha.name, *(coordinate_name(x.parts[0][0]) for x in own)]


SIGNS: tuple[Step, ...] = (
    condition(sb.POSITIVE_BOUND),
    fact("α_min ≤ α", means.LOW),
    fact("α ≤ α_max", means.HIGH),
    derived("α", alpha, "step sizes are positive", term(1, "0 < α_min"), term(1, "α_min ≤ α")),
    derived("α_max", amax, "so is the largest", term(1, "α"), term(1, "α ≤ α_max")),
    derived("α_max + α", amax + alpha, "a sum", term(1, "α_max"), term(1, "α")),
)


def steps(slope: Vector) -> tuple[Step, ...]:
    """Of one coordinate, ∇f at the sweep's first point being ``slope``."""
    G = entry(slope)
    return (
        fact("Dh", sweeps.PLAIN),
        fact("Dr", sweeps.DRIFTED),
        derived("second", amax * alpha * G**2 + alpha**2 * n**2 + 2 * alpha**2 * G * n - v**2,
                "(Dh)² = α²(G + n)²", term(1, "α ≤ α_max", "α", squares=(G,)), zero=("Dh",)),
        derived("drift", amax**2 * r**2 - c**2, "(Dr)² = α²r²",
                term(1, "α ≤ α_max", "α_max + α", squares=(r,)), zero=("Dr",)),
        derived("apart", v**2 - sp.Rational(7, 8) * u**2 + 7 * c**2, "Dh = u − Dr",
                term(sp.Rational(1, 8), squares=(u - 8 * c,))),
        derived("pull ≥ 0", alpha * G**2, "a product", term(1, "α", squares=(G,))),
        derived("noise ≥ 0", alpha**2 * n**2, "a square", term(1, squares=(alpha * n,))),
        derived("least", alpha * G**2 - amin * G**2, "α ≥ α_min",
                term(1, "α_min ≤ α", squares=(G,))),
        derived("most", amax**2 * n**2 - alpha**2 * n**2, "α ≤ α_max",
                term(1, "α ≤ α_max", "α_max + α", squares=(n,))),
    )  # fmt: skip


BLOCK: tuple[Step, ...] = (fact("drift of a block", sweeps.OFF),)

BLOCKS = Lbar**2 * (B - 1) * UU - RR
DRIFTS = amax**2 * RR - sums(c**2)
APART = sums(v**2) - sp.Rational(7, 8) * UU + 7 * sums(c**2)
MOMENT = amax * pull + noise
"""E‖Dh‖² at most."""


def read(slope: Vector) -> tuple[Step, ...]:
    """What the object's symbols are, and ‖Dh‖², ‖Dr‖² and ‖r‖² from above."""
    G = entry(slope)
    second = amax * sums(alpha * G**2) + sums(alpha**2 * n**2) + 2 * sums(alpha**2 * G * n)
    return (
        declared("L̄", Lbar),
        is_("pull", pull),
        is_("noise", noise),
        is_("B ≥ 1", B),
        condition(sb.POSITIVE_BOUND),
        fact("α_min ≤ α", means.LOW),
        fact("α ≤ α_max", means.HIGH),
        derived("α_max", amax, "step sizes are positive",
                term(1, "0 < α_min"), term(1, "α_min ≤ α"), term(1, "α ≤ α_max")),
        fact("E n = 0", sweeps.CENTRED, slope, 2),
        credit("blocks", BLOCKS, "‖r‖² ≤ L̄²(B−1)‖u‖², over the blocks"),
        credit("second", second - sums(v**2), "E‖Dh‖², over the coordinates"),
        credit("drift", DRIFTS, "‖Dr‖² ≤ α_max²‖r‖²"),
        derived("reach", Lbar**2 * amax**2 * (B - 1) * UU - sums(c**2), "‖Dr‖ ≤ q‖u‖, squared",
                term(1, "blocks", squares=(amax,)), term(1, "drift")),
        derived("‖Dh‖²", MOMENT - sums(v**2), "E‖Dh‖² ≤ α_maxΣαG² + N", term(1, "second"),
                zero=("pull", "noise", "E n = 0")),
    )  # fmt: skip


ROOT_B = sp.Symbol(str(atom("√({})", polynomial(B - 1))), real=True)
q = Lbar * amax * ROOT_B
ROOTS: tuple[Step, ...] = (
    *square_root("B ≥ 1", B - 1),
    *(fact(f"‖{x}‖", facts.NORM, at) for x, at in (("u", STEP), ("Dh", PLAIN), ("Dr", DRIFTED))),
    *(fact(f"‖{x}‖²=", facts.SQUARE, at)
      for x, at in (("u", STEP), ("Dh", PLAIN), ("Dr", DRIFTED))),
    fact("triangle", facts.MINKOWSKI, PLAIN, DRIFTED),
    derived("q‖u‖", q * U, "a product", term(1, "L̄", "α_max", "√B ≥ 1", "‖u‖")),
    derived("squares", (q * U) ** 2 - C**2, "q² = L̄²α_max²(B−1)", term(1, "reach"),
            zero=("√²B ≥ 1", "‖u‖²=", "‖Dr‖²=")),
    root("‖Dr‖ ≤ q‖u‖", C, q * U, "its root", "squares", "q‖u‖"),
    derived("short", V - (1 - q) * U, "(1−q)‖u‖ ≤ ‖Dh‖",
            term(1, "triangle"), term(1, "‖Dr‖ ≤ q‖u‖")),
    condition(sb.CONTRACTS),
    *inverse("q < 1", 1 - q),
    derived("squared", V**2 - (1 - q) ** 2 * U**2, "squared", term(1, "short", "short"),
            term(2, "short", "q < 1", "‖u‖")),
    derived("‖u‖²", MOMENT / (1 - q) ** 2 - U**2, "divided by (1−q)²",
            term(1, "‖Dh‖²", squares=(1 / (1 - q),)), term(1, "squared", squares=(1 / (1 - q),)),
            zero=("‖Dh‖²=", "·1/q < 1")),
)  # fmt: skip
"""‖u‖² ≤ E‖Dh‖²/(1−q)²."""


p = Lbar * amax
SHORT: tuple[Step, ...] = (
    condition(sb.SMALL),
    derived("B", B, "there is a block", term(1, "B ≥ 1"), term(1)),
    derived("p ≥ 0", p, "a product", term(1, "L̄", "α_max")),
    derived("Bp ≥ 0", B * p, "a product", term(1, "B", "p ≥ 0")),
    derived("q ≤ 1/8", sp.Rational(1, 64) - p**2 * (B - 1),
            "p²(B−1) ≤ (4Bp)²/64, as 4(B−1) ≤ B²",
            term(sp.Rational(1, 64), "4BL̄α_max ≤ 1"),
            term(sp.Rational(1, 16), "4BL̄α_max ≤ 1", "Bp ≥ 0"),
            term(QUARTER, squares=(p * (B - 2),))),
    credit("apart", APART, "Dh = u − Dr, over the coordinates"),
    derived("u² ≥ 0", UU, "a square", term(1, squares=(U,)), zero=("‖u‖²=",)),
    derived("‖u‖², explicit", sp.Rational(64, 49) * MOMENT - UU, "‖u‖² ≤ (64/49)E‖Dh‖²",
            term(sp.Rational(64, 49), "‖Dh‖²"), term(sp.Rational(64, 49), "apart"),
            term(sp.Rational(64, 7), "reach"),
            term(sp.Rational(64, 7), "q ≤ 1/8", "u² ≥ 0")),
)  # fmt: skip
"""‖u‖² ≤ (64/49)E‖Dh‖² where 4BL̄α_max ≤ 1."""


def _blocks(chain: str) -> Lemma:
    """‖r‖² ≤ L̄²(B−1)‖u‖²: the blocks' inequalities, summed."""

    def prove(bench: Bench) -> Proved:
        own = (polynomial(means.part(x)).names for x in (STEP, DRIFT))
        one = bench.proved("one block", "drift of a block")
        total = checker.summation(one, frozenset[str]().union(*own), "i")
        parts = (bench.fact(means.PARTS, x) for x in (STEP, DRIFT))
        equations = [bench.fact(means.BLOCKS), *parts]
        return bench.collect("blocks", polynomial(BLOCKS), [(ONE, total)], equations)

    return Lemma((chain, "blocks"), prove)


def summed(own: list[str], chain: str, step: str, of: str = "", *read: str) -> Lemma:
    """A step of “one coordinate” over the coordinates ``own``, in the symbols of the object."""

    def prove(bench: Bench) -> Proved:
        total = checker.summation(bench.proved("one coordinate", of or step), own, "j")
        equations = [bench.symbol(sp.Symbol(x, real=True)) for x in read]
        goal = bench.wanted((chain, step)).poly
        return bench.collect(f"{chain}: {step}", goal, [(ONE, total)], equations)

    return Lemma((chain, step), prove)


def reading(own: list[str], chain: str) -> tuple[Lemma, ...]:
    """What ``READ`` takes on credit."""
    return (_blocks(chain), summed(own, chain, "second"), summed(own, chain, "drift"))


def short(own: list[str], chain: str) -> tuple[Lemma, ...]:
    """What an explicit conclusion takes on credit besides."""
    return (
        *reading(own, chain),
        summed(own, chain, "apart"),
        summed(own, chain, "pull ≥ 0", "", "pull"),
        summed(own, chain, "noise ≥ 0", "", "noise"),
    )


def past(source: Credit, goal: sp.Expr, sweep: str = "one sweep") -> Callable[[Bench], Proved]:
    """A sweep's descent given the past, over all outcomes of the past; ``goal``: in their names."""

    def prove(bench: Bench) -> Proved:
        past_names = symbols("change_w slope_w spread_w")
        named = [bench.fact(means.NAME, x) for x in past_names]
        one = bench.proved(*source)
        own = bench.collect(f"{sweep}, given the past", polynomial(goal), [(ONE, one)], named)
        over = over_outcomes(bench, own, list(past_names))
        equations = [bench.fact(means.NAME, x) for x in (ex.after, ex.descent, sb.spread)]
        wanted = bench.wanted((sweep, "step")).poly
        return bench.every(bench.collect(f"{sweep}: step", wanted, [(ONE, over)], equations))

    return prove
