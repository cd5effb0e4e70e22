r"""x^q over balls, for a declared real exponent: the powers of the Kurdyka–Łojasiewicz formulas.

x ≥ 0 is known, so only [max(m − r, 0), m + r] counts, and x ↦ x^q is monotone there: the ball of
x^q is the hull of the powers of both ends, each enclosed by Arb at 200 bits.
"""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np

from amverify.numbers.balls import Ball

BITS = 200


def real(value: float) -> flint.arb:
    """A float as the number that it is."""
    exact = Fraction(value)
    return flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def interval(ball: Ball) -> flint.arb:
    """A ball of one number as Arb has it."""
    return real(float(ball.mid)) + flint.arb(0, real(float(ball.rad)))


def power(base: Ball, exponent: Ball) -> Ball:
    """x^q for x ≥ 0; unknown where x may be 0 and q < 0, and where q may be of either sign."""
    flint.ctx.prec = BITS
    q = interval(exponent)
    if not (q > 0 or q < 0 or q == 0):
        return Ball.of(np.zeros(np.shape(base.mid)), np.full(np.shape(base.mid), np.inf))
    known, mid, rad = base.rad == 0, base.mid, base.rad
    low = np.atleast_1d(np.maximum(np.where(known, mid, np.nextafter(mid - rad, -np.inf)), 0.0))
    high = np.atleast_1d(np.maximum(np.where(known, mid, np.nextafter(mid + rad, np.inf)), 0.0))
    found = np.empty((2, len(low)))
    for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        found[:, i] = _hull(a, b, q)
    shape = np.shape(base.mid)
    return Ball.of(found[0].reshape(shape), found[1].reshape(shape))


def _hull(low: float, high: float, q: flint.arb) -> tuple[float, float]:
    if not np.isfinite(high) or (low == 0 and q < 0):
        return 0.0, np.inf
    ends = [flint.arb(0 if q > 0 else 1) if x == 0 else real(x) ** q for x in (low, high)]
    if low == 0 and q == 0:
        ends[0] = flint.arb(0)
    mid = float(((ends[0] + ends[1]) / 2).mid())
    rad = max(float(abs(end - real(mid)).upper()) for end in ends)
    return mid, float(np.nextafter(rad, np.inf)) if rad else 0.0
