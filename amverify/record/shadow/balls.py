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
"""u times it, times what ``up`` adds, is still 2^{−999}: more than 4η."""


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
        return self.mid.abs() if self.rad is None else (self.mid.abs() + self.rad) * _SAFE

    def __neg__(self) -> Ball:
        return Ball(-self.mid, self.rad)

    def __abs__(self) -> Ball:
        return Ball(self.mid.abs(), self.rad)

    def __add__(self, other: Ball) -> Ball:
        mid = self.mid + other.mid
        return Ball(mid, up(U * mid.abs(), self.rad, other.rad))

    def __sub__(self, other: Ball) -> Ball:
        return self + (-other)

    def __mul__(self, other: Ball) -> Ball:
        mid = self.mid * other.mid
        parts = [U * mid.abs()]
        if not far_from_underflow(mid):
            parts.append(lost(self.size(), other.size()))
        if other.rad is not None:
            parts.append(self.mid.abs() * other.rad)
        if self.rad is not None:
            parts.append(self.rad * other.size())
        return Ball(mid, up(*parts))

    def __truediv__(self, other: Ball) -> Ball:
        mid = self.mid / other.mid
        rad = U * mid.abs() + lost(self.size(), other.size())
        if self.rad is not None or other.rad is not None:
            least = other.mid.abs() - other.radius() * _SAFE
            spread = self.radius() + mid.abs() * other.radius()
            rad = torch.where(least > 0, spread / least * _SAFE, math.inf) + rad
        return Ball(mid, up(rad))

    def times(self, factor: float) -> Ball:
        """The ball times a number; ±1 and 0 cost nothing."""
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
    total = given[0]
    for part in given[1:]:
        total = total + part
    return total * _SAFE


def lost(one: Tensor, other: Tensor) -> Tensor:
    """What underflow can cost a product or quotient of two magnitudes, and their radii."""
    return ((one != 0) & (other != 0)).to(WIDE) * (4 * ETA)


def far_from_underflow(mid: Tensor) -> bool:
    """Whether all products are so large that what underflow can cost is lost in their rounding."""
    return bool(mid.numel()) and float(mid.abs().min()) > FAR


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
