r"""Quadratics with a known spectrum: H(x) = ½(x − x*)ᵀQ(x − x*) + F*, centred or expanded.

Q = PΛP with an integer reflection P = (vᵀv)I − 2vvᵀ, P² = (vᵀv)²I: an integer (dyadic) matrix with
the eigenvalues (vᵀv)²λ_i, exactly. So L = max, μ = the least positive one, both rational, and
(F − F*)^{1/2} ≤ (1/√(2μ))‖∇F‖ with θ = ½ wherever the form is nonnegative; rank-deficient ones
included, for ‖∇F‖² ≥ 2μ(F − F*) holds with the least *non-zero* eigenvalue.

The expanded form ½xᵀQx − bᵀx + d is the same function; evaluated, it cancels near x*.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from amverify.families.arithmetic import Entries, apply, lift, rationals, total
from amverify.families.draws import Draws, seed_of, source
from amverify.families.problem import Block, Constants, Problem, Vector, above, dyadic


def mixing(rng: Draws, n: int) -> Vector:
    """An integer v whose reflection mixes all coordinates: no entry 0, the first two unequal."""
    sizes = rng.integers(1, 3, n)
    sizes[:2] = 2, 1
    signed: Vector = sizes * rng.choice(np.array([-1.0, 1.0]), n)
    return signed


def spectral(
    rng: Draws, eigenvalues: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[Fraction]]:
    """A symmetric matrix of exactly representable entries, with its eigenvalues.

    Args:
        eigenvalues: λ, small integers; the result's are (vᵀv)²λ_i/2^m, m chosen so that their
            size stays.
    """
    n = len(eigenvalues)
    v = mixing(rng, n)
    square = float(v @ v)
    reflection = square * np.eye(n) - 2 * np.outer(v, v)
    shrink = 2.0 ** -math.floor(math.log2(square**2))
    matrix = reflection @ np.diag(eigenvalues) @ reflection * shrink
    factor = Fraction(square**2 * shrink)
    return matrix, [factor * Fraction(x) for x in eigenvalues]


class Quadratic(Problem):
    """A quadratic, convex or not, with or without a box.

    Args:
        seed: what it is drawn from: a seed, or a source of numbers.
        kind: ``strong`` (μ > 0), ``deficient`` (some eigenvalues 0) or ``saddle`` (some
            negative; then a box keeps it bounded below).
        boxed: with a box around the start.
    """

    def __init__(self, seed: int | Draws, kind: str = "strong", boxed: bool | None = None) -> None:
        rng = source(seed, 11)
        self.family = {
            "strong": "quadratic",
            "deficient": "least_squares",
            "saddle": "nonconvex_quadratic",
        }[kind] + ("_box" if boxed and kind == "strong" else "")
        self.seed = seed_of(seed)
        n = int(rng.integers(2, 7))
        eigenvalues = rng.integers(1, 17, n).astype(np.float64)
        if kind == "deficient":
            eigenvalues[: int(rng.integers(1, n))] = 0
        if kind == "saddle":
            eigenvalues[: int(rng.integers(1, n))] *= -1
        self.matrix, self.spectrum = spectral(rng, eigenvalues)
        self.centre = dyadic(rng, n, 3, 4)
        self.floor = float(dyadic(rng, 1, 4, 4)[0]) if rng.random() < 0.5 else 0.0
        self.expanded = bool(rng.random() < 0.5)
        self.linear = self.matrix @ self.centre
        self.offset = float(self.centre @ self.linear) / 2 + self.floor
        self.x0 = self.centre + dyadic(rng, n, 4, 6)
        if boxed or kind == "saddle":
            radius = np.abs(dyadic(rng, n, 2, 4)) + 0.25
            self.box = (self.x0 - radius, self.x0 + radius)
        self.blocks = _halves(n, kind != "saddle")
        self._moduli = [self._row_sum(block.index) for block in self.blocks]
        self.constants = self._known(kind)

    def _known(self, kind: str) -> Constants:
        largest = max(abs(x) for x in self.spectrum)
        if kind == "saddle":
            return Constants(L=largest, exact=True)
        if self.box is not None:
            return Constants(L=largest, exact=True, convex=True)
        mu = min(x for x in self.spectrum if x)
        return Constants(
            L=largest,
            exact=True,
            mu=mu,
            fstar=Fraction(self.floor),
            xstar=tuple(rationals(self.centre)),
            theta=Fraction(1, 2),
            c=above(1 / math.sqrt(float(2 * mu) * (1 - 2.0**-50))),
            convex=True,
        )

    def _row_sum(self, index: tuple[int, ...]) -> float:
        return float(np.abs(self.matrix[np.ix_(index, index)]).sum(1).max()) or 1.0

    def smooth(self, x: Entries) -> Entries:
        """H."""
        half = lift(Fraction(1, 2), x)
        if not self.expanded:
            moved = x - lift(self.centre, x)
            return half * total(moved * apply(self.matrix, moved)) + lift(self.floor, x)
        curve = total(x * (half * apply(self.matrix, x) - lift(self.linear, x)))
        return curve + lift(self.offset, x)

    def slope(self, x: Entries) -> Entries:
        """Q(x − x*)."""
        if self.expanded:
            return apply(self.matrix, x) - lift(self.linear, x)
        return apply(self.matrix, x - lift(self.centre, x))

    def modulus(self, block: int, x: Vector) -> float:
        """The largest absolute row sum of the block's matrix: no eigenvalue is larger."""
        return self._moduli[block]


def _halves(n: int, convex: bool) -> tuple[Block, ...]:
    cut = max(n // 2, 1)
    return (
        Block("W", 1, tuple(range(cut)), convex),
        Block("W", 2, tuple(range(cut, n)), convex),
    )
