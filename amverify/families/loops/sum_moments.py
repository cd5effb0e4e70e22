r"""Expectations over all batches of K sweeps at once, for step sizes fixed before the run.

ℓ(·; n) is quadratic, so a block step is affine in w, ŵ = (w, 1) ↦ M_nŵ, and S = E ŵŵᵀ follows

    S ← (1/N)Σ_n M_n S M_nᵀ        (a fresh batch for each block; for one batch a sweep, the sum
                                    runs over whole sweeps, the block steps of n multiplied),

in rational arithmetic, without enumerating N^{BK} paths. Every expectation of S2 and of S3's rate
is a quadratic form: E‖Rŵ‖² = tr(R S Rᵀ).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.families.arithmetic import rationals
from amverify.families.sums import FiniteSum
from amverify.numbers.balls import Ball

Matrix = NDArray[Any]
NAMES = ("mean_value", "mean_gradient", "mean_slopes", "mean_noise", "mean_moment")


def mean_columns(
    problem: FiniteSum, alpha: NDArray[np.float64], fresh: bool, size: int = 1
) -> Iterator[tuple[str, list[Ball]]]:
    """The columns ``mean_*`` of sweeps 0, …, K for step sizes α (K, B, n)."""
    gradients = [_gradient(problem, batch) for batch in problem.batches(size)]
    full = _mean(gradients)
    start = rationals(np.concatenate((problem.x0, [1.0])))
    second = np.outer(start, start)
    rows = [(_value(problem, second), _form(full, second), *(Fraction(0),) * 3)]
    for steps in alpha:
        parts = [second] if fresh else [second] * len(gradients)
        slopes = noise = moment = Fraction(0)
        if not fresh:
            owns = [_own(problem, i) for i in range(len(problem.blocks))]
            moment = max(_mean_of([_form(g[own], second) for g in gradients]) for own in owns)
        for i in range(len(problem.blocks)):
            own = _own(problem, i)
            mean = _mean(parts)
            slope = _form(full[own], mean)
            slopes += slope
            if fresh:
                each = [_form(g[own], mean) for g in gradients]
                noise += Fraction(problem.modulus(i, problem.x0)) * (_mean_of(each) - slope)
                stepped = [_stepped(problem, i, steps[i], g) for g in gradients]
                parts = [_mean([m @ mean @ m.T for m in stepped])]
            else:
                each = [_form(g[own], s) for g, s in zip(gradients, parts, strict=True)]
                stepped = [_stepped(problem, i, steps[i], g) for g in gradients]
                parts = [m @ s @ m.T for m, s in zip(stepped, parts, strict=True)]
            moment = max(moment, _mean_of(each))
        second = _mean(parts)
        rows.append((_value(problem, second), _form(full, second), slopes, noise, moment))
    for name, column in zip(NAMES, zip(*rows, strict=True), strict=True):
        yield name, [Ball.exact(value) for value in column]


def _own(problem: FiniteSum, block: int) -> list[int]:
    return list(problem.blocks[block].index)


def _gradient(problem: FiniteSum, batch: tuple[int, ...]) -> Matrix:
    """∇ℓ(w; batch) = Gŵ as the matrix G, (n, n + 1)."""
    rows, target = rationals(problem.rows[list(batch)]), rationals(problem.target[list(batch)])
    share = Fraction(1, len(batch))
    found: Matrix = np.concatenate((rows.T @ rows, -(rows.T @ target)[:, None]), axis=1) * share
    return found


def _stepped(problem: FiniteSum, block: int, alpha: NDArray[np.float64], g: Matrix) -> Matrix:
    """ŵ ↦ ŵ − U_iD_iGŵ."""
    n = problem.dimension
    found = rationals(np.eye(n + 1))
    for j in _own(problem, block):
        found[j] = found[j] - Fraction(float(alpha[j])) * g[j]
    return found


def _mean(parts: list[Matrix]) -> Matrix:
    found: Matrix = sum(parts[1:], parts[0]) * Fraction(1, len(parts))
    return found


def _mean_of(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _form(rows: Matrix, second: Matrix) -> Fraction:
    """E‖Rŵ‖²."""
    return Fraction(((rows @ second) * rows).sum())


def _value(problem: FiniteSum, second: Matrix) -> Fraction:
    """E f = (1/2N)Σ_n E(a_nᵀw − b_n)²."""
    rows = rationals(np.concatenate((problem.rows, -problem.target[:, None]), axis=1))
    return _form(rows, second) / (2 * problem.samples)
