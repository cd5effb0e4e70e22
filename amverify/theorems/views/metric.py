r"""Rows of blocks that move in metrics of their own, and what a run shows of their hypotheses.

Such a row binds the symbols of ``columns``, but with lengths of its metric M: e2 = ‖e‖²_M,
de = ⟨Δ,e⟩_M, d2 = ‖Δ‖²_M; old = ‖Δ‖² in the metric of the step that made Δ; q_e = ⟨e,Qe⟩ and
q_de = ⟨Δ,Qe⟩, Q the block's Hessian. ``update`` is ``metric`` (V_l, without nonsmooth part, and
z_L, whose part R is convex) or ``joint`` (y_l = (z_l, a_l), whose part is the band's indicator).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Instances
from amverify.theorems.views.columns import (
    banded,
    block_rows,
    curved,
    fact,
    shrinking,
    unit,
    updated,
    where,
)
from amverify.theorems.views.settings import in_moduli

METRIC, JOINT = b"metric", b"joint"
_MEASURED = {
    "dF": "change",
    "e2": "metric_step",
    "de": "metric_cross",
    "d2": "metric_inertia",
    "old": "metric_before",
    "bend": "bend",
    "q_e": "hessian_step",
    "q_de": "hessian_cross",
}


def metric_rows(ctx: Context, rows: NDArray[np.bool_], *names: str) -> Instances:
    """The block rows of a mask, with the symbols asked for, lengths in the metric of the step.

    Raises:
        Missing: for a column that the trace lacks.
    """
    return block_rows(ctx, rows, *names, measured=_MEASURED)


def in_metric(ctx: Context) -> NDArray[np.bool_]:
    """V_l and z_L: the nonsmooth part is 0, or convex with t = 1."""
    return updated(ctx, METRIC)


def smooth_alone(ctx: Context) -> NDArray[np.bool_]:
    """V_l: no nonsmooth part."""
    rows: NDArray[np.bool_] = in_metric(ctx) & (ctx.column("blocks", "kind") == b"V")
    return rows


def joint(ctx: Context) -> NDArray[np.bool_]:
    """y_l, in sweeps whose band did not shrink: u^k is feasible there."""
    rows = updated(ctx, JOINT)
    if banded(ctx):
        rows = rows & ~np.isin(ctx.column("blocks", "sweep"), shrinking(ctx))
    return rows


def margin(ctx: Context) -> Ball:
    """ϑ of the run."""
    return Ball.of(float(ctx.setting("margin")))


def _any(ctx: Context, update: bytes, told: str) -> tuple[bool | None, str]:
    blocks = ctx.trace.blocks
    count = int((blocks["update"] == update).sum()) if "update" in blocks else 0
    return (True, f"{count} such updates") if count else (False, f"no block of this run {told}")


IN_METRIC = fact(
    "in a metric",
    "some block moves in a metric of its own, without nonsmooth part or with a convex one",
    lambda ctx: _any(ctx, METRIC, "moves in a metric of its own"),
)
TOGETHER = fact(
    "joint blocks",
    "some block (z_l, a_l) moves as one, in a metric of its own",
    lambda ctx: _any(ctx, JOINT, "holds z_l and a_l together"),
)


def _simple(ctx: Context) -> tuple[bool | None, str]:
    kind, rows = ctx.column("blocks", "kind"), in_metric(ctx)
    other = rows & (kind != b"V") & (kind != b"z")
    if other.any():
        return False, f"{where(ctx, other)}: neither V_l nor z_L"
    output = rows & (kind == b"z")
    if not output.any():
        return True, "g = 0 in every such block"
    stretched = output & (ctx.column("blocks", "t") > 1)
    if stretched.any():
        return False, f"{where(ctx, stretched)}: R is no 0, and p3 > 0"
    if not ctx.setting("loss_convex"):
        return False, "R is not convex"
    return True, "g = 0 in V_l; R is convex, with p3 = 0"


SIMPLE = fact("nonsmooth part", "g = 0 in V_l; in z_L it is R, convex, with p3 = 0", _simple)


CURVED = fact(
    "curvature seen",
    "⟨d,∇²H d⟩ ≥ 0 along d = e − p2Δ: what convexity of H implies there, and less than convexity",
    lambda ctx: curved(ctx, updated(ctx, METRIC) | updated(ctx, JOINT)),
)


def _carried(ctx: Context) -> tuple[bool | None, str]:
    """‖Δ‖² of a block, in the metric that made it, is ‖e‖²_M of its last row; 0 at first."""
    if in_moduli(ctx):
        return True, "no metrics: the weights are of plain lengths"
    keys = [ctx.column("blocks", n) for n in ("sweep", "layer", "kind", "replicate")]
    order = np.lexsort(keys)
    sweep, layer, kind, replicate = (key[order] for key in keys)
    same = (kind[1:] == kind[:-1]) & (layer[1:] == layer[:-1])
    same &= (replicate[1:] == replicate[:-1]) & (sweep[1:] == sweep[:-1] + 1)
    first = sweep == 1
    first[1:] &= ~same
    left, held = (ctx.ball("blocks", n).take(order) for n in ("metric_step", "metric_before"))
    gap = left.take(slice(None, -1)) - held.take(slice(1, None))
    lost = first & (held.mid > held.rad)
    lost[1:] |= same & (np.abs(gap.mid) > gap.rad)
    if lost.any():
        row = np.zeros(len(order), dtype=bool)
        row[order[np.flatnonzero(lost)[0]]] = True
        return False, f"{where(ctx, row)}: ‖Δ‖² in its old metric is not what the last update left"
    return True, f"{int(same.sum())} hand-overs seen"


METRIC_CARRIED = fact(
    "carried in the metric",
    "each block's ‖Δ‖² in its old metric is the ‖e‖²_M of its last update, and 0 at the start",
    _carried,
)


def inside(ctx: Context) -> tuple[bool | None, str]:
    """Whether the start lay in the band, and every point since whose violation was measured.

    Up to the rounding of a − h(z) ∓ ε in the run's format: 8 units of 2‖a‖ + 2ε + the violation.
    """
    if not ctx.setting("starts_feasible"):
        return False, "the start lies outside the band"
    if "infeasible" not in ctx.trace.measures:
        return True, "the start is feasible; no later point was looked at"
    most = float(np.sqrt(ctx.column("blocks", "second_norm").max()))
    eps = float(ctx.column("sweeps", "eps").max())
    beyond = ctx.column("measures", "infeasible")
    outside = beyond > gamma(8, unit(ctx)) * (2 * most + 2 * eps + beyond)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        sweep = ctx.column("measures", "sweep")[row]
        return False, f"sweep {sweep}: the band is violated by {beyond[row]:.3g}"
    return True, f"the start is feasible, and so are {len(beyond)} measured points"


FEASIBLE = fact("feasible", "u^k lies in the present band", inside)
