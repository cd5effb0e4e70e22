r"""Finite sums of quadratics, small enough that every expectation over batches is exact.

    f(w) = (1/N)Σ_n ½(a_nᵀw − b_n)²,        ∇ℓ(w; n) = (a_nᵀw − b_n)a_n

All quantities of S1–S4 are rational: the batches are enumerated, each with the same
probability, and a sweep of block steps is computed in fractions along every one of them.

**SameBatch** is S6's counterexample: ½(w + s_n)² with s = (2, 2, 2, −5), so ∇f(0) = ¼ and L̄ = 1.
Step sizes trained on the batch to which they apply, by the projected hypergradient step
α(ξ) = α₀ + β⟨∇ℓ(w − α₀g;ξ), g⟩, g = ∇ℓ(w;ξ) with β(1 − α₀) = α₀/32, are 9α₀/8 for the first three
and 57α₀/32 for the last, so that at w = 0

    E[α(ξ)g] = (α₀/4)(3·2·9/8 − 5·57/32) = −69α₀/128 < 0:

E f(w⁺) − f(w) = (69/512)α₀ + ½E[α²g²] > 0 for *every* α₀ > 0. With any α that is fixed before the
batch is drawn it is −α/16 + (37/8)α², negative for α < 1/74.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.families.arithmetic import Entries, apply, lift, rationals, total
from amverify.families.draws import Draws, seed_of, source
from amverify.families.problem import Block, Constants, Problem, above, dyadic, integers

Rational = list[Fraction]


class FiniteSum(Problem):
    """N = 4 samples in two or three blocks; N is a power of two, so that 1/N is exact."""

    samples = 4

    def __init__(self, seed: int | Draws, parts: int = 2) -> None:
        rng = source(seed, 20)
        self.family, self.seed = (
            "finite_sum" if parts == 2 else f"finite_sum_{parts}",
            seed_of(seed),
        )
        n = int(rng.integers(parts, parts + 3))
        rows = integers(rng, (self.samples, n), 2)
        rows[0] += 3.0
        target = integers(rng, self.samples, 4)
        self._set(rows, target, dyadic(rng, n, 2, 5), parts)

    def _set(
        self,
        rows: np.ndarray[tuple[int, int], np.dtype[np.float64]],
        target: np.ndarray[tuple[int], np.dtype[np.float64]],
        start: np.ndarray[tuple[int], np.dtype[np.float64]],
        parts: int,
    ) -> None:
        """Samples a_n, b_n, the start, and blocks of nearly equal size."""
        self.rows, self.target, self.x0 = rows, target, start
        n = len(start)
        cuts = [n * i // parts for i in range(parts + 1)]
        self.blocks = tuple(
            Block("W", i + 1, tuple(range(cuts[i], cuts[i + 1]))) for i in range(parts)
        )
        squares = [Fraction(float(a @ a)) for a in rows]
        self.sample_modulus = max(squares)
        """L̄: the modulus of the worst sample's gradient, exactly."""
        self.constants = Constants(L=sum(squares, Fraction(0)) / self.samples, convex=True)

    def declared(self) -> dict[str, Any]:
        """Besides: L̄, and 0, which is below every value."""
        known = {"Lbar": self.sample_modulus, "fstar": Fraction(0)}
        return super().declared() | {
            name: {"value": float(value), "origin": "declared"} for name, value in known.items()
        }

    def smooth(self, x: Entries) -> Entries:
        """f."""
        r = apply(self.rows, x) - lift(self.target, x)
        return lift(Fraction(1, 2 * self.samples), x) * total(r * r)

    def slope(self, x: Entries) -> Entries:
        """∇f."""
        r = apply(self.rows, x) - lift(self.target, x)
        return lift(Fraction(1, self.samples), x) * apply(self.rows.T, r)

    def sample_slope(self, x: Entries, i: int) -> Entries:
        """(a_iᵀx − b_i)a_i."""
        row = lift(self.rows[i % self.samples], x)
        return (
            total(row * x) - lift(self.target[i % self.samples : i % self.samples + 1], x)
        ) * row

    def modulus(self, block: int, x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        """The trace of the block's matrix: no eigenvalue of it is larger."""
        own = self.rows[:, list(self.blocks[block].index)]
        return above(float((own**2).sum()) / self.samples) or 1.0

    def batches(self, size: int = 1) -> Iterator[tuple[int, ...]]:
        """Every batch without replacement, all equally likely."""
        return itertools.combinations(range(self.samples), size)

    def batch_gradient(self, w: Sequence[Fraction], batch: Sequence[int]) -> Rational:
        """The gradient of a batch's mean loss at w, exactly."""
        at = np.array(list(w), dtype=object)
        rows, target = self._exact
        found = sum((rows[n] * (rows[n] @ at - target[n]) for n in batch), 0 * at)
        return [Fraction(g) / len(batch) for g in found]

    @cached_property
    def _exact(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """a_n and b_n as fractions."""
        return rationals(self.rows), rationals(self.target)

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


class SameBatch(FiniteSum):
    """S6's counterexample (see the module), moved from 0 to the seed."""

    meta_rate = Fraction(1, 32)
    """β(1 − α₀)/α₀."""

    def __init__(self, seed: int | Draws) -> None:
        self.family, self.seed = "same_batch", seed_of(seed)
        start = np.array([float(seed if isinstance(seed, int) else seed.integers(-8, 9))])
        self._set(np.ones((4, 1)), start + np.array([-2.0, -2.0, -2.0, 5.0]), start, 1)

    def trained(self, w: Sequence[Fraction], first: Fraction, batch: Sequence[int]) -> Fraction:
        """α(ξ): one projected hypergradient step from α₀ on the batch itself, exactly."""
        g = self.batch_gradient(w, batch)
        tried = [x - first * v for x, v in zip(w, g, strict=True)]
        later = self.batch_gradient(tried, batch)
        product = sum((x * y for x, y in zip(later, g, strict=True)), Fraction(0))
        return first + self.meta_rate * first / (1 - first) * product

    def increase(self, first: Fraction) -> Fraction:
        """E f(w⁺) − f(w) at the start, with step sizes trained on their own batch."""
        w = [Fraction(float(self.x0[0]))]
        return self.expectation(
            lambda batch: self.exact_value(self.sweep(w, [self.trained(w, first, batch)], [batch]))
        ) - self.exact_value(w)


class CyclicLinear(Problem):
    """(1/3)(c − 2)x on [−1, 1] as the mean of cx, −x, −x: Reddi, Kale & Kumar (2018), Theorem 1.

    x* = −1, and f* = −(c − 2)/3. c is an integer, so the mean is exact only as a fraction: its
    gradient in floats is one rounding off.
    """

    samples = 3

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 22)
        self.family, self.seed = "cyclic_linear", seed_of(seed)
        self.weight = int(rng.integers(3, 9))
        self.x0 = dyadic(rng, 1, 1, 3)
        self.box = (np.array([-1.0]), np.array([1.0]))
        self.slopes = np.array([float(self.weight), -1.0, -1.0])
        self.mean = Fraction(self.weight - 2, 3)
        self.constants = Constants(
            L=Fraction(0), exact=True, fstar=-self.mean, xstar=(Fraction(-1),), convex=True
        )

    def smooth(self, x: Entries) -> Entries:
        """(c − 2)x/3."""
        return total(lift(self.mean, x) * x)

    def slope(self, x: Entries) -> Entries:
        """(c − 2)/3."""
        return lift(self.mean, x) + lift(0.0, x) * x

    def sample_slope(self, x: Entries, i: int) -> Entries:
        """c, −1, −1 in turn."""
        return lift(float(self.slopes[i % 3]), x) + lift(0.0, x) * x
