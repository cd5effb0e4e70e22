"""Loops compiled by numba, for :mod:`amverify.methods.rows.sums` and SAMT; importing this needs
numba.

They are handed addresses of contiguous memory, which the caller keeps alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from amverify.compiled.ahead import go_ahead, lost
from amverify.compiled.ascent import ascent
from amverify.compiled.memory import ANY_ORDER, pointer
from amverify.compiled.pairs import pairs
from amverify.compiled.prox import proximal
from amverify.compiled.solves import ridged, solves

__all__ = [
    "ascent", "climb", "exponential", "go_ahead", "lost", "pairs", "proximal", "ridged", "solves",
    "steps", "sums",
]  # fmt: skip


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def sums(operands: int, found: int, first: int, count: int, single: bool) -> None:
    """‖x‖², ⟨x, y⟩, ⟨x, z⟩, ‖z‖², ‖v‖², ‖x − cy‖² in float64, into rows of ``found``.

    Numbers alone are handed over: unpacking arrays would cost more than a small block's sums.

    Args:
        operands: address of (…, 6): those of x, y, z and v, how many entries each has, and c.
        found: address of (…, 6).
        first: the first row of both.
        count: how many rows.
        single: whether entries are of float32, not float64.
    """
    rows = first + count
    numbers = carray(pointer(operands), (rows, 6), np.int64)
    factors = carray(pointer(operands), (rows, 6), np.float64)
    into = carray(pointer(found), (rows, 6), np.float64)
    for k in range(first, rows):
        at_x, at_y, at_z, at_v, n = numbers[k, :5]
        if single:
            x = carray(pointer(at_x), n, np.float32)
            y = carray(pointer(at_y), n, np.float32)
            z = carray(pointer(at_z), n, np.float32)
            v = carray(pointer(at_v), n, np.float32)
            _sums(x, y, z, v, factors[k, 5], into[k])
        else:
            x = carray(pointer(at_x), n, np.float64)
            y = carray(pointer(at_y), n, np.float64)
            z = carray(pointer(at_z), n, np.float64)
            v = carray(pointer(at_v), n, np.float64)
            _sums(x, y, z, v, factors[k, 5], into[k])


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _sums(
    x: NDArray[Any],
    y: NDArray[Any],
    z: NDArray[Any],
    v: NDArray[Any],
    c: float,
    found: NDArray[np.float64],
) -> None:
    """Those of one row."""
    xx = xy = xz = zz = vv = turned = 0.0
    for i in range(x.size):
        a, b = np.float64(x[i]), np.float64(y[i])
        d, e = np.float64(z[i]), np.float64(v[i])
        t = a - c * b
        xx += a * a
        xy += a * b
        xz += a * d
        zz += d * d
        vv += e * e
        turned += t * t
    found[:] = (xx, xy, xz, zz, vv, turned)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def steps(operands: int, count: int, single: bool) -> None:
    """w ← w − α ⊙ g, Δ ← Δ − α ⊙ g, and reduce(g ⊙ d), reduce(g²), for some parameters.

    α, reduce(g ⊙ d) and reduce(g²) have as many rows as w, or one, and as many columns, or one.

    Args:
        operands: address of (count, 11): the addresses of w, g, d, α, Δ and of where the two sums
            go, 0 for d, Δ or a sum that is not wanted; how many rows and columns w has; whether α
            has those rows, and those columns.
        count: how many parameters.
        single: whether entries are of float32, not float64.
    """
    table = carray(pointer(operands), (count, 11), np.int64)
    for k in range(count):
        if single:
            _step(table[k], np.float32)
        else:
            _step(table[k], np.float64)


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _step(at: NDArray[np.int64], form: Any) -> None:
    """One parameter's, row after row; ``form`` is that of the entries."""
    at_w, at_g, at_d, at_alpha, at_moved, at_inner, at_squares = at[:7]
    rows, columns, by_row, by_column = at[7:]
    shape = (rows, columns)
    w = carray(pointer(at_w), shape, form)
    g = carray(pointer(at_g), shape, form)
    d = carray(pointer(at_d), shape, form)
    moved = carray(pointer(at_moved), shape, form)
    coarse = (rows if by_row else 1, columns if by_column else 1)
    alpha = carray(pointer(at_alpha), coarse, form)
    inner = carray(pointer(at_inner), coarse, form)
    squares = carray(pointer(at_squares), coarse, form)
    if at_inner:
        inner[:] = 0
    if at_squares:
        squares[:] = 0
    for i in range(rows):
        k = i if by_row else 0
        if at_moved:
            _subtract(moved[i], alpha[k], g[i])
        if at_inner and at_squares:
            _measured(w[i], g[i], d[i], alpha[k], inner[k], squares[k])
            continue
        if at_inner:
            _add_products(g[i], d[i], inner[k])
        if at_squares:
            _add_products(g[i], g[i], squares[k])
        _subtract(w[i], alpha[k], g[i])


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


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def climb(
    theta: int,
    inner: int,
    own: int,
    before: int,
    size: int,
    single: bool,
    beta: float,
    low: float,
    high: float,
) -> int:
    """θ ← clamp(θ + βc, low, high), c = inner/(√own·√before) within [−1, 1].

    Args:
        theta: address of θ.
        inner: address of the hypergradient.
        own: address of reduce(g²), or of reduce(d²).
        before: address of the other.
        size: how many entries each has.
        single: whether entries are of float32, not float64.
        beta: β.
        low: of θ.
        high: of θ.

    Returns:
        How many entries were not finite: their θ stays.
    """
    bad: int
    if single:
        bad = _climb(theta, inner, own, before, size, np.float32, beta, low, high)
    else:
        bad = _climb(theta, inner, own, before, size, np.float64, beta, low, high)
    return bad


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _climb(
    at_theta: int,
    at_inner: int,
    at_own: int,
    at_before: int,
    size: int,
    form: Any,
    beta: float,
    low: float,
    high: float,
) -> int:
    """``climb`` for entries of one format."""
    theta = carray(pointer(at_theta), size, form)
    inner = carray(pointer(at_inner), size, form)
    own = carray(pointer(at_own), size, form)
    before = carray(pointer(at_before), size, form)
    tiny = np.finfo(form).tiny
    bad = 0
    for i in range(size):
        most = np.sqrt(own[i]) * np.sqrt(before[i])
        if not np.isfinite(inner[i] + most):
            bad += 1
            continue
        c = min(max(inner[i] / max(most, tiny), -1.0), 1.0)
        theta[i] = min(max(theta[i] + beta * c, low), high)
    return bad


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def exponential(
    theta: int, alpha: int, size: int, single: bool, scale: float, low: float, high: float
) -> None:
    """α ← clamp(scale·exp(θ), low, high).

    Args:
        theta: address of θ.
        alpha: address of α.
        size: how many entries each has.
        single: whether entries are of float32, not float64.
        scale: lr.
        low: α_min.
        high: α_max.
    """
    if single:
        _exponential(theta, alpha, size, np.float32, scale, low, high)
    else:
        _exponential(theta, alpha, size, np.float64, scale, low, high)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _exponential(
    at_theta: int, at_alpha: int, size: int, form: Any, scale: float, low: float, high: float
) -> None:
    """``exponential`` for entries of one format."""
    theta = carray(pointer(at_theta), size, form)
    alpha = carray(pointer(at_alpha), size, form)
    for i in range(size):
        alpha[i] = min(max(scale * np.exp(theta[i]), low), high)
