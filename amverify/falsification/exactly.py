r"""Numbers in which a step function runs again without rounding: fractions, then balls of Arb.

    x = points([0.5, 0.25])             # an object array; numpy's + − × ÷ @, sqrt, exp, abs do
    x - Exactly(eta) * grad(x)          # a fraction as long as nothing irrational comes in

A number is a fraction while it has at most ``LONGEST`` bits and was made by + − × ÷; else a ball of
flint's present precision, which holds it. A comparison that a ball leaves open raises ``Undecided``
and never guesses; what asks for a float raises ``Inexact``: that step cannot run exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from numbers import Rational
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from amverify.numbers.exact import endpoints, rational

LONGEST = 1 << 14
"""Bits of numerator and denominator, beyond which a fraction becomes a ball."""
FACTORS = 4096
"""Of a power that is multiplied out; a higher one is a ball."""


class Undecided(ArithmeticError):
    """A ball is too wide to tell; more bits may."""


class Inexact(TypeError):
    """A step that leaves exact numbers."""


class Exactly:
    """One number, exactly or enclosed."""

    __slots__ = ("held",)

    def __init__(self, value: Any) -> None:
        self.held: Fraction | flint.arb = _held(value)

    @property
    def ball(self) -> flint.arb:
        """It as a ball of the present precision."""
        return rational(self.held) if isinstance(self.held, Fraction) else self.held

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Both ends of what it may be; equal for a fraction.

        Raises:
            Undecided: if nothing is known of it.
        """
        if isinstance(self.held, Fraction):
            return self.held, self.held
        found = endpoints(self.held)
        if found is None:
            raise Undecided("an infinite ball")
        return found

    def _with(self, other: Any, fractions: Callable[..., Any], balls: Callable[..., Any]) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        try:
            there = other if isinstance(other, Exactly) else Exactly(other)
        except Inexact:
            return NotImplemented
        if isinstance(self.held, Fraction) and isinstance(there.held, Fraction):
            found = fractions(self.held, there.held)
            if _bits(found) <= LONGEST:
                return Exactly(found)
        return Exactly(balls(self.ball, there.ball))

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x + y, lambda x, y: x + y)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x - y, lambda x, y: x - y)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: y - x, lambda x, y: y - x)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x * y, lambda x, y: x * y)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x / y, lambda x, y: x / y)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: y / x, lambda x, y: y / x)

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, power: Any) -> Any:
        exact = power.held if isinstance(power, Exactly) else power
        whole = _whole(exact)
        if whole is not None:
            if abs(whole) > FACTORS:
                return Exactly(self.ball**whole)
            found = Exactly(1)
            for _ in range(abs(whole)):
                found = found * self
            return found if whole >= 0 else Exactly(1) / found
        return Exactly(self.ball ** Exactly(power).ball)

    def __rpow__(self, base: Any) -> Any:
        return Exactly(base) ** self

    def __neg__(self) -> Exactly:
        return Exactly(-self.held)

    def __pos__(self) -> Exactly:
        return self

    def __abs__(self) -> Exactly:
        return Exactly(abs(self.held))

    def sqrt(self) -> Exactly:
        """√, a fraction where it is one; numpy's sqrt of an object array calls it."""
        if isinstance(self.held, Fraction) and self.held >= 0:
            p, q = math.isqrt(self.held.numerator), math.isqrt(self.held.denominator)
            if p * p == self.held.numerator and q * q == self.held.denominator:
                return Exactly(Fraction(p, q))
        return Exactly(self.ball.sqrt())

    def exp(self) -> Exactly:
        """e^x."""
        return Exactly(self.ball.exp())

    def log(self) -> Exactly:
        """The natural logarithm."""
        return Exactly(self.ball.log())

    def log1p(self) -> Exactly:
        """log(1 + x)."""
        return Exactly(self.ball.log1p())

    def tanh(self) -> Exactly:
        """The hyperbolic tangent."""
        return Exactly(self.ball.tanh())

    def _order(self, other: Any) -> int:
        if isinstance(other, float | np.floating) and math.isinf(other):
            return -1 if other > 0 else 1
        there = other if isinstance(other, Exactly) else Exactly(other)
        (low, high), (least, most) = self.ends, there.ends
        if high < least:
            return -1
        if low > most:
            return 1
        if low == high == least == most:
            return 0
        raise Undecided("two numbers closer than their balls")

    def __lt__(self, other: Any) -> bool:
        return self._order(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._order(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._order(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._order(other) >= 0

    def __eq__(self, other: object) -> bool:
        return self._order(other) == 0

    def __ne__(self, other: object) -> bool:
        return self._order(other) != 0

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self != 0

    def __float__(self) -> float:
        raise Inexact("the step turns its numbers into floats")

    def __int__(self) -> int:
        raise Inexact("the step turns its numbers into integers")

    def __repr__(self) -> str:
        low, high = self.ends
        return f"{float(low / 2 + high / 2):.17g}"


def _whole(power: Any) -> int | None:
    """A power as an integer, if it is exactly one."""
    number = _held(power) if isinstance(power, Rational | float | np.number) else power
    return int(number) if isinstance(number, Fraction) and number.denominator == 1 else None


def _held(value: Any) -> Fraction | flint.arb:
    match value:
        case Fraction() | flint.arb():
            return value
        case Exactly():
            return value.held
        case bool() | np.bool_():
            return Fraction(int(value))
        case Rational():
            return Fraction(int(value.numerator), int(value.denominator))
        case float() | np.floating() | np.integer() if math.isfinite(value):
            return (
                Fraction(float(value))
                if not isinstance(value, np.integer)
                else Fraction(int(value))
            )
    raise Inexact(f"{type(value).__name__} is no exact number")


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def points(numbers: Iterable[Any]) -> NDArray[Any]:
    """Numbers as an object array of exact ones."""
    given = list(numbers)
    found = np.empty(len(given), dtype=object)
    found[:] = [Exactly(x) for x in given]
    return found


def total(numbers: Iterable[Exactly]) -> Exactly:
    """Their sum."""
    return sum(numbers, Exactly(0))
