r"""T2's region is exact: outside it, rational numbers at which no Lyapunov weight helps.

T1 bounds ΔF from above by −L[(s/t − ½)‖e‖² − c⟨Δ,e⟩ − (p2²/2)‖Δ‖²]; a weight adds
(δ/2)(‖e‖² − ‖Δ‖²). At e = 1, Δ = ±1 = sign(c) the weight's part is zero whatever δ is, and

    T1's bound = −(L/2)(2s/t − 1 − p2² − 2|c|):

nonnegative outside 𝓡, and zero on its border, where the decrease is not strict. ``regions.py``
proves this for all parameters; here it is for given ones, in rational numbers, from the object's
own formulas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import sympy as sp

from amverify.theorems import tiam

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Counterexample:
    """Parameters (L = 1), the steps e and Δ, and what T1 with any weight leaves there: ≥ 0.

    ``bound`` is zero exactly on the border of the region.
    """

    p1: Fraction
    p2: Fraction
    t: Fraction
    s: Fraction
    e: Fraction
    Delta: Fraction
    bound: Fraction


def _exact(formula: sp.Expr, values: dict[sp.Symbol, Fraction]) -> Fraction:
    numbers = {x: sp.Rational(v.numerator, v.denominator) for x, v in values.items()}
    found = formula.xreplace(numbers)
    if not isinstance(found, sp.Rational):
        raise TypeError(f"{found} is no rational number")
    return Fraction(int(found.p), int(found.q))


def counterexample(p1: Fraction, p2: Fraction, t: Fraction, s: Fraction) -> Counterexample | None:
    """Steps at which no weight makes T1 a decrease; None inside the region.

    The weight's share (δ/2)(‖e‖² − ‖Δ‖²) is 0 at the steps returned.
    """
    given = {tiam.p1: p1, tiam.p2: p2, tiam.t: t, tiam.s: s}
    if _exact(tiam.REGION.rhs - tiam.REGION.lhs, given) > 0:
        return None
    side = Fraction(1 if _exact(tiam.COUPLING, given) >= 0 else -1)
    step = Fraction(1)
    squares = {tiam.e2: step**2, tiam.de: step * side, tiam.d2: side**2, tiam.L: Fraction(1)}
    bound = _exact(tiam.T1_BOUND, {**given, **squares})
    return Counterexample(p1, p2, t, s, step, side, bound)


def border(p1: Fraction, p2: Fraction, t: Fraction) -> tuple[Fraction, ...]:
    """Step scales s > 0 on the region's border, 2s/t − 1 − p2² = ±2(p1 s − p2): rational."""
    found = []
    for sign in (1, -1):
        slope = 2 / t - sign * 2 * p1
        s = (1 + p2**2 - sign * 2 * p2) / slope if slope else Fraction(-1)
        if s > 0 and sign * (p1 * s - p2) >= 0:
            found.append(s)
    return tuple(dict.fromkeys(found))


def grid() -> Iterator[tuple[Fraction, Fraction, Fraction]]:
    """p1, p2 and t of the sample: signs, zero, the usual 0.9 and more."""
    inertia = [Fraction(x, 10) for x in (-10, -5, 0, 3, 5, 8, 9, 12)]
    yield from product(inertia, inertia, (Fraction(1), Fraction(11, 10), Fraction(3, 2)))


def sample() -> tuple[list[Counterexample], list[Counterexample]]:
    """Counterexamples outside the region, and on its border, over the grid."""
    found = []
    for p1, p2, t in grid():
        scales = border(p1, p2, t) or (Fraction(1),)
        factors = (HALF, Fraction(99, 100), Fraction(1), Fraction(101, 100))
        found += [counterexample(p1, p2, t, s * factor) for s in scales for factor in factors]
    known = [x for x in dict.fromkeys(found) if x is not None]
    return [x for x in known if x.bound], [x for x in known if not x.bound]
