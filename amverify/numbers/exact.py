"""Exact values: fractions, and real numbers enclosed to any precision (Arb)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from amverify.numbers.balls import Ball
from amverify.numbers.formulas import Arithmetic

Enclosure = Callable[[], flint.arb]
"""() → a ball that holds a real number, at the precision that ``flint.ctx`` has now."""
Real = Fraction | Enclosure
"""A number that is known exactly, or as closely as one asks."""
Exact = Callable[[int, str, int], Mapping[str, Real] | None]
"""(sweep, block, replicate) → exact values of the symbols that were rounded, or None."""


LEAST_BITS = 64
MOST_BITS = 1 << 13
"""A margin whose sign these bits do not show is left at the floor: those of float64 numbers span
2¹⁰⁷⁴, so squares and logarithms of what is not tiny are told apart long before."""


def rational(value: Fraction) -> flint.arb:
    """A ball around a fraction, at flint's present precision."""
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


ARB = Arithmetic(
    rational=rational,
    sqrt=lambda x: x.sqrt(),
    absolute=abs,
    maximum=lambda x, y: x.max(y),
    minimum=lambda x, y: x.min(y),
)


def ball(value: Real) -> flint.arb:
    """A ball around a number, at flint's present precision."""
    return rational(value) if isinstance(value, Fraction) else value()


def added(x: Real, y: Real) -> Real:
    """x + y."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x + y
    return lambda: ball(x) + ball(y)


def endpoints(x: flint.arb) -> tuple[Fraction, Fraction] | None:
    """Both ends of a ball; None if it says nothing."""
    if not x.is_finite():
        return None
    low, high = (end.fmpq() for end in (x.lower(), x.upper()))
    return Fraction(int(low.p), int(low.q)), Fraction(int(high.p), int(high.q))


def rounded(value: Real) -> Ball:
    """A number as a ball of float64."""
    if isinstance(value, Fraction):
        return Ball.exact(value)
    with flint.ctx.workprec(MOST_BITS):
        ends: Any = endpoints(value())
    if ends is None:
        return Ball.of(0.0, np.inf)
    middle = Ball.exact((ends[0] + ends[1]) / 2)
    return middle.widened(Ball.exact(ends[1] - ends[0]).mid)
