r"""Consecutive points x⁰, x¹, … as rows of the sweeps table.

With e^k = x^k − x^{k−1}, Δ^k = e^{k−1} and Δ¹ = 0, row k holds ‖e^k‖², ⟨Δ^k, e^k⟩, ‖Δ^k‖², ‖x^k‖²,
‖∇f(x^k)‖², ⟨∇f(x^{k−1}), e^k⟩ and, where η is declared, the departure ‖e + η∇f(x^{k−1}) − βΔ‖.

**What a step's own rounding does to its departure.** A step in a format with unit roundoff u,
computed as x − ηg + βΔ or, with v = βv + g, as x − ηv, rounds each of x^k, x^{k−1}, ηg and βΔ a few
times: entry by entry it is off the formula by at most

    γ_m (|x^k| + (1 + β)|x^{k−1}| + η|g| + β|Δ|),        m = STEP_ROUNDINGS.

Add η times the error of g, both in the format of the parameters and as it was recorded, and m
times the smallest positive number of that format.

**What it does to f.** Where the last operation of a step is rounded, x^k is h off the point that
the method means, |h| ≤ γ_m(|x^k| + |x^{k−1}|) entry by entry (with the departure's bound for h
where η is declared). For a convex f, f(x^k) ≤ f(x^k − h) + Σ_j |∇_jf(x^k)||h_j|: the column
``execution``. A recorded f need not be convex: f(x^k) − f(x^k − h) = ⟨∇f(ξ), h⟩ with ξ between, and
a recorder takes |∇_jf(x^k)| + |∇_jf(x^k) − ∇_jf(x^{k−1})| for |∇_jf(ξ)|. That is a bound wherever
∇f changes no more over h, some units in the last place, than it did over the whole step (and for
every convex f). Where steps stagnate at the unit roundoff it is what keeps them from being accused.
So it is evidence of its own, *measured*, for a recorded f; for one that is known to be convex it is
a bound.

**What a step cannot see.** Its gradient is ĝ = ∇f(x^{k−1}) + δ in the run's format: where no η is
declared it is a step for f + ⟨δ, ·⟩, a function with the same second derivatives, and what that
one's decrease leaves to f is at most Σ_j |δ_j||e_j|. A method that compares values compares those
of its own format: |f̂(x^k) − f(x^k)| + |f̂(x^{k−1}) − f(x^{k−1})|. Both are added.

Without a gradient, or a bound on its error, the column is unknown: infinite, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import ETA, U, gamma
from amverify.record.points.products import difference, inner, length, squared
from amverify.record.points.vector import Vector

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
        least: η of that format, its smallest positive number.
        slip: a bound on the error of the gradient that the steps used, (K, n); else the radii.
        curved: f need not be convex; see the module.
        outside: what else entries' roundings are relative to, where steps are made elsewhere.
        earlier: the point before them, if there is one: then only the last row is wanted.
    """

    x: NDArray[np.float64]
    gradient: Ball | None = None
    bounded: bool = True
    eta: Vector | None = None
    momentum: Vector | None = None
    unit: float = U
    least: float = ETA
    slip: NDArray[np.float64] | None = None
    curved: bool = False
    outside: Vector | None = None
    earlier: Vector | None = None

    @property
    def used(self) -> NDArray[np.float64]:
        """The error of the gradient that each step used; row k has that at x^{k−1}."""
        assert self.gradient is not None
        slip = self.gradient.rad if self.slip is None else self.slip
        return np.concatenate((slip[:1], slip[:-1]))


def step_columns(points: Points) -> Columns:
    """Every column that the points alone give, with its error bound; row 0 is the start."""
    x = points.x
    before_them = x[:1] if points.earlier is None else points.earlier[None]
    e = difference(x, np.concatenate((before_them, x[:-1])))
    before = Ball(np.concatenate((e.mid[:1], e.mid[:-1])), np.concatenate((e.rad[:1], e.rad[:-1])))
    found: Columns = {}
    kept = slice(None) if points.earlier is None else slice(-1, None)
    now, past = e.take(kept), before.take(kept)
    _put(found, "step", squared(now))
    _put(found, "cross", inner(past, now))
    _put(found, "inertia", squared(past))
    _put(found, "norm", squared(Ball.of(x[kept])))
    if points.gradient is None:
        return found
    g = points.gradient
    old = _earlier(g)
    _put(found, "gradient", squared(g.take(kept)), points.bounded)
    _put(found, "slope", inner(old.take(kept), now), points.bounded)
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
    if points.outside is not None:
        last = last + points.outside
    with np.errstate(all="ignore"):
        off = gamma(STEP_ROUNDINGS, points.unit) * (now + last) + STEP_ROUNDINGS * points.least
        if points.eta is not None:
            beta = np.zeros(rows) if points.momentum is None else points.momentum
            eta, weight = points.eta.reshape(-1, 1), beta.reshape(-1, 1)
            old = _earlier(g)
            size = eta * (np.abs(old.mid) + old.rad) + 2 * weight * (now + last)
            off = off + gamma(STEP_ROUNDINGS, points.unit) * size + eta * points.used
        steep = np.abs(g.mid) + g.rad
        if points.curved:
            before = _earlier(g)
            steep = steep + np.abs(g.mid - before.mid) + g.rad + before.rad
        found: Vector = (steep * off).sum(-1) * (1 + gamma(rows + now.shape[-1] + 8))
    found[0] = 0.0
    return found


def _earlier(g: Ball) -> Ball:
    """∇f(x^{k−1}) in row k; row 0 has the one at x⁰."""
    return Ball(np.concatenate((g.mid[:1], g.mid[:-1])), np.concatenate((g.rad[:1], g.rad[:-1])))


def _put(columns: Columns, name: str, ball: Ball, bounded: bool = True) -> None:
    columns[name] = np.array(ball.mid) if bounded else np.where(
        np.isfinite(ball.rad), ball.mid, np.inf)  # fmt: skip
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
        rounding = gamma(STEP_ROUNDINGS, points.unit) * sizes + eta * points.used
        rounding = rounding + STEP_ROUNDINGS * points.least
        found = length(off.widened(rounding))
    mid, rad = np.array(found.mid), np.array(found.rad)
    mid[0] = rad[0] = 0.0
    return Ball(mid, rad)


@dataclass(frozen=True)
class Point:
    """One point, with ∇f there and the η and β of the step that led to it.

    ``bounded`` says whether the radii of ``gradient`` bound its errors; ``slip`` bounds those of
    the gradient that the run itself had there. ``off`` is how far its own value was off f.
    ``outside``: how large the point of the step is, where this one is beside it. ``unseen``: it is
    no row, and of f nothing is known there.
    """

    x: Vector
    gradient: Ball | None
    eta: float | None
    momentum: float | None
    bounded: bool = False
    slip: Vector | None = None
    off: float = 0.0
    outside: Vector | None = None
    unseen: bool = False

    @property
    def overflowed(self) -> bool:
        """Whether the run's own value or gradient was infinite or NaN where f and ∇f are not."""
        finite = self.slip is None or bool(np.isfinite(self.slip).all())
        return not (finite and np.isfinite(self.off))


SLOPES = ("gradient", "slope", "departure")
"""Columns that a gradient's error decides."""
FROM_BEFORE = ("slope_error", "departure_error", "used_error", "execution")
"""What only the gradient at the point before can tell."""


def last_row(points: Sequence[Point], unit: float, least: float) -> Columns:
    """The columns of the last of up to three consecutive points; unknown errors are infinite."""
    points = [_standing_in(p, points[-1]) for p in points]
    bounded = all(p.bounded for p in points)
    missing = any(p.gradient is None for p in points)
    earlier = points[0].x if len(points) > 2 else None
    points = points[-2:]
    gradients = [p.gradient for p in points]
    stacked = None
    if not missing:
        stacked = Ball(
            np.stack([g.mid for g in gradients if g is not None]),
            np.stack([g.rad for g in gradients if g is not None]),
        )
    now = points[-1]
    eta = None if now.eta is None else np.full(len(points), now.eta)
    momentum = None if now.momentum is None else np.full(len(points), now.momentum)
    x = np.stack([p.x for p in points])
    slip = None
    if stacked is not None and all(p.slip is not None for p in points):
        slip = np.stack([p.slip for p in points if p.slip is not None])
    given = Points(
        x, stacked, bounded, eta, momentum, unit, least, slip, True, now.outside, earlier
    )
    found = step_columns(given)
    unknown = np.full(len(points), np.inf)
    if not bounded:
        found |= {f"{name}_error": unknown for name in SLOPES if name in found}
    found["execution"] = execution(given) if bounded and stacked is not None else unknown
    found["execution"][-1] += _unseen(points)
    if slip is not None:
        found["used_error"] = np.full(len(points), _length(slip[max(len(slip) - 2, 0)]))
    if len(points) == 1:
        found["execution"] = np.zeros(1)
    if eta is not None:
        found["eta"] = eta
    if momentum is not None:
        found["momentum"] = momentum
    if points[max(len(points) - 2, 0)].unseen:
        found |= {name: unknown for name in FROM_BEFORE if name in found}
    return {name: _known(name, column[-1:]) for name, column in found.items()}


def _standing_in(point: Point, now: Point) -> Point:
    """A point of which nothing is known has ∇f = 0; what would be told of it is left open."""
    if not point.unseen or now.gradient is None:
        return point
    none = np.zeros_like(point.x)
    slipped = None if now.slip is None else none
    return replace(point, gradient=Ball(none, none), bounded=now.bounded, slip=slipped)


def _known(name: str, column: Vector) -> Vector:
    """An error that came out as no number is unknown."""
    return np.where(np.isnan(column), np.inf, column) if _error(name) else column


def _length(x: Vector) -> float:
    """‖x‖, rounded up."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(x @ x)) * (1 + gamma(x.size + 8)) + ETA


def _unseen(points: Sequence[Point]) -> float:
    """What the run's own gradient and values hide from the last step; see the module."""
    if len(points) == 1:
        return 0.0
    before, now = points[-2:]
    found = before.off + now.off
    if now.eta is None and before.slip is not None:
        with np.errstate(all="ignore"):
            found += float(before.slip @ np.abs(now.x - before.x))
    return found * (1 + gamma(now.x.size + 8))


def slip(used: Vector | None, gradient: Ball | None) -> Vector | None:
    """A bound on the error of the gradient that the run's own format gives."""
    if used is None or gradient is None:
        return None
    with np.errstate(all="ignore"):
        found: Vector = (np.abs(used - gradient.mid) + gradient.rad) * (1 + gamma(8))
    return np.where(np.isnan(found), np.inf, found)


def unfit(name: str, column: Vector) -> bool:
    """Whether a column holds what no trace may; an unknown error is infinite."""
    return bool(np.isnan(column).any() if _error(name) else not np.isfinite(column).all())


def _error(name: str) -> bool:
    """Whether a column bounds an error."""
    return name == "execution" or name.endswith("_error")
