"""The proximal map of softmax cross-entropy; see :mod:`amverify.network.losses`, whose twin it is.

Rows are taken a few dozen at a time and laid out class by class, so that LLVM takes several rows at
once. Those whose guess is near go on from it by Newton's method, the others from the root of the
scalar equation; then all are polished together. In float64, whatever the format.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from amverify.compiled.memory import ANY_ORDER, pointer

Block = NDArray[np.float64]
LANES = 32
"""Rows at a time."""
SCALAR_STEPS = 60
NEAR = 0.05
"""From an error below it Newton's method on u squares the error at each step."""


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def proximal(
    operands: int,
    rows: int,
    targets: int,
    classes: int,
    single: bool,
    lam: float,
    enough: float,
) -> None:
    """argmin_u CE(u, y) + (λ/2)‖u − v‖² of each row.

    Args:
        operands: address of (4,), the addresses of v, the guess, y and of where u goes.
        rows: how many v has.
        targets: how many y has, a divisor of ``rows``.
        classes: how many entries a row has.
        single: whether entries are of float32, not float64.
        lam: λ.
        enough: the error to stop at.
    """
    if single:
        _proximal(operands, rows, targets, classes, np.float32, lam, enough)
    else:
        _proximal(operands, rows, targets, classes, np.float64, lam, enough)


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _proximal(
    operands: int,
    rows: int,
    targets: int,
    classes: int,
    form: Any,
    lam: float,
    enough: float,
) -> None:
    """``proximal`` for entries of one format."""
    at = carray(pointer(operands), 4, np.int64)
    centres = carray(pointer(at[0]), (rows, classes), form)
    guesses = carray(pointer(at[1]), (rows, classes), form)
    labels = carray(pointer(at[2]), (targets, classes), form)
    made = carray(pointer(at[3]), (rows, classes), form)
    work, lanes = np.zeros((6, classes, LANES)), np.zeros((6, LANES))
    v, y, u, p = work[0], work[1], work[2], work[3]
    for start in range(0, rows, LANES):
        n = min(start + LANES, rows) - start
        _load(centres, start, n, v)
        _load(labels, start, n, y)
        _load(guesses, start, n, u)
        _newton(work, lanes, lam)
        error = 0.0
        for i in range(n):
            if lanes[0, i] < NEAR and lanes[5, i] == lanes[5, i]:
                u[:, i] -= work[4, :, i]
                error = max(error, lanes[0, i] ** 2)
            else:
                _start(u[:, i], v[:, i], y[:, i], lam, p[:, i])
                error = NEAR
        while error > enough:
            _newton(work, lanes, lam)
            _subtract(u, work[4])
            error *= error
        for i in range(n):
            for j in range(classes):
                made[start + i, j] = u[j, i]


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _load(x: NDArray[Any], start: int, n: int, to: Block) -> None:
    """Some rows, as columns; after the last comes the first."""
    for i in range(n):
        k = (start + i) % x.shape[0]
        for j in range(to.shape[0]):
            to[j, i] = x[k, j]


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _subtract(u: Block, move: Block) -> None:
    for j in range(u.shape[0]):
        for i in range(LANES):
            u[j, i] -= move[j, i]


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _newton(work: NDArray[Any], lanes: NDArray[Any], lam: float) -> None:
    """What a step of Newton's method subtracts, into ``work[4]``.

    Its largest entries go into ``lanes[0]``; where it is no number, so is ``lanes[5]``.
    """
    v, y, u, p, move, before = work[0], work[1], work[2], work[3], work[4], work[5]
    most, total, along, across, after = lanes[0], lanes[1], lanes[2], lanes[3], lanes[4]
    classes = u.shape[0]
    most[:] = u[0]
    for j in range(1, classes):
        _largest(u[j], most)
    total[:] = 0
    for j in range(classes):
        _exponential(u[j], most, p[j], move[j])
        _add(p[j], total)
    after[:] = 0
    for j in range(classes):
        _normalised(p[j], total, before[j], after)
    after[:], along[:], across[:], most[:], lanes[5] = 0, 0, 0, 0, 0
    for j in range(classes - 1, -1, -1):
        _scaled(u[j], v[j], y[j], p[j], before[j], move[j], lam, after, along, across)
    for j in range(classes):
        _corrected(before[j], move[j], lam, along, across, most, lanes[5])


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _largest(x: Block, to: Block) -> None:
    for i in range(LANES):
        to[i] = to[i] if x[i] < to[i] else x[i]


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _add(x: Block, to: Block) -> None:
    for i in range(LANES):
        to[i] += x[i]


@njit(error_model="numpy", fastmath={"contract"}, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _exponential(u: Block, top: Block, to: Block, work: Block) -> None:
    """exp(u − top) of numbers ≤ 0, to some units in the last place; below −708 that of −708.

    x = k log 2 + r, |r| ≤ ½ log 2 but for rounding: eʳ by Taylor's polynomial, whose rest is
    4·10⁻¹⁸, and 2ᵏ by its bits. Adding 3·2⁵¹ rounds to an integer and leaves it in the last bits.
    """
    for i in range(LANES):
        x = u[i] - top[i]
        x = -708.0 if x < -708.0 else x
        to[i] = x
        work[i] = x * 1.4426950408889634 + 6755399441055744.0
    for i in range(LANES):
        k = work[i] - 6755399441055744.0
        r = (to[i] - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10
        s = 1.0 / 6227020800
        s = s * r + 1.0 / 479001600
        s = s * r + 1.0 / 39916800
        s = s * r + 1.0 / 3628800
        s = s * r + 1.0 / 362880
        s = s * r + 1.0 / 40320
        s = s * r + 1.0 / 5040
        s = s * r + 1.0 / 720
        s = s * r + 1.0 / 120
        s = s * r + 1.0 / 24
        s = s * r + 1.0 / 6
        s = s * r + 0.5
        s = s * r + 1.0
        to[i] = s * r + 1.0
    bits = work.view(np.int64)
    for i in range(LANES):
        bits[i] = (bits[i] + 1023) << 52
    for i in range(LANES):
        to[i] *= work[i]


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _normalised(p: Block, total: Block, before: Block, sums: Block) -> None:
    """p over its total; Σ p of the classes before, and with this one."""
    for i in range(LANES):
        x = p[i] / total[i]
        p[i], before[i] = x, sums[i]
        sums[i] += x


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _scaled(
    u: Block,
    v: Block,
    y: Block,
    p: Block,
    before: Block,
    move: Block,
    lam: float,
    after: Block,
    along: Block,
    across: Block,
) -> None:
    """r/(p + λ), r = λ(u − v) + (1 − y)p − yΣ_{i≠j}p_i: nothing cancels where y is 0 or 1."""
    for i in range(LANES):
        x, hot = p[i], y[i]
        r = lam * (u[i] - v[i]) + (1 - hot) * x - hot * (before[i] + after[i])
        curvature = 1 / (x + lam)
        share = x * curvature
        r *= curvature
        after[i] += x
        along[i] += x * r
        across[i] += share
        move[i] = r
        before[i] = share


@njit(error_model="numpy", fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _corrected(
    share: Block, move: Block, lam: float, along: Block, across: Block, most: Block, sums: Block
) -> None:
    """Sherman and Morrison's formula."""
    for i in range(LANES):
        x = move[i] + share[i] * (along[i] / (across[i] * lam))
        move[i] = x
        sums[i] += x
        size = abs(x)
        most[i] = size if size > most[i] else most[i]


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _start(
    u: Block,
    v: Block,
    y: Block,
    lam: float,
    omega: Block,
) -> None:
    """u to about two digits, by Newton's method on the scalar equation in s."""
    shift, top = np.log(lam), -np.inf
    for j in range(u.size):
        u[j] = v[j] + y[j] / lam - shift
        top = max(top, u[j])
    total = 0.0
    for j in range(u.size):
        total += np.exp(u[j] - top)
    s = top + np.log(total) + shift
    move = np.inf
    for _ in range(SCALAR_STEPS):
        value, slope = -1 / lam, 0.0
        for j in range(u.size):
            omega[j] = _wright_omega(u[j] - s)
            value += omega[j]
            slope += omega[j] / (1 + omega[j])
        if abs(move) < NEAR:
            break
        move = value / slope
        s += move
    for j in range(u.size):
        others = 0.0
        if y[j] != 0:
            for i in range(u.size):
                others += omega[i] if i != j else 0.0
        u[j] = v[j] + (y[j] * others - (1 - y[j]) * omega[j])


@njit(error_model="numpy", nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _wright_omega(x: float) -> float:
    """The positive root of ω + log ω = x, as ``losses.wright_omega`` has it."""
    left: float = np.exp(min(x, 1.0))
    if x < -50:
        return left
    omega: float = x - np.log(x) * (x / (1 + x)) if x > 1 else left / (1 + left)
    for _ in range(2):
        r = x - omega - np.log(omega)
        q = 1 + omega
        half = 2 * q * (q + (2 / 3) * r)
        omega += omega * (r / q) * ((half - r) / (half - 2 * r))
    return omega
