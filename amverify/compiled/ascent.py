"""A large Rayleigh quotient of a Gram matrix; see :mod:`amverify.methods.curvature`.

In float64, whatever the format, from the lower triangle alone. Each step goes to the best vector
of the plane that x and the quotient's gradient there span: Lanczos' method, begun anew every time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from amverify.compiled.memory import ANY_ORDER, pointer

Vector = NDArray[np.float64]
STEPS = 6


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def ascent(gram: int, order: int, single: bool, vector: int, rest: int, allowance: float) -> float:
    """θ + ``allowance``, θ = xᵀGx/xᵀx; NaN where G is not finite.

    Args:
        gram: address of G (n, n), of which the lower triangle is read.
        order: n.
        single: whether G is of float32, not float64.
        vector: address of x (n,), not 0, in float64; ends as a unit vector of larger quotient.
        rest: address of (n, n) in float64: the lower triangle of (θ + allowance)I − G.
        allowance: once x is within it of an eigenvector, steps end.
    """
    x = carray(pointer(vector), order, np.float64)
    less = carray(pointer(rest), (order, order), np.float64)
    if single:
        _negative(carray(pointer(gram), (order, order), np.float32), less)
    else:
        _negative(carray(pointer(gram), (order, order), np.float64), less)
    bound: float = _climbed(less, x, allowance) + allowance
    for i in range(order):
        less[i, i] += bound
    return bound


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _negative(gram: NDArray[Any], to: NDArray[np.float64]) -> None:
    for i in range(gram.shape[0]):
        for j in range(i + 1):
            to[i, j] = -gram[i, j]


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _climbed(less: NDArray[np.float64], x: Vector, allowance: float) -> float:
    """The quotient at the last x, which is a unit vector then."""
    y, q, gq = np.empty(x.size), np.empty(x.size), np.empty(x.size)
    _times(less, x, y)
    size = np.sqrt(_inner(x, x))
    _combined(1 / size, x, 0.0, x)
    _combined(1 / size, y, 0.0, y)
    theta: float = _inner(x, y)
    for _ in range(STEPS):
        for i in range(x.size):
            q[i] = y[i] - theta * x[i]
        beta = np.sqrt(_inner(q, q))
        if not beta > allowance:
            break
        _combined(1 / beta, q, 0.0, q)
        _times(less, q, gq)
        half = 0.5 * (theta - _inner(q, gq))
        c, s = beta, np.sqrt(half * half + beta * beta) - half
        size = np.sqrt(c * c + s * s)
        _combined(c / size, x, s / size, q)
        _combined(c / size, y, s / size, gq)
        theta = _inner(x, y) / _inner(x, x)
    return theta


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _times(less: NDArray[np.float64], x: Vector, y: Vector) -> None:
    """y = Gx from the lower triangle of −G."""
    y[:] = 0
    for i in range(x.size):
        row, at, total = less[i], x[i], 0.0
        for j in range(i):
            total += row[j] * x[j]
            y[j] -= row[j] * at
        y[i] -= total + row[i] * at


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _inner(x: Vector, y: Vector) -> float:
    total: float = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _combined(c: float, x: Vector, s: float, y: Vector) -> None:
    """x ← cx + sy."""
    for i in range(x.size):
        x[i] = c * x[i] + s * y[i]
