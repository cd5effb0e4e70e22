r"""Products of matrices and squares: block-multiconvex and quartic problems with F* = 0.

| family | F |
|---|---|
| ``factorisation`` | ½‖M − W₂W₁‖², M = W₂*W₁* |
| ``dictionary`` | the same with the box \|W₂\| ≤ 1 |
| ``deep_linear`` | ½‖Y − W₃W₂W₁X‖² |
| ``phase`` | ¼Σ((a_iᵀx)² − b_i)², b_i = (a_iᵀx*)² |

With left = W_L⋯W_{l+1} and right = W_{l−1}⋯W₁X, F is quadratic in W_l with gradient
leftᵀ(W_L⋯W₁X − Y)rightᵀ and modulus ‖left‖₂²‖right‖₂²; the Frobenius norms bound it.

**KL.** For a factorisation with square W₁ of least singular value σ, ‖∂F/∂W₂‖ = ‖RW₁ᵀ‖ ≥ σ‖R‖ and
F = ½‖R‖²: θ = ½ with c = 1/(√2σ). W₁* is an integer reflection of singular values vᵀv/2^m, so
c = √2·2^m/(vᵀv) wherever σ stays above half of that.
"""

from __future__ import annotations

import math
from fractions import Fraction

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
    rationals,
    shaped,
    total,
    transposed,
)
from amverify.families.draws import Draws, seed_of, source
from amverify.families.problem import Block, Constants, Problem, Vector, above, dyadic, integers
from amverify.numbers.roundoff import gamma


class Chain(Problem):
    """½‖Y − W_L⋯W₁X‖² with planted factors; x holds W₁, …, W_L row by row.

    Args:
        seed: what it is drawn from: a seed, or a source of numbers.
        kind: ``factorisation``, ``dictionary`` or ``deep_linear``.
    """

    def __init__(self, seed: int | Draws, kind: str = "factorisation") -> None:
        rng = source(seed, 17)
        self.family, self.seed = kind, seed_of(seed)
        deep = kind == "deep_linear"
        inner = 2
        widths = [int(rng.integers(1, 3)) for _ in range(4)] if deep else [inner, inner, 2]
        if kind == "dictionary":
            widths = [3, 1, 2]
        self.shapes = list(zip(widths[1:], widths[:-1], strict=True))
        self.inputs = integers(rng, (widths[0], 3), 2) if deep else np.eye(widths[0])
        factors = [dyadic(rng, shape, 1, 2) for shape in self.shapes]
        sigma = None
        if kind == "factorisation":
            v = integers(rng, inner, 2)
            v[0] = v[0] or 1.0
            square = float(v @ v)
            shrink = 2.0 ** -math.floor(math.log2(square))
            factors[0] = (square * np.eye(inner) - 2 * np.outer(v, v)) * shrink
            sigma = square * shrink
        self.target = _plain_product([*factors[::-1], self.inputs])
        planted = np.concatenate([w.ravel() for w in factors])
        self.x0 = planted + dyadic(rng, len(planted), 1, 5) / 2
        ends = np.cumsum([0, *(rows * columns for rows, columns in self.shapes)])
        self.blocks = tuple(
            Block("W", i + 1, tuple(range(int(ends[i]), int(ends[i + 1]))))
            for i in range(len(self.shapes))
        )
        if kind == "dictionary":
            bound = np.where(np.arange(len(planted)) >= ends[1], 1.0, np.inf)
            self.box = (-bound, bound)
            self.x0 = np.clip(self.x0, *self.box)
        self.constants = Constants(
            fstar=Fraction(0),
            xstar=tuple(rationals(planted)),
            theta=None if sigma is None else Fraction(1, 2),
            c=None if sigma is None else above(math.sqrt(2) / sigma * (1 + 2.0**-50)),
        )

    def factors(self, x: Entries) -> list[Entries]:
        """W₁, …, W_L."""
        return [
            shaped(part(x, slice(block.index[0], block.index[-1] + 1)), *shape)
            for block, shape in zip(self.blocks, self.shapes, strict=True)
        ]

    def _residual(self, factors: list[Entries], x: Entries) -> Entries:
        return _chained(factors, lift(self.inputs, x)) - lift(self.target, x)

    def smooth(self, x: Entries) -> Entries:
        """H."""
        r = self._residual(self.factors(x), x)
        return lift(Fraction(1, 2), x) * total(r * r, 2)

    def slope(self, x: Entries) -> Entries:
        """leftᵀ R rightᵀ for every factor."""
        factors = self.factors(x)
        r = self._residual(factors, x)
        found = []
        for i in range(len(factors)):
            right = _chained(factors[:i], lift(self.inputs, x))
            g = product(r, transposed(right))
            for w in factors[:i:-1]:
                g = product(transposed(w), g)
            found.append(flattened(g))
        return joined(found)

    def modulus(self, block: int, x: Vector) -> float:
        """‖left‖²‖right‖² in Frobenius norms, rounded up."""
        factors: list[NDArray[np.float64]] = self.factors(x)
        right = _plain_product([*factors[:block][::-1], self.inputs])
        left = _plain_product(factors[:block:-1]) if factors[block + 1 :] else np.eye(1)
        bound = float((left**2).sum() * (right**2).sum())
        return max(bound * (1 + gamma(200)), 2.0**-60)


def _chained(factors: list[Entries], inputs: Entries) -> Entries:
    found = inputs
    for w in factors:
        found = product(w, found)
    return found


def _plain_product(factors: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    found = factors[-1]
    for w in factors[-2::-1]:
        found = w @ found
    return found


class PhaseRetrieval(Problem):
    """¼Σ((a_iᵀx)² − b_i)²; L holds for ‖x‖_∞ ≤ R = 8.

    ∇²F = Σ(3(a_iᵀx)² − b_i)a_ia_iᵀ lies between −Σb_i‖a_i‖² and Σ3R²‖a_i‖₁²‖a_i‖².
    """

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 18)
        self.family, self.seed = "phase", seed_of(seed)
        n = int(rng.integers(2, 5))
        self.rows = integers(rng, (2 * n, n), 2)
        self.rows[:n] += 3 * np.eye(n)
        truth = integers(rng, n, 2)
        self.measured = (self.rows @ truth) ** 2
        self.x0 = truth + dyadic(rng, n, 1, 5)
        radius = Fraction(8)
        one, two = np.abs(self.rows).sum(1), (self.rows**2).sum(1)
        bound = max(
            3 * radius**2 * Fraction(float((one**2 * two).sum())),
            Fraction(float((self.measured * two).sum())),
        )
        self.constants = Constants(
            L=bound, fstar=Fraction(0), xstar=tuple(rationals(truth)), radius=radius
        )

    def smooth(self, x: Entries) -> Entries:
        """F."""
        p = apply(self.rows, x)
        r = p * p - lift(self.measured, x)
        return lift(Fraction(1, 4), x) * total(r * r)

    def slope(self, x: Entries) -> Entries:
        """Σ((a_iᵀx)² − b_i)(a_iᵀx)a_i."""
        p = apply(self.rows, x)
        return apply(self.rows.T, (p * p - lift(self.measured, x)) * p)
