r"""Whether the w^k that a run shows can be in ∂F(x^k): beside the measured dist(0, ∂F(x^k)).

w^k is formed from the blocks' steps, and lies in ∂F(x^k) if every (z_l, a_l) minimised its model.
No column says that. But then ‖w^k‖ is no less than the distance, and that one is measured now and
then from the point alone: in float64, where a side of the band is met or not beyond doubt. Under a
penalty no w^k is formed: ‖w^k‖ stands for that distance itself.
"""

from __future__ import annotations

import numpy as np

from amverify.numbers.balls import Ball
from amverify.theorems.base import Context
from amverify.theorems.views.columns import fact
from amverify.theorems.views.keys import places
from amverify.theorems.views.residuals_penalty import MEASURED
from amverify.theorems.views.settings import in_moduli

SAID = "w^k ∈ ∂F(x^k) rests on exact minimisers in every (z_l, a_l); seen of it is only a distance"


def unseen(ctx: Context) -> tuple[str, ...]:
    """A sentence for the report."""
    return (MEASURED,) if in_moduli(ctx) else (SAID,)


def _below(ctx: Context) -> tuple[bool | None, str]:
    """No measured distance is above ‖w^k‖, beyond both errors."""
    if in_moduli(ctx):
        return True, MEASURED
    if ctx.trace.header.get("dtype") != "float64" or "residual_joint" not in ctx.trace.measures:
        return True, "no distance was measured in float64"
    at = (ctx.column("measures", name) for name in ("sweep", "replicate"))
    rows = places(ctx, "sweeps", *at)
    squared = ctx.ball("sweeps", "joint_residual").take(rows)
    gap = Ball.of(squared.mid + squared.rad).sqrt() - ctx.ball("measures", "residual_joint")
    beyond = gap.surely_negative & np.isfinite(squared.rad)
    if beyond.any():
        sweep = ctx.column("measures", "sweep")[beyond][0]
        return False, f"sweep {sweep}: dist(0, ∂F(x^k)), as measured, is above ‖w^k‖"
    return True, f"at {int(np.isfinite(squared.rad).sum())} points the distance is at most ‖w^k‖"


MEMBER = fact("w in ∂F", "no measured dist(0, ∂F(x^k)) is above ‖w^k‖", _below)
