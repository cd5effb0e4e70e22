r"""Consecutive points x⁰, x¹, … as rows of the sweeps table.

With e^k = x^k − x^{k−1}, Δ^k = e^{k−1} and Δ¹ = 0, row k holds ‖e^k‖², ⟨Δ^k, e^k⟩, ‖Δ^k‖², ‖x^k‖²,
‖∇f(x^k)‖², ⟨∇f(x^{k−1}), e^k⟩ and, where η is declared, the departure ‖e + η∇f(x^{k−1}) − βΔ‖.

**What a step's own rounding does to its departure.** A step in a format with unit roundoff u,
computed as x − ηg + βΔ or, with v = βv + g, as x − ηv, rounds each of x^k, x^{k−1}, ηg and βΔ a few
times: entry by entry it is off the formula by at most

    γ_m (|x^k| + (1 + β)|x^{k−1}| + η|g| + β|Δ|),        m = STEP_ROUNDINGS.

Add η times the error of g, both in the format of the parameters and as it was recorded.

**What it does to f.** Where the last operation of a step is rounded, x^k is h off the point that
the method means, |h| ≤ γ_m(|x^k| + |x^{k−1}|) entry by entry (with the departure's bound for h
where η is declared). For a convex f, f(x^k) ≤ f(x^k − h) + Σ_j |∇_jf(x^k)||h_j|: the column
``execution``. Where steps stagnate at the unit roundoff it is what keeps them from being accused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.recording.points import Vector
from amverify.recording.products import difference, inner, length, squared
from amverify.rounding import Ball, U, gamma

STEP_ROUNDINGS = 8
"""m: roundings of one entry in one step of gradient descent or heavy ball, in any order."""

Columns = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Points:
    """K consecutive points (K, n) with what is known of f there.

    Args:
        x: the points.
        gradient: ∇f at them (K, n), with errors where they are known.
        bounded: whether the radii of ``gradient`` bound its errors.
        eta: η of each step, (K,); that of row 0 is not used.
        momentum: β of each step, (K,), or ``None`` where there is none.
        unit: u of the format in which the steps were computed.
    """

    x: NDArray[np.float64]
    gradient: Ball | None = None
    bounded: bool = True
    eta: Vector | None = None
    momentum: Vector | None = None
    unit: float = U


def step_columns(points: Points) -> Columns:
    """Every column that the points alone give, with its error bound; row 0 is the start."""
    x = points.x
    e = difference(x, np.concatenate((x[:1], x[:-1])))
    before = Ball(np.concatenate((e.mid[:1], e.mid[:-1])), np.concatenate((e.rad[:1], e.rad[:-1])))
    found: Columns = {}
    _put(found, "step", squared(e))
    _put(found, "cross", inner(before, e))
    _put(found, "inertia", squared(before))
    _put(found, "norm", squared(Ball.of(x)))
    if points.gradient is None:
        return found
    g = points.gradient
    old = _earlier(g)
    _put(found, "gradient", squared(g), points.bounded)
    _put(found, "slope", inner(old, e), points.bounded)
    if points.eta is not None:
        _put(found, "departure", _departure(points, e, before, old), points.bounded)
    return found


def execution(points: Points) -> Vector:
    """What rounding in each step can add to f, (K,), for a convex f; 0 at the start.

    Raises:
        ValueError: without gradients.
    """
    if points.gradient is None:
        raise ValueError("execution needs gradients")
    g = points.gradient
    rows = len(points.x)
    now = np.abs(points.x)
    last = np.concatenate((now[:1], now[:-1]))
    with np.errstate(all="ignore"):
        off = gamma(STEP_ROUNDINGS, points.unit) * (now + last)
        if points.eta is not None:
            beta = np.zeros(rows) if points.momentum is None else points.momentum
            eta, weight = points.eta.reshape(-1, 1), beta.reshape(-1, 1)
            old = _earlier(g)
            size = eta * (np.abs(old.mid) + old.rad) + 2 * weight * (now + last)
            off = off + gamma(STEP_ROUNDINGS, points.unit) * size + eta * old.rad
        found: Vector = ((np.abs(g.mid) + g.rad) * off).sum(-1) * (1 + gamma(rows + now.shape[-1]))
    found[0] = 0.0
    return found


def _earlier(g: Ball) -> Ball:
    """∇f(x^{k−1}) in row k; row 0 has the one at x⁰."""
    return Ball(np.concatenate((g.mid[:1], g.mid[:-1])), np.concatenate((g.rad[:1], g.rad[:-1])))


def _put(columns: Columns, name: str, ball: Ball, bounded: bool = True) -> None:
    columns[name] = np.array(ball.mid)
    if bounded:
        columns[f"{name}_error"] = np.array(ball.rad)


def _departure(points: Points, e: Ball, before: Ball, g: Ball) -> Ball:
    assert points.eta is not None
    rows = len(points.x)
    eta = points.eta.reshape(-1, 1)
    beta = np.zeros((rows, 1)) if points.momentum is None else points.momentum.reshape(-1, 1)
    step_size, weight = Ball.of(eta), Ball.of(beta)
    off = e + step_size * g - weight * before
    now = np.abs(points.x)
    last = np.concatenate((now[:1], now[:-1]))
    with np.errstate(all="ignore"):
        sizes = now + (1 + beta) * last + eta * (np.abs(g.mid) + g.rad) + beta * np.abs(before.mid)
        rounding = gamma(STEP_ROUNDINGS, points.unit) * sizes + eta * g.rad
        found = length(off.widened(rounding))
    mid, rad = np.array(found.mid), np.array(found.rad)
    mid[0] = rad[0] = 0.0
    return Ball(mid, rad)


@dataclass(frozen=True)
class Point:
    """One point, with ∇f there and the η and β of the step that led to it."""

    x: Vector
    gradient: Ball | None
    eta: float | None
    momentum: float | None


def last_row(points: Sequence[Point], bounded: bool, unit: float) -> Columns:
    """The columns of the last of up to three consecutive points."""
    gradients = [p.gradient for p in points]
    stacked = None
    if all(g is not None for g in gradients):
        stacked = Ball(
            np.stack([g.mid for g in gradients if g is not None]),
            np.stack([g.rad for g in gradients if g is not None]),
        )
    now = points[-1]
    eta = None if now.eta is None else np.full(len(points), now.eta)
    momentum = None if now.momentum is None else np.full(len(points), now.momentum)
    x = np.stack([p.x for p in points])
    given = Points(x, stacked, bounded, eta, momentum, unit)
    found = step_columns(given)
    if stacked is not None:
        found["execution"] = execution(given)
    if eta is not None:
        found["eta"] = eta
    if momentum is not None:
        found["momentum"] = momentum
    return {name: column[-1:] for name, column in found.items()}


def joined(rows: Sequence[Columns]) -> Columns:
    """The rows' common columns as one table; what the start cannot have (η, β) is 0 there."""
    later: Iterable[str] = rows[1].keys() if len(rows) > 1 else rows[0].keys()
    shared = [name for name in later if all(name in row for row in rows[1:])]
    start = rows[0]
    late = ("eta", "momentum", "departure", "departure_error")
    first = {name: start.get(name, np.zeros(1)) for name in shared if name in start or name in late}
    parts = [first, *rows[1:]]
    return {name: np.concatenate([part[name] for part in parts]) for name in first}
