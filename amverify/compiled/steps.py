"""An inner step of SAMT and what trains step sizes, row by row; see :mod:`amverify.samt.moves`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from amverify.compiled.memory import ANY_ORDER, pointer


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def steps(operands: int, count: int, single: bool) -> None:
    """w ← w − α ⊙ g, Δ ← Δ − α ⊙ g, and reduce(g ⊙ d), reduce(g²), for some parameters.

    α, reduce(g ⊙ d) and reduce(g²) have as many rows as w, or one, and as many columns, or one.

    Args:
        operands: address of (count, 12): the addresses of w, g, d, α, Δ and of where the two sums
            go, 0 for d, Δ or a sum that is not wanted, and for a w that is left alone; how many
            rows and columns w has; whether α has those rows, and those columns; 1 where sums are
            added to what is there, 2 where d is to become g, 3 for both.
        count: how many parameters.
        single: whether entries are of float32, not float64.
    """
    table = carray(pointer(operands), (count, 12), np.int64)
    for k in range(count):
        if not table[k, 0]:
            continue
        if single:
            _step(table[k], np.float32)
        else:
            _step(table[k], np.float64)


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _step(at: NDArray[np.int64], form: Any) -> None:
    """One parameter's, row after row; ``form`` is that of the entries."""
    at_w, at_g, at_d, at_alpha, at_moved, at_inner, at_squares = at[:7]
    rows, columns, by_row, by_column, flags = at[7:]
    shape = (rows, columns)
    w = carray(pointer(at_w), shape, form)
    g = carray(pointer(at_g), shape, form)
    d = carray(pointer(at_d), shape, form)
    moved = carray(pointer(at_moved), shape, form)
    coarse = (rows if by_row else 1, columns if by_column else 1)
    alpha = carray(pointer(at_alpha), coarse, form)
    inner = carray(pointer(at_inner), coarse, form)
    squares = carray(pointer(at_squares), coarse, form)
    if at_inner and not flags & 1:
        inner[:] = 0
    if at_squares and not flags & 1:
        squares[:] = 0
    for i in range(rows):
        k = i if by_row else 0
        if at_moved:
            _subtract(moved[i], alpha[k], g[i])
        if at_inner and at_squares:
            if flags & 2:
                _measured_kept(w[i], g[i], d[i], alpha[k], inner[k], squares[k])
            else:
                _measured(w[i], g[i], d[i], alpha[k], inner[k], squares[k])
            continue
        if at_inner:
            _add_products(g[i], d[i], inner[k])
        if at_squares:
            _add_products(g[i], g[i], squares[k])
        _subtract(w[i], alpha[k], g[i])
        if flags & 2:
            d[i] = g[i]


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _measured(
    w: NDArray[Any],
    g: NDArray[Any],
    d: NDArray[Any],
    alpha: NDArray[Any],
    inner: NDArray[Any],
    squares: NDArray[Any],
) -> None:
    """A row's step and both its sums, each entry read once."""
    if alpha.size == w.size:
        for j in range(w.size):
            x = g[j]
            inner[j] += x * d[j]
            squares[j] += x * x
            w[j] -= alpha[j] * x
        return
    a, product, square = alpha[0], inner[0], squares[0]
    for j in range(w.size):
        x = g[j]
        product += x * d[j]
        square += x * x
        w[j] -= a * x
    inner[0], squares[0] = product, square


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _measured_kept(
    w: NDArray[Any],
    g: NDArray[Any],
    d: NDArray[Any],
    alpha: NDArray[Any],
    inner: NDArray[Any],
    squares: NDArray[Any],
) -> None:
    """``_measured``, and d becomes g."""
    if alpha.size == w.size:
        for j in range(w.size):
            x = g[j]
            inner[j] += x * d[j]
            squares[j] += x * x
            w[j] -= alpha[j] * x
            d[j] = x
        return
    a, product, square = alpha[0], inner[0], squares[0]
    for j in range(w.size):
        x = g[j]
        product += x * d[j]
        square += x * x
        w[j] -= a * x
        d[j] = x
    inner[0], squares[0] = product, square


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _add_products(x: NDArray[Any], y: NDArray[Any], to: NDArray[Any]) -> None:
    """x ⊙ y added to ``to``, or its sum, if that is one number."""
    if to.size == x.size:
        for j in range(x.size):
            to[j] += x[j] * y[j]
        return
    total = to[0]
    for j in range(x.size):
        total += x[j] * y[j]
    to[0] = total


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _subtract(x: NDArray[Any], alpha: NDArray[Any], g: NDArray[Any]) -> None:
    """x ← x − α ⊙ g."""
    if alpha.size == x.size:
        for j in range(x.size):
            x[j] -= alpha[j] * g[j]
        return
    a = alpha[0]
    for j in range(x.size):
        x[j] -= a * g[j]
