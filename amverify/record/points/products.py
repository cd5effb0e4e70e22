r"""Inner products with a bound on their rounding error.

x and y are vectors of n entries known up to r and q, entry by entry. Any order of summation,
fused or not, errs by γ_n Σ|x_i||y_i| at most, and n products may each underflow by η:

    |fl(⟨x, y⟩) − ⟨x + dx, y + dy⟩| ≤ γ_n Σ|x_i||y_i| + Σ(|x_i|q_i + r_i|y_i| + r_i q_i) + nη.

The bound is itself computed in float64, from sums of what is not negative; it is enlarged by
more than they can lose. Works on stacks (…, n) of vectors at once.
"""

from __future__ import annotations

import numpy as np

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import ETA, U, gamma
from amverify.record.points.vector import Vector


def inner(x: Ball, y: Ball) -> Ball:
    """⟨x, y⟩ over the last dimension."""
    n = x.mid.shape[-1]
    a, b = np.abs(x.mid), np.abs(y.mid)
    with np.errstate(all="ignore"):
        middle = np.einsum("...i,...i->...", x.mid, y.mid)
        sizes = np.einsum("...i,...i->...", a, b)
        spread = a * y.rad + x.rad * b + x.rad * y.rad
        error = gamma(n) * sizes + spread.sum(-1)
        return Ball.of(middle, error * (1 + 2 * gamma(n + 8)) + 2 * n * ETA)


def squared(x: Ball) -> Ball:
    """‖x‖²."""
    return inner(x, x)


def difference(new: Vector, old: Vector) -> Ball:
    """new − old, entry by entry; exact but for one rounding, and without one where it is 0."""
    with np.errstate(all="ignore"):
        e = new - old
        return Ball.of(e, U * np.abs(e))


def length(x: Ball) -> Ball:
    """‖x‖."""
    return squared(x).sqrt()
