"""What a theorem is about and a run never did: nothing was tested then, the verdict is VACUOUS."""

from __future__ import annotations

import numpy as np

from amverify.theorems import Theorem
from amverify.theorems.base import Blocks, Context
from amverify.trace.trace import Trace


def lifeless(ctx: Context, theorem: Theorem) -> list[str]:
    """What the theorem is about and never moved, in words."""
    trace, dead = ctx.trace, []
    if "motion" in theorem.liveness:
        dead += _motionless(trace)
    if "inertia" in theorem.liveness and trace.settings.get("inertia"):
        dead += _inertialess(trace)
    return dead


def _motionless(trace: Trace) -> list[str]:
    """Blocks whose every step is zero; for a run without blocks, the point itself."""
    if "step" not in trace.blocks:
        moved = "step" not in trace.sweeps or bool((trace.sweeps["step"] > 0).any())
        return [] if moved else ["the point never moved"]
    blocks = Blocks(trace.blocks["kind"], trace.blocks["layer"])
    codes, first = np.unique(blocks.codes, return_index=True)
    alive = np.unique(blocks.codes[trace.blocks["step"] > 0])
    still = first[~np.isin(codes, alive)]
    return [f"block {blocks.name(int(row))} never changed" for row in np.sort(still)]


def _inertialess(trace: Trace) -> list[str]:
    """The inertia that the settings announce, where every displacement is zero."""
    if "inertia" not in trace.blocks:
        return []
    size = np.zeros(len(trace.blocks["inertia"]))
    for name in ("p1", "p2"):
        if name in trace.blocks:
            size = size + np.abs(trace.blocks[name])
    moved = (size > 0) & (trace.blocks["inertia"] > 0)
    if "t" in trace.blocks:
        moved = moved | ((trace.blocks["t"] > 1) & (trace.blocks["step"] > 0))
    return [] if moved.any() else ["no block was ever extrapolated: the inertia is identically 0"]
