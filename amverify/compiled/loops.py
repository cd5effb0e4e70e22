"""Loops compiled by numba, for :mod:`amverify.methods.rows.sums` and SAMT; importing this needs
numba.

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
    table = carray(_pointer(operands), (count, 11), np.int64)
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
    w = carray(_pointer(at_w), shape, form)
    g = carray(_pointer(at_g), shape, form)
    d = carray(_pointer(at_d), shape, form)
    moved = carray(_pointer(at_moved), shape, form)
    coarse = (rows if by_row else 1, columns if by_column else 1)
    alpha = carray(_pointer(at_alpha), coarse, form)
    inner = carray(_pointer(at_inner), coarse, form)
    squares = carray(_pointer(at_squares), coarse, form)
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
    theta = carray(_pointer(at_theta), size, form)
    inner = carray(_pointer(at_inner), size, form)
    own = carray(_pointer(at_own), size, form)
    before = carray(_pointer(at_before), size, form)
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
    theta = carray(_pointer(at_theta), size, form)
    alpha = carray(_pointer(at_alpha), size, form)
    for i in range(size):
        alpha[i] = min(max(scale * np.exp(theta[i]), low), high)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def pairs(
    operands: int, size: int, single: bool, pieces: Any, numbers: tuple[float, ...]
) -> tuple[float, float, float, float]:
    """The step of (z, a) under the band, entry by entry, as :mod:`amverify.methods.pairs` has it.

    Gives ‖e_z‖², ‖e_a‖² and Σ of the model at (z, a) over the entries that moved, and over those
    that stayed.

    Args:
        operands: address of (10,), the addresses of z, a, Δz, Δa, pre, the gradient in a over ρ,
            and of where the new z, a and e_z, e_a go.
        size: how many entries each has.
        single: whether entries are of float32, not float64.
        pieces: (lower, upper, slope, intercept) of each piece of h.
        numbers: ρ, κ, s, p2, ε and the relative slack of the band.
    """
    found: tuple[float, float, float, float]
    if single:
        found = _pairs(operands, size, np.float32, 4, pieces, numbers)
    else:
        found = _pairs(operands, size, np.float64, 8, pieces, numbers)
    return found


_RUN = 1024
"""Entries that ``_pairs`` takes at a time: its buffers then stay in the nearest caches."""


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _pairs(
    operands: int, size: int, form: Any, width: int, pieces: Any, numbers: tuple[float, ...]
) -> tuple[float, float, float, float]:
    """``pairs`` for entries of one format, ``width`` bytes each; arithmetic is in float64."""
    at = carray(_pointer(operands), 10, np.int64)
    c, d, h = np.empty(_RUN), np.empty(_RUN), np.empty(_RUN)
    best, w, b = np.empty(_RUN), np.empty(_RUN), np.empty(_RUN)
    in_z = in_a = compared = stayed = 0.0
    for start in range(0, size, _RUN):
        n, off = min(start + _RUN, size) - start, start * width
        z, a = carray(_pointer(at[0] + off), n, form), carray(_pointer(at[1] + off), n, form)
        dz, da = carray(_pointer(at[2] + off), n, form), carray(_pointer(at[3] + off), n, form)
        pre, pull = carray(_pointer(at[4] + off), n, form), carray(_pointer(at[5] + off), n, form)
        _centres(z, a, dz, da, pre, pull, numbers, c, d)
        best[:] = np.inf
        for piece in pieces:
            _piece(z, c, d, form, piece, numbers, best, w, b, h)
        new_z, new_a = (
            carray(_pointer(at[6] + off), n, form),
            carray(_pointer(at[7] + off), n, form),
        )
        e_z, e_a = carray(_pointer(at[8] + off), n, form), carray(_pointer(at[9] + off), n, form)
        found = _moved(z, a, c, d, numbers, best, w, b, h, new_z, new_a, e_z, e_a)
        in_z, in_a = in_z + found[0], in_a + found[1]
        compared, stayed = compared + found[2], stayed + found[3]
    return in_z, in_a, compared, stayed


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _centres(
    z: NDArray[Any],
    a: NDArray[Any],
    dz: NDArray[Any],
    da: NDArray[Any],
    pre: NDArray[Any],
    slope: NDArray[Any],
    numbers: tuple[float, ...],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
) -> None:
    """The centres of the model."""
    rho, kappa, s, p2, _, _ = numbers
    far, pull, share = p2 / s, rho / (s * kappa), 1 / s
    for i in range(z.size):
        u, x = np.float64(z[i]), np.float64(dz[i])
        c[i] = u + far * x - (u + p2 * x - np.float64(pre[i])) * share
        d[i] = np.float64(a[i]) + far * np.float64(da[i]) - pull * np.float64(slope[i])


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _piece(
    z: NDArray[Any],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    form: Any,
    piece: tuple[float, float, float, float],
    numbers: tuple[float, ...],
    best: NDArray[np.float64],
    w: NDArray[np.float64],
    b: NDArray[np.float64],
    h: NDArray[np.float64],
) -> None:
    """Where the minimiser on one piece is better than the ``best`` so far; h(z) on the piece."""
    rho, kappa, _, _, eps, _ = numbers
    lower, upper, k, m = piece
    half_rho, half_kappa = 0.5 * rho, 0.5 * kappa
    turn = kappa * k / (rho + kappa * k * k)
    for i in range(z.size):
        gap = d[i] - k * c[i] - m
        near = -eps if gap < -eps else gap
        near = eps if near > eps else near
        x = c[i] + turn * (gap - near)
        x = lower if x < lower else x
        x = np.float64(form(upper if x > upper else x))
        low, high = k * x + m - eps, k * x + m + eps
        y = low if d[i] < low else d[i]
        y = np.float64(form(high if y > high else y))
        value = half_rho * (x - c[i]) * (x - c[i]) + half_kappa * (y - d[i]) * (y - d[i])
        better = not value >= best[i]  # what is not a number is seen
        best[i] = value if better else best[i]
        w[i] = x if better else w[i]
        b[i] = y if better else b[i]
        u = np.float64(z[i])
        h[i] = k * u + m if u >= lower else h[i]


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _moved(
    z: NDArray[Any],
    a: NDArray[Any],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    numbers: tuple[float, ...],
    best: NDArray[np.float64],
    w: NDArray[np.float64],
    b: NDArray[np.float64],
    h: NDArray[np.float64],
    new_z: NDArray[Any],
    new_a: NDArray[Any],
    e_z: NDArray[Any],
    e_a: NDArray[Any],
) -> tuple[float, float, float, float]:
    """Take what is better than (z, a), or all where (z, a) is not feasible."""
    rho, kappa, _, _, eps, slack = numbers
    half_rho, half_kappa = 0.5 * rho, 0.5 * kappa
    in_z = in_a = compared = stayed = 0.0
    for i in range(z.size):
        u, v = np.float64(z[i]), np.float64(a[i])
        before = half_rho * (u - c[i]) * (u - c[i]) + half_kappa * (v - d[i]) * (v - d[i])
        held = abs(v - h[i]) <= eps + slack * (abs(h[i]) + abs(v) + eps)
        kept = held & (before <= best[i])
        x, y = u if kept else w[i], v if kept else b[i]
        new_z[i], new_a[i] = x, y
        e_z[i], e_a[i] = x - u, y - v
        p, q = np.float64(e_z[i]), np.float64(e_a[i])
        in_z += p * p
        in_a += q * q
        compared += 0.0 if kept else before
        stayed += before if kept else 0.0
    return in_z, in_a, compared, stayed
