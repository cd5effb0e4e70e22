r"""Logistic regression, and a bilinear one: F(u, v) = Σ_i log(1 + exp(−y_i uᵀA_i v)), y_i = ±1.

Convex in u and in v, not quadratic; with m = −y·uᵀAv, softplus'' ≤ ¼ gives the modulus
¼Σ‖A_i v‖² of the block u, and the same with u for v. exp and log1p are taken to be right within
``LIBRARY`` units in the last place: numpy states at most 4 for its own, glibc 1.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.families.arithmetic import (
    Entries,
    apply,
    flattened,
    joined,
    lift,
    part,
    product,
    shaped,
    total,
    transposed,
)
from amverify.families.draws import Draws, seed_of, source
from amverify.families.problem import Block, Constants, Problem, Vector, dyadic, integers
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import ETA, U, gamma

LIBRARY = 4
"""Units in the last place of exp and log1p (numpy, accuracy of its vectorised functions)."""
_ROUNDINGS = 4 * LIBRARY + 8


class BilinearLogistic(Problem):
    """Two blocks of two to three coordinates; F > 0 = infimum, which need not be attained."""

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 19)
        self.family, self.seed = "bilinear_logistic", seed_of(seed)
        self.sizes = (int(rng.integers(2, 4)), int(rng.integers(2, 4)))
        count = int(rng.integers(3, 7))
        p, q = self.sizes
        labels = rng.choice(np.array([-1.0, 1.0]), count)
        self.signed = -labels[:, None, None] * integers(rng, (count, p, q), 2)
        self.signed[0, 0, 0] += 4.0
        self.x0 = dyadic(rng, p + q, 1, 5)
        self.x0[0] = self.x0[p] = 0.5
        self.blocks = (
            Block("W", 1, tuple(range(p)), quadratic=False),
            Block("W", 2, tuple(range(p, p + q)), quadratic=False),
        )
        self.constants = Constants()

    def _sides(self, x: Entries) -> tuple[Entries, Entries, Entries]:
        """A_i v (…, N, p), A_iᵀu (…, N, q) and the margins (…, N)."""
        p, q = self.sizes
        count = len(self.signed)
        u, v = part(x, slice(0, p)), part(x, slice(p, p + q))
        first = shaped(_each(self.signed.reshape(-1, q), v), count, p)
        turned = np.swapaxes(self.signed, 1, 2).reshape(-1, p)
        second = shaped(_each(turned, u), count, q)
        margins = flattened(product(first, shaped(u, p, 1)))
        return first, second, margins

    def smooth(self, x: Entries) -> Entries:
        """H."""
        return total(softplus(self._sides(x)[2]))

    def slope(self, x: Entries) -> Entries:
        """σ(m_i)-weighted sums of A_i v and A_iᵀu."""
        first, second, margins = self._sides(x)
        weights = shaped(sigmoid(margins), len(self.signed), 1)
        return joined([flattened(product(transposed(side), weights)) for side in (first, second)])

    def modulus(self, block: int, x: Vector) -> float:
        """¼Σ‖A_i v‖² or ¼Σ‖A_iᵀu‖², rounded up."""
        side: NDArray[np.float64] = self._sides(x)[block]
        return max(float((side**2).sum()) / 4 * (1 + gamma(200)), 2.0**-60)

    def exact_value(self, x: Any) -> Fraction:
        """Not rational.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{self.name}: its values are not rational")


def _each(matrix: NDArray[np.float64], x: Entries) -> Entries:
    return product(x, lift(np.ascontiguousarray(matrix.T), x))


def softplus(m: Entries) -> Entries:
    """log(1 + e^m) = max(m, 0) + log1p(e^{−|m|}); its derivative is at most 1."""
    if not isinstance(m, Ball):
        return np.maximum(m, m.dtype.type(0)) + np.log1p(np.exp(-np.abs(m)))
    mid = np.maximum(m.mid, 0) + np.log1p(np.exp(-np.abs(m.mid)))
    return Ball.of(mid, m.rad * (1 + 8 * U) + gamma(_ROUNDINGS) * mid + 4 * ETA)


def sigmoid(m: Entries) -> Entries:
    """1/(1 + e^{−m}), by e^{−|m|}; its derivative is at most ¼."""
    middle = m.mid if isinstance(m, Ball) else m
    small = np.exp(-np.abs(middle))
    one = middle.dtype.type(1)
    mid = np.where(middle >= 0, one, small) / (one + small)
    if not isinstance(m, Ball):
        return mid
    return Ball.of(mid, m.rad / 4 * (1 + 8 * U) + gamma(_ROUNDINGS) * mid + 4 * ETA)


class LogisticRegression(Problem):
    """(1/N)Σ log(1 + exp(−y_i a_iᵀw)) + (λ/2)‖w‖², N = 4 or 8, λ = 2^−j: strongly convex.

    softplus'' ≤ ¼ gives L = Σ‖a_i‖²/(4N) + λ, and μ = λ. Its minimum is not known.
    """

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 24)
        self.family, self.seed = "logistic", seed_of(seed)
        n, self.samples = int(rng.integers(1, 5)), 4 * int(rng.integers(1, 3))
        labels = rng.choice(np.array([-1.0, 1.0]), self.samples)
        rows = integers(rng, (self.samples, n), 3)
        rows[0, 0] += 4.0
        self.signed = -labels[:, None] * rows
        self.weight = 2.0 ** -int(rng.integers(0, 8))
        self.x0 = dyadic(rng, n, 3, 4)
        squares = sum((Fraction(float(a @ a)) for a in rows), Fraction(0))
        ridge = Fraction(self.weight)
        largest = squares / (4 * self.samples) + ridge
        self.constants = Constants(L=largest, mu=ridge, convex=True)

    def smooth(self, x: Entries) -> Entries:
        """F."""
        loss = total(softplus(apply(self.signed, x)))
        return lift(Fraction(1, self.samples), x) * loss + self._half(x) * total(x * x)

    def _half(self, x: Entries) -> Entries:
        return lift(Fraction(self.weight) / 2, x)

    def slope(self, x: Entries) -> Entries:
        """∇F."""
        weights = sigmoid(apply(self.signed, x))
        mean = lift(Fraction(1, self.samples), x) * apply(self.signed.T, weights)
        return mean + lift(self.weight, x) * x

    def exact_value(self, x: Any) -> Fraction:
        """Not rational.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{self.name}: its values are not rational")
