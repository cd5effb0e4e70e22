r"""Whether the w^k that a run shows can be in ∂F(x^k): beside the measured dist(0, ∂F(x^k)).

w^k is formed from the blocks' steps, and lies in ∂F(x^k) if every (z_l, a_l) minimised its model.
No column says that. But then ‖w^k‖ is no less than the distance, and that one is measured now and
then from the point alone.
"""

from __future__ import annotations

import numpy as np

from amverify.theorems.base import Context, Missing

SAID = "w^k ∈ ∂F(x^k) rests on exact minimisers in every (z_l, a_l), which is not monitored"


def membership(ctx: Context) -> tuple[str, ...]:
    """A sentence for the report: what is not monitored, and what was measured of it."""
    try:
        worst = _largest_ratio(ctx)
    except Missing:
        return (SAID,)
    if worst is None:
        return (SAID,)
    seen = f"the measured dist(0, ∂F(x^k)) is at most {worst:.3g} times ‖w^k‖"
    return (f"{SAID}; {seen}" + (", so it fails on this run" if worst > 1 else ""),)


def _largest_ratio(ctx: Context) -> float | None:
    """Of the measured distance, less what rounding may add, to ‖w^k‖ and its error, in float64."""
    if ctx.trace.header.get("dtype") != "float64":
        return None
    squared = ctx.ball("sweeps", "joint_residual").sqrt()
    shown = squared.mid + squared.rad
    places = {
        key: row
        for row, key in enumerate(
            zip(ctx.column("sweeps", "sweep"), ctx.column("sweeps", "replicate"), strict=True)
        )
    }
    at = zip(ctx.column("measures", "sweep"), ctx.column("measures", "replicate"), strict=True)
    rows = np.array([places[key] for key in at], dtype=np.int64)
    found = ctx.ball("measures", "residual_joint")
    known = np.isfinite(shown[rows]) & np.isfinite(found.rad) & (shown[rows] > 0)
    if not known.any():
        return None
    least = (found.mid - found.rad)[known]
    return float((least / shown[rows][known]).max())
