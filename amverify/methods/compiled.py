"""Loops compiled by numba, for :mod:`amverify.methods.fused` and SAMT; importing this needs numba.

They are handed addresses of contiguous memory, which the caller keeps alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

ANY_ORDER = {"reassoc", "contract", "nsz"}
"""What LLVM may do: sum in any order and fuse products into sums; NaN and ∞ stay what they are.

Not where finiteness is asked for: numba asks whether x − x is 0, and that may then be folded.
"""


@intrinsic  # type: ignore[untyped-decorator]
def _pointer(context: Any, address: Any) -> Any:
    """A number as an address."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), build


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
    numbers = carray(_pointer(operands), (rows, 6), np.int64)
    factors = carray(_pointer(operands), (rows, 6), np.float64)
    into = carray(_pointer(found), (rows, 6), np.float64)
    for k in range(first, rows):
        at_x, at_y, at_z, at_v, n = numbers[k, :5]
        if single:
            x = carray(_pointer(at_x), n, np.float32)
            y = carray(_pointer(at_y), n, np.float32)
            z = carray(_pointer(at_z), n, np.float32)
            v = carray(_pointer(at_v), n, np.float32)
            _sums(x, y, z, v, factors[k, 5], into[k])
        else:
            x = carray(_pointer(at_x), n, np.float64)
            y = carray(_pointer(at_y), n, np.float64)
            z = carray(_pointer(at_z), n, np.float64)
            v = carray(_pointer(at_v), n, np.float64)
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


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def step(like: NDArray[Any], at: NDArray[np.int64]) -> None:
    """w ← w − α ⊙ g, Δ ← Δ − α ⊙ g, and reduce(g ⊙ d), reduce(g²), row after row.

    α, reduce(g ⊙ d) and reduce(g²) have as many rows as w, or one, and as many columns, or one.

    Args:
        like: any array of the entries' format.
        at: addresses of w, g, d, α, Δ and of where the two sums go, 0 for d, Δ or a sum that is
            not wanted; the numbers of w's rows and columns; whether α has those rows, and those
            columns.
    """
    at_w, at_g, at_d, at_alpha, at_moved, at_inner, at_squares = at[:7]
    rows, columns, by_row, by_column = at[7:11]
    shape = (rows, columns)
    w = carray(_pointer(at_w), shape, like.dtype)
    g = carray(_pointer(at_g), shape, like.dtype)
    d = carray(_pointer(at_d), shape, like.dtype)
    moved = carray(_pointer(at_moved), shape, like.dtype)
    coarse = (rows if by_row else 1, columns if by_column else 1)
    alpha = carray(_pointer(at_alpha), coarse, like.dtype)
    inner = carray(_pointer(at_inner), coarse, like.dtype)
    squares = carray(_pointer(at_squares), coarse, like.dtype)
    if at_inner:
        inner[:] = 0
    if at_squares:
        squares[:] = 0
    for i in range(rows):
        k = i if by_row else 0
        if at_inner:
            _add_products(g[i], d[i], inner[k])
        if at_squares:
            _add_products(g[i], g[i], squares[k])
        if at_moved:
            _subtract(moved[i], alpha[k], g[i])
        _subtract(w[i], alpha[k], g[i])


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
    like: NDArray[Any], at: NDArray[np.int64], beta: float, low: float, high: float, tiny: float
) -> int:
    """θ ← clamp(θ + βc, low, high), c = inner/(√own·√before) within [−1, 1].

    Args:
        like: any array of the entries' format.
        at: addresses of θ, inner, own and before; how many entries each has.
        beta: β.
        low: of θ.
        high: of θ.
        tiny: what the bound is at least.

    Returns:
        How many entries were not finite: their θ stays.
    """
    at_theta, at_inner, at_own, at_before, size = at
    theta = carray(_pointer(at_theta), size, like.dtype)
    inner = carray(_pointer(at_inner), size, like.dtype)
    own = carray(_pointer(at_own), size, like.dtype)
    before = carray(_pointer(at_before), size, like.dtype)
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
    like: NDArray[Any], at: NDArray[np.int64], scale: float, low: float, high: float
) -> None:
    """α ← clamp(scale·exp(θ), low, high).

    Args:
        like: any array of the entries' format.
        at: addresses of θ and α; how many entries each has.
        scale: lr.
        low: α_min.
        high: α_max.
    """
    at_theta, at_alpha, size = at
    theta = carray(_pointer(at_theta), size, like.dtype)
    alpha = carray(_pointer(at_alpha), size, like.dtype)
    for i in range(size):
        alpha[i] = min(max(scale * np.exp(theta[i]), low), high)
