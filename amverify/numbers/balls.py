r"""Balls: numbers with a bound on their error, for whole columns at once.

A ball ⟨m, r⟩ is the set [m − r, m + r]; the true value lies in it. An operation on balls gives
a ball that holds every result on their members, the operation's own rounding included:

    ⟨a, r⟩ + ⟨b, q⟩   ⊂  ⟨fl(a+b),  r + q + u|fl(a+b)|⟩
    ⟨a, r⟩ · ⟨b, q⟩   ⊂  ⟨fl(ab),   |a|q + r|b| + rq + u|fl(ab)| + η⟩
    ⟨a, r⟩ / ⟨b, q⟩   ⊂  ⟨fl(a/b),  (r + |a/b|q)/(|b| − q) + u|fl(a/b)| + η⟩        (q < |b|)
    √⟨a, r⟩           ⊂  ⟨fl(√a),   min(r/√a, √r) + u·fl(√a) + η⟩

u is the unit roundoff of float64 and η the smallest positive number. The radii are themselves
computed in floating point; each is enlarged by a few units in the last place (``_up``), more
than its own operations can lose. This is the inner loop of midpoint–radius interval arithmetic
(Rump 1999; Johansson's Arb does the same at any precision), vectorised in numpy.

An inequality lhs ≤ rhs over balls is *decided* where 0 lies outside the ball rhs − lhs. What is
not decided lies at the rounding floor: it is decided again, exactly, where the data allow it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeVar

import numpy as np
import sympy as sp
from numpy.typing import NDArray

Array = NDArray[np.float64]
U = 2.0**-53
ETA = 2.0**-1074


def gamma(n: int | float, unit: float = U) -> float:
    """γ_n = nu/(1 − nu): the relative error of n roundings in a row (Higham, ch. 3).

    Raises:
        ValueError: if nu ≥ 1: nothing can be said.
    """
    x = n * unit
    if not 0 <= x < 1:
        raise ValueError(f"γ_n says nothing for n = {n} at unit roundoff {unit}")
    return x / (1 - x) * (1 + 4 * U)


def _up(radius: Array) -> Array:
    return radius * (1 + 8 * U) + 4 * ETA


def _array(x: Any) -> Array:
    return np.asarray(x, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Ball:
    """[mid − rad, mid + rad], elementwise. A radius that is not finite says nothing is known."""

    mid: Array
    rad: Array

    @classmethod
    def of(cls, mid: Any, rad: Any = 0.0) -> Ball:
        """A ball from numbers or arrays; what is not finite becomes a ball that says nothing."""
        m, r = np.broadcast_arrays(_array(mid), _array(rad))
        bad = ~(np.isfinite(m) & np.isfinite(r))
        if bad.any():
            m, r = np.where(bad, 0.0, m), np.where(bad, np.inf, r)
        return cls(m, r)

    @classmethod
    def exact(cls, value: Fraction) -> Ball:
        """The ball around a rational number."""
        mid = float(value)
        error = abs(Fraction(mid) - value)
        return cls.of(mid, 0.0 if not error else float(error) * (1 + 4 * U) + ETA)

    def __neg__(self) -> Ball:
        return Ball(-self.mid, self.rad)

    def __abs__(self) -> Ball:
        return Ball(np.abs(self.mid), self.rad)

    def __add__(self, other: Ball) -> Ball:
        with np.errstate(all="ignore"):
            mid = self.mid + other.mid
            return Ball.of(mid, _up(self.rad + other.rad + U * np.abs(mid)))

    def __sub__(self, other: Ball) -> Ball:
        return self + (-other)

    def __mul__(self, other: Ball) -> Ball:
        with np.errstate(all="ignore"):
            mid = self.mid * other.mid
            a, b = np.abs(self.mid), np.abs(other.mid)
            rad = a * other.rad + self.rad * b + self.rad * other.rad + U * np.abs(mid) + ETA
            return Ball.of(mid, _up(rad))

    def __truediv__(self, other: Ball) -> Ball:
        with np.errstate(all="ignore"):
            least = np.abs(other.mid) - other.rad
            mid = self.mid / other.mid
            rad = (self.rad + np.abs(mid) * other.rad) / least + U * np.abs(mid) + ETA
            return Ball.of(mid, np.where(least > 0, _up(rad), np.inf))

    def sqrt(self) -> Ball:
        """√, of what is not negative in the ball; nothing is known where all of it is."""
        with np.errstate(all="ignore"):
            mid = np.sqrt(np.maximum(self.mid, 0.0))
            rad = np.minimum(self.rad / mid, np.sqrt(self.rad)) if self.rad.any() else self.rad
            rad = np.where(mid > 0, rad, np.sqrt(self.rad + np.abs(self.mid)))
            known = self.mid + self.rad >= 0
            return Ball.of(mid, np.where(known, _up(rad + U * mid + ETA), np.inf))

    def maximum(self, other: Ball) -> Ball:
        """max, elementwise."""
        return Ball.of(np.maximum(self.mid, other.mid), np.maximum(self.rad, other.rad))

    def minimum(self, other: Ball) -> Ball:
        """min, elementwise."""
        return Ball.of(np.minimum(self.mid, other.mid), np.maximum(self.rad, other.rad))

    def take(self, index: Any) -> Ball:
        """The balls at some rows (a ball of one number is the same for every row)."""
        if self.mid.ndim == 0:
            return self
        return Ball(self.mid[index], self.rad[index])

    def widened(self, by: Any) -> Ball:
        """The ball with a larger radius."""
        with np.errstate(all="ignore"):
            return Ball.of(self.mid, _up(self.rad + _array(by)))

    @property
    def surely_nonnegative(self) -> NDArray[np.bool_]:
        """Where no member is negative."""
        return np.asarray(self.mid - self.rad >= 0)

    @property
    def surely_negative(self) -> NDArray[np.bool_]:
        """Where every member is negative."""
        return np.asarray(self.mid + self.rad < 0)


def summed(ball: Ball, starts: NDArray[np.int64]) -> Ball:
    """Sums over runs of rows that begin at ``starts``, each to the next start.

    Any order of n additions of x_i errs by at most γ_{n−1} Σ|x_i|.
    """
    if len(starts) == 0:
        return Ball.of(np.empty(0))
    lengths = np.diff(np.append(starts, len(ball.mid)))
    error = gamma(int(lengths.max()))
    mid = np.add.reduceat(ball.mid, starts)
    size = np.add.reduceat(np.abs(ball.mid), starts)
    return Ball.of(mid, _up(np.add.reduceat(ball.rad, starts) * (1 + error) + error * size))


class _Number(Protocol):
    def __add__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...


N = TypeVar("N", bound=_Number)


@dataclass(frozen=True)
class Arithmetic:
    """Where an expression is evaluated: how a rational becomes a number, and √, |·|, max, min."""

    rational: Callable[[Fraction], Any]
    sqrt: Callable[[Any], Any]
    absolute: Callable[[Any], Any]
    maximum: Callable[[Any, Any], Any]
    minimum: Callable[[Any, Any], Any]


BALLS = Arithmetic(Ball.exact, Ball.sqrt, abs, Ball.maximum, Ball.minimum)


def _no_root(x: Fraction) -> Fraction:
    root = sp.sqrt(sp.Rational(x.numerator, x.denominator))
    if not root.is_Rational:
        raise ValueError(f"√({x}) is not rational")
    return Fraction(int(root.p), int(root.q))


FRACTIONS = Arithmetic(lambda q: q, _no_root, abs, max, min)


def evaluate(expression: sp.Expr, values: Mapping[str, N], arithmetic: Arithmetic = BALLS) -> N:
    """The value of a formula, symbol by symbol, in balls, fractions or any other arithmetic.

    Only +, ·, /, integer powers, √, |·|, max and min of rationals and symbols are admitted:
    a float in a formula is an error.

    Raises:
        KeyError: for a symbol without a value.
        ValueError: for anything else in the formula.
    """

    def walk(node: Any) -> Any:
        if isinstance(node, sp.Symbol):
            return values[node.name]
        if isinstance(node, sp.Rational):
            return arithmetic.rational(Fraction(int(node.p), int(node.q)))
        if isinstance(node, sp.Add | sp.Mul):
            return _fold(node, walk)
        if isinstance(node, sp.Pow):
            return _power(walk(node.base), node.exp, arithmetic)
        if isinstance(node, sp.Abs):
            return arithmetic.absolute(walk(node.args[0]))
        if isinstance(node, sp.Max | sp.Min):
            best = arithmetic.maximum if isinstance(node, sp.Max) else arithmetic.minimum
            first, *rest = map(walk, node.args)
            for value in rest:
                first = best(first, value)
            return first
        raise ValueError(f"formula: {node} ({type(node).__name__}) cannot be evaluated exactly")

    result: N = walk(expression)
    return result


def _fold(node: Any, walk: Callable[[Any], Any]) -> Any:
    """A sum or product, from left to right; reciprocals divide."""
    product = isinstance(node, sp.Mul)
    upper = [a for a in node.args if not (product and _reciprocal(a))]
    lower = [1 / a for a in node.args if product and _reciprocal(a)]
    first, *rest = map(walk, upper or [sp.Integer(1)])
    for value in rest:
        first = first * value if product else first + value
    for value in map(walk, lower):
        first = first / value
    return first


def _reciprocal(node: Any) -> bool:
    return isinstance(node, sp.Pow) and node.exp.is_Rational and node.exp.is_negative is True


def _power(base: Any, exponent: Any, arithmetic: Arithmetic) -> Any:
    if not exponent.is_Rational or exponent.q not in (1, 2):
        raise ValueError(f"formula: exponent {exponent} is neither an integer nor a half")
    if exponent.q == 2:
        base = arithmetic.sqrt(base)
    times = abs(int(exponent.p))
    result = base
    for _ in range(times - 1):
        result = result * base
    if exponent.is_negative:
        return arithmetic.rational(Fraction(1)) / result
    return result
