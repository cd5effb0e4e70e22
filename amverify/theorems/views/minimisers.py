r"""What TC⁺ sees of a run: blocks with t = 1 and what their models fall by, and sums of that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Instances
from amverify.theorems.views.lyapunov import kept
from amverify.theorems.views.metric import JOINT, METRIC, margin, metric_rows
from amverify.theorems.views.telescoped import over_blocks, run, since

_NAMES = ("dF", "e2", "de", "d2", "old", "bend", "s", "p1", "p2", "delta", "delta1")


def _plain(ctx: Context) -> NDArray[np.bool_]:
    """Rows of sweeps that kept ε, without over-relaxation."""
    rows: NDArray[np.bool_] = kept(ctx) & (ctx.column("blocks", "t") == 1)
    return rows


def _rows(ctx: Context, rows: NDArray[np.bool_]) -> Instances:
    found = metric_rows(ctx, rows, *_NAMES)
    gap = ctx.ball("blocks", "model_gap").take(rows)
    values = {**found.values, "gap": gap, "theta": margin(ctx)}
    return Instances(values, found.sweep, found.replicate, found.blocks, found.allowance)


def unstretched(ctx: Context) -> Instances:
    """Every block with t = 1."""
    return _rows(ctx, _plain(ctx))


def joint(ctx: Context) -> Instances:
    """(z_l, a_l)."""
    return _rows(ctx, _plain(ctx) & (ctx.column("blocks", "update") == JOINT))


def alone(ctx: Context) -> Instances:
    """z_L, and V_l where it is not over-relaxed."""
    return _rows(ctx, _plain(ctx) & (ctx.column("blocks", "update") == METRIC))


def gaps(ctx: Context) -> Instances:
    """Every K: the gaps of all blocks with t = 1, over all sweeps since k₀."""
    found = run(ctx)
    gap, plain = ctx.ball("blocks", "model_gap"), _plain(ctx)
    each = Ball.of(np.where(plain, gap.mid, 0.0), np.where(plain, gap.rad, 0.0))
    swept = over_blocks(ctx, found, each)
    values = {
        **{name: found.values[name] for name in ("psi0", "before", "dpsi", "low", "K")},
        "swept": swept,
        "total": since(swept, found.begins),
        "theta": margin(ctx),
    }
    return Instances(values, found.sweep, found.replicate, None, found.slip)
