r"""Sparse least squares: ½‖Ax − b‖² + Σ_i r(|x_i|), with A's singular values known exactly.

| penalty | r(t) | prox of step η at v |
|---|---|---|
| ``l1`` | λt | sign(v)(\|v\| − λη)₊ |
| ``l0`` | λ·1[t > 0] | v where \|v\| > √(2λη), else 0 |
| ``mcp`` | λw − w²/(2γ), w = min(t, γλ) | soft(v, λη)/(1 − η/γ) up to γλ, then v |
| ``scad`` | slope λ up to λ, then (aλ − t)/(a − 1) up to aλ | soft; ((a−1)v − aλη)/(a−1−η); v |

A = DP·2^−m with an integer reflection P, P² = (vᵀv)²: AᵀA has the eigenvalues (vᵀvd_i)²/4^m. For
the LASSO the minimiser is found exactly, by trying every pattern of signs; it is unique, θ = ½.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.errors import InvalidInput
from amverify.families.arithmetic import (
    Entries,
    apply,
    larger,
    lift,
    rationals,
    smaller,
    total,
)
from amverify.families.draws import Draws, seed_of, source
from amverify.families.problem import Block, Constants, Problem, Vector, dyadic, integers
from amverify.families.quadratic import mixing
from amverify.numbers.balls import Ball

PENALTIES = ("l1", "l0", "mcp", "scad")
GAMMA, SCAD = 2.0, 3.0
"""γ of MCP and a of SCAD; steps have η ≤ 1/L ≤ 1 < γ, a − 1."""
CONVEX_BELOW = {"mcp": GAMMA, "scad": SCAD - 1}


class SparseLeastSquares(Problem):
    """½‖Ax − b‖² + a sparse penalty; λ dyadic.

    Args:
        seed: what it is drawn from: a seed, or a source of numbers.
        penalty: one of ``PENALTIES``.
    """

    def __init__(self, seed: int | Draws, penalty: str = "l1") -> None:
        rng = source(seed, 16)
        self.family, self.seed, self.penalty = f"sparse_{penalty}", seed_of(seed), penalty
        n = int(rng.integers(2, 4 if penalty == "l1" else 7))
        v = mixing(rng, n)
        square = float(v @ v)
        scale = 2.0 ** -math.floor(math.log2(square))
        diagonal = rng.integers(1, 4, n).astype(np.float64)
        self.matrix = np.diag(diagonal) @ (square * np.eye(n) - 2 * np.outer(v, v)) * scale
        truth = integers(rng, n, 3) * (rng.random(n) < 0.6)
        self.target = self.matrix @ truth + dyadic(rng, n, 1, 3)
        self.weight = float(rng.integers(1, 9)) / 4
        self.x0 = dyadic(rng, n, 3, 5)
        self.singular = [Fraction(square * scale) * Fraction(d) for d in diagonal]
        self.blocks = (Block("W", 1, tuple(range(n))),)

    @cached_property
    def constants(self) -> Constants:  # type: ignore[override]
        """Constants; those of the LASSO's minimum are computed when they are first asked for."""
        largest = max(s**2 for s in self.singular)
        if self.penalty != "l1":
            return Constants(L=largest, exact=True)
        best = self.minimiser()
        return Constants(
            L=largest,
            exact=True,
            fstar=self.exact_value(best),
            xstar=tuple(best),
            theta=Fraction(1, 2),
            convex=True,
        )

    def smooth(self, x: Entries) -> Entries:
        """½‖Ax − b‖²."""
        r = apply(self.matrix, x) - lift(self.target, x)
        return lift(Fraction(1, 2), x) * total(r * r)

    def slope(self, x: Entries) -> Entries:
        """Aᵀ(Ax − b)."""
        return apply(self.matrix.T, apply(self.matrix, x) - lift(self.target, x))

    def nonsmooth(self, x: Entries) -> Entries:
        """Σ r(|x_i|)."""
        weight, size = lift(self.weight, x), abs(x)
        if self.penalty == "l1":
            return weight * total(size)
        if self.penalty == "l0":
            return total(weight * _support(x))
        if self.penalty == "mcp":
            w = smaller(size, lift(GAMMA * self.weight, x))
            return total(w * (weight - lift(0.5 / GAMMA, x) * w))
        w = larger(weight, smaller(size, lift(SCAD * self.weight, x)))
        tail = lift(SCAD * self.weight, x) * (w - weight) - lift(0.5, x) * (w * w - weight * weight)
        return total(weight * smaller(size, weight) + lift(1 / (SCAD - 1), x) * tail)

    def prox(self, v: Vector, step: float) -> Vector:
        """See the module; in the format of v.

        Raises:
            InvalidInput: for MCP and SCAD with a step at which g + ‖· − v‖²/(2·step) is not convex.
        """
        if self.penalty in CONVEX_BELOW and not step < CONVEX_BELOW[self.penalty]:
            raise InvalidInput(
                f"prox: of {self.penalty} it is known for steps below "
                f"{CONVEX_BELOW[self.penalty]:g}, got {float(step):g}"
            )
        kind, size, lam = v.dtype.type, np.abs(v), self.weight
        if self.penalty == "l0":
            return np.where(size > kind(math.sqrt(2 * lam * step)), v, kind(0))
        soft: Vector = np.sign(v) * np.maximum(size - kind(lam * step), kind(0))
        if self.penalty == "l1":
            return soft
        if self.penalty == "mcp":
            return np.where(size <= kind(GAMMA * lam), soft / kind(1 - step / GAMMA), v)
        middle = (kind(SCAD - 1) * v - np.sign(v) * kind(SCAD * lam * step)) / kind(SCAD - 1 - step)
        inner = np.where(size <= kind(lam * (1 + step)), soft, middle)
        return np.where(size <= kind(SCAD * lam), inner, v)

    def minimiser(self) -> list[Fraction]:
        """The LASSO's minimiser, exactly: the pattern of signs whose conditions hold.

        On the support S with signs σ: A_SᵀA_S x_S = A_Sᵀb − λσ, and |A_jᵀ(Ax − b)| ≤ λ off it.
        """
        a, b = rationals(self.matrix), rationals(self.target)
        gram, image, lam = a.T @ a, a.T @ b, Fraction(self.weight)
        n = self.dimension
        for signs in itertools.product((-1, 0, 1), repeat=n):
            support = [i for i in range(n) if signs[i]]
            x = np.array([Fraction(0)] * n, dtype=object)
            if support:
                rhs = [image[i] - lam * signs[i] for i in support]
                x[support] = _solved(gram[np.ix_(support, support)], rhs)
            gap = gram @ x - image
            right = all(x[i] * signs[i] > 0 for i in support)
            if right and all(abs(gap[i]) <= lam for i in range(n) if not signs[i]):
                return list(x)
        raise AssertionError("a strictly convex problem has a minimiser")


def _support(x: Entries) -> Entries:
    """1 where an entry is not 0; of balls that are points."""
    if isinstance(x, Ball):
        return Ball.of((x.mid != 0).astype(np.float64), np.where(x.rad > 0, 1.0, 0.0))
    if x.dtype == object:
        return np.array([Fraction(int(v != 0)) for v in x], dtype=object)
    return (x != 0).astype(x.dtype)


def _solved(matrix: NDArray[Any], rhs: list[Fraction]) -> list[Fraction]:
    """A linear system in rational arithmetic."""
    rows = [[sp.Rational(q.numerator, q.denominator) for q in row] for row in matrix]
    column = [sp.Rational(q.numerator, q.denominator) for q in rhs]
    found = sp.Matrix(rows).LUsolve(sp.Matrix(column))
    return [Fraction(int(q.p), int(q.q)) for q in found]
