r"""Balls: numbers with a bound on their error, for whole columns at once.

A ball ⟨m, r⟩ is the set [m − r, m + r]; the true value lies in it. An operation on balls gives
a ball that holds every result on their members, the operation's own rounding included:

    ⟨a, r⟩ + ⟨b, q⟩   ⊂  ⟨fl(a+b),  r + q + u|fl(a+b)|⟩
    ⟨a, r⟩ · ⟨b, q⟩   ⊂  ⟨fl(ab),   |a|q + r|b| + rq + u|fl(ab)| + η⟩
    ⟨a, r⟩ / ⟨b, q⟩   ⊂  ⟨fl(a/b),  (r + (|fl(a/b)| + η)q)/(|b| − q) + u|fl(a/b)| + η⟩  (q < |b|)
    √⟨a, r⟩           ⊂  ⟨fl(√a),   min(r/√a, √r) + u·fl(√a) + η⟩

u is the unit roundoff of float64 and η the smallest positive number. The radii are themselves
computed in floating point; each is enlarged by a few units in the last place (``_up``), more
than its own operations can lose. This is the inner loop of midpoint–radius interval arithmetic
(Rump 1999; Johansson's Arb does the same at any precision), vectorised in numpy.

An inequality lhs ≤ rhs over balls is *decided* where 0 lies outside the ball rhs − lhs. What is
not decided lies at the rounding floor: it is decided again, exactly, where the data allow it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.roundoff import ETA, U, gamma

Array = NDArray[np.float64]


PART = 1 << 15
"""Entries compared at a time: what that needs besides stays in the cache."""


def _up(radius: Array) -> Array:
    larger = radius * (1 + 8 * U)
    larger += 4 * ETA
    return larger


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
            return _settled(mid, U * np.abs(mid), _radii_of_sum(self, other))

    def __sub__(self, other: Ball) -> Ball:
        return self + (-other)

    def __mul__(self, other: Ball) -> Ball:
        with np.errstate(all="ignore"):
            mid = self.mid * other.mid
            return _settled(mid, U * np.abs(mid), _radii_of_product(self, other), ETA)

    def __truediv__(self, other: Ball) -> Ball:
        with np.errstate(all="ignore"):
            least = np.abs(other.mid) - other.rad
            mid = self.mid / other.mid
            rad = _radii_of_quotient(self, other, np.abs(mid)) / least + U * np.abs(mid) + ETA
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
        mid = self.mid[index]
        return Ball(mid, np.broadcast_to(0.0, mid.shape) if _sharp(self) else self.rad[index])

    def widened(self, by: Any) -> Ball:
        """The ball with a larger radius."""
        with np.errstate(all="ignore"):
            return Ball.of(self.mid, _up(self.rad + _array(by)))

    @property
    def surely_nonnegative(self) -> NDArray[np.bool_]:
        """Where no member is negative."""
        return _by_parts(self, lambda mid, rad: mid - rad >= 0)

    @property
    def surely_negative(self) -> NDArray[np.bool_]:
        """Where every member is negative."""
        return _by_parts(self, lambda mid, rad: mid + rad < 0)


def _by_parts(ball: Ball, test: Callable[[Array, Array], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """A comparison of every mid and radius, a long column a part at a time."""
    mid, rad = ball.mid, ball.rad
    if mid.ndim != 1 or mid.shape != rad.shape:
        return np.asarray(test(mid, rad))
    found = np.empty(mid.shape, dtype=bool)
    for start in range(0, len(found), PART):
        part = slice(start, start + PART)
        found[part] = test(mid[part], rad[part])
    return found


def _sharp(ball: Ball) -> bool:
    """Whether every radius is seen to be 0 at no cost: one number that all rows share."""
    rad = ball.rad
    return rad.size > 0 and (rad.ndim == 0 or rad.strides == (0,)) and rad.item(0) == 0


def _radii_of_sum(x: Ball, y: Ball) -> Array | None:
    """r + q; None where both are 0. (Of finite numbers, + 0 and · 0 change nothing else.)"""
    if _sharp(y):
        return None if _sharp(x) else x.rad
    return y.rad if _sharp(x) else x.rad + y.rad


def _radii_of_product(x: Ball, y: Ball) -> Array | None:
    """|a|q + r|b| + rq; None where both radii are 0."""
    if _sharp(y):
        return None if _sharp(x) else x.rad * np.abs(y.mid)
    own: Array = np.abs(x.mid) * y.rad
    if _sharp(x):
        return own
    own = own + x.rad * np.abs(y.mid)
    own += x.rad * y.rad
    return own


def _radii_of_quotient(x: Ball, y: Ball, size: Array) -> Array:
    """r + |a/b|q, enlarged before a tiny |b| − q can enlarge what underflow took from it."""
    if _sharp(y):
        return x.rad
    return np.where(y.rad > 0, _up(x.rad + (size + ETA) * y.rad), x.rad)


def _settled(mid: Array, rounding: Array, radii: Array | None, least: float = 0.0) -> Ball:
    """The ball of an operation: ``radii`` + ``rounding`` + ``least``, enlarged.

    ``rounding`` is u|mid|, made for this call. It is not finite where mid is not, and the sum of
    squares of the radii where some radius is not: where that is finite, so are all.
    """
    rad = rounding
    if radii is not None:
        rad = radii + rounding
    if least:
        rad += least
    rad *= 1 + 8 * U
    rad += 4 * ETA
    if rad.ndim == 1 and np.isfinite(np.dot(rad, rad)):
        return Ball(mid, rad)
    return Ball.of(mid, rad)


def difference(x: Ball, y: Ball) -> Ball:
    """x − y; without an error where both have none and x − y is a float (Knuth's TwoSum)."""
    found = x - y
    sharp = (x.rad == 0) & (y.rad == 0) & np.isfinite(found.rad)
    if not sharp.any():
        return found
    with np.errstate(all="ignore"):
        part = found.mid - x.mid
        lost = (x.mid - (found.mid - part)) - (y.mid + part)
    return Ball(found.mid, np.where(sharp & (lost == 0), 0.0, found.rad))


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
