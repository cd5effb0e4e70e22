r"""Finite sums of quadratics, small enough that every expectation over batches is exact.

    f(w) = (1/N)Σ_n ½(a_nᵀw − b_n)²,        ∇ℓ(w; n) = (a_nᵀw − b_n)a_n

All quantities of S1–S4 are rational: the batches are enumerated, each with the same
probability, and a sweep of block steps is computed in fractions along every one of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from amverify.families.arithmetic import Entries, apply, lift, rationals, total
from amverify.families.problem import Block, Constants, Problem, above, dyadic, integers

Rational = list[Fraction]


class FiniteSum(Problem):
    """N = 4 samples in two blocks; N is a power of two, so that 1/N is exact."""

    samples = 4

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 20])
        self.family, self.seed = "finite_sum", seed
        n = int(rng.integers(2, 5))
        self.rows = integers(rng, (self.samples, n), 2)
        self.rows[0] += 3.0
        self.target = integers(rng, self.samples, 4)
        self.x0 = dyadic(rng, n, 2, 5)
        cut = n // 2
        self.blocks = (Block("W", 1, tuple(range(cut))), Block("W", 2, tuple(range(cut, n))))
        squares = [Fraction(float(a @ a)) for a in self.rows]
        self.sample_modulus = max(squares)
        """L̄: the modulus of the worst sample's gradient, exactly."""
        self.constants = Constants(L=sum(squares, Fraction(0)) / self.samples, convex=True)

    def smooth(self, x: Entries) -> Entries:
        """f."""
        r = apply(self.rows, x) - lift(self.target, x)
        return lift(Fraction(1, 2 * self.samples), x) * total(r * r)

    def slope(self, x: Entries) -> Entries:
        """∇f."""
        r = apply(self.rows, x) - lift(self.target, x)
        return lift(Fraction(1, self.samples), x) * apply(self.rows.T, r)

    def modulus(self, block: int, x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        """The trace of the block's matrix: no eigenvalue of it is larger."""
        own = self.rows[:, list(self.blocks[block].index)]
        return above(float((own**2).sum()) / self.samples) or 1.0

    def batches(self, size: int = 1) -> Iterator[tuple[int, ...]]:
        """Every batch without replacement, all equally likely."""
        return itertools.combinations(range(self.samples), size)

    def batch_gradient(self, w: Sequence[Fraction], batch: Sequence[int]) -> Rational:
        """The gradient of a batch's mean loss at w, exactly."""
        rows, target = rationals(self.rows[list(batch)]), rationals(self.target[list(batch)])
        found = rows.T @ (rows @ np.array(list(w), dtype=object) - target)
        return [Fraction(g) / len(batch) for g in found]

    def expectation(self, of: Callable[[tuple[int, ...]], Fraction], size: int = 1) -> Fraction:
        """E of a function of the batch."""
        found = [of(batch) for batch in self.batches(size)]
        return sum(found, Fraction(0)) / len(found)

    def sweep(
        self, w: Sequence[Fraction], steps: Sequence[Fraction], batches: Sequence[Sequence[int]]
    ) -> Rational:
        """One sweep over the blocks with step sizes α_j, block i on its own batch, exactly."""
        now = list(w)
        for block, batch in zip(self.blocks, batches, strict=True):
            gradient = self.batch_gradient(now, batch)
            for j in block.index:
                now[j] -= steps[j] * gradient[j]
        return now

    def expected_value(
        self, w: Sequence[Fraction], steps: Sequence[Fraction], fresh: bool, size: int = 1
    ) -> Fraction:
        """E f after one sweep: a fresh batch for each block, or one for all of them."""
        if not fresh:
            return self.expectation(
                lambda batch: self.exact_value(self.sweep(w, steps, [batch] * len(self.blocks))),
                size,
            )
        choices = list(itertools.product(self.batches(size), repeat=len(self.blocks)))
        values = [self.exact_value(self.sweep(w, steps, choice)) for choice in choices]
        return sum(values, Fraction(0)) / len(values)
