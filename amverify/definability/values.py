r"""What is known of a quantity while an expression is walked: enclosures, no points.

A :class:`Value` stands for every entry of a tensor, as functions of the variables on the declared
domain: an interval that holds them, whether they can be 0, jump or be −∞ (a mask), whether they
stay bounded on compact subsets of the domain, the structure in which they are definable, and, for
what an exponent may claim, their degree as polynomials and their shape.

Ends of intervals are rounded outward.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from functools import reduce

from amverify.definability.structures import ALGEBRAIC, Structure

_ULPS = 8
"""By so many units ends move outward: what a function of the C library may be off."""


class Shape(IntEnum):
    """Convex piecewise linear-quadratic functions, the simpler the lower."""

    AFFINE = 0
    POLYHEDRAL = 1
    QUADRATIC = 2
    OTHER = 3


@dataclass(frozen=True)
class Value:
    """All entries of a tensor, as functions of the variables.

    Args:
        low: a lower bound.
        high: an upper bound.
        varies: whether it depends on a variable; what does not is a fixed number.
        nonzero: whether it is never 0.
        jumps: whether it may be discontinuous.
        semicontinuous: whether it is lower semicontinuous all the same.
        tame: whether it is bounded on each compact subset of the domain.
        masked: whether entries may be −∞ as well, as a mask's are; the bounds are of the others.
        structure: in which it is definable.
        degree: as a polynomial in the variables, None if it is none.
        shape: as a convex piecewise linear-quadratic function.
    """

    low: float = -math.inf
    high: float = math.inf
    varies: bool = True
    nonzero: bool = False
    jumps: bool = False
    semicontinuous: bool = True
    tame: bool = True
    masked: bool = False
    structure: Structure = ALGEBRAIC
    degree: int | None = 1
    shape: Shape = Shape.AFFINE

    @property
    def bounded(self) -> bool:
        """Whether it lies in a known compact interval."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def never_zero(self) -> bool:
        """Whether it is known not to be 0."""
        return self.nonzero or self.low > 0 or self.high < 0

    def made(
        self,
        low: float = -math.inf,
        high: float = math.inf,
        *,
        nonzero: bool = False,
        degree: int | None = None,
        shape: Shape = Shape.OTHER,
    ) -> Value:
        """A value made of this one, with a range (outward) and what is known of it."""
        low, high = outward(low, high)
        if not self.varies:
            degree, shape = 0, Shape.AFFINE
        made = replace(self, low=low, high=high, nonzero=nonzero, degree=degree, shape=shape)
        return replace(made, semicontinuous=not self.jumps)


def constant(low: float, high: float | None = None) -> Value:
    """Fixed numbers between these; −∞ alone is a mask."""
    high = low if high is None else high
    if high == -math.inf:
        return Value(math.inf, -math.inf, varies=False, masked=True, degree=0)
    return Value(low, high, varies=False, degree=0)


def outward(low: float, high: float) -> tuple[float, float]:
    """Both ends moved outward; 0 stays, so that a sign that is known stays known."""
    return _moved(low, -math.inf), _moved(high, math.inf)


def _moved(end: float, to: float) -> float:
    if math.isnan(end):
        return to
    if abs(end) < 2**53 and end == round(end):
        return end
    return pushed(end, to)


def pushed(end: float, to: float) -> float:
    """An end moved outward whatever it is, but for 0 and ±∞."""
    if end == 0 or math.isinf(end):
        return end
    for _ in range(_ULPS):
        end = math.nextafter(end, to)
    return end


def times(a: float, b: float) -> float:
    """A product of ends, 0·∞ = 0."""
    return 0.0 if a == 0 or b == 0 else a * b


def _exactly(near: float, true: Callable[[], Fraction], to: float) -> float:
    """An end that was rounded, moved outward unless it is the true one."""
    if math.isnan(near):
        return to
    if math.isinf(near):
        return near if near == to else math.copysign(sys.float_info.max, near)
    number = true()
    if Fraction(near) == number:
        return near
    if near == 0:
        return math.copysign(math.ulp(0.0), to) if (number > 0) == (to > 0) else 0.0
    return pushed(near, to)


def added(a: float, b: float, to: float) -> float:
    """A sum of ends, outward; of an infinite one it is exact."""
    if math.isinf(a) or math.isinf(b):
        return to if math.isnan(a + b) else a + b
    return _exactly(a + b, lambda: Fraction(a) + Fraction(b), to)


def multiplied(a: float, b: float, to: float) -> float:
    """A product of ends, outward; 0·∞ = 0."""
    found = times(a, b)
    if math.isinf(a) or math.isinf(b) or math.isnan(found):
        return found
    return _exactly(found, lambda: Fraction(a) * Fraction(b), to)


def together(values: Iterable[Value]) -> Value:
    """What holds for all of them at once, the hull of their ranges."""
    return reduce(_hull, values)


def _hull(a: Value, b: Value) -> Value:
    same_sign = (a.low >= 0 and b.low >= 0) or (a.high <= 0 and b.high <= 0)
    return replace(
        joined(a, b),
        low=min(a.low, b.low),
        high=max(a.high, b.high),
        nonzero=a.never_zero and b.never_zero and same_sign,
        semicontinuous=a.semicontinuous and b.semicontinuous,
        degree=None if a.degree is None or b.degree is None else max(a.degree, b.degree),
        shape=max(a.shape, b.shape),
    )


def joined(a: Value, b: Value) -> Value:
    """A value of unknown range made of two."""
    return Value(
        varies=a.varies or b.varies,
        jumps=a.jumps or b.jumps,
        tame=a.tame and b.tame,
        semicontinuous=not (a.jumps or b.jumps),
        masked=a.masked or b.masked,
        structure=a.structure | b.structure,
        degree=None if a.varies or b.varies else 0,
        shape=Shape.OTHER if a.varies or b.varies else Shape.AFFINE,
    )


def plus(a: Value, b: Value) -> Value:
    """a + b."""
    low, high = added(a.low, b.low, -math.inf), added(a.high, b.high, math.inf)
    signed = (a.low >= 0 and b.low >= 0) or (a.high <= 0 and b.high <= 0)
    nonzero = signed and (a.never_zero or b.never_zero)
    both = _hull(a, b)
    return replace(both, low=low, high=high, nonzero=nonzero)


def scaled(a: Value, factor: Value) -> Value:
    """a·factor, for a fixed factor whose sign may be known."""
    low, high = _product_range(a, factor)
    shape = a.shape
    if shape is not Shape.AFFINE and factor.low < 0:
        shape = Shape.OTHER
    nonzero = a.never_zero and factor.never_zero
    masked = a.masked or factor.masked
    return replace(
        joined(a, factor),
        low=low,
        high=high,
        nonzero=nonzero,
        masked=masked,
        degree=a.degree,
        shape=shape,
        semicontinuous=not a.jumps or (a.semicontinuous and factor.low >= 0),
    )


def product(a: Value, b: Value) -> Value:
    """a·b, of any two."""
    if not b.varies:
        return scaled(a, b)
    if not a.varies:
        return scaled(b, a)
    low, high = _product_range(a, b)
    degree = None if a.degree is None or b.degree is None else a.degree + b.degree
    nonzero = a.never_zero and b.never_zero
    return replace(joined(a, b), low=low, high=high, nonzero=nonzero, degree=degree)


def _product_range(a: Value, b: Value) -> tuple[float, float]:
    pairs = [(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    low = min(multiplied(x, y, -math.inf) for x, y in pairs)
    return low, max(multiplied(x, y, math.inf) for x, y in pairs)


def summed(a: Value, count: int) -> Value:
    """A sum of ``count`` such values; 0 of them sum to 0."""
    if count == 0:
        return constant(0.0)
    low, high = multiplied(a.low, count, -math.inf), multiplied(a.high, count, math.inf)
    nonzero = a.never_zero and (a.low >= 0 or a.high <= 0)
    return replace(a, low=low, high=high, nonzero=nonzero)


def negated(a: Value) -> Value:
    """−a."""
    return scaled(a, constant(-1.0))


def square(a: Value) -> Value:
    """a²."""
    ends = [multiplied(x, x, -math.inf) for x in (a.low, a.high)]
    low = 0.0 if a.low <= 0 <= a.high else min(ends)
    high = max(multiplied(x, x, math.inf) for x in (a.low, a.high))
    rising = a.shape is Shape.POLYHEDRAL and a.low >= 0
    return a.made(
        max(0.0, low),
        high,
        nonzero=a.never_zero,
        degree=None if a.degree is None else 2 * a.degree,
        shape=Shape.QUADRATIC if a.shape is Shape.AFFINE or rising else Shape.OTHER,
    )


def absolute(a: Value) -> Value:
    """|a|."""
    high = max(abs(a.low), abs(a.high))
    low = 0.0 if a.low <= 0 <= a.high else min(abs(a.low), abs(a.high))
    kept = a.low >= 0 or a.shape is Shape.AFFINE
    shape = max(a.shape, Shape.POLYHEDRAL) if kept else Shape.OTHER
    return a.made(low, high, nonzero=a.never_zero, shape=shape)


def larger(a: Value, b: Value) -> Value:
    """max(a, b), entry by entry."""
    both = joined(a, b)
    shape = max(a.shape, b.shape, Shape.POLYHEDRAL)
    shape = shape if shape <= Shape.POLYHEDRAL else Shape.OTHER
    nonzero = (a.low >= 0 and a.never_zero) or (b.low >= 0 and b.never_zero)
    low = max(-math.inf if a.masked else a.low, -math.inf if b.masked else b.low)
    made = both.made(low, max(a.high, b.high), nonzero=nonzero, shape=shape)
    lower = a.semicontinuous and b.semicontinuous
    return replace(made, masked=a.masked and b.masked, semicontinuous=lower)


def smaller(a: Value, b: Value) -> Value:
    """min(a, b), entry by entry."""
    return negated(larger(negated(a), negated(b)))


def mixed(a: Value) -> Value:
    """A mean of such values with weights ≥ 0: it may be 0 where they have both signs."""
    return replace(a, nonzero=a.never_zero and (a.low >= 0 or a.high <= 0))


def mapped(a: Value, image: Callable[[float], float]) -> tuple[float, float]:
    """The range of an increasing function of it, outward, within that of the function."""
    low = max(pushed(image(a.low), -math.inf), image(-math.inf))
    return low, min(pushed(image(a.high), math.inf), image(math.inf))
