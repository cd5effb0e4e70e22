"""The step of (z, a) under the band in compiled loops; see :mod:`amverify.methods.pairs`.

Entries are taken a few hundred at a time, in a buffer whose rows stay in the nearest cache. Each
pass over the buffer reads and writes its rows alone and has no branch, so that LLVM takes as many
entries at once as a register holds; one loop from and to ten blocks it would not dare to.
Arithmetic is in the entries' own format, sums are in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from amverify.compiled.memory import ANY_ORDER, pointer

RUN = 256
"""Entries at a time."""


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def pairs(
    operands: int,
    pieces: int,
    size: int,
    count: int,
    single: bool,
    numbers: tuple[float, ...],
    summed: bool,
) -> tuple[float, float]:
    """New z and a, e_z and e_a, entry by entry.

    Gives Σ of the model at (z, a) over the entries that moved, and over those that stayed.

    Args:
        operands: address of (10,), the addresses of z, a, Δz, Δa, pre, the gradient in a over ρ,
            and of where the new z, a and e_z, e_a go.
        pieces: address of (count, 4), (lower, upper, slope, intercept) of each piece of h.
        size: how many entries each block has.
        count: how many pieces.
        single: whether entries are of float32, not float64.
        numbers: ρ, κ, s, p2, ε and the relative slack of the band.
        summed: whether the sums are wanted; else they are 0.
    """
    found: tuple[float, float]
    table = carray(pointer(pieces), (count, 4), np.float64)
    if single:
        found = _pairs(operands, size, np.float32, 4, table, numbers, summed)
    else:
        found = _pairs(operands, size, np.float64, 8, table, numbers, summed)
    return found


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _pairs(
    operands: int,
    size: int,
    form: Any,
    width: int,
    pieces: NDArray[np.float64],
    numbers: tuple[float, ...],
    summed: bool,
) -> tuple[float, float]:
    """``pairs`` for entries of one format, ``width`` bytes each."""
    at = carray(pointer(operands), 10, np.int64)
    rho, kappa, s, p2, eps, slack = numbers
    centring = (form(p2 / s), form(rho / (s * kappa)), form(1 / s), form(p2))
    weights = (form(0.5 * rho), form(0.5 * kappa), form(eps), form(slack))
    rows = np.zeros((8, RUN), form)
    moved = stayed = 0.0
    for start in range(0, size, RUN):
        n, off = min(start + RUN, size) - start, start * width
        for k in range(6):
            if p2 != 0 or k < 2 or k > 3:
                _copy(carray(pointer(at[k] + off), n, form), rows[k])
        if p2 != 0:
            _centres(rows, form, centring)
        else:
            _still_centres(rows, form, centring)
        for k in range(pieces.shape[0]):
            lower, upper, slope, intercept = pieces[k]
            line = (form(lower), form(upper), form(slope), form(intercept))
            if slope != 0:
                _piece(rows, line, form(kappa * slope / (rho + kappa * slope * slope)), weights)
            else:
                _flat_piece(rows, line, weights)
        _kept(rows, form, weights, summed)
        for k in range(4):
            _copy(rows[4 + k, :n], carray(pointer(at[6 + k] + off), n, form))
        if summed:
            moved, stayed = moved + _total(rows[2], n), stayed + _total(rows[3], n)
    return moved, stayed


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _copy(x: NDArray[Any], to: NDArray[Any]) -> None:
    for i in range(x.size):
        to[i] = x[i]


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _total(x: NDArray[Any], n: int) -> float:
    total = 0.0
    for i in range(n):
        total += np.float64(x[i])
    return total


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _centres(rows: NDArray[Any], form: Any, numbers: tuple[Any, ...]) -> None:
    """z, a, Δz, Δa, pre, slope → z, a and the centres c, d of the model, in rows 2 and 3.

    Rows 6 and 7 are made ready for h(z) and the least model so far.
    """
    far, pull, share, p2 = numbers
    z, a, dz, da, pre, slope = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]
    h, best = rows[6], rows[7]
    none, most = form(0), form(np.inf)
    for i in range(RUN):
        u, x = z[i], dz[i]
        dz[i] = u + far * x - (u + p2 * x - pre[i]) * share
        da[i] = a[i] + far * da[i] - pull * slope[i]
        h[i], best[i] = none, most


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _still_centres(rows: NDArray[Any], form: Any, numbers: tuple[Any, ...]) -> None:
    """``_centres`` at p2 = 0, where Δ is not looked at."""
    _, pull, share, _ = numbers
    z, a, c, d, pre, slope = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]
    h, best = rows[6], rows[7]
    none, most = form(0), form(np.inf)
    for i in range(RUN):
        u = z[i]
        c[i] = u - (u - pre[i]) * share
        d[i] = a[i] - pull * slope[i]
        h[i], best[i] = none, most


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _flat_piece(rows: NDArray[Any], piece: tuple[Any, ...], numbers: tuple[Any, ...]) -> None:
    """``_piece`` where h is constant: z = c and a = d, each clipped."""
    lower, upper, _, m = piece
    half_rho, half_kappa, eps, _ = numbers
    z, cs, ds, w, b, h, best = rows[0], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    low, high = m - eps, m + eps
    for i in range(RUN):
        c, d = cs[i], ds[i]
        x = lower if c < lower else c
        x = upper if x > upper else x
        y = low if d < low else d
        y = high if y > high else y
        value = half_rho * (x - c) * (x - c) + half_kappa * (y - d) * (y - d)
        least, old_w, old_b, old_h, u = best[i], w[i], b[i], h[i], z[i]
        better = not value >= least  # what is not a number is seen
        best[i] = value if better else least
        w[i] = x if better else old_w
        b[i] = y if better else old_b
        h[i] = m if u >= lower else old_h


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _piece(rows: NDArray[Any], piece: tuple[Any, ...], turn: Any, numbers: tuple[Any, ...]) -> None:
    """Where the minimiser on one piece is better than the best so far, which is in rows 4 and 5.

    h(z) goes to row 6 where z lies on the piece, or above: the pieces come in their order.
    """
    lower, upper, k, m = piece
    half_rho, half_kappa, eps, _ = numbers
    z, cs, ds, w, b, h, best = rows[0], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    for i in range(RUN):
        c, d = cs[i], ds[i]
        gap = d - k * c - m
        near = -eps if gap < -eps else gap
        near = eps if near > eps else near
        x = c + turn * (gap - near)
        x = lower if x < lower else x
        x = upper if x > upper else x
        middle = k * x + m
        low, high = middle - eps, middle + eps
        y = low if d < low else d
        y = high if y > high else y
        value = half_rho * (x - c) * (x - c) + half_kappa * (y - d) * (y - d)
        least, old_w, old_b, old_h, u = best[i], w[i], b[i], h[i], z[i]
        better = not value >= least  # what is not a number is seen
        best[i] = value if better else least
        w[i] = x if better else old_w
        b[i] = y if better else old_b
        on = k * u + m
        h[i] = on if u >= lower else old_h


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _kept(rows: NDArray[Any], form: Any, numbers: tuple[Any, ...], summed: bool) -> None:
    """Take what is better than (z, a), or all where (z, a) is not feasible.

    Leaves the new z and a in rows 4 and 5, e_z and e_a in 6 and 7; if ``summed``, the model at
    (z, a) in row 2 if the entry moved, in row 3 if it stayed, and 0 in the other.
    """
    half_rho, half_kappa, eps, slack = numbers
    z, a, cs, ds = rows[0], rows[1], rows[2], rows[3]
    w, b, h, best = rows[4], rows[5], rows[6], rows[7]
    none = form(0)
    for i in range(RUN):
        u, v, on, c, d, x, y = z[i], a[i], h[i], cs[i], ds[i], w[i], b[i]
        before = half_rho * (u - c) * (u - c) + half_kappa * (v - d) * (v - d)
        held = abs(v - on) <= eps + slack * (abs(on) + abs(v) + eps)
        kept = held & (before <= best[i])
        x = u if kept else x
        y = v if kept else y
        w[i], b[i], h[i], best[i] = x, y, x - u, y - v
        if summed:
            cs[i] = none if kept else before
            ds[i] = before if kept else none
