r"""K3: the exponent, the constant and the rate that a run shows, each with an interval; *fitted*.

    found = estimate(trace, {"fstar": 0.0})
    found.theta, found.c, found.rate

log w_k against log r_k, w_k = dist(0, ∂Ψ(x^k)), r_k = Ψ^k − Ψ*: the slope of its end is θ, and
log c = θ·log r − log w there. The rate is the slope of log r_k against k (linear: r_{k+1}/r_k) or
against log k (r_k ~ k^{−rate}), whichever of the two a straight line fits better.

It is the exponent *of this run*, along the way that it came. KL's exponent at the limit is that of
the worst direction, and can be larger; T6 asks for a declared one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from amverify.errors import InvalidInput, expect
from amverify.fitted.line import Interval, Line, Vector, fitted_line
from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Missing
from amverify.theorems.parameters import INFIMUM
from amverify.theorems.views.path import potential, residual
from amverify.trace.trace import HOW_TO_GET_ONE, Trace

RESOLVED = 2.0**-16
"""A point counts where r and w are known to a part in so many."""
FLOOR = 2.0**-48
"""What two logarithms in float64 may be off, relative to numbers up to a few hundred."""

Regime = Literal["linear", "sublinear", "open"]


@dataclass(frozen=True)
class Points:
    """The points of one replicate at which r and w are known well enough.

    ``sweep`` k, ``gap`` log r_k, ``slope`` log w_k, ``error`` of both together; arrays (n,).
    """

    sweep: Vector
    gap: Vector
    slope: Vector
    error: Vector


@dataclass(frozen=True)
class Estimate:
    """θ, c and the rate of a run; ``rate`` is none where the regime is open: few points."""

    theta: Interval
    c: Interval
    rate: Interval | None
    regime: Regime
    points: int
    line: Line
    origin: Literal["fitted"] = "fitted"

    def __str__(self) -> str:
        parts = [f"θ = {_shown(self.theta)}", f"c = {_shown(self.c)}"]
        if self.rate is not None:
            what = "r_{k+1}/r_k" if self.regime == "linear" else "r_k ~ k^−p, p"
            parts.append(f"{what} = {_shown(self.rate)}")
        return f"fitted to {self.points} points: {', '.join(parts)}"


def _shown(x: Interval) -> str:
    return f"{x.value:.4g} [{x.low:.4g}, {x.high:.4g}]"


def estimate(
    trace: Trace, constants: Mapping[str, Any] | None = None, replicate: int = 0
) -> Estimate:
    """Estimate θ, c and the rate of one replicate of a run.

    Args:
        trace: with values and residuals (or gradients, where Ψ is f) in its sweeps.
        constants: ``fstar``, Ψ*, unless the run declares it.
        replicate: which.

    Raises:
        InvalidInput: if Ψ* or a column is missing, Ψ* lies above a recorded value, or too few
            points are resolved.
    """
    expect("estimate", trace, Trace, HOW_TO_GET_ONE)
    return of_points(points(trace, constants, replicate))


def points(trace: Trace, constants: Mapping[str, Any] | None, replicate: int = 0) -> Points:
    """The points of a run that are resolved.

    Raises:
        InvalidInput: as for ``estimate``.
    """
    ctx = Context(trace, constants or {})
    try:
        own = np.flatnonzero(ctx.column("sweeps", "replicate") == replicate)
        gap = potential(ctx).take(own) - ctx.known(INFIMUM).value
        slope = residual(ctx).take(own)
        sweep = ctx.column("sweeps", "sweep")[own].astype(np.float64)
    except Missing as lack:
        raise InvalidInput(f"fit: {lack} is missing") from None
    if not len(own):
        raise InvalidInput(f"replicate {replicate}: the run has none of this number")
    if gap.surely_negative.any():
        row = int(np.flatnonzero(gap.surely_negative)[0])
        raise InvalidInput(
            f"fstar: above the recorded value of row {row}, by {-float(gap.mid[row]):.3g}"
        )
    return resolved(sweep, gap, slope)


def resolved(sweep: Vector, gap: Ball, slope: Ball) -> Points:
    """Those of the points that are known to a part in ``1/RESOLVED``."""
    with np.errstate(all="ignore"):
        off = [x.rad / x.mid for x in (gap, slope)]
        good = (gap.mid > 0) & (slope.mid > 0) & (off[0] <= RESOLVED) & (off[1] <= RESOLVED)
        error = (off[0] + off[1]) * (1 + RESOLVED) + FLOOR
    return Points(sweep[good], np.log(gap.mid[good]), np.log(slope.mid[good]), error[good])


def of_points(found: Points) -> Estimate:
    """The estimate from resolved points.

    Raises:
        InvalidInput: if they are too few.
    """
    line = fitted_line(found.gap, found.slope, found.error)
    b = line.intercept
    c = Interval(*(float(np.exp(-x)) for x in (b.value, b.high, b.low)))
    regime, rate = _rate(found)
    return Estimate(line.slope, c, rate, regime, line.points, line)


def _rate(found: Points) -> tuple[Regime, Interval | None]:
    """Geometric or by a power of k, whichever leaves less; none where there are too few points."""
    later = found.sweep > 0
    sweep, gap, error = found.sweep[later], found.gap[later], found.error[later]
    straight = _misfit(-sweep, gap) <= _misfit(-np.log(sweep), gap)
    try:
        line = fitted_line(-sweep if straight else -np.log(sweep), gap, error, least_reach=1.0)
    except InvalidInput:
        return "open", None
    if not straight:
        return "sublinear", line.slope
    ends = (line.slope.value, line.slope.high, line.slope.low)
    return "linear", Interval(*(float(np.exp(-x)) for x in ends))


def _misfit(u: Vector, gap: Vector) -> float:
    """What a straight line leaves of the later half of the points."""
    late = slice(len(u) // 2, None)
    design = np.stack([u[late], np.ones_like(u[late])], 1)
    beta = np.linalg.lstsq(design, gap[late], rcond=None)[0]
    return float(np.abs(gap[late] - design @ beta).sum())
