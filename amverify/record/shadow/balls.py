r"""Tensors with radii: [mid − rad, mid + rad], entry by entry, in float64.

The same rules as in ``amverify.numbers.balls``, on tensors. ``rad = None`` says that mid is exact,
which spares half of the work wherever data or parameters take part. Whatever loses a few units in
the last place of a radius is made up by ``up``; a product that may underflow costs 4η, unless one
of its factors is exactly 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from amverify.numbers.roundoff import ETA, U

WIDE = torch.float64
_SAFE = 1 + 2.0**-46
FAR = 2.0**-900
"""Of a product that is larger, 4η is lost in what ``_SAFE`` adds to u times it: 2^{−999}."""


@dataclass(frozen=True, eq=False)
class Ball:
    """Every member of [mid − rad, mid + rad]; ``rad`` is ``None`` where mid is exact."""

    mid: Tensor
    rad: Tensor | None = None

    def radius(self) -> Tensor:
        """The radii, 0 where exact."""
        return torch.zeros_like(self.mid) if self.rad is None else self.rad

    def size(self) -> Tensor:
        """|mid| + rad."""
        return self.mid.abs() if self.rad is None else (self.mid.abs() + self.rad).mul_(_SAFE)

    def __neg__(self) -> Ball:
        return Ball(-self.mid, self.rad)

    def __abs__(self) -> Ball:
        return Ball(self.mid.abs(), self.rad)

    def __add__(self, other: Ball) -> Ball:
        mid = self.mid + other.mid
        return Ball(mid, up(mid.abs().mul_(U), self.rad, other.rad))

    def __sub__(self, other: Ball) -> Ball:
        return self + (-other)

    def __mul__(self, other: Ball) -> Ball:
        mid = self.mid * other.mid
        rad = mid.abs()
        far = bool(rad.numel()) and float(rad.min()) > FAR
        rad.mul_(U)
        if not far:
            rad.add_(lost(self.size(), other.size()))
        if other.rad is not None:
            rad.addcmul_(self.mid.abs(), other.rad)
        if self.rad is not None:
            rad.addcmul_(self.rad, other.size())
        return Ball(mid, rad.mul_(_SAFE))

    def __truediv__(self, other: Ball) -> Ball:
        mid = self.mid / other.mid
        rad = U * mid.abs() + lost(self.size(), other.size())
        if self.rad is not None or other.rad is not None:
            least = other.mid.abs() - other.radius() * _SAFE
            spread = self.radius() + mid.abs() * other.radius()
            rad = torch.where(least > 0, spread / least * _SAFE, math.inf) + rad
        return Ball(mid, up(rad))

    def times(self, factor: float | Ball) -> Ball:
        """The ball times a number; ±1 and 0 cost nothing."""
        if isinstance(factor, Ball):
            return self * factor
        if factor in (1, -1):
            return self if factor == 1 else -self
        return self * number(factor, self.mid)


def number(x: float, like: Tensor | None = None) -> Ball:
    """A python number; exact."""
    place = None if like is None else like.device
    return Ball(torch.tensor(float(x), dtype=WIDE, device=place))


def up(*parts: Tensor | None) -> Tensor:
    """The sum of what is not negative, rounded up."""
    given = [part for part in parts if part is not None]
    if len(given) == 1:
        return given[0] * _SAFE
    total = given[0] + given[1]
    for part in given[2:]:
        total = total.add_(part) if part.shape == total.shape else total + part
    return total.mul_(_SAFE)


def lost(one: Tensor, other: Tensor) -> Tensor:
    """What underflow can cost a product or quotient of two magnitudes, and their radii."""
    return ((one != 0) & (other != 0)).to(WIDE) * (4 * ETA)


def hull(one: Ball, other: Ball) -> Ball:
    """The least ball around two."""
    low = torch.minimum(one.mid - one.radius(), other.mid - other.radius())
    high = torch.maximum(one.mid + one.radius(), other.mid + other.radius())
    mid = low / 2 + high / 2
    slack = 4 * U * torch.maximum(low.abs(), high.abs())
    return Ball(mid, up(high / 2 - low / 2, slack, lost(mid, mid)))


def pick(sure: Tensor, one: Ball, never: Tensor, other: Ball) -> Ball:
    """One where surely so, the other where surely not, else the ball around both."""
    both = hull(one, other)
    mid = torch.where(sure, one.mid, torch.where(never, other.mid, both.mid))
    rad = torch.where(sure, one.radius(), torch.where(never, other.radius(), both.radius()))
    return Ball(mid, rad)


def gamma_of(n: int) -> float:
    """γ_n in float64, rounded up; infinite where it says nothing."""
    return n * U / (1 - n * U) * _SAFE if n * U < 1 else math.inf
