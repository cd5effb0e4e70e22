r"""The slope to which a curve tends, with an interval.

A run gives log‖w‖ against log r. Its slope tends to θ; how it gets there is no noise. Faster modes
that die out, or two powers of one r, leave corrections of the next order,

    v = s·u + b + d·e^{ωu} + …,      u → −∞, ω > 0        (correction to scaling)

so the curve is fitted with d = 0 and with d free (ω by least squares over a grid), over the last
half and the last quarter of u's range: four fits. What randomness is left (rounding, oscillation,
switching blocks) is correlated from point to point: each fit has a moving-block bootstrap of its
residuals (Künsch 1989). The interval is the hull of the four, widened by twice what slopes,
corrected or not, changed from the half to the quarter (all that is known of the orders beyond; less
was too little on instances that the table of coverage does not use), and by what the points' own
errors can tilt a line. It claims what coverage it was measured to have
(``python -m amverify.families.coverage``), no more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput

Vector = NDArray[np.float64]

MOST_POINTS = 96
WINDOWS = ((0.5, 12), (0.25, 8))
"""Each a share of u's range, from its end, and the fewest points in it."""
DECADES = 2
"""u is a logarithm: a quantity has to fall by so many powers of ten before its slope says much."""
GRID = np.geomspace(1.5, 60.0, 18)
"""ω times the window's length."""
BEYOND = 2.0
"""How much of a slope's change from the half to the quarter may be still to come."""
RESAMPLES = 100
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its interval."""

    value: float
    low: float
    high: float

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    @property
    def width(self) -> float:
        """high − low."""
        return self.high - self.low


@dataclass(frozen=True)
class Line:
    """v ≈ slope·u + intercept as u → −∞; ``points`` in the longer window, from ``start`` on."""

    slope: Interval
    intercept: Interval
    points: int
    start: float
    end: float


@dataclass(frozen=True)
class _Fit:
    """Slope, intercept (at u = 0) and the bootstrap's ends of both."""

    at: Vector
    low: Vector
    high: Vector


def fitted_line(
    u: Sequence[float] | Vector,
    v: Sequence[float] | Vector,
    error: float | Vector = 0.0,
    seed: int = 0,
    least_reach: float = DECADES * math.log(10),
) -> Line:
    """The line that v approaches as u decreases.

    Args:
        u: of n points, in the order of the run; the last is where the limit is looked for.
        v: of the same points.
        error: bounds on the errors of v − s·u for slopes s of about one.
        seed: of the bootstrap.
        least_reach: over how much of u the points have to range.

    Raises:
        InvalidInput: for too few points, or over too short a range, or not all finite.
    """
    u, v = np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64)
    error = np.broadcast_to(np.asarray(error, dtype=np.float64), u.shape)
    if u.shape != v.shape or u.ndim != 1 or not (np.isfinite(u).all() and np.isfinite(v).all()):
        raise InvalidInput("fit: expected two equally long lists of finite numbers")
    end = float(u.min()) if len(u) else 0.0
    reach = float(u.max()) - end if len(u) else 0.0
    if len(u) < WINDOWS[0][1] or reach < least_reach:
        raise InvalidInput(
            f"fit: {len(u)} resolved points over {reach / math.log(10):.2g} decades; "
            f"{WINDOWS[0][1]} over {least_reach / math.log(10):.2g} are needed: run longer, or "
            "declare a closer fstar"
        )
    windows = [_window(u, end + share * reach, fewest) for share, fewest in WINDOWS]
    rng = np.random.default_rng(seed)
    plain = [_fit(u[rows], v[rows], False, rng) for rows in windows]
    bent = [_fit(u[rows], v[rows], True, rng) for rows in windows]
    fits = [*plain, *bent]
    tilt = _tilt(u[windows[1]], error[windows[1]])
    drift = np.abs(plain[1].at - plain[0].at) + np.abs(bent[1].at - bent[0].at)
    spread = tilt + BEYOND * drift
    low = np.min([f.low for f in fits], axis=0) - spread
    high = np.max([f.high for f in fits], axis=0) + spread
    best = bent[0].at
    slope, intercept = (Interval(*map(float, x)) for x in zip(best, low, high, strict=True))
    rows = windows[0]
    return Line(slope, intercept, len(rows), float(u[rows[0]]), end)


def _window(u: Vector, highest: float, fewest: int) -> NDArray[np.int64]:
    """Rows from where u stays at most ``highest``, thinned out evenly in u."""
    above = np.flatnonzero(u > highest)
    first = int(above[-1]) + 1 if len(above) else 0
    rows = np.arange(max(min(first, len(u) - fewest), 0), len(u))
    if len(rows) > MOST_POINTS:
        goals = np.linspace(u[rows[0]], u[rows[-1]], MOST_POINTS)
        rows = rows[np.unique(np.abs(u[rows][:, None] - goals).argmin(0))]
    return rows


def _tilt(u: Vector, error: Vector) -> Vector:
    """By how much errors of the points can turn a line through them, and move where it meets 0."""
    worst, length = float(error.max()), float(u.max() - u.min())
    slope = 4 * worst / length
    return np.array([slope, 2 * worst + slope * float(np.abs(u).max())])


def _columns(u: Vector, omega: float | None) -> Vector:
    columns = [u, np.ones_like(u)]
    if omega is not None:
        columns.append(np.exp(omega * (u - u.max())))
    found: Vector = np.stack(columns, 1)
    return found


def _fit(u: Vector, v: Vector, bent: bool, rng: np.random.Generator) -> _Fit:
    """Least squares with or without a correction, and its moving-block bootstrap."""
    centre, length = float(u.mean()), float(u.max() - u.min())
    moved = u - centre
    tries = [_columns(moved, w / length) for w in GRID] if bent else [_columns(moved, None)]
    solved = [np.linalg.lstsq(x, v, rcond=None)[0] for x in tries]
    losses = [float(((v - x @ beta) ** 2).sum()) for x, beta in zip(tries, solved, strict=True)]
    best = int(np.argmin(losses))
    design, beta = tries[best], solved[best]
    left = v - design @ beta
    left = left - left.mean()
    samples = np.stack([beta + np.linalg.lstsq(design, r, rcond=None)[0]
                        for r in _resampled(left, rng)])[:, :2]  # fmt: skip
    tail = (1 - LEVEL) / 2
    ends = np.quantile(_uncentred(samples, centre), [tail, 1 - tail], axis=0)
    at: Vector = _uncentred(np.asarray(beta[None, :2], dtype=np.float64), centre)[0]
    return _Fit(at, np.minimum(ends[0], at), np.maximum(ends[1], at))


def _uncentred(fits: Vector, centre: float) -> Vector:
    """Intercepts at u = 0 for those at u = centre."""
    found: Vector = np.stack([fits[:, 0], fits[:, 1] - fits[:, 0] * centre], 1)
    return found


def _resampled(left: Vector, rng: np.random.Generator) -> list[Vector]:
    """Series of residuals, put together from blocks of n^{1/3} neighbours."""
    n = len(left)
    size = max(2, round(n ** (1 / 3)))
    starts = rng.integers(0, n - size + 1, (RESAMPLES, -(-n // size)))
    places = (starts[:, :, None] + np.arange(size)).reshape(RESAMPLES, -1)[:, :n]
    return list(left[places])
