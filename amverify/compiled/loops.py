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
from amverify.compiled.steps import steps

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
