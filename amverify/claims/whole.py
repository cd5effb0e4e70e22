"""Whether the replays of a run are all there, keep their bounds, and were drawn at all."""

from __future__ import annotations

import numpy as np

from amverify.claims.expected import drawn, replayed
from amverify.claims.rows import Rows
from amverify.theorems.base import Context, Fact
from amverify.theorems.views.columns import fact
from amverify.trace.columns import KEYS, spoken

FEW = 8
"""So many draws of a step, all the same, are no chance."""


def _whole(ctx: Context) -> tuple[bool | None, str]:
    """Every draw is there, once, and keeps the bounds that were declared before it."""
    said = ctx.trace.settings.get("replays", {})
    lost = said.get("lost", ())
    if lost:
        return None, "; ".join(lost)
    if not ctx.trace.rows("replays"):
        return True, "nothing was replayed"
    sweep, draw = ctx.column("replays", "sweep"), ctx.column("replays", "draw")
    for k in replayed(ctx).tolist():
        mine = np.sort(draw[sweep == k])
        if len(mine) != said.get("draws") or (mine != np.arange(len(mine))).any():
            return False, f"step {k}: some draws are missing or occur twice"
    if drawn(ctx) and _alike(ctx, sweep):
        return None, (
            "all draws of every replayed step gave the same numbers, as if batches began anew at "
            "each call; a single batch is given as a list"
        )
    for name in (n.removesuffix("_low") for n in ctx.trace.replays if n.endswith("_low")):
        value = ctx.ball("replays", name)
        low, high = (ctx.column("replays", f"{name}_{end}") for end in ("low", "high"))
        out = np.flatnonzero((value.mid < low - value.rad) | (value.mid > high + value.rad))
        if len(out):
            i = int(out[0])
            what = f"{spoken(name)} is {value.mid[i]:.6g} at draw {draw[i]} of step {sweep[i]}"
            return False, f"{what}, declared in [{low[i]:.6g}, {high[i]:.6g}]"
    return True, f"{len(draw)} replays of {len(replayed(ctx))} steps"


def _alike(ctx: Context, sweep: Rows) -> bool:
    """Whether no draw can be told from another of its step, in anything that was measured."""
    keys = (*KEYS["replays"], "draw")
    measured = [ctx.column("replays", name) for name in ctx.trace.replays if name not in keys]
    _, first, where = np.unique(sweep, return_index=True, return_inverse=True)
    several = len(sweep) >= FEW * len(first)
    return several and all((column == column[first][where]).all() for column in measured)


WHOLE: Fact = fact("replays", "no replay was left out, and all keep their bounds", _whole)
